/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_num.c - arguments that are one number: integers, modes, descriptors, signals, flags in parts. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "core/decode_impl.h"

void dec_none(struct dec *d)
{
	buf_addc(d->out, '0');
}

void dec_skip(struct dec *d)
{
	d->omit = true;
}

void dec_int(struct dec *d)
{
	buf_addf(d->out, "%" PRId32, (int32_t)d->v);
}

void dec_uint(struct dec *d)
{
	buf_addf(d->out, "%" PRIu32, (uint32_t)d->v);
}

void dec_long(struct dec *d)
{
	buf_addf(d->out, "%" PRId64, dec_compat(d) && d->arg >= 0 ? (int32_t)d->v : (int64_t)d->v);
}

void dec_ulong(struct dec *d)
{
	buf_addf(d->out, "%" PRIu64, d->v);
}

void dec_size(struct dec *d)
{
	buf_addf(d->out, "%" PRIu64, d->v);
}

/* A 64-bit offset that a 32-bit program passes in two registers, low half first. */
void dec_off_pair(struct dec *d)
{
	uint64_t high = d->arg < 5 ? d->ev->args[d->arg + 1] << 32 : 0;

	buf_addf(d->out, "%" PRId64, (int64_t)(high | (uint32_t)d->v));
}

void dec_hex(struct dec *d)
{
	buf_addf(d->out, "%#" PRIx64, d->v);
}

/* Hexadecimal, but a plain 0. */
void dec_hex0(struct dec *d)
{
	dec_hex(d);
}

void dec_ptr(struct dec *d)
{
	dec_addr(d, d->v);
}

void dec_mode_value(struct dec *d, uint32_t mode)
{
	const char *type = mode & S_IFMT ? flag_name(flags_of(file_type), mode & S_IFMT) : NULL;

	if (type)
		buf_addf(d->out, "%s|", type);
	else if (mode & S_IFMT)
		buf_addf(d->out, "%#o|", mode & S_IFMT);
	if (mode & (S_ISUID | S_ISGID | S_ISVTX))
		buf_addf(d->out, "%s%s%s", mode & S_ISUID ? "S_ISUID|" : "", mode & S_ISGID ? "S_ISGID|" : "",
			 mode & S_ISVTX ? "S_ISVTX|" : "");
	buf_addf(d->out, "%#03o", mode & 0777);
}

void dec_mode(struct dec *d)
{
	uint32_t mode = (uint32_t)d->v;

	buf_addf(d->out, mode ? "%#03o" : "000", mode);
}

void dec_mknod_mode(struct dec *d)
{
	dec_mode_value(d, (uint32_t)d->v & 0xffff);
}

static bool open_creates(uint64_t flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

/* Means something only behind O_CREAT or O_TMPFILE in the argument before. */
void dec_open_mode(struct dec *d)
{
	if (d->arg > 0 && open_creates(d->ev->args[d->arg - 1]))
		dec_mode(d);
	else
		d->omit = true;
}

void dec_open_flags_value(struct dec *d, uint64_t flags)
{
	dec_bits(d, flags_of(open_flags), flags);
}

static void dev_value(struct dec *d, uint64_t dev)
{
	uint64_t major = (dev >> 8 & 0xfff) | (dev >> 32 & ~0xfffULL);
	uint64_t minor = (dev & 0xff) | (dev >> 12 & 0xffffff00);

	buf_addf(d->out, "makedev(%#" PRIx64 ", %#" PRIx64 ")", major, minor);
}

void dec_dev(struct dec *d)
{
	uint64_t mode = d->arg > 0 ? d->ev->args[d->arg - 1] : 0;

	/* mknod of anything but a device ignores it */
	if (d->arg > 0 && d->sc->args[d->arg - 1].kind == ARG_MKNOD_MODE && !S_ISCHR(mode) && !S_ISBLK(mode))
		d->omit = true;
	else
		dev_value(d, (uint32_t)d->v);
}

void dec_signal_name(struct dec *d, int sig)
{
	const char *name = sig > 0 ? flag_name(flags_of(signal), (uint64_t)sig) : NULL;

	if (name)
		buf_adds(d->out, name);
	else if (sig == 32)
		buf_adds(d->out, "SIGRTMIN");
	else if (sig > 32 && sig <= 64)
		buf_addf(d->out, "SIGRT_%d", sig - 32);
	else
		buf_addf(d->out, "%d", sig);
}

void dec_signal(struct dec *d)
{
	dec_signal_name(d, (int32_t)d->v);
}

void dec_ipc_key(struct dec *d)
{
	if ((uint32_t)d->v)
		buf_addf(d->out, "%#" PRIx32, (uint32_t)d->v);
	else
		buf_adds(d->out, "IPC_PRIVATE");
}

/* IPC_CREAT|0600 */
void dec_shm_flags(struct dec *d)
{
	bool shm = d->sc->args[d->arg].kind == ARG_SHM_FLAGS;
	uint32_t flags = (uint32_t)d->v & ~0777u;

	if (flags) {
		dec_bits(d, shm ? flags_of(shm_get_flags) : flags_of(ipc_get_flags), flags);
		buf_addc(d->out, '|');
	}
	buf_addf(d->out, d->v & 0777 ? "%#03o" : "000", (unsigned)d->v & 0777);
}

void dec_ipc_cmd(struct dec *d)
{
	const struct flag_table *t = flags_of(ipc_cmd);
	uint32_t cmd = (uint32_t)d->v;

	if (!strncmp(d->sc->name, "sem", 3))
		t = flags_of(sem_cmd);
	else if (!strncmp(d->sc->name, "shm", 3))
		t = flags_of(shm_cmd);
	else if (!strncmp(d->sc->name, "msg", 3))
		t = flags_of(msg_cmd);
	if (cmd & 0x100) /* IPC_64 */
		buf_adds(d->out, "IPC_64|");
	dec_enum(d, t, cmd & ~0x100u);
}

/* Negative ids are clocks of one process, thread or descriptor. */
void dec_clock(struct dec *d)
{
	static const char *const kinds[] = {"PROF", "VIRT", "SCHED"};
	int32_t id = (int32_t)d->v;
	unsigned pid = ~(unsigned)id >> 3; /* the kernel's encoding: ~pid << 3 | kind */

	if (id >= 0)
		dec_enum(d, flags_of(clock), (uint64_t)id);
	else if ((id & 7) == 3)
		buf_addf(d->out, "FD_TO_CLOCKID(%u)", pid);
	else if ((id & 3) < 3)
		buf_addf(d->out, "MAKE_%s_CPUCLOCK(%u, CPUCLOCK_%s)", id & 4 ? "THREAD" : "PROCESS", pid,
			 kinds[id & 3]);
	else
		buf_addf(d->out, "%d", id);
}

void dec_ioprio(struct dec *d)
{
	buf_adds(d->out, "IOPRIO_PRIO_VALUE(");
	dec_enum(d, flags_of(ioprio_class), (uint32_t)d->v >> 13);
	buf_addf(d->out, ", %u)", (unsigned)d->v & 0x1fff);
}

void dec_personality(struct dec *d)
{
	uint32_t v = (uint32_t)d->v;

	if (v == 0xffffffff) { /* asks for the present one */
		buf_adds(d->out, "0xffffffff");
		return;
	}
	dec_enum(d, flags_of(personality), v & 0xff);
	if (v & ~0xffu) {
		buf_addc(d->out, '|');
		dec_bits(d, flags_of(persona_flags), v & ~0xffu);
	}
}

/* --- descriptors --- */

void dec_fd(struct dec *d)
{
	const struct event_fd *fd = NULL;

	if (d->arg < 0)
		fd = &d->ev->ret_fd;
	else if (d->arg == d->sc->desc.fd)
		fd = &d->ev->fd[0];
	else if (d->arg == d->sc->desc.fd2)
		fd = &d->ev->fd[1];
	dec_fd_as(d, (int32_t)d->v, fd);
}

void dec_dirfd(struct dec *d)
{
	if ((int32_t)d->v == AT_FDCWD)
		buf_adds(d->out, "AT_FDCWD");
	else
		dec_fd(d);
}

void dec_fd_pair(struct dec *d)
{
	const uint8_t *p = dec_mem(d, 8);
	/* both ends of a pipe are one object; those of a socket pair are two, and the first is known */
	const struct event_fd *first = &d->ev->ret_fd, *second = first->kind == OBJ_FIFO ? first : NULL;

	if (!p)
		return;
	buf_addc(d->out, '[');
	dec_fd_as(d, (int32_t)get_u32(p, 0), first);
	buf_adds(d->out, ", ");
	dec_fd_as(d, (int32_t)get_u32(p, 4), second);
	buf_addc(d->out, ']');
}

/* --- pointers to one number --- */

static void pointed(struct dec *d, size_t size, bool hex)
{
	const uint8_t *p = dec_mem(d, size);

	if (!p)
		return;
	buf_addc(d->out, '[');
	if (hex)
		buf_addf(d->out, "%#" PRIx64, size == 4 ? get_u32(p, 0) : get_u64(p, 0));
	else if (size == 4)
		buf_addf(d->out, "%" PRId32, (int32_t)get_u32(p, 0));
	else
		buf_addf(d->out, "%" PRId64, get_s64(p, 0));
	buf_addc(d->out, ']');
}

void dec_int_ptr(struct dec *d)
{
	pointed(d, 4, false);
}

void dec_long_ptr(struct dec *d)
{
	pointed(d, 8, false);
}

void dec_hex_ptr(struct dec *d)
{
	pointed(d, 8, true);
}

/* A file offset that the call advanced by its result. */
void dec_off_ptr(struct dec *d)
{
	const uint8_t *p = dec_mem(d, 8);
	int64_t after;

	if (!p)
		return;
	after = get_s64(p, 0);
	if (d->ev->ret > 0 && after >= d->ev->ret)
		buf_addf(d->out, "[%" PRId64 "] => ", after - d->ev->ret);
	buf_addf(d->out, "[%" PRId64 "]", after);
}

/* 0x40000 (PER_LINUX|ADDR_NO_RANDOMIZE) */
void dec_personality_ret(struct dec *d)
{
	dec_hex(d);
	buf_adds(d->out, " (");
	dec_personality(d);
	buf_addc(d->out, ')');
}
