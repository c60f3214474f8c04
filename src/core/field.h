/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field.h - the one table of fields (fields.def): id, type, grain, unit, cost,
 * description and how to get the value. Views, filters, --list-fields, the man
 * page, completion and the JSON Schema all read it.
 *
 * A record is one line of the join that views group: a fact, a thread, an open
 * descriptor or a spy event, with everything it belongs to; or a CPU, a disk or
 * a network interface, which belong to nothing. A field of a thing
 * that the record does not have is missing.
 */
#ifndef CTOP_CORE_FIELD_H
#define CTOP_CORE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/sample.h"

struct record {
	const struct sample *sample;
	const struct fact *fact;
	const struct thread *thread;
	const struct process *process;
	const struct container *container;
	const struct object *obj;
	const struct descriptor *fd;
	const struct cpu *cpu;
	const struct disk *disk;
	const struct netif *netif;
	const struct metric_value *metric; /* a line of the Overview */
	const struct life_event *life;
	const struct event *event; /* spy only */
	const struct record_index *index; /* spy only: other processes and users; may be NULL */
	bool counters;             /* evt.* measures come from thread->counts: no facts in this query */
};

enum field_type { FT_INT, FT_DOUBLE, FT_STRING, FT_BOOL, FT_IP, FT_DIST };

/* How a value is shown; JSON always carries the plain base unit. */
enum unit {
	UNIT_NONE,
	UNIT_ID,    /* plain integer, never scaled */
	UNIT_COUNT, /* 12.3K */
	UNIT_BYTES,
	UNIT_NS,
	UNIT_PERCENT,
	UNIT_TIME /* epoch ns */,
	UNIT_PORT,
};

/* The level at which a value exists once; see aggregation in table.h. */
enum grain { GRAIN_FACT, GRAIN_FD, GRAIN_OBJECT, GRAIN_THREAD, GRAIN_PROCESS, GRAIN_CONTAINER, GRAIN_HOST, GRAIN_DEVICE };

enum field_flags {
	FIELD_MEASURE = 1 << 0,     /* something one aggregates; else a dimension */
	FIELD_DELTA = 1 << 1,       /* measure is an amount of the interval: has a rate */
	FIELD_FILTER_ONLY = 1 << 2, /* makes no column: fd.ip, fd.net, fd.sproto */
	FIELD_SPY = 1 << 3,         /* exists for spy events (evt.args, evt.rawres, ...) only */
	FIELD_ARG = 1 << 4,         /* needs an argument (evt.type.is.read, evt.arg[0]): filters only */
	FIELD_EITHER_END = 1 << 5,  /* fd.ip, fd.port, ...: see field_get_other() */
	FIELD_EACH = 1 << 6,        /* FIELD_ARG that may stand without: any of the arguments 1, 2, ... */
	FIELD_OPTIONAL = 1 << 7,    /* FIELD_ARG that may stand without: has both getters */
	FIELD_WITHIN = 1 << 8,      /* a distance: = means at most (evt.around[TIME] = MS) */
	FIELD_HELD = 1 << 9,        /* measure that a process holds only while it lives: memory */
	FIELD_JOINED = 1 << 10,     /* value follows from more than the thing of its grain: fd.hostpath */
	FIELD_OF_CALL = 1 << 11,    /* of a fact, and follows from number and errno of the call: evt.type */
};

enum { FIELD_EACH_MAX = 64 }; /* as far as that goes */

/* 24 bytes: tables hold many. The address of an IP begins where the padding of the others is. */
struct value {
	union {
		struct {
			enum { V_MISSING, V_INT, V_DOUBLE, V_STRING, V_BOOL, V_IP, V_DIST } kind;
			union {
				int64_t i;
				double d;
				const char
					*s; /* lives as long as the sample, the event or the getter's arena */
				bool b;
				const struct fact *dist; /* timed, lat_sum, lat_max, hist */
			};
		};
		struct {
			int kind_; /* the same as above */
			struct {
				uint8_t family;
				uint8_t addr[16];
			} ip;
		};
	};
};

struct field {
	const char *id;
	enum field_type type;
	enum grain grain;
	enum unit unit;
	unsigned flags;     /* enum field_flags */
	unsigned needs;     /* enum need: what must be attached for it */
	const char *title;  /* default column header */
	unsigned width;     /* default column width */
	const char *source; /* "call results", "scheduler", "socket layer", "cgroup", "/proc", ... for the
			       legend */
	const char *description;
	/* false = missing. `tmp` holds strings that are made here. NULL: the field needs an argument. */
	bool (*get)(const struct record *r, struct arena *tmp, struct value *ret);
	/* Same with an argument; FIELD_ARG fields only, else NULL. */
	bool (*get_arg)(const struct record *r, const char *arg, struct arena *tmp, struct value *ret);
};

/* All fields, sorted by id. */
const struct field *field_all(size_t *ret_n);

/* By id; NULL if there is none. field_nearest(): the most similar id for error messages, or NULL. */
const struct field *field_find(const char *id);
const char *field_nearest(const char *id);

/* Edit distance (insert, delete, replace, swap neighbours), for other "did you mean" messages. */
size_t text_distance(const char *a, const char *b);

/* V_MISSING when the record lacks it. */
struct value field_get(const struct field *f, const struct record *r, struct arena *tmp);

/* The payload's bytes behind a field that shows them as text (evt.buffer, evt.arg.data); NULL: it shows none. */
const char *field_bytes(const struct field *f, const char *arg, const struct record *r, size_t *ret_len);

/* A second value that filters accept as well: the other end for fd.ip and fd.port. V_MISSING if there is
 * none. */
struct value field_get_other(const struct field *f, const struct record *r);

/* <0, 0, >0; numbers before strings, missing last. Distributions compare by their sum. */
int value_compare(const struct value *a, const struct value *b);

/* Names for docs and --list-fields: "int", "process", "bytes". */
const char *field_type_name(enum field_type t);
const char *grain_name(enum grain g);
const char *unit_name(enum unit u);
/* What a field costs beyond what is always on: "-", "facts", "fds", "cgroups", "proc", "spy". */
const char *field_cost(const struct field *f);
/* What the kernel must have for it beside what every field needs; "-". See docs/kernels.md. */
const char *field_kernel(const struct field *f);

/* Records of a sample: the thing itself and all it belongs to. */
struct record record_from_fact(const struct sample *s, const struct fact *f);
struct record record_from_thread(const struct sample *s, const struct thread *t); /* counters unset */
struct record record_from_fd(const struct sample *s, const struct descriptor *d);

/* The thing of this grain that a record is about; NULL if none is, or each record is one of its own (facts). */
const void *record_thing(const struct record *r, enum grain g);

/* Finds processes by pid and containers by cgroup; lives as long as its sample, which may be NULL. */
struct record_index;
struct record_index *record_index_new(const struct sample *s);
struct record_index *record_index_free(struct record_index *idx);
/* A process of the sample, or a younger one that was seen to run a program; NULL. */
const struct process *record_index_process(const struct record_index *idx, uint32_t pid);
struct event;
/*
 * Cgroup ids of an event, as in struct container, that none of the sample's containers is known to have. Returns
 * how many: 0 if the other one tells the container.
 */
size_t record_index_unknown(const struct record_index *idx, const struct event *ev, uint64_t ret[2]);

/*
 * A spy event as a record, so that every field and filter means the same on it: its fact is one call. What
 * the sample does not know (a process younger than it) is filled from the event itself. The record points
 * into this struct and into the event: do not copy it, keep both alive.
 */
struct event_record {
	struct record record;
	struct fact fact;
	struct object obj;
	struct thread thread;
	struct process process;
	struct descriptor fd;
	char uid_text[12];
	char text[2][WIRE_SNAP_MAX + WIRE_PATH_MAX]; /* the path of a failed call; command line and argv[0] */
};
/* The index learns from calls that run programs: their children are younger than the sample, too. */
void record_from_event(struct event_record *ret, struct record_index *idx, const struct event *ev);

#endif
