/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build.h - a sample under construction: threads, processes and objects are
 * collected with indices for pointers, because the arrays still grow; then
 * build_finish() lays them out in the sample's arena. For model.c and model_tasks.c only.
 */
#ifndef CTOP_CORE_BUILD_H
#define CTOP_CORE_BUILD_H

#include "bpf/capture.h"
#include "core/containertable.h"
#include "core/hash.h"
#include "core/objtable.h"
#include "core/proctable.h"
#include "core/sample.h"
#include "core/tasktable.h"
#include "core/users.h"

enum { NO_INDEX = UINT32_MAX };

/* What it takes beside the struct of the sample. */
struct build_thread {
	const struct task_state *state; /* of the record that describes it; NULL = known from facts only */
	struct task_key key;
	uint32_t process;
	uint32_t wait_obj;
	char comm[WIRE_COMM_LEN + 1];
	bool told; /* a record came */
};

struct build_process {
	struct proc *proc;
	uint32_t container;
	const char *cgroup; /* in the container table */
	uint32_t leader;
	uint32_t n_threads, n_alive; /* n_alive: threads that can still run */
	uint32_t n_here;             /* threads that have not exited, zombies included */
	uint64_t ended;              /* ns since boot, of the thread that ended last; 0 = none */
	int32_t exit_code;
	bool exited; /* a thread's exit was seen, or it is known to be gone */
	bool oom;
	bool sized; /* the leader's record came, or still holds: proc->size does */
};

struct build_object {
	struct obj_entry *entry;
	struct object *unlisted; /* where the object table has no room for it: then there is no entry */
	uint32_t n_open;
};

struct build_fact {
	uint32_t batch; /* index in the batch: facts, then singles */
	uint32_t thread, object;
};

struct build_fd {
	const struct fd_rec *rec;
	uint32_t process, object;
};

struct build {
	struct build_thread *threads;
	struct thread *made; /* beside each, in the arena; wait_obj, name and process are filled at the end */
	size_t n_threads, cap_threads, cap_made;
	struct build_process *processes;
	size_t n_processes, cap_processes;
	struct build_object *objects;
	size_t n_objects, cap_objects;
	struct build_fact *facts;
	size_t n_facts, cap_facts;
	struct build_fd *fds;
	size_t n_fds, cap_fds;
	struct hash by_task;   /* task_key -> index + 1 */
	struct arena *arena;   /* the sample's */
	struct arena *scratch; /* until build_finish(): all arrays but `made` */
	size_t n_processes_before;
};

/* Key of a fact: i counts facts, then singles. */
static inline const struct fact_key *batch_fact_key(const struct capture_batch *b, size_t i)
{
	return i < b->n_facts ? &b->fact_keys[i] : &b->singles[i - b->n_facts].key;
}

/* batch: what is to come, for arrays of the right size. */
void build_begin(struct build *b, struct arena *arena, const struct capture_batch *batch);
void build_drop(struct build *b); /* what was collected is not needed any more */
void build_done(struct build *b);

/* Index of the thread, NO_INDEX if it is not there; new with an index of its process. */
uint32_t build_find_thread(const struct build *b, struct task_key key);
uint32_t build_add_thread(struct build *b, struct task_key key, uint32_t process);
/* In two steps: a thread that the caller finds by other means is not found by build_find_thread() ... */
uint32_t build_append_thread(struct build *b, struct task_key key, uint32_t process);
void build_index_thread(struct build *b, uint32_t index); /* ... from now on it is */

/* Index of the process, made if it is not there. */
uint32_t build_process(struct build *b, struct proctable *procs, struct proc *p);

/* Index of the object, made if it is not there; NO_INDEX for the key of no object. */
uint32_t build_object(struct build *b, struct objtable *objects, struct obj_key key);

/* The same of an entry of the table; NO_INDEX for NULL. */
uint32_t build_entry(struct build *b, struct objtable *objects, struct obj_entry *e);

/* A fact of the batch, see batch_fact_key(). */
void build_fact(struct build *b, size_t batch, uint32_t thread, uint32_t object);

/* A descriptor of the batch; its object may be NO_INDEX. */
void build_fd(struct build *b, const struct fd_rec *rec, uint32_t process, uint32_t object);

enum obj_kind build_kind(const struct build *b, uint32_t object);

/* Moves everything into s (arena and scalars are set already). */
void build_finish(struct build *b, struct sample *s, const struct capture_batch *batch,
		  struct objtable *objects, struct proctable *procs, struct containertable *containers,
		  struct users *users, const struct tasktable *tasks);

#endif
