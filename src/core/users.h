/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.h - user and group names from passwd and group files. Reads the files itself: a monitor
 * must never wait for a name service on the network.
 */
#ifndef CTOP_CORE_USERS_H
#define CTOP_CORE_USERS_H

#include <stdint.h>

struct users;

/* etc_root holds both ("/etc"). Never fails: without a file every name is a number. */
struct users *users_new(const char *etc_root);
struct users *users_free(struct users *u);

/* Reads a file again if it changed; once an interval. */
void users_refresh(struct users *u);

/* Name, or the number as text. Lives until users_refresh() or users_free(). */
const char *users_name(struct users *u, uint32_t uid);
/* Of a user; NULL where the file does not say. Same life. */
const char *users_home(struct users *u, uint32_t uid);
const char *users_shell(struct users *u, uint32_t uid);
const char *users_group(struct users *u, uint32_t gid);

#endif
