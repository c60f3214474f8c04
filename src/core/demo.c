/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo.c - the synthetic source: turns the world of demo_world.c into samples.
 * Everything moves by a fake clock and a seeded generator, so the n-th sample
 * of a seed is always the same, whatever the needs are.
 *
 * All totals come from one place: every call is made once, in act(), which
 * feeds the thread's counters and the facts alike.
 */
#include "core/demo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/tasktable.h"

struct build { /* what is being built, before it is const */
	struct demo *d;
	struct sample *s;
	struct container *containers;
	struct process *processes;
	struct thread *threads;
	struct object *objects;
	const struct object **listed;
	struct fact *facts;
	size_t cap_facts;
	struct descriptor *fds;
	size_t cap_fds;
};

static struct demo *demo_of(struct source *s)
{
	return (struct demo *)s;
}

/* --- calls --- */

static const struct object *show(struct build *b, struct demo_obj *o)
{
	struct object *out;

	if (o->shown)
		return o->shown;
	out = &b->objects[b->s->n_objects];
	b->listed[b->s->n_objects++] = out;
	b->s->n_places = b->s->n_objects;
	*out = (struct object){
		.key = o->key,
		.place = (uint32_t)b->s->n_objects - 1,
		.kind = o->kind,
		.type = demo_type(o),
		.named = true,
		.name = arena_strdup(b->s->arena, o->name),
		.family = o->family,
		.socktype = o->socktype,
		.protocol = o->protocol,
		.tcp_state = o->tcp_state,
		.lport = o->lport,
		.rport = o->rport,
		.is_server = o->is_server,
		.netns = 4026531840u,
		OBJECT_NO_SOCKET_NUMBERS,
	};
	memcpy(out->laddr, o->laddr, sizeof(out->laddr));
	memcpy(out->raddr, o->raddr, sizeof(out->raddr));
	if (o->kind == OBJ_INET && o->socktype == 1 /* SOCK_STREAM */) {
		bool listening = o->tcp_state == 10;

		out->rx_queue = listening ? (uint32_t)(o->key.ino + b->d->tick) % 3 : 0;
		out->tx_queue = listening ? 511 : (uint32_t)((o->key.ino * 7 + b->d->tick) % 5) * 724;
		if (!listening) {
			out->srtt_us = 180 + (uint32_t)(o->key.ino * 2654435761u % 41000);
			out->rttvar_us = out->srtt_us / 4;
			out->snd_cwnd = 10 + (uint32_t)(o->key.ino % 30);
			out->total_retrans = (uint32_t)(o->key.ino % 11 == 0);
			out->bytes_acked = o->bytes_acked;
			out->bytes_received = o->bytes_received;
		}
	}
	return o->shown = out;
}

/* Spreads n latencies around `typical` into the histogram; returns their sum. */
static void latencies(struct build *b, struct fact *f, double typical)
{
	/* share of the calls per quarter octave from the typical one */
	static const struct {
		int step;
		double share;
	} shape[] = {{-3, 0.06}, {-2, 0.12}, {-1, 0.17}, {1, 0.15},  {2, 0.09},
		     {3, 0.05},  {5, 0.02},  {8, 0.008}, {12, 0.002}};
	uint32_t *hist = arena_array(b->s->arena, WIRE_HIST, sizeof(*hist));
	uint64_t left = f->calls;

	for (size_t i = 0; i <= sizeof(shape) / sizeof(shape[0]); i++) {
		bool middle = i == sizeof(shape) / sizeof(shape[0]);
		double want = middle ? 0 : shape[i].share * (double)f->calls;
		double ns = typical * pow(2, middle ? 0 : shape[i].step / 4.0);
		uint64_t n = middle ? left : (uint64_t)want;

		/* always one draw, so that the rest of the sample does not depend on it */
		if (demo_uniform(&b->d->rng) < want - floor(want) && !middle)
			n++;
		if (n > left)
			n = left;
		if (!n)
			continue;
		left -= n;
		hist[wire_hist_slot((uint64_t)ns)] += (uint32_t)n;
		f->lat_sum += n * (uint64_t)ns;
		if ((uint64_t)ns > f->lat_max)
			f->lat_max = (uint64_t)ns;
	}
	f->timed = f->calls;
	f->hist = hist;
}

static bool reads(uint16_t nr)
{
	return nr == SYS_read || nr == SYS_pread64 || nr == SYS_recvfrom || nr == SYS_recvmsg ||
	       nr == SYS_recvmmsg;
}

static bool writes(uint16_t nr)
{
	return nr == SYS_write || nr == SYS_pwrite64 || nr == SYS_writev || nr == SYS_sendto ||
	       nr == SYS_sendmsg;
}

static void push_fact(struct build *b, const struct fact *f)
{
	if (b->d->needs & NEED_FACTS)
		VEC_PUSH(b->facts, b->s->n_facts, b->cap_facts) = *f;
}

/* One kind of call of one thread in this interval. */
static void act(struct build *b, struct demo_proc *p, size_t a, struct thread *t, struct thread_work *did,
		struct demo_task *task, double share)
{
	const struct demo_act *act = &p->prog->acts[a];
	struct demo_fd *fd = act->fd >= 0 ? demo_fd(p, act->fd) : NULL;
	struct demo_obj *o = fd ? fd->obj : p->path_obj[a];
	double angle = (double)b->d->tick * 6.283185 / (17 + (double)(p->index + a) * 3) + task->phase;
	double wave = 1 + 0.4 * sin(angle), noise = 0.9 + 0.2 * demo_uniform(&b->d->rng);
	double calls = act->rate * share * wave * noise + task->carry[a];
	double size = 0.75 + 0.5 * demo_uniform(&b->d->rng), typical = act->lat;
	struct fact f = {.thread = t, .nr = act->nr, .err = act->err, .calls = (uint64_t)calls};
	const struct object *out = NULL;
	uint64_t bytes;

	task->carry[a] = calls - (double)f.calls;
	if (!f.calls)
		return;
	bytes = act->err ? 0 : (uint64_t)((double)act->bytes * size * (double)f.calls);
	if (o)
		f.obj = show(b, o);
	if (act->fd2) { /* sendfile: bytes leave one object and enter another; the call belongs to the first
			 */
		struct demo_obj *in = demo_fd(p, act->fd2)->obj;

		out = f.obj;
		f.obj = show(b, in);
		f.bytes_in = bytes;
		wire_add_bytes(&did->counts, in->kind, bytes, 0);
		wire_add_bytes(&did->counts, o->kind, 0, bytes);
		o->bytes_acked += bytes;
	} else if (reads(act->nr))
		f.bytes_in = bytes;
	else if (writes(act->nr))
		f.bytes_out = bytes;
	if (!act->lat) /* waits: what the other calls and the CPU leave of the second */
		typical = 0.8e9 / (double)f.calls;
	latencies(b, &f, typical);
	did->counts.calls += f.calls;
	did->counts.errors += act->err ? f.calls : 0;
	did->counts.opens += act->nr == SYS_openat && !act->err ? f.calls : 0;
	if (!act->fd2)
		wire_add_bytes(&did->counts, o ? o->kind : OBJ_NONE, f.bytes_in, f.bytes_out);
	if (o && !act->fd2) {
		o->bytes_acked += f.bytes_out;
		o->bytes_received += f.bytes_in;
	}
	push_fact(b, &f);
	if (act->fd2) {
		struct fact second = {.thread = t, .nr = act->nr, .obj = out, .bytes_out = bytes};

		push_fact(b, &second);
	}
}

/* --- threads and processes --- */

static const char *numbered(struct arena *arena, const char *name, uint32_t n)
{
	const char *mark = strstr(name, "%d");

	return mark ? arena_printf(arena, "%.*s%u%s", (int)(mark - name), name, n, mark + 2)
		    : arena_strdup(arena, name);
}

static void build_thread(struct build *b, struct demo_proc *p, struct process *proc, size_t i,
			 struct thread *t)
{
	const struct demo_prog *prog = p->prog;
	struct demo_task *task = &p->tasks[i];
	size_t busy = prog->busy ? prog->busy : 1;
	bool works = i < busy && prog->cpu > 0;
	double share = prog->brief ? 1.0 : 1.0 / (double)busy;
	double angle = (double)b->d->tick * 6.283185 / (23 + (double)p->index) + task->phase;
	double cpu = 0, r = demo_uniform(&b->d->rng);
	struct thread_work *did = arena_alloc(b->s->arena, sizeof(*did));

	t->did = did;
	t->tid = task->tid;
	t->vtid = p->vpid + (uint32_t)i;
	t->process = proc;
	t->name = i && prog->tname ? numbered(b->s->arena, prog->tname, (uint32_t)i) : proc->name;
	t->nice = prog->kthread && prog->state == 'I' && strstr(prog->name, "H-") ? -20 : prog->nice;
	t->cpu_id = (task->tid * 7 + (uint32_t)b->d->tick / 4) % DEMO_CPUS;
	t->exited = proc->exited;
	if (b->s->interval && works) {
		cpu = prog->cpu * share * (1 + 0.35 * sin(angle)) * (0.92 + 0.16 * r) * 1e7; /* 1 % = 10 ms */
		did->cpu = (uint64_t)cpu;
		did->cpu_sys = (uint64_t)(cpu * prog->sys);
		did->cpu_user = did->cpu - did->cpu_sys;
		task->cpu += did->cpu;
		did->run_delay = (uint64_t)(cpu * 0.04 * r);
		did->nvcsw = (uint64_t)(cpu / 4e5) + 1;
		did->nivcsw = (uint64_t)(cpu / 9e6);
		did->min_flt = (uint64_t)(cpu / 2e6 * r) + (proc->fresh ? 140 : 0);
		did->maj_flt = proc->fresh && r > 0.6;
		task->busy_until = b->s->mono;
	}
	for (size_t a = 0; b->s->interval && i < busy && a < prog->n_acts; a++)
		act(b, p, a, t, did, task, share);
	if (did->counts.calls)
		task->busy_until = b->s->mono;
	/* a quarter of what is read and most of what is written reaches the disk */
	did->disk_read = did->counts.file_in / 16384 * 4096;
	did->disk_write = did->counts.file_out / 4096 * 4096;

	t->cpu_total = task->cpu;
	t->state = prog->state ? prog->state : 'S';
	if (proc->exited || (works && !prog->state && cpu > 2e8 + 6e8 * r))
		t->state = proc->exited ? 'X' : 'R';
	t->nr = WIRE_NR_NONE;
	t->nr_time = UNKNOWN_U64;
	if (prog->n_opens && t->state != 'R' && !proc->exited) {
		t->nr = prog->wait_nr;
		t->args[0] = prog->wait_fd >= 0 ? (uint64_t)prog->wait_fd : 0x7ffd1000 + task->tid;
		if (prog->wait_fd >= 0 && demo_fd(p, prog->wait_fd))
			t->wait_obj = show(b, demo_fd(p, prog->wait_fd)->obj);
		t->nr_time = works || did->counts.calls
				     ? (uint64_t)(r * 9e6) + 2000
				     : b->s->mono - (task->busy_until ? task->busy_until : p->start_boot);
	}
}

/* Parents are made before their children. */
static const struct process *parent_of(const struct build *b, uint32_t ppid)
{
	for (size_t i = 0; ppid && i < b->s->n_processes; i++) {
		if (b->processes[i].pid == ppid)
			return &b->processes[i];
	}
	return NULL;
}

static void add_life(struct process_life *life, const struct thread_work *did)
{
	life->cpu += did->cpu;
	life->disk_read += did->disk_read;
	life->disk_write += did->disk_write;
	life->maj_flt += did->maj_flt;
	life->min_flt += did->min_flt;
	life->calls += did->counts.calls;
	life->errors += did->counts.errors;
	life->file += did->counts.file_in + did->counts.file_out;
	life->net += did->counts.net_in + did->counts.net_out;
}

static void build_process(struct build *b, struct demo_proc *p, struct process *proc)
{
	struct arena *arena = b->s->arena;
	const struct demo_prog *prog = p->prog;
	const struct thread **threads = arena_array(arena, p->n_tasks, sizeof(*threads));
	uint64_t boot_epoch = DEMO_EPOCH - DEMO_UPTIME, lived;
	double grow = 1 + 0.002 * (double)(b->d->tick % 200) + 0.0001 * (double)p->index;

	proc->pid = p->pid;
	proc->ppid = p->ppid;
	proc->vpid = p->vpid;
	proc->start_boot = p->start_boot;
	proc->start_time = boot_epoch + p->start_boot;
	proc->name = numbered(arena, prog->name, p->index);
	if (prog->exepath) {
		proc->exe = proc->exepath = arena_strdup(arena, prog->exepath);
		proc->args = arena_strdup(arena, prog->args);
		proc->exeline = *proc->args ? arena_printf(arena, "%s %s", proc->exe, proc->args) : proc->exe;
		proc->cwd = arena_strdup(arena, prog->cwd);
	} else {
		proc->args = "";
		proc->exeline = arena_printf(arena, "[%s]", proc->name);
		proc->cwd = prog->kthread ? "/" : NULL;
	}
	proc->parent = parent_of(b, p->ppid);
	proc->pname = p->pname ? numbered(arena, p->pname, 0) : NULL;
	proc->user = arena_strdup(arena, prog->user);
	proc->group = proc->user;
	proc->uid = proc->gid = prog->uid;
	proc->loginuid = prog->tty ? prog->uid : UNKNOWN_U32;
	proc->login = prog->tty ? proc->user : NULL;
	proc->pgrp = proc->session = prog->kthread ? 0 : p->pid;
	proc->tty = prog->tty;
	proc->container = &b->containers[prog->container];
	proc->pidns = 4026531836u + (proc->container->is_host ? 0 : (uint32_t)prog->container);
	proc->netns = 4026531840u + (proc->container->is_host ? 0 : (uint32_t)prog->container);
	proc->cgroup = proc->container->cgroup;
	proc->kthread = prog->kthread;
	proc->exited = p->dies && p->dies == b->d->tick;
	lived = b->s->time > proc->start_time ? b->s->time - proc->start_time : 0;
	proc->end_time = !proc->exited ? UNKNOWN_U64
				       : b->s->time - (lived < b->s->interval ? lived : b->s->interval) / 4;
	proc->fdlimit = prog->kthread ? 4096 : prog->procs > 1 ? 65536 : 1024;
	proc->fresh = b->s->interval && p->born == b->d->tick;
	proc->nthreads = proc->exited ? 0 : (uint32_t)p->n_tasks;
	proc->exit_code = proc->exited && prog->brief && p->pid % 5 == 0 ? 1 << 8 : 0;
	proc->fdcount = proc->exited ? 0 : (uint32_t)p->n_fds;
	if (proc->exited) {
		proc->vmsize = proc->vmrss = proc->vmswap = UNKNOWN_U64;
		proc->fdcount = UNKNOWN_U32;
	} else {
		proc->vmrss = (uint64_t)(prog->rss * grow * 256) * 4096;
		proc->vmsize = proc->vmrss * 3 + (prog->rss ? 8 << 20 : 0);
		proc->vmswap = prog->rss > 200 ? 6 << 20 : 0;
	}
	for (size_t i = 0; i < p->n_tasks; i++) {
		struct thread *t = &b->threads[b->s->n_threads++];

		build_thread(b, p, proc, i, t);
		add_life(&p->life, t->did);
		threads[i] = t;
	}
	proc->life = p->life;
	proc->leader = threads[0];
	proc->threads = threads;
	proc->n_threads = p->n_tasks;
	if (!(b->d->needs & NEED_FDS) || proc->exited)
		return;
	for (size_t i = 0; i < p->n_fds; i++) {
		const struct object *o = show(b, p->fds[i].obj);

		((struct object *)o)->n_open++;
		VEC_PUSH(b->fds, b->s->n_fds, b->cap_fds) =
			(struct descriptor){proc, o, p->fds[i].pos, p->fds[i].fd, p->fds[i].flags};
	}
}

/* --- the whole --- */

static void build_host(struct build *b)
{
	struct sample *s = b->s;
	struct host *h = &s->host;
	uint64_t user = 0, sys = 0, rss = 0;
	double scale = s->interval ? 100.0 / ((double)s->interval * DEMO_CPUS) : 0;

	h->cpus = DEMO_CPUS;
	memset(&h->tcp, 0xff, sizeof(h->tcp)); /* not known */
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		task_counts_add(&h->counts, &t->did->counts);
		h->threads += !t->exited;
		user += t->did->cpu_user;
		sys += t->did->cpu_sys;
	}
	for (size_t i = 0; i < s->n_processes; i++) {
		h->processes += !s->processes[i].exited;
		rss += s->processes[i].exited ? 0 : s->processes[i].vmrss;
	}
	for (size_t i = 0; i < s->n_containers; i++)
		h->containers += !s->containers[i].is_host;
	h->cpu_user = (double)user * scale;
	h->cpu_sys = (double)sys * scale;
	h->cpu_iowait = s->interval ? 2.5 + 1.5 * sin((double)b->d->tick / 7) : 0;
	h->mem_total = 16ULL << 30;
	h->mem_available = h->mem_total - rss - (1ULL << 30);
	h->swap_total = 2ULL << 30;
	h->swap_free = h->swap_total - (12 << 20);
	h->load1 = 3.1 + 0.8 * sin((double)b->d->tick / 19);
	h->load5 = 2.9;
	h->load15 = 2.6;
	h->uptime = (DEMO_UPTIME + b->d->tick * DEMO_STEP) / 1000000000;
}

static int demo_collect(struct source *source, struct sample **ret)
{
	struct demo *d = demo_of(source);
	struct arena *arena = arena_new();
	struct sample *s = arena_alloc(arena, sizeof(*s)); /* the arena holds the sample, too */
	struct build b = {.d = d, .s = s};
	size_t n_threads = 0;

	pthread_mutex_lock(&d->lock);
	if (d->started)
		demo_world_step(d);
	s->arena = arena;
	s->interval = d->started ? DEMO_STEP : 0; /* the very first sample has nothing to subtract */
	s->time = DEMO_EPOCH + d->tick * DEMO_STEP;
	s->mono = DEMO_UPTIME + d->tick * DEMO_STEP;
	s->needs = d->whole_needs & d->needs;
	s->source = "demo";
	s->hostname = "demo";
	for (size_t i = 0; i < d->n_procs; i++)
		n_threads += d->procs[i]->n_tasks;
	for (size_t i = 0; i < d->n_objs; i++)
		d->objs[i]->shown = NULL;
	b.containers = demo_build_containers(s);
	s->processes = b.processes = arena_array(s->arena, d->n_procs, sizeof(*b.processes));
	s->threads = b.threads = arena_array(s->arena, n_threads, sizeof(*b.threads));
	b.objects = arena_array(s->arena, d->n_objs, sizeof(*b.objects));
	s->objects = b.listed = arena_array(s->arena, d->n_objs, sizeof(*b.listed));
	for (size_t i = 0; i < d->n_procs; i++)
		build_process(&b, d->procs[i], &b.processes[s->n_processes++]);
	s->facts = arena_array(s->arena, s->n_facts, sizeof(*b.facts));
	s->fds = arena_array(s->arena, s->n_fds, sizeof(*b.fds));
	if (s->n_facts)
		memcpy((void *)s->facts, b.facts, s->n_facts * sizeof(*b.facts));
	if (s->n_fds)
		memcpy((void *)s->fds, b.fds, s->n_fds * sizeof(*b.fds));
	free(b.facts);
	free(b.fds);
	if (d->needs & NEED_CGROUPS)
		demo_charge(s, b.containers);
	sample_link(s, b.processes);
	build_host(&b);
	demo_devices(s);
	demo_life(s, d->needs & NEED_LIFE);
	s->health.self_cpu = 0.4;
	s->health.self_bpf = 0.1;
	s->health.self_rss = 9 << 20;
	d->started = true;
	d->whole_needs = d->needs;
	demo_world_bury(d);
	pthread_mutex_unlock(&d->lock);
	*ret = s;
	return 0;
}

static int demo_set_needs(struct source *source, unsigned needs)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	d->needs = needs | NEED_TASKS;
	d->whole_needs &= d->needs;
	pthread_mutex_unlock(&d->lock);
	return 0;
}

static struct source *demo_free(struct source *source)
{
	struct demo *d = demo_of(source);

	demo_spy_stop(source);
	demo_world_done(d);
	pthread_mutex_destroy(&d->lock);
	free(d);
	return NULL;
}

static const struct source_ops demo_ops = {
	.name = "demo",
	.set_needs = demo_set_needs,
	.collect = demo_collect,
	.spy_start = demo_spy_start,
	.spy_update = demo_spy_update,
	.spy_stop = demo_spy_stop,
	.spy_poll = demo_spy_poll,
	.spy_counts = demo_spy_counts,
	.free = demo_free,
};

int source_demo_new(uint64_t seed, struct source **ret)
{
	struct demo *d = xcalloc(1, sizeof(*d));

	d->source.ops = &demo_ops;
	d->seed = seed;
	d->needs = d->whole_needs = NEED_TASKS;
	pthread_mutex_init(&d->lock, NULL);
	demo_world_init(d);
	*ret = &d->source;
	return 0;
}
