/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime_storage.c - reader of containers/storage, which Podman, Buildah and
 * CRI-O share: one list of all containers, and a bundle per container.
 */
#include "core/runtime_bolt.h"
#include "core/runtime_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

enum { PEOPLE_MAX = 64 };

static const char *const drivers[] = {"overlay", "vfs", "btrfs", "zfs", "aufs"};

/* The list as JSON, borrowed: from the slot if the file is the same. */
static int list_of(struct runtime_query *q, const char *root, const char *rel, json_t **ret, bool *ret_own)
{
	struct file_stamp stamp;
	int r = runtime_there(q, root) ? safe_stamp(q->sys_root, root, rel, &stamp) : -ENOENT;
	const char *path;

	if (r < 0)
		return -ENOENT;
	path = arena_printf(q->arena, "%s/%s", root, rel);
	if (q->lists && q->lists->path && !strcmp(q->lists->path, path) &&
	    stamp_equal(&q->lists->stamp, &stamp)) {
		if (q->n_files < RUNTIME_FILES)
			q->files[q->n_files++] = (struct runtime_file){arena_strdup(q->arena, root),
								       arena_strdup(q->arena, rel), stamp};
		*ret = q->lists->json;
		*ret_own = false;
		return 0;
	}
	r = runtime_json(q, root, rel, ret);
	*ret_own = !q->lists;
	if (r < 0 || !q->lists)
		return r;
	runtime_list_done(q->lists);
	*q->lists = (struct runtime_list){xstrdup(path), q->files[q->n_files - 1].stamp, *ret};
	return 0;
}

/* What Podman and CRI-O put into a string of the list. */
static void fill_metadata(struct runtime_query *q, const char *text)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;
	struct container_meta *m = &q->meta;
	const char *s;

	if (!m->image)
		m->image = runtime_str(q, json, "image-name", NULL);
	if (!m->image_id && (s = runtime_str(q, json, "image-id", NULL)))
		m->image_id = runtime_digest(q, s);
	if (!m->pod_name)
		m->pod_name = runtime_str(q, json, "pod-name", NULL); /* CRI-O only, and then "" for Podman */
	json_decref(json);
}

/* One list: the permanent one, or that of --rm containers. */
static int read_list(struct runtime_query *q, const char *root, const char *rel)
{
	json_t *list, *one;
	int r, found = -ENOENT;
	size_t i, n_files = q->n_files;
	bool own;

	r = list_of(q, root, rel, &list, &own);
	if (r < 0)
		return r;
	json_array_foreach(list, i, one)
	{
		const char *id = json_string_value(json_object_get(one, "id"));
		const char *image;

		if (!id || strcmp(id, q->id) != 0)
			continue;
		q->meta.name =
			runtime_copy(q, json_string_value(json_array_get(json_object_get(one, "names"), 0)));
		q->meta.created = runtime_time(json_string_value(json_object_get(one, "created")));
		image = json_string_value(json_object_get(one, "image"));
		q->meta.image_id = runtime_digest(q, image);
		fill_metadata(q, json_string_value(json_object_get(one, "metadata")));
		found = 0;
		break;
	}
	if (own)
		json_decref(list);
	if (found < 0)
		q->n_files = n_files; /* it says nothing about this one */
	return found;
}

/* userdata/config.json of the bundle, below the graph root (Podman) or the run root (CRI-O). */
static const char *bundle_of(struct runtime_query *q, const char *driver, const char *id)
{
	return arena_printf(q->arena, "%s-containers/%s/userdata/config.json", driver, id);
}

/* CRI-O: the labels of the pod are those of its sandbox, which lies beside the container. */
static void read_pod_labels(struct runtime_query *q, const char *root, const char *driver)
{
	static const char key[] = "io.kubernetes.cri-o.Labels";
	const char *sandbox = q->meta.sandbox;
	json_t *spec;

	if (q->meta.is_sandbox || !sandbox || !safe_component(sandbox))
		return;
	spec = runtime_config_json(q, root, bundle_of(q, driver, sandbox));
	runtime_pod_labels(q, json_string_value(json_object_get(json_object_get(spec, "annotations"), key)));
	json_decref(spec);
}

static int read_bundle(struct runtime_query *q, const char *root, const char *driver)
{
	json_t *spec;
	int r = runtime_json(q, root, bundle_of(q, driver, q->id), &spec);
	const char *manager;

	if (r < 0)
		return r;
	runtime_spec(q, spec);
	manager = json_string_value(
		json_object_get(json_object_get(spec, "annotations"), "io.container.manager"));
	q->meta.type = manager && !strcmp(manager, "cri-o") ? "cri-o" : "podman";
	json_decref(spec);
	read_pod_labels(q, root, driver);
	return 0;
}

/* ---- libpod's own database, up to Podman 4 (later ones are SQLite) ---- */

struct libpod {
	json_t *config, *state;
};

static void forget_libpod(void *userdata)
{
	struct libpod *l = userdata;

	json_decref(l->config);
	json_decref(l->state);
	*l = (struct libpod){0};
}

static void take_libpod(const char *key, size_t key_len, const char *value, size_t len, bool is_bucket,
			void *userdata)
{
	struct libpod *l = userdata;

	if (key_len == 6 && !memcmp(key, "config", 6) && !l->config)
		l->config = json_loadb(value, len, 0, NULL);
	else if (key_len == 5 && !memcmp(key, "state", 5) && !l->state)
		l->state = json_loadb(value, len, 0, NULL);
}

/* First address of any network; they are stored as "10.88.0.5/16". */
static const char *address(struct runtime_query *q, json_t *networks)
{
	const char *name, *interface;
	json_t *net, *one;

	json_object_foreach(networks, name, net)
	{
		json_object_foreach(json_object_get(net, "interfaces"), interface, one)
		{
			const char *ip = runtime_str(q, json_array_get(json_object_get(one, "subnets"), 0),
						     "ipnet", NULL);

			if (ip)
				return arena_strndup(q->arena, ip, strcspn(ip, "/"));
		}
	}
	return NULL;
}

/* What the last check said; the file comes with the first one. */
static void read_health(struct runtime_query *q, const char *run, const char *driver)
{
	char *rel = arena_printf(q->arena, "%s-containers/%s/healthcheck.log", driver, q->id);
	json_t *log;
	int r = runtime_json(q, run, rel, &log);

	if (r == 0) {
		q->meta.health = runtime_str(q, log, "Status", NULL);
		json_decref(log);
	} else if (r == -ENOENT && q->n_files < RUNTIME_FILES) {
		q->files[q->n_files++] = (struct runtime_file){arena_strdup(q->arena, run), rel, {0}};
	}
}

static void read_libpod(struct runtime_query *q, const char *graph, const char *run, const char *driver)
{
	static const char db[] = "libpod/bolt_state.db";
	const char *path[] = {"ctr", q->id};
	struct container_meta *m = &q->meta;
	struct libpod l = {0};
	struct file_stamp stamp = {0};
	int fd = safe_open(q->sys_root, graph, db);
	json_t *n;

	if (fd < 0) { /* of a later one the checks are known all the same */
		read_health(q, run, driver);
		return;
	}
	safe_stamp(q->sys_root, graph, db, &stamp);
	if (bolt_bucket(fd, path, 2, take_libpod, forget_libpod, &l) == 0) {
		runtime_labels(q, json_object_get(l.config, "labels"), NULL, &m->labels, &m->n_labels);
		m->started = runtime_time(json_string_value(json_object_get(l.state, "startedTime")));
		m->ip = address(q, json_object_get(l.state, "networkStatus"));
		n = json_object_get(l.state, "restartCount");
		m->restarts = json_integer_value(n) > 0 ? (uint64_t)json_integer_value(n) : 0;
	} else {
		stamp = (struct file_stamp){0}; /* somebody writes to it, or will soon: another time */
		q->partial = true;
	}
	if (q->n_files < RUNTIME_FILES)
		q->files[q->n_files++] = (struct runtime_file){arena_strdup(q->arena, graph),
							       arena_strdup(q->arena, db), stamp};
	if (json_is_object(json_object_get(l.config, "healthcheck")))
		read_health(q, run, driver);
	forget_libpod(&l);
	close(fd);
}

/* Most storages have one driver: the files of the others are not even looked for. */
static bool has_driver(struct runtime_query *q, const char *root, const char *driver)
{
	struct file_stamp stamp;

	return runtime_there(q, root) &&
	       safe_stamp(q->sys_root, root, arena_printf(q->arena, "%s-containers", driver), &stamp) == 0;
}

static int read_roots(struct runtime_query *q, const char *graph, const char *run)
{
	const char *driver = NULL;
	bool found = false;
	int broken = -ENOENT;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]) && !found; i++) {
		const char *lists[] = {
			arena_printf(q->arena, "%s-containers/containers.json", drivers[i]),
			arena_printf(q->arena, "%s-containers/volatile-containers.json", drivers[i])};
		const char *roots[] = {graph, run};

		if (!has_driver(q, graph, drivers[i]) && !has_driver(q, run, drivers[i]))
			continue;
		driver = drivers[i];
		/* Podman's own list has the name that people gave; the bundle of CRI-O has the pod's */
		for (size_t k = 0; k < 4; k++) {
			int r = found ? 0 : read_list(q, roots[k / 2], lists[k % 2]);

			found = found || r == 0;
			broken = r < 0 && r != -ENOENT ? r : broken;
		}
		if (!strncmp(q->type, "cri-o", 5)) /* "k8s_web_shop_default_<uid>_0" in the list */
			q->meta.name = NULL;
		for (size_t k = 0; k < 2; k++) {
			int r = read_bundle(q, roots[k], drivers[i]);

			if (r == 0) {
				found = true;
				break;
			}
			broken = r != -ENOENT ? r : broken;
		}
	}
	if (found && (!q->meta.type || !strcmp(q->meta.type, "podman")))
		read_libpod(q, graph, run, driver);
	return found ? 0 : broken;
}

static int read_user(struct runtime_query *q, long uid)
{
	const char *home = runtime_home(q, uid), *own, *run;

	if (!home)
		return -ENOENT;
	own = runtime_config_value(q, home, ".config/containers/storage.conf", "graphroot");
	run = runtime_config_value(q, home, ".config/containers/storage.conf", "runroot");
	return read_roots(q, own ? own : arena_printf(q->arena, "%s/.local/share/containers/storage", home),
			  run ? run : arena_printf(q->arena, "/run/user/%ld/containers", uid));
}

int runtime_read_storage(struct runtime_query *q)
{
	const char *graph = runtime_config_value(q, "/etc/containers", "storage.conf", "graphroot");
	const char *run = runtime_config_value(q, "/etc/containers", "storage.conf", "runroot");
	long uid = runtime_user(q), people[PEOPLE_MAX];
	int r = -ENOENT;

	if (uid > 0) /* a user's own: root's storage knows nothing of it */
		r = read_user(q, uid);
	if (r == -ENOENT)
		r = read_roots(q, graph ? graph : "/var/lib/containers/storage",
			       run ? run : "/run/containers/storage");
	if (r == -ENOENT && uid < 0 && !strcmp(q->type, "podman")) {
		/* rootless without systemd: the path does not say whose */
		size_t n = runtime_people(q, people, PEOPLE_MAX);

		for (size_t i = 0; i < n && r == -ENOENT; i++)
			r = read_user(q, people[i]);
	}
	return r;
}
