/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_batch.c - whatever records come from the kernel side: nothing of them is lost or counted twice on the
 * way to a sample, and every field can be read from it. Two intervals in a row, since the model remembers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/capture.h"
#include "core/arena.h"
#include "core/mem.h"
#include "core/model.h"
#include "core/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TASKS = 12, FACTS = 12, OBJECTS = 6, FDS = 6, EXECS = 3, CGROUPS = 2 };

struct input {
	const uint8_t *at, *end;
};

/* The next n bytes, zeros behind the end. */
static uint64_t number(struct input *in, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n && in->at < in->end; i++)
		v |= (uint64_t)*in->at++ << 8 * i;
	return v;
}

static void bytes(struct input *in, void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)number(in, 1);
}

static struct obj_key object_key(struct input *in)
{
	uint64_t n = number(in, 1);

	return (struct obj_key){.ino = n & 7, .dev = n >> 3 & 3, .gen = n >> 5};
}

/* Few different numbers, so that they meet. */
static void task(struct input *in, struct task_rec *r)
{
	*r = (struct task_rec){
		.tid = (uint32_t)number(in, 1) & 15,
		.tgid = (uint32_t)number(in, 1) & 15,
		.start_boot = (number(in, 1) & 7) << 20,
		.sid = number(in, 1) & 15,
		.counts = {.calls = number(in, 2),
			   .file_in = number(in, 4),
			   .net_out = number(in, 4),
			   .coarse = number(in, 1)},
		.exec_runtime = number(in, 4),
		.cset = number(in, 1) & 3,
		.cgroup_v2 = number(in, 1) & 3,
		.ended = number(in, 1) & 1 ? number(in, 4) : 0,
		.wait_obj = object_key(in),
		.ppid = (uint32_t)number(in, 1) & 15,
		.uid = (uint32_t)number(in, 1),
		.nr = (uint16_t)number(in, 2),
		.state = (uint8_t)number(in, 1),
		.kthread = number(in, 1) & 1,
		.exited = number(in, 1) & 1,
		.vm_pages = number(in, 3),
		.fdcount = (uint32_t)number(in, 2),
		.nr_threads = (uint32_t)number(in, 1),
	};
	bytes(in, r->comm, sizeof(r->comm)); /* perhaps without an end */
}

static void fact(struct input *in, struct fact_key *k, struct fact_val *v)
{
	*k = (struct fact_key){
		.obj = object_key(in),
		.task = {.tid = (uint32_t)number(in, 1) & 15, .gen = (uint32_t)(number(in, 1) & 7) << 4},
		.nr = (uint16_t)number(in, 2),
		.err = (uint16_t)number(in, 1),
		.tgid = (uint32_t)number(in, 1) & 15,
	};
	*v = (struct fact_val){.calls = number(in, 2),
			       .bytes_in = number(in, 4),
			       .bytes_out = number(in, 4),
			       .timed = number(in, 1),
			       .lat_sum = number(in, 4),
			       .lat_max = number(in, 4)};
	v->hist[number(in, 1) % WIRE_HIST] = (uint32_t)v->timed;
}

/* The record with so much behind it as it says, and no more: a read beyond is found. */
static struct obj_rec *object(struct input *in)
{
	size_t len = (number(in, 1) * 5) % (WIRE_PATH_MAX + 1);
	struct obj_rec *r = xcalloc(1, sizeof(*r) + len);

	*r = (struct obj_rec){
		.key = object_key(in),
		.kind = (uint8_t)number(in, 1),
		.family = (uint8_t)number(in, 1),
		.type = (uint8_t)number(in, 1),
		.protocol = (uint8_t)number(in, 1),
		.tcp_state = (uint8_t)number(in, 1),
		.partial = number(in, 1) & 1,
		.lport = (uint16_t)number(in, 2),
		.rport = (uint16_t)number(in, 2),
		.sk = number(in, 1),
		.peer_sk = number(in, 1),
		.path_len = (uint16_t)len,
	};
	bytes(in, r->laddr, sizeof(r->laddr));
	bytes(in, r->path, len);
	return r;
}

struct batch {
	struct capture_batch b;
	struct task_rec tasks[TASKS];
	struct fact_key keys[FACTS];
	struct fact_val vals[FACTS];
	struct fact_single singles[FACTS];
	struct obj_rec *objects[OBJECTS];
	struct fd_rec fd[FDS];
	struct exec_rec execs[EXECS];
	const struct exec_rec *exec_list[EXECS];
	struct cgroup_rec cgroups[CGROUPS];
	const struct cgroup_rec *cgroup_list[CGROUPS];
};

static void fill(struct input *in, struct batch *b)
{
	uint64_t shape = number(in, 3);

	memset(b, 0, sizeof(*b));
	b->b = (struct capture_batch){.tasks = b->tasks,
				      .n_tasks = shape % (TASKS + 1),
				      .fact_keys = b->keys,
				      .fact_vals = b->vals,
				      .n_facts = (shape >> 4) % (FACTS + 1),
				      .singles = b->singles,
				      .fds = b->fd,
				      .n_fds = (shape >> 8) % (FDS + 1),
				      .objs = (const struct obj_rec **)b->objects,
				      .n_objs = (shape >> 12) % (OBJECTS + 1),
				      .execs = b->exec_list,
				      .n_execs = (shape >> 16) % (EXECS + 1),
				      .cgroups = b->cgroup_list,
				      .n_cgroups = (shape >> 20) % (CGROUPS + 1)};
	for (size_t i = 0; i < b->b.n_tasks; i++)
		task(in, &b->tasks[i]);
	for (size_t i = 0; i < b->b.n_facts; i++)
		fact(in, &b->keys[i], &b->vals[i]);
	for (size_t i = 0; i < b->b.n_objs; i++)
		b->objects[i] = object(in);
	for (size_t i = 0; i < b->b.n_fds; i++) {
		b->fd[i] = (struct fd_rec){.key = object_key(in),
					   .tgid = (uint32_t)number(in, 1) & 15,
					   .fd = (int32_t)number(in, 2),
					   .size = (uint32_t)number(in, 1) & FD_SAME};
	}
	for (size_t i = 0; i < b->b.n_execs; i++) {
		struct exec_rec *e = &b->execs[i];

		*e = (struct exec_rec){.tgid = (uint32_t)number(in, 1) & 15,
				       .start_boot = (number(in, 1) & 7) << 20,
				       .args_len = (uint32_t)number(in, 2)};
		bytes(in, e->comm, sizeof(e->comm));
		bytes(in, e->args, 64);
		b->exec_list[i] = e;
	}
	for (size_t i = 0; i < b->b.n_cgroups; i++) {
		struct cgroup_rec *c = &b->cgroups[i];

		c->id = number(in, 1) & 3;
		c->path_len = (uint32_t)number(in, 1);
		bytes(in, c->path, c->path_len);
		b->cgroup_list[i] = c;
	}
	/* last, so that older inputs mean what they meant */
	b->b.n_singles = number(in, 1) % (FACTS + 1);
	for (size_t i = 0; i < b->b.n_singles; i++) {
		struct fact_val unused;

		fact(in, &b->singles[i].key, &unused);
		b->singles[i].bytes = (uint32_t)number(in, 4);
		b->singles[i].latency = (uint32_t)number(in, 4);
	}
}

/* Every fact of the batch is in the sample, with its thread and its process. */
static void check_facts(const struct batch *b, const struct sample *s)
{
	uint64_t calls = 0, in = 0;

	if (s->n_facts != b->b.n_facts + b->b.n_singles)
		abort();
	for (size_t i = 0; i < s->n_facts; i++) {
		if (!s->facts[i].thread || !s->facts[i].thread->process ||
		    !s->facts[i].thread->process->container)
			abort();
		calls += s->facts[i].calls;
		in += s->facts[i].bytes_in;
	}
	for (size_t i = 0; i < b->b.n_facts; i++) {
		calls -= b->vals[i].calls;
		in -= b->vals[i].bytes_in;
	}
	for (size_t i = 0; i < b->b.n_singles; i++)
		if (!(b->singles[i].bytes & SINGLE_OUT))
			in -= b->singles[i].bytes;
	calls -= b->b.n_singles;
	if (calls || in)
		abort();
}

/* Every field in the columns of tables of three kinds. */
static void check_tables(const struct sample *s)
{
	static const struct {
		unsigned records;
		const char *key;
	} kinds[] = {{REC_TASKS, "proc.pid"}, {REC_FACTS, "evt.type"}, {REC_FACTS | REC_FDS, "fd.name"}};
	size_t n;
	const struct field *all = field_all(&n);

	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < n; i += 16) {
			struct column_query columns[16];
			struct table_query q = {.records = kinds[k].records,
						.keys = {field_find(kinds[k].key)},
						.n_keys = 1,
						.columns = columns,
						.sort = 0};
			struct table *t = NULL;

			for (size_t j = i; j < n && j < i + 16; j++)
				if (!(all[j].flags & (FIELD_SPY | FIELD_FILTER_ONLY | FIELD_ARG)) &&
				    all[j].grain != GRAIN_DEVICE)
					columns[q.n_columns++] =
						(struct column_query){&all[j], agg_default(&all[j])};
			if (!q.n_columns)
				continue;
			if (table_build(&q, s, &t) == 0)
				table_free(t);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model *m = model_new(&(struct model_config){
		.proc_root = "/nonexistent", .cgroup_root = "/nonexistent", .etc_root = "/nonexistent"});
	struct batch *b = xcalloc(1, sizeof(*b));
	struct input in = {data, data + size};

	for (unsigned i = 1; i <= 3; i++) {
		struct model_clock clock = {.time = 5000000000ULL * i,
					    .boot = 1000000000ULL * i,
					    .needs = 7,
					    .self_bpf = UNKNOWN_U64};
		struct sample *s = NULL;

		fill(&in, b);
		b->b.mono_ns = clock.boot;
		if (model_sample(m, &b->b, &clock, &s) == 0) {
			check_facts(b, s);
			check_tables(s);
			sample_free(s);
		}
		for (size_t j = 0; j < b->b.n_objs; j++)
			free(b->objects[j]);
	}
	free(b);
	model_free(m);
	return 0;
}
