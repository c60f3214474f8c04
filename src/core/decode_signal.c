/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_signal.c - signal sets, actions and information; wait status. */
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/decode_impl.h"

/* [INT RT_3], or what is missing when most are set: ~[KILL STOP] */
static void dec_sigset_value(struct dec *d, uint64_t set)
{
	bool inverted = __builtin_popcountll(set) >= 64 * 2 / 3;
	uint64_t shown = inverted ? ~set : set;
	bool any = false;

	buf_adds(d->out, inverted ? "~[" : "[");
	for (int sig = 1; sig <= 64; sig++) {
		size_t start;

		if (!(shown >> (sig - 1) & 1))
			continue;
		if (any)
			buf_addc(d->out, ' ');
		/* without the "SIG" */
		start = d->out->len;
		dec_signal_name(d, sig);
		memmove(d->out->data + start, d->out->data + start + 3, d->out->len - start - 3 + 1);
		d->out->len -= 3;
		any = true;
	}
	buf_addc(d->out, ']');
}

void dec_sigset(struct dec *d)
{
	const void *p = dec_mem(d, 8);

	if (p)
		dec_sigset_value(d, get_u64(p, 0));
}

void dec_sigaction(struct dec *d)
{
	const void *p = dec_mem(d, 32);
	uint64_t handler, flags;

	if (!p)
		return;
	handler = get_u64(p, 0);
	flags = get_u64(p, 8);
	buf_adds(d->out, "{sa_handler=");
	if (handler <= 1)
		buf_adds(d->out, handler ? "SIG_IGN" : "SIG_DFL");
	else
		buf_addf(d->out, "%#" PRIx64, handler);
	buf_adds(d->out, ", sa_mask=");
	dec_sigset_value(d, get_u64(p, 24));
	buf_adds(d->out, ", sa_flags=");
	dec_bits(d, flags_of(sa_flags), flags & 0xffffffff);
	if (flags & 0x04000000) { /* SA_RESTORER */
		buf_adds(d->out, ", sa_restorer=");
		dec_addr(d, get_u64(p, 16));
	}
	buf_addc(d->out, '}');
}

void dec_stack(struct dec *d)
{
	const void *p = dec_mem(d, 24);

	if (!p)
		return;
	buf_adds(d->out, "{ss_sp=");
	dec_addr(d, get_u64(p, 0));
	buf_adds(d->out, ", ss_flags=");
	dec_bits(d, flags_of(ss_flags), get_u32(p, 8));
	buf_addf(d->out, ", ss_size=%" PRIu64 "}", get_u64(p, 16));
}

void dec_siginfo(struct dec *d)
{
	const void *p = dec_mem(d, 48);
	int32_t signo, code;

	if (!p)
		return;
	signo = (int32_t)get_u32(p, 0);
	code = (int32_t)get_u32(p, 8);
	if (!signo) { /* waitid(WNOHANG) that found nobody */
		buf_adds(d->out, "{}");
		return;
	}
	buf_adds(d->out, "{si_signo=");
	dec_signal_name(d, signo);
	buf_adds(d->out, ", si_code=");
	if (signo == SIGCHLD && code > 0 && code < 7)
		dec_enum(d, flags_of(cld_code), (uint64_t)code);
	else
		dec_enum(d, flags_of(si_code), (uint64_t)(int64_t)code);
	if (signo == SIGCHLD && code > 0) {
		int32_t status = (int32_t)get_u32(p, 24);

		buf_addf(d->out,
			 ", si_pid=%" PRId32 ", si_uid=%" PRIu32 ", si_status=", (int32_t)get_u32(p, 16),
			 get_u32(p, 20));
		if (code == CLD_EXITED)
			buf_addf(d->out, "%" PRId32, status);
		else
			dec_signal_name(d, status);
		buf_addf(d->out, ", si_utime=%" PRId64 ", si_stime=%" PRId64, get_s64(p, 32), get_s64(p, 40));
	} else if (code <= 0) {
		buf_addf(d->out, ", si_pid=%" PRId32 ", si_uid=%" PRIu32, (int32_t)get_u32(p, 16),
			 get_u32(p, 20));
	}
	buf_addc(d->out, '}');
}

void dec_sigevent(struct dec *d)
{
	const void *p = dec_mem(d, 64);

	if (!p)
		return;
	buf_adds(d->out, "{sigev_signo=");
	dec_signal_name(d, (int32_t)get_u32(p, 8));
	buf_adds(d->out, ", sigev_notify=");
	dec_enum(d, flags_of(sigev_notify), get_u32(p, 12));
	if (get_u32(p, 12) == 4)
		buf_addf(d->out, ", sigev_notify_thread_id=%" PRId32, (int32_t)get_u32(p, 16));
	buf_addc(d->out, '}');
}

/* --- wait --- */

void dec_wstatus(struct dec *d)
{
	const void *p;
	int s;

	if (d->ev->ret == 0) { /* WNOHANG and nobody there: not written */
		dec_addr(d, d->v);
		return;
	}
	p = dec_mem(d, 4);
	if (!p)
		return;
	s = (int)get_u32(p, 0);
	if (WIFEXITED(s)) {
		buf_addf(d->out, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(s));
	} else if (WIFSTOPPED(s)) {
		buf_adds(d->out, "[{WIFSTOPPED(s) && WSTOPSIG(s) == ");
		dec_signal_name(d, WSTOPSIG(s));
		buf_adds(d->out, "}]");
	} else if (WIFCONTINUED(s)) {
		buf_adds(d->out, "[{WIFCONTINUED(s)}]");
	} else {
		buf_adds(d->out, "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
		dec_signal_name(d, WTERMSIG(s));
		buf_adds(d->out, WCOREDUMP(s) ? " && WCOREDUMP(s)}]" : "}]");
	}
}
