/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_lists.c - rare calls of the synthetic machine that lists show: programs
 * that are run, ports taken, files deleted, messages logged, signals. Samples do not count
 * them; only a spy that asks for such calls gets them.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "core/demo_draft.h"

struct rare {
	uint16_t nr;
	const char *prog; /* who does it */
	const char *text; /* argument list, its strings ended by '|'; path; message; address */
	int number;       /* port, signal */
};

static const struct rare rares[] = {
	{SYS_execve, "bash", "ls|-l|/srv/shop|", 0},
	{SYS_bind, "node", "0.0.0.0", 9229},
	{SYS_sendto, "sshd", "<38>sshd[812]: Accepted publickey for alice from 198.51.100.7 port 50122 ssh2",
	 0},
	{SYS_kill, "bash", NULL, SIGTERM},
	{SYS_connect, "node", "10.0.3.9", 5432},
	{SYS_chdir, "bash", "/srv/shop", 0},
	{SYS_listen, "node", "0.0.0.0", 9229},
	{SYS_unlink, "make", "/srv/shop/build/old.o", 0},
	{SYS_sendto, "cron", "<78>CRON[4410]: (root) CMD (/usr/local/bin/check-feeds)", 0},
	{SYS_tgkill, "node", NULL, SIGUSR1},
	{SYS_execve, "bash", "git|status|--short|", 0},
	{SYS_connect, "nginx", "10.0.3.5", 3000},
	{SYS_close, "node", "0.0.0.0", 9229},
	{SYS_sendto, "sshd", "<35>sshd[812]: error: maximum authentication attempts exceeded for root", 0},
	{SYS_kill, "make", NULL, SIGCHLD},
	{SYS_execve, "bash", "grep|-rn|TODO|src|", 0},
};
enum { N_RARES = sizeof(rares) / sizeof(rares[0]), CHILD_PID = 61000, CHILD_PIDS = 3000 };

static struct demo_obj socket_object(const struct rare *rare)
{
	bool out = rare->nr == SYS_connect;
	struct demo_obj o = {.key = {.dev = 8, .ino = 900000u + (unsigned)rare->number},
			     .kind = OBJ_INET,
			     .family = AF_INET,
			     .socktype = SOCK_STREAM,
			     .protocol = IPPROTO_TCP,
			     .lport = (uint16_t)(out ? 40000 + rare->number % 1000 : rare->number),
			     .rport = (uint16_t)(out ? rare->number : 0)};

	inet_pton(AF_INET, out ? "10.0.3.4" : rare->text, o.laddr);
	if (out)
		inet_pton(AF_INET, rare->text, o.raddr);
	return o;
}

static void add_socket(struct draft *dr, const struct rare *rare)
{
	struct demo_obj o = socket_object(rare);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)rare->number)};
	char name[64];

	if (o.rport)
		snprintf(name, sizeof(name), "10.0.3.4:%u->%s:%d", o.lport, rare->text, rare->number);
	else
		snprintf(name, sizeof(name), "%s:%d", rare->text, rare->number);
	o.name = name;
	dr->ev.args[0] = 19;
	draft_fd(dr, 0, &o);
	if (rare->nr == SYS_close)
		return;
	if (rare->nr == SYS_listen) {
		dr->ev.args[1] = 511;
		return;
	}
	inet_pton(AF_INET, rare->text, &in.sin_addr);
	dr->ev.args[1] = STACK_ADDRESS;
	dr->ev.args[2] = sizeof(in);
	draft_blob(dr, 1, 0, STACK_ADDRESS, &in, sizeof(in), sizeof(in));
}

static void add_message(struct draft *dr, const struct rare *rare)
{
	char name[] = "/run/systemd/journal/dev-log";
	struct demo_obj o = {
		.key = {.dev = 8, .ino = 800001}, .kind = OBJ_UNIX, .family = AF_UNIX, .name = name};
	size_t len = strlen(rare->text);

	o.socktype = SOCK_DGRAM;
	dr->ev.args[0] = 3;
	dr->ev.args[1] = HEAP_ADDRESS;
	dr->ev.args[2] = len;
	dr->ev.args[3] = MSG_NOSIGNAL;
	draft_fd(dr, 0, &o);
	draft_blob(dr, 1, 0, HEAP_ADDRESS, rare->text, len < dr->snaplen ? len : dr->snaplen, len);
	dr->ev.ret = (int64_t)len;
}

/* A child of the shell runs it. */
static void add_program(struct draft *dr, struct demo *d, const struct rare *rare)
{
	char argv[64], path[80];
	size_t len = strlen(rare->text);

	memcpy(argv, rare->text, len);
	for (size_t i = 0; i < len; i++)
		argv[i] = argv[i] == '|' ? '\0' : argv[i];
	snprintf(path, sizeof(path), "/usr/bin/%s", argv);
	dr->ev.ppid = dr->ev.tgid;
	dr->ev.tgid = dr->ev.tid = CHILD_PID + (uint32_t)(d->spy_seq % CHILD_PIDS);
	snprintf(dr->ev.comm, sizeof(dr->ev.comm), "%.15s", argv);
	draft_string(dr, 0, path);
	dr->ev.args[1] = STACK_ADDRESS;
	draft_blob(dr, 1, 0, STACK_ADDRESS, argv, len, 3);
	dr->ev.latency = 410000;
}

static const struct demo_proc *who(const struct demo *d, const char *prog)
{
	for (size_t i = 0; i < d->n_procs; i++)
		if (!strcmp(d->procs[i]->prog->name, prog) && demo_selected(d, d->procs[i]))
			return d->procs[i];
	return NULL;
}

static struct event *make(struct demo *d, const struct rare *rare, const struct demo_proc *p, uint64_t time)
{
	struct draft dr;

	draft_begin(&dr, d, p, rare->nr, time);
	switch (rare->nr) {
	case SYS_execve: add_program(&dr, d, rare); break;
	case SYS_unlink:
	case SYS_chdir: draft_string(&dr, 0, rare->text); break;
	case SYS_sendto: add_message(&dr, rare); break;
	case SYS_tgkill:
		dr.ev.args[0] = dr.ev.args[1] = p->vpid;
		dr.ev.args[2] = (uint64_t)rare->number;
		break;
	case SYS_kill:
		dr.ev.args[0] = p->vpid;
		dr.ev.args[1] = (uint64_t)rare->number;
		break;
	default: add_socket(&dr, rare);
	}
	return draft_finish(&dr);
}

struct event *demo_list_event(struct demo *d, uint64_t time)
{
	const struct spy_filter *f = &d->sel.filter;
	bool any = f->by_call;

	for (size_t i = 0; i < WIRE_SYSCALLS / 64; i++)
		any |= f->calls[i] != 0;
	if (!any || f->failed_only || f->min_latency || f->io_only || f->tid || d->sel.n_objects)
		return NULL;
	for (size_t i = 0; i < N_RARES; i++) {
		const struct rare *rare = &rares[(d->spy_clock / 1000000 + i) % N_RARES];
		const struct demo_proc *p;

		if (!(f->calls[rare->nr / 64] >> (rare->nr % 64) & 1))
			continue;
		p = who(d, rare->prog);
		if (p)
			return make(d, rare, p, time);
	}
	return NULL;
}
