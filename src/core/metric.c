/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/metric.h"

#include <math.h>
#include <stdlib.h>

#include "bpf/need.h"
#include "core/fact_part.h"
#include "core/table_acc.h"

struct compute {
	const struct metric *metrics;
	size_t n;
	const struct filter *filter;
	const struct sample *sample;
	struct metric_value *values;
	double *sums;
	struct seen seen;
	struct arena *arena, *scratch;
};

void metric_prepare(struct metric *m)
{
	filter_calls(m->compiled, m->calls);
}

/* Compat calls and what is no call at all are decided by the filter itself. */
static bool call_can_pass(const struct metric *m, const struct fact *f)
{
	return f->nr >= WIRE_SYSCALLS || (m->calls[f->nr / 64] >> (f->nr % 64) & 1);
}

static void add(struct compute *c, size_t i, const struct record *r)
{
	const struct metric *m = &c->metrics[i];
	const void *thing = record_thing(r, m->field->grain);
	struct value v = {.kind = V_MISSING};

	if (m->agg == AGG_SUM && thing && !seen_first(&c->seen, (uintptr_t)thing, (uint32_t)i))
		return;
	if (!m->field->get(r, c->scratch, &v))
		return;
	if (m->agg == AGG_DISTINCT) {
		c->values[i].value += seen_first(&c->seen, value_hash(&v, i + 1) | 1, (uint32_t)i);
	} else if (v.kind == V_DOUBLE) {
		c->sums[i] += v.d;
	} else {
		c->values[i].value += v.kind == V_BOOL ? v.b : v.i;
	}
}

/* A record of facts, or one of another kind, for every metric on that kind. */
static void add_all(struct compute *c, const struct record *r, unsigned kind)
{
	bool passed = false, asked = false;

	for (size_t i = 0; i < c->n; i++) {
		const struct metric *m = &c->metrics[i];
		struct record part = *r;

		if (!(m->records & kind) || (r->fact && !call_can_pass(m, r->fact)))
			continue;
		if (!asked) {
			passed = filter_match(c->filter, r);
			asked = true;
		}
		if (!passed)
			return;
		if (r->fact && filter_uses_latency(m->compiled)) {
			part.fact = fact_part(m->compiled, r, c->arena);
			if (part.fact)
				add(c, i, &part);
		} else if (filter_match(m->compiled, r)) {
			add(c, i, r);
		}
	}
	arena_reset(c->scratch);
}

static void walk(struct compute *c)
{
	const struct sample *s = c->sample;

	for (size_t i = 0; i < s->n_threads; i++) {
		struct record r = record_from_thread(s, &s->threads[i]);

		add_all(c, &r, REC_TASKS);
	}
	for (size_t i = 0; i < s->n_facts; i++) {
		struct record r = record_from_fact(s, &s->facts[i]);

		add_all(c, &r, REC_FACTS);
	}
	for (size_t i = 0; i < s->n_fds; i++) {
		struct record r = record_from_fd(s, &s->fds[i]);

		add_all(c, &r, REC_FDS);
	}
}

const struct metric_value *metrics_compute(const struct metric *metrics, size_t n,
					   const struct filter *filter, const struct sample *s,
					   struct arena *arena)
{
	struct compute c = {.metrics = metrics, .n = n, .filter = filter, .sample = s, .arena = arena};
	const struct record host = {.sample = s};

	c.values = arena_array(arena, n, sizeof(*c.values));
	c.sums = arena_array(arena, n, sizeof(*c.sums));
	c.scratch = arena_new();
	walk(&c);
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
