/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/meta.h"

#include <stdint.h>
#include <string.h>

#include "core/mem.h"

#define MEMBER(name) offsetof(struct container_meta, name)

static const size_t strings[] = {
	MEMBER(name),    MEMBER(type),          MEMBER(image),    MEMBER(image_id),
	MEMBER(ip),      MEMBER(health),        MEMBER(pod_name), MEMBER(pod_ns),
	MEMBER(pod_uid), MEMBER(pod_container), MEMBER(sandbox),  MEMBER(runtime_ns),
};

static const struct {
	size_t list, count;
} lists[] = {
	{MEMBER(labels), MEMBER(n_labels)},
	{MEMBER(pod_labels), MEMBER(n_pod_labels)},
	{MEMBER(mounts), MEMBER(n_mounts)},
};

enum { N_STRINGS = sizeof(strings) / sizeof(strings[0]), N_LISTS = sizeof(lists) / sizeof(lists[0]) };

typedef const char *const *list_t;

#define AT(m, offset, type)       (*(type *)((char *)(m) + (offset)))
#define AT_CONST(m, offset, type) (*(type const *)((const char *)(m) + (offset)))

struct container_meta meta_none(void)
{
	return (struct container_meta){
		.created = UNKNOWN_U64, .started = UNKNOWN_U64, .restarts = UNKNOWN_U64, .privileged = -1};
}

static size_t text_len(const char *s)
{
	return strnlen(s, META_TEXT_MAX);
}

static size_t list_n(const struct container_meta *m, size_t i)
{
	size_t n = AT_CONST(m, lists[i].count, size_t);

	return n < META_LIST_MAX ? n : META_LIST_MAX;
}

static size_t meta_size(const struct container_meta *m)
{
	size_t size = sizeof(*m);

	for (size_t i = 0; i < N_STRINGS; i++) {
		const char *s = AT_CONST(m, strings[i], char *);

		size += s ? text_len(s) + 1 : 0;
	}
	for (size_t i = 0; i < N_LISTS; i++) {
		list_t list = AT_CONST(m, lists[i].list, list_t);

		for (size_t k = 0; k < list_n(m, i); k++)
			size += sizeof(char *) + text_len(list[k]) + 1;
	}
	return size;
}

static const char *put(char **text, const char *s)
{
	size_t len = text_len(s);
	char *to = *text;

	memcpy(to, s, len);
	to[len] = '\0';
	*text += len + 1;
	return to;
}

/* The struct, then the arrays, which need its alignment, then the text. */
static struct container_meta *pack(const struct container_meta *m, void *memory)
{
	struct container_meta *to = memory;
	const char **array = (const char **)(to + 1);
	char *text = (char *)array;

	*to = *m;
	for (size_t i = 0; i < N_LISTS; i++)
		text += list_n(m, i) * sizeof(char *);
	for (size_t i = 0; i < N_STRINGS; i++) {
		const char *s = AT_CONST(m, strings[i], char *);

		AT(to, strings[i], const char *) = s ? put(&text, s) : NULL;
	}
	for (size_t i = 0; i < N_LISTS; i++) {
		list_t from = AT_CONST(m, lists[i].list, list_t);
		size_t n = list_n(m, i);

		for (size_t k = 0; k < n; k++)
			array[k] = put(&text, from[k]);
		AT(to, lists[i].list, list_t) = n ? array : NULL;
		AT(to, lists[i].count, size_t) = n;
		array += n;
	}
	return to;
}

struct container_meta *meta_dup(const struct container_meta *m)
{
	return pack(m, xmalloc(meta_size(m)));
}

struct container_meta *meta_dup_arena(struct arena *arena, const struct container_meta *m)
{
	return pack(m, arena_alloc(arena, meta_size(m)));
}
