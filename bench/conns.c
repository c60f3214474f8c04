/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conns.c - holds TCP connections over loopback: conns COUNT. COUNT sockets in all, half of them the other
 * end; says "ready" when they are there, ends with its standard input.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
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

/* Both ends of so many connections. */
static void hold(long pairs)
{
	struct sockaddr_in to;
	int from = -1;

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
}

int main(int argc, char **argv)
{
	long pairs = argc == 2 ? atol(argv[1]) / 2 : 0, each;
	struct rlimit lim;
	char c;

	if (pairs <= 0) {
		fprintf(stderr, "usage: conns COUNT\n");
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	each = ((long)(lim.rlim_cur < 1000000 ? lim.rlim_cur : 1000000) - 50) / 2;
	/* as many processes as it takes */
	while (pairs > 0) {
		long n = pairs < each ? pairs : each;
		int ready[2];
		pid_t pid;

		if (pipe(ready))
			die("pipe");
		pid = fork();
		if (pid < 0)
			die("fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			hold(n);
			if (write(ready[1], "r", 1) != 1)
				return 1;
			pause();
			return 0;
		}
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			die("no connections");
		close(ready[0]);
		pairs -= n;
	}
	printf("ready\n");
	fflush(stdout);
	return read(STDIN_FILENO, &c, 1) < 0;
}
