/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/sample.h"

#include "core/arena.h"
#include "core/object.h"
#include "core/proc_text.h"

const struct thread_work thread_idle = {0};

struct sample *sample_free(struct sample *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_objects; i++)
		object_release(s->objects[i]);
	for (size_t i = 0; i < s->n_processes; i++)
		proc_text_release(s->processes[i].text);
	arena_free(s->arena); /* with the sample itself */
	return NULL;
}

const struct process *sample_first_process(const struct sample *s, const struct container *c)
{
	const struct process *best = NULL;

	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *proc = &s->processes[i];
		bool init = proc->vpid == 1;

		if (proc->container != c || proc->exited)
			continue;
		if (!best || (init && best->vpid != 1) ||
		    (init == (best->vpid == 1) && proc->start_boot < best->start_boot))
			best = proc;
	}
	return best;
}
