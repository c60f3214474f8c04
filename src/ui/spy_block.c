/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_block.c - see spy_block.h. */
#include "ui/spy_block.h"

#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"

static void add_wrapped(struct block *b, const char *safe, int width)
{
	do {
		size_t fit = format_fit(safe, (size_t)width, NULL);

		if (!fit && *safe) /* one character wider than the screen */
			fit = strlen(safe);
		VEC_PUSH(b->lines, b->n, b->cap) = xstrndup(safe, fit);
		safe += fit;
	} while (*safe);
}

void block_make(const struct spy *s, const struct spy_entry *e, int width, struct block *ret)
{
	struct buf text = {0}, safe = {0};
	const char *p, *eol, *end;
	uint64_t full;
	size_t len;

	*ret = (struct block){0};
	event_payload(e->event, &len, &full, &ret->write);
	spy_line_text(s, e, false, &text);
	p = buf_str(&text);
	for (end = p + text.len; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		buf_reset(&safe);
		format_safe(&safe, p, (size_t)(eol - p)); /* a raw payload stays harmless on the screen */
		if (ret->n == 0) {                        /* the heading stays one line */
			struct buf cut = {0};

			format_cut(&cut, buf_str(&safe), (size_t)width, false, false);
			VEC_PUSH(ret->lines, ret->n, ret->cap) = xstrdup(buf_str(&cut));
			buf_done(&cut);
		} else {
			add_wrapped(ret, buf_str(&safe), width > 0 ? width : 1);
		}
	}
	VEC_PUSH(ret->lines, ret->n, ret->cap) = xstrdup("");
	buf_done(&text);
	buf_done(&safe);
}

void block_done(struct block *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->lines[i]);
	free(b->lines);
	*b = (struct block){0};
}
