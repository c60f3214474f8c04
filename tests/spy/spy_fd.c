/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_fd.c - copies of descriptors, pipes, fcntl, ioctl, locks. */
#include <sys/file.h>
#include <sys/ioctl.h>

#include "spy.h"

int main(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
	int p[2], n = 1;
	long a, b;

	begin();
	a = open("data", O_RDWR | O_CREAT | O_APPEND, 0600);
	b = CALL(SYS_dup, a);
	expect("dup(%s) = %s", fd(a), fd(b));
	expect("dup2(%s, %ld) = %s", fd(a), b, fd(CALL(SYS_dup2, a, b)));
	expect("dup3(%s, 50, O_CLOEXEC) = %s", fd(a), fd(CALL(SYS_dup3, a, 50, O_CLOEXEC)));
	CALL(SYS_pipe2, p, O_CLOEXEC | O_NONBLOCK);
	expect("pipe2([%s, %s], O_CLOEXEC|O_NONBLOCK) = 0", fd(p[0]), fd(p[1]));
	expect("read(%s, %s, 1) = %s", fd(p[0]), ptr(&n), res(CALL(SYS_read, p[0], &n, 1)));
	expect("fcntl(%s, F_GETFD) = 0", fd(a));
	CALL(SYS_fcntl, a, F_GETFD);
	expect("fcntl(%s, F_SETFD, FD_CLOEXEC) = %s", fd(a), res(CALL(SYS_fcntl, a, F_SETFD, FD_CLOEXEC)));
	expect("fcntl(%s, F_GETFD) = 0x1 (flags FD_CLOEXEC)", fd(a));
	CALL(SYS_fcntl, a, F_GETFD);
	expect("fcntl(%s, F_GETFL) = 0x8402 (flags O_RDWR|O_APPEND|O_LARGEFILE)", fd(a));
	CALL(SYS_fcntl, a, F_GETFL);
	expect("fcntl(%s, F_SETFL, O_RDONLY|O_NONBLOCK) = %s", fd(a),
	       res(CALL(SYS_fcntl, a, F_SETFL, O_NONBLOCK)));
	b = CALL(SYS_fcntl, a, F_DUPFD_CLOEXEC, 60);
	expect("fcntl(%s, F_DUPFD_CLOEXEC, 60) = %s", fd(a), fd(b));
	expect("fcntl(%s, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=10}) = %s", fd(a),
	       res(CALL(SYS_fcntl, a, F_SETLK, &lock)));
	expect("fcntl(%s, F_GETLK, {l_type=F_UNLCK, l_whence=SEEK_SET, l_start=0, l_len=10, l_pid=0}) = %s",
	       fd(a), res(CALL(SYS_fcntl, a, F_GETLK, &lock)));
	expect("fcntl(%s, F_SETPIPE_SZ, 4096) = %s", fd(p[0]),
	       res(CALL(SYS_fcntl, p[0], F_SETPIPE_SZ, 4096)));
	expect("flock(%s, LOCK_EX|LOCK_NB) = %s", fd(a), res(CALL(SYS_flock, a, LOCK_EX | LOCK_NB)));
	if (write(p[1], "1234", 4) != 4)
		return 1;
	expect("ioctl(%s, FIONREAD, [4]) = %s", fd(p[0]), res(CALL(SYS_ioctl, p[0], FIONREAD, &n)));
	n = 1;
	expect("ioctl(%s, FIONBIO, [1]) = %s", fd(p[0]), res(CALL(SYS_ioctl, p[0], FIONBIO, &n)));
	expect("ioctl(%s, FIOCLEX) = %s", fd(p[0]), res(CALL(SYS_ioctl, p[0], FIOCLEX)));
	expect("ioctl(%s, TCGETS, %s) = %s", fd(a), ptr(p), res(CALL(SYS_ioctl, a, TCGETS, p)));
	expect("ioctl(%s, _IOC(_IOC_READ|_IOC_WRITE, 0x7a, 0x1, 0x8), %s) = %s", fd(a), ptr(p),
	       res(CALL(SYS_ioctl, a, 0xc0087a01, p)));
	expect("fcntl(77, F_GETFD) = %s", res(CALL(SYS_fcntl, 77, F_GETFD)));
	return done();
}
