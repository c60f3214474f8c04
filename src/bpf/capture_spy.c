/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include "bpf/capture_priv.h"
#include "ctop.skel.h"
int capture_spy_init(struct capture *c)
{
	return 0;
}
int capture_spy_start(struct capture *c, const struct spy_filter *filter, const struct spy_sets *sets)
{
	return -ENOSYS;
}
void capture_spy_stop(struct capture *c)
{
}
int capture_spy_poll(struct capture *c, capture_spy_fn fn, void *userdata, size_t max)
{
	return 0;
}
void capture_spy_counts(const struct capture *c, struct spy_counts *ret)
{
	*ret = (struct spy_counts){0};
}
