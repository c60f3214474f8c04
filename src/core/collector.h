/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collector.h - a thread that calls source_collect() once an interval and hands
 * each finished sample over, so that whoever shows it never waits for it.
 *
 * It owns the rhythm: two quick samples at the start (the second already has
 * rates), a quick one after new needs were attached, and a grace time before
 * needs that nobody has any more are detached. It must not know views.
 */
#ifndef CTOP_CORE_COLLECTOR_H
#define CTOP_CORE_COLLECTOR_H

#include <stdint.h>

#include "core/source.h"

struct collector;

enum {
	COLLECTOR_MIN_MS = 100,   /* shortest interval */
	COLLECTOR_MAX_MS = 60000, /* longest */
};

/* Starts the thread. The source must outlive it. interval in ns; needs: enum need. 0 or -errno. */
int collector_new(struct source *source, uint64_t interval, unsigned needs, struct collector **ret);

/* Stops the thread, which may take as long as one source_collect(). NULL is fine; returns NULL. */
struct collector *collector_free(struct collector *c);

/* Becomes readable when there is something to take. */
int collector_fd(const struct collector *c);

/*
 * The newest finished sample that was not taken yet, or NULL; the caller frees
 * it. *ret_error (may be NULL) is 0, or the -errno of the latest attempt.
 */
struct sample *collector_take(struct collector *c, int *ret_error);

void collector_set_interval(struct collector *c, uint64_t interval);

/* What the screen needs from now on. More: at once, with a fresh sample soon after. Less: after the grace
 * time. */
void collector_set_needs(struct collector *c, unsigned needs);

#endif
