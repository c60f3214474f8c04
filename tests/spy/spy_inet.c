/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_inet.c - TCP over both families: addresses in calls and behind descriptors. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "spy.h"

/* "4<tcp 127.0.0.1:80->127.0.0.1:34567>" */
static const char *sock(long number, int lport, int rport)
{
	char *s = scratch();

	if (rport)
		snprintf(s, SCRATCH, "%ld<tcp 127.0.0.1:%d->127.0.0.1:%d>", number, lport, rport);
	else
		snprintf(s, SCRATCH, "%ld<tcp %s:%d>", number, lport ? "127.0.0.1" : "0.0.0.0", lport);
	return s;
}

int main(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, peer;
	struct sockaddr_in6 addr6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t len = sizeof(addr);
	int server, client, port, rport, one = 1;
	char buf[32];
	long a, rc;

	begin();
	server = (int)CALL(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	expect("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = %s", sock(server, 0, 0));
	expect("setsockopt(%s, SOL_SOCKET, SO_REUSEADDR, [1], 4) = %s", sock(server, 0, 0),
	       res(CALL(SYS_setsockopt, server, SOL_SOCKET, SO_REUSEADDR, &one, 4)));
	rc = CALL(SYS_bind, server, &addr, sizeof(addr));
	getsockname(server, (struct sockaddr *)&addr, &len);
	port = ntohs(addr.sin_port);
	expect("bind(%s, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = %s",
	       sock(server, port, 0), res(rc));
	expect("getsockname(%s, {sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr(\"127.0.0.1\")}, "
	       "[16]) = 0",
	       sock(server, port, 0), port);
	expect("listen(%s, 5) = %s", sock(server, port, 0), res(CALL(SYS_listen, server, 5)));
	client = (int)CALL(SYS_socket, AF_INET, SOCK_STREAM, 0);
	rc = CALL(SYS_connect, client, &addr, sizeof(addr));
	len = sizeof(peer);
	getsockname(client, (struct sockaddr *)&peer, &len);
	rport = ntohs(peer.sin_port);
	expect("connect(%s, {sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr(\"127.0.0.1\")}, 16) "
	       "= %s",
	       sock(client, rport, port), port, res(rc));
	len = sizeof(peer);
	a = CALL(SYS_accept4, server, &peer, &len, SOCK_CLOEXEC);
	expect("accept4(%s, {sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr(\"127.0.0.1\")}, "
	       "[16], SOCK_CLOEXEC) "
	       "= %s",
	       sock(server, port, 0), rport, sock(a, port, rport));
	expect("sendto(%s, \"GET / HTTP/1.1\\r\\n\\r\\n\", 18, MSG_NOSIGNAL, NULL, 0) = %s",
	       sock(client, rport, port),
	       res(CALL(SYS_sendto, client, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL, NULL, 0)));
	expect("recvfrom(%s, \"GET /\", 5, MSG_PEEK, NULL, NULL) = %s", sock(a, port, rport),
	       res(CALL(SYS_recvfrom, a, buf, 5, MSG_PEEK, NULL, NULL)));
	expect("read(%s, \"GET / HTTP/1.1\\r\\n\\r\\n\", 32) = %s", sock(a, port, rport),
	       res(CALL(SYS_read, a, buf, 32)));
	expect("recvfrom(%s, %s, 5, MSG_DONTWAIT, NULL, NULL) = %s", sock(a, port, rport), ptr(buf),
	       res(CALL(SYS_recvfrom, a, buf, 5, MSG_DONTWAIT, NULL, NULL)));
	len = sizeof(peer);
	CALL(SYS_getpeername, a, &peer, &len);
	expect("getpeername(%s, {sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr(\"127.0.0.1\")}, "
	       "[16]) = 0",
	       sock(a, port, rport), rport);
	expect("setsockopt(%s, SOL_TCP, TCP_NODELAY, [1], 4) = %s", sock(client, rport, port),
	       res(CALL(SYS_setsockopt, client, IPPROTO_TCP, TCP_NODELAY, &one, 4)));
	expect("shutdown(%s, SHUT_WR) = %s", sock(client, rport, port),
	       res(CALL(SYS_shutdown, client, SHUT_WR)));
	expect("read(%s, \"\", 32) = %s", sock(a, port, rport), res(CALL(SYS_read, a, buf, 32)));

	addr6.sin6_port = htons(9); /* discard: nobody there */
	a = CALL(SYS_socket, AF_INET6, SOCK_STREAM, 0);
	rc = CALL(SYS_connect, a, &addr6, sizeof(addr6));
	if (rc == -ECONNREFUSED)
		expect("connect(%ld<tcp [::]:0>, {sa_family=AF_INET6, sin6_port=htons(9), "
		       "sin6_flowinfo=htonl(0), "
		       "inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}, 28) = %s",
		       a, res(rc));
	return done();
}
