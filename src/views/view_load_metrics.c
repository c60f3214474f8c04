/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_load_metrics.c - the lines of an Overview from JSON.
 */
#include <string.h>

#include "core/mem.h"
#include "views/view_loader.h"

enum { MAX_METRICS = 200 };

static unsigned records_of(struct loader *l, struct node n)
{
	const char *text = get_string(&l->reports, n, "records", false);

	if (!text || !strcmp(text, "facts"))
		return REC_FACTS;
	if (!strcmp(text, "tasks"))
		return REC_TASKS;
	if (!strcmp(text, "fds"))
		return REC_FDS;
	report(&l->reports, member(n, "records").pos, "unknown records '%.60s'; one is tasks, facts or fds",
	       text);
	return REC_FACTS;
}

static void load_agg(struct loader *l, struct node n, struct metric *m)
{
	const char *text = get_string(&l->reports, n, "agg", false);

	m->agg = text && !strcmp(text, "distinct") ? AGG_DISTINCT : AGG_SUM;
	if (text && strcmp(text, agg_name(m->agg)) != 0)
		report(&l->reports, member(n, "agg").pos, "'agg' of a metric is sum or distinct, not '%.60s'",
		       text);
	else if (m->field && !agg_fits(m->agg, m->field))
		report(&l->reports, member(n, text ? "agg" : "field").pos, "aggregation '%s' does not fit %s",
		       agg_name(m->agg), m->field->id);
}

static void load_metric(struct loader *l, struct node n, struct metric *m)
{
	static const char *const keys[] = {"name",  "category", "view", "filter",   "records",
					   "field", "agg",      NULL};
	struct filter_error err;
	struct node field, filter;

	if (!json_is_object(n.v)) {
		report(&l->reports, n.pos, "a metric must be an object, not %s", type_name(n.v));
		return;
	}
	check_keys(&l->reports, n, "a metric", keys);
	m->name = xstrdup(get_string(&l->reports, n, "name", true));
	m->category = xstrdup(get_string(&l->reports, n, "category", true));
	m->view = xstrdup(get_string(&l->reports, n, "view", true));
	m->records = records_of(l, n);
	field = member(n, "field");
	if (field.v)
		m->field = loader_field(l, field, "'field'");
	else
		report(&l->reports, n.pos, "missing key 'field'");
	load_agg(l, n, m);
	filter = member(n, "filter");
	m->filter = filter.v ? xstrdup(text_of(&l->reports, filter, "'filter'")) : NULL;
	if (m->filter && filter_parse(m->filter, &m->compiled, &err))
		report_place(&l->reports, filter.pos->line, filter.pos->column + (int)err.column,
			     "filter: %s", err.message);
}

void loader_metrics(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(&l->reports, view, "metrics", MAX_METRICS, v->records & REC_METRICS);

	if (!list.v)
		return;
	if (!(v->records & REC_METRICS))
		report(&l->reports, list.pos, "'metrics' go with records 'metrics'");
	v->n_metrics = json_array_size(list.v);
	v->metrics = xcalloc(v->n_metrics, sizeof(*v->metrics));
	for (size_t i = 0; i < v->n_metrics; i++)
		load_metric(l, element(list, i), &v->metrics[i]);
}
