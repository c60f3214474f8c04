/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reload.c - views files that change while the screen is open: the same
 * selection, shown by the views as they are now.
 */
#include <string.h>

#include "ui/app.h"

/* A level goes on with the view of the same id; one that is gone stays as it was. */
static void take_over(struct selection_level *level, const struct view *now)
{
	const struct view *old = level->view;

	level->sort = level->sort < 0 ? -1 : view_column(now, old->columns[level->sort].id);
	if (level->sort < 0) {
		level->sort = now->sort;
		level->ascending = now->ascending;
	}
	level->view = now;
}

void app_reload_views(struct app *a)
{
	char note[400] = "";
	const struct views *views = a->config->views_reload(a->config->views_userdata, note, sizeof(note));

	if (views) {
		a->views = views;
		for (size_t i = 0; i < a->sel.n; i++) {
			const struct view *now = views_find(views, a->sel.levels[i].view->id);

			if (now && view_is_list(now) == view_is_list(a->sel.levels[i].view))
				take_over(&a->sel.levels[i], now);
		}
		overlay_views_changed(a);
		if (!a->spying)
			app_level_changed(a);
	}
	if (note[0])
		app_message(a, ROLE_CRITICAL, "%s", note);
	else if (views)
		app_message(a, ROLE_VALUE, "views read again");
	a->dirty = true;
}
