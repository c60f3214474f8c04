/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_exec.c - a program that turns into itself. */
#include "spy.h"

int main(int argc, char **argv)
{
	char *env[] = {"A=1", NULL}, *args[] = {"name", "-l", "two words", "\"\n", NULL};
	char path[PATH_MAX] = "";

	begin();
	if (argc > 1)
		return done();
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return 1;
	expect("execve(\"./missing\", [\"name\", \"-l\", \"two words\", \"\\\"\\n\"], %s) = %s", ptr(env),
	       res(CALL(SYS_execve, "./missing", args, env)));
	expect("execve(\"./missing\", NULL, NULL) = %s", res(CALL(SYS_execve, "./missing", NULL, NULL)));
	expect("execveat(AT_FDCWD, \"./missing\", [\"%s\"], %s, AT_SYMLINK_NOFOLLOW) = %s", argv[0], ptr(env),
	       res(CALL(SYS_execveat, AT_FDCWD, "./missing", argv, env, AT_SYMLINK_NOFOLLOW)));
	expect("execve(\"%s\", [\"name\", \"-l\", \"two words\", \"\\\"\\n\"], %s) = 0", path, ptr(env));
	fflush(stdout);
	syscall(SYS_execve, path, args, env);
	return 1;
}
