/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_udp.c - datagrams: the peer is in the call, not in the socket. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "spy.h"

int main(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, from;
	socklen_t len = sizeof(addr);
	int a, b, port, bport;
	char buf[16];
	long rc;

	begin();
	a = (int)CALL(SYS_socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	expect("socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = %d<udp 0.0.0.0:0>", a);
	CALL(SYS_bind, a, &addr, sizeof(addr));
	getsockname(a, (struct sockaddr *)&addr, &len);
	port = ntohs(addr.sin_port);
	b = (int)CALL(SYS_socket, AF_INET, SOCK_DGRAM, 0);
	rc = CALL(SYS_sendto, b, "ping", 4, 0, &addr, sizeof(addr));
	len = sizeof(from);
	getsockname(b, (struct sockaddr *)&from, &len);
	bport = ntohs(from.sin_port);
	expect("\"ping\", 4, 0, {sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr(\"127.0.0.1\")}, "
	       "16) = %s",
	       port, res(rc));
	len = sizeof(from);
	rc = CALL(SYS_recvfrom, a, buf, sizeof(buf), 0, &from, &len);
	expect("recvfrom(%d<udp 127.0.0.1:%d>, \"ping\", 16, 0, {sa_family=AF_INET, sin_port=htons(%d), "
	       "sin_addr=inet_addr(\"127.0.0.1\")}, [16]) = %s",
	       a, port, bport, res(rc));
	return done();
}
