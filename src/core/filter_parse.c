/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_parse.c - filter text to tree: a recursive descent over
 *   or  := and ('or' and)*      and := not ('and' not)*      not := 'not'* ( '(' or ')' | check )
 * The checks themselves are filter_check.c's.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/filter_ast.h"
#include "core/mem.h"

enum { MAX_DEPTH = 100, MAX_TEXT = 1 << 20 };

void filter_node_free(struct node *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n_kids; i++)
		filter_node_free(n->kids[i]);
	free(n->kids);
	for (size_t i = 0; i < n->check.n_items; i++) {
		free(n->check.items[i].text);
		filter_expr_free(n->check.items[i].expr);
		pcre2_code_free(n->check.items[i].regex);
	}
	free(n->check.items);
	free(n->check.arg);
	filter_expr_free(n->check.expr);
	free(n);
}

void *filter_fail(struct filter_parser *ps, const char *at, const char *fmt, ...)
{
	va_list ap;

	if (ps->err->column)
		return NULL;
	ps->err->column = (size_t)(at - ps->text) + 1;
	va_start(ap, fmt);
	vsnprintf(ps->err->message, sizeof(ps->err->message), fmt, ap);
	va_end(ap);
	return NULL;
}

void filter_skip_blanks(struct filter_parser *ps)
{
	while (isspace((unsigned char)*ps->p))
		ps->p++;
}

static bool at_keyword(const struct filter_parser *ps, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(ps->p, word, n) && !filter_is_word(ps->p[n]);
}

static struct node *parse_or(struct filter_parser *ps);

static struct node *wrap(enum node_kind kind, struct node *kid)
{
	struct node *n = xcalloc(1, sizeof(*n));

	n->kind = kind;
	VEC_PUSH(n->kids, n->n_kids, n->cap_kids) = kid;
	return n;
}

static struct node *parse_not(struct filter_parser *ps)
{
	struct node *n;
	bool negate = false;

	for (filter_skip_blanks(ps); at_keyword(ps, "not"); filter_skip_blanks(ps)) {
		ps->p += 3;
		negate = !negate;
	}
	if (*ps->p == '(') {
		const char *open = ps->p++;

		if (++ps->depth > MAX_DEPTH)
			return filter_fail(ps, open, "parentheses nested deeper than %d", MAX_DEPTH);
		n = parse_or(ps);
		ps->depth--;
		filter_skip_blanks(ps);
		if (n && *ps->p != ')') {
			filter_node_free(n);
			return filter_fail(ps, *ps->p ? ps->p : open,
					   *ps->p ? "expected 'and', 'or' or ')'" : "'(' without its ')'");
		}
		if (n)
			ps->p++;
	} else {
		n = filter_parse_check(ps);
	}
	return n && negate ? wrap(NODE_NOT, n) : n;
}

static struct node *parse_chain(struct filter_parser *ps, enum node_kind kind, const char *word,
				struct node *(*next)(struct filter_parser *))
{
	struct node *n = next(ps), *chain = NULL;

	for (;;) {
		if (!n) {
			filter_node_free(chain);
			return NULL;
		}
		if (chain)
			VEC_PUSH(chain->kids, chain->n_kids, chain->cap_kids) = n;
		filter_skip_blanks(ps);
		if (!at_keyword(ps, word))
			return chain ? chain : n;
		ps->p += strlen(word);
		if (!chain)
			chain = wrap(kind, n);
		n = next(ps);
	}
}

static struct node *parse_and(struct filter_parser *ps)
{
	return parse_chain(ps, NODE_AND, "and", parse_not);
}

static struct node *parse_or(struct filter_parser *ps)
{
	return parse_chain(ps, NODE_OR, "or", parse_and);
}

bool filter_is_blank(const char *s)
{
	return !s || !s[strspn(s, " \t\r\n\v\f")];
}

int filter_parse(const char *text, struct filter **ret, struct filter_error *ret_err)
{
	struct filter_error err = {0};
	struct filter *f = xcalloc(1, sizeof(*f));
	struct filter_parser ps = {.text = text, .p = text, .filter = f, .err = &err};

	if (!filter_is_blank(text) && strnlen(text, MAX_TEXT) == MAX_TEXT) {
		filter_fail(&ps, text, "filter longer than %d bytes", MAX_TEXT);
	} else if (!filter_is_blank(text)) {
		f->root = parse_or(&ps);
		filter_skip_blanks(&ps);
		if (f->root && *ps.p)
			filter_fail(&ps, ps.p,
				    *ps.p == ')' ? "')' without its '('" : "expected 'and' or 'or'");
	}
	if (err.column) {
		filter_free(f);
		if (ret_err)
			*ret_err = err;
		return -EINVAL;
	}
	f->scratch = arena_new();
	f->match = pcre2_match_data_create(1, NULL);
	f->limits = pcre2_match_context_create(NULL);
	if (!f->match || !f->limits)
		mem_fatal(0);
	/* an expression that backtracks for ever must not stop the monitor */
	pcre2_set_match_limit(f->limits, 100000);
	pcre2_set_depth_limit(f->limits, 1000);
	*ret = f;
	return 0;
}

struct filter *filter_free(struct filter *f)
{
	if (!f)
		return NULL;
	filter_node_free(f->root);
	arena_free(f->scratch);
	pcre2_match_data_free(f->match);
	pcre2_match_context_free(f->limits);
	free(f);
	return NULL;
}
