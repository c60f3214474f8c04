/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_build.h - from a raw spy record to a self-contained event.
 */
#ifndef CTOP_CORE_EVENT_BUILD_H
#define CTOP_CORE_EVENT_BUILD_H

#include "core/buf.h"
#include "core/event.h"
#include "core/objtable.h"

/* Looks for an object elsewhere when `names` does not know it: fills *ret; its name, if it has one, goes to
 * *name. false = not known. */
typedef bool (*event_name_fn)(void *userdata, const struct obj_key *key, struct object *ret,
			      struct buf *name);

/*
 * The event of a record, in one allocation: event_free(). Blobs that the record claims but does not hold are
 * left out. epoch = epoch ns - mono ns. other may be NULL.
 */
struct event *event_build(const struct spy_hdr *hdr, uint64_t epoch, struct objtable *names,
			  event_name_fn other, void *userdata);

#endif
