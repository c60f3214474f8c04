/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk_fds.bpf.h - the iterator over every open descriptor, once an interval.
 * Most of them are idle sockets: those it tells of in a few words.
 */
#ifndef CTOP_BPF_WALK_FDS_H
#define CTOP_BPF_WALK_FDS_H

/*
 * What describe_file() says of an inet socket, without its two dozen bpf_probe_read_kernel(): there can be
 * fifty thousand of them, and they are told of every interval. False: not so here, ask describe_file().
 */
static __always_inline bool describe_socket(struct scratch *s, struct file *file, const struct object *o,
					    u64 *ret_signature)
{
#ifndef CTOP_PLAIN
	struct sock *sk = CAST(struct socket, CAST(struct file, (u64)file)->private_data)->sk;
	struct tcp_sock *tp;
	struct obj_rec *r = &s->obj.rec;

	if (!sk || o->family != AF_INET)
		return false;
	__builtin_memset(r, 0, sizeof(*r));
	*ret_signature = ((u64)sk->__sk_common.skc_num << 16 | sk->__sk_common.skc_dport) << 8 |
			 sk->__sk_common.skc_state; /* as name_signature() makes it */
	r->key = o->key;
	r->kind = o->kind;
	r->family = o->family;
	r->type = sk->sk_type;
	r->protocol = sk->sk_protocol;
	r->sk = (u64)sk;
	r->lport = sk->__sk_common.skc_num;
	r->rport = bpf_ntohs(sk->__sk_common.skc_dport);
	*(u32 *)r->laddr = sk->__sk_common.skc_rcv_saddr;
	*(u32 *)r->raddr = sk->__sk_common.skc_daddr;
	if (!r->lport)
		return false; /* raw or not bound: describe_file() knows where to look */
	r->netns = sk->__sk_common.skc_net.net->ns.inum;
	if (r->protocol != IPPROTO_TCP || r->type != SOCK_STREAM) {
		r->rx_queue = sk->sk_backlog.rmem_alloc.counter;
		r->tx_queue = sk->sk_wmem_alloc.refs.counter - 1;
		return true;
	}
	r->tcp_state = sk->__sk_common.skc_state;
	if (r->tcp_state == TCP_LISTEN) {
		r->rx_queue = sk->sk_ack_backlog;
		r->tx_queue = sk->sk_max_ack_backlog;
		return true;
	}
	tp = CAST(struct tcp_sock, (u64)sk);
	r->srtt_us = tp->srtt_us >> 3;
	r->rttvar_us = tp->mdev_us >> 2;
	r->snd_cwnd = tp->snd_cwnd;
	r->total_retrans = tp->total_retrans;
	r->bytes_acked = tp->bytes_acked;
	r->bytes_received = tp->bytes_received;
	r->rx_queue = tp->rcv_nxt - tp->copied_seq;
	r->tx_queue = tp->write_seq - tp->snd_una;
	if ((s32)r->rx_queue < 0)
		r->rx_queue = 0;
	return true;
#else
	return false;
#endif
}

/*
 * Sockets carry numbers of now, but those of an idle connection stay: then its record is left out. A stamp is
 * a hash of all that the record says. Inode numbers of sockets come in turn, so neighbours share a cache
 * line; two sockets that share a slot are sent in full every time.
 */
enum { FD_STAMPS = 1 << 18 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FD_STAMPS);
	__type(key, u32);
	__type(value, u64);
} fd_stamps SEC(".maps");

/* Set by user space: records of walks of another number do not count. */
__u32 fds_session = 0;
/*
 * What tells sockets' files from others, and the device of all of them, learned from the first one; of which process, and
 * from which descriptor on, touch_ahead() was called last. In both builds, see `lost`.
 */
__u32 socket_ops = 0, socket_dev = 0;
__u32 ahead_tgid = 0, ahead_fd = 0;

/* Of the record in the scratch. (Not inline: the iterator's stack is full.) */
__noinline u64 make_socket_stamp(u32 which)
{
	struct scratch *s = scratch_get(which);
	u64 h = fds_session, word;

	if (!s)
		return 0;
#pragma unroll
	for (u32 i = 0; i < sizeof(s->obj.rec) / sizeof(word); i++) {
		__builtin_memcpy(&word, (const char *)&s->obj.rec + i * sizeof(word), sizeof(word));
		h = mix(h, word);
	}
	return h ? h : 1;
}

#ifndef CTOP_PLAIN
/* object_of_file() for a socket, from half as many cache lines. */
static __always_inline struct sock *socket_of_file(struct file *at, struct object *o)
{
	struct file *file = CAST(struct file, (u64)at);
	struct inode *inode = file->f_inode;
	struct sock *sk;

	if (!socket_ops || lower_half(file->f_op) != socket_ops)
		return NULL;
	sk = CAST(struct socket, file->private_data)->sk;
	if (!inode || !sk)
		return NULL;
	o->file = at;
	o->family = sk->__sk_common.skc_family;
	o->kind = sock_kind(o->family);
	o->key.ino = inode->i_ino;
	o->key.gen = inode->i_generation;
	o->key.dev = socket_dev;
	return sk;
}

static __always_inline void learn_sockets(struct file *file, const struct object *o)
{
	if (socket_ops || !o->family)
		return;
	socket_dev = o->key.dev;
	socket_ops = lower_half(CAST(struct file, (u64)file)->f_op);
}

enum { AHEAD = 8 };

/* The file of a socket at a descriptor to come; NULL: there is none, or of another kind. */
static __always_inline struct file *socket_at(u64 slots, u32 fd)
{
	/* a slot looks like any struct that begins with a struct file pointer */
	struct file *file = CAST(struct kiocb, slots + (u64)fd * sizeof(file))->ki_filp;

	return file && lower_half(file->f_op) == socket_ops ? file : NULL;
}

/* In the order in which one points to the other: each round has its lines fetched while it goes on. */
static __always_inline void touch_ahead(struct task_struct *task, u32 fd)
{
	struct fdtable *fdt = LOOSE(struct task_struct, task)->files->fdt;
	u64 slots = (u64)fdt->fd;
	u32 end = fdt->max_fds;
	struct file *file;

	fd++;
	if (end > fd + AHEAD)
		end = fd + AHEAD;
	for (u32 i = 0; i < AHEAD && fd + i < end; i++) {
		struct file___since613 *counted;

		file = CAST(struct kiocb, slots + (u64)(fd + i) * sizeof(file))->ki_filp;
		if (!file)
			continue;
		counted = (void *)file;
		touch((u64)file->f_op);
		if (bpf_core_field_exists(
			    counted->f_ref)) /* on a line of its own; the iterator counts it up */
			touch(counted->f_ref.refcnt.counter);
	}
	for (u32 i = 0; i < AHEAD && fd + i < end; i++) {
		file = socket_at(slots, fd + i);
		if (!file)
			continue;
		touch(file->f_inode->i_ino);
		touch((u64)CAST(struct socket, file->private_data)->sk);
	}
	for (u32 i = 0; i < AHEAD && fd + i < end; i++) {
		struct tcp_sock *tp;

		file = socket_at(slots, fd + i);
		if (!file)
			continue;
		tp = CAST(struct tcp_sock, CAST(struct socket, file->private_data)->sk);
		touch(CAST(struct sock, (u64)tp)->__sk_common.skc_state);
		touch(tp->copied_seq);
		touch(tp->write_seq);
		touch(tp->snd_una);
	}
}

/*
 * Of a TCP connection that waits for no acknowledgement: changes whenever anything in its record does, and
 * takes only half of the cache lines. What it leaves out is
 *  - bytes_acked, which grows by what snd_una moves, bytes_received, by what rcv_nxt moves;
 *  - total_retrans: what was sent again had been sent, which moved write_seq, and until it is acknowledged
 * snd_una is another number;
 *  - addresses and the network namespace, which in these states only a new connection changes, with new
 * sequence numbers. The kernel moves the sequence numbers after the numbers that go with them, and here they
 * are read first: a record is never older than the stamp that was taken with it. 0: has to be read in full.
 * For another kind of socket it means nothing (and is never kept).
 */
static __always_inline u64 idle_stamp(struct sock *sk, const struct object *o)
{
	const u32 idle = 1 << BPF_TCP_ESTABLISHED | 1 << BPF_TCP_FIN_WAIT2 | 1 << BPF_TCP_CLOSE_WAIT;
	struct tcp_sock *tp = CAST(struct tcp_sock, (u64)sk);
	u8 state = sk->__sk_common.skc_state;
	u32 una = tp->snd_una;
	u64 h = fds_session;

	if (!(idle >> (state & 31) & 1) || una != tp->write_seq)
		return 0;
	h = mix(h, o->key.ino);
	h = mix(h, (u64)lower_half(sk) << 32 | o->key.gen);
	h = mix(h, (u64)sk->__sk_common.skc_num << 48 | (u64)sk->__sk_common.skc_dport << 32 |
			   o->family << 8 | state);
	h = mix(h, (u64)tp->rcv_nxt << 32 | tp->copied_seq);
	h = mix(h, (u64)una << 32 | tp->snd_cwnd);
	h = mix(h, (u64)tp->srtt_us << 32 | tp->mdev_us);
	return h ? h : 1;
}
#endif

SEC("iter/task_file")
int walk_fds(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct scratch *s = scratch_get(SCRATCH_ITER);
	struct object o = {};
	struct fd_rec f = {};
	u64 sig = 1, now = 0, *have = NULL, *stamp = NULL;
	struct sock *sk = NULL;
	u32 len = 0, slot;

	if (!task || !file || !s)
		return 0;
#ifndef CTOP_PLAIN
	sk = socket_of_file(file, &o);
	if (sk && (ahead_tgid != task->tgid || ctx->fd - ahead_fd >= AHEAD)) {
		touch_ahead(task, ctx->fd);
		ahead_tgid = task->tgid;
		ahead_fd = ctx->fd;
	}
#endif
	if (!sk) {
		if (!object_of_file(file, &o))
			return 0;
		f.pos = file->f_pos; /* a socket has none */
#ifndef CTOP_PLAIN
		learn_sockets(file, &o);
#endif
	}
	f.key = o.key;
	f.tgid = task->tgid;
	f.fd = ctx->fd;
	f.flags = file->f_flags;
	if (o.kind == OBJ_INET) {
		slot = (u32)o.key.ino & (FD_STAMPS - 1);
		stamp = bpf_map_lookup_elem(&fd_stamps, &slot);
#ifndef CTOP_PLAIN
		if (sk)
			now = idle_stamp(sk, &o);
#endif
		if (stamp && now && *stamp == now && !walk_all) {
			f.size = FD_SAME;
			bpf_seq_write(ctx->meta->seq, &f, sizeof(f));
			return 0;
		}
	} else {
		/* sockets carry numbers of now; other names are sent once */
		have = bpf_map_lookup_elem(&named, &o.key);
	}
	if (!have) {
		s->address = (u64)file;
		if (o.kind == OBJ_INET && describe_socket(s, file, &o, &sig)) {
			f.size = len = sizeof(s->obj.rec);
		} else if (!describe_file(SCRATCH_ITER, s->address)) {
			len = (sizeof(s->obj.rec) + s->obj.rec.path_len + 7) & 0x1ff8;
			f.size = len;
			sig = name_signature(&o);
		}
	}
	if (stamp && len && !(now && s->obj.rec.tcp_state)) {
		now = make_socket_stamp(SCRATCH_ITER);
		if (now && *stamp == now && !walk_all) {
			f.size = FD_SAME;
			len = 0;
		}
	}
	if (bpf_seq_write(ctx->meta->seq, &f, sizeof(f)))
		return 0;
	if (!len || len > sizeof(s->obj.rec) + sizeof(s->obj.path) ||
	    bpf_seq_write(ctx->meta->seq, &s->obj.rec, len))
		return 0;
	if (stamp)
		*stamp = now;
	have = bpf_map_lookup_elem(&named, &o.key);
	if (!have || *have != sig)
		bpf_map_update_elem(&named, &o.key, &sig, BPF_ANY);
	return 0;
}

#endif
