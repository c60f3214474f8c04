/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_acc.c - adding up one column of one group. Integers stay integers, so sums are exact.
 */
#include "core/table_acc.h"

#include <string.h>

#include "core/arena.h"
#include "core/hist.h"

static uint64_t mix(uint64_t h, uint64_t x)
{
	__uint128_t p = (__uint128_t)(h ^ x) * 0x9fb21c651e98df25ULL;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t value_hash(const struct value *v, uint64_t seed)
{
	uint64_t h = seed ^ 0x2545f4914f6cdd1dULL, word;
	size_t n;

	switch (v->kind) {
	case V_INT: return mix(h, (uint64_t)v->i);
	case V_DOUBLE: memcpy(&word, &v->d, sizeof(word)); return mix(h, word);
	case V_BOOL: return mix(h, v->b);
	case V_IP:
		for (size_t i = 0; i < 16; i += 8) {
			memcpy(&word, v->ip.addr + i, 8);
			h = mix(h, word + v->ip.family);
		}
		return h;
	case V_STRING:
		n = strlen(v->s);
		h += n;
		for (size_t i = 0; i + 8 <= n; i += 8) {
			memcpy(&word, v->s + i, 8);
			h = mix(h, word);
		}
		word = 0;
		memcpy(&word, v->s + (n & ~(size_t)7), n & 7);
		return mix(h, word);
	default: return h;
	}
}

static void add_number(struct value *cell, const struct value *v)
{
	if (v->kind == V_DOUBLE) {
		cell->d = (cell->kind == V_INT      ? (double)cell->i
			   : cell->kind == V_DOUBLE ? cell->d
						    : 0) +
			  v->d;
		cell->kind = V_DOUBLE;
		return;
	}
	if (cell->kind == V_DOUBLE) {
		cell->d += (double)v->i;
		return;
	}
	cell->i = (cell->kind == V_INT ? cell->i : 0) + v->i;
	cell->kind = V_INT;
}

/* A copy to add to. */
static void own_hist(struct aux *aux, struct arena *arena)
{
	if (aux->own)
		return;
	aux->own = arena_alloc(arena, WIRE_HIST * sizeof(*aux->own));
	memcpy(aux->own, aux->hist, WIRE_HIST * sizeof(*aux->own));
	aux->hist = aux->own;
}

static void add_hist(struct aux *aux, const uint32_t *hist, uint64_t max, struct arena *arena)
{
	if (max > aux->max)
		aux->max = max;
	if (!hist)
		return;
	if (!aux->hist) {
		aux->hist = hist;
		return;
	}
	own_hist(aux, arena);
	hist_add(aux->own, hist);
}

/* Most facts are of a single call. */
static void add_fact_hist(struct aux *aux, const struct fact *f, struct arena *arena)
{
	uint32_t slot = f->timed == 1 ? wire_hist_slot(f->lat_max) : 0;

	if (f->timed != 1 || !f->hist || f->hist[slot] != 1 || !aux->hist) {
		add_hist(aux, f->hist, f->lat_max, arena);
		return;
	}
	if (f->lat_max > aux->max)
		aux->max = f->lat_max;
	own_hist(aux, arena);
	aux->own[slot] += aux->own[slot] != UINT32_MAX;
}

static void add_dist(const struct plan *p, struct value *cell, struct aux *aux, const struct fact *f,
		     struct arena *arena)
{
	struct value v = {.kind = V_INT};

	switch (p->agg) {
	case AGG_COUNT: v.i = (int64_t)f->timed; break;
	case AGG_MAX:
		if (cell->kind == V_MISSING || (uint64_t)cell->i < f->lat_max)
			*cell = (struct value){.kind = V_INT, .i = (int64_t)f->lat_max};
		return;
	case AGG_P50:
	case AGG_P90:
	case AGG_P99:
		if (p->aux_owner)
			add_fact_hist(aux, f, arena);
		return;
	default:
		v.i = (int64_t)f->lat_sum;
		if (p->agg == AGG_AVG)
			aux->n += f->timed;
	}
	add_number(cell, &v);
}

void acc_add(const struct plan *p, struct value *cell, struct aux *aux, const struct value *v,
	     uint64_t weight, struct arena *arena)
{
	struct value one = {.kind = V_INT, .i = (int64_t)weight};

	if (v->kind == V_MISSING)
		return;
	if (v->kind == V_DIST) {
		add_dist(p, cell, aux, v->dist, arena);
		return;
	}
	switch (p->agg) {
	case AGG_NONE:
		if (cell->kind == V_MISSING)
			*cell = *v;
		break;
	case AGG_LAST: *cell = *v; break;
	case AGG_MIN:
		if (cell->kind == V_MISSING || value_compare(v, cell) < 0)
			*cell = *v;
		break;
	case AGG_MAX:
		if (cell->kind == V_MISSING || value_compare(v, cell) > 0)
			*cell = *v;
		break;
	case AGG_COUNT:
	case AGG_DISTINCT: add_number(cell, &one); break;
	default:
		add_number(cell, v);
		if (p->agg == AGG_AVG)
			aux->n += weight;
	}
}

void acc_merge(const struct plan *p, struct value *to, struct aux *to_aux, const struct value *from,
	       const struct aux *from_aux, struct arena *arena)
{
	if (p->aux_owner && from_aux) {
		to_aux->n += from_aux->n;
		if (p->agg >= AGG_P50 && p->agg <= AGG_P99)
			add_hist(to_aux, from_aux->hist, from_aux->max, arena);
	}
	if (from->kind == V_MISSING)
		return;
	switch (p->agg) {
	case AGG_NONE:
	case AGG_LAST:
	case AGG_P50:
	case AGG_P90:
	case AGG_P99: break;
	case AGG_MIN:
		if (to->kind == V_MISSING || value_compare(from, to) < 0)
			*to = *from;
		break;
	case AGG_MAX:
		if (to->kind == V_MISSING || value_compare(from, to) > 0)
			*to = *from;
		break;
	default: add_number(to, from);
	}
}

static double as_double(const struct value *v)
{
	return v->kind == V_INT ? (double)v->i : v->d;
}

static void finish_percentile(const struct plan *p, struct value *cell, const struct aux *aux)
{
	double percent = p->agg == AGG_P50 ? 50 : p->agg == AGG_P90 ? 90 : 99;
	uint64_t v = aux->hist ? hist_percentile(aux->hist, percent, aux->max) : UINT64_MAX;

	*cell = v == UINT64_MAX ? (struct value){.kind = V_MISSING}
				: (struct value){.kind = V_INT, .i = (int64_t)v};
}

void acc_finish(const struct plan *p, struct value *cell, const struct aux *aux, struct value *sum,
		uint64_t interval)
{
	bool sums = p->agg == AGG_SUM || p->agg == AGG_RATE || p->agg == AGG_SHARE;

	sum->kind = V_MISSING;
	if (!p->available) {
		cell->kind = V_MISSING;
		return;
	}
	/* nothing happened is a number; nothing is known is not */
	if (cell->kind == V_MISSING &&
	    (p->agg == AGG_COUNT || p->agg == AGG_DISTINCT || (sums && p->field->grain == GRAIN_FACT)))
		*cell = (struct value){.kind = V_INT, .i = 0};
	switch (p->agg) {
	case AGG_P50:
	case AGG_P90:
	case AGG_P99: finish_percentile(p, cell, aux); break;
	case AGG_AVG:
		if (cell->kind != V_MISSING && aux->n)
			*cell = (struct value){.kind = V_DOUBLE, .d = as_double(cell) / (double)aux->n};
		else
			cell->kind = V_MISSING;
		break;
	case AGG_RATE:
		if (cell->kind == V_MISSING)
			break;
		*sum = *cell;
		*cell = interval ? (struct value){.kind = V_DOUBLE,
						  .d = as_double(cell) * 1e9 / (double)interval}
				 : (struct value){.kind = V_MISSING};
		break;
	default: break;
	}
}
