/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells that are made when somebody looks are those that were added up at once: every stock view over the
 * synthetic machine, asked both ways (with totals, every row is sums from its first record on).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/source.h"
#include "core/table_look.h"
#include "views/view.h"

struct fixture {
	struct views *views;
	struct source *source;
	struct sample *s;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct views_error err;
	struct sample *first = NULL;

	*state = f;
	if (!f || views_load_stock(&f->views, &err) || source_demo_new(1, &f->source) ||
	    source_set_needs(f->source, ~0u) || source_collect(f->source, &first))
		return -1;
	sample_free(first);
	usleep(200000);
	return source_collect(f->source, &f->s);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sample_free(f->s);
	source_free(f->source);
	views_free(f->views);
	free(f);
	return 0;
}

static struct table *ask(const struct fixture *f, const struct view *v, const char *filter, bool tree,
			 bool totals)
{
	struct selection sel;
	struct table *t = NULL;
	struct filter_error err;
	int r;

	selection_init(&sel, v, filter);
	selection_top(&sel)->tree = tree;
	sel.totals = totals;
	r = selection_table(&sel, f->s, &t, &err);
	selection_done(&sel);
	return r ? NULL : t;
}

static void assert_same(const struct view *v, size_t column, const struct value *a, const struct value *b)
{
	if (a->kind != b->kind || (a->kind != V_MISSING && value_compare(a, b)))
		fail_msg("%s, %s: not the same", v->id, v->columns[column].id);
}

/* Returns how many rows have no sums. */
static size_t compare(const struct view *v, const struct table *lazy, const struct table *eager)
{
	struct arena *tmp = arena_new();
	struct look look = {0};
	size_t n = 0;

	assert_int_equal(lazy->n_rows, eager->n_rows);
	for (size_t i = 0; i < lazy->n_rows; i++) {
		const struct row *a = &lazy->rows[i], *b = &eager->rows[i];
		const struct record ra = row_record(a), rb = row_record(b);

		assert_int_equal(a->id, b->id);
		assert_int_equal(a->exited, b->exited);
		assert_ptr_equal(ra.process, rb.process);
		assert_ptr_equal(ra.thread, rb.thread);
		assert_ptr_equal(ra.obj, rb.obj);
		assert_int_equal(ra.counters, rb.counters);
		assert_true(b->summed);
		n += !a->summed;
		look_at(&look, a);
		assert_int_equal(look.n_records, a->summed ? 0 : a->n_records);
		for (size_t k = 0; k < v->n_columns; k++) {
			const struct value x = row_value(a, k, tmp), y = row_value(b, k, tmp);
			const struct value sx = row_sum(a, k, tmp), sy = row_sum(b, k, tmp);
			const struct value again = row_value(a, k, tmp), looked = look_value(&look, k, tmp);

			assert_same(v, k, &x, &y);
			assert_same(v, k, &sx, &sy);
			assert_same(v, k, &x, &again);
			assert_same(v, k, &x, &looked);
		}
	}
	look_done(&look);
	arena_free(tmp);
	return n;
}

static void test_views(void **state)
{
	static const char *const filters[] = {NULL, "evt.failed = true or fd.type = ipv4",
					      "evt.latency > 100000", "proc.name contains n"};
	const struct fixture *f = *state;
	size_t lazy_rows = 0, n_tables = 0;

	for (size_t i = 0; i < f->views->n; i++) {
		const struct view *v = f->views->items[i];

		for (size_t k = 0; k < 2 * sizeof(filters) / sizeof(filters[0]) && !view_is_list(v); k++) {
			bool tree = k & 1;
			struct table *lazy, *eager;

			if (tree && !v->tree)
				continue;
			lazy = ask(f, v, filters[k / 2], tree, false);
			eager = ask(f, v, filters[k / 2], tree, true);
			assert_int_equal(!lazy, !eager);
			if (lazy) {
				lazy_rows += compare(v, lazy, eager);
				n_tables++;
			}
			table_free(lazy);
			table_free(eager);
		}
	}
	/* else nothing was compared */
	assert_true(n_tables > f->views->n);
	assert_true(lazy_rows > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_views)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
