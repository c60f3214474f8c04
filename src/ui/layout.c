/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout.c - see layout.h. */
#include "ui/layout.h"

#include <math.h>

#include "core/format.h"

enum {
	REST_MIN = 12,
	REST_MAX = 40,
	REST_WIDE = 48,
	SHIFT = 8,
	TEXT_MAX = 48,
	MAX_SHIFTS = 64,
	GRAPH = 4,
	GRAPH_FROM = 90,
	BAR = 6, /* before a number that has one, on a line that is long enough */
	BAR_FROM = 110
};

/* A header with its sort mark must fit as well; the rest column gets a fifth of the line at least. */
static int base_width(const struct column *c, int line)
{
	int title = (int)format_width(c->title) + (column_is_number(c) ? 1 : 0);
	int rest = line / 5 < REST_MIN ? REST_MIN : line / 5 > REST_MAX ? REST_MAX : line / 5;
	int width = c->width ? (int)c->width : rest;

	if (!isnan(c->bar) && line >= BAR_FROM)
		width += BAR;

	return width > title ? width : title;
}

static size_t column_count(const struct view *view)
{
	return view->n_columns < LAYOUT_MAX ? view->n_columns : LAYOUT_MAX;
}

/* Marks the columns that stay; returns the cells they take, gaps included. */
static int keep_by_priority(const struct view *view, int width, bool *keep)
{
	size_t n = column_count(view);
	int used = 0;

	for (size_t i = 0; i < n; i++) {
		keep[i] = true;
		used += base_width(&view->columns[i], width) + 1;
	}
	while (used - 1 > width) {
		size_t worst = 0;

		/* the largest number leaves first, of equals the rightmost; the first column never */
		for (size_t i = 1; i < n; i++)
			if (keep[i] && (!worst || view->columns[i].priority >= view->columns[worst].priority))
				worst = i;
		if (!worst)
			break;
		keep[worst] = false;
		used -= base_width(&view->columns[worst], width) + 1;
	}
	return used;
}

static int keep_in_order(const struct view *view, int width, size_t skip, bool *keep)
{
	size_t n = column_count(view);
	int used = base_width(&view->columns[0], width) + 1;

	for (size_t i = 0; i < n; i++)
		keep[i] = i == 0;
	for (size_t i = 1 + skip; i < n; i++) {
		int w = base_width(&view->columns[i], width) + 1;

		if (used + w - 1 > width && i != 1 + skip)
			break;
		keep[i] = true;
		used += w;
	}
	return used;
}

/* Places the kept columns; what is left over goes to the rest column, then to text that was cut. */
static void place(const struct view *view, int x, int width, int used, const bool *keep, const int *widest,
		  struct layout *ret)
{
	size_t n = column_count(view);
	int spare = width - (used - 1);
	bool rest = false;

	for (size_t i = 0; i < n; i++)
		if (keep[i] && view->columns[i].width == 0)
			rest = true;
	ret->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct column *c = &view->columns[i];
		int w = base_width(c, width);

		if (!keep[i])
			continue;
		if (widest && c->width && !column_is_number(c) && widest[i] > w) {
			int room = spare - (rest ? REST_WIDE : 0);
			int grow = (widest[i] < TEXT_MAX ? widest[i] : TEXT_MAX) - w;

			if (grow > room)
				grow = room;
			if (grow > 0) {
				w += grow;
				spare -= grow;
			}
		}
		ret->cells[ret->n++] =
			(struct layout_cell){.column = i, .width = w, .right = column_is_number(c)};
	}
	for (size_t i = 0; i < ret->n; i++) {
		struct layout_cell *cell = &ret->cells[i];
		bool takes_rest = view->columns[cell->column].width == 0;

		if (spare > 0 && takes_rest) {
			cell->width += spare;
			spare = 0;
		}
		cell->x = x;
		if (cell->x + cell->width > width + (ret->cells[0].x))
			cell->width = width + ret->cells[0].x - cell->x;
		x += cell->width + 1;
	}
}

void layout_make(const struct view *view, int x, int width, int scroll, const int *widest, int graph,
		 struct layout *ret)
{
	bool keep[LAYOUT_MAX];
	size_t n = column_count(view);
	/* the first step to the right shows all columns in order, the next ones move on */
	size_t skip = scroll <= 1 ? 0 : (size_t)scroll <= n ? (size_t)scroll - 1 : n - 1;
	int used, graph_cells = graph >= 0 && scroll == 0 && width >= GRAPH_FROM ? GRAPH + 1 : 0;

	*ret = (struct layout){0};
	if (n == 0)
		return;
	if (scroll == 0) {
		used = keep_by_priority(view, width - graph_cells, keep);
		graph_cells = graph_cells && keep[graph] ? graph_cells : 0;
	} else {
		/* never further than needed to see the last column */
		for (size_t s = 0; s <= skip; s++) {
			used = keep_in_order(view, width, s, keep);
			if (keep[n - 1]) {
				ret->text_shift = (scroll - 1 - (int)s) * SHIFT;
				skip = s;
				break;
			}
		}
		ret->more_left = true;
	}
	place(view, x, width - graph_cells, used, keep, widest, ret);
	for (size_t i = 0; graph_cells && i < ret->n; i++) {
		if (ret->cells[i].column == (size_t)graph)
			ret->cells[i].graph = GRAPH;
		else if (ret->cells[i].column > (size_t)graph)
			ret->cells[i].x += graph_cells;
	}
	for (size_t i = 1 + (scroll ? skip : 0); i < n; i++)
		if (!keep[i])
			ret->more_right = true;
}

int layout_max_scroll(const struct view *view, int x, int width)
{
	bool keep[LAYOUT_MAX];
	size_t n = column_count(view), s;

	for (s = 0; s < n; s++) {
		keep_in_order(view, width, s, keep);
		if (keep[n - 1])
			break;
	}
	return (int)s + 1 + MAX_SHIFTS;
}
