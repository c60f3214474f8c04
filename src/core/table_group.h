/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_group.h - what a query's columns add up to over the records of one row,
 * or of all. Knows neither keys nor order. Private to table*.c.
 */
#ifndef CTOP_CORE_TABLE_GROUP_H
#define CTOP_CORE_TABLE_GROUP_H

#include "core/table_acc.h"
#include "core/table_walk.h"

/* The columns of a query, or one of them: groups can be made for either. */
struct plans {
	struct plan *columns;
	size_t n;
	size_t n_aux, n_first; /* n_first: columns that show the first value */
	unsigned once;         /* grains of the columns that need a look at what was seen */
	bool by_pid; /* rows are told apart by a number that the kernel gives out again, see add_column() */
};

/* Sums under way: unfinished, and what it takes to go on. */
struct group {
	struct value *cells;
	struct aux *aux;
	uint32_t number; /* tells it from others in struct seen */
	/* object, thread, process that came first and last: most groups have one, and often it comes again */
	const void *first[3], *last[3];
	size_t open;  /* "first value" columns that have none yet */
	bool partial; /* has calls whose bytes are not known */
};

struct adding {
	const struct plans *plans;
	struct seen *seen;
	struct arena *arena;
	struct group *totals;     /* NULL = not asked for */
	struct arena *while_made; /* what no cell keeps */
	/* by place, where each object is in one row only: whether it was there; NULL */
	uint8_t *objects;
};

struct plans plans_make(const struct table_query *q, const struct table_walk *w, struct arena *arena);
/* The same of one column alone; it is put into *column. */
struct plans plans_one(const struct plans *all, size_t column, struct plan *ret_plan);

/* From here to there, different values are told apart by number where that is possible. */
void plans_begin(const struct plans *p, const struct sample *s);
void plans_end(const struct plans *p);

/* Cells and aux, zeroed, are the caller's. */
struct group group_begin(const struct plans *p, uint32_t number, struct value *cells, struct aux *aux);
void group_add(const struct adding *a, struct group *g, const struct record *r);
/* A group is complete: what its columns sum up to goes to the totals. */
void group_to_totals(const struct adding *a, const struct group *g);
/* What is shown of a column, a share as its amount; *ret_sum (may be NULL): the exact sum of a rate. */
struct value group_value(const struct plans *p, const struct group *g, size_t column, uint64_t interval,
			 struct value *ret_sum);

#endif
