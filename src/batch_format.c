/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch_format.c - one interval as a table for people, a line of JSON or lines
 * of CSV. JSON and CSV carry exact values in base units; only the table is
 * formatted. Writes to a buffer, knows no file.
 */
#include "batch.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"

/* --- exact values --- */

static void add_double(struct buf *out, double d)
{
	char text[40];

	if (!isfinite(d)) {
		buf_adds(out, "null");
		return;
	}
	/* the shortest of the two that reads back as the same number */
	snprintf(text, sizeof(text), "%.15g", d);
	if (strtod(text, NULL) != d)
		snprintf(text, sizeof(text), "%.17g", d);
	buf_adds(out, text);
}

static void add_ip(struct buf *out, const struct value *v)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(v->ip.family == AF_INET6 ? AF_INET6 : AF_INET, v->ip.addr, text, sizeof(text));
	buf_adds(out, text);
}

static void json_value(struct buf *out, const struct value *v)
{
	switch (v->kind) {
	case V_INT: buf_addf(out, "%lld", (long long)v->i); break;
	case V_DOUBLE: add_double(out, v->d); break;
	case V_STRING: format_json_string(out, v->s); break;
	case V_BOOL: buf_adds(out, v->b ? "true" : "false"); break;
	case V_IP:
		buf_addc(out, '"');
		add_ip(out, v);
		buf_addc(out, '"');
		break;
	case V_DIST:
		buf_addf(out, "{\"count\":%llu,\"sum\":%llu,\"max\":%llu}",
			 (unsigned long long)v->dist->timed, (unsigned long long)v->dist->lat_sum,
			 (unsigned long long)v->dist->lat_max);
		break;
	case V_MISSING: buf_adds(out, "null"); break;
	}
}

static void json_member(struct buf *out, const char *id, const char *suffix, const struct value *v)
{
	char last = out->len ? out->data[out->len - 1] : '{';

	if (last != '{')
		buf_addc(out, ',');
	buf_addf(out, "\"%s%s\":", id, suffix); /* ids are plain ASCII */
	json_value(out, v);
}

static void json_count(struct buf *out, const char *id, uint64_t n)
{
	json_member(out, id, "", &(struct value){.kind = V_INT, .i = (int64_t)n});
}

static void json_number(struct buf *out, const char *id, double d, bool known)
{
	json_member(out, id, "", &(struct value){.kind = known ? V_DOUBLE : V_MISSING, .d = d});
}

static struct value tree_label(const struct table *t, const struct row *row, struct arena *tmp)
{
	return row->label.kind == V_MISSING ? row_value(row, (size_t)t->tree->column, tmp) : row->label;
}

/* --- JSON --- */

static void json_cells(struct buf *out, const struct view *view, const struct row *row, struct arena *tmp)
{
	for (size_t i = 0; i < view->n_columns; i++) {
		const struct column *col = &view->columns[i];
		struct value v = row_value(row, i, tmp);

		json_member(out, col->id, "", &v);
		if (col->agg == AGG_RATE && row->of) {
			v = row_sum(row, i, tmp);
			json_member(out, col->id, ".sum", &v);
		}
	}
}

static void json_totals(struct buf *out, const struct view *view, const struct table *t)
{
	for (size_t i = 0; i < view->n_columns; i++) {
		const struct column *col = &view->columns[i];

		if (t->totals[i].kind == V_MISSING && !(col->field->flags & FIELD_MEASURE))
			continue;
		json_member(out, col->id, "", &t->totals[i]);
		if (col->agg == AGG_RATE)
			json_member(out, col->id, ".sum", &t->total_sums[i]);
	}
}

static void json_host(struct buf *out, const struct sample *s)
{
	const struct host *h = &s->host;
	const struct task_counts *n = &h->counts;

	json_count(out, "host.calls", n->calls);
	json_count(out, "host.errors", n->errors);
	json_count(out, "host.file.in", n->file_in);
	json_count(out, "host.file.out", n->file_out);
	json_count(out, "host.net.in", n->net_in);
	json_count(out, "host.net.out", n->net_out);
	json_count(out, "host.other.in", n->other_in);
	json_count(out, "host.other.out", n->other_out);
	json_count(out, "host.opens", n->opens);
	json_number(out, "host.cpu.user", h->cpu_user, true);
	json_number(out, "host.cpu.system", h->cpu_sys, true);
	json_number(out, "host.cpu.iowait", h->cpu_iowait, true);
	json_number(out, "host.cpu.steal", h->cpu_steal, true);
	json_count(out, "host.cpus", h->cpus);
	json_count(out, "host.processes", h->processes);
	json_count(out, "host.threads", h->threads);
	json_count(out, "host.containers", h->containers);
	json_count(out, "host.memory.total", h->mem_total);
	json_count(out, "host.memory.available", h->mem_available);
	json_count(out, "host.swap.total", h->swap_total);
	json_count(out, "host.swap.free", h->swap_free);
	json_number(out, "host.load1", h->load1, true);
	json_number(out, "host.load5", h->load5, true);
	json_number(out, "host.load15", h->load15, true);
}

static bool is_exact(const struct health *h)
{
	return !(h->coarse || h->folded || h->unnamed || h->unstored || h->missed || h->meta_lost);
}

static void json_health(struct buf *out, const struct health *h)
{
	buf_addf(out, "\"exact\":%s", is_exact(h) ? "true" : "false");
	json_count(out, "coarse", h->coarse);
	json_count(out, "folded", h->folded);
	json_count(out, "unnamed", h->unnamed);
	json_count(out, "unstored", h->unstored);
	json_count(out, "missed", h->missed);
	json_count(out, "meta_lost", h->meta_lost);
	json_number(out, "self_cpu", h->self_cpu, h->self_cpu >= 0);
	json_number(out, "self_bpf", h->self_bpf, h->self_bpf >= 0);
	json_count(out, "self_rss", h->self_rss);
}

static void add_time(struct buf *out, uint64_t ns)
{
	buf_addf(out, "%llu.%09llu", (unsigned long long)(ns / 1000000000),
		 (unsigned long long)(ns % 1000000000));
}

static void json_begin(const struct batch_config *c, const struct sample *s, struct buf *out)
{
	buf_addf(out, "{\"view\":\"%s\",\"time\":", c->view->id);
	add_time(out, s->time);
	buf_adds(out, ",\"interval\":");
	add_time(out, s->interval);
	buf_adds(out, ",\"rows\":[");
}

/* Where a row of a tree stands: rows below it follow it, one deeper. */
static void json_place(struct buf *out, const struct view *view, const struct table *t, const struct row *row,
		       struct arena *tmp)
{
	const struct value label = tree_label(t, row, tmp);
	size_t n;
	const struct field *const *keys = view_row_keys(view, row, &n);

	json_count(out, "tree.depth", row->depth);
	json_member(out, "tree.key", "", &(struct value){.kind = V_STRING, .s = keys[n - 1]->id});
	json_member(out, "tree.label", "", &label);
}

static void json_interval(const struct batch_config *c, const struct sample *s, const struct table *t,
			  struct buf *out)
{
	struct arena *tmp = arena_new();

	json_begin(c, s, out);
	for (size_t i = 0; i < t->n_rows; i++) {
		buf_adds(out, i ? ",{" : "{");
		json_cells(out, c->view, &t->rows[i], tmp);
		if (c->tree)
			json_place(out, c->view, t, &t->rows[i], tmp);
		buf_addc(out, '}');
		arena_reset(tmp);
	}
	arena_free(tmp);
	buf_adds(out, "],\"totals\":{");
	json_totals(out, c->view, t);
	json_host(out, s);
	buf_adds(out, "},\"health\":{");
	json_health(out, &s->health);
	buf_adds(out, "}}\n");
}

/* --- CSV --- */

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
		/* unlike JSON, CSV has no escapes: what could hurt a terminal is shown as \xNN */
		format_safe(&safe, v->s, strlen(v->s));
		csv_text(out, buf_str(&safe));
		buf_done(&safe);
		break;
	case V_IP: add_ip(out, v); break;
	case V_DIST: buf_addf(out, "%llu", (unsigned long long)v->dist->lat_sum); break;
	case V_DOUBLE:
		if (!isfinite(v->d))
			break;
		json_value(out, v);
		break;
	default: json_value(out, v);
	}
}

static void csv_header(const struct view *view, bool tree, struct buf *out)
{
	buf_adds(out, "time,interval");
	for (size_t i = 0; i < view->n_columns; i++) {
		buf_addf(out, ",%s", view->columns[i].id);
		if (view->columns[i].agg == AGG_RATE)
			buf_addf(out, ",%s.sum", view->columns[i].id);
	}
	if (tree)
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

		add_time(out, s->time);
		buf_addc(out, ',');
		add_time(out, s->interval);
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
			size_t n;
			const struct field *const *keys = view_row_keys(c->view, row, &n);

			buf_addf(out, ",%u,%s,", row->depth, keys[n - 1]->id);
			v = tree_label(t, row, tmp);
			csv_value(out, &v);
		}
		buf_addc(out, '\n');
		arena_reset(tmp);
	}
	arena_free(tmp);
}

/* --- tables --- */

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
	v = tree_label(t, row, tmp);
	text = cell_text(col, &v, c->ascii);
	buf_adds(&out, text);
	free(text);
	return buf_steal(&out);
}

static void health_text(const struct health *h, struct buf *out)
{
	if (is_exact(h)) {
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

/* --- lists --- */

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

void batch_list_begin(const struct batch_config *c, struct buf *out)
{
	const struct view *v = c->view;
	size_t start = out->len;

	if (c->format == FORMAT_JSON)
		return;
	if (c->format == FORMAT_CSV)
		buf_adds(out, "time");
	for (size_t i = 0; i < v->n_columns; i++) {
		if (c->format == FORMAT_CSV)
			buf_addf(out, ",%s", v->columns[i].id);
		else
			list_cell(&v->columns[i], v->columns[i].title, i + 1 == v->n_columns, out);
	}
	if (c->format == FORMAT_CSV)
		buf_addc(out, '\n');
	else
		end_line(c, start, out);
}

void batch_list_row(const struct batch_config *c, uint64_t time, const struct row *row, struct buf *out)
{
	const struct view *v = c->view;
	size_t start = out->len;
	char *text;

	switch (c->format) {
	case FORMAT_JSON:
		buf_adds(out, out->len ? ",{\"time\":" : "{\"time\":");
		add_time(out, time);
		json_cells(out, v, row, NULL);
		buf_addc(out, '}');
		break;
	case FORMAT_CSV:
		add_time(out, time);
		for (size_t i = 0; i < v->n_columns; i++) {
			buf_addc(out, ',');
			csv_value(out, &row->cells[i]);
		}
		buf_addc(out, '\n');
		break;
	case FORMAT_TABLE:
		for (size_t i = 0; i < v->n_columns; i++) {
			text = cell_text(&v->columns[i], &row->cells[i], c->ascii);
			list_cell(&v->columns[i], text, i + 1 == v->n_columns, out);
			free(text);
		}
		end_line(c, start, out);
		break;
	}
}

void batch_list_interval(const struct batch_config *c, const struct sample *s, uint64_t lost,
			 struct buf *rows, struct buf *out)
{
	if (c->format == FORMAT_JSON) {
		json_begin(c, s, out);
		buf_add(out, buf_str(rows), rows->len);
		buf_adds(out, "],\"totals\":{");
		json_host(out, s);
		buf_adds(out, "},\"health\":{");
		json_health(out, &s->health);
		json_count(out, "lost", lost);
		buf_adds(out, "}}\n");
	} else {
		buf_add(out, buf_str(rows), rows->len);
	}
	buf_reset(rows);
}

void batch_begin(const struct batch_config *c, struct buf *out)
{
	if (c->format == FORMAT_CSV)
		csv_header(c->view, c->tree, out);
}

void batch_interval(const struct batch_config *c, const struct sample *s, const struct table *t,
		    struct buf *out)
{
	switch (c->format) {
	case FORMAT_JSON: json_interval(c, s, t, out); break;
	case FORMAT_CSV: csv_interval(c, s, t, out); break;
	case FORMAT_TABLE: table_interval(c, s, t, out); break;
	}
}
