/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_set.h - many filters at once on the records of one sample. Of each filter, what its outermost "and"s
 * join and what follows from the object or the call alone (basis.h) is decided once for each of these, for
 * all filters together, as bits. The rest is left to who asks. Not for events.
 */
#ifndef CTOP_CORE_FILTER_SET_H
#define CTOP_CORE_FILTER_SET_H

#include "core/filter.h"

enum { FILTER_SET_MAX = 63 };

struct filter_set;

/* Filters may be NULL (pass everything). They and the sample must outlive the set. */
struct filter_set *filter_set_new(const struct filter *const *filters, size_t n, const struct sample *s);
struct filter_set *filter_set_free(struct filter_set *set);

/* Bit i: filter i passes if the rest of it does. */
uint64_t filter_set_sift(const struct filter_set *set, const struct record *r);
/* Bit i: there is no rest. */
uint64_t filter_set_exact(const struct filter_set *set);

/* Records of this object, which is in memory already, come soon. NULL is fine. */
void filter_set_fetch(const struct filter_set *set, const struct object *o);

/* From now on filter i passes no record of this object, for who has seen enough of it. */
void filter_set_drop(const struct filter_set *set, const struct record *r, size_t i);

#endif
