/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter.h - sysdig's filter language: `field op value`, and or not ( ).
 * A check on a missing value is false for every operator.
 */
#ifndef CTOP_CORE_FILTER_H
#define CTOP_CORE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/field.h"

struct filter;

struct filter_error {
	size_t column;     /* 1-based byte position in the text */
	char message[200]; /* "unknown field 'proc.nam'; did you mean 'proc.name'?" */
};

/* NULL or blank text gives a filter that passes everything. 0 or -EINVAL with *ret_err set. */
int filter_parse(const char *text, struct filter **ret, struct filter_error *ret_err);
struct filter *filter_free(struct filter *f);
bool filter_match(const struct filter *f,
		  const struct record *r); /* one thread at a time: it has scratch memory */
bool filter_is_empty(const struct filter *f);

/* What must be attached to evaluate it (enum need), and whether any check is on the fact or fd grain. */
unsigned filter_needs(const struct filter *f);
/* Whether it asks for the latency of calls: see fact_part(). */
bool filter_uses_latency(const struct filter *f);
bool filter_uses_grain(const struct filter *f, enum grain g);

/* Quotes a value for use in a filter text; caller frees. */
char *filter_quote(const char *value);

/* (a) and (b); either may be NULL or blank. Caller frees. */
char *filter_and(const char *a, const char *b);

/* For completion: what may follow a field, and which field a word means. */
enum { FILTER_OPERATORS = 20 }; /* "==" is the same as "=" */
enum filter_operand { FILTER_NO_VALUE, FILTER_ONE_VALUE, FILTER_LIST };
/* All operators, the *ret_fit ones that fit the field first. */
void filter_operators(const struct field *f, const char *ret[FILTER_OPERATORS], size_t *ret_fit);
/* What an operator takes; -1: it is none. */
int filter_operand(const char *op, size_t len);
/* The field that a word names, with its argument if it takes one (*ret_arg: caller frees; NULL); or NULL. */
const struct field *filter_field(const char *word, size_t len, char **ret_arg);
/* Whether a word is a function: tolower, val, ... */
bool filter_is_function(const char *word, size_t len);
/* Whether a text can stand as a value without quotes. */
bool filter_is_bare(const char *value);

struct spy_selection;
/*
 * The part of a filter that the kernel can decide for the spy: a conjunction of equalities on thread.tid,
 * proc.pid, evt.type, evt.failed, evt.latency >, fd.* (looked up among the sample's objects), and any text
 * check on container.* and k8s.* (the cgroups of the sample's containers that pass).
 * Fills *ret (arrays in arena); what is left must still be checked with filter_match().
 * *ret_text describes the part for the legend (in arena; "" when there is none).
 */
void filter_push_down(const struct filter *f, const struct sample *s, struct arena *arena,
		      struct spy_selection *ret, const char **ret_text);

#endif
