/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build.c - see build.h: what is collected. build_finish.c lays it out. */
#include "core/build.h"

#include <string.h>

#include "core/mem.h"

static struct hash_key task_hash(struct task_key key)
{
	return (struct hash_key){(uint64_t)key.gen << 32 | key.tid, 0};
}

/* A few more come: threads that only facts know of, objects of facts that nobody has open. */
static size_t and_some(size_t n)
{
	return n + n / 8;
}

/* Room for n of an array of build; what grows all the same leaves its old place behind. */
#define RESERVE(b, array, n)                                                                                 \
	((b)->cap_##array = (n), (b)->array = arena_array((b)->scratch, (n), sizeof(*(b)->array)))

static void *grow(struct arena *scratch, const void *items, size_t n, size_t *cap, size_t size)
{
	void *more;

	*cap = 2 * *cap + 64;
	more = arena_array(scratch, *cap, size);
	if (n)
		memcpy(more, items, n * size);
	return more;
}

/* A place for one more. */
#define PUSH(b, array)                                                                                       \
	(*((b)->n_##array < (b)->cap_##array                                                                 \
		   ? (void)0                                                                                 \
		   : (void)((b)->array = grow((b)->scratch, (b)->array, (b)->n_##array, &(b)->cap_##array,   \
					      sizeof(*(b)->array))),                                         \
	   &(b)->array[(b)->n_##array++]))

void build_begin(struct build *b, struct arena *arena, const struct capture_batch *batch)
{
	if (!b->scratch)
		b->scratch = arena_new();
	b->arena = arena;
	b->cap_made = and_some(batch->n_same + batch->n_tasks);
	b->made = arena_array(arena, b->cap_made, sizeof(*b->made));
	RESERVE(b, threads, b->cap_made);
	RESERVE(b, processes, and_some(b->n_processes_before));
	RESERVE(b, objects, and_some(batch->n_fds));
	RESERVE(b, facts, batch->n_facts + batch->n_singles);
	RESERVE(b, fds, batch->n_fds);
	b->n_threads = b->n_processes = b->n_objects = b->n_facts = b->n_fds = 0;
	hash_clear(&b->by_task);
}

void build_drop(struct build *b)
{
	b->n_processes_before = b->n_processes;
	arena_reset(b->scratch);
	b->threads = NULL;
	b->processes = NULL;
	b->objects = NULL;
	b->facts = NULL;
	b->fds = NULL;
}

void build_done(struct build *b)
{
	arena_free(b->scratch);
	hash_done(&b->by_task);
	*b = (struct build){0};
}

uint32_t build_find_thread(const struct build *b, struct task_key key)
{
	void *value = hash_get(&b->by_task, task_hash(key));

	return value ? (uint32_t)((uintptr_t)value - 1) : NO_INDEX;
}

uint32_t build_add_thread(struct build *b, struct task_key key, uint32_t process)
{
	uint32_t index = build_append_thread(b, key, process);

	build_index_thread(b, index);
	return index;
}

void build_index_thread(struct build *b, uint32_t index)
{
	hash_put(&b->by_task, task_hash(b->threads[index].key), (void *)((uintptr_t)index + 1));
}

/* Many more came than were told of. */
static void grow_made(struct build *b)
{
	struct thread *before = b->made;

	b->cap_made = 2 * b->cap_made + 64;
	b->made = arena_array(b->arena, b->cap_made, sizeof(*b->made));
	if (b->n_threads)
		memcpy(b->made, before, b->n_threads * sizeof(*before));
}

uint32_t build_append_thread(struct build *b, struct task_key key, uint32_t process)
{
	uint32_t index = (uint32_t)b->n_threads;

	if (index == b->cap_made)
		grow_made(b);
	b->made[index] = (struct thread){.did = &thread_idle,
					 .tid = key.tid,
					 .nr = WIRE_NR_NONE,
					 .nr_time = UNKNOWN_U64,
					 .state = '?',
					 .cpu_total = UNKNOWN_U64};
	PUSH(b, threads) = (struct build_thread){.key = key, .process = process, .wait_obj = NO_INDEX};
	b->processes[process].n_threads++;
	if (b->processes[process].proc->pid == key.tid)
		b->processes[process].leader = index;
	return index;
}

uint32_t build_process(struct build *b, struct proctable *procs, struct proc *p)
{
	if (p->marked == procs->now)
		return p->mark;
	p->marked = procs->now;
	p->mark = (uint32_t)b->n_processes;
	PUSH(b, processes) = (struct build_process){
		.proc = p,
		.leader = NO_INDEX,
	};
	return p->mark;
}

uint32_t build_entry(struct build *b, struct objtable *objects, struct obj_entry *e)
{
	uint32_t mark;

	if (!e)
		return NO_INDEX;
	mark = objtable_mark(objects, e);
	if (mark != UINT32_MAX)
		return mark;
	mark = (uint32_t)b->n_objects;
	objtable_set_mark(objects, e, mark);
	PUSH(b, objects) = (struct build_object){.entry = e};
	return mark;
}

uint32_t build_object(struct build *b, struct objtable *objects, struct obj_key key)
{
	struct obj_entry *e = objtable_entry(objects, &key);

	if (e || obj_key_is_none(&key))
		return build_entry(b, objects, e);
	PUSH(b, objects) = (struct build_object){.unlisted = objtable_unlisted(&key)};
	return (uint32_t)b->n_objects - 1;
}

enum obj_kind build_kind(const struct build *b, uint32_t object)
{
	const struct obj_entry *e = object == NO_INDEX ? NULL : b->objects[object].entry;

	return e ? objtable_kind(e) : OBJ_NONE;
}

void build_fact(struct build *b, size_t batch, uint32_t thread, uint32_t object)
{
	PUSH(b, facts) = (struct build_fact){(uint32_t)batch, thread, object};
}

void build_fd(struct build *b, const struct fd_rec *rec, uint32_t process, uint32_t object)
{
	PUSH(b, fds) = (struct build_fd){rec, process, object};
	if (object != NO_INDEX)
		b->objects[object].n_open++;
}
