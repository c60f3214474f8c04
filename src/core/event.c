/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.c - the parts of a spy event. */
#include "core/event.h"

#include <stdlib.h>

#include "core/syscall.h"

void event_free(struct event *ev)
{
	free(ev);
}

void event_clock_tick(struct event_clock *c, struct event *ev)
{
	if (!c->first)
		c->first = c->last = ev->time;
	/* CPUs hand in their events a little out of order */
	ev->since_start = ev->time > c->first ? ev->time - c->first : 0;
	ev->since_last = ev->time > c->last ? ev->time - c->last : 0;
	c->last = ev->time;
}

const struct event_blob *event_blob(const struct event *ev, int arg, int part)
{
	for (int i = 0; i < ev->n_blobs && i < WIRE_BLOBS_MAX; i++) {
		if (ev->blobs[i].arg == arg && ev->blobs[i].part == part)
			return &ev->blobs[i];
	}
	return NULL;
}

const void *event_payload(const struct event *ev, size_t *ret_len, uint64_t *ret_full, bool *ret_write)
{
	const struct syscall *sc = syscall_get(ev->nr);

	if (!sc || ev->in_progress || ev->ret <= 0)
		return NULL;
	for (int i = 0; i < sc->nargs; i++) {
		const struct arg_copy *how = &arg_copies[sc->args[i].kind];
		bool plain = how->op == COPY_LEN_ARG || how->op == COPY_LEN_RET;
		const struct event_blob *blob = event_blob(ev, i, plain ? 0 : 1);
		uint64_t moved;

		if (!(how->traits & ARG_PAY))
			continue;
		if (!blob || blob->fault || !blob->len)
			return NULL;
		/* a short write moves less than was offered; recvmmsg returns messages */
		moved = sc->desc.flags & CALL_MMSG ? blob->full : (uint64_t)ev->ret;
		*ret_len = blob->len < moved ? blob->len : (size_t)moved;
		*ret_full = moved;
		*ret_write = !(how->traits & ARG_OUT);
		return blob->data;
	}
	return NULL;
}
