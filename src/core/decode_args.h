/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_args.h - the kinds of arguments, and what follows from a kind. The
 * list itself is argkinds.def; the functions that write them are in decode*.c.
 */
#ifndef CTOP_CORE_DECODE_ARGS_H
#define CTOP_CORE_DECODE_ARGS_H

#include <stdint.h>

enum arg_kind {
#define KIND(name, op, size, len, traits, fn) ARG_##name,
#define BITS(name, table)                     ARG_##name,
#define ENUM(name, table)                     ARG_##name,
#include "core/argkinds.def"
#undef KIND
#undef BITS
#undef ENUM
	ARG_KIND_MAX,
};

enum arg_traits {
	ARG_OUT = 1 << 0,   /* written by the call: means nothing when it failed */
	ARG_K32 = 1 << 1,   /* same layout in 32-bit programs */
	ARG_ENTER = 1 << 3, /* copied before the call as well: it is overwritten */
	ARG_PAY = 1 << 2,   /* payload of a read or write */
};

/* How the kernel side copies an argument of this kind. */
struct arg_copy {
	uint8_t op;     /* enum copy_op */
	int8_t len_arg; /* the length is the argument this far on; 0 = not needed */
	uint8_t traits; /* enum arg_traits */
	uint16_t size;  /* COPY_FIXED: bytes, COPY_ARRAY_*: bytes of an element */
};

extern const struct arg_copy arg_copies[ARG_KIND_MAX];

#endif
