/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - where samples and spy events come from: the live kernel (live.c),
 * the built-in synthetic machine (demo.c), later a recording. Everything above
 * this interface runs the same on any of them.
 *
 * Threads: collect() may run in one thread while spy calls run in another.
 */
#ifndef CTOP_CORE_SOURCE_H
#define CTOP_CORE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/need.h"
#include "core/sample.h"

struct event; /* core/event.h */
struct source;

struct spy_selection {
	struct spy_filter filter;     /* own_tgid and by_* flags but by_cgroup are set by the source */
	/* as in struct container: of containers that are wanted; of others, at the end those of the host */
	const uint64_t *cgroups; size_t n_cgroups;
	const uint64_t *others; size_t n_others, n_others_host;
	const struct obj_key *objects; size_t n_objects;
	const uint32_t *pids; size_t n_pids;
};

typedef void (*source_event_fn)(struct event *ev, void *userdata); /* takes over ev: event_free() */

struct source_counts {
	uint64_t passed, lost, seen; /* see spy_counts in bpf/capture.h */
};

struct source_ops {
	const char *name;
	int (*set_needs)(struct source *s, unsigned needs);
	int (*collect)(struct source *s, struct sample **ret);
	int (*spy_start)(struct source *s, const struct spy_selection *sel);
	int (*spy_update)(struct source *s, const struct spy_selection *sel);
	void (*spy_stop)(struct source *s);
	int (*spy_poll)(struct source *s, source_event_fn fn, void *userdata, size_t max);
	void (*spy_counts)(struct source *s, struct source_counts *ret);
	struct source *(*free)(struct source *s);
};

struct source {
	const struct source_ops *ops;
};

/* Live kernel. On failure *ret_why is one malloc'ed sentence for the user. 0 or -errno. */
struct live_config {
	uint32_t max_facts, max_exits; /* 0 = default */
	enum hooks_way hooks;
	const char *host_root;         /* sees the host's "/": the three below but for /proc; NULL = "/" */
	const char *proc_root;         /* "/proc", "/sys/fs/cgroup", "/etc" or a copy for tests; NULL = real */
	const char *cgroup_root;
	const char *etc_root;
	const char *sys_root;          /* stands for "/" where container runtimes keep their files; NULL = "/" */
};
int source_live_new(const struct live_config *config, struct source **ret, char **ret_why);

/* Synthetic machine: containers, processes, connections, files and a spy stream that move.
 * Same seed and call sequence: same samples, also the same times. 0 or -errno. */
int source_demo_new(uint64_t seed, struct source **ret);

/* Ends the interval, returns what happened in it. Caller frees with sample_free(). 0 or -errno. */
static inline int source_collect(struct source *s, struct sample **ret) { return s->ops->collect(s, ret); }
static inline int source_set_needs(struct source *s, unsigned needs) { return s->ops->set_needs(s, needs); }
static inline int source_spy_start(struct source *s, const struct spy_selection *sel) { return s->ops->spy_start(s, sel); }
/* Another selection of cgroups and objects while the spy runs: nothing that was not polled yet is dropped. */
static inline int source_spy_update(struct source *s, const struct spy_selection *sel) { return s->ops->spy_update(s, sel); }
static inline void source_spy_stop(struct source *s) { s->ops->spy_stop(s); }
static inline int source_spy_poll(struct source *s, source_event_fn fn, void *u, size_t max) { return s->ops->spy_poll(s, fn, u, max); }
static inline void source_spy_counts(struct source *s, struct source_counts *ret) { s->ops->spy_counts(s, ret); }
static inline struct source *source_free(struct source *s) { return s ? s->ops->free(s) : NULL; }

#endif
