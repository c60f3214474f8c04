/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/hash.h"

#include <string.h>

#include "core/mem.h"

enum { HASH_MIN = 16 };

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return x ^ x >> 32;
}

static size_t home(const struct hash *h, struct hash_key key)
{
	return mix(key.a + mix(key.b ^ 0x9e3779b97f4a7c15ULL)) & (h->cap - 1);
}

static struct hash_slot *find(const struct hash *h, struct hash_key key)
{
	size_t i = home(h, key);

	while (h->slots[i].value && (h->slots[i].key.a != key.a || h->slots[i].key.b != key.b))
		i = (i + 1) & (h->cap - 1);
	return &h->slots[i];
}

static void resize(struct hash *h, size_t cap)
{
	struct hash old = *h;

	h->slots = xcalloc(cap, sizeof(*h->slots));
	h->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].value)
			*find(h, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

void hash_done(struct hash *h)
{
	free(h->slots);
	*h = (struct hash){0};
}

void hash_clear(struct hash *h)
{
	if (h->n && h->n < h->cap / 16)
		hash_done(h);
	else if (h->n)
		memset(h->slots, 0, h->cap * sizeof(*h->slots));
	h->n = 0;
}

void hash_reserve(struct hash *h, size_t n)
{
	size_t cap = h->cap ? h->cap : HASH_MIN;

	while (cap / 4 * 3 <= n)
		cap *= 2;
	if (cap > h->cap)
		resize(h, cap);
}

void *hash_get(const struct hash *h, struct hash_key key)
{
	return h->n ? find(h, key)->value : NULL;
}

void *hash_put(struct hash *h, struct hash_key key, void *value)
{
	struct hash_slot *slot;
	void *old;

	if (h->n >= h->cap / 4 * 3) /* probes are still short */
		resize(h, h->cap ? h->cap * 2 : HASH_MIN);
	slot = find(h, key);
	old = slot->value;
	h->n += !old;
	*slot = (struct hash_slot){key, value};
	return old;
}

void *hash_remove(struct hash *h, struct hash_key key)
{
	size_t mask = h->cap - 1, hole, i;
	struct hash_slot *slot;
	void *value;

	if (!h->n)
		return NULL;
	slot = find(h, key);
	value = slot->value;
	if (!value)
		return NULL;
	/* no tombstones: entries behind the hole move up when their home allows it */
	hole = (size_t)(slot - h->slots);
	for (i = (hole + 1) & mask; h->slots[i].value; i = (i + 1) & mask) {
		size_t at = home(h, h->slots[i].key);

		if (((i - at) & mask) >= ((i - hole) & mask)) {
			h->slots[hole] = h->slots[i];
			hole = i;
		}
	}
	h->slots[hole] = (struct hash_slot){0};
	h->n--;
	return value;
}

void *hash_next(const struct hash *h, size_t *pos)
{
	while (*pos < h->cap) {
		void *value = h->slots[(*pos)++].value;

		if (value)
			return value;
	}
	return NULL;
}

void hash_sweep(struct hash *h, bool (*keep)(void *value, void *userdata), void *userdata)
{
	size_t kept = 0, cap = HASH_MIN;
	bool dropped = false;

	for (size_t i = 0; i < h->cap; i++) {
		if (!h->slots[i].value)
			continue;
		if (keep(h->slots[i].value, userdata)) {
			kept++;
		} else {
			h->slots[i].value = NULL; /* breaks probe chains until the rebuild below */
			dropped = true;
		}
	}
	if (!dropped)
		return;
	h->n = kept;
	while (cap / 4 * 3 <= kept)
		cap *= 2;
	if (cap < h->cap / 4) /* far too large now */
		resize(h, cap);
	else
		resize(h, h->cap);
}

struct hash_key hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t a = 0xcbf29ce484222325ULL, b = 0x84222325cbf29ce4ULL ^ len;

	for (size_t i = 0; i < len; i++) {
		a = (a ^ p[i]) * 0x100000001b3ULL;
		b = (b + p[i]) * 0x9fb21c651e98df25ULL;
		b ^= b >> 29;
	}
	return (struct hash_key){mix(a), mix(b)};
}
