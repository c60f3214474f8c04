/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample_link.c - what processes of a sample have to do with each other.
 */
#include <stddef.h>

#include "core/hash.h"
#include "core/sample.h"

static struct hash_key key_of(uint32_t pid)
{
	return (struct hash_key){pid, 0};
}

static struct hash_key pid_of(const void *value)
{
	return key_of(((const struct process *)value)->pid);
}

static struct hash_key pidns_of(const void *value)
{
	return key_of(((const struct process *)value)->pidns);
}

/* Neighbours ask for the same one. */
struct memo {
	uint32_t id;
	const struct process *found;
};

static const struct process *look_up(const struct hash *h, uint32_t id, struct memo *last)
{
	if (id != last->id)
		*last = (struct memo){id, hash_get(h, key_of(id))};
	return last->found;
}

/* A younger process has only got the number. */
static const struct process *leader(const struct hash *by_pid, uint32_t pid, const struct process *p,
				    struct memo *last)
{
	const struct process *l = look_up(by_pid, pid, last);

	return l && l->start_boot <= p->start_boot ? l : NULL;
}

/* Descriptors come process by process. */
static void link_fds(const struct sample *s, struct process *processes)
{
	for (size_t i = 0; i < s->n_fds; i++) {
		struct process *p = &processes[s->fds[i].process - s->processes];

		if (!p->fds)
			p->fds = &s->fds[i];
		if (p->fds + p->n_fds == &s->fds[i])
			p->n_fds++;
	}
}

void sample_link(const struct sample *s, struct process *processes)
{
	struct hash by_pid = {.key_of = pid_of}, inits = {.key_of = pidns_of};
	struct memo session = {0}, group = {0}, init = {0}; /* of id 0: none */

	hash_reserve(&by_pid, s->n_processes);

	for (size_t i = 0; i < s->n_processes; i++) {
		struct process *p = &processes[i], *old;

		old = hash_put(&by_pid, key_of(p->pid), p);
		if (old && old->start_boot > p->start_boot) /* a pid used twice: the youngest has it now */
			hash_put(&by_pid, key_of(p->pid), old);
		if (p->vpid == 1 && p->pidns)
			hash_put(&inits, key_of(p->pidns), p);
	}
	for (size_t i = 0; i < s->n_processes; i++) {
		struct process *p = &processes[i];

		p->session_leader = leader(&by_pid, p->session, p, &session);
		p->group_leader = leader(&by_pid, p->pgrp, p, &group);
		p->ns_init = look_up(&inits, p->pidns, &init);
	}
	hash_done(&by_pid);
	hash_done(&inits);
	link_fds(s, processes);
}
