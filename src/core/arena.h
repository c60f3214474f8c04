/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.h - memory that is freed as a whole: one arena per sample.
 * Allocation never fails: out of memory ends the program with one line.
 */
#ifndef CTOP_CORE_ARENA_H
#define CTOP_CORE_ARENA_H

#include <stdbool.h>

#include "core/mem.h"

struct arena;

NEVER_NULL struct arena *arena_new(void);
struct arena *arena_free(struct arena *a); /* NULL is fine; returns NULL */
void arena_reset(struct arena *a); /* forgets all that was allocated, keeps one block for what comes */

bool arena_has(const struct arena *a, const void *p); /* whether it handed out the memory that p points to */

/* Zeroed memory, aligned to 16. size may be 0. */
NEVER_NULL void *arena_alloc(struct arena *a, size_t size);
NEVER_NULL void *arena_array(struct arena *a, size_t n, size_t size); /* overflow-checked */
char *arena_strdup(struct arena *a, const char *s);                   /* NULL gives NULL */
NEVER_NULL char *arena_strndup(struct arena *a, const char *s, size_t n);
NEVER_NULL char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
