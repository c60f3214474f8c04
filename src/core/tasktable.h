/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tasktable.h - turns the kernel's cumulative numbers of a thread into those of
 * an interval, without losing or doubling any.
 *
 * A task is recognised by the id of its counters (sid) if it has some:
 * when a thread execs, it takes over its leader's tid and start time, but keeps
 * counting where it was. Tasks without go by (tid, start).
 */
#ifndef CTOP_CORE_TASKTABLE_H
#define CTOP_CORE_TASKTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/hash.h"
#include "core/pool.h"
#include "core/sample.h"

/* What is kept of a task_rec, under its names: there are tens of thousands of them. */
struct task_last {
	uint64_t exec_runtime, utime, stime, run_delay;
	uint64_t nvcsw, nivcsw, min_flt, maj_flt, disk_read, disk_write;
	uint64_t last_ran, enter_ts;
	uint64_t args[6];
	struct obj_key wait_obj;
	uint32_t vtid, cpu;
	uint16_t nr;
	int16_t prio;
	uint8_t state, policy, exited;
	char comm[WIRE_COMM_LEN];
};

/* What is remembered of a task. */
struct task_state {
	uint64_t sid;
	struct task_key key;
	uint32_t index;        /* in all */
	bool has_key;          /* by_task leads here */
	uint32_t seen;         /* sample number */
	uint32_t marked, mark; /* the caller's index in the sample `marked` */
	uint32_t displaced_at;
	/* the task that had this key until `displaced_at`: an old leader whose thread took over */
	struct task_state *displaced;
	void *owner;                /* the caller's */
	struct task_counts *counts; /* of the last record; NULL = all are 0 */
	struct task_last last;
};

struct tasktable {
	struct hash by_sid, by_task;
	struct pool states;
	struct task_state **all;
	size_t n, cap;
	size_t cursor;    /* in all: where the next of tasktable_same() is looked for */
	uint32_t now;     /* number of the current sample, 1 = first */
	uint64_t boot[3]; /* boot clock at the end of this sample and the two before */
};

static inline uint32_t task_gen(uint64_t start_boot)
{
	return (uint32_t)(start_boot >> 16);
}

void tasktable_done(struct tasktable *t);

/* A new sample that ends at boot_ns. The first one only sets baselines: all its deltas are 0. */
void tasktable_begin(struct tasktable *t, uint64_t boot_ns);

/* Takes in one record, in the order of the batch; *ret is what nobody has seen of it. The state lives until
 * tasktable_end(). */
struct task_state *tasktable_update(struct tasktable *t, const struct task_rec *rec, struct thread_work *ret);

/*
 * A task of which nothing changed since its last record: that one still holds, all deltas are 0. NULL if
 * there is no such task.
 */
struct task_state *tasktable_same(struct tasktable *t, struct task_key key);

/* The task that has, or last had, this tid; NULL. */
const struct task_state *tasktable_find(const struct tasktable *t, struct task_key key);

/* Whether something that started at start_boot is new in this sample. */
bool tasktable_fresh(const struct tasktable *t, uint64_t start_boot);

/* Forgets tasks that are gone. */
void tasktable_end(struct tasktable *t);

/* a += b */
void task_counts_add(struct task_counts *a, const struct task_counts *b);
/* a - b; a counter that ran backwards gives 0 */
struct task_counts task_counts_sub(const struct task_counts *a, const struct task_counts *b);

#endif
