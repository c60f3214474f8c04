/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * combine.bpf.h - facts: one row a key (thread, object, call, errno) and interval.
 *
 * A row of the hash map costs ~60 ns to find. Most calls repeat one that was
 * made shortly before on the same CPU: so each CPU has some rows at hand, two
 * that a key can be in, chosen by its hash. Who finds other keys in both goes to
 * the map; when that has happened more often than the first row was used, it moves
 * to the map and makes room. User space adds up what is here and there.
 *
 * The first calls of a thread are not in rows: see add_single() in count.bpf.h.
 *
 * Only on_sys_exit writes these rows, and the kernel does not run a program on
 * a CPU on which it runs already: nobody else is in them at the same time.
 *
 * A row of the map may be added to by two CPUs at once: one makes room for
 * another key while the row's thread, which has moved on, adds to it elsewhere.
 */
#ifndef CTOP_BPF_COMBINE_H
#define CTOP_BPF_COMBINE_H

/* The key's row in this interval's map, made if need be; NULL when the map is full. */
static __always_inline struct fact_val *map_row(const struct fact_key *key, bool *ret_new)
{
	struct scratch *s;
	struct fact_val *v;
	u32 zero = 0;
	void *map = bpf_map_lookup_elem(&facts, &zero);

	*ret_new = false;
	if (!map)
		return NULL;
	v = bpf_map_lookup_elem(map, key);
	if (v)
		return v;
	s = scratch_get(SCRATCH_CALL);
	if (!s)
		return NULL;
	/* that it is there already is no failure: a row of the same key can be on its way here from another CPU */
	*ret_new = !bpf_map_update_elem(map, key, &s->zero_fact, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline void add_latency(struct fact_val *v, u64 ns)
{
	u32 slot = wire_hist_slot(ns);

	v->timed++;
	v->lat_sum += ns;
	if (ns > v->lat_max)
		v->lat_max = ns;
	if (slot < WIRE_HIST)
		v->hist[slot]++;
}

/* The same for a row of the map. */
static __always_inline void add_latency_shared(struct fact_val *v, u64 ns)
{
	u32 slot = wire_hist_slot(ns);

	ADD(v->timed, 1);
	ADD(v->lat_sum, ns);
	if (ns > v->lat_max)
		v->lat_max = ns; /* two at once: the smaller may win by a hair */
	if (slot < WIRE_HIST)
		ADD(v->hist[slot], 1);
}

static __always_inline bool same_key(const struct fact_key *a, const struct fact_key *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

/* The first of the rows where a key can be; the other one is its neighbour. */
static __always_inline u32 row_index(const struct fact_key *key, u32 now)
{
	u64 h = (key->obj.ino ^ (u64)key->task.tid << 32 ^ (u64)key->nr << 20 ^ key->err) * 0x9e3779b97f4a7c15ULL;

	return (((now & 1) * n_cpus + bpf_get_smp_processor_id()) << row_bits) + (u32)(h >> (64 - row_bits));
}

/* What follows from the first sight of a key in an interval: its object needs a name. */
__noinline int name_fresh(struct object *o)
{
	if (o && o->file)
		name_object(SCRATCH_CALL, o, &meta_ring, &named, 0);
	return 0;
}

/*
 * The same for whoever has no row to tell that its key is new. Most calls are about the object of the thread's call before;
 * only what a socket is called can change between two of them.
 */
__noinline int name_once(struct thread_state *st, struct object *o)
{
	u32 now = interval;

	if (!st || !o || !o->file)
		return 0;
	if (st->named_in == now && o->kind != OBJ_INET && st->named.ino == o->key.ino && st->named.dev == o->key.dev &&
	    st->named.gen == o->key.gen)
		return 0;
	if (!name_object(SCRATCH_CALL, o, &meta_ring, &named, 0))
		return 0;
	st->named = o->key;
	st->named_in = now;
	return 0;
}

/* Adds a row to the map; false: the map is full. */
static __always_inline bool row_move(struct fact_row *row)
{
	struct fact_key key = row->key; /* before 6.4 a map key must be on the stack */
	struct fact_val *v;
	bool fresh;

	v = map_row(&key, &fresh);
	if (!v)
		return false;
	ADD(v->calls, row->val.calls);
	ADD(v->bytes_in, row->val.bytes_in);
	ADD(v->bytes_out, row->val.bytes_out);
	ADD(v->timed, row->val.timed);
	ADD(v->lat_sum, row->val.lat_sum);
	if (row->val.lat_max > v->lat_max)
		v->lat_max = row->val.lat_max;
	for (u32 i = 0; i < WIRE_HIST; i++)
		if (row->val.hist[i])
			ADD(v->hist[i], row->val.hist[i]);
	return true;
}

static __always_inline struct fact_row *row_at(u32 index)
{
	return bpf_map_lookup_elem(&fact_rows, &index);
}

static __always_inline void row_give(struct fact_row *row, const struct fact_key *key, u32 now)
{
	row->key = *key;
	row->interval = now;
	row->misses = 0;
	__builtin_memset(&row->val, 0, sizeof(row->val));
}

/*
 * For a key that is not in the row at index: the number of the one that it has or gets, plus 1. Without calls: it
 * is new there. 0: others need theirs more.
 */
__noinline u32 row_find(u32 index, const struct fact_key *key, u32 now)
{
	struct fact_row *first = row_at(index), *second = row_at(index ^ 1);

	if (!first || !second || !key)
		return 0;
	if (second->interval == now && same_key(&second->key, key))
		return (index ^ 1) + 1;
	if (first->interval == now && second->interval != now) {
		row_give(second, key, now);
		return (index ^ 1) + 1;
	}
	if (first->interval == now && (first->misses++ < first->val.calls || !row_move(first)))
		return 0;
	row_give(first, key, now);
	return index + 1;
}

#endif
