/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rows.c - see rows.h. */
#include "ui/rows.h"

#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/table_look.h"
#include "ui/layout.h"
#include "ui/needle.h"

static bool value_number(const struct value *v, double *ret)
{
	if (v->kind == V_INT)
		*ret = (double)v->i;
	else if (v->kind == V_DOUBLE)
		*ret = v->d;
	else
		return false;
	return true;
}

enum heat cell_heat(const struct column *c, const struct value *v)
{
	double x;

	if (!value_number(v, &x))
		return HEAT_NONE;
	if (!isnan(c->critical) && x >= c->critical)
		return HEAT_CRITICAL;
	return !isnan(c->warn) && x >= c->warn ? HEAT_WARN : HEAT_NONE;
}

bool cell_is_zero(const struct column *c, const struct value *v)
{
	double x;

	if (!(c->field->flags & FIELD_MEASURE) && c->agg == AGG_NONE)
		return false;
	return column_is_number(c) && value_number(v, &x) && x == 0;
}

void value_cell(const struct column *c, const struct value *v, struct buf *out)
{
	if (v->kind == V_STRING && v->s)
		format_safe(out, v->s, strlen(v->s));
	else if (cell_is_zero(c, v))
		buf_adds(out, "·");
	else
		format_value(out, v, agg_unit(c->agg, c->field), false);
}

void row_cell(const struct view *view, const struct row *row, size_t column, struct buf *out)
{
	struct arena *tmp = arena_new();
	const struct value v = row_value(row, column, tmp);

	value_cell(&view->columns[column], &v, out);
	arena_free(tmp);
}

void row_tree_cell(const struct view *view, const struct row *row, size_t column, bool folded,
		   struct buf *out)
{
	const struct value label = row_label(row);

	table_tree_guides(row, folded, false, out);
	if (label.kind == V_STRING && label.s)
		format_safe(out, label.s, strlen(label.s));
	else if (label.kind != V_MISSING)
		format_value(out, &label, UNIT_ID, false);
	else
		row_cell(view, row, column, out);
}

void rows_reset(struct rows *r)
{
	r->cursor = r->top = 0;
	r->pinned = 0;
	free(r->needle);
	r->needle = NULL;
	r->n_folded = 0;
}

void rows_done(struct rows *r)
{
	rows_reset(r);
	free(r->index);
	free(r->folded);
	*r = (struct rows){0};
}

const struct row *rows_get(const struct rows *r, size_t position)
{
	return position < r->n ? &r->table->rows[r->index[position]] : NULL;
}

const struct row *rows_current(const struct rows *r)
{
	return rows_get(r, r->cursor);
}

/* Keeps cursor and top inside the table and the cursor on the screen. */
static void settle(struct rows *r, size_t page)
{
	if (page == 0)
		page = 1;
	if (r->cursor >= r->n)
		r->cursor = r->n ? r->n - 1 : 0;
	if (r->top + page > r->n)
		r->top = r->n > page ? r->n - page : 0;
	if (r->cursor < r->top)
		r->top = r->cursor;
	if (r->cursor >= r->top + page)
		r->top = r->cursor - page + 1;
}

enum { FAR = 32 };

/* Memory for rows that are searched soon: before the one at `i`, or behind it among those in the index. */
static void fetch_before(const struct rows *r, size_t i)
{
	for (unsigned step = 0; step < LOOK_FETCH_STEPS; step++)
		if (i >= FAR / (step + 1))
			look_fetch(&r->table->rows[i - FAR / (step + 1)], step);
}

static void fetch_behind(const struct rows *r, size_t i)
{
	for (unsigned step = 0; step < LOOK_FETCH_STEPS; step++)
		if (i + FAR / (step + 1) < r->n)
			look_fetch(rows_get(r, i + FAR / (step + 1)), step);
}

/* Rows that have the text and, in a tree, those above them: backwards, each is met behind what is below it.
 */
static void search_rows(struct rows *r, size_t n_rows)
{
	struct needle *needle = needle_new(r->needle, r->view, r->table);
	unsigned above = 0; /* rows less deep than this lead to one that was found */
	bool tree = r->table && r->table->tree;

	r->n = n_rows;
	for (size_t i = n_rows; i-- > 0;) {
		const struct row *row = &r->table->rows[i];
		bool found;

		fetch_before(r, i);
		found = needle_in_row(needle, row);

		if (!found && !(tree && row_depth(row) < above))
			continue;
		above = row_depth(row);
		r->index[--r->n] = (uint32_t)i;
	}
	memmove(r->index, r->index + r->n, (n_rows - r->n) * sizeof(*r->index));
	r->n = n_rows - r->n;
	needle_free(needle);
}

static void apply_needle(struct rows *r)
{
	size_t n_rows = r->table ? r->table->n_rows : 0;

	r->index = xreallocarray(r->index, n_rows ? n_rows : 1, sizeof(*r->index));
	r->n = 0;
	if (r->needle) {
		search_rows(r, n_rows);
		return;
	}
	for (size_t i = 0; i < n_rows; i++) {
		r->index[r->n++] = (uint32_t)i;
		if (rows_is_folded(r, &r->table->rows[i]))
			i += r->table->rows[i].n_below;
	}
}

static void narrow(struct rows *r)
{
	struct needle *needle = needle_new(r->needle, r->view, r->table);
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		fetch_behind(r, i);
		if (needle_in_row(needle, &r->table->rows[r->index[i]]))
			r->index[n++] = r->index[i];
	}
	r->n = n;
	needle_free(needle);
}

/* The followed row's new place: same screen line, but the head of the list stays in sight if it was and can.
 */
static void follow(struct rows *r, size_t page)
{
	size_t line = r->cursor - r->top;

	if (!r->pinned) {
		r->cursor = r->top = 0;
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		if (rows_get(r, i)->id != r->pinned)
			continue;
		r->cursor = i;
		if (r->top > 0 || i >= page)
			r->top = i > line ? i - line : 0;
		return;
	}
	/* gone: the cursor stays where it is */
}

void rows_set(struct rows *r, const struct view *view, const struct table *table, size_t page)
{
	r->view = view;
	r->table = table;
	apply_needle(r);
	follow(r, page);
	settle(r, page);
	if (r->pinned) /* if its row is gone, it now follows whoever is there: what is marked is what Enter
			  enters */
		r->pinned = r->n ? rows_current(r)->id : 0;
}

void rows_set_needle(struct rows *r, const char *needle, size_t page)
{
	char *copy = needle && *needle ? xstrdup(needle) : NULL;
	bool longer = copy && r->needle && r->table && !strncmp(copy, r->needle, strlen(r->needle));

	free(r->needle);
	r->needle = copy;
	if (longer && !r->table->tree) /* one more letter: only rows that are still there can have it */
		narrow(r);
	else
		apply_needle(r);
	follow(r, page);
	settle(r, page);
}

/* Place of an id among the folded ones, or where it would be. */
static size_t fold_place(const struct rows *r, uint64_t id)
{
	size_t low = 0, high = r->n_folded;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (r->folded[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool rows_is_folded(const struct rows *r, const struct row *row)
{
	size_t at;

	if (!r->n_folded || !row->n_below || !r->table->tree)
		return false;
	at = fold_place(r, row->id);
	return at < r->n_folded && r->folded[at] == row->id;
}

static void set_folded(struct rows *r, uint64_t id, bool on)
{
	size_t at = fold_place(r, id);
	bool is = at < r->n_folded && r->folded[at] == id;

	if (is == on)
		return;
	if (!on) {
		memmove(r->folded + at, r->folded + at + 1, (--r->n_folded - at) * sizeof(*r->folded));
		return;
	}
	VEC_PUSH(r->folded, r->n_folded, r->cap_folded) = id;
	memmove(r->folded + at + 1, r->folded + at, (r->n_folded - 1 - at) * sizeof(*r->folded));
	r->folded[at] = id;
}

/* The row, or the topmost one above it that hides it. */
static uint64_t in_sight(const struct rows *r, const struct row *row)
{
	uint64_t id = row->id;
	unsigned depth = row_depth(row);

	for (const struct row *above = row; depth && above > r->table->rows;) {
		if (row_depth(--above) >= depth)
			continue;
		depth = row_depth(above);
		if (rows_is_folded(r, above))
			id = above->id;
	}
	return id;
}

static void refold(struct rows *r, size_t page)
{
	const struct row *row = rows_current(r);

	if (!row)
		return;
	r->pinned = in_sight(r, row);
	apply_needle(r);
	follow(r, page);
	settle(r, page);
}

void rows_fold(struct rows *r, const struct row *row, size_t page)
{
	set_folded(r, row->id, !rows_is_folded(r, row));
	refold(r, page);
}

void rows_fold_all(struct rows *r, size_t page)
{
	bool any = r->n_folded;

	r->n_folded = 0;
	for (size_t i = 0; !any && r->table && i < r->table->n_rows; i++)
		if (r->table->rows[i].n_below)
			set_folded(r, r->table->rows[i].id, true);
	refold(r, page);
}

void rows_go(struct rows *r, size_t position, size_t page)
{
	const struct row *row;

	r->cursor = position;
	settle(r, page);
	row = rows_current(r);
	r->pinned = row ? row->id : 0;
}

void rows_move(struct rows *r, long delta, size_t page)
{
	long to = (long)r->cursor + delta;

	rows_go(r, to < 0 ? 0 : (size_t)to, page);
}

void rows_fit(struct rows *r, size_t page)
{
	settle(r, page);
}

void rows_scroll(struct rows *r, long delta, size_t page)
{
	long top = (long)r->top + delta;
	size_t cursor = r->cursor;

	if (top > (long)r->n - (long)page)
		top = (long)r->n - (long)page;
	r->top = top < 0 ? 0 : (size_t)top;
	if (cursor < r->top)
		cursor = r->top;
	if (page && cursor >= r->top + page)
		cursor = r->top + page - 1;
	rows_go(r, cursor, page);
}

long rows_find(const struct rows *r, const char *text, size_t position, int dir)
{
	struct needle *needle = needle_new(text, r->view, r->table);
	long found = -1;

	for (size_t step = 0; step < r->n && found < 0; step++) {
		size_t i = dir > 0 ? (position + step) % r->n : (position + r->n - step % r->n) % r->n;

		if (needle_in_row(needle, rows_get(r, i)))
			found = (long)i;
	}
	needle_free(needle);
	return found;
}
