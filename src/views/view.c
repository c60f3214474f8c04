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
	free(v->columns);
	free(v->tips);
	free(v->id);
	free(v->name);
	free(v->description);
	free(v->filter);
	filter_free(v->compiled);
	free(v->applies_to);
	free(v->drilldown);
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

void view_list_row(const struct view *v, const struct record *event, struct arena *tmp, struct row *ret)
{
	struct value *cells = arena_array(tmp, v->n_columns, sizeof(*cells));

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
	*ret = (struct row){.cells = cells, .rep = *event};
}

int views_load_stock(struct views **views, struct views_error *err)
{
	return views_load_text(views, "views.json", (const char *)stock_views, stock_views_len, err);
}
