/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosttotals.h - what /proc says about the machine as a whole.
 */
#ifndef CTOP_CORE_HOSTTOTALS_H
#define CTOP_CORE_HOSTTOTALS_H

#include <stdint.h>

#include "core/sample.h"

/* CPU ticks of the whole machine since boot; keep it between calls. */
struct hosttotals {
	uint64_t user, sys, iowait, steal, total;
};

/*
 * Fills cpus, cpu_* (since the previous call; since boot in the first), memory,
 * load and uptime of *host; what cannot be read stays 0.
 */
void hosttotals_read(struct hosttotals *t, const char *proc_root, struct host *host);

#endif
