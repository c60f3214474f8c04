/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - the structs that BPF programs write and user space reads.
 *
 * Included by both sides, so: fixed-width types only, no padding that is not
 * named, sizes asserted below. Times are nanoseconds. "mono" times are
 * CLOCK_MONOTONIC (bpf_ktime_get_ns), "boot" times CLOCK_BOOTTIME.
 * Pids, uids are those of the initial namespaces.
 */
#ifndef CTOP_BPF_WIRE_H
#define CTOP_BPF_WIRE_H

#ifndef __bpf__
#include <assert.h>
#include <stdint.h>
#define u8 uint8_t
#define u16 uint16_t
#define u32 uint32_t
#define u64 uint64_t
#define s16 int16_t
#define s32 int32_t
#define s64 int64_t
#endif

enum {
	WIRE_COMM_LEN = 16,
	WIRE_ARGS_MAX = 512,   /* bytes of argv kept by an exec record */
	WIRE_PATH_MAX = 1024,  /* bytes of a path in an object record */
	WIRE_SNAP_MAX = 4096,  /* most payload bytes the spy copies of one argument */
	WIRE_BLOBS_MAX = 8,    /* most copied arguments of one spy event */
	WIRE_SYSCALLS = 512,   /* system call numbers below this are told apart */
	WIRE_HIST = 112,       /* latency buckets, see wire_hist_slot() */
	WIRE_PID_LEVELS = 4,
};

/* A compat (32-bit) call has this bit in every `nr` below. */
#define WIRE_NR_COMPAT 0x8000u
#define WIRE_NR_NONE 0xffffu
/* An io_uring request instead of a call: this | opcode. */
#define WIRE_NR_URING 0x4000u

/* What a descriptor points to. Values are part of recordings: append only. */
enum obj_kind {
	OBJ_NONE = 0, /* no object, or it could not be told */
	OBJ_FILE,     /* regular file */
	OBJ_DIR,
	OBJ_CHR,
	OBJ_BLK,
	OBJ_FIFO, /* pipe or named pipe */
	OBJ_INET, /* AF_INET and AF_INET6, see obj_rec.family */
	OBJ_UNIX,
	OBJ_NETLINK,
	OBJ_PACKET,
	OBJ_SOCK, /* any other socket family */
	OBJ_ANON, /* eventfd, epoll, timerfd, ...; obj_rec.path names it: "[eventpoll]" */
	OBJ_PATH, /* only a path is known: the call failed, or took no descriptor */
	OBJ_KIND_MAX,
};

/*
 * Identity of an object. Files, directories, pipes and sockets: device, inode
 * and inode generation. OBJ_ANON shares one inode in the kernel, so ino is the
 * address of its struct file and gen tells its kind. OBJ_PATH: dev 0, ino a hash of path and base
 * directory. All zero: OBJ_NONE.
 */
struct obj_key {
	u64 ino;
	u32 dev; /* kernel dev_t: major << 20 | minor */
	u32 gen;
};

/* Identity of a thread over pid reuse: gen is start_boottime >> 16. */
struct task_key {
	u32 tid;
	u32 gen;
};

/* One row of the kernel's aggregation: what one thread did with one object in one interval. */
struct fact_key {
	struct obj_key obj;
	struct task_key task;
	u16 nr;  /* system call number, | WIRE_NR_COMPAT; or WIRE_NR_URING | opcode */
	u16 err; /* errno, 0 = success; internal restart codes are EINTR */
	u32 tgid;
};

struct fact_val {
	u64 calls;     /* 0 in the second row of a two-object call (sendfile) */
	u64 bytes_in;  /* read from the object */
	u64 bytes_out; /* written to the object */
	u64 timed;     /* calls with a known latency: the sum of hist */
	u64 lat_sum;
	u64 lat_max;
	u32 hist[WIRE_HIST];
};

/* A row that a CPU has at hand (combine.bpf.h): of this interval or, with another number, left over from an earlier one. */
enum { FACT_ROW_BITS = 9, FACT_ROW_BITS_LEAST = 7 }; /* a CPU has 512 rows, 128 where there are many CPUs */

struct fact_row {
	struct fact_key key;
	u32 interval;
	u32 misses; /* calls of other keys that would have liked to be here */
	struct fact_val val;
};

/*
 * A call of a thread that has made few so far, written down by itself, see combine.bpf.h. What does not fit in here is
 * in a row.
 */
struct fact_single {
	struct fact_key key;
	u32 bytes;   /* read from the object; with SINGLE_OUT: written to it */
	u32 latency; /* ns, or SINGLE_UNTIMED */
};

/* How many a CPU has written, of which interval. */
struct singles_used {
	u32 interval;
	u32 n;
};

#define SINGLE_OUT     0x80000000u
#define SINGLE_UNTIMED 0xffffffffu

/* Per-thread counters, exact and monotonic; kept while counting is attached. */
struct task_counts {
	u64 calls;
	u64 errors;
	u64 file_in, file_out; /* OBJ_FILE, OBJ_CHR, OBJ_BLK */
	u64 net_in, net_out;   /* OBJ_INET */
	u64 other_in, other_out; /* pipes, unix sockets, everything else */
	u64 opens;     /* successful open/openat/openat2/creat */
	u64 coarse;    /* calls that found the fact map full: counted here only */
};

/* Which of the counters the bytes moved on an object of this kind belong to. */
static inline __attribute__((always_inline)) void wire_add_bytes(struct task_counts *c, u8 kind, u64 in, u64 out)
{
	switch (kind) {
	case OBJ_FILE:
	case OBJ_CHR:
	case OBJ_BLK:
		c->file_in += in;
		c->file_out += out;
		break;
	case OBJ_INET:
		c->net_in += in;
		c->net_out += out;
		break;
	default:
		c->other_in += in;
		c->other_out += out;
	}
}

/*
 * A thread as the task iterator or its exit saw it. Cumulative values; user
 * space subtracts. sid identifies the counters, not the thread: when a thread
 * execs and takes over its leader's tid, the sid stays.
 */
struct task_rec {
	u32 tid, tgid;
	u64 start_boot; /* ns since boot */
	u64 sid;        /* 0 = no counters yet (no system call seen) */
	struct task_counts counts;
	u64 cset;          /* opaque id of the set of cgroups (all hierarchies) */
	u64 cgroup_v1;     /* kernfs id in the chosen v1 hierarchy, 0 = none */
	u64 cgroup_v2;     /* kernfs id in the unified hierarchy */
	u64 exec_runtime;  /* on-CPU ns, precise */
	u64 utime, stime;  /* on-CPU ns by tick, for the user/system split only */
	u64 run_delay;     /* ns spent runnable but waiting for a CPU */
	u64 last_ran;      /* scheduler-clock ns when it last used a CPU; of a walk: comparable with sched_now */
	u64 enter_ts;      /* mono ns of entry into nr, 0 = not known */
	u64 nvcsw, nivcsw;
	u64 min_flt, maj_flt;
	u64 disk_read, disk_write; /* bytes that went to or came from storage */
	u64 args[6];       /* arguments of nr */
	u64 vm_pages, rss_pages, swap_pages; /* of the address space; leader only, 0 at exit on some kernels */
	u64 fdlimit;       /* RLIMIT_NOFILE, the soft one; leader only */
	u64 ended;         /* ns since boot; 0 = alive */
	struct obj_key wait_obj; /* object of nr's descriptor argument */
	u32 ppid;          /* tgid of the real parent */
	u32 uid, euid, gid;
	u32 loginuid;      /* 0xffffffff = unset */
	u32 pgrp, session;
	u32 tty;           /* kernel dev_t of the terminal, 0 = none */
	u32 pidns, netns;  /* namespace inode numbers */
	u32 vpid, vtid;    /* in the innermost pid namespace */
	u32 nr_threads;
	s32 exit_code;     /* wait status; valid in exit records */
	u32 cpu;
	u32 fdcount;       /* open descriptors; leader only */
	u16 nr;            /* call it is in, WIRE_NR_NONE = none (running in user mode) */
	s16 prio;          /* static_prio - 120 is nice */
	u8 state;          /* R S D T t Z X I P as in ps(1) */
	u8 policy;         /* SCHED_* */
	u8 kthread;
	u8 exited;         /* from sched_process_exit: final counters; 2 = a victim of the OOM killer */
	char comm[WIRE_COMM_LEN];
};

/* In place of a task_rec: the thread sleeps, has slept since the walk before, and all in its record still holds. */
struct task_same {
	u32 tid;
	u32 zero; /* where a task_rec has its tgid, which never is 0 */
	u32 gen;
	u32 pad;
};

/* A name for an object, sent when it is first seen (sockets: when it changes). */
struct obj_rec {
	struct obj_key key;
	u8 kind;     /* enum obj_kind */
	u8 family;   /* AF_* of sockets */
	u8 type;     /* SOCK_STREAM, SOCK_DGRAM, ... */
	u8 protocol; /* IPPROTO_* */
	u8 tcp_state;/* TCP_ESTABLISHED = 1 ... TCP_LISTEN = 10, 0 = not TCP */
	u8 partial;  /* path was cut: leading components are missing */
	u16 lport, rport; /* host order */
	u16 path_len;     /* bytes in path, no NUL */
	u8 laddr[16], raddr[16]; /* network order; IPv4 in the first four */
	u64 sk;      /* address of struct sock, pairs unix sockets with their peer */
	u64 peer_sk;
	u32 netns;
	u32 pad;
	/* TCP, at the time of the record; 0 when unknown */
	u32 srtt_us, rttvar_us;
	u32 snd_cwnd;
	u32 total_retrans;
	u32 rx_queue, tx_queue;      /* bytes; listening: accept backlog and its limit */
	u64 bytes_acked, bytes_received; /* TCP payload over the connection's life */
	char path[]; /* absolute path, "[eventpoll]", unix address (abstract: first byte 0); OBJ_PATH:
		      * absolute, or base directory, NUL, relative path */
};

/* One open descriptor from the task_file iterator; its obj_rec follows unless it was sent before. */
struct fd_rec {
	struct obj_key key;
	u64 pos;   /* file offset */
	u32 tgid;
	s32 fd;
	u32 flags; /* O_* */
	u32 size;  /* bytes of the obj_rec behind this record, a multiple of 8; 0 = none; FD_SAME */
};

/* No obj_rec: all that the one of the last walk said about the socket still holds. */
enum { FD_SAME = 1 };

/* The record of its object; 0: told of in an earlier batch, or in the life-cycle ring. */
static inline const struct obj_rec *fd_obj(const struct fd_rec *f)
{
	return f->size > FD_SAME ? (const struct obj_rec *)(f + 1) : 0;
}

/* The next descriptor, behind both. */
static inline const struct fd_rec *fd_next(const struct fd_rec *f)
{
	return (const struct fd_rec *)((const char *)(f + 1) + (f->size > FD_SAME ? f->size : 0));
}

/* Records of the life-cycle ring. */
enum meta_type { META_OBJ = 1, META_EXEC, META_CGROUP };

struct meta_hdr {
	u32 type; /* enum meta_type */
	u32 size; /* whole record */
};

struct exec_rec { /* successful execve */
	struct meta_hdr hdr;
	u32 tgid;
	u32 args_len;
	u64 start_boot;
	u32 exe_len, pad;
	char comm[WIRE_COMM_LEN];
	char args[WIRE_ARGS_MAX]; /* argv joined by NUL, args_len bytes, cut at the limit */
	char exe[];               /* path of the program, exe_len bytes, no NUL; 0 = not known whole */
};

struct cgroup_rec { /* cgroup created: its path would be gone if it lives shortly */
	struct meta_hdr hdr;
	u64 id;        /* kernfs id */
	u32 hierarchy; /* 0 = v2 */
	u32 path_len;
	char path[WIRE_PATH_MAX];
};

/* Which half of a call a spy event describes. */
enum spy_phase { SPY_EXIT = 0, SPY_ENTER = 1 /* a call that does not return, or is still in progress */ };

/* Memory copied from an argument, behind struct spy_rec. */
struct spy_blob {
	u8 arg;     /* 0..5; 6 = result */
	u8 part;    /* what of it: 0 the memory itself, n = n-th element (iovec base, msghdr name/iov) */
	u8 fault;   /* could not be read */
	u8 pad;
	u32 len;    /* bytes kept, padded to 8 behind this header */
	u64 full;   /* bytes there were */
	u64 addr;
};

struct spy_rec {
	u64 seq;     /* counts every event that passed the filter, kept or lost */
	u64 ts;      /* mono ns of entry (of exit, if entry was not seen) */
	u64 latency; /* ns, ~0 = not known */
	s64 ret;
	u64 args[6];
	u64 cset, cgroup_v1, cgroup_v2;
	struct task_key task;
	u32 tgid, ppid;
	u32 uid;
	u16 nr;
	u8 phase;
	u8 n_blobs;
	struct obj_key fd_obj[2]; /* of the first and second descriptor argument */
	struct obj_key ret_obj;   /* of a returned descriptor */
	u32 size; /* whole record with blobs */
	u32 cpu;
	u32 tty;     /* as in struct task_rec */
	u32 session;
	char comm[WIRE_COMM_LEN];
};

/* Ring record types of the spy ring: META_OBJ (names) or this. */
enum { META_SPY = 16 };

struct spy_hdr {
	struct meta_hdr hdr;
	struct spy_rec rec;
	/* struct spy_blob + data, n_blobs times */
};

/* Which v1 controller's hierarchy tells containers apart, in the order of preference. */
enum v1_choice { V1_none, V1_pids, V1_memory, V1_cpu, V1_cpuacct, V1_freezer, V1_devices, V1_MAX };

/*
 * How the BPF side treats one system call. Filled from core's system call
 * table before loading, so that the table exists once.
 */
enum call_flags {
	CALL_FD = 1 << 0,      /* arg[fd] is a descriptor */
	CALL_READ = 1 << 1,    /* result = bytes read from it */
	CALL_WRITE = 1 << 2,   /* result = bytes written to it */
	CALL_RETFD = 1 << 3,   /* result is a new descriptor */
	CALL_OPEN = 1 << 4,    /* opens by path */
	CALL_PATH = 1 << 5,    /* arg[path] is a path (with arg[dirfd] unless dirfd = 0xff) */
	CALL_CLOSE = 1 << 6,   /* object must be resolved at entry */
	CALL_SECOND = 1 << 7,  /* arg[fd2] is the second object: fd = in, fd2 = out */
	CALL_MMSG = 1 << 8,    /* result counts messages; bytes are in mmsghdr.msg_len of arg[1] */
	CALL_SOCKNAME = 1 << 9,/* may change a socket's addresses: name it again */
	CALL_NORETURN = 1 << 10, /* exit, exit_group: spy shows the entry */
	CALL_EXEC = 1 << 11,   /* arguments must be read at entry */
	CALL_PAIR = 1 << 12,   /* arg[path] points to two new descriptors (pipe, socketpair) */
	CALL_PEEK = 1 << 13,   /* arg[dirfd] holds MSG_* flags: with MSG_PEEK no bytes move */
	CALL_BEFORE = 1 << 14, /* the call overwrites arguments that are worth seeing: see copy[].at_enter */
	CALL_AIO = 1 << 15, /* result counts struct io_event at arg[3]: the bytes of Linux AIO */
};

/*
 * How the spy copies one argument, and the blobs that come of it. Unless said
 * otherwise one blob: part 0, the memory, `len` bytes kept of `full`. A blob
 * whose memory could not be read has fault set and len 0. At most
 * WIRE_BLOBS_MAX blobs an event, in order of arg and part; what does not fit is left out.
 *  COPY_STR      without the NUL; full = len if the whole string is there
 *  COPY_IOV_*    part 0 the array, at most 8 elements; part 1 the payload of
 *                all elements joined, up to snaplen (full = bytes moved)
 *  COPY_MSG_*    part 0 struct msghdr (56 bytes), part 1 the payload joined,
 *                part 2 msg_name, part 3 the iovec array (at most 8 elements)
 *  COPY_MMSG_*   part 0 the first struct mmsghdr (64 bytes), parts 1-3 as above
 *  COPY_ARGV     part 0 strings joined by NUL (full = number of strings seen)
 *  COPY_ARRAY_*  part 0 whole elements, at most 1 KiB (full = bytes of all)
 * at_enter, of a CALL_BEFORE call's arguments 1..4: COPY_FIXED of at most 128
 * bytes also comes as part 4, with what was there before the call.
 */
enum copy_op {
	COPY_NONE = 0,
	COPY_STR,      /* NUL-terminated string */
	COPY_FIXED,    /* `size` bytes */
	COPY_LEN_ARG,  /* as many bytes as arg[size] says */
	COPY_LEN_RET,  /* as many bytes as the result says */
	COPY_LENPTR,   /* as many as the 32-bit value that arg[size] points to */
	COPY_IOV_ARG,  /* struct iovec[arg[size]], payload of up to snaplen bytes (write side) */
	COPY_IOV_RET,  /* same, payload limited by the result (read side) */
	COPY_MSG_ARG,  /* struct msghdr with name, iov (send side) */
	COPY_MSG_RET,  /* struct msghdr (receive side) */
	COPY_MMSG_ARG, COPY_MMSG_RET, /* struct mmsghdr[]: the first one as above */
	COPY_ARGV,     /* NULL-terminated array of strings */
	COPY_ARRAY_ARG,/* array of arg[size & 7] elements of (size >> 3) bytes */
	COPY_ARRAY_RET,/* array of result elements of (size >> 3) bytes */
	COPY_OP_MAX,
};

struct call_copy {
	u8 op;       /* enum copy_op */
	u8 at_enter; /* copied before the call (exec), or before and after it (CALL_BEFORE) */
	u16 size;
};

struct call_desc {
	u32 flags; /* enum call_flags */
	u8 fd, fd2, path, dirfd; /* argument numbers, 0xff = none */
	struct call_copy copy[6];
};

/* Verdicts on cgroups, see spy_cgroups. Of the host: neither says anything. */
enum spy_verdict { SPY_CGROUP_HOST = 1, SPY_CGROUP_WANTED = 2, SPY_CGROUP_OTHER = 4 };

/* What the kernel lets through to the spy. Zero = not checked. */
struct spy_filter {
	u32 tid, tgid;
	u32 own_tgid;     /* never shown: the monitor's own calls */
	u32 snaplen;      /* payload bytes per buffer, at most WIRE_SNAP_MAX */
	u8 by_cgroup;     /* only tasks whose cgroups have no verdict against them in spy_cgroups */
	u8 by_object;     /* only calls on objects in the spy_objects set */
	u8 by_call;       /* only calls with their bit in calls */
	u8 by_pid;        /* only tgids in the spy_pids set */
	u8 failed_only;
	u8 io_only;       /* only calls that moved bytes (echo) */
	u16 kinds;        /* only calls on objects of these kinds (1 << enum obj_kind) */
	u64 min_latency;
	u64 calls[WIRE_SYSCALLS / 64];
	u64 compat_calls[WIRE_SYSCALLS / 64];
};

/* Counters of everything that could not be done, per reason. */
struct lost_counts {
	u64 fact_full;     /* calls counted per thread only (sum of task_counts.coarse) */
	u64 exit_full;     /* exits folded into exit_rest */
	u64 meta_full;     /* names not sent; sent again at next sight */
	u64 spy_full;      /* spy events lost: ring full */
	u64 storage_fail;  /* calls of threads that no state could be had for: in rest below */
	struct task_counts rest; /* what exit_full and storage_fail calls counted */
	u64 rest_cpu;      /* CPU ns of exits folded */
	u64 rest_exits;
	u64 uring_full;    /* io_uring requests not followed: too many in flight */
};

/*
 * Latency histogram: four buckets an octave from 64 ns, edges at 2^(n/4), so
 * the geometric middle of a bucket is within 9.1 % of any value in it. Slot 0
 * takes everything below 64 ns, the last one everything above ~ 14 s.
 */
static inline __attribute__((always_inline)) u32 wire_hist_slot(u64 ns)
{
	u64 v = ns, m;
	u32 log2 = 0, step, quarter, slot;

	if (ns >> 40)
		return WIRE_HIST - 1;
	/*
	 * Bit length without branches: each would double what the verifier follows, and the BPF back end has
	 * no clz. ABOVE is 1 or 0.
	 */
#define ABOVE(v, limit) ((u32)(((u64)(limit) - (v)) >> 63))
#define STEP(bits)                                  \
	step = ABOVE(v, (1ULL << (bits)) - 1) * (bits); \
	log2 += step;                                   \
	v >>= step;
	STEP(32)
	STEP(16)
	STEP(8)
	STEP(4)
	STEP(2)
	STEP(1)
#undef STEP
	m = ns << 16 >> log2; /* 1.0 = 65536 */
	quarter = ABOVE(m, 77935) + ABOVE(m, 92681) + ABOVE(m, 110217); /* 2^(1/4), 2^(1/2), 2^(3/4) */
	slot = ((log2 - 6) * 4 + quarter + 1) & -ABOVE(ns, 63);
#undef ABOVE
	return slot < WIRE_HIST ? slot : WIRE_HIST - 1;
}

#ifndef __bpf__
static_assert(sizeof(struct obj_key) == 16, "obj_key is a map key");
static_assert(sizeof(struct fact_key) == 32, "fact_key is a map key");
static_assert(sizeof(struct fact_val) == 48 + 4 * WIRE_HIST, "no hidden padding");
static_assert(sizeof(struct fact_single) == 40, "no hidden padding");
static_assert(sizeof(struct call_desc) == 32, "call_desc layout");
static_assert(sizeof(struct spy_blob) == 24, "spy_blob layout");
#undef u8
#undef u16
#undef u32
#undef u64
#undef s16
#undef s32
#undef s64
#endif
#endif
