/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_proc.c - getters of proc.*, thread.*, user.* and group.*.
 */
#include <sched.h>
#include <stdlib.h>

#include "core/field_get.h"
#include "core/objname.h"
#include "core/syscall.h"

#define PROC(name, expr)                                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct process *p = r->process;                                                        \
                                                                                                             \
		return p && (expr);                                                                          \
	}
#define THREAD(name, expr)                                                                                   \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct thread *t = r->thread;                                                          \
                                                                                                             \
		return t && (expr);                                                                          \
	}

PROC(proc_cgroup, put_str(ret, p->cgroup))
PROC(proc_cwd, put_str(ret, p->cwd))
PROC(proc_exe, put_str(ret, p->exe))
PROC(proc_exeline, put_str(ret, p->exeline ? p->exeline : p->name))
PROC(proc_exepath, put_str(ret, p->exepath))
PROC(proc_exit_code, p->exited &&put_int(ret, p->exit_code))
PROC(proc_exited, put_bool(ret, p->exited))
PROC(proc_fdopencount, put_u32(ret, p->fdcount))
PROC(proc_fresh, put_bool(ret, p->fresh))
PROC(proc_is_kthread, put_bool(ret, p->kthread))
PROC(proc_name, put_str(ret, p->name))
PROC(proc_netns, put_int(ret, p->netns))
PROC(proc_nice, p->leader &&put_int(ret, p->leader->nice))
PROC(proc_nthreads, put_int(ret, p->nthreads))
PROC(proc_pgid, put_int(ret, p->pgrp))
PROC(proc_pid, put_int(ret, p->pid))
PROC(proc_pid_ts, p->start_time &&put_u64(ret, p->start_time))
PROC(proc_pidns, put_int(ret, p->pidns))
PROC(proc_ppid, put_int(ret, p->ppid))
PROC(proc_sid, put_int(ret, p->session))
PROC(proc_tty, put_int(ret, p->tty))
PROC(proc_vmrss, put_u64(ret, p->vmrss))
PROC(proc_vmsize, put_u64(ret, p->vmsize))
PROC(proc_vmswap, put_u64(ret, p->vmswap))
PROC(proc_vpid, put_int(ret, p->vpid))
PROC(evt_count_procinfo, put_int(ret, !p->exited))
PROC(evt_count_procexit, put_int(ret, p->exited))
PROC(user_homedir, put_str(ret, p->home))
PROC(user_shell, put_str(ret, p->shell))
PROC(user_loginuid, put_u32(ret, p->loginuid))
PROC(user_loginname, put_str(ret, p->login))
PROC(user_name, put_str(ret, p->user))
PROC(user_uid, put_u32(ret, p->uid))
PROC(group_gid, put_u32(ret, p->gid))
PROC(group_name, put_str(ret, p->group))
PROC(proc_fdlimit, put_u64(ret, p->fdlimit))
PROC(proc_fdusage, p->fdcount != UNKNOWN_U32 && p->fdlimit && p->fdlimit != UNKNOWN_U64 &&
			   put_double(ret, 100.0 * p->fdcount / (double)p->fdlimit))
PROC(proc_end_ts, put_u64(ret, p->end_time))

#define LIFE(name, expr)                                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct process_life *l = r->process ? &r->process->life : NULL;                        \
                                                                                                             \
		return l && l->cpu != UNKNOWN_U64 && put_u64(ret, expr);                                     \
	}

LIFE(proc_life_calls, l->calls)
LIFE(proc_life_cpu, l->cpu)
LIFE(proc_life_disk, l->disk_read + l->disk_write)
LIFE(proc_life_errors, l->errors)
LIFE(proc_life_file, l->file)
LIFE(proc_life_net, l->net)
LIFE(proc_life_pfmajor, l->maj_flt)
LIFE(proc_life_pfminor, l->min_flt)

PROC(proc_nchilds, put_int(ret, p->nthreads ? p->nthreads - 1 : 0))
PROC(proc_cmdlenargs, p->args &&put_int(ret, (int64_t)strlen(p->args)))

GETTER(proc_cmdline)
{
	const struct process *p = r->process;

	if (!p || !p->name)
		return false;
	return put_str(ret, p->args && *p->args ? arena_printf(tmp, "%s %s", p->name, p->args) : p->name);
}

GETTER(proc_duration)
{
	const struct process *p = r->process;

	if (!p || !p->start_time || !r->sample)
		return false;
	if (p->end_time != UNKNOWN_U64)
		return put_int(ret, (int64_t)(p->end_time - p->start_time));
	return put_int(ret, r->sample->time > p->start_time ? (int64_t)(r->sample->time - p->start_time) : 0);
}

/* The innermost component of the cgroup path that is a unit: ".../nginx.service", ".../docker-….scope". */
GETTER(proc_unit)
{
	static const char *const suffixes[] = {".service", ".scope", ".socket", ".mount", ".swap", ".slice"};
	const char *path = r->process ? r->process->cgroup : NULL;
	const char *end = path ? path + strlen(path) : NULL;

	while (end && end > path) {
		const char *start = end;

		while (start > path && start[-1] != '/')
			start--;
		for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
			size_t n = strlen(suffixes[i]);

			if ((size_t)(end - start) > n && !memcmp(end - n, suffixes[i], n))
				return put_str(ret, *end ? arena_strndup(tmp, start, (size_t)(end - start))
							 : start);
		}
		end = start > path ? start - 1 : path;
	}
	return false;
}

/* Percent of the measured interval; not known in the first sample. */
static bool put_share(struct value *ret, const struct record *r, uint64_t ns)
{
	if (ns == UNKNOWN_U64 || !r->sample || !r->sample->interval)
		return false;
	return put_double(ret, 100.0 * (double)ns / (double)r->sample->interval);
}

THREAD(thread_cpu, put_share(ret, r, t->did->cpu))
THREAD(thread_cpu_id, put_u32(ret, t->cpu_id))
THREAD(thread_cpu_system, put_share(ret, r, t->did->cpu_sys))
THREAD(thread_cpu_user, put_share(ret, r, t->did->cpu_user))
THREAD(thread_disk_read, put_u64(ret, t->did->disk_read))
THREAD(thread_disk_write, put_u64(ret, t->did->disk_write))
THREAD(thread_exectime, put_u64(ret, t->did->cpu))
THREAD(thread_totexectime, put_u64(ret, t->cpu_total))
THREAD(thread_exited, put_bool(ret, t->exited))
THREAD(thread_ismain, t->process &&put_bool(ret, t->tid == t->process->pid))
THREAD(thread_name, put_str(ret, t->name))
THREAD(thread_nice, put_int(ret, t->nice))
THREAD(thread_nivcsw, put_u64(ret, t->did->nivcsw))
THREAD(thread_nvcsw, put_u64(ret, t->did->nvcsw))
THREAD(thread_pfmajor, put_u64(ret, t->did->maj_flt))
THREAD(thread_pfminor, put_u64(ret, t->did->min_flt))
THREAD(thread_runq, put_share(ret, r, t->did->run_delay))
THREAD(thread_runq_time, put_u64(ret, t->did->run_delay))
THREAD(thread_syscall, t->nr != WIRE_NR_NONE && put_str(ret, syscall_name(t->nr)))
THREAD(thread_syscall_fd, t->nr != WIRE_NR_NONE && t->wait_obj && put_str(ret, object_name(t->wait_obj, tmp)))
THREAD(thread_syscall_time, t->nr != WIRE_NR_NONE && put_u64(ret, t->nr_time))
THREAD(thread_tid, put_int(ret, t->tid))
THREAD(thread_vtid, put_int(ret, t->vtid))
THREAD(evt_count_threadinfo, put_int(ret, !t->exited))

GETTER(thread_nametid)
{
	const struct thread *t = r->thread;

	if (!t || !t->process || !t->process->name)
		return false;
	return put_str(ret, arena_printf(tmp, "%s:%u", t->process->name, t->tid));
}

static bool put_state(struct value *ret, char state)
{
	/* one-letter strings without an allocation for each */
	static const char letters[][2] = {"R", "S", "D", "T", "t", "Z", "X", "I", "P"};

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (letters[i][0] == state)
			return put_str(ret, letters[i]);
	}
	return false;
}

THREAD(thread_state, put_state(ret, t->state))
PROC(proc_state, p->leader &&put_state(ret, p->leader->state))

GETTER(thread_policy)
{
	if (!r->thread)
		return false;
	switch (r->thread->policy) {
	case SCHED_OTHER: return put_str(ret, "other");
	case SCHED_FIFO: return put_str(ret, "fifo");
	case SCHED_RR: return put_str(ret, "rr");
	case SCHED_BATCH: return put_str(ret, "batch");
	case SCHED_IDLE: return put_str(ret, "idle");
	case 6: return put_str(ret, "deadline");
	case 7: return put_str(ret, "ext");
	default: return false;
	}
}

GETTER(thread_wait)
{
	const struct thread *t = r->thread;
	const char *call, *name;

	if (!t || t->nr == WIRE_NR_NONE)
		return false;
	call = syscall_name(t->nr);
	name = t->wait_obj ? object_name(t->wait_obj, tmp) : NULL;
	return put_str(ret, name ? arena_printf(tmp, "%s %s", call, name) : call);
}
