/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_eval.c - whether a record passes, what that takes, and texts for filters.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/filter_ast.h"
#include "core/mem.h"

static bool same_ip(const struct value *v, const struct literal *lit)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *addr = v->ip.addr;
	unsigned bytes = lit->prefix / 8, bits = lit->prefix % 8;

	if (v->ip.family != lit->family) {
		/* ::ffff:10.0.0.1 is 10.0.0.1 on a socket that speaks both */
		if (lit->family != AF_INET || memcmp(addr, mapped, sizeof(mapped)) != 0)
			return false;
		addr += 12;
	}
	if (memcmp(addr, lit->addr, bytes) != 0)
		return false;
	return !bits || !((addr[bytes] ^ lit->addr[bytes]) >> (8 - bits));
}

static bool contains_nocase(const char *s, const char *what)
{
	return strcasestr(s, what) != NULL;
}

static bool has_suffix(const char *s, const struct literal *lit)
{
	size_t n = strlen(s);

	return n >= lit->len && !memcmp(s + n - lit->len, lit->text, lit->len);
}

/* The path itself or something below it. */
static bool is_under(const char *path, const struct literal *lit)
{
	size_t n = lit->len;

	while (n > 1 && lit->text[n - 1] == '/')
		n--;
	for (size_t i = 0; i < n; i++) /* most differ soon */
		if (path[i] != lit->text[i])
			return false;
	return !path[n] || path[n] == '/' || (n == 1 && *path == '/');
}

static bool string_matches(const struct filter *f, const struct check *c, const char *s,
			   const struct literal *lit)
{
	switch (c->op) {
	case OP_CONTAINS: return strstr(s, lit->text) != NULL;
	case OP_ICONTAINS: return contains_nocase(s, lit->text);
	case OP_BCONTAINS: return memmem(s, strlen(s), lit->text, lit->len) != NULL;
	case OP_STARTSWITH: return !strncmp(s, lit->text, lit->len);
	case OP_BSTARTSWITH: return strlen(s) >= lit->len && !memcmp(s, lit->text, lit->len);
	case OP_ENDSWITH: return has_suffix(s, lit);
	case OP_GLOB: return !fnmatch(lit->text, s, FNM_EXTMATCH);
	case OP_IGLOB: return !fnmatch(lit->text, s, FNM_EXTMATCH | FNM_CASEFOLD);
	case OP_PMATCH: return is_under(s, lit);
	case OP_REGEX:
		return pcre2_match(lit->regex, (PCRE2_SPTR)s, strlen(s), 0, 0, f->match, f->limits) >= 0;
	default: return !strcmp(s, lit->text);
	}
}

/* -1, 0, 1; integers are compared as such: a double would round an inode number */
static int compare_number(const struct value *v, const struct literal *lit)
{
	double d;

	if (v->kind == V_INT && lit->is_integer)
		return (v->i > lit->integer) - (v->i < lit->integer);
	if (v->kind == V_DIST)
		d = (double)v->dist->lat_max;
	else
		d = v->kind == V_INT ? (double)v->i : v->d;
	return (d > lit->num) - (d < lit->num);
}

static bool literal_matches(const struct filter *f, const struct check *c, const struct value *v,
			    const struct literal *lit)
{
	switch (v->kind) {
	case V_STRING: return string_matches(f, c, v->s, lit);
	case V_BOOL: return v->b == lit->boolean;
	case V_IP: return same_ip(v, lit);
	case V_MISSING: return false;
	default: break;
	}
	switch (c->op) {
	case OP_LT: return compare_number(v, lit) < 0;
	case OP_LE: return compare_number(v, lit) <= 0;
	case OP_GT: return compare_number(v, lit) > 0;
	case OP_GE: return compare_number(v, lit) >= 0;
	default:
		return compare_number(v, lit) == 0 ||
		       (c->field->flags & FIELD_WITHIN && compare_number(v, lit) < 0);
	}
}

static bool item_matches(const struct filter *f, const struct check *c, const struct value *v,
			 const struct record *r, size_t item)
{
	struct literal lit;

	if (!c->items[item].expr)
		return literal_matches(f, c, v, &c->items[item]);
	return filter_expr_literal(f, c->items[item].expr, r, &lit) && literal_matches(f, c, v, &lit);
}

static bool value_matches(const struct filter *f, const struct check *c, const struct value *v,
			  const struct record *r)
{
	if (v->kind == V_MISSING)
		return false;
	for (size_t i = 0; i < c->n_items; i++) {
		if (item_matches(f, c, v, r, i))
			return true;
	}
	return false;
}

/* oneof, anyof, allof: short for checks with the same operator and one value each. */
static bool modified_eval(const struct filter *f, const struct check *c, const struct record *r)
{
	struct check one = *c;
	size_t passed = 0;

	one.modifier = MOD_NONE;
	one.n_items = 1;
	for (size_t i = 0; i < c->n_items; i++) {
		one.items = &c->items[i];
		passed += check_eval(f, &one, r);
	}
	return c->modifier == MOD_ONEOF   ? passed == 1
	       : c->modifier == MOD_ANYOF ? passed
					  : c->n_items && passed == c->n_items;
}

/* Bytes of the payload as they are, while its text has dots for those that end a text. */
static bool bytes_match(const struct check *c, const char *data, size_t len)
{
	const struct literal *lit = &c->items[0];

	if (c->op == OP_BSTARTSWITH)
		return len >= lit->len && !memcmp(data, lit->text, lit->len);
	return memmem(data, len, lit->text, lit->len) != NULL;
}

static bool is_missing(const struct filter *f, const struct check *c, const struct record *r)
{
	struct literal lit;

	return c->n_items == 1 && c->items[0].expr && !filter_expr_literal(f, c->items[0].expr, r, &lit);
}

/* proc.aname = sshd: some ancestor is; != means that none is. */
static bool each_eval(const struct filter *f, const struct check *c, const struct record *r)
{
	bool found = false;
	int n = 0;

	while (n < FIELD_EACH_MAX && !found) {
		struct value v = {.kind = V_MISSING};
		char arg[8];

		snprintf(arg, sizeof(arg), "%d", n + 1);
		if (!c->field->get_arg(r, arg, f->scratch, &v))
			break;
		n++;
		found = c->op == OP_EXISTS || value_matches(f, c, &v, r);
	}
	return c->op == OP_NE ? n && !found : found;
}

bool check_eval(const struct filter *f, const struct check *c, const struct record *r)
{
	struct value v = {.kind = V_MISSING}, other;
	const char *bytes;
	size_t len;
	bool found;

	if (c->modifier)
		return modified_eval(f, c, r);
	if (is_missing(f, c, r))
		return false;
	if ((c->op == OP_BCONTAINS || c->op == OP_BSTARTSWITH) && !c->expr &&
	    (bytes = field_bytes(c->field, c->arg, r, &len)))
		return bytes_match(c, bytes, len);
	if (!c->expr && !c->arg && (c->field->flags & FIELD_EACH))
		return each_eval(f, c, r);
	if (c->expr)
		v = filter_expr_value(f, c->expr, r);
	else if (!c->arg)
		v = field_get(c->field, r, f->scratch);
	else if (!c->field->get_arg(r, c->arg, f->scratch, &v))
		v.kind = V_MISSING;
	if (c->op == OP_EXISTS)
		return v.kind != V_MISSING;
	found = value_matches(f, c, &v, r);
	if (c->field->flags & FIELD_EITHER_END) { /* either end; != means neither */
		other = field_get_other(c->field, r);
		found = found || value_matches(f, c, &other, r);
		if (v.kind == V_MISSING)
			v = other;
	}
	if (c->op == OP_NE)
		return v.kind != V_MISSING && !found;
	return found;
}

bool filter_node_eval(const struct filter *f, const struct node *n, const struct record *r)
{
	switch (n->kind) {
	case NODE_CHECK: return check_eval(f, &n->check, r);
	case NODE_NOT: return !filter_node_eval(f, n->kids[0], r);
	case NODE_AND:
		for (size_t i = 0; i < n->n_kids; i++) {
			if (!filter_node_eval(f, n->kids[i], r))
				return false;
		}
		return true;
	case NODE_OR:
		for (size_t i = 0; i < n->n_kids; i++) {
			if (filter_node_eval(f, n->kids[i], r))
				return true;
		}
		return false;
	}
	return false;
}

bool filter_match(const struct filter *f, const struct record *r)
{
	bool match;

	if (!f || !f->root)
		return true;
	match = filter_node_eval(f, f->root, r);
	arena_reset(f->scratch);
	return match;
}

bool filter_is_empty(const struct filter *f)
{
	return !f || !f->root;
}

unsigned filter_needs(const struct filter *f)
{
	return f ? f->needs : 0;
}

bool filter_uses_latency(const struct filter *f)
{
	return f && f->latency;
}

bool filter_uses_grain(const struct filter *f, enum grain g)
{
	return f && (f->grains & (1u << g));
}

char *filter_quote(const char *value)
{
	struct buf b = {0};

	buf_addc(&b, '"');
	for (; *value; value++) {
		switch (*value) {
		case '\n': buf_adds(&b, "\\n"); break;
		case '\t': buf_adds(&b, "\\t"); break;
		case '\r': buf_adds(&b, "\\r"); break;
		case '"':
		case '\\': buf_addf(&b, "\\%c", *value); break;
		default: buf_addc(&b, *value);
		}
	}
	buf_addc(&b, '"');
	return buf_steal(&b);
}

char *filter_and(const char *a, const char *b)
{
	if (filter_is_blank(a))
		return xstrdup(filter_is_blank(b) ? "" : b);
	if (filter_is_blank(b))
		return xstrdup(a);
	return xasprintf("(%s) and (%s)", a, b);
}
