/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.c - see pool.h. */
#include "core/pool.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"

enum { BLOCK = 32 * 1024 };

#ifdef __SANITIZE_ADDRESS__ /* who uses what was put back is to be found out */
void *pool_get(struct pool *p)
{
	return xcalloc(1, p->size);
}

void pool_put(struct pool *p, void *thing)
{
	free(thing);
}

void pool_done(struct pool *p)
{
}
#else
void *pool_get(struct pool *p)
{
	void *thing = p->free;

	assert(p->size >= sizeof(void *) && p->size % sizeof(void *) == 0);
	if (thing) {
		memcpy(&p->free, thing, sizeof(p->free));
		return memset(thing, 0, p->size);
	}
	if (!p->left) {
		if (!p->arena)
			p->arena = arena_new();
		p->left = p->size < BLOCK ? BLOCK / p->size : 1;
		p->next = arena_array(p->arena, p->left, p->size);
	}
	thing = p->next;
	p->next += p->size;
	p->left--;
	return thing;
}

void pool_put(struct pool *p, void *thing)
{
	if (!thing)
		return;
	memcpy(thing, &p->free, sizeof(p->free));
	p->free = thing;
}

void pool_done(struct pool *p)
{
	p->arena = arena_free(p->arena);
	*p = (struct pool){.size = p->size};
}
#endif
