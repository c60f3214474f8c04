/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.c - known bytes each way on every connection: TCP over IPv4 and IPv6, UDP
 * connected or not, unix sockets, passed descriptors. The server is a child
 * named wl-server; both ends note what they did on their own socket.
 */
#include "truth.h"

#include <netinet/in.h>
#include <sys/un.h>

static char payload[1 << 16];

static struct msghdr msg_of(struct iovec *iov, int n)
{
	return (struct msghdr){.msg_iov = iov, .msg_iovlen = (size_t)n};
}

/* sendmmsg and recvmmsg return messages; the bytes are in msg_len. */
static void mmsg(int obj, enum truth_dir dir, int fd, int n, size_t size)
{
	struct mmsghdr m[8] = {0};
	struct iovec iov[8];
	uint64_t bytes = 0;
	long ret;

	for (int i = 0; i < n; i++) {
		iov[i] = (struct iovec){payload + 4096 * i, size + (size_t)(dir == OUT ? i : 2000)};
		m[i].msg_hdr = msg_of(&iov[i], 1);
	}
	ret = dir == OUT ? syscall(SYS_sendmmsg, fd, m, n, 0)
			 : syscall(SYS_recvmmsg, fd, m, n, MSG_WAITFORONE, 0);
	if (ret < 0)
		die("mmsg");
	for (long i = 0; i < ret; i++)
		bytes += m[i].msg_len;
	truth_note(obj, dir == OUT ? SYS_sendmmsg : SYS_recvmmsg, dir == OUT ? "sendmmsg" : "recvmmsg", 0, 1,
		   dir == IN ? bytes : 0, dir == OUT ? bytes : 0);
}

/* Everything until the peer closes, by turns with each call that reads. Peeks are no bytes of the stream,
 * but a result of the call: they are made only with `peek`. */
static void drain(int obj, int fd)
{
	static __thread char buf[70000];
	struct iovec iov[2] = {{buf, 900}, {buf + 900, 3000}};
	struct msghdr m;
	long n = 1;

	for (int i = 0; n > 0; i++) {
		switch (i % 4) {
		case 0: n = TOK(obj, IN, read, fd, buf, 1 + i * 100 % 5000); break;
		case 1: n = TOK(obj, IN, recvfrom, fd, buf, 4000, 0, NULL, NULL); break;
		case 2:
			m = msg_of(iov, 2);
			n = TOK(obj, IN, recvmsg, fd, &m, 0);
			break;
		case 3: n = TOK(obj, IN, readv, fd, iov, 2); break;
		}
	}
}

/* Sends with each call that writes; `size` and more a call. */
static void send_all(int obj, int fd, long loops, size_t size)
{
	struct iovec iov[3] = {{payload, size}, {payload, 1}, {payload, 77}};
	struct msghdr m;

	for (long i = 0; i < loops; i++) {
		TOK(obj, OUT, write, fd, payload, size + (size_t)i % 100);
		TOK(obj, OUT, sendto, fd, payload, size, MSG_NOSIGNAL, NULL, 0);
		m = msg_of(iov, 3);
		TOK(obj, OUT, sendmsg, fd, &m, MSG_NOSIGNAL);
		TOK(obj, OUT, writev, fd, iov, 2);
		mmsg(obj, OUT, fd, 3, 10);
	}
}

static struct sockaddr_storage local_addr(int family, socklen_t *ret_len)
{
	struct sockaddr_storage ss = {0};

	if (family == AF_INET) {
		struct sockaddr_in *in = (void *)&ss;

		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*ret_len = sizeof(*in);
	} else {
		struct sockaddr_in6 *in6 = (void *)&ss;

		in6->sin6_family = AF_INET6;
		in6->sin6_addr = in6addr_loopback;
		*ret_len = sizeof(*in6);
	}
	return ss;
}

static int bound(int family, int type, struct sockaddr_storage *ret, socklen_t *ret_len)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0), one = 1;

	*ret = local_addr(family, ret_len);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)ret, *ret_len) < 0 ||
	    getsockname(fd, (struct sockaddr *)ret, ret_len) < 0)
		die("bind");
	return fd;
}

/* tcp4, tcp6 [CONNECTIONS [LOOPS]]: one connection after the other, both ways. */
static int listener;
static struct sockaddr_storage server;
static socklen_t server_len;

static void tcp_server(void *p)
{
	(void)p;
	for (long i = 0; i < arg(0, 3); i++) {
		int fd = i % 2 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : accept(listener, NULL, NULL),
		    obj;

		if (fd < 0)
			die("accept");
		/* the object of an accept is the connection that it returns */
		obj = truth_sock("tcp", fd);
		truth_note(obj, i % 2 ? SYS_accept4 : SYS_accept, i % 2 ? "accept4" : "accept", 0, 1, 0, 0);
		drain(obj, fd);
		send_all(obj, fd, 1 + i, 50);
		TOK(obj, NONE, shutdown, fd, SHUT_WR);
		drain(obj, fd);
		TOK(obj, NONE, close, fd);
	}
}

static void tcp(int family)
{
	pid_t child;

	listener = bound(family, SOCK_STREAM, &server, &server_len);
	if (listen(listener, 64) < 0)
		die("listen");
	child = truth_fork("wl-server", tcp_server, NULL);
	for (long i = 0; i < arg(0, 3); i++) {
		int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), obj;

		if (fd < 0 || connect(fd, (struct sockaddr *)&server, server_len) < 0)
			die("connect");
		obj = truth_sock("tcp", fd);
		truth_note(obj, SYS_connect, "connect", 0, 1, 0, 0);
		send_all(obj, fd, arg(1, 20) + i, 1000 + 100 * (size_t)i);
		TOK(obj, NONE, shutdown, fd, SHUT_WR);
		drain(obj, fd);
		TOK(obj, NONE, close, fd);
	}
	truth_reap(child);
}

static void tcp4(void)
{
	tcp(AF_INET);
}

static void tcp6(void)
{
	tcp(AF_INET6);
}

/* tcpfile DIR [LOOPS]: sendfile and splice between a file, a pipe and a socket. */
static void tcpfile_server(void *p)
{
	int fd = accept4(listener, NULL, NULL, 0), obj;
	int pipefd[2], pobj;
	char buf[8192];
	struct stat st;
	long n;

	(void)p;
	if (fd < 0 || pipe(pipefd) < 0 || fstat(pipefd[0], &st) < 0)
		die("accept");
	obj = truth_sock("tcp", fd);
	pobj = truth_obj("pipe", "pipe:[%lu]", (unsigned long)st.st_ino);
	for (;;) {
		n = TOK(obj, IN, splice, fd, NULL, pipefd[1], NULL, sizeof(buf), 0);
		truth_note(pobj, SYS_splice, "splice", 0, 0, 0, (uint64_t)n);
		if (n == 0)
			break;
		TOK(pobj, IN, read, pipefd[0], buf, sizeof(buf));
	}
	TOK(obj, NONE, close, fd);
}

static void tcpfile(void)
{
	int fd, file, obj, fobj;
	char path[300];
	pid_t child;

	snprintf(path, sizeof(path), "%s/tcpfile", arg_str(0, "/tmp"));
	fobj = truth_obj("file", "%s", path);
	file = (int)TOK(fobj, NONE, openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	TOK(fobj, OUT, write, file, payload, sizeof(payload));
	listener = bound(AF_INET, SOCK_STREAM, &server, &server_len);
	if (listen(listener, 8) < 0)
		die("listen");
	child = truth_fork("wl-server", tcpfile_server, NULL);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&server, server_len) < 0)
		die("connect");
	obj = truth_sock("tcp", fd);
	for (long i = 0; i < arg(1, 20); i++) {
		off_t off = 0;
		long n = TOK(fobj, IN, sendfile, fd, file, &off, 60000 + i);

		truth_note(obj, SYS_sendfile, "sendfile", 0, 0, 0, (uint64_t)n);
	}
	TOK(obj, NONE, close, fd);
	truth_reap(child);
}

/* udp4, udp6 [LOOPS]: connected at the client; the server answers with sendto. */
static int udp_fd, udp_obj;

static void udp_server(void *p)
{
	char buf[4096];

	(void)p;
	for (long i = 0; i < arg(0, 50); i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		long n = TOK(udp_obj, IN, recvfrom, udp_fd, buf, sizeof(buf), 0, &from, &len);

		TOK(udp_obj, OUT, sendto, udp_fd, buf, n / 2, 0, &from, len);
	}
}

static void udp(int family, bool connected)
{
	struct sockaddr_storage mine;
	socklen_t mine_len;
	char buf[4096];
	int fd, obj;
	pid_t child;

	udp_fd = bound(family, SOCK_DGRAM, &server, &server_len);
	udp_obj = truth_sock("udp", udp_fd);
	child = truth_fork("wl-server", udp_server, NULL);
	fd = bound(family, SOCK_DGRAM, &mine, &mine_len);
	if (connected && connect(fd, (struct sockaddr *)&server, server_len) < 0)
		die("connect");
	obj = truth_sock("udp", fd);
	for (long i = 0; i < arg(0, 50); i++) {
		if (connected)
			TOK(obj, OUT, write, fd, payload, 100 + i);
		else
			TOK(obj, OUT, sendto, fd, payload, 100 + i, 0, &server, server_len);
		if (i % 2)
			TOK(obj, IN, read, fd, buf, sizeof(buf));
		else
			TOK(obj, IN, recvfrom, fd, buf, sizeof(buf), 0, NULL, NULL);
	}
	TOK(obj, NONE, close, fd);
	truth_reap(child);
}

static void udp4(void)
{
	udp(AF_INET, true);
}

static void udp6(void)
{
	udp(AF_INET6, true);
}

static void udp4u(void)
{
	udp(AF_INET, false);
}

/* udpm [LOOPS]: sendmmsg and recvmmsg; messages, not bytes, are the result. */
static void udpm(void)
{
	struct sockaddr_storage a, b;
	socklen_t alen, blen;
	int x = bound(AF_INET, SOCK_DGRAM, &a, &alen), y = bound(AF_INET, SOCK_DGRAM, &b, &blen), xo, yo;

	if (connect(x, (struct sockaddr *)&b, blen) < 0 || connect(y, (struct sockaddr *)&a, alen) < 0)
		die("connect");
	xo = truth_sock("udp", x);
	yo = truth_sock("udp", y);
	for (long i = 0; i < arg(0, 50); i++) {
		mmsg(xo, OUT, x, 5, 100 + (size_t)i);
		mmsg(yo, IN, y, 5, 0);
	}
}

/* peek [LOOPS]: looking at data is not receiving it, but it is a call that returns bytes. */
static void peek(void)
{
	char buf[256];
	int s[2], obj;
	struct stat st;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0 || fstat(s[1], &st) < 0)
		die("socketpair");
	obj = truth_obj("unix", "socket:[%lu]", (unsigned long)st.st_ino);
	for (long i = 0; i < arg(0, 50); i++) {
		write(s[0], payload, 100);
		T(obj, NONE, recvfrom, s[1], buf, 60, MSG_PEEK, NULL, NULL);
		TOK(obj, IN, recvfrom, s[1], buf, 256, 0, NULL, NULL);
	}
}

static int unix_obj(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		die("fstat");
	return truth_obj("unix", "socket:[%lu]", (unsigned long)st.st_ino);
}

/* unix DIR [LOOPS]: a named stream server, and a pair of datagram sockets; a passed descriptor. */
static void pass(int over, int fd)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {payload, 1};
	struct msghdr m = msg_of(&iov, 1);
	struct cmsghdr *c;

	m.msg_control = space;
	m.msg_controllen = sizeof(space);
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	TOK(unix_obj(over), OUT, sendmsg, over, &m, 0);
}

static int passed(int over)
{
	char space[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = {&byte, 1};
	struct msghdr m = msg_of(&iov, 1);
	int fd;

	m.msg_control = space;
	m.msg_controllen = sizeof(space);
	TOK(unix_obj(over), IN, recvmsg, over, &m, 0);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static int passed_obj, passing[2];

static void unix_child(void *p)
{
	int fd = passed(passing[1]);

	(void)p;
	for (long i = 0; i < arg(1, 50); i++)
		TOK(passed_obj, OUT, write, fd, "passed", 6);
	TOK(passed_obj, NONE, close, fd);
}

static void unix_accept(void *p)
{
	int fd, obj;

	(void)p;
	fd = accept4(listener, NULL, NULL, 0);
	if (fd < 0)
		die("accept4");
	obj = unix_obj(fd);
	drain(obj, fd);
	TOK(obj, NONE, close, fd);
}

static void unix_(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int s[2], fd, obj, o[2];
	char path[300], buf[200];
	pid_t child;

	snprintf(un.sun_path, sizeof(un.sun_path), "%.90s/unix.sock", arg_str(0, "/tmp"));
	unlink(un.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&un, sizeof(un)) < 0 || listen(listener, 8) < 0)
		die("%s", un.sun_path);
	child = truth_fork("wl-server", unix_accept, NULL);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0)
		die("connect");
	obj = unix_obj(fd);
	send_all(obj, fd, arg(1, 50), 300);
	TOK(obj, NONE, close, fd);
	truth_reap(child);
	unlink(un.sun_path);

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s) < 0)
		die("socketpair");
	o[0] = unix_obj(s[0]);
	o[1] = unix_obj(s[1]);
	for (long i = 0; i < arg(1, 50); i++) {
		TOK(o[0], OUT, sendto, s[0], payload, 10 + i % 90, 0, NULL, 0);
		TOK(o[1], IN, recvfrom, s[1], buf, sizeof(buf), 0, NULL, NULL);
	}

	snprintf(path, sizeof(path), "%s/passed", arg_str(0, "/tmp"));
	passed_obj = truth_obj("file", "%s", path);
	fd = (int)TOK(passed_obj, NONE, openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, passing) < 0)
		die("socketpair");
	pass(passing[0], fd);
	TOK(passed_obj, NONE, close, fd);
	child = truth_fork("wl-pass-child", unix_child, NULL);
	truth_reap(child);
}

/* refused [LOOPS]: connections that fail. */
static void refused(void)
{
	int fd = bound(AF_INET, SOCK_STREAM, &server, &server_len);

	TOK(0, NONE, close, fd);
	for (long i = 0; i < arg(0, 20); i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		T(truth_sock("tcp", fd), NONE, connect, fd, &server, server_len);
		TOK(0, NONE, close, fd);
	}
}

/* idle [CONNECTIONS]: listening and connected sockets that carry nothing; use with -l. */
static void idle(void)
{
	int a[512], b[512];
	long n = arg(0, 5) < 512 ? arg(0, 5) : 512;

	listener = bound(AF_INET, SOCK_STREAM, &server, &server_len);
	if (listen(listener, 64) < 0)
		die("listen");
	truth_note(truth_sock("tcp", listener), -1, "listening", 0, 0, 0, 0);
	for (long i = 0; i < n; i++) {
		a[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(a[i], (struct sockaddr *)&server, server_len) < 0)
			die("connect");
		b[i] = accept(listener, NULL, NULL);
		truth_note(truth_sock("tcp", a[i]), -1, "idle", 0, 0, 0, 0);
		truth_note(truth_sock("tcp", b[i]), -1, "idle", 0, 0, 0, 0);
	}
}

static void idle_run(void)
{
}

static const struct workload all[] = {
	{"tcp4", "[CONNECTIONS [LOOPS]]", NULL, tcp4},
	{"tcp6", "[CONNECTIONS [LOOPS]]", NULL, tcp6},
	{"tcpfile", "DIR [LOOPS]  sendfile to and splice from a socket", NULL, tcpfile},
	{"udp4", "[LOOPS]  connected client", NULL, udp4},
	{"udp6", "[LOOPS]  connected client", NULL, udp6},
	{"udp4u", "[LOOPS]  nobody connected", NULL, udp4u},
	{"udpm", "[LOOPS]  sendmmsg, recvmmsg", NULL, udpm},
	{"peek", "[LOOPS]  MSG_PEEK", NULL, peek},
	{"unix", "DIR [LOOPS]  stream, datagram, passed descriptor", NULL, unix_},
	{"refused", "[LOOPS]  connections that fail", NULL, refused},
	{"idle", "[CONNECTIONS]  listening and idle connections (-l)", idle, idle_run},
	{0},
};

int main(int argc, char **argv)
{
	return truth_main(argc, argv, all);
}
