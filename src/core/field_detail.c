/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_detail.c - getters of what only /proc says: environment, capabilities,
 * cgroups of all hierarchies, the file that a process runs.
 */
#include <stdlib.h>

#include "core/buf.h"
#include "core/field_get.h"
#include "core/procdetail.h"

/*
 * A process younger than the sample has none yet: on this machine, now, /proc has it as long as it lives.
 */
static const struct process_detail *detail_of(const struct record *r, struct arena *tmp)
{
	const struct process *p = r->process;
	const struct process_detail *copy;
	struct process_detail *d;

	if (!p || p->detail)
		return p ? p->detail : NULL;
	if (!r->event || !r->sample || !r->sample->source || strcmp(r->sample->source, "live") != 0)
		return NULL;
	d = procdetail_read("/proc", p->pid);
	copy = procdetail_copy(tmp, d);
	free(d);
	return copy;
}

#define DETAIL(name, expr)                                                                                   \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct process_detail *d = detail_of(r, tmp);                                          \
                                                                                                             \
		return d && (expr);                                                                          \
	}

static bool put_env(struct value *ret, const struct process_detail *d, struct arena *tmp)
{
	size_t len = d->env_len;
	char *text;

	if (!d->env)
		return false;
	while (len && !d->env[len - 1])
		len--;
	text = arena_alloc(tmp, len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = d->env[i] ? d->env[i] : ' ';
	return put_str(ret, text);
}

DETAIL(proc_env, put_env(ret, d, tmp))

GETTER_ARG(proc_env)
{
	const struct process_detail *d = detail_of(r, tmp);
	size_t n = strlen(arg);

	for (const char *at = d ? d->env : NULL; at && at < d->env + d->env_len; at += strlen(at) + 1)
		if (!strncmp(at, arg, n) && at[n] == '=')
			return put_str(ret, at + n + 1);
	return false;
}

/* ---- capabilities ---- */

static bool put_caps(struct value *ret, struct arena *tmp, uint64_t caps)
{
	static const char *const names[] = {
		"CHOWN",
		"DAC_OVERRIDE",
		"DAC_READ_SEARCH",
		"FOWNER",
		"FSETID",
		"KILL",
		"SETGID",
		"SETUID",
		"SETPCAP",
		"LINUX_IMMUTABLE",
		"NET_BIND_SERVICE",
		"NET_BROADCAST",
		"NET_ADMIN",
		"NET_RAW",
		"IPC_LOCK",
		"IPC_OWNER",
		"SYS_MODULE",
		"SYS_RAWIO",
		"SYS_CHROOT",
		"SYS_PTRACE",
		"SYS_PACCT",
		"SYS_ADMIN",
		"SYS_BOOT",
		"SYS_NICE",
		"SYS_RESOURCE",
		"SYS_TIME",
		"SYS_TTY_CONFIG",
		"MKNOD",
		"LEASE",
		"AUDIT_WRITE",
		"AUDIT_CONTROL",
		"SETFCAP",
		"MAC_OVERRIDE",
		"MAC_ADMIN",
		"SYSLOG",
		"WAKE_ALARM",
		"BLOCK_SUSPEND",
		"AUDIT_READ",
		"PERFMON",
		"BPF",
		"CHECKPOINT_RESTORE",
	};
	struct buf b = {0};

	if (caps == UNKNOWN_U64)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (caps & (1ULL << i))
			buf_addf(&b, "%sCAP_%s", b.len ? " " : "", names[i]);
	put_str(ret, arena_strndup(tmp, buf_str(&b), b.len));
	buf_done(&b);
	return true;
}

DETAIL(thread_cap_effective, put_caps(ret, tmp, d->cap_effective))
DETAIL(thread_cap_inheritable, put_caps(ret, tmp, d->cap_inheritable))
DETAIL(thread_cap_permitted, put_caps(ret, tmp, d->cap_permitted))

/* ---- cgroups ---- */

/* "4:memory:/docker/1234": the controllers, which may be several, and the path. False at the end. */
static bool next_line(const char **at, const char **ret_controllers, size_t *ret_n, const char **ret_path,
		      size_t *ret_len)
{
	const char *first = *at ? strchr(*at, ':') : NULL, *second = first ? strchr(first + 1, ':') : NULL;

	if (!second)
		return false;
	*ret_controllers = first + 1;
	*ret_n = (size_t)(second - first - 1);
	*ret_path = second + 1;
	*ret_len = strcspn(second + 1, "\n");
	*at = second + 1 + *ret_len;
	*at += **at == '\n';
	return true;
}

static bool put_cgroups(struct value *ret, const struct process_detail *d, struct arena *tmp)
{
	const char *at = d->cgroups, *controllers, *path;
	struct buf b = {0};
	size_t n, len;

	if (!at)
		return false;
	while (next_line(&at, &controllers, &n, &path, &len))
		buf_addf(&b, "%s%.*s=%.*s", b.len ? " " : "", n ? (int)n : 7, n ? controllers : "unified",
			 (int)len, path);
	put_str(ret, arena_strndup(tmp, buf_str(&b), b.len));
	buf_done(&b);
	return true;
}

DETAIL(thread_cgroups, put_cgroups(ret, d, tmp))

static bool has_word(const char *list, size_t n, const char *word)
{
	size_t len = strlen(word);

	while (n) {
		const char *comma = memchr(list, ',', n);
		size_t m = comma ? (size_t)(comma - list) : n;

		if (m == len && !memcmp(list, word, len))
			return true;
		list += m + (comma != NULL);
		n -= m + (comma != NULL);
	}
	return false;
}

/* Controllers that no v1 hierarchy has are those of the unified one. */
GETTER_ARG(thread_cgroup)
{
	const struct process_detail *d = detail_of(r, tmp);
	const char *at = d ? d->cgroups : NULL, *controllers, *path;
	size_t n, len;
	bool found = false;

	while (next_line(&at, &controllers, &n, &path, &len)) {
		bool named = has_word(controllers, n, arg);

		if (named || !n)
			found = put_str(ret, arena_strndup(tmp, path, len));
		if (named)
			return true;
	}
	return found;
}

/* ---- the file it runs ---- */

DETAIL(proc_exe_ino, put_u64(ret, d->exe_ino))
DETAIL(proc_exe_ino_ctime, put_u64(ret, d->exe_ctime))
DETAIL(proc_exe_ino_mtime, put_u64(ret, d->exe_mtime))
DETAIL(proc_is_exe_from_memfd, d->exe_ino != UNKNOWN_U64 && put_bool(ret, d->exe_memfd))
DETAIL(proc_is_exe_lower_layer, d->exe_layer >= 0 && put_bool(ret, !d->exe_layer))
DETAIL(proc_is_exe_upper_layer, d->exe_layer >= 0 && put_bool(ret, d->exe_layer))
DETAIL(proc_is_exe_writable, d->exe_writable >= 0 && put_bool(ret, d->exe_writable))

static bool put_since(struct value *ret, uint64_t from, uint64_t to)
{
	return from && to && from != UNKNOWN_U64 && to != UNKNOWN_U64 && put_int(ret, (int64_t)(to - from));
}

DETAIL(proc_exe_ino_ctime_duration_proc_start, put_since(ret, d->exe_ctime, r->process->start_time))
DETAIL(proc_exe_ino_ctime_duration_pidns_start,
       r->process->ns_init &&put_since(ret, d->exe_ctime, r->process->ns_init->start_time))

GETTER(proc_pidns_init_start_ts)
{
	const struct process *init = r->process ? r->process->ns_init : NULL;

	return init && init->start_time && put_u64(ret, init->start_time);
}
