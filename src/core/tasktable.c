/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tasktable.h"

#include <string.h>

#include "core/mem.h"

/*
 * Tasks are kept over one sample in which they were not seen: a walk can miss
 * one that is moving in the list, and a zombie shows up again after its exit.
 */
enum { KEEP = 2 };

/* struct task_counts is an array of counters; written this way so that a new one cannot be forgotten */
enum { N_COUNTS = sizeof(struct task_counts) / sizeof(uint64_t) };
static_assert(sizeof(struct task_counts) % sizeof(uint64_t) == 0, "all counters are u64");

static uint64_t sub(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void task_counts_add(struct task_counts *a, const struct task_counts *b)
{
	uint64_t x[N_COUNTS], y[N_COUNTS];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (size_t i = 0; i < N_COUNTS; i++)
		x[i] += y[i];
	memcpy(a, x, sizeof(x));
}

struct task_counts task_counts_sub(const struct task_counts *a, const struct task_counts *b)
{
	uint64_t x[N_COUNTS], y[N_COUNTS];
	struct task_counts ret;

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (size_t i = 0; i < N_COUNTS; i++)
		x[i] = sub(x[i], y[i]);
	memcpy(&ret, x, sizeof(ret));
	return ret;
}

static struct hash_key sid_key(uint64_t sid)
{
	return (struct hash_key){sid, 0};
}

static struct hash_key task_hash(struct task_key key)
{
	return (struct hash_key){(uint64_t)key.gen << 32 | key.tid, 0};
}

static void state_free(struct tasktable *t, struct task_state *st)
{
	free(st->counts);
	pool_put(&t->states, st);
}

static struct hash_key sid_of(const void *value)
{
	return sid_key(((const struct task_state *)value)->sid);
}

static struct hash_key key_of(const void *value)
{
	return task_hash(((const struct task_state *)value)->key);
}

void tasktable_done(struct tasktable *t)
{
	for (size_t i = 0; i < t->n; i++)
		state_free(t, t->all[i]);
	pool_done(&t->states);
	free(t->all);
	hash_done(&t->by_sid);
	hash_done(&t->by_task);
	*t = (struct tasktable){0};
}

void tasktable_begin(struct tasktable *t, uint64_t boot_ns)
{
	t->by_sid.key_of = sid_of;
	t->by_task.key_of = key_of;
	t->states.size = sizeof(struct task_state);
	t->now++;
	t->cursor = 0;
	t->boot[2] = t->boot[1];
	t->boot[1] = t->boot[0];
	t->boot[0] = boot_ns;
}

/* What is younger is new: one sample of grace, as the walk before may have missed it. */
static uint64_t horizon(const struct tasktable *t)
{
	return t->now > 2 ? t->boot[2] : t->boot[1];
}

bool tasktable_fresh(const struct tasktable *t, uint64_t start_boot)
{
	return t->now > 1 && start_boot > horizon(t);
}

const struct task_state *tasktable_find(const struct tasktable *t, struct task_key key)
{
	return hash_get(&t->by_task, task_hash(key));
}

static void set_key(struct tasktable *t, struct task_state *st, struct task_key key, bool exited)
{
	struct task_state *old = hash_get(&t->by_task, task_hash(key));

	if (hash_get(&t->by_task, task_hash(st->key)) == st)
		hash_remove(&t->by_task, task_hash(st->key));
	st->key = key;
	st->has_key = false;
	/* the exit of an old leader: the thread that took over has the key */
	if (exited && old && old->seen == t->now && !old->last.exited)
		return;
	old = hash_put(&t->by_task, task_hash(key), st);
	st->has_key = true;
	if (old && old != st) {
		old->has_key = false;
		st->displaced = old;
		st->displaced_at = t->now;
	}
}

/* The known task that a record continues, or NULL. */
static struct task_state *find(struct tasktable *t, const struct task_rec *rec, struct task_key key)
{
	struct task_state *st = rec->sid ? hash_get(&t->by_sid, sid_key(rec->sid)) : NULL;

	if (st)
		return st;
	/* a task gets its counters once and keeps them: only one without can become, or be, this one */
	st = hash_get(&t->by_task, task_hash(key));
	while (st && (st->sid || rec->exec_runtime < st->last.exec_runtime))
		st = st->displaced_at == t->now ? st->displaced : NULL;
	return st;
}

static void split_cpu(struct thread_work *d, const struct task_last *now, const struct task_last *before)
{
	uint64_t user = sub(now->utime, before->utime), sys = sub(now->stime, before->stime);

	if (!user && !sys) {
		user = now->utime;
		sys = now->stime;
	}
	d->cpu_sys = !sys ? 0 : (uint64_t)((double)d->cpu * ((double)sys / ((double)user + (double)sys)));
	if (d->cpu_sys > d->cpu)
		d->cpu_sys = d->cpu;
	d->cpu_user = d->cpu - d->cpu_sys;
}

static struct task_last keep_of(const struct task_rec *rec)
{
	struct task_last ret = {
		.exec_runtime = rec->exec_runtime,
		.utime = rec->utime,
		.stime = rec->stime,
		.run_delay = rec->run_delay,
		.nvcsw = rec->nvcsw,
		.nivcsw = rec->nivcsw,
		.min_flt = rec->min_flt,
		.maj_flt = rec->maj_flt,
		.disk_read = rec->disk_read,
		.disk_write = rec->disk_write,
		.last_ran = rec->last_ran,
		.enter_ts = rec->enter_ts,
		.wait_obj = rec->wait_obj,
		.vtid = rec->vtid,
		.cpu = rec->cpu,
		.nr = rec->nr,
		.prio = rec->prio,
		.state = rec->state,
		.policy = rec->policy,
		.exited = rec->exited,
	};

	memcpy(ret.args, rec->args, sizeof(ret.args));
	memcpy(ret.comm, rec->comm, sizeof(ret.comm));
	return ret;
}

/* Those of a thread that sleeps for ever have never been anything. */
static void keep_counts(struct task_state *st, const struct task_counts *counts)
{
	if (!st->counts && !memcmp(counts, &thread_idle.counts, sizeof(*counts)))
		return;
	if (!st->counts)
		st->counts = xmalloc(sizeof(*st->counts));
	*st->counts = *counts;
}

struct task_state *tasktable_update(struct tasktable *t, const struct task_rec *rec, struct thread_work *ret)
{
	const struct task_key key = {rec->tid, task_gen(rec->start_boot)};
	const struct task_last now = keep_of(rec);
	struct task_state *st = find(t, rec, key);
	struct task_last before = {0};
	struct task_counts counts = {0};

	if (st) {
		before = st->last;
		if (st->counts)
			counts = *st->counts;
	} else {
		/*
		 * Counters start at 0: nobody has seen any of them. The rest counts from the
		 * start of the task. A task that took over a known tid and cannot have run longer than the
		 * interval is new as well, though its start time is its leader's.
		 */
		bool taken_over = hash_get(&t->by_task, task_hash(key)) != NULL;
		bool fresh = tasktable_fresh(t, rec->start_boot) ||
			     (t->now > 1 && taken_over && rec->exec_runtime <= sub(t->boot[0], horizon(t)));

		if (!fresh)
			before = now;
		if (t->now == 1)
			counts = rec->counts;
		st = pool_get(&t->states);
		st->key = key;
		st->index = (uint32_t)t->n;
		VEC_PUSH(t->all, t->n, t->cap) = st;
		set_key(t, st, key, rec->exited);
	}
	if (rec->sid && st->sid != rec->sid) {
		st->sid = rec->sid;
		hash_put(&t->by_sid, sid_key(rec->sid), st);
	}
	if (st->key.tid != key.tid || st->key.gen != key.gen)
		set_key(t, st, key, rec->exited);
	*ret = (struct thread_work){
		.counts = task_counts_sub(&rec->counts, &counts),
		.cpu = sub(now.exec_runtime, before.exec_runtime),
		.run_delay = sub(now.run_delay, before.run_delay),
		.nvcsw = sub(now.nvcsw, before.nvcsw),
		.nivcsw = sub(now.nivcsw, before.nivcsw),
		.min_flt = sub(now.min_flt, before.min_flt),
		.maj_flt = sub(now.maj_flt, before.maj_flt),
		.disk_read = sub(now.disk_read, before.disk_read),
		.disk_write = sub(now.disk_write, before.disk_write),
	};
	split_cpu(ret, &now, &before);
	st->seen = t->now;
	st->last = now;
	keep_counts(st, &rec->counts);
	return st;
}

struct task_state *tasktable_same(struct tasktable *t, struct task_key key)
{
	/* they come by tid, as they did when they were new: most often it is the next one */
	struct task_state *st = t->cursor < t->n ? t->all[t->cursor] : NULL;

	if (!st || !st->has_key || st->key.tid != key.tid || st->key.gen != key.gen)
		st = hash_get(&t->by_task, task_hash(key));
	if (!st || st->last.exited)
		return NULL;
	t->cursor = st->index + 1;
	st->seen = t->now;
	return st;
}

static bool keep(void *value, void *userdata)
{
	const struct task_state *st = value;
	const struct tasktable *t = userdata;

	return t->now - st->seen < KEEP;
}

void tasktable_end(struct tasktable *t)
{
	size_t kept = 0;

	while (kept < t->n && keep(t->all[kept], t))
		kept++;
	if (kept == t->n) /* as almost always: nothing to go through the maps for */
		return;
	kept = 0;
	hash_sweep(&t->by_sid, keep, t);
	hash_sweep(&t->by_task, keep, t);
	for (size_t i = 0; i < t->n; i++) {
		if (!keep(t->all[i], t)) {
			state_free(t, t->all[i]);
			continue;
		}
		t->all[i]->index = (uint32_t)kept;
		t->all[kept++] = t->all[i];
	}
	t->n = kept;
}
