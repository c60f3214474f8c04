/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_life.c - what happens to the synthetic machine's containers: some of it
 * before the demo begins, then the same every minute.
 */
#include <string.h>

#include "core/arena.h"
#include "core/demo.h"
#include "core/meta.h"

enum { BEFORE = 6, EVERY = 60 /* seconds */, EVENTS_MAX = 1000 };

static const struct happening {
	const char *container; /* one of the cast; else a short-lived one of this name */
	const char *id, *image, *command;
	uint64_t at; /* ms after the full minute */
	enum life_kind kind;
	int32_t status;
	uint32_t pid;
} minute[] = {
	{"shop-db", NULL, NULL, "pg_isready -q", 400, LIFE_EXEC, 0, 61100},
	{"shop-db", NULL, NULL, "pg_isready -q", 431, LIFE_EXEC_EXITED, 0, 61100},
	{"migrate", "0d1c5be7a9f2", "acme/migrate:3.2", "/bin/migrate up", 1500, LIFE_STARTED, 0, 61120},
	{"migrate", "0d1c5be7a9f2", "acme/migrate:3.2", "/bin/migrate up", 1509, LIFE_EXITED, 0, 61120},
	{"import", "96f3d2ab5510", "acme/import:1.9", "python3 import.py --all", 7200, LIFE_STARTED, 0,
	 61140},
	{"import", "96f3d2ab5510", "acme/import:1.9", "python3 import.py --all", 21800, LIFE_OOM, 9, 61140},
	{"import", "96f3d2ab5510", "acme/import:1.9", "python3 import.py --all", 21800, LIFE_EXITED, 9,
	 61140},
	{"backup", "4be8800c17d3", "acme/backup:1.0", "/bin/sh -c 'tar c /srv | upload'", 33000, LIFE_STARTED,
	 0, 61160},
	{"backup", "4be8800c17d3", "acme/backup:1.0", "/bin/sh -c 'tar c /srv | upload'", 41700, LIFE_EXITED,
	 3 << 8, 61160},
};

enum { N_MINUTE = sizeof(minute) / sizeof(minute[0]) };

static const struct container *container_of(struct sample *s, const struct happening *h)
{
	struct container *c;
	struct container_meta *m;

	for (size_t i = 0; i < s->n_containers; i++)
		if (!h->id && !strcmp(s->containers[i].name, h->container))
			return &s->containers[i];
	c = arena_alloc(s->arena, sizeof(*c));
	m = arena_alloc(s->arena, sizeof(*m));
	*m = meta_none();
	m->name = h->container;
	m->image = h->image;
	*c = (struct container){.id = h->id ? h->id : h->container,
				.full_id = h->id ? h->id : h->container,
				.name = h->container,
				.type = "docker",
				.image = h->image,
				.cgroup = "/",
				.meta = m,
				.started = UNKNOWN_U64};
	return c;
}

void demo_life(struct sample *s, bool all)
{
	/* the last minutes before the demo began count as seen */
	uint64_t begin = DEMO_EPOCH - (uint64_t)BEFORE * EVERY * 1000000000,
		 from = all ? 0 : s->time - s->interval;
	uint64_t minutes = (s->time - begin) / ((uint64_t)EVERY * 1000000000) + 1, first = 0, seq;
	struct life_event *events;
	size_t n = 0;

	if (minutes * N_MINUTE > EVENTS_MAX)
		first = minutes - EVENTS_MAX / N_MINUTE;
	seq = first * N_MINUTE;
	events = arena_array(s->arena, (minutes - first) * N_MINUTE, sizeof(*events));
	for (uint64_t m = first; m < minutes; m++) {
		for (size_t i = 0; i < N_MINUTE; i++) {
			const struct happening *h = &minute[i];
			uint64_t time = begin + m * EVERY * 1000000000 + h->at * 1000000;

			seq++;
			if (time <= from || time > s->time)
				continue;
			events[n++] = (struct life_event){.seq = seq,
							  .time = time,
							  .kind = h->kind,
							  .container = container_of(s, h),
							  .pid = h->pid,
							  .status = h->status,
							  .command = h->command};
		}
	}
	s->life = events;
	s->n_life = n;
}
