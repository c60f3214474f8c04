/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * editing.c - the input line at the bottom: search (as one types), filter (a
 * plain word, or sysdig's language, completed with Tab and with the mistake
 * marked) and the name of a file to save to. Esc puts things back as they were.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"
#include "ui/filtering.h"

enum { KEPT_MAX = 5000 }; /* calls of a spy that are looked at for values */
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

static void put_offer(struct app *a, size_t choice)
{
	struct editor *ed = &a->editor;

	if (line_replace(&ed->line, ed->offers.from, ed->offers.items[choice - 1]))
		ed->choice = choice;
	filter_apply(a, ed->line.text);
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
	filter_apply(a, ed->line.text);
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
		ed->before = xstrdup(filter_typed(a));
		ed->before_needle = xstrdup(filter_needle(a));
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
		filter_apply(a, a->editor.line.text);
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
		filter_show(a, ed->before, ed->before_needle);
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
	if (ed->kind == EDIT_FILTER && a->spying && !filter_same(ed->before, filter_typed(a)))
		filter_capture(a);
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
