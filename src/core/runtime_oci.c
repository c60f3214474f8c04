/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime_oci.c - readers of OCI bundles and of the state of those who run
 * them: containerd's tasks, runc, crun. The image's name is where the engine
 * above wrote it: in annotations.
 */
#include "core/runtime_bolt.h"
#include "core/runtime_read.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMESPACES_MAX = 64 };

/* ---- annotations ---- */

/* Annotation -> string of the meta. The first one that is there wins. */
static const struct {
	const char *key;
	size_t offset;
} plain[] = {
	{"io.kubernetes.cri.container-name", offsetof(struct container_meta, pod_container)},
	{"io.kubernetes.container.name", offsetof(struct container_meta, pod_container)},
	{"io.kubernetes.cri.sandbox-name", offsetof(struct container_meta, pod_name)},
	{"io.kubernetes.pod.name", offsetof(struct container_meta, pod_name)},
	{"io.kubernetes.cri-o.KubeName", offsetof(struct container_meta, pod_name)},
	{"io.kubernetes.cri.sandbox-namespace", offsetof(struct container_meta, pod_ns)},
	{"io.kubernetes.pod.namespace", offsetof(struct container_meta, pod_ns)},
	{"io.kubernetes.cri-o.Namespace", offsetof(struct container_meta, pod_ns)},
	{"io.kubernetes.cri.sandbox-uid", offsetof(struct container_meta, pod_uid)},
	{"io.kubernetes.pod.uid", offsetof(struct container_meta, pod_uid)},
	{"io.kubernetes.cri.sandbox-id", offsetof(struct container_meta, sandbox)},
	{"io.kubernetes.cri-o.SandboxID", offsetof(struct container_meta, sandbox)},
	{"io.kubernetes.sandbox.id", offsetof(struct container_meta, sandbox)},
	{"io.kubernetes.cri.image-name", offsetof(struct container_meta, image)},
	{"io.kubernetes.cri-o.ImageName", offsetof(struct container_meta, image)},
	{"io.kubernetes.cri-o.IP.0", offsetof(struct container_meta, ip)},
	{"nerdctl/name", offsetof(struct container_meta, name)},
};

/* What engines note for themselves is no label. */
static const char *const no_labels[] = {
	"io.kubernetes.cri",
	"io.podman.",
	"io.container.manager",
	"nerdctl/",
	"bundle",
	"org.systemd.property",
	"org.opencontainers.image.stopSignal",
	NULL,
};

static const char *annotation(const json_t *annotations, const char *key)
{
	return json_string_value(json_object_get(annotations, key));
}

void runtime_pod_labels(struct runtime_query *q, const char *text)
{
	static const char *const kubelet[] = {"io.kubernetes.", NULL};
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	runtime_labels(q, json, kubelet, &q->meta.pod_labels, &q->meta.n_pod_labels);
	json_decref(json);
}

static void labels_in_string(struct runtime_query *q, const char *text)
{
	struct container_meta *m = &q->meta;
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	runtime_labels(q, json, NULL, &m->labels, &m->n_labels);
	json_decref(json);
	if (m->is_sandbox)
		runtime_pod_labels(q, text);
}

void runtime_annotations(struct runtime_query *q, const json_t *a)
{
	struct container_meta *m = &q->meta;
	const char *s;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		const char **to = (const char **)((char *)m + plain[i].offset);

		if (!*to)
			*to = runtime_copy(q, annotation(a, plain[i].key));
	}
	s = annotation(a, "io.kubernetes.cri.container-type");
	s = s ? s : annotation(a, "io.kubernetes.cri-o.ContainerType");
	s = s ? s : annotation(a, "io.kubernetes.docker.type");
	m->is_sandbox = s && (!strcmp(s, "sandbox") || !strcmp(s, "podsandbox"));
	if (m->is_sandbox)
		m->pod_container = "POD";
	if (!m->name)
		m->name = m->pod_container;
	if (!m->image_id)
		m->image_id = runtime_digest(q, annotation(a, "io.kubernetes.cri-o.ImageRef"));
	if (m->created == UNKNOWN_U64)
		m->created = runtime_time(annotation(a, "io.kubernetes.cri-o.Created"));
	if ((s = annotation(a, "io.kubernetes.container.restartCount")))
		m->restarts = strtoull(s, NULL, 10);
	if ((s = annotation(a, "io.podman.annotations.privileged")) ||
	    (s = annotation(a, "io.kubernetes.cri-o.PrivilegedRuntime")))
		m->privileged = !strcasecmp(s, "true");
	runtime_labels(q, a, no_labels, &m->labels, &m->n_labels);
	labels_in_string(q, annotation(a, "io.kubernetes.cri-o.Labels"));
}

/* ---- the rest of config.json ---- */

/* Mounts that show a part of the host; /proc, /dev and the like are in every container. */
static void mounts(struct runtime_query *q, const json_t *list)
{
	const char **to = arena_array(q->arena, META_LIST_MAX, sizeof(*to));
	size_t n = 0, i, k;
	json_t *mount, *option;

	json_array_foreach(list, i, mount)
	{
		const char *type = json_string_value(json_object_get(mount, "type"));
		const char *from = json_string_value(json_object_get(mount, "source"));
		const char *at = json_string_value(json_object_get(mount, "destination")), *spread = "";
		bool bind = type && !strcmp(type, "bind"), ro = false;

		json_array_foreach(json_object_get(mount, "options"), k, option)
		{
			const char *o = json_string_value(option);

			if (!o)
				continue;
			bind |= !strcmp(o, "bind") || !strcmp(o, "rbind");
			ro |= !strcmp(o, "ro");
			if (strstr(o, "private") || strstr(o, "shared") || strstr(o, "slave"))
				spread = o;
		}
		if (bind && from && at && *from == '/' && n < META_LIST_MAX)
			to[n++] = arena_printf(q->arena, "%.*s:%.*s::%s:%.20s", META_TEXT_MAX / 2, from,
					       META_TEXT_MAX / 2, at, ro ? "false" : "true", spread);
	}
	q->meta.mounts = to;
	q->meta.n_mounts = n;
}

/* As engines do for --privileged: all devices and, with all the others, CAP_SYS_ADMIN. */
static void privileges(struct runtime_query *q, const json_t *spec)
{
	const json_t *caps = json_object_get(json_object_get(spec, "process"), "capabilities");
	const json_t *linux_ = json_object_get(spec, "linux");
	bool admin = false, devices = false;
	json_t *one;
	size_t i;

	if (!caps || !linux_ || q->meta.privileged >= 0)
		return;
	json_array_foreach(json_object_get(caps, "bounding"), i, one) admin |=
		json_is_string(one) && !strcmp(json_string_value(one), "CAP_SYS_ADMIN");
	json_array_foreach(json_object_get(json_object_get(linux_, "resources"), "devices"), i, one)
		devices |= json_is_true(json_object_get(one, "allow")) && !json_object_get(one, "major");
	q->meta.privileged = admin && devices;
}

void runtime_spec(struct runtime_query *q, const json_t *spec)
{
	runtime_annotations(q, json_object_get(spec, "annotations"));
	mounts(q, json_object_get(spec, "mounts"));
	privileges(q, spec);
}

/* ---- containerd ---- */

struct container_row {
	struct runtime_query *q;
	const char *image;
	json_t *labels;
};

static void take_image(const char *key, size_t key_len, const char *value, size_t len, bool is_bucket,
		       void *userdata)
{
	struct container_row *row = userdata;

	if (key_len == 5 && !memcmp(key, "image", 5) && len && len < META_TEXT_MAX)
		row->image = arena_strndup(row->q->arena, value, len);
}

static void take_label(const char *key, size_t key_len, const char *value, size_t len, bool is_bucket,
		       void *userdata)
{
	struct container_row *row = userdata;

	if (key_len < META_TEXT_MAX && len < META_TEXT_MAX && json_object_size(row->labels) < META_LIST_MAX)
		json_object_setn_new(row->labels, key, key_len, json_stringn(value, len));
}

static void forget_row(void *userdata)
{
	struct container_row *row = userdata;

	row->image = NULL;
	json_object_clear(row->labels);
}

/* Where the database is: the task's "work" leads below it, wherever that was configured. */
static const char *database(struct runtime_query *q, const char *state, const char *ns)
{
	const char *tail = arena_printf(q->arena, "/io.containerd.runtime.v2.task/%s/%s", ns, q->id);
	size_t end = strlen(tail), n;
	char work[4096];

	if (safe_readlink(q->sys_root, state, arena_printf(q->arena, "%s/%s/work", ns, q->id), work,
			  sizeof(work)) < 0)
		return "/var/lib/containerd/io.containerd.metadata.v1.bolt";
	n = strlen(work);
	if (*work != '/' || n <= end || strcmp(work + n - end, tail) != 0)
		return NULL;
	return arena_printf(q->arena, "%.*s/io.containerd.metadata.v1.bolt", (int)(n - end), work);
}

/* Image and labels of a container are nowhere else; those of a pod's sandbox are the pod's. */
static void read_database(struct runtime_query *q, const char *state, const char *ns)
{
	static const char *const engine[] = {"io.cri-containerd.", "io.containerd.", "containerd.io/", NULL};
	static const char *const kubelet[] = {"io.cri-containerd.", "io.kubernetes.", "io.containerd.",
					      "containerd.io/", NULL};
	struct container_meta *m = &q->meta;
	const char *base = database(q, state, ns), *own[] = {"v1", ns, "containers", q->id, "labels"};
	const char *sandbox = m->is_sandbox ? q->id : m->sandbox;
	const char *pod[] = {"v1", ns, "containers", sandbox, "labels"};
	struct container_row row = {q, NULL, json_object()};
	int fd = base ? safe_open(q->sys_root, base, "meta.db") : -1;

	if (fd >= 0 && bolt_bucket(fd, own, 4, take_image, forget_row, &row) == 0 && row.image && !m->image)
		m->image = row.image;
	if (fd >= 0 && bolt_bucket(fd, own, 5, take_label, forget_row, &row) == 0 &&
	    json_object_size(row.labels))
		runtime_labels(q, row.labels, engine, &m->labels, &m->n_labels);
	json_object_clear(row.labels);
	if (fd >= 0 && sandbox && bolt_bucket(fd, pod, 5, take_label, forget_row, &row) == 0)
		runtime_labels(q, row.labels, kubelet, &m->pod_labels, &m->n_pod_labels);
	json_decref(row.labels);
	if (fd >= 0)
		close(fd);
}

static int read_task(struct runtime_query *q, const char *state, const char *ns)
{
	const char *rel = arena_printf(q->arena, "%s/%s/config.json", ns, q->id);
	json_t *spec;
	int r = runtime_json(q, state, rel, &spec);

	if (r < 0)
		return r;
	runtime_spec(q, spec);
	json_decref(spec);
	/* bundles are unpacked when the task is made */
	if (q->meta.created == UNKNOWN_U64 && q->n_files)
		q->meta.created = q->files[q->n_files - 1].stamp.mtime_ns;
	q->meta.type = !strcmp(ns, "moby") ? "docker" : "containerd";
	q->meta.runtime_ns = arena_strndup(q->arena, ns, strlen(ns));
	read_database(q, state, ns);
	return 0;
}

/* "/namespace/id" of ctr and nerdctl says where; Kubernetes has its own. */
static const char *namespace_of(struct runtime_query *q)
{
	const char *path = q->cgroup ? q->cgroup + strspn(q->cgroup, "/") : "";
	size_t n = strcspn(path, "/");
	const char *ns = arena_strndup(q->arena, path, n);

	if (!path[n] || strcmp(path + n + 1, q->id) != 0 || !safe_component(ns))
		return "k8s.io";
	return ns;
}

static int read_tasks(struct runtime_query *q, const char *state)
{
	const char *likely = namespace_of(q);
	int r = read_task(q, state, likely), fd;
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	if (r != -ENOENT || !runtime_there(q, state))
		return r;
	fd = safe_opendir(q->sys_root, state, "");
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d && fd >= 0)
		close(fd);
	while (d && r == -ENOENT && n++ < NAMESPACES_MAX && (e = readdir(d)))
		if (safe_component(e->d_name) && strcmp(e->d_name, likely) != 0)
			r = read_task(q, state, e->d_name);
	if (d)
		closedir(d);
	return r;
}

int runtime_read_containerd(struct runtime_query *q)
{
	static const char tasks[] = "io.containerd.runtime.v2.task";
	const char *states[] = {runtime_config_value(q, "etc/containerd", "config.toml", "state"),
				"/run/containerd", "/run/k3s/containerd",
				"/var/snap/microk8s/common/run/containerd", "/run/docker/containerd/daemon"};
	int r = -ENOENT;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]) && r == -ENOENT; i++)
		if (states[i])
			r = read_tasks(q, arena_printf(q->arena, "%s/%s", states[i], tasks));
	return r;
}

/* ---- runc and crun by hand ---- */

/* runc keeps annotations as "key=value" among the labels. */
static void annotations_in_list(struct runtime_query *q, const json_t *list)
{
	json_t *object = json_object(), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *s = json_string_value(one), *eq = s ? strchr(s, '=') : NULL;

		if (eq)
			json_object_set_new(object, arena_strndup(q->arena, s, (size_t)(eq - s)),
					    json_string(eq + 1));
	}
	runtime_annotations(q, object);
	json_decref(object);
}

static int read_runc_state(struct runtime_query *q, const char *base)
{
	json_t *state, *config;
	int r = runtime_json(q, base, arena_printf(q->arena, "%s/state.json", q->id), &state);

	if (r < 0)
		return r;
	config = json_object_get(state, "config");
	annotations_in_list(q, json_object_get(config, "labels"));
	q->meta.created = runtime_time(json_string_value(json_object_get(state, "created")));
	q->meta.type = "runc";
	json_decref(state);
	return 0;
}

static int read_crun_state(struct runtime_query *q, const char *base)
{
	json_t *status, *spec;
	int r = runtime_json(q, base, arena_printf(q->arena, "%s/status", q->id), &status);

	if (r < 0)
		return r;
	if (runtime_json(q, base, arena_printf(q->arena, "%s/config.json", q->id), &spec) == 0) {
		runtime_spec(q, spec);
		json_decref(spec);
	}
	q->meta.created = runtime_time(json_string_value(json_object_get(status, "created")));
	q->meta.type = "crun";
	json_decref(status);
	return 0;
}

/* Root's directory, then the user's own. */
static int read_state(struct runtime_query *q, const char *runtime,
		      int (*fn)(struct runtime_query *q, const char *base))
{
	int r = fn(q, arena_printf(q->arena, "/run/%s", runtime));
	long uid = runtime_user(q);

	if (r == -ENOENT && uid >= 0)
		r = fn(q, arena_printf(q->arena, "/run/user/%ld/%s", uid, runtime));
	if (r == 0 && !q->meta.name)
		q->meta.name = runtime_copy(q, q->id); /* who starts it names it by its id */
	return r;
}

int runtime_read_runc(struct runtime_query *q)
{
	return read_state(q, "runc", read_runc_state);
}

int runtime_read_crun(struct runtime_query *q)
{
	return read_state(q, "crun", read_crun_state);
}
