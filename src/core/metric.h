/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metric.h - single numbers about a selection, each with the view behind it:
 * what the Overview lists. A metric is a filter and a field, added up over
 * records of one kind.
 */
#ifndef CTOP_CORE_METRIC_H
#define CTOP_CORE_METRIC_H

#include "core/table.h"

struct metric {
	char *name, *category;
	char *view;   /* id of the view that shows more */
	char *filter; /* what is counted, and what narrows that view down; NULL = everything */
	struct filter *compiled;
	unsigned records; /* one of enum records */
	const struct field *field;
	enum agg agg;          /* SUM or DISTINCT */
};

/* Of one sample. */
struct metric_value {
	const struct metric *metric;
	int64_t value;
	uint32_t num; /* its place among all */
	bool known;
};

/* Values of all, in the arena. `filter` narrows all of them down; NULL. Host numbers have no parts: not known
 * then. */
const struct metric_value *metrics_compute(const struct metric *metrics, size_t n,
					   const struct filter *filter, const struct sample *s,
					   struct arena *arena);

/* enum need bits of their records. */
unsigned metrics_needs(const struct metric *metrics, size_t n);

#endif
