/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * safefile.h - reads of files that others write and that nobody vouches for:
 * what container runtimes keep on disk. And whether a file of our own can be
 * vouched for.
 *
 * A path has two parts. The base is the runtime's own directory; symbolic links
 * in it are the administrator's (/var/lib/docker -> /data/docker) and are
 * followed, inside sys_root. Below the base no link of any kind is followed,
 * and nothing but a regular file of bounded size is opened for reading.
 */
#ifndef CTOP_CORE_SAFEFILE_H
#define CTOP_CORE_SAFEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which version of a file was read: equal stamps, equal content. All zero: there was none. */
struct file_stamp {
	uint64_t dev, ino, size, mtime_ns, ctime_ns;
};

/*
 * Directory sys_root/base/rel for listing or as a base of openat(); rel may be "". Returns a descriptor that
 * the caller closes, or -errno.
 */
int safe_opendir(const char *sys_root, const char *base, const char *rel);

/*
 * Reads sys_root/base/rel whole into a NUL-terminated buffer that the caller frees. -EFBIG: more than max
 * bytes. -EINVAL: not a regular file. -ELOOP, -EXDEV: a link below base. *ret_stamp may be NULL. 0 or -errno.
 */
int safe_read(const char *sys_root, const char *base, const char *rel, size_t max, char **ret,
	      size_t *ret_len, struct file_stamp *ret_stamp);

/* Opens a regular file for reading, of any size. Returns a descriptor that the caller closes, or -errno. */
int safe_open(const char *sys_root, const char *base, const char *rel);

/* Target of the link sys_root/base/rel, which is not followed, NUL-terminated; cut if size is too small. 0 or
 * -errno. */
int safe_readlink(const char *sys_root, const char *base, const char *rel, char *ret, size_t size);

/* The stamp alone; of a directory too. 0 or -errno. */
int safe_stamp(const char *sys_root, const char *base, const char *rel, struct file_stamp *ret);

static inline bool stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

/*
 * Whether to believe an open file that says what to do (views): where root reads, a regular file must belong
 * to root or to who called sudo, and nobody else may write it. Anybody else believes whom he likes.
 */
bool safe_trusted(int fd);

/* Whether s can be one component of a path: not empty, no '/', not "." or "..". */
bool safe_component(const char *s);

#endif
