/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_fd.c - getters of fd.*: objects and descriptors.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "bpf/need.h"
#include "core/field_get.h"
#include "core/objname.h"
#include "core/procdetail.h"
#include "core/syscall.h"

#define OBJ(name, expr)                                                                                      \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct object *o = r->obj;                                                             \
                                                                                                             \
		return o && (expr);                                                                          \
	}
#define INET(name, expr)                                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct object *o = r->obj;                                                             \
                                                                                                             \
		return o && o->kind == OBJ_INET && (expr);                                                   \
	}

static bool put_ip(struct value *ret, const struct object *o, const uint8_t *addr)
{
	if (o->family != AF_INET && o->family != AF_INET6)
		return false;
	ret->kind = V_IP;
	ret->ip.family = o->family;
	memset(ret->ip.addr, 0, sizeof(ret->ip.addr));
	memcpy(ret->ip.addr, addr, o->family == AF_INET ? 4 : 16);
	return true;
}

/* An unbound or listening socket has no remote end; the kernel keeps zeros there. */
static bool has_remote(const struct object *o)
{
	static const uint8_t zero[16];

	return o->rport || memcmp(o->raddr, zero, sizeof(zero)) != 0;
}

INET(fd_lip, put_ip(ret, o, o->laddr))
INET(fd_rip, has_remote(o) && put_ip(ret, o, o->raddr))
INET(fd_lport, put_int(ret, o->lport))
INET(fd_rport, has_remote(o) && put_int(ret, o->rport))
INET(fd_cip, (!o->is_server || has_remote(o)) && put_ip(ret, o, o->is_server ? o->raddr : o->laddr))
INET(fd_sip, (o->is_server || has_remote(o)) && put_ip(ret, o, o->is_server ? o->laddr : o->raddr))
INET(fd_cport, (!o->is_server || has_remote(o)) && put_int(ret, o->is_server ? o->rport : o->lport))
INET(fd_sport, (o->is_server || has_remote(o)) && put_int(ret, o->is_server ? o->lport : o->rport))
static bool put_host(struct value *ret, const struct record *r, const struct value *ip)
{
	for (size_t i = 0; r->sample && i < r->sample->n_host_names; i++) {
		const struct host_name *n = &r->sample->host_names[i];

		if (n->family == ip->ip.family && !memcmp(n->addr, ip->ip.addr, sizeof(n->addr)))
			return put_str(ret, n->name);
	}
	return false;
}

#define HOST(end)                                                                                            \
	GETTER(fd_##end##_name)                                                                              \
	{                                                                                                    \
		struct value ip;                                                                             \
                                                                                                             \
		return get_fd_##end(r, tmp, &ip) && put_host(ret, r, &ip);                                   \
	}

HOST(cip)
HOST(lip)
HOST(rip)
HOST(sip)

INET(fd_is_server, put_bool(ret, o->is_server))
INET(fd_connected, put_bool(ret, o->tcp_state ? o->tcp_state == TCP_ESTABLISHED : has_remote(o)))
INET(fd_netns, put_int(ret, o->netns))

/* TCP values of a connection; a listening socket has none. */
static bool is_connection(const struct object *o)
{
	return o->tcp_state && o->tcp_state != TCP_LISTEN;
}

static bool put_us(struct value *ret, uint32_t us)
{
	return us != UNKNOWN_U32 && us && put_int(ret, (int64_t)us * 1000);
}

INET(fd_rtt, is_connection(o) && put_us(ret, o->srtt_us))
INET(fd_rttvar, is_connection(o) && put_us(ret, o->rttvar_us))
INET(fd_cwnd, is_connection(o) && put_u32(ret, o->snd_cwnd))
INET(fd_retrans, is_connection(o) && put_u32(ret, o->total_retrans))
INET(fd_bytes_acked, is_connection(o) && put_u64(ret, o->bytes_acked))
INET(fd_bytes_received, is_connection(o) && put_u64(ret, o->bytes_received))
INET(fd_queue_in, put_u32(ret, o->rx_queue))
INET(fd_queue_out, put_u32(ret, o->tx_queue))

/* Can be a little more than 100: the kernel lets one more wait than the limit says. */
INET(fd_queue_usage, o->tcp_state == TCP_LISTEN && o->rx_queue != UNKNOWN_U32 && o->tx_queue &&
			     o->tx_queue != UNKNOWN_U32 && put_double(ret, 100.0 * o->rx_queue / o->tx_queue))

GETTER(fd_state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_SYN_SENT] = "SYN_SENT",
		[TCP_SYN_RECV] = "SYN_RECV",
		[TCP_FIN_WAIT1] = "FIN_WAIT1",
		[TCP_FIN_WAIT2] = "FIN_WAIT2",
		[TCP_TIME_WAIT] = "TIME_WAIT",
		[TCP_CLOSE] = "CLOSE",
		[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_LAST_ACK] = "LAST_ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
		[12] = "NEW_SYN_RECV",
	};
	const struct object *o = r->obj;

	/* last seen waiting for a close() that came since: who looks for leaks must not find it */
	if (o && o->tcp_state == TCP_CLOSE_WAIT && !o->n_open && !r->event && r->sample &&
	    r->sample->needs & NEED_FDS)
		return put_str(ret, "CLOSED");
	return o && o->tcp_state < sizeof(names) / sizeof(names[0]) && put_str(ret, names[o->tcp_state]);
}

GETTER(fd_l4proto)
{
	const struct object *o = r->obj;

	if (!o || o->kind != OBJ_INET)
		return false;
	switch (o->protocol) {
	case IPPROTO_TCP:
		return put_str(ret, "tcp"); /* multipath TCP too: its number, 262, is kept in eight bits */
	case IPPROTO_UDP: return put_str(ret, "udp");
	case IPPROTO_ICMP: return put_str(ret, "icmp");
	case IPPROTO_ICMPV6: return put_str(ret, "icmp6");
	case IPPROTO_SCTP: return put_str(ret, "sctp");
	case IPPROTO_UDPLITE: return put_str(ret, "udplite");
	default: return put_str(ret, o->socktype == SOCK_RAW ? "raw" : o->tcp_state ? "tcp" : "other");
	}
}

GETTER(fd_sockfamily)
{
	switch (r->obj ? r->obj->kind : OBJ_NONE) {
	case OBJ_INET: return put_str(ret, "ip");
	case OBJ_UNIX: return put_str(ret, "unix");
	case OBJ_NETLINK: return put_str(ret, "netlink");
	case OBJ_PACKET: return put_str(ret, "packet");
	case OBJ_SOCK: return put_str(ret, "other");
	default: return false;
	}
}

OBJ(fd_name, put_str(ret, object_name(o, tmp)))
OBJ(fd_type, put_str(ret, o->type))
OBJ(fd_dev, put_int(ret, o->key.dev))
OBJ(fd_dev_major, put_int(ret, o->key.dev >> 20))
OBJ(fd_dev_minor, put_int(ret, o->key.dev & 0xfffff))
OBJ(fd_ino, put_int(ret, (int64_t)o->key.ino))
OBJ(fd_opencount, put_int(ret, o->n_open))

GETTER(fd_num)
{
	return r->fd && put_int(ret, r->fd->fd);
}

GETTER(fd_uid)
{
	return r->fd && r->process && put_str(ret, arena_printf(tmp, "%u:%d", r->process->pid, r->fd->fd));
}

GETTER(fd_pos)
{
	return r->fd && r->obj && r->obj->kind == OBJ_FILE && put_u64(ret, r->fd->pos);
}

/* sysdig's letters */
GETTER(fd_typechar)
{
	static const struct {
		const char *type, *letter;
	} letters[] = {
		{"file", "f"},     {"directory", "d"}, {"ipv4", "4"},        {"ipv6", "6"},
		{"unix", "u"},     {"pipe", "p"},      {"fifo", "p"},        {"event", "e"},
		{"signalfd", "s"}, {"eventpoll", "l"}, {"inotify", "i"},     {"timerfd", "t"},
		{"netlink", "n"},  {"bpf", "b"},       {"userfaultfd", "u"}, {"io_uring", "r"},
		{"memfd", "m"},    {"pidfd", "P"},
	};

	if (!r->obj || !r->obj->type)
		return false;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (!strcmp(letters[i].type, r->obj->type))
			return put_str(ret, letters[i].letter);
	}
	return put_str(ret, "o");
}

static bool has_path(const struct object *o)
{
	return o && o->name &&
	       (o->kind == OBJ_FILE || o->kind == OBJ_DIR || o->kind == OBJ_PATH || o->kind == OBJ_CHR ||
		o->kind == OBJ_BLK || o->kind == OBJ_FIFO) &&
	       strchr(o->name, '/');
}

GETTER(fd_directory)
{
	const struct object *o = r->obj;
	const char *slash;

	if (!has_path(o))
		return false;
	if (o->kind == OBJ_DIR)
		return put_str(ret, o->name);
	slash = strrchr(o->name, '/');
	return put_str(ret, slash == o->name ? "/" : arena_strndup(tmp, o->name, (size_t)(slash - o->name)));
}

GETTER(fd_filename)
{
	const struct object *o = r->obj;

	return has_path(o) && o->kind != OBJ_DIR && put_str(ret, strrchr(o->name, '/') + 1);
}

/* connect, bind, accept: the socket has another address now. */
GETTER(fd_name_changed)
{
	const struct syscall *call = r->event ? syscall_get(r->event->nr) : NULL;

	return call && r->obj &&
	       put_bool(ret, (call->desc.flags & CALL_SOCKNAME) && !r->event->in_progress && !r->fact->err);
}

/* Looked up in the mounts of the process, on this machine, now. */
static int layer_of(const struct record *r)
{
	if (!r->event || !r->process || !has_path(r->obj) || !r->sample || !r->sample->source ||
	    strcmp(r->sample->source, "live") != 0)
		return -1;
	return procdetail_layer("/proc", r->process->pid, r->obj->name);
}

GETTER(fd_is_upper_layer)
{
	int layer = layer_of(r);

	return layer >= 0 && put_bool(ret, layer);
}

GETTER(fd_is_lower_layer)
{
	int layer = layer_of(r);

	return layer >= 0 && put_bool(ret, !layer);
}

static bool put_in_container(struct value *ret, const struct record *r, struct arena *tmp, const char *what)
{
	const char *id = r->container && !r->container->is_host ? r->container->id : "";

	return put_str(ret, arena_printf(tmp, "%s:%s", id ? id : "", what));
}

GETTER(fd_containername)
{
	const char *name = r->obj ? object_name(r->obj, tmp) : NULL;

	return name && put_in_container(ret, r, tmp, name);
}

GETTER(fd_containerdirectory)
{
	struct value dir;

	return get_fd_directory(r, tmp, &dir) && put_in_container(ret, r, tmp, dir.s);
}
