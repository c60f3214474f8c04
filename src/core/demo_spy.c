/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_spy.c - the event stream of the synthetic machine: the same calls that
 * the samples count, one by one. Each poll lets a little fake time pass. Knows
 * the selection; what a call looks like is in demo_draft.c.
 */
#include "core/demo_draft.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "core/mem.h"

enum { EVENTS_PER_POLL = 9, TRIES = 60, NS_PER_POLL = 37000000 };

static struct demo *demo_of(struct source *s)
{
	return (struct demo *)s;
}

/* --- selection --- */

static bool passes_call(const struct demo *d, const struct demo_act *a, uint64_t latency, uint64_t bytes)
{
	const struct spy_filter *f = &d->sel.filter;
	bool any = f->by_call;

	for (size_t i = 0; i < WIRE_SYSCALLS / 64; i++)
		any |= f->calls[i] || f->compat_calls[i];
	if (any && !(f->calls[a->nr / 64] >> (a->nr % 64) & 1))
		return false;
	if ((f->failed_only && !a->err) || (f->io_only && !bytes))
		return false;
	return latency >= f->min_latency;
}

static bool passes_object(const struct demo *d, const struct demo_obj *o, const struct demo_obj *second)
{
	for (size_t i = 0; i < d->sel.n_objects; i++)
		if ((o && !memcmp(&o->key, &d->sel.objects[i], sizeof(o->key))) ||
		    (second && !memcmp(&second->key, &d->sel.objects[i], sizeof(second->key))))
			return true;
	return !d->sel.n_objects;
}

bool demo_selected(const struct demo *d, const struct demo_proc *p)
{
	const struct spy_filter *f = &d->sel.filter;
	bool pass;

	if (!p->prog->n_acts || (f->tgid && f->tgid != p->pid) ||
	    (f->tid && (f->tid < p->pid || f->tid >= p->pid + p->n_tasks)))
		return false;
	pass = !d->sel.n_pids;
	for (size_t i = 0; i < d->sel.n_pids; i++)
		pass |= d->sel.pids[i] == p->pid;
	if (!pass)
		return false;
	pass = !d->sel.filter.by_cgroup;
	for (size_t i = 0; i < d->sel.n_cgroups; i++)
		pass |= d->sel.cgroups[i] == 1000 + (uint64_t)p->prog->container;
	return pass;
}

static double rate_of(const struct demo_proc *p)
{
	double sum = 0;

	for (size_t i = 0; i < p->prog->n_acts; i++)
		sum += sqrt(p->prog->acts[i].rate); /* rare calls shall be seen, too */
	return sum;
}

static struct demo_proc *pick_process(struct demo *d)
{
	double total = 0, at;

	for (size_t i = 0; i < d->n_procs; i++)
		total += demo_selected(d, d->procs[i]) ? rate_of(d->procs[i]) : 0;
	at = demo_uniform(&d->spy_rng) * total;
	for (size_t i = 0; i < d->n_procs; i++) {
		if (!demo_selected(d, d->procs[i]))
			continue;
		at -= rate_of(d->procs[i]);
		if (at <= 0)
			return d->procs[i];
	}
	return NULL;
}

/* What accept() returns: some connection the process has. */
static const struct demo_obj *connection_of(const struct demo_proc *p)
{
	for (size_t i = p->n_fds; i-- > 0;)
		if (p->fds[i].obj->kind == OBJ_INET && p->fds[i].obj->rport)
			return p->fds[i].obj;
	return NULL;
}

/* One call of the selection, or NULL when the one that was picked does not pass. */
static struct event *make_event(struct demo *d, struct demo_proc *p, uint64_t time)
{
	const struct demo_prog *prog = p->prog;
	double at = demo_uniform(&d->spy_rng) * rate_of(p), jitter = demo_uniform(&d->spy_rng);
	size_t a = 0, busy = prog->busy ? prog->busy : 1, task;
	struct draft dr;
	struct demo_obj *o, *second = NULL;
	const struct demo_act *act;
	uint64_t bytes, latency;

	while (a + 1 < prog->n_acts && (at -= sqrt(prog->acts[a].rate)) > 0)
		a++;
	act = &prog->acts[a];
	task = demo_random(&d->spy_rng) % busy;
	o = act->fd >= 0 && demo_fd(p, act->fd) ? demo_fd(p, act->fd)->obj : p->path_obj[a];
	if (act->fd2)
		second = demo_fd(p, act->fd2)->obj;
	bytes = act->err ? 0 : (uint64_t)(act->bytes * (0.5 + demo_uniform(&d->spy_rng)));
	latency = (uint64_t)((act->lat ? act->lat : 2.0e8 / act->rate) * (0.4 + jitter * jitter * 4));
	d->spy_counts.seen++;
	if ((d->sel.filter.tid && d->sel.filter.tid != p->tasks[task].tid) ||
	    !passes_call(d, act, latency, bytes) || !passes_object(d, o, second))
		return NULL;
	draft_begin(&dr, d, p, act->nr, time);
	dr.ev.latency = latency;
	dr.ev.tid = p->tasks[task].tid;
	snprintf(dr.ev.comm, sizeof(dr.ev.comm), "%s", task && prog->tname ? prog->tname : prog->name);
	if (strstr(dr.ev.comm, "%d"))
		snprintf(strstr(dr.ev.comm, "%d"), 3, "%u", (unsigned)task % 10);
	if (o && act->fd >= 0)
		draft_fd(&dr, 0, o);
	if (second)
		draft_fd(&dr, 1, second);
	if (o && act->nr == SYS_openat && !act->err)
		draft_fd(&dr, 2, o);
	if (act->nr == SYS_accept4 && !act->err && connection_of(p))
		draft_fd(&dr, 2, connection_of(p));
	draft_call(&dr, d, p, act, o, bytes);
	return draft_finish(&dr);
}

/* --- the source's operations --- */

static void drop_selection(struct demo *d)
{
	free((void *)d->sel.cgroups);
	free((void *)d->sel.objects);
	free((void *)d->sel.pids);
	d->sel = (struct spy_selection){0};
}

static void *copy(const void *data, size_t n, size_t size)
{
	void *to = n ? xcalloc(n, size) : NULL;

	return n ? memcpy(to, data, n * size) : NULL;
}

/* Lock held. */
static void take_selection(struct demo *d, const struct spy_selection *sel)
{
	drop_selection(d);
	d->sel = *sel;
	d->sel.cgroups = copy(sel->cgroups, sel->n_cgroups, sizeof(*sel->cgroups));
	d->sel.objects = copy(sel->objects, sel->n_objects, sizeof(*sel->objects));
	d->sel.pids = copy(sel->pids, sel->n_pids, sizeof(*sel->pids));
	d->sel.others = NULL;
}

int demo_spy_start(struct source *source, const struct spy_selection *sel)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	take_selection(d, sel);
	if (!d->spying) {
		d->spying = true;
		d->spy_rng = d->seed ^ 0x5b79;
		d->spy_clock = DEMO_EPOCH + d->tick * DEMO_STEP;
		d->spy_counts = (struct source_counts){0};
		d->spy_seq = 0;
	}
	pthread_mutex_unlock(&d->lock);
	return 0;
}

int demo_spy_update(struct source *source, const struct spy_selection *sel)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	take_selection(d, sel);
	pthread_mutex_unlock(&d->lock);
	return 0;
}

void demo_spy_stop(struct source *source)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	drop_selection(d);
	d->spying = false;
	pthread_mutex_unlock(&d->lock);
}

int demo_spy_poll(struct source *source, source_event_fn fn, void *userdata, size_t max)
{
	struct demo *d = demo_of(source);
	struct event *out[EVENTS_PER_POLL + 1];
	size_t n = 0, want;

	pthread_mutex_lock(&d->lock);
	if (!d->spying) {
		pthread_mutex_unlock(&d->lock);
		return -EINVAL;
	}
	want = 3 + demo_random(&d->spy_rng) % (EVENTS_PER_POLL - 2);
	if (want > max)
		want = max;
	for (size_t i = 0; i < want * TRIES && n < want; i++) {
		struct demo_proc *p = pick_process(d);

		if (!p)
			break;
		out[n] = make_event(d, p, d->spy_clock + n * (NS_PER_POLL / EVENTS_PER_POLL) + i * 1731);
		n += out[n] != NULL;
	}
	if (n < max) {
		out[n] = demo_list_event(d, d->spy_clock + NS_PER_POLL / 2);
		n += out[n] != NULL;
	}
	d->spy_clock += NS_PER_POLL;
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < n; i++) /* outside the lock: fn may take its time */
		fn(out[i], userdata);
	return (int)n;
}

void demo_spy_counts(struct source *source, struct source_counts *ret)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	*ret = d->spy_counts;
	pthread_mutex_unlock(&d->lock);
}
