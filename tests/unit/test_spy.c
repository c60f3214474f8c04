/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A spy on containers by name: those that come later join, what they did before that waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/spy_hold.h"
#include "ui/spy.h"
#include "unit/sample_builder.h"

enum { WEB = 77, DB = 78, HOST = 5 };
static const uint64_t web_ids[] = {WEB}, db_ids[] = {DB}, host_ids[] = {HOST};
static const uint64_t start = 1700000000000000000ULL, sec = 1000000000;

/* Hands out one list of events; notes what it was told. */
struct fake {
	struct source source;
	struct event *events[16];
	size_t n;
	int starts, updates;
	uint64_t wanted[4];
	size_t n_wanted, n_others;
};

static int fake_start(struct source *s, const struct spy_selection *sel)
{
	((struct fake *)s)->starts++;
	return 0;
}

static int fake_update(struct source *s, const struct spy_selection *sel)
{
	struct fake *f = (struct fake *)s;

	f->updates++;
	f->n_wanted = sel->n_cgroups;
	f->n_others = sel->n_others;
	assert_true(sel->n_cgroups <= 4);
	memcpy(f->wanted, sel->cgroups, sel->n_cgroups * sizeof(f->wanted[0]));
	return 0;
}

static void fake_stop(struct source *s)
{
}

static int fake_poll(struct source *s, source_event_fn fn, void *userdata, size_t max)
{
	struct fake *f = (struct fake *)s;
	size_t n = f->n;

	f->n = 0;
	for (size_t i = 0; i < n; i++)
		fn(f->events[i], userdata);
	return (int)n;
}

static void fake_counts(struct source *s, struct source_counts *ret)
{
	*ret = (struct source_counts){0};
}

static const struct source_ops fake_ops = {.name = "fake",
					   .spy_start = fake_start,
					   .spy_update = fake_update,
					   .spy_stop = fake_stop,
					   .spy_poll = fake_poll,
					   .spy_counts = fake_counts};

static struct event *event(uint64_t cgroup, uint64_t time, uint32_t tid)
{
	struct event *ev = xcalloc(1, sizeof(*ev));

	ev->cgroup_v2 = cgroup;
	ev->time = time;
	ev->tid = ev->tgid = tid;
	ev->latency = UNKNOWN_U64;
	return ev;
}

static struct builder *sample_with(bool web, uint64_t time)
{
	struct builder *b = sb_new(8);
	struct container *c;

	b->containers[0].cgroup_ids = host_ids;
	b->containers[0].n_cgroup_ids = 1;
	c = sb_container(b, "dddddddddddd", "db", "podman");
	c->cgroup_ids = db_ids;
	c->n_cgroup_ids = 1;
	if (web) {
		c = sb_container(b, "aaaaaaaaaaaa", "web", "docker");
		c->cgroup_ids = web_ids;
		c->n_cgroup_ids = 1;
	}
	sb_finish(b);
	b->sample.time = time;
	return b;
}

static void later_containers_join(void **state)
{
	struct fake fake = {.source.ops = &fake_ops};
	struct builder *first = sample_with(false, start), *second = sample_with(true, start + sec);
	struct spy spy;
	char note[80];

	assert_int_equal(
		spy_start(&spy, SPY_DIG, &fake.source, &first->sample, NULL, "container.name = web", 0), 0);
	assert_string_equal(spy.kernel_text, "no container yet");
	/* of a container that no sample has shown; of one that is known; of the host */
	fake.events[0] = event(WEB, start + 1000, 1);
	fake.events[1] = event(DB, start + 1001, 2);
	fake.events[2] = event(HOST, start + 1002, 3);
	fake.events[3] = event(WEB, start + 1003, 4);
	fake.n = 4;
	spy_tick(&spy, 0, note, sizeof(note));
	assert_int_equal(spy.log.calls, 0);
	assert_int_equal(spy.rejected, 2);
	assert_int_equal(spy_hold_waiting(spy.hold), 2);

	assert_int_equal(spy_set_sample(&spy, &second->sample), 0);
	assert_int_equal(fake.starts, 1); /* what it has not read yet stays */
	assert_int_equal(fake.updates, 1);
	assert_int_equal(fake.n_wanted, 1);
	assert_true(fake.wanted[0] == WEB);
	assert_int_equal(fake.n_others, 2);
	assert_string_equal(spy.kernel_text, "1 container");
	assert_int_equal(spy.log.calls, 2);
	assert_int_equal(spy_log_line(&spy.log, 0)->event->tid, 1);
	assert_int_equal(spy_log_line(&spy.log, 1)->event->tid, 4);

	fake.events[0] = event(WEB, start + sec + 1, 5);
	fake.n = 1;
	spy_tick(&spy, 0, note, sizeof(note));
	assert_int_equal(spy.log.calls, 3);
	spy_stop(&spy);
	sb_free(first);
	sb_free(second);
}

static void take(struct event *ev, void *userdata)
{
	++*(int *)userdata;
	event_free(ev);
}

/* The next sample may have begun before the event; the one after that has not. */
static void waits_for_two_samples(void **state)
{
	struct builder *b = sample_with(false, start);
	struct record_index *idx = record_index_new(&b->sample);
	struct spy_hold *h = spy_hold_new();
	int shown = 0;

	spy_hold_release(h, idx, start, false, take, &shown);
	assert_false(spy_hold_take(h, idx, (&(struct event){.cgroup_v2 = DB})));
	assert_true(spy_hold_take(h, idx, event(WEB, start + 1, 1)));
	spy_hold_release(h, idx, start + sec, false, take, &shown);
	assert_int_equal(shown, 0);
	spy_hold_release(h, idx, start + 2 * sec, false, take, &shown);
	assert_int_equal(shown, 1);
	assert_int_equal(spy_hold_waiting(h), 0);
	/* samples do not tell about this one: the next is not kept back */
	assert_false(spy_hold_take(h, idx, (&(struct event){.cgroup_v2 = WEB})));
	assert_true(spy_hold_take(h, idx, event(99, start + 1, 1)));
	spy_hold_release(h, idx, start + 2 * sec, true, take, &shown);
	assert_int_equal(shown, 2);
	spy_hold_free(h);
	record_index_free(idx);
	sb_free(b);
}

static void what_waits_is_bounded_and_counted(void **state)
{
	struct builder *b = sample_with(false, start);
	struct record_index *idx = record_index_new(&b->sample);
	struct spy_hold *h = spy_hold_new();
	int shown = 0, n = SPY_HOLD_EVENTS + 100;

	for (int i = 0; i < n; i++)
		assert_true(spy_hold_take(h, idx, event(WEB, start + 1, 1)));
	assert_true(spy_hold_waiting(h) <= SPY_HOLD_EVENTS);
	assert_int_equal(spy_hold_waiting(h) + spy_hold_lost(h), n);
	spy_hold_release(h, idx, start + 1, true, take, &shown);
	assert_int_equal(shown + (int)spy_hold_lost(h), n);
	assert_true(spy_hold_take(h, idx, event(WEB + 100, start + 1, 1)));
	spy_hold_free(h); /* frees what waits */
	record_index_free(idx);
	sb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_containers_join),
		cmocka_unit_test(waits_for_two_samples),
		cmocka_unit_test(what_waits_is_bounded_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
