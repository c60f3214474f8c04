/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_filter.c - any text is a filter or a mistake with its place; a filter can be evaluated. */
#include <stdint.h>
#include <stdlib.h>

#include "core/filter.h"
#include "unit/sample_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct builder *b = sb_new(4);
	struct thread *t = sb_thread(b, sb_process(b, 10, "nginx", NULL), 10);
	struct fact *fact = sb_fact(b, t, sb_tcp(b, "10.0.0.1", 80, "10.0.0.2", 99, true), 0, 2, 3, 4, 5);
	struct record r;
	struct filter_error err = {0};
	struct filter *f;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	sb_latency(b, fact, 5000, 3);
	sb_finish(b);
	r = record_from_fact(&b->sample, fact);
	if (!filter_parse(text, &f, &err)) {
		filter_match(f, &r);
		filter_free(f);
	} else if (err.column < 1 || err.column > size + 1 || !*err.message) {
		abort();
	}
	free(text);
	sb_free(b);
	return 0;
}
