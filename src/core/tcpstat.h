/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcpstat.h - what the kernel counts for TCP in our own network namespace, as
 * amounts of an interval (/proc/net/snmp).
 */
#ifndef CTOP_CORE_TCPSTAT_H
#define CTOP_CORE_TCPSTAT_H

#include "core/sample.h"

struct tcpstat {
	struct tcp_totals before;
	bool has;
};

/* Amounts since the previous call; all UNKNOWN_U64 in the first, and where the file cannot be read. */
void tcpstat_read(struct tcpstat *t, const char *proc_root, struct tcp_totals *ret);

#endif
