/* SPDX-License-Identifier: GPL-2.0-or-later */
/* complete_values.c - the values that a field has: in a sample, in calls that a spy kept, and those it could
 * have. */
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/syscall.h"
#include "ui/complete.h"

struct counter {
	struct seen *seen;
	struct hash index; /* text -> its number + 1 */
	size_t cap;
};

static void count_text(struct counter *c, const char *text)
{
	size_t len = strlen(text), at;
	struct hash_key key = hash_bytes(text, len);
	struct seen *s = c->seen;

	at = (size_t)hash_get(&c->index, key);
	if (at) {
		s->values[at - 1].count++;
		return;
	}
	/* what cannot be typed is not offered either; very long ones help nobody */
	for (size_t i = 0, n; i < len; i += n)
		if (!(n = format_printable(text + i, len - i)))
			return;
	if (!len || len > 400 || s->n >= COMPLETE_VALUES)
		return;
	VEC_PUSH(s->values, s->n, c->cap) = (struct seen_value){xstrdup(text), 1};
	hash_put(&c->index, key, (void *)s->n);
}

static void count_value(struct counter *c, const struct value *v)
{
	struct buf b = {0};

	switch (v->kind) {
	case V_STRING:
		if (v->s)
			count_text(c, v->s);
		return;
	case V_INT: buf_addf(&b, "%lld", (long long)v->i); break;
	case V_BOOL: buf_adds(&b, v->b ? "true" : "false"); break;
	case V_IP: format_value(&b, v, UNIT_NONE, true); break;
	default: return;
	}
	count_text(c, buf_str(&b));
	buf_done(&b);
}

static void count_record(struct counter *c, const struct record *r, struct arena *tmp)
{
	const struct field *f = c->seen->field;
	struct value v = {.kind = V_MISSING};

	if (!c->seen->arg) {
		v = field_get(f, r, tmp);
	} else if (!f->get_arg || !f->get_arg(r, c->seen->arg, tmp, &v)) {
		return;
	}
	count_value(c, &v);
	if (f->flags & FIELD_EITHER_END) {
		v = field_get_other(f, r);
		count_value(c, &v);
	}
}

static size_t fewer(size_t n)
{
	return n < COMPLETE_RECORDS ? n : COMPLETE_RECORDS;
}

/* Each thing once, at the level where the field exists. */
static void count_sample(struct counter *c, const struct sample *s)
{
	enum grain g = c->seen->field->grain;
	struct arena *tmp = arena_new();
	struct record r;

	for (size_t i = 0; g == GRAIN_FACT && i < fewer(s->n_facts); i++) {
		r = record_from_fact(s, &s->facts[i]);
		count_record(c, &r, tmp);
		arena_reset(tmp);
	}
	for (size_t i = 0; (g == GRAIN_FD || g == GRAIN_OBJECT) && i < fewer(s->n_fds); i++) {
		r = record_from_fd(s, &s->fds[i]);
		count_record(c, &r, tmp);
		arena_reset(tmp);
	}
	for (size_t i = 0; g == GRAIN_OBJECT && !s->n_fds && i < fewer(s->n_objects); i++) {
		r = (struct record){.sample = s, .obj = s->objects[i]};
		count_record(c, &r, tmp);
		arena_reset(tmp);
	}
	for (size_t i = 0; g == GRAIN_THREAD && i < fewer(s->n_threads); i++) {
		r = record_from_thread(s, &s->threads[i]);
		count_record(c, &r, tmp);
		arena_reset(tmp);
	}
	for (size_t i = 0; (g == GRAIN_PROCESS || g == GRAIN_CONTAINER) && i < fewer(s->n_processes); i++) {
		r = (struct record){
			.sample = s, .process = &s->processes[i], .container = s->processes[i].container};
		r.thread = s->processes[i].leader;
		count_record(c, &r, tmp);
		arena_reset(tmp);
	}
	for (size_t i = 0; g == GRAIN_DEVICE && i < s->n_cpus + s->n_disks + s->n_netifs; i++) {
		r = (struct record){.sample = s};
		if (i < s->n_cpus)
			r.cpu = &s->cpus[i];
		else if (i < s->n_cpus + s->n_disks)
			r.disk = &s->disks[i - s->n_cpus];
		else
			r.netif = &s->netifs[i - s->n_cpus - s->n_disks];
		count_record(c, &r, tmp);
		arena_reset(tmp);
	}
	if (g == GRAIN_HOST) {
		r = (struct record){.sample = s};
		count_record(c, &r, tmp);
	}
	arena_free(tmp);
}

static int by_count(const void *a, const void *b)
{
	const struct seen_value *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->text, y->text);
}

void seen_done(struct seen *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->values[i].text);
	free(s->values);
	free(s->arg);
	*s = (struct seen){0};
}

/* Values that exist whether they were seen or not. */
static void count_known(struct counter *c)
{
	const struct field *f = c->seen->field;
	bool types = !strcmp(f->id, "evt.type") || !strcmp(f->id, "syscall.type");

	if (f->type == FT_BOOL) {
		count_text(c, "true");
		count_text(c, "false");
	}
	for (uint16_t nr = 0; types && nr < WIRE_SYSCALLS; nr++)
		if (syscall_get(nr))
			count_text(c, syscall_get(nr)->name);
	for (int err = 1; !strcmp(f->id, "evt.res") && err < 134; err++)
		if (errno_name(err))
			count_text(c, errno_name(err));
}

void seen_collect(struct seen *s, const struct field *field, const char *arg, const struct sample *sample,
		  seen_next_fn events, void *userdata)
{
	struct counter c = {.seen = s};
	struct event_record *rec;
	size_t n;

	seen_done(s);
	s->field = field;
	s->arg = xstrdup(arg);
	/* an amount is hardly ever the same twice */
	if (field->flags & FIELD_MEASURE && field->type != FT_STRING && field->type != FT_BOOL)
		return;
	if (sample)
		count_sample(&c, sample);
	if (events) {
		struct arena *tmp = arena_new();

		rec = xmalloc(sizeof(*rec)); /* large */
		while (events(userdata, rec)) {
			count_record(&c, &rec->record, tmp);
			arena_reset(tmp);
		}
		free(rec);
		arena_free(tmp);
	}
	n = s->n;
	count_known(&c);
	for (size_t i = n; i < s->n; i++) /* merely possible: behind what was seen */
		s->values[i].count = 0;
	qsort(s->values, s->n, sizeof(*s->values), by_count);
	hash_done(&c.index);
}
