/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_btf.h - what this kernel's types tell, asked before anything is loaded.
 *
 * libbpf would read and index all of them to answer, which takes longer than all our maps and most of our
 * programs; and then once more to load the programs. Here they are looked through as they are.
 */
#ifndef CTOP_BPF_KERNEL_BTF_H
#define CTOP_BPF_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>

struct kernel_btf {
	char *data;
	size_t size;
	bool mapped; /* else allocated */
	const char *types, *types_end, *names, *names_end;
};

/* 0 or -errno: there is none (-ENOENT), it cannot be read, or it is not understood (-EINVAL). */
int kernel_btf_open(struct kernel_btf *ret);
int kernel_btf_open_file(const char *path, struct kernel_btf *ret); /* of a file, for tests */
void kernel_btf_close(struct kernel_btf *b);

bool kernel_has_function(const struct kernel_btf *b, const char *name);
bool kernel_has_helper(const struct kernel_btf *b, const char *name); /* "loop" for bpf_loop() */

/*
 * Whether a task can lose its CPU in the middle of a program on a tracepoint: from Linux 7.0 on, see hooks.c.
 * By version, as no type tells.
 */
bool kernel_preempts_programs(void);

/* Arguments of a tracepoint's programs and one more for its own data; 0: there is no such tracepoint. */
unsigned kernel_tracepoint_args(const struct kernel_btf *b, const char *name);

#endif
