/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_filter.c - runs filter.txt; limits, quoting and what the kernel can decide. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/filter.h"
#include "core/mem.h"
#include "core/source.h"
#include "core/syscall.h"
#include "unit/sample_builder.h"

/* ---- the text table ---- */

struct named_row {
	char name[32];
	struct record record;
};

struct rows {
	struct builder *b;
	struct named_row rows[32];
	size_t n;
};

/* "addr:port>addr:port" or "<" with the server on the left */
static struct object *parse_tcp(struct builder *b, char *text, int family)
{
	char *sep = strpbrk(text, "<>"), *remote = sep + 1, *port;
	struct object *o =
		sb_object(b, OBJ_INET, family == AF_INET ? "ipv4" : "ipv6", arena_strdup(b->arena, text));

	o->family = (uint8_t)family;
	o->socktype = SOCK_STREAM;
	o->protocol = IPPROTO_TCP;
	o->tcp_state = 1;
	o->is_server = *sep == '<';
	*sep = '\0';
	port = strrchr(text, ':');
	*port++ = '\0';
	o->lport = (uint16_t)atoi(port);
	assert_int_equal(inet_pton(family, text, o->laddr), 1);
	port = strrchr(remote, ':');
	*port++ = '\0';
	o->rport = (uint16_t)atoi(port);
	assert_int_equal(inet_pton(family, remote, o->raddr), 1);
	return o;
}

/* "row NAME: key=value ..."; values may contain blanks: a value ends where " key=" begins. */
static void parse_row(struct rows *rows, char *line)
{
	static const char *const keys[] = {"pid",     "name", "args", "container", "type",  "err",
					   "latency", "out",  "in",   "calls",     "file",  "path",
					   "tcp",     "tcp6", "tid",  "cpu",       "parent"};
	enum { N = sizeof(keys) / sizeof(keys[0]) };
	const char *value[N] = {NULL};
	struct builder *b = rows->b;
	struct named_row *row = &rows->rows[rows->n++];
	struct container *c = &b->containers[0];
	struct process *p;
	struct thread *t;
	struct object *o = NULL;
	char *starts[N];

	assert_true(rows->n < 32);
	snprintf(row->name, sizeof(row->name), "%.*s", (int)strcspn(line, ":"), line);
	for (size_t i = 0; i < N; i++) {
		char what[16];

		snprintf(what, sizeof(what), " %s=", keys[i]);
		starts[i] = strstr(line, what);
		if (starts[i])
			value[i] = starts[i] + strlen(what);
	}
	for (size_t i = 0; i < N; i++) {
		if (starts[i])
			*starts[i] = '\0';
	}
	if (strcmp(value[3], "host") != 0)
		c = sb_container(b, arena_strdup(b->arena, value[3]), "name-of-it", "docker");
	p = sb_process(b, (uint32_t)atoi(value[0]), arena_strdup(b->arena, value[1]), c);
	if (value[2])
		p->args = arena_strdup(b->arena, value[2]);
	for (size_t i = 0; value[16] && i < b->sample.n_processes; i++) {
		if (b->processes[i].pid == (uint32_t)atoi(value[16]))
			p->parent = &b->processes[i];
	}
	t = sb_thread(b, p, value[14] ? (uint32_t)atoi(value[14]) : p->pid);
	if (value[15])
		sb_did(t)->cpu = strtoull(value[15], NULL, 10) * 1000000;
	if (value[10])
		o = sb_file(b, arena_strdup(b->arena, value[10]));
	if (value[11])
		o = sb_object(b, OBJ_PATH, "file", arena_strdup(b->arena, value[11]));
	if (value[12])
		o = parse_tcp(b, arena_strdup(b->arena, value[12]), AF_INET);
	if (value[13])
		o = parse_tcp(b, arena_strdup(b->arena, value[13]), AF_INET6);
	row->record = record_from_thread(&b->sample, t);
	if (value[4]) {
		int nr = syscall_number(value[4]);
		struct fact *f;

		assert_true(nr >= 0);
		f = sb_fact(b, t, o, (uint16_t)nr, value[5] ? (uint16_t)errno_number(value[5]) : 0,
			    value[9] ? strtoull(value[9], NULL, 10) : 1,
			    value[8] ? strtoull(value[8], NULL, 10) : 0,
			    value[7] ? strtoull(value[7], NULL, 10) : 0);
		if (value[6])
			sb_latency(b, f, strtoull(value[6], NULL, 10), (uint32_t)f->calls);
		row->record = record_from_fact(&b->sample, f);
	}
	row->record.obj = o;
}

static char *trim(char *s)
{
	size_t n = strlen(s);

	while (n && strchr(" \t\n", s[n - 1]))
		s[--n] = '\0';
	return s + strspn(s, " \t");
}

static const struct record *find_row(const struct rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (!strcmp(rows->rows[i].name, name))
			return &rows->rows[i].record;
	}
	fail_msg("no row %s", name);
	return NULL;
}

/* One line of the table; returns whether it holds. */
static bool check_line(const struct rows *rows, char *line, unsigned number)
{
	char *last = strrchr(line, '|'), *middle, *verdict, *expression;
	struct filter *f = NULL;
	struct filter_error err = {0};
	bool ok;
	int r;

	*last = '\0';
	middle = strrchr(line, '|');
	*middle = '\0';
	verdict = trim(last + 1);
	expression = trim(line);
	middle = trim(middle + 1);
	r = filter_parse(expression, &f, &err);
	if (!strncmp(middle, "error ", 6)) {
		ok = r == -EINVAL && err.column == (size_t)atoi(middle + 6) && strstr(err.message, verdict);
		if (!ok)
			print_error("line %u: %s: r=%d column %zu: %s\n", number, expression, r, err.column,
				    err.message);
	} else if (r) {
		ok = false;
		print_error("line %u: %s: column %zu: %s\n", number, expression, err.column, err.message);
	} else {
		ok = filter_match(f, find_row(rows, middle)) == !strcmp(verdict, "yes");
		if (!ok)
			print_error("line %u: %s is not %s on %s\n", number, expression, verdict, middle);
	}
	filter_free(f);
	return ok;
}

static void test_text_table(void **state)
{
	struct rows rows = {.b = sb_new(64)};
	char line[512];
	unsigned number = 0, failed = 0, checked = 0;
	FILE *file = fopen("tests/unit/filter.txt", "r");

	assert_non_null(file);
	sb_finish(rows.b);
	while (fgets(line, sizeof(line), file)) {
		number++;
		if (*line == '#' || !*trim(line))
			continue;
		if (!strncmp(line, "row ", 4)) {
			parse_row(&rows, trim(line + 4));
			continue;
		}
		checked++;
		failed += !check_line(&rows, line, number);
	}
	fclose(file);
	sb_free(rows.b);
	print_message("%u lines checked\n", checked);
	assert_true(checked > 150);
	assert_int_equal(failed, 0);
}

/* ---- limits ---- */

static void test_depth(void **state)
{
	struct buf b = {0};
	struct filter *f;
	struct filter_error err;

	buf_fill(&b, '(', 100);
	buf_adds(&b, "proc.pid=1");
	buf_fill(&b, ')', 100);
	assert_int_equal(filter_parse(buf_str(&b), &f, &err), 0);
	filter_free(f);
	buf_reset(&b);
	buf_fill(&b, '(', 100000);
	assert_int_equal(filter_parse(buf_str(&b), &f, &err), -EINVAL);
	assert_int_equal(err.column, 101);
	buf_reset(&b);
	for (int i = 0; i < 10000; i++) /* as many as one likes beside each other */
		buf_adds(&b, "not proc.pid=1 and ");
	buf_adds(&b, "proc.pid=2");
	assert_int_equal(filter_parse(buf_str(&b), &f, &err), 0);
	filter_free(f);
	buf_done(&b);
}

static void test_long_text(void **state)
{
	struct buf b = {0};
	struct filter *f;
	struct filter_error err;

	buf_adds(&b, "proc.name = ");
	buf_fill(&b, 'x', 2 << 20);
	assert_int_equal(filter_parse(buf_str(&b), &f, &err), -EINVAL);
	buf_done(&b);
}

/* A catastrophic expression ends, and matches nothing. */
static void test_regex_limit(void **state)
{
	struct builder *b = sb_new(4);
	struct process *p =
		sb_process(b, 1, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", NULL);
	struct record r = record_from_thread(&b->sample, sb_thread(b, p, 1));
	struct filter *f;

	assert_int_equal(filter_parse("proc.name regex '^(a+)+$'", &f, NULL), 0);
	assert_false(filter_match(f, &r));
	filter_free(f);
	sb_free(b);
}

/* Whatever a name contains, its quoted form finds exactly it. */
static void test_quote(void **state)
{
	static const char *const names[] = {
		"plain", "two words", "a\"b'c\\d", "new\nline\ttab", "(x) and y = z", "\xff\xfe",
		"",      "\\n",       "\\"};
	struct builder *b = sb_new(32);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct record r =
			record_from_thread(&b->sample, sb_thread(b, sb_process(b, 1, names[i], NULL), 1));
		char *quoted = filter_quote(names[i]), *text = xasprintf("proc.name = %s", quoted);
		struct filter *f;
		struct filter_error err = {0};

		if (filter_parse(text, &f, &err))
			fail_msg("%s: %s", text, err.message);
		assert_true(filter_match(f, &r));
		filter_free(f);
		free(text);
		free(quoted);
	}
	sb_free(b);
}

static void test_and(void **state)
{
	char *text = filter_and("a = 1 or b = 2", "c = 3");

	assert_string_equal(text, "(a = 1 or b = 2) and (c = 3)");
	free(text);
	text = filter_and(" ", "c = 3");
	assert_string_equal(text, "c = 3");
	free(text);
	text = filter_and(NULL, NULL);
	assert_string_equal(text, "");
	free(text);
}

/* ---- push-down ---- */

struct pushed {
	struct spy_selection sel;
	const char *text;
};

static struct pushed push(struct builder *b, const char *text)
{
	struct pushed p;
	struct filter *f;
	struct filter_error err;

	if (filter_parse(text, &f, &err))
		fail_msg("%s: %s", text, err.message);
	filter_push_down(f, &b->sample, b->arena, &p.sel, &p.text);
	filter_free(f);
	return p;
}

static bool has_call(const struct pushed *p, const char *name)
{
	int nr = syscall_number(name);

	assert_true(nr >= 0);
	return p->sel.filter.calls[nr / 64] >> (nr % 64) & 1;
}

static void test_push_down(void **state)
{
	struct builder *b = sb_new(16);
	struct container *c = sb_container(b, "aaaaaaaaaaaa", "web", "docker");
	static const uint64_t ids[] = {77, 78}, more[] = {79};
	static const char *const labels[] = {"team=b"};
	static const struct container_meta meta = {.pod_ns = "prod", .labels = labels, .n_labels = 1};
	struct object *file = sb_file(b, "/a/b");
	struct pushed p;

	c->cgroup_ids = ids;
	c->n_cgroup_ids = 2;
	c->image = "acme/shop:3";
	c = sb_container(b, "bbbbbbbbbbbb", "db", "podman");
	c->cgroup_ids = more;
	c->n_cgroup_ids = 1;
	c->meta = &meta;
	sb_file(b, "/a/c");
	sb_finish(b);

	p = push(b, "");
	assert_string_equal(p.text, "");
	assert_int_equal(p.sel.filter.by_call, 0);

	p = push(b, "proc.pid = 42 and thread.tid = 43 and evt.latency > 5ms and evt.failed = true");
	assert_int_equal(p.sel.filter.tgid, 42);
	assert_int_equal(p.sel.filter.tid, 43);
	assert_true(p.sel.filter.min_latency == 5000000);
	assert_int_equal(p.sel.filter.failed_only, 1);
	assert_int_equal(p.sel.filter.by_call, 0);

	p = push(b, "(container.id = aaaaaaaaaaaa) and (proc.pid in (1, 2, 3))");
	assert_int_equal(p.sel.n_cgroups, 2);
	assert_true(p.sel.cgroups[1] == 78);
	assert_int_equal(p.sel.n_pids, 3);
	assert_int_equal(p.sel.pids[2], 3);

	p = push(b, "evt.type in (read, write) and proc.name = x");
	assert_int_equal(p.sel.filter.by_call, 1);
	assert_true(has_call(&p, "read") && has_call(&p, "write"));
	assert_false(has_call(&p, "openat"));

	p = push(b, "evt.type != epoll_wait and not evt.type = futex");
	assert_true(has_call(&p, "read"));
	assert_false(has_call(&p, "epoll_wait") || has_call(&p, "futex"));

	/* one side of the 'or' may hold for any call */
	p = push(b, "evt.type = read or proc.pid = 1");
	assert_int_equal(p.sel.filter.by_call, 0);
	assert_int_equal(p.sel.filter.tgid, 0);
	p = push(b, "evt.type = read or evt.type = write and proc.pid = 1");
	assert_true(has_call(&p, "read") && has_call(&p, "write"));
	assert_false(has_call(&p, "close"));
	p = push(b, "not (evt.type = read and proc.pid = 1)");
	assert_int_equal(p.sel.filter.by_call, 0);
	p = push(b, "evt.is_io = true");
	assert_true(has_call(&p, "sendto") && !has_call(&p, "openat"));

	p = push(b, "fd.name = /a/b");
	assert_int_equal(p.sel.n_objects, 1);
	assert_memory_equal(&p.sel.objects[0], &file->key, sizeof(file->key));
	p = push(b, "fd.name = /not/seen/yet");
	assert_int_equal(p.sel.n_objects, 0); /* user space looks for it */
	p = push(b, "fd.sport = 80");         /* a new connection would not be in any set */
	assert_int_equal(p.sel.n_objects, 0);
	p = push(b, "container.name = web and container.image contains shop");
	assert_int_equal(p.sel.n_cgroups, 2);
	assert_string_equal(p.text, "1 container");
	p = push(b, "k8s.ns.name = prod");
	assert_int_equal(p.sel.n_cgroups, 1);
	assert_true(p.sel.cgroups[0] == 79);
	p = push(b, "container.type in (docker, podman)");
	assert_int_equal(p.sel.n_cgroups, 3);
	p = push(b, "container.label.team = b");
	assert_int_equal(p.sel.n_cgroups, 1);
	assert_int_equal(p.sel.filter.by_cgroup, 1);
	assert_int_equal(p.sel.n_others, 2);
	assert_true(p.sel.others[0] == 77 && p.sel.others[1] == 78);
	p = push(b, "container.name = none-yet"); /* what is known is out, what starts later is not */
	assert_int_equal(p.sel.filter.by_cgroup, 1);
	assert_int_equal(p.sel.n_cgroups, 0);
	assert_int_equal(p.sel.n_others, 3);
	assert_string_equal(p.text, "no container yet");
	p = push(b, "container.name != web"); /* the host is left, too */
	assert_int_equal(p.sel.filter.by_cgroup, 0);
	assert_int_equal(p.sel.n_cgroups, 0);
	p = push(b, "container.name = web or proc.name = x");
	assert_int_equal(p.sel.n_cgroups, 0);
	p = push(b, "cgroup.memory > 1"); /* changes all the time */
	assert_int_equal(p.sel.n_cgroups, 0);
	p = push(b, "container.id = host"); /* what is left over is no set */
	assert_int_equal(p.sel.n_cgroups, 0);
	p = push(b, "not proc.pid = 1");
	assert_int_equal(p.sel.filter.tgid, 0);
	p = push(b, "fd.type in (ipv4, ipv6) and evt.type = close");
	assert_int_equal(p.sel.filter.kinds, 1 << OBJ_INET);
	assert_true(has_call(&p, "close") && !has_call(&p, "bind"));
	p = push(b, "(fd.type = unix) and (fd.type in (unix, pipe))");
	assert_int_equal(p.sel.filter.kinds, 1 << OBJ_UNIX);
	p = push(b, "fd.type in (unix, file)"); /* what a file is, more than one kind says */
	assert_int_equal(p.sel.filter.kinds, 0);
	p = push(b, "fd.type = unix or evt.failed = true");
	assert_int_equal(p.sel.filter.kinds, 0);
	p = push(b, "not fd.type = unix");
	assert_int_equal(p.sel.filter.kinds, 0);
	sb_free(b);
}

/* A filter is evaluated on the kernel's part of the events only: no event that matches is missing. */
static void test_needs(void **state)
{
	struct filter *f;

	assert_int_equal(filter_parse("proc.name = x and fd.name = /y", &f, NULL), 0);
	assert_true(filter_uses_grain(f, GRAIN_PROCESS));
	assert_true(filter_uses_grain(f, GRAIN_OBJECT));
	assert_false(filter_uses_grain(f, GRAIN_FACT));
	assert_false(filter_is_empty(f));
	filter_free(f);
	assert_int_equal(filter_parse(NULL, &f, NULL), 0);
	assert_true(filter_is_empty(f));
	filter_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_table), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_long_text),  cmocka_unit_test(test_regex_limit),
		cmocka_unit_test(test_quote),      cmocka_unit_test(test_and),
		cmocka_unit_test(test_push_down),  cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
