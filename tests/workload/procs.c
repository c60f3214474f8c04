/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procs.c - known counts over processes and threads: short-lived children, many
 * threads, execve from a thread, 32-bit calls, blocked and sleeping processes,
 * CPU burners, hostile names.
 */
#include "truth.h"

#include <linux/sched.h>
#include <sys/resource.h>

/* Plain getppid() calls; one note for all of them keeps the loop as tight as it can be. */
static void getppids(long n)
{
	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
	truth_note(0, SYS_getppid, "getppid", 0, (uint64_t)n, 0, 0);
}

/* storm [COUNT [THREADS]] */
static void storm_thread(void *p)
{
	(void)p;
	getppids(arg(0, 1000000));
}

static void storm(void)
{
	pthread_t t[512];
	long n = arg(1, 1);

	for (long i = 1; i < n; i++)
		t[i] = truth_spawn(NULL, storm_thread, NULL);
	storm_thread(NULL);
	for (long i = 1; i < n; i++)
		pthread_join(t[i], NULL);
}

/* churn [CHILDREN [CALLS [LIVE]]]: children that end at once, LIVE of them at a time. */
static void churn_child(void *p)
{
	char c;
	int fd = (int)TOK(0, NONE, openat, AT_FDCWD, "/dev/zero", O_RDONLY);

	getppids(arg(1, 10));
	/* the object is a device here; its bytes are counted all the same */
	for (int i = 0; i < 3; i++)
		TOK(0, IN, read, fd, &c, 1);
	TOK(0, NONE, close, fd);
	(void)p;
}

static void reap_any(void)
{
	int status;

	if (wait(&status) < 0 || status != 0)
		die("child ended with status %#x", status);
}

static void churn(void)
{
	long n = arg(0, 1000), live = arg(2, 1), running = 0;

	for (long i = 0; i < n; i++) {
		truth_fork("wl-short", churn_child, NULL);
		if (++running < live)
			continue;
		reap_any();
		running--;
	}
	for (; running > 0; running--)
		reap_any();
}

/* threads [THREADS [CALLS]]: threads with names of their own. */
static void threads_one(void *p)
{
	char name[16];

	snprintf(name, sizeof(name), "wl-t-%ld", (long)p);
	truth_thread(name);
	getppids(arg(1, 100) + (long)p);
}

static void threads(void)
{
	pthread_t t[1024];
	long n = arg(0, 200);

	for (long i = 0; i < n; i++)
		t[i] = truth_spawn(NULL, threads_one, (void *)i);
	for (long i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* exec [CALLS]: a thread that is not the leader execs; it takes over the leader's tid. */
static void exec_thread(void *p)
{
	char calls[32];

	(void)p;
	getppids(arg(0, 1000));
	snprintf(calls, sizeof(calls), "%ld", arg(0, 1000) * 2);
	execl("/proc/self/exe", "wl-exec-second", "exec-second", calls, (char *)NULL);
	die("exec");
}

static void exec_(void)
{
	getppids(77);
	pthread_join(truth_spawn(NULL, exec_thread, NULL), NULL);
}

static int exec_second(char **argv)
{
	truth_attach();
	truth_thread("wl-exec2");
	getppids(strtol(argv[2], NULL, 0));
	truth_set(3);
	return 0;
}

/* compat [COUNT]: 32-bit calls. Number 64 is getppid there and semget here. */
static void compat(void)
{
	for (long i = 0; i < arg(0, 1000); i++) {
		long ret;

		__asm__ volatile("int $0x80" : "=a"(ret) : "0"(64L) : "memory", "r8", "r9", "r10", "r11");
		if (ret <= 0)
			die("int 0x80 says %ld", ret);
	}
	truth_note(0, SYS_getppid, "getppid", 0, (uint64_t)arg(0, 1000), 0, 0);
}

/* errors [LOOPS]: results that are errors, by errno. */
static void errors(void)
{
	char c;

	for (long i = 0; i < arg(0, 100); i++) {
		T(0, NONE, kill, 0x7ffffff0, 0);                           /* ESRCH */
		T(0, NONE, prctl, -1, 0, 0, 0, 0);                         /* EINVAL */
		T(0, NONE, getrandom, (void *)8, 10, 0);                   /* EFAULT */
		T(0, IN, read, 9999, &c, 1);                               /* EBADF */
		T(0, NONE, wait4, -1, NULL, 0, NULL);                      /* ECHILD */
		truth_call(0, NONE, 500, "syscall_500", 0, 0, 0, 0, 0, 0); /* ENOSYS: no such call */
	}
}

/* blocked: a process that waits in read() on a pipe, one in nanosleep, one in poll-less futex; use with -l.
 */
static int blocked_pipe[2];

static void blocked_read(void *p)
{
	char c;

	(void)p;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	read(blocked_pipe[0], &c, 1);
}

static void blocked_sleep(void *p)
{
	struct timespec ts = {1000, 0};

	(void)p;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

static void blocked_setup(void)
{
	if (pipe(blocked_pipe) < 0)
		die("pipe");
	truth_fork("wl-in-read", blocked_read, NULL);
	truth_fork("wl-in-sleep", blocked_sleep, NULL);
	errno = 0;
	if (nice(7) == -1 && errno)
		die("nice");
}

/* sleepers [COUNT]: processes that do nothing until the test ends. */
static void sleepers_setup(void)
{
	for (long i = 0; i < arg(0, 100); i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork %ld", i);
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			prctl(PR_SET_NAME, "wl-sleeper");
			for (;;)
				pause();
		}
	}
}

static void nothing(void)
{
}

/* spin [MS]: burns one CPU for so long (wall clock). */
static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void spin(void)
{
	uint64_t end = now_ns(CLOCK_MONOTONIC) + (uint64_t)arg(0, 1000) * 1000000;

	while (now_ns(CLOCK_MONOTONIC) < end)
		;
}

/* cpu [MS]: burns so much CPU time, exactly told by the process clock, and notes it in "calls" of "cpu_ns".
 */
static void cpu(void)
{
	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < (uint64_t)arg(0, 1000) * 1000000)
		;
	truth_note(0, -2, "cpu_ns", 0, now_ns(CLOCK_PROCESS_CPUTIME_ID), 0, 0);
}

/* memory MIB: touches so much memory; use with -l. */
static void memory(void)
{
	size_t size = (size_t)arg(0, 64) << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	memset(p, 1, size);
}

/* hostile DIR: names that would take over a terminal. */
static void hostile(void)
{
	char path[300];
	int fd, obj;

	prctl(PR_SET_NAME, "a\033[2J\nb\xff\t");
	snprintf(path, sizeof(path), "%s/evil\033]0;owned\007\n\xe2\x80\xae\xff", arg_str(0, "/tmp"));
	obj = truth_obj("file", "%s", path);
	fd = (int)TOK(obj, NONE, openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0644);
	for (int i = 0; i < 10; i++)
		TOK(obj, OUT, write, fd, "x", 1);
	TOK(obj, NONE, close, fd);
	unlink(path);
}

/* mixed DIR SECONDS: a bit of everything with churn, for the soak. */
static void mixed_child(void *p)
{
	char path[300], buf[64];
	int obj, fd;

	snprintf(path, sizeof(path), "%s/mixed-%ld", arg_str(0, "/tmp"), (long)p % 50);
	obj = 1 + (int)((long)p % 50);
	fd = (int)TOK(obj, NONE, openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0644);
	for (int i = 0; i < 20; i++) {
		TOK(obj, OUT, pwrite64, fd, "0123456789", 10, i);
		TOK(obj, IN, pread64, fd, buf, sizeof(buf), 0);
	}
	TOK(obj, NONE, close, fd);
	getppids(500);
}

static void mixed(void)
{
	truth_fold = true; /* children come one after the other */
	for (int i = 0; i < 50; i++)
		truth_obj("file", "%s/mixed-%d", arg_str(0, "/tmp"), i);
	uint64_t end = now_ns(CLOCK_MONOTONIC) + (uint64_t)arg(1, 10) * 1000000000ULL;

	for (long i = 0; now_ns(CLOCK_MONOTONIC) < end && i < arg(2, 10000); i++) {
		truth_reap(truth_fork("wl-mixed", mixed_child, (void *)i));
		usleep(1000);
	}
}

static const struct workload all[] = {
	{"storm", "[COUNT [THREADS]]  getppid at full speed", NULL, storm},
	{"churn", "[CHILDREN [CALLS [LIVE]]]  short-lived children", NULL, churn},
	{"threads", "[THREADS [CALLS]]  named threads", NULL, threads},
	{"exec", "[CALLS]  execve from a thread that is not the leader (with -l)", NULL, exec_},
	{"compat", "[COUNT]  32-bit calls by int 0x80", NULL, compat},
	{"errors", "[LOOPS]  failing calls", NULL, errors},
	{"blocked", "a process in read(), one asleep (with -l); nice 7", blocked_setup, nothing},
	{"sleepers", "[COUNT]  processes that do nothing (with -l)", sleepers_setup, nothing},
	{"spin", "[MS]  busy for a time", NULL, spin},
	{"cpu", "[MS]  burn CPU time", NULL, cpu},
	{"memory", "[MIB]  touch memory (with -l)", NULL, memory},
	{"hostile", "DIR  names with control characters", NULL, hostile},
	{"mixed", "DIR [SECONDS [CHILDREN]]  files, calls and churn", NULL, mixed},
	{0},
};

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "exec-second") == 0)
		return exec_second(argv);
	return truth_main(argc, argv, all);
}
