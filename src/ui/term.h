/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * term.h - the terminal: a grid of cells one writes safe text into, and the
 * keys and mouse that come out of it. The only file that includes curses is
 * term.c; nothing here knows samples, views or what a key means.
 *
 * Text handed in is UTF-8 that went through format_safe(). Where the terminal
 * cannot show UTF-8, our own symbols get ASCII look-alikes and the rest "?".
 */
#ifndef CTOP_UI_TERM_H
#define CTOP_UI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/theme.h"
#include "ui/ui.h"

struct term;

struct term_config {
	enum ui_colour colour;
	bool ascii, mouse;
};

/* Takes over the terminal. 0; -ENOTTY; -ENOTSUP (unknown TERM, or no cursor addressing). */
int term_new(const struct term_config *config, struct term **ret);
struct term *term_free(struct term *t); /* restores it; NULL is fine; returns NULL */

/* To the shell and back (Ctrl-Z). Between the two nothing may be drawn. */
void term_suspend(struct term *t);
void term_resume(struct term *t);

/* Looks up the size again (SIGWINCH). */
void term_resized(struct term *t);
int term_rows(const struct term *t);
int term_cols(const struct term *t);
bool term_ascii(const struct term *t);

/* One frame: begin (empty grid), put..., end (send what changed). */
void term_begin(struct term *t);
void term_end(struct term *t);
/*
 * A frame may still be on its way to a terminal that does not take it. Meanwhile no other is begun; when
 * term_fd() is writable term_flush() sends more. false: the terminal is gone.
 */
bool term_busy(const struct term *t);
int term_fd(const struct term *t);
bool term_flush(struct term *t);
/* The next term_end() repaints every cell. */
void term_repaint(struct term *t);

/*
 * Writes text at (y, x), cut to `cells`; returns the cells used. Outside the
 * screen is fine: nothing is written. role: enum role, or-ed with ROLE_SELECTED.
 */
int term_put(struct term *t, int y, int x, int cells, unsigned role, const char *text);
/* Same, ending at x + cells. */
void term_put_right(struct term *t, int y, int x, int cells, unsigned role, const char *text);
void term_printf(struct term *t, int y, int x, int cells, unsigned role, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* Blanks. */
void term_fill(struct term *t, int y, int x, int cells, unsigned role);

/* Where the cursor is shown after term_end(); y < 0: nowhere. */
void term_cursor(struct term *t, int y, int x);

enum mouse_act { MOUSE_CLICK, MOUSE_DOUBLE, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct input {
	int key; /* code point or enum key; K_MOUSE: the rest is set */
	enum mouse_act act;
	int y, x;
};

/* The next key, without waiting. false: none. */
bool term_read(struct term *t, struct input *ret);

#endif
