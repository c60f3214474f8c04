/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/fact_part.h"

#include "core/hist.h"

struct part {
	const struct filter *filter;
	struct record record; /* its fact is one call of the kind */
	struct fact one;
	uint64_t calls, timed, sum, max; /* of those that pass */
	uint64_t rest;                   /* time of those that do not */
};

/* So many calls of that latency (0 calls: not known how long). */
static bool take(struct part *p, uint64_t n, uint64_t ns, bool timed)
{
	p->one.timed = timed;
	p->one.lat_sum = p->one.lat_max = ns;
	if (!filter_match(p->filter, &p->record)) {
		p->rest += n * ns;
		return false;
	}
	p->calls += n;
	if (timed) {
		p->timed += n;
		p->sum += n * ns;
		p->max = ns > p->max ? ns : p->max;
	}
	return true;
}

/* Slot by slot, the slowest call by itself. */
static void take_all(struct part *p, const struct fact *f, uint32_t *hist)
{
	unsigned last = WIRE_HIST;

	for (unsigned i = 0; i < WIRE_HIST; i++)
		if (f->hist[i])
			last = i;
	for (unsigned i = 0; i < WIRE_HIST; i++) {
		uint64_t n = f->hist[i], middle = hist_middle(i);

		if (!n)
			continue;
		if (i == last) {
			n--;
			hist[i] += take(p, 1, f->lat_max, true);
			if (middle > f->lat_max)
				middle = f->lat_max;
		}
		if (n && take(p, n, middle, true))
			hist[i] += (uint32_t)n;
	}
	if (f->calls > f->timed)
		take(p, f->calls - f->timed, 0, false);
}

const struct fact *fact_part(const struct filter *f, const struct record *r, struct arena *arena)
{
	const struct fact *all = r->fact;
	struct part p = {.filter = f, .record = *r, .one = *all};
	struct fact *ret;
	uint32_t *hist;

	if (!all->hist || !all->timed || all->calls <= 1)
		return filter_match(f, r) ? all : NULL;
	p.record.fact = &p.one;
	p.one.calls = 1;
	p.one.hist = NULL;
	hist = arena_array(arena, WIRE_HIST, sizeof(*hist));
	take_all(&p, all, hist);
	if (!p.calls)
		return NULL;
	if (p.calls == all->calls)
		return all;
	ret = arena_alloc(arena, sizeof(*ret));
	*ret = *all;
	ret->calls = p.calls;
	ret->timed = p.timed;
	ret->hist = hist;
	ret->lat_max = p.max;
	/* the sum of all is exact: the smaller part is the one to be estimated */
	ret->lat_sum = p.rest < p.sum && all->lat_sum > p.rest ? all->lat_sum - p.rest : p.sum;
	if (all->bytes_in)
		ret->bytes_in = UNKNOWN_U64;
	if (all->bytes_out)
		ret->bytes_out = UNKNOWN_U64;
	return ret;
}
