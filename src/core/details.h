/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * details.h - all about one container or one process, in sections: a page as
 * details.def lays it out, from the sample and from what details_read.h read
 * in /proc. Strings are raw: whoever shows them makes them safe.
 */
#ifndef CTOP_CORE_DETAILS_H
#define CTOP_CORE_DETAILS_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/details_read.h"
#include "core/field.h"

enum details_page { DETAILS_CONTAINER = 1 << 0, DETAILS_PROCESS = 1 << 1 };

struct details_line {
	const char *section;
	const char *label;
	const char *text;          /* for people, raw */
	const struct field *field; /* NULL: a list's line */
	struct value value;        /* of the field */
	bool secret;               /* the environment */
};

struct details {
	struct arena *arena;
	struct details_line *lines;
	size_t n;
};

/* What the page needs of a sample beyond tasks (enum need). */
unsigned details_needs(void);

/*
 * What the page is about: a container by id, full id (or the begin of it) or name; a process by number. The
 * record has the container's first process, which is NULL if it is not in the sample. false: not there.
 */
bool details_find_container(const struct sample *s, const char *name, struct record *ret);
bool details_find_process(const struct sample *s, uint32_t pid, struct record *ret);

/* The page of a record. facts may be NULL: not read (yet). The sample must outlive it. */
struct details *details_build(enum details_page page, const struct record *r,
			      const struct details_facts *facts);
struct details *details_free(struct details *d); /* NULL is fine; returns NULL */

/* Text with a heading a section, safe for a terminal; one JSON object on a line. secrets: values of the
 * environment are shown, else only its names. */
void details_text(const struct details *d, bool secrets, bool ascii, struct buf *out);
void details_json(const struct details *d, enum details_page page, bool secrets, struct buf *out);

/* One line's value for people, safe; what is secret is dots. */
void details_value(const struct details_line *line, bool secrets, bool ascii, struct buf *out);

#endif
