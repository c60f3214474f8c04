/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_evt.c - getters of evt.*: what system calls did. The amounts that every
 * thread counts come from there when a query has no facts (record.counters).
 */
#include "core/field_get.h"
#include "core/syscall.h"

/* An amount that facts and per-thread counters both have. */
#define AMOUNT(name, of_fact, of_counts)                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct fact *f = r->fact;                                                              \
		const struct task_counts *c;                                                                 \
                                                                                                             \
		if (f)                                                                                       \
			return put_u64(ret, of_fact);                                                        \
		if (!r->counters || !r->thread)                                                              \
			return false;                                                                        \
		c = &r->thread->did->counts;                                                                 \
		return put_u64(ret, of_counts);                                                              \
	}

#define FACT(name, expr)                                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct fact *f = r->fact;                                                              \
                                                                                                             \
		return f && (expr);                                                                          \
	}

/* Same split as struct task_counts. */
static bool is_file(const struct fact *f)
{
	return f->obj && (f->obj->kind == OBJ_FILE || f->obj->kind == OBJ_CHR || f->obj->kind == OBJ_BLK);
}

static bool is_net(const struct fact *f)
{
	return f->obj && f->obj->kind == OBJ_INET;
}

static uint64_t both(const struct fact *f)
{
	return f->bytes_in == UNKNOWN_U64 || f->bytes_out == UNKNOWN_U64 ? UNKNOWN_U64
									 : f->bytes_in + f->bytes_out;
}

static enum call_class class_of(const struct fact *f)
{
	const struct syscall *call = syscall_get(f->nr);

	return call ? call->class : CLASS_OTHER;
}

static uint64_t opens(const struct fact *f)
{
	const struct syscall *call = f->err ? NULL : syscall_get(f->nr);

	return call && (call->desc.flags & CALL_OPEN) ? f->calls : 0;
}

AMOUNT(evt_buflen, both(f), c->file_in + c->file_out + c->net_in + c->net_out + c->other_in + c->other_out)
AMOUNT(evt_buflen_in, f->bytes_in, c->file_in + c->net_in + c->other_in)
AMOUNT(evt_buflen_out, f->bytes_out, c->file_out + c->net_out + c->other_out)
AMOUNT(evt_buflen_file, is_file(f) ? both(f) : 0, c->file_in + c->file_out)
AMOUNT(evt_buflen_file_in, is_file(f) ? f->bytes_in : 0, c->file_in)
AMOUNT(evt_buflen_file_out, is_file(f) ? f->bytes_out : 0, c->file_out)
AMOUNT(evt_buflen_net, is_net(f) ? both(f) : 0, c->net_in + c->net_out)
AMOUNT(evt_buflen_net_in, is_net(f) ? f->bytes_in : 0, c->net_in)
AMOUNT(evt_buflen_net_out, is_net(f) ? f->bytes_out : 0, c->net_out)
AMOUNT(evt_count, f->calls, c->calls)
AMOUNT(evt_count_error, f->err ? f->calls : 0, c->errors)
AMOUNT(evt_count_open, opens(f), c->opens)

enum error_class { ERROR_FILE, ERROR_NET, ERROR_MEMORY, ERROR_OTHER };

/* As sysdig: by what the call worked on, else by what kind of call it is. */
static enum error_class error_class(const struct fact *f)
{
	enum call_class class = class_of(f);

	switch (f->obj ? f->obj->kind : OBJ_NONE) {
	case OBJ_FILE:
	case OBJ_DIR:
	case OBJ_CHR:
	case OBJ_BLK:
	case OBJ_PATH: return ERROR_FILE;
	case OBJ_INET:
	case OBJ_UNIX:
	case OBJ_NETLINK:
	case OBJ_PACKET:
	case OBJ_SOCK: return ERROR_NET;
	case OBJ_NONE:
		if (class == CLASS_FILE)
			return ERROR_FILE;
		if (class == CLASS_NET)
			return ERROR_NET;
		break;
	default: break;
	}
	return class == CLASS_MEMORY ? ERROR_MEMORY : ERROR_OTHER;
}

static uint64_t errors(const struct fact *f, enum error_class class)
{
	return f->err && error_class(f) == class ? f->calls : 0;
}

FACT(evt_count_error_file, put_u64(ret, errors(f, ERROR_FILE)))
FACT(evt_count_error_memory, put_u64(ret, errors(f, ERROR_MEMORY)))
FACT(evt_count_error_net, put_u64(ret, errors(f, ERROR_NET)))
FACT(evt_count_error_other, put_u64(ret, errors(f, ERROR_OTHER)))

/* Nothing but the number of these calls is known: the map of facts was full (table.c). */
static bool is_coarse(const struct fact *f)
{
	return f->nr == WIRE_NR_NONE;
}

FACT(evt_failed, !is_coarse(f) && put_bool(ret, f->err))
FACT(evt_category, !is_coarse(f) && put_str(ret, syscall_class_name(class_of(f))))
FACT(evt_type, put_str(ret, is_coarse(f) ? "(not told apart)" : syscall_name(f->nr)))
FACT(evt_is_io_read, put_bool(ret, class_of(f) == CLASS_IO_READ))
FACT(evt_is_io_write, put_bool(ret, class_of(f) == CLASS_IO_WRITE))
FACT(evt_is_io, put_bool(ret, class_of(f) == CLASS_IO_READ || class_of(f) == CLASS_IO_WRITE))
FACT(evt_is_wait, put_bool(ret, class_of(f) == CLASS_WAIT || class_of(f) == CLASS_SLEEP))

GETTER(evt_io_dir)
{
	enum call_class class = r->fact ? class_of(r->fact) : CLASS_OTHER;

	if (class == CLASS_IO_READ)
		return put_str(ret, "read");
	return class == CLASS_IO_WRITE && put_str(ret, "write");
}

GETTER(evt_latency)
{
	if (!r->fact || !r->fact->timed)
		return false;
	ret->kind = V_DIST;
	ret->dist = r->fact;
	return true;
}

GETTER(evt_res)
{
	const char *name;

	if (!r->fact || is_coarse(r->fact) || (r->event && r->event->in_progress))
		return false;
	if (!r->fact->err)
		return put_str(ret, "SUCCESS");
	name = errno_name(r->fact->err);
	return put_str(ret, name ? name : arena_printf(tmp, "%u", r->fact->err));
}

FACT(evt_is_async, put_bool(ret, false))
FACT(evt_source, put_str(ret, "syscall"))

/* What sysdig's filters may name and nothing here has. */
GETTER(evt_none)
{
	return false;
}

GETTER_ARG(evt_type_is)
{
	return r->fact && put_bool(ret, !strcmp(syscall_name(r->fact->nr), arg));
}
