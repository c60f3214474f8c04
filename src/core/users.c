/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/users.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/mem.h"

/* Names of numbers that are in no file are made up to this many, then all are shown as "?". */
enum { USERS_MAX = 100000 };

struct users {
	char *path;
	struct timespec mtime;
	ino_t ino;
	struct hash by_uid; /* uid -> char * */
};

static struct hash_key key_of(uint32_t uid)
{
	return (struct hash_key){uid, 0};
}

static bool drop(void *value, void *userdata)
{
	free(value);
	return false;
}

struct users *users_new(const char *etc_root)
{
	struct users *u = xcalloc(1, sizeof(*u));

	u->path = xasprintf("%s/passwd", etc_root);
	users_refresh(u);
	return u;
}

struct users *users_free(struct users *u)
{
	if (!u)
		return NULL;
	hash_sweep(&u->by_uid, drop, NULL);
	hash_done(&u->by_uid);
	free(u->path);
	free(u);
	return NULL;
}

void users_refresh(struct users *u)
{
	struct passwd pw, *got;
	struct stat st;
	char line[4096];
	FILE *f;

	if (stat(u->path, &st) < 0)
		st = (struct stat){0};
	if (st.st_ino == u->ino && st.st_mtim.tv_sec == u->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == u->mtime.tv_nsec)
		return;
	u->ino = st.st_ino;
	u->mtime = st.st_mtim;
	hash_sweep(&u->by_uid, drop, NULL);
	f = fopen(u->path, "re");
	if (!f)
		return;
	while (u->by_uid.n < USERS_MAX && fgetpwent_r(f, &pw, line, sizeof(line), &got) == 0)
		if (!hash_get(&u->by_uid, key_of(got->pw_uid))) /* the first line wins, as in getpwuid() */
			hash_put(&u->by_uid, key_of(got->pw_uid), xstrdup(got->pw_name));
	fclose(f);
}

const char *users_name(struct users *u, uint32_t uid)
{
	char *name = hash_get(&u->by_uid, key_of(uid));

	if (!name) {
		if (u->by_uid.n >= USERS_MAX)
			return "?";
		name = xasprintf("%u", uid);
		hash_put(&u->by_uid, key_of(uid), name);
	}
	return name;
}
