/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * editing_draw.c - how the input line looks: what is typed, the offers above
 * it, the mistake marked and told in a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"
#include "ui/filtering.h"

/* Whether letters are still to come: the mistake is in the word at the cursor, and it could become right. */
static bool is_half_typed(const struct editor *ed)
{
	return !ed->error_told && ed->line.cursor == ed->line.len && ed->error_col > ed->offers.from &&
	       (ed->offers.n || ed->offers.from == ed->line.len);
}

/* Text as it is typed, cell by cell: what a terminal must not get is a question mark. */
static void show(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = format_printable(text + i, len - i);
		if (n)
			buf_add(out, text + i, n);
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			buf_addc(out, '?');
	}
}

static int shown_cells(const char *text, size_t len)
{
	struct buf b = {0};
	int cells;

	show(&b, text, len);
	cells = (int)format_width(buf_str(&b));
	buf_done(&b);
	return cells;
}

/* A word to look for is not bothered with all the fields that have it somewhere. */
static bool offers_worth(const struct editor *ed)
{
	const char *word = ed->line.text + ed->offers.from;

	if (!ed->offers.n || !ed->line.len)
		return false;
	return filter_is_language(ed->line.text) || ed->choice || ed->offers.what != COMPLETE_FIELD ||
	       !strncasecmp(ed->offers.items[0], word, ed->line.cursor - ed->offers.from);
}

/* The offers on a line of their own, scrolled so that the one in the line is seen. */
static void draw_offers(struct app *a, int y)
{
	static const char *const kinds[] = {[COMPLETE_NOTHING] = "",
					    [COMPLETE_FIELD] = "fields",
					    [COMPLETE_OPERATOR] = "operators",
					    [COMPLETE_VALUE] = "seen",
					    [COMPLETE_LINK] = "next"};
	struct editor *ed = &a->editor;
	const struct offers *o = &ed->offers;
	int cols = term_cols(a->term), x = 1, end = cols - 8;
	size_t first = 0;
	char more[32];

	term_fill(a->term, y, 0, cols, ROLE_INPUT);
	x += term_put(a->term, y, x, cols, ROLE_LABEL, "Tab ");
	x += term_put(a->term, y, x, cols, ROLE_LABEL, kinds[o->what]) + 2;
	for (int used; ed->choice > first + 1;) { /* as many as fit before the chosen one */
		used = x;
		for (size_t i = first; i < ed->choice; i++)
			used += shown_cells(o->items[i], strlen(o->items[i])) + 2;
		if (used <= end)
			break;
		first++;
	}
	if (first)
		x += term_put(a->term, y, x, 1, ROLE_DIM, "«") + 1;
	for (size_t i = first; i < o->n; i++) {
		struct buf safe = {0}, cut = {0};
		int cells;

		show(&safe, o->items[i], strlen(o->items[i]));
		cells = (int)format_width(buf_str(&safe));
		if (x + cells > end && i > first) {
			snprintf(more, sizeof(more), "+%zu", o->n_all - i);
			term_put(a->term, y, x, cols - x, ROLE_DIM, more);
			buf_done(&safe);
			break;
		}
		format_cut(&cut, buf_str(&safe), end > x ? (size_t)(end - x) : 0, false, false);
		x += term_put(a->term, y, x, cols - x, i + 1 == ed->choice ? ROLE_MATCH : ROLE_NORMAL,
			      buf_str(&cut)) +
		     2;
		buf_done(&safe);
		buf_done(&cut);
	}
}

/* One clear sentence above the line, two lines high if it must be. Returns the first line it takes. */
static int draw_error(struct app *a, int y)
{
	int cols = term_cols(a->term), top;
	struct buf safe = {0};
	size_t fit;

	format_safe(&safe, a->editor.error, strlen(a->editor.error));
	fit = format_fit(buf_str(&safe), (size_t)(cols - 2), NULL);
	while (buf_str(&safe)[fit] && fit && buf_str(&safe)[fit - 1] != ' ')
		fit--;
	if (!fit)
		fit = format_fit(buf_str(&safe), (size_t)(cols - 2), NULL);
	top = y - (buf_str(&safe)[fit] ? 2 : 1);
	for (int i = top; i < y; i++)
		term_fill(a->term, i, 0, cols, ROLE_INPUT);
	{
		char *first = xstrndup(buf_str(&safe), fit);

		term_put(a->term, top, 1, cols - 2, ROLE_ERROR, first);
		free(first);
	}
	term_put(a->term, y - 1, 1, buf_str(&safe)[fit] ? cols - 2 : 0, ROLE_ERROR, buf_str(&safe) + fit);
	buf_done(&safe);
	return top;
}

/* The place of the mistake, in the line itself. */
static void mark_error(struct app *a, int y, int x, int room, int shift)
{
	struct editor *ed = &a->editor;
	const char *at = ed->line.text + ed->error_col - 1;
	int cell = shown_cells(ed->line.text, ed->error_col - 1) - shift;
	size_t word = strcspn(at, " ()");
	struct buf bad = {0};

	show(&bad, at, word ? word : *at ? 1 : 0);
	if (cell >= 0)
		term_put(a->term, y, x + cell, room - cell, ROLE_ERROR_MARK, bad.len ? buf_str(&bad) : " ");
	buf_done(&bad);
}

void editor_draw(struct app *a)
{
	static const char *const prompts[] = {
		[EDIT_SEARCH] = "search", [EDIT_FILTER] = "filter", [EDIT_SAVE] = "save to"};
	struct editor *ed = &a->editor;
	int y = term_rows(a->term) - 1, cols = term_cols(a->term), x = 1, room, cursor, shift, above = y;
	bool error = ed->error[0] && !is_half_typed(ed);
	const char *what = prompts[ed->kind];
	struct buf text = {0};

	term_fill(a->term, y, 0, cols, ROLE_INPUT);
	if (ed->kind == EDIT_FILTER && ed->line.len)
		what = filter_is_language(ed->line.text) ? "filter (expression)" : "filter (text)";
	x += term_put(a->term, y, x, cols, ROLE_LABEL, what);
	x += term_put(a->term, y, x, cols, ROLE_LABEL, ": ");
	room = cols - x - 1;
	cursor = shown_cells(ed->line.text, ed->line.cursor);
	shift = cursor >= room ? cursor - room + 1 : 0;
	show(&text, ed->line.text, ed->line.len);
	term_put(a->term, y, x, room, ROLE_INPUT,
		 buf_str(&text) + format_fit(buf_str(&text), (size_t)shift, NULL));
	if (error && ed->error_col && ed->error_col <= ed->line.len + 1)
		mark_error(a, y, x, room, shift);
	if (error)
		above = draw_error(a, y);
	if (offers_worth(ed))
		draw_offers(a, above - 1);
	if (ed->kind == EDIT_FILTER && !ed->line.len)
		term_put(a->term, y, x, room, ROLE_DIM,
			 " a word, or: proc.name = nginx and evt.failed = true  (Tab completes)");
	term_cursor(a->term, y, x + cursor - shift);
	buf_done(&text);
}
