/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lineedit.c - see lineedit.h. Keys as in a shell: Ctrl-A E B F D H K U W, arrows, Home, End. */
#include "ui/lineedit.h"

#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/keys.h"

static void set_text(struct lineedit *l, const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof(l->text))
		len = 0; /* never cut inside a character: take nothing */
	memcpy(l->text, text, len);
	l->text[len] = '\0';
	l->len = l->cursor = len;
}

void line_start(struct lineedit *l, const char *text, struct line_history *history)
{
	set_text(l, text ? text : "");
	l->history = history;
	l->at = history ? history->n : 0;
	l->saved[0] = '\0';
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct lineedit *l, size_t at)
{
	if (at)
		at--;
	while (at && is_continuation(l->text[at]))
		at--;
	return at;
}

static size_t after(const struct lineedit *l, size_t at)
{
	if (at < l->len)
		at++;
	while (at < l->len && is_continuation(l->text[at]))
		at++;
	return at;
}

static enum line_event erase(struct lineedit *l, size_t from, size_t to)
{
	if (from == to)
		return LINE_IGNORED;
	memmove(l->text + from, l->text + to, l->len - to + 1);
	l->len -= to - from;
	l->cursor = from;
	return LINE_CHANGED;
}

static size_t word_start(const struct lineedit *l)
{
	size_t at = l->cursor;

	while (at && l->text[at - 1] == ' ')
		at--;
	while (at && l->text[at - 1] != ' ')
		at--;
	return at;
}

static enum line_event insert(struct lineedit *l, int c)
{
	char utf8[4];
	size_t n;

	if (c < 0x80) {
		utf8[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		utf8[0] = (char)(0xc0 | c >> 6);
		utf8[1] = (char)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		utf8[0] = (char)(0xe0 | c >> 12);
		utf8[1] = (char)(0x80 | ((c >> 6) & 0x3f));
		utf8[2] = (char)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		utf8[0] = (char)(0xf0 | c >> 18);
		utf8[1] = (char)(0x80 | ((c >> 12) & 0x3f));
		utf8[2] = (char)(0x80 | ((c >> 6) & 0x3f));
		utf8[3] = (char)(0x80 | (c & 0x3f));
		n = 4;
	}
	if (l->len + n >= sizeof(l->text))
		return LINE_IGNORED;
	memmove(l->text + l->cursor + n, l->text + l->cursor, l->len - l->cursor + 1);
	memcpy(l->text + l->cursor, utf8, n);
	l->len += n;
	l->cursor += n;
	return LINE_CHANGED;
}

static enum line_event recall(struct lineedit *l, int step)
{
	struct line_history *h = l->history;

	if (!h || (step < 0 && l->at == 0) || (step > 0 && l->at >= h->n))
		return LINE_IGNORED;
	if (l->at == h->n)
		memcpy(l->saved, l->text, l->len + 1);
	l->at += (size_t)step;
	set_text(l, l->at == h->n ? l->saved : h->items[l->at]);
	return LINE_CHANGED;
}

static enum line_event move_to(struct lineedit *l, size_t at)
{
	l->cursor = at;
	return LINE_MOVED;
}

enum line_event line_key(struct lineedit *l, int key)
{
	switch (key) {
	case K_ENTER: return LINE_ACCEPTED;
	case K_ESC:
	case K_CTRL('g'): return LINE_CANCELLED;
	case K_BACKSPACE: return erase(l, before(l, l->cursor), l->cursor);
	case K_DEL:
	case K_CTRL('d'): return erase(l, l->cursor, after(l, l->cursor));
	case K_CTRL('u'): return erase(l, 0, l->cursor);
	case K_CTRL('k'): return erase(l, l->cursor, l->len);
	case K_CTRL('w'): return erase(l, word_start(l), l->cursor);
	case K_LEFT:
	case K_CTRL('b'): return move_to(l, before(l, l->cursor));
	case K_RIGHT:
	case K_CTRL('f'): return move_to(l, after(l, l->cursor));
	case K_HOME:
	case K_CTRL('a'): return move_to(l, 0);
	case K_END:
	case K_CTRL('e'): return move_to(l, l->len);
	case K_UP:
	case K_CTRL('p'): return recall(l, -1);
	case K_DOWN:
	case K_CTRL('n'): return recall(l, 1);
	}
	if (key < ' ' || key >= K_NAMED || (key >= 0x7f && key < 0xa0))
		return LINE_IGNORED;
	return insert(l, key);
}

bool line_replace(struct lineedit *l, size_t from, const char *text)
{
	size_t n = strlen(text);

	if (from > l->cursor || l->len - (l->cursor - from) + n >= sizeof(l->text))
		return false;
	memmove(l->text + from + n, l->text + l->cursor, l->len - l->cursor + 1);
	memcpy(l->text + from, text, n);
	l->len += n - (l->cursor - from);
	l->cursor = from + n;
	return true;
}

size_t line_cursor_cells(const struct lineedit *l)
{
	char part[LINE_MAX_BYTES];

	memcpy(part, l->text, l->cursor);
	part[l->cursor] = '\0';
	return format_width(part);
}

void history_add(struct line_history *h, const char *text)
{
	if (!text[strspn(text, " ")] || (h->n && strcmp(h->items[h->n - 1], text) == 0))
		return;
	if (h->n == LINE_HISTORY) {
		free(h->items[0]);
		memmove(h->items, h->items + 1, (LINE_HISTORY - 1) * sizeof(h->items[0]));
		h->n--;
	}
	h->items[h->n++] = xstrdup(text);
}

void history_done(struct line_history *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->items[i]);
	h->n = 0;
}
