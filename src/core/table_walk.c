/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/table_walk.h"

#include "bpf/need.h"
#include "core/fact_part.h"
#include "core/filter_memo.h"
#include "core/join.h"
#include "core/metric.h"

enum { READ_NEEDS = NEED_FDS | NEED_CGROUPS | NEED_DETAILS | NEED_PATHS /* no hooks */ };

static unsigned records_of(const struct table_query *q)
{
	unsigned records = q->records;
	bool object = false, fd = false, fact = false;

	for (size_t i = 0; i < q->n_columns + q->n_keys; i++) {
		const struct field *f = i < q->n_columns ? q->columns[i].field : q->keys[i - q->n_columns];

		fact = fact || (f->grain == GRAIN_FACT && (f->needs & NEED_FACTS));
		object = object || f->grain == GRAIN_OBJECT;
		fd = fd || f->grain == GRAIN_FD;
	}
	if (fact || filter_uses_grain(q->filter, GRAIN_FACT))
		records |= REC_FACTS;
	if (fd || filter_uses_grain(q->filter, GRAIN_FD))
		records |= REC_FDS;
	if (object && !(records & (REC_FACTS | REC_FDS)))
		records |= REC_FACTS;
	/* who has it open is as good an answer as who used it */
	if (filter_uses_grain(q->filter, GRAIN_OBJECT) && !(records & (REC_FACTS | REC_FDS)))
		records |= REC_FACTS | REC_FDS;
	return records;
}

static unsigned table_records(const struct table_query *q)
{
	if (q->records & REC_METRICS) /* they walk what they count themselves */
		return REC_METRICS;
	return records_of(q);
}

unsigned table_needs(const struct table_query *q)
{
	unsigned records = table_records(q), needs = NEED_TASKS | metrics_needs(q->metrics, q->n_metrics);

	if (records & REC_FACTS)
		needs |= NEED_FACTS;
	if (records & REC_FDS)
		needs |= NEED_FDS;
	if (records & REC_LIFE)
		needs |= NEED_LIFE;
	for (size_t i = 0; i < q->n_columns; i++)
		needs |= q->columns[i].field->needs & READ_NEEDS;
	for (size_t i = 0; i < q->n_keys; i++)
		needs |= q->keys[i]->needs & READ_NEEDS;
	return needs | (filter_needs(q->filter) & READ_NEEDS);
}

struct table_walk table_walk_plan(const struct table_query *q, const struct sample *s)
{
	struct table_walk w = {.query = q, .sample = s, .records = table_records(q)};

	/* without facts in the sample, amounts of whole threads are right as long as nothing is filtered by
	 * call */
	w.counters = !(w.records & REC_FACTS) ||
		     ((w.records & REC_TASKS) && !(s->needs & NEED_FACTS) &&
		      !filter_uses_grain(q->filter, GRAIN_FACT) &&
		      !filter_uses_grain(q->filter, GRAIN_OBJECT) && !filter_uses_grain(q->filter, GRAIN_FD));
	return w;
}

/* ---- the walk ---- */

struct walk {
	const struct table_walk *w;
	const struct filter *filter;
	const struct filter_memo *memo; /* the same */
	struct arena *arena;
	table_add_fn add;
	void *userdata;
	struct record batch[WALK_BATCH];
	size_t n;
};

static void hand_over(struct walk *k)
{
	k->add(k->batch, k->n, k->userdata);
	k->n = 0;
}

/* Where the next record is to be made. */
static struct record *next(struct walk *k)
{
	return &k->batch[k->n];
}

/* The one that was made. */
static void offer(struct walk *k)
{
	if (!filter_memo_match(k->memo, next(k)))
		return;
	k->n++;
	if (k->n == WALK_BATCH)
		hand_over(k);
}

static void walk_tasks(struct walk *k)
{
	const struct sample *s = k->w->sample;

	for (size_t i = 0; i < s->n_threads; i++) {
		struct record *r = next(k);

		*r = record_from_thread(s, &s->threads[i]);
		r->counters = k->w->counters;
		offer(k);
	}
}

/* Calls that found the fact map full: their number is known, by thread, and nothing else. */
static void walk_coarse(struct walk *k)
{
	const struct sample *s = k->w->sample;

	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];
		struct fact *f;

		if (!t->did->counts.coarse)
			continue;
		f = arena_alloc(k->arena, sizeof(*f)); /* a row may keep it as its example */
		*f = (struct fact){.thread = t, .nr = WIRE_NR_NONE, .calls = t->did->counts.coarse};
		*next(k) = record_from_fact(s, f);
		offer(k);
	}
}

static void walk_facts(struct walk *k)
{
	const struct sample *s = k->w->sample;
	struct owner *owners = join_owners(s);
	bool by_latency = filter_uses_latency(k->filter);

	for (size_t i = 0; i < s->n_facts; i++) {
		struct record *r = next(k);

		join_fetch_fact(s, owners, i);
		*r = join_fact(s, owners, &s->facts[i]);
		if (by_latency) { /* calls that were counted together are judged one by one */
			r->fact = fact_part(k->filter, r, k->arena);
			if (!r->fact)
				continue;
		}
		offer(k);
	}
	free(owners);
	if (s->health.coarse)
		walk_coarse(k);
}

static void walk_fds(struct walk *k)
{
	const struct sample *s = k->w->sample;

	for (size_t i = 0; i < s->n_fds; i++) {
		join_fetch_fd(s, i);
		*next(k) = record_from_fd(s, &s->fds[i]);
		offer(k);
	}
}

static void walk_life(struct walk *k)
{
	const struct sample *s = k->w->sample;

	for (size_t i = 0; i < s->n_life; i++) {
		*next(k) =
			(struct record){.sample = s, .life = &s->life[i], .container = s->life[i].container};
		offer(k);
	}
}

static void walk_devices(struct walk *k)
{
	const struct sample *s = k->w->sample;
	unsigned records = k->w->records;
	/* the machine's, so no container's */
	const struct record r = {.sample = s, .container = s->n_containers ? &s->containers[0] : NULL};

	for (size_t i = 0; i < s->n_cpus && (records & REC_CPUS); i++) {
		*next(k) = r;
		next(k)->cpu = &s->cpus[i];
		offer(k);
	}
	for (size_t i = 0; i < s->n_disks && (records & REC_DISKS); i++) {
		*next(k) = r;
		next(k)->disk = &s->disks[i];
		offer(k);
	}
	for (size_t i = 0; i < s->n_netifs && (records & REC_NETIFS); i++) {
		*next(k) = r;
		next(k)->netif = &s->netifs[i];
		offer(k);
	}
}

/* A filter on metric.* picks lines, any other what they count. */
static void walk_metrics(struct walk *k)
{
	const struct table_query *q = k->w->query;
	bool on_lines = filter_uses_grain(q->filter, GRAIN_DEVICE);
	const struct metric_value *values = metrics_compute(
		q->metrics, q->n_metrics, on_lines ? NULL : q->filter, k->w->sample, k->arena);

	if (!on_lines) /* nothing else is walked with them */
		k->memo = NULL;
	for (size_t i = 0; i < q->n_metrics; i++) {
		*next(k) = (struct record){.sample = k->w->sample, .metric = &values[i]};
		offer(k);
	}
}

void table_walk(const struct table_walk *w, struct arena *arena, table_add_fn add, void *userdata)
{
	struct filter_memo *memo = filter_memo_new(w->query->filter, w->sample);
	struct walk k = {.w = w,
			 .filter = w->query->filter,
			 .memo = memo,
			 .arena = arena,
			 .add = add,
			 .userdata = userdata};

	if (w->records & REC_TASKS)
		walk_tasks(&k);
	if (w->records & REC_FACTS)
		walk_facts(&k);
	if (w->records & REC_FDS)
		walk_fds(&k);
	walk_devices(&k);
	if (w->records & REC_LIFE)
		walk_life(&k);
	if (w->records & REC_METRICS)
		walk_metrics(&k);
	hand_over(&k);
	filter_memo_free(memo);
}
