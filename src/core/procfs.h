/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs.h - bounded reads of small files below a root directory.
 */
#ifndef CTOP_CORE_PROCFS_H
#define CTOP_CORE_PROCFS_H

#include <stddef.h>

/*
 * Reads at most max bytes of root/path (path in printf form) into a NUL-terminated
 * buffer that the caller frees. *ret_len (may be NULL) excludes that NUL. 0 or -errno.
 */
int procfs_read(const char *root, size_t max, char **ret, size_t *ret_len, const char *path, ...)
	__attribute__((format(printf, 5, 6)));

/* Target of the symbolic link root/path; caller frees. 0 or -errno. */
int procfs_link(const char *root, char **ret, const char *path, ...) __attribute__((format(printf, 3, 4)));

#endif
