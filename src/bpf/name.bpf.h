/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name.bpf.h - the name of an object, at first sight only: path walk, addresses.
 * It goes through a ring to user space, and a map remembers who was named.
 */
#ifndef CTOP_BPF_NAME_H
#define CTOP_BPF_NAME_H

/* FNV-1a over the 8-byte words of the scratch's user path, the last one padded with zeros. */
__noinline u64 hash_path(u32 which, u32 len, u64 seed)
{
	struct scratch *s = scratch_get(which);
	u64 h = 0xcbf29ce484222325ULL ^ seed;
	u32 words = (len + 7) / 8;

	if (!s)
		return 0;
	__builtin_memset(s->user_path + (len & PATH_MASK), 0, 8);
	for (u32 i = 0; i < WIRE_PATH_MAX / 8; i++) {
		if (i >= words)
			break;
		h = (h ^ ((const u64 *)s->user_path)[i]) * 0x100000001b3ULL;
		h ^= h >> 29;
	}
	return h;
}

/*
 * Writes the path of (mnt, dentry) into the scratch's walk buffer so that it
 * ends at WIRE_PATH_MAX; walk_pos tells where it starts. Mounts are crossed up
 * to the root of the file's own mount namespace. A global function with scalar
 * arguments: the verifier looks at it once, not once per caller.
 */
enum { WALK_DEPTH = 64, WALK_DEPTH_UNROLLED = 6 /* before bpf_loop(), 5.17 */ };

/*
 * Where it is so far is in the scratch, not here: the verifier tracks what is on the stack, and would follow each
 * step on its own.
 */
struct walk {
	struct scratch *s;
	struct dentry *dentry;
	struct mount *mnt;
};

/* One component up, or one mount down; 1 = done. */
static long walk_step(u32 i, struct walk *w)
{
	struct dentry *dentry = w->dentry, *parent;
	struct mount *mnt = w->mnt;
	struct scratch *s = w->s;
	u32 len, pos = s->walk_pos;

	if (dentry == BPF_CORE_READ(mnt, mnt.mnt_root)) {
		struct mount *up = BPF_CORE_READ(mnt, mnt_parent);

		if (up == mnt || !up) {
			s->walk_partial = 0;
			return 1;
		}
		w->dentry = BPF_CORE_READ(mnt, mnt_mountpoint);
		w->mnt = up;
		return 0;
	}
	len = BPF_CORE_READ(dentry, d_name.len);
	if (len > 255 || len + 1 > pos)
		return 1;
	pos -= len;
	bpf_probe_read_kernel(s->walk + (pos & PATH_MASK), len, BPF_CORE_READ(dentry, d_name.name));
	pos -= 1;
	s->walk[pos & PATH_MASK] = '/';
	s->walk_pos = pos;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == parent) { /* pseudo file: memfd, "[eventpoll]" */
		s->walk_partial = 0;
		return 1;
	}
	w->dentry = parent;
	return 0;
}

__noinline int walk_path(u32 which, u64 vfsmnt, u64 dentry)
{
	struct walk w = {
		.s = scratch_get(which),
		.dentry = (void *)dentry,
		.mnt = (void *)(vfsmnt - bpf_core_field_offset(struct mount, mnt)),
	};

	if (!w.s)
		return 0;
	w.s->walk_pos = WIRE_PATH_MAX;
	w.s->walk_partial = 1;
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) {
		bpf_loop(WALK_DEPTH, walk_step, &w, 0);
	} else {
		for (int i = 0; i < WALK_DEPTH_UNROLLED; i++)
			if (walk_step(i, &w))
				break;
	}
	if (w.s->walk_pos >= WIRE_PATH_MAX) {
		w.s->walk_pos = WIRE_PATH_MAX - 1;
		w.s->walk[WIRE_PATH_MAX - 1] = '/';
	}
	return 0;
}

/* Copies the walked path, without its first `skip` bytes, to the start of the record's path; returns its length. */
static __always_inline u32 take_walk(struct scratch *s, u32 skip)
{
	u32 pos = s->walk_pos + skip;
	u32 len;

	if (pos >= WIRE_PATH_MAX)
		return 0;
	len = (WIRE_PATH_MAX - pos) & (2 * WIRE_PATH_MAX - 1);
	bpf_probe_read_kernel(s->obj.path, len, s->walk + (pos & PATH_MASK));
	s->obj.rec.partial = s->walk_partial;
	return len;
}

static __always_inline void describe_inet(struct obj_rec *r, struct sock *sk)
{
	struct inet_sock *inet = (void *)sk;

	r->lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	r->rport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (r->family == AF_INET) {
		u32 l = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr), d = BPF_CORE_READ(sk, __sk_common.skc_daddr);

		__builtin_memcpy(r->laddr, &l, 4);
		__builtin_memcpy(r->raddr, &d, 4);
	} else {
		bpf_core_read(r->laddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(r->raddr, 16, &sk->__sk_common.skc_v6_daddr);
	}
	if (!r->lport)
		r->lport = bpf_ntohs(BPF_CORE_READ(inet, inet_sport));
	r->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	r->rx_queue = BPF_CORE_READ(sk, sk_backlog.rmem_alloc.counter);
	r->tx_queue = BPF_CORE_READ(sk, sk_wmem_alloc.refs.counter) - 1;
	if (r->protocol == IPPROTO_TCP && r->type == SOCK_STREAM) {
		struct tcp_sock *tp = (void *)sk;

		r->tcp_state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (r->tcp_state == TCP_LISTEN) {
			r->rx_queue = BPF_CORE_READ(sk, sk_ack_backlog);
			r->tx_queue = BPF_CORE_READ(sk, sk_max_ack_backlog);
			return;
		}
		r->srtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
		r->rttvar_us = BPF_CORE_READ(tp, mdev_us) >> 2;
		r->snd_cwnd = BPF_CORE_READ(tp, snd_cwnd);
		r->total_retrans = BPF_CORE_READ(tp, total_retrans);
		r->bytes_acked = BPF_CORE_READ(tp, bytes_acked);
		r->bytes_received = BPF_CORE_READ(tp, bytes_received);
		/* as ss(8) shows them: tcp_diag_get_info() */
		r->rx_queue = BPF_CORE_READ(tp, rcv_nxt) - BPF_CORE_READ(tp, copied_seq);
		r->tx_queue = BPF_CORE_READ(tp, write_seq) - BPF_CORE_READ(tp, snd_una);
		if ((s32)r->rx_queue < 0)
			r->rx_queue = 0;
	}
}

static __always_inline u32 describe_unix(struct scratch *s, struct sock *sk)
{
	struct unix_sock *u = (void *)sk;
	struct unix_address *addr = BPF_CORE_READ(u, addr);
	s32 len = 0;

	s->obj.rec.peer_sk = (u64)BPF_CORE_READ(u, peer);
	s->obj.rec.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	/* a client has no address of its own; the server's socket may never be seen by itself */
	if (!addr && s->obj.rec.peer_sk) {
		u = (void *)s->obj.rec.peer_sk;
		addr = BPF_CORE_READ(u, addr);
	}
	if (!addr)
		return 0;
	len = BPF_CORE_READ(addr, len) - 2; /* sun_family */
	if (len <= 0 || len > 108)
		return 0;
	bpf_probe_read_kernel(s->obj.path, len & 127, (void *)addr + bpf_core_field_offset(struct unix_address, name) + 2);
	return len;
}

/* Fills the scratch's object record for an open file. */
__noinline int describe_file(u32 which, u64 file_addr)
{
	struct scratch *s = scratch_get(which);
	struct file *file = (void *)file_addr;
	struct object o = {};
	struct obj_rec *r;
	u32 len = 0;

	if (!s || !file || !object_of_file(file, &o))
		return -1;
	r = &s->obj.rec;
	__builtin_memset(r, 0, sizeof(*r));
	r->key = o.key;
	r->kind = o.kind;
	if (o.family || o.kind == OBJ_SOCK) {
		struct sock *sk = file_sock(file);

		r->family = o.family;
		r->type = BPF_CORE_READ(sk, sk_type);
		r->protocol = BPF_CORE_READ(sk, sk_protocol);
		r->sk = (u64)sk;
		if (o.kind == OBJ_INET)
			describe_inet(r, sk);
		else if (o.kind == OBJ_UNIX)
			len = describe_unix(s, sk);
	} else {
		walk_path(which, (u64)BPF_CORE_READ(file, f_path.mnt), (u64)BPF_CORE_READ(file, f_path.dentry));
		len = take_walk(s, o.kind == OBJ_ANON);
		if (o.kind == OBJ_FIFO && len == 1) /* a pipe has no name */
			len = 0;
	}
	r->path_len = len;
	return 0;
}

/* What a socket's record depends on; other objects are named once. */
static __always_inline u64 name_signature(const struct object *o)
{
	struct sock *sk;
	u64 ports;

	if (o->kind != OBJ_INET || !o->file)
		return 1;
	sk = file_sock(o->file);
	ports = (u64)BPF_CORE_READ(sk, __sk_common.skc_num) << 16 | BPF_CORE_READ(sk, __sk_common.skc_dport);
	return ports << 8 | BPF_CORE_READ(sk, __sk_common.skc_state);
}

/* The reader sleeps until a ring is a quarter full: names then wait for nobody's interval to end. */
static __always_inline u64 ring_wakeup(void *ring)
{
	return bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) * 4 > bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) ?
		       BPF_RB_FORCE_WAKEUP :
		       BPF_RB_NO_WAKEUP;
}

static __always_inline int send_object(void *ring, struct scratch *s)
{
	u32 len = s->obj.rec.path_len & (4 * WIRE_PATH_MAX - 1);

	s->obj.hdr.type = META_OBJ;
	s->obj.hdr.size = sizeof(s->obj.hdr) + sizeof(s->obj.rec) + len;
	return bpf_ringbuf_output(ring, &s->obj, sizeof(s->obj.hdr) + sizeof(s->obj.rec) + len, ring_wakeup(ring));
}

/* Sends the name of an open file's object unless user space has it; false: it could not be sent. */
static __always_inline bool name_object(u32 which, const struct object *o, void *ring, void *cache, u64 salt)
{
	struct obj_key key = o->key; /* before 6.4 a map key must be on the stack */
	u64 sig = name_signature(o) ^ salt << 48, *have = bpf_map_lookup_elem(cache, &key);
	struct scratch *s;

	if (have && *have == sig)
		return true;
	s = scratch_get(which);
	if (!s)
		return false;
	s->address = (u64)o->file; /* maybe a typed pointer: functions take plain numbers */
	if (describe_file(which, s->address))
		return false;
	if (send_object(ring, s)) {
		ADD(lost.meta_full, 1);
		return false;
	}
	bpf_map_update_elem(cache, &key, &sig, BPF_ANY);
	return true;
}

/* Directory that a relative path starts from; zeros: the path is absolute. */
struct base {
	u64 mnt, dentry;
};

/*
 * The object of a call that has only a path: reads it, and hashes it with its
 * base directory. at: AT_FDCWD or a descriptor.
 */
static __always_inline bool object_of_path(u32 which, struct scratch *s, struct task_struct *task, const void *user, s64 at,
					   struct object *o, struct base *ret_base)
{
	long len = bpf_probe_read_user_str(s->user_path, WIRE_PATH_MAX, user);
	u64 seed = 0;

	if (len <= 1)
		return false;
	if (s->user_path[0] != '/') {
		if ((s32)at == AT_FDCWD) {
			struct fs_struct *fs = task->fs;

			ret_base->mnt = (u64)BPF_CORE_READ(fs, pwd.mnt);
			ret_base->dentry = (u64)BPF_CORE_READ(fs, pwd.dentry);
		} else {
			struct object dir = {};
			struct file *file;

			if (!object_of_own_fd(at, &dir))
				return false;
			file = dir.file;
			ret_base->mnt = (u64)BPF_CORE_READ(file, f_path.mnt);
			ret_base->dentry = (u64)BPF_CORE_READ(file, f_path.dentry);
		}
		struct dentry *dir = (void *)ret_base->dentry;

		seed = BPF_CORE_READ(dir, d_inode, i_ino);
	}
	o->kind = OBJ_PATH;
	o->family = 0;
	o->file = NULL;
	o->key.dev = 0;
	o->key.gen = 0;
	o->key.ino = hash_path(which, len - 1, seed);
	return true;
}

__noinline int describe_path(u32 which, u64 key_ino, u64 base_mnt, u64 base_dentry)
{
	struct scratch *s = scratch_get(which);
	struct obj_rec *r;
	u32 at = 0;
	long len;

	if (!s)
		return -1;
	r = &s->obj.rec;
	__builtin_memset(r, 0, sizeof(*r));
	r->key.ino = key_ino;
	r->kind = OBJ_PATH;
	if (base_dentry) {
		walk_path(which, base_mnt, base_dentry);
		at = take_walk(s, 0) & (2 * WIRE_PATH_MAX - 1);
		s->obj.path[at] = '\0';
		at++;
	}
	len = bpf_probe_read_kernel_str(s->obj.path + (at & (2 * WIRE_PATH_MAX - 1)), WIRE_PATH_MAX, s->user_path);
	r->path_len = len > 0 ? at + len - 1 : at;
	return 0;
}

static __always_inline void name_path(u32 which, struct scratch *s, const struct object *o, const struct base *base,
				      void *ring, void *cache)
{
	struct obj_key key = o->key;
	u64 sig = 1;

	if (bpf_map_lookup_elem(cache, &key))
		return;
	if (describe_path(which, o->key.ino, base->mnt, base->dentry))
		return;
	if (send_object(ring, s))
		ADD(lost.meta_full, 1);
	else
		bpf_map_update_elem(cache, &key, &sig, BPF_ANY);
}

#endif
