/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/json_pos.h"

#include <string.h>

#include "core/mem.h"

struct scan {
	const char *p, *end;
	int line, column;
};

static void advance(struct scan *s)
{
	if (*s->p == '\n') {
		s->line++;
		s->column = 1;
	} else if (((unsigned char)*s->p & 0xc0) != 0x80) { /* continuation bytes take no column */
		s->column++;
	}
	s->p++;
}

static char peek(const struct scan *s)
{
	return s->p < s->end ? *s->p : '\0';
}

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p))
		advance(s);
}

static void skip_string(struct scan *s)
{
	advance(s);
	while (s->p < s->end && *s->p != '"') {
		if (*s->p == '\\')
			advance(s);
		if (s->p < s->end)
			advance(s);
	}
	if (s->p < s->end)
		advance(s);
}

static void scan_value(struct scan *s, struct json_pos *pos);

static void scan_members(struct scan *s, struct json_pos *pos, char close)
{
	size_t cap = 0;

	advance(s);
	for (;;) {
		struct json_pos kid = {0};

		skip_blanks(s);
		if (peek(s) == ',') {
			advance(s);
			skip_blanks(s);
		}
		if (s->p >= s->end || *s->p == close)
			break;
		if (close == '}') {
			kid.key_line = s->line;
			kid.key_column = s->column;
			skip_string(s);
			skip_blanks(s);
			if (peek(s) == ':')
				advance(s);
		}
		scan_value(s, &kid);
		VEC_PUSH(pos->kids, pos->n, cap) = kid;
	}
	if (s->p < s->end)
		advance(s);
}

static void scan_value(struct scan *s, struct json_pos *pos)
{
	skip_blanks(s);
	pos->line = s->line;
	pos->column = s->column;
	switch (peek(s)) {
	case '{': scan_members(s, pos, '}'); break;
	case '[': scan_members(s, pos, ']'); break;
	case '"': skip_string(s); break;
	default:
		while (s->p < s->end && !strchr(",]} \t\r\n", *s->p))
			advance(s);
	}
}

struct json_pos *json_pos_new(const char *text, size_t len)
{
	struct scan s = {.p = text, .end = text + len, .line = 1, .column = 1};
	struct json_pos *pos = xcalloc(1, sizeof(*pos));

	scan_value(&s, pos);
	return pos;
}

static void done(struct json_pos *p)
{
	for (size_t i = 0; i < p->n; i++)
		done(&p->kids[i]);
	free(p->kids);
}

struct json_pos *json_pos_free(struct json_pos *p)
{
	if (p)
		done(p);
	free(p);
	return NULL;
}
