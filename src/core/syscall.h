/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscall.h - the one table of system calls: number, name, arguments, class.
 * Consumers: the BPF side (call_desc), the decoder, evt.type/evt.category,
 * the filter's completion, the docs.
 */
#ifndef CTOP_CORE_SYSCALL_H
#define CTOP_CORE_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/decode_args.h" /* enum arg_kind */

/* sysdig's evt.category */
enum call_class {
	CLASS_OTHER = 0, CLASS_FILE, CLASS_NET, CLASS_IPC, CLASS_WAIT, CLASS_SIGNAL, CLASS_SLEEP,
	CLASS_TIME, CLASS_PROCESS, CLASS_MEMORY, CLASS_USER, CLASS_SYSTEM,
	CLASS_IO_READ, CLASS_IO_WRITE, CLASS_MAX,
};

struct syscall {
	const char *name;
	uint8_t nargs;
	enum call_class class;
	struct {
		enum arg_kind kind;
		const char *name;
	} args[6];
	enum arg_kind ret; /* how the result is shown */
	struct call_desc desc;
};

/* The call with this number (| WIRE_NR_COMPAT), NULL if the number is not known. */
const struct syscall *syscall_get(uint16_t nr);

/* Its name: "openat", or "syscall_451" for one that the table lacks; static storage or interned. */
const char *syscall_name(uint16_t nr);

/* Number by name, native first; -ENOENT. */
int syscall_number(const char *name);

const char *syscall_class_name(enum call_class c);

/* errno name ("ENOENT") and text; NULL if there is no such number. */
const char *errno_name(int err);
const char *errno_text(int err);
int errno_number(const char *name); /* -ENOENT */

/* The tables that the BPF side gets: WIRE_SYSCALLS entries each. */
const struct call_desc *syscall_descs(void);
const struct call_desc *syscall_compat_descs(void);

#endif
