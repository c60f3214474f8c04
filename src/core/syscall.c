/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscall.c - expands syscalls.def into the two tables indexed by number, and
 * derives from the kinds of a call's arguments what the kernel side must know.
 * Knows nothing of how arguments are shown (decode.c).
 */
#include "core/syscall.h"
#include "core/uring.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	int nr, nr_compat;
	const char *name;
	enum call_class class;
	uint32_t flags;
	enum arg_kind ret;
	struct {
		enum arg_kind kind;
		const char *name;
	} args[6];
};

static const struct row rows[] = {
#define A(kind, name)                                                                                        \
	{                                                                                                    \
		ARG_##kind, #name                                                                            \
	}
#define SYS(nr, nr_compat, name, class, flags, ret, ...)                                                     \
	{nr, nr_compat, #name, CLASS_##class, flags, ARG_##ret, {__VA_ARGS__}},
#include "core/syscalls.def"
#undef SYS
#undef A
};

/* Written once by build(), constant from then on. */
static struct {
	struct syscall call[WIRE_SYSCALLS];
	struct call_desc desc[WIRE_SYSCALLS];
	char unknown[WIRE_SYSCALLS][sizeof("syscall_511")];
} tables[2]; /* native, compat */
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

const struct arg_copy arg_copies[ARG_KIND_MAX] = {
#define OUT                                   ARG_OUT
#define ENTER                                 ARG_ENTER
#define K32                                   ARG_K32
#define PAY                                   ARG_PAY
#define KIND(name, op, size, len, traits, fn) [ARG_##name] = {COPY_##op, len, traits, size},
#define BITS(name, table)
#define ENUM(name, table)
#include "core/argkinds.def"
#undef OUT
#undef K32
#undef ENTER
#undef PAY
#undef KIND
#undef BITS
#undef ENUM
};

static struct call_copy derive_copy(const struct arg_copy *how, int arg, bool at_enter)
{
	struct call_copy copy = {.op = how->op, .at_enter = at_enter || (how->traits & ARG_ENTER)};
	unsigned len_arg = (unsigned)(arg + how->len_arg);

	switch (how->op) {
	case COPY_FIXED: copy.size = how->size; break;
	case COPY_ARRAY_ARG: copy.size = (uint16_t)(how->size << 3 | len_arg); break;
	case COPY_ARRAY_RET: copy.size = (uint16_t)(how->size << 3); break;
	default: copy.size = how->len_arg ? (uint16_t)len_arg : 0; break;
	}
	return copy;
}

static struct call_desc derive_desc(const struct row *row, bool compat)
{
	struct call_desc d = {.flags = row->flags, .fd = 0xff, .fd2 = 0xff, .path = 0xff, .dirfd = 0xff};
	bool at_enter = row->flags & (CALL_EXEC | CALL_NORETURN);

	for (int i = 0; i < 6 && row->args[i].name; i++) {
		const struct arg_copy *how = &arg_copies[row->args[i].kind];

		switch (row->args[i].kind) {
		case ARG_FD:
			d.fd = (uint8_t)i;
			d.flags |= CALL_FD;
			break;
		case ARG_FD2: d.fd2 = (uint8_t)i; break;
		case ARG_PATH:
			d.path = (uint8_t)i;
			d.flags |= CALL_PATH;
			break;
		case ARG_DIRFD:
			d.dirfd = (uint8_t)i;
			d.fd2 = (uint8_t)
				i; /* no second object without CALL_SECOND: only to show what it is */
			break;
		case ARG_FD_PAIR:
			d.path = (uint8_t)i;
			d.flags |= CALL_PAIR;
			break;
		case ARG_MSG_FLAGS:
			if (row->class == CLASS_IO_READ) { /* MSG_PEEK leaves the bytes where they are */
				d.dirfd = (uint8_t)i;
				d.flags |= CALL_PEEK;
			}
			break;
		default: break;
		}
		if (how->op != COPY_NONE && (!compat || (how->traits & ARG_K32)))
			d.copy[i] = derive_copy(how, i, at_enter);
		if (d.copy[i].op != COPY_NONE && (how->traits & ARG_ENTER))
			d.flags |= CALL_BEFORE;
	}
	if (row->ret == ARG_FD)
		d.flags |= CALL_RETFD;
	/* a two-object call reads its bytes from `fd`, wherever they go */
	if (row->class == CLASS_IO_READ || (row->flags & CALL_SECOND))
		d.flags |= CALL_READ;
	else if (row->class == CLASS_IO_WRITE)
		d.flags |= CALL_WRITE;
	return d;
}

static void add(const struct row *row, int nr, bool compat)
{
	struct syscall *sc = &tables[compat].call[nr];

	sc->name = row->name;
	sc->class = row->class;
	sc->ret = row->ret;
	for (int i = 0; i < 6 && row->args[i].name; i++) {
		sc->args[i].kind = row->args[i].kind;
		sc->args[i].name = row->args[i].name;
		sc->nargs++;
	}
	sc->desc = derive_desc(row, compat);
	tables[compat].desc[nr] = sc->desc;
}

static void build(void)
{
	for (int compat = 0; compat < 2; compat++) {
		for (int nr = 0; nr < WIRE_SYSCALLS; nr++) {
			tables[compat].desc[nr] =
				(struct call_desc){.fd = 0xff, .fd2 = 0xff, .path = 0xff, .dirfd = 0xff};
			snprintf(tables[compat].unknown[nr], sizeof(tables[compat].unknown[nr]), "syscall_%u",
				 (unsigned)nr % WIRE_SYSCALLS);
		}
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].nr >= 0)
			add(&rows[i], rows[i].nr, false);
		if (rows[i].nr_compat >= 0)
			add(&rows[i], rows[i].nr_compat, true);
	}
}

const struct syscall *syscall_get(uint16_t nr)
{
	unsigned n = nr & ~WIRE_NR_COMPAT;
	const struct syscall *sc;

	if (uring_is(nr))
		return uring_op(nr);
	if (n >= WIRE_SYSCALLS)
		return NULL;
	pthread_once(&tables_once, build);
	sc = &tables[!!(nr & WIRE_NR_COMPAT)].call[n];
	return sc->name ? sc : NULL;
}

const char *syscall_name(uint16_t nr)
{
	const struct syscall *sc = syscall_get(nr);
	unsigned n = nr & ~WIRE_NR_COMPAT;

	if (sc)
		return sc->name;
	return n < WIRE_SYSCALLS ? tables[!!(nr & WIRE_NR_COMPAT)].unknown[n] : "syscall_unknown";
}

int syscall_number(const char *name)
{
	pthread_once(&tables_once, build);
	for (unsigned compat = 0; compat < 2; compat++) {
		for (unsigned nr = 0; nr < WIRE_SYSCALLS; nr++) {
			const char *has = tables[compat].call[nr].name;

			if (!strcmp(has ? has : tables[compat].unknown[nr], name))
				return (int)(nr | (compat ? WIRE_NR_COMPAT : 0));
		}
	}
	return -ENOENT;
}

const char *syscall_class_name(enum call_class c)
{
	static const char *const names[CLASS_MAX] = {
		[CLASS_OTHER] = "other",     [CLASS_FILE] = "file",         [CLASS_NET] = "net",
		[CLASS_IPC] = "ipc",         [CLASS_WAIT] = "wait",         [CLASS_SIGNAL] = "signal",
		[CLASS_SLEEP] = "sleep",     [CLASS_TIME] = "time",         [CLASS_PROCESS] = "process",
		[CLASS_MEMORY] = "memory",   [CLASS_USER] = "user",         [CLASS_SYSTEM] = "system",
		[CLASS_IO_READ] = "io_read", [CLASS_IO_WRITE] = "io_write",
	};

	return (unsigned)c < CLASS_MAX ? names[c] : "other";
}

const struct call_desc *syscall_descs(void)
{
	pthread_once(&tables_once, build);
	return tables[0].desc;
}

const struct call_desc *syscall_compat_descs(void)
{
	pthread_once(&tables_once, build);
	return tables[1].desc;
}
