/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_spy.c - getters of fields that only a single call has: its time, its
 * arguments, its payload. Counted calls (facts) lack them.
 */
#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/buf.h"
#include "core/decode.h"
#include "core/field_get.h"
#include "core/format.h"
#include "core/syscall.h"

enum { ARG_TEXT = 256 }; /* bytes of an argument that can be filtered by */

#define EVENT(name, expr)                                                                                    \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct event *ev = r->event;                                                           \
                                                                                                             \
		return ev && (expr);                                                                         \
	}

EVENT(evt_num, put_int(ret, (int64_t)ev->seq))
EVENT(evt_cpu, put_int(ret, ev->cpu))
EVENT(evt_rawres, !ev->in_progress && put_int(ret, ev->ret))
EVENT(evt_rawtime, put_int(ret, (int64_t)ev->time))
EVENT(evt_rawtime_s, put_int(ret, (int64_t)(ev->time / 1000000000)))
EVENT(evt_rawtime_ns, put_int(ret, (int64_t)(ev->time % 1000000000)))

EVENT(evt_latency_s, ev->latency != UNKNOWN_U64 && put_int(ret, (int64_t)(ev->latency / 1000000000)))
EVENT(evt_latency_ns, ev->latency != UNKNOWN_U64 && put_int(ret, (int64_t)(ev->latency % 1000000000)))
EVENT(evt_reltime, put_u64(ret, ev->since_start))
EVENT(evt_reltime_s, put_u64(ret, ev->since_start / 1000000000))
EVENT(evt_reltime_ns, put_u64(ret, ev->since_start % 1000000000))
EVENT(evt_deltatime, put_u64(ret, ev->since_last))
EVENT(evt_deltatime_s, put_u64(ret, ev->since_last / 1000000000))
EVENT(evt_deltatime_ns, put_u64(ret, ev->since_last % 1000000000))

/* Ten steps a decade: what a spectrogram has columns for. */
EVENT(evt_latency_quantized,
      ev->latency != UNKNOWN_U64 &&
	      put_int(ret, ev->latency ? (int64_t)(10 * log10((double)ev->latency)) : 0))

GETTER(evt_latency_human)
{
	struct value v = {.kind = V_INT};
	struct buf b = {0};

	if (!r->event || r->event->latency == UNKNOWN_U64)
		return false;
	v.i = (int64_t)r->event->latency;
	format_value(&b, &v, UNIT_NS, false);
	put_str(ret, arena_strndup(tmp, buf_str(&b), b.len));
	buf_done(&b);
	return true;
}

GETTER(evt_wait_latency)
{
	struct value wait;

	return r->event && r->event->latency != UNKNOWN_U64 && get_evt_is_wait(r, tmp, &wait) && wait.b &&
	       put_u64(ret, r->event->latency);
}

/* evt.around[TIME] = MS: how far the call's entry is from that time, in ms. */
GETTER_ARG(evt_around)
{
	uint64_t at, far;
	char *end;

	if (!r->event || !isdigit((unsigned char)*arg))
		return false;
	at = strtoull(arg, &end, 10);
	far = r->event->time > at ? r->event->time - at : at - r->event->time;
	return !*end && put_u64(ret, far / 1000000 + (far % 1000000 != 0));
}

/* Counted calls have all returned, so that sysdig's "evt.dir = <" holds for them, too. */
GETTER(evt_dir)
{
	return r->fact && put_str(ret, r->event && r->event->in_progress ? ">" : "<");
}

/* ---- time as text ---- */

static bool put_time(struct value *ret, const struct event *ev, struct arena *tmp, const char *format,
		     bool ns, bool utc)
{
	time_t s = (time_t)(ev->time / 1000000000);
	char text[64], fraction[12] = "";
	struct tm tm;

	if (!(utc ? gmtime_r(&s, &tm) : localtime_r(&s, &tm)))
		return false;
	text[0] = '\0';
	if (!strcmp(format, "%T"))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	else if (utc)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	else
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	if (ns)
		snprintf(fraction, sizeof(fraction), ".%09u", (unsigned)(ev->time % 1000000000));
	return put_str(ret, arena_printf(tmp, "%s%s%s", text, fraction, utc ? "Z" : ""));
}

EVENT(evt_time, put_time(ret, ev, tmp, "%T", true, false))
EVENT(evt_time_s, put_time(ret, ev, tmp, "%T", false, false))
EVENT(evt_time_iso8601, put_time(ret, ev, tmp, "", true, true))
EVENT(evt_datetime, put_time(ret, ev, tmp, "", true, false))
EVENT(evt_datetime_s, put_time(ret, ev, tmp, "", false, false))

/* ---- arguments ---- */

static const struct decode_options options = {.flags = DECODE_FD_NAMES, .strsize = ARG_TEXT};

static bool put_buf(struct value *ret, struct arena *tmp, struct buf *b)
{
	put_str(ret, arena_strndup(tmp, buf_str(b), b->len));
	buf_done(b);
	return true;
}

GETTER(evt_args)
{
	struct buf b = {0};

	if (!r->event)
		return false;
	decode_args(r->event, &options, &b);
	return put_buf(ret, tmp, &b);
}

/* By number, or by the name that the call's description gives it. -1: the call has no such argument. */
static int arg_index(const struct event *ev, const char *arg)
{
	const struct syscall *call = syscall_get(ev->nr);
	static const struct {
		const char *sysdig, *ours;
	} others[] = {
		{"name", "path"},          {"name", "pathname"},  {"name", "filename"},
		{"filename", "path"},      {"path", "pathname"},  {"path", "target"},
		{"path", "linkpath"},      {"size", "count"},     {"size", "len"},
		{"size", "size"},          {"fd", "sockfd"},      {"dirfd", "dfd"},
		{"linkdirfd", "newdirfd"}, {"resource", "which"}, {"queuemax", "backlog"},
	};
	char *end;
	long n = strtol(arg, &end, 10);

	if (!call)
		return -1;
	if (isdigit((unsigned char)*arg))
		return !*end && n < call->nargs ? (int)n : -1;
	for (int i = 0; i < call->nargs; i++) {
		if (call->args[i].name && !strcmp(call->args[i].name, arg))
			return i;
	}
	/* sysdig's own names of them */
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(arg, others[i].sysdig) != 0)
			continue;
		for (int k = 0; k < call->nargs; k++)
			if (call->args[k].name && !strcmp(call->args[k].name, others[i].ours))
				return k;
	}
	return -1;
}

/* Arguments of sysdig's events that are none of the call's: what they say is a field. */
static bool put_as_field(struct value *ret, const struct record *r, const char *arg, struct arena *tmp)
{
	static const struct {
		const char *arg;
		bool (*get)(const struct record *r, struct arena *tmp, struct value *ret);
	} fields[] = {
		{"args", get_proc_args},  {"comm", get_proc_name},       {"cwd", get_proc_cwd},
		{"data", get_evt_buffer}, {"env", get_proc_env},         {"exe", get_proc_exe},
		{"tuple", get_fd_name},   {"exepath", get_proc_exepath}, {"cgroups", get_thread_cgroups},
	};

	for (size_t i = 0; r->event && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strcmp(arg, fields[i].arg))
			return fields[i].get(r, tmp, ret);
	return false;
}

static bool is_text(const struct event *ev, int arg)
{
	return arg_copies[syscall_get(ev->nr)->args[arg].kind].op == COPY_STR;
}

/* Text as it is, without quotes, so that evt.arg.path = /etc/passwd holds; all else as the spy shows it. */
GETTER_ARG(evt_arg)
{
	int i = r->event ? arg_index(r->event, arg) : -1;
	const struct event_blob *blob;
	struct buf b = {0};

	if (i < 0 && put_as_field(ret, r, arg, tmp))
		return true;
	if (i < 0) {
		if (!r->event || (strcmp(arg, "res") != 0 && strcmp(arg, "ret") != 0))
			return false;
		if (r->event->in_progress)
			return false;
		decode_result(r->event, &options, &b);
		return put_buf(ret, tmp, &b);
	}
	blob = event_blob(r->event, i, 0);
	if (is_text(r->event, i)) {
		if (!blob || blob->fault)
			return false;
		return put_str(ret, arena_strndup(tmp, blob->data, strnlen(blob->data, blob->len)));
	}
	decode_arg(r->event, i, &options, &b);
	return put_buf(ret, tmp, &b);
}

GETTER_ARG(evt_rawarg)
{
	int i = r->event ? arg_index(r->event, arg) : -1;

	if (i < 0 && r->event && !r->event->in_progress && (!strcmp(arg, "res") || !strcmp(arg, "ret")))
		return put_int(ret, r->event->ret);
	return i >= 0 && put_int(ret, (int64_t)r->event->args[i]);
}

/* The copied part of what was read or written. NUL bytes would end the string: they become dots. */
GETTER(evt_buffer)
{
	size_t len;
	uint64_t full;
	bool write;
	const char *data = r->event ? event_payload(r->event, &len, &full, &write) : NULL;
	char *copy;

	if (!data)
		return false;
	copy = arena_strndup(tmp, data, len);
	for (size_t i = 0; i < len; i++) {
		if (!copy[i])
			copy[i] = '.';
	}
	return put_str(ret, copy);
}

const char *field_bytes(const struct field *f, const char *arg, const struct record *r, size_t *ret_len)
{
	bool data = f->get == get_evt_buffer || (f->get_arg == get_arg_evt_arg && arg && !strcmp(arg, "data"));
	uint64_t full;
	bool write;

	return data && r->event ? event_payload(r->event, ret_len, &full, &write) : NULL;
}

/* ---- opens ---- */

static bool open_flags(const struct event *ev, uint64_t *ret)
{
	const struct syscall *call = ev ? syscall_get(ev->nr) : NULL;
	const struct event_blob *how;
	int i;

	if (!call || !(call->desc.flags & CALL_OPEN))
		return false;
	i = arg_index(ev, "flags");
	if (i >= 0) {
		*ret = ev->args[i];
		return true;
	}
	i = arg_index(ev, "how"); /* openat2: the first member of struct open_how */
	how = i < 0 ? NULL : event_blob(ev, i, 0);
	if (how && !how->fault && how->len >= sizeof(*ret))
		memcpy(ret, how->data, sizeof(*ret));
	else if (i < 0)
		*ret = O_CREAT | O_WRONLY | O_TRUNC; /* creat */
	else
		return false;
	return true;
}

static bool put_open(struct value *ret, const struct record *r, unsigned what)
{
	uint64_t flags;
	unsigned mode;

	if (!open_flags(r->event, &flags))
		return r->event && put_bool(ret, false);
	mode = flags & O_ACCMODE;
	if (what == O_CREAT)
		return put_bool(ret, (flags & O_CREAT) && !r->fact->err);
	if (what == O_RDONLY)
		return put_bool(ret, mode == O_RDONLY || mode == O_RDWR);
	return put_bool(ret, mode == O_WRONLY || mode == O_RDWR);
}

/* A new file that may be executed. */
static bool put_open_exec(struct value *ret, const struct event *ev)
{
	uint64_t flags = 0, mode = 0;
	int i = arg_index(ev, "mode");
	const struct event_blob *how = i < 0 ? event_blob(ev, arg_index(ev, "how"), 0) : NULL;

	if (i >= 0)
		mode = ev->args[i];
	else if (how && !how->fault && how->len >= 2 * sizeof(mode))
		memcpy(&mode, (const char *)how->data + sizeof(mode), sizeof(mode));
	return put_bool(ret, open_flags(ev, &flags) && ev->ret >= 0 && !ev->in_progress &&
				     (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) && (mode & 0111));
}

EVENT(evt_is_open_exec, put_open_exec(ret, ev))
EVENT(evt_is_open_create, put_open(ret, r, O_CREAT))
EVENT(evt_is_open_read, put_open(ret, r, O_RDONLY))
EVENT(evt_is_open_write, put_open(ret, r, O_WRONLY))
