/* SPDX-License-Identifier: GPL-2.0-or-later */
/* action.c - which actions a row has, and their argument vectors with the row's values in them. */
#include "views/action.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "views/view.h"

#define START_SLACK_NS 10000000ULL /* clocks are read one after the other */

struct action *action_free(struct action *a)
{
	if (!a)
		return NULL;
	for (size_t i = 0; i < a->n_ways; i++) {
		struct action_way *w = &a->ways[i];

		for (size_t k = 0; k < w->n_args; k++) {
			for (size_t j = 0; j < w->args[k].n; j++)
				free(w->args[k].pieces[j].text);
			free(w->args[k].pieces);
		}
		free(w->args);
		free(w->when);
		filter_free(w->compiled);
	}
	free(a->ways);
	free(a->applies_to);
	free(a->id);
	free(a->name);
	free(a->description);
	free(a->ask);
	free(a->answer);
	free(a);
	return NULL;
}

/* ---- which ---- */

static bool is_key(const struct action_target *t, const char *id)
{
	for (size_t i = 0; i < t->n_keys; i++)
		if (!strcmp(t->keys[i]->id, id))
			return true;
	/* a call has one process and one thread */
	return !t->row && (!strcmp(id, "proc.pid") || !strcmp(id, "thread.tid"));
}

static bool applies(const struct action *a, const struct action_target *t)
{
	for (size_t i = 0; i < a->n_applies_to; i++)
		if (is_key(t, a->applies_to[i]->id))
			return true;
	return false;
}

size_t actions_of(const struct views *views, const struct action_target *t, const struct action ***ret)
{
	size_t n = 0;

	*ret = xcalloc(views->n_actions + t->view->n_actions, sizeof(**ret));
	for (size_t i = 0; i < t->view->n_actions; i++)
		(*ret)[n++] = t->view->actions[i];
	for (size_t i = 0; i < views->n_actions; i++)
		if (applies(views->actions[i], t))
			(*ret)[n++] = views->actions[i];
	return n;
}

/* ---- on what ---- */

static void aim_at_first(struct action_target *t)
{
	struct record *r = &t->record;

	r->process = r->sample ? sample_first_process(r->sample, r->container) : NULL;
	r->thread = r->process ? r->process->leader : NULL;
	t->process = r->process != NULL;
}

void action_target_row(const struct view *view, const struct row *row, struct action_target *ret)
{
	struct action_target t = {.view = view, .row = row, .record = row_record(row)};
	struct record *r = &t.record;

	t.keys = view_row_keys(view, row, &t.n_keys);
	t.thread = r->thread && is_key(&t, "thread.tid");
	t.process = r->process && (t.thread || is_key(&t, "proc.pid"));
	t.container =
		r->container && (t.process || is_key(&t, "container.id") || is_key(&t, "container.full_id"));
	t.pod = t.container || is_key(&t, "k8s.pod.uid");
	t.object = r->obj && (is_key(&t, "fd.ino") || is_key(&t, "fd.name"));
	t.fd = r->fd && is_key(&t, "fd.num");
	if (t.container && !t.process && !r->container->is_host)
		aim_at_first(&t);
	*ret = t;
}

void action_target_event(const struct view *list, const struct record *event, struct action_target *ret)
{
	const struct process *p = event->process;
	/* older than the process that has its number now: the calls of another one */
	bool known = p && p->start_boot && event->event->time + START_SLACK_NS >= p->start_time;

	*ret = (struct action_target){.view = list,
				      .record = *event,
				      .process = known,
				      .thread = known,
				      .container = event->container != NULL,
				      .pod = event->container != NULL,
				      .object = true,
				      .fd = true};
}

bool action_fits(const struct action_way *w, const struct action_target *t)
{
	return !w->compiled || filter_match(w->compiled, &t->record);
}

const char *action_program(const struct action_way *w)
{
	return w->args[0].pieces[0].text;
}

/* ---- the vector ---- */

static bool is_certain(const struct action_target *t, const struct field *f)
{
	switch (f->grain) {
	case GRAIN_THREAD: return t->thread;
	case GRAIN_PROCESS: return t->process;
	case GRAIN_CONTAINER: return t->container || (t->pod && !strncmp(f->id, "k8s.", 4));
	case GRAIN_OBJECT: return t->object;
	case GRAIN_FD: return t->fd;
	case GRAIN_HOST: return true;
	default: return !t->row; /* of a call: there is one in a list */
	}
}

static struct value value_of(const struct action_target *t, const struct field *f, struct arena *tmp)
{
	for (size_t i = 0; t->row && i < t->n_keys; i++)
		if (t->keys[i] == f)
			return row_key(t->row, i, tmp);
	return is_certain(t, f) ? field_get(f, &t->record, tmp) : (struct value){.kind = V_MISSING};
}

/* The value as it stands in an argument. false: there is none. */
static bool add_value(struct buf *out, const struct value *v)
{
	char ip[INET6_ADDRSTRLEN];

	switch (v->kind) {
	case V_INT: buf_addf(out, "%lld", (long long)v->i); return true;
	case V_BOOL: buf_adds(out, v->b ? "true" : "false"); return true;
	case V_STRING: buf_adds(out, v->s); return *v->s;
	case V_IP:
		if (!inet_ntop(v->ip.family, v->ip.addr, ip, sizeof(ip)))
			return false;
		buf_adds(out, ip);
		return true;
	default: return false;
	}
}

struct building {
	const struct action_way *way;
	const struct action_target *target;
	struct action_command *command;
	size_t holes_cap;
	unsigned serial;
	bool options_over; /* after "--" */
	struct arena *tmp;
	char *why;
};

static bool add_piece(struct building *b, const struct action_piece *p, struct buf *arg)
{
	struct value v;

	switch (p->kind) {
	case PIECE_TEXT: buf_adds(arg, p->text); return true;
	case PIECE_SERIAL: buf_addf(arg, "%u", b->serial); return true;
	case PIECE_ANSWER:
		VEC_PUSH(b->command->holes, b->command->n_holes, b->holes_cap) = (struct action_hole){
			b->command->n, arg->len, !arg->len && !b->options_over && !action_is_builtin(b->way)};
		return true;
	case PIECE_FIELD:
		v = value_of(b->target, p->field, b->tmp);
		if (!add_value(arg, &v))
			b->why = xasprintf("%s is not known of this row", p->field->id);
		return !b->why;
	}
	return false;
}

/* NULL, and b->why, if it cannot be made. */
static char *build_arg(struct building *b, const struct action_arg *a)
{
	const struct action_piece *first = a->n ? &a->pieces[0] : NULL;
	struct buf arg = {0};
	const char *text;

	for (size_t i = 0; i < a->n; i++) {
		if (!add_piece(b, &a->pieces[i], &arg)) {
			buf_done(&arg);
			return NULL;
		}
	}
	text = buf_str(&arg);
	if (arg.len > ACTION_ARG_BYTES)
		b->why = xstrdup("an argument would be too long");
	else if (*text == '-' && first && first->kind != PIECE_TEXT && !b->options_over &&
		 !action_is_builtin(b->way) && first->field)
		b->why = xasprintf("%s is '%s', which %s would take for an option", first->field->id, text,
				   action_program(b->way));
	b->options_over |= !strcmp(text, "--");
	if (b->why) {
		buf_done(&arg);
		return NULL;
	}
	return arg.data ? buf_steal(&arg) : xstrdup("");
}

static bool is_about_process(const struct action_way *w)
{
	for (size_t i = 0; i < w->n_args; i++) {
		for (size_t k = 0; k < w->args[i].n; k++) {
			const struct field *f = w->args[i].pieces[k].field;

			if (f &&
			    (f->grain == GRAIN_PROCESS || f->grain == GRAIN_THREAD || f->grain == GRAIN_FD))
				return true;
		}
	}
	return false;
}

/* The row's process and thread are not meant, so neither are the keys that tell them. */
static struct action_target first_of_container(const struct action_target *t)
{
	struct action_target ret = *t;

	ret.thread = false;
	ret.n_keys = 0;
	if (t->container)
		aim_at_first(&ret);
	else
		ret.process = false;
	return ret;
}

int action_build(const struct action_way *w, const struct action_target *target, unsigned serial,
		 struct action_command *ret, char **ret_why)
{
	const struct action_target aimed = w->first ? first_of_container(target) : *target, *t = &aimed;
	struct action_command c = {.argv = xcalloc(w->n_args + 1, sizeof(char *)), .root = w->root};
	struct building b = {.way = w, .target = t, .command = &c, .serial = serial, .tmp = arena_new()};

	for (size_t i = 0; i < w->n_args && !b.why; i++) {
		c.argv[i] = build_arg(&b, &w->args[i]);
		c.n += c.argv[i] != NULL;
	}
	if (!b.why && t->process && is_about_process(w)) {
		const struct process *p = t->record.process;

		c.pid = p->pid;
		c.tid = t->thread && t->record.thread ? t->record.thread->tid : p->pid;
		c.start_boot = p->start_boot;
		if (p->exited)
			b.why = xasprintf("process %u has ended", p->pid);
	}
	arena_free(b.tmp);
	if (b.why) {
		action_command_done(&c);
		*ret_why = b.why;
		return -EINVAL;
	}
	*ret = c;
	return 0;
}

int action_answer(struct action_command *c, const char *answer, char **ret_why)
{
	size_t len = strlen(answer);

	if (!len || len > ACTION_ARG_BYTES) {
		*ret_why = xstrdup(len ? "that is too long" : "nothing was typed");
		return -EINVAL;
	}
	for (size_t i = 0; i < c->n_holes; i++) {
		if (c->holes[i].option && *answer == '-') {
			*ret_why = xasprintf("what was typed is '%s', which %s would take for an option",
					     answer, c->argv[0]);
			return -EINVAL;
		}
	}
	while (c->n_holes) { /* from behind: the other places stay where they are */
		const struct action_hole *hole = &c->holes[--c->n_holes];
		char *old = c->argv[hole->arg];

		c->argv[hole->arg] =
			xasprintf("%.*s%s%s", (int)hole->offset, old, answer, old + hole->offset);
		free(old);
	}
	return 0;
}

void action_command_done(struct action_command *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->argv[i]);
	free(c->argv);
	free(c->holes);
	*c = (struct action_command){0};
}

void action_text(const struct action_command *c, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *s = c->argv[i];
		bool plain =
			*s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
					   "_-+=./:,@%")];

		if (i)
			buf_addc(out, ' ');
		if (!plain)
			buf_addc(out, '\'');
		format_safe(out, s, strlen(s));
		if (!plain)
			buf_addc(out, '\'');
	}
}

int action_signal(const char *text)
{
	char *end;
	long n;

	if (*text >= '0' && *text <= '9') {
		n = strtol(text, &end, 10);
		return *end || n < 1 || n >= NSIG ? -EINVAL : (int)n;
	}
	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	for (int sig = 1; sig < NSIG; sig++) {
		const char *name = sigabbrev_np(sig);

		if (name && !strcasecmp(name, text))
			return sig;
	}
	return -EINVAL;
}
