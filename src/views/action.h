/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action.h - what can be done to the selected row, as data: commands as argument
 * vectors, in views files. Builds the vector for a row; knows no screen and
 * starts nothing.
 *
 * There is no shell anywhere: a reference such as %container.name stands for a
 * value inside one argument, whatever the value is made of. A value that is not
 * known, or that a program would take for an option, is refused.
 */
#ifndef CTOP_VIEWS_ACTION_H
#define CTOP_VIEWS_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/filter.h"
#include "core/table.h"

struct view;
struct views;

enum { ACTION_ARG_BYTES = 8192 }; /* longest argument that is built */

enum action_screen { ACTION_PAGE, ACTION_TERMINAL };

struct action_piece {
	enum { PIECE_TEXT, PIECE_FIELD, PIECE_ANSWER, PIECE_SERIAL } kind;
	char *text;                /* PIECE_TEXT */
	const struct field *field; /* PIECE_FIELD */
};

struct action_arg {
	struct action_piece *pieces;
	size_t n;
};

/* One way to do it; the first one that fits the row and whose program is there is taken. */
struct action_way {
	char *when; /* NULL = always */
	struct filter *compiled;
	struct action_arg *args; /* [0] is plain text: a program, or "@signal", "@renice" */
	size_t n_args;
	bool root; /* keeps root's rights; else those of who started us */
	bool first; /* about the first process of the row's container, whatever the row is */
};

struct action {
	char *id, *name, *description;
	char key;                        /* 0 = none */
	const struct field **applies_to; /* key fields of the views whose rows it is offered for */
	size_t n_applies_to;
	bool changes; /* asks first, and is off with --read-only */
	enum action_screen screen;
	char *ask, *answer; /* question before it runs, and what is proposed; NULL = none */
	struct action_way *ways;
	size_t n_ways;
};

struct action *action_free(struct action *a);

/* A row, and what of it is certain: the row of a container says nothing of one of its processes but the
 * first. */
struct action_target {
	const struct view *view;
	const struct row *row;           /* NULL: a row of a list */
	const struct field *const *keys; /* of the row */
	size_t n_keys;
	struct record record;
	bool process, thread, container, pod, object, fd;
};

void action_target_row(const struct view *view, const struct row *row, struct action_target *ret);
void action_target_event(const struct view *list, const struct record *event, struct action_target *ret);

/* Its actions: those of its view, then those that apply to its key. *ret: caller frees the array. */
size_t actions_of(const struct views *views, const struct action_target *t, const struct action ***ret);

/* Whether `when` holds for it. */
bool action_fits(const struct action_way *w, const struct action_target *t);

/* The program, or "@signal" ... */
const char *action_program(const struct action_way *w);
static inline bool action_is_builtin(const struct action_way *w)
{
	return action_program(w)[0] == '@';
}

/* Where what is typed goes. */
struct action_hole {
	size_t arg, offset;
	bool option; /* what begins with '-' there would be one */
};

struct action_command {
	char **argv; /* NULL at the end */
	size_t n;
	struct action_hole *holes;
	size_t n_holes;
	bool root;
	/* The process that it is about, to be looked at again before it runs; pid 0: none. */
	uint32_t pid, tid;
	uint64_t start_boot; /* ns */
};

/*
 * The vector for a row. serial: differs from run to run. 0, or -EINVAL and *ret_why, one sentence that the
 * caller frees; raw text of the system, so format_safe() it.
 */
int action_build(const struct action_way *w, const struct action_target *t, unsigned serial,
		 struct action_command *ret, char **ret_why);
/* Fills the holes in, once. As action_build(). */
int action_answer(struct action_command *c, const char *answer, char **ret_why);
void action_command_done(struct action_command *c);
/* What will run, for people: arguments quoted where that is needed to tell them apart. Safe text. */
void action_text(const struct action_command *c, struct buf *out);

/* Number of "TERM", "SIGTERM", "15"; -EINVAL. */
int action_signal(const char *text);

#endif
