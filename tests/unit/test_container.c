/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cgroup paths and /proc/PID/cgroup files against the tables beside this file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/container.h"

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define U "5a1f6c1e-96f4-4e55-8b73-8f0a5f3f2c01"
#define u "5a1f6c1e_96f4_4e55_8b73_8f0a5f3f2c01"

static FILE *open_table(const char *name)
{
	char path[4096], here[] = __FILE__;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dirname(here), name);
	f = fopen(path, "re");
	assert_non_null(f);
	return f;
}

/* A, B after - / : or at the start, followed by a separator, stand for ids; podU and podu for pods. */
static char *expand(const char *s)
{
	struct buf b = {0};

	for (const char *p = s; *p; p++) {
		int before = p == s ? '/' : p[-1];
		bool edge = strchr("/.\n 0", p[1]) != NULL;

		if ((*p == 'A' || *p == 'B') && strchr("/-:_", before) && edge)
			buf_adds(&b, *p == 'A' ? A : B);
		else if ((*p == 'U' || *p == 'u') && before == 'd' && p >= s + 3 && !memcmp(p - 3, "pod", 3))
			buf_adds(&b, *p == 'U' ? U : u);
		else
			buf_addc(&b, *p);
	}
	return buf_steal(&b);
}

static int check(const char *what, const struct container_match *m, const char *type, const char *id)
{
	if (!strcmp(m->type, type) && (!strcmp(m->id, id) || (!strcmp(id, "-") && !*m->id)))
		return 0;
	print_error("%s: got %s %s, expected %s %s\n", what, m->type, m->id, type, id);
	return 1;
}

static void test_paths(void **state)
{
	FILE *f = open_table("cgroup-paths.txt");
	char line[4096], path[1024], type[64], id[512];
	int bad = 0, n = 0;

	while (fgets(line, sizeof(line), f)) {
		struct container_match m;
		char *full, *want;

		if (*line == '#' || *line == '\n')
			continue;
		assert_int_equal(sscanf(line, "%1023s %63s %511s", path, type, id), 3);
		full = expand(path);
		want = expand(id);
		container_parse(full, &m);
		bad += check(full, &m, type, want);
		if (m.kind >= CONTAINER_GUESS && strcmp(m.type, "crun")) {
			/* the container's own cgroup means the same container; crun's scope needs what is
			 * below */
			full[m.path_len] = '\0';
			container_parse(full, &m);
			bad += check(full, &m, type, want);
		}
		free(full);
		free(want);
		n++;
	}
	fclose(f);
	assert_true(n > 80);
	assert_int_equal(bad, 0);
}

static int check_file(const char *head, char *text)
{
	char what[256], type[64], id[512];
	struct container_match m;
	const char *path;

	assert_int_equal(sscanf(head, "= %255[^:]: %63s %511s", what, type, id), 3);
	container_parse_file(text, &m, &path);
	assert_non_null(path);
	return check(what, &m, type, id);
}

static void test_files(void **state)
{
	FILE *f = open_table("cgroup-files.txt");
	char line[4096], head[4096] = "";
	struct buf text = {0};
	int bad = 0, n = 0;

	while (fgets(line, sizeof(line), f)) {
		if (*line == '#' || *line == '\n')
			continue;
		if (*line != '=') {
			buf_adds(&text, line);
			continue;
		}
		if (*head)
			bad += check_file(head, text.data);
		strcpy(head, line);
		buf_reset(&text);
		n++;
	}
	bad += check_file(head, text.data);
	buf_done(&text);
	fclose(f);
	assert_true(n > 40);
	assert_int_equal(bad, 0);
}

/* The order of lines in the file must not matter where one answer is right. */
static void test_order(void **state)
{
	char one[] = "3:pids:/system.slice/x.service/web\n2:cpu:/web\n0::/\n";
	char two[] = "0::/\n2:cpu:/web\n3:pids:/system.slice/x.service/web\n";
	struct container_match m;
	const char *path;

	container_parse_file(one, &m, &path);
	assert_string_equal(m.id, "web");
	container_parse_file(two, &m, &path);
	assert_string_equal(m.id, "web");
	assert_string_equal(path, "/web");
}

static void test_hostile(void **state)
{
	char empty[] = "", junk[] = "no colons\n:\n::\n1:x\n\n", deep[8192] = "";
	struct container_match m;
	const char *path;

	assert_int_equal(container_parse_file(empty, &m, &path), CONTAINER_NONE);
	assert_null(path);
	container_parse_file(junk, &m, &path);
	for (size_t i = 0; i + 2 < sizeof(deep); i += 2)
		memcpy(deep + i, "/a", 3);
	container_parse(deep, &m);
	memset(deep, 'x', sizeof(deep) - 1);
	container_parse(deep, &m);
	assert_true(strlen(m.id) < sizeof(m.id));
	container_parse("/machine.slice/machine-\\x00\\xff\\x.scope", &m);
	assert_string_equal(m.type, "systemd-nspawn");
	assert_true(strlen(m.id) > 0);
	container_parse("", &m);
	assert_int_equal(m.kind, CONTAINER_NONE);
}

static void test_short_id(void **state)
{
	assert_int_equal(container_short_len(A), 12);
	assert_int_equal(container_short_len("web"), 3);
	assert_int_equal(container_short_len("a-container-with-a-long-name"), 28);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),   cmocka_unit_test(test_files),    cmocka_unit_test(test_order),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_short_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
