/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch_json.c - one line of JSON an interval: rows, totals, health. The values
 * are exact, in base units; what is not known is null.
 */
#include "batch_format.h"

#include "core/format.h"

static void json_value(struct buf *out, const struct value *v)
{
	switch (v->kind) {
	case V_STRING: format_json_string(out, v->s); break;
	case V_IP:
		buf_addc(out, '"');
		batch_add_exact(out, v);
		buf_addc(out, '"');
		break;
	case V_DIST:
		buf_addf(out, "{\"count\":%llu,\"sum\":%llu,\"max\":%llu}",
			 (unsigned long long)v->dist->timed, (unsigned long long)v->dist->lat_sum,
			 (unsigned long long)v->dist->lat_max);
		break;
	default:
		if (!batch_add_exact(out, v))
			buf_adds(out, "null");
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

static void json_health(struct buf *out, const struct health *h)
{
	buf_addf(out, "\"exact\":%s", batch_is_exact(h) ? "true" : "false");
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

static void json_begin(const struct batch_config *c, const struct sample *s, struct buf *out)
{
	buf_addf(out, "{\"view\":\"%s\",\"time\":", c->view->id);
	batch_add_time(out, s->time);
	buf_adds(out, ",\"interval\":");
	batch_add_time(out, s->interval);
	buf_adds(out, ",\"rows\":[");
}

/* Where a row of a tree stands: rows below it follow it, one deeper. */
static void json_place(struct buf *out, const struct view *view, const struct table *t, const struct row *row,
		       struct arena *tmp)
{
	const struct value label = batch_tree_label(t, row, tmp);

	json_count(out, "tree.depth", row_depth(row));
	json_member(out, "tree.key", "", &(struct value){.kind = V_STRING, .s = batch_tree_key(view, row)});
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

static void json_list_row(const struct batch_config *c, uint64_t time, const struct row *row, struct buf *out)
{
	buf_adds(out, out->len ? ",{\"time\":" : "{\"time\":");
	batch_add_time(out, time);
	json_cells(out, c->view, row, NULL);
	buf_addc(out, '}');
}

static void json_list_interval(const struct batch_config *c, const struct sample *s, uint64_t lost,
			       const struct buf *rows, struct buf *out)
{
	json_begin(c, s, out);
	buf_add(out, buf_str(rows), rows->len);
	buf_adds(out, "],\"totals\":{");
	json_host(out, s);
	buf_adds(out, "},\"health\":{");
	json_health(out, &s->health);
	json_count(out, "lost", lost);
	buf_adds(out, "}}\n");
}

const struct batch_writer batch_json_writer = {
	.interval = json_interval,
	.list_row = json_list_row,
	.list_interval = json_list_interval,
};
