/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/record_index.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/capture.h" /* SPY_CGROUP_V1 */
#include "core/arena.h"
#include "core/mem.h"

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
	LOOKUPS_MAX = 2048, /* that are looked for in /proc */
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

const struct process *record_index_known(const struct record_index *idx, uint32_t pid)
{
	const struct process *p = idx ? map_get(&idx->young, pid) : NULL;

	return p || !idx ? p : map_get(&idx->processes, pid);
}

const struct process *record_index_process(const struct record_index *idx, uint32_t pid)
{
	const struct process *p = record_index_known(idx, pid);

	return p || !idx ? p : map_get(&idx->seen, pid);
}

const struct container *record_index_container(const struct record_index *idx, const struct event *ev)
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
	const struct container *c = record_index_container(idx, ev);
	size_t n = 0;

	if (!idx || !idx->sample || (c && !c->is_host))
		return 0;
	for (size_t i = 0; i < 2; i++)
		if (ids[i] && !map_get(&idx->cgroups, ids[i]))
			ret[n++] = ids[i];
	return n;
}

const struct sample *record_index_sample(const struct record_index *idx)
{
	return idx ? idx->sample : NULL;
}

const char *record_index_user(const struct record_index *idx, uint32_t uid)
{
	return idx ? map_get(&idx->users, uid) : NULL;
}

bool record_index_may_look(struct record_index *idx)
{
	const struct sample *s = record_index_sample(idx);

	return s && s->source && !strcmp(s->source, "live") && idx->n_lookups++ < LOOKUPS_MAX;
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

void record_index_learn(struct record_index *idx, const struct event_record *er, const struct process *p)
{
	if (idx)
		keep(idx, &idx->young, &idx->n_young, er, p);
}

void record_index_see(struct record_index *idx, const struct event_record *er, const struct process *p)
{
	const struct process *old = idx ? map_get(&idx->seen, p->pid) : NULL;

	if (idx && (!old || strcmp(old->name, p->name) != 0))
		keep(idx, &idx->seen, &idx->n_seen, er, p);
}
