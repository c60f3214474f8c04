/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode.h - a spy event as text, the way strace writes it.
 */
#ifndef CTOP_CORE_DECODE_H
#define CTOP_CORE_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/event.h"

enum decode_flags {
	DECODE_FD_NAMES = 1 << 0, /* 3</etc/passwd> */
	DECODE_ERR_TEXT = 1 << 1, /* ENOENT (No such file or directory) */
	DECODE_HEX = 1 << 2,      /* payload strings as \x.. */
	DECODE_ASCII = 1 << 3,    /* nothing but ASCII: "->" instead of an arrow, names escaped */
};

struct decode_options {
	unsigned flags;
	unsigned strsize; /* bytes of a buffer shown, like strace -s; 0 = 32 */
};

/* "openat(AT_FDCWD, "x", O_RDONLY)"; output is printable ASCII/UTF-8 only. */
void decode_call(const struct event *ev, const struct decode_options *opt, struct buf *out);

/* "openat" arguments without name and parentheses (evt.args). */
void decode_args(const struct event *ev, const struct decode_options *opt, struct buf *out);

/* One argument, 0..5 (evt.arg.x). */
void decode_arg(const struct event *ev, int arg, const struct decode_options *opt, struct buf *out);

/* "31</var/lib/x>", "ENOENT (No such file or directory)", "0x7f..", "?" while in progress. */
void decode_result(const struct event *ev, const struct decode_options *opt, struct buf *out);

enum echo_style { ECHO_TEXT, ECHO_HEX, ECHO_RAW };

/* Payload of a read/write: text (printable, line ends kept, others as dots), hex dump, or the bytes. */
void decode_payload(const struct event *ev, enum echo_style style, struct buf *out);

#endif
