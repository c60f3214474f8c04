/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quote.c - bytes of a watched program as C strings, the way strace writes them. */
#include "core/decode_impl.h"

#include <stdbool.h>

/* Code points that print nothing, reorder text or are no characters at all. */
static bool harmful(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x80, 0x9f},       {0xad, 0xad},        {0x34f, 0x34f},   {0x61c, 0x61c},
		{0x115f, 0x1160},   {0x17b4, 0x17b5},    {0x180b, 0x180f}, {0x200b, 0x200f},
		{0x2028, 0x202e},   {0x2060, 0x206f},    {0x3164, 0x3164}, {0xd800, 0xf8ff},
		{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},    {0xfff0, 0xffff}, {0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

size_t utf8_printable(const unsigned char *p, size_t len)
{
	uint32_t c, least;
	size_t n;

	if (!len)
		return 0;
	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] < 0x7f;
	if (p[0] >= 0xc2 && p[0] < 0xe0)
		n = 2, least = 0x80, c = p[0] & 0x1f;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		n = 3, least = 0x800, c = p[0] & 0x0f;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		n = 4, least = 0x10000, c = p[0] & 0x07;
	else
		return 0;
	if (len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < least || harmful(c) ? 0 : n;
}

static void octal(struct buf *out, unsigned char c, bool digit_follows)
{
	buf_addf(out, digit_follows ? "\\%03o" : "\\%o", c);
}

void quote_bytes(struct buf *out, const void *data, size_t len, enum quote_style style, const char *special)
{
	static const char short_escapes[] = "\tt\nn\vv\ff\rr";
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++) {
		bool digit_follows = i + 1 < len && p[i + 1] >= '0' && p[i + 1] <= '9';
		size_t n = style == QUOTE_NAME ? utf8_printable(p + i, len - i) : 0;
		const char *e = p[i] ? strchr(short_escapes, p[i]) : NULL;

		if (style == QUOTE_HEX) {
			buf_addf(out, "\\x%02x", p[i]);
		} else if (n > 1) {
			buf_add(out, p + i, n);
			i += n - 1;
		} else if (p[i] < 0x20 && e && e[1]) {
			buf_addf(out, "\\%c", e[1]);
		} else if (p[i] == '"' || p[i] == '\\') {
			buf_addf(out, "\\%c", p[i]);
		} else if (p[i] >= 0x20 && p[i] < 0x7f && !(special && strchr(special, p[i]))) {
			buf_addc(out, (char)p[i]);
		} else {
			octal(out, p[i], digit_follows);
		}
	}
}

void quote_string(struct buf *out, const void *data, size_t len, enum quote_style style, bool more)
{
	buf_addc(out, '"');
	quote_bytes(out, data, len, style, NULL);
	buf_adds(out, more ? "\"..." : "\"");
}
