/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_list.c - list views on the screen: a spy whose lines are rows of the
 * view. Their texts are made when the events come, while the processes that
 * they tell of are still known. Moving, searching, pausing and saving are the
 * spy's own.
 */
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"

/* ---- the text of a row: safe cells, joined by newlines, which safe text has none of ---- */

char *list_text(const struct view *v, const struct record *event)
{
	struct arena *tmp = arena_new();
	struct buf out = {0};
	struct row row;

	view_list_row(v, event, tmp, &row);
	for (size_t i = 0; i < v->n_columns; i++) {
		if (i)
			buf_addc(&out, '\n');
		row_cell(v, &row, i, &out);
	}
	arena_free(tmp);
	return buf_steal(&out);
}

/* The n-th cell; *ret_len its bytes. */
static const char *cell_of(const char *text, size_t n, size_t *ret_len)
{
	for (; n && text; n--) {
		text = strchr(text, '\n');
		text += text != NULL;
	}
	*ret_len = text ? strcspn(text, "\n") : 0;
	return text ? text : "";
}

void list_line_text(const struct view *v, const char *text, struct buf *out)
{
	for (size_t i = 0; i < v->n_columns; i++) {
		size_t len, width = v->columns[i].width, have;
		const char *cell = cell_of(text, i, &len);
		char *copy = xstrndup(cell, len);

		have = format_width(copy);
		buf_add(out, cell, len);
		if (i + 1 < v->n_columns)
			buf_fill(out, ' ', (have < width ? width - have : 0) + 2);
		free(copy);
	}
}

/* ---- drawing ---- */

void list_draw_heads(struct app *a, int y)
{
	const struct view *v = a->spy.view;
	int cols = term_cols(a->term);

	layout_make(v, LAYOUT_GUTTER, cols - LAYOUT_GUTTER - 1, a->scroll, a->widest, -1, &a->layout);
	term_fill(a->term, y, 0, cols, ROLE_HEAD_LIST);
	for (size_t i = 0; i < a->layout.n; i++) {
		const struct layout_cell *cell = &a->layout.cells[i];
		struct buf title = {0};

		format_cut(&title, v->columns[cell->column].title, (size_t)cell->width, false, false);
		if (cell->right)
			term_put_right(a->term, y, cell->x, cell->width, ROLE_HEAD_LIST, buf_str(&title));
		else
			term_put(a->term, y, cell->x, cell->width, ROLE_HEAD_LIST, buf_str(&title));
		buf_done(&title);
	}
	if (a->layout.more_left)
		term_put(a->term, y, 0, 1, ROLE_HEAD_LIST, "«");
	if (a->layout.more_right)
		term_put(a->term, y, cols - 1, 1, ROLE_HEAD_LIST, "»");
}

static unsigned cell_role(const struct column *c, const char *text, bool failed)
{
	static const char *const bad[] = {"emerg", "alert", "crit", "err"};

	if (!strcmp(c->field->id, "evt.res"))
		return failed ? ROLE_FAILED : ROLE_OK;
	if (!strcmp(c->field->id, "syslog.severity.str")) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (!strcmp(text, bad[i]))
				return ROLE_CRITICAL;
		return !strcmp(text, "warning") ? ROLE_WARN : ROLE_NORMAL;
	}
	if (!strcmp(c->field->id, "evt.time"))
		return ROLE_DIM;
	return c->width ? ROLE_NORMAL : ROLE_NAME;
}

void list_draw_line(struct app *a, int y, uint64_t line)
{
	const struct view *v = a->spy.view;
	const struct spy_entry *e = spy_log_line(&a->spy.log, line);
	unsigned selected = line == a->spy.cursor && !a->spy.follow ? ROLE_SELECTED : 0;

	if (selected) {
		term_fill(a->term, y, 0, term_cols(a->term), ROLE_NORMAL | selected);
		term_put(a->term, y, 0, 1, ROLE_TITLE | selected, "▌");
	}
	for (size_t i = 0; e && e->text && i < a->layout.n; i++) {
		const struct layout_cell *cell = &a->layout.cells[i];
		const struct column *c = &v->columns[cell->column];
		size_t len;
		const char *text = cell_of(e->text, cell->column, &len);
		char *copy = xstrndup(text, len), *s = copy;
		bool chosen = line == a->spy.cursor && (int)cell->column == a->cell;
		unsigned role = chosen ? ROLE_CELL : cell_role(c, copy, event_failed(e->event)) | selected;
		int width = (int)format_width(copy);
		struct buf cut = {0};

		if (width > a->widest[cell->column])
			a->widest[cell->column] = width;
		if (a->layout.text_shift && i == a->layout.n - 1)
			s += format_fit(s, (size_t)a->layout.text_shift, NULL);
		format_cut(&cut, s, (size_t)cell->width, *s == '/' && !strchr(s, ' '), false);
		if (chosen)
			term_fill(a->term, y, cell->x, cell->width, ROLE_CELL);
		if (cell->right)
			term_put_right(a->term, y, cell->x, cell->width, role, buf_str(&cut));
		else if (chosen)
			term_put(a->term, y, cell->x, cell->width, role, buf_str(&cut));
		else
			app_put_lit(a, y, cell->x, cell->width, role, buf_str(&cut));
		buf_done(&cut);
		free(copy);
	}
}

/* ---- life ---- */

/* Everything but what was typed, which the spy keeps apart. */
static char *base_filter(struct app *a)
{
	struct selection_level *top = selection_top(&a->sel);
	char *typed = top->user_filter, *base;

	top->user_filter = NULL;
	base = selection_filter(&a->sel);
	top->user_filter = typed;
	return base;
}

void list_open(struct app *a)
{
	struct selection_level *top = selection_top(&a->sel);
	const struct view *v = top->view;
	char *base = base_filter(a);
	int err = 0;

	if (view_is_list(v) && a->spying && a->spy.view == v && !strcmp(a->spy.base_text, base)) {
		/* another filter on the same list: its rows stay */
		spy_show(&a->spy, top->user_filter, app_level(a)->needle);
		err = spy_capture(&a->spy, a->sample);
	} else {
		list_close(a);
		if (view_is_list(v)) {
			err = spy_start(&a->spy, SPY_LIST, a->source, a->sample, base, top->user_filter,
					a->config->snaplen);
			a->spying = !err;
			a->spy.view = v;
			if (!err && app_level(a)->needle)
				spy_show(&a->spy, top->user_filter, app_level(a)->needle);
		}
	}
	if (err)
		app_message(a, ROLE_ERROR, "cannot open this list: %s", strerror(-err));
	free(base);
}

void list_close(struct app *a)
{
	if (a->parked.source)
		spy_stop(&a->parked);
	if (a->spying)
		spy_stop(&a->spy);
	a->spying = false;
}

/* The list waits, with its rows, while the calls of one process are shown. */
static void dig(struct app *a)
{
	const struct spy_entry *e = spy_log_line(&a->spy.log, a->spy.cursor);
	struct spy list = a->spy;
	struct buf label = {0};
	char *filter;
	int err;

	if (!e)
		return;
	filter = xasprintf("proc.pid = %u", e->event->tgid);
	a->spy = (struct spy){.save_fd = -1};
	err = spy_start(&a->spy, SPY_DIG, a->source, a->sample, filter, NULL, a->config->snaplen);
	free(filter);
	if (err) {
		a->spy = list;
		app_message(a, ROLE_ERROR, "cannot spy on this: %s", strerror(-err));
		return;
	}
	a->parked = list;
	spy_say_where(&a->spy, a->config->where);
	buf_addf(&label, "%s %u", e->event->comm, e->event->tgid);
	a->spy.label = buf_steal(&label);
}

bool list_resume(struct app *a)
{
	int err;

	if (!a->parked.source)
		return false;
	spy_stop(&a->spy);
	a->spy = a->parked;
	a->parked = (struct spy){.save_fd = -1};
	err = spy_resume(&a->spy, a->sample);
	if (err)
		app_message(a, ROLE_ERROR, "the list ended: %s", strerror(-err));
	return true;
}

/* = and !: the values are looked at once more, the line has only their texts. */
static void narrow(struct app *a, bool exclude)
{
	const struct spy_entry *e = spy_log_line(&a->spy.log, a->spy.cursor);
	struct event_record *rec;
	struct arena *tmp;
	struct row row;

	if (!e) {
		cell_narrow(a, NULL, exclude);
		return;
	}
	rec = xmalloc(sizeof(*rec));
	tmp = arena_new();
	record_from_event(rec, a->spy.index, e->event);
	view_list_row(a->spy.view, &rec->record, tmp, &row);
	cell_narrow(a, &row, exclude);
	arena_free(tmp);
	free(rec);
}

void list_op(struct app *a, enum op op, int key)
{
	switch (op) {
	case OP_VIEWS:
	case OP_HOTKEY:
	case OP_DETAILS:
	case OP_LEGEND: table_op(a, op, key); break;
	case OP_CELL_LEFT: cell_move(a, a->spy.view, -1); break;
	case OP_CELL_RIGHT: cell_move(a, a->spy.view, 1); break;
	case OP_SCROLL_LEFT: cell_scroll(a, a->spy.view, -1); break;
	case OP_SCROLL_RIGHT: cell_scroll(a, a->spy.view, 1); break;
	case OP_ONLY: narrow(a, false); break;
	case OP_EXCLUDE: narrow(a, true); break;
	case OP_DIG: dig(a); break;
	default: spy_op(a, op); break;
	}
}
