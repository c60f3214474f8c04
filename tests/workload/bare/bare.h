/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare.h - between life.c and the program without a C library that it starts. The
 * same layout for 32 and 64 bit.
 */
#ifndef CTOP_TESTS_BARE_H
#define CTOP_TESTS_BARE_H

enum {
	BARE_CALLS = 5,       /* getppid() calls of "short" */
	BARE_BYTES = 7,       /* that it writes */
	BARE_FILE_FD = 201,   /* inherited: a file */
	BARE_SOCK_FD = 202,   /* 202, 203: a pair of datagram sockets */
	BARE_REPORT_FD = 204, /* struct bare_report, to be mapped */
	BARE_ROWS = 64,
};

struct bare_row {
	char call[24];
	unsigned obj; /* 0 the file, 1 and 2 the sockets */
	unsigned calls, in, out;
};

struct bare_report {
	unsigned n;
	struct bare_row rows[BARE_ROWS];
};

#endif
