/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch_table.c - an interval as a table for people: formatted values in
 * columns, cut to the terminal where there is one.
 */
#include "batch_format.h"

#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"

static char *cell_text(const struct column *col, const struct value *v, bool ascii)
{
	struct buf text = {0};

	if (v->kind == V_STRING)
		format_safe(&text, v->s, strlen(v->s));
	else
		format_value(&text, v, agg_unit(col->agg, col->field), ascii);
	return buf_steal(&text);
}

/* A cell, or in the column of a tree the label behind its guides. */
static char *row_text(const struct batch_config *c, const struct table *t, const struct row *row,
		      size_t column, struct arena *tmp)
{
	const struct column *col = &c->view->columns[column];
	struct buf out = {0};
	struct value v;
	char *text;

	if (!t->tree || (int)column != t->tree->column) {
		v = row_value(row, column, tmp);
		return cell_text(col, &v, c->ascii);
	}
	table_tree_guides(row, false, c->ascii, &out);
	v = batch_tree_label(t, row, tmp);
	text = cell_text(col, &v, c->ascii);
	buf_adds(&out, text);
	free(text);
	return buf_steal(&out);
}

static void health_text(const struct health *h, struct buf *out)
{
	if (batch_is_exact(h)) {
		buf_adds(out, "exact");
		return;
	}
	buf_adds(out, "not exact:");
	if (h->coarse)
		buf_addf(out, " %llu calls by thread only", (unsigned long long)h->coarse);
	if (h->folded)
		buf_addf(out, " %llu exits without a row", (unsigned long long)h->folded);
	if (h->unstored)
		buf_addf(out, " %llu calls in the totals only", (unsigned long long)h->unstored);
	if (h->missed)
		buf_addf(out, " %llu calls missed", (unsigned long long)h->missed);
	if (h->unnamed)
		buf_addf(out, " %llu objects without a name", (unsigned long long)h->unnamed);
	if (h->meta_lost)
		buf_addf(out, " %llu names late", (unsigned long long)h->meta_lost);
}

/* Appends the line and cuts it to the width of a terminal. */
static void end_line(const struct batch_config *c, size_t start, struct buf *out)
{
	while (out->len > start && out->data[out->len - 1] == ' ')
		out->len--;
	out->data[out->len] = '\0';
	if (c->width)
		out->len = start + format_fit(out->data + start, c->width, NULL);
	buf_addc(out, '\n');
}

static void table_interval(const struct batch_config *c, const struct sample *s, const struct table *t,
			   struct buf *out)
{
	const struct view *view = c->view;
	size_t n = view->n_columns, *width = xcalloc(n, sizeof(*width)), start = out->len;
	char **cells = xcalloc((t->n_rows + 1) * n, sizeof(*cells)); /* line 0: the titles */
	struct arena *tmp = arena_new();

	for (size_t k = 0; k < n; k++) {
		cells[k] = xstrdup(view->columns[k].title);
		for (size_t i = 0; i < t->n_rows; i++) {
			cells[(i + 1) * n + k] = row_text(c, t, &t->rows[i], k, tmp);
			arena_reset(tmp);
		}
		for (size_t i = 0; i <= t->n_rows; i++) {
			size_t w = format_width(cells[i * n + k]);

			width[k] = w > width[k] ? w : width[k];
		}
	}
	batch_clock(out, s->time, 3);
	buf_addf(out, "  %s  %.3fs  %zu rows  ", view->name, (double)s->interval / 1e9, t->n_rows);
	health_text(&s->health, out);
	end_line(c, start, out);
	for (size_t i = 0; i <= t->n_rows; i++) {
		start = out->len;
		for (size_t k = 0; k < n; k++) {
			const char *text = cells[i * n + k];
			size_t pad = width[k] - format_width(text);
			bool right = column_is_number(&view->columns[k]);

			if (k)
				buf_adds(out, "  ");
			buf_fill(out, ' ', right ? pad : 0);
			buf_adds(out, text);
			buf_fill(out, ' ', right ? 0 : pad);
		}
		end_line(c, start, out);
	}
	buf_addc(out, '\n');
	for (size_t i = 0; i < (t->n_rows + 1) * n; i++)
		free(cells[i]);
	free(cells);
	free(width);
	arena_free(tmp);
}

/* What comes later is not known yet: columns have the width that the view says; longer text moves the rest.
 */
static void list_cell(const struct column *col, const char *text, bool last, struct buf *out)
{
	size_t width = col->width, title = format_width(col->title), have = format_width(text), pad;
	bool right = column_is_number(col);

	width = title > width ? title : width;
	pad = have < width ? width - have : 0;
	buf_fill(out, ' ', right ? pad : 0);
	buf_adds(out, text);
	if (!last)
		buf_fill(out, ' ', (right ? 0 : pad) + 2);
}

static void table_list_begin(const struct batch_config *c, struct buf *out)
{
	const struct view *v = c->view;
	size_t start = out->len;

	for (size_t i = 0; i < v->n_columns; i++)
		list_cell(&v->columns[i], v->columns[i].title, i + 1 == v->n_columns, out);
	end_line(c, start, out);
}

static void table_list_row(const struct batch_config *c, uint64_t time, const struct row *row,
			   struct buf *out)
{
	const struct view *v = c->view;
	size_t start = out->len;

	(void)time; /* a column of its own, where a view has one */
	for (size_t i = 0; i < v->n_columns; i++) {
		char *text = cell_text(&v->columns[i], &row->cells[i], c->ascii);

		list_cell(&v->columns[i], text, i + 1 == v->n_columns, out);
		free(text);
	}
	end_line(c, start, out);
}

const struct batch_writer batch_table_writer = {
	.interval = table_interval,
	.list_begin = table_list_begin,
	.list_row = table_list_row,
};
