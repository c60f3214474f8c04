/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch_format.h - how intervals and lists are written: one writer a format,
 * each in its own batch_FORMAT.c. JSON and CSV carry exact values in base
 * units; only the table is formatted. Writers write to a buffer and know no
 * file; batch.h's batch_begin() and the others choose among them.
 */
#ifndef CTOP_BATCH_FORMAT_H
#define CTOP_BATCH_FORMAT_H

#include "batch.h"
#include "core/arena.h"
#include "core/buf.h"

struct batch_writer {
	/* What comes before the first interval; NULL = nothing. */
	void (*begin)(const struct batch_config *c, struct buf *out);
	void (*interval)(const struct batch_config *c, const struct sample *s, const struct table *t,
			 struct buf *out);
	/* A list: what comes before its first row (NULL = nothing), one row, and what stands around the rows
	 * of an interval (NULL = nothing). */
	void (*list_begin)(const struct batch_config *c, struct buf *out);
	void (*list_row)(const struct batch_config *c, uint64_t time, const struct row *row, struct buf *out);
	void (*list_interval)(const struct batch_config *c, const struct sample *s, uint64_t lost,
			      const struct buf *rows, struct buf *out);
};

extern const struct batch_writer batch_table_writer, batch_json_writer, batch_csv_writer;

/* A number, truth value or address as it is, bare. false: nothing was added, it is another kind or not
 * finite. */
bool batch_add_exact(struct buf *out, const struct value *v);
/* ns as seconds with nine digits behind the point. */
void batch_add_time(struct buf *out, uint64_t ns);

/* Nothing was lost or coarsened in this interval. */
bool batch_is_exact(const struct health *h);

/* What a row of a tree is called in its column, and the id of the key it stands for. */
struct value batch_tree_label(const struct table *t, const struct row *row, struct arena *tmp);
const char *batch_tree_key(const struct view *view, const struct row *row);

#endif
