/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_get.h - what the getters in field_*.c share. Private to them.
 * A getter returns false for a value that the record does not have.
 */
#ifndef CTOP_CORE_FIELD_GET_H
#define CTOP_CORE_FIELD_GET_H

#include <string.h>

#include "core/arena.h"
#include "core/field.h"

#define GETTER(name) bool get_##name(const struct record *r, struct arena *tmp, struct value *ret)
#define GETTER_ARG(name)                                                                                     \
	bool get_arg_##name(const struct record *r, const char *arg, struct arena *tmp, struct value *ret)

#define FIELD(id, type, grain, unit, flags, needs, title, width, source, getter, description) GETTER(getter);
#define FIELD_WITH_ARG(id, type, grain, unit, flags, needs, title, width, source, getter, description)       \
	GETTER_ARG(getter);
#define FIELD_OPT_ARG(id, type, grain, unit, flags, needs, title, width, source, getter, description)        \
	GETTER(getter);                                                                                      \
	GETTER_ARG(getter);
#include "core/fields.def"
#undef FIELD
#undef FIELD_WITH_ARG
#undef FIELD_OPT_ARG

static inline bool put_int(struct value *ret, int64_t v)
{
	ret->kind = V_INT;
	ret->i = v;
	return true;
}

static inline bool put_u64(struct value *ret, uint64_t v)
{
	return v != UNKNOWN_U64 && put_int(ret, (int64_t)v);
}

static inline bool put_u32(struct value *ret, uint32_t v)
{
	return v != UNKNOWN_U32 && put_int(ret, v);
}

static inline bool put_double(struct value *ret, double v)
{
	ret->kind = V_DOUBLE;
	ret->d = v;
	return true;
}

static inline bool put_bool(struct value *ret, bool v)
{
	ret->kind = V_BOOL;
	ret->b = v;
	return true;
}

static inline bool put_str(struct value *ret, const char *s)
{
	if (!s)
		return false;
	ret->kind = V_STRING;
	ret->s = s;
	return true;
}

#endif
