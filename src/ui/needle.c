/* SPDX-License-Identifier: GPL-2.0-or-later */
/* needle.c - see needle.h. */
#include "ui/needle.h"

#include <ctype.h>
#include <string.h>

#include "core/arena.h"
#include "core/basis.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/table_look.h"
#include "ui/rows.h"

enum { KNOWN = 1024 };

/* What was found out about a text that stays: rows share names of programs, users, containers. */
struct known {
	const char *text;
	bool found;
};

/* The same of a number or address: the one that a column had last. */
struct last {
	struct value value;
	bool found;
};

enum verdict { UNDECIDED, LACKS, HAS, NO_VALUE };

struct needle {
	const char *text;
	bool any_case;
	bool in_zero, in_missing;
	const struct view *view;
	const struct table *table;
	bool *in_column;    /* whether a cell of it could have the text, were it a value */
	bool *looked_at;    /* whether cells of it have to be made */
	size_t *order;      /* of columns: those that take no adding up first */
	uint8_t **by_place; /* enum verdict, by column and place (basis.h); NULL = by record */
	uint8_t *idle;      /* enum verdict, by column, of rows that made no call */
	struct look look;
	struct known *known;  /* by address */
	struct last *last;    /* by column */
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

static void put_in_order(struct needle *n)
{
	size_t k = 0;

	for (size_t i = 0; i < n->view->n_columns; i++)
		if (n->view->columns[i].agg == AGG_NONE)
			n->order[k++] = i;
	for (size_t i = 0; i < n->view->n_columns; i++)
		if (n->view->columns[i].agg != AGG_NONE)
			n->order[k++] = i;
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
	n->order = xcalloc(view->n_columns, sizeof(*n->order));
	n->by_place = xcalloc(view->n_columns, sizeof(*n->by_place));
	n->idle = xcalloc(view->n_columns, sizeof(*n->idle));
	n->last = xcalloc(view->n_columns, sizeof(*n->last));
	put_in_order(n);
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
	for (size_t i = 0; i < n->view->n_columns; i++)
		free(n->by_place[i]);
	free(n->by_place);
	free(n->order);
	free(n->last);
	free(n->idle);
	look_done(&n->look);
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

static bool is_same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case V_INT: return a->i == b->i;
	case V_IP: return a->ip.family == b->ip.family && !memcmp(a->ip.addr, b->ip.addr, sizeof(a->ip.addr));
	default: return false;
	}
}

static bool in_number(struct needle *n, size_t column, const struct value *v)
{
	struct last *last = &n->last[column];

	if (!is_same(&last->value, v))
		*last = (struct last){*v, in_shown(n, &n->view->columns[column], v)};
	return last->found;
}

static bool in_value(struct needle *n, size_t column, const struct value *v)
{
	const struct column *c = &n->view->columns[column];

	if (v->kind == V_MISSING)
		return n->in_missing;
	if (cell_is_zero(c, v))
		return n->in_zero;
	if (v->kind == V_STRING)
		return v->s && in_text(n, c, v);
	return n->in_column[column] && in_number(n, column, v);
}

/* What values of a column follow from, if one thing has many rows. */
static enum basis basis_of_many(const struct column *c)
{
	enum basis b = basis_of(c->field);

	return b == BASIS_CONTAINER || b == BASIS_PROCESS || b == BASIS_THREAD ? b : BASIS_RECORD;
}

/* What one record has in a column of first values. */
static enum verdict in_record(struct needle *n, size_t column, size_t record)
{
	enum basis basis = basis_of_many(&n->view->columns[column]);
	const struct record *r = &n->look.records[record];
	size_t at = basis_place(basis, r);
	struct value v;
	enum verdict verdict;

	if (at != NO_PLACE && !n->by_place[column])
		n->by_place[column] = xcalloc(basis_places(basis, r->sample), sizeof(**n->by_place));
	if (at != NO_PLACE && n->by_place[column][at])
		return n->by_place[column][at];
	v = look_first(&n->look, column, record, n->values);
	verdict = v.kind == V_MISSING ? NO_VALUE : in_value(n, column, &v) ? HAS : LACKS;
	if (at != NO_PLACE)
		n->by_place[column][at] = verdict;
	return verdict;
}

static bool in_first(struct needle *n, size_t column)
{
	for (size_t i = 0; i < n->look.n_records; i++) {
		enum verdict verdict = in_record(n, column, i);

		if (verdict != NO_VALUE)
			return verdict == HAS;
	}
	return n->in_missing;
}

static bool in_cell(struct needle *n, size_t column)
{
	const struct column *c = &n->view->columns[column];
	bool idle =
		n->look.n_records && !n->look.calls && c->field->grain == GRAIN_FACT && c->agg != AGG_NONE;
	struct value v;
	bool found;

	if (!n->looked_at[column])
		return false;
	/* the things of a tree's levels differ in what they show of the same record */
	if (!n->table->tree && look_is_first(&n->look, column))
		return in_first(n, column);
	if (idle && n->idle[column])
		return n->idle[column] == HAS;
	v = look_value(&n->look, column, n->values);
	found = in_value(n, column, &v);
	if (idle && !n->table->tree)
		n->idle[column] = found ? HAS : LACKS;
	return found;
}

bool needle_in_row(struct needle *n, const struct row *row)
{
	bool found = false;

	look_at(&n->look, row);
	for (size_t k = 0; k < n->view->n_columns && !found; k++) {
		size_t i = n->order[k];

		if (row_label(row).kind != V_MISSING && (int)i == n->table->tree->column) {
			buf_reset(&n->cell);
			row_tree_cell(n->view, row, i, false, &n->cell);
			found = find(buf_str(&n->cell), n->text, n->any_case);
		} else {
			found = in_cell(n, i);
		}
	}
	arena_reset(n->values);
	return found;
}
