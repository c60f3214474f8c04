/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numbers.c - see numbers.h. */
#include "core/numbers.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/table_acc.h"

enum { ROOM_MAX = 1 << 20 /* bytes, of all groups */, BESIDE = 64 /* values of what has no place */ };

struct numbers {
	const struct field *field;
	enum basis basis;
	size_t n_places, room;
	uint32_t *by_place;   /* number + 1; 0 = not looked at yet; made when one is */
	struct hash by_value; /* numbers, by the hashes of values */
	uint32_t n;
};

bool numbers_fit(const struct field *f)
{
	enum basis b = basis_of(f);

	return b == BASIS_PROCESS ||
	       b == BASIS_CONTAINER; /* of objects, there are about as many as records */
}

struct numbers *numbers_new(const struct field *f, const struct sample *s)
{
	struct numbers *n = xcalloc(1, sizeof(*n));

	n->field = f;
	n->basis = basis_of(f);
	n->n_places = basis_places(n->basis, s);
	n->n = NUMBER_FIRST;
	return n;
}

struct numbers *numbers_free(struct numbers *n)
{
	if (!n)
		return NULL;
	free(n->by_place);
	hash_done(&n->by_value);
	free(n);
	return NULL;
}

static uint32_t number_of_value(struct numbers *n, const struct record *r, struct arena *tmp)
{
	const struct value v = field_get(n->field, r, tmp);
	const struct hash_key key = {.a = value_hash(&v, 1)};
	void *number;

	if (v.kind == V_MISSING)
		return NUMBER_NONE;
	number = hash_get(&n->by_value, key);
	if (!number) {
		number = (void *)(uintptr_t)n->n++;
		hash_put(&n->by_value, key, number);
	}
	return (uint32_t)(uintptr_t)number;
}

uint32_t numbers_get(struct numbers *n, const struct record *r, struct arena *tmp)
{
	size_t at = basis_place(n->basis, r);

	if (at == NO_PLACE)
		return number_of_value(n, r, tmp);
	if (!n->by_place)
		n->by_place = xcalloc(n->n_places, sizeof(*n->by_place));
	if (!n->by_place[at])
		n->by_place[at] = number_of_value(n, r, tmp) + 1;
	return n->by_place[at] - 1;
}

size_t numbers_bits(const struct numbers *n)
{
	return n->n_places + BESIDE;
}

uint64_t *numbers_room(struct numbers *n, struct arena *arena)
{
	size_t bytes = (numbers_bits(n) + 63) / 64 * sizeof(uint64_t);

	if (n->room + bytes > ROOM_MAX)
		return NULL;
	n->room += bytes;
	return arena_alloc(arena, bytes);
}
