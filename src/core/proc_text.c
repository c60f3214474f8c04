/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc_text.c - see proc_text.h. */
#include "core/proc_text.h"

#include <string.h>

struct proc_text *proc_text_new(const char *const strings[PROC_STRINGS])
{
	size_t len[PROC_STRINGS] = {0}, all = 0;
	struct proc_text *t;

	for (int i = 0; i < PROC_STRINGS; i++) {
		const char *as_long = i == PROC_ARGV ? strings[PROC_ARGS] : strings[i];

		if (strings[i] && as_long)
			len[i] = strlen(as_long) + 1;
		all += len[i];
	}
	t = xmalloc(sizeof(*t) + all);
	*t = (struct proc_text){.refs = 1, .len = (uint32_t)all};
	all = 0;
	for (int i = 0; i < PROC_STRINGS; i++) {
		t->at[i] = len[i] ? (uint32_t)all : UINT32_MAX;
		if (len[i])
			memcpy(t->data + all, strings[i], len[i]);
		all += len[i];
	}
	return t;
}

bool proc_text_same(const struct proc_text *a, const struct proc_text *b)
{
	return a && b && a->len == b->len && !memcmp(a->at, b->at, sizeof(a->at)) &&
	       !memcmp(a->data, b->data, a->len);
}

struct proc_text *proc_text_hold(struct proc_text *t)
{
	if (t)
		__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

void proc_text_release(const struct proc_text *t)
{
	struct proc_text *held = (struct proc_text *)(uintptr_t)t;

	if (held && !__atomic_sub_fetch(&held->refs, 1, __ATOMIC_ACQ_REL))
		free(held);
}
