/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objrec.h - what a record of the kernel side says about an object, as the
 * object has it. Keeps nothing: objtable.h does.
 */
#ifndef CTOP_CORE_OBJREC_H
#define CTOP_CORE_OBJREC_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/wire.h"
#include "core/sample.h"

/* Whether it is a record of an object at all. */
bool objrec_is_sound(const struct obj_rec *rec);

/* Whether the socket still has the addresses and the state of the record: these make its name. */
bool objrec_same_socket(const struct object *o, const struct obj_rec *rec);

/* The numbers of a TCP connection or listener; UNKNOWN_* for what the object has not. o->kind is set. */
void objrec_set_tcp(struct object *o, const struct obj_rec *rec);

/* The path of the record, which must have one, as it is shown; caller frees. */
char *objrec_path(const struct obj_rec *rec);

/* base NUL relative, or a plain path, as one normalised path ("." and ".." by name only); caller frees. */
char *objrec_join_path(const char *path, size_t len);

#endif
