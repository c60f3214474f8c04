/* SPDX-License-Identifier: GPL-2.0-or-later */
/* demo_charge.c - what the kernel would charge the synthetic machine's containers. */
#include <string.h>

#include "core/arena.h"
#include "core/demo.h"

/* Its processes, and some page cache that grew with them. */
void demo_charge(struct sample *s, struct container *containers)
{
	size_t n;
	const struct demo_container *cast = demo_containers(&n);
	struct cgroup_stat *stats = arena_array(s->arena, n, sizeof(*stats));

	for (size_t i = 0; i < n; i++) {
		struct cgroup_stat *stat = &stats[i];

		memset(stat, 0xff, sizeof(*stat)); /* UNKNOWN_U64 */
		stat->interval = s->interval;
		stat->cpu = stat->cpu_user = stat->cpu_system = stat->throttled = 0;
		stat->memory_anon = stat->pids = stat->oom_kills = 0;
		if (cast[i].memory_max)
			stat->memory_max = (uint64_t)cast[i].memory_max << 20;
		stat->cpu_max = cast[i].cpu_max ? (double)cast[i].cpu_max : -1;
		if (!containers[i].is_host)
			containers[i].stat = stat;
	}
	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *p = &s->processes[i];
		struct cgroup_stat *stat = &stats[p->container - containers];

		if (!p->exited && p->vmrss != UNKNOWN_U64)
			stat->memory_anon += p->vmrss;
		stat->pids += p->nthreads;
	}
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];
		struct cgroup_stat *stat = &stats[t->process->container - containers];

		stat->cpu += t->did->cpu;
		stat->cpu_user += t->did->cpu_user;
		stat->cpu_system += t->did->cpu_sys;
	}
	for (size_t i = 0; i < n; i++) {
		stats[i].memory_file = stats[i].memory_anon / 4;
		stats[i].memory = stats[i].memory_anon + stats[i].memory_file;
	}
}
