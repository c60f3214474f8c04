/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lifecycle.h - what happens to containers: started, a command executed in
 * them, killed for memory, exited and with what. Worked out from the processes
 * of each sample, so that a container that lives for some milliseconds has its
 * start and its end. Knows no runtime: a container's first process is the one
 * whose parent is outside - init of its pid namespace, where it has one - and
 * every later one from outside is a command that was executed in it.
 *
 * What was there when watching began is no event.
 */
#ifndef CTOP_CORE_LIFECYCLE_H
#define CTOP_CORE_LIFECYCLE_H

#include "core/sample.h"

enum {
	LIFE_EVENTS_MAX = 1000, /* remembered; the oldest go first */
	LIFE_ENTRIES_MAX = 256, /* processes from outside that are followed in one container */
};

struct lifecycle;

struct lifecycle *lifecycle_new(void);
struct lifecycle *lifecycle_free(struct lifecycle *l);

/* What is known of a container that was without a name when it went; NULL. */
typedef const struct container_meta *(*lifecycle_meta_fn)(void *userdata, const struct container *c,
							  struct arena *arena);

/* Takes in a sample whose processes and containers are complete, and sets its life and n_life. meta may be
 * NULL. */
void lifecycle_add(struct lifecycle *l, struct sample *s, lifecycle_meta_fn meta, void *userdata);

/* "started", "exec", ... */
const char *life_kind_name(enum life_kind kind);
/* Exit code as a shell has it (128 + signal), and the signal (0 = none) of a wait status. */
int life_exit_code(int32_t status, int *ret_signal);

#endif
