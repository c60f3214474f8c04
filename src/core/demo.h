/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo.h - inside of the synthetic source: the cast (const tables of what the
 * machine runs) and the world (its state, which moves). Private to demo*.c.
 */
#ifndef CTOP_CORE_DEMO_H
#define CTOP_CORE_DEMO_H

#include <pthread.h>

#include "bpf/need.h"
#include "core/source.h"

enum {
	DEMO_CPUS = 8,
	DEMO_ACTS = 12,    /* most kinds of calls of one program */
	DEMO_FDS = 40,     /* most descriptors of one process */
	DEMO_THREADS = 48, /* most threads of one process */
};

#define DEMO_EPOCH  1768485720000000000ULL /* 2026-01-15 14:02:00 UTC: when the demo starts */
#define DEMO_UPTIME 356400000000000ULL     /* ns the machine has been up at that time */
#define DEMO_STEP   1000000000ULL          /* ns between two samples */

/* --- the cast: const tables in demo_cast.c --- */

struct demo_container {
	const char *id, *full_id, *name, *type, *image, *cgroup;
	bool is_host; /* the host itself or a systemd unit */
	/* what a runtime would say; NULL = nothing */
	const char *ip, *health, *label, *mount, *pod_name, *pod_ns, *pod_uid;
	uint32_t hours;               /* since its start */
	uint32_t memory_max, cpu_max; /* MiB, percent of a CPU; 0 = no limit */
};

/* A descriptor that a program opens when it starts. */
struct demo_open {
	int16_t fd;
	uint8_t n; /* that many in a row; 0 = 1 */
	enum obj_kind kind;
	const char *name;          /* path; sockets: NULL */
	const char *laddr, *raddr; /* "10.0.3.4"; raddr NULL = not connected */
	uint16_t lport, rport;     /* 0 = an ephemeral one */
	bool udp, churn;           /* churn: connections come and go */
	uint32_t flags;
};

/* What a thread of a program does all the time. */
struct demo_act {
	uint16_t nr;
	int16_t fd;       /* -1 = none */
	const char *path; /* opens: what */
	double rate;      /* calls per second and process */
	uint32_t bytes;   /* mean per call */
	int16_t fd2;      /* sendfile: source; 0 = none */
	uint16_t err;
	uint32_t lat; /* ns, typical; 0 = it waits in this call for the rest of its time */
};

struct demo_prog {
	int container;
	const char *name, *exepath, *args, *cwd, *user, *parent;
	uint32_t uid;
	uint8_t procs, threads; /* how many; threads 0 = 1 */
	uint8_t busy;           /* threads that do the acts; 0 = 1 */
	const char *tname;      /* name of the threads beside the leader, "%d" inside; NULL = as the leader */
	double cpu, sys;        /* percent of one CPU, share of system time */
	uint32_t rss;           /* MiB */
	char state;             /* 0 = S when waiting, R when busy */
	int8_t nice;
	uint8_t life;  /* samples until it ends and another one starts; 0 = for ever */
	uint8_t brief; /* that many start and end inside every interval */
	bool kthread;
	uint16_t wait_nr; /* call in which idle threads are; 0 = none */
	int16_t wait_fd;  /* -1 = none */
	uint32_t tty;
	const struct demo_open *opens;
	size_t n_opens;
	const struct demo_act *acts;
	size_t n_acts;
};

const struct demo_container *demo_containers(size_t *ret_n);
const struct demo_prog *demo_progs(size_t *ret_n);

/* Fills in what the containers of a sample are charged. */
void demo_charge(struct sample *s, struct container *containers);

/* All of them, the host first. */
struct container *demo_build_containers(struct sample *s);

/* CPUs, disks and interfaces; after the host's numbers. */
void demo_devices(struct sample *s);

/* What happened to containers, up to the sample's time; `all`: not only in its interval. */
void demo_life(struct sample *s, bool all);

/* --- the world: demo_world.c --- */

struct demo_obj {
	struct obj_key key;
	enum obj_kind kind;
	char *name;
	uint8_t family, socktype, protocol, tcp_state;
	uint8_t laddr[16], raddr[16];
	uint16_t lport, rport;
	bool is_server;
	uint32_t refs; /* descriptors that point to it */
	uint64_t bytes_acked, bytes_received;
	const struct object *shown; /* in the sample that is being built */
};

struct demo_fd {
	int fd;
	uint32_t flags;
	uint64_t pos;
	struct demo_obj *obj;
	bool churn;
};

struct demo_task {
	uint32_t tid;
	double phase;
	double carry[DEMO_ACTS]; /* fractions of calls left from earlier intervals */
	uint64_t busy_until;     /* world time of the last activity */
	uint64_t cpu;            /* ns since it started */
};

struct demo_proc {
	const struct demo_prog *prog;
	uint32_t pid, ppid, vpid, index; /* index: n-th of its program */
	uint64_t start_boot;
	uint64_t born, dies; /* sample numbers; dies 0 = never */
	size_t n_fds, n_tasks;
	struct demo_fd fds[DEMO_FDS];
	struct demo_task *tasks;
	struct demo_obj *path_obj[DEMO_ACTS]; /* what an act with a path opens */
	struct process_life life;
	const char *pname;
};

struct demo {
	struct source source;
	pthread_mutex_t lock; /* samples and spy may be asked by two threads */
	uint64_t seed, rng;
	uint64_t tick; /* samples handed out */
	uint32_t next_pid;
	uint32_t next_vpid[16];
	uint64_t next_ino;
	unsigned needs, whole_needs;
	struct demo_proc **procs;
	size_t n_procs, cap_procs;
	struct demo_obj **objs;
	size_t n_objs, cap_objs;
	bool started; /* the first sample was handed out */
	/* spy */
	bool spying;
	struct spy_selection sel; /* arrays are copies */
	uint64_t spy_rng, spy_clock, spy_seq;
	struct source_counts spy_counts;
};

uint64_t demo_random(uint64_t *state);
double demo_uniform(uint64_t *state); /* [0, 1) */

void demo_world_init(struct demo *d);
void demo_world_step(struct demo *d); /* births, churn; deaths are marked by dies == tick */
void demo_world_bury(struct demo *d); /* drops those that died in this tick */
void demo_world_done(struct demo *d);
struct demo_fd *demo_fd(struct demo_proc *p, int fd);

/* Name of the type as sysdig has it (fd.type). */
const char *demo_type(const struct demo_obj *o);

/* --- spy: demo_spy.c --- */

int demo_spy_start(struct source *s, const struct spy_selection *sel);
int demo_spy_update(struct source *s, const struct spy_selection *sel);
void demo_spy_stop(struct source *s);
int demo_spy_poll(struct source *s, source_event_fn fn, void *userdata, size_t max);
void demo_spy_counts(struct source *s, struct source_counts *ret);

#endif
