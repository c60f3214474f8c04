/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/mounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* \040 is a blank: mountinfo's quoting. */
static char *unquote(char *s)
{
	char *to = s;

	for (char *from = s; *from; from++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return s;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static bool parse_line(char *line, struct mount *ret)
{
	enum { BEHIND = 3, FRONT = 6 };
	char *words[FRONT], *behind[BEHIND] = {0}, *state, *dash = strstr(line, " - ");
	size_t n = 0;

	if (!dash)
		return false;
	*dash = '\0';
	for (char *w = strtok_r(line, " ", &state); w && n < FRONT; w = strtok_r(NULL, " ", &state))
		words[n++] = w;
	if (n < FRONT || sscanf(words[2], "%u:%u", &ret->major, &ret->minor) != 2)
		return false;
	n = 0;
	for (char *w = strtok_r(dash + 3, " ", &state); w && n < BEHIND; w = strtok_r(NULL, " ", &state))
		behind[n++] = w;
	if (n < 2)
		return false;
	ret->root = unquote(words[3]);
	ret->point = unquote(words[4]);
	ret->options = words[5];
	ret->type = unquote(behind[0]);
	ret->source = unquote(behind[1]);
	ret->super = n > 2 ? behind[2] : ""; /* its commas and quotes are for who looks into it */
	return true;
}

void mounts_parse(const char *text, struct arena *arena, struct mounts *ret)
{
	char *copy = arena_strdup(arena, text), *state;
	struct mount *items = NULL;
	size_t n = 0, cap = 0;

	for (char *line = strtok_r(copy, "\n", &state); line && n < MOUNTS_MAX;
	     line = strtok_r(NULL, "\n", &state)) {
		struct mount m = {0};

		if (parse_line(line, &m))
			VEC_PUSH(items, n, cap) = m;
	}
	ret->items = arena_array(arena, n, sizeof(*items));
	ret->n = n;
	if (n)
		memcpy(ret->items, items, n * sizeof(*items));
	free(items);
}

/* What is left of path below dir, beginning with '/' or empty; NULL = it is not below it. */
static const char *below(const char *path, const char *dir)
{
	size_t len = strcmp(dir, "/") ? strlen(dir) : 0;

	return strncmp(path, dir, len) || (path[len] && path[len] != '/') ? NULL : path + len;
}

const struct mount *mounts_find(const struct mounts *m, const char *path)
{
	const struct mount *best = NULL;

	for (size_t i = 0; i < m->n; i++)
		if (below(path, m->items[i].point) &&
		    (!best || strlen(m->items[i].point) >= strlen(best->point)))
			best = &m->items[i];
	return best;
}

static const char *upper_dir(const struct mount *m, struct arena *arena)
{
	const char *at = strcmp(m->type, "overlay") ? NULL : strstr(m->super, "upperdir=");

	return at ? unquote(arena_strndup(arena, at + 9, strcspn(at + 9, ","))) : NULL;
}

const char *mounts_host_path(const struct mounts *host, const struct mount *m, const char *path,
			     struct arena *arena)
{
	const char *rest = below(path, m->point), *inside, *upper;
	const struct mount *best = NULL;
	char *full;

	if (!rest)
		return NULL;
	full = arena_printf(arena, "%s%s", strcmp(m->root, "/") ? m->root : "", rest);
	if (!*full)
		full = arena_strdup(arena, "/");
	for (size_t i = 0; i < host->n; i++) {
		const struct mount *h = &host->items[i];

		/* the one that shows most: a disk as a whole rather than another bind mount of it */
		if (h->major == m->major && h->minor == m->minor && below(full, h->root) &&
		    (!best || strlen(h->root) < strlen(best->root)))
			best = h;
	}
	if (best) {
		inside = below(full, best->root);
		if (!strcmp(inside, "/"))
			inside = "";
		if (!strcmp(best->point, "/"))
			return *inside ? inside : "/";
		return arena_printf(arena, "%s%s", best->point, inside);
	}
	upper = upper_dir(m, arena);
	return upper ? arena_printf(arena, "%s%s", upper, strcmp(full, "/") ? full : "") : NULL;
}

bool mount_is_storage(const struct mount *m)
{
	static const char *const others[] = {"proc",       "sysfs",   "cgroup",   "cgroup2",
					     "devpts",     "mqueue",  "devtmpfs", "debugfs",
					     "securityfs", "tracefs", "bpf",      "pstore"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(m->type, others[i]))
			return false;
	/* /dev and below, and what runtimes put before files of /proc and /sys to hide them */
	return !below(m->point, "/dev") && !below(m->point, "/proc") && !below(m->point, "/sys");
}
