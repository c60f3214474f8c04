/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_ast.h - a parsed filter, shared by filter_parse.c, filter_check.c, filter_eval.c and
 * filter_push.c. Private to them.
 */
#ifndef CTOP_CORE_FILTER_AST_H
#define CTOP_CORE_FILTER_AST_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/filter.h"

enum op {
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_EXISTS,
	OP_CONTAINS,
	OP_ICONTAINS,
	OP_BCONTAINS,
	OP_STARTSWITH,
	OP_BSTARTSWITH,
	OP_ENDSWITH,
	OP_GLOB,
	OP_IGLOB,
	OP_REGEX,
	OP_IN,
	OP_INTERSECTS,
	OP_PMATCH,
	OP_MAX,
};

/* What stands to the right of an operator. */
enum operand_form { FORM_NONE, FORM_ONE, FORM_LIST };

struct op_info {
	const char *text;
	enum operand_form form;
	bool numbers, strings; /* what kinds of fields it works on */
};

extern const struct op_info filter_ops[OP_MAX];

struct literal {
	char *text; /* as written, unquoted; for the b* operators the bytes */
	size_t len;
	double num; /* fields with numbers, in base units */
	int64_t integer;
	bool is_integer; /* num is integer */
	bool boolean;
	uint8_t family, prefix, addr[16]; /* IP fields */
};

struct check {
	const struct field *field;
	char *arg; /* of FIELD_ARG fields */
	enum op op;
	struct literal *items;
	size_t n_items;
	pcre2_code *regex;
};

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_CHECK };

struct node {
	enum node_kind kind;
	struct node **kids;
	size_t n_kids, cap_kids;
	struct check check;
};

struct filter {
	struct node *root;       /* NULL: passes everything */
	unsigned needs, grains;  /* bit 1 << enum grain */
	bool latency;            /* some check is on the latency of calls */
	struct arena *scratch;   /* strings that getters make during one match */
	pcre2_match_data *match; /* shared by all its expressions */
	pcre2_match_context *limits;
};

struct filter_parser {
	const char *text, *p;
	unsigned depth;
	struct filter *filter;
	struct filter_error *err;
};

/* Notes the first error, at a place of the text; returns NULL for parser functions to pass on. */
void *filter_fail(struct filter_parser *ps, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void filter_skip_blanks(struct filter_parser *ps);
bool filter_is_word(char c);
bool filter_is_blank(const char *s); /* NULL is */
/* NULL with the error noted. */
struct node *filter_parse_check(struct filter_parser *ps);
void filter_node_free(struct node *n);

/* Fills the typed part from the text; false with a message when it does not fit the field. */
bool literal_convert(struct literal *lit, const struct field *f, enum op op, char *message, size_t size);

/* Compares the parsed literals with a value; false when it is missing. */
bool check_eval(const struct filter *f, const struct check *c, const struct record *r);

#endif
