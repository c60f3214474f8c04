/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_draft.c - one call of the synthetic machine: its arguments, memory, names and result.
 */
#include "core/demo_draft.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "core/mem.h"

enum { SNAP_DEFAULT = 256 };

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

void draft_call(struct draft *dr, struct demo *d, struct demo_proc *p, const struct demo_act *a,
		struct demo_obj *o, uint64_t bytes)
{
	arguments(d, dr, p, a, o, bytes);
	dr->ev.ret = result(d, p, a, &dr->ev, bytes);
}
