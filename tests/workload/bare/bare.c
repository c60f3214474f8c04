/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare.c - a program without a C library, built for 64 and for 32 bit: it starts
 * and ends in a fraction of a millisecond, and makes exactly the calls that stand
 * here.
 *
 *	short       BARE_CALLS times getppid(), one pwrite64() to BARE_FILE_FD
 *	io LOOPS    (32 bit) reads and writes of every family; counts go to BARE_REPORT_FD
 */
#include "bare.h"

typedef unsigned long ulong;

struct iov {
	ulong base, len;
};

struct msg {
	ulong name, name_len, iov, iov_len, control, control_len, flags;
};

struct mmsg {
	struct msg msg;
	unsigned len;
};

#ifdef __i386__
enum {
	NR_exit_group = 252,
	NR_getppid = 64,
	NR_read = 3,
	NR_write = 4,
	NR_lseek = 19,
	NR_readv = 145,
	NR_writev = 146,
	NR_pread64 = 180,
	NR_pwrite64 = 181,
	NR_preadv = 333,
	NR_pwritev = 334,
	NR_preadv2 = 378,
	NR_pwritev2 = 379,
	NR_mmap2 = 192,
	NR_sendto = 369,
	NR_recvfrom = 371,
	NR_sendmsg = 370,
	NR_recvmsg = 372,
	NR_sendmmsg = 345,
	NR_recvmmsg = 337,
	NR_socketcall = 102,
};

static long call(long nr, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f)
{
	ulong three[3] = {a, b, f}, *at = three;
	long ret;

	/* the compiler may need ebx and ebp itself */
	__asm__ volatile(
		"push %%ebx; push %%ebp; mov (%%ecx), %%ebx; mov 8(%%ecx), %%ebp; mov 4(%%ecx), %%ecx;"
		"int $0x80; pop %%ebp; pop %%ebx"
		: "=a"(ret), "+c"(at)
		: "0"(nr), "d"(c), "S"(d), "D"(e)
		: "memory");
	return ret;
}
#else
enum { NR_exit_group = 231, NR_getppid = 110, NR_pwrite64 = 18 };

static long call(long nr, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f)
{
	register ulong r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#endif

__attribute__((noreturn)) static void leave(int status)
{
	for (;;)
		call(NR_exit_group, (ulong)status, 0, 0, 0, 0, 0);
}

#ifdef __i386__
enum dir { IN, OUT };

static struct bare_report *report;
static char data[8192];

static void note(const char *name, unsigned obj, enum dir dir, unsigned bytes)
{
	struct bare_row *r = report->rows;
	unsigned i, at = 0;

	for (i = 0; i < report->n; i++, r++) {
		for (at = 0; name[at] && name[at] == r->call[at]; at++)
			;
		if (!name[at] && !r->call[at] && r->obj == obj)
			break;
	}
	if (i == report->n) {
		if (i == BARE_ROWS)
			leave(3);
		report->n++;
		for (at = 0; name[at]; at++)
			r->call[at] = name[at];
		r->obj = obj;
	}
	r->calls++;
	*(dir == IN ? &r->in : &r->out) += bytes;
}

/* A call that must succeed and whose result is bytes. */
#define C(obj, dir, name, ...)                                                                               \
	do {                                                                                                 \
		long ret_ = C_(NR_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0);                                  \
		if (ret_ < 0)                                                                                \
			leave(10 + NR_##name % 100);                                                         \
		note(#name, obj, dir, (unsigned)ret_);                                                       \
	} while (0)
#define C_(nr, a, b, c, d, e, f, ...)                                                                        \
	call(nr, (ulong)(a), (ulong)(b), (ulong)(c), (ulong)(d), (ulong)(e), (ulong)(f))

static void file_calls(unsigned i)
{
	struct iov out[2] = {{(ulong)data, 10}, {(ulong)data, 23}},
		   in[2] = {{(ulong)data, 7}, {(ulong)data, 400}};

	C(0, OUT, write, BARE_FILE_FD, data, 1 + i * 37 % 5000);
	C(0, OUT, pwrite64, BARE_FILE_FD, data, 100 + i % 13, i * 11, 0);
	C(0, OUT, writev, BARE_FILE_FD, out, 2);
	C(0, OUT, pwritev, BARE_FILE_FD, out, 2, i * 5, 0);
	C(0, OUT, pwritev2, BARE_FILE_FD, out, 1, i * 7, 0, 0);
	C(0, IN, read, BARE_FILE_FD, data, 10);
	C(0, IN, pread64, BARE_FILE_FD, data, 1 + i % 700, i * 3, 0);
	C(0, IN, readv, BARE_FILE_FD, in, 2);
	C(0, IN, preadv, BARE_FILE_FD, in, 2, i, 0);
	C(0, IN, preadv2, BARE_FILE_FD, in, 1, i, 0, 0);
}

static void mmsg(unsigned obj, enum dir dir, unsigned n)
{
	struct mmsg m[4] = {0};
	struct iov iov[4];
	unsigned bytes = 0;
	long ret;

	for (unsigned i = 0; i < n; i++) {
		iov[i] = (struct iov){(ulong)data, dir == OUT ? 11 + i : 1000};
		m[i].msg.iov = (ulong)&iov[i];
		m[i].msg.iov_len = 1;
	}
	ret = call(dir == OUT ? NR_sendmmsg : NR_recvmmsg, BARE_SOCK_FD + (obj - 1), (ulong)m, n, 0, 0, 0);
	if (ret != (long)n)
		leave(5);
	for (unsigned i = 0; i < n; i++)
		bytes += m[i].len;
	note(dir == OUT ? "sendmmsg" : "recvmmsg", obj, dir, bytes);
}

/* The old way to all socket calls: one number, arguments in memory. Known by the name of the call behind it.
 */
static void old_call(const char *name, unsigned obj, enum dir dir, unsigned which, ulong b, ulong c, ulong d)
{
	ulong args[6] = {BARE_SOCK_FD + (obj - 1), b, c, d, 0, 0};
	long ret = call(NR_socketcall, which, (ulong)args, 0, 0, 0, 0);

	if (ret < 0)
		leave(6);
	note(name, obj, dir, (unsigned)ret);
}

static void socket_calls(unsigned i)
{
	struct iov iov[2] = {{(ulong)data, 10 + i % 90}, {(ulong)data, 5}};
	struct msg m = {.iov = (ulong)iov, .iov_len = 2};

	C(1, OUT, sendto, BARE_SOCK_FD, data, 1 + i % 90, 0, 0, 0);
	C(2, IN, recvfrom, BARE_SOCK_FD + 1, data, 1000, 0, 0, 0);
	C(1, OUT, sendmsg, BARE_SOCK_FD, &m, 0);
	iov[0].len = 1000;
	C(2, IN, recvmsg, BARE_SOCK_FD + 1, &m, 0);
	mmsg(1, OUT, 4);
	mmsg(2, IN, 4);
	old_call("sendto", 1, OUT, 9, (ulong)data, 33, 0);     /* SYS_SEND */
	old_call("recvfrom", 2, IN, 10, (ulong)data, 1000, 0); /* SYS_RECV */
	old_call("sendto", 1, OUT, 11, (ulong)data, 44, 0);
	old_call("recvfrom", 2, IN, 12, (ulong)data, 1000, 0);
	iov[0].len = 66;
	m = (struct msg){.iov = (ulong)iov, .iov_len = 2};
	old_call("sendmsg", 1, OUT, 16, (ulong)&m, 0, 0);
	old_call("recvmsg", 2, IN, 17, (ulong)&m, 0, 0);
}

static void io(unsigned loops)
{
	/* PROT_READ | PROT_WRITE, MAP_SHARED */
	report = (void *)call(NR_mmap2, 0, sizeof(*report), 3, 1, BARE_REPORT_FD, 0);
	if ((long)report < 0 && (long)report > -4096)
		leave(4);
	for (unsigned i = 0; i < loops; i++) {
		file_calls(i);
		socket_calls(i);
		C(0, IN, lseek, BARE_FILE_FD, 0, 0);
	}
}
#endif

__attribute__((noreturn, used)) static void start(long *stack)
{
	char **argv = (char **)(stack + 1);

	if (argv[1][0] == 's') {
		for (int i = 0; i < BARE_CALLS; i++)
			call(NR_getppid, 0, 0, 0, 0, 0, 0);
		if (call(NR_pwrite64, BARE_FILE_FD, (ulong) "0123456789", BARE_BYTES, 0, 0, 0) != BARE_BYTES)
			leave(2);
		leave(0);
	}
#ifdef __i386__
	unsigned loops = 0;

	for (const char *s = argv[2]; *s; s++)
		loops = loops * 10 + (unsigned)(*s - '0');
	io(loops);
	leave(0);
#endif
	leave(9);
}

#ifdef __i386__
__asm__(".globl _start\n_start: mov %esp, %eax; and $-16, %esp; sub $12, %esp; push %eax; call start");
#else
__asm__(".globl _start\n_start: mov %rsp, %rdi; and $-16, %rsp; call start");
#endif
