/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * theme.h - roles of text and their looks (theme.def), from 256 colours down
 * to none. Knows no curses: attributes are our own bits.
 */
#ifndef CTOP_UI_THEME_H
#define CTOP_UI_THEME_H

enum role {
#define ROLE(id, ...) ROLE_##id,
#include "ui/theme.def"
#undef ROLE
	ROLE_MAX,
	ROLE_SELECTED = 1 << 8, /* or-ed to a role: text of the selected row */
};

enum look_attr { LOOK_BOLD = 1 << 0, LOOK_DIM = 1 << 1, LOOK_UNDERLINE = 1 << 2, LOOK_REVERSE = 1 << 3 };

struct look {
	int fg, bg;    /* -1 = the terminal's own */
	unsigned attr; /* enum look_attr */
};

/* The look of a role (with or without ROLE_SELECTED) on a terminal of `colours` (< 8 means none). */
struct look theme_look(unsigned role, int colours);

#endif
