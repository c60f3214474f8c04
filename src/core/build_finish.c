/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_finish.c - see build.h: what was collected becomes a sample. */
#include <string.h>

#include "bpf/need.h"
#include "core/build.h"
#include "core/inside.h"
#include "core/procdetail.h"

/* Most facts are of a single call: they share one histogram per bucket. */
struct single_hists {
	uint32_t *slot[WIRE_HIST];
};

static const uint32_t *single_hist(struct arena *arena, uint32_t slot, struct single_hists *single)
{
	if (!single->slot[slot]) {
		single->slot[slot] = arena_array(arena, WIRE_HIST, sizeof(uint32_t));
		single->slot[slot][slot] = 1;
	}
	return single->slot[slot];
}

static const uint32_t *copy_hist(struct arena *arena, const struct fact_val *v, struct single_hists *single)
{
	uint32_t *hist;

	if (!v->timed)
		return NULL;
	if (v->timed == 1) {
		uint32_t slot = wire_hist_slot(v->lat_sum);

		if (v->hist[slot] == 1)
			return single_hist(arena, slot, single);
	}
	hist = arena_alloc(arena, sizeof(v->hist));
	memcpy(hist, v->hist, sizeof(v->hist));
	return hist;
}

static void fill_fact(struct fact *f, const struct fact_val *v, struct arena *arena,
		      struct single_hists *single)
{
	f->calls = v->calls;
	f->bytes_in = v->bytes_in;
	f->bytes_out = v->bytes_out;
	f->timed = v->timed;
	f->lat_sum = v->lat_sum;
	f->lat_max = v->lat_max;
	f->hist = copy_hist(arena, v, single);
}

static void fill_single(struct fact *f, const struct fact_single *v, struct arena *arena,
			struct single_hists *single)
{
	uint32_t bytes = v->bytes & ~SINGLE_OUT;

	f->calls = 1;
	*(v->bytes & SINGLE_OUT ? &f->bytes_out : &f->bytes_in) = bytes;
	if (v->latency == SINGLE_UNTIMED)
		return;
	f->timed = 1;
	f->lat_sum = f->lat_max = v->latency;
	f->hist = single_hist(arena, wire_hist_slot(v->latency), single);
}

static void finish_facts(struct build *b, struct sample *s, const struct capture_batch *batch)
{
	struct fact *facts = arena_array(s->arena, b->n_facts, sizeof(*facts));
	struct single_hists single = {0};

	for (size_t i = 0; i < b->n_facts; i++) {
		const struct build_fact *f = &b->facts[i];
		const struct fact_key *k = batch_fact_key(batch, f->batch);

		facts[i] = (struct fact){
			.thread = &s->threads[f->thread],
			.obj = f->object == NO_INDEX ? NULL : s->objects[f->object],
			.nr = k->nr,
			.err = k->err,
		};
		if (f->batch < batch->n_facts)
			fill_fact(&facts[i], &batch->fact_vals[f->batch], s->arena, &single);
		else
			fill_single(&facts[i], &batch->singles[f->batch - batch->n_facts], s->arena, &single);
	}
	s->facts = facts;
	s->n_facts = b->n_facts;
}

static void finish_fds(struct build *b, struct sample *s)
{
	struct descriptor *fds = arena_array(s->arena, b->n_fds, sizeof(*fds));

	for (size_t i = 0; i < b->n_fds; i++) {
		const struct fd_rec *rec = b->fds[i].rec;
		uint32_t obj = b->fds[i].object;

		fds[i] = (struct descriptor){
			.process = &s->processes[b->fds[i].process],
			.obj = obj == NO_INDEX ? NULL : s->objects[obj],
			.fd = rec->fd,
			.pos = rec->pos,
			.flags = rec->flags,
		};
	}
	s->fds = fds;
	s->n_fds = b->n_fds;
}

static const struct object *unlisted(const struct build_object *o)
{
	o->unlisted->n_open = o->n_open;
	return o->unlisted;
}

/* Once all descriptors are counted. */
static void finish_objects(struct build *b, struct sample *s, struct objtable *table)
{
	const struct object **objects = arena_array(s->arena, b->n_objects, sizeof(*objects));

	for (size_t i = 0; i < b->n_objects; i++) {
		struct build_object *o = &b->objects[i];

		if (o->entry)
			objects[i] = objtable_hold(table, o->entry, o->n_open);
		else
			objects[i] = unlisted(o);
		s->health.unnamed += !objects[i]->named;
	}
	s->objects = objects;
	s->n_objects = b->n_objects;
	s->n_places = objtable_places(table);
}

static void find_parent(const struct sample *s, struct proctable *procs, struct process *p,
			const struct proc **last)
{
	const struct proc *parent = *last && (*last)->pid == p->ppid ? *last
				    : p->ppid                        ? proctable_find(procs, p->ppid)
								     : NULL;

	*last = parent;
	if (!parent)
		return;
	/* a younger one has only got the number */
	if (parent->marked == procs->now && parent->start_boot <= p->start_boot)
		p->parent = &s->processes[parent->mark];
	if (p->parent && p->parent->name)
		p->pname = p->parent->name;
	else if (*parent->comm)
		p->pname = arena_strdup(s->arena, parent->comm);
}

/* Thousands of processes share a handful of names: each is copied once, told by where it stands. */
struct copies {
	struct {
		const char *from, *to;
	} slot[128];
};

static const char *copy_once(struct copies *c, struct arena *arena, const char *s)
{
	size_t i = ((uintptr_t)s >> 4) % (sizeof(c->slot) / sizeof(*c->slot));

	if (s && c->slot[i].from != s) {
		c->slot[i].from = s;
		c->slot[i].to = arena_strdup(arena, s);
	}
	return s ? c->slot[i].to : NULL;
}

/* In a container its own names count: the host's would be those of other people. */
static void name_users(struct process *p, struct users *users, struct inside_entry *in, struct copies *copies,
		       struct arena *arena)
{
	if (in) {
		p->user = inside_user(in, p->uid, arena, &p->home, &p->shell);
		p->group = inside_group(in, p->gid, arena);
	}
	if (in && !p->user && p->uid)
		p->user = arena_printf(arena, "%u", p->uid);
	if (in && !p->group && p->gid)
		p->group = arena_printf(arena, "%u", p->gid);
	if (!p->user)
		p->user = copy_once(copies, arena, users_name(users, p->uid));
	if (!p->group)
		p->group = copy_once(copies, arena, users_group(users, p->gid));
	if (!in) {
		p->home = copy_once(copies, arena, users_home(users, p->uid));
		p->shell = copy_once(copies, arena, users_shell(users, p->uid));
	}
}

/* Neighbours most often are of one user. */
static bool same_user(const struct process *a, const struct process *b)
{
	return b->user && b->group && a->container == b->container && a->uid == b->uid && a->gid == b->gid;
}

static void copy_user(struct process *p, const struct process *from)
{
	p->user = from->user;
	p->group = from->group;
	p->home = from->home;
	p->shell = from->shell;
}

/* Neighbours often have the same name. */
static const char *name_of(struct arena *arena, const char *comm, const char *before)
{
	if (!*comm)
		return "?";
	return before && !strcmp(before, comm) ? before : arena_strdup(arena, comm);
}

static void finish_processes(struct build *b, struct sample *s, struct process *processes,
			     struct proctable *procs, const struct containertable *containers,
			     struct users *users, const struct tasktable *tasks)
{
	const struct thread **list = arena_array(s->arena, b->n_threads, sizeof(*list));
	const struct thread ***next = arena_array(b->scratch, b->n_processes, sizeof(*next));
	const struct proc_size unknown = {UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U32};
	struct copies copies = {0};
	const struct proc *parent = NULL;

	for (size_t i = 0; i < b->n_processes; i++) {
		const struct build_process *bp = &b->processes[i];
		struct proc *p = bp->proc;
		const struct proc_last *r = &p->last; /* zero if it was never told */
		const struct proc_size *size = bp->sized ? &p->size : &unknown;
		bool exited = bp->exited && !bp->n_alive;

		processes[i] = (struct process){
			.pid = p->pid,
			.ppid = r->ppid,
			.vpid = p->told ? r->vpid : p->pid,
			.start_boot = p->start_boot,
			.start_time = p->start_time,
			.end_time = exited && bp->ended > p->start_boot
					    ? p->start_time + (bp->ended - p->start_boot)
					    : UNKNOWN_U64,
			.name = name_of(s->arena, p->comm, i ? processes[i - 1].name : NULL),
			.text = proc_text_hold(p->text),
			.exe = proc_text_get(p->text, PROC_EXE),
			.exepath = proc_text_get(p->text, PROC_EXEPATH),
			.args = proc_text_get(p->text, PROC_ARGS),
			.argv = proc_text_get(p->text, PROC_ARGV),
			.exeline = proc_text_get(p->text, PROC_EXELINE),
			.cwd = proc_text_get(p->text, PROC_CWD),
			.login = p->told && r->loginuid != UNKNOWN_U32
					 ? copy_once(&copies, s->arena, users_name(users, r->loginuid))
					 : NULL,
			.detail = s->needs & NEED_DETAILS ? procdetail_copy(s->arena, p->detail) : NULL,
			.uid = p->told ? r->uid : UNKNOWN_U32,
			.gid = p->told ? r->gid : UNKNOWN_U32,
			.loginuid = p->told ? r->loginuid : UNKNOWN_U32,
			.pgrp = r->pgrp,
			.session = r->session,
			.tty = r->tty,
			.pidns = r->pidns,
			.netns = r->netns,
			.container = &s->containers[bp->container],
			.cgroup = copy_once(&copies, s->arena, bp->cgroup),
			.leader = bp->leader == NO_INDEX ? NULL : &s->threads[bp->leader],
			.threads = list,
			.n_threads = bp->n_threads,
			.nthreads = exited ? 0 : bp->n_here,
			.vmsize = size->vm,
			.vmrss = size->rss,
			.vmswap = size->swap,
			.fdcount = size->fdcount,
			.fdlimit = size->fdlimit,
			.life = p->life,
			.exit_code = bp->exit_code,
			.kthread = r->kthread,
			.ran = p->ran,
			.oom = bp->oom && exited,
			.exited = exited,
			.fresh = p->born == procs->now && tasktable_fresh(tasks, p->start_boot),
		};
		if (p->told && i && same_user(&processes[i], &processes[i - 1]))
			copy_user(&processes[i], &processes[i - 1]);
		else if (p->told)
			name_users(&processes[i], users, containertable_inside(containers, bp->container),
				   &copies, s->arena);
		next[i] = list;
		list += bp->n_threads;
	}
	for (size_t i = 0; i < b->n_processes; i++)
		find_parent(s, procs, &processes[i], &parent);
	for (size_t i = 0; i < b->n_threads; i++)
		*next[b->threads[i].process]++ = &s->threads[i];
}

static void finish_threads(struct build *b, struct sample *s)
{
	struct thread *threads = b->made;

	for (size_t i = 0; i < b->n_threads; i++) {
		const struct build_thread *bt = &b->threads[i];
		const struct process *p = &s->processes[bt->process];

		threads[i].process = p;
		if (!*bt->comm || (threads[i].tid == p->pid && !strcmp(bt->comm, p->name)))
			threads[i].name = p->name;
		else
			threads[i].name = arena_strdup(s->arena, bt->comm);
		if (bt->wait_obj != NO_INDEX)
			threads[i].wait_obj = s->objects[bt->wait_obj];
	}
}

/* A container started when the init process of its pid namespace did, whatever its runtime's files say. */
static void container_starts(struct build *b, const struct process *processes, struct container *containers)
{
	for (size_t i = 0; i < b->n_processes; i++) {
		const struct process *p = &processes[i];
		struct container *c = &containers[b->processes[i].container];
		bool said = c->meta && c->started == c->meta->started;

		if (c->is_host || p->vpid != 1 || p->pid == 1 || !p->start_time)
			continue;
		if (c->started == UNKNOWN_U64 || said || p->start_time < c->started)
			c->started = p->start_time;
	}
}

void build_finish(struct build *b, struct sample *s, const struct capture_batch *batch,
		  struct objtable *objects, struct proctable *procs, struct containertable *containers,
		  struct users *users, const struct tasktable *tasks)
{
	struct process *processes = arena_array(s->arena, b->n_processes, sizeof(*processes));
	struct container *all;

	s->threads = b->made;
	s->n_threads = b->n_threads;
	s->processes = processes;
	s->n_processes = b->n_processes;
	s->containers = all = containertable_emit(containers, s->arena, &s->n_containers);
	finish_processes(b, s, processes, procs, containers, users, tasks);
	container_starts(b, processes, all);
	finish_objects(b, s, objects);
	finish_threads(b, s);
	finish_facts(b, s, batch);
	finish_fds(b, s);
	sample_link(s, processes);
	build_drop(b);
}
