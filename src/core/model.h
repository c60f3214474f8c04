/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - from the kernel's raw batches to samples: what an interval means.
 *
 * Keeps what is needed between intervals (previous values of tasks, names of
 * processes, objects and containers) and nothing else. Touches no BPF: batches
 * and directories come in, so tests run it on made-up ones.
 *
 * What holds for every sample but the first (which only sets baselines):
 * - the counters of all threads of all samples plus what lost_counts.rest grew
 *   by are what the kernel counted, and host.counts says so per sample;
 * - every fact of the batch is in the sample, whether or not its thread left a
 *   record;
 * - a process that lived and died inside the interval is in it.
 */
#ifndef CTOP_CORE_MODEL_H
#define CTOP_CORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/capture.h"
#include "core/containertable.h"
#include "core/objtable.h"
#include "core/sample.h"

struct model;

struct model_config {
	const char *proc_root;   /* NULL = "/proc" */
	const char *cgroup_root; /* NULL = the mounts of proc_root, see cgroupfs.h */
	const char *etc_root;    /* NULL = "/etc" */
	const char *source;      /* sample.source; NULL = "live"; static */
	size_t max_objects;      /* 0 = default of objtable.h */
};

/* What a batch does not say. */
struct model_clock {
	uint64_t time;     /* epoch ns at batch->mono_ns */
	uint64_t boot;     /* boot clock ns at batch->mono_ns */
	unsigned needs;    /* enum need that were on during the whole interval */
	uint64_t self_cpu; /* own process's CPU ns since start */
	uint64_t self_bpf; /* CPU ns of our BPF programs since start; UNKNOWN_U64 */
	uint64_t self_rss; /* bytes */
};

/* Never fails. */
struct model *model_new(const struct model_config *config);
struct model *model_free(struct model *m);

/*
 * Before the first sample: reads from /proc what the processes of a batch are called; nothing else of it matters. The
 * batch stays the caller's.
 */
void model_prime(struct model *m, const struct capture_batch *batch, const struct model_clock *clock);

/* Takes in a batch, which stays the caller's, and builds the sample of the interval it ends. 0 or -errno. */
int model_sample(struct model *m, const struct capture_batch *batch, const struct model_clock *clock,
		 struct sample **ret);

/* Whether the last batch had threads in `same` that are not known: the next one must have all records. */
bool model_lost_track(const struct model *m);

/* Objects that model_sample() dropped are told here, so that the kernel side names them again. */
void model_on_forget(struct model *m, void (*fn)(const struct obj_key *key, void *userdata), void *userdata);

/* A controller of the v1 hierarchy that records tell ids of; NULL: found out from what processes say. */
void model_set_v1(struct model *m, const char *controller);

/* Where names and images of containers come from. */
void model_set_resolver(struct model *m, struct container_resolver resolver);

/* The model's objects; same thread as model_sample() or locked against it. */
struct objtable *model_objects(struct model *m);

#endif
