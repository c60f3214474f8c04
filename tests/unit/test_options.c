/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what is accepted, what it becomes, and that every mistake is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "options.h"

enum { MAX_WORDS = 16 };

/* Splits at blanks. */
static int parse(const char *line, struct options *o, char **error)
{
	static char text[512], name[] = "ctop-trace";
	char *argv[MAX_WORDS] = {name}, *save = NULL;
	int argc = 1;

	strncpy(text, line, sizeof(text) - 1);
	for (char *w = strtok_r(text, " ", &save); w && argc < MAX_WORDS; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	*error = NULL;
	return options_parse(argc, argv, o, error);
}

static struct options good(const char *line)
{
	struct options o;
	char *error;

	if (parse(line, &o, &error) < 0)
		fail_msg("'%s': %s", line, error);
	return o;
}

static void wrong(const char *line, const char *expected)
{
	struct options o;
	char *error;

	assert_int_equal(parse(line, &o, &error), -EINVAL);
	if (!strstr(error, expected) || strchr(error, '\n'))
		fail_msg("'%s': says '%s', not '%s'", line, error, expected);
	free(error);
}

static void test_defaults(void **state)
{
	struct options o = good("");

	assert_false(o.batch || o.demo || o.has_delay);
	assert_int_equal(o.delay, 2000000000);
	assert_int_equal(o.count, 0);
	assert_int_equal(o.seed, 1);
	assert_null(o.view);
	assert_null(o.filter);
	options_done(&o);
}

static void test_spellings(void **state)
{
	static const char *const same[] = {"-b -v files -d 0.5 -n 3", "-bvfiles -d0.5 -n3",
					   "-bd 500ms -vfiles --count 3",
					   "--batch --view=files --delay=.5s --count=3"};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct options o = good(same[i]);

		assert_true(o.batch && o.has_delay);
		assert_string_equal(o.view, "files");
		assert_int_equal(o.delay, 500000000);
		assert_int_equal(o.count, 3);
		options_done(&o);
	}
}

static void test_choices(void **state)
{
	struct options o = good("--format json --spy");

	assert_true(o.batch);
	assert_int_equal(o.format, FORMAT_JSON);
	assert_int_equal(o.spy, SPY_DIG);
	options_done(&o);
	o = good("--spy=echo proc.name = echo");
	assert_int_equal(o.spy, SPY_ECHO);
	assert_string_equal(o.filter, "proc.name = echo");
	options_done(&o);
	o = good("--views a.json --views=b.json --no-color --color");
	assert_int_equal(o.n_views, 2);
	assert_string_equal(o.views[1], "b.json");
	assert_true(o.color && !o.no_color);
	options_done(&o);
	o = good("--sort -proc.cpu");
	assert_string_equal(o.sort, "-proc.cpu");
	options_done(&o);
}

static void test_filters_are_joined(void **state)
{
	struct options o = good("-p 12 --filter proc.name=a -b proc.pid > -1");

	/* whatever the brackets: each part must be in it */
	assert_non_null(strstr(o.filter, "proc.name=a"));
	assert_non_null(strstr(o.filter, "proc.pid > -1"));
	assert_non_null(strstr(o.filter, "proc.pid=12"));
	assert_true(o.batch);
	options_done(&o);
	o = good("--container web");
	assert_non_null(strstr(o.filter, "container.name="));
	options_done(&o);
	o = good("-- proc.name = -b");
	assert_false(o.batch);
	options_done(&o);
}

static void test_mistakes(void **state)
{
	wrong("--vew files", "unknown option '--vew'; did you mean '--view'?");
	wrong("--list", "did you mean '--list-");
	wrong("--xyzzyx", "--help lists");
	wrong("-Z", "unknown option '-Z'");
	wrong("-v", "-v needs an argument: ID");
	wrong("--sort", "--sort needs an argument: FIELD");
	wrong("--batch=1", "--batch takes no argument");
	wrong("-d 0", "between 10ms and one day");
	wrong("-d nan", "between 10ms and one day");
	wrong("-d 0x10", "between 10ms and one day");
	wrong("-d 1h", "between 10ms and one day");
	wrong("-d 1e300", "between 10ms and one day");
	wrong("-d -1", "between 10ms and one day");
	wrong("-n 0", "a number from 1");
	wrong("-n 4294967296", "a number from 1");
	wrong("-n 3x", "a number from 1");
	wrong("-p -1", "a number from 0");
	wrong("--format xml", "not one of table, json, csv");
	wrong("--spy=dug", "not one of dig, echo");
	wrong("--view=", "is not a name");
	wrong("proc.nam=x", "filter:1:1: unknown field 'proc.nam'; did you mean 'proc.name'?");
	wrong("-p 1 --filter proc.pid>0 proc.pid >", "filter:1:");
	wrong("--filter proc.pid~1", "--filter:1:");
	wrong("--a\033[31mb", "\\x1b[31mb"); /* what is repeated to the user is made safe */
	wrong("-d \033c", "\\x1bc");
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} right[] = {{"1", 1000000000},    {"0.25", 250000000},  {".5", 500000000},        {"10ms", 10000000},
		     {"1.5s", 1500000000}, {"2m", 120000000000}, {"86400", 86400000000000}};
	uint64_t ns;

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_int_equal(parse_duration(right[i].text, &ns), 0);
		assert_int_equal(ns, right[i].ns);
	}
	ns = 7;
	assert_int_equal(parse_duration("", &ns), -EINVAL);
	assert_int_equal(parse_duration("inf", &ns), -EINVAL);
	assert_int_equal(parse_duration("1 s", &ns), -EINVAL);
	assert_int_equal(parse_duration("86401", &ns), -ERANGE);
	assert_int_equal(parse_duration("9ms", &ns), -ERANGE);
	assert_int_equal(ns, 7);
}

static void test_help_shows_all(void **state)
{
	size_t n;
	const struct option_info *o = options_all(&n);
	struct buf help = {0};

	options_help(&help);
	for (size_t i = 0; i < n; i++) {
		char name[40] = "--";

		strncat(name, o[i].name, 30);
		assert_non_null(strstr(buf_str(&help), name));
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(o[i].name, o[k].name);
			assert_false(o[i].letter && o[i].letter == o[k].letter);
		}
	}
	for (const char *line = buf_str(&help), *end; (end = strchr(line, '\n')); line = end + 1)
		assert_true(end - line <= 80);
	buf_done(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),       cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_choices),        cmocka_unit_test(test_filters_are_joined),
		cmocka_unit_test(test_mistakes),       cmocka_unit_test(test_durations),
		cmocka_unit_test(test_help_shows_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
