/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"

static int openat2(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .resolve = resolve};
	long fd = -1;

	for (int tries = 0; fd < 0 && tries < 16; tries++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN) /* EAGAIN: a rename raced with the look-up */
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

/* Where a sandbox forbids openat2: component by component, without links of any kind. */
static int walk(int dir, const char *path, int flags)
{
	char name[NAME_MAX + 1];
	int fd = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), next;

	while (fd >= 0) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (!len)
			break;
		if (len > NAME_MAX || (len == 2 && !memcmp(path, "..", 2))) {
			close(fd);
			return len > NAME_MAX ? -ENAMETOOLONG : -EXDEV;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		path += len;
		next = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	if (fd < 0)
		return -errno;
	if (flags & O_DIRECTORY) {
		next = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	return fd < 0 ? -errno : fd;
}

/* O_PATH descriptor: nothing is opened for real until it is known what it is. */
static int open_path(const char *sys_root, const char *base, const char *rel, int flags)
{
	int root, dir, fd;

	base += strspn(base, "/");
	rel += strspn(rel, "/");
	root = open(*sys_root ? sys_root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	dir = openat2(root, *base ? base : ".", O_PATH | O_DIRECTORY | O_CLOEXEC,
		      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (dir == -ENOSYS || dir == -EPERM)
		dir = walk(root, base, O_DIRECTORY);
	close(root);
	if (dir < 0 || !*rel)
		return dir;
	fd = openat2(dir, rel, O_PATH | O_CLOEXEC | O_NOFOLLOW | (uint64_t)flags,
		     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (fd == -ENOSYS || fd == -EPERM)
		fd = walk(dir, rel, flags);
	close(dir);
	return fd;
}

/* A second descriptor of what an O_PATH one names. */
static int reopen(int fd, int flags)
{
	char path[40];
	int real;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	real = open(path, flags | O_CLOEXEC);
	return real < 0 ? -errno : real;
}

static struct file_stamp stamp_of(const struct stat *st)
{
	return (struct file_stamp){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec,
		.ctime_ns = (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec,
	};
}

int safe_opendir(const char *sys_root, const char *base, const char *rel)
{
	int fd = open_path(sys_root, base, rel, O_DIRECTORY), real;

	if (fd < 0)
		return fd;
	real = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (real < 0)
		real = -errno;
	close(fd);
	return real;
}

/* The file may grow or shrink while it is read: what counts is what comes. */
static int read_all(int fd, size_t expected, size_t max, char **ret, size_t *ret_len)
{
	size_t len = 0, cap = expected + 2;
	char *data = xmalloc(cap);
	ssize_t n;

	for (;;) {
		n = read(fd, data + len, cap - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len > max) {
			free(data);
			return -EFBIG;
		}
		if (len == cap - 1)
			data = xreallocarray(data, cap *= 2, 1);
	}
	if (n < 0) {
		free(data);
		return -EIO;
	}
	data[len] = '\0';
	*ret = data;
	*ret_len = len;
	return 0;
}

static int open_regular(const char *sys_root, const char *base, const char *rel, struct stat *ret)
{
	int path = open_path(sys_root, base, rel, 0), r;

	if (path < 0)
		return path;
	if (fstat(path, ret) < 0)
		r = -errno;
	else if (!S_ISREG(ret->st_mode))
		r = S_ISLNK(ret->st_mode) ? -ELOOP : -EINVAL;
	else
		r = reopen(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	close(path);
	return r;
}

int safe_open(const char *sys_root, const char *base, const char *rel)
{
	struct stat st;

	return open_regular(sys_root, base, rel, &st);
}

int safe_read(const char *sys_root, const char *base, const char *rel, size_t max, char **ret,
	      size_t *ret_len, struct file_stamp *ret_stamp)
{
	struct stat st;
	int fd = open_regular(sys_root, base, rel, &st), r;

	if (fd < 0)
		return fd;
	r = (uint64_t)st.st_size > max ? -EFBIG : read_all(fd, (size_t)st.st_size, max, ret, ret_len);
	close(fd);
	if (r == 0 && ret_stamp)
		*ret_stamp = stamp_of(&st);
	return r;
}

int safe_readlink(const char *sys_root, const char *base, const char *rel, char *ret, size_t size)
{
	int fd = open_path(sys_root, base, rel, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", ret, size - 1);
	if (n >= 0)
		ret[n] = '\0';
	else
		n = -errno;
	close(fd);
	return n < 0 ? (int)n : 0;
}

int safe_stamp(const char *sys_root, const char *base, const char *rel, struct file_stamp *ret)
{
	int fd = open_path(sys_root, base, rel, 0), r;
	struct stat st;

	if (fd < 0)
		return fd;
	r = fstat(fd, &st) < 0 ? -errno : 0;
	close(fd);
	if (r == 0)
		*ret = stamp_of(&st);
	return r;
}

/* The user or group that called sudo; root if nobody did. */
static unsigned long sudo_id(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long id = text && *text ? strtoul(text, &end, 10) : 0;

	return text && *text && !*end ? id : 0;
}

bool safe_trusted(int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return true;
	if (fstat(fd, &st) < 0)
		return false;
	if (!S_ISREG(st.st_mode))
		return true;
	if (st.st_uid != 0 && st.st_uid != sudo_id("SUDO_UID"))
		return false;
	if ((st.st_mode & S_IWGRP) && st.st_gid != 0 && st.st_gid != sudo_id("SUDO_GID"))
		return false;
	return !(st.st_mode & S_IWOTH);
}

bool safe_component(const char *s)
{
	return *s && !strchr(s, '/') && strcmp(s, ".") && strcmp(s, "..") && strlen(s) <= NAME_MAX;
}
