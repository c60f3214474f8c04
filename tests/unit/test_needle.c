/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_needle.c - a text is found in the rows that show it, whatever was skipped to find it: against all
 * cells of all stock views, formatted and searched by the C library.
 */
#include <ctype.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/need.h"
#include "core/mem.h"
#include "core/source.h"
#include "ui/needle.h"
#include "ui/rows.h"
#include "unit/sample_builder.h"

enum { TEXTS_MAX = 400 };

static bool library_finds(const char *s, const char *text)
{
	for (const char *p = text; *p; p++)
		if (isupper((unsigned char)*p))
			return strstr(s, text);
	return strcasestr(s, text);
}

static void shown(const struct view *v, const struct table *t, const struct row *row, size_t column,
		  struct buf *out)
{
	buf_reset(out);
	if (row_label(row).kind != V_MISSING && (int)column == t->tree->column)
		row_tree_cell(v, row, column, false, out);
	else
		row_cell(v, row, column, out);
}

/* Cells of a table as text, made once. */
struct shown_rows {
	char **cells;
	size_t n_rows, n_columns;
};

static struct shown_rows show(const struct view *v, const struct table *t)
{
	struct shown_rows s = {.n_rows = t->n_rows, .n_columns = v->n_columns};
	struct buf b = {0};

	s.cells = xcalloc(s.n_rows * s.n_columns + 1, sizeof(*s.cells));
	for (size_t i = 0; i < s.n_rows; i++)
		for (size_t k = 0; k < s.n_columns; k++) {
			shown(v, t, &t->rows[i], k, &b);
			s.cells[i * s.n_columns + k] = xstrdup(buf_str(&b));
		}
	buf_done(&b);
	return s;
}

static void shown_done(struct shown_rows *s)
{
	for (size_t i = 0; i < s->n_rows * s->n_columns; i++)
		free(s->cells[i]);
	free(s->cells);
}

/* Returns how many rows have it. */
static size_t compare(const struct view *v, const struct table *t, const struct shown_rows *s,
		      const char *text)
{
	struct needle *n = needle_new(text, v, t);
	size_t found = 0;

	for (size_t i = 0; i < s->n_rows; i++) {
		bool want = false;

		for (size_t k = 0; k < s->n_columns; k++)
			want |= library_finds(s->cells[i * s->n_columns + k], text);
		if (needle_in_row(n, &t->rows[i]) != want)
			fail_msg("%s, row %zu: '%s' is %s", v->id, i, text,
				 want ? "shown, not found" : "found, not shown");
		found += want;
	}
	needle_free(n);
	return found;
}

/* Some letters out of some cell. */
static void pick(char *text, size_t size, const struct shown_rows *s, unsigned seed)
{
	const char *cell = s->cells[(seed * 2654435761u >> 7) % (s->n_rows * s->n_columns)];
	size_t len = strlen(cell), from = len ? seed * 40503u / 7 % len : 0, n = 1 + seed % 4;

	while (from && (cell[from] & 0xc0) == 0x80)
		from--;
	n = n < size - 8 ? n : size - 8;
	while (from + n < len && (cell[from + n] & 0xc0) == 0x80)
		n++;
	snprintf(text, size, "%.*s", (int)n, cell + from);
	if (seed % 5 == 0)
		for (char *p = text; *p; p++)
			*p = (char)(isascii(*p) ? tolower(*p) : *p);
}

static size_t compare_all(const struct view *v, const struct table *t)
{
	static const char *const fixed[] = {
		"·",   "–",     "-",    "µ",  "µs",   "us",   "ns",   "ms",    "s",    "m",
		"h",   "d",     "K",    "k",  "M",    "G",    "m0",   "1.",    "0.",   ".",
		":",   ": ",    " ",    "%",  "true", "fa",   "e f",  "false", "TRUE", "nan",
		"inf", "\\x1b", "\\u{", "é",  "É",    "\xc3", "\xc2", "*",     "10.",  "::",
		"f:",  "host",  "2026", "-0", "├",    "└─",   "1e",   "zz9",   "/",    "\xe2\x80"};
	struct shown_rows s = show(v, t);
	size_t found = 0;
	char text[40];

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		found += compare(v, t, &s, fixed[i]) > 0;
	for (unsigned i = 0; s.n_rows && i < 60; i++) {
		pick(text, sizeof(text), &s, i * 97 + 13);
		if (*text)
			found += compare(v, t, &s, text) > 0;
	}
	shown_done(&s);
	return found;
}

static size_t compare_views(const struct sample *s)
{
	struct views *views = NULL;
	struct views_error err;
	size_t found = 0;

	assert_int_equal(views_load_stock(&views, &err), 0);
	for (size_t i = 0; i < views->n; i++) {
		for (unsigned tree = 0; tree < 2; tree++) {
			struct selection sel;
			struct table *t = NULL;
			struct filter_error fe;

			if (view_is_list(views->items[i]) || (tree && !views->items[i]->tree))
				continue;
			selection_init(&sel, views->items[i], NULL);
			selection_top(&sel)->tree = tree;
			assert_int_equal(selection_table(&sel, s, &t, &fe), 0);
			found += compare_all(views->items[i], t);
			table_free(t);
			selection_done(&sel);
		}
	}
	views_free(views);
	return found;
}

static void test_demo(void **state)
{
	struct source *source;
	struct sample *s = NULL;

	assert_int_equal(source_demo_new(5, &source), 0);
	assert_int_equal(source_set_needs(source, NEED_TASKS | NEED_FACTS | NEED_FDS), 0);
	for (unsigned i = 0; i < 3; i++) {
		sample_free(s);
		assert_int_equal(source_collect(source, &s), 0);
	}
	assert_true(compare_views(s) > 500);
	sample_free(s);
	source_free(source);
}

/* Names that are shown otherwise than they are, wide ones, ones that differ in case beyond ASCII. */
static void test_names(void **state)
{
	static const char *const names[] = {"\x1b[31mred",
					    "\xff\xfe",
					    "été",
					    "ÉTÉ",
					    "日本語",
					    ("a\xc2\xad"
					     "b"),
					    "İstanbul",
					    "tab\there",
					    "K",
					    "·",
					    "–",
					    ""};
	struct builder *b = sb_new(64);
	struct container *c = sb_container(b, "0123456789ab",
					   "\xe2\x80\xae"
					   "web",
					   "docker");
	struct thread *t;

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct process *p = sb_process(b, 700 + i, names[i], i % 2 ? c : NULL);

		t = sb_thread(b, p, 700 + i);
		sb_fact(b, t, sb_file(b, arena_printf(b->arena, "/tmp/%s", names[i])), i, 0, i * 600,
			i * 1500, 0);
		sb_fact(b, t, sb_tcp(b, "10.0.0.1", 80, "255.1.0.9", (uint16_t)(1000 + i), true), 1, 11, 3, 5,
			7);
		sb_latency(b, &b->facts[b->sample.n_facts - 1], 1000 << i, 3);
		sb_fd(b, p, &b->objects[b->sample.n_objects - 1], 3);
	}
	assert_true(compare_views(sb_finish(b)) > 500);
	sb_free(b);
}

static void test_text_find(void **state)
{
	static const char *const texts[] = {"",  "a", "A",         "aab", "aaab", "xAaB",
					    "É", "é", "b\xc3\xa9", "AB",  "ab",   "zab"};
	const size_t n = sizeof(texts) / sizeof(texts[0]);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			assert_int_equal(text_find(texts[i], texts[k]) != NULL,
					 library_finds(texts[i], texts[k]));
	assert_string_equal(text_find("xAaB!", "ab"), "aB!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_demo),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_text_find),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
