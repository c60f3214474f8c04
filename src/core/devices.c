/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/devices.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/procfs.h"

enum { FILE_MAX = 4 << 20, DEVICES_MAX = 65536, COUNTERS_MAX = 20, NAME_LEN = 64, SECTOR = 512 };

/* One line of such a file: a name and its counters. */
struct line {
	char name[NAME_LEN];
	uint64_t now[COUNTERS_MAX], delta[COUNTERS_MAX];
	size_t n;
	unsigned major, minor; /* disks */
	bool from_zero; /* counts from when the device was made: a new one has done all of it just now */
};

struct lines {
	struct line *items;
	size_t n, cap;
};

struct devices {
	struct lines cpus, disks, netifs;
};

struct devices *devices_new(void)
{
	return xcalloc(1, sizeof(struct devices));
}

struct devices *devices_free(struct devices *d)
{
	if (!d)
		return NULL;
	free(d->cpus.items);
	free(d->disks.items);
	free(d->netifs.items);
	free(d);
	return NULL;
}

static size_t parse_numbers(const char *p, uint64_t *ret)
{
	size_t n = 0;

	while (n < COUNTERS_MAX) {
		char *end;

		ret[n] = strtoull(p, &end, 10);
		if (end == p)
			break;
		p = end;
		n++;
	}
	return n;
}

static bool parse_cpu(const char *text, struct line *l)
{
	unsigned cpu;
	int used;

	if (strncmp(text, "cpu", 3) != 0 || !isdigit((unsigned char)text[3]) ||
	    sscanf(text, "cpu%u%n", &cpu, &used) != 1)
		return false;
	snprintf(l->name, sizeof(l->name), "%u", cpu);
	l->n = parse_numbers(text + used, l->now);
	return l->n >= 4;
}

static bool parse_disk(const char *text, struct line *l)
{
	int used;

	if (sscanf(text, "%u %u %63s%n", &l->major, &l->minor, l->name, &used) != 3)
		return false;
	l->n = parse_numbers(text + used, l->now);
	l->from_zero = true;
	return l->n >= 11;
}

static bool parse_netif(const char *text, struct line *l)
{
	const char *colon;
	size_t len;

	text += strspn(text, " ");
	colon = strchr(text, ':');
	if (!colon || memchr(text, '\n', (size_t)(colon - text)) || memchr(text, '|', (size_t)(colon - text)))
		return false;
	len = (size_t)(colon - text);
	if (!len || len >= sizeof(l->name))
		return false;
	memcpy(l->name, text, len);
	l->name[len] = '\0';
	l->n = parse_numbers(colon + 1, l->now);
	return l->n >= 16;
}

/* Lines keep their order, so the one before is mostly where it was. */
static const struct line *find(const struct lines *old, const char *name, size_t hint)
{
	if (hint < old->n && !strcmp(old->items[hint].name, name))
		return &old->items[hint];
	for (size_t i = 0; i < old->n; i++) {
		if (!strcmp(old->items[i].name, name))
			return &old->items[i];
	}
	return NULL;
}

static void read_lines(struct lines *lines, const char *proc_root, const char *path,
		       bool (*parse)(const char *, struct line *))
{
	struct lines old = *lines;
	char *text, *p;

	*lines = (struct lines){0};
	if (procfs_read(proc_root, FILE_MAX, &text, NULL, "%s", path) < 0)
		goto out;
	for (p = text; p && *p && lines->n < DEVICES_MAX; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		struct line l = {.n = 0};
		const struct line *before;

		if (!parse(p, &l))
			continue;
		before = find(&old, l.name, lines->n);
		if (!before && l.from_zero && old.n)
			memcpy(l.delta, l.now, sizeof(l.delta));
		/* a counter that ran backwards (iowait, a device that was replaced) did not move */
		for (size_t i = 0; before && i < l.n; i++)
			l.delta[i] = l.now[i] > before->now[i] ? l.now[i] - before->now[i] : 0;
		VEC_PUSH(lines->items, lines->n, lines->cap) = l;
	}
	free(text);
out:
	free(old.items);
}

static void fill_cpus(const struct lines *lines, struct sample *s)
{
	struct cpu *cpus = arena_array(s->arena, lines->n, sizeof(*cpus));

	for (size_t i = 0; i < lines->n; i++) {
		const uint64_t *d = lines->items[i].delta;
		uint64_t total = 0;
		double scale;

		/* user nice system idle iowait irq softirq steal; guest time is in user already */
		for (size_t k = 0; k < 8; k++)
			total += d[k];
		scale = total ? 100.0 / (double)total : 0;
		cpus[i] = (struct cpu){
			.id = (uint32_t)atoi(lines->items[i].name),
			.known = total > 0,
			.user = (double)d[0] * scale,
			.nice = (double)d[1] * scale,
			.sys = (double)d[2] * scale,
			.idle = (double)d[3] * scale,
			.iowait = (double)d[4] * scale,
			.irq = (double)d[5] * scale,
			.softirq = (double)d[6] * scale,
			.steal = (double)d[7] * scale,
		};
	}
	s->cpus = cpus;
	s->n_cpus = lines->n;
}

static void fill_disks(const struct lines *lines, struct sample *s)
{
	const uint64_t ms = 1000000;
	struct disk *disks = arena_array(s->arena, lines->n, sizeof(*disks));
	size_t n = 0;

	for (size_t i = 0; i < lines->n; i++) {
		const struct line *l = &lines->items[i];
		const uint64_t *d = l->delta;

		if (!l->now[0] && !l->now[4]) /* never did anything */
			continue;
		disks[n++] = (struct disk){
			.name = arena_strdup(s->arena, l->name),
			.major = l->major,
			.minor = l->minor,
			.reads = d[0],
			.read_bytes = d[2] * SECTOR,
			.read_time = d[3] * ms,
			.writes = d[4],
			.write_bytes = d[6] * SECTOR,
			.write_time = d[7] * ms,
			.inflight = l->now[8],
			.busy = d[9] * ms,
			.queued = d[10] * ms,
		};
	}
	s->disks = disks;
	s->n_disks = n;
}

static void fill_netifs(const struct lines *lines, struct sample *s)
{
	struct netif *netifs = arena_array(s->arena, lines->n, sizeof(*netifs));

	for (size_t i = 0; i < lines->n; i++) {
		const uint64_t *d = lines->items[i].delta;

		netifs[i] = (struct netif){
			.name = arena_strdup(s->arena, lines->items[i].name),
			.in_bytes = d[0],
			.in_packets = d[1],
			.in_errors = d[2],
			.in_drops = d[3],
			.out_bytes = d[8],
			.out_packets = d[9],
			.out_errors = d[10],
			.out_drops = d[11],
			.total_in = lines->items[i].now[0],
			.total_out = lines->items[i].now[8],
		};
	}
	s->netifs = netifs;
	s->n_netifs = lines->n;
}

void devices_read(struct devices *d, const char *proc_root, struct sample *s)
{
	read_lines(&d->cpus, proc_root, "stat", parse_cpu);
	read_lines(&d->disks, proc_root, "diskstats", parse_disk);
	read_lines(&d->netifs, proc_root, "net/dev", parse_netif);
	fill_cpus(&d->cpus, s);
	fill_disks(&d->disks, s);
	fill_netifs(&d->netifs, s);
}
