/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_impl.h - what the decoders share. Each one writes one argument; which
 * one belongs to which kind of argument is in argkinds.def.
 *
 * Everything that comes from the watched program is untrusted: a blob may be
 * missing, faulted, shorter than the structure or full of nonsense. Decoders
 * get at memory through dec_mem() and the get_*() readers only.
 */
#ifndef CTOP_CORE_DECODE_IMPL_H
#define CTOP_CORE_DECODE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/buf.h"
#include "core/decode.h"
#include "core/event.h"
#include "core/flags.h"
#include "core/syscall.h"

struct dec {
	const struct event *ev;
	const struct syscall *sc;
	const struct decode_options *opt;
	struct buf *out;
	int arg;    /* which argument, -1 = the result */
	uint64_t v; /* its value */
	bool omit;  /* set by a decoder: leave the argument out, separator and all */
};

/* One function per name in argkinds.def's last column. */
#define KIND(name, op, size, len, traits, fn) void dec_##fn(struct dec *d);
#define BITS(name, table)
#define ENUM(name, table)
#include "core/argkinds.def"
#undef KIND
#undef BITS
#undef ENUM

/* Readers of copied memory; the caller has checked the bounds. */
static inline uint16_t get_u16(const void *p, size_t off)
{
	uint16_t v;

	memcpy(&v, (const char *)p + off, sizeof(v));
	return v;
}

static inline uint32_t get_u32(const void *p, size_t off)
{
	uint32_t v;

	memcpy(&v, (const char *)p + off, sizeof(v));
	return v;
}

static inline uint64_t get_u64(const void *p, size_t off)
{
	uint64_t v;

	memcpy(&v, (const char *)p + off, sizeof(v));
	return v;
}

static inline int64_t get_s64(const void *p, size_t off)
{
	return (int64_t)get_u64(p, off);
}

static inline uint16_t get_be16(const void *p, size_t off)
{
	const uint8_t *b = (const uint8_t *)p + off;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline bool dec_compat(const struct dec *d)
{
	return d->ev->nr & WIRE_NR_COMPAT;
}

/* The call failed (the kernel's restart codes included). */
static inline bool dec_failed(const struct dec *d)
{
	return !d->ev->in_progress && d->ev->ret < 0 && d->ev->ret >= -4095;
}

/* Copied memory of the argument, if it could be read; NULL otherwise. */
const struct event_blob *dec_blob(const struct dec *d, int part);

/* At least `size` bytes of the argument; NULL, and the pointer written instead, when they are not there. */
const void *dec_mem(struct dec *d, size_t size);

/* "NULL" or 0x... */
void dec_addr(struct dec *d, uint64_t addr);

void dec_bits(struct dec *d, const struct flag_table *t, uint64_t v);
void dec_enum(struct dec *d, const struct flag_table *t, uint64_t v);

/* A number with its descriptor's target where fd names one and names are asked for. */
void dec_fd_as(struct dec *d, int64_t number, const struct event_fd *fd);

/* Decoders of a part that several arguments have. */
void dec_signal_name(struct dec *d, int sig);
void dec_timespec_at(struct dec *d, const void *p, size_t off);
void dec_timeval_at(struct dec *d, const void *p, size_t off);
void dec_mode_value(struct dec *d, uint32_t mode);
void dec_open_flags_value(struct dec *d, uint64_t flags);
void dec_iov_list(struct dec *d, const struct event_blob *array, const struct event_blob *payload,
		  uint64_t count, uint64_t moved, bool out);

enum quote_style {
	QUOTE_DATA, /* octal for everything but printable ASCII */
	QUOTE_NAME, /* valid UTF-8 stays */
	QUOTE_HEX,  /* \x.. throughout */
};

/* Writes "data" with strace's escapes, and `...` behind it when more is set. */
void quote_string(struct buf *out, const void *data, size_t len, enum quote_style style, bool more);

/* The same without the quotes; `special` are further characters to escape. */
void quote_bytes(struct buf *out, const void *data, size_t len, enum quote_style style, const char *special);

/* A name that people gave, as the options want it: QUOTE_NAME, unless only ASCII may be written. */
void dec_quote_name(struct dec *d, const void *name, size_t len, bool more);

/* Payload of the call's descriptor: netlink messages as such, anything else as dec_bytes() does. */
void dec_payload(struct dec *d, const void *data, size_t len, uint64_t full);

/* Bytes of a buffer as the options want it: at most strsize of them. */
void dec_bytes(struct dec *d, const void *data, size_t len, uint64_t full);

#endif
