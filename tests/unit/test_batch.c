/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Batch output over the synthetic machine: it parses, ids are the columns', sums are the sample's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "batch.h"

enum { INTERVALS = 3, MAX_LINES = 4000 };

struct output {
	char *text;
	char *lines[MAX_LINES];
	size_t n;
};

static int setup(void **state)
{
	struct views *views = NULL;
	struct views_error err;

	if (views_load_stock(&views, &err) < 0)
		return -1;
	*state = views;
	return 0;
}

static int teardown(void **state)
{
	views_free(*state);
	return 0;
}

static struct output run(const struct views *views, const char *view, struct batch_config c)
{
	struct output out = {0};
	int fd = memfd_create("batch", MFD_CLOEXEC);
	char *why = NULL, *save = NULL;
	off_t size;

	assert_true(fd >= 0);
	assert_int_equal(source_demo_new(1, &c.source), 0);
	c.view = views_find(views, view);
	assert_non_null(c.view);
	c.interval = 10000000;
	c.count = c.count ? c.count : INTERVALS;
	c.out = c.err = fd;
	if (batch_run(&c, &why) < 0)
		fail_msg("%s: %s", view, why);
	source_free(c.source);
	size = lseek(fd, 0, SEEK_END);
	out.text = calloc(1, (size_t)size + 1);
	assert_int_equal(pread(fd, out.text, (size_t)size, 0), size);
	close(fd);
	for (char *l = strtok_r(out.text, "\n", &save); l && out.n < MAX_LINES;
	     l = strtok_r(NULL, "\n", &save))
		out.lines[out.n++] = l;
	return out;
}

/* The samples that such a run must have seen. */
static struct sample *sample_at(int n)
{
	struct source *s;
	struct sample *sample = NULL;

	source_demo_new(1, &s);
	for (int i = 0; i <= n; i++) {
		sample_free(sample);
		assert_int_equal(source_collect(s, &sample), 0);
	}
	source_free(s);
	return sample;
}

static void test_json(void **state)
{
	const struct views *views = *state;

	for (size_t v = 0; v < views->n; v++) {
		const struct view *view = views->items[v];
		struct output out = run(views, view->id, (struct batch_config){.format = FORMAT_JSON});

		size_t rows = 0;

		assert_int_equal(out.n, INTERVALS);
		for (size_t i = 0; i < out.n; i++) {
			json_error_t err;
			json_t *o = json_loads(out.lines[i], JSON_REJECT_DUPLICATES, &err), *row;
			size_t k;

			if (!o)
				fail_msg("%s: %s at %d", view->id, err.text, err.position);
			assert_string_equal(json_string_value(json_object_get(o, "view")), view->id);
			assert_float_equal(json_real_value(json_object_get(o, "interval")), 1.0, 1e-9);
			assert_float_equal(json_real_value(json_object_get(o, "time")),
					   1768485721.0 + (double)i, 1e-6);
			assert_true(json_is_true(json_object_get(json_object_get(o, "health"), "exact")));
			rows += json_array_size(json_object_get(o, "rows"));
			json_array_foreach(json_object_get(o, "rows"), k, row)
			{
				for (size_t c = 0; c < view->n_columns; c++) {
					char sum[100];

					assert_non_null(json_object_get(row, view->columns[c].id));
					snprintf(sum, sizeof(sum), "%s.sum", view->columns[c].id);
					assert_int_equal(json_object_get(row, sum) != NULL,
							 view->columns[c].agg == AGG_RATE);
				}
			}
			json_decref(o);
		}
		if (!rows)
			fail_msg("%s shows nothing of the demo", view->id);
		free(out.text);
	}
}

/* Rows, totals and the host say the same, and it is what the samples hold. */
static void test_json_sums(void **state)
{
	struct output out = run(*state, "processes", (struct batch_config){.format = FORMAT_JSON});

	for (size_t i = 0; i < out.n; i++) {
		json_t *o = json_loads(out.lines[i], 0, NULL), *totals = json_object_get(o, "totals"), *row;
		struct sample *s = sample_at((int)i + 1);
		const struct task_counts *want = &s->host.counts;
		json_int_t calls = 0, errors = 0;
		size_t k;

		json_array_foreach(json_object_get(o, "rows"), k, row)
		{
			calls += json_integer_value(json_object_get(row, "evt.count.sum"));
			errors += json_integer_value(json_object_get(row, "evt.count.error.sum"));
		}
		assert_true(want->calls > 0 && want->errors > 0);
		assert_int_equal(calls, want->calls);
		assert_int_equal(errors, want->errors);
		assert_int_equal(json_integer_value(json_object_get(totals, "evt.count.sum")), want->calls);
		assert_int_equal(json_integer_value(json_object_get(totals, "host.calls")), want->calls);
		assert_int_equal(json_integer_value(json_object_get(totals, "host.errors")), want->errors);
		assert_int_equal(json_integer_value(json_object_get(totals, "host.file.in")), want->file_in);
		assert_int_equal(json_integer_value(json_object_get(totals, "host.net.out")), want->net_out);
		assert_int_equal(json_integer_value(json_object_get(totals, "host.opens")), want->opens);
		assert_int_equal(json_array_size(json_object_get(o, "rows")), s->n_processes);
		sample_free(s);
		json_decref(o);
	}
	free(out.text);
}

/* Counts the cells of a line by RFC 4180. */
static size_t csv_cells(const char *line)
{
	size_t n = 1;
	bool quoted = false;

	for (; *line; line++) {
		quoted ^= *line == '"';
		n += *line == ',' && !quoted;
	}
	assert_false(quoted);
	return n;
}

static void test_csv(void **state)
{
	const struct views *views = *state;

	for (size_t v = 0; v < views->n; v++) {
		struct output out =
			run(views, views->items[v]->id, (struct batch_config){.format = FORMAT_CSV});
		size_t n = csv_cells(out.lines[0]);

		assert_non_null(strstr(out.lines[0],
				       view_is_list(views->items[v]) ? "time,evt.time," : "time,interval,"));
		assert_true(out.n > 1);
		for (size_t i = 1; i < out.n; i++)
			assert_int_equal(csv_cells(out.lines[i]), n);
		free(out.text);
	}
}

/* No byte of a hostile name reaches a terminal; lines keep to its width. */
static void test_text_is_safe(void **state)
{
	const struct views *views = *state;
	enum output_format formats[] = {FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV};

	for (size_t v = 0; v < views->n; v++) {
		for (size_t f = 0; f < 3; f++) {
			struct output out =
				run(views, views->items[v]->id, (struct batch_config){.format = formats[f]});

			for (size_t i = 0; i < out.n; i++)
				for (const char *c = out.lines[i]; *c; c++)
					if ((unsigned char)*c < ' ' || *c == 0x7f)
						fail_msg("%s: control character %d", views->items[v]->id, *c);
			free(out.text);
		}
	}
}

static void test_table_and_width(void **state)
{
	struct output wide = run(*state, "processes", (struct batch_config){.count = 1});
	struct output narrow =
		run(*state, "processes", (struct batch_config){.count = 1, .width = 60, .ascii = true});

	assert_int_equal(wide.n, narrow.n);
	assert_non_null(strstr(wide.lines[0], "  Processes  1.000s  "));
	assert_non_null(strstr(wide.lines[0], "  exact"));
	assert_non_null(strstr(wide.lines[1], "PID"));
	for (size_t i = 0; i < wide.n; i++)
		assert_true(strlen(narrow.lines[i]) <= 60 * 4 &&
			    strlen(narrow.lines[i]) <= strlen(wide.lines[i]) + 8);
	free(wide.text);
	free(narrow.text);
}

static void test_filter_and_stop(void **state)
{
	volatile sig_atomic_t stop = 1;
	struct output out = run(*state, "processes",
				(struct batch_config){.format = FORMAT_JSON, .filter = "proc.name=node"});
	json_t *o = json_loads(out.lines[0], 0, NULL);

	assert_int_equal(json_array_size(json_object_get(o, "rows")), 3);
	json_decref(o);
	free(out.text);
	/* told to stop: what has begun is still written */
	out = run(*state, "processes", (struct batch_config){.format = FORMAT_JSON, .stop = &stop});
	assert_int_equal(out.n, 1);
	free(out.text);
}

static void test_reader_gone(void **state)
{
	struct batch_config c = {
		.view = views_find(*state, "processes"), .interval = 10000000, .format = FORMAT_JSON};
	char *why = NULL;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	c.out = c.err = fds[1];
	source_demo_new(1, &c.source);
	assert_int_equal(batch_run(&c, &why), 0);
	c.spy = SPY_DIG;
	assert_int_equal(batch_run(&c, &why), 0);
	source_free(c.source);
	close(fds[1]);
	c.source = NULL;
	source_demo_new(1, &c.source);
	c.spy = SPY_OFF;
	c.out = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_not_equal(batch_run(&c, &why), 0);
	assert_non_null(strstr(why, "No space left"));
	free(why);
	close(c.out);
	source_free(c.source);
}

static void test_spy(void **state)
{
	struct output out =
		run(*state, "processes",
		    (struct batch_config){
			    .spy = SPY_DIG, .format = FORMAT_JSON, .count = 10, .filter = "evt.failed=true"});
	struct output text = run(*state, "processes", (struct batch_config){.spy = SPY_DIG, .count = 10});
	struct output echo = run(*state, "processes", (struct batch_config){.spy = SPY_ECHO, .count = 10});

	assert_true(out.n > 5);
	for (size_t i = 0; i < out.n; i++) {
		json_t *o = json_loads(out.lines[i], JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(o);
		assert_true(json_integer_value(json_object_get(o, "rawres")) < 0);
		assert_true(json_integer_value(json_object_get(o, "tid")) > 0);
		assert_non_null(json_string_value(json_object_get(o, "args")));
		assert_non_null(json_string_value(json_object_get(o, "type")));
		json_decref(o);
	}
	assert_true(text.n > 10);
	for (size_t i = 0; i < text.n; i++)
		assert_non_null(strstr(text.lines[i], " = "));
	assert_true(echo.n > 4);
	assert_memory_equal(echo.lines[0], "------ ", 7);
	free(out.text);
	free(text.text);
	free(echo.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_sums),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_text_is_safe),
		cmocka_unit_test(test_table_and_width),
		cmocka_unit_test(test_filter_and_stop),
		cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_spy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
