/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/mem.h"

enum { ARENA_ALIGN = 16, ARENA_BLOCK = 64 * 1024 };

/* What is this large goes into fields, side by side; not where somebody watches over the borders of each. */
#ifdef __SANITIZE_ADDRESS__
#define LARGE SIZE_MAX
#else
#define LARGE ((size_t)256 * 1024)
#endif
#define FIELD ((size_t)64 << 20) /* of addresses: memory is taken as it is used */
#define HUGE  ((size_t)2 << 20)

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ARENA_ALIGN) char data[];
};

/*
 * Large arrays come and go with every sample. From the heap they would leave holes there that nothing else
 * fits in, and given back page by page it costs more to have them again than to fill them: a huge page costs
 * a thirteenth of the pages it stands for. Only what is filled to more than a half is one.
 */
struct field {
	struct field *next;
	void *mapped;
	size_t mapped_size;
	char *data; /* at the border of a huge page */
	size_t used, size, advised;
};

struct arena {
	struct block *head;
	struct field *fields;
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

static struct field *field_new(size_t size)
{
	struct field *f = xmalloc(sizeof(*f));
	size_t room = size > FIELD ? size : FIELD;
	char *p = mmap(NULL, room + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	if (p == MAP_FAILED) { /* addresses are rationed */
		room = size;
		p = mmap(NULL, room + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	if (p == MAP_FAILED)
		mem_fatal(size);
	*f = (struct field){
		.mapped = p,
		.mapped_size = room + HUGE,
		.data = p + (-(uintptr_t)p & (HUGE - 1)),
		.size = room,
	};
	return f;
}

static struct field *fields_free(struct field *f)
{
	for (struct field *next; f; f = next) {
		next = f->next;
		munmap(f->mapped, f->mapped_size);
		free(f);
	}
	return NULL;
}

static void *field_alloc(struct arena *a, size_t size)
{
	struct field *f = a->fields;
	size_t end;

	if (!f || f->size - f->used < size) {
		f = field_new(size);
		f->next = a->fields;
		a->fields = f;
	}
	f->used += size;
	end = (f->used + HUGE / 2) & ~(HUGE - 1);
	if (end > f->advised) {
		(void)madvise(f->data + f->advised, end - f->advised, MADV_HUGEPAGE);
		f->advised = end;
	}
	return f->data + f->used - size;
}

struct arena *arena_free(struct arena *a)
{
	if (!a)
		return NULL;
	fields_free(a->fields);
	for (struct block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
	return NULL;
}

void arena_reset(struct arena *a)
{
	struct block *keep = a->head;

	a->fields = fields_free(a->fields);
	if (!keep)
		return;
	for (struct block *b = keep->next, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	memset(keep->data, 0, keep->used); /* what is handed out is zeroed */
	keep->used = 0;
	keep->next = NULL;
}

bool arena_has(const struct arena *a, const void *p)
{
	for (const struct block *b = a->head; b; b = b->next)
		if ((const char *)p >= b->data && (const char *)p < b->data + b->size)
			return true;
	for (const struct field *f = a->fields; f; f = f->next)
		if ((const char *)p >= f->data && (const char *)p < f->data + f->used)
			return true;
	return false;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct block *b = a->head;

	if (size > SIZE_MAX / 2)
		mem_fatal(size);
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size >= LARGE)
		return field_alloc(a, size);
	if (!b || b->size - b->used < size) {
		size_t room = size > ARENA_BLOCK / 4 ? size : ARENA_BLOCK;

		b = xcalloc(1, sizeof(*b) + room);
		b->size = room;
		if (a->head && room == size) { /* big one: keep filling the current block */
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	b->used += size;
	return b->data + b->used - size;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		mem_fatal(SIZE_MAX);
	return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}
