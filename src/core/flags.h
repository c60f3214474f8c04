/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flags.h - names of flags (flags.def) and constants (constants.def). */
#ifndef CTOP_CORE_FLAGS_H
#define CTOP_CORE_FLAGS_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct flag {
	uint64_t value, mask; /* matches if (v & mask) == value */
	const char *name;
};

struct flag_table {
	const struct flag *flags; /* ends with a NULL name */
	const char *unknown;      /* what an unknown value is called: "O_???" */
};

#define BEGIN(table, unknown) FLAGS_##table,
#define N(name, value)
#define M(name, value, mask)
#define END
enum flag_table_id {
#include "core/constants.def"
#include "core/flags.def"
	FLAGS_MAX
};
#undef BEGIN
#undef N
#undef M
#undef END

extern const struct flag_table flag_tables[FLAGS_MAX];

/* flags_of(open_flags) */
#define flags_of(table) (&flag_tables[FLAGS_##table])

/* Name of one value; NULL if it has none. */
const char *flag_name(const struct flag_table *t, uint64_t value);

/* "A|B|0x40", "0x40 / * O_??? * /" when no bit has a name, "0" when there is none. */
void flag_write_bits(struct buf *out, const struct flag_table *t, uint64_t value);

/* "A", or the number with the table's name for unknown values. */
void flag_write_enum(struct buf *out, const struct flag_table *t, uint64_t value);

#endif
