/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_unix.c - local sockets, messages with vectors, several messages at once, netlink. */
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "spy.h"

int main(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "sock"}, hidden = {.sun_family = AF_UNIX};
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
	char one[4], two[8];
	struct iovec out[2] = {{"abc", 3}, {"defg", 4}}, in[2] = {{one, 4}, {two, 8}};
	struct msghdr msg = {.msg_iov = out, .msg_iovlen = 2}, back = {.msg_iov = in, .msg_iovlen = 2};
	struct mmsghdr many[2] = {{.msg_hdr = msg}, {.msg_hdr = msg}};
	struct linger linger = {1, 5};
	socklen_t len = 4;
	int s[2], n;
	long a;

	begin();
	if (CALL(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, s))
		return 1;
	expect("socketpair(AF_UNIX, SOCK_DGRAM, 0, [%s, %d]) = 0", fd(s[0]), s[1]);
	expect("sendmsg(%s, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", iov_len=3}, "
	       "{iov_base=\"defg\", "
	       "iov_len=4}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = %s",
	       fd(s[0]), res(CALL(SYS_sendmsg, s[0], &msg, MSG_NOSIGNAL)));
	expect("recvmsg(%s, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abcd\", iov_len=4}, "
	       "{iov_base=\"efg\", "
	       "iov_len=8}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0) = %s",
	       fd(s[1]), res(CALL(SYS_recvmsg, s[1], &back, 0)));
	expect("sendmmsg(%s, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", "
	       "iov_len=3}, "
	       "{iov_base=\"defg\", iov_len=4}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, msg_len=7}, "
	       "...], 2, 0) = %s",
	       fd(s[0]), res(CALL(SYS_sendmmsg, s[0], many, 2, 0)));
	many[0].msg_hdr = many[1].msg_hdr = back;
	expect("recvmmsg(%s, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abcd\", "
	       "iov_len=4}, "
	       "{iov_base=\"efg\", iov_len=8}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, msg_len=7}, "
	       "...], 2, "
	       "MSG_DONTWAIT, NULL) = %s",
	       fd(s[1]), res(CALL(SYS_recvmmsg, s[1], many, 2, MSG_DONTWAIT, NULL)));
	expect("getsockopt(%s, SOL_SOCKET, SO_TYPE, [2], [4]) = %s", fd(s[0]),
	       res(CALL(SYS_getsockopt, s[0], SOL_SOCKET, SO_TYPE, &n, &len)));
	expect("getsockopt(%s, SOL_SOCKET, SO_ERROR, [0], [4]) = %s", fd(s[0]),
	       res(CALL(SYS_getsockopt, s[0], SOL_SOCKET, SO_ERROR, &n, &len)));
	expect("setsockopt(%s, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, 8) = %s", fd(s[0]),
	       res(CALL(SYS_setsockopt, s[0], SOL_SOCKET, SO_LINGER, &linger, 8)));
	a = CALL(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	expect("connect(%s, {sa_family=AF_UNIX, sun_path=\"sock\"}, 110) = %s", fd(a),
	       res(CALL(SYS_connect, a, &un, sizeof(un))));
	memcpy(hidden.sun_path, "\0a b", 4);
	expect("connect(%s, {sa_family=AF_UNIX, sun_path=@\"a b\"}, 6) = %s", fd(a),
	       res(CALL(SYS_connect, a, &hidden, 6)));
	expect("bind(%s, NULL, 0) = %s", fd(a), res(CALL(SYS_bind, a, NULL, 0)));
	a = CALL(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (a >= 0) {
		struct sockaddr_nl got;
		socklen_t size = sizeof(got);

		CALL(SYS_bind, a, &nl, sizeof(nl));
		getsockname((int)a, (struct sockaddr *)&got, &size);
		expect("{sa_family=AF_NETLINK, nl_pid=%u, nl_groups=00000000}, [12]) = 0", got.nl_pid);
	}
	return done();
}
