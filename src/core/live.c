/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.c - the source that is the running kernel: capture (records) and model
 * (what they mean), for one thread that collects and one that spies.
 *
 * The two share only the model's names of objects, under a lock.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bpf/capture.h"
#include "core/clock.h"
#include "core/event_build.h"
#include "core/mem.h"
#include "core/model.h"
#include "core/procfs.h"
#include "core/runtime.h"
#include "core/source.h"
#include "core/syscall.h"

enum { SPY_NAMES_MAX = 50000 };

struct live {
	struct source source;
	struct capture *capture;
	pthread_mutex_t lock; /* model, needs */
	struct model *model;
	struct runtime *runtime;   /* what containers are called */
	unsigned needs;            /* attached now */
	unsigned collected;        /* samples so far */
	unsigned steady;           /* attached since the last sample began */
	struct obj_key *forgotten; /* objects without a name from now on: the kernel is to name them again */
	size_t n_forgotten, cap_forgotten;
	/* the spy's thread only */
	struct objtable *names;
	uint64_t epoch;
	struct event_clock clock;
	source_event_fn fn;
	void *userdata;
};

static int live_set_needs(struct source *s, unsigned needs)
{
	struct live *l = (struct live *)s;
	int r;

	pthread_mutex_lock(&l->lock);
	r = capture_set_needs(l->capture, needs);
	if (r >= 0) {
		l->needs = needs | NEED_TASKS;
		l->steady &= l->needs;
	}
	pthread_mutex_unlock(&l->lock);
	return r;
}

static void read_clock(struct live *l, const struct capture_batch *batch, struct model_clock *ret)
{
	uint64_t mono = clock_ns(CLOCK_MONOTONIC), since, runs, pages;
	struct rusage self;
	char *text;

	since = mono > batch->mono_ns ? mono - batch->mono_ns : 0;
	*ret = (struct model_clock){
		.time = clock_ns(CLOCK_REALTIME) - since,
		.boot = clock_ns(CLOCK_BOOTTIME) - since,
		.self_bpf = UNKNOWN_U64,
	};
	if (getrusage(RUSAGE_SELF, &self) == 0)
		ret->self_cpu = (uint64_t)(self.ru_utime.tv_sec + self.ru_stime.tv_sec) * 1000000000u +
				(uint64_t)(self.ru_utime.tv_usec + self.ru_stime.tv_usec) * 1000u;
	if (capture_cost(l->capture, &ret->self_bpf, &runs) < 0)
		ret->self_bpf = UNKNOWN_U64;
	if (procfs_read("/proc", 256, &text, NULL, "self/statm") == 0) {
		if (sscanf(text, "%*s %lu", &pages) == 1)
			ret->self_rss = pages * (uint64_t)sysconf(_SC_PAGESIZE);
		free(text);
	}
}

/*
 * Names that live on lie between blocks that came and went, which malloc then cannot give back by itself: the
 * first batches hold a record of every thread and the names of everything, and any storm of processes is such
 * a batch.
 */
static void release_pages(struct live *l)
{
	enum { FIRST = 4, EVERY = 32 };

	if (++l->collected == FIRST || l->collected % EVERY == 0)
		malloc_trim(0);
}

static void on_forget(const struct obj_key *key, void *userdata)
{
	struct live *l = userdata;

	VEC_PUSH(l->forgotten, l->n_forgotten, l->cap_forgotten) = *key;
}

static void tell_forgotten(struct live *l)
{
	capture_forget_objects(l->capture, l->forgotten, l->n_forgotten);
	free(l->forgotten);
	l->forgotten = NULL;
	l->n_forgotten = l->cap_forgotten = 0;
}

/*
 * Reads what the processes there are now are called while no hook that tells calls apart is on. Else that
 * would be what the first interval is full of: three calls and a file for each of ten thousand processes.
 */
static int prime(struct live *l)
{
	struct capture_batch *batch;
	struct model_clock clock;
	int r = capture_look(l->capture, &batch);

	if (r < 0)
		return r;
	read_clock(l, batch, &clock);
	model_prime(l->model, batch, &clock);
	capture_batch_free(batch);
	return 0;
}

static int live_collect(struct source *s, struct sample **ret)
{
	struct live *l = (struct live *)s;
	struct capture_batch *batch;
	struct model_clock clock;
	int r = capture_collect(l->capture, &batch);

	if (r < 0)
		return r;
	read_clock(l, batch, &clock);
	pthread_mutex_lock(&l->lock);
	/* descriptors are a picture of now, the rest adds up over the interval */
	clock.needs =
		l->steady | (l->needs & (NEED_FDS | NEED_CGROUPS | NEED_DETAILS | NEED_LIFE | NEED_PATHS));
	l->steady = l->needs;
	r = model_sample(l->model, batch, &clock, ret);
	if (r < 0 || model_lost_track(l->model))
		capture_walk_all(l->capture);
	pthread_mutex_unlock(&l->lock);
	tell_forgotten(l);
	capture_batch_free(batch);
	release_pages(l);
	return r;
}

static bool any_call(const uint64_t *bits)
{
	for (size_t i = 0; i < WIRE_SYSCALLS / 64; i++)
		if (bits[i])
			return true;
	return false;
}

static struct spy_filter filter_of(const struct spy_selection *sel)
{
	struct spy_filter filter = sel->filter;

	filter.own_tgid = (uint32_t)getpid();
	filter.by_object = sel->n_objects > 0;
	filter.by_pid = sel->n_pids > 0;
	filter.by_call = any_call(filter.calls) || any_call(filter.compat_calls);
	/* more than the kernel side has room for is left to the rest of the filter */
	if (sel->n_cgroups + sel->n_others > SPY_SET_MAX)
		filter.by_cgroup = 0;
	if (sel->n_objects > SPY_SET_MAX)
		filter.by_object = 0;
	return filter;
}

static struct spy_sets sets_of(const struct spy_selection *sel, const struct spy_filter *filter)
{
	struct spy_sets sets = {.pids = sel->pids, .n_pids = sel->n_pids};

	if (filter->by_cgroup) {
		sets.cgroups = sel->cgroups;
		sets.n_cgroups = sel->n_cgroups;
		sets.others = sel->others;
		sets.n_others = sel->n_others;
		sets.n_others_host = sel->n_others_host;
	}
	if (filter->by_object) {
		sets.objects = sel->objects;
		sets.n_objects = sel->n_objects;
	}
	return sets;
}

static int live_spy_start(struct source *s, const struct spy_selection *sel)
{
	struct live *l = (struct live *)s;
	const struct spy_filter filter = filter_of(sel);
	const struct spy_sets sets = sets_of(sel, &filter);

	/* the kernel names every object again to a new spy */
	objtable_free(l->names);
	l->clock = (struct event_clock){0};
	l->names = objtable_new(SPY_NAMES_MAX);
	return capture_spy_start(l->capture, &filter, &sets);
}

static int live_spy_update(struct source *s, const struct spy_selection *sel)
{
	struct live *l = (struct live *)s;
	const struct spy_filter filter = filter_of(sel);
	const struct spy_sets sets = sets_of(sel, &filter);

	return capture_spy_update(l->capture, &filter, &sets);
}

static void live_spy_stop(struct source *s)
{
	struct live *l = (struct live *)s;

	capture_spy_stop(l->capture);
}

/* Named while the spy's ring was full, say: the model may know it. */
static bool model_name(void *userdata, const struct obj_key *key, struct object *ret, struct buf *name)
{
	struct live *l = userdata;
	bool known;

	pthread_mutex_lock(&l->lock);
	known = objtable_known(model_objects(l->model), key) &&
		objtable_get(model_objects(l->model), *key, ret);
	if (known && ret->named)
		buf_adds(name, ret->name);
	pthread_mutex_unlock(&l->lock);
	return known;
}

static void on_record(const struct obj_rec *obj, const struct spy_hdr *rec, void *userdata)
{
	struct live *l = userdata;

	struct event *ev;

	if (obj) {
		objtable_update(l->names, obj);
		return;
	}
	ev = event_build(rec, l->epoch, l->names, model_name, l);
	event_clock_tick(&l->clock, ev);
	l->fn(ev, l->userdata);
}

static int live_spy_poll(struct source *s, source_event_fn fn, void *userdata, size_t max)
{
	struct live *l = (struct live *)s;
	int r;

	if (!l->names)
		return 0;
	l->fn = fn;
	l->userdata = userdata;
	l->epoch = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	objtable_begin(l->names);
	r = capture_spy_poll(l->capture, on_record, l, max);
	objtable_end(l->names);
	return r;
}

static void live_spy_counts(struct source *s, struct source_counts *ret)
{
	struct live *l = (struct live *)s;
	struct spy_counts counts;

	capture_spy_counts(l->capture, &counts);
	*ret = (struct source_counts){counts.passed, counts.lost, counts.seen};
}

static struct source *live_free(struct source *s)
{
	struct live *l = (struct live *)s;

	capture_free(l->capture);
	model_free(l->model);
	runtime_free(l->runtime);
	objtable_free(l->names);
	pthread_mutex_destroy(&l->lock);
	free(l);
	return NULL;
}

static const struct source_ops live_ops = {
	.name = "live",
	.set_needs = live_set_needs,
	.collect = live_collect,
	.spy_start = live_spy_start,
	.spy_update = live_spy_update,
	.spy_stop = live_spy_stop,
	.spy_poll = live_spy_poll,
	.spy_counts = live_spy_counts,
	.free = live_free,
};

/*
 * What comes and goes with every interval should neither be faulted in anew each time nor leave holes: the
 * largest arrays are outside of this heap (arena.c), what is left of that size goes back to the kernel, all
 * others stay. One thread makes samples and another frees them: with a heap for each, what one leaves is of
 * no use to the other.
 */
static void keep_pages(void)
{
	enum { LARGE = 3 << 20, TRIM = 32 << 20 };

	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, TRIM);
	mallopt(M_ARENA_MAX, 1);
}

/* "/host" and "etc" -> "/host/etc"; NULL without a root. The caller frees it. */
static char *below(const char *root, const char *path)
{
	return root ? xasprintf("%s/%s", root, path) : NULL;
}

int source_live_new(const struct live_config *config, struct source **ret, char **ret_why)
{
	char *cgroup_root = below(config->host_root, "sys/fs/cgroup"),
	     *etc_root = below(config->host_root, "etc");
	const struct capture_config capture = {
		.calls = syscall_descs(),
		.compat_calls = syscall_compat_descs(),
		.max_facts = config->max_facts,
		.max_exits = config->max_exits,
		.hooks = config->hooks,
	};
	const struct model_config model = {
		.proc_root = config->proc_root,
		.cgroup_root = config->cgroup_root ? config->cgroup_root : cgroup_root,
		.etc_root = config->etc_root ? config->etc_root : etc_root,
		.source = "live",
	};
	struct live *l = xcalloc(1, sizeof(*l));
	int r = capture_open(&capture, &l->capture, ret_why);

	if (r < 0) {
		free(l);
		free(cgroup_root);
		free(etc_root);
		return r;
	}
	keep_pages();
	l->source.ops = &live_ops;
	l->needs = l->steady = NEED_TASKS;
	l->model = model_new(&model);
	free(cgroup_root);
	free(etc_root);
	model_set_v1(l->model, capture_v1_controller(l->capture));
	model_on_forget(l->model, on_forget, l);
	l->runtime = runtime_new(config->sys_root ? config->sys_root : config->host_root);
	model_set_resolver(l->model, runtime_resolver(l->runtime));
	pthread_mutex_init(&l->lock, NULL);
	r = prime(l);
	if (r < 0) {
		if (ret_why)
			*ret_why = xasprintf("reading the first processes: %s", strerror(-r));
		live_free(&l->source);
		return r;
	}
	*ret = &l->source;
	return 0;
}
