/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_cells.h - what cells are made of when somebody looks at them. Private to
 * table*.c.
 */
#ifndef CTOP_CORE_TABLE_CELLS_H
#define CTOP_CORE_TABLE_CELLS_H

#include "core/table_group.h"

/* Of one table; in its arena. */
struct cells {
	const struct sample *sample;
	struct plans plans;
	struct plans *alone; /* each column by itself */
	bool counters;       /* as struct table_walk has it */
	enum grain coarsest; /* measures of larger things are not shown: see table_tree.c */
	double *shares;      /* by column: what 100 percent are; NULL = no column is a share */
	/* for making one */
	struct seen seen;
	uint32_t made;
};

struct cells *cells_new(const struct table_query *q, const struct table_walk *w, struct arena *arena);
void cells_done(struct cells *c); /* NULL is fine; c itself is the arena's */

/* Totals are known: those of shares become 100 percent. */
void cells_set_shares(struct cells *c, struct value *totals, struct arena *arena);

/* A record as one word. What has no place in the sample is copied into the arena. */
uintptr_t record_ref(const struct record *r, struct arena *arena);
struct record record_at(const struct cells *c, uintptr_t ref);

#endif
