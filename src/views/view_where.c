/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_where.c - -pc and -pk: columns that say in which container or pod, in
 * every view. Where rows can be of several containers, they are told apart by
 * it as well; a first value would be a guess.
 */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "views/view.h"

static const struct {
	char which;
	const char *columns[3];
	const char *key;      /* tells rows of different ones apart */
	const char *tells[8]; /* keys that do so already */
} wheres[] = {
	{'c',
	 {"container.name"},
	 "container.id",
	 {"container.id", "container.full_id", "proc.pid", "thread.tid"}},
	{'k',
	 {"k8s.ns.name", "k8s.pod.name"},
	 "k8s.pod.uid",
	 {"k8s.pod.uid", "container.id", "container.full_id", "proc.pid", "thread.tid"}},
};

enum { N_WHERES = sizeof(wheres) / sizeof(wheres[0]) };

static int where_index(char which)
{
	for (int i = 0; i < N_WHERES; i++)
		if (wheres[i].which == which)
			return i;
	return -1;
}

static bool is_told(const struct view *v, const char *const *keys)
{
	for (; *keys; keys++)
		for (size_t i = 0; i < v->n_keys; i++)
			if (!strcmp(v->keys[i]->id, *keys))
				return true;
	return false;
}

/* Behind the first column, which never leaves the screen. */
static void add_column(struct view *v, const char *id, size_t at)
{
	const struct field *f = field_find(id);
	int have = view_column(v, id);

	if (have >= 0) {
		v->columns[have].priority = 1;
		return;
	}
	if (at > v->n_columns)
		at = v->n_columns;
	v->columns = xreallocarray(v->columns, v->n_columns + 1, sizeof(*v->columns));
	memmove(v->columns + at + 1, v->columns + at, (v->n_columns - at) * sizeof(*v->columns));
	v->columns[at] = (struct column){
		.id = xstrdup(id),
		.title = xstrdup(f->title),
		.field = f,
		.agg = AGG_NONE,
		.width = f->width,
		.priority = 1,
		.warn = NAN,
		.critical = NAN,
		.bar = NAN,
	};
	v->n_columns++;
	if (v->sort >= (int)at)
		v->sort++;
	if (v->tree && v->tree->query.column >= (int)at)
		v->tree->query.column++;
}

void views_add_where(struct views *views, char which)
{
	int w = where_index(which);

	for (size_t i = 0; w >= 0 && i < views->n; i++) {
		struct view *v = views->items[i];

		for (size_t k = 0; wheres[w].columns[k]; k++)
			add_column(v, wheres[w].columns[k], k + 1);
		if (view_is_list(v) || (v->records & REC_DEVICES) || v->n_keys == TABLE_KEYS ||
		    is_told(v, wheres[w].tells))
			continue;
		if (!v->label)
			v->label = v->keys[0];
		v->keys[v->n_keys++] = field_find(wheres[w].key);
	}
}

void view_where_text(char which, const struct record *r, struct buf *out)
{
	int w = where_index(which);
	struct arena *tmp;
	size_t len = out->len;

	if (w < 0)
		return;
	tmp = arena_new();
	for (size_t k = 0; wheres[w].columns[k]; k++) {
		const struct value v = field_get(field_find(wheres[w].columns[k]), r, tmp);

		if (v.kind != V_STRING)
			continue;
		if (out->len > len)
			buf_addc(out, '/');
		format_safe(out, v.s, strlen(v.s));
	}
	if (out->len == len)
		buf_addc(out, '-');
	arena_free(tmp);
}

const char *view_where_column(char which, size_t i)
{
	int w = where_index(which);

	return w < 0 || i >= sizeof(wheres[0].columns) / sizeof(char *) ? NULL : wheres[w].columns[i];
}
