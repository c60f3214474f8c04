/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/path.h"

#include <stdbool.h>
#include <string.h>

static size_t add(char *to, size_t n, const char *from, size_t len)
{
	while (len) {
		const char *slash = memchr(from, '/', len);
		size_t m = slash ? (size_t)(slash - from) : len;

		if (m == 2 && from[0] == '.' && from[1] == '.') {
			while (n && to[n - 1] != '/')
				n--;
			n -= n > 0;
		} else if (m && !(m == 1 && *from == '.')) {
			to[n++] = '/';
			memcpy(to + n, from, m);
			n += m;
		}
		from += m + (slash != NULL);
		len -= m + (slash != NULL);
	}
	return n;
}

char *path_normal(struct arena *arena, const char *base, const char *path, size_t len)
{
	char *to = arena_alloc(arena, strlen(base) + len + 4);
	size_t n = add(to, add(to, 0, base, strlen(base)), path, len);

	if (!n)
		to[n++] = '/';
	to[n] = '\0';
	return to;
}
