/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collector.c - see collector.h. */
#include "core/collector.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bpf/need.h"
#include "core/clock.h"
#include "core/mem.h"

#define MS 1000000ULL

static const uint64_t first_gap = 25 * MS;   /* between the two samples at the start */
static const uint64_t second_gap = 500 * MS; /* then one that is long enough to be calm */
static const uint64_t fresh_gap = 200 * MS;  /* from new needs to the sample that has them */
static const uint64_t grace = 5000 * MS;     /* needs nobody has any more stay attached so long */

struct collector {
	struct source *source;
	pthread_t thread;
	int fd;

	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t wake;
	bool stop;
	uint64_t interval;
	unsigned wanted;       /* what the screen needs */
	uint64_t wanted_since; /* when that changed */
	struct sample *finished;
	int error;

	/* the thread's own */
	unsigned attached;
	unsigned refused; /* could not be attached; not tried again */
	unsigned count;   /* samples so far */
	uint64_t due;     /* when the next one is */
	bool fresh;       /* needs were attached: take a short sample next */
};

/* What must be attached now; the lock is held. */
static unsigned needs_now(struct collector *c, uint64_t now)
{
	if (now - c->wanted_since < grace)
		return c->attached | (c->wanted & ~c->refused);
	return c->wanted & ~c->refused;
}

/* Applies needs and takes a sample; the lock is not held. */
static int collect(struct collector *c, unsigned needs, struct sample **ret)
{
	int err;

	if (needs & ~c->attached) {
		/* attach first, so that the sample after this one has them for its whole interval */
		err = source_set_needs(c->source, needs);
		if (err) {
			c->refused |= needs & ~c->attached;
			return err;
		}
		c->fresh = true;
	}
	err = source_collect(c->source, ret);
	if (!err && c->attached & ~needs)
		source_set_needs(c->source, needs); /* detaching cannot fail in a way that matters */
	c->attached = needs;
	return err;
}

static uint64_t next_due(struct collector *c, uint64_t started)
{
	uint64_t gap = c->interval;

	if (c->count == 1)
		gap = first_gap;
	else if (c->fresh)
		gap = fresh_gap;
	else if (c->count == 2)
		gap = second_gap;
	c->fresh = false;
	if (gap > c->interval)
		gap = c->interval;
	return started + gap;
}

static void *run(void *userdata)
{
	struct collector *c = userdata;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		unsigned needs = needs_now(c, now);
		struct sample *s = NULL;
		int err;

		if (now < c->due && !(needs & ~c->attached)) {
			struct timespec ts = {(time_t)(c->due / 1000000000ULL),
					      (long)(c->due % 1000000000ULL)};

			pthread_cond_timedwait(&c->wake, &c->lock, &ts);
			continue;
		}
		pthread_mutex_unlock(&c->lock);
		err = collect(c, needs, &s);
		pthread_mutex_lock(&c->lock);

		c->error = err;
		c->count++;
		if (!err && s->interval == 0) {
			s = sample_free(s); /* the very first one: no rates to show yet */
		} else if (!err) {
			sample_free(c->finished); /* not taken: the screen wants the newest only */
			c->finished = s;
		}
		c->due = next_due(c, now);
		if (err || c->finished)
			eventfd_write(c->fd, 1);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static uint64_t clamp_interval(uint64_t interval)
{
	if (interval < COLLECTOR_MIN_MS * MS)
		return COLLECTOR_MIN_MS * MS;
	return interval > COLLECTOR_MAX_MS * MS ? COLLECTOR_MAX_MS * MS : interval;
}

int collector_new(struct source *source, uint64_t interval, unsigned needs, struct collector **ret)
{
	struct collector *c;
	pthread_condattr_t attr;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int err;

	if (fd < 0)
		return -errno;
	c = xcalloc(1, sizeof(*c));
	c->source = source;
	c->fd = fd;
	c->interval = clamp_interval(interval);
	c->wanted = needs | NEED_TASKS;
	c->wanted_since = clock_ns(CLOCK_MONOTONIC);
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&c->thread, NULL, run, c);
	if (err) {
		pthread_cond_destroy(&c->wake);
		pthread_mutex_destroy(&c->lock);
		close(fd);
		free(c);
		return -err;
	}
	*ret = c;
	return 0;
}

struct collector *collector_free(struct collector *c)
{
	if (!c)
		return NULL;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	sample_free(c->finished);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	close(c->fd);
	free(c);
	return NULL;
}

int collector_fd(const struct collector *c)
{
	return c->fd;
}

struct sample *collector_take(struct collector *c, int *ret_error)
{
	struct sample *s;
	eventfd_t n;

	eventfd_read(c->fd, &n);
	pthread_mutex_lock(&c->lock);
	s = c->finished;
	c->finished = NULL;
	if (ret_error)
		*ret_error = c->error;
	pthread_mutex_unlock(&c->lock);
	return s;
}

void collector_set_interval(struct collector *c, uint64_t interval)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	pthread_mutex_lock(&c->lock);
	c->interval = clamp_interval(interval);
	if (c->due > now + c->interval) /* do not sit out the old, longer one */
		c->due = now + c->interval;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void collector_set_needs(struct collector *c, unsigned needs)
{
	needs |= NEED_TASKS;
	pthread_mutex_lock(&c->lock);
	if (needs != c->wanted) {
		c->wanted = needs;
		c->wanted_since = clock_ns(CLOCK_MONOTONIC);
		pthread_cond_signal(&c->wake);
	}
	pthread_mutex_unlock(&c->lock);
}
