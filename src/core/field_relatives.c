/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_relatives.c - getters of what a process is beside its numbers: its
 * arguments one by one, its parents, the leaders of its session and group.
 */
#include <stdlib.h>

#include "core/field_get.h"
#include "core/objname.h"

/* ---- arguments ---- */

GETTER(proc_args)
{
	return r->process && put_str(ret, r->process->args);
}

/* Where the n-th (from 0) of a list of strings begins; NULL. They end in NUL, the last one at text[len]. */
static const char *nth(const char *text, size_t len, unsigned long n)
{
	const char *end = text + len;

	for (; text && n; n--) {
		text += strlen(text) + 1;
		if (text > end)
			return NULL;
	}
	return text;
}

static bool index_of(const char *arg, unsigned long *ret)
{
	char *end;

	*ret = strtoul(arg, &end, 10);
	return *arg && !*end && *ret <= WIRE_ARGS_MAX;
}

/* As in Falco: proc.args[0] is the first one after the program's name. */
GETTER_ARG(proc_args)
{
	const struct process *p = r->process;
	unsigned long n;

	return p && p->argv && p->args && *p->args && index_of(arg, &n) &&
	       put_str(ret, nth(p->argv, strlen(p->args), n));
}

GETTER(proc_cmdnargs)
{
	const struct process *p = r->process;
	int64_t n = 0;

	if (!p || !p->args || (*p->args && !p->argv))
		return false;
	for (size_t i = 0, len = strlen(p->args); *p->args && i <= len; i++)
		n += !p->argv[i];
	return put_int(ret, n);
}

/* ---- parents ---- */

/* Not in the sample: a process that is younger still has a parent in it. */
static const struct process *parent_of(const struct record *r, const struct process *p)
{
	return p->parent ? p->parent : p->ppid ? record_index_process(r->index, p->ppid) : NULL;
}

#define PARENT(name, expr)                                                                                   \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct process *p = r->process ? parent_of(r, r->process) : NULL;                      \
		const struct record of = {.sample = r->sample, .process = p, .index = r->index};             \
                                                                                                             \
		(void)of;                                                                                    \
		return p && (expr);                                                                          \
	}

PARENT(proc_pcmdline, get_proc_cmdline(&of, tmp, ret))
PARENT(proc_pexe, put_str(ret, p->exe))
PARENT(proc_pexepath, put_str(ret, p->exepath))
PARENT(proc_pvpid, put_int(ret, p->vpid))
PARENT(proc_ppid_duration, get_proc_duration(&of, tmp, ret))
PARENT(proc_ppid_ts, p->start_time &&put_u64(ret, p->start_time))

/* Known even when the parent itself has gone. */
GETTER(proc_pname)
{
	return r->process && put_str(ret, r->process->pname);
}

/* The process itself is its ancestor 0. */
static const struct process *ancestor(const struct record *r, const char *arg)
{
	const struct process *p = r->process;
	unsigned long n;

	if (!index_of(arg, &n) || n > FIELD_EACH_MAX)
		return NULL;
	for (; p && n; n--)
		p = parent_of(r, p);
	return p;
}

#define ANCESTOR(name, expr)                                                                                 \
	GETTER_ARG(name)                                                                                     \
	{                                                                                                    \
		const struct process *p = ancestor(r, arg);                                                  \
		const struct record of = {.sample = r->sample, .process = p, .index = r->index};             \
                                                                                                             \
		(void)of;                                                                                    \
		return p && (expr);                                                                          \
	}

ANCESTOR(proc_aargs, put_str(ret, p->args))
ANCESTOR(proc_acmdline, get_proc_cmdline(&of, tmp, ret))
ANCESTOR(proc_aenv, get_proc_env(&of, tmp, ret))
ANCESTOR(proc_aexe, put_str(ret, p->exe))
ANCESTOR(proc_aexepath, put_str(ret, p->exepath))
ANCESTOR(proc_aname, put_str(ret, p->name))
ANCESTOR(proc_apid, put_int(ret, p->pid))

/* ---- session and group ---- */

static const struct process *leader(const struct record *r, const struct process *of, uint32_t pid)
{
	if (of && of->pid == pid)
		return of;
	return pid == r->process->pid ? r->process : pid ? record_index_process(r->index, pid) : NULL;
}

#define LEADER(name, which, number, expr)                                                                    \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct process *p = r->process;                                                        \
		const struct process *l = p ? leader(r, p->which, p->number) : NULL;                         \
                                                                                                             \
		return l && (expr);                                                                          \
	}

LEADER(proc_pgid_exe, group_leader, pgrp, put_str(ret, l->exe))
LEADER(proc_pgid_exepath, group_leader, pgrp, put_str(ret, l->exepath))
LEADER(proc_pgid_name, group_leader, pgrp, put_str(ret, l->name))
LEADER(proc_sid_exe, session_leader, session, put_str(ret, l->exe))
LEADER(proc_sid_exepath, session_leader, session, put_str(ret, l->exepath))
LEADER(proc_sname, session_leader, session, put_str(ret, l->name))

GETTER(proc_is_sid_leader)
{
	return r->process && put_bool(ret, r->process->session == r->process->pid);
}

GETTER(proc_is_pgid_leader)
{
	return r->process && r->process->pgrp && put_bool(ret, r->process->pgrp == r->process->pid);
}

/* In the process's own namespace a group's number is the pid that its leader has there. */
LEADER(proc_vpgid, group_leader, pgrp, l->pidns == p->pidns && put_int(ret, l->vpid))
LEADER(proc_is_vpgid_leader, group_leader, pgrp, put_bool(ret, l == p || l->pid == p->pid))

/* ---- standard streams ---- */

/* The lowest descriptors come first, or nearly so. */
static const struct object *stream(const struct record *r, int fd)
{
	const struct process *p = r->process;

	for (size_t i = 0; p && i < p->n_fds; i++)
		if (p->fds[i].fd == fd)
			return p->fds[i].obj;
	return NULL;
}

#define STREAM(name, number, what)                                                                           \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct object *o = stream(r, number);                                                  \
                                                                                                             \
		return o && put_str(ret, what);                                                              \
	}

STREAM(proc_stdin_name, 0, object_name(o, tmp))
STREAM(proc_stdin_type, 0, o->type)
STREAM(proc_stdout_name, 1, object_name(o, tmp))
STREAM(proc_stdout_type, 1, o->type)
STREAM(proc_stderr_name, 2, object_name(o, tmp))
STREAM(proc_stderr_type, 2, o->type)
