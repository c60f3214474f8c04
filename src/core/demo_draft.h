/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_draft.h - a spy event of the synthetic machine while it grows: begun, filled, finished.
 * Private to demo_spy.c and demo_lists.c.
 */
#ifndef CTOP_CORE_DEMO_DRAFT_H
#define CTOP_CORE_DEMO_DRAFT_H

#include "core/buf.h"
#include "core/demo.h"
#include "core/event.h"

#define HEAP_ADDRESS  0x5581c0a41000ULL
#define STACK_ADDRESS 0x7ffd4be01000ULL

/* Offsets into tail become pointers at the end. */
struct draft {
	struct event ev;
	struct buf tail;
	size_t blob_at[WIRE_BLOBS_MAX];
	size_t name_at[3]; /* SIZE_MAX = none */
	uint32_t snaplen;
};

/* Begins an event of the process's first thread. */
void draft_begin(struct draft *dr, struct demo *d, const struct demo_proc *p, uint16_t nr, uint64_t time);
/* Memory of an argument. */
void draft_blob(struct draft *dr, int arg, int part, uint64_t addr, const void *data, size_t len,
		uint64_t full);
void draft_string(struct draft *dr, int arg, const char *s);
/* What a descriptor points to: 0 the first, 1 the second, 2 the one that was returned. */
void draft_fd(struct draft *dr, int which, const struct demo_obj *o);
/* Arguments, memory and result of what the process does all the time, on the object; it moves `bytes`. */
void draft_call(struct draft *dr, struct demo *d, struct demo_proc *p, const struct demo_act *a,
		struct demo_obj *o, uint64_t bytes);
/* The event, the caller's: event_free(). The draft is empty again. */
struct event *draft_finish(struct draft *dr);

/* Whether the spy's selection has the process. */
bool demo_selected(const struct demo *d, const struct demo_proc *p);

/* An event of those that lists show and that nothing else of the demo does; NULL when the selection has none.
 */
struct event *demo_list_event(struct demo *d, uint64_t time);

#endif
