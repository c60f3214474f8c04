/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample.h - everything that happened in one interval, names joined.
 *
 * Built by model.c from a raw batch (or by demo.c out of thin air), immutable
 * once returned. All pointers inside point into the sample's own arena or to
 * what it holds together with others (object.h, proc_text.h), so a sample can
 * be handed to another thread, kept for history and freed at once.
 * Numbers are deltas of the interval unless a comment says "since start" or
 * "now". A string that is not known is NULL, never "". Units: bytes, ns.
 */
#ifndef CTOP_CORE_SAMPLE_H
#define CTOP_CORE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

struct arena;

/* A value the kernel could not supply: fields show it as "–". */
#define UNKNOWN_U64 UINT64_MAX
#define UNKNOWN_U32 UINT32_MAX

/* What a runtime keeps on disk about a container. NULL, UNKNOWN_U64, -1: not said there. */
struct container_meta {
	const char *name;
	const char *type;      /* where the cgroup path alone could not tell */
	const char *image;     /* reference as the runtime's tool shows it, tag and digest included */
	const char *image_id;  /* hex digits without "sha256:" */
	const char *ip;
	const char *health;    /* starting healthy unhealthy */
	const char *pod_name, *pod_ns, *pod_uid, *pod_container; /* Kubernetes */
	const char *sandbox;   /* id of the container that holds the pod's namespaces */
	const char *runtime_ns; /* containerd's namespace: moby, k8s.io, default */
	const char *const *labels; size_t n_labels;         /* "key=value", sorted */
	const char *const *pod_labels; size_t n_pod_labels;
	const char *const *mounts; size_t n_mounts;         /* "source:destination:mode:rw:propagation" */
	uint64_t created, started; /* epoch ns */
	uint64_t restarts;
	int8_t privileged;     /* 0, 1 */
	bool is_sandbox;       /* the pod's pause container */
};

/* What the kernel charges a container's cgroup. UNKNOWN_U64: no such controller or kernel too old. */
struct cgroup_stat {
	uint64_t interval;       /* ns that the deltas are of; 0 = first reading, they are unknown */
	uint64_t cpu, cpu_user, cpu_system;     /* ns, deltas */
	uint64_t throttled;                     /* ns, delta */
	uint64_t periods, throttled_periods;    /* deltas */
	uint64_t memory, memory_max, memory_peak, memory_anon, memory_file; /* bytes now; max: UNKNOWN = none */
	uint64_t oom_kills;                     /* since it was made */
	uint64_t pids, pids_max;                /* now */
	uint64_t rbytes, wbytes, rios, wios;    /* deltas, all disks */
	uint64_t cpu_some, memory_some, memory_full, io_some, io_full; /* ns stalled, deltas */
	double cpu_max;          /* quota in percent of one CPU; < 0 = none */
};

/* A mount of a container and the host's path of it; NULL: the host has none. */
struct path_map {
	const char *inside, *outside;
};

struct container {
	const char *id;       /* 12 hex digits, or the runtime's name for it; "host" for none */
	const char *full_id;
	const char *name;     /* runtime's name; id until that is known */
	const char *type;     /* docker podman containerd cri-o lxc systemd-nspawn runc crun oci ... host, see container.c */
	const char *image;    /* NULL = not known */
	const char *cgroup;   /* path of the cgroup that makes it one */
	const uint64_t *cgroup_ids; /* all kernel ids of its cgroups; SPY_CGROUP_V1 bit as in capture.h */
	size_t n_cgroup_ids;
	const struct container_meta *meta; /* NULL = nothing known */
	const struct cgroup_stat *stat; /* NULL = not read (no NEED_CGROUPS), or nothing there */
	const struct path_map *paths; size_t n_paths; /* all its mounts; 0 = not known (no NEED_PATHS) */
	uint64_t started;     /* epoch ns: its init process, else what the runtime says; UNKNOWN_U64 */
	bool is_host;         /* "not in any": all processes outside containers; process.cgroup tells units apart */
};

/* Since a process started; calls and their bytes: since it or this program did, whichever is later. */
struct process_life {
	uint64_t cpu, disk_read, disk_write, maj_flt, min_flt;
	uint64_t calls, errors, file, net;
};

/* What only /proc says of a process, read where a field needs it (NEED_DETAILS). */
struct process_detail {
	const char *env;          /* "NAME=VALUE", a NUL behind each; NULL = could not be read */
	size_t env_len;
	const char *cgroups;      /* /proc/PID/cgroup; NULL */
	uint64_t exe_ino, exe_ctime, exe_mtime; /* of the file it runs, epoch ns; UNKNOWN_U64 */
	uint64_t cap_inheritable, cap_permitted, cap_effective; /* bits; UNKNOWN_U64 */
	int8_t exe_writable;      /* by the user it runs as: 0, 1; -1 = not known */
	int8_t exe_layer;         /* of an overlay: 0 lower, 1 upper; -1 = on none, or not known */
	bool exe_memfd;           /* runs a file that exists in memory only */
};

struct process {
	uint32_t pid, ppid, vpid;
	uint64_t start_boot;      /* ns since boot; (pid, start_boot) is the identity */
	uint64_t start_time;      /* epoch ns */
	uint64_t end_time;        /* epoch ns; UNKNOWN_U64 = alive, or not told */
	const char *name;         /* comm of the leader */
	const struct proc_text *text; /* holds the strings that follow; NULL = the arena does */
	const char *exe;          /* argv[0] */
	const char *exepath;      /* resolved executable; NULL when not known */
	const char *args;         /* argv[1..] joined by blanks; "" when there are none */
	const char *argv;         /* the same with NUL instead of blanks between them, same length; NULL */
	const char *exeline;      /* exe + args; "[name]" for kernel threads */
	const char *cwd;
	const char *pname;        /* parent's name */
	const struct process *parent; /* NULL = not in the sample */
	/* set by sample_link(); NULL = not in the sample */
	const struct process *session_leader, *group_leader;
	const struct process *ns_init; /* the first of its pid namespace */
	const struct descriptor *fds; /* all it has open, where descriptors are known */
	size_t n_fds;
	const struct process_detail *detail; /* NULL = not read */
	const char *user, *group; /* name, or the number as text */
	const char *login;        /* user who logged in; NULL = none */
	const char *home, *shell; /* of the user it runs as; NULL = in no file */
	uint32_t uid, gid, loginuid;
	uint32_t pgrp, session, tty;
	uint32_t pidns, netns;
	const struct container *container; /* never NULL */
	const char *cgroup;       /* path, for units; NULL = not known */
	const struct thread *leader; /* NULL if it left no record */
	const struct thread *const *threads;
	size_t n_threads;         /* with a record in this sample, exited ones included */
	uint32_t nthreads;        /* alive now, zombies included */
	uint64_t vmsize, vmrss, vmswap; /* bytes now; UNKNOWN_U64 */
	uint32_t fdcount;         /* open descriptors now; UNKNOWN_U32 */
	uint64_t fdlimit;         /* how many it may open (RLIMIT_NOFILE); UNKNOWN_U64 */
	struct process_life life; /* cpu UNKNOWN_U64: none of it is known */
	int32_t exit_code;        /* wait status, valid when exited */
	bool kthread;
	bool ran;                 /* a program was started in it since it was made, as far as we saw */
	bool oom;                 /* ended because it was killed for memory */
	bool exited;              /* ended inside the interval */
	bool fresh;               /* started inside the interval */
};

/* What a thread did in the interval. */
struct thread_work {
	struct task_counts counts;
	uint64_t cpu;               /* on-CPU ns, precise: cpu_user + cpu_sys */
	uint64_t cpu_user, cpu_sys; /* cpu split by the kernel's tick ratio */
	uint64_t run_delay;         /* ns runnable but waiting for a CPU */
	uint64_t nvcsw, nivcsw, min_flt, maj_flt;
	uint64_t disk_read, disk_write;
};

/* Nothing: what most threads of most machines did. */
extern const struct thread_work thread_idle;

struct thread {
	const char *name;
	const struct process *process; /* never NULL */
	const struct thread_work *did; /* never NULL; thread_idle where there is nothing to tell */
	const struct object *wait_obj; /* object of nr's descriptor, or NULL */
	uint64_t cpu_total;            /* on-CPU ns since it started; UNKNOWN_U64 */
	uint64_t nr_time;              /* ns it has been in nr (or blocked), UNKNOWN_U64 */
	uint64_t args[6];              /* of nr */
	uint32_t tid, vtid;
	uint32_t cpu_id;
	uint16_t nr; /* call it is in now, WIRE_NR_NONE */
	int16_t nice;
	uint8_t policy;
	char state; /* R S D T t Z X I P; ? = left no record */
	bool exited;
};

/* Those of a live sample are shared with its neighbours as long as nothing about them changes: object.h. */
struct object {
	struct obj_key key;
	uint32_t place;       /* below sample.n_places, of no other object of the sample; NO_OBJECT_PLACE */
	uint32_t refs;        /* who holds it; 0 = it is in the sample's arena */
	enum obj_kind kind : 8;
	uint8_t family, socktype, protocol, tcp_state; /* sockets */
	bool named;           /* false: name is that last resort */
	bool is_server;       /* local end is the server: listening, accepted, or local port the lower known one */
	const char *type;     /* sysdig fd.type: file directory ipv4 ipv6 unix pipe event eventpoll ... */
	const char *name;     /* fd.name, see object_name(): path, "1.2.3.4:80->5.6.7.8:99", "[eventpoll]"; "dev:ino" if not known */
	uint8_t laddr[16], raddr[16];
	uint16_t lport, rport;
	uint32_t netns;
	uint32_t srtt_us, rttvar_us, snd_cwnd, total_retrans, rx_queue, tx_queue; /* now; UNKNOWN_U32 */
	uint64_t bytes_acked, bytes_received; /* since connection start; UNKNOWN_U64 */
	uint32_t n_open;      /* descriptors that point to it now (0 without NEED_FDS) */
};

enum { NO_OBJECT_PLACE = UINT32_MAX };

/* Initialisers of an object's socket numbers where none are known. */
#define OBJECT_NO_SOCKET_NUMBERS                                                                      \
	.srtt_us = UNKNOWN_U32, .rttvar_us = UNKNOWN_U32, .snd_cwnd = UNKNOWN_U32,                    \
	.total_retrans = UNKNOWN_U32, .rx_queue = UNKNOWN_U32, .tx_queue = UNKNOWN_U32,               \
	.bytes_acked = UNKNOWN_U64, .bytes_received = UNKNOWN_U64

struct fact {
	const struct thread *thread; /* never NULL */
	const struct object *obj;    /* NULL: the call has none */
	uint16_t nr, err;
	uint64_t calls, bytes_in, bytes_out; /* bytes: UNKNOWN_U64 in a fact_part() */
	uint64_t timed, lat_sum, lat_max;
	const uint32_t *hist;        /* WIRE_HIST buckets, or NULL */
};

struct descriptor {
	const struct process *process;
	const struct object *obj;
	uint64_t pos;
	int32_t fd;
	uint32_t flags;
};

/* What happened to a container: lifecycle.h. */
enum life_kind { LIFE_STARTED, LIFE_EXEC, LIFE_OOM, LIFE_EXEC_EXITED, LIFE_EXITED };

struct life_event {
	uint64_t seq;  /* from 1 on */
	uint64_t time; /* epoch ns */
	enum life_kind kind;
	const struct container *container; /* as it was then: identity and meta only */
	uint32_t pid;
	int32_t status;      /* wait status of LIFE_EXITED and LIFE_EXEC_EXITED */
	const char *command; /* command line of the process; NULL */
};

struct cpu {
	uint32_t id;
	bool known; /* false: no tick passed */
	double user, nice, sys, idle, iowait, irq, softirq, steal; /* percent of the interval */
};

struct disk { /* or a partition */
	const char *name;
	uint32_t major, minor;
	uint64_t reads, writes, read_bytes, write_bytes;
	uint64_t read_time, write_time; /* ns from request to end, added */
	uint64_t busy;                  /* ns in which any request was under way */
	uint64_t queued;                /* ns times the requests that were under way */
	uint64_t inflight;              /* now */
};

struct netif {
	const char *name;
	uint64_t in_bytes, in_packets, in_errors, in_drops;
	uint64_t out_bytes, out_packets, out_errors, out_drops;
	uint64_t total_in, total_out; /* bytes since it was made */
};

struct host_name {
	uint8_t family, addr[16];
	const char *name;
};

/* What the kernel counts for TCP in our own network namespace, deltas; UNKNOWN_U64. */
struct tcp_totals {
	uint64_t connects, accepts; /* begun; ended well */
	uint64_t failed;            /* attempts, either way, that came to nothing */
	uint64_t resets;            /* of established connections */
	uint64_t resets_sent;       /* segments */
	uint64_t sent, retrans;     /* segments */
};

struct host {
	struct tcp_totals tcp;
	uint32_t cpus;
	double cpu_user, cpu_sys, cpu_iowait, cpu_steal; /* percent of the whole machine, 0..100 */
	struct task_counts counts;  /* deltas over all threads, lost ones included: exact */
	uint32_t processes, threads, containers;
	uint64_t mem_total, mem_available, swap_total, swap_free;
	double load1, load5, load15;
	uint64_t uptime;
};

/* What is not exact about a sample. All zero: the header says "exact". */
struct health {
	uint64_t coarse;      /* calls of this interval counted per thread only: fact map full */
	uint64_t folded;      /* exits of this interval without a row of their own */
	uint64_t unnamed;     /* objects without a name */
	uint64_t unstored;    /* calls of threads without counters: in the totals only */
	uint64_t missed;      /* calls that the kernel did not show us: in no count */
	uint64_t meta_lost;   /* name records lost, names come later */
	double self_cpu;      /* own cost: percent of one CPU, process + BPF programs; < 0 = not known */
	double self_bpf;      /* BPF part of it; < 0 = not known */
	uint64_t self_rss;    /* bytes */
};

struct sample {
	struct arena *arena;
	uint64_t time;      /* epoch ns, end of the interval */
	uint64_t mono;
	uint64_t interval;  /* measured ns; 0 in the very first sample (no deltas yet) */
	unsigned needs;     /* enum need bits that were on during the whole interval */
	const char *source; /* "live", "demo", file name */
	const char *hostname;
	struct host host;
	struct health health;
	const struct container *containers; size_t n_containers; /* [0] is the host */
	const struct process *processes; size_t n_processes;
	const struct thread *threads; size_t n_threads;
	const struct object *const *objects; size_t n_objects;
	size_t n_places; /* there is an object for most, not for all */
	const struct fact *facts; size_t n_facts;
	const struct descriptor *fds; size_t n_fds;
	const struct life_event *life; size_t n_life; /* oldest first; without NEED_LIFE: of this interval only */
	const struct cpu *cpus; size_t n_cpus;
	const struct disk *disks; size_t n_disks;
	const struct netif *netifs; size_t n_netifs; /* of our own network namespace */
	const struct host_name *host_names; size_t n_host_names; /* of /etc/hosts */
};

/* Once processes and descriptors are in their arrays: who leads whom, and which descriptors are whose. */
void sample_link(const struct sample *s, struct process *processes);

/* Of those of the container that live, the init of its pid namespace, else the one that was started first; NULL. */
const struct process *sample_first_process(const struct sample *s, const struct container *c);

/* Frees a sample with all it holds; NULL is fine; returns NULL. */
struct sample *sample_free(struct sample *s);

#endif
