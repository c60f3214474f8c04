/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_io.c - strings, buffers, vectors, directory entries, poll and epoll sets. */
#include <inttypes.h>
#include <sys/stat.h>

#include "core/decode_impl.h"

enum {
	ITEMS_MAX = 32,   /* elements of an array that are written, as strace does */
	ARGV_BYTES = 256, /* bytes of a program argument, however little is shown of data */
};

static unsigned strsize(const struct dec *d)
{
	return d->opt->strsize ? d->opt->strsize : 32;
}

void dec_bytes(struct dec *d, const void *data, size_t len, uint64_t full)
{
	enum quote_style style = d->opt->flags & DECODE_HEX ? QUOTE_HEX : QUOTE_DATA;
	size_t shown = len < strsize(d) ? len : strsize(d);

	quote_string(d->out, data, shown, style, full > shown);
}

void dec_path(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);

	if (!d->v || !b)
		dec_addr(d, d->v);
	else
		dec_quote_name(d, b->data, b->len, b->full > b->len);
}

/* A path that the call returned, its NUL counted. */
void dec_out_path(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	size_t len;

	if (!d->v || !b) {
		dec_addr(d, d->v);
		return;
	}
	len = strnlen(b->data ? b->data : "", b->len);
	dec_quote_name(d, b->data, len, len == b->len && b->full > b->len);
}

void dec_buf(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	size_t len;

	if (!d->v || !b) {
		/* nothing was moved: an empty string rather than an address */
		if (d->v && (arg_copies[d->sc->args[d->arg].kind].traits & ARG_OUT) && !d->ev->ret)
			buf_adds(d->out, "\"\"");
		else
			dec_addr(d, d->v);
		return;
	}
	len = b->len;
	if (d->sc->args[d->arg].kind == ARG_OUT_RANDOM)
		quote_string(d->out, b->data, len < strsize(d) ? len : strsize(d), QUOTE_HEX,
			     b->full > strsize(d));
	else if (arg_copies[d->sc->args[d->arg].kind].traits & ARG_PAY)
		dec_payload(d, b->data, len, b->full);
	else
		dec_bytes(d, b->data, len, b->full);
}

/* --- argv --- */

void dec_argv(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	uint64_t n = 0;

	if (!d->v || !b) {
		dec_addr(d, d->v);
		return;
	}
	buf_addc(d->out, '[');
	for (size_t pos = 0; n < b->full && n < ITEMS_MAX && (pos < b->len || !n);) {
		const char *arg = b->len ? (const char *)b->data + pos : "";
		size_t len = strnlen(arg, b->len - pos);
		/* without its NUL the string was cut, unless it is the last one */
		bool cut = pos + len == b->len && n + 1 < b->full;

		if (n++)
			buf_adds(d->out, ", ");
		dec_quote_name(d, arg, len < ARGV_BYTES ? len : ARGV_BYTES, cut || len > ARGV_BYTES);
		pos += len + 1;
	}
	if (n < b->full)
		buf_adds(d->out, n ? ", ..." : "...");
	buf_addc(d->out, ']');
}

/* --- vectors --- */

void dec_iov_list(struct dec *d, const struct event_blob *array, const struct event_blob *payload,
		  uint64_t count, uint64_t moved, bool out)
{
	size_t have = array->len / 16, used = 0;
	uint64_t left = moved;

	buf_addc(d->out, '[');
	for (size_t i = 0; i < have && i < count; i++) {
		uint64_t base = get_u64(array->data, i * 16), len = get_u64(array->data, i * 16 + 8);
		uint64_t full = out && len > left ? left : len;
		size_t avail = payload ? payload->len - used : 0;

		buf_addf(d->out, "%s{iov_base=", i ? ", " : "");
		if (full && avail) {
			size_t n = avail < full ? avail : (size_t)full;

			dec_payload(d, (const char *)payload->data + used, n, full);
			used += n;
		} else if (!full && base) {
			buf_adds(d->out, "\"\"");
		} else {
			dec_addr(d, base);
		}
		left -= left < full ? left : full;
		buf_addf(d->out, ", iov_len=%" PRIu64 "}", len);
	}
	if (have < count)
		buf_adds(d->out, have ? ", ..." : "...");
	buf_addc(d->out, ']');
}

static uint64_t next_arg(const struct dec *d)
{
	return d->arg < 5 ? d->ev->args[d->arg + 1] : 0;
}

void dec_iov(struct dec *d)
{
	const struct event_blob *array = dec_blob(d, 0);
	bool out = arg_copies[d->sc->args[d->arg].kind].traits & ARG_OUT;

	if (!d->v || !array)
		dec_addr(d, d->v);
	else
		dec_iov_list(d, array, dec_blob(d, 1), next_arg(d), (uint64_t)d->ev->ret, out);
}

/* Addresses and lengths only: memory of another process. */
void dec_iov_addr(struct dec *d)
{
	const struct event_blob *array = dec_blob(d, 0);
	size_t have;

	if (!d->v || !array) {
		dec_addr(d, d->v);
		return;
	}
	have = array->len / 16;
	buf_addc(d->out, '[');
	for (size_t i = 0; i < have && i < next_arg(d) && i < ITEMS_MAX; i++)
		buf_addf(d->out, "%s{iov_base=%#" PRIx64 ", iov_len=%" PRIu64 "}", i ? ", " : "",
			 get_u64(array->data, i * 16), get_u64(array->data, i * 16 + 8));
	buf_adds(d->out, have < next_arg(d) || have > ITEMS_MAX ? ", ...]" : "]");
}

/* --- directory entries --- */

void dec_dirents(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	size_t pos = 0, n = 0;

	dec_addr(d, d->v);
	if (!d->v || (!b && d->ev->ret))
		return;
	/* struct linux_dirent and linux_dirent64 agree up to d_reclen at offset 16 */
	while (b && pos + 18 <= b->len) {
		uint16_t reclen = get_u16(b->data, pos + 16);

		if (reclen < 19 || pos + reclen > b->len)
			break;
		pos += reclen;
		n++;
	}
	buf_addf(d->out, " /* %s%zu entries */", b && pos < b->full ? ">= " : "", n);
}

/* --- poll, epoll, select --- */

static void pollfd_list(struct dec *d, const struct event_blob *b, uint64_t count, bool results)
{
	size_t have = b->len / 8, shown = 0;

	buf_addc(d->out, '[');
	for (size_t i = 0; i < have && i < count; i++) {
		uint16_t revents = get_u16(b->data, i * 8 + 6);

		if (results && !revents)
			continue;
		if (shown == ITEMS_MAX) {
			buf_adds(d->out, ", ...");
			break;
		}
		buf_addf(d->out, "%s{fd=%" PRId32 ", %s=", shown++ ? ", " : "",
			 (int32_t)get_u32(b->data, i * 8), results ? "revents" : "events");
		dec_bits(d, flags_of(poll_events), results ? revents : get_u16(b->data, i * 8 + 4));
		buf_addc(d->out, '}');
	}
	if (have < count && shown < ITEMS_MAX)
		buf_adds(d->out, shown ? ", ..." : "...");
	buf_addc(d->out, ']');
}

void dec_pollfds(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);

	if (!d->v || !b)
		dec_addr(d, d->v);
	else
		pollfd_list(d, b, (uint32_t)next_arg(d), false);
}

/* Time that was left of a timeout, which the kernel writes back. */
static void time_left(struct dec *d, int arg)
{
	const struct event_blob *b = event_blob(d->ev, arg, 0);
	enum arg_kind kind = d->sc->args[arg].kind;

	if (!b || b->fault || b->len < 16 || (kind != ARG_TIMEOUT_TS && kind != ARG_TIMEOUT_TV))
		return;
	buf_adds(d->out, ", left ");
	if (kind == ARG_TIMEOUT_TS)
		dec_timespec_at(d, b->data, 0);
	else
		dec_timeval_at(d, b->data, 0);
}

/* 1 ([{fd=3, revents=POLLIN}], left {tv_sec=1, tv_nsec=0}) */
void dec_poll_ret(struct dec *d)
{
	const struct event_blob *b = event_blob(d->ev, 0, 0);

	buf_addf(d->out, "%" PRId64 "%s", (int64_t)d->v, d->v ? "" : " (Timeout)");
	if ((int64_t)d->v <= 0 || !b || b->fault || !b->len)
		return;
	buf_adds(d->out, " (");
	pollfd_list(d, b, (uint32_t)d->ev->args[1], true);
	time_left(d, 2);
	buf_addc(d->out, ')');
}

static void fdset(struct dec *d, const struct event_blob *b, int64_t nfds)
{
	const uint8_t *set = b->data;
	int shown = 0;

	buf_addc(d->out, '[');
	for (int fd = 0; fd < nfds && fd < (int)b->len * 8; fd++) {
		if (!(set[fd / 8] >> (fd % 8) & 1))
			continue;
		if (shown == ITEMS_MAX) {
			buf_adds(d->out, " ...");
			break;
		}
		buf_addf(d->out, "%s%d", shown++ ? " " : "", fd);
	}
	buf_addc(d->out, ']');
}

/* The sets and the timeout before the call are in part 4. */
void dec_fdset(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 4);

	if (!d->v || !b || !b->len || b->len > 1024)
		dec_addr(d, d->v);
	else
		fdset(d, b, (int32_t)d->ev->args[0]);
}

static void timeout(struct dec *d, void (*at)(struct dec *, const void *, size_t))
{
	const struct event_blob *b = dec_blob(d, 4);

	if (!d->v || !b || b->len < 16)
		dec_addr(d, d->v);
	else
		at(d, b->data, 0);
}

void dec_timeout_ts(struct dec *d)
{
	timeout(d, dec_timespec_at);
}

void dec_timeout_tv(struct dec *d)
{
	timeout(d, dec_timeval_at);
}

/* 1 (in [4], left {tv_sec=0, tv_usec=0}) */
void dec_select_ret(struct dec *d)
{
	static const char *const names[] = {"in ", "out ", "exc "};
	const char *sep = " (";

	buf_addf(d->out, "%" PRId64 "%s", (int64_t)d->v, d->v ? "" : " (Timeout)");
	if ((int64_t)d->v <= 0)
		return;
	for (int i = 1; i <= 3; i++) {
		const struct event_blob *b = event_blob(d->ev, i, 0);

		if (!b || b->fault || !b->len || b->len > 1024)
			continue;
		buf_addf(d->out, "%s%s", sep, names[i - 1]);
		fdset(d, b, (int32_t)d->ev->args[0]);
		sep = ", ";
	}
	if (*sep == ',') {
		time_left(d, 4);
		buf_addc(d->out, ')');
	}
}

static void epoll_event_at(struct dec *d, const void *p, size_t off)
{
	buf_adds(d->out, "{events=");
	dec_bits(d, flags_of(epoll_events), get_u32(p, off));
	buf_addf(d->out, ", data={u32=%" PRIu32 ", u64=%" PRIu64 "}}", get_u32(p, off + 4),
		 get_u64(p, off + 4));
}

void dec_epoll_event(struct dec *d)
{
	bool unused = d->arg > 1 && d->ev->args[1] == 2; /* EPOLL_CTL_DEL */
	const void *p;

	if (unused)
		dec_addr(d, d->v);
	else if ((p = dec_mem(d, 12)))
		epoll_event_at(d, p, 0);
}

void dec_epoll_events(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	uint64_t count = (uint64_t)d->ev->ret;
	size_t have = b ? b->len / 12 : 0;

	if (!d->v || (!b && count)) {
		dec_addr(d, d->v);
		return;
	}
	buf_addc(d->out, '[');
	for (size_t i = 0; i < have && i < count && i < ITEMS_MAX; i++) {
		buf_adds(d->out, i ? ", " : "");
		epoll_event_at(d, b->data, i * 12);
	}
	if ((have < ITEMS_MAX ? have : ITEMS_MAX) < count)
		buf_adds(d->out, ", ...");
	buf_addc(d->out, ']');
}

void dec_sembuf(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	size_t have;

	if (!d->v || !b) {
		dec_addr(d, d->v);
		return;
	}
	have = b->len / 6;
	buf_addc(d->out, '[');
	for (size_t i = 0; i < have && i < next_arg(d) && i < ITEMS_MAX; i++) {
		uint16_t flags = get_u16(b->data, i * 6 + 4);

		buf_addf(d->out, "%s{sem_num=%u, sem_op=%d, sem_flg=%s%s", i ? ", " : "",
			 get_u16(b->data, i * 6), (int16_t)get_u16(b->data, i * 6 + 2),
			 flags & 0x800 ? "IPC_NOWAIT" : "",
			 flags & 0x1000  ? (flags & 0x800 ? "|SEM_UNDO" : "SEM_UNDO")
			 : flags & 0x800 ? ""
					 : "0");
		buf_addc(d->out, '}');
	}
	buf_adds(d->out, have < next_arg(d) ? ", ...]" : "]");
}
