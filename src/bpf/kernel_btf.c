/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_btf.c - see kernel_btf.h; the format is in the kernel's Documentation/bpf/btf.rst. */
#include "bpf/kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 80, PREEMPTED_SINCE = 7 /* major version */ };

/* Bytes of a type, or 0: of a kind that is not known, so that nothing behind it can be found. */
static size_t type_size(const struct btf_type *t)
{
	const size_t n = BTF_INFO_VLEN(t->info), head = sizeof(*t);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG: return head;
	case BTF_KIND_INT: return head + sizeof(uint32_t);
	case BTF_KIND_ARRAY: return head + sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return head + n * sizeof(struct btf_member);
	case BTF_KIND_ENUM: return head + n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64: return head + n * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO: return head + n * sizeof(struct btf_param);
	case BTF_KIND_VAR: return head + sizeof(struct btf_var);
	case BTF_KIND_DATASEC: return head + n * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG: return head + sizeof(struct btf_decl_tag);
	}
	return 0;
}

/* The type behind t (NULL: the first one), or NULL. */
static const struct btf_type *next_type(const struct kernel_btf *b, const struct btf_type *t)
{
	const char *at = b->types;
	size_t size;

	if (t) {
		size = type_size(t);
		if (!size)
			return NULL;
		at = (const char *)t + size;
	}
	if ((size_t)(b->types_end - at) < sizeof(*t))
		return NULL;
	t = (const struct btf_type *)at;
	size = type_size(t);
	return size && size <= (size_t)(b->types_end - at) ? t : NULL;
}

/* Where a name is, 0 = nowhere: a name is there once. */
static uint32_t find_name(const struct kernel_btf *b, const char *name)
{
	char whole[NAME_MAX_BYTES + 2] = {0};
	size_t len = strlen(name);
	const char *at;

	if (len > NAME_MAX_BYTES)
		return 0;
	memcpy(whole + 1, name, len + 1);
	at = memmem(b->names, (size_t)(b->names_end - b->names), whole, len + 2);
	return at ? (uint32_t)(at + 1 - b->names) : 0;
}

static const struct btf_type *find_type(const struct kernel_btf *b, unsigned kind, const char *name)
{
	uint32_t at = find_name(b, name);
	const struct btf_type *t = NULL;

	if (at)
		while ((t = next_type(b, t)))
			if (t->name_off == at && BTF_INFO_KIND(t->info) == kind)
				return t;
	return NULL;
}

static const struct btf_type *type_of_id(const struct kernel_btf *b, uint32_t id)
{
	const struct btf_type *t = NULL;

	for (uint32_t i = 0; i < id; i++) {
		t = next_type(b, t);
		if (!t)
			return NULL;
	}
	return t;
}

bool kernel_has_function(const struct kernel_btf *b, const char *name)
{
	return find_type(b, BTF_KIND_FUNC, name);
}

bool kernel_has_helper(const struct kernel_btf *b, const char *name)
{
	char full[NAME_MAX_BYTES];

	/* of enum bpf_func_id, and nothing else is called so */
	snprintf(full, sizeof(full), "BPF_FUNC_%s", name);
	return find_name(b, full);
}

unsigned kernel_tracepoint_args(const struct kernel_btf *b, const char *name)
{
	char full[NAME_MAX_BYTES];
	const struct btf_type *t;

	snprintf(full, sizeof(full), "btf_trace_%s", name);
	t = find_type(b, BTF_KIND_TYPEDEF, full);
	if (t)
		t = type_of_id(b, t->type); /* pointer to prototype */
	if (t)
		t = type_of_id(b, t->type);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO ? BTF_INFO_VLEN(t->info) : 0;
}

static int find_parts(struct kernel_btf *b)
{
	const struct btf_header *h = (const struct btf_header *)b->data;
	uint64_t types_end, names_end;

	if (b->size < sizeof(*h) || h->magic != BTF_MAGIC)
		return -EINVAL;
	types_end = (uint64_t)h->hdr_len + h->type_off + h->type_len;
	names_end = (uint64_t)h->hdr_len + h->str_off + h->str_len;
	if (types_end > b->size || names_end > b->size)
		return -EINVAL;
	b->types_end = b->data + types_end;
	b->types = b->types_end - h->type_len;
	b->names_end = b->data + names_end;
	b->names = b->names_end - h->str_len;
	return 0;
}

static int read_whole(int fd, struct kernel_btf *b)
{
	size_t have = 0;
	ssize_t n;

	b->data = malloc(b->size);
	if (!b->data)
		return -ENOMEM;
	while (have < b->size && (n = read(fd, b->data + have, b->size - have)) > 0)
		have += (size_t)n;
	b->size = have;
	return 0;
}

int kernel_btf_open_file(const char *path, struct kernel_btf *ret)
{
	struct kernel_btf b = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	b.size = (size_t)st.st_size;
	b.data = mmap(NULL, b.size, PROT_READ, MAP_PRIVATE, fd,
		      0); /* 6.16 on; else it comes in pages of a read each */
	b.mapped = b.data != MAP_FAILED;
	if (!b.mapped)
		r = read_whole(fd, &b);
	close(fd);
	if (r == 0)
		r = find_parts(&b);
	if (r < 0)
		kernel_btf_close(&b);
	else
		*ret = b;
	return r;
}

int kernel_btf_open(struct kernel_btf *ret)
{
	return kernel_btf_open_file("/sys/kernel/btf/vmlinux", ret);
}

void kernel_btf_close(struct kernel_btf *b)
{
	if (b->mapped)
		munmap(b->data, b->size);
	else
		free(b->data);
	*b = (struct kernel_btf){0};
}

bool kernel_preempts_programs(void)
{
	struct utsname u;

	return uname(&u) == 0 && atoi(u.release) >= PREEMPTED_SINCE;
}
