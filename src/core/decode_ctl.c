/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_ctl.c - fcntl, ioctl and mremap: calls whose argument is what their command makes of it. */
#include <fcntl.h>
#include <inttypes.h>

#include "core/decode_impl.h"

void dec_mremap_addr(struct dec *d)
{
	d->omit = !(d->ev->args[3] & 2); /* MREMAP_FIXED */
	dec_addr(d, d->v);
}

/* --- fcntl --- */

enum fcntl_shape { FC_HEX, FC_NONE, FC_INT, FC_SIGNAL, FC_LOCK, FC_LOCK_OUT, FC_BITS };

static const struct fcntl_cmd {
	uint32_t cmd;
	enum fcntl_shape arg;
	const struct flag_table *bits;     /* FC_BITS */
	const struct flag_table *ret_bits; /* the result is flags */
	const char *ret_word;
} fcntl_cmds[] = {
	{0, FC_INT, NULL, NULL, NULL},
	{1, FC_NONE, NULL, flags_of(fdcloexec), "flags"},
	{2, FC_BITS, flags_of(fdcloexec), NULL, NULL},
	{3, FC_NONE, NULL, flags_of(open_flags), "flags"},
	{4, FC_BITS, flags_of(open_flags), NULL, NULL},
	{5, FC_LOCK_OUT, NULL, NULL, NULL},
	{6, FC_LOCK, NULL, NULL, NULL},
	{7, FC_LOCK, NULL, NULL, NULL},
	{8, FC_INT, NULL, NULL, NULL},
	{9, FC_NONE, NULL, NULL, NULL},
	{10, FC_SIGNAL, NULL, NULL, NULL},
	{11, FC_NONE, NULL, NULL, NULL},
	{36, FC_LOCK_OUT, NULL, NULL, NULL},
	{37, FC_LOCK, NULL, NULL, NULL},
	{38, FC_LOCK, NULL, NULL, NULL},
	{1025, FC_NONE, NULL, NULL, NULL},
	{1026, FC_BITS, flags_of(notify), NULL, NULL},
	{1030, FC_INT, NULL, NULL, NULL},
	{1031, FC_INT, NULL, NULL, NULL},
	{1032, FC_NONE, NULL, NULL, NULL},
	{1033, FC_BITS, flags_of(seals), NULL, NULL},
	{1034, FC_NONE, NULL, flags_of(seals), "seals"},
};

static const struct fcntl_cmd *fcntl_of(const struct dec *d)
{
	static const struct fcntl_cmd raw = {0, FC_HEX, NULL, NULL, NULL};

	for (size_t i = 0; i < sizeof(fcntl_cmds) / sizeof(fcntl_cmds[0]); i++) {
		if (fcntl_cmds[i].cmd == (uint32_t)d->ev->args[1])
			return &fcntl_cmds[i];
	}
	return &raw;
}

static void lock(struct dec *d, bool with_pid)
{
	const void *p = dec_mem(d, 32);

	if (!p)
		return;
	buf_adds(d->out, "{l_type=");
	dec_enum(d, flags_of(lock_type), get_u16(p, 0));
	buf_adds(d->out, ", l_whence=");
	dec_enum(d, flags_of(whence), get_u16(p, 2));
	buf_addf(d->out, ", l_start=%" PRId64 ", l_len=%" PRId64, get_s64(p, 8), get_s64(p, 16));
	if (with_pid)
		buf_addf(d->out, ", l_pid=%" PRId32, (int32_t)get_u32(p, 24));
	buf_addc(d->out, '}');
}

void dec_fcntl_arg(struct dec *d)
{
	const struct fcntl_cmd *cmd = fcntl_of(d);

	switch (cmd->arg) {
	case FC_NONE: d->omit = true; break;
	case FC_INT: dec_int(d); break;
	case FC_SIGNAL: dec_signal_name(d, (int32_t)d->v); break;
	case FC_BITS: dec_bits(d, cmd->bits, (uint32_t)d->v); break;
	case FC_LOCK: lock(d, false); break;
	case FC_LOCK_OUT: lock(d, !dec_failed(d)); break;
	case FC_HEX: dec_hex(d); break;
	}
}

void dec_fcntl_ret(struct dec *d)
{
	const struct fcntl_cmd *cmd = fcntl_of(d);

	if (cmd->cmd == F_DUPFD_CLOEXEC || (cmd->arg == FC_INT && !cmd->cmd)) {
		dec_fd_as(d, (int64_t)d->v, &d->ev->fd[0]); /* the copy points to what the original does */
	} else if (cmd->ret_bits) {
		buf_addf(d->out, d->v ? "%#" PRIx64 : "%" PRIu64, d->v);
		if (d->v || cmd->ret_bits == flags_of(open_flags)) {
			buf_addf(d->out, " (%s ", cmd->ret_word);
			dec_bits(d, cmd->ret_bits, d->v);
			buf_addc(d->out, ')');
		}
	} else {
		buf_addf(d->out, "%" PRId64, (int64_t)d->v);
	}
}

/* --- ioctl --- */

enum ioctl_shape {
	IO_NONE,
	IO_VALUE,
	IO_INT_IN,
	IO_INT_OUT,
	IO_U64_OUT,
	IO_WINSIZE_IN,
	IO_WINSIZE_OUT,
	IO_TERMIOS_IN,
	IO_TERMIOS_OUT
};

/* Requests whose argument is more than an address. */
static const struct ioctl_request {
	uint32_t request;
	enum ioctl_shape shape;
} ioctl_requests[] = {
	{0x5401, IO_TERMIOS_OUT}, {0x5402, IO_TERMIOS_IN},  {0x5403, IO_TERMIOS_IN},  {0x5404, IO_TERMIOS_IN},
	{0x5409, IO_VALUE},       {0x540a, IO_VALUE},       {0x540b, IO_VALUE},       {0x540c, IO_NONE},
	{0x540d, IO_NONE},        {0x540e, IO_VALUE},       {0x540f, IO_INT_OUT},     {0x5410, IO_INT_IN},
	{0x5411, IO_INT_OUT},     {0x5413, IO_WINSIZE_OUT}, {0x5414, IO_WINSIZE_IN},  {0x541b, IO_INT_OUT},
	{0x5420, IO_INT_IN},      {0x5421, IO_INT_IN},      {0x5422, IO_NONE},        {0x5423, IO_INT_IN},
	{0x5424, IO_INT_OUT},     {0x5429, IO_INT_OUT},     {0x80045430, IO_INT_OUT}, {0x40045431, IO_INT_IN},
	{0x5450, IO_NONE},        {0x5451, IO_NONE},        {0x5452, IO_INT_IN},      {0x8901, IO_INT_IN},
	{0x8903, IO_INT_OUT},     {0x8905, IO_INT_OUT},     {0x1260, IO_U64_OUT},     {0x1268, IO_INT_OUT},
	{0x80081272, IO_U64_OUT}, {0x127b, IO_INT_OUT},     {0x40049409, IO_VALUE},   {0x2400, IO_VALUE},
	{0x2401, IO_VALUE},       {0x2403, IO_VALUE},       {0x2405, IO_VALUE},       {0x40042408, IO_VALUE},
	{0x80086601, IO_U64_OUT}, {0xb701, IO_NONE},        {0xb702, IO_NONE},        {0xb703, IO_NONE},
	{0x80082407, IO_U64_OUT}, {2, IO_INT_OUT},          {0xae80, IO_VALUE},       {0x4c01, IO_NONE},
};

void dec_ioctl_req(struct dec *d)
{
	static const char *const dirs[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};
	uint32_t req = (uint32_t)d->v;
	const char *name = flag_name(flags_of(ioctl_req), req);

	if (name)
		buf_adds(d->out, name);
	else
		buf_addf(d->out, "_IOC(%s, %#x, %#x, %#x)", dirs[req >> 30], req >> 8 & 0xff, req & 0xff,
			 req >> 16 & 0x3fff);
}

static void termios(struct dec *d, const void *p)
{
	buf_adds(d->out, "{c_iflag=");
	dec_bits(d, flags_of(term_iflag), get_u32(p, 0));
	buf_adds(d->out, ", c_oflag=");
	dec_bits(d, flags_of(term_oflag), get_u32(p, 4));
	buf_adds(d->out, ", c_cflag=");
	dec_bits(d, flags_of(term_cflag), get_u32(p, 8));
	buf_adds(d->out, ", c_lflag=");
	dec_bits(d, flags_of(term_lflag), get_u32(p, 12));
	buf_adds(d->out, ", ...}");
}

void dec_ioctl_arg(struct dec *d)
{
	static const uint8_t sizes[] = {
		[IO_INT_IN] = 4,      [IO_INT_OUT] = 4,     [IO_U64_OUT] = 8,     [IO_WINSIZE_IN] = 8,
		[IO_WINSIZE_OUT] = 8, [IO_TERMIOS_IN] = 36, [IO_TERMIOS_OUT] = 36};
	const struct ioctl_request *req = NULL;
	const struct event_blob *b = dec_blob(d, 0);
	bool out;

	for (size_t i = 0; i < sizeof(ioctl_requests) / sizeof(ioctl_requests[0]) && !req; i++) {
		if (ioctl_requests[i].request == (uint32_t)d->ev->args[1])
			req = &ioctl_requests[i];
	}
	if (!req) {
		dec_hex(d);
		return;
	}
	if (req->shape == IO_NONE) {
		d->omit = true;
		return;
	}
	if (req->shape == IO_VALUE) {
		dec_int(d);
		return;
	}
	out = req->shape == IO_INT_OUT || req->shape == IO_U64_OUT || req->shape == IO_WINSIZE_OUT ||
	      req->shape == IO_TERMIOS_OUT;
	if (!b || b->len < sizes[req->shape] || (out && (dec_failed(d) || d->ev->in_progress))) {
		dec_addr(d, d->v);
		return;
	}
	switch (req->shape) {
	case IO_INT_IN:
	case IO_INT_OUT: buf_addf(d->out, "[%" PRId32 "]", (int32_t)get_u32(b->data, 0)); break;
	case IO_U64_OUT: buf_addf(d->out, "[%" PRIu64 "]", get_u64(b->data, 0)); break;
	case IO_WINSIZE_IN:
	case IO_WINSIZE_OUT:
		buf_addf(d->out, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", get_u16(b->data, 0),
			 get_u16(b->data, 2), get_u16(b->data, 4), get_u16(b->data, 6));
		break;
	default: termios(d, b->data); break;
	}
}
