/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spark.h - the last values of a few numbers, and a small graph of them.
 */
#ifndef CTOP_UI_SPARK_H
#define CTOP_UI_SPARK_H

#include <stddef.h>

#include "core/buf.h"

enum { SPARK_LEN = 120 };

struct spark {
	double values[SPARK_LEN]; /* ring */
	size_t n, next;
};

void spark_add(struct spark *s, double value);

/*
 * The newest `cells` values as bars, oldest left, blank where there is none
 * yet. top: value of a full bar; <= 0: the largest of those shown.
 */
void spark_draw(const struct spark *s, size_t cells, double top, struct buf *out);

/* One bar, 0..1. */
const char *spark_bar(double share);

#endif
