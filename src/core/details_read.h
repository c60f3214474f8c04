/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * details_read.h - what only /proc says of a process, for the details page:
 * environment, limits, namespaces, mounts, the addresses inside its network
 * namespace. A thread of its own reads, because any of it can hang - a file
 * system that does not answer, a process that holds its own memory locked - and
 * nobody waits for it longer than he likes.
 */
#ifndef CTOP_CORE_DETAILS_READ_H
#define CTOP_CORE_DETAILS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

enum details_part {
	READ_ROOT,
	READ_MOUNTS,
	READ_ADDRESSES,
	READ_DESCRIPTORS,
	READ_LIMITS,
	READ_STATUS,
	READ_NAMESPACES,
	READ_ENVIRONMENT,
};

enum {
	DETAILS_LINES_MAX = 2000, /* of one part; more are left out */
	DETAILS_ENV_MAX = 256 << 10,
};

struct details_fact {
	enum details_part part;
	const char *label, *text; /* raw */
};

struct details_facts {
	struct arena *arena;
	uint32_t pid;
	struct details_fact *items;
	size_t n, cap;
};

/*
 * Reads all of it, now; what cannot be read is left out. start_boot: ns since boot that the process started,
 * so that no other one with its number is taken for it; 0 = any. NULL = there is no such process.
 * Enters the process's network namespace: for threads that end thereafter.
 */
struct details_facts *details_read(const char *proc_root, uint32_t pid, uint64_t start_boot);
struct details_facts *details_facts_free(struct details_facts *f); /* NULL is fine; returns NULL */

/* The thread. One request at a time: a new one while one is under way is dropped. */
struct details_reader;

struct details_reader *details_reader_new(const char *proc_root);
/* Does not wait: a thread that hangs is left to itself. NULL is fine; returns NULL. */
struct details_reader *details_reader_free(struct details_reader *r);

/* false: still busy with the last one. */
bool details_reader_ask(struct details_reader *r, uint32_t pid, uint64_t start_boot);
/* What was read, the caller's; NULL = not yet, or there is no such process. Waits for at most `ms`. */
struct details_facts *details_reader_take(struct details_reader *r, unsigned ms);

#endif
