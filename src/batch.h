/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch.h - the monitor without a screen: intervals or spy events as text,
 * JSON or CSV on a file descriptor. The same selection, tables and decoder as
 * the screens use.
 */
#ifndef CTOP_BATCH_H
#define CTOP_BATCH_H

#include <signal.h>

#include "core/source.h"
#include "options.h"
#include "views/view.h"

struct batch_config {
	struct source *source;
	const struct view *view;
	const char *filter; /* must parse; NULL = none */
	uint64_t interval;  /* ns */
	uint32_t count;     /* intervals; 0 = until `stop` */
	enum output_format format;
	bool secrets; /* batch_details(): values of the environment */
	bool tree; /* the view must have one */
	enum spy_mode spy;
	char where; /* 'c', 'k': its lines say which container or pod; 0 */
	bool ascii;
	unsigned width; /* table lines are cut to that many cells; 0 = never */
	int out, err;   /* file descriptors */
	const volatile sig_atomic_t
		*stop; /* set by a signal handler: end after what has happened so far; NULL = never */
};

/*
 * Runs until count, stop, or nobody reads any more (EPIPE: not an error). The first interval starts once
 * everything is attached; each next one starts where the last one ended, so that sums over all intervals have
 * no gap. Signals that set `stop` should be blocked by the caller: they are let in while waiting and writing.
 * 0, or -errno with one sentence in *ret_error (caller frees).
 */
int batch_run(const struct batch_config *c, char **ret_error);

/* --- the parts, for batch*.c and tests --- */

/* What comes before the first interval: the line of CSV column names. */
void batch_begin(const struct batch_config *c, struct buf *out);
/* One interval. */
void batch_interval(const struct batch_config *c, const struct sample *s, const struct table *t,
		    struct buf *out);

/* A list: its header, one event, and in JSON the interval that the rows in `rows` (emptied) belong to. */
void batch_list_begin(const struct batch_config *c, struct buf *out);
void batch_list_row(const struct batch_config *c, uint64_t time, const struct row *row, struct buf *out);
void batch_list_interval(const struct batch_config *c, const struct sample *s, uint64_t lost, struct buf *rows,
			 struct buf *out);

/* Writes all of b and empties it. -EPIPE when nobody reads; other -errno. */
int batch_write(const struct batch_config *c, int fd, struct buf *b);
/* Sleeps until mono time `until` (ns). false: was told to stop. */
bool batch_wait(const struct batch_config *c, uint64_t until);
uint64_t batch_now(void);

/* The spy that was asked for, or the list view. */
int batch_spy(const struct batch_config *c, char **ret_error);

/* All about one container or process: "container=ID", "process=PID"; takes one interval. As batch_run(). */
int batch_details(const struct batch_config *c, const char *what, char **ret_error);

/* HH:MM:SS of epoch ns in local time, with `digits` of the fraction. */
void batch_clock(struct buf *out, uint64_t epoch_ns, int digits);

#endif
