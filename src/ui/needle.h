/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needle.h - a text that the rows of a table are searched for. A row has it if one of its cells, as they
 * would be shown, has it. Most cells need not be made for that, and most that are made need not be formatted.
 */
#ifndef CTOP_UI_NEEDLE_H
#define CTOP_UI_NEEDLE_H

#include <stdbool.h>

#include "views/view.h"

struct needle;

/* Text, view and table must outlive it. */
struct needle *needle_new(const char *text, const struct view *view, const struct table *t);
struct needle *needle_free(struct needle *n);
bool needle_in_row(struct needle *n, const struct row *row);

/* Where `needle` is in s, smart case: lower-case needles match any case. NULL: nowhere. */
const char *text_find(const char *s, const char *needle);

#endif
