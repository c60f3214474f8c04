/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawn.h - starts a program for the user: no shell, no descriptors of ours, no
 * capabilities, a short list of environment variables, and the rights of who
 * started us unless root's were asked for. Knows nothing of actions or screens.
 */
#ifndef CTOP_CORE_SPAWN_H
#define CTOP_CORE_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SPAWN_GROUPS_MAX = 256 };

/* Who started us: by sudo, doas or pkexec somebody else than root. */
struct spawn_user {
	uid_t uid;
	gid_t gid, groups[SPAWN_GROUPS_MAX];
	size_t n_groups;
	char *name, *home, *shell; /* NULL where /etc/passwd does not tell */
};
void spawn_user_init(struct spawn_user *u); /* out of the environment and /etc: no name service is asked */
void spawn_user_done(struct spawn_user *u);

/*
 * The file of a program: looked for in the usual directories of the system when we are root, else in PATH.
 * NULL: there is none. Caller frees.
 */
char *spawn_find(const char *program);

/* The environment of a child: what a program needs to talk to a person and to find its daemon.
 * spawn_env_free(). */
char **spawn_env(const struct spawn_user *user, bool as_root);
char **spawn_env_free(char **env);

struct spawn {
	const char *path; /* of the program */
	char *const *argv, *const *env;
	int (*builtin)(void *arg); /* instead of a program: called in the child, 0 or -errno; only system
				      calls in it */
	void *arg;
	const struct spawn_user *user;
	bool as_root; /* keeps root's rights if we have them */
	int out; /* standard output and error, standard input is /dev/null; -1: all three are the terminal */
	int tty; /* with out -1: the terminal, which becomes the child's */
};

/*
 * 0; -errno of what went wrong in the child, execve() and `builtin` included. The child leads a process group
 * (a session when it has no terminal). *ret_pidfd (NULL: not wanted) is close-on-exec; wait for the child.
 */
int spawn_start(const struct spawn *s, pid_t *ret_pid, int *ret_pidfd);

/*
 * A descriptor of process `pid` if it is still the one that started start_boot ns after boot and lives; close
 * it. proc_root: "/proc". -ESRCH: it ended, or the number belongs to another one now; -errno.
 */
int spawn_open_process(const char *proc_root, uint32_t pid, uint64_t start_boot);

#endif
