/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_path.c - getters of the paths that a single call names: as they were
 * given (raw), and below the directory that they start from.
 */
#include <fcntl.h>

#include "core/decode_args.h"
#include "core/field_get.h"
#include "core/path.h"
#include "core/syscall.h"

enum { FIRST, SECOND };

struct named_path {
	const char *text;
	size_t len;
	const char *base; /* directory of a relative one; NULL = not known */
};

/* The n-th path among the call's arguments, and the directory argument before it, which is its own. */
static bool path_of(const struct record *r, unsigned n, struct named_path *ret)
{
	const struct event *ev = r->event;
	const struct syscall *call = ev ? syscall_get(ev->nr) : NULL;
	int dir = -1;

	for (int i = 0; call && i < call->nargs; i++) {
		enum arg_kind kind = call->args[i].kind;
		const struct event_blob *b;

		if (kind == ARG_DIRFD || kind == ARG_DIRFD2)
			dir = i;
		if (kind != ARG_PATH && kind != ARG_PATH2)
			continue;
		if (n--) {
			dir = -1;
			continue;
		}
		b = event_blob(ev, i, 0);
		if (!b || b->fault)
			return false;
		ret->text = b->data;
		ret->len = strnlen(b->data, b->len);
		ret->base = r->process ? r->process->cwd : NULL;
		if (dir >= 0 &&
		    (int32_t)ev->args[dir] != AT_FDCWD) /* of two directories the event has the first */
			ret->base = call->desc.dirfd < 6 && ev->args[dir] == ev->args[call->desc.dirfd]
					    ? ev->fd[1].name
					    : NULL;
		return true;
	}
	return false;
}

static bool put_raw(struct value *ret, const struct record *r, struct arena *tmp, unsigned n)
{
	struct named_path p;

	return path_of(r, n, &p) && put_str(ret, arena_strndup(tmp, p.text, p.len));
}

/* Without "." and ".." and doubled slashes, as the path of an open file would be but for links. */
static bool put_full(struct value *ret, const struct record *r, struct arena *tmp, unsigned n)
{
	struct named_path p;
	bool absolute;

	if (!path_of(r, n, &p))
		return false;
	absolute = p.len && *p.text == '/';
	if (!absolute && (!p.base || *p.base != '/'))
		return false;
	return put_str(ret, path_normal(tmp, absolute ? "" : p.base, p.text, p.len));
}

/* How many paths the call names. */
static unsigned count(const struct record *r)
{
	struct named_path p;

	return path_of(r, SECOND, &p) ? 2 : path_of(r, FIRST, &p) ? 1 : 0;
}

/* link(target, linkpath): in either order of the arguments the new name is the target in sysdig's words. */
static bool is_symlink(const struct record *r)
{
	const char *name = r->event ? syscall_name(r->event->nr) : "";

	return !strcmp(name, "symlink") || !strcmp(name, "symlinkat");
}

#define PATHS(name, put)                                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		unsigned n = count(r);                                                                       \
                                                                                                             \
		return n && (put);                                                                           \
	}

PATHS(evt_abspath, put_full(ret, r, tmp, is_symlink(r) ? SECOND : FIRST))
PATHS(evt_abspath_src, n == 2 && put_full(ret, r, tmp, FIRST))
PATHS(evt_abspath_dst, n == 2 && put_full(ret, r, tmp, SECOND))
PATHS(fs_path_name, n == 1 && put_full(ret, r, tmp, FIRST))
PATHS(fs_path_nameraw, n == 1 && put_raw(ret, r, tmp, FIRST))
PATHS(fs_path_source, n == 2 && (is_symlink(r) ? put_raw(ret, r, tmp, FIRST) : put_full(ret, r, tmp, FIRST)))
PATHS(fs_path_sourceraw, n == 2 && put_raw(ret, r, tmp, FIRST))
PATHS(fs_path_target, n == 2 && put_full(ret, r, tmp, SECOND))
PATHS(fs_path_targetraw, n == 2 && put_raw(ret, r, tmp, SECOND))

/* The path as the call gave it; of a call that names none, what its descriptor points to. */
GETTER(fd_nameraw)
{
	return put_raw(ret, r, tmp, FIRST) || get_fd_name(r, tmp, ret);
}
