/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.bpf.h - file and network I/O that goes through io_uring and so is no
 * system call: a request is noted when it is submitted (who, when) and counted
 * when it completes (what, result). Always attached where the kernel has the
 * tracepoints; costs nothing where nobody uses io_uring.
 *
 * Rows of the facts have nr = WIRE_NR_URING | opcode. A request may complete
 * in another context than its thread's, so these rows are added to atomically;
 * the per-thread counters (single writer) are left alone: user space adds the
 * rows' bytes to them.
 */
#ifndef CTOP_BPF_URING_H
#define CTOP_BPF_URING_H

struct uring_req {
	struct task_key task;
	u32 tgid;
	u32 pad;
	u64 ts;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64); /* address of struct io_kiocb */
	__type(value, struct uring_req);
} uring_reqs SEC(".maps");

/* include/uapi/linux/io_uring.h */
enum {
	OP_READV = 1, OP_WRITEV = 2, OP_READ_FIXED = 4, OP_WRITE_FIXED = 5, OP_SENDMSG = 9, OP_RECVMSG = 10,
	OP_READ = 22, OP_WRITE = 23, OP_SEND = 26, OP_RECV = 27, OP_SEND_ZC = 47, OP_SENDMSG_ZC = 48,
	OP_READ_MULTISHOT = 49,
};

#define OP_BIT(op) (1ULL << (op))
#define OPS_IN (OP_BIT(OP_READV) | OP_BIT(OP_READ_FIXED) | OP_BIT(OP_RECVMSG) | OP_BIT(OP_READ) | OP_BIT(OP_RECV) | \
		OP_BIT(OP_READ_MULTISHOT))
#define OPS_OUT (OP_BIT(OP_WRITEV) | OP_BIT(OP_WRITE_FIXED) | OP_BIT(OP_SENDMSG) | OP_BIT(OP_WRITE) | \
		 OP_BIT(OP_SEND) | OP_BIT(OP_SEND_ZC) | OP_BIT(OP_SENDMSG_ZC))

static __always_inline int uring_submit(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct uring_req r = {
		.task = { .tid = task->pid, .gen = task_gen(task) },
		.tgid = task->tgid,
		.ts = bpf_ktime_get_ns(),
	};

	uring_used = 1;
	if (bpf_map_update_elem(&uring_reqs, &req, &r, BPF_ANY))
		ADD(lost.uring_full, 1);
	return 0;
}

static __always_inline void uring_add(struct fact_val *v, u64 in, u64 out, u64 ns)
{
	ADD(v->calls, 1);
	ADD(v->bytes_in, in);
	ADD(v->bytes_out, out);
	add_latency_shared(v, ns);
}

__noinline int uring_complete(u64 address, s32 res)
{
	struct uring_req *r = bpf_map_lookup_elem(&uring_reqs, &address);
	struct io_kiocb *req = (void *)address;
	struct task_counts rest = {}, none = {};
	struct fact_key key = {};
	struct object o = {};
	struct fact_val *v;
	struct file *file;
	u64 bit, in = 0, out = 0, ns;
	bool fresh;
	u8 op;

	if (!r)
		return 0;
	if (!counting) {
		bpf_map_delete_elem(&uring_reqs, &address);
		return 0;
	}
	op = BPF_CORE_READ(req, opcode);
	bit = op < 64 ? OP_BIT(op) : 0;
	if (res > 0 && (bit & OPS_IN))
		in = res;
	else if (res > 0 && (bit & OPS_OUT))
		out = res;
	key.task = r->task;
	key.tgid = r->tgid;
	key.nr = WIRE_NR_URING | op;
	key.err = call_errno(res);
	ns = bpf_ktime_get_ns() - r->ts;
	bpf_map_delete_elem(&uring_reqs, &address);
	file = BPF_CORE_READ(req, file);
	if (file && object_of_file(file, &o))
		key.obj = o.key;
	v = map_row(&key, &fresh);
	if (!v) {
		ADD(lost.fact_full, 1);
		rest.coarse = 1;
		wire_add_bytes(&rest, o.kind, in, out);
		add_rest(&rest, &none);
		return 0;
	}
	uring_add(v, in, out, ns);
	if (fresh && o.file)
		name_object(SCRATCH_URING, &o, &meta_ring, &named, 0);
	return 0;
}

/* Both tracepoints changed; user space loads those that this kernel has (capture.c). */
SEC("?tp_btf/io_uring_submit_req") /* 6.5 on */
int BPF_PROG(on_uring_submit_req, struct io_kiocb *req)
{
	return uring_submit((u64)req);
}

SEC("?tp_btf/io_uring_submit_sqe") /* 6.0 to 6.4 */
int BPF_PROG(on_uring_submit_sqe, struct io_kiocb *req)
{
	return uring_submit((u64)req);
}

SEC("?tp_btf/io_uring_complete") /* 6.15 on: the completion entry itself */
int BPF_PROG(on_uring_complete, void *ring, void *req, struct io_uring_cqe *cqe)
{
	return uring_complete((u64)req, BPF_CORE_READ(cqe, res));
}

SEC("?tp_btf/io_uring_complete") /* before: its members */
int BPF_PROG(on_uring_complete_old, void *ring, void *req, u64 user_data, int res)
{
	return uring_complete((u64)req, res);
}

/* By way of perf. */
SEC("?tp/io_uring/io_uring_submit_req")
int on_uring_submit_perf(struct perf_uring *req)
{
	return uring_submit(req->req);
}

SEC("?tp/io_uring/io_uring_complete")
int on_uring_complete_perf(struct perf_uring *done)
{
	return uring_complete(done->req, done->res);
}

#endif
