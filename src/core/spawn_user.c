/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn_user.c - who started us, where programs are, and what a child learns of our environment. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/spawn.h"

static const char system_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* ---- who ---- */

static bool number_of(const char *name, unsigned long *ret)
{
	const char *text = getenv(name);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoul(text, &end, 10);
	return !*end && !errno && *ret < UINT32_MAX;
}

/* By number, or by name where that is not NULL. */
static bool read_passwd(const char *name, struct spawn_user *u)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *pw;
	bool found = false;

	while (f && !found && (pw = fgetpwent(f))) {
		found = name ? !strcmp(pw->pw_name, name) : pw->pw_uid == u->uid;
		if (!found)
			continue;
		u->uid = pw->pw_uid;
		u->gid = pw->pw_gid;
		u->name = xstrdup(pw->pw_name);
		u->home = *pw->pw_dir == '/' ? xstrdup(pw->pw_dir) : NULL;
		u->shell = *pw->pw_shell == '/' ? xstrdup(pw->pw_shell) : NULL;
	}
	if (f)
		fclose(f);
	return found;
}

static void add_group(struct spawn_user *u, gid_t gid)
{
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i] == gid)
			return;
	if (u->n_groups < SPAWN_GROUPS_MAX)
		u->groups[u->n_groups++] = gid;
}

static void read_groups(struct spawn_user *u)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *gr;

	add_group(u, u->gid);
	while (f && u->name && (gr = fgetgrent(f)))
		for (char **m = gr->gr_mem; m && *m; m++)
			if (!strcmp(*m, u->name))
				add_group(u, gr->gr_gid);
	if (f)
		fclose(f);
}

void spawn_user_init(struct spawn_user *u)
{
	const char *doas = getenv("DOAS_USER");
	unsigned long uid, gid;

	*u = (struct spawn_user){.uid = getuid(), .gid = getgid()};
	if (geteuid() != 0 || u->uid != 0) {
		read_passwd(NULL, u);
		u->uid = getuid(); /* several names may have the number */
		u->gid = getgid();
	} else if (number_of("SUDO_UID", &uid) || number_of("PKEXEC_UID", &uid)) {
		u->uid = (uid_t)uid;
		u->gid = (gid_t)uid; /* when nobody tells: better nobody's group than root's */
		read_passwd(NULL, u);
		if (number_of("SUDO_UID", &uid) && number_of("SUDO_GID", &gid))
			u->gid = (gid_t)gid;
	} else if (!doas || !read_passwd(doas, u)) {
		read_passwd(NULL, u);
	}
	read_groups(u);
}

void spawn_user_done(struct spawn_user *u)
{
	free(u->name);
	free(u->home);
	free(u->shell);
	*u = (struct spawn_user){0};
}

/* ---- where ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *spawn_find(const char *program)
{
	/* a directory of the user's does not decide what root runs, nor one relative to wherever we are */
	const char *path = geteuid() == 0 ? NULL : getenv("PATH");

	if (*program == '/')
		return is_program(program) ? xstrdup(program) : NULL;
	if (strchr(program, '/'))
		return NULL;
	if (!path || !*path)
		path = system_path;
	while (*path) {
		size_t len = strcspn(path, ":");
		char *file = *path == '/' ? xasprintf("%.*s/%s", (int)len, path, program) : NULL;

		if (file && is_program(file))
			return file;
		free(file);
		path += len;
		path += *path == ':';
	}
	return NULL;
}

/* ---- what it is told ---- */

static bool is_passed(const char *variable, bool other_user)
{
	/* a trailing '*' stands for any end */
	static const char *const always[] = {"TERM=*",
					     "COLORTERM=*",
					     "LANG=*",
					     "LANGUAGE=*",
					     "LC_*",
					     "TZ=*",
					     "NO_COLOR=*",
					     "DOCKER_*",
					     "CONTAINER_*",
					     "CONTAINERS_*",
					     "CONTAINERD_*",
					     "NERDCTL_*",
					     "STORAGE_DRIVER=*",
					     "CONTAINER_RUNTIME_ENDPOINT=*",
					     "IMAGE_SERVICE_ENDPOINT=*",
					     "CRI_CONFIG_FILE=*",
					     "KUBECONFIG=*"};
	/* of the one whose session it is */
	static const char *const session[] = {"XDG_RUNTIME_DIR=*",
					      "DBUS_SESSION_BUS_ADDRESS=*",
					      "XDG_CONFIG_HOME=*",
					      "XDG_DATA_HOME=*",
					      "HOME=*",
					      "USER=*",
					      "LOGNAME=*",
					      "SHELL=*"};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!strncmp(variable, always[i], strlen(always[i]) - 1))
			return true;
	for (size_t i = 0; !other_user && i < sizeof(session) / sizeof(session[0]); i++)
		if (!strncmp(variable, session[i], strlen(session[i]) - 1))
			return true;
	return false;
}

char **spawn_env(const struct spawn_user *u, bool as_root)
{
	bool other = geteuid() == 0 && !as_root && u->uid != 0;
	const char *path = geteuid() == 0 ? NULL : getenv("PATH");
	char **env = NULL, *dir;
	size_t n = 0, cap = 0;
	struct stat st;

	for (char **e = environ; e && *e; e++)
		if (is_passed(*e, other))
			VEC_PUSH(env, n, cap) = xstrdup(*e);
	VEC_PUSH(env, n, cap) = xasprintf("PATH=%s", path && *path ? path : system_path);
	if (other) {
		VEC_PUSH(env, n, cap) = xasprintf("HOME=%s", u->home ? u->home : "/");
		VEC_PUSH(env, n, cap) = xasprintf("SHELL=%s", u->shell ? u->shell : "/bin/sh");
		if (u->name) {
			VEC_PUSH(env, n, cap) = xasprintf("USER=%s", u->name);
			VEC_PUSH(env, n, cap) = xasprintf("LOGNAME=%s", u->name);
		}
		dir = xasprintf("/run/user/%u", u->uid);
		if (stat(dir, &st) == 0 && st.st_uid == u->uid)
			VEC_PUSH(env, n, cap) = xasprintf("XDG_RUNTIME_DIR=%s", dir);
		free(dir);
	}
	VEC_PUSH(env, n, cap) = NULL;
	return env;
}

char **spawn_env_free(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
	return NULL;
}
