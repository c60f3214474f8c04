/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - of each record that passes the filter (table_walk.c): find the group, add
 * to its columns. Sorting is in table_sort.c, the arithmetic in table_acc.c.
 */
#include "core/table.h"

#include <errno.h>
#include <string.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/table_acc.h"
#include "core/table_tree.h"
#include "core/table_walk.h"

enum { TOTALS = UINT32_MAX - 1 /* in struct seen, where groups have their index */ };

struct group {
	uint64_t hash;
	struct value *cells;
	struct aux *aux;
	/* object, thread, process that came first and last: most groups have one, and often it comes again */
	const void *first[3], *last[3];
	size_t open;  /* "first value" columns that have none yet */
	bool partial; /* has calls whose bytes are not known */
	bool alive;   /* some process of it did not end */
	bool has_process;
};

struct build {
	const struct table_query *q;
	const struct sample *sample;
	struct table *table;
	struct arena *arena;
	struct table_walk walk;
	bool by_pid; /* a key is a number that the kernel gives out again: processes of one pid are different
			rows */
	struct plan *plans;
	size_t n_aux, n_first; /* n_first: columns that show the first value */
	bool any_rate;
	unsigned once;        /* grains of the columns that need a look at what was seen */
	struct group *groups; /* beside table->rows */
	size_t cap;
	uint32_t *slots; /* group + 1; 0 = free */
	size_t n_slots;
	struct seen seen;
	struct value *totals;
	bool partial; /* some group is */
	struct aux *total_aux;
};

/* ---- plan ---- */

static bool is_percentile(enum agg a)
{
	return a == AGG_P50 || a == AGG_P90 || a == AGG_P99;
}

/*
 * Different values are told apart by a set of their own: to ask first whether the thing is new is worth it
 * only where another column needs to know that anyway, or where a descriptor's threads are found that way.
 */
static void free_distinct(struct build *b)
{
	unsigned asked = 1u << GRAIN_THREAD;

	for (size_t i = 0; i < b->q->n_columns; i++) {
		if (b->plans[i].dedup && b->plans[i].agg != AGG_DISTINCT)
			asked |= 1u << b->plans[i].field->grain;
	}
	for (size_t i = 0; i < b->q->n_columns; i++) {
		struct plan *p = &b->plans[i];

		if (p->agg == AGG_DISTINCT && !(asked & (1u << p->field->grain)))
			p->dedup = false;
		if (p->dedup)
			b->once |= 1u << p->field->grain;
	}
}

static void make_plans(struct build *b)
{
	const struct table_query *q = b->q;
	const struct sample *s = b->sample;

	for (size_t i = 0; i < q->n_keys; i++)
		b->by_pid = b->by_pid || !strcmp(q->keys[i]->id, "proc.pid") ||
			    !strcmp(q->keys[i]->id, "thread.tid");
	b->plans = arena_array(b->arena, q->n_columns, sizeof(*b->plans));
	for (size_t i = 0; i < q->n_columns; i++) {
		struct plan *p = &b->plans[i];
		const struct field *f = q->columns[i].field;
		unsigned off = f->needs & ~s->needs;

		p->field = f;
		p->agg = q->columns[i].agg;
		p->aux = -1;
		p->available = !(f->needs & NEED_FDS & off);
		if (f->grain == GRAIN_FACT && !b->walk.counters)
			p->available = s->needs & NEED_FACTS;
		else if (f->grain == GRAIN_FACT)
			p->available = !(off & NEED_FACTS);
		if ((f->flags & FIELD_DELTA) && !s->interval)
			p->available = false;
		p->dedup = p->agg != AGG_NONE && f->grain != GRAIN_FACT && f->grain != GRAIN_FD &&
			   f->grain != GRAIN_DEVICE &&
			   !(f->grain == GRAIN_THREAD && b->walk.records == REC_TASKS);
		b->any_rate = b->any_rate || p->agg == AGG_RATE;
		b->n_first += p->agg == AGG_NONE;
		if (p->agg == AGG_AVG || is_percentile(p->agg)) {
			p->aux_owner = true;
			for (size_t k = 0; k < i && is_percentile(p->agg); k++) {
				if (b->plans[k].field == f && is_percentile(b->plans[k].agg)) {
					p->aux = b->plans[k].aux;
					p->aux_owner = false;
				}
			}
			if (p->aux_owner)
				p->aux = (int)b->n_aux++;
		}
	}
	free_distinct(b);
}

/* ---- groups ---- */

static bool same_keys(const struct value *a, const struct value *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i].kind != b[i].kind || value_compare(&a[i], &b[i]) != 0)
			return false;
	}
	return true;
}

static void grow_slots(struct build *b)
{
	b->n_slots = b->n_slots ? b->n_slots * 4 : 1024;
	free(b->slots);
	b->slots = xcalloc(b->n_slots, sizeof(*b->slots));
	for (size_t i = 0; i < b->table->n_rows; i++) {
		size_t at = (size_t)b->groups[i].hash & (b->n_slots - 1);

		while (b->slots[at])
			at = (at + 1) & (b->n_slots - 1);
		b->slots[at] = (uint32_t)i + 1;
	}
}

static uint32_t add_group(struct build *b, const struct record *r, const struct value *keys, uint64_t hash)
{
	struct table *t = b->table;
	size_t n = b->q->n_columns;
	struct group *g;
	struct row *row;
	struct value *copy;

	if (t->n_rows == b->cap) {
		b->cap = b->cap ? b->cap * 4 : 256; /* what is not used yet is no memory yet */
		t->rows = xreallocarray(t->rows, b->cap, sizeof(*t->rows));
		b->groups = xreallocarray(b->groups, b->cap, sizeof(*b->groups));
	}
	row = &t->rows[t->n_rows];
	g = &b->groups[t->n_rows];
	copy = arena_array(b->arena, b->q->n_keys + n, sizeof(*copy));
	memcpy(copy, keys, b->q->n_keys * sizeof(*copy));
	*g = (struct group){.hash = hash,
			    .open = b->n_first,
			    .cells = copy + b->q->n_keys,
			    .aux = b->n_aux ? arena_array(b->arena, b->n_aux, sizeof(*g->aux)) : NULL};
	*row = (struct row){.id = hash, .keys = copy, .cells = g->cells, .rep = *r};
	return (uint32_t)t->n_rows++;
}

/* Keys tell groups apart, and what is in the hash without being a key. */
static uint32_t find_group(struct build *b, const struct record *r, const struct value *keys, uint64_t hash)
{
	size_t at;

	if (b->table->n_rows * 2 >= b->n_slots)
		grow_slots(b);
	for (at = (size_t)hash & (b->n_slots - 1); b->slots[at]; at = (at + 1) & (b->n_slots - 1)) {
		uint32_t i = b->slots[at] - 1;

		/* the keys stand before the cells */
		if (b->groups[i].hash == hash &&
		    same_keys(b->groups[i].cells - b->q->n_keys, keys, b->q->n_keys))
			return i;
	}
	b->slots[at] = add_group(b, r, keys, hash) + 1;
	return b->slots[at] - 1;
}

/* ---- adding a record ---- */

static void add_column(struct build *b, const struct record *r, uint32_t group, size_t column, bool in_totals)
{
	const struct plan *p = &b->plans[column];
	struct group *g = &b->groups[group];
	struct value v = {.kind = V_MISSING};
	uint64_t weight = 1, hash;
	bool gone = p->field->flags & FIELD_HELD && r->process && r->process->exited;

	if (gone && !b->by_pid) /* a row of its own may tell what it held last; nobody else holds it */
		return;
	if (p->aux >= 0 && !p->aux_owner) /* a percentile whose histogram is another column's */
		return;
	if (!p->field->get(r, b->arena, &v))
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
		if (!seen_first(&b->seen, hash, group))
			return;
		in_totals = seen_first(&b->seen, hash, TOTALS);
	}
	acc_add(p, &g->cells[column], p->aux < 0 ? NULL : &g->aux[p->aux], &v, weight, b->arena);
	if (in_totals && !gone)
		acc_add(p, &b->totals[column], p->aux < 0 ? NULL : &b->total_aux[p->aux], &v, weight,
			b->arena);
}

/* Columns that show a dimension keep the first value that there is. */
static void add_first(struct build *b, const struct record *r, struct group *g)
{
	for (size_t i = 0; i < b->q->n_columns && g->open; i++) {
		struct value v = {.kind = V_MISSING};

		if (b->plans[i].agg != AGG_NONE || g->cells[i].kind != V_MISSING)
			continue;
		if (b->plans[i].field->get(r, b->arena, &v)) {
			g->cells[i] = v;
			g->open--;
		}
	}
}

/* Columns of one grain, once per thing that is new to the group. */
static void add_grain(struct build *b, const struct record *r, uint32_t group, enum grain grain)
{
	const void *thing = record_thing(r, grain);
	struct group *g = &b->groups[group];
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
	if (!is_first && !seen_first(&b->seen, (uintptr_t)thing, group))
		return;
	in_totals = seen_first(&b->seen, (uintptr_t)thing, TOTALS);
	for (size_t i = 0; i < b->q->n_columns; i++) {
		if (b->plans[i].dedup && b->plans[i].field->grain == grain)
			add_column(b, r, group, i, in_totals);
	}
}

/* A descriptor is open in every thread of its process. */
static void add_threads(struct build *b, const struct record *r, uint32_t group)
{
	struct record each = *r;

	if (!r->process || !seen_first(&b->seen, (uintptr_t)r->process | 1, group))
		return;
	each.obj = NULL;
	each.fd = NULL;
	for (size_t i = 0; i < r->process->n_threads; i++) {
		each.thread = r->process->threads[i];
		add_grain(b, &each, group, GRAIN_THREAD);
	}
}

static void add_record(const struct record *r, void *userdata)
{
	struct build *b = userdata;
	struct value keys[TABLE_KEYS];
	uint64_t hash = 0;
	uint32_t group;
	struct group *g;
	bool any = false;

	for (size_t i = 0; i < b->q->n_keys; i++) {
		keys[i] = field_get(b->q->keys[i], r, b->arena);
		any = any || keys[i].kind != V_MISSING;
		hash = value_hash(&keys[i], hash + i);
	}
	if (b->by_pid && r->process)
		hash = value_hash(&(struct value){.kind = V_INT, .i = (int64_t)r->process->start_boot}, hash);
	/* a call without an object is no file; by thread and file, it is one of the thread's rows */
	if (!any)
		return;
	group = find_group(b, r, keys, hash);
	g = &b->groups[group];
	if (r->fact && (r->fact->bytes_in == UNKNOWN_U64 || r->fact->bytes_out == UNKNOWN_U64))
		g->partial = b->partial = true;
	if (r->process) {
		g->has_process = true;
		if (!r->process->exited && !g->alive) {
			g->alive = true;
			b->table->rows[group].rep = *r; /* one that can still be looked at */
		}
	}
	if (g->open)
		add_first(b, r, g);
	for (size_t i = 0; i < b->q->n_columns; i++) {
		if (!b->plans[i].dedup && b->plans[i].agg != AGG_NONE)
			add_column(b, r, group, i, false);
	}
	for (enum grain grain = GRAIN_OBJECT; grain <= GRAIN_HOST; grain++) {
		if (!(b->once & (1u << grain)))
			continue;
		if (grain == GRAIN_THREAD && !r->thread && r->fd)
			add_threads(b, r, group);
		else
			add_grain(b, r, group, grain);
	}
}

/* ---- results ---- */

/* Things that may be in several groups were added to the totals as they came. */
static bool adds_up(const struct plan *p)
{
	return !p->dedup && p->agg != AGG_DISTINCT && p->agg != AGG_NONE && p->agg != AGG_LAST;
}

static void finish_shares(struct build *b, size_t column)
{
	const struct value *total = &b->totals[column];
	double all = total->kind == V_INT ? (double)total->i : total->kind == V_DOUBLE ? total->d : 0;

	for (size_t i = 0; i < b->table->n_rows; i++) {
		struct value *cell = &b->groups[i].cells[column];
		double part = cell->kind == V_INT ? (double)cell->i : cell->d;

		if (cell->kind != V_MISSING)
			*cell = all > 0 ? (struct value){.kind = V_DOUBLE, .d = 100 * part / all}
					: (struct value){.kind = V_MISSING};
	}
	if (total->kind != V_MISSING)
		b->totals[column] = all > 0 ? (struct value){.kind = V_DOUBLE, .d = 100}
					    : (struct value){.kind = V_MISSING};
}

/* Bytes of calls, which those that were picked by their latency do not have. */
static bool counts_bytes(const struct plan *p)
{
	return p->field->grain == GRAIN_FACT && p->field->unit == UNIT_BYTES;
}

static void finish(struct build *b)
{
	struct table *t = b->table;
	size_t n = b->q->n_columns;
	struct value *sums = arena_array(b->arena, n, sizeof(*sums)), *kept = NULL;
	struct value *total_sums = arena_array(b->arena, n, sizeof(*total_sums));

	for (size_t i = 0; i < t->n_rows; i++) {
		struct group *g = &b->groups[i];

		for (size_t c = 0; c < n; c++) {
			const struct plan *p = &b->plans[c];
			struct aux *aux = p->aux < 0 ? NULL : &g->aux[p->aux];

			if (adds_up(p))
				acc_merge(p, &b->totals[c], p->aux < 0 ? NULL : &b->total_aux[p->aux],
					  &g->cells[c], aux, b->arena);
			acc_finish(p, &g->cells[c], aux, &sums[c], b->sample->interval);
			if (g->partial && counts_bytes(p))
				g->cells[c].kind = sums[c].kind = V_MISSING;
		}
		/* idle rows come in thousands: those with equal sums share them */
		if (!kept || (b->any_rate && memcmp(kept, sums, n * sizeof(*sums)) != 0)) {
			kept = arena_array(b->arena, n, sizeof(*kept));
			memcpy(kept, sums, n * sizeof(*kept));
		}
		t->rows[i].sums = kept;
		t->rows[i].exited = b->groups[i].has_process && !b->groups[i].alive;
	}
	for (size_t c = 0; c < n; c++) {
		const struct plan *p = &b->plans[c];

		if (p->agg == AGG_NONE || p->agg == AGG_LAST)
			b->totals[c].kind = V_MISSING;
		else
			acc_finish(p, &b->totals[c], p->aux < 0 ? NULL : &b->total_aux[p->aux],
				   &total_sums[c], b->sample->interval);
		if (b->partial && counts_bytes(p))
			b->totals[c].kind = total_sums[c].kind = V_MISSING;
		if (p->agg == AGG_SHARE)
			finish_shares(b, c);
	}
	t->totals = b->totals;
	t->total_sums = total_sums;
}

int table_build(const struct table_query *q, const struct sample *s, struct table **ret)
{
	struct build b = {.q = q, .sample = s};

	if (!q->n_keys || q->n_keys > TABLE_KEYS || q->sort >= (int)q->n_columns)
		return -EINVAL;
	for (size_t i = 0; i < q->n_columns; i++) {
		if (!agg_fits(q->columns[i].agg, q->columns[i].field))
			return -EINVAL;
	}
	b.table = xcalloc(1, sizeof(*b.table));
	b.arena = b.table->arena = arena_new();
	b.table->n_columns = q->n_columns;
	b.table->n_keys = q->n_keys;
	b.table->interval = s->interval;
	b.walk = table_walk_plan(q, s);
	make_plans(&b);
	b.totals = arena_array(b.arena, q->n_columns, sizeof(*b.totals));
	b.total_aux = arena_array(b.arena, b.n_aux, sizeof(*b.total_aux));
	table_walk(&b.walk, b.arena, add_record, &b);
	finish(&b);
	free(b.groups);
	free(b.slots);
	free(b.seen.slots);
	table_sort(b.table, q->sort, q->ascending);
	*ret = b.table;
	return 0;
}

void table_limit(struct table *t, size_t n)
{
	if (t->n_rows > n)
		t->n_rows = n;
}

struct table *table_free(struct table *t)
{
	if (!t)
		return NULL;
	table_tree_free(t->tree);
	arena_free(t->arena);
	free(t->rows);
	free(t);
	return NULL;
}
