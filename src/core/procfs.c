/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/mem.h"

__attribute__((format(printf, 3, 0))) static int join(char path[static PATH_MAX], const char *root,
						      const char *fmt, va_list ap)
{
	int n = snprintf(path, PATH_MAX, "%s/", root);
	int m = n < PATH_MAX ? vsnprintf(path + n, (size_t)(PATH_MAX - n), fmt, ap) : 0;

	return n + m < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int procfs_read(const char *root, size_t max, char **ret, size_t *ret_len, const char *fmt, ...)
{
	char path[PATH_MAX], *data = NULL;
	size_t len = 0, cap = 0;
	ssize_t n;
	va_list ap;
	int fd, r;

	va_start(ap, fmt);
	r = join(path, root, fmt, ap);
	va_end(ap);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	do {
		if (cap - len < 512 && cap < max + 1) {
			cap = cap ? cap * 2 : 1024;
			cap = cap > max + 1 ? max + 1 : cap;
			data = xreallocarray(data, cap, 1);
		}
		n = read(fd, data + len, cap - 1 - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < max) || (n < 0 && errno == EINTR));
	r = n < 0 ? -errno : 0;
	close(fd);
	if (r < 0) {
		free(data);
		return r;
	}
	data[len] = '\0';
	*ret = data;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int procfs_link(const char *root, char **ret, const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	va_list ap;
	ssize_t n;
	int r;

	va_start(ap, fmt);
	r = join(path, root, fmt, ap);
	va_end(ap);
	if (r < 0)
		return r;
	n = readlink(path, target, sizeof(target));
	if (n < 0)
		return -errno;
	*ret = xstrndup(target, (size_t)n);
	return 0;
}
