/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * need.h - what can be attached, as bits. Plain numbers that travel from fields
 * through views to the kernel side, so every layer may include this.
 */
#ifndef CTOP_BPF_NEED_H
#define CTOP_BPF_NEED_H

/* What a screen needs; more bits attach more hooks and cost more per call. */
enum need {
	NEED_TASKS = 1 << 0, /* threads, CPU, per-thread counters: sys_exit only; always on */
	NEED_FACTS = 1 << 1, /* facts with objects and latency: sys_enter + sys_exit */
	NEED_FDS = 1 << 2,   /* every open descriptor: a walk per interval, no hook */
	NEED_CGROUPS = 1 << 3, /* what containers are charged: their cgroups' files, once an interval, no hook */
	NEED_DETAILS = 1 << 4, /* environment, capabilities, executable's inode: read from /proc, no hook */
	NEED_LIFE = 1 << 5, /* earlier events of containers, too, not those of the interval alone */
	NEED_PATHS = 1 << 6, /* where containers' mounts are on the host, no hook */
};

/* How programs are attached to the begins and ends of calls, see hooks.c; in the order of --hooks' choices. */
enum hooks_way { HOOKS_AUTO, HOOKS_TRACING, HOOKS_PERF };

#endif
