/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maps.bpf.h - every map and global of the BPF side, with who writes it.
 */
#ifndef CTOP_BPF_MAPS_H
#define CTOP_BPF_MAPS_H

/* Per-thread state. Only the thread itself writes it: plain increments are exact. */
struct thread_state {
	u64 sid;          /* unique per storage, see task_rec.sid */
	struct task_counts counts;
	struct task_counts walked; /* what the last walk has handed over of them */
	u64 enter_ts;     /* mono ns of the call it is in, 0 = none or not seen */
	u64 last_enter;   /* enter_ts of the call that just ended, for the spy */
	struct obj_key enter_obj; /* what a close() is about to close */
	u32 session;      /* enter_ts is of this attach session */
	u16 enter_nr;
	u8 enter_kind;
	u8 pad;
	u64 exit_key;     /* its record in exits, + 1 */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_state);
} threads SEC(".maps");

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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct fact_map);
} facts SEC(".maps") = { .values = { &facts_a } };

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
} exits SEC(".maps") = { .values = { &exits_a } };

/* Objects that user space has a name for; value: what the name depends on. A cache: eviction only means naming again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 131072);
	__type(key, struct obj_key);
	__type(value, u64);
} named SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} meta_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} spy_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct obj_key);
	__type(value, u64);
} spy_named SEC(".maps");


struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u8);
} spy_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct obj_key);
	__type(value, u8);
} spy_objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u8);
} spy_pids SEC(".maps");

/* Memory that a CALL_BEFORE call is going to overwrite, arguments 1..4. Only threads that are spied on have it. */
enum { BEFORE_ARGS = 4, BEFORE_MAX = 128 };

struct before {
	u64 session; /* spy_session that filled it */
	u32 nr;
	u32 have; /* bit per argument */
	u8 data[BEFORE_ARGS][BEFORE_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct before);
} spy_before SEC(".maps");

/*
 * Scratch memory, as the BPF stack has 512 bytes. Sizes are twice what is used
 * so that masked offsets and lengths are in bounds without a branch.
 */
enum { PATH_MASK = WIRE_PATH_MAX - 1, EVENT_MAX = 24 * 1024 };

struct scratch {
	struct fact_val zero_fact; /* never written */
	struct task_rec task;
	struct {
		struct meta_hdr hdr;
		struct obj_rec rec;
		char path[4 * WIRE_PATH_MAX];
	} obj;
	char walk[2 * WIRE_PATH_MAX]; /* a path is built from its end */
	u32 walk_pos;                 /* where it starts */
	u32 walk_partial;
	volatile u64 address; /* a typed pointer goes in, a plain number comes out */
	char user_path[2 * WIRE_PATH_MAX];
	struct exec_rec exec;
	struct cgroup_rec cgroup;
};

/* One per kind of program: an iterator can be preempted by a task that runs into a tracepoint. */
enum { SCRATCH_CALL, SCRATCH_EXIT, SCRATCH_ITER, SCRATCH_SPY, SCRATCH_URING, SCRATCH_MAX };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_MAX);
	__type(key, u32);
	__type(value, struct scratch);
} scratch_map SEC(".maps");

struct event_buf {
	u64 off; /* bytes of data in use */
	u64 iov_left; /* of an iovec's payload: still to come, */
	u64 iov_done; /* and copied */
	struct spy_hdr hdr;
	u8 data[EVENT_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct event_buf);
} event_map SEC(".maps");

/* Globals have uapi types: the skeleton header shows them to user space. */
/* Set before loading. */
const volatile struct call_desc calls[WIRE_SYSCALLS];
const volatile struct call_desc compat_calls[WIRE_SYSCALLS];
const volatile __u32 v1_choice; /* enum v1_choice: the v1 hierarchy that tells containers apart */

enum { PERCPU_MAX = 64 };

const volatile __u32 n_cpus = 1; /* possible ones */
const volatile __u8 can_cast; /* the kernel has bpf_rdonly_cast() */

/* Set by user space at run time. */
__u32 facts_on;
__u32 session;
struct spy_filter spy;

/* Written here, read by user space. */
struct lost_counts lost;
__u64 spy_seen, spy_passed, spy_lost;
__u64 spy_session; /* names sent to an earlier spy are sent again */
__u64 sched_now;
__u64 next_sid; /* atomic: once per thread */
__u64 next_exit;
__u32 uring_used; /* somebody did: there may be facts even when no view wants them */
__u64 percpu_offset[PERCPU_MAX]; /* see learn_percpu_offsets() */
__u32 percpu_known;

static __always_inline struct scratch *scratch_get(u32 which)
{
	return bpf_map_lookup_elem(&scratch_map, &which);
}

#define ADD(counter, n) __sync_fetch_and_add(&(counter), (n))

#endif
