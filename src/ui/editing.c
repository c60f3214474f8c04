/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * editing.c - the input line at the bottom: search (as one types), filter (a
 * plain word, or sysdig's language, completed with Tab and with the mistake
 * marked) and the name of a file to save to. Esc puts things back as they were.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"

enum { KEPT_MAX = 5000 }; /* calls of a spy that are looked at for values */

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

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* What is in force on the screen: a filter of the language and a text, NULL = none. */
static const char *typed_now(struct app *a)
{
	return a->spying ? a->spy.typed : selection_top(&a->sel)->user_filter;
}

static const char *needle_now(struct app *a)
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

static void show_only(struct app *a, const char *typed, const char *needle)
{
	bool same_typed = same(typed, typed_now(a));

	if (needle && !*needle)
		needle = NULL;
	if (same_typed && same(needle, needle_now(a)))
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

/* A spy then captures no more than is shown. */
static void capture(struct app *a)
{
	int err = a->spying ? spy_capture(&a->spy, a->sample) : 0;

	if (a->spying)
		app_set_needs(a);
	if (err)
		app_message(a, ROLE_ERROR, "cannot spy on this: %s", strerror(-err));
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
		show_only(a, NULL, text);
		return;
	}
	if (filter_parse(text, &f, &error)) {
		snprintf(ed->error, sizeof(ed->error), "%s", error.message);
		ed->error_col = error.column;
		return;
	}
	filter_free(f);
	show_only(a, text, NULL);
}

bool filter_is_set(struct app *a)
{
	return typed_now(a) || needle_now(a);
}

void filter_clear(struct app *a)
{
	bool levels = !a->spying || a->spy.kind == SPY_LIST, steps = levels && app_level(a)->narrowed;
	bool captured = typed_now(a);

	while (levels && app_level(a)->narrowed && selection_back(&a->sel)) {
	}
	if (steps)
		app_level_changed(a);
	while (!levels && a->spy.n_undo)
		free(a->spy.undo[--a->spy.n_undo]);
	show_only(a, NULL, NULL);
	if (captured)
		capture(a);
}

/* One more check for the calls of a spy, which Backspace takes back. */
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
		capture(a);
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
	capture(a);
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

/* ---- completion ---- */

/* The calls that the spy has kept, newest first. */
struct kept {
	struct app *a;
	uint64_t left;
};

static bool next_kept(void *userdata, struct event_record *ret)
{
	struct kept *k = userdata;
	const struct spy_log *log = &k->a->spy.log;

	if (!k->left)
		return false;
	k->left--;
	record_from_event(ret, k->a->spy.index, spy_log_entry(log, log->tail - 1 - k->left)->event);
	return true;
}

static bool is_filter(const char *text)
{
	return is_expression(text) || is_field_begun(text);
}

/* What could stand at the cursor. Values are counted once for a field, not for every letter. */
static void look_up(struct app *a)
{
	struct editor *ed = &a->editor;
	const char *text = ed->line.text;
	struct kept kept = {a, 0};
	const struct field *f;
	char *arg;

	offers_done(&ed->offers);
	ed->choice = 0;
	if (ed->kind != EDIT_FILTER)
		return;
	f = complete_field_at(text, ed->line.cursor, &arg);
	if (f && (ed->seen.field != f || strcmp(ed->seen.arg ? ed->seen.arg : "", arg ? arg : "") != 0)) {
		if (a->spying) {
			kept.left = a->spy.log.tail - a->spy.log.head;
			if (kept.left > KEPT_MAX)
				kept.left = KEPT_MAX;
		}
		seen_collect(&ed->seen, f, arg, a->sample, next_kept, &kept);
	}
	free(arg);
	complete(text, ed->line.cursor, a->spying ? a->spy.view : selection_top(&a->sel)->view, a->spying,
		 &ed->seen, &ed->offers);
}

/* Whether letters are still to come: the mistake is in the word at the cursor, and it could become right. */
static bool is_half_typed(const struct editor *ed)
{
	return !ed->error_told && ed->line.cursor == ed->line.len && ed->error_col > ed->offers.from &&
	       (ed->offers.n || ed->offers.from == ed->line.len);
}

static void put_offer(struct app *a, size_t choice)
{
	struct editor *ed = &a->editor;

	if (line_replace(&ed->line, ed->offers.from, ed->offers.items[choice - 1]))
		ed->choice = choice;
	apply_filter(a, ed->line.text);
}

/* Tab: what all offers have in common, then one after the other. */
static void complete_line(struct app *a, int step)
{
	struct editor *ed = &a->editor;
	struct offers *o = &ed->offers;
	size_t typed = ed->line.cursor - o->from, common = offers_common(o);
	char *text;

	if (!o->n)
		return;
	if (ed->choice) {
		put_offer(a, (ed->choice - 1 + (step > 0 ? 1 : o->n - 1)) % o->n + 1);
		return;
	}
	if (o->n == 1 || (o->exact && step > 0))
		text = offer_text(o, 0);
	else if (common > typed && !memcmp(o->items[0], ed->line.text + o->from, typed))
		text = xstrndup(o->items[0], common);
	else {
		put_offer(a, step > 0 ? 1 : o->n);
		return;
	}
	line_replace(&ed->line, o->from, text);
	free(text);
	apply_filter(a, ed->line.text);
	look_up(a);
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
	char *start = NULL;

	ed->kind = kind;
	ed->error[0] = '\0';
	ed->error_col = 0;
	ed->error_told = false;
	seen_done(&ed->seen);
	ed->before_row = a->spying ? (size_t)a->spy.cursor : a->rows.cursor;
	free(ed->before);
	free(ed->before_needle);
	ed->before = ed->before_needle = NULL;
	if (kind == EDIT_FILTER) {
		ed->before = xstrdup(typed_now(a));
		ed->before_needle = xstrdup(needle_now(a));
		start = xstrdup(ed->before ? ed->before : ed->before_needle);
	} else if (kind == EDIT_SEARCH) {
		ed->before = xstrdup(a->search);
	} else if (kind == EDIT_SAVE) {
		start = save_name(a);
	}
	line_start(&ed->line, start, &ed->history[kind]);
	free(start);
	look_up(a);
}

void editor_done(struct app *a)
{
	for (int i = 0; i <= EDIT_SAVE; i++)
		history_done(&a->editor.history[i]);
	free(a->editor.before);
	free(a->editor.before_needle);
	offers_done(&a->editor.offers);
	seen_done(&a->editor.seen);
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
	if (a->details) {
		if (a->search && !details_search(a, a->search, 1, true))
			snprintf(ed->error, sizeof(ed->error), "not found");
		return;
	}
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
		if (a->details) {
			/* stays where it is */
		} else if (a->spying) {
			free(a->spy.find);
			a->spy.find = NULL;
			a->spy.cursor = ed->before_row;
		} else {
			rows_go(&a->rows, ed->before_row, a->page);
		}
	} else if (ed->kind == EDIT_FILTER) {
		show_only(a, ed->before, ed->before_needle);
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

	if (ed->kind == EDIT_FILTER && ed->error[0]) {
		ed->error_told = true;
		return; /* stays open, the mistake marked */
	}
	history_add(&ed->history[ed->kind], text);
	if (ed->kind == EDIT_SAVE) {
		if (*text)
			save(a, text);
		return;
	}
	if (ed->kind == EDIT_FILTER && a->spying && !same(ed->before, typed_now(a)))
		capture(a);
	if (ed->kind == EDIT_SEARCH && !*text) /* an empty search goes on with the last one */
		set_search(a, ed->before);
	ed->kind = EDIT_NONE;
}

void editor_key(struct app *a, int key)
{
	if (key_find(key, SCOPE_INPUT) == OP_TYPE_COMPLETE) {
		if (a->editor.kind == EDIT_FILTER)
			complete_line(a, key == K_TAB ? 1 : -1);
		return;
	}
	switch (line_key(&a->editor.line, key)) {
	case LINE_CHANGED:
		a->editor.error_told = false;
		if (a->editor.kind == EDIT_SAVE)
			a->editor.error[0] = '\0';
		changed(a);
		look_up(a);
		break;
	case LINE_MOVED: look_up(a); break;
	case LINE_ACCEPTED: accepted(a); break;
	case LINE_CANCELLED: cancelled(a); break;
	default: break;
	}
}

/* ---- drawing ---- */

/* Text as it is typed, cell by cell: what a terminal must not get is a question mark. */
static void show(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = format_printable(text + i, len - i);
		if (n)
			buf_add(out, text + i, n);
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			buf_addc(out, '?');
	}
}

static int shown_cells(const char *text, size_t len)
{
	struct buf b = {0};
	int cells;

	show(&b, text, len);
	cells = (int)format_width(buf_str(&b));
	buf_done(&b);
	return cells;
}

/* A word to look for is not bothered with all the fields that have it somewhere. */
static bool offers_worth(const struct editor *ed)
{
	const char *word = ed->line.text + ed->offers.from;

	if (!ed->offers.n || !ed->line.len)
		return false;
	return is_filter(ed->line.text) || ed->choice || ed->offers.what != COMPLETE_FIELD ||
	       !strncasecmp(ed->offers.items[0], word, ed->line.cursor - ed->offers.from);
}

/* The offers on a line of their own, scrolled so that the one in the line is seen. */
static void draw_offers(struct app *a, int y)
{
	static const char *const kinds[] = {[COMPLETE_NOTHING] = "",
					    [COMPLETE_FIELD] = "fields",
					    [COMPLETE_OPERATOR] = "operators",
					    [COMPLETE_VALUE] = "seen",
					    [COMPLETE_LINK] = "next"};
	struct editor *ed = &a->editor;
	const struct offers *o = &ed->offers;
	int cols = term_cols(a->term), x = 1, end = cols - 8;
	size_t first = 0;
	char more[32];

	term_fill(a->term, y, 0, cols, ROLE_INPUT);
	x += term_put(a->term, y, x, cols, ROLE_LABEL, "Tab ");
	x += term_put(a->term, y, x, cols, ROLE_LABEL, kinds[o->what]) + 2;
	for (int used; ed->choice > first + 1;) { /* as many as fit before the chosen one */
		used = x;
		for (size_t i = first; i < ed->choice; i++)
			used += shown_cells(o->items[i], strlen(o->items[i])) + 2;
		if (used <= end)
			break;
		first++;
	}
	if (first)
		x += term_put(a->term, y, x, 1, ROLE_DIM, "«") + 1;
	for (size_t i = first; i < o->n; i++) {
		struct buf safe = {0}, cut = {0};
		int cells;

		show(&safe, o->items[i], strlen(o->items[i]));
		cells = (int)format_width(buf_str(&safe));
		if (x + cells > end && i > first) {
			snprintf(more, sizeof(more), "+%zu", o->n_all - i);
			term_put(a->term, y, x, cols - x, ROLE_DIM, more);
			buf_done(&safe);
			break;
		}
		format_cut(&cut, buf_str(&safe), end > x ? (size_t)(end - x) : 0, false, false);
		x += term_put(a->term, y, x, cols - x, i + 1 == ed->choice ? ROLE_MATCH : ROLE_NORMAL,
			      buf_str(&cut)) +
		     2;
		buf_done(&safe);
		buf_done(&cut);
	}
}

/* One clear sentence above the line, two lines high if it must be. Returns the first line it takes. */
static int draw_error(struct app *a, int y)
{
	int cols = term_cols(a->term), top;
	struct buf safe = {0};
	size_t fit;

	format_safe(&safe, a->editor.error, strlen(a->editor.error));
	fit = format_fit(buf_str(&safe), (size_t)(cols - 2), NULL);
	while (buf_str(&safe)[fit] && fit && buf_str(&safe)[fit - 1] != ' ')
		fit--;
	if (!fit)
		fit = format_fit(buf_str(&safe), (size_t)(cols - 2), NULL);
	top = y - (buf_str(&safe)[fit] ? 2 : 1);
	for (int i = top; i < y; i++)
		term_fill(a->term, i, 0, cols, ROLE_INPUT);
	{
		char *first = xstrndup(buf_str(&safe), fit);

		term_put(a->term, top, 1, cols - 2, ROLE_ERROR, first);
		free(first);
	}
	term_put(a->term, y - 1, 1, buf_str(&safe)[fit] ? cols - 2 : 0, ROLE_ERROR, buf_str(&safe) + fit);
	buf_done(&safe);
	return top;
}

/* The place of the mistake, in the line itself. */
static void mark_error(struct app *a, int y, int x, int room, int shift)
{
	struct editor *ed = &a->editor;
	const char *at = ed->line.text + ed->error_col - 1;
	int cell = shown_cells(ed->line.text, ed->error_col - 1) - shift;
	size_t word = strcspn(at, " ()");
	struct buf bad = {0};

	show(&bad, at, word ? word : *at ? 1 : 0);
	if (cell >= 0)
		term_put(a->term, y, x + cell, room - cell, ROLE_ERROR_MARK, bad.len ? buf_str(&bad) : " ");
	buf_done(&bad);
}

void editor_draw(struct app *a)
{
	static const char *const prompts[] = {
		[EDIT_SEARCH] = "search", [EDIT_FILTER] = "filter", [EDIT_SAVE] = "save to"};
	struct editor *ed = &a->editor;
	int y = term_rows(a->term) - 1, cols = term_cols(a->term), x = 1, room, cursor, shift, above = y;
	bool error = ed->error[0] && !is_half_typed(ed);
	const char *what = prompts[ed->kind];
	struct buf text = {0};

	term_fill(a->term, y, 0, cols, ROLE_INPUT);
	if (ed->kind == EDIT_FILTER && ed->line.len)
		what = is_filter(ed->line.text) ? "filter (expression)" : "filter (text)";
	x += term_put(a->term, y, x, cols, ROLE_LABEL, what);
	x += term_put(a->term, y, x, cols, ROLE_LABEL, ": ");
	room = cols - x - 1;
	cursor = shown_cells(ed->line.text, ed->line.cursor);
	shift = cursor >= room ? cursor - room + 1 : 0;
	show(&text, ed->line.text, ed->line.len);
	term_put(a->term, y, x, room, ROLE_INPUT,
		 buf_str(&text) + format_fit(buf_str(&text), (size_t)shift, NULL));
	if (error && ed->error_col && ed->error_col <= ed->line.len + 1)
		mark_error(a, y, x, room, shift);
	if (error)
		above = draw_error(a, y);
	if (offers_worth(ed))
		draw_offers(a, above - 1);
	if (ed->kind == EDIT_FILTER && !ed->line.len)
		term_put(a->term, y, x, room, ROLE_DIM,
			 " a word, or: proc.name = nginx and evt.failed = true  (Tab completes)");
	term_cursor(a->term, y, x + cursor - shift);
	buf_done(&text);
}
