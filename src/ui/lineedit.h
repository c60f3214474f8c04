/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lineedit.h - one line of text being typed: cursor, words, history. Pure: it
 * gets keys and changes text; drawing and meaning are the caller's.
 */
#ifndef CTOP_UI_LINEEDIT_H
#define CTOP_UI_LINEEDIT_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_MAX_BYTES = 4096, LINE_HISTORY = 50 };

struct line_history {
	char *items[LINE_HISTORY]; /* oldest first */
	size_t n;
};

struct lineedit {
	char text[LINE_MAX_BYTES];    /* UTF-8 */
	size_t len, cursor;           /* bytes */
	struct line_history *history; /* borrowed; NULL = none */
	size_t at;                    /* entry on show, history->n = the line being typed */
	char saved[LINE_MAX_BYTES];   /* that line, while an older one is on show */
};

enum line_event { LINE_IGNORED, LINE_MOVED, LINE_CHANGED, LINE_ACCEPTED, LINE_CANCELLED };

/* text may be NULL; the cursor is at its end. */
void line_start(struct lineedit *l, const char *text, struct line_history *history);
enum line_event line_key(struct lineedit *l, int key);
/* Puts text where [from, cursor) is, the cursor behind it. false: no room, nothing changed. */
bool line_replace(struct lineedit *l, size_t from, const char *text);
/* Cells left of the cursor. */
size_t line_cursor_cells(const struct lineedit *l);

/* Remembers an accepted line (not twice in a row, not a blank one). */
void history_add(struct line_history *h, const char *text);
void history_done(struct line_history *h);

#endif
