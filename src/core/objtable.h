/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objtable.h - the names of objects: what obj_rec records said about files,
 * sockets, pipes ..., by key. Bounded; what was not seen for a while can be
 * forgotten, the kernel side names it again at next sight.
 *
 * One instance belongs to one thread: the model has one, the spy another.
 */
#ifndef CTOP_CORE_OBJTABLE_H
#define CTOP_CORE_OBJTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/hash.h"
#include "core/sample.h"

struct objtable;

/* max = most objects kept, 0 = 200,000. */
struct objtable *objtable_new(size_t max);
struct objtable *objtable_free(struct objtable *t);

/* A new interval begins: ages count in these. */
void objtable_begin(struct objtable *t);

/* Takes in what a record says. */
void objtable_update(struct objtable *t, const struct obj_rec *rec);

/*
 * The object of an open descriptor, in the order of a walk that is much the same every interval; rec: what is
 * said about it, or NULL. NULL for the key of no object. The handle is good until objtable_end().
 */
struct obj_entry *objtable_walk(struct objtable *t, const struct obj_key *key, const struct obj_rec *rec);
/* Whether what the last walk said is what is known: a record came, and no later one from elsewhere. */
bool objtable_walked(const struct obj_entry *e);

/*
 * Fills everything of *ret that is not about a sample. An unknown object gets kind OBJ_NONE, named false and
 * a name made of its numbers. Strings live until the next call that is not const. False for OBJ_NONE's key:
 * then *ret is not touched.
 */
bool objtable_get(struct objtable *t, struct obj_key key, struct object *ret);

/* A handle that is good until objtable_end(); NULL: the table has no room for the object, or the key is of
 * none. */
struct obj_entry *objtable_entry(struct objtable *t, const struct obj_key *key);
enum obj_kind objtable_kind(const struct obj_entry *e);

/* The object as it is now, with so many descriptors, to be held by a sample: object_release(). */
const struct object *objtable_hold(struct objtable *t, struct obj_entry *e, uint32_t n_open);

/* What is shown of an object that the table has no room for; the caller's, see object.h. */
struct object *objtable_unlisted(const struct obj_key *key);

/* Whether a record of the object has come. */
bool objtable_known(const struct objtable *t, const struct obj_key *key);

/* A mark on an object in the current interval, UINT32_MAX if none was set in it: the caller's index. */
uint32_t objtable_mark(const struct objtable *t, const struct obj_entry *e);
void objtable_set_mark(struct objtable *t, struct obj_entry *e, uint32_t mark);

/*
 * Who wants to know which objects were dropped, or could not be kept: the kernel side must name them again at
 * next sight.
 */
void objtable_on_forget(struct objtable *t, void (*fn)(const struct obj_key *key, void *userdata),
			void *userdata);

/* The interval ends: when the table is filling up, objects not seen for long are dropped. */
void objtable_end(struct objtable *t);

size_t objtable_count(const struct objtable *t);
/* Objects have places below this: object.place. */
size_t objtable_places(const struct objtable *t);

static inline bool obj_key_is_none(const struct obj_key *k)
{
	return !k->ino && !k->dev && !k->gen;
}

static inline struct hash_key obj_hash_key(const struct obj_key *k)
{
	return (struct hash_key){k->ino, (uint64_t)k->dev << 32 | k->gen};
}

#endif
