/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seen.h - sets for one query: which (group, thing) pairs were counted already. A pair is kept as 64 bits
 * that are mixed from it, so that the sets of a large machine stay near: of a million pairs, two are taken
 * for one with a chance of 3e-8.
 */
#ifndef CTOP_CORE_SEEN_H
#define CTOP_CORE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mem.h"

struct seen {
	uint64_t *slots; /* 0 = free */
	size_t n, size;
};

static inline uint64_t seen_mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
	return x ^ (x >> 32);
}

static inline uint64_t *seen_find(const struct seen *s, uint64_t id)
{
	size_t i = (size_t)id & (s->size - 1);

	while (s->slots[i] && s->slots[i] != id)
		i = (i + 1) & (s->size - 1);
	return &s->slots[i];
}

static inline void seen_grow(struct seen *s)
{
	struct seen old = *s;

	s->size = old.size ? old.size * 4 : 1024;
	s->slots = xcalloc(s->size, sizeof(*s->slots));
	for (size_t i = 0; i < old.size; i++) {
		if (old.slots[i])
			*seen_find(s, old.slots[i]) = old.slots[i];
	}
	free(old.slots);
}

/* What a pair is kept as. */
static inline uint64_t seen_id(uint64_t a, uint32_t b)
{
	return seen_mix(a + b * 0x9e3779b97f4a7c15ULL) | 1;
}

/* Asks for the memory that seen_first_id() will look at. */
static inline void seen_fetch(const struct seen *s, uint64_t id)
{
	if (s->size)
		__builtin_prefetch(&s->slots[id & (s->size - 1)]);
}

static inline bool seen_first_id(struct seen *s, uint64_t id)
{
	uint64_t *slot;

	if (s->n * 2 >= s->size)
		seen_grow(s);
	slot = seen_find(s, id);
	if (*slot)
		return false;
	*slot = id;
	s->n++;
	return true;
}

/* True the first time that a pair comes. */
static inline bool seen_first(struct seen *s, uint64_t a, uint32_t b)
{
	return seen_first_id(s, seen_id(a, b));
}

#endif
