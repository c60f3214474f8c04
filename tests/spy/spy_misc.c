/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_misc.c - extended attributes, watches, random numbers, calls that do not exist. */
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/inotify.h>
#include <sys/mount.h>

#include "spy.h"

int main(void)
{
	struct perf_event_attr perf = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(perf), .config = 0x63};
	struct io_uring_params params = {.flags = IORING_SETUP_CLAMP};
	char buf[16];
	long a, wd;

	begin();
	close(open("file", O_CREAT | O_WRONLY, 0600));
	expect("getxattr(\"file\", \"user.none\", %s, 16) = %s", ptr(buf),
	       res(CALL(SYS_getxattr, "file", "user.none", buf, 16)));
	expect("setxattr(\"missing\", \"user.x\", \"value\", 5, XATTR_CREATE) = %s",
	       res(CALL(SYS_setxattr, "missing", "user.x", "value", 5, 1)));
	a = CALL(SYS_inotify_init1, IN_CLOEXEC);
	expect("inotify_init1(IN_CLOEXEC) = %s", fd(a));
	wd = CALL(SYS_inotify_add_watch, a, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	expect("\".\", IN_CREATE|IN_DELETE|IN_ONLYDIR) = %ld", wd);
	CALL(SYS_getrandom, buf, 4, 1);
	expect("getrandom(\"\\x%02x\\x%02x\\x%02x\\x%02x\", 4, GRND_NONBLOCK) = 4", (uint8_t)buf[0],
	       (uint8_t)buf[1], (uint8_t)buf[2], (uint8_t)buf[3]);
	expect("mount(\"none\", \"missing\", \"tmpfs\", MS_NOSUID|MS_NODEV, \"size=1k\") = %s",
	       res(CALL(SYS_mount, "none", "missing", "tmpfs", MS_NOSUID | MS_NODEV, "size=1k")));
	expect("umount2(\"missing\", MNT_DETACH) = %s", res(CALL(SYS_umount2, "missing", MNT_DETACH)));
	expect("bpf(BPF_MAP_CREATE, NULL, 0) = %s", res(CALL(SYS_bpf, 0, NULL, 0)));
	expect("io_uring_setup(0, NULL) = %s", res(CALL(SYS_io_uring_setup, 0, NULL)));
	a = CALL(SYS_io_uring_setup, 4, &params);
	expect("io_uring_register(%s, IORING_REGISTER_EVENTFD, NULL, 0) = %s", a < 0 ? "-1" : fd(a),
	       res(CALL(SYS_io_uring_register, a < 0 ? -1 : a, IORING_REGISTER_EVENTFD, NULL, 0)));
	expect("perf_event_open({type=PERF_TYPE_SOFTWARE, size=%u, config=0x63, sample_period=0, ...}, 0, "
	       "-1, -1, "
	       "PERF_FLAG_FD_CLOEXEC) = %s",
	       (unsigned)sizeof(perf), res(CALL(SYS_perf_event_open, &perf, 0, -1, -1, 8)));
	expect("shmget(IPC_PRIVATE, 0, IPC_CREAT|0600) = %s", res(CALL(SYS_shmget, 0, 0, 01600)));
	expect("syscall_500(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = %s", res(CALL(500, 1, 2, 3, 4, 5, 6)));
	return done();
}
