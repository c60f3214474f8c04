/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sample says of processes, containers, facts and the host, from made-up batches and directories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/model.h"
#include "core/tasktable.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { SEC = 1000000000 };

struct fixture {
	char root[64], proc[96], etc[96], cgroup[96];
	struct model *m;
	struct capture_batch batch;
	struct task_rec tasks[16];
	struct fact_key keys[16];
	struct fact_val vals[16];
	struct model_clock clock;
	_Alignas(struct fd_rec) char descriptors[512];
	struct sample *s;
};

static void put(const char *root, const char *path, const void *data, size_t len)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = full + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	f = fopen(full, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void puts_at(const char *root, const char *path, const char *text)
{
	put(root, path, text, strlen(text));
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct model_config config = {.proc_root = f->proc, .etc_root = f->etc, .cgroup_root = f->cgroup};

	strcpy(f->root, "/tmp/ctop-test-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->proc, sizeof(f->proc), "%s/proc", f->root);
	snprintf(f->etc, sizeof(f->etc), "%s/etc", f->root);
	snprintf(f->cgroup, sizeof(f->cgroup), "%s/cgroup", f->root);
	puts_at(f->etc, "passwd", "root:x:0:0::/root:/bin/sh\nweb:x:33:33::/:/bin/false\n");
	puts_at(f->etc, "group", "www:x:34:web\n");
	puts_at(f->proc, "self/cgroup", "0::/\n");
	puts_at(f->proc, "sys/kernel/hostname", "testhost\n");
	puts_at(f->cgroup, "cgroup.controllers", "");
	f->m = model_new(&config);
	f->batch = (struct capture_batch){.tasks = f->tasks,
					  .fact_keys = f->keys,
					  .fact_vals = f->vals,
					  .mono_ns = 1000 * (uint64_t)SEC};
	f->clock = (struct model_clock){
		.time = 5000 * (uint64_t)SEC, .boot = 1000 * (uint64_t)SEC, .self_bpf = UNKNOWN_U64};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	sample_free(f->s);
	model_free(f->m);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

/* The record of an ordinary process: pid, parent, start in seconds since boot. */
static struct task_rec *task(struct fixture *f, uint32_t tid, uint32_t tgid, uint64_t start, const char *comm)
{
	struct task_rec *r = &f->tasks[f->batch.n_tasks++];

	*r = (struct task_rec){.tid = tid,
			       .tgid = tgid,
			       .ppid = 1,
			       .start_boot = start * SEC,
			       .state = 'S',
			       .nr = WIRE_NR_NONE,
			       .prio = 120,
			       .vtid = tid,
			       .vpid = tgid};
	memcpy(r->comm, comm, strnlen(comm, WIRE_COMM_LEN));
	return r;
}

static const struct sample *next(struct fixture *f)
{
	sample_free(f->s);
	f->s = NULL;
	f->batch.mono_ns += 2 * (uint64_t)SEC;
	f->clock.boot += 2 * (uint64_t)SEC;
	f->clock.time += 2 * (uint64_t)SEC;
	assert_int_equal(model_sample(f->m, &f->batch, &f->clock, &f->s), 0);
	f->batch.n_tasks = f->batch.n_facts = f->batch.n_execs = f->batch.n_cgroups = 0;
	return f->s;
}

static const struct process *process(const struct sample *s, uint32_t pid)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == pid)
			return &s->processes[i];
	return NULL;
}

static void test_threads_that_did_not_change(void **state)
{
	struct fixture *f = *state;
	struct task_key same[] = {{10, task_gen(500 * (uint64_t)SEC)}, {77, 1}};
	const struct process *p;
	struct task_rec *r = task(f, 10, 10, 500, "sleeper");

	r->counts.calls = 7;
	r->exec_runtime = 5000;
	r->rss_pages = 3;
	r->sid = 1;
	next(f);
	assert_false(model_lost_track(f->m));
	f->batch.same = same;
	f->batch.n_same = 1;
	for (int i = 0; i < 5; i++) { /* longer than anything is kept that is not seen */
		p = process(next(f), 10);
		assert_non_null(p);
		assert_string_equal(p->name, "sleeper");
		assert_int_equal(p->nthreads, 1);
		assert_false(p->exited);
		assert_false(p->fresh);
		assert_true(p->vmrss > 0);
		assert_int_equal(p->leader->did->counts.calls, 0);
		assert_int_equal(p->leader->did->cpu, 0);
		assert_int_equal(p->life.calls, 7);
		assert_false(model_lost_track(f->m));
	}
	f->batch.n_same = 0;
	r = task(f, 10, 10, 500, "sleeper");
	r->counts.calls = 9;
	r->exec_runtime = 5100;
	r->sid = 1;
	p = process(next(f), 10);
	assert_int_equal(p->leader->did->counts.calls, 2);
	assert_int_equal(p->leader->did->cpu, 100);
	/* one that nobody has told of: all records are wanted */
	f->batch.same = same + 1;
	f->batch.n_same = 1;
	next(f);
	assert_true(model_lost_track(f->m));
	assert_null(process(f->s, 77));
	f->batch.n_same = 0;
	next(f);
	assert_false(model_lost_track(f->m));
}

static void test_first_sample_sets_baselines(void **state)
{
	struct fixture *f = *state;
	struct task_rec *r = task(f, 10, 10, 500, "old");
	const struct sample *s;

	r->sid = 1;
	r->counts.calls = 1000;
	r->exec_runtime = 7 * (uint64_t)SEC;
	r->min_flt = 55;
	s = next(f);
	assert_int_equal(s->interval, 0);
	assert_int_equal(s->threads[0].did->counts.calls, 0);
	assert_int_equal(s->threads[0].did->cpu, 0);
	assert_int_equal(s->host.counts.calls, 0);
	assert_false(s->processes[0].fresh);
	assert_string_equal(s->hostname, "testhost");

	r = task(f, 10, 10, 500, "old");
	r->sid = 1;
	r->counts.calls = 1010;
	r->exec_runtime = 7 * (uint64_t)SEC + 300;
	r->utime = 100;
	r->stime = 50;
	/* started after the first sample: all of it is new */
	r = task(f, 11, 11, 1002, "new");
	r->start_boot += 1;
	r->sid = 2;
	r->counts.calls = 5;
	r->exec_runtime = 90;
	/* as old as the first, but missed: nobody knows when it used its CPU */
	r = task(f, 12, 12, 400, "missed");
	r->exec_runtime = 100 * (uint64_t)SEC;
	s = next(f);
	assert_int_equal(s->interval, 2 * (uint64_t)SEC);
	assert_int_equal(process(s, 10)->leader->did->counts.calls, 10);
	assert_int_equal(process(s, 10)->leader->did->cpu, 300);
	assert_int_equal(process(s, 10)->leader->did->cpu_user, 200);
	assert_int_equal(process(s, 10)->leader->did->cpu_sys, 100);
	assert_int_equal(process(s, 11)->leader->did->counts.calls, 5);
	assert_int_equal(process(s, 11)->leader->did->cpu, 90);
	assert_int_equal(process(s, 11)->leader->did->cpu_user, 90);
	assert_true(process(s, 11)->fresh);
	assert_int_equal(process(s, 12)->leader->did->cpu, 0);
	assert_false(process(s, 12)->fresh);
	assert_int_equal(s->host.counts.calls, 15);
	assert_int_equal(s->host.processes, 3);
}

/* What runs already is read before the first sample, and not again; that sample still is the first. */
static void test_names_before_the_first_sample(void **state)
{
	struct fixture *f = *state;
	static const char argv[] = "/usr/sbin/nginx\0-g\0";
	const struct sample *s;
	struct task_rec *r;
	char path[256];

	put(f->proc, "10/cmdline", argv, sizeof(argv) - 1);
	put(f->proc, "12/cmdline", argv, sizeof(argv) - 1);
	task(f, 10, 10, 500, "nginx");
	task(f, 11, 10, 501, "pool-1");
	r = task(f, 12, 12, 502, "gone");
	r->exited = 1;
	model_prime(f->m, &f->batch, &f->clock);
	f->batch.n_tasks = 0;
	snprintf(path, sizeof(path), "%s/10/cmdline", f->proc);
	assert_int_equal(unlink(path), 0);

	r = task(f, 10, 10, 500, "nginx");
	r->exec_runtime = 5 * (uint64_t)SEC;
	r->counts.calls = 7;
	s = next(f);
	assert_int_equal(s->interval, 0);
	assert_int_equal(s->n_processes, 1);
	assert_string_equal(process(s, 10)->args, "-g");
	assert_false(process(s, 10)->fresh);
	assert_int_equal(s->host.counts.calls, 0);
	assert_true(process(s, 10)->life.cpu == 5 * (uint64_t)SEC);

	/* it has become another program since: that is read */
	put(f->proc, "10/cmdline", "sh", 2);
	r = task(f, 10, 10, 500, "sh");
	r->exec_runtime = 6 * (uint64_t)SEC;
	s = next(f);
	assert_string_equal(process(s, 10)->exe, "sh");
	assert_true(s->interval == 2 * (uint64_t)SEC);
	assert_true(process(s, 10)->leader->did->cpu == (uint64_t)SEC);
}

static void test_process_facts_from_proc(void **state)
{
	struct fixture *f = *state;
	static const char argv[] = "/usr/sbin/nginx\0-g\0daemon off;\0";
	const struct process *p;
	const struct sample *s;
	struct task_rec *r;
	char path[256];

	put(f->proc, "10/cmdline", argv, sizeof(argv) - 1);
	snprintf(path, sizeof(path), "%s/10/exe", f->proc);
	assert_int_equal(symlink("/usr/sbin/nginx", path), 0);
	snprintf(path, sizeof(path), "%s/10/cwd", f->proc);
	assert_int_equal(symlink("/var/www", path), 0);
	r = task(f, 10, 10, 500, "nginx");
	r->uid = 33;
	r->vm_pages = 10;
	r->fdcount = 7;
	r->fdlimit = 1024;
	r->gid = 34;
	r->loginuid = 33;
	r = task(f, 11, 10, 501, "pool-1");
	r = task(f, 2, 2, 1, "kthreadd");
	r->kthread = 1;
	r = task(f, 20, 20, 600, "child");
	r->ppid = 10;
	r->uid = 4711;
	s = next(f);
	p = process(s, 10);
	assert_string_equal(p->name, "nginx");
	assert_string_equal(p->exe, "/usr/sbin/nginx");
	assert_string_equal(p->args, "-g daemon off;");
	assert_string_equal(p->exeline, "/usr/sbin/nginx -g daemon off;");
	assert_string_equal(p->exepath, "/usr/sbin/nginx");
	assert_string_equal(p->cwd, "/var/www");
	assert_string_equal(p->user, "web");
	assert_int_equal(p->n_threads, 2);
	assert_int_equal(p->nthreads, 2);
	assert_int_equal(p->fdcount, 7);
	assert_int_equal(p->fdlimit, 1024);
	assert_string_equal(p->group, "www");
	assert_string_equal(p->login, "web");
	assert_null(p->parent);
	assert_true(p->end_time == UNKNOWN_U64);
	assert_int_equal(p->vmsize, 10 * (uint64_t)sysconf(_SC_PAGESIZE));
	assert_int_equal(p->start_time, 4500 * (uint64_t)SEC);
	assert_string_equal(process(s, 2)->exeline, "[kthreadd]");
	assert_true(process(s, 2)->kthread);
	p = process(s, 20);
	assert_string_equal(p->pname, "nginx");
	assert_ptr_equal(p->parent, process(s, 10));
	assert_string_equal(p->group, "0"); /* not in the file */
	assert_string_equal(p->user, "4711");
	assert_string_equal(p->exeline, "child"); /* no /proc any more: its name */
	assert_string_equal(p->args, "");
	assert_null(p->exepath);
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].tid == 11)
			assert_string_equal(s->threads[i].name, "pool-1");

	/* read once: what /proc says later does not matter while the name stays */
	puts_at(f->proc, "10/cmdline", "other");
	task(f, 10, 10, 500, "nginx");
	assert_string_equal(process(next(f), 10)->exe, "/usr/sbin/nginx");
	task(f, 10, 10, 500, "renamed");
	assert_string_equal(process(next(f), 10)->exe, "other");
}

/* Walked before its first call, ended before the batch was complete: the end says what it was and where. */
static void test_short_life_around_the_walk(void **state)
{
	struct fixture *f = *state;
	struct cgroup_rec born = {.id = 424242};
	const struct cgroup_rec *cgroups[] = {&born};
	const struct sample *s;
	struct task_rec *r;

	next(f);
	next(f);
	born.path_len = (uint32_t)snprintf(born.path, sizeof(born.path), "/default/short");
	f->batch.cgroups = cgroups;
	f->batch.n_cgroups = 1;
	r = task(f, 40, 40, 1005, "python3");
	r->start_boot += 1;
	r = task(f, 40, 40, 1005, "dd");
	r->start_boot += 1;
	r->cset = 7;
	r->cgroup_v2 = born.id;
	r->exited = 1;
	r->sid = 9;
	r->counts.calls = 3;
	s = next(f);
	assert_string_equal(process(s, 40)->name, "dd");
	assert_true(process(s, 40)->exited);
	assert_string_equal(process(s, 40)->container->full_id, "short");
	assert_int_equal(process(s, 40)->leader->did->counts.calls, 3);
}

static void test_exec_records(void **state)
{
	struct fixture *f = *state;
	union {
		struct exec_rec rec;
		char bytes[sizeof(struct exec_rec) + 8];
	} exec = {.rec = {.tgid = 30,
			  .start_boot = 1003 * (uint64_t)SEC,
			  .args_len = 9,
			  .exe_len = 7,
			  .comm = "ls",
			  .args = "ls\0-l\0/a"}};
	const struct exec_rec *execs[] = {&exec.rec};
	const struct process *p;
	struct task_rec *r;

	memcpy(exec.bytes + offsetof(struct exec_rec, exe), "/bin/ls", exec.rec.exe_len);
	next(f);
	f->batch.execs = execs;
	f->batch.n_execs = 1;
	r = task(f, 30, 30, 1003, "ls");
	r->exited = 1;
	r->state = 'X';
	r->exit_code = 256;
	r->exec_runtime = 1234;
	r->ended = 1003 * (uint64_t)SEC + 250000000;
	p = process(next(f), 30);
	assert_string_equal(p->exeline, "ls -l /a");
	assert_string_equal(p->args, "-l /a");
	assert_string_equal(p->exepath, "/bin/ls");
	assert_true(p->exited);
	assert_true(p->fresh);
	assert_int_equal(p->end_time - p->start_time, 250000000); /* not the end of the interval */
	assert_int_equal(p->life.cpu, 1234);
	assert_int_equal(p->nthreads, 0);
	assert_int_equal(p->exit_code, 256);
	assert_int_equal(p->vmsize, UNKNOWN_U64);
	assert_int_equal(p->leader->did->cpu, 1234);
	assert_null(process(next(f), 30)); /* gone */
}

/* A child that lived too shortly for /proc and never called exec runs what its parent runs. */
static void test_forked_child_inherits(void **state)
{
	struct fixture *f = *state;
	struct task_rec *r;

	puts_at(f->proc, "10/cmdline", "server");
	task(f, 10, 10, 500, "server");
	next(f);
	task(f, 10, 10, 500, "server");
	r = task(f, 40, 40, 1003, "server");
	r->ppid = 10;
	r->exited = 1;
	assert_string_equal(process(next(f), 40)->exeline, "server");
}

static void test_facts_of_unknown_threads(void **state)
{
	struct fixture *f = *state;
	const struct sample *s;
	uint64_t start = 1003 * (uint64_t)SEC;

	task(f, 10, 10, 500, "known");
	next(f);
	task(f, 10, 10, 500, "known");
	/* a thread of a known process, a process nobody has heard of, and one that /proc knows */
	puts_at(f->proc, "60/task/60/comm", "late\n");
	f->keys[0] = (struct fact_key){.task = {15, task_gen(start)}, .tgid = 10, .nr = 1};
	f->keys[1] = (struct fact_key){.task = {50, task_gen(start)}, .tgid = 50, .nr = 1};
	f->keys[2] = (struct fact_key){.task = {60, task_gen(start)}, .tgid = 60, .nr = 1};
	for (int i = 0; i < 3; i++)
		f->vals[i] = (struct fact_val){.calls = 3 + (uint64_t)i};
	f->batch.n_facts = 3;
	s = next(f);
	assert_int_equal(s->n_facts, 3);
	assert_int_equal(s->facts[0].thread->tid, 15);
	assert_ptr_equal(s->facts[0].thread->process, process(s, 10));
	assert_int_equal(process(s, 10)->n_threads, 2);
	assert_false(process(s, 10)->exited);
	assert_string_equal(s->facts[1].thread->name, "?");
	assert_true(s->facts[1].thread->process->exited);
	assert_int_equal(s->facts[1].thread->process->start_boot >> 16, start >> 16);
	assert_string_equal(s->facts[2].thread->process->name, "late");
	assert_false(s->facts[2].thread->process->exited);
	assert_true(s->facts[2].thread->process->fresh);
	assert_int_equal(s->facts[2].calls, 5);

	/* when its record comes it is the same process */
	task(f, 60, 60, 1003, "late");
	s = next(f);
	assert_int_equal(process(s, 60)->start_boot, start);
}

static void test_calls_written_down_one_by_one(void **state)
{
	struct fixture *f = *state;
	const struct sample *s;
	const struct obj_key file = {.ino = 7, .dev = 1};
	struct task_key thread = {10, task_gen(500 * (uint64_t)SEC)};
	struct fact_single singles[] = {
		{{file, thread, 0, 0, 10}, 100, 2000},
		{{file, thread, 1, 0, 10}, 300 | SINGLE_OUT, SINGLE_UNTIMED},
		{{file, thread, 0, 5, 10}, 0, 4000000000u},
	};

	next(f);
	task(f, 10, 10, 500, "first");
	f->keys[0] = (struct fact_key){file, thread, 0, 0, 10};
	f->vals[0] = (struct fact_val){.calls = 3, .bytes_in = 12};
	f->batch.n_facts = 1;
	f->batch.singles = singles;
	f->batch.n_singles = 3;
	s = next(f);
	f->batch.n_singles = 0;
	assert_int_equal(s->n_facts, 4);
	assert_int_equal(s->facts[0].calls, 3);
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(s->facts[i].calls, 1);
		assert_int_equal(s->facts[i].thread->tid, 10);
		assert_ptr_equal(s->facts[i].obj, s->facts[0].obj);
	}
	assert_int_equal(s->facts[1].bytes_in, 100);
	assert_int_equal(s->facts[1].bytes_out, 0);
	assert_int_equal(s->facts[1].timed, 1);
	assert_int_equal(s->facts[1].lat_sum, 2000);
	assert_int_equal(s->facts[1].lat_max, 2000);
	assert_int_equal(s->facts[1].hist[wire_hist_slot(2000)], 1);
	assert_int_equal(s->facts[2].nr, 1);
	assert_int_equal(s->facts[2].bytes_in, 0);
	assert_int_equal(s->facts[2].bytes_out, 300);
	assert_int_equal(s->facts[2].timed, 0);
	assert_null(s->facts[2].hist);
	assert_int_equal(s->facts[3].err, 5);
	assert_int_equal(s->facts[3].lat_sum, 4000000000u);
}

static void test_pid_reuse(void **state)
{
	struct fixture *f = *state;
	const struct sample *s;
	struct task_rec *r;

	next(f);
	task(f, 70, 70, 1003, "second");
	task(f, 75, 70, 1003, "its-thread")->start_boot += 1000;
	r = task(f, 70, 70, 1002, "first");
	r->start_boot += 1000;
	r->exited = 1;
	r = task(f, 76, 70, 1002, "old-thread");
	r->start_boot += 500000;
	r->exited = 1;
	s = next(f);
	assert_int_equal(s->n_processes, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct process *p = &s->processes[i];
		bool first = !strcmp(p->name, "first");

		assert_int_equal(p->exited, first);
		assert_int_equal(p->n_threads, 2);
		assert_int_equal(p->threads[0]->tid, 70);
		assert_int_equal(p->threads[1]->tid, first ? 76 : 75);
	}
}

static void test_time_in_call(void **state)
{
	struct fixture *f = *state;
	const struct sample *s;
	struct task_rec *r;

	f->batch.sched_now = 900;
	r = task(f, 10, 10, 500, "entered");
	r->nr = 0;
	r->enter_ts = 1001 * (uint64_t)SEC;
	r = task(f, 11, 11, 500, "blocked");
	r->nr = 7;
	r->last_ran = 400;
	r = task(f, 12, 12, 500, "running");
	r->nr = 7;
	r->state = 'R';
	r->last_ran = 400;
	task(f, 13, 13, 500, "user")->last_ran = 400;
	s = next(f);
	assert_int_equal(process(s, 10)->leader->nr_time, SEC);
	assert_int_equal(process(s, 11)->leader->nr_time, 500);
	assert_int_equal(process(s, 12)->leader->nr_time, UNKNOWN_U64);
	assert_int_equal(process(s, 13)->leader->nr_time, UNKNOWN_U64);
	assert_int_equal(process(s, 13)->leader->nr, WIRE_NR_NONE);
}

static uint64_t inode(const char *root, const char *path)
{
	char full[512];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

static void test_containers(void **state)
{
	struct fixture *f = *state;
	struct cgroup_rec born = {.id = 777001, .hierarchy = 0};
	const struct cgroup_rec *cgroups[] = {&born};
	const struct sample *s;
	struct task_rec *r;
	uint64_t docker, unit;

	puts_at(f->cgroup, "system.slice/docker-" ID ".scope/cgroup.procs", "");
	puts_at(f->cgroup, "system.slice/nginx.service/cgroup.procs", "");
	docker = inode(f->cgroup, "system.slice/docker-" ID ".scope");
	unit = inode(f->cgroup, "system.slice/nginx.service");
	puts_at(f->proc, "10/cgroup", "0::/system.slice/docker-" ID ".scope\n");
	/* moved since its record was made: the id says so */
	puts_at(f->proc, "11/cgroup", "0::/system.slice/docker-" ID ".scope\n");
	born.path_len = (uint32_t)snprintf(born.path, sizeof(born.path), "/default/short");

	r = task(f, 10, 10, 500, "in");
	r->cset = 1;
	r->cgroup_v2 = docker;
	r = task(f, 11, 11, 500, "unit");
	r->cset = 2;
	r->cgroup_v2 = unit;
	r = task(f, 12, 12, 500, "nowhere");
	r->cset = 3;
	r->cgroup_v2 = 999999999;
	r = task(f, 13, 13, 1001, "short");
	r->cset = 4;
	r->cgroup_v2 = born.id;
	r->exited = 1;
	f->batch.cgroups = cgroups;
	f->batch.n_cgroups = 1;
	s = next(f);
	assert_int_equal(s->n_containers, 3);
	assert_int_equal(s->host.containers, 2);
	assert_true(s->containers[0].is_host);
	assert_string_equal(s->containers[0].id, "host");
	assert_string_equal(process(s, 10)->container->id, "0123456789ab");
	assert_string_equal(process(s, 10)->container->full_id, ID);
	assert_string_equal(process(s, 10)->container->name, "0123456789ab");
	assert_string_equal(process(s, 10)->container->type, "docker");
	assert_string_equal(process(s, 10)->container->cgroup, "/system.slice/docker-" ID ".scope");
	assert_int_equal(process(s, 10)->container->n_cgroup_ids, 1);
	assert_int_equal(process(s, 10)->container->cgroup_ids[0], docker);
	assert_true(process(s, 11)->container->is_host);
	assert_string_equal(process(s, 11)->cgroup, "/system.slice/nginx.service");
	assert_true(process(s, 12)->container->is_host);
	assert_null(process(s, 12)->cgroup);
	assert_string_equal(process(s, 13)->container->type, "containerd");
	assert_string_equal(process(s, 13)->container->id, "short");

	/* it leaves with its processes */
	r = task(f, 10, 10, 500, "in");
	r->cset = 1;
	r->cgroup_v2 = docker;
	s = next(f);
	assert_int_equal(s->n_containers, 2);
	s = next(f);
	assert_int_equal(s->n_containers, 1);
}

/* On hybrid hosts some runtimes leave the v2 path at the root: that id must never stand for the container. */
static void test_shared_cgroup_ids(void **state)
{
	struct fixture *f = *state;
	const struct container *c;
	const struct sample *s;
	struct task_rec *r;

	puts_at(f->proc, "10/cgroup", "3:pids:/web\n0::/apps\n");
	puts_at(f->proc, "11/cgroup", "3:pids:/\n0::/apps\n");
	r = task(f, 10, 10, 500, "web");
	r->cset = 1;
	r->cgroup_v1 = 50;
	r->cgroup_v2 = 60;
	r = task(f, 11, 11, 500, "host");
	r->cset = 2;
	r->cgroup_v1 = 1;
	r->cgroup_v2 = 60;
	s = next(f);
	c = process(s, 10)->container;
	assert_string_equal(c->id, "web");
	assert_int_equal(c->n_cgroup_ids, 1);
	assert_int_equal(c->cgroup_ids[0], 50 | SPY_CGROUP_V1);
}

static void announced(void *userdata, const struct container_ref *refs, size_t n)
{
	assert_int_equal(n, 1);
	assert_string_equal(refs[0].type, "containerd");
	assert_string_equal(refs[0].id, ID);
	++*(int *)userdata;
}

static const struct container_meta *resolve(void *userdata, const struct container_ref *ref,
					    struct arena *arena)
{
	static const struct container_meta meta = {
		.name = "shop-web", .image = "acme/shop:3.2", .type = "cri-o", .started = 7000000000u};

	assert_true(*(int *)userdata > 0); /* announced first */
	return !strcmp(ref->id, ID) ? &meta : NULL;
}

static void test_resolver(void **state)
{
	struct fixture *f = *state;
	struct task_rec *r = task(f, 10, 10, 500, "in");
	const struct sample *s;
	int n = 0;

	puts_at(f->proc, "10/cgroup", "0::/kubepods/pod5a1f6c1e-96f4-4e55-8b73-8f0a5f3f2c01/" ID "\n");
	r->cset = 1;
	r->cgroup_v2 = 5;
	r->vpid = 1;
	s = next(f); /* without a resolver */
	assert_string_equal(s->containers[1].name, s->containers[1].id);
	assert_string_equal(s->containers[1].meta->pod_uid, "5a1f6c1e-96f4-4e55-8b73-8f0a5f3f2c01");
	model_set_resolver(
		f->m, (struct container_resolver){.userdata = &n, .announce = announced, .get = resolve});
	r = task(f, 10, 10, 500, "in");
	r->cset = 1;
	r->cgroup_v2 = 5;
	r->vpid = 1;
	s = next(f);
	assert_int_equal(n, 1);
	assert_string_equal(s->containers[1].name, "shop-web");
	assert_string_equal(s->containers[1].image, "acme/shop:3.2");
	assert_string_equal(s->containers[1].type, "cri-o");
	assert_string_equal(s->containers[1].meta->pod_uid, "5a1f6c1e-96f4-4e55-8b73-8f0a5f3f2c01");
	assert_string_equal(s->containers[0].name, "host");
	assert_null(s->containers[0].meta);
	/* what its init process says goes before the runtime */
	assert_int_equal(s->containers[1].started, process(s, 10)->start_time);
}

static void test_hostile_names(void **state)
{
	struct fixture *f = *state;
	static const char argv[] = "\x1b]0;x\a\0\n\0\0\xff\xfe\0";
	const struct process *p;
	struct task_rec *r;

	put(f->proc, "10/cmdline", argv, sizeof(argv) - 1);
	r = task(f, 10, 10, 500, "");
	memcpy(r->comm, "\x1b[31m\n\xff_no_end_here", WIRE_COMM_LEN); /* no NUL at all */
	p = process(next(f), 10);
	/* kept byte for byte; whoever prints makes it safe */
	assert_int_equal(strlen(p->name), WIRE_COMM_LEN);
	assert_memory_equal(p->name, r->comm, WIRE_COMM_LEN);
	assert_string_equal(p->exe, "\x1b]0;x\a");
	assert_string_equal(p->args, "\n  \xff\xfe");
}

static void test_host_totals(void **state)
{
	struct fixture *f = *state;
	const struct sample *s;

	puts_at(f->proc, "stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 0 0 0\ncpu1 1 0 0 0\nintr 5\n");
	puts_at(f->proc, "meminfo",
		"MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable:   500 kB\nSwapTotal: 8 kB\nSwapFree: 4 "
		"kB\n");
	puts_at(f->proc, "loadavg", "0.50 1.25 2.00 1/2 3\n");
	puts_at(f->proc, "uptime", "12.5 20\n");
	next(f);
	puts_at(f->proc, "stat", "cpu  140 10 120 810 10 5 5 0 0 0\ncpu0 1 0 0 0\ncpu1 1 0 0 0\n");
	s = next(f);
	assert_int_equal(s->host.cpus, 2);
	assert_true(s->host.cpu_user == 50.0 && s->host.cpu_sys == 30.0 && s->host.cpu_iowait == 10.0);
	assert_int_equal(s->host.mem_total, 1024000);
	assert_int_equal(s->host.mem_available, 512000);
	assert_int_equal(s->host.swap_free, 4096);
	assert_true(s->host.load5 == 1.25);
	assert_int_equal(s->host.uptime, 12500000000);
}

static void test_health(void **state)
{
	struct fixture *f = *state;
	const struct sample *s;

	f->batch.lost = (struct lost_counts){.exit_full = 3, .rest.calls = 100};
	f->clock.self_cpu = 0;
	f->clock.self_bpf = 0;
	s = next(f);
	assert_int_equal(s->health.folded, 0);
	assert_true(s->health.self_cpu < 0);
	f->batch.lost = (struct lost_counts){.exit_full = 5,
					     .storage_fail = 2,
					     .meta_full = 1,
					     .rest = {.calls = 142, .errors = 1, .coarse = 6}};
	f->clock.self_cpu = 20000000;
	f->clock.self_bpf = 10000000;
	s = next(f);
	assert_int_equal(s->health.folded, 2);
	assert_int_equal(s->health.unstored, 2);
	assert_int_equal(s->health.meta_lost, 1);
	assert_int_equal(s->health.coarse, 6);
	assert_int_equal(s->host.counts.calls, 42);
	assert_int_equal(s->host.counts.errors, 1);
	assert_true(s->health.self_bpf > 0.49 && s->health.self_bpf < 0.51);
	assert_true(s->health.self_cpu > 1.49 && s->health.self_cpu < 1.51);
}

/* One behind the other, as the kernel side hands them over; first: the object of the first, of its `size`. */
static void descriptors(struct fixture *f, const struct fd_rec *fds, size_t n, const struct obj_rec *first)
{
	char *at = f->descriptors;

	assert_true(n * sizeof(*fds) + (first ? fds[0].size : 0) <= sizeof(f->descriptors));
	f->batch.fds = (const struct fd_rec *)at;
	f->batch.n_fds = n;
	for (size_t i = 0; i < n; i++) {
		memcpy(at, &fds[i], sizeof(*fds));
		at += sizeof(*fds);
		if (i == 0 && first)
			at = (char *)memcpy(at, first, fds[0].size) + fds[0].size;
	}
}

static void test_descriptors(void **state)
{
	struct fixture *f = *state;
	struct fd_rec fds[] = {
		{.key = {.ino = 5, .dev = 8}, .tgid = 10, .fd = 3, .pos = 44, .flags = 2},
		{.key = {.ino = 5, .dev = 8}, .tgid = 11, .fd = 4},
		{.key = {.ino = 5, .dev = 8}, .tgid = 99, .fd = 1}, /* a process that no record told of */
	};
	union {
		struct obj_rec rec;
		char room[sizeof(struct obj_rec) + 16];
	} obj = {.room = {0}};
	const struct sample *s;

	obj.rec.key = fds[0].key;
	obj.rec.kind = OBJ_FILE;
	obj.rec.path_len = 8;
	memcpy(obj.room + offsetof(struct obj_rec, path), "/var/log", 8);
	fds[0].size = sizeof(obj);
	task(f, 10, 10, 500, "a");
	task(f, 11, 11, 500, "b");
	descriptors(f, fds, 3, &obj.rec);
	s = next(f);
	f->batch.n_fds = 0;
	assert_int_equal(s->n_fds, 2);
	assert_int_equal(s->n_objects, 1);
	assert_string_equal(s->objects[0]->name, "/var/log");
	assert_int_equal(s->objects[0]->n_open, 2);
	assert_int_equal(s->fds[0].pos, 44);
	assert_int_equal(s->fds[1].process->pid, 11);
	assert_ptr_equal(s->fds[1].obj, s->objects[0]);
	assert_int_equal(s->health.unnamed, 0);
}

/* A socket that the walk does not tell of again is as it was; a later word from elsewhere has to be checked.
 */
static void test_idle_sockets(void **state)
{
	struct fixture *f = *state;
	struct fd_rec fds[] = {
		{.key = {.ino = 7, .dev = 8}, .tgid = 10, .fd = 3, .size = sizeof(struct obj_rec)},
		{.key = {.ino = 7, .dev = 8}, .tgid = 10, .fd = 4, .size = FD_SAME},
		{.key = {.ino = 9, .dev = 8}, .tgid = 10, .fd = 5, .size = FD_SAME}, /* never told of */
	};
	struct obj_rec obj = {.key = fds[0].key,
			      .kind = OBJ_INET,
			      .family = 2,
			      .type = 1,
			      .protocol = 6,
			      .tcp_state = 1,
			      .lport = 80,
			      .rport = 5000,
			      .snd_cwnd = 10,
			      .rx_queue = 5};
	struct obj_rec late = obj;
	const struct obj_rec *objs[] = {&late};
	const struct sample *s;

	late.rx_queue = 100;
	descriptors(f, fds, 2, &obj);
	task(f, 10, 10, 500, "a");
	s = next(f);
	assert_int_equal(s->n_objects, 1);
	assert_int_equal(s->objects[0]->rx_queue, 5);
	assert_int_equal(s->objects[0]->n_open, 2);
	assert_false(model_lost_track(f->m));
	for (int i = 0; i < 3; i++) { /* idle */
		fds[0].size = FD_SAME;
		descriptors(f, fds, 2, NULL);
		task(f, 10, 10, 500, "a");
		s = next(f);
		assert_int_equal(s->n_fds, 2);
		assert_int_equal(s->objects[0]->rx_queue, 5);
		assert_int_equal(s->objects[0]->rport, 5000);
		assert_int_equal(s->health.unnamed, 0);
		assert_false(model_lost_track(f->m));
	}
	/* a record from before the walk, whose numbers are not those that the walk found unchanged */
	f->batch.objs = objs;
	f->batch.n_objs = 1;
	task(f, 10, 10, 500, "a");
	next(f);
	assert_true(model_lost_track(f->m));
	f->batch.n_objs = 0;
	fds[0].size = sizeof(obj);
	descriptors(f, fds, 2, &obj);
	task(f, 10, 10, 500, "a");
	s = next(f);
	assert_int_equal(s->objects[0]->rx_queue, 5);
	assert_false(model_lost_track(f->m));
	/* the walk's word is the later one */
	f->batch.n_objs = 1;
	task(f, 10, 10, 500, "a");
	s = next(f);
	assert_int_equal(s->objects[0]->rx_queue, 5);
	assert_false(model_lost_track(f->m));
	f->batch.n_objs = 0;
	descriptors(f, fds, 3, &obj);
	task(f, 10, 10, 500, "a");
	next(f);
	assert_true(model_lost_track(f->m));
	f->batch.n_fds = 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_threads_that_did_not_change),
		T(test_idle_sockets),
		T(test_first_sample_sets_baselines),
		T(test_names_before_the_first_sample),
		T(test_process_facts_from_proc),
		T(test_short_life_around_the_walk),
		T(test_exec_records),
		T(test_forked_child_inherits),
		T(test_facts_of_unknown_threads),
		T(test_calls_written_down_one_by_one),
		T(test_pid_reuse),
		T(test_time_in_call),
		T(test_containers),
		T(test_shared_cgroup_ids),
		T(test_resolver),
		T(test_hostile_names),
		T(test_host_totals),
		T(test_health),
		T(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
