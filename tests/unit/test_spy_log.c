/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a spy keeps: folding, switches, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mem.h"
#include "ui/spy_log.h"

static struct event *make_event(uint32_t tid, uint16_t nr, int64_t ret, uint64_t latency)
{
	struct event *ev = xcalloc(1, sizeof(*ev));

	ev->tid = tid;
	ev->nr = nr;
	ev->ret = ret;
	ev->latency = latency;
	return ev;
}

static void folds_equal_calls(void **state)
{
	struct spy_log log;

	spy_log_init(&log);
	for (int i = 0; i < 10; i++)
		spy_log_add(&log, make_event(1, 7, 0, 100), NULL);
	assert_int_equal(log.tail, 2); /* the first, and the other nine as one */
	assert_int_equal(spy_log_line(&log, 0)->repeats, 0);
	assert_int_equal(spy_log_line(&log, 1)->repeats, 9);
	assert_int_equal(spy_log_line(&log, 1)->latency, 900);
	spy_log_add(&log, make_event(2, 7, 0, 100), NULL);          /* another thread */
	spy_log_add(&log, make_event(1, 7, -2, 100), NULL);         /* another result */
	spy_log_add(&log, make_event(1, 7, -2, SPY_SLOW_NS), NULL); /* a slow one never hides in a run */
	spy_log_add(&log, make_event(1, 7, -2, SPY_SLOW_NS), NULL);
	spy_log_add(&log, make_event(1, 7, -2, SPY_SLOW_NS), NULL);
	assert_int_equal(log.tail, 7);
	assert_int_equal(log.calls, 15);
	assert_int_equal(log.dropped, 0);
	spy_log_switch(&log, true, false);
	assert_int_equal(log.shown_tail - log.shown_head, 4);
	spy_log_switch(&log, true, true);
	assert_int_equal(log.shown_tail - log.shown_head, 3);
	spy_log_switch(&log, false, false);
	assert_int_equal(log.shown_tail - log.shown_head, 7);
	spy_log_clear(&log);
	assert_null(spy_log_line(&log, log.shown_head));
	assert_int_equal(log.bytes, 0);
	spy_log_done(&log);
}

static void the_log_is_bounded_and_counts(void **state)
{
	uint64_t n = SPY_LOG_ENTRIES + 1000;
	struct spy_log log;

	spy_log_init(&log);
	spy_log_switch(&log, true, false);
	for (uint64_t i = 0; i < n; i++)
		spy_log_add(&log, make_event((uint32_t)i, 1, i % 2 ? -1 : 0, 1), NULL);
	assert_true(log.tail - log.head <= SPY_LOG_ENTRIES);
	assert_true(log.bytes <= SPY_LOG_BYTES);
	assert_int_equal(log.dropped + (log.tail - log.head), n);
	assert_non_null(spy_log_line(&log, log.shown_head)->event); /* its oldest shown line still exists */
	assert_true(event_failed(spy_log_line(&log, log.shown_head)->event));
	assert_true(spy_log_entry_number(&log, log.shown_head) >= log.head);
	log.frozen = true; /* what one looks at stays, new ones are dropped and counted */
	n = log.head;
	for (int i = 0; i < 5000000 && log.dropped == 0; i++)
		spy_log_add(&log, make_event((uint32_t)i, 2, 0, 1), NULL);
	for (int i = 0; i < 1000; i++)
		spy_log_add(&log, make_event((uint32_t)i, 2, 0, 1), NULL);
	assert_int_equal(log.head, n);
	assert_int_equal(log.dropped + (log.tail - log.head), log.calls);
	spy_log_done(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_equal_calls),
		cmocka_unit_test(the_log_is_bounded_and_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
