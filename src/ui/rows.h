/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows.h - the rows of a table that are on show: cell texts, text filter,
 * search, and a cursor that follows its row from sample to sample. Draws
 * nothing.
 */
#ifndef CTOP_UI_ROWS_H
#define CTOP_UI_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "views/view.h"

struct rows {
	const struct view *view;
	const struct table *table; /* borrowed */
	uint32_t *index;           /* rows of the table that pass the text filter */
	size_t n;
	char *needle;     /* text filter; NULL = all */
	uint64_t *folded; /* ids of rows of a tree whose rows below are not on show, sorted */
	size_t n_folded, cap_folded;
	/* cursor */
	size_t cursor, top; /* positions in index */
	uint64_t pinned;    /* row id the cursor follows; 0 = not moved yet, it stays on top */
};

void rows_done(struct rows *r);

/* Another view: forgets cursor and text filter. */
void rows_reset(struct rows *r);

/* Takes a new table (NULL = none); the cursor goes to the row it was on, on the same screen line if it can.
 */
void rows_set(struct rows *r, const struct view *view, const struct table *table, size_t page);
void rows_set_needle(struct rows *r, const char *needle, size_t page);

const struct row *rows_get(const struct rows *r, size_t position); /* NULL beyond the end */
const struct row *rows_current(const struct rows *r);

/* Rows below a row of a tree: on show or not. all: every row that has some, or none. */
bool rows_is_folded(const struct rows *r, const struct row *row);
void rows_fold(struct rows *r, const struct row *row, size_t page);
void rows_fold_all(struct rows *r, size_t page);

/* Moves the cursor; page: rows on the screen. */
void rows_move(struct rows *r, long delta, size_t page);
void rows_go(struct rows *r, size_t position, size_t page);
void rows_fit(struct rows *r, size_t page); /* the page may have changed its height */
void rows_scroll(struct rows *r, long delta,
		 size_t page); /* wheel: the screen moves, the cursor only if it must */

/* What a value shows in a column, safe for the terminal. */
void value_cell(const struct column *c, const struct value *v, struct buf *out);
/* The same of a row's cell. */
void row_cell(const struct view *view, const struct row *row, size_t column, struct buf *out);
/* The same in the column where a tree is drawn. */
void row_tree_cell(const struct view *view, const struct row *row, size_t column, bool folded,
		   struct buf *out);

/* Next row from `position` on (dir 1 or -1, wraps) with a cell that contains the text; -1. Smart case. */
long rows_find(const struct rows *r, const char *text, size_t position, int dir);

enum heat { HEAT_NONE, HEAT_WARN, HEAT_CRITICAL };
enum heat cell_heat(const struct column *c, const struct value *v);
bool cell_is_zero(const struct column *c, const struct value *v);

#endif
