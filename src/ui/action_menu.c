/* SPDX-License-Identifier: GPL-2.0-or-later */
/* action_menu.c - what can be done to the selected row (F8), and the keys that do it without the menu. */
#include "ui/action.h"

#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"

enum { NAME_CELLS = 24 };

void action_item_done(struct action_item *item)
{
	action_command_done(&item->command);
	free(item->path);
	free(item->text);
	*item = (struct action_item){0};
}

void action_menu_close(struct app *a)
{
	struct action_ui *u = a->actions;

	for (size_t i = 0; i < u->n; i++)
		action_item_done(&u->items[i]);
	u->n = 0;
	free(u->label);
	u->label = NULL;
}

/* ---- what there is ---- */

static char *safe(const char *text)
{
	struct buf b = {0};

	format_safe(&b, text, strlen(text));
	return b.data ? buf_steal(&b) : xstrdup("");
}

/* With what is proposed where something will be asked. */
static char *command_text(const struct action_item *item, const struct action_target *t, unsigned serial)
{
	struct action_command c;
	struct buf b = {0};
	char *why = NULL;

	if (!item->command.n_holes || !item->action->answer || action_build(item->way, t, serial, &c, &why)) {
		action_text(&item->command, &b);
	} else {
		action_answer(&c, item->action->answer, &why);
		action_text(&c, &b);
		action_command_done(&c);
	}
	free(why);
	return buf_steal(&b);
}

/* Programs that were looked for, once each. */
static void add_missing(struct buf *missing, const char *program)
{
	const char *at = missing->len ? strstr(buf_str(missing), program) : NULL;
	size_t len = strlen(program);

	if (at && (at[len] == ',' || !at[len]))
		return;
	buf_addf(missing, "%s%s", missing->len ? ", " : "", program);
}

/* Every way that is possible; if none is, one line that says why. */
static void add_action(struct action_ui *u, const struct action *action, const struct action_target *t)
{
	struct buf missing = {0};
	size_t before = u->n, fit = 0;
	char *why = NULL;

	for (size_t i = 0; i < action->n_ways; i++) {
		struct action_item item = {.action = action, .way = &action->ways[i], .possible = true};
		const char *program = action_program(item.way);
		char *no = NULL;

		if (!action_fits(item.way, t))
			continue;
		fit++;
		item.path = action_is_builtin(item.way) ? NULL : spawn_find(program);
		if (!item.path && !action_is_builtin(item.way)) {
			add_missing(&missing, program);
			continue;
		}
		if (action_build(item.way, t, u->serial, &item.command, &no)) {
			free(item.path);
			if (why)
				free(no);
			else
				why = no;
			continue;
		}
		item.text = command_text(&item, t, u->serial);
		VEC_PUSH(u->items, u->n, u->cap) = item;
	}
	if (fit && u->n == before) {
		char *raw = why ? xstrdup(why)
				: xasprintf(strchr(buf_str(&missing), ',') ? "none of these is installed: %s"
									   : "%s is not installed",
					    buf_str(&missing));

		VEC_PUSH(u->items, u->n, u->cap) = (struct action_item){.action = action, .text = safe(raw)};
		free(raw);
	}
	free(why);
	buf_done(&missing);
}

/* false: no row is selected. */
static bool collect(struct app *a)
{
	struct action_ui *u = a->actions;
	const struct view *view = selection_top(&a->sel)->view;
	struct event_record *er = NULL;
	const struct action **list;
	struct action_target t;
	char *label = NULL;
	size_t n;

	action_menu_close(a);
	u->serial++;
	if (a->spying) {
		const struct spy_entry *e = spy_log_line(&a->spy.log, a->spy.cursor);

		if (!e)
			return false;
		er = xcalloc(1, sizeof(*er));
		record_from_event(er, a->spy.index, e->event);
		action_target_event(view, &er->record, &t);
		label = xasprintf("%s %u", e->event->comm, e->event->tgid);
	} else {
		const struct row *row = rows_current(&a->rows);

		if (!row)
			return false;
		action_target_row(view, row, &t);
		label = view_row_label(view, row);
	}
	n = actions_of(a->views, &t, &list);
	for (size_t i = 0; i < n; i++)
		add_action(u, list[i], &t);
	u->label = safe(label ? label : "");
	free(label);
	free(list);
	free(er);
	return true;
}

/* ---- choosing ---- */

/* Moves an item to where it is asked for and run. false: it cannot be done, which was said. */
static bool take(struct app *a, size_t i)
{
	struct action_ui *u = a->actions;

	if (!u->items[i].possible) {
		app_message(a, ROLE_WARN, "%s: %s", u->items[i].action->name, u->items[i].text);
		return false;
	}
	action_item_done(&u->next);
	u->next = u->items[i];
	u->items[i] = (struct action_item){0};
	free(u->next_label);
	/* the row need not be the process that it happens to */
	u->next_label =
		u->next.way->first && u->next.command.pid
			? xasprintf("%s: process %u, first of the container", u->label, u->next.command.pid)
			: xstrdup(u->label);
	return true;
}

/* The first possible one with that key, else any. */
static bool find_key(const struct action_ui *u, int key, size_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < u->n; i++) {
		if (u->items[i].action->key != key || (found && !u->items[i].possible))
			continue;
		*ret = i;
		found = true;
		if (u->items[i].possible)
			return true;
	}
	return found;
}

void action_menu_choose(struct app *a, size_t i)
{
	bool go = i < a->actions->n && take(a, i);

	overlay_close(a);
	if (go)
		action_ask(a);
}

bool action_menu_key(struct app *a, int key)
{
	size_t i = 0;

	if (!find_key(a->actions, key, &i))
		return false;
	action_menu_choose(a, i);
	return true;
}

void action_menu_open(struct app *a)
{
	overlay_close(a);
	if (!collect(a)) {
		app_message(a, ROLE_WARN, "no row is selected");
	} else if (!a->actions->n) {
		app_message(a, ROLE_WARN, "there is nothing to do to this row");
		action_menu_close(a);
	} else {
		a->overlay.kind = OVERLAY_ACTIONS;
		a->overlay.n = a->actions->n;
		a->overlay.title = a->actions->label;
	}
}

void action_key(struct app *a, int key)
{
	const struct action *any = NULL;
	bool go = false;
	size_t i = 0;

	if (key <= ' ' || key > '~')
		return;
	for (size_t k = 0; k < a->views->n_actions; k++)
		if (a->views->actions[k]->key == key)
			any = a->views->actions[k];
	if (!any && !selection_top(&a->sel)->view->n_actions)
		return;
	if (!collect(a))
		app_message(a, ROLE_WARN, "no row is selected");
	else if (find_key(a->actions, key, &i))
		go = take(a, i);
	else if (any)
		app_message(a, ROLE_WARN, "%s does not apply to this row", any->name);
	action_menu_close(a);
	if (go)
		action_ask(a);
}

/* ---- drawing ---- */

void action_menu_draw_item(struct app *a, int y, int x, int cells, size_t i, unsigned selected)
{
	const struct action_item *item = &a->actions->items[i];
	char key[2] = {item->action->key, '\0'};
	bool again = i && a->actions->items[i - 1].action == item->action;
	bool off = !item->possible || (item->action->changes && a->config->read_only);
	int room = cells - 4 - NAME_CELLS;
	struct buf text = {0};

	if (!again) {
		term_put(a->term, y, x + 1, 1, ROLE_BAR_KEY | selected, key);
		term_put(a->term, y, x + 3, NAME_CELLS - 1, (off ? ROLE_DIM : ROLE_NORMAL) | selected,
			 item->action->name);
	}
	format_cut(&text, item->possible && off ? "off: --read-only" : item->text,
		   (size_t)(room > 0 ? room : 0), true, term_ascii(a->term));
	term_put(a->term, y, x + 3 + NAME_CELLS, room, ROLE_DIM | selected, buf_str(&text));
	buf_done(&text);
}

/* ---- in the legend and the help ---- */

static void add_told(struct app *a, int width, const struct action *action, bool ways)
{
	struct buf line = {0};

	buf_addf(&line, "%c  ", action->key ? action->key : ' ');
	format_safe(&line, action->name, strlen(action->name));
	if (action->changes)
		buf_adds(&line, a->config->read_only ? " (off: --read-only)" : " (asks first)");
	page_wrap(a, ROLE_NORMAL, 2, width, buf_str(&line));
	buf_reset(&line);
	if (action->description) {
		format_safe(&line, action->description, strlen(action->description));
		page_wrap(a, ROLE_DIM, 5, width, buf_str(&line));
	}
	buf_reset(&line);
	for (size_t i = 0; ways && i < action->n_ways; i++) {
		const char *program = action_program(&action->ways[i]);

		if (line.len && strstr(buf_str(&line), program))
			continue;
		buf_addf(&line, "%s%s", line.len ? ", " : "by ", program);
	}
	if (line.len)
		page_wrap(a, ROLE_DIM, 5, width, buf_str(&line));
	buf_done(&line);
}

void action_legend(struct app *a, int width)
{
	const struct view *view = selection_top(&a->sel)->view;
	const struct row any = {0};
	struct action_target t = {.view = view,
				  .row = view_is_list(view) ? NULL : &any,
				  .keys = view->keys,
				  .n_keys = view->n_keys};
	const struct action **list;
	size_t n = actions_of(a->views, &t, &list);

	if (n) {
		page_add(a, ROLE_NORMAL, "");
		page_add(a, ROLE_HEADING, "Actions (F8)");
	}
	for (size_t i = 0; i < n; i++)
		add_told(a, width, list[i], true);
	free(list);
}

void action_help(struct app *a, int width)
{
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "Actions, where they apply to the selected row");
	for (size_t i = 0; i < a->views->n_actions; i++)
		add_told(a, width, a->views->actions[i], false);
}
