/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_dir.c - directories, links, names, permissions, times of files. */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "spy.h"

int main(void)
{
	struct timespec now_omit[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}}, times[2] = {{1, 2}, {3, 4}};
	char buf[PATH_MAX], here[PATH_MAX];
	long a, rc;

	begin();
	if (!getcwd(here, sizeof(here)))
		return 1;
	expect("mkdir(\"dir\", 0700) = %s", res(CALL(SYS_mkdir, "dir", 0700)));
	expect("mkdir(\"dir\", 0700) = %s", res(CALL(SYS_mkdir, "dir", 0700)));
	expect("mkdirat(AT_FDCWD, \"dir/sub\", 01777) = %s",
	       res(CALL(SYS_mkdirat, AT_FDCWD, "dir/sub", 01777)));
	a = open("dir", O_RDONLY | O_DIRECTORY);
	expect("getdents64(%s, %s /* 3 entries */, 4096) = %s", fd(a), ptr(buf),
	       res(CALL(SYS_getdents64, a, buf, 4096)));
	expect("getdents64(%s, %s /* 0 entries */, 4096) = %s", fd(a), ptr(buf),
	       res(CALL(SYS_getdents64, a, buf, 4096)));
	expect("chdir(\"dir\") = %s", res(CALL(SYS_chdir, "dir")));
	rc = CALL(SYS_getcwd, buf, sizeof(buf));
	expect("getcwd(\"%s/dir\", 4096) = %s", here, res(rc));
	expect("getcwd(%s, 1) = %s", ptr(buf), res(CALL(SYS_getcwd, buf, 1)));
	expect("rmdir(\"sub\") = %s", res(CALL(SYS_rmdir, "sub")));
	expect("chdir(\"..\") = %s", res(CALL(SYS_chdir, "..")));
	expect("fchdir(%s) = %s", fd(a), res(CALL(SYS_fchdir, a)));
	expect("chdir(\"..\") = %s", res(CALL(SYS_chdir, "..")));
	expect("symlink(\"target\", \"dir/link\") = %s", res(CALL(SYS_symlink, "target", "dir/link")));
	expect("symlinkat(\"target\", %s, \"link2\") = %s", fd(a),
	       res(CALL(SYS_symlinkat, "target", a, "link2")));
	expect("readlink(\"dir/link\", \"target\", 4096) = %s",
	       res(CALL(SYS_readlink, "dir/link", buf, 4096)));
	expect("readlinkat(%s, \"link2\", \"tar\", 3) = %s", fd(a),
	       res(CALL(SYS_readlinkat, a, "link2", buf, 3)));
	expect("rename(\"dir/link\", \"dir/l\") = %s", res(CALL(SYS_rename, "dir/link", "dir/l")));
	expect("renameat2(AT_FDCWD, \"dir/l\", AT_FDCWD, \"dir/link2\", RENAME_NOREPLACE) = %s",
	       res(CALL(SYS_renameat2, AT_FDCWD, "dir/l", AT_FDCWD, "dir/link2", 1)));
	expect("unlink(\"dir/l\") = %s", res(CALL(SYS_unlink, "dir/l")));
	expect("unlinkat(%s, \"link2\", 0) = %s", fd(a), res(CALL(SYS_unlinkat, a, "link2", 0)));
	close(open("file", O_CREAT | O_WRONLY, 0600));
	expect("link(\"file\", \"file2\") = %s", res(CALL(SYS_link, "file", "file2")));
	expect("linkat(AT_FDCWD, \"file\", AT_FDCWD, \"file3\", AT_SYMLINK_FOLLOW) = %s",
	       res(CALL(SYS_linkat, AT_FDCWD, "file", AT_FDCWD, "file3", AT_SYMLINK_FOLLOW)));
	expect("chmod(\"file\", 0644) = %s", res(CALL(SYS_chmod, "file", 0644)));
	expect("fchmodat(AT_FDCWD, \"file\", 000) = %s", res(CALL(SYS_fchmodat, AT_FDCWD, "file", 0)));
	expect("chown(\"file\", -1, -1) = %s", res(CALL(SYS_chown, "file", -1, -1)));
	expect("fchownat(AT_FDCWD, \"missing\", 5, 6, AT_SYMLINK_NOFOLLOW) = %s",
	       res(CALL(SYS_fchownat, AT_FDCWD, "missing", 5, 6, AT_SYMLINK_NOFOLLOW)));
	expect("utimensat(AT_FDCWD, \"file\", [UTIME_NOW, UTIME_OMIT], 0) = %s",
	       res(CALL(SYS_utimensat, AT_FDCWD, "file", now_omit, 0)));
	expect("utimensat(AT_FDCWD, \"file\", [{tv_sec=1, tv_nsec=2}, {tv_sec=3, tv_nsec=4}], "
	       "AT_SYMLINK_NOFOLLOW) = %s",
	       res(CALL(SYS_utimensat, AT_FDCWD, "file", times, AT_SYMLINK_NOFOLLOW)));
	expect("mknod(\"fifo\", S_IFIFO|0600) = %s", res(CALL(SYS_mknod, "fifo", S_IFIFO | 0600, 0)));
	expect("mknodat(AT_FDCWD, \"fifo\", S_IFCHR|0600, makedev(0x1, 0x3)) = %s",
	       res(CALL(SYS_mknodat, AT_FDCWD, "fifo", S_IFCHR | 0600, makedev(1, 3))));
	expect("umask(027) = %03lo", CALL(SYS_umask, 027));
	return done();
}
