/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_struct.c - structures of files, time and the system, by their x86-64 layout. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "core/decode_impl.h"

static void makedev_text(struct dec *d, uint64_t major, uint64_t minor)
{
	buf_addf(d->out, "makedev(%#" PRIx64 ", %#" PRIx64 ")", major, minor);
}

/* The part of a status that strace shows unless asked for more: mode, then device or size. */
static void status(struct dec *d, const char *prefix, uint32_t mode, uint64_t size, uint64_t major,
		   uint64_t minor)
{
	buf_addf(d->out, "%s_mode=", prefix);
	dec_mode_value(d, mode);
	if (S_ISCHR(mode) || S_ISBLK(mode)) {
		buf_addf(d->out, prefix[2] == 'x' ? ", %s_rdev_major=" : ", %s_rdev=", prefix);
		if (prefix[2] == 'x')
			buf_addf(d->out, "%#" PRIx64 ", stx_rdev_minor=%#" PRIx64, major, minor);
		else
			makedev_text(d, major, minor);
	} else {
		buf_addf(d->out, ", %s_size=%" PRIu64, prefix, size);
	}
	buf_adds(d->out, ", ...}");
}

void dec_stat(struct dec *d)
{
	const void *p = dec_mem(d, 144);
	uint64_t rdev;

	if (!p)
		return;
	rdev = get_u64(p, 40);
	buf_addc(d->out, '{');
	status(d, "st", get_u32(p, 24), get_u64(p, 48), (rdev >> 8 & 0xfff) | (rdev >> 32 & ~0xfffULL),
	       (rdev & 0xff) | (rdev >> 12 & 0xffffff00));
}

void dec_statx(struct dec *d)
{
	const void *p = dec_mem(d, 256);

	if (!p)
		return;
	buf_adds(d->out, "{stx_mask=");
	dec_bits(d, flags_of(statx_mask), get_u32(p, 0));
	buf_adds(d->out, ", stx_attributes=");
	dec_bits(d, flags_of(statx_attr), get_u64(p, 8));
	buf_adds(d->out, ", ");
	status(d, "stx", get_u16(p, 28), get_u64(p, 40), get_u32(p, 128), get_u32(p, 132));
}

void dec_statfs(struct dec *d)
{
	const void *p = dec_mem(d, 120);

	if (!p)
		return;
	buf_adds(d->out, "{f_type=");
	dec_enum(d, flags_of(fs_magic), get_u64(p, 0));
	buf_addf(d->out,
		 ", f_bsize=%" PRId64 ", f_blocks=%" PRIu64 ", f_bfree=%" PRIu64 ", f_bavail=%" PRIu64
		 ", f_files=%" PRIu64 ", f_ffree=%" PRIu64 ", f_fsid={val=[%#x, %#x]}, f_namelen=%" PRId64
		 ", f_frsize=%" PRId64 ", f_flags=",
		 get_s64(p, 8), get_u64(p, 16), get_u64(p, 24), get_u64(p, 32), get_u64(p, 40),
		 get_u64(p, 48), get_u32(p, 56), get_u32(p, 60), get_s64(p, 64), get_s64(p, 72));
	dec_bits(d, flags_of(st_flags), get_u64(p, 80));
	buf_addc(d->out, '}');
}

/* --- time --- */

static void two_fields(struct dec *d, const void *p, size_t off, const char *fmt)
{
	/* fmt is one of the literals below */
	buf_addf(d->out, "{tv_sec=%" PRId64 ", %s=%" PRId64 "}", get_s64(p, off), fmt, get_s64(p, off + 8));
}

void dec_timespec_at(struct dec *d, const void *p, size_t off)
{
	two_fields(d, p, off, "tv_nsec");
}

void dec_timeval_at(struct dec *d, const void *p, size_t off)
{
	two_fields(d, p, off, "tv_usec");
}

void dec_timespec(struct dec *d)
{
	const void *p = dec_mem(d, 16);

	if (p)
		dec_timespec_at(d, p, 0);
}

/* When a signal cuts the sleep short, the time left goes to the next argument, often the same memory. */
void dec_timespec_sleep(struct dec *d)
{
	if (d->arg < 5 && d->v == d->ev->args[d->arg + 1] && dec_failed(d))
		dec_addr(d, d->v);
	else
		dec_timespec(d);
}

/* Time left of a sleep: written only when a signal cut it short. */
void dec_timespec_rem(struct dec *d)
{
	bool cut = d->ev->ret == -4 || d->ev->ret == -516;

	if (cut && !d->ev->in_progress)
		dec_timespec(d);
	else
		dec_addr(d, d->v);
}

static void utime_at(struct dec *d, const void *p, size_t off)
{
	const char *special = flag_name(flags_of(utime_nsec), get_u64(p, off + 8));

	if (special)
		buf_adds(d->out, special);
	else
		dec_timespec_at(d, p, off);
}

void dec_timespec2(struct dec *d)
{
	const void *p = dec_mem(d, 32);

	if (!p)
		return;
	buf_addc(d->out, '[');
	utime_at(d, p, 0);
	buf_adds(d->out, ", ");
	utime_at(d, p, 16);
	buf_addc(d->out, ']');
}

void dec_timeval(struct dec *d)
{
	const void *p = dec_mem(d, 16);

	if (p)
		dec_timeval_at(d, p, 0);
}

void dec_timeval2(struct dec *d)
{
	const void *p = dec_mem(d, 32);

	if (!p)
		return;
	buf_addc(d->out, '[');
	dec_timeval_at(d, p, 0);
	buf_adds(d->out, ", ");
	dec_timeval_at(d, p, 16);
	buf_addc(d->out, ']');
}

void dec_timezone(struct dec *d)
{
	const void *p = dec_mem(d, 8);

	if (p)
		buf_addf(d->out, "{tz_minuteswest=%" PRId32 ", tz_dsttime=%" PRId32 "}",
			 (int32_t)get_u32(p, 0), (int32_t)get_u32(p, 4));
}

void dec_utimbuf(struct dec *d)
{
	const void *p = dec_mem(d, 16);

	if (p)
		buf_addf(d->out, "{actime=%" PRId64 ", modtime=%" PRId64 "}", get_s64(p, 0), get_s64(p, 8));
}

static void interval(struct dec *d, void (*at)(struct dec *, const void *, size_t))
{
	const void *p = dec_mem(d, 32);

	if (!p)
		return;
	buf_adds(d->out, "{it_interval=");
	at(d, p, 0);
	buf_adds(d->out, ", it_value=");
	at(d, p, 16);
	buf_addc(d->out, '}');
}

void dec_itimerval(struct dec *d)
{
	interval(d, dec_timeval_at);
}

void dec_itimerspec(struct dec *d)
{
	interval(d, dec_timespec_at);
}

void dec_tms(struct dec *d)
{
	const void *p = dec_mem(d, 32);

	if (p)
		buf_addf(d->out,
			 "{tms_utime=%" PRId64 ", tms_stime=%" PRId64 ", tms_cutime=%" PRId64
			 ", tms_cstime=%" PRId64 "}",
			 get_s64(p, 0), get_s64(p, 8), get_s64(p, 16), get_s64(p, 24));
}

/* --- limits and usage --- */

static void rlimit_value(struct dec *d, uint64_t v)
{
	if (v == UINT64_MAX)
		buf_adds(d->out, "RLIM64_INFINITY");
	else if (v > 1024 && v % 1024 == 0)
		buf_addf(d->out, "%" PRIu64 "*1024", v / 1024);
	else
		buf_addf(d->out, "%" PRIu64, v);
}

void dec_rlimit(struct dec *d)
{
	const void *p = dec_mem(d, 16);

	if (!p)
		return;
	buf_adds(d->out, "{rlim_cur=");
	rlimit_value(d, get_u64(p, 0));
	buf_adds(d->out, ", rlim_max=");
	rlimit_value(d, get_u64(p, 8));
	buf_addc(d->out, '}');
}

void dec_rusage(struct dec *d)
{
	const void *p = dec_mem(d, 144);

	if (!p)
		return;
	buf_adds(d->out, "{ru_utime=");
	dec_timeval_at(d, p, 0);
	buf_adds(d->out, ", ru_stime=");
	dec_timeval_at(d, p, 16);
	buf_adds(d->out, ", ...}");
}

void dec_utsname(struct dec *d)
{
	const char *p = dec_mem(d, 390);

	if (!p)
		return;
	buf_adds(d->out, "{sysname=");
	quote_string(d->out, p, strnlen(p, 65), QUOTE_DATA, false);
	buf_adds(d->out, ", nodename=");
	quote_string(d->out, p + 65, strnlen(p + 65, 65), QUOTE_DATA, false);
	buf_adds(d->out, ", ...}");
}

void dec_sysinfo(struct dec *d)
{
	const void *p = dec_mem(d, 112);

	if (!p)
		return;
	buf_addf(d->out, "{uptime=%" PRId64 ", loads=[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", get_s64(p, 0),
		 get_u64(p, 8), get_u64(p, 16), get_u64(p, 24));
	buf_addf(d->out,
		 ", totalram=%" PRIu64 ", freeram=%" PRIu64 ", sharedram=%" PRIu64 ", bufferram=%" PRIu64
		 ", totalswap=%" PRIu64 ", freeswap=%" PRIu64 ", procs=%u, totalhigh=%" PRIu64
		 ", freehigh=%" PRIu64 ", mem_unit=%u}",
		 get_u64(p, 32), get_u64(p, 40), get_u64(p, 48), get_u64(p, 56), get_u64(p, 64),
		 get_u64(p, 72), get_u16(p, 80), get_u64(p, 88), get_u64(p, 96), get_u32(p, 104));
}

void dec_mq_attr(struct dec *d)
{
	const void *p = dec_mem(d, 32);

	if (!p)
		return;
	buf_adds(d->out, "{mq_flags=");
	dec_bits(d, flags_of(mq_flags), get_u64(p, 0));
	buf_addf(d->out, ", mq_maxmsg=%" PRId64 ", mq_msgsize=%" PRId64 ", mq_curmsgs=%" PRId64 "}",
		 get_s64(p, 8), get_s64(p, 16), get_s64(p, 24));
}

void dec_open_how(struct dec *d)
{
	const void *p = dec_mem(d, 24);

	if (!p)
		return;
	buf_adds(d->out, "{flags=");
	dec_open_flags_value(d, get_u64(p, 0));
	if (get_u64(p, 0) & O_CREAT || (get_u64(p, 0) & O_TMPFILE) == O_TMPFILE)
		buf_addf(d->out, ", mode=%#03" PRIo64, get_u64(p, 8));
	buf_adds(d->out, ", resolve=");
	dec_bits(d, flags_of(resolve_flags), get_u64(p, 16));
	buf_addc(d->out, '}');
}

void dec_groups(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	uint64_t count = d->sc->args[d->arg].kind == ARG_GROUPS_OUT ? (uint64_t)d->ev->ret : d->ev->args[0];
	size_t have = b ? b->len / 4 : 0;

	/* getgroups(0, list) only counts */
	if (!d->v || (!b && count) || !d->ev->args[0]) {
		dec_addr(d, d->v);
		return;
	}
	buf_addc(d->out, '[');
	for (size_t i = 0; i < have && i < count && i < 32; i++)
		buf_addf(d->out, "%s%" PRIu32, i ? ", " : "", get_u32(b->data, i * 4));
	buf_adds(d->out, (have < 32 ? have : 32) < count ? ", ...]" : "]");
}

void dec_cpuset(struct dec *d)
{
	const struct event_blob *b = dec_blob(d, 0);
	const uint8_t *set;
	bool any = false;

	if (!d->v || !b || !b->len) {
		dec_addr(d, d->v);
		return;
	}
	set = b->data;
	buf_addc(d->out, '[');
	for (size_t cpu = 0; cpu < (size_t)b->len * 8; cpu++) {
		if (!(set[cpu / 8] >> (cpu % 8) & 1))
			continue;
		buf_addf(d->out, "%s%zu", any ? " " : "", cpu);
		any = true;
	}
	buf_addc(d->out, ']');
}

/* --- io_uring, perf --- */

void dec_uring_params(struct dec *d)
{
	const void *p = dec_mem(d, 40);

	if (!p)
		return;
	buf_adds(d->out, "{flags=");
	dec_bits(d, flags_of(uring_setup_flags), get_u32(p, 8));
	if (!dec_failed(d) && !d->ev->in_progress) { /* filled by the kernel */
		buf_addf(d->out, ", sq_entries=%" PRIu32 ", cq_entries=%" PRIu32 ", features=", get_u32(p, 0),
			 get_u32(p, 4));
		dec_bits(d, flags_of(uring_features), get_u32(p, 20));
	}
	buf_adds(d->out, ", ...}");
}

void dec_perf_attr(struct dec *d)
{
	const void *p = dec_mem(d, 64);

	if (!p)
		return;
	buf_adds(d->out, "{type=");
	dec_enum(d, flags_of(perf_type), get_u32(p, 0));
	buf_addf(d->out, ", size=%" PRIu32 ", config=%#" PRIx64 ", sample_period=%" PRIu64 ", ...}",
		 get_u32(p, 4), get_u64(p, 8), get_u64(p, 16));
}
