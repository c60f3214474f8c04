/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_container.c - getters of container.* and of the machine itself.
 */
#include "core/field_get.h"

#define CONTAINER(name, expr)                                                                                \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct container *c = r->container;                                                    \
                                                                                                             \
		return c && (expr);                                                                          \
	}

CONTAINER(container_cgroup, put_str(ret, c->cgroup))
CONTAINER(container_full_id, put_str(ret, c->full_id ? c->full_id : c->id))
CONTAINER(container_id, put_str(ret, c->id))
CONTAINER(container_image, put_str(ret, c->image))
CONTAINER(container_name, put_str(ret, c->name ? c->name : c->id))
CONTAINER(container_type, put_str(ret, c->type))

/* Length of an image reference without ":tag" and "@digest"; a registry's port is not a tag. */
static size_t repository_len(const char *image)
{
	size_t len = strcspn(image, "@");
	const char *slash = memrchr(image, '/', len);
	const char *name = slash ? slash + 1 : image;
	const char *colon = memchr(name, ':', len - (size_t)(name - image));

	return colon ? (size_t)(colon - image) : len;
}

GETTER(container_image_repository)
{
	const char *image = r->container ? r->container->image : NULL;

	return image && put_str(ret, arena_strndup(tmp, image, repository_len(image)));
}

GETTER(container_image_tag)
{
	const char *image = r->container ? r->container->image : NULL;
	const char *tag = image ? image + repository_len(image) : NULL;

	return tag && *tag == ':' && put_str(ret, arena_strndup(tmp, tag + 1, strcspn(tag + 1, "@")));
}

GETTER(evt_hostname)
{
	return r->sample && put_str(ret, r->sample->hostname);
}
