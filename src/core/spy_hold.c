/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/spy_hold.h"

#include <malloc.h>

#include "core/hash.h"
#include "core/mem.h"

struct spy_hold {
	struct event **waiting; /* oldest first */
	size_t n, cap, bytes;
	uint64_t lost;
	uint64_t before; /* end of the last sample */
	/*
	 * Cgroups that stayed unknown although a sample had the chance: used by several containers, say. What
	 * else is known of their events decides, at once.
	 */
	struct hash mute;
};

struct spy_hold *spy_hold_new(void)
{
	return xcalloc(1, sizeof(struct spy_hold));
}

struct spy_hold *spy_hold_free(struct spy_hold *h)
{
	if (!h)
		return NULL;
	for (size_t i = 0; i < h->n; i++)
		event_free(h->waiting[i]);
	free(h->waiting);
	hash_done(&h->mute);
	free(h);
	return NULL;
}

/* Cgroups of the event that the sample does not know and that may still become known. */
static bool unknown(const struct spy_hold *h, const struct record_index *idx, const struct event *ev)
{
	uint64_t ids[2];
	size_t n = record_index_unknown(idx, ev, ids);

	for (size_t i = 0; i < n; i++)
		if (!hash_get(&h->mute, (struct hash_key){ids[i], 0}))
			return true;
	return false;
}

bool spy_hold_take(struct spy_hold *h, const struct record_index *idx, struct event *ev)
{
	size_t bytes;

	if (!unknown(h, idx, ev))
		return false;
	bytes = malloc_usable_size(ev);
	if (h->n == SPY_HOLD_EVENTS || h->bytes + bytes > SPY_HOLD_BYTES) {
		h->lost++;
		event_free(ev);
		return true;
	}
	VEC_PUSH(h->waiting, h->n, h->cap) = ev;
	h->bytes += bytes;
	return true;
}

static void mute(struct spy_hold *h, const struct record_index *idx, const struct event *ev)
{
	uint64_t ids[2];
	size_t n = record_index_unknown(idx, ev, ids);

	if (h->mute.n + n > SPY_HOLD_MUTE)
		hash_clear(&h->mute);
	for (size_t i = 0; i < n; i++)
		hash_put(&h->mute, (struct hash_key){ids[i], 0}, h);
}

void spy_hold_release(struct spy_hold *h, const struct record_index *idx, uint64_t time, bool all,
		      source_event_fn fn, void *userdata)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->n; i++) {
		struct event *ev = h->waiting[i];
		bool told = !unknown(h, idx, ev);

		if (!told && !all && ev->time > h->before) {
			h->waiting[kept++] = ev;
			continue;
		}
		if (!told)
			mute(h, idx, ev);
		h->bytes -= malloc_usable_size(ev);
		fn(ev, userdata);
	}
	h->n = kept;
	h->before = time;
}

size_t spy_hold_waiting(const struct spy_hold *h)
{
	return h->n;
}

uint64_t spy_hold_lost(const struct spy_hold *h)
{
	return h->lost;
}
