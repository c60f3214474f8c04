/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.c - lines of the join: facts, threads and descriptors with everything they
 * belong to. Spy events are in record_event.c.
 */
#include "core/field.h"

struct record record_from_fact(const struct sample *s, const struct fact *f)
{
	const struct process *p = f->thread ? f->thread->process : NULL;

	return (struct record){.sample = s,
			       .fact = f,
			       .thread = f->thread,
			       .process = p,
			       .container = p ? p->container : NULL,
			       .obj = f->obj};
}

struct record record_from_thread(const struct sample *s, const struct thread *t)
{
	return (struct record){.sample = s,
			       .thread = t,
			       .process = t->process,
			       .container = t->process ? t->process->container : NULL};
}

struct record record_from_fd(const struct sample *s, const struct descriptor *d)
{
	return (struct record){.sample = s,
			       .process = d->process,
			       .container = d->process ? d->process->container : NULL,
			       .obj = d->obj,
			       .fd = d};
}

const void *record_thing(const struct record *r, enum grain g)
{
	switch (g) {
	case GRAIN_OBJECT: return r->obj;
	case GRAIN_THREAD: return r->thread;
	case GRAIN_PROCESS: return r->process;
	case GRAIN_CONTAINER: return r->container;
	case GRAIN_HOST: return r->sample;
	default: return NULL;
	}
}
