/* SPDX-License-Identifier: GPL-2.0-or-later */
/* runtime_docker.c - reader of what dockerd keeps: containers/<id>/config.v2.json below its data root. */
#include "core/runtime_read.h"

#include <errno.h>
#include <string.h>

/* ---- where the data root is ---- */

/*
 * Moved by an option that is in no file: the task's mounts name it, as each container has its hostname file
 * there.
 */
static const char *root_by_task(struct runtime_query *q)
{
	const char *tail = arena_printf(q->arena, "/containers/%s/hostname", q->id), *root = NULL;
	json_t *spec = runtime_config_json(q, "/run/containerd/io.containerd.runtime.v2.task",
					   arena_printf(q->arena, "moby/%s/config.json", q->id));
	json_t *mount;
	size_t i;

	json_array_foreach(json_object_get(spec, "mounts"), i, mount)
	{
		const char *at = json_string_value(json_object_get(mount, "destination"));
		const char *from = json_string_value(json_object_get(mount, "source"));
		size_t n = from ? strlen(from) : 0, end = strlen(tail);

		if (!root && at && !strcmp(at, "/etc/hostname") && n > end && *from == '/' &&
		    !strcmp(from + n - end, tail))
			root = arena_strndup(q->arena, from, n - end);
	}
	json_decref(spec);
	return root;
}

static const char *root_by_config(struct runtime_query *q)
{
	json_t *config = runtime_config_json(q, "/etc/docker", "daemon.json");
	const char *root = runtime_str(q, config, "data-root", NULL);

	if (!root)
		root = runtime_str(q, config, "graph", NULL); /* its name until 17.05 */
	json_decref(config);
	return root;
}

static const char *root_of_user(struct runtime_query *q)
{
	long uid = runtime_user(q);
	const char *home = uid >= 0 ? runtime_home(q, uid) : NULL;

	return home ? arena_printf(q->arena, "%s/.local/share/docker", home) : NULL;
}

/* ---- what is there ---- */

/* First address of any network. */
static const char *address(struct runtime_query *q, const json_t *networks)
{
	static const char *const kinds[] = {"IPAddress", "GlobalIPv6Address"};
	const char *name;
	json_t *net;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		json_object_foreach((json_t *)networks, name, net)
		{
			const char *ip = runtime_str(q, net, kinds[i], NULL);

			if (ip)
				return ip;
		}
	}
	return NULL;
}

static void mounts(struct runtime_query *q, const char *root, const json_t *points)
{
	const char **to = arena_array(q->arena, META_LIST_MAX, sizeof(*to)), *key;
	json_t *point;
	size_t n = 0;

	json_object_foreach((json_t *)points, key, point)
	{
		const char *from = runtime_str(q, point, "Source", NULL);
		const char *at = runtime_str(q, point, "Destination", NULL);
		const char *mode = runtime_str(q, point, "Relabel", NULL);
		const char *spread = runtime_str(q, point, "Propagation", NULL);
		const char *volume = runtime_str(q, point, "Name", NULL);
		const char *driver = runtime_str(q, point, "Driver", NULL);

		if (!from && volume && driver && !strcmp(driver, "local") && safe_component(volume))
			from = arena_printf(q->arena, "%s/volumes/%s/_data", root, volume);
		if (at && n < META_LIST_MAX)
			to[n++] = arena_printf(q->arena, "%s:%s:%s:%s:%s", from ? from : "", at,
					       mode ? mode : "",
					       json_is_true(json_object_get(point, "RW")) ? "true" : "false",
					       spread ? spread : "");
	}
	runtime_sort(to, n);
	q->meta.mounts = to;
	q->meta.n_mounts = n;
}

/* Started by its image's digest, as the kubelet does: the name is in the list of images. */
static const char *image_by_digest(struct runtime_query *q, const char *root, const char *driver,
				   const char *digest)
{
	const char *found = NULL, *repository, *ref;
	json_t *list, *refs, *id;

	if (!driver || !digest || !safe_component(driver))
		return NULL;
	list = runtime_config_json(q, root, arena_printf(q->arena, "image/%s/repositories.json", driver));
	json_object_foreach(json_object_get(list, "Repositories"), repository, refs)
	{
		json_object_foreach(refs, ref, id)
		{
			const char *s = runtime_digest(q, json_string_value(id));

			if (s && !strcmp(s, digest) && (!found || strchr(found, '@')))
				found = runtime_copy(q, ref);
		}
	}
	json_decref(list);
	return found;
}

/* The labels of the pause container are the pod's. */
static void pod_labels(struct runtime_query *q, const char *root)
{
	static const char *const kubelet[] = {"io.kubernetes.", "annotation.", NULL};
	const char *id = q->meta.is_sandbox ? q->id : q->meta.sandbox;
	json_t *config;

	if (!id || !safe_component(id))
		return;
	config = runtime_config_json(q, root, arena_printf(q->arena, "containers/%s/config.v2.json", id));
	runtime_labels(q, json_object_get(json_object_get(config, "Config"), "Labels"), kubelet,
		       &q->meta.pod_labels, &q->meta.n_pod_labels);
	json_decref(config);
}

static void fill(struct runtime_query *q, const char *root, const json_t *c)
{
	const json_t *state = json_object_get(c, "State"), *config = json_object_get(c, "Config");
	struct container_meta *m = &q->meta;
	const char *name = runtime_str(q, c, "Name", NULL);
	json_t *n = json_object_get(c, "RestartCount"), *host;

	runtime_annotations(q, json_object_get(config, "Labels"));
	m->n_labels = 0;
	runtime_labels(q, json_object_get(config, "Labels"), NULL, &m->labels, &m->n_labels);
	m->name = name && *name == '/' ? runtime_copy(q, name + 1) : name;
	m->type = "docker";
	m->image = runtime_str(q, config, "Image", NULL);
	m->image_id = runtime_digest(q, json_string_value(json_object_get(c, "Image")));
	if (m->image && runtime_digest(q, m->image)) {
		name = image_by_digest(q, root, runtime_str(q, c, "Driver", NULL), m->image_id);
		m->image = name ? name : m->image;
	}
	m->created = runtime_time(json_string_value(json_object_get(c, "Created")));
	m->started = runtime_time(json_string_value(json_object_get(state, "StartedAt")));
	m->health = runtime_str(q, state, "Health", "Status", NULL);
	if (m->health && !strcmp(m->health, "none"))
		m->health = NULL;
	if (json_is_integer(n) && json_integer_value(n) >= 0)
		m->restarts = (uint64_t)json_integer_value(n);
	m->ip = address(q, json_object_get(json_object_get(c, "NetworkSettings"), "Networks"));
	mounts(q, root, json_object_get(c, "MountPoints"));
	host = runtime_config_json(q, root, arena_printf(q->arena, "containers/%s/hostconfig.json", q->id));
	if (json_is_boolean(json_object_get(host, "Privileged")))
		m->privileged = json_is_true(json_object_get(host, "Privileged"));
	json_decref(host);
	pod_labels(q, root);
}

static int read_root(struct runtime_query *q, const char *root)
{
	json_t *c;
	int r = runtime_json(q, root, arena_printf(q->arena, "containers/%s/config.v2.json", q->id), &c);

	if (r < 0)
		return r;
	fill(q, root, c);
	json_decref(c);
	return 0;
}

int runtime_read_docker(struct runtime_query *q)
{
	static const char *(*const guesses[])(struct runtime_query * q) = {root_by_config, root_of_user,
									   root_by_task};
	int r = read_root(q, "/var/lib/docker");

	for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]) && r == -ENOENT; i++) {
		const char *root = guesses[i](q);

		if (root)
			r = read_root(q, root);
	}
	return r == -ENOENT ? read_root(q, "/var/snap/docker/common/var-lib-docker") : r;
}
