/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lit.c - text in which every occurrence of what is searched for is lit.
 */
#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/app.h"
#include "ui/needle.h"

void app_put_lit(struct app *a, int y, int x, int cells, unsigned role, const char *text)
{
	size_t len = a->search ? strlen(a->search) : 0;
	const char *match;

	while (len && cells > 0 && (match = text_find(text, a->search))) {
		char *head = xstrndup(text, (size_t)(match - text)), *lit = xstrndup(match, len);
		int used = term_put(a->term, y, x, cells, role, head);

		used += term_put(a->term, y, x + used, cells - used, ROLE_MATCH, lit);
		x += used;
		cells -= used;
		text = match + len;
		free(head);
		free(lit);
	}
	if (cells > 0)
		term_put(a->term, y, x, cells, role, text);
}
