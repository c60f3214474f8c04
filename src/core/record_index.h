/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_index.h - what spy events are joined with: the latest sample, by pid,
 * uid and cgroup, and what earlier events said of processes that are younger
 * than it. The public part is in field.h; this one is private to record_*.c.
 * An index may be NULL everywhere: it knows nothing then, and learns nothing.
 */
#ifndef CTOP_CORE_RECORD_INDEX_H
#define CTOP_CORE_RECORD_INDEX_H

#include "core/event.h"
#include "core/field.h"

const struct sample *record_index_sample(const struct record_index *idx);

/* What is known of a process beyond its own events: as record_index_process(), without those only seen. NULL.
 */
const struct process *record_index_known(const struct record_index *idx, uint32_t pid);

/* The container that an event's cgroups belong to; the host when no container has them; NULL = not known. */
const struct container *record_index_container(const struct record_index *idx, const struct event *ev);

/* Name of a user; NULL. */
const char *record_index_user(const struct record_index *idx, uint32_t uid);

/* Whether one more process may be looked for in /proc: on the live machine, and a bounded number of times. */
bool record_index_may_look(struct record_index *idx);

/* A process ran another program, or went to another directory: from now on it is known as it is in p. */
void record_index_learn(struct record_index *idx, const struct event_record *er, const struct process *p);

/* What events say of a process, the name above all, is theirs: remembered for its children only. */
void record_index_see(struct record_index *idx, const struct event_record *er, const struct process *p);

#endif
