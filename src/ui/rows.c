/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rows.c - see rows.h. */
#include "ui/rows.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/layout.h"

const char *text_find(const char *s, const char *needle)
{
	for (const char *p = needle; *p; p++)
		if (isupper((unsigned char)*p))
			return strstr(s, needle);
	return strcasestr(s, needle);
}

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

static enum unit shown_unit(const struct column *c)
{
	if (c->agg == AGG_COUNT || c->agg == AGG_DISTINCT)
		return UNIT_COUNT;
	return c->agg == AGG_SHARE ? UNIT_PERCENT : c->field->unit;
}

void row_cell(const struct view *view, const struct row *row, size_t column, struct buf *out)
{
	const struct column *c = &view->columns[column];
	const struct value *v = &row->cells[column];

	if (v->kind == V_STRING && v->s)
		format_safe(out, v->s, strlen(v->s));
	else if (cell_is_zero(c, v))
		buf_adds(out, "·");
	else
		format_value(out, v, shown_unit(c), false);
}

static bool row_contains(const struct rows *r, const struct row *row, const char *text, struct buf *tmp)
{
	for (size_t i = 0; i < r->view->n_columns; i++) {
		buf_reset(tmp);
		row_cell(r->view, row, i, tmp);
		if (text_find(buf_str(tmp), text))
			return true;
	}
	return false;
}

void rows_reset(struct rows *r)
{
	r->cursor = r->top = 0;
	r->pinned = 0;
	free(r->needle);
	r->needle = NULL;
}

void rows_done(struct rows *r)
{
	rows_reset(r);
	free(r->index);
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

static void apply_needle(struct rows *r)
{
	size_t n_rows = r->table ? r->table->n_rows : 0;
	struct buf tmp = {0};

	r->index = xreallocarray(r->index, n_rows ? n_rows : 1, sizeof(*r->index));
	r->n = 0;
	for (size_t i = 0; i < n_rows; i++)
		if (!r->needle || row_contains(r, &r->table->rows[i], r->needle, &tmp))
			r->index[r->n++] = i;
	buf_done(&tmp);
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

	free(r->needle);
	r->needle = copy;
	apply_needle(r);
	follow(r, page);
	settle(r, page);
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
	struct buf tmp = {0};
	long found = -1;

	for (size_t step = 0; step < r->n && found < 0; step++) {
		size_t i = dir > 0 ? (position + step) % r->n : (position + r->n - step % r->n) % r->n;

		if (row_contains(r, rows_get(r, i), text, &tmp))
			found = (long)i;
	}
	buf_done(&tmp);
	return found;
}
