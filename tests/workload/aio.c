/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aio.c - Linux AIO (io_submit, io_getevents) with raw calls: the bytes are not in
 * any call's result but in the events that io_getevents hands out. They are noted
 * on the file of the request, for the thread that takes the event.
 */
#include <linux/aio_abi.h>

#include "truth.h"

enum { AT_ONCE = 40 };

static aio_context_t aio;

static void submit(struct iocb **all, long n)
{
	while (n > 0) {
		long taken = TOK(0, NONE, io_submit, aio, n, all);

		all += taken;
		n -= taken;
	}
}

/* Takes n events, `most` at a time; aio_data of a request is its object. */
static void reap(long n, long most)
{
	struct io_event events[AT_ONCE];

	while (n > 0) {
		long got = most % 2 ? TOK(0, NONE, io_getevents, aio, 1, most, events, NULL)
				    : TOK(0, NONE, io_pgetevents, aio, 1, most, events, NULL, NULL);

		for (long i = 0; i < got; i++) {
			const struct iocb *io = (const void *)(uintptr_t)events[i].obj;
			bool in =
				io->aio_lio_opcode == IOCB_CMD_PREAD || io->aio_lio_opcode == IOCB_CMD_PREADV;
			uint64_t bytes = events[i].res > 0 ? (uint64_t)events[i].res : 0;

			truth_note((int)events[i].data, most % 2 ? SYS_io_getevents : SYS_io_pgetevents,
				   most % 2 ? "io_getevents" : "io_pgetevents", 0, 0, in ? bytes : 0,
				   in ? 0 : bytes);
		}
		n -= got;
	}
}

static struct iocb request(int obj, int fd, int op, void *data, size_t size, long long offset)
{
	return (struct iocb){.aio_data = (uint64_t)obj,
			     .aio_lio_opcode = (uint16_t)op,
			     .aio_fildes = (uint32_t)fd,
			     .aio_buf = (uintptr_t)data,
			     .aio_nbytes = size,
			     .aio_offset = offset};
}

/* aio DIR [LOOPS]: two files, a pipe's end, failing requests; few and many events at a time. */
static void run(void)
{
	static char data[AT_ONCE][4096];
	struct iovec iov[2] = {{data[0], 1000}, {data[1], 500}};
	struct iocb io[AT_ONCE], *list[AT_ONCE];
	int obj[2], fd[2];

	for (int i = 0; i < 2; i++) {
		char path[300];

		snprintf(path, sizeof(path), "%s/aio-%d", arg_str(0, "/tmp"), i);
		obj[i] = truth_obj("file", "%s", path);
		fd[i] = (int)TOK(obj[i], NONE, openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
		TOK(obj[i], OUT, write, fd[i], data, sizeof(data));
	}
	TOK(0, NONE, io_setup, AT_ONCE, &aio);
	for (long loop = 0; loop < arg(1, 50); loop++) {
		for (int i = 0; i < AT_ONCE; i++) {
			int which = (int)(loop + i) % 2;
			size_t size = 1 + (size_t)(loop * 37 + i * 101) % 4096;

			switch (i % 5) {
			case 0:
				io[i] = request(obj[which], fd[which], IOCB_CMD_PREAD, data[i], size, i * 64);
				break;
			case 1:
				io[i] = request(obj[which], fd[which], IOCB_CMD_PWRITE, data[i], size,
						i * 64);
				break;
			case 2: io[i] = request(obj[which], fd[which], IOCB_CMD_PREADV, iov, 2, loop); break;
			case 3:
				io[i] = request(obj[which], fd[which], IOCB_CMD_PWRITEV, iov, 1 + i % 2,
						loop);
				break;
			case 4: /* at the end of the file: no bytes */
				io[i] = request(obj[which], fd[which], IOCB_CMD_PREAD, data[i], size,
						1LL << 40);
				break;
			}
			list[i] = &io[i];
		}
		submit(list, AT_ONCE);
		reap(AT_ONCE, loop % 3 ? AT_ONCE - loop % 2 : 1 + loop % 7);
	}
	TOK(obj[0], NONE, fsync, fd[0]);
	TOK(0, NONE, io_destroy, aio);
	for (int i = 0; i < 2; i++)
		TOK(obj[i], NONE, close, fd[i]);
}

static const struct workload all[] = {
	{"aio", "DIR [LOOPS]  reads and writes of two files", NULL, run},
	{0},
};

int main(int argc, char **argv)
{
	return truth_main(argc, argv, all);
}
