/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_event.c - spy events as records, joined with the latest sample by pid
 * and cgroup.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "bpf/capture.h" /* SPY_CGROUP_V1 */
#include "core/arena.h"
#include "core/field.h"
#include "core/mem.h"
#include "core/objname.h"
#include "core/procfs.h"
#include "core/syscall.h"

/* Open addressing, at most half full; NULL value = free slot. */
struct slot {
	uint64_t key;
	const void *value;
};

struct map {
	struct slot *slots;
	size_t mask;
};

enum {
	YOUNG_MAX = 4096,   /* processes that an index learns of */
	LOOKUPS_MAX = 2048, /* and looks for in /proc */
	GENERATIONS_MAX = 8,
};

struct record_index {
	const struct sample *sample;
	struct map processes, cgroups, users;
	/* processes that ran a program since the sample; made when there is the first one */
	struct map young;
	/* processes of which there were other events: ancestors of those that they started since the sample
	 */
	struct map seen;
	struct arena *arena;
	size_t n_young, n_seen, n_lookups;
};

static size_t slot_of(const struct map *m, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & m->mask;
}

static void map_init(struct map *m, size_t n)
{
	size_t size = 16;

	while (size < n * 2)
		size *= 2;
	m->slots = xcalloc(size, sizeof(*m->slots));
	m->mask = size - 1;
}

static const void **map_at(struct map *m, uint64_t key)
{
	size_t i = slot_of(m, key);

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & m->mask;
	m->slots[i].key = key;
	return &m->slots[i].value;
}

static const void *map_get(const struct map *m, uint64_t key)
{
	size_t i;

	if (!m->slots)
		return NULL;
	for (i = slot_of(m, key); m->slots[i].value; i = (i + 1) & m->mask) {
		if (m->slots[i].key == key)
			return m->slots[i].value;
	}
	return NULL;
}

struct record_index *record_index_new(const struct sample *s)
{
	struct record_index *idx = xcalloc(1, sizeof(*idx));
	size_t n_ids = 0;

	if (!s)
		return idx;
	idx->sample = s;
	map_init(&idx->processes, s->n_processes);
	map_init(&idx->users, s->n_processes);
	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *p = &s->processes[i];
		const void **at = map_at(&idx->processes, p->pid);
		const struct process *old = *at;

		/* a pid used twice: the younger one is the one that makes calls now */
		if (!old || old->start_boot < p->start_boot)
			*at = p;
		if (p->user && p->uid != UNKNOWN_U32)
			*map_at(&idx->users, p->uid) = p->user;
	}
	for (size_t i = 0; i < s->n_containers; i++)
		n_ids += s->containers[i].n_cgroup_ids;
	map_init(&idx->cgroups, n_ids);
	for (size_t i = 0; i < s->n_containers; i++) {
		for (size_t k = 0; k < s->containers[i].n_cgroup_ids; k++)
			*map_at(&idx->cgroups, s->containers[i].cgroup_ids[k]) = &s->containers[i];
	}
	return idx;
}

struct record_index *record_index_free(struct record_index *idx)
{
	if (!idx)
		return NULL;
	free(idx->processes.slots);
	free(idx->cgroups.slots);
	free(idx->users.slots);
	free(idx->young.slots);
	free(idx->seen.slots);
	arena_free(idx->arena);
	free(idx);
	return NULL;
}

/* What is known of a process beyond its own events. */
static const struct process *known_process(const struct record_index *idx, uint32_t pid)
{
	const struct process *p = idx ? map_get(&idx->young, pid) : NULL;

	return p || !idx ? p : map_get(&idx->processes, pid);
}

const struct process *record_index_process(const struct record_index *idx, uint32_t pid)
{
	const struct process *p = known_process(idx, pid);

	return p || !idx ? p : map_get(&idx->seen, pid);
}

static const struct container *container_of_event(const struct record_index *idx, const struct event *ev)
{
	const struct container *c = NULL;

	if (!idx || !idx->sample)
		return NULL;
	if (ev->cgroup_v1)
		c = map_get(&idx->cgroups, ev->cgroup_v1 | SPY_CGROUP_V1);
	if ((!c || c->is_host) && ev->cgroup_v2) {
		const struct container *v2 = map_get(&idx->cgroups, ev->cgroup_v2);

		c = v2 ? v2 : c;
	}
	return c;
}

size_t record_index_unknown(const struct record_index *idx, const struct event *ev, uint64_t ret[2])
{
	const uint64_t ids[] = {ev->cgroup_v1 ? ev->cgroup_v1 | SPY_CGROUP_V1 : 0, ev->cgroup_v2};
	const struct container *c = container_of_event(idx, ev);
	size_t n = 0;

	if (!idx || !idx->sample || (c && !c->is_host))
		return 0;
	for (size_t i = 0; i < 2; i++)
		if (ids[i] && !map_get(&idx->cgroups, ids[i]))
			ret[n++] = ids[i];
	return n;
}

static void fill_object(struct object *o, const struct event_fd *fd)
{
	*o = (struct object){
		.key = fd->key,
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
	const char *user = idx ? map_get(&idx->users, ev->uid) : NULL;

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

/* Keeps a copy for the events that come: strings of the sample live as long as the index, others do not. */
static void keep(struct record_index *idx, struct map *map, size_t *count, const struct event_record *er,
		 const struct process *p)
{
	struct process *copy;

	if (*count >= YOUNG_MAX)
		return;
	if (!idx->arena)
		idx->arena = arena_new();
	if (!map->slots)
		map_init(map, YOUNG_MAX);
	copy = arena_alloc(idx->arena, sizeof(*copy));
	*copy = *p;
	copy->name = arena_strdup(idx->arena, p->name);
	if (p->exeline == er->text[0]) {
		copy->exe = arena_strdup(idx->arena, p->exe);
		copy->exeline = arena_strdup(idx->arena, p->exeline);
		copy->args = *p->args ? copy->exeline + (p->args - p->exeline) : "";
		copy->argv = NULL;
		if (p->argv) {
			size_t n = strlen(p->args) + 1;
			char *argv = arena_alloc(idx->arena, n);

			copy->argv = memcpy(argv, p->argv, n);
		}
	}
	if (p->cwd == er->text[0])
		copy->cwd = arena_strdup(idx->arena, p->cwd);
	if (p->user == er->uid_text)
		copy->user = arena_strdup(idx->arena, p->user);
	*map_at(map, p->pid) = copy;
	++*count;
}

static void learn(struct record_index *idx, const struct event_record *er, const struct process *p)
{
	if (idx)
		keep(idx, &idx->young, &idx->n_young, er, p);
}

/* What events say of a process, the name above all, is theirs: remembered for its children only. */
static void see(struct record_index *idx, const struct event_record *er, const struct process *p)
{
	const struct process *old = idx ? map_get(&idx->seen, p->pid) : NULL;

	if (idx && (!old || strcmp(old->name, p->name) != 0))
		keep(idx, &idx->seen, &idx->n_seen, er, p);
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

	if (!idx || !idx->sample || !idx->sample->source || strcmp(idx->sample->source, "live") != 0 ||
	    !pid || record_index_process(idx, pid) || generation == GENERATIONS_MAX ||
	    idx->n_lookups++ >= LOOKUPS_MAX || !read_stat(pid, &ev))
		return;
	look_up(idx, ev.ppid, generation + 1);
	fill_process(&er, idx, NULL, &ev);
	er.process.uid = UNKNOWN_U32;
	er.process.user = NULL;
	see(idx, &er, &er.process);
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
	learn(idx, er, &moved);
}

/* The path that a failed call could not find, as counted calls have it: it is all there is. */
static bool fill_path(struct event_record *ret, const struct process *p, const struct event *ev)
{
	const struct syscall *call = syscall_get(ev->nr);

	if (!call || !(call->desc.flags & CALL_PATH) || call->desc.path >= 6 || ev->in_progress ||
	    ev->ret >= 0 || !join_path(ret->text[0], sizeof(ret->text[0]), p, ev))
		return false;
	ret->obj = (struct object){.kind = OBJ_PATH, .type = "file", .name = ret->text[0], .named = true};
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
	const struct process *p = known_process(idx, ev->tgid);
	const struct container *c = container_of_event(idx, ev);
	const struct thread *t = NULL;

	if (!p) {
		look_up(idx, ev->ppid, 0);
		p = fill_process(ret, idx, c, ev);
	}
	if (ran_program(ev)) {
		p = fill_exec(ret, p, ev);
		learn(idx, ret, p);
	} else if (p == &ret->process) {
		see(idx, ret, p);
	}
	for (size_t i = 0; i < p->n_threads && !t; i++) {
		if (p->threads[i]->tid == ev->tid)
			t = p->threads[i];
	}
	if (!t) {
		ret->thread = (struct thread){.tid = ev->tid,
					      .vtid = ev->tid,
					      .name = ev->comm,
					      .process = p,
					      .nr = WIRE_NR_NONE,
					      .nr_time = UNKNOWN_U64,
					      .cpu_id = ev->cpu};
		t = &ret->thread;
	}
	fill_fact(&ret->fact, ev);
	ret->record = (struct record){.sample = idx ? idx->sample : NULL,
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
