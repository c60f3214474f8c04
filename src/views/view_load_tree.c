/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_load_tree.c - the tree of a view from JSON.
 */
#include <string.h>

#include "core/mem.h"
#include "views/view_loader.h"

static void load_tree_level(struct loader *l, struct node n, struct view *v, struct view_tree *tree)
{
	static const char *const keys[] = {"key", "label", "drilldown", NULL};
	struct tree_query *q = &tree->query;
	struct node key, label, drill;

	if (!json_is_object(n.v)) {
		report(&l->reports, n.pos, "a level must be an object, not %s", type_name(n.v));
		return;
	}
	check_keys(&l->reports, n, "a level", keys);
	key = member(n, "key");
	label = member(n, "label");
	drill = member(n, "drilldown");
	if (!key.v) {
		report(&l->reports, n.pos, "missing key 'key'");
		return;
	}
	q->keys[q->n_levels] = loader_dimension(l, key, "'key'");
	q->labels[q->n_levels] = label.v ? loader_dimension(l, label, "'label'") : q->keys[q->n_levels];
	if (drill.v && !json_is_null(drill.v))
		tree->drilldown[q->n_levels] = xstrdup(text_of(&l->reports, drill, "'drilldown'"));
	if (q->keys[q->n_levels] && q->labels[q->n_levels])
		q->n_levels++;
}

/* Levels, or what leads to the row above; and the column that the tree is drawn in. */
void loader_tree(struct loader *l, struct node view, struct view *v)
{
	static const char *const keys[] = {"column", "levels", "parent", NULL};
	struct node n = member(view, "tree"), list, parent;
	struct tree_query *q;
	const char *column;

	if (!n.v || json_is_null(n.v))
		return;
	if (!json_is_object(n.v)) {
		report(&l->reports, n.pos, "'tree' must be an object, not %s", type_name(n.v));
		return;
	}
	v->tree = xcalloc(1, sizeof(*v->tree));
	q = &v->tree->query;
	check_keys(&l->reports, n, "'tree'", keys);
	column = get_string(&l->reports, n, "column", true);
	for (size_t i = q->column = 0; column && i < v->n_columns; i++)
		if (v->columns[i].id && !strcmp(v->columns[i].id, column))
			q->column = (int)i + 1;
	if (column && !q->column--)
		report(&l->reports, member(n, "column").pos, "no column '%.60s' to draw the tree in", column);
	parent = member(n, "parent");
	list = member(n, "levels");
	if (!parent.v == !list.v) {
		report(&l->reports, n.pos, "a tree has either 'levels' or 'parent'");
		return;
	}
	if (parent.v) {
		q->parent = loader_dimension(l, parent, "'parent'");
		if (v->n_keys != 1)
			report(&l->reports, parent.pos, "'parent' goes with a 'key' of one field");
		return;
	}
	list = get_list(&l->reports, n, "levels", TREE_LEVELS, true);
	for (size_t i = 0; list.v && i < json_array_size(list.v); i++)
		load_tree_level(l, element(list, i), v, v->tree);
}
