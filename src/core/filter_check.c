/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_check.c - one check of a filter from text: field, operator, values.
 * Literals are converted to the field's type here, so that matching is cheap
 * and mistakes are told at once.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/filter_ast.h"
#include "core/mem.h"

enum { MAX_ITEMS = 10000 };

const struct op_info filter_ops[OP_MAX] = {
	[OP_EQ] = {"=", FORM_ONE, true, true},
	[OP_NE] = {"!=", FORM_ONE, true, true},
	[OP_LT] = {"<", FORM_ONE, true, false},
	[OP_LE] = {"<=", FORM_ONE, true, false},
	[OP_GT] = {">", FORM_ONE, true, false},
	[OP_GE] = {">=", FORM_ONE, true, false},
	[OP_EXISTS] = {"exists", FORM_NONE, true, true},
	[OP_CONTAINS] = {"contains", FORM_ONE, false, true},
	[OP_ICONTAINS] = {"icontains", FORM_ONE, false, true},
	[OP_BCONTAINS] = {"bcontains", FORM_ONE, false, true},
	[OP_STARTSWITH] = {"startswith", FORM_ONE, false, true},
	[OP_BSTARTSWITH] = {"bstartswith", FORM_ONE, false, true},
	[OP_ENDSWITH] = {"endswith", FORM_ONE, false, true},
	[OP_GLOB] = {"glob", FORM_ONE, false, true},
	[OP_IGLOB] = {"iglob", FORM_ONE, false, true},
	[OP_REGEX] = {"regex", FORM_ONE, false, true},
	[OP_IN] = {"in", FORM_LIST, true, true},
	[OP_INTERSECTS] = {"intersects", FORM_LIST, true, true},
	[OP_PMATCH] = {"pmatch", FORM_LIST, false, true},
};

bool filter_is_word(char c)
{
	return c && !isspace((unsigned char)c) && !strchr("()\"'=!<>,", c);
}

/* Bare words of the right side may contain what an operator consists of: --x!y, a>b are too odd to forbid. */
static bool is_bare(char c)
{
	return c && !isspace((unsigned char)c) && !strchr("()\"'=,", c);
}

/* 'it''s' is not a thing here: backslashes quote. *ret is malloc'ed. */
static bool parse_quoted(struct filter_parser *ps, char **ret, size_t *ret_len)
{
	const char *start = ps->p;
	char quote = *ps->p++;
	char *out = xmalloc(strlen(start));
	size_t n = 0;

	while (*ps->p && *ps->p != quote) {
		if (*ps->p == '\\' && ps->p[1]) {
			ps->p++;
			switch (*ps->p) {
			case 'n': out[n++] = '\n'; break;
			case 't': out[n++] = '\t'; break;
			case 'r': out[n++] = '\r'; break;
			case 'b': out[n++] = '\b'; break;
			case 'f': out[n++] = '\f'; break;
			case '\\':
			case '"':
			case '\'': out[n++] = *ps->p; break;
			default: /* not an escape: regular expressions need no double backslash */
				out[n++] = '\\';
				out[n++] = *ps->p;
			}
			ps->p++;
			continue;
		}
		out[n++] = *ps->p++;
	}
	if (*ps->p != quote) {
		free(out);
		filter_fail(ps, start, "quoted text without its closing %c", quote);
		return false;
	}
	ps->p++;
	out[n] = '\0';
	*ret = out;
	*ret_len = n;
	return true;
}

bool filter_parse_text(struct filter_parser *ps, char **ret, size_t *ret_len)
{
	const char *start;

	filter_skip_blanks(ps);
	start = ps->p;
	if (*start == '"' || *start == '\'')
		return parse_quoted(ps, ret, ret_len);
	while (is_bare(*ps->p))
		ps->p++;
	if (ps->p == start) {
		filter_fail(ps, start,
			    *start ? "expected a value before '%c'; quote it if it is one"
				   : "expected a value",
			    *start);
		return false;
	}
	*ret_len = (size_t)(ps->p - start);
	*ret = xstrndup(start, *ret_len);
	return true;
}

static bool compile_regex(struct filter_parser *ps, const char *at, struct literal *lit)
{
	int error;
	PCRE2_SIZE offset;
	PCRE2_UCHAR message[100];

	/* bytes, not UTF: names need not be valid UTF-8 */
	lit->regex = pcre2_compile((PCRE2_SPTR)lit->text, lit->len, PCRE2_DOTALL, &error, &offset, NULL);
	if (lit->regex)
		return true;
	pcre2_get_error_message(error, message, sizeof(message));
	filter_fail(ps, at, "regular expression, byte %zu: %s", (size_t)offset + 1, (const char *)message);
	return false;
}

/* "evt.type.is.read", "evt.arg[1]", "evt.arg['path']": the field and its argument. */
static const struct field *find_field(struct filter_parser *ps, const char *at, char *id, char **ret_arg)
{
	const struct field *f = field_find(id);
	char *bracket = strchr(id, '[');
	const char *nearest;

	*ret_arg = NULL;
	if (f && (f->get || (f->flags & FIELD_EACH)))
		return f;
	if (f)
		return filter_fail(ps, at, "%s needs an argument: %s.NAME", id, id);
	if (bracket) {
		size_t n = strlen(bracket);

		if (bracket[n - 1] != ']' || n < 3)
			return filter_fail(ps, at, "'[' of %.60s needs an argument and ']'", id);
		bracket[n - 1] = '\0';
		*bracket++ = '\0';
		n = strlen(bracket);
		if (n > 2 && (*bracket == '"' || *bracket == '\'') && bracket[n - 1] == *bracket) {
			bracket[n - 1] = '\0';
			bracket++;
		}
		*ret_arg = bracket;
		f = field_find(id);
	} else {
		for (char *dot = id + strlen(id); dot > id && !f; dot--) {
			if (*dot != '.')
				continue;
			*dot = '\0';
			f = field_find(id);
			if (f && (f->flags & FIELD_ARG) && dot[1])
				*ret_arg = dot + 1;
			else
				f = NULL;
			if (!f)
				*dot = '.';
		}
	}
	if (f && *ret_arg && (f->flags & FIELD_ARG))
		return f;
	if (f)
		return filter_fail(ps, at, "%s takes no argument", id);
	nearest = field_nearest(id);
	if (nearest)
		return filter_fail(ps, at, "unknown field '%.60s'; did you mean '%s'?", id, nearest);
	return filter_fail(ps, at, "unknown field '%.60s'; --list-fields shows all", id);
}

static char *parse_field_id(struct filter_parser *ps)
{
	const char *start = ps->p;

	while (filter_is_word(*ps->p)) {
		if (*ps->p++ == '[') { /* the argument may be quoted and contain anything */
			while (*ps->p && *ps->p != ']')
				ps->p++;
		}
	}
	return xstrndup(start, (size_t)(ps->p - start));
}

/* The operator at ps->p, or OP_MAX with an error noted. */
static enum op parse_op(struct filter_parser *ps, const char *field)
{
	const char *start;
	size_t n = 0, best = 3;
	char word[16];
	const char *nearest = NULL;

	filter_skip_blanks(ps);
	start = ps->p;
	if (*start && strchr("=!<>", *start)) {
		while (n < 2 && start[n] && strchr("=!<>", start[n]))
			n++;
		if (n == 2 && start[1] != '=')
			n = 1;
	} else {
		while (filter_is_word(start[n]))
			n++;
	}
	if (n == 2 && !strncmp(start, "==", 2)) {
		ps->p += 2;
		return OP_EQ;
	}
	for (int i = 0; i < OP_MAX && n; i++) {
		if (strlen(filter_ops[i].text) == n && !memcmp(filter_ops[i].text, start, n)) {
			ps->p += n;
			return i;
		}
	}
	snprintf(word, sizeof(word), "%.*s", (int)(n < 15 ? n : 15), start);
	for (int i = OP_EXISTS; i < OP_MAX && n; i++) {
		size_t d = text_distance(word, filter_ops[i].text);

		if (d < best) {
			best = d;
			nearest = filter_ops[i].text;
		}
	}
	if (!n)
		filter_fail(ps, start,
			    "expected an operator (=, !=, >, contains, in, exists, ...) after %.60s", field);
	else if (nearest)
		filter_fail(ps, start, "unknown operator '%s'; did you mean '%s'?", word, nearest);
	else
		filter_fail(ps, start,
			    "unknown operator '%s' after %.60s; one is =, !=, >, contains, in, exists, ...",
			    word, field);
	return OP_MAX;
}

static const char *kind_of(const struct field *f)
{
	return f->type == FT_STRING ? "text"
	       : f->type == FT_IP   ? "an address"
	       : f->type == FT_BOOL ? "true or false"
				    : "a number";
}

/* val(field) or a function, to the right of an operator. */
static bool add_expr(struct filter_parser *ps, struct check *c, struct literal *lit)
{
	const char *at = ps->p;
	const struct field *f;

	if (c->op == OP_REGEX || c->op == OP_BCONTAINS || c->op == OP_BSTARTSWITH) {
		filter_fail(ps, at, "'%s' takes text only, no field", filter_ops[c->op].text);
		return false;
	}
	lit->expr = filter_parse_expr(ps);
	if (!lit->expr)
		return false;
	f = filter_expr_field(lit->expr);
	if (!strcmp(kind_of(f), kind_of(c->field)))
		return true;
	filter_fail(ps, at, "%s is %s, %s is %s", f->id, kind_of(f), c->field->id, kind_of(c->field));
	return false;
}

static bool add_item(struct filter_parser *ps, struct check *c)
{
	struct literal lit = {0};
	const char *at;
	char message[sizeof(ps->err->message)];

	filter_skip_blanks(ps);
	at = ps->p;
	if (c->n_items >= MAX_ITEMS) {
		filter_fail(ps, at, "more than %d values in a list", MAX_ITEMS);
		return false;
	}
	if (filter_at_function(ps) ? !add_expr(ps, c, &lit) : !filter_parse_text(ps, &lit.text, &lit.len)) {
		filter_expr_free(lit.expr);
		return false;
	}
	if (!(c->n_items & (c->n_items - 1))) /* grow at powers of two */
		c->items = xreallocarray(c->items, c->n_items ? c->n_items * 2 : 1, sizeof(*c->items));
	c->items[c->n_items++] = lit;
	if (lit.expr)
		return true;
	if (literal_convert(&c->items[c->n_items - 1], c->field, c->op, message, sizeof(message)))
		return c->op != OP_REGEX || compile_regex(ps, at, &c->items[c->n_items - 1]);
	filter_fail(ps, at, "%s", message);
	return false;
}

static bool parse_list(struct filter_parser *ps, struct check *c)
{
	filter_skip_blanks(ps);
	if (*ps->p != '(') {
		filter_fail(ps, ps->p, "expected '(' and a list of values after '%s'",
			    filter_ops[c->op].text);
		return false;
	}
	ps->p++;
	filter_skip_blanks(ps);
	if (*ps->p == ')') {
		ps->p++;
		return true;
	}
	for (;;) {
		if (!add_item(ps, c))
			return false;
		filter_skip_blanks(ps);
		if (*ps->p == ')')
			break;
		if (*ps->p != ',') {
			filter_fail(ps, ps->p, "expected ',' or ')' in the list of values");
			return false;
		}
		ps->p++;
	}
	ps->p++;
	return true;
}

static bool op_fits(const struct field *f, enum op op)
{
	if (op == OP_EXISTS)
		return true;
	switch (f->type) {
	case FT_STRING: return filter_ops[op].strings;
	case FT_IP:
	case FT_BOOL: return op == OP_EQ || op == OP_NE || op == OP_IN || op == OP_INTERSECTS;
	default: return filter_ops[op].numbers;
	}
}

void filter_operators(const struct field *f, const char *ret[FILTER_OPERATORS], size_t *ret_fit)
{
	size_t n = 0;

	for (int fits = 1; fits >= 0; fits--) {
		for (int op = 0; op < OP_MAX; op++) {
			if (op_fits(f, op) != fits)
				continue;
			ret[n++] = filter_ops[op].text;
			if (op == OP_EQ)
				ret[n++] = "==";
		}
		if (fits)
			*ret_fit = n;
	}
}

int filter_operand(const char *op, size_t len)
{
	if (len == 2 && !memcmp(op, "==", 2))
		return FILTER_ONE_VALUE;
	for (int i = 0; i < OP_MAX; i++) {
		if (strlen(filter_ops[i].text) == len && !memcmp(filter_ops[i].text, op, len))
			return filter_ops[i].form == FORM_NONE   ? FILTER_NO_VALUE
			       : filter_ops[i].form == FORM_LIST ? FILTER_LIST
								 : FILTER_ONE_VALUE;
	}
	return -1;
}

const struct field *filter_field(const char *word, size_t len, char **ret_arg)
{
	struct filter_error err = {0};
	struct filter_parser ps = {.text = word, .p = word, .err = &err};
	char *id = xstrndup(word, len), *arg;
	const struct field *f = find_field(&ps, word, id, &arg);

	*ret_arg = f ? xstrdup(arg) : NULL;
	free(id);
	return f;
}

bool filter_is_bare(const char *value)
{
	const char *p = value;

	while (is_bare(*p))
		p++;
	return p > value && !*p;
}

/* proc.name startswith anyof (a, b): of operators that take one value. */
static enum modifier parse_modifier(struct filter_parser *ps, enum op op)
{
	static const char *const names[] = {
		[MOD_ONEOF] = "oneof", [MOD_ANYOF] = "anyof", [MOD_ALLOF] = "allof"};

	for (int m = MOD_ONEOF; m <= MOD_ALLOF; m++) {
		const char *p = ps->p + strlen(names[m]);

		if (strncmp(ps->p, names[m], strlen(names[m])) != 0)
			continue;
		while (isspace((unsigned char)*p))
			p++;
		if (*p != '(' || (op >= OP_LT && op <= OP_GE))
			continue;
		ps->p = p;
		return (enum modifier)m;
	}
	return MOD_NONE;
}

const struct field *filter_parse_field(struct filter_parser *ps, char **ret_arg)
{
	const char *start = ps->p;
	char *id = parse_field_id(ps), *arg = NULL;
	const struct field *f = NULL;

	if (!*id)
		filter_fail(ps, start, *start ? "expected a field name before '%c'" : "expected a field name",
			    *start);
	else if (!strcmp(id, "and") || !strcmp(id, "or"))
		filter_fail(ps, start, "expected a field name before '%s'", id);
	else
		f = find_field(ps, start, id, &arg);
	*ret_arg = f ? xstrdup(arg) : NULL;
	free(id);
	return f;
}

struct node *filter_parse_check(struct filter_parser *ps)
{
	const char *op_at;
	struct node *n = xcalloc(1, sizeof(*n));
	struct check *c = &n->check;
	bool ok = false;

	n->kind = NODE_CHECK;
	if (filter_at_function(ps)) {
		c->expr = filter_parse_expr(ps);
		c->field = c->expr ? filter_expr_field(c->expr) : NULL;
	} else {
		c->field = filter_parse_field(ps, &c->arg);
	}
	if (!c->field)
		goto out;
	filter_skip_blanks(ps);
	op_at = ps->p;
	c->op = parse_op(ps, c->field->id);
	if (c->op == OP_MAX)
		goto out;
	if (!op_fits(c->field, c->op)) {
		filter_fail(ps, op_at, "operator '%s' does not fit %s, which is %s", filter_ops[c->op].text,
			    c->field->id, kind_of(c->field));
		goto out;
	}
	filter_skip_blanks(ps);
	switch (filter_ops[c->op].form) {
	case FORM_NONE: ok = true; break;
	case FORM_ONE:
		c->modifier = parse_modifier(ps, c->op);
		ok = c->modifier ? parse_list(ps, c) : add_item(ps, c);
		break;
	case FORM_LIST: ok = parse_list(ps, c); break;
	}
	if (ok && !c->expr) {
		ps->filter->needs |= c->field->needs;
		ps->filter->latency |= c->field->type == FT_DIST;
		ps->filter->grains |= 1u << c->field->grain;
	}
out:
	if (ok)
		return n;
	filter_node_free(n);
	return NULL;
}
