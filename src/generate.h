/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate.h - texts made from the tables: lists for --list-*, the man page
 * and the bash completion. Writes to a buffer; needs no kernel.
 */
#ifndef CTOP_GENERATE_H
#define CTOP_GENERATE_H

#include "options.h"
#include "views/view.h"

void generate_views(struct buf *out, const struct views *views, enum output_format format);
void generate_fields(struct buf *out, enum output_format format);
void generate_schema(struct buf *out);

/* Name of the generator for messages; 0 or -EINVAL when there is no such thing. */
int generate(const char *what, const struct views *views, struct buf *out);

#endif
