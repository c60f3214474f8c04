/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices.h - what /proc says about each CPU, disk and network interface, as
 * amounts of an interval. Knows nothing of processes.
 */
#ifndef CTOP_CORE_DEVICES_H
#define CTOP_CORE_DEVICES_H

#include "core/sample.h"

struct devices; /* the counters of the previous call */

struct devices *devices_new(void);
struct devices *devices_free(struct devices *d);

/*
 * Fills cpus, disks and netifs of *s, in its arena, in the kernel's order. Amounts are since the previous
 * call; those of a device that was not there then are 0. Disks that never did anything are left out.
 */
void devices_read(struct devices *d, const char *proc_root, struct sample *s);

#endif
