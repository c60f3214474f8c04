/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroupfs.h - the mounted cgroup hierarchies: from a cgroup's kernel id to its
 * path, and whether a path still belongs to the id that the kernel reported.
 *
 * A kernfs id is the inode number of the cgroup's directory. Ids are unique per
 * hierarchy only; which v1 hierarchy the kernel side reports is found out by
 * comparing (cgroupfs_verify), not assumed.
 */
#ifndef CTOP_CORE_CGROUPFS_H
#define CTOP_CORE_CGROUPFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/container.h"

struct cgroupfs;

/*
 * cgroup_root NULL: the mounts that proc_root/self/mountinfo lists. Else a
 * directory laid out like /sys/fs/cgroup: v2 itself, or one directory per v1
 * hierarchy plus "unified". Never fails; without mounts nothing is found.
 */
struct cgroupfs *cgroupfs_new(const char *proc_root, const char *cgroup_root);
struct cgroupfs *cgroupfs_free(struct cgroupfs *fs);

/*
 * Ids of v1 are of the hierarchy that has this controller; NULL: found out by cgroupfs_verify(), which can only
 * guess from processes that may move meanwhile.
 */
void cgroupfs_set_v1(struct cgroupfs *fs, const char *controller);

/* A new interval: directories may be walked again. */
void cgroupfs_tick(struct cgroupfs *fs);

/* The kernel told the path of a cgroup when it was made. hierarchy 0 = v2. */
void cgroupfs_learn(struct cgroupfs *fs, int hierarchy, uint64_t id, const char *path);

/*
 * Path by id: of the v2 hierarchy, or (v1) of the one the kernel side reports. From what was learned, else by
 * walking the mount, at most once an interval. NULL = not known. Lives until the next call that is not const.
 */
const char *cgroupfs_path(struct cgroupfs *fs, bool v1, uint64_t id);

/*
 * Whether the lines of a process's cgroup file belong to the ids that its task record had: the process may
 * have been moved in between. 1 = they do, 0 = cannot be told, -1 = they do not.
 */
int cgroupfs_verify(struct cgroupfs *fs, const struct cgroup_line *lines, size_t n, uint64_t v1, uint64_t v2);

/*
 * Directory of the first len bytes of a path in the hierarchy with these controllers (as in struct
 * cgroup_line); the caller frees it. NULL: not mounted, or not in what is mounted.
 */
char *cgroupfs_dir(const struct cgroupfs *fs, const char *controllers, const char *path, size_t len);

#endif
