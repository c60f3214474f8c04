/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem.h - allocation that does not fail: a monitor that is out of memory has
 * nothing left to say but one line (exit status 1).
 */
#ifndef CTOP_CORE_MEM_H
#define CTOP_CORE_MEM_H

#include <stddef.h>
#include <stdlib.h>

/* Said to the compiler and to make lint: there is no NULL to check for. */
#define NEVER_NULL __attribute__((returns_nonnull))

/* The caller frees all of them with free(). Sizes may be 0. */
NEVER_NULL void *xmalloc(size_t size);
NEVER_NULL void *xcalloc(size_t n, size_t size); /* zeroed; overflow-checked, as xreallocarray() is */
NEVER_NULL void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
NEVER_NULL char *xstrndup(const char *s, size_t n);
NEVER_NULL char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void mem_fatal(size_t size);

/* Room for n elements: what is known to come need not be moved on the way. */
#define VEC_RESERVE(items, cap, n)                                                                           \
	((n) > (cap) ? (void)((cap) = (n), (items) = xreallocarray((items), (cap), sizeof(*(items))))        \
		     : (void)0)

/* Grows a vector so that one more element fits: VEC_PUSH(v->items, v->n, v->cap) = x; */
#define VEC_PUSH(items, n, cap)                                                                              \
	(*(((n) == (cap) ? ((cap) = (cap) ? (cap)*2 : 16,                                                    \
			    (items) = xreallocarray((items), (cap), sizeof(*(items))))                       \
			 : (void *)0),                                                                       \
	   &(items)[(n)++]))

#endif
