/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy.c - see spy.h. */
#include "ui/spy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/syscall.h"
#include "ui/needle.h"
#include "ui/rows.h"

enum { POLL_EVENTS = 512, WIDE_STRSIZE = 4096, LINE_STRSIZE = 64 };

void spy_say_where(struct spy *s, char which)
{
	s->where = which;
	s->log.labels = s->kind != SPY_LIST;
	if (which && !s->hold)
		s->hold = spy_hold_new();
}

/* What the filter means now, in the arena. */
static struct spy_selection select_now(const struct spy *s, const struct sample *sample, struct arena *arena,
				       const char **ret_text)
{
	struct spy_selection selection = {0};

	*ret_text = "";
	if (sample)
		filter_push_down(s->filter, sample, arena, &selection, ret_text);
	selection.filter.snaplen = s->snaplen;
	selection.filter.io_only = s->kind == SPY_ECHO;
	return selection;
}

static uint64_t hold_lost(const struct spy *s)
{
	return s->hold ? spy_hold_lost(s->hold) : 0;
}

/* Starts the source on what `filter` leaves. The counts go on. */
static int begin(struct spy *s, const struct sample *sample)
{
	struct arena *arena = arena_new();
	struct source_counts now = {0};
	const char *text;
	struct spy_selection selection = select_now(s, sample, arena, &text);
	int err;

	err = source_spy_start(s->source, &selection);
	if (!err) {
		free(s->kernel_text);
		s->kernel_text = xstrdup(text);
		source_spy_counts(s->source, &now);
		s->offset = (struct source_counts){.passed = s->counts.passed - now.passed,
						   .lost = s->counts.lost - hold_lost(s) - now.lost,
						   .seen = s->counts.seen - now.seen};
		if (!s->hold && filter_uses_grain(s->filter, GRAIN_CONTAINER))
			s->hold = spy_hold_new();
	}
	arena_free(arena);
	return err;
}

static unsigned default_snaplen(enum spy_kind kind)
{
	return kind == SPY_DIG ? SPY_SNAPLEN_DIG : kind == SPY_LIST ? SPY_SNAPLEN_LIST : SPY_SNAPLEN_ECHO;
}

int spy_start(struct spy *s, enum spy_kind kind, struct source *source, const struct sample *sample,
	      const char *base_text, const char *typed, unsigned snaplen)
{
	struct spy new = {.kind = kind,
			  .source = source,
			  .follow = true,
			  .save_fd = -1,
			  .rate_time = clock_ns(CLOCK_MONOTONIC)};
	char *text = filter_and(base_text, typed);
	struct filter_error error;
	int err;

	new.snaplen = snaplen ? snaplen : default_snaplen(kind);
	if (new.snaplen > WIRE_SNAP_MAX)
		new.snaplen = WIRE_SNAP_MAX;
	err = filter_parse(text, &new.filter, &error);
	if (!err)
		err = begin(&new, sample);
	free(text);
	if (err) {
		filter_free(new.filter);
		return err;
	}
	new.base_text = xstrdup(base_text ? base_text : "");
	new.typed = xstrdup(typed);
	new.index = record_index_new(sample);
	*s = new;
	spy_log_init(&s->log);
	return 0;
}

int spy_resume(struct spy *s, const struct sample *sample)
{
	int err = begin(s, sample);

	return err ? err : spy_set_sample(s, sample);
}

/* ---- what is shown of it ---- */

static bool entry_passes(const struct spy_entry *e, void *userdata)
{
	struct spy *s = userdata;
	struct event_record rec;
	struct buf text = {0};
	bool passes = true;

	if (s->shown) {
		record_from_event(&rec, s->index, e->event);
		passes = filter_match(s->shown, &rec.record);
	}
	if (passes && s->needle) {
		spy_line_text(s, e, true, &text);
		passes = text_find(buf_str(&text), s->needle);
		buf_done(&text);
	}
	return passes;
}

/* Lines that are newer than a pause are not shown before it ends. */
static void end_of_pause(struct spy *s)
{
	s->paused_tail = s->log.shown_tail;
	while (s->paused && s->paused_tail > s->log.shown_head &&
	       spy_log_entry_number(&s->log, s->paused_tail - 1) >= s->paused_entry)
		s->paused_tail--;
}

static void look_again(struct spy *s, bool failed_only, bool slow_only)
{
	s->log.passes = s->shown || s->needle ? entry_passes : NULL;
	s->log.passes_data = s;
	spy_log_switch(&s->log, failed_only, slow_only);
	end_of_pause(s);
	free(s->find); /* its line numbers mean nothing any more */
	s->find = NULL;
	s->save_end = s->save_at;
	s->follow = true;
}

int spy_show(struct spy *s, const char *typed, const char *needle)
{
	struct filter *shown = NULL;
	struct filter_error error;

	if (typed && filter_parse(typed, &shown, &error))
		return -EINVAL;
	typed = xstrdup(typed); /* it may be ours */
	needle = needle && *needle ? xstrdup(needle) : NULL;
	free(s->typed);
	free(s->needle);
	filter_free(s->shown);
	s->typed = (char *)typed;
	s->needle = (char *)needle;
	s->shown = shown;
	look_again(s, s->log.failed_only, s->log.slow_only);
	return 0;
}

int spy_capture(struct spy *s, const struct sample *sample)
{
	char *text = filter_and(s->base_text, s->typed);
	struct filter *filter = NULL;
	struct filter_error error;
	char note[200];
	int err = filter_parse(text, &filter, &error);

	free(text);
	if (err)
		return err;
	spy_tick(s, clock_ns(CLOCK_MONOTONIC), note, sizeof(note)); /* what came so far */
	filter_free(s->filter);
	s->filter = filter;
	return begin(s, sample);
}

bool spy_narrowed(const struct spy *s)
{
	return s->typed || s->needle;
}

void spy_stop(struct spy *s)
{
	if (!s->source)
		return;
	source_spy_stop(s->source);
	spy_save_end(s);
	spy_log_done(&s->log);
	spy_hold_free(s->hold);
	record_index_free(s->index);
	filter_free(s->filter);
	filter_free(s->shown);
	free(s->base_text);
	free(s->typed);
	free(s->needle);
	for (size_t i = 0; i < s->n_undo; i++)
		free(s->undo[i]);
	free(s->kernel_text);
	free(s->label);
	free(s->find);
	*s = (struct spy){.save_fd = -1};
}

uint64_t spy_tail(const struct spy *s)
{
	if (!s->paused || s->paused_tail > s->log.shown_tail)
		return s->log.shown_tail;
	return s->paused_tail > s->log.shown_head ? s->paused_tail
						  : s->log.shown_head; /* cleared while paused */
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
	look_again(s, failed_only, slow_only);
}

static void show_event(struct event *ev, void *userdata)
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

static void on_event(struct event *ev, void *userdata)
{
	struct spy *s = userdata;

	if (!s->hold || !spy_hold_take(s->hold, s->index, ev))
		show_event(ev, userdata);
}

int spy_set_sample(struct spy *s, const struct sample *sample)
{
	struct arena *arena = arena_new();
	const char *text;
	const struct spy_selection selection = select_now(s, sample, arena, &text);
	int err = source_spy_update(s->source, &selection);

	if (!err && strcmp(text, s->kernel_text) != 0) {
		free(s->kernel_text);
		s->kernel_text = xstrdup(text);
	}
	arena_free(arena);
	record_index_free(s->index);
	s->index = record_index_new(sample);
	if (s->hold && sample)
		spy_hold_release(s->hold, s->index, sample->time, false, show_event, s);
	return err;
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

	for (unsigned i = 0; !ended && (i % 32 || clock_ns(CLOCK_MONOTONIC) < deadline); i++) {
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

bool spy_busy(const struct spy *s)
{
	return s->find || s->save_fd >= 0 || s->log.looked < s->log.tail;
}

static bool look_step(struct spy *s, uint64_t deadline)
{
	if (s->log.looked == s->log.tail)
		return false;
	while (spy_log_look(&s->log, 32) && clock_ns(CLOCK_MONOTONIC) < deadline) {
	}
	end_of_pause(s);
	return true;
}

bool spy_tick(struct spy *s, uint64_t now, char *ret_note, size_t size)
{
	uint64_t deadline = now + SPY_SLICE_MS * 1000000ULL, calls = s->log.calls;
	bool changed = false;
	int n;

	ret_note[0] = '\0';
	do {
		n = source_spy_poll(s->source, on_event, s, POLL_EVENTS);
	} while (n == POLL_EVENTS && clock_ns(CLOCK_MONOTONIC) < deadline);
	if (n < 0)
		snprintf(ret_note, size, "spy: %s", strerror(-n));
	source_spy_counts(s->source, &s->counts);
	s->counts.passed += s->offset.passed;
	s->counts.lost += s->offset.lost + hold_lost(s);
	s->counts.seen += s->offset.seen;
	if (now - s->rate_time >= 1000000000ULL) {
		s->rate = (double)(s->counts.passed - s->rate_calls) * 1e9 / (double)(now - s->rate_time);
		s->rate_time = now;
		s->rate_calls = s->counts.passed;
		changed = true;
	}
	deadline = clock_ns(CLOCK_MONOTONIC) + SPY_SLICE_MS * 1000000ULL;
	changed |= look_step(s, deadline);
	if (s->find)
		changed |= find_step(s, deadline, ret_note, size);
	if (s->save_fd >= 0)
		changed |= spy_save_step(s, deadline, ret_note, size);
	return changed || s->log.calls != calls;
}
