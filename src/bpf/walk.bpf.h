/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk.bpf.h - the iterators: every thread, and every open descriptor, once an
 * interval. They run in the monitor's own context: what they cost is its CPU.
 */
#ifndef CTOP_BPF_WALK_H
#define CTOP_BPF_WALK_H

/* The call a thread is in: its saved registers, if it sleeps (then it is in the kernel), or entered under our
 * eyes. */
static __always_inline void read_call(struct task_rec *r, struct task_struct *task, struct thread_state *st)
{
	const volatile struct call_desc *d;
	struct pt_regs *regs;
	u64 orig;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs) || r->kthread)
		return;
	if (st && st->enter_ts && st->session == session)
		r->enter_ts = st->enter_ts;
	else if (r->state == 'R' || r->state == 'Z' || r->state == 'X')
		return;
	regs = (void *)bpf_task_pt_regs(task);
	orig = BPF_CORE_READ(regs, orig_ax);
	if ((s64)orig < 0)
		return;
	r->nr = call_nr(task, orig);
	for (int i = 0; i < 6; i++)
		r->args[i] = saved_arg(regs, i, r->nr);
	d = call_desc_of(r->nr);
	if (d && (d->flags & CALL_FD)) {
		struct object o = {};
		u64 fd = r->args[d->fd < 6 ? d->fd : 0];

		if (object_of_fd(task, fd, &o)) {
			r->wait_obj = o.key;
			name_object(SCRATCH_ITER, &o, &meta_ring, &named, 0);
		}
	}
}

SEC("iter/task")
int walk_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread_state *st;
	struct scratch *s = scratch_get(SCRATCH_ITER);

	if (!task || !s)
		return 0;
	if (!ctx->meta->seq_num)
		learn_percpu_offsets(s);
	read_task(s, task);
	st = bpf_task_storage_get(&threads, task, NULL, 0);
	if (st) {
		s->task.sid = st->sid;
		s->task.counts = st->counts;
		st->walked = s->task.counts;
	}
	read_call(&s->task, task, st);
	if (!ctx->meta->seq_num) /* the reader was just scheduled in: its own stamp is the scheduler's now */
		sched_now = bpf_get_current_task_btf()->se.exec_start;
	bpf_seq_write(ctx->meta->seq, &s->task, sizeof(s->task));
	return 0;
}

SEC("iter/task_file")
int walk_fds(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct scratch *s = scratch_get(SCRATCH_ITER);
	struct object o = {};
	struct fd_rec f = {};
	u64 sig = 1, *have;
	u32 len = 0;

	if (!task || !file || !s)
		return 0;
	if (!object_of_file(file, &o))
		return 0;
	f.key = o.key;
	f.tgid = task->tgid;
	f.fd = ctx->fd;
	f.pos = file->f_pos;
	f.flags = file->f_flags;
	/* sockets carry numbers of now; other names are sent once */
	have = bpf_map_lookup_elem(&named, &o.key);
	if (!have || o.kind == OBJ_INET) {
		s->address = (u64)file;
		if (!describe_file(SCRATCH_ITER, s->address)) {
			len = (sizeof(s->obj.rec) + s->obj.rec.path_len + 7) & 0x1ff8;
			f.size = len;
			sig = name_signature(&o);
		}
	}
	if (bpf_seq_write(ctx->meta->seq, &f, sizeof(f)))
		return 0;
	if (len && len <= sizeof(s->obj.rec) + sizeof(s->obj.path) &&
	    !bpf_seq_write(ctx->meta->seq, &s->obj.rec, len) && (!have || *have != sig))
		bpf_map_update_elem(&named, &o.key, &sig, BPF_ANY);
	return 0;
}

#endif
