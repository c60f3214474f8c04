/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action_run.c - runs what was chosen. A process is looked at once more: its
 * number may belong to another one by now.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "ui/action.h"
#include "ui/app.h"

/* ---- what runs in a child of ours: system calls only ---- */

struct signalling {
	int pidfd, signal;
};

static int send_signal(void *arg)
{
	const struct signalling *s = arg;

	return syscall(SYS_pidfd_send_signal, s->pidfd, s->signal, NULL, 0U) < 0 ? -errno : 0;
}

struct renicing {
	int pidfd, nice;
	id_t *tids;
	size_t n, cap;
};

/* A thread that ended meanwhile is no failure; one of another process must not be touched. */
static int set_nice(void *arg)
{
	const struct renicing *s = arg;
	struct pollfd ended = {s->pidfd, POLLIN, 0};
	int r = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (poll(&ended, 1, 0) != 0)
			return -ESRCH;
		if (setpriority(PRIO_PROCESS, s->tids[i], s->nice) < 0 && errno != ESRCH)
			r = -errno;
	}
	return r;
}

/* All threads of the process, or the one. */
static void add_threads(struct renicing *s, const struct action_item *item)
{
	const struct action_command *c = &item->command;
	char *path = xasprintf("/proc/%u/task", c->pid);
	bool whole = !strcmp(item->way->args[2].pieces[0].field->id, "proc.pid");
	DIR *d = whole ? opendir(path) : NULL;
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			VEC_PUSH(s->tids, s->n, s->cap) = (id_t)strtoul(e->d_name, NULL, 10);
	if (d)
		closedir(d);
	if (!s->n)
		VEC_PUSH(s->tids, s->n, s->cap) = (id_t)strtoul(c->argv[2], NULL, 10);
	free(path);
}

static void run_builtin(struct app *a, const struct action_item *item, int pidfd)
{
	const struct action_command *c = &item->command;
	bool nice = !strcmp(c->argv[0], "@renice");
	struct signalling signalling = {pidfd, nice ? 0 : action_signal(c->argv[1])};
	struct renicing renicing = {.pidfd = pidfd, .nice = (int)strtol(c->argv[1], NULL, 10)};
	struct spawn s = {.builtin = nice ? set_nice : send_signal,
			  .arg = nice ? (void *)&renicing : (void *)&signalling,
			  .user = &a->actions->user,
			  .as_root = c->root,
			  .out = -1};
	pid_t pid;
	int r;

	if (nice)
		add_threads(&renicing, item);
	r = spawn_start(&s, &pid, NULL);
	free(renicing.tids);
	if (r == -ESRCH)
		app_message(a, ROLE_WARN, "%s has ended", a->actions->next_label);
	else if (r)
		app_message(a, ROLE_ERROR, "%s: %s", item->action->name, strerror(-r));
	else if (nice)
		app_message(a, ROLE_VALUE, "nice value of %s is %d now", a->actions->next_label,
			    renicing.nice);
	else
		app_message(a, ROLE_VALUE, "sent %s to %s", sigabbrev_np(signalling.signal) ?: c->argv[1],
			    a->actions->next_label);
}

/* ---- all of them ---- */

void action_status(int status, const char *program, char *ret, size_t size)
{
	*ret = '\0';
	if (WIFSIGNALED(status))
		snprintf(ret, size, "%.60s ended by signal %s", program,
			 sigabbrev_np(WTERMSIG(status)) ?: "?");
	else if (WEXITSTATUS(status))
		snprintf(ret, size, "%.60s ended with status %d", program, WEXITSTATUS(status));
}

void action_run(struct app *a)
{
	const struct action_item *item = &a->actions->next;
	const struct action_command *c = &item->command;
	int pidfd = -1;

	if (item->action->changes && a->config->read_only) /* whoever comes this way */
		return;
	if (!strcmp(a->sample->source, "demo")) {
		app_message(a, ROLE_WARN, "this machine is a demonstration, nothing was run: %s", item->text);
		return;
	}
	if (c->pid) {
		pidfd = spawn_open_process("/proc", c->pid, c->start_boot);
		if (pidfd == -ESRCH)
			app_message(a, ROLE_WARN, "process %u has ended, nothing was done", c->pid);
		else if (pidfd < 0)
			app_message(a, ROLE_ERROR, "process %u: %s", c->pid, strerror(-pidfd));
		if (pidfd < 0)
			return;
	}
	if (action_is_builtin(item->way))
		run_builtin(a, item, pidfd);
	else if (item->action->screen == ACTION_TERMINAL)
		action_in_terminal(a, item);
	else
		action_in_page(a, item);
	if (pidfd >= 0)
		close(pidfd);
}

void action_ui_init(struct app *a)
{
	a->actions = xcalloc(1, sizeof(*a->actions));
	a->actions->child.out = a->actions->child.pidfd = -1;
	spawn_user_init(&a->actions->user);
}

void action_ui_done(struct app *a)
{
	struct action_ui *u = a->actions;

	if (!u)
		return;
	action_menu_close(a);
	if (u->child.pid) {
		kill(-u->child.pid, SIGKILL);
		waitpid(u->child.pid, NULL, WNOHANG); /* one that hangs in the kernel is not waited for */
		close(u->child.out);
		close(u->child.pidfd);
	}
	action_item_done(&u->next);
	free(u->items);
	free(u->next_label);
	free(u->title);
	buf_done(&u->output);
	spawn_user_done(&u->user);
	free(u);
	a->actions = NULL;
}
