/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime_watch.h - tells of containers as soon as their runtime makes a
 * directory for them. For runtime.c; --check lists the directories.
 */
#ifndef CTOP_CORE_RUNTIME_WATCH_H
#define CTOP_CORE_RUNTIME_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct runtime_watch;

typedef void (*runtime_watch_fn)(const char *type, const char *id, void *userdata);

/* NULL if the kernel has no watch to spare. */
struct runtime_watch *runtime_watch_new(const char *sys_root);
struct runtime_watch *runtime_watch_free(struct runtime_watch *w);

/* Readable when there is news. */
int runtime_watch_fd(const struct runtime_watch *w);

/* Reports what is new since the last call. */
void runtime_watch_read(struct runtime_watch *w, runtime_watch_fn fn, void *userdata);

/* The n-th directory that a runtime keeps its containers in, and which runtime; NULL after the last. */
const char *runtime_place(size_t n, const char **ret_type);

/* Looks for runtimes that were not there before; to be called every few seconds. Whether there is one. */
bool runtime_watch_refresh(struct runtime_watch *w);

#endif
