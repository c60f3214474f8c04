/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic source keeps every promise of sample.h: what holds on it holds for what is shown of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/syscall.h>

#include "bpf/capture.h"
#include "core/event.h"
#include "core/source.h"

static struct sample *next(struct source *s)
{
	struct sample *out;

	assert_int_equal(source_collect(s, &out), 0);
	return out;
}

static struct source *start(uint64_t seed, unsigned needs)
{
	struct source *s;

	assert_int_equal(source_demo_new(seed, &s), 0);
	assert_int_equal(source_set_needs(s, needs), 0);
	return s;
}

static void drop(struct sample *s)
{
	sample_free(s);
}

static void add(struct task_counts *sum, const struct task_counts *c)
{
	const uint64_t *from = (const uint64_t *)c;
	uint64_t *to = (uint64_t *)sum;

	for (size_t i = 0; i < sizeof(*c) / sizeof(*to); i++)
		to[i] += from[i];
}

static void in_array(const void *p, const void *base, size_t n, size_t size)
{
	size_t at = (size_t)((const char *)p - (const char *)base);

	assert_true((const char *)p >= (const char *)base && at < n * size && at % size == 0);
}

static void in_objects(const struct object *o, const struct sample *s)
{
	for (size_t i = 0; i < s->n_objects; i++)
		if (s->objects[i] == o && o->place == i)
			return;
	fail_msg("an object that is not in the sample");
}

/* Totals, links and counts of one sample. */
static void check(const struct sample *s, bool facts, bool fds)
{
	struct task_counts sum = {0}, of_facts = {0};
	double cpu = 0;

	assert_true(s->n_containers > 6 && s->containers[0].is_host);
	assert_true(s->n_processes > 150);
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		add(&sum, &t->did->counts);
		cpu += (double)t->did->cpu;
		assert_int_equal(t->did->cpu, t->did->cpu_user + t->did->cpu_sys);
		assert_true(t->did->cpu <= s->interval);
		in_array(t->process, s->processes, s->n_processes, sizeof(*t->process));
		if (t->wait_obj)
			in_objects(t->wait_obj, s);
		assert_non_null(t->name);
		assert_non_null(strchr("RSDTtZXI", t->state));
	}
	assert_memory_equal(&sum, &s->host.counts, sizeof(sum));
	assert_true(cpu <= (double)s->interval * s->host.cpus);
	if (s->interval)
		assert_float_equal(s->host.cpu_user + s->host.cpu_sys,
				   cpu * 100 / ((double)s->interval * s->host.cpus), 0.01);
	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *p = &s->processes[i];

		in_array(p->container, s->containers, s->n_containers, sizeof(*p->container));
		assert_non_null(p->user);
		assert_int_equal(p->leader->tid, p->pid);
		for (size_t k = 0; k < p->n_threads; k++)
			assert_ptr_equal(p->threads[k]->process, p);
	}
	assert_true(facts ? s->n_facts > 200 : s->n_facts == 0);
	for (size_t i = 0; i < s->n_facts; i++) {
		const struct fact *f = &s->facts[i];
		uint64_t in_hist = 0;

		in_array(f->thread, s->threads, s->n_threads, sizeof(*f->thread));
		if (f->obj)
			in_objects(f->obj, s);
		for (size_t k = 0; f->hist && k < WIRE_HIST; k++)
			in_hist += f->hist[k];
		assert_int_equal(in_hist, f->timed);
		if (f->timed) {
			assert_true(f->lat_max <= f->lat_sum);
			assert_true(f->lat_sum <= f->lat_max * f->timed);
			assert_true(f->hist[wire_hist_slot(f->lat_max)] > 0);
		}
		of_facts.calls += f->calls;
		of_facts.errors += f->err ? f->calls : 0;
		of_facts.opens += f->nr == SYS_openat && !f->err ? f->calls : 0;
		switch (f->obj ? f->obj->kind : OBJ_NONE) {
		case OBJ_FILE:
		case OBJ_CHR: of_facts.file_in += f->bytes_in, of_facts.file_out += f->bytes_out; break;
		case OBJ_INET: of_facts.net_in += f->bytes_in, of_facts.net_out += f->bytes_out; break;
		default: of_facts.other_in += f->bytes_in, of_facts.other_out += f->bytes_out;
		}
	}
	if (facts)
		assert_memory_equal(&of_facts, &s->host.counts, sizeof(of_facts));
	assert_true(fds ? s->n_fds > 100 : s->n_fds == 0);
	for (size_t i = 0; i < s->n_fds; i++) {
		in_objects(s->fds[i].obj, s);
		assert_true(s->fds[i].obj->n_open > 0);
	}
}

static void test_samples_add_up(void **state)
{
	struct source *s = start(1, NEED_FACTS | NEED_FDS);
	struct sample *sample = next(s);
	uint64_t last = sample->time;

	assert_int_equal(sample->interval, 0);
	check(sample, false, true);
	drop(sample);
	for (int i = 0; i < 120; i++) {
		sample = next(s);
		assert_int_equal(sample->time - last, sample->interval);
		last = sample->time;
		check(sample, true, true);
		drop(sample);
	}
	source_free(s);
}

static void test_needs_are_respected(void **state)
{
	struct source *s = start(1, NEED_TASKS);
	struct sample *sample;

	drop(next(s));
	sample = next(s);
	check(sample, false, false);
	assert_int_equal(sample->needs, NEED_TASKS);
	assert_true(sample->host.counts.calls > 1000);
	drop(sample);
	source_set_needs(s, NEED_FACTS);
	sample = next(s);
	assert_false(sample->needs & NEED_FACTS); /* not during the whole interval */
	drop(sample);
	sample = next(s);
	assert_true(sample->needs & NEED_FACTS);
	check(sample, true, false);
	drop(sample);
	source_free(s);
}

static void test_same_seed_same_machine(void **state)
{
	struct source *a = start(7, NEED_TASKS), *b = start(7, NEED_FACTS | NEED_FDS),
		      *c = start(8, NEED_TASKS);
	bool differs = false;

	for (int i = 0; i < 20; i++) {
		struct sample *x = next(a), *y = next(b), *z = next(c);

		assert_int_equal(x->time, y->time);
		assert_int_equal(x->n_threads, y->n_threads);
		assert_memory_equal(&x->host, &y->host, sizeof(x->host));
		for (size_t k = 0; k < x->n_processes; k++)
			assert_string_equal(x->processes[k].name, y->processes[k].name);
		differs |= x->host.counts.calls != z->host.counts.calls;
		drop(x), drop(y), drop(z);
	}
	assert_true(differs);
	source_free(a), source_free(b), source_free(c);
}

static void test_hosts_hostile_and_shortlived(void **state)
{
	struct source *s = start(1, NEED_TASKS);
	bool escape = false, ended = false, fresh = false, thread_of_many = false;

	for (int i = 0; i < 12; i++) {
		struct sample *sample = next(s);

		for (size_t k = 0; k < sample->n_processes; k++) {
			escape |= strchr(sample->processes[k].name, '\033') != NULL;
			ended |=
				sample->processes[k].exited && sample->processes[k].leader->did->counts.calls;
			fresh |= sample->processes[k].fresh && !sample->processes[k].exited;
			thread_of_many |= sample->processes[k].n_threads > 40;
		}
		drop(sample);
	}
	assert_true(escape && ended && fresh && thread_of_many);
	source_free(s);
}

struct seen {
	size_t n, failed, blobs;
	uint64_t seq;
	uint32_t tgid;
	int only_nr;
	const struct obj_key *only_obj;
};

static void on_event(struct event *ev, void *userdata)
{
	struct seen *seen = userdata;

	seen->n++;
	seen->failed += ev->ret < 0;
	seen->blobs += ev->n_blobs;
	assert_int_equal(ev->seq, seen->seq + 1);
	seen->seq = ev->seq;
	if (seen->tgid)
		assert_int_equal(ev->tgid, seen->tgid);
	if (seen->only_nr >= 0)
		assert_int_equal(ev->nr, seen->only_nr);
	if (seen->only_obj)
		assert_memory_equal(&ev->fd[0].key, seen->only_obj, sizeof(*seen->only_obj));
	for (int i = 0; i < ev->n_blobs; i++) {
		assert_true(ev->blobs[i].len <= WIRE_SNAP_MAX && ev->blobs[i].len <= ev->blobs[i].full);
		assert_non_null(ev->blobs[i].data);
	}
	free(ev); /* one allocation */
}

static void spy(struct source *s, const struct spy_selection *sel, struct seen *seen)
{
	struct source_counts counts;

	assert_int_equal(source_spy_start(s, sel), 0);
	for (int i = 0; i < 100; i++)
		assert_true(source_spy_poll(s, on_event, seen, 50) >= 0);
	source_spy_counts(s, &counts);
	assert_int_equal(counts.passed - counts.lost, seen->n);
	assert_true(counts.seen >= counts.passed);
	source_spy_stop(s);
}

static void test_spy(void **state)
{
	struct source *s = start(1, NEED_FACTS);
	struct seen all = {.only_nr = -1}, one = {.only_nr = -1}, call = {.only_nr = SYS_openat},
		    obj = {.only_nr = -1};
	struct spy_selection sel = {.filter.snaplen = 200};
	struct sample *sample;
	const struct fact *busy;

	drop(next(s));
	sample = next(s);
	busy = &sample->facts[0];
	for (size_t i = 0; i < sample->n_facts; i++)
		if (sample->facts[i].obj && sample->facts[i].nr == SYS_recvfrom)
			busy = &sample->facts[i];
	spy(s, &sel, &all);
	assert_true(all.n > 300 && all.failed > 10 && all.blobs > 100);

	sel.n_pids = 1;
	sel.pids = &(uint32_t){busy->thread->process->pid};
	one.tgid = sel.pids[0];
	spy(s, &sel, &one);
	assert_true(one.n > 100);

	sel = (struct spy_selection){.filter.calls[SYS_openat / 64] = 1ULL << (SYS_openat % 64)};
	spy(s, &sel, &call);
	assert_true(call.n > 20);

	sel = (struct spy_selection){.objects = &busy->obj->key, .n_objects = 1};
	obj.only_obj = &busy->obj->key;
	spy(s, &sel, &obj);
	assert_true(obj.n > 5);
	drop(sample);
	source_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples_add_up),
		cmocka_unit_test(test_needs_are_respected),
		cmocka_unit_test(test_same_seed_same_machine),
		cmocka_unit_test(test_hosts_hostile_and_shortlived),
		cmocka_unit_test(test_spy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
