/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc_text.h - what processes are called: program, arguments, directory. A process keeps its strings for
 * life, and thousands may have the same: the table of processes and all samples hold one piece of memory,
 * which nobody changes. The last one that lets go frees it, in whatever thread that is.
 */
#ifndef CTOP_CORE_PROC_TEXT_H
#define CTOP_CORE_PROC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mem.h"

enum proc_string { PROC_EXE, PROC_ARGS, PROC_ARGV, PROC_EXELINE, PROC_EXEPATH, PROC_CWD, PROC_STRINGS };

struct proc_text {
	uint32_t refs;
	uint32_t len;
	uint32_t at[PROC_STRINGS]; /* offsets in data, UINT32_MAX = not known */
	char data[];
};

/* Strings may be NULL: not known. That of PROC_ARGV has NULs in it and is as long as PROC_ARGS. Held once. */
NEVER_NULL struct proc_text *proc_text_new(const char *const strings[PROC_STRINGS]);

bool proc_text_same(const struct proc_text *a, const struct proc_text *b); /* NULL is like nothing */

struct proc_text *proc_text_hold(struct proc_text *t); /* NULL gives NULL */
void proc_text_release(const struct proc_text *t);     /* NULL is fine */

/* NULL = not known. */
static inline const char *proc_text_get(const struct proc_text *t, enum proc_string s)
{
	return !t || t->at[s] == UINT32_MAX ? NULL : t->data + t->at[s];
}

#endif
