/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_memo.h - a filter on the records of one sample: what follows from the thing that a record is about
 * (basis.h) is decided once for each of them, however many records there are. Not for events.
 */
#ifndef CTOP_CORE_FILTER_MEMO_H
#define CTOP_CORE_FILTER_MEMO_H

#include "core/filter.h"

struct filter_memo;

/* NULL where the filter passes everything. Filter and sample must outlive it. */
struct filter_memo *filter_memo_new(const struct filter *f, const struct sample *s);
struct filter_memo *filter_memo_free(struct filter_memo *m);

/* As filter_match(); NULL passes everything. */
bool filter_memo_match(const struct filter_memo *m, const struct record *r);

#endif
