/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/objname.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "core/arena.h"

/* Names of anonymous inodes -> fd.type; what is not here is called by its own name. */
static const struct {
	const char *prefix, *type;
} anon_types[] = {
	{"eventfd", "event"},       {"eventpoll", "eventpoll"},     {"signalfd", "signalfd"},
	{"timerfd", "timerfd"},     {"inotify", "inotify"},         {"bpf", "bpf"},
	{"io_uring", "io_uring"},   {"userfaultfd", "userfaultfd"}, {"fanotify", "fanotify"},
	{"pidfd", "pidfd"},         {"perf_event", "perf_event"},   {"kvm", "kvm"},
	{"fscontext", "fscontext"}, {"secretmem", "secretmem"},     {"landlock", "landlock"},
	{"dmabuf", "dmabuf"},
};

static const char *const netlink_names[] = {
	[0] = "route",          [2] = "usersock",    [3] = "firewall",        [4] = "sock_diag",
	[5] = "nflog",          [6] = "xfrm",        [7] = "selinux",         [8] = "iscsi",
	[9] = "audit",          [10] = "fib_lookup", [11] = "connector",      [12] = "netfilter",
	[13] = "ip6_fw",        [14] = "dnrtmsg",    [15] = "kobject_uevent", [16] = "generic",
	[18] = "scsitransport", [19] = "ecryptfs",   [20] = "rdma",           [21] = "crypto",
};

static const char *anon_type(const char *path)
{
	if (!path)
		return "anon";
	if (!strncmp(path, "anon_inode:", 11))
		path += 11;
	path += *path == '[';
	for (size_t i = 0; i < sizeof(anon_types) / sizeof(anon_types[0]); i++)
		if (!strncmp(path, anon_types[i].prefix, strlen(anon_types[i].prefix)))
			return anon_types[i].type;
	return "anon";
}

const char *objname_type(enum obj_kind kind, uint8_t family, const char *path)
{
	switch (kind) {
	case OBJ_FILE:
		if (path && (!strncmp(path, "/memfd:", 7) || !strncmp(path, "memfd:", 6)))
			return "memfd";
		return "file";
	case OBJ_CHR:
	case OBJ_BLK:
	case OBJ_PATH: return "file";
	case OBJ_DIR: return "directory";
	case OBJ_FIFO: return "pipe";
	case OBJ_INET: return family == AF_INET6 ? "ipv6" : "ipv4";
	case OBJ_UNIX: return "unix";
	case OBJ_NETLINK: return "netlink";
	case OBJ_PACKET: return "packet";
	case OBJ_SOCK: return "socket";
	case OBJ_ANON: return anon_type(path);
	case OBJ_NONE:
	case OBJ_KIND_MAX: break;
	}
	return NULL;
}

static bool is_any(const uint8_t *addr, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (addr[i])
			return false;
	return true;
}

void objname_unmap(struct object *o)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool l = !memcmp(o->laddr, mapped, 12), r = !memcmp(o->raddr, mapped, 12);

	if (o->kind != OBJ_INET || o->family != AF_INET6 || (!l && !r))
		return;
	if ((!l && !is_any(o->laddr, 16)) || (!r && !is_any(o->raddr, 16)))
		return;
	o->family = AF_INET;
	memmove(o->laddr, o->laddr + 12, 4);
	memmove(o->raddr, o->raddr + 12, 4);
	memset(o->laddr + 4, 0, 12);
	memset(o->raddr + 4, 0, 12);
}

/* "1.2.3.4:80", "[fe80::1]:80"; a local end that is bound to any address: "0.0.0.0:80", ":::80" */
static void add_end(struct buf *out, const struct object *o, const uint8_t *addr, uint16_t port, bool alone)
{
	bool v6 = o->family == AF_INET6, brackets = v6 && !(alone && is_any(addr, 16));
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(v6 ? AF_INET6 : AF_INET, addr, text, sizeof(text));
	buf_addf(out, brackets ? "[%s]:%u" : "%s:%u", text, port);
}

static void add_inet(struct buf *out, const struct object *o)
{
	if (!o->rport && is_any(o->raddr, sizeof(o->raddr))) {
		add_end(out, o, o->laddr, o->lport, true);
		return;
	}
	if (o->is_server)
		add_end(out, o, o->raddr, o->rport, false);
	else
		add_end(out, o, o->laddr, o->lport, false);
	buf_adds(out, "->");
	if (o->is_server)
		add_end(out, o, o->laddr, o->lport, false);
	else
		add_end(out, o, o->raddr, o->rport, false);
}

const char *object_name(const struct object *o, struct arena *tmp)
{
	struct buf name = {0};
	const char *copy;

	if (o->name || !o->named || o->kind != OBJ_INET)
		return o->name;
	add_inet(&name, o);
	copy = arena_strdup(tmp, buf_str(&name));
	buf_done(&name);
	return copy;
}

bool objname_name(struct buf *out, const struct object *o, const char *path, bool partial)
{
	if (o->kind == OBJ_INET) {
		add_inet(out, o);
		return true;
	}
	if (path && *path) {
		if (partial && *path != '/')
			buf_adds(out, ".../");
		buf_adds(out, path);
		return true;
	}
	switch (o->kind) {
	case OBJ_FIFO: buf_addf(out, "pipe:[%" PRIu64 "]", o->key.ino); return true;
	case OBJ_NETLINK:
		if (o->protocol < sizeof(netlink_names) / sizeof(netlink_names[0]) &&
		    netlink_names[o->protocol])
			buf_addf(out, "netlink:%s", netlink_names[o->protocol]);
		else
			buf_addf(out, "netlink:%u", o->protocol);
		return true;
	case OBJ_UNIX:
	case OBJ_PACKET:
	case OBJ_SOCK: buf_addf(out, "socket:[%" PRIu64 "]", o->key.ino); return true;
	default:
		buf_addf(out, "%u:%u:%" PRIu64, o->key.dev >> 20, o->key.dev & 0xfffff, o->key.ino);
		return false;
	}
}
