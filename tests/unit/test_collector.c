/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector's rhythm, needs and hand-over, on a source that counts. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "bpf/capture.h"
#include "core/arena.h"
#include "core/collector.h"
#include "core/mem.h"

struct fake {
	struct source source;
	pthread_mutex_t lock;
	unsigned collects, needs, set_calls;
	unsigned refuse; /* needs that cannot be attached */
	int error;       /* of collect */
	unsigned slow_ms;
	unsigned needs_at[64];
};

static int fake_set_needs(struct source *s, unsigned needs)
{
	struct fake *f = (struct fake *)s;
	int err = 0;

	pthread_mutex_lock(&f->lock);
	f->set_calls++;
	if (needs & f->refuse)
		err = -EPERM;
	else
		f->needs = needs;
	pthread_mutex_unlock(&f->lock);
	return err;
}

static int fake_collect(struct source *source, struct sample **ret)
{
	struct fake *f = (struct fake *)source;
	struct arena *arena;
	struct sample *s;
	int err;

	if (f->slow_ms)
		usleep(f->slow_ms * 1000);
	pthread_mutex_lock(&f->lock);
	err = f->error;
	f->needs_at[f->collects % 64] = f->needs;
	f->collects++;
	if (!err) {
		arena = arena_new();
		s = arena_alloc(arena, sizeof(*s));
		s->arena = arena;
		s->interval = f->collects > 1; /* the first has no rates */
		s->time = f->collects;
		*ret = s;
	}
	pthread_mutex_unlock(&f->lock);
	return err;
}

static const struct source_ops ops = {.name = "fake", .set_needs = fake_set_needs, .collect = fake_collect};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static unsigned get(struct fake *f, unsigned *what)
{
	unsigned v;

	pthread_mutex_lock(&f->lock);
	v = *what;
	pthread_mutex_unlock(&f->lock);
	return v;
}

/* The next sample within `ms`, or NULL. */
static struct sample *next(struct collector *c, int ms, int *ret_error)
{
	struct pollfd p = {collector_fd(c), POLLIN, 0};

	return poll(&p, 1, ms) == 1 ? collector_take(c, ret_error) : NULL;
}

static void opens_with_rates_soon(void **state)
{
	struct fake f = {.source.ops = &ops, .lock = PTHREAD_MUTEX_INITIALIZER};
	uint64_t begin = now_ms();
	struct collector *c;
	struct sample *s;

	assert_int_equal(collector_new(&f.source, 60000000000ULL, NEED_TASKS, &c), 0);
	s = next(c, 5000, NULL);
	assert_non_null(s);
	assert_int_equal(s->interval, 1); /* not the one without rates */
	assert_true(now_ms() - begin >= 24);
	assert_true(now_ms() - begin < 2000);
	sample_free(s);
	assert_null(collector_take(c, NULL)); /* taken once only */
	collector_free(c);
	assert_int_equal(f.needs, NEED_TASKS);
}

static void new_needs_get_a_fresh_sample(void **state)
{
	struct fake f = {.source.ops = &ops, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct collector *c;
	unsigned before;
	uint64_t begin;

	assert_int_equal(collector_new(&f.source, 60000000000ULL, NEED_TASKS, &c), 0);
	for (int i = 0; i < 2; i++) /* the first with rates, then a longer one; then a minute of quiet */
		sample_free(next(c, 5000, NULL));
	before = get(&f, &f.collects);
	begin = now_ms();
	collector_set_needs(c, NEED_TASKS | NEED_FACTS);
	while (get(&f, &f.collects) < before + 2 && now_ms() - begin < 5000)
		sample_free(next(c, 100, NULL));
	assert_true(now_ms() - begin < 2000);
	/* attached before the first of the two, so that the second has it for its whole interval */
	assert_true(f.needs_at[before] & NEED_FACTS);
	assert_true(f.needs_at[before + 1] & NEED_FACTS);
	/* given up: stays for the grace time */
	collector_set_needs(c, NEED_TASKS);
	usleep(300000);
	assert_true(get(&f, &f.needs) & NEED_FACTS);
	collector_free(c);
}

static void refused_needs_are_not_tried_for_ever(void **state)
{
	struct fake f = {.source.ops = &ops, .lock = PTHREAD_MUTEX_INITIALIZER, .refuse = NEED_FDS};
	struct collector *c;
	int error = 0;

	assert_int_equal(collector_new(&f.source, 100000000ULL, NEED_TASKS, &c), 0);
	sample_free(next(c, 5000, NULL));
	collector_set_needs(c, NEED_TASKS | NEED_FDS);
	for (int i = 0; i < 100 && !error; i++)
		sample_free(next(c, 100, &error));
	assert_int_equal(error, -EPERM);
	usleep(300000);
	assert_in_range(get(&f, &f.set_calls), 2, 4);
	error = -1; /* samples go on without it */
	for (int i = 0; i < 20 && error; i++)
		sample_free(next(c, 1000, &error));
	assert_int_equal(error, 0);
	collector_free(c);
}

static void a_failing_source_is_told_and_tried_again(void **state)
{
	struct fake f = {.source.ops = &ops, .lock = PTHREAD_MUTEX_INITIALIZER, .error = -EIO};
	struct collector *c;
	struct sample *s;
	int error = 0;

	assert_int_equal(collector_new(&f.source, 100000000ULL, NEED_TASKS, &c), 0);
	s = next(c, 5000, &error);
	assert_null(s);
	assert_int_equal(error, -EIO);
	pthread_mutex_lock(&f.lock);
	f.error = 0;
	pthread_mutex_unlock(&f.lock);
	s = NULL;
	for (int i = 0; i < 20 && !s; i++)
		s = next(c, 1000, &error);
	assert_non_null(s);
	assert_int_equal(error, 0);
	sample_free(s);
	assert_true(get(&f, &f.collects) < 60); /* no busy loop */
	collector_free(c);
}

static void the_newest_sample_wins(void **state)
{
	struct fake f = {.source.ops = &ops, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct collector *c;
	struct sample *s;
	unsigned n;

	assert_int_equal(collector_new(&f.source, 100000000ULL, NEED_TASKS, &c), 0);
	usleep(900000); /* nobody takes */
	s = next(c, 1000, NULL);
	assert_non_null(s);
	n = get(&f, &f.collects);
	assert_true(s->time + 1 >= n && n > 4);
	sample_free(s);
	collector_free(c);
}

static void a_shorter_interval_takes_effect_at_once(void **state)
{
	struct fake f = {.source.ops = &ops, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct collector *c;
	uint64_t begin;

	assert_int_equal(collector_new(&f.source, 60000000000ULL, NEED_TASKS, &c), 0);
	for (int i = 0; i < 2; i++)
		sample_free(next(c, 5000, NULL));
	begin = now_ms();
	collector_set_interval(c, 1); /* below the least: 100 ms */
	for (int i = 0; i < 3; i++) {
		struct sample *s = next(c, 5000, NULL);

		assert_non_null(s);
		sample_free(s);
	}
	assert_in_range(now_ms() - begin, 150, 3000);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_with_rates_soon),
		cmocka_unit_test(new_needs_get_a_fresh_sample),
		cmocka_unit_test(refused_needs_are_not_tried_for_ever),
		cmocka_unit_test(a_failing_source_is_told_and_tried_again),
		cmocka_unit_test(the_newest_sample_wins),
		cmocka_unit_test(a_shorter_interval_takes_effect_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
