/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rights.h - which capabilities the program uses, what each missing one costs,
 * and how all others are given up before anything is read or loaded.
 *
 * What stays must outlive the start: programs attach whenever a view needs them,
 * the spy is loaded later, and every interval reads /proc and what container
 * runtimes keep. None of it writes anywhere.
 */
#ifndef CTOP_BPF_RIGHTS_H
#define CTOP_BPF_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

struct right {
	int cap; /* CAP_* */
	const char *name, *use;
	const char *without; /* what is missing then; NULL: cannot run */
	bool have;
};

enum { RIGHTS_MAX = 8 };

/* The capabilities for watching, in the order of how much they matter, as the process has them now. Returns
 * how many. */
size_t rights_list(struct right *ret, size_t max);

enum rights_use {
	RIGHTS_NONE,   /* the demo */
	RIGHTS_BATCH,  /* watches, starts nothing: also no new privileges, and a filter of system calls */
	RIGHTS_PAGE,   /* the same, and enters network namespaces to read addresses there */
	RIGHTS_SCREEN, /* also starts programs and signals processes for the user */
};

/*
 * For the whole process: call it while there is one thread. Afterwards the effective set is what `use` takes,
 * and not more than there was. CAP_SYS_ADMIN stays permitted, not effective: rights_admin().
 *
 * On the screen nothing is taken from the programs that it starts: sudo works in them, and root's own regain
 * what root has. In batch mode execve(), other processes, mounts, sockets, changes of files and the like are
 * refused for good (EPERM), so a mistake in parsing what others write leads nowhere.
 */
void rights_drop(enum rights_use use);

/*
 * Until it is called with false no ordinary task takes the CPU from the calling thread: for moments only. Works where
 * rights_drop() kept what it takes, on kernels that need it (kernel_preempts_programs()); elsewhere it does nothing.
 */
void rights_undisturbed(bool on);

/* Makes CAP_SYS_ADMIN effective for the calling thread, and takes it back: only around bpf_enable_stats() and
 * setns(). */
void rights_admin(bool on);

#endif
