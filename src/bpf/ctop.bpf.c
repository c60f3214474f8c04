/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctop.bpf.c - the programs: counting at the end of every system call, facts
 * with objects and latency while a view needs them, exits, execs, cgroups. The
 * iterators are in walk*.bpf.h, the spy is in spy.bpf.c.
 *
 * Only stable ground: tp_btf tracepoints, iterators, arrays, hashes, task
 * storage, ring buffers.
 */
#include "bpf/kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "bpf/wire.h"
#include "bpf/maps.bpf.h"
#include "bpf/count_maps.bpf.h"
#include "bpf/object.bpf.h"
#include "bpf/perf.bpf.h"
#include "bpf/name.bpf.h"
#include "bpf/task.bpf.h"
#include "bpf/thread.bpf.h"
#include "bpf/call.bpf.h"
#include "bpf/combine.bpf.h"
#include "bpf/aio.bpf.h"
#include "bpf/count.bpf.h"
#include "bpf/uring.bpf.h"
#include "bpf/walk.bpf.h"
#include "bpf/walk_fds.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline bool place_take(struct thread_place *at, const struct pt_regs *regs)
{
	return !at->owner && !__sync_val_compare_and_swap(&at->owner, 0, (u64)regs);
}

/* Gives the current thread, which has no state yet, a place. 0: both are taken. */
__noinline int place_give(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_place *at;
	struct pt_regs *regs;
	struct places *p;

	if (!use_places || !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return 0;
	regs = (void *)bpf_task_pt_regs(task);
	p = places_of(regs);
	if (!p || (!place_take(&p->way[0], regs) && !place_take(&p->way[1], regs)))
		return 0;
	at = place_of(p, regs);
	if (!at)
		return 0;
	at->state.sid = ADD(next_sid, 1) + 1;
	ORDER();
	at->task = (u64)task;
	return 1;
}

/*
 * The state of a thread that had no place when its call came. A call whose state cannot be had (memory, or a tracepoint
 * inside the storage code) still counts in the totals.
 */
static __always_inline struct thread_state *state_without_place(const struct pt_regs *regs)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *st;

	st = bpf_task_storage_get(&threads, task, NULL, 0);
	if (st)
		return st;
	if (place_give()) {
		struct thread_place *at = place_of(places_of(regs), regs);

		return at ? &at->state : NULL;
	}
	st = bpf_task_storage_get(&threads, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (st && !st->sid)
		st->sid = ADD(next_sid, 1) + 1;
	return st;
}

/* What a close is about to close. Only some numbers are worth a look at how the call was made. */
static __always_inline void note_close(struct thread_state *st, struct pt_regs *regs, u64 id)
{
	struct call_args args;
	struct object o = {};
	const volatile struct call_desc *d;
	u16 nr;

	if (id >= WIRE_SYSCALLS || !((calls[id].flags | calls[id + WIRE_SYSCALLS].flags) & CALL_CLOSE))
		return;
	nr = call_nr(bpf_get_current_task_btf(), id);
	d = call_desc_of(nr);
	if (!d || !(d->flags & CALL_CLOSE))
		return;
	read_args(&args, regs, nr);
	if (object_of_own_fd(call_arg(&args, d->fd), &o)) {
		st->enter_obj = o.key;
		st->enter_kind = o.kind;
		name_once(st, &o);
	}
}

static __always_inline void call_begins(const struct pt_regs *regs, u64 id)
{
	struct thread_place *at = place_of(places_of(regs), regs);
	struct thread_state *st = at ? &at->state : state_without_place(regs);

	if (!st)
		return;
	st->session = session;
	st->enter_id = id < WIRE_NR_COMPAT ? id : WIRE_NR_NONE;
	st->enter_kind = OBJ_NONE;
	note_close(st, (struct pt_regs *)regs, id);
	st->enter_ts = bpf_ktime_get_ns();
}

static __always_inline void call_ends(struct pt_regs *regs, long ret)
{
	struct thread_place *at = place_of(places_of(regs), regs);
	struct thread_state *st = at ? &at->state : state_without_place(regs);
#ifdef CTOP_PLAIN
	struct task_struct *task = bpf_get_current_task_btf();
#else
	/* the place knows it: a helper's call and return cost as much as all that is read of it */
	struct task_struct *task = CAST(struct task_struct, at ? at->task : bpf_get_current_task());
#endif

	if (st)
		count_call(task, st, &st->counts, regs, ret);
	else
		count_bare(task, regs, ret);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_sys_enter, struct pt_regs *regs, u64 id)
{
	call_begins(regs, id);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	call_ends(regs, ret);
	return 0;
}

/* The same by way of perf. */
SEC("?tp/raw_syscalls/sys_enter")
int on_sys_enter_perf(struct perf_call *call)
{
	call_begins(perf_call_regs(), call->id);
	return 0;
}

SEC("?tp/raw_syscalls/sys_exit")
int on_sys_exit_perf(struct perf_call *call)
{
	call_ends(perf_call_regs(), call->ret);
	return 0;
}

/* Frees the place for the next one on this stack. A zombie is walked, and freed, with what is in its storage. */
static __always_inline void place_leave(struct task_struct *task, struct thread_place *at)
{
	struct thread_state *st = bpf_task_storage_get(&threads, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (st)
		*st = at->state;
	at->task = 0;
	ORDER();
	__builtin_memset(&at->state, 0, sizeof(at->state));
	ORDER();
	at->owner = 0;
}

/* No row for a thread that ends: but its numbers must not be lost. */
static __always_inline void exit_rest(struct thread_state *st, u64 runtime)
{
	const struct task_counts none = {};

	ADD(lost.exit_full, 1);
	ADD(lost.rest_exits, 1);
	ADD(lost.rest_cpu, runtime);
	if (!st)
		return;
	if (st->walked_sid == st->sid) {
		add_rest(&st->counts, &st->walked);
		st->counts = st->walked; /* a zombie is walked again */
	} else {
		add_rest(&st->counts, &none);
		st->counts = none;
	}
}

static __always_inline int thread_ends(struct task_struct *task)
{
	struct scratch *s = scratch_get(SCRATCH_EXIT);
	struct thread_place *at;
	struct thread_state *st;
	struct task_rec *r;
	u32 zero = 0;
	u64 key;
	void *map;

	map = bpf_map_lookup_elem(&exits, &zero);
	if (!s || !map)
		return 0;
	at = place_of_task(task);
	if (!counting) {
		if (at)
			place_leave(task, at);
		return 0;
	}
	st = at ? &at->state : bpf_task_storage_get(&threads, task, NULL, 0);
	r = &s->task;
	read_task(s, task);
	r->exited = 1;
	if (BPF_CORE_READ(task, signal, oom_mm))
		r->exited = 2;
	r->ended = bpf_ktime_get_boot_ns();
	r->state = 'X';
	if (st) {
		r->sid = st->sid;
		r->counts = st->counts;
	}
	key = ADD(next_exit, 1);
	if (bpf_map_update_elem(map, &key, r, BPF_NOEXIST))
		exit_rest(st, r->exec_runtime);
	else if (st)
		st->exit_key = key + 1;
	if (at)
		place_leave(task, at);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	return thread_ends(bpf_get_current_task_btf()); /* the same, but trusted */
}

SEC("?tp/sched/sched_process_exit")
int on_exit_perf(void *ctx)
{
	return thread_ends(bpf_get_current_task_btf());
}

/*
 * At its exit a thread's run time lacks what it used since the last tick: all
 * of it, if it lived for a millisecond. When it is freed the sum is final.
 */
SEC("tp_btf/sched_process_free")
int BPF_PROG(on_free, struct task_struct *task)
{
	struct thread_state *st = bpf_task_storage_get(&threads, task, NULL, 0);
	struct task_rec *r;
	u32 zero = 0;
	u64 key;
	void *map;

	if (!st || !st->exit_key)
		return 0;
	key = st->exit_key - 1;
	map = bpf_map_lookup_elem(&exits, &zero);
	if (!map)
		return 0;
	r = bpf_map_lookup_elem(map, &key);
	if (r) {
		r->exec_runtime = task->se.sum_exec_runtime;
		r->utime = task->utime;
		r->stime = task->stime;
		r->nvcsw = task->nvcsw;
		r->nivcsw = task->nivcsw;
	}
	return 0;
}

/* The program's path: who ends before the next sample has no /proc to read it from. */
static __always_inline u32 exec_path(struct scratch *s, struct mm_struct *mm)
{
	struct file *file = BPF_CORE_READ(mm, exe_file);
	u32 pos, len;

	if (!file)
		return 0;
	walk_path(SCRATCH_EXIT, (u64)BPF_CORE_READ(file, f_path.mnt), (u64)BPF_CORE_READ(file, f_path.dentry));
	pos = s->walk_pos;
	if (s->walk_partial || pos >= WIRE_PATH_MAX)
		return 0;
	len = (WIRE_PATH_MAX - pos) & (2 * WIRE_PATH_MAX - 1);
	bpf_probe_read_kernel(s->exec.rec.exe, len, s->walk + (pos & PATH_MASK));
	return len;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	struct scratch *s = scratch_get(SCRATCH_EXIT);
	struct exec_rec *e;
	struct mm_struct *mm;
	u64 start, end, len;

	if (!s)
		return 0;
	task = bpf_get_current_task_btf();
	e = &s->exec.rec;
	mm = task->mm;
	e->hdr.type = META_EXEC;
	e->tgid = task->tgid;
	e->start_boot = task->start_boottime;
	e->args_len = 0;
	e->exe_len = 0;
	BPF_CORE_READ_STR_INTO(&e->comm, task, comm);
	if (mm) {
		start = mm->arg_start;
		end = mm->arg_end;
		len = end - start;
		if (end > start) {
			if (len > WIRE_ARGS_MAX)
				len = WIRE_ARGS_MAX;
			if (!bpf_probe_read_user(e->args, len, (void *)start))
				e->args_len = len;
		}
		e->exe_len = exec_path(s, mm);
	}
	len = e->exe_len & (2 * WIRE_PATH_MAX - 1);
	e->hdr.size = sizeof(*e) + len;
	if (bpf_ringbuf_output(&meta_ring, e, sizeof(*e) + len, ring_wakeup(&meta_ring)))
		ADD(lost.meta_full, 1);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgrp, const char *path)
{
	struct scratch *s = scratch_get(SCRATCH_EXIT);
	struct cgroup_rec *c;
	long len;

	if (!s)
		return 0;
	c = &s->cgroup;
	c->hdr.type = META_CGROUP;
	c->id = BPF_CORE_READ(cgrp, kn, id);
	c->hierarchy = BPF_CORE_READ(cgrp, root, hierarchy_id);
	len = bpf_probe_read_kernel_str(c->path, sizeof(c->path), path);
	c->path_len = len > 0 ? len - 1 : 0;
	c->hdr.size = sizeof(*c);
	if (bpf_ringbuf_output(&meta_ring, c, sizeof(*c), ring_wakeup(&meta_ring)))
		ADD(lost.meta_full, 1);
	return 0;
}
