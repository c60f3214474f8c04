/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pump.c - reads the ring of names and life-cycle records so that it does not
 * overflow within an interval. Bounded: beyond PENDING_MAX the ring is left to
 * fill up, and the kernel side counts what it could not send.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bpf/capture_priv.h"
#include "ctop.skel.h"

enum { PENDING_MAX = 64 << 20 };

static int on_record(void *ctx, void *data, size_t size)
{
	struct capture *c = ctx;
	struct bytes *b = &c->meta_pending;

	if (b->len > PENDING_MAX || bytes_reserve(b, size + 8))
		return -ENOBUFS;
	memcpy(b->data + b->len, data, size);
	b->len += (size + 7) & ~(size_t)7;
	return 0;
}

static void *pump(void *arg)
{
	struct capture *c = arg;
	struct pollfd fds[] = {
		{.fd = ring_buffer__epoll_fd(c->meta), .events = POLLIN},
		{.fd = c->pump_stop, .events = POLLIN},
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents)
			return NULL;
		pthread_mutex_lock(&c->meta_lock);
		ring_buffer__consume(c->meta);
		pthread_mutex_unlock(&c->meta_lock);
	}
}

int pump_start(struct capture *c)
{
	sigset_t all, before;
	int r;

	c->meta = ring_buffer__new(bpf_map__fd(c->skel->maps.meta_ring), on_record, c, NULL);
	if (!c->meta)
		return -errno;
	c->pump_stop = eventfd(0, EFD_CLOEXEC);
	if (c->pump_stop < 0)
		return -errno;
	sigfillset(&all); /* signals are for the program's own threads */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&c->pump, NULL, pump, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r) {
		close(c->pump_stop);
		c->pump_stop = -1;
	}
	return -r;
}

void pump_stop(struct capture *c)
{
	uint64_t one = 1;

	if (c->pump_stop >= 0) {
		if (write(c->pump_stop, &one, sizeof(one)) == sizeof(one))
			pthread_join(c->pump, NULL);
		close(c->pump_stop);
		c->pump_stop = -1;
	}
	ring_buffer__free(c->meta);
	c->meta = NULL;
	free(c->meta_pending.data);
	c->meta_pending = (struct bytes){0};
}

struct bytes pump_take(struct capture *c)
{
	struct bytes all;

	pthread_mutex_lock(&c->meta_lock);
	ring_buffer__consume(c->meta);
	all = c->meta_pending;
	c->meta_pending = (struct bytes){0};
	pthread_mutex_unlock(&c->meta_lock);
	return all;
}
