/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/event_build.h"

#include <string.h>

#include "core/mem.h"

enum { N_FDS = 3 }; /* first, second, returned */

/* Fills *fd but for the name, which goes to the end of text; its offset, or SIZE_MAX. */
static size_t take_object(struct event_fd *fd, const struct obj_key *key, struct buf *text,
			  struct objtable *names, event_name_fn other, void *userdata)
{
	size_t at = text->len;
	struct object o = {0};

	fd->key = *key;
	if (obj_key_is_none(key))
		return SIZE_MAX;
	if (objtable_known(names, key) && objtable_get(names, *key, &o)) {
		if (o.named)
			buf_adds(text, o.name);
	} else if (!other || !other(userdata, key, &o, text)) {
		return SIZE_MAX;
	}
	fd->kind = o.kind;
	fd->type = o.type;
	fd->family = o.family;
	fd->socktype = o.socktype;
	fd->protocol = o.protocol;
	fd->lport = o.lport;
	fd->rport = o.rport;
	memcpy(fd->laddr, o.laddr, sizeof(fd->laddr));
	memcpy(fd->raddr, o.raddr, sizeof(fd->raddr));
	if (text->len == at)
		return SIZE_MAX;
	buf_addc(text, '\0');
	return at;
}

/* Walks the blobs of the record; with ev set it copies their data to `data`. Returns the bytes of all data.
 */
static size_t take_blobs(const struct spy_hdr *hdr, struct event *ev, char *data)
{
	const char *at = (const char *)(hdr + 1), *end = (const char *)hdr + hdr->hdr.size;
	size_t total = 0;
	uint8_t n = 0;

	for (unsigned i = 0; i < hdr->rec.n_blobs && n < WIRE_BLOBS_MAX; i++) {
		struct spy_blob blob;
		size_t room;

		if (at > end || (size_t)(end - at) < sizeof(blob))
			break;
		memcpy(&blob, at, sizeof(blob));
		at += sizeof(blob);
		room = (size_t)(end - at);
		if (blob.len > room)
			break;
		if (ev) {
			memcpy(data + total, at, blob.len);
			ev->blobs[n] = (struct event_blob){
				.arg = blob.arg,
				.part = blob.part,
				.fault = blob.fault,
				.len = blob.len,
				.full = blob.full,
				.addr = blob.addr,
				.data = data + total,
			};
			ev->n_blobs = (uint8_t)(n + 1);
		}
		n++;
		total += (blob.len + 7u) & ~7u; /* structs inside stay aligned */
		at += (blob.len + 7u) & ~7u;
	}
	return total;
}

struct event *event_build(const struct spy_hdr *hdr, uint64_t epoch, struct objtable *names,
			  event_name_fn other, void *userdata)
{
	const struct spy_rec *rec = &hdr->rec;
	const struct obj_key *keys[N_FDS] = {&rec->fd_obj[0], &rec->fd_obj[1], &rec->ret_obj};
	struct event_fd fds[N_FDS] = {0};
	size_t at[N_FDS], blobs = take_blobs(hdr, NULL, NULL);
	struct buf text = {0};
	struct event *ev;
	char *memory;

	for (int i = 0; i < N_FDS; i++)
		at[i] = take_object(&fds[i], keys[i], &text, names, other, userdata);
	ev = xcalloc(1, sizeof(*ev) + blobs + text.len);
	*ev = (struct event){
		.seq = rec->seq,
		.time = rec->ts + epoch,
		.latency = rec->latency,
		.ret = rec->ret,
		.nr = rec->nr,
		.cpu = (uint16_t)rec->cpu,
		.in_progress = rec->phase == SPY_ENTER,
		.tid = rec->task.tid,
		.tgid = rec->tgid,
		.ppid = rec->ppid,
		.uid = rec->uid,
		.tty = rec->tty,
		.session = rec->session,
		.start_gen = rec->task.gen,
		.cgroup_v1 = rec->cgroup_v1,
		.cgroup_v2 = rec->cgroup_v2,
	};
	memcpy(ev->args, rec->args, sizeof(ev->args));
	memcpy(ev->comm, rec->comm, WIRE_COMM_LEN);
	memory = (char *)(ev + 1);
	take_blobs(hdr, ev, memory);
	memory += blobs;
	if (text.len)
		memcpy(memory, text.data, text.len);
	for (int i = 0; i < N_FDS; i++)
		if (at[i] != SIZE_MAX)
			fds[i].name = memory + at[i];
	ev->fd[0] = fds[0];
	ev->fd[1] = fds[1];
	ev->ret_fd = fds[2];
	buf_done(&text);
	return ev;
}
