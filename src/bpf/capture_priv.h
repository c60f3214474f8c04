/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture_priv.h - what the parts of the capture share: capture.c (loading,
 * attaching), drain.c (one interval's records), capture_spy.c.
 */
#ifndef CTOP_BPF_CAPTURE_PRIV_H
#define CTOP_BPF_CAPTURE_PRIV_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>

#include "bpf/capture.h"

/* The skeleton header defines no sizes for wire structs: they come from wire.h. */
struct ctop_bpf;
struct ctop_spy;

/* A growing block of bytes. */
struct bytes {
	char *data;
	size_t len, cap;
};
int bytes_reserve(struct bytes *b, size_t more); /* 0 or -ENOMEM */

/* Two maps of which the programs write one. */
struct swap_pair {
	int outer;
	int inner[2];
	int current;
};

/* Gives the programs their first map. 0 or -errno; takes a grace period. */
int pair_begin(struct swap_pair *p);

enum { PENDING_EXECS = 64 };

/* Of the spy, in the order in which they are attached. */
enum { SPY_ON_EXIT, SPY_ON_ENTER, SPY_HOOKS };

struct capture {
	struct ctop_bpf *skel;
	pthread_mutex_t lock; /* hooks: needs and spy both want sys_enter */
	unsigned needs;
	bool spying;
	unsigned collected;                               /* intervals so far */
	size_t tasks_before, fds_before;                  /* bytes of the last walks */
	bool facts_left;                                  /* facts were on since the last drain */
	struct bpf_program *on_enter, *on_call, *on_exit; /* by one of two ways, see hooks.c */
	struct bpf_program *on_submit, *on_complete;      /* of io_uring; NULL: not on this kernel */
	bool by_perf;
	struct bpf_link *enter, *call, *exit, *submit, *complete;
	struct bpf_program *spy_on[SPY_HOOKS]; /* the same way */
	struct bpf_link *spy_links[SPY_HOOKS];
	struct swap_pair facts, exits;
	uint64_t ended;  /* exits counted when they were last taken out */
	uint32_t n_rows; /* in each of two halves, see combine.bpf.h */
	struct ring *meta;
	struct bytes meta_pending; /* read from the ring, not yet handed over */
	pthread_mutex_t meta_lock; /* both of them: the pump thread reads too */
	pthread_t pump;
	int pump_stop, pump_wait;        /* eventfd, epoll; -1 = none */
	bool pumping;                    /* there is a thread */
	struct ctop_spy *spy_skel;       /* loaded when first wanted, see capture_spy_prepare() */
	struct spy_members *spy_members; /* what is in its sets, see spy_sets.c */
	uint32_t spy_ring_size;          /* bytes, 0 = as in the object */
	struct ring *spy;
	capture_spy_fn spy_fn;
	void *spy_userdata;
	size_t spy_delivered, spy_max;
	struct spy_hdr *execs[PENDING_EXECS]; /* entries that wait for their end */
	unsigned next_exec;
	int iter_tasks, iter_fds;             /* link descriptors */
	uint64_t cost_ns, cost_at, cost_runs; /* extrapolated, see cost.c */
	double cost_share;                    /* of one CPU, as last measured */
	unsigned cost_skip, cost_hooks; /* collections until it is measured again; what was attached then */
};

/*
 * hooks.c. Before loading: which programs are wanted on this kernel; -ENODEV: not to be had this way. Then
 * all that is always attached, and its end, and sys_enter: attached if the needs or the spy want it, else not
 * (lock held). 0 or -errno.
 */
struct kernel_btf;
int hooks_choose(struct capture *c, const struct kernel_btf *btf, enum hooks_way way);
int hooks_attach(struct capture *c);
void hooks_detach(struct capture *c);
int hooks_update_enter(struct capture *c);

/* Of a program that there is for either way: the one to attach, and the only one of the two to load. */
struct bpf_program *hooks_way_of(const struct capture *c, struct bpf_program *tracing,
				 struct bpf_program *perf);
int hooks_attach_one(struct bpf_program *prog, struct bpf_link **ret); /* NULL on failure */

/* Whether perf's side of the tracepoints is to be had. */
bool hooks_perf_opens(void);

/*
 * Around map operations. While the kernel is in one for us, perf's programs stand back on that CPU
 * (bpf_prog_active). It must not be taken from us then, or the calls of whoever runs there would be in no
 * count.
 */
void capture_undisturbed(const struct capture *c, bool on);

/* Filter and sets of the loaded spy, which may be running. 0 or -errno: then they are as they were. */
int spy_sets_put(struct capture *c, const struct spy_filter *filter, const struct spy_sets *sets);
void spy_sets_free(struct capture *c);

/*
 * The meta ring is read at the end of every interval, and by a thread of its
 * own whenever it fills up before that (thousands of new files or processes).
 */
int pump_start(struct capture *c);
void pump_stop(struct capture *c);
struct bytes pump_take(struct capture *c); /* everything so far; the caller frees data */

/* Around a collection: measures, in some of them, what the programs cost meanwhile. */
struct cost_window {
	int stats_fd;
	uint64_t from, ns, runs;
};
void cost_begin(struct capture *c, struct cost_window *w);
void cost_end(struct capture *c, struct cost_window *w);

/*
 * The bytes of an object are part of the program's file and looked at while it is loaded, then no more: their
 * pages, a megabyte, need not stay in memory. (They come back if somebody does look.)
 */
struct bpf_object_skeleton;
void object_forget(const struct bpf_object_skeleton *s);

/* The object for kernels without bpf_rdonly_cast(); its bytes are constant. */
const void *plain_object(size_t *ret_size);

/* Which form of the io_uring tracepoints a kernel has. */
enum uring_variant { URING_NONE, URING_REQ, URING_SQE, URING_CQE, URING_MEMBERS };
struct kernel_btf;
enum uring_variant uring_submit_variant(const struct kernel_btf *btf);
enum uring_variant uring_complete_variant(const struct kernel_btf *btf);

/*
 * Loads the spy's programs ahead of time, so that the key that starts it is
 * answered at once; not at start, where it would hold up the first screen.
 */
void capture_spy_prepare(struct capture *c);
void capture_spy_unload(struct capture *c);

/*
 * How often the kernel passed over a program, since it was loaded. From 7.0 on a task can be preempted inside
 * a program, which then does not run for others on that CPU.
 */
uint64_t capture_missed(int prog_fd);

uint64_t mono_now(void);

#endif
