/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pump.c - reads the ring of names and life-cycle records so that it does not
 * overflow within an interval. Bounded: beyond PENDING_MAX the ring is left to
 * fill up, and the kernel side counts what it could not send.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bpf/capture_priv.h"
#include "bpf/ring.h"
#include "ctop.skel.h"

enum {
	PENDING_MAX = 64 << 20,
	BUSY_TRIES = 100, /* of BUSY_NS each */
	BUSY_NS = 100000
};

static int on_record(void *userdata, const void *data, size_t size)
{
	struct capture *c = userdata;
	struct bytes *b = &c->meta_pending;

	if (b->len > PENDING_MAX || bytes_reserve(b, size + 8))
		return -ENOBUFS;
	memcpy(b->data + b->len, data, size);
	b->len += (size + 7) & ~(size_t)7;
	return 0;
}

/* The ring wakes us when it is a quarter full (ring_wakeup()): edge-triggered, or any record would. */
static void *pump(void *arg)
{
	struct capture *c = arg;
	struct epoll_event ev;

	for (;;) {
		if (epoll_wait(c->pump_wait, &ev, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			return NULL;
		}
		if (ev.data.fd == c->pump_stop)
			return NULL;
		pthread_mutex_lock(&c->meta_lock);
		if (c->meta_pending.len <= PENDING_MAX)
			ring_read(c->meta, on_record, c);
		pthread_mutex_unlock(&c->meta_lock);
	}
}

/*
 * All that was sent before now. A record that a program was stopped in the middle of - its virtual CPU may
 * not run for a while - keeps back those behind it, and with them the cgroup of somebody whose end is known
 * already.
 */
static void read_all(struct capture *c)
{
	const struct timespec moment = {.tv_nsec = BUSY_NS};
	uint64_t until = ring_written(c->meta);

	for (int i = 0; i < BUSY_TRIES; i++) {
		if (ring_read(c->meta, on_record, c) < 0 || (int64_t)(ring_taken(c->meta) - until) >= 0)
			return;
		nanosleep(&moment, NULL);
	}
}

static int wait_for(struct capture *c, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.fd = fd};

	return epoll_ctl(c->pump_wait, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int start_thread(struct capture *c)
{
	sigset_t all, before;
	int r;

	sigfillset(&all); /* signals are for the program's own threads */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&c->pump, NULL, pump, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	c->pumping = r == 0;
	return -r;
}

int pump_start(struct capture *c)
{
	const struct bpf_map *map = c->skel->maps.meta_ring;
	int r = ring_new(bpf_map__fd(map), bpf_map__max_entries(map), &c->meta);

	if (r < 0)
		return r;
	c->pump_stop = eventfd(0, EFD_CLOEXEC);
	c->pump_wait = epoll_create1(EPOLL_CLOEXEC);
	if (c->pump_stop < 0 || c->pump_wait < 0)
		return -errno;
	r = wait_for(c, c->pump_stop);
	if (r == 0)
		r = wait_for(c, bpf_map__fd(map));
	return r < 0 ? r : start_thread(c);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void pump_stop(struct capture *c)
{
	uint64_t one = 1;

	if (c->pumping && write(c->pump_stop, &one, sizeof(one)) == sizeof(one))
		pthread_join(c->pump, NULL);
	c->pumping = false;
	close_fd(&c->pump_stop);
	close_fd(&c->pump_wait);
	c->meta = ring_free(c->meta);
	free(c->meta_pending.data);
	c->meta_pending = (struct bytes){0};
}

struct bytes pump_take(struct capture *c)
{
	struct bytes all;

	pthread_mutex_lock(&c->meta_lock);
	read_all(c);
	all = c->meta_pending;
	c->meta_pending = (struct bytes){0};
	pthread_mutex_unlock(&c->meta_lock);
	return all;
}
