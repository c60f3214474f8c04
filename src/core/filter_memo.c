/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter_memo.c - see filter_memo.h. */
#include "core/filter_memo.h"

#include "core/arena.h"
#include "core/filter_ast.h"
#include "core/mem.h"

enum verdict { UNDECIDED, FAILS, PASSES };

/* A node of the filter, and what was decided. */
struct part {
	const struct node *node;
	enum basis basis;
	uint8_t *verdicts; /* enum verdict by place; NULL = decided for each record */
	struct part *kids;
};

struct filter_memo {
	const struct filter *filter;
	const struct sample *sample;
	struct arena *arena;
	struct part root;
};

static enum basis basis_of_check(const struct check *c)
{
	if (c->expr)
		return BASIS_RECORD;
	for (size_t i = 0; i < c->n_items; i++)
		if (c->items[i].expr)
			return BASIS_RECORD;
	return basis_of(c->field);
}

enum basis filter_node_basis(const struct node *n)
{
	enum basis b = BASIS_ANY;

	if (n->kind == NODE_CHECK)
		return basis_of_check(&n->check);
	for (size_t i = 0; i < n->n_kids; i++)
		b = basis_join(b, filter_node_basis(n->kids[i]));
	return b;
}

/* Kids that are decided already come first: the others may not be asked at all. */
static void order_kids(struct part *p)
{
	for (size_t i = 1; i < p->node->n_kids; i++) {
		struct part kid = p->kids[i];
		size_t k = i;

		for (; k && kid.verdicts && !p->kids[k - 1].verdicts; k--)
			p->kids[k] = p->kids[k - 1];
		p->kids[k] = kid;
	}
}

static struct part part_of(const struct filter_memo *m, const struct node *n)
{
	struct part p = {.node = n, .basis = filter_node_basis(n)};

	if (n->kind != NODE_CHECK)
		p.kids = arena_array(m->arena, n->n_kids, sizeof(*p.kids));
	for (size_t i = 0; p.kids && i < n->n_kids; i++)
		p.kids[i] = part_of(m, n->kids[i]);
	return p;
}

/* Where what is above follows from the same, nobody asks again. */
static void make_places(const struct filter_memo *m, struct part *p, enum basis above)
{
	size_t places = p->basis == above ? 0 : basis_places(p->basis, m->sample);

	if (places)
		p->verdicts = arena_array(m->arena, places, sizeof(*p->verdicts));
	for (size_t i = 0; p->kids && i < p->node->n_kids; i++)
		make_places(m, &p->kids[i], p->basis);
	if (p->kids)
		order_kids(p);
}

static bool decide(const struct filter_memo *m, const struct part *p, const struct record *r);

static bool part_passes(const struct filter_memo *m, const struct part *p, const struct record *r)
{
	size_t at = p->verdicts ? basis_place(p->basis, r) : NO_PLACE;
	bool passes;

	if (at == NO_PLACE)
		return decide(m, p, r);
	if (p->verdicts[at])
		return p->verdicts[at] == PASSES;
	passes = decide(m, p, r);
	p->verdicts[at] = passes ? PASSES : FAILS;
	return passes;
}

static bool decide(const struct filter_memo *m, const struct part *p, const struct record *r)
{
	bool stop = p->node->kind == NODE_OR; /* what one kid decides for all */

	switch (p->node->kind) {
	case NODE_CHECK: return check_eval(m->filter, &p->node->check, r);
	case NODE_NOT: return !part_passes(m, &p->kids[0], r);
	default: break;
	}
	for (size_t i = 0; i < p->node->n_kids; i++)
		if (part_passes(m, &p->kids[i], r) == stop)
			return stop;
	return !stop;
}

struct filter_memo *filter_memo_new(const struct filter *f, const struct sample *s)
{
	struct filter_memo *m;

	if (filter_is_empty(f))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->filter = f;
	m->sample = s;
	m->arena = arena_new();
	m->root = part_of(m, f->root);
	make_places(m, &m->root, BASIS_ANY);
	return m;
}

struct filter_memo *filter_memo_free(struct filter_memo *m)
{
	if (!m)
		return NULL;
	arena_free(m->arena);
	free(m);
	return NULL;
}

bool filter_memo_match(const struct filter_memo *m, const struct record *r)
{
	bool match;

	if (!m)
		return true;
	match = part_passes(m, &m->root, r);
	arena_reset(m->filter->scratch);
	return match;
}
