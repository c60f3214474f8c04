/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_selection.c - drill-down, view switch and the way back over the stock views. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/syscall.h"
#include "unit/sample_builder.h"
#include "views/view.h"

struct fixture {
	struct views *views;
	struct builder *b;
	const struct sample *s;
	struct selection sel;
	struct table *t;
};

/* Container "web" with processes 10 (nginx, threads 10 and 11) and 20 (sh); process 30 outside. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct builder *b = f->b = sb_new(32);
	struct container *web = sb_container(b, "aaaaaaaaaaaa", "web \"1\"", "docker");
	struct process *p10 = sb_process(b, 10, "nginx", web), *p20 = sb_process(b, 20, "sh", web);
	struct process *p30 = sb_process(b, 30, "cron", NULL);
	struct thread *t10 = sb_thread(b, p10, 10), *t11 = sb_thread(b, p10, 11),
		      *t30 = sb_thread(b, p30, 30);
	struct object *file = sb_file(b, "/tmp/odd \"name\" (x)"), *log = sb_file(b, "/var/log/x");
	struct object *conn = sb_tcp(b, "10.0.0.1", 80, "10.0.0.2", 5000, true);
	uint16_t write_nr = (uint16_t)syscall_number("write"), read_nr = (uint16_t)syscall_number("read");

	sb_thread(b, p20, 20);
	sb_did(t10)->cpu = 300000000;
	sb_did(t11)->cpu = 100000000;
	sb_fact(b, t10, file, write_nr, 0, 5, 0, 50);
	sb_fact(b, t11, log, write_nr, 0, 7, 0, 70);
	sb_fact(b, t30, log, read_nr, 0, 2, 20, 0);
	sb_fact(b, t10, conn, read_nr, 0, 3, 30, 0);
	sb_fd(b, p10, conn, 5);
	f->s = sb_finish(b);
	assert_int_equal(views_load_stock(&f->views, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	selection_done(&f->sel);
	table_free(f->t);
	views_free(f->views);
	sb_free(f->b);
	free(f);
	return 0;
}

static void build(struct fixture *f)
{
	struct filter_error err = {0};

	table_free(f->t);
	f->t = NULL;
	if (selection_table(&f->sel, f->s, &f->t, &err))
		fail_msg("%zu: %s", err.column, err.message);
}

static const struct row *row_of(const struct fixture *f, const char *key)
{
	for (size_t i = 0; i < f->t->n_rows; i++) {
		const struct value first = row_key(&f->t->rows[i], 0, f->t->arena), *k = &first;

		if (k->kind == V_STRING ? !strcmp(k->s, key) : k->i == atoll(key))
			return &f->t->rows[i];
	}
	fail_msg("no row %s", key);
	return NULL;
}

static void drill(struct fixture *f, const char *key)
{
	const struct view *from = selection_top(&f->sel)->view;

	assert_int_equal(selection_drill(&f->sel, row_of(f, key), views_find(f->views, from->drilldown)), 0);
	build(f);
}

static void check_filter(const struct fixture *f, const char *expected)
{
	char *text = selection_filter(&f->sel);

	assert_string_equal(text, expected);
	free(text);
}

static void check_breadcrumb(const struct fixture *f, const char *expected)
{
	char *text = selection_breadcrumb(&f->sel, " > ");

	assert_string_equal(text, expected);
	free(text);
}

static void check_views(const struct fixture *f, const char *expected)
{
	const struct view **list;
	size_t n = selection_views(&f->sel, f->views, &list);
	struct buf got = {0};
	char *list_of = strdup(expected), *save;
	size_t wanted = 0, found = 0;

	/* "+id" must be offered, "-id" must not */
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, " %s ", list[i]->id);
	for (char *id = strtok_r(list_of, " ", &save); id; id = strtok_r(NULL, " ", &save)) {
		char word[60];

		snprintf(word, sizeof(word), " %s ", id + 1);
		wanted++;
		found += (*id == '+') == (strstr(buf_str(&got), word) != NULL);
	}
	if (found != wanted)
		fail_msg("expected %s, got %s", expected, buf_str(&got));
	buf_done(&got);
	free(list_of);
	free(list);
}

static void test_drill(void **state)
{
	struct fixture *f = *state;

	selection_init(&f->sel, views_find(f->views, "containers"), NULL);
	build(f);
	assert_int_equal(f->t->n_rows, 1); /* the host is not one */
	check_filter(f, "(not container.type in (host, systemd))");
	check_breadcrumb(f, "Containers");
	check_views(f, "+processes +threads +containers +connections +files +syscalls");

	drill(f, "aaaaaaaaaaaa");
	assert_int_equal(f->t->n_rows, 2);
	check_filter(f, "(not container.type in (host, systemd)) and (container.id = \"aaaaaaaaaaaa\")");
	check_breadcrumb(f, "Containers > web \"1\" > Processes");
	check_views(f, "+processes +threads -containers +connections +files +syscalls");
	assert_ptr_equal(selection_top(&f->sel)->field, field_find("container.id"));

	drill(f, "10");
	assert_int_equal(f->t->n_rows, 2); /* its threads */
	check_breadcrumb(f, "Containers > web \"1\" > Processes > nginx 10 > Threads");
	check_views(f, "-processes +threads -containers +connections +files +syscalls");
	assert_int_equal(selection_needs(&f->sel), NEED_TASKS);

	assert_true(selection_back(&f->sel));
	build(f);
	assert_int_equal(f->t->n_rows, 2);
	check_breadcrumb(f, "Containers > web \"1\" > Processes");
	assert_true(selection_back(&f->sel));
	assert_false(selection_back(&f->sel));
	check_breadcrumb(f, "Containers");
}

/* Enter on a file with a hostile name finds who uses that file and nothing else. */
static void test_hostile_name(void **state)
{
	struct fixture *f = *state;

	selection_init(&f->sel, views_find(f->views, "files"), NULL);
	build(f);
	assert_int_equal(f->t->n_rows, 2);
	drill(f, "/tmp/odd \"name\" (x)");
	assert_int_equal(f->t->n_rows, 1);
	assert_int_equal(row_key(&f->t->rows[0], 0, f->t->arena).i, 10);
	assert_int_equal(row_value(&f->t->rows[0],
				   (size_t)view_column(selection_top(&f->sel)->view, "evt.count"),
				   f->t->arena)
				 .d,
			 5);
	assert_int_equal(selection_needs(&f->sel), NEED_TASKS | NEED_FACTS | NEED_FDS);
	check_views(f, "+processes +threads +containers -connections -files +syscalls");
}

/* Two keys: device and inode tell connections apart; the label is what one reads. */
static void test_connection(void **state)
{
	struct fixture *f = *state;

	selection_init(&f->sel, views_find(f->views, "connections"), NULL);
	build(f);
	assert_int_equal(f->t->n_rows, 1);
	assert_int_equal(selection_drill(&f->sel, &f->t->rows[0], views_find(f->views, "processes")), 0);
	build(f);
	check_filter(f, "(fd.type in (ipv4, ipv6)) and (fd.dev = 8388609 and fd.ino = 1003)");
	check_breadcrumb(f, "Connections > 10.0.0.1:80->10.0.0.2:5000 > Processes");
	assert_int_equal(f->t->n_rows, 1);
	assert_ptr_equal(selection_top(&f->sel)->field, field_find("fd.name"));
	check_views(f, "+processes +threads +containers -connections -files +syscalls");
}

/* F2: the selection stays, the view's own filter goes with its view, what was typed comes along. */
static void test_switch(void **state)
{
	struct fixture *f = *state;

	selection_init(&f->sel, views_find(f->views, "containers"), NULL);
	selection_top(&f->sel)->user_filter = strdup("proc.name != nothing");
	selection_switch(&f->sel, views_find(f->views, "processes"));
	build(f);
	assert_int_equal(f->t->n_rows, 3); /* the one outside, too */
	check_filter(f, "(proc.name != nothing)");
	check_breadcrumb(f, "Processes");
	assert_string_equal(selection_top(&f->sel)->user_filter, "proc.name != nothing");
	drill(f, "10");
	selection_switch(&f->sel, views_find(f->views, "files"));
	build(f);
	assert_int_equal(f->t->n_rows, 2);
	check_filter(f, "(proc.name != nothing) and (proc.pid = 10) and (fd.type in (file, directory))");
	check_breadcrumb(f, "Processes > nginx 10 > Files");
	check_views(f, "-processes +threads -containers +connections +files +syscalls");
	assert_true(selection_back(&f->sel));
	check_breadcrumb(f, "Processes > nginx 10 > Threads");
	assert_true(selection_back(&f->sel));
	assert_true(selection_back(&f->sel));
	check_breadcrumb(f, "Containers");
}

static void test_typed_filter(void **state)
{
	struct fixture *f = *state;
	struct filter_error err = {0};
	struct selection_level *top;

	selection_init(&f->sel, views_find(f->views, "processes"), "proc.pid < 100");
	top = selection_top(&f->sel);
	top->user_filter = strdup("proc.nam = x");
	assert_int_equal(selection_table(&f->sel, f->s, &f->t, &err), -EINVAL);
	assert_int_equal(err.column, 1); /* in what was typed, not in the whole */
	assert_null(f->t);
	assert_int_equal(selection_needs(&f->sel), 0);
	free(top->user_filter);
	top->user_filter = strdup("evt.type = write or proc.name = sh");
	build(f);
	assert_int_equal(f->t->n_rows, 2);
	check_filter(f, "(proc.pid < 100) and (evt.type = write or proc.name = sh)");
	assert_int_equal(selection_needs(&f->sel), NEED_TASKS | NEED_FACTS);

	/* what was filtered stays so below */
	drill(f, "10");
	check_filter(f, "(proc.pid < 100) and (evt.type = write or proc.name = sh) and (proc.pid = 10)");
}

static void test_row_filter(void **state)
{
	struct fixture *f = *state;
	struct row incomplete;
	const struct record nothing = {0};
	char *text;

	selection_init(&f->sel, views_find(f->views, "syscalls"), "container.id != host");
	build(f);
	text = selection_row_filter(&f->sel, row_of(f, "write"));
	assert_string_equal(text, "(container.id != host) and (evt.type = \"write\")");
	free(text);
	text = selection_row_filter(&f->sel, NULL);
	assert_string_equal(text, "(container.id != host)");
	free(text);
	incomplete = row_of_list(&nothing, NULL);
	assert_int_equal(selection_drill(&f->sel, &incomplete, views_find(f->views, "processes")), -EINVAL);
	assert_int_equal(f->sel.n, 1);
}

/* Where one came from is as one left it. */
static void test_restore(void **state)
{
	struct fixture *f = *state;
	struct selection_level *top;

	selection_init(&f->sel, views_find(f->views, "processes"), NULL);
	build(f);
	top = selection_top(&f->sel);
	assert_int_equal(top->sort, view_column(top->view, "thread.cpu"));
	top->sort = 0;
	top->ascending = true;
	top->row_id = f->t->rows[2].id;
	top->row_index = 2;
	drill(f, "10");
	assert_false(selection_top(&f->sel)->ascending);
	selection_back(&f->sel);
	top = selection_top(&f->sel);
	assert_true(top->sort == 0 && top->ascending && top->row_index == 2);
	build(f);
	for (size_t i = 0; i + 1 < f->t->n_rows; i++)
		assert_true(row_key(&f->t->rows[i], 0, f->t->arena).i <
			    row_key(&f->t->rows[i + 1], 0, f->t->arena).i);
}

/* However deep one drills, the filter stays one that can be parsed. */
static void test_deep(void **state)
{
	struct fixture *f = *state;

	selection_init(&f->sel, views_find(f->views, "processes"), NULL);
	for (int i = 0; i < 150; i++) {
		build(f);
		assert_int_equal(selection_drill(&f->sel, row_of(f, "10"), views_find(f->views, "processes")),
				 0);
	}
	build(f);
	assert_int_equal(f->t->n_rows, 1);
}

/* = and ! on a row: the sorted column's value, or what the row is. */
static void test_cell_filter(void **state)
{
	struct fixture *f = *state;
	const struct view *v = views_find(f->views, "processes");
	char *text;

	selection_init(&f->sel, v, NULL);
	build(f);
	text = view_cell_filter(v, &f->t->rows[0], view_column(v, "container.name"), false);
	assert_non_null(strstr(text, "container.name = \""));
	free(text);
	text = view_cell_filter(v, &f->t->rows[0], view_column(v, "thread.cpu"), true); /* an amount */
	assert_true(!strncmp(text, "not (proc.pid = ", 16));
	free(text);
	text = view_cell_filter(v, &f->t->rows[0], -1, false);
	assert_true(!strncmp(text, "proc.pid = ", 11));
	selection_top(&f->sel)->user_filter = text;
	build(f);
	assert_int_equal(f->t->n_rows, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_drill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cell_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(test_switch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_typed_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_row_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deep, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
