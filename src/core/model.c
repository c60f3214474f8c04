/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/model.h"

#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/build.h"
#include "core/devices.h"
#include "core/hostnames.h"
#include "core/hosttotals.h"
#include "core/inside.h"
#include "core/lifecycle.h"
#include "core/mem.h"
#include "core/procfs.h"
#include "core/tcpstat.h"
#include "core/uring.h"

enum { ALIVE_CHECKS_MAX = 1000 /* looks into /proc for processes that left no record, per sample */ };

struct model {
	char *proc_root;
	const char *source;
	struct tasktable tasks;
	struct proctable procs;
	struct objtable *objects;
	struct containertable *containers;
	struct users *users;
	struct hostnames names;
	struct hosttotals host;
	struct tcpstat tcp;
	struct lifecycle *life;
	struct inside *inside;
	struct devices *devices;
	struct build build;
	uint64_t page_size;
	/* of the previous sample */
	uint64_t mono;
	struct lost_counts lost;
	uint64_t missed;
	uint64_t self_cpu, self_bpf;
	/* of the current one */
	uint64_t boot;
	unsigned alive_checks;
	bool lost_track;
};

struct model *model_new(const struct model_config *config)
{
	struct model *m = xcalloc(1, sizeof(*m));
	const char *proc_root = config->proc_root ? config->proc_root : "/proc";

	m->proc_root = xstrdup(proc_root);
	m->source = config->source ? config->source : "live";
	proctable_init(&m->procs, proc_root);
	m->objects = objtable_new(config->max_objects);
	m->containers = containertable_new(proc_root, config->cgroup_root);
	m->devices = devices_new();
	m->life = lifecycle_new();
	m->inside = inside_new(proc_root);
	containertable_set_inside(m->containers, m->inside);
	m->users = users_new(config->etc_root ? config->etc_root : "/etc");
	hostnames_init(&m->names, config->etc_root ? config->etc_root : "/etc");
	m->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	return m;
}

struct model *model_free(struct model *m)
{
	if (!m)
		return NULL;
	build_done(&m->build);
	tasktable_done(&m->tasks);
	proctable_done(&m->procs);
	objtable_free(m->objects);
	containertable_free(m->containers);
	inside_free(m->inside);
	devices_free(m->devices);
	lifecycle_free(m->life);
	users_free(m->users);
	hostnames_done(&m->names);
	free(m->proc_root);
	free(m);
	return NULL;
}

void model_on_forget(struct model *m, void (*fn)(const struct obj_key *key, void *userdata), void *userdata)
{
	objtable_on_forget(m->objects, fn, userdata);
}

void model_set_v1(struct model *m, const char *controller)
{
	containertable_set_v1(m->containers, controller);
}

void model_set_resolver(struct model *m, struct container_resolver resolver)
{
	containertable_set_resolver(m->containers, resolver);
}

bool model_lost_track(const struct model *m)
{
	return m->lost_track;
}

struct objtable *model_objects(struct model *m)
{
	return m->objects;
}

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

static void take_facts(struct model *m, const struct capture_batch *batch)
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

/* The objects of the open descriptors, told of or as they were. */
static struct obj_entry **take_walk(struct model *m, const struct capture_batch *batch)
{
	struct obj_entry **entries = arena_array(m->build.scratch, batch->n_fds, sizeof(struct obj_entry *));

	for (size_t i = 0; i < batch->n_fds; i++) {
		const struct fd_rec *fd = batch->fds[i].fd;

		entries[i] = objtable_walk(m->objects, &fd->key, batch->fds[i].obj);
		if (fd->size == FD_SAME && (!entries[i] || !objtable_walked(entries[i])))
			m->lost_track = true;
	}
	return entries;
}

static void take_fds(struct model *m, const struct capture_batch *batch, struct obj_entry *const *walked)
{
	struct build *b = &m->build;
	struct proc *p = NULL;

	for (size_t i = 0; i < batch->n_fds; i++) {
		const struct fd_rec *fd = batch->fds[i].fd;

		if (!p || p->pid != fd->tgid) /* they come process by process */
			p = proctable_find(&m->procs, fd->tgid);
		/* started between the two walks: complete in the next sample */
		if (!p || p->marked != m->procs.now)
			continue;
		build_fd(b, i, p->mark,
			 walked[i] ? build_entry(b, m->objects, walked[i])
				   : build_object(b, m->objects, fd->key));
	}
}

static void place_processes(struct model *m, bool details)
{
	struct build *b = &m->build;

	for (size_t i = 0; i < b->n_processes; i++) {
		struct build_process *bp = &b->processes[i];
		const struct proc_last *r = &bp->proc->last;
		bool here = bp->n_alive || (bp->n_here && !bp->exited);
		struct cgroup_place place;

		proctable_complete(&m->procs, bp->proc);
		if (details)
			proctable_detail(&m->procs, bp->proc);
		place = containertable_place(m->containers,
					     (struct cgroup_ids){r->cset, r->cgroup_v1, r->cgroup_v2},
					     here ? bp->proc->pid : 0);
		bp->container = containertable_use(m->containers, place.container);
		bp->cgroup = place.path;
	}
}

static void fill_host(struct model *m, struct sample *s)
{
	struct host *h = &s->host;

	hosttotals_read(&m->host, m->proc_root, h);
	tcpstat_read(&m->tcp, m->proc_root, &h->tcp);
	devices_read(m->devices, m->proc_root, s);
	for (size_t i = 0; i < s->n_threads; i++) {
		task_counts_add(&h->counts, &s->threads[i].did->counts);
		h->threads += !s->threads[i].exited;
	}
	for (size_t i = 0; i < s->n_processes; i++)
		h->processes += !s->processes[i].exited;
	h->containers = (uint32_t)s->n_containers - 1;
}

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What could not be attributed counts for the machine all the same. */
static void fill_health(struct model *m, struct sample *s, const struct capture_batch *batch,
			const struct model_clock *clock)
{
	const struct lost_counts *now = &batch->lost, *before = &m->lost;
	struct task_counts rest = task_counts_sub(&now->rest, &before->rest);
	struct health *h = &s->health;

	h->self_cpu = h->self_bpf = -1;
	h->self_rss = clock->self_rss;
	if (!s->interval)
		return;
	task_counts_add(&s->host.counts, &rest);
	h->coarse = s->host.counts.coarse;
	h->folded = grown(now->exit_full, before->exit_full);
	h->unstored = grown(now->storage_fail, before->storage_fail);
	h->missed = grown(batch->missed, m->missed);
	h->meta_lost = grown(now->meta_full, before->meta_full);
	h->self_cpu = 100.0 * (double)grown(clock->self_cpu, m->self_cpu) / (double)s->interval;
	if (clock->self_bpf != UNKNOWN_U64 && m->self_bpf != UNKNOWN_U64) {
		h->self_bpf = 100.0 * (double)grown(clock->self_bpf, m->self_bpf) / (double)s->interval;
		h->self_cpu += h->self_bpf;
	}
}

static void take_tasks(struct model *m, const struct capture_batch *batch)
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

static void take_batch(struct model *m, const struct capture_batch *batch, unsigned needs)
{
	struct obj_entry **walked;

	for (size_t i = 0; i < batch->n_cgroups; i++)
		containertable_learn(m->containers, batch->cgroups[i]);
	for (size_t i = 0; i < batch->n_execs; i++)
		proctable_exec(&m->procs, batch->execs[i]);
	/* what the walk said last, and did not say again, is newer than any of these */
	for (size_t i = 0; i < batch->n_objs; i++)
		objtable_update(m->objects, batch->objs[i]);
	walked = take_walk(m, batch);
	take_tasks(m, batch);
	take_facts(m, batch);
	take_fds(m, batch, walked);
	place_processes(m, needs & NEED_DETAILS);
}

static const char *hostname(struct model *m, struct arena *arena)
{
	char *text;
	const char *name;

	if (procfs_read(m->proc_root, 256, &text, NULL, "sys/kernel/hostname") < 0)
		return NULL;
	name = arena_strndup(arena, text, strcspn(text, "\n"));
	free(text);
	return name;
}

static const struct container_meta *late_meta(void *userdata, const struct container *c, struct arena *arena)
{
	const struct model *m = userdata;
	const struct container_ref ref = {c->type, c->full_id, c->cgroup};

	return containertable_meta(m->containers, &ref, arena);
}

int model_sample(struct model *m, const struct capture_batch *batch, const struct model_clock *clock,
		 struct sample **ret)
{
	struct arena *arena = arena_new();
	struct sample *s = arena_alloc(arena, sizeof(*s));

	s->arena = arena;
	s->time = clock->time;
	s->mono = batch->mono_ns;
	s->interval = m->tasks.now ? grown(batch->mono_ns, m->mono) : 0;
	s->needs = clock->needs;
	s->source = m->source;
	s->hostname = hostname(m, arena);
	s->host_names = hostnames_copy(&m->names, arena, &s->n_host_names);
	m->boot = clock->boot;
	m->alive_checks = 0;
	m->lost_track = false;

	tasktable_begin(&m->tasks, clock->boot);
	proctable_begin(&m->procs, clock->time - clock->boot);
	objtable_begin(m->objects);
	containertable_begin(m->containers, clock->needs & NEED_CGROUPS, clock->needs & NEED_PATHS);
	users_refresh(m->users);
	build_begin(&m->build, arena, batch);

	take_batch(m, batch, clock->needs);
	build_finish(&m->build, s, batch, m->objects, &m->procs, m->containers, m->users, &m->tasks);
	lifecycle_add(m->life, s, late_meta, m);
	fill_host(m, s);
	fill_health(m, s, batch, clock);

	tasktable_end(&m->tasks);
	proctable_end(&m->procs);
	containertable_end(m->containers);
	objtable_end(m->objects);
	m->mono = batch->mono_ns;
	m->lost = batch->lost;
	m->missed = batch->missed;
	m->self_cpu = clock->self_cpu;
	m->self_bpf = clock->self_bpf;
	*ret = s;
	return 0;
}
