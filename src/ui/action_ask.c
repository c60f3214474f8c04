/* SPDX-License-Identifier: GPL-2.0-or-later */
/* action_ask.c - the questions before an action: a value that it needs, and whether it is meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/action.h"
#include "ui/app.h"

static void stop_asking(struct app *a)
{
	a->actions->asking = ASK_NOTHING;
	a->actions->error[0] = '\0';
}

static void go_on(struct app *a)
{
	struct action_ui *u = a->actions;

	if (u->next.command.n_holes) {
		u->asking = ASK_TEXT;
		line_start(&u->line, u->next.action->answer, NULL);
	} else if (u->next.action->changes && u->asking != ASK_YES) {
		u->asking = ASK_YES;
	} else {
		stop_asking(a);
		action_run(a);
	}
}

void action_ask(struct app *a)
{
	struct action_ui *u = a->actions;

	stop_asking(a);
	if (u->next.action->changes && a->config->read_only)
		app_message(a, ROLE_WARN, "%s: off, because of --read-only", u->next.action->name);
	else
		go_on(a);
}

/* What the program itself will do with it is checked while it can be corrected. */
static const char *builtin_mistake(const struct action_item *item, const char *text)
{
	const char *program = action_program(item->way);
	char *end;
	long nice;

	if (!strcmp(program, "@signal") && action_signal(text) < 0)
		return "there is no such signal: TERM, KILL, HUP, 15, ...";
	if (!strcmp(program, "@renice")) {
		nice = strtol(text, &end, 10);
		if (end == text || *end || nice < -20 || nice > 19)
			return "a nice value is a number from -20 to 19";
	}
	return NULL;
}

static void typed(struct app *a)
{
	struct action_ui *u = a->actions;
	const char *mistake = builtin_mistake(&u->next, u->line.text);
	struct buf text = {0};
	char *why = NULL;

	if (!mistake && action_answer(&u->next.command, u->line.text, &why))
		mistake = why;
	if (mistake) {
		format_safe(&text, mistake, strlen(mistake));
		snprintf(u->error, sizeof(u->error), "%.190s", buf_str(&text));
	} else {
		u->error[0] = '\0';
		free(u->next.text);
		action_text(&u->next.command, &text);
		u->next.text = xstrdup(buf_str(&text));
		u->asking = ASK_NOTHING;
		go_on(a);
	}
	buf_done(&text);
	free(why);
}

void action_ask_key(struct app *a, int key)
{
	struct action_ui *u = a->actions;

	if (u->asking == ASK_TEXT) {
		switch (line_key(&u->line, key)) {
		case LINE_ACCEPTED: typed(a); break;
		case LINE_CANCELLED: stop_asking(a); break;
		default: break;
		}
		return;
	}
	if (key == 'y' || key == 'Y') {
		go_on(a);
	} else {
		stop_asking(a);
		app_message(a, ROLE_DIM, "%s: not done", u->next.action->name);
	}
}

/* Whose rights it will have, where that is not obvious. */
static void add_rights(const struct action_ui *u, struct buf *out)
{
	if (geteuid() != 0 || u->user.uid == 0)
		return;
	buf_adds(out, " as ");
	if (u->next.way->root)
		buf_adds(out, "root");
	else if (u->user.name)
		format_safe(out, u->user.name, strlen(u->user.name));
	else
		buf_addf(out, "user %u", u->user.uid);
}

void action_ask_draw(struct app *a)
{
	struct action_ui *u = a->actions;
	int y = term_rows(a->term) - 1, cols = term_cols(a->term), x = 1, cursor;
	struct buf text = {0}, cut = {0};

	term_fill(a->term, y - 1, 0, cols, ROLE_INPUT);
	term_fill(a->term, y, 0, cols, ROLE_INPUT);
	if (u->asking == ASK_TEXT) {
		buf_addf(&text, "%s: %s", u->next.action->name, u->next_label);
		term_put(a->term, y - 1, 1, cols - 2, u->error[0] ? ROLE_ERROR : ROLE_LABEL,
			 u->error[0] ? u->error : buf_str(&text));
		x += term_put(a->term, y, x, cols, ROLE_LABEL, u->next.action->ask);
		x += term_put(a->term, y, x, cols, ROLE_LABEL, ": ");
		cursor = (int)line_cursor_cells(&u->line);
		term_put(a->term, y, x, cols - x - 1, ROLE_INPUT, u->line.text);
		term_cursor(a->term, y, x + cursor);
	} else {
		buf_adds(&text, u->next.action->name);
		add_rights(u, &text);
		buf_adds(&text, ": ");
		x += term_put(a->term, y - 1, x, cols - 2, ROLE_WARN, buf_str(&text));
		format_cut(&cut, u->next.text, (size_t)(cols - x - 1 > 10 ? cols - x - 1 : 10), true,
			   term_ascii(a->term));
		term_put(a->term, y - 1, x, cols - x - 1, ROLE_VALUE, buf_str(&cut));
		buf_reset(&text);
		buf_addf(&text, "%s - really? y/N ", u->next_label);
		x = 1 + term_put(a->term, y, 1, cols - 2, ROLE_WARN, buf_str(&text));
		term_cursor(a->term, y, x);
	}
	buf_done(&text);
	buf_done(&cut);
}
