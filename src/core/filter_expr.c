/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_expr.c - values that a check makes of fields: tolower(proc.name),
 * len(fd.name), val(proc.pname) to the right of an operator. As in Falco.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/arena.h"
#include "core/filter_ast.h"
#include "core/mem.h"

enum { MAX_DEPTH = 20, MAX_KIDS = 100 };

static const struct {
	const char *name;
	enum expr_fn fn;
} functions[] = {{"tolower", EXPR_LOWER},     {"toupper", EXPR_UPPER}, {"b64", EXPR_B64},
		 {"basename", EXPR_BASENAME}, {"len", EXPR_LEN},       {"concat", EXPR_CONCAT},
		 {"join", EXPR_JOIN},         {"val", EXPR_VAL}};

/* What the result of a function is, for operators and literals; no check of the kernel's part knows them. */
static const struct field text_result = {.id = "the text", .type = FT_STRING, .grain = GRAIN_HOST};
static const struct field length_result = {
	.id = "the length", .type = FT_INT, .grain = GRAIN_HOST, .unit = UNIT_COUNT};

static int function_at(const char *p)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		size_t n = strlen(functions[i].name);

		if (!strncmp(p, functions[i].name, n) && p[n] == '(')
			return (int)i;
	}
	return -1;
}

bool filter_is_function(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i].name) == len && !memcmp(word, functions[i].name, len))
			return true;
	return false;
}

bool filter_at_function(const struct filter_parser *ps)
{
	return function_at(ps->p) >= 0;
}

void filter_expr_free(struct expr *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_kids; i++)
		filter_expr_free(e->kids[i]);
	free(e->kids);
	free(e->arg);
	free(e->text);
	free(e);
}

const struct field *filter_expr_field(const struct expr *e)
{
	switch (e->fn) {
	case EXPR_FIELD: return e->field;
	case EXPR_VAL: return filter_expr_field(e->kids[0]);
	case EXPR_LEN: return &length_result;
	default: return &text_result;
	}
}

static struct expr *parse_expr(struct filter_parser *ps, unsigned depth);

static bool add_kid(struct filter_parser *ps, struct expr *e, unsigned depth)
{
	const char *at;
	struct expr *kid;

	filter_skip_blanks(ps);
	at = ps->p;
	kid = e->n_kids < MAX_KIDS ? parse_expr(ps, depth)
				   : filter_fail(ps, at, "more than %d values", MAX_KIDS);
	if (!kid)
		return false;
	VEC_PUSH(e->kids, e->n_kids, e->cap_kids) = kid;
	if (e->fn == EXPR_VAL && kid->fn == EXPR_TEXT)
		filter_fail(ps, at, "val() takes a field");
	else if (e->fn != EXPR_VAL && filter_expr_field(kid)->type != FT_STRING)
		filter_fail(ps, at, "%s is no text", filter_expr_field(kid)->id);
	else
		return true;
	return false;
}

static bool expect(struct filter_parser *ps, char c)
{
	filter_skip_blanks(ps);
	if (*ps->p != c) {
		filter_fail(ps, ps->p, "expected '%c'", c);
		return false;
	}
	ps->p++;
	return true;
}

/* What follows the '(' of a function, its ')' included. */
static bool parse_arguments(struct filter_parser *ps, struct expr *e, unsigned depth)
{
	bool list = e->fn == EXPR_JOIN, many = list || e->fn == EXPR_CONCAT;

	if (!add_kid(ps, e, depth))
		return false;
	if (list && (!expect(ps, ',') || !expect(ps, '(') || !add_kid(ps, e, depth)))
		return false;
	for (filter_skip_blanks(ps); many && *ps->p == ','; filter_skip_blanks(ps)) {
		ps->p++;
		if (!add_kid(ps, e, depth))
			return false;
	}
	return (!list || expect(ps, ')')) && expect(ps, ')');
}

static struct expr *parse_expr(struct filter_parser *ps, unsigned depth)
{
	struct expr *e = xcalloc(1, sizeof(*e));
	int at = function_at(ps->p);
	bool ok;

	if (depth > MAX_DEPTH) {
		ok = filter_fail(ps, ps->p, "functions nested deeper than %d", MAX_DEPTH);
	} else if (at >= 0) {
		e->fn = functions[at].fn;
		ps->p += strlen(functions[at].name) + 1;
		ok = parse_arguments(ps, e, depth + 1);
	} else if (depth && (*ps->p == '"' || *ps->p == '\'')) {
		size_t len;

		e->fn = EXPR_TEXT;
		ok = filter_parse_text(ps, &e->text, &len);
	} else {
		e->fn = EXPR_FIELD;
		e->field = filter_parse_field(ps, &e->arg);
		ok = e->field;
		if (ok) {
			ps->filter->needs |= e->field->needs;
			ps->filter->latency |= e->field->type == FT_DIST;
			ps->filter->grains |= 1u << e->field->grain;
		}
	}
	if (ok)
		return e;
	filter_expr_free(e);
	return NULL;
}

struct expr *filter_parse_expr(struct filter_parser *ps)
{
	return parse_expr(ps, 0);
}

/* ---- values ---- */

static int digit_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Decoded, padded or not; NULL if it is not base64. NUL bytes become dots, as in evt.buffer. */
static const char *decode_base64(const char *s, struct arena *tmp)
{
	size_t len = strlen(s), n = 0;
	char *out = arena_alloc(tmp, len + 1);
	uint32_t bits = 0;
	unsigned have = 0;

	while (len && s[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		int d = digit_of(s[i]);

		if (d < 0)
			return NULL;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n] = (char)(bits >> have & 0xff);
			out[n] = out[n] ? out[n] : '.';
			n++;
		}
	}
	out[n] = '\0';
	return out;
}

static const char *in_case(const char *s, struct arena *tmp, int (*to)(int))
{
	char *copy = arena_strdup(tmp, s);

	for (char *p = copy; *p; p++)
		*p = (char)to((unsigned char)*p);
	return copy;
}

static struct value text_value(const char *s)
{
	return s ? (struct value){.kind = V_STRING, .s = s} : (struct value){.kind = V_MISSING};
}

/* All of them one behind the other; of join, the first one between them. Missing if any is. */
static struct value joined(const struct filter *f, const struct expr *e, const struct record *r)
{
	const char *between = "", *all = "";

	for (size_t i = 0; i < e->n_kids; i++) {
		struct value v = filter_expr_value(f, e->kids[i], r);

		if (v.kind != V_STRING)
			return (struct value){.kind = V_MISSING};
		if (e->fn == EXPR_JOIN && !i)
			between = v.s;
		else
			all = arena_printf(f->scratch, "%s%s%s", all, i > (e->fn == EXPR_JOIN) ? between : "",
					   v.s);
	}
	return text_value(all);
}

struct value filter_expr_value(const struct filter *f, const struct expr *e, const struct record *r)
{
	struct value v = {.kind = V_MISSING};
	const char *slash;

	switch (e->fn) {
	case EXPR_FIELD:
		if (!e->arg)
			return field_get(e->field, r, f->scratch);
		if (!e->field->get_arg(r, e->arg, f->scratch, &v))
			v.kind = V_MISSING;
		return v;
	case EXPR_TEXT: return text_value(e->text);
	case EXPR_CONCAT:
	case EXPR_JOIN: return joined(f, e, r);
	default: v = filter_expr_value(f, e->kids[0], r);
	}
	if (e->fn == EXPR_VAL || v.kind != V_STRING)
		return v;
	switch (e->fn) {
	case EXPR_LOWER: return text_value(in_case(v.s, f->scratch, tolower));
	case EXPR_UPPER: return text_value(in_case(v.s, f->scratch, toupper));
	case EXPR_B64: return text_value(decode_base64(v.s, f->scratch));
	case EXPR_BASENAME: slash = strrchr(v.s, '/'); return text_value(slash ? slash + 1 : v.s);
	default: return (struct value){.kind = V_INT, .i = (int64_t)strlen(v.s)};
	}
}

bool filter_expr_literal(const struct filter *f, const struct expr *e, const struct record *r,
			 struct literal *ret)
{
	struct value v = filter_expr_value(f, e, r);

	*ret = (struct literal){0};
	switch (v.kind) {
	case V_STRING:
		ret->text = arena_strdup(f->scratch, v.s);
		ret->len = strlen(v.s);
		return true;
	case V_INT:
		ret->integer = v.i;
		ret->num = (double)v.i;
		ret->is_integer = true;
		return true;
	case V_DOUBLE: ret->num = v.d; return true;
	case V_BOOL: ret->boolean = v.b; return true;
	case V_IP:
		ret->family = v.ip.family;
		memcpy(ret->addr, v.ip.addr, sizeof(ret->addr));
		ret->prefix = v.ip.family == AF_INET ? 32 : 128;
		return true;
	default: return false;
	}
}
