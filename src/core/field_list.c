/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_list.c - getters of what list views show of single calls: signals sent,
 * messages logged, commands below their login shell, terminals by name.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include "core/buf.h"
#include "core/decode.h"
#include "core/field_get.h"
#include "core/flags.h"
#include "core/syscall.h"

/* ---- terminals ---- */

enum { TTY_MAJOR = 4, PTS_FIRST = 136, PTS_LAST = 143, SERIAL_FIRST = 64 };

GETTER(proc_ttyname)
{
	uint32_t dev = r->process ? r->process->tty : 0, major = dev >> 20, minor = dev & 0xfffff;

	if (!dev)
		return false;
	if (major >= PTS_FIRST && major <= PTS_LAST)
		return put_str(ret, arena_printf(tmp, "pts/%u", (major - PTS_FIRST) * 256 + minor));
	if (major == TTY_MAJOR && minor >= SERIAL_FIRST)
		return put_str(ret, arena_printf(tmp, "ttyS%u", minor - SERIAL_FIRST));
	if (major == TTY_MAJOR)
		return put_str(ret, arena_printf(tmp, "tty%u", minor));
	return put_str(ret, arena_printf(tmp, "%u:%u", major, minor));
}

/* ---- login shells ---- */

enum { ANCESTORS_MAX = 32 };

static bool is_shell(const char *name)
{
	static const char *const shells[] = {"sh",  "bash", "dash", "zsh",     "ksh", "ash", "fish",
					     "csh", "tcsh", "mksh", "busybox", "nu",  "pwsh"};

	name += *name == '-'; /* how login names it */
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (!strcmp(name, shells[i]))
			return true;
	}
	return false;
}

/* The oldest shell among the process and its ancestors, and how many generations up it is. */
static const struct process *login_shell(const struct record *r, unsigned *ret_depth)
{
	const struct process *p = r->process, *found = p && p->name && is_shell(p->name) ? p : NULL;

	*ret_depth = 0;
	for (unsigned up = 1; p && up <= ANCESTORS_MAX; up++) {
		const struct process *parent = p->parent ? p->parent
					       : p->ppid ? record_index_process(r->index, p->ppid)
							 : NULL;

		/* a process between that ran no program of its own: the session's leader is further up */
		if (!parent && p->ppid && p->session && p->session != p->pid) {
			parent = record_index_process(r->index, p->session);
			up++;
		}
		p = parent;
		if (p && p->name && is_shell(p->name)) {
			found = p;
			*ret_depth = up;
		}
	}
	return found;
}

GETTER(proc_loginshellid)
{
	unsigned depth;
	const struct process *shell = login_shell(r, &depth);

	return shell && put_int(ret, shell->pid);
}

/* A shell that changes its directory runs nothing: what it does is shown. */
GETTER(proc_exeline_tree)
{
	const struct syscall *call = r->event ? syscall_get(r->event->nr) : NULL;
	struct value line = {.kind = V_MISSING};
	struct buf b = {0};
	unsigned depth = 0;

	if (!r->event || !get_proc_exeline(r, tmp, &line))
		return false;
	login_shell(r, &depth);
	for (unsigned i = 0; i < depth; i++)
		buf_adds(&b, "  ");
	if (call && !strcmp(call->name, "chdir")) {
		const struct event_blob *path = event_blob(r->event, 0, 0);

		buf_adds(&b, "cd ");
		if (path && !path->fault)
			buf_add(&b, path->data, strnlen(path->data, path->len));
	} else if (call && !strcmp(call->name, "fchdir")) {
		buf_addf(&b, "cd %s", r->obj && r->obj->name ? r->obj->name : "?");
	} else {
		buf_adds(&b, line.s);
	}
	put_str(ret, arena_strndup(tmp, buf_str(&b), b.len));
	buf_done(&b);
	return true;
}

/* ---- signals ---- */

/* Position of the signal's number; -1: the call sends none. */
static int signal_arg(const struct event *ev)
{
	const struct syscall *call = ev ? syscall_get(ev->nr) : NULL;

	if (!call || call->class != CLASS_SIGNAL || call->nargs < 2)
		return -1;
	for (int i = 1; i < call->nargs; i++) {
		if (call->args[i].kind == ARG_SIG)
			return i;
	}
	return -1;
}

GETTER(signal_name)
{
	static const struct decode_options options = {0};
	int i = signal_arg(r->event);
	struct buf b = {0};

	if (i < 0)
		return false;
	decode_arg(r->event, i, &options, &b);
	put_str(ret, arena_strndup(tmp, buf_str(&b), b.len));
	buf_done(&b);
	return true;
}

/* The first argument but for a descriptor, of which the number says nothing. */
static bool signal_target(const struct event *ev, int32_t *ret)
{
	if (signal_arg(ev) < 0 || syscall_get(ev->nr)->args[0].kind != ARG_INT)
		return false;
	*ret = (int32_t)ev->args[0];
	return true;
}

GETTER(signal_pid)
{
	int32_t pid;

	return signal_target(r->event, &pid) && put_int(ret, pid);
}

/* The process that the sender calls so: pids are those of its namespace. */
static const struct process *process_as_seen(const struct record *r, uint32_t pid)
{
	const uint32_t first_ns = 0xeffffffc; /* PROC_PID_INIT_INO */
	uint32_t ns = r->process ? r->process->pidns : 0;

	if (ns == first_ns)
		return record_index_process(r->index, pid);
	for (size_t i = 0; ns && r->sample && i < r->sample->n_processes; i++) {
		if (r->sample->processes[i].pidns == ns && r->sample->processes[i].vpid == pid)
			return &r->sample->processes[i];
	}
	return NULL;
}

GETTER(signal_target_name)
{
	const struct process *p;
	int32_t pid;

	if (!signal_target(r->event, &pid))
		return false;
	if (pid <= 0 && r->event->ret >= 0)
		return put_str(ret, pid == -1 ? "(all processes)" : "(process group)");
	p = pid > 0 ? process_as_seen(r, (uint32_t)pid) : NULL;
	return p && put_str(ret, p->name);
}

/* ---- syslog ---- */

static const char *const facilities[] = {
	"kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
	"uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
	"local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7",
};
static const char *const severities[] = {"emerg",   "alert",  "crit", "err",
					 "warning", "notice", "info", "debug"};

/* /dev/log, or what it is a link to where systemd runs. */
static bool is_log_name(const char *s, size_t len)
{
	return len >= 8 && (!memcmp(s + len - 8, "/dev/log", 8) || !memcmp(s + len - 8, "/dev-log", 8));
}

static bool is_log_address(const struct event_blob *b)
{
	const size_t at = offsetof(struct sockaddr_un, sun_path);
	const char *path = b ? (const char *)b->data + at : NULL;
	uint16_t family;

	if (!b || b->fault || b->len <= at)
		return false;
	memcpy(&family, b->data, sizeof(family));
	return family == AF_UNIX && is_log_name(path, strnlen(path, b->len - at));
}

/* A write to the log's socket, connected or with its address. */
static bool to_log(const struct record *r)
{
	const struct syscall *call = syscall_get(r->event->nr);

	if (!r->obj || r->obj->kind != OBJ_UNIX || !call)
		return false;
	if (r->obj->name && is_log_name(r->obj->name, strlen(r->obj->name)))
		return true;
	for (int i = 1; i < call->nargs; i++) {
		if (call->args[i].kind == ARG_SOCKADDR_IN && is_log_address(event_blob(r->event, i, 0)))
			return true;
		if (call->args[i].kind == ARG_MSG_IN && is_log_address(event_blob(r->event, i, 2)))
			return true;
	}
	return false;
}

GETTER(evt_is_syslog)
{
	struct value write;

	return r->event && get_evt_is_io_write(r, tmp, &write) && put_bool(ret, write.b && to_log(r));
}

/* "<34>su: ...": the text behind the priority, and the priority; without one it is 13, user.notice (RFC
 * 3164).
 */
static const char *syslog_text(const struct record *r, size_t *ret_len, unsigned *ret_priority)
{
	const char *data;
	uint64_t full;
	size_t len, at = 1;
	unsigned n = 0;
	bool write;

	if (!r->event || !to_log(r))
		return NULL;
	data = event_payload(r->event, &len, &full, &write);
	if (!data || !write)
		return NULL;
	while (len && (!data[len - 1] || data[len - 1] == '\n'))
		len--;
	*ret_len = len;
	*ret_priority = 13;
	if (!len || *data != '<')
		return data;
	while (at < len && at < 4 && data[at] >= '0' && data[at] <= '9')
		n = n * 10 + (unsigned)(data[at++] - '0');
	if (at == 1 || at >= len || data[at] != '>' || n >= 8 * sizeof(facilities) / sizeof(facilities[0]))
		return data;
	*ret_priority = n;
	*ret_len = len - at - 1;
	return data + at + 1;
}

GETTER(syslog_message)
{
	unsigned priority;
	size_t len;
	const char *text = syslog_text(r, &len, &priority);
	char *copy;

	if (!text)
		return false;
	copy = arena_strndup(tmp, text, len);
	for (size_t i = 0; i < len; i++) {
		if (!copy[i])
			copy[i] = '.';
	}
	return put_str(ret, copy);
}

#define PRIORITY(name, expr)                                                                                 \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		unsigned priority;                                                                           \
		size_t len;                                                                                  \
                                                                                                             \
		return syslog_text(r, &len, &priority) && (expr);                                            \
	}

PRIORITY(syslog_facility, put_int(ret, priority >> 3))
PRIORITY(syslog_facility_str, put_str(ret, facilities[priority >> 3]))
PRIORITY(syslog_severity, put_int(ret, priority & 7))
PRIORITY(syslog_severity_str, put_str(ret, severities[priority & 7]))
