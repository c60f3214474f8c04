/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_log.c - see spy_log.h. */
#include "ui/spy_log.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/sample.h"

enum { MASK = SPY_LOG_ENTRIES - 1 };

void spy_log_init(struct spy_log *log)
{
	*log = (struct spy_log){0};
	log->ring = xcalloc(SPY_LOG_ENTRIES, sizeof(*log->ring));
	log->shown = xcalloc(SPY_LOG_ENTRIES, sizeof(*log->shown));
}

void spy_log_done(struct spy_log *log)
{
	if (log->ring)
		spy_log_clear(log);
	free(log->ring);
	free(log->shown);
	*log = (struct spy_log){0};
}

bool event_failed(const struct event *ev)
{
	return !ev->in_progress && ev->ret < 0 && ev->ret >= -4095;
}

bool event_slow(const struct event *ev)
{
	return ev->latency != UNKNOWN_U64 && ev->latency >= SPY_SLOW_NS;
}

static struct spy_entry *entry(const struct spy_log *log, uint64_t n)
{
	return &log->ring[n & MASK];
}

static void drop_oldest(struct spy_log *log)
{
	struct spy_entry *e = entry(log, log->head);

	if (log->shown_head < log->shown_tail && log->shown[log->shown_head & MASK] == log->head)
		log->shown_head++;
	log->dropped += e->repeats ? e->repeats : 1;
	log->bytes -= e->bytes;
	event_free(e->event);
	free(e->text);
	*e = (struct spy_entry){0};
	log->head++;
	if (log->looked < log->head)
		log->looked = log->head;
}

/* Two calls whose lines would read the same. */
static bool same_call(const struct event *a, const struct event *b)
{
	if (a->tid != b->tid || a->nr != b->nr || a->ret != b->ret || a->in_progress || b->in_progress ||
	    a->n_blobs != b->n_blobs || memcmp(a->args, b->args, sizeof(a->args)) != 0)
		return false;
	for (int i = 0; i < a->n_blobs; i++) {
		const struct event_blob *x = &a->blobs[i], *y = &b->blobs[i];

		if (x->len != y->len || x->fault != y->fault ||
		    (x->len && memcmp(x->data, y->data, x->len) != 0))
			return false;
	}
	return true;
}

/* The first of a run stands as it is, the second opens an entry that the rest are folded into. */
static bool fold(struct spy_log *log, const struct event *ev)
{
	struct spy_entry *last, *first;

	if (log->tail - log->head < 2 || event_slow(ev))
		return false;
	last = entry(log, log->tail - 1);
	first = entry(log, log->tail - 2);
	if (event_slow(last->event) || !same_call(last->event, ev) || !same_call(first->event, ev))
		return false;
	last->repeats = (last->repeats ? last->repeats : 1) + 1;
	if (last->latency != UNKNOWN_U64 && ev->latency != UNKNOWN_U64)
		last->latency += ev->latency;
	return true;
}

static bool passes(const struct spy_log *log, const struct spy_entry *e)
{
	return (!log->failed_only || event_failed(e->event)) && (!log->slow_only || event_slow(e->event)) &&
	       (!log->passes || log->passes(e, log->passes_data));
}

bool spy_log_look(struct spy_log *log, size_t most)
{
	for (; most && log->looked < log->tail; most--, log->looked++)
		if (passes(log, entry(log, log->looked)))
			log->shown[log->shown_tail++ & MASK] = log->looked;
	return log->looked < log->tail;
}

void spy_log_add(struct spy_log *log, struct event *ev, char *text)
{
	size_t bytes = malloc_usable_size(ev) + (text ? malloc_usable_size(text) : 0);

	log->calls++;
	if ((!text || log->labels) && fold(log, ev)) {
		event_free(ev);
		free(text);
		return;
	}
	while (log->tail - log->head == SPY_LOG_ENTRIES ||
	       (log->bytes + bytes > SPY_LOG_BYTES && log->tail > log->head)) {
		if (log->frozen) {
			log->dropped++;
			event_free(ev);
			free(text);
			return;
		}
		drop_oldest(log);
	}
	*entry(log, log->tail) = (struct spy_entry){
		.event = ev, .text = text, .bytes = (uint32_t)bytes, .latency = ev->latency};
	log->bytes += bytes;
	log->tail++;
	if (log->looked + 1 == log->tail) /* else it waits for its turn */
		spy_log_look(log, 1);
}

void spy_log_clear(struct spy_log *log)
{
	while (log->head < log->tail)
		drop_oldest(log);
	log->shown_head = log->shown_tail;
	log->dropped = log->calls = 0;
}

void spy_log_switch(struct spy_log *log, bool failed_only, bool slow_only)
{
	log->failed_only = failed_only;
	log->slow_only = slow_only;
	log->shown_head = log->shown_tail = 0;
	log->looked = log->head;
	if (!log->passes) /* that is quick */
		spy_log_look(log, SIZE_MAX);
}

const struct spy_entry *spy_log_line(const struct spy_log *log, uint64_t line)
{
	if (line < log->shown_head || line >= log->shown_tail)
		return NULL;
	return entry(log, log->shown[line & MASK]);
}

const struct spy_entry *spy_log_entry(const struct spy_log *log, uint64_t number)
{
	return entry(log, number);
}

uint64_t spy_log_entry_number(const struct spy_log *log, uint64_t line)
{
	return log->shown[line & MASK];
}
