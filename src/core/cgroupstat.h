/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroupstat.h - what the kernel charges a cgroup, from its files in v1, v2 or
 * both: a controller's files are where the container's path is in that
 * controller's hierarchy. Knows no containers, only directories.
 */
#ifndef CTOP_CORE_CGROUPSTAT_H
#define CTOP_CORE_CGROUPSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sample.h"

enum cgroup_ctl { CTL_UNIFIED, CTL_CPU, CTL_CPUACCT, CTL_MEMORY, CTL_PIDS, CTL_BLKIO, N_CTLS };

/* Counters at the last reading. All zero = none yet. */
struct cgroup_counters {
	uint64_t time; /* CLOCK_MONOTONIC */
	uint64_t usage, user, system, throttled, periods, throttled_periods, oom_kills;
	uint64_t rbytes, wbytes, rios, wios;
	uint64_t cpu_some, memory_some, memory_full, io_some, io_full;
};

struct cgroup_source {
	char *dirs[N_CTLS]; /* NULL = not there */
	struct cgroup_counters last;
};

void cgroup_source_done(struct cgroup_source *s);

/* Notes the directory of a hierarchy with these controllers ("" = v2); takes dir over, which may be NULL. */
void cgroup_source_add(struct cgroup_source *s, const char *controllers, char *dir);

/* Reads everything there is. What is not there is UNKNOWN_U64; deltas are, too, at the first reading. */
void cgroup_source_read(struct cgroup_source *s, struct cgroup_stat *ret);

#endif
