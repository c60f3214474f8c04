/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numbers.h - the different values of a field, numbered: a thing's value (basis.h) is looked at once, however
 * many records it has, and what a group has seen of them is a bit each. Private to table*.c.
 */
#ifndef CTOP_CORE_NUMBERS_H
#define CTOP_CORE_NUMBERS_H

#include "core/arena.h"
#include "core/basis.h"

struct numbers;

/* Whether values of the field can be numbered. */
bool numbers_fit(const struct field *f);
struct numbers *numbers_new(const struct field *f, const struct sample *s);
struct numbers *numbers_free(struct numbers *n);

enum { NUMBER_NONE /* no value */, NUMBER_FIRST };
uint32_t numbers_get(struct numbers *n, const struct record *r, struct arena *tmp);

/*
 * Room for what one group has seen, NULL when so many have some that another way is better. A number that is
 * not below numbers_bits() has none there.
 */
uint64_t *numbers_room(struct numbers *n, struct arena *arena);
size_t numbers_bits(const struct numbers *n);

static inline bool numbers_see(uint64_t *seen, uint32_t number)
{
	uint64_t bit = 1ULL << (number & 63);
	bool first = !(seen[number >> 6] & bit);

	seen[number >> 6] |= bit;
	return first;
}

#endif
