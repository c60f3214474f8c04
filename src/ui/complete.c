/* SPDX-License-Identifier: GPL-2.0-or-later */
/* complete.c - see complete.h. */
#include "ui/complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/filter.h"
#include "core/mem.h"

/* ---- where the cursor is: the grammar of filter_parse.c, without meaning ---- */

enum place {
	PLACE_CHECK,
	PLACE_OPERATOR,
	PLACE_VALUE,
	PLACE_LIST,
	PLACE_ITEM,
	PLACE_ITEM_END,
	PLACE_LINK,
	PLACE_LOST
};

struct scan {
	enum place place;
	size_t from; /* of the word at the cursor */
	const struct field *field;
	char *arg;
	unsigned depth; /* open parentheses */
	unsigned calls; /* open functions: tolower( */
};

static bool is_word(char c)
{
	return c && !isspace((unsigned char)c) && !strchr("()\"'=!<>,", c);
}

/* The end of a value that begins at `at`; *ret_open: it may go on. */
static size_t value_end(const char *text, size_t at, size_t end, bool *ret_open)
{
	char quote = text[at];

	*ret_open = false;
	if (quote == '"' || quote == '\'') {
		for (at++; at < end && text[at] != quote; at++)
			if (text[at] == '\\' && at + 1 < end)
				at++;
		*ret_open = at >= end;
		return at < end ? at + 1 : end;
	}
	while (at < end && !isspace((unsigned char)text[at]) && !strchr("()\"'=,", text[at]))
		at++;
	*ret_open = at == end;
	return at;
}

static size_t word_end(const char *text, size_t at, size_t end)
{
	while (at < end && is_word(text[at])) {
		if (text[at++] == '[')
			while (at < end && text[at] != ']')
				at++;
	}
	return at;
}

static size_t symbol_end(const char *text, size_t at, size_t end)
{
	size_t n = 0;

	while (n < 2 && at + n < end && strchr("=!<>", text[at + n]))
		n++;
	if (n == 2 && text[at + 1] != '=')
		n = 1;
	return n ? at + n : word_end(text, at, end);
}

/* Steps over one token; false when the cursor is in it, or behind it. */
static bool step(struct scan *s, const char *text, size_t *at, size_t end)
{
	size_t from = *at, to;
	bool open;

	s->from = from;
	if (from >= end)
		return false;
	switch (s->place) {
	case PLACE_CHECK:
		if (text[from] == '(') {
			s->depth++;
			*at = from + 1;
			return true;
		}
		to = word_end(text, from, end);
		if (to == end)
			return false;
		if (to - from == 3 && !memcmp(text + from, "not", 3))
			break;
		if (text[to] == '(' && filter_is_function(text + from, to - from)) {
			s->calls++;
			to++;
			break;
		}
		free(s->arg);
		s->field = filter_field(text + from, to - from, &s->arg);
		s->place = s->field ? PLACE_OPERATOR : PLACE_LOST;
		break;
	case PLACE_OPERATOR:
		if (s->calls && text[from] == ')') {
			s->calls--;
			to = from + 1;
			break;
		}
		if (s->calls) {
			s->place = PLACE_LOST;
			return false;
		}
		to = symbol_end(text, from, end);
		if (to == end)
			return false;
		switch (filter_operand(text + from, to - from)) {
		case FILTER_NO_VALUE: s->place = PLACE_LINK; break;
		case FILTER_ONE_VALUE: s->place = PLACE_VALUE; break;
		case FILTER_LIST: s->place = PLACE_LIST; break;
		default: s->place = PLACE_LOST;
		}
		break;
	case PLACE_LIST:
		to = from + 1;
		s->place = text[from] == '(' ? PLACE_ITEM : PLACE_LOST;
		break;
	case PLACE_VALUE:
	case PLACE_ITEM:
		if (s->place == PLACE_ITEM && text[from] == ')') {
			to = from + 1;
			s->place = PLACE_LINK;
			break;
		}
		to = value_end(text, from, end, &open);
		if (open)
			return false;
		if (s->place == PLACE_VALUE && to - from == 5 &&
		    (!memcmp(text + from, "anyof", 5) || !memcmp(text + from, "oneof", 5) ||
		     !memcmp(text + from, "allof", 5))) {
			s->place = PLACE_LIST;
			break;
		}
		s->place = to == from ? PLACE_LOST : s->place == PLACE_ITEM ? PLACE_ITEM_END : PLACE_LINK;
		break;
	case PLACE_ITEM_END:
		to = from + 1;
		s->place = text[from] == ',' ? PLACE_ITEM : text[from] == ')' ? PLACE_LINK : PLACE_LOST;
		break;
	case PLACE_LINK:
		if (text[from] == ')') {
			to = from + 1;
			s->depth -= s->depth > 0;
			break;
		}
		to = word_end(text, from, end);
		if (to == end)
			return false;
		s->place = (to - from == 3 && !memcmp(text + from, "and", 3)) ||
					   (to - from == 2 && !memcmp(text + from, "or", 2))
				   ? PLACE_CHECK
				   : PLACE_LOST;
		break;
	default: return false;
	}
	*at = to;
	return s->place != PLACE_LOST;
}

static void scan(struct scan *s, const char *text, size_t cursor)
{
	size_t at = 0;

	*s = (struct scan){.place = PLACE_CHECK};
	do {
		while (at < cursor && isspace((unsigned char)text[at]))
			at++;
	} while (step(s, text, &at, cursor));
}

const struct field *complete_field_at(const char *text, size_t cursor, char **ret_arg)
{
	struct scan s;
	bool value;

	scan(&s, text, cursor);
	value = s.place == PLACE_VALUE || s.place == PLACE_ITEM;
	if (!value) {
		free(s.arg);
		s.arg = NULL;
	}
	*ret_arg = s.arg;
	return value ? s.field : NULL;
}

/* ---- offers ---- */

struct chooser {
	struct offers *offers;
	const char *word; /* what was typed of it */
	size_t len;
};

static void offer(struct offers *o, char *text)
{
	o->n_all++;
	if (o->n < COMPLETE_OFFERS)
		o->items[o->n++] = text;
	else
		free(text);
}

static bool begins(const struct chooser *c, const char *text)
{
	return !strncasecmp(text, c->word, c->len);
}

/* Anywhere but at the beginning. */
static bool has(const struct chooser *c, const char *text)
{
	char *word = xstrndup(c->word, c->len);
	bool in = c->len && !begins(c, text) && strcasestr(text, word);

	free(word);
	return in;
}

static bool is_same(const struct chooser *c, const char *text)
{
	return strlen(text) == c->len && !memcmp(text, c->word, c->len);
}

static bool is_offered(const struct field *f, bool calls)
{
	return calls || !(f->flags & FIELD_SPY);
}

static bool is_of_view(const struct view *v, const struct field *f)
{
	for (size_t i = 0; v && i < v->n_columns; i++)
		if (v->columns[i].field == f)
			return true;
	return false;
}

static char *field_text(const struct field *f)
{
	bool needs = !f->get && !(f->flags & FIELD_EACH);

	return xasprintf("%s%s", f->id, needs ? "." : "");
}

/* The exact one, those of the view, those that begin so, those that have it somewhere. */
static void offer_fields(struct chooser *c, const struct view *view, bool calls)
{
	size_t n;
	const struct field *all = field_all(&n);

	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < n; i++) {
			const struct field *f = &all[i];
			bool same = is_same(c, f->id), prefix = begins(c, f->id), mine = is_of_view(view, f);

			if (same ? pass != 0 : !is_offered(f, calls))
				continue;
			if (pass == 0   ? same
			    : pass == 1 ? prefix && mine
			    : pass == 2 ? prefix && !mine
					: has(c, f->id)) {
				c->offers->exact |= pass == 0;
				offer(c->offers, field_text(f));
			}
		}
	if (c->len && strlen("not") > c->len && !strncmp("not", c->word, c->len))
		offer(c->offers, xstrdup("not"));
}

static void offer_operators(struct chooser *c)
{
	const char *ops[FILTER_OPERATORS];
	size_t fit;

	filter_operators(c->offers->field, ops, &fit);
	for (size_t i = 0; i < FILTER_OPERATORS; i++)
		if (is_same(c, ops[i])) {
			offer(c->offers, xstrdup(ops[i]));
			c->offers->exact = true;
		}
	for (size_t i = 0; i < FILTER_OPERATORS; i++) {
		if (i == fit && c->offers->n) /* the others would be a mistake */
			break;
		if (begins(c, ops[i]) && !is_same(c, ops[i]))
			offer(c->offers, xstrdup(ops[i]));
	}
}

/* In the quotes that were begun; else quoted only where it must be. */
static char *value_text(const char *value, char quote)
{
	if (!quote && filter_is_bare(value))
		return xstrdup(value);
	if (quote == '\'' && !strpbrk(value, "'\\"))
		return xasprintf("'%s'", value);
	return filter_quote(value);
}

static void offer_values(struct chooser *c, const struct seen *seen)
{
	char quote = c->len && strchr("\"'", *c->word) ? *c->word : 0;

	if (quote) {
		c->word++;
		c->len--;
	}
	if (!seen || seen->field != c->offers->field)
		return;
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < seen->n; i++) {
			const char *text = seen->values[i].text;
			bool same = is_same(c, text);

			if (!same && c->len && !seen->values[i].count && seen->values[0].count &&
			    c->offers->n)
				break; /* what is merely possible only where nothing that was seen would do */
			if (pass == 0 ? same : pass == 1 ? begins(c, text) && !same : has(c, text)) {
				c->offers->exact |= pass == 0;
				offer(c->offers, value_text(text, quote));
			}
		}
}

static void offer_words(struct chooser *c, const char *const *words)
{
	for (; *words; words++)
		if (begins(c, *words)) {
			c->offers->exact |= is_same(c, *words);
			offer(c->offers, xstrdup(*words));
		}
}

void complete(const char *text, size_t cursor, const struct view *view, bool calls, const struct seen *seen,
	      struct offers *ret)
{
	static const char *const links[] = {"and", "or", NULL}, *const links_in[] = {"and", "or", ")", NULL},
				 *const list[] = {"(", NULL}, *const after_item[] = {",", ")", NULL};
	struct chooser c = {.offers = ret};
	struct scan s;

	*ret = (struct offers){0};
	scan(&s, text, cursor);
	free(s.arg);
	ret->from = s.from;
	ret->field = s.field;
	c.word = text + s.from;
	c.len = cursor - s.from;
	switch (s.place) {
	case PLACE_CHECK:
		ret->what = COMPLETE_FIELD;
		offer_fields(&c, view, calls);
		break;
	case PLACE_OPERATOR:
		ret->what = COMPLETE_OPERATOR;
		offer_operators(&c);
		break;
	case PLACE_VALUE:
	case PLACE_ITEM:
		ret->what = COMPLETE_VALUE;
		offer_values(&c, seen);
		break;
	case PLACE_LIST:
		ret->what = COMPLETE_LINK;
		offer_words(&c, list);
		break;
	case PLACE_ITEM_END:
		ret->what = COMPLETE_LINK;
		offer_words(&c, after_item);
		break;
	case PLACE_LINK:
		ret->what = COMPLETE_LINK;
		offer_words(&c, s.depth ? links_in : links);
		break;
	default: break;
	}
}

void offers_done(struct offers *o)
{
	for (size_t i = 0; i < o->n; i++)
		free(o->items[i]);
	*o = (struct offers){0};
}

char *offer_text(const struct offers *o, size_t i)
{
	const char *item = o->items[i];
	size_t len = strlen(item);
	bool goes_on = len && (item[len - 1] == '.' || item[len - 1] == '(');

	return xasprintf("%s%s", item, goes_on ? "" : " ");
}

size_t offers_common(const struct offers *o)
{
	size_t n = o->n ? strlen(o->items[0]) : 0;

	if (o->n < o->n_all) /* those that are not here may differ */
		return 0;
	for (size_t i = 1; i < o->n; i++) {
		size_t k = 0;

		while (k < n && o->items[i][k] == o->items[0][k])
			k++;
		n = k;
	}
	while (n && ((unsigned char)o->items[0][n] & 0xc0) == 0x80)
		n--;
	return n;
}
