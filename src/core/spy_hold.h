/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy_hold.h - events of cgroups that no sample has shown yet: of a container
 * that was just made, most likely, which a filter may mean by its name. They
 * wait here until a sample tells. Knows nothing of filters or screens.
 */
#ifndef CTOP_CORE_SPY_HOLD_H
#define CTOP_CORE_SPY_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/field.h"
#include "core/source.h"

enum {
	SPY_HOLD_EVENTS = 65536,   /* most that wait; what comes on top is counted and dropped */
	SPY_HOLD_BYTES = 32 << 20, /* same, in memory */
	SPY_HOLD_MUTE = 4096,      /* cgroups remembered that samples do not tell about */
};

struct spy_hold;

struct spy_hold *spy_hold_new(void);
struct spy_hold *spy_hold_free(struct spy_hold *h); /* and what waits; NULL is fine */

/* Whether the event has to wait: it is taken over then. */
bool spy_hold_take(struct spy_hold *h, const struct record_index *idx, struct event *ev);

/*
 * A new sample, ended at `time` (epoch ns): hands over, in their order, the events that it tells the
 * container of, and those that happened before the sample before it, which had its chance. all: those as well
 * that could wait on.
 */
void spy_hold_release(struct spy_hold *h, const struct record_index *idx, uint64_t time, bool all,
		      source_event_fn fn, void *userdata);

size_t spy_hold_waiting(const struct spy_hold *h);
uint64_t spy_hold_lost(const struct spy_hold *h); /* dropped so far */

#endif
