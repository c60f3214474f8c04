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

/*
 * What comparing needs most of the time, near each other in memory: of the value and of the first keys so
 * much as fits a word, in an order that is theirs as far as it goes.
 */
struct entry {
	uint64_t value; /* of the other direction, its complement; MISSING */
	uint64_t keys[2];
	uint32_t row;
	bool value_whole, keys_whole[2]; /* equal words are equal values */
};

#define MISSING UINT64_MAX

enum { FAR = 32 }; /* rows ahead for which memory is asked first */

struct order {
	const struct row *rows;
	const struct value *values; /* in the column, by row */
	bool by_key, ascending;
	size_t n_keys;
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

/* In the order of value_compare(), which puts numbers before addresses before texts. Not for missing ones. */
static uint64_t word_of(const struct value *v, bool *ret_whole)
{
	enum { NUMBER, ADDRESS, TEXT, CLASS_SHIFT = 62 };
	uint64_t word;
	int64_t bits;
	double d = v->kind == V_INT ? (double)v->i : v->kind == V_BOOL ? v->b : v->d;

	switch (v->kind) {
	case V_IP:
		word = (uint64_t)v->ip.family << 32 | first_bytes(v->ip.addr, 8) >> 32;
		*ret_whole = v->ip.family == AF_INET;
		return (uint64_t)ADDRESS << CLASS_SHIFT | word;
	case V_STRING:
		word = first_bytes(v->s, strnlen(v->s, 8));
		*ret_whole = false;
		return (uint64_t)TEXT << CLASS_SHIFT | word >> 2;
	default: break;
	}
	if (v->kind == V_DIST)
		d = (double)v->dist->lat_sum;
	d += 0.0; /* no minus zero */
	memcpy(&bits, &d, sizeof(bits));
	/* the last bits go: none of an integer that a screen has */
	*ret_whole = !(bits & 3) && is_exact(d) && v->kind != V_DIST;
	word = (uint64_t)(bits < 0 ? ~bits : bits ^ INT64_MIN);
	return (uint64_t)NUMBER << CLASS_SHIFT | word >> 2;
}

/* ---- comparing ---- */

static int compare_keys(const struct row *a, const struct row *b, size_t n)
{
	n += a->level < b->level ? a->level : b->level; /* rows of a tree have one more each level */
	for (size_t i = 0; i < n; i++) {
		int c = value_compare(&a->keys[i], &b->keys[i]);

		if (c)
			return c;
	}
	return 0;
}

static int compare_ties(const struct order *o, const struct entry *a, const struct entry *b)
{
	for (size_t i = 0; i < 2; i++) {
		if (a->keys[i] != b->keys[i])
			return a->keys[i] < b->keys[i] ? -1 : 1;
		if (!a->keys_whole[i] || !b->keys_whole[i])
			break;
	}
	return compare_keys(&o->rows[a->row], &o->rows[b->row], o->n_keys);
}

static int compare(const void *x, const void *y, void *userdata)
{
	const struct order *o = userdata;
	const struct entry *a = x, *b = y;
	int c = 0;

	if (!o->by_key) {
		if (a->value != b->value)
			return a->value < b->value ? -1 : 1;
		if (!a->value_whole || !b->value_whole)
			c = value_compare(&o->values[a->row], &o->values[b->row]);
		if (c)
			return o->ascending ? c : -c;
	}
	c = compare_ties(o, a, b);
	if (o->by_key && !o->ascending)
		c = -c;
	return c ? c : (a->row > b->row) - (a->row < b->row);
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

static struct value value_of(const struct table *t, const struct row *row, int column, struct arena *tmp)
{
	bool label = t->tree && column == t->tree->column && row->label.kind != V_MISSING;

	return label ? row->label : row_value(row, (size_t)column, tmp);
}

static void set_value(struct entry *e, const struct value *v, bool ascending)
{
	e->value = MISSING;
	e->value_whole = true;
	if (v->kind == V_MISSING)
		return;
	e->value = word_of(v, &e->value_whole);
	if (!ascending) /* no value's word is all ones or none: missing ones stay last */
		e->value = ~e->value;
}

static void set_keys(struct entry *e, const struct row *row, size_t n)
{
	for (size_t i = 0; i < 2; i++) {
		e->keys[i] = MISSING;
		e->keys_whole[i] = true;
		if (i < n && row->keys[i].kind != V_MISSING)
			e->keys[i] = word_of(&row->keys[i], &e->keys_whole[i]);
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

void table_sort(struct table *t, int column, bool ascending)
{
	struct order o = {.by_key = column < 0, .ascending = ascending, .n_keys = t->n_keys};
	struct arena *tmp;
	struct value *values;
	struct entry *entries;

	if (column >= (int)t->n_columns)
		return;
	tmp = arena_new();
	entries = xcalloc(t->n_rows, sizeof(*entries));
	values = xcalloc(o.by_key ? 0 : t->n_rows, sizeof(*values));
	for (size_t i = 0; i < t->n_rows; i++) {
		struct row *row = &t->rows[i];

		entries[i].row = (uint32_t)i;
		set_keys(&entries[i], row, t->n_keys);
		row->number = NAN;
		if (o.by_key)
			continue;
		for (unsigned step = 0; step < ROW_FETCH_STEPS; step++)
			if (i + FAR / (step + 1) < t->n_rows)
				row_fetch(&t->rows[i + FAR / (step + 1)], step);
		values[i] = value_of(t, row, column, tmp);
		row->number = number_of(&values[i]);
		set_value(&entries[i], &values[i], ascending);
	}
	o.rows = t->rows;
	o.values = values;
	qsort_r(entries, t->n_rows, sizeof(*entries), compare, &o);
	arrange(t, entries);
	free(values);
	free(entries);
	arena_free(tmp);
	if (t->tree)
		table_tree_arrange(t);
}
