/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy.h - for programs that make system calls and print, line by line, what
 * the spy must show for each: "call(arguments) = result". case_decode.py runs
 * one under the spy and looks for its lines, in their order, in the output.
 *
 * Calls are made by number, so that the C library changes nothing about them.
 * The working directory is empty and the program's own.
 */
#ifndef CTOP_TESTS_SPY_H
#define CTOP_TESTS_SPY_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The call's result, or -errno. */
#define CALL(nr, ...) call_result(syscall(nr, ##__VA_ARGS__))

enum { SCRATCH = PATH_MAX + 128 };

static inline long call_result(long rc)
{
	return rc == -1 ? -errno : rc;
}

/* One of a few buffers that are used in turn. */
static inline char *scratch(void)
{
	static char buffers[32][SCRATCH];
	static unsigned next;

	return buffers[next++ % 32];
}

/* "0", "17", "ENOENT (No such file or directory)" */
static inline const char *res(long rc)
{
	char *s = scratch();

	if (rc < 0 && rc >= -4095)
		snprintf(s, SCRATCH, "%s (%s)", strerrorname_np((int)-rc), strerror((int)-rc));
	else
		snprintf(s, SCRATCH, "%ld", rc);
	return s;
}

/* "0x7f..", or NULL */
static inline const char *ptr(const void *p)
{
	char *s = scratch();

	if (!p)
		return "NULL";
	snprintf(s, SCRATCH, "%p", p);
	return s;
}

/* "3</tmp/x>": a descriptor and what it points to; an error as res() has it */
static inline const char *fd(long number)
{
	char link[PATH_MAX] = "", path[64], *s = scratch();
	const char *name = link;

	if (number < 0)
		return res(number);
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", number);
	if (readlink(path, link, sizeof(link) - 1) < 0) {
		snprintf(s, SCRATCH, "%ld", number);
		return s;
	}
	if (!strncmp(name, "anon_inode:", 11))
		name += 11;
	snprintf(s, SCRATCH, "%ld<%s%s>", number, strncmp(name, "socket:", 7) ? "" : "unix ", name);
	return s;
}

/* What the spy must show for the call just made. */
__attribute__((format(printf, 1, 2))) static inline void expect(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* Lines are printed at the end: writing between the calls would move descriptors' times only, but add noise.
 */
static inline void begin(void)
{
	static char out[1 << 16];

	setvbuf(stdout, out, _IOFBF, sizeof(out));
}

static inline int done(void)
{
	fflush(stdout);
	return 0;
}

#endif
