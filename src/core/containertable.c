/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/containertable.h"

#include <stdio.h>
#include <string.h>

#include "bpf/capture.h" /* SPY_CGROUP_V1 */
#include "core/cgroupfs.h"
#include "core/cgroupstat.h"
#include "core/container.h"
#include "core/hash.h"
#include "core/inside.h"
#include "core/mem.h"
#include "core/meta.h"
#include "core/procfs.h"

enum {
	KEEP = 10,        /* samples that an unused set or container is kept */
	IDS_MAX = 200000, /* cgroup ids whose container is remembered */
	ROOT_ID = 1,      /* kernfs id of the root cgroup, in every hierarchy */
	LINES_MAX = 32,
	TRIES = 4, /* per sample, to place a set whose processes go away while we look */
};

struct container_entry {
	char *type, *full_id, *cgroup;
	uint64_t *ids; /* that no other container's processes are in */
	size_t n_ids, cap_ids;
	struct cgroup_source source;
	struct inside_entry *inside;
	uint32_t looked;  /* sample number in which a process was shown to `inside` */
	uint32_t charged; /* sample number of the last reading of `source` */
	uint32_t used;    /* sample number */
	uint32_t index;   /* in the sample `used` */
};

struct cset {
	struct hash_key key;
	struct container_entry *container;
	char *path;
	bool known;
	uint32_t seen;
	uint32_t tries; /* in the sample `seen` */
};

struct containertable {
	struct cgroupfs *fs;
	char *proc_root;
	struct container_resolver resolver; /* all NULL = none */
	uint32_t now;
	bool charges, paths;   /* in this sample */
	struct inside *inside; /* NULL = none */
	struct container_entry *host;
	struct hash containers; /* hash of type and id -> struct container_entry, without the host */
	struct hash csets;      /* ids -> struct cset */
	struct hash owners;     /* cgroup id -> struct container_entry, or &table->shared */
	struct container_entry **used;
	size_t n_used, cap_used;
	/* "owner" of ids that processes of several containers are in: they say nothing about any */
	struct container_entry shared;
};

static struct container_entry *entry_new(const char *type, const char *full_id, const char *cgroup)
{
	struct container_entry *c = xcalloc(1, sizeof(*c));

	c->type = xstrdup(type);
	c->full_id = xstrdup(full_id);
	c->cgroup = xstrdup(cgroup);
	return c;
}

static void entry_free(struct container_entry *c)
{
	free(c->type);
	free(c->full_id);
	free(c->cgroup);
	free(c->ids);
	cgroup_source_done(&c->source);
	inside_entry_free(c->inside);
	free(c);
}

static void cset_free(struct cset *s)
{
	free(s->path);
	free(s);
}

struct containertable *containertable_new(const char *proc_root, const char *cgroup_root)
{
	struct containertable *t = xcalloc(1, sizeof(*t));

	t->fs = cgroupfs_new(proc_root, cgroup_root);
	t->proc_root = xstrdup(proc_root);
	t->host = entry_new("host", "host", "/");
	return t;
}

static bool drop_entry(void *value, void *userdata)
{
	entry_free(value);
	return false;
}

static bool drop_cset(void *value, void *userdata)
{
	cset_free(value);
	return false;
}

struct containertable *containertable_free(struct containertable *t)
{
	if (!t)
		return NULL;
	hash_sweep(&t->containers, drop_entry, NULL);
	hash_sweep(&t->csets, drop_cset, NULL);
	hash_done(&t->containers);
	hash_done(&t->csets);
	hash_done(&t->owners);
	entry_free(t->host);
	cgroupfs_free(t->fs);
	free(t->used);
	free(t->proc_root);
	free(t);
	return NULL;
}

void containertable_set_v1(struct containertable *t, const char *controller)
{
	cgroupfs_set_v1(t->fs, controller);
}

void containertable_set_resolver(struct containertable *t, struct container_resolver resolver)
{
	t->resolver = resolver;
}

void containertable_set_inside(struct containertable *t, struct inside *in)
{
	t->inside = in;
}

struct inside_entry *containertable_inside(const struct containertable *t, uint32_t index)
{
	return index < t->n_used ? t->used[index]->inside : NULL;
}

void containertable_begin(struct containertable *t, bool charges, bool paths)
{
	t->charges = charges;
	t->paths = paths;
	t->now++;
	t->n_used = 0;
	containertable_use(t, t->host);
	cgroupfs_tick(t->fs);
}

static bool keep_cset(void *value, void *userdata)
{
	struct cset *s = value;
	struct containertable *t = userdata;

	if (t->now - s->seen < KEEP)
		return true;
	cset_free(s);
	return false;
}

static bool keep_owner(void *value, void *userdata)
{
	const struct container_entry *c = value;
	struct containertable *t = userdata;

	return c == &t->shared || c == t->host || t->now - c->used < 2 * KEEP;
}

static bool keep_entry(void *value, void *userdata)
{
	/* longer than any cset that points to it */
	if (keep_owner(value, userdata))
		return true;
	entry_free(value);
	return false;
}

void containertable_end(struct containertable *t)
{
	hash_sweep(&t->csets, keep_cset, t);
	hash_sweep(&t->owners, keep_owner, t);
	hash_sweep(&t->containers, keep_entry, t);
	if (t->owners.n > IDS_MAX) { /* learned again from the next sample's tasks */
		struct container_entry *c;

		hash_clear(&t->owners);
		t->host->n_ids = 0;
		for (size_t pos = 0; (c = hash_next(&t->containers, &pos));)
			c->n_ids = 0;
	}
}

void containertable_learn(struct containertable *t, const struct cgroup_rec *rec)
{
	char path[WIRE_PATH_MAX + 1];
	size_t len = rec->path_len < WIRE_PATH_MAX ? rec->path_len : WIRE_PATH_MAX;

	memcpy(path, rec->path, len);
	path[len] = '\0';
	if (*path == '/')
		cgroupfs_learn(t->fs, (int)rec->hierarchy, rec->id, path);
}

/* The entry that a match means, made if it is new. */
static struct container_entry *entry_of(struct containertable *t, const struct container_match *m,
					const char *path)
{
	struct container_entry *c;
	struct hash_key key;
	char *text;

	if (m->kind < CONTAINER_GUESS)
		return t->host;
	text = xasprintf("%s/%s", m->type, m->id);
	key = hash_bytes(text, strlen(text));
	free(text);
	c = hash_get(&t->containers, key);
	if (!c) {
		char *cgroup = xstrndup(path, m->path_len);

		c = entry_new(m->type, m->id, cgroup);
		c->used = t->now;
		c->inside = t->inside ? inside_entry_new(t->inside, cgroup) : NULL;
		hash_put(&t->containers, key, c);
		free(cgroup);
	}
	return c;
}

/*
 * Where the container is charged, per controller: hierarchies of v1 can have it at different paths, and some
 * not at all.
 */
static void note_source(struct containertable *t, struct container_entry *c, const struct cgroup_line *lines,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct container_match m;

		if (container_parse(lines[i].path, &m) < CONTAINER_GUESS || strcmp(m.id, c->full_id) != 0)
			continue;
		cgroup_source_add(&c->source, lines[i].controllers,
				  cgroupfs_dir(t->fs, lines[i].controllers, lines[i].path, m.path_len));
	}
}

/* In a cgroup namespace of our own the file has paths like "/../../docker/ID", relative to where we are. */
static bool is_relative(const struct cgroup_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(lines[i].path, "/..", 3))
			return true;
	return false;
}

/* Whether the ids are known to the mounted hierarchies, which show whole paths. */
static bool is_mounted(struct containertable *t, struct cgroup_ids ids)
{
	return (!ids.v1 || cgroupfs_path(t->fs, true, ids.v1)) &&
	       (!ids.v2 || cgroupfs_path(t->fs, false, ids.v2));
}

/* From the process's own file if it is still where the record saw it, else from the paths of the ids. */
static bool resolve(struct containertable *t, struct cgroup_ids ids, uint32_t pid, struct cset *s)
{
	struct cgroup_line lines[LINES_MAX];
	struct container_match m;
	const char *path = NULL;
	char *text = NULL;
	bool whole = true;
	size_t n = 0;

	if (pid && procfs_read(t->proc_root, 65536, &text, NULL, "%u/cgroup", pid) == 0) {
		n = container_lines(text, lines, LINES_MAX);
		if (!(is_relative(lines, n) && is_mounted(t, ids)) &&
		    cgroupfs_verify(t->fs, lines, n, ids.v1, ids.v2) >= 0)
			container_choose(lines, n, &m, &path);
	}
	if (!path) {
		const char *v1 = cgroupfs_path(t->fs, true, ids.v1), *v2;
		char *copy = v1 ? xstrdup(v1) : NULL; /* the next look-up may walk */

		v2 = cgroupfs_path(t->fs, false, ids.v2);
		n = 0;
		if (copy)
			lines[n++] = (struct cgroup_line){1, "pids", copy};
		if (v2)
			lines[n++] = (struct cgroup_line){0, "", v2};
		whole = (v1 || !ids.v1) && (v2 || !ids.v2);
		container_choose(lines, n, &m, &path);
		free(text);
		text = copy;
	}
	if (path) {
		s->container = entry_of(t, &m, path);
		if (s->container != t->host)
			note_source(t, s->container, lines, n);
		free(s->path);
		s->path = xstrdup(path);
	}
	free(text);
	return path && (whole || m.kind >= CONTAINER_GUESS);
}

static void disown(struct container_entry *c, uint64_t id)
{
	for (size_t i = 0; i < c->n_ids; i++)
		if (c->ids[i] == id)
			c->ids[i--] = c->ids[--c->n_ids];
}

/* Gives the cgroup id to the container, unless others use it too (v2 of a runtime that only does v1, say). */
static void own(struct containertable *t, struct container_entry *c, uint64_t id, bool v1)
{
	struct hash_key key;
	struct container_entry *owner;

	if (!id || (id == ROOT_ID && c != t->host))
		return;
	id |= v1 ? SPY_CGROUP_V1 : 0;
	key = (struct hash_key){id, 0};
	owner = hash_get(&t->owners, key);
	if (owner == c || owner == &t->shared)
		return;
	if (owner) {
		disown(owner, id);
		hash_put(&t->owners, key, &t->shared);
		return;
	}
	hash_put(&t->owners, key, c);
	VEC_PUSH(c->ids, c->n_ids, c->cap_ids) = id;
}

struct cgroup_place containertable_place(struct containertable *t, struct cgroup_ids ids, uint32_t pid)
{
	/* the set's id can be that of a set long gone: the ids must fit too */
	struct hash_key key = {ids.cset, ids.v1 * 0x9e3779b97f4a7c15ULL ^ ids.v2};
	struct cset *s;

	if (!ids.cset && !ids.v1 && !ids.v2)
		return (struct cgroup_place){t->host, NULL};
	s = hash_get(&t->csets, key);
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->key = key;
		s->container = t->host;
		hash_put(&t->csets, key, s);
	}
	if (s->seen != t->now)
		s->tries = 0;
	if (!s->known && (!s->tries || (pid && s->tries < TRIES))) {
		s->tries++;
		s->known = resolve(t, ids, pid, s);
		if (s->known) {
			own(t, s->container, ids.v1, true);
			own(t, s->container, ids.v2, false);
		}
	}
	s->seen = t->now;
	if (pid && s->container->inside && s->container->looked != t->now) {
		s->container->looked = t->now;
		inside_touch(s->container->inside, pid);
	}
	return (struct cgroup_place){s->container, s->path};
}

uint32_t containertable_use(struct containertable *t, struct container_entry *c)
{
	if (c->used == t->now && c->index < t->n_used && t->used[c->index] == c)
		return c->index;
	c->used = t->now;
	c->index = (uint32_t)t->n_used;
	VEC_PUSH(t->used, t->n_used, t->cap_used) = c;
	return c->index;
}

static struct container_ref ref_of(const struct container_entry *c)
{
	return (struct container_ref){c->type, c->full_id, c->cgroup};
}

static void announce(struct containertable *t)
{
	struct container_ref *refs;

	if (!t->resolver.announce)
		return;
	refs = xcalloc(t->n_used, sizeof(*refs));
	for (size_t i = 1; i < t->n_used; i++) /* [0] is the host */
		refs[i] = ref_of(t->used[i]);
	t->resolver.announce(t->resolver.userdata, refs + 1, t->n_used - 1);
	free(refs);
}

/* Kubernetes names a pod's cgroup after its uid: known even without any file. */
static const char *pod_uid_of(const char *cgroup, struct arena *arena)
{
	const char *pod = NULL;
	char *uid;

	for (const char *p = cgroup; (p = strstr(p, "pod")); p += 3)
		if (p > cgroup && (p[-1] == '/' || p[-1] == '-') && strspn(p + 3, "0123456789abcdef_-") >= 32)
			pod = p + 3;
	if (!pod || !strstr(cgroup, "kubepods"))
		return NULL;
	uid = arena_strndup(arena, pod, strspn(pod, "0123456789abcdef_-"));
	for (char *c = uid; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return uid;
}

static void fill_meta(struct containertable *t, struct container *c, const struct container_ref *ref,
		      struct arena *arena)
{
	const char *uid = pod_uid_of(c->cgroup, arena);
	struct container_meta *own;

	if (t->resolver.get)
		c->meta = t->resolver.get(t->resolver.userdata, ref, arena);
	if (uid && (!c->meta || !c->meta->pod_uid)) {
		own = arena_alloc(arena, sizeof(*own));
		*own = c->meta ? *c->meta : meta_none();
		own->pod_uid = uid;
		c->meta = own;
	}
	if (!c->meta)
		return;
	c->name = c->meta->name;
	c->image = c->meta->image;
	c->type = c->meta->type ? c->meta->type : c->type;
	c->started = c->meta->started;
}

const struct container_meta *containertable_meta(struct containertable *t, const struct container_ref *ref,
						 struct arena *arena)
{
	return t->resolver.get ? t->resolver.get(t->resolver.userdata, ref, arena) : NULL;
}

static const struct cgroup_stat *charge(struct containertable *t, struct container_entry *c,
					struct arena *arena)
{
	struct cgroup_stat *stat = arena_alloc(arena, sizeof(*stat));

	if (t->now - c->charged != 1) /* what came in between is of no interval */
		c->source.last = (struct cgroup_counters){0};
	c->charged = t->now;
	cgroup_source_read(&c->source, stat);
	return stat;
}

struct container *containertable_emit(struct containertable *t, struct arena *arena, size_t *ret_n)
{
	struct container *all = arena_array(arena, t->n_used, sizeof(*all));

	announce(t);
	for (size_t i = 0; i < t->n_used; i++) {
		struct container_entry *c = t->used[i];
		const struct container_ref ref = ref_of(c);
		uint64_t *ids = arena_array(arena, c->n_ids, sizeof(*ids));

		if (c->n_ids)
			memcpy(ids, c->ids, c->n_ids * sizeof(*ids));
		all[i] = (struct container){
			.id = arena_strndup(arena, c->full_id, container_short_len(c->full_id)),
			.full_id = arena_strdup(arena, c->full_id),
			.type = arena_strdup(arena, c->type),
			.cgroup = arena_strdup(arena, c->cgroup),
			.cgroup_ids = ids,
			.n_cgroup_ids = c->n_ids,
			.started = UNKNOWN_U64,
			.is_host = c == t->host,
		};
		if (!all[i].is_host)
			fill_meta(t, &all[i], &ref, arena);
		if (!all[i].name)
			all[i].name = all[i].id;
		if (t->charges && c != t->host)
			all[i].stat = charge(t, c, arena);
		if (t->paths && c->inside)
			all[i].n_paths = inside_paths(c->inside, arena, &all[i].paths);
	}
	*ret_n = t->n_used;
	return all;
}
