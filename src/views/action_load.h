/* SPDX-License-Identifier: GPL-2.0-or-later */
/* action_load.h - actions from JSON. Private to src/views. */
#ifndef CTOP_VIEWS_ACTION_LOAD_H
#define CTOP_VIEWS_ACTION_LOAD_H

#include "views/action.h"
#include "views/view_json.h"

enum { MAX_ACTIONS = 256, MAX_WAYS = 32, MAX_ARGS = 64 };

struct action_list {
	struct action **items;
	size_t n, cap;
};

/*
 * The member "actions" of a file or a view. own: of a view, for its rows only, so 'applies_to' is not needed.
 * may_root: 'as': 'root' is allowed, since nobody but root can have written the file.
 */
void actions_load(struct reports *r, struct node object, bool own, bool may_root, struct action_list *list);

#endif
