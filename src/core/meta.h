/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * meta.h - struct container_meta as one block of memory: to keep, to copy into
 * a sample's arena, to free at once.
 */
#ifndef CTOP_CORE_META_H
#define CTOP_CORE_META_H

#include "core/arena.h"
#include "core/sample.h"

enum {
	META_LIST_MAX = 256,  /* labels or mounts of one container; more are left out */
	META_TEXT_MAX = 4096, /* bytes of one string; longer ones are cut */
};

/* Nothing known. */
struct container_meta meta_none(void);

/* Deep copy in one block: free() it. */
struct container_meta *meta_dup(const struct container_meta *m);

/* Deep copy that lives as long as the arena. */
struct container_meta *meta_dup_arena(struct arena *arena, const struct container_meta *m);

#endif
