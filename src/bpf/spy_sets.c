/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy_sets.c - the spy's filter and the sets it refers to, in the kernel. Keeps
 * what it put into the maps, so that an update while the spy runs costs what
 * has changed, and no call slips through in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/capture_priv.h"
#include "ctop_spy.skel.h"

struct member {
	struct obj_key key; /* a shorter one is padded with zeros */
	uint8_t value;
};

struct member_list {
	struct member *all; /* sorted by key, none twice */
	size_t n;
};

static int by_key(const void *a, const void *b)
{
	return memcmp(&((const struct member *)a)->key, &((const struct member *)b)->key,
		      sizeof(struct obj_key));
}

/* Of a key that is there twice the greater value counts. */
static void sort_members(struct member_list *l)
{
	size_t n = 0;

	if (l->n)
		qsort(l->all, l->n, sizeof(*l->all), by_key);
	for (size_t i = 0; i < l->n; i++) {
		if (n && !by_key(&l->all[n - 1], &l->all[i])) {
			if (l->all[n - 1].value < l->all[i].value)
				l->all[n - 1].value = l->all[i].value;
		} else {
			l->all[n++] = l->all[i];
		}
	}
	l->n = n;
}

static void add_members(struct member_list *l, const void *keys, size_t n, size_t size, uint8_t value)
{
	for (size_t i = 0; i < n; i++) {
		struct member *m = &l->all[l->n++];

		*m = (struct member){.value = value};
		memcpy(&m->key, (const char *)keys + i * size, size);
	}
}

static int make_members(struct member_list *ret, size_t n)
{
	ret->all = calloc(n ? n : 1, sizeof(*ret->all));
	ret->n = 0;
	return ret->all ? 0 : -ENOMEM;
}

/* Puts into the map what of `next` is not there yet, then takes out what is no longer in it. */
static int put_new(int fd, const struct member_list *old, const struct member_list *next)
{
	for (size_t i = 0, k = 0; i < next->n; i++) {
		const struct member *m = &next->all[i];

		while (k < old->n && by_key(&old->all[k], m) < 0)
			k++;
		if (k < old->n && !by_key(&old->all[k], m) && old->all[k].value == m->value)
			continue;
		if (bpf_map_update_elem(fd, &m->key, &m->value, BPF_ANY))
			return -errno;
	}
	return 0;
}

static void take_out_old(int fd, const struct member_list *old, const struct member_list *next)
{
	for (size_t i = 0, k = 0; i < old->n; i++) {
		const struct member *m = &old->all[i];

		while (k < next->n && by_key(&next->all[k], m) < 0)
			k++;
		if (k == next->n || by_key(&next->all[k], m))
			bpf_map_delete_elem(fd, &m->key);
	}
}

static void take_back(int fd, const struct member_list *old, const struct member_list *next)
{
	put_new(fd, next, old);
	take_out_old(fd, next, old);
}

enum { CGROUPS, OBJECTS, PIDS, SETS };

struct spy_members {
	struct member_list of[SETS]; /* what is in the maps */
};

static void members_done(struct spy_members *m)
{
	for (int i = 0; i < SETS; i++)
		free(m->of[i].all);
	*m = (struct spy_members){0};
}

static int members_of(const struct spy_sets *sets, struct spy_members *ret)
{
	size_t n_other = sets->n_others - sets->n_others_host;
	const uint64_t *host = sets->others ? sets->others + n_other : NULL;
	struct member_list *cgroups = &ret->of[CGROUPS];

	*ret = (struct spy_members){0};
	if (make_members(cgroups, sets->n_cgroups + sets->n_others) < 0 ||
	    make_members(&ret->of[OBJECTS], sets->n_objects) < 0 ||
	    make_members(&ret->of[PIDS], sets->n_pids) < 0) {
		members_done(ret);
		return -ENOMEM;
	}
	add_members(cgroups, host, sets->n_others_host, sizeof(*host), SPY_CGROUP_HOST);
	add_members(cgroups, sets->others, n_other, sizeof(*sets->others), SPY_CGROUP_OTHER);
	add_members(cgroups, sets->cgroups, sets->n_cgroups, sizeof(*sets->cgroups), SPY_CGROUP_WANTED);
	add_members(&ret->of[OBJECTS], sets->objects, sets->n_objects, sizeof(*sets->objects), 1);
	add_members(&ret->of[PIDS], sets->pids, sets->n_pids, sizeof(*sets->pids), 1);
	for (int i = 0; i < SETS; i++)
		sort_members(&ret->of[i]);
	return 0;
}

/*
 * What is added is there before the filter asks for it, what goes is taken out after it: in between too much
 * passes, never too little.
 */
static int replace(struct ctop_spy *s, const struct spy_members *old, const struct spy_members *next,
		   const struct spy_filter *filter)
{
	const int fds[SETS] = {bpf_map__fd(s->maps.spy_cgroups), bpf_map__fd(s->maps.spy_objects),
			       bpf_map__fd(s->maps.spy_pids)};
	int r = 0;

	for (int i = 0; i < SETS && r == 0; i++)
		r = put_new(fds[i], &old->of[i], &next->of[i]);
	if (r == 0)
		memcpy((void *)&s->bss->spy, filter, sizeof(*filter));
	for (int i = 0; i < SETS; i++) {
		if (r == 0)
			take_out_old(fds[i], &old->of[i], &next->of[i]);
		else /* back to what it was */
			take_back(fds[i], &old->of[i], &next->of[i]);
	}
	return r;
}

int spy_sets_put(struct capture *c, const struct spy_filter *filter, const struct spy_sets *sets)
{
	struct spy_members next;
	int r;

	if (!c->spy_members)
		c->spy_members = calloc(1, sizeof(*c->spy_members));
	r = c->spy_members ? members_of(sets, &next) : -ENOMEM;
	if (r < 0)
		return r;
	capture_undisturbed(c, true);
	r = replace(c->spy_skel, c->spy_members, &next, filter);
	capture_undisturbed(c, false);
	if (r < 0) {
		members_done(&next);
		return r;
	}
	members_done(c->spy_members);
	*c->spy_members = next;
	return 0;
}

void spy_sets_free(struct capture *c)
{
	if (c->spy_members)
		members_done(c->spy_members);
	free(c->spy_members);
	c->spy_members = NULL;
}
