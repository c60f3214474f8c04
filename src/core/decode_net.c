/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_net.c - sockets: addresses, families, options, messages. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <sys/socket.h>

#include "core/decode_impl.h"

/* --- addresses --- */

static void unix_addr(struct dec *d, const char *path, size_t len)
{
	if (!len)
		return;
	buf_adds(d->out, ", sun_path=");
	if (path[0]) {
		dec_quote_name(d, path, strnlen(path, len), false);
	} else { /* abstract: no file, and NULs belong to the name */
		buf_addc(d->out, '@');
		dec_quote_name(d, path + 1, len - 1, false);
	}
}

static void packet_addr(struct dec *d, const void *p, size_t len)
{
	buf_adds(d->out, ", sll_protocol=htons(");
	dec_enum(d, flags_of(eth_proto), get_be16(p, 2));
	buf_addf(d->out, "), sll_ifindex=%" PRId32 ", sll_hatype=%u, sll_pkttype=%u, sll_halen=%u",
		 (int32_t)get_u32(p, 4), get_u16(p, 8), ((const uint8_t *)p)[10], ((const uint8_t *)p)[11]);
	if (len > 12 && ((const uint8_t *)p)[11]) {
		size_t n = ((const uint8_t *)p)[11];

		buf_adds(d->out, ", sll_addr=[");
		for (size_t i = 0; i < n && 12 + i < len && i < 8; i++)
			buf_addf(d->out, "%s%#04x", i ? ", " : "", ((const uint8_t *)p)[12 + i]);
		buf_addc(d->out, ']');
	}
}

static void dec_sockaddr_bytes(struct dec *d, const void *data, size_t len)
{
	const char *p = data;
	char text[INET6_ADDRSTRLEN];
	uint16_t family;

	if (len < 2) {
		quote_string(d->out, data, len, QUOTE_DATA, false);
		return;
	}
	family = get_u16(data, 0);
	buf_adds(d->out, "{sa_family=");
	dec_enum(d, flags_of(sock_family), family);
	if (family == AF_UNIX) {
		unix_addr(d, p + 2, len - 2);
	} else if (family == AF_INET && len >= 8) {
		inet_ntop(AF_INET, p + 4, text, sizeof(text));
		buf_addf(d->out, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", get_be16(p, 2), text);
	} else if (family == AF_INET6 && len >= 24) {
		inet_ntop(AF_INET6, p + 8, text, sizeof(text));
		buf_addf(d->out,
			 ", sin6_port=htons(%u), sin6_flowinfo=htonl(%" PRIu32
			 "), inet_pton(AF_INET6, \"%s\", &sin6_addr)",
			 get_be16(p, 2), ntohl(get_u32(p, 4)), text);
		if (len >= 28)
			buf_addf(d->out, ", sin6_scope_id=%" PRIu32, get_u32(p, 24));
	} else if (family == AF_NETLINK && len >= 12) {
		buf_addf(d->out, ", nl_pid=%" PRIu32 ", nl_groups=%08" PRIx32, get_u32(p, 4), get_u32(p, 8));
	} else if (family == AF_PACKET && len >= 12) {
		packet_addr(d, data, len);
	} else if (family == AF_VSOCK && len >= 12) {
		buf_addf(d->out, ", svm_port=%#" PRIx32 ", svm_cid=%#" PRIx32, get_u32(p, 4),
			 len >= 16 ? get_u32(p, 8) : 0);
	} else if (len > 2) {
		buf_adds(d->out, ", sa_data=");
		quote_string(d->out, p + 2, len - 2, QUOTE_DATA, false);
	}
	buf_addc(d->out, '}');
}

void dec_sockaddr(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);

	if (!d->v || !b || !b->len)
		dec_addr(d, d->v);
	else
		dec_sockaddr_bytes(d, b->data, b->len);
}

/* --- socket(): what the third argument means follows from the first --- */

void dec_sock_family(struct dec *d)
{
	dec_enum(d, flags_of(sock_family), (uint32_t)d->v);
}

void dec_sock_type(struct dec *d)
{
	uint32_t type = (uint32_t)d->v;

	dec_enum(d, flags_of(sock_type), type & 0xf);
	if (type & ~0xfu) {
		buf_addc(d->out, '|');
		dec_bits(d, flags_of(sock_flags), type & ~0xfu);
	}
}

void dec_sock_proto(struct dec *d)
{
	switch (d->ev->args[0]) {
	case AF_INET:
	case AF_INET6: dec_enum(d, flags_of(ip_proto), (uint32_t)d->v); break;
	case AF_NETLINK: dec_enum(d, flags_of(netlink_proto), (uint32_t)d->v); break;
	case AF_PACKET:
		buf_adds(d->out, "htons(");
		dec_enum(d, flags_of(eth_proto), ntohs((uint16_t)d->v));
		buf_addc(d->out, ')');
		break;
	default: dec_int(d); break;
	}
}

/* --- options --- */

void dec_sock_level(struct dec *d)
{
	dec_enum(d, flags_of(sock_level), (uint32_t)d->v);
}

void dec_sock_opt(struct dec *d)
{
	static const struct {
		uint32_t level;
		const struct flag_table *names;
	} levels[] = {
		{0, flags_of(ip_opt)},       {1, flags_of(so_opt)},        {6, flags_of(tcp_opt)},
		{17, flags_of(udp_opt)},     {41, flags_of(ipv6_opt)},     {136, flags_of(udp_opt)},
		{263, flags_of(packet_opt)}, {270, flags_of(netlink_opt)},
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i].level == (uint32_t)d->ev->args[1]) {
			dec_enum(d, levels[i].names, (uint32_t)d->v);
			return;
		}
	}
	dec_uint(d);
}

static bool is_sol_socket(const struct dec *d, uint32_t opt)
{
	return (uint32_t)d->ev->args[1] == SOL_SOCKET && (uint32_t)d->ev->args[2] == opt;
}

static void optval_int(struct dec *d, uint32_t v)
{
	if (is_sol_socket(d, SO_ERROR) && v && errno_name((int)v))
		buf_addf(d->out, "[%s]", errno_name((int)v));
	else
		buf_addf(d->out, "[%" PRId32 "]", (int32_t)v);
}

void dec_optval(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	bool tcp = (uint32_t)d->ev->args[1] == IPPROTO_TCP;
	uint32_t opt = (uint32_t)d->ev->args[2];

	if (!d->v || !b || !b->len) {
		dec_addr(d, d->v);
	} else if (is_sol_socket(d, SO_LINGER) && b->len >= 8) {
		buf_addf(d->out, "{l_onoff=%" PRId32 ", l_linger=%" PRId32 "}", (int32_t)get_u32(b->data, 0),
			 (int32_t)get_u32(b->data, 4));
	} else if (is_sol_socket(d, SO_PEERCRED) && b->len >= 12) {
		buf_addf(d->out, "{pid=%" PRId32 ", uid=%" PRIu32 ", gid=%" PRIu32 "}",
			 (int32_t)get_u32(b->data, 0), get_u32(b->data, 4), get_u32(b->data, 8));
	} else if ((is_sol_socket(d, 20) || is_sol_socket(d, 21)) && b->len >= 16 && !dec_compat(d)) {
		dec_timeval_at(d, b->data, 0); /* SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD */
	} else if (is_sol_socket(d, SO_BINDTODEVICE) || (tcp && (opt == TCP_CONGESTION || opt == TCP_ULP))) {
		dec_bytes(d, b->data, b->len, b->full);
	} else if (tcp && opt == TCP_INFO && b->len >= 8) {
		buf_addf(d->out, "{tcpi_state=%u, ...}", ((const uint8_t *)b->data)[0]);
	} else if (b->len == 4) {
		optval_int(d, get_u32(b->data, 0));
	} else {
		dec_bytes(d, b->data, b->len, b->full);
	}
}

/* --- messages --- */

/* struct msghdr at part 0; its name is in part 2, its vector in part 3, the payload in part 1. */
static void msghdr_at(struct dec *d, const void *p, uint64_t moved, bool out)
{
	const struct event_blob *name = dec_blob(d, 2), *array = dec_blob(d, 3);
	uint64_t addr = get_u64(p, 0), vec = get_u64(p, 16), count = get_u64(p, 24);

	buf_adds(d->out, "{msg_name=");
	if (addr && name && name->len)
		dec_sockaddr_bytes(d, name->data, name->len);
	else
		dec_addr(d, addr);
	buf_addf(d->out, ", msg_namelen=%" PRId32 ", msg_iov=", (int32_t)get_u32(p, 8));
	if (vec && array)
		dec_iov_list(d, array, dec_blob(d, 1), count, moved, out);
	else
		dec_addr(d, vec);
	buf_addf(d->out, ", msg_iovlen=%" PRIu64, count);
	if (get_u64(p, 40)) {
		buf_adds(d->out, ", msg_control=");
		dec_addr(d, get_u64(p, 32));
	}
	buf_addf(d->out, ", msg_controllen=%" PRIu64 ", msg_flags=", get_u64(p, 40));
	dec_bits(d, flags_of(msg_flags), get_u32(p, 48));
	buf_addc(d->out, '}');
}

static bool is_out(const struct dec *d)
{
	return arg_copies[d->sc->args[d->arg].kind].traits & ARG_OUT;
}

void dec_msghdr(struct dec *d)
{
	const void *p = dec_mem(d, 56);

	if (p)
		msghdr_at(d, p, (uint64_t)d->ev->ret, is_out(d));
}

void dec_mmsghdr(struct dec *d)
{
	const void *p = dec_mem(d, 64);
	uint64_t count = is_out(d) ? (uint64_t)d->ev->ret : d->arg < 5 ? d->ev->args[d->arg + 1] : 0;
	uint32_t moved;

	if (!p)
		return;
	moved = get_u32(p, 56);
	buf_adds(d->out, "[{msg_hdr=");
	msghdr_at(d, p, moved, is_out(d));
	/* the kernel fills msg_len of the messages that were moved */
	if (d->ev->ret > 0 && !d->ev->in_progress)
		buf_addf(d->out, ", msg_len=%" PRIu32, moved);
	buf_adds(d->out, count > 1 ? "}, ...]" : "}]");
}
