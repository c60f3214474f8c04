/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch_spy.c - the spy without a screen: every system call of the selection
 * as a line, a payload block or a JSON object. What the kernel cannot decide
 * of the filter is checked here.
 */
#include "batch.h"

#include <errno.h>
#include <string.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/decode.h"
#include "core/event.h"
#include "core/filter.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/spy_hold.h"
#include "core/syscall.h"

enum {
	POLL_NS = 20000000,  /* how often the ring is looked at */
	POLL_EVENTS = 4096,  /* most events of one look */
	DIG_SNAPLEN = 256,   /* bytes copied of an argument; more than decode shows, paths are copied whole */
	LIST_SNAPLEN = 2048, /* same, for lists: a whole message to the log */
	ROWS_MAX = 8 << 20,  /* bytes of rows until they are written, whatever the interval */
	DRAIN_POLLS = 1000,  /* looks at the end: a bound, not a wait */
};

struct spy {
	const struct batch_config *c;
	struct filter *filter;
	struct sample *sample; /* names of processes and containers; renewed once an interval */
	struct record_index *index;
	struct spy_hold *hold; /* NULL: nobody asks for containers */
	struct buf out;
	struct buf rows;      /* of a list, of the interval */
	struct arena *cells;  /* of the row of a list */
	uint64_t shown, lost; /* lost before this interval */
};

/* --- one event as text --- */

static void add_comm(struct buf *out, const struct event *ev)
{
	format_safe(out, ev->comm, strlen(ev->comm));
}

/* -pc, -pk */
static void add_where(struct spy *spy, const struct record *record)
{
	if (!spy->c->where)
		return;
	view_where_text(spy->c->where, record, &spy->out);
	buf_addc(&spy->out, ' ');
}

static void dig_line(struct spy *spy, const struct event *ev, const struct record *record)
{
	const struct decode_options opt = {.flags = DECODE_FD_NAMES | DECODE_ERR_TEXT |
						    (spy->c->ascii ? DECODE_ASCII : 0)};
	struct buf *out = &spy->out;

	batch_clock(out, ev->time, 6);
	buf_addc(out, ' ');
	add_where(spy, record);
	buf_addf(out, "%u ", ev->tid);
	add_comm(out, ev);
	buf_addc(out, ' ');
	decode_call(ev, &opt, out);
	buf_adds(out, " = ");
	decode_result(ev, &opt, out);
	if (ev->latency != UNKNOWN_U64) {
		buf_adds(out, " <");
		format_ns(out, (double)ev->latency, spy->c->ascii);
		buf_addc(out, '>');
	}
	buf_addc(out, '\n');
}

static void echo_block(struct spy *spy, const struct event *ev, const struct record *record)
{
	struct buf *out = &spy->out;
	const char *object = ev->fd[0].name;
	uint64_t full;
	size_t len;
	bool write;

	if (!event_payload(ev, &len, &full, &write))
		return;
	buf_addf(out, "------ ");
	batch_clock(out, ev->time, 6);
	buf_addc(out, ' ');
	add_where(spy, record);
	buf_addf(out, "%u ", ev->tid);
	add_comm(out, ev);
	buf_addf(out, " %s %llu bytes %s ", write ? "wrote" : "read", (unsigned long long)full,
		 write ? "to" : "from");
	if (object)
		format_safe(out, object, strlen(object));
	else
		buf_addf(out, "descriptor %d", (int)ev->args[0]);
	if (len < full)
		buf_addf(out, ", first %zu", len);
	buf_addc(out, '\n');
	decode_payload(ev, ECHO_TEXT, out);
	if (out->len && out->data[out->len - 1] != '\n')
		buf_addc(out, '\n');
}

static void json_text(struct buf *out, const char *id, const char *text)
{
	buf_addf(out, ",\"%s\":", id);
	if (text)
		format_json_string(out, text);
	else
		buf_adds(out, "null");
}

static void json_payload(const struct event *ev, struct buf *out)
{
	uint64_t full;
	size_t len;
	bool write;
	const unsigned char *data = event_payload(ev, &len, &full, &write);

	if (!data)
		return;
	buf_addf(out, ",\"direction\":\"%s\",\"bytes\":%llu,\"data_hex\":\"", write ? "write" : "read",
		 (unsigned long long)full);
	for (size_t i = 0; i < len; i++)
		buf_addf(out, "%02x", data[i]);
	buf_addc(out, '"');
}

static void json_where(struct spy *spy, const struct record *record)
{
	const char *id;

	for (size_t i = 0; (id = view_where_column(spy->c->where, i)); i++) {
		const struct value v = field_get(field_find(id), record, spy->cells);

		json_text(&spy->out, id, v.kind == V_STRING ? v.s : NULL);
	}
	arena_reset(spy->cells);
}

static void json_event(struct spy *spy, const struct event *ev, const struct record *record)
{
	const struct decode_options opt = {.flags = 0};
	struct buf *out = &spy->out, text = {0};

	buf_addf(out,
		 "{\"time\":%llu.%09llu,\"seq\":%llu,\"tid\":%u,\"pid\":%u,\"ppid\":%u,\"uid\":%u,\"cpu\":%u",
		 (unsigned long long)(ev->time / 1000000000), (unsigned long long)(ev->time % 1000000000),
		 (unsigned long long)ev->seq, ev->tid, ev->tgid, ev->ppid, ev->uid, ev->cpu);
	json_text(out, "comm", ev->comm);
	json_text(out, "container", record->container ? record->container->id : NULL);
	json_where(spy, record);
	json_text(out, "type", syscall_name(ev->nr));
	decode_args(ev, &opt, &text);
	json_text(out, "args", buf_str(&text));
	if (ev->in_progress) {
		buf_adds(out, ",\"res\":null,\"rawres\":null");
	} else {
		buf_reset(&text);
		decode_result(ev, &opt, &text);
		json_text(out, "res", buf_str(&text));
		buf_addf(out, ",\"rawres\":%lld", (long long)ev->ret);
	}
	if (ev->latency == UNKNOWN_U64)
		buf_adds(out, ",\"latency\":null");
	else
		buf_addf(out, ",\"latency\":%llu", (unsigned long long)ev->latency);
	json_text(out, "fd_name", ev->fd[0].kind != OBJ_NONE ? ev->fd[0].name : NULL);
	json_text(out, "fd_type", ev->fd[0].kind != OBJ_NONE ? ev->fd[0].type : NULL);
	json_text(out, "ret_fd_name", ev->ret_fd.kind != OBJ_NONE ? ev->ret_fd.name : NULL);
	if (spy->c->spy == SPY_ECHO)
		json_payload(ev, out);
	buf_adds(out, "}\n");
	buf_done(&text);
}

static void list_event(struct spy *spy, const struct event *ev, const struct record *record)
{
	struct row row;

	view_list_row(spy->c->view, record, spy->cells, &row);
	batch_list_row(spy->c, ev->time, &row, &spy->rows);
	arena_reset(spy->cells);
}

static void show_event(struct event *ev, void *userdata)
{
	struct spy *spy = userdata;
	struct event_record er;

	record_from_event(&er, spy->index, ev);
	if (filter_match(spy->filter, &er.record)) {
		spy->shown++;
		if (!spy->c->spy)
			list_event(spy, ev, &er.record);
		else if (spy->c->format == FORMAT_JSON)
			json_event(spy, ev, &er.record);
		else if (spy->c->spy == SPY_ECHO)
			echo_block(spy, ev, &er.record);
		else
			dig_line(spy, ev, &er.record);
	}
	event_free(ev);
}

static void on_event(struct event *ev, void *userdata)
{
	struct spy *spy = userdata;

	if (!spy->hold || !spy_hold_take(spy->hold, spy->index, ev))
		show_event(ev, userdata);
}

/* --- the loop --- */

enum renewal { FIRST, NEXT, LAST };

/* Takes a new sample; tells the kernel what the filter means now, and shows what waited for that. */
static int renew(struct spy *spy, enum renewal which)
{
	struct sample *s;
	struct spy_selection sel = {0};
	struct arena *arena;
	const char *text;
	int r = source_collect(spy->c->source, &s);

	if (r < 0)
		return r;
	arena = arena_new();
	filter_push_down(spy->filter, s, arena, &sel, &text);
	sel.filter.snaplen = spy->c->spy == SPY_ECHO ? WIRE_SNAP_MAX
			     : spy->c->spy           ? DIG_SNAPLEN
						     : LIST_SNAPLEN;
	sel.filter.io_only = spy->c->spy == SPY_ECHO;
	if (which == FIRST)
		r = source_spy_start(spy->c->source, &sel);
	else if (which == NEXT)
		r = source_spy_update(spy->c->source, &sel);
	arena_free(arena);
	record_index_free(spy->index);
	sample_free(spy->sample);
	spy->index = record_index_new(s);
	spy->sample = s;
	if (spy->hold)
		spy_hold_release(spy->hold, spy->index, s->time, which == LAST, show_event, spy);
	return r;
}

/* Lost in the kernel's ring, or among those that waited to be known. */
static uint64_t lost_so_far(const struct spy *spy, const struct source_counts *counts)
{
	return counts->lost + (spy->hold ? spy_hold_lost(spy->hold) : 0);
}

/* Rows of a list are written as they come, but those of JSON: one object an interval holds them. */
static void flush_rows(struct spy *spy, bool interval_over)
{
	struct source_counts counts;
	uint64_t lost;

	if (spy->c->spy || (spy->c->format == FORMAT_JSON && !interval_over && spy->rows.len < ROWS_MAX))
		return;
	source_spy_counts(spy->c->source, &counts);
	lost = lost_so_far(spy, &counts);
	batch_list_interval(spy->c, spy->sample, lost - spy->lost, &spy->rows, &spy->out);
	spy->lost = lost;
}

/* Writes what came. -EPIPE when nobody reads. */
static int poll_once(struct spy *spy, int *ret_n)
{
	int n = source_spy_poll(spy->c->source, on_event, spy, POLL_EVENTS);

	*ret_n = n < 0 ? 0 : n;
	flush_rows(spy, false);
	return n < 0 ? n : batch_write(spy->c, spy->c->out, &spy->out);
}

static int run(struct spy *spy)
{
	const struct batch_config *c = spy->c;
	uint64_t next = batch_now() + c->interval;
	uint32_t intervals = 0;
	int n = 0, r = 0;

	while (r == 0) {
		uint64_t now = batch_now();

		r = poll_once(spy, &n);
		if (r < 0)
			break;
		if (n < POLL_EVENTS && !batch_wait(c, now + POLL_NS))
			break;
		if (c->stop && *c->stop)
			break;
		if (now < next)
			continue;
		if (c->count && ++intervals >= c->count)
			break;
		r = renew(spy, NEXT);
		if (r == 0)
			flush_rows(spy, true);
		next += c->interval;
	}
	return r;
}

/* What was made before the end but not yet read. The demo never runs dry, and a busy machine may not either.
 */
static int drain(struct spy *spy)
{
	struct source_counts counts;
	uint64_t end;
	int n = 1, r = 0;

	source_spy_counts(spy->c->source, &counts);
	end = counts.passed - counts.lost;
	for (int i = 0; i < DRAIN_POLLS && r == 0 && n > 0; i++) {
		source_spy_counts(spy->c->source, &counts);
		if (!strcmp(spy->c->source->ops->name, "demo") ||
		    counts.passed - counts.lost > end + (uint64_t)POLL_EVENTS * 16)
			break;
		r = poll_once(spy, &n);
	}
	return r;
}

int batch_spy(const struct batch_config *c, char **ret_error)
{
	struct spy spy = {.c = c};
	struct filter_error fe;
	struct source_counts counts;
	unsigned needs;
	struct selection selection;
	char *text;
	int r;

	selection_init(&selection, c->view, c->filter);
	text = c->spy ? xstrdup(c->filter) : selection_filter(&selection);
	selection_done(&selection);
	r = filter_parse(text, &spy.filter, &fe);
	free(text);
	if (r < 0) {
		*ret_error = xstrdup(fe.message);
		return r;
	}
	/* descriptors tell which objects a filter on them means */
	needs = filter_uses_grain(spy.filter, GRAIN_OBJECT) || filter_uses_grain(spy.filter, GRAIN_FD)
			? NEED_FDS
			: 0;
	if (c->where || filter_uses_grain(spy.filter, GRAIN_CONTAINER))
		spy.hold = spy_hold_new();
	r = source_set_needs(c->source, needs | NEED_TASKS);
	if (r == 0)
		r = renew(&spy, FIRST);
	spy.cells = arena_new();
	if (r == 0 && !c->spy)
		batch_list_begin(c, &spy.out);
	if (r < 0)
		*ret_error = xasprintf("cannot start the spy: %s", strerror(-r));
	if (r == 0) {
		r = run(&spy);
		if (r == 0)
			r = drain(&spy);
		if (r == 0 &&
		    ((!c->spy && c->format == FORMAT_JSON) || (spy.hold && spy_hold_waiting(spy.hold))) &&
		    (r = renew(&spy, LAST)) == 0) {
			flush_rows(&spy, true);
			r = batch_write(c, c->out, &spy.out);
		}
		if (r < 0 && r != -EPIPE)
			*ret_error = xasprintf("the spy ended: %s", strerror(-r));
		source_spy_counts(c->source, &counts);
		source_spy_stop(c->source);
		if (lost_so_far(&spy, &counts)) {
			buf_addf(&spy.out, "ctop-trace: %llu of %llu events lost: the reader was too slow\n",
				 (unsigned long long)lost_so_far(&spy, &counts),
				 (unsigned long long)counts.passed);
			batch_write(c, c->err, &spy.out);
		}
	}
	buf_done(&spy.out);
	buf_done(&spy.rows);
	arena_free(spy.cells);
	record_index_free(spy.index);
	sample_free(spy.sample);
	spy_hold_free(spy.hold);
	filter_free(spy.filter);
	return r;
}
