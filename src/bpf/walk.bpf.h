/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk.bpf.h - the iterator over every thread, once an interval, and what both
 * iterators share. They run in the monitor's own context: what they cost is its CPU.
 */
#ifndef CTOP_BPF_WALK_H
#define CTOP_BPF_WALK_H

/* What the walk takes from a thread's state. */
static __always_inline void read_state(struct task_rec *r, struct thread_state *st)
{
	r->sid = st->sid;
	r->counts = st->counts;
	if (st->session == session)
		r->enter_ts = st->enter_ts;
}

static __always_inline void note_walked(const struct task_rec *r, struct thread_state *st)
{
	st->walked = r->counts;
	st->walked_sid = r->sid;
}

static __always_inline void walk_state(struct task_rec *r, struct task_struct *task)
{
	struct thread_place *at = place_of_task(task);
	struct thread_state *st;

	if (at) {
		read_state(r, &at->state);
		ORDER();
		if (at->task == (u64)task) {
			note_walked(r, &at->state);
			return;
		}
		/* it ended meanwhile: nothing of this is its own */
	}
	st = bpf_task_storage_get(&threads, task, NULL, 0);
	if (st) {
		read_state(r, st);
		note_walked(r, st);
	} else if (at) {
		r->sid = r->enter_ts = 0;
		r->counts = (struct task_counts){};
	}
}

/* The call a thread is in: its saved registers, if it sleeps (then it is in the kernel), or entered under our
 * eyes. */
static __always_inline void read_call(struct task_rec *r, struct task_struct *task)
{
	const volatile struct call_desc *d;
	struct pt_regs *regs;
	u64 orig;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs) || r->kthread)
		return;
	if (!r->enter_ts && (r->state == 'R' || r->state == 'Z' || r->state == 'X'))
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

/*
 * Most threads of a machine sleep. One that did not get a CPU since the walk before cannot have changed its
 * own numbers, so what was sent then still holds unless somebody else changed what its record says. A stamp
 * is a hash of all that tells. Walks go by tid, so neighbours share a cache line, as they would not in task
 * storage; two threads that share a slot are sent in full every time.
 */
enum { WALK_STAMPS = 1 << 18, WALK_GROUP = 8 };

struct walk_group {
	u64 stamps[WALK_GROUP];
	u64 tasks[WALK_GROUP]; /* where the threads are that the walk found last, for touch_group() */
	u64 walk;              /* which one that was */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WALK_STAMPS / WALK_GROUP);
	__type(key, u32);
	__type(value, struct walk_group);
} walk_stamps SEC(".maps");

/* Set by user space: the number of the walk, and whether it wants every record. */
__u32 walk_number = 0;
__u32 walk_all = 0;

/* What has no cheap sign of change (a renamed thread, a moved limit) is sent again after so many walks at
 * most. */
enum { WALK_REFRESH = 16 };

static __always_inline u64 mix(u64 h, u64 v)
{
	h = (h ^ v) * 0xd6e8feb86659fd93ULL;
	return h ^ h >> 32;
}

/*
 * Half of what a walk takes is waiting for memory, one cache line after the other. So what is to come is
 * looked at for some threads or descriptors at a time: their lines are then fetched at once. Nothing depends
 * on what is read: it may be stale, or not be there at all.
 */
static __always_inline void touch(u64 value)
{
	asm volatile("" ::"r"(value));
}

/* Never 0 for a thread that sleeps, 0 for any other. */
static __always_inline u64 make_stamp(struct scratch *s, struct task_struct *task)
{
	struct task_struct___before514 *old = (void *)task;
	u32 state = bpf_core_field_exists(task->__state) ? task->__state : (u32)GET(old, state);
	u64 h;

	/* between waking and its next switch, and while it dies, anything may change */
	if (!state || task->exit_state || (bpf_core_field_exists(task->on_cpu) && task->on_cpu))
		return 0;
	h = mix((u64)task->pid << 32 | task_gen(task), task->nvcsw + task->nivcsw);
	h = mix(h, (u64)task->static_prio << 32 | state);
	s->address = (u64)task->cgroups; /* a plain number, for arithmetic */
	h = mix(h, s->address);
	s->address = (u64)task->real_parent;
	h = mix(h, s->address);
	if (task->pid == task->tgid) {
		struct mm_struct *mm = task->mm;
		struct mm_struct___before62 *old_mm = (void *)mm;

		/* other threads change the memory and the descriptors that a leader's record tells of */
		if (GET(task, signal, nr_threads) > 1 || GET(task, files, count.counter) > 1)
			return 0;
		if (!bpf_core_field_exists(old_mm->rss_stat.count)) {
			/* reclaim shows in the shared part sooner or later; the rest waits for WALK_REFRESH
			 */
			h = mix(h, GET(mm, rss_stat[0].count));
			h = mix(h, GET(mm, rss_stat[1].count));
			h = mix(h, GET(mm, rss_stat[2].count));
			h = mix(h, GET(mm, rss_stat[3].count));
		} else {
			h = mix(h, GET(old_mm, rss_stat.count[0].counter));
			h = mix(h, GET(old_mm, rss_stat.count[1].counter));
			h = mix(h, GET(old_mm, rss_stat.count[2].counter));
			h = mix(h, GET(old_mm, rss_stat.count[3].counter));
		}
	}
	return h ? h : 1;
}

static __always_inline struct walk_group *walk_group(u32 tid)
{
	u32 i = tid / WALK_GROUP & (WALK_STAMPS / WALK_GROUP - 1);

	return bpf_map_lookup_elem(&walk_stamps, &i);
}

#ifndef CTOP_PLAIN
/* What the iterator and make_stamp() look at: */
static __always_inline void touch_task(struct task_struct *task)
{
	touch(task->__state);
	touch(task->static_prio);
	touch((u64)task->mm);
	touch(task->exit_state);
	touch(task->tgid);
	touch((u64)task->real_parent);
	touch((u64)task->thread_pid);
	touch(task->nvcsw);
	touch((u64)task->files);
	touch((u64)task->cgroups);
}

/* and, of what it points to: */
static __always_inline void touch_parts(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	struct pid *pid = task->thread_pid;

	touch(pid->level);
	touch((u64)GET(pid, tasks[0].first));
	touch(GET(pid, numbers[0].nr));
	touch(GET(task, signal, nr_threads));
	touch(GET(task, files, count.counter));
	if (!mm)
		return;
	touch(GET(mm, rss_stat[0].count));
	touch(GET(mm, rss_stat[2].count));
	touch(GET(mm, rss_stat[3].count));
}

/* The threads of the next slots, where the last walk found them. They may have ended: see touch(). */
static __always_inline void touch_group(u32 tid)
{
	struct walk_group *next = walk_group(tid + WALK_GROUP);

	if (!next || next->walk != walk_number - 1)
		return;
	for (u32 i = 0; i < WALK_GROUP; i++)
		if (next->tasks[i])
			touch_task(CAST(struct task_struct, next->tasks[i]));
	for (u32 i = 0; i < WALK_GROUP; i++)
		if (next->tasks[i])
			touch_parts(CAST(struct task_struct, next->tasks[i]));
}
#endif

/*
 * A task's stamps are in the clock of the CPU that it last ran on, which stands still while that serves interrupts
 * or its hypervisor runs somebody else: over days the CPUs' clocks part by seconds. What one lacks is what lies
 * between it and the CPU's other clock, which is the same everywhere (update_rq_clock_task() in kernel/sched/core.c).
 */
static __always_inline u64 clock_lacks(struct task_struct *task)
{
	struct rq *rq;

	if (!bpf_core_field_exists(task->se.cfs_rq) || !bpf_core_field_exists(((struct cfs_rq *)0)->rq))
		return 0; /* built without groups of tasks */
	rq = BPF_CORE_READ(task, se.cfs_rq, rq);
	return BPF_CORE_READ(rq, clock) - BPF_CORE_READ(rq, clock_task);
}

SEC("iter/task")
int walk_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct scratch *s = scratch_get(SCRATCH_ITER);
	struct walk_group *group;
	u64 *stamp, now;

	if (!task || !s)
		return 0;
	if (!ctx->meta->seq_num) {
		learn_percpu_offsets(s);
		/* the reader was just scheduled in: its own stamp is the scheduler's now */
		sched_now = bpf_get_current_task_btf()->se.exec_start + clock_lacks(bpf_get_current_task_btf());
	}
	group = walk_group(task->pid);
	if (!group)
		return 0;
#ifndef CTOP_PLAIN
	if (group->walk != walk_number) {
		touch_group(task->pid);
		__builtin_memset(group->tasks, 0, sizeof(group->tasks));
		group->walk = walk_number;
	}
	group->tasks[(u32)task->pid % WALK_GROUP] = (u64)task;
#endif
	now = make_stamp(s, LOOSE(struct task_struct, task));
	stamp = &group->stamps[(u32)task->pid % WALK_GROUP];
	if (now && now == *stamp && !walk_all && (task->pid + walk_number) % WALK_REFRESH) {
		struct task_same same = {.tid = task->pid, .gen = task_gen(task)};

		bpf_seq_write(ctx->meta->seq, &same, sizeof(same));
		return 0;
	}
	read_task(s, task);
	s->task.last_ran += clock_lacks(task);
	walk_state(&s->task, task);
	read_call(&s->task, task);
	/* what did not fit is shown again, and must not look known then */
	if (!bpf_seq_write(ctx->meta->seq, &s->task, sizeof(s->task)))
		*stamp = now;
	return 0;
}

#endif
