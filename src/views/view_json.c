/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/view_json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

__attribute__((format(printf, 4, 0))) static void add_report(struct reports *r, int line, int column,
							     const char *fmt, va_list ap)
{
	struct views_error err = {.line = line, .column = column};

	if (r->n >= MAX_ERRORS)
		return;
	snprintf(err.file, sizeof(err.file), "%s", r->name);
	vsnprintf(err.message, sizeof(err.message), fmt, ap);
	VEC_PUSH(r->errors, r->n, r->cap) = err;
}

void report(struct reports *r, const struct json_pos *pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_report(r, pos->line, pos->column, fmt, ap);
	va_end(ap);
}

void report_place(struct reports *r, int line, int column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_report(r, line, column, fmt, ap);
	va_end(ap);
}

static bool is_before(const struct views_error *a, const struct views_error *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void sort_reports(struct reports *r)
{
	for (size_t i = 1; i < r->n; i++) {
		struct views_error err = r->errors[i];
		size_t k = i;

		for (; k && is_before(&err, &r->errors[k - 1]); k--)
			r->errors[k] = r->errors[k - 1];
		r->errors[k] = err;
	}
}

const char *type_name(const json_t *v)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return names[json_typeof(v)];
}

struct node member(struct node object, const char *key)
{
	const char *k;
	json_t *v;
	size_t i = 0;

	json_object_foreach(object.v, k, v)
	{
		if (i >= object.pos->n)
			break;
		if (!strcmp(k, key))
			return (struct node){v, &object.pos->kids[i]};
		i++;
	}
	return (struct node){NULL, object.pos};
}

struct node element(struct node list, size_t i)
{
	return (struct node){json_array_get(list.v, i), &list.pos->kids[i]};
}

/* Members that are not in `known` are spelling mistakes. */
void check_keys(struct reports *r, struct node object, const char *what, const char *const *known)
{
	const char *key;
	json_t *v;
	size_t i = 0;

	json_object_foreach(object.v, key, v)
	{
		const struct json_pos *pos = &object.pos->kids[i++];
		const char *nearest = NULL;
		size_t best = strlen(key) / 3 + 2;
		bool found = false;

		for (const char *const *k = known; *k && !found; k++) {
			size_t d = text_distance(key, *k);

			found = !strcmp(key, *k);
			if (d < best) {
				best = d;
				nearest = *k;
			}
		}
		if (found)
			continue;
		if (nearest)
			report_place(r, pos->key_line, pos->key_column,
				     "unknown key '%.60s' in %s; did you mean '%s'?", key, what, nearest);
		else
			report_place(r, pos->key_line, pos->key_column, "unknown key '%.60s' in %s", key,
				     what);
	}
}

/* A string member, NULL if there is none (an error when it is required) or it is not a string. */
const char *get_string(struct reports *r, struct node object, const char *key, bool required)
{
	struct node n = member(object, key);

	if (!n.v) {
		if (required)
			report(r, object.pos, "missing key '%s'", key);
		return NULL;
	}
	if (!json_is_string(n.v)) {
		report(r, n.pos, "'%s' must be a string, not %s", key, type_name(n.v));
		return NULL;
	}
	if (required && !*json_string_value(n.v)) {
		report(r, n.pos, "'%s' must not be empty", key);
		return NULL;
	}
	return json_string_value(n.v);
}

bool get_bool(struct reports *r, struct node object, const char *key, bool otherwise)
{
	struct node n = member(object, key);

	if (!n.v)
		return otherwise;
	if (!json_is_boolean(n.v)) {
		report(r, n.pos, "'%s' must be true or false, not %s", key, type_name(n.v));
		return otherwise;
	}
	return json_is_true(n.v);
}

unsigned get_count(struct reports *r, struct node object, const char *key, unsigned max, unsigned otherwise)
{
	struct node n = member(object, key);

	if (!n.v)
		return otherwise;
	if (!json_is_integer(n.v)) {
		report(r, n.pos, "'%s' must be a whole number, not %s", key, type_name(n.v));
	} else if (json_integer_value(n.v) < 0 || json_integer_value(n.v) > (json_int_t)max) {
		report(r, n.pos, "'%s' must be between 0 and %u", key, max);
	} else {
		return (unsigned)json_integer_value(n.v);
	}
	return otherwise;
}

double get_number(struct reports *r, struct node object, const char *key)
{
	struct node n = member(object, key);

	if (!n.v)
		return NAN;
	if (!json_is_number(n.v)) {
		report(r, n.pos, "'%s' must be a number, not %s", key, type_name(n.v));
		return NAN;
	}
	return json_number_value(n.v);
}

/* A list member with at most `max` elements; v NULL if there is none or it is wrong. */
struct node get_list(struct reports *r, struct node object, const char *key, size_t max, bool required)
{
	struct node n = member(object, key), none = {NULL, object.pos};

	if (!n.v) {
		if (required)
			report(r, object.pos, "missing key '%s'", key);
		return none;
	}
	if (!json_is_array(n.v)) {
		report(r, n.pos, "'%s' must be a list, not %s", key, type_name(n.v));
		return none;
	}
	if (required && !json_array_size(n.v)) {
		report(r, n.pos, "'%s' must not be empty", key);
		return none;
	}
	if (json_array_size(n.v) > max) {
		report(r, n.pos, "'%s' has %zu elements; at most %zu are possible", key, json_array_size(n.v),
		       max);
		return none;
	}
	return n;
}

/* A string inside a list or an object. */
const char *text_of(struct reports *r, struct node n, const char *what)
{
	if (json_is_string(n.v))
		return json_string_value(n.v);
	report(r, n.pos, "%s must be a string, not %s", what, type_name(n.v));
	return NULL;
}
