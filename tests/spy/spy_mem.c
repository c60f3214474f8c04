/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_mem.c - mappings and advice. */
#include <sys/mman.h>

#include "spy.h"

int main(void)
{
	long a, p, q;

	begin();
	a = open("data", O_RDWR | O_CREAT, 0600);
	if (ftruncate((int)a, 8192))
		return 1;
	p = CALL(SYS_mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect("mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = %s",
	       ptr((void *)p));
	q = CALL(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED | MAP_POPULATE, a, 0x1000);
	expect("mmap(NULL, 4096, PROT_READ, MAP_SHARED|MAP_POPULATE, %s, 0x1000) = %s", fd(a),
	       ptr((void *)q));
	expect("mmap(NULL, 0, PROT_NONE, MAP_SHARED, %s, 0) = %s", fd(a),
	       res(CALL(SYS_mmap, NULL, 0, PROT_NONE, MAP_SHARED, a, 0)));
	expect("mprotect(%#lx, 4096, PROT_READ|PROT_EXEC) = %s", p,
	       res(CALL(SYS_mprotect, p, 4096, PROT_READ | PROT_EXEC)));
	expect("madvise(%#lx, 4096, MADV_DONTNEED) = %s", p, res(CALL(SYS_madvise, p, 4096, MADV_DONTNEED)));
	expect("msync(%#lx, 4096, MS_SYNC) = %s", q, res(CALL(SYS_msync, q, 4096, MS_SYNC)));
	expect("mlock(%#lx, 4096) = %s", p, res(CALL(SYS_mlock, p, 4096)));
	expect("munlock(%#lx, 4096) = %s", p, res(CALL(SYS_munlock, p, 4096)));
	expect("munmap(%#lx, 4096) = %s", q, res(CALL(SYS_munmap, q, 4096)));
	p = CALL(SYS_mmap, NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	q = CALL(SYS_mremap, p, 8192, 16384, MREMAP_MAYMOVE);
	expect("mremap(%#lx, 8192, 16384, MREMAP_MAYMOVE) = %s", p, ptr((void *)q));
	expect("mremap(0x1000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, 0x2000) = %s",
	       res(CALL(SYS_mremap, 0x1000, 4096, 4096, 3, 0x2000)));
	expect("brk(NULL) = %s", ptr((void *)CALL(SYS_brk, NULL)));
	expect("memfd_create(\"scratch\", MFD_CLOEXEC|MFD_ALLOW_SEALING) = %ld</memfd:scratch>",
	       a = CALL(SYS_memfd_create, "scratch", 3));
	expect("mlockall(0) = %s", res(CALL(SYS_mlockall, 0)));
	return done();
}
