/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_literal.c - the right side of a check as the field's type: numbers
 * with units, ports, addresses, networks, truth, bytes.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "core/filter_ast.h"

struct suffix {
	const char *text;
	double factor;
};

static const struct suffix time_units[] = {{"ns", 1},      {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6},
					   {"s", 1e9},     {"m", 60e9}, {"min", 60e9},      {"h", 3600e9},
					   {"d", 86400e9}, {NULL, 0}};
static const struct suffix count_units[] = {{"k", 1e3}, {"K", 1e3},  {"M", 1e6},
					    {"G", 1e9}, {"T", 1e12}, {NULL, 0}};
static const struct suffix percent_units[] = {{"%", 1}, {NULL, 0}};

/* 10M, 10MB, 10MiB: all 1024-based, as the columns show them */
static double byte_factor(const char *s)
{
	static const char units[] = "KMGTPE";
	const char *at = *s ? strchr(units, toupper((unsigned char)*s)) : NULL;

	if (!strcasecmp(s, "b"))
		return 1;
	if (!at || !*at || (s[1] && strcasecmp(s + 1, "b") && strcasecmp(s + 1, "ib")))
		return 0;
	return pow(1024, (double)(at - units) + 1);
}

static double unit_factor(enum unit unit, const char *s)
{
	const struct suffix *units = NULL;

	switch (unit) {
	case UNIT_BYTES: return byte_factor(s);
	case UNIT_NS:
	case UNIT_TIME: units = time_units; break;
	case UNIT_COUNT: units = count_units; break;
	case UNIT_PERCENT: units = percent_units; break;
	default: return 0;
	}
	for (; units->text; units++) {
		if (!strcmp(units->text, s))
			return units->factor;
	}
	return 0;
}

static bool convert_port(struct literal *lit)
{
	const struct servent *service = getservbyname(lit->text, NULL);

	if (!service)
		return false;
	lit->integer = ntohs((uint16_t)service->s_port);
	lit->num = (double)lit->integer;
	lit->is_integer = true;
	return true;
}

static bool convert_number(enum unit unit, struct literal *lit)
{
	bool hex = !strncasecmp(lit->text, "0x", 2);
	char *end;

	if (unit == UNIT_PORT && isalpha((unsigned char)*lit->text))
		return convert_port(lit);
	if (!isdigit((unsigned char)*lit->text) && !strchr("-+.", *lit->text))
		return false;
	errno = 0;
	lit->integer = strtoll(lit->text, &end, hex ? 16 : 10);
	if (!*end && !errno && end != lit->text) {
		lit->num = (double)lit->integer;
		lit->is_integer = true;
		return true;
	}
	if (hex)
		return false;
	errno = 0;
	lit->num = strtod(lit->text, &end);
	if (end == lit->text || errno || !isfinite(lit->num))
		return false;
	if (*end) {
		double factor = unit_factor(unit, end);

		if (factor == 0)
			return false;
		lit->num *= factor;
	}
	if (lit->num == floor(lit->num) && fabs(lit->num) < 9e18) {
		lit->integer = (int64_t)lit->num;
		lit->is_integer = true;
	}
	return true;
}

static bool convert_ip(struct literal *lit)
{
	char addr[INET6_ADDRSTRLEN];
	const char *slash = strchr(lit->text, '/');
	size_t n = slash ? (size_t)(slash - lit->text) : lit->len;
	unsigned bits;

	if (n >= sizeof(addr) || strlen(lit->text) != lit->len)
		return false;
	memcpy(addr, lit->text, n);
	addr[n] = '\0';
	if (inet_pton(AF_INET, addr, lit->addr) == 1)
		lit->family = AF_INET;
	else if (inet_pton(AF_INET6, addr, lit->addr) == 1)
		lit->family = AF_INET6;
	else
		return false;
	bits = lit->family == AF_INET ? 32 : 128;
	lit->prefix = (uint8_t)bits;
	if (slash) {
		char *end;
		unsigned long prefix = strtoul(slash + 1, &end, 10);

		if (!isdigit((unsigned char)slash[1]) || *end || prefix > bits)
			return false;
		lit->prefix = (uint8_t)prefix;
	}
	return true;
}

static bool convert_bool(struct literal *lit)
{
	lit->boolean = !strcmp(lit->text, "true") || !strcmp(lit->text, "1") || !strcmp(lit->text, "yes");
	return lit->boolean || !strcmp(lit->text, "false") || !strcmp(lit->text, "0") ||
	       !strcmp(lit->text, "no");
}

/* "deadbeef" to four bytes, in place */
static bool convert_hex(struct literal *lit)
{
	size_t n = lit->len / 2;

	if (!lit->len || lit->len % 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		if (!isxdigit((unsigned char)lit->text[2 * i]) ||
		    !isxdigit((unsigned char)lit->text[2 * i + 1]))
			return false;
		sscanf(lit->text + 2 * i, "%2x", &byte);
		lit->text[i] = (char)byte;
	}
	lit->len = n;
	lit->text[n] = '\0';
	return true;
}

bool literal_convert(struct literal *lit, const struct field *f, enum op op, char *message, size_t size)
{
	const char *example = f->unit == UNIT_NS      ? ", such as 5ms"
			      : f->unit == UNIT_BYTES ? ", such as 10M"
						      : "";

	*message = '\0';
	switch (f->type) {
	case FT_INT:
	case FT_DOUBLE:
	case FT_DIST:
		if (!convert_number(f->unit, lit))
			snprintf(message, size, "'%.60s' is not a %s; %s is a number%s", lit->text,
				 f->unit == UNIT_PORT ? "port or service" : "number", f->id, example);
		break;
	case FT_BOOL:
		if (!convert_bool(lit))
			snprintf(message, size, "'%.60s' is neither true nor false, which %s can be",
				 lit->text, f->id);
		break;
	case FT_IP:
		if (!convert_ip(lit))
			snprintf(message, size, "'%.60s' is not an IP address or network (10.0.0.0/8)",
				 lit->text);
		break;
	case FT_STRING:
		if ((op == OP_BCONTAINS || op == OP_BSTARTSWITH) && !convert_hex(lit))
			snprintf(message, size, "'%.60s' is not hexadecimal, such as 1f8b", lit->text);
		break;
	}
	return !*message;
}
