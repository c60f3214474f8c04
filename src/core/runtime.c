/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/runtime.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/runtime_read.h"
#include "core/runtime_watch.h"

#define MS 1000000ULL

static const uint64_t patience = 60 * MS;        /* of a sample, for containers never seen before */
static const uint64_t recheck = 2000 * MS;       /* between looks at a file's stamp */
static const uint64_t retry_first = 1 * MS;      /* after a failure; doubles */
static const uint64_t retry_last = 60000 * MS;   /* no runtime has a file; directories are watched anyhow */
static const uint64_t retry_broken = 10000 * MS; /* there is one, but it cannot be used */
static const uint64_t glance = 1000 * MS;  /* between looks for a directory that others' containers are in */
static const uint64_t keep = 120000 * MS;  /* since it was last asked for */
static const uint64_t refresh = 3000 * MS; /* between looks for new runtimes */
static const uint64_t settle = 300 * MS;   /* runtimes write several files one after the other */

enum { SETTLE_READS = 2, GIVE_UP_OLD = 3 };

struct entry {
	char *type, *id, *cgroup;
	struct container_meta *meta; /* NULL = not known */
	struct runtime_file files[RUNTIME_FILES];
	size_t n_files;
	uint64_t due, used; /* CLOCK_MONOTONIC */
	unsigned failures, reads;
	bool tried;
};

struct runtime {
	char *sys_root;
	pthread_t thread;
	bool running;
	int wake; /* eventfd */

	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t done;
	bool stop, finished;
	struct hash entries; /* only the thread takes entries out */
	struct runtime_counts counts;

	/* the thread's own */
	struct runtime_watch *watch;
	struct runtime_list list;
	struct arena *arena;
	struct entry **todo;
	size_t n_todo, cap_todo;
	struct hash bases; /* see runtime_there() */
	uint64_t next_refresh, next_glance;
};

static void files_done(struct entry *e)
{
	for (size_t i = 0; i < e->n_files; i++) {
		free(e->files[i].base);
		free(e->files[i].rel);
	}
	e->n_files = 0;
}

static void entry_free(struct entry *e)
{
	files_done(e);
	free(e->meta);
	free(e->type);
	free(e->id);
	free(e->cgroup);
	free(e);
}

static struct hash_key key_of(const char *type, const char *id)
{
	char text[600];
	int n = snprintf(text, sizeof(text), "%s/%s", type, id);

	return hash_bytes(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* The lock is held. NULL: no place left. */
static struct entry *entry_add(struct runtime *r, const char *type, const char *id, const char *cgroup)
{
	struct entry *e;

	if (r->entries.n >= RUNTIME_ENTRIES_MAX) {
		r->counts.refused++;
		return NULL;
	}
	e = xcalloc(1, sizeof(*e));
	e->type = xstrdup(type);
	e->id = xstrdup(id);
	e->cgroup = xstrdup(cgroup);
	e->used = clock_ns(CLOCK_MONOTONIC);
	hash_put(&r->entries, key_of(type, id), e);
	return e;
}

/* ---- the thread ---- */

static bool unchanged(struct runtime *r, const struct entry *e)
{
	for (size_t i = 0; i < e->n_files; i++) {
		struct file_stamp stamp;

		if (safe_stamp(r->sys_root, e->files[i].base, e->files[i].rel, &stamp) < 0)
			stamp = (struct file_stamp){0};
		if (!stamp_equal(&stamp, &e->files[i].stamp))
			return false;
	}
	return e->n_files > 0;
}

/* Often for some seconds, then ever more seldom: ctr, for one, gives no names, and Buildah's containers are
 * not Podman's. */
static uint64_t incomplete(unsigned reads)
{
	enum { OFTEN = 16, LAST = 6 };
	uint64_t wait = 10 * MS << (reads < 5 ? reads : 4);

	return reads < OFTEN ? wait : wait << (reads - OFTEN < LAST ? reads - OFTEN : LAST);
}

static void succeeded(struct entry *e, const struct runtime_query *q, uint64_t now)
{
	free(e->meta);
	e->meta = meta_dup(&q->meta);
	files_done(e);
	for (size_t i = 0; i < q->n_files; i++)
		e->files[e->n_files++] = (struct runtime_file){xstrdup(q->files[i].base),
							       xstrdup(q->files[i].rel), q->files[i].stamp};
	e->failures = 0;
	e->reads++;
	if (e->meta->name && !q->partial)
		e->due = now + (e->reads > SETTLE_READS ? recheck : settle);
	else /* the file with the name, or with more, may come later than another */
		e->due = now + incomplete(e->reads);
}

/* Files go before the last process does, and a name known is better than none; but a broken file is no name.
 */
static void failed(struct entry *e, int error, uint64_t now)
{
	uint64_t wait = retry_first << (e->failures < 16 ? e->failures : 16);
	uint64_t most = error == -ENOENT ? retry_last : retry_broken;

	e->failures++;
	e->due = now + (wait < most ? wait : most);
	if (error != -ENOENT && e->failures >= GIVE_UP_OLD) {
		free(e->meta);
		e->meta = NULL;
	}
}

/* The lock is not held: only this thread changes what is read here. */
static void process(struct runtime *r, struct entry *e)
{
	struct runtime_query q = {
		.sys_root = r->sys_root, .type = e->type, .id = e->id, .arena = r->arena, .lists = &r->list};
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);
	bool same = !e->failures && e->reads > SETTLE_READS && e->meta && e->meta->name && unchanged(r, e);
	int error;

	if (same) {
		pthread_mutex_lock(&r->lock);
		e->due = now + recheck;
		pthread_mutex_unlock(&r->lock);
		return;
	}
	if (now >= r->next_glance) {
		hash_clear(&r->bases);
		r->next_glance = now + glance;
	}
	if (e->failures) /* the first look takes nothing for granted */
		q.bases = &r->bases;
	pthread_mutex_lock(&r->lock);
	q.cgroup = e->cgroup ? arena_strdup(r->arena, e->cgroup) : NULL;
	pthread_mutex_unlock(&r->lock);
	error = runtime_read(&q);
	pthread_mutex_lock(&r->lock);
	r->counts.reads++;
	if (error == 0)
		succeeded(e, &q, clock_ns(CLOCK_MONOTONIC));
	else
		failed(e, error, clock_ns(CLOCK_MONOTONIC));
	e->tried = true;
	pthread_cond_broadcast(&r->done);
	pthread_mutex_unlock(&r->lock);
	arena_reset(r->arena);
}

/* Something was made that may be about it; as if it were new, unless its files are at hand. The lock is held.
 */
static void look_again(struct entry *e)
{
	if (e->meta && !e->failures)
		return;
	e->failures = 0;
	e->due = 0;
}

static void on_new(const char *type, const char *id, void *userdata)
{
	struct runtime *r = userdata;
	struct entry *e;

	pthread_mutex_lock(&r->lock);
	e = hash_get(&r->entries, key_of(type, id));
	if (e)
		look_again(e);
	else
		entry_add(r, type, id, NULL);
	pthread_mutex_unlock(&r->lock);
}

/* A runtime's directory is there that was not before; containers may be in it already. */
static void on_place(struct runtime *r)
{
	struct entry *e;

	pthread_mutex_lock(&r->lock);
	for (size_t pos = 0; (e = hash_next(&r->entries, &pos));)
		look_again(e);
	pthread_mutex_unlock(&r->lock);
}

static bool keep_entry(void *value, void *userdata)
{
	struct entry *e = value;
	uint64_t now = *(uint64_t *)userdata;

	if (now - e->used < keep)
		return true;
	entry_free(e);
	return false;
}

static void collect(struct runtime *r, uint64_t now, bool tried, uint64_t *next)
{
	struct entry *e;

	for (size_t pos = 0; (e = hash_next(&r->entries, &pos));) {
		if (e->tried != tried)
			continue;
		if (e->due <= now)
			VEC_PUSH(r->todo, r->n_todo, r->cap_todo) = e;
		else if (e->due < *next)
			*next = e->due;
	}
}

/* Collects what is due, new ones first: they may not be there for long. Returns how long to sleep. The lock
 * is held. */
static uint64_t schedule(struct runtime *r, uint64_t now)
{
	uint64_t next = r->next_refresh;

	r->n_todo = 0;
	collect(r, now, false, &next);
	collect(r, now, true, &next);
	return r->n_todo ? 0 : next - now;
}

static void sleep_until_news(struct runtime *r, uint64_t ns)
{
	struct pollfd fds[] = {{.fd = r->wake, .events = POLLIN},
			       {.fd = runtime_watch_fd(r->watch), .events = POLLIN}};
	eventfd_t n;

	poll(fds, 2, (int)((ns + MS - 1) / MS));
	eventfd_read(r->wake, &n);
	runtime_watch_read(r->watch, on_new, r);
}

/* Until somebody has made a container: that one goes first. */
static void work(struct runtime *r)
{
	struct pollfd news = {.fd = runtime_watch_fd(r->watch), .events = POLLIN};

	for (size_t i = 0; i < r->n_todo && !__atomic_load_n(&r->stop, __ATOMIC_RELAXED); i++) {
		bool fresh = !r->todo[i]->tried;

		process(r, r->todo[i]);
		if (!fresh && poll(&news, 1, 0) > 0)
			break;
	}
}

static void *run(void *userdata)
{
	struct runtime *r = userdata;

	r->watch = runtime_watch_new(r->sys_root);
	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC), pause;

		if (now >= r->next_refresh) {
			hash_sweep(&r->entries, keep_entry, &now);
			r->next_refresh = now + refresh;
			pthread_mutex_unlock(&r->lock);
			if (runtime_watch_refresh(r->watch))
				on_place(r);
			pthread_mutex_lock(&r->lock);
		}
		pause = schedule(r, now);
		pthread_mutex_unlock(&r->lock);
		work(r);
		sleep_until_news(r, pause); /* only looks for news while there is more to do */
		pthread_mutex_lock(&r->lock);
	}
	r->finished = true;
	pthread_cond_broadcast(&r->done);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* ---- the other side ---- */

struct runtime *runtime_new(const char *sys_root)
{
	struct runtime *r = xcalloc(1, sizeof(*r));
	pthread_condattr_t attr;
	sigset_t all, old;

	r->sys_root = xstrdup(sys_root ? sys_root : "");
	r->arena = arena_new();
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->done, &attr);
	pthread_condattr_destroy(&attr);
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigfillset(&all); /* signals are for the thread that waits for them */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r->running = r->wake >= 0 && pthread_create(&r->thread, NULL, run, r) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / (1000 * MS)), (long)(ns % (1000 * MS))};
}

static bool drop(void *value, void *userdata)
{
	entry_free(value);
	return false;
}

struct runtime *runtime_free(struct runtime *r)
{
	struct timespec until = timespec_of(clock_ns(CLOCK_MONOTONIC) + 1000 * MS);
	bool stuck = false;

	if (!r)
		return NULL;
	if (r->running) {
		pthread_mutex_lock(&r->lock);
		__atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
		eventfd_write(r->wake, 1);
		while (!r->finished && !stuck)
			stuck = pthread_cond_timedwait(&r->done, &r->lock, &until) == ETIMEDOUT;
		stuck = !r->finished;
		pthread_mutex_unlock(&r->lock);
		if (stuck) { /* in a read that does not return: what it uses must stay */
			pthread_detach(r->thread);
			return NULL;
		}
		pthread_join(r->thread, NULL);
	}
	hash_sweep(&r->entries, drop, NULL);
	hash_done(&r->entries);
	runtime_watch_free(r->watch);
	runtime_list_done(&r->list);
	hash_done(&r->bases);
	arena_free(r->arena);
	free(r->todo);
	if (r->wake >= 0)
		close(r->wake);
	pthread_cond_destroy(&r->done);
	pthread_mutex_destroy(&r->lock);
	free(r->sys_root);
	free(r);
	return NULL;
}

/* Entries of these containers, made where there are none. Returns whether all were tried. The lock is held.
 */
static bool all_tried(struct runtime *r, const struct container_ref *refs, size_t n, bool *ret_added)
{
	bool tried = true;

	for (size_t i = 0; i < n; i++) {
		struct entry *e = hash_get(&r->entries, key_of(refs[i].type, refs[i].id));

		if (!e && ret_added) {
			e = entry_add(r, refs[i].type, refs[i].id, refs[i].cgroup);
			*ret_added = *ret_added || e;
		} else if (e && ret_added && !e->cgroup && refs[i].cgroup) {
			e->cgroup = xstrdup(refs[i].cgroup); /* was found by its directory */
			if (!e->meta) {
				e->due = 0;
				*ret_added = true;
			}
		}
		tried = tried && (!e || e->tried);
	}
	return tried;
}

static void announce(void *userdata, const struct container_ref *refs, size_t n)
{
	struct runtime *r = userdata;
	struct timespec until = timespec_of(clock_ns(CLOCK_MONOTONIC) + patience);
	bool added = false, tried;

	if (!r->running)
		return;
	pthread_mutex_lock(&r->lock);
	tried = all_tried(r, refs, n, &added);
	if (added)
		eventfd_write(r->wake, 1);
	while (!tried && pthread_cond_timedwait(&r->done, &r->lock, &until) == 0)
		tried = all_tried(r, refs, n, NULL);
	pthread_mutex_unlock(&r->lock);
}

/* A directory was seen before the cgroup told the same container's type: ids of 64 digits are unique. */
static struct entry *find_other(struct runtime *r, const struct container_ref *ref)
{
	static const char *const types[] = {"docker", "podman", "cri-o", "containerd", "runc", "crun"};
	bool hex = strlen(ref->id) == 64;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct entry *e;

		if (!hex && strcmp(ref->type, "oci") != 0)
			continue;
		e = hash_get(&r->entries, key_of(types[i], ref->id));
		if (e && e->meta)
			return e;
	}
	return NULL;
}

static const struct container_meta *get(void *userdata, const struct container_ref *ref, struct arena *arena)
{
	struct runtime *r = userdata;
	struct container_meta *meta = NULL;
	struct entry *e;

	pthread_mutex_lock(&r->lock);
	e = hash_get(&r->entries, key_of(ref->type, ref->id));
	if (e)
		e->used = clock_ns(CLOCK_MONOTONIC);
	if (!e || !e->meta)
		e = find_other(r, ref);
	if (e) {
		e->used = clock_ns(CLOCK_MONOTONIC);
		meta = meta_dup_arena(arena, e->meta);
	}
	pthread_mutex_unlock(&r->lock);
	return meta;
}

struct container_resolver runtime_resolver(struct runtime *r)
{
	return (struct container_resolver){.userdata = r, .announce = announce, .get = get};
}

void runtime_get_counts(struct runtime *r, struct runtime_counts *ret)
{
	pthread_mutex_lock(&r->lock);
	*ret = r->counts;
	ret->entries = r->entries.n;
	pthread_mutex_unlock(&r->lock);
}
