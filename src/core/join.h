/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join.h - records of a sample's facts and descriptors, one after the other. They lie in no order, so that
 * each would wait several times for memory: what they point to is asked for some records ahead, and what
 * threads belong to is put beside each other first. Private to table_walk.c and metric.c.
 */
#ifndef CTOP_CORE_JOIN_H
#define CTOP_CORE_JOIN_H

#include <stdlib.h>

#include "core/basis.h"
#include "core/mem.h"

enum { FETCH_FAR = 16 };

/* By place of a thread. */
struct owner {
	const struct process *process;
	const struct container *container;
};

/* To be freed. */
static inline struct owner *join_owners(const struct sample *s)
{
	struct owner *o = xcalloc(s->n_threads ? s->n_threads : 1, sizeof(*o));

	for (size_t i = 0; i < s->n_threads; i++) {
		o[i].process = s->threads[i].process;
		o[i].container = o[i].process ? o[i].process->container : NULL;
	}
	return o;
}

/* As record_from_fact(). */
static inline struct record join_fact(const struct sample *s, const struct owner *owners,
				      const struct fact *f)
{
	size_t at = PLACE_IN(s->threads, s->n_threads, f->thread);

	if (at == NO_PLACE)
		return record_from_fact(s, f);
	return (struct record){.sample = s,
			       .fact = f,
			       .thread = f->thread,
			       .process = owners[at].process,
			       .container = owners[at].container,
			       .obj = f->obj};
}

/* Inlined by order: gcc drops calls of a function that does nothing else. */
__attribute__((always_inline)) static inline void join_fetch_fact(const struct sample *s,
								  const struct owner *owners, size_t i)
{
	size_t at;

	if (i + FETCH_FAR >= s->n_facts)
		return;
	at = PLACE_IN(s->threads, s->n_threads, s->facts[i + FETCH_FAR].thread);
	if (at != NO_PLACE) /* its first words are its number and name */
		__builtin_prefetch(owners[at].process);
	__builtin_prefetch(s->facts[i + FETCH_FAR].obj);
	__builtin_prefetch(s->facts[i + FETCH_FAR].hist);
}

__attribute__((always_inline)) static inline void join_fetch_fd(const struct sample *s, size_t i)
{
	if (i + FETCH_FAR >= s->n_fds)
		return;
	__builtin_prefetch(s->fds[i + FETCH_FAR].obj);
	if (s->fds[i + FETCH_FAR].process)
		__builtin_prefetch(&s->fds[i + FETCH_FAR].process->container);
}

#endif
