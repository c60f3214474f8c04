/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/hash.h"

#include <assert.h>
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

struct hash_slot {
	struct hash_key key;
	void *value; /* NULL = free */
};

/* With key_of a slot is a pointer, which has 48 bits, and 16 bits of the hash: then few others are looked at.
 */
enum { ADDRESS_BITS = 48 };
#define ADDRESS ((1ULL << ADDRESS_BITS) - 1)

static uint64_t hash_of(struct hash_key key)
{
	return mix(key.a + mix(key.b ^ 0x9e3779b97f4a7c15ULL));
}

static void *value_at(const struct hash *h, size_t i)
{
	if (h->key_of)
		return (void *)(uintptr_t)(((const uint64_t *)h->slots)[i] & ADDRESS);
	return ((const struct hash_slot *)h->slots)[i].value;
}

static struct hash_key key_at(const struct hash *h, size_t i)
{
	return h->key_of ? h->key_of(value_at(h, i)) : ((const struct hash_slot *)h->slots)[i].key;
}

static void set(struct hash *h, size_t i, struct hash_key key, void *value)
{
	if (!h->key_of)
		((struct hash_slot *)h->slots)[i] = (struct hash_slot){key, value};
	else
		((uint64_t *)h->slots)[i] =
			value ? (uint64_t)(uintptr_t)value | (hash_of(key) & ~ADDRESS) : 0;
}

static void move(struct hash *h, size_t to, size_t from)
{
	if (h->key_of)
		((uint64_t *)h->slots)[to] = ((const uint64_t *)h->slots)[from];
	else
		((struct hash_slot *)h->slots)[to] = ((const struct hash_slot *)h->slots)[from];
}

static void *slots_new(const struct hash *h, size_t cap)
{
	return xcalloc(cap, h->key_of ? sizeof(uint64_t) : sizeof(struct hash_slot));
}

static bool is_key(const struct hash *h, size_t i, struct hash_key key, uint64_t hash)
{
	struct hash_key at;

	if (h->key_of && (((const uint64_t *)h->slots)[i] ^ hash) >> ADDRESS_BITS)
		return false;
	at = key_at(h, i);
	return at.a == key.a && at.b == key.b;
}

/* Where the key is, or would be. */
static size_t find(const struct hash *h, struct hash_key key)
{
	uint64_t hash = hash_of(key);
	size_t i = hash & (h->cap - 1);

	while (value_at(h, i) && !is_key(h, i, key, hash))
		i = (i + 1) & (h->cap - 1);
	return i;
}

/* The key is not there. */
static void add(struct hash *h, struct hash_key key, void *value)
{
	size_t i = hash_of(key) & (h->cap - 1);

	while (value_at(h, i))
		i = (i + 1) & (h->cap - 1);
	set(h, i, key, value);
}

static void resize(struct hash *h, size_t cap)
{
	struct hash old = *h;

	h->slots = slots_new(h, cap);
	h->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (value_at(&old, i))
			add(h, key_at(&old, i), value_at(&old, i));
	free(old.slots);
}

void hash_done(struct hash *h)
{
	free(h->slots);
	*h = (struct hash){.key_of = h->key_of};
}

void hash_clear(struct hash *h)
{
	if (h->n && h->n < h->cap / 16)
		hash_done(h);
	else if (h->n)
		memset(h->slots, 0, h->cap * (h->key_of ? sizeof(uint64_t) : sizeof(struct hash_slot)));
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
	return h->n ? value_at(h, find(h, key)) : NULL;
}

void *hash_put(struct hash *h, struct hash_key key, void *value)
{
	size_t i;
	void *old;

	assert(!h->key_of || !((uintptr_t)value & ~ADDRESS));
	if (h->n >= h->cap / 4 * 3) /* probes are still short */
		resize(h, h->cap ? h->cap * 2 : HASH_MIN);
	i = find(h, key);
	old = value_at(h, i);
	h->n += !old;
	set(h, i, key, value);
	return old;
}

void *hash_remove(struct hash *h, struct hash_key key)
{
	size_t mask = h->cap - 1, hole, i;
	void *value;

	if (!h->n)
		return NULL;
	hole = find(h, key);
	value = value_at(h, hole);
	if (!value)
		return NULL;
	/* no tombstones: entries behind the hole move up when their home allows it */
	for (i = (hole + 1) & mask; value_at(h, i); i = (i + 1) & mask) {
		size_t at = hash_of(key_at(h, i)) & mask;

		if (((i - at) & mask) >= ((i - hole) & mask)) {
			move(h, hole, i);
			hole = i;
		}
	}
	set(h, hole, (struct hash_key){0}, NULL);
	h->n--;
	return value;
}

void *hash_next(const struct hash *h, size_t *pos)
{
	while (*pos < h->cap) {
		void *value = value_at(h, (*pos)++);

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
		void *value = value_at(h, i);

		if (!value)
			continue;
		if (keep(value, userdata)) {
			kept++;
		} else {
			set(h, i, (struct hash_key){0},
			    NULL); /* breaks probe chains until the rebuild below */
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
