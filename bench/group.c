/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group.c - milliseconds from a sample to sorted rows and the cells of a screen, view by view: group. The
 * sample is a large machine's: 10,000 processes, 50,000 connections, 100,000 facts. Prints "view plain
 * filtered text rows" a line, the medians of five; a view switched costs the first, a filter typed the
 * second, a text that is looked for in all cells the third (the slowest of some first and second letters).
 * group VIEW: only that one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/sample.h"
#include "ui/rows.h"
#include "views/view.h"

enum { ON_SCREEN = 60 };
enum { PROCESSES = 10000, CONNECTIONS = 50000, FILES = 20000, FACTS = 100000, CONTAINERS = 100, ROUNDS = 5 };

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static uint64_t rnd(uint64_t n)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % n;
}

static struct container *make_containers(struct sample *s)
{
	struct container *c = arena_array(s->arena, CONTAINERS, sizeof(*c));

	for (size_t i = 0; i < CONTAINERS; i++)
		c[i] = (struct container){.id = i ? arena_printf(s->arena, "%012zx", i * 77777777) : "host",
					  .name = i ? arena_printf(s->arena, "web-%zu", i) : "host",
					  .type = i ? "docker" : "host",
					  .started = UNKNOWN_U64,
					  .is_host = !i};
	s->containers = c;
	s->n_containers = CONTAINERS;
	return c;
}

static void make_processes(struct sample *s, const struct container *containers)
{
	struct process *p = arena_array(s->arena, PROCESSES, sizeof(*p));
	struct thread *t = arena_array(s->arena, PROCESSES, sizeof(*t));
	struct thread_work *did = arena_array(s->arena, PROCESSES, sizeof(*did));
	const struct thread **list = arena_array(s->arena, PROCESSES, sizeof(*list));

	for (size_t i = 0; i < PROCESSES; i++) {
		p[i].pid = p[i].vpid = t[i].tid = t[i].vtid = (uint32_t)(100 + i);
		p[i].ppid = 1;
		p[i].start_boot = i * 1000000;
		p[i].start_time = 1700000000000000000ULL + i * 1000000;
		p[i].end_time = UNKNOWN_U64;
		p[i].name = arena_printf(s->arena, "worker-%zu", i % 500);
		p[i].exe = p[i].exepath = "/usr/bin/worker";
		p[i].args = "";
		p[i].exeline = arena_printf(s->arena, "/usr/bin/worker --shard=%zu", i);
		p[i].user = p[i].group = "www-data";
		p[i].uid = p[i].gid = 33;
		p[i].container = &containers[i % CONTAINERS];
		p[i].cgroup = "/system.slice/web.service";
		p[i].leader = list[i] = &t[i];
		p[i].threads = &list[i];
		p[i].n_threads = p[i].nthreads = 1;
		p[i].vmsize = rnd(1 << 30);
		p[i].vmrss = rnd(1 << 28);
		p[i].fdcount = 12;
		p[i].fdlimit = 1024;
		t[i].process = &p[i];
		t[i].did = &did[i];
		t[i].name = p[i].name;
		did[i].cpu = i % 4 ? 0 : rnd(20000000);
		did[i].cpu_user = did[i].cpu / 2;
		did[i].cpu_sys = did[i].cpu - did[i].cpu_user;
		did[i].counts.calls = i % 4 ? 0 : rnd(10000);
		did[i].counts.file_in = i % 4 ? 0 : rnd(100000);
		t[i].nr = WIRE_NR_NONE;
		t[i].nr_time = UNKNOWN_U64;
		t[i].state = 'S';
	}
	s->processes = p;
	s->threads = t;
	s->n_processes = s->n_threads = PROCESSES;
}

static void make_objects(struct sample *s)
{
	struct object *o = arena_array(s->arena, CONNECTIONS + FILES, sizeof(*o));
	const struct object **listed = arena_array(s->arena, CONNECTIONS + FILES, sizeof(*listed));
	struct descriptor *d = arena_array(s->arena, CONNECTIONS, sizeof(*d));

	for (size_t i = 0; i < CONNECTIONS + FILES; i++) {
		o[i] = (struct object){.key = {.ino = i + 1, .dev = 8},
				       .place = (uint32_t)i,
				       .kind = i < CONNECTIONS ? OBJ_INET : OBJ_FILE,
				       .type = i < CONNECTIONS ? "ipv4" : "file",
				       .named = true,
				       OBJECT_NO_SOCKET_NUMBERS};
		listed[i] = &o[i];
		if (i >= CONNECTIONS) {
			o[i].name = arena_printf(s->arena, "/srv/data/%zu/part-%zu", i % 300, i);
			continue;
		}
		o[i].family = 2;
		o[i].protocol = 6;
		o[i].socktype = 1;
		o[i].tcp_state = 1;
		o[i].lport = 443;
		o[i].rport = (uint16_t)(1024 + i % 60000);
		memcpy(o[i].laddr, (uint8_t[]){10, 0, 0, 1}, 4);
		memcpy(o[i].raddr, (uint8_t[]){10, 1, (uint8_t)(i >> 8), (uint8_t)i}, 4);
		o[i].is_server = true;
		o[i].n_open = 1;
		o[i].name = arena_printf(s->arena, "10.1.%zu.%zu:%u->10.0.0.1:443", i >> 8 & 255, i & 255,
					 o[i].rport);
		d[i] = (struct descriptor){.process = &s->processes[i % PROCESSES],
					   .obj = &o[i],
					   .fd = (int32_t)(3 + i / PROCESSES)};
	}
	s->objects = listed;
	s->n_objects = s->n_places = CONNECTIONS + FILES;
	s->fds = d;
	s->n_fds = CONNECTIONS;
}

static void make_facts(struct sample *s)
{
	struct fact *f = arena_array(s->arena, FACTS, sizeof(*f));
	uint32_t *hist = arena_array(s->arena, WIRE_HIST, sizeof(*hist));

	hist[wire_hist_slot(2000)] = 1;
	for (size_t i = 0; i < FACTS; i++)
		f[i] = (struct fact){.thread = &s->threads[rnd(PROCESSES)],
				     .obj = s->objects[rnd(CONNECTIONS + FILES)],
				     .nr = (uint16_t)rnd(60),
				     .err = i % 20 ? 0 : 11,
				     .calls = 1,
				     .bytes_in = rnd(2) * rnd(65536),
				     .bytes_out = rnd(2) * rnd(65536),
				     .timed = 1,
				     .lat_sum = 2000,
				     .lat_max = 2000,
				     .hist = hist};
	s->facts = f;
	s->n_facts = FACTS;
}

/* All columns, though no screen is wide enough. */
static void look_at(const struct table *t)
{
	struct arena *tmp = arena_new();

	for (size_t i = 0; i < t->n_rows && i < ON_SCREEN; i++)
		for (size_t k = 0; k < t->n_columns; k++)
			row_value(&t->rows[i], k, tmp);
	arena_free(tmp);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median, in ms; < 0 = the view takes no such filter. */
static double measure(const struct view *view, const char *filter, const struct sample *s, size_t *ret_rows)
{
	double took[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct selection sel;
		struct table *t = NULL;
		struct filter_error fe;
		double from = now_ms();
		int r;

		selection_init(&sel, view, filter);
		r = selection_table(&sel, s, &t, &fe);
		if (t)
			look_at(t);
		took[i] = now_ms() - from;
		*ret_rows = t ? t->n_rows : 0;
		table_free(t);
		selection_done(&sel);
		if (r < 0)
			return -1;
	}
	qsort(took, ROUNDS, sizeof(*took), by_value);
	return took[ROUNDS / 2];
}

/* Median of the slowest text, letter by letter. */
static double measure_text(const struct view *view, const struct sample *s)
{
	static const char *const texts[][2] = {
		{"s", "sl"}, {"w", "wq"}, {"7", "73"}, {"k", "k8"}, {".", ".x"}};
	double worst = 0;
	struct selection sel;
	struct table *t = NULL;
	struct filter_error fe;

	selection_init(&sel, view, NULL);
	selection_table(&sel, s, &t, &fe);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) * 2; i++) {
		double took[ROUNDS];

		for (int k = 0; k < ROUNDS; k++) {
			struct rows rows = {0};
			double from;

			rows_set(&rows, view, t, ON_SCREEN);
			if (i % 2)
				rows_set_needle(&rows, texts[i / 2][0], ON_SCREEN);
			from = now_ms();
			rows_set_needle(&rows, texts[i / 2][i % 2], ON_SCREEN);
			took[k] = now_ms() - from;
			rows_done(&rows);
		}
		qsort(took, ROUNDS, sizeof(*took), by_value);
		if (getenv("TEXTS"))
			fprintf(stderr, "%s: %.2f\n", texts[i / 2][i % 2], took[ROUNDS / 2]);
		worst = took[ROUNDS / 2] > worst ? took[ROUNDS / 2] : worst;
	}
	table_free(t);
	selection_done(&sel);
	return worst;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct sample *s = arena_alloc(arena, sizeof(*s));
	struct views *views = NULL;
	struct views_error err;

	if (views_load_stock(&views, &err)) {
		fprintf(stderr, "group: %s\n", err.message);
		return 1;
	}
	s->arena = arena;
	s->interval = 2000000000;
	s->time = 1700000100000000000ULL;
	s->needs = NEED_TASKS | NEED_FACTS | NEED_FDS;
	s->source = "bench";
	make_processes(s, make_containers(s));
	make_objects(s);
	make_facts(s);
	for (size_t i = 0; i < views->n; i++) {
		const struct view *v = views->items[i];
		size_t rows, left;
		double plain, typed, text;

		if (view_is_list(v) || (argc > 1 && strcmp(argv[1], v->id) != 0))
			continue;
		plain = measure(v, NULL, s, &rows);
		typed = measure(v, "proc.name contains worker and (fd.type = ipv4 or evt.failed = true)", s,
				&left);
		text = measure_text(v, s);
		if (plain >= 0)
			printf("%s %.2f %.2f %.2f %zu\n", v->id, plain, typed, text, rows);
	}
	views_free(views);
	sample_free(s);
	return 0;
}
