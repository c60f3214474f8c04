/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model_tasks.c - threads and processes of a sample: what their records say, and whose facts are whose.
 */
#include <string.h>

#include "core/arena.h"
#include "core/model_priv.h"
#include "core/procfs.h"
#include "core/uring.h"

enum { ALIVE_CHECKS_MAX = 1000 /* looks into /proc for processes that left no record, per sample */ };

static bool is_blocked(const struct task_last *r)
{
	return !r->exited && strchr("SDTtI", r->state) != NULL;
}

static uint64_t time_in_call(const struct capture_batch *batch, const struct task_last *r)
{
	if (r->nr == WIRE_NR_NONE)
		return UNKNOWN_U64;
	if (r->enter_ts)
		return batch->mono_ns > r->enter_ts ? batch->mono_ns - r->enter_ts : 0;
	if (is_blocked(r) && r->last_ran && batch->sched_now >= r->last_ran)
		return batch->sched_now - r->last_ran;
	return UNKNOWN_U64;
}

/* To be added to: a thread may come in several records. */
static struct thread_work *own_work(struct arena *arena, struct thread *t)
{
	if (t->did == &thread_idle)
		t->did = arena_alloc(arena, sizeof(*t->did));
	return (struct thread_work *)(uintptr_t)t->did;
}

static void add_work(struct arena *arena, struct thread *t, const struct thread_work *d)
{
	struct thread_work *sum;

	if (!memcmp(d, &thread_idle, sizeof(*d)))
		return;
	sum = own_work(arena, t);
	task_counts_add(&sum->counts, &d->counts);
	sum->cpu += d->cpu;
	sum->cpu_user += d->cpu_user;
	sum->cpu_sys += d->cpu_sys;
	sum->run_delay += d->run_delay;
	sum->nvcsw += d->nvcsw;
	sum->nivcsw += d->nivcsw;
	sum->min_flt += d->min_flt;
	sum->maj_flt += d->maj_flt;
	sum->disk_read += d->disk_read;
	sum->disk_write += d->disk_write;
}

/* What a thread did before the first sample counts as its process's, too. */
static void add_life(struct process_life *life, bool first, const struct task_rec *r,
		     const struct thread_work *d)
{
	const struct task_counts *c = first ? &r->counts : &d->counts;

	life->cpu += first ? r->exec_runtime : d->cpu;
	life->disk_read += first ? r->disk_read : d->disk_read;
	life->disk_write += first ? r->disk_write : d->disk_write;
	life->maj_flt += first ? r->maj_flt : d->maj_flt;
	life->min_flt += first ? r->min_flt : d->min_flt;
	life->calls += c->calls;
	life->errors += c->errors;
	life->file += c->file_in + c->file_out;
	life->net += c->net_in + c->net_out;
}

static void describe_thread(struct model *m, const struct capture_batch *batch, uint32_t ti,
			    const struct task_last *r)
{
	struct build_thread *bt = &m->build.threads[ti];
	struct thread *t = &m->build.made[ti];

	t->vtid = r->vtid;
	t->nr = r->exited ? WIRE_NR_NONE : r->nr;
	t->nr_time = r->exited ? UNKNOWN_U64 : time_in_call(batch, r);
	memcpy(t->args, r->args, sizeof(t->args));
	t->nice = (int16_t)(r->prio - 120);
	t->cpu_total = r->exec_runtime;
	t->policy = r->policy;
	t->state = r->exited ? 'X' : (char)r->state;
	t->cpu_id = r->cpu;
	t->exited = r->exited;
	memcpy(bt->comm, r->comm, WIRE_COMM_LEN);
	bt->wait_obj = r->exited ? NO_INDEX : build_object(&m->build, m->objects, r->wait_obj);
	bt->told = true;
}

static void describe_process(struct model *m, struct build_process *bp, const struct task_rec *r)
{
	bool gone = r->exited || r->state == 'Z' || r->state == 'X';
	/* the address space is gone at exit on some kernels: 0 means unknown then */
	bool no_vm = r->exited && !r->vm_pages;

	bp->exit_code = r->exited ? r->exit_code : 0;
	bp->sized = true;
	bp->proc->size = (struct proc_size){
		.vm = no_vm ? UNKNOWN_U64 : r->vm_pages * m->page_size,
		.rss = no_vm ? UNKNOWN_U64 : r->rss_pages * m->page_size,
		.swap = no_vm ? UNKNOWN_U64 : r->swap_pages * m->page_size,
		.fdlimit = gone ? UNKNOWN_U64 : r->fdlimit,
		.fdcount = gone ? UNKNOWN_U32 : r->fdcount,
	};
}

/* The thread no longer is what its record said: it exited, or goes on under its leader's tid. */
static void retire(struct build *b, uint32_t ti)
{
	struct build_thread *bt = &b->threads[ti];
	struct thread *t = &b->made[ti];
	struct build_process *bp = &b->processes[bt->process];

	if (!bt->told || t->exited)
		return;
	bp->n_here--;
	bp->n_alive -= strchr("ZX", t->state) == NULL;
	t->exited = true;
	t->state = 'X';
	t->nr = WIRE_NR_NONE;
	t->nr_time = UNKNOWN_U64;
	bt->wait_obj = NO_INDEX;
}

/* The thread in the sample is what its last record says. */
static struct build_process *place_task(struct model *m, const struct capture_batch *batch,
					struct task_state *state, uint32_t ti)
{
	const struct task_last *r = &state->last;
	struct build_thread *bt = &m->build.threads[ti];
	struct build_process *bp = &m->build.processes[bt->process];

	state->marked = m->tasks.now;
	state->mark = ti;
	bt->state = state;
	describe_thread(m, batch, ti, r);
	bp->n_here += !r->exited;
	bp->n_alive += !r->exited && r->state != 'Z' && r->state != 'X';
	bp->exited |= r->exited != 0;
	bp->oom |= r->exited > 1;
	return bp;
}

/* A thread that did nothing, and to which nothing was done. */
static void take_same(struct model *m, const struct capture_batch *batch, struct task_key key)
{
	struct task_state *state = tasktable_same(&m->tasks, key);
	struct proc *p = state ? state->owner : NULL;
	uint32_t pi;

	if (!p) {
		m->lost_track = true;
		return;
	}
	proctable_same(&m->procs, p);
	pi = build_process(&m->build, &m->procs, p);
	place_task(m, batch, state, build_append_thread(&m->build, key, pi))->sized |= key.tid == p->pid;
}

/* A thread of the sample: what take_same() added is known by its state. */
static uint32_t find_thread(const struct model *m, struct task_key key)
{
	uint32_t ti = build_find_thread(&m->build, key);
	const struct task_state *state = ti == NO_INDEX ? tasktable_find(&m->tasks, key) : NULL;

	return state && state->marked == m->tasks.now ? state->mark : ti;
}

/* One record: its numbers go to the thread that has the tid now. */
static void take_task(struct model *m, const struct capture_batch *batch, const struct task_rec *r,
		      struct proc *p)
{
	struct build *b = &m->build;
	struct task_key key = {r->tid, task_gen(r->start_boot)};
	uint32_t pi = build_process(b, &m->procs, p), ti = find_thread(m, key);
	struct thread_work delta;
	struct task_state *state = tasktable_update(&m->tasks, r, &delta);
	struct build_process *bp;
	struct build_thread *bt;

	state->owner = p;
	if (ti == NO_INDEX)
		ti = build_add_thread(b, key, pi);
	bt = &b->threads[ti];
	add_work(b->arena, &b->made[ti], &delta);
	add_life(&p->life, m->tasks.now == 1, r, &delta);
	/* the exit of an old leader whose tid now belongs to the thread that took over: numbers only */
	if (r->exited && bt->told && !b->made[ti].exited && bt->state != state)
		return;
	retire(b, ti);
	if (state->marked == m->tasks.now && state->mark != ti) {
		retire(b, state->mark);
		build_index_thread(b, state->mark); /* its state goes by another key now, its facts do not */
	}
	bp = place_task(m, batch, state, ti);
	if (r->ended > bp->ended)
		bp->ended = r->ended;
	if (r->tid == r->tgid)
		describe_process(m, bp, r);
	else if (r->exited && bp->leader == NO_INDEX)
		bp->exit_code = r->exit_code;
}

/* The start that a generation number stands for: the latest one that is not in the future. */
static uint64_t start_of(const struct model *m, uint32_t gen)
{
	uint64_t now = m->boot >> 16, start = (now & ~0xffffffffULL) | gen;

	if (start > now && start >= 1ULL << 32)
		start -= 1ULL << 32;
	return start << 16;
}

/*
 * A thread that facts mention and no record does: it started after the walk, or its exit was folded, or it
 * took over its leader's tid.
 */
static uint32_t unknown_thread(struct model *m, struct task_key key, uint32_t tgid)
{
	struct build *b = &m->build;
	const struct task_state *state = tasktable_find(&m->tasks, key);
	struct proc *p = proctable_owner(&m->procs, tgid, start_of(m, key.gen), key.tid == tgid);
	bool in_sample = p->marked == m->procs.now;
	uint32_t pi = build_process(b, &m->procs, p), ti = build_add_thread(b, key, pi);
	struct build_thread *bt = &b->threads[ti];
	struct build_process *bp = &b->processes[pi];
	bool alive = false;
	char *comm;

	if (state) {
		memcpy(bt->comm, state->last.comm, WIRE_COMM_LEN);
		b->made[ti].vtid = state->last.vtid;
	} else if (m->alive_checks < ALIVE_CHECKS_MAX) {
		m->alive_checks++;
		alive = proctable_alive(&m->procs, tgid, key.tid);
		if (alive && procfs_read(m->proc_root, WIRE_COMM_LEN, &comm, NULL, "%u/task/%u/comm", tgid,
					 key.tid) == 0) {
			comm[strcspn(comm, "\n")] = '\0';
			memcpy(bt->comm, comm, strlen(comm));
			free(comm);
		}
		if (!in_sample && !*p->comm)
			memcpy(p->comm, bt->comm, WIRE_COMM_LEN);
	}
	b->made[ti].exited = !alive;
	b->made[ti].state = alive ? '?' : 'X';
	if (!in_sample) {
		bp->exited = !alive;
		if (alive)
			proctable_complete(&m->procs, p);
	}
	bp->n_here += alive;
	bp->n_alive += alive;
	return ti;
}

/*
 * What a thread moved through io_uring is in no call's result: the kernel side counts it in facts only, also
 * while no view wants facts.
 */
static void add_uring(struct build *b, const struct build_fact *f, const struct fact_val *v)
{
	wire_add_bytes(&own_work(b->arena, &b->made[f->thread])->counts, build_kind(b, f->object),
		       v->bytes_in, v->bytes_out);
}

void model_take_facts(struct model *m, const struct capture_batch *batch)
{
	struct build *b = &m->build;

	for (size_t i = 0; i < batch->n_facts + batch->n_singles; i++) {
		const struct fact_key *k = batch_fact_key(batch, i);
		uint32_t thread = find_thread(m, k->task);

		if (thread == NO_INDEX)
			thread = unknown_thread(m, k->task, k->tgid);
		build_fact(b, i, thread, build_object(b, m->objects, k->obj));
		if (i < batch->n_facts && uring_is(k->nr))
			add_uring(b, &b->facts[b->n_facts - 1], &batch->fact_vals[i]);
	}
}

void model_take_tasks(struct model *m, const struct capture_batch *batch)
{
	struct proc **procs = arena_array(m->build.scratch, batch->n_tasks, sizeof(*procs));

	for (size_t i = 0; i < batch->n_same; i++)
		take_same(m, batch, batch->same[i]);
	/* leaders first: a thread's record does not say when its process started */
	for (size_t i = 0; i < batch->n_tasks; i++)
		if (batch->tasks[i].tid == batch->tasks[i].tgid)
			procs[i] = proctable_leader(&m->procs, &batch->tasks[i]);
	for (size_t i = 0; i < batch->n_tasks; i++)
		if (!procs[i])
			procs[i] = proctable_thread(&m->procs, &batch->tasks[i]);
	/* numbers in the order of the batch: a task can be in it twice, under two tids */
	for (size_t i = 0; i < batch->n_tasks; i++)
		take_task(m, batch, &batch->tasks[i], procs[i]);
}
