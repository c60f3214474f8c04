/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_spawn.c - children: what they get and what they do not, as root with somebody else's sudo too. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/spawn.h"

static char output[20000];

/* Output of a command; its wait status is returned. */
static int run(const struct spawn_user *u, bool as_root, const char *const *argv)
{
	char *path = spawn_find(argv[0]), **env = spawn_env(u, as_root);
	size_t len = 0;
	int fds[2], status, r;
	ssize_t n;
	pid_t pid;

	assert_non_null(path);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	r = spawn_start(&(struct spawn){.path = path,
					.argv = (char *const *)argv,
					.env = env,
					.user = u,
					.as_root = as_root,
					.out = fds[1]},
			&pid, NULL);
	close(fds[1]);
	free(path);
	spawn_env_free(env);
	output[0] = '\0';
	if (r) {
		close(fds[0]);
		return r;
	}
	while (len < sizeof(output) - 1 && (n = read(fds[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	return status;
}

#define RUN(u, root, ...) run(u, root, (const char *const[]){__VA_ARGS__, NULL})

static void test_arguments(void **state)
{
	struct spawn_user u;
	char long_one[9000];

	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	spawn_user_init(&u);
	assert_int_equal(RUN(&u, true, "printf", "%s|", "$(reboot)", "-rf", "a b", "a\nb", "", "`id`; rm *"),
			 0);
	assert_string_equal(output, "$(reboot)|-rf|a b|a\nb||`id`; rm *|");
	assert_int_equal(RUN(&u, true, "printf", "%s", long_one), 0);
	assert_string_equal(output, long_one);
	assert_true(WIFEXITED(RUN(&u, true, "false")));
	spawn_user_done(&u);
}

/* No descriptor but the three, standard input empty, all signals as they are by default. */
static void test_nothing_else(void **state)
{
	int leaky = open("/dev/null", O_RDONLY); /* not close-on-exec */
	struct spawn_user u;
	sigset_t set, old;

	signal(SIGPIPE, SIG_IGN);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	setenv("LD_PRELOAD_TEST", "1", 1);
	setenv("BASH_ENV", "/tmp/x", 1);
	setenv("IFS", "x", 1);
	setenv("DOCKER_HOST", "unix:///x", 1);
	spawn_user_init(&u);
	assert_int_equal(RUN(&u, true, "ls", "/proc/self/fd"), 0);
	assert_string_equal(output, "0\n1\n2\n3\n"); /* 3 is its own */
	assert_int_equal(RUN(&u, true, "cat"), 0);
	assert_string_equal(output, "");
	assert_int_equal(RUN(&u, true, "grep", "^Sig[BI]", "/proc/self/status"), 0);
	assert_string_equal(output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	assert_int_equal(RUN(&u, true, "env"), 0);
	assert_null(strstr(output, "LD_PRELOAD"));
	assert_null(strstr(output, "BASH_ENV"));
	assert_null(strstr(output, "IFS"));
	assert_non_null(strstr(output, "DOCKER_HOST=unix:///x\n"));
	assert_non_null(strstr(output, "PATH=/"));
	assert_int_equal(RUN(&u, true, "pwd"), 0);
	assert_string_equal(output, "/\n");
	spawn_user_done(&u);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(leaky);
}

static void test_failures(void **state)
{
	struct spawn_user u;
	char *none[] = {NULL}, *argv[] = {(char *)"x", NULL};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid = 0;
	struct spawn s = {
		.path = "/nonexistent", .argv = argv, .env = none, .user = &u, .as_root = true, .out = null};

	spawn_user_init(&u);
	assert_int_equal(spawn_start(&s, &pid, NULL), -ENOENT);
	s.path = "/etc/passwd";
	assert_int_equal(spawn_start(&s, &pid, NULL), -EACCES);
	assert_int_equal(pid, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left behind */
	assert_null(spawn_find("ctop-no-such-tool"));
	assert_null(spawn_find("/etc/passwd"));
	assert_null(spawn_find("../bin/sh"));
	spawn_user_done(&u);
	close(null);
}

/* sudo's user gets neither root's rights nor its capabilities nor its home. */
static void test_sudo(void **state)
{
	struct spawn_user u;

	if (geteuid() != 0)
		skip();
	setenv("SUDO_UID", "65534", 1);
	setenv("SUDO_GID", "65534", 1);
	setenv("HOME", "/root", 1);
	spawn_user_init(&u);
	assert_int_equal(u.uid, 65534);
	assert_string_equal(u.name, "nobody");
	assert_int_equal(RUN(&u, false, "id", "-u"), 0);
	assert_string_equal(output, "65534\n");
	assert_int_equal(RUN(&u, false, "id", "-G"), 0);
	assert_string_equal(output, "65534\n");
	assert_int_equal(RUN(&u, false, "grep", "^Cap[IPEA]", "/proc/self/status"), 0);
	assert_non_null(strstr(output, "CapPrm:\t0000000000000000"));
	assert_non_null(strstr(output, "CapEff:\t0000000000000000"));
	assert_non_null(strstr(output, "CapAmb:\t0000000000000000"));
	assert_int_equal(RUN(&u, false, "env"), 0);
	assert_non_null(strstr(output, "HOME=/nonexistent\n"));
	assert_null(strstr(output, "/root"));
	/* unless it was asked for */
	assert_int_equal(RUN(&u, true, "id", "-u"), 0);
	assert_string_equal(output, "0\n");
	assert_true(RUN(&u, false, "cat", "/etc/shadow") != 0);
	spawn_user_done(&u);
	/* a number without an account is not root either */
	setenv("SUDO_UID", "54321", 1);
	unsetenv("SUDO_GID");
	spawn_user_init(&u);
	assert_int_equal(u.gid, 54321);
	assert_int_equal(RUN(&u, false, "id", "-u"), 0);
	assert_string_equal(output, "54321\n");
	spawn_user_done(&u);
	setenv("SUDO_UID", "0x10", 1);
	spawn_user_init(&u);
	assert_int_equal(u.uid, 0); /* no number: not believed */
	spawn_user_done(&u);
	unsetenv("SUDO_UID");
}

/* An ordinary user with capabilities: the child has none of them. */
static void test_capabilities(void **state)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		char *argv[] = {(char *)"setpriv",
				(char *)"--reuid=65534",
				(char *)"--regid=65534",
				(char *)"--clear-groups",
				(char *)"--inh-caps=+bpf,+perfmon",
				(char *)"--ambient-caps=+bpf,+perfmon",
				(char *)"--",
				program_invocation_name,
				(char *)"--child",
				NULL};

		execvp(argv[0], argv);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What test_capabilities() runs: 0 if we have them, and a child has not. */
static int capable_child(void)
{
	struct spawn_user u;
	int r;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 39, 0, 0) != 1)
		return 2;
	spawn_user_init(&u);
	r = RUN(&u, true, "grep", "^Cap[IPEA]", "/proc/self/status");
	spawn_user_done(&u);
	if (r)
		return 3;
	for (const char *p = output; (p = strchr(p, '\t')); p++)
		if (strtoull(p + 1, NULL, 16) != 0)
			return 4;
	return 0;
}

static uint64_t start_boot_of(pid_t pid)
{
	char path[64], text[2000], *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	p = strrchr(text, ')');
	for (int i = 0; i < 20; i++)
		p = strchr(p + 1, ' ');
	return strtoull(p, NULL, 10) * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void test_process(void **state)
{
	pid_t pid = fork();
	uint64_t start;
	int fd;

	if (pid == 0) {
		prctl(PR_SET_NAME, "a) R 1 2 3 (");
		for (;;)
			pause();
	}
	start = start_boot_of(pid);
	fd = spawn_open_process("/proc", (uint32_t)pid, start + 3000000); /* ns within its clock tick */
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	/* the number belongs to another process */
	assert_int_equal(spawn_open_process("/proc", (uint32_t)pid, start - 10000000), -ESRCH);
	assert_int_equal(spawn_open_process("/proc", (uint32_t)pid, start + 10000000), -ESRCH);
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT);
	assert_int_equal(spawn_open_process("/proc", (uint32_t)pid, start), -ESRCH); /* a zombie */
	waitpid(pid, NULL, 0);
	assert_int_equal(spawn_open_process("/proc", (uint32_t)pid, start), -ESRCH);
}

static int answer(void *arg)
{
	return *(int *)arg;
}

static void test_builtin(void **state)
{
	struct spawn_user u;
	int value = 0;
	struct spawn s = {.builtin = answer, .arg = &value, .user = &u, .as_root = true, .out = -1};
	pid_t pid = 0;

	spawn_user_init(&u);
	assert_int_equal(spawn_start(&s, &pid, NULL), 0);
	value = -EPERM;
	assert_int_equal(spawn_start(&s, &pid, NULL), -EPERM);
	assert_int_equal(pid, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	spawn_user_done(&u);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),    cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_failures),     cmocka_unit_test(test_sudo),
		cmocka_unit_test(test_capabilities), cmocka_unit_test(test_process),
		cmocka_unit_test(test_builtin),
	};

	if (argc > 1 && !strcmp(argv[1], "--child"))
		return capable_child();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
