/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete.h - what may stand where the cursor is in a filter: a field, an
 * operator, a value that was seen, and / or. Pure: it reads the text, the field
 * table and a sample; keys and drawing are editing.c's.
 */
#ifndef CTOP_UI_COMPLETE_H
#define CTOP_UI_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/field.h"
#include "views/view.h"

enum {
	COMPLETE_OFFERS = 200,    /* most that are offered at once; the rest is counted */
	COMPLETE_VALUES = 4096,   /* distinct values remembered of a field */
	COMPLETE_RECORDS = 60000, /* records of a sample that are looked at for values */
};

enum complete_what { COMPLETE_NOTHING, COMPLETE_FIELD, COMPLETE_OPERATOR, COMPLETE_VALUE, COMPLETE_LINK };

struct offers {
	enum complete_what what;
	size_t from;                  /* the word being typed is [from, cursor) */
	char *items[COMPLETE_OFFERS]; /* as they would be inserted, values quoted where that is needed */
	size_t n, n_all;
	bool exact;                /* the word is already the first of them */
	const struct field *field; /* COMPLETE_OPERATOR, COMPLETE_VALUE */
};

/* Values of one field, the most frequent first. */
struct seen_value {
	char *text;
	size_t count;
};

struct seen {
	const struct field *field;
	char *arg;
	struct seen_value *values;
	size_t n;
};

void seen_done(struct seen *s);
/*
 * Counts the values of a field (with an argument or NULL) in a sample. `events`: calls that a spy has kept,
 * a record each, asked for until it returns false; NULL = none.
 */
typedef bool (*seen_next_fn)(void *userdata, struct event_record *ret);
void seen_collect(struct seen *s, const struct field *field, const char *arg, const struct sample *sample,
		  seen_next_fn events, void *userdata);

/*
 * The field that a value is asked for at the cursor (in bytes), *ret_arg as filter_field(); NULL: none is.
 * Whoever completes collects its values first.
 */
const struct field *complete_field_at(const char *text, size_t cursor, char **ret_arg);

/* `view` (NULL = none): its own fields come first. `calls`: fields that only single calls have are offered,
 * too. */
void complete(const char *text, size_t cursor, const struct view *view, bool calls, const struct seen *seen,
	      struct offers *ret);
void offers_done(struct offers *o);

/* What to insert for one of them: the item and the blank that follows it where one does. Caller frees. */
char *offer_text(const struct offers *o, size_t i);
/* Bytes that all of them have in common, at least those that were typed. */
size_t offers_common(const struct offers *o);

#endif
