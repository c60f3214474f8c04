/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - records of a sample, filtered, grouped by key fields, aggregated
 * into columns, sorted. This is what screens, batch and tests show.
 *
 * Aggregation respects grains: a measure is added once per thing it belongs to.
 * A group of facts of one process counts that process's memory once and each
 * thread's CPU once, whatever the number of facts.
 *
 * evt.* measures come from facts if the query has facts, else from the
 * per-thread counters (struct record.counters), never from both.
 *
 * A record that has none of the key's fields is in no row and no total; one
 * that has some of them is, the others are missing.
 *
 * A descriptor belongs to all threads of its process: an open but idle one
 * brings in the CPU of each of them. It counts no calls.
 *
 * Whatever a query says, the records that its fields and filter need are walked, too:
 * a check on evt.type can only be decided on facts.
 *
 * Of fifty thousand rows a screen shows forty, so cells are made when somebody looks
 * (row_value()). A row of few records only knows which they are; one that has more
 * keeps running sums of its columns.
 */
#ifndef CTOP_CORE_TABLE_H
#define CTOP_CORE_TABLE_H

#include "core/field.h"
#include "core/filter.h"

enum agg {
	AGG_NONE /* first value */,
	AGG_SUM,
	AGG_RATE /* sum per second */,
	AGG_AVG,
	AGG_MIN,
	AGG_MAX,
	AGG_LAST,
	AGG_COUNT,
	AGG_DISTINCT,
	AGG_P50,
	AGG_P90,
	AGG_P99,
	AGG_SHARE /* percent of the total of all rows */
};

/* What a query walks. More than one may be set. */
enum records {
	REC_TASKS = 1 << 0,
	REC_FACTS = 1 << 1,
	REC_FDS = 1 << 2,
	REC_EVENTS = 1 << 3, /* single calls, for lists: they come from the spy and make no table */
	REC_CPUS = 1 << 4, /* CPUs, disks and interfaces go with no other kind: they share no field with it */
	REC_DISKS = 1 << 5,
	REC_NETIFS = 1 << 6,
	REC_LIFE = 1 << 7,    /* what happened to containers; goes with no other kind */
	REC_METRICS = 1 << 8, /* the query's metrics */
	REC_DEVICES = REC_CPUS | REC_DISKS | REC_NETIFS | REC_METRICS,
};

enum { TABLE_KEYS = 8 }; /* fields that rows are told apart by, at most */

struct column_query {
	const struct field *field;
	enum agg agg;
};

struct table_query {
	unsigned records; /* enum records */
	const struct field *keys[TABLE_KEYS];
	size_t n_keys;
	const struct column_query *columns;
	size_t n_columns;
	const struct filter *filter;  /* NULL = all */
	const struct metric *metrics; /* REC_METRICS: the filter is on what they count */
	size_t n_metrics;
	int sort; /* column index, -1 = by key */
	bool ascending;
	bool totals; /* wanted: then every row has to be added up at once */
};

enum { ROW_RECORDS = 6 }; /* so many are kept one by one */

/* Where a row stands in a tree (table_tree.h). */
struct branch {
	struct value label; /* what stands in the tree's column; missing: the cell */
	uint64_t parent;    /* id of the row it belongs below; 0 = none */
	uint64_t guides;    /* bit d: at depth d, more rows follow below the same parent */
	uint16_t depth;     /* 0 = below no other */
	uint8_t level;      /* of the tree's levels: it has level + 1 keys */
};

/* Small: there may be fifty thousand. */
struct row {
	uint64_t id;      /* hash of the key: follows the row over samples */
	struct table *of; /* NULL: a list's, not a table's */
	union {
		uint32_t records[ROW_RECORDS]; /* all it has: table_cells.h */
		struct {                       /* `summed`: it has more than these */
			struct group *group;
			uint32_t example; /* the representative */
		};
		struct { /* lists only */
			const struct value *cells;
			const struct record *record;
		};
	};
	union {
		double number;   /* value in the column that was sorted by last; NAN = missing, no number */
		int64_t running; /* while the table is made: sum in the column that it will be sorted by */
	};
	struct branch *branch; /* of a tree's row; else NULL */
	uint32_t n_below;      /* rows of a tree below it, those below these included */
	uint8_t n_records, rep;
	uint8_t running_kind;
	bool summed : 1;
	bool alive : 1, exited : 1; /* some process of it did not end; all ended in the interval */
};

struct table_tree;

struct table {
	struct arena *arena;
	struct row *rows;
	size_t n_rows;
	/* if asked for (else NULL, or of columns of shares only): each column aggregated over all records as
	 * one group; missing for dimensions */
	const struct value *totals;
	const struct value *total_sums; /* as row_sum() */
	size_t n_columns, n_keys;
	struct table_tree *tree; /* NULL = a flat table */
	uint64_t interval;       /* measured ns, as in the sample */
	struct cells *cells;     /* how they are made: table_cells.h */
};

/* Groups and sorts. The sample must outlive the table. 0 or -errno. */
int table_build(const struct table_query *q, const struct sample *s, struct table **ret);
void table_sort(struct table *t, int column, bool ascending); /* stable, ties by key */
/* Keeps the first n rows; totals and shares stay those of all. */
void table_limit(struct table *t, size_t n);
struct table *table_free(struct table *t);

/* A cell; V_MISSING shows as –. Strings live as long as the sample and `tmp`. */
struct value row_value(const struct row *row, size_t column, struct arena *tmp);
/*
 * For who makes cells of many rows: has memory brought that it takes, step by step, since each says where the
 * next one is. Steps are best some rows apart.
 */
enum { ROW_FETCH_STEPS = 4 };
void row_fetch(const struct row *row, unsigned step);
/* AGG_RATE columns: the exact sum (V_INT); else missing. */
struct value row_sum(const struct row *row, size_t column, struct arena *tmp);
/* A value of the key, of those that tell rows apart. Of a tree's row, there are level + 1. Strings as above.
 */
struct value row_key(const struct row *row, size_t i, struct arena *tmp);
/* What stands in the column of a tree instead of the cell; missing: the cell does. */
static inline struct value row_label(const struct row *row)
{
	return row->branch ? row->branch->label : (struct value){.kind = V_MISSING};
}
static inline unsigned row_depth(const struct row *row)
{
	return row->branch ? row->branch->depth : 0;
}
static inline unsigned row_level(const struct row *row)
{
	return row->branch ? row->branch->level : 0;
}
/* A representative record of a row, one that can still be looked at if there is any: for details, actions. */
struct record row_record(const struct row *row);
/* A row of a list: a record and its cells, both of which must stay. */
struct row row_of_list(const struct record *r, const struct value *cells);

/* What must be attached for a query: enum need. */
unsigned table_needs(const struct table_query *q);

const char *agg_name(enum agg a);
int agg_from_name(const char *name); /* -EINVAL */
/* Whether an aggregation makes sense for a field. */
bool agg_fits(enum agg a, const struct field *f);
/* What a view gets that names none: first value of a dimension, sum of a measure, average of a latency. */
enum agg agg_default(const struct field *f);
/* Unit of the aggregated value, for format_value(): a count of pids is a count. RATE: unit per second. */
enum unit agg_unit(enum agg a, const struct field *f);

#endif
