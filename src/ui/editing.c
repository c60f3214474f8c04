/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * editing.c - the input line at the bottom: search (as one types), filter (a
 * plain word, or sysdig's language with the mistake marked) and the name of a
 * file to save to. Esc puts things back as they were.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/format.h"
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

static void set_user_filter(struct app *a, const char *text)
{
	struct selection_level *top = selection_top(&a->sel);
	bool same = (!text && !top->user_filter) ||
		    (text && top->user_filter && strcmp(text, top->user_filter) == 0);

	if (same)
		return;
	free(top->user_filter);
	top->user_filter = xstrdup(text);
	collector_set_needs(a->collector, selection_needs(&a->sel));
	app_rebuild(a);
}

static void set_needle(struct app *a, const char *text)
{
	struct level_state *level = app_level(a);

	free(level->needle);
	level->needle = text && *text ? xstrdup(text) : NULL;
	rows_set_needle(&a->rows, level->needle, a->page);
}

/* Applies what is typed as far as it makes sense; a half-typed expression leaves the rows as they are. */
static void apply_filter(struct app *a, const char *text)
{
	struct editor *ed = &a->editor;
	struct filter_error error = {0};
	struct filter *f = NULL;

	ed->error[0] = '\0';
	ed->error_col = 0;
	text += strspn(text, " ");
	if (!is_expression(text) && !is_field_begun(text)) {
		set_user_filter(a, NULL);
		set_needle(a, text);
		return;
	}
	set_needle(a, NULL);
	if (filter_parse(text, &f, &error)) {
		snprintf(ed->error, sizeof(ed->error), "%s", error.message);
		ed->error_col = error.column;
		return;
	}
	filter_free(f);
	set_user_filter(a, text);
}

bool filter_is_set(struct app *a)
{
	return selection_top(&a->sel)->user_filter || app_level(a)->needle;
}

void filter_clear(struct app *a)
{
	set_needle(a, NULL);
	set_user_filter(a, NULL);
}

void filter_add(struct app *a, const char *text)
{
	char *both = filter_and(selection_top(&a->sel)->user_filter, text);

	set_user_filter(a, both);
	free(both);
}

static char *save_name(const struct app *a)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	return xasprintf("ctop-trace-%s-%s.txt",
			 a->spy.kind == SPY_DIG    ? "dig"
			 : a->spy.kind == SPY_LIST ? a->spy.view->id
						   : "echo",
			 stamp);
}

void editor_open(struct app *a, enum edit_kind kind)
{
	struct editor *ed = &a->editor;
	const struct selection_level *top = selection_top(&a->sel);
	char *start = NULL;

	ed->kind = kind;
	ed->error[0] = '\0';
	ed->error_col = 0;
	ed->before_row = a->spying ? (size_t)a->spy.cursor : a->rows.cursor;
	free(ed->before);
	ed->before = NULL;
	if (kind == EDIT_FILTER) {
		const char *now = top->user_filter ? top->user_filter : app_level(a)->needle;

		ed->before = xstrdup(now);
		start = xstrdup(now);
	} else if (kind == EDIT_SEARCH) {
		ed->before = xstrdup(a->search);
	} else if (kind == EDIT_SAVE) {
		start = save_name(a);
	}
	line_start(&ed->line, start, &ed->history[kind]);
	free(start);
}

static void set_search(struct app *a, const char *text)
{
	char *copy = text && *text ? xstrdup(text) : NULL;

	free(a->search);
	a->search = copy;
}

static void search_typed(struct app *a)
{
	struct editor *ed = &a->editor;
	long at;

	set_search(a, ed->line.text);
	ed->error[0] = '\0';
	if (a->spying) {
		if (a->search && a->spy.log.shown_tail > a->spy.log.shown_head)
			spy_find(&a->spy, a->search, 1, true);
		return;
	}
	if (!a->search)
		return;
	at = rows_find(&a->rows, a->search, ed->before_row, 1);
	if (at < 0)
		snprintf(ed->error, sizeof(ed->error), "not found");
	else
		rows_go(&a->rows, (size_t)at, a->page);
}

static void changed(struct app *a)
{
	if (a->editor.kind == EDIT_SEARCH)
		search_typed(a);
	else if (a->editor.kind == EDIT_FILTER)
		apply_filter(a, a->editor.line.text);
}

static void cancelled(struct app *a)
{
	struct editor *ed = &a->editor;

	if (ed->kind == EDIT_SEARCH) {
		set_search(a, ed->before);
		if (a->spying) {
			free(a->spy.find);
			a->spy.find = NULL;
			a->spy.cursor = ed->before_row;
		} else {
			rows_go(&a->rows, ed->before_row, a->page);
		}
	} else if (ed->kind == EDIT_FILTER) {
		apply_filter(a, ed->before ? ed->before : "");
	}
	ed->kind = EDIT_NONE;
}

static void save(struct app *a, const char *name)
{
	struct buf safe = {0};
	int err = spy_save(&a->spy, name);

	if (err) {
		format_safe(&safe, name, strlen(name));
		snprintf(a->editor.error, sizeof(a->editor.error), "%.120s: %s", buf_str(&safe),
			 err == -EEXIST ? "exists already; choose another name" : strerror(-err));
		buf_done(&safe);
		return; /* the line stays open to be corrected */
	}
	a->editor.kind = EDIT_NONE;
}

static void accepted(struct app *a)
{
	struct editor *ed = &a->editor;
	const char *text = ed->line.text;

	if (ed->kind == EDIT_FILTER && ed->error[0])
		return; /* stays open, the mistake marked */
	history_add(&ed->history[ed->kind], text);
	if (ed->kind == EDIT_SAVE) {
		if (*text)
			save(a, text);
		return;
	}
	if (ed->kind == EDIT_SEARCH && !*text) /* an empty search goes on with the last one */
		set_search(a, ed->before);
	ed->kind = EDIT_NONE;
}

void editor_key(struct app *a, int key)
{
	switch (line_key(&a->editor.line, key)) {
	case LINE_CHANGED:
		if (a->editor.kind == EDIT_SAVE)
			a->editor.error[0] = '\0';
		changed(a);
		break;
	case LINE_ACCEPTED: accepted(a); break;
	case LINE_CANCELLED: cancelled(a); break;
	default: break;
	}
}

void editor_draw(struct app *a)
{
	static const char *const prompts[] = {
		[EDIT_SEARCH] = "search", [EDIT_FILTER] = "filter", [EDIT_SAVE] = "save to"};
	struct editor *ed = &a->editor;
	int y = term_rows(a->term) - 1, cols = term_cols(a->term), x = 1, room, cursor, shift;
	const char *text = ed->line.text, *what = prompts[ed->kind];
	struct buf safe = {0};

	term_fill(a->term, y, 0, cols, ROLE_INPUT);
	if (ed->kind == EDIT_FILTER && ed->line.len)
		what = is_expression(text) || is_field_begun(text) ? "filter (expression)" : "filter (text)";
	x += term_put(a->term, y, x, cols, ROLE_LABEL, what);
	x += term_put(a->term, y, x, cols, ROLE_LABEL, ": ");
	room = cols - x - 1;
	cursor = (int)line_cursor_cells(&ed->line);
	shift = cursor >= room ? cursor - room + 1 : 0;
	term_put(a->term, y, x, room, ROLE_INPUT, text + format_fit(text, (size_t)shift, NULL));
	if (ed->error_col && ed->error_col <= ed->line.len + 1) {
		/* the place of the mistake, in the line itself */
		char *head = xstrndup(text, ed->error_col - 1);
		int at = (int)format_width(head) - shift;
		size_t word = strcspn(text + ed->error_col - 1, " ()");
		char *bad = xstrndup(text + ed->error_col - 1, word ? word : 1);

		if (at >= 0)
			term_put(a->term, y, x + at, room - at, ROLE_ERROR_MARK, *bad ? bad : " ");
		free(head);
		free(bad);
	}
	if (ed->error[0]) {
		size_t fit;

		format_safe(&safe, ed->error, strlen(ed->error));
		fit = format_fit(buf_str(&safe), (size_t)(cols - 2), NULL);
		term_fill(a->term, y - 1, 0, cols, ROLE_INPUT);
		term_fill(a->term, y - 2, 0, buf_str(&safe)[fit] ? cols : 0, ROLE_INPUT);
		term_put(a->term, y - (buf_str(&safe)[fit] ? 2 : 1), 1, cols - 2, ROLE_ERROR, buf_str(&safe));
		term_put(a->term, y - 1, 1, buf_str(&safe)[fit] ? cols - 2 : 0, ROLE_ERROR,
			 buf_str(&safe) + fit);
	} else if (ed->kind == EDIT_FILTER && !ed->line.len) {
		term_put(a->term, y, x, room, ROLE_DIM,
			 " a word, or: proc.name = nginx and evt.failed = true");
	}
	term_cursor(a->term, y, x + cursor - shift);
	buf_done(&safe);
}
