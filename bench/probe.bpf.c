// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe.bpf.c - what to compare with: hooks that do nothing, hooks that read the
 * clock, and the way latency is measured in textbooks (a map of start times, a
 * map of sums).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct pt_regs;

SEC("tp_btf/sys_exit")
int exit_only(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_enter")
int pair_enter(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int pair_exit(void *ctx)
{
	return 0;
}

/* The least that can tell a latency at all: a clock at each end, and one place for everybody (so a wrong sum). */
static __u64 least_begin, least_sum;

SEC("tp_btf/sys_enter")
int least_enter(void *ctx)
{
	least_begin = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int least_exit(void *ctx)
{
	least_sum += bpf_ktime_get_ns() - least_begin;
	return 0;
}

struct begun {
	__u64 ts;
	__u64 nr;
};

struct call {
	__u64 tid, nr;
};

struct sums {
	__u64 calls, ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, struct begun);
} start SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct call);
	__type(value, struct sums);
} stats SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(twomap_enter, struct pt_regs *regs, long nr)
{
	__u64 tid = bpf_get_current_pid_tgid();
	struct begun b = {bpf_ktime_get_ns(), (__u64)nr};

	bpf_map_update_elem(&start, &tid, &b, BPF_ANY);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(twomap_exit, struct pt_regs *regs, long ret)
{
	__u64 tid = bpf_get_current_pid_tgid();
	struct begun *b = bpf_map_lookup_elem(&start, &tid);
	struct sums *s, none = {};
	struct call key;

	if (!b)
		return 0;
	key = (struct call){tid, b->nr};
	s = bpf_map_lookup_elem(&stats, &key);
	if (!s) {
		bpf_map_update_elem(&stats, &key, &none, BPF_NOEXIST);
		s = bpf_map_lookup_elem(&stats, &key);
	}
	if (s) {
		__sync_fetch_and_add(&s->calls, 1);
		__sync_fetch_and_add(&s->ns, bpf_ktime_get_ns() - b->ts);
	}
	bpf_map_delete_elem(&start, &tid);
	return 0;
}
