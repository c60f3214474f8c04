/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_stat.c - status of files and file systems. */
#include <sys/stat.h>
#include <sys/statfs.h>

#include "spy.h"

int main(void)
{
	struct statfs fs;
	struct statx sx;
	struct stat st;
	long a, rc;

	begin();
	a = open("file", O_RDWR | O_CREAT, 0600);
	if (fchmod((int)a, 04755) || write((int)a, "12345", 5) != 5)
		return 1;
	expect("stat(\"file\", {st_mode=S_IFREG|S_ISUID|0755, st_size=5, ...}) = %s",
	       res(CALL(SYS_stat, "file", &st)));
	expect("fstat(%s, {st_mode=S_IFREG|S_ISUID|0755, st_size=5, ...}) = %s", fd(a),
	       res(CALL(SYS_fstat, a, &st)));
	expect("newfstatat(%s, \"\", {st_mode=S_IFREG|S_ISUID|0755, st_size=5, ...}, AT_EMPTY_PATH) = %s",
	       fd(a), res(CALL(SYS_newfstatat, a, "", &st, AT_EMPTY_PATH)));
	expect("stat(\"/dev/null\", {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}) = %s",
	       res(CALL(SYS_stat, "/dev/null", &st)));
	if (symlink("file", "link"))
		return 1;
	expect("lstat(\"link\", {st_mode=S_IFLNK|0777, st_size=4, ...}) = %s",
	       res(CALL(SYS_lstat, "link", &st)));
	expect("newfstatat(AT_FDCWD, \"link\", {st_mode=S_IFLNK|0777, st_size=4, ...}, AT_SYMLINK_NOFOLLOW) "
	       "= %s",
	       res(CALL(SYS_newfstatat, AT_FDCWD, "link", &st, AT_SYMLINK_NOFOLLOW)));
	expect("stat(\"missing\", %s) = %s", ptr(&st), res(CALL(SYS_stat, "missing", &st)));
	rc = CALL(SYS_statx, AT_FDCWD, "file", AT_STATX_SYNC_AS_STAT, STATX_MODE | STATX_SIZE, &sx);
	if (sx.stx_mask == STATX_BASIC_STATS)
		expect("statx(AT_FDCWD, \"file\", AT_STATX_SYNC_AS_STAT, STATX_MODE|STATX_SIZE, "
		       "{stx_mask=STATX_BASIC_STATS, stx_attributes=0, stx_mode=S_IFREG|S_ISUID|0755, "
		       "stx_size=5, ...}) "
		       "= %s",
		       res(rc));
	rc = CALL(SYS_statfs, "/proc", &fs);
	expect("statfs(\"/proc\", {f_type=PROC_SUPER_MAGIC, f_bsize=%ld, f_blocks=%lu, f_bfree=%lu, "
	       "f_bavail=%lu, "
	       "f_files=%lu, f_ffree=%lu, f_fsid={val=[%#x, %#x]}, f_namelen=%ld, f_frsize=%ld, f_flags=%s}) "
	       "= %s",
	       fs.f_bsize, fs.f_blocks, fs.f_bfree, fs.f_bavail, fs.f_files, fs.f_ffree, fs.f_fsid.__val[0],
	       fs.f_fsid.__val[1], fs.f_namelen, fs.f_frsize,
	       fs.f_flags == 0x102e   ? "ST_VALID|ST_NOSUID|ST_NODEV|ST_NOEXEC|ST_RELATIME"
	       : fs.f_flags == 0x1020 ? "ST_VALID|ST_RELATIME"
				      : "?",
	       res(rc));
	return done();
}
