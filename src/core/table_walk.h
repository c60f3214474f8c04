/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_walk.h - which records a query walks, and handing over those that pass
 * its filter. Knows no groups. Private to table*.c.
 */
#ifndef CTOP_CORE_TABLE_WALK_H
#define CTOP_CORE_TABLE_WALK_H

#include "core/table.h"

struct table_walk {
	const struct table_query *query;
	const struct sample *sample;
	unsigned records; /* enum records */
	bool counters;    /* evt.* amounts come from the threads' counters, not from facts */
};

struct table_walk table_walk_plan(const struct table_query *q, const struct sample *s);

enum { WALK_BATCH = 16 };

/*
 * Hands over at most WALK_BATCH records at a time, so that who takes them can have memory fetched for all of
 * them. What records point to and the sample does not have is made in the arena.
 */
typedef void (*table_add_fn)(const struct record *records, size_t n, void *userdata);
void table_walk(const struct table_walk *w, struct arena *arena, table_add_fn add, void *userdata);

#endif
