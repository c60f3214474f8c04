/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fd.type and fd.name of every kind of object, the direction of connections, and the table's bound. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/object.h"
#include "core/objrec.h"
#include "core/objtable.h"

union named {
	struct obj_rec rec;
	char room[sizeof(struct obj_rec) + 64]; /* with a path */
};

static int setup(void **state)
{
	*state = objtable_new(0);
	return 0;
}

static int teardown(void **state)
{
	objtable_free(*state);
	return 0;
}

static union named path_rec(uint64_t ino, enum obj_kind kind, const char *path, size_t len)
{
	union named n = {.room = {0}};

	n.rec.key = (struct obj_key){.ino = ino, .dev = 8 << 20 | 1};
	n.rec.kind = (uint8_t)kind;

	n.rec.path_len = (uint16_t)len;
	memcpy(n.room + offsetof(struct obj_rec, path), path, len);
	return n;
}

static union named inet_rec(uint64_t ino, const char *laddr, uint16_t lport, const char *raddr,
			    uint16_t rport, uint8_t tcp_state)
{
	union named n = {.room = {0}};

	n.rec.key = (struct obj_key){.ino = ino, .dev = 9};
	n.rec.kind = OBJ_INET;
	n.rec.type = SOCK_STREAM;
	n.rec.protocol = tcp_state ? IPPROTO_TCP : IPPROTO_UDP;
	n.rec.tcp_state = tcp_state;
	n.rec.netns = 1;
	n.rec.lport = lport;
	n.rec.rport = rport;

	n.rec.family = strchr(laddr, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(n.rec.family, laddr, n.rec.laddr), 1);
	assert_int_equal(inet_pton(n.rec.family, raddr, n.rec.raddr), 1);
	return n;
}

static struct object get(struct objtable *t, const union named *n)
{
	struct object o = {0};

	assert_true(objtable_get(t, n->rec.key, &o));
	return o;
}

static void expect(struct objtable *t, const union named *n, const char *type, const char *name)
{
	struct object o;

	objtable_update(t, &n->rec);
	o = get(t, n);
	assert_string_equal(o.type, type);
	assert_string_equal(o.name, name);
	assert_true(o.named);
}

static void test_kinds(void **state)
{
	static const struct {
		enum obj_kind kind;
		const char *path, *type, *name;
	} cases[] = {
		{OBJ_FILE, "/etc/passwd", "file", "/etc/passwd"},
		{OBJ_FILE, "/tmp/x (deleted)", "file", "/tmp/x (deleted)"},
		{OBJ_FILE, "/memfd:shm", "memfd", "/memfd:shm"},
		{OBJ_DIR, "/etc", "directory", "/etc"},
		{OBJ_CHR, "/dev/null", "file", "/dev/null"},
		{OBJ_FIFO, "", "pipe", "pipe:[100]"},
		{OBJ_FIFO, "/run/named", "pipe", "/run/named"},
		{OBJ_ANON, "[eventpoll]", "eventpoll", "[eventpoll]"},
		{OBJ_ANON, "[eventfd]", "event", "[eventfd]"},
		{OBJ_ANON, "anon_inode:[timerfd]", "timerfd", "anon_inode:[timerfd]"},
		{OBJ_ANON, "inotify", "inotify", "inotify"},
		{OBJ_ANON, "bpf-map", "bpf", "bpf-map"},
		{OBJ_ANON, "[io_uring]", "io_uring", "[io_uring]"},
		{OBJ_ANON, "[something-new]", "anon", "[something-new]"},
		{OBJ_UNIX, "/run/x.sock", "unix", "/run/x.sock"},
		{OBJ_UNIX, "", "unix", "socket:[100]"},
		{OBJ_PACKET, "", "packet", "socket:[100]"},
		{OBJ_NETLINK, "", "netlink", "netlink:route"},
		{OBJ_PATH, "/no/such", "file", "/no/such"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct objtable *t = objtable_new(0);
		union named n = path_rec(100, cases[i].kind, cases[i].path, strlen(cases[i].path));

		expect(t, &n, cases[i].type, cases[i].name);
		objtable_free(t);
	}
}

static void test_unknown(void **state)
{
	struct objtable *t = *state;
	union named n = path_rec(77, OBJ_FILE, "", 0);
	struct object o;

	o = get(t, &n); /* no record ever came */
	assert_string_equal(o.name, "8:1:77");
	assert_false(o.named);
	assert_int_equal(o.kind, OBJ_NONE);
	assert_null(o.type);
	assert_false(objtable_known(t, &n.rec.key));
	objtable_update(t, &n.rec); /* one without a path */
	o = get(t, &n);
	assert_string_equal(o.name, "8:1:77");
	assert_string_equal(o.type, "file");
	assert_false(o.named);
	assert_false(objtable_get(t, (struct obj_key){0}, &o));
}

static void test_unix(void **state)
{
	struct objtable *t = *state;
	union named abstract = path_rec(1, OBJ_UNIX, "\0dbus\0x", 7),
		    server = path_rec(2, OBJ_UNIX, "/run/d.sock", 12), client = path_rec(3, OBJ_UNIX, "", 0);

	expect(t, &abstract, "unix", "@dbus@x");
	client.rec.sk = 0x30;
	client.rec.peer_sk = 0x20;
	expect(t, &client, "unix", "socket:[3]");
	server.rec.sk = 0x20;
	server.rec.peer_sk = 0x30;
	expect(t, &server, "unix", "/run/d.sock"); /* the bound length counted its NUL */
	assert_string_equal(get(t, &client).name, "/run/d.sock");
}

static void test_inet_names(void **state)
{
	struct objtable *t = *state;
	union named client = inet_rec(1, "10.0.0.1", 40000, "10.0.0.2", 80, TCP_ESTABLISHED),
		    server = inet_rec(2, "10.0.0.1", 443, "10.0.0.9", 51000, TCP_ESTABLISHED),
		    six = inet_rec(3, "fe80::1", 40000, "fe80::2", 80, TCP_ESTABLISHED),
		    any4 = inet_rec(4, "0.0.0.0", 22, "0.0.0.0", 0, TCP_LISTEN),
		    any6 = inet_rec(5, "::", 22, "::", 0, TCP_LISTEN),
		    one6 = inet_rec(6, "::1", 631, "::", 0, TCP_LISTEN),
		    mapped = inet_rec(7, "::ffff:10.0.0.1", 22, "::ffff:10.0.0.3", 50001, TCP_ESTABLISHED),
		    udp = inet_rec(8, "0.0.0.0", 53, "0.0.0.0", 0, 0);

	expect(t, &client, "ipv4", "10.0.0.1:40000->10.0.0.2:80");
	assert_false(get(t, &client).is_server);
	expect(t, &server, "ipv4", "10.0.0.9:51000->10.0.0.1:443");
	assert_true(get(t, &server).is_server);
	expect(t, &six, "ipv6", "[fe80::1]:40000->[fe80::2]:80");
	expect(t, &any4, "ipv4", "0.0.0.0:22");
	assert_true(get(t, &any4).is_server);
	expect(t, &any6, "ipv6", ":::22");
	expect(t, &one6, "ipv6", "[::1]:631");
	expect(t, &mapped, "ipv4", "10.0.0.3:50001->10.0.0.1:22");
	assert_int_equal(get(t, &mapped).family, AF_INET);
	expect(t, &udp, "ipv4", "0.0.0.0:53");
	assert_true(get(t, &udp).is_server);
}

/* Ports say little when both are high: a listener on one of them settles it, whenever it is heard of. */
static void test_direction_by_listener(void **state)
{
	struct objtable *t = *state;
	union named accepted = inet_rec(1, "127.0.0.1", 45000, "127.0.0.1", 40000, TCP_ESTABLISHED),
		    connected = inet_rec(2, "127.0.0.1", 40000, "127.0.0.1", 45000, TCP_ESTABLISHED),
		    listener = inet_rec(3, "0.0.0.0", 45000, "0.0.0.0", 0, TCP_LISTEN);

	objtable_update(t, &accepted.rec);
	objtable_update(t, &connected.rec);
	assert_false(get(t, &accepted).is_server);
	objtable_update(t, &listener.rec);
	assert_true(get(t, &accepted).is_server);
	assert_string_equal(get(t, &accepted).name, "127.0.0.1:40000->127.0.0.1:45000");
	assert_false(get(t, &connected).is_server);
	assert_string_equal(get(t, &connected).name, "127.0.0.1:40000->127.0.0.1:45000");
	/* the listener goes, the connection stays what it was */
	listener.rec.tcp_state = TCP_CLOSE;
	listener.rec.lport = 0;
	objtable_update(t, &listener.rec);
	assert_true(get(t, &accepted).is_server);
	/* so does a socket that was closed: its facts mean the connection */
	accepted.rec.tcp_state = TCP_CLOSE;
	accepted.rec.lport = accepted.rec.rport = 0;
	memset(accepted.rec.raddr, 0, 16);
	objtable_update(t, &accepted.rec);
	assert_string_equal(get(t, &accepted).name, "127.0.0.1:40000->127.0.0.1:45000");
	/* another network namespace has its own ports */
	accepted = inet_rec(9, "127.0.0.1", 46000, "127.0.0.1", 39000, TCP_ESTABLISHED);
	objtable_update(t, &accepted.rec);
	listener = inet_rec(10, "0.0.0.0", 46000, "0.0.0.0", 0, TCP_LISTEN);
	listener.rec.netns = 2;
	objtable_update(t, &listener.rec);
	assert_false(get(t, &accepted).is_server);
}

static const struct object *hold(struct objtable *t, const union named *n, uint32_t n_open)
{
	return objtable_hold(t, objtable_entry(t, &n->rec.key), n_open);
}

/* What nothing was said about is one struct for all samples; what they hold stays as it was for them. */
static void test_samples_share(void **state)
{
	struct objtable *t = *state;
	union named four = inet_rec(1, "10.0.0.1", 40000, "10.0.0.2", 80, TCP_ESTABLISHED),
		    mapped = inet_rec(2, "::ffff:10.0.0.1", 22, "::ffff:10.0.0.3", 50001, TCP_ESTABLISHED),
		    listener = inet_rec(3, "0.0.0.0", 45000, "0.0.0.0", 0, TCP_LISTEN);
	const struct object *held[5];

	objtable_update(t, &four.rec);
	objtable_update(t, &mapped.rec);
	objtable_update(t, &listener.rec);
	held[0] = hold(t, &four, 1);
	held[1] = hold(t, &mapped, 1);
	four.rec.snd_cwnd = 12;
	objtable_update(t, &four.rec);
	objtable_update(t, &mapped.rec);
	objtable_update(t, &listener.rec); /* no news either */
	held[2] = hold(t, &four, 1);
	held[3] = hold(t, &mapped, 1);
	held[4] = hold(t, &mapped, 2); /* open once more */
	assert_ptr_equal(held[3], held[1]);
	assert_int_equal(held[3]->n_open, 1);
	assert_int_equal(held[4]->n_open, 2);
	assert_int_equal(held[0]->snd_cwnd, UNKNOWN_U32);
	assert_int_equal(held[2]->snd_cwnd, 12);
	assert_int_equal(get(t, &four).snd_cwnd, 12);
	four.rec.rport = 81;
	objtable_update(t, &four.rec);
	assert_string_equal(get(t, &four).name, "10.0.0.1:40000->10.0.0.2:81");
	assert_int_equal(held[2]->rport, 80);
	for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++)
		object_release(held[i]);
}

static void test_tcp_numbers(void **state)
{
	struct objtable *t = *state;
	union named tcp = inet_rec(1, "1.1.1.1", 40000, "2.2.2.2", 80, TCP_ESTABLISHED),
		    udp = inet_rec(2, "1.1.1.1", 40000, "2.2.2.2", 53, 0);

	tcp.rec.srtt_us = 900;
	tcp.rec.snd_cwnd = 10;
	tcp.rec.bytes_acked = 5;
	objtable_update(t, &tcp.rec);
	assert_int_equal(get(t, &tcp).srtt_us, 900);
	assert_int_equal(get(t, &tcp).total_retrans, 0);
	assert_int_equal(get(t, &tcp).bytes_acked, 5);
	assert_int_equal(get(t, &tcp).bytes_received, 0);
	objtable_update(t, &udp.rec);
	assert_int_equal(get(t, &udp).srtt_us, UNKNOWN_U32);
	assert_int_equal(get(t, &udp).bytes_acked, UNKNOWN_U64);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		size_t len;
		const char *joined;
	} cases[] = {
		{"/a/b\0c", 6, "/a/b/c"},
		{"/a/b\0../c", 9, "/a/c"},
		{"/a/b\0./c//d/.", 13, "/a/b/c/d"},
		{"/\0../..", 7, "/"},
		{"/a\0/abs", 7, "/abs"},
		{"/plain", 6, "/plain"},
		{"rel", 3, "rel"},
		{"/a\0", 3, "/a"},
		{"/a/..b\0...", 10, "/a/..b/..."},
		{"/a\0b\xff\n", 6, "/a/b\xff\n"},
		{"base\0x", 6, "base/x"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *joined = objrec_join_path(cases[i].path, cases[i].len);

		assert_string_equal(joined, cases[i].joined);
		free(joined);
	}
}

static void count_forgotten(const struct obj_key *key, void *userdata)
{
	assert_true(key->ino != 0);
	++*(size_t *)userdata;
}

static void test_bound(void **state)
{
	struct objtable *t = objtable_new(1000);
	size_t forgotten = 0;
	struct object o;

	objtable_on_forget(t, count_forgotten, &forgotten);
	for (uint64_t round = 0; round < 20; round++) {
		objtable_begin(t);
		for (uint64_t i = 1; i <= 400; i++) {
			union named n = path_rec(round * 400 + i, OBJ_FILE, "/x", 2);

			objtable_update(t, &n.rec);
		}
		objtable_end(t);
		assert_true(objtable_count(t) <= 1000);
	}
	/* nothing vanishes untold, so that the kernel side can name it again */
	assert_int_equal(forgotten + objtable_count(t), 8000);
	objtable_begin(t);
	assert_true(objtable_get(t, (struct obj_key){.ino = 19 * 400 + 1, .dev = 8 << 20 | 1}, &o));
	assert_string_equal(o.name, "/x");
	objtable_free(t);

	/* more than fits at once: shown by their numbers */
	t = objtable_new(10);
	forgotten = 0;
	objtable_on_forget(t, count_forgotten, &forgotten);
	objtable_begin(t);
	for (uint64_t i = 1; i <= 20; i++) {
		union named n = path_rec(i, OBJ_FILE, "/x", 2);

		objtable_update(t, &n.rec);
		assert_true(objtable_get(t, n.rec.key, &o));
		assert_string_equal(o.name, i <= 10 ? "/x" : o.name);
		assert_int_equal(o.named, i <= 10);
	}
	assert_int_equal(objtable_count(t), 10);
	assert_true(forgotten >= 10);
	objtable_free(t);
}

/* What many short-lived processes touch once does not stay until the table is full. */
static void test_churn(void **state)
{
	struct objtable *t = *state;
	union named old = path_rec(7, OBJ_FILE, "/used", 5);
	size_t forgotten = 0, most = 0;
	struct object o;

	objtable_on_forget(t, count_forgotten, &forgotten);
	objtable_update(t, &old.rec);
	for (uint64_t round = 0; round < 200; round++) {
		objtable_begin(t);
		for (uint64_t i = 0; i < 500; i++) {
			union named n = path_rec(1000 + round * 500 + i, OBJ_FILE, "/x", 2);

			objtable_update(t, &n.rec);
		}
		if (round % 20 == 0)
			assert_true(objtable_get(t, old.rec.key, &o));
		objtable_end(t);
		most = objtable_count(t) > most ? objtable_count(t) : most;
	}
	assert_in_range(most, 30 * 500, 50 * 500);
	assert_string_equal(o.name, "/used");
	/* told once each; some are still there so that facts on their way find a name */
	assert_in_range(forgotten, 100000 - most, 100000 - 30 * 500);
}

/* An object is there for some intervals after the kernel side was told to name it again. */
static void test_forgotten_and_used(void **state)
{
	struct objtable *t = *state;
	size_t forgotten = 0;
	struct object o;

	objtable_on_forget(t, count_forgotten, &forgotten);
	for (uint64_t i = 1; i <= 5000; i++) {
		union named n = path_rec(i, OBJ_FILE, "/x", 2);

		objtable_update(t, &n.rec);
	}
	while (!forgotten) {
		objtable_begin(t);
		objtable_end(t);
	}
	assert_int_equal(forgotten, 5000);
	objtable_begin(t);
	assert_true(objtable_get(t, (struct obj_key){.ino = 1, .dev = 8 << 20 | 1}, &o));
	assert_true(o.named);
	for (int i = 0; i < 20; i++) {
		objtable_end(t);
		objtable_begin(t);
	}
	assert_int_equal(objtable_count(t), 1);
	assert_int_equal(forgotten, 5000);
}

/* Each has a place of its own as long as it is there; those of objects that are gone are given again. */
static void test_places(void **state)
{
	struct objtable *t = *state;
	enum { OBJECTS = 5000 };
	bool taken[OBJECTS] = {false};

	for (uint64_t round = 0; round < 3; round++) {
		while (objtable_count(t)) {
			objtable_begin(t);
			objtable_end(t);
		}
		memset(taken, 0, sizeof(taken));
		for (uint64_t i = 1; i <= OBJECTS; i++) {
			union named n = path_rec(round * OBJECTS + i, OBJ_FILE, "/x", 2);
			const struct object *o;

			objtable_update(t, &n.rec);
			o = hold(t, &n, 1);
			assert_true(o->place < objtable_places(t) && o->place < OBJECTS);
			assert_false(taken[o->place]);
			taken[o->place] = true;
			object_release(o);
		}
		assert_int_equal(objtable_places(t), OBJECTS);
	}
}

/* Walks that are much the same each time, and not quite, while the table drops what it was told of. */
static void test_walks(void **state)
{
	enum { OBJECTS = 64, WALKS = 400, MOST = 48 };
	struct objtable *t = objtable_new(MOST);
	uint32_t order[OBJECTS], found = 0, random = 1;

	(void)state;
	for (uint32_t i = 0; i < OBJECTS; i++)
		order[i] = i;
	for (int w = 0; w < WALKS; w++) {
		objtable_begin(t);
		for (int swaps = w % 4; swaps > 0; swaps--) {
			uint32_t a = (random = random * 1103515245 + 12345) >> 8, b = a / OBJECTS, was;

			was = order[a % OBJECTS];
			order[a % OBJECTS] = order[b % OBJECTS];
			order[b % OBJECTS] = was;
		}
		/* now many, now few; each twice, as who has the same open */
		for (uint32_t i = 0; i < (w % 16 < 8 ? 40 : 12) * 2u; i++) {
			union named n = inet_rec(100 + order[i / 2], "10.0.0.1", (uint16_t)(1 + order[i / 2]),
						 "10.0.0.2", 80, TCP_ESTABLISHED);
			struct obj_entry *e = objtable_walk(t, &n.rec.key, w % 3 ? NULL : &n.rec);
			const struct object *o;

			if (!e) /* full of what was seen just now */
				continue;
			found++;
			o = objtable_hold(t, e, 1);
			assert_int_equal(o->key.ino, n.rec.key.ino);
			assert_true(!o->lport || o->lport == 1 + order[i / 2]);
			assert_ptr_equal(e, objtable_entry(t, &n.rec.key));
			object_release(o);
		}
		for (uint32_t i = 13; i < 40;
		     i += 2) { /* kept by other use, while what came behind it goes */
			struct obj_key key = {.ino = 100 + order[i], .dev = 9};

			(void)objtable_entry(t, &key);
		}
		objtable_end(t);
		assert_true(objtable_count(t) <= MOST);
	}
	assert_true(found > WALKS * 24); /* most of what was asked for */
	objtable_free(t);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_kinds),
		T(test_unknown),
		T(test_unix),
		T(test_inet_names),
		T(test_direction_by_listener),
		T(test_samples_share),
		T(test_places),
		T(test_tcp_numbers),
		T(test_paths),
		T(test_churn),
		T(test_forgotten_and_used),
		T(test_walks),
		T(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
