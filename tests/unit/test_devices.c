/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_devices.c - CPUs, disks and interfaces from made-up /proc files, and tables of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/devices.h"
#include "views/view.h"

static char dir[64];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int setup(void **state)
{
	char path[128];

	strcpy(dir, "/tmp/ctop-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/net", dir);
	return mkdir(path, 0700);
}

static int teardown(void **state)
{
	static const char *const names[] = {"stat", "diskstats", "net/dev", "net", ""};
	char path[128];

	for (size_t i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		remove(path);
	}
	return 0;
}

static void read_sample(struct devices *d, struct sample *s, uint64_t interval)
{
	*s = (struct sample){.arena = arena_new(), .interval = interval, .needs = 1};
	devices_read(d, dir, s);
}

static void first(void)
{
	put("stat", "cpu  1 2 3 4\ncpu0 100 0 50 800 10 0 5 0 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\nintr 9 9\n");
	put("diskstats", "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0\n"
			 " 254       0 vda 1000 5 8000 400 500 7 4000 900 0 700 1300 0 0 0 0\n"
			 "garbage\n");
	put("net/dev", "Inter-|   Receive                                                |  Transmit\n"
		       " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
		       "    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n"
		       "eth0:5000000000 10 1 2 0 0 0 0 7000 20 3 4 0 0 0 0\n");
}

static void second(void)
{
	put("stat", "cpu0 120 10 80 820 5 0 5 20 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\n");
	put("diskstats", "   7 0 loop0 3 0 24 5 0 0 0 0 0 5 5\n"
			 " 254 0 vda 1010 5 8160 500 540 7 4320 1300 3 1200 3300 0 0 0 0\n"
			 " 8 0 sda 4 0 32 5 0 0 0 0 0 5 5\n");
	put("net/dev", "eth0:5000001000 14 1 5 0 0 0 0 9000 25 3 4 0 0 0 0\n"
		       " new0: 77 1 0 0 0 0 0 0 88 1 0 0 0 0 0 0\n");
}

static void test_amounts(void **state)
{
	struct devices *d = devices_new();
	struct sample s;

	first();
	read_sample(d, &s, 0);
	assert_int_equal(s.n_cpus, 2);
	assert_false(s.cpus[0].known);
	assert_int_equal(s.n_disks, 1); /* loop0 never did anything */
	assert_int_equal(s.disks[0].reads, 0);
	assert_int_equal(s.n_netifs, 2);
	assert_string_equal(s.netifs[1].name, "eth0");
	assert_int_equal(s.netifs[1].total_in, 5000000000);
	arena_free(s.arena);

	second();
	read_sample(d, &s, 2000000000);
	/* 20 user, 10 nice, 30 system, 20 idle, 20 steal; iowait ran backwards */
	assert_true(s.cpus[0].known && s.cpus[0].user == 20 && s.cpus[0].nice == 10 && s.cpus[0].sys == 30);
	assert_true(s.cpus[0].idle == 20 && s.cpus[0].steal == 20 && s.cpus[0].iowait == 0);
	assert_false(s.cpus[1].known); /* no tick passed */
	assert_int_equal(s.n_disks, 3);
	assert_int_equal(s.disks[0].reads, 3); /* its first */
	assert_int_equal(s.disks[1].reads, 10);
	assert_int_equal(s.disks[1].read_bytes, 160 * 512);
	assert_int_equal(s.disks[1].read_time, 100000000);
	assert_int_equal(s.disks[1].writes, 40);
	assert_int_equal(s.disks[1].write_bytes, 320 * 512);
	assert_int_equal(s.disks[1].inflight, 3);
	assert_int_equal(s.disks[1].busy, 500000000);
	assert_int_equal(s.disks[2].reads, 4); /* plugged in */
	assert_int_equal(s.n_netifs, 2);       /* lo is gone */
	assert_int_equal(s.netifs[0].in_bytes, 1000);
	assert_int_equal(s.netifs[0].in_packets, 4);
	assert_int_equal(s.netifs[0].in_drops, 3);
	assert_int_equal(s.netifs[0].out_bytes, 2000);
	assert_int_equal(s.netifs[1].in_bytes, 0); /* new: nothing to subtract from */
	assert_int_equal(s.netifs[1].total_in, 77);
	arena_free(s.arena);
	devices_free(d);
}

static void check(const struct sample *s, const char *view, const char *row, const char *column,
		  double expected)
{
	struct views *views = NULL;
	struct views_error err;
	struct selection sel;
	struct table *t;
	bool found = false;

	assert_int_equal(views_load_stock(&views, &err), 0);
	selection_init(&sel, views_find(views, view), NULL);
	assert_int_equal(selection_table(&sel, s, &t, NULL), 0);
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct value key = row_key(&t->rows[i], 0, t->arena), *k = &key;
		const struct value value = row_value(
			&t->rows[i], (size_t)view_column(views_find(views, view), column), t->arena);
		const struct value *v = &value;

		if (k->kind == V_STRING ? strcmp(k->s, row) != 0 : k->i != atoi(row))
			continue;
		found = true;
		if ((v->kind == V_INT ? (double)v->i : v->d) != expected)
			fail_msg("%s of %s is %g", column, row, v->kind == V_INT ? (double)v->i : v->d);
	}
	if (!found)
		fail_msg("%s has no row %s", view, row);
	/* what is entered from a device is the whole machine */
	assert_int_equal(selection_drill(&sel, &t->rows[0], views_find(views, "processes")), 0);
	assert_null(selection_top(&sel)->filter);
	table_free(t);
	selection_done(&sel);
	views_free(views);
}

static void test_tables(void **state)
{
	struct devices *d = devices_new();
	struct sample s;

	first();
	read_sample(d, &s, 0);
	arena_free(s.arena);
	second();
	read_sample(d, &s, 2000000000);
	check(&s, "cpus", "0", "cpu.busy", 80);
	check(&s, "disks", "vda", "disk.util", 25);
	check(&s, "disks", "vda", "disk.queue", 1);
	check(&s, "disks", "vda", "disk.await", 500e6 / 50);
	check(&s, "disks", "vda", "disk.await.in", 10e6);
	check(&s, "disks", "vda", "disk.bytes.out", 320 * 512 / 2);
	check(&s, "netifs", "eth0", "netif.bytes.in", 500);
	check(&s, "netifs", "eth0", "netif.drops", 3);
	arena_free(s.arena);
	devices_free(d);
}

static void test_nothing_there(void **state)
{
	struct devices *d = devices_new();
	struct sample s = {.arena = arena_new()};

	devices_read(d, "/nonexistent", &s);
	assert_int_equal(s.n_cpus + s.n_disks + s.n_netifs, 0);
	arena_free(s.arena);
	devices_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_amounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
