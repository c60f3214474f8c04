/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The details page: mounts and host paths, what is read of a process, what is shown and hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/details.h"
#include "core/mem.h"
#include "core/meta.h"
#include "core/mounts.h"
#include "sample_builder.h"

static const char inside[] = "100 50 0:45 / / rw,relatime - overlay overlay "
			     "rw,lowerdir=/l1:/l2,upperdir=/var/lib/x/over\\040lay/upper,workdir=/w\n"
			     "101 100 0:50 / /proc rw - proc proc rw\n"
			     "102 100 8:1 /srv/data /data rw,relatime - ext4 /dev/sda1 rw\n"
			     "103 100 8:1 /home/a\\040b/c.conf /etc/c.conf ro,relatime - ext4 /dev/sda1 rw\n"
			     "104 100 0:60 / /run rw - tmpfs tmpfs rw\n"
			     "105 102 9:9 /deep /data/deeper rw - xfs /dev/sdz rw\n"
			     "106 100 0:61 / /dev/shm rw - tmpfs shm rw\n"
			     "broken line\n"
			     "107 100 x:y / /q rw - ext4 a b\n";

static const char outside[] = "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
			      "21 20 0:45 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw\n"
			      "22 20 8:1 /srv /exported rw - ext4 /dev/sda1 rw\n"
			      "23 20 9:9 /deep/down /mnt/down rw - xfs /dev/sdz rw\n";

static const char *host_path(const struct mounts *host, const struct mounts *in, const char *path,
			     struct arena *arena)
{
	return mounts_host_path(host, mounts_find(in, path), path, arena);
}

static void test_mounts(void **state)
{
	struct arena *arena = arena_new();
	struct mounts in, host, none = {0};

	mounts_parse(inside, arena, &in);
	mounts_parse(outside, arena, &host);
	assert_int_equal(in.n, 7);
	assert_int_equal(host.n, 4);
	assert_string_equal(mounts_find(&in, "/data/x")->point, "/data");
	assert_string_equal(mounts_find(&in, "/database")->point, "/");
	assert_string_equal(mounts_find(&in, "/data/deeper/x")->point, "/data/deeper");
	/* a bind mount: as the disk that is mounted whole has it */
	assert_string_equal(host_path(&host, &in, "/data/x/y", arena), "/srv/data/x/y");
	assert_string_equal(host_path(&host, &in, "/data", arena), "/srv/data");
	assert_string_equal(host_path(&host, &in, "/etc/c.conf", arena), "/home/a b/c.conf");
	/* the root: where the runtime has put it together */
	assert_string_equal(host_path(&host, &in, "/bin/sh", arena),
			    "/var/lib/docker/overlay2/abc/merged/bin/sh");
	assert_string_equal(host_path(&host, &in, "/", arena), "/var/lib/docker/overlay2/abc/merged");
	/* mounted in another namespace: what was written is in the upper directory */
	assert_string_equal(host_path(&none, &in, "/bin/sh", arena), "/var/lib/x/over lay/upper/bin/sh");
	/* nowhere: a tmpfs of its own, a part of a disk that the host does not show */
	assert_null(host_path(&host, &in, "/run/lock", arena));
	assert_null(host_path(&host, &in, "/data/deeper/x", arena));
	assert_false(mount_is_storage(mounts_find(&in, "/proc/1")));
	assert_false(mount_is_storage(mounts_find(&in, "/dev/shm/x")));
	assert_true(mount_is_storage(mounts_find(&in, "/run/x")));
	arena_free(arena);
}

static const char *fact(const struct details_facts *f, enum details_part part, const char *label)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->items[i].part == part && !strcmp(f->items[i].label, label))
			return f->items[i].text;
	return NULL;
}

static void write_file(const char *dir, const char *name, const char *text, size_t len)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fwrite(text, 1, len, f);
	fclose(f);
	free(path);
}

static void test_read(void **state)
{
	char root[] = "/tmp/test-details-XXXXXX", dir[64],
	     env[600000] = "A=1\0EMPTY=\0=odd\0NOVALUE\0E=two\nlines";
	static const char stat[] = "77 (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0\n";
	static const char limits[] =
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max open files            1024                 4096                 files     \n"
		"Max nice priority         0                    0                    \n";
	static const char trie[] =
		"Local:\n  |-- 10.1.2.3\n     /32 host LOCAL\n  |-- 10.1.2.255\n     /32 link BROADCAST\n"
		"Main:\n  |-- 10.1.2.3\n     /32 host LOCAL\n";
	static const char six[] = "fd000000000000000000000000000002 02 40 00 80     eth0\n";
	struct details_facts *f;

	assert_non_null(mkdtemp(root));
	snprintf(dir, sizeof(dir), "%s/77", root);
	mkdir(dir, 0700);
	write_file(dir, "stat", stat, sizeof(stat) - 1);
	write_file(dir, "environ", env, sizeof(env)); /* one variable of half a megabyte at the end */
	write_file(dir, "limits", limits, sizeof(limits) - 1);
	write_file(dir, "mountinfo", inside, sizeof(inside) - 1);
	write_file(dir, "status", "Umask:\t0022\nSeccomp:\t2\n", 23);
	snprintf(dir, sizeof(dir), "%s/77/net", root);
	mkdir(dir, 0700);
	write_file(dir, "fib_trie", trie, sizeof(trie) - 1);
	write_file(dir, "if_inet6", six, sizeof(six) - 1);

	f = details_read(root, 77, 5000000000ULL); /* 500 ticks */
	assert_non_null(f);
	assert_string_equal(fact(f, READ_ENVIRONMENT, "A"), "1");
	assert_string_equal(fact(f, READ_ENVIRONMENT, "EMPTY"), "");
	assert_string_equal(fact(f, READ_ENVIRONMENT, "E"), "two\nlines");
	assert_non_null(fact(f, READ_ENVIRONMENT, "NOVALUE"));
	assert_string_equal(fact(f, READ_LIMITS, "Open files"), "1024 (at most 4096) files");
	assert_string_equal(fact(f, READ_LIMITS, "Nice priority"), "0");
	assert_string_equal(fact(f, READ_STATUS, "Seccomp"), "filter");
	assert_string_equal(fact(f, READ_ADDRESSES, "IPv4"), "10.1.2.3");
	assert_string_equal(fact(f, READ_ADDRESSES, "eth0"), "fd00::2/64");
	assert_non_null(strstr(fact(f, READ_MOUNTS, "/etc/c.conf"), "(ext4, read-only)"));
	assert_null(fact(f, READ_MOUNTS, "/proc"));
	details_facts_free(f);
	/* another one with its number, and none */
	assert_null(details_read(root, 77, 9000000000ULL));
	assert_null(details_read(root, 78, 0));
	{
		char *command = xasprintf("rm -rf %s", root);

		assert_int_equal(system(command), 0);
		free(command);
	}
}

static void test_thread(void **state)
{
	struct details_reader *r = details_reader_new(NULL);
	struct details_facts *f;
	char fifo[] = "/tmp/test-details-XXXXXX", *dir;

	setenv("TEST_DETAILS", "here", 1);
	assert_true(details_reader_ask(r, (uint32_t)getpid(), 0));
	f = details_reader_take(r, 5000);
	assert_non_null(f);
	assert_non_null(fact(f, READ_NAMESPACES, "mnt"));
	assert_non_null(fact(f, READ_ENVIRONMENT, "PATH"));
	details_facts_free(f);
	details_reader_free(r);
	/* a file that never answers keeps nobody waiting, nor does it get a second thread */
	assert_non_null(mkdtemp(fifo));
	dir = xasprintf("%s/5", fifo);
	mkdir(dir, 0700);
	free(dir);
	dir = xasprintf("%s/5/stat", fifo);
	assert_int_equal(mkfifo(dir, 0600), 0);
	r = details_reader_new(fifo);
	assert_true(details_reader_ask(r, 5, 0));
	assert_null(details_reader_take(r, 100));
	assert_false(details_reader_ask(r, 5, 0));
	details_reader_free(r);
	fclose(fopen(dir, "w")); /* lets the thread end */
	usleep(50000);
	unlink(dir);
	free(dir);
	dir = xasprintf("%s/5", fifo);
	rmdir(dir);
	rmdir(fifo);
	free(dir);
}

static void test_page(void **state)
{
	static const char *const labels[] = {"team=a\033[31mb", "x="};
	struct container_meta m = meta_none();
	struct builder *b = sb_new(16);
	struct container *c = sb_container(b, "0123456789abcdef", "web", "docker");
	struct process *shim = sb_process(b, 5, "shim", NULL), *init, *p;
	struct details_fact items[] = {{READ_ENVIRONMENT, "PASSWORD", "hunter2"},
				       {READ_MOUNTS, "/", "/merged"}};
	struct details_facts facts = {.items = items, .n = 2};
	const struct sample *s;
	struct record r;
	struct details *d;
	struct buf text = {0};
	json_t *json, *sections;

	m.labels = labels;
	m.n_labels = 2;
	m.restarts = 4;
	m.privileged = 0;
	c->meta = &m;
	c->started = UNKNOWN_U64;
	p = sb_process(b, 11, "helper", c);
	p->start_boot = 1;
	init = sb_process(b, 10, "web\nserver", c);
	init->vpid = 1;
	init->start_boot = 2;
	init->parent = shim;
	s = sb_finish(b);
	assert_false(details_find_container(s, "we", &r));
	assert_false(details_find_container(s, "012", &r));
	assert_true(details_find_container(s, "012345", &r));
	assert_true(details_find_container(s, "web", &r));
	assert_ptr_equal(r.container, c);
	assert_ptr_equal(r.process, init);
	d = details_build(DETAILS_CONTAINER, &r, &facts);
	details_text(d, false, true, &text);
	assert_non_null(strstr(buf_str(&text), "  Name                      web\n"));
	assert_non_null(strstr(buf_str(&text), "  team                      a\\x1b[31mb\n"));
	assert_non_null(strstr(buf_str(&text), "  Command line              web\\x0aserver\n"));
	assert_non_null(strstr(buf_str(&text), "  Restarts                  4\n"));
	assert_non_null(strstr(buf_str(&text), "PASSWORD"));
	assert_null(strstr(buf_str(&text), "hunter2"));
	assert_null(strstr(buf_str(&text), "Health")); /* not known: no line */
	buf_reset(&text);
	details_json(d, DETAILS_CONTAINER, false, &text);
	assert_null(strstr(buf_str(&text), "hunter2"));
	buf_reset(&text);
	details_json(d, DETAILS_CONTAINER, true, &text);
	json = json_loads(buf_str(&text), 0, NULL);
	assert_non_null(json);
	sections = json_object_get(json, "sections");
	assert_string_equal(json_string_value(json_object_get(json_array_get(sections, 0), "name")),
			    "Identity");
	assert_non_null(strstr(buf_str(&text), "{\"label\":\"PASSWORD\",\"value\":\"hunter2\"}"));
	assert_non_null(strstr(buf_str(&text),
			       "{\"label\":\"Restarts\",\"field\":\"container.restarts\",\"value\":4}"));
	json_decref(json);
	details_free(d);
	buf_reset(&text);

	assert_false(details_find_process(s, 99, &r));
	assert_true(details_find_process(s, 10, &r));
	d = details_build(DETAILS_PROCESS, &r, NULL);
	details_text(d, false, true, &text);
	assert_non_null(strstr(buf_str(&text), "Parents\n  5                         shim\n"));
	assert_null(strstr(buf_str(&text), "Environment"));
	details_free(d);
	buf_done(&text);
	sb_free(b);
}

/* Every field that the page names exists. */
static void test_table(void **state)
{
	static const char *const fields[] = {
#define DETAIL(pages, section, label, field) field,
#define DETAIL_LIST(pages, section, list)
#define DETAIL_READ(pages, section, part)
#include "core/details.def"
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!field_find(fields[i]))
			fail_msg("no field %s", fields[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts), cmocka_unit_test(test_read),  cmocka_unit_test(test_thread),
		cmocka_unit_test(test_page),   cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
