/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to containers, worked out from processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/lifecycle.h"
#include "core/meta.h"
#include "core/buf.h"
#include "sample_builder.h"

enum { INIT_NS = 1, OWN_NS = 7 };

static struct builder *b;
static struct process *shim;
static uint64_t start; /* epoch ns of the next sample's begin */

/* One second each; a process outside that starts what is inside. */
static void begin(unsigned second)
{
	b = sb_new(2048);
	b->sample.needs |= NEED_LIFE;
	start = 1700000000000000000ULL + second * 1000000000ULL;
	b->sample.time = start + 1000000000ULL;
	shim = sb_process(b, 5, "shim", NULL);
	shim->pidns = INIT_NS;
	shim->start_boot = 1000;
}

static struct container *container(const char *id)
{
	struct container *c = sb_container(b, id, id, "docker");

	c->cgroup = arena_printf(b->arena, "/docker/%s", id);
	return c;
}

/* Started at `ms` into the interval (boot times are epoch times here). */
static struct process *process(struct container *c, uint32_t pid, uint32_t vpid, uint64_t at)
{
	struct process *p = sb_process(b, pid, "work", c);

	p->vpid = vpid;
	p->pidns = vpid == pid ? INIT_NS : OWN_NS;
	p->parent = shim;
	p->ppid = 5;
	p->start_boot = p->start_time = at;
	p->ran = true;
	return p;
}

static struct process *gone(struct process *p, uint64_t at, int status)
{
	p->exited = true;
	p->end_time = at;
	p->exit_code = status;
	return p;
}

static const struct sample *finish(struct lifecycle *l)
{
	b->sample.arena = b->arena;
	sb_finish(b);
	lifecycle_add(l, &b->sample, NULL, NULL);
	return &b->sample;
}

/* All events so far as "started:pid exited:pid:code". */
static void expect(const struct sample *s, const char *want)
{
	struct buf out = {0};
	int signal;

	for (size_t i = 0; i < s->n_life; i++) {
		const struct life_event *e = &s->life[i];

		buf_addf(&out, "%s%s:%u", i ? " " : "", life_kind_name(e->kind), e->pid);
		if (e->kind == LIFE_EXITED || e->kind == LIFE_EXEC_EXITED)
			buf_addf(&out, ":%d", life_exit_code(e->status, &signal));
	}
	assert_string_equal(buf_str(&out), want);
	buf_done(&out);
}

#define MS(n) (start + (n)*1000000ULL)

static void test_life(void **state)
{
	struct lifecycle *l = lifecycle_new();
	struct container *c;

	begin(0); /* what was there is no event; its end is */
	c = container("old");
	process(c, 100, 1, 2000);
	expect(finish(l), "");
	sb_free(b);

	begin(1); /* a container of 9 ms, with its helpers */
	c = container("old");
	process(c, 100, 1, 2000);
	c = container("short");
	gone(process(c, 200, 1, MS(100)), MS(109), 3 << 8);
	gone(process(c, 201, 201, MS(90)), MS(101), 0)->name = "runc:[0:PARENT]";
	expect(finish(l), "started:200 exited:200:3");
	assert_string_equal(b->sample.life[0].container->name, "short");
	assert_int_equal(b->sample.life[1].time - b->sample.life[0].time, 9000000);
	sb_free(b);

	begin(2); /* a command inside the one that was there; then killed with it */
	c = container("old");
	gone(process(c, 100, 1, 2000), MS(500), 9);
	gone(process(c, 300, 8, MS(100)), MS(200), 0);
	gone(process(c, 301, 9, MS(300)), MS(501), 9);
	expect(finish(l), "started:200 exited:200:3 exec:300 exec-exited:300:0 exec:301 exited:100:137 "
			  "exec-exited:301:137");
	sb_free(b);

	begin(3); /* zombies are no news; started again under the same id */
	c = container("old");
	process(c, 300, 8, MS(0) - 900000000)->leader = &(struct thread){.state = 'Z'};
	process(c, 400, 1, MS(10));
	expect(finish(l), "started:200 exited:200:3 exec:300 exec-exited:300:0 exec:301 exited:100:137 "
			  "exec-exited:301:137 "
			  "started:400");
	sb_free(b);

	begin(4); /* again, within one interval */
	c = container("old");
	gone(process(c, 400, 1, MS(0) - 990000000), MS(100), 1 << 8);
	process(c, 500, 1, MS(300));
	b->sample.needs &= ~(unsigned)NEED_LIFE;
	expect(finish(l), "exited:400:1 started:500"); /* without the need: of the interval only */
	assert_int_equal(b->sample.life[0].seq, 9);
	sb_free(b);
	lifecycle_free(l);
}

static void test_what_is_no_command(void **state)
{
	struct lifecycle *l = lifecycle_new();
	struct container *c;
	struct process *p, *init;

	begin(0);
	expect(finish(l), "");
	sb_free(b);

	begin(1);
	c = container("web");
	init = process(c, 100, 1, MS(1));
	p = process(c, 101, 2, MS(2)); /* made inside */
	p->parent = init;
	p = process(c, 102, 3, MS(3)); /* of an orphan nothing is known */
	p->parent = NULL;
	p = process(c, 103, 4, MS(4)); /* has not run anything yet */
	p->ran = false;
	p = process(NULL, 104, 104, MS(5)); /* outside */
	expect(finish(l), "started:100");
	sb_free(b);

	begin(2); /* now it has */
	c = container("web");
	process(c, 100, 1, MS(1) - 1000000000);
	process(c, 103, 4, MS(4) - 1000000000);
	expect(finish(l), "started:100 exec:103");
	sb_free(b);

	begin(3); /* nor is one that never did */
	c = container("web");
	process(c, 100, 1, MS(1) - 2000000000);
	process(c, 103, 4, MS(4) - 2000000000);
	gone(process(c, 110, 5, MS(9)), MS(12), 1 << 8)->ran = false;
	expect(finish(l), "started:100 exec:103");
	sb_free(b);
	lifecycle_free(l);
}

/* Without a pid namespace of its own: the first that stays, or is over, is the container. */
static void test_host_pid_namespace(void **state)
{
	struct lifecycle *l = lifecycle_new();
	struct container *c;

	begin(0);
	finish(l);
	sb_free(b);
	begin(1);
	c = container("shared");
	process(c, 100, 100, MS(10));
	expect(finish(l), "");
	sb_free(b);
	begin(2);
	c = container("shared");
	gone(process(c, 100, 100, MS(10) - 1000000000), MS(10), 5 << 8);
	expect(finish(l), "started:100 exited:100:5");
	sb_free(b);
	lifecycle_free(l);
}

static void test_killed_for_memory(void **state)
{
	struct lifecycle *l = lifecycle_new();
	struct container *c;
	struct process *init;

	begin(0);
	finish(l);
	sb_free(b);
	begin(1);
	c = container("small");
	init = process(c, 100, 1, MS(10));
	gone(process(c, 101, 2, MS(20)), MS(40), 9)->oom = true;
	b->processes[2].parent = init; /* a helper of it */
	expect(finish(l), "started:100 oom-killed:101");
	sb_free(b);
	begin(2);
	c = container("small");
	gone(process(c, 100, 1, MS(10) - 1000000000), MS(40), 9)->oom = true;
	process(NULL, 7, 7, MS(1))->oom = true; /* the host's are not ours */
	expect(finish(l), "started:100 oom-killed:101 oom-killed:100 exited:100:137");
	sb_free(b);
	lifecycle_free(l);
}

static const struct container_meta *late(void *userdata, const struct container *c, struct arena *arena)
{
	struct container_meta m = meta_none();

	assert_string_equal(c->full_id, "late");
	m.name = "its-name";
	m.image = "its-image";
	return meta_dup_arena(arena, &m);
}

static void test_names_that_come_late(void **state)
{
	struct lifecycle *l = lifecycle_new();

	begin(0);
	finish(l);
	sb_free(b);
	begin(1);
	gone(process(container("late"), 100, 1, MS(10)), MS(20), 0);
	finish(l);
	assert_string_equal(b->sample.life[0].container->name, "late");
	sb_free(b);
	begin(2);
	b->sample.arena = b->arena;
	sb_finish(b);
	lifecycle_add(l, &b->sample, late, NULL);
	assert_int_equal(b->sample.n_life, 2);
	assert_string_equal(b->sample.life[1].container->name, "its-name");
	assert_string_equal(b->sample.life[1].container->image, "its-image");
	sb_free(b);
	lifecycle_free(l);
}

static void test_bounded(void **state)
{
	struct lifecycle *l = lifecycle_new();
	struct container *c;

	begin(0);
	finish(l);
	sb_free(b);
	begin(1);
	for (uint32_t i = 0; i < 600; i++) {
		c = container(arena_printf(b->arena, "c%u", i));
		gone(process(c, 1000 + i, 1, MS(1) + i * 1000), MS(1) + i * 1000 + 500, 0);
	}
	finish(l);
	assert_int_equal(b->sample.n_life, LIFE_EVENTS_MAX);
	assert_int_equal(b->sample.life[LIFE_EVENTS_MAX - 1].seq, 1200);
	for (size_t i = 1; i < LIFE_EVENTS_MAX; i++)
		assert_true(b->sample.life[i].seq == b->sample.life[i - 1].seq + 1 &&
			    b->sample.life[i].time >= b->sample.life[i - 1].time);
	sb_free(b);
	/* and one into which more come than are followed */
	begin(2);
	c = container("busy");
	process(c, 100, 1, MS(0));
	for (uint32_t i = 0; i < 2 * LIFE_ENTRIES_MAX; i++)
		process(c, 2000 + i, 2 + i, MS(1));
	finish(l);
	assert_int_equal(b->sample.life[LIFE_EVENTS_MAX - 1].seq, 1200 + LIFE_ENTRIES_MAX);
	sb_free(b);
	lifecycle_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_what_is_no_command),
		cmocka_unit_test(test_host_pid_namespace),
		cmocka_unit_test(test_killed_for_memory),
		cmocka_unit_test(test_names_that_come_late),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
