/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees: order among siblings, guides, levels that miss, parents in rings, folding, what a row selects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sample_builder.h"
#include "ui/rows.h"
#include "views/view.h"

static struct views *stock;

static int setup(void **state)
{
	struct views_error err;

	return views_load_stock(&stock, &err);
}

static int teardown(void **state)
{
	views_free(stock);
	return 0;
}

static struct container_meta pod_meta = {.pod_uid = "uid-1", .pod_name = "web-0", .pod_ns = "shop"};

static struct thread *process(struct builder *b, uint32_t pid, const char *name, const struct container *c,
			      uint32_t ppid, uint64_t cpu)
{
	struct process *p = sb_process(b, pid, name, c);
	struct thread *t = sb_thread(b, p, pid);

	p->ppid = ppid;
	sb_did(t)->cpu = cpu;
	return t;
}

static const struct cgroup_stat charged = {.memory = 4096, .memory_max = UNKNOWN_U64, .cpu_max = -1};

/* One line a row: guides, a bar, label or first column. */
static void expect(const struct table *t, const struct view *v, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		struct buf out = {0};

		row_tree_cell(v, &t->rows[i], (size_t)t->tree->column, false, &out);
		if (i >= n)
			fail_msg("row %zu: '%s' too many", i, buf_str(&out));
		assert_string_equal(buf_str(&out), lines[i]);
		buf_done(&out);
	}
	assert_int_equal(t->n_rows, n);
}
#define EXPECT(t, v, ...)                                                                                    \
	do {                                                                                                 \
		static const char *const lines[] = {__VA_ARGS__};                                            \
		expect(t, v, lines, sizeof(lines) / sizeof(lines[0]));                                       \
	} while (0)

static struct table *tree_of(struct selection *sel, const struct sample *s)
{
	struct table *t;
	struct filter_error err;

	selection_top(sel)->tree = true;
	assert_int_equal(selection_table(sel, s, &t, &err), 0);
	return t;
}

static struct value cell(const struct table *t, size_t row, int column)
{
	return row_value(&t->rows[row], (size_t)column, t->arena);
}

static struct builder *machine(void)
{
	struct builder *b = sb_new(64);
	struct container *web = sb_container(b, "aaa", "web", "containerd");
	struct container *side = sb_container(b, "bbb", "sidecar", "containerd");
	struct container *alone = sb_container(b, "ccc", "alone", "docker");

	web->meta = side->meta = &pod_meta;
	web->stat = side->stat = &charged;
	b->sample.needs |= NEED_CGROUPS;
	process(b, 10, "small", web, 1, 1000000);
	process(b, 11, "large", web, 1, 5000000);
	process(b, 12, "proxy", side, 1, 90000000);
	process(b, 13, "cron", alone, 1, 50000000);
	process(b, 14, "outside", NULL, 1, 900000000);
	return b;
}

static void test_levels(void **state)
{
	struct builder *b = machine();
	struct selection sel;
	const struct view *v = views_find(stock, "containers");
	const struct sample *s = sb_finish(b);
	struct table *t;

	selection_init(&sel, v, NULL);
	sel.totals = true;
	t = tree_of(&sel, s);
	/* by CPU: the pod (96 ms) before the container that is in none (50 ms); the same among siblings */
	EXPECT(t, v, "web-0", "├─ sidecar", "│ └─ proxy", "└─ web", "  ├─ large", "  └─ small", "alone",
	       "└─ cron");
	assert_int_equal(t->rows[0].n_below, 5);
	assert_int_equal(t->rows[3].n_below, 2);
	assert_int_equal(t->rows[2].n_below, 0);
	/* a pod's numbers are those of all its containers, the total that of everything */
	assert_true(cell(t, 0, view_column(v, "thread.cpu")).d > 9.59 &&
		    cell(t, 0, view_column(v, "thread.cpu")).d < 9.61);
	assert_true(t->totals[view_column(v, "thread.cpu")].d > 14.59 &&
		    t->totals[view_column(v, "thread.cpu")].d < 14.61);
	/* what the kernel charges a container is no number of its processes */
	assert_int_equal(cell(t, 1, view_column(v, "cgroup.memory")).i, 4096);
	assert_int_equal(cell(t, 2, view_column(v, "cgroup.memory")).kind, V_MISSING);
	/* the other way round, and by what stands in the column */
	table_sort(t, view_column(v, "thread.cpu"), true);
	EXPECT(t, v, "alone", "└─ cron", "web-0", "├─ web", "│ ├─ small", "│ └─ large", "└─ sidecar",
	       "  └─ proxy");
	table_sort(t, t->tree->column, true);
	EXPECT(t, v, "alone", "└─ cron", "web-0", "├─ sidecar", "│ └─ proxy", "└─ web", "  ├─ large",
	       "  └─ small");
	table_free(t);
	selection_done(&sel);
	sb_free(b);
}

static void test_rows_select_what_they_are(void **state)
{
	struct builder *b = machine();
	struct selection sel;
	const struct view *v = views_find(stock, "containers");
	const struct sample *s = sb_finish(b);
	struct table *t, *flat, *below;
	struct filter_error err;
	char *text;

	selection_init(&sel, v, NULL);
	assert_int_equal(selection_table(&sel, s, &flat, &err), 0);
	t = tree_of(&sel, s);
	assert_string_equal(view_drilldown(v, &t->rows[0]), "processes");
	assert_string_equal(view_drilldown(v, &t->rows[4]), "threads");
	text = view_row_label(v, &t->rows[4]);
	assert_string_equal(text, "large 11");
	free(text);
	text = view_row_label(v, &t->rows[0]);
	assert_string_equal(text, "web-0");
	free(text);
	/* into the pod: the processes of both of its containers */
	assert_int_equal(selection_drill(&sel, &t->rows[0], views_find(stock, "processes")), 0);
	assert_int_equal(selection_table(&sel, s, &below, &err), 0);
	assert_int_equal(below->n_rows, 3);
	table_free(below);
	/* one that is in no pod */
	assert_true(selection_back(&sel));
	assert_int_equal(selection_drill(&sel, &t->rows[6], views_find(stock, "processes")), 0);
	assert_int_equal(selection_table(&sel, s, &below, &err), 0);
	assert_int_equal(below->n_rows, 1);
	assert_int_equal(row_key(&below->rows[0], 0, below->arena).i, 13);
	table_free(below);
	/* the selected thing stays selected when the tree comes and goes */
	for (size_t i = 0; i < flat->n_rows; i++) {
		const struct row *r = view_row_in(v, &flat->rows[i], t);

		assert_non_null(r);
		assert_int_equal(row_level(r), 1);
		assert_string_equal(row_label(r).s, cell(flat, i, 0).s);
	}
	assert_string_equal(row_value(view_row_in(v, &t->rows[4], flat), 0, flat->arena).s, "web");
	assert_null(view_row_in(v, &t->rows[0], flat));
	table_free(t);
	table_free(flat);
	selection_done(&sel);
	sb_free(b);
}

static void test_parents(void **state)
{
	struct builder *b = sb_new(64);
	struct selection sel;
	const struct view *v = views_find(stock, "processes");
	const struct sample *s;
	struct table *t;

	process(b, 1, "init", NULL, 0, 5);
	process(b, 20, "shell", NULL, 1, 30000000);
	process(b, 21, "busy", NULL, 20, 70000000);
	process(b, 22, "idle", NULL, 20, 0);
	process(b, 30, "orphan", NULL, 7777, 10000000); /* its parent is not in the sample */
	process(b, 40, "ring", NULL, 41, 2000000);
	process(b, 41, "other", NULL, 40, 1000000);
	process(b, 50, "own", NULL, 50, 0);
	s = sb_finish(b);
	selection_init(&sel, v, NULL);
	t = tree_of(&sel, s);
	EXPECT(t, v, "orphan", "init", "└─ shell", "  ├─ busy", "  └─ idle", "own", "ring", "└─ other");
	table_free(t);
	/* what a filter takes out has no rows below it; they move up */
	selection_top(&sel)->user_filter = strdup("proc.pid != 20");
	t = tree_of(&sel, s);
	assert_int_equal(row_depth(&t->rows[0]), 0);
	assert_string_equal(cell(t, 0, view_column(v, "proc.exeline")).s, "busy");
	table_free(t);
	selection_done(&sel);
	sb_free(b);
}

static void test_a_long_chain(void **state)
{
	enum { N = 3000 };
	struct builder *b = sb_new(N + 8);
	struct selection sel;
	const struct view *v = views_find(stock, "processes");
	struct buf out = {0};
	struct table *t;

	for (uint32_t i = 0; i < N; i++)
		process(b, 100 + i, "link", NULL, 99 + i, 0);
	selection_init(&sel, v, NULL);
	t = tree_of(&sel, sb_finish(b));
	assert_int_equal(t->n_rows, N);
	assert_int_equal(t->rows[0].n_below, N - 1);
	assert_int_equal(row_depth(&t->rows[N - 1]), N - 1);
	table_tree_guides(&t->rows[N - 1], false, true, &out);
	assert_int_equal(out.len, 2 * TREE_DEPTH_MAX + 1);
	buf_done(&out);
	table_free(t);
	selection_done(&sel);
	sb_free(b);
}

static void shown(const struct rows *r, const char *const *names, size_t n)
{
	assert_int_equal(r->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(row_label(rows_get(r, i)).s, names[i]);
}
#define SHOWN(r, ...)                                                                                        \
	do {                                                                                                 \
		static const char *const names[] = {__VA_ARGS__};                                            \
		shown(r, names, sizeof(names) / sizeof(names[0]));                                           \
	} while (0)

static void test_folding(void **state)
{
	struct builder *b = machine();
	struct selection sel;
	const struct view *v = views_find(stock, "containers");
	const struct sample *s = sb_finish(b);
	struct rows r = {0};
	struct table *t, *next;

	selection_init(&sel, v, NULL);
	t = tree_of(&sel, s);
	rows_set(&r, v, t, 20);
	rows_go(&r, 3, 20);
	rows_fold(&r, rows_current(&r), 20);
	SHOWN(&r, "web-0", "sidecar", "proxy", "web", "alone", "cron");
	assert_string_equal(row_label(rows_current(&r)).s, "web");
	/* stays so in the next sample, with the cursor on its row */
	next = tree_of(&sel, s);
	table_sort(next, view_column(v, "thread.cpu"), true);
	rows_set(&r, v, next, 20);
	SHOWN(&r, "alone", "cron", "web-0", "web", "sidecar", "proxy");
	assert_string_equal(row_label(rows_current(&r)).s, "web");
	/* a search finds what is folded, and shows the way to it */
	rows_set_needle(&r, "large", 20);
	SHOWN(&r, "web-0", "web", "large");
	rows_set_needle(&r, NULL, 20);
	/* under a folded one the cursor moves up to it */
	rows_go(&r, 5, 20);
	rows_fold(&r, rows_get(&r, 2), 20);
	SHOWN(&r, "alone", "cron", "web-0");
	assert_string_equal(row_label(rows_current(&r)).s, "web-0");
	rows_fold_all(&r, 20); /* some are: all are shown */
	assert_int_equal(r.n, 8);
	rows_fold_all(&r, 20);
	SHOWN(&r, "alone", "web-0");
	rows_fold(&r, rows_get(&r, 1), 20);
	SHOWN(&r, "alone", "web-0", "web", "sidecar");
	table_free(t);
	table_free(next);
	rows_done(&r);
	selection_done(&sel);
	sb_free(b);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *tree, *says;
	} cases[] = {
		{"\"tree\": 1", "'tree' must be an object"},
		{"\"tree\": {\"column\": \"proc.name\"}", "either 'levels' or 'parent'"},
		{"\"tree\": {\"column\": \"proc.nam\", \"parent\": \"proc.ppid\"}", "no column 'proc.nam'"},
		{"\"tree\": {\"column\": \"proc.name\", \"parent\": \"thread.cpu\"}",
		 "something to group by"},
		{"\"tree\": {\"column\": \"proc.name\", \"levels\": []}", "levels"},
		{"\"tree\": {\"column\": \"proc.name\", \"levels\": [{\"label\": \"proc.name\"}]}",
		 "missing key 'key'"},
		{"\"tree\": {\"column\": \"proc.name\", \"levels\": [{\"key\": \"proc.pid\", \"drilldown\": "
		 "\"thread\"}]}",
		 "did you mean 'threads'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[600];
		struct views_error err = {0};

		snprintf(text, sizeof(text),
			 "{\"views\": [{\"id\": \"x\", \"name\": \"X\", \"records\": [\"tasks\"], \"key\": "
			 "[\"proc.pid\"], "
			 "\"columns\": [{\"field\": \"proc.name\"}], %s}]}",
			 cases[i].tree);
		assert_int_not_equal(views_load_text(&stock, "t", text, strlen(text), &err), 0);
		if (!strstr(err.message, cases[i].says))
			fail_msg("%s: says '%s'", cases[i].tree, err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),  cmocka_unit_test(test_rows_select_what_they_are),
		cmocka_unit_test(test_parents), cmocka_unit_test(test_a_long_chain),
		cmocka_unit_test(test_folding), cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
