/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outlet.h - the way of what curses writes to the terminal, which may be slow,
 * stopped (Ctrl-S), never read again, or gone. Curses writes whole frames into
 * a file in memory; from there they go out without ever waiting. Whoever draws
 * asks outlet_busy() first: while a frame is still on its way no other one is
 * made, so at most one is kept. Knows no curses.
 */
#ifndef CTOP_UI_OUTLET_H
#define CTOP_UI_OUTLET_H

#include <stdbool.h>

struct outlet;

/* From now on what is written to `fd`, which is a terminal, comes to the outlet. 0 or -errno. */
int outlet_new(int fd, struct outlet **ret);
/* What has not gone out within a moment never will: it is dropped. NULL is fine; returns NULL. */
struct outlet *outlet_free(struct outlet *o);

/* Sends what was written and what was left, as far as that goes without waiting. false: the terminal is gone.
 */
bool outlet_push(struct outlet *o);
bool outlet_busy(const struct outlet *o); /* something is left */
int outlet_fd(const struct outlet *o);    /* writable when more can go */

/* Sends all of it, or drops it if the terminal takes nothing for a moment. */
void outlet_finish(struct outlet *o);

#endif
