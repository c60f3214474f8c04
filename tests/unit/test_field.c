/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_field.c - the table of fields against itself, values of made-up records, spy events as records. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/field.h"
#include "core/filter.h"
#include "core/syscall.h"
#include "unit/sample_builder.h"

static void test_table(void **state)
{
	size_t n;
	const struct field *f = field_all(&n);

	assert_true(n > 130);
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(f[i - 1].id, f[i].id) >= 0)
			fail_msg("%s must come before %s", f[i].id, f[i - 1].id);
		assert_ptr_equal(field_find(f[i].id), &f[i]);
		assert_true(*f[i].title && strlen(f[i].title) <= 12);
		assert_true(*f[i].source && *f[i].description);
		assert_int_equal(f[i].description[strlen(f[i].description) - 1], '.');
		assert_int_equal(f[i].get_arg != NULL, (f[i].flags & FIELD_ARG) != 0);
		assert_int_equal(f[i].get != NULL,
				 !(f[i].flags & FIELD_ARG) || (f[i].flags & FIELD_OPTIONAL));
		assert_true(!(f[i].flags & FIELD_DELTA) || (f[i].flags & FIELD_MEASURE));
		assert_true(f[i].type != FT_DIST || (f[i].flags & FIELD_MEASURE));
		if ((f[i].flags & FIELD_MEASURE) && f[i].type == FT_STRING)
			fail_msg("%s is text and cannot be added up", f[i].id);
		/* a fixed column holds its title */
		if (f[i].width && !(f[i].flags & FIELD_ARG) && strlen(f[i].title) > f[i].width)
			fail_msg("%s is narrower than its title", f[i].id);
	}
	assert_null(field_find("proc.nam"));
	assert_null(field_find(""));
	assert_null(field_find(NULL));
}

/* What a user of sysdig or Falco types is understood: every field of theirs, with its argument if it takes
 * one. */
static void test_sysdig_fields(void **state)
{
	FILE *file = fopen("tests/unit/sysdig-fields.txt", "r");
	char line[128];
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct filter_error err;
		struct filter *f = NULL;
		char text[200], *arg;

		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		arg = strstr(line, "[]");
		if (arg)
			*arg = '\0';
		snprintf(text, sizeof(text), "%s%s exists", line, arg ? "[0]" : "");
		if (filter_parse(text, &f, &err))
			fail_msg("%s: %s", text, err.message);
		filter_free(f);
		n++;
	}
	fclose(file);
	assert_int_equal(n, 267);
}

/* Calls `check` with every name of a file; returns how many there are. */
static unsigned each_name(const char *path, void (*check)(const char *name))
{
	FILE *file = fopen(path, "r");
	char line[128];
	unsigned n = 0;

	if (!file)
		fail_msg("no %s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		check(line);
		n++;
	}
	fclose(file);
	return n;
}

static void is_a_field(const char *name)
{
	const struct field *f = field_find(name);

	if (!f)
		fail_msg("%s is no field", name);
	if (strstr(f->description, "always missing") && !strstr(name, "infra.docker"))
		fail_msg("%s has never a value", name);
}

static void is_no_field(const char *name)
{
	if (field_find(name))
		fail_msg("%s is a field, and said to be left out", name);
}

static void test_sysdig_views_fields(void **state)
{
	assert_int_equal(each_name("tests/data/sysdig-views-fields.txt", is_a_field), 93);
	assert_int_equal(each_name("tests/data/sysdig-left-out.txt", is_no_field), 30);
}

static void test_nearest(void **state)
{
	assert_string_equal(field_nearest("proc.nam"), "proc.name");
	assert_string_equal(field_nearest("fd.sprot"), "fd.sport");
	assert_string_equal(field_nearest("thread.tdi"), "thread.tid");
	assert_null(field_nearest("completely.different.thing"));
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("abc", ""), 3);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("ab", "ba"), 1);
	assert_int_equal(text_distance("same", "same"), 0);
}

/* The kind of a value is that of its field, whatever part of a record is there. */
static void check_kinds(const struct record *r, struct arena *tmp)
{
	size_t n;
	const struct field *f = field_all(&n);

	for (size_t i = 0; i < n; i++) {
		struct value v = {.kind = V_MISSING};

		if (f[i].get) {
			v = field_get(&f[i], r, tmp);
		} else if (!f[i].get_arg(r, "0", tmp, &v) || !f[i].get_arg(r, "no such argument", tmp, &v)) {
			v.kind = V_MISSING;
		}
		field_get_other(&f[i], r);
		if (v.kind == V_MISSING)
			continue;
		switch (f[i].type) {
		case FT_INT: assert_int_equal(v.kind, V_INT); break;
		case FT_DOUBLE: assert_int_equal(v.kind, V_DOUBLE); break;
		case FT_STRING:
			assert_int_equal(v.kind, V_STRING);
			assert_non_null(v.s);
			break;
		case FT_BOOL: assert_int_equal(v.kind, V_BOOL); break;
		case FT_IP: assert_int_equal(v.kind, V_IP); break;
		case FT_DIST: assert_int_equal(v.kind, V_DIST); break;
		}
	}
}

static void test_partial_records(void **state)
{
	struct builder *b = sb_new(16);
	struct process *p = sb_process(b, 10, "nginx", sb_container(b, "abc", NULL, NULL));
	struct thread *t = sb_thread(b, p, 10);
	struct object *conn = sb_tcp(b, "10.0.0.1", 80, "10.0.0.2", 3000, true);
	struct object *nothing = sb_object(b, OBJ_NONE, NULL, NULL);
	struct fact *f = sb_fact(b, t, conn, (uint16_t)syscall_number("read"), 0, 1, 2, 0);
	struct descriptor *d = sb_fd(b, p, nothing, 3);
	const struct sample *s = sb_finish(b);
	struct process empty_process = {0};
	struct thread empty_thread = {.did = &thread_idle, .process = &empty_process, .nr = 5};
	struct container empty_container = {0};
	struct record records[] = {
		{0},
		{.sample = s},
		{.process = &empty_process, .container = &empty_container, .thread = &empty_thread},
		{.thread = &empty_thread, .obj = nothing, .sample = s, .counters = true},
		record_from_thread(s, t),
		record_from_fact(s, f),
		record_from_fd(s, d),
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		check_kinds(&records[i], b->arena);
	sb_free(b);
}

static const char *text(const char *id, const struct record *r, struct arena *tmp)
{
	struct value v = field_get(field_find(id), r, tmp);

	if (v.kind == V_MISSING)
		return "missing";
	assert_int_equal(v.kind, V_STRING);
	return v.s;
}

static int64_t number(const char *id, const struct record *r)
{
	struct value v = field_get(field_find(id), r, NULL);

	assert_int_equal(v.kind, V_INT);
	return v.i;
}

static void test_values(void **state)
{
	struct builder *b = sb_new(16);
	struct container *c = sb_container(b, "3f4a9c1be27d", NULL, "docker");
	struct process *p = sb_process(b, 10, "nginx", c);
	struct thread *t = sb_thread(b, p, 11), *main_thread = sb_thread(b, p, 10);
	struct object *file = sb_file(b, "/var/lib/x/base.dat");
	struct arena *a = b->arena;
	const struct sample *s;
	struct record r;

	c->image = "registry:5000/acme/shop:3.2@sha256:12";
	p->args = "-g daemon";
	p->cgroup = "/system.slice/docker-3f4a.scope/inner";
	t->nr = (uint16_t)syscall_number("pread64");
	t->nr_time = 41000000;
	t->wait_obj = file;
	sb_did(t)->cpu = 123000000;
	sb_did(t)->run_delay = 5000000;
	main_thread->state = 'D';
	b->sample.interval = 2000000000;
	s = sb_finish(b);
	r = record_from_thread(s, t);
	assert_string_equal(text("container.name", &r, a), "3f4a9c1be27d"); /* no name known: the id */
	assert_string_equal(text("container.image.repository", &r, a), "registry:5000/acme/shop");
	assert_string_equal(text("container.image.tag", &r, a), "3.2");
	assert_string_equal(text("proc.cmdline", &r, a), "nginx -g daemon");
	assert_string_equal(text("proc.unit", &r, a), "docker-3f4a.scope");
	assert_string_equal(text("thread.nametid", &r, a), "nginx:11");
	assert_string_equal(text("thread.wait", &r, a), "pread64 /var/lib/x/base.dat");
	assert_string_equal(text("thread.syscall.fd", &r, a), "/var/lib/x/base.dat");
	assert_int_equal(number("thread.syscall.time", &r), 41000000);
	assert_string_equal(text("proc.state", &r, a), "D");
	assert_string_equal(text("thread.state", &r, a), "S");
	assert_int_equal(number("proc.duration", &r), 60000000000);
	assert_string_equal(text("user.loginname", &r, a), "missing");
	/* of the measured interval, which was two seconds */
	assert_true(field_get(field_find("thread.cpu"), &r, a).d == 6.15);
	assert_true(field_get(field_find("thread.runq"), &r, a).d == 0.25);
	assert_int_equal(field_get(field_find("proc.vmrss"), &r, a).kind, V_MISSING);

	r = (struct record){.obj = file};
	assert_string_equal(text("fd.directory", &r, a), "/var/lib/x");
	assert_string_equal(text("fd.filename", &r, a), "base.dat");
	file->name = "/top";
	assert_string_equal(text("fd.directory", &r, a), "/");
	file->kind = OBJ_DIR;
	assert_string_equal(text("fd.directory", &r, a), "/top");
	file->name = "8:1:1234"; /* the last resort of an unnamed one is no path */
	file->kind = OBJ_FILE;
	assert_string_equal(text("fd.directory", &r, a), "missing");
	assert_int_equal(number("fd.dev.major", &r), 8);
	assert_int_equal(number("fd.dev.minor", &r), 1);
	sb_free(b);
}

static void test_closed_since(void **state)
{
	struct builder *b = sb_new(4);
	struct object *o = sb_tcp(b, "127.0.0.1", 80, "127.0.0.1", 40000, true);
	struct record r = {.sample = &b->sample, .obj = o};

	o->tcp_state = 8; /* TCP_CLOSE_WAIT */
	o->n_open = 1;
	assert_string_equal(text("fd.state", &r, b->arena), "CLOSE_WAIT");
	o->n_open = 0;
	assert_string_equal(text("fd.state", &r, b->arena), "CLOSED");
	b->sample.needs &= ~(unsigned)NEED_FDS; /* not known whether it is open */
	assert_string_equal(text("fd.state", &r, b->arena), "CLOSE_WAIT");
	b->sample.needs |= NEED_FDS;
	o->tcp_state = 1;
	assert_string_equal(text("fd.state", &r, b->arena), "ESTABLISHED");
	sb_free(b);
}

static void test_listening(void **state)
{
	struct builder *b = sb_new(4);
	struct object *o = sb_tcp(b, "0.0.0.0", 80, "0.0.0.0", 0, true);
	struct record r = {.obj = o};

	o->tcp_state = 10;
	o->total_retrans = 0;
	o->rx_queue = 3;
	assert_string_equal(text("fd.state", &r, b->arena), "LISTEN");
	assert_int_equal(field_get(field_find("fd.rip"), &r, NULL).kind, V_MISSING);
	assert_int_equal(field_get(field_find("fd.rport"), &r, NULL).kind, V_MISSING);
	assert_int_equal(field_get(field_find("fd.cip"), &r, NULL).kind, V_MISSING);
	assert_int_equal(field_get(field_find("fd.retrans"), &r, NULL).kind, V_MISSING);
	assert_int_equal(number("fd.sport", &r), 80);
	assert_int_equal(number("fd.queue.in", &r), 3);
	sb_free(b);
}

static void test_error_classes(void **state)
{
	static const struct {
		const char *call;
		enum obj_kind kind;
		const char *field;
	} cases[] = {
		{"read", OBJ_FILE, "evt.count.error.file"},   {"openat", OBJ_PATH, "evt.count.error.file"},
		{"openat", OBJ_NONE, "evt.count.error.file"}, {"recvfrom", OBJ_INET, "evt.count.error.net"},
		{"connect", OBJ_UNIX, "evt.count.error.net"}, {"socket", OBJ_NONE, "evt.count.error.net"},
		{"mmap", OBJ_NONE, "evt.count.error.memory"}, {"futex", OBJ_NONE, "evt.count.error.other"},
		{"write", OBJ_FIFO, "evt.count.error.other"},
	};
	static const char *const fields[] = {"evt.count.error.file", "evt.count.error.net",
					     "evt.count.error.memory", "evt.count.error.other"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct object o = {.kind = cases[i].kind};
		struct fact f = {.obj = cases[i].kind ? &o : NULL,
				 .nr = (uint16_t)syscall_number(cases[i].call),
				 .err = EIO,
				 .calls = 3};
		struct record r = {.fact = &f, .obj = f.obj};

		for (size_t k = 0; k < 4; k++) {
			int64_t expected = strcmp(fields[k], cases[i].field) ? 0 : 3;

			if (number(fields[k], &r) != expected)
				fail_msg("%s: %s is not %d", cases[i].call, fields[k], (int)expected);
		}
		f.err = 0;
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(number(fields[k], &r), 0);
	}
}

/* ---- spy events ---- */

static bool passes(const char *filter, const struct record *r)
{
	struct filter *f;
	struct filter_error err;
	bool match;

	if (filter_parse(filter, &f, &err))
		fail_msg("%s: %s", filter, err.message);
	match = filter_match(f, r);
	filter_free(f);
	return match;
}

static struct event open_event(const char *path)
{
	struct event ev = {
		.seq = 7,
		.time = 1700000000123456789ULL,
		.latency = 6000000,
		.ret = -2,
		.args = {(uint64_t)-100, 0x1000, 0x80000},
		.nr = (uint16_t)syscall_number("openat"),
		.cpu = 3,
		.tid = 11,
		.tgid = 10,
		.ppid = 1,
		.uid = 1000,
		.comm = "cat",
		.n_blobs = 1,
		.fd = {{.kind = OBJ_PATH, .type = "file", .name = path}},
	};

	ev.blobs[0] = (struct event_blob){.arg = 1,
					  .len = (uint32_t)strlen(path) + 1,
					  .full = strlen(path) + 1,
					  .addr = 0x1000,
					  .data = path};
	return ev;
}

static void test_event(void **state)
{
	struct builder *b = sb_new(16);
	struct container *c = sb_container(b, "aaaaaaaaaaaa", "web", "docker");
	static const uint64_t cgroups[] = {500};
	struct process *p = sb_process(b, 10, "known-name", c);
	struct event ev = open_event("/etc/passwd");
	struct record_index *idx;
	struct event_record er;

	c->cgroup_ids = cgroups;
	c->n_cgroup_ids = 1;
	sb_thread(b, p, 10);
	idx = record_index_new(sb_finish(b));
	record_from_event(&er, idx, &ev);
	check_kinds(&er.record, b->arena);
	assert_true(
		passes("proc.name = known-name and thread.tid = 11 and container.name = web", &er.record));
	assert_true(passes("evt.type = openat and evt.res = ENOENT and evt.failed = true", &er.record));
	assert_true(passes("evt.latency > 5ms and evt.latency < 7ms", &er.record));
	assert_true(passes("evt.arg.path = /etc/passwd", &er.record));
	assert_true(passes("evt.arg[1] startswith /etc", &er.record));
	assert_true(passes("evt.arg.name = /etc/passwd", &er.record));
	assert_true(passes("evt.arg.flags contains O_CLOEXEC", &er.record));
	assert_true(passes("evt.rawarg.flags = 0x80000", &er.record));
	assert_true(passes("evt.args contains passwd", &er.record));
	assert_true(passes("evt.rawres = -2 and evt.num = 7 and evt.cpu = 3 and evt.dir = '<'", &er.record));
	assert_true(passes("fd.name = /etc/passwd and fd.type = file", &er.record));
	assert_true(passes("evt.rawtime > 1699999999000000000 and evt.rawtime.s = 1700000000", &er.record));
	assert_true(passes("evt.time.iso8601 = 2023-11-14T22:13:20.123456789Z", &er.record));
	assert_true(passes("evt.is_open_read = true and evt.is_open_write = false", &er.record));
	assert_false(passes("evt.arg.nosuch exists", &er.record));
	assert_false(passes("evt.arg[9] exists", &er.record));

	/* a process that the sample does not know */
	ev.tgid = 999;
	ev.tid = 1000;
	ev.cgroup_v2 = 500;
	record_from_event(&er, idx, &ev);
	check_kinds(&er.record, b->arena);
	assert_true(passes("proc.name = cat and proc.pid = 999 and proc.ppid = 1 and thread.tid = 1000",
			   &er.record));
	assert_true(passes("user.uid = 1000 and user.name = 1000", &er.record));
	assert_true(passes("container.id = aaaaaaaaaaaa", &er.record));
	assert_false(passes("thread.cpu > 50", &er.record));

	/* what it started meanwhile, and itself under another name */
	ev.tgid = ev.tid = 1001;
	ev.ppid = 999;
	snprintf(ev.comm, sizeof(ev.comm), "child");
	record_from_event(&er, idx, &ev);
	assert_true(passes("proc.name = child and proc.pname = cat and proc.aname = cat", &er.record));
	ev.tgid = ev.tid = 999;
	ev.ppid = 1;
	snprintf(ev.comm, sizeof(ev.comm), "dog");
	record_from_event(&er, idx, &ev);
	assert_true(passes("proc.name = dog and not proc.aname = cat", &er.record));
	record_index_free(idx);

	/* nothing known at all */
	record_from_event(&er, NULL, &ev);
	check_kinds(&er.record, b->arena);
	assert_true(passes("proc.name = dog and not container.id exists", &er.record));
	sb_free(b);
}

/* Whose parent forked since the sample, as cron does: on the live system /proc knows it. */
static void test_event_parent(void **state)
{
	for (int live = 0; live < 2; live++) {
		struct builder *b = sb_new(16);
		struct sample *s = (struct sample *)sb_finish(b);
		struct event ev = open_event("/etc/passwd");
		struct record_index *idx;
		struct event_record er;
		char filter[80], name[16];

		s->source = live ? "live" : "demo";
		idx = record_index_new(s);
		ev.ppid = (uint32_t)getpid();
		record_from_event(&er, idx, &ev);
		check_kinds(&er.record, b->arena);
		/* under valgrind the name is another one */
		prctl(PR_GET_NAME, name);
		snprintf(filter, sizeof(filter), "proc.pname = '%s' and proc.apid = %d", name, getppid());
		assert_int_equal(passes(filter, &er.record), live);
		record_index_free(idx);
		sb_free(b);
	}
}

/* A program that a child of a known shell ran, and what its own children have from it. */
static void test_event_exec(void **state)
{
	struct builder *b = sb_new(16);
	struct process *shell = sb_process(b, 10, "bash", &b->containers[0]);
	struct event ev = {.nr = (uint16_t)syscall_number("execve"),
			   .tid = 50,
			   .tgid = 50,
			   .ppid = 10,
			   .uid = 7,
			   .tty = 136 << 20 | 3,
			   .session = 10,
			   .comm = "ls"};
	struct event cd = {
		.nr = (uint16_t)syscall_number("chdir"), .tid = 50, .tgid = 50, .ppid = 10, .comm = "ls"};
	struct event below = {.nr = (uint16_t)syscall_number("open"),
			      .ret = -2,
			      .tid = 51,
			      .tgid = 51,
			      .ppid = 50,
			      .comm = "child"};
	struct record_index *idx;
	struct event_record er;

	shell->cwd = "/home/x";
	shell->user = "someone";
	shell->uid = 7;
	sb_thread(b, shell, 10);
	idx = record_index_new(sb_finish(b));
	ev.n_blobs = 1;
	ev.blobs[0] = (struct event_blob){.arg = 1, .len = 10, .full = 3, .data = "ls\0-l\0a b\0"};
	record_from_event(&er, idx, &ev);
	assert_true(passes("proc.name = ls and proc.exe = ls and proc.args = '-l a b' and "
			   "proc.exeline = 'ls -l a b'",
			   &er.record));
	assert_true(
		passes("user.name = someone and proc.cwd = /home/x and proc.ttyname = pts/3", &er.record));
	assert_true(passes("proc.loginshellid = 10 and proc.exeline.tree = '  ls -l a b'", &er.record));
	cd.n_blobs = 1;
	cd.blobs[0] = (struct event_blob){.arg = 0, .len = 3, .full = 3, .data = "src"};
	record_from_event(&er, idx, &cd);
	assert_true(passes("proc.cwd = /home/x and proc.exeline.tree = '  cd src'", &er.record));
	below.n_blobs = 1;
	below.blobs[0] = (struct event_blob){.arg = 0, .len = 4, .full = 4, .data = "gone"};
	record_from_event(&er, idx, &below);
	assert_true(passes("proc.cwd = /home/x/src and fd.name = /home/x/src/gone and proc.pname = ls",
			   &er.record));
	assert_true(passes("proc.loginshellid = 10", &er.record));
	record_index_free(idx);
	sb_free(b);
}

static void test_event_signal(void **state)
{
	struct builder *b = sb_new(16);
	struct process *p = sb_process(b, 10, "target", &b->containers[0]);
	struct process *sender = sb_process(b, 11, "sender", &b->containers[0]);
	struct event ev = {.nr = (uint16_t)syscall_number("kill"), .tid = 11, .tgid = 11, .args = {3, 15}};
	struct record_index *idx;
	struct event_record er;

	sender->pidns = p->pidns = 77; /* pids are those that the sender sees */
	p->vpid = 3;
	sb_thread(b, p, 10);
	sb_thread(b, sender, 11);
	idx = record_index_new(sb_finish(b));
	record_from_event(&er, idx, &ev);
	assert_true(
		passes("signal.name = SIGTERM and signal.pid = 3 and signal.target = target", &er.record));
	ev.args[0] = (uint64_t)-5;
	record_from_event(&er, idx, &ev);
	assert_true(passes("signal.pid = -5 and signal.target = '(process group)'", &er.record));
	ev.nr = (uint16_t)syscall_number("pidfd_send_signal");
	record_from_event(&er, idx, &ev);
	assert_true(passes("signal.name = SIGTERM and not signal.pid exists", &er.record));
	ev.nr = (uint16_t)syscall_number("rt_sigprocmask");
	record_from_event(&er, idx, &ev);
	assert_false(passes("signal.name exists or signal.pid exists", &er.record));
	record_index_free(idx);
	sb_free(b);
}

static void test_event_syslog(void **state)
{
	static const struct {
		const char *text, *name, *expected; /* NULL: no message */
	} cases[] = {
		{"<34>su: x\n", "/dev/log",
		 "syslog.facility = 4 and syslog.facility.str = auth and syslog.severity = 2 and "
		 "syslog.severity.str = crit and syslog.message = 'su: x'"},
		{"<191>y", "/run/systemd/journal/dev-log",
		 "syslog.facility.str = local7 and syslog.severity.str = debug and syslog.message = y"},
		{"<192>y", "/dev/log", "syslog.severity.str = notice and syslog.message = '<192>y'"},
		{"<>y", "/dev/log", "syslog.message = '<>y'"},
		{"<1", "/dev/log", "syslog.message = '<1'"},
		{"plain", "/dev/log", "syslog.facility.str = user and syslog.message = plain"},
		{"<34>su: x", "/run/other", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		struct event ev = {
			.nr = (uint16_t)syscall_number("write"), .ret = (int64_t)len, .args = {3, 8, len}};
		struct event_record er;

		ev.fd[0] = (struct event_fd){.kind = OBJ_UNIX, .type = "unix", .name = cases[i].name};
		ev.n_blobs = 1;
		ev.blobs[0] = (struct event_blob){
			.arg = 1, .len = (uint32_t)len, .full = len, .data = cases[i].text};
		record_from_event(&er, NULL, &ev);
		if (!passes(cases[i].expected ? cases[i].expected : "not syslog.message exists", &er.record))
			fail_msg("%s", cases[i].text);
	}
}

/* As counted calls: the accepted connection, not the socket that listens. */
static void test_event_object(void **state)
{
	struct event ev = {.nr = (uint16_t)syscall_number("accept4"), .ret = 9, .args = {3}};
	struct event_record er;

	ev.fd[0] = (struct event_fd){.kind = OBJ_INET, .type = "ipv4", .name = "0.0.0.0:80"};
	ev.ret_fd = (struct event_fd){.kind = OBJ_INET, .type = "ipv4", .name = "1.2.3.4:5->6.7.8.9:80"};
	record_from_event(&er, NULL, &ev);
	assert_true(passes("fd.name = '1.2.3.4:5->6.7.8.9:80'", &er.record));
	ev.ret = -11;
	ev.ret_fd = (struct event_fd){0};
	record_from_event(&er, NULL, &ev);
	assert_true(passes("fd.name = '0.0.0.0:80' and evt.res = EAGAIN", &er.record));
}

static void test_event_io(void **state)
{
	struct event ev = {
		.nr = (uint16_t)syscall_number("read"), .ret = 100, .args = {5}, .latency = UNKNOWN_U64};
	struct event_record er;

	ev.fd[0] = (struct event_fd){.kind = OBJ_FILE, .type = "file", .name = "/x"};
	record_from_event(&er, NULL, &ev);
	assert_int_equal(number("evt.buflen.file.in", &er.record), 100);
	assert_int_equal(number("evt.buflen.out", &er.record), 0);
	assert_int_equal(number("fd.num", &er.record), 5);
	assert_int_equal(field_get(field_find("evt.latency"), &er.record, NULL).kind, V_MISSING);
	ev.ret = -512; /* ERESTARTSYS is not for user space */
	record_from_event(&er, NULL, &ev);
	assert_true(passes("evt.res = EINTR", &er.record));
	assert_int_equal(number("evt.buflen", &er.record), 0);
	ev.in_progress = true;
	record_from_event(&er, NULL, &ev);
	assert_false(passes("evt.res exists or evt.rawres exists", &er.record));
	assert_true(passes("evt.dir = '>'", &er.record));
}

static void test_compare(void **state)
{
	struct value one = {.kind = V_INT, .i = 1}, two = {.kind = V_DOUBLE, .d = 2},
		     text_value = {.kind = V_STRING};
	struct value missing = {.kind = V_MISSING};

	text_value.s = "a";
	assert_true(value_compare(&one, &two) < 0);
	assert_true(value_compare(&two, &one) > 0);
	assert_true(value_compare(&two, &text_value) < 0);
	assert_true(value_compare(&text_value, &missing) < 0);
	assert_true(value_compare(&missing, &missing) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_partial_records),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_closed_since),
		cmocka_unit_test(test_listening),
		cmocka_unit_test(test_error_classes),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_event_io),
		cmocka_unit_test(test_event_parent),
		cmocka_unit_test(test_event_exec),
		cmocka_unit_test(test_event_signal),
		cmocka_unit_test(test_event_syslog),
		cmocka_unit_test(test_event_object),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_sysdig_fields),
		cmocka_unit_test(test_sysdig_views_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
