/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call.bpf.h - number, arguments and class of a system call, native or 32-bit.
 */
#ifndef CTOP_BPF_CALL_H
#define CTOP_BPF_CALL_H

static __always_inline u16 call_nr(struct task_struct *task, u64 id)
{
	if (id >= WIRE_NR_COMPAT)
		return WIRE_NR_NONE;
	return id | (task_is_compat(task) ? WIRE_NR_COMPAT : 0);
}

/* i386's one number for all socket calls: which one, and a pointer to its arguments. The rest of us sees the call behind it. */
enum { NR_SOCKETCALL = 102, SOCKETCALLS = 21 };

static const struct {
	u16 nr;
	u8 nargs;
} socketcalls[SOCKETCALLS] = {
	/* include/uapi/linux/net.h; accept, send and recv have no number of their own */
	[1] = { 359, 3 }, [2] = { 361, 3 },  [3] = { 362, 3 },  [4] = { 363, 2 },  [5] = { 364, 3 },
	[6] = { 367, 3 }, [7] = { 368, 3 },  [8] = { 360, 4 },  [9] = { 369, 4 },  [10] = { 371, 4 },
	[11] = { 369, 6 }, [12] = { 371, 6 }, [13] = { 373, 2 }, [14] = { 366, 5 }, [15] = { 365, 5 },
	[16] = { 370, 3 }, [17] = { 372, 3 }, [18] = { 364, 4 }, [19] = { 337, 5 }, [20] = { 345, 4 },
};

__noinline u32 socketcall_nr(u32 which)
{
	u32 nr = which < SOCKETCALLS ? socketcalls[which].nr : 0;

	return WIRE_NR_COMPAT | (nr ? nr : NR_SOCKETCALL);
}

/* The number of a call that has returned. */
static __always_inline u16 call_nr_done(struct task_struct *task, struct pt_regs *regs)
{
	u16 nr = call_nr(task, regs->orig_ax);

	return nr == (WIRE_NR_COMPAT | NR_SOCKETCALL) ? socketcall_nr(regs->bx) : nr;
}

/* NULL for numbers beyond the table. */
static __always_inline const volatile struct call_desc *call_desc_of(u16 nr)
{
	u32 i = nr & ~WIRE_NR_COMPAT;

	if (i >= WIRE_SYSCALLS)
		return NULL;
	asm volatile("" : "+r"(i)); /* the sum is made here, of what was checked */
	return &calls[i + (nr & WIRE_NR_COMPAT ? WIRE_SYSCALLS : 0)];
}

/* All arguments of the current call. The entry code keeps them in pt_regs until the return to user mode. */
struct call_args {
	u64 v[8]; /* 6 used: any masked index is in bounds */
};

/* Makes those of a 32-bit call out of those of a native one, and of what a native one has elsewhere. */
__noinline int args_of_32(struct call_args *a, u32 bx, u32 cx, u32 bp, u32 is_socketcall)
{
	u32 v[8] = {}; /* 6 used: any masked length is in bounds */

	if (!a)
		return 0;
	v[0] = bx;
	v[1] = cx;
	v[2] = a->v[2]; /* dx */
	v[3] = a->v[1]; /* si */
	v[4] = a->v[0]; /* di */
	v[5] = bp;
	if (is_socketcall && bx < SOCKETCALLS) {
		__builtin_memset(v, 0, sizeof(v));
		bpf_probe_read_user(v, socketcalls[bx].nargs * 4 & 31, (void *)(u64)cx);
	}
	for (u32 i = 0; i < 6; i++)
		a->v[i] = v[i];
	return 0;
}

static __always_inline void read_args(struct call_args *a, struct pt_regs *regs, u16 nr)
{
	a->v[0] = regs->di;
	a->v[1] = regs->si;
	a->v[2] = regs->dx;
	a->v[3] = regs->r10;
	a->v[4] = regs->r8;
	a->v[5] = regs->r9;
	a->v[6] = a->v[7] = 0;
	if (nr & WIRE_NR_COMPAT)
		args_of_32(a, regs->bx, regs->cx, regs->bp,
			   regs->orig_ax == NR_SOCKETCALL && nr != (WIRE_NR_COMPAT | NR_SOCKETCALL));
}

static __always_inline u64 call_arg(const struct call_args *a, u8 n)
{
	return a->v[n & 7];
}

/* The same for the saved registers of another thread. */
static __always_inline u64 saved_arg(struct pt_regs *regs, u32 n, u16 nr)
{
	if (nr & WIRE_NR_COMPAT) {
		switch (n) {
		case 0: return (u32)BPF_CORE_READ(regs, bx);
		case 1: return (u32)BPF_CORE_READ(regs, cx);
		case 2: return (u32)BPF_CORE_READ(regs, dx);
		case 3: return (u32)BPF_CORE_READ(regs, si);
		case 4: return (u32)BPF_CORE_READ(regs, di);
		default: return (u32)BPF_CORE_READ(regs, bp);
		}
	}
	switch (n) {
	case 0: return BPF_CORE_READ(regs, di);
	case 1: return BPF_CORE_READ(regs, si);
	case 2: return BPF_CORE_READ(regs, dx);
	case 3: return BPF_CORE_READ(regs, r10);
	case 4: return BPF_CORE_READ(regs, r8);
	default: return BPF_CORE_READ(regs, r9);
	}
}

/* errno of a result, 0 = success. The kernel's restart codes (512-516) mean: interrupted. */
static __always_inline u16 call_errno(s64 ret)
{
	if (ret >= 0 || ret < -4095)
		return 0;
	return ret <= -512 && ret >= -516 ? EINTR : -ret;
}

/* Bytes of a sendmmsg/recvmmsg: the kernel wrote each message's length behind its header. */
enum {
	MMSG_MAX = 1024 /* UIO_MAXIOV */, MMSG_PART = 32,
	MMSG_SIZE = 64, MMSG_LEN_AT = 56, MMSG_SIZE_32 = 32, MMSG_LEN_AT_32 = 28,
};

__noinline u64 mmsg_part(u64 first_len, u32 messages, u32 size)
{
	u64 sum = 0;

	for (u32 i = 0; i < MMSG_PART; i++) {
		u32 len = 0;

		if (i >= messages)
			break;
		bpf_probe_read_user(&len, sizeof(len), (void *)(first_len + i * size));
		sum += len;
	}
	return sum;
}

__noinline u64 mmsg_bytes(u64 vec, u32 messages, u32 nr)
{
	u32 size = nr & WIRE_NR_COMPAT ? MMSG_SIZE_32 : MMSG_SIZE;
	u64 sum = 0;

	vec += nr & WIRE_NR_COMPAT ? MMSG_LEN_AT_32 : MMSG_LEN_AT;
	for (u32 i = 0; i < MMSG_MAX / MMSG_PART; i++) {
		if (i * MMSG_PART >= messages)
			break;
		sum += mmsg_part(vec + i * MMSG_PART * size, messages - i * MMSG_PART, size);
	}
	return sum;
}

#endif
