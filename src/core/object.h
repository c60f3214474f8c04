/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.h - objects that samples share. Most of what is open stays as it is for hours: the table of objects
 * and all samples of that time hold the same struct, which nobody changes while more than one does.
 *
 * The last one that lets go frees it, in whatever thread that is.
 */
#ifndef CTOP_CORE_OBJECT_H
#define CTOP_CORE_OBJECT_H

#include "core/mem.h"
#include "core/sample.h"

/* A copy with a name of its own (NULL: none), held once, by the caller. */
NEVER_NULL struct object *object_copy(const struct object *o, const char *name);

NEVER_NULL const struct object *object_hold(struct object *o);

/* Whether the caller is the only one that holds it, and may change it. */
bool object_is_own(const struct object *o);

/* NULL, and what lies in an arena, are fine. */
void object_release(const struct object *o);

#endif
