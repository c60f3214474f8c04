/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conns.c - holds TCP connections over loopback: conns COUNT. COUNT sockets in all, half of them the other end;
 * says "ready" when they are there, ends with its standard input.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PER_LISTENER = 10000, BACKLOG = 128 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listener(struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, sizeof(*ret)) || listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)ret, &len))
		die("listen");
	return fd;
}

int main(int argc, char **argv)
{
	long pairs = argc == 2 ? atol(argv[1]) / 2 : 0;
	struct rlimit lim = {(rlim_t)pairs * 2 + 100, (rlim_t)pairs * 2 + 100};
	struct sockaddr_in to;
	int from = -1;
	char c;

	if (pairs <= 0) {
		fprintf(stderr, "usage: conns COUNT\n");
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &lim))
		die("setrlimit");
	for (long i = 0; i < pairs; i++) {
		int s;

		if (i % PER_LISTENER == 0) /* one port has no more than 28,000 peers on one address */
			from = listener(&to);
		s = socket(AF_INET, SOCK_STREAM, 0);
		if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)))
			die("connect");
		if (accept(from, NULL, NULL) < 0)
			die("accept");
	}
	printf("ready\n");
	fflush(stdout);
	return read(STDIN_FILENO, &c, 1) < 0;
}
