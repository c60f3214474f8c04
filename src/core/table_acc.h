/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_acc.h - one column of a query and its accumulators. Private to table*.c.
 */
#ifndef CTOP_CORE_TABLE_ACC_H
#define CTOP_CORE_TABLE_ACC_H

#include "core/seen.h"
#include "core/table.h"

/* What does not fit the cell itself, which holds the running sum, minimum, first value, ... */
struct aux {
	uint64_t n;           /* averaged things, or calls */
	uint64_t max;         /* longest latency: bounds a percentile */
	const uint32_t *hist; /* a fact's, as long as it is the only one */
	uint32_t *own;        /* the sum of more than one */
	uint64_t *numbers;    /* different values that were seen: numbers.h */
	bool no_numbers;      /* they are in struct seen */
};

struct plan {
	const struct field *field;
	enum agg agg;
	bool available;          /* the sample has what it takes */
	bool dedup;              /* one thing may come with several records */
	bool total;              /* its total is asked for */
	int aux;                 /* index of its struct aux, -1 = none; percentiles of one field share it */
	bool aux_owner;          /* this column fills it */
	struct numbers *numbers; /* of DISTINCT, while a table is made; or NULL */
};

/* Adds a value to a cell. `seen` is for DISTINCT: tells values of (group, column) apart. */
void acc_add(const struct plan *p, struct value *cell, struct aux *aux, const struct value *v,
	     uint64_t weight, struct arena *arena);

/* Adds one group's accumulator to another's. */
void acc_merge(const struct plan *p, struct value *to, struct aux *to_aux, const struct value *from,
	       const struct aux *from_aux, struct arena *arena);

/* Turns the accumulator into what is shown; *sum is the exact sum of a rate. */
void acc_finish(const struct plan *p, struct value *cell, const struct aux *aux, struct value *sum,
		uint64_t interval);

uint64_t value_hash(const struct value *v, uint64_t seed);

#endif
