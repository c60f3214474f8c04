/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_sort.c - order of rows: by a column, ties by key, missing values last
 * in either direction.
 */
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/table_cells.h"
#include "core/table_tree.h"

/* A row, and as much of what it is sorted by as fits a word, in an order that is the same as far as it goes.
 */
struct entry {
	uint64_t word;
	uint32_t row;
	bool whole; /* equal words are equal values */
};

#define MISSING (UINT64_MAX >> 1)

enum {
	FAR = 32,         /* rows ahead for which memory is asked first */
	RADIX_MIN = 1024, /* entries */
	BY_VALUE = 0,     /* levels of the order; the next ones are keys */
	BY_KEYS = 1,
};

struct order {
	struct table *table;
	int column; /* < 0 = by key */
	bool ascending;
	struct made made;
	struct entry *spare; /* as many as rows */
	struct arena *arena;
};

/* ---- words ---- */

static uint64_t first_bytes(const void *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n < 8 ? n : 8);
	return be64toh(word);
}

/* Up to here a double tells integers apart. */
static bool is_exact(double d)
{
	return fabs(d) < 9007199254740992.0;
}

/* Numbers before addresses before texts, in 63 bits. */
static uint64_t word_of(const struct value *v, bool *ret_whole)
{
	enum { NUMBER, ADDRESS, TEXT, CLASS_SHIFT = 61 };
	uint64_t word;
	int64_t bits;
	double d = v->kind == V_INT ? (double)v->i : v->kind == V_BOOL ? v->b : v->d;

	*ret_whole = true;
	switch (v->kind) {
	case V_MISSING: return MISSING;
	case V_IP:
		word = (uint64_t)v->ip.family << 32 | first_bytes(v->ip.addr, 8) >> 32;
		*ret_whole = v->ip.family == AF_INET;
		return (uint64_t)ADDRESS << CLASS_SHIFT | word;
	case V_STRING:
		word = first_bytes(v->s, strnlen(v->s, 8));
		*ret_whole = false;
		return (uint64_t)TEXT << CLASS_SHIFT | word >> 3;
	default: break;
	}
	if (v->kind == V_DIST)
		d = (double)v->dist->lat_sum;
	d += 0.0; /* no minus zero */
	memcpy(&bits, &d, sizeof(bits));
	/* the last bits go: none of an integer that a screen has */
	*ret_whole = !(bits & 7) && is_exact(d) && v->kind != V_DIST;
	word = (uint64_t)(bits < 0 ? ~bits : bits ^ INT64_MIN);
	return (uint64_t)NUMBER << CLASS_SHIFT | word >> 3;
}

uint64_t sort_word(const struct value *v)
{
	bool whole;
	uint64_t word = word_of(v, &whole);

	return word << 1 | whole;
}

/* ---- sorting by words ---- */

static int compare_words(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->word != b->word)
		return a->word < b->word ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

/* By one byte of the words; stable. */
static void sort_by_byte(const struct entry *from, struct entry *to, size_t n, unsigned shift)
{
	size_t places[256] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		places[from[i].word >> shift & 255]++;
	for (size_t i = 0; i < 256; i++) {
		size_t count = places[i];

		places[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[places[from[i].word >> shift & 255]++] = from[i];
}

/* Those of equal words stay in the order of their rows, in which they come. */
static void sort_words(struct entry *e, struct entry *spare, size_t n)
{
	struct entry *from = e, *to = spare;
	uint64_t differ = 0;
	bool sorted = true;

	for (size_t i = 1; i < n; i++) {
		differ |= e[i].word ^ e[0].word;
		sorted = sorted && e[i - 1].word <= e[i].word;
	}
	if (sorted) /* as it was in the last interval, most of the time */
		return;
	if (n < RADIX_MIN) {
		qsort(e, n, sizeof(*e), compare_words);
		return;
	}
	for (unsigned shift = 0; shift < 64; shift += 8) {
		struct entry *other = from;

		if (!(differ >> shift & 255))
			continue;
		sort_by_byte(from, to, n, shift);
		from = to;
		to = other;
	}
	if (from != e)
		memcpy(e, from, n * sizeof(*e));
}

static double number_of(const struct value *v)
{
	switch (v->kind) {
	case V_INT: return (double)v->i;
	case V_DOUBLE: return v->d;
	case V_BOOL: return v->b;
	default: return NAN;
	}
}

static struct value value_of(const struct order *o, const struct row *row)
{
	const struct table *t = o->table;
	struct value label = row_label(row);
	bool has_label = t->tree && o->column == t->tree->column && label.kind != V_MISSING;

	return has_label ? label : row_value(row, (size_t)o->column, o->arena);
}

/* What was added up while the table was made. */
static struct value running_value(const struct order *o, const struct row *row)
{
	struct value v = {.kind = row->running_kind, .i = row->running}, sum;

	acc_finish(o->made.runs, &v, NULL, &sum, o->table->interval);
	return v;
}

/* Descending, it is the complement. */
static void set_word(struct entry *e, uint64_t word, bool ascending)
{
	e->word = ascending ? word >> 1 : ~word >> 1;
	e->whole = word & 1;
}

static void set_values(const struct order *o, struct entry *e)
{
	struct table *t = o->table;

	for (size_t i = 0; i < t->n_rows; i++) {
		struct row *row = &t->rows[i];
		struct value v;

		for (unsigned step = 0; step < ROW_FETCH_STEPS && !o->made.runs; step++)
			if (i + FAR / (step + 1) < t->n_rows)
				row_fetch(&t->rows[i + FAR / (step + 1)], step);
		arena_reset(o->arena);
		v = o->made.runs && !row->summed ? running_value(o, row) : value_of(o, row);
		row->number = number_of(&v);
		/* no value's word is all ones or none: missing ones stay last */
		set_word(&e[i], sort_word(&v), o->ascending || v.kind == V_MISSING);
	}
}

static void set_keys(const struct order *o, struct entry *e, size_t n, size_t key)
{
	bool ascending = o->column >= 0 || o->ascending;

	for (size_t i = 0; i < n && o->made.words; i++)
		set_word(&e[i], o->made.words[e[i].row * o->table->n_keys + key], ascending);
	for (size_t i = 0; i < n && !o->made.words; i++) {
		struct value v;

		if (i + FAR < n)
			row_fetch(&o->table->rows[e[i + FAR].row], 0);
		if (i + FAR / 2 < n)
			row_fetch(&o->table->rows[e[i + FAR / 2].row], 1);
		if (i + FAR / 4 < n)
			row_fetch(&o->table->rows[e[i + FAR / 4].row], 2);
		arena_reset(o->arena);
		v = row_key(&o->table->rows[e[i].row], key, o->arena);
		set_word(&e[i], sort_word(&v), ascending);
	}
}

/* ---- comparing ---- */

/* A row of those that words do not tell apart, with what is compared first. */
struct whole {
	uint32_t row;
	bool made;
	struct value value; /* by value only */
	struct value *keys;
};

static size_t n_keys(const struct table *t, const struct row *row)
{
	return t->n_keys + row_level(row); /* rows of a tree have one more each level */
}

static const struct value *keys_of(const struct order *o, struct whole *w)
{
	const struct row *row = &o->table->rows[w->row];
	size_t n = n_keys(o->table, row);

	if (w->keys)
		return w->keys;
	w->keys = arena_array(o->arena, n, sizeof(*w->keys));
	for (size_t i = 0; i < n; i++)
		w->keys[i] = row_key(row, i, o->arena);
	return w->keys;
}

static int compare_keys(const struct order *o, struct whole *a, struct whole *b)
{
	size_t n = n_keys(o->table, &o->table->rows[a->row]), n_b = n_keys(o->table, &o->table->rows[b->row]);
	const struct value *x = keys_of(o, a), *y = keys_of(o, b);

	for (size_t i = 0; i < n && i < n_b; i++) {
		int c = value_compare(&x[i], &y[i]);

		if (c)
			return c;
	}
	return 0;
}

static int compare(const void *x, const void *y, void *userdata)
{
	const struct order *o = userdata;
	struct whole *a = *(struct whole *const *)x, *b = *(struct whole *const *)y;
	int c = o->column < 0 ? 0 : value_compare(&a->value, &b->value);

	if (c)
		return o->ascending ? c : -c;
	c = compare_keys(o, a, b);
	if (o->column < 0 && !o->ascending)
		c = -c;
	return c ? c : (a->row > b->row) - (a->row < b->row);
}

/* Rows of which at least this level's words are the same. */
static void sort_whole(const struct order *o, struct entry *e, size_t n)
{
	struct whole *all = xcalloc(n, sizeof(*all)), **sorted = xcalloc(n, sizeof(struct whole *));

	arena_reset(o->arena);
	for (size_t i = 0; i < n; i++) {
		all[i].row = e[i].row;
		if (o->column >= 0)
			all[i].value = value_of(o, &o->table->rows[e[i].row]);
		sorted[i] = &all[i];
	}
	qsort_r(sorted, n, sizeof(struct whole *), compare, (void *)(uintptr_t)o);
	for (size_t i = 0; i < n; i++)
		e[i].row = sorted[i]->row;
	free(sorted);
	free(all);
}

/* Entries that are equal in all levels before, with their words of this one. */
static void sort_level(const struct order *o, struct entry *e, size_t n, size_t level)
{
	size_t end;

	sort_words(e, o->spare, n);
	for (size_t i = 0; i < n; i = end) {
		bool whole = e[i].whole;

		for (end = i + 1; end < n && e[end].word == e[i].word; end++)
			whole = whole && e[end].whole;
		if (end - i == 1)
			continue;
		if (!whole || o->table->tree) {
			sort_whole(o, e + i, end - i);
		} else if (level < o->table->n_keys) {
			set_keys(o, e + i, end - i, level);
			sort_level(o, e + i, end - i, level + 1);
		}
	}
}

/* Puts rows where their entries are, each moved once, in place: there may be many. */
static void arrange(struct table *t, struct entry *entries)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		struct row first = t->rows[i];
		size_t to = i;

		for (;;) {
			size_t from = entries[to].row;

			entries[to].row = (uint32_t)to; /* done */
			if (from == i) {
				t->rows[to] = first;
				break;
			}
			if (from == to)
				break;
			t->rows[to] = t->rows[from];
			to = from;
		}
	}
}

void sort_made(struct table *t, int column, bool ascending, const struct made *made)
{
	struct order o = {.table = t, .column = column, .ascending = ascending, .made = *made};
	struct arena *mine;
	struct entry *entries;

	if (column >= (int)t->n_columns)
		return;
	o.arena = arena_new();
	mine = arena_new(); /* not from the heap, where what is this large would stay as a hole */
	o.spare = arena_array(mine, t->n_rows, sizeof(*o.spare));
	entries = arena_array(mine, t->n_rows, sizeof(*entries));
	for (size_t i = 0; i < t->n_rows; i++)
		entries[i].row = (uint32_t)i;
	if (column >= 0) {
		set_values(&o, entries);
	} else {
		for (size_t i = 0; i < t->n_rows; i++)
			t->rows[i].number = NAN;
		set_keys(&o, entries, t->n_rows, 0);
	}
	sort_level(&o, entries, t->n_rows, column >= 0 ? BY_VALUE : BY_KEYS);
	arrange(t, entries);
	arena_free(mine);
	arena_free(o.arena);
	if (t->tree)
		table_tree_arrange(t);
}

void table_sort(struct table *t, int column, bool ascending)
{
	sort_made(t, column, ascending, &(const struct made){0});
}
