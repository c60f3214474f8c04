/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proctable.h - what is known of processes beyond one interval: name, command
 * line, executable, directory, owner. Filled from task and exec records; what
 * these do not say is read from /proc once, when a process is first seen.
 */
#ifndef CTOP_CORE_PROCTABLE_H
#define CTOP_CORE_PROCTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/arena.h"
#include "core/containertable.h"
#include "core/hash.h"
#include "core/pool.h"
#include "core/proc_text.h"
#include "core/sample.h"

/* What is kept of a task_rec, under its names: there are ten thousand of them. */
struct proc_last {
	uint64_t sid, cset, cgroup_v1, cgroup_v2;
	uint32_t ppid, uid, gid, loginuid, pgrp, session, tty, pidns, netns, vpid;
	uint8_t state, kthread, exited;
};

/* As its leader's last record said: bytes and descriptors; UNKNOWN_*. */
struct proc_size {
	uint64_t vm, rss, swap, fdlimit;
	uint32_t fdcount;
};

/* A process; (pid, start_boot) is its identity. */
struct proc {
	uint32_t pid;
	bool guessed;          /* start_boot was not told: the first sight of one of its threads */
	bool told;             /* a record of it came: last is valid */
	uint64_t start_boot;   /* ns since boot */
	uint64_t start_time;   /* epoch ns, as computed at first sight: does not move with the clock */
	struct proc *older;    /* had the same pid before */
	struct proc_last last; /* of the leader, or of any thread while there was none */
	bool led;              /* last is the leader's */
	bool ran;              /* an exec record came */
	struct process_life life;
	struct proc_size size;
	char comm[WIRE_COMM_LEN + 1];
	bool has_argv, has_links;      /* read, or cannot be */
	struct proc_text *text;        /* NULL = nothing known */
	struct process_detail *detail; /* as of the sample `detailed`; NULL */
	uint32_t detailed;
	uint32_t seen;         /* sample number */
	uint32_t born;         /* sample in which it was first seen */
	uint32_t marked, mark; /* index in the sample `marked` */
};

struct proctable {
	char *proc_root;
	struct pool procs;
	struct hash by_pid; /* pid -> struct proc, the youngest first */
	uint32_t now;
	uint64_t boot_epoch;      /* epoch ns at boot, for start_time */
	struct proc_text *recent; /* of the process that was completed last: those of its neighbours are often
				     the same */
};

void proctable_init(struct proctable *t, const char *proc_root);
void proctable_done(struct proctable *t);

/* A new sample; ends when the next one begins. */
void proctable_begin(struct proctable *t, uint64_t boot_epoch);
void proctable_end(struct proctable *t);

/* A program was started. */
void proctable_exec(struct proctable *t, const struct exec_rec *rec);

/* A record of the leader. */
struct proc *proctable_leader(struct proctable *t, const struct task_rec *rec);

/* Nothing changed about one of its threads. */
static inline void proctable_same(struct proctable *t, struct proc *p)
{
	p->seen = t->now;
}

/* A record of another thread: its process. */
struct proc *proctable_thread(struct proctable *t, const struct task_rec *rec);

/*
 * The process with this pid that had a thread (or a leader) started at start_boot, which may be up to 65 µs
 * too early, as task_key.gen is; made if there is none.
 */
struct proc *proctable_owner(struct proctable *t, uint32_t pid, uint64_t start_boot, bool leader);

/* The youngest process with this pid, or NULL. */
struct proc *proctable_find(const struct proctable *t, uint32_t pid);

/* Reads from /proc what is missing; for a process that is alive. */
void proctable_complete(struct proctable *t, struct proc *p);

/* Reads the process's details; what can change is read again every eighth sample. */
void proctable_detail(struct proctable *t, struct proc *p);

/* Whether /proc has this thread now. */
bool proctable_alive(const struct proctable *t, uint32_t pid, uint32_t tid);

#endif
