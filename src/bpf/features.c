/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * features.c - which of the hooks and helpers that the programs use this kernel
 * has, by its BTF; nothing is loaded to find out.
 */
#include <stdio.h>
#include <string.h>

#include "bpf/capture.h"
#include "bpf/capture_priv.h"
#include "bpf/kernel_btf.h"

enum kind { TRACEPOINT, ITERATOR, HELPER, KFUNC, URING, PERF };

static const char *const kind_names[] = {
	[TRACEPOINT] = "tracepoint", [ITERATOR] = "iterator", [HELPER] = "helper",
	[KFUNC] = "helper",          [URING] = "tracepoint",  [PERF] = "by perf",
};

static const struct {
	enum kind kind;
	const char *name, *use, *without; /* without NULL: cannot do without */
} features[] = {
	{TRACEPOINT, "sys_exit", "counts calls", NULL},
	{TRACEPOINT, "sys_enter", "times calls", NULL},
	{TRACEPOINT, "sched_process_exec", "names new programs", NULL},
	{TRACEPOINT, "sched_process_exit", "keeps the counters of threads that end", NULL},
	{TRACEPOINT, "sched_process_free", "completes their CPU time", NULL},
	{TRACEPOINT, "cgroup_mkdir", "names short-lived containers", NULL},
	{URING, "io_uring", "counts I/O through io_uring", "I/O through io_uring is in no count"},
	{ITERATOR, "task", "reads every thread", NULL},
	{ITERATOR, "task_file", "lists open descriptors", NULL},
	{HELPER, "task_storage_get", "keeps each thread's counters", NULL},
	{HELPER, "loop", "walks paths", "file names keep their last six components only"},
	{HELPER, "task_pt_regs", "reads the call a thread sleeps in",
	 "thread.syscall and its time stay empty"},
	{KFUNC, "bpf_rdonly_cast", "reads a file's identity cheaply",
	 "calls with a descriptor cost a little more"},
	/* only where it is needed, see hooks.c */
	{PERF, "raw_syscalls", "counts calls with preemption off",
	 "calls are missed where threads wait for a CPU (root reads tracefs, others may not)"},
};

static bool has_iterator(const struct kernel_btf *btf, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "bpf_iter_%s", name);
	return kernel_has_function(btf, full);
}

enum uring_variant uring_submit_variant(const struct kernel_btf *btf)
{
	if (kernel_tracepoint_args(btf, "io_uring_submit_req") > 0)
		return URING_REQ;
	/* 5.15's begins with the ring, not the request */
	return kernel_tracepoint_args(btf, "io_uring_submit_sqe") == 3 ? URING_SQE : URING_NONE;
}

enum uring_variant uring_complete_variant(const struct kernel_btf *btf)
{
	unsigned args = kernel_tracepoint_args(btf, "io_uring_complete");

	return args == 4 ? URING_CQE : args > 5 ? URING_MEMBERS : URING_NONE;
}

static bool present(const struct kernel_btf *btf, enum kind kind, const char *name)
{
	switch (kind) {
	case TRACEPOINT: return kernel_tracepoint_args(btf, name) > 0;
	case ITERATOR: return has_iterator(btf, name);
	case HELPER: return kernel_has_helper(btf, name);
	case KFUNC: return kernel_has_function(btf, name);
	case URING:
		return uring_submit_variant(btf) != URING_NONE && uring_complete_variant(btf) != URING_NONE;
	case PERF: return hooks_perf_opens();
	}
	return false;
}

size_t capture_features(struct capture_feature *ret, size_t max)
{
	struct kernel_btf btf;
	size_t n = 0;

	if (kernel_btf_open(&btf) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(features) / sizeof(*features) && n < max; i++) {
		if (features[i].kind == PERF && !kernel_preempts_programs())
			continue;
		ret[n++] = (struct capture_feature){
			.kind = kind_names[features[i].kind],
			.name = features[i].name,
			.use = features[i].use,
			.without = features[i].without,
			.present = present(&btf, features[i].kind, features[i].name),
		};
	}
	kernel_btf_close(&btf);
	return n;
}
