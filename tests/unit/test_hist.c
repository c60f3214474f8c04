/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_hist.c - bucket edges agree with wire_hist_slot(), percentiles are within 10 %. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hist.h"

static void test_edges(void **state)
{
	uint64_t low, high, before = 0;

	for (unsigned i = 0; i < WIRE_HIST; i++) {
		hist_edges(i, &low, &high);
		assert_true(low == before);
		assert_true(high > low);
		before = high;
	}
	assert_true(before == UINT64_MAX);
	/* next to an edge the kernel's fixed-point arithmetic may round; a thousandth off it may not */
	for (unsigned i = 0; i < WIRE_HIST; i++) {
		hist_edges(i, &low, &high);
		if (high == UINT64_MAX)
			high = low * 2;
		assert_int_equal(wire_hist_slot(low + (high - low) / 1000), i);
		assert_int_equal(wire_hist_slot(low + (high - low) / 2), i);
		assert_int_equal(wire_hist_slot(high - 1 - (high - low) / 1000), i);
	}
}

/* One value: every percentile is that value, within 10 %. */
static void test_single(void **state)
{
	for (double ns = 64; ns < 14e9; ns *= 1.013) {
		uint32_t hist[WIRE_HIST] = {0};
		uint64_t got;

		hist[wire_hist_slot((uint64_t)ns)] = 5;
		got = hist_percentile(hist, 50, 0);
		if (fabs((double)got / floor(ns) - 1) > 0.1)
			fail_msg("%.0f came out as %llu", ns, (unsigned long long)got);
		assert_true(hist_percentile(hist, 99, (uint64_t)ns) <= (uint64_t)ns);
	}
}

static void test_ranks(void **state)
{
	uint32_t hist[WIRE_HIST] = {0};

	assert_true(hist_percentile(hist, 50, 0) == UINT64_MAX);
	hist[wire_hist_slot(1000)] = 99;
	hist[wire_hist_slot(1000000)] = 1;
	assert_true(hist_percentile(hist, 50, 0) < 1100);
	assert_true(hist_percentile(hist, 99, 0) < 1100);
	assert_true(hist_percentile(hist, 99.5, 0) > 900000);
	assert_true(hist_percentile(hist, 100, 0) > 900000);
	memset(hist, 0, sizeof(hist));
	hist[WIRE_HIST - 1] = 1; /* beyond the last edge only the maximum is known */
	assert_true(hist_percentile(hist, 50, 30000000000) == 30000000000);
	memset(hist, 0, sizeof(hist));
	hist[0] = 1;
	assert_true(hist_percentile(hist, 50, 0) < 64);
	assert_true(hist_percentile(hist, 50, 20) == 20);

	/* fewer than 100: the 99th percentile is the longest, exactly; and a single one is all of them */
	memset(hist, 0, sizeof(hist));
	hist[wire_hist_slot(1000)] = 98;
	hist[wire_hist_slot(5000)] = 1;
	assert_true(hist_percentile(hist, 99, 5000) == 5000);
	assert_true(hist_percentile(hist, 50, 5000) < 1100);
	memset(hist, 0, sizeof(hist));
	hist[wire_hist_slot(1000)] = 1;
	assert_true(hist_percentile(hist, 50, 1001) == 1001);
}

static void test_add(void **state)
{
	uint32_t a[WIRE_HIST] = {[3] = 5, [4] = UINT32_MAX - 1}, b[WIRE_HIST] = {[3] = 2, [4] = 10, [5] = 1};

	hist_add(a, b);
	assert_int_equal(a[3], 7);
	assert_true(a[4] == UINT32_MAX);
	assert_int_equal(a[5], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
