/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.bpf.h - a thread's record: read by the task iterator and at exit.
 */
#ifndef CTOP_BPF_TASK_H
#define CTOP_BPF_TASK_H

/*
 * GET(p, a, b) is p->a->b. Every bpf_probe_read_kernel() costs some 15 ns, and a walk makes dozens of them
 * for each of ten thousand threads: where there is a cast (see object.bpf.h) they are plain, fault-safe
 * loads.
 */
#ifdef CTOP_PLAIN
#define GET(p, ...)    BPF_CORE_READ(p, __VA_ARGS__)
#else
#define GET(p, ...)    ___arrow(p, __VA_ARGS__)
#endif

static __always_inline u32 task_gen(struct task_struct *task)
{
	return task->start_boottime >> 16;
}

static __always_inline bool task_is_compat(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

/* Index of the chosen v1 controller in this kernel, or none. */
static __always_inline u32 v1_subsys(void)
{
	switch (v1_choice) {
#define V1(name)                                                                                             \
	case V1_##name:                                                                                      \
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, name##_cgrp_id))                       \
			return bpf_core_enum_value(enum cgroup_subsys_id, name##_cgrp_id);                   \
		break;
		V1(pids)
		V1(memory)
		V1(cpu)
		V1(cpuacct)
		V1(freezer)
		V1(devices)
#undef V1
	}
	return CGROUP_SUBSYS_MAX;
}

static __always_inline void cgroup_ids(struct task_struct *task, u64 *cset_id, u64 *v1, u64 *v2)
{
	struct css_set *cset = GET(task, cgroups);

	*cset_id = (u64)cset;
	*v1 = 0;
	*v2 = GET(cset, dfl_cgrp, kn, id);
	if (v1_choice) {
		u32 i = v1_subsys();
		struct cgroup_subsys_state *css = NULL;

		if (i >= CGROUP_SUBSYS_MAX)
			return;
		bpf_probe_read_kernel(
			&css, sizeof(css),
			(void *)(*cset_id + bpf_core_field_offset(struct css_set, subsys) + i * 8));
		*v1 = BPF_CORE_READ(css, cgroup, kn, id);
	}
}

static __always_inline u32 pid_in_ns(struct pid *pid, u32 *ret_ns)
{
	u32 level = GET(pid, level);
	struct upid *at;

	if (level > 32)
		return 0;
	at = LOOSE(struct upid, (u64)pid + bpf_core_field_offset(struct pid, numbers) +
					level * bpf_core_type_size(struct upid));
	if (ret_ns)
		*ret_ns = GET(at, ns, ns.inum);
	return GET(at, nr);
}

/*
 * Where each CPU's part of per-CPU data lies. __per_cpu_offset is not exported
 * to programs, but the difference between a per-CPU map value's address and
 * its per-CPU pointer is the same number.
 */
static __always_inline void learn_percpu_offsets(struct scratch *s)
{
	u32 zero = 0;
	u64 base = 0;

	if (percpu_known || !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_map_lookup_percpu_elem))
		return;
	s->address = (u64)&scratch_map;
	bpf_probe_read_kernel(&base, sizeof(base),
			      (void *)(s->address + bpf_core_field_offset(struct bpf_array, pptrs)));
	for (u32 cpu = 0; cpu < PERCPU_MAX; cpu++) {
		void *value;

		if (cpu >= n_cpus)
			break;
		value = bpf_map_lookup_percpu_elem(&scratch_map, &zero, cpu);
		if (!value)
			return;
		s->address = (u64)value;
		percpu_offset[cpu] = s->address - base;
	}
	percpu_known = n_cpus <= PERCPU_MAX;
}

/* A per-CPU counter: summed as /proc does (exact), or its shared part where the CPUs are too many. */
__noinline u64 percpu_sum(u64 address)
{
	struct percpu_counter *c = LOOSE(struct percpu_counter, address);
	s64 sum = GET(c, count);
	u64 parts = (u64)GET(c, counters);

	if (percpu_known)
		for (u32 cpu = 0; cpu < PERCPU_MAX; cpu++) {
			if (cpu >= n_cpus)
				break;
			/* a counter's part looks like any struct that begins with an int */
			sum += GET(LOOSE(struct refcount_struct, parts + percpu_offset[cpu]), refs.counter);
		}
	return sum < 0 ? 0 : sum;
}

static __always_inline void read_memory(struct scratch *s, struct mm_struct *mm)
{
	struct mm_struct___before62 *old = (void *)mm;
	struct task_rec *r = &s->task;

	r->vm_pages = GET(mm, total_vm);
	if (bpf_core_field_exists(old->rss_stat.count)) {
		r->rss_pages = BPF_CORE_READ(old, rss_stat.count[0].counter) +
			       BPF_CORE_READ(old, rss_stat.count[1].counter) +
			       BPF_CORE_READ(old, rss_stat.count[3].counter);
		r->swap_pages = BPF_CORE_READ(old, rss_stat.count[2].counter);
	} else {
		u64 base;
		u32 size = bpf_core_type_size(struct percpu_counter);

		s->address = (u64)mm; /* a plain number for the global function */
		base = s->address + bpf_core_field_offset(struct mm_struct, rss_stat);

		r->rss_pages = percpu_sum(base) + percpu_sum(base + size) + percpu_sum(base + 3 * size);
		r->swap_pages = percpu_sum(base + 2 * size);
	}
}

/* Bits set in `words` words at `bits`, 64 at most. */
__noinline u32 count_bits(u64 bits, u32 words)
{
	u32 n = 0;

	for (u32 i = 0; i < 64; i++) {
		u64 w = 0;

		if (i >= words)
			break;
#ifdef CTOP_PLAIN
		bpf_probe_read_kernel(&w, sizeof(w), (void *)(bits + i * 8));
#else
		w = CAST(struct timespec64, bits + i * 8)->tv_sec; /* any struct that begins with a word */
#endif
		w -= (w >> 1) & 0x5555555555555555ULL;
		w = (w & 0x3333333333333333ULL) + ((w >> 2) & 0x3333333333333333ULL);
		n += (((w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fULL) * 0x0101010101010101ULL) >> 56;
	}
	return n;
}

/* Open descriptors. Beyond 262,144 they are not counted. */
__noinline u32 count_open(u64 bits, u32 words)
{
	u32 n = 0;

	for (u32 i = 0; i < 64; i++) {
		if (i * 64 >= words)
			break;
		n += count_bits(bits + i * 512, words - i * 64);
	}
	return n;
}

static __always_inline u32 count_fds(struct scratch *s, struct task_struct *task)
{
	struct fdtable *fdt = GET(task, files, fdt);

	if (!fdt)
		return 0;
	s->address = (u64)GET(fdt, open_fds);
	return count_open(s->address, GET(fdt, max_fds) / 64);
}

/* As ps(1) and /proc/PID/stat write it: fs/proc/array.c task_state_array. */
static __always_inline u8 task_state_char(struct task_struct *task)
{
	struct task_struct___before514 *old = (void *)task;
	u32 state = bpf_core_field_exists(task->__state) ? task->__state : (u32)BPF_CORE_READ(old, state);
	u32 exit_state = task->exit_state;

	if (exit_state & 0x20)
		return 'Z';
	if (exit_state & 0x10)
		return 'X';
	if ((state & 0x402) == 0x402) /* TASK_NOLOAD | TASK_UNINTERRUPTIBLE */
		return 'I';
	if (state & 1)
		return 'S';
	if (state & 2)
		return 'D';
	if (state & 4)
		return 'T';
	if (state & 8)
		return 't';
	if (state & 0x40)
		return 'P';
	return 'R';
}

/* Kernel dev_t of the controlling terminal, 0 = none. */
static __always_inline u32 tty_of(struct signal_struct *signal)
{
	struct tty_struct *tty = GET(signal, tty);

	if (!tty)
		return 0;
	return GET(tty, driver, major) << 20 | (GET(tty, driver, minor_start) + GET(tty, index));
}

static __always_inline void read_identity(struct task_rec *r, struct task_struct *task)
{
	const struct cred *cred = task->real_cred;
	struct signal_struct *signal = task->signal;
	struct task_struct *parent = task->real_parent;
	struct nsproxy *ns = task->nsproxy;

	r->uid = GET(cred, uid.val);
	r->gid = GET(cred, gid.val);
	r->euid = GET(cred, euid.val);
	r->loginuid = bpf_core_field_exists(task->loginuid) ? GET(task, loginuid.val) : 0xffffffff;
	if (parent)
		r->ppid = parent->tgid;
	r->netns = GET(ns, net_ns, ns.inum);
	r->vtid = pid_in_ns(GET(task, thread_pid), &r->pidns);
	r->nr_threads = GET(signal, nr_threads);
	r->vpid = pid_in_ns(GET(signal, pids[1]), NULL);
	r->pgrp = GET(signal, pids[2], numbers[0].nr);
	r->session = GET(signal, pids[3], numbers[0].nr);
	r->tty = tty_of(signal);
	BPF_CORE_READ_STR_INTO(&r->comm, task, comm);
}

/* Everything but the call it is in. */
static __always_inline void read_task(struct scratch *s, struct task_struct *task)
{
	struct task_rec *r = &s->task;
	struct mm_struct *mm;

	task = LOOSE(struct task_struct, task);
	__builtin_memset(r, 0, sizeof(*r));
	r->tid = task->pid;
	r->tgid = task->tgid;
	r->start_boot = task->start_boottime;
	cgroup_ids(task, &r->cset, &r->cgroup_v1, &r->cgroup_v2);
	r->exec_runtime = task->se.sum_exec_runtime;
	r->utime = task->utime;
	r->stime = task->stime;
	r->run_delay = task->sched_info.run_delay;
	r->last_ran = task->se.exec_start;
	r->nvcsw = task->nvcsw;
	r->nivcsw = task->nivcsw;
	r->min_flt = task->min_flt;
	r->maj_flt = task->maj_flt;
	r->disk_read = task->ioac.read_bytes;
	r->disk_write = task->ioac.write_bytes;
	r->prio = task->static_prio;
	r->policy = task->policy;
	r->kthread = !!(task->flags & PF_KTHREAD);
	r->cpu = task->thread_info.cpu;
	r->exit_code = task->exit_code;
	r->nr = WIRE_NR_NONE;
	r->state = task_state_char(task);
	read_identity(r, task);
	mm = task->mm;
	if (r->tid == r->tgid) {
		if (mm && !r->kthread)
			read_memory(s, mm);
		r->fdcount = count_fds(s, task);
		r->fdlimit = GET(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
	}
}

#endif
