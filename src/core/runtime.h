/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime.h - names, images, pods of containers, from what their runtimes keep
 * on disk, without asking any daemon.
 *
 * A thread of its own reads, so that a disk that hangs costs names and nothing
 * else. It reads a container's files when the container is first asked for, or
 * when a runtime makes a directory for one - so that one that lives for 200 ms
 * has its name although its files are gone when the sample is made - and again
 * when a file has changed. What cannot be read is tried again, ever more
 * seldom.
 */
#ifndef CTOP_CORE_RUNTIME_H
#define CTOP_CORE_RUNTIME_H

#include <stdint.h>

#include "core/containertable.h"

struct runtime;

/* Entries are at most so many; a container beyond that stays without a name (runtime_counts). */
enum { RUNTIME_ENTRIES_MAX = 20000 };

/* sys_root: directory that stands for "/"; NULL = "/". Never fails: without a thread nothing has a name. */
struct runtime *runtime_new(const char *sys_root);

/* Waits for the thread for at most a second; NULL is fine; returns NULL. */
struct runtime *runtime_free(struct runtime *r);

/* The hook for model_set_resolver(). */
struct container_resolver runtime_resolver(struct runtime *r);

struct runtime_counts {
	uint64_t entries; /* now */
	uint64_t reads;   /* of a container's files, since start */
	uint64_t refused; /* containers that found no place */
};
void runtime_get_counts(struct runtime *r, struct runtime_counts *ret);

#endif
