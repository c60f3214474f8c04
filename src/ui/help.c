/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.c - pages of text: the keys, and one call of a spy in full. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/syscall.h"
#include "ui/action.h"
#include "ui/app.h"

enum { KEY_CELLS = 20, INDENT = 2, EVENT_STRSIZE = 4096 };

/* "keys   what they do", the second part wrapped under itself. */
static void add_pair(struct app *a, int width, const char *left, const char *right)
{
	int column = width < 60 ? 12 : KEY_CELLS;
	size_t first = a->overlay.n;
	struct buf line = {0};

	page_wrap(a, ROLE_NORMAL, INDENT + column, width, right);
	if (first == a->overlay.n)
		page_add(a, ROLE_NORMAL, "");
	buf_fill(&line, ' ', INDENT);
	buf_adds(&line, left);
	if ((int)format_width(left) >= column) { /* does not fit beside: a line of its own above */
		page_add(a, ROLE_NORMAL, "");
		free(a->overlay.lines[a->overlay.n - 1].text);
		memmove(&a->overlay.lines[first + 1], &a->overlay.lines[first],
			(a->overlay.n - first - 1) * sizeof(a->overlay.lines[0]));
		a->overlay.lines[first] = (struct page_line){ROLE_BAR_KEY, buf_steal(&line)};
		return;
	}
	{
		struct page_line *l = &a->overlay.lines[first];
		size_t skip = (size_t)(INDENT + column);

		buf_fill(&line, ' ', skip - INDENT - format_width(left));
		buf_adds(&line, strlen(l->text) >= skip ? l->text + skip : "");
		free(l->text);
		l->text = buf_steal(&line);
	}
}

void help_page(struct app *a, int width)
{
	const struct key_op *ops;
	const char *group = NULL;
	struct buf names = {0};
	size_t n;

	ops = key_ops(&n);
	for (size_t i = 0; i < n; i++) {
		if (!group || strcmp(group, ops[i].group)) {
			if (group)
				page_add(a, ROLE_NORMAL, "");
			group = ops[i].group;
			page_add(a, ROLE_HEADING, group);
		}
		buf_reset(&names);
		key_labels(&ops[i], &names);
		add_pair(a, width, buf_str(&names), ops[i].help);
	}
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "Mouse");
	add_pair(a, width, "click",
		 "a row selects it, a column header sorts, a word in the bottom line is its key");
	add_pair(a, width, "double click", "enters the row");
	add_pair(a, width, "wheel", "scrolls");
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "Views");
	for (size_t i = 0; i < a->views->n; i++) {
		const struct view *v = a->views->items[i];
		char key[2] = {v->hotkey, '\0'};
		struct buf text = {0};

		buf_addf(&text, "%s%s%s", v->name, v->description ? ": " : "",
			 v->description ? v->description : "");
		add_pair(a, width, key, buf_str(&text));
		buf_done(&text);
	}
	action_help(a, width);
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "What the signs mean");
	add_pair(a, width, "·", "zero");
	add_pair(a, width, "–", "not known: the kernel, or this sample, does not have it");
	add_pair(a, width, "†", "ended inside the interval; its numbers are in the row");
	add_pair(a, width, "!", "beyond the view's critical threshold");
	add_pair(a, width, "» «", "more columns to that side (Right, Left)");
	add_pair(a, width, "exact",
		 "every system call is in the numbers; \"coarse\" says what is only in totals");
	buf_done(&names);
}

/* The selected line of a spy, nothing cut. */
void event_page(struct app *a, int width)
{
	struct spy *s = &a->spy;
	const struct spy_entry *e = spy_log_line(&s->log, s->cursor);
	struct buf call = {0}, result = {0}, text = {0};

	if (!e) {
		page_add(a, ROLE_DIM, "this call is no longer kept");
		return;
	}
	spy_time_text(e->event->time, 9, &text);
	buf_addf(&text, "  thread %u  process %u  parent %u  user %u  CPU %u", e->event->tid, e->event->tgid,
		 e->event->ppid, e->event->uid, e->event->cpu);
	page_wrap(a, ROLE_NORMAL, 0, width, buf_str(&text));
	buf_reset(&text);
	buf_adds(&text, "name ");
	format_safe(&text, e->event->comm, strlen(e->event->comm));
	page_wrap(a, ROLE_NAME, 0, width, buf_str(&text));
	buf_reset(&text);
	page_add(a, ROLE_NORMAL, "");
	if (e->repeats > 1)
		page_wrap(a, ROLE_DIM, 0, width, "one of a run of equal calls that were folded:");
	{
		struct spy_entry one = *e;

		one.repeats = 0;
		spy_call_text(&one, EVENT_STRSIZE, s->style == ECHO_HEX, &call, &result);
	}
	page_wrap(a, ROLE_NORMAL, 0, width, buf_str(&call));
	page_add(a, ROLE_NORMAL, "");
	buf_addf(&text, "= %s", buf_str(&result));
	page_wrap(a, event_failed(e->event) ? ROLE_FAILED : ROLE_VALUE, 0, width, buf_str(&text));
	buf_reset(&text);
	if (e->latency != UNKNOWN_U64) {
		buf_adds(&text, "took ");
		format_ns(&text, (double)e->latency, false);
		if (e->repeats > 1)
			buf_addf(&text, " for %u calls", e->repeats);
		page_add(a, event_slow(e->event) ? ROLE_SLOW : ROLE_NORMAL, buf_str(&text));
	}
	buf_done(&call);
	buf_done(&result);
	buf_done(&text);
}
