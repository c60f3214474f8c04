/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agg.c - what aggregations there are and which fields they fit.
 */
#include <errno.h>
#include <string.h>

#include "core/table.h"

static const char *const names[] = {
	[AGG_NONE] = "none",         [AGG_SUM] = "sum", [AGG_RATE] = "rate", [AGG_AVG] = "avg",
	[AGG_MIN] = "min",           [AGG_MAX] = "max", [AGG_LAST] = "last", [AGG_COUNT] = "count",
	[AGG_DISTINCT] = "distinct", [AGG_P50] = "p50", [AGG_P90] = "p90",   [AGG_P99] = "p99",
	[AGG_SHARE] = "share",
};

const char *agg_name(enum agg a)
{
	return names[a];
}

int agg_from_name(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return (int)i;
	}
	return -EINVAL;
}

bool agg_fits(enum agg a, const struct field *f)
{
	bool number = f->type == FT_INT || f->type == FT_DOUBLE;
	bool measure = f->flags & FIELD_MEASURE;
	bool dist = f->type == FT_DIST;

	if (!f->get || (f->flags & (FIELD_FILTER_ONLY | FIELD_SPY)))
		return false;
	switch (a) {
	case AGG_NONE:
	case AGG_LAST:
	case AGG_DISTINCT: return !dist && !(measure && f->grain == GRAIN_FACT);
	case AGG_COUNT: return true;
	case AGG_SUM:
	case AGG_SHARE: return measure;
	case AGG_RATE: return f->flags & FIELD_DELTA;
	case AGG_AVG: return measure || (number && f->unit != UNIT_ID && f->unit != UNIT_PORT);
	case AGG_MAX:
	case AGG_MIN: /* a fact sums many calls: which of them is the smallest is not known */
		return (number && !(measure && f->grain == GRAIN_FACT)) || (dist && a == AGG_MAX);
	case AGG_P50:
	case AGG_P90:
	case AGG_P99: return dist;
	}
	return false;
}

enum agg agg_default(const struct field *f)
{
	if (!(f->flags & FIELD_MEASURE))
		return AGG_NONE;
	return f->type == FT_DIST ? AGG_AVG : AGG_SUM;
}

enum unit agg_unit(enum agg a, const struct field *f)
{
	switch (a) {
	case AGG_COUNT:
	case AGG_DISTINCT: return UNIT_COUNT;
	case AGG_SHARE: return UNIT_PERCENT;
	default: return f->unit;
	}
}
