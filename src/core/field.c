/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field.c - the table of fields (fields.def) and what all fields share. Knows
 * no getter by name; those are in field_*.c.
 */
#include "core/field.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/need.h"
#include "core/field_get.h"

static const struct field fields[] = {
#define FIELD(id_, type_, grain_, unit_, flags_, needs_, title_, width_, source_, getter_, description_)     \
	{id_,    FT_##type_, GRAIN_##grain_, UNIT_##unit_, flags_,        needs_,                            \
	 title_, width_,     source_,        description_, get_##getter_, NULL},
#define FIELD_WITH_ARG(id_, type_, grain_, unit_, flags_, needs_, title_, width_, source_, getter_,          \
		       description_)                                                                         \
	{id_,    FT_##type_, GRAIN_##grain_, UNIT_##unit_, (flags_) | FIELD_ARG, needs_, title_,             \
	 width_, source_,    description_,   NULL,         get_arg_##getter_},
#define FIELD_OPT_ARG(id_, type_, grain_, unit_, flags_, needs_, title_, width_, source_, getter_,           \
		      description_)                                                                          \
	{                                                                                                    \
		id_,                                                                                         \
		FT_##type_,                                                                                  \
		GRAIN_##grain_,                                                                              \
		UNIT_##unit_,                                                                                \
		(flags_) | FIELD_ARG | FIELD_OPTIONAL,                                                       \
		needs_,                                                                                      \
		title_,                                                                                      \
		width_,                                                                                      \
		source_,                                                                                     \
		description_,                                                                                \
		get_##getter_,                                                                               \
		get_arg_##getter_},
#include "core/fields.def"
#undef FIELD
#undef FIELD_WITH_ARG
#undef FIELD_OPT_ARG
};

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

const struct field *field_all(size_t *ret_n)
{
	*ret_n = N_FIELDS;
	return fields;
}

static int compare_id(const void *key, const void *field)
{
	return strcmp(key, ((const struct field *)field)->id);
}

const struct field *field_find(const char *id)
{
	return id ? bsearch(id, fields, N_FIELDS, sizeof(fields[0]), compare_id) : NULL;
}

size_t text_distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	size_t n = strnlen(a, MAX), m = strnlen(b, MAX);
	size_t rows[3][MAX + 1]; /* the last three rows of the matrix */

	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *prev = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = prev[j - 1] + (a[i - 1] != b[j - 1]);

			if (prev[j] + 1 < best)
				best = prev[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

const char *field_nearest(const char *id)
{
	size_t best = strlen(id) / 3 + 2; /* further away is not a typing error */
	const char *nearest = NULL;

	for (size_t i = 0; i < N_FIELDS; i++) {
		size_t d = text_distance(id, fields[i].id);

		if (d < best) {
			best = d;
			nearest = fields[i].id;
		}
	}
	return nearest;
}

struct value field_get(const struct field *f, const struct record *r, struct arena *tmp)
{
	struct value v = {.kind = V_MISSING};

	if (!f->get || !f->get(r, tmp, &v))
		v.kind = V_MISSING;
	return v;
}

struct value field_get_other(const struct field *f, const struct record *r)
{
	struct value v = {.kind = V_MISSING};

	if (!(f->flags & FIELD_EITHER_END))
		return v;
	if (!(f->type == FT_IP ? get_fd_rip : get_fd_rport)(r, NULL, &v))
		v.kind = V_MISSING;
	return v;
}

static int rank(const struct value *v)
{
	switch (v->kind) {
	case V_INT:
	case V_DOUBLE:
	case V_BOOL:
	case V_DIST: return 0;
	case V_IP: return 1;
	case V_STRING: return 2;
	case V_MISSING: break;
	}
	return 3;
}

static double number(const struct value *v)
{
	switch (v->kind) {
	case V_INT: return (double)v->i;
	case V_DOUBLE: return v->d;
	case V_BOOL: return v->b;
	case V_DIST: return (double)v->dist->lat_sum;
	default: return 0;
	}
}

int value_compare(const struct value *a, const struct value *b)
{
	int ra = rank(a), rb = rank(b);

	if (ra != rb)
		return ra < rb ? -1 : 1;
	switch (ra) {
	case 0:
		if (a->kind == V_INT && b->kind == V_INT)
			return (a->i > b->i) - (a->i < b->i);
		return (number(a) > number(b)) - (number(a) < number(b));
	case 1:
		if (a->ip.family != b->ip.family)
			return a->ip.family < b->ip.family ? -1 : 1;
		return memcmp(a->ip.addr, b->ip.addr, sizeof(a->ip.addr));
	case 2: return a->s == b->s ? 0 : strcmp(a->s, b->s);
	default: return 0;
	}
}

const char *field_type_name(enum field_type t)
{
	static const char *const names[] = {
		[FT_INT] = "int",   [FT_DOUBLE] = "double", [FT_STRING] = "string",
		[FT_BOOL] = "bool", [FT_IP] = "ip",         [FT_DIST] = "distribution"};

	return names[t];
}

const char *grain_name(enum grain g)
{
	static const char *const names[] = {
		[GRAIN_FACT] = "fact",     [GRAIN_FD] = "fd",           [GRAIN_OBJECT] = "object",
		[GRAIN_THREAD] = "thread", [GRAIN_PROCESS] = "process", [GRAIN_CONTAINER] = "container",
		[GRAIN_HOST] = "host",     [GRAIN_DEVICE] = "device",
	};

	return names[g];
}

const char *unit_name(enum unit u)
{
	static const char *const names[] = {
		[UNIT_NONE] = "", [UNIT_ID] = "id",           [UNIT_COUNT] = "count", [UNIT_BYTES] = "bytes",
		[UNIT_NS] = "ns", [UNIT_PERCENT] = "percent", [UNIT_TIME] = "time",   [UNIT_PORT] = "port",
	};

	return names[u];
}

const char *field_cost(const struct field *f)
{
	if (f->flags & FIELD_SPY)
		return "spy";
	if (f->needs & NEED_FDS)
		return "fds";
	if (f->needs & NEED_FACTS)
		return "facts";
	if (f->needs & NEED_CGROUPS)
		return "cgroups";
	return f->needs & NEED_DETAILS ? "proc" : "-";
}

/* By where the value comes from, which is what a kernel has or has not. */
const char *field_kernel(const struct field *f)
{
	static const struct {
		const char *part, *feature; /* of the id, or of the source */
	} features[] = {
		{".pressure", "psi"},
		{"task registers", "bpf_task_pt_regs"},
		{"task I/O accounting", "task_io_accounting"},
		{"system call entry", "sys_enter"},
	};

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (strstr(f->id, features[i].part) || strstr(f->source, features[i].part))
			return features[i].feature;
	return "-";
}
