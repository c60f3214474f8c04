/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_poll.c - poll, select, epoll, and the descriptors they wait for. */
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>

#include "spy.h"

int main(void)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x1234567890}, got[4];
	struct timespec second = {1, 0}, none = {0, 0};
	struct timeval moment = {0, 10};
	struct pollfd pfd[2];
	uint64_t mask = 1 << (SIGINT - 1);
	fd_set set;
	int p[2];
	long ep, a;

	begin();
	if (pipe(p))
		return 1;
	ep = CALL(SYS_epoll_create1, EPOLL_CLOEXEC);
	expect("epoll_create1(EPOLL_CLOEXEC) = %s", fd(ep));
	expect("epoll_ctl(%s, EPOLL_CTL_ADD, %s, {events=EPOLLIN|EPOLLET, data={u32=878082192, "
	       "u64=78187493520}}) = %s",
	       fd(ep), fd(p[0]), res(CALL(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, p[0], &ev)));
	expect("epoll_wait(%s, [], 4, 0) = %s", fd(ep), res(CALL(SYS_epoll_wait, ep, got, 4, 0)));
	pfd[0] = (struct pollfd){.fd = p[0], .events = POLLIN | POLLPRI};
	pfd[1] = (struct pollfd){.fd = p[1], .events = POLLERR};
	expect("poll([{fd=%d, events=POLLIN|POLLPRI}, {fd=%d, events=POLLERR}], 2, 1) = 0 (Timeout)", p[0],
	       p[1]);
	CALL(SYS_poll, pfd, 2, 1);
	if (write(p[1], "x", 1) != 1)
		return 1;
	expect("epoll_wait(%s, [{events=EPOLLIN, data={u32=878082192, u64=78187493520}}], 4, -1) = %s",
	       fd(ep), res(CALL(SYS_epoll_wait, ep, got, 4, -1)));
	expect("epoll_ctl(%s, EPOLL_CTL_DEL, %s, NULL) = %s", fd(ep), fd(p[0]),
	       res(CALL(SYS_epoll_ctl, ep, EPOLL_CTL_DEL, p[0], NULL)));
	expect("epoll_pwait(%s, [], 4, 0, [INT], 8) = %s", fd(ep),
	       res(CALL(SYS_epoll_pwait, ep, got, 4, 0, &mask, 8)));
	expect("poll([{fd=%d, events=POLLIN|POLLPRI}, {fd=%d, events=POLLERR}], 2, -1) = 1 ([{fd=%d, "
	       "revents=POLLIN}])",
	       p[0], p[1], p[0]);
	CALL(SYS_poll, pfd, 2, -1);
	expect("ppoll([{fd=%d, events=POLLIN|POLLPRI}], 1, {tv_sec=0, tv_nsec=0}, [INT], 8) = "
	       "1 ([{fd=%d, revents=POLLIN}], left {tv_sec=0, tv_nsec=0})",
	       p[0], p[0]);
	CALL(SYS_ppoll, pfd, 1, &none, &mask, 8);
	expect("poll(NULL, 0, 0) = 0 (Timeout)");
	CALL(SYS_poll, NULL, 0, 0);
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	FD_SET(p[1], &set);
	CALL(SYS_pselect6, p[1] + 1, &set, NULL, NULL, &second, NULL);
	expect("pselect6(%d, [%d %d], NULL, NULL, {tv_sec=1, tv_nsec=0}, NULL) = 1 (in [%d], left "
	       "{tv_sec=%ld, tv_nsec=%ld})",
	       p[1] + 1, p[0], p[1], p[0], second.tv_sec, second.tv_nsec);
	FD_ZERO(&set);
	FD_SET(p[1], &set);
	CALL(SYS_select, p[1] + 1, NULL, &set, NULL, NULL);
	expect("select(%d, NULL, [%d], NULL, NULL) = 1 (out [%d])", p[1] + 1, p[1], p[1]);
	FD_ZERO(&set);
	FD_SET(p[1], &set);
	CALL(SYS_select, p[1] + 1, &set, NULL, NULL, &moment);
	expect("select(%d, [%d], NULL, NULL, {tv_sec=0, tv_usec=10}) = 0 (Timeout)", p[1] + 1, p[1]);
	a = CALL(SYS_eventfd2, 5, EFD_CLOEXEC | EFD_SEMAPHORE);
	expect("eventfd2(5, EFD_SEMAPHORE|EFD_CLOEXEC) = %s", fd(a));
	return done();
}
