/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

static void reserve(struct buf *b, size_t more)
{
	size_t want = b->len + more + 1;

	if (want <= b->cap)
		return;
	b->cap = want < 64 ? 64 : want * 2;
	b->data = xreallocarray(b->data, b->cap, 1);
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_steal(struct buf *b)
{
	char *data = b->data ? b->data : xstrdup("");

	*b = (struct buf){0};
	return data;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

/* Digits with a point before the last `decimals`. */
static void add_digits(struct buf *b, uint64_t v, bool minus, unsigned decimals)
{
	char text[24], *p = text + sizeof(text);
	unsigned n = 0;

	do {
		if (n && n == decimals)
			*--p = '.';
		*--p = (char)('0' + v % 10);
		v /= 10;
		n++;
	} while (v || n <= decimals);
	if (minus)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

void buf_addi(struct buf *b, int64_t v)
{
	add_digits(b, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0, 0);
}

/*
 * v times a power of ten, rounded to an integer as printf() rounds: the exact value of v, ties to even. The
 * product may itself be rounded, but never across a tie; what it lost tells on which side of one it was.
 */
static double round_scaled(double v, double scale)
{
	double product = v * scale, low = floor(product);

	if (product - low == 0.5) {
		double lost = fma(v, scale, -product);

		if (lost != 0)
			return lost < 0 ? low : low + 1;
	}
	return nearbyint(product);
}

void buf_add_fixed(struct buf *b, double v, unsigned decimals)
{
	static const double scales[] = {1, 10, 100};

	if (!(fabs(v) < 1e12) || decimals > 2)
		buf_addf(b, "%.*f", (int)decimals, v);
	else
		add_digits(b, (uint64_t)round_scaled(fabs(v), scales[decimals]), signbit(v), decimals);
}

void buf_fill(struct buf *b, char c, size_t n)
{
	reserve(b, n);
	memset(b->data + b->len, c, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	size_t room = b->cap - b->len;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(b->data ? b->data + b->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n >= room) {
		reserve(b, (size_t)n);
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	}
	if (n > 0)
		b->len += (size_t)n;
	va_end(again);
}
