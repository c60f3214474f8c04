/* SPDX-License-Identifier: GPL-2.0-or-later */
/* screen_spy.c - dig (a line per call) and echo (a block per transfer) on the screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"
#include "core/syscall.h"
#include "ui/app.h"
#include "ui/filtering.h"
#include "ui/needle.h"
#include "ui/spy_block.h"

enum { LATENCY_CELLS = 8, SHIFT = 8, WIDE = 110, STRSIZE = 64 };

/* ---- text lines of entries ---- */

static unsigned line_height(const struct spy *s, uint64_t line)
{
	const struct spy_entry *e;
	struct block block;
	unsigned n;

	if (s->kind != SPY_ECHO)
		return 1;
	e = spy_log_line(&s->log, line);
	if (!e)
		return 1;
	block_make(s, e, s->width, &block);
	n = (unsigned)block.n;
	block_done(&block);
	return n;
}

/* Moves `at` by text lines, within [shown_head, tail). Returns how far it got. */
static long walk(const struct spy *s, struct spy_at *at, long delta)
{
	long done = 0;
	uint64_t tail = spy_tail(s);

	if (tail == s->log.shown_head)
		return 0;
	if (s->kind != SPY_ECHO) {
		long up = (long)(at->line - s->log.shown_head), down = (long)(tail - 1 - at->line);

		done = delta < -up ? -up : delta > down ? down : delta;
		at->line += (uint64_t)done;
		return done;
	}
	for (; delta < 0; delta++, done--) {
		if (at->sub > 0)
			at->sub--;
		else if (at->line > s->log.shown_head)
			at->sub = line_height(s, --at->line) - 1;
		else
			break;
	}
	for (; delta > 0; delta--, done++) {
		if (at->sub + 1 < line_height(s, at->line))
			at->sub++;
		else if (at->line + 1 < tail)
			*at = (struct spy_at){at->line + 1, 0};
		else
			break;
	}
	return done;
}

/* Brings top and cursor back into what exists and the cursor onto the screen. */
static void settle(struct spy *s, int page)
{
	uint64_t head = s->log.shown_head, tail = spy_tail(s);
	struct spy_at bottom;

	if (tail == head) {
		s->top = (struct spy_at){head, 0};
		s->cursor = head;
		return;
	}
	if (s->follow)
		s->cursor = tail - 1;
	if (s->cursor < head)
		s->cursor = head;
	if (s->cursor >= tail)
		s->cursor = tail - 1;
	if (s->top.line < head || s->top.line >= tail)
		s->top = (struct spy_at){s->cursor, 0};
	/* the last screenful at most */
	bottom = (struct spy_at){tail - 1, line_height(s, tail - 1) - 1};
	walk(s, &bottom, -(page - 1));
	if (s->follow || s->top.line > bottom.line || (s->top.line == bottom.line && s->top.sub > bottom.sub))
		s->top = bottom;
	if (s->follow)
		return;
	if (s->cursor < s->top.line || (s->cursor == s->top.line && s->top.sub > 0 && s->kind != SPY_ECHO)) {
		s->top = (struct spy_at){s->cursor, 0};
	} else {
		struct spy_at end = s->top;

		walk(s, &end, page - 1);
		if (s->cursor > end.line || (s->cursor == end.line && end.sub == 0 && s->kind == SPY_ECHO)) {
			end = (struct spy_at){s->cursor, 0};
			walk(s, &end, s->kind != SPY_ECHO ? -(page - 1) : -(page / 3));
			s->top = end;
		}
	}
}

/* ---- drawing ---- */

static bool has_path(const struct event *ev)
{
	const struct syscall *sc = syscall_get(ev->nr);

	return sc && sc->desc.flags & CALL_PATH;
}

/* A call that does not fit loses the middle of its path; if that is not enough, what follows the path. */
static void cut_call(struct buf *out, const char *text, size_t cells, bool path)
{
	const char *paren = strchr(text, '('), *base = strrchr(text, '/'),
		   *quote = base ? strchr(base, '"') : NULL;
	struct buf head = {0};

	if (!path || !paren || !quote || format_width(text) <= cells) {
		format_cut(out, text, cells, false, false);
		return;
	}
	if ((size_t)(paren - text) + format_width(base) + 8 > cells) {
		buf_add(&head, text, (size_t)(quote + 1 - text));
		buf_adds(&head, "…");
		text = buf_str(&head);
		base = strrchr(text, '/');
		path = (size_t)(strchr(text, '(') - text) + format_width(base) + 4 <= cells;
	}
	format_cut(out, text, cells, path, false);
	buf_done(&head);
}

static bool fits(const struct buf *call, const struct buf *result, int cells)
{
	return (int)(format_width(buf_str(call)) + format_width(buf_str(result))) + 3 <= cells;
}

/* The call, and its result, which stays in sight however long the arguments are. */
static void draw_call(struct app *a, int y, int x, int cells, const struct spy_entry *e, unsigned selected)
{
	struct buf call = {0}, result = {0}, cut = {0};
	const char *text, *paren;
	int result_cells, call_cells, name;
	bool failed = event_failed(e->event);

	spy_call_text(e, STRSIZE, a->spy.style == ECHO_HEX, &call, &result);
	text = buf_str(&call);
	if (a->spy.shift) { /* scrolled: one long line */
		if (result.len)
			buf_addf(&call, " = %s", buf_str(&result));
		text = buf_str(&call) + format_fit(buf_str(&call), (size_t)a->spy.shift, NULL);
		app_put_lit(a, y, x, cells, (failed ? ROLE_FAILED : ROLE_NORMAL) | selected, text);
		goto out;
	}
	for (unsigned strsize = STRSIZE / 2; !fits(&call, &result, cells) && strsize >= 8; strsize /= 2) {
		/* too long: shorter strings, so that the arguments behind them are seen; no words about the
		 * result */
		buf_reset(&call);
		buf_reset(&result);
		spy_call_text(e, strsize, a->spy.style == ECHO_HEX, &call, &result);
		if (!fits(&call, &result, cells)) {
			buf_reset(&result);
			spy_short_result(e, &result);
		}
	}
	text = buf_str(&call);
	result_cells = result.len ? (int)format_width(buf_str(&result)) + 3 : 0;
	if (result_cells > cells * 2 / 5 && (int)call.len + result_cells > cells)
		result_cells = cells * 2 / 5;
	call_cells = cells - result_cells;
	cut_call(&cut, text, call_cells > 0 ? (size_t)call_cells : 0, has_path(e->event));
	text = buf_str(&cut);
	paren = strchr(text, '(');
	name = paren ? (int)(paren - text) : 0;
	if (e->repeats > 1) {
		app_put_lit(a, y, x, cells, ROLE_DIM | selected, text);
	} else {
		app_put_lit(a, y, x, call_cells, ROLE_NORMAL | selected, text);
		if (name > 0 && name < call_cells && !(a->search && text_find(text, a->search))) {
			char *head = xstrndup(text, (size_t)name);

			term_put(a->term, y, x, name, ROLE_CALL | selected, head);
			free(head);
		}
	}
	if (result_cells) {
		struct buf r = {0}, all = {0};

		buf_addf(&all, " = %s", buf_str(&result));
		format_cut(&r, buf_str(&all), (size_t)result_cells, false, false);
		app_put_lit(a, y, x + (int)format_width(text), result_cells,
			    (failed ? ROLE_FAILED : ROLE_NORMAL) | selected, buf_str(&r));
		buf_done(&r);
		buf_done(&all);
	}
out:
	buf_done(&call);
	buf_done(&result);
	buf_done(&cut);
}

static void draw_dig_line(struct app *a, int y, uint64_t line)
{
	const struct spy_entry *e = spy_log_line(&a->spy.log, line);
	unsigned selected = line == a->spy.cursor && !a->spy.follow ? ROLE_SELECTED : 0;
	int cols = term_cols(a->term), wide = cols >= WIDE, x = 1;
	int name_cells = wide ? 15 : 8,
	    time_cells = wide        ? 15
			 : cols < 60 ? 0
				     : 12,
	    latency = cols < 60 ? 0 : LATENCY_CELLS;
	bool slow = event_slow(e->event);
	struct buf text = {0}, cut = {0};

	if (selected)
		term_fill(a->term, y, 0, cols, ROLE_NORMAL | selected);
	if (time_cells) {
		spy_time_text(e->event->time, wide ? 6 : 3, &text);
		x += term_put(a->term, y, x, time_cells, ROLE_DIM | selected, buf_str(&text)) + 1;
		buf_reset(&text);
	}
	if (e->text) {
		format_cut(&cut, e->text, (size_t)name_cells, false, false);
		app_put_lit(a, y, x, name_cells, ROLE_NORMAL | selected, buf_str(&cut));
		buf_reset(&cut);
		x += name_cells + 1;
	}
	buf_addf(&text, "%u", e->event->tid);
	term_put_right(a->term, y, x, 7, ROLE_NORMAL | selected, buf_str(&text));
	x += 8;
	buf_reset(&text);
	format_safe(&text, e->event->comm, strlen(e->event->comm));
	format_cut(&cut, buf_str(&text), (size_t)name_cells, false, false);
	app_put_lit(a, y, x, name_cells, ROLE_NAME | selected, buf_str(&cut));
	x += name_cells + 1;
	draw_call(a, y, x, cols - x - latency - 1, e, selected);
	if (latency && e->latency != UNKNOWN_U64) {
		buf_reset(&text);
		format_ns(&text, (double)e->latency, term_ascii(a->term));
		buf_adds(&text, slow ? "▇" : " ");
		term_put_right(a->term, y, cols - latency - 1, latency,
			       (slow ? ROLE_SLOW : ROLE_DIM) | selected, buf_str(&text));
	}
	buf_done(&text);
	buf_done(&cut);
}

/* Draws text lines `from`... of a block; returns the next free screen line. */
static int draw_block(struct app *a, int y, int end, uint64_t line, unsigned from)
{
	const struct spy_entry *e = spy_log_line(&a->spy.log, line);
	unsigned selected = line == a->spy.cursor && !a->spy.follow ? ROLE_SELECTED : 0;
	int cols = term_cols(a->term);
	struct block block;

	block_make(&a->spy, e, a->spy.width, &block);
	for (size_t i = from; i < block.n && y < end; i++, y++) {
		unsigned role = i ? ROLE_NORMAL : block.write ? ROLE_WRITE : ROLE_READ;

		if (selected && i == 0)
			term_fill(a->term, y, 0, cols, ROLE_NORMAL | selected);
		app_put_lit(a, y, 1, cols - 2, role | (i ? 0 : selected), block.lines[i]);
	}
	block_done(&block);
	return y;
}

static void draw_nothing(struct app *a, int y)
{
	const struct spy *s = &a->spy;
	const char *text = s->log.looked < s->log.tail ? "looking"
			   : spy_narrowed(s)           ? "nothing matches the filter so far"
			   : s->log.failed_only || s->log.slow_only
				   ? "no such call so far; f and s choose which are shown"
			   : s->kind == SPY_LIST ? "nothing so far; lines come as it happens"
			   : s->kind == SPY_ECHO ? "nothing read or written so far"
						 : "no system call so far";
	uint64_t others = s->counts.seen - s->log.calls - s->rejected;
	struct buf b = {0};

	term_put(a->term, y, (term_cols(a->term) - (int)strlen(text)) / 2, term_cols(a->term), ROLE_DIM,
		 text);
	if (s->log.calls || s->counts.seen <= s->rejected)
		return;
	format_count(&b, (double)others); /* it works, there is just nothing to show */
	buf_adds(&b, " calls of others went by");
	term_put(a->term, y + 1, (term_cols(a->term) - (int)b.len) / 2, term_cols(a->term), ROLE_DIM,
		 buf_str(&b));
	buf_done(&b);
}

void spy_draw(struct app *a)
{
	struct spy *s = &a->spy;
	int y = header_draw_spy(a), end = term_rows(a->term) - 1;
	struct spy_at at;
	char position[80];
	uint64_t tail = spy_tail(s);

	if (s->kind == SPY_LIST)
		list_draw_heads(a, y++);
	a->page = end - y > 0 ? (size_t)(end - y) : 1;
	s->width = term_cols(a->term) - 2;
	settle(s, (int)a->page);
	at = s->top;
	while (y < end && at.line < tail) {
		if (s->kind != SPY_ECHO) {
			app_hit(a, y, 0, term_cols(a->term), HIT_ROW, (size_t)at.line);
			if (s->kind == SPY_LIST)
				list_draw_line(a, y++, at.line);
			else
				draw_dig_line(a, y++, at.line);
		} else {
			int from = y;

			y = draw_block(a, y, end, at.line, at.sub);
			for (; from < y; from++)
				app_hit(a, from, 0, term_cols(a->term), HIT_ROW, (size_t)at.line);
		}
		at = (struct spy_at){at.line + 1, 0};
	}
	if (tail == s->log.shown_head)
		draw_nothing(a, y + (int)a->page / 3);
	if (s->save_fd >= 0)
		snprintf(position, sizeof(position), "saving %llu", (unsigned long long)s->saved);
	else if (s->log.looked < s->log.tail)
		snprintf(position, sizeof(position), "filtering");
	else if (s->find)
		snprintf(position, sizeof(position), "searching");
	else if (s->follow)
		snprintf(position, sizeof(position), "%llu following",
			 (unsigned long long)(tail - s->log.shown_head));
	else
		snprintf(position, sizeof(position), "%llu/%llu",
			 (unsigned long long)(s->cursor - s->log.shown_head + 1),
			 (unsigned long long)(tail - s->log.shown_head));
	bar_draw(a, s->kind == SPY_LIST ? SCOPE_EVENTS : SCOPE_SPY, position);
}

/* ---- operations ---- */

/* In dig the cursor moves, in echo the text under it does. */
static void move(struct spy *s, long delta)
{
	uint64_t head = s->log.shown_head, tail = spy_tail(s);

	if (tail == head)
		return;
	if (s->kind != SPY_ECHO) {
		struct spy_at at = {s->cursor, 0};

		walk(s, &at, delta);
		s->follow = delta > 0 && at.line == tail - 1 && (s->follow || s->cursor == tail - 1);
		s->cursor = at.line;
	} else {
		struct spy_at top = s->top;
		long done = walk(s, &top, delta);

		s->top = top;
		s->cursor = top.line + (top.sub && top.line + 1 < tail ? 1 : 0);
		s->follow = delta > 0 && (done < delta || s->follow);
	}
}

/* = and !: in a dig the selected call, in an echo what it reads or writes. */
static void narrow(struct app *a, bool exclude)
{
	const struct spy_entry *e = spy_log_line(&a->spy.log, a->spy.cursor);
	const char *name = e && a->spy.kind == SPY_ECHO ? e->event->fd[0].name : NULL;
	char *quoted, *check;

	if (!e) {
		app_message(a, ROLE_WARN, "no line to filter by");
		return;
	}
	quoted = filter_quote(name ? name : syscall_name(e->event->nr));
	check = xasprintf("%s %s %s", name ? "fd.name" : "evt.type", exclude ? "!=" : "=", quoted);
	filter_narrow_spy(a, check);
	free(quoted);
	free(check);
}

static void leave(struct app *a)
{
	a->message.until = 0;
	if (list_resume(a))
		return;
	if (a->spy.kind == SPY_LIST) {
		if (selection_back(&a->sel))
			app_level_changed(a);
		else
			app_message(a, ROLE_DIM, "this is the top; q leaves the program");
		return;
	}
	spy_stop(&a->spy);
	a->spying = false;
	app_rebuild(a);
}

void spy_op(struct app *a, enum op op)
{
	struct spy *s = &a->spy;
	long page = (long)a->page;

	switch (op) {
	case OP_UP: move(s, -1); break;
	case OP_DOWN: move(s, 1); break;
	case OP_PAGE_UP: move(s, -page); break;
	case OP_PAGE_DOWN: move(s, page); break;
	case OP_HOME:
		s->follow = false;
		s->cursor = s->log.shown_head;
		s->top = (struct spy_at){s->log.shown_head, 0};
		break;
	case OP_END: s->follow = true; break;
	case OP_FOLLOW:
		s->follow = !s->follow;
		app_message(a, ROLE_VALUE,
			    s->follow ? "following new lines" : "staying here; new lines go on below");
		break;
	case OP_LEFT: s->shift = s->shift > SHIFT ? s->shift - SHIFT : 0; break;
	case OP_RIGHT: s->shift += s->shift < 4096 ? SHIFT : 0; break;
	case OP_CLOSE:
		if (s->find) {
			free(s->find);
			s->find = NULL;
		} else if (filter_is_set(a)) {
			filter_clear(a);
		} else if (a->search) {
			free(a->search);
			a->search = NULL;
		} else {
			leave(a);
		}
		break;
	case OP_BACK:
		if (!filter_undo_spy(a))
			leave(a);
		break;
	case OP_FILTER: editor_open(a, EDIT_FILTER); break;
	case OP_ONLY: narrow(a, false); break;
	case OP_EXCLUDE: narrow(a, true); break;
	case OP_DETAILS:
	case OP_LEGEND: overlay_open_page(a, s->kind == SPY_ECHO ? "Echo" : "Dig", spy_legend_page); break;
	case OP_SEARCH: editor_open(a, EDIT_SEARCH); break;
	case OP_NEXT:
	case OP_PREV:
		if (a->search)
			spy_find(s, a->search, op == OP_NEXT ? 1 : -1, false);
		else
			app_message(a, ROLE_DIM, "nothing to search for; / starts a search");
		break;
	case OP_DETAIL:
		s->follow = false;
		overlay_open_page(a, "The whole call", event_page);
		break;
	case OP_FAILED: spy_switch(s, !s->log.failed_only, s->log.slow_only); break;
	case OP_SLOW: spy_switch(s, s->log.failed_only, !s->log.slow_only); break;
	case OP_STYLE:
		s->style = s->style == ECHO_TEXT                         ? ECHO_HEX
			   : s->style == ECHO_HEX && s->kind == SPY_ECHO ? ECHO_RAW
									 : ECHO_TEXT;
		s->top.sub = 0;
		app_message(a, ROLE_VALUE,
			    s->style == ECHO_TEXT ? "payload as text"
			    : s->style == ECHO_HEX
				    ? "payload as hex"
				    : "payload raw, escaped here, byte for byte in a saved file");
		break;
	case OP_SAVE:
		if (a->config->read_only)
			app_message(a, ROLE_WARN, "started read-only: no file is written");
		else
			editor_open(a, EDIT_SAVE);
		break;
	case OP_CLEAR:
		spy_log_clear(&s->log);
		s->follow = true;
		break;
	case OP_PAUSE: spy_pause(s, !s->paused); break;
	default: break;
	}
}
