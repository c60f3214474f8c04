/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/procdetail.h"

#include <linux/magic.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/procfs.h"

enum { ENV_MAX = 4096, STATUS_MAX = 16384, CGROUPS_MAX = 4096, MOUNTS_MAX = 1 << 20 };

static uint64_t number_after(const char *text, const char *label, int base)
{
	const char *at = strstr(text, label);
	char *end;
	unsigned long long n;

	if (!at)
		return UNKNOWN_U64;
	at += strlen(label);
	n = strtoull(at, &end, base);
	return end == at ? UNKNOWN_U64 : n;
}

/* Directory of an overlay's upper layer in a line of mountinfo whose mount point is a prefix of the path. */
static bool upper_of(char *line, const char *path, size_t *best, char upper[static PATH_MAX])
{
	char point[PATH_MAX], *options = strstr(line, " - overlay "), *dir;
	size_t n;

	if (!options || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1)
		return false;
	n = strcmp(point, "/") == 0 ? 0 : strlen(point);
	if (n < *best || strncmp(path, point, n) != 0 || path[n] != '/')
		return false;
	dir = strstr(options, "upperdir=");
	if (!dir)
		return false;
	dir += strlen("upperdir=");
	snprintf(upper, PATH_MAX, "%.*s", (int)strcspn(dir, ", \n"), dir);
	*best = n;
	return true;
}

/* What a container wrote itself is in the upper layer. */
int procdetail_layer(const char *root, uint32_t pid, const char *path)
{
	char upper[PATH_MAX], file[2 * PATH_MAX], *mounts, *line, *rest;
	size_t best = 0;
	bool found = false;

	if (procfs_read(root, MOUNTS_MAX, &mounts, NULL, "%u/mountinfo", pid) < 0)
		return -1;
	for (rest = mounts; (line = strsep(&rest, "\n"));)
		found |= upper_of(line, path, &best, upper);
	free(mounts);
	if (!found)
		return -1;
	snprintf(file, sizeof(file), "%s%s", upper, path + best);
	return access(upper, F_OK) ? -1 : access(file, F_OK) == 0;
}

static void read_exe(struct process_detail *d, const char *root, uint32_t pid, const char *status)
{
	uint64_t uid = number_after(status, "\nUid:", 10), gid = number_after(status, "\nGid:", 10);
	char path[PATH_MAX], *link;
	struct statfs fs;
	struct stat st;

	snprintf(path, sizeof(path), "%s/%u/exe", root, pid);
	if (stat(path, &st) < 0)
		return;
	d->exe_ino = st.st_ino;
	d->exe_ctime = (uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec;
	d->exe_mtime = (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec;
	if (uid != UNKNOWN_U64)
		d->exe_writable = uid == 0           ? 1
				  : st.st_uid == uid ? !!(st.st_mode & S_IWUSR)
				  : st.st_gid == gid ? !!(st.st_mode & S_IWGRP)
						     : !!(st.st_mode & S_IWOTH);
	if (procfs_link(root, &link, "%u/exe", pid) < 0)
		return;
	d->exe_memfd = !strncmp(link, "/memfd:", 7);
	if (statfs(path, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC)
		d->exe_layer = (int8_t)procdetail_layer(root, pid, link);
	free(link);
}

static struct process_detail *pack(void *memory, const struct process_detail *d)
{
	struct process_detail *to = memory;
	char *text = (char *)(to + 1);

	*to = *d;
	if (d->env) {
		to->env = memcpy(text, d->env, d->env_len + 1);
		text += d->env_len + 1;
	}
	if (d->cgroups)
		to->cgroups = strcpy(text, d->cgroups);
	return to;
}

static size_t size_of(const struct process_detail *d)
{
	return sizeof(*d) + (d->env ? d->env_len + 1 : 0) + (d->cgroups ? strlen(d->cgroups) + 1 : 0);
}

struct process_detail *procdetail_read(const char *proc_root, uint32_t pid)
{
	struct process_detail d = {.exe_ino = UNKNOWN_U64,
				   .exe_ctime = UNKNOWN_U64,
				   .exe_mtime = UNKNOWN_U64,
				   .exe_writable = -1,
				   .exe_layer = -1},
			      *ret;
	char *status, *env = NULL, *cgroups = NULL;

	if (procfs_read(proc_root, STATUS_MAX, &status, NULL, "%u/status", pid) < 0)
		return NULL;
	d.cap_inheritable = number_after(status, "\nCapInh:", 16);
	d.cap_permitted = number_after(status, "\nCapPrm:", 16);
	d.cap_effective = number_after(status, "\nCapEff:", 16);
	read_exe(&d, proc_root, pid, status);
	free(status);
	if (procfs_read(proc_root, ENV_MAX, &env, &d.env_len, "%u/environ", pid) < 0)
		env = NULL;
	if (procfs_read(proc_root, CGROUPS_MAX, &cgroups, NULL, "%u/cgroup", pid) < 0)
		cgroups = NULL;
	d.env = env;
	d.cgroups = cgroups;
	ret = pack(xmalloc(size_of(&d)), &d);
	free(env);
	free(cgroups);
	return ret;
}

const struct process_detail *procdetail_copy(struct arena *arena, const struct process_detail *d)
{
	return d ? pack(arena_alloc(arena, size_of(d)), d) : NULL;
}
