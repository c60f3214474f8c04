/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/model.h"

#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/inside.h"
#include "core/lifecycle.h"
#include "core/mem.h"
#include "core/model_priv.h"
#include "core/procfs.h"

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

/* The objects of the open descriptors, told of or as they were. */
static struct obj_entry **take_walk(struct model *m, const struct capture_batch *batch)
{
	struct obj_entry **entries = arena_array(m->build.scratch, batch->n_fds, sizeof(struct obj_entry *));
	const struct fd_rec *fd = batch->fds;

	for (size_t i = 0; i < batch->n_fds; i++, fd = fd_next(fd)) {
		entries[i] = objtable_walk(m->objects, &fd->key, fd_obj(fd));
		if (fd->size == FD_SAME && (!entries[i] || !objtable_walked(entries[i])))
			m->lost_track = true;
	}
	return entries;
}

static void take_fds(struct model *m, const struct capture_batch *batch, struct obj_entry *const *walked)
{
	struct build *b = &m->build;
	const struct fd_rec *fd = batch->fds;
	struct proc *p = NULL;

	for (size_t i = 0; i < batch->n_fds; i++, fd = fd_next(fd)) {
		if (!p || p->pid != fd->tgid) /* they come process by process */
			p = proctable_find(&m->procs, fd->tgid);
		/* started between the two walks: complete in the next sample */
		if (!p || p->marked != m->procs.now)
			continue;
		build_fd(b, fd, p->mark,
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
	model_take_tasks(m, batch);
	model_take_facts(m, batch);
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

void model_prime(struct model *m, const struct capture_batch *batch, const struct model_clock *clock)
{
	proctable_begin(&m->procs, clock->time - clock->boot);
	for (size_t i = 0; i < batch->n_tasks; i++) {
		const struct task_rec *r = &batch->tasks[i];

		if (r->tid == r->tgid && !r->exited)
			proctable_complete(&m->procs, proctable_leader(&m->procs, r));
	}
	proctable_end(&m->procs);
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
