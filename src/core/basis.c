/* SPDX-License-Identifier: GPL-2.0-or-later */
/* basis.c - see basis.h. */
#include "core/basis.h"

enum basis basis_of(const struct field *f)
{
	if (f->flags & FIELD_OF_CALL)
		return BASIS_CALL;
	if (f->flags & (FIELD_JOINED | FIELD_SPY))
		return BASIS_RECORD;
	switch (f->grain) {
	case GRAIN_OBJECT: return BASIS_OBJECT;
	case GRAIN_THREAD: return BASIS_THREAD;
	case GRAIN_PROCESS: return BASIS_PROCESS;
	case GRAIN_CONTAINER: return BASIS_CONTAINER;
	default: return BASIS_RECORD;
	}
}

static bool is_of_thread(enum basis b)
{
	return b == BASIS_CONTAINER || b == BASIS_PROCESS || b == BASIS_THREAD;
}

enum basis basis_join(enum basis a, enum basis b)
{
	if (a == b || b == BASIS_ANY)
		return a;
	if (a == BASIS_ANY)
		return b;
	if (is_of_thread(a) && is_of_thread(b)) /* in this order */
		return a > b ? a : b;
	return BASIS_RECORD;
}

size_t basis_places(enum basis b, const struct sample *s)
{
	switch (b) {
	case BASIS_OBJECT: return s->n_places;
	case BASIS_CONTAINER: return s->n_containers;
	case BASIS_PROCESS: return s->n_processes;
	case BASIS_THREAD: return s->n_threads;
	case BASIS_CALL: return BASIS_CALLS;
	default: return 0;
	}
}
