/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - views as data. A view says which records it lists, grouped by what,
 * in which columns, where Enter leads and for which selections it is offered.
 * The stock views are views.json, compiled in (views_stock()).
 */
#ifndef CTOP_VIEWS_VIEW_H
#define CTOP_VIEWS_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/metric.h"
#include "core/table_tree.h"

struct column {
	char *id; /* field id, ".agg" appended where the view shows the field more than once */
	char *title;
	char *description; /* NULL = the field's */
	const struct field *field;
	char *arg; /* of a field that takes one (evt.arg.flags), lists only; NULL */
	enum agg agg;
	unsigned width;        /* cells; 0 = takes the rest of the line */
	unsigned priority;     /* 1 = stays longest on a narrow screen */
	double warn, critical; /* heat thresholds on the shown value; NAN = none */
	double bar;            /* the value of a full bar; NAN = no bar */
};

/* What a view is as a tree: see core/table_tree.h. */
struct view_tree {
	struct tree_query query;
	char *drilldown[TREE_LEVELS]; /* where Enter leads from a row of the level; NULL = as from the table */
};

struct view {
	char *id, *name, *description;
	char **tips;
	size_t n_tips;
	char hotkey;      /* 0 = none */
	bool root;        /* offered when nothing is selected */
	unsigned records; /* enum records */
	const struct field *keys[TABLE_KEYS];
	size_t n_keys;
	const struct field *label; /* what the breadcrumb shows of a row */
	char *filter;              /* NULL = none */
	struct filter *compiled;
	bool propagate_filter; /* its filter stays in force below a drill-down */
	struct column *columns;
	size_t n_columns;
	int sort;
	bool ascending;
	unsigned limit;      /* rows at most; 0 = all */
	struct metric *metrics; /* of an Overview; NULL */
	size_t n_metrics;
	const struct field **applies_to;
	size_t n_applies_to; /* selection fields it is offered for */
	char *drilldown;     /* view id, NULL = the spy (dig) */
	struct view_tree *tree; /* NULL = it has none */
	struct action **actions; /* for its rows only; see views/action.h */
	size_t n_actions;
};

struct views {
	struct view **items;
	size_t n;
	struct action **actions; /* for the rows of all views that they apply to */
	size_t n_actions;
};

struct views_error {
	char file[256];
	int line, column;  /* 1-based; 0 = not known */
	char message[300]; /* what is wrong, what was expected, nearest valid name */
};

/* Loads a JSON text/file and merges it by id into *views (created when *views is NULL). Errors: -errno, first
 * one in *err. */
int views_load_text(struct views **views, const char *name, const char *text, size_t len,
		    struct views_error *err);
int views_load_file(struct views **views, const char *path, struct views_error *err);
int views_load_stock(struct views **views, struct views_error *err);
/* Reports every mistake of a text (at most 200), in its order, and changes nothing. Returns their number.
 * `base` holds views that it may refer to; NULL = none. */
typedef void (*views_report_fn)(const struct views_error *err, void *userdata);
size_t views_check_text(const struct views *base, const char *name, const char *text, size_t len,
			views_report_fn fn, void *userdata);
struct views *views_free(struct views *v);
const struct view *views_find(const struct views *v, const char *id);
const char *views_nearest(const struct views *v,
			  const char *id); /* most similar id for error messages, or NULL */

/* A list shows single calls as they happen: a row each, no key, nothing aggregated. */
static inline bool view_is_list(const struct view *v)
{
	return v->records & REC_EVENTS;
}

/* The row of a list that an event makes: cells only, in `tmp`, which the row must not outlive. */
void view_list_row(const struct view *v, const struct record *event, struct arena *tmp, struct row *ret);

/*
 * -pc ('c') and -pk ('k'): puts the columns that say in which container or pod into all views, and tells rows
 * apart by it where a row could be of several. Any other letter changes nothing.
 */
void views_add_where(struct views *views, char which);
/* The same of one record, for the lines of the spy: safe text, "shop/web-0", "-" if it is in none. */
void view_where_text(char which, const struct record *r, struct buf *out);
const char *view_where_column(char which, size_t i); /* field of the i-th of these columns; NULL after the last */

/* Where Enter leads from a row: view id; NULL = the spy. */
const char *view_drilldown(const struct view *v, const struct row *row);
/* The fields that tell this row of the view apart; rows of a tree have those of their level. */
const struct field *const *view_row_keys(const struct view *v, const struct row *row, size_t *ret_n);
/*
 * The row of another table of the view - flat, tree - that is the same thing as `row`, or holds it. NULL =
 * there is none. For a selection that stays when the tree comes and goes.
 */
const struct row *view_row_in(const struct view *v, const struct row *row, const struct table *other);

/* Index of a column by id (or by plain field name where that is unambiguous), -1 if there is none. */
int view_column(const struct view *v, const char *id);

/* Whether a column holds numbers: aligned right, sorted from the largest. */
bool column_is_number(const struct column *c);

/* A stack of drill-downs; each level filters what is below it. */
struct selection_level {
	const struct view *view;   /* view that is shown at this level */
	char *filter;              /* what the step into this level added: field=value; NULL at the root */
	const struct field *field; /* field of that step, NULL at the root or after a view switch */
	char *label;               /* breadcrumb text of the row that was entered; NULL */
	char *user_filter;         /* typed with F4; NULL */
	/* restored by Backspace */
	int sort;
	bool ascending;
	bool tree; /* shown as a tree, which the view must have */
	uint64_t row_id;
	size_t row_index, top;
};

struct selection {
	char *base_filter;              /* command line; NULL */
	struct selection_level *levels; /* [n - 1] is on the screen */
	size_t n;
	bool totals; /* its tables are to have them */
};

void selection_init(struct selection *sel, const struct view *root, const char *base_filter);
void selection_done(struct selection *sel);
struct selection_level *selection_top(const struct selection *sel);

/* "postgres 4121": what a person would call a row; raw text of the system, so format_safe() it; caller frees.
 */
char *view_row_label(const struct view *view, const struct row *row);

/* Enter: pushes `view` filtered to the row of the top level's view. 0 or -EINVAL (row lacks its key). */
int selection_drill(struct selection *sel, const struct row *row, const struct view *view);
/* F2: same selection, other view; Backspace returns. */
void selection_switch(struct selection *sel, const struct view *view);
/* Backspace: drops the top level. false at the root. */
bool selection_back(struct selection *sel);

/* The complete filter of the top level (base, steps, view filters, typed filter) as text; caller frees. */
char *selection_filter(const struct selection *sel);
/* What a person asked for, here and on the way here: command line and typed filters; NULL: nothing. Freed by the
 * caller. */
char *selection_typed_filter(const struct selection *sel);
/* The filter a spy on `row` (NULL = the whole selection) would have; caller frees. */
char *selection_row_filter(const struct selection *sel, const struct row *row);
/*
 * What tells rows with the same value from others: that of the column if it shows a name or an id, else the
 * row's key. `exclude`: what tells the others. NULL = the row has neither; caller frees.
 */
char *view_cell_filter(const struct view *view, const struct row *row, int column, bool exclude);
/* "Containers › web › Processes"; caller frees. */
char *selection_breadcrumb(const struct selection *sel, const char *separator);
/* Views that apply to the top selection; caller frees the array. */
size_t selection_views(const struct selection *sel, const struct views *views, const struct view ***ret);

/* Builds the table of the top level. *err is set for -EINVAL (typed filter). */
int selection_table(const struct selection *sel, const struct sample *s, struct table **ret,
		    struct filter_error *err);
/* enum need bits of the top level. */
unsigned selection_needs(const struct selection *sel);

#endif
