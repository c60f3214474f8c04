/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the front end that draw nothing: line editing, keys, columns, rows, graphs. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/sample.h"
#include "ui/keys.h"
#include "ui/layout.h"
#include "ui/lineedit.h"
#include "ui/mouse.h"
#include "ui/needle.h"
#include "ui/row_history.h"
#include "ui/rows.h"
#include "ui/spark.h"
#include "ui/theme.h"
#include "ui/ui.h"
#include "views/action.h"
#include "views/view.h"

/* ---- line editing ---- */

static void type(struct lineedit *l, const char *text)
{
	for (; *text; text++)
		assert_int_equal(line_key(l, *text), LINE_CHANGED);
}

static void edits_a_line(void **state)
{
	struct lineedit l;

	line_start(&l, NULL, NULL);
	type(&l, "proc.nme = x");
	for (int i = 0; i < 6; i++)
		line_key(&l, K_LEFT);
	line_key(&l, 'a');
	assert_string_equal(l.text, "proc.name = x");
	line_key(&l, K_END);
	assert_int_equal(line_key(&l, K_CTRL('w')), LINE_CHANGED);
	assert_string_equal(l.text, "proc.name = ");
	line_key(&l, K_HOME);
	assert_int_equal(line_key(&l, K_BACKSPACE), LINE_IGNORED);
	line_key(&l, K_DEL);
	assert_string_equal(l.text, "roc.name = ");
	line_key(&l, K_CTRL('k'));
	assert_string_equal(l.text, "");
	assert_int_equal(line_key(&l, K_ENTER), LINE_ACCEPTED);
	assert_int_equal(line_key(&l, K_ESC), LINE_CANCELLED);
	assert_int_equal(line_key(&l, K_F1), LINE_IGNORED);
	assert_int_equal(line_key(&l, K_CTRL('t')), LINE_IGNORED);
}

static void edits_whole_characters(void **state)
{
	struct lineedit l;

	line_start(&l, "gr\xc3\xb6\xc3\x9f", NULL);
	line_key(&l, 0x20ac); /* euro sign */
	line_key(&l, 0x1f600);
	assert_string_equal(l.text, "gr\xc3\xb6\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80");
	line_key(&l, K_BACKSPACE);
	line_key(&l, K_BACKSPACE);
	line_key(&l, K_LEFT);
	line_key(&l, K_BACKSPACE);
	assert_string_equal(l.text, "gr\xc3\x9f");
	assert_int_equal(line_cursor_cells(&l), 2);
}

static void a_line_has_an_end(void **state)
{
	struct lineedit l;

	line_start(&l, NULL, NULL);
	for (int i = 0; i < 2 * LINE_MAX_BYTES; i++)
		line_key(&l, 'x');
	assert_int_equal(l.len, LINE_MAX_BYTES - 1);
	assert_int_equal(strlen(l.text), l.len);
	assert_int_equal(line_key(&l, 0xe9), LINE_IGNORED);
}

static void remembers_lines(void **state)
{
	struct line_history h = {0};
	struct lineedit l;

	history_add(&h, "one");
	history_add(&h, "two");
	history_add(&h, "two"); /* not twice */
	history_add(&h, "   ");
	assert_int_equal(h.n, 2);
	line_start(&l, NULL, &h);
	type(&l, "begun");
	line_key(&l, K_UP);
	assert_string_equal(l.text, "two");
	line_key(&l, K_UP);
	assert_string_equal(l.text, "one");
	assert_int_equal(line_key(&l, K_UP), LINE_IGNORED);
	line_key(&l, K_DOWN);
	line_key(&l, K_DOWN);
	assert_string_equal(l.text, "begun");
	for (int i = 0; i < 2 * LINE_HISTORY; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		history_add(&h, text);
	}
	assert_int_equal(h.n, LINE_HISTORY);
	assert_string_equal(h.items[LINE_HISTORY - 1], "99");
	history_done(&h);
}

/* ---- keys ---- */

static void no_key_means_two_things(void **state)
{
	size_t n;
	const struct key_op *ops = key_ops(&n);

	for (size_t i = 0; i < n; i++) {
		assert_true(ops[i].keys[0] != 0);
		assert_true(!ops[i].bar == !ops[i].label);
		for (const int *k = ops[i].keys; *k; k++)
			for (unsigned scope = 1; scope <= SCOPE_PAGE; scope <<= 1)
				if (ops[i].scopes & scope)
					assert_int_equal(key_find(*k, scope), ops[i].op);
	}
}

static void every_operation_has_a_plain_key(void **state)
{
	size_t n;
	const struct key_op *ops = key_ops(&n);

	for (size_t i = 0; i < n; i++) {
		bool plain = ops[i].op == OP_CLOSE || ops[i].op == OP_REDRAW; /* Esc, Ctrl-L by nature */

		plain |= ops[i].scopes == SCOPE_INPUT; /* letters are what is typed there */
		for (const int *k = ops[i].keys; *k; k++)
			plain |= *k >= ' ' && *k < 127;
		if (!plain)
			fail_msg("no plain key for \"%s\"", ops[i].help);
	}
}

/* What the table, and so help and manual, says about typing is so. */
static void keys_of_the_input_line_work(void **state)
{
	struct line_history history = {0};
	size_t n, told = 0;
	const struct key_op *ops = key_ops(&n);

	history_add(&history, "before");
	for (size_t i = 0; i < n; i++) {
		if (ops[i].scopes != SCOPE_INPUT || ops[i].op == OP_TYPE_COMPLETE)
			continue;
		for (const int *k = ops[i].keys; *k; k++, told++) {
			enum line_event event, want = ops[i].op == OP_TYPE_ACCEPT   ? LINE_ACCEPTED
						      : ops[i].op == OP_TYPE_CANCEL ? LINE_CANCELLED
						      : ops[i].op == OP_TYPE_MOVE || ops[i].op == OP_TYPE_ENDS
							      ? LINE_MOVED
							      : LINE_CHANGED;
			struct lineedit l;

			line_start(&l, "one two", &history);
			line_key(&l, K_LEFT);
			if (*k == K_DOWN || *k == K_CTRL('n'))
				line_key(&l, K_UP);
			event = line_key(&l, *k);
			assert_int_equal(event, want);
		}
	}
	assert_true(told > 15);
	history_done(&history);
}

static void prints_its_keys(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ui_keys_print(f, UI_KEYS_ROFF);
	fclose(f);
	assert_non_null(strstr(text, ".SS Moving\n"));
	assert_non_null(strstr(text, ".B \\e F4\n")); /* the backslash survives roff */
	assert_null(strstr(text, "\n\\\n"));
	free(text);
	f = open_memstream(&text, &len);
	ui_keys_print(f, UI_KEYS_TEXT);
	fclose(f);
	assert_non_null(strstr(text, "F2 v "));
	free(text);
}

static void without_colour_attributes_speak(void **state)
{
	for (unsigned role = 0; role < ROLE_MAX; role++) {
		assert_int_equal(theme_look(role, 0).fg, -1);
		assert_true(theme_look(role | ROLE_SELECTED, 0).attr & LOOK_REVERSE);
	}
	assert_true(theme_look(ROLE_CRITICAL, 0).attr != theme_look(ROLE_NORMAL, 0).attr);
	assert_true(theme_look(ROLE_CRITICAL, 256).fg != theme_look(ROLE_NORMAL, 256).fg);
	assert_true(theme_look(ROLE_CRITICAL, 8).fg < 8);
}

static struct table *make_table(const uint64_t *ids, size_t n);
static void free_table(struct table *t);

/* ---- columns ---- */

static struct field name_field = {.id = "proc.name", .type = FT_STRING};
static struct field number_field = {
	.id = "evt.count", .type = FT_INT, .unit = UNIT_COUNT, .flags = FIELD_MEASURE | FIELD_DELTA};

/* KEY 8, A 6, B 6, C 6, D 6, rest. B leaves first, then C, D, A. */
#define COLUMN(name, f, w, prio, ...)                                                                        \
	{                                                                                                    \
		.id = (char *)(name), .title = (char *)(name), .field = &(f), .width = (w),                  \
		.priority = (prio), __VA_ARGS__                                                              \
	}
#define COOL .warn = NAN, .critical = NAN
static struct column columns[] = {
	COLUMN("KEY", name_field, 8, 1, COOL), COLUMN("A", number_field, 6, 2, .warn = 10, .critical = 100),
	COLUMN("B", number_field, 6, 9, COOL), COLUMN("C", number_field, 6, 8, COOL),
	COLUMN("D", number_field, 6, 3, COOL), COLUMN("REST", name_field, 0, 1, COOL),
};
static struct view view = {.columns = columns, .n_columns = 6};

static void check_inside(const struct layout *l, int x, int width)
{
	for (size_t i = 0; i < l->n; i++) {
		assert_true(l->cells[i].x >= x);
		assert_true(l->cells[i].width >= 0);
		assert_true(l->cells[i].x + l->cells[i].width <= x + width);
		if (i)
			assert_true(l->cells[i].x > l->cells[i - 1].x + l->cells[i - 1].width);
	}
}

static void columns_leave_by_priority(void **state)
{
	struct layout l;

	layout_make(&view, 2, 200, 0, NULL, -1, &l);
	assert_int_equal(l.n, 6);
	assert_false(l.more_right);
	assert_int_equal(l.cells[5].x + l.cells[5].width, 202); /* the last takes the rest */
	check_inside(&l, 2, 200);
	layout_make(&view, 2, 48, 0, NULL, -1, &l); /* 8+6*4+12 + 5 gaps = 49: one too many */
	assert_int_equal(l.n, 5);
	assert_true(l.more_right);
	for (size_t i = 0; i < l.n; i++)
		assert_int_not_equal(l.cells[i].column, 2); /* B */
	check_inside(&l, 2, 48);
	layout_make(&view, 0, 21, 0, NULL, -1, &l);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.cells[0].column, 0);
	assert_int_equal(l.cells[1].column, 5);
	for (int width = 1; width < 100; width++)
		for (int scroll = 0; scroll < 12; scroll++) {
			layout_make(&view, 2, width, scroll, NULL, -1, &l);
			if (width >= 21)
				check_inside(&l, 2, width);
		}
}

static void the_sorted_column_has_room_for_a_graph(void **state)
{
	struct layout l;

	for (int width = 21; width < 140; width++)
		for (int graph = -1; graph < 5; graph++) {
			layout_make(&view, 2, width, 0, NULL, graph, &l);
			check_inside(&l, 2, width);
			for (size_t i = 0; i < l.n; i++)
				if (l.cells[i].graph) {
					assert_int_equal(l.cells[i].column, graph);
					assert_true(i + 1 == l.n ||
						    l.cells[i + 1].x > l.cells[i].x + l.cells[i].width + 1 +
									       l.cells[i].graph);
				}
		}
	layout_make(&view, 2, 120, 0, NULL, 3, &l);
	assert_int_equal(l.cells[3].graph, 4);
}

static void rows_have_a_past(void **state)
{
	uint64_t ids[] = {4, 8}, one[] = {8};
	struct table *both = make_table(ids, 2), *only = make_table(one, 1);
	struct row_history h = {0};
	struct buf b = {0};

	both->rows[0].number = both->rows[1].number = 0;
	row_history_add(&h, &view, 1, both, 0); /* nothing to remember */
	both->rows[0].number = 4;
	both->rows[1].number = 8;
	row_history_add(&h, &view, 1, both, 1);
	row_history_add(&h, &view, 1, both, 1); /* the same sample again: counts once */
	row_history_add(&h, &view, 1, only, 2);
	row_history_add(&h, &view, 1, both, 3);
	row_history_draw(&h, 4, 4, &b);
	assert_string_equal(buf_str(&b), " ▅ ▅"); /* half, gone in between */
	buf_reset(&b);
	row_history_draw(&h, 8, 4, &b);
	assert_string_equal(buf_str(&b), " ███");
	for (uint64_t i = 4; i < 20; i++)
		row_history_add(&h, &view, 1, only, i);
	buf_reset(&b);
	row_history_draw(&h, 4, 4, &b);
	assert_string_equal(buf_str(&b), "    ");
	both->rows[0].number = both->rows[1].number = NAN;
	row_history_add(&h, &view, 2, both, 20); /* another column: nothing known yet */
	buf_reset(&b);
	row_history_draw(&h, 8, 4, &b);
	assert_string_equal(buf_str(&b), "    ");
	for (uint64_t i = 0; i < 200; i++) { /* rows that come and go are forgotten */
		uint64_t fresh[100];
		struct table *t;

		for (int k = 0; k < 100; k++)
			fresh[k] = i * 100 + (uint64_t)k + 10;
		t = make_table(fresh, 100);
		row_history_add(&h, &view, 1, t, 100 + i);
		free_table(t);
	}
	assert_true(h.cap <= 4096);
	row_history_done(&h);
	buf_done(&b);
	free_table(both);
	free_table(only);
}

static void scrolling_right_reaches_all(void **state)
{
	bool seen[6] = {false};
	struct layout l;
	int max = layout_max_scroll(&view, 0, 24);

	for (int scroll = 0; scroll <= max; scroll++) {
		layout_make(&view, 0, 24, scroll, NULL, -1, &l);
		assert_int_equal(l.cells[0].column, 0); /* the first stays */
		for (size_t i = 0; i < l.n; i++)
			seen[l.cells[i].column] = true;
	}
	for (int i = 0; i < 6; i++)
		assert_true(seen[i]);
	assert_true(l.text_shift > 0); /* at the end the text itself moves */
	assert_true(l.more_left);
	assert_false(l.more_right);
}

/* ---- rows ---- */

enum { ROWS = 100, PAGE = 10 };

/* A table whose rows have the given ids, in order. */
static struct table *make_table(const uint64_t *ids, size_t n)
{
	struct table *t = xcalloc(1, sizeof(*t));
	struct row *rows = xcalloc(n ? n : 1, sizeof(*rows));

	for (size_t i = 0; i < n; i++) {
		struct value *cells = xcalloc(6, sizeof(*cells));

		cells[0] = (struct value){.kind = V_STRING, .s = ids[i] % 2 ? "Odd" : "even"};
		cells[1] = (struct value){.kind = V_INT, .i = (int64_t)ids[i]};
		rows[i] = (struct row){.id = ids[i], .cells = cells, .number = (double)ids[i]};
	}
	*t = (struct table){.rows = rows, .n_rows = n};
	return t;
}

static void free_table(struct table *t)
{
	for (size_t i = 0; i < t->n_rows; i++)
		free((void *)t->rows[i].cells);
	free(t->rows);
	free(t);
}

static void cursor_follows_its_row(void **state)
{
	uint64_t up[ROWS], down[ROWS], without[ROWS - 1];
	struct table *a, *b, *c;
	struct rows r = {0};
	size_t line;

	for (size_t i = 0; i < ROWS; i++) {
		up[i] = i + 1;
		down[i] = ROWS - i;
	}
	for (size_t i = 0; i < ROWS - 1; i++)
		without[i] = i < 29 ? i + 1 : i + 2; /* 30 is gone */
	a = make_table(up, ROWS);
	b = make_table(down, ROWS);
	c = make_table(without, ROWS - 1);
	rows_set(&r, &view, a, PAGE);
	rows_set(&r, &view, b, PAGE);
	assert_int_equal(r.cursor, 0); /* not moved yet: stays on top, whoever is there */
	rows_set(&r, &view, a, PAGE);
	rows_go(&r, 29, PAGE);
	line = r.cursor - r.top;
	rows_set(&r, &view, b, PAGE);
	assert_int_equal(rows_current(&r)->id, 30);
	assert_int_equal(r.cursor - r.top, line); /* on the same screen line */
	rows_set(&r, &view, a, PAGE);
	assert_int_equal(r.cursor, 29);
	rows_set(&r, &view, c, PAGE); /* the row is gone: the place stays, and what is there is followed */
	assert_int_equal(r.cursor, 29);
	assert_int_equal(rows_current(&r)->id, 31);
	rows_set(&r, &view, b, PAGE);
	assert_int_equal(rows_current(&r)->id, 31);
	rows_set(&r, &view, NULL, PAGE);
	assert_null(rows_current(&r));
	rows_move(&r, 1, PAGE);
	rows_set(&r, &view, a, PAGE);
	rows_scroll(&r, 50, PAGE);
	assert_true(r.cursor >= r.top && r.cursor < r.top + PAGE);
	rows_scroll(&r, 5000, PAGE);
	assert_int_equal(r.top, ROWS - PAGE);
	rows_move(&r, -5000, PAGE);
	assert_int_equal(r.cursor, 0);
	rows_done(&r);
	free_table(a);
	free_table(b);
	free_table(c);
}

static void text_filter_and_search(void **state)
{
	uint64_t ids[ROWS];
	struct rows r = {0};
	struct table *t;

	for (size_t i = 0; i < ROWS; i++)
		ids[i] = i + 1;
	t = make_table(ids, ROWS);
	rows_set(&r, &view, t, PAGE);
	rows_set_needle(&r, "odd", PAGE); /* lower case matches any */
	assert_int_equal(r.n, ROWS / 2);
	assert_int_equal(rows_get(&r, 1)->id, 3);
	rows_set_needle(&r, "oDd", PAGE); /* a capital must match */
	assert_int_equal(r.n, 0);
	assert_int_equal(rows_find(&r, "x", 0, 1), -1);
	rows_set_needle(&r, NULL, PAGE);
	assert_int_equal(r.n, ROWS);
	assert_int_equal(rows_find(&r, "even", 0, 1), 1);
	assert_int_equal(rows_find(&r, "even", 0, -1), ROWS - 1); /* wraps */
	assert_int_equal(rows_find(&r, "77", 78, 1), 76);         /* numbers, too; wraps */
	assert_int_equal(rows_find(&r, "nowhere", 5, -1), -1);
	rows_done(&r);
	free_table(t);
}

/* What is found without formatting every cell is what is on the screen. */
static void text_filter_finds_what_is_shown(void **state)
{
	static const char *const needles[] = {"7", "77",    "odd", ".",      "·", "–", "1K",
					      "-", "\\x1b", "e",   "even 1", "A", "%"};
	uint64_t ids[ROWS];
	struct rows r = {0};
	struct table *t;

	for (size_t i = 0; i < ROWS; i++)
		ids[i] = i + 1;
	t = make_table(ids, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		if (i % 5 == 0)
			((struct value *)t->rows[i].cells)[1].kind = i % 10 ? V_MISSING : V_INT;
	for (size_t k = 0; k < sizeof(needles) / sizeof(needles[0]); k++) {
		size_t want = 0;

		for (size_t i = 0; i < ROWS; i++) {
			struct buf b = {0};
			bool found = false;

			for (size_t c = 0; c < view.n_columns; c++) {
				buf_reset(&b);
				row_cell(&view, &t->rows[i], c, &b);
				found |= text_find(buf_str(&b), needles[k]) != NULL;
			}
			want += found;
			buf_done(&b);
		}
		rows_set(&r, &view, t, PAGE);
		rows_set_needle(&r, needles[k], PAGE);
		assert_int_equal(r.n, want);
		rows_set_needle(&r, NULL, PAGE);
		for (size_t len = 1; len <= strlen(needles[k]); len++) { /* letter by letter */
			char part[16];

			if (((unsigned char)needles[k][len] & 0xc0) == 0x80)
				continue;
			memcpy(part, needles[k], len);
			part[len] = '\0';
			rows_set_needle(&r, part, PAGE);
		}
		assert_int_equal(r.n, want);
		rows_set_needle(&r, NULL, PAGE);
	}
	rows_done(&r);
	free_table(t);
}

static void cells_and_heat(void **state)
{
	struct value zero = {.kind = V_INT}, warm = {.kind = V_INT, .i = 10}, hot = {.kind = V_INT, .i = 100},
		     none = {.kind = V_MISSING};
	struct value cells[6] = {{.kind = V_STRING, .s = "a\x1b[31mb"}, zero, none};
	struct row row = {.cells = cells};
	struct buf b = {0};

	assert_int_equal(cell_heat(&columns[1], &zero), HEAT_NONE);
	assert_int_equal(cell_heat(&columns[1], &warm), HEAT_WARN);
	assert_int_equal(cell_heat(&columns[1], &hot), HEAT_CRITICAL);
	assert_int_equal(cell_heat(&columns[2], &hot), HEAT_NONE); /* no thresholds */
	assert_int_equal(cell_heat(&columns[1], &none), HEAT_NONE);
	row_cell(&view, &row, 0, &b);
	assert_null(strchr(buf_str(&b), '\x1b'));
	buf_reset(&b);
	row_cell(&view, &row, 1, &b);
	assert_string_equal(buf_str(&b), "·");
	buf_reset(&b);
	row_cell(&view, &row, 2, &b);
	assert_string_equal(buf_str(&b), "–");
	buf_done(&b);
}

static void draws_small_graphs(void **state)
{
	struct spark s = {0};
	struct buf b = {0};

	spark_draw(&s, 3, 0, &b);
	assert_string_equal(buf_str(&b), "   ");
	for (int i = 0; i < 1000; i++)
		spark_add(&s, 0);
	spark_add(&s, 50);
	spark_add(&s, 100);
	buf_reset(&b);
	spark_draw(&s, 4, 100, &b);
	assert_string_equal(buf_str(&b), "▁▁▅█");
	assert_string_equal(spark_bar(-1), "▁");
	assert_string_equal(spark_bar(7), "█");
	assert_string_equal(spark_bar(NAN), "▁");
	buf_done(&b);
}

/* ---- reports of the mouse ---- */

static enum mouse_step report(struct mouse_report *r, enum mouse_form form, const char *text)
{
	enum mouse_step step = MOUSE_MORE;

	mouse_begin(r, form);
	for (; *text; text++) {
		assert_int_equal(step, MOUSE_MORE);
		step = mouse_add(r, (unsigned char)*text);
	}
	return step;
}

static void reads_reports_of_the_mouse(void **state)
{
	struct mouse_report r;

	assert_int_equal(report(&r, MOUSE_FORM_SGR, "0;12;345M"), MOUSE_PRESS);
	assert_int_equal(r.v[0], MOUSE_LEFT);
	assert_int_equal(r.v[1], 12);
	assert_int_equal(r.v[2], 345);
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "0;12;345m"), MOUSE_OTHER); /* let go */
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "80;1;1M"), MOUSE_PRESS);   /* wheel with Ctrl */
	assert_int_equal(r.v[0], MOUSE_UP);
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "2;1;1M"), MOUSE_OTHER);  /* another button */
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "32;1;1M"), MOUSE_OTHER); /* moved */
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "0;99999999999999;1M"), MOUSE_PRESS);
	assert_in_range(r.v[1], 9999, 1000000);
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "0;1M"), MOUSE_BROKEN);
	assert_int_equal(r.form, MOUSE_FORM_NONE);
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "0;1;1;"), MOUSE_BROKEN);
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "0;q"), MOUSE_BROKEN);
	assert_int_equal(report(&r, MOUSE_FORM_X10, "\x20\x34\x2c"), MOUSE_PRESS);
	assert_int_equal(r.v[1], 20);
	assert_int_equal(r.v[2], 12);
	assert_int_equal(report(&r, MOUSE_FORM_X10, "\x23\x34\x2c"), MOUSE_OTHER); /* let go */
	assert_int_equal(report(&r, MOUSE_FORM_X10, " \n"), MOUSE_BROKEN);
	assert_int_equal(mouse_add(&(struct mouse_report){.form = MOUSE_FORM_X10}, -1), MOUSE_BROKEN);
	assert_int_equal(report(&r, MOUSE_FORM_SGR, "0;1;"), MOUSE_MORE); /* the rest may never come */
}

/* The keys of stock actions and views open them: no operation takes them first. */
static void keys_of_actions_are_free(void **state)
{
	static const enum key_scope scopes[] = {SCOPE_TABLE, SCOPE_EVENTS, SCOPE_LIST};
	struct views *views = NULL;
	struct views_error err;

	assert_int_equal(views_load_stock(&views, &err), 0);
	assert_true(views->n_actions > 10);
	for (size_t i = 0; i < views->n_actions; i++)
		for (size_t k = 0; k < sizeof(scopes) / sizeof(scopes[0]); k++)
			if (key_find(views->actions[i]->key, scopes[k]) != OP_NONE)
				fail_msg("%s: key %c is an operation's", views->actions[i]->id,
					 views->actions[i]->key);
	views_free(views);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_reports_of_the_mouse),
		cmocka_unit_test(keys_of_actions_are_free),
		cmocka_unit_test(edits_a_line),
		cmocka_unit_test(edits_whole_characters),
		cmocka_unit_test(a_line_has_an_end),
		cmocka_unit_test(remembers_lines),
		cmocka_unit_test(no_key_means_two_things),
		cmocka_unit_test(every_operation_has_a_plain_key),
		cmocka_unit_test(keys_of_the_input_line_work),
		cmocka_unit_test(prints_its_keys),
		cmocka_unit_test(without_colour_attributes_speak),
		cmocka_unit_test(columns_leave_by_priority),
		cmocka_unit_test(scrolling_right_reaches_all),
		cmocka_unit_test(the_sorted_column_has_room_for_a_graph),
		cmocka_unit_test(rows_have_a_past),
		cmocka_unit_test(cursor_follows_its_row),
		cmocka_unit_test(text_filter_and_search),
		cmocka_unit_test(text_filter_finds_what_is_shown),
		cmocka_unit_test(cells_and_heat),
		cmocka_unit_test(draws_small_graphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
