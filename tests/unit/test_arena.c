/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_arena.c - memory that is freed as a whole, and pools: zeroed, apart from each other, small and large.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include "core/arena.h"
#include "core/pool.h"

enum { MB = 1 << 20 };

static const size_t sizes[] = {1, 100, 20000, MB / 4, 3 * MB, 70 * MB, 5, MB, 0, 2 * MB};
enum { N = sizeof(sizes) / sizeof(*sizes) };

/* Some of every page do: of the large ones there is much. */
static size_t stride(size_t n)
{
	return n > MB ? 61 : 1;
}

static void check_all(const unsigned char *p, size_t n, unsigned char is)
{
	for (size_t i = 0; i < n; i += stride(n))
		if (p[i] != is)
			fail_msg("%zu: %zu is %d", n, i, p[i]);
}

/* Each is zero when it comes, and keeps what it is given when others come. */
static void fill(struct arena *a)
{
	unsigned char *p[N];

	for (size_t i = 0; i < N; i++) {
		p[i] = arena_alloc(a, sizes[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		check_all(p[i], sizes[i], 0);
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < N; i++) {
		check_all(p[i], sizes[i], (unsigned char)(i + 1));
		assert_true(!sizes[i] || arena_has(a, p[i]));
		assert_true(!sizes[i] || arena_has(a, p[i] + sizes[i] - 1));
	}
}

static void test_all_sizes(void **state)
{
	struct arena *a = arena_new();
	int outside = 0;

	fill(a);
	assert_false(arena_has(a, &outside));
	arena_reset(a);
	fill(a);
	assert_null(arena_free(a));
	assert_null(arena_free(NULL));
}

/* Hundreds of large ones: more than any reservation of addresses holds. */
static void test_many_large(void **state)
{
	struct arena *a = arena_new();
	unsigned char *p[400];

	for (size_t i = 0; i < 400; i++) {
		p[i] = arena_array(a, MB / 2, 1);
		p[i][0] = p[i][MB / 2 - 1] = (unsigned char)(i % 251 + 1);
	}
	for (size_t i = 0; i < 400; i++) {
		assert_int_equal(p[i][0], i % 251 + 1);
		assert_int_equal(p[i][MB / 2 - 1], i % 251 + 1);
		assert_int_equal(p[i][1], 0);
	}
	arena_free(a);
}

struct thing {
	uint64_t is[9];
};

static bool is_thing(const struct thing *t, uint64_t n)
{
	for (size_t i = 0; i < 9; i++)
		if (t->is[i] != n)
			return false;
	return true;
}

/* What is put back may be had again, zeroed; nothing that is in use ever is. */
static void test_pool(void **state)
{
	enum { THINGS = 3000, STEPS = 100000 };
	struct pool pool = {.size = sizeof(struct thing)};
	static struct thing *things[THINGS];
	uint64_t seed = 3;

	for (uint64_t step = 1; step <= STEPS; step++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		size_t i = (seed >> 33) % THINGS;

		if (things[i]) {
			assert_true(is_thing(things[i], things[i]->is[0]) && things[i]->is[0] % THINGS == i);
			pool_put(&pool, things[i]);
			things[i] = NULL;
			continue;
		}
		things[i] = pool_get(&pool);
		assert_true(is_thing(things[i], 0));
		for (size_t k = 0; k < 9; k++)
			things[i]->is[k] = step * THINGS + i;
	}
	for (size_t i = 0; i < THINGS; i++)
		pool_put(&pool, things[i]);
	pool_done(&pool);
	things[0] = pool_get(&pool); /* empty, and as good as new */
	assert_true(is_thing(things[0], 0));
	pool_put(&pool, things[0]);
	pool_done(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sizes),
		cmocka_unit_test(test_many_large),
		cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
