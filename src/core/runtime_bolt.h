/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime_bolt.h - reads one bucket out of a bbolt database while its owner
 * writes to it: containerd keeps images and labels of containers nowhere else.
 *
 * No lock is taken and nothing is mapped. Pages are copy on write, so what the
 * newest meta page leads to stays for the next transaction; whether one came in
 * between is looked at in the end. Every number in the file is hostile.
 */
#ifndef CTOP_CORE_RUNTIME_BOLT_H
#define CTOP_CORE_RUNTIME_BOLT_H

#include <stdbool.h>
#include <stddef.h>

/* One key of the bucket, in its order; for a bucket inside, is_bucket is set and there is no value. */
typedef void (*bolt_fn)(const char *key, size_t key_len, const char *value, size_t value_len, bool is_bucket,
			void *userdata);

/*
 * Calls fn for what is in the bucket path[0] / path[1] / ... of the file fd. Because the file changes, fn can
 * be called again for all of it: `restart` says so first. 0, -ENOENT: no such bucket, -EBADMSG: not a
 * database, -EAGAIN: it changes too fast, or -errno.
 */
int bolt_bucket(int fd, const char *const *path, size_t n, bolt_fn fn, void (*restart)(void *userdata),
		void *userdata);

#endif
