/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash map against a plain array, and the tables that stand on it: users, cgroup ids. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cgroupfs.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/users.h"

enum { KEYS = 300 };

static bool is_even(void *value, void *userdata)
{
	++*(int *)userdata;
	return (uintptr_t)value % 2 == 0;
}

static void test_against_array(void **state)
{
	uintptr_t truth[KEYS] = {0};
	struct hash h = {0};
	uint64_t seed = 1;
	size_t n = 0;

	for (int step = 0; step < 200000; step++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		uint32_t r = (uint32_t)(seed >> 33), i = r % KEYS;
		/* keys that differ in few bits, high or low */
		struct hash_key key = {i % 2 ? (uint64_t)i << 40 : i, i % 3 ? 0 : i};
		int visited = 0;

		switch (r / KEYS % 8) {
		case 0:
		case 1:
		case 2:
			n += !truth[i];
			assert_int_equal((uintptr_t)hash_put(&h, key, (void *)(uintptr_t)(step + 1)),
					 truth[i]);
			truth[i] = (uintptr_t)step + 1;
			break;
		case 3:
		case 4:
			n -= truth[i] != 0;
			assert_int_equal((uintptr_t)hash_remove(&h, key), truth[i]);
			truth[i] = 0;
			break;
		case 5:
			if (r % 1000)
				break;
			hash_sweep(&h, is_even, &visited);
			assert_int_equal(visited, n);
			for (int k = 0; k < KEYS; k++) {
				n -= truth[k] % 2;
				truth[k] = truth[k] % 2 ? 0 : truth[k];
			}
			break;
		default: assert_int_equal((uintptr_t)hash_get(&h, key), truth[i]);
		}
		assert_int_equal(h.n, n);
	}
	n = 0;
	for (size_t pos = 0; hash_next(&h, &pos);)
		n++;
	assert_int_equal(n, h.n);
	hash_clear(&h);
	assert_null(hash_get(&h, (struct hash_key){1, 0}));
	hash_done(&h);
}

struct thing {
	struct hash_key key;
	bool odd;
};

static struct hash_key key_of_thing(const void *value)
{
	return ((const struct thing *)value)->key;
}

static bool is_even_thing(void *value, void *userdata)
{
	++*(int *)userdata;
	return !((const struct thing *)value)->odd;
}

/* The same with values that know their keys; each key has two that take turns. */
static void test_values_with_keys(void **state)
{
	static struct thing things[KEYS][2];
	struct thing *truth[KEYS] = {0};
	struct hash h = {.key_of = key_of_thing};
	uint64_t seed = 7;
	size_t n = 0;

	for (int i = 0; i < KEYS; i++)
		for (int k = 0; k < 2; k++)
			things[i][k] = (struct thing){
				{i % 2 ? (uint64_t)i << 40 : (uint64_t)i, i % 3 ? 0 : (uint64_t)i}, k};
	for (int step = 0; step < 200000; step++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		uint32_t r = (uint32_t)(seed >> 33), i = r % KEYS;
		struct thing *thing = &things[i][step % 2];
		int visited = 0;

		switch (r / KEYS % 8) {
		case 0:
		case 1:
		case 2:
			n += !truth[i];
			assert_ptr_equal(hash_put(&h, thing->key, thing), truth[i]);
			truth[i] = thing;
			break;
		case 3:
		case 4:
			n -= truth[i] != NULL;
			assert_ptr_equal(hash_remove(&h, thing->key), truth[i]);
			truth[i] = NULL;
			break;
		case 5:
			if (r % 1000)
				break;
			hash_sweep(&h, is_even_thing, &visited);
			assert_int_equal(visited, n);
			for (int k = 0; k < KEYS; k++)
				if (truth[k] && truth[k]->odd) {
					truth[k] = NULL;
					n--;
				}
			break;
		default: assert_ptr_equal(hash_get(&h, thing->key), truth[i]);
		}
		assert_int_equal(h.n, n);
	}
	hash_reserve(&h, 5000);
	for (int i = 0; i < KEYS; i++)
		assert_ptr_equal(hash_get(&h, things[i][0].key), truth[i]);
	n = 0;
	for (size_t pos = 0; hash_next(&h, &pos);)
		n++;
	assert_int_equal(n, h.n);
	hash_clear(&h);
	assert_null(hash_get(&h, things[1][0].key));
	hash_done(&h);
	assert_null(hash_put(&h, things[1][0].key, &things[1][0]));
	assert_ptr_equal(hash_get(&h, things[1][0].key), &things[1][0]);
	hash_done(&h);
}

static void test_bytes(void **state)
{
	struct hash_key a = hash_bytes("docker/1", 8), b = hash_bytes("docker/2", 8),
			c = hash_bytes("docker/1", 7);

	assert_true(a.a != b.a && a.b != b.b && a.a != c.a);
	assert_true(hash_bytes("docker/1", 8).a == a.a);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_users(void **state)
{
	char dir[] = "/tmp/ctop-test-XXXXXX", path[64];
	struct users *u;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/passwd", dir);
	u = users_new(dir);
	assert_string_equal(users_name(u, 33), "33");
	write_file(path, "root:x:0:0::/:\nbroken line\nweb:x:33:33::/:\nalias:x:33:33::/:\n");
	users_refresh(u);
	assert_string_equal(users_name(u, 0), "root");
	assert_string_equal(users_name(u, 33), "web");
	assert_string_equal(users_name(u, 4294967294u), "4294967294");
	unlink(path);
	users_refresh(u);
	assert_string_equal(users_name(u, 0), "0");
	users_free(u);
	rmdir(dir);
}

static uint64_t make(const char *root, const char *path)
{
	char full[256];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = full + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0700);
		*p = '/';
	}
	mkdir(full, 0700);
	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

/* Which v1 hierarchy the ids belong to is learned from the first process whose paths differ. */
static void test_hybrid_hierarchies(void **state)
{
	char root[] = "/tmp/ctop-test-XXXXXX", command[64];
	uint64_t pids, memory, unified;
	struct cgroup_line lines[] = {{8, "pids", "/a"}, {4, "memory", "/b"}, {0, "", "/c"}};
	struct cgroupfs *fs;

	assert_non_null(mkdtemp(root));
	pids = make(root, "pids/a");
	memory = make(root, "memory/b");
	unified = make(root, "unified/c");
	make(root, "memory/deep/er");
	fs = cgroupfs_new("/nonexistent", root);
	assert_int_equal(cgroupfs_verify(fs, lines, 3, memory, unified), 1);
	assert_int_equal(cgroupfs_verify(fs, lines, 3, pids, unified), -1); /* it is memory: settled */
	assert_int_equal(cgroupfs_verify(fs, lines, 3, memory, unified + 99), -1);
	assert_int_equal(cgroupfs_verify(fs, lines, 3, 0, 0), 0);
	assert_int_equal(cgroupfs_verify(fs, lines, 0, memory, unified), 0);
	assert_string_equal(cgroupfs_path(fs, true, memory), "/b");
	assert_string_equal(cgroupfs_path(fs, true, make(root, "memory/deep/er")), "/deep/er");
	assert_string_equal(cgroupfs_path(fs, false, unified), "/c");
	assert_null(cgroupfs_path(fs, false, 1234567890123));
	assert_null(cgroupfs_path(fs, true, 0));
	/* one made later is found in the next interval, or when the kernel tells */
	memory = make(root, "memory/late");
	assert_null(cgroupfs_path(fs, true, memory));
	cgroupfs_tick(fs);
	assert_string_equal(cgroupfs_path(fs, true, memory), "/late");
	cgroupfs_learn(fs, 0, 77, "/told");
	assert_string_equal(cgroupfs_path(fs, false, 77), "/told");
	/* what was told of one that is gone is not forgotten with a full table */
	for (uint64_t id = 1000; id < 1000 + 49999; id++)
		cgroupfs_learn(fs, 0, id, "/many");
	cgroupfs_learn(fs, 0, 78, "/last");
	for (uint64_t id = 100000; id < 100000 + 1000; id++)
		cgroupfs_learn(fs, 0, id, "/more");
	assert_string_equal(cgroupfs_path(fs, false, 78), "/last");
	assert_string_equal(cgroupfs_path(fs, false, 100999), "/more");
	for (uint64_t id = 200000; id < 200000 + 100000; id++)
		cgroupfs_learn(fs, 0, id, "/more");
	assert_null(cgroupfs_path(fs, false, 78)); /* but some day */
	cgroupfs_free(fs);
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

/* Told which: a process that moved between its record and its file does not lead astray. */
static void test_known_hierarchy(void **state)
{
	char root[] = "/tmp/ctop-test-XXXXXX", command[96];
	uint64_t before, after;
	struct cgroup_line moved[] = {{8, "pids", "/after"}, {4, "memory", "/"}, {0, "", "/c"}};
	struct cgroupfs *fs;

	assert_non_null(mkdtemp(root));
	before = make(root, "pids/before");
	after = make(root, "pids/after");
	make(root, "memory/b");
	make(root, "unified/c");
	/* in memory it is still where it was, by the same number: roots, for one, have one number everywhere
	 */
	snprintf(command, sizeof(command), "ln -s ../pids/before '%s/memory/same'", root);
	assert_int_equal(system(command), 0);
	moved[1].path = "/same";
	fs = cgroupfs_new("/nonexistent", root);
	cgroupfs_set_v1(fs, "pids");
	assert_int_equal(cgroupfs_verify(fs, moved, 3, before, 0), -1);
	assert_string_equal(cgroupfs_path(fs, true, after), "/after");
	assert_string_equal(cgroupfs_path(fs, true, before), "/before");
	cgroupfs_set_v1(fs, "pid"); /* no controller */
	assert_null(cgroupfs_path(fs, true, after));
	cgroupfs_free(fs);
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_array),
		cmocka_unit_test(test_values_with_keys),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_hybrid_hierarchies),
		cmocka_unit_test(test_known_hierarchy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
