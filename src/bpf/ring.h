/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.h - reads a BPF ring buffer, and has only what it reads of it mapped.
 *
 * libbpf's reader maps all of a ring, twice over, for as long as it lives: a
 * ring of 2 MB is 4 MB of resident memory, though most of the time nothing is
 * in it. Here a window is mapped for the records that are there and unmapped
 * behind them; what stays are the two pages with the positions.
 *
 * Layout (kernel/bpf/ringbuf.c, uapi/linux/bpf.h): page 0 the consumer's
 * position, page 1 the producer's, then the data, and the same data again, so
 * that a record that goes over the end is in one piece. A record is a header of
 * 8 bytes (length with two flags) and its data, rounded up to 8.
 */
#ifndef CTOP_BPF_RING_H
#define CTOP_BPF_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring;

/* What a ring_fn says of a record: 0 go on, RING_LAST go no further, -errno it was not taken: it stays, and
 * is the first of the next read. The data is valid during the call only. */
enum { RING_LAST = 1 };
typedef int (*ring_fn)(void *userdata, const void *data, size_t size);

/* map_fd: of the map, kept by the caller; size: bytes of its data, a power of two. 0 or -errno. */
int ring_new(int map_fd, size_t size, struct ring **ret);

/* NULL is fine; returns NULL. */
struct ring *ring_free(struct ring *r);

/*
 * Hands over what is in the ring, oldest first, until nothing more is there, the next record is still being
 * written, or `fn` ends it. 0, or -errno of fn or of mapping. To be called by one thread at a time.
 */
int ring_read(struct ring *r, ring_fn fn, void *userdata);

/* Bytes ever written to the ring and read from it, as the kernel counts them; they only grow. */
uint64_t ring_written(const struct ring *r);
uint64_t ring_taken(const struct ring *r);

#endif
