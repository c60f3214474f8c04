/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash.h - a map from 128-bit keys to pointers: open addressing, linear
 * probing. Everything the model keeps is identified by at most 16 bytes (sid,
 * tid + start, object key, cgroup id), so one map serves all. It does not own
 * the values. `struct hash h = {0};` is a valid empty map.
 */
#ifndef CTOP_CORE_HASH_H
#define CTOP_CORE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t a, b;
};

struct hash_slot;

/*
 * A map takes 24 bytes a slot, or 8 if its values know their keys: with key_of set, before the first one is
 * put, and all of them pointers.
 */
struct hash {
	void *slots;
	size_t n, cap; /* cap is 0 or a power of two */
	struct hash_key (*key_of)(const void *value);
};

void hash_done(struct hash *h);  /* frees the slots, not the values; it is an empty map then */
void hash_clear(struct hash *h); /* forgets all keys, keeps the memory unless it is far too much */
void hash_reserve(struct hash *h,
		  size_t n); /* room for n keys: growing step by step moves each of them twice */

/* The value, or NULL. */
void *hash_get(const struct hash *h, struct hash_key key);

/* Sets the value (not NULL); returns the one it replaces, or NULL. */
void *hash_put(struct hash *h, struct hash_key key, void *value);

/* Takes the key out; returns its value, or NULL. */
void *hash_remove(struct hash *h, struct hash_key key);

/* The value behind *pos, which starts at 0; NULL at the end. The map must not change meanwhile. */
void *hash_next(const struct hash *h, size_t *pos);

/* Drops every value for which keep() is false (keep() may free it). Shrinks the map when it got empty. */
void hash_sweep(struct hash *h, bool (*keep)(void *value, void *userdata), void *userdata);

/* A key for bytes of any length: two independent 64-bit hashes. */
struct hash_key hash_bytes(const void *data, size_t len);

#endif
