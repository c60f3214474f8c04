/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/inside.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/mem.h"
#include "core/mounts.h"
#include "core/procfs.h"
#include "core/safefile.h"

enum { MAP_LINES = 340, PATHS_MAX = 500, QUEUE_MAX = 20000 };

struct name {
	uint32_t id;
	const char *name, *home, *shell;
};

struct id_map {
	uint32_t inside, outside, count;
};

/* What was read; never changes. All in the arena. */
struct view_inside {
	struct arena *arena;
	struct name *users, *groups; /* sorted by id */
	size_t n_users, n_groups;
	struct id_map uids[MAP_LINES], gids[MAP_LINES];
	size_t n_uids, n_gids;
	struct path_map *paths;
	size_t n_paths;
};

struct inside_entry {
	struct inside *in;
	char *cgroup;
	int refs; /* its owner, and the queue or the thread that reads it */
	uint32_t pid;
	bool busy;          /* queued, or being read */
	uint64_t born, due; /* mono ms: first seen, to be read again; 0 = now */
	unsigned failed;
	struct view_inside *view; /* NULL = nothing known */
	struct inside_entry *next;
};

struct inside {
	char *proc_root;
	pthread_mutex_t lock;
	pthread_cond_t work;
	int refs; /* its owner, each thread */
	bool stop;
	struct inside_entry *head, **tail;
	size_t n_queued;
	unsigned threads, idle;
	uint64_t progress; /* mono ms: when a thread last took or ended a container */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- reading ---- */

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct name *)a)->id, y = ((const struct name *)b)->id;

	return (x > y) - (x < y);
}

/* "name:x:id:..."; of passwd also "gid:gecos:home:shell". The first of equals counts, as for the C library.
 */
static struct name *parse_names(struct arena *arena, const char *text, size_t *ret_n)
{
	struct name *list = NULL, *sorted;
	size_t n = 0, cap = 0, kept = 0;
	char *copy = arena_strdup(arena, text), *state;

	for (char *line = strtok_r(copy, "\n", &state); line && n < INSIDE_NAMES_MAX;
	     line = strtok_r(NULL, "\n", &state)) {
		char *fields[7] = {0}, *end;
		unsigned long id;
		size_t k = 0;

		for (char *at = line; at && k < 7; k++) {
			fields[k] = at;
			at = strchr(at, ':');
			if (at)
				*at++ = '\0';
		}
		if (k < 3 || !*fields[0] || !*fields[2])
			continue;
		id = strtoul(fields[2], &end, 10);
		if (*end || id >= UINT32_MAX)
			continue;
		VEC_PUSH(list, n, cap) = (struct name){(uint32_t)id, fields[0], fields[5], fields[6]};
	}
	sorted = arena_array(arena, n, sizeof(*sorted));
	for (size_t i = 0; i < n; i++) {
		bool have = false;

		/* the files are short, and sorted by id as a rule */
		for (size_t j = kept; j-- > 0 && !have && kept - j < 64;)
			have = sorted[j].id == list[i].id;
		if (!have)
			sorted[kept++] = list[i];
	}
	if (kept)
		qsort(sorted, kept, sizeof(*sorted), by_id);
	free(list);
	*ret_n = kept;
	return sorted;
}

static size_t read_map(const char *proc_root, uint32_t pid, const char *name, struct id_map *ret)
{
	char *text, *state;
	size_t n = 0;

	if (procfs_read(proc_root, 16384, &text, NULL, "%u/%s", pid, name) < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &state); line && n < MAP_LINES;
	     line = strtok_r(NULL, "\n", &state))
		if (sscanf(line, "%u %u %u", &ret[n].inside, &ret[n].outside, &ret[n].count) == 3)
			n++;
	free(text);
	return n;
}

static void read_file(const char *root, const char *name, struct arena *arena, struct name **ret,
		      size_t *ret_n)
{
	char *text;
	size_t len;

	if (safe_read(root, "/etc", name, INSIDE_FILE_MAX, &text, &len, NULL) < 0)
		return;
	*ret = parse_names(arena, text, ret_n);
	free(text);
}

static void read_paths(const char *proc_root, uint32_t pid, struct view_inside *v)
{
	struct arena *tmp = arena_new();
	struct mounts in = {0}, host = {0};
	char *text = NULL, *outside = NULL;

	if (procfs_read(proc_root, MOUNTS_FILE_MAX, &text, NULL, "%u/mountinfo", pid) == 0 &&
	    procfs_read(proc_root, MOUNTS_FILE_MAX, &outside, NULL, "1/mountinfo") == 0) {
		mounts_parse(text, tmp, &in);
		mounts_parse(outside, tmp, &host);
	}
	v->paths = arena_array(v->arena, in.n < PATHS_MAX ? in.n : PATHS_MAX, sizeof(*v->paths));
	for (size_t i = 0; i < in.n && v->n_paths < PATHS_MAX; i++) {
		const struct mount *m = &in.items[i];
		const char *path = mount_is_storage(m) ? mounts_host_path(&host, m, m->point, tmp) : NULL;

		if (mounts_find(&in, m->point) == m)
			v->paths[v->n_paths++] = (struct path_map){arena_strdup(v->arena, m->point),
								   arena_strdup(v->arena, path)};
	}
	free(text);
	free(outside);
	arena_free(tmp);
}

static bool is_in(const char *proc_root, uint32_t pid, const char *cgroup)
{
	char *text;
	bool is;

	if (procfs_read(proc_root, 65536, &text, NULL, "%u/cgroup", pid) < 0)
		return false;
	is = strstr(text, cgroup) != NULL;
	free(text);
	return is;
}

static struct view_inside *view_free(struct view_inside *v)
{
	if (v) {
		arena_free(v->arena);
		free(v);
	}
	return NULL;
}

/* A runtime puts a process into the container's cgroup before it gives it the container's root. */
static bool has_host_root(const char *proc_root, uint32_t pid)
{
	char path[4096 + 32];
	struct stat own, host;

	snprintf(path, sizeof(path), "%s/%u/root", proc_root, pid);
	if (stat(path, &own) < 0)
		return false;
	snprintf(path, sizeof(path), "%s/1/root", proc_root);
	return stat(path, &host) == 0 && own.st_dev == host.st_dev && own.st_ino == host.st_ino;
}

static struct view_inside *read_view(const char *proc_root, uint32_t pid, const char *cgroup, bool young)
{
	struct view_inside *v;
	char root[4096 + 32];

	if (young && has_host_root(proc_root, pid))
		return NULL;
	v = xcalloc(1, sizeof(*v));
	v->arena = arena_new();
	snprintf(root, sizeof(root), "%s/%u/root", proc_root, pid);
	read_file(root, "passwd", v->arena, &v->users, &v->n_users);
	read_file(root, "group", v->arena, &v->groups, &v->n_groups);
	v->n_uids = read_map(proc_root, pid, "uid_map", v->uids);
	v->n_gids = read_map(proc_root, pid, "gid_map", v->gids);
	read_paths(proc_root, pid, v);
	/* still the same process, or at least one of the same container */
	return v->n_uids && is_in(proc_root, pid, cgroup) ? v : view_free(v);
}

/* ---- the threads ---- */

static void unref_entry(struct inside_entry *e) /* locked */
{
	if (--e->refs)
		return;
	view_free(e->view);
	free(e->cgroup);
	free(e);
}

static void unref(struct inside *in) /* locked; unlocks */
{
	bool last = --in->refs == 0;
	struct inside_entry *e;

	while (last && (e = in->head)) {
		in->head = e->next;
		unref_entry(e);
	}
	pthread_mutex_unlock(&in->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&in->lock);
	pthread_cond_destroy(&in->work);
	free(in->proc_root);
	free(in);
}

static void *run(void *userdata)
{
	struct inside *in = userdata;

	pthread_mutex_lock(&in->lock);
	for (;;) {
		struct inside_entry *e;
		struct view_inside *v;
		uint32_t pid;

		while (!in->stop && !in->head) {
			in->idle++;
			pthread_cond_wait(&in->work, &in->lock);
			in->idle--;
		}
		if (in->stop)
			break;
		e = in->head;
		in->head = e->next;
		if (!in->head)
			in->tail = &in->head;
		in->n_queued--;
		in->progress = now_ms();
		pid = e->pid;
		pthread_mutex_unlock(&in->lock);
		v = read_view(in->proc_root, pid, e->cgroup, now_ms() - e->born < INSIDE_SETUP_MS);
		pthread_mutex_lock(&in->lock);
		in->progress = now_ms();
		e->busy = false;
		if (v) {
			view_free(e->view);
			e->view = v;
			e->failed = 0;
			e->due = in->progress + INSIDE_AGE_MS;
		} else {
			uint64_t wait = (uint64_t)INSIDE_RETRY_MS << (e->failed < 8 ? e->failed++ : 8);

			e->due = in->progress + (wait < INSIDE_AGE_MS ? wait : INSIDE_AGE_MS);
		}
		unref_entry(e);
	}
	in->threads--;
	unref(in);
	return NULL;
}

/* One more thread if none is there, or the others hang. Locked. */
static void need_thread(struct inside *in)
{
	sigset_t all, old;
	pthread_attr_t detached;
	pthread_t thread;

	if (in->idle || in->threads == INSIDE_THREADS_MAX ||
	    (in->threads && now_ms() - in->progress < INSIDE_STUCK_MS))
		return;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, &detached, run, in) == 0) {
		in->threads++;
		in->refs++;
		in->progress = now_ms();
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&detached);
}

/* ---- the door ---- */

struct inside *inside_new(const char *proc_root)
{
	struct inside *in = xcalloc(1, sizeof(*in));

	in->proc_root = xstrdup(proc_root ? proc_root : "/proc");
	pthread_mutex_init(&in->lock, NULL);
	pthread_cond_init(&in->work, NULL);
	in->tail = &in->head;
	in->refs = 1;
	return in;
}

struct inside *inside_free(struct inside *in)
{
	if (!in)
		return NULL;
	pthread_mutex_lock(&in->lock);
	in->stop = true;
	pthread_cond_broadcast(&in->work);
	unref(in);
	return NULL;
}

struct inside_entry *inside_entry_new(struct inside *in, const char *cgroup)
{
	struct inside_entry *e = xcalloc(1, sizeof(*e));

	e->in = in;
	e->cgroup = xstrdup(cgroup);
	e->refs = 1;
	e->born = now_ms();
	return e;
}

struct inside_entry *inside_entry_free(struct inside_entry *e)
{
	struct inside *in;

	if (!e)
		return NULL;
	in = e->in;
	pthread_mutex_lock(&in->lock);
	unref_entry(e);
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

void inside_touch(struct inside_entry *e, uint32_t pid)
{
	struct inside *in = e->in;

	pthread_mutex_lock(&in->lock);
	if (!e->busy && in->n_queued < QUEUE_MAX && now_ms() >= e->due) {
		e->busy = true;
		e->pid = pid;
		e->refs++;
		e->next = NULL;
		*in->tail = e;
		in->tail = &e->next;
		in->n_queued++;
		pthread_cond_signal(&in->work);
	}
	if (in->head)
		need_thread(in);
	pthread_mutex_unlock(&in->lock);
}

/* false: no id in there stands for it. */
static bool to_inside(const struct id_map *map, size_t n, uint32_t *id)
{
	for (size_t i = 0; i < n; i++) {
		if (*id < map[i].outside || *id - map[i].outside >= map[i].count)
			continue;
		*id = map[i].inside + (*id - map[i].outside);
		return true;
	}
	return false;
}

static const struct name *find_name(const struct name *list, size_t n, uint32_t id)
{
	const struct name key = {.id = id};

	return n ? bsearch(&key, list, n, sizeof(*list), by_id) : NULL;
}

const char *inside_user(struct inside_entry *e, uint32_t uid, struct arena *arena, const char **ret_home,
			const char **ret_shell)
{
	const struct name *found = NULL;
	const char *name = NULL;

	if (ret_home)
		*ret_home = *ret_shell = NULL;
	pthread_mutex_lock(&e->in->lock);
	if (e->view && to_inside(e->view->uids, e->view->n_uids, &uid)) {
		found = find_name(e->view->users, e->view->n_users, uid);
		name = found ? arena_strdup(arena, found->name) : arena_printf(arena, "%u", uid);
	} else if (e->view) {
		name = arena_printf(arena, "%u", uid);
	}
	if (found && ret_home) {
		*ret_home = found->home && *found->home ? arena_strdup(arena, found->home) : NULL;
		*ret_shell = found->shell && *found->shell ? arena_strdup(arena, found->shell) : NULL;
	}
	pthread_mutex_unlock(&e->in->lock);
	return name;
}

const char *inside_group(struct inside_entry *e, uint32_t gid, struct arena *arena)
{
	const struct name *found = NULL;
	const char *name = NULL;

	pthread_mutex_lock(&e->in->lock);
	if (e->view) {
		if (to_inside(e->view->gids, e->view->n_gids, &gid))
			found = find_name(e->view->groups, e->view->n_groups, gid);
		name = found ? arena_strdup(arena, found->name) : arena_printf(arena, "%u", gid);
	}
	pthread_mutex_unlock(&e->in->lock);
	return name;
}

size_t inside_paths(struct inside_entry *e, struct arena *arena, const struct path_map **ret)
{
	struct path_map *copy = NULL;
	size_t n = 0;

	pthread_mutex_lock(&e->in->lock);
	if (e->view) {
		n = e->view->n_paths;
		copy = arena_array(arena, n, sizeof(*copy));
		for (size_t i = 0; i < n; i++)
			copy[i] = (struct path_map){arena_strdup(arena, e->view->paths[i].inside),
						    arena_strdup(arena, e->view->paths[i].outside)};
	}
	pthread_mutex_unlock(&e->in->lock);
	*ret = copy;
	return n;
}
