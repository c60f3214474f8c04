/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy_log.h - the events a spy has kept: a bounded ring, oldest dropped first
 * and counted; repeats of one call folded into one entry; and which entries
 * are on show (failures only, slow only). Draws nothing, decodes nothing.
 *
 * Entries have absolute numbers that never change: 0 is the first ever kept,
 * [head, tail) exist now. Lines shown are numbered the same way.
 */
#ifndef CTOP_UI_SPY_LOG_H
#define CTOP_UI_SPY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

enum {
	SPY_LOG_ENTRIES = 1 << 18,        /* most entries kept */
	SPY_LOG_BYTES = 64 * 1024 * 1024, /* most memory their events take */
};

#define SPY_SLOW_NS 1000000ULL /* a call that takes this long is slow */

struct spy_entry {
	struct event *event;
	char *text;       /* cells of a list's row, or a label; NULL */
	uint32_t repeats; /* calls folded into it, itself included; 0 or 1: it stands for itself */
	uint32_t bytes;
	uint64_t latency; /* of all of them; UNKNOWN_U64 */
};

struct spy_log {
	struct spy_entry *ring; /* SPY_LOG_ENTRIES */
	uint64_t head, tail;    /* entries [head, tail) */
	size_t bytes;
	uint64_t *shown; /* ring of entry numbers that pass the switches */
	uint64_t shown_head, shown_tail;
	uint64_t looked; /* entries before it were looked at for that, the others wait */
	bool failed_only, slow_only;
	bool labels;      /* texts are labels of lines, which are folded all the same */
	/* what else decides whether an entry is shown; NULL = nothing. It may take its time, so what was kept
	 * before it changed is looked at in slices, see spy_log_look(). */
	bool (*passes)(const struct spy_entry *e, void *userdata);
	void *passes_data;
	bool frozen;      /* full while frozen: new events are dropped, not old ones */
	uint64_t dropped; /* calls that are no longer kept, or never were */
	uint64_t calls;   /* calls that came in */
};

void spy_log_init(struct spy_log *log);
void spy_log_done(struct spy_log *log);

/* Takes over the event and the text of its row, which is never folded with others; NULL: no row. With
 * log->labels: a label. */
void spy_log_add(struct spy_log *log, struct event *ev, char *text);
void spy_log_clear(struct spy_log *log);
/* Chooses what is shown; line numbers start anew. */
void spy_log_switch(struct spy_log *log, bool failed_only, bool slow_only);

/* Looks at up to `most` more entries; false when none are left. */
bool spy_log_look(struct spy_log *log, size_t most);

/* The entry on a shown line; NULL outside [shown_head, shown_tail). */
const struct spy_entry *spy_log_line(const struct spy_log *log, uint64_t line);

/* An entry by its number, which must be in [head, tail). */
const struct spy_entry *spy_log_entry(const struct spy_log *log, uint64_t number);

/* Its entry number; the line must exist. */
uint64_t spy_log_entry_number(const struct spy_log *log, uint64_t line);

bool event_failed(const struct event *ev);
bool event_slow(const struct event *ev);

#endif
