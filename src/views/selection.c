/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selection.c - the stack of drill-downs and what it filters.
 *
 * What is in force on a level: the command line's filter, every step into a
 * row below it, filters typed on the levels stepped from and their views' own
 * (where these propagate), then the level's own two. A level that was left by
 * switching the view hands its typed filter over to the new one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/format.h"
#include "core/mem.h"
#include "views/view.h"

static struct selection_level *push(struct selection *sel, const struct view *view)
{
	struct selection_level *level;

	sel->levels = xreallocarray(sel->levels, sel->n + 1, sizeof(*sel->levels));
	level = &sel->levels[sel->n++];
	*level = (struct selection_level){.view = view, .sort = view->sort, .ascending = view->ascending};
	return level;
}

static void level_done(struct selection_level *level)
{
	free(level->filter);
	free(level->label);
	free(level->user_filter);
}

void selection_init(struct selection *sel, const struct view *root, const char *base_filter)
{
	*sel = (struct selection){.base_filter = xstrdup(base_filter)};
	push(sel, root);
}

void selection_done(struct selection *sel)
{
	for (size_t i = 0; i < sel->n; i++)
		level_done(&sel->levels[i]);
	free(sel->levels);
	free(sel->base_filter);
	*sel = (struct selection){0};
}

struct selection_level *selection_top(const struct selection *sel)
{
	return &sel->levels[sel->n - 1];
}

static bool is_blank(const char *s)
{
	return !s || !s[strspn(s, " \t\r\n\v\f")];
}

/* and-ed flat, each in parentheses: however deep the drill-down, the parser's nesting limit is far */
static void add_filter(struct buf *b, const char *text)
{
	if (is_blank(text))
		return;
	buf_addf(b, "%s(%s)", b->len ? " and " : "", text);
}

/* A value as the right side of an equality. */
static char *value_text(const struct value *v)
{
	struct buf b = {0};
	char *text;

	switch (v->kind) {
	case V_STRING: return filter_quote(v->s);
	case V_INT: return xasprintf("%lld", (long long)v->i);
	case V_DOUBLE: return xasprintf("%.17g", v->d);
	default: format_value(&b, v, UNIT_NONE, true);
	}
	text = xstrdup(buf_str(&b));
	buf_done(&b);
	return text;
}

/* "fd.dev = 8 and fd.ino = 123"; NULL when the row lacks its key. */
static char *row_filter(const struct view *view, const struct row *row)
{
	struct buf b = {0};
	bool any = false;
	size_t n;
	const struct field *const *keys = view_row_keys(view, row, &n);
	struct arena *tmp = arena_new();

	for (size_t i = 0; i < n; i++) {
		const struct value key = row_key(row, i, tmp);
		const char *and = b.len ? " and " : "";
		char *text;

		if (view->records == REC_LIFE &&
		    keys[i]->grain == GRAIN_DEVICE) /* processes are told by the others */
			continue;

		if (key.kind == V_MISSING) {
			buf_addf(&b, "%snot %s exists", and, keys[i]->id);
			continue;
		}
		any = true;
		text = value_text(&key);
		buf_addf(&b, "%s%s = %s", and, keys[i]->id, text);
		free(text);
	}
	arena_free(tmp);
	if (any)
		return buf_steal(&b);
	buf_done(&b);
	return NULL;
}

char *view_cell_filter(const struct view *view, const struct row *row, int column, bool exclude)
{
	const struct column *c = column < 0 ? NULL : &view->columns[column];
	struct arena *tmp = arena_new();
	const struct value v = c ? row_value(row, (size_t)column, tmp) : (struct value){.kind = V_MISSING};
	char *what = NULL, *text, *filter = NULL;

	if (c && c->agg == AGG_NONE && !(c->field->flags & FIELD_MEASURE) && v.kind != V_DIST) {
		const char *dot = c->arg ? "." : "", *arg = c->arg ? c->arg : "";

		if (v.kind == V_MISSING) {
			filter = xasprintf("%s%s%s%s exists", exclude ? "" : "not ", c->field->id, dot, arg);
		} else {
			text = value_text(&v);
			what = xasprintf("%s%s%s = %s", c->field->id, dot, arg, text);
			free(text);
		}
	} else if (!(view->records & REC_EVENTS)) {
		what = row_filter(view, row);
	}
	arena_free(tmp);
	if (!what || !exclude)
		return what ? what : filter;
	filter = xasprintf("not (%s)", what);
	free(what);
	return filter;
}

/* What the breadcrumb calls a row: its label, and its key where the label may not be unique. */
char *view_row_label(const struct view *view, const struct row *row)
{
	struct arena *tmp = arena_new();
	struct buf b = {0};
	struct value v = {.kind = V_MISSING};
	const struct record r = row_record(row);
	size_t n;
	const struct field *const *keys = view_row_keys(view, row, &n);
	const struct field *label = view->label;
	size_t at = keys == view->keys ? 0 : n - 1; /* which key tells it from its siblings */
	const struct field *key = keys[at];
	const struct value value = row_key(row, at, tmp);

	if (keys != view->keys) /* a level of the tree: process names are better short */
		label = view->tree->query.keys[row_level(row)] == field_find("proc.pid")
				? field_find("proc.name")
				: view->tree->query.labels[row_level(row)];
	if (label)
		v = field_get(label, &r, tmp);
	if (v.kind != V_MISSING)
		format_value(&b, &v, label->unit, true);
	if (v.kind == V_MISSING || (label != key && (n == 1 || keys != view->keys) && key->type == FT_INT)) {
		if (b.len)
			buf_addc(&b, ' ');
		format_value(&b, &value, key->unit, true);
	}
	arena_free(tmp);
	return buf_steal(&b);
}

int selection_drill(struct selection *sel, const struct row *row, const struct view *view)
{
	const struct view *from = selection_top(sel)->view;
	const struct metric_value *metric = row_record(row).metric;
	char *filter, *label;
	struct selection_level *level;
	size_t n;
	const struct field *const *keys = view_row_keys(from, row, &n);

	if (metric) { /* what it counts */
		level = push(sel, view);
		level->filter = xstrdup(metric->metric->filter ? metric->metric->filter : "");
		level->field = from->keys[0];
		level->label = view_row_label(from, row);
		return 0;
	}
	if (from->records & REC_DEVICES) { /* nothing else belongs to one: no filter */
		push(sel, view);
		return 0;
	}
	filter = row_filter(from, row);
	if (!filter)
		return -EINVAL;
	label = view_row_label(from, row);
	level = push(sel, view);
	level->filter = filter;
	level->field = keys != from->keys ? keys[n - 1] : n > 1 && from->label ? from->label : from->keys[0];
	level->label = label;
	return 0;
}

void selection_switch(struct selection *sel, const struct view *view)
{
	char *typed = xstrdup(selection_top(sel)->user_filter);

	push(sel, view)->user_filter = typed;
}

bool selection_back(struct selection *sel)
{
	if (sel->n < 2)
		return false;
	level_done(&sel->levels[--sel->n]);
	return true;
}

/* Whether a level's filters hold for what is on the screen: of a view switched away from they went along. */
static bool stepped_from(const struct selection *sel, size_t i)
{
	return i + 1 < sel->n && sel->levels[i + 1].filter;
}

/* All but the top view's own filter. */
static void add_selection(struct buf *b, const struct selection *sel)
{
	add_filter(b, sel->base_filter);
	for (size_t i = 0; i < sel->n; i++) {
		const struct selection_level *level = &sel->levels[i];

		add_filter(b, level->filter);
		if (stepped_from(sel, i) && level->view->propagate_filter)
			add_filter(b, level->view->filter);
		if (stepped_from(sel, i) || i + 1 == sel->n)
			add_filter(b, level->user_filter);
	}
}

char *selection_typed_filter(const struct selection *sel)
{
	const char *only = sel->base_filter;
	struct buf b = {0};
	size_t n = !is_blank(only);

	add_filter(&b, sel->base_filter);
	for (size_t i = 0; i < sel->n; i++) {
		const char *typed = sel->levels[i].user_filter;

		if (is_blank(typed) || (!stepped_from(sel, i) && i + 1 < sel->n))
			continue;
		add_filter(&b, typed);
		only = typed;
		n++;
	}
	if (n > 1)
		return buf_steal(&b);
	buf_done(&b);
	return n ? xstrdup(only) : NULL; /* one needs no parentheses */
}

char *selection_filter(const struct selection *sel)
{
	struct buf b = {0};

	add_selection(&b, sel);
	add_filter(&b, selection_top(sel)->view->filter);
	return buf_steal(&b);
}

char *selection_row_filter(const struct selection *sel, const struct row *row)
{
	struct buf b = {0};
	const struct view *view = selection_top(sel)->view;
	bool device = view->records & REC_DEVICES;
	const struct metric_value *metric = row ? row_record(row).metric : NULL;
	char *step = metric ? xstrdup(metric->metric->filter) : row && !device ? row_filter(view, row) : NULL;

	add_selection(&b, sel);
	if (!device)
		add_filter(&b, view->filter);
	add_filter(&b, step);
	free(step);
	return buf_steal(&b);
}

char *selection_breadcrumb(const struct selection *sel, const char *separator)
{
	struct buf b = {0};

	for (size_t i = 0; i < sel->n; i++) {
		const struct selection_level *level = &sel->levels[i];

		/* a view that was switched away from is no step of the way */
		if (i + 1 < sel->n && !sel->levels[i + 1].filter)
			continue;
		buf_addf(&b, "%s%s", b.len ? separator : "", level->view->name);
		if (i + 1 < sel->n)
			buf_addf(&b, "%s%s", separator, sel->levels[i + 1].label);
	}
	return buf_steal(&b);
}

/* Whether a view is offered for what was stepped into: any field that tells it. */
static bool applies(const struct view *view, const struct selection *sel)
{
	size_t i = sel->n;

	while (i && !sel->levels[i - 1].filter)
		i--;
	if (!i)
		return view->root;
	for (size_t k = 0; k < view->n_applies_to; k++) {
		const struct view *from = sel->levels[i - 2].view;

		if (from->metrics) /* a number about everything */
			return view->root;
		if (view->applies_to[k] == sel->levels[i - 1].field)
			return true;
		for (size_t j = 0; j < from->n_keys; j++) {
			if (view->applies_to[k] == from->keys[j])
				return true;
		}
	}
	return false;
}

size_t selection_views(const struct selection *sel, const struct views *views, const struct view ***ret)
{
	const struct view **list = xcalloc(views->n, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < views->n; i++) {
		if (applies(views->items[i], sel))
			list[n++] = views->items[i];
	}
	*ret = list;
	return n;
}

static int query_of(const struct selection *sel, struct table_query *ret, struct column_query **ret_columns,
		    struct filter **ret_filter, struct filter_error *err)
{
	const struct selection_level *level = selection_top(sel);
	const struct view *view = level->view;
	struct filter_error own;
	char *text;
	int r;

	/* the typed filter alone first: its errors are told in its own columns */
	r = filter_parse(level->user_filter, ret_filter, err);
	if (r)
		return r;
	filter_free(*ret_filter);
	text = selection_filter(sel);
	r = filter_parse(text, ret_filter, &own);
	free(text);
	if (r) {
		if (err)
			*err = own;
		return r;
	}
	*ret_columns = xcalloc(view->n_columns, sizeof(**ret_columns));
	for (size_t i = 0; i < view->n_columns; i++)
		(*ret_columns)[i] = (struct column_query){view->columns[i].field, view->columns[i].agg};
	*ret = (struct table_query){
		.records = view->records,
		.n_keys = view->n_keys,
		.columns = *ret_columns,
		.n_columns = view->n_columns,
		.filter = *ret_filter,
		.metrics = view->metrics,
		.n_metrics = view->n_metrics,
		.sort = level->sort,
		.ascending = level->ascending,
		.totals = sel->totals,
	};
	memcpy(ret->keys, view->keys, sizeof(ret->keys));
	if (level->tree && view->tree->query.n_levels) { /* those of its last level */
		ret->n_keys = view->tree->query.n_levels;
		memcpy(ret->keys, view->tree->query.keys, sizeof(view->tree->query.keys));
	}
	return 0;
}

int selection_table(const struct selection *sel, const struct sample *s, struct table **ret,
		    struct filter_error *err)
{
	struct table_query q;
	struct column_query *columns;
	struct filter *filter;
	int r = query_of(sel, &q, &columns, &filter, err);

	if (r)
		return r;
	if (selection_top(sel)->tree)
		r = table_tree_build(&q, &selection_top(sel)->view->tree->query, s, ret);
	else
		r = table_build(&q, s, ret);
	if (!r && selection_top(sel)->view->limit && !selection_top(sel)->tree)
		table_limit(*ret, selection_top(sel)->view->limit);
	filter_free(filter);
	free(columns);
	return r;
}

/* A list is fed by the spy; descriptors tell it which objects a filter on them means. */
static unsigned selection_list_needs(const struct view *v, const struct filter *f)
{
	const unsigned read = NEED_FDS | NEED_CGROUPS | NEED_DETAILS | NEED_PATHS;
	unsigned needs = filter_needs(f) & read;

	for (size_t i = 0; i < v->n_columns; i++)
		needs |= v->columns[i].field->needs & read;
	if (filter_uses_grain(f, GRAIN_OBJECT) || filter_uses_grain(f, GRAIN_FD))
		needs |= NEED_FDS;
	return needs | NEED_TASKS;
}

unsigned selection_needs(const struct selection *sel)
{
	struct table_query q;
	struct column_query *columns;
	struct filter *filter;
	struct filter_error err;
	unsigned needs;

	if (query_of(sel, &q, &columns, &filter, &err))
		return 0;
	if (view_is_list(selection_top(sel)->view))
		needs = selection_list_needs(selection_top(sel)->view, filter);
	else
		needs = table_needs(&q);
	filter_free(filter);
	free(columns);
	return needs;
}
