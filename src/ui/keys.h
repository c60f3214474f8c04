/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keys.h - operations and the keys that start them. One table (keys.def) feeds
 * dispatch, bottom bar, help screen and man page. Knows no curses.
 */
#ifndef CTOP_UI_KEYS_H
#define CTOP_UI_KEYS_H

#include <stddef.h>

#include "core/buf.h"

/* A key is a Unicode code point (control keys included) or one of these. */
enum key {
	K_NONE = 0,
	K_TAB = '\t',
	K_ENTER = '\n',
	K_ESC = 27,
	K_NAMED = 0x200000, /* above Unicode */
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_PGUP,
	K_PGDN,
	K_HOME,
	K_END,
	K_BACKSPACE,
	K_DEL,
	K_BACKTAB,
	K_F1,
	K_F2,
	K_F3,
	K_F4,
	K_F5,
	K_F6,
	K_F7,
	K_F8,
	K_F9,
	K_F10,
	K_F11,
	K_F12,
	K_MOUSE,
};
#define K_CTRL(c) ((c)&0x1f)

/* Where a key is typed. */
enum key_scope { SCOPE_TABLE = 1 << 0, SCOPE_SPY = 1 << 1, SCOPE_LIST = 1 << 2, SCOPE_PAGE = 1 << 3, SCOPE_EVENTS = 1 << 4, SCOPE_DETAILS = 1 << 5, SCOPE_INPUT = 1 << 6 };

enum op {
	OP_NONE,
#define OP(id, ...) OP_##id,
#include "ui/keys.def"
#undef OP
	OP_MAX,
};

struct key_op {
	enum op op;
	unsigned scopes;   /* enum key_scope */
	const char *group; /* heading in the help */
	unsigned bar;      /* 1 = most important of the bottom bar, 0 = not in it */
	const char *label; /* bottom bar */
	const char *help;
	int keys[16]; /* up to the first 0 */
};

/* In the order of keys.def. */
const struct key_op *key_ops(size_t *ret_n);

/* The operation of a key in a scope; OP_NONE. */
enum op key_find(int key, enum key_scope scope);

/* "F2", "Enter", "Ctrl-L", "x" */
void key_label(int key, struct buf *out);

/* All keys of an operation: "F2 v". */
void key_labels(const struct key_op *op, struct buf *out);

#endif
