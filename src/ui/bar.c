/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bar.c - the bottom line: the most useful keys, clickable, and where one is; and passing messages. */
#include <string.h>

#include "core/format.h"
#include "ui/app.h"

enum { BAR_ITEMS = 32 };

/* " drill", or just "hex/text": the label behind its key. */
static int item_cells(const struct key_op *op, struct buf *key)
{
	buf_reset(key);
	key_label(op->keys[0], key);
	return (int)(format_width(buf_str(key)) + 1 + format_width(op->label)) + 2;
}

void bar_draw(struct app *a, enum key_scope scope, const char *position)
{
	const struct key_op *items[BAR_ITEMS];
	int y = term_rows(a->term) - 1, cols = term_cols(a->term), x = 1;
	int room = cols - 1 - (int)format_width(position) - 1, cells = 0;
	struct buf key = {0};
	size_t n_ops, n = 0;
	const struct key_op *ops = key_ops(&n_ops);

	for (size_t i = 0; i < n_ops && n < BAR_ITEMS; i++) {
		if (!(ops[i].scopes & scope) || !ops[i].bar)
			continue;
		if (ops[i].op == OP_BACK && !a->spying && a->sel.n < 2)
			continue;
		items[n++] = &ops[i];
		cells += item_cells(&ops[i], &key);
	}
	while (n > 0 && cells > room) {
		size_t worst = 0;

		for (size_t i = 0; i < n; i++)
			if (items[i]->bar >= items[worst]->bar)
				worst = i;
		cells -= item_cells(items[worst], &key);
		memmove(&items[worst], &items[worst + 1], (n - worst - 1) * sizeof(items[0]));
		n--;
	}
	for (size_t i = 0; i < n; i++) {
		int from = x;

		item_cells(items[i], &key);
		x += term_put(a->term, y, x, cols, ROLE_BAR_KEY, buf_str(&key)) + 1;
		x += term_put(a->term, y, x, cols, ROLE_BAR_LABEL, items[i]->label);
		app_hit(a, y, from, x, HIT_KEY, (size_t)items[i]->keys[0]);
		x += 2;
	}
	term_put_right(a->term, y, x, cols - x - 1, ROLE_DIM, position);
	buf_done(&key);
}

bool bar_draw_message(struct app *a, int y)
{
	if (!a->message.until)
		return false;
	term_put(a->term, y, 1, term_cols(a->term) - 2, a->message.role, a->message.text);
	return true;
}
