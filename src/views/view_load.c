/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_load.c - views from JSON. Every mistake is reported where it stands,
 * with what was expected and the nearest valid name; a text with mistakes
 * changes nothing. docs/views.md describes the format.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "views/action_load.h"
#include "views/view_json.h"
#include "views/view_loader.h"
#include "views/view_priv.h"

enum { MAX_TEXT = 1 << 20, MAX_VIEWS = 256, MAX_TIPS = 32, MAX_APPLIES = 64 };

/* ---- one view ---- */

static void load_records(struct loader *l, struct node view, struct view *v)
{
	static const struct {
		const char *name;
		unsigned bit;
	} kinds[] = {{"tasks", REC_TASKS},   {"facts", REC_FACTS},    {"fds", REC_FDS},
		     {"events", REC_EVENTS}, {"cpus", REC_CPUS},      {"disks", REC_DISKS},
		     {"netifs", REC_NETIFS}, {"lifecycle", REC_LIFE}, {"metrics", REC_METRICS}};
	enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };
	struct node list = get_list(&l->reports, view, "records", N_KINDS, true);

	for (size_t i = 0; list.v && i < json_array_size(list.v); i++) {
		const char *text = text_of(&l->reports, element(list, i), "a kind of records");
		bool found = false;

		for (size_t k = 0; text && k < N_KINDS; k++) {
			if (!strcmp(text, kinds[k].name)) {
				v->records |= kinds[k].bit;
				found = true;
			}
		}
		if (text && !found)
			report(&l->reports, element(list, i).pos,
			       "unknown records '%.60s'; one is tasks, facts, fds, events, cpus, disks, "
			       "netifs, lifecycle or metrics",
			       text);
	}
	if ((v->records & REC_METRICS) && v->records != REC_METRICS)
		report(&l->reports, list.pos, "'metrics' make an overview; no other records go with them");
	if (view_is_list(v) && v->records != REC_EVENTS)
		report(&l->reports, list.pos, "'events' makes a list; no other records go with it");
}

/* What only tables have. */
static void check_list(struct loader *l, struct node view)
{
	static const char *const keys[] = {"key",       "label", "drilldown", "sort",
					   "ascending", "limit", "tree",      NULL};

	for (size_t i = 0; keys[i]; i++) {
		struct node n = member(view, keys[i]);

		if (n.v && !json_is_null(n.v))
			report(&l->reports, n.pos, "a list has no '%s': each event is a row, the newest last",
			       keys[i]);
	}
}

static void load_keys(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(&l->reports, view, "key", TABLE_KEYS, true),
		    label = member(view, "label");

	for (size_t i = 0; list.v && i < json_array_size(list.v); i++) {
		const struct field *f = loader_dimension(l, element(list, i), "a key");

		if (f)
			v->keys[v->n_keys++] = f;
	}
	v->label = label.v ? loader_dimension(l, label, "'label'") : v->n_keys ? v->keys[0] : NULL;
}

static void load_filter(struct loader *l, struct node view, struct view *v)
{
	struct node n = member(view, "filter");
	const char *text = n.v ? text_of(&l->reports, n, "'filter'") : NULL;
	struct filter_error err;

	if (!text)
		return;
	v->filter = xstrdup(text);
	if (filter_parse(text, &v->compiled, &err)) /* behind the quote */
		report_place(&l->reports, n.pos->line, n.pos->column + (int)err.column, "filter: %s",
			     err.message);
}

static void load_applies(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(&l->reports, view, "applies_to", MAX_APPLIES, false);
	size_t n = list.v ? json_array_size(list.v) : 0;

	v->applies_to = xcalloc(n, sizeof(*v->applies_to));
	for (size_t i = 0; i < n; i++) {
		struct node e = element(list, i);
		const struct field *f;

		if (json_is_string(e.v) && !*json_string_value(e.v)) {
			v->root = true;
			continue;
		}
		f = loader_field(l, e, "an element of 'applies_to'");
		if (f)
			v->applies_to[v->n_applies_to++] = f;
	}
}

static void load_tips(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(&l->reports, view, "tips", MAX_TIPS, false);
	size_t n = list.v ? json_array_size(list.v) : 0;

	v->tips = xcalloc(n, sizeof(*v->tips));
	for (size_t i = 0; i < n; i++) {
		const char *text = text_of(&l->reports, element(list, i), "a tip");

		if (text)
			v->tips[v->n_tips++] = xstrdup(text);
	}
}

static void load_hotkey(struct loader *l, struct node view, struct view *v)
{
	const char *text = get_string(&l->reports, view, "hotkey", false);
	struct node n = member(view, "hotkey");

	if (!text)
		return;
	if (strlen(text) != 1 || *text <= ' ' || *text > '~') {
		report(&l->reports, n.pos, "'hotkey' must be one printable ASCII character");
		return;
	}
	v->hotkey = *text;
	for (size_t i = 0; i < l->mine->n; i++) {
		if (l->mine->items[i]->hotkey == v->hotkey)
			report(&l->reports, n.pos, "hotkey '%c' is taken by view '%s'", v->hotkey,
			       l->mine->items[i]->id);
	}
	for (size_t i = 0; l->base && i < l->base->n; i++) {
		const struct view *other = l->base->items[i];

		/* one that this text replaces gives its key free */
		if (other->hotkey == v->hotkey && v->id && strcmp(other->id, v->id) != 0)
			report(&l->reports, n.pos, "hotkey '%c' is taken by view '%s'", v->hotkey, other->id);
	}
}

static void load_id(struct loader *l, struct node view, struct view *v)
{
	const char *id = get_string(&l->reports, view, "id", true);

	v->id = xstrdup(id ? id : ""); /* other views are still compared with it */
	if (!id)
		return;
	if (id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-")] || strlen(id) > 40)
		report(&l->reports, member(view, "id").pos, "'id' must be at most 40 of a-z 0-9 _ -");
	else if (views_find(l->mine, id))
		report(&l->reports, member(view, "id").pos, "view '%s' is there already", id);
}

static void load_sort(struct loader *l, struct node view, struct view *v)
{
	const char *id = get_string(&l->reports, view, "sort", false), *nearest = NULL;
	size_t best = id ? strlen(id) / 3 + 2 : 0;

	v->sort = -1;
	v->ascending = get_bool(&l->reports, view, "ascending", !id);
	if (!id)
		return;
	for (size_t i = 0; i < v->n_columns; i++) {
		const char *column = v->columns[i].id;

		if (column && !strcmp(column, id))
			v->sort = (int)i;
		if (column && text_distance(column, id) < best) {
			best = text_distance(column, id);
			nearest = column;
		}
	}
	if (v->sort >= 0)
		return;
	if (nearest)
		report(&l->reports, member(view, "sort").pos,
		       "no column '%.60s' to sort by; did you mean '%s'?", id, nearest);
	else
		report(&l->reports, member(view, "sort").pos, "no column '%.60s' to sort by", id);
}

static void load_view(struct loader *l, struct node n)
{
	static const char *const keys[] = {
		"id",         "name",      "hotkey",  "description", "tips",
		"records",    "key",       "label",   "filter",      "propagate_filter",
		"applies_to", "drilldown", "sort",    "ascending",   "columns",
		"limit",      "tree",      "actions", "metrics",     NULL};
	struct view *v;
	struct action_list actions = {0};
	struct node drill;

	if (!json_is_object(n.v)) {
		report(&l->reports, n.pos, "a view must be an object, not %s", type_name(n.v));
		return;
	}
	v = xcalloc(1, sizeof(*v));
	check_keys(&l->reports, n, "a view", keys);
	load_id(l, n, v);
	v->name = xstrdup(get_string(&l->reports, n, "name", true));
	v->description = xstrdup(get_string(&l->reports, n, "description", false));
	load_hotkey(l, n, v);
	load_tips(l, n, v);
	load_records(l, n, v);
	if (view_is_list(v))
		check_list(l, n);
	else
		load_keys(l, n, v);
	load_filter(l, n, v);
	v->propagate_filter = get_bool(&l->reports, n, "propagate_filter", true);
	load_applies(l, n, v);
	loader_columns(l, n, v);
	v->sort = -1;
	loader_metrics(l, n, v);
	v->limit = get_count(&l->reports, n, "limit", 1000000, 0);
	if (!view_is_list(v))
		load_sort(l, n, v);
	if (!view_is_list(v))
		loader_tree(l, n, v);
	drill = member(n, "drilldown");
	if (!view_is_list(v) && drill.v && !json_is_null(drill.v))
		v->drilldown = xstrdup(text_of(&l->reports, drill, "'drilldown'"));
	actions_load(&l->reports, n, true, l->may_root, &actions);
	v->actions = actions.items;
	v->n_actions = actions.n;
	VEC_PUSH(l->mine->items, l->mine->n, l->cap) = v;
}

/* Once all views are known. */
static void check_view_name(struct loader *l, struct node n, const char *id)
{
	const char *nearest;

	if (!id || views_find(l->mine, id) || views_find(l->base, id))
		return;
	nearest = views_nearest(l->mine, id);
	if (!nearest)
		nearest = views_nearest(l->base, id);
	if (nearest)
		report(&l->reports, n.pos, "unknown view '%.60s'; did you mean '%s'?", id, nearest);
	else
		report(&l->reports, n.pos, "unknown view '%.60s'", id);
}

static void check_drilldown(struct loader *l, struct node n, const struct view *v)
{
	struct node metrics = member(n, "metrics");

	for (size_t i = 0; i < v->n_metrics; i++)
		if (v->metrics[i].view)
			check_view_name(l, member(element(metrics, i), "view"), v->metrics[i].view);
	check_view_name(l, member(n, "drilldown"), v->drilldown);
	for (size_t i = 0; v->tree && i < TREE_LEVELS; i++)
		if (v->tree->drilldown[i])
			check_view_name(l,
					member(element(member(member(n, "tree"), "levels"), i), "drilldown"),
					v->tree->drilldown[i]);
}

/* ---- a text ---- */

static void load_root(struct loader *l, struct node root)
{
	static const char *const keys[] = {"views", "actions", "$schema", NULL};
	struct node list;
	size_t loaded = 0;

	if (!json_is_object(root.v)) {
		report(&l->reports, root.pos, "expected {\"views\": [...]}, not %s", type_name(root.v));
		return;
	}
	check_keys(&l->reports, root, "the file", keys);
	list = get_list(&l->reports, root, "views", MAX_VIEWS, !member(root, "actions").v);
	for (size_t i = 0; list.v && i < json_array_size(list.v); i++)
		load_view(l, element(list, i));
	for (size_t i = 0; list.v && i < json_array_size(list.v); i++) {
		if (json_is_object(element(list, i).v))
			check_drilldown(l, element(list, i), l->mine->items[loaded++]);
	}
	actions_load(&l->reports, root, false, l->may_root, &l->actions);
	l->mine->actions = l->actions.items;
	l->mine->n_actions = l->actions.n;
}

static void load_text(struct loader *l, const char *text, size_t len)
{
	json_error_t err;
	json_t *root;
	struct json_pos *pos;

	if (len > MAX_TEXT) {
		report_place(&l->reports, 0, 0, "larger than %d bytes", MAX_TEXT);
		return;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &err);
	if (!root) {
		report_place(&l->reports, err.line < 0 ? 0 : err.line, err.column < 1 ? 1 : err.column, "%s",
			     err.text);
		return;
	}
	pos = json_pos_new(text, len);
	load_root(l, (struct node){root, pos});
	json_pos_free(pos);
	json_decref(root);
}

size_t views_check_text(const struct views *base, const char *name, const char *text, size_t len,
			views_report_fn fn, void *userdata)
{
	struct loader l = {.reports.name = name, .base = base, .may_root = true};

	l.mine = xcalloc(1, sizeof(*l.mine));
	load_text(&l, text, len);
	sort_reports(&l.reports);
	for (size_t i = 0; i < l.reports.n; i++)
		fn(&l.reports.errors[i], userdata);
	views_free(l.mine);
	free(l.reports.errors);
	return l.reports.n;
}

/* Views and actions of the text replace those with their id. */
static void merge(struct views *to, struct views *from)
{
	for (size_t i = 0; i < from->n; i++) {
		size_t at = 0;

		while (at < to->n && strcmp(to->items[at]->id, from->items[i]->id) != 0)
			at++;
		if (at == to->n) {
			to->items = xreallocarray(to->items, ++to->n, sizeof(*to->items));
		} else {
			view_free(to->items[at]);
		}
		to->items[at] = from->items[i];
	}
	from->n = 0;
	for (size_t i = 0; i < from->n_actions; i++) {
		size_t at = 0;

		while (at < to->n_actions && strcmp(to->actions[at]->id, from->actions[i]->id) != 0)
			at++;
		if (at == to->n_actions)
			to->actions = xreallocarray(to->actions, ++to->n_actions, sizeof(*to->actions));
		else
			action_free(to->actions[at]);
		to->actions[at] = from->actions[i];
	}
	from->n_actions = 0;
}

int views_load_text(struct views **views, const char *name, const char *text, size_t len,
		    struct views_error *err)
{
	return views_load_owned(views, name, text, len, true, err);
}

int views_load_owned(struct views **views, const char *name, const char *text, size_t len, bool may_root,
		     struct views_error *err)
{
	struct loader l = {.reports.name = name, .base = *views, .may_root = may_root};
	bool ok;

	l.mine = xcalloc(1, sizeof(*l.mine));
	load_text(&l, text, len);
	sort_reports(&l.reports);
	ok = !l.reports.n;
	if (ok) {
		if (!*views)
			*views = xcalloc(1, sizeof(**views));
		merge(*views, l.mine);
	} else if (err) {
		*err = l.reports.errors[0];
	}
	views_free(l.mine);
	free(l.reports.errors);
	return ok ? 0 : -EINVAL;
}
