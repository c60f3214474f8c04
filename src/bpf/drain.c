/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drain.c - takes one interval's records out of the kernel.
 *
 * Order matters: facts are swapped out, then threads are walked, then exits are
 * swapped out. A thread that ends in between is in both with growing counters,
 * never in neither; and whoever is in the facts is in the walk, in the exits, or
 * was in those of the interval before: every fact has a name.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/capture_priv.h"
#include "bpf/rights.h"
#include "ctop.skel.h"

enum {
	READ_SIZE = 256 * 1024,
	LARGE = 4 << 20, /* bytes that malloc() does not take from its heap, see core/live.c */
	BATCH = 4096,
	SPY_PREPARED_AFTER = 3 /* intervals: the screen is up by then */
};

/* What a batch owns. */
struct memory {
	struct bytes tasks, fact_keys, fact_vals, singles, fds, meta;
	const struct obj_rec **objs;
	const struct exec_rec **execs;
	const struct cgroup_rec **cgroups;
	struct task_key *same;
	size_t n_same;
};

int bytes_reserve(struct bytes *b, size_t more)
{
	size_t cap = b->cap ? b->cap : (size_t)64 * 1024;
	char *data;

	if (b->cap - b->len >= more)
		return 0;
	while (cap - b->len < more)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->cap = cap;
	if (cap >= LARGE) { /* a mapping of its own: few huge pages are had sooner than many small ones */
		uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = ((uintptr_t)data + page - 1) & -page;

		(void)madvise((void *)at, ((uintptr_t)data + cap - at) & -page, MADV_HUGEPAGE);
	}
	return 0;
}

/*
 * *before: bytes of the last walk; this one most often is about as long. Grown step by step, it would leave
 * what it outgrew as holes in the heap.
 */
static int read_iter(int link, struct bytes *into, size_t *before)
{
	int fd = bpf_iter_create(link), r;
	ssize_t n = -1;

	if (fd < 0)
		return -errno;
	r = bytes_reserve(into, *before + *before / 16 + READ_SIZE);
	while (r == 0 && n != 0) {
		r = bytes_reserve(into, READ_SIZE);
		if (r < 0)
			break;
		n = read(fd, into->data + into->len, READ_SIZE);
		if (n > 0)
			into->len += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			r = -errno;
	}
	*before = into->len;
	close(fd);
	return r;
}

static int put_in(struct swap_pair *p, int which)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(p->outer, &zero, &p->inner[which], BPF_ANY))
		return -errno;
	p->current = which;
	return 0;
}

int pair_begin(struct swap_pair *p)
{
	return put_in(p, 0);
}

/* Gives the programs the empty map and waits until nobody writes the full one (the update does). */
static int swap(struct swap_pair *p, int *ret_full)
{
	int full = p->inner[p->current], r = put_in(p, !p->current);

	if (r == 0)
		*ret_full = full;
	return r;
}

/* Moves everything out of a map that nobody writes. */
static int drain(int map, size_t key_size, size_t val_size, struct bytes *keys, struct bytes *vals)
{
	uint64_t in = 0, out = 0;
	uint32_t want = BATCH;
	bool first = true;

	for (;;) {
		uint32_t n = want;
		int r, e;

		if (bytes_reserve(keys, want * key_size) || bytes_reserve(vals, want * val_size))
			return -ENOMEM;
		r = bpf_map_lookup_and_delete_batch(map, first ? NULL : &in, &out, keys->data + keys->len,
						    vals->data + vals->len, &n, NULL);
		e = r ? errno : 0;
		if (e && e != ENOENT && e != ENOSPC)
			return -e;
		if (e == ENOSPC && n == 0) { /* one bucket holds more */
			want *= 2;
			continue;
		}
		keys->len += n * key_size;
		vals->len += n * val_size;
		if (e == ENOENT)
			return 0;
		in = out;
		first = false;
	}
}

/* Takes the threads that did not change out of a walk; whole records move up. */
static int split_walk(struct memory *m)
{
	char *data = m->tasks.data;
	size_t kept = 0, n = 0;

	m->same = malloc((m->tasks.len / sizeof(struct task_same) + 1) * sizeof(*m->same));
	if (!m->same)
		return -ENOMEM;
	for (size_t at = 0; at < m->tasks.len;) {
		const struct task_same *same = (const struct task_same *)(data + at);

		if (!same->zero) {
			m->same[n++] = (struct task_key){same->tid, same->gen};
			at += sizeof(*same);
			continue;
		}
		if (kept != at)
			memmove(data + kept, data + at, sizeof(struct task_rec));
		kept += sizeof(struct task_rec);
		at += sizeof(struct task_rec);
	}
	m->n_same = n;
	m->tasks.len = kept;
	return 0;
}

static int walk_tasks(struct capture *c, struct memory *m)
{
	int r;

	sched_yield(); /* refreshes our own scheduler stamp, see walk_tasks */
	c->skel->bss->walk_number++;
	r = read_iter(c->iter_tasks, &m->tasks, &c->tasks_before);
	return r ? r : split_walk(m);
}

static int add_rows(const struct fact_row *rows, uint32_t n, uint32_t interval, struct bytes *keys,
		    struct bytes *vals)
{
	for (uint32_t i = 0; i < n; i++) {
		if (rows[i].interval != interval)
			continue;
		if (bytes_reserve(keys, sizeof(rows[i].key)) || bytes_reserve(vals, sizeof(rows[i].val)))
			return -ENOMEM;
		memcpy(keys->data + keys->len, &rows[i].key, sizeof(rows[i].key));
		memcpy(vals->data + vals->len, &rows[i].val, sizeof(rows[i].val));
		keys->len += sizeof(rows[i].key);
		vals->len += sizeof(rows[i].val);
	}
	return 0;
}

/*
 * Adds the rows that the CPUs had at hand in an interval that is over; a key can be in several of them. They
 * are read in place, mapped only meanwhile: both halves, as a half need not begin with a page.
 */
static int drain_rows(struct capture *c, uint32_t interval, struct bytes *keys, struct bytes *vals)
{
	size_t size = (size_t)2 * c->n_rows * sizeof(struct fact_row);
	struct fact_row *rows =
		mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(c->skel->maps.fact_rows), 0);
	int r;

	if (rows == MAP_FAILED)
		return -errno;
	r = add_rows(rows + (size_t)(interval & 1) * c->n_rows, c->n_rows, interval, keys, vals);
	munmap(rows, size);
	return r;
}

/* Appends a part of the map of singles. Mapped only while it is read, and only what is: all of it is
 * megabytes. */
static int read_singles(struct capture *c, size_t first, size_t n, struct bytes *into)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len = n * sizeof(struct fact_single);
	size_t at = first * sizeof(struct fact_single), skip = at % page;
	char *mapped;
	int r = bytes_reserve(into, len);

	if (r < 0)
		return r;
	mapped = mmap(NULL, skip + len, PROT_READ, MAP_SHARED, bpf_map__fd(c->skel->maps.fact_singles),
		      (off_t)(at - skip));
	if (mapped == MAP_FAILED)
		return -errno;
	memcpy(into->data + into->len, mapped + skip, len);
	into->len += len;
	munmap(mapped, skip + len);
	return 0;
}

/* Takes the calls that were written down one by one in an interval that is over. */
static int drain_singles(struct capture *c, uint32_t interval, struct bytes *into)
{
	uint32_t half = interval & 1, n_cpus = c->skel->rodata->n_cpus,
		 per_cpu = c->skel->rodata->max_singles;
	struct singles_used *used;
	int r = 0;

	if (c->skel->bss->singles_of[half] != interval)
		return 0;
	used = calloc(n_cpus, sizeof(*used));
	if (!used)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(c->skel->maps.singles_used), &half, used))
		r = -errno;
	for (uint32_t cpu = 0; cpu < n_cpus && r == 0; cpu++)
		if (used[cpu].interval == interval && used[cpu].n)
			r = read_singles(c, (size_t)(half * n_cpus + cpu) * per_cpu, used[cpu].n, into);
	free(used);
	return r;
}

static void count_fds(const struct memory *m, struct capture_batch *b)
{
	const char *end = m->fds.data + m->fds.len;

	if (!m->fds.len)
		return;
	b->fds = (const struct fd_rec *)m->fds.data;
	for (const struct fd_rec *f = b->fds; (const char *)(f + 1) <= end && (const char *)fd_next(f) <= end;
	     f = fd_next(f))
		b->n_fds++;
}

static int index_meta(struct memory *m, struct capture_batch *b)
{
	size_t n = 0;

	for (size_t at = 0; at < m->meta.len; n++)
		at += (((struct meta_hdr *)(m->meta.data + at))->size + 7u) & ~7u;
	m->objs = calloc(n + 1, sizeof(*m->objs));
	m->execs = calloc(n + 1, sizeof(*m->execs));
	m->cgroups = calloc(n + 1, sizeof(*m->cgroups));
	if (!m->objs || !m->execs || !m->cgroups)
		return -ENOMEM;
	b->objs = m->objs;
	b->execs = m->execs;
	b->cgroups = m->cgroups;
	for (size_t at = 0; at < m->meta.len;) {
		struct meta_hdr *h = (struct meta_hdr *)(m->meta.data + at);

		switch (h->type) {
		case META_OBJ: b->objs[b->n_objs++] = (const struct obj_rec *)(h + 1); break;
		case META_EXEC: b->execs[b->n_execs++] = (const struct exec_rec *)h; break;
		case META_CGROUP: b->cgroups[b->n_cgroups++] = (const struct cgroup_rec *)h; break;
		}
		at += (h->size + 7u) & ~7u;
	}
	return 0;
}

/* Of the ends of threads, and of facts if their full map is there (else -1): what came in since the last
 * time. */
static int take_counts(struct capture *c, struct memory *m, bool first, uint32_t interval, int facts)
{
	/* whoever the walk missed had ended, and so was counted, before */
	uint64_t ended = c->skel->bss->next_exit;
	struct bytes keys = {0};
	int exits = -1, r = 0;

	if (!first && ended != c->ended) {
		r = swap(&c->exits, &exits);
		c->ended = ended;
	}
	if (exits >= 0)
		r = drain(exits, sizeof(uint64_t), sizeof(struct task_rec), &keys, &m->tasks);
	free(keys.data);
	if (r == 0 && facts >= 0)
		r = drain(facts, sizeof(struct fact_key), sizeof(struct fact_val), &m->fact_keys,
			  &m->fact_vals);
	if (r == 0 && interval)
		r = drain_rows(c, interval, &m->fact_keys, &m->fact_vals);
	if (r == 0 && interval)
		r = drain_singles(c, interval, &m->singles);
	return r;
}

void capture_undisturbed(const struct capture *c, bool on)
{
	if (c->by_perf)
		rights_undisturbed(on);
}

static int read_all(struct capture *c, struct memory *m)
{
	int facts = -1, r = 0;
	bool first = !c->skel->bss->counting;
	uint32_t interval = 0; /* that ended: never 0, see count_maps.bpf.h */

	/* with the first batch counting starts: who ends while it is taken is in the next one */
	c->skel->bss->counting = 1;
	if (c->facts_left || (c->skel->bss->uring_used && !first)) {
		c->skel->bss->uring_used = 0;
		interval = c->skel->data->interval++;
		capture_undisturbed(c, true);
		r = swap(&c->facts, &facts);
		capture_undisturbed(c, false);
		if (r < 0)
			return r;
		c->facts_left = c->needs & NEED_FACTS;
	}
	r = walk_tasks(c, m);
	if (r < 0)
		return r;
	capture_undisturbed(c, true);
	r = take_counts(c, m, first, interval, facts);
	capture_undisturbed(c, false);
	if (r < 0)
		return r;
	if (c->needs & NEED_FDS) {
		r = read_iter(c->iter_fds, &m->fds, &c->fds_before);
		if (r < 0)
			return r;
	}
	c->skel->bss->walk_all = 0;
	m->meta = pump_take(c);
	return 0;
}

/* Of the programs whose runs are counts: what they were not run for is in none. */
static uint64_t missed_runs(struct capture *c)
{
	const struct bpf_program *progs[] = {c->on_call, c->on_exit, c->on_submit, c->on_complete};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(progs) / sizeof(*progs); i++)
		if (progs[i])
			sum += capture_missed(bpf_program__fd(progs[i]));
	return sum;
}

/* An empty one that ends now; NULL: no memory. */
static struct capture_batch *batch_new(void)
{
	struct capture_batch *b = calloc(1, sizeof(*b));
	struct memory *m = calloc(1, sizeof(*m));

	if (!b || !m) {
		free(b);
		free(m);
		return NULL;
	}
	b->memory = m;
	b->mono_ns = mono_now();
	return b;
}

static void set_tasks(struct capture *c, struct capture_batch *b)
{
	const struct memory *m = b->memory;

	b->sched_now = c->skel->bss->sched_now;
	b->tasks = (struct task_rec *)m->tasks.data;
	b->n_tasks = m->tasks.len / sizeof(struct task_rec);
	b->same = m->same;
	b->n_same = m->n_same;
}

int capture_look(struct capture *c, struct capture_batch **ret)
{
	struct capture_batch *b = batch_new();
	int r = b ? walk_tasks(c, b->memory) : -ENOMEM;

	capture_walk_all(c);
	if (r < 0) {
		capture_batch_free(b);
		return r;
	}
	set_tasks(c, b);
	*ret = b;
	return 0;
}

int capture_collect(struct capture *c, struct capture_batch **ret)
{
	/* before anything is taken: all that happened until then is in it, however long the rest takes */
	struct capture_batch *b = batch_new();
	struct memory *m;
	struct cost_window cost;
	int r;

	if (!b)
		return -ENOMEM;
	m = b->memory;
	cost_begin(c, &cost);
	r = read_all(c, m);
	cost_end(c, &cost);
	if (r >= 0)
		r = index_meta(m, b);
	if (r < 0) {
		capture_walk_all(c);
		capture_batch_free(b);
		return r;
	}
	count_fds(m, b);
	set_tasks(c, b);
	b->fact_keys = (struct fact_key *)m->fact_keys.data;
	b->fact_vals = (struct fact_val *)m->fact_vals.data;
	b->n_facts = m->fact_keys.len / sizeof(struct fact_key);
	b->singles = (struct fact_single *)m->singles.data;
	b->n_singles = m->singles.len / sizeof(struct fact_single);
	memcpy(&b->lost, (const void *)&c->skel->bss->lost, sizeof(b->lost));
	b->missed = missed_runs(c);
	*ret = b;
	if (++c->collected == SPY_PREPARED_AFTER)
		capture_spy_prepare(c);
	return 0;
}

void capture_walk_all(struct capture *c)
{
	c->skel->bss->walk_all = 1;
}

struct capture_batch *capture_batch_free(struct capture_batch *b)
{
	struct memory *m;

	if (!b)
		return NULL;
	m = b->memory;
	free(m->tasks.data);
	free(m->same);
	free(m->fact_keys.data);
	free(m->fact_vals.data);
	free(m->singles.data);
	free(m->fds.data);
	free(m->meta.data);
	free(m->objs);
	free(m->execs);
	free(m->cgroups);
	free(m);
	free(b);
	return NULL;
}
