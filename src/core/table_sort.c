/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_sort.c - order of rows: by a column, ties by key, missing values last
 * in either direction.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/table.h"

struct entry {
	double number;
	const char *text; /* NULL for numbers */
	const struct row *row;
	bool missing;
};

struct order {
	int column;
	bool ascending;
	size_t n_keys;
};

static int compare_keys(const struct row *a, const struct row *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int c = value_compare(&a->keys[i], &b->keys[i]);

		if (c)
			return c;
	}
	return 0;
}

static int compare(const void *x, const void *y, void *userdata)
{
	const struct order *o = userdata;
	const struct entry *a = x, *b = y;
	int c = 0;

	if (a->missing != b->missing)
		return a->missing ? 1 : -1;
	if (!a->missing && o->column >= 0) {
		if (a->text && b->text)
			c = strcmp(a->text, b->text);
		else if (a->number != b->number)
			c = a->number < b->number ? -1 : 1;
		else
			c = value_compare(&a->row->cells[o->column], &b->row->cells[o->column]);
		if (c)
			return o->ascending ? c : -c;
	}
	c = compare_keys(a->row, b->row, o->n_keys);
	return o->column < 0 && !o->ascending ? -c : c;
}

static struct entry entry_of(const struct row *row, int column)
{
	const struct value *v = column < 0 ? NULL : &row->cells[column];
	struct entry e = {.row = row};

	if (!v)
		return e;
	switch (v->kind) {
	case V_MISSING: e.missing = true; break;
	case V_INT: e.number = (double)v->i; break;
	case V_DOUBLE: e.number = v->d; break;
	case V_BOOL: e.number = v->b; break;
	case V_STRING: e.text = v->s; break;
	default: break;
	}
	return e;
}

void table_sort(struct table *t, int column, bool ascending)
{
	struct order o = {.column = column, .ascending = ascending, .n_keys = t->n_keys};
	struct entry *entries;
	struct row *sorted;

	if (column >= (int)t->n_columns || t->n_rows < 2)
		return;
	entries = xcalloc(t->n_rows, sizeof(*entries));
	sorted = xmalloc(t->n_rows * sizeof(*sorted));
	for (size_t i = 0; i < t->n_rows; i++)
		entries[i] = entry_of(&t->rows[i], column);
	qsort_r(entries, t->n_rows, sizeof(*entries), compare, &o);
	for (size_t i = 0; i < t->n_rows; i++)
		sorted[i] = *entries[i].row;
	free(t->rows);
	free(entries);
	t->rows = sorted;
}
