/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objname.h - sysdig's spelling of what an object is: fd.type and fd.name.
 * Pure functions of one object's data.
 */
#ifndef CTOP_CORE_OBJNAME_H
#define CTOP_CORE_OBJNAME_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/sample.h"

/* fd.type of an object with this path (may be NULL): "file", "ipv4", "eventpoll", ...; NULL for OBJ_NONE. */
const char *objname_type(enum obj_kind kind, uint8_t family, const char *path);

/*
 * fd.name. Sockets: "client:port->server:port" with is_server telling the ends apart; without a peer the
 * local end alone (":::80" for any IPv6 address). path may be NULL. Returns false if all there was were
 * numbers.
 */
bool objname_name(struct buf *out, const struct object *o, const char *path, bool partial);

/* fd.name of an object of a sample. Those of sockets with addresses are made here: there may be many. NULL =
 * not known. */
const char *object_name(const struct object *o, struct arena *tmp);

/* A v4-mapped IPv6 pair becomes IPv4: family and addresses of *o change. */
void objname_unmap(struct object *o);

#endif
