/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.c - sets of views: finding, freeing, the stock ones.
 */
#include "views/view.h"

#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "views/action.h"
#include "views/view_priv.h"

extern const unsigned char stock_views[];
extern const unsigned long stock_views_len;

struct view *view_free(struct view *v)
{
	if (!v)
		return NULL;
	for (size_t i = 0; i < v->n_columns; i++) {
		free(v->columns[i].id);
		free(v->columns[i].arg);
		free(v->columns[i].title);
		free(v->columns[i].description);
	}
	for (size_t i = 0; i < v->n_tips; i++)
		free(v->tips[i]);
	for (size_t i = 0; i < v->n_actions; i++)
		action_free(v->actions[i]);
	free(v->actions);
	for (size_t i = 0; i < v->n_metrics; i++) {
		free(v->metrics[i].name);
		free(v->metrics[i].category);
		free(v->metrics[i].view);
		free(v->metrics[i].filter);
		filter_free(v->metrics[i].compiled);
	}
	free(v->metrics);
	free(v->columns);
	free(v->tips);
	free(v->id);
	free(v->name);
	free(v->description);
	free(v->filter);
	filter_free(v->compiled);
	free(v->applies_to);
	free(v->drilldown);
	for (size_t i = 0; v->tree && i < TREE_LEVELS; i++)
		free(v->tree->drilldown[i]);
	free(v->tree);
	free(v);
	return NULL;
}

struct views *views_free(struct views *v)
{
	if (!v)
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		view_free(v->items[i]);
	for (size_t i = 0; i < v->n_actions; i++)
		action_free(v->actions[i]);
	free(v->actions);
	free(v->items);
	free(v);
	return NULL;
}

const struct view *views_find(const struct views *v, const char *id)
{
	for (size_t i = 0; v && id && i < v->n; i++) {
		if (!strcmp(v->items[i]->id, id))
			return v->items[i];
	}
	return NULL;
}

const char *views_nearest(const struct views *v, const char *id)
{
	size_t best = strlen(id) / 3 + 2;
	const char *nearest = NULL;

	for (size_t i = 0; v && i < v->n; i++) {
		size_t d = text_distance(id, v->items[i]->id);

		if (d < best) {
			best = d;
			nearest = v->items[i]->id;
		}
	}
	return nearest;
}

int view_column(const struct view *v, const char *id)
{
	for (size_t i = 0; i < v->n_columns; i++) {
		if (!strcmp(v->columns[i].id, id))
			return (int)i;
	}
	for (size_t i = 0; i < v->n_columns; i++) {
		if (!strcmp(v->columns[i].field->id, id))
			return (int)i;
	}
	return -1;
}

static bool is_level(const struct view *v, const struct row *row)
{
	return row_label(row).kind != V_MISSING && v->tree && v->tree->query.n_levels;
}

const char *view_drilldown(const struct view *v, const struct row *row)
{
	const char *own = is_level(v, row) ? v->tree->drilldown[row_level(row)] : NULL;
	const struct metric_value *metric = v->metrics ? row_record(row).metric : NULL;

	if (metric)
		return metric->metric->view;
	return own ? own : v->drilldown;
}

const struct field *const *view_row_keys(const struct view *v, const struct row *row, size_t *ret_n)
{
	*ret_n = is_level(v, row) ? row_level(row) + 1u : v->n_keys;
	return is_level(v, row) ? v->tree->query.keys : v->keys;
}

/* Whether a's last key is among b's. */
static bool holds(const struct view *v, const struct row *a, const struct row *b, struct arena *tmp)
{
	size_t n_a, n_b;
	const struct field *const *keys = view_row_keys(v, a, &n_a);
	const struct field *const *others = view_row_keys(v, b, &n_b);

	for (size_t i = 0; i < n_b; i++) {
		struct value x, y;

		if (others[i] != keys[n_a - 1])
			continue;
		x = row_key(a, n_a - 1, tmp);
		y = row_key(b, i, tmp);
		if (x.kind == y.kind && !value_compare(&x, &y))
			return true;
	}
	return false;
}

const struct row *view_row_in(const struct view *v, const struct row *row, const struct table *other)
{
	const struct row *best = NULL, *same = NULL;
	struct arena *tmp = arena_new();

	for (size_t i = 0; i < other->n_rows && !same; i++) {
		const struct row *r = &other->rows[i];

		if (r->id == row->id)
			same = r;
		else if (holds(v, r, row, tmp) && (!best || row_level(r) > row_level(best)))
			best = r;
		arena_reset(tmp);
	}
	arena_free(tmp);
	return same ? same : best;
}

void view_list_row(const struct view *v, const struct record *event, struct arena *tmp, struct row *ret)
{
	struct value *cells = arena_array(tmp, v->n_columns, sizeof(*cells));
	struct record *rep = arena_alloc(tmp, sizeof(*rep));

	for (size_t i = 0; i < v->n_columns; i++) {
		const struct column *c = &v->columns[i];

		cells[i].kind = V_MISSING;
		if (c->arg && !c->field->get_arg(event, c->arg, tmp, &cells[i]))
			cells[i].kind = V_MISSING;
		if (!c->arg)
			cells[i] = field_get(c->field, event, tmp);
		if (cells[i].kind == V_DIST) /* of one call */
			cells[i] = (struct value){.kind = V_INT, .i = (int64_t)cells[i].dist->lat_sum};
	}
	*rep = *event;
	*ret = row_of_list(rep, cells);
}

int views_load_stock(struct views **views, struct views_error *err)
{
	return views_load_text(views, "views.json", (const char *)stock_views, stock_views_len, err);
}

bool column_is_number(const struct column *c)
{
	if (c->agg == AGG_COUNT || c->agg == AGG_DISTINCT)
		return true;
	return c->field->type == FT_INT || c->field->type == FT_DOUBLE || c->field->type == FT_DIST;
}
