/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_payload.c - what a read or write moved, for echo. */
#include "core/decode.h"

#include "core/decode_impl.h"
#include "core/format.h"

/* Printable characters and line ends; everything else is a dot. CR before LF is dropped. */
static void as_text(const unsigned char *p, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		size_t n = format_printable(p + i, len - i);

		if (n) {
			buf_add(out, p + i, n);
			i += n - 1;
		} else if (p[i] == '\n') {
			buf_addc(out, '\n');
		} else if (p[i] == '\t') {
			buf_addc(out, ' ');
		} else if (p[i] != '\r' || i + 1 == len || p[i + 1] != '\n') {
			buf_addc(out, '.');
		}
	}
}

static void as_hex(const unsigned char *p, size_t len, struct buf *out)
{
	for (size_t line = 0; line < len; line += 16) {
		size_t n = len - line < 16 ? len - line : 16;

		buf_addf(out, "%08zx ", line);
		for (size_t i = 0; i < 16; i++) {
			if (i == 8)
				buf_addc(out, ' ');
			if (i < n)
				buf_addf(out, " %02x", p[line + i]);
			else
				buf_adds(out, "   ");
		}
		buf_adds(out, "  |");
		for (size_t i = 0; i < n; i++)
			buf_addc(out, p[line + i] >= 0x20 && p[line + i] < 0x7f ? (char)p[line + i] : '.');
		buf_adds(out, "|\n");
	}
}

void decode_payload(const struct event *ev, enum echo_style style, struct buf *out)
{
	size_t len;
	uint64_t full;
	bool write;
	const void *data = event_payload(ev, &len, &full, &write);

	if (!data)
		return;
	switch (style) {
	case ECHO_TEXT: as_text(data, len, out); break;
	case ECHO_HEX: as_hex(data, len, out); break;
	case ECHO_RAW: buf_add(out, data, len); break;
	}
}
