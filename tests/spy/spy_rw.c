/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_rw.c - reading, writing and positions in a file. */
#include "spy.h"

int main(void)
{
	char buf[100];
	long a;

	begin();
	a = open("data", O_RDWR | O_CREAT, 0600);
	expect("write(%s, \"hello\\nworld\\0\", 12) = %s", fd(a),
	       res(CALL(SYS_write, a, "hello\nworld", 12)));
	expect("write(%s, \"\\0001\\377\", 3) = %s", fd(a), res(CALL(SYS_write, a, "\0001\377", 3)));
	memset(buf, 'x', 50);
	expect("write(%s, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"..., 50) = %s", fd(a),
	       res(CALL(SYS_write, a, buf, 50)));
	expect("pwrite64(%s, \"HE\", 2, 0) = %s", fd(a), res(CALL(SYS_pwrite64, a, "HE", 2, 0)));
	expect("pread64(%s, \"HEllo\", 5, 0) = %s", fd(a), res(CALL(SYS_pread64, a, buf, 5, 0)));
	expect("lseek(%s, 3, SEEK_SET) = %s", fd(a), res(CALL(SYS_lseek, a, 3, SEEK_SET)));
	expect("read(%s, \"lo\\nworld\\0\\0001\\377\", 12) = %s", fd(a), res(CALL(SYS_read, a, buf, 12)));
	expect("lseek(%s, 0, SEEK_END) = %s", fd(a), res(CALL(SYS_lseek, a, 0, SEEK_END)));
	expect("read(%s, \"\", 100) = %s", fd(a), res(CALL(SYS_read, a, buf, 100)));
	expect("lseek(%s, -1, SEEK_CUR) = %s", fd(a), res(CALL(SYS_lseek, a, -1L, SEEK_CUR)));
	expect("lseek(%s, 0, SEEK_DATA) = %s", fd(a), res(CALL(SYS_lseek, a, 0, SEEK_DATA)));
	expect("read(%s, %s, 100) = %s", fd(a), "0x1", res(CALL(SYS_read, a, 1, 100)));
	expect("ftruncate(%s, 4096) = %s", fd(a), res(CALL(SYS_ftruncate, a, 4096)));
	expect("truncate(\"data\", 100) = %s", res(CALL(SYS_truncate, "data", 100)));
	expect("fallocate(%s, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 0, 50) = %s", fd(a),
	       res(CALL(SYS_fallocate, a, 3, 0, 50)));
	expect("fsync(%s) = %s", fd(a), res(CALL(SYS_fsync, a)));
	expect("fdatasync(%s) = %s", fd(a), res(CALL(SYS_fdatasync, a)));
	expect("sync_file_range(%s, 0, 100, SYNC_FILE_RANGE_WRITE) = %s", fd(a),
	       res(CALL(SYS_sync_file_range, a, 0, 100, 2)));
	expect("fadvise64(%s, 0, 0, POSIX_FADV_SEQUENTIAL) = %s", fd(a),
	       res(CALL(SYS_fadvise64, a, 0, 0, 2)));
	expect("readahead(%s, 0, 100) = %s", fd(a), res(CALL(SYS_readahead, a, 0, 100)));
	expect("read(-1, %s, 1) = %s", ptr(buf), res(CALL(SYS_read, -1, buf, 1)));
	expect("write(99, \"x\", 1) = %s", res(CALL(SYS_write, 99, "x", 1)));
	return done();
}
