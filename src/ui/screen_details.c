/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_details.c - the details page on the screen: made anew with every
 * sample, scrolled, searched. What stands in it is core/details.h's; what is
 * read from /proc comes from a thread, and the page does not wait for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/details.h"
#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"
#include "ui/needle.h"

enum { LABEL_MAX = 26, INDENT = 3 };

struct line {
	unsigned role;
	char *label, *text; /* safe; label NULL: the text is a heading, or goes on */
};

struct details_screen {
	enum details_page page;
	char *name; /* full id of the container */
	uint32_t pid;
	uint64_t start_boot;
	char *title; /* safe */
	struct details_reader *reader;
	struct details_facts *facts;
	bool secrets, gone;
	struct details *details; /* of the sample on the screen, which it points into */
	struct line *lines;
	size_t n, cap;
	size_t top, at; /* at: line that the search has found */
	int width, page_rows;
};

/* ---- lines ---- */

static void drop_lines(struct details_screen *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->lines[i].label);
		free(s->lines[i].text);
	}
	s->n = 0;
}

static void add_line(struct details_screen *s, unsigned role, const char *label, const char *text, size_t len)
{
	VEC_PUSH(s->lines, s->n, s->cap) =
		(struct line){role, label ? xstrdup(label) : NULL, xstrndup(text, len)};
}

static void add_wrapped(struct details_screen *s, const char *label, const char *text)
{
	int room = s->width - INDENT - LABEL_MAX - 1;

	if (room < 20)
		room = 20;
	do {
		size_t fit = format_fit(text, (size_t)room, NULL), len = fit;

		if (text[fit]) { /* rather at a blank, unless that is far */
			while (len && text[len] != ' ')
				len--;
			if (len < fit / 2)
				len = fit;
		}
		if (!len && *text)
			len = strlen(text);
		add_line(s, ROLE_NORMAL, label ? label : "", text, len);
		label = NULL;
		text += len;
		text += strspn(text, " ");
	} while (*text);
}

static void make_lines(struct app *a)
{
	struct details_screen *s = a->details;
	const char *section = NULL;

	drop_lines(s);
	for (size_t i = 0; s->details && i < s->details->n; i++) {
		const struct details_line *d = &s->details->lines[i];
		struct buf text = {0}, label = {0};

		if (!section || strcmp(section, d->section) != 0) {
			struct buf heading = {0};

			if (section)
				add_line(s, ROLE_NORMAL, NULL, "", 0);
			buf_addf(&heading, "%s%s", d->section,
				 d->secret && !s->secrets ? "  (E shows the values)" : "");
			add_line(s, ROLE_HEADING, NULL, buf_str(&heading), heading.len);
			buf_done(&heading);
		}
		section = d->section;
		format_safe(&label, d->label, strlen(d->label));
		details_value(d, s->secrets, term_ascii(a->term), &text);
		add_wrapped(s, buf_str(&label), buf_str(&text));
		buf_done(&text);
		buf_done(&label);
	}
	if (s->at >= s->n)
		s->at = s->n ? s->n - 1 : 0;
}

/* ---- life ---- */

static bool find(struct app *a, struct record *ret)
{
	const struct details_screen *s = a->details;

	if (s->page == DETAILS_CONTAINER)
		return details_find_container(a->sample, s->name, ret);
	/* never another one with its number */
	return details_find_process(a->sample, s->pid, ret) && ret->process->start_boot == s->start_boot;
}

void details_refresh(struct app *a)
{
	struct details_screen *s = a->details;
	struct details_facts *facts;
	struct record r;

	if (!s)
		return;
	facts = details_reader_take(s->reader, 0);
	if (facts) {
		details_facts_free(s->facts);
		s->facts = facts;
	}
	s->gone = !find(a, &r);
	if (s->gone)
		return; /* what is there stays: its lines are copies */
	if (r.process && !r.process->exited && strcmp(a->source->ops->name, "demo") != 0)
		details_reader_ask(s->reader, r.process->pid, r.process->start_boot);
	details_free(s->details);
	s->details = details_build(s->page, &r, s->facts);
	make_lines(a);
	details_free(s->details); /* the sample goes before the page does */
	s->details = NULL;
}

/* What reads first comes after a moment: not only with the next sample. */
bool details_tick(struct app *a)
{
	struct details_screen *s = a->details;
	struct details_facts *facts = s && !s->facts ? details_reader_take(s->reader, 0) : NULL;

	if (!facts)
		return false;
	s->facts = facts;
	details_refresh(a);
	return true;
}

bool details_waiting(const struct app *a)
{
	return a->details && !a->details->facts && !a->details->gone;
}

static bool is_one_of(const char *id, const char *const *ids)
{
	for (; *ids; ids++)
		if (!strcmp(id, *ids))
			return true;
	return false;
}

/* Whether a row is one container, or one process or something of it. 0: neither. */
static unsigned page_of(const struct view *v, const struct row *row)
{
	static const char *const processes[] = {"proc.pid", "thread.tid", NULL};
	static const char *const containers[] = {"container.id", "container.full_id", "container.name", NULL};
	size_t n;
	const struct field *const *keys = view_row_keys(v, row, &n);
	const struct record r = row_record(row);
	unsigned page = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_one_of(keys[i]->id, processes) && r.process)
			return DETAILS_PROCESS;
		if (is_one_of(keys[i]->id, containers) && r.container && !r.container->is_host)
			page = DETAILS_CONTAINER;
	}
	return page;
}

bool details_open(struct app *a, const struct view *v, const struct row *row)
{
	unsigned page = row ? page_of(v, row) : 0;
	struct details_screen *s;
	struct buf title = {0};
	struct record r;
	const char *name;

	if (!page)
		return false;
	r = row_record(row);
	details_close(a);
	s = a->details = xcalloc(1, sizeof(*s));
	s->page = (enum details_page)page;
	s->reader = details_reader_new(NULL);
	if (page == DETAILS_CONTAINER) {
		s->name = xstrdup(r.container->full_id);
		name = r.container->name;
	} else {
		s->pid = r.process->pid;
		s->start_boot = r.process->start_boot;
		name = r.process->name;
	}
	buf_adds(&title, page == DETAILS_CONTAINER ? "Container " : "Process ");
	format_safe(&title, name, strlen(name));
	if (page == DETAILS_PROCESS)
		buf_addf(&title, " %u", s->pid);
	s->title = buf_steal(&title);
	app_set_needs(a);
	details_refresh(a);
	return true;
}

void details_close(struct app *a)
{
	struct details_screen *s = a->details;

	if (!s)
		return;
	a->details = NULL;
	details_reader_free(s->reader);
	details_facts_free(s->facts);
	details_free(s->details);
	drop_lines(s);
	free(s->lines);
	free(s->name);
	free(s->title);
	free(s);
	app_set_needs(a);
}

/* ---- the screen ---- */

static void settle(struct details_screen *s, int rows)
{
	size_t page = rows > 0 ? (size_t)rows : 1;

	s->page_rows = (int)page;
	if (s->top + page > s->n)
		s->top = s->n > page ? s->n - page : 0;
}

void details_draw(struct app *a)
{
	struct details_screen *s = a->details;
	int y = header_draw(a), end = term_rows(a->term) - 1, cols = term_cols(a->term);
	char position[64];

	if (s->width != cols) {
		s->width = cols;
		details_refresh(a);
	}
	term_fill(a->term, y, 0, cols, ROLE_HEAD);
	term_put(a->term, y, 2, cols - 3, ROLE_HEAD, s->title);
	if (s->gone)
		term_put_right(a->term, y, 0, cols - 1, ROLE_HEAD_SORT,
			       s->page == DETAILS_CONTAINER ? "is gone" : "has ended");
	y++;
	settle(s, end - y);
	for (int i = 0; i < s->page_rows && s->top + (size_t)i < s->n; i++) {
		const struct line *line = &s->lines[s->top + (size_t)i];
		int x = INDENT;

		if (line->role == ROLE_HEADING || !line->label) {
			app_put_lit(a, y + i, line->role == ROLE_HEADING ? 1 : x, cols - 2, line->role,
				    line->text);
			continue;
		}
		{
			struct buf cut = {0};

			format_cut(&cut, line->label, LABEL_MAX, *line->label == '/', false);
			app_put_lit(a, y + i, x, LABEL_MAX, ROLE_LABEL, buf_str(&cut));
			buf_done(&cut);
		}
		app_put_lit(a, y + i, x + LABEL_MAX + 1, cols - x - LABEL_MAX - 2, line->role, line->text);
	}
	snprintf(position, sizeof(position), "%zu-%zu/%zu", s->n ? s->top + 1 : 0,
		 s->top + (size_t)s->page_rows < s->n ? s->top + (size_t)s->page_rows : s->n, s->n);
	bar_draw(a, SCOPE_DETAILS, position);
}

bool details_search(struct app *a, const char *text, int dir, bool from_here)
{
	struct details_screen *s = a->details;
	size_t n = s->n, at = s->at;

	for (size_t step = from_here ? 0 : 1; n && step < n + !from_here; step++) {
		size_t i = dir > 0 ? (at + step) % n : (at + n - step % n) % n;
		const struct line *line = &s->lines[i];

		if (!text_find(line->text, text) && !(line->label && text_find(line->label, text)))
			continue;
		s->at = i;
		if (i < s->top || i >= s->top + (size_t)s->page_rows)
			s->top = i > (size_t)s->page_rows / 3 ? i - (size_t)s->page_rows / 3 : 0;
		return true;
	}
	return false;
}

static void move(struct details_screen *s, long delta)
{
	long to = (long)s->top + delta;

	s->top = to < 0 ? 0 : (size_t)to;
	settle(s, s->page_rows);
	s->at = s->top;
}

static void search_on(struct app *a, int dir)
{
	if (!a->search)
		app_message(a, ROLE_DIM, "nothing to search for; / starts a search");
	else if (!details_search(a, a->search, dir, false))
		app_message(a, ROLE_WARN, "not found: %s", a->search);
}

void details_op(struct app *a, enum op op)
{
	struct details_screen *s = a->details;

	switch (op) {
	case OP_UP: move(s, -1); break;
	case OP_DOWN: move(s, 1); break;
	case OP_PAGE_UP: move(s, -s->page_rows); break;
	case OP_PAGE_DOWN: move(s, s->page_rows); break;
	case OP_HOME: move(s, -(long)s->n); break;
	case OP_END: move(s, (long)s->n); break;
	case OP_SEARCH: editor_open(a, EDIT_SEARCH); break;
	case OP_NEXT: search_on(a, 1); break;
	case OP_PREV: search_on(a, -1); break;
	case OP_SECRETS:
		s->secrets = !s->secrets;
		details_refresh(a);
		break;
	case OP_PAUSE: app_pause(a, !a->paused); break;
	case OP_DETAILS:
	case OP_BACK: details_close(a); break;
	case OP_CLOSE:
		if (a->search) {
			free(a->search);
			a->search = NULL;
		} else {
			details_close(a);
		}
		break;
	default: break;
	}
}
