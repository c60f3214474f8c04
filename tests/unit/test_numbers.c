/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_numbers.c - equal values have equal numbers, whatever they are of; room ends; counts are the same
 * without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/numbers.h"
#include "core/table.h"
#include "unit/sample_builder.h"

static void values_are_numbered(void **state)
{
	struct builder *b = sb_new(8);
	struct process outside = {.pid = 7, .name = "b"};
	const char *const names[] = {"a", "b", "a", NULL};
	struct numbers *n;
	uint32_t number[4];
	const struct sample *s;

	for (size_t i = 0; i < 4; i++)
		sb_thread(b, sb_process(b, (uint32_t)i + 1, names[i], NULL), (uint32_t)i + 1);
	s = sb_finish(b);
	n = numbers_new(field_find("proc.name"), s);
	for (int pass = 0; pass < 2; pass++) { /* looked at, and known */
		for (size_t i = 0; i < 4; i++) {
			const struct record r = record_from_thread(s, &s->threads[i]);

			number[i] = numbers_get(n, &r, b->arena);
		}
		assert_int_equal(number[0], number[2]);
		assert_int_not_equal(number[0], number[1]);
		assert_int_equal(number[3], NUMBER_NONE);
		assert_true(number[0] >= NUMBER_FIRST && number[1] < numbers_bits(n));
	}
	assert_int_equal(numbers_get(n, &(const struct record){.sample = s, .process = &outside}, b->arena),
			 number[1]);
	numbers_free(n);
	assert_true(numbers_fit(field_find("container.id")));
	assert_false(numbers_fit(field_find("fd.ino")));
	assert_false(numbers_fit(field_find("evt.res")));
	sb_free(b);
}

static void a_bit_is_seen_once(void **state)
{
	uint64_t seen[2] = {0};

	assert_true(numbers_see(seen, 1));
	assert_true(numbers_see(seen, 65));
	assert_false(numbers_see(seen, 65));
	assert_false(numbers_see(seen, 1));
	assert_true(numbers_see(seen, 64));
}

/* So many groups that not all have room: a process and another of its name in each. */
static void all_groups_count(void **state)
{
	enum { PROCESSES = 10000, GROUPS = 2000 };
	struct builder *b = sb_new(PROCESSES);
	struct column_query columns[] = {{field_find("proc.name"), AGG_DISTINCT},
					 {field_find("proc.pid"), AGG_DISTINCT}};
	struct table_query q = {.records = REC_TASKS,
				.keys = {field_find("proc.ppid")},
				.n_keys = 1,
				.columns = columns,
				.n_columns = 2,
				.sort = -1,
				.totals = true};
	const struct sample *s;
	struct table *t;

	for (uint32_t i = 0; i < PROCESSES; i++) {
		struct process *p = sb_process(b, i + 1, i / GROUPS % 2 ? "x" : "y", NULL);

		p->ppid = i % GROUPS + 1;
		sb_thread(b, p, p->pid);
	}
	s = sb_finish(b);
	assert_int_equal(table_build(&q, s, &t), 0);
	assert_int_equal(t->n_rows, GROUPS);
	for (size_t i = 0; i < t->n_rows; i++) {
		assert_true(t->rows[i].summed);
		assert_int_equal(row_value(&t->rows[i], 0, t->arena).i, 2);
		assert_int_equal(row_value(&t->rows[i], 1, t->arena).i, PROCESSES / GROUPS);
	}
	assert_int_equal(t->totals[0].i, 2);
	assert_int_equal(t->totals[1].i, PROCESSES);
	table_free(t);
	sb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_numbered),
		cmocka_unit_test(a_bit_is_seen_once),
		cmocka_unit_test(all_groups_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
