/* SPDX-License-Identifier: GPL-2.0-or-later */
/* safe_text.h - aborts when text that is meant for a terminal could do something to it. */
#ifndef CTOP_TESTS_SAFE_TEXT_H
#define CTOP_TESTS_SAFE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* The code point at s, of len bytes that are left; its length goes to *ret_len, 0 if it is not UTF-8. */
static inline unsigned safe_text_decode(const unsigned char *s, size_t len, size_t *ret_len)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	unsigned cp = n == 1 ? s[0] : s[0] & (0x7f >> n);

	*ret_len = 0;
	if (!n || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	*ret_len = n;
	return cp;
}

/* UTF-8 without control characters (newlines where allowed), direction overrides and line separators. */
static inline void safe_text_check(const struct buf *b, bool ascii, bool newlines)
{
	const unsigned char *s = (const unsigned char *)b->data;

	for (size_t i = 0, n; i < b->len; i += n) {
		unsigned cp = safe_text_decode(s + i, b->len - i, &n);

		bool control =
			(cp < 0x20 && !(newlines && (cp == '\n' || cp == '\t'))) || (cp >= 0x7f && cp < 0xa0);
		bool turns = (cp >= 0x200e && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
			     (cp >= 0x2066 && cp <= 0x2069);

		if (n && !control && !turns && !(ascii && cp > 0x7e))
			continue;
		fprintf(stderr, "unsafe: U+%04X, %zu bytes, at %zu of\n", cp, n, i);
		for (size_t j = 0; j < b->len; j++)
			fprintf(stderr, s[j] >= 0x20 && s[j] < 0x7f ? "%c" : "<%02x>", s[j]);
		abort();
	}
}

#endif
