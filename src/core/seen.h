/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seen.h - sets for one query: which (group, thing) pairs were counted already.
 */
#ifndef CTOP_CORE_SEEN_H
#define CTOP_CORE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mem.h"

struct seen_slot {
	uint64_t a; /* 0 = free */
	uint32_t b;
};

struct seen {
	struct seen_slot *slots;
	size_t n, size;
};

static inline uint64_t seen_mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
	return x ^ (x >> 32);
}

static inline struct seen_slot *seen_find(const struct seen *s, uint64_t a, uint32_t b)
{
	size_t i = (size_t)seen_mix(a + b * 0x9e3779b97f4a7c15ULL) & (s->size - 1);

	while (s->slots[i].a && (s->slots[i].a != a || s->slots[i].b != b))
		i = (i + 1) & (s->size - 1);
	return &s->slots[i];
}

static inline void seen_grow(struct seen *s)
{
	struct seen old = *s;

	s->size = old.size ? old.size * 4 : 1024;
	s->slots = xcalloc(s->size, sizeof(*s->slots));
	for (size_t i = 0; i < old.size; i++) {
		if (old.slots[i].a)
			*seen_find(s, old.slots[i].a, old.slots[i].b) = old.slots[i];
	}
	free(old.slots);
}

/* True the first time that a pair comes; a is not 0. */
static inline bool seen_first(struct seen *s, uint64_t a, uint32_t b)
{
	struct seen_slot *slot;

	if (s->n * 2 >= s->size)
		seen_grow(s);
	slot = seen_find(s, a, b);
	if (slot->a)
		return false;
	slot->a = a;
	slot->b = b;
	s->n++;
	return true;
}

#endif
