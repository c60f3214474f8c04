/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - parses the command line by the table in options.def. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/field.h"
#include "core/filter.h"
#include "core/format.h"
#include "core/mem.h"
#include "views/alias.h"

#define NS_PER_S  1000000000.0
#define MIN_DELAY 10000000.0
#define MAX_DELAY (86400 * NS_PER_S)

static const struct option_info table[] = {
#define OPTION(id, letter, name, kind, argument, value, group, help)                                         \
	{OPT_##id, letter, name, KIND_##kind, argument, value, group, help},
#include "options.def"
#undef OPTION
};

enum { N_OPTIONS = sizeof(table) / sizeof(table[0]) };

const struct option_info *options_all(size_t *ret_n)
{
	*ret_n = N_OPTIONS;
	return table;
}

/* --- values --- */

int parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"", NS_PER_S}, {"s", NS_PER_S}, {"ms", 1e6}, {"m", 60 * NS_PER_S}};
	char *end;
	double v;

	/* not what else strtod() takes: hex, inf, nan */
	if (!isdigit((unsigned char)text[0]) && !(text[0] == '.' && isdigit((unsigned char)text[1])))
		return -EINVAL;
	if (text[0] == '0' && tolower((unsigned char)text[1]) == 'x')
		return -EINVAL;
	v = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		v *= units[i].ns;
		if (!isfinite(v) || v < MIN_DELAY || v > MAX_DELAY)
			return -ERANGE;
		*ret_ns = (uint64_t)(v + 0.5);
		return 0;
	}
	return -EINVAL;
}

static int parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long v;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

/* Index of `text` in "a|b|c", -1 if it is not in. */
static int choice_of(const char *choices, const char *text)
{
	size_t len = strlen(text);

	for (int i = 0; choices; i++) {
		const char *bar = strchr(choices, '|');
		size_t n = bar ? (size_t)(bar - choices) : strlen(choices);

		if (n == len && !memcmp(choices, text, n))
			return i;
		choices = bar ? bar + 1 : NULL;
	}
	return -1;
}

/* --- the parser --- */

struct parser {
	struct options *o;
	struct buf words; /* the filter words */
	char *pid, *container;
	const char *filter;
	char **ret_error;
};

static int fail(struct parser *p, char *message)
{
	*p->ret_error = message;
	return -EINVAL;
}

static const struct option_info *by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (strlen(table[i].name) == len && !memcmp(table[i].name, name, len))
			return &table[i];
	return NULL;
}

static const struct option_info *by_letter(char c)
{
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (table[i].letter && table[i].letter == c)
			return &table[i];
	return NULL;
}

static int unknown(struct parser *p, const char *name, size_t len)
{
	const char *best = NULL;
	size_t least = len < 6 ? len / 3 + 2 : 4; /* further away is no typing error */
	char *typed = xstrndup(name, len), *safe, *message;
	struct buf b = {0};

	for (size_t i = 0; i < N_OPTIONS; i++) {
		size_t d = text_distance(typed, table[i].name);

		/* a beginning of a name means it, too */
		if (len > 1 && !strncmp(typed, table[i].name, len))
			d = 0;
		if (d < least) {
			least = d;
			best = table[i].name;
		}
	}
	format_safe(&b, typed, len);
	safe = buf_steal(&b);
	message = best ? xasprintf("unknown option '--%s'; did you mean '--%s'?", safe, best)
		       : xasprintf("unknown option '--%s'; --help lists all of them", safe);
	free(typed);
	free(safe);
	return fail(p, message);
}

static int bad(struct parser *p, const struct option_info *opt, const char *arg, const char *expected)
{
	struct buf b = {0};

	buf_addf(&b, "--%s: '", opt->name);
	format_safe(&b, arg, strlen(arg));
	buf_addf(&b, "' is not %s", expected);
	return fail(p, buf_steal(&b));
}

static int bad_choice(struct parser *p, const struct option_info *opt, const char *arg)
{
	struct buf b = {0};

	buf_adds(&b, "one of ");
	for (const char *c = opt->value; *c; c++)
		buf_adds(&b, *c == '|' ? ", " : (char[]){*c, 0});
	bad(p, opt, arg, buf_str(&b));
	buf_done(&b);
	return -EINVAL;
}

static int set_number(struct parser *p, const struct option_info *opt, const char *arg)
{
	struct options *o = p->o;
	uint64_t v;

	if (opt->kind == KIND_TIME) {
		if (parse_duration(arg, &o->delay) < 0)
			return bad(p, opt, arg,
				   "a time between 10ms and one day, such as 2, 0.5, 500ms or 1m");
		o->has_delay = true;
		return 0;
	}
	if (parse_uint(arg, opt->kind == KIND_COUNT, UINT32_MAX, &v) < 0)
		return bad(p, opt, arg,
			   opt->kind == KIND_COUNT ? "a number from 1 to 4294967295"
						   : "a number from 0 to 4294967295");
	switch (opt->id) {
	case OPT_COUNT:
		o->count = (uint32_t)v;
		o->batch = true;
		break;
	case OPT_SEED: o->seed = v; break;
	case OPT_MAX_FACTS: o->max_facts = (uint32_t)v; break;
	case OPT_PID:
		free(p->pid);
		p->pid = xasprintf("proc.pid=%u", (unsigned)v);
		break;
	default: break;
	}
	return 0;
}

static void set_container(struct parser *p, const char *arg)
{
	char *value = filter_quote(arg);

	free(p->container);
	p->container = xasprintf("container.id=%s or container.full_id=%s or container.name=%s", value, value,
				 value);
	free(value);
}

static int set_text(struct parser *p, const struct option_info *opt, const char *arg)
{
	struct options *o = p->o;
	int choice = opt->kind == KIND_CHOICE || opt->kind == KIND_OPTIONAL_CHOICE
			     ? choice_of(opt->value, arg)
			     : 0;

	if (choice < 0)
		return bad_choice(p, opt, arg);
	if (!*arg)
		return bad(p, opt, arg, opt->kind == KIND_TEXT ? "a text" : "a name");
	switch (opt->id) {
	case OPT_VIEW: o->view = arg; break;
	case OPT_FILTER: p->filter = arg; break;
	case OPT_CONTAINER: set_container(p, arg); break;
	case OPT_SORT: o->sort = arg; break;
	case OPT_DETAILS:
		o->details = arg;
		o->batch = true;
		break;
	case OPT_HOST_ROOT: o->host_root = arg; break;
	case OPT_VIEWS: VEC_PUSH(o->views, o->n_views, o->cap_views) = arg; break;
	case OPT_FORMAT:
		o->format = (enum output_format)choice;
		o->batch = true;
		break;
	case OPT_HOOKS: o->hooks = (enum hooks_way)choice; break;
	case OPT_SPY:
		o->spy = (enum spy_mode)(choice + SPY_DIG);
		o->batch = true;
		break;
	default: break;
	}
	return 0;
}

static int set_flag(struct parser *p, const struct option_info *opt)
{
	struct options *o = p->o;

	switch (opt->id) {
	case OPT_BATCH: o->batch = true; break;
	case OPT_DEMO: o->demo = true; break;
	case OPT_ASCII: o->ascii = true; break;
	case OPT_COLOR: o->color = true, o->no_color = false; break;
	case OPT_NO_COLOR: o->no_color = true, o->color = false; break;
	case OPT_NO_MOUSE: o->no_mouse = true; break;
	case OPT_READ_ONLY: o->read_only = true; break;
	case OPT_TREE: o->tree = true; break;
	case OPT_ENV: o->env = true; break;
	case OPT_LIST_VIEWS: o->list_views = true; break;
	case OPT_LIST_FIELDS: o->list_fields = true; break;
	case OPT_CHECK_VIEWS: o->check_views = true; break;
	case OPT_CHECK: o->check = true; break;
	case OPT_VERSION: o->version = true; break;
	case OPT_HELP: o->help = true; break;
	default: break;
	}
	return 0;
}

static int set(struct parser *p, const struct option_info *opt, const char *arg)
{
	switch (opt->kind) {
	case KIND_FLAG: return set_flag(p, opt);
	case KIND_UINT:
	case KIND_COUNT:
	case KIND_TIME: return set_number(p, opt, arg);
	default: return set_text(p, opt, arg);
	}
}

/* --name, --name=argument, --name argument; *i moves when the next word is the argument. */
static int parse_long(struct parser *p, int argc, char **argv, int *i)
{
	const char *name = argv[*i] + 2, *equal = strchr(name, '=');
	size_t len = equal ? (size_t)(equal - name) : strlen(name);
	const struct option_info *opt = by_name(name, len);

	if (len == 8 && !memcmp(name, "generate", 8) && equal) {
		p->o->generate = equal + 1;
		return 0;
	}
	if (!opt)
		return unknown(p, name, len);
	if (opt->kind == KIND_FLAG && equal)
		return fail(p, xasprintf("--%s takes no argument", opt->name));
	if (opt->kind == KIND_FLAG)
		return set_flag(p, opt);
	if (equal)
		return set(p, opt, equal + 1);
	if (opt->kind == KIND_OPTIONAL_CHOICE)
		return set(p, opt, "dig");
	if (*i + 1 >= argc)
		return fail(p, xasprintf("--%s needs an argument: %s", opt->name, opt->argument));
	return set(p, opt, argv[++*i]);
}

/* -b, -bn3, -n 3 */
static int parse_letters(struct parser *p, int argc, char **argv, int *i)
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		const struct option_info *opt = by_letter(*c);
		int r;

		if (!opt)
			return fail(p,
				    isprint((unsigned char)*c)
					    ? xasprintf("unknown option '-%c'; --help lists all of them", *c)
					    : xasprintf("unknown option; --help lists all of them"));
		if (opt->kind == KIND_FLAG) {
			set_flag(p, opt);
			continue;
		}
		/* as sysdig's: which columns are there, not which process */
		if (opt->id == OPT_PID && (!strcmp(c, "pc") || !strcmp(c, "pk"))) {
			p->o->print = c[1];
			return 0;
		}
		if (c[1])
			return set(p, opt, c + 1);
		if (*i + 1 >= argc)
			return fail(p, xasprintf("-%c needs an argument: %s", *c, opt->argument));
		r = set(p, opt, argv[++*i]);
		return r;
	}
	return 0;
}

/* The first word belongs to an alias that takes an argument. */
static void take_argument(struct parser *p)
{
	const struct alias *a = alias_find(p->o->view);
	const char *words = buf_str(&p->words);
	size_t n = strcspn(words, " ");
	char *rest;

	if (!a)
		return;
	p->o->argument = xstrndup(words, n);
	if (!alias_takes(a, p->o->argument)) {
		free(p->o->argument);
		p->o->argument = NULL;
		return;
	}
	rest = xstrdup(words[n] ? words + n + 1 : "");
	buf_reset(&p->words);
	buf_adds(&p->words, rest);
	free(rest);
}

/* Each part is checked alone, so that the column in the message is the one that was typed. */
static int join_filters(struct parser *p)
{
	const struct {
		const char *name, *text;
	} parts[] = {{"--filter", p->filter},
		     {"filter", buf_str(&p->words)},
		     {"--pid", p->pid},
		     {"--container", p->container}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct filter_error err;
		struct filter *f;
		char *both;

		if (!parts[i].text || !*parts[i].text)
			continue;
		if (filter_parse(parts[i].text, &f, &err) < 0)
			return fail(p, xasprintf("%s:1:%zu: %s", parts[i].name, err.column, err.message));
		filter_free(f);
		both = filter_and(p->o->filter, parts[i].text);
		free(p->o->filter);
		p->o->filter = both;
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, char **ret_error)
{
	const char *host_root = secure_getenv("CTOP_TRACE_HOST_ROOT");
	struct options o = {
		.delay = 2000000000, .seed = 1, .host_root = host_root && *host_root ? host_root : NULL};
	struct parser p = {.o = &o, .ret_error = ret_error};
	bool words_only = false;
	int r = 0;

	for (int i = 1; i < argc && r == 0; i++) {
		const char *a = argv[i];

		if (!words_only && !strcmp(a, "--")) {
			words_only = true;
		} else if (!words_only && a[0] == '-' && a[1] == '-') {
			r = parse_long(&p, argc, argv, &i);
		} else if (!words_only && a[0] == '-' && a[1] && !isdigit((unsigned char)a[1])) {
			r = parse_letters(&p, argc, argv, &i);
		} else if (o.check_views) {
			VEC_PUSH(o.views, o.n_views, o.cap_views) = a;
		} else { /* a word of the filter; "-1" is one, too */
			if (p.words.len)
				buf_addc(&p.words, ' ');
			buf_adds(&p.words, a);
		}
	}
	if (r == 0)
		take_argument(&p);
	if (r == 0)
		r = join_filters(&p);
	if (r == 0)
		*ret = o;
	else
		options_done(&o);
	buf_done(&p.words);
	free(p.pid);
	free(p.container);
	return r;
}

void options_done(struct options *o)
{
	free(o->filter);
	free(o->argument);
	free(o->views);
	*o = (struct options){0};
}

/* --- help --- */

/* Breaks at blanks so that no line is longer than 80 columns. */
static void wrapped(struct buf *out, const char *text, size_t indent)
{
	size_t room = 80 - indent;

	while (strlen(text) > room) {
		size_t n = room;

		while (n && text[n] != ' ')
			n--;
		buf_add(out, text, n);
		buf_addc(out, '\n');
		buf_fill(out, ' ', indent);
		text += n + 1;
	}
	buf_adds(out, text);
	buf_addc(out, '\n');
}

void options_help(struct buf *out)
{
	const char *group = NULL;
	enum { INDENT = 26 };

	buf_adds(out, "Usage: ctop-trace [OPTION]... [FILTER WORD]...\n"
		      "Shows what every container, process, connection and file does right now,\n"
		      "counted exactly in the kernel with eBPF, down to single system calls.\n");
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct option_info *o = &table[i];
		size_t start;

		if (!group || strcmp(group, o->group))
			buf_addf(out, "\n%s:\n", o->group);
		group = o->group;
		start = out->len;
		buf_addf(out, o->letter ? "  -%c, " : "      ", o->letter);
		buf_addf(out, "--%s", o->name);
		if (o->kind == KIND_OPTIONAL_CHOICE)
			buf_addf(out, "[=%s]", o->argument);
		else if (o->argument)
			buf_addf(out, " %s", o->argument);
		if (out->len - start > INDENT - 2) {
			buf_addc(out, '\n');
			start = out->len;
		}
		buf_fill(out, ' ', INDENT - (out->len - start));
		wrapped(out, o->help, INDENT);
		if (o->value && o->kind != KIND_CHOICE && o->kind != KIND_OPTIONAL_CHOICE) {
			buf_fill(out, ' ', INDENT);
			buf_addf(out, "Default: %s.\n", o->value);
		}
	}
	buf_adds(out, "\nExit status: 0 if all went well, 1 if it cannot run here or failed on the way,\n"
		      "2 if the command line or a views file is wrong.\n");
}
