/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view_loader.h - what the parts of view_load*.c share. Private to them. */
#ifndef CTOP_VIEWS_VIEW_LOADER_H
#define CTOP_VIEWS_VIEW_LOADER_H

#include "views/action_load.h"
#include "views/view_json.h"
#include "views/view_priv.h"

struct loader {
	struct reports reports;
	const struct views *base; /* views that were there before */
	struct views *mine;       /* views of this text */
	size_t cap;
	struct action_list actions;
	bool may_root; /* its actions may ask for root's rights */
};

/* A field by its id; NULL with a report. `what` names the place: "'label'". */
const struct field *loader_field(struct loader *l, struct node n, const char *what);
/* One that rows can be grouped by. */
const struct field *loader_dimension(struct loader *l, struct node n, const char *what);

/* The members "columns", "tree" and "metrics" of a view. */
void loader_columns(struct loader *l, struct node view, struct view *v);
void loader_tree(struct loader *l, struct node view, struct view *v);
void loader_metrics(struct loader *l, struct node view, struct view *v);

#endif
