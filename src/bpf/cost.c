/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cost.c - what our own BPF programs cost the machine.
 *
 * BPF_ENABLE_STATS reads the clock twice per program run, so it is on only
 * while an interval is collected (some milliseconds), and, as a walk runs a
 * program for every thread and descriptor, only in one collection of COST_EVERY,
 * in the first two and in those after other hooks were attached. The share of
 * time measured there stands until the next one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bpf/capture_priv.h"
#include "bpf/rights.h"
#include "ctop.skel.h"

enum { COST_EVERY = 4 };

static void totals(struct capture *c, uint64_t *ret_ns, uint64_t *ret_runs)
{
	const struct bpf_program *progs[] = {c->on_enter,
					     c->on_call,
					     c->on_exit,
					     c->skel->progs.on_exec,
					     c->spy_skel ? c->spy_on[SPY_ON_ENTER] : NULL,
					     c->spy_skel ? c->spy_on[SPY_ON_EXIT] : NULL};

	*ret_ns = *ret_runs = 0;
	for (size_t i = 0; i < sizeof(progs) / sizeof(*progs); i++) {
		struct bpf_prog_info info;
		__u32 len = sizeof(info);

		if (!progs[i])
			continue;
		memset(&info, 0, sizeof(info));
		if (bpf_obj_get_info_by_fd(bpf_program__fd(progs[i]), &info, &len))
			continue;
		*ret_ns += info.run_time_ns;
		*ret_runs += info.run_cnt;
	}
}

void cost_begin(struct capture *c, struct cost_window *w)
{
	unsigned hooks = c->needs << 1 | c->spying;

	w->stats_fd = -1;
	if (c->cost_skip && hooks == c->cost_hooks) {
		c->cost_skip--;
		return;
	}
	c->cost_skip = c->collected ? COST_EVERY - 1 : 0;
	c->cost_hooks = hooks;
	rights_admin(true);
	w->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	rights_admin(false);
	if (w->stats_fd < 0)
		return;
	totals(c, &w->ns, &w->runs);
	w->from = mono_now();
}

void cost_end(struct capture *c, struct cost_window *w)
{
	uint64_t now = mono_now(), ns, runs;

	if (w->stats_fd >= 0) {
		totals(c, &ns, &runs);
		close(w->stats_fd);
		if (now > w->from)
			c->cost_share = (double)(ns - w->ns) / (double)(now - w->from);
		c->cost_runs += runs - w->runs;
		if (!c->cost_at)
			c->cost_at = w->from;
	}
	if (!c->cost_at)
		return;
	c->cost_ns += (uint64_t)(c->cost_share * (double)(now - c->cost_at));
	c->cost_at = now;
}

uint64_t capture_missed(int prog_fd)
{
	struct bpf_prog_info info;
	__u32 len = sizeof(info);

	memset(&info, 0, sizeof(info));
	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.recursion_misses;
}

int capture_cost(struct capture *c, uint64_t *ret_bpf_ns, uint64_t *ret_runs)
{
	if (!c->cost_at)
		return -ENODATA;
	*ret_bpf_ns = c->cost_ns;
	*ret_runs = c->cost_runs;
	return 0;
}
