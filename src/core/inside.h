/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside.h - containers seen from inside: what their own passwd and group files
 * call users, and where their mounts are on the host.
 *
 * Read through /proc/PID/root of one of the container's processes, by threads of
 * their own: a container can make any file of it hang. Its files are as
 * hostile as it is: regular ones of bounded size only, no link is followed
 * below its /etc, nothing leads out of its root. What cannot be read is not
 * known. Kept per container, read again now and then.
 */
#ifndef CTOP_CORE_INSIDE_H
#define CTOP_CORE_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/sample.h"

enum {
	INSIDE_FILE_MAX = 256 << 10, /* bytes of a passwd or group file */
	INSIDE_NAMES_MAX = 5000,     /* users, or groups, of one container */
	INSIDE_THREADS_MAX = 4,      /* that may hang before no more is read */
	INSIDE_STUCK_MS = 2000,      /* a thread that is that long at one container hangs */
	INSIDE_AGE_MS = 60000,       /* then a container is read again */
	INSIDE_RETRY_MS = 250, /* what could not be read is tried again: after that, then ever more seldom */
	INSIDE_SETUP_MS = 10000, /* so long a new container may still have the host's root */
};

struct inside;
struct inside_entry; /* of one container */

struct inside *inside_new(const char *proc_root);
/* Waits for no thread that hangs. NULL is fine; returns NULL. */
struct inside *inside_free(struct inside *in);

/* cgroup: path that must be part of what /proc/PID/cgroup of any of its processes says. */
struct inside_entry *inside_entry_new(struct inside *in, const char *cgroup);
struct inside_entry *inside_entry_free(struct inside_entry *e);

/* pid is a process of it that was just seen. Reads if it is time to; does not wait. */
void inside_touch(struct inside_entry *e, uint32_t pid);

/*
 * The user or group that a process with this id on the host is in there, its name in there, else its number
 * in there; in the arena. NULL: nothing is known (yet). home and shell may be NULL, and give NULL.
 */
const char *inside_user(struct inside_entry *e, uint32_t uid, struct arena *arena, const char **ret_home,
			const char **ret_shell);
const char *inside_group(struct inside_entry *e, uint32_t gid, struct arena *arena);

/* Where its mounts are on the host; in the arena. */
size_t inside_paths(struct inside_entry *e, struct arena *arena, const struct path_map **ret);

#endif
