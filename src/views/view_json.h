/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_json.h - JSON values that know where they stand, and mistakes reported
 * there. Private to view_json.c and view_load.c.
 */
#ifndef CTOP_VIEWS_VIEW_JSON_H
#define CTOP_VIEWS_VIEW_JSON_H

#include <jansson.h>

#include "views/json_pos.h"
#include "views/view.h"

enum { MAX_ERRORS = 200 };

struct reports {
	const char *name; /* of the text */
	struct views_error *errors;
	size_t n, cap;
};

/* A value and where it stands; v is NULL if there is none. */
struct node {
	json_t *v;
	const struct json_pos *pos;
};

void report(struct reports *r, const struct json_pos *pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void report_place(struct reports *r, int line, int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* In the order of the text; those of one place in the order they were found. */
void sort_reports(struct reports *r);

const char *type_name(const json_t *v); /* "a list" */
struct node member(struct node object, const char *key);
struct node element(struct node list, size_t i);

/* Members that are not in `known` (NULL at the end) are spelling mistakes. */
void check_keys(struct reports *r, struct node object, const char *what, const char *const *known);

/* Members of an object by type; a wrong type is reported and treated as if the member were not there. */
const char *get_string(struct reports *r, struct node object, const char *key, bool required);
bool get_bool(struct reports *r, struct node object, const char *key, bool otherwise);
unsigned get_count(struct reports *r, struct node object, const char *key, unsigned max, unsigned otherwise);
double get_number(struct reports *r, struct node object, const char *key); /* NAN */
struct node get_list(struct reports *r, struct node object, const char *key, size_t max, bool required);

/* The value itself as a string, NULL (reported) if it is none. */
const char *text_of(struct reports *r, struct node n, const char *what);

#endif
