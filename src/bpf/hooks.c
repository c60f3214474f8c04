/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks.c - which of the programs are loaded and attached: variants of one program for kernels that differ,
 * and two ways to the ends of calls.
 *
 * Up to Linux 6.19 tracepoints run what is attached to them with preemption off. From 7.0 on a task can lose
 * its CPU in the middle of a program, and until it runs again the kernel passes over that program for
 * everybody else on the CPU (prog->active in __bpf_trace_run()): whole time slices are in no count. perf's
 * programs of the same tracepoints run with preemption off there as well; getting to them costs more.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/capture_priv.h"
#include "bpf/kernel_btf.h"
#include "bpf/rights.h"
#include "ctop.skel.h"

/* Number of a tracepoint for perf; < 0: not to be read. */
static long tracepoint_id(const char *name)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[128];
	long id = -1;

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots) && id < 0; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/events/%s/id", roots[i], name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%ld", &id) != 1)
			id = -1;
		fclose(f);
	}
	return id;
}

bool hooks_perf_opens(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
	long id = tracepoint_id("raw_syscalls/sys_exit"), fd;

	if (id < 0)
		return false;
	attr.config = (__u64)id;
	rights_admin(true);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	rights_admin(false);
	if (fd < 0)
		return false;
	close((int)fd);
	return true;
}

struct bpf_program *hooks_way_of(const struct capture *c, struct bpf_program *tracing,
				 struct bpf_program *perf)
{
	bpf_program__set_autoload(tracing, !c->by_perf);
	bpf_program__set_autoload(perf, c->by_perf);
	return c->by_perf ? perf : tracing;
}

static void choose_uring(struct capture *c, enum uring_variant submit, enum uring_variant complete)
{
	struct ctop_bpf *s = c->skel;
	struct bpf_program *const progs[] = {
		[URING_NONE] = NULL,
		[URING_REQ] = s->progs.on_uring_submit_req,
		[URING_SQE] = s->progs.on_uring_submit_sqe,
		[URING_CQE] = s->progs.on_uring_complete,
		[URING_MEMBERS] = s->progs.on_uring_complete_old,
	};

	c->on_submit = progs[submit];
	c->on_complete = progs[complete];
	if (c->by_perf && submit == URING_REQ && complete != URING_NONE) {
		c->on_submit = s->progs.on_uring_submit_perf;
		c->on_complete = s->progs.on_uring_complete_perf;
	}
	if (c->on_submit)
		bpf_program__set_autoload(c->on_submit, true);
	if (c->on_complete)
		bpf_program__set_autoload(c->on_complete, true);
}

int hooks_choose(struct capture *c, const struct kernel_btf *btf, enum hooks_way way)
{
	struct ctop_bpf *s = c->skel;
	bool perf = way == HOOKS_PERF || (way == HOOKS_AUTO && kernel_preempts_programs());

	/* the registers of a call, which perf does not hand over, are found by a helper and a cast */
	if (perf && (!s->rodata->can_cast || !s->rodata->use_places || !hooks_perf_opens())) {
		if (way == HOOKS_PERF)
			return -ENODEV;
		perf = false;
	}
	c->by_perf = perf;
	c->on_enter = hooks_way_of(c, s->progs.on_sys_enter, s->progs.on_sys_enter_perf);
	c->on_call = hooks_way_of(c, s->progs.on_sys_exit, s->progs.on_sys_exit_perf);
	c->on_exit = hooks_way_of(c, s->progs.on_exit, s->progs.on_exit_perf);
	choose_uring(c, uring_submit_variant(btf), uring_complete_variant(btf));
	return 0;
}

int hooks_attach_one(struct bpf_program *prog, struct bpf_link **ret)
{
	bool perf = bpf_program__type(prog) == BPF_PROG_TYPE_TRACEPOINT;
	int r = 0;

	/* Debian's kernels want more than CAP_PERFMON for perf's events */
	if (perf)
		rights_admin(true);
	*ret = bpf_program__attach(prog);
	if (!*ret)
		r = -errno;
	if (perf)
		rights_admin(false);
	return r;
}

int hooks_attach(struct capture *c)
{
	struct ctop_bpf *s = c->skel;
	int r;

	/* life cycle first, so that nothing that calls are attributed to is missed */
	if ((r = hooks_attach_one(s->progs.on_exec, &s->links.on_exec)) < 0 ||
	    (r = hooks_attach_one(c->on_exit, &c->exit)) < 0 ||
	    (r = hooks_attach_one(s->progs.on_free, &s->links.on_free)) < 0 ||
	    (r = hooks_attach_one(s->progs.on_cgroup_mkdir, &s->links.on_cgroup_mkdir)) < 0 ||
	    (r = hooks_attach_one(c->on_call, &c->call)) < 0 ||
	    (r = hooks_attach_one(s->progs.walk_tasks, &s->links.walk_tasks)) < 0 ||
	    (r = hooks_attach_one(s->progs.walk_fds, &s->links.walk_fds)) < 0)
		return r;
	/* io_uring is optional: failing is no error */
	if (c->on_complete)
		hooks_attach_one(c->on_complete, &c->complete);
	if (c->on_submit)
		hooks_attach_one(c->on_submit, &c->submit);
	c->iter_tasks = bpf_link__fd(s->links.walk_tasks);
	c->iter_fds = bpf_link__fd(s->links.walk_fds);
	return 0;
}

int hooks_update_enter(struct capture *c)
{
	bool want = (c->needs & NEED_FACTS) || c->spying;

	if (want && !c->enter) {
		/* entry times of an earlier attachment no longer count */
		c->skel->bss->session++;
		return hooks_attach_one(c->on_enter, &c->enter);
	}
	if (!want && c->enter) {
		bpf_link__destroy(c->enter);
		c->enter = NULL;
	}
	return 0;
}

void hooks_detach(struct capture *c)
{
	bpf_link__destroy(c->enter);
	bpf_link__destroy(c->call);
	bpf_link__destroy(c->exit);
	bpf_link__destroy(c->submit);
	bpf_link__destroy(c->complete);
	c->enter = c->call = c->exit = c->submit = c->complete = NULL;
}
