/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cell.c - the cell cursor: one column of the selected row, which = and ! take
 * their value from. It moves over the columns on the screen and scrolls to
 * those that did not fit; back to the left of the first one there is no cell.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "ui/app.h"
#include "ui/filtering.h"

static void layout_again(struct app *a, const struct view *view)
{
	layout_make(view, LAYOUT_GUTTER, term_cols(a->term) - LAYOUT_GUTTER - 1, a->scroll, a->widest, -1,
		    &a->layout);
}

/* Where a column is in the layout; -1 = it is not on the screen. */
static int place_of(const struct app *a, int column)
{
	for (size_t i = 0; i < a->layout.n; i++)
		if ((int)a->layout.cells[i].column == column)
			return (int)i;
	return -1;
}

void cell_scroll(struct app *a, const struct view *view, int dir)
{
	int limit = layout_max_scroll(view, LAYOUT_GUTTER, term_cols(a->term) - LAYOUT_GUTTER - 1);

	if (dir < 0)
		a->scroll -= a->scroll > 0;
	else
		a->scroll += a->scroll < limit;
	layout_again(a, view);
}

/* Scrolls until the column is on the screen. */
static void scroll_to(struct app *a, const struct view *view, int column, int dir)
{
	int before;

	do {
		before = a->scroll;
		cell_scroll(a, view, dir);
	} while (place_of(a, column) < 0 && a->scroll != before);
	if (place_of(a, column) >= 0)
		a->cell = column;
}

static int first_hidden(const struct app *a, const struct view *view)
{
	for (size_t i = 0; i < view->n_columns && i < LAYOUT_MAX; i++)
		if (place_of(a, (int)i) < 0)
			return (int)i;
	return -1;
}

static void move_right(struct app *a, const struct view *view, int at)
{
	const struct layout *l = &a->layout;

	if (at + 1 < (int)l->n)
		a->cell = (int)l->cells[at + 1].column;
	else if (!l->more_right)
		cell_scroll(a, view, 1); /* the end of a long text */
	else
		scroll_to(a, view, a->scroll ? a->cell + 1 : first_hidden(a, view), 1);
}

static void move_left(struct app *a, const struct view *view, int at)
{
	const struct layout *l = &a->layout;

	if (l->text_shift || (a->scroll && at <= 0))
		cell_scroll(a, view, -1);
	else if (at == 1 && l->cells[1].column > 1 && a->scroll)
		scroll_to(a, view, a->cell - 1, -1);
	else
		a->cell = at > 0 ? (int)l->cells[at - 1].column : -1;
}

void cell_move(struct app *a, const struct view *view, int dir)
{
	int at = place_of(a, a->cell);

	if (a->layout.n == 0)
		return;
	if (a->cell >= 0 && at < 0) { /* scrolled out of sight: it comes to where one looks */
		at = dir > 0 ? 0 : (int)a->layout.n - 1;
		a->cell = (int)a->layout.cells[at].column;
	} else if (dir > 0) {
		move_right(a, view, at);
	} else {
		move_left(a, view, at);
	}
}

/* One more step of the selection: same view, same place, one more check. */
static void push(struct app *a, const char *filter)
{
	struct selection_level was = *selection_top(&a->sel), *top;
	char *needle = xstrdup(app_level(a)->needle);
	int scroll = a->scroll, cell = a->cell;
	struct level_state *level;

	if (!a->spying)
		table_remember_place(a);
	selection_switch(&a->sel, was.view);
	top = selection_top(&a->sel);
	free(top->user_filter);
	top->user_filter = xstrdup(filter);
	top->sort = was.sort;
	top->ascending = was.ascending;
	top->row_id = a->rows.pinned;
	level = app_level(a);
	level->needle = needle;
	level->narrowed = true;
	app_level_changed(a);
	a->scroll = scroll;
	a->cell = cell;
}

void cell_narrow(struct app *a, const struct row *row, bool exclude)
{
	const struct selection_level *top = selection_top(&a->sel);
	char *check =
		row ? view_cell_filter(top->view, row, a->cell >= 0 ? a->cell : top->sort, exclude) : NULL;
	char *filter = check ? filter_join(top->user_filter, check) : NULL;

	if (!row)
		app_message(a, ROLE_WARN, "no row to filter by");
	else if (!check)
		app_message(a, ROLE_WARN,
			    view_is_list(top->view) ? "choose a cell with Left and Right first"
						    : "nothing to filter by in this row");
	else if (strlen(filter) >= LINE_MAX_BYTES)
		app_message(a, ROLE_WARN, "the filter would become too long");
	else
		push(a, filter);
	free(filter);
	free(check);
}
