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
	const struct field *keys[TABLE_KEYS];
	const struct record **copies; /* records that are of nothing in the sample */
	size_t n_copies, cap_copies;
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

/* Of a record, in the highest bits; below them, its place in the sample's array, or among the copies. */
enum { REF_FACT, REF_THREAD, REF_FD, REF_COPY, REF_SHIFT = 30 };
#define REF_PLACE ((1u << REF_SHIFT) - 1)

/* A record as half a word. What has no place in the sample is copied into the arena. */
uint32_t record_ref(struct cells *c, const struct record *r, struct arena *arena);
struct record record_at(const struct cells *c, uint32_t ref);
/* What a key of it is. */
struct value record_key(const struct cells *c, uint32_t ref, size_t i, struct arena *tmp);

/* Whether a column shows the first value that there is; else it is added up. */
bool column_is_first(const struct cells *c, size_t column);
/* A cell of a row without sums; ret_sum may be NULL. */
struct value records_value(struct cells *c, const struct record *records, size_t n, size_t column,
			   uint64_t interval, struct arena *tmp, struct value *ret_sum);

/*
 * A value as a word that is sorted by, in the order of value_compare() as far as it goes, but missing ones
 * last. Its lowest bit is no part of that: set, equal words are equal values.
 */
uint64_t sort_word(const struct value *v);

/* What is known when a table has just been made and not again later. */
struct made {
	const struct plan
		*runs;         /* rows without sums have a running one of this column, the sort's; or NULL */
	const uint64_t *words; /* sort_word() of the keys, row by row */
};

void sort_made(struct table *t, int column, bool ascending, const struct made *made);

static inline uint32_t row_example(const struct row *row)
{
	return row->summed ? row->example : row->records[row->rep];
}

#endif
