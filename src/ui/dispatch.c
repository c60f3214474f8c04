/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dispatch.c - what a key or a click means right now. One order, always:
 * overlay, then a question or input line, then the screen's own keys.
 */
#include "ui/action.h"
#include "ui/app.h"

enum { WHEEL_LINES = 3 };

void app_hit(struct app *a, int y, int x0, int x1, int what, size_t arg)
{
	if (a->n_hits < APP_HITS)
		a->hits[a->n_hits++] = (struct hit){.y = y, .x0 = x0, .x1 = x1, .what = what, .arg = arg};
}

static void on_key(struct app *a, int key)
{
	enum op op;

	if (a->overlay.kind != OVERLAY_NONE) {
		op = key_find(key, a->overlay.kind == OVERLAY_PAGE ? SCOPE_PAGE : SCOPE_LIST);
		if (op == OP_REDRAW)
			term_repaint(a->term);
		else
			overlay_op(a, op, key);
		return;
	}
	if (a->actions->asking != ASK_NOTHING) {
		action_ask_key(a, key);
		return;
	}
	if (a->editor.kind != EDIT_NONE) {
		editor_key(a, key);
		return;
	}
	op = key_find(key, a->details ? SCOPE_DETAILS : !a->spying ? SCOPE_TABLE : a->spy.kind == SPY_LIST ? SCOPE_EVENTS : SCOPE_SPY);
	switch (op) {
	case OP_QUIT: a->quit = true; break;
	case OP_REDRAW: term_repaint(a->term); break;
	case OP_HELP: overlay_open_page(a, "Keys", help_page); break;
	case OP_ACTIONS: action_menu_open(a); break;
	case OP_NONE:
		if (!a->details && (!a->spying || a->spy.kind == SPY_LIST))
			action_key(a, key);
		break;
	default:
		if (a->details)
			details_op(a, op);
		else if (!a->spying)
			table_op(a, op, key);
		else if (a->spy.kind == SPY_LIST)
			list_op(a, op, key);
		else
			spy_op(a, op);
	}
}

static void on_row_click(struct app *a, const struct input *in, size_t row)
{
	if (a->spying) {
		a->spy.follow = false;
		a->spy.cursor = row;
		if (in->act == MOUSE_DOUBLE)
			spy_op(a, OP_DETAIL);
		return;
	}
	rows_go(&a->rows, row, a->page);
	if (in->act == MOUSE_DOUBLE)
		table_op(a, OP_DRILL, 0);
}

static void on_mouse(struct app *a, const struct input *in)
{
	const struct hit *found = NULL;

	if (a->overlay.kind != OVERLAY_NONE) {
		overlay_click(a, in);
		return;
	}
	if (in->act == MOUSE_WHEEL_UP || in->act == MOUSE_WHEEL_DOWN) {
		int lines = in->act == MOUSE_WHEEL_UP ? -WHEEL_LINES : WHEEL_LINES;

		if (a->details) {
			for (int i = 0; i < WHEEL_LINES; i++)
				details_op(a, lines < 0 ? OP_UP : OP_DOWN);
			return;
		}
		if (!a->spying)
			rows_scroll(&a->rows, lines, a->page);
		for (int i = 0; a->spying && i < WHEEL_LINES; i++)
			spy_op(a, lines < 0 ? OP_UP : OP_DOWN);
		return;
	}
	for (size_t i = 0; i < a->n_hits && !found; i++)
		if (a->hits[i].y == in->y && in->x >= a->hits[i].x0 && in->x < a->hits[i].x1)
			found = &a->hits[i];
	if (!found || a->editor.kind != EDIT_NONE || a->actions->asking != ASK_NOTHING)
		return;
	if (found->what == HIT_KEY && in->act == MOUSE_CLICK)
		on_key(a, (int)found->arg);
	else if (found->what == HIT_SORT)
		table_sort_by(a, found->arg);
	else if (found->what == HIT_ROW)
		on_row_click(a, in, found->arg);
}

void app_input(struct app *a, const struct input *in)
{
	if (in->key == K_MOUSE)
		on_mouse(a, in);
	else
		on_key(a, in->key);
	a->dirty = true;
}
