/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay.c - boxes above the screen: pick a view, pick a sort column, read a
 * page of text. One list widget, one text widget.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/action.h"
#include "ui/app.h"

enum { LIST_CELLS = 26, PAGE_WIDTH_MAX = 110 };

struct box {
	int y, x, rows, cols; /* inside of the frame */
};

static struct box make_box(struct app *a, int rows, int cols)
{
	int all_rows = term_rows(a->term), all_cols = term_cols(a->term);
	struct box b;

	b.rows = rows < all_rows - 4 ? rows : all_rows - 4; /* where one is stays in sight */
	b.cols = cols < all_cols - 2 ? cols : all_cols - 2;
	b.y = (all_rows - b.rows) / 2;
	b.x = (all_cols - b.cols) / 2;
	if (b.y < 2)
		b.y = 2;
	return b;
}

static void draw_frame(struct app *a, const struct box *b, const char *title)
{
	int right = b->x + b->cols, bottom = b->y + b->rows;

	a->overlay.y0 = b->y - 1;
	a->overlay.y1 = bottom;
	a->overlay.x0 = b->x - 1;
	a->overlay.x1 = right;

	for (int y = b->y - 1; y <= bottom; y++)
		term_fill(a->term, y, b->x - 1, b->cols + 2, ROLE_OVERLAY);
	for (int x = b->x; x < right; x++) {
		term_put(a->term, b->y - 1, x, 1, ROLE_BORDER, "─");
		term_put(a->term, bottom, x, 1, ROLE_BORDER, "─");
	}
	for (int y = b->y; y < bottom; y++) {
		term_put(a->term, y, b->x - 1, 1, ROLE_BORDER, "│");
		term_put(a->term, y, right, 1, ROLE_BORDER, "│");
	}
	term_put(a->term, b->y - 1, b->x - 1, 1, ROLE_BORDER, "┌");
	term_put(a->term, b->y - 1, right, 1, ROLE_BORDER, "┐");
	term_put(a->term, bottom, b->x - 1, 1, ROLE_BORDER, "└");
	term_put(a->term, bottom, right, 1, ROLE_BORDER, "┘");
	term_printf(a->term, b->y - 1, b->x + 1, b->cols - 2, ROLE_HEADING, " %s ", title);
}

static void free_lines(struct overlay *o)
{
	for (size_t i = 0; i < o->n && o->kind == OVERLAY_PAGE; i++)
		free(o->lines[i].text);
	o->n = 0;
}

void overlay_close(struct app *a)
{
	if (a->overlay.kind == OVERLAY_ACTIONS)
		action_menu_close(a);
	free_lines(&a->overlay);
	free(a->overlay.lines);
	free(a->overlay.views);
	free(a->overlay.all);
	a->overlay = (struct overlay){0};
}

/* ---- pickers ---- */

/* The views that have what was typed in their names. */
static void narrow(struct overlay *o)
{
	o->n = o->cursor = o->top = 0;
	for (size_t i = 0; i < o->n_all; i++)
		if (strcasestr(o->all[i]->name, o->typed) || strcasestr(o->all[i]->id, o->typed))
			o->views[o->n++] = o->all[i];
}

/* Letters narrow the list down; one that would leave nothing is not taken. */
static bool type_ahead(struct overlay *o, int key)
{
	size_t len = strlen(o->typed);

	if (o->kind != OVERLAY_VIEWS)
		return false;
	if (key == K_BACKSPACE && len) {
		o->typed[len - 1] = '\0';
		narrow(o);
		return true;
	}
	if (key >= 127 || key < ' ' || (!len && !isalpha(key)) || (!isalnum(key) && !strchr(" -_/", key)))
		return false;
	if (len + 1 < sizeof(o->typed)) {
		o->typed[len] = (char)key;
		o->typed[len + 1] = '\0';
		narrow(o);
		if (!o->n) {
			o->typed[len] = '\0';
			narrow(o);
		}
	}
	return true;
}

void overlay_open_views(struct app *a)
{
	struct overlay *o = &a->overlay;

	overlay_close(a);
	o->n_all = selection_views(&a->sel, a->views, &o->all);
	if (o->n_all == 0) {
		overlay_close(a);
		app_message(a, ROLE_WARN, "no other view applies here");
		return;
	}
	o->kind = OVERLAY_VIEWS;
	o->views = xcalloc(o->n_all, sizeof(*o->views));
	narrow(o);
	for (size_t i = 0; i < o->n; i++)
		if (o->views[i] == selection_top(&a->sel)->view)
			o->cursor = i;
}

void overlay_views_changed(struct app *a)
{
	struct overlay *o = &a->overlay, old = *o;
	char *id;

	if (o->kind == OVERLAY_PAGE)
		o->width = 0; /* written again when it is drawn */
	else if (o->kind != OVERLAY_VIEWS)
		overlay_close(a);
	if (o->kind != OVERLAY_VIEWS)
		return;
	id = xstrdup(o->views[o->cursor]->id);
	overlay_open_views(a);
	if (o->kind == OVERLAY_VIEWS) {
		memcpy(o->typed, old.typed, sizeof(o->typed));
		narrow(o);
		if (!o->n) { /* what was typed is in no name any more */
			o->typed[0] = '\0';
			narrow(o);
		}
		for (size_t i = 0; i < o->n; i++)
			if (strcmp(o->views[i]->id, id) == 0)
				o->cursor = i;
	}
	free(id);
}

void overlay_open_sort(struct app *a)
{
	const struct selection_level *top = selection_top(&a->sel);

	overlay_close(a);
	a->overlay.kind = OVERLAY_SORT;
	a->overlay.n = top->view->n_columns;
	a->overlay.cursor = top->sort >= 0 ? (size_t)top->sort : 0;
}

static void choose(struct app *a)
{
	struct overlay *o = &a->overlay;
	const struct view *view = o->kind == OVERLAY_VIEWS ? o->views[o->cursor] : NULL;
	size_t column = o->cursor;
	enum overlay_kind kind = o->kind;

	if (kind == OVERLAY_ACTIONS) {
		action_menu_choose(a, o->cursor);
		return;
	}
	overlay_close(a);
	if (kind == OVERLAY_SORT) {
		table_sort_by(a, column);
	} else if (view && view != selection_top(&a->sel)->view) {
		selection_switch(&a->sel, view);
		app_level_changed(a);
	}
}

static void draw_view_item(struct app *a, int y, int x, int cells, const struct view *v, unsigned selected)
{
	char key[2] = {v->hotkey, '\0'};

	term_put(a->term, y, x + 1, 1, ROLE_BAR_KEY | selected, key);
	term_put(a->term, y, x + 3, cells - 3, ROLE_NORMAL | selected, v->name);
}

static void draw_sort_item(struct app *a, int y, int x, int cells, size_t i, unsigned selected)
{
	const struct selection_level *top = selection_top(&a->sel);
	const struct column *c = &top->view->columns[i];
	const char *mark = top->sort != (int)i ? " " : top->ascending ? "▲" : "▼";
	const char *text = c->description ? c->description : c->field->description;

	term_put(a->term, y, x + 1, 1, ROLE_HEADING | selected, mark);
	term_put(a->term, y, x + 3, 14, ROLE_NORMAL | selected, c->title);
	term_put(a->term, y, x + 18, cells - 18, ROLE_DIM | selected, text);
}

/* Text wrapped into cells x rows; for the description beside the views. */
static void draw_wrapped(struct app *a, int y, int x, int cells, int rows, const char *text)
{
	while (*text && rows-- > 0) {
		size_t fit = format_fit(text, (size_t)cells, NULL), len = fit;
		char *line;

		if (text[fit]) {
			while (len && text[len] != ' ')
				len--;
			if (!len)
				len = fit;
		}
		if (!len)
			break;
		line = xstrndup(text, len);
		term_put(a->term, y++, x, cells, ROLE_NORMAL, line);
		free(line);
		text += len;
		text += strspn(text, " ");
	}
}

static void draw_view_info(struct app *a, const struct box *b, int x, int cells, const struct view *v)
{
	struct buf text = {0};
	int y = b->y, half = b->rows / 2;

	term_put(a->term, y++, x, cells, ROLE_HEADING, v->name);
	draw_wrapped(a, y + 1, x, cells, half, v->description ? v->description : "");
	y += half + 1;
	if (y >= b->y + b->rows)
		return;
	term_put(a->term, y++, x, cells, ROLE_LABEL, "Columns");
	for (size_t i = 0; i < v->n_columns; i++)
		buf_addf(&text, "%s%s", i ? "  " : "", v->columns[i].title);
	draw_wrapped(a, y, x, cells, b->y + b->rows - y, buf_str(&text));
	buf_done(&text);
}

static void draw_list(struct app *a)
{
	struct overlay *o = &a->overlay;
	bool views = o->kind == OVERLAY_VIEWS;
	char title[80] = "Views of this selection";
	int cols = term_cols(a->term), list_cells;
	struct box b = make_box(a,
				(int)(views && o->n_all < 14 ? 14
				      : views                ? o->n_all
							     : o->n),
				views                         ? (cols < 90 ? cols - 4 : 86)
				: o->kind == OVERLAY_ACTIONS ? (cols < 114 ? cols - 4 : 110)
							     : 76);

	list_cells = views && b.cols >= 56 ? LIST_CELLS : b.cols;
	if (o->cursor < o->top)
		o->top = o->cursor;
	if (o->cursor >= o->top + (size_t)b.rows)
		o->top = o->cursor - (size_t)b.rows + 1;
	if (views && o->typed[0])
		snprintf(title, sizeof(title), "Views of this selection: %s", o->typed);
	if (o->kind == OVERLAY_ACTIONS)
		snprintf(title, sizeof(title), "Actions on %.60s", o->title);
	draw_frame(a, &b, o->kind == OVERLAY_SORT ? "Sort by" : title);
	for (int i = 0; i < b.rows && o->top + (size_t)i < o->n; i++) {
		size_t item = o->top + (size_t)i;
		unsigned selected = item == o->cursor ? ROLE_SELECTED : 0;
		int y = b.y + i;

		if (selected)
			term_fill(a->term, y, b.x, list_cells, ROLE_NORMAL | selected);
		if (views)
			draw_view_item(a, y, b.x, list_cells, o->views[item], selected);
		else if (o->kind == OVERLAY_ACTIONS)
			action_menu_draw_item(a, y, b.x, list_cells, item, selected);
		else
			draw_sort_item(a, y, b.x, list_cells, item, selected);
		app_hit(a, y, b.x, b.x + list_cells, HIT_ITEM, item);
	}
	if (list_cells < b.cols)
		draw_view_info(a, &b, b.x + list_cells + 2, b.cols - list_cells - 3, o->views[o->cursor]);
}

/* ---- pages ---- */

void page_add(struct app *a, unsigned role, const char *text)
{
	struct overlay *o = &a->overlay;

	VEC_PUSH(o->lines, o->n, o->cap) = (struct page_line){role, xstrdup(text)};
}

void page_wrap(struct app *a, unsigned role, int indent, int width, const char *text)
{
	int room = width - indent > 8 ? width - indent : 8;

	while (*text) {
		size_t fit = format_fit(text, (size_t)room, NULL), len = fit;
		const char *eol = memchr(text, '\n', fit);
		struct buf line = {0};

		if (eol) {
			len = (size_t)(eol - text);
		} else if (text[fit] && text[fit] != ' ' && text[fit] != '\n') {
			while (len && text[len] != ' ')
				len--;
			if (!len)
				len = fit;
		}
		if (!len && !eol)
			break;
		buf_fill(&line, ' ', (size_t)indent);
		buf_add(&line, text, len);
		page_add(a, role, buf_str(&line));
		buf_done(&line);
		text += len;
		if (*text == '\n')
			text++;
		else
			text += strspn(text, " ");
	}
}

static void fill_page(struct app *a)
{
	struct overlay *o = &a->overlay;
	int width = term_cols(a->term) - 6;

	if (width > PAGE_WIDTH_MAX)
		width = PAGE_WIDTH_MAX;
	if (width == o->width)
		return;
	free_lines(o);
	o->width = width;
	o->fill(a, width);
}

void overlay_open_page(struct app *a, const char *title, page_fn fill)
{
	overlay_close(a);
	a->overlay.kind = OVERLAY_PAGE;
	a->overlay.title = title;
	a->overlay.fill = fill;
}

static int page_rows(struct app *a)
{
	struct box b = make_box(a, (int)a->overlay.n, a->overlay.width + 2);

	return b.rows;
}

static void draw_page(struct app *a)
{
	struct overlay *o = &a->overlay;
	struct box b;
	char where[64];

	fill_page(a);
	b = make_box(a, (int)o->n, o->width + 2);
	if (o->top + (size_t)b.rows > o->n)
		o->top = o->n > (size_t)b.rows ? o->n - (size_t)b.rows : 0;
	draw_frame(a, &b, o->title);
	for (int i = 0; i < b.rows && o->top + (size_t)i < o->n; i++) {
		const struct page_line *line = &o->lines[o->top + (size_t)i];

		term_put(a->term, b.y + i, b.x + 1, b.cols - 2, line->role, line->text);
	}
	if ((size_t)b.rows < o->n) {
		snprintf(where, sizeof(where), " %zu-%zu of %zu ", o->top + 1, o->top + (size_t)b.rows, o->n);
		term_put_right(a->term, b.y + b.rows, b.x, b.cols - 1, ROLE_DIM, where);
	}
}

/* ---- both ---- */

void overlay_draw(struct app *a)
{
	if (a->overlay.kind == OVERLAY_PAGE)
		draw_page(a);
	else if (a->overlay.kind != OVERLAY_NONE)
		draw_list(a);
}

static void move_to(struct overlay *o, long to)
{
	size_t *at = o->kind == OVERLAY_PAGE ? &o->top : &o->cursor;

	if (to < 0)
		to = 0;
	*at = (size_t)to < o->n ? (size_t)to : o->n ? o->n - 1 : 0;
}

void overlay_op(struct app *a, enum op op, int key)
{
	struct overlay *o = &a->overlay;
	long at = (long)(o->kind == OVERLAY_PAGE ? o->top : o->cursor);
	long page = o->kind == OVERLAY_PAGE ? page_rows(a) : 8;

	if (type_ahead(o, key))
		return;
	if (o->kind == OVERLAY_ACTIONS && op == OP_NONE) {
		action_menu_key(a, key);
		return;
	}
	switch (op) {
	case OP_UP: move_to(o, at - 1); break;
	case OP_DOWN: move_to(o, at + 1); break;
	case OP_PAGE_UP: move_to(o, at - page); break;
	case OP_PAGE_DOWN: move_to(o, at + page); break;
	case OP_HOME: move_to(o, 0); break;
	case OP_END: move_to(o, (long)o->n); break;
	case OP_CHOOSE: choose(a); break;
	case OP_DISMISS: overlay_close(a); break;
	default:
		for (size_t i = 0; o->kind == OVERLAY_VIEWS && i < o->n; i++)
			if (o->views[i]->hotkey && o->views[i]->hotkey == key) {
				o->cursor = i;
				choose(a);
				return;
			}
		break;
	}
}

void overlay_click(struct app *a, const struct input *in)
{
	struct overlay *o = &a->overlay;

	if (in->act == MOUSE_WHEEL_UP || in->act == MOUSE_WHEEL_DOWN) {
		long at = (long)(o->kind == OVERLAY_PAGE ? o->top : o->cursor);

		move_to(o, at + (in->act == MOUSE_WHEEL_UP ? -3 : 3));
		return;
	}
	for (size_t i = 0; i < a->n_hits; i++) {
		const struct hit *h = &a->hits[i];

		if (h->what != HIT_ITEM || h->y != in->y || in->x < h->x0 || in->x >= h->x1)
			continue;
		o->cursor = h->arg;
		if (in->act == MOUSE_DOUBLE)
			choose(a);
		return;
	}
	if (in->y < o->y0 || in->y > o->y1 || in->x < o->x0 || in->x > o->x1)
		overlay_close(a); /* a click beside it */
}
