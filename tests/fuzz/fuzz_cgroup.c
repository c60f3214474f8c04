/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_cgroup.c - any text is a cgroup path, and any text a /proc/PID/cgroup. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int kind, const struct container_match *m)
{
	if (kind != (int)m->kind || !m->type || strnlen(m->id, sizeof(m->id)) == sizeof(m->id))
		abort();
	if (kind >= CONTAINER_GUESS && (!*m->id || container_short_len(m->id) > strlen(m->id)))
		abort();
	if (kind < CONTAINER_GUESS && strcmp(m->type, "host") != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container_match m = {0};
	char *text = malloc(size + 1);
	const char *path = NULL;
	int kind;

	memcpy(text, data, size);
	text[size] = '\0';
	kind = container_parse(text, &m);
	check(kind, &m);
	if (m.path_len > strlen(text))
		abort();
	kind = container_parse_file(text, &m, &path);
	if (path && (path < text || path > text + size))
		abort();
	if (path)
		check(kind, &m);
	free(text);
	return 0;
}
