/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter_push.c - the part of a filter that the kernel can decide for the spy.
 *
 * Conjuncts are looked at one by one; one that is not understood is left to
 * user space, so what the kernel lets through is never too little. Calls are
 * decided by asking the whole filter about each call number, with everything
 * that is not known about an event taken as "maybe".
 */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/filter_ast.h"
#include "core/source.h"
#include "core/syscall.h"

struct push {
	const struct filter *filter;
	const struct sample *sample;
	struct arena *arena;
	struct spy_selection *sel;
	struct buf text;
	const struct check *objects[8]; /* conjuncts on objects */
	size_t n_objects;
	const struct check *containers[8]; /* conjuncts on containers */
	size_t n_containers;
	bool pids_done;
};

static void say(struct push *ps, const char *what)
{
	buf_addf(&ps->text, "%s%s", ps->text.len ? ", " : "", what);
}

/* Compared with fixed values, by the operator alone. */
static bool is_plain(const struct check *c)
{
	bool plain = !c->expr && !c->modifier;

	for (size_t i = 0; i < c->n_items; i++)
		plain = plain && !c->items[i].expr;
	return plain;
}

static bool is_field(const struct check *c, const char *id)
{
	return !strcmp(c->field->id, id);
}

static bool is_equality(const struct check *c)
{
	return c->n_items && (c->op == OP_EQ || c->op == OP_IN || c->op == OP_INTERSECTS);
}

/* ---- calls ---- */

enum maybe { NO, YES, MAYBE };

/* Fields that the call number alone decides. */
static bool by_number(const struct field *f)
{
	static const char *const ids[] = {"evt.type",        "syscall.type", "evt.type.is",
					  "evt.category",    "evt.is_io",    "evt.is_io_read",
					  "evt.is_io_write", "evt.io_dir",   "evt.is_wait"};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (!strcmp(f->id, ids[i]))
			return true;
	}
	return false;
}

static enum maybe ask(const struct filter *f, const struct node *n, const struct record *r)
{
	enum maybe all = n->kind == NODE_AND ? YES : NO, kid;

	switch (n->kind) {
	case NODE_CHECK:
		if (!by_number(n->check.field) || !is_plain(&n->check))
			return MAYBE;
		return check_eval(f, &n->check, r) ? YES : NO;
	case NODE_NOT: kid = ask(f, n->kids[0], r); return kid == MAYBE ? MAYBE : kid == YES ? NO : YES;
	case NODE_AND:
		for (size_t i = 0; i < n->n_kids; i++) {
			kid = ask(f, n->kids[i], r);
			if (kid == NO)
				return NO;
			if (kid == MAYBE)
				all = MAYBE;
		}
		return all;
	case NODE_OR:
		for (size_t i = 0; i < n->n_kids; i++) {
			kid = ask(f, n->kids[i], r);
			if (kid == YES)
				return YES;
			if (kid == MAYBE)
				all = MAYBE;
		}
		return all;
	}
	return MAYBE;
}

static size_t calls_of(const struct filter *f, uint64_t *bits, uint16_t compat)
{
	size_t passed = 0;

	for (unsigned nr = 0; nr < WIRE_SYSCALLS; nr++) {
		struct fact fact = {.nr = (uint16_t)(nr | compat)};
		struct record r = {.fact = &fact};

		if (f && f->root && ask(f, f->root, &r) == NO)
			continue;
		bits[nr / 64] |= 1ULL << (nr % 64);
		passed++;
	}
	return passed;
}

static void push_calls(struct push *ps)
{
	struct spy_filter *f = &ps->sel->filter;
	size_t n = calls_of(ps->filter, f->calls, 0),
	       n_compat = calls_of(ps->filter, f->compat_calls, WIRE_NR_COMPAT);
	char text[40];

	arena_reset(ps->filter->scratch);
	if (n == WIRE_SYSCALLS && n_compat == WIRE_SYSCALLS) {
		memset(f->calls, 0, sizeof(f->calls));
		memset(f->compat_calls, 0, sizeof(f->compat_calls));
		return;
	}
	f->by_call = 1;
	if (n <= WIRE_SYSCALLS / 2)
		snprintf(text, sizeof(text), "%zu system call%s", n, n == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "all but %zu system call%s", WIRE_SYSCALLS - n,
			 WIRE_SYSCALLS - n == 1 ? "" : "s");
	say(ps, text);
}

/* ---- containers, processes, threads ---- */

/* Text and flags that a container keeps; what the kernel charges it changes all the time. */
static bool is_container_check(const struct check *c)
{
	const struct field *f = c->field;

	return f->grain == GRAIN_CONTAINER && (f->type == FT_STRING || f->type == FT_BOOL);
}

static void note_container(struct push *ps, const struct check *c)
{
	if (ps->n_containers < sizeof(ps->containers) / sizeof(ps->containers[0]))
		ps->containers[ps->n_containers++] = c;
}

static bool container_passes(struct push *ps, const struct container *k)
{
	struct record r = {.sample = ps->sample, .container = k};
	bool all = true;

	for (size_t i = 0; i < ps->n_containers && all; i++)
		all = check_eval(ps->filter, ps->containers[i], &r);
	return all;
}

/* Cgroups of the containers that pass, of others, or of the host. Returns how many; ret may be NULL. */
static size_t cgroups_of(struct push *ps, bool passing, bool host, uint64_t *ret)
{
	const struct sample *s = ps->sample;
	size_t n = 0;

	for (size_t i = 0; i < s->n_containers; i++) {
		const struct container *k = &s->containers[i];

		if (k->is_host != host || container_passes(ps, k) != passing)
			continue;
		if (ret && k->n_cgroup_ids)
			memcpy(ret + n, k->cgroup_ids, k->n_cgroup_ids * sizeof(*ret));
		n += k->n_cgroup_ids;
	}
	return n;
}

/*
 * The kernel gets a verdict on every cgroup that is known. Of one that is not, made since the sample, say,
 * all passes, so that nothing of a container is missed that starts later. The host is what is left, so no
 * set.
 */
static void push_containers(struct push *ps)
{
	const struct sample *s = ps->sample;
	struct spy_selection *sel = ps->sel;
	size_t found = 0, n_others, n_host;
	uint64_t *ids, *others;
	char text[60];

	if (!s || !ps->n_containers)
		return;
	for (size_t i = 0; i < s->n_containers; i++) {
		const struct container *k = &s->containers[i];

		if (!container_passes(ps, k))
			continue;
		if (k->is_host || !k->n_cgroup_ids)
			return;
		found++;
	}
	n_others = cgroups_of(ps, false, false, NULL);
	n_host = cgroups_of(ps, false, true, NULL);
	ids = arena_array(ps->arena, cgroups_of(ps, true, false, NULL), sizeof(*ids));
	others = arena_array(ps->arena, n_others + n_host, sizeof(*others));
	sel->filter.by_cgroup = 1;
	sel->cgroups = ids;
	sel->n_cgroups = cgroups_of(ps, true, false, ids);
	cgroups_of(ps, false, false, others);
	cgroups_of(ps, false, true, others + n_others);
	sel->others = others;
	sel->n_others = n_others + n_host;
	sel->n_others_host = n_host;
	arena_reset(ps->filter->scratch);
	snprintf(text, sizeof(text), "%zu container%s", found, found == 1 ? "" : "s");
	say(ps, found ? text : "no container yet");
}

static void push_pid(struct push *ps, const struct check *c)
{
	uint32_t *pids;

	for (size_t i = 0; i < c->n_items; i++) {
		if (!c->items[i].is_integer || c->items[i].integer <= 0 || c->items[i].integer > INT32_MAX)
			return;
	}
	if (c->n_items == 1 && !ps->sel->filter.tgid) {
		ps->sel->filter.tgid = (uint32_t)c->items[0].integer;
		say(ps, "process");
	} else if (c->n_items > 1 && !ps->pids_done) {
		pids = arena_array(ps->arena, c->n_items, sizeof(*pids));
		for (size_t i = 0; i < c->n_items; i++)
			pids[i] = (uint32_t)c->items[i].integer;
		ps->pids_done = true;
		ps->sel->pids = pids;
		ps->sel->n_pids = c->n_items;
		say(ps, "processes");
	}
}

static void push_tid(struct push *ps, const struct check *c)
{
	if (c->n_items != 1 || !c->items[0].is_integer || c->items[0].integer <= 0 ||
	    c->items[0].integer > INT32_MAX || ps->sel->filter.tid)
		return;
	ps->sel->filter.tid = (uint32_t)c->items[0].integer;
	say(ps, "thread");
}

/* ---- results ---- */

static void push_latency(struct push *ps, const struct check *c)
{
	double ns = c->n_items == 1 ? c->items[0].num : 0;

	if ((c->op != OP_GT && c->op != OP_GE) || ns <= 0 || ns > 1e18)
		return;
	if ((uint64_t)ns > ps->sel->filter.min_latency)
		ps->sel->filter.min_latency = (uint64_t)ns;
	say(ps, "latency");
}

static void push_failed(struct push *ps, const struct check *c)
{
	bool failed = (c->op == OP_EQ && c->items[0].boolean) || (c->op == OP_NE && !c->items[0].boolean);

	if (!failed || ps->sel->filter.failed_only)
		return;
	ps->sel->filter.failed_only = 1;
	say(ps, "failed calls");
}

/* ---- objects ---- */

/*
 * Identities and names only: a new connection to a port would not be among the
 * objects known now, while a name is looked for where it is known to be.
 */
static void note_object(struct push *ps, const struct check *c)
{
	if (ps->n_objects < sizeof(ps->objects) / sizeof(ps->objects[0]))
		ps->objects[ps->n_objects++] = c;
}

static void push_objects(struct push *ps)
{
	const struct sample *s = ps->sample;
	struct obj_key *keys;
	size_t n = 0;
	char text[40];
	bool identity = false, paths = false;

	for (size_t k = 0; k < ps->n_objects; k++) /* a whole device is too much for a set */
		identity = identity || !is_field(ps->objects[k], "fd.dev");
	if (!s || !identity)
		return;
	keys = arena_array(ps->arena, s->n_objects, sizeof(*keys));
	for (size_t i = 0; i < s->n_objects; i++) {
		struct record r = {.sample = s, .obj = s->objects[i]};
		bool all = true;

		for (size_t k = 0; k < ps->n_objects && all; k++)
			all = check_eval(ps->filter, ps->objects[k], &r);
		if (all)
			keys[n++] = s->objects[i]->key;
		paths = paths || (all && s->objects[i]->kind == OBJ_PATH);
	}
	arena_reset(ps->filter->scratch);
	/* not seen yet, or a path that only failed calls have: let user space look for it */
	if (!n || paths)
		return;
	ps->sel->objects = keys;
	ps->sel->n_objects = n;
	snprintf(text, sizeof(text), "%zu known object%s", n, n == 1 ? "" : "s");
	say(ps, text);
}

/* A type that several kinds have lets all of them through: what is left is checked once more. */
static unsigned kinds_of(const char *type)
{
	static const struct {
		const char *type;
		unsigned kinds;
	} types[] = {
		{"ipv4", 1u << OBJ_INET}, {"ipv6", 1u << OBJ_INET},     {"unix", 1u << OBJ_UNIX},
		{"pipe", 1u << OBJ_FIFO}, {"directory", 1u << OBJ_DIR}, {"netlink", 1u << OBJ_NETLINK},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strcmp(types[i].type, type))
			return types[i].kinds;
	}
	return 0;
}

static void push_kinds(struct push *ps, const struct check *c)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < c->n_items; i++) {
		unsigned k = kinds_of(c->items[i].text);

		if (!k)
			return;
		kinds |= k;
	}
	if (ps->sel->filter.kinds)
		kinds &= ps->sel->filter.kinds;
	if (!kinds || kinds == ps->sel->filter.kinds) /* nothing passes: the rest of the filter says so */
		return;
	ps->sel->filter.kinds = (uint16_t)kinds;
	say(ps, "kinds of descriptors");
}

static void push_check(struct push *ps, const struct check *c)
{
	if (!is_plain(c))
		return;
	if (is_container_check(c))
		note_container(ps, c);
	else if (is_equality(c) && is_field(c, "proc.pid"))
		push_pid(ps, c);
	else if (is_equality(c) && is_field(c, "thread.tid"))
		push_tid(ps, c);
	else if (is_field(c, "evt.latency"))
		push_latency(ps, c);
	else if (is_field(c, "evt.failed"))
		push_failed(ps, c);
	else if (is_equality(c) && is_field(c, "fd.type"))
		push_kinds(ps, c);
	else if (is_equality(c) && (is_field(c, "fd.name") || is_field(c, "fd.ino") || is_field(c, "fd.dev")))
		note_object(ps, c);
}

static void push_conjuncts(struct push *ps, const struct node *n)
{
	if (n->kind == NODE_CHECK)
		push_check(ps, &n->check);
	for (size_t i = 0; n->kind == NODE_AND && i < n->n_kids; i++)
		push_conjuncts(ps, n->kids[i]);
}

void filter_push_down(const struct filter *f, const struct sample *s, struct arena *arena,
		      struct spy_selection *ret, const char **ret_text)
{
	struct push ps = {.filter = f, .sample = s, .arena = arena, .sel = ret};

	memset(ret, 0, sizeof(*ret));
	if (f && f->root) {
		push_conjuncts(&ps, f->root);
		push_containers(&ps);
		push_objects(&ps);
		push_calls(&ps);
	}
	*ret_text = arena_strdup(arena, buf_str(&ps.text));
	buf_done(&ps.text);
}
