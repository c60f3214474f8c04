/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action_load.c - actions from JSON, every mistake reported where it stands.
 * docs/views.md describes the format.
 */
#include "views/action_load.h"

#include <string.h>

#include "core/mem.h"

/* What runs inside the program itself, and its arguments. */
static const struct {
	const char *name, *usage;
} builtins[] = {
	{"@signal", "[\"@signal\", SIGNAL, \"%proc.pid\" or \"%thread.tid\"]"},
	{"@renice", "[\"@renice\", NICE, \"%proc.pid\" or \"%thread.tid\"]"},
};
enum { N_BUILTINS = sizeof(builtins) / sizeof(builtins[0]) };

static const char FIELD_CHARS[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";

static const struct field *find_field(struct reports *r, struct node n, size_t at, const char *id)
{
	const struct field *f = field_find(id);
	const char *nearest = f ? NULL : field_nearest(id);
	int column = n.pos->column + (int)at;

	if (!f && nearest)
		report_place(r, n.pos->line, column, "unknown field '%.60s'; did you mean '%s'?", id,
			     nearest);
	else if (!f)
		report_place(r, n.pos->line, column, "unknown field '%.60s'; --list-fields shows all", id);
	else if (f->flags & (FIELD_MEASURE | FIELD_FILTER_ONLY | FIELD_ARG))
		report_place(r, n.pos->line, column, "%s is %s; an argument needs what tells things apart",
			     id, f->flags & FIELD_MEASURE ? "an amount" : "for filters only");
	else
		return f;
	return NULL;
}

/* ---- one argument: text and references ---- */

struct arg_builder {
	struct action_arg *arg;
	size_t cap;
	struct buf text;
};

static void end_text(struct arg_builder *b)
{
	if (!b->text.len)
		return;
	VEC_PUSH(b->arg->pieces, b->arg->n, b->cap) =
		(struct action_piece){.kind = PIECE_TEXT, .text = buf_steal(&b->text)};
}

static void add_reference(struct arg_builder *b, int kind, const struct field *f)
{
	end_text(b);
	VEC_PUSH(b->arg->pieces, b->arg->n, b->cap) = (struct action_piece){.kind = kind, .field = f};
}

/* "%container.id" or "%{container.id}" at text; returns the bytes it takes. */
static size_t load_field(struct reports *r, struct node n, const char *whole, const char *text,
			 struct arg_builder *b)
{
	bool braces = text[1] == '{';
	size_t from = braces ? 2 : 1, len = strspn(text + from, FIELD_CHARS), all;
	const struct field *f;
	char *id;

	while (!braces && len && text[from + len - 1] == '.') /* the end of a sentence */
		len--;
	all = from + len + braces;
	if (!len || (braces && text[from + len] != '}')) {
		report_place(r, n.pos->line, n.pos->column + 1 + (int)(text - whole),
			     "after '%%' comes a field, '{field}', '?' (what was typed), '#' (a number that "
			     "differs each time) or another '%%'");
		return strlen(text);
	}
	id = xstrndup(text + from, len);
	f = find_field(r, n, 1 + (size_t)(text - whole) + from, id);
	if (f)
		add_reference(b, PIECE_FIELD, f);
	free(id);
	return all;
}

static void load_arg(struct reports *r, struct node n, const struct action *a, struct action_arg *ret)
{
	const char *text = text_of(r, n, "an argument"), *p = text;
	struct arg_builder b = {.arg = ret};

	if (text && memchr(text, '\0', json_string_length(n.v)))
		report(r, n.pos, "an argument cannot have NUL bytes");
	while (p && *p) {
		if (*p != '%') {
			buf_addc(&b.text, *p++);
		} else if (p[1] == '%') {
			buf_addc(&b.text, '%');
			p += 2;
		} else if (p[1] == '?') {
			if (!a->ask)
				report(r, n.pos, "'%%?' is what was typed, but the action has no 'ask'");
			add_reference(&b, PIECE_ANSWER, NULL);
			p += 2;
		} else if (p[1] == '#') {
			add_reference(&b, PIECE_SERIAL, NULL);
			p += 2;
		} else {
			p += load_field(r, n, text, p, &b);
		}
	}
	end_text(&b);
	if (text && !*text) /* is one, too */
		VEC_PUSH(ret->pieces, ret->n, b.cap) =
			(struct action_piece){.kind = PIECE_TEXT, .text = xstrdup("")};
	buf_done(&b.text);
}

/* ---- one way ---- */

static bool is_text(const struct action_arg *a)
{
	return a->n == 1 && a->pieces[0].kind == PIECE_TEXT;
}

static void check_builtin(struct reports *r, struct node argv, const struct action_way *w)
{
	const char *name = action_program(w), *nearest = NULL;
	size_t best = strlen(name) / 3 + 2;
	const struct field *f;

	for (size_t i = 0; i < N_BUILTINS; i++) {
		size_t d = text_distance(name, builtins[i].name);

		if (d < best) {
			best = d;
			nearest = builtins[i].name;
		}
		if (strcmp(name, builtins[i].name) != 0)
			continue;
		f = w->n_args == 3 && w->args[2].n == 1 ? w->args[2].pieces[0].field : NULL;
		if (!f || (strcmp(f->id, "proc.pid") != 0 && strcmp(f->id, "thread.tid") != 0))
			report(r, argv.pos, "%s is used so: %s", name, builtins[i].usage);
		else if (i == 0 && is_text(&w->args[1]) && action_signal(w->args[1].pieces[0].text) < 0)
			report(r, element(argv, 1).pos, "unknown signal '%.40s'", w->args[1].pieces[0].text);
		return;
	}
	if (nearest)
		report(r, element(argv, 0).pos, "unknown '%.40s'; did you mean '%s'?", name, nearest);
	else
		report(r, element(argv, 0).pos, "unknown '%.40s'; there is @signal and @renice", name);
}

static void load_argv(struct reports *r, struct node way, const struct action *a, struct action_way *w)
{
	struct node argv = get_list(r, way, "argv", MAX_ARGS, true), first;
	const char *program;

	if (!argv.v)
		return;
	w->n_args = json_array_size(argv.v);
	w->args = xcalloc(w->n_args, sizeof(*w->args));
	for (size_t i = 0; i < w->n_args; i++)
		load_arg(r, element(argv, i), a, &w->args[i]);
	first = element(argv, 0);
	if (!is_text(&w->args[0])) {
		if (json_is_string(first.v))
			report(r, first.pos,
			       "the program must be plain text: values of rows are for its arguments");
		return;
	}
	program = action_program(w);
	if (*program == '@')
		check_builtin(r, argv, w);
	else if (!*program || *program == '-' || strpbrk(program, " \t\n") ||
		 (*program != '/' && strchr(program, '/')))
		report(r, first.pos,
		       "the program must be a name to look for in PATH, or a path from /, without its "
		       "arguments");
}

static void load_when(struct reports *r, struct node way, struct action_way *w)
{
	struct node n = member(way, "when");
	const char *text = n.v ? text_of(r, n, "'when'") : NULL;
	struct filter_error err;

	if (!text)
		return;
	w->when = xstrdup(text);
	if (filter_parse(text, &w->compiled, &err)) /* behind the quote */
		report_place(r, n.pos->line, n.pos->column + (int)err.column, "when: %s", err.message);
}

static void load_way(struct reports *r, struct node n, const struct action *a, bool may_root,
		     struct action_way *w)
{
	static const char *const keys[] = {"argv", "when", "as", "process", NULL};
	const char *as, *process;

	if (!json_is_object(n.v)) {
		report(r, n.pos, "a way to run it must be an object, not %s", type_name(n.v));
		return;
	}
	check_keys(r, n, "a way to run it", keys);
	load_argv(r, n, a, w);
	load_when(r, n, w);
	as = get_string(r, n, "as", false);
	w->root = as && !strcmp(as, "root");
	if (as && !w->root && strcmp(as, "user") != 0)
		report(r, member(n, "as").pos, "'as' must be 'user' or 'root', not '%.40s'", as);
	process = get_string(r, n, "process", false);
	w->first = process && !strcmp(process, "first");
	if (process && !w->first && strcmp(process, "row") != 0)
		report(r, member(n, "process").pos, "'process' must be 'row' or 'first', not '%.40s'",
		       process);
	if (w->root && !may_root)
		report(r, member(n, "as").pos,
		       "'as': 'root' is for files of root; this one is another user's (chown root)");
}

/* ---- one action ---- */

static void load_applies(struct reports *r, struct node n, bool own, struct action *a)
{
	struct node list = get_list(r, n, "applies_to", 64, !own);
	size_t count = list.v ? json_array_size(list.v) : 0;

	a->applies_to = xcalloc(count, sizeof(*a->applies_to));
	for (size_t i = 0; i < count; i++) {
		struct node e = element(list, i);
		const char *id = text_of(r, e, "an element of 'applies_to'");
		const struct field *f = id ? find_field(r, e, 0, id) : NULL;

		if (f)
			a->applies_to[a->n_applies_to++] = f;
	}
}

static void load_screen(struct reports *r, struct node n, struct action *a)
{
	static const char *const names[] = {[ACTION_PAGE] = "page", [ACTION_TERMINAL] = "terminal"};
	const char *text = get_string(r, n, "screen", false);

	for (size_t i = 0; text && i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			a->screen = (enum action_screen)i;
			return;
		}
	}
	if (text)
		report(r, member(n, "screen").pos, "'screen' must be 'page' or 'terminal', not '%.40s'",
		       text);
}

static void load_key(struct reports *r, struct node n, struct action *a)
{
	const char *text = get_string(r, n, "key", false);

	if (!text)
		return;
	if (strlen(text) != 1 || *text <= ' ' || *text > '~' || (*text >= '0' && *text <= '9'))
		report(r, member(n, "key").pos,
		       "'key' must be one printable ASCII character; digits are for views");
	else
		a->key = *text;
}

static void load_id(struct reports *r, struct node n, const struct action_list *list, struct action *a)
{
	const char *id = get_string(r, n, "id", true);

	a->id = xstrdup(id ? id : "");
	if (!id)
		return;
	if (id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-")] || strlen(id) > 40)
		report(r, member(n, "id").pos, "'id' must be at most 40 of a-z 0-9 _ -");
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i]->id, id))
			report(r, member(n, "id").pos, "action '%s' is there already", id);
}

static void load_action(struct reports *r, struct node n, bool own, bool may_root, struct action_list *list)
{
	static const char *const keys[] = {"id",     "name", "key",    "description", "applies_to", "changes",
					   "screen", "ask",  "answer", "run",         NULL};
	struct action *a;
	struct node run;

	if (!json_is_object(n.v)) {
		report(r, n.pos, "an action must be an object, not %s", type_name(n.v));
		return;
	}
	a = xcalloc(1, sizeof(*a));
	check_keys(r, n, "an action", keys);
	load_id(r, n, list, a);
	a->name = xstrdup(get_string(r, n, "name", true));
	a->description = xstrdup(get_string(r, n, "description", false));
	a->ask = xstrdup(get_string(r, n, "ask", false));
	a->answer = xstrdup(get_string(r, n, "answer", false));
	a->changes = get_bool(r, n, "changes", false);
	load_key(r, n, a);
	load_applies(r, n, own, a);
	load_screen(r, n, a);
	if (a->answer && !a->ask)
		report(r, member(n, "answer").pos, "'answer' is what 'ask' proposes, and there is no 'ask'");
	run = get_list(r, n, "run", MAX_WAYS, true);
	a->n_ways = run.v ? json_array_size(run.v) : 0;
	a->ways = xcalloc(a->n_ways, sizeof(*a->ways));
	for (size_t i = 0; i < a->n_ways; i++)
		load_way(r, element(run, i), a, may_root, &a->ways[i]);
	VEC_PUSH(list->items, list->n, list->cap) = a;
}

void actions_load(struct reports *r, struct node object, bool own, bool may_root, struct action_list *list)
{
	struct node n = get_list(r, object, "actions", MAX_ACTIONS, false);

	for (size_t i = 0; n.v && i < json_array_size(n.v); i++)
		load_action(r, element(n, i), own, may_root, list);
}
