/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode.c - writes a call: which decoder for which argument, separators, the
 * result. What an argument looks like is in the other decode_*.c files.
 */
#include "core/decode.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#include "core/decode_impl.h"

static const struct decode_options default_options = {.flags = DECODE_FD_NAMES | DECODE_ERR_TEXT};

struct arg_decoder {
	void (*write)(struct dec *d);
	const struct flag_table *bits, *values;
};

static const struct arg_decoder decoders[ARG_KIND_MAX] = {
#define KIND(name, op, size, len, traits, fn) [ARG_##name] = {.write = dec_##fn},
#define BITS(name, table)                     [ARG_##name] = {.bits = flags_of(table)},
#define ENUM(name, table)                     [ARG_##name] = {.values = flags_of(table)},
#include "core/argkinds.def"
#undef KIND
#undef BITS
#undef ENUM
};

const struct event_blob *dec_blob(const struct dec *d, int part)
{
	const struct event_blob *b = event_blob(d->ev, d->arg, part);

	return b && !b->fault && (b->len || !b->full) && (b->data || !b->len) ? b : NULL;
}

const void *dec_mem(struct dec *d, size_t size)
{
	const struct event_blob *b = dec_blob(d, 0);

	if (d->v && b && b->len >= size)
		return b->data;
	dec_addr(d, d->v);
	return NULL;
}

void dec_addr(struct dec *d, uint64_t addr)
{
	if (addr)
		buf_addf(d->out, "%#" PRIx64, addr);
	else
		buf_adds(d->out, "NULL");
}

void dec_bits(struct dec *d, const struct flag_table *t, uint64_t v)
{
	flag_write_bits(d->out, t, v);
}

void dec_enum(struct dec *d, const struct flag_table *t, uint64_t v)
{
	flag_write_enum(d->out, t, v);
}

static void endpoint(struct buf *out, uint8_t family, const uint8_t *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, addr, text, sizeof(text)))
		snprintf(text, sizeof(text), "?");
	buf_addf(out, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

/* "tcp 10.0.3.4:5432->10.0.3.9:51820" */
static void inet_name(struct dec *d, const struct event_fd *fd)
{
	static const uint8_t none[16];
	const char *proto = flag_name(flags_of(ip_proto), fd->protocol);

	switch (fd->protocol) {
	case IPPROTO_TCP: proto = "tcp"; break;
	case IPPROTO_UDP: proto = "udp"; break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: proto = "icmp"; break;
	default: proto = proto ? proto + strlen("IPPROTO_") : "ip"; break;
	}
	buf_addf(d->out, "%s ", proto);
	endpoint(d->out, fd->family, fd->laddr, fd->lport);
	if (fd->rport || memcmp(fd->raddr, none, sizeof(none))) {
		buf_adds(d->out, d->opt->flags & DECODE_ASCII ? "->" : "\xe2\x86\x92");
		endpoint(d->out, fd->family, fd->raddr, fd->rport);
	}
}

static enum quote_style name_style(const struct dec *d)
{
	return d->opt->flags & DECODE_ASCII ? QUOTE_DATA : QUOTE_NAME;
}

void dec_quote_name(struct dec *d, const void *name, size_t len, bool more)
{
	quote_string(d->out, name, len, name_style(d), more);
}

void dec_fd_as(struct dec *d, int64_t number, const struct event_fd *fd)
{
	bool named;

	buf_addf(d->out, "%" PRId64, number);
	if (!fd || !(d->opt->flags & DECODE_FD_NAMES) || fd->kind == OBJ_NONE || number < 0)
		return;
	named = fd->name && *fd->name;
	if (fd->kind == OBJ_INET && (fd->family == AF_INET || fd->family == AF_INET6)) {
		buf_addc(d->out, '<');
		inet_name(d, fd);
	} else if (fd->kind == OBJ_FIFO && !named) {
		buf_addf(d->out, "<pipe:[%" PRIu64 "]", fd->key.ino);
	} else if (fd->kind == OBJ_UNIX || fd->kind == OBJ_NETLINK || fd->kind == OBJ_PACKET ||
		   fd->kind == OBJ_SOCK) {
		buf_addf(d->out, "<%s ",
			 fd->kind == OBJ_UNIX      ? "unix"
			 : fd->kind == OBJ_NETLINK ? "netlink"
			 : fd->kind == OBJ_PACKET  ? "packet"
						   : "socket");
		if (named)
			quote_bytes(d->out, fd->name, strlen(fd->name), name_style(d), "<>");
		else
			buf_addf(d->out, "[%" PRIu64 "]", fd->key.ino);
	} else if (named) {
		buf_addc(d->out, '<');
		quote_bytes(d->out, fd->name, strlen(fd->name), name_style(d), "<>");
	} else {
		return;
	}
	buf_addc(d->out, '>');
}

static struct dec dec_init(const struct event *ev, const struct decode_options *opt, struct buf *out)
{
	return (struct dec){
		.ev = ev, .sc = syscall_get(ev->nr), .opt = opt ? opt : &default_options, .out = out};
}

/* A call that the table lacks: raw registers. */
static void unknown_args(struct dec *d)
{
	for (int i = 0; i < 6; i++)
		buf_addf(d->out, "%s%#" PRIx64, i ? ", " : "", d->ev->args[i]);
}

static void write_kind(struct dec *d, enum arg_kind kind)
{
	const struct arg_decoder *how = &decoders[kind];
	/* flag arguments are int or unsigned; the few that are 64 bits wide have decoders of their own */
	uint64_t v = dec_compat(d) || d->v >> 32 == 0xffffffff ? (uint32_t)d->v : d->v;

	if (how->write)
		how->write(d);
	else if (how->bits)
		dec_bits(d, how->bits, v);
	else if (flag_name(how->values, (uint64_t)(int32_t)d->v))
		dec_enum(d, how->values, (uint64_t)(int32_t)d->v);
	else
		dec_enum(d, how->values, !strcmp(how->values->unknown, "%d") ? (uint64_t)(int32_t)v : v);
}

static void write_arg(struct dec *d, int arg)
{
	enum arg_kind kind = d->sc->args[arg].kind;

	d->arg = arg;
	d->v = d->ev->args[arg];
	d->omit = false;
	/* what a failed or unfinished call would have written is only an address */
	if ((arg_copies[kind].traits & ARG_OUT) && (d->ev->in_progress || dec_failed(d)))
		dec_addr(d, d->v);
	else
		write_kind(d, kind);
}

void decode_arg(const struct event *ev, int arg, const struct decode_options *opt, struct buf *out)
{
	struct dec d = dec_init(ev, opt, out);
	size_t start = out->len;

	if (arg < 0 || arg > 5)
		return;
	if (!d.sc) {
		buf_addf(out, "%#" PRIx64, ev->args[arg]);
		return;
	}
	if (arg >= d.sc->nargs)
		return;
	write_arg(&d, arg);
	if (d.omit && out->len > start) {
		out->len = start;
		out->data[start] = '\0';
	}
}

void decode_args(const struct event *ev, const struct decode_options *opt, struct buf *out)
{
	struct dec d = dec_init(ev, opt, out);
	bool first = true;

	if (!d.sc) {
		unknown_args(&d);
		return;
	}
	for (int i = 0; i < d.sc->nargs; i++) {
		/* strace names the arguments of clone, and puts the stack first */
		int arg = d.sc->args[0].kind == ARG_CLONE_FLAGS && i < 2 ? 1 - i : i;
		size_t start = out->len;

		if (!first)
			buf_adds(out, ", ");
		write_arg(&d, arg);
		if (d.omit) {
			out->len = start;
			if (out->data)
				out->data[start] = '\0';
		} else {
			first = false;
		}
	}
}

void decode_call(const struct event *ev, const struct decode_options *opt, struct buf *out)
{
	if (syscall_get(ev->nr) || (ev->nr & ~WIRE_NR_COMPAT) < WIRE_SYSCALLS)
		buf_adds(out, syscall_name(ev->nr));
	else
		buf_addf(out, "syscall_%u", ev->nr & ~WIRE_NR_COMPAT);
	buf_addc(out, '(');
	decode_args(ev, opt, out);
	buf_addc(out, ')');
}

static void write_error(struct dec *d, int err)
{
	const char *name = errno_name(err), *text = errno_text(err);

	if (!name) {
		buf_addf(d->out, "-%d", err);
		return;
	}
	/* these never reach the program: the call is restarted, or fails with EINTR */
	if (err >= 512 && err <= 516)
		buf_adds(d->out, "? ");
	buf_adds(d->out, name);
	if (d->opt->flags & DECODE_ERR_TEXT)
		buf_addf(d->out, " (%s)", text);
}

void decode_result(const struct event *ev, const struct decode_options *opt, struct buf *out)
{
	struct dec d = dec_init(ev, opt, out);

	d.arg = -1;
	d.v = (uint64_t)ev->ret;
	if (ev->in_progress || (d.sc && d.sc->ret == ARG_NORET))
		buf_addc(out, '?');
	else if (dec_failed(&d))
		write_error(&d, (int)-ev->ret);
	else if (!d.sc)
		buf_addf(out, "%" PRId64, ev->ret);
	else
		write_kind(&d, d.sc->ret);
}
