/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture.h - the kernel side: loads the BPF programs, attaches what is needed,
 * and hands over one batch of raw records per interval.
 *
 * This is the only door to libbpf. Nothing here knows fields, views or names.
 * One thread may call capture_collect(), another the capture_spy_* functions;
 * nothing else may run at the same time.
 */
#ifndef CTOP_BPF_CAPTURE_H
#define CTOP_BPF_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/need.h"
#include "bpf/wire.h"

struct capture;

struct capture_config {
	const struct call_desc *calls;        /* WIRE_SYSCALLS entries, native */
	const struct call_desc *compat_calls; /* WIRE_SYSCALLS entries, 32-bit */
	uint32_t max_facts;                   /* distinct facts per interval, 0 = 65536 */
	uint32_t max_exits;                   /* exits per interval kept one by one, 0 = 32768 */
	uint32_t spy_ring;                    /* bytes, power of two, 0 = 16 MiB */
	enum hooks_way hooks;
};

/* Everything of one interval; arrays and what they point to live until capture_batch_free(). */
struct capture_batch {
	uint64_t mono_ns;       /* when the interval ended: then taking it began */
	uint64_t sched_now;     /* scheduler clock at that time, for task_rec.last_ran */
	struct task_rec *tasks; /* alive, then exited ones */
	size_t n_tasks;
	struct task_key
		*same; /* alive, and what their last record said still holds; older than those of tasks */
	size_t n_same;
	/*
	 * Facts of the interval, in parts: the same key may come several times, from different CPUs, and the
	 * parts add up. Without NEED_FACTS those of io_uring only.
	 */
	struct fact_key *fact_keys;
	struct fact_val *fact_vals;
	size_t n_facts;
	struct fact_single *singles; /* facts of one call each */
	size_t n_singles;
	const struct fd_rec *fds; /* one behind the other: fd_next() */
	size_t n_fds;
	const struct obj_rec **objs; /* names that came up in the interval */
	size_t n_objs;
	const struct exec_rec **execs;
	size_t n_execs;
	const struct cgroup_rec **cgroups;
	size_t n_cgroups;
	struct lost_counts lost; /* since start, monotonic */
	uint64_t missed; /* ends of calls the kernel did not show us, since start: see capture_missed() */
	void *memory;    /* owns the above */
};

/*
 * Loads everything and attaches NEED_TASKS. Returns 0 or -errno; on failure
 * *ret_why (if not NULL) is one malloc'ed sentence: what is missing and how to get it.
 */
int capture_open(const struct capture_config *config, struct capture **ret, char **ret_why);

/* Detaches and frees everything; NULL is fine. Nothing stays in the kernel. */
struct capture *capture_free(struct capture *c);

/* Attaches and detaches hooks so that exactly `needs` (+ NEED_TASKS) are on. 0 or -errno. */
int capture_set_needs(struct capture *c, unsigned needs);

/*
 * Before the first interval: the threads there are now, and nothing else; nothing is swapped, and counting has not
 * begun. The next batch has all records.
 */
int capture_look(struct capture *c, struct capture_batch **ret);

/* Ends the interval: swaps and drains the maps, walks tasks (and descriptors). 0 or -errno. */
int capture_collect(struct capture *c, struct capture_batch **ret);
struct capture_batch *capture_batch_free(struct capture_batch *b);

/* The next batch is to hold the record of every thread and socket: somebody does not know what `same` or FD_SAME refers to. */
void capture_walk_all(struct capture *c);

/* Forgets that these objects were named: each is named again at next sight. */
void capture_forget_objects(struct capture *c, const struct obj_key *keys, size_t n);

/* Sets of the spy filter: what by_cgroup, by_object and by_pid refer to. */
struct spy_sets {
	/* kernfs ids, bit 63 set = of the v1 hierarchy; tasks in none of them pass */
	const uint64_t *cgroups; /* wanted */
	size_t n_cgroups;
	const uint64_t *others; /* of other containers, then of the host */
	size_t n_others, n_others_host;
	const struct obj_key *objects;
	size_t n_objects;
	const uint32_t *pids; /* tgids */
	size_t n_pids;
};
#define SPY_CGROUP_V1 (1ULL << 63)

/* The most ids (of cgroups and of objects) that the kernel side has room for. */
enum { SPY_SET_MAX = 65536 };

/*
 * Starts the spy; one that runs is ended first. 0 or -errno.
 * capture_spy_stop() detaches its hooks and drops what was not read.
 */
int capture_spy_start(struct capture *c, const struct spy_filter *filter, const struct spy_sets *sets);
/*
 * Other sets and another filter, while the spy runs: no call is missed and none that was not read yet is
 * dropped. 0 or -errno: then the filter is as it was.
 */
int capture_spy_update(struct capture *c, const struct spy_filter *filter, const struct spy_sets *sets);
void capture_spy_stop(struct capture *c);

/* One record of the spy: exactly one of obj and rec is set; valid during the call only. */
typedef void (*capture_spy_fn)(const struct obj_rec *obj, const struct spy_hdr *rec, void *userdata);

/* Delivers what came since the last call, at most max records. Returns how many, or -errno. */
int capture_spy_poll(struct capture *c, capture_spy_fn fn, void *userdata, size_t max);

struct spy_counts {
	uint64_t passed; /* events that matched the filter */
	uint64_t lost;   /* of these, not delivered: ring full */
	uint64_t seen;   /* calls looked at */
};
void capture_spy_counts(const struct capture *c, struct spy_counts *ret);

/* One thing that the programs use of a kernel. Texts are constant. */
struct capture_feature {
	const char *kind, *name; /* "tracepoint", "sys_exit" */
	const char *use;         /* what for: "counts calls" */
	const char *without;     /* what is lost without it; NULL: then nothing runs */
	bool present;
};
enum { CAPTURE_FEATURES = 32 }; /* more than there are */

/* Looks them up in the running kernel's BTF, loads nothing. Returns how many; 0 without BTF. */
size_t capture_features(struct capture_feature *ret, size_t max);

/* A controller of the hierarchy that cgroup_v1 of records is of; NULL: there is none. */
const char *capture_v1_controller(const struct capture *c);

/* Own cost: run time of our BPF programs since start. 0, or -errno where BPF_ENABLE_STATS is refused. */
int capture_cost(struct capture *c, uint64_t *ret_bpf_ns, uint64_t *ret_runs);

#endif
