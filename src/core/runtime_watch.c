/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/runtime_watch.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/safefile.h"

enum { WATCHES_MAX = 64 };

/* Directories with one directory a container, or (nested) one a namespace with those. */
static const struct place {
	const char *base, *type;
	bool nested;
} places[] = {
	{"/var/lib/docker/containers", "docker", false},
	{"/run/containerd/io.containerd.runtime.v2.task", "containerd", true},
	{"/run/k3s/containerd/io.containerd.runtime.v2.task", "containerd", true},
	{"/var/lib/containers/storage/overlay-containers", "podman", false},
	{"/var/lib/containers/storage/vfs-containers", "podman", false},
	{"/run/containers/storage/overlay-containers", "cri-o", false},
	{"/run/runc", "runc", false},
	{"/run/crun", "crun", false},
};

const char *runtime_place(size_t n, const char **ret_type)
{
	if (n >= sizeof(places) / sizeof(*places))
		return NULL;
	*ret_type = places[n].type;
	return places[n].base;
}

struct watched {
	int wd;
	size_t place;
	char *ns; /* NULL = the place itself */
};

struct runtime_watch {
	char *sys_root;
	int fd;
	struct watched watched[WATCHES_MAX];
	size_t n;
};

static bool is_watched(const struct runtime_watch *w, size_t place, const char *ns)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->watched[i].place == place &&
		    (ns ? w->watched[i].ns && !strcmp(ns, w->watched[i].ns) : !w->watched[i].ns))
			return true;
	return false;
}

/* Docker's tasks are in a namespace of containerd. */
static const char *type_of(size_t place, const char *ns)
{
	return ns && !strcmp(ns, "moby") ? "docker" : places[place].type;
}

/* By descriptor, so that the directory is the one that safe_opendir() checked. */
static int watch_dir(struct runtime_watch *w, size_t place, const char *ns)
{
	int dir = safe_opendir(w->sys_root, places[place].base, ns ? ns : ""), wd;
	char path[40];

	if (dir < 0)
		return dir;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	wd = inotify_add_watch(w->fd, path, IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR);
	if (wd >= 0)
		w->watched[w->n++] = (struct watched){wd, place, ns ? xstrdup(ns) : NULL};
	close(dir);
	return wd;
}

static bool watch_namespaces(struct runtime_watch *w, size_t place)
{
	int fd = safe_opendir(w->sys_root, places[place].base, "");
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	bool added = false;

	if (!d && fd >= 0)
		close(fd);
	while (d && w->n < WATCHES_MAX && (e = readdir(d)))
		if (safe_component(e->d_name) && e->d_type == DT_DIR && !is_watched(w, place, e->d_name))
			added |= watch_dir(w, place, e->d_name) >= 0;
	if (d)
		closedir(d);
	return added;
}

bool runtime_watch_refresh(struct runtime_watch *w)
{
	bool added = false;

	for (size_t i = 0; w && i < sizeof(places) / sizeof(places[0]); i++) {
		if (w->n < WATCHES_MAX && !is_watched(w, i, NULL))
			added |= watch_dir(w, i, NULL) >= 0;
		if (is_watched(w, i, NULL) && places[i].nested)
			added |= watch_namespaces(w, i);
	}
	return added;
}

struct runtime_watch *runtime_watch_new(const char *sys_root)
{
	struct runtime_watch *w;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->sys_root = xstrdup(sys_root);
	w->fd = fd;
	runtime_watch_refresh(w);
	return w;
}

struct runtime_watch *runtime_watch_free(struct runtime_watch *w)
{
	if (!w)
		return NULL;
	close(w->fd);
	for (size_t i = 0; i < w->n; i++)
		free(w->watched[i].ns);
	free(w->sys_root);
	free(w);
	return NULL;
}

int runtime_watch_fd(const struct runtime_watch *w)
{
	return w ? w->fd : -1;
}

static void forget(struct runtime_watch *w, size_t i)
{
	free(w->watched[i].ns);
	w->watched[i] = w->watched[--w->n];
}

/* A namespace is new: containers may be in it before it is watched. */
static void new_namespace(struct runtime_watch *w, size_t place, const char *ns, runtime_watch_fn fn,
			  void *userdata)
{
	struct dirent *e;
	int fd;
	DIR *d;

	if (w->n == WATCHES_MAX || is_watched(w, place, ns) || watch_dir(w, place, ns) < 0)
		return;
	fd = safe_opendir(w->sys_root, places[place].base, ns);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d && fd >= 0)
		close(fd);
	while (d && (e = readdir(d)))
		if (safe_component(e->d_name))
			fn(type_of(place, ns), e->d_name, userdata);
	if (d)
		closedir(d);
}

static void tell(struct runtime_watch *w, const struct inotify_event *ev, runtime_watch_fn fn, void *userdata)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct watched *one = &w->watched[i];

		if (one->wd != ev->wd)
			continue;
		if (ev->mask & IN_IGNORED)
			forget(w, i);
		else if (!ev->len || !safe_component(ev->name))
			;
		else if (places[one->place].nested && !one->ns)
			new_namespace(w, one->place, ev->name, fn, userdata);
		else if (ev->mask & IN_ISDIR)
			fn(type_of(one->place, one->ns), ev->name, userdata);
		return;
	}
}

void runtime_watch_read(struct runtime_watch *w, runtime_watch_fn fn, void *userdata)
{
	char data[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	while (w && (n = read(w->fd, data, sizeof(data))) > 0) {
		for (char *p = data; p < data + n;) {
			const struct inotify_event *ev = (const struct inotify_event *)(void *)p;

			tell(w, ev, fn, userdata);
			p += sizeof(*ev) + ev->len;
		}
	}
}
