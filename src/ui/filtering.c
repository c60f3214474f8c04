/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filtering.c - see filtering.h. */
#include "ui/filtering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "ui/app.h"

/* Whether a typed filter is meant as an expression: it has a comparison, or one of the operator words. */
static bool is_expression(const char *text)
{
	static const char *const words[] = {
		"contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith", "glob",
		"iglob",    "regex",     "in",        "intersects", "pmatch",      "exists"};
	char word[16];

	if (strpbrk(text, "=<>"))
		return true;
	while (*text) {
		size_t len = strcspn(text, " ()");

		if (len && len < sizeof(word)) {
			memcpy(word, text, len);
			word[len] = '\0';
			for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
				if (strcmp(word, words[i]) == 0)
					return true;
		}
		text += len;
		text += strspn(text, " ()");
	}
	return false;
}

/* "proc.na": more likely the beginning of an expression than a word to look for. */
static bool is_field_begun(const char *text)
{
	size_t n, len = strcspn(text, " ");
	const struct field *fields = field_all(&n);

	if (!memchr(text, '.', len))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strncmp(fields[i].id, text, len) == 0)
			return true;
	return false;
}

bool filter_is_language(const char *text)
{
	return is_expression(text) || is_field_begun(text);
}

bool filter_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

const char *filter_typed(struct app *a)
{
	return a->spying ? a->spy.typed : selection_top(&a->sel)->user_filter;
}

const char *filter_needle(struct app *a)
{
	return a->spying ? a->spy.needle : app_level(a)->needle;
}

/* A list keeps both with its level as a table does, for when it is left and opened again. */
static void keep_in_level(struct app *a, const char *typed, const char *needle)
{
	struct selection_level *top = selection_top(&a->sel);
	struct level_state *level = app_level(a);

	typed = xstrdup(typed);
	needle = needle && *needle ? xstrdup(needle) : NULL;
	free(top->user_filter);
	free(level->needle);
	top->user_filter = (char *)typed;
	level->needle = (char *)needle;
}

void filter_show(struct app *a, const char *typed, const char *needle)
{
	bool same_typed = filter_same(typed, filter_typed(a));

	if (needle && !*needle)
		needle = NULL;
	if (same_typed && filter_same(needle, filter_needle(a)))
		return;
	if (!a->spying || a->spy.kind == SPY_LIST)
		keep_in_level(a, typed, needle);
	if (a->spying) {
		spy_show(&a->spy, typed, needle);
		return;
	}
	rows_set_needle(&a->rows, needle, a->page);
	if (!same_typed) {
		app_set_needs(a);
		app_rebuild(a);
	}
}

void filter_capture(struct app *a)
{
	int err = a->spying ? spy_capture(&a->spy, a->sample) : 0;

	if (a->spying)
		app_set_needs(a);
	if (err)
		app_message(a, ROLE_ERROR, "cannot spy on this: %s", strerror(-err));
}

void filter_apply(struct app *a, const char *text)
{
	struct editor *ed = &a->editor;
	struct filter_error error = {0};
	struct filter *f = NULL;

	ed->error[0] = '\0';
	ed->error_col = 0;
	text += strspn(text, " ");
	if (!filter_is_language(text)) {
		filter_show(a, NULL, text);
		return;
	}
	if (filter_parse(text, &f, &error)) {
		snprintf(ed->error, sizeof(ed->error), "%s", error.message);
		ed->error_col = error.column;
		return;
	}
	filter_free(f);
	filter_show(a, text, NULL);
}

bool filter_is_set(struct app *a)
{
	return filter_typed(a) || filter_needle(a);
}

void filter_clear(struct app *a)
{
	bool levels = !a->spying || a->spy.kind == SPY_LIST, steps = levels && app_level(a)->narrowed;
	bool captured = filter_typed(a);

	while (levels && app_level(a)->narrowed && selection_back(&a->sel)) {
	}
	if (steps)
		app_level_changed(a);
	while (!levels && a->spy.n_undo)
		free(a->spy.undo[--a->spy.n_undo]);
	filter_show(a, NULL, NULL);
	if (captured)
		filter_capture(a);
}

void filter_narrow_spy(struct app *a, const char *check)
{
	struct spy *s = &a->spy;
	char *typed = filter_join(s->typed, check);

	if (strlen(typed) >= LINE_MAX_BYTES) {
		app_message(a, ROLE_WARN, "the filter would become too long");
	} else {
		if (s->n_undo == SPY_UNDO) {
			free(s->undo[0]);
			memmove(&s->undo[0], &s->undo[1], (SPY_UNDO - 1) * sizeof(s->undo[0]));
			s->n_undo--;
		}
		s->undo[s->n_undo++] = xstrdup(s->typed);
		spy_show(s, typed, s->needle);
		filter_capture(a);
	}
	free(typed);
}

bool filter_undo_spy(struct app *a)
{
	struct spy *s = &a->spy;
	char *typed;

	if (!s->n_undo)
		return false;
	typed = s->undo[--s->n_undo];
	spy_show(s, typed, s->needle);
	filter_capture(a);
	free(typed);
	return true;
}

/* Whether it has an "or" that an "and" beside it would tear apart. */
static bool has_outer_or(const char *text)
{
	int depth = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\'') {
			for (char quote = *p++; *p && *p != quote; p++)
				p += *p == '\\' && p[1];
			if (!*p)
				break;
		} else if (*p == '(' || *p == ')') {
			depth += *p == '(' ? 1 : -1;
		} else if (depth == 0 && !strncmp(p, "or", 2) && (p == text || strchr(" )\"'", p[-1])) &&
			   (!p[2] || strchr(" (", p[2]))) {
			return true;
		}
	}
	return false;
}

char *filter_join(const char *a, const char *b)
{
	bool loose;

	if (!a || !a[strspn(a, " ")])
		return xstrdup(b);
	loose = has_outer_or(a);
	return xasprintf("%s%s%s and %s", loose ? "(" : "", a, loose ? ")" : "", b);
}
