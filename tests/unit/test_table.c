/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_table.c - grouping and aggregation: amounts are counted once per thing they belong to, rates are
 * exact, what is not known is missing and not zero.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/syscall.h"
#include "core/table.h"
#include "unit/sample_builder.h"

struct column_spec {
	const char *field;
	enum agg agg;
};

enum { SORT_LAST = 1 << 30 }; /* in `records`: by the last column, largest first; else by key */

/* Builds a table in one line; stops the test if the query is refused. */
static struct table *query(const struct sample *s, unsigned records, const char *key, const char *filter_text,
			   const struct column_spec *specs, size_t n)
{
	struct column_query columns[16];
	struct filter *filter;
	struct filter_error err;
	struct table_query q = {
		.records = records, .n_keys = 1, .columns = columns, .n_columns = n, .sort = -1};
	struct table *t = NULL;

	q.ascending = true;
	q.keys[0] = field_find(key);
	assert_non_null(q.keys[0]);
	for (size_t i = 0; i < n; i++) {
		columns[i] = (struct column_query){field_find(specs[i].field), specs[i].agg};
		assert_non_null(columns[i].field);
	}
	assert_int_equal(filter_parse(filter_text, &filter, &err), 0);
	if (records & SORT_LAST) {
		q.sort = (int)n - 1;
		q.ascending = false;
	}
	q.records &= ~(unsigned)SORT_LAST;
	q.filter = filter;
	q.totals = true;
	assert_int_equal(table_build(&q, s, &t), 0);
	filter_free(filter);
	return t;
}

#define QUERY(s, records, key, filter, ...)                                                                  \
	query(s, records, key, filter, (const struct column_spec[]){__VA_ARGS__},                            \
	      sizeof((const struct column_spec[]){__VA_ARGS__}) / sizeof(struct column_spec))

static const struct row *row_of(const struct table *t, const char *key)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct value first = row_key(&t->rows[i], 0, t->arena), *k = &first;

		if (k->kind == V_STRING ? !strcmp(k->s, key) : k->i == atoll(key))
			return &t->rows[i];
	}
	fail_msg("no row %s", key);
	return NULL;
}

static double num(const struct value *v)
{
	assert_true(v->kind == V_INT || v->kind == V_DOUBLE);
	return v->kind == V_INT ? (double)v->i : v->d;
}

static void assert_num(const struct value *v, double expected)
{
	double got = num(v);

	if (fabs(got - expected) > 1e-9 * fabs(expected) + 1e-9)
		fail_msg("%f, expected %f", got, expected);
}

/* Cells of a row; at most a few at a time. */
static const struct value *cell(const struct row *row, size_t column)
{
	static struct value values[8];
	static unsigned next;
	struct value *v = &values[next++ % 8];

	*v = row_value(row, column, row->of->arena);
	return v;
}

static struct value sum_of(const struct row *row, size_t column)
{
	return row_sum(row, column, row->of->arena);
}

static uint16_t nr(const char *name)
{
	int n = syscall_number(name);

	assert_true(n >= 0);
	return (uint16_t)n;
}

/*
 * Two containers. "web" has two processes: 10 with two threads and 100 MB, 20 with one and 50 MB.
 * "db" has process 30 with 70 MB. All threads of web write to the same log.
 */
static struct builder *world(void)
{
	struct builder *b = sb_new(64);
	struct container *web = sb_container(b, "aaaaaaaaaaaa", "web", "docker");
	struct container *db = sb_container(b, "bbbbbbbbbbbb", "db", "podman");
	struct process *p10 = sb_process(b, 10, "nginx", web), *p20 = sb_process(b, 20, "node", web);
	struct process *p30 = sb_process(b, 30, "postgres", db);
	struct thread *t10 = sb_thread(b, p10, 10), *t11 = sb_thread(b, p10, 11),
		      *t20 = sb_thread(b, p20, 20);
	struct thread *t30 = sb_thread(b, p30, 30);
	struct object *log = sb_file(b, "/var/log/web.log"), *data = sb_file(b, "/data/base");

	p10->vmrss = 100 << 20;
	p20->vmrss = 50 << 20;
	p30->vmrss = 70 << 20;
	sb_did(t10)->cpu = 100000000;
	sb_did(t11)->cpu = 200000000;
	sb_did(t20)->cpu = 50000000;
	sb_did(t30)->cpu = 400000000;
	sb_latency(b, sb_fact(b, t10, log, nr("write"), 0, 10, 0, 1000), 1000, 10);
	sb_latency(b, sb_fact(b, t11, log, nr("write"), 0, 20, 0, 2000), 2000, 20);
	sb_latency(b, sb_fact(b, t11, log, nr("fsync"), 0, 1, 0, 0), 5000000, 1);
	sb_latency(b, sb_fact(b, t20, log, nr("write"), 0, 5, 0, 500), 1000, 5);
	sb_latency(b, sb_fact(b, t20, data, nr("openat"), 13, 3, 0, 0), 700, 3);
	sb_latency(b, sb_fact(b, t30, data, nr("read"), 0, 100, 819200, 0), 4000, 100);
	return b;
}

static void test_tasks(void **state)
{
	struct builder *b = world();
	const struct sample *s = sb_finish(b);
	struct table *t =
		QUERY(s, REC_TASKS, "container.id", "", {"proc.vmrss", AGG_SUM}, {"thread.cpu", AGG_SUM},
		      {"evt.buflen.file.out", AGG_SUM}, {"evt.count", AGG_RATE},
		      {"evt.count.procinfo", AGG_SUM}, {"evt.count.threadinfo", AGG_SUM});
	const struct row *web = row_of(t, "aaaaaaaaaaaa");

	assert_int_equal(t->n_rows, 2); /* the host has no process here */
	assert_num(cell(web, 0), 150 << 20);
	assert_num(cell(web, 1), 35);
	assert_num(cell(web, 2), 3500);
	assert_num(cell(web, 3), 39);
	assert_int_equal(sum_of(web, 3).i, 39);
	assert_int_equal(sum_of(web, 2).kind, V_MISSING);
	assert_num(cell(web, 4), 2);
	assert_num(cell(web, 5), 3);
	assert_num(&t->totals[0], 220 << 20);
	assert_num(&t->totals[1], 75);
	assert_num(&t->totals[4], 3);
	table_free(t);
	sb_free(b);
}

/* The same amounts through facts: many facts of a thread and many threads of a process count it once. */
static void test_grains_from_facts(void **state)
{
	struct builder *b = world();
	const struct sample *s = sb_finish(b);
	struct table *t =
		QUERY(s, REC_FACTS, "container.id", "", {"proc.vmrss", AGG_SUM}, {"thread.cpu", AGG_SUM},
		      {"evt.buflen.file.out", AGG_SUM}, {"evt.count", AGG_SUM});
	const struct row *web = row_of(t, "aaaaaaaaaaaa");

	assert_num(cell(web, 0), 150 << 20);
	assert_num(cell(web, 1), 35);
	assert_num(cell(web, 2), 3500);
	assert_num(cell(web, 3), 39);
	table_free(t);

	/* by file, two rows share process 20: each has its memory, the total has it once */
	t = QUERY(s, REC_FACTS, "fd.name", "", {"proc.vmrss", AGG_SUM}, {"thread.cpu", AGG_SUM});
	assert_num(cell(row_of(t, "/var/log/web.log"), 0), 150 << 20);
	assert_num(cell(row_of(t, "/data/base"), 0), 120 << 20);
	assert_num(cell(row_of(t, "/data/base"), 1), 45);
	assert_num(&t->totals[0], 220 << 20);
	assert_num(&t->totals[1], 75);
	table_free(t);
	sb_free(b);
}

/* With tasks and facts in one query, calls come from facts alone. */
static void test_no_double_count(void **state)
{
	struct builder *b = world();
	const struct sample *s = sb_finish(b);
	struct table *t =
		QUERY(s, REC_TASKS | REC_FACTS, "proc.pid", "", {"evt.count", AGG_SUM},
		      {"evt.buflen.file", AGG_SUM}, {"thread.cpu", AGG_SUM}, {"evt.latency", AGG_MAX});

	assert_num(cell(row_of(t, "10"), 0), 31);
	assert_num(cell(row_of(t, "10"), 1), 3000);
	assert_num(cell(row_of(t, "10"), 2), 30);
	assert_num(cell(row_of(t, "10"), 3), 5000000);
	assert_num(&t->totals[0], 139);
	assert_num(&t->totals[2], 75);
	table_free(t);
	sb_free(b);
}

/* A check on calls brings facts in, and only those that match count. */
static void test_fact_filter(void **state)
{
	struct builder *b = world();
	const struct sample *s = sb_finish(b);
	struct table *t = QUERY(s, REC_TASKS, "proc.pid", "evt.type = fsync", {"evt.count", AGG_SUM},
				{"proc.vmrss", AGG_SUM}, {"thread.cpu", AGG_SUM});

	assert_int_equal(t->n_rows, 1);
	assert_num(cell(row_of(t, "10"), 0), 1);
	assert_num(cell(row_of(t, "10"), 1), 100 << 20);
	assert_num(cell(row_of(t, "10"), 2), 20); /* the thread that made the call */
	table_free(t);

	t = QUERY(s, REC_TASKS, "proc.pid", "evt.failed = true", {"evt.count", AGG_SUM},
		  {"evt.count.error", AGG_SUM});
	assert_int_equal(t->n_rows, 1);
	assert_num(cell(row_of(t, "20"), 0), 3);
	assert_num(cell(row_of(t, "20"), 1), 3);
	table_free(t);
	sb_free(b);
}

static void test_needs(void **state)
{
	struct column_query columns[1] = {{field_find("evt.count"), AGG_SUM}};
	struct table_query q = {.records = REC_TASKS, .n_keys = 1, .columns = columns, .n_columns = 1};
	struct filter *f;

	q.keys[0] = field_find("proc.pid");
	assert_int_equal(table_needs(&q), NEED_TASKS);
	columns[0].field = field_find("evt.latency");
	columns[0].agg = AGG_AVG;
	assert_int_equal(table_needs(&q), NEED_TASKS | NEED_FACTS);
	columns[0].field = field_find("thread.cpu");
	columns[0].agg = AGG_SUM;
	assert_int_equal(filter_parse("proc.name = x and thread.cpu > 5", &f, NULL), 0);
	q.filter = f;
	assert_int_equal(table_needs(&q), NEED_TASKS);
	filter_free(f);
	assert_int_equal(filter_parse("evt.type = read", &f, NULL), 0);
	q.filter = f;
	assert_int_equal(table_needs(&q), NEED_TASKS | NEED_FACTS);
	filter_free(f);
	assert_int_equal(filter_parse("fd.name = /x", &f, NULL), 0);
	q.filter = f;
	assert_int_equal(table_needs(&q), NEED_TASKS | NEED_FACTS | NEED_FDS);
	filter_free(f);
}

/* What was not attached is missing; what was attached and did not happen is zero. */
static void test_missing(void **state)
{
	struct builder *b = world();
	const struct sample *s;
	struct table *t;
	const struct row *r;

	sb_thread(b, sb_process(b, 40, "idle", NULL), 40);
	b->sample.needs = NEED_TASKS;
	b->sample.n_facts = 0;
	s = sb_finish(b);
	t = QUERY(s, REC_TASKS, "proc.pid", "", {"evt.latency", AGG_AVG}, {"evt.latency", AGG_SUM},
		  {"evt.count", AGG_SUM}, {"evt.count.error.file", AGG_SUM}, {"proc.vmrss", AGG_SUM});
	r = row_of(t, "10");
	assert_int_equal(cell(r, 0)->kind, V_MISSING);
	assert_int_equal(cell(r, 1)->kind, V_MISSING);
	assert_num(cell(r, 2), 31); /* the threads' own counters do for that */
	assert_int_equal(cell(r, 3)->kind, V_MISSING);
	assert_int_equal(t->totals[1].kind, V_MISSING);
	assert_int_equal(cell(row_of(t, "40"), 4)->kind, V_MISSING); /* memory not known */
	table_free(t);

	/* filtered by call, the counters of whole threads would be wrong */
	t = QUERY(s, REC_TASKS, "proc.pid", "not evt.type = read", {"evt.count", AGG_SUM});
	assert_int_equal(cell(row_of(t, "10"), 0)->kind, V_MISSING);
	table_free(t);

	b->sample.needs |= NEED_FACTS;
	t = QUERY(s, REC_TASKS | REC_FACTS, "proc.pid", "", {"evt.latency", AGG_AVG},
		  {"evt.latency", AGG_SUM}, {"evt.count", AGG_SUM}, {"evt.latency", AGG_P99});
	r = row_of(t, "40");
	assert_int_equal(cell(r, 0)->kind, V_MISSING); /* no call: no average */
	assert_num(cell(r, 1), 0);
	assert_num(cell(r, 2), 0);
	assert_int_equal(cell(r, 3)->kind, V_MISSING);
	table_free(t);

	/* the very first sample has no deltas */
	b->sample.interval = 0;
	t = QUERY(s, REC_TASKS, "proc.pid", "", {"evt.count", AGG_RATE}, {"thread.cpu", AGG_SUM},
		  {"proc.vmrss", AGG_SUM});
	assert_int_equal(cell(row_of(t, "10"), 0)->kind, V_MISSING);
	assert_int_equal(cell(row_of(t, "10"), 1)->kind, V_MISSING);
	assert_num(cell(row_of(t, "10"), 2), 100 << 20);
	table_free(t);
	sb_free(b);
}

/* Open but idle things have rows; descriptors count no calls. */
static void test_fds(void **state)
{
	struct builder *b = world();
	struct object *idle = sb_tcp(b, "10.0.0.1", 80, "10.0.0.2", 4000, true);
	struct object *busy = sb_tcp(b, "10.0.0.1", 80, "10.0.0.3", 4000, true);
	const struct sample *s;
	struct table *t;

	sb_fd(b, &b->processes[0], idle, 5);
	sb_fd(b, &b->processes[0], busy, 6);
	sb_fd(b, &b->processes[1], busy, 6);
	busy->srtt_us = 1500;
	sb_fact(b, &b->threads[0], busy, nr("recvfrom"), 0, 4, 300, 0);
	s = sb_finish(b);
	t = QUERY(s, REC_FACTS | REC_FDS, "fd.name", "fd.type = ipv4", {"evt.count", AGG_SUM},
		  {"evt.buflen.net.in", AGG_RATE}, {"fd.opencount", AGG_SUM}, {"fd.rtt", AGG_MAX},
		  {"evt.count.procinfo", AGG_SUM}, {"thread.cpu", AGG_SUM});
	assert_int_equal(t->n_rows, 2);
	assert_num(cell(row_of(t, idle->name), 0), 0);
	assert_num(cell(row_of(t, idle->name), 2), 1);
	assert_int_equal(cell(row_of(t, idle->name), 3)->kind, V_MISSING);
	assert_num(cell(row_of(t, idle->name), 5), 30); /* open in both threads of 10 */
	assert_num(cell(row_of(t, busy->name), 0), 4);
	assert_num(cell(row_of(t, busy->name), 1), 300);
	assert_num(cell(row_of(t, busy->name), 2), 2);
	assert_num(cell(row_of(t, busy->name), 3), 1500000);
	assert_num(cell(row_of(t, busy->name), 4), 2);
	assert_num(cell(row_of(t, busy->name), 5), 35);
	assert_num(&t->totals[2], 3);
	table_free(t);

	/* who has a connection open is found even if nothing moves on it */
	t = QUERY(s, REC_TASKS, "proc.pid", "fd.rip = 10.0.0.2", {"proc.vmrss", AGG_SUM},
		  {"thread.cpu", AGG_SUM}, {"evt.count", AGG_SUM});
	assert_int_equal(t->n_rows, 1);
	assert_num(cell(row_of(t, "10"), 0), 100 << 20);
	assert_num(cell(row_of(t, "10"), 1), 30);
	assert_num(cell(row_of(t, "10"), 2), 0);
	table_free(t);
	sb_free(b);
}

static void test_aggregations(void **state)
{
	struct builder *b = world();
	const struct sample *s = sb_finish(b);
	struct table *t =
		QUERY(s, REC_FACTS, "container.id", "", {"evt.latency", AGG_SUM}, {"evt.latency", AGG_AVG},
		      {"evt.latency", AGG_MAX}, {"evt.latency", AGG_COUNT}, {"proc.pid", AGG_COUNT},
		      {"evt.type", AGG_DISTINCT}, {"evt.count", AGG_SHARE}, {"proc.vmrss", AGG_MIN},
		      {"proc.vmrss", AGG_MAX}, {"proc.vmrss", AGG_AVG}, {"evt.buflen", AGG_AVG},
		      {"thread.tid", AGG_COUNT});
	const struct row *web = row_of(t, "aaaaaaaaaaaa");
	double sum = 10 * 1000 + 20 * 2000 + 5000000 + 5 * 1000 + 3 * 700;

	assert_num(cell(web, 0), sum);
	assert_num(cell(web, 1), sum / 39);
	assert_num(cell(web, 2), 5000000);
	assert_num(cell(web, 3), 39);
	assert_num(cell(web, 4), 2);
	assert_num(cell(web, 5), 3); /* write, fsync, openat */
	assert_num(cell(web, 6), 100.0 * 39 / 139);
	assert_num(cell(web, 7), 50 << 20);
	assert_num(cell(web, 8), 100 << 20);
	assert_num(cell(web, 9), 75 << 20);
	assert_num(cell(web, 10), 3500.0 / 39); /* bytes of a call */
	assert_num(cell(web, 11), 3);
	assert_num(&t->totals[3], 139);
	assert_num(&t->totals[4], 3);
	assert_num(&t->totals[5], 4);
	assert_num(&t->totals[6], 100);
	assert_num(&t->totals[7], 50 << 20);
	assert_num(&t->totals[9], (220 << 20) / 3.0);
	table_free(t);
	sb_free(b);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Percentiles over merged histograms against the sorted values themselves. */
static void test_percentiles(void **state)
{
	enum { N = 3000 };
	static uint64_t values[N];
	struct builder *b = sb_new(64);
	struct thread *t1 = sb_thread(b, sb_process(b, 1, "a", NULL), 1);
	struct thread *t2 = sb_thread(b, sb_process(b, 2, "b", NULL), 2);
	struct fact *f[3] = {sb_fact(b, t1, NULL, nr("read"), 0, N, 0, 0),
			     sb_fact(b, t1, NULL, nr("write"), 0, N, 0, 0),
			     sb_fact(b, t2, NULL, nr("read"), 0, N, 0, 0)};
	const struct sample *s;
	struct table *t;
	uint64_t x = 12345;

	for (size_t i = 0; i < N; i++) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		values[i] = (uint64_t)exp(5 + 15.0 * (double)(x >> 40) / (1 << 24)); /* 150 ns .. 0.5 s */
		sb_latency(b, f[i % 3], values[i], 1);
	}
	qsort(values, N, sizeof(values[0]), by_number);
	s = sb_finish(b);
	t = QUERY(s, REC_FACTS, "evt.hostname", "", {"evt.latency", AGG_P50}, {"evt.latency", AGG_P90},
		  {"evt.latency", AGG_P99});
	assert_int_equal(t->n_rows, 1);
	for (size_t i = 0; i < 3; i++) {
		double exact = (double)values[(size_t)ceil(N * (i == 0 ? 0.5 : i == 1 ? 0.9 : 0.99)) - 1];

		assert_true(fabs(num(cell(&t->rows[0], i)) / exact - 1) <= 0.1);
		assert_num(&t->totals[i], num(cell(&t->rows[0], i)));
	}
	table_free(t);
	sb_free(b);
}

/* Equal values stay in the order of the key, either way; missing ones are last, either way. */
/* A pid that was used twice in the interval: two rows, and the first keeps its identity in the next sample.
 */
static void one_pid_two_processes(void **state)
{
	struct builder *b = sb_new(64);
	const struct sample *s;
	struct table *t;
	struct process *p = sb_process(b, 7, "first", NULL);

	p->start_boot = 1000;
	sb_did(sb_thread(b, p, 7))->counts.calls = 3;
	p = sb_process(b, 7, "second", NULL);
	p->start_boot = 2000;
	sb_did(sb_thread(b, p, 7))->counts.calls = 4;
	s = sb_finish(b);
	t = QUERY(s, REC_TASKS, "proc.pid", "", {"evt.count", AGG_SUM}, {"proc.name", AGG_NONE});
	assert_int_equal(t->n_rows, 2);
	assert_int_equal(cell(&t->rows[0], 0)->i + cell(&t->rows[1], 0)->i, 7);
	assert_true(t->rows[0].id != t->rows[1].id);
	table_free(t);
	t = QUERY(s, REC_TASKS, "thread.tid", "", {"evt.count", AGG_SUM});
	assert_int_equal(t->n_rows, 2);
	table_free(t);
	t = QUERY(s, REC_TASKS, "proc.ppid", "", {"evt.count", AGG_SUM});
	assert_int_equal(t->n_rows, 1);
	table_free(t);
	sb_free(b);
}

static void test_sort(void **state)
{
	struct builder *b = sb_new(64);
	const struct sample *s;
	struct table *t;
	static const uint32_t pids[] = {5, 3, 9, 1, 7};
	static const uint64_t rss[] = {10, 20, 10, UNKNOWN_U64, 10};
	static const int64_t down[] = {3, 5, 7, 9, 1}, up[] = {5, 7, 9, 3, 1};

	for (size_t i = 0; i < 5; i++) {
		struct process *p = sb_process(b, pids[i], "x", NULL);

		p->vmrss = rss[i];
		sb_thread(b, p, pids[i]);
	}
	s = sb_finish(b);
	t = QUERY(s, REC_TASKS, "proc.pid", "", {"proc.vmrss", AGG_SUM}, {"proc.name", AGG_NONE});
	table_sort(t, 0, false);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(row_key(&t->rows[i], 0, t->arena).i, down[i]);
	table_sort(t, 0, true);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(row_key(&t->rows[i], 0, t->arena).i, up[i]);
	table_sort(t, 1, false); /* all the same: key order */
	for (size_t i = 0; i + 1 < 5; i++)
		assert_true(row_key(&t->rows[i], 0, t->arena).i < row_key(&t->rows[i + 1], 0, t->arena).i);
	table_sort(t, -1, false);
	assert_int_equal(row_key(&t->rows[0], 0, t->arena).i, 9);
	table_free(t);
	sb_free(b);
}

static void test_rows(void **state)
{
	struct builder *b = sb_new(64);
	struct process *gone = sb_process(b, 1, "sh", NULL), *alive = sb_process(b, 2, "sh", NULL);
	struct process *other = sb_process(b, 3, "gone", NULL);
	const struct sample *s;
	struct table *t, *again;

	gone->exited = other->exited = true;
	gone->vmrss = 1000;
	alive->vmrss = 200;
	other->vmrss = 30;
	sb_thread(b, gone, 1)->exited = true;
	sb_thread(b, alive, 2);
	sb_thread(b, other, 3)->exited = true;
	s = sb_finish(b);
	t = QUERY(s, REC_TASKS, "proc.name", "", {"evt.count.procexit", AGG_SUM},
		  {"evt.count.procinfo", AGG_SUM});
	assert_false(row_of(t, "sh")->exited);
	assert_int_equal(row_record(row_of(t, "sh")).process->pid, 2); /* the one that is still there */
	assert_num(cell(row_of(t, "sh"), 0), 1);
	assert_num(cell(row_of(t, "sh"), 1), 1);
	assert_true(row_of(t, "gone")->exited);
	again = QUERY(s, REC_TASKS, "proc.name", "", {"proc.ppid", AGG_NONE});
	assert_true(row_of(t, "sh")->id == row_of(again, "sh")->id);
	assert_true(row_of(t, "sh")->id != row_of(t, "gone")->id);
	table_free(again);
	table_free(t);
	/* memory of who has ended is nobody's, but its own row says what it was */
	t = QUERY(s, REC_TASKS, "proc.name", "", {"proc.vmrss", AGG_SUM});
	assert_num(cell(row_of(t, "sh"), 0), 200);
	assert_int_equal(cell(row_of(t, "gone"), 0)->kind, V_MISSING);
	assert_num(&t->totals[0], 200);
	table_free(t);
	t = QUERY(s, REC_TASKS, "proc.pid", "", {"proc.vmrss", AGG_SUM});
	assert_int_equal(t->n_rows, 3);
	for (size_t i = 0; i < t->n_rows; i++)
		assert_true(cell(&t->rows[i], 0)->i == 1000 || cell(&t->rows[i], 0)->i == 200 ||
			    cell(&t->rows[i], 0)->i == 30);
	assert_num(&t->totals[0], 200);
	table_free(t);
	sb_free(b);
}

/* Rows a and b of a sorted table, a before b. */
static void assert_in_order(const struct table *t, int column, bool ascending, const struct row *a,
			    const struct row *b, struct arena *tmp)
{
	const struct value ka = row_key(a, 0, tmp), kb = row_key(b, 0, tmp);
	struct value x, y;
	int c;

	if (column < 0) {
		c = value_compare(&ka, &kb);
		assert_true(ascending ? c < 0 : c > 0);
		return;
	}
	x = row_value(a, (size_t)column, tmp);
	y = row_value(b, (size_t)column, tmp);
	c = value_compare(&x, &y);
	if (c && (x.kind == V_MISSING || y.kind == V_MISSING)) {
		assert_int_equal(y.kind, V_MISSING); /* last */
		return;
	}
	assert_true(ascending ? c <= 0 : c >= 0);
	if (!c)
		assert_true(value_compare(&ka, &kb) < 0);
}

/* So many that words are sorted by bytes: numbers with ties, missing ones, texts that begin alike, fractions.
 */
static void test_sort_many(void **state)
{
	enum { N = 5000 };
	struct builder *b = sb_new(8 * N);
	struct arena *tmp = arena_new();
	const struct sample *s;
	struct table *t;
	uint32_t random = 1;

	for (uint32_t i = 0; i < N; i++) {
		struct process *p = sb_process(b, 10 + i * 7919 % 1000003, NULL, NULL);
		struct thread *th;

		random = random * 1664525 + 1013904223;
		p->name =
			arena_printf(b->arena, random & 256 ? "a-long-name-%u" : "n%u", (random >> 12) % 700);
		p->vmrss = random & 512 ? UNKNOWN_U64 : (uint64_t)((random >> 10) % 50) << (random >> 26);
		th = sb_thread(b, p, p->pid);
		for (uint32_t k = 0; k < random >> 29; k++) /* some have more than a row keeps */
			sb_fact(b, th, NULL, nr("read"), 0, 1, random >> 17 & 7, k);
	}
	s = sb_finish(b);
	for (int column = -1; column < 4; column++) {
		struct column_query columns[] = {{field_find("proc.vmrss"), AGG_SUM},
						 {field_find("proc.name"), AGG_NONE},
						 {field_find("evt.buflen.in"), AGG_RATE},
						 {field_find("evt.latency"), AGG_AVG}};
		struct table_query q = {.records = REC_TASKS | REC_FACTS,
					.keys = {field_find("proc.pid")},
					.n_keys = 1,
					.columns = columns,
					.n_columns = 4,
					.sort = column};

		for (int pass = 0; pass < 4; pass++) { /* as it is made, and sorted again */
			bool ascending = pass & 1;

			q.ascending = ascending;
			assert_int_equal(table_build(&q, s, &t), 0);
			if (pass & 2)
				table_sort(t, column, ascending);
			assert_int_equal(t->n_rows, N);
			for (size_t i = 0; i + 1 < N; i++)
				assert_in_order(t, column, ascending, &t->rows[i], &t->rows[i + 1], tmp);
			for (size_t i = 0; i < N && column == 2; i++) {
				const struct value v = row_value(&t->rows[i], 2, tmp);

				assert_true(t->rows[i].number == num(&v));
			}
			table_free(t);
		}
	}
	arena_free(tmp);
	sb_free(b);
}

/* Calls without an object are no file; by process and file they are rows of the process. */
static void test_missing_keys(void **state)
{
	struct builder *b = sb_new(8);
	struct thread *t = sb_thread(b, sb_process(b, 1, "x", NULL), 1);
	struct column_query columns[1] = {{field_find("evt.count"), AGG_SUM}};
	struct table_query q = {
		.records = REC_FACTS, .n_keys = 2, .columns = columns, .n_columns = 1, .sort = -1};
	struct table *table;
	const struct sample *s;

	sb_fact(b, t, NULL, nr("getppid"), 0, 5, 0, 0);
	sb_fact(b, t, sb_file(b, "/x"), nr("read"), 0, 3, 0, 0);
	s = sb_finish(b);
	q.totals = true;
	table = QUERY(s, REC_FACTS, "fd.name", "", {"evt.count", AGG_SUM});
	assert_int_equal(table->n_rows, 1);
	assert_num(&table->totals[0], 3);
	table_free(table);
	q.keys[0] = field_find("proc.pid");
	q.keys[1] = field_find("fd.name");
	assert_int_equal(table_build(&q, s, &table), 0);
	assert_int_equal(table->n_rows, 2);
	assert_int_equal(row_key(&table->rows[0], 1, table->arena).kind,
			 V_MISSING); /* last when ascending, first when not */
	assert_num(cell(&table->rows[0], 0), 5);
	assert_num(&table->totals[0], 8);
	table_free(table);
	sb_free(b);
}

/* When the kernel's table was too small, its calls are still in the total, under a name that says so. */
static void test_coarse(void **state)
{
	struct builder *b = world();
	const struct sample *s;
	struct table *t;

	sb_did(&b->threads[0])->counts.coarse = 1000;
	sb_did(&b->threads[3])->counts.coarse = 10;
	b->sample.health.coarse = 1010;
	s = sb_finish(b);
	t = QUERY(s, REC_FACTS, "evt.type", "", {"evt.count", AGG_SUM}, {"evt.category", AGG_NONE});
	assert_num(&t->totals[0], 139 + 1010);
	assert_num(cell(row_of(t, "(not told apart)"), 0), 1010);
	assert_int_equal(cell(row_of(t, "(not told apart)"), 1)->kind, V_MISSING);
	assert_num(cell(row_of(t, "read"), 0), 100);
	table_free(t);
	t = QUERY(s, REC_FACTS, "proc.pid", "evt.type = read", {"evt.count", AGG_SUM});
	assert_num(&t->totals[0], 100);
	table_free(t);
	t = QUERY(s, REC_FACTS, "proc.pid", "", {"evt.count", AGG_SUM});
	assert_num(cell(row_of(t, "10"), 0), 1031);
	table_free(t);
	sb_free(b);
}

static void test_agg_fits(void **state)
{
	assert_true(agg_fits(AGG_P99, field_find("evt.latency")));
	assert_false(agg_fits(AGG_P99, field_find("proc.vmrss")));
	assert_false(agg_fits(AGG_MAX, field_find("evt.buflen"))); /* the largest single call is not known */
	assert_true(agg_fits(AGG_RATE, field_find("evt.buflen")));
	assert_false(agg_fits(AGG_RATE, field_find("proc.vmrss")));
	assert_false(agg_fits(AGG_SUM, field_find("proc.name")));
	assert_true(agg_fits(AGG_DISTINCT, field_find("proc.name")));
	assert_false(agg_fits(AGG_NONE, field_find("fd.ip")));
	for (int a = AGG_NONE; a <= AGG_SHARE; a++)
		assert_int_equal(agg_from_name(agg_name(a)), a);
	assert_int_equal(agg_from_name("median"), -EINVAL);
}

/* Not a limit that fails, but one to look at: 100,000 facts into 5,000 rows. */
static void bench(void **state)
{
	enum { FACTS = 100000, THREADS = 2000, FILES = 5000 };
	struct builder *b = sb_new(FACTS);
	const struct sample *s;
	static uint32_t hist[WIRE_HIST] = {[20] = 5, [30] = 2};
	struct timespec from, to;
	uint16_t calls[4] = {nr("read"), nr("write"), nr("openat"), nr("close")};
	double best = 1e9;

	for (uint32_t i = 0; i < THREADS; i++) {
		struct process *p = sb_process(b, 1000 + i, "worker", NULL);

		p->vmrss = 1 << 20;
		sb_thread(b, p, 1000 + i);
	}
	for (int i = 0; i < FILES; i++)
		sb_file(b, arena_printf(b->arena, "/var/lib/service/data/%d/file-%d.dat", i % 97, i));
	for (size_t i = 0; i < FACTS; i++) {
		struct fact *f = sb_fact(b, &b->threads[i * 7 % THREADS], &b->objects[i * 31 % FILES],
					 calls[i % 4], i % 50 ? 0 : 2, 7, 100, 50);

		f->timed = 7;
		f->lat_sum = 7000;
		f->lat_max = 3000;
		f->hist = hist;
	}
	b->sample.n_threads = THREADS;
	s = sb_finish(b);
	for (int round = 0; round < 5; round++) {
		struct table *t;
		double ms;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		t = QUERY(s, REC_FACTS | SORT_LAST, "fd.name",
			  "fd.type in (file, directory) and evt.count > 0", {"evt.buflen.file.out", AGG_SUM},
			  {"evt.count.exit", AGG_SUM}, {"evt.count.open", AGG_SUM},
			  {"evt.count.error", AGG_SUM}, {"evt.latency", AGG_SUM}, {"evt.latency", AGG_AVG},
			  {"evt.latency", AGG_P99}, {"fd.opencount", AGG_SUM}, {"container.name", AGG_NONE},
			  {"proc.name", AGG_NONE}, {"fd.name", AGG_NONE}, {"evt.buflen.file.in", AGG_SUM});
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
		if (ms < best)
			best = ms;
		assert_int_equal(t->n_rows, FILES);
		table_free(t);
	}
	print_message("100,000 facts, 12 columns, %d rows: %.1f ms of CPU\n", FILES, best);
	sb_free(b);
}

/* The other extreme: 50,000 idle connections, each a row of its own. */
static void bench_rows(void **state)
{
	enum { N = 50000 };
	struct builder *b = sb_new(N);
	struct process *p = sb_process(b, 1, "nginx", NULL);
	const struct sample *s;
	struct timespec from, to;
	double best = 1e9;

	sb_thread(b, p, 1);
	for (uint16_t i = 0; i < N; i++) {
		char remote[24];

		snprintf(remote, sizeof(remote), "10.1.%d.%d", i / 250, i % 250);
		sb_fd(b, p, sb_tcp(b, "10.0.0.1", 80, remote, 40000, true), i);
	}
	s = sb_finish(b);
	for (int round = 0; round < 5; round++) {
		struct table *t;
		double ms;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		t = QUERY(s, REC_FACTS | REC_FDS | SORT_LAST, "fd.ino", "fd.type in (ipv4, ipv6)",
			  {"fd.l4proto", AGG_NONE}, {"fd.lip", AGG_NONE}, {"fd.lport", AGG_NONE},
			  {"fd.rip", AGG_NONE}, {"fd.rport", AGG_NONE}, {"fd.state", AGG_NONE},
			  {"evt.buflen.net.out", AGG_RATE}, {"evt.count", AGG_RATE}, {"fd.rtt", AGG_MAX},
			  {"proc.pid", AGG_NONE}, {"proc.exeline", AGG_NONE},
			  {"evt.buflen.net.in", AGG_RATE});
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
		if (ms < best)
			best = ms;
		assert_int_equal(t->n_rows, N);
		table_free(t);
	}
	print_message("%d connections, 12 columns: %.1f ms of CPU\n", N, best);
	sb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_grains_from_facts),
		cmocka_unit_test(test_no_double_count),
		cmocka_unit_test(test_fact_filter),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_fds),
		cmocka_unit_test(test_aggregations),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_sort_many),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_missing_keys),
		cmocka_unit_test(test_coarse),
		cmocka_unit_test(test_agg_fits),
		cmocka_unit_test(bench),
		cmocka_unit_test(one_pid_two_processes),
		cmocka_unit_test(bench_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
