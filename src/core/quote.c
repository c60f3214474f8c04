/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quote.c - bytes of a watched program as C strings, the way strace writes them. */
#include "core/decode_impl.h"

#include <stdbool.h>

#include "core/format.h"

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
		size_t n = style == QUOTE_NAME ? format_printable(p + i, len - i) : 0;
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
