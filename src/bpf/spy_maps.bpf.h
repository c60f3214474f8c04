/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy_maps.bpf.h - maps and globals of the spy's programs.
 */
#ifndef CTOP_BPF_SPY_MAPS_H
#define CTOP_BPF_SPY_MAPS_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} spy_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct obj_key);
	__type(value, u64);
} spy_named SEC(".maps");

/* Kernfs id (bit 63: of the v1 hierarchy) -> enum spy_verdict; only user space writes it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u8);
} spy_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct obj_key);
	__type(value, u8);
} spy_objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u8);
} spy_pids SEC(".maps");

/* Memory that a CALL_BEFORE call is going to overwrite, arguments 1..4. Only threads that are spied on have it. */
enum { BEFORE_ARGS = 4, BEFORE_MAX = 128 };

struct before {
	u64 session; /* spy_session that filled it */
	u32 nr;
	u32 have; /* bit per argument */
	u8 data[BEFORE_ARGS][BEFORE_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct before);
} spy_before SEC(".maps");

/* An event is put together here. */
enum { EVENT_MAX = 24 * 1024 };

struct event_buf {
	u64 off; /* bytes of data in use */
	u64 iov_left; /* of an iovec's payload: still to come, */
	u64 iov_done; /* and copied */
	struct spy_hdr hdr;
	u8 data[EVENT_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct event_buf);
} event_map SEC(".maps");

/* Globals have uapi types: the skeleton header shows them to user space. */
struct spy_filter spy; /* set by user space */
__u64 spy_seen, spy_passed, spy_lost;
__u64 spy_session; /* names sent to an earlier spy are sent again */

#endif
