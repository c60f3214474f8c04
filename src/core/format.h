/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format.h - values as text for people: units, widths, safe characters.
 */
#ifndef CTOP_CORE_FORMAT_H
#define CTOP_CORE_FORMAT_H

#include <stddef.h>

#include "core/buf.h"
#include "core/field.h"

/* 0 -> "0", 1536 -> "1.5K", 123456789 -> "118M"; at most 5 characters, IEC for bytes, SI for counts. */
void format_bytes(struct buf *out, double v);
void format_count(struct buf *out, double v);
/* 812 -> "812ns", 4100 -> "4.1µs", 12.0ms, 3.20s, 1h02m; ascii: "us". */
void format_ns(struct buf *out, double ns, bool ascii);

/* Any value by its field's unit. Missing gives "–" ("-" with ascii). */
void format_value(struct buf *out, const struct value *v, enum unit unit, bool ascii);

/*
 * Text that came from the kernel or a file, safe for a terminal: control characters, invalid UTF-8,
 * bidi controls and other invisible ones become \xNN or \u{NNNN}. Every name goes through this.
 */
void format_safe(struct buf *out, const char *s, size_t len);

/* Bytes of the character at text if format_safe() would leave it as it is, else 0. */
size_t format_printable(const void *text, size_t len);

/* Terminal cells that a safe UTF-8 string takes; and as many bytes of it as fit into `cells`. */
size_t format_width(const char *s);
size_t format_fit(const char *s, size_t cells, size_t *ret_cells);

/* s cut to `cells` with an ellipsis at the end, or in the middle for paths (the last component stays). */
void format_cut(struct buf *out, const char *s, size_t cells, bool middle, bool ascii);

/* JSON string with quotes; invalid UTF-8 becomes U+FFFD. */
void format_json_string(struct buf *out, const char *s);

#endif
