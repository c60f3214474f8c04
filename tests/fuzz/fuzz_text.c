/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_text.c - names from the kernel, and what is typed: safe to show, inside their bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "fuzz/safe_text.h"
#include "ui/lineedit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Keys are two bytes each: all characters of the first plane, and the codes of special keys. */
static void type_line(const uint8_t *data, size_t size)
{
	struct line_history history = {0};
	struct lineedit *l = malloc(sizeof(*l));

	line_start(l, size > 3 ? "x\xc3\xa9y" : NULL, &history);
	for (size_t i = 0; i + 1 < size; i += 2) {
		enum line_event e = line_key(l, data[i] | data[i + 1] << 8);

		if (l->len >= sizeof(l->text) || l->cursor > l->len || l->text[l->len] ||
		    strlen(l->text) != l->len || ((unsigned char)l->text[l->cursor] & 0xc0) == 0x80 ||
		    line_cursor_cells(l) > 2 * l->cursor)
			abort();
		if (e == LINE_ACCEPTED || e == LINE_CANCELLED) {
			history_add(&history, l->text);
			line_start(l, NULL, &history);
		}
	}
	history_done(&history);
	free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = {0};

	format_safe(&out, (const char *)data, size);
	safe_text_check(&out, false, false);
	buf_done(&out);
	type_line(data, size);
	return 0;
}
