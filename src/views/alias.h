/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alias.h - sysdig's one-liners by name (aliases.def): a view with a filter and
 * an order, or one that is made from the argument.
 */
#ifndef CTOP_VIEWS_ALIAS_H
#define CTOP_VIEWS_ALIAS_H

#include "views/view.h"

enum alias_argument { ALIAS_NONE, ALIAS_FIELD, ALIAS_MS, ALIAS_WORD /* may be left out */ };

struct alias {
	const char *name;
	enum alias_argument argument;
	const char *view, *sort, *filter; /* sort, filter: NULL = the view's */
	unsigned limit;                   /* rows at most; 0 = all, or the view's */
	const char *description;
	const char *json; /* of a view that is made; NULL */
};

const struct alias *alias_all(size_t *ret_n);
const struct alias *alias_find(const char *name); /* NULL; name may be NULL */

/* What it is called with: "FIELD", "MS", "[WORD]"; NULL = nothing. */
const char *alias_argument_name(const struct alias *a);
/* Whether the first word behind the alias is its argument, and not the beginning of a filter. */
bool alias_takes(const struct alias *a, const char *word);

/*
 * Makes what the alias needs in *views. `argument` is NULL where it takes none. *ret_view lives as long as
 * *views, *ret_filter is the caller's, NULL = none. -EINVAL with a message in *ret_error (caller frees).
 */
int alias_open(const struct alias *a, const char *argument, struct views **views, const char **ret_view,
	       char **ret_filter, char **ret_error);

#endif
