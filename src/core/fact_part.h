/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fact_part.h - a filter on the latency of calls, where calls were counted
 * together: which of them pass, by their histogram.
 */
#ifndef CTOP_CORE_FACT_PART_H
#define CTOP_CORE_FACT_PART_H

#include "core/arena.h"
#include "core/filter.h"

/*
 * The calls of r->fact that pass, as a fact: itself if all do, NULL if none does, else one in the arena. Of
 * calls within 9.1 % of a limit it may tell the wrong ones; the slowest one is always judged by its exact
 * latency. Bytes of some calls out of many are not known (UNKNOWN_U64).
 */
const struct fact *fact_part(const struct filter *f, const struct record *r, struct arena *arena);

#endif
