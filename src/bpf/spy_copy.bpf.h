/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy_copy.bpf.h - what the arguments of a call point to, as its description
 * (call_desc) says. An event is put together in a per-CPU buffer: the record,
 * then a blob for each thing that was copied. It is sent in one piece.
 */
#ifndef CTOP_BPF_SPY_COPY_H
#define CTOP_BPF_SPY_COPY_H

enum {
	EVENT_MASK = 8 * 1024 - 1, /* offsets of blobs; EVENT_MAX leaves room for the longest behind */
	COPY_MIN = 128,            /* structs are copied whole however short payloads are cut */
	IOV_SHOWN = 8,
	ARGV_SHOWN = 32,
	ARRAY_BYTES = 1024,
};

static __always_inline struct event_buf *event_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&event_map, &zero);
}

static __always_inline struct spy_blob *blob_at(struct event_buf *e)
{
	return (void *)(e->data + (e->off & EVENT_MASK & ~7u));
}

/* Ends the blob that was written behind blob_at(). */
static __always_inline void blob_close(struct event_buf *e, u32 arg, u32 part, u64 addr, u32 len, u64 full,
				       bool fault)
{
	struct spy_blob *b = blob_at(e);

	b->arg = arg;
	b->part = part;
	b->fault = fault;
	b->pad = 0;
	b->len = len;
	b->full = full;
	b->addr = addr;
	e->off += sizeof(*b) + ((len + 7) & ~7u);
	e->hdr.rec.n_blobs++;
}

static __always_inline bool blob_room(const struct event_buf *e)
{
	return e->hdr.rec.n_blobs < WIRE_BLOBS_MAX && e->off < EVENT_MASK - sizeof(struct spy_blob);
}

/* Copies len bytes (at most WIRE_SNAP_MAX) of user memory; id: arg | part << 8. */
__noinline int copy_mem(u64 addr, u32 len, u64 full, u32 id)
{
	struct event_buf *e = event_get();
	bool fault;

	if (!e || !addr || !blob_room(e))
		return 0;
	if (len > WIRE_SNAP_MAX)
		len = WIRE_SNAP_MAX;
	fault = bpf_probe_read_user(blob_at(e) + 1, len, (void *)addr) != 0;
	blob_close(e, id & 255, id >> 8, addr, fault ? 0 : len, full, fault);
	return 0;
}

__noinline int copy_str(u64 addr, u32 id)
{
	struct event_buf *e = event_get();
	long len;

	if (!e || !addr || !blob_room(e))
		return 0;
	len = bpf_probe_read_user_str(blob_at(e) + 1, WIRE_SNAP_MAX, (void *)addr);
	/* a string that fills the buffer may go on: full says so */
	blob_close(e, id, 0, addr, len > 0 ? len - 1 : 0, len == WIRE_SNAP_MAX ? len : len - 1, len < 0);
	return 0;
}

/* Appends what one iovec points to; 1 = enough. */
__noinline int copy_iov_part(u64 at)
{
	struct event_buf *e = event_get();
	struct iovec iov;
	u32 snap = spy.snaplen > WIRE_SNAP_MAX ? WIRE_SNAP_MAX : spy.snaplen;
	u32 done;
	u64 n;

	if (!e || bpf_probe_read_user(&iov, sizeof(iov), (void *)at))
		return 1;
	done = e->iov_done & (WIRE_SNAP_MAX - 1);
	if (e->iov_done >= snap || !e->iov_left)
		return 1;
	n = iov.iov_len;
	if (n > e->iov_left)
		n = e->iov_left;
	if (n > snap - done)
		n = snap - done;
	asm volatile("" : "+r"(n));
	if (n > WIRE_SNAP_MAX ||
	    bpf_probe_read_user((void *)(blob_at(e) + 1) + done, n, (void *)iov.iov_base))
		return 1;
	e->iov_done += n;
	e->iov_left -= n;
	return 0;
}

/* The iovec array as one blob, and up to snaplen bytes of what it points to as another (part 1). */
__noinline int copy_iov(u64 vec, u32 count, u64 limit, u32 id)
{
	struct event_buf *e = event_get();

	if (!e || !vec || !count)
		return 0;
	copy_mem(vec, (count > IOV_SHOWN ? IOV_SHOWN : count) * sizeof(struct iovec),
		 (u64)count * sizeof(struct iovec), id);
	if (!blob_room(e))
		return 0;
	e->iov_left = limit;
	e->iov_done = 0;
	for (u32 i = 0; i < IOV_SHOWN; i++)
		if (i >= count || copy_iov_part(vec + i * sizeof(struct iovec)))
			break;
	blob_close(e, id & 255, 1, 0, e->iov_done & (2 * WIRE_SNAP_MAX - 1), limit, false);
	return 0;
}

/* A msghdr: itself, name (part 2), iovec (part 3), payload (part 1). limit ~0: the lengths of the iovec say.
 */
__noinline int copy_msg(u64 addr, u32 size, u64 limit, u32 arg)
{
	struct user_msghdr m;

	if (bpf_probe_read_user(&m, sizeof(m), (void *)addr))
		return 0;
	copy_mem(addr, size, size, arg);
	if (m.msg_name && m.msg_namelen)
		copy_mem(m.msg_name, m.msg_namelen > COPY_MIN ? COPY_MIN : m.msg_namelen, m.msg_namelen,
			 arg | 2 << 8);
	copy_iov(m.msg_iov, m.msg_iovlen > 1024 ? 1024 : m.msg_iovlen, limit, arg | 3 << 8);
	return 0;
}

/* Strings of a NULL-terminated pointer array, joined by NUL; full = how many there were (as far as looked).
 */
__noinline int copy_argv(u64 vec, u32 arg)
{
	struct event_buf *e = event_get();
	u32 len = 0, n = 0;

	if (!e || !vec || !blob_room(e))
		return 0;
	for (u32 i = 0; i < ARGV_SHOWN; i++) {
		u64 str = 0;
		long got;

		if (bpf_probe_read_user(&str, sizeof(str), (void *)(vec + i * 8)) || !str)
			break;
		n++;
		if (len > WIRE_SNAP_MAX / 2)
			continue;
		got = bpf_probe_read_user_str((void *)(blob_at(e) + 1) + (len & (WIRE_SNAP_MAX - 1)),
					      WIRE_SNAP_MAX / 2, (void *)str);
		if (got > 0)
			len += got;
	}
	blob_close(e, arg, 0, vec, len > WIRE_SNAP_MAX ? WIRE_SNAP_MAX : len, n, false);
	return 0;
}

static __always_inline u32 snap_limit(u64 len)
{
	u32 limit = spy.snaplen > COPY_MIN ? spy.snaplen : COPY_MIN;

	return len > limit ? limit : len;
}

/* Copies argument i as its call's description says. */
__noinline int copy_arg(u32 i)
{
	struct event_buf *e = event_get();
	const volatile struct call_desc *d;
	u64 addr, len;
	s64 ret;
	u32 size;

	if (!e || i >= 6)
		return 0;
	d = call_desc_of(e->hdr.rec.nr);
	if (!d)
		return 0;
	addr = e->hdr.rec.args[i];
	size = d->copy[i].size;
	ret = e->hdr.rec.ret;
	if (!addr)
		return 0;
	switch (d->copy[i].op) {
	case COPY_STR: return copy_str(addr, i);
	case COPY_FIXED: return copy_mem(addr, size, size, i);
	case COPY_LEN_ARG:
		len = e->hdr.rec.args[size < 6 ? size : 0];
		return copy_mem(addr, snap_limit(len), len, i);
	case COPY_LEN_RET:
		if (ret > 0)
			copy_mem(addr, snap_limit(ret), ret, i);
		return 0;
	case COPY_LENPTR: {
		u32 n = 0;

		bpf_probe_read_user(&n, sizeof(n), (void *)e->hdr.rec.args[size < 6 ? size : 0]);
		if (n)
			copy_mem(addr, n > COPY_MIN ? COPY_MIN : n, n, i);
		return 0;
	}
	case COPY_IOV_ARG:
		return copy_iov(addr, e->hdr.rec.args[size < 6 ? size : 0], ret > 0 ? ret : ~0ULL, i);
	case COPY_IOV_RET: return copy_iov(addr, e->hdr.rec.args[size < 6 ? size : 0], ret > 0 ? ret : 0, i);
	case COPY_MSG_ARG: return copy_msg(addr, 56, ret > 0 ? ret : ~0ULL, i);
	case COPY_MSG_RET: return copy_msg(addr, 56, ret > 0 ? ret : 0, i);
	case COPY_MMSG_ARG:
	case COPY_MMSG_RET: {
		u32 n = 0; /* bytes of the first message: the kernel wrote them */

		if (ret > 0)
			bpf_probe_read_user(&n, sizeof(n), (void *)(addr + MMSG_LEN_AT));
		return copy_msg(addr, MMSG_SIZE, n, i);
	}
	case COPY_ARGV: return copy_argv(addr, i);
	case COPY_ARRAY_ARG:
		len = e->hdr.rec.args[(size & 7) < 6 ? size & 7 : 0] * (size >> 3);
		return copy_mem(addr, len > ARRAY_BYTES ? ARRAY_BYTES : len, len, i);
	case COPY_ARRAY_RET:
		len = ret > 0 ? (u64)ret * (size >> 3) : 0;
		if (len)
			copy_mem(addr, len > ARRAY_BYTES ? ARRAY_BYTES : len, len, i);
		return 0;
	}
	return 0;
}

/* Before the call: keeps what it is going to overwrite. */
static __always_inline void before_save(struct task_struct *task, const struct call_args *args, u16 nr)
{
	const volatile struct call_desc *d = call_desc_of(nr);
	struct before *b = bpf_task_storage_get(&spy_before, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!b || !d)
		return;
	b->session = spy_session;
	b->nr = nr;
	b->have = 0;
	for (u32 i = 0; i < BEFORE_ARGS; i++) {
		u32 size = d->copy[i + 1].size;

		asm volatile("" : "+r"(size)); /* the bound below must be on what is passed on */
		if (d->copy[i + 1].at_enter && args->v[i + 1] && size <= BEFORE_MAX &&
		    !bpf_probe_read_user(b->data[i], size, (void *)args->v[i + 1]))
			b->have |= 1 << i;
	}
}

/* After it: adds what was kept as blobs (part 4). */
__noinline int before_send(u32 nr)
{
	struct event_buf *e = event_get();
	const volatile struct call_desc *d = call_desc_of(nr);
	struct before *b = bpf_task_storage_get(&spy_before, bpf_get_current_task_btf(), NULL, 0);

	if (!e || !d || !b || b->session != spy_session || b->nr != nr)
		return 0;
	for (u32 i = 0; i < BEFORE_ARGS; i++) {
		u32 size = d->copy[i + 1].size;

		asm volatile("" : "+r"(size));
		if (!(b->have >> i & 1) || size > BEFORE_MAX || !blob_room(e))
			continue;
		bpf_probe_read_kernel(blob_at(e) + 1, size, b->data[i]);
		blob_close(e, i + 1, 4, e->hdr.rec.args[i + 1], size, size, false);
	}
	b->have = 0;
	return 0;
}

#endif
