/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy_block.h - an entry of an echo as screen lines: a heading, then the
 * payload, safe for the terminal and wrapped to a width.
 */
#ifndef CTOP_UI_SPY_BLOCK_H
#define CTOP_UI_SPY_BLOCK_H

#include "ui/spy.h"

struct block {
	char **lines;
	size_t n, cap;
	bool write; /* direction of the transfer */
};

/* Ends with an empty line. block_done() frees. */
void block_make(const struct spy *s, const struct spy_entry *e, int width, struct block *ret);
void block_done(struct block *b);

#endif
