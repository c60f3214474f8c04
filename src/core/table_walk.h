/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_walk.h - which records a query walks, and handing over those that pass
 * its filter, one by one. Knows no groups. Private to table*.c.
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

/* What records point to and the sample does not have is made in the arena. */
void table_walk(const struct table_walk *w, struct arena *arena,
		void (*add)(const struct record *r, void *userdata), void *userdata);

#endif
