/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abilities.c - asks terminfo and the terminal driver; curses is only looked up, never started. */
#include "ui/abilities.h"

#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

#include "core/format.h"

bool terminal_abilities(struct buf *out)
{
	const char *name = getenv("TERM"), *codeset = nl_langinfo(CODESET);
	const char *mouse;
	struct winsize size = {0};
	int err = 0, colours;
	bool utf8 = !strcmp(codeset, "UTF-8");

	if (!name || !*name) {
		buf_adds(out, "TERM is not set: batch mode (-b) only");
		return false;
	}
	format_safe(out, name, strlen(name));
	if (setupterm(name, STDOUT_FILENO, &err) != OK) {
		buf_adds(out, " is unknown to terminfo (ncurses-term may have it): batch mode (-b) only");
		return false;
	}
	if (!cursor_address) {
		buf_adds(out, " cannot place its cursor: batch mode (-b) only");
		del_curterm(cur_term);
		return false;
	}
	colours = max_colors;
	mouse = tigetstr("kmous");
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		buf_addf(out, ", %ux%u", size.ws_col, size.ws_row);
	else
		buf_adds(out, ", standard output is not a terminal");
	if (colours > 0)
		buf_addf(out, ", %d colours", colours);
	else
		buf_adds(out, ", no colours");
	buf_addf(out, ", %smouse", mouse && mouse != (char *)-1 ? "" : "no ");
	if (utf8)
		buf_adds(out, ", UTF-8");
	else
		buf_addf(out, ", %s: ASCII symbols", codeset);
	del_curterm(cur_term);
	return true;
}
