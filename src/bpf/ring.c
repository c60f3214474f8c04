/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ring.c - see ring.h. */
#include "bpf/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	WINDOW = 256 * 1024, /* mapped at once, unless one record alone is longer */
	FIRST_DATA = 2,      /* page of the map */
};

struct ring {
	int map;
	size_t size, page;
	unsigned long *taken;         /* the consumer's position, ours to write */
	const unsigned long *written; /* the producer's */
};

/* A part of the data: bytes of the stream of records. */
struct window {
	uint64_t from, to;
	char *mapped;
	size_t len, skip; /* of the mapping; bytes of it before `from` */
};

static void *map_page(const struct ring *r, int page, int prot)
{
	void *p = mmap(NULL, r->page, prot, MAP_SHARED, r->map, (off_t)page * (off_t)r->page);

	return p == MAP_FAILED ? NULL : p;
}

int ring_new(int map_fd, size_t size, struct ring **ret)
{
	struct ring *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->map = map_fd;
	r->size = size;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	r->taken = map_page(r, 0, PROT_READ | PROT_WRITE);
	if (r->taken)
		r->written = map_page(r, 1, PROT_READ);
	if (!r->written) {
		err = -errno;
		ring_free(r);
		return err;
	}
	*ret = r;
	return 0;
}

struct ring *ring_free(struct ring *r)
{
	if (!r)
		return NULL;
	if (r->taken)
		munmap(r->taken, r->page);
	if (r->written)
		munmap((void *)(uintptr_t)r->written, r->page);
	free(r);
	return NULL;
}

uint64_t ring_written(const struct ring *r)
{
	return __atomic_load_n(r->written, __ATOMIC_ACQUIRE);
}

uint64_t ring_taken(const struct ring *r)
{
	return __atomic_load_n(r->taken, __ATOMIC_ACQUIRE);
}

static void window_close(struct window *w)
{
	if (w->mapped)
		munmap(w->mapped, w->len);
	w->mapped = NULL;
}

static int window_open(const struct ring *r, struct window *w, uint64_t from, uint64_t to)
{
	size_t at = from & (r->size - 1);
	void *p;

	window_close(w);
	w->skip = at % r->page;
	w->len = (w->skip + (size_t)(to - from) + r->page - 1) / r->page * r->page;
	p = mmap(NULL, w->len, PROT_READ, MAP_SHARED, r->map, (off_t)(FIRST_DATA * r->page + at - w->skip));
	if (p == MAP_FAILED)
		return -errno;
	w->mapped = p;
	w->from = from;
	w->to = to;
	return 0;
}

/* The header at `at`; in a window there is always all of one. */
static uint32_t header(const struct window *w, uint64_t at)
{
	return __atomic_load_n((const uint32_t *)(w->mapped + w->skip + (at - w->from)), __ATOMIC_ACQUIRE);
}

static uint64_t record_size(uint32_t head)
{
	uint64_t len = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

	return (len + BPF_RINGBUF_HDR_SZ + 7) & ~(uint64_t)7;
}

/* The records of a window that are complete, and in it as a whole. 0 all, RING_LAST no more for now, -errno.
 */
static int read_window(struct ring *r, const struct window *w, ring_fn fn, void *userdata)
{
	uint64_t at = w->from;

	while (at < w->to) {
		uint32_t head = header(w, at);
		uint64_t size = record_size(head);
		int said = 0;

		if (head & BPF_RINGBUF_BUSY_BIT)
			return RING_LAST;
		if (at + size > w->to)
			return 0;
		if (!(head & BPF_RINGBUF_DISCARD_BIT))
			said = fn(userdata, w->mapped + w->skip + (at - w->from) + BPF_RINGBUF_HDR_SZ, head);
		if (said < 0)
			return said;
		at += size;
		__atomic_store_n(r->taken, at, __ATOMIC_RELEASE);
		if (said)
			return said;
	}
	return 0;
}

int ring_read(struct ring *r, ring_fn fn, void *userdata)
{
	struct window w = {0};
	uint64_t least = WINDOW;
	int err = 0;

	while (err == 0) {
		uint64_t from = *r->taken, to = ring_written(r);

		if (from == to)
			break;
		if (to - from > least)
			to = from + least;
		err = window_open(r, &w, from, to);
		if (err == 0)
			err = read_window(r, &w, fn, userdata);
		/* nothing of it: the record at its start is longer */
		least = err == 0 && *r->taken == from ? record_size(header(&w, from)) : WINDOW;
	}
	window_close(&w);
	return err < 0 ? err : 0;
}
