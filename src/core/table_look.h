/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_look.h - for who looks at many cells of many rows, row by row: what a row's records are is found once
 * for all of its cells. Knows no texts and no screen.
 */
#ifndef CTOP_CORE_TABLE_LOOK_H
#define CTOP_CORE_TABLE_LOOK_H

#include "core/table.h"

struct look {
	const struct row *row;
	struct record records[ROW_RECORDS];
	size_t n_records; /* 0: the row has sums, or is of no table */
	bool calls;       /* some of them is about calls */
	/* by place in the sample, so that their memory stays away */
	const struct process **of_thread;
	const struct container **of_process;
};

/* All zero, a look is ready for use; rows of one sample only, until look_done(). */
void look_at(struct look *l, const struct row *row);
void look_done(struct look *l);

/* As row_fetch(), but only what look_at() and cells of calls and objects take. */
enum { LOOK_FETCH_STEPS = 3 };
void look_fetch(const struct row *row, unsigned step);

/* As row_value(). */
struct value look_value(const struct look *l, size_t column, struct arena *tmp);
/* Whether the cell is look_first() of the first record that has one. */
bool look_is_first(const struct look *l, size_t column);
struct value look_first(const struct look *l, size_t column, size_t record, struct arena *tmp);

#endif
