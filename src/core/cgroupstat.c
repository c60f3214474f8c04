/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cgroupstat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"

/* A cgroup file is text of the kernel's: bounded, but io.stat has a line a disk. */
enum { TEXT_MAX = 16384 };

/* Above this a v1 limit means none: it is LONG_MAX rounded down to a page. */
static const uint64_t no_limit = 1ULL << 62;

void cgroup_source_done(struct cgroup_source *s)
{
	for (size_t i = 0; i < N_CTLS; i++)
		free(s->dirs[i]);
}

void cgroup_source_add(struct cgroup_source *s, const char *controllers, char *dir)
{
	static const char *const names[N_CTLS] = {
		[CTL_CPU] = "cpu",   [CTL_CPUACCT] = "cpuacct", [CTL_MEMORY] = "memory",
		[CTL_PIDS] = "pids", [CTL_BLKIO] = "blkio",
	};

	if (dir && !*controllers && !s->dirs[CTL_UNIFIED])
		s->dirs[CTL_UNIFIED] = xstrdup(dir);
	for (const char *c = controllers; dir && *c;) {
		size_t len = strcspn(c, ",");

		for (size_t i = 0; i < N_CTLS; i++)
			if (names[i] && strlen(names[i]) == len && !memcmp(names[i], c, len) && !s->dirs[i])
				s->dirs[i] = xstrdup(dir);
		c += len + (c[len] == ',');
	}
	free(dir);
}

/* false: no such controller, file, or cgroup any more */
static bool slurp(const struct cgroup_source *s, enum cgroup_ctl ctl, const char *file, char text[TEXT_MAX])
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	if (!s->dirs[ctl] || snprintf(path, sizeof(path), "%s/%s", s->dirs[ctl], file) >= (int)sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	n = read(fd, text, TEXT_MAX - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

static bool parse(const char *text, uint64_t *ret)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (end == text || errno || *text == '-')
		return false;
	*ret = v;
	return true;
}

static bool number(const struct cgroup_source *s, enum cgroup_ctl ctl, const char *file, uint64_t *ret)
{
	char text[TEXT_MAX];

	return slurp(s, ctl, file, text) && parse(text, ret);
}

/* Value behind "key " at the start of a line. */
static bool keyed(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ' ')
			return parse(line + len + 1, ret);
	}
	return false;
}

/* ---- the controllers ---- */

static void scale(uint64_t *v, uint64_t factor)
{
	if (*v != UNKNOWN_U64)
		*v *= factor;
}

static void read_cpu(const struct cgroup_source *s, struct cgroup_counters *c, struct cgroup_stat *ret)
{
	char text[TEXT_MAX], *next;
	uint64_t quota = UNKNOWN_U64, period = UNKNOWN_U64;

	if (number(s, CTL_CPUACCT, "cpuacct.usage", &c->usage)) {
		number(s, CTL_CPUACCT, "cpuacct.usage_user", &c->user);
		number(s, CTL_CPUACCT, "cpuacct.usage_sys", &c->system);
	} else if (slurp(s, CTL_UNIFIED, "cpu.stat", text)) {
		keyed(text, "usage_usec", &c->usage);
		keyed(text, "user_usec", &c->user);
		keyed(text, "system_usec", &c->system);
		scale(&c->usage, 1000);
		scale(&c->user, 1000);
		scale(&c->system, 1000);
	}
	if (slurp(s, CTL_CPU, "cpu.stat", text)) {
		keyed(text, "throttled_time", &c->throttled);
		keyed(text, "nr_periods", &c->periods);
		keyed(text, "nr_throttled", &c->throttled_periods);
	} else if (slurp(s, CTL_UNIFIED, "cpu.stat", text)) {
		keyed(text, "throttled_usec", &c->throttled);
		keyed(text, "nr_periods", &c->periods);
		keyed(text, "nr_throttled", &c->throttled_periods);
		scale(&c->throttled, 1000);
	}
	if (s->dirs[CTL_CPU]) {
		number(s, CTL_CPU, "cpu.cfs_quota_us", &quota); /* -1 = none */
		number(s, CTL_CPU, "cpu.cfs_period_us", &period);
	} else if (slurp(s, CTL_UNIFIED, "cpu.max", text) && parse(text, &quota)) { /* "max 100000" = none */
		next = strchr(text, ' ');
		if (next)
			parse(next + 1, &period);
	}
	if (quota != UNKNOWN_U64 && period != UNKNOWN_U64 && period)
		ret->cpu_max = (double)quota / (double)period * 100;
}

static void read_memory(const struct cgroup_source *s, struct cgroup_counters *c, struct cgroup_stat *ret)
{
	char text[TEXT_MAX];

	if (number(s, CTL_MEMORY, "memory.usage_in_bytes", &ret->memory)) {
		number(s, CTL_MEMORY, "memory.max_usage_in_bytes", &ret->memory_peak);
		if (slurp(s, CTL_MEMORY, "memory.stat", text)) {
			keyed(text, "total_rss", &ret->memory_anon);
			keyed(text, "total_cache", &ret->memory_file);
			keyed(text, "hierarchical_memory_limit", &ret->memory_max);
		}
		if (ret->memory_max >= no_limit)
			ret->memory_max = UNKNOWN_U64;
		if (slurp(s, CTL_MEMORY, "memory.oom_control", text))
			keyed(text, "oom_kill", &c->oom_kills);
		return;
	}
	if (!number(s, CTL_UNIFIED, "memory.current", &ret->memory))
		return;
	number(s, CTL_UNIFIED, "memory.peak", &ret->memory_peak); /* 5.19 and later */
	number(s, CTL_UNIFIED, "memory.max", &ret->memory_max);
	if (slurp(s, CTL_UNIFIED, "memory.stat", text)) {
		keyed(text, "anon", &ret->memory_anon);
		keyed(text, "file", &ret->memory_file);
	}
	if (slurp(s, CTL_UNIFIED, "memory.events", text))
		keyed(text, "oom_kill", &c->oom_kills);
}

static void read_pids(const struct cgroup_source *s, struct cgroup_stat *ret)
{
	enum cgroup_ctl ctl = s->dirs[CTL_PIDS] ? CTL_PIDS : CTL_UNIFIED;

	number(s, ctl, "pids.current", &ret->pids);
	number(s, ctl, "pids.max", &ret->pids_max);
}

static void add(uint64_t *sum, uint64_t v)
{
	*sum = (*sum == UNKNOWN_U64 ? 0 : *sum) + v;
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0", a line a disk; empty without any I/O */
static void read_io_v2(const struct cgroup_source *s, struct cgroup_counters *c)
{
	static const char *const keys[] = {" rbytes=", " wbytes=", " rios=", " wios="};
	uint64_t *const to[] = {&c->rbytes, &c->wbytes, &c->rios, &c->wios}, v;
	char text[TEXT_MAX], path[PATH_MAX], *save = NULL;

	if (snprintf(path, sizeof(path), "%s/io.stat", s->dirs[CTL_UNIFIED]) >= (int)sizeof(path) ||
	    access(path, R_OK) < 0)
		return;
	c->rbytes = c->wbytes = c->rios = c->wios = 0;
	if (!slurp(s, CTL_UNIFIED, "io.stat", text))
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < 4; i++) {
			const char *at = strstr(line, keys[i]);

			if (at && parse(at + strlen(keys[i]), &v))
				*to[i] += v;
		}
}

/* "8:0 Read 4096", a line a disk and kind */
static void read_io_v1(const struct cgroup_source *s, const char *file, uint64_t *reads, uint64_t *writes)
{
	char text[TEXT_MAX], *save = NULL, *at;
	uint64_t v;

	if (!slurp(s, CTL_BLKIO, file, text))
		return;
	add(reads, 0);
	add(writes, 0);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if ((at = strstr(line, " Read ")) && parse(at + 6, &v))
			add(reads, v);
		else if ((at = strstr(line, " Write ")) && parse(at + 7, &v))
			add(writes, v);
	}
}

static void read_io(const struct cgroup_source *s, struct cgroup_counters *c)
{
	if (!s->dirs[CTL_BLKIO]) {
		if (s->dirs[CTL_UNIFIED])
			read_io_v2(s, c);
		return;
	}
	read_io_v1(s, "blkio.throttle.io_service_bytes_recursive", &c->rbytes, &c->wbytes);
	read_io_v1(s, "blkio.throttle.io_serviced_recursive", &c->rios, &c->wios);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", us */
static void read_psi(const struct cgroup_source *s, const char *file, uint64_t *some, uint64_t *full)
{
	char text[TEXT_MAX], *save = NULL, *at;

	if (!slurp(s, CTL_UNIFIED, file, text))
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint64_t *to = !strncmp(line, "some ", 5) ? some : full;

		at = strstr(line, " total=");
		if (to && at && parse(at + 7, to))
			scale(to, 1000);
	}
}

/* ---- the whole ---- */

/* Counters that went back are those of another cgroup of the same name. */
static uint64_t delta(uint64_t now, uint64_t before, bool first)
{
	return first || now == UNKNOWN_U64 || before == UNKNOWN_U64 || now < before ? UNKNOWN_U64
										    : now - before;
}

void cgroup_source_read(struct cgroup_source *s, struct cgroup_stat *ret)
{
	static const size_t offsets[][2] = {
#define DELTA(counter, stat) {offsetof(struct cgroup_counters, counter), offsetof(struct cgroup_stat, stat)}
		DELTA(usage, cpu),
		DELTA(user, cpu_user),
		DELTA(system, cpu_system),
		DELTA(throttled, throttled),
		DELTA(periods, periods),
		DELTA(throttled_periods, throttled_periods),
		DELTA(rbytes, rbytes),
		DELTA(wbytes, wbytes),
		DELTA(rios, rios),
		DELTA(wios, wios),
		DELTA(cpu_some, cpu_some),
		DELTA(memory_some, memory_some),
		DELTA(memory_full, memory_full),
		DELTA(io_some, io_some),
		DELTA(io_full, io_full),
#undef DELTA
	};
	struct cgroup_counters c;
	bool first = !s->last.time;

	memset(&c, 0xff, sizeof(c)); /* UNKNOWN_U64 */
	memset(ret, 0xff, sizeof(*ret));
	ret->cpu_max = -1;
	c.time = clock_ns(CLOCK_MONOTONIC);
	read_cpu(s, &c, ret);
	read_memory(s, &c, ret);
	read_pids(s, ret);
	read_io(s, &c);
	read_psi(s, "cpu.pressure", &c.cpu_some, NULL);
	read_psi(s, "memory.pressure", &c.memory_some, &c.memory_full);
	read_psi(s, "io.pressure", &c.io_some, &c.io_full);
	ret->interval = first ? 0 : c.time - s->last.time;
	ret->oom_kills = c.oom_kills;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t now = *(uint64_t *)((char *)&c + offsets[i][0]);
		uint64_t before = *(uint64_t *)((char *)&s->last + offsets[i][0]);

		*(uint64_t *)((char *)ret + offsets[i][1]) = delta(now, before, first);
	}
	s->last = c;
}
