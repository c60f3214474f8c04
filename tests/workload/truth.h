/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * truth.h - for programs that know exactly what they did.
 *
 * A workload makes its system calls through T(), which makes the call and notes
 * its result per (thread, object, call, error). The notes live in memory that
 * all children share, so a child that lives for a millisecond is in them too.
 * The program that was started only watches: a child of its own, the worker,
 * has the comm that tests filter by and makes none of the calls that talk to
 * the test.
 *
 *	test                      program                     worker
 *	                          "ready PID\n"     <-        setup() done
 *	"\n"              ->                        ->        run()
 *	                          "done\n"          <-        run() done (with -l only)
 *	"\n" (-l only)    ->                        ->        exit
 *	                          {"rows": [...]}             (gone)
 *
 * At end of file on stdin it does not wait.
 */
#ifndef CTOP_TESTS_TRUTH_H
#define CTOP_TESTS_TRUTH_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TRUTH_ROWS = 1 << 17, TRUTH_OBJECTS = 1 << 14, TRUTH_ENV_FD = 200 };
enum truth_dir { NONE, IN, OUT };

struct truth_row {
	_Atomic int claimed;
	int tid, pid, obj, err, after_go;
	long nr;
	uint64_t calls, in, out;
	char call[24], comm[16];
};

struct truth_obj {
	char kind[12]; /* file, dir, pipe, tcp, udp, unix, path (only a path is known) */
	char name[300];
	char local[64], remote[64]; /* sockets: "addr:port" */
};

struct truth {
	_Atomic int stage; /* futex: 0 setup, 1 ready, 2 go, 3 done, 4 leave */
	_Atomic int n_objs;
	_Atomic long full;                    /* notes that found no room: the program fails */
	struct truth_obj objs[TRUTH_OBJECTS]; /* [0]: none */
	struct truth_row rows[TRUTH_ROWS];
};

struct workload {
	const char *name, *help;
	void (*setup)(void); /* before "ready"; may be NULL */
	void (*run)(void);
};

static struct truth *truth;
static __thread int truth_tid, truth_pid;
static __thread char truth_comm[16];
static char truth_worker_comm[16];
static char **truth_args; /* what followed the workload's name */
static const char *truth_self;
static bool truth_fold; /* one row per call and object for all threads: only where these run one at a time */

/* The n-th argument after the workload's name as a number. */
static inline long arg(int n, long otherwise)
{
	for (int i = 0; i < n; i++)
		if (!truth_args[i])
			return otherwise;
	return truth_args[n] ? strtol(truth_args[n], NULL, 0) : otherwise;
}

static inline const char *arg_str(int n, const char *otherwise)
{
	for (int i = 0; i < n; i++)
		if (!truth_args[i])
			return otherwise;
	return truth_args[n] ? truth_args[n] : otherwise;
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "workload: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, ": %s\n", strerror(err));
	va_end(ap);
	_exit(99);
}

/* To be called first in every new thread and child. */
static inline void truth_thread(const char *comm)
{
	if (comm)
		prctl(PR_SET_NAME, comm);
	prctl(PR_GET_NAME, truth_comm);
	truth_tid = truth_fold ? 0 : (int)syscall(SYS_gettid);
	truth_pid = truth_fold ? 0 : getpid();
}

static inline void truth_note(int obj, long nr, const char *call, int err, uint64_t calls, uint64_t in,
			      uint64_t out)
{
	int after_go = atomic_load(&truth->stage) >= 2;
	uint64_t h = ((uint64_t)truth_tid << 40) ^ ((uint64_t)obj << 20) ^ ((uint64_t)nr << 8) ^
		     (uint64_t)err ^ ((uint64_t)after_go << 63);

	h *= 0x9e3779b97f4a7c15ULL;
	for (uint64_t i = 0; i < TRUTH_ROWS; i++) {
		struct truth_row *r = &truth->rows[((h >> 40) + i) % TRUTH_ROWS];
		int state = atomic_load(&r->claimed);

		if (!state && atomic_compare_exchange_strong(&r->claimed, &state, 1)) {
			r->tid = truth_tid;
			r->pid = truth_pid;
			r->obj = obj;
			r->err = err;
			r->nr = nr;
			r->after_go = after_go;
			snprintf(r->call, sizeof(r->call), "%s", call);
			memcpy(r->comm, truth_comm, sizeof(r->comm));
			atomic_store(&r->claimed, 2);
			state = 2;
		}
		/* a row that another thread is filling is never ours */
		if (state == 2 && r->tid == truth_tid && r->pid == truth_pid && r->obj == obj &&
		    r->err == err && r->nr == nr && r->after_go == after_go) {
			r->calls += calls;
			r->in += in;
			r->out += out;
			return;
		}
	}
	atomic_fetch_add(&truth->full, 1);
}

static inline int truth_obj(const char *kind, const char *fmt, ...)
{
	int id = atomic_fetch_add(&truth->n_objs, 1) + 1;
	va_list ap;

	if (id >= TRUTH_OBJECTS) {
		atomic_fetch_add(&truth->full, 1);
		return 0;
	}
	snprintf(truth->objs[id].kind, sizeof(truth->objs[id].kind), "%s", kind);
	va_start(ap, fmt);
	vsnprintf(truth->objs[id].name, sizeof(truth->objs[id].name), fmt, ap);
	va_end(ap);
	return id;
}

static inline long truth_call(int obj, enum truth_dir dir, long nr, const char *call, long a, long b, long c,
			      long d, long e, long f)
{
	long ret = syscall(nr, a, b, c, d, e, f);
	int err = ret < 0 ? errno : 0;
	uint64_t bytes = ret > 0 ? (uint64_t)ret : 0;

	truth_note(obj, nr, call, err, 1, dir == IN ? bytes : 0, dir == OUT ? bytes : 0);
	errno = err;
	return ret;
}

/* T(object, direction, call, arguments...): makes the call, notes it, returns as syscall(2) does. */
#define T(obj, dir, call, ...) T_(obj, dir, SYS_##call, #call, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define T_(obj, dir, nr, name, a, b, c, d, e, f, ...)                                                        \
	truth_call(obj, dir, nr, name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* The same for a call that must succeed. */
#define TOK(obj, dir, call, ...)                                                                             \
	({                                                                                                   \
		long ok_ = T(obj, dir, call, ##__VA_ARGS__);                                                 \
		if (ok_ < 0)                                                                                 \
			die("%s:%d: %s", __FILE__, __LINE__, #call);                                         \
		ok_;                                                                                         \
	})

/* A child that runs fn(arg) and is part of the truth; returns its pid. */
static inline pid_t truth_fork(const char *comm, void (*fn)(void *), void *userdata)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		truth_thread(comm);
		fn(userdata);
		_exit(0);
	}
	return pid;
}

static inline void truth_reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("child %d ended with status %#x", (int)pid, status);
}

struct truth_start {
	void (*fn)(void *);
	void *userdata;
	const char *comm;
};

static inline void *truth_thread_main(void *p)
{
	struct truth_start s = *(struct truth_start *)p;

	free(p);
	truth_thread(s.comm);
	s.fn(s.userdata);
	return NULL;
}

/* A thread that is part of the truth. */
static inline pthread_t truth_spawn(const char *comm, void (*fn)(void *), void *userdata)
{
	struct truth_start *s = malloc(sizeof(*s));
	pthread_attr_t attr;
	pthread_t t;

	*s = (struct truth_start){fn, userdata, comm};
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	if (pthread_create(&t, &attr, truth_thread_main, s) != 0)
		die("pthread_create");
	pthread_attr_destroy(&attr);
	return t;
}

static inline void truth_sock_end(char *ret, size_t size, const struct sockaddr_storage *ss)
{
	char a[INET6_ADDRSTRLEN] = "";

	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)ss;

		inet_ntop(AF_INET, &in->sin_addr, a, sizeof(a));
		snprintf(ret, size, "%s:%u", a, ntohs(in->sin_port));
	} else if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)ss;

		inet_ntop(AF_INET6, &in6->sin6_addr, a, sizeof(a));
		snprintf(ret, size, "[%s]:%u", a, ntohs(in6->sin6_port));
	}
}

/* An object for an inet socket that is bound (and connected, if remote ends matter). */
static inline int truth_sock(const char *kind, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct stat st = {0};
	int id;

	fstat(fd, &st);
	id = truth_obj(kind, "socket:[%lu]", (unsigned long)st.st_ino);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		truth_sock_end(truth->objs[id].local, sizeof(truth->objs[id].local), &ss);
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		truth_sock_end(truth->objs[id].remote, sizeof(truth->objs[id].remote), &ss);
	return id;
}

static inline void truth_wait(int below)
{
	for (;;) {
		int now = atomic_load(&truth->stage);

		if (now >= below)
			return;
		syscall(SYS_futex, &truth->stage, FUTEX_WAIT, now, NULL, NULL, 0);
	}
}

static inline void truth_set(int stage)
{
	atomic_store(&truth->stage, stage);
	syscall(SYS_futex, &truth->stage, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static inline void truth_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if ((unsigned char)*s < 32 || *s == '"' || *s == '\\' || (unsigned char)*s > 126)
			printf("\\u%04x", (unsigned char)*s);
		else
			putchar(*s);
	}
	putchar('"');
}

static inline void truth_print(pid_t worker)
{
	const char *sep = "";

	printf("{\"comm\":");
	truth_string(truth_worker_comm);
	printf(",\"pid\":%d,\"rows\":[", (int)worker);
	for (int i = 0; i < TRUTH_ROWS; i++) {
		const struct truth_row *r = &truth->rows[i];
		const struct truth_obj *o = &truth->objs[r->obj];

		if (!r->claimed)
			continue;
		printf("%s{\"after_go\":%s,\"pid\":%d,\"tid\":%d,\"comm\":", sep,
		       r->after_go ? "true" : "false", r->pid, r->tid);
		truth_string(r->comm);
		printf(",\"call\":\"%s\",\"err\":%d,\"calls\":%lu,\"in\":%lu,\"out\":%lu,\"kind\":\"%s\","
		       "\"name\":",
		       r->call, r->err, r->calls, r->in, r->out, o->kind);
		truth_string(o->name);
		printf(",\"local\":\"%s\",\"remote\":\"%s\"}", o->local, o->remote);
		sep = ",\n ";
	}
	printf("]}\n");
	fflush(stdout);
}

/* Waits for a line (or the end) of stdin. */
static inline void truth_read_line(void)
{
	char c;

	while (read(0, &c, 1) == 1 && c != '\n')
		;
}

/* For a stage behind execve(): the notes are on an inherited descriptor. */
static inline void truth_attach(void)
{
	truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED, TRUTH_ENV_FD, 0);
	if (truth == MAP_FAILED)
		die("no notes on descriptor %d", TRUTH_ENV_FD);
	truth_thread(NULL);
}

/* Still running; leaves it for waitpid(). */
static inline bool truth_alive(pid_t pid)
{
	siginfo_t si = {0};

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0 && si.si_pid == 0;
}

static inline int truth_usage(const struct workload *all)
{
	fprintf(stderr, "usage: %s [-c COMM] [-l] WORKLOAD [ARGUMENT]...\n", truth_self);
	for (const struct workload *w = all; w->name; w++)
		fprintf(stderr, "  %-14s %s\n", w->name, w->help);
	return 2;
}

static inline int truth_main(int argc, char **argv, const struct workload *all)
{
	const struct workload *w = all;
	bool linger = false;
	int opt, fd, status;
	pid_t worker;

	truth_self = argv[0];
	/* with one arena, malloc() in a new thread does not go and read how many CPUs there are */
	mallopt(M_ARENA_MAX, 1);
	while ((opt = getopt(argc, argv, "+c:l")) != -1) {
		if (opt == 'c')
			snprintf(truth_worker_comm, sizeof(truth_worker_comm), "%s", optarg);
		else if (opt == 'l')
			linger = true;
		else
			return truth_usage(all);
	}
	while (optind < argc && w->name && strcmp(w->name, argv[optind]) != 0)
		w++;
	if (optind >= argc || !w->name)
		return truth_usage(all);
	truth_args = argv + optind + 1;
	if (!truth_worker_comm[0])
		snprintf(truth_worker_comm, sizeof(truth_worker_comm), "wl-%.11s", w->name);

	fd = memfd_create("truth", 0);
	if (fd < 0 || ftruncate(fd, sizeof(*truth)) < 0 || dup2(fd, TRUTH_ENV_FD) < 0)
		die("memfd");
	close(fd);
	truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED, TRUTH_ENV_FD, 0);
	if (truth == MAP_FAILED)
		die("mmap");
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);

	worker = fork();
	if (worker < 0)
		die("fork");
	if (worker == 0) {
		/* a test that is killed takes its workload along */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		truth_thread(truth_worker_comm);
		T(0, NONE, close, 0);
		T(0, NONE, close, 1);
		if (w->setup)
			w->setup();
		truth_set(1);
		truth_wait(2);
		w->run();
		truth_set(3);
		if (linger)
			truth_wait(4);
		_exit(0);
	}
	while (atomic_load(&truth->stage) < 1 && truth_alive(worker))
		usleep(2000);
	printf("ready %d\n", (int)worker);
	fflush(stdout);
	truth_read_line();
	truth_set(2);
	if (linger) {
		while (atomic_load(&truth->stage) < 3 && truth_alive(worker))
			usleep(2000);
		printf("done\n");
		fflush(stdout);
		truth_read_line();
		truth_set(4);
	}
	if (waitpid(worker, &status, 0) == worker && status != 0) {
		fprintf(stderr, "workload: worker ended with status %#x\n", status);
		return 1;
	}
	truth_print(worker);
	if (truth->full) {
		fprintf(stderr, "workload: %ld notes found no room\n", (long)truth->full);
		return 1;
	}
	return 0;
}

#endif
