/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lifecycle.c - see lifecycle.h. */
#include "core/lifecycle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/meta.h"

enum { NAME_TRIES = 30 /* samples in which a name is still asked for */ };

/* A process that came into a container from outside. */
struct entry {
	uint32_t pid;
	uint64_t start_boot;
	uint32_t seen; /* sample number */
	bool told;     /* its start is no news any more */
	bool old;      /* was there before we were */
	bool first;    /* the container's first process */
};

struct state {
	struct entry *entries;
	size_t n, cap;
	uint32_t seen;
	bool has_first;
	uint32_t pidns; /* of the first */
};

/* An event that owns all it points to. */
struct kept {
	struct life_event ev;
	struct container container;
	char *id, *full_id, *type, *cgroup, *command;
	struct container_meta *meta;
	uint8_t tries;
};

struct lifecycle {
	uint32_t now;
	uint64_t began; /* boot ns of processes: what started later is news */
	uint64_t seq;
	struct hash states; /* cgroup -> struct state */
	struct kept **ring; /* LIFE_EVENTS_MAX, by seq */
};

struct pass {
	struct lifecycle *l;
	const struct sample *s;
	struct state **by_container; /* beside s->containers; NULL = not looked up */
};

struct lifecycle *lifecycle_new(void)
{
	struct lifecycle *l = xcalloc(1, sizeof(*l));

	l->ring = xcalloc(LIFE_EVENTS_MAX, sizeof(*l->ring));
	return l;
}

static void kept_free(struct kept *k)
{
	if (!k)
		return;
	free(k->id);
	free(k->full_id);
	free(k->type);
	free(k->cgroup);
	free(k->command);
	free(k->meta);
	free(k);
}

static bool drop_state(void *value, void *userdata)
{
	const struct lifecycle *l = userdata;
	struct state *st = value;

	if (l && st->seen == l->now)
		return true;
	free(st->entries);
	free(st);
	return false;
}

struct lifecycle *lifecycle_free(struct lifecycle *l)
{
	if (!l)
		return NULL;
	hash_sweep(&l->states, drop_state, NULL);
	hash_done(&l->states);
	for (size_t i = 0; i < LIFE_EVENTS_MAX; i++)
		kept_free(l->ring[i]);
	free(l->ring);
	free(l);
	return NULL;
}

const char *life_kind_name(enum life_kind kind)
{
	static const char *const names[] = {
		[LIFE_STARTED] = "started", [LIFE_EXEC] = "exec",     [LIFE_EXEC_EXITED] = "exec-exited",
		[LIFE_OOM] = "oom-killed",  [LIFE_EXITED] = "exited",
	};

	return names[kind];
}

int life_exit_code(int32_t status, int *ret_signal)
{
	*ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return *ret_signal ? 128 + *ret_signal : WEXITSTATUS(status);
}

/* ---- events ---- */

static void add_event(struct pass *p, enum life_kind kind, const struct process *proc, uint64_t time)
{
	const struct container *c = proc->container;
	struct kept *k = xcalloc(1, sizeof(*k)), **slot;

	k->id = xstrdup(c->id);
	k->full_id = xstrdup(c->full_id);
	k->type = xstrdup(c->type);
	k->cgroup = xstrdup(c->cgroup);
	k->command = xstrdup(proc->exeline ? proc->exeline : proc->name);
	k->meta = c->meta ? meta_dup(c->meta) : NULL;
	k->ev = (struct life_event){
		.seq = ++p->l->seq,
		.time = time == UNKNOWN_U64 || time > p->s->time ? p->s->time : time,
		.kind = kind,
		.pid = proc->pid,
		.status = proc->exit_code,
		.command = k->command,
	};
	slot = &p->l->ring[k->ev.seq % LIFE_EVENTS_MAX];
	kept_free(*slot);
	*slot = k;
}

/* ---- following processes ---- */

static struct state *state_of(struct pass *p, const struct container *c)
{
	struct state **at = &p->by_container[c - p->s->containers];
	struct hash_key key;

	if (*at)
		return *at;
	/* the type may be known better later, the path stays */
	key = hash_bytes(c->cgroup, strlen(c->cgroup));
	*at = hash_get(&p->l->states, key);
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		hash_put(&p->l->states, key, *at);
	}
	(*at)->seen = p->l->now;
	return *at;
}

static struct entry *entry_of(struct state *st, const struct process *proc)
{
	for (size_t i = 0; i < st->n; i++)
		if (st->entries[i].pid == proc->pid && st->entries[i].start_boot == proc->start_boot)
			return &st->entries[i];
	return NULL;
}

/* Set-up of runc, which leaves nothing but its last stage. */
static bool is_setup(const struct process *proc)
{
	return proc->name && !strncmp(proc->name, "runc:[", 6);
}

/*
 * Whether its start can be told: it runs what it was made for. init of a pid namespace is the first process
 * at once; where there is none, whatever still is there in the next sample, so that no helper is taken for
 * it.
 */
static bool is_ready(const struct state *st, const struct process *proc, bool young)
{
	bool joined = st->has_first && proc->pidns == st->pidns && proc->parent &&
		      proc->parent->pidns != proc->pidns;

	if (is_setup(proc) || !proc->ran)
		return false;
	return proc->vpid == 1 || proc->exited || !young || joined;
}

/* It is there: its start is told once it can be. */
static void saw(struct pass *p, const struct process *proc)
{
	struct state *st = state_of(p, proc->container);
	struct entry *e = entry_of(st, proc);
	bool young = !e;
	bool zombie = !proc->exited && proc->leader && strchr("ZX", proc->leader->state);

	if (!e) {
		if (zombie || st->n == LIFE_ENTRIES_MAX)
			return; /* its end was told before */
		VEC_PUSH(st->entries, st->n, st->cap) = (struct entry){.pid = proc->pid,
								       .start_boot = proc->start_boot,
								       .old = proc->start_boot < p->l->began};
		e = &st->entries[st->n - 1];
	}
	e->seen = p->l->now;
	if (zombie || e->told || !(e->old || is_ready(st, proc, young)))
		return;
	e->told = true;
	e->first = !st->has_first;
	if (e->first)
		st->pidns = proc->pidns;
	st->has_first = true;
	if (!e->old)
		add_event(p, e->first ? LIFE_STARTED : LIFE_EXEC, proc, proc->start_time);
}

static void ended(struct pass *p, const struct process *proc)
{
	struct state *st = state_of(p, proc->container);
	struct entry *e = entry_of(st, proc);

	if (!e)
		return;
	if (e->told)
		add_event(p, e->first ? LIFE_EXITED : LIFE_EXEC_EXITED, proc, proc->end_time);
	if (e->first)
		st->has_first = false;
	*e = st->entries[--st->n];
}

static void sweep_entries(struct pass *p)
{
	struct state *st;

	for (size_t pos = 0; (st = hash_next(&p->l->states, &pos));) {
		for (size_t i = 0; i < st->n; i++) {
			if (st->entries[i].seen == p->l->now)
				continue;
			if (st->entries[i].first)
				st->has_first = false;
			st->entries[i--] = st->entries[--st->n];
		}
	}
}

/* What a sample tells of a process, to be told in the order in which it was. */
struct moment {
	uint64_t time;
	enum { SAW, KILLED, ENDED } what;
	const struct process *proc;
};

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return (x->proc->pid > y->proc->pid) - (x->proc->pid < y->proc->pid);
}

static bool from_outside(const struct process *proc)
{
	if (proc->container->is_host || !strcmp(proc->container->type, "systemd"))
		return false;
	if (!proc->parent) /* an orphan of the container would be its init's */
		return proc->vpid == 1 || !proc->ppid;
	return proc->parent->container != proc->container;
}

/* ---- into the sample ---- */

/* Names that came after the container had gone. */
static void complete(struct lifecycle *l, struct arena *tmp, lifecycle_meta_fn meta, void *userdata)
{
	for (size_t i = 0; i < LIFE_EVENTS_MAX && meta; i++) {
		struct kept *k = l->ring[i];
		const struct container_meta *m;
		const struct container c = {.type = k ? k->type : NULL,
					    .id = k ? k->id : NULL,
					    .full_id = k ? k->full_id : NULL,
					    .cgroup = k ? k->cgroup : NULL};

		if (!k || k->tries >= NAME_TRIES || (k->meta && k->meta->name))
			continue;
		k->tries++;
		m = meta(userdata, &c, tmp);
		if (!m)
			continue;
		free(k->meta);
		k->meta = meta_dup(m);
	}
}

static const struct container *copy_container(struct arena *arena, const struct kept *k)
{
	struct container *c = arena_alloc(arena, sizeof(*c));
	const struct container_meta *m = k->meta ? meta_dup_arena(arena, k->meta) : NULL;

	*c = (struct container){
		.id = arena_strdup(arena, k->id),
		.full_id = arena_strdup(arena, k->full_id),
		.type = m && m->type ? m->type : arena_strdup(arena, k->type),
		.cgroup = arena_strdup(arena, k->cgroup),
		.image = m ? m->image : NULL,
		.meta = m,
		.started = UNKNOWN_U64,
	};
	c->name = m && m->name ? m->name : c->id;
	return c;
}

static void emit(struct lifecycle *l, struct sample *s, uint64_t from)
{
	size_t n = (size_t)(l->seq - from), at = 0;
	struct life_event *events;

	if (n > LIFE_EVENTS_MAX) {
		n = LIFE_EVENTS_MAX;
		from = l->seq - n;
	}
	events = arena_array(s->arena, n, sizeof(*events));
	while (at < n) {
		const struct kept *k = l->ring[(from + at + 1) % LIFE_EVENTS_MAX];

		events[at] = k->ev;
		events[at].command = arena_strdup(s->arena, k->command);
		events[at].container = copy_container(s->arena, k);
		at++;
	}
	s->life = events;
	s->n_life = n;
}

void lifecycle_add(struct lifecycle *l, struct sample *s, lifecycle_meta_fn meta, void *userdata)
{
	struct pass p = {.l = l, .s = s, .by_container = xcalloc(s->n_containers, sizeof(struct state *))};
	struct moment *list = NULL;
	size_t n = 0, cap = 0;
	uint64_t from = l->seq;

	l->now++;
	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *proc = &s->processes[i];
		uint64_t end = proc->end_time == UNKNOWN_U64 ? s->time : proc->end_time;

		if (l->now == 1 && proc->start_boot >= l->began)
			l->began = proc->start_boot + 1;
		if (proc->container->is_host)
			continue;
		if (proc->oom && l->now > 1)
			VEC_PUSH(list, n, cap) = (struct moment){end, KILLED, proc};
		if (!from_outside(proc))
			continue;
		VEC_PUSH(list, n, cap) = (struct moment){proc->start_time, SAW, proc};
		if (proc->exited)
			VEC_PUSH(list, n, cap) = (struct moment){end, ENDED, proc};
	}
	if (n)
		qsort(list, n, sizeof(*list), by_time);
	for (size_t i = 0; i < n; i++) {
		if (list[i].what == SAW)
			saw(&p, list[i].proc);
		else if (list[i].what == KILLED)
			add_event(&p, LIFE_OOM, list[i].proc, list[i].time);
		else
			ended(&p, list[i].proc);
	}
	sweep_entries(&p);
	hash_sweep(&l->states, drop_state, l);
	complete(l, s->arena, meta, userdata);
	emit(l, s, s->needs & NEED_LIFE ? 0 : from);
	free(list);
	free(p.by_container);
}
