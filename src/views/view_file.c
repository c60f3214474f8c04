/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_file.c - views from files and from the directories where people keep
 * their own. Reads; what is in a text is view_load.c's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/safefile.h"
#include "views/view_files.h"
#include "views/view_priv.h"

enum { MAX_FILE = 1 << 20, MAX_FILES = 256 };

static int file_error(struct views_error *err, const char *path, const char *what, int error)
{
	if (err) {
		*err = (struct views_error){0};
		snprintf(err->file, sizeof(err->file), "%s", path);
		snprintf(err->message, sizeof(err->message), "%s: %s", what, strerror(error));
	}
	return -error;
}

/* Up to one byte more than a text may have: the loader says that it is too large. *ret_owner: whose file it
 * is. */
static int read_text(const char *path, struct buf *ret, uid_t *ret_owner, struct views_error *err)
{
	struct stat st = {0};
	/* not to wait for somebody to write into a pipe */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = 0;
	char chunk[4096];
	ssize_t n = 0;

	if (fd < 0)
		return file_error(err, path, "cannot read", errno);
	if (!safe_trusted(fd))
		r = file_error(err, path,
			       "others can write it, so root does not read it (chown root, chmod go-w)",
			       EPERM);
	if (!r && fstat(fd, &st) < 0)
		r = file_error(err, path, "cannot read", errno);
	*ret_owner = st.st_uid;
	while (!r && ret->len <= MAX_FILE && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(ret, chunk, (size_t)n);
	if (!r && n < 0)
		r = file_error(err, path, "cannot read", errno);
	close(fd);
	return r;
}

int views_load_file(struct views **views, const char *path, struct views_error *err)
{
	struct buf b = {0};
	uid_t owner;
	int r = read_text(path, &b, &owner, err);

	if (!r)
		r = views_load_text(views, path, buf_str(&b), b.len, err);
	buf_done(&b);
	return r;
}

/*
 * What lies in a directory is read whether somebody thinks of it or not. So that whoever can write a file of
 * who called sudo does not become root by it, only root's files there have actions that run as root.
 */
static int load_found(struct views **views, const char *path, struct views_error *err)
{
	struct buf b = {0};
	uid_t owner = (uid_t)-1;
	int r = read_text(path, &b, &owner, err);

	if (!r)
		r = views_load_owned(views, path, buf_str(&b), b.len, geteuid() != 0 || owner == 0, err);
	buf_done(&b);
	return r;
}

size_t views_check_file(const struct views *base, const char *path, views_report_fn fn, void *userdata)
{
	struct views_error err;
	struct buf b = {0};
	uid_t owner;
	size_t n = 1;

	if (read_text(path, &b, &owner, &err))
		fn(&err, userdata);
	else
		n = views_check_text(base, path, buf_str(&b), b.len, fn, userdata);
	buf_done(&b);
	return n;
}

/* ---- directories ---- */

/* Home of who called sudo, out of the file: no name service is asked. NULL if that is nobody. */
static char *sudo_home(void)
{
	const char *text = getuid() == 0 ? getenv("SUDO_UID") : NULL;
	struct passwd *pw;
	char *home = NULL, *end;
	unsigned long uid;
	FILE *f;

	if (!text || !*text)
		return NULL;
	uid = strtoul(text, &end, 10);
	f = *end ? NULL : fopen("/etc/passwd", "re");
	if (!f)
		return NULL;
	while (!home && (pw = fgetpwent(f)))
		if (pw->pw_uid == uid && *pw->pw_dir == '/')
			home = xstrdup(pw->pw_dir);
	fclose(f);
	return home;
}

void view_dirs_init(struct view_dirs *d)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *own = getenv("HOME");
	char *home = sudo_home();

	*d = (struct view_dirs){.fd = -1, .wd = {-1, -1}};
	d->paths[d->n++] = xstrdup("/etc/ctop-trace/views.d");
	if (xdg && *xdg == '/')
		d->paths[d->n++] = xasprintf("%s/ctop-trace/views.d", xdg);
	else if (home || (own && *own == '/'))
		d->paths[d->n++] = xasprintf("%s/.config/ctop-trace/views.d", home ? home : own);
	free(home);
}

void view_dirs_done(struct view_dirs *d)
{
	if (d->fd >= 0)
		close(d->fd);
	for (size_t i = 0; i < d->n; i++)
		free(d->paths[i]);
	*d = (struct view_dirs){.fd = -1};
}

static int is_json(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && !strcmp(e->d_name + n - 5, ".json");
}

/* Whoever can write the directory can put a file of root's there. */
static bool dir_trusted(const char *path)
{
	const char *sudo = getenv("SUDO_UID");
	struct stat st;

	if (geteuid() != 0)
		return true;
	if (stat(path, &st) < 0)
		return false;
	if (st.st_uid != 0 && (!sudo || st.st_uid != strtoul(sudo, NULL, 10)))
		return false;
	return !(st.st_mode & S_IWOTH) && (!(st.st_mode & S_IWGRP) || st.st_gid == 0);
}

void view_dirs_load(const struct view_dirs *d, struct views **views, views_report_fn fn, void *userdata)
{
	for (size_t i = 0; i < d->n; i++) {
		struct dirent **names;
		struct views_error err;
		int n = scandir(d->paths[i], &names, is_json, alphasort);

		if (n < 0)
			continue;
		for (int k = 0; k < n; k++) {
			char *path = xasprintf("%s/%s", d->paths[i], names[k]->d_name);
			int r = !dir_trusted(d->paths[i])
					? file_error(
						  &err, path,
						  "others can write its directory, so root does not read it",
						  EPERM)
				: k >= MAX_FILES ? file_error(&err, path, "too many files", E2BIG)
						 : load_found(views, path, &err);

			if (r)
				fn(&err, userdata);
			free(path);
			free(names[k]);
		}
		free(names);
	}
}

enum {
	WATCH_DIR = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF,
	WATCH_PARENT = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF,
};

/* Watches the directory or, as long as there is none, the nearest one above it that is there. */
static int watch_nearest(int fd, const char *path, bool *ret_itself)
{
	char *at = xstrdup(path), *slash;
	int wd = inotify_add_watch(fd, at, WATCH_DIR | IN_ONLYDIR);

	*ret_itself = wd >= 0;
	while (wd < 0 && (slash = strrchr(at, '/'))) {
		slash[slash == at] = '\0';
		wd = inotify_add_watch(fd, at, WATCH_PARENT | IN_ONLYDIR);
		if (!at[1])
			break;
	}
	free(at);
	return wd;
}

/* true if a directory has come or gone. */
static bool watch_again(struct view_dirs *d)
{
	bool changed = false;

	for (size_t i = 0; i < d->n; i++) {
		bool itself;
		int wd, last = -1, old = d->wd[i];

		/* what is made between the two calls of a walk up is found by the next walk */
		for (int tries = 0; (wd = watch_nearest(d->fd, d->paths[i], &itself)) != last && tries < 16;
		     tries++)
			last = wd;
		changed |= wd != old && (itself || d->there[i]);
		d->wd[i] = wd;
		d->there[i] = itself;
		if (old >= 0 && old != wd && d->wd[!i] != old)
			inotify_rm_watch(d->fd, old);
	}
	return changed;
}

int view_dirs_watch(struct view_dirs *d)
{
	if (d->fd >= 0)
		return d->fd;
	d->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (d->fd >= 0)
		watch_again(d);
	return d->fd;
}

/* A file of ours; editors write others beside it, and the directories above are full of them. */
static bool is_ours(const struct view_dirs *d, const struct inotify_event *e)
{
	size_t len = e->len ? strlen(e->name) : 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->there[i] && d->wd[i] == e->wd)
			return len > 5 && e->name[0] != '.' && !strcmp(e->name + len - 5, ".json");
	return false;
}

bool view_dirs_changed(struct view_dirs *d)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t n;

	while (d->fd >= 0 && (n = read(d->fd, events, sizeof(events))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(events + at);

			changed |= (e->mask & IN_Q_OVERFLOW) || is_ours(d, e);
			for (size_t i = 0; i < d->n && e->mask & IN_IGNORED; i++)
				if (d->wd[i] == e->wd) /* the kernel has ended it */
					d->wd[i] = -1;
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	}
	if (d->fd >= 0)
		changed |= watch_again(d);
	return changed;
}
