/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * row_history.h - the last few values of one column for every row, by row id:
 * what the small graph beside the sorted column shows. Rows that are gone for
 * longer than the graph is wide are forgotten.
 */
#ifndef CTOP_UI_ROW_HISTORY_H
#define CTOP_UI_ROW_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "views/view.h"

enum { ROW_HISTORY_LEN = 8 };

struct row_history {
	const struct view *view; /* of which column, 0 samples: another one starts anew */
	int column;
	uint64_t time; /* of the last sample added */
	uint32_t tick; /* samples so far */
	double top;    /* the largest value there is */
	struct row_trace {
		uint64_t id;                   /* 0 = free */
		uint32_t seen;                 /* tick of the last value */
		float values[ROW_HISTORY_LEN]; /* ring by tick */
	} * slots;
	size_t cap, used;
};

void row_history_done(struct row_history *h);

/* Adds a sample's table, sorted by the column, once per sample; column < 0 or not numeric: nothing is kept. */
void row_history_add(struct row_history *h, const struct view *view, int column, const struct table *table,
		     uint64_t time);

/* The graph of a row, `cells` wide at most ROW_HISTORY_LEN; blank where there is no value. */
void row_history_draw(const struct row_history *h, uint64_t id, size_t cells, struct buf *out);

#endif
