/* SPDX-License-Identifier: GPL-2.0-or-later */
/* theme.c - picks a look from theme.def for what the terminal can do. */
#include "ui/theme.h"

#include <stdbool.h>

struct role_row {
	int fg256, bg256, fg8, bg8;
	const char *colour, *mono; /* attribute letters; "d8": dim only where there are 8 colours */
};

static const struct role_row rows[ROLE_MAX] = {
#define ROLE(id, ...) [ROLE_##id] = {__VA_ARGS__},
#include "ui/theme.def"
#undef ROLE
};

enum { SELECTED_BG256 = 237, SELECTED_BG8 = 6, SELECTED_FG8 = 0 };

static unsigned attributes(const char *letters, bool rich)
{
	unsigned attr = 0;

	for (const char *p = letters; *p; p++) {
		if (*p == 'b')
			attr |= LOOK_BOLD;
		else if (*p == 'd' && !(rich && p[1] == '8'))
			attr |= LOOK_DIM;
		else if (*p == 'u')
			attr |= LOOK_UNDERLINE;
		else if (*p == 'r')
			attr |= LOOK_REVERSE;
	}
	return attr;
}

struct look theme_look(unsigned role, int colours)
{
	bool selected = role & ROLE_SELECTED;
	const struct role_row *row = &rows[role & 0xff];
	struct look look = {-1, -1, 0};

	if (colours >= 256) {
		look = (struct look){row->fg256, row->bg256, attributes(row->colour, true)};
		if (selected && row->bg256 < 0)
			look.bg = SELECTED_BG256;
		if (selected && (role & 0xff) == ROLE_DIM)
			look.fg = 247; /* dim on the bar must stay readable */
	} else if (colours >= 8) {
		look = (struct look){row->fg8, row->bg8, attributes(row->colour, false)};
		if (selected && row->bg8 < 0) /* eight colours: the bar wins, bold keeps the heat */
			look = (struct look){SELECTED_FG8, SELECTED_BG8, look.attr & ~LOOK_DIM};
	} else {
		look.attr = attributes(row->mono, false);
		if (selected)
			look.attr = (look.attr & LOOK_BOLD) | LOOK_REVERSE;
	}
	return look;
}
