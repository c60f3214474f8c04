/* SPDX-License-Identifier: GPL-2.0-or-later */
/* screen_table.c - a view's table on the screen, and the operations on it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"
#include "ui/filtering.h"

enum { BAR_MIN = 4, BAR_NUMBER = 5, SCROLL_WHEEL = 3 };

static const struct view *current_view(struct app *a)
{
	return selection_top(&a->sel)->view;
}

/* ---- drawing ---- */

static void draw_heads(struct app *a, int y)
{
	const struct view *view = current_view(a);
	const struct selection_level *top = selection_top(&a->sel);
	int cols = term_cols(a->term);

	term_fill(a->term, y, 0, cols, ROLE_HEAD);
	for (size_t i = 0; i < a->layout.n; i++) {
		const struct layout_cell *cell = &a->layout.cells[i];
		const struct column *c = &view->columns[cell->column];
		bool sorted = top->sort == (int)cell->column;
		unsigned role = sorted ? ROLE_HEAD_SORT : ROLE_HEAD;
		const char *mark = sorted ? (top->ascending ? "▲" : "▼") : "";
		int room = cell->width - (sorted ? 1 : 0);
		struct buf title = {0};

		format_cut(&title, c->title, room > 0 ? (size_t)room : 0, false, false);
		buf_adds(&title, mark);
		if (sorted)
			term_fill(a->term, y, cell->x, cell->width, role);
		if (cell->right)
			term_put_right(a->term, y, cell->x, cell->width, role, buf_str(&title));
		else
			term_put(a->term, y, cell->x, cell->width, role, buf_str(&title));
		app_hit(a, y, cell->x - (i ? 1 : 0), cell->x + cell->width, HIT_SORT, cell->column);
		buf_done(&title);
	}
	if (a->layout.more_left)
		term_put(a->term, y, 0, 1, ROLE_HEAD_SORT, "«");
	if (a->layout.more_right)
		term_put(a->term, y, cols - 1, 1, ROLE_HEAD_SORT, "»");
}

/* Text into `cells`: paths lose their middle, command lines first the directory of the program. */
static void cut_cell(struct buf *out, const char *s, int cells)
{
	const char *blank = strchr(s, ' '), *base;

	if (s[0] == '/' && blank && (int)format_width(s) > cells) {
		base = memrchr(s, '/', (size_t)(blank - s));
		s = base + 1;
	}
	format_cut(out, s, (size_t)cells, s[0] == '/' && !blank, false);
}

static unsigned cell_role(const struct column *c, const struct value *v, bool exited, bool first)
{
	enum heat heat = cell_heat(c, v);

	if (v->kind == V_MISSING || cell_is_zero(c, v))
		return ROLE_DIM;
	if (heat == HEAT_CRITICAL)
		return ROLE_CRITICAL;
	if (heat == HEAT_WARN)
		return ROLE_WARN;
	if (exited)
		return ROLE_EXITED;
	return first ? ROLE_NAME : ROLE_NORMAL;
}

/* How much of the limit: before the number, in what the column has to spare. */
static void draw_bar(struct app *a, int y, const struct layout_cell *cell, const struct column *c,
		     const struct value *v, unsigned role, int width)
{
	int room = cell->width - (width > BAR_NUMBER ? width : BAR_NUMBER) - 1, full;
	double part;
	struct buf bar = {0};

	if (isnan(c->bar) || room < BAR_MIN || (v->kind != V_DOUBLE && v->kind != V_INT))
		return;
	part = (v->kind == V_INT ? (double)v->i : v->d) / c->bar;
	full = part >= 1 ? room : part <= 0 ? 0 : (int)(part * room + 0.5);
	for (int i = 0; i < full; i++)
		buf_adds(&bar, "▇");
	term_put(a->term, y, cell->x, room,
		 (role & 0xff) == ROLE_NORMAL ? ROLE_GRAPH | (role & ROLE_SELECTED) : role, buf_str(&bar));
	buf_done(&bar);
}

static void draw_row(struct app *a, int y, size_t position)
{
	const struct view *view = current_view(a);
	const struct row *row = rows_get(&a->rows, position);
	unsigned selected = position == a->rows.cursor ? ROLE_SELECTED : 0;
	struct buf text = {0}, cut = {0};
	struct arena *tmp = arena_new();

	if (selected) {
		term_fill(a->term, y, 0, term_cols(a->term), ROLE_NORMAL | selected);
		term_put(a->term, y, 0, 1, ROLE_TITLE | selected, "▌");
	}
	if (row->exited)
		term_put(a->term, y, 1, 1, ROLE_EXITED | selected, "†");
	for (size_t i = 0; i < a->layout.n; i++) {
		const struct layout_cell *cell = &a->layout.cells[i];
		const struct column *c = &view->columns[cell->column];
		const struct value v = row_value(row, cell->column, tmp);
		bool chosen = selected && (int)cell->column == a->cell;
		unsigned role =
			chosen ? ROLE_CELL
			       : cell_role(c, &v, row->exited, i == 0 || c->field == view->label) | selected;
		const char *s;
		int width;

		buf_reset(&text);
		buf_reset(&cut);
		if (a->table->tree && a->table->tree->column == (int)cell->column)
			row_tree_cell(view, row, cell->column, rows_is_folded(&a->rows, row), &text);
		else
			value_cell(c, &v, &text);
		s = buf_str(&text);
		width = (int)format_width(s);
		if (width > a->widest[cell->column])
			a->widest[cell->column] = width;
		if (a->layout.text_shift && i == a->layout.n - 1)
			s += format_fit(s, (size_t)a->layout.text_shift, NULL);
		if (chosen)
			term_fill(a->term, y, cell->x, cell->width, ROLE_CELL);
		if (cell->right) {
			draw_bar(a, y, cell, c, &v, role, width);
			term_put_right(a->term, y, cell->x, cell->width, role, s);
		} else {
			cut_cell(&cut, s, cell->width);
			if (chosen) /* a match in it must not hide that it is chosen */
				term_put(a->term, y, cell->x, cell->width, role, buf_str(&cut));
			else
				app_put_lit(a, y, cell->x, cell->width, role, buf_str(&cut));
		}
		if (cell->graph) {
			buf_reset(&text);
			row_history_draw(&a->traces, row->id, (size_t)cell->graph, &text);
			term_put(a->term, y, cell->x + cell->width + 1, cell->graph, ROLE_GRAPH | selected,
				 buf_str(&text));
		}
		if ((role & 0xff) == ROLE_CRITICAL && cell->right)
			term_put(a->term, y, cell->x + cell->width, 1, ROLE_CRITICAL | selected, "!");
	}
	app_hit(a, y, 0, term_cols(a->term), HIT_ROW, position);
	arena_free(tmp);
	buf_done(&text);
	buf_done(&cut);
}

/* Why there is nothing to see, in the middle of the empty table. */
static void draw_empty(struct app *a, int y)
{
	unsigned missing = selection_needs(&a->sel) & ~a->sample->needs;
	int cols = term_cols(a->term);
	const char *text;

	if (a->rows.needle)
		text = "no row has this text";
	else if (missing && a->paused)
		text = "not measured in the sample that is frozen here; p goes on";
	else if (missing)
		text = "measuring";
	else if (filter_is_set(a))
		text = "nothing matches the filter";
	else
		text = "nothing happened here in this interval";
	term_put(a->term, y, (cols - (int)strlen(text)) / 2, cols, ROLE_DIM, text);
}

/* The sorted column, when it is numbers. */
static int graph_column(struct app *a)
{
	const struct selection_level *top = selection_top(&a->sel);

	return top->sort >= 0 && (size_t)top->sort < LAYOUT_MAX &&
			       column_is_number(&top->view->columns[top->sort]) &&
			       top->view->columns[top->sort].field->flags & FIELD_MEASURE
		       ? top->sort
		       : -1;
}

void table_draw(struct app *a)
{
	int y = header_draw(a), rows = term_rows(a->term), cols = term_cols(a->term);
	const struct view *view = current_view(a);
	char position[64];

	a->page = rows - y - 2 > 0 ? (size_t)(rows - y - 2) : 1;
	rows_fit(&a->rows, a->page);
	layout_make(view, LAYOUT_GUTTER, cols - LAYOUT_GUTTER - 1, a->scroll, a->widest, graph_column(a),
		    &a->layout);
	draw_heads(a, y++);
	for (size_t i = 0; i < a->page && a->rows.top + i < a->rows.n; i++)
		draw_row(a, y + (int)i, a->rows.top + i);
	if (a->rows.n == 0)
		draw_empty(a, y + (int)a->page / 3);
	snprintf(position, sizeof(position), "%zu/%zu", a->rows.n ? a->rows.cursor + 1 : 0, a->rows.n);
	bar_draw(a, SCOPE_TABLE, position);
}

/* ---- operations ---- */

static void sort_again(struct app *a)
{
	struct selection_level *top = selection_top(&a->sel);

	if (a->table)
		table_sort(a->table, top->sort, top->ascending);
	row_history_add(&a->traces, top->view, top->sort, a->table, a->sample->time);
	rows_set(&a->rows, top->view, a->table, a->page);
}

/* Numbers are most interesting from the top, names from A. */
void table_sort_by(struct app *a, size_t column)
{
	struct selection_level *top = selection_top(&a->sel);

	if (top->sort == (int)column) {
		top->ascending = !top->ascending;
	} else {
		top->sort = (int)column;
		top->ascending = !column_is_number(&top->view->columns[column]);
	}
	sort_again(a);
}

/* The neighbour among the columns on the screen; any when the sorted one is not on it. */
static void sort_neighbour(struct app *a, int step)
{
	int sort = selection_top(&a->sel)->sort;

	for (size_t i = 0; i < a->layout.n; i++) {
		if ((int)a->layout.cells[i].column != sort)
			continue;
		if ((step < 0 && i == 0) || (step > 0 && i + 1 == a->layout.n))
			return;
		table_sort_by(a, a->layout.cells[i + (size_t)step].column);
		return;
	}
	if (a->layout.n)
		table_sort_by(a, a->layout.cells[0].column);
}

void table_remember_place(struct app *a)
{
	struct selection_level *top = selection_top(&a->sel);

	top->row_id = a->rows.pinned;
	top->row_index = a->rows.cursor;
	top->top = a->rows.top;
}

static void start_spy(struct app *a, enum spy_kind kind)
{
	const struct row *row = rows_current(&a->rows);
	char *filter = selection_row_filter(&a->sel, row);
	int err = spy_start(&a->spy, kind, a->source, a->sample, filter, NULL, a->config->snaplen);

	if (err) {
		app_message(a, ROLE_ERROR, "cannot spy on this: %s", strerror(-err));
	} else {
		table_remember_place(a);
		a->spying = true;
		spy_say_where(&a->spy, a->config->where);
		a->spy.label = row ? view_row_label(current_view(a), row) : NULL;
	}
	free(filter);
}

static void drill(struct app *a)
{
	const struct view *view = current_view(a);
	const struct row *row = rows_current(&a->rows);
	const char *id = row ? view_drilldown(view, row) : NULL;
	const struct view *below = id ? views_find(a->views, id) : NULL;

	if (!row)
		return;
	if (!below) {
		start_spy(a, SPY_DIG);
		return;
	}
	table_remember_place(a);
	if (selection_drill(&a->sel, row, below))
		app_message(a, ROLE_WARN, "this row has nothing below it");
	else
		app_level_changed(a);
}

/* The same rows, below each other or not; the selected one stays selected. */
static void toggle_tree(struct app *a)
{
	struct selection_level *top = selection_top(&a->sel);
	const struct row *row = rows_current(&a->rows), *same;
	struct table *other = NULL;

	if (!top->view->tree) {
		app_message(a, ROLE_WARN, "%s has no tree", top->view->name);
		return;
	}
	top->tree = !top->tree;
	if (row && a->rows.pinned && selection_table(&a->sel, a->sample, &other, &a->table_error) == 0) {
		same = view_row_in(top->view, row, other);
		a->rows.pinned = same ? same->id : 0;
		table_free(other);
	}
	memset(a->widest, 0, sizeof(a->widest));
	app_rebuild(a);
}

static void fold(struct app *a, bool all)
{
	const struct row *row = rows_current(&a->rows);

	if (!a->table || !a->table->tree)
		app_message(a, ROLE_DIM, "t shows a tree, where rows can be folded");
	else if (all)
		rows_fold_all(&a->rows, a->page);
	else if (row && row->n_below)
		rows_fold(&a->rows, row, a->page);
	else
		app_message(a, ROLE_DIM, "nothing is below this row");
}

static void back(struct app *a)
{
	bool narrowed = app_level(a)->narrowed;
	int scroll = a->scroll, cell = a->cell;

	if (a->sel.n < 2 || !selection_back(&a->sel)) {
		app_message(a, ROLE_DIM, "this is the top; q leaves the program");
		return;
	}
	app_level_changed(a);
	if (narrowed) { /* the same columns as before */
		a->scroll = scroll;
		a->cell = cell;
	}
}

static void hotkey(struct app *a, int key)
{
	const struct view **views;
	size_t n = selection_views(&a->sel, a->views, &views);
	const struct view *found = NULL, *any = NULL;

	for (size_t i = 0; i < n; i++)
		if (views[i]->hotkey == key)
			found = views[i];
	free(views);
	for (size_t i = 0; i < a->views->n; i++)
		if (a->views->items[i]->hotkey == key)
			any = a->views->items[i];
	if (found && found != current_view(a)) {
		table_remember_place(a);
		selection_switch(&a->sel, found);
		app_level_changed(a);
	} else if (!found) {
		app_message(a, ROLE_WARN,
			    any ? "%s does not apply to this selection" : "no view has this key",
			    any ? any->name : "");
	}
}

void table_search(struct app *a, const char *text, int dir, bool from_here)
{
	size_t n = a->rows.n, start;
	long at;

	if (!text || !*text) {
		app_message(a, ROLE_DIM, "nothing to search for; / starts a search");
		return;
	}
	start = n == 0 || from_here ? a->rows.cursor : (a->rows.cursor + (dir > 0 ? 1 : n - 1)) % n;
	at = rows_find(&a->rows, text, start, dir);
	if (at < 0)
		app_message(a, ROLE_WARN, "not found: %s", text);
	else
		rows_go(&a->rows, (size_t)at, a->page);
}

static void step_interval(struct app *a, int step)
{
	static const uint64_t steps[] = {100, 200, 500, 1000, 2000, 3000, 5000, 10000, 30000, 60000}; /* ms */
	enum { N = sizeof(steps) / sizeof(steps[0]) };
	uint64_t now = a->interval / 1000000, to = now;

	for (int i = 0; i < N; i++) {
		if (step > 0 && steps[i] > now) {
			to = steps[i];
			break;
		}
		if (step < 0 && steps[i] < now)
			to = steps[i];
	}
	a->interval = to * 1000000;
	collector_set_interval(a->collector, a->interval);
	app_message(a, ROLE_VALUE, "interval %.1f s", (double)a->interval / 1e9);
}

void table_op(struct app *a, enum op op, int key)
{
	struct selection_level *top = selection_top(&a->sel);
	long page = (long)a->page;

	switch (op) {
	case OP_UP: rows_move(&a->rows, -1, a->page); break;
	case OP_DOWN: rows_move(&a->rows, 1, a->page); break;
	case OP_PAGE_UP: rows_move(&a->rows, -page, a->page); break;
	case OP_PAGE_DOWN: rows_move(&a->rows, page, a->page); break;
	case OP_HOME: rows_go(&a->rows, 0, a->page); break;
	case OP_END: rows_go(&a->rows, a->rows.n ? a->rows.n - 1 : 0, a->page); break;
	case OP_CELL_LEFT: cell_move(a, top->view, -1); break;
	case OP_CELL_RIGHT: cell_move(a, top->view, 1); break;
	case OP_SCROLL_LEFT: cell_scroll(a, top->view, -1); break;
	case OP_SCROLL_RIGHT: cell_scroll(a, top->view, 1); break;
	case OP_DRILL: drill(a); break;
	case OP_BACK: back(a); break;
	case OP_CLOSE:
		if (filter_is_set(a))
			filter_clear(a);
		else if (a->search) {
			free(a->search);
			a->search = NULL;
		} else {
			back(a);
		}
		break;
	case OP_VIEWS: overlay_open_views(a); break;
	case OP_HOTKEY: hotkey(a, key); break;
	case OP_SEARCH: editor_open(a, EDIT_SEARCH); break;
	case OP_NEXT: table_search(a, a->search, 1, false); break;
	case OP_PREV: table_search(a, a->search, -1, false); break;
	case OP_ONLY: cell_narrow(a, rows_current(&a->rows), false); break;
	case OP_EXCLUDE: cell_narrow(a, rows_current(&a->rows), true); break;
	case OP_FILTER: editor_open(a, EDIT_FILTER); break;
	case OP_ECHO: start_spy(a, SPY_ECHO); break;
	case OP_DIG: start_spy(a, SPY_DIG); break;
	case OP_DETAILS:
		if (a->spying || !details_open(a, top->view, rows_current(&a->rows)))
			overlay_open_page(a, top->view->name, legend_page);
		break;
	case OP_LEGEND: overlay_open_page(a, top->view->name, legend_page); break;
	case OP_SORT: overlay_open_sort(a); break;
	case OP_SORT_PREV: sort_neighbour(a, -1); break;
	case OP_SORT_NEXT: sort_neighbour(a, 1); break;
	case OP_REVERSE:
		top->ascending = !top->ascending;
		sort_again(a);
		break;
	case OP_TREE: toggle_tree(a); break;
	case OP_FOLD: fold(a, false); break;
	case OP_FOLD_ALL: fold(a, true); break;
	case OP_PAUSE: app_pause(a, !a->paused); break;
	case OP_SLOWER: step_interval(a, 1); break;
	case OP_FASTER: step_interval(a, -1); break;
	default: break;
	}
}
