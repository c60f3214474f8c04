/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_tree.c - see table_tree.h. */
#include "core/table_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/table_cells.h"

enum { NONE = UINT32_MAX };

/* A row's place by its first n keys: its id may tell more things apart, such as processes of one pid. */
static struct hash_key place_of(const struct row *row, size_t n, struct arena *tmp)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < n; i++) {
		const struct value key = row_key(row, i, tmp);

		hash = value_hash(&key, hash + i);
	}
	return (struct hash_key){hash, n};
}

/* The nearest row above: a level whose key is missing has none. */
static const struct row *above_by_levels(const struct hash *places, const struct row *row, struct arena *tmp)
{
	for (size_t n = row->branch->level; n > 0; n--)
		if (row_key(row, n - 1, tmp).kind != V_MISSING)
			return hash_get(places, place_of(row, n, tmp));
	return NULL;
}

static const struct row *above_by_field(const struct hash *places, const struct row *row,
					const struct field *parent, struct arena *tmp)
{
	const struct record r = row_record(row);
	const struct value v = field_get(parent, &r, tmp);

	return v.kind == V_MISSING ? NULL : hash_get(places, (struct hash_key){value_hash(&v, 0), 1});
}

static void set_parents(struct table *t, const struct tree_query *tree)
{
	struct hash places = {0};

	for (size_t i = 0; i < t->n_rows; i++) {
		struct row *row = &t->rows[i], *other;
		const struct hash_key place = place_of(row, row->branch->level + 1u, t->arena);

		other = hash_put(&places, place, row);
		if (other && row->exited && !other->exited) /* of two with one number the one that is there */
			hash_put(&places, place, other);
	}
	for (size_t i = 0; i < t->n_rows; i++) {
		struct row *row = &t->rows[i];
		const struct row *above = tree->parent ? above_by_field(&places, row, tree->parent, t->arena)
						       : above_by_levels(&places, row, t->arena);

		row->branch->parent = above && above != row ? above->id : 0;
	}
	hash_done(&places);
}

static void take_rows(struct table *to, const struct table *from, size_t level, const struct tree_query *tree)
{
	/* what belongs to a larger thing than the row is - its container's memory, a process's - is none of
	 * its numbers */
	from->cells->coarsest = tree->keys[level]->grain;
	struct branch *branches = arena_array(from->arena, from->n_rows, sizeof(*branches));

	to->rows = xreallocarray(to->rows, to->n_rows + from->n_rows + 1, sizeof(*to->rows));
	for (size_t i = 0; i < from->n_rows; i++) {
		struct row row = from->rows[i];
		const struct record rep = row_record(&row);

		const struct value key = row_key(&row, level, from->arena);

		/* a group whose last key is missing is no thing of this level */
		if (key.kind == V_MISSING)
			continue;
		row.branch = &branches[i];
		row.branch->level = (uint8_t)level;
		row.branch->label = field_get(tree->labels[level], &rep, from->arena);
		if (row.branch->label.kind == V_MISSING)
			row.branch->label = key;
		to->rows[to->n_rows++] = row;
	}
}

static int build_levels(const struct table_query *q, const struct tree_query *tree, const struct sample *s,
			struct table *parts[TREE_LEVELS], struct table **ret)
{
	struct table_query level = *q;
	struct table *t = NULL;
	int r = 0;

	for (size_t i = 0; i < tree->n_levels && !r; i++) {
		level.n_keys = i + 1;
		level.keys[i] = tree->keys[i];
		r = table_build(&level, s, &parts[i]);
	}
	if (r)
		return r;
	/* the last level has all records: its totals are the table's */
	t = parts[tree->n_levels - 1];
	*ret = xcalloc(1, sizeof(*t));
	**ret = (struct table){.arena = arena_new(),
			       .totals = t->totals,
			       .total_sums = t->total_sums,
			       .n_columns = t->n_columns,
			       .n_keys = 1, /* all rows have so many */
			       .interval = t->interval};
	for (size_t i = 0; i < tree->n_levels; i++)
		take_rows(*ret, parts[i], i, tree);
	return 0;
}

static void give_branches(struct table *t)
{
	struct branch *branches = arena_array(t->arena, t->n_rows, sizeof(*branches));

	for (size_t i = 0; i < t->n_rows; i++)
		t->rows[i].branch = &branches[i];
}

int table_tree_build(const struct table_query *q, const struct tree_query *tree, const struct sample *s,
		     struct table **ret)
{
	struct table_tree *made = xcalloc(1, sizeof(*made));
	struct table *t = NULL;
	int r;

	made->column = tree->column;
	if (tree->n_levels > TREE_LEVELS || (!tree->n_levels && (!tree->parent || q->n_keys != 1)))
		r = -EINVAL;
	else if (tree->n_levels)
		r = build_levels(q, tree, s, made->parts, &t);
	else if (!(r = table_build(q, s, &t)))
		give_branches(t);
	if (r) {
		table_tree_free(made);
		return r;
	}
	set_parents(t, tree);
	t->tree = made;
	table_sort(t, q->sort, q->ascending);
	*ret = t;
	return 0;
}

struct table_tree *table_tree_free(struct table_tree *t)
{
	for (size_t i = 0; t && i < TREE_LEVELS; i++)
		table_free(t->parts[i]);
	free(t);
	return NULL;
}

/* ---- order ---- */

struct links {
	uint32_t *parent, *first, *next; /* by index of the sorted rows */
	bool *placed;
	uint32_t *order;
	size_t n_placed;
};

static void link_rows(const struct table *t, struct links *l)
{
	struct hash by_id = {0};

	for (size_t i = 0; i < t->n_rows; i++) {
		hash_put(&by_id, (struct hash_key){t->rows[i].id, 0}, (void *)(i + 1));
		l->parent[i] = l->first[i] = l->next[i] = NONE;
	}
	for (size_t i = t->n_rows; i-- > 0;) { /* from the end: each goes before its later siblings */
		uint64_t parent = t->rows[i].branch->parent;
		uintptr_t at = parent ? (uintptr_t)hash_get(&by_id, (struct hash_key){parent, 0}) : 0;

		if (!at || at - 1 == i)
			continue;
		l->parent[i] = (uint32_t)(at - 1);
		l->next[i] = l->first[at - 1];
		l->first[at - 1] = (uint32_t)i;
	}
	hash_done(&by_id);
}

static uint32_t next_free(const struct links *l, uint32_t i)
{
	while (i != NONE && l->placed[i])
		i = l->next[i];
	return i;
}

/* A row and all below it, without recursion: a chain of parents can be long. */
static void place(struct table *t, struct links *l, uint32_t root)
{
	uint32_t at = root;
	uint16_t depth = 0;

	for (;;) {
		struct row *row = &t->rows[at];
		uint32_t down, right;

		l->placed[at] = true;
		row->branch->depth = depth;
		row->n_below = (uint32_t)l->n_placed; /* until its end is known */
		row->branch->guides =
			at == root || depth > TREE_DEPTH_MAX ? 0 : t->rows[l->parent[at]].branch->guides;
		right = at == root ? NONE : next_free(l, l->next[at]);
		if (depth <= TREE_DEPTH_MAX && depth) {
			row->branch->guides &= ~(1ULL << depth);
			row->branch->guides |= right != NONE ? 1ULL << depth : 0;
		}
		l->order[l->n_placed++] = at;
		down = next_free(l, l->first[at]);
		if (down != NONE && depth < UINT16_MAX) {
			at = down;
			depth++;
			continue;
		}
		for (;;) {
			t->rows[at].n_below = (uint32_t)l->n_placed - t->rows[at].n_below - 1;
			if (at == root)
				return;
			right = next_free(l, l->next[at]);
			if (right != NONE)
				break;
			at = l->parent[at];
			depth--;
		}
		at = right;
	}
}

void table_tree_arrange(struct table *t)
{
	size_t n = t->n_rows ? t->n_rows : 1;
	struct links l = {.parent = xcalloc(n, sizeof(uint32_t)),
			  .first = xcalloc(n, sizeof(uint32_t)),
			  .next = xcalloc(n, sizeof(uint32_t)),
			  .placed = xcalloc(n, sizeof(bool)),
			  .order = xcalloc(n, sizeof(uint32_t))};
	struct row *rows = xcalloc(n, sizeof(*rows));

	link_rows(t, &l);
	for (uint32_t i = 0; i < t->n_rows; i++)
		if (l.parent[i] == NONE)
			place(t, &l, i);
	for (uint32_t i = 0; i < t->n_rows; i++) /* rings of parents: one of them has to be on top */
		if (!l.placed[i])
			place(t, &l, i);
	for (size_t i = 0; i < t->n_rows; i++)
		rows[i] = t->rows[l.order[i]];
	free(t->rows);
	t->rows = rows;
	free(l.parent);
	free(l.first);
	free(l.next);
	free(l.placed);
	free(l.order);
}

void table_tree_guides(const struct row *row, bool folded, bool ascii, struct buf *out)
{
	unsigned depth = row_depth(row) < TREE_DEPTH_MAX ? row_depth(row) : TREE_DEPTH_MAX;
	uint64_t guides = row->branch ? row->branch->guides : 0;

	for (unsigned d = 1; d < depth; d++)
		buf_adds(out, !(guides >> d & 1) ? "  " : ascii ? "| " : "│ ");
	if (depth)
		buf_adds(out, guides >> depth & 1 ? (ascii ? "|" : "├") : ascii ? "`" : "└");
	if (depth || folded)
		buf_adds(out, folded ? "+ " : ascii ? "- " : "─ ");
}
