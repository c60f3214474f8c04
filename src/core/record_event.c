/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_event.c - spy events as records: what the event says, and what the
 * index (record_index.c) knows of the process, container and user behind it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/field.h"
#include "core/buf.h"
#include "core/objname.h"
#include "core/procfs.h"
#include "core/record_index.h"
#include "core/syscall.h"

enum { GENERATIONS_MAX = 8 /* of ancestors that are looked for in /proc */ };

static void fill_object(struct object *o, const struct event_fd *fd)
{
	*o = (struct object){
		.key = fd->key,
		.place = NO_OBJECT_PLACE,
		.kind = fd->kind,
		.type = fd->type,
		.name = fd->name,
		.named = fd->name != NULL,
		.family = fd->family,
		.socktype = fd->socktype,
		.protocol = fd->protocol,
		.lport = fd->lport,
		.rport = fd->rport,
		OBJECT_NO_SOCKET_NUMBERS,
		/* no list of listening sockets at hand: the lower port is the server's */
		.is_server = fd->lport && fd->lport < fd->rport,
	};
	memcpy(o->laddr, fd->laddr, sizeof(o->laddr));
	memcpy(o->raddr, fd->raddr, sizeof(o->raddr));
}

static uint16_t errno_of(int64_t ret)
{
	if (ret >= 0 || ret < -4095)
		return 0;
	return ret <= -512 && ret >= -516 ? EINTR : (uint16_t)-ret; /* internal restart codes */
}

static void fill_fact(struct fact *f, const struct event *ev)
{
	const struct syscall *call = syscall_get(ev->nr);
	unsigned flags = call ? call->desc.flags : 0;
	uint64_t moved = !ev->in_progress && ev->ret > 0 ? (uint64_t)ev->ret : 0;

	*f = (struct fact){.nr = ev->nr, .calls = 1};
	if (ev->in_progress)
		moved = 0;
	else
		f->err = errno_of(ev->ret);
	if (f->err)
		moved = 0;
	if (flags & CALL_MMSG) { /* the result counts messages */
		size_t len;
		bool write;
		uint64_t full = 0;

		moved = moved && event_payload(ev, &len, &full, &write) ? full : 0;
	}
	if (flags & CALL_READ)
		f->bytes_in = moved;
	if (flags & CALL_WRITE)
		f->bytes_out = moved;
	if (ev->latency != UNKNOWN_U64) {
		f->timed = 1;
		f->lat_sum = ev->latency;
		f->lat_max = ev->latency;
	}
}

/* The descriptor that the call works on, or the one it returned. */
static bool fd_number(const struct event *ev, int32_t *ret)
{
	const struct syscall *call = syscall_get(ev->nr);

	if (call && (call->desc.flags & CALL_FD) && call->desc.fd < 6)
		*ret = (int32_t)ev->args[call->desc.fd];
	else if (call && (call->desc.flags & CALL_RETFD) && !ev->in_progress && ev->ret >= 0)
		*ret = (int32_t)ev->ret;
	else
		return false;
	return true;
}

/*
 * The process as the event tells it. What a child has from its parent and keeps unless it asks for something
 * else is taken from there.
 */
static const struct process *fill_process(struct event_record *ret, const struct record_index *idx,
					  const struct container *c, const struct event *ev)
{
	const struct process *parent = record_index_process(idx, ev->ppid);
	const char *user = record_index_user(idx, ev->uid);

	snprintf(ret->uid_text, sizeof(ret->uid_text), "%u", ev->uid);
	ret->process = (struct process){
		.pid = ev->tgid,
		.ppid = ev->ppid,
		.vpid = ev->tgid,
		.name = ev->comm,
		.pname = parent ? parent->name : NULL,
		.cwd = parent ? parent->cwd : NULL,
		.user = user ? user : ret->uid_text,
		.uid = ev->uid,
		.gid = UNKNOWN_U32,
		.loginuid = parent ? parent->loginuid : UNKNOWN_U32,
		.session = ev->session,
		.pidns = parent ? parent->pidns : 0,
		.netns = parent ? parent->netns : 0,
		.tty = ev->tty,
		/* the event knows one v1 hierarchy, the parent's sample all of them */
		.container = (!c || c->is_host) && parent && parent->container ? parent->container : c,
		.nthreads = 1,
		.vmsize = UNKNOWN_U64,
		.vmrss = UNKNOWN_U64,
		.vmswap = UNKNOWN_U64,
		.fdcount = UNKNOWN_U32,
		.fdlimit = UNKNOWN_U64,
		.end_time = UNKNOWN_U64,
		.home = parent && parent->uid == ev->uid ? parent->home : NULL,
		.shell = parent && parent->uid == ev->uid ? parent->shell : NULL,
		.ns_init = parent ? parent->ns_init : NULL,
		.life.cpu = UNKNOWN_U64,
		.parent = parent,
	};
	return &ret->process;
}

static bool ran_program(const struct event *ev)
{
	const struct syscall *call = syscall_get(ev->nr);

	return call && (call->desc.flags & CALL_EXEC) && !ev->in_progress && ev->ret >= 0;
}

/* exe, args and exeline from the argument list, strings that each end in a NUL. */
static void fill_command(struct event_record *ret, const struct event *ev)
{
	const struct syscall *call = syscall_get(ev->nr);
	const struct event_blob *b = NULL;
	char *line = ret->text[0], *exe = ret->text[1];
	size_t len;

	for (int i = 0; i < call->nargs && !b; i++)
		if (arg_copies[call->args[i].kind].op == COPY_ARGV)
			b = event_blob(ev, i, 0);
	if (!b || b->fault || !b->len || b->len >= sizeof(ret->text[0]))
		return;
	memcpy(line, b->data, b->len);
	line[b->len] = '\0';
	len = strlen(line);
	memcpy(exe, line, b->len + 1);
	for (size_t i = len; i + 1 < b->len; i++)
		if (!line[i])
			line[i] = ' ';
	ret->process.exe = exe;
	ret->process.exeline = line;
	ret->process.args = len + 1 < b->len ? line + len + 1 : "";
	ret->process.argv = len + 1 < b->len ? exe + len + 1 : NULL;
}

/* Another program: what the sample says of the old one no longer holds. */
static const struct process *fill_exec(struct event_record *ret, const struct process *p,
				       const struct event *ev)
{
	if (p != &ret->process)
		ret->process = *p;
	ret->process.name = ev->comm;
	ret->process.exe = ret->process.exepath = ret->process.args = ret->process.exeline = NULL;
	ret->process.argv = NULL;
	ret->process.detail = NULL;
	ret->process.tty = ev->tty;
	ret->process.session = ev->session;
	fill_command(ret, ev);
	return &ret->process;
}

/* Name and parent of a process that is still there. */
static bool read_stat(uint32_t pid, struct event *ret)
{
	char *text, *open, *close;
	bool ok;

	if (procfs_read("/proc", 1024, &text, NULL, "%u/stat", pid) < 0)
		return false;
	*ret = (struct event){.tid = pid, .tgid = pid};
	open = strchr(text, '(');
	close = strrchr(text, ')');
	ok = open && close && sscanf(close + 1, " %*c %u", &ret->ppid) == 1;
	if (ok)
		snprintf(ret->comm, sizeof(ret->comm), "%.*s", (int)(close - open - 1), open + 1);
	free(text);
	return ok;
}

/* A parent that forked since the sample and made no call that came here, as cron does for each job. */
static void look_up(struct record_index *idx, uint32_t pid, int generation)
{
	struct event_record er;
	struct event ev;

	if (!pid || record_index_process(idx, pid) || generation == GENERATIONS_MAX ||
	    !record_index_may_look(idx) || !read_stat(pid, &ev))
		return;
	look_up(idx, ev.ppid, generation + 1);
	fill_process(&er, idx, NULL, &ev);
	er.process.uid = UNKNOWN_U32;
	er.process.user = NULL;
	record_index_see(idx, &er, &er.process);
}

/* A path argument as far as it can be told: below the directory that it starts from. */
static bool join_path(char *to, size_t size, const struct process *p, const struct event *ev)
{
	const struct syscall *call = syscall_get(ev->nr);
	const struct event_blob *b = event_blob(ev, call->desc.path, 0);
	const char *base = p->cwd;

	if (!b || b->fault || !b->len)
		return false;
	if (call->desc.dirfd < 6 && (int32_t)ev->args[call->desc.dirfd] != AT_FDCWD)
		base = ev->fd[1].name;
	if (*(const char *)b->data == '/' || !base)
		base = "";
	snprintf(to, size, "%s%s%.*s", base, *base && strcmp(base, "/") != 0 ? "/" : "",
		 (int)strnlen(b->data, b->len), (const char *)b->data);
	return true;
}

/* The directory that a process went to; NULL when that cannot be told. false: it went nowhere. */
static bool new_directory(struct event_record *ret, const struct process *p, const struct event *ev,
			  const char **ret_cwd)
{
	const char *name = syscall_name(ev->nr);

	if (ev->in_progress || ev->ret)
		return false;
	if (!strcmp(name, "fchdir")) {
		*ret_cwd = ev->fd[0].name;
		return true;
	}
	if (strcmp(name, "chdir") != 0)
		return false;
	*ret_cwd = join_path(ret->text[0], sizeof(ret->text[0]), p, ev) && *ret->text[0] == '/' ? ret->text[0]
												: NULL;
	return true;
}

static void learn_directory(struct record_index *idx, struct event_record *er, const struct process *p,
			    const struct event *ev)
{
	struct process moved = *p;

	if (!idx || !new_directory(er, p, ev, &moved.cwd))
		return;
	if (moved.cwd && moved.cwd != er->text[0]) { /* the name of a descriptor lives as long as the event */
		snprintf(er->text[0], sizeof(er->text[0]), "%s", moved.cwd);
		moved.cwd = er->text[0];
	}
	record_index_learn(idx, er, &moved);
}

/* The path that a failed call could not find, as counted calls have it: it is all there is. */
static bool fill_path(struct event_record *ret, const struct process *p, const struct event *ev)
{
	const struct syscall *call = syscall_get(ev->nr);

	if (!call || !(call->desc.flags & CALL_PATH) || call->desc.path >= 6 || ev->in_progress ||
	    ev->ret >= 0 || !join_path(ret->text[0], sizeof(ret->text[0]), p, ev))
		return false;
	ret->obj = (struct object){.place = NO_OBJECT_PLACE,
				   .kind = OBJ_PATH,
				   .type = "file",
				   .name = ret->text[0],
				   .named = true};
	return true;
}

/* Who is the server of a connection is a guess from its ports, but for the calls that make one. */
static void fill_direction(struct event_record *ret, const struct event *ev)
{
	const char *name = syscall_name(ev->nr);
	bool accepted = !strcmp(name, "accept") || !strcmp(name, "accept4");
	struct object *o = &ret->obj;
	struct buf text = {0};

	if (o->kind != OBJ_INET || !o->lport || !o->rport || (!accepted && strcmp(name, "connect") != 0))
		return;
	o->is_server = accepted;
	if (objname_name(&text, o, NULL, false)) {
		snprintf(ret->text[0], sizeof(ret->text[0]), "%s", buf_str(&text));
		o->name = ret->text[0];
	}
	buf_done(&text);
}

static bool makes_pair(const struct event *ev)
{
	const struct syscall *call = syscall_get(ev->nr);

	return call && (call->desc.flags & CALL_PAIR);
}

/* What the call was about, the same as counted calls have: a new descriptor, a path that failed, or the one
 * it worked on. */
static bool fill_object_of(struct event_record *ret, const struct process *p, const struct event *ev)
{
	const struct event_fd *fd = &ev->fd[0];
	bool failed = !ev->in_progress && errno_of(ev->ret);

	if (ev->ret_fd.kind != OBJ_NONE && !failed && !makes_pair(ev)) /* of a pair, neither is it */
		fd = &ev->ret_fd;
	else if (failed && fill_path(ret, p, ev))
		return true;
	if (fd->kind == OBJ_NONE)
		return false;
	fill_object(&ret->obj, fd);
	fill_direction(ret, ev);
	return true;
}

void record_from_event(struct event_record *ret, struct record_index *idx, const struct event *ev)
{
	const struct process *p = record_index_known(idx, ev->tgid);
	const struct container *c = record_index_container(idx, ev);
	const struct thread *t = NULL;

	if (!p) {
		look_up(idx, ev->ppid, 0);
		p = fill_process(ret, idx, c, ev);
	}
	if (ran_program(ev)) {
		p = fill_exec(ret, p, ev);
		record_index_learn(idx, ret, p);
	} else if (p == &ret->process) {
		record_index_see(idx, ret, p);
	}
	for (size_t i = 0; i < p->n_threads && !t; i++) {
		if (p->threads[i]->tid == ev->tid)
			t = p->threads[i];
	}
	if (!t) {
		ret->thread = (struct thread){.did = &thread_idle,
					      .tid = ev->tid,
					      .vtid = ev->tid,
					      .name = ev->comm,
					      .process = p,
					      .nr = WIRE_NR_NONE,
					      .nr_time = UNKNOWN_U64,
					      .cpu_id = ev->cpu};
		t = &ret->thread;
	}
	fill_fact(&ret->fact, ev);
	ret->record = (struct record){.sample = record_index_sample(idx),
				      .fact = &ret->fact,
				      .thread = t,
				      .process = p,
				      /* the event knows one v1 hierarchy, the sample all of them */
				      .container = c && !c->is_host ? c : p->container,
				      .event = ev,
				      .index = idx};
	if (fill_object_of(ret, p, ev))
		ret->record.obj = ret->fact.obj = &ret->obj;
	if (fd_number(ev, &ret->fd.fd)) {
		ret->fd = (struct descriptor){.process = p, .obj = ret->record.obj, .fd = ret->fd.fd};
		ret->record.fd = &ret->fd;
	}
	ret->fact.thread = t;
	learn_directory(idx, ret, p, ev);
}
