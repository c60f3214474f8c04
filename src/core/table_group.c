/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_group.c - adds a record to the columns of a group, each measure once per thing of its grain. The
 * arithmetic is in table_acc.c.
 */
#include "core/table_group.h"

#include <string.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/numbers.h"
#include "core/table_walk.h"

enum { TOTALS = UINT32_MAX - 1 /* number of the group of all records */ };

/* ---- plans ---- */

static bool is_percentile(enum agg a)
{
	return a == AGG_P50 || a == AGG_P90 || a == AGG_P99;
}

/*
 * Different values are told apart by a set of their own: to ask first whether the thing is new is worth it
 * only where another column needs to know that anyway, or where a descriptor's threads are found that way.
 */
static void free_distinct(struct plans *all)
{
	unsigned asked = 1u << GRAIN_THREAD;

	for (size_t i = 0; i < all->n; i++) {
		if (all->columns[i].dedup && all->columns[i].agg != AGG_DISTINCT)
			asked |= 1u << all->columns[i].field->grain;
	}
	for (size_t i = 0; i < all->n; i++) {
		struct plan *p = &all->columns[i];

		if (p->agg == AGG_DISTINCT && !(asked & (1u << p->field->grain)))
			p->dedup = false;
		if (p->dedup)
			all->once |= 1u << p->field->grain;
	}
}

/* A thread's values come with descriptors of its process, too: see add_threads(). */
static bool is_numbered(const struct plan *p)
{
	return p->agg == AGG_DISTINCT && p->field->grain != GRAIN_THREAD && numbers_fit(p->field);
}

static struct plan plan_of(const struct column_query *c, const struct table_walk *w)
{
	const struct sample *s = w->sample;
	const struct field *f = c->field;
	unsigned off = f->needs & ~s->needs;
	struct plan p = {.field = f, .agg = c->agg, .aux = -1, .available = !(f->needs & NEED_FDS & off)};

	if (f->grain == GRAIN_FACT && !w->counters)
		p.available = s->needs & NEED_FACTS;
	else if (f->grain == GRAIN_FACT)
		p.available = !(off & NEED_FACTS);
	if ((f->flags & FIELD_DELTA) && !s->interval)
		p.available = false;
	p.dedup = p.agg != AGG_NONE && f->grain != GRAIN_FACT && f->grain != GRAIN_FD &&
		  f->grain != GRAIN_DEVICE && !(f->grain == GRAIN_THREAD && w->records == REC_TASKS) &&
		  !is_numbered(&p);
	return p;
}

struct plans plans_make(const struct table_query *q, const struct table_walk *w, struct arena *arena)
{
	struct plans all = {.columns = arena_array(arena, q->n_columns, sizeof(*all.columns)),
			    .n = q->n_columns};

	for (size_t i = 0; i < q->n_keys; i++)
		all.by_pid = all.by_pid || !strcmp(q->keys[i]->id, "proc.pid") ||
			     !strcmp(q->keys[i]->id, "thread.tid");
	for (size_t i = 0; i < all.n; i++) {
		struct plan *p = &all.columns[i];

		*p = plan_of(&q->columns[i], w);
		p->total = q->totals || p->agg == AGG_SHARE;
		all.n_first += p->agg == AGG_NONE;
		if (p->agg != AGG_AVG && !is_percentile(p->agg) && !is_numbered(p))
			continue;
		p->aux_owner = true;
		for (size_t k = 0; k < i && is_percentile(p->agg); k++) {
			if (all.columns[k].field == p->field && is_percentile(all.columns[k].agg)) {
				p->aux = all.columns[k].aux;
				p->aux_owner = false;
			}
		}
		if (p->aux_owner)
			p->aux = (int)all.n_aux++;
	}
	free_distinct(&all);
	return all;
}

void plans_begin(const struct plans *p, const struct sample *s)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_numbered(&p->columns[i]))
			p->columns[i].numbers = numbers_new(p->columns[i].field, s);
}

void plans_end(const struct plans *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->columns[i].numbers = numbers_free(p->columns[i].numbers);
}

struct plans plans_one(const struct plans *all, size_t column, struct plan *ret_plan)
{
	struct plan *p = ret_plan;

	*p = all->columns[column];
	if (p->aux >= 0) {
		p->aux = 0;
		p->aux_owner = true;
	}
	return (struct plans){.columns = p,
			      .n = 1,
			      .n_aux = p->aux >= 0,
			      .n_first = p->agg == AGG_NONE,
			      .once = p->dedup ? 1u << p->field->grain : 0,
			      .by_pid = all->by_pid};
}

/* ---- adding a record ---- */

static struct aux *aux_of(const struct plan *p, const struct group *g)
{
	return p->aux < 0 ? NULL : &g->aux[p->aux];
}

static bool has_numbers(const struct adding *a, const struct plan *p, struct aux *aux)
{
	if (!aux->numbers && !aux->no_numbers) {
		aux->numbers = numbers_room(p->numbers, a->while_made);
		aux->no_numbers = !aux->numbers;
	}
	return aux->numbers;
}

/* Whether a value was not there before, in a group or the totals. */
static bool is_new(const struct adding *a, size_t column, struct group *g, uint32_t number)
{
	const struct plan *p = &a->plans->columns[column];
	struct aux *aux = aux_of(p, g);

	if (number < numbers_bits(p->numbers) && has_numbers(a, p, aux))
		return numbers_see(aux->numbers, number);
	return seen_first(a->seen, seen_mix((uint64_t)(column + 1) << 32 | number) | 1, g->number);
}

static void add_distinct(const struct adding *a, struct group *g, const struct record *r, size_t column)
{
	const struct plan *p = &a->plans->columns[column];
	uint32_t number = numbers_get(p->numbers, r, a->while_made);
	const struct value one = {.kind = V_INT, .i = 1};

	if (number == NUMBER_NONE || !is_new(a, column, g, number))
		return;
	acc_add(p, &g->cells[column], NULL, &one, 1, a->arena);
	if (a->totals && p->total && is_new(a, column, a->totals, number))
		acc_add(p, &a->totals->cells[column], NULL, &one, 1, a->arena);
}

static void add_column(const struct adding *a, struct group *g, const struct record *r, size_t column,
		       bool in_totals)
{
	const struct plan *p = &a->plans->columns[column];
	struct value v = {.kind = V_MISSING};
	uint64_t weight = 1, hash;
	bool gone = p->field->flags & FIELD_HELD && r->process && r->process->exited;

	if (gone && !a->plans->by_pid) /* a row of its own may tell what it held last; nobody else holds it */
		return;
	if (p->numbers && !gone) {
		add_distinct(a, g, r, column);
		return;
	}
	if (p->aux >= 0 && !p->aux_owner) /* a percentile whose histogram is another column's */
		return;
	if (!p->field->get(r, a->arena, &v))
		return;
	if (p->field->grain == GRAIN_FACT) {
		/* most amounts of most facts are none; acc_finish() knows that this is 0 */
		if (v.kind == V_INT && !v.i &&
		    (p->agg == AGG_SUM || p->agg == AGG_RATE || p->agg == AGG_SHARE))
			return;
		weight = r->fact ? r->fact->calls : 1;
	}
	if (p->agg == AGG_DISTINCT) {
		weight = 1;
		hash = value_hash(&v, column + 1) | 1;
		if (!seen_first(a->seen, hash, g->number))
			return;
		in_totals = a->totals && p->total && seen_first(a->seen, hash, TOTALS);
	}
	acc_add(p, &g->cells[column], aux_of(p, g), &v, weight, a->arena);
	if (in_totals && p->total && !gone)
		acc_add(p, &a->totals->cells[column], aux_of(p, a->totals), &v, weight, a->arena);
}

/* Columns that show a dimension keep the first value that there is. */
static void add_first(const struct adding *a, struct group *g, const struct record *r)
{
	for (size_t i = 0; i < a->plans->n && g->open; i++) {
		struct value v = {.kind = V_MISSING};

		if (a->plans->columns[i].agg != AGG_NONE || g->cells[i].kind != V_MISSING)
			continue;
		if (a->plans->columns[i].field->get(r, a->arena, &v)) {
			g->cells[i] = v;
			g->open--;
		}
	}
}

/* Columns of one grain, once per thing that is new to the group. */
static void add_grain(const struct adding *a, struct group *g, const struct record *r, enum grain grain)
{
	const void *thing = record_thing(r, grain);
	bool in_totals, is_first = false;

	if (!thing)
		return;
	if (grain <= GRAIN_PROCESS) {
		size_t at = grain - GRAIN_OBJECT;

		if (g->last[at] == thing || g->first[at] == thing)
			return;
		g->last[at] = thing;
		is_first = !g->first[at];
		if (is_first)
			g->first[at] = thing;
	}
	if (grain == GRAIN_OBJECT && a->objects && r->obj->place < r->sample->n_places) {
		if (a->objects[r->obj->place])
			return;
		a->objects[r->obj->place] = 1;
	} else if (!is_first && !seen_first(a->seen, (uintptr_t)thing, g->number)) {
		return;
	}
	in_totals = a->totals && seen_first(a->seen, (uintptr_t)thing, TOTALS);
	for (size_t i = 0; i < a->plans->n; i++) {
		if (a->plans->columns[i].dedup && a->plans->columns[i].field->grain == grain)
			add_column(a, g, r, i, in_totals);
	}
}

/* A descriptor is open in every thread of its process. */
static void add_threads(const struct adding *a, struct group *g, const struct record *r)
{
	struct record each = *r;

	if (!r->process || !seen_first(a->seen, (uintptr_t)r->process | 1, g->number))
		return;
	each.obj = NULL;
	each.fd = NULL;
	for (size_t i = 0; i < r->process->n_threads; i++) {
		each.thread = r->process->threads[i];
		add_grain(a, g, &each, GRAIN_THREAD);
	}
}

struct group group_begin(const struct plans *p, uint32_t number, struct value *cells, struct aux *aux)
{
	return (struct group){.cells = cells, .aux = aux, .number = number, .open = p->n_first};
}

void group_add(const struct adding *a, struct group *g, const struct record *r)
{
	if (r->fact && (r->fact->bytes_in == UNKNOWN_U64 || r->fact->bytes_out == UNKNOWN_U64)) {
		g->partial = true;
		if (a->totals)
			a->totals->partial = true;
	}
	if (g->open)
		add_first(a, g, r);
	for (size_t i = 0; i < a->plans->n; i++) {
		if (!a->plans->columns[i].dedup && a->plans->columns[i].agg != AGG_NONE)
			add_column(a, g, r, i, false);
	}
	for (enum grain grain = GRAIN_OBJECT; a->plans->once >> grain; grain++) {
		if (!(a->plans->once & (1u << grain)))
			continue;
		if (grain == GRAIN_THREAD && !r->thread && r->fd)
			add_threads(a, g, r);
		else
			add_grain(a, g, r, grain);
	}
}

/* ---- results ---- */

/* Things that may be in several groups were added to the totals as they came. */
static bool adds_up(const struct plan *p)
{
	return !p->dedup && p->agg != AGG_DISTINCT && p->agg != AGG_NONE && p->agg != AGG_LAST;
}

void group_to_totals(const struct adding *a, const struct group *g)
{
	for (size_t i = 0; i < a->plans->n; i++) {
		const struct plan *p = &a->plans->columns[i];

		if (p->total && adds_up(p))
			acc_merge(p, &a->totals->cells[i], aux_of(p, a->totals), &g->cells[i], aux_of(p, g),
				  a->arena);
	}
}

/* Bytes of calls, which those that were picked by their latency do not have. */
static bool counts_bytes(const struct plan *p)
{
	return p->field->grain == GRAIN_FACT && p->field->unit == UNIT_BYTES;
}

struct value group_value(const struct plans *p, const struct group *g, size_t column, uint64_t interval,
			 struct value *ret_sum)
{
	const struct plan *plan = &p->columns[column];
	struct value v = g->cells[column], sum;

	acc_finish(plan, &v, aux_of(plan, g), &sum, interval);
	if (g->partial && counts_bytes(plan))
		v.kind = sum.kind = V_MISSING;
	if (ret_sum)
		*ret_sum = sum;
	return v;
}
