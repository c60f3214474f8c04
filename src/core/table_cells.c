/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_cells.c - see table_cells.h. */
#include "core/table_cells.h"

#include <string.h>

#include "core/arena.h"
#include "core/basis.h"
#include "core/mem.h"

/* Sets of what was seen are for one cell at a time: so many entries of others may stay for a while. */
enum { SEEN_KEPT = 400 };

struct cells *cells_new(const struct table_query *q, const struct table_walk *w, struct arena *arena)
{
	struct cells *c = arena_alloc(arena, sizeof(*c));

	*c = (struct cells){.sample = w->sample,
			    .plans = plans_make(q, w, arena),
			    .counters = w->counters,
			    .coarsest = GRAIN_DEVICE};
	memcpy(c->keys, q->keys, q->n_keys * sizeof(*q->keys));
	c->alone = arena_array(arena, c->plans.n, sizeof(*c->alone));
	for (size_t i = 0; i < c->plans.n; i++)
		c->alone[i] = plans_one(&c->plans, i, arena_alloc(arena, sizeof(struct plan)));
	return c;
}

void cells_done(struct cells *c)
{
	if (!c)
		return;
	free(c->seen.slots);
	free(c->copies);
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

static uint32_t ref_to(unsigned kind, size_t place)
{
	return (uint32_t)kind << REF_SHIFT | (uint32_t)place;
}

uint32_t record_ref(struct cells *c, const struct record *r, struct arena *arena)
{
	const struct sample *s = c->sample;
	struct record *copy;
	size_t at = NO_PLACE;
	unsigned kind = REF_COPY;

	if (r->fact && !r->event)
		at = PLACE_IN(s->facts, s->n_facts, r->fact), kind = REF_FACT;
	else if (r->fd && !r->event)
		at = PLACE_IN(s->fds, s->n_fds, r->fd), kind = REF_FD;
	else if (r->thread && !r->event)
		at = PLACE_IN(s->threads, s->n_threads, r->thread), kind = REF_THREAD;
	if (at <= REF_PLACE)
		return ref_to(kind, at);
	copy = arena_alloc(arena, sizeof(*copy));
	*copy = *r;
	VEC_PUSH(c->copies, c->n_copies, c->cap_copies) = copy;
	return ref_to(REF_COPY, c->n_copies - 1);
}

struct record record_at(const struct cells *c, uint32_t ref)
{
	size_t at = ref & REF_PLACE;
	struct record r;

	switch (ref >> REF_SHIFT) {
	case REF_FACT: return record_from_fact(c->sample, &c->sample->facts[at]);
	case REF_FD: return record_from_fd(c->sample, &c->sample->fds[at]);
	case REF_THREAD:
		r = record_from_thread(c->sample, &c->sample->threads[at]);
		r.counters = c->counters;
		return r;
	default: return *c->copies[at];
	}
}

/* What a field of this grain asks for, and no more: the rest is somewhere else in memory. */
static struct record record_for(const struct cells *c, uint32_t ref, const struct field *f)
{
	const struct sample *s = c->sample;
	size_t at = ref & REF_PLACE;
	bool of_object = basis_of(f) == BASIS_OBJECT;

	if (ref >> REF_SHIFT == REF_FACT && (f->grain == GRAIN_FACT || of_object))
		return (struct record){.sample = s,
				       .fact = &s->facts[at],
				       .thread = s->facts[at].thread,
				       .obj = s->facts[at].obj};
	if (ref >> REF_SHIFT == REF_FD && of_object)
		return (struct record){
			.sample = s, .fd = &s->fds[at], .process = s->fds[at].process, .obj = s->fds[at].obj};
	return record_at(c, ref);
}

struct value record_key(const struct cells *c, uint32_t ref, size_t i, struct arena *tmp)
{
	const struct record r = record_for(c, ref, c->keys[i]);

	return field_get(c->keys[i], &r, tmp);
}

static const void *record_address(const struct cells *c, uint32_t ref)
{
	size_t at = ref & REF_PLACE;

	switch (ref >> REF_SHIFT) {
	case REF_FACT: return &c->sample->facts[at];
	case REF_FD: return &c->sample->fds[at];
	case REF_THREAD: return &c->sample->threads[at];
	default: return c->copies[at];
	}
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
static void fetch_around(const struct cells *c, uint32_t ref, bool owner)
{
	const void *thing = record_address(c, ref);

	if (ref >> REF_SHIFT == REF_FACT) {
		const struct fact *f = thing;

		if (owner) {
			fetch_process(f->thread ? f->thread->process : NULL);
			return;
		}
		__builtin_prefetch(f->obj);
		__builtin_prefetch(f->thread);
	} else if (ref >> REF_SHIFT == REF_FD && !owner) {
		const struct descriptor *d = thing;

		__builtin_prefetch(d->obj);
		fetch_process(d->process);
	} else if (ref >> REF_SHIFT == REF_THREAD && !owner) {
		fetch_process(((const struct thread *)thing)->process);
	}
}

void row_fetch(const struct row *row, unsigned step)
{
	if (step == 0) {
		__builtin_prefetch(row);
		return;
	}
	if (!row->of)
		return;
	if (row->summed && step == 1)
		__builtin_prefetch(row->group);
	else if (row->summed && step == 2)
		__builtin_prefetch(row->group->cells);
	for (size_t i = 0; i < row->n_records; i++) {
		if (step == 1)
			__builtin_prefetch(record_address(row->of->cells, row->records[i]));
		else
			fetch_around(row->of->cells, row->records[i], step == 3);
	}
}

struct record row_record(const struct row *row)
{
	if (row->of)
		return record_at(row->of->cells, row_example(row));
	return row->record ? *row->record : (struct record){0};
}

struct value row_key(const struct row *row, size_t i, struct arena *tmp)
{
	return row->of ? record_key(row->of->cells, row_example(row), i, tmp)
		       : (struct value){.kind = V_MISSING};
}

struct row row_of_list(const struct record *r, const struct value *cells)
{
	return (struct row){.cells = cells, .record = r};
}

/* ---- cells ---- */

/* The first value that there is. */
static struct value first_value(const struct plan *p, const struct record *records, size_t n,
				struct arena *tmp)
{
	struct value v = {.kind = V_MISSING};

	for (size_t i = 0; i < n && v.kind == V_MISSING && p->available; i++)
		v = field_get(p->field, &records[i], tmp);
	return v;
}

static bool bytes_known(const struct fact *f)
{
	return f->bytes_in != UNKNOWN_U64 && f->bytes_out != UNKNOWN_U64;
}

/* Amounts of calls, which most rows have none of, or few. false: they take more than adding up. */
static bool add_calls(const struct plan *p, const struct record *records, size_t n, struct arena *tmp,
		      struct value *cell, struct aux *aux)
{
	for (size_t i = 0; i < n; i++) {
		const struct record *r = &records[i];
		struct value v = {.kind = V_MISSING};

		if (!r->fact && !r->counters) /* an open descriptor says nothing of calls */
			continue;
		if (p->agg == AGG_DISTINCT || (r->fact && !bytes_known(r->fact)))
			return false;
		if (p->field->get(r, tmp, &v))
			acc_add(p, cell, aux, &v, r->fact ? r->fact->calls : 1, tmp);
	}
	return true;
}

/* The one object of all records has it once. */
static bool add_object(const struct plan *p, const struct record *records, size_t n, struct arena *tmp,
		       struct value *cell)
{
	struct value v = {.kind = V_MISSING};

	if (p->agg != AGG_MAX && p->agg != AGG_MIN && p->agg != AGG_SUM)
		return false;
	if (p->field->flags & FIELD_HELD || !n || !records[0].obj)
		return false;
	for (size_t i = 1; i < n; i++)
		if (records[i].obj != records[0].obj)
			return false;
	if (p->field->get(&records[0], tmp, &v))
		acc_add(p, cell, NULL, &v, 1, tmp);
	return true;
}

static bool add_simply(const struct plan *p, const struct record *records, size_t n, struct arena *tmp,
		       struct value *cell, struct aux *aux)
{
	switch (p->field->grain) {
	case GRAIN_FACT: return p->agg != AGG_NONE && add_calls(p, records, n, tmp, cell, aux);
	case GRAIN_OBJECT: return p->dedup && add_object(p, records, n, tmp, cell);
	default: return false;
	}
}

/* The column alone, added up over the row's few records. */
static struct value make_value(struct cells *c, const struct record *records, size_t n, size_t column,
			       uint64_t interval, struct arena *tmp, struct value *ret_sum)
{
	const struct plans *one = &c->alone[column];
	const struct adding adding = {.plans = one, .seen = &c->seen, .arena = tmp};
	struct value cell = {.kind = V_MISSING}, sum;
	struct aux aux = {0};
	struct group g;

	if (add_simply(one->columns, records, n, tmp, &cell, &aux)) {
		acc_finish(one->columns, &cell, &aux, ret_sum ? ret_sum : &sum, interval);
		return cell;
	}
	cell.kind = V_MISSING;
	aux = (struct aux){0};
	g = group_begin(one, c->made++, &cell, &aux);
	if (c->seen.n > SEEN_KEPT) {
		free(c->seen.slots);
		c->seen = (struct seen){0};
	}
	for (size_t i = 0; i < n; i++)
		if (!records[i].fd || one->columns->field->grain != GRAIN_FACT)
			group_add(&adding, &g, &records[i]);
	return group_value(one, &g, 0, interval, ret_sum);
}

static struct value as_shown(const struct cells *c, size_t column, struct value v)
{
	const struct plan *p = &c->plans.columns[column];

	if (p->agg == AGG_SHARE)
		v = share(&v, c->shares[column]);
	if (p->field->grain > c->coarsest && v.kind != V_STRING)
		v = (struct value){.kind = V_MISSING};
	return v;
}

bool column_is_first(const struct cells *c, size_t column)
{
	const struct plan *p = &c->plans.columns[column];

	return p->agg == AGG_NONE && !(p->field->flags & FIELD_MEASURE);
}

struct value records_value(struct cells *c, const struct record *records, size_t n, size_t column,
			   uint64_t interval, struct arena *tmp, struct value *ret_sum)
{
	return as_shown(c, column,
			column_is_first(c, column)
				? first_value(&c->plans.columns[column], records, n, tmp)
				: make_value(c, records, n, column, interval, tmp, ret_sum));
}

static struct value value_and_sum(const struct row *row, size_t column, struct arena *tmp,
				  struct value *ret_sum)
{
	struct cells *c = row->of->cells;
	struct record records[ROW_RECORDS];

	if (row->summed)
		return as_shown(c, column,
				group_value(&c->plans, row->group, column, row->of->interval, ret_sum));
	for (size_t i = 0; i < row->n_records; i++)
		records[i] = record_for(c, row->records[i], c->plans.columns[column].field);
	return records_value(c, records, row->n_records, column, row->of->interval, tmp, ret_sum);
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
