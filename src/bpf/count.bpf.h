/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * count.bpf.h - what happens at the end of every system call: the thread's
 * counters always, a fact while a view needs facts.
 */
#ifndef CTOP_BPF_COUNT_H
#define CTOP_BPF_COUNT_H

/* What one call did. */
struct done {
	struct object obj;
	u64 in, out; /* bytes read from obj; written to it (or to the scratch's second object, if two) */
	u16 nr, err;
	u32 two;
};

/* Numbers without a row of their own: still part of the totals. `had` is what user space knows of them. */
static __always_inline void add_rest(const struct task_counts *c, const struct task_counts *had)
{
	ADD(lost.rest.calls, c->calls - had->calls);
	ADD(lost.rest.errors, c->errors - had->errors);
	ADD(lost.rest.file_in, c->file_in - had->file_in);
	ADD(lost.rest.file_out, c->file_out - had->file_out);
	ADD(lost.rest.net_in, c->net_in - had->net_in);
	ADD(lost.rest.net_out, c->net_out - had->net_out);
	ADD(lost.rest.other_in, c->other_in - had->other_in);
	ADD(lost.rest.other_out, c->other_out - had->other_out);
	ADD(lost.rest.opens, c->opens - had->opens);
	ADD(lost.rest.coarse, c->coarse - had->coarse);
}

/* Global functions from here on: the verifier looks at each once, and the stack they need is theirs. */

/* Adds the other end of a call with two objects, whose calls are counted at the first; 1: a new key. */
__noinline int add_second(const struct fact_key *with, u64 out)
{
	struct scratch *s = scratch_get(SCRATCH_CALL);
	struct fact_key key;
	struct fact_val *v;
	bool fresh;

	if (!s || !with)
		return 0;
	key = *with;
	key.obj = s->second.key;
	v = map_row(&key, &fresh);
	if (!v) {
		ADD(lost.fact_full, 1);
		return 0;
	}
	ADD(v->bytes_out, out);
	return fresh;
}

/* Adds a call to the map; 1: it is the first of its key. */
__noinline int add_fact(struct thread_state *st, const struct done *d, const struct fact_key *with, u64 latency)
{
	struct fact_key key;
	struct fact_val *v;
	bool fresh;

	if (!st || !d || !with)
		return 0;
	key = *with;
	v = map_row(&key, &fresh);
	if (!v) {
		st->counts.coarse++;
		ADD(lost.fact_full, 1);
		return 0;
	}
	ADD(v->calls, 1);
	ADD(v->bytes_in, d->in);
	if (!d->two)
		ADD(v->bytes_out, d->out);
	if (latency != ~0ULL)
		add_latency_shared(v, latency);
	return fresh;
}

/* A call that moved bytes from one object to another. */
__noinline int count_second(struct task_counts *c, struct done *d, u32 fd2, u64 bytes)
{
	struct scratch *s = scratch_get(SCRATCH_CALL);

	if (!c || !d || !s)
		return 0;
	__builtin_memset(&s->second, 0, sizeof(s->second));
	object_of_own_fd(fd2, &s->second);
	d->two = 1;
	d->in = d->out = bytes;
	wire_add_bytes(c, d->obj.kind, bytes, 0);
	wire_add_bytes(c, s->second.kind, 0, bytes);
	return 0;
}

/* A failed call that had only a path: the path is the object. */
__noinline int path_object(const struct call_args *args, struct done *d)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = scratch_get(SCRATCH_CALL);
	const volatile struct call_desc *desc;
	struct base base = {};
	s64 at = AT_FDCWD;

	if (!s || !args || !d)
		return 0;
	desc = call_desc_of(d->nr);
	if (!desc)
		return 0;
	if (desc->dirfd < 6)
		at = call_arg(args, desc->dirfd);
	if (object_of_path(SCRATCH_CALL, s, task, (void *)call_arg(args, desc->path), at, &d->obj, &base))
		name_path(SCRATCH_CALL, s, &d->obj, &base, &meta_ring, &named);
	return 0;
}

/* Writes a call down by itself. 0: no room, or it does not fit. */
__noinline int add_single(const struct done *d, const struct fact_key *key, u64 latency, u32 now)
{
	u32 half = now & 1, at;
	struct singles_used *used = bpf_map_lookup_elem(&singles_used, &half);
	struct fact_single *single;

	if (!used || !d || !key || (d->in | d->out) >= SINGLE_OUT || (latency != ~0ULL && latency >= SINGLE_UNTIMED))
		return 0;
	if (used->interval != now) {
		used->interval = now;
		used->n = 0;
		singles_of[now & 1] = now;
	}
	at = used->n;
	if (at >= max_singles)
		return 0;
	at += (half * n_cpus + bpf_get_smp_processor_id()) * max_singles;
	single = bpf_map_lookup_elem(&fact_singles, &at);
	if (!single)
		return 0;
	used->n++;
	single->key = *key;
	single->bytes = d->out ? d->out | SINGLE_OUT : d->in;
	single->latency = latency;
	return 1;
}

/* A thread's first calls are written down one by one: most threads that make no more are gone soon. */
enum { FEW_CALLS = 64 };

/* One more call of a key: in the row at hand if it can be had, else in the map. */
static __always_inline void count_fact(struct task_struct *task, struct thread_state *st, struct done *d, u64 latency)
{
	const struct fact_key key = {
		.obj = d->obj.key,
		.task = { .tid = task->pid, .gen = task_gen(task) },
		.nr = d->nr,
		.err = d->err,
		.tgid = task->tgid,
	};
	u32 now = *(volatile u32 *)&interval, index;
	struct fact_row *row;
	struct fact_val *v;

	if (st->counts.calls <= FEW_CALLS && !d->two && add_single(d, &key, latency, now)) {
		if (d->obj.file)
			name_once(st, &d->obj);
		return;
	}
	index = row_index(&key, now);
	row = row_at(index);
	if (!row || d->two) {
		if (add_fact(st, d, &key, latency))
			name_fresh(&d->obj);
		if (d->two && d->out && add_second(&key, d->out)) {
			struct scratch *s = scratch_get(SCRATCH_CALL);

			if (s)
				name_fresh(&s->second);
		}
		return;
	}
	if (row->interval != now || !same_key(&row->key, &key)) {
		index = row_find(index, &key, now);
		row = index ? row_at(index - 1) : NULL;
		if (!row) {
			if (add_fact(st, d, &key, latency))
				name_fresh(&d->obj);
			return;
		}
		if (!row->val.calls)
			name_fresh(&d->obj);
	}
	v = &row->val;
	v->calls++;
	v->bytes_in += d->in;
	v->bytes_out += d->out;
	if (latency != ~0ULL)
		add_latency(v, latency);
}

/* The descriptor that a call worked on, or returned; -1: none, or none that is worth looking up. */
static __always_inline s64 call_fd(const struct call_args *args, const volatile struct call_desc *desc, u32 flags, s64 ret,
				   bool moved)
{
	if (moved)
		return (u32)call_arg(args, desc->fd);
	if (!facts_on)
		return -1;
	if ((flags & CALL_RETFD) && ret >= 0)
		return ret;
	return flags & CALL_FD ? (u32)call_arg(args, desc->fd) : -1;
}

static __always_inline void count_moved(struct task_counts *c, const struct call_args *args,
					const volatile struct call_desc *desc, u32 flags, s64 ret, struct done *d)
{
	u64 bytes = ret;

	if (flags & CALL_MMSG)
		bytes = mmsg_bytes(call_arg(args, 1), ret, d->nr);
	if ((flags & CALL_PEEK) && (call_arg(args, desc->dirfd) & MSG_PEEK))
		bytes = 0;
	if (flags & CALL_SECOND) {
		count_second(c, d, call_arg(args, desc->fd2), bytes);
		return;
	}
	if (flags & CALL_READ)
		d->in = bytes;
	else
		d->out = bytes;
	wire_add_bytes(c, d->obj.kind, d->in, d->out);
}

/* c: the thread's counters; st NULL: it has none, and c is for the totals only. */
static __always_inline void count_call(struct task_struct *task, struct thread_state *st, struct task_counts *c,
				       struct pt_regs *regs, s64 ret)
{
	const volatile struct call_desc *desc;
	struct call_args args;
	struct done d;
	u64 latency = ~0ULL, ts = 0;
	u32 flags;
	s64 fd;
	bool moved, closed;

	__builtin_memset(&d.obj, 0, sizeof(d.obj));
	d.in = d.out = 0;
	d.two = 0;
	d.nr = call_nr_done(task, regs);
	d.err = call_errno(ret);
	if (st) {
		if (st->session == session && st->enter_ts) {
			ts = st->enter_ts;
			if (d.nr == WIRE_NR_NONE) /* rt_sigreturn restored other registers */
				d.nr = call_nr(task, st->enter_id);
		}
		st->last_enter = ts;
		st->enter_ts = 0;
	}
	d.nr = FORGET(d.nr);
	d.err = FORGET(d.err);
	c->calls++;
	if (d.err)
		c->errors++;
	desc = call_desc_of(d.nr);
	flags = desc ? desc->flags : 0;
	if (flags) {
		read_args(&args, regs, d.nr);
		moved = ret > 0 && (flags & (CALL_READ | CALL_WRITE | CALL_SECOND));
		closed = (flags & CALL_CLOSE) && ts;
		if (closed) {
			if (st->enter_kind != OBJ_NONE) {
				d.obj.key = st->enter_obj;
				d.obj.kind = st->enter_kind;
			}
		} else if (d.err && (flags & CALL_PATH) && desc->path < 6) {
			if (facts_on)
				path_object(&args, &d);
		} else {
			fd = call_fd(&args, desc, flags, ret, moved);
			if (fd >= 0)
				object_of_call_fd(task, fd, &d.obj);
		}
		d.obj.kind = FORGET(d.obj.kind);
		if ((flags & CALL_OPEN) && !d.err)
			c->opens++;
		if (moved)
			count_moved(c, &args, desc, flags, ret, &d);
		if ((flags & CALL_AIO) && ret > 0)
			aio_events(c, call_arg(&args, 3), ret, d.nr);
	}
	if (!st || !facts_on)
		return;
	if (ts)
		latency = bpf_ktime_get_ns() - ts;
	count_fact(task, st, &d, latency);
}

/* A call whose thread has no counters. */
static __always_inline void count_bare(struct task_struct *task, struct pt_regs *regs, s64 ret)
{
	const struct task_counts none = {};
	struct scratch *s = scratch_get(SCRATCH_CALL);

	ADD(lost.storage_fail, 1);
	if (!s)
		return;
	s->bare = none;
	count_call(task, NULL, &s->bare, regs, ret);
	add_rest(&s->bare, &none);
}

#endif
