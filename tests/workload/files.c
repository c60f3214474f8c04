/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.c - known counts on files: the read and write families, opens that work
 * and opens that fail, duplicated and inherited descriptors, calls with two
 * objects. The first argument of every workload is a directory to work in.
 */
#include "truth.h"

#include <linux/openat2.h>
#include <sys/sendfile.h>

static const char *dir;

static void in_dir(void)
{
	dir = arg_str(0, "/tmp");
	if (dir[0] != '/')
		die("%s: need an absolute directory", dir);
}

static void path_in(char ret[300], const char *name)
{
	snprintf(ret, 300, "%s/%s", dir, name);
}

/* Opens with a note; the object is the file. */
static int open_noted(const char *name, int flags, int *ret_obj)
{
	char path[300];

	path_in(path, name);
	*ret_obj = truth_obj("file", "%s", path);
	return (int)TOK(*ret_obj, NONE, openat, AT_FDCWD, path, flags, 0644);
}

/* rw DIR [LOOPS [THREADS]]: every thread works on a file of its own. */
static void rw_thread(void *p)
{
	long id = (long)p, loops = arg(1, 100);
	static const char data[8192];
	char buf[8192], name[64];
	struct iovec out[3] = {{(void *)data, 10}, {(void *)data, 0}, {(void *)data, 23}};
	struct iovec in[2] = {{buf, 7}, {buf + 7, 4000}};
	int obj, fd;

	snprintf(name, sizeof(name), "rw-%ld", id);
	fd = open_noted(name, O_RDWR | O_CREAT | O_TRUNC, &obj);
	for (long i = 0; i < loops; i++) {
		TOK(obj, OUT, write, fd, data, 1 + (i * 37 + id) % 5000);
		TOK(obj, OUT, pwrite64, fd, data, 100 + i % 13, i * 11);
		TOK(obj, OUT, writev, fd, out, 3);
		TOK(obj, OUT, pwritev, fd, out, 3, i * 5, 0);
		TOK(obj, OUT, pwritev2, fd, out, 2, i * 7, 0, 0);
	}
	TOK(obj, NONE, fsync, fd);
	TOK(obj, NONE, lseek, fd, 0, SEEK_SET);
	for (long i = 0; i < loops; i++) {
		TOK(obj, IN, read, fd, buf, 1 + (i * 53 + id) % 4000);
		TOK(obj, IN, pread64, fd, buf, 1 + i % 700, i * 3);
		TOK(obj, IN, readv, fd, in, 2);
		TOK(obj, IN, preadv, fd, in, 2, i, 0);
		TOK(obj, IN, preadv2, fd, in, 1, i, 0, 0);
		/* at the end: 0 bytes */
		TOK(obj, IN, pread64, fd, buf, sizeof(buf), 1L << 40);
		/* a bad buffer */
		T(obj, IN, pread64, fd, (void *)8, 100, 0);
	}
	TOK(obj, NONE, close, fd);
}

static void rw(void)
{
	long n = arg(2, 1);
	pthread_t t[256];

	for (long i = 1; i < n; i++)
		t[i] = truth_spawn(NULL, rw_thread, (void *)i);
	rw_thread(NULL);
	for (long i = 1; i < n; i++)
		pthread_join(t[i], NULL);
}

/* shared DIR [LOOPS [THREADS]]: all threads on one file, one byte at a time. */
static int shared_obj, shared_fd;

static void shared_thread(void *p)
{
	long loops = arg(1, 1000);
	char c;

	(void)p;
	for (long i = 0; i < loops; i++)
		TOK(shared_obj, IN, pread64, shared_fd, &c, 1, i % 4096);
	truth_note(shared_obj, SYS_pread64, "pread64", 0, 0, 0, 0);
}

static void shared(void)
{
	static const char data[4096];
	long n = arg(2, 200);
	pthread_t t[512];

	shared_fd = open_noted("shared", O_RDWR | O_CREAT | O_TRUNC, &shared_obj);
	TOK(shared_obj, OUT, write, shared_fd, data, sizeof(data));
	for (long i = 0; i < n; i++)
		t[i] = truth_spawn(NULL, shared_thread, NULL);
	for (long i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	TOK(shared_obj, NONE, close, shared_fd);
}

/* opens DIR [LOOPS]: every way to open, and the ways it fails. */
static int fails(const char *path, int flags)
{
	int obj = truth_obj("path", "%s", path);

	T(obj, NONE, openat, AT_FDCWD, path, flags, 0644);
	return obj;
}

static void opens(void)
{
	struct open_how how = {.flags = O_RDONLY};
	char file[300], missing[300], notdir[300], loop[300];
	int ok, dirobj, none, loop_obj, dfd, fd;

	path_in(file, "opens");
	path_in(missing, "no/such/file");
	path_in(loop, "loop");
	snprintf(notdir, sizeof(notdir), "%.290s/x", file);
	loop_obj = truth_obj("path", "%s", loop);
	T(loop_obj, NONE, unlink, loop);
	/* calls by path that succeed have no descriptor, and so no object */
	TOK(0, NONE, symlink, "loop", loop);
	ok = truth_obj("file", "%s", file);
	dirobj = truth_obj("dir", "%s", dir);
	none = truth_obj("path", "%s", missing);
	dfd = (int)TOK(dirobj, NONE, openat, AT_FDCWD, dir, O_RDONLY | O_DIRECTORY);
	for (long i = 0; i < arg(1, 50); i++) {
		fd = (int)TOK(ok, NONE, openat, AT_FDCWD, file, O_RDWR | O_CREAT, 0644);
		TOK(ok, NONE, close, fd);
		fd = (int)TOK(ok, NONE, open, file, O_RDONLY);
		TOK(ok, NONE, close, fd);
		fd = (int)TOK(ok, NONE, creat, file, 0644);
		TOK(ok, NONE, close, fd);
		fd = (int)TOK(ok, NONE, openat2, dfd, "opens", &how, sizeof(how));
		TOK(ok, NONE, close, fd);
		fd = (int)TOK(ok, NONE, openat, dfd, "opens", O_RDONLY);
		TOK(ok, NONE, close, fd);
		T(none, NONE, openat, AT_FDCWD, missing, O_RDONLY);
		T(none, NONE, open, missing, O_RDONLY);
		T(none, NONE, openat2, AT_FDCWD, missing, &how, sizeof(how));
	}
	fails(notdir, O_RDONLY);
	fails(dir, O_WRONLY);
	fails(loop, O_RDONLY);
	fails(file, O_CREAT | O_EXCL | O_RDWR);
	fails("", O_RDONLY);
	/* descriptors that are not open have no object */
	for (int i = 0; i < 9; i++)
		T(0, NONE, close, 12345);
	for (int i = 0; i < 7; i++)
		T(0, IN, read, -1, file, 10);
	/* the object is known although the call is refused */
	fd = (int)TOK(ok, NONE, openat, AT_FDCWD, file, O_RDONLY);
	for (int i = 0; i < 5; i++)
		T(ok, OUT, write, fd, "x", 1);
	TOK(ok, NONE, close, fd);
	TOK(dirobj, NONE, close, dfd);
	TOK(0, NONE, unlink, loop);
}

/* dups DIR [LOOPS]: one file under many numbers, in parent and children. */
static int dup_obj, dup_fd;

static void dup_child(void *p)
{
	int own = (int)TOK(dup_obj, NONE, dup, dup_fd);

	for (long i = 0; i < arg(1, 100); i++) {
		TOK(dup_obj, OUT, write, dup_fd, "inherited", 9);
		TOK(dup_obj, OUT, write, own, p, 3);
	}
	TOK(dup_obj, NONE, close, own);
}

static void dups(void)
{
	int a, b, c;
	pid_t child;

	dup_fd = open_noted("dups", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, &dup_obj);
	a = (int)TOK(dup_obj, NONE, dup, dup_fd);
	b = (int)TOK(dup_obj, NONE, dup3, dup_fd, 77, O_CLOEXEC);
	c = (int)TOK(dup_obj, NONE, fcntl, dup_fd, F_DUPFD_CLOEXEC, 100);
	for (long i = 0; i < arg(1, 100); i++) {
		TOK(dup_obj, OUT, write, a, "a", 1);
		TOK(dup_obj, OUT, write, b, "bb", 2);
		TOK(dup_obj, OUT, write, c, "ccc", 3);
	}
	child = truth_fork("wl-dup-child", dup_child, "own");
	truth_reap(child);
	/* another open of the same file is the same object */
	TOK(dup_obj, NONE, close, dup_fd);
	dup_fd = (int)TOK(dup_obj, NONE, openat, AT_FDCWD, truth->objs[dup_obj].name, O_WRONLY | O_APPEND);
	TOK(dup_obj, OUT, write, dup_fd, "again", 5);
	TOK(dup_obj, NONE, close, dup_fd);
	TOK(dup_obj, NONE, close, a);
	TOK(dup_obj, NONE, close, b);
	TOK(dup_obj, NONE, close, c);
}

/* The second half of a call with two objects: bytes, but no call. */
static void second(int obj, long nr, const char *call, long bytes)
{
	truth_note(obj, nr, call, 0, 0, 0, bytes > 0 ? (uint64_t)bytes : 0);
}

static int pipe_noted(int ends[2])
{
	struct stat st;

	if (pipe(ends) < 0 || fstat(ends[0], &st) < 0)
		die("pipe");
	return truth_obj("pipe", "pipe:[%lu]", (unsigned long)st.st_ino);
}

/* copies DIR [LOOPS]: sendfile, copy_file_range, splice, tee, vmsplice. */
static void copies(void)
{
	static char data[20000];
	struct iovec iov = {data, 3000};
	int src_obj, dst_obj, p_obj, q_obj, src, dst, p[2], q[2];
	char buf[4096];
	long n;

	src = open_noted("copy-src", O_RDWR | O_CREAT | O_TRUNC, &src_obj);
	dst = open_noted("copy-dst", O_RDWR | O_CREAT | O_TRUNC, &dst_obj);
	p_obj = pipe_noted(p);
	q_obj = pipe_noted(q);
	TOK(src_obj, OUT, write, src, data, sizeof(data));
	for (long i = 0; i < arg(1, 20); i++) {
		off_t off = i;
		loff_t in = i * 3, out = i * 5;

		n = TOK(src_obj, IN, sendfile, dst, src, &off, 5000 + i);
		second(dst_obj, SYS_sendfile, "sendfile", n);
		n = TOK(src_obj, IN, copy_file_range, src, &in, dst, &out, 1000 + i, 0);
		second(dst_obj, SYS_copy_file_range, "copy_file_range", n);
		in = i;
		n = TOK(src_obj, IN, splice, src, &in, p[1], NULL, 2000 + i, 0);
		second(p_obj, SYS_splice, "splice", n);
		n = TOK(p_obj, IN, tee, p[0], q[1], 1000, 0);
		second(q_obj, SYS_tee, "tee", n);
		n = TOK(p_obj, IN, splice, p[0], NULL, dst, NULL, 700, 0);
		second(dst_obj, SYS_splice, "splice", n);
		TOK(p_obj, IN, read, p[0], buf, sizeof(buf));
		TOK(q_obj, IN, read, q[0], buf, sizeof(buf));
		TOK(p_obj, OUT, vmsplice, p[1], &iov, 1, 0);
		TOK(p_obj, IN, read, p[0], buf, sizeof(buf));
		TOK(q_obj, OUT, write, q[1], data, 100 + i);
		TOK(q_obj, IN, read, q[0], buf, sizeof(buf));
	}
	TOK(src_obj, NONE, close, src);
	TOK(dst_obj, NONE, close, dst);
}

/* before DIR [LOOPS]: the file is open before the monitor looks. */
static int before_obj, before_fd, before_pipe[2], before_pipe_obj;

static void before_setup(void)
{
	in_dir();
	before_fd = open_noted("before", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, &before_obj);
	before_pipe_obj = pipe_noted(before_pipe);
}

static void before(void)
{
	char c[4];

	for (long i = 0; i < arg(1, 1000); i++) {
		TOK(before_obj, OUT, write, before_fd, "0123456789", 1 + i % 10);
		TOK(before_obj, IN, pread64, before_fd, c, 4, 0);
		TOK(before_pipe_obj, OUT, write, before_pipe[1], "abc", 3);
		TOK(before_pipe_obj, IN, read, before_pipe[0], c, 3);
	}
	TOK(before_obj, NONE, close, before_fd);
}

/* many DIR [FILES [LOOPS]]: a lot of different objects. */
static void many(void)
{
	char name[64], c[16];

	for (long i = 0; i < arg(1, 2000); i++) {
		int obj, fd;

		snprintf(name, sizeof(name), "many-%ld", i);
		fd = open_noted(name, O_RDWR | O_CREAT | O_TRUNC, &obj);
		for (long j = 0; j < arg(2, 2); j++) {
			TOK(obj, OUT, write, fd, "0123456789abcdef", 1 + i % 16);
			TOK(obj, IN, pread64, fd, c, 16, 0);
		}
		TOK(obj, NONE, close, fd);
	}
}

/* bytes DIR COUNT: one-byte reads as fast as they go (for load and the bench). */
static void bytes(void)
{
	int obj, fd;
	char c;

	fd = open_noted("bytes", O_RDWR | O_CREAT | O_TRUNC, &obj);
	TOK(obj, OUT, write, fd, "x", 1);
	for (long i = 0; i < arg(1, 1000000); i++)
		syscall(SYS_pread64, fd, &c, 1, 0);
	truth_note(obj, SYS_pread64, "pread64", 0, (uint64_t)arg(1, 1000000), (uint64_t)arg(1, 1000000), 0);
	TOK(obj, NONE, close, fd);
}

/* script DIR: a fixed sequence for the spy and strace; every call once or twice. */
static void script(void)
{
	static const char text[] = "echo: tab\t nul\0 esc\033[31m high\xff\n";
	char buf[64], path[300];
	struct stat st;
	int obj, fd;

	fd = open_noted("script", O_RDWR | O_CREAT | O_TRUNC, &obj);
	TOK(obj, OUT, write, fd, text, sizeof(text));
	TOK(obj, NONE, lseek, fd, 0, SEEK_SET);
	TOK(obj, IN, read, fd, buf, sizeof(buf));
	TOK(obj, OUT, pwrite64, fd, "second", 6, 100);
	TOK(obj, NONE, fstat, fd, &st);
	TOK(obj, NONE, ftruncate, fd, 50);
	path_in(path, "script-missing");
	fails(path, O_RDONLY | O_CLOEXEC);
	TOK(obj, NONE, close, fd);
}

static const struct workload all[] = {
	{"rw", "DIR [LOOPS [THREADS]]  read and write families, a file per thread", in_dir, rw},
	{"shared", "DIR [LOOPS [THREADS]]  all threads read one file", in_dir, shared},
	{"opens", "DIR [LOOPS]  opens of every kind, failing ones too", in_dir, opens},
	{"dups", "DIR [LOOPS]  duplicated and inherited descriptors", in_dir, dups},
	{"copies", "DIR [LOOPS]  calls with two objects", in_dir, copies},
	{"before", "DIR [LOOPS]  descriptors opened before \"ready\"", before_setup, before},
	{"many", "DIR [FILES [LOOPS]]  many different files", in_dir, many},
	{"bytes", "DIR [COUNT]  one-byte reads at full speed", in_dir, bytes},
	{"script", "DIR  a short fixed sequence", in_dir, script},
	{0},
};

int main(int argc, char **argv)
{
	return truth_main(argc, argv, all);
}
