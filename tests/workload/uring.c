/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.c - I/O that is no system call: files and sockets through io_uring, one
 * request at a time, with raw rings (no library). Every request is noted under
 * the name that the monitor gives it, "io_uring_read".
 */
#include <linux/io_uring.h>
#include <netinet/in.h>

#include "truth.h"

struct ring {
	int fd;
	bool polled; /* a kernel thread takes the requests (SQPOLL) */
	_Atomic unsigned *sq_head, *sq_tail, *sq_flags, *cq_head, *cq_tail;
	unsigned *sq_array, sq_mask, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void ring_init(struct ring *r, bool polled)
{
	struct io_uring_params p = {.flags = polled ? IORING_SETUP_SQPOLL : 0, .sq_thread_idle = 2000};
	char *sq, *cq;

	r->fd = (int)syscall(SYS_io_uring_setup, 8, &p);
	if (r->fd < 0)
		die("io_uring_setup");
	r->polled = polled;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes), PROT_READ | PROT_WRITE, MAP_SHARED,
		  r->fd, IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		       IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		die("mmap of the ring");
	r->sq_head = (void *)(sq + p.sq_off.head);
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_flags = (void *)(sq + p.sq_off.flags);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->sq_mask = *(unsigned *)(sq + p.sq_off.ring_mask);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = *(unsigned *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
}

/* One request and its completion; noted. */
static int request(struct ring *r, int obj, enum truth_dir dir, int op, const char *name, int fd, void *data,
		   unsigned len, uint64_t offset)
{
	unsigned tail = atomic_load(r->sq_tail), at = tail & r->sq_mask, head = atomic_load(r->cq_head);
	int res;

	r->sqes[at] = (struct io_uring_sqe){
		.opcode = (uint8_t)op, .fd = fd, .addr = (uintptr_t)data, .len = len, .off = offset};
	r->sq_array[at] = at;
	atomic_store(r->sq_tail, tail + 1);
	if (!r->polled) {
		if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
			die("io_uring_enter");
	} else if (atomic_load(r->sq_flags) & IORING_SQ_NEED_WAKEUP) {
		syscall(SYS_io_uring_enter, r->fd, 1, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0);
	}
	while (atomic_load(r->cq_tail) == head)
		sched_yield();
	res = r->cqes[head & r->cq_mask].res;
	atomic_store(r->cq_head, head + 1);
	truth_note(obj, 0x4000 | op, name, res < 0 ? -res : 0, 1, dir == IN && res > 0 ? (uint64_t)res : 0,
		   dir == OUT && res > 0 ? (uint64_t)res : 0);
	return res;
}

static void files(bool polled)
{
	struct ring r;
	char path[300], data[4096], more[1000];
	struct iovec iov[2] = {{data, 1000}, {more, 500}};
	int obj, fd;

	memset(data, 'u', sizeof(data));
	snprintf(path, sizeof(path), "%s/uring-%d", arg_str(0, "/tmp"), polled);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		die("%s", path);
	obj = truth_obj("file", "%s", path);
	ring_init(&r, polled);
	for (int i = 0; i < arg(1, 100); i++) {
		request(&r, obj, OUT, IORING_OP_WRITE, "io_uring_write", fd, data,
			1 + (unsigned)i * 37 % 4096, (uint64_t)i * 4096);
		request(&r, obj, IN, IORING_OP_READ, "io_uring_read", fd, data, 700, (uint64_t)i * 100);
		request(&r, obj, OUT, IORING_OP_WRITEV, "io_uring_writev", fd, iov, 2, 0);
		request(&r, obj, IN, IORING_OP_READV, "io_uring_readv", fd, iov, 2, 0);
		request(&r, obj, NONE, IORING_OP_FSYNC, "io_uring_fsync", fd, NULL, 0, 0);
		request(&r, 0, IN, IORING_OP_READ, "io_uring_read", 199, data, 10, 0); /* EBADF */
	}
	TOK(0, NONE, close, fd);
	TOK(0, NONE, close, r.fd);
}

static void file(void)
{
	files(false);
}

static void polled(void)
{
	files(true);
}

/* socket [LOOPS]: both ends of a TCP connection. */
static void tcp(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	struct ring r;
	char data[5000];
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), s, from, to, got;

	memset(data, 't', sizeof(data));
	if (bind(l, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(l, 1) < 0 ||
	    getsockname(l, (struct sockaddr *)&in, &len) < 0 ||
	    connect(c, (struct sockaddr *)&in, sizeof(in)) < 0)
		die("connect");
	s = accept(l, NULL, NULL);
	from = truth_sock("tcp", c);
	to = truth_sock("tcp", s);
	ring_init(&r, false);
	for (int i = 0; i < arg(0, 200); i++) {
		unsigned n = 1 + (unsigned)i * 97 % sizeof(data);

		if (request(&r, from, OUT, IORING_OP_SEND, "io_uring_send", c, data, n, 0) != (int)n)
			die("send");
		for (unsigned have = 0; have < n; have += (unsigned)got) {
			got = request(&r, to, IN, IORING_OP_RECV, "io_uring_recv", s, data, sizeof(data), 0);
			if (got <= 0)
				die("recv");
		}
	}
	TOK(0, NONE, close, c);
	TOK(0, NONE, close, s);
	TOK(0, NONE, close, l);
	TOK(0, NONE, close, r.fd);
}

static const struct workload all[] = {
	{"urfile", "DIR [LOOPS]  reads and writes of a file", NULL, file},
	{"urpoll", "DIR [LOOPS]  the same, taken by a kernel thread (SQPOLL)", NULL, polled},
	{"urtcp", "[LOOPS]  both ends of a TCP connection", NULL, tcp},
	{0},
};

int main(int argc, char **argv)
{
	return truth_main(argc, argv, all);
}
