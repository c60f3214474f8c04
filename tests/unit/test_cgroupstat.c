/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel charges a container: files of v2, v1 and both, laid out in a directory of our own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cgroupstat.h"
#include "core/containertable.h"
#include "core/mem.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	char root[64];
	struct cgroup_source source;
	struct cgroup_stat stat;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->root, "/tmp/ctop-cgroup-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char *rm = xasprintf("rm -rf %s", f->root);

	assert_int_equal(system(rm), 0);
	free(rm);
	cgroup_source_done(&f->source);
	free(f);
	return 0;
}

/* A file below the root, with its directories. */
static void put(struct fixture *f, const char *path, const char *text)
{
	char *full = xasprintf("%s/%s", f->root, path);
	FILE *out;

	for (char *p = full + strlen(f->root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(full, 0755);
	}
	out = fopen(full, "we");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	free(full);
}

static void add(struct fixture *f, const char *controllers, const char *dir)
{
	cgroup_source_add(&f->source, controllers, xasprintf("%s/%s", f->root, dir));
}

static void unified(void **state)
{
	struct fixture *f = *state;
	struct cgroup_stat *s = &f->stat;

	put(f, "c/cpu.stat",
	    "usage_usec 1000\nuser_usec 700\nsystem_usec 300\nnr_periods 10\nnr_throttled 2\n"
	    "throttled_usec 50\n");
	put(f, "c/cpu.max", "50000 100000\n");
	put(f, "c/memory.current", "4096000\n");
	put(f, "c/memory.max", "8192000\n");
	put(f, "c/memory.peak", "5000000\n");
	put(f, "c/memory.stat", "anon 1000\nfile 2000\nkernel 3\nanon_thp 9\nfile_mapped 7\n");
	put(f, "c/memory.events", "low 0\nhigh 0\nmax 0\noom 3\noom_kill 2\noom_group_kill 0\n");
	put(f, "c/pids.current", "7\n");
	put(f, "c/pids.max", "max\n");
	put(f, "c/io.stat",
	    "8:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n"
	    "254:0 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n7:0 \n");
	put(f, "c/cpu.pressure",
	    "some avg10=0.00 avg60=0.00 avg300=0.00 total=10\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	put(f, "c/memory.pressure", "some avg10=0 total=20\nfull avg10=0 total=5\n");
	add(f, "", "c");
	cgroup_source_read(&f->source, s);
	/* what is now is known at once, amounts are not */
	assert_int_equal(s->interval, 0);
	assert_int_equal(s->cpu, UNKNOWN_U64);
	assert_int_equal(s->rbytes, UNKNOWN_U64);
	assert_int_equal(s->memory, 4096000);
	assert_int_equal(s->memory_max, 8192000);
	assert_int_equal(s->memory_peak, 5000000);
	assert_int_equal(s->memory_anon, 1000);
	assert_int_equal(s->memory_file, 2000);
	assert_int_equal(s->oom_kills, 2);
	assert_int_equal(s->pids, 7);
	assert_int_equal(s->pids_max, UNKNOWN_U64);
	assert_true(s->cpu_max == 50);
	put(f, "c/cpu.stat",
	    "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 20\nnr_throttled 5\n"
	    "throttled_usec 80\n");
	put(f, "c/cpu.max", "max 100000\n");
	put(f, "c/memory.max", "max\n");
	put(f, "c/io.stat",
	    "8:0 rbytes=150 wbytes=200 rios=4 wios=4 dbytes=0 dios=0\n"
	    "254:0 rbytes=1 wbytes=12 rios=1 wios=2 dbytes=0 dios=0\n");
	put(f, "c/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=15\n");
	put(f, "c/memory.pressure", "some avg10=0 total=20\nfull avg10=0 total=6\n");
	cgroup_source_read(&f->source, s);
	assert_true(s->interval > 0);
	assert_int_equal(s->cpu, 500000);
	assert_int_equal(s->cpu_user, 300000);
	assert_int_equal(s->cpu_system, 200000);
	assert_int_equal(s->throttled, 30000);
	assert_int_equal(s->periods, 10);
	assert_int_equal(s->throttled_periods, 3);
	assert_int_equal(s->rbytes, 50);
	assert_int_equal(s->wbytes, 10);
	assert_int_equal(s->rios, 1);
	assert_int_equal(s->wios, 1);
	assert_int_equal(s->cpu_some, 5000);
	assert_int_equal(s->memory_some, 0);
	assert_int_equal(s->memory_full, 1000);
	assert_int_equal(s->io_some, UNKNOWN_U64);
	assert_int_equal(s->memory_max, UNKNOWN_U64);
	assert_true(s->cpu_max < 0);
	/* another cgroup of that name: its counters begin anew */
	put(f, "c/cpu.stat", "usage_usec 10\nuser_usec 5\nsystem_usec 5\n");
	cgroup_source_read(&f->source, s);
	assert_int_equal(s->cpu, UNKNOWN_U64);
	assert_int_equal(s->throttled, UNKNOWN_U64);
}

static void version_1(void **state)
{
	struct fixture *f = *state;
	struct cgroup_stat *s = &f->stat;

	put(f, "cpu/c/cpuacct.usage", "1000\n");
	put(f, "cpu/c/cpu.stat", "nr_periods 1\nnr_throttled 1\nthrottled_time 100\n");
	put(f, "cpu/c/cpu.cfs_quota_us", "-1\n");
	put(f, "cpu/c/cpu.cfs_period_us", "100000\n");
	put(f, "memory/m/memory.usage_in_bytes", "4096\n");
	put(f, "memory/m/memory.stat",
	    "cache 1\nrss 2\nhierarchical_memory_limit 9223372036854771712\n"
	    "total_cache 10\ntotal_rss 20\n");
	put(f, "memory/m/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
	put(f, "pids/c/pids.current", "3\n");
	put(f, "pids/c/pids.max", "100\n");
	put(f, "blkio/c/blkio.throttle.io_service_bytes_recursive",
	    "8:0 Read 10\n8:0 Write 20\n8:0 Sync 30\n"
	    "8:0 Total 30\nTotal 30\n");
	put(f, "blkio/c/blkio.throttle.io_serviced_recursive", "Total 0\n");
	/* v2 is mounted too, and has pressure only */
	put(f, "unified/c/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=10\n");
	put(f, "unified/c/cpu.stat", "usage_usec 77\n");
	add(f, "cpu,cpuacct", "cpu/c");
	add(f, "memory", "memory/m");
	add(f, "pids", "pids/c");
	add(f, "blkio", "blkio/c");
	add(f, "", "unified/c");
	cgroup_source_read(&f->source, s);
	assert_int_equal(s->memory, 4096);
	assert_int_equal(s->memory_max, UNKNOWN_U64);
	assert_int_equal(s->memory_peak, UNKNOWN_U64);
	assert_int_equal(s->memory_anon, 20);
	assert_int_equal(s->memory_file, 10);
	assert_int_equal(s->oom_kills, 4);
	assert_int_equal(s->pids, 3);
	assert_int_equal(s->pids_max, 100);
	assert_true(s->cpu_max < 0);
	put(f, "cpu/c/cpuacct.usage", "5000\n");
	put(f, "cpu/c/cpu.stat", "nr_periods 3\nnr_throttled 2\nthrottled_time 400\n");
	put(f, "cpu/c/cpu.cfs_quota_us", "200000\n");
	put(f, "blkio/c/blkio.throttle.io_service_bytes_recursive",
	    "8:0 Read 15\n8:0 Write 20\n7:1 Write 2\n");
	put(f, "unified/c/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n");
	cgroup_source_read(&f->source, s);
	assert_int_equal(s->cpu, 4000);
	assert_int_equal(s->throttled, 300);
	assert_true(s->cpu_max == 200);
	assert_int_equal(s->rbytes, 5);
	assert_int_equal(s->wbytes, 2);
	assert_int_equal(s->cpu_some, 2000);
}

static void nothing_there(void **state)
{
	struct fixture *f = *state;
	static const struct cgroup_stat none;

	put(f, "c/memory.current", "not a number\n");
	put(f, "c/cpu.stat", "");
	put(f, "c/io.stat", "");
	put(f, "c/memory.events", "oom_kill\n");
	cgroup_source_add(&f->source, "memory", NULL);
	cgroup_source_add(&f->source, "freezer,devices", xstrdup("/nowhere"));
	add(f, "", "c");
	cgroup_source_read(&f->source, &f->stat);
	cgroup_source_read(&f->source, &f->stat);
	assert_int_equal(f->stat.memory, UNKNOWN_U64);
	assert_int_equal(f->stat.cpu, UNKNOWN_U64);
	assert_int_equal(f->stat.oom_kills, UNKNOWN_U64);
	assert_int_equal(f->stat.rbytes, none.rbytes); /* the file is there: no I/O is 0 */
}

/* A container whose controllers have it at different paths, as runc makes them from inside another cgroup. */
static void paths_that_differ(void **state)
{
	struct fixture *f = *state;
	struct arena *arena = arena_new();
	struct cgroup_ids ids = {.cset = 5};
	struct containertable *t;
	struct container *all;
	char *proc = xasprintf("%s/proc", f->root), *cgroup = xasprintf("%s/cgroup", f->root);
	char *inner;
	struct stat st;
	size_t n;

	put(f, "proc/10/cgroup",
	    "4:memory:/system.slice/a.service/docker/" ID "\n3:pids:/docker/" ID
	    "/system.slice/inner.service\n2:cpuacct:/\n0::/\n");
	put(f, "cgroup/memory/system.slice/a.service/docker/" ID "/memory.usage_in_bytes", "123\n");
	put(f, "cgroup/pids/docker/" ID "/pids.current", "9\n");
	put(f, "cgroup/pids/docker/" ID "/system.slice/inner.service/pids.current", "1\n");
	put(f, "cgroup/cpuacct/cpuacct.usage", "999999\n");
	put(f, "cgroup/unified/cpu.stat", "usage_usec 88888\n");
	inner = xasprintf("%s/pids/docker/" ID "/system.slice/inner.service", cgroup);
	assert_int_equal(stat(inner, &st), 0);
	ids.v1 = st.st_ino;
	free(inner);
	t = containertable_new(proc, cgroup);
	for (int round = 0; round < 3; round++) {
		struct cgroup_place place;

		containertable_begin(t, round > 0, false);
		place = containertable_place(t, ids, 10);
		assert_int_equal(containertable_use(t, place.container), 1);
		all = containertable_emit(t, arena, &n);
		assert_int_equal(n, 2);
		assert_string_equal(all[1].full_id, ID);
		assert_null(all[0].stat); /* the host is no container */
		if (round == 0) {
			assert_null(all[1].stat);
			containertable_end(t);
			continue;
		}
		assert_int_equal(all[1].stat->memory, 123);
		assert_int_equal(all[1].stat->pids, 9);
		/* the root's time is not the container's */
		assert_int_equal(all[1].stat->cpu, UNKNOWN_U64);
		assert_int_equal(all[1].stat->interval == 0, round == 1);
		containertable_end(t);
	}
	containertable_free(t);
	arena_free(arena);
	free(proc);
	free(cgroup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unified, setup, teardown),
		cmocka_unit_test_setup_teardown(version_1, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_there, setup, teardown),
		cmocka_unit_test_setup_teardown(paths_that_differ, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
