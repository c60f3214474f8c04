/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy.bpf.c - the live stream: filters calls in the kernel, copies what their
 * arguments point to (spy_copy.bpf.h), sends one record a call. Attached only
 * while somebody looks. Events that do not pass the filter cost a few
 * nanoseconds.
 */
#define CTOP_PLAIN /* not hot: one build serves all kernels, see object.bpf.h */

#include "bpf/kernel.bpf.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "bpf/wire.h"
#include "bpf/maps.bpf.h"
#include "bpf/spy_maps.bpf.h"
#include "bpf/object.bpf.h"
#include "bpf/perf.bpf.h"
#include "bpf/name.bpf.h"
#include "bpf/task.bpf.h"
#include "bpf/thread.bpf.h"
#include "bpf/call.bpf.h"
#include "bpf/spy_copy.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * User space has a verdict on every cgroup that a container is known to have. What it has none on passes: it
 * may be of a container that was just made, and user space holds the call until it knows.
 */
static __always_inline bool spy_cgroup_wanted(struct task_struct *task)
{
	u64 cset, v1, v2;
	u8 *one, *two, told;

	cgroup_ids(task, &cset, &v1, &v2);
	two = bpf_map_lookup_elem(&spy_cgroups, &v2);
	if (!v1) {
		one = two;
	} else {
		v1 |= 1ULL << 63;
		one = bpf_map_lookup_elem(&spy_cgroups, &v1);
	}
	told = (one ? *one : 0) | (two ? *two : 0);
	if (told & SPY_CGROUP_WANTED)
		return true;
	/* a container may have a cgroup of its own in one hierarchy only */
	return !(told & SPY_CGROUP_OTHER) && !(one && two);
}

/* What can be told before the call ran. */
static __always_inline bool spy_wants(struct task_struct *task, u16 nr)
{
	u32 tgid = task->tgid;

	if (tgid == spy.own_tgid || (spy.tgid && tgid != spy.tgid) || (spy.tid && task->pid != spy.tid))
		return false;
	if (spy.by_call) {
		u32 i = nr & (WIRE_SYSCALLS - 1);
		u64 word = nr & WIRE_NR_COMPAT ? spy.compat_calls[i / 64] : spy.calls[i / 64];

		if (!(word >> (i & 63) & 1))
			return false;
	}
	if (spy.by_pid && !bpf_map_lookup_elem(&spy_pids, &tgid))
		return false;
	return !spy.by_cgroup || spy_cgroup_wanted(task);
}

/* Whether the filter asks for objects of such a kind; for any when it does not ask. */
static __always_inline bool spy_kind_wanted(u32 kinds)
{
	return !spy.kinds || (spy.kinds & kinds);
}

static __always_inline void spy_name(const struct object *o)
{
	if (o->kind != OBJ_NONE && o->file && spy_kind_wanted(1u << (o->kind & 15)))
		name_object(SCRATCH_SPY, o, &spy_ring, &spy_named, spy_session);
}

static __always_inline bool spy_object_wanted(const struct spy_rec *r)
{
	return bpf_map_lookup_elem(&spy_objects, &r->fd_obj[0]) ||
	       bpf_map_lookup_elem(&spy_objects, &r->fd_obj[1]) ||
	       bpf_map_lookup_elem(&spy_objects, &r->ret_obj);
}

static __always_inline void spy_header(struct event_buf *e, struct task_struct *task, struct pt_regs *regs,
				       u16 nr)
{
	struct spy_rec *r = &e->hdr.rec;
	struct task_struct *parent = task->real_parent;
	struct call_args args;

	__builtin_memset(&e->hdr, 0, sizeof(e->hdr));
	e->off = 0;
	e->hdr.hdr.type = META_SPY;
	r->nr = nr;
	r->latency = ~0ULL;
	read_args(&args, regs, nr);
	for (int i = 0; i < 6; i++)
		r->args[i] = args.v[i];
	cgroup_ids(task, &r->cset, &r->cgroup_v1, &r->cgroup_v2);
	r->task.tid = task->pid;
	r->task.gen = task_gen(task);
	r->tgid = task->tgid;
	if (parent)
		r->ppid = parent->tgid;
	r->tty = tty_of(task->signal);
	r->session = BPF_CORE_READ(task, signal, pids[3], numbers[0].nr);
	r->uid = bpf_get_current_uid_gid();
	r->cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(r->comm, sizeof(r->comm));
}

static __always_inline void spy_send(struct event_buf *e)
{
	u32 size = sizeof(e->hdr) + e->off;

	asm volatile("" : "+r"(size)); /* the bound below must be on what is passed on */
	if (size > sizeof(e->hdr) + EVENT_MAX)
		return;
	e->hdr.hdr.size = size;
	e->hdr.rec.size = size - sizeof(e->hdr.hdr);
	e->hdr.rec.seq = ADD(spy_passed, 1);
	if (bpf_ringbuf_output(&spy_ring, &e->hdr, size, BPF_RB_NO_WAKEUP))
		ADD(spy_lost, 1);
}

static __always_inline int call_begins(struct pt_regs *regs, u64 id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u16 nr = call_nr(task, id);
	const volatile struct call_desc *d = call_desc_of(nr);
	struct event_buf *e;

	if (!d || !(d->flags & (CALL_EXEC | CALL_NORETURN | CALL_CLOSE | CALL_BEFORE)) ||
	    !spy_wants(task, nr))
		return 0;
	e = event_get();
	if (!e)
		return 0;
	if (d->flags & CALL_CLOSE) { /* at the end there is nothing left to name */
		struct object o = {};
		struct call_args args;

		read_args(&args, regs, nr);
		if (object_of_own_fd(call_arg(&args, d->fd), &o))
			spy_name(&o);
		return 0;
	}
	if (d->flags & CALL_BEFORE) {
		struct call_args args;

		read_args(&args, regs, nr);
		before_save(task, &args, nr);
		return 0;
	}
	/* an exec's end brings the result; its arguments must be read now, while the old memory is there */
	if (spy.failed_only || spy.by_object || spy.kinds || spy.io_only ||
	    (spy.min_latency && (d->flags & CALL_NORETURN)))
		if (!(d->flags & CALL_EXEC))
			return 0;
	spy_header(e, task, regs, nr);
	e->hdr.rec.phase = SPY_ENTER;
	e->hdr.rec.ts = bpf_ktime_get_ns();
	for (u32 i = 0; i < 6; i++)
		copy_arg(i);
	spy_send(e);
	return 0;
}

static __always_inline int call_ends(struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *st = state_known(task, regs);
	u16 nr = call_nr_done(task, regs);
	const volatile struct call_desc *d;
	struct event_buf *e;
	struct spy_rec *r;
	struct object o;
	u64 now, ts = st ? st->last_enter : 0;
	u32 flags, kinds = 0;

	ADD(spy_seen, 1);
	if (nr == WIRE_NR_NONE && ts)
		nr = call_nr(task, st->enter_id);
	if ((spy.failed_only && !call_errno(ret)) || !spy_wants(task, nr))
		return 0;
	now = bpf_ktime_get_ns();
	if (spy.min_latency && (!ts || now - ts < spy.min_latency))
		return 0;
	d = call_desc_of(nr);
	flags = d ? d->flags : 0;
	if (spy.io_only && (ret <= 0 || !(flags & (CALL_READ | CALL_WRITE))))
		return 0;
	e = event_get();
	if (!e)
		return 0;
	spy_header(e, task, regs, nr);
	r = &e->hdr.rec;
	r->ret = ret;
	r->ts = ts ? ts : now;
	if (ts)
		r->latency = now - ts;
	if (flags & CALL_CLOSE) {
		if (ts && st->enter_kind != OBJ_NONE) {
			r->fd_obj[0] = st->enter_obj;
			kinds |= 1u << (st->enter_kind & 15);
		}
	} else if (flags & CALL_FD) {
		__builtin_memset(&o, 0, sizeof(o));
		if (object_of_own_fd(r->args[d->fd < 6 ? d->fd : 0], &o)) {
			r->fd_obj[0] = o.key;
			kinds |= 1u << (o.kind & 15);
			spy_name(&o);
		}
	}
	if (d && d->fd2 < 6) {
		__builtin_memset(&o, 0, sizeof(o));
		if (object_of_own_fd(r->args[d->fd2 < 6 ? d->fd2 : 0], &o)) {
			r->fd_obj[1] = o.key;
			spy_name(&o);
		}
	}
	if (((flags & CALL_RETFD) && ret >= 0) || ((flags & CALL_PAIR) && !ret)) {
		s32 fd = ret;

		/* a pair's descriptors are in memory; the first is what the call is about */
		if (flags & CALL_PAIR)
			bpf_probe_read_user(&fd, sizeof(fd), (void *)r->args[d->path < 6 ? d->path : 0]);
		__builtin_memset(&o, 0, sizeof(o));
		if (object_of_own_fd(fd, &o)) {
			r->ret_obj = o.key;
			kinds |= 1u << (o.kind & 15);
			spy_name(&o);
		}
	}
	if (!spy_kind_wanted(kinds) || (spy.by_object && !spy_object_wanted(r)))
		return 0;
	if (!(flags & CALL_EXEC))
		for (u32 i = 0; i < 6; i++)
			copy_arg(i);
	if (flags & CALL_BEFORE)
		before_send(nr);
	spy_send(e);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(spy_enter, struct pt_regs *regs, long id)
{
	return call_begins(regs, id);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(spy_exit, struct pt_regs *regs, long ret)
{
	return call_ends(regs, ret);
}

/* The same by way of perf. */
SEC("?tp/raw_syscalls/sys_enter")
int spy_enter_perf(struct perf_call *call)
{
	return call_begins(perf_call_regs(), call->id);
}

SEC("?tp/raw_syscalls/sys_exit")
int spy_exit_perf(struct perf_call *call)
{
	return call_ends(perf_call_regs(), call->ret);
}
