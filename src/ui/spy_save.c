/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_save.c - a spy's lines into a file, some at a time so that keys are answered meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/spawn.h"
#include "ui/spy.h"

void spy_save_end(struct spy *s)
{
	if (s->save_fd >= 0)
		close(s->save_fd);
	s->save_fd = -1;
	free(s->save_name);
	s->save_name = NULL;
}

/* A new file that belongs to who started us, made with their rights: root makes none in anybody's home. */
static int create_file(const char *name)
{
	struct spawn_user user;
	int fd = -EPERM;
	bool become;

	spawn_user_init(&user);
	become = geteuid() == 0 && user.uid != 0;
	if (become) {
		setfsgid(user.gid);
		setfsuid(user.uid);
	}
	if (!become || (uid_t)setfsuid((uid_t)-1) == user.uid) { /* this one only asks */
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			fd = -errno;
	}
	if (become) {
		setfsuid(0);
		setfsgid(getegid());
	}
	spawn_user_done(&user);
	return fd;
}

int spy_save(struct spy *s, const char *name)
{
	int fd = create_file(name);

	if (fd < 0)
		return fd;
	spy_save_end(s);
	s->save_fd = fd;
	s->save_name = xstrdup(name);
	s->save_at = s->log.shown_head;
	s->save_end = spy_tail(s);
	s->saved = s->save_missed = 0;
	return 0;
}

static int write_all(int fd, const struct buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

bool spy_save_step(struct spy *s, uint64_t deadline, char *note, size_t size)
{
	struct buf text = {0}, name = {0};
	bool ended;
	int err;

	for (unsigned i = 0; s->save_at < s->save_end && (i % 32 || clock_ns(CLOCK_MONOTONIC) < deadline);
	     i++, s->save_at++) {
		const struct spy_entry *e = spy_log_line(&s->log, s->save_at);

		if (!e) { /* fell off the top meanwhile */
			s->save_missed++;
			continue;
		}
		spy_line_text(s, e, true, &text);
		buf_addc(&text, '\n');
		s->saved++;
	}
	err = write_all(s->save_fd, &text);
	ended = err || s->save_at >= s->save_end;
	if (ended && !err && fsync(s->save_fd) &&
	    errno != EINVAL) /* some file systems notice late that they are full */
		err = -errno;
	if (ended) {
		format_safe(&name, s->save_name, strlen(s->save_name));
		if (err)
			snprintf(note, size, "%s: %s; the file is incomplete", buf_str(&name),
				 strerror(-err));
		else if (s->save_missed)
			snprintf(note, size, "saved %llu lines to %s (%llu were dropped meanwhile)",
				 (unsigned long long)s->saved, buf_str(&name),
				 (unsigned long long)s->save_missed);
		else
			snprintf(note, size, "saved %llu lines to %s", (unsigned long long)s->saved,
				 buf_str(&name));
		spy_save_end(s);
	}
	buf_done(&text);
	buf_done(&name);
	return ended;
}
