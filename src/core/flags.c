/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flags.c - the tables of flags.def and constants.def, and how they are written. */
#include "core/flags.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define BEGIN(table, unknown) static const struct flag flags_##table[] = {
#define N(name, value)        {value, (uint64_t)(value), #name},
#define M(name, value, mask)  {value, mask, #name},
/* clang-format off */
#define END {0, 0, NULL}};
#include "core/constants.def"
#include "core/flags.def"
/* clang-format on */
#undef BEGIN
#undef N
#undef M
#undef END

#define BEGIN(table, unknown) [FLAGS_##table] = {flags_##table, unknown},
#define N(name, value)
#define M(name, value, mask)
#define END
const struct flag_table flag_tables[FLAGS_MAX] = {
#include "core/constants.def"
#include "core/flags.def"
};

const char *flag_name(const struct flag_table *t, uint64_t value)
{
	for (const struct flag *f = t->flags; f->name; f++) {
		if (f->value == value)
			return f->name;
	}
	return NULL;
}

void flag_write_enum(struct buf *out, const struct flag_table *t, uint64_t value)
{
	const char *name = flag_name(t, value);

	if (name)
		buf_adds(out, name);
	else if (!strcmp(t->unknown, "%d"))
		buf_addf(out, "%" PRId64, (int64_t)value);
	else if (!strcmp(t->unknown, "-"))
		buf_addf(out, "%#" PRIx64, value);
	else
		buf_addf(out, "%#" PRIx64 " /* %s */", value, t->unknown);
}

void flag_write_bits(struct buf *out, const struct flag_table *t, uint64_t value)
{
	uint64_t rest = value;
	bool any = false;

	for (const struct flag *f = t->flags; f->name; f++) {
		/* a field whose zero has a name is written even then; the bits of others must be there */
		if ((value & f->mask) != f->value || (f->value && (rest & f->value) != f->value))
			continue;
		if (f->mask == ~0ULL && value)
			continue;
		buf_addf(out, "%s%s", any ? "|" : "", f->name);
		any = true;
		rest &= ~f->mask;
	}
	if (!any && !rest)
		buf_addc(out, '0');
	else if (!any)
		buf_addf(out, "%#" PRIx64 " /* %s */", rest, t->unknown);
	else if (rest)
		buf_addf(out, "|%#" PRIx64, rest);
}
