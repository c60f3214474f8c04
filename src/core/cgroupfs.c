/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cgroupfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/procfs.h"

enum {
	MOUNTS_MAX = 32,
	/* remembered paths, and as many of before: of one that is gone nobody tells again */
	PATHS_MAX = 50000,
	WALK_MAX = 2 * PATHS_MAX,
	DEPTH_MAX = 64,
};

struct mount {
	char *controllers; /* as in /proc/PID/cgroup: "" = v2 */
	char *root;        /* which cgroup the mount shows: "/" unless we are in a container */
	char *dir;
	int hierarchy;
	bool walked; /* in this interval */
};

struct cgroupfs {
	struct mount mounts[MOUNTS_MAX]; /* in the order in which they are asked */
	size_t n_mounts;
	uint32_t v1;       /* bit per mount that can be the v1 hierarchy of task records */
	struct hash paths; /* {id, hierarchy} -> char * */
	struct hash older; /* what `paths` was before it was full */
	size_t found;      /* by the walk under way */
};

static struct hash_key key_of(int hierarchy, uint64_t id)
{
	return (struct hash_key){id, (uint64_t)hierarchy};
}

static bool drop(void *value, void *userdata)
{
	free(value);
	return false;
}

static void add_mount(struct cgroupfs *fs, const char *controllers, const char *root, const char *dir)
{
	for (size_t i = 0; i < fs->n_mounts; i++)
		if (!strcmp(fs->mounts[i].controllers, controllers))
			return; /* mounted twice */
	if (fs->n_mounts == MOUNTS_MAX)
		return;
	fs->mounts[fs->n_mounts++] = (struct mount){
		.controllers = xstrdup(controllers),
		.root = xstrdup(strcmp(root, "/") ? root : ""),
		.dir = xstrdup(dir),
		.hierarchy = -1,
	};
}

/* \040 and the like, in place */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + s[3] - '0');
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/* Super options of a v1 mount -> the name that /proc/PID/cgroup uses. */
static void controllers_of(char *options, struct buf *out)
{
	static const char *const others[] = {"rw",       "ro",   "xattr",   "clone_children",
					     "noprefix", "none", "seclabel"};
	char *save = NULL;

	for (char *o = strtok_r(options, ",", &save); o; o = strtok_r(NULL, ",", &save)) {
		bool other = !strncmp(o, "release_agent=", 14);

		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			other |= !strcmp(o, others[i]);
		if (other)
			continue;
		if (out->len)
			buf_addc(out, ',');
		buf_adds(out, o);
	}
}

static void read_mountinfo(struct cgroupfs *fs, const char *proc_root)
{
	char *text, *save = NULL;

	if (procfs_read(proc_root, 4 << 20, &text, NULL, "self/mountinfo") < 0)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *tail = strstr(line, " - cgroup"), *field[5], *rest = NULL, *f;
		struct buf controllers = {0};
		int n = 0;

		if (!tail)
			continue;
		*tail = '\0';
		tail += 9;
		while (n < 5 && (f = strtok_r(n ? NULL : line, " ", &rest)))
			field[n++] = f; /* id parent dev root dir */
		if (n < 5)
			continue;
		unescape(field[3]);
		unescape(field[4]);
		if (*tail == '2') {
			add_mount(fs, "", field[3], field[4]);
		} else if (*tail == ' ' && (f = strrchr(tail, ' '))) {
			controllers_of(f + 1, &controllers);
			add_mount(fs, buf_str(&controllers), field[3], field[4]);
		}
		buf_done(&controllers);
	}
	free(text);
}

static void read_layout(struct cgroupfs *fs, const char *cgroup_root)
{
	char *path = xasprintf("%s/cgroup.controllers", cgroup_root);
	struct dirent *e;
	DIR *d;

	if (access(path, F_OK) == 0) {
		add_mount(fs, "", "/", cgroup_root);
	} else if ((d = opendir(cgroup_root))) {
		while ((e = readdir(d))) {
			char *dir = xasprintf("%s/%s", cgroup_root, e->d_name);

			if (e->d_type != DT_DIR || e->d_name[0] == '.')
				;
			else if (!strcmp(e->d_name, "unified"))
				add_mount(fs, "", "/", dir);
			else if (!strcmp(e->d_name, "systemd"))
				add_mount(fs, "name=systemd", "/", dir);
			else
				add_mount(fs, e->d_name, "/", dir);
			free(dir);
		}
		closedir(d);
	}
	free(path);
}

static int by_rank(const void *a, const void *b)
{
	const struct mount *x = a, *y = b;
	int rx = container_rank(x->controllers), ry = container_rank(y->controllers);

	return rx != ry ? rx - ry : strcmp(x->controllers, y->controllers);
}

struct cgroupfs *cgroupfs_new(const char *proc_root, const char *cgroup_root)
{
	struct cgroupfs *fs = xcalloc(1, sizeof(*fs));
	struct cgroup_line lines[MOUNTS_MAX];
	size_t n = 0;
	char *text;

	if (cgroup_root)
		read_layout(fs, cgroup_root);
	else
		read_mountinfo(fs, proc_root);
	qsort(fs->mounts, fs->n_mounts, sizeof(fs->mounts[0]), by_rank);
	if (procfs_read(proc_root, 65536, &text, NULL, "self/cgroup") == 0)
		n = container_lines(text, lines, MOUNTS_MAX);
	else
		text = NULL;
	for (size_t i = 0; i < fs->n_mounts; i++) {
		struct mount *m = &fs->mounts[i];

		if (!*m->controllers) {
			m->hierarchy = 0;
			continue;
		}
		fs->v1 |= 1U << i;
		for (size_t k = 0; k < n; k++)
			if (!strcmp(lines[k].controllers, m->controllers))
				m->hierarchy = lines[k].hierarchy;
	}
	free(text);
	return fs;
}

struct cgroupfs *cgroupfs_free(struct cgroupfs *fs)
{
	if (!fs)
		return NULL;
	for (size_t i = 0; i < fs->n_mounts; i++) {
		free(fs->mounts[i].controllers);
		free(fs->mounts[i].root);
		free(fs->mounts[i].dir);
	}
	hash_sweep(&fs->paths, drop, NULL);
	hash_sweep(&fs->older, drop, NULL);
	hash_done(&fs->paths);
	hash_done(&fs->older);
	free(fs);
	return NULL;
}

static bool has_controller(const char *list, const char *controller)
{
	size_t len = strlen(controller);

	for (const char *at = strstr(list, controller); at; at = strstr(at + 1, controller))
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

void cgroupfs_set_v1(struct cgroupfs *fs, const char *controller)
{
	if (!controller)
		return;
	fs->v1 = 0;
	for (size_t i = 0; i < fs->n_mounts; i++)
		if (has_controller(fs->mounts[i].controllers, controller))
			fs->v1 |= 1U << i;
}

void cgroupfs_tick(struct cgroupfs *fs)
{
	for (size_t i = 0; i < fs->n_mounts; i++)
		fs->mounts[i].walked = false;
}

void cgroupfs_learn(struct cgroupfs *fs, int hierarchy, uint64_t id, const char *path)
{
	if (fs->paths.n >= PATHS_MAX) {
		hash_sweep(&fs->older, drop, NULL);
		hash_done(&fs->older);
		fs->older = fs->paths;
		fs->paths = (struct hash){0};
	}
	free(hash_put(&fs->paths, key_of(hierarchy, id), xstrdup(path)));
}

/* Learns every cgroup below the directory fd (which is taken over). */
static void walk(struct cgroupfs *fs, const struct mount *m, int fd, struct buf *path, int depth)
{
	size_t len = path->len;
	struct dirent *e;
	DIR *d = fdopendir(fd);

	if (!d) {
		close(fd);
		return;
	}
	while (fs->found < WALK_MAX && (e = readdir(d))) {
		int child;

		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		fs->found++;
		buf_addc(path, '/');
		buf_adds(path, e->d_name);
		cgroupfs_learn(fs, m->hierarchy, e->d_ino, path->data);
		child = depth < DEPTH_MAX
				? openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
				: -1;
		if (child >= 0)
			walk(fs, m, child, path, depth + 1);
		path->len = len;
		path->data[len] = '\0';
	}
	closedir(d);
}

static void walk_mount(struct cgroupfs *fs, struct mount *m)
{
	struct buf path = {0};
	struct stat st;
	int fd;

	m->walked = true;
	fs->found = 0;
	fd = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	buf_adds(&path, m->root);
	if (fstat(fd, &st) == 0)
		cgroupfs_learn(fs, m->hierarchy, st.st_ino, path.len ? path.data : "/");
	walk(fs, m, fd, &path, 0);
	buf_done(&path);
}

static const char *remembered(const struct cgroupfs *fs, struct hash_key key)
{
	const char *path = hash_get(&fs->paths, key);

	return path ? path : hash_get(&fs->older, key);
}

const char *cgroupfs_path(struct cgroupfs *fs, bool v1, uint64_t id)
{
	const char *path;

	for (size_t i = 0; id && i < fs->n_mounts; i++) {
		struct mount *m = &fs->mounts[i];

		if (v1 ? !(fs->v1 & 1U << i) : *m->controllers != '\0')
			continue;
		path = remembered(fs, key_of(m->hierarchy, id));
		if (!path && !m->walked) {
			walk_mount(fs, m);
			path = remembered(fs, key_of(m->hierarchy, id));
		}
		return path; /* several v1 candidates left: the first is the best guess */
	}
	return NULL;
}

char *cgroupfs_dir(const struct cgroupfs *fs, const char *controllers, const char *path, size_t len)
{
	for (size_t i = 0; i < fs->n_mounts; i++) {
		const struct mount *m = &fs->mounts[i];
		size_t root = strlen(m->root);

		if (strcmp(m->controllers, controllers) != 0)
			continue;
		if (len < root || strncmp(path, m->root, root) != 0 || (len > root && path[root] != '/'))
			return NULL;
		return xasprintf("%s%.*s", m->dir, (int)(len - root), path + root);
	}
	return NULL;
}

/* Inode of a cgroup's directory, 0 if there is none. */
static uint64_t id_of(const struct mount *m, const char *path)
{
	size_t len = strlen(m->root);
	struct stat st;
	uint64_t id = 0;
	char *full;

	if (strncmp(path, m->root, len) || (path[len] && path[len] != '/'))
		return 0;
	full = xasprintf("%s%s", m->dir, path + len);
	if (stat(full, &st) == 0)
		id = st.st_ino;
	free(full);
	return id;
}

int cgroupfs_verify(struct cgroupfs *fs, const struct cgroup_line *lines, size_t n, uint64_t v1, uint64_t v2)
{
	uint32_t checked = 0, same = 0;
	int verdict = 0;

	for (size_t i = 0; i < fs->n_mounts; i++) {
		const struct mount *m = &fs->mounts[i];
		bool unified = !*m->controllers;
		uint64_t id = 0;

		if (unified ? !v2 : !v1 || !(fs->v1 & 1U << i))
			continue;
		for (size_t k = 0; k < n && !id; k++)
			if (!strcmp(lines[k].controllers, m->controllers))
				id = id_of(m, lines[k].path);
		if (!id)
			continue;
		if (unified) {
			if (id != v2)
				return -1;
			verdict = 1;
		} else {
			checked |= 1U << i;
			same |= (uint32_t)(id == v1) << i;
		}
	}
	if (checked && !same)
		return -1;
	if (same) {
		fs->v1 &= same | ~checked;
		verdict = 1;
	}
	return verdict;
}
