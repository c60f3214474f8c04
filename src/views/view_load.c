/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_load.c - views from JSON. Every mistake is reported where it stands,
 * with what was expected and the nearest valid name; a text with mistakes
 * changes nothing. docs/views.md describes the format.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "views/json_pos.h"
#include "views/view_priv.h"

enum { MAX_TEXT = 1 << 20, MAX_VIEWS = 256, MAX_COLUMNS = 64, MAX_TIPS = 32, MAX_KEYS = 4, MAX_APPLIES = 64 };

struct loader {
	const char *name;
	const struct views *base; /* views that were there before */
	struct views *mine;       /* views of this text */
	size_t cap;
	views_report_fn fn;
	void *userdata;
	size_t n_errors;
};

/* A value and where it stands; v is NULL if there is none. */
struct node {
	json_t *v;
	const struct json_pos *pos;
};

static void report_at(struct loader *l, int line, int column, const char *fmt, va_list ap)
{
	struct views_error err = {.line = line, .column = column};

	snprintf(err.file, sizeof(err.file), "%s", l->name);
	vsnprintf(err.message, sizeof(err.message), fmt, ap);
	l->n_errors++;
	if (l->fn)
		l->fn(&err, l->userdata);
}

static void report(struct loader *l, const struct json_pos *pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void report(struct loader *l, const struct json_pos *pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_at(l, pos->line, pos->column, fmt, ap);
	va_end(ap);
}

static void report_place(struct loader *l, int line, int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void report_place(struct loader *l, int line, int column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_at(l, line, column, fmt, ap);
	va_end(ap);
}

/* ---- values with their type checked ---- */

static const char *type_name(const json_t *v)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return names[json_typeof(v)];
}

static struct node member(struct node object, const char *key)
{
	const char *k;
	json_t *v;
	size_t i = 0;

	json_object_foreach(object.v, k, v)
	{
		if (i >= object.pos->n)
			break;
		if (!strcmp(k, key))
			return (struct node){v, &object.pos->kids[i]};
		i++;
	}
	return (struct node){NULL, object.pos};
}

static struct node element(struct node list, size_t i)
{
	return (struct node){json_array_get(list.v, i), &list.pos->kids[i]};
}

/* Members that are not in `known` are spelling mistakes. */
static void check_keys(struct loader *l, struct node object, const char *what, const char *const *known)
{
	const char *key;
	json_t *v;
	size_t i = 0;

	json_object_foreach(object.v, key, v)
	{
		const struct json_pos *pos = &object.pos->kids[i++];
		const char *nearest = NULL;
		size_t best = strlen(key) / 3 + 2;
		bool found = false;

		for (const char *const *k = known; *k && !found; k++) {
			size_t d = text_distance(key, *k);

			found = !strcmp(key, *k);
			if (d < best) {
				best = d;
				nearest = *k;
			}
		}
		if (found)
			continue;
		if (nearest)
			report_place(l, pos->key_line, pos->key_column,
				     "unknown key '%.60s' in %s; did you mean '%s'?", key, what, nearest);
		else
			report_place(l, pos->key_line, pos->key_column, "unknown key '%.60s' in %s", key,
				     what);
	}
}

/* A string member, NULL if there is none (an error when it is required) or it is not a string. */
static const char *get_string(struct loader *l, struct node object, const char *key, bool required)
{
	struct node n = member(object, key);

	if (!n.v) {
		if (required)
			report(l, object.pos, "missing key '%s'", key);
		return NULL;
	}
	if (!json_is_string(n.v)) {
		report(l, n.pos, "'%s' must be a string, not %s", key, type_name(n.v));
		return NULL;
	}
	if (required && !*json_string_value(n.v)) {
		report(l, n.pos, "'%s' must not be empty", key);
		return NULL;
	}
	return json_string_value(n.v);
}

static bool get_bool(struct loader *l, struct node object, const char *key, bool otherwise)
{
	struct node n = member(object, key);

	if (!n.v)
		return otherwise;
	if (!json_is_boolean(n.v)) {
		report(l, n.pos, "'%s' must be true or false, not %s", key, type_name(n.v));
		return otherwise;
	}
	return json_is_true(n.v);
}

static unsigned get_count(struct loader *l, struct node object, const char *key, unsigned max,
			  unsigned otherwise)
{
	struct node n = member(object, key);

	if (!n.v)
		return otherwise;
	if (!json_is_integer(n.v)) {
		report(l, n.pos, "'%s' must be a whole number, not %s", key, type_name(n.v));
	} else if (json_integer_value(n.v) < 0 || json_integer_value(n.v) > (json_int_t)max) {
		report(l, n.pos, "'%s' must be between 0 and %u", key, max);
	} else {
		return (unsigned)json_integer_value(n.v);
	}
	return otherwise;
}

static double get_number(struct loader *l, struct node object, const char *key)
{
	struct node n = member(object, key);

	if (!n.v)
		return NAN;
	if (!json_is_number(n.v)) {
		report(l, n.pos, "'%s' must be a number, not %s", key, type_name(n.v));
		return NAN;
	}
	return json_number_value(n.v);
}

/* A list member with at most `max` elements; v NULL if there is none or it is wrong. */
static struct node get_list(struct loader *l, struct node object, const char *key, size_t max, bool required)
{
	struct node n = member(object, key), none = {NULL, object.pos};

	if (!n.v) {
		if (required)
			report(l, object.pos, "missing key '%s'", key);
		return none;
	}
	if (!json_is_array(n.v)) {
		report(l, n.pos, "'%s' must be a list, not %s", key, type_name(n.v));
		return none;
	}
	if (required && !json_array_size(n.v)) {
		report(l, n.pos, "'%s' must not be empty", key);
		return none;
	}
	if (json_array_size(n.v) > max) {
		report(l, n.pos, "'%s' has %zu elements; at most %zu are possible", key, json_array_size(n.v),
		       max);
		return none;
	}
	return n;
}

/* A string inside a list or an object. */
static const char *text_of(struct loader *l, struct node n, const char *what)
{
	if (json_is_string(n.v))
		return json_string_value(n.v);
	report(l, n.pos, "%s must be a string, not %s", what, type_name(n.v));
	return NULL;
}

static const struct field *field_of(struct loader *l, struct node n, const char *what)
{
	const char *id = text_of(l, n, what), *nearest;
	const struct field *f = field_find(id);

	if (!id || f)
		return f;
	nearest = field_nearest(id);
	if (nearest)
		report(l, n.pos, "unknown field '%.60s'; did you mean '%s'?", id, nearest);
	else
		report(l, n.pos, "unknown field '%.60s'; --list-fields shows all", id);
	return NULL;
}

/* A field one can group by. */
static const struct field *dimension_of(struct loader *l, struct node n, const char *what)
{
	const struct field *f = field_of(l, n, what);

	if (!f || !(f->flags & (FIELD_MEASURE | FIELD_FILTER_ONLY | FIELD_ARG | FIELD_SPY)))
		return f;
	report(l, n.pos, "%s is %s; %s must be something to group by", f->id,
	       f->flags & FIELD_MEASURE ? "an amount" :
	       f->flags & FIELD_SPY	? "for the spy only" :
					  "for filters only",
	       what);
	return NULL;
}

/* ---- one column ---- */

static void report_agg(struct loader *l, struct node n, const char *name)
{
	size_t best = strlen(name) / 3 + 2;
	const char *nearest = NULL;

	for (int a = AGG_NONE; a <= AGG_SHARE; a++) {
		size_t d = text_distance(name, agg_name(a));

		if (d < best) {
			best = d;
			nearest = agg_name(a);
		}
	}
	if (nearest)
		report(l, n.pos, "unknown aggregation '%.60s'; did you mean '%s'?", name, nearest);
	else
		report(l, n.pos,
		       "unknown aggregation '%.60s'; one is sum, rate, avg, min, max, last, count, "
		       "distinct, p50, p90, p99, share or none",
		       name);
}

static void report_fit(struct loader *l, struct node n, enum agg agg, const struct field *f)
{
	struct buf b = {0};

	for (int a = AGG_NONE; a <= AGG_SHARE; a++) {
		if (agg_fits(a, f))
			buf_addf(&b, "%s%s", b.len ? ", " : "", agg_name(a));
	}
	if (b.len)
		report(l, n.pos, "aggregation '%s' does not fit %s; these do: %s", agg_name(agg), f->id,
		       buf_str(&b));
	else
		report(l, n.pos, "%s is for %s only", f->id, f->flags & FIELD_SPY ? "the spy" : "filters");
	buf_done(&b);
}

static void load_column(struct loader *l, struct node n, unsigned number, struct column *c)
{
	static const char *const keys[] = {"field",       "agg",  "title",    "width", "priority",
					   "description", "warn", "critical", NULL};
	struct node field = {NULL, n.pos}, agg;
	const char *text;

	if (!json_is_object(n.v)) {
		report(l, n.pos, "a column must be an object, not %s", type_name(n.v));
		return;
	}
	check_keys(l, n, "a column", keys);
	field = member(n, "field");
	if (!field.v) {
		report(l, n.pos, "missing key 'field'");
		return;
	}
	c->field = field_of(l, field, "'field'");
	if (!c->field)
		return;
	c->agg = agg_default(c->field);
	agg = member(n, "agg");
	text = agg.v ? text_of(l, agg, "'agg'") : NULL;
	if (text) {
		int a = agg_from_name(text);

		if (a < 0)
			report_agg(l, agg, text);
		else
			c->agg = a;
	}
	if (!agg_fits(c->agg, c->field))
		report_fit(l, agg.v ? agg : field, c->agg, c->field);
	text = get_string(l, n, "title", false);
	c->title = xstrdup(text ? text : c->field->title);
	c->description = xstrdup(get_string(l, n, "description", false));
	c->width = get_count(l, n, "width", 200, c->field->width);
	c->priority = get_count(l, n, "priority", 1000, number + 1);
	c->warn = get_number(l, n, "warn");
	c->critical = get_number(l, n, "critical");
}

/* Ids: the field's, with the aggregation where the view shows the field more than once. */
static void name_columns(struct loader *l, struct node list, struct view *v)
{
	const struct json_pos *rest = NULL;

	for (size_t i = 0; i < v->n_columns; i++) {
		struct column *c = &v->columns[i];
		size_t same = 0;

		for (size_t k = 0; k < v->n_columns && c->field; k++) {
			same += v->columns[k].field == c->field;
			if (k < i && v->columns[k].field == c->field && v->columns[k].agg == c->agg)
				report(l, list.pos->kids + i,
				       "column %s with aggregation '%s' is there already", c->field->id,
				       agg_name(c->agg));
		}
		if (!c->field)
			continue;
		c->id = same > 1 ? xasprintf("%s.%s", c->field->id, agg_name(c->agg)) : xstrdup(c->field->id);
		if (!c->width) {
			if (rest)
				report(l, list.pos->kids + i,
				       "only one column can have width 0, the rest of the line");
			rest = list.pos->kids + i;
		}
	}
}

static void load_columns(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(l, view, "columns", MAX_COLUMNS, true);

	if (!list.v)
		return;
	v->n_columns = json_array_size(list.v);
	v->columns = xcalloc(v->n_columns, sizeof(*v->columns));
	for (size_t i = 0; i < v->n_columns; i++) {
		v->columns[i].warn = v->columns[i].critical = NAN;
		load_column(l, element(list, i), (unsigned)i, &v->columns[i]);
	}
	name_columns(l, list, v);
}

/* ---- one view ---- */

static void load_records(struct loader *l, struct node view, struct view *v)
{
	static const struct {
		const char *name;
		unsigned bit;
	} kinds[] = {{"tasks", REC_TASKS}, {"facts", REC_FACTS}, {"fds", REC_FDS}};
	struct node list = get_list(l, view, "records", 3, true);

	for (size_t i = 0; list.v && i < json_array_size(list.v); i++) {
		const char *text = text_of(l, element(list, i), "a kind of records");
		bool found = false;

		for (size_t k = 0; text && k < 3; k++) {
			if (!strcmp(text, kinds[k].name)) {
				v->records |= kinds[k].bit;
				found = true;
			}
		}
		if (text && !found)
			report(l, element(list, i).pos, "unknown records '%.60s'; one is tasks, facts or fds",
			       text);
	}
}

static void load_keys(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(l, view, "key", MAX_KEYS, true), label = member(view, "label");

	for (size_t i = 0; list.v && i < json_array_size(list.v); i++) {
		const struct field *f = dimension_of(l, element(list, i), "a key");

		if (f)
			v->keys[v->n_keys++] = f;
	}
	v->label = label.v ? dimension_of(l, label, "'label'") : v->n_keys ? v->keys[0] : NULL;
}

static void load_filter(struct loader *l, struct node view, struct view *v)
{
	struct node n = member(view, "filter");
	const char *text = n.v ? text_of(l, n, "'filter'") : NULL;
	struct filter_error err;

	if (!text)
		return;
	v->filter = xstrdup(text);
	if (filter_parse(text, &v->compiled, &err)) /* behind the quote */
		report_place(l, n.pos->line, n.pos->column + (int)err.column, "filter: %s", err.message);
}

static void load_applies(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(l, view, "applies_to", MAX_APPLIES, false);
	size_t n = list.v ? json_array_size(list.v) : 0;

	v->applies_to = xcalloc(n, sizeof(*v->applies_to));
	for (size_t i = 0; i < n; i++) {
		struct node e = element(list, i);
		const struct field *f;

		if (json_is_string(e.v) && !*json_string_value(e.v)) {
			v->root = true;
			continue;
		}
		f = field_of(l, e, "an element of 'applies_to'");
		if (f)
			v->applies_to[v->n_applies_to++] = f;
	}
}

static void load_tips(struct loader *l, struct node view, struct view *v)
{
	struct node list = get_list(l, view, "tips", MAX_TIPS, false);
	size_t n = list.v ? json_array_size(list.v) : 0;

	v->tips = xcalloc(n, sizeof(*v->tips));
	for (size_t i = 0; i < n; i++) {
		const char *text = text_of(l, element(list, i), "a tip");

		if (text)
			v->tips[v->n_tips++] = xstrdup(text);
	}
}

static void load_hotkey(struct loader *l, struct node view, struct view *v)
{
	const char *text = get_string(l, view, "hotkey", false);
	struct node n = member(view, "hotkey");

	if (!text)
		return;
	if (strlen(text) != 1 || *text <= ' ' || *text > '~') {
		report(l, n.pos, "'hotkey' must be one printable ASCII character");
		return;
	}
	v->hotkey = *text;
	for (size_t i = 0; i < l->mine->n; i++) {
		if (l->mine->items[i]->hotkey == v->hotkey)
			report(l, n.pos, "hotkey '%c' is taken by view '%s'", v->hotkey,
			       l->mine->items[i]->id);
	}
	for (size_t i = 0; l->base && i < l->base->n; i++) {
		const struct view *other = l->base->items[i];

		/* one that this text replaces gives its key free */
		if (other->hotkey == v->hotkey && v->id && strcmp(other->id, v->id) != 0)
			report(l, n.pos, "hotkey '%c' is taken by view '%s'", v->hotkey, other->id);
	}
}

static void load_id(struct loader *l, struct node view, struct view *v)
{
	const char *id = get_string(l, view, "id", true);

	if (!id)
		return;
	if (id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-")] || strlen(id) > 40)
		report(l, member(view, "id").pos, "'id' must be at most 40 of a-z 0-9 _ -");
	else if (views_find(l->mine, id))
		report(l, member(view, "id").pos, "view '%s' is there already", id);
	v->id = xstrdup(id);
}

static void load_sort(struct loader *l, struct node view, struct view *v)
{
	const char *id = get_string(l, view, "sort", false), *nearest = NULL;
	size_t best = id ? strlen(id) / 3 + 2 : 0;

	v->sort = -1;
	v->ascending = get_bool(l, view, "ascending", !id);
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
		report(l, member(view, "sort").pos, "no column '%.60s' to sort by; did you mean '%s'?", id,
		       nearest);
	else
		report(l, member(view, "sort").pos, "no column '%.60s' to sort by", id);
}

static void load_view(struct loader *l, struct node n)
{
	static const char *const keys[] = {
		"id",      "name",   "hotkey",           "description", "tips",      "records", "key",
		"label",   "filter", "propagate_filter", "applies_to",  "drilldown", "sort",    "ascending",
		"columns", NULL};
	struct view *v;
	struct node drill;

	if (!json_is_object(n.v)) {
		report(l, n.pos, "a view must be an object, not %s", type_name(n.v));
		return;
	}
	v = xcalloc(1, sizeof(*v));
	check_keys(l, n, "a view", keys);
	load_id(l, n, v);
	v->name = xstrdup(get_string(l, n, "name", true));
	v->description = xstrdup(get_string(l, n, "description", false));
	load_hotkey(l, n, v);
	load_tips(l, n, v);
	load_records(l, n, v);
	load_keys(l, n, v);
	load_filter(l, n, v);
	v->propagate_filter = get_bool(l, n, "propagate_filter", true);
	load_applies(l, n, v);
	load_columns(l, n, v);
	load_sort(l, n, v);
	drill = member(n, "drilldown");
	if (drill.v && !json_is_null(drill.v))
		v->drilldown = xstrdup(text_of(l, drill, "'drilldown'"));
	VEC_PUSH(l->mine->items, l->mine->n, l->cap) = v;
}

/* Once all views are known. */
static void check_drilldown(struct loader *l, struct node n, const struct view *v)
{
	struct node drill = member(n, "drilldown");
	const char *nearest;

	if (!v->drilldown || views_find(l->mine, v->drilldown) || views_find(l->base, v->drilldown))
		return;
	nearest = views_nearest(l->mine, v->drilldown);
	if (!nearest)
		nearest = views_nearest(l->base, v->drilldown);
	if (nearest)
		report(l, drill.pos, "unknown view '%.60s'; did you mean '%s'?", v->drilldown, nearest);
	else
		report(l, drill.pos, "unknown view '%.60s'", v->drilldown);
}

/* ---- a text ---- */

static void load_root(struct loader *l, struct node root)
{
	static const char *const keys[] = {"views", "$schema", NULL};
	struct node list;
	size_t loaded = 0;

	if (!json_is_object(root.v)) {
		report(l, root.pos, "expected {\"views\": [...]}, not %s", type_name(root.v));
		return;
	}
	check_keys(l, root, "the file", keys);
	list = get_list(l, root, "views", MAX_VIEWS, true);
	for (size_t i = 0; list.v && i < json_array_size(list.v); i++)
		load_view(l, element(list, i));
	for (size_t i = 0; list.v && i < json_array_size(list.v); i++) {
		if (json_is_object(element(list, i).v))
			check_drilldown(l, element(list, i), l->mine->items[loaded++]);
	}
}

static void load_text(struct loader *l, const char *text, size_t len)
{
	json_error_t err;
	json_t *root;
	struct json_pos *pos;

	if (len > MAX_TEXT) {
		report_place(l, 0, 0, "larger than %d bytes", MAX_TEXT);
		return;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &err);
	if (!root) {
		report_place(l, err.line < 0 ? 0 : err.line, err.column < 1 ? 1 : err.column, "%s", err.text);
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
	struct loader l = {.name = name, .base = base, .fn = fn, .userdata = userdata};

	l.mine = xcalloc(1, sizeof(*l.mine));
	load_text(&l, text, len);
	views_free(l.mine);
	return l.n_errors;
}

static void keep_first(const struct views_error *err, void *userdata)
{
	struct views_error *first = userdata;

	if (!*first->message)
		*first = *err;
}

/* Views of the text replace those with their id. */
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
}

int views_load_text(struct views **views, const char *name, const char *text, size_t len,
		    struct views_error *err)
{
	struct views_error first = {0};
	struct loader l = {.name = name, .base = *views, .fn = keep_first, .userdata = &first};

	l.mine = xcalloc(1, sizeof(*l.mine));
	load_text(&l, text, len);
	if (!l.n_errors) {
		if (!*views)
			*views = xcalloc(1, sizeof(**views));
		merge(*views, l.mine);
	} else if (err) {
		*err = first;
	}
	views_free(l.mine);
	return l.n_errors ? -EINVAL : 0;
}

int views_load_file(struct views **views, const char *path, struct views_error *err)
{
	struct buf b = {0};
	char chunk[4096];
	FILE *f = fopen(path, "re");
	size_t n;
	int r = 0;

	while (f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0 && b.len <= MAX_TEXT)
		buf_add(&b, chunk, n);
	if (!f || ferror(f)) {
		r = errno ? -errno : -EIO;
		if (err) {
			*err = (struct views_error){0};
			snprintf(err->file, sizeof(err->file), "%s", path);
			snprintf(err->message, sizeof(err->message), "cannot read: %s", strerror(-r));
		}
	}
	if (f)
		fclose(f);
	if (!r)
		r = views_load_text(views, path, buf_str(&b), b.len, err);
	buf_done(&b);
	return r;
}
