/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spark.c - see spark.h. Eighth blocks; the terminal layer has ASCII look-alikes for them. */
#include "ui/spark.h"

static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
enum { N_BARS = sizeof(bars) / sizeof(bars[0]) };

void spark_add(struct spark *s, double value)
{
	s->values[s->next] = value;
	s->next = (s->next + 1) % SPARK_LEN;
	if (s->n < SPARK_LEN)
		s->n++;
}

const char *spark_bar(double share)
{
	int i = (int)(share * N_BARS);

	if (!(share > 0))
		i = 0;
	return bars[i < N_BARS ? i : N_BARS - 1];
}

static double nth_newest(const struct spark *s, size_t i)
{
	return s->values[(s->next + SPARK_LEN - 1 - i) % SPARK_LEN];
}

void spark_draw(const struct spark *s, size_t cells, double top, struct buf *out)
{
	size_t n = cells < s->n ? cells : s->n;

	if (top <= 0)
		for (size_t i = 0; i < n; i++)
			if (nth_newest(s, i) > top)
				top = nth_newest(s, i);
	buf_fill(out, ' ', cells - n);
	for (size_t i = n; i-- > 0;)
		buf_adds(out, spark_bar(top > 0 ? nth_newest(s, i) / top : 0));
}
