/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_ast.h - a parsed filter, shared by filter_parse.c, filter_check.c, filter_eval.c and
 * filter_push.c. Private to them.
 */
#ifndef CTOP_CORE_FILTER_AST_H
#define CTOP_CORE_FILTER_AST_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/basis.h"
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

/* A value made of fields. */
enum expr_fn {
	EXPR_FIELD,
	EXPR_TEXT,
	EXPR_LOWER,
	EXPR_UPPER,
	EXPR_B64,
	EXPR_BASENAME,
	EXPR_LEN,
	EXPR_CONCAT,
	EXPR_JOIN, /* the first of its kids between the others */
	EXPR_VAL,
};

struct expr {
	enum expr_fn fn;
	const struct field *field; /* EXPR_FIELD */
	char *arg;                 /* its argument, or NULL */
	char *text;                /* EXPR_TEXT */
	struct expr **kids;
	size_t n_kids, cap_kids;
};

struct literal {
	char *text; /* as written, unquoted; for the b* operators the bytes */
	size_t len;
	double num; /* fields with numbers, in base units */
	int64_t integer;
	bool is_integer; /* num is integer */
	bool boolean;
	uint8_t family, prefix, addr[16]; /* IP fields */
	struct expr *expr;                /* none of these: what it is is known with the record */
	pcre2_code *regex;
};

/* How many of a list must match; MOD_NONE: any of `in`, the one of the others. */
enum modifier { MOD_NONE, MOD_ONEOF, MOD_ANYOF, MOD_ALLOF };

struct check {
	const struct field *field; /* of an expression: what stands for its result */
	char *arg;                 /* of FIELD_ARG fields */
	struct expr *expr;         /* what is compared, if it is not the field itself */
	enum op op;
	enum modifier modifier;
	struct literal *items;
	size_t n_items;
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
/* A quoted or bare text, malloc'ed; false with the error noted. */
bool filter_parse_text(struct filter_parser *ps, char **ret, size_t *ret_len);
/* A field with its argument (malloc'ed, or NULL); NULL with the error noted. */
const struct field *filter_parse_field(struct filter_parser *ps, char **ret_arg);

/* filter_expr.c: whether a function begins here; its expression, or NULL with the error noted. */
bool filter_at_function(const struct filter_parser *ps);
struct expr *filter_parse_expr(struct filter_parser *ps);
void filter_expr_free(struct expr *e);
/* A field of the type that the expression has. */
const struct field *filter_expr_field(const struct expr *e);
struct value filter_expr_value(const struct filter *f, const struct expr *e, const struct record *r);
/* The value as the right side of a check, in the filter's scratch memory; false when it is missing. */
bool filter_expr_literal(const struct filter *f, const struct expr *e, const struct record *r, struct literal *ret);

/* NULL with the error noted. */
struct node *filter_parse_check(struct filter_parser *ps);
void filter_node_free(struct node *n);

/* Fills the typed part from the text; false with a message when it does not fit the field. */
bool literal_convert(struct literal *lit, const struct field *f, enum op op, char *message, size_t size);

/* Compares the parsed literals with a value; false when it is missing. */
bool check_eval(const struct filter *f, const struct check *c, const struct record *r);
bool filter_node_eval(const struct filter *f, const struct node *n, const struct record *r);
/* What its verdict follows from. */
enum basis filter_node_basis(const struct node *n);

#endif
