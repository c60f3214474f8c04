/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format.c - numbers for people. Text is in format_text.c.
 */
#include "core/format.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

/*
 * At most three digits and a letter: 9.9K, 99K, 999K. Rounding may carry a number over into the next
 * unit: 1023.9K is 1.0M.
 */
static void scaled(struct buf *out, double v, double base)
{
	static const char units[] = " KMGTPEZY";
	double size = fabs(v);
	unsigned unit = 0;

	while (unit < sizeof(units) - 2 &&
	       (unit ? round(size) : size) >= (base == 1024 && unit == 0 ? 1024 : 1000)) {
		size /= base;
		unit++;
	}
	if (v < 0 && size > 0)
		buf_addc(out, '-');
	if (!unit)
		buf_add_fixed(out, size, 0);
	else
		buf_add_fixed(out, size, size < 9.95);
	if (unit)
		buf_addc(out, units[unit]);
}

void format_bytes(struct buf *out, double v)
{
	scaled(out, v, 1024);
}

void format_count(struct buf *out, double v)
{
	/* a rate below ten is worth a digit: 0.3 calls/s is not none */
	if (v != floor(v) && fabs(v) < 9.95)
		buf_add_fixed(out, v, fabs(v) < 0.05 ? 2 : 1);
	else
		scaled(out, round(v), 1000);
}

void format_ns(struct buf *out, double ns, bool ascii)
{
	static const struct {
		double limit, factor;
		const char *unit, *plain;
	} units[] = {
		{999.5, 1, "ns", "ns"},
		{999.5e3, 1e3, "\xc2\xb5s", "us"},
		{999.5e6, 1e6, "ms", "ms"},
		{59.95e9, 1e9, "s", "s"},
	};
	uint64_t s;

	if (ns < 0) {
		buf_addc(out, '-');
		ns = -ns;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double v = ns / units[i].factor;

		if (ns >= units[i].limit)
			continue;
		/* sub-nanosecond averages carry no news */
		buf_add_fixed(out, v, !i || v >= 99.95 ? 0 : v < 0.9995 ? 2 : 1);
		buf_adds(out, ascii ? units[i].plain : units[i].unit);
		return;
	}
	s = (uint64_t)(ns / 1e9 + 0.5);
	if (s < 3600)
		buf_addf(out, "%um%02u", (unsigned)(s / 60), (unsigned)(s % 60));
	else if (s < 86400)
		buf_addf(out, "%uh%02u", (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
	else if (s < 100 * 86400ULL)
		buf_addf(out, "%ud%02uh", (unsigned)(s / 86400), (unsigned)(s / 3600 % 24));
	else
		buf_addf(out, "%llud", (unsigned long long)(s / 86400));
}

static void format_percent(struct buf *out, double v)
{
	buf_add_fixed(out, v, fabs(v) < 999.95);
}

static void format_ip(struct buf *out, const struct value *v)
{
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; v->ip.family == AF_INET && i < 4; i++) {
		if (i)
			buf_addc(out, '.');
		buf_addi(out, v->ip.addr[i]);
	}
	if (v->ip.family != AF_INET && inet_ntop(v->ip.family, v->ip.addr, text, sizeof(text)))
		buf_adds(out, text);
}

static void format_time(struct buf *out, int64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;
	char text[40];

	if (localtime_r(&s, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		buf_adds(out, text);
}

static void format_number(struct buf *out, double v, enum unit unit, bool ascii)
{
	switch (unit) {
	case UNIT_BYTES: format_bytes(out, v); break;
	case UNIT_COUNT: format_count(out, v); break;
	case UNIT_NS: format_ns(out, v, ascii); break;
	case UNIT_PERCENT: format_percent(out, v); break;
	case UNIT_TIME: format_time(out, (int64_t)v); break;
	default: buf_add_fixed(out, v, v != floor(v));
	}
}

void format_value(struct buf *out, const struct value *v, enum unit unit, bool ascii)
{
	switch (v->kind) {
	case V_MISSING: buf_adds(out, ascii ? "-" : "\xe2\x80\x93"); break;
	case V_INT:
		if (unit == UNIT_NONE || unit == UNIT_ID || unit == UNIT_PORT)
			buf_addi(out, v->i);
		else if (unit == UNIT_TIME)
			format_time(out, v->i);
		else
			format_number(out, (double)v->i, unit, ascii);
		break;
	case V_DOUBLE: format_number(out, v->d, unit, ascii); break;
	case V_STRING: format_safe(out, v->s, __builtin_strlen(v->s)); break;
	case V_BOOL: buf_adds(out, v->b ? "true" : "false"); break;
	case V_IP: format_ip(out, v); break;
	case V_DIST: format_number(out, (double)v->dist->lat_sum, unit, ascii); break;
	}
}
