/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filtering.h - what is typed as a filter, on whatever is on the screen: a table,
 * a list or a spy. A text is either an expression of the filter language or a word
 * (the needle) that a row must have; one of them is in force at a time.
 */
#ifndef CTOP_UI_FILTERING_H
#define CTOP_UI_FILTERING_H

#include <stdbool.h>

struct app;

/* Whether it is meant as an expression: it has a comparison, an operator's word, or begins as a field does.
 */
bool filter_is_language(const char *text);

/* What is in force: an expression, a needle. NULL = none; belong to the screen. */
const char *filter_typed(struct app *a);
const char *filter_needle(struct app *a);
bool filter_is_set(struct app *a);
bool filter_same(const char *a, const char *b); /* either may be NULL */

/* Shows only what passes; both NULL: everything. */
void filter_show(struct app *a, const char *typed, const char *needle);

/* Applies what is typed as far as it makes sense; a half-typed expression leaves the rows as they are, and
 * the editor has the mistake. */
void filter_apply(struct app *a, const char *text);

/* Takes all of it away, what narrowed the level too. */
void filter_clear(struct app *a);

/* Has a spy capture no more than is shown. */
void filter_capture(struct app *a);

/* One more check for the calls of a spy, which filter_undo_spy() takes back; that returns false without any.
 */
void filter_narrow_spy(struct app *a, const char *check);
bool filter_undo_spy(struct app *a);

/* Both, and-ed without needless parentheses; `a` may be NULL or empty. The caller frees. */
char *filter_join(const char *a, const char *b);

#endif
