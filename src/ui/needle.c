/* SPDX-License-Identifier: GPL-2.0-or-later */
/* needle.c - see needle.h. */
#include "ui/needle.h"

#include <ctype.h>
#include <string.h>

#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "ui/rows.h"

enum { KNOWN = 1024 };

/* What was found out about a text that stays: rows share names of programs, users, containers. */
struct known {
	const char *text;
	bool found;
};

struct needle {
	const char *text;
	bool any_case;
	bool in_zero, in_missing;
	const struct view *view;
	const struct table *table;
	bool *in_column;      /* whether a cell of it could have the text, were it a value */
	bool *looked_at;      /* whether cells of it have to be made */
	struct known *known;  /* by address */
	struct arena *values; /* what cells of one row are made in */
	struct buf cell;
};

/* ---- texts ---- */

static bool has_capital(const char *s)
{
	for (; *s; s++)
		if (isupper((unsigned char)*s))
			return true;
	return false;
}

static unsigned char small(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

/* A needle without capitals, in any case. As strcasestr() where all bytes beyond ASCII are only themselves.
 */
static const char *find_any_case(const char *s, const char *needle)
{
	unsigned char first = small((unsigned char)*needle);

	if (!first)
		return s;
	for (; *s; s++) {
		size_t i = 1;

		if (small((unsigned char)*s) != first)
			continue;
		while (needle[i] && small((unsigned char)s[i]) == (unsigned char)needle[i])
			i++;
		if (!needle[i])
			return s;
	}
	return NULL;
}

static const char *find(const char *s, const char *needle, bool any_case)
{
	return any_case ? find_any_case(s, needle) : strstr(s, needle);
}

const char *text_find(const char *s, const char *needle)
{
	return find(s, needle, !has_capital(needle));
}

/* ---- columns ---- */

/* Letters that numbers of a unit are made of; more do no harm. */
static const char *letters_of(enum unit u)
{
	switch (u) {
	case UNIT_TIME: return "0123456789-: ";
	case UNIT_NS: return "0123456789.-nsmhd\xc2\xb5infaINFA";
	case UNIT_BYTES:
	case UNIT_COUNT: return "0123456789.-kmgtpezyKMGTPEZYinfaINFA";
	default: return "0123456789.-einfaINFA";
	}
}

static bool is_of(const char *text, const char *letters)
{
	return !text[strspn(text, letters)];
}

/* Whether a value that is there, and not 0, could show the text. */
static bool could_show(const struct needle *n, const struct column *c)
{
	bool kept = c->agg == AGG_NONE || c->agg == AGG_MIN || c->agg == AGG_MAX || c->agg == AGG_LAST;

	if (!kept)
		return is_of(n->text, letters_of(agg_unit(c->agg, c->field)));
	switch (c->field->type) {
	case FT_STRING: return true;
	case FT_IP: return is_of(n->text, "0123456789.:abcdefABCDEF");
	case FT_BOOL: return find("true false", n->text, n->any_case);
	default: return is_of(n->text, letters_of(agg_unit(c->agg, c->field)));
	}
}

static bool could_be_zero(const struct column *c)
{
	const struct value zero = {.kind = V_INT};

	return cell_is_zero(c, &zero);
}

struct needle *needle_new(const char *text, const struct view *view, const struct table *t)
{
	static const char zero[] = "·", missing[] = "–";
	struct needle *n = xcalloc(1, sizeof(*n));

	n->text = text;
	n->any_case = !has_capital(text);
	n->in_zero = find(zero, text, n->any_case);
	n->in_missing = find(missing, text, n->any_case);
	n->view = view;
	n->table = t;
	n->in_column = xcalloc(view->n_columns, sizeof(*n->in_column));
	n->looked_at = xcalloc(view->n_columns, sizeof(*n->looked_at));
	for (size_t i = 0; i < view->n_columns; i++) {
		n->in_column[i] = could_show(n, &view->columns[i]);
		n->looked_at[i] =
			n->in_column[i] || n->in_missing || (n->in_zero && could_be_zero(&view->columns[i]));
	}
	n->known = xcalloc(KNOWN, sizeof(*n->known));
	n->values = arena_new();
	return n;
}

struct needle *needle_free(struct needle *n)
{
	if (!n)
		return NULL;
	arena_free(n->values);
	buf_done(&n->cell);
	free(n->in_column);
	free(n->looked_at);
	free(n->known);
	free(n);
	return NULL;
}

/* ---- cells ---- */

static bool in_shown(struct needle *n, const struct column *c, const struct value *v)
{
	buf_reset(&n->cell);
	value_cell(c, v, &n->cell);
	return find(buf_str(&n->cell), n->text, n->any_case);
}

static bool in_string(struct needle *n, const struct column *c, const struct value *v)
{
	for (const unsigned char *p = (const unsigned char *)v->s; *p; p++)
		if (*p < ' ' || *p >= 0x7f) /* may be shown otherwise than it is */
			return in_shown(n, c, v);
	return find(v->s, n->text, n->any_case);
}

/* Texts that were made for this row are gone with the next one; all others stay where they are. */
static bool in_text(struct needle *n, const struct column *c, const struct value *v)
{
	struct known *k = &n->known[((uintptr_t)v->s >> 3 ^ (uintptr_t)v->s >> 13) % KNOWN];

	if (arena_has(n->values, v->s))
		return in_string(n, c, v);
	if (k->text != v->s)
		*k = (struct known){v->s, in_string(n, c, v)};
	return k->found;
}

static bool in_cell(struct needle *n, const struct row *row, size_t column)
{
	const struct column *c = &n->view->columns[column];
	struct value v;

	if (!n->looked_at[column])
		return false;
	v = row_value(row, column, n->values);
	if (v.kind == V_MISSING)
		return n->in_missing;
	if (cell_is_zero(c, &v))
		return n->in_zero;
	if (v.kind == V_STRING)
		return v.s && in_text(n, c, &v);
	return n->in_column[column] && in_shown(n, c, &v);
}

bool needle_in_row(struct needle *n, const struct row *row)
{
	bool found = false;

	for (size_t i = 0; i < n->view->n_columns && !found; i++) {
		if (row_label(row).kind != V_MISSING && (int)i == n->table->tree->column) {
			buf_reset(&n->cell);
			row_tree_cell(n->view, row, i, false, &n->cell);
			found = find(buf_str(&n->cell), n->text, n->any_case);
		} else {
			found = in_cell(n, row, i);
		}
	}
	arena_reset(n->values);
	return found;
}
