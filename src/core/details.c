/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/details.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/need.h"
#include "core/format.h"
#include "core/lifecycle.h"
#include "core/mem.h"

struct page {
	const struct record *r;
	const struct details_facts *facts;
	struct details *d;
	size_t cap;
	const char *section;
};

typedef void (*list_fn)(struct page *p);

static void add_text(struct page *p, const char *label, const char *text, bool secret)
{
	VEC_PUSH(p->d->lines, p->d->n, p->cap) = (struct details_line){
		.section = p->section, .label = label, .text = text ? text : "", .secret = secret};
}

static void add_field(struct page *p, const char *label, const char *id)
{
	const struct field *f = field_find(id);
	struct value v = f ? field_get(f, p->r, p->d->arena) : (struct value){.kind = V_MISSING};

	if (v.kind == V_MISSING)
		return;
	VEC_PUSH(p->d->lines, p->d->n, p->cap) =
		(struct details_line){.section = p->section, .label = label, .field = f, .value = v};
}

/* ---- lists of the sample ---- */

static void list_parents(struct page *p)
{
	const struct process *at = p->r->process ? p->r->process->parent : NULL;

	for (int i = 0; at && i < FIELD_EACH_MAX; i++, at = at->parent)
		add_text(p, arena_printf(p->d->arena, "%u", at->pid), at->exeline ? at->exeline : at->name,
			 false);
}

/* "key=value" */
static void add_pairs(struct page *p, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(list[i], "=");

		add_text(p, arena_strndup(p->d->arena, list[i], len), list[i] + len + (list[i][len] == '='),
			 false);
	}
}

static const struct container_meta *meta_of(const struct page *p)
{
	return p->r->container ? p->r->container->meta : NULL;
}

static void list_labels(struct page *p)
{
	if (meta_of(p))
		add_pairs(p, meta_of(p)->labels, meta_of(p)->n_labels);
}

static void list_pod_labels(struct page *p)
{
	if (meta_of(p))
		add_pairs(p, meta_of(p)->pod_labels, meta_of(p)->n_pod_labels);
}

/* "source:destination:mode:rw:propagation" */
static void list_runtime_mounts(struct page *p)
{
	const struct container_meta *m = meta_of(p);

	for (size_t i = 0; m && i < m->n_mounts; i++) {
		size_t source = strcspn(m->mounts[i], ":");
		const char *rest = m->mounts[i] + source + (m->mounts[i][source] == ':');
		size_t destination = strcspn(rest, ":");
		const char *how = rest + destination;

		add_text(p, arena_strndup(p->d->arena, rest, destination),
			 arena_printf(p->d->arena, "%.*s%s%s%s", (int)source, m->mounts[i], *how ? " (" : "",
				      *how ? how + 1 : "", *how ? ")" : ""),
			 false);
	}
}

static void list_events(struct page *p)
{
	const struct sample *s = p->r->sample;

	for (size_t i = s->n_life; i-- > 0;) {
		const struct life_event *e = &s->life[i];
		time_t seconds = (time_t)(e->time / 1000000000);
		char when[40], code[40] = "";
		int signal;
		struct tm tm;

		if (!p->r->container || strcmp(e->container->full_id, p->r->container->full_id) != 0)
			continue;
		localtime_r(&seconds, &tm);
		strftime(when, sizeof(when), "%F %T", &tm);
		if (e->kind == LIFE_EXITED || e->kind == LIFE_EXEC_EXITED)
			snprintf(code, sizeof(code), " with %d", life_exit_code(e->status, &signal));
		add_text(p, arena_strdup(p->d->arena, when),
			 arena_printf(p->d->arena, "%s%s: %u %s", life_kind_name(e->kind), code, e->pid,
				      e->command ? e->command : ""),
			 false);
	}
}

/* ---- the page ---- */

#define C DETAILS_CONTAINER
#define P DETAILS_PROCESS

static const struct entry {
	unsigned pages;
	const char *section, *label, *field;
	list_fn list;
	int part; /* enum details_part, -1 = none */
} entries[] = {
#define DETAIL(pages_, section_, label_, field_) {pages_, section_, label_, field_, NULL, -1},
#define DETAIL_LIST(pages_, section_, name_)     {pages_, section_, NULL, NULL, list_##name_, -1},
#define DETAIL_READ(pages_, section_, part_)     {pages_, section_, NULL, NULL, NULL, READ_##part_},
#include "core/details.def"
#undef DETAIL
#undef DETAIL_LIST
#undef DETAIL_READ
};
#undef C
#undef P

enum { N_ENTRIES = sizeof(entries) / sizeof(entries[0]) };

unsigned details_needs(void)
{
	unsigned needs = NEED_TASKS | NEED_LIFE;

	for (size_t i = 0; i < N_ENTRIES; i++) {
		const struct field *f = entries[i].field ? field_find(entries[i].field) : NULL;

		needs |= f ? f->needs : 0;
	}
	return needs;
}

static void add_facts(struct page *p, int part)
{
	for (size_t i = 0; p->facts && i < p->facts->n; i++)
		if (p->facts->items[i].part == (enum details_part)part)
			add_text(p, arena_strdup(p->d->arena, p->facts->items[i].label),
				 arena_strdup(p->d->arena, p->facts->items[i].text),
				 part == READ_ENVIRONMENT);
}

struct details *details_build(enum details_page page, const struct record *r,
			      const struct details_facts *facts)
{
	struct page p = {.r = r, .facts = facts, .d = xcalloc(1, sizeof(*p.d))};

	p.d->arena = arena_new();
	for (size_t i = 0; i < N_ENTRIES; i++) {
		const struct entry *e = &entries[i];

		if (!(e->pages & page))
			continue;
		p.section = e->section;
		if (e->field)
			add_field(&p, e->label, e->field);
		else if (e->list)
			e->list(&p);
		else
			add_facts(&p, e->part);
	}
	return p.d;
}

struct details *details_free(struct details *d)
{
	if (!d)
		return NULL;
	arena_free(d->arena);
	free(d->lines);
	free(d);
	return NULL;
}

/* ---- finding ---- */

static struct record record_of(const struct sample *s, const struct container *c, const struct process *proc)
{
	return (struct record){.sample = s,
			       .container = c,
			       .process = proc,
			       .thread = proc ? proc->leader : NULL,
			       .counters = true};
}

bool details_find_container(const struct sample *s, const char *name, struct record *ret)
{
	const struct container *found = NULL;
	size_t len = strlen(name);
	int how = 0; /* 1 the begin of the id, 2 name, 3 id */

	for (size_t i = 0; i < s->n_containers; i++) {
		const struct container *c = &s->containers[i];
		int fits = !strcmp(c->id, name) || (c->full_id && !strcmp(c->full_id, name)) ? 3
			   : c->name && !strcmp(c->name, name)                               ? 2
			   : len >= 4 && c->full_id && !strncmp(c->full_id, name, len)       ? 1
											     : 0;

		if (fits > how) {
			found = c;
			how = fits;
		}
	}
	if (!found)
		return false;
	*ret = record_of(s, found, sample_first_process(s, found));
	return true;
}

bool details_find_process(const struct sample *s, uint32_t pid, struct record *ret)
{
	const struct process *found = NULL;

	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *proc = &s->processes[i];

		/* of several with the number the one that is alive */
		if (proc->pid == pid && (!found || found->exited))
			found = proc;
	}
	if (!found)
		return false;
	*ret = record_of(s, found->container, found);
	return true;
}

/* ---- as text ---- */

void details_value(const struct details_line *line, bool secrets, bool ascii, struct buf *out)
{
	if (line->secret && !secrets)
		buf_adds(out, ascii ? "..." : "…");
	else if (!line->field)
		format_safe(out, line->text, strlen(line->text));
	else if (line->value.kind == V_STRING)
		format_safe(out, line->value.s, strlen(line->value.s));
	else
		format_value(out, &line->value, line->field->unit, ascii);
}

void details_text(const struct details *d, bool secrets, bool ascii, struct buf *out)
{
	const char *section = NULL;

	for (size_t i = 0; i < d->n; i++) {
		const struct details_line *line = &d->lines[i];
		struct buf label = {0};
		size_t width;

		if (!section || strcmp(section, line->section) != 0)
			buf_addf(out, "%s%s%s\n", section ? "\n" : "", line->section,
				 line->secret && !secrets ? " (--env shows the values)" : "");
		section = line->section;
		format_safe(&label, line->label, strlen(line->label));
		width = format_width(buf_str(&label));
		buf_addf(out, "  %s", buf_str(&label));
		buf_fill(out, ' ', width < 26 ? 26 - width : 1);
		details_value(line, secrets, ascii, out);
		buf_addc(out, '\n');
		buf_done(&label);
	}
}

static void json_value(const struct details_line *line, bool secrets, struct buf *out)
{
	const struct value *v = &line->value;
	struct buf text = {0};

	if (line->secret && !secrets) {
		buf_adds(out, "null");
		return;
	}
	if (!line->field) {
		format_json_string(out, line->text);
		return;
	}
	switch (v->kind) {
	case V_INT: buf_addf(out, "%lld", (long long)v->i); break;
	case V_DOUBLE: buf_addf(out, "%.15g", v->d); break;
	case V_BOOL: buf_adds(out, v->b ? "true" : "false"); break;
	case V_STRING: format_json_string(out, v->s); break;
	default:
		format_value(&text, v, line->field->unit, true);
		format_json_string(out, buf_str(&text));
		buf_done(&text);
	}
}

void details_json(const struct details *d, enum details_page page, bool secrets, struct buf *out)
{
	const char *section = NULL;

	buf_addf(out, "{\"kind\":\"%s\",\"sections\":[", page == DETAILS_CONTAINER ? "container" : "process");
	for (size_t i = 0; i < d->n; i++) {
		const struct details_line *line = &d->lines[i];

		if (!section || strcmp(section, line->section) != 0) {
			buf_addf(out, "%s{\"name\":", section ? "]}," : "");
			format_json_string(out, line->section);
			buf_adds(out, ",\"lines\":[");
		} else {
			buf_addc(out, ',');
		}
		section = line->section;
		buf_adds(out, "{\"label\":");
		format_json_string(out, line->label);
		if (line->field)
			buf_addf(out, ",\"field\":\"%s\"", line->field->id);
		buf_adds(out, ",\"value\":");
		json_value(line, secrets, out);
		buf_addc(out, '}');
	}
	buf_addf(out, "%s]}\n", section ? "]}" : "");
}
