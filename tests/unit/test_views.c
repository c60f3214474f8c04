/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_views.c - the stock views, views from files, and every mistake at its place. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/capture.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/syscall.h"
#include "views/view.h"

static struct views *stock(void)
{
	struct views *v = NULL;
	struct views_error err = {0};

	if (views_load_stock(&v, &err))
		fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
	return v;
}

static unsigned needs_of(const struct view *v)
{
	struct selection sel;
	unsigned needs;

	selection_init(&sel, v, NULL);
	needs = selection_needs(&sel);
	selection_done(&sel);
	return needs;
}

static void test_stock(void **state)
{
	static const struct {
		const char *id;
		char hotkey;
		unsigned needs;
	} expected[] = {
		{"processes", '1', NEED_TASKS},
		{"threads", '2', NEED_TASKS},
		{"containers", '3', NEED_TASKS | NEED_CGROUPS},
		{"connections", '4', NEED_TASKS | NEED_FACTS | NEED_FDS},
		{"files", '5', NEED_TASKS | NEED_FACTS | NEED_FDS},
		{"syscalls", '6', NEED_TASKS | NEED_FACTS},
		{"pods", 0, NEED_TASKS | NEED_CGROUPS},
		{"namespaces", 0, NEED_TASKS | NEED_CGROUPS},
		{"images", 0, NEED_TASKS | NEED_CGROUPS},
	};
	struct views *views = stock();

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct view *v = views->items[i];

		assert_string_equal(v->id, expected[i].id);
		assert_int_equal(v->hotkey, expected[i].hotkey);
		assert_int_equal(needs_of(v), expected[i].needs);
		assert_true(v->root && v->sort >= 0);
		assert_true(v->columns[v->sort].field->flags & FIELD_MEASURE);
		assert_false(v->ascending);
	}
	views_free(views);
}

/* What holds for every stock view. */
static void test_stock_all(void **state)
{
	struct views *views = stock();

	for (size_t i = 0; i < views->n; i++) {
		const struct view *v = views->items[i];
		unsigned cells = 0;

		if (!v->description || v->description[strlen(v->description) - 1] != '.')
			fail_msg("%s: its description is no sentence", v->id);
		for (size_t k = 0; k < v->n_tips; k++) {
			if (v->tips[k][strlen(v->tips[k]) - 1] != '.')
				fail_msg("%s: tip %zu is no sentence", v->id, k + 1);
		}
		if (v->drilldown && !views_find(views, v->drilldown))
			fail_msg("%s leads to %s, which does not exist", v->id, v->drilldown);
		/* what Enter leads to is offered for what is entered */
		if (v->drilldown && !(v->records & REC_DEVICES)) {
			const struct view *to = views_find(views, v->drilldown);
			bool offered = false;

			for (size_t k = 0; k < to->n_applies_to; k++) {
				offered |= to->applies_to[k] == v->label;
				for (size_t j = 0; j < v->n_keys; j++)
					offered |= to->applies_to[k] == v->keys[j];
			}
			if (!offered)
				fail_msg("%s leads to %s, which is not offered for its rows", v->id, to->id);
		}
		for (size_t k = 0; k < v->n_columns; k++) {
			const struct column *c = &v->columns[k];

			if (c->priority == 1)
				cells += c->width ? c->width + 1 : 12;
			if (c->width && strlen(c->title) > c->width)
				fail_msg("%s: column %s is narrower than its title", v->id, c->id);
			if (strlen(c->title) > 12)
				fail_msg("%s: title '%s' is long", v->id, c->title);
			if (c->agg == AGG_RATE && !strstr(c->title, "/s"))
				fail_msg("%s: column %s is a rate and does not say so", v->id, c->id);
		}
		if (cells > 80)
			fail_msg("%s: its first columns need %u cells", v->id, cells);
		for (size_t k = 0; k < i; k++) {
			if (!strcmp(views->items[k]->name, v->name))
				fail_msg("two views are called %s", v->name);
		}
	}
	views_free(views);
}

/* Columns of csysdig's views, by field: what its users look for. */
static void test_stock_columns(void **state)
{
	static const struct {
		const char *view, *fields;
	} expected[] = {
		{"processes",
		 "proc.pid proc.ppid proc.vpid thread.cpu user.name proc.nthreads proc.vmsize proc.vmrss "
		 "evt.buflen.file evt.buflen.net container.name proc.exeline proc.state proc.nice "
		 "thread.runq"},
		{"threads",
		 "proc.pid thread.tid thread.vtid thread.cpu evt.buflen.file evt.buflen.net container.name "
		 "proc.exeline thread.state thread.nice thread.wait thread.syscall.time thread.runq"},
		{"containers", "thread.cpu evt.count.procinfo evt.count.threadinfo proc.vmsize proc.vmrss "
			       "evt.buflen.file evt.buflen.net container.type container.image container.id "
			       "container.name"},
		{"connections",
		 "fd.l4proto fd.lip fd.lport fd.rip fd.rport evt.buflen.net.in evt.buflen.net.out "
		 "evt.count container.name proc.exeline fd.state fd.rtt fd.retrans evt.latency.sum "
		 "evt.latency.avg evt.latency.p99"},
		{"files",
		 "evt.buflen.file.in evt.buflen.file.out evt.count.exit evt.count.open evt.count.error "
		 "container.name fd.name evt.latency.sum evt.latency.avg evt.latency.p99"},
		{"syscalls", "evt.count evt.latency.sum evt.latency.avg evt.latency.p99 evt.type"},
		{"procs_cpu", "proc.pid proc.vpid thread.cpu.sum thread.cpu.user thread.cpu.system evt.count "
			      "container.name proc.exeline"},
		{"sports", "fd.sport evt.buflen.net.in evt.buflen.net.out evt.count"},
		{"new_connections", "evt.time fd.name container.name proc.exeline"},
		{"port_bindings", "evt.time evt.type fd.lport proc.exeline"},
		/* accept()'s arguments there; here the queue itself, in percent and at most */
		{"backlog", "proc.pid fd.lport fd.queue.in fd.queue.usage fd.queue.out proc.exeline"},
		{"directories", "evt.buflen.file.in evt.buflen.file.out evt.count.exit evt.count.open "
				"evt.count.error container.name fd.directory"},
		{"file_opens", "evt.time evt.res fd.name container.name proc.exeline"},
		{"slow_io", "evt.latency.max evt.latency.sum fd.name container.name proc.pid proc.exeline"},
		{"io_by_type", "evt.buflen.in evt.buflen.out evt.count evt.latency.sum fd.type"},
		{"syscall_procs", "evt.count.rate evt.latency.sum container.name proc.exeline"},
		{"errors", "evt.count.sum evt.count.rate evt.type evt.res"},
		{"procs_errors", "evt.count.error.file evt.count.error.net evt.count.error.memory "
				 "evt.count.error.other proc.pid container.name proc.exeline"},
		{"containers_errors",
		 "evt.count.error.file evt.count.error.net evt.count.error.memory evt.count.error.other "
		 "container.type container.id container.name"},
		/* since the start there, and here; of the interval as well */
		{"page_faults", "proc.life.pfmajor proc.life.pfminor thread.pfmajor thread.pfminor proc.pid "
				"proc.vpid container.name proc.exeline"},
		{"procs_fd_usage", "proc.pid proc.vpid proc.fdopencount proc.fdlimit proc.fdusage "
				   "container.name proc.exeline"},
		/* the login shell for its SHELL, which is the parent */
		{"commands", "evt.time user.name proc.loginshellid container.name proc.exeline.tree"},
		{"syslog", "proc.pid proc.name syslog.facility.str syslog.severity.str container.name "
			   "syslog.message"},
	};
	struct views *views = stock();

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct view *v = views_find(views, expected[i].view);
		char *list = strdup(expected[i].fields), *save;

		for (char *id = strtok_r(list, " ", &save); id; id = strtok_r(NULL, " ", &save)) {
			int c = view_column(v, id);

			if (c < 0 || strcmp(v->columns[c].id, id) != 0)
				fail_msg("%s has no column %s", v->id, id);
		}
		free(list);
	}
	views_free(views);
}

/* Which columns stay on a screen of so many cells: those of the lowest priority numbers, in their order. */
static void layout(const struct view *v, unsigned cells, struct buf *out)
{
	unsigned limit = 0, used = 0;

	for (unsigned p = 1; p <= 100 && !limit; p++) {
		for (size_t i = 0; i < v->n_columns && !limit; i++) {
			unsigned width = v->columns[i].width ? v->columns[i].width + 1 : 13;

			if (v->columns[i].priority != p)
				continue;
			if (used + width > cells + 1)
				limit = p;
			used += width;
		}
	}
	for (size_t i = 0; i < v->n_columns; i++) {
		if (!limit || v->columns[i].priority < limit)
			buf_addf(out, "%s%s", out->len ? " " : "", v->columns[i].title);
	}
}

static void test_80_columns(void **state)
{
	static const struct {
		const char *view, *titles;
	} expected[] = {
		{"processes", "PID USER S CPU% RES FILE/s NET/s CALLS/s ERR/s COMMAND"},
		{"threads", "TID NAME S CPU% RUNQ% WAIT FOR"},
		{"containers", "CONTAINER CPU% RES MEM% FILE/s NET/s CALLS/s ERR/s IMAGE"},
		{"connections", "PROTO LPORT REMOTE IP RPORT STATE IN/s OUT/s COMMAND"},
		{"files", "IN OUT OPS OPENS ERR TIME AVG P99 OPEN FILENAME"},
		{"syscalls", "SYSCALL CALLS/s ERR/s TIME AVG P99 MAX IO/s"},
	};
	struct views *views = stock();

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct buf out = {0};

		layout(views_find(views, expected[i].view), 80, &out);
		assert_string_equal(buf_str(&out), expected[i].titles);
		buf_done(&out);
	}
	views_free(views);
}

static void test_good(void **state)
{
	struct views *views = stock();
	size_t n = views->n;
	struct views_error err = {0};
	const struct view *v;

	if (views_load_file(&views, "tests/data/views-good.json", &err))
		fail_msg("%d:%d: %s", err.line, err.column, err.message);
	assert_int_equal(views->n, n + 1);
	v = views_find(views, "dirs");
	assert_non_null(v);
	assert_string_equal(v->columns[0].id, "evt.latency.p99");
	assert_string_equal(v->columns[1].id, "evt.latency.avg");
	assert_string_equal(v->columns[2].id, "evt.count");
	assert_int_equal(v->columns[2].agg, AGG_SUM); /* what a measure gets */
	assert_string_equal(v->columns[2].title, "CALLS");
	assert_int_equal(v->columns[3].agg, AGG_NONE);
	assert_true(v->columns[0].warn == 1e6 && isnan(v->columns[0].critical));
	assert_int_equal(v->columns[1].priority, 2); /* its place */
	assert_int_equal(v->sort, 0);
	assert_ptr_equal(v->label, field_find("fd.directory"));
	assert_true(v->propagate_filter && v->root);
	assert_int_equal(v->n_applies_to, 1);
	assert_int_equal(view_column(v, "evt.latency.avg"), 1);
	assert_int_equal(view_column(v, "evt.latency"), 0);
	assert_int_equal(view_column(v, "nosuch"), -1);
	assert_string_equal(views_find(views, "files")->name, "Files, replaced");
	assert_int_equal(views_find(views, "files")->sort, -1);
	assert_string_equal(views_nearest(views, "procesess"), "processes");
	views_free(views);
}

struct report {
	struct buf text;
};

static void note(const struct views_error *err, void *userdata)
{
	struct report *r = userdata;

	buf_addf(&r->text, "%d:%d %s\n", err->line, err->column, err->message);
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 65536);

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	*ret_len = fread(text, 1, 65535, f);
	fclose(f);
	return text;
}

static void test_list(void **state)
{
	static const char text[] =
		"{\"views\": [{\"id\": \"l\", \"name\": \"L\", \"records\": [\"events\"], \"filter\": "
		"\"evt.type = open\","
		" \"applies_to\": [\"\"], \"columns\": [{\"field\": \"evt.time\"}, {\"field\": "
		"\"evt.arg.flags\"},"
		" {\"field\": \"evt.latency\"}, {\"field\": \"fd.name\", \"width\": 0}]}]}";
	struct views *views = NULL;
	struct views_error err = {0};
	struct arena *tmp = arena_new();
	struct event ev = {
		.nr = (uint16_t)syscall_number("open"), .ret = -13, .args = {1, 0x80000}, .latency = 4200};
	struct event_record er;
	struct row row;
	const struct view *v;

	if (views_load_text(&views, "l", text, strlen(text), &err))
		fail_msg("%d:%d: %s", err.line, err.column, err.message);
	v = views_find(views, "l");
	assert_true(view_is_list(v));
	assert_int_equal(v->n_keys, 0);
	assert_int_equal(v->sort, -1);
	assert_string_equal(v->columns[1].id, "evt.arg.flags");
	assert_int_equal(needs_of(v), NEED_TASKS);
	ev.n_blobs = 1;
	ev.blobs[0] = (struct event_blob){.arg = 0, .len = 5, .full = 5, .data = "/gone"};
	record_from_event(&er, NULL, &ev);
	view_list_row(v, &er.record, tmp, &row);
	assert_int_equal(row.cells[0].kind, V_STRING);
	assert_non_null(strstr(row.cells[1].s, "O_CLOEXEC"));
	assert_int_equal(row.cells[2].kind, V_INT);
	assert_int_equal(row.cells[2].i, 4200);
	assert_string_equal(row.cells[3].s, "/gone");
	arena_free(tmp);
	views_free(views);
}

static void test_list_mistakes(void **state)
{
#define EVENTS "\"records\": [\"events\"], "
#define PID    "\"columns\": [{\"field\": \"proc.pid\"}]"
	static const struct {
		const char *members, *message;
	} cases[] = {
		{EVENTS "\"key\": [\"proc.pid\"], " PID, "no 'key'"},
		{EVENTS "\"sort\": \"proc.pid\", " PID, "no 'sort'"},
		{EVENTS "\"drilldown\": \"x\", " PID, "no 'drilldown'"},
		{"\"records\": [\"events\", \"facts\"], " PID, "no other records"},
		{EVENTS "\"columns\": [{\"field\": \"evt.count\", \"agg\": \"sum\"}]", "no 'agg'"},
		{EVENTS "\"columns\": [{\"field\": \"fd.ip\"}]", "for filters only"},
		{EVENTS "\"columns\": [{\"field\": \"evt.arg\"}]", "needs an argument"},
		{EVENTS "\"columns\": [{\"field\": \"evt.typ\"}]", "did you mean 'evt.type'"},
		{"\"records\": [\"facts\"], \"key\": [\"proc.pid\"], \"columns\": [{\"field\": "
		 "\"signal.name\"}]",
		 "for the spy"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct views *views = NULL;
		struct views_error err = {0};
		struct buf text = {0};

		buf_addf(&text, "{\"views\": [{\"id\": \"l\", \"name\": \"L\", %s}]}", cases[i].members);
		assert_int_equal(views_load_text(&views, "l", buf_str(&text), text.len, &err), -EINVAL);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].members, err.message);
		assert_null(views);
		buf_done(&text);
	}
}

/* Every line of views-mistakes.txt is reported, in this order, and nothing else. */
static void test_mistakes(void **state)
{
	struct views *views = stock();
	size_t len, expected_len, n, lines = 0, before = views->n;
	char *text = read_file("tests/data/views-mistakes.json", &len), *save, *save_got;
	char *expected = read_file("tests/data/views-mistakes.txt", &expected_len);
	struct report r = {{0}};
	struct views_error err = {0};
	char *got, *line;

	n = views_check_text(views, "x.json", text, len, note, &r);
	if (getenv("SHOW"))
		puts(buf_str(&r.text));
	got = strtok_r(r.text.data, "\n", &save_got);
	for (line = strtok_r(expected, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#')
			continue;
		lines++;
		if (!got || strcmp(got, line) != 0)
			fail_msg("got '%s', expected '%s'", got ? got : "nothing", line);
		got = strtok_r(NULL, "\n", &save_got);
	}
	assert_null(got);
	assert_int_equal(n, lines);

	/* loading tells the first and changes nothing */
	assert_int_equal(views_load_text(&views, "x.json", text, len, &err), -EINVAL);
	assert_string_equal(err.file, "x.json");
	assert_int_equal(err.line, 4);
	assert_int_equal(views->n, before);
	views_free(views);
	buf_done(&r.text);
	free(text);
	free(expected);
}

static void test_syntax(void **state)
{
	struct views *views = NULL;
	struct views_error err = {0};

	assert_int_equal(views_load_file(&views, "tests/data/views-syntax.json", &err), -EINVAL);
	assert_int_equal(err.line, 3);
	assert_true(err.column >= 13);
	assert_non_null(strstr(err.message, "records"));
	assert_null(views);
	assert_int_equal(views_load_file(&views, "tests/data/no-such-file.json", &err), -ENOENT);
	assert_non_null(strstr(err.message, "No such file"));
	assert_int_equal(views_load_file(&views, "tests/data", &err), -EISDIR);
}

static void check_one(const char *text, int line, int column, const char *part)
{
	struct views *views = NULL;
	struct views_error err = {0};

	assert_int_equal(views_load_text(&views, "x", text, strlen(text), &err), -EINVAL);
	if (err.line != line || err.column != column || !strstr(err.message, part))
		fail_msg("%s: %d:%d: %s", text, err.line, err.column, err.message);
	assert_null(views);
}

static void test_small_mistakes(void **state)
{
	check_one("[]", 1, 1, "expected {\"views\": [...]}, not a list");
	check_one("{}", 1, 1, "missing key 'views'");
	check_one("{\"views\": {}}", 1, 11, "must be a list, not an object");
	check_one("{\"views\": []}", 1, 11, "must not be empty");
	check_one("{\"views\": [], \"views\": []}", 1, 21, "duplicate");
	check_one("", 1, 1, "");
	check_one("{\"views\": [{}]}", 1, 12, "missing key 'id'");
	check_one("{\"views\": [{\"drilldown\": \"x\", \"hotkey\": \"a\"}, {\"hotkey\": \"a\"}]}", 1, 12,
		  "missing key 'id'");
	check_one("{\n\n  \"views\": [\n\t{\"name\": \"ä ö\", \"id\": \"ö\", \"records\": [\"tasks\"],"
		  "\"key\": [\"proc.pid\"], \"columns\": [{\"field\": \"proc.pid\"}]}]}",
		  4, 24, "'id' must be");
}

/* Whatever a text looks like, loading ends and says no. */
static void test_hostile(void **state)
{
	struct buf b = {0};
	struct views *views = NULL;
	struct views_error err = {0};
	size_t len;
	char *text = read_file("tests/data/views-mistakes.json", &len);

	buf_fill(&b, '[', 100000);
	assert_int_equal(views_load_text(&views, "x", buf_str(&b), b.len, &err), -EINVAL);
	buf_reset(&b);
	buf_fill(&b, ' ', 2 << 20);
	assert_int_equal(views_load_text(&views, "x", buf_str(&b), b.len, &err), -EINVAL);
	assert_non_null(strstr(err.message, "larger"));
	buf_done(&b);
	for (size_t n = 0; n < len; n++) { /* cut anywhere */
		char *cut = malloc(n + 1);

		memcpy(cut, text, n);
		assert_int_equal(views_load_text(&views, "x", cut, n, &err), -EINVAL);
		free(cut);
	}
	free(text);
	assert_null(views);
}

/* Every example of the documentation is one that works. */
static void test_docs(void **state)
{
	size_t len, n = 0;
	char *text = read_file("docs/views.md", &len), *p = text;

	while ((p = strstr(p, "```json\n"))) {
		struct views *views = stock();
		struct views_error err = {0};
		char *end;

		p += strlen("```json\n");
		end = strstr(p, "```");
		assert_non_null(end);
		if (views_load_text(&views, "docs/views.md", p, (size_t)(end - p), &err))
			fail_msg("example %zu: %d:%d: %s", n + 1, err.line, err.column, err.message);
		assert_int_equal(needs_of(views->items[views->n - 1]) & NEED_TASKS, NEED_TASKS);
		views_free(views);
		p = end;
		n++;
	}
	assert_int_equal(n, 8);
	free(text);
}

/* Names of the tables of keys and aggregations are those that the loader knows. */
static void test_docs_complete(void **state)
{
	static const char *const keys[] = {"id",         "name",        "records", "key",
					   "columns",    "label",       "filter",  "propagate_filter",
					   "applies_to", "drilldown",   "sort",    "ascending",
					   "hotkey",     "description", "tips",    "field",
					   "agg",        "title",       "width",   "priority",
					   "warn",       "critical",    "actions", "key",
					   "changes",    "screen",      "ask",     "answer",
					   "run",        "argv",        "when",    "as"};
	size_t len;
	char *text = read_file("docs/views.md", &len), quoted[40];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(quoted, sizeof(quoted), "`%s`", keys[i]);
		if (!strstr(text, quoted))
			fail_msg("docs/views.md lacks %s", quoted);
	}
	for (int a = AGG_NONE; a <= AGG_SHARE; a++) {
		snprintf(quoted, sizeof(quoted), "`%s`", agg_name(a));
		if (!strstr(text, quoted))
			fail_msg("docs/views.md lacks %s", quoted);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),          cmocka_unit_test(test_list_mistakes),
		cmocka_unit_test(test_stock),         cmocka_unit_test(test_stock_all),
		cmocka_unit_test(test_stock_columns), cmocka_unit_test(test_80_columns),
		cmocka_unit_test(test_good),          cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_syntax),        cmocka_unit_test(test_small_mistakes),
		cmocka_unit_test(test_hostile),       cmocka_unit_test(test_docs),
		cmocka_unit_test(test_docs_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
