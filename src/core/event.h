/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - one system call as the spy saw it, self-contained: raw arguments,
 * copied memory, and the names of the objects its descriptors point to.
 * decode.h turns it into text.
 */
#ifndef CTOP_CORE_EVENT_H
#define CTOP_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

struct event_blob {
	uint8_t arg;   /* 0..5, 6 = result */
	uint8_t part;  /* see struct spy_blob */
	bool fault;
	uint32_t len;  /* bytes in data */
	uint64_t full; /* bytes there were */
	uint64_t addr;
	const void *data; /* inside the event */
};

/* What a descriptor pointed to when the call was made. */
struct event_fd {
	struct obj_key key;
	enum obj_kind kind;  /* OBJ_NONE: not known */
	const char *type;    /* sysdig fd.type */
	const char *name;    /* fd.name; NULL = not known */
	uint8_t family, socktype, protocol;
	uint8_t laddr[16], raddr[16];
	uint16_t lport, rport;
};

struct event {
	uint64_t seq;
	uint64_t time;     /* epoch ns of entry */
	uint64_t latency;  /* ns, UNKNOWN_U64 */
	uint64_t since_start, since_last; /* ns since the spy's first event, since the one before */
	int64_t ret;
	uint64_t args[6];
	uint16_t nr;       /* | WIRE_NR_COMPAT */
	uint16_t cpu;
	bool in_progress;  /* entry only: does not return, or has not yet */
	uint32_t tid, tgid, ppid, uid;
	uint32_t tty, session; /* kernel dev_t, 0 = none; session id */
	uint64_t start_gen; /* task_key.gen */
	uint64_t cgroup_v1, cgroup_v2;
	char comm[WIRE_COMM_LEN + 1];
	struct event_fd fd[2]; /* first and second descriptor argument */
	struct event_fd ret_fd;
	uint8_t n_blobs;
	struct event_blob blobs[WIRE_BLOBS_MAX];
	/* memory of names and blobs follows */
};

/* Times of the events before; fills since_start and since_last. Zero when a spy starts. */
struct event_clock {
	uint64_t first, last;
};
void event_clock_tick(struct event_clock *c, struct event *ev);

/* One allocation holds everything. */
void event_free(struct event *ev);

/* The blob of an argument (part 0 unless told), or NULL. */
const struct event_blob *event_blob(const struct event *ev, int arg, int part);

/* Payload that a read or write moved, for echo: the first parts of it, or NULL when there is none.
 * *ret_len is what was copied, *ret_full what was moved, *ret_write the direction. */
const void *event_payload(const struct event *ev, size_t *ret_len, uint64_t *ret_full, bool *ret_write);

#endif
