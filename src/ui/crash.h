/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash.h - leaves a sane terminal when the program dies of a signal it cannot
 * survive. The one place with process-wide state: a signal handler can reach
 * nothing else.
 */
#ifndef CTOP_UI_CRASH_H
#define CTOP_UI_CRASH_H

#include <stdbool.h>

/* Remembers the terminal's modes; before curses starts. */
void crash_save_modes(void);

/* Whether the terminal has cursor addressing; after newterm(). (Here, because <term.h> takes the name
 * "term".) */
bool crash_can_address(void);

/* Prepares the restoring bytes from terminfo and installs handlers for SIGSEGV and its like; after newterm().
 */
void crash_arm(bool mouse);
void crash_disarm(void);

/* After another program had the terminal: colours, cursor, keypad and mouse as they are by default. */
void crash_calm(void);

#endif
