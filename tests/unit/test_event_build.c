/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw spy records, whole and broken, as events. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/event_build.h"
#include "core/mem.h"

struct record {
	struct spy_hdr hdr;
	char data[512];
	size_t used;
};

static void add_blob(struct record *r, uint8_t arg, uint8_t part, const void *data, uint32_t len,
		     uint64_t full)
{
	struct spy_blob b = {.arg = arg, .part = part, .len = len, .full = full, .fault = !data};

	memcpy(r->data + r->used, &b, sizeof(b));
	if (data)
		memcpy(r->data + r->used + sizeof(b), data, len);
	r->used += sizeof(b) + ((len + 7) & ~7u);
	r->hdr.rec.n_blobs++;
	r->hdr.hdr.size = (uint32_t)(sizeof(r->hdr) + r->used);
}

static struct record *record_new(void)
{
	struct record *r = xcalloc(1, sizeof(*r));

	r->hdr.hdr = (struct meta_hdr){META_SPY, sizeof(r->hdr)};
	r->hdr.rec = (struct spy_rec){.seq = 7,
				      .ts = 1000,
				      .latency = 55,
				      .ret = 5,
				      .nr = 1,
				      .args = {3, 0x1000, 5},
				      .task = {12, 99},
				      .tgid = 11,
				      .fd_obj = {{.ino = 4, .dev = 8}}};
	memcpy(r->hdr.rec.comm, "sixteen_bytes_xx", WIRE_COMM_LEN);
	return r;
}

static void test_whole(void **state)
{
	union {
		struct obj_rec rec;
		char room[sizeof(struct obj_rec) + 8];
	} obj = {.room = {0}};
	struct objtable *names = objtable_new(0);
	struct record *r = record_new();
	struct event *ev;

	obj.rec.key = r->hdr.rec.fd_obj[0];
	obj.rec.kind = OBJ_FILE;
	obj.rec.path_len = 6;
	memcpy(obj.room + offsetof(struct obj_rec, path), "/a/log", 6);
	objtable_update(names, &obj.rec);
	add_blob(r, 1, 0, "hello", 5, 5);
	add_blob(r, 2, 1, NULL, 0, 9);
	ev = event_build(&r->hdr, 1000000, names, NULL, NULL);
	memset(r, 0xaa, sizeof(*r)); /* it must not be needed any more */
	free(r);
	objtable_free(names);
	assert_int_equal(ev->seq, 7);
	assert_int_equal(ev->time, 1001000);
	assert_int_equal(ev->latency, 55);
	assert_int_equal(ev->tid, 12);
	assert_int_equal(ev->tgid, 11);
	assert_int_equal(ev->start_gen, 99);
	assert_string_equal(ev->comm, "sixteen_bytes_xx");
	assert_string_equal(ev->fd[0].name, "/a/log");
	assert_string_equal(ev->fd[0].type, "file");
	assert_int_equal(ev->fd[1].kind, OBJ_NONE);
	assert_null(ev->fd[1].name);
	assert_null(ev->ret_fd.name);
	assert_int_equal(ev->n_blobs, 2);
	assert_memory_equal(ev->blobs[0].data, "hello", 5);
	assert_int_equal((uintptr_t)ev->blobs[0].data % 8, 0);
	assert_true(ev->blobs[1].fault);
	assert_int_equal(ev->blobs[1].full, 9);
	assert_false(ev->in_progress);
	event_free(ev);
}

static bool other(void *userdata, const struct obj_key *key, struct object *ret, struct buf *name)
{
	ret->kind = OBJ_FIFO;
	ret->type = "pipe";
	buf_adds(name, "pipe:[4]");
	return key->ino == 4;
}

static void test_name_from_elsewhere(void **state)
{
	struct objtable *names = objtable_new(0);
	struct record *r = record_new();
	struct event *ev;

	r->hdr.rec.phase = SPY_ENTER;
	ev = event_build(&r->hdr, 0, names, NULL, NULL);
	assert_null(ev->fd[0].name);
	assert_int_equal(ev->fd[0].key.ino, 4);
	assert_true(ev->in_progress);
	event_free(ev);
	ev = event_build(&r->hdr, 0, names, other, NULL);
	assert_string_equal(ev->fd[0].name, "pipe:[4]");
	assert_int_equal(ev->fd[0].kind, OBJ_FIFO);
	event_free(ev);
	assert_int_equal(objtable_count(names), 0); /* looking does not add */
	objtable_free(names);
	free(r);
}

/* Sizes that lie: nothing outside the record is read (the sanitizers watch). */
static void test_broken(void **state)
{
	struct objtable *names = objtable_new(0);

	for (uint32_t cut = 0; cut < 120; cut++) {
		struct record *r = record_new();
		struct spy_hdr *exact;
		struct event *ev;
		uint32_t size;

		add_blob(r, 1, 0, "hello", 5, 5);
		add_blob(r, 2, 0, "0123456789", 10, 10);
		add_blob(r, 3, 0, "x", 1, 1);
		size = r->hdr.hdr.size > cut ? r->hdr.hdr.size - cut : 0;
		if (size < sizeof(r->hdr))
			size = sizeof(r->hdr);
		exact = xmalloc(size);
		memcpy(exact, r, size);
		exact->hdr.size = size;
		exact->rec.n_blobs = 200;
		ev = event_build(exact, 0, names, NULL, NULL);
		assert_true(ev->n_blobs <= 3);
		for (int i = 0; i < ev->n_blobs; i++)
			assert_true(ev->blobs[i].len <= 10);
		event_free(ev);
		free(exact);
		free(r);
	}
	objtable_free(names);
}

static void test_too_many_blobs(void **state)
{
	struct objtable *names = objtable_new(0);
	struct record *r = record_new();
	struct event *ev;

	for (int i = 0; i < WIRE_BLOBS_MAX + 4; i++)
		add_blob(r, (uint8_t)(i % 6), 0, "ab", 2, 2);
	ev = event_build(&r->hdr, 0, names, NULL, NULL);
	assert_int_equal(ev->n_blobs, WIRE_BLOBS_MAX);
	event_free(ev);
	objtable_free(names);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_name_from_elsewhere),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_too_many_blobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
