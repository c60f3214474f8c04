/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/hist.h"

#include <math.h>

void hist_edges(unsigned slot, uint64_t *ret_low, uint64_t *ret_high)
{
	*ret_low = slot ? (uint64_t)ceil(64 * exp2((slot - 1) / 4.0)) : 0;
	*ret_high = slot < WIRE_HIST - 1 ? (uint64_t)ceil(64 * exp2(slot / 4.0)) : UINT64_MAX;
}

uint64_t hist_middle(unsigned slot)
{
	return (uint64_t)(64 * exp2(((double)slot - 0.5) / 4));
}

void hist_add(uint32_t *restrict to, const uint32_t *restrict from)
{
	for (unsigned i = 0; i < WIRE_HIST; i++) {
		uint32_t sum = to[i] + from[i];

		to[i] = sum | -(uint32_t)(sum < from[i]); /* no branch: many at once */
	}
}

uint64_t hist_percentile(const uint32_t *hist, double percent, uint64_t max)
{
	uint64_t total = 0, seen = 0, rank, value;
	unsigned slot = 0;

	for (unsigned i = 0; i < WIRE_HIST; i++)
		total += hist[i];
	if (!total)
		return UINT64_MAX;
	rank = (uint64_t)ceil((double)total * percent / 100);
	if (!rank)
		rank = 1;
	if (rank > total)
		rank = total;
	if (rank == total && max)
		return max; /* the longest of them, which is known exactly */
	for (; slot < WIRE_HIST; slot++) {
		seen += hist[slot];
		if (seen >= rank)
			break;
	}
	value = hist_middle(slot);
	return max && (value > max || slot == WIRE_HIST - 1) ? max : value;
}
