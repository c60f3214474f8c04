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
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bpf/capture_priv.h"
#include "ctop.skel.h"

enum {
	PENDING_MAX = 64 << 20,
	BUSY_TRIES = 100, /* of BUSY_NS each */
	BUSY_NS = 100000
};

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

/* The ring's first two pages: how far it is read, and how far written. NULL: not to be had. */
static const unsigned long *position(int map, int page)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, map, (off_t)size * page);

	return p == MAP_FAILED ? NULL : p;
}

static void no_position(const unsigned long *p)
{
	if (p)
		munmap((void *)(uintptr_t)p, (size_t)sysconf(_SC_PAGESIZE));
}

/*
 * All that was sent before now. A record that a program was stopped in the middle of - its virtual CPU may
 * not run for a while - keeps back those behind it, and with them the cgroup of somebody whose end is known
 * already.
 */
static void read_all(struct capture *c)
{
	const struct timespec moment = {.tv_nsec = BUSY_NS};
	unsigned long until;

	if (!c->meta_read || !c->meta_written) {
		ring_buffer__consume(c->meta);
		return;
	}
	until = __atomic_load_n(c->meta_written, __ATOMIC_ACQUIRE);
	for (int i = 0; i < BUSY_TRIES; i++) {
		if (ring_buffer__consume(c->meta) < 0 ||
		    (long)(__atomic_load_n(c->meta_read, __ATOMIC_ACQUIRE) - until) >= 0)
			return;
		nanosleep(&moment, NULL);
	}
}

int pump_start(struct capture *c)
{
	int map = bpf_map__fd(c->skel->maps.meta_ring), r;
	sigset_t all, before;

	c->meta = ring_buffer__new(map, on_record, c, NULL);
	if (!c->meta)
		return -errno;
	c->meta_read = position(map, 0);
	c->meta_written = position(map, 1);
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
	no_position(c->meta_read);
	no_position(c->meta_written);
	c->meta_read = c->meta_written = NULL;
	ring_buffer__free(c->meta);
	c->meta = NULL;
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
