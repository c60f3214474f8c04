/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_cells.c - see table_cells.h. */
#include "core/table_cells.h"

#include "core/arena.h"
#include "core/basis.h"

/* Sets of what was seen are for one cell at a time: so many entries of others may stay for a while. */
enum { SEEN_KEPT = 400 };

struct cells *cells_new(const struct table_query *q, const struct table_walk *w, struct arena *arena)
{
	struct cells *c = arena_alloc(arena, sizeof(*c));

	*c = (struct cells){.sample = w->sample,
			    .plans = plans_make(q, w, arena),
			    .counters = w->counters,
			    .coarsest = GRAIN_DEVICE};
	c->alone = arena_array(arena, c->plans.n, sizeof(*c->alone));
	for (size_t i = 0; i < c->plans.n; i++)
		c->alone[i] = plans_one(&c->plans, i, arena_alloc(arena, sizeof(struct plan)));
	return c;
}

void cells_done(struct cells *c)
{
	if (c)
		free(c->seen.slots);
}

static double amount(const struct value *v)
{
	return v->kind == V_INT ? (double)v->i : v->kind == V_DOUBLE ? v->d : 0;
}

static struct value share(const struct value *part, double all)
{
	if (part->kind == V_MISSING || all <= 0)
		return (struct value){.kind = V_MISSING};
	return (struct value){.kind = V_DOUBLE, .d = 100 * amount(part) / all};
}

void cells_set_shares(struct cells *c, struct value *totals, struct arena *arena)
{
	c->shares = arena_array(arena, c->plans.n, sizeof(*c->shares));
	for (size_t i = 0; i < c->plans.n; i++) {
		c->shares[i] = amount(&totals[i]);
		if (c->plans.columns[i].agg == AGG_SHARE)
			totals[i] = share(&totals[i], c->shares[i]);
	}
}

/* ---- records ---- */

/* In the low bits of an address: all of them are aligned to 8 at least. */
enum { REF_FACT, REF_THREAD, REF_FD, REF_COPY, REF_BITS };

uintptr_t record_ref(const struct record *r, struct arena *arena)
{
	struct record *copy;

	if (r->fact && !r->event)
		return (uintptr_t)r->fact | REF_FACT;
	if (r->fd && !r->event)
		return (uintptr_t)r->fd | REF_FD;
	if (r->thread && !r->event)
		return (uintptr_t)r->thread | REF_THREAD;
	copy = arena_alloc(arena, sizeof(*copy));
	*copy = *r;
	return (uintptr_t)copy | REF_COPY;
}

struct record record_at(const struct cells *c, uintptr_t ref)
{
	const void *thing = (const void *)(ref & ~(uintptr_t)REF_COPY);
	struct record r;

	switch (ref & REF_COPY) {
	case REF_FACT: return record_from_fact(c->sample, thing);
	case REF_FD: return record_from_fd(c->sample, thing);
	case REF_THREAD:
		r = record_from_thread(c->sample, thing);
		r.counters = c->counters;
		return r;
	default: return *(const struct record *)thing;
	}
}

/* What a field of this grain asks for, and no more: the rest is somewhere else in memory. */
static struct record record_for(const struct cells *c, uintptr_t ref, const struct field *f)
{
	const void *thing = (const void *)(ref & ~(uintptr_t)REF_COPY);
	const struct fact *fact = thing;

	if ((ref & REF_COPY) == REF_FACT && (f->grain == GRAIN_FACT || basis_of(f) == BASIS_OBJECT))
		return (struct record){
			.sample = c->sample, .fact = fact, .thread = fact->thread, .obj = fact->obj};
	return record_at(c, ref);
}

static void fetch_process(const struct process *p)
{
	if (!p)
		return;
	__builtin_prefetch(p);
	__builtin_prefetch(&p->exeline);
	__builtin_prefetch(&p->container);
}

/* From a record to what it points to, and to what that belongs to. */
static void fetch_around(uintptr_t ref, bool owner)
{
	const void *thing = (const void *)(ref & ~(uintptr_t)REF_COPY);

	if ((ref & REF_COPY) == REF_FACT) {
		const struct fact *f = thing;

		if (owner) {
			fetch_process(f->thread ? f->thread->process : NULL);
			return;
		}
		__builtin_prefetch(f->obj);
		__builtin_prefetch(f->thread);
	} else if ((ref & REF_COPY) == REF_FD && !owner) {
		const struct descriptor *d = thing;

		__builtin_prefetch(d->obj);
		fetch_process(d->process);
	} else if ((ref & REF_COPY) == REF_THREAD && !owner) {
		fetch_process(((const struct thread *)thing)->process);
	}
}

void row_fetch(const struct row *row, unsigned step)
{
	if (step == 0) {
		__builtin_prefetch(row);
		__builtin_prefetch(&row->n_records);
		return;
	}
	if (row->group && step == 1)
		__builtin_prefetch(row->group);
	else if (row->group && step == 2)
		__builtin_prefetch(row->group->cells);
	for (size_t i = 0; i < row->n_records; i++) {
		if (step == 1)
			__builtin_prefetch((const void *)row->records[i]);
		else
			fetch_around(row->records[i], step == 3);
	}
}

struct record row_record(const struct row *row)
{
	const struct record *of_list = (const struct record *)(row->records[0] & ~(uintptr_t)REF_COPY);

	if (row->of)
		return record_at(row->of->cells, row->records[row->rep]);
	return of_list ? *of_list : (struct record){0};
}

struct row row_of_list(const struct record *r, const struct value *cells)
{
	return (struct row){.cells = cells, .records = {(uintptr_t)r | REF_COPY}};
}

/* ---- cells ---- */

/* The first value that there is. */
static struct value first_value(const struct cells *c, const struct row *row, const struct plan *p,
				struct arena *tmp)
{
	struct value v = {.kind = V_MISSING};

	for (size_t i = 0; i < row->n_records && v.kind == V_MISSING && p->available; i++) {
		const struct record r = record_for(c, row->records[i], p->field);

		v = field_get(p->field, &r, tmp);
	}
	return v;
}

/* The column alone, added up over the row's few records. */
static struct value make_value(struct cells *c, const struct row *row, size_t column, struct arena *tmp,
			       struct value *ret_sum)
{
	const struct plans *one = &c->alone[column];
	const struct adding adding = {.plans = one, .seen = &c->seen, .arena = tmp};
	struct value cell = {.kind = V_MISSING};
	struct aux aux = {0};
	struct group g = group_begin(one, c->made++, &cell, &aux);

	if (c->seen.n > SEEN_KEPT) {
		free(c->seen.slots);
		c->seen = (struct seen){0};
	}
	for (size_t i = 0; i < row->n_records; i++) {
		struct record r;

		/* an open descriptor says nothing of calls */
		if ((row->records[i] & REF_COPY) == REF_FD && one->columns->field->grain == GRAIN_FACT)
			continue;
		r = record_for(c, row->records[i], one->columns->field);
		group_add(&adding, &g, &r);
	}
	return group_value(one, &g, 0, row->of->interval, ret_sum);
}

static struct value value_and_sum(const struct row *row, size_t column, struct arena *tmp,
				  struct value *ret_sum)
{
	struct cells *c = row->of->cells;
	const struct plan *p = &c->plans.columns[column];
	struct value v;

	if (row->group)
		v = group_value(&c->plans, row->group, column, row->of->interval, ret_sum);
	else if (p->agg == AGG_NONE && !(p->field->flags & FIELD_MEASURE))
		v = first_value(c, row, p, tmp);
	else
		v = make_value(c, row, column, tmp, ret_sum);
	if (p->agg == AGG_SHARE)
		v = share(&v, c->shares[column]);
	if (p->field->grain > c->coarsest && v.kind != V_STRING)
		v = (struct value){.kind = V_MISSING};
	return v;
}

struct value row_value(const struct row *row, size_t column, struct arena *tmp)
{
	return row->of ? value_and_sum(row, column, tmp, NULL) : row->cells[column];
}

struct value row_sum(const struct row *row, size_t column, struct arena *tmp)
{
	struct value sum = {.kind = V_MISSING};

	if (row->of)
		value_and_sum(row, column, tmp, &sum);
	return sum;
}
