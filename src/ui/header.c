/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * header.c - the lines on top: where one is, how fresh and how exact the
 * numbers are, what the monitor itself costs, and the host's totals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/need.h"
#include "bpf/rights.h"
#include "core/format.h"
#include "ui/app.h"

enum {
	SEGMENTS = 8,
	TALL_ROWS = 16,
	GRAPH_MAX = 60,
	GRAPH_MIN = 4,
	THIRD_MIN = 18,
	THIRD_MAX = 34,
	COMPACT = 33
};

static double rate(uint64_t amount, const struct sample *s)
{
	return s->interval ? (double)amount * 1e9 / (double)s->interval : 0;
}

void header_add(struct app *a, const struct sample *s)
{
	const struct task_counts *c = &s->host.counts;

	spark_add(&a->history.cpu, s->host.cpu_user + s->host.cpu_sys);
	spark_add(&a->history.calls, rate(c->calls, s));
	spark_add(&a->history.file, rate(c->file_in + c->file_out, s));
	spark_add(&a->history.net, rate(c->net_in + c->net_out, s));
}

/* A piece of the right-hand end of the first line; the one with the largest `leave` goes first. */
struct segment {
	char text[96];
	unsigned role;
	int leave;
};

static void clock_text(uint64_t time, char *ret, size_t size)
{
	time_t sec = (time_t)(time / 1000000000ULL);
	struct tm tm;

	localtime_r(&sec, &tm);
	strftime(ret, size, "%H:%M:%S", &tm);
}

static void health_segment(const struct app *a, struct segment *seg)
{
	const struct health *h = &a->sample->health;
	struct buf n = {0};

	seg->leave = 0;
	seg->role = ROLE_WARN;
	if (a->collect_error) {
		seg->role = ROLE_CRITICAL;
		snprintf(seg->text, sizeof(seg->text), "no sample: %s", strerror(-a->collect_error));
	} else if (h->missed) {
		format_count(&n, (double)h->missed);
		snprintf(seg->text, sizeof(seg->text), "missed: %s calls", buf_str(&n));
	} else if (h->unstored) {
		format_count(&n, (double)h->unstored);
		snprintf(seg->text, sizeof(seg->text), "coarse: %s calls in totals only", buf_str(&n));
	} else if (h->coarse &&
		   selection_needs(&a->sel) & NEED_FACTS) { /* counts by thread are exact all the same */
		format_count(&n, (double)h->coarse);
		snprintf(seg->text, sizeof(seg->text), "coarse: %s calls by thread only", buf_str(&n));
	} else if (h->folded) {
		format_count(&n, (double)h->folded);
		snprintf(seg->text, sizeof(seg->text), "coarse: %s exits folded", buf_str(&n));
	} else {
		seg->role = ROLE_OK;
		snprintf(seg->text, sizeof(seg->text), "exact");
	}
	buf_done(&n);
}

static size_t missing_rights(void)
{
	struct right all[RIGHTS_MAX];
	size_t n = rights_list(all, RIGHTS_MAX), missing = 0;

	for (size_t i = 0; i < n; i++)
		missing += !all[i].have;
	return missing;
}

static size_t make_segments(const struct app *a, struct segment *seg)
{
	const struct sample *s = a->sample;
	size_t n = 0;
	char clock[16];

	clock_text(s->time, clock, sizeof(clock));
	seg[n] = (struct segment){.role = ROLE_CRUMB, .leave = 2};
	snprintf(seg[n++].text, sizeof(seg->text), "%.1fs", (double)a->interval / 1e9);
	if (a->paused) {
		seg[n] = (struct segment){.role = ROLE_PAUSED, .leave = 0};
		snprintf(seg[n++].text, sizeof(seg->text), " PAUSED ");
	} else {
		seg[n] = (struct segment){.role = ROLE_CRUMB, .leave = 3};
		snprintf(seg[n++].text, sizeof(seg->text), "%s", s->source);
	}
	if (!strcmp(s->source, "live") && missing_rights()) { /* the legend tells which columns it costs */
		seg[n] = (struct segment){.role = ROLE_WARN, .leave = 5};
		snprintf(seg[n++].text, sizeof(seg->text), "%zu rights missing", missing_rights());
	}
	if (s->health.self_cpu >= 0) {
		seg[n] = (struct segment){.role = s->health.self_cpu >= 10 ? ROLE_WARN : ROLE_CRUMB,
					  .leave = 4};
		snprintf(seg[n++].text, sizeof(seg->text), "self %.1f%%", s->health.self_cpu);
	}
	health_segment(a, &seg[n++]);
	seg[n] = (struct segment){.role = ROLE_CRUMB, .leave = 1};
	snprintf(seg[n++].text, sizeof(seg->text), "%s", clock);
	return n;
}

/* Drops segments until at most `room` cells are needed; returns the cells. */
static int fit_segments(struct segment *seg, size_t *n, int room)
{
	for (;;) {
		size_t worst = 0;
		int cells = 0;

		for (size_t i = 0; i < *n; i++) {
			cells += (int)format_width(seg[i].text) + (i ? 2 : 0);
			if (seg[i].leave > seg[worst].leave)
				worst = i;
		}
		if (cells <= room || *n == 0 || seg[worst].leave == 0)
			return cells;
		memmove(&seg[worst], &seg[worst + 1], (*n - worst - 1) * sizeof(*seg));
		(*n)--;
	}
}

/* The breadcrumb, its end bold; too long, the beginning goes. */
static void draw_crumb(struct app *a, int y, int x, int room, const char *crumb)
{
	const char *from = crumb, *last, *next;
	int cells = (int)format_width(crumb);

	if (cells > room) {
		x += term_put(a->term, y, x, 2, ROLE_DIM, "… ");
		room -= 2;
		while (cells > room && (next = strstr(from, "›"))) {
			from = next + strlen("›");
			cells = (int)format_width(from);
		}
	}
	while (*from == ' ')
		from++;
	last = from;
	while ((next = strstr(last, "› ")))
		last = next + strlen("› ");
	if (last > from) {
		char *head = strndup(from, (size_t)(last - from));
		int used = head ? term_put(a->term, y, x, room, ROLE_CRUMB, head) : 0;

		free(head);
		x += used;
		room -= used;
	}
	{
		struct buf cut = {0};

		format_cut(&cut, last, room > 0 ? (size_t)room : 0, false, false);
		term_put(a->term, y, x, room, ROLE_CRUMB_LAST, buf_str(&cut));
		buf_done(&cut);
	}
}

static void draw_first_line(struct app *a, const char *extra, struct segment *seg, size_t n)
{
	int cols = term_cols(a->term), x = 1, cells, crumb_min;
	char *raw = selection_breadcrumb(&a->sel, " › ");
	struct buf crumb = {0};

	format_safe(&crumb, raw, strlen(raw));
	if (extra)
		buf_adds(&crumb, extra);
	if (cols >= 64)
		x += term_put(a->term, 0, x, cols, ROLE_TITLE, "ctop-trace") + 2;
	/* where one is matters more than the clock, up to half of the line; not more than what a spy lost */
	crumb_min = extra ? 0 : (int)format_width(buf_str(&crumb));
	crumb_min = crumb_min < cols / 2 ? crumb_min : cols / 2;
	crumb_min = crumb_min > cols / 3 ? crumb_min : cols / 3;
	cells = fit_segments(seg, &n, cols - x - 3 - crumb_min);
	draw_crumb(a, 0, x, cols - x - cells - 3, buf_str(&crumb));
	x = cols - cells - 1;
	for (size_t i = 0; i < n; i++)
		x += term_put(a->term, 0, x, cols, seg[i].role, seg[i].text) + 2;
	buf_done(&crumb);
	free(raw);
}

/* ---- totals ---- */

/* Text and graph side by side in `width` cells. */
static void draw_block(struct app *a, int y, int x, int width, const char *label, unsigned role,
		       const char *text, const struct spark *spark, double top)
{
	struct buf graph = {0};
	int used, cells, graph_at = width >= COMPACT ? 27 : 23;

	used = term_put(a->term, y, x, width, ROLE_LABEL, label);
	used += term_put(a->term, y, x + used, width - used, role, text);
	if (used < graph_at && graph_at + GRAPH_MIN < width)
		used = graph_at; /* graphs of two lines begin in one column */
	cells = width - used - 1;
	if (cells > GRAPH_MAX)
		cells = GRAPH_MAX;
	if (cells >= GRAPH_MIN) {
		spark_draw(spark, (size_t)cells, top, &graph);
		term_put(a->term, y, x + used + 1, cells, ROLE_GRAPH, buf_str(&graph));
	}
	buf_done(&graph);
}

static void bytes_rate(char *ret, uint64_t amount, const struct sample *s)
{
	struct buf b = {0};

	format_bytes(&b, rate(amount, s));
	snprintf(ret, 16, "%s", buf_str(&b));
	buf_done(&b);
}

static void count_rate(char *ret, uint64_t amount, const struct sample *s)
{
	struct buf b = {0};

	format_count(&b, rate(amount, s));
	snprintf(ret, 16, "%s", buf_str(&b));
	buf_done(&b);
}

/* 1,032 */
static void thousands(char *ret, uint32_t n)
{
	if (n >= 1000000)
		snprintf(ret, 16, "%u,%03u,%03u", n / 1000000, n / 1000 % 1000, n % 1000);
	else if (n >= 1000)
		snprintf(ret, 16, "%u,%03u", n / 1000, n % 1000);
	else
		snprintf(ret, 16, "%u", n);
}

static void draw_counts(struct app *a, int y, int x, int width, bool both)
{
	const struct host *h = &a->sample->host;
	char procs[16], threads[16], text[96];
	struct buf amount = {0};

	thousands(procs, h->processes);
	thousands(threads, h->threads);
	if (width >= 32)
		snprintf(text, sizeof(text), "%s procs  %s threads  %u ctrs", procs, threads, h->containers);
	else
		snprintf(text, sizeof(text), "%s procs %u ctrs", procs, h->containers);
	if ((int)strlen(text) > width) { /* rather round than cut */
		format_count(&amount, h->processes);
		snprintf(text, sizeof(text), "%s procs %u ctrs", buf_str(&amount), h->containers);
		buf_reset(&amount);
	}
	term_put(a->term, y, x, width, ROLE_NORMAL, text);
	if (!both)
		return;
	if (width < 32) {
		snprintf(text, sizeof(text), "%s threads", threads);
	} else {
		format_bytes(&amount, (double)(h->mem_total - h->mem_available));
		buf_adds(&amount, " of ");
		format_bytes(&amount, (double)h->mem_total);
		snprintf(text, sizeof(text), "mem %s  load %.2f", buf_str(&amount), h->load1);
	}
	term_put(a->term, y + 1, x, width, ROLE_NORMAL, text);
	buf_done(&amount);
}

static int draw_totals(struct app *a, int y)
{
	const struct sample *s = a->sample;
	const struct history *past = a->paused ? &a->frozen : &a->history;
	const struct host *h = &s->host;
	double cpu = h->cpu_user + h->cpu_sys;
	unsigned cpu_role = cpu >= 95 ? ROLE_CRITICAL : cpu >= 80 ? ROLE_WARN : ROLE_NORMAL;
	int cols = term_cols(a->term), third = cols < 72 ? 0 : cols < 100 ? THIRD_MIN : cols / 4;
	bool both = term_rows(a->term) >= TALL_ROWS, narrow = cols < 64, compact;
	char in[16], out[16], text[96];
	int w, x2;

	if (third > THIRD_MAX)
		third = THIRD_MAX;
	w = (cols - 2 - third) / 2 - 1;
	x2 = 1 + w + 1;
	compact = w < COMPACT;
	if (narrow)
		snprintf(text, sizeof(text), " %3.0f%%", cpu);
	else
		snprintf(text, sizeof(text),
			 compact ? "  %3.0f%% us %2.0f sy %2.0f" : "   %3.0f%% user %2.0f sys %2.0f", cpu,
			 h->cpu_user, h->cpu_sys);
	draw_block(a, y, 1, w, "CPU", cpu_role, text, &past->cpu, 100);
	count_rate(in, h->counts.calls, s);
	count_rate(out, h->counts.errors, s);
	if (narrow)
		snprintf(text, sizeof(text), " %s/s", in);
	else
		snprintf(text, sizeof(text), compact ? " %5s/s err %s" : " %5s/s errors %s/s", in, out);
	draw_block(a, y, x2, w, "CALLS", ROLE_NORMAL, text, &past->calls, 0);
	if (third)
		draw_counts(a, y, cols - third, third, both);
	if (!both)
		return y + 1;
	bytes_rate(in, h->counts.file_in, s);
	bytes_rate(out, h->counts.file_out, s);
	snprintf(text, sizeof(text),
		 narrow    ? " %s/%s"
		 : compact ? " in %5s out %5s"
			   : " in %5s out %5s/s",
		 in, out);
	draw_block(a, y + 1, 1, w, "FILE", ROLE_NORMAL, text, &past->file, 0);
	bytes_rate(in, h->counts.net_in, s);
	bytes_rate(out, h->counts.net_out, s);
	snprintf(text, sizeof(text),
		 narrow    ? " %s/%s"
		 : compact ? "  in %5s out %5s"
			   : "  in %5s out %5s/s",
		 in, out);
	draw_block(a, y + 1, x2, w, "NET", ROLE_NORMAL, text, &past->net, 0);
	return y + 2;
}

/* The line below the totals: a message, or the filter in force. Takes a line only when needed on a short
 * screen. */
static int draw_status(struct app *a, int y)
{
	struct selection_level *top = selection_top(&a->sel);
	struct level_state *level = app_level(a);
	bool tall = term_rows(a->term) >= TALL_ROWS;
	int cols = term_cols(a->term), x = 1;
	struct buf text = {0};
	char *typed;

	if (bar_draw_message(a, y))
		return y + 1;
	typed = selection_typed_filter(&a->sel);
	if (!typed && !level->needle)
		return tall ? y + 1 : y;
	x += term_put(a->term, y, x, cols, ROLE_LABEL, "filter ");
	if (typed)
		format_safe(&text, typed, strlen(typed));
	free(typed);
	if (level->needle) {
		buf_adds(&text, text.len ? "  and rows with \"" : "rows with \"");
		format_safe(&text, level->needle, strlen(level->needle));
		buf_addc(&text, '"');
	}
	x += term_put(a->term, y, x, cols - x - 14, ROLE_WARN, buf_str(&text));
	if (top->user_filter || level->needle)
		term_put(a->term, y, x + 2, cols, ROLE_DIM, "Esc clears");
	buf_done(&text);
	return y + 1;
}

int header_draw(struct app *a)
{
	struct segment seg[SEGMENTS];
	size_t n = make_segments(a, seg);

	draw_first_line(a, NULL, seg, n);
	return draw_status(a, draw_totals(a, 1));
}

int header_draw_spy(struct app *a)
{
	struct spy *s = &a->spy;
	struct segment seg[SEGMENTS];
	int cols = term_cols(a->term), x = 1;
	struct buf b = {0}, extra = {0};
	uint64_t gone = s->log.dropped;
	size_t n = 0;

	if (s->paused) {
		seg[n] = (struct segment){.role = ROLE_PAUSED};
		snprintf(seg[n++].text, sizeof(seg->text), " PAUSED ");
	}
	format_count(&b, s->rate);
	seg[n] = (struct segment){.role = ROLE_CRUMB, .leave = 2};
	snprintf(seg[n++].text, sizeof(seg->text), "%s calls/s", buf_str(&b));
	buf_reset(&b);
	format_count(&b,
		     (double)(s->log.failed_only || s->log.slow_only ? s->log.shown_tail - s->log.shown_head
								     : s->log.calls - gone));
	seg[n] = (struct segment){.role = ROLE_CRUMB, .leave = 1};
	snprintf(seg[n++].text, sizeof(seg->text), "shown %s", buf_str(&b));
	if (gone) {
		buf_reset(&b);
		format_count(&b, (double)gone);
		seg[n] = (struct segment){.role = ROLE_CRUMB, .leave = 3};
		snprintf(seg[n++].text, sizeof(seg->text), "let go %s", buf_str(&b));
	}
	buf_reset(&b);
	format_count(&b, (double)s->counts.lost);
	seg[n] = (struct segment){.role = s->counts.lost ? ROLE_CRITICAL : ROLE_OK};
	snprintf(seg[n++].text, sizeof(seg->text), "lost %s", buf_str(&b));

	if (s->label) {
		buf_adds(&extra, " › ");
		format_safe(&extra, s->label, strlen(s->label));
	}
	if (s->kind != SPY_LIST)
		buf_adds(&extra, s->kind == SPY_DIG ? " › dig" : " › echo");
	draw_first_line(a, buf_str(&extra), seg, n);
	buf_done(&extra);
	buf_reset(&b);
	if (bar_draw_message(a, 1)) {
		buf_done(&b);
		return 2;
	}
	if (s->log.failed_only)
		x += term_put(a->term, 1, x, cols, ROLE_WARN, "failures only") + 2;
	if (s->log.slow_only)
		x += term_put(a->term, 1, x, cols, ROLE_WARN, "slow only (1ms and more)") + 2;
	if (a->search) {
		format_safe(&b, a->search, strlen(a->search));
		x += term_put(a->term, 1, x, cols, ROLE_LABEL, "search ");
		x += term_put(a->term, 1, x, cols, ROLE_MATCH, buf_str(&b)) + 2;
		buf_reset(&b);
	}
	if (spy_narrowed(s)) {
		struct buf cut = {0};

		x += term_put(a->term, 1, x, cols, ROLE_LABEL, "filter ");
		if (s->typed)
			format_safe(&b, s->typed, strlen(s->typed));
		if (s->needle) {
			buf_adds(&b, b.len ? "  and lines with \"" : "lines with \"");
			format_safe(&b, s->needle, strlen(s->needle));
			buf_addc(&b, '"');
		}
		format_cut(&cut, buf_str(&b), cols > x + 14 ? (size_t)(cols - x - 14) : 0, false, false);
		x += term_put(a->term, 1, x, cols, ROLE_WARN, buf_str(&cut)) + 2;
		x += term_put(a->term, 1, x, cols, ROLE_DIM, "Esc clears") + 2;
		buf_reset(&b);
		buf_done(&cut);
	}
	if (*s->base_text && cols - x > 24) {
		struct buf cut = {0};

		x += term_put(a->term, 1, x, cols, ROLE_LABEL, spy_narrowed(s) ? "of " : "filter ");
		format_safe(&b, s->base_text, strlen(s->base_text));
		format_cut(&cut, buf_str(&b), cols > x + 1 ? (size_t)(cols - x - 1) : 0, false, false);
		x += term_put(a->term, 1, x, cols, ROLE_DIM, buf_str(&cut));
		buf_reset(&b);
		buf_adds(&b, "  of it in the kernel: ");
		format_safe(&b, *s->kernel_text ? s->kernel_text : "nothing",
			    strlen(*s->kernel_text ? s->kernel_text : "nothing"));
		if (x + (int)format_width(buf_str(&b)) < cols)
			term_put(a->term, 1, x, cols, ROLE_DIM, buf_str(&b));
		buf_done(&cut);
	}
	buf_done(&b);
	return 2;
}
