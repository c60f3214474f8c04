/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mounts.h - what /proc/PID/mountinfo says, and where a path of a container is
 * on the host: the host's mount of the same file system that shows the same
 * directory. Pure: parses text that others have read.
 */
#ifndef CTOP_CORE_MOUNTS_H
#define CTOP_CORE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

enum { MOUNTS_MAX = 20000, MOUNTS_FILE_MAX = 8 << 20 };

struct mount {
	uint32_t major, minor;
	const char *root;    /* of the file system that is mounted: "/", or what a bind mount shows */
	const char *point;   /* where */
	const char *options; /* "rw,nosuid" */
	const char *type;    /* ext4, overlay, ... */
	const char *source;  /* as mount(8) was told */
	const char *super;   /* options of the file system: upperdir=... */
};

struct mounts {
	struct mount *items; /* in the order of the file: later ones cover earlier ones at the same place */
	size_t n;
};

/* All in the arena. Lines that are none of mountinfo's are left out. */
void mounts_parse(const char *text, struct arena *arena, struct mounts *ret);

/* The mount that a path is on: the longest mount point that leads to it, the last one of equals. NULL: none.
 */
const struct mount *mounts_find(const struct mounts *m, const char *path);

/*
 * Where the host sees a path of a container that is on mount `m`: through one of the host's own mounts, else
 * in the upper directory of an overlay, which has what the container wrote. NULL = nowhere. In the arena.
 */
const char *mounts_host_path(const struct mounts *host, const struct mount *m, const char *path,
			     struct arena *arena);

/* Whether a mount holds people's files: not /proc, /sys, /dev and the like. */
bool mount_is_storage(const struct mount *m);

#endif
