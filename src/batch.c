/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch.c - the interval loop: when to collect, when to stop, and getting the text out. */
#include "batch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/need.h"
#include "core/clock.h"
#include "core/mem.h"

#define NS_PER_S 1000000000ULL

uint64_t batch_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static bool stopped(const struct batch_config *c)
{
	return c->stop && *c->stop;
}

bool batch_wait(const struct batch_config *c, uint64_t until)
{
	uint64_t now;
	sigset_t none;

	sigemptyset(&none);
	while (!stopped(c) && (now = batch_now()) < until) {
		struct timespec left = {(time_t)((until - now) / NS_PER_S), (long)((until - now) % NS_PER_S)};

		/* signals come in here only, so that none is missed between the check and the sleep */
		ppoll(NULL, 0, &left, &none);
	}
	return !stopped(c);
}

int batch_write(const struct batch_config *c, int fd, struct buf *b)
{
	size_t done = 0;
	sigset_t none, old;
	int r = 0;

	/* a reader that has stopped reading must not make us unkillable: the second signal ends the program
	 */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &old);
	while (done < b->len) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000);
		} else if (errno != EINTR) {
			r = -errno;
			break;
		}
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	buf_reset(b);
	return r;
}

void batch_clock(struct buf *out, uint64_t epoch_ns, int digits)
{
	time_t seconds = (time_t)(epoch_ns / NS_PER_S);
	uint64_t fraction = epoch_ns % NS_PER_S;
	struct tm tm;

	localtime_r(&seconds, &tm);
	buf_addf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	for (int i = digits; i < 9; i++)
		fraction /= 10;
	if (digits)
		buf_addf(out, ".%0*llu", digits, (unsigned long long)fraction);
}

static int one_interval(const struct batch_config *c, const struct selection *sel, struct buf *out,
			char **ret_error)
{
	struct filter_error fe;
	struct sample *s;
	struct table *t;
	int r = source_collect(c->source, &s);

	if (r < 0) {
		*ret_error = xasprintf("cannot read the kernel's counters: %s", strerror(-r));
		return r;
	}
	r = selection_table(sel, s, &t, &fe);
	if (r == 0) {
		batch_interval(c, s, t, out);
		table_free(t);
		r = batch_write(c, c->out, out);
		if (r < 0 && r != -EPIPE)
			*ret_error = xasprintf("cannot write the output: %s", strerror(-r));
	} else {
		*ret_error = xasprintf("cannot build view '%s': %s", c->view->id, strerror(-r));
	}
	sample_free(s);
	return r;
}

static int run_intervals(const struct batch_config *c, char **ret_error)
{
	struct selection sel;
	struct sample *baseline = NULL;
	struct buf out = {0};
	uint64_t next;
	int r;

	selection_init(&sel, c->view, c->filter);
	selection_top(&sel)->tree = c->tree;
	sel.totals = c->format == FORMAT_JSON;
	/* each event once, in the interval that it is of */
	r = source_set_needs(c->source, selection_needs(&sel) & ~(unsigned)NEED_LIFE);
	if (r == 0)
		r = source_collect(c->source, &baseline);
	if (r < 0) {
		*ret_error = xasprintf("cannot attach to the kernel: %s", strerror(-r));
		selection_done(&sel);
		return r;
	}
	sample_free(baseline);
	batch_begin(c, &out);
	next = batch_now();
	for (uint32_t n = 0; r == 0 && (!c->count || n < c->count); n++) {
		uint64_t now = batch_now();
		bool more;

		next += c->interval;
		if (next < now) /* could not keep up: the next interval is longer, none is lost */
			next = now;
		more = batch_wait(c, next);
		r = one_interval(c, &sel, &out, ret_error);
		if (!more)
			break;
	}
	buf_done(&out);
	selection_done(&sel);
	return r;
}

int batch_run(const struct batch_config *c, char **ret_error)
{
	int r = c->spy || view_is_list(c->view) ? batch_spy(c, ret_error) : run_intervals(c, ret_error);

	return r == -EPIPE ? 0 : r;
}
