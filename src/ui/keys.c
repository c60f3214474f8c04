/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.c - the key table and what is generated from it. */
#include "ui/keys.h"

#include <stdio.h>
#include <string.h>

#include "ui/ui.h"

#define T SCOPE_TABLE
#define S SCOPE_SPY
#define L SCOPE_LIST
#define P SCOPE_PAGE
#define E SCOPE_EVENTS
#define D SCOPE_DETAILS
#define I SCOPE_INPUT
static const struct key_op ops[] = {
#define OP(id, scopes, group, bar, label, help, ...)                                                         \
	{OP_##id, scopes, group, bar, label, help, {__VA_ARGS__}},
#include "ui/keys.def"
#undef OP
};
#undef T
#undef S
#undef L
#undef P
#undef E
#undef I
#undef D

enum { N_OPS = sizeof(ops) / sizeof(ops[0]) };

const struct key_op *key_ops(size_t *ret_n)
{
	*ret_n = N_OPS;
	return ops;
}

enum op key_find(int key, enum key_scope scope)
{
	for (size_t i = 0; i < N_OPS; i++) {
		if (!(ops[i].scopes & scope))
			continue;
		for (const int *k = ops[i].keys; *k; k++)
			if (*k == key)
				return ops[i].op;
	}
	return OP_NONE;
}

void key_label(int key, struct buf *out)
{
	static const char *const names[] = {
		[K_UP - K_NAMED] = "Up",
		[K_DOWN - K_NAMED] = "Down",
		[K_LEFT - K_NAMED] = "Left",
		[K_RIGHT - K_NAMED] = "Right",
		[K_PGUP - K_NAMED] = "PgUp",
		[K_PGDN - K_NAMED] = "PgDn",
		[K_HOME - K_NAMED] = "Home",
		[K_END - K_NAMED] = "End",
		[K_BACKSPACE - K_NAMED] = "Backspace",
		[K_DEL - K_NAMED] = "Del",
		[K_BACKTAB - K_NAMED] = "Shift-Tab",
	};

	if (key >= K_F1 && key <= K_F12)
		buf_addf(out, "F%d", key - K_F1 + 1);
	else if (key > K_NAMED && key < K_F1)
		buf_adds(out, names[key - K_NAMED]);
	else if (key == K_ENTER)
		buf_adds(out, "Enter");
	else if (key == K_ESC)
		buf_adds(out, "Esc");
	else if (key == ' ')
		buf_adds(out, "Space");
	else if (key == K_TAB)
		buf_adds(out, "Tab");
	else if (key > 0 && key < 32)
		buf_addf(out, "Ctrl-%c", key + '@');
	else if (key > 32 && key < 127)
		buf_addc(out, (char)key);
}

void key_labels(const struct key_op *op, struct buf *out)
{
	if (op->op == OP_HOTKEY) { /* ten keys that read better as a range */
		buf_adds(out, "1 ... 9 0");
		return;
	}
	for (const int *k = op->keys; *k; k++) {
		if (k != op->keys)
			buf_addc(out, ' ');
		key_label(*k, out);
	}
}

/* A backslash, a leading dot or quote would mean something to roff. */
static void roff_text(FILE *out, const char *s)
{
	for (const char *p = s; *p; p++) {
		if (*p == '\\')
			fputs("\\e", out);
		else if (*p == '-')
			fputs("\\-", out);
		else if ((*p == '.' || *p == '\'') && p == s)
			fprintf(out, "\\&%c", *p);
		else
			putc(*p, out);
	}
}

void ui_keys_print(FILE *out, enum ui_keys_format format)
{
	const char *group = NULL;
	struct buf names = {0};

	for (size_t i = 0; i < N_OPS; i++) {
		const struct key_op *op = &ops[i];

		if (!group || strcmp(group, op->group)) {
			fprintf(out, format == UI_KEYS_ROFF ? ".SS %s\n" : "%s\n", op->group);
			group = op->group;
		}
		buf_reset(&names);
		key_labels(op, &names);
		if (format == UI_KEYS_ROFF) {
			fputs(".TP\n.B ", out);
			roff_text(out, buf_str(&names));
			putc('\n', out);
			roff_text(out, op->help);
			putc('\n', out);
		} else {
			fprintf(out, "  %-22s %s\n", buf_str(&names), op->help);
		}
	}
	buf_done(&names);
}
