/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * count.bpf.h - what happens at the end of every system call: the thread's
 * counters always, a fact while a view needs facts.
 */
#ifndef CTOP_BPF_COUNT_H
#define CTOP_BPF_COUNT_H

/* What one call did. */
struct done {
	struct object obj, second; /* second: where a sendfile or splice wrote to */
	u64 in, out;               /* bytes read from obj; written to it (or to second) */
	u16 nr, err;
	bool two;
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

static __always_inline void count_bytes(struct task_counts *c, const struct done *d)
{
	if (d->two) {
		wire_add_bytes(c, d->obj.kind, d->in, 0);
		wire_add_bytes(c, d->second.kind, 0, d->out);
	} else {
		wire_add_bytes(c, d->obj.kind, d->in, d->out);
	}
}

/* The row of a key in this interval's facts, made if need be; NULL when the map is full. */
static __always_inline struct fact_val *fact_row(const struct fact_key *key, bool *ret_new)
{
	struct scratch *s;
	struct fact_val *v;
	u32 zero = 0;
	void *map = bpf_map_lookup_elem(&facts, &zero);

	*ret_new = false;
	if (!map)
		return NULL;
	v = bpf_map_lookup_elem(map, key);
	if (v)
		return v;
	s = scratch_get(SCRATCH_CALL);
	if (!s || bpf_map_update_elem(map, key, &s->zero_fact, BPF_NOEXIST))
		return NULL;
	*ret_new = true;
	return bpf_map_lookup_elem(map, key);
}

/* Its branches multiply with the callers' unless the verifier sees it as a function of its own. */
__noinline u32 latency_slot(u64 ns)
{
	return wire_hist_slot(ns);
}

static __always_inline void add_latency(struct fact_val *v, u64 ns)
{
	u32 slot = latency_slot(ns);

	v->timed++;
	v->lat_sum += ns;
	if (ns > v->lat_max)
		v->lat_max = ns;
	if (slot < WIRE_HIST)
		v->hist[slot]++;
}

/* Global functions from here on: the verifier looks at each once. */
__noinline int add_fact(struct thread_state *st, struct done *d, u64 latency)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fact_key key = {};
	struct fact_val *v;
	bool fresh;

	if (!st || !d)
		return 0;
	key = (struct fact_key){
		.obj = d->obj.key,
		.task = { .tid = task->pid, .gen = task_gen(task) },
		.nr = d->nr,
		.err = d->err,
		.tgid = task->tgid,
	};
	v = fact_row(&key, &fresh);
	if (!v) {
		st->counts.coarse++;
		ADD(lost.fact_full, 1);
		return 0;
	}
	v->calls++;
	v->bytes_in += d->in;
	if (!d->two)
		v->bytes_out += d->out;
	if (latency != ~0ULL)
		add_latency(v, latency);
	if (fresh && d->obj.file)
		name_object(SCRATCH_CALL, &d->obj, &meta_ring, &named, 0);
	if (d->two && d->out) {
		key.obj = d->second.key;
		v = fact_row(&key, &fresh);
		if (!v) {
			ADD(lost.fact_full, 1);
			return 0;
		}
		v->bytes_out += d->out;
		if (fresh && d->second.file)
			name_object(SCRATCH_CALL, &d->second, &meta_ring, &named, 0);
	}
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

/*
 * Linux AIO: bytes are in no call's result but in the events that io_getevents hands out, and the file is in
 * the request that each points to. They belong to the thread that takes the event; rows without a call.
 * What a program takes out of the ring's memory itself, without a call, is not seen.
 */
enum { AIO_MAX = 4096, AIO_PART = 64 };

struct aio_scratch { /* in struct scratch: the stack is short here */
	struct io_event event;
	struct iocb request;
	struct object object;
};

/* One event; 1 if its file has to be named. */
__noinline int aio_event(struct task_counts *c, u64 event, u32 nr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = scratch_get(SCRATCH_CALL);
	struct fact_key key = {};
	struct aio_scratch *a;
	struct fact_val *v;
	bool fresh, in;

	if (!c || !s)
		return 0;
	a = (void *)s->user_path;
	if (bpf_probe_read_user(&a->event, sizeof(a->event), (void *)event) || a->event.res <= 0 ||
	    bpf_probe_read_user(&a->request, sizeof(a->request), (void *)a->event.obj))
		return 0;
	in = a->request.aio_lio_opcode == IOCB_CMD_PREAD || a->request.aio_lio_opcode == IOCB_CMD_PREADV;
	if (!in && a->request.aio_lio_opcode != IOCB_CMD_PWRITE && a->request.aio_lio_opcode != IOCB_CMD_PWRITEV)
		return 0;
	__builtin_memset(&a->object, 0, sizeof(a->object));
	object_of_own_fd(a->request.aio_fildes, &a->object);
	wire_add_bytes(c, a->object.kind, in ? a->event.res : 0, in ? 0 : a->event.res);
	if (!facts_on)
		return 0;
	key.obj = a->object.key;
	key.task.tid = task->pid;
	key.task.gen = task_gen(task);
	key.nr = nr;
	key.tgid = task->tgid;
	v = fact_row(&key, &fresh);
	if (!v) {
		ADD(lost.fact_full, 1);
		return 0;
	}
	if (in)
		v->bytes_in += a->event.res;
	else
		v->bytes_out += a->event.res;
	return fresh && a->object.file;
}

__noinline int aio_name(u32 which)
{
	struct scratch *s = scratch_get(which);

	if (s)
		name_object(which, &((struct aio_scratch *)s->user_path)->object, &meta_ring, &named, 0);
	return 0;
}

/* Two levels, so that the verifier has 128 rounds to follow and not 4096. */
__noinline int aio_part(struct task_counts *c, u64 events, u32 n, u32 nr)
{
	for (u32 i = 0; i < AIO_PART; i++) {
		if (i >= n)
			break;
		if (aio_event(c, events + i * sizeof(struct io_event), nr))
			aio_name(SCRATCH_CALL);
	}
	return 0;
}

__noinline int aio_events(struct task_counts *c, u64 events, u32 n, u32 nr)
{
	for (u32 i = 0; i < AIO_MAX / AIO_PART; i++) {
		if (i * AIO_PART >= n)
			break;
		aio_part(c, events + i * AIO_PART * sizeof(struct io_event), n - i * AIO_PART, nr);
	}
	return 0;
}

static __always_inline void count_call(struct task_struct *task, struct thread_state *st, struct pt_regs *regs, s64 ret)
{
	const struct task_counts none = {};
	struct task_counts *c = &st->counts;
	const volatile struct call_desc *desc;
	struct call_args args = {};
	struct done d = {};
	u64 latency = ~0ULL;
	u64 ts = 0;
	u32 flags;

	if (!st) {
		struct scratch *s = scratch_get(SCRATCH_CALL);

		if (!s)
			return;
		c = &s->task.counts;
		*c = none;
	}
	d.nr = call_nr_done(task, regs);
	d.err = call_errno(ret);
	if (st) {
		if (st->session == session && st->enter_ts) {
			ts = st->enter_ts;
			if (d.nr == WIRE_NR_NONE) /* rt_sigreturn restored other registers */
				d.nr = st->enter_nr;
		}
		st->last_enter = ts;
		st->enter_ts = 0;
	}
	desc = call_desc_of(d.nr);
	flags = desc ? desc->flags : 0;
	if (flags)
		read_args(&args, regs, d.nr);
	c->calls++;
	if (d.err)
		c->errors++;
	if ((flags & CALL_OPEN) && !d.err)
		c->opens++;
	if (ret > 0 && (flags & (CALL_READ | CALL_WRITE | CALL_SECOND))) {
		u64 bytes = ret;

		if (flags & CALL_MMSG)
			bytes = mmsg_bytes(call_arg(&args, 1), ret, d.nr);
		if ((flags & CALL_PEEK) && (call_arg(&args, desc->dirfd) & MSG_PEEK))
			bytes = 0;
		object_of_own_fd(call_arg(&args, desc->fd), &d.obj);
		if (flags & CALL_SECOND) {
			object_of_own_fd(call_arg(&args, desc->fd2), &d.second);
			d.two = true;
			d.in = d.out = bytes;
		} else if (flags & CALL_READ) {
			d.in = bytes;
		} else {
			d.out = bytes;
		}
		count_bytes(c, &d);
	}
	if ((flags & CALL_AIO) && ret > 0)
		aio_events(c, call_arg(&args, 3), ret, d.nr);
	if (!st) {
		ADD(lost.storage_fail, 1);
		add_rest(c, &none);
		return;
	}
	if (!facts_on)
		return;
	if (ts)
		latency = bpf_ktime_get_ns() - ts;
	if ((flags & CALL_CLOSE) && ts) {
		if (st->enter_kind != OBJ_NONE) {
			d.obj.key = st->enter_obj;
			d.obj.kind = st->enter_kind;
		}
	} else if ((flags & CALL_RETFD) && ret >= 0) {
		object_of_own_fd(ret, &d.obj);
	} else if (d.err && (flags & CALL_PATH) && desc->path < 6) {
		path_object(&args, &d);
	} else if ((flags & CALL_FD) && d.obj.kind == OBJ_NONE) {
		object_of_own_fd(call_arg(&args, desc->fd), &d.obj);
	}
	add_fact(st, &d, latency);
}

#endif
