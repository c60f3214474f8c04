/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ui.h - the terminal front end: one call that runs until the user quits.
 *
 * Shows samples of any source through views. Knows no BPF. The terminal is
 * restored on every way out: return, SIGTERM, SIGHUP, suspend, crash.
 */
#ifndef CTOP_UI_UI_H
#define CTOP_UI_UI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/source.h"
#include "views/view.h"

enum ui_colour {
	UI_COLOUR_AUTO, /* as the terminal can, none with NO_COLOR */
	UI_COLOUR_ALWAYS,
	UI_COLOUR_NEVER,
};

struct ui_config {
	struct source *source; /* stays the caller's */
	const struct views *views;
	/* Readable when views may have changed (-1: never), and what to call then: the views as they are now,
	 * which live as long as ui_run(), or NULL: nothing changed. `note` gets the first mistake. */
	int views_fd;
	const struct views *(*views_reload)(void *userdata, char *note, size_t size);
	void *views_userdata;
	const char *notice;  /* told when the screen opens; NULL or "": nothing */
	const char *view_id; /* first view; NULL = the first one */
	uint64_t interval;   /* ns, 0 = 2 s; kept within 0.1 s ... 60 s */
	const char *filter;  /* base filter, must parse; NULL = none */
	enum ui_colour colour;
	bool ascii; /* plain ASCII whatever the locale says */
	bool mouse;
	bool tree;           /* opens as a tree, which the first view must have */
	char where;          /* 'c', 'k': lines of the spy say which container or pod; 0 */
	bool read_only;   /* no file is written */
	unsigned snaplen; /* payload bytes the spy copies of one buffer; 0 = default */
};

/*
 * Runs the program's screens. Signals are blocked and the source is used from
 * two threads meanwhile. 0 when the user quits (or SIGTERM, SIGHUP, SIGINT);
 * -ENOTTY: no terminal; -ENOTSUP: TERM unknown or without cursor addressing;
 * -ENOENT: no such view; others from the first sample.
 */
int ui_run(const struct ui_config *config);

/* The key table for people: plain text in two columns, or man page roff. */
enum ui_keys_format { UI_KEYS_TEXT, UI_KEYS_ROFF };
void ui_keys_print(FILE *out, enum ui_keys_format format);

#endif
