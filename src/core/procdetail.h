/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procdetail.h - what no record of the kernel side says about a process and
 * few fields ask for: its environment, capabilities, cgroups, and which file it
 * runs. Read from /proc.
 */
#ifndef CTOP_CORE_PROCDETAIL_H
#define CTOP_CORE_PROCDETAIL_H

#include <stdint.h>

#include "core/arena.h"
#include "core/sample.h"

/* One allocation, the caller's; NULL when the process has gone. At most 4 KiB of environment are kept. */
struct process_detail *procdetail_read(const char *proc_root, uint32_t pid);

/* Layer of an overlay that has the file of a process: 0 lower, 1 upper; -1 = on none, or not known. */
int procdetail_layer(const char *proc_root, uint32_t pid, const char *path);

/* NULL gives NULL. */
const struct process_detail *procdetail_copy(struct arena *arena, const struct process_detail *d);

#endif
