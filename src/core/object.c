/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.c - see object.h. */
#include "core/object.h"

#include <string.h>

struct object *object_copy(const struct object *o, const char *name)
{
	size_t len = name ? strlen(name) + 1 : 0;
	struct object *copy = xmalloc(sizeof(*copy) + len);

	*copy = *o;
	copy->refs = 1;
	copy->name = len ? memcpy(copy + 1, name, len) : NULL;
	return copy;
}

const struct object *object_hold(struct object *o)
{
	__atomic_add_fetch(&o->refs, 1, __ATOMIC_RELAXED);
	return o;
}

bool object_is_own(const struct object *o)
{
	return __atomic_load_n(&o->refs, __ATOMIC_ACQUIRE) == 1;
}

void object_release(const struct object *o)
{
	struct object *held = (struct object *)(uintptr_t)o;

	if (o && o->refs && !__atomic_sub_fetch(&held->refs, 1, __ATOMIC_ACQ_REL))
		free(held);
}
