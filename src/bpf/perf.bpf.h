/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf.bpf.h - the other way to a tracepoint, for kernels from 7.0 on: there a task can be preempted inside a tracing
 * program, which then does not run for others on that CPU. perf has preemption off around its programs; getting there
 * costs more. hooks.c chooses; what a program does is the same either way.
 */
#ifndef CTOP_BPF_PERF_H
#define CTOP_BPF_PERF_H

/* What perf hands over at the begin and the end of a call, */
struct perf_call {
	u64 common;
	s64 id, ret; /* at the begin: the first argument */
};

/* ... and when a request of io_uring is submitted or completes, since 6.0. */
struct perf_uring {
	u64 common, ring, req, user_data;
	s32 res; /* of a completion */
};

/* The registers of the current call, which it does not hand over. */
static __always_inline struct pt_regs *perf_call_regs(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return CAST(struct pt_regs, (u64)regs);
}

#endif
