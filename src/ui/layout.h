/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - which columns of a view stand where on a line of a given width.
 *
 * Not scrolled: the columns that do not fit leave by priority. Scrolled right:
 * the first column stays, the next ones leave in order, and beyond the last
 * column its text moves. Pure.
 */
#ifndef CTOP_UI_LAYOUT_H
#define CTOP_UI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "views/view.h"

enum { LAYOUT_MAX = 64, LAYOUT_GUTTER = 2 /* cells left of the first column */ };

struct layout_cell {
	size_t column; /* of the view */
	int x, width;
	bool right; /* numbers */
	int graph;  /* cells right of it, behind a gap, for its small graph */
};

struct layout {
	struct layout_cell cells[LAYOUT_MAX];
	size_t n;
	bool more_left, more_right; /* columns that are not on the screen */
	int text_shift;             /* cells that the last column's text moved left */
};

/* widest: content width per column seen so far, may be NULL; text columns grow to it where there is room. */
/* graph: the column that gets a small graph where there is room, -1 = none. */
void layout_make(const struct view *view, int x, int width, int scroll, const int *widest, int graph,
		 struct layout *ret);

/* The furthest `scroll` that still changes something. */
int layout_max_scroll(const struct view *view, int x, int width);

#endif
