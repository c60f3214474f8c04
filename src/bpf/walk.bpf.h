/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk.bpf.h - the iterators: every thread, and every open descriptor, once an
 * interval. They run in the monitor's own context: what they cost is its CPU.
 */
#ifndef CTOP_BPF_WALK_H
#define CTOP_BPF_WALK_H

/* What the walk takes from a thread's state. */
static __always_inline void read_state(struct task_rec *r, struct thread_state *st)
{
	r->sid = st->sid;
	r->counts = st->counts;
	if (st->session == session)
		r->enter_ts = st->enter_ts;
}

static __always_inline void note_walked(const struct task_rec *r, struct thread_state *st)
{
	st->walked = r->counts;
	st->walked_sid = r->sid;
}

static __always_inline void walk_state(struct task_rec *r, struct task_struct *task)
{
	struct thread_place *at = place_of_task(task);
	struct thread_state *st;

	if (at) {
		read_state(r, &at->state);
		ORDER();
		if (at->task == (u64)task) {
			note_walked(r, &at->state);
			return;
		}
		/* it ended meanwhile: nothing of this is its own */
	}
	st = bpf_task_storage_get(&threads, task, NULL, 0);
	if (st) {
		read_state(r, st);
		note_walked(r, st);
	} else if (at) {
		r->sid = r->enter_ts = 0;
		r->counts = (struct task_counts){};
	}
}

/* The call a thread is in: its saved registers, if it sleeps (then it is in the kernel), or entered under our
 * eyes. */
static __always_inline void read_call(struct task_rec *r, struct task_struct *task)
{
	const volatile struct call_desc *d;
	struct pt_regs *regs;
	u64 orig;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs) || r->kthread)
		return;
	if (!r->enter_ts && (r->state == 'R' || r->state == 'Z' || r->state == 'X'))
		return;
	regs = (void *)bpf_task_pt_regs(task);
	orig = BPF_CORE_READ(regs, orig_ax);
	if ((s64)orig < 0)
		return;
	r->nr = call_nr(task, orig);
	for (int i = 0; i < 6; i++)
		r->args[i] = saved_arg(regs, i, r->nr);
	d = call_desc_of(r->nr);
	if (d && (d->flags & CALL_FD)) {
		struct object o = {};
		u64 fd = r->args[d->fd < 6 ? d->fd : 0];

		if (object_of_fd(task, fd, &o)) {
			r->wait_obj = o.key;
			name_object(SCRATCH_ITER, &o, &meta_ring, &named, 0);
		}
	}
}

/*
 * Most threads of a machine sleep. One that did not get a CPU since the walk before cannot have changed its own
 * numbers, so what was sent then still holds unless somebody else changed what its record says. A stamp is a hash
 * of all that tells. Walks go by tid, so neighbours share a cache line, as they would not in task storage; two
 * threads that share a slot are sent in full every time.
 */
enum { WALK_STAMPS = 1 << 18 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WALK_STAMPS);
	__type(key, u32);
	__type(value, u64);
} walk_stamps SEC(".maps");

/* Set by user space: the number of the walk, and whether it wants every record. */
__u32 walk_number;
__u32 walk_all;

/* What has no cheap sign of change (a renamed thread, a moved limit) is sent again after so many walks at most. */
enum { WALK_REFRESH = 16 };

static __always_inline u64 mix(u64 h, u64 v)
{
	h = (h ^ v) * 0xd6e8feb86659fd93ULL;
	return h ^ h >> 32;
}

/* Never 0 for a thread that sleeps, 0 for any other. */
static __always_inline u64 make_stamp(struct scratch *s, struct task_struct *task)
{
	struct task_struct___before514 *old = (void *)task;
	u32 state = bpf_core_field_exists(task->__state) ? task->__state : (u32)GET(old, state);
	u64 h;

	/* between waking and its next switch, and while it dies, anything may change */
	if (!state || task->exit_state || (bpf_core_field_exists(task->on_cpu) && task->on_cpu))
		return 0;
	h = mix((u64)task->pid << 32 | task_gen(task), task->nvcsw + task->nivcsw);
	h = mix(h, (u64)task->static_prio << 32 | state);
	s->address = (u64)task->cgroups; /* a plain number, for arithmetic */
	h = mix(h, s->address);
	s->address = (u64)task->real_parent;
	h = mix(h, s->address);
	if (task->pid == task->tgid) {
		struct mm_struct *mm = task->mm;
		struct mm_struct___before62 *old_mm = (void *)mm;

		/* other threads change the memory and the descriptors that a leader's record tells of */
		if (GET(task, signal, nr_threads) > 1 || GET(task, files, count.counter) > 1)
			return 0;
		if (!bpf_core_field_exists(old_mm->rss_stat.count)) {
			/* reclaim shows in the shared part sooner or later; the rest waits for WALK_REFRESH */
			h = mix(h, GET(mm, rss_stat[0].count));
			h = mix(h, GET(mm, rss_stat[1].count));
			h = mix(h, GET(mm, rss_stat[2].count));
			h = mix(h, GET(mm, rss_stat[3].count));
		} else {
			h = mix(h, GET(old_mm, rss_stat.count[0].counter));
			h = mix(h, GET(old_mm, rss_stat.count[1].counter));
			h = mix(h, GET(old_mm, rss_stat.count[2].counter));
			h = mix(h, GET(old_mm, rss_stat.count[3].counter));
		}
	}
	return h ? h : 1;
}

SEC("iter/task")
int walk_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct scratch *s = scratch_get(SCRATCH_ITER);
	u64 *stamp, now;
	u32 slot;

	if (!task || !s)
		return 0;
	if (!ctx->meta->seq_num) {
		learn_percpu_offsets(s);
		/* the reader was just scheduled in: its own stamp is the scheduler's now */
		sched_now = bpf_get_current_task_btf()->se.exec_start;
	}
	now = make_stamp(s, LOOSE(struct task_struct, task));
	slot = (u32)task->pid & (WALK_STAMPS - 1);
	stamp = bpf_map_lookup_elem(&walk_stamps, &slot);
	if (!stamp)
		return 0;
	if (now && now == *stamp && !walk_all && (task->pid + walk_number) % WALK_REFRESH) {
		struct task_same same = {.tid = task->pid, .gen = task_gen(task)};

		bpf_seq_write(ctx->meta->seq, &same, sizeof(same));
		return 0;
	}
	read_task(s, task);
	walk_state(&s->task, task);
	read_call(&s->task, task);
	/* what did not fit is shown again, and must not look known then */
	if (!bpf_seq_write(ctx->meta->seq, &s->task, sizeof(s->task)))
		*stamp = now;
	return 0;
}

/*
 * What describe_file() says of an inet socket, without its two dozen bpf_probe_read_kernel(): there can be fifty
 * thousand of them, and they are told of every interval. False: not so here, ask describe_file().
 */
static __always_inline bool describe_socket(struct scratch *s, struct file *file, const struct object *o, u64 *ret_signature)
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
 * Sockets carry numbers of now, but those of an idle connection stay: then its record is left out. A stamp is a hash
 * of all that the record says. Inode numbers of sockets come in turn, so neighbours share a cache line; two sockets
 * that share a slot are sent in full every time.
 */
enum { FD_STAMPS = 1 << 18 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FD_STAMPS);
	__type(key, u32);
	__type(value, u64);
} fd_stamps SEC(".maps");

/* Set by user space: records of walks of another number do not count. */
__u32 fds_session;

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

SEC("iter/task_file")
int walk_fds(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct scratch *s = scratch_get(SCRATCH_ITER);
	struct object o = {};
	struct fd_rec f = {};
	u64 sig = 1, now = 0, *have = NULL, *stamp = NULL;
	u32 len = 0, slot;

	if (!task || !file || !s)
		return 0;
	if (!object_of_file(file, &o))
		return 0;
	f.key = o.key;
	f.tgid = task->tgid;
	f.fd = ctx->fd;
	f.pos = file->f_pos;
	f.flags = file->f_flags;
	/* sockets carry numbers of now; other names are sent once */
	if (o.kind != OBJ_INET)
		have = bpf_map_lookup_elem(&named, &o.key);
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
	if (o.kind == OBJ_INET && len) {
		slot = (u32)o.key.ino & (FD_STAMPS - 1);
		stamp = bpf_map_lookup_elem(&fd_stamps, &slot);
		now = make_socket_stamp(SCRATCH_ITER);
		if (stamp && now && *stamp == now && !walk_all) {
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
