/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_look.c - see table_look.h. */
#include "core/table_look.h"

#include <stdlib.h>

#include "core/basis.h"
#include "core/mem.h"
#include "core/table_cells.h"

static void find_owners(struct look *l, const struct sample *s)
{
	l->of_thread = xcalloc(s->n_threads + 1, sizeof(*l->of_thread));
	l->of_process = xcalloc(s->n_processes + 1, sizeof(*l->of_process));
	for (size_t i = 0; i < s->n_threads; i++)
		l->of_thread[i] = s->threads[i].process;
	for (size_t i = 0; i < s->n_processes; i++)
		l->of_process[i] = s->processes[i].container;
}

static const struct process *process_of(const struct look *l, const struct sample *s, const struct thread *t)
{
	size_t at = PLACE_IN(s->threads, s->n_threads, t);

	return at != NO_PLACE ? l->of_thread[at] : t ? t->process : NULL;
}

static const struct container *container_of(const struct look *l, const struct sample *s,
					    const struct process *p)
{
	size_t at = PLACE_IN(s->processes, s->n_processes, p);

	return at != NO_PLACE ? l->of_process[at] : p ? p->container : NULL;
}

/* As record_at(). */
static struct record record_near(const struct look *l, const struct cells *c, uint32_t ref)
{
	const struct sample *s = c->sample;
	struct record r = {.sample = s};

	if (ref >> REF_SHIFT == REF_FACT) {
		r.fact = &s->facts[ref & REF_PLACE];
		r.thread = r.fact->thread;
		r.obj = r.fact->obj;
		r.process = process_of(l, s, r.thread);
	} else if (ref >> REF_SHIFT == REF_FD) {
		r.fd = &s->fds[ref & REF_PLACE];
		r.obj = r.fd->obj;
		r.process = r.fd->process;
	} else {
		return record_at(c, ref);
	}
	r.container = container_of(l, s, r.process);
	return r;
}

void look_at(struct look *l, const struct row *row)
{
	l->row = row;
	l->n_records = 0;
	l->calls = false;
	if (!row->of || row->summed)
		return;
	if (!l->of_thread)
		find_owners(l, row->of->cells->sample);
	for (; l->n_records < row->n_records; l->n_records++) {
		struct record *r = &l->records[l->n_records];

		*r = record_near(l, row->of->cells, row->records[l->n_records]);
		l->calls = l->calls || r->fact || r->counters;
	}
}

void look_fetch(const struct row *row, unsigned step)
{
	const struct sample *s;

	if (step == 0 || !row->of || row->summed) {
		row_fetch(row, step);
		return;
	}
	s = row->of->cells->sample;
	for (size_t i = 0; i < row->n_records; i++) {
		size_t at = row->records[i] & REF_PLACE;
		bool fact = row->records[i] >> REF_SHIFT == REF_FACT,
		     fd = row->records[i] >> REF_SHIFT == REF_FD;
		const struct object *o;

		if (step == 1 && fact) {
			__builtin_prefetch(&s->facts[at]);
			__builtin_prefetch(&s->facts[at].hist); /* of the next line */
		} else if (step == 1 && fd) {
			__builtin_prefetch(&s->fds[at]);
		} else if (step == 1) {
			row_fetch(row, step);
		} else if (fact || fd) {
			o = fact ? s->facts[at].obj : s->fds[at].obj;
			if (!o)
				continue;
			__builtin_prefetch(o);
			__builtin_prefetch(&o->lport);
		}
	}
}

void look_done(struct look *l)
{
	free(l->of_thread);
	free(l->of_process);
	*l = (struct look){0};
}

struct value look_value(const struct look *l, size_t column, struct arena *tmp)
{
	if (!l->n_records)
		return row_value(l->row, column, tmp);
	return records_value(l->row->of->cells, l->records, l->n_records, column, l->row->of->interval, tmp,
			     NULL);
}

bool look_is_first(const struct look *l, size_t column)
{
	return l->n_records && column_is_first(l->row->of->cells, column);
}

struct value look_first(const struct look *l, size_t column, size_t record, struct arena *tmp)
{
	return records_value(l->row->of->cells, &l->records[record], 1, column, l->row->of->interval, tmp,
			     NULL);
}
