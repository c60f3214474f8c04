/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool.h - many structs of one size that live on from interval to interval: side by side, in the order in
 * which they are asked for, and not between what comes and goes. What is put back is handed out again; the
 * pool never becomes smaller. `struct pool p = {.size = sizeof(struct thing)};` is a valid empty pool.
 */
#ifndef CTOP_CORE_POOL_H
#define CTOP_CORE_POOL_H

#include "core/mem.h"

struct arena;

struct pool {
	size_t size; /* of one, a multiple of 8 */
	struct arena *arena;
	void *free; /* a list */
	char *next; /* of the newest block */
	size_t left;
};

NEVER_NULL void *pool_get(struct pool *p);  /* zeroed */
void pool_put(struct pool *p, void *thing); /* NULL is fine */
void pool_done(struct pool *p);             /* all that was not put back goes, too */

#endif
