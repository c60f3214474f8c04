/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_compat.c - 32-bit system calls, made by int 0x80: other numbers, other layouts. */
#include <sys/mman.h>
#include <sys/stat.h>

#include "spy.h"

static long call32(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		   unsigned long e)
{
	long rc;

	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)rc;
}

/* Strings and buffers must lie in the first 4 GiB. */
static char *low;

static unsigned long at(size_t off, const void *data, size_t len)
{
	memcpy(low + off, data, len);
	return (unsigned long)(low + off);
}

int main(void)
{
	unsigned long path, text;
	long a;

	begin();
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		return 1;
	path = at(0, "data", 5);
	text = at(100, "hello", 6);
	a = call32(5, path, O_RDWR | O_CREAT | 0x8000, 0600, 0, 0);
	if (a == -ENOSYS) /* kernel without 32-bit calls */
		return done();
	expect("open(\"data\", O_RDWR|O_CREAT|O_LARGEFILE, 0600) = %s", fd(a));
	expect("write(%s, \"hello\", 5) = %s", fd(a), res(call32(4, (unsigned long)a, text, 5, 0, 0)));
	expect("pwrite64(%s, \"hel\", 3, 4294967301) = %s", fd(a),
	       res(call32(181, (unsigned long)a, text, 3, 5, 1)));
	expect("pread64(%s, \"hel\", 3, 4294967301) = %s", fd(a),
	       res(call32(180, (unsigned long)a, text, 3, 5, 1)));
	expect("lseek(%s, -1, SEEK_SET) = %s", fd(a), res(call32(19, (unsigned long)a, 0xffffffff, 0, 0, 0)));
	((uint32_t *)(low + 200))[0] = (uint32_t)text;
	((uint32_t *)(low + 200))[1] = 2;
	expect("writev(%s, %s, 1) = %s", fd(a), ptr(low + 200),
	       res(call32(146, (unsigned long)a, (unsigned long)low + 200, 1, 0, 0)));
	expect("ftruncate64(%s, 4294967296) = %s", fd(a), res(call32(194, (unsigned long)a, 0, 1, 0, 0)));
	expect("fstat64(%s, %s) = %s", fd(a), ptr(low + 300),
	       res(call32(197, (unsigned long)a, (unsigned long)low + 300, 0, 0, 0)));
	expect("getpid() = %s", res(call32(20, 0, 0, 0, 0, 0)));
	expect("access(\"data\", R_OK) = %s", res(call32(33, path, R_OK, 0, 0, 0)));
	expect("mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = %s",
	       ptr((void *)(call32(192, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0xffffffff) &
			    0xffffffff)));
	return done();
}
