/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture.c - loads the programs, and says why where it cannot; hooks.c attaches them.
 */
#include "bpf/capture.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bpf/capture_priv.h"
#include "bpf/kernel_btf.h"
#include "ctop.skel.h"

enum { DEFAULT_FACTS = 65536, DEFAULT_EXITS = 32768, MANY_CPUS = 16, SINGLES_PER_FACT = 2 };

uint64_t mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* libbpf's own messages help a developer only. */
__attribute__((format(printf, 2, 0))) static int print_debug(enum libbpf_print_level level, const char *fmt,
							     va_list ap)
{
	if (level == LIBBPF_DEBUG || !getenv("CTOP_TRACE_DEBUG"))
		return 0;
	return vfprintf(stderr, fmt, ap);
}

/* The v1 hierarchy to tell containers by; V1_none on a pure v2 host. /proc/cgroups: name, hierarchy (0 = v2),
 * ... */
static const char *const v1_names[V1_MAX] = {
	[V1_pids] = "pids",       [V1_memory] = "memory",   [V1_cpu] = "cpu",
	[V1_cpuacct] = "cpuacct", [V1_freezer] = "freezer", [V1_devices] = "devices",
};

static enum v1_choice find_v1(void)
{
	enum v1_choice best = V1_none;
	char line[256], name[64];
	FILE *f = fopen("/proc/cgroups", "re");
	int hierarchy;

	if (!f)
		return V1_none;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %d", name, &hierarchy) != 2 || hierarchy == 0)
			continue;
		for (int i = V1_pids; i < V1_MAX; i++)
			if (!strcmp(name, v1_names[i]) && (best == V1_none || i < (int)best))
				best = i;
	}
	fclose(f);
	return best;
}

const char *capture_v1_controller(const struct capture *c)
{
	return v1_names[c->skel->rodata->v1_choice];
}

/* The skeleton over the object that this kernel can load; NULL and errno on failure. */
static struct ctop_bpf *open_skeleton(const struct kernel_btf *btf)
{
	bool can_cast = kernel_has_function(btf, "bpf_rdonly_cast");
	struct ctop_bpf *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return NULL;
	r = ctop_bpf__create_skeleton(s);
	if (r == 0 && !can_cast)
		s->skeleton->data = (void *)plain_object(&s->skeleton->data_sz);
	if (r == 0)
		r = bpf_object__open_skeleton(s->skeleton, NULL);
	if (r < 0) {
		ctop_bpf__destroy(s);
		errno = -r;
		return NULL;
	}
	s->rodata->can_cast = can_cast;
	s->rodata->use_places = kernel_has_helper(btf, "task_pt_regs");
	return s;
}

/* Makes a map of the object before the object is loaded. inner: of a map of maps, one like those that go in.
 */
static int make_map(struct bpf_map *map, int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = bpf_map__map_flags(map),
		    .inner_map_fd = inner < 0 ? 0 : (__u32)inner);
	int fd = bpf_map_create(bpf_map__type(map), bpf_map__name(map), bpf_map__key_size(map),
				bpf_map__value_size(map), bpf_map__max_entries(map), &opts);
	int r;

	if (fd < 0)
		return fd;
	r = bpf_map__reuse_fd(map, fd); /* a copy */
	close(fd);
	return r;
}

static int make_pair(struct swap_pair *p, struct bpf_map *outer, struct bpf_map *a, struct bpf_map *b)
{
	int r;

	if ((r = make_map(a, -1)) < 0 || (r = make_map(b, -1)) < 0 ||
	    (r = make_map(outer, bpf_map__fd(a))) < 0)
		return r;
	p->outer = bpf_map__fd(outer);
	p->inner[0] = bpf_map__fd(a);
	p->inner[1] = bpf_map__fd(b);
	return 0;
}

static void *begin_pairs(void *arg)
{
	struct capture *c = arg;
	intptr_t r = pair_begin(&c->facts);

	return (void *)(r < 0 ? r : pair_begin(&c->exits));
}

/* Putting a map into another takes the kernel a grace period each: both pass while it verifies the programs.
 */
void object_forget(const struct bpf_object_skeleton *s)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)s->data + page - 1) / page * page;
	uintptr_t to = ((uintptr_t)s->data + s->data_sz) / page * page;

	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

static int load_object(struct capture *c)
{
	struct ctop_bpf *s = c->skel;
	pthread_t beginner;
	void *begun;
	int r;

	if ((r = make_pair(&c->facts, s->maps.facts, s->maps.facts_a, s->maps.facts_b)) < 0 ||
	    (r = make_pair(&c->exits, s->maps.exits, s->maps.exits_a, s->maps.exits_b)) < 0)
		return r;
	r = -pthread_create(&beginner, NULL, begin_pairs, c);
	if (r < 0)
		return r;
	r = ctop_bpf__load(s);
	pthread_join(beginner, &begun);
	object_forget(s->skeleton);
	return r < 0 ? r : (int)(intptr_t)begun;
}

/* Opens the object, unloaded, fit for this kernel. */
static int open_object(struct capture *c, enum hooks_way way)
{
	struct kernel_btf btf;
	int r = kernel_btf_open(&btf);

	if (r < 0)
		return r;
	c->skel = open_skeleton(&btf);
	r = c->skel ? hooks_choose(c, &btf, way) : -errno;
	kernel_btf_close(&btf);
	return r;
}

static int load(struct capture *c, const struct capture_config *config)
{
	struct ctop_bpf *s = c->skel;
	uint32_t max, n;
	int r;

	memcpy((void *)s->rodata->calls, config->calls, sizeof(s->rodata->calls) / 2);
	memcpy((void *)(s->rodata->calls + WIRE_SYSCALLS), config->compat_calls,
	       sizeof(s->rodata->calls) / 2);
	s->rodata->v1_choice = find_v1();
	s->rodata->n_cpus = (uint32_t)libbpf_num_possible_cpus();
	max = config->max_facts ? config->max_facts : DEFAULT_FACTS;
	bpf_map__set_max_entries(s->maps.facts_a, max);
	bpf_map__set_max_entries(s->maps.facts_b, max);
	if (s->rodata->n_cpus > MANY_CPUS)
		s->rodata->row_bits = FACT_ROW_BITS_LEAST;
	c->n_rows = s->rodata->n_cpus << s->rodata->row_bits;
	bpf_map__set_max_entries(s->maps.fact_rows, 2 * c->n_rows);
	max = max < DEFAULT_FACTS ? max : DEFAULT_FACTS; /* they are allocated at once, facts when needed */
	s->rodata->max_singles = max * SINGLES_PER_FACT / s->rodata->n_cpus;
	n = 2 * s->rodata->max_singles * s->rodata->n_cpus;
	bpf_map__set_max_entries(s->maps.fact_singles, n ? n : 1);
	max = config->max_exits ? config->max_exits : DEFAULT_EXITS;
	bpf_map__set_max_entries(s->maps.exits_a, max);
	bpf_map__set_max_entries(s->maps.exits_b, max);
	c->spy_ring_size = config->spy_ring;
	r = load_object(c);
	return r < 0 ? r : pump_start(c);
}

/* What the programs cannot do without and this kernel lacks; NULL if nothing. */
static const char *lacks(char ret[64])
{
	struct capture_feature all[CAPTURE_FEATURES];
	size_t n = capture_features(all, CAPTURE_FEATURES);

	for (size_t i = 0; i < n; i++)
		if (!all[i].present && !all[i].without) {
			snprintf(ret, 64, "%s %s", all[i].kind, all[i].name);
			return ret;
		}
	return NULL;
}

/*
 * Whether the process ids of our /proc are those that the kernel's hooks report. In a pid namespace they are
 * not, and every process would be taken for one that has ended.
 */
static bool pids_are_the_hosts(void)
{
	enum { INIT_PID_NS = 0xEFFFFFFC }; /* PROC_PID_INIT_INO, the same since Linux 3.8 */
	struct stat st;

	return stat("/proc/self/ns/pid", &st) < 0 || st.st_ino == INIT_PID_NS;
}

/* One sentence for the user: what is missing and how to get it. */
static char *explain(int error)
{
	struct utsname u = {0};
	char *text = NULL, feature[64];
	int n;

	uname(&u);
	if (!pids_are_the_hosts())
		n = asprintf(&text,
			     "a container's process ids are not the kernel's: start it with the host's "
			     "(docker run --pid=host, hostPID: true)");
	else if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
		n = asprintf(&text,
			     "kernel %s has no BTF (/sys/kernel/btf/vmlinux): a kernel built with "
			     "CONFIG_DEBUG_INFO_BTF=y is needed, as distributions ship since 2021",
			     u.release);
	else if (lacks(feature))
		n = asprintf(&text, "kernel %s lacks the BPF %s: Linux 5.13 or newer is needed", u.release,
			     feature);
	else if (error == -EPERM)
		n = asprintf(&text,
			     "not allowed to load BPF programs: run as root (sudo ctop-trace), or give the "
			     "installed binary CAP_BPF and CAP_PERFMON (make setcap)");
	else if (error == -ENODEV)
		n = asprintf(
			&text,
			"--hooks perf: perf's tracepoints cannot be opened here: it takes root, tracefs at "
			"/sys/kernel/tracing and Linux 6.2; --hooks tracing needs none of that");
	else if (error == -ENOMEM)
		n = asprintf(&text, "not enough memory for the BPF maps: a smaller --max-facts helps");
	else
		n = asprintf(&text,
			     "kernel %s refuses the BPF programs (%s): 5.13 or newer with BPF tracing, task "
			     "storage and iterators is needed; CTOP_TRACE_DEBUG=1 shows the kernel's reason",
			     u.release, strerror(-error));
	return n < 0 ? NULL : text;
}

int capture_open(const struct capture_config *config, struct capture **ret, char **ret_why)
{
	struct capture *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->meta_lock, NULL);
	c->pump_stop = c->pump_wait = -1;
	libbpf_set_print(print_debug);
	r = pids_are_the_hosts() ? open_object(c, config->hooks) : -ENOTSUP;
	if (r == 0)
		r = load(c, config);
	if (r == 0)
		r = hooks_attach(c);
	if (r < 0) {
		if (ret_why)
			*ret_why = explain(r);
		capture_free(c);
		return r;
	}
	c->needs = NEED_TASKS;
	*ret = c;
	return 0;
}

struct capture *capture_free(struct capture *c)
{
	if (!c)
		return NULL;
	if (c->skel)
		capture_spy_unload(c);
	hooks_detach(c);
	pump_stop(c);
	if (c->skel)
		ctop_bpf__destroy(c->skel);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->meta_lock);
	free(c);
	return NULL;
}

int capture_set_needs(struct capture *c, unsigned needs)
{
	int r;

	pthread_mutex_lock(&c->lock);
	if (needs & ~c->needs & NEED_FDS) /* nobody knows what was last said about a socket */
		c->skel->bss->fds_session++;
	c->needs = needs | NEED_TASKS;
	if (!(needs & NEED_FACTS))
		c->skel->bss->facts_on = 0;
	r = hooks_update_enter(c);
	if (!r && (needs & NEED_FACTS)) {
		c->skel->bss->facts_on = 1;
		c->facts_left = true;
	}
	pthread_mutex_unlock(&c->lock);
	return r;
}

void capture_forget_objects(struct capture *c, const struct obj_key *keys, size_t n)
{
	int map = bpf_map__fd(c->skel->maps.named);

	if (!n)
		return;
	capture_undisturbed(c, true);
	for (size_t at = 0; at < n; at++) { /* behind one that is not there: evicted, say */
		uint32_t gone = (uint32_t)(n - at);

		if (!bpf_map_delete_batch(map, keys + at, &gone, NULL) || errno != ENOENT)
			break;
		at += gone;
	}
	capture_undisturbed(c, false);
}
