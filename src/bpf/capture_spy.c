/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture_spy.c - loads the spy's object, attaches its hooks, reads its ring. An exec comes as two records,
 * its arguments from the entry and its result from the end; they are joined here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/capture_priv.h"
#include "bpf/ring.h"
#include "ctop.skel.h"
#include "ctop_spy.skel.h"

static bool is_exec(const struct capture *c, const struct spy_rec *r)
{
	uint32_t i = r->nr & ~WIRE_NR_COMPAT;

	if (i >= WIRE_SYSCALLS)
		return false;
	return c->skel->rodata->calls[i + (r->nr & WIRE_NR_COMPAT ? WIRE_SYSCALLS : 0)].flags & CALL_EXEC;
}

/* Keeps the entry of an exec until its end comes. Bounded: the oldest goes. */
static void keep_exec(struct capture *c, const struct spy_hdr *h)
{
	struct spy_hdr *copy = malloc(h->hdr.size);
	struct spy_hdr **slot = &c->execs[c->next_exec++ % PENDING_EXECS];

	free(*slot);
	*slot = copy;
	if (copy)
		memcpy(copy, h, h->hdr.size);
}

/* The kept entry for this end: of the same thread, or of its process (a thread that execs takes the leader's
 * tid). */
static struct spy_hdr *take_exec(struct capture *c, const struct spy_rec *end)
{
	struct spy_hdr **best = NULL;

	for (int i = 0; i < PENDING_EXECS; i++) {
		struct spy_hdr **slot = &c->execs[i];

		if (!*slot || (*slot)->rec.tgid != end->tgid)
			continue;
		if (!best || (*slot)->rec.task.tid == end->task.tid)
			best = slot;
	}
	if (!best)
		return NULL;
	struct spy_hdr *h = *best;

	*best = NULL;
	return h;
}

static void deliver(struct capture *c, const struct obj_rec *obj, const struct spy_hdr *rec)
{
	c->spy_fn(obj, rec, c->spy_userdata);
	c->spy_delivered++;
}

static void deliver_event(struct capture *c, const struct spy_hdr *rec)
{
	struct spy_hdr *begin;

	if (!is_exec(c, &rec->rec)) {
		deliver(c, NULL, rec);
		return;
	}
	if (rec->rec.phase == SPY_ENTER) {
		keep_exec(c, rec);
		return;
	}
	begin = take_exec(c, &rec->rec);
	if (!begin) {
		deliver(c, NULL, rec);
		return;
	}
	begin->rec.phase = SPY_EXIT;
	begin->rec.ret = rec->rec.ret;
	begin->rec.ts = rec->rec.ts;
	begin->rec.latency = rec->rec.latency;
	begin->rec.task = rec->rec.task;
	memcpy(begin->rec.comm, rec->rec.comm, sizeof(begin->rec.comm));
	deliver(c, NULL, begin);
	free(begin);
}

static int on_record(void *userdata, const void *data, size_t size)
{
	struct capture *c = userdata;
	const struct meta_hdr *h = data;

	if (h->type == META_OBJ)
		deliver(c, (const struct obj_rec *)(h + 1), NULL);
	else if (h->type == META_SPY && size >= sizeof(struct spy_hdr))
		deliver_event(c, data);
	return c->spy_delivered >= c->spy_max ? RING_LAST : 0;
}

/* Loads the spy's object once; its maps of threads are the counting side's. Lock held. */
static int load_spy(struct capture *c)
{
	struct ctop_spy *s;
	int r;

	if (c->spy_skel)
		return 0;
	s = ctop_spy__open();
	if (!s)
		return -errno;
	memcpy((void *)s->rodata->calls, c->skel->rodata->calls, sizeof(s->rodata->calls));
	s->rodata->v1_choice = c->skel->rodata->v1_choice;
	if (c->spy_ring_size)
		bpf_map__set_max_entries(s->maps.spy_ring, c->spy_ring_size);
	s->rodata->use_places = c->skel->rodata->use_places;
	c->spy_on[SPY_ON_EXIT] = hooks_way_of(c, s->progs.spy_exit, s->progs.spy_exit_perf);
	c->spy_on[SPY_ON_ENTER] = hooks_way_of(c, s->progs.spy_enter, s->progs.spy_enter_perf);
	r = bpf_map__reuse_fd(s->maps.threads, bpf_map__fd(c->skel->maps.threads));
	if (r >= 0)
		r = bpf_map__reuse_fd(s->maps.thread_places, bpf_map__fd(c->skel->maps.thread_places));
	if (r >= 0)
		r = ctop_spy__load(s);
	object_forget(s->skeleton);
	if (r < 0) {
		ctop_spy__destroy(s);
		return r;
	}
	c->spy_skel = s;
	return 0;
}

void capture_spy_prepare(struct capture *c)
{
	pthread_mutex_lock(&c->lock);
	load_spy(c); /* an error comes again, and is reported, when the spy starts */
	pthread_mutex_unlock(&c->lock);
}

void capture_spy_unload(struct capture *c)
{
	capture_spy_stop(c);
	if (c->spy_skel)
		ctop_spy__destroy(c->spy_skel);
	c->spy_skel = NULL;
	spy_sets_free(c);
}

static int attach_spy(struct capture *c)
{
	int r = 0;

	for (int i = 0; i < SPY_HOOKS && r == 0; i++)
		r = hooks_attach_one(c->spy_on[i], &c->spy_links[i]);
	return r;
}

int capture_spy_start(struct capture *c, const struct spy_filter *filter, const struct spy_sets *sets)
{
	struct ctop_spy *s;
	int r;

	capture_spy_stop(c);
	pthread_mutex_lock(&c->lock);
	r = load_spy(c);
	pthread_mutex_unlock(&c->lock);
	if (r < 0)
		return r;
	s = c->spy_skel;
	r = ring_new(bpf_map__fd(s->maps.spy_ring), bpf_map__max_entries(s->maps.spy_ring), &c->spy);
	if (r < 0)
		return r;
	r = spy_sets_put(c, filter, sets);
	if (r < 0) {
		capture_spy_stop(c);
		return r;
	}
	s->bss->spy_session++;
	s->bss->spy_seen = s->bss->spy_passed = s->bss->spy_lost = 0;
	pthread_mutex_lock(&c->lock);
	c->spying = true;
	r = hooks_update_enter(c);
	pthread_mutex_unlock(&c->lock);
	if (r >= 0)
		r = attach_spy(c);
	if (r < 0)
		capture_spy_stop(c);
	return r;
}

int capture_spy_update(struct capture *c, const struct spy_filter *filter, const struct spy_sets *sets)
{
	return c->spy ? spy_sets_put(c, filter, sets) : -EINVAL;
}

int capture_spy_poll(struct capture *c, capture_spy_fn fn, void *userdata, size_t max)
{
	int r;

	if (!c->spy)
		return 0;
	c->spy_fn = fn;
	c->spy_userdata = userdata;
	c->spy_delivered = 0;
	c->spy_max = max;
	r = ring_read(c->spy, on_record, c);
	return r < 0 ? r : (int)c->spy_delivered;
}

static void drop(const struct obj_rec *obj, const struct spy_hdr *rec, void *userdata)
{
}

void capture_spy_stop(struct capture *c)
{
	if (!c->spy)
		return;
	for (int i = 0; i < SPY_HOOKS; i++) {
		bpf_link__destroy(c->spy_links[i]);
		c->spy_links[i] = NULL;
	}
	pthread_mutex_lock(&c->lock);
	c->spying = false;
	hooks_update_enter(c);
	pthread_mutex_unlock(&c->lock);
	capture_spy_poll(c, drop, NULL, SIZE_MAX);
	c->spy = ring_free(c->spy);
	for (int i = 0; i < PENDING_EXECS; i++) {
		free(c->execs[i]);
		c->execs[i] = NULL;
	}
}

void capture_spy_counts(const struct capture *c, struct spy_counts *ret)
{
	*ret = (struct spy_counts){0};
	if (!c->spy_skel)
		return;
	ret->seen = c->spy_skel->bss->spy_seen;
	ret->passed = c->spy_skel->bss->spy_passed;
	/* what the kernel did not show may have matched */
	ret->lost = c->spy_skel->bss->spy_lost + capture_missed(bpf_program__fd(c->spy_on[SPY_ON_EXIT]));
}
