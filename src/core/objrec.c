/* SPDX-License-Identifier: GPL-2.0-or-later */
/* objrec.c - see objrec.h. */
#include "core/objrec.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "core/mem.h"
#include "core/objname.h"
#include "core/objtable.h"

bool objrec_is_sound(const struct obj_rec *rec)
{
	return !obj_key_is_none(&rec->key) && rec->kind < OBJ_KIND_MAX;
}

/* Sockets are told of every interval for their numbers; what their names are made of seldom changes. */
bool objrec_same_socket(const struct object *o, const struct obj_rec *rec)
{
	struct object now = {
		.kind = rec->kind,
		.family = rec->family,
		.netns = rec->netns,
		.protocol = rec->protocol,
		.tcp_state = rec->tcp_state,
		.lport = rec->lport,
		.rport = rec->rport,
	};

	memcpy(now.laddr, rec->laddr, sizeof(now.laddr));
	memcpy(now.raddr, rec->raddr, sizeof(now.raddr));
	objname_unmap(&now);
	return rec->kind == OBJ_INET && o->kind == OBJ_INET && o->family == now.family &&
	       o->netns == now.netns && o->protocol == now.protocol && o->tcp_state == now.tcp_state &&
	       o->lport == now.lport && o->rport == now.rport &&
	       !memcmp(o->laddr, now.laddr, sizeof(now.laddr)) &&
	       !memcmp(o->raddr, now.raddr, sizeof(now.raddr));
}

void objrec_set_tcp(struct object *o, const struct obj_rec *rec)
{
	bool tcp = o->kind == OBJ_INET && rec->protocol == IPPROTO_TCP;
	/* the kernel side reads them for TCP only; a listener has queues, but no peer */
	bool connected = tcp && rec->tcp_state && rec->tcp_state != TCP_LISTEN &&
			 rec->tcp_state != TCP_CLOSE &&
			 rec->snd_cwnd; /* never 0: the kernel side could read it */

	o->srtt_us = connected && rec->srtt_us ? rec->srtt_us : UNKNOWN_U32;
	o->rttvar_us = connected && rec->srtt_us ? rec->rttvar_us : UNKNOWN_U32;
	o->snd_cwnd = connected ? rec->snd_cwnd : UNKNOWN_U32;
	o->total_retrans = connected ? rec->total_retrans : UNKNOWN_U32;
	o->rx_queue = tcp && rec->tcp_state ? rec->rx_queue : UNKNOWN_U32;
	o->tx_queue = tcp && rec->tcp_state ? rec->tx_queue : UNKNOWN_U32;
	o->bytes_acked = connected ? rec->bytes_acked : UNKNOWN_U64;
	o->bytes_received = connected ? rec->bytes_received : UNKNOWN_U64;
}

char *objrec_join_path(const char *path, size_t len)
{
	size_t base = strnlen(path, len);
	const char *rel = base < len ? path + base + 1 : NULL;
	size_t rel_len = rel ? strnlen(rel, len - base - 1) : 0, n = 0;
	char *out, *joined;

	if (!rel || (rel_len && *rel == '/'))
		return rel ? xstrndup(rel, rel_len) : xstrndup(path, len);
	joined = xmalloc(base + rel_len + 2);
	memcpy(joined, path, base);
	joined[base] = '/';
	memcpy(joined + base + 1, rel, rel_len);
	joined[base + 1 + rel_len] = '\0';
	if (*joined != '/') /* the base is not absolute itself: nothing to normalise against */
		return joined;
	out = xmalloc(base + rel_len + 2);
	for (const char *p = joined; *p;) {
		size_t part;

		p += strspn(p, "/");
		part = strcspn(p, "/");
		if (part == 2 && p[0] == '.' && p[1] == '.') {
			while (n && out[--n] != '/')
				;
		} else if (part && !(part == 1 && *p == '.')) {
			out[n++] = '/';
			memcpy(out + n, p, part);
			n += part;
		}
		p += part;
	}
	if (!n)
		out[n++] = '/';
	out[n] = '\0';
	free(joined);
	return out;
}

/* A unix address: the abstract ones begin with a NUL and may have more, shown as @. */
static char *unix_path(const char *path, size_t len)
{
	char *s;

	if (path[0])
		return xstrndup(path, len); /* the length that was bound may count a NUL */
	s = xmalloc(len + 1);

	for (size_t i = 0; i < len; i++)
		s[i] = path[i] ? path[i] : '@';
	s[len] = '\0';
	return s;
}

char *objrec_path(const struct obj_rec *rec)
{
	switch (rec->kind) {
	case OBJ_UNIX: return unix_path(rec->path, rec->path_len);
	case OBJ_PATH: return objrec_join_path(rec->path, rec->path_len);
	default: return xstrndup(rec->path, rec->path_len);
	}
}
