/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/objtable.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/mem.h"
#include "core/object.h"
#include "core/objname.h"
#include "core/objrec.h"
#include "core/pool.h"

enum {
	MAX_DEFAULT = 200000,
	AGE_LONG = 30, /* intervals; then the kernel side is to name it again, and the next sweep drops it */
	SWEEP_EVERY = 8,   /* intervals: a walk of the table for little would cost more than it frees */
	SWEEP_FROM = 4096, /* objects: fewer are not worth it */
	AGE_SHORT = 2,     /* dropped when it is full all the same */
	EPHEMERAL = 32768,
};

/* What few objects have: sockets have neither path nor, most of them, a peer. */
struct obj_rest {
	char *path; /* NULL = none */
	uint64_t sk, peer_sk;
};

struct obj_entry {
	struct object *o;      /* what samples of now share; see become() */
	struct obj_rest *rest; /* NULL = nothing of it */
	struct obj_entry
		*next;     /* what came behind it in the walk of the interval `placed`: see following() */
	uint32_t named_at; /* listen_epoch of name, 0 = to be made */
	uint32_t seen;
	uint32_t marked, mark;
	uint32_t placed; /* 0 = was in no walk */
	bool partial : 1;
	bool was_server : 1; /* its port had a listener once: stays the server when that is gone */
	bool known : 1;      /* a record came */
	bool forgotten : 1;  /* the kernel side was told; dropped unless seen again */
	bool walked : 1;     /* its numbers are what the last walk with any said */
};

struct objtable {
	size_t max;
	uint32_t now;
	struct pool entries;
	struct hash objects;   /* obj_hash_key -> struct obj_entry */
	struct hash by_sk;     /* struct sock of unix sockets -> struct obj_entry */
	struct hash listeners; /* {netns, port | protocol} -> number of listening sockets */
	uint32_t listen_epoch; /* changes with listeners: directions may change */
	struct object *shown;  /* what objtable_get() made; NULL */
	void (*forget)(const struct obj_key *key, void *userdata);
	void *userdata;
	uint32_t *free_places; /* of objects that were dropped */
	size_t n_free, cap_free;
	uint32_t n_places;
	uint32_t max_age;           /* of the sweep that runs */
	uint32_t swept;             /* interval of the last one */
	struct obj_entry head;      /* before the first of a walk */
	struct obj_entry *last;     /* of this walk so far */
	struct obj_entry *expected; /* what came behind it the last time; NULL */
	uint32_t dropped;           /* interval in which an object was dropped last */
};

void objtable_on_forget(struct objtable *t, void (*fn)(const struct obj_key *key, void *userdata),
			void *userdata)
{
	t->forget = fn;
	t->userdata = userdata;
}

static struct hash_key key_of(const void *value)
{
	return obj_hash_key(&((const struct obj_entry *)value)->o->key);
}

static struct hash_key sk_of(const void *value)
{
	return (struct hash_key){((const struct obj_entry *)value)->rest->sk, 0};
}

static const char *path_of(const struct obj_entry *e)
{
	return e->rest ? e->rest->path : NULL;
}

static struct obj_rest *rest_of(struct obj_entry *e)
{
	if (!e->rest)
		e->rest = xcalloc(1, sizeof(*e->rest));
	return e->rest;
}

struct objtable *objtable_new(size_t max)
{
	struct objtable *t = xcalloc(1, sizeof(*t));

	t->max = max ? max : MAX_DEFAULT;
	t->entries.size = sizeof(struct obj_entry);
	t->objects.key_of = key_of;
	t->by_sk.key_of = sk_of;
	t->listen_epoch = 1;
	t->now = 1;
	return t;
}

/* It is like this from now on, under the same name: for those who hold it, it stays as it was. */
static void become(struct obj_entry *e, const struct object *now)
{
	struct object was = *e->o, is = *now, *shared = e->o;

	was.refs = is.refs = 1;
	if (object_is_own(shared)) {
		*shared = is;
	} else if (memcmp(&was, &is, sizeof(was))) {
		e->o = object_copy(&is, is.name);
		object_release(shared);
	}
}

static struct hash_key listen_key(const struct object *o, uint16_t port)
{
	return (struct hash_key){o->netns, (uint64_t)o->protocol << 16 | port};
}

static bool is_listener(const struct object *o)
{
	return o->kind == OBJ_INET && o->tcp_state == TCP_LISTEN;
}

static void count_listener(struct objtable *t, const struct object *o, int delta)
{
	struct hash_key key = listen_key(o, o->lport);
	intptr_t n = (intptr_t)hash_get(&t->listeners, key) + delta;

	if (n > 0)
		hash_put(&t->listeners, key, (void *)n);
	else
		hash_remove(&t->listeners, key);
	if (delta > 0 && n == 1)
		t->listen_epoch++;
}

/* Unless another has it now. */
static void leave_sk(struct objtable *t, const struct obj_entry *e)
{
	struct hash_key key = {e->rest ? e->rest->sk : 0, 0};

	if (key.a && hash_get(&t->by_sk, key) == e)
		hash_remove(&t->by_sk, key);
}

static void entry_free(struct objtable *t, struct obj_entry *e)
{
	if (is_listener(e->o))
		count_listener(t, e->o, -1);
	leave_sk(t, e);
	t->dropped = t->now;
	t->expected = NULL;
	VEC_PUSH(t->free_places, t->n_free, t->cap_free) = e->o->place;
	if (e->rest)
		free(e->rest->path);
	free(e->rest);
	object_release(e->o);
	pool_put(&t->entries, e);
}

static bool drop_all(void *value, void *userdata)
{
	entry_free(userdata, value);
	return false;
}

struct objtable *objtable_free(struct objtable *t)
{
	if (!t)
		return NULL;
	hash_sweep(&t->objects, drop_all, t);
	hash_done(&t->objects);
	pool_done(&t->entries);
	hash_done(&t->by_sk);
	hash_done(&t->listeners);
	object_release(t->shown);
	free(t->free_places);
	free(t);
	return NULL;
}

/* What came behind it in a walk, where nothing was dropped since: that may have been what came. */
static struct obj_entry *following(const struct objtable *t, const struct obj_entry *e)
{
	return e->placed > t->dropped ? e->next : NULL;
}

/* It is where the walk is now. */
static void go_on(struct objtable *t, struct obj_entry *e)
{
	t->expected = following(t, e);
	t->last = e;
	e->next = NULL;
	e->placed = t->now;
}

void objtable_begin(struct objtable *t)
{
	t->now++;
	go_on(t, &t->head);
}

size_t objtable_places(const struct objtable *t)
{
	return t->n_places;
}

size_t objtable_count(const struct objtable *t)
{
	return t->objects.n;
}

static bool keep(void *value, void *userdata)
{
	struct obj_entry *e = value;
	struct objtable *t = userdata;

	if (t->now - e->seen < t->max_age) {
		e->forgotten = false;
		return true;
	}
	if (t->forget && !e->forgotten)
		t->forget(&e->o->key, t->userdata);
	/* a fact of the interval that has begun may still count on the name */
	if (t->max_age == AGE_LONG && !e->forgotten) {
		e->forgotten = true;
		return true;
	}
	entry_free(t, e);
	return false;
}

static void sweep(struct objtable *t, uint32_t max_age)
{
	t->max_age = max_age;
	t->swept = t->now;
	hash_sweep(&t->objects, keep, t);
}

struct object *objtable_unlisted(const struct obj_key *key)
{
	const struct object o = {.key = *key, .place = NO_OBJECT_PLACE, OBJECT_NO_SOCKET_NUMBERS};
	struct buf name = {0};
	struct object *ret;

	objname_name(&name, &o, NULL, false);
	ret = object_copy(&o, buf_str(&name));
	buf_done(&name);
	return ret;
}

static struct obj_entry *entry_of(struct objtable *t, const struct obj_key *key)
{
	struct object first = {.key = *key, OBJECT_NO_SOCKET_NUMBERS};
	struct obj_entry *e = hash_get(&t->objects, obj_hash_key(key));

	if (e)
		return e;
	if (t->objects.n >= t->max && t->swept != t->now)
		sweep(t, AGE_SHORT);
	if (t->objects.n >= t->max) {
		if (t->forget)
			t->forget(key, t->userdata);
		return NULL;
	}
	e = pool_get(&t->entries);
	first.place = t->n_free ? t->free_places[--t->n_free] : t->n_places++;
	e->o = object_copy(&first, NULL);
	e->seen = t->now;
	hash_put(&t->objects, obj_hash_key(key), e);
	return e;
}

static void set_addresses(struct objtable *t, struct object *o, const struct obj_rec *rec)
{
	bool was = is_listener(o);

	/* a closed socket has lost its addresses: facts still mean the connection it was */
	if (rec->tcp_state == TCP_CLOSE && !rec->rport && o->rport) {
		o->tcp_state = rec->tcp_state;
		return;
	}
	if (was)
		count_listener(t, o, -1);
	o->family = rec->family;
	o->netns = rec->netns;
	o->protocol = rec->protocol;
	o->tcp_state = rec->tcp_state;
	o->lport = rec->lport;
	o->rport = rec->rport;
	memcpy(o->laddr, rec->laddr, sizeof(o->laddr));
	memcpy(o->raddr, rec->raddr, sizeof(o->raddr));
	objname_unmap(o);
	if (is_listener(o))
		count_listener(t, o, 1);
}

static void update(struct objtable *t, struct obj_entry *e, const struct obj_rec *rec)
{
	struct object o = *e->o;
	bool same = e->known && objrec_same_socket(&o, rec);

	e->known = true;
	e->seen = t->now;
	if (!same)
		e->named_at = 0;
	e->partial = rec->partial;
	if (is_listener(&o) && rec->kind != OBJ_INET)
		count_listener(t, &o, -1);
	o.kind = rec->kind;
	o.socktype = rec->type;
	if (rec->kind == OBJ_INET) {
		if (!same)
			set_addresses(t, &o, rec);
	} else {
		o.family = rec->family;
		o.protocol = rec->protocol;
		o.netns = rec->netns;
	}
	objrec_set_tcp(&o, rec);
	become(e, &o);
	if (rec->path_len) {
		free(rest_of(e)->path);
		e->rest->path = objrec_path(rec);
	}
	if (rec->kind == OBJ_UNIX && rec->sk) {
		leave_sk(t, e);
		rest_of(e)->sk = rec->sk;
		e->rest->peer_sk = rec->peer_sk;
		hash_put(&t->by_sk, (struct hash_key){rec->sk, 0}, e);
	}
}

void objtable_update(struct objtable *t, const struct obj_rec *rec)
{
	struct obj_entry *e = objrec_is_sound(rec) ? entry_of(t, &rec->key) : NULL;

	if (!e)
		return;
	update(t, e, rec);
	e->walked = false;
}

static bool same_key(const struct obj_key *a, const struct obj_key *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->gen == b->gen;
}

/* Most often it is the one that came next the last time. */
static struct obj_entry *next_entry(struct objtable *t, const struct obj_key *key)
{
	struct obj_entry *e = t->expected;

	if (!e || !same_key(&e->o->key, key))
		e = entry_of(t, key);
	if (!e || e->placed == t->now)
		return e;
	t->last->next = e;
	go_on(t, e);
	return e;
}

struct obj_entry *objtable_walk(struct objtable *t, const struct obj_key *key, const struct obj_rec *rec)
{
	struct obj_entry *e = obj_key_is_none(key) ? NULL : next_entry(t, key);

	if (!e)
		return NULL;
	e->seen = t->now;
	if (rec && objrec_is_sound(rec)) {
		update(t, e, rec);
		e->walked = true;
	}
	return e;
}

bool objtable_walked(const struct obj_entry *e)
{
	return e->walked;
}

/* Which end we are. Nothing in the socket says it, but ports do. */
static bool local_is_server(struct objtable *t, struct obj_entry *e)
{
	const struct object *o = e->o;

	if (o->kind != OBJ_INET)
		return false;
	if (is_listener(o))
		return true;
	if (!o->rport)
		return o->lport && o->lport < EPHEMERAL;
	if (e->was_server || hash_get(&t->listeners, listen_key(o, o->lport))) {
		e->was_server = true;
		return true;
	}
	if (hash_get(&t->listeners, listen_key(o, o->rport)))
		return false;
	return o->lport < o->rport; /* ephemeral ports are the high ones */
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void make_name(struct objtable *t, struct obj_entry *e)
{
	const char *path = path_of(e);
	const struct object *was = e->o;
	struct object now = *was;
	struct buf name = {0};

	/* the client's end of a unix connection has no address: the server's says what it is */
	if (now.kind == OBJ_UNIX && !path && e->rest && e->rest->peer_sk) {
		const struct obj_entry *peer = hash_get(&t->by_sk, (struct hash_key){e->rest->peer_sk, 0});

		path = peer ? path_of(peer) : NULL;
	}
	now.is_server = local_is_server(t, e);
	now.type = objname_type(now.kind, now.family, path);
	/* names of sockets are made where they are looked at: object_name() */
	now.named = now.kind == OBJ_INET || objname_name(&name, &now, path, e->partial);
	now.name = now.kind == OBJ_INET ? NULL : buf_str(&name);
	e->named_at = t->listen_epoch;
	if (!now.name && !was->name) { /* a socket: most often it is new, and nobody else's yet */
		become(e, &now);
	} else if (now.is_server != was->is_server || now.type != was->type || now.named != was->named ||
		   !same_text(now.name, was->name)) {
		e->o = object_copy(&now, now.name);
		object_release(was);
	}
	buf_done(&name);
}

static bool name_is_old(const struct objtable *t, const struct obj_entry *e)
{
	return !e->named_at || (e->o->kind == OBJ_INET && e->named_at != t->listen_epoch) ||
	       (e->o->kind == OBJ_UNIX && e->rest && !e->rest->path && e->rest->peer_sk);
}

struct obj_entry *objtable_entry(struct objtable *t, const struct obj_key *key)
{
	struct obj_entry *e = obj_key_is_none(key) ? NULL : entry_of(t, key);

	if (e)
		e->seen = t->now;
	return e;
}

enum obj_kind objtable_kind(const struct obj_entry *e)
{
	return e->o->kind;
}

const struct object *objtable_hold(struct objtable *t, struct obj_entry *e, uint32_t n_open)
{
	if (name_is_old(t, e))
		make_name(t, e);
	if (e->o->n_open != n_open) {
		struct object now = *e->o;

		now.n_open = n_open;
		become(e, &now);
	}
	return object_hold(e->o);
}

bool objtable_get(struct objtable *t, struct obj_key key, struct object *ret)
{
	struct obj_entry *e = objtable_entry(t, &key);
	struct buf name = {0};

	if (obj_key_is_none(&key))
		return false;
	object_release(t->shown);
	t->shown = NULL;
	if (e && name_is_old(t, e))
		make_name(t, e);
	if (!e) {
		t->shown = objtable_unlisted(&key);
	} else if (!e->o->name) {
		objname_name(&name, e->o, NULL, false);
		t->shown = object_copy(e->o, buf_str(&name));
		buf_done(&name);
	}
	*ret = t->shown ? *t->shown : *e->o;
	ret->refs = ret->n_open = 0;
	ret->place = NO_OBJECT_PLACE;
	return true;
}

bool objtable_known(const struct objtable *t, const struct obj_key *key)
{
	const struct obj_entry *e = hash_get(&t->objects, obj_hash_key(key));

	return e && e->known;
}

uint32_t objtable_mark(const struct objtable *t, const struct obj_entry *e)
{
	return e->marked == t->now ? e->mark : UINT32_MAX;
}

void objtable_set_mark(struct objtable *t, struct obj_entry *e, uint32_t mark)
{
	e->marked = t->now;
	e->mark = mark;
}

void objtable_end(struct objtable *t)
{
	size_t from = t->max / 4 * 3 < SWEEP_FROM ? t->max / 4 * 3 : SWEEP_FROM;

	/* what many short-lived processes touch once would else fill the table to its bound */
	if (t->objects.n >= from && t->now % SWEEP_EVERY == 0)
		sweep(t, AGE_LONG);
	if (t->objects.n >= t->max / 8 * 7)
		sweep(t, AGE_SHORT);
}
