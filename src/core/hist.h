/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hist.h - latency histograms with the buckets of wire_hist_slot().
 */
#ifndef CTOP_CORE_HIST_H
#define CTOP_CORE_HIST_H

#include <stdint.h>

#include "bpf/wire.h"

/* Edges of a bucket in ns: low <= value < high. Slot 0 starts at 0, the last one has no end (UINT64_MAX). */
void hist_edges(unsigned slot, uint64_t *ret_low, uint64_t *ret_high);

/* The geometric middle of a bucket: within 2^(1/8) = 9.1 % of every value in it. */
uint64_t hist_middle(unsigned slot);

/* Adds the counts of one histogram to another; a full bucket stays at its limit. */
void hist_add(uint32_t *to, const uint32_t *from);

/*
 * Smallest value that `percent` (0..100] of the values do not exceed, in ns, at most 10 % off between 64 ns
 * and 14 s, never more than max, the longest (0 = not known). Exactly max where that is the value asked for: p99 of
 * less than 100 values, any of a single one. UINT64_MAX if the histogram is empty.
 */
uint64_t hist_percentile(const uint32_t *hist, double percent, uint64_t max);

#endif
