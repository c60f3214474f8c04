/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_container.c - getters of container.* and of the machine itself.
 */
#include <stdlib.h>

#include "core/field_get.h"

static bool put_list(struct value *ret, struct arena *tmp, const char *const *list, size_t n, char separator)
{
	size_t size = 1;
	char *text, *to;

	if (!n)
		return false;
	for (size_t i = 0; i < n; i++)
		size += strlen(list[i]) + 1;
	to = text = arena_alloc(tmp, size);
	for (size_t i = 0; i < n; i++) {
		if (i)
			*to++ = separator;
		to = stpcpy(to, list[i]);
	}
	return put_str(ret, text);
}

#define CONTAINER(name, expr)                                                                                \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct container *c = r->container;                                                    \
                                                                                                             \
		return c && (expr);                                                                          \
	}

CONTAINER(container_cgroup, put_str(ret, c->cgroup))
CONTAINER(container_full_id, put_str(ret, c->full_id ? c->full_id : c->id))
CONTAINER(container_id, put_str(ret, c->id))
CONTAINER(container_image, put_str(ret, c->image))
CONTAINER(container_name, put_str(ret, c->name ? c->name : c->id))
CONTAINER(container_type, put_str(ret, c->type))

#define META(name, expr)                                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct container_meta *m = r->container ? r->container->meta : NULL;                   \
                                                                                                             \
		return m && (expr);                                                                          \
	}

META(container_health, put_str(ret, m->health))
META(container_image_id, m->image_id &&put_str(ret, arena_strndup(tmp, m->image_id, 12)))
META(container_ip, put_str(ret, m->ip))
META(container_labels, put_list(ret, tmp, m->labels, m->n_labels, ','))
META(container_mounts, put_list(ret, tmp, m->mounts, m->n_mounts, ' '))
META(container_privileged, m->privileged >= 0 && put_bool(ret, m->privileged))
META(container_restarts, put_u64(ret, m->restarts))
META(container_runtime_ns, put_str(ret, m->runtime_ns))
META(k8s_container_name, put_str(ret, m->pod_container))
META(k8s_ns_name, put_str(ret, m->pod_ns))
META(k8s_pod_labels, put_list(ret, tmp, m->pod_labels, m->n_pod_labels, ','))
META(k8s_pod_name, put_str(ret, m->pod_name))
META(k8s_pod_uid, put_str(ret, m->pod_uid))

/* Value of "key=value". */
static bool put_value(struct value *ret, const char *const *list, size_t n, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(list[i], key, len) && list[i][len] == '=')
			return put_str(ret, list[i] + len + 1);
	return false;
}

GETTER_ARG(container_label)
{
	const struct container_meta *m = r->container ? r->container->meta : NULL;

	return m && put_value(ret, m->labels, m->n_labels, arg);
}

GETTER_ARG(k8s_pod_label)
{
	const struct container_meta *m = r->container ? r->container->meta : NULL;

	return m && put_value(ret, m->pod_labels, m->n_pod_labels, arg);
}

CONTAINER(container_start_ts, c->started &&put_u64(ret, c->started))

GETTER(container_duration)
{
	const struct container *c = r->container;

	return c && r->sample && c->started && c->started != UNKNOWN_U64 && c->started <= r->sample->time &&
	       put_int(ret, (int64_t)(r->sample->time - c->started));
}

/* Length of an image reference without ":tag" and "@digest"; a registry's port is not a tag. */
static size_t repository_len(const char *image)
{
	size_t len = strcspn(image, "@");
	const char *slash = memrchr(image, '/', len);
	const char *name = slash ? slash + 1 : image;
	const char *colon = memchr(name, ':', len - (size_t)(name - image));

	return colon ? (size_t)(colon - image) : len;
}

GETTER(container_image_repository)
{
	const char *image = r->container ? r->container->image : NULL;

	return image && put_str(ret, arena_strndup(tmp, image, repository_len(image)));
}

GETTER(container_image_digest)
{
	const char *image = r->container ? r->container->image : NULL;
	const char *at = image ? strchr(image, '@') : NULL;

	return at && put_str(ret, at + 1);
}

/* ---- mounts: "source:destination:mode:rw:propagation" ---- */

enum { MOUNT_SOURCE, MOUNT_DEST, MOUNT_MODE, MOUNT_RW, MOUNT_PROPAGATION };

/* One part of a mount and its length; paths have no ':' in what runtimes accept. */
static const char *part(const char *mount, unsigned n, size_t *ret_len)
{
	while (n--) {
		mount += strcspn(mount, ":");
		mount += *mount == ':';
	}
	*ret_len = strcspn(mount, ":");
	return mount;
}

/* By number from 0, or by the path on one of its sides. */
static const char *mount_of(const struct record *r, const char *arg, unsigned by)
{
	const struct container_meta *m = r->container ? r->container->meta : NULL;
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (!m)
		return NULL;
	if (*arg && !*end)
		return n < m->n_mounts ? m->mounts[n] : NULL;
	for (size_t i = 0; i < m->n_mounts; i++) {
		size_t len;
		const char *path = part(m->mounts[i], by, &len);

		if (len == strlen(arg) && !memcmp(path, arg, len))
			return m->mounts[i];
	}
	return NULL;
}

GETTER_ARG(container_mount)
{
	return put_str(ret, mount_of(r, arg, MOUNT_DEST));
}

#define MOUNT(name, by, what)                                                                                \
	GETTER_ARG(name)                                                                                     \
	{                                                                                                    \
		const char *mount = mount_of(r, arg, by), *text;                                             \
		size_t len;                                                                                  \
                                                                                                             \
		if (!mount)                                                                                  \
			return false;                                                                        \
		text = part(mount, what, &len);                                                              \
		return put_str(ret, arena_strndup(tmp, text, len));                                          \
	}

MOUNT(container_mount_source, MOUNT_DEST, MOUNT_SOURCE)
MOUNT(container_mount_dest, MOUNT_SOURCE, MOUNT_DEST)
MOUNT(container_mount_mode, MOUNT_DEST, MOUNT_MODE)
MOUNT(container_mount_rdwr, MOUNT_DEST, MOUNT_RW)
MOUNT(container_mount_propagation, MOUNT_DEST, MOUNT_PROPAGATION)

/* ---- the container that holds a pod's namespaces ---- */

static const struct container *sandbox_of(const struct record *r)
{
	const struct container *c = r->container;

	if (!c || !c->meta || c->meta->is_sandbox)
		return c && c->meta ? c : NULL;
	for (size_t i = 0; r->sample && c->meta->sandbox && i < r->sample->n_containers; i++) {
		const struct container *other = &r->sample->containers[i];

		if (other->full_id && !strcmp(other->full_id, c->meta->sandbox))
			return other;
	}
	return NULL;
}

GETTER(k8s_pod_ip)
{
	const struct container *s = sandbox_of(r);

	if (!r->container || !r->container->meta || !r->container->meta->pod_uid)
		return false;
	return (s && s->meta && put_str(ret, s->meta->ip)) || put_str(ret, r->container->meta->ip);
}

GETTER(k8s_pod_full_sandbox_id)
{
	const struct container *c = r->container;

	return c && c->meta && c->meta->pod_uid &&
	       put_str(ret, c->meta->is_sandbox ? c->full_id : c->meta->sandbox);
}

GETTER(k8s_pod_sandbox_id)
{
	return get_k8s_pod_full_sandbox_id(r, tmp, ret) && put_str(ret, arena_strndup(tmp, ret->s, 12));
}

GETTER(container_image_tag)
{
	const char *image = r->container ? r->container->image : NULL;
	const char *tag = image ? image + repository_len(image) : NULL;

	return tag && *tag == ':' && put_str(ret, arena_strndup(tmp, tag + 1, strcspn(tag + 1, "@")));
}

/* ---- what the kernel charges ---- */

/* An amount of time in percent of the time in which it was measured. */
static bool put_share(struct value *ret, uint64_t ns, const struct cgroup_stat *s)
{
	return ns != UNKNOWN_U64 && s->interval && put_double(ret, (double)ns / (double)s->interval * 100);
}

static bool put_part(struct value *ret, double part, double of)
{
	return of > 0 && put_double(ret, part / of * 100);
}

#define CHARGE(name, expr)                                                                                   \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct cgroup_stat *s = r->container ? r->container->stat : NULL;                      \
                                                                                                             \
		return s && (expr);                                                                          \
	}

CHARGE(cgroup_cpu, put_share(ret, s->cpu, s))
CHARGE(cgroup_cpu_max, s->cpu_max >= 0 && put_double(ret, s->cpu_max))
CHARGE(cgroup_cpu_periods_throttled, put_u64(ret, s->throttled_periods))
CHARGE(cgroup_cpu_pressure, put_share(ret, s->cpu_some, s))
CHARGE(cgroup_cpu_system, put_share(ret, s->cpu_system, s))
CHARGE(cgroup_cpu_throttled, put_u64(ret, s->throttled))
CHARGE(cgroup_cpu_used, put_share(ret, s->cpu, s) && put_part(ret, ret->d, s->cpu_max))
CHARGE(cgroup_cpu_user, put_share(ret, s->cpu_user, s))
CHARGE(cgroup_io_pressure, put_share(ret, s->io_some, s))
CHARGE(cgroup_io_pressure_full, put_share(ret, s->io_full, s))
CHARGE(cgroup_io_rbytes, put_u64(ret, s->rbytes))
CHARGE(cgroup_io_rios, put_u64(ret, s->rios))
CHARGE(cgroup_io_wbytes, put_u64(ret, s->wbytes))
CHARGE(cgroup_io_wios, put_u64(ret, s->wios))
CHARGE(cgroup_memory, put_u64(ret, s->memory))
CHARGE(cgroup_memory_anon, put_u64(ret, s->memory_anon))
CHARGE(cgroup_memory_file, put_u64(ret, s->memory_file))
CHARGE(cgroup_memory_max, put_u64(ret, s->memory_max))
CHARGE(cgroup_memory_oom_kills, put_u64(ret, s->oom_kills))
CHARGE(cgroup_memory_peak, put_u64(ret, s->memory_peak))
CHARGE(cgroup_memory_pressure, put_share(ret, s->memory_some, s))
CHARGE(cgroup_memory_pressure_full, put_share(ret, s->memory_full, s))
CHARGE(cgroup_memory_used, s->memory != UNKNOWN_U64 && s->memory_max != UNKNOWN_U64 &&
				   put_part(ret, (double)s->memory, (double)s->memory_max))
CHARGE(cgroup_pids, put_u64(ret, s->pids))
CHARGE(cgroup_pids_max, put_u64(ret, s->pids_max))

GETTER(evt_hostname)
{
	return r->sample && put_str(ret, r->sample->hostname);
}

/* Where the longest mount point that leads to the path is. */
static const struct path_map *map_of(const struct container *c, const char *path)
{
	const struct path_map *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < c->n_paths; i++) {
		const char *at = c->paths[i].inside;
		size_t len = strcmp(at, "/") ? strlen(at) : 0;

		if (strncmp(path, at, len) || (path[len] && path[len] != '/') || (best && len < longest))
			continue;
		best = &c->paths[i];
		longest = len;
	}
	return best;
}

GETTER(fd_hostpath)
{
	const struct object *o = r->obj;
	const struct path_map *m;
	const char *rest;

	if (!o || !o->named || !o->name || *o->name != '/' || !r->container)
		return false;
	if (r->container->is_host)
		return put_str(ret, o->name);
	m = map_of(r->container, o->name);
	if (!m || !m->outside)
		return false;
	rest = o->name + (strcmp(m->inside, "/") ? strlen(m->inside) : 0);
	if (!strcmp(m->outside, "/"))
		return put_str(ret, *rest ? rest : "/");
	return put_str(ret, arena_printf(tmp, "%s%s", m->outside, strcmp(rest, "/") ? rest : ""));
}
