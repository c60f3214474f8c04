/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/users.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/mem.h"

/* Names of numbers that are in no file are made up to this many, then all are shown as "?". */
enum { NAMES_MAX = 100000 };

/* One file and the names in it. */
struct names {
	char *path;
	struct timespec mtime;
	ino_t ino;
	struct hash by_id; /* number -> char * */
};

struct users {
	struct names users, groups;
	struct hash homes, shells; /* of the users in the file */
};

static struct hash_key key_of(uint32_t id)
{
	return (struct hash_key){id, 0};
}

static bool drop(void *value, void *userdata)
{
	free(value);
	return false;
}

/* The first line wins, as in getpwuid(). False when there is no room for more. */
static bool add(struct names *n, uint32_t id, const char *name)
{
	if (!hash_get(&n->by_id, key_of(id)))
		hash_put(&n->by_id, key_of(id), xstrdup(name));
	return n->by_id.n < NAMES_MAX;
}

static void add_text(struct hash *h, uint32_t id, const char *text)
{
	if (text && *text && !hash_get(h, key_of(id)))
		hash_put(h, key_of(id), xstrdup(text));
}

/* Empties the names if the file changed; NULL if it did not or cannot be read. */
static FILE *open_changed(struct names *n)
{
	struct stat st;

	if (stat(n->path, &st) < 0)
		st = (struct stat){0};
	if (st.st_ino == n->ino && st.st_mtim.tv_sec == n->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == n->mtime.tv_nsec)
		return NULL;
	n->ino = st.st_ino;
	n->mtime = st.st_mtim;
	hash_sweep(&n->by_id, drop, NULL);
	return fopen(n->path, "re");
}

static void names_done(struct names *n)
{
	hash_sweep(&n->by_id, drop, NULL);
	hash_done(&n->by_id);
	free(n->path);
}

static const char *name_of(struct names *n, uint32_t id)
{
	char *name = hash_get(&n->by_id, key_of(id));

	if (!name) {
		if (n->by_id.n >= NAMES_MAX)
			return "?";
		name = xasprintf("%u", id);
		hash_put(&n->by_id, key_of(id), name);
	}
	return name;
}

struct users *users_new(const char *etc_root)
{
	struct users *u = xcalloc(1, sizeof(*u));

	u->users.path = xasprintf("%s/passwd", etc_root);
	u->groups.path = xasprintf("%s/group", etc_root);
	users_refresh(u);
	return u;
}

struct users *users_free(struct users *u)
{
	if (!u)
		return NULL;
	names_done(&u->users);
	names_done(&u->groups);
	hash_sweep(&u->homes, drop, NULL);
	hash_sweep(&u->shells, drop, NULL);
	hash_done(&u->homes);
	hash_done(&u->shells);
	free(u);
	return NULL;
}

void users_refresh(struct users *u)
{
	enum { LINE_MAX_GROUP = 1 << 16 }; /* groups name their members */
	FILE *f = open_changed(&u->users);
	struct passwd pw, *got;
	struct group gr, *got_group;
	char *line = xmalloc(LINE_MAX_GROUP);

	if (f) {
		hash_sweep(&u->homes, drop, NULL);
		hash_sweep(&u->shells, drop, NULL);
	}
	while (f && fgetpwent_r(f, &pw, line, LINE_MAX_GROUP, &got) == 0 &&
	       add(&u->users, got->pw_uid, got->pw_name)) {
		add_text(&u->homes, got->pw_uid, got->pw_dir);
		add_text(&u->shells, got->pw_uid, got->pw_shell);
	}
	if (f)
		fclose(f);
	f = open_changed(&u->groups);
	while (f && fgetgrent_r(f, &gr, line, LINE_MAX_GROUP, &got_group) == 0 &&
	       add(&u->groups, got_group->gr_gid, got_group->gr_name))
		;
	if (f)
		fclose(f);
	free(line);
}

const char *users_name(struct users *u, uint32_t uid)
{
	return name_of(&u->users, uid);
}

const char *users_home(struct users *u, uint32_t uid)
{
	return hash_get(&u->homes, key_of(uid));
}

const char *users_shell(struct users *u, uint32_t uid)
{
	return hash_get(&u->shells, key_of(uid));
}

const char *users_group(struct users *u, uint32_t gid)
{
	return name_of(&u->groups, gid);
}
