/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app.c - starts and stops the front end, and its loop: one poll() over the
 * keyboard, the collector's eventfd and a signalfd. Nothing in the loop waits
 * for the source.
 */
#include "ui/app.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/details.h"
#include "core/format.h"
#include "core/mem.h"
#include "ui/action.h"

static const uint64_t default_interval = 2000000000ULL;
static const uint64_t message_time = 4000000000ULL;
enum { DETAILS_POLL_MS = 50, FIRST_SAMPLE_MS = 10000 };

static const int handled[] = {SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT};

uint64_t app_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void app_message(struct app *a, unsigned role, const char *fmt, ...)
{
	char raw[300];
	struct buf safe = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	format_safe(&safe, raw, strlen(raw));
	snprintf(a->message.text, sizeof(a->message.text), "%s", buf_str(&safe));
	buf_done(&safe);
	a->message.role = role;
	a->message.until = app_now() + message_time;
}

struct level_state *app_level(struct app *a)
{
	while (a->levels_cap < a->sel.n) {
		a->levels = xreallocarray(a->levels, a->levels_cap + 1, sizeof(*a->levels));
		a->levels[a->levels_cap++] = (struct level_state){0};
	}
	for (size_t i = a->sel.n; i < a->levels_cap; i++) { /* levels that Backspace left */
		free(a->levels[i].needle);
		a->levels[i] = (struct level_state){0};
	}
	return &a->levels[a->sel.n - 1];
}

void app_rebuild(struct app *a)
{
	struct table *table = NULL;

	/* not both at once: a table can be the largest thing there is */
	a->table = table_free(a->table);
	if (view_is_list(selection_top(&a->sel)->view) ||
	    selection_table(&a->sel, a->sample, &table, &a->table_error))
		table = NULL;
	rows_set(&a->rows, selection_top(&a->sel)->view, table, a->page);
	a->table = table;
	row_history_add(&a->traces, selection_top(&a->sel)->view, selection_top(&a->sel)->sort, table,
			a->sample->time);
}

void app_set_needs(struct app *a)
{
	if (a->collector)
		collector_set_needs(a->collector,
				    selection_needs(&a->sel) | (a->details ? details_needs() : 0));
}

void app_level_changed(struct app *a)
{
	struct selection_level *top = selection_top(&a->sel);
	struct level_state *level = app_level(a);

	rows_reset(&a->rows);
	a->rows.pinned = top->row_id;
	a->rows.cursor = top->row_index;
	a->rows.top = top->top;
	a->rows.needle = xstrdup(level->needle);
	a->scroll = 0;
	a->cell = -1;
	memset(a->widest, 0, sizeof(a->widest));
	app_set_needs(a);
	app_rebuild(a);
	list_open(a);
}

/* What the filter of a spy means changes with the containers there are, also while the tables are paused. */
static void tell_spy(struct app *a, const struct sample *s)
{
	int err = a->spying ? spy_set_sample(&a->spy, s) : 0;

	if (err)
		app_message(a, ROLE_ERROR, "new containers are not spied on: %s", strerror(-err));
}

/* Makes a sample the one on the screen. */
static void show_sample(struct app *a, struct sample *s)
{
	struct sample *old = a->sample;

	a->sample = s;
	tell_spy(a, s);
	app_rebuild(a);
	details_refresh(a);
	sample_free(old);
}

void app_pause(struct app *a, bool on)
{
	a->paused = on;
	if (on) {
		a->frozen = a->history;
	} else if (a->waiting) {
		struct sample *s = a->waiting;

		a->waiting = NULL;
		show_sample(a, s);
	}
}

void app_sample(struct app *a)
{
	struct sample *s = collector_take(a->collector, &a->collect_error);

	a->dirty = true;
	if (!s)
		return;
	header_add(a, s);
	if (a->paused) {
		tell_spy(a, s);
		sample_free(a->waiting);
		a->waiting = s;
	} else {
		show_sample(a, s);
	}
}

static void draw_too_small(struct app *a)
{
	char text[80];

	snprintf(text, sizeof(text), "needs %dx%d, has %dx%d", APP_MIN_COLS, APP_MIN_ROWS, term_cols(a->term),
		 term_rows(a->term));
	term_put(a->term, 0, 0, term_cols(a->term), ROLE_NORMAL, text);
}

void app_draw(struct app *a)
{
	term_begin(a->term);
	a->n_hits = 0;
	if (term_rows(a->term) < APP_MIN_ROWS || term_cols(a->term) < APP_MIN_COLS) {
		draw_too_small(a);
	} else {
		if (a->details)
			details_draw(a);
		else if (a->spying)
			spy_draw(a);
		else
			table_draw(a);
		if (a->actions->asking)
			action_ask_draw(a);
		else if (a->editor.kind != EDIT_NONE)
			editor_draw(a);
		overlay_draw(a);
	}
	term_end(a->term);
	a->dirty = false;
}

/* ---- signals ---- */

static void suspend(struct app *a)
{
	struct sigaction old, dfl = {.sa_handler = SIG_DFL};
	sigset_t set;

	term_suspend(a->term);
	sigaction(SIGTSTP, &dfl, &old);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL); /* stops here, until SIGCONT */
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGTSTP, &old, NULL);
	term_resume(a->term);
}

static void on_signals(struct app *a, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		a->dirty = true;
		switch (info.ssi_signo) {
		case SIGWINCH: term_resized(a->term); break;
		case SIGTSTP: suspend(a); break;
		case SIGCONT: term_resume(a->term); break; /* somebody may have used the terminal meanwhile */
		default: a->quit = true; break;
		}
	}
}

/* ---- the loop ---- */

static int time_to_wait(const struct app *a, uint64_t now)
{
	int wait = -1;

	if (a->spying)
		wait = spy_busy(&a->spy) ? 0 : SPY_POLL_MS;
	if (details_waiting(a))
		wait = DETAILS_POLL_MS;
	if (a->message.until) {
		int left = a->message.until > now ? (int)((a->message.until - now) / 1000000) + 1 : 0;

		if (wait < 0 || left < wait)
			wait = left;
	}
	return action_wait_ms(a) >= 0 && (wait < 0 || action_wait_ms(a) < wait) ? action_wait_ms(a) : wait;
}

void app_timers(struct app *a)
{
	uint64_t now = app_now();
	char note[400];

	if (a->message.until && now >= a->message.until) {
		a->message.until = 0;
		a->dirty = true;
	}
	if (details_tick(a))
		a->dirty = true;
	if (action_tick(a))
		a->dirty = true;
	if (a->spying) {
		if (spy_tick(&a->spy, now, note, sizeof(note)))
			a->dirty = true;
		if (note[0]) {
			app_message(a, strstr(note, "incomplete") ? ROLE_CRITICAL : ROLE_VALUE, "%s", note);
			a->dirty = true;
		}
	}
}

static void loop(struct app *a, int signals)
{
	struct pollfd fds[] = {
		{STDIN_FILENO, POLLIN, 0}, {collector_fd(a->collector), POLLIN, 0},
		{signals, POLLIN, 0},      {a->config->views_reload ? a->config->views_fd : -1, POLLIN, 0},
		{term_fd(a->term), 0, 0},  {-1, POLLIN, 0}};
	struct input in;

	while (!a->quit) {
		if (a->dirty && !term_busy(a->term)) /* else it is drawn as it is then */
			app_draw(a);
		fds[4].events = term_busy(a->term) ? POLLOUT : 0;
		fds[5].fd = action_fd(a);
		if (poll(fds, 6, time_to_wait(a, app_now())) < 0 && errno != EINTR)
			return;
		if (fds[2].revents)
			on_signals(a, signals);
		if ((fds[0].revents | fds[4].revents) & (POLLHUP | POLLERR | POLLNVAL))
			return; /* the terminal is gone */
		if (fds[0].revents & POLLIN)
			while (!a->quit && term_read(a->term, &in)) {
				if (a->message.until && a->message.role != ROLE_VALUE)
					a->message.until = 0; /* read, or at least answered */
				app_input(a, &in);
			}
		if (fds[4].revents & POLLOUT && !term_flush(a->term))
			return;
		if (fds[1].revents)
			app_sample(a);
		if (fds[3].revents)
			app_reload_views(a);
		if (fds[5].revents && action_fd(a) == fds[5].fd)
			action_output(a);
		app_timers(a);
	}
}

/* Waits for the first sample with rates before the screen opens, so that it opens filled. 0 or -errno. */
int app_first_sample(struct app *a, int signals)
{
	struct pollfd fds[] = {{collector_fd(a->collector), POLLIN, 0}, {signals, POLLIN, 0}};
	struct signalfd_siginfo info;
	int n;

	for (;;) {
		n = poll(fds, 2, FIRST_SAMPLE_MS);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ETIMEDOUT;
		if (n > 0 && fds[1].revents && read(signals, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_signo != SIGWINCH && info.ssi_signo != SIGCONT && info.ssi_signo != SIGTSTP)
			return -EINTR;
		if (n > 0 && fds[0].revents) {
			a->sample = collector_take(a->collector, &a->collect_error);
			if (a->sample)
				header_add(a, a->sample);
			if (a->sample || a->collect_error)
				return a->sample ? 0 : a->collect_error;
		}
	}
}

int app_init(struct app *a, const struct ui_config *config)
{
	const struct view *view;

	*a = (struct app){
		.config = config, .views = config->views, .source = config->source, .dirty = true, .page = 1};
	a->spy.save_fd = a->parked.save_fd = -1;
	action_ui_init(a);
	a->interval = config->interval ? config->interval : default_interval;
	if (a->interval < COLLECTOR_MIN_MS * 1000000ULL)
		a->interval = COLLECTOR_MIN_MS * 1000000ULL;
	view = config->view_id    ? views_find(config->views, config->view_id)
	       : config->views->n ? config->views->items[0]
				  : NULL;
	if (!view)
		return -ENOENT;
	selection_init(&a->sel, view, config->filter);
	selection_top(&a->sel)->tree = config->tree && view->tree;
	return 0;
}

void app_done(struct app *a)
{
	spy_stop(&a->spy);
	spy_stop(&a->parked);
	overlay_close(a);
	details_close(a);
	action_ui_done(a);
	a->collector = collector_free(a->collector);
	rows_done(&a->rows);
	row_history_done(&a->traces);
	table_free(a->table);
	sample_free(a->sample);
	sample_free(a->waiting);
	for (size_t i = 0; i < a->levels_cap; i++)
		free(a->levels[i].needle);
	free(a->levels);
	editor_done(a);
	free(a->search);
	selection_done(&a->sel);
}

static int run(struct app *a, int signals)
{
	const struct ui_config *c = a->config;
	struct term_config tc = {.colour = c->colour, .ascii = c->ascii, .mouse = c->mouse};
	int err;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -ENOTTY;
	err = collector_new(a->source, a->interval, selection_needs(&a->sel), &a->collector);
	if (err)
		return err;
	err = app_first_sample(a, signals);
	if (err)
		return err == -EINTR ? 0 : err;
	err = term_new(&tc, &a->term);
	if (err)
		return err;
	a->signals = signals;
	app_level_changed(a);
	if (c->notice && *c->notice)
		app_message(a, ROLE_CRITICAL, "%s", c->notice);
	loop(a, signals);
	a->term = term_free(a->term);
	return 0;
}

int ui_run(const struct ui_config *config)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_pipe;
	sigset_t set, old;
	struct app *a = xcalloc(1, sizeof(*a));
	int signals, err;

	/* blocked before any thread starts, so that all of them come through the signalfd */
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&set, handled[i]);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	sigaction(SIGPIPE, &ignore, &old_pipe);
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	err = signals < 0 ? -errno : app_init(a, config);
	if (!err)
		err = run(a, signals);
	app_done(a);
	free(a);
	if (signals >= 0)
		close(signals);
	sigaction(SIGPIPE, &old_pipe, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}
