/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mouse.h - reports of the mouse, character by character: curses would wait
 * inside a report for the rest of it, for ever if none comes. Pure.
 */
#ifndef CTOP_UI_MOUSE_H
#define CTOP_UI_MOUSE_H

#include <stdbool.h>

enum mouse_form {
	MOUSE_FORM_NONE, /* not in a report */
	MOUSE_FORM_SGR,  /* ESC [ < button ; column ; line M (pressed) or m (let go), of any size */
	MOUSE_FORM_X10,  /* ESC [ M and three characters, up to column 95 */
};

struct mouse_report {
	enum mouse_form form;
	unsigned n; /* numbers so far, the last one may go on */
	int v[3];   /* button, column and line from 1 */
};

enum mouse_step {
	MOUSE_MORE,   /* the report goes on */
	MOUSE_PRESS,  /* it is complete: a button, or the wheel */
	MOUSE_OTHER,  /* it is complete, and nothing we act on */
	MOUSE_BROKEN, /* the character is none of a report: it stands for itself */
};

enum mouse_button { MOUSE_LEFT = 0, MOUSE_UP = 64, MOUSE_DOWN = 65 };

void mouse_begin(struct mouse_report *r, enum mouse_form form);
enum mouse_step mouse_add(struct mouse_report *r, int c);

#endif
