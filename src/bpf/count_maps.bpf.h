/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * count_maps.bpf.h - maps and globals of the counting programs.
 */
#ifndef CTOP_BPF_COUNT_MAPS_H
#define CTOP_BPF_COUNT_MAPS_H

/*
 * Facts and exits of the current interval. User space swaps the inner map for
 * an empty one; the kernel waits for running programs; then nobody writes the
 * old one any more and it is drained.
 */
struct fact_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct fact_key);
	__type(value, struct fact_val);
} facts_a SEC(".maps"), facts_b SEC(".maps");

/*
 * Before the map each CPU has some rows at hand, see combine.bpf.h. Those of two intervals, as with the maps:
 * while the programs fill one half, user space reads the other. Row = half, CPU, number.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct fact_row);
} fact_rows SEC(".maps");

/* Calls of threads that have made few, in the same order: half, CPU, number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct fact_single);
} fact_singles SEC(".maps");

/* How many of them a CPU has written in each half. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct singles_used);
} singles_used SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct fact_map);
} facts SEC(".maps");

struct exit_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32768);
	__type(key, u64); /* running number: a tid can end twice in an interval */
	__type(value, struct task_rec);
} exits_a SEC(".maps"), exits_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct exit_map);
} exits SEC(".maps");

/* Objects that user space has a name for; value: what the name depends on. A cache: eviction only means naming again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 131072);
	__type(key, struct obj_key);
	__type(value, u64);
} named SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20); /* user space has it mapped twice over */
} meta_ring SEC(".maps");

/* Globals have uapi types: the skeleton header shows them to user space. */
/* Set by user space at run time. */
__u32 counting = 0; /* there was a first batch: what ends from now on is in the next one */
__u32 facts_on = 0;
__u32 interval = 1; /* of the facts; its lowest bit chooses the half of fact_rows. 0 = row never used */
__u32 singles_of[2] = {0}; /* the last interval in which there were singles, of each half */
__u32 session = 0; /* entry times of an earlier attachment of sys_enter do not count */

/* Written here, read by user space. */
__u64 sched_now = 0;
__u64 next_sid = 0; /* atomic: once per thread */
__u64 next_exit = 0;
__u32 uring_used = 0; /* somebody did: there may be facts even when no view wants them */

#endif
