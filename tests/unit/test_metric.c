/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_metric.c - the lines of the Overview against a count that does one metric and one record after the
 * other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/need.h"
#include "core/fact_part.h"
#include "core/mem.h"
#include "core/metric.h"
#include "core/source.h"
#include "unit/sample_builder.h"
#include "views/view.h"

struct plain {
	const struct metric *metric;
	const struct filter *filter;
	struct arena *arena;
	struct value values[20000];
	const void *things[20000];
	size_t n_values, n_things;
	int64_t sum;
};

static bool is_new(struct plain *p, const struct value *v)
{
	for (size_t i = 0; i < p->n_values; i++)
		if (p->values[i].kind == v->kind && !value_compare(&p->values[i], v))
			return false;
	assert_true(p->n_values < sizeof(p->values) / sizeof(p->values[0]));
	p->values[p->n_values++] = *v;
	return true;
}

static bool is_new_thing(struct plain *p, const void *thing)
{
	for (size_t i = 0; i < p->n_things; i++)
		if (p->things[i] == thing)
			return false;
	assert_true(p->n_things < sizeof(p->things) / sizeof(p->things[0]));
	p->things[p->n_things++] = thing;
	return true;
}

static void count(struct plain *p, struct record r)
{
	const struct metric *m = p->metric;
	const void *thing;
	struct value v;

	if (!filter_match(p->filter, &r))
		return;
	if (r.fact && filter_uses_latency(m->compiled)) {
		r.fact = fact_part(m->compiled, &r, p->arena);
		if (!r.fact)
			return;
	} else if (!filter_match(m->compiled, &r)) {
		return;
	}
	thing = record_thing(&r, m->field->grain);
	if (m->agg == AGG_SUM && thing && !is_new_thing(p, thing))
		return;
	v = field_get(m->field, &r, p->arena);
	if (v.kind == V_MISSING)
		return;
	if (m->agg == AGG_DISTINCT)
		p->sum += is_new(p, &v);
	else
		p->sum += v.kind == V_BOOL ? v.b : v.i;
}

static int64_t plain_count(const struct metric *m, const struct filter *filter, const struct sample *s)
{
	struct plain *p = xcalloc(1, sizeof(*p));
	int64_t sum;

	p->metric = m;
	p->filter = filter;
	p->arena = arena_new();
	for (size_t i = 0; i < s->n_threads && m->records & REC_TASKS; i++)
		count(p, record_from_thread(s, &s->threads[i]));
	for (size_t i = 0; i < s->n_facts && m->records & REC_FACTS; i++)
		count(p, record_from_fact(s, &s->facts[i]));
	for (size_t i = 0; i < s->n_fds && m->records & REC_FDS; i++)
		count(p, record_from_fd(s, &s->fds[i]));
	sum = p->sum;
	arena_free(p->arena);
	free(p);
	return sum;
}

/* Returns how many are not 0. */
static unsigned compare(const struct metric *metrics, size_t n, const char *text, const struct sample *s)
{
	struct arena *arena = arena_new();
	struct filter *filter;
	struct filter_error err;
	const struct metric_value *values;
	unsigned some = 0;

	if (filter_parse(text, &filter, &err))
		fail_msg("%s: %s", text, err.message);
	values = metrics_compute(metrics, n, filter, s, arena);
	for (size_t i = 0; i < n; i++) {
		int64_t want;

		if (metrics[i].field->grain == GRAIN_HOST)
			continue;
		want = plain_count(&metrics[i], filter, s);
		if (values[i].value != want)
			fail_msg("%s (%s): %lld, not %lld", metrics[i].name, text, (long long)values[i].value,
				 (long long)want);
		some += want != 0;
	}
	filter_free(filter);
	arena_free(arena);
	return some;
}

static const char *const filters[] = {
	"",
	"proc.name contains n",
	"container.id != host and (fd.type = ipv4 or evt.failed = true)",
	"evt.latency > 1ms",
	"fd.num > 4",
	"proc.name = nobody",
};

static struct views *stock(void)
{
	struct views *views = NULL;
	struct views_error err;

	assert_int_equal(views_load_stock(&views, &err), 0);
	return views;
}

static void test_overview(void **state)
{
	struct views *views = stock();
	const struct view *v = views_find(views, "overview");
	struct source *source;
	struct sample *s;

	assert_int_equal(source_demo_new(3, &source), 0);
	assert_int_equal(source_set_needs(source, NEED_TASKS | NEED_FACTS | NEED_FDS), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(source_collect(source, &s), 0);
		for (size_t k = 0; i && k < sizeof(filters) / sizeof(filters[0]); k++) {
			unsigned some = compare(v->metrics, v->n_metrics, filters[k], s);

			assert_true(k ? k < 4 ? some > 3 : true : some > 15);
		}
		sample_free(s);
	}
	source_free(source);
	views_free(views);
}

/* More metrics than are looked at together, and questions that differ in one letter. */
static void test_many(void **state)
{
	enum { N = 200 };
	struct metric metrics[N] = {0};
	struct builder *b = sb_new(300);
	struct process *p = sb_process(b, 10, "a", NULL);
	struct thread *t = sb_thread(b, p, 10);
	const struct sample *s;
	struct filter_error err;

	for (uint16_t i = 0; i < 100; i++) {
		struct object *o = sb_tcp(b, "10.0.0.1", (uint16_t)(i % 70), "10.0.0.2", 5000, true);

		sb_fact(b, t, o, i % 4, i % 3 ? 0 : 11, 1, i, 0);
		sb_fact(b, t, o, 1, 0, 1, i, 0);
		sb_fd(b, p, o, i);
	}
	sb_fact(b, t, NULL, 0, 0, 7, 0, 0);
	sb_fact(b, t, NULL, WIRE_NR_NONE, 0, 5, 0, 0);
	s = sb_finish(b);
	for (unsigned i = 0; i < N; i++) {
		struct metric *m = &metrics[i];

		m->name = arena_printf(b->arena, "%u", i);
		m->records = i % 9 ? REC_FACTS : REC_FDS;
		m->field = field_find(i % 9 == 0 || i % 5 == 0 ? "fd.lport"
				      : i % 7                  ? "evt.count"
							       : "evt.buflen");
		m->agg = i % 9 == 0 || i % 5 == 0 ? AGG_DISTINCT : AGG_SUM;
		m->filter = arena_printf(b->arena,
					 i % 2 ? "fd.lport in (%u, %u) and evt.failed = %s"
					       : "fd.lport >= %u and not fd.lport = %u and fd.type = ipv4%s",
					 i % 70, i % 70 + 1, i % 2 ? i % 4 == 1 ? "true" : "false" : "");
		assert_int_equal(filter_parse(m->filter, &m->compiled, &err), 0);
	}
	assert_true(compare(metrics, N, "", s) > 50);
	assert_true(compare(metrics, N, "proc.pid = 10 and fd.lport < 30", s) > 20);
	for (unsigned i = 0; i < N; i++)
		filter_free(metrics[i].compiled);
	sb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overview),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
