/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_load_columns.c - fields and columns of a view from JSON.
 */
#include <math.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "views/view_loader.h"

enum { MAX_COLUMNS = 64 };

const struct field *loader_field(struct loader *l, struct node n, const char *what)
{
	const char *id = text_of(&l->reports, n, what), *nearest;
	const struct field *f = field_find(id);

	if (!id || f)
		return f;
	nearest = field_nearest(id);
	if (nearest)
		report(&l->reports, n.pos, "unknown field '%.60s'; did you mean '%s'?", id, nearest);
	else
		report(&l->reports, n.pos, "unknown field '%.60s'; --list-fields shows all", id);
	return NULL;
}

/* A field one can group by. */
const struct field *loader_dimension(struct loader *l, struct node n, const char *what)
{
	const struct field *f = loader_field(l, n, what);

	if (!f || (f->get && !(f->flags & (FIELD_MEASURE | FIELD_FILTER_ONLY | FIELD_SPY))))
		return f;
	report(&l->reports, n.pos, "%s is %s; %s must be something to group by", f->id,
	       f->flags & FIELD_MEASURE ? "an amount"
	       : f->flags & FIELD_SPY   ? "for the spy only"
					: "for filters only",
	       what);
	return NULL;
}

/* "evt.arg.flags": a field and its argument, which must be freed. */
static const struct field *field_with_arg(const char *id, char **ret_arg)
{
	const struct field *f = NULL;
	char *copy = xstrdup(id);

	for (char *dot = copy ? strrchr(copy, '.') : NULL; dot && !f; dot = strrchr(copy, '.')) {
		*dot = '\0';
		f = field_find(copy);
		if (f && (f->flags & FIELD_ARG) && dot[1])
			*ret_arg = xstrdup(id + (dot - copy) + 1);
		else
			f = NULL;
	}
	free(copy);
	return f;
}

/* ---- one column ---- */

static void report_agg(struct loader *l, struct node n, const char *name)
{
	size_t best = strlen(name) / 3 + 2;
	const char *nearest = NULL;

	for (int a = AGG_NONE; a <= AGG_SHARE; a++) {
		size_t d = text_distance(name, agg_name(a));

		if (d < best) {
			best = d;
			nearest = agg_name(a);
		}
	}
	if (nearest)
		report(&l->reports, n.pos, "unknown aggregation '%.60s'; did you mean '%s'?", name, nearest);
	else
		report(&l->reports, n.pos,
		       "unknown aggregation '%.60s'; one is sum, rate, avg, min, max, last, count, "
		       "distinct, p50, p90, p99, share or none",
		       name);
}

static void report_fit(struct loader *l, struct node n, enum agg agg, const struct field *f)
{
	struct buf b = {0};

	for (int a = AGG_NONE; a <= AGG_SHARE; a++) {
		if (agg_fits(a, f))
			buf_addf(&b, "%s%s", b.len ? ", " : "", agg_name(a));
	}
	if (b.len)
		report(&l->reports, n.pos, "aggregation '%s' does not fit %s; these do: %s", agg_name(agg),
		       f->id, buf_str(&b));
	else
		report(&l->reports, n.pos, "%s is for %s only", f->id,
		       f->flags & FIELD_SPY ? "the spy" : "filters");
	buf_done(&b);
}

/* The cells of a list are values of one call: all of them are shown as they are. */
static void check_list_column(struct loader *l, struct node n, struct node field, const struct column *c)
{
	struct node agg = member(n, "agg");

	if (agg.v)
		report(&l->reports, agg.pos, "a list shows single events: its columns have no 'agg'");
	if (c->field->flags & FIELD_FILTER_ONLY)
		report(&l->reports, field.pos, "%s is for filters only", c->field->id);
	else if (!c->field->get && !c->arg)
		report(&l->reports, field.pos, "%s needs an argument: %s.NAME", c->field->id, c->field->id);
}

static void load_column(struct loader *l, struct node n, unsigned number, bool list, struct column *c)
{
	static const char *const keys[] = {"field",       "agg",  "title",    "width", "priority",
					   "description", "warn", "critical", "bar",   NULL};
	struct node field, agg;
	const char *text;

	if (!json_is_object(n.v)) {
		report(&l->reports, n.pos, "a column must be an object, not %s", type_name(n.v));
		return;
	}
	check_keys(&l->reports, n, "a column", keys);
	field = member(n, "field");
	if (!field.v) {
		report(&l->reports, n.pos, "missing key 'field'");
		return;
	}
	if (list && json_is_string(field.v) && !field_find(json_string_value(field.v)))
		c->field = field_with_arg(json_string_value(field.v), &c->arg);
	if (!c->field)
		c->field = loader_field(l, field, "'field'");
	if (!c->field)
		return;
	c->agg = agg_default(c->field);
	agg = member(n, "agg");
	text = agg.v ? text_of(&l->reports, agg, "'agg'") : NULL;
	if (text) {
		int a = agg_from_name(text);

		if (a < 0)
			report_agg(l, agg, text);
		else
			c->agg = a;
	}
	if (list) {
		c->agg = AGG_NONE;
		check_list_column(l, n, field, c);
	} else if (!agg_fits(c->agg, c->field))
		report_fit(l, agg.v ? agg : field, c->agg, c->field);
	text = get_string(&l->reports, n, "title", false);
	c->title = xstrdup(text ? text : c->field->title);
	c->description = xstrdup(get_string(&l->reports, n, "description", false));
	c->width = get_count(&l->reports, n, "width", 200, c->field->width);
	c->priority = get_count(&l->reports, n, "priority", 1000, number + 1);
	c->warn = get_number(&l->reports, n, "warn");
	c->critical = get_number(&l->reports, n, "critical");
	c->bar = get_number(&l->reports, n, "bar");
	if (c->bar <= 0)
		report(&l->reports, member(n, "bar").pos, "'bar' must be more than 0: what a full bar is");
}

/* Ids: the field's, with the aggregation where the view shows the field more than once. */
static void name_columns(struct loader *l, struct node list, struct view *v)
{
	const struct json_pos *rest = NULL;

	for (size_t i = 0; i < v->n_columns; i++) {
		struct column *c = &v->columns[i];
		size_t same = 0;

		for (size_t k = 0; k < v->n_columns && c->field; k++) {
			same += v->columns[k].field == c->field && !c->arg;
			if (k < i && v->columns[k].field == c->field && v->columns[k].agg == c->agg &&
			    !c->arg)
				report(&l->reports, list.pos->kids + i,
				       "column %s with aggregation '%s' is there already", c->field->id,
				       agg_name(c->agg));
		}
		if (!c->field)
			continue;
		c->id = c->arg     ? xasprintf("%s.%s", c->field->id, c->arg)
			: same > 1 ? xasprintf("%s.%s", c->field->id, agg_name(c->agg))
				   : xstrdup(c->field->id);
		if (!c->width) {
			if (rest)
				report(&l->reports, list.pos->kids + i,
				       "only one column can have width 0, the rest of the line");
			rest = list.pos->kids + i;
		}
	}
}

void loader_columns(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(&l->reports, view, "columns", MAX_COLUMNS, true);

	if (!list.v)
		return;
	v->n_columns = json_array_size(list.v);
	v->columns = xcalloc(v->n_columns, sizeof(*v->columns));
	for (size_t i = 0; i < v->n_columns; i++) {
		v->columns[i].warn = v->columns[i].critical = v->columns[i].bar = NAN;
		load_column(l, element(list, i), (unsigned)i, view_is_list(v), &v->columns[i]);
	}
	name_columns(l, list, v);
}
