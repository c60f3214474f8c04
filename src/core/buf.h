/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buf.h - a growing string. `struct buf b = {0};` is a valid empty one;
 * data is NUL-terminated after the first append (buf_str() always is).
 */
#ifndef CTOP_CORE_BUF_H
#define CTOP_CORE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len, cap;
};

void buf_done(struct buf *b);  /* frees data, leaves an empty buffer */
void buf_reset(struct buf *b); /* empties, keeps the memory */
const char *buf_str(const struct buf *b);
char *buf_steal(struct buf *b); /* caller frees; buffer is empty again */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addi(struct buf *b, int64_t v);
/* As "%.*f", without its price; decimals: at most 2. */
void buf_add_fixed(struct buf *b, double v, unsigned decimals);
void buf_fill(struct buf *b, char c, size_t n);

#endif
