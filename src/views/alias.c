/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/alias.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"

static const struct alias aliases[] = {
#define ALIAS(name, argument, view, sort, filter, limit, description)                                        \
	{name, ALIAS_##argument, view, sort, filter, limit, description, NULL},
#define ALIAS_VIEW(name, argument, description, json)                                                        \
	{name, ALIAS_##argument, name, NULL, NULL, 0, description, json},
#include "views/aliases.def"
#undef ALIAS
#undef ALIAS_VIEW
};

const struct alias *alias_all(size_t *ret_n)
{
	*ret_n = sizeof(aliases) / sizeof(aliases[0]);
	return aliases;
}

const struct alias *alias_find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (!strcmp(aliases[i].name, name))
			return &aliases[i];
	}
	return NULL;
}

const char *alias_argument_name(const struct alias *a)
{
	static const char *const names[] = {
		[ALIAS_NONE] = NULL, [ALIAS_FIELD] = "FIELD", [ALIAS_MS] = "MS", [ALIAS_WORD] = "[WORD]"};

	return names[a->argument];
}

static bool is_plain(const char *word)
{
	return !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*")];
}

bool alias_takes(const struct alias *a, const char *word)
{
	if (!*word || a->argument == ALIAS_NONE)
		return false;
	/* a filter begins with a field, which has a dot, a parenthesis or "not" */
	return a->argument != ALIAS_WORD || (is_plain(word) && strcmp(word, "not") != 0);
}

/* The argument goes into JSON and filters: nothing but a field or a number may. */
static char *wrong_argument(const struct alias *a, const char *argument)
{
	const struct field *f;
	char *end;

	if (a->argument == ALIAS_NONE)
		return NULL;
	if (a->argument == ALIAS_WORD)
		return argument && !is_plain(argument)
			       ? xasprintf("%s: '%.60s' is more than a word", a->name, argument)
			       : NULL;
	if (!argument || !*argument)
		return xasprintf("%s needs an argument: %s", a->name, alias_argument_name(a));
	if (a->argument == ALIAS_MS) {
		bool number = strspn(argument, "0123456789.") == strlen(argument) && strlen(argument) < 20;

		strtod(argument, &end);
		return number && !*end
			       ? NULL
			       : xasprintf("%s: '%.60s' is not a number of milliseconds", a->name, argument);
	}
	f = field_find(argument);
	if (!f) {
		const char *nearest = field_nearest(argument);

		return nearest ? xasprintf("%s: unknown field '%.60s'; did you mean '%s'?", a->name, argument,
					   nearest)
			       : xasprintf("%s: unknown field '%.60s'; --list-fields shows all", a->name,
					   argument);
	}
	if (!f->get || (f->flags & (FIELD_MEASURE | FIELD_FILTER_ONLY | FIELD_SPY)))
		return xasprintf("%s: %s is nothing to group by", a->name, argument);
	return NULL;
}

/* $1 replaced. */
static void add_text(struct buf *b, const char *text, const char *argument)
{
	const char *at;

	for (; (at = strstr(text, "$1")); text = at + 2) {
		buf_add(b, text, (size_t)(at - text));
		buf_adds(b, argument);
	}
	buf_adds(b, text);
}

int alias_open(const struct alias *a, const char *argument, struct views **views, const char **ret_view,
	       char **ret_filter, char **ret_error)
{
	char *wrong = wrong_argument(a, argument);
	struct views_error err;
	struct buf b = {0};
	int r = 0;

	if (wrong) {
		*ret_error = wrong;
		return -EINVAL;
	}
	if (a->json) {
		buf_addf(&b, "{\"views\": [{\"id\": \"%s\", \"name\": \"%s\", \"description\": \"%s\", ",
			 a->name, a->name, a->description);
		/* sysdig: * is any */
		add_text(&b, a->json, argument && strcmp(argument, "*") != 0 ? argument : "");
		buf_adds(&b, "}]}");
		r = views_load_text(views, a->name, buf_str(&b), b.len, &err);
		if (r)
			*ret_error = xasprintf("%s: %s", a->name, err.message);
		buf_reset(&b);
	}
	if (r == 0) {
		if (a->filter)
			add_text(&b, a->filter, argument);
		*ret_view = a->view;
		*ret_filter = a->filter ? xstrdup(buf_str(&b)) : NULL;
	}
	buf_done(&b);
	return r;
}
