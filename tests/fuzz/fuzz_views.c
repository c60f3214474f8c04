/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_views.c - any text is a set of views or a list of mistakes; one that is accepted is so again. */
#include <stdint.h>
#include <stdlib.h>

#include "views/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct views_error *err, void *userdata)
{
	if (!*err->message || err->line < 0 || err->column < 0)
		abort();
	++*(size_t *)userdata;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct views *views = NULL;
	struct views_error err;
	size_t seen = 0, n = views_check_text(NULL, "x", (const char *)data, size, check, &seen);

	if (seen != n || !n != !views_load_text(&views, "x", (const char *)data, size, &err))
		abort();
	if (views && views_load_text(&views, "x", (const char *)data, size, &err))
		abort();
	views_free(views);
	return 0;
}
