/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing is lost and nothing doubled: a made-up kernel runs random forks,
 * calls, exits, execs by threads that take over their leader's tid, zombies and
 * pid reuse; the sums over all samples must be what it counted.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/model.h"
#include "core/tasktable.h"

enum { MAX_TASKS = 400, PIDS = 60, NRS = 5 };

struct sim_task {
	struct task_rec rec;
	struct task_counts walked;
	struct task_rec sent; /* by the last walk that found it changed */
	bool bare;            /* a walk saw it without storage: nothing ties it to what it was then */
	bool seen;            /* by a walk */
	int zombie;           /* walks it still shows up in */
	bool used;
};

struct sim {
	uint64_t seed, boot, next_sid;
	struct sim_task tasks[MAX_TASKS];
	struct task_rec *exits;
	size_t n_exits, cap_exits;
	struct task_rec *walk;
	size_t n_walk, cap_walk;
	struct task_key *same;
	size_t n_same, cap_same, all_same;
	struct fact_key *keys;
	size_t n_keys, cap_keys;
	struct fact_val *vals;
	size_t n_vals, cap_vals;
	char proc_root[32];
	size_t max_exits;
	bool walked; /* between walk and drain */
	struct lost_counts lost;
	/* the truth */
	struct task_counts total;
	uint64_t cpu, fact_calls, ended;
};

static uint32_t rnd(struct sim *s, uint32_t n)
{
	s->seed = s->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(s->seed >> 33) % n;
}

static struct sim_task *sim_new(struct sim *s, uint32_t tgid)
{
	struct sim_task *t = NULL;
	uint32_t tid;
	bool taken;

	for (int i = 0; i < MAX_TASKS && !t; i++)
		if (!s->tasks[i].used)
			t = &s->tasks[i];
	if (!t)
		return NULL;
	do { /* few pids: they are used again soon */
		tid = 100 + rnd(s, PIDS * 8);
		taken = false;
		for (int i = 0; i < MAX_TASKS; i++)
			taken |= s->tasks[i].used &&
				 (s->tasks[i].rec.tid == tid || s->tasks[i].rec.tgid == tid);
	} while (taken);
	*t = (struct sim_task){.used = true};
	s->boot += 100000; /* more than a generation apart */
	t->rec = (struct task_rec){
		.tid = tid,
		.tgid = tgid ? tgid : tid,
		.start_boot = s->boot,
		.state = 'S',
		.nr = WIRE_NR_NONE,
		.comm = "sim",
		.nr_threads = 1,
	};
	return t;
}

static void sim_fact(struct sim *s, const struct task_rec *r, uint16_t nr)
{
	struct fact_key key = {.task = {r->tid, task_gen(r->start_boot)},
			       .nr = nr,
			       .tgid = r->tgid,
			       .obj = {.ino = 1000u + nr}};

	s->fact_calls++;
	for (size_t i = 0; i < s->n_keys; i++) {
		if (!memcmp(&s->keys[i], &key, sizeof(key))) {
			s->vals[i].calls++;
			return;
		}
	}
	VEC_PUSH(s->keys, s->n_keys, s->cap_keys) = key;
	VEC_PUSH(s->vals, s->n_vals, s->cap_vals) = (struct fact_val){.calls = 1};
}

static void sim_call(struct sim *s, struct sim_task *t)
{
	struct task_counts d = {.calls = 1,
				.errors = rnd(s, 2),
				.file_in = rnd(s, 5000),
				.net_out = rnd(s, 9),
				.opens = rnd(s, 2)};

	if (!t->rec.sid)
		t->rec.sid = ++s->next_sid;
	task_counts_add(&t->rec.counts, &d);
	task_counts_add(&s->total, &d);
	sim_fact(s, &t->rec, (uint16_t)rnd(s, NRS));
}

static void sim_cpu(struct sim *s, struct sim_task *t)
{
	uint64_t ns = 1 + rnd(s, 50000);

	s->boot += ns;
	t->rec.exec_runtime += ns;
	t->rec.utime += ns / 2;
	t->rec.stime += ns / 3;
	t->rec.min_flt += 1;
	s->cpu += ns;
}

static bool sim_alone(const struct sim *s, uint32_t tgid)
{
	for (int i = 0; i < MAX_TASKS; i++)
		if (s->tasks[i].used && !s->tasks[i].zombie && s->tasks[i].rec.tgid == tgid)
			return false;
	return true;
}

/* What sched_process_exit does. */
static void sim_exit_record(struct sim *s, struct sim_task *t)
{
	struct task_rec r = t->rec;
	struct task_counts rest;

	r.exited = 1;
	r.state = 'X';
	if (s->n_exits < s->max_exits) {
		VEC_PUSH(s->exits, s->n_exits, s->cap_exits) = r;
		return;
	}
	s->lost.exit_full++;
	rest = task_counts_sub(&r.counts, &t->walked);
	task_counts_add(&s->lost.rest, &rest);
	t->rec.counts = t->walked; /* a zombie is walked again */
}

static void sim_exit(struct sim *s, struct sim_task *t)
{
	sim_exit_record(s, t);
	t->zombie = rnd(s, 4) ? 0 : 1 + (int)rnd(s, 3);
	t->rec.state = 'Z';
	if (!t->zombie)
		t->used = false;
	s->ended += sim_alone(s, t->rec.tgid);
}

/* A thread that is not the leader execs: everybody else goes, it gets the leader's tid and start. */
static void sim_takeover(struct sim *s, struct sim_task *t)
{
	struct sim_task *leader = NULL;

	if (t->rec.tid == t->rec.tgid || t->bare)
		return;
	/* born, and in its leader's place, between walk and drain: the leader's exit is all there is to see
	 */
	if (s->walked && !t->seen)
		return;
	for (int i = 0; i < MAX_TASKS; i++)
		if (s->tasks[i].used && s->tasks[i].rec.tid == t->rec.tgid)
			leader = &s->tasks[i];
	assert_non_null(leader);
	/* a thread that no walk has seen looks like its leader getting storage, if that had none: CPU is a
	 * guess */
	if (!t->seen && leader->bare)
		return;
	sim_call(s, t);
	for (int i = 0; i < MAX_TASKS; i++) {
		struct sim_task *o = &s->tasks[i];

		if (!o->used || o == t || o->rec.tgid != t->rec.tgid)
			continue;
		if (!o->zombie)
			sim_exit_record(s, o);
		o->used = false;
	}
	t->rec.tid = leader->rec.tid;
	t->rec.start_boot = leader->rec.start_boot;
	sim_call(s, t);
}

static void sim_step(struct sim *s, int n)
{
	while (n--) {
		struct sim_task *t = &s->tasks[rnd(s, MAX_TASKS)];

		s->boot += 1000;
		if (!rnd(s, 12)) {
			sim_new(s, 0);
			continue;
		}
		if (!t->used || t->zombie)
			continue;
		switch (rnd(s, 10)) {
		case 0:
			/* a leader that goes first stays a zombie until the others have gone */
			if (t->rec.tid != t->rec.tgid || sim_alone(s, t->rec.tgid)) {
				sim_exit(s, t);
				break;
			}
			for (int i = 0; i < MAX_TASKS; i++) {
				struct sim_task *o = &s->tasks[i];

				if (o->used && !o->zombie && o != t && o->rec.tgid == t->rec.tgid)
					sim_exit(s, o);
			}
			sim_exit(s, t);
			break;
		case 1: sim_new(s, t->rec.tgid); break;
		case 2: sim_takeover(s, t); break;
		case 3:
		case 4: sim_cpu(s, t); break;
		default: sim_call(s, t);
		}
	}
}

static void sim_walk(struct sim *s)
{
	s->n_walk = s->n_same = 0;
	for (int i = 0; i < MAX_TASKS; i++) {
		struct sim_task *t = &s->tasks[i];

		if (!t->used)
			continue;
		if (!t->zombie && !memcmp(&t->rec, &t->sent, sizeof(t->rec))) {
			VEC_PUSH(s->same, s->n_same, s->cap_same) =
				(struct task_key){t->rec.tid, task_gen(t->rec.start_boot)};
			continue;
		}
		VEC_PUSH(s->walk, s->n_walk, s->cap_walk) = t->sent = t->rec;
		t->walked = t->rec.counts;
		t->bare = !t->rec.sid;
		t->seen = true;
		if (t->zombie && !--t->zombie)
			t->used = false;
	}
}

/* /proc says which threads are alive: it matters for those that started after the walk. */
static void sim_proc(const struct sim *s, bool there)
{
	char path[3][256];

	for (int i = 0; i < MAX_TASKS; i++) {
		const struct task_rec *r = &s->tasks[i].rec;

		if (!s->tasks[i].used || s->tasks[i].zombie || s->tasks[i].seen)
			continue;
		snprintf(path[0], sizeof(path[0]), "%s/%u", s->proc_root, r->tgid);
		snprintf(path[1], sizeof(path[1]), "%s/%u/task", s->proc_root, r->tgid);
		snprintf(path[2], sizeof(path[2]), "%s/%u/task/%u", s->proc_root, r->tgid, r->tid);
		for (int k = 0; k < 3; k++)
			(void)(there ? mkdir(path[k], 0700) : rmdir(path[2 - k]));
	}
}

static struct sample *sim_sample(struct sim *s, struct model *m, int after_walk)
{
	struct capture_batch batch = {0};
	struct model_clock clock = {.self_bpf = UNKNOWN_U64};
	struct sample *sample;

	sim_walk(s);
	s->walked = true;
	sim_step(s, after_walk);
	s->walked = false;
	for (size_t i = 0; i < s->n_exits; i++)
		VEC_PUSH(s->walk, s->n_walk, s->cap_walk) = s->exits[i];
	s->boot += 1000;
	batch.mono_ns = s->boot;
	batch.tasks = s->walk;
	batch.n_tasks = s->n_walk;
	batch.same = s->same;
	batch.n_same = s->n_same;
	s->all_same += s->n_same;
	batch.fact_keys = s->keys;
	batch.fact_vals = s->vals;
	batch.n_facts = s->n_keys;
	batch.lost = s->lost;
	clock.boot = s->boot;
	clock.time = s->boot + 1000000000000;
	sim_proc(s, true);
	assert_int_equal(model_sample(m, &batch, &clock, &sample), 0);
	assert_false(model_lost_track(m));
	sim_proc(s, false);
	for (size_t i = 0; i < sample->n_facts; i++) {
		assert_non_null(sample->facts[i].thread);
		assert_int_equal(sample->facts[i].thread->tid, s->keys[i].task.tid);
		assert_int_equal(sample->facts[i].thread->process->pid, s->keys[i].tgid);
		assert_int_equal(sample->facts[i].calls, s->vals[i].calls);
	}
	s->n_exits = s->n_keys = s->n_vals = 0;
	return sample;
}

static void check_shape(const struct sample *s)
{
	size_t threads = 0;

	assert_true(s->n_containers >= 1 && s->containers[0].is_host);
	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *p = &s->processes[i];

		assert_non_null(p->container);
		assert_non_null(p->name);
		for (size_t k = 0; k < p->n_threads; k++)
			assert_ptr_equal(p->threads[k]->process, p);
		if (p->leader)
			assert_int_equal(p->leader->tid, p->pid);
		threads += p->n_threads;
		for (size_t k = 0; k < i; k++)
			assert_false(s->processes[k].pid == p->pid &&
				     s->processes[k].start_boot == p->start_boot);
	}
	assert_int_equal(threads, s->n_threads);
	for (size_t i = 0; i < s->n_threads; i++)
		assert_int_equal(s->threads[i].did->cpu,
				 s->threads[i].did->cpu_user + s->threads[i].did->cpu_sys);
}

struct sums {
	struct task_counts host, threads;
	uint64_t cpu, fact_calls, ended, folded;
};

static void add_sample(struct sums *sum, const struct sample *s)
{
	check_shape(s);
	task_counts_add(&sum->host, &s->host.counts);
	sum->folded += s->health.folded;
	for (size_t i = 0; i < s->n_threads; i++) {
		task_counts_add(&sum->threads, &s->threads[i].did->counts);
		sum->cpu += s->threads[i].did->cpu;
	}
	for (size_t i = 0; i < s->n_facts; i++)
		sum->fact_calls += s->facts[i].calls;
	for (size_t i = 0; i < s->n_processes; i++)
		sum->ended += s->processes[i].exited;
}

/* Sanitizers make a run ten times as long. */
#ifdef __SANITIZE_ADDRESS__
enum { SEEDS = 16 };
#else
enum { SEEDS = 140 };
#endif

static void run(uint64_t seed, size_t max_exits)
{
	struct sim *s = xcalloc(1, sizeof(*s));
	const struct model_config config = {.proc_root = s->proc_root, .etc_root = "/nonexistent"};
	struct model *m;
	struct sums sum = {0};
	struct task_counts before, expected;
	uint64_t cpu_before, folded_before, intervals = 8 + seed % 20;

	strcpy(s->proc_root, "/tmp/ctop-test-XXXXXX");
	assert_non_null(mkdtemp(s->proc_root));
	m = model_new(&config);
	s->seed = seed * 0x9e3779b97f4a7c15ULL + 1;
	s->boot = 100000000000 + (seed % 3) * 281474976710656ULL; /* beyond the wrap of generations, too */
	s->max_exits = max_exits;
	sim_step(s, 400);
	before = s->total;
	cpu_before = s->cpu;
	folded_before = s->lost.exit_full;
	for (uint64_t i = 0; i <= intervals; i++) {
		struct sample *sample;

		if (i)
			sim_step(s, (int)rnd(s, 600));
		sample = sim_sample(s, m, i && i < intervals ? (int)rnd(s, 60) : 0);
		if (!i) {
			assert_int_equal(sample->interval, 0);
			assert_int_equal(sample->host.counts.calls, 0);
		}
		add_sample(&sum, sample);
		sample_free(sample);
	}
	assert_true(s->all_same > 0); /* walks leave out what did not change, as the kernel side's do */
	expected = task_counts_sub(&s->total, &before);
	assert_memory_equal(&sum.host, &expected, sizeof(expected));
	assert_int_equal(sum.fact_calls, s->fact_calls);
	assert_int_equal(sum.folded, s->lost.exit_full - folded_before);
	if (max_exits == SIZE_MAX) {
		assert_memory_equal(&sum.threads, &expected, sizeof(expected));
		assert_int_equal(sum.cpu, s->cpu - cpu_before);
		assert_int_equal(sum.ended, s->ended);
	}
	model_free(m);
	assert_int_equal(rmdir(s->proc_root), 0);
	free(s->exits);
	free(s->walk);
	free(s->same);
	free(s->keys);
	free(s->vals);
	free(s);
}

static void test_sums(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		run(seed, SIZE_MAX);
}

static void test_sums_with_folded_exits(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS / 2; seed++)
		run(seed, seed % 4);
}

/* The time it takes is printed, not judged: machines differ. */
static void test_many_processes(void **state)
{
	enum { N = 10000 };
	const struct model_config config = {.proc_root = "/nonexistent", .etc_root = "/nonexistent"};
	struct task_rec *tasks = xcalloc(N, sizeof(*tasks));
	struct fact_key *keys = xcalloc(N, sizeof(*keys));
	struct fact_val *vals = xcalloc(N, sizeof(*vals));
	struct model *m = model_new(&config);
	uint64_t best = UINT64_MAX;

	for (uint32_t i = 0; i < N; i++) {
		tasks[i] = (struct task_rec){.tid = i + 1,
					     .tgid = i + 1,
					     .ppid = i / 2,
					     .start_boot = (i + 1) * 1000000ULL,
					     .sid = i + 1,
					     .state = 'S',
					     .nr = WIRE_NR_NONE,
					     .cset = 1 + i % 50,
					     .cgroup_v2 = 1 + i % 50,
					     .uid = i % 10,
					     .comm = "process"};
		keys[i] = (struct fact_key){.task = {i + 1, task_gen(tasks[i].start_boot)},
					    .tgid = i + 1,
					    .obj = {.ino = 1 + i / 2, .dev = 8}};
		vals[i] = (struct fact_val){.calls = 1, .timed = 1, .lat_sum = 1000};
	}
	for (uint64_t k = 1; k <= 10; k++) {
		struct capture_batch batch = {.tasks = tasks,
					      .n_tasks = N,
					      .fact_keys = keys,
					      .fact_vals = vals,
					      .n_facts = N,
					      .mono_ns = 20000000000 + k * 1000000000};
		struct model_clock clock = {
			.boot = batch.mono_ns, .time = batch.mono_ns + 1, .self_bpf = UNKNOWN_U64};
		struct sample *sample;
		struct timespec a, b;
		uint64_t ns;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
		assert_int_equal(model_sample(m, &batch, &clock, &sample), 0);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
		ns = (uint64_t)((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec);
		if (k > 1 && ns < best)
			best = ns;
		assert_int_equal(sample->n_processes, N);
		assert_int_equal(sample->n_facts, N);
		assert_int_equal(sample->n_objects, N / 2);
		assert_int_equal(sample->host.counts.calls, k > 1 ? N : 0);
		sample_free(sample);
		for (uint32_t i = 0; i < N; i++)
			tasks[i].counts.calls++;
	}
	print_message("10,000 processes with 10,000 facts: %.2f ms of CPU a sample\n", (double)best / 1e6);
	model_free(m);
	free(tasks);
	free(keys);
	free(vals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_sums_with_folded_exits),
		cmocka_unit_test(test_many_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
