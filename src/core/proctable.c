/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/proctable.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/procdetail.h"
#include "core/procfs.h"
#include "core/tasktable.h"

enum {
	KEEP = 3, /* samples that a process is kept after it was last seen */
	CMDLINE_MAX = 4096,
	PATH_BYTES = 4096,
};

static struct hash_key key_of(uint32_t pid)
{
	return (struct hash_key){pid, 0};
}

static struct hash_key pid_of(const void *value)
{
	return key_of(((const struct proc *)value)->pid);
}

void proctable_init(struct proctable *t, const char *proc_root)
{
	*t = (struct proctable){
		.proc_root = xstrdup(proc_root), .by_pid.key_of = pid_of, .procs.size = sizeof(struct proc)};
}

static void proc_free(struct proctable *t, struct proc *p)
{
	proc_text_release(p->text);
	free(p->detail);
	pool_put(&t->procs, p);
}

static bool drop_all(void *value, void *userdata)
{
	for (struct proc *p = value, *older; p; p = older) {
		older = p->older;
		proc_free(userdata, p);
	}
	return false;
}

void proctable_done(struct proctable *t)
{
	hash_sweep(&t->by_pid, drop_all, t);
	hash_done(&t->by_pid);
	pool_done(&t->procs);
	proc_text_release(t->recent);
	free(t->proc_root);
	*t = (struct proctable){0};
}

void proctable_begin(struct proctable *t, uint64_t boot_epoch)
{
	t->now++;
	t->boot_epoch = boot_epoch;
}

static bool keep(void *value, void *userdata)
{
	struct proctable *t = userdata;
	struct proc *p = value;

	/* the youngest of a pid is seen last: when it goes, so do the others */
	if (t->now - p->seen >= KEEP)
		return drop_all(p, t);
	for (struct proc **at = &p->older; *at;) {
		struct proc *old = *at;

		if (t->now - old->seen < KEEP) {
			at = &old->older;
			continue;
		}
		*at = old->older;
		proc_free(t, old);
	}
	return true;
}

void proctable_end(struct proctable *t)
{
	hash_sweep(&t->by_pid, keep, t);
}

struct proc *proctable_find(const struct proctable *t, uint32_t pid)
{
	return hash_get(&t->by_pid, key_of(pid));
}

bool proctable_alive(const struct proctable *t, uint32_t pid, uint32_t tid)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%u/task/%u", t->proc_root, pid, tid);
	return access(path, F_OK) == 0;
}

static struct proc *proc_new(struct proctable *t, uint32_t pid, uint64_t start_boot, bool guessed)
{
	struct proc *p = pool_get(&t->procs), *first = proctable_find(t, pid);

	p->pid = pid;
	p->start_boot = start_boot;
	p->start_time = t->boot_epoch + start_boot;
	p->guessed = guessed;
	p->size = (struct proc_size){UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U32};
	p->born = p->seen = t->now;
	if (first && first->start_boot > start_boot) { /* a late record of one that went before */
		while (first->older && first->older->start_boot > start_boot)
			first = first->older;
		p->older = first->older;
		first->older = p;
	} else {
		p->older = first;
		hash_put(&t->by_pid, key_of(pid), p);
	}
	return p;
}

/* The process with this very start; a guessed one that can be it gets its start right. NULL if there is none.
 */
static struct proc *find_exact(struct proctable *t, uint32_t pid, uint64_t start_boot, bool guessed)
{
	struct proc *p = proctable_find(t, pid);

	while (p && task_gen(p->start_boot) != task_gen(start_boot) &&
	       !(p->guessed && p->start_boot >= start_boot))
		p = p->older;
	if (!p)
		return NULL;
	if (p->guessed && !guessed) {
		p->start_boot = start_boot;
		p->start_time = t->boot_epoch + start_boot;
		p->guessed = false;
	}
	p->seen = t->now;
	return p;
}

static struct proc *exact(struct proctable *t, uint32_t pid, uint64_t start_boot)
{
	struct proc *p = find_exact(t, pid, start_boot, false);

	return p ? p : proc_new(t, pid, start_boot, false);
}

struct proc *proctable_owner(struct proctable *t, uint32_t pid, uint64_t start_boot, bool leader)
{
	struct proc *p;

	if (leader) {
		p = find_exact(t, pid, start_boot, true);
	} else {
		/* task_key.gen cuts 65 µs off a start: the leader's may look later than that of its own
		 * thread */
		p = proctable_find(t, pid);
		while (p && p->start_boot > start_boot + 0xffff && !p->guessed)
			p = p->older;
	}
	if (!p)
		return proc_new(t, pid, start_boot, true);
	if (p->guessed && p->start_boot > start_boot)
		p->start_boot = start_boot;
	p->seen = t->now;
	return p;
}

static void set_text(struct proctable *t, struct proc *p, struct proc_text *text)
{
	proc_text_release(p->text);
	p->text = text;
	if (text != t->recent) {
		proc_text_release(t->recent);
		t->recent = proc_text_hold(text);
	}
}

/* NULL strings stay unknown. PROC_ARGV has NULs in it. */
static void set_strings(struct proctable *t, struct proc *p, const char *const s[PROC_STRINGS])
{
	const struct proc *parent = p->told ? proctable_find(t, p->last.ppid) : NULL;
	struct proc_text *text = proc_text_new(s), *same = NULL;

	if (proc_text_same(text, t->recent))
		same = t->recent;
	else if (parent && proc_text_same(text, parent->text))
		same = parent->text;
	if (same) {
		proc_text_release(text);
		text = proc_text_hold(same);
	}
	set_text(t, p, text);
}

static void set_argv(struct proctable *t, struct proc *p, const char *argv, size_t len, const char *exepath,
		     const char *cwd)
{
	struct buf exeline = {0}, args = {0}, list = {0};
	char *exe = NULL;

	while (len && (argv[len - 1] == '\0' || argv[len - 1] == ' ')) /* titles are padded with either */
		len--;
	if (p->told && p->last.kthread) {
		buf_addf(&exeline, "[%s]", p->comm);
		exe = xstrdup(exeline.data);
	} else if (!len) {
		exe = xstrdup(p->comm);
		buf_adds(&exeline, p->comm);
	} else {
		size_t first = strnlen(argv, len);

		exe = xstrndup(argv, first);
		if (first < len)
			buf_add(&args, argv + first + 1, len - first - 1);
		buf_add(&list, buf_str(&args), args.len);
		for (size_t i = 0; i < args.len; i++)
			if (!args.data[i])
				args.data[i] = ' ';
		buf_adds(&exeline, exe);
		if (args.len) {
			buf_addc(&exeline, ' ');
			buf_add(&exeline, args.data, args.len);
		}
	}
	set_strings(t, p,
		    (const char *const[PROC_STRINGS]){
			    [PROC_EXE] = exe,
			    [PROC_ARGS] = buf_str(&args),
			    [PROC_ARGV] = buf_str(&list),
			    [PROC_EXELINE] = buf_str(&exeline),
			    [PROC_EXEPATH] = exepath,
			    [PROC_CWD] = cwd,
		    });
	free(exe);
	buf_done(&exeline);
	buf_done(&args);
	buf_done(&list);
}

void proctable_exec(struct proctable *t, const struct exec_rec *rec)
{
	struct proc *p = exact(t, rec->tgid, rec->start_boot);
	size_t len = rec->args_len < WIRE_ARGS_MAX ? rec->args_len : WIRE_ARGS_MAX;
	char *cwd = xstrdup(proc_text_get(p->text, PROC_CWD));
	char *exepath = rec->exe_len ? xstrndup(rec->exe, rec->exe_len) : NULL;

	p->ran = true;
	memcpy(p->comm, rec->comm, WIRE_COMM_LEN);
	set_argv(t, p, rec->args, len, exepath, cwd);
	free(cwd);
	free(exepath);
	p->has_argv = len < WIRE_ARGS_MAX; /* one that was cut is read in full if the process is seen alive */
	p->has_links = false;
	free(p->detail);
	p->detail = NULL;
}

/* A process that did not exec runs its parent's program; the comm says whether the parent has changed since.
 */
static bool inherit(struct proctable *t, struct proc *p)
{
	const struct proc *parent = p->told ? proctable_find(t, p->last.ppid) : NULL;

	if (!parent || !parent->text || strcmp(parent->comm, p->comm) || p->last.kthread)
		return false;
	set_text(t, p, proc_text_hold(parent->text));
	return true;
}

void proctable_complete(struct proctable *t, struct proc *p)
{
	bool kthread = p->told && p->last.kthread,
	     exited = p->told && (p->last.exited || p->last.state == 'Z');
	char *cmdline = NULL, *exepath = NULL, *cwd = NULL;
	size_t len = 0;

	if (p->has_argv && (p->has_links || exited || kthread))
		return;
	if (!exited && !kthread) {
		if (!p->has_argv)
			(void)procfs_read(t->proc_root, CMDLINE_MAX, &cmdline, &len, "%u/cmdline", p->pid);
		(void)procfs_link(t->proc_root, &exepath, "%u/exe", p->pid);
		cwd = xstrdup(proc_text_get(p->text, PROC_CWD));
		if (!cwd)
			(void)procfs_link(t->proc_root, &cwd, "%u/cwd", p->pid);
		p->has_links = true;
	}
	if (len || kthread) {
		set_argv(t, p, cmdline ? cmdline : "", len, exepath, cwd);
	} else if (proc_text_get(p->text, PROC_EXELINE)) { /* what the exec record had, cut or not */
		set_strings(t, p,
			    (const char *const[PROC_STRINGS]){
				    [PROC_EXE] = proc_text_get(p->text, PROC_EXE),
				    [PROC_ARGS] = proc_text_get(p->text, PROC_ARGS),
				    [PROC_ARGV] = proc_text_get(p->text, PROC_ARGV),
				    [PROC_EXELINE] = proc_text_get(p->text, PROC_EXELINE),
				    [PROC_EXEPATH] = exepath ? exepath : proc_text_get(p->text, PROC_EXEPATH),
				    [PROC_CWD] = cwd,
			    });
	} else if (!inherit(t, p)) { /* gone, or it never had arguments of its own */
		set_argv(t, p, "", 0, exepath, cwd);
	}
	p->has_argv = true;
	free(cmdline);
	free(exepath);
	free(cwd);
}

void proctable_detail(struct proctable *t, struct proc *p)
{
	enum { AGAIN = 8 };
	bool alive = p->told && !p->last.exited && p->last.state != 'Z';

	if (!alive || (p->detail && t->now - p->detailed < AGAIN))
		return;
	free(p->detail);
	p->detail = procdetail_read(t->proc_root, p->pid);
	p->detailed = t->now;
}

static void note(struct proctable *t, struct proc *p, const struct task_rec *rec, bool leader)
{
	if (p->led && !leader) {
		return;
	}
	/* an old leader's exit comes after the record of the thread that took its place, which has made calls
	 */
	if (leader && p->told && rec->exited && !p->last.exited && p->last.sid && rec->sid != p->last.sid &&
	    p->led)
		return;
	if (leader && memcmp(p->comm, rec->comm, WIRE_COMM_LEN)) {
		/* it has become another program without telling, or only changed its name */
		if (*p->comm && p->led && !rec->exited)
			p->has_argv = p->has_links = false;
		memcpy(p->comm, rec->comm, WIRE_COMM_LEN);
	} else if (!*p->comm) {
		memcpy(p->comm, rec->comm, WIRE_COMM_LEN);
	}
	p->last = (struct proc_last){
		.sid = rec->sid,
		.cset = rec->cset,
		.cgroup_v1 = rec->cgroup_v1,
		.cgroup_v2 = rec->cgroup_v2,
		.ppid = rec->ppid,
		.uid = rec->uid,
		.gid = rec->gid,
		.loginuid = rec->loginuid,
		.pgrp = rec->pgrp,
		.session = rec->session,
		.tty = rec->tty,
		.pidns = rec->pidns,
		.netns = rec->netns,
		.vpid = rec->vpid,
		.state = rec->state,
		.kthread = rec->kthread,
		.exited = rec->exited,
	};
	p->told = true;
	p->led |= leader;
}

struct proc *proctable_leader(struct proctable *t, const struct task_rec *rec)
{
	struct proc *p = exact(t, rec->tgid, rec->start_boot);

	note(t, p, rec, true);
	p->seen = t->now;
	return p;
}

struct proc *proctable_thread(struct proctable *t, const struct task_rec *rec)
{
	struct proc *p = proctable_owner(t, rec->tgid, rec->start_boot, rec->tid == rec->tgid);

	note(t, p, rec, false);
	p->seen = t->now;
	return p;
}
