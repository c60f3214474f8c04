/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * details_reader.c - the thread that reads the details of a process, and that nobody has to wait for.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "core/details_read.h"
#include "core/mem.h"

/* Shared by who asked and who reads; the last one frees it. */
struct request {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int refs;
	bool done;
	char *proc_root;
	uint32_t pid;
	uint64_t start_boot;
	struct details_facts *facts;
};

struct details_reader {
	char *proc_root;
	struct request *request; /* NULL = none under way */
};

static void request_unref(struct request *q)
{
	int left;

	pthread_mutex_lock(&q->lock);
	left = --q->refs;
	pthread_mutex_unlock(&q->lock);
	if (left)
		return;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->changed);
	details_facts_free(q->facts);
	free(q->proc_root);
	free(q);
}

static void *run(void *userdata)
{
	struct request *q = userdata;
	struct details_facts *facts = details_read(q->proc_root, q->pid, q->start_boot);

	pthread_mutex_lock(&q->lock);
	q->facts = facts;
	q->done = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
	request_unref(q);
	return NULL;
}

struct details_reader *details_reader_new(const char *proc_root)
{
	struct details_reader *r = xcalloc(1, sizeof(*r));

	r->proc_root = xstrdup(proc_root ? proc_root : "/proc");
	return r;
}

struct details_reader *details_reader_free(struct details_reader *r)
{
	if (!r)
		return NULL;
	if (r->request)
		request_unref(r->request);
	free(r->proc_root);
	free(r);
	return NULL;
}

bool details_reader_ask(struct details_reader *r, uint32_t pid, uint64_t start_boot)
{
	pthread_condattr_t clock;
	pthread_attr_t detached;
	struct request *q;
	sigset_t all, old;
	pthread_t thread;
	int err;

	if (r->request)
		return false;
	q = xcalloc(1, sizeof(*q));
	q->refs = 2;
	q->proc_root = xstrdup(r->proc_root);
	q->pid = pid;
	q->start_boot = start_boot;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &clock);
	pthread_condattr_destroy(&clock);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the front end's */
	err = pthread_create(&thread, &detached, run, q);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&detached);
	if (err)
		q->refs--; /* nobody else has it */
	r->request = q;
	q->done |= err != 0;
	return true;
}

struct details_facts *details_reader_take(struct details_reader *r, unsigned ms)
{
	struct request *q = r->request;
	struct details_facts *facts;
	struct timespec end;
	bool done;

	if (!q)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&q->lock);
	while (ms && !q->done && pthread_cond_timedwait(&q->changed, &q->lock, &end) == 0)
		;
	done = q->done;
	facts = q->facts;
	q->facts = NULL;
	pthread_mutex_unlock(&q->lock);
	if (!done)
		return NULL;
	request_unref(q);
	r->request = NULL;
	return facts;
}
