/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_sync.c - futexes: arguments that depend on the operation. */
#include <linux/futex.h>
#include <time.h>

#include "spy.h"

int main(void)
{
	struct timespec ms = {0, 1000000};
	uint32_t word = 0, other = 0;

	begin();
	expect("futex(%s, FUTEX_WAIT_PRIVATE, 0, {tv_sec=0, tv_nsec=1000000}) = %s", ptr(&word),
	       res(CALL(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms, NULL, 0)));
	expect("futex(%s, FUTEX_WAIT, 1, NULL) = %s", ptr(&word),
	       res(CALL(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0)));
	expect("futex(%s, FUTEX_WAKE_PRIVATE, 2147483647) = %s", ptr(&word),
	       res(CALL(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0)));
	expect("futex(%s, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=1000000}, "
	       "FUTEX_BITSET_MATCH_ANY) = %s",
	       ptr(&word),
	       res(CALL(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &ms, NULL,
			-1)));
	expect("futex(%s, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, %s, 0) = %s", ptr(&word), ptr(&other),
	       res(CALL(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &other, 0)));
	expect("futex(%s, FUTEX_WAKE_OP_PRIVATE, 1, 1, %s, FUTEX_OP_SET<<28|0<<12|FUTEX_OP_CMP_GT<<24|0x1) = "
	       "%s",
	       ptr(&word), ptr(&other),
	       res(CALL(SYS_futex, &word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &other,
			FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GT, 1))));
	expect("futex(%s, FUTEX_UNLOCK_PI) = %s", ptr(&word),
	       res(CALL(SYS_futex, &word, FUTEX_UNLOCK_PI, 0, 0, 0, 0)));
	expect("membarrier(0x4000000 /* MEMBARRIER_CMD_??? */, 0) = %s",
	       res(CALL(SYS_membarrier, 1 << 26, 0, 0)));
	return done();
}
