/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action_term.c - a child that has the terminal to itself, as a shell's job: its
 * keys and signals are its own, and it can be suspended together with us. The
 * terminal is as it was when it has ended, however it ended.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/mem.h"
#include "ui/action.h"
#include "ui/app.h"
#include "ui/crash.h"

enum { TTY = STDIN_FILENO, LOOK_MS = 100, PATIENCE_MS = 2000 };

struct job {
	struct app *a;
	pid_t pid;
	int pidfd;
	struct termios ours; /* of the shell that started us */
	uint64_t kill_at;
};

static void write_all(const char *text, size_t len)
{
	ssize_t n;

	while (len && (n = write(STDOUT_FILENO, text, len)) != 0) {
		if (n < 0 && errno != EINTR)
			return;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

/* Who may read keys and gets Ctrl-C. From the background that would stop us: SIGTTOU is blocked meanwhile. */
static void give_terminal(pid_t group)
{
	while (tcsetpgrp(TTY, group) < 0 && errno == EINTR)
		;
}

static void set_modes(const struct termios *modes)
{
	while (tcsetattr(TTY, TCSANOW, modes) < 0 && errno == EINTR)
		;
}

/* Ctrl-Z in the child: the job that the shell knows is us, so we stop as well, and go on together. */
static void stop_together(struct job *j)
{
	struct sigaction old, dfl = {.sa_handler = SIG_DFL};
	struct termios theirs;
	sigset_t set;

	tcgetattr(TTY, &theirs);
	give_terminal(getpgrp());
	set_modes(&j->ours);
	sigaction(SIGTSTP, &dfl, &old);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	do { /* again when it was only sent to the background */
		raise(SIGTSTP);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* stops here; not where no shell would wake us */
		pthread_sigmask(SIG_BLOCK, &set, NULL);
	} while (tcgetpgrp(TTY) != getpgrp() && tcgetpgrp(TTY) > 0);
	sigaction(SIGTSTP, &old, NULL);
	set_modes(&theirs);
	give_terminal(j->pid);
	kill(-j->pid, SIGCONT);
}

/* Something wants us to end: so does the child, if need be by force. */
static void on_signals(struct job *j)
{
	struct signalfd_siginfo info;

	while (read(j->a->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH || info.ssi_signo == SIGCONT || info.ssi_signo == SIGTSTP)
			continue; /* the size is looked up when the screen comes back */
		j->a->quit = true;
		kill(-j->pid, SIGHUP);
		kill(-j->pid, SIGCONT);
		j->kill_at = app_now() + PATIENCE_MS * 1000000ULL;
	}
}

/* Its wait status. */
static int wait_for(struct job *j)
{
	struct pollfd fds[] = {{j->pidfd, POLLIN, 0}, {j->a->signals, POLLIN, 0}};
	int status;
	pid_t r;

	for (;;) {
		r = waitpid(j->pid, &status, WNOHANG | WUNTRACED);
		if (r < 0 && errno != EINTR)
			return 0;
		if (r == j->pid && !WIFSTOPPED(status))
			return status;
		if (r == j->pid)
			stop_together(j);
		if (j->kill_at && app_now() >= j->kill_at)
			kill(-j->pid, SIGKILL);
		if (poll(fds, 2, LOOK_MS) > 0 && fds[1].revents) /* a stop is told by nothing but waitpid() */
			on_signals(j);
	}
}

static void wait_for_enter(struct app *a)
{
	struct pollfd fds[] = {{TTY, POLLIN, 0}, {a->signals, POLLIN, 0}};
	struct signalfd_siginfo info;
	char c = 0;

	tcflush(TTY, TCIFLUSH); /* what was typed for the child */
	while (!a->quit && c != '\n') {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		while (fds[1].revents && read(a->signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGINT) /* Ctrl-C: enough of it */
				return;
			a->quit |= info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP;
		}
		if (fds[0].revents && read(TTY, &c, 1) <= 0)
			return;
	}
}

static void say_end(int status, const char *program)
{
	struct buf line = {0};
	char how[160];

	action_status(status, program, how, sizeof(how));
	buf_addf(&line, "\r\n[%s%sPress Enter to go back to ctop-trace.] ", how, *how ? ". " : "");
	write_all(line.data, line.len);
	buf_done(&line);
}

void action_in_terminal(struct app *a, const struct action_item *item)
{
	struct job j = {.a = a, .pidfd = -1};
	char **env = spawn_env(&a->actions->user, item->command.root);
	struct spawn s = {.path = item->path,
			  .argv = item->command.argv,
			  .env = env,
			  .user = &a->actions->user,
			  .as_root = item->command.root,
			  .out = -1,
			  .tty = TTY};
	struct buf head = {0};
	sigset_t ttou, old;
	int r, status;

	term_suspend(a->term);
	tcgetattr(TTY, &j.ours);
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &ttou, &old);
	buf_addf(&head, "\r\n%s: %s\r\n", a->actions->next_label, item->text);
	write_all(head.data, head.len);
	buf_done(&head);
	r = spawn_start(&s, &j.pid, &j.pidfd);
	status = r ? 0 : wait_for(&j);
	give_terminal(getpgrp());
	set_modes(&j.ours);
	crash_calm();
	if (r)
		app_message(a, ROLE_ERROR, "%s: %s", item->path, strerror(-r));
	else if (!a->quit)
		say_end(status, item->command.argv[0]);
	if (!r)
		wait_for_enter(a);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (j.pidfd >= 0)
		close(j.pidfd);
	spawn_env_free(env);
	term_resume(a->term);
}
