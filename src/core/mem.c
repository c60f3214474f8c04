/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void mem_fatal(size_t size)
{
	fprintf(stderr, "ctop-trace: out of memory (%zu bytes asked for)\n", size);
	exit(1);
}

static void *check(void *p, size_t size)
{
	if (!p)
		mem_fatal(size);
	return p;
}

void *xmalloc(size_t size)
{
	return check(malloc(size ? size : 1), size);
}

void *xcalloc(size_t n, size_t size)
{
	return check(calloc(n ? n : 1, size ? size : 1), n * size);
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	return check(reallocarray(p, n ? n : 1, size ? size : 1), n * size);
}

char *xstrdup(const char *s)
{
	return s ? check(strdup(s), strlen(s) + 1) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	return check(strndup(s, n), n + 1);
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return check(text, strlen(fmt));
}
