/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/hostnames.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

enum { NAMES_MAX = 1000 };

void hostnames_init(struct hostnames *h, const char *etc_root)
{
	*h = (struct hostnames){.path = xasprintf("%s/hosts", etc_root)};
}

static void forget(struct hostnames *h)
{
	for (size_t i = 0; i < h->n; i++)
		free((char *)h->names[i].name);
	h->n = 0;
}

void hostnames_done(struct hostnames *h)
{
	forget(h);
	free(h->names);
	free(h->path);
	*h = (struct hostnames){0};
}

static void add_line(struct hostnames *h, char *line)
{
	struct host_name n = {.family = AF_INET};
	char *rest = line, *addr, *name;

	line[strcspn(line, "#\n")] = '\0';
	addr = strtok_r(line, " \t", &rest);
	name = addr ? strtok_r(NULL, " \t", &rest) : NULL;
	if (!name)
		return;
	if (inet_pton(AF_INET, addr, n.addr) != 1) {
		n.family = AF_INET6;
		if (inet_pton(AF_INET6, addr, n.addr) != 1)
			return;
	}
	for (size_t i = 0; i < h->n; i++)
		if (h->names[i].family == n.family && !memcmp(h->names[i].addr, n.addr, sizeof(n.addr)))
			return;
	n.name = xstrdup(name);
	VEC_PUSH(h->names, h->n, h->cap) = n;
}

static void refresh(struct hostnames *h)
{
	struct stat st;
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if (stat(h->path, &st) < 0)
		st = (struct stat){0};
	if (st.st_ino == h->ino && st.st_mtim.tv_sec == h->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == h->mtime.tv_nsec)
		return;
	h->ino = st.st_ino;
	h->mtime = st.st_mtim;
	forget(h);
	f = fopen(h->path, "re");
	while (f && h->n < NAMES_MAX && getline(&line, &size, f) > 0)
		add_line(h, line);
	free(line);
	if (f)
		fclose(f);
}

const struct host_name *hostnames_copy(struct hostnames *h, struct arena *arena, size_t *ret_n)
{
	struct host_name *copy;

	refresh(h);
	copy = arena_array(arena, h->n, sizeof(*copy));
	for (size_t i = 0; i < h->n; i++) {
		copy[i] = h->names[i];
		copy[i].name = arena_strdup(arena, h->names[i].name);
	}
	*ret_n = h->n;
	return copy;
}
