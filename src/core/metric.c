/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/metric.h"

#include <math.h>
#include <stdlib.h>

#include "bpf/need.h"
#include "core/fact_part.h"
#include "core/filter_memo.h"
#include "core/filter_set.h"
#include "core/join.h"
#include "core/table_acc.h"

enum { WAITING = 16 };

/* A value that a metric counts if it is new. */
struct distinct {
	uint64_t id;
	int64_t *count;
};

struct compute {
	const struct metric *metrics;
	size_t n;
	const struct filter_memo *filter; /* on all of them */
	const struct sample *sample;
	struct metric_value *values;
	double *sums;
	struct seen seen;
	struct distinct waiting[WAITING]; /* until their memory has come */
	size_t n_waiting;
	struct arena *arena, *scratch;
	/* those that are being added up: of records of one kind */
	struct filter_set *set;
	size_t places[FILTER_SET_MAX], n_places;
	uint64_t exact, latency; /* bits of them */
};

static void count_waiting(struct compute *c)
{
	for (size_t i = 0; i < c->n_waiting; i++)
		*c->waiting[i].count += seen_first_id(&c->seen, c->waiting[i].id);
	c->n_waiting = 0;
}

static void count_if_new(struct compute *c, size_t i, const struct value *v)
{
	uint64_t id = seen_id(value_hash(v, i + 1) | 1, (uint32_t)i);

	seen_fetch(&c->seen, id);
	c->waiting[c->n_waiting++] = (struct distinct){id, &c->values[i].value};
	if (c->n_waiting == WAITING)
		count_waiting(c);
}

/* True: no other record of the same object can add anything. */
static bool add(struct compute *c, size_t i, const struct record *r)
{
	const struct metric *m = &c->metrics[i];
	bool of_object = m->field->grain == GRAIN_OBJECT && basis_of(m->field) == BASIS_OBJECT;
	const void *thing = m->agg == AGG_SUM ? record_thing(r, m->field->grain) : NULL;
	struct value v = {.kind = V_MISSING};

	if (thing && !seen_first(&c->seen, (uintptr_t)thing, (uint32_t)i))
		return of_object;
	if (!m->field->get(r, c->scratch, &v))
		return of_object;
	if (m->agg == AGG_DISTINCT) {
		count_if_new(c, i, &v);
	} else if (v.kind == V_DOUBLE) {
		c->sums[i] += v.d;
	} else {
		c->values[i].value += v.kind == V_BOOL ? v.b : v.i;
	}
	return of_object;
}

/* One metric, which the record passes but for what the set does not know. */
static bool add_rest(struct compute *c, size_t bit, const struct record *r)
{
	const struct metric *m = &c->metrics[c->places[bit]];
	struct record part;

	if (c->exact >> bit & 1)
		return add(c, c->places[bit], r);
	if (!r->fact || !(c->latency >> bit & 1))
		return filter_match(m->compiled, r) && add(c, c->places[bit], r);
	part = *r;
	part.fact = fact_part(m->compiled, r, c->arena);
	if (part.fact)
		add(c, c->places[bit], &part);
	return false;
}

static void add_all(struct compute *c, const struct record *r)
{
	uint64_t left = filter_set_sift(c->set, r);

	if (!left || !filter_memo_match(c->filter, r))
		return;
	for (; left; left &= left - 1) {
		size_t bit = (size_t)__builtin_ctzll(left);

		if (add_rest(c, bit, r))
			filter_set_drop(c->set, r, bit);
	}
	arena_reset(c->scratch);
}

static void walk(struct compute *c, unsigned kind)
{
	const struct sample *s = c->sample;
	struct owner *owners = kind == REC_FACTS ? join_owners(s) : NULL;

	for (size_t i = 0; i < s->n_threads && kind == REC_TASKS; i++) {
		struct record r = record_from_thread(s, &s->threads[i]);

		add_all(c, &r);
	}
	for (size_t i = 0; i < s->n_facts && kind == REC_FACTS; i++) {
		struct record r;

		join_fetch_fact(s, owners, i);
		if (i + FETCH_FAR / 2 < s->n_facts) /* objects were asked for before */
			filter_set_fetch(c->set, s->facts[i + FETCH_FAR / 2].obj);
		r = join_fact(s, owners, &s->facts[i]);
		add_all(c, &r);
	}
	for (size_t i = 0; i < s->n_fds && kind == REC_FDS; i++) {
		struct record r;

		join_fetch_fd(s, i);
		if (i + FETCH_FAR / 2 < s->n_fds)
			filter_set_fetch(c->set, s->fds[i + FETCH_FAR / 2].obj);
		r = record_from_fd(s, &s->fds[i]);
		add_all(c, &r);
	}
	free(owners);
}

/* The metrics on a kind of records, as many at once as fit a set, from *i on. */
static void walk_some(struct compute *c, unsigned kind, size_t *i)
{
	const struct filter *filters[FILTER_SET_MAX];

	c->n_places = 0;
	c->latency = 0;
	for (; *i < c->n && c->n_places < FILTER_SET_MAX; ++*i) {
		const struct metric *m = &c->metrics[*i];

		if (!(m->records & kind))
			continue;
		c->latency |= (uint64_t)filter_uses_latency(m->compiled) << c->n_places;
		filters[c->n_places] = m->compiled;
		c->places[c->n_places++] = *i;
	}
	if (!c->n_places)
		return;
	c->set = filter_set_new(filters, c->n_places, c->sample);
	c->exact = filter_set_exact(c->set);
	walk(c, kind);
	count_waiting(c);
	c->set = filter_set_free(c->set);
}

static void walk_all(struct compute *c)
{
	static const unsigned kinds[] = {REC_TASKS, REC_FACTS, REC_FDS};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t i = 0; i < c->n;)
			walk_some(c, kinds[k], &i);
}

const struct metric_value *metrics_compute(const struct metric *metrics, size_t n,
					   const struct filter *filter, const struct sample *s,
					   struct arena *arena)
{
	struct filter_memo *memo = filter_memo_new(filter, s);
	struct compute c = {.metrics = metrics, .n = n, .filter = memo, .sample = s, .arena = arena};
	const struct record host = {.sample = s};

	c.values = arena_array(arena, n, sizeof(*c.values));
	c.sums = arena_array(arena, n, sizeof(*c.sums));
	c.scratch = arena_new();
	walk_all(&c);
	for (size_t i = 0; i < n; i++) {
		const struct metric *m = &metrics[i];
		unsigned need = m->records & REC_FACTS ? NEED_FACTS : m->records & REC_FDS ? NEED_FDS : 0;

		c.values[i].metric = m;
		c.values[i].num = (uint32_t)i;
		c.values[i].value += llround(c.sums[i]);
		c.values[i].known = !(need & ~s->needs) && (!(m->field->flags & FIELD_DELTA) || s->interval);
		if (m->field->grain == GRAIN_HOST) {
			struct value v = field_get(m->field, &host, c.scratch);

			c.values[i].known = v.kind == V_INT && filter_is_empty(filter);
			c.values[i].value = v.kind == V_INT ? v.i : 0;
		}
	}
	arena_free(c.scratch);
	free(c.seen.slots);
	filter_memo_free(memo);
	return c.values;
}

unsigned metrics_needs(const struct metric *metrics, size_t n)
{
	unsigned needs = 0;

	for (size_t i = 0; i < n; i++) {
		needs |= metrics[i].records & REC_FACTS ? NEED_FACTS : 0;
		needs |= metrics[i].records & REC_FDS ? NEED_FDS : 0;
		needs |= (filter_needs(metrics[i].compiled) | metrics[i].field->needs) &
			 (NEED_FDS | NEED_CGROUPS | NEED_DETAILS);
	}
	return needs;
}
