/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostnames.h - names of addresses out of /etc/hosts. No name server is asked:
 * a monitor must never wait for one.
 */
#ifndef CTOP_CORE_HOSTNAMES_H
#define CTOP_CORE_HOSTNAMES_H

#include <sys/stat.h>

#include "core/arena.h"
#include "core/sample.h"

struct hostnames {
	char *path;
	struct timespec mtime;
	ino_t ino;
	struct host_name *names; /* the first line of an address wins; names are ours */
	size_t n, cap;
};

void hostnames_init(struct hostnames *h, const char *etc_root);
void hostnames_done(struct hostnames *h);

/* Reads the file again if it changed, and copies what it says. */
const struct host_name *hostnames_copy(struct hostnames *h, struct arena *arena, size_t *ret_n);

#endif
