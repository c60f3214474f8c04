/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion of a filter: what is offered where, in which order, and what gets inserted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/filter.h"
#include "core/mem.h"
#include "ui/complete.h"
#include "unit/sample_builder.h"

static struct builder *world(void)
{
	struct builder *b = sb_new(16);

	for (int i = 0; i < 5; i++) {
		struct thread *t =
			sb_thread(b, sb_process(b, 100 + (uint32_t)i, i < 3 ? "nginx" : "postgres", NULL),
				  100 + (uint32_t)i);

		sb_fact(b, t, sb_file(b, i ? "/srv/my file" : "/srv/plain"), 0, 0, 1, 10, 0);
	}
	sb_thread(b, sb_process(b, 200, "od\"d, (one)", NULL), 200);
	sb_thread(b, sb_process(b, 201, "evil\033[31m", NULL), 201);
	sb_finish(b);
	return b;
}

/* As the editor does it: the cursor is where the | is. */
static void ask(const char *text, const struct sample *s, struct offers *o)
{
	char *copy = xstrdup(text), *bar = strchr(copy, '|'), *arg;
	size_t cursor = (size_t)(bar - copy);
	struct seen seen = {0};
	const struct field *f;

	memmove(bar, bar + 1, strlen(bar));
	f = complete_field_at(copy, cursor, &arg);
	if (f)
		seen_collect(&seen, f, arg, s, NULL, NULL);
	complete(copy, cursor, NULL, false, &seen, o);
	free(arg);
	free(copy);
	seen_done(&seen);
}

static bool offers_have(const struct offers *o, const char *text)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->items[i], text))
			return true;
	return false;
}

static void fields_come_first(void **state)
{
	struct offers o;

	ask("proc.na|", NULL, &o);
	assert_int_equal(o.what, COMPLETE_FIELD);
	assert_int_equal(o.from, 0);
	assert_string_equal(o.items[0], "proc.name");
	offers_done(&o);
	ask("latency|", NULL, &o); /* somewhere in the name */
	assert_true(offers_have(&o, "evt.latency"));
	offers_done(&o);
	for (int i = 0; i < 4; i++) {
		static const char *const texts[] = {"|", "proc.pid = 1 and |", "not |",
						    "(fd.name exists) or (|"};

		ask(texts[i], NULL, &o);
		assert_int_equal(o.what, COMPLETE_FIELD);
		assert_true(o.n_all > 100);
		offers_done(&o);
	}
	ask("fd.|", NULL, &o);
	for (size_t i = 0; i < o.n; i++)
		assert_non_null(strstr(o.items[i], "fd."));
	offers_done(&o);
}

static void fields_of_single_calls_only_where_there_are_any(void **state)
{
	struct offers o;

	complete("evt.arg", 7, NULL, false, NULL, &o);
	assert_false(offers_have(&o, "evt.args"));
	offers_done(&o);
	complete("evt.arg", 7, NULL, true, NULL, &o);
	assert_true(offers_have(&o, "evt.args"));
	offers_done(&o);
}

static void operators_that_fit(void **state)
{
	static const char *const all[] = {"=",           "==",        "!=",         "exists",
					  "contains",    "icontains", "bcontains",  "startswith",
					  "bstartswith", "endswith",  "glob",       "iglob",
					  "regex",       "in",        "intersects", "pmatch"};
	struct offers o;

	ask("proc.name |", NULL, &o);
	assert_int_equal(o.what, COMPLETE_OPERATOR);
	assert_int_equal(o.n, sizeof(all) / sizeof(all[0]));
	for (size_t i = 0; i < o.n; i++)
		assert_true(offers_have(&o, all[i]));
	offers_done(&o);
	ask("proc.pid |", NULL, &o);
	assert_true(offers_have(&o, "<=") && offers_have(&o, ">") && !offers_have(&o, "glob"));
	offers_done(&o);
	ask("proc.pid gl|", NULL, &o); /* asked for: it is offered, and the error says why not */
	assert_int_equal(o.n, 1);
	assert_string_equal(o.items[0], "glob");
	offers_done(&o);
	ask("proc.name s|", NULL, &o);
	assert_int_equal(o.n, 1);
	assert_string_equal(o.items[0], "startswith");
	offers_done(&o);
	ask("proc.name =|", NULL, &o);
	assert_true(o.exact);
	assert_string_equal(o.items[0], "=");
	offers_done(&o);
}

static void every_operator_is_one(void **state)
{
	const char *ops[FILTER_OPERATORS];
	size_t fit, n = 0;

	filter_operators(field_find("proc.name"), ops, &fit);
	assert_int_equal(fit, 16);
	for (size_t i = 0; i < FILTER_OPERATORS; i++) {
		n += filter_operand(ops[i], strlen(ops[i])) >= 0;
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ops[i], ops[k]);
	}
	assert_int_equal(n, FILTER_OPERATORS);
	filter_operators(field_find("proc.pid"), ops, &fit);
	assert_int_equal(fit, 10); /* = == != < <= > >= exists in intersects */
}

static void values_that_were_seen(void **state)
{
	struct builder *b = world();
	struct offers o;

	ask("proc.name = |", &b->sample, &o);
	assert_int_equal(o.what, COMPLETE_VALUE);
	assert_string_equal(o.items[0], "nginx"); /* three of them */
	assert_string_equal(o.items[1], "postgres");
	assert_string_equal(o.items[2], "\"od\\\"d, (one)\"");
	assert_int_equal(o.n, 3); /* what cannot be typed is not offered */
	offers_done(&o);
	ask("proc.name in (nginx, p|", &b->sample, &o);
	assert_int_equal(o.n, 1);
	assert_string_equal(o.items[0], "postgres");
	offers_done(&o);
	ask("fd.name contains \"/srv/m|", &b->sample, &o);
	assert_int_equal(o.n, 1);
	assert_string_equal(o.items[0], "\"/srv/my file\"");
	offers_done(&o);
	ask("fd.name = file|", &b->sample, &o); /* not at its beginning */
	assert_int_equal(o.n, 1);
	offers_done(&o);
	ask("evt.failed = |", &b->sample, &o);
	assert_true(offers_have(&o, "true") && offers_have(&o, "false"));
	offers_done(&o);
	ask("evt.type = epoll_wa|", &b->sample, &o); /* possible, if not seen */
	assert_string_equal(o.items[0], "epoll_wait");
	offers_done(&o);
	ask("evt.type = |", &b->sample, &o);
	assert_string_equal(o.items[0], "read"); /* the one that was seen comes first */
	offers_done(&o);
	ask("proc.pid = 10|", &b->sample, &o);
	assert_int_equal(o.n, 5);
	offers_done(&o);
	ask("evt.count = |", &b->sample, &o); /* an amount */
	assert_int_equal(o.n, 0);
	offers_done(&o);
	sb_free(b);
}

static void offered_values_are_filters(void **state)
{
	struct builder *b = world();
	struct offers o;

	ask("proc.name = |", &b->sample, &o);
	for (size_t i = 0; i < o.n; i++) {
		char *insert = offer_text(&o, i), *text = xasprintf("proc.name = %s", insert);
		struct filter_error err;
		struct filter *f;

		assert_int_equal(filter_parse(text, &f, &err), 0);
		filter_free(f);
		free(insert);
		free(text);
	}
	offers_done(&o);
	sb_free(b);
}

static void what_links_checks(void **state)
{
	static const struct {
		const char *text, *first;
		size_t n;
	} cases[] = {
		{"proc.name = nginx |", "and", 2},
		{"proc.name exists o|", "or", 1},
		{"(proc.name exists |", "and", 3},
		{"proc.name in |", "(", 1},
		{"proc.name in (a |", ",", 2},
		{"proc.name = \"a b\" |", "and", 2},
		{"proc.name = nginx xor |", "", 0},
		{"no.such = |", "", 0},
		{"tolower(proc.name) = nginx |", "and", 2},
		{"len(tolower(proc.name)) > 3 |", "and", 2},
		{"proc.name contains anyof (a |", ",", 2},
		{"|", "", 0},
	};

	for (size_t i = 0; i + 1 < sizeof(cases) / sizeof(cases[0]); i++) {
		struct offers o;

		ask(cases[i].text, NULL, &o);
		assert_int_equal(o.n, cases[i].n);
		if (o.n)
			assert_string_equal(o.items[0], cases[i].first);
		offers_done(&o);
	}
}

static void what_gets_inserted(void **state)
{
	struct offers o;
	char *text;

	ask("proc.nam|", NULL, &o);
	text = offer_text(&o, 0);
	assert_string_equal(text, "proc.name ");
	free(text);
	offers_done(&o);
	ask("evt.type.i|", NULL, &o); /* the field wants an argument: no blank */
	text = offer_text(&o, 0);
	assert_string_equal(text, "evt.type.is.");
	free(text);
	offers_done(&o);
	ask("thread.vt|", NULL, &o);
	assert_string_equal(o.items[0], "thread.vtid");
	assert_int_equal(offers_common(&o), strlen("thread.vtid"));
	offers_done(&o);
	ask("container.cpu.per|", NULL, &o);
	offers_done(&o);
}

/* Anything may be typed. */
static void survives_rubbish(void **state)
{
	static const char alphabet[] = "proc.name evt = \"'()[]<>!,\\and or not in (1 \xc3\xb6\xff";
	struct builder *b = world();
	unsigned seed = 1;

	for (int i = 0; i < 3000; i++) {
		char text[42];
		size_t n = 0;
		struct offers o;

		seed = seed * 1103515245u + 12345u;
		for (size_t len = (seed >> 16) % 40; n < len; n++) {
			seed = seed * 1103515245u + 12345u;
			text[n] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		text[n] = '|';
		text[n + 1] = '\0';
		ask(text, &b->sample, &o);
		assert_true(o.from <= n);
		offers_common(&o);
		offers_done(&o);
	}
	sb_free(b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_first),
		cmocka_unit_test(fields_of_single_calls_only_where_there_are_any),
		cmocka_unit_test(operators_that_fit),
		cmocka_unit_test(every_operator_is_one),
		cmocka_unit_test(values_that_were_seen),
		cmocka_unit_test(offered_values_are_filters),
		cmocka_unit_test(what_links_checks),
		cmocka_unit_test(what_gets_inserted),
		cmocka_unit_test(survives_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
