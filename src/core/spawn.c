/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawn.c - fork and exec. Between the two only system calls are made: other
 * threads may hold any lock. Credentials are set by bare system calls, because
 * the C library's would wait for those threads.
 */
#include "core/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"

static void setup_signals(void)
{
	static const char dfl[64]; /* the kernel's struct sigaction, all zeros: SIG_DFL */
	sigset_t none;

	/* not by sigaction(): it refuses 32 and 33, which posix_spawn() of whoever started us leaves ignored
	 */
	for (int i = 1; i < NSIG; i++)
		syscall(SYS_rt_sigaction, i, dfl, NULL, (size_t)(NSIG / 8));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Becomes the user for good; nothing that a file capability or an ambient set gave us goes along. */
static int setup_rights(const struct spawn *s)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
	const struct spawn_user *u = s->user;
	bool root = geteuid() == 0;

	if (root && s->as_root)
		return 0;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (root) {
		if (syscall(SYS_setgroups, u->n_groups, u->groups) < 0 ||
		    syscall(SYS_setresgid, u->gid, u->gid, u->gid) < 0 ||
		    syscall(SYS_setresuid, u->uid, u->uid, u->uid) < 0)
			return -errno;
	}
	if (root && u->uid == 0) /* it was root who started us: nothing to give up */
		return 0;
	return syscall(SYS_capset, &head, none) < 0 ? -errno : 0;
}

static int setup_terminal(const struct spawn *s)
{
	sigset_t ttou, old;
	int r, null;

	if (s->out < 0) {
		if (setpgid(0, 0) < 0)
			return -errno;
		/* we are in the background now and would be stopped for it */
		sigemptyset(&ttou);
		sigaddset(&ttou, SIGTTOU);
		sigprocmask(SIG_BLOCK, &ttou, &old);
		r = tcsetpgrp(s->tty, getpid()) < 0 ? -errno : 0;
		sigprocmask(SIG_SETMASK, &old, NULL);
		return r;
	}
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (setsid() < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(s->out, STDOUT_FILENO) < 0 ||
	    dup2(s->out, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

_Noreturn static void child(const struct spawn *s, int report)
{
	int r = s->builtin ? 0 : setup_terminal(s);

	if (!r)
		r = setup_rights(s);
	setup_signals();
	if (!r && chdir("/") < 0)
		r = -errno;
	if (!r && s->builtin) {
		r = s->builtin(s->arg);
	} else if (!r) {
		/* all of ours are close-on-exec; this is for libraries that forget it */
		if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
			r = -errno;
		if (!r) {
			execve(s->path, s->argv, s->env);
			r = -errno;
		}
	}
	if (write(report, &r, sizeof(r)) < 0)
		_exit(126);
	_exit(r ? 127 : 0);
}

int spawn_start(const struct spawn *s, pid_t *ret_pid, int *ret_pidfd)
{
	sigset_t all, old;
	int report[2], r = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	/* no handler of ours may run in the child */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		child(s, report[1]);
	r = pid < 0 ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close(report[1]);
	if (!r) {
		if (s->out < 0)
			setpgid(pid, pid); /* whoever is first */
		do
			n = read(report[0], &r, sizeof(r));
		while (n < 0 && errno == EINTR);
		if (n != sizeof(r)) /* closed by execve() */
			r = 0;
	}
	close(report[0]);
	if (pid > 0 && (r || s->builtin))
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (!r && !s->builtin) {
		*ret_pid = pid;
		if (ret_pidfd)
			*ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0U); /* close-on-exec by itself */
	}
	return r;
}

/* ---- processes ---- */

/* Field 22 of /proc/PID/stat: clock ticks since boot. */
static int start_ticks(const char *proc_root, uint32_t pid, unsigned long long *ret)
{
	char *path = xasprintf("%s/%u/stat", proc_root, pid), text[4096], *p;
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = errno;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	free(path);
	if (fd < 0)
		return error == ENOENT ? -ESRCH : -error;
	close(fd);
	if (n <= 0)
		return -ESRCH;
	text[n] = '\0';
	p = strrchr(text, ')'); /* the name may have any characters */
	for (int i = 0; p && i < 20; i++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, "%llu", ret) == 1 ? 0 : -ESRCH;
}

int spawn_open_process(const char *proc_root, uint32_t pid, uint64_t start_boot)
{
	unsigned long long ticks = 0, second = 1000000000ULL, hz = (unsigned long long)sysconf(_SC_CLK_TCK);
	struct pollfd alive = {.events = POLLIN};
	int r;

	/* opened first: if what we look at then is the right one, so is the descriptor */
	alive.fd = (int)syscall(SYS_pidfd_open, pid, 0U);
	if (alive.fd < 0)
		return -errno;
	r = start_ticks(proc_root, pid, &ticks);
	if (!r && ticks != start_boot / (second / hz))
		r = -ESRCH;
	if (!r && poll(&alive, 1, 0) != 0)
		r = -ESRCH;
	if (r)
		close(alive.fd);
	return r ? r : alive.fd;
}
