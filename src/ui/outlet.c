/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outlet.c - see outlet.h. */
#include "ui/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "core/mem.h"

enum { FINISH_MS = 300, CHUNK = 4096 };

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

struct outlet {
	int written; /* the file in memory: what `fd` is now */
	int tty;     /* does not wait */
	int shared;  /* it is the one that others have, too: its flags, to be restored; -1 */
	char *data;  /* [at, len) is left */
	size_t at, len, cap;
	bool gone;
};

/* A description of our own, so that not waiting is our own, too: the shell has the same terminal. */
static int open_tty(int fd, int *ret_shared)
{
	char path[40];
	int tty;

	*ret_shared = -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	tty = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (tty >= 0)
		return tty;
	tty = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	*ret_shared = tty < 0 ? -1 : fcntl(tty, F_GETFL);
	if (*ret_shared >= 0)
		fcntl(tty, F_SETFL, *ret_shared | O_NONBLOCK);
	return tty;
}

int outlet_new(int fd, struct outlet **ret)
{
	struct outlet *o = xcalloc(1, sizeof(*o));
	int err = 0;

	o->written = memfd_create("ctop-trace-screen", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (o->written < 0)
		o->written = memfd_create("ctop-trace-screen", MFD_CLOEXEC); /* before Linux 6.3 */
	o->tty = open_tty(fd, &o->shared);
	if (o->written < 0 || o->tty < 0 || dup3(o->written, fd, O_CLOEXEC) < 0) {
		err = -errno;
		if (o->written >= 0)
			close(o->written);
		if (o->tty >= 0)
			close(o->tty);
		free(o);
		return err;
	}
	*ret = o;
	return 0;
}

struct outlet *outlet_free(struct outlet *o)
{
	if (!o)
		return NULL;
	outlet_finish(o);
	if (o->shared >= 0)
		fcntl(o->tty, F_SETFL, o->shared);
	close(o->tty);
	close(o->written);
	free(o->data);
	free(o);
	return NULL;
}

/* Moves what curses has written behind what is left. */
static void take(struct outlet *o)
{
	struct stat st;
	ssize_t n;

	if (fstat(o->written, &st) || st.st_size <= 0)
		return;
	if (o->at == o->len)
		o->at = o->len = 0;
	if (o->cap - o->len < (size_t)st.st_size) {
		o->cap = o->len + (size_t)st.st_size + CHUNK;
		o->data = xreallocarray(o->data, o->cap, 1);
	}
	n = pread(o->written, o->data + o->len, (size_t)st.st_size, 0);
	if (n > 0)
		o->len += (size_t)n;
	if (ftruncate(o->written, 0) || lseek(o->written, 0, SEEK_SET)) { /* cannot fail on memory */
	}
}

bool outlet_push(struct outlet *o)
{
	take(o);
	while (o->at < o->len && !o->gone) {
		ssize_t n = write(o->tty, o->data + o->at, o->len - o->at);

		if (n > 0)
			o->at += (size_t)n;
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n == 0 || errno == EAGAIN)
			break;
		else
			o->gone = true;
	}
	return !o->gone;
}

bool outlet_busy(const struct outlet *o)
{
	return o->at < o->len && !o->gone;
}

int outlet_fd(const struct outlet *o)
{
	return o->tty;
}

void outlet_finish(struct outlet *o)
{
	struct pollfd fd = {o->tty, POLLOUT, 0};

	for (;;) {
		size_t left;

		outlet_push(o);
		left = o->len - o->at;
		if (!outlet_busy(o))
			return;
		if (poll(&fd, 1, FINISH_MS) <= 0 || !(fd.revents & POLLOUT) ||
		    (outlet_push(o), o->len - o->at == left))
			break;
	}
	/* nobody reads: what is stuck goes, and the end of it, which restores the terminal, fits again */
	tcflush(o->tty, TCOFLUSH);
	if (o->len - o->at > CHUNK)
		o->at = o->len - CHUNK;
	outlet_push(o);
	o->at = o->len;
}
