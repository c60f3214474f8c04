/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - finds the row of each record that passes the filter (table_walk.c). What rows have in their cells
 * is made in table_cells.c, from the sums of table_group.c. Sorting is in table_sort.c.
 */
#include "core/table.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/basis.h"
#include "core/mem.h"
#include "core/table_cells.h"
#include "core/table_tree.h"

struct build {
	const struct table_query *q;
	struct table *table;
	struct arena *arena;
	struct table_walk walk;
	struct adding adding;
	struct group totals;
	size_t few;      /* records that a row may have without sums */
	size_t cap;      /* of table->rows */
	uint32_t *slots; /* row + 1; 0 = free */
	size_t n_slots;
	enum basis basis;   /* what all keys follow from */
	uint32_t *by_place; /* row + 1 of each thing of it, NO_ROW; 0 = not looked for yet; NULL = none */
	struct seen seen;
	struct arena *scratch; /* keys of some records */
	/* Keys of the rows, where every record looks for its row; else they are made again from a record. */
	struct value *keys;
	size_t n_keys, cap_keys;
	struct arena *kept;      /* their strings */
	uint64_t *words;         /* the same to sort by */
	const struct plan *runs; /* column that is added up row by row on the way; NULL */
	bool any_exited;         /* processes, in the sample */
};

#define NO_ROW UINT32_MAX

/* ---- rows ---- */

static bool same_keys(const struct build *b, const struct row *row, const struct value *keys)
{
	const struct value *kept =
		b->by_place ? NULL : &b->keys[(size_t)(row - b->table->rows) * b->q->n_keys];

	for (size_t i = 0; i < b->q->n_keys; i++) {
		const struct value key =
			kept ? kept[i] : record_key(b->table->cells, row_example(row), i, b->scratch);

		if (key.kind != keys[i].kind || value_compare(&key, &keys[i]) != 0)
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
		size_t at = (size_t)b->table->rows[i].id & (b->n_slots - 1);

		while (b->slots[at])
			at = (at + 1) & (b->n_slots - 1);
		b->slots[at] = (uint32_t)i + 1;
	}
}

static void keep_keys(struct build *b, const struct record *r, const struct value *keys)
{
	for (size_t i = 0; i < b->q->n_keys; i++) {
		struct value v = keys[i];

		if (v.kind == V_STRING && arena_has(b->scratch, v.s))
			v = field_get(b->q->keys[i], r, b->kept);
		VEC_PUSH(b->keys, b->n_keys, b->cap_keys) = v;
	}
}

/* A larger array with the same words. What is this large is not from the heap, where it would stay as a hole.
 */
static uint64_t *grown(struct build *b, const uint64_t *words, size_t n, size_t cap)
{
	uint64_t *larger = arena_array(b->kept, cap, sizeof(*words));

	if (n)
		memcpy(larger, words, n * sizeof(*words));
	return larger;
}

static struct row *add_row(struct build *b, const struct record *r, const struct value *keys, uint64_t hash)
{
	struct table *t = b->table;
	struct row *row;

	if (t->n_rows == b->cap) {
		b->cap = b->cap ? b->cap * 4 : 256; /* what is not used yet is no memory yet */
		t->rows = xreallocarray(t->rows, b->cap, sizeof(*t->rows));
		b->words = grown(b, b->words, t->n_rows * b->q->n_keys, b->cap * b->q->n_keys);
	}
	row = &t->rows[t->n_rows++];
	*row = (struct row){.id = hash, .of = t};
	row->records[0] = record_ref(t->cells, r, b->arena);
	for (size_t i = 0; i < b->q->n_keys; i++)
		b->words[(t->n_rows - 1) * b->q->n_keys + i] = sort_word(&keys[i]);
	if (!b->by_place)
		keep_keys(b, r, keys);
	return row;
}

/* Keys tell rows apart, and what is in the hash without being a key. */
static struct row *find_row(struct build *b, const struct record *r, const struct value *keys, uint64_t hash)
{
	struct row *rows = b->table->rows;
	size_t at;

	if (b->table->n_rows * 2 >= b->n_slots)
		grow_slots(b);
	for (at = (size_t)hash & (b->n_slots - 1); b->slots[at]; at = (at + 1) & (b->n_slots - 1)) {
		struct row *row = &rows[b->slots[at] - 1];

		if (row->id == hash && same_keys(b, row, keys))
			return row;
	}
	b->slots[at] = (uint32_t)b->table->n_rows + 1;
	return add_row(b, r, keys, hash);
}

/* From now on it is sums. */
static void sum_up(struct build *b, struct row *row)
{
	const struct plans *plans = b->adding.plans;
	struct group *g = arena_alloc(b->arena, sizeof(*g));
	uint32_t example;

	*g = group_begin(plans, (uint32_t)(row - b->table->rows),
			 arena_array(b->arena, plans->n, sizeof(*g->cells)),
			 plans->n_aux ? arena_array(b->arena, plans->n_aux, sizeof(*g->aux)) : NULL);
	for (size_t i = 0; i < row->n_records; i++) {
		const struct record r = record_at(row->of->cells, row->records[i]);

		group_add(&b->adding, g, &r);
	}
	example = row_example(row);
	row->summed = true;
	row->group = g;
	row->example = example;
	row->n_records = row->rep = 0;
}

/* What the rows will be sorted by, while the record is at hand. */
static void add_running(const struct build *b, struct row *row, const struct record *r)
{
	const struct plan *p = b->runs;
	struct value v = {.kind = V_MISSING}, cell = {.kind = row->running_kind, .i = row->running};

	/* most amounts of most facts are none: see add_column() */
	if (!p->field->get(r, b->scratch, &v) || (v.kind == V_INT && !v.i && p->field->grain == GRAIN_FACT))
		return;
	acc_add(p, &cell, NULL, &v, 1, b->scratch);
	row->running_kind = cell.kind;
	row->running = cell.i;
}

static void add_to_row(struct build *b, struct row *row, const struct record *r)
{
	uint8_t rep = row->rep;

	if (!row->summed && row->n_records == b->few)
		sum_up(b, row);
	if (row->summed)
		group_add(&b->adding, row->group, r);
	else
		row->records[rep = row->n_records++] = record_ref(row->of->cells, r, b->arena);
	if (b->runs && !row->summed)
		add_running(b, row, r);
	if (!r->process || row->alive)
		return;
	if (!b->any_exited || !r->process->exited) {
		row->rep = rep;
		if (row->summed)
			row->example = record_ref(row->of->cells, r, b->arena);
		row->alive = true;
	}
	row->exited = !row->alive;
}

/* A row that has to be looked for. */
struct lookup {
	struct value keys[TABLE_KEYS];
	uint64_t hash;
	bool any; /* it has a key */
};

static void make_keys(struct build *b, const struct record *r, struct lookup *l)
{
	l->hash = 0;
	l->any = false;
	for (size_t i = 0; i < b->q->n_keys; i++) {
		l->keys[i] = field_get(b->q->keys[i], r, b->scratch);
		l->any = l->any || l->keys[i].kind != V_MISSING;
		l->hash = value_hash(&l->keys[i], l->hash + i);
	}
	if (b->adding.plans->by_pid && r->process)
		l->hash = value_hash(&(struct value){.kind = V_INT, .i = (int64_t)r->process->start_boot},
				     l->hash);
}

/* Number + 1; NO_ROW: it belongs in none. */
static uint32_t find_or_add(struct build *b, const struct record *r, const struct lookup *l)
{
	/* a call without an object is no file; by thread and file, it is one of the thread's rows */
	return l->any ? (uint32_t)(find_row(b, r, l->keys, l->hash) - b->table->rows) + 1 : NO_ROW;
}

/* Where the row would be, and the row that may be there. */
static void fetch_slot(const struct build *b, const struct lookup *l)
{
	if (b->slots)
		__builtin_prefetch(&b->slots[l->hash & (b->n_slots - 1)]);
}

static void fetch_found(const struct build *b, const struct lookup *l)
{
	uint32_t number = b->slots ? b->slots[l->hash & (b->n_slots - 1)] : 0;

	if (!number)
		return;
	__builtin_prefetch(&b->table->rows[number - 1]);
	if (!b->by_place)
		__builtin_prefetch(&b->keys[(number - 1) * b->q->n_keys]);
}

/* What will be added to, or added up. */
static void fetch_sums(const struct build *b, const struct row *row, unsigned step)
{
	if (row->summed || row->n_records == b->few)
		row_fetch(row, step);
}

/*
 * Finds the rows of all before anything is added, and looks at nothing in memory before that was asked for:
 * most of it is far away.
 */
static void add_records(const struct record *records, size_t n, void *userdata)
{
	struct build *b = userdata;
	struct lookup lookups[WALK_BATCH];
	size_t places[WALK_BATCH];
	uint32_t rows[WALK_BATCH];

	for (size_t i = 0; i < n; i++) {
		places[i] = b->by_place ? basis_place(b->basis, &records[i]) : NO_PLACE;
		rows[i] = places[i] == NO_PLACE ? 0 : b->by_place[places[i]];
		if (rows[i])
			continue;
		make_keys(b, &records[i], &lookups[i]);
		fetch_slot(b, &lookups[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (!rows[i])
			fetch_found(b, &lookups[i]);
	for (size_t i = 0; i < n; i++) {
		const struct row *row;

		if (!rows[i])
			rows[i] = find_or_add(b, &records[i], &lookups[i]);
		if (places[i] != NO_PLACE)
			b->by_place[places[i]] = rows[i];
		if (rows[i] == NO_ROW)
			continue;
		row = &b->table->rows[rows[i] - 1];
		__builtin_prefetch(row, 1);
	}
	for (unsigned step = 1; step < ROW_FETCH_STEPS; step++)
		for (size_t i = 0; i < n; i++)
			if (rows[i] != NO_ROW)
				fetch_sums(b, &b->table->rows[rows[i] - 1], step);
	for (size_t i = 0; i < n; i++)
		if (rows[i] != NO_ROW)
			add_to_row(b, &b->table->rows[rows[i] - 1], &records[i]);
	arena_reset(b->scratch);
}

static void begin_places(struct build *b, const struct sample *s)
{
	size_t places;

	for (size_t i = 0; i < b->q->n_keys; i++)
		b->basis = basis_join(b->basis, basis_of(b->q->keys[i]));
	places = basis_places(b->basis, s);
	if (places)
		b->by_place = arena_array(b->kept, places, sizeof(*b->by_place));
	if (places && b->basis == BASIS_OBJECT)
		b->adding.objects = arena_array(b->kept, places, sizeof(*b->adding.objects));
}

/* ---- totals ---- */

static bool any_share(const struct table_query *q)
{
	for (size_t i = 0; i < q->n_columns; i++)
		if (q->columns[i].agg == AGG_SHARE)
			return true;
	return false;
}

static void begin_totals(struct build *b)
{
	const struct plans *plans = b->adding.plans;

	b->totals = group_begin(plans, UINT32_MAX, arena_array(b->arena, plans->n, sizeof(struct value)),
				arena_array(b->arena, plans->n_aux, sizeof(struct aux)));
	b->adding.totals = &b->totals;
}

static void finish_totals(struct build *b)
{
	const struct plans *plans = b->adding.plans;
	struct value *totals = arena_array(b->arena, plans->n, sizeof(*totals));
	struct value *sums = arena_array(b->arena, plans->n, sizeof(*sums));

	for (size_t i = 0; i < b->table->n_rows; i++)
		group_to_totals(&b->adding, b->table->rows[i].group);
	for (size_t i = 0; i < plans->n; i++) {
		enum agg agg = plans->columns[i].agg;

		if (plans->columns[i].total && agg != AGG_NONE && agg != AGG_LAST)
			totals[i] = group_value(plans, &b->totals, i, b->table->interval, &sums[i]);
	}
	cells_set_shares(b->table->cells, totals, b->arena);
	b->table->totals = totals;
	b->table->total_sums = sums;
}

static bool any_exited(const struct sample *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].exited)
			return true;
	return false;
}

/* Whether a column is a number that needs but itself to go on: no set of what was seen, no count beside it.
 */
static bool can_run(const struct plan *p, const struct table_query *q)
{
	bool sum = p->agg == AGG_SUM || p->agg == AGG_RATE, most = p->agg == AGG_MIN || p->agg == AGG_MAX;

	if (p->field->type != FT_INT || filter_uses_latency(q->filter)) /* the latter: bytes are not known */
		return false;
	return (sum && p->field->grain == GRAIN_FACT) || (most && p->field->grain == GRAIN_OBJECT);
}

int table_build(const struct table_query *q, const struct sample *s, struct table **ret)
{
	struct build b = {.q = q};
	struct table *t;

	if (!q->n_keys || q->n_keys > TABLE_KEYS || q->sort >= (int)q->n_columns)
		return -EINVAL;
	for (size_t i = 0; i < q->n_columns; i++) {
		if (!agg_fits(q->columns[i].agg, q->columns[i].field))
			return -EINVAL;
	}
	b.table = t = xcalloc(1, sizeof(*b.table));
	b.arena = t->arena = arena_new();
	t->n_columns = q->n_columns;
	t->n_keys = q->n_keys;
	t->interval = s->interval;
	b.walk = table_walk_plan(q, s);
	t->cells = cells_new(q, &b.walk, b.arena);
	b.adding = (struct adding){.plans = &t->cells->plans, .seen = &b.seen, .arena = b.arena};
	if (q->totals || any_share(q))
		begin_totals(&b);
	else if (!(b.walk.records & ~(unsigned)(REC_TASKS | REC_FACTS | REC_FDS)))
		b.few = ROW_RECORDS;
	b.scratch = arena_new();
	b.kept = b.adding.while_made = arena_new();
	begin_places(&b, s);
	plans_begin(&t->cells->plans, s);
	b.any_exited = any_exited(s);
	if (b.few && q->sort >= 0 && can_run(&t->cells->plans.columns[q->sort], q))
		b.runs = &t->cells->plans.columns[q->sort];
	table_walk(&b.walk, b.arena, add_records, &b);
	if (b.adding.totals)
		finish_totals(&b);
	free(b.slots);
	free(b.seen.slots);
	arena_free(b.scratch);
	plans_end(&t->cells->plans);
	free(b.keys);
	sort_made(t, q->sort, q->ascending, &(const struct made){.runs = b.runs, .words = b.words});
	arena_free(b.kept);
	t->rows = xreallocarray(t->rows, t->n_rows ? t->n_rows : 1, sizeof(*t->rows)); /* no more will come */
	*ret = t;
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
	cells_done(t->cells);
	arena_free(t->arena);
	free(t->rows);
	free(t);
	return NULL;
}
