/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_syscall.c - the system call table against the kernel's headers and against itself. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "core/syscall.h"

static const struct call_desc *desc_of(const char *name)
{
	int nr = syscall_number(name);

	assert_true(nr >= 0);
	return (nr & (int)WIRE_NR_COMPAT ? syscall_compat_descs() : syscall_descs()) +
	       ((unsigned)nr & ~WIRE_NR_COMPAT);
}

/* Compares one architecture's rows with the names in the header of the build machine. */
static void check_header(const char *file, unsigned compat)
{
	char path[256], line[256], name[64];
	unsigned nr, checked = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/usr/include/x86_64-linux-gnu/asm/%s", file);
	f = fopen(path, "r");
	if (!f)
		skip();
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "#define __NR_%63s %u", name, &nr) != 2)
			continue;
		assert_string_equal(syscall_name((uint16_t)(nr | compat)), name);
		checked++;
	}
	fclose(f);
	assert_true(checked > 300);
}

static void names_match_the_header(void **state)
{
	check_header("unistd_64.h", 0);
	check_header("unistd_32.h", WIRE_NR_COMPAT);
}

static void every_number_has_a_name(void **state)
{
	for (unsigned nr = 0; nr <= 469; nr++) {
		if (nr > 336 && nr < 424) /* never assigned on x86-64 */
			assert_null(syscall_get((uint16_t)nr));
		else
			assert_non_null(syscall_get((uint16_t)nr));
	}
	assert_string_equal(syscall_name(400), "syscall_400");
	assert_string_equal(syscall_name(0x7fff), "syscall_unknown");
	assert_null(syscall_get(0x7fff));
	assert_null(syscall_get(WIRE_NR_NONE));
}

static void names_are_unique_and_found(void **state)
{
	for (unsigned compat = 0; compat < 2; compat++) {
		unsigned bit = compat ? WIRE_NR_COMPAT : 0;

		for (unsigned nr = 0; nr < WIRE_SYSCALLS; nr++) {
			const char *name = syscall_name((uint16_t)(nr | bit));
			int found = syscall_number(name);

			if (compat && syscall_get((uint16_t)(nr | bit)) && !(found & (int)WIRE_NR_COMPAT))
				continue; /* exists in both: native first */
			if (compat && !syscall_get((uint16_t)(nr | bit)))
				continue;
			assert_int_equal(found, nr | bit);
		}
	}
	assert_int_equal(syscall_number("openat"), SYS_openat);
	assert_int_equal(syscall_number("mmap2"), 192 | WIRE_NR_COMPAT);
	assert_int_equal(syscall_number("no_such_call"), -ENOENT);
	assert_int_equal(syscall_number(""), -ENOENT);
}

static void check_row(const struct syscall *sc, const struct call_desc *d)
{
	assert_true(sc->nargs <= 6);
	assert_memory_equal(&sc->desc, d, sizeof(*d));
	assert_true(sc->class < CLASS_MAX);
	assert_non_null(syscall_class_name(sc->class));
	for (int i = 0; i < 6; i++) {
		assert_int_equal(sc->args[i].name != NULL, i < sc->nargs);
		if (i >= sc->nargs)
			assert_int_equal(d->copy[i].op, COPY_NONE);
		assert_true(d->copy[i].op < COPY_OP_MAX);
		switch (d->copy[i].op) {
		case COPY_LEN_ARG:
		case COPY_LENPTR:
		case COPY_IOV_ARG:
		case COPY_IOV_RET:
		case COPY_MMSG_ARG:
		case COPY_MMSG_RET: assert_true(d->copy[i].size < sc->nargs); break;
		case COPY_ARRAY_ARG:
			assert_true((d->copy[i].size & 7) < sc->nargs);
			assert_true(d->copy[i].size >> 3 >= 4);
			break;
		case COPY_FIXED: assert_in_range(d->copy[i].size, 4, 512); break;
		default: break;
		}
	}
	assert_int_equal(!!(d->flags & CALL_FD), d->fd < sc->nargs);
	assert_int_equal(!!(d->flags & (CALL_PATH | CALL_PAIR)), d->path < sc->nargs);
	if (d->flags & CALL_SECOND)
		assert_true(d->fd2 < sc->nargs && d->fd2 != d->fd);
	if (d->flags & (CALL_READ | CALL_WRITE | CALL_CLOSE | CALL_SECOND | CALL_MMSG | CALL_SOCKNAME))
		assert_true(d->flags & CALL_FD);
	assert_false((d->flags & CALL_READ) && (d->flags & CALL_WRITE));
	for (int i = 0; i < 6; i++) {
		if (d->flags & CALL_BEFORE && d->copy[i].at_enter) {
			assert_in_range(i, 1, 4); /* what the kernel side has room for */
			assert_int_equal(d->copy[i].op, COPY_FIXED);
			assert_in_range(d->copy[i].size, 1, 128);
		}
	}
	if (sc->class == CLASS_IO_READ)
		assert_int_equal(d->flags & (CALL_READ | CALL_FD), CALL_READ | CALL_FD);
	if (sc->class == CLASS_IO_WRITE)
		assert_true(d->flags & (CALL_WRITE | CALL_SECOND));
	if (d->flags & CALL_OPEN)
		assert_int_equal(d->flags & (CALL_PATH | CALL_RETFD), CALL_PATH | CALL_RETFD);
}

static void descriptions_are_plausible(void **state)
{
	for (unsigned compat = 0; compat < 2; compat++) {
		for (unsigned nr = 0; nr < WIRE_SYSCALLS; nr++) {
			const struct syscall *sc =
				syscall_get((uint16_t)(nr | (compat ? WIRE_NR_COMPAT : 0)));
			const struct call_desc *d = (compat ? syscall_compat_descs() : syscall_descs()) + nr;

			if (sc)
				check_row(sc, d);
			else
				assert_true(!d->flags && d->fd == 0xff && d->path == 0xff);
		}
	}
}

static void transfers_are_classed(void **state)
{
	static const char *const reads[] = {"read",    "pread64",  "readv",   "preadv",
					    "preadv2", "recvfrom", "recvmsg", "recvmmsg"};
	static const char *const writes[] = {"write",  "pwrite64", "writev",   "pwritev", "pwritev2",
					     "sendto", "sendmsg",  "sendmmsg", "vmsplice"};
	static const char *const others[] = {"getdents64", "fstat",     "lseek", "ioctl",
					     "fcntl",      "getrandom", "close"};

	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		assert_true(desc_of(reads[i])->flags & CALL_READ);
		assert_int_equal(syscall_get((uint16_t)syscall_number(reads[i]))->class, CLASS_IO_READ);
	}
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		assert_true(desc_of(writes[i])->flags & CALL_WRITE);
		assert_int_equal(syscall_get((uint16_t)syscall_number(writes[i]))->class, CLASS_IO_WRITE);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(desc_of(others[i])->flags & (CALL_READ | CALL_WRITE));
	assert_true(desc_of("recvmmsg")->flags & CALL_MMSG);
	assert_true(desc_of("recvfrom")->flags & CALL_PEEK);
	assert_int_equal(desc_of("recvfrom")->dirfd, 3);
	assert_int_equal(desc_of("recvmsg")->dirfd, 2);
	assert_false(desc_of("sendto")->flags & CALL_PEEK);
	assert_true(desc_of("sendmmsg")->flags & CALL_MMSG);
}

static void two_object_calls(void **state)
{
	static const struct {
		const char *name;
		int in, out;
	} calls[] = {{"sendfile", 1, 0}, {"splice", 0, 2}, {"tee", 0, 1}, {"copy_file_range", 0, 2}};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct call_desc *d = desc_of(calls[i].name);

		assert_int_equal(d->flags, CALL_FD | CALL_SECOND | CALL_READ);
		assert_int_equal(d->fd, calls[i].in);
		assert_int_equal(d->fd2, calls[i].out);
	}
	assert_int_equal(desc_of("sendfile64")->fd, 1);
}

static void particular_rows(void **state)
{
	const struct call_desc *d = desc_of("openat");

	assert_int_equal(d->flags, CALL_OPEN | CALL_PATH | CALL_RETFD);
	assert_int_equal(d->dirfd, 0);
	assert_int_equal(d->path, 1);
	assert_int_equal(d->copy[1].op, COPY_STR);

	d = desc_of("symlinkat");
	assert_int_equal(d->path, 2);
	assert_int_equal(d->dirfd, 1);

	d = desc_of("read");
	assert_int_equal(d->copy[1].op, COPY_LEN_RET);
	d = desc_of("write");
	assert_int_equal(d->copy[1].op, COPY_LEN_ARG);
	assert_int_equal(d->copy[1].size, 2);

	d = desc_of("poll");
	assert_int_equal(d->copy[0].op, COPY_ARRAY_ARG);
	assert_int_equal(d->copy[0].size, 8 << 3 | 1);
	d = desc_of("setgroups");
	assert_int_equal(d->copy[1].size, 4 << 3 | 0);

	d = desc_of("accept4");
	assert_int_equal(d->copy[1].op, COPY_LENPTR);
	assert_int_equal(d->copy[1].size, 2);
	assert_true(d->flags & CALL_RETFD);

	d = desc_of("execve");
	assert_true(d->flags & CALL_EXEC);
	assert_true(d->copy[0].at_enter && d->copy[1].at_enter);
	assert_true(desc_of("exit_group")->flags & CALL_NORETURN);
	assert_true(desc_of("close")->flags & CALL_CLOSE);
	assert_true(desc_of("pipe2")->flags & CALL_PAIR);
	assert_int_equal(desc_of("socketpair")->path, 3);
	assert_true(desc_of("connect")->flags & CALL_SOCKNAME);
	assert_false(desc_of("getsockname")->flags & CALL_SOCKNAME);
	assert_true(desc_of("ppoll")->flags & CALL_BEFORE && desc_of("ppoll")->copy[2].at_enter);
	assert_int_equal(desc_of("mmap")->fd, 4);
	assert_true(desc_of("dup3")->flags & CALL_RETFD);
}

/* Structures whose layout differs between 64 and 32 bits are not copied for compat callers. */
static void compat_copies_only_what_is_the_same(void **state)
{
	const struct call_desc *d = syscall_compat_descs();

	assert_int_equal(d[3].copy[1].op, COPY_LEN_RET);     /* read */
	assert_int_equal(d[5].copy[0].op, COPY_STR);         /* open */
	assert_int_equal(d[106].copy[1].op, COPY_NONE);      /* stat */
	assert_int_equal(d[146].copy[1].op, COPY_NONE);      /* writev */
	assert_int_equal(d[162].copy[0].op, COPY_NONE);      /* nanosleep */
	assert_int_equal(d[168].copy[0].op, COPY_ARRAY_ARG); /* poll */
	assert_int_equal(d[11].copy[1].op, COPY_NONE);       /* execve's argv */
	assert_true(d[146].flags & CALL_WRITE);
}

static void errors_by_name(void **state)
{
	assert_string_equal(errno_name(ENOENT), "ENOENT");
	assert_string_equal(errno_text(ENOENT), "No such file or directory");
	assert_string_equal(errno_name(512), "ERESTARTSYS");
	assert_string_equal(errno_name(516), "ERESTART_RESTARTBLOCK");
	assert_null(errno_name(0));
	assert_null(errno_name(41));
	assert_null(errno_name(-1));
	assert_null(errno_text(4095));
	for (int i = 1; i < 134; i++) {
		if (!strerrorname_np(i))
			continue;
		assert_non_null(errno_name(i));
		assert_int_equal(errno_number(strerrorname_np(i)), i);
		assert_string_equal(errno_text(i), strerror(i));
	}
	assert_int_equal(errno_number("EWOULDBLOCK"), EAGAIN);
	assert_int_equal(errno_number("ENONSENSE"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_match_the_header),
		cmocka_unit_test(every_number_has_a_name),
		cmocka_unit_test(names_are_unique_and_found),
		cmocka_unit_test(descriptions_are_plausible),
		cmocka_unit_test(transfers_are_classed),
		cmocka_unit_test(two_object_calls),
		cmocka_unit_test(particular_rows),
		cmocka_unit_test(compat_copies_only_what_is_the_same),
		cmocka_unit_test(errors_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
