/* SPDX-License-Identifier: GPL-2.0-or-later */
/* field_life.c - getters of life.*: what happened to containers. */
#include <string.h>

#include "core/field_get.h"
#include "core/lifecycle.h"

#define LIFE_EVENT(name, expr)                                                                               \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct life_event *e = r->life;                                                        \
                                                                                                             \
		return e && (expr);                                                                          \
	}

static bool has_status(const struct life_event *e)
{
	return e->kind == LIFE_EXITED || e->kind == LIFE_EXEC_EXITED || e->kind == LIFE_OOM;
}

LIFE_EVENT(life_command, put_str(ret, e->command))
LIFE_EVENT(life_event, put_str(ret, life_kind_name(e->kind)))
LIFE_EVENT(life_pid, put_int(ret, e->pid))
LIFE_EVENT(life_seq, put_u64(ret, e->seq))
LIFE_EVENT(life_time, put_u64(ret, e->time))

GETTER(life_exit_code)
{
	int signal;

	return r->life && has_status(r->life) && put_int(ret, life_exit_code(r->life->status, &signal));
}

GETTER(life_signal)
{
	int signal = 0;
	const char *name;

	if (r->life && has_status(r->life))
		life_exit_code(r->life->status, &signal);
	name = signal ? sigabbrev_np(signal) : NULL;
	return signal &&
	       put_str(ret, name ? arena_printf(tmp, "SIG%s", name) : arena_printf(tmp, "%d", signal));
}
