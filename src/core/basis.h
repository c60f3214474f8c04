/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * basis.h - what a value of a record follows from. Fifty thousand facts are about a few thousand things and a
 * few hundred kinds of calls: whoever walks them decides what follows from one of those - a check of a
 * filter, the row of a table - once for each, and keeps it in an array by its place. For records of facts,
 * threads and descriptors; events are single calls, and all their own.
 */
#ifndef CTOP_CORE_BASIS_H
#define CTOP_CORE_BASIS_H

#include "core/field.h"

enum basis {
	BASIS_ANY, /* of no value at all */
	BASIS_OBJECT,
	BASIS_CONTAINER,
	BASIS_PROCESS, /* and with it its container */
	BASIS_THREAD,  /* and with it its process */
	BASIS_CALL,    /* number and errno of a fact */
	BASIS_RECORD,  /* the record as a whole */
};

enum { BASIS_ERRNOS = 134 /* ordinary ones are below */, BASIS_CALLS = WIRE_SYSCALLS * BASIS_ERRNOS };
#define NO_PLACE SIZE_MAX

enum basis basis_of(const struct field *f);
/* Of two values together. */
enum basis basis_join(enum basis a, enum basis b);

/* How many places there are in a sample; 0: nothing can be kept. */
size_t basis_places(enum basis b, const struct sample *s);

/* Place of an element of an array; NO_PLACE if it is none. */
#define PLACE_IN(array, n, element)                                                                          \
	({                                                                                                   \
		size_t place_ = ((uintptr_t)(element) - (uintptr_t)(array)) / sizeof(*(array));              \
		place_ < (n) ? place_ : NO_PLACE;                                                            \
	})

/* NO_PLACE: the record has no such thing, or it is none of the sample's. */
static inline size_t basis_place(enum basis b, const struct record *r)
{
	const struct sample *s = r->sample;

	switch (b) {
	case BASIS_OBJECT: return r->obj && r->obj->place < s->n_places ? r->obj->place : NO_PLACE;
	case BASIS_CONTAINER: return PLACE_IN(s->containers, s->n_containers, r->container);
	case BASIS_PROCESS: return PLACE_IN(s->processes, s->n_processes, r->process);
	case BASIS_THREAD: return PLACE_IN(s->threads, s->n_threads, r->thread);
	case BASIS_CALL:
		if (!r->fact || r->fact->nr >= WIRE_SYSCALLS || r->fact->err >= BASIS_ERRNOS)
			return NO_PLACE;
		return (size_t)r->fact->nr * BASIS_ERRNOS + r->fact->err;
	default: return NO_PLACE;
	}
}

#endif
