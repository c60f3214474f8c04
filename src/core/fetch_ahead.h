/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fetch_ahead.h - facts and descriptors lie in no order: what they point to is asked for some records ahead,
 * else each would wait for memory several times. What a thread points to can be followed once the thread has
 * come. (Inlined by order: gcc drops calls of a function that does nothing else.)
 */
#ifndef CTOP_CORE_FETCH_AHEAD_H
#define CTOP_CORE_FETCH_AHEAD_H

#include "core/sample.h"

enum { FETCH_FAR = 16, FETCH_NEAR = 8 };

__attribute__((always_inline)) static inline void fetch_fact_ahead(const struct sample *s, size_t i)
{
	if (i + FETCH_FAR >= s->n_facts)
		return;
	__builtin_prefetch(s->facts[i + FETCH_FAR].thread);
	__builtin_prefetch(s->facts[i + FETCH_FAR].obj);
	__builtin_prefetch(s->facts[i + FETCH_FAR].hist);
	if (s->facts[i + FETCH_NEAR].thread)
		__builtin_prefetch(&s->facts[i + FETCH_NEAR].thread->process->container);
}

__attribute__((always_inline)) static inline void fetch_fd_ahead(const struct sample *s, size_t i)
{
	if (i + FETCH_FAR >= s->n_fds)
		return;
	__builtin_prefetch(s->fds[i + FETCH_FAR].obj);
	if (s->fds[i + FETCH_FAR].process)
		__builtin_prefetch(&s->fds[i + FETCH_FAR].process->container);
}

#endif
