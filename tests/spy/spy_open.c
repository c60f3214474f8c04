/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_open.c - opening, creating, closing; paths with characters that need escapes. */
#include <linux/openat2.h>

#include "spy.h"

int main(void)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	const char *name;
	long a, b;

	begin();
	a = CALL(SYS_openat, AT_FDCWD, "new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	expect("openat(AT_FDCWD, \"new\", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0640) = %s", fd(a));
	b = CALL(SYS_openat, AT_FDCWD, "new", O_RDWR | O_CREAT | O_EXCL, 0640);
	expect("openat(AT_FDCWD, \"new\", O_RDWR|O_CREAT|O_EXCL, 0640) = %s", res(b));
	b = CALL(SYS_open, "new", O_WRONLY | O_APPEND | O_NONBLOCK);
	name = fd(b);
	expect("open(\"new\", O_WRONLY|O_APPEND|O_NONBLOCK) = %s", name);
	expect("close(%s) = %s", name, res(CALL(SYS_close, b)));
	expect("close(%ld) = %s", b, res(CALL(SYS_close, b)));
	name = fd(a);
	expect("close(%s) = %s", name, res(CALL(SYS_close, a)));

	a = CALL(SYS_creat, "created", 0600);
	expect("creat(\"created\", 0600) = %s", fd(a));
	close((int)a);

	a = CALL(SYS_open, ".", O_RDONLY | O_DIRECTORY);
	expect("open(\".\", O_RDONLY|O_DIRECTORY) = %s", fd(a));
	b = CALL(SYS_openat, a, "created", O_PATH);
	expect("openat(%s, \"created\", O_RDONLY|O_PATH) = %s", fd(a), fd(b));
	close((int)b);
	b = CALL(SYS_openat2, a, ".", &how, sizeof(how));
	expect("openat2(%s, \".\", {flags=O_RDONLY|O_DIRECTORY, "
	       "resolve=RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH}, 24) = %s",
	       fd(a), fd(b));
	close((int)b);

	expect("open(\"tab\\there \\\"quoted\\\" \\33[2J\\n\\0017\", O_RDONLY) = %s",
	       res(CALL(SYS_open, "tab\there \"quoted\" \33[2J\n\0017", O_RDONLY)));
	expect("open(\"\\377\\200\", O_RDONLY) = %s", res(CALL(SYS_open, "\xff\x80", O_RDONLY)));
	expect("open(NULL, O_RDONLY) = %s", res(CALL(SYS_open, NULL, O_RDONLY)));
	expect("open(0x1, O_RDONLY) = %s", res(CALL(SYS_open, 1, O_RDONLY)));

	expect("access(\"created\", R_OK|W_OK) = %s", res(CALL(SYS_access, "created", R_OK | W_OK)));
	expect("access(\"missing\", F_OK) = %s", res(CALL(SYS_access, "missing", F_OK)));
	expect("faccessat2(%s, \"created\", X_OK, AT_EACCESS) = %s", fd(a),
	       res(CALL(SYS_faccessat2, a, "created", X_OK, AT_EACCESS)));
	expect("close_range(100, 4294967295, CLOSE_RANGE_CLOEXEC) = %s",
	       res(CALL(SYS_close_range, 100, ~0U, 4)));
	return done();
}
