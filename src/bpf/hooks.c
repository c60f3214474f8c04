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

/* The programs of one way, and not those of the other. */
static void choose_way(struct capture *c, bool perf)
{
	struct ctop_bpf *s = c->skel;

	bpf_program__set_autoload(s->progs.on_sys_enter, !perf);
	bpf_program__set_autoload(s->progs.on_sys_exit, !perf);
	bpf_program__set_autoload(s->progs.on_exit, !perf);
	bpf_program__set_autoload(s->progs.on_sys_enter_perf, perf);
	bpf_program__set_autoload(s->progs.on_sys_exit_perf, perf);
	bpf_program__set_autoload(s->progs.on_exit_perf, perf);
	c->by_perf = perf;
	c->on_enter = perf ? s->progs.on_sys_enter_perf : s->progs.on_sys_enter;
	c->on_call = perf ? s->progs.on_sys_exit_perf : s->progs.on_sys_exit;
	c->on_exit = perf ? s->progs.on_exit_perf : s->progs.on_exit;
}

int hooks_choose(struct capture *c, const struct kernel_btf *btf, enum hooks_way way)
{
	struct ctop_bpf *s = c->skel;
	enum uring_variant submit = uring_submit_variant(btf), complete = uring_complete_variant(btf);
	bool perf = way == HOOKS_PERF || (way == HOOKS_AUTO && kernel_preempts_programs());

	bpf_program__set_autoload(s->progs.on_uring_submit_req, submit == URING_REQ);
	bpf_program__set_autoload(s->progs.on_uring_submit_sqe, submit == URING_SQE);
	bpf_program__set_autoload(s->progs.on_uring_complete, complete == URING_CQE);
	bpf_program__set_autoload(s->progs.on_uring_complete_old, complete == URING_MEMBERS);
	/* the registers of a call, which perf does not hand over, are found by a helper and a cast */
	if (perf && (!s->rodata->can_cast || !s->rodata->use_places || !hooks_perf_opens())) {
		if (way == HOOKS_PERF)
			return -ENODEV;
		perf = false;
	}
	choose_way(c, perf);
	return 0;
}

/* Attaches what was loaded of the optional programs; failing is no error. */
static void attach_optional(struct capture *c)
{
	struct ctop_bpf *s = c->skel;
	struct {
		struct bpf_program *prog;
		struct bpf_link **link;
	} all[] = {
		{s->progs.on_uring_complete, &s->links.on_uring_complete},
		{s->progs.on_uring_complete_old, &s->links.on_uring_complete_old},
		{s->progs.on_uring_submit_req, &s->links.on_uring_submit_req},
		{s->progs.on_uring_submit_sqe, &s->links.on_uring_submit_sqe},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (bpf_program__autoload(all[i].prog))
			*all[i].link = bpf_program__attach(all[i].prog);
}

static int attach(struct bpf_program *prog, struct bpf_link **link)
{
	bool perf = bpf_program__type(prog) == BPF_PROG_TYPE_TRACEPOINT;
	int r = 0;

	/* Debian's kernels want more than CAP_PERFMON for perf's events */
	if (perf)
		rights_admin(true);
	*link = bpf_program__attach(prog);
	if (!*link)
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
	if ((r = attach(s->progs.on_exec, &s->links.on_exec)) < 0 || (r = attach(c->on_exit, &c->exit)) < 0 ||
	    (r = attach(s->progs.on_free, &s->links.on_free)) < 0 ||
	    (r = attach(s->progs.on_cgroup_mkdir, &s->links.on_cgroup_mkdir)) < 0 ||
	    (r = attach(c->on_call, &c->call)) < 0 ||
	    (r = attach(s->progs.walk_tasks, &s->links.walk_tasks)) < 0 ||
	    (r = attach(s->progs.walk_fds, &s->links.walk_fds)) < 0)
		return r;
	attach_optional(c);
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
		return attach(c->on_enter, &c->enter);
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
	c->enter = c->call = c->exit = NULL;
}
