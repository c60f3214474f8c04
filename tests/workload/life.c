/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * life.c - known counts where identity is the difficulty: programs that live for
 * less than two milliseconds, one pid for many processes, one pair of addresses
 * in two network namespaces, 32-bit programs, memory that is a file.
 */
#include "truth.h"

#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "bare/bare.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* Notes for a process that does not note itself. */
static void note_for(pid_t pid, int obj, long nr, const char *call, uint64_t calls, uint64_t in, uint64_t out)
{
	int tid = truth_tid, own = truth_pid;

	truth_tid = truth_pid = pid;
	truth_note(obj, nr, call, 0, calls, in, out);
	truth_tid = tid;
	truth_pid = own;
}

/* The small program that lies beside this one. */
static char *beside(const char *name)
{
	static char path[300];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 20);

	if (n < 0)
		die("readlink");
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, name);
	return path;
}

static int report_fd(void)
{
	int fd = memfd_create("report", 0);

	if (fd < 0 || ftruncate(fd, sizeof(struct bare_report)) < 0 || dup2(fd, BARE_REPORT_FD) < 0)
		die("report");
	TOK(0, NONE, close, fd);
	return BARE_REPORT_FD;
}

/*
 * programs DIR [PROGRAMS [THREADS]]: vfork, exec of a program that makes BARE_CALLS calls and one write, and
 * is gone; THREADS of them at a time. How many a second stands in "calls" of "per_second", the median life in
 * that of "life_ns".
 */
static int storm_obj;
static uint64_t *storm_lives;
static _Atomic long storm_next;

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void storm_thread(void *p)
{
	char *const argv[] = {(char[]){"bare64"}, (char[]){"short"}, NULL}, *const env[] = {NULL};
	const char *path = p;
	long i;

	while ((i = atomic_fetch_add(&storm_next, 1)) < arg(1, 1000)) {
		uint64_t begin = now_ns();
		pid_t pid = vfork();
		int status;

		if (pid < 0)
			die("vfork");
		if (pid == 0) {
			execve(path, argv, env);
			_exit(1);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			die("%s ended with status %#x", path, status);
		storm_lives[i] = now_ns() - begin;
		note_for(pid, 0, SYS_execve, "execve", 1, 0, 0);
		note_for(pid, 0, SYS_getppid, "getppid", BARE_CALLS, 0, 0);
		note_for(pid, storm_obj, SYS_pwrite64, "pwrite64", 1, 0, BARE_BYTES);
	}
}

static void programs(void)
{
	long n = arg(1, 1000), threads = arg(2, 2);
	char *path = beside("bare64"), file[300];
	pthread_t t[64];
	uint64_t begin;
	int fd;

	storm_lives = calloc((size_t)n, sizeof(*storm_lives));
	snprintf(file, sizeof(file), "%s/storm", arg_str(0, "/tmp"));
	storm_obj = truth_obj("file", "%s", file);
	fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, BARE_FILE_FD) < 0)
		die("%s", file);
	begin = now_ns();
	for (long i = 0; i < threads && i < 64; i++)
		t[i] = truth_spawn(NULL, storm_thread, path);
	for (long i = 0; i < threads && i < 64; i++)
		pthread_join(t[i], NULL);
	note_for(0, 0, -1, "per_second", (uint64_t)n * 1000000000ULL / (now_ns() - begin), 0, 0);
	qsort(storm_lives, (size_t)n, sizeof(*storm_lives), by_size);
	note_for(0, 0, -2, "life_ns", storm_lives[n / 2], 0, 0);
}

/* program32 DIR [LOOPS]: a 32-bit program; what it did it writes to memory that we share. */
static void program32(void)
{
	const struct bare_report *report;
	char file[300], loops[32], *path = beside("bare32");
	char *const argv[] = {(char[]){"bare32"}, (char[]){"io"}, loops, NULL}, *const env[] = {NULL};
	struct stat st;
	int obj[3], fd, status, s[2];
	pid_t pid;

	snprintf(loops, sizeof(loops), "%ld", arg(1, 100));
	snprintf(file, sizeof(file), "%s/program32", arg_str(0, "/tmp"));
	obj[0] = truth_obj("file", "%s", file);
	fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, BARE_FILE_FD) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, s) < 0)
		die("%s", file);
	for (int i = 0; i < 2; i++) {
		if (dup2(s[i], BARE_SOCK_FD + i) < 0 || fstat(s[i], &st) < 0)
			die("socketpair");
		obj[1 + i] = truth_obj("unix", "socket:[%lu]", (unsigned long)st.st_ino);
	}
	report = mmap(NULL, sizeof(*report), PROT_READ, MAP_SHARED, report_fd(), 0);
	pid = vfork();
	if (pid == 0) {
		execve(path, argv, env);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("%s ended with status %#x", path, status);
	for (uint32_t i = 0; i < report->n; i++) {
		const struct bare_row *r = &report->rows[i];

		note_for(pid, obj[r->obj], 0x8000 | (long)i, r->call, r->calls, r->in, r->out);
	}
}

/*
 * reuse [TIMES [CALLS]]: one pid, TIMES processes one after the other; the i-th is called wl-reuse-I and
 * makes CALLS + I calls.
 */
static void reuse(void)
{
	pid_t first = fork(), pid;
	int status;

	if (first == 0)
		_exit(0);
	waitpid(first, &status, 0);
	for (long i = 0; i < arg(0, 20); i++) {
		struct clone_args args = {
			.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&first, .set_tid_size = 1};

		while ((pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args))) < 0 && errno == EEXIST)
			sched_yield(); /* its last owner is not quite gone, or somebody else was faster */
		if (pid < 0)
			die("clone3");
		if (pid == 0) {
			char name[16];
			long n = arg(1, 100) + i;

			snprintf(name, sizeof(name), "wl-reuse-%d", (int)(i % 1000));
			truth_thread(name);
			for (long j = 0; j < n; j++)
				syscall(SYS_getppid);
			truth_note(0, 100000 + i, "getppid", 0, (uint64_t)n, 0, 0);
			_exit(0);
		}
		if (pid != first || waitpid(pid, &status, 0) != pid || status != 0)
			die("child %d ended with status %#x", pid, status);
	}
}

/* netns [LOOPS]: in each of two network namespaces a connection from 127.0.0.1:7771 to 127.0.0.1:7772. */
static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		die("lo up");
	TOK(0, NONE, close, fd);
}

static void netns_child(void *p)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from = in;
	long id = (long)p;
	char data[4096];
	int l, c, s, co, so;

	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
	loopback_up();
	in.sin_port = htons(7772);
	from.sin_port = htons(7771);
	l = socket(AF_INET, SOCK_STREAM, 0);
	c = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(l, 1) < 0 ||
	    bind(c, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(c, (struct sockaddr *)&in, sizeof(in)) < 0 || (s = accept(l, NULL, NULL)) < 0)
		die("connect");
	co = truth_sock("tcp", c);
	so = truth_sock("tcp", s);
	for (long i = 0; i < arg(0, 100); i++) {
		long n = TOK(co, OUT, write, c, data, 100 + id * 1000 + i % 50);

		while (n > 0)
			n -= TOK(so, IN, read, s, data, (size_t)n);
		TOK(so, OUT, write, s, data, 10 + id);
		TOK(co, IN, recvfrom, c, data, 10 + id, MSG_WAITALL, NULL, NULL);
	}
	TOK(co, NONE, close, c);
	TOK(so, NONE, close, s);
}

static void netns(void)
{
	pid_t a = truth_fork("wl-netns", netns_child, (void *)1),
	      b = truth_fork("wl-netns", netns_child, (void *)2);

	truth_reap(a);
	truth_reap(b);
}

/*
 * mapped DIR [PAGES]: reads a file through memory, page by page in no order, without any of it in the cache,
 * and then once more. Faults are noted in "calls" of "major" and "minor", bytes from the disk in "in" of
 * "disk".
 */
static void read_io(uint64_t *ret)
{
	unsigned long long bytes;
	char line[128];
	FILE *f = fopen("/proc/self/io", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "read_bytes: %llu", &bytes) == 1)
			*ret = bytes;
	if (f)
		fclose(f);
}

static void mapped(void)
{
	long pages = arg(1, 1000), size = pages * 4096;
	char path[300], *file, sum = 0;
	struct rusage begin, between, end;
	uint64_t disk = 0, disk_end = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/mapped", arg_str(0, "/tmp"));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	file = malloc((size_t)size);
	memset(file, 'm', (size_t)size);
	if (fd < 0 || write(fd, file, (size_t)size) != size || fsync(fd) < 0 ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		die("%s", path);
	free(file);
	read_io(&disk);
	file = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED || madvise(file, (size_t)size, MADV_RANDOM) < 0)
		die("mmap");
	getrusage(RUSAGE_SELF, &begin);
	for (long i = 0; i < pages; i++)
		sum ^= ((volatile char *)file)[i * 7919 % pages * 4096];
	getrusage(RUSAGE_SELF, &between);
	/* the page tables are empty again, the cache is not */
	if (madvise(file, (size_t)size, MADV_DONTNEED) < 0)
		die("madvise");
	for (long i = 0; i < pages; i++)
		sum ^= ((volatile char *)file)[i * 4096];
	getrusage(RUSAGE_SELF, &end);
	read_io(&disk_end);
	note_for(0, 0, -3, "major", (uint64_t)(between.ru_majflt - begin.ru_majflt), 0, 0);
	note_for(0, 0, -4, "minor_warm", (uint64_t)(end.ru_minflt - between.ru_minflt), 0, 0);
	note_for(0, 0, -5, "disk", 0, disk_end - disk, 0);
	note_for(0, 0, -6, "major_all", (uint64_t)end.ru_majflt, 0, 0);
	note_for(0, 0, -7, "minor_all", (uint64_t)end.ru_minflt, 0, 0);
	note_for(0, 0, -8, "disk_all", 0, disk_end, 0);
	unlink(path);
}

static const struct workload all[] = {
	{"programs", "DIR [PROGRAMS [THREADS]]  programs that live for a millisecond", NULL, programs},
	{"program32", "DIR [LOOPS]  a 32-bit program", NULL, program32},
	{"reuse", "[TIMES [CALLS]]  one pid, many processes", NULL, reuse},
	{"netns", "[LOOPS]  the same addresses in two network namespaces", NULL, netns},
	{"mapped", "DIR [PAGES]  a file read through memory", NULL, mapped},
	{0},
};

int main(int argc, char **argv)
{
	return truth_main(argc, argv, all);
}
