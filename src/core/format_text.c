/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format_text.c - text that came from elsewhere: made safe, measured, cut.
 */
#include <string.h>
#include <wchar.h>

#include "core/format.h"

/* Decodes one UTF-8 character. Returns its bytes, 0 if invalid (overlong, surrogate, beyond U+10FFFF, cut).
 */
static size_t decode(const unsigned char *s, size_t len, uint32_t *ret)
{
	static const uint32_t min[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80             ? 1
		   : (s[0] & 0xe0) == 0xc0 ? 2
		   : (s[0] & 0xf0) == 0xe0 ? 3
		   : (s[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t c = n == 1 ? s[0] : n ? s[0] & (0xffu >> (n + 1)) : 0;

	if (!n || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < min[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return n;
}

/* Characters that change the text around them or cannot be seen. */
static bool is_unsafe(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0x00, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},
		{0x61c, 0x61c},      {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},
		{0x200b, 0x200f},    {0x2028, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},
		{0xd800, 0xf8ff},    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
		{0xfff0, 0xfffb},    {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
		{0xe0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c <= ranges[i].to)
			return c >= ranges[i].from;
	}
	return false;
}

size_t format_printable(const void *text, size_t len)
{
	uint32_t c;
	size_t n = len ? decode(text, len, &c) : 0;

	return n && !is_unsafe(c) ? n : 0;
}

void format_safe(struct buf *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + len;

	while (s < end) {
		const unsigned char *start = s;
		uint32_t c;
		size_t n;

		while (s < end && *s >= 0x20 && *s < 0x7f) /* the usual case at once */
			s++;
		buf_add(out, start, (size_t)(s - start));
		if (s == end)
			break;
		n = decode(s, (size_t)(end - s), &c);
		if (!n || c < 0x80) {
			buf_addf(out, "\\x%02x", *s);
			n = 1;
		} else if (is_unsafe(c)) {
			buf_addf(out, "\\u{%04x}", c);
		} else {
			buf_add(out, s, n);
		}
		s += n;
	}
}

static const struct range {
	uint32_t from, to;
} wide[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},
	{0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},
	{0x2693, 0x2693},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},
	{0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
	{0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
	{0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
	{0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},
	{0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
	{0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
	{0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
	{0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393},
	{0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e},
	{0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567},
	{0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5},
	{0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df}, {0x1f6eb, 0x1f6ec},
	{0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f7f0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945},
	{0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static bool in_ranges(uint32_t c, const struct range *ranges, size_t n)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = (low + n) / 2;

		if (c > ranges[mid].to)
			low = mid + 1;
		else if (c < ranges[mid].from)
			n = mid;
		else
			return true;
	}
	return false;
}

/* Cells of a character that format_safe() let through, whatever the locale is. */
static size_t char_width(uint32_t c)
{
	int w;

	if (c < 0x300)
		return 1;
	if (in_ranges(c, wide, sizeof(wide) / sizeof(wide[0])))
		return 2;
	w = wcwidth((wchar_t)c); /* knows the combining marks, in a UTF-8 locale */
	return w >= 0 ? (size_t)w : 1;
}

size_t format_fit(const char *s, size_t cells, size_t *ret_cells)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + strlen(s);
	size_t used = 0;

	while (p < end) {
		uint32_t c;
		size_t n = decode(p, (size_t)(end - p), &c);
		size_t w = n ? char_width(c) : 1;

		if (used + w > cells)
			break;
		used += w;
		p += n ? n : 1;
	}
	if (ret_cells)
		*ret_cells = used;
	return (size_t)(p - (const unsigned char *)s);
}

size_t format_width(const char *s)
{
	size_t cells;

	format_fit(s, SIZE_MAX, &cells);
	return cells;
}

/* Start of the longest tail that fits. */
static const char *fit_tail(const char *s, size_t cells)
{
	size_t total = format_width(s), used;

	if (total <= cells)
		return s;
	/* skip from the front until the rest fits; a wide character may leave a cell free */
	for (size_t skip = total - cells;; skip++) {
		size_t n = format_fit(s, skip, &used);

		if (total - used <= cells)
			return s + n;
	}
}

void format_cut(struct buf *out, const char *s, size_t cells, bool middle, bool ascii)
{
	const char *dots = ascii ? "~" : "\xe2\x80\xa6";
	const char *slash = strrchr(s, '/'), *tail;
	size_t tail_cells;

	if (format_width(s) <= cells) {
		buf_adds(out, s);
		return;
	}
	if (!cells)
		return;
	if (!middle || !slash || cells < 8) {
		buf_add(out, s, format_fit(s, cells - 1, NULL));
		buf_adds(out, dots);
		return;
	}
	/* the last component stays whole if it fits; if not, its end */
	tail_cells = format_width(slash);
	if (tail_cells > cells - 1)
		tail_cells = cells - 1;
	tail = fit_tail(s, tail_cells);
	buf_add(out, s, format_fit(s, cells - 1 - format_width(tail), NULL));
	buf_adds(out, dots);
	buf_adds(out, tail);
}

void format_json_string(struct buf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + strlen(text);

	buf_addc(out, '"');
	while (s < end) {
		uint32_t c;
		size_t n = decode(s, (size_t)(end - s), &c);

		if (!n) {
			buf_adds(out, "\xef\xbf\xbd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			buf_addf(out, "\\%c", (char)c);
		} else if (c == '\n') {
			buf_adds(out, "\\n");
		} else if (c == '\t') {
			buf_adds(out, "\\t");
		} else if (c < 0x20 || c == 0x7f) {
			buf_addf(out, "\\u%04x", c);
		} else {
			buf_add(out, s, n);
		}
		s += n;
	}
	buf_addc(out, '"');
}
