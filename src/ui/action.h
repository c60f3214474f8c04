/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action.h - actions on the screen: the menu (F8), questions, and a child that
 * runs in the terminal or into a page. Private to src/ui; what an action is,
 * is views/action.h.
 *
 *   action_menu.c    which there are for the selected row, and the way that is taken
 *   action_ask.c     what is typed, and "y/N"
 *   action_run.c     a last look at the process, and off it goes
 *   action_term.c    a child that has the terminal; action_page.c one whose output is a page
 */
#ifndef CTOP_UI_ACTION_H
#define CTOP_UI_ACTION_H

#include "core/spawn.h"
#include "ui/lineedit.h"
#include "views/action.h"

struct app;

/* One way of one action, for the selected row. */
struct action_item {
	const struct action *action;
	const struct action_way *way;
	struct action_command command;
	char *path; /* of the program; NULL: inside this one, or `why` */
	char *text; /* safe: what would run, or why it cannot */
	bool possible;
};

/* A child whose output is collected. */
struct action_child {
	pid_t pid; /* 0 = none */
	int pidfd, out;
	uint64_t kill_at; /* mono ns; 0 = nobody wants its end */
};

struct action_ui {
	struct spawn_user user;
	unsigned serial;

	/* menu */
	struct action_item *items;
	size_t n, cap;
	char *label; /* of the row, safe */

	/* what is about to run */
	struct action_item next;
	char *next_label;
	enum { ASK_NOTHING, ASK_TEXT, ASK_YES } asking;
	struct lineedit line;
	char error[200];

	/* page */
	struct action_child child;
	char *title;
	struct buf output;
	bool cut;
	char end[160]; /* how it ended; "" = it runs */
};

void action_item_done(struct action_item *item);

/* action_menu.c */
void action_menu_open(struct app *a);
bool action_menu_key(struct app *a, int key); /* false: no action has it */
void action_menu_choose(struct app *a, size_t i);
void action_menu_draw_item(struct app *a, int y, int x, int cells, size_t i, unsigned selected);
void action_key(struct app *a, int key); /* outside the menu */
void action_menu_close(struct app *a);

void action_legend(struct app *a, int width); /* adds to a page */
void action_help(struct app *a, int width);

/* action_ask.c: takes `next` over */
void action_ask(struct app *a);
void action_ask_key(struct app *a, int key);
void action_ask_draw(struct app *a);

/* action_run.c */
void action_run(struct app *a);

/* action_term.c: waits until the child has ended and the person wants to go on */
void action_in_terminal(struct app *a, const struct action_item *item);

/* action_page.c */
void action_in_page(struct app *a, const struct action_item *item);
int action_fd(const struct app *a); /* readable when there is output; -1 */
void action_output(struct app *a);
bool action_tick(struct app *a); /* true: the screen changed */
int action_wait_ms(const struct app *a);

/* How a child ended, in words; "" when all went well. */
void action_status(int status, const char *program, char *ret, size_t size);

void action_ui_init(struct app *a);
void action_ui_done(struct app *a);

#endif
