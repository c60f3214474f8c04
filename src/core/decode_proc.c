/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_proc.c - processes and threads: clone, futex, prctl, capabilities, scheduling. */
#include <inttypes.h>

#include "core/decode_impl.h"

/* --- clone --- */

enum { SETTLS = 0x80000, PARENT_SETTID = 0x100000, CHILD_CLEARTID = 0x200000, CHILD_SETTID = 0x1000000 };
enum { PIDFD = 0x1000 };

static uint64_t clone_flags_of(const struct dec *d)
{
	return d->ev->args[0];
}

void dec_clone_flags(struct dec *d)
{
	uint32_t flags = (uint32_t)d->v & ~0xffu;

	buf_adds(d->out, "flags=");
	if (flags)
		dec_bits(d, flags_of(clone_flags), flags);
	if (d->v & 0xff) { /* signal to the parent when the child ends */
		buf_adds(d->out, flags ? "|" : "");
		dec_signal_name(d, (int)(d->v & 0xff));
	} else if (!flags) {
		buf_addc(d->out, '0');
	}
}

void dec_clone_stack(struct dec *d)
{
	buf_adds(d->out, "child_stack=");
	dec_addr(d, d->v);
}

void dec_clone_ptid(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);

	d->omit = !(clone_flags_of(d) & (PARENT_SETTID | PIDFD));
	buf_adds(d->out, "parent_tid=");
	if (b && b->len >= 4 && !dec_failed(d) && !d->ev->in_progress)
		buf_addf(d->out, "[%" PRId32 "]", (int32_t)get_u32(b->data, 0));
	else
		dec_addr(d, d->v);
}

void dec_clone_ctid(struct dec *d)
{
	d->omit = !(clone_flags_of(d) & (CHILD_SETTID | CHILD_CLEARTID));
	buf_adds(d->out, "child_tidptr=");
	dec_addr(d, d->v);
}

void dec_clone_tls(struct dec *d)
{
	d->omit = !(clone_flags_of(d) & SETTLS);
	buf_addf(d->out, "tls=%#" PRIx64, d->v);
}

void dec_clone_args(struct dec *d)
{
	const void *p;
	uint64_t flags;

	/* when the child returns, its parent may have used that memory for something else */
	if (!d->ev->ret) {
		dec_addr(d, d->v);
		return;
	}
	p = dec_mem(d, 64);
	if (!p)
		return;
	flags = get_u64(p, 0);
	buf_adds(d->out, "{flags=");
	dec_bits(d, flags_of(clone3_flags), flags);
	if (flags & PIDFD) {
		buf_adds(d->out, ", pidfd=");
		dec_addr(d, get_u64(p, 8));
	}
	if (flags & (CHILD_SETTID | CHILD_CLEARTID)) {
		buf_adds(d->out, ", child_tid=");
		dec_addr(d, get_u64(p, 16));
	}
	if (flags & PARENT_SETTID) {
		buf_adds(d->out, ", parent_tid=");
		dec_addr(d, get_u64(p, 24));
	}
	buf_adds(d->out, ", exit_signal=");
	dec_signal_name(d, (int)get_u64(p, 32));
	buf_adds(d->out, ", stack=");
	dec_addr(d, get_u64(p, 40));
	buf_addf(d->out, ", stack_size=%#" PRIx64, get_u64(p, 48));
	if (flags & SETTLS) {
		buf_adds(d->out, ", tls=");
		dec_addr(d, get_u64(p, 56));
	}
	buf_addc(d->out, '}');
}

/* --- futex: which arguments mean something depends on the operation --- */

enum {
	F_WAIT,
	F_WAKE,
	F_FD,
	F_REQUEUE,
	F_CMP_REQUEUE,
	F_WAKE_OP,
	F_LOCK_PI,
	F_UNLOCK_PI,
	F_TRYLOCK_PI,
	F_WAIT_BITSET,
	F_WAKE_BITSET,
	F_WAIT_REQUEUE_PI,
	F_CMP_REQUEUE_PI,
	F_LOCK_PI2,
	F_OPS
};

enum { FA_VAL = 1, FA_TIMEOUT = 2, FA_VAL2 = 4, FA_ADDR2 = 8, FA_VAL3 = 16, FA_BITSET = 32 };

static unsigned futex_args(const struct dec *d)
{
	static const uint8_t used[F_OPS] = {
		[F_WAIT] = FA_VAL | FA_TIMEOUT,
		[F_WAKE] = FA_VAL,
		[F_FD] = FA_VAL,
		[F_REQUEUE] = FA_VAL | FA_VAL2 | FA_ADDR2,
		[F_CMP_REQUEUE] = FA_VAL | FA_VAL2 | FA_ADDR2 | FA_VAL3,
		[F_WAKE_OP] = FA_VAL | FA_VAL2 | FA_ADDR2 | FA_VAL3,
		[F_LOCK_PI] = FA_TIMEOUT,
		[F_WAIT_BITSET] = FA_VAL | FA_TIMEOUT | FA_BITSET,
		[F_WAKE_BITSET] = FA_VAL | FA_BITSET,
		[F_WAIT_REQUEUE_PI] = FA_VAL | FA_TIMEOUT | FA_ADDR2,
		[F_CMP_REQUEUE_PI] = FA_VAL | FA_VAL2 | FA_ADDR2 | FA_VAL3,
		[F_LOCK_PI2] = FA_TIMEOUT,
	};
	unsigned op = (unsigned)d->ev->args[1] & 127;

	return op < F_OPS ? used[op] : FA_VAL | FA_VAL2 | FA_ADDR2 | FA_VAL3;
}

void dec_futex_op(struct dec *d)
{
	uint32_t op = (uint32_t)d->v & 127, rest = (uint32_t)d->v & ~(127u | 128 | 256);
	const char *name = flag_name(flags_of(futex_op), op);

	if (!name || rest) {
		buf_addf(d->out, "%#" PRIx32 " /* FUTEX_??? */", (uint32_t)d->v);
		return;
	}
	buf_addf(d->out, "%s%s%s", name, d->v & 128 ? "_PRIVATE" : "",
		 d->v & 256 ? "|FUTEX_CLOCK_REALTIME" : "");
}

void dec_futex_val(struct dec *d)
{
	d->omit = !(futex_args(d) & FA_VAL);
	buf_addf(d->out, "%" PRIu32, (uint32_t)d->v);
}

void dec_futex_timeout(struct dec *d)
{
	if (futex_args(d) & FA_TIMEOUT)
		dec_timespec(d);
	else if (futex_args(d) & FA_VAL2)
		buf_addf(d->out, "%" PRIu32, (uint32_t)d->v);
	else
		d->omit = true;
}

void dec_futex_ptr2(struct dec *d)
{
	d->omit = !(futex_args(d) & FA_ADDR2);
	dec_addr(d, d->v);
}

/* FUTEX_WAKE_OP packs an operation and a comparison into one number. */
static void futex_wake_op(struct dec *d, uint32_t v)
{
	static const char *const ops[] = {"SET", "ADD", "OR", "ANDN", "XOR"};
	static const char *const cmps[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
	uint32_t op = v >> 28 & 7, cmp = v >> 24 & 15, oparg = v >> 12 & 0xfff, cmparg = v & 0xfff;

	if (op > 4 || cmp > 5) {
		buf_addf(d->out, "%#" PRIx32, v);
		return;
	}
	buf_addf(d->out, "%sFUTEX_OP_%s<<28|%#" PRIx32 "<<12|FUTEX_OP_CMP_%s<<24|%#" PRIx32,
		 v >> 31 ? "FUTEX_OP_OPARG_SHIFT<<28|" : "", ops[op], oparg, cmps[cmp], cmparg);
}

void dec_futex_val3(struct dec *d)
{
	unsigned used = futex_args(d);

	if (used & FA_BITSET && (uint32_t)d->v == 0xffffffff)
		buf_adds(d->out, "FUTEX_BITSET_MATCH_ANY");
	else if ((d->ev->args[1] & 127) == F_WAKE_OP)
		futex_wake_op(d, (uint32_t)d->v);
	else if (used & FA_BITSET)
		buf_addf(d->out, "%#" PRIx32, (uint32_t)d->v);
	else if (used & FA_VAL3)
		buf_addf(d->out, "%" PRIu32, (uint32_t)d->v);
	else
		d->omit = true;
}

/* --- prctl --- */

enum prctl_shape {
	PR_HEX,
	PR_NONE,
	PR_INT,
	PR_INT_REST,
	PR_NAME,
	PR_SIGNAL,
	PR_SIGNAL_OUT,
	PR_INT_OUT,
	PR_CAP,
	PR_SECCOMP,
	PR_TABLE
};

static const struct prctl_op {
	uint32_t op;
	enum prctl_shape shape;
	const struct flag_table *table;
} prctl_ops[] = {
	{1, PR_SIGNAL, NULL},
	{2, PR_SIGNAL_OUT, NULL},
	{3, PR_NONE, NULL},
	{4, PR_INT, NULL},
	{7, PR_NONE, NULL},
	{8, PR_INT, NULL},
	{14, PR_INT, NULL},
	{15, PR_NAME, NULL},
	{16, PR_NAME, NULL},
	{21, PR_NONE, NULL},
	{22, PR_SECCOMP, flags_of(seccomp_mode)},
	{23, PR_CAP, NULL},
	{24, PR_CAP, NULL},
	{25, PR_INT_OUT, NULL},
	{26, PR_INT, NULL},
	{27, PR_NONE, NULL},
	{28, PR_INT, NULL},
	{29, PR_INT, NULL},
	{30, PR_NONE, NULL},
	{35, PR_TABLE, flags_of(pr_set_mm)},
	{36, PR_INT, NULL},
	{37, PR_INT_OUT, NULL},
	{38, PR_INT_REST, NULL},
	{39, PR_INT_REST, NULL},
	{0x53564d41, PR_TABLE, flags_of(pr_set_vma)},
	{41, PR_INT_REST, NULL},
	{42, PR_INT_REST, NULL},
	{47, PR_TABLE, flags_of(cap_ambient)},
};

static const struct prctl_op *prctl_of(const struct dec *d)
{
	static const struct prctl_op raw = {0, PR_HEX, NULL};

	for (size_t i = 0; i < sizeof(prctl_ops) / sizeof(prctl_ops[0]); i++) {
		if (prctl_ops[i].op == (uint32_t)d->ev->args[0])
			return &prctl_ops[i];
	}
	return &raw;
}

void dec_prctl_arg(struct dec *d)
{
	const struct prctl_op *op = prctl_of(d);
	const struct event_blob *b = dec_blob(d, 0);

	switch (op->shape) {
	case PR_NONE: d->omit = true; break;
	case PR_INT:
	case PR_INT_REST: buf_addf(d->out, "%" PRIu64, d->v); break;
	case PR_SIGNAL: dec_signal_name(d, (int32_t)d->v); break;
	case PR_CAP: dec_enum(d, flags_of(capability), d->v); break;
	case PR_SECCOMP:
	case PR_TABLE: dec_enum(d, op->table, d->v); break;
	case PR_NAME:
		if (!b || (op->op == 16 && dec_failed(d)))
			dec_addr(d, d->v);
		else
			dec_quote_name(d, b->data, strnlen(b->len ? b->data : "", b->len), false);
		break;
	case PR_SIGNAL_OUT:
	case PR_INT_OUT:
		if (!b || b->len < 4 || dec_failed(d)) {
			dec_addr(d, d->v);
		} else if (op->shape == PR_SIGNAL_OUT && get_u32(b->data, 0)) {
			buf_addc(d->out, '[');
			dec_signal_name(d, (int32_t)get_u32(b->data, 0));
			buf_addc(d->out, ']');
		} else {
			buf_addf(d->out, "[%" PRId32 "]", (int32_t)get_u32(b->data, 0));
		}
		break;
	case PR_HEX: dec_hex(d); break;
	}
}

void dec_prctl_rest(struct dec *d)
{
	switch (prctl_of(d)->shape) {
	case PR_HEX:
	case PR_INT_REST:
	case PR_TABLE: dec_hex(d); break;
	case PR_SECCOMP:
		if (d->arg == 2 && d->ev->args[1] == 2)
			dec_addr(d, d->v);
		else
			d->omit = true;
		break;
	default: d->omit = true; break;
	}
}

/* --- capabilities, scheduling --- */

void dec_cap_hdr(struct dec *d)
{
	const void *p = dec_mem(d, 8);

	if (!p)
		return;
	buf_adds(d->out, "{version=");
	dec_enum(d, flags_of(cap_version), get_u32(p, 0));
	buf_addf(d->out, ", pid=%" PRId32 "}", (int32_t)get_u32(p, 4));
}

static void cap_mask(struct dec *d, uint64_t mask)
{
	bool any = false;

	for (unsigned cap = 0; cap < 64; cap++) {
		const char *name;

		if (!(mask >> cap & 1))
			continue;
		name = flag_name(flags_of(capability), cap);
		buf_addf(d->out, name ? "%s1<<%s" : "%s1<<", any ? "|" : "", name ? name : "");
		if (!name)
			buf_addf(d->out, "%u", cap);
		any = true;
	}
	if (!any)
		buf_addc(d->out, '0');
}

void dec_cap_data(struct dec *d)
{
	static const char *const names[] = {"{effective=", ", permitted=", ", inheritable="};
	const void *p = dec_mem(d, 24);

	if (!p)
		return;
	for (size_t i = 0; i < 3; i++) {
		buf_adds(d->out, names[i]);
		cap_mask(d, get_u32(p, i * 4) | (uint64_t)get_u32(p, 12 + i * 4) << 32);
	}
	buf_addc(d->out, '}');
}

/* A CPU is named only with MEMBARRIER_CMD_FLAG_CPU. */
void dec_membarrier_cpu(struct dec *d)
{
	d->omit = !(d->ev->args[1] & 1);
	dec_int(d);
}

void dec_sched_attr(struct dec *d)
{
	const void *p = dec_mem(d, 48);

	if (!p)
		return;
	buf_addf(d->out, "{size=%" PRIu32 ", sched_policy=", get_u32(p, 0));
	dec_enum(d, flags_of(sched_policy), get_u32(p, 4));
	buf_adds(d->out, ", sched_flags=");
	dec_bits(d, flags_of(sched_flags), get_u64(p, 8));
	buf_addf(d->out,
		 ", sched_nice=%" PRId32 ", sched_priority=%" PRIu32 ", sched_runtime=%" PRIu64
		 ", sched_deadline=%" PRIu64 ", sched_period=%" PRIu64 "}",
		 (int32_t)get_u32(p, 16), get_u32(p, 20), get_u64(p, 24), get_u64(p, 32), get_u64(p, 40));
}
