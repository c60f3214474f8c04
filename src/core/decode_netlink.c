/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_netlink.c - netlink messages: their headers; what is behind them stays bytes. */
#include <inttypes.h>
#include <linux/netlink.h>

#include "core/decode_impl.h"

enum { HEADER = 16, MESSAGES_MAX = 8 };

static uint64_t aligned(uint32_t size)
{
	return (size + 3ull) & ~3ull;
}

/* The protocol's own message types; below 16 they are common to all. */
static const struct flag_table *types_of(uint8_t protocol, uint16_t type)
{
	if (type < NLMSG_MIN_TYPE)
		return flags_of(nlmsg_type);
	switch (protocol) {
	case NETLINK_ROUTE: return flags_of(rtm_type);
	case NETLINK_SOCK_DIAG: return flags_of(diag_type);
	case NETLINK_AUDIT: return flags_of(audit_type);
	default: return NULL;
	}
}

/* What the upper flag bits mean depends on the kind of request. */
static const struct flag_table *bits_of(uint8_t protocol, uint16_t type)
{
	if (type == NLMSG_ERROR || type == NLMSG_DONE)
		return flags_of(nlm_ack_flags);
	if (protocol == NETLINK_ROUTE && type >= NLMSG_MIN_TYPE && type % 4 == 0) /* RTM_NEW* */
		return flags_of(nlm_new_flags);
	return flags_of(nlm_get_flags);
}

static void header(struct dec *d, const void *p)
{
	uint8_t protocol = d->ev->fd[0].protocol;
	uint16_t type = get_u16(p, 4);
	const struct flag_table *types = types_of(protocol, type);

	buf_addf(d->out, "{nlmsg_len=%" PRIu32 ", nlmsg_type=", get_u32(p, 0));
	if (types)
		dec_enum(d, types, type);
	else
		buf_addf(d->out, "%#x", type);
	buf_adds(d->out, ", nlmsg_flags=");
	dec_bits(d, bits_of(protocol, type), get_u16(p, 6));
	buf_addf(d->out, ", nlmsg_seq=%" PRIu32 ", nlmsg_pid=%" PRIu32 "}", get_u32(p, 8), get_u32(p, 12));
}

/* Behind the header of NLMSG_ERROR is 0 or -errno. */
static void error(struct dec *d, int32_t err)
{
	const char *name = err > INT32_MIN && err < 0 ? errno_name(-err) : NULL;

	if (name)
		buf_addf(d->out, "{error=-%s}", name);
	else
		buf_addf(d->out, "{error=%" PRId32 "}", err);
}

static void message(struct dec *d, const char *p, size_t have, uint32_t len)
{
	if (len > HEADER)
		buf_addc(d->out, '[');
	header(d, p);
	if (len <= HEADER)
		return;
	buf_adds(d->out, ", ");
	if (get_u16(p, 4) == NLMSG_ERROR && have >= HEADER + 4)
		error(d, (int32_t)get_u32(p, HEADER));
	else
		dec_bytes(d, p + HEADER, have - HEADER, len - HEADER);
	buf_addc(d->out, ']');
}

void dec_payload(struct dec *d, const void *data, size_t len, uint64_t full)
{
	const struct event_fd *fd = &d->ev->fd[0];
	const char *p = data;
	size_t pos = 0, n = 0;

	/* uevents are text */
	if (fd->kind != OBJ_NETLINK || fd->protocol == NETLINK_KOBJECT_UEVENT || d->opt->flags & DECODE_HEX ||
	    len < HEADER || get_u32(p, 0) < HEADER || get_u32(p, 0) > full) {
		dec_bytes(d, data, len, full);
		return;
	}
	if (aligned(get_u32(p, 0)) < full)
		buf_addc(d->out, '[');
	while (pos + HEADER <= len && n < MESSAGES_MAX) {
		uint32_t size = get_u32(p, pos);
		size_t have = len - pos;

		if (size < HEADER || size > full - pos)
			break;
		buf_adds(d->out, n++ ? ", " : "");
		message(d, p + pos, have < size ? have : size, size);
		pos += have < aligned(size) ? have : aligned(size);
	}
	if (pos < full && aligned(get_u32(p, 0)) < full)
		buf_adds(d->out, ", ...");
	if (aligned(get_u32(p, 0)) < full)
		buf_addc(d->out, ']');
}
