/* SPDX-License-Identifier: GPL-2.0-or-later */
/* runtime_machine.c - readers of LXC's configuration and of systemd-machined's state: lines of key = value.
 */
#include "core/runtime_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef void (*line_fn)(struct runtime_query *q, const char *key, char *value, void *userdata);

static void each_line(struct runtime_query *q, char *text, line_fn fn, void *userdata)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *eq = strchr(line, '='), *end;

		line += strspn(line, " \t");
		if (*line == '#' || !eq)
			continue;
		for (end = eq; end > line && isspace((unsigned char)end[-1]);)
			end--;
		*end = '\0';
		eq++;
		eq += strspn(eq, " \t");
		for (end = eq + strlen(eq); end > eq && isspace((unsigned char)end[-1]);)
			end--;
		*end = '\0';
		fn(q, line, eq, userdata);
	}
}

/* ---- LXC ---- */

struct lxc {
	bool idmap, include;
	const char **mounts;
	size_t n_mounts;
};

static void lxc_line(struct runtime_query *q, const char *key, char *value, void *userdata)
{
	struct lxc *l = userdata;
	bool ipv4 = !strncmp(key, "lxc.net.", 8) && strstr(key, ".ipv4.address");

	if (!strcmp(key, "lxc.idmap") || !strcmp(key, "lxc.id_map")) {
		l->idmap = true;
	} else if (!strcmp(key, "lxc.include")) {
		l->include = true;
	} else if ((ipv4 || !strcmp(key, "lxc.network.ipv4")) && !q->meta.ip) {
		q->meta.ip = runtime_copy(q, arena_strndup(q->arena, value, strcspn(value, "/ ")));
	} else if (!strcmp(key, "lxc.mount.entry") && l->n_mounts < META_LIST_MAX) {
		char *save = NULL, *from = strtok_r(value, " \t", &save), *at = strtok_r(NULL, " \t", &save);
		char *fs = strtok_r(NULL, " \t", &save), *options = strtok_r(NULL, " \t", &save);
		bool ro = false;

		for (char *o = options ? strtok_r(options, ",", &save) : NULL; o;
		     o = strtok_r(NULL, ",", &save))
			ro |= !strcmp(o, "ro");
		if (fs && *from == '/')
			l->mounts[l->n_mounts++] = arena_printf(
				q->arena, "%.*s:%s%.*s::%s:", META_TEXT_MAX / 2, from, *at == '/' ? "" : "/",
				META_TEXT_MAX / 2, at, ro ? "false" : "true");
	}
}

static int read_lxc(struct runtime_query *q, const char *path)
{
	struct lxc l = {.mounts = arena_array(q->arena, META_LIST_MAX, sizeof(*l.mounts))};
	char *text;
	int r = runtime_text(q, path, arena_printf(q->arena, "%s/config", q->id), &text);

	if (r < 0)
		return r;
	each_line(q, text, lxc_line, &l);
	q->meta.name = runtime_copy(q, q->id);
	q->meta.type = "lxc";
	q->meta.mounts = l.mounts;
	q->meta.n_mounts = l.n_mounts;
	/* LXC calls a container privileged whose root is the host's; an included file may map ids, too */
	q->meta.privileged = l.idmap ? 0 : l.include ? -1 : 1;
	return 0;
}

int runtime_read_lxc(struct runtime_query *q)
{
	const char *path = runtime_config_value(q, "/etc/lxc", "lxc.conf", "lxc.lxcpath");
	long uid = runtime_user(q);
	const char *home = uid > 0 ? runtime_home(q, uid) : NULL;
	int r = read_lxc(q, path ? path : "/var/lib/lxc");

	if (r == -ENOENT && home)
		r = read_lxc(q, arena_printf(q->arena, "%s/.local/share/lxc", home));
	return r;
}

/* ---- machined ---- */

static void machine_line(struct runtime_query *q, const char *key, char *value, void *userdata)
{
	static const char images[] = "/var/lib/machines/";

	if (!strcmp(key, "NAME"))
		q->meta.name = runtime_copy(q, value);
	else if (!strcmp(key, "ROOT") && !strncmp(value, images, sizeof(images) - 1))
		q->meta.image = runtime_copy(q, value + sizeof(images) - 1); /* as `machinectl list-images` */
	else if (!strcmp(key, "REALTIME"))
		q->meta.started = strtoull(value, NULL, 10) * 1000u;
	else if (!strcmp(key, "CLASS") && !strcmp(value, "vm"))
		q->meta.type = "vm";
}

int runtime_read_machined(struct runtime_query *q)
{
	char *text;
	int r = runtime_text(q, "/run/systemd/machines", q->id, &text);

	if (r < 0)
		return r;
	each_line(q, text, machine_line, NULL);
	if (!q->meta.started)
		q->meta.started = UNKNOWN_U64;
	return 0;
}
