/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers seen from inside: names of users, host paths; hostile files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/inside.h"
#include "core/mem.h"

static char root[64];

static char *at(const char *name)
{
	return xasprintf("%s/%s", root, name);
}

static void put(const char *name, const char *text, size_t len)
{
	char *path = at(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fwrite(text, 1, len, f);
	fclose(f);
	free(path);
}

static void dir(const char *name)
{
	char *path = at(name);

	mkdir(path, 0755);
	free(path);
}

static void drop(const char *name)
{
	char *path = at(name);

	unlink(path);
	free(path);
}

/* A process 77 in /box, user namespace from 100000 on, and the host's 1. */
static int setup(void **state)
{
	static const char mounts[] =
		"1 0 0:9 / / rw - overlay overlay rw,upperdir=/up\n2 1 8:1 /srv /data rw - ext4 d rw\n"
		"3 1 0:4 / /proc rw - proc proc rw\n";
	static const char host[] = "1 0 8:1 / / rw - ext4 d rw\n2 1 0:9 / /merged rw - overlay overlay rw\n";
	static const char passwd[] =
		"root:x:0:0::/root:/bin/sh\nbad line\nx:x:notanumber:1:::\n:x:5:5:::\n"
		"web:x:7:7:W:/srv/web:/bin/false\nweb2:x:7:7:::\nbig:x:4294967295:1:::\n";

	snprintf(root, sizeof(root), "/tmp/test-inside-XXXXXX");
	assert_non_null(mkdtemp(root));
	dir("1");
	dir("77");
	dir("77/root");
	dir("77/root/etc");
	put("1/mountinfo", host, sizeof(host) - 1);
	put("77/mountinfo", mounts, sizeof(mounts) - 1);
	put("77/root/etc/passwd", passwd, sizeof(passwd) - 1);
	put("77/root/etc/group", "root:x:0:\nstaff:x:50:a,b\n", 25);
	put("77/uid_map", "0 100000 65536\n", 15);
	put("77/gid_map", "0 0 4294967295\n", 15);
	put("77/cgroup", "0::/box/inner\n", 14);
	return 0;
}

static int teardown(void **state)
{
	char *command = xasprintf("rm -rf %s", root);
	int r = system(command);

	free(command);
	return r;
}

/* Touches until it is read, or for so many ms. */
static bool wait_for(struct inside_entry *e, struct arena *a, unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++) {
		inside_touch(e, 77);
		if (inside_user(e, 0, a, NULL, NULL))
			return true;
		usleep(10000);
	}
	return false;
}

static void test_names(void **state)
{
	struct inside *in = inside_new(root);
	struct inside_entry *e = inside_entry_new(in, "/box");
	struct arena *a = arena_new();
	const char *home, *shell;
	const struct path_map *paths;

	assert_null(inside_user(e, 100007, a, &home, &shell)); /* not yet */
	assert_true(wait_for(e, a, 5000));
	assert_string_equal(inside_user(e, 100007, a, &home, &shell), "web");
	assert_string_equal(home, "/srv/web");
	assert_string_equal(shell, "/bin/false");
	assert_string_equal(inside_user(e, 100000, a, &home, &shell), "root");
	assert_string_equal(inside_user(e, 100008, a, &home, &shell), "8"); /* its number in there */
	assert_null(home);
	assert_string_equal(inside_user(e, 7, a, NULL, NULL), "7"); /* of no user in there */
	assert_string_equal(inside_group(e, 50, a), "staff");
	assert_string_equal(inside_group(e, 51, a), "51");
	assert_int_equal(inside_paths(e, a, &paths), 3);
	assert_string_equal(paths[0].outside, "/merged");
	assert_string_equal(paths[1].inside, "/data");
	assert_string_equal(paths[1].outside, "/srv");
	assert_null(paths[2].outside);
	arena_free(a);
	inside_entry_free(e);
	inside_free(in);
}

/* A process that is in another container by now tells nothing. */
static void test_other_container(void **state)
{
	struct inside *in = inside_new(root);
	struct inside_entry *e = inside_entry_new(in, "/other");
	struct arena *a = arena_new();

	assert_false(wait_for(e, a, 300));
	arena_free(a);
	inside_entry_free(e);
	inside_free(in);
}

static void expect_numbers(void)
{
	struct inside *in = inside_new(root);
	struct inside_entry *e = inside_entry_new(in, "/box");
	struct arena *a = arena_new();

	assert_true(wait_for(e, a, 5000));
	assert_string_equal(inside_user(e, 100007, a, NULL, NULL), "7");
	assert_string_equal(inside_group(e, 50, a), "staff");
	arena_free(a);
	inside_entry_free(e);
	inside_free(in);
}

static void test_hostile_files(void **state)
{
	char *passwd = at("77/root/etc/passwd"), *huge;

	drop("77/root/etc/passwd");
	assert_int_equal(mkfifo(passwd, 0600), 0);
	expect_numbers();
	drop("77/root/etc/passwd");
	assert_int_equal(symlink("/etc/passwd", passwd), 0); /* of the container, or of the host: neither */
	expect_numbers();
	drop("77/root/etc/passwd");
	assert_int_equal(mkdir(passwd, 0700), 0);
	expect_numbers();
	rmdir(passwd);
	huge = xcalloc(1, INSIDE_FILE_MAX + 2);
	memset(huge, 'x', INSIDE_FILE_MAX + 1);
	put("77/root/etc/passwd", huge, INSIDE_FILE_MAX + 1);
	expect_numbers();
	/* as many names as are kept, and then some */
	{
		char *to = huge;

		for (unsigned i = 0; i < 12000; i++)
			to += sprintf(to, "u%u:x:%u:1\n", i, i);
		put("77/root/etc/passwd", huge, (size_t)(to - huge));
	}
	{
		struct inside *in = inside_new(root);
		struct inside_entry *e = inside_entry_new(in, "/box");
		struct arena *a = arena_new();

		assert_true(wait_for(e, a, 5000));
		assert_string_equal(inside_user(e, 100000 + INSIDE_NAMES_MAX - 1, a, NULL, NULL), "u4999");
		assert_string_equal(inside_user(e, 100000 + INSIDE_NAMES_MAX, a, NULL, NULL), "5000");
		arena_free(a);
		inside_entry_free(e);
		inside_free(in);
	}
	free(huge);
	free(passwd);
}

/* /etc that leads out: stays below the container's root. */
static void test_etc_is_a_link(void **state)
{
	char *etc = at("77/root/etc"), *away = at("77/root/gone");

	rename(etc, away);
	assert_int_equal(symlink("../../../../../../../../etc", etc),
			 0); /* what it holds is in its own root */
	{
		struct inside *in = inside_new(root);
		struct inside_entry *e = inside_entry_new(in, "/box");
		struct arena *a = arena_new();

		assert_true(wait_for(e, a, 5000));
		assert_string_equal(inside_user(e, 100000, a, NULL, NULL), "0");
		arena_free(a);
		inside_entry_free(e);
		inside_free(in);
	}
	unlink(etc);
	rename(away, etc);
	free(etc);
	free(away);
}

/* A thousand at once; some go while they wait to be read. */
static void test_many(void **state)
{
	enum { N = 1000 };
	struct inside *in = inside_new(root);
	struct inside_entry *e[N];
	struct arena *a = arena_new();
	size_t known = 0;

	for (size_t i = 0; i < N; i++)
		e[i] = inside_entry_new(in, "/box");
	for (size_t i = 0; i < N; i++)
		inside_touch(e[i], 77);
	for (size_t i = 0; i < N; i += 2)
		e[i] = inside_entry_free(e[i]);
	for (unsigned round = 0; round < 500 && known < N / 2; round++) {
		known = 0;
		usleep(20000);
		for (size_t i = 1; i < N; i += 2)
			known += inside_user(e[i], 100007, a, NULL, NULL) != NULL;
	}
	assert_int_equal(known, N / 2);
	for (size_t i = 1; i < N; i += 2)
		inside_entry_free(e[i]);
	inside_free(in);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_container, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_etc_is_a_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
