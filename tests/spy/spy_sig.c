/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_sig.c - signals: actions, masks, sending. */
#include <signal.h>

#include "spy.h"

struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

int main(void)
{
	struct kernel_action ign = {(void *)1, 0x10000000, NULL, 1 << (SIGINT - 1) | 1ull << 34}, old = {0};
	uint64_t some = 1 << (SIGUSR1 - 1) | 1 << (SIGTERM - 1), most = ~(1ull << (SIGKILL - 1)), got;
	stack_t none;

	begin();
	expect("rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=[INT RT_3], sa_flags=SA_RESTART}, "
	       "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = %s",
	       res(CALL(SYS_rt_sigaction, SIGUSR1, &ign, &old, 8)));
	expect("rt_sigaction(SIGRT_2, NULL, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = %s",
	       res(CALL(SYS_rt_sigaction, 34, NULL, &old, 8)));
	expect("rt_sigaction(SIGKILL, {sa_handler=SIG_IGN, sa_mask=[INT RT_3], sa_flags=SA_RESTART}, NULL, "
	       "8) = %s",
	       res(CALL(SYS_rt_sigaction, SIGKILL, &ign, NULL, 8)));
	expect("rt_sigprocmask(SIG_BLOCK, [USR1 TERM], [], 8) = %s",
	       res(CALL(SYS_rt_sigprocmask, SIG_BLOCK, &some, &got, 8)));
	expect("rt_sigprocmask(SIG_SETMASK, ~[KILL], [USR1 TERM], 8) = %s",
	       res(CALL(SYS_rt_sigprocmask, SIG_SETMASK, &most, &got, 8)));
	expect("rt_sigprocmask(0x9 /* SIG_??? */, [USR1 TERM], NULL, 8) = %s",
	       res(CALL(SYS_rt_sigprocmask, 9, &some, NULL, 8)));
	expect("kill(%d, SIGTERM) = %s", getpid(), res(CALL(SYS_kill, getpid(), SIGTERM)));
	expect("tgkill(%d, %d, SIGRTMIN) = %s", getpid(), getpid(),
	       res(CALL(SYS_tgkill, getpid(), getpid(), 32)));
	expect("rt_sigpending([TERM RTMIN], 8) = %s", res(CALL(SYS_rt_sigpending, &got, 8)));
	expect("kill(2147483647, 0) = %s", res(CALL(SYS_kill, 0x7fffffff, 0)));
	expect("sigaltstack(NULL, {ss_sp=NULL, ss_flags=SS_DISABLE, ss_size=0}) = %s",
	       res(CALL(SYS_sigaltstack, NULL, &none)));
	return done();
}
