/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of ring buffers, on a file that is laid out like one. */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/ring.h"

enum { SIZE = 1 << 20 };

/* The kernel's side. */
struct fake {
	int fd;
	size_t page;
	char *all;
	uint64_t written;
	struct ring *ring;
};

static unsigned long *position(struct fake *f, int page)
{
	return (unsigned long *)(f->all + (size_t)page * f->page);
}

static void make(struct fake *f, uint64_t start)
{
	f->page = (size_t)sysconf(_SC_PAGESIZE);
	f->fd = memfd_create("ring", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f->fd, (off_t)(2 * f->page + 2 * SIZE)), 0);
	f->all = mmap(NULL, 2 * f->page + 2 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	assert_ptr_not_equal(f->all, MAP_FAILED);
	f->written = start;
	*position(f, 0) = *position(f, 1) = start;
	assert_int_equal(ring_new(f->fd, SIZE, &f->ring), 0);
}

static void done(struct fake *f)
{
	ring_free(f->ring);
	munmap(f->all, 2 * f->page + 2 * SIZE);
	close(f->fd);
}

/* The data is there twice, one behind the other. */
static void put(struct fake *f, uint64_t at, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int copy = 0; copy < 2; copy++)
			f->all[2 * f->page + (size_t)copy * SIZE + ((at + i) & (SIZE - 1))] =
				((const char *)bytes)[i];
}

/* Writes a record of `len` bytes, all of them `fill`; returns where it begins. */
static uint64_t add(struct fake *f, uint32_t len, char fill, uint32_t flags)
{
	uint64_t at = f->written;
	const uint32_t head[2] = {len | flags, 0};
	char *data = malloc(len);

	memset(data, fill, len);
	put(f, at, head, sizeof(head));
	put(f, at + sizeof(head), data, len);
	free(data);
	f->written = at + ((len + sizeof(head) + 7) & ~7ULL);
	*position(f, 1) = f->written;
	return at;
}

struct seen {
	char fills[16384];
	size_t n, bytes;
	size_t stop_at; /* RING_LAST with this many */
	int refuse;     /* -errno for the one behind stop_at */
};

static int on_record(void *userdata, const void *data, size_t size)
{
	struct seen *s = userdata;
	const char *bytes = data;

	if (s->refuse && s->n == s->stop_at)
		return s->refuse;
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], bytes[0]);
	assert_true(s->n < sizeof(s->fills));
	s->fills[s->n++] = bytes[0];
	s->bytes += size;
	return !s->refuse && s->n == s->stop_at ? RING_LAST : 0;
}

static void test_in_order(void **state)
{
	struct fake f;
	struct seen s = {0};

	make(&f, 0);
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	assert_int_equal(s.n, 0);
	add(&f, 1, 'a', 0);
	add(&f, 4096, 'b', BPF_RINGBUF_DISCARD_BIT);
	add(&f, 8, 'c', 0);
	add(&f, 5001, 'd', 0);
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	assert_int_equal(s.n, 3);
	assert_memory_equal(s.fills, "acd", 3);
	assert_int_equal(s.bytes, 1 + 8 + 5001);
	assert_int_equal(*position(&f, 0), f.written);
	assert_int_equal(ring_taken(f.ring), ring_written(f.ring));
	done(&f);
}

/* What is being written keeps back those behind it until it is there. */
static void test_busy(void **state)
{
	struct fake f;
	struct seen s = {0};
	uint64_t at;
	uint32_t head = 100;

	make(&f, 0);
	add(&f, 10, 'a', 0);
	at = add(&f, 100, 'b', BPF_RINGBUF_BUSY_BIT);
	add(&f, 10, 'c', 0);
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(ring_taken(f.ring), at);
	put(&f, at, &head, sizeof(head));
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	assert_memory_equal(s.fills, "abc", 3);
	done(&f);
}

static void test_stop_and_refuse(void **state)
{
	struct fake f;
	struct seen s = {.stop_at = 2};

	make(&f, 0);
	for (char c = 'a'; c < 'f'; c++)
		add(&f, 20, c, 0);
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	assert_memory_equal(s.fills, "ab", 2);
	assert_int_equal(s.n, 2);
	/* what was refused is the next one */
	s.stop_at = 3;
	s.refuse = -ENOBUFS;
	assert_int_equal(ring_read(f.ring, on_record, &s), -ENOBUFS);
	assert_int_equal(s.n, 3);
	s.refuse = 0;
	s.stop_at = 0;
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	assert_memory_equal(s.fills, "abcde", 5);
	assert_int_equal(s.n, 5);
	done(&f);
}

/* Rounds and rounds of it, from a place where positions need all their bits: many windows, records over ends.
 */
static void test_many_rounds(void **state)
{
	struct fake f;
	struct seen s = {0};
	uint64_t sent = 0, n = 0;

	make(&f, (1ULL << 33) - 4096);
	for (int round = 0; round < 9; round++) {
		while (f.written - ring_taken(f.ring) < SIZE - 8192) {
			uint32_t len = 1 + (uint32_t)(n * 997 % 4000);

			add(&f, len, (char)n, 0);
			sent += len;
			n++;
		}
		assert_int_equal(ring_read(f.ring, on_record, &s), 0);
		assert_int_equal(s.n, n);
		assert_int_equal(s.bytes, sent);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(s.fills[i], (char)i);
	}
	done(&f);
}

/* Longer than what is mapped at once, in the middle and over the end. */
static void test_long_record(void **state)
{
	struct fake f;
	struct seen s = {0};

	make(&f, 0);
	add(&f, 100, 'a', 0);
	add(&f, 600000, 'b', 0);
	add(&f, 100, 'c', 0);
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	add(&f, 700000, 'd', 0);
	add(&f, 3, 'e', 0);
	assert_int_equal(ring_read(f.ring, on_record, &s), 0);
	assert_memory_equal(s.fills, "abcde", 5);
	assert_int_equal(s.bytes, 100 + 600000 + 100 + 700000 + 3);
	done(&f);
}

static void test_no_ring(void **state)
{
	struct ring *r = NULL;

	assert_int_equal(ring_new(-1, SIZE, &r), -EBADF);
	assert_null(r);
	assert_null(ring_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),        cmocka_unit_test(test_busy),
		cmocka_unit_test(test_stop_and_refuse), cmocka_unit_test(test_many_rounds),
		cmocka_unit_test(test_long_record),     cmocka_unit_test(test_no_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
