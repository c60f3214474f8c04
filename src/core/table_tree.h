/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_tree.h - a table whose rows stand below each other: pods, their
 * containers, their processes; or processes below their parents. Sorted among
 * siblings. Knows nothing of views and of what is folded on a screen.
 *
 * Two kinds. By levels: one table a level, grouped by one key more than the
 * one before; a row belongs below the row that has the keys before its last. A
 * thing that has no pod belongs below none. By parent: one table, and a field
 * that says the key of the row above.
 */
#ifndef CTOP_CORE_TABLE_TREE_H
#define CTOP_CORE_TABLE_TREE_H

#include "core/buf.h"
#include "core/table.h"

enum { TREE_LEVELS = 4, TREE_DEPTH_MAX = 63 /* guides that are drawn; rows may be deeper */ };

struct tree_query {
	const struct field *keys[TREE_LEVELS], *labels[TREE_LEVELS];
	size_t n_levels;            /* 0: by parent */
	const struct field *parent; /* key of the row above, of a query with one key */
	int column;                 /* where the tree is drawn, and labels stand */
};

struct table_tree {
	int column;
	struct table *parts[TREE_LEVELS]; /* own what rows of other levels point to */
};

/* Like table_build(). The query's own keys count for trees by parent only. */
int table_tree_build(const struct table_query *q, const struct tree_query *tree, const struct sample *s,
		     struct table **ret);
struct table_tree *table_tree_free(struct table_tree *t);

/* Puts sorted rows below their parents. For table_sort(). */
void table_tree_arrange(struct table *t);

/* What leads to a row, "│ ├─ "; folded: rows below it are not on show. Nothing for a row on top. */
void table_tree_guides(const struct row *row, bool folded, bool ascii, struct buf *out);

#endif
