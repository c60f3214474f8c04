/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_spy.c - the event stream of the synthetic machine: the same calls that
 * the samples count, one by one, with arguments, memory and names. Each poll
 * lets a little fake time pass. Knows the selection, not how events are shown.
 */
#include "core/demo_draft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "core/mem.h"

enum { EVENTS_PER_POLL = 9, TRIES = 60, NS_PER_POLL = 37000000, SNAP_DEFAULT = 256 };

static struct demo *demo_of(struct source *s)
{
	return (struct demo *)s;
}

/* --- memory of arguments --- */

void draft_blob(struct draft *dr, int arg, int part, uint64_t addr, const void *data, size_t len,
		uint64_t full)
{
	struct event_blob *b;

	if (dr->ev.n_blobs == WIRE_BLOBS_MAX)
		return;
	b = &dr->ev.blobs[dr->ev.n_blobs];
	*b = (struct event_blob){
		.arg = (uint8_t)arg, .part = (uint8_t)part, .len = (uint32_t)len, .full = full, .addr = addr};
	buf_fill(&dr->tail, '\0', -dr->tail.len & 7);
	dr->blob_at[dr->ev.n_blobs++] = dr->tail.len;
	buf_add(&dr->tail, data, len);
}

void draft_string(struct draft *dr, int arg, const char *s)
{
	uint64_t addr = HEAP_ADDRESS + 0x400 * (uint64_t)arg;

	dr->ev.args[arg] = addr;
	draft_blob(dr, arg, 0, addr, s, strlen(s), strlen(s));
}

/* What such a program would send or receive; repeated until `len`. */
static void payload(struct demo *d, const struct demo_proc *p, const struct demo_obj *o, bool out, size_t len,
		    struct buf *ret)
{
	unsigned n = (unsigned)(demo_random(&d->spy_rng) % 9000) + 1000;
	bool net = o && o->kind == OBJ_INET;
	size_t start = ret->len;
	static const char row[] = "T\0\0\0\36\0\1id\0\0\0@\n\0\1\0\0\0\27\0\4D\0\0\0\22\0\1";

	if (net && !strcmp(p->prog->name, "nginx") && !out)
		buf_addf(ret,
			 "GET /cart?id=%u HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: "
			 "Mozilla/5.0\r\nAccept: */*\r\n\r\n",
			 n);
	else if (net && !strcmp(p->prog->name, "nginx"))
		buf_addf(ret,
			 "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: "
			 "%u\r\n\r\n<!doctype html>"
			 "<title>Cart</title>",
			 n);
	else if (net && !strcmp(p->prog->name, "redis-server") && !out)
		buf_addf(ret, "*2\r\n$3\r\nGET\r\n$9\r\ncart:%04u\r\n", n);
	else if (net && !strcmp(p->prog->name, "redis-server"))
		buf_addf(ret, "$27\r\n{\"items\":3,\"total\":%u.50}\r\n", n);
	else if (net && !strcmp(p->prog->name, "postgres") && !out) {
		buf_add(ret, "Q\0\0\0+", 5);
		buf_addf(ret, "SELECT * FROM orders WHERE id = %u", n);
		buf_addc(ret, '\0');
	} else if (net && !strcmp(p->prog->name, "postgres")) {
		buf_add(ret, row, sizeof(row) - 1);
		buf_addf(ret, "%u", n);
	} else if (o && o->name && strstr(o->name, ".log"))
		buf_addf(ret, "198.51.100.%u - - [15/Jan/2026:14:02:33 +0000] \"GET /cart?id=%u\" 200\n",
			 n % 250, n);
	else if (o && o->name && strstr(o->name, "/dev/pts"))
		buf_addf(ret, out ? "\033[32m%u\033[0m files\r\n" : "ls -l %u\r", n);
	else if (o && o->name && strstr(o->name, ".h"))
		buf_addf(ret,
			 "/* SPDX-License-Identifier: GPL-2.0 */\n#ifndef _H%u\nstruct list_head {\n\tstruct "
			 "list_head *next;\n",
			 n);
	if (ret->len == start) {
		for (size_t i = 0; i < 24; i++) {
			uint64_t r = demo_random(&d->spy_rng);

			buf_add(ret, &r, sizeof(r));
		}
	}
	for (size_t have = ret->len - start; have && ret->len - start < len;) {
		size_t more = len - (ret->len - start);
		char *copy = xmalloc(have);

		/* not straight from the buffer: it may move */
		memcpy(copy, ret->data + start, have);
		buf_add(ret, copy, more < have ? more : have);
		free(copy);
	}
	ret->len = start + len < ret->len ? start + len : ret->len;
}

static void blob_payload(struct demo *d, struct draft *dr, const struct demo_proc *p,
			 const struct demo_obj *o, int arg, int part, bool out, uint64_t full)
{
	struct buf text = {0};

	payload(d, p, o, out, full < dr->snaplen ? full : dr->snaplen, &text);
	draft_blob(dr, arg, part, HEAP_ADDRESS + 0x1000 * ((uint64_t)arg + (uint64_t)part), buf_str(&text),
		   text.len, full);
	buf_done(&text);
}

void draft_fd(struct draft *dr, int which, const struct demo_obj *o)
{
	struct event_fd *f = which == 2 ? &dr->ev.ret_fd : &dr->ev.fd[which];

	*f = (struct event_fd){.key = o->key,
			       .kind = o->kind,
			       .type = demo_type(o),
			       .family = o->family,
			       .socktype = o->socktype,
			       .protocol = o->protocol,
			       .lport = o->lport,
			       .rport = o->rport};
	memcpy(f->laddr, o->laddr, sizeof(f->laddr));
	memcpy(f->raddr, o->raddr, sizeof(f->raddr));
	if (o->name) {
		dr->name_at[which] = dr->tail.len;
		buf_add(&dr->tail, o->name, strlen(o->name) + 1);
	}
}

/* --- one call --- */

static void arguments(struct demo *d, struct draft *dr, struct demo_proc *p, const struct demo_act *a,
		      struct demo_obj *o, uint64_t bytes)
{
	struct event *ev = &dr->ev;
	uint64_t r = demo_random(&d->spy_rng);
	bool failed = a->err != 0;

	if (a->fd >= 0)
		ev->args[0] = (uint64_t)a->fd;
	switch (a->nr) {
	case SYS_read:
	case SYS_write:
	case SYS_pread64:
	case SYS_pwrite64:
	case SYS_recvfrom:
	case SYS_sendto:
		ev->args[1] = HEAP_ADDRESS + 0x1000;
		ev->args[2] = a->nr == SYS_write || a->nr == SYS_sendto || a->nr == SYS_pwrite64 ? bytes
			      : a->bytes < 4096                                                  ? 4096
						: a->bytes * 2;
		if (a->nr == SYS_pread64 || a->nr == SYS_pwrite64)
			ev->args[2] = bytes, ev->args[3] = r % 4000 * 8192;
		if (!failed)
			blob_payload(d, dr, p, o, 1, 0,
				     a->nr == SYS_write || a->nr == SYS_sendto || a->nr == SYS_pwrite64,
				     bytes);
		break;
	case SYS_writev: {
		struct iovec iov[2] = {{(void *)(HEAP_ADDRESS + 0x2000), 240 < bytes ? 240 : bytes},
				       {(void *)(HEAP_ADDRESS + 0x3000), 240 < bytes ? bytes - 240 : 0}};

		ev->args[1] = STACK_ADDRESS;
		ev->args[2] = 2;
		draft_blob(dr, 1, 0, STACK_ADDRESS, iov, sizeof(iov), sizeof(iov));
		blob_payload(d, dr, p, o, 1, 1, true, bytes);
		break;
	}
	case SYS_recvmsg:
	case SYS_sendmsg: {
		struct iovec iov = {(void *)(HEAP_ADDRESS + 0x2000),
				    a->nr == SYS_sendmsg ? bytes : bytes + 4096};
		struct msghdr msg = {.msg_iov = (void *)(STACK_ADDRESS + 256), .msg_iovlen = 1};

		ev->args[1] = STACK_ADDRESS;
		draft_blob(dr, 1, 0, STACK_ADDRESS, &msg, sizeof(msg), sizeof(msg));
		blob_payload(d, dr, p, o, 1, 1, a->nr == SYS_sendmsg, bytes);
		draft_blob(dr, 1, 3, STACK_ADDRESS + 256, &iov, sizeof(iov), sizeof(iov));
		break;
	}
	case SYS_sendfile:
		ev->args[1] = (uint64_t)a->fd2;
		ev->args[3] = bytes;
		break;
	case SYS_openat:
		ev->args[0] = (uint64_t)(int64_t)AT_FDCWD;
		ev->args[2] = O_RDONLY | O_CLOEXEC;
		draft_string(dr, 1, a->path);
		break;
	case SYS_newfstatat:
		ev->args[0] = (uint64_t)(int64_t)AT_FDCWD;
		ev->args[2] = STACK_ADDRESS;
		draft_string(dr, 1, a->path);
		break;
	case SYS_access:
		ev->args[1] = 4; /* R_OK */
		draft_string(dr, 0, a->path);
		break;
	case SYS_connect: {
		struct sockaddr_un un = {.sun_family = AF_UNIX};
		size_t len = (size_t)snprintf(un.sun_path, sizeof(un.sun_path), "%s", a->path);

		ev->args[0] = 11;
		ev->args[1] = STACK_ADDRESS;
		ev->args[2] = offsetof(struct sockaddr_un, sun_path) + len + 1;
		draft_blob(dr, 1, 0, STACK_ADDRESS, &un, ev->args[2], ev->args[2]);
		break;
	}
	case SYS_accept4: {
		struct sockaddr_in in = {.sin_family = AF_INET,
					 .sin_port = htons((uint16_t)(32768 + r % 28000)),
					 .sin_addr.s_addr = htonl(0xc6336400u | (2 + r % 250))};

		ev->args[1] = STACK_ADDRESS;
		ev->args[2] = STACK_ADDRESS + 128;
		ev->args[3] = SOCK_CLOEXEC | SOCK_NONBLOCK;
		draft_blob(dr, 1, 0, STACK_ADDRESS, &in, sizeof(in), sizeof(in));
		break;
	}
	case SYS_epoll_wait:
	case SYS_epoll_pwait: {
		struct epoll_event e = {.events = EPOLLIN,
					.data.u64 = p->n_fds ? (uint64_t)p->fds[r % p->n_fds].fd : 0};

		ev->args[1] = HEAP_ADDRESS + 0x8000;
		ev->args[2] = 512;
		ev->args[3] = (uint64_t)(int64_t)(r % 3 ? -1 : 250);
		draft_blob(dr, 1, 0, ev->args[1], &e, sizeof(e), sizeof(e));
		break;
	}
	case SYS_futex:
		ev->args[0] = HEAP_ADDRESS + r % 64 * 8;
		ev->args[1] = r & 1 ? 0x81 : 0x80; /* FUTEX_WAKE_PRIVATE, FUTEX_WAIT_PRIVATE */
		ev->args[2] = r & 1;
		break;
	case SYS_nanosleep: {
		int64_t ts[2] = {0, (int64_t)a->lat ? (int64_t)a->lat : 100000000};

		ev->args[0] = STACK_ADDRESS;
		draft_blob(dr, 0, 0, STACK_ADDRESS, ts, sizeof(ts), sizeof(ts));
		break;
	}
	case SYS_mmap:
		ev->args[1] = 4096 * (1 + r % 64);
		ev->args[2] = 3;    /* PROT_READ|PROT_WRITE */
		ev->args[3] = 0x22; /* MAP_PRIVATE|MAP_ANONYMOUS */
		ev->args[4] = ~0ULL;
		break;
	case SYS_brk: ev->args[0] = HEAP_ADDRESS + (r % 512) * 4096; break;
	case SYS_lseek: ev->args[0] = 32, ev->args[2] = SEEK_END; break;
	case SYS_madvise:
		ev->args[0] = HEAP_ADDRESS, ev->args[1] = 65536, ev->args[2] = 4 /* MADV_DONTNEED */;
		break;
	case SYS_wait4: ev->args[0] = ~0ULL; break;
	default:
		if (a->fd < 0)
			ev->args[0] = STACK_ADDRESS;
		ev->args[1] = a->fd >= 0 ? STACK_ADDRESS : 0;
	}
}

static int64_t result(struct demo *d, const struct demo_proc *p, const struct demo_act *a,
		      const struct event *ev, uint64_t bytes)
{
	if (a->err)
		return -(int64_t)a->err;
	switch (a->nr) {
	case SYS_openat: return 3 + (int64_t)p->n_fds;
	case SYS_accept4: return 10 + (int64_t)(demo_random(&d->spy_rng) % 7);
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_ppoll:
	case SYS_pselect6: return 1;
	case SYS_mmap: return 0x7f21a4000000;
	case SYS_brk: return (int64_t)ev->args[0];
	case SYS_lseek: return 40960;
	case SYS_vfork:
	case SYS_wait4: return (int64_t)d->next_pid;
	default: return (int64_t)bytes;
	}
}

void draft_begin(struct draft *dr, struct demo *d, const struct demo_proc *p, uint16_t nr, uint64_t time)
{
	*dr = (struct draft){.name_at = {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
	dr->snaplen = d->sel.filter.snaplen ? d->sel.filter.snaplen : SNAP_DEFAULT;
	if (dr->snaplen > WIRE_SNAP_MAX)
		dr->snaplen = WIRE_SNAP_MAX;
	d->spy_counts.passed++;
	dr->ev = (struct event){.seq = ++d->spy_seq,
				.time = time,
				.latency = 4200,
				.nr = nr,
				.cpu = (uint16_t)(p->pid % DEMO_CPUS),
				.tid = p->pid,
				.tgid = p->pid,
				.ppid = p->ppid,
				.uid = p->prog->uid,
				.tty = p->prog->tty,
				.start_gen = p->start_boot >> 16,
				.cgroup_v2 = 1000 + (uint64_t)p->prog->container};
	snprintf(dr->ev.comm, sizeof(dr->ev.comm), "%s", p->prog->name);
}

struct event *draft_finish(struct draft *dr)
{
	struct event *ev = xmalloc(sizeof(*ev) + dr->tail.len);
	char *tail = (char *)(ev + 1);

	*ev = dr->ev;
	if (dr->tail.len)
		memcpy(tail, dr->tail.data, dr->tail.len);
	for (size_t i = 0; i < ev->n_blobs; i++)
		ev->blobs[i].data = tail + dr->blob_at[i];
	for (int i = 0; i < 3; i++)
		if (dr->name_at[i] != SIZE_MAX)
			(i == 2 ? &ev->ret_fd : &ev->fd[i])->name = tail + dr->name_at[i];
	buf_done(&dr->tail);
	return ev;
}

/* --- selection --- */

static bool passes_call(const struct demo *d, const struct demo_act *a, uint64_t latency, uint64_t bytes)
{
	const struct spy_filter *f = &d->sel.filter;
	bool any = f->by_call;

	for (size_t i = 0; i < WIRE_SYSCALLS / 64; i++)
		any |= f->calls[i] || f->compat_calls[i];
	if (any && !(f->calls[a->nr / 64] >> (a->nr % 64) & 1))
		return false;
	if ((f->failed_only && !a->err) || (f->io_only && !bytes))
		return false;
	return latency >= f->min_latency;
}

static bool passes_object(const struct demo *d, const struct demo_obj *o, const struct demo_obj *second)
{
	for (size_t i = 0; i < d->sel.n_objects; i++)
		if ((o && !memcmp(&o->key, &d->sel.objects[i], sizeof(o->key))) ||
		    (second && !memcmp(&second->key, &d->sel.objects[i], sizeof(second->key))))
			return true;
	return !d->sel.n_objects;
}

bool demo_selected(const struct demo *d, const struct demo_proc *p)
{
	const struct spy_filter *f = &d->sel.filter;
	bool pass;

	if (!p->prog->n_acts || (f->tgid && f->tgid != p->pid) ||
	    (f->tid && (f->tid < p->pid || f->tid >= p->pid + p->n_tasks)))
		return false;
	pass = !d->sel.n_pids;
	for (size_t i = 0; i < d->sel.n_pids; i++)
		pass |= d->sel.pids[i] == p->pid;
	if (!pass)
		return false;
	pass = !d->sel.filter.by_cgroup;
	for (size_t i = 0; i < d->sel.n_cgroups; i++)
		pass |= d->sel.cgroups[i] == 1000 + (uint64_t)p->prog->container;
	return pass;
}

static double rate_of(const struct demo_proc *p)
{
	double sum = 0;

	for (size_t i = 0; i < p->prog->n_acts; i++)
		sum += sqrt(p->prog->acts[i].rate); /* rare calls shall be seen, too */
	return sum;
}

static struct demo_proc *pick_process(struct demo *d)
{
	double total = 0, at;

	for (size_t i = 0; i < d->n_procs; i++)
		total += demo_selected(d, d->procs[i]) ? rate_of(d->procs[i]) : 0;
	at = demo_uniform(&d->spy_rng) * total;
	for (size_t i = 0; i < d->n_procs; i++) {
		if (!demo_selected(d, d->procs[i]))
			continue;
		at -= rate_of(d->procs[i]);
		if (at <= 0)
			return d->procs[i];
	}
	return NULL;
}

/* What accept() returns: some connection the process has. */
static const struct demo_obj *connection_of(const struct demo_proc *p)
{
	for (size_t i = p->n_fds; i-- > 0;)
		if (p->fds[i].obj->kind == OBJ_INET && p->fds[i].obj->rport)
			return p->fds[i].obj;
	return NULL;
}

/* One call of the selection, or NULL when the one that was picked does not pass. */
static struct event *make_event(struct demo *d, struct demo_proc *p, uint64_t time)
{
	const struct demo_prog *prog = p->prog;
	double at = demo_uniform(&d->spy_rng) * rate_of(p), jitter = demo_uniform(&d->spy_rng);
	size_t a = 0, busy = prog->busy ? prog->busy : 1, task;
	struct draft dr;
	struct demo_obj *o, *second = NULL;
	const struct demo_act *act;
	uint64_t bytes, latency;

	while (a + 1 < prog->n_acts && (at -= sqrt(prog->acts[a].rate)) > 0)
		a++;
	act = &prog->acts[a];
	task = demo_random(&d->spy_rng) % busy;
	o = act->fd >= 0 && demo_fd(p, act->fd) ? demo_fd(p, act->fd)->obj : p->path_obj[a];
	if (act->fd2)
		second = demo_fd(p, act->fd2)->obj;
	bytes = act->err ? 0 : (uint64_t)(act->bytes * (0.5 + demo_uniform(&d->spy_rng)));
	latency = (uint64_t)((act->lat ? act->lat : 2.0e8 / act->rate) * (0.4 + jitter * jitter * 4));
	d->spy_counts.seen++;
	if ((d->sel.filter.tid && d->sel.filter.tid != p->tasks[task].tid) ||
	    !passes_call(d, act, latency, bytes) || !passes_object(d, o, second))
		return NULL;
	draft_begin(&dr, d, p, act->nr, time);
	dr.ev.latency = latency;
	dr.ev.tid = p->tasks[task].tid;
	snprintf(dr.ev.comm, sizeof(dr.ev.comm), "%s", task && prog->tname ? prog->tname : prog->name);
	if (strstr(dr.ev.comm, "%d"))
		snprintf(strstr(dr.ev.comm, "%d"), 3, "%u", (unsigned)task % 10);
	if (o && act->fd >= 0)
		draft_fd(&dr, 0, o);
	if (second)
		draft_fd(&dr, 1, second);
	if (o && act->nr == SYS_openat && !act->err)
		draft_fd(&dr, 2, o);
	if (act->nr == SYS_accept4 && !act->err && connection_of(p))
		draft_fd(&dr, 2, connection_of(p));
	arguments(d, &dr, p, act, o, bytes);
	dr.ev.ret = result(d, p, act, &dr.ev, bytes);
	return draft_finish(&dr);
}

/* --- the source's operations --- */

static void drop_selection(struct demo *d)
{
	free((void *)d->sel.cgroups);
	free((void *)d->sel.objects);
	free((void *)d->sel.pids);
	d->sel = (struct spy_selection){0};
}

static void *copy(const void *data, size_t n, size_t size)
{
	void *to = n ? xcalloc(n, size) : NULL;

	return n ? memcpy(to, data, n * size) : NULL;
}

/* Lock held. */
static void take_selection(struct demo *d, const struct spy_selection *sel)
{
	drop_selection(d);
	d->sel = *sel;
	d->sel.cgroups = copy(sel->cgroups, sel->n_cgroups, sizeof(*sel->cgroups));
	d->sel.objects = copy(sel->objects, sel->n_objects, sizeof(*sel->objects));
	d->sel.pids = copy(sel->pids, sel->n_pids, sizeof(*sel->pids));
	d->sel.others = NULL;
}

int demo_spy_start(struct source *source, const struct spy_selection *sel)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	take_selection(d, sel);
	if (!d->spying) {
		d->spying = true;
		d->spy_rng = d->seed ^ 0x5b79;
		d->spy_clock = DEMO_EPOCH + d->tick * DEMO_STEP;
		d->spy_counts = (struct source_counts){0};
		d->spy_seq = 0;
	}
	pthread_mutex_unlock(&d->lock);
	return 0;
}

int demo_spy_update(struct source *source, const struct spy_selection *sel)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	take_selection(d, sel);
	pthread_mutex_unlock(&d->lock);
	return 0;
}

void demo_spy_stop(struct source *source)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	drop_selection(d);
	d->spying = false;
	pthread_mutex_unlock(&d->lock);
}

int demo_spy_poll(struct source *source, source_event_fn fn, void *userdata, size_t max)
{
	struct demo *d = demo_of(source);
	struct event *out[EVENTS_PER_POLL + 1];
	size_t n = 0, want;

	pthread_mutex_lock(&d->lock);
	if (!d->spying) {
		pthread_mutex_unlock(&d->lock);
		return -EINVAL;
	}
	want = 3 + demo_random(&d->spy_rng) % (EVENTS_PER_POLL - 2);
	if (want > max)
		want = max;
	for (size_t i = 0; i < want * TRIES && n < want; i++) {
		struct demo_proc *p = pick_process(d);

		if (!p)
			break;
		out[n] = make_event(d, p, d->spy_clock + n * (NS_PER_POLL / EVENTS_PER_POLL) + i * 1731);
		n += out[n] != NULL;
	}
	if (n < max) {
		out[n] = demo_list_event(d, d->spy_clock + NS_PER_POLL / 2);
		n += out[n] != NULL;
	}
	d->spy_clock += NS_PER_POLL;
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < n; i++) /* outside the lock: fn may take its time */
		fn(out[i], userdata);
	return (int)n;
}

void demo_spy_counts(struct source *source, struct source_counts *ret)
{
	struct demo *d = demo_of(source);

	pthread_mutex_lock(&d->lock);
	*ret = d->spy_counts;
	pthread_mutex_unlock(&d->lock);
}
