/* SPDX-License-Identifier: GPL-2.0-or-later */
/* row_history.c - see row_history.h. Open addressing, at most half full. */
#include "ui/row_history.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "ui/layout.h"
#include "ui/spark.h"

enum { MIN_SLOTS = 256 };

void row_history_done(struct row_history *h)
{
	free(h->slots);
	*h = (struct row_history){0};
}

static struct row_trace *find(struct row_trace *slots, size_t cap, uint64_t id)
{
	size_t i = (size_t)((id * 0x9e3779b97f4a7c15ULL) >> 20) & (cap - 1);

	while (slots[i].id && slots[i].id != id)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

/* Room for n more rows; takes the chance to forget those not seen for long. */
static void make_room(struct row_history *h, size_t n)
{
	struct row_trace *old = h->slots;
	size_t old_cap = h->cap, alive = 0, cap = MIN_SLOTS;

	if (h->cap && (h->used + n) * 2 <= h->cap)
		return;
	for (size_t i = 0; i < old_cap; i++)
		alive += old[i].id && h->tick - old[i].seen < ROW_HISTORY_LEN;
	while (cap < (alive + n) * 2)
		cap *= 2;
	h->slots = xcalloc(cap, sizeof(*h->slots));
	h->cap = cap;
	h->used = 0;
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].id && h->tick - old[i].seen < ROW_HISTORY_LEN) {
			*find(h->slots, cap, old[i].id) = old[i];
			h->used++;
		}
	free(old);
}

static void add_row(struct row_history *h, uint64_t id, double value)
{
	struct row_trace *t = find(h->slots, h->cap, id);

	if (!t->id && !value) /* draws nothing, as one that is not known does: most rows are idle */
		return;
	if (!t->id) {
		*t = (struct row_trace){.id = id};
		h->used++;
	} else {
		for (uint32_t k = t->seen + 1; k < h->tick && k < t->seen + 1 + ROW_HISTORY_LEN; k++)
			t->values[k % ROW_HISTORY_LEN] = 0; /* it was idle, or not there */
	}
	t->values[h->tick % ROW_HISTORY_LEN] = (float)value;
	t->seen = h->tick;
}

static bool has_trace(const struct row *row)
{
	return row->id && !isnan(row->number);
}

void row_history_add(struct row_history *h, const struct view *view, int column, const struct table *table,
		     uint64_t time)
{
	size_t n = 0; /* that may need a new place */

	if (h->view != view || h->column != column) {
		row_history_done(h);
		h->view = view;
		h->column = column;
	}
	if (!table || column < 0 || !column_is_number(&view->columns[column]) || h->time == time)
		return;
	h->time = time;
	h->tick++;
	for (size_t i = 0; i < table->n_rows; i++)
		n += has_trace(&table->rows[i]) && table->rows[i].number;
	make_room(h, n);
	for (size_t i = 0; i < table->n_rows; i++) {
		if (has_trace(&table->rows[i]))
			add_row(h, table->rows[i].id, table->rows[i].number);
	}
	h->top = 0;
	for (size_t i = 0; i < h->cap; i++)
		for (int k = 0; h->slots[i].id && k < ROW_HISTORY_LEN; k++)
			if (h->slots[i].values[k] > h->top)
				h->top = h->slots[i].values[k];
}

void row_history_draw(const struct row_history *h, uint64_t id, size_t cells, struct buf *out)
{
	const struct row_trace *t = h->cap ? find(h->slots, h->cap, id) : NULL;

	if (cells > ROW_HISTORY_LEN)
		cells = ROW_HISTORY_LEN;
	for (size_t back = cells; back-- > 0;) {
		uint32_t k = h->tick - (uint32_t)back;
		bool known = t && t->id && h->tick > back && k <= t->seen;
		double value = known ? t->values[k % ROW_HISTORY_LEN] : 0;

		buf_adds(out, value > 0 && h->top > 0 ? spark_bar(value / h->top) : " ");
	}
}
