/* SPDX-License-Identifier: GPL-2.0-or-later */
/* demo_containers.c - the synthetic machine's containers in a sample. */
#include <string.h>

#include "core/arena.h"
#include "core/demo.h"
#include "core/meta.h"

static const struct container_meta *build_meta(struct sample *s, const struct demo_container *c)
{
	struct container_meta *m = arena_alloc(s->arena, sizeof(*m));
	const char **lists = arena_array(s->arena, 2, sizeof(*lists));

	*m = meta_none();
	m->name = c->name;
	m->image = c->image;
	m->ip = c->ip;
	m->health = c->health;
	m->pod_name = c->pod_name;
	m->pod_ns = c->pod_ns;
	m->pod_uid = c->pod_uid;
	if (!strcmp(c->type, "containerd"))
		m->runtime_ns = c->pod_uid ? "k8s.io" : "default";
	m->started = m->created = DEMO_EPOCH - c->hours * 3600000000000ULL;
	lists[0] = c->label;
	lists[1] = c->mount;
	m->labels = &lists[0];
	m->n_labels = c->label != NULL;
	m->mounts = &lists[1];
	m->n_mounts = c->mount != NULL;
	return m;
}

struct container *demo_build_containers(struct sample *s)
{
	struct container *containers;
	size_t n;
	const struct demo_container *c = demo_containers(&n);

	containers = arena_array(s->arena, n, sizeof(*containers));
	for (size_t i = 0; i < n; i++) {
		uint64_t *ids = arena_array(s->arena, 1, sizeof(*ids));

		ids[0] = 1000 + i;
		containers[i] = (struct container){
			.id = c[i].id,
			.full_id = c[i].full_id,
			.name = c[i].name,
			.type = c[i].type,
			.image = c[i].image,
			.cgroup = c[i].cgroup,
			.cgroup_ids = ids,
			.n_cgroup_ids = 1,
			.meta = c[i].hours ? build_meta(s, &c[i]) : NULL,
			.started = c[i].hours ? DEMO_EPOCH - c[i].hours * 3600000000000ULL : UNKNOWN_U64,
			.is_host = c[i].is_host,
		};
	}
	s->containers = containers;
	s->n_containers = n;
	return containers;
}
