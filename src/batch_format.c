/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch_format.c - which writer a format has, and what the writers share.
 */
#include "batch_format.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static const struct batch_writer *const writers[] = {
	[FORMAT_TABLE] = &batch_table_writer,
	[FORMAT_JSON] = &batch_json_writer,
	[FORMAT_CSV] = &batch_csv_writer,
};

static void add_double(struct buf *out, double d)
{
	char text[40];

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

bool batch_add_exact(struct buf *out, const struct value *v)
{
	switch (v->kind) {
	case V_INT: buf_addf(out, "%lld", (long long)v->i); return true;
	case V_BOOL: buf_adds(out, v->b ? "true" : "false"); return true;
	case V_IP: add_ip(out, v); return true;
	case V_DOUBLE:
		if (isfinite(v->d))
			add_double(out, v->d);
		return isfinite(v->d);
	default: return false;
	}
}

void batch_add_time(struct buf *out, uint64_t ns)
{
	buf_addf(out, "%llu.%09llu", (unsigned long long)(ns / 1000000000),
		 (unsigned long long)(ns % 1000000000));
}

bool batch_is_exact(const struct health *h)
{
	return !(h->coarse || h->folded || h->unnamed || h->unstored || h->missed || h->meta_lost);
}

struct value batch_tree_label(const struct table *t, const struct row *row, struct arena *tmp)
{
	const struct value label = row_label(row);

	return label.kind == V_MISSING ? row_value(row, (size_t)t->tree->column, tmp) : label;
}

const char *batch_tree_key(const struct view *view, const struct row *row)
{
	size_t n;
	const struct field *const *keys = view_row_keys(view, row, &n);

	return keys[n - 1]->id;
}

void batch_begin(const struct batch_config *c, struct buf *out)
{
	if (writers[c->format]->begin)
		writers[c->format]->begin(c, out);
}

void batch_interval(const struct batch_config *c, const struct sample *s, const struct table *t,
		    struct buf *out)
{
	writers[c->format]->interval(c, s, t, out);
}

void batch_list_begin(const struct batch_config *c, struct buf *out)
{
	if (writers[c->format]->list_begin)
		writers[c->format]->list_begin(c, out);
}

void batch_list_row(const struct batch_config *c, uint64_t time, const struct row *row, struct buf *out)
{
	writers[c->format]->list_row(c, time, row, out);
}

void batch_list_interval(const struct batch_config *c, const struct sample *s, uint64_t lost,
			 struct buf *rows, struct buf *out)
{
	if (writers[c->format]->list_interval)
		writers[c->format]->list_interval(c, s, lost, rows, out);
	else
		buf_add(out, buf_str(rows), rows->len);
	buf_reset(rows);
}
