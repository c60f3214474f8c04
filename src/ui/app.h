/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app.h - the state of the running front end and how its parts call each
 * other. Private to src/ui. One thread owns all of it.
 *
 *   app.c           start, stop, the loop: keys, samples, signals, timers
 *   dispatch.c      a key or click -> an operation -> what it does
 *   screen_table.c  the table; header.c the lines above it; bar.c the one below
 *   screen_spy.c    dig and echo on the screen; spy.c their life, search, saving
 *   screen_details.c  all about one container or process
 *   screen_list.c   list views: a spy with the columns of a view
 *   lit.c           text with what is searched for lit
 *   cell.c          the cell cursor, and filtering by its value
 *   action*.c       what can be done to a row, see action.h
 *   overlay.c       pickers and pages of text; legend.c, help.c fill the pages
 */
#ifndef CTOP_UI_APP_H
#define CTOP_UI_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/collector.h"
#include "ui/complete.h"
#include "ui/keys.h"
#include "ui/layout.h"
#include "ui/lineedit.h"
#include "ui/row_history.h"
#include "ui/rows.h"
#include "ui/spark.h"
#include "ui/spy.h"
#include "ui/term.h"
#include "ui/ui.h"

enum { APP_MIN_ROWS = 10, APP_MIN_COLS = 40, APP_HITS = 256 };

/* What a click on some cells of the last frame means. */
struct hit {
	int y, x0, x1; /* [x0, x1) */
	enum { HIT_KEY, HIT_SORT, HIT_ROW, HIT_ITEM } what;
	size_t arg; /* key, column, row position, list item */
};

/* Host totals over time. */
struct history {
	struct spark cpu, calls, file, net;
};

/* One line that goes away by itself. */
struct message {
	char text[400];
	unsigned role;
	uint64_t until; /* mono ns, 0 = none */
};

enum overlay_kind { OVERLAY_NONE, OVERLAY_VIEWS, OVERLAY_SORT, OVERLAY_ACTIONS, OVERLAY_PAGE };

struct page_line {
	unsigned role;
	char *text;
};

struct app;
typedef void (*page_fn)(struct app *a, int width);

struct overlay {
	enum overlay_kind kind;
	size_t cursor, top, n;
	int y0, y1, x0, x1;        /* its frame on the screen */
	const struct view **views; /* OVERLAY_VIEWS: those of `all` whose names have what was typed */
	const struct view **all;
	size_t n_all;
	char typed[24];
		const char *title; /* OVERLAY_ACTIONS, OVERLAY_PAGE */
	/* OVERLAY_PAGE */
	page_fn fill; /* makes the lines for a width; again after a resize */
	int width;
	struct page_line *lines;
	size_t cap;
};

enum edit_kind { EDIT_NONE, EDIT_SEARCH, EDIT_FILTER, EDIT_SAVE };

struct editor {
	enum edit_kind kind;
	struct lineedit line;
	struct line_history history[EDIT_SAVE + 1];
	char *before, *before_needle; /* what was in force when editing began; Esc restores it */
	size_t before_row;
	char error[200];  /* "" = none */
	size_t error_col; /* 1-based byte position, 0 = none */
	bool error_told;  /* Enter was tried: no longer taken for half-typed */
	struct offers offers;
	size_t choice; /* the offer that Tab put into the line, 1-based; 0 = none */
	struct seen seen;
};

/* Per level of the selection, what the views layer does not know. */
struct level_state {
	char *needle;  /* text filter */
	bool narrowed; /* made by = or !: the same view with one more check */
};

struct app {
	const struct ui_config *config;
	const struct views *views; /* as they are now */
	struct term *term;
	struct collector *collector;
	struct source *source;
	uint64_t interval;

	struct selection sel;
	struct level_state *levels; /* sel.n of them at least */
	size_t levels_cap;

	struct sample *sample;  /* on the screen */
	struct sample *waiting; /* newest one while paused */
	struct table *table;    /* of sample; may be NULL */
	struct filter_error table_error;
	int collect_error;
	struct rows rows;
	int scroll; /* columns, see layout.h */
	int cell;   /* column of the view that the cell cursor is in; -1 = none */
	int widest[LAYOUT_MAX];
	struct layout layout; /* of the last frame */
	size_t page;          /* table rows on the screen */

	struct history history, frozen;
	struct row_history traces; /* of the sorted column */
	bool paused;
	char *search; /* highlighted, n and N go on; NULL */

	struct details_screen *details; /* page about one container or process, before the table; NULL */
	bool spying;
	struct spy spy;
	struct spy parked; /* a list that waits while a row of it is dug into; no source: none */

	struct action_ui *actions; /* action.h */
	struct overlay overlay;
	struct editor editor;
	struct message message;
	struct hit hits[APP_HITS];
	size_t n_hits;
	int signals; /* signalfd */
	bool dirty, quit;
};

/* app.c */
uint64_t app_now(void); /* mono ns */
void app_message(struct app *a, unsigned role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void app_rebuild(struct app *a);       /* table anew from the sample on the screen */
void app_level_changed(struct app *a); /* after a drill, back or view switch: needs, table, cursor */
void app_pause(struct app *a, bool on);
/* The pieces of the loop, which a fuzzer turns by itself. 0 or -errno. */
int app_init(struct app *a, const struct ui_config *config);
int app_first_sample(struct app *a, int signals); /* waits for one with rates; signals: a signalfd, -1 = none */
void app_draw(struct app *a);
void app_sample(struct app *a); /* takes what the collector has */
void app_timers(struct app *a);
void app_done(struct app *a);
struct level_state *app_level(struct app *a);

void app_set_needs(struct app *a);     /* of what is on the screen */

/* reload.c */
void app_reload_views(struct app *a);

/* dispatch.c */
void app_input(struct app *a, const struct input *in);
void app_hit(struct app *a, int y, int x0, int x1, int what, size_t arg);

/* header.c: each returns the first free line */
int header_draw(struct app *a);
int header_draw_spy(struct app *a);
void header_add(struct app *a, const struct sample *s); /* into the history */

/* bar.c */
void bar_draw(struct app *a, enum key_scope scope, const char *position);
bool bar_draw_message(struct app *a, int y); /* false: there is none */

/* screen_table.c */
void table_draw(struct app *a);
void table_op(struct app *a, enum op op, int key);
void table_search(struct app *a, const char *text, int dir, bool from_here);
void table_sort_by(struct app *a, size_t column);
void table_remember_place(struct app *a); /* for Backspace */

/* cell.c, for tables and lists: `view` is what is on the screen */
void cell_move(struct app *a, const struct view *view, int dir);
void cell_scroll(struct app *a, const struct view *view, int dir);
void cell_narrow(struct app *a, const struct row *row, bool exclude);

/* screen_details.c */
struct details_screen;
bool details_open(struct app *a, const struct view *v, const struct row *row); /* false: nothing to tell of */
void details_close(struct app *a);
void details_refresh(struct app *a); /* a new sample, or width */
bool details_tick(struct app *a);    /* true: the screen changed */
bool details_waiting(const struct app *a);
void details_draw(struct app *a);
void details_op(struct app *a, enum op op);
bool details_search(struct app *a, const char *text, int dir, bool from_here);

/* lit.c: text in `cells` cells, each occurrence of what is searched for in the colours of a match */
void app_put_lit(struct app *a, int y, int x, int cells, unsigned role, const char *text);

/* screen_spy.c */
void spy_draw(struct app *a);
void spy_op(struct app *a, enum op op);

/* screen_list.c */
void list_open(struct app *a);  /* starts the list if the level's view is one, ends another */
void list_close(struct app *a); /* ends whatever spy runs */
bool list_resume(struct app *a); /* back from a dig: false if there is no list to go back to */
void list_op(struct app *a, enum op op, int key);
void list_draw_heads(struct app *a, int y);
void list_draw_line(struct app *a, int y, uint64_t line);

/* editing.c */
void editor_open(struct app *a, enum edit_kind kind);
void editor_key(struct app *a, int key);
void editor_draw(struct app *a);
void editor_done(struct app *a);

/* overlay.c */
void overlay_open_views(struct app *a);
void overlay_open_sort(struct app *a);
void overlay_open_page(struct app *a, const char *title, page_fn fill);
/* After the views were read again: the picker lists the new ones and keeps what was typed, a page is written anew,
 * what belongs to the old columns or actions is closed. The old views must still be there. */
void overlay_views_changed(struct app *a);
void overlay_close(struct app *a);
void overlay_op(struct app *a, enum op op, int key);
void overlay_click(struct app *a, const struct input *in);
void overlay_draw(struct app *a);
void page_add(struct app *a, unsigned role, const char *text); /* one line, safe text */
void page_wrap(struct app *a, unsigned role, int indent, int width, const char *text);

/* help.c, legend.c: page_fn */
void help_page(struct app *a, int width);
void legend_page(struct app *a, int width);
void spy_legend_page(struct app *a, int width);
void event_page(struct app *a, int width);

#endif
