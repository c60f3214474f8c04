/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_sort.c - order of rows: by a column, ties by key, missing values last
 * in either direction.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/table_tree.h"

/* What comparing needs most of the time, beside each other in memory. */
struct entry {
	double number;
	double key[2]; /* the first keys, where they are numbers; else NAN */
	const struct row *row;
	struct value value; /* missing: sorted by key */
};

struct order {
	int column;
	bool ascending;
	size_t n_keys;
};

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

/* Up to here a double tells integers apart. */
static bool is_exact(double d)
{
	return fabs(d) < 9007199254740992.0;
}

static int compare_ties(const struct entry *a, const struct entry *b, size_t n_keys)
{
	for (size_t i = 0; i < 2 && is_exact(a->key[i]) && is_exact(b->key[i]); i++) {
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	}
	return compare_keys(a->row, b->row, n_keys);
}

static int compare(const void *x, const void *y, void *userdata)
{
	const struct order *o = userdata;
	const struct entry *a = x, *b = y;
	int c = 0;

	if (o->column < 0) {
		c = compare_ties(a, b, o->n_keys);
		return o->ascending ? c : -c;
	}
	if ((a->value.kind == V_MISSING) != (b->value.kind == V_MISSING))
		return a->value.kind == V_MISSING ? 1 : -1;
	if (a->value.kind != V_MISSING) {
		if (a->value.kind == V_STRING && b->value.kind == V_STRING)
			c = strcmp(a->value.s, b->value.s);
		else if (a->number != b->number)
			c = a->number < b->number ? -1 : 1;
		else if (isnan(a->number) || !is_exact(a->number)) /* other kinds, and long integers */
			c = value_compare(&a->value, &b->value);
		if (c)
			return o->ascending ? c : -c;
	}
	return compare_ties(a, b, o->n_keys);
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

static struct entry entry_of(const struct table *t, struct row *row, int column, struct arena *tmp)
{
	bool label = t->tree && column >= 0 && column == t->tree->column && row->label.kind != V_MISSING;
	struct entry e = {.row = row, .key = {number_of(&row->keys[0]), NAN}, .number = NAN};

	if (t->n_keys > 1)
		e.key[1] = number_of(&row->keys[1]);
	if (column >= 0)
		e.value = label ? row->label : row_value(row, (size_t)column, tmp);
	row->number = e.number = number_of(&e.value);
	return e;
}

/* Puts rows where their entries are, each moved once, in place: there may be many. */
static void arrange(struct table *t, struct entry *entries)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		struct row first = t->rows[i];
		size_t to = i;

		for (;;) {
			size_t from = (size_t)(entries[to].row - t->rows);

			entries[to].row = &t->rows[to]; /* done */
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
	struct order o = {.column = column, .ascending = ascending, .n_keys = t->n_keys};
	struct arena *tmp;
	struct entry *entries;

	if (column >= (int)t->n_columns)
		return;
	tmp = arena_new();
	entries = xcalloc(t->n_rows, sizeof(*entries));
	for (size_t i = 0; i < t->n_rows; i++)
		entries[i] = entry_of(t, &t->rows[i], column, tmp);
	qsort_r(entries, t->n_rows, sizeof(*entries), compare, &o);
	arrange(t, entries);
	free(entries);
	arena_free(tmp);
	if (t->tree)
		table_tree_arrange(t);
}
