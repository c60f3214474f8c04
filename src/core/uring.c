/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.c - names and classes of io_uring requests, which show up beside
 * system calls: evt.type "io_uring_read". Order: include/uapi/linux/io_uring.h.
 */
#include "core/uring.h"

#define OP(op, cls) {.name = "io_uring_" op, .class = CLASS_##cls}

static const struct syscall ops[] = {
	OP("nop", OTHER),
	OP("readv", IO_READ),
	OP("writev", IO_WRITE),
	OP("fsync", FILE),
	OP("read_fixed", IO_READ),
	OP("write_fixed", IO_WRITE),
	OP("poll_add", WAIT),
	OP("poll_remove", WAIT),
	OP("sync_file_range", FILE),
	OP("sendmsg", IO_WRITE),
	OP("recvmsg", IO_READ),
	OP("timeout", SLEEP),
	OP("timeout_remove", SLEEP),
	OP("accept", NET),
	OP("async_cancel", OTHER),
	OP("link_timeout", SLEEP),
	OP("connect", NET),
	OP("fallocate", FILE),
	OP("openat", FILE),
	OP("close", FILE),
	OP("files_update", OTHER),
	OP("statx", FILE),
	OP("read", IO_READ),
	OP("write", IO_WRITE),
	OP("fadvise", FILE),
	OP("madvise", MEMORY),
	OP("send", IO_WRITE),
	OP("recv", IO_READ),
	OP("openat2", FILE),
	OP("epoll_ctl", WAIT),
	OP("splice", IO_WRITE),
	OP("provide_buffers", MEMORY),
	OP("remove_buffers", MEMORY),
	OP("tee", IO_WRITE),
	OP("shutdown", NET),
	OP("renameat", FILE),
	OP("unlinkat", FILE),
	OP("mkdirat", FILE),
	OP("symlinkat", FILE),
	OP("linkat", FILE),
	OP("msg_ring", IPC),
	OP("fsetxattr", FILE),
	OP("setxattr", FILE),
	OP("fgetxattr", FILE),
	OP("getxattr", FILE),
	OP("socket", NET),
	OP("uring_cmd", OTHER),
	OP("send_zc", IO_WRITE),
	OP("sendmsg_zc", IO_WRITE),
	OP("read_multishot", IO_READ),
	OP("waitid", PROCESS),
	OP("futex_wait", IPC),
	OP("futex_wake", IPC),
	OP("futex_waitv", IPC),
	OP("fixed_fd_install", FILE),
	OP("ftruncate", FILE),
	OP("bind", NET),
	OP("listen", NET),
	OP("recv_zc", IO_READ),
	OP("epoll_wait", WAIT),
	OP("readv_fixed", IO_READ),
	OP("writev_fixed", IO_WRITE),
	OP("pipe", IPC),
};

static const struct syscall unknown = OP("op", OTHER);

const struct syscall *uring_op(uint16_t nr)
{
	unsigned op = nr & 0xff;

	return op < sizeof(ops) / sizeof(ops[0]) ? &ops[op] : &unknown;
}
