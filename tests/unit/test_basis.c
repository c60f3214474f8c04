/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_basis.c - what is kept by place is what would be found by looking again: values of fields, verdicts of
 * filters, rows of tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/need.h"
#include "core/basis.h"
#include "core/filter_memo.h"
#include "core/mem.h"
#include "core/source.h"
#include "core/table.h"
#include "unit/sample_builder.h"

/* Facts, threads, descriptors. */
static void each_record(const struct sample *s, void (*fn)(const struct record *r, void *userdata),
			void *userdata)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct record r = record_from_fact(s, &s->facts[i]);

		fn(&r, userdata);
	}
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct record r = record_from_thread(s, &s->threads[i]);

		fn(&r, userdata);
	}
	for (size_t i = 0; i < s->n_fds; i++) {
		const struct record r = record_from_fd(s, &s->fds[i]);

		fn(&r, userdata);
	}
}

static struct sample *demo(struct source *source, unsigned which)
{
	struct sample *s = NULL;

	for (unsigned i = 0; i <= which; i++) {
		sample_free(s);
		assert_int_equal(source_collect(source, &s), 0);
	}
	return s;
}

static struct source *everything(void)
{
	struct source *source;

	assert_int_equal(source_demo_new(7, &source), 0);
	assert_int_equal(source_set_needs(source, NEED_TASKS | NEED_FACTS | NEED_FDS), 0);
	return source;
}

struct values {
	const struct field *field;
	enum basis basis;
	struct value *first; /* by place */
	bool *known;
	struct arena *arena;
	size_t again; /* records that were about a thing that came before */
};

static void compare_value(const struct record *r, void *userdata)
{
	struct values *v = userdata;
	size_t at = basis_place(v->basis, r);
	struct value got;

	if (at == NO_PLACE)
		return;
	assert_true(at < basis_places(v->basis, r->sample));
	got = field_get(v->field, r, v->arena);
	if (!v->known[at]) {
		v->known[at] = true;
		v->first[at] = got;
		return;
	}
	v->again++;
	if (got.kind != v->first[at].kind || value_compare(&got, &v->first[at]) != 0)
		fail_msg("%s is not the same in all records of one thing", v->field->id);
}

static void compare_field(const struct field *f, const struct sample *s)
{
	struct values v = {.field = f, .basis = basis_of(f), .arena = arena_new()};
	size_t places = basis_places(v.basis, s);

	v.first = xcalloc(places + 1, sizeof(*v.first));
	v.known = xcalloc(places + 1, sizeof(*v.known));
	if (places)
		each_record(s, compare_value, &v);
	assert_true(!places || v.again > 10);
	free(v.first);
	free(v.known);
	arena_free(v.arena);
}

/* A getter that looks at more than the thing of its field's grain would make filters and tables wrong. */
static void test_fields(void **state)
{
	struct source *source = everything();
	struct sample *s = demo(source, 2);
	size_t n, checked = 0;
	const struct field *f = field_all(&n);

	for (size_t i = 0; i < n; i++) {
		if (!f[i].get || basis_of(&f[i]) == BASIS_RECORD)
			continue;
		compare_field(&f[i], s);
		checked++;
	}
	assert_true(checked > 150);
	sample_free(s);
	source_free(source);
}

/* A file that two containers have open is under two names of containers, and two paths of the host. */
static void test_joined(void **state)
{
	static const char *const ids[] = {"fd.containername", "fd.containerdirectory", "fd.hostpath"};

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(basis_of(field_find(ids[i])), BASIS_RECORD);
	assert_int_equal(basis_of(field_find("fd.name")), BASIS_OBJECT);
	assert_int_equal(basis_of(field_find("evt.type")), BASIS_CALL);
	assert_int_equal(basis_of(field_find("evt.latency")), BASIS_RECORD);
	assert_int_equal(basis_of(field_find("evt.buflen.net")), BASIS_RECORD);
	assert_int_equal(basis_of(field_find("fd.num")), BASIS_RECORD);
	assert_int_equal(basis_join(BASIS_PROCESS, BASIS_CONTAINER), BASIS_PROCESS);
	assert_int_equal(basis_join(BASIS_PROCESS, BASIS_THREAD), BASIS_THREAD);
	assert_int_equal(basis_join(BASIS_PROCESS, BASIS_OBJECT), BASIS_RECORD);
	assert_int_equal(basis_join(BASIS_CALL, BASIS_CALL), BASIS_CALL);
	assert_int_equal(basis_join(BASIS_ANY, BASIS_CALL), BASIS_CALL);
}

/* ---- verdicts ---- */

struct verdicts {
	const char *text;
	struct filter *filter;
	struct filter_memo *memo;
	size_t passed, failed;
};

static void compare_verdict(const struct record *r, void *userdata)
{
	struct verdicts *v = userdata;
	bool want = filter_match(v->filter, r);

	if (filter_memo_match(v->memo, r) != want)
		fail_msg("%s: %s is not what was remembered", v->text, want ? "yes" : "no");
	*(want ? &v->passed : &v->failed) += 1;
}

/* Twice, since what was kept must also be right. Returns whether it told records apart. */
static bool compare_filter(const char *text, const struct sample *s)
{
	struct verdicts v = {.text = text};
	struct filter_error err;

	if (filter_parse(text, &v.filter, &err))
		return false;
	v.memo = filter_memo_new(v.filter, s);
	each_record(s, compare_verdict, &v);
	each_record(s, compare_verdict, &v);
	filter_memo_free(v.memo);
	filter_free(v.filter);
	return v.passed && v.failed;
}

static void test_verdicts(void **state)
{
	static const char *const texts[] = {
		"proc.name contains n and (fd.type = ipv4 or evt.failed = true)",
		"not (proc.name contains n and (fd.type = ipv4 or evt.failed = true))",
		"fd.type in (ipv4, ipv6) and fd.rip exists and not evt.type in (read, write)",
		"evt.res != SUCCESS or container.id = host or thread.tid > 300",
		"fd.containername contains a or fd.num > 5",
		"evt.buflen > 100 and fd.type = file or evt.count > 3 and proc.pid < 400",
		"evt.type.is.read = true or tolower(proc.name) = nginx or proc.aname exists",
		"container.name = web and proc.name = nginx or thread.name = nginx and fd.port = 443",
		"not not not evt.failed = true",
	};
	struct source *source = everything();
	struct sample *s = demo(source, 2);
	FILE *file = fopen("tests/unit/filter.txt", "r");
	unsigned told = 0, lines = 0;
	char line[512], last[512] = "proc.pid > 0", both[1100];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		told += compare_filter(texts[i], s);
	assert_true(told >= 6);
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *end = strrchr(line, '|');

		while (end && end > line && *--end != '|') {
		}
		if (*line == '#' || !strncmp(line, "row ", 4) || !end || end == line)
			continue;
		*end = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		snprintf(both, sizeof(both), "(%s) or not ((%s) and fd.type = file)", line, last);
		compare_filter(line, s);
		compare_filter(both, s);
		snprintf(last, sizeof(last), "%s", line);
		lines++;
	}
	fclose(file);
	assert_true(lines > 150);
	sample_free(s);
	source_free(source);
}

static void test_nothing_to_decide(void **state)
{
	struct builder *b = sb_new(4);
	struct filter *f;
	struct filter_error err;
	const struct record r = {.sample = sb_finish(b)};

	assert_int_equal(filter_parse("", &f, &err), 0);
	assert_null(filter_memo_new(f, &b->sample));
	assert_true(filter_memo_match(NULL, &r));
	filter_free(f);
	sb_free(b);
}

/* ---- rows ---- */

static size_t rows_by(const struct sample *s, const char *a, const char *b)
{
	struct column_query count = {field_find("evt.count"), AGG_SUM};
	struct table_query q = {.records = REC_FACTS | REC_FDS,
				.keys = {field_find(a), b ? field_find(b) : NULL},
				.n_keys = b ? 2 : 1,
				.columns = &count,
				.n_columns = 1,
				.sort = -1};
	struct table *t;
	size_t n;

	assert_int_equal(table_build(&q, s, &t), 0);
	n = t->n_rows;
	table_free(t);
	return n;
}

/* Things without the key are in no row, each time they come; two things with one key are in one. */
static void test_rows(void **state)
{
	struct builder *b = sb_new(32);
	struct container *web = sb_container(b, "aaaaaaaaaaaa", "web", "docker");
	struct process *p = sb_process(b, 1, "a", NULL), *again = sb_process(b, 1, "a", web);
	struct thread *t = sb_thread(b, p, 1), *u = sb_thread(b, again, 1);
	struct object *file = sb_file(b, "/x"), *same = sb_file(b, "/x"),
		      *pipe = sb_object(b, OBJ_FIFO, "pipe", "p");
	const struct sample *s;

	again->start_boot = 5;
	for (int i = 0; i < 3; i++) {
		sb_fact(b, t, file, 0, 0, 1, 1, 0);
		sb_fact(b, u, same, 1, (uint16_t)i, 1, 1, 0);
		sb_fact(b, u, pipe, 0, 0, 1, 1, 0);
		sb_fact(b, u, NULL, WIRE_NR_NONE, 0, 1, 0, 0);
	}
	sb_fd(b, p, file, 3);
	s = sb_finish(b);
	assert_int_equal(rows_by(s, "fd.name", NULL), 2);
	assert_int_equal(rows_by(s, "fd.directory", NULL), 1);
	assert_int_equal(rows_by(s, "fd.lport", NULL), 0);
	assert_int_equal(rows_by(s, "proc.pid", NULL), 2); /* the number was given out twice */
	assert_int_equal(rows_by(s, "container.name", "proc.name"), 2);
	assert_int_equal(rows_by(s, "proc.name", "fd.type"), 3);
	assert_int_equal(rows_by(s, "evt.type", NULL), 3);
	assert_int_equal(rows_by(s, "evt.type", "evt.res"), 5);
	assert_int_equal(rows_by(s, "fd.containername", NULL), 3);
	sb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),   cmocka_unit_test(test_joined),
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_nothing_to_decide),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
