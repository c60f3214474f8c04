/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mouse.c - see mouse.h. */
#include "ui/mouse.h"

enum { MODIFIERS = 4 | 8 | 16, MOST = 10000, X10_BASE = 32 };

void mouse_begin(struct mouse_report *r, enum mouse_form form)
{
	*r = (struct mouse_report){.form = form};
}

static enum mouse_step complete(struct mouse_report *r, bool pressed)
{
	int button = r->v[0] & ~MODIFIERS;

	r->form = MOUSE_FORM_NONE;
	r->v[0] = button;
	return pressed && (button == MOUSE_LEFT || button == MOUSE_UP || button == MOUSE_DOWN) ? MOUSE_PRESS
											       : MOUSE_OTHER;
}

static enum mouse_step add_sgr(struct mouse_report *r, int c)
{
	if (c >= '0' && c <= '9') {
		r->v[r->n] = r->v[r->n] < MOST ? r->v[r->n] * 10 + c - '0' : MOST;
		return MOUSE_MORE;
	}
	if (c == ';' && r->n < 2) {
		r->n++;
		return MOUSE_MORE;
	}
	if ((c == 'M' || c == 'm') && r->n == 2)
		return complete(r, c == 'M');
	r->form = MOUSE_FORM_NONE;
	return MOUSE_BROKEN;
}

enum mouse_step mouse_add(struct mouse_report *r, int c)
{
	if (r->form == MOUSE_FORM_SGR)
		return add_sgr(r, c);
	if (c < X10_BASE || c > 255) {
		r->form = MOUSE_FORM_NONE;
		return MOUSE_BROKEN;
	}
	r->v[r->n++] = c - X10_BASE;
	return r->n < 3 ? MOUSE_MORE : complete(r, true);
}
