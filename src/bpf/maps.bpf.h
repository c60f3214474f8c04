/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maps.bpf.h - maps and globals that counting and spy have in common: both
 * objects include this. `threads` and `thread_places` are maps that both use;
 * all else each has for itself.
 */
#ifndef CTOP_BPF_MAPS_H
#define CTOP_BPF_MAPS_H

/* Per-thread state, see thread.bpf.h. Only the thread itself writes it: plain increments are exact. */
struct thread_state {
	u64 sid;          /* never given twice, see task_rec.sid */
	struct task_counts counts;
	struct task_counts walked; /* what the last walk has handed over of them */
	u64 walked_sid;   /* ... of whom: a walk can be overtaken by an exit */
	u64 enter_ts;     /* mono ns of the call it is in, 0 = none or not seen */
	u64 last_enter;   /* enter_ts of the call that just ended, for the spy */
	struct obj_key enter_obj; /* what a close() is about to close */
	u32 session;      /* enter_ts is of this attach session */
	u16 enter_id;     /* the number as given, without WIRE_NR_COMPAT; beyond the table: WIRE_NR_NONE */
	u8 enter_kind;
	u8 pad;
	u64 exit_key;     /* its record in exits, + 1 */
	struct obj_key named; /* the object that it last made sure has a name */
	u32 named_in;     /* ... in which interval */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_state);
} threads SEC(".maps");

/* Where most threads' state is: two places that a thread can take, chosen by its kernel stack. */
struct thread_place {
	u64 owner; /* address of its saved registers, 0 = free */
	u64 task;  /* address of its task_struct, written last and cleared first: for others who read */
	struct thread_state state;
};

struct places {
	struct thread_place way[2];
};

enum { PLACES_BITS = 14, PLACES = 1 << PLACES_BITS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PLACES);
	__type(key, u32);
	__type(value, struct places);
} thread_places SEC(".maps");

/* What a descriptor points to, see object.bpf.h. */
struct object {
	struct obj_key key;
	struct file *file; /* NULL: not from a descriptor */
	u16 family;
	u8 kind;
};

/*
 * Scratch memory, as the BPF stack has 512 bytes. Sizes are twice what is used
 * so that masked offsets and lengths are in bounds without a branch.
 */
enum { PATH_MASK = WIRE_PATH_MAX - 1 };

struct scratch {
	struct fact_val zero_fact; /* never written */
	struct task_counts bare;   /* of a thread without state */
	struct object second;      /* where a sendfile or splice wrote to */
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
	struct {
		struct exec_rec rec;
		char exe[2 * WIRE_PATH_MAX];
	} exec;
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

/* Globals have uapi types: the skeleton header shows them to user space. */
/* Set before loading. */
const volatile struct call_desc calls[2 * WIRE_SYSCALLS]; /* native ones, then 32-bit ones */
const volatile __u32 v1_choice; /* enum v1_choice: the v1 hierarchy that tells containers apart */

enum { PERCPU_MAX = 64 };

const volatile __u32 n_cpus = 1; /* possible ones */
const volatile __u32 row_bits = FACT_ROW_BITS; /* each CPU's rows at hand: 2^row_bits */
const volatile __u32 max_singles = 1; /* a CPU's in an interval */
const volatile __u8 can_cast; /* the kernel has bpf_rdonly_cast() */
const volatile __u8 use_places; /* ... bpf_task_pt_regs(), which finds another thread's place */

/* Written here, read by user space. */
/*
 * Here and elsewhere initialised, though to 0: so they lie in the order of these lines, in both builds of the object, whose
 * one skeleton says where.
 */
struct lost_counts lost = {0};
__u32 always_0 = 0; /* but nobody says so; see FORGET() */
__u64 percpu_offset[PERCPU_MAX] = {0}; /* see learn_percpu_offsets() */
__u32 percpu_known = 0;

static __always_inline struct scratch *scratch_get(u32 which)
{
	return bpf_map_lookup_elem(&scratch_map, &which);
}

/*
 * A number of which the verifier knows nothing any more. Where ways that differ in such numbers only come together,
 * it goes on once instead of once for each.
 */
#define FORGET(n) ((n) ^ always_0)

#define ADD(counter, n) __sync_fetch_and_add(&(counter), (n))

#endif
