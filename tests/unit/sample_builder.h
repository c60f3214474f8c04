/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample_builder.h - samples made by hand for unit tests. Arrays have room for
 * `max` things of a kind and never move, so pointers into them stay valid.
 */
#ifndef TESTS_SAMPLE_BUILDER_H
#define TESTS_SAMPLE_BUILDER_H

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "bpf/capture.h"
#include "core/arena.h"
#include "core/sample.h"

struct builder {
	struct arena *arena;
	size_t max;
	struct sample sample;
	struct container *containers;
	struct process *processes;
	struct thread *threads;
	struct object *objects;
	const struct object **listed;
	struct fact *facts;
	struct descriptor *fds;
};

/* One second, everything attached, the host as first container. */
static inline struct builder *sb_new(size_t max)
{
	struct arena *a = arena_new();
	struct builder *b = arena_alloc(a, sizeof(*b));

	b->arena = a;
	b->max = max;
	b->containers = arena_array(a, max, sizeof(*b->containers));
	b->processes = arena_array(a, max, sizeof(*b->processes));
	b->threads = arena_array(a, max, sizeof(*b->threads));
	b->objects = arena_array(a, max, sizeof(*b->objects));
	b->listed = arena_array(a, max, sizeof(*b->listed));
	b->facts = arena_array(a, max, sizeof(*b->facts));
	b->fds = arena_array(a, max, sizeof(*b->fds));
	b->sample.time = 1700000000000000000ULL;
	b->sample.interval = 1000000000;
	b->sample.needs = NEED_TASKS | NEED_FACTS | NEED_FDS;
	b->sample.hostname = "testhost";
	b->containers[b->sample.n_containers++] = (struct container){
		.id = "host", .full_id = "host", .name = "host", .type = "host", .is_host = true};
	return b;
}

static inline void sb_free(struct builder *b)
{
	arena_free(b->arena);
}

static inline struct container *sb_container(struct builder *b, const char *id, const char *name,
					     const char *type)
{
	struct container *c = &b->containers[b->sample.n_containers++];

	assert(b->sample.n_containers <= b->max);
	*c = (struct container){.id = id, .full_id = id, .name = name, .type = type, .cgroup = "/x"};
	return c;
}

static inline struct process *sb_process(struct builder *b, uint32_t pid, const char *name,
					 const struct container *c)
{
	struct process *p = &b->processes[b->sample.n_processes++];

	assert(b->sample.n_processes <= b->max);
	*p = (struct process){.pid = pid,
			      .ppid = 1,
			      .vpid = pid,
			      .name = name,
			      .exe = name,
			      .args = "",
			      .exeline = name,
			      .user = "root",
			      .container = c ? c : &b->containers[0],
			      .start_time = b->sample.time - 60000000000ULL,
			      .vmsize = UNKNOWN_U64,
			      .vmrss = UNKNOWN_U64,
			      .vmswap = UNKNOWN_U64,
			      .loginuid = UNKNOWN_U32,
			      .end_time = UNKNOWN_U64,
			      .fdlimit = UNKNOWN_U64,
			      .fdcount = UNKNOWN_U32};
	return p;
}

static inline struct thread *sb_thread(struct builder *b, struct process *p, uint32_t tid)
{
	struct thread *t = &b->threads[b->sample.n_threads++];

	assert(b->sample.n_threads <= b->max);
	*t = (struct thread){.tid = tid,
			     .vtid = tid,
			     .name = p->name,
			     .process = p,
			     .did = arena_alloc(b->arena, sizeof(struct thread_work)),
			     .state = 'S',
			     .nr = WIRE_NR_NONE,
			     .nr_time = UNKNOWN_U64};
	p->nthreads++;
	return t;
}

/* What it did, to be written. */
static inline struct thread_work *sb_did(struct thread *t)
{
	return (struct thread_work *)(uintptr_t)t->did;
}

static inline struct object *sb_object(struct builder *b, enum obj_kind kind, const char *type,
				       const char *name)
{
	struct object *o = &b->objects[b->sample.n_objects];

	assert(b->sample.n_objects < b->max);
	b->listed[b->sample.n_objects++] = o;
	*o = (struct object){.key = {.ino = 1000 + b->sample.n_objects, .dev = 8 << 20 | 1},
			     .place = (uint32_t)b->sample.n_objects - 1,
			     .kind = kind,
			     .type = type,
			     .name = name,
			     .named = true,
			     .srtt_us = UNKNOWN_U32,
			     .rttvar_us = UNKNOWN_U32,
			     .snd_cwnd = UNKNOWN_U32,
			     .total_retrans = UNKNOWN_U32,
			     .rx_queue = UNKNOWN_U32,
			     .tx_queue = UNKNOWN_U32,
			     .bytes_acked = UNKNOWN_U64,
			     .bytes_received = UNKNOWN_U64};
	return o;
}

static inline struct object *sb_file(struct builder *b, const char *path)
{
	return sb_object(b, OBJ_FILE, "file", path);
}

/* A TCP connection; is_server tells which end is here. */
static inline struct object *sb_tcp(struct builder *b, const char *lip, uint16_t lport, const char *rip,
				    uint16_t rport, bool is_server)
{
	struct object *o = sb_object(b, OBJ_INET, "ipv4", NULL);
	bool ok;

	o->family = AF_INET;
	o->socktype = SOCK_STREAM;
	o->protocol = IPPROTO_TCP;
	o->tcp_state = 1;
	o->lport = lport;
	o->rport = rport;
	o->is_server = is_server;
	ok = inet_pton(AF_INET, lip, o->laddr) == 1 && inet_pton(AF_INET, rip, o->raddr) == 1;
	assert(ok);
	(void)ok;
	o->name = arena_printf(b->arena, "%s:%u->%s:%u", lip, lport, rip, rport);
	return o;
}

static inline struct fact *sb_fact(struct builder *b, struct thread *t, const struct object *o, uint16_t nr,
				   uint16_t err, uint64_t calls, uint64_t in, uint64_t out)
{
	struct fact *f = &b->facts[b->sample.n_facts++];
	struct task_counts *c = &sb_did(t)->counts;

	assert(b->sample.n_facts <= b->max);
	*f = (struct fact){.thread = t,
			   .obj = o,
			   .nr = nr,
			   .err = err,
			   .calls = calls,
			   .bytes_in = in,
			   .bytes_out = out};
	/* the per-thread counters of the same calls, as the kernel side keeps them */
	c->calls += calls;
	c->errors += err ? calls : 0;
	if (o && (o->kind == OBJ_FILE || o->kind == OBJ_CHR || o->kind == OBJ_BLK)) {
		c->file_in += in;
		c->file_out += out;
	} else if (o && o->kind == OBJ_INET) {
		c->net_in += in;
		c->net_out += out;
	} else {
		c->other_in += in;
		c->other_out += out;
	}
	return f;
}

/* `n` calls of the fact took `ns` each. */
static inline void sb_latency(struct builder *b, struct fact *f, uint64_t ns, uint32_t n)
{
	uint32_t *hist = f->hist ? (uint32_t *)f->hist : arena_array(b->arena, WIRE_HIST, sizeof(*hist));

	hist[wire_hist_slot(ns)] += n;
	f->hist = hist;
	f->timed += n;
	f->lat_sum += ns * n;
	if (ns > f->lat_max)
		f->lat_max = ns;
}

static inline struct descriptor *sb_fd(struct builder *b, const struct process *p, struct object *o, int fd)
{
	struct descriptor *d = &b->fds[b->sample.n_fds++];

	assert(b->sample.n_fds <= b->max);
	*d = (struct descriptor){.process = p, .obj = o, .fd = fd};
	o->n_open++;
	return d;
}

static inline const struct sample *sb_finish(struct builder *b)
{
	struct sample *s = &b->sample;

	for (size_t i = 0; i < s->n_processes; i++) {
		struct process *p = &b->processes[i];
		const struct thread **list = arena_array(b->arena, p->nthreads, sizeof(*list));
		size_t n = 0;

		for (size_t k = 0; k < s->n_threads; k++) {
			if (b->threads[k].process != p)
				continue;
			list[n++] = &b->threads[k];
			if (b->threads[k].tid == p->pid)
				p->leader = &b->threads[k];
		}
		p->threads = list;
		p->n_threads = n;
	}
	s->containers = b->containers;
	s->processes = b->processes;
	s->threads = b->threads;
	s->objects = b->listed;
	s->n_places = s->n_objects;
	s->facts = b->facts;
	s->fds = b->fds;
	return s;
}

#endif
