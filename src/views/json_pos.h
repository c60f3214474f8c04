/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_pos.h - where in a JSON text each value stands, which jansson does not
 * tell. Walks beside the parsed tree: children come in the order of the text.
 */
#ifndef CTOP_VIEWS_JSON_POS_H
#define CTOP_VIEWS_JSON_POS_H

#include <stddef.h>

struct json_pos {
	int line, column;         /* of the value, 1-based, in characters */
	int key_line, key_column; /* of its key in an object */
	struct json_pos *kids;    /* members or elements */
	size_t n;
};

/* `text` must be valid JSON. Free with json_pos_free(). */
struct json_pos *json_pos_new(const char *text, size_t len);
struct json_pos *json_pos_free(struct json_pos *p);

#endif
