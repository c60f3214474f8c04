/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy.c - see spy.h. */
#include "ui/spy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/syscall.h"
#include "ui/rows.h"

enum { POLL_EVENTS = 512, WIDE_STRSIZE = 4096, LINE_STRSIZE = 64 };

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void spy_say_where(struct spy *s, char which)
{
	s->where = which;
	s->log.labels = s->kind != SPY_LIST;
}

int spy_start(struct spy *s, enum spy_kind kind, struct source *source, const struct sample *sample,
	      const char *filter_text, unsigned snaplen)
{
	struct spy_selection selection = {0};
	struct filter *filter = NULL;
	struct filter_error error;
	struct arena *arena;
	const char *text = "";
	int err;

	err = filter_parse(filter_text, &filter, &error);
	if (err)
		return err;
	arena = arena_new();
	if (sample)
		filter_push_down(filter, sample, arena, &selection, &text);
	selection.filter.snaplen = snaplen ? snaplen : kind == SPY_DIG ? SPY_SNAPLEN_DIG : SPY_SNAPLEN_ECHO;
	if (selection.filter.snaplen > WIRE_SNAP_MAX)
		selection.filter.snaplen = WIRE_SNAP_MAX;
	selection.filter.io_only = kind == SPY_ECHO;
	err = source_spy_start(source, &selection);
	if (err) {
		filter_free(filter);
		arena_free(arena);
		return err;
	}
	*s = (struct spy){
		.kind = kind,
		.snaplen = selection.filter.snaplen,
		.source = source,
		.filter = filter,
		.filter_text = xstrdup(filter_text ? filter_text : ""),
		.kernel_text = xstrdup(text),
		.index = record_index_new(sample),
		.follow = true,
		.save_fd = -1,
		.rate_time = now_ns(),
	};
	spy_log_init(&s->log);
	arena_free(arena);
	return 0;
}

int spy_resume(struct spy *s, const struct sample *sample)
{
	struct spy_selection selection = {0};
	struct arena *arena = arena_new();
	const char *text = "";
	int err;

	if (sample)
		filter_push_down(s->filter, sample, arena, &selection, &text);
	selection.filter.snaplen = s->snaplen;
	err = source_spy_start(s->source, &selection);
	arena_free(arena);
	spy_set_sample(s, sample);
	return err;
}

static void end_saving(struct spy *s)
{
	if (s->save_fd >= 0)
		close(s->save_fd);
	s->save_fd = -1;
	free(s->save_name);
	s->save_name = NULL;
}

void spy_stop(struct spy *s)
{
	if (!s->source)
		return;
	source_spy_stop(s->source);
	end_saving(s);
	spy_log_done(&s->log);
	record_index_free(s->index);
	filter_free(s->filter);
	free(s->filter_text);
	free(s->kernel_text);
	free(s->label);
	free(s->find);
	*s = (struct spy){.save_fd = -1};
}

void spy_set_sample(struct spy *s, const struct sample *sample)
{
	record_index_free(s->index);
	s->index = record_index_new(sample);
}

uint64_t spy_tail(const struct spy *s)
{
	if (!s->paused || s->paused_tail > s->log.shown_tail)
		return s->log.shown_tail;
	return s->paused_tail > s->log.shown_head ? s->paused_tail : s->log.shown_head; /* cleared while paused */
}

void spy_pause(struct spy *s, bool on)
{
	s->paused = on;
	s->paused_entry = s->log.tail;
	s->paused_tail = s->log.shown_tail;
	s->log.frozen = on;
}

void spy_switch(struct spy *s, bool failed_only, bool slow_only)
{
	spy_log_switch(&s->log, failed_only, slow_only);
	s->paused_tail = s->log.shown_tail;
	while (s->paused && s->paused_tail > 0 &&
	       spy_log_entry_number(&s->log, s->paused_tail - 1) >= s->paused_entry)
		s->paused_tail--;
	free(s->find); /* its line numbers mean nothing any more */
	s->find = NULL;
	s->save_end = s->save_at;
	s->follow = true;
}

static void on_event(struct event *ev, void *userdata)
{
	struct spy *s = userdata;
	struct event_record rec;
	struct buf where = {0};
	uint64_t full;
	size_t len;
	bool write;

	if (s->kind == SPY_ECHO && !event_payload(ev, &len, &full, &write)) {
		event_free(ev);
		return;
	}
	if (s->kind == SPY_LIST || s->where || !filter_is_empty(s->filter)) {
		record_from_event(&rec, s->index, ev);
		if (!filter_match(s->filter, &rec.record)) {
			s->rejected++;
			event_free(ev);
			return;
		}
	}
	if (s->where && s->kind != SPY_LIST)
		view_where_text(s->where, &rec.record, &where);
	spy_log_add(&s->log, ev,
		    s->kind == SPY_LIST ? list_text(s->view, &rec.record)
		    : where.len         ? buf_steal(&where)
					: NULL);
}

/* ---- text ---- */

void spy_time_text(uint64_t time, int digits, struct buf *out)
{
	time_t sec = (time_t)(time / 1000000000ULL);
	unsigned long sub = (unsigned long)(time % 1000000000ULL);
	struct tm tm;

	localtime_r(&sec, &tm);
	for (int i = digits; i < 9; i++)
		sub /= 10;
	buf_addf(out, "%02d:%02d:%02d.%0*lu", tm.tm_hour, tm.tm_min, tm.tm_sec, digits, sub);
}

void spy_call_text(const struct spy_entry *e, unsigned strsize, bool hex, struct buf *ret_call,
		   struct buf *ret_result)
{
	struct decode_options opt = {DECODE_FD_NAMES | DECODE_ERR_TEXT | (hex ? DECODE_HEX : 0), strsize};

	if (e->repeats > 1) {
		buf_addf(ret_call, "… %s ×%u", syscall_name(e->event->nr), e->repeats);
		return;
	}
	decode_call(e->event, &opt, ret_call);
	decode_result(e->event, &opt, ret_result);
}

void spy_short_result(const struct spy_entry *e, struct buf *out)
{
	struct decode_options opt = {0};

	if (e->repeats <= 1)
		decode_result(e->event, &opt, out);
}

static void echo_text(const struct spy *s, const struct spy_entry *e, struct buf *out)
{
	const struct event *ev = e->event;
	const struct event_fd *fd = &ev->fd[0];
	uint64_t full;
	size_t len;
	bool write;

	if (!event_payload(ev, &len, &full, &write))
		return;
	spy_time_text(ev->time, 6, out);
	buf_addf(out, "  %s %llu bytes  ", write ? "write →" : "read ←", (unsigned long long)full);
	if (len < full)
		buf_addf(out, "(first %zu)  ", len);
	if (fd->name)
		format_safe(out, fd->name, strlen(fd->name));
	else
		buf_addf(out, "fd %lld", (long long)ev->args[0]);
	buf_adds(out, "  ");
	if (e->text)
		buf_addf(out, "%s  ", e->text);
	format_safe(out, ev->comm, strlen(ev->comm));
	buf_addf(out, " %u  %s", ev->tid, syscall_name(ev->nr));
	buf_addc(out, '\n');
	decode_payload(ev, s->style, out);
}

void spy_line_text(const struct spy *s, const struct spy_entry *e, bool wide, struct buf *out)
{
	struct buf result = {0};

	if (s->kind == SPY_ECHO) {
		echo_text(s, e, out);
		return;
	}
	if (s->kind == SPY_LIST) {
		list_line_text(s->view, e->text, out);
		return;
	}
	spy_time_text(e->event->time, 6, out);
	if (e->text)
		buf_addf(out, " %s", e->text);
	buf_addf(out, " %7u ", e->event->tid);
	format_safe(out, e->event->comm, strlen(e->event->comm));
	buf_addc(out, ' ');
	spy_call_text(e, wide ? WIDE_STRSIZE : LINE_STRSIZE, s->style == ECHO_HEX, out, &result);
	if (result.len)
		buf_addf(out, " = %s", buf_str(&result));
	if (wide && e->latency != UNKNOWN_U64) {
		buf_adds(out, "  ");
		format_ns(out, (double)e->latency, false);
	}
	buf_done(&result);
}

/* ---- work between keys ---- */

void spy_find(struct spy *s, const char *text, int dir, bool from_here)
{
	uint64_t n = spy_tail(s) - s->log.shown_head;

	free(s->find);
	s->find = n ? xstrdup(text) : NULL;
	s->find_dir = dir;
	s->find_at = s->cursor;
	s->find_left = n;
	if (s->cursor < s->log.shown_head || s->cursor >= spy_tail(s))
		s->find_at = s->log.shown_head;
	else if (!from_here)
		s->find_at += (uint64_t)dir;
}

/* true when it ended, one way or the other. */
static bool find_step(struct spy *s, uint64_t deadline, char *note, size_t size)
{
	struct buf text = {0};
	bool ended = false;

	for (unsigned i = 0; !ended && (i % 32 || now_ns() < deadline); i++) {
		uint64_t head = s->log.shown_head, tail = spy_tail(s);
		const struct spy_entry *e;

		if (!s->find_left--) {
			snprintf(note, size, "not found: %s", s->find);
			ended = true;
			break;
		}
		if (s->find_at >= tail || s->find_at < head) /* wraps; UINT64_MAX: one before line 0 */
			s->find_at = s->find_dir > 0 ? head : tail - 1;
		e = spy_log_line(&s->log, s->find_at);
		buf_reset(&text);
		if (e)
			spy_line_text(s, e, true, &text);
		if (e && text_find(buf_str(&text), s->find)) {
			s->cursor = s->find_at;
			s->follow = false;
			ended = true;
		} else {
			s->find_at += (uint64_t)s->find_dir;
		}
	}
	if (ended) {
		free(s->find);
		s->find = NULL;
	}
	buf_done(&text);
	return ended;
}

int spy_save(struct spy *s, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	end_saving(s);
	s->save_fd = fd;
	s->save_name = xstrdup(name);
	s->save_at = s->log.shown_head;
	s->save_end = spy_tail(s);
	s->saved = s->save_missed = 0;
	return 0;
}

static int write_all(int fd, const struct buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

static bool save_step(struct spy *s, uint64_t deadline, char *note, size_t size)
{
	struct buf text = {0}, name = {0};
	bool ended;
	int err;

	for (unsigned i = 0; s->save_at < s->save_end && (i % 32 || now_ns() < deadline); i++, s->save_at++) {
		const struct spy_entry *e = spy_log_line(&s->log, s->save_at);

		if (!e) { /* fell off the top meanwhile */
			s->save_missed++;
			continue;
		}
		spy_line_text(s, e, true, &text);
		buf_addc(&text, '\n');
		s->saved++;
	}
	err = write_all(s->save_fd, &text);
	ended = err || s->save_at >= s->save_end;
	if (ended) {
		format_safe(&name, s->save_name, strlen(s->save_name));
		if (err)
			snprintf(note, size, "%s: %s", buf_str(&name), strerror(-err));
		else if (s->save_missed)
			snprintf(note, size, "saved %llu lines to %s (%llu were dropped meanwhile)",
				 (unsigned long long)s->saved, buf_str(&name),
				 (unsigned long long)s->save_missed);
		else
			snprintf(note, size, "saved %llu lines to %s", (unsigned long long)s->saved,
				 buf_str(&name));
		end_saving(s);
	}
	buf_done(&text);
	buf_done(&name);
	return ended;
}

bool spy_busy(const struct spy *s)
{
	return s->find || s->save_fd >= 0;
}

bool spy_tick(struct spy *s, uint64_t now, char *ret_note, size_t size)
{
	uint64_t deadline = now + SPY_SLICE_MS * 1000000ULL, calls = s->log.calls;
	bool changed = false;
	int n;

	ret_note[0] = '\0';
	do {
		n = source_spy_poll(s->source, on_event, s, POLL_EVENTS);
	} while (n == POLL_EVENTS && now_ns() < deadline);
	if (n < 0)
		snprintf(ret_note, size, "spy: %s", strerror(-n));
	source_spy_counts(s->source, &s->counts);
	if (now - s->rate_time >= 1000000000ULL) {
		s->rate = (double)(s->counts.passed - s->rate_calls) * 1e9 / (double)(now - s->rate_time);
		s->rate_time = now;
		s->rate_calls = s->counts.passed;
		changed = true;
	}
	deadline = now_ns() + SPY_SLICE_MS * 1000000ULL;
	if (s->find)
		changed |= find_step(s, deadline, ret_note, size);
	if (s->save_fd >= 0)
		changed |= save_step(s, deadline, ret_note, size);
	return changed || s->log.calls != calls;
}
