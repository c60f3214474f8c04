/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter_set.c - see filter_set.h. */
#include "core/filter_set.h"

#include <string.h>

#include "core/arena.h"
#include "core/filter_ast.h"
#include "core/mem.h"

#define DECIDED (1ULL << FILTER_SET_MAX)

enum { VALUES = 64 };

/* What some of the filters ask, word for word. */
struct question {
	const struct filter *filter; /* one of them */
	const struct node *node;
	uint64_t filters;
};

/* Questions about the same number: the answers to all of them are kept with it. */
struct value_answers {
	int64_t value;
	uint64_t failed; /* filters */
	bool known;
};

struct topic {
	const struct field *field; /* NULL: it has one question */
	struct question *questions;
	size_t n, cap;
	uint64_t filters;
	struct value_answers *answers; /* by value, VALUES of them */
};

/* All that is asked about objects, or about calls. */
struct subject {
	enum basis basis;
	struct topic *topics;
	size_t n, cap;
	uint64_t *passing; /* filters by place, DECIDED */
};

struct filter_set {
	struct subject subjects[2];
	struct arena *arena;
	size_t n_places; /* of objects */
	uint64_t all, exact;
};

/* ---- questions ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_check(const struct check *a, const struct check *b)
{
	if (a->field != b->field || a->op != b->op || a->modifier != b->modifier ||
	    a->n_items != b->n_items || !same_text(a->arg, b->arg))
		return false;
	for (size_t i = 0; i < a->n_items; i++)
		if (a->items[i].len != b->items[i].len ||
		    memcmp(a->items[i].text, b->items[i].text, a->items[i].len) != 0)
			return false;
	return true;
}

static bool same_node(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->n_kids != b->n_kids)
		return false;
	if (a->kind == NODE_CHECK)
		return same_check(&a->check, &b->check);
	for (size_t i = 0; i < a->n_kids; i++)
		if (!same_node(a->kids[i], b->kids[i]))
			return false;
	return true;
}

/* The field whose number answers it alone; NULL. */
static const struct field *field_of(const struct node *n)
{
	const struct field *f = n->check.field;

	return n->kind == NODE_CHECK && f->type == FT_INT && !n->check.arg &&
			       !(f->flags & (FIELD_EITHER_END | FIELD_EACH))
		       ? f
		       : NULL;
}

static struct topic *topic_for(struct subject *s, const struct node *n)
{
	const struct field *f = field_of(n);
	struct topic *t;

	for (size_t i = 0; i < s->n; i++) {
		t = &s->topics[i];
		if (f ? t->field == f : !t->field && same_node(t->questions[0].node, n))
			return t;
	}
	t = &VEC_PUSH(s->topics, s->n, s->cap);
	*t = (struct topic){.field = f};
	return t;
}

static void ask(struct subject *s, const struct filter *f, const struct node *n, uint64_t bit)
{
	struct topic *t = topic_for(s, n);
	size_t i = 0;

	while (i < t->n && !same_node(t->questions[i].node, n))
		i++;
	if (i == t->n)
		VEC_PUSH(t->questions, t->n, t->cap) = (struct question){.filter = f, .node = n};
	t->questions[i].filters |= bit;
	t->filters |= bit;
}

static void take_apart(struct filter_set *set, const struct filter *f, const struct node *n, uint64_t bit)
{
	enum basis basis;

	if (n->kind == NODE_AND) {
		for (size_t i = 0; i < n->n_kids; i++)
			take_apart(set, f, n->kids[i], bit);
		return;
	}
	basis = filter_node_basis(n);
	for (size_t i = 0; i < 2; i++) {
		if (set->subjects[i].basis == basis) {
			ask(&set->subjects[i], f, n, bit);
			return;
		}
	}
	set->exact &= ~bit;
}

static int by_filters(const void *a, const void *b)
{
	const struct topic *x = a, *y = b;

	return __builtin_popcountll(y->filters) - __builtin_popcountll(x->filters);
}

struct filter_set *filter_set_new(const struct filter *const *filters, size_t n, const struct sample *s)
{
	struct filter_set *set = xcalloc(1, sizeof(*set));

	set->arena = arena_new();
	set->n_places = s->n_places;
	set->all = set->exact = (DECIDED - 1) >> (FILTER_SET_MAX - n);
	set->subjects[0].basis = BASIS_OBJECT;
	set->subjects[1].basis = BASIS_CALL;
	for (size_t i = 0; i < n; i++)
		if (!filter_is_empty(filters[i]))
			take_apart(set, filters[i], filters[i]->root, 1ULL << i);
	for (size_t i = 0; i < 2; i++) {
		struct subject *about = &set->subjects[i];

		/* what many ask first: no answer, no other questions of theirs */
		if (about->n)
			qsort(about->topics, about->n, sizeof(*about->topics), by_filters);
		for (size_t k = 0; k < about->n; k++)
			if (about->topics[k].field)
				about->topics[k].answers =
					arena_array(set->arena, VALUES, sizeof(struct value_answers));
		about->passing = arena_array(set->arena, basis_places(about->basis, s), sizeof(uint64_t));
	}
	return set;
}

struct filter_set *filter_set_free(struct filter_set *set)
{
	if (!set)
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < set->subjects[i].n; k++)
			free(set->subjects[i].topics[k].questions);
		free(set->subjects[i].topics);
	}
	arena_free(set->arena);
	free(set);
	return NULL;
}

/* ---- answers ---- */

static uint64_t failed_by(const struct question *q, const struct record *r)
{
	bool passes = filter_node_eval(q->filter, q->node, r);

	arena_reset(q->filter->scratch);
	return passes ? 0 : q->filters;
}

static uint64_t failed_by_number(const struct topic *t, const struct record *r)
{
	struct value v;
	struct value_answers *a;

	if (!t->field->get(r, NULL, &v)) /* checks on what is missing are false */
		return t->filters;
	a = &t->answers[(uint64_t)v.i % VALUES];
	if (a->known && a->value == v.i)
		return a->failed;
	*a = (struct value_answers){.value = v.i, .known = true};
	for (size_t i = 0; i < t->n; i++)
		a->failed |= failed_by(&t->questions[i], r);
	return a->failed;
}

static uint64_t decide(const struct filter_set *set, const struct subject *about, const struct record *r)
{
	uint64_t passing = set->all;

	for (size_t i = 0; i < about->n && passing; i++) {
		const struct topic *t = &about->topics[i];

		if (passing & t->filters)
			passing &= ~(t->field ? failed_by_number(t, r) : failed_by(&t->questions[0], r));
	}
	return passing;
}

static uint64_t passing(const struct filter_set *set, const struct subject *about, const struct record *r)
{
	size_t at = basis_place(about->basis, r);

	if (at == NO_PLACE)
		return decide(set, about, r);
	if (!(about->passing[at] & DECIDED))
		about->passing[at] = decide(set, about, r) | DECIDED;
	return about->passing[at] & set->all;
}

uint64_t filter_set_sift(const struct filter_set *set, const struct record *r)
{
	uint64_t left = passing(set, &set->subjects[1], r);

	return left ? left & passing(set, &set->subjects[0], r) : 0;
}

uint64_t filter_set_exact(const struct filter_set *set)
{
	return set->exact;
}

void filter_set_fetch(const struct filter_set *set, const struct object *o)
{
	if (o && o->place < set->n_places)
		__builtin_prefetch(&set->subjects[0].passing[o->place], 1);
}

void filter_set_drop(const struct filter_set *set, const struct record *r, size_t i)
{
	size_t at = basis_place(BASIS_OBJECT, r);

	if (at != NO_PLACE)
		set->subjects[0].passing[at] &= ~(1ULL << i);
}
