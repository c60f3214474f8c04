/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch_csv.c - lines of CSV with exact values in base units; what is not known
 * is empty. Unlike JSON, CSV has no escapes: what could hurt a terminal is
 * shown as \xNN.
 */
#include "batch_format.h"

#include <string.h>

#include "core/format.h"

static void csv_text(struct buf *out, const char *s)
{
	bool quote = strpbrk(s, ",\"\r\n") || *s == ' ' || (*s && s[strlen(s) - 1] == ' ');

	if (!quote) {
		buf_adds(out, s);
		return;
	}
	buf_addc(out, '"');
	for (; *s; s++) {
		if (*s == '"')
			buf_addc(out, '"');
		buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static void csv_value(struct buf *out, const struct value *v)
{
	struct buf safe = {0};

	switch (v->kind) {
	case V_MISSING: break;
	case V_STRING:
		format_safe(&safe, v->s, strlen(v->s));
		csv_text(out, buf_str(&safe));
		buf_done(&safe);
		break;
	case V_DIST: buf_addf(out, "%llu", (unsigned long long)v->dist->lat_sum); break;
	default: batch_add_exact(out, v);
	}
}

static void csv_begin(const struct batch_config *c, struct buf *out)
{
	const struct view *view = c->view;

	buf_adds(out, "time,interval");
	for (size_t i = 0; i < view->n_columns; i++) {
		buf_addf(out, ",%s", view->columns[i].id);
		if (view->columns[i].agg == AGG_RATE)
			buf_addf(out, ",%s.sum", view->columns[i].id);
	}
	if (c->tree)
		buf_adds(out, ",tree.depth,tree.key,tree.label");
	buf_addc(out, '\n');
}

static void csv_interval(const struct batch_config *c, const struct sample *s, const struct table *t,
			 struct buf *out)
{
	struct arena *tmp = arena_new();

	for (size_t i = 0; i < t->n_rows; i++) {
		const struct row *row = &t->rows[i];
		struct value v;

		batch_add_time(out, s->time);
		buf_addc(out, ',');
		batch_add_time(out, s->interval);
		for (size_t k = 0; k < c->view->n_columns; k++) {
			buf_addc(out, ',');
			v = row_value(row, k, tmp);
			csv_value(out, &v);
			if (c->view->columns[k].agg == AGG_RATE) {
				buf_addc(out, ',');
				v = row_sum(row, k, tmp);
				csv_value(out, &v);
			}
		}
		if (c->tree) {
			buf_addf(out, ",%u,%s,", row_depth(row), batch_tree_key(c->view, row));
			v = batch_tree_label(t, row, tmp);
			csv_value(out, &v);
		}
		buf_addc(out, '\n');
		arena_reset(tmp);
	}
	arena_free(tmp);
}

static void csv_list_begin(const struct batch_config *c, struct buf *out)
{
	buf_adds(out, "time");
	for (size_t i = 0; i < c->view->n_columns; i++)
		buf_addf(out, ",%s", c->view->columns[i].id);
	buf_addc(out, '\n');
}

static void csv_list_row(const struct batch_config *c, uint64_t time, const struct row *row, struct buf *out)
{
	batch_add_time(out, time);
	for (size_t i = 0; i < c->view->n_columns; i++) {
		buf_addc(out, ',');
		csv_value(out, &row->cells[i]);
	}
	buf_addc(out, '\n');
}

const struct batch_writer batch_csv_writer = {
	.begin = csv_begin,
	.interval = csv_interval,
	.list_begin = csv_list_begin,
	.list_row = csv_list_row,
};
