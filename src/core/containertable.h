/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * containertable.h - the containers of the machine, by the cgroups of their
 * processes: from the opaque set of cgroups in a task record to its container.
 */
#ifndef CTOP_CORE_CONTAINERTABLE_H
#define CTOP_CORE_CONTAINERTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/arena.h"
#include "core/sample.h"

struct containertable;
struct container_entry;

/* A container as its cgroup shows it. */
struct container_ref {
	const char *type, *id, *cgroup; /* as in struct container_match; path up to the component that decided */
};

/* Who knows what runtimes say about containers. Called from model_sample() only; must not wait for long. */
struct container_resolver {
	void *userdata;
	/* All containers of the sample, before the first get(). */
	void (*announce)(void *userdata, const struct container_ref *refs, size_t n);
	/* In the arena. NULL = nothing known (yet). */
	const struct container_meta *(*get)(void *userdata, const struct container_ref *ref,
					    struct arena *arena);
};

/* Where a task is. */
struct cgroup_place {
	struct container_entry *container; /* never NULL: [host] */
	const char *path;                  /* the cgroup path that told; NULL = not known */
};

/* Identity of a set of cgroups as task records and spy events have it. */
struct cgroup_ids {
	uint64_t cset, v1, v2;
};

struct containertable *containertable_new(const char *proc_root, const char *cgroup_root);
struct containertable *containertable_free(struct containertable *t);
void containertable_set_v1(struct containertable *t, const char *controller); /* as cgroupfs_set_v1() */
void containertable_set_resolver(struct containertable *t, struct container_resolver resolver);

/* Who looks into containers; outlives the table. NULL = nobody. */
struct inside;
struct inside_entry;
void containertable_set_inside(struct containertable *t, struct inside *in);
/* What it knows of a container of this sample; NULL for the host. */
struct inside_entry *containertable_inside(const struct containertable *t, uint32_t index);

/*
 * A new sample begins, or ends: containers without processes are forgotten after a while. charges: whether
 * this sample tells what the kernel charges them. paths: and where their mounts are on the host.
 */
void containertable_begin(struct containertable *t, bool charges, bool paths);
void containertable_end(struct containertable *t);

/* The kernel made a cgroup. */
void containertable_learn(struct containertable *t, const struct cgroup_rec *rec);

/*
 * The place of a task with these cgroups; pid is a process that was just seen with them, 0 if it is gone.
 * The answer lives until containertable_end().
 */
struct cgroup_place containertable_place(struct containertable *t, struct cgroup_ids ids, uint32_t pid);

/* Notes that the container has a process in this sample. Returns its index in the sample's array. */
uint32_t containertable_use(struct containertable *t, struct container_entry *c);

/* What its runtime says now of a container of an earlier sample; NULL = nothing, or nothing yet. */
const struct container_meta *containertable_meta(struct containertable *t, const struct container_ref *ref,
						 struct arena *arena);

/* The array of all containers noted in this sample, [0] = the host, in the sample's arena. */
struct container *containertable_emit(struct containertable *t, struct arena *arena, size_t *ret_n);

#endif
