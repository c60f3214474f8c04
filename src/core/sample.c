/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/sample.h"

#include "core/arena.h"

struct sample *sample_free(struct sample *s)
{
	/* the sample itself lies in its arena */
	if (s)
		arena_free(s->arena);
	return NULL;
}
