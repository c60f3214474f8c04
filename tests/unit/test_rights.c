/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rights.h: each case in a child of its own, since nothing comes back. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/kernel_btf.h"
#include "bpf/rights.h"

static uint64_t line_of_status(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long value = ~0ULL;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %llx", &value);
	if (f)
		fclose(f);
	return value;
}

/* Exit status of fn() in a child, or 1000 + signal. */
static int in_child(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

#define REQUIRE(condition)                                                                                   \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			return __LINE__ % 250 + 1;                                                           \
	} while (0)

static const uint64_t watch =
	1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH;

static int demo_child(void)
{
	rights_drop(RIGHTS_NONE);
	REQUIRE(line_of_status("CapEff") == 0);
	REQUIRE(line_of_status("CapPrm") == 0);
	REQUIRE(geteuid() != 0 || line_of_status("CapBnd") == 0);
	REQUIRE(line_of_status("NoNewPrivs") == 1);
	return 0;
}

static void demo_keeps_nothing(void **state)
{
	assert_int_equal(in_child(demo_child), 0);
}

static int batch_caps(void)
{
	uint64_t had = line_of_status("CapPrm");

	rights_drop(RIGHTS_BATCH);
	REQUIRE(line_of_status("CapEff") == (had & watch));
	REQUIRE(line_of_status("CapPrm") ==
		(had &
		 (watch | 1ULL << CAP_SYS_ADMIN | (kernel_preempts_programs() ? 1ULL << CAP_SYS_NICE : 0))));
	REQUIRE(line_of_status("CapInh") == 0);
	rights_admin(true);
	REQUIRE(line_of_status("CapEff") == (had & (watch | 1ULL << CAP_SYS_ADMIN)));
	rights_admin(false);
	REQUIRE(line_of_status("CapEff") == (had & watch));
	return 0;
}

static void batch_keeps_what_watching_takes(void **state)
{
	assert_int_equal(in_child(batch_caps), 0);
}

/* Nothing of it stays, and where it is not needed it does nothing. */
static int undisturbed_child(void)
{
	const struct sched_param lowest = {.sched_priority = 1};
	uint64_t had = line_of_status("CapEff");

	rights_drop(RIGHTS_BATCH);
	rights_undisturbed(true);
	REQUIRE(line_of_status("CapEff") == (had & watch));
	REQUIRE(sched_getscheduler(0) == SCHED_OTHER || kernel_preempts_programs());
	rights_undisturbed(false);
	REQUIRE(sched_getscheduler(0) == SCHED_OTHER);
	REQUIRE(sched_setscheduler(getppid(), SCHED_FIFO, &lowest) < 0 && errno == EPERM);
	return 0;
}

static void undisturbed_for_a_moment(void **state)
{
	assert_int_equal(in_child(undisturbed_child), 0);
}

static int screen_caps(void)
{
	uint64_t had = line_of_status("CapPrm"), bound = line_of_status("CapBnd"),
		 act = 1ULL << CAP_KILL | 1ULL << CAP_SYS_NICE | 1ULL << CAP_SETUID | 1ULL << CAP_SETGID;

	rights_drop(RIGHTS_SCREEN);
	REQUIRE(line_of_status("CapEff") == (had & (watch | act)));
	/* programs that the user starts can still become root by sudo, and root's regain what root has */
	REQUIRE(line_of_status("CapBnd") == bound);
	REQUIRE(line_of_status("NoNewPrivs") == 0);
	REQUIRE(line_of_status("Seccomp") == 0);
	return 0;
}

static void screen_can_act(void **state)
{
	assert_int_equal(in_child(screen_caps), 0);
}

#ifndef __SANITIZE_ADDRESS__
static void *set_flag(void *flag)
{
	*(int *)flag = 1;
	return NULL;
}

static char file[] = "/tmp/ctop-rights-XXXXXX";

static int batch_refuses(void)
{
	int fd = open(file, O_RDWR), flag = 0;
	pthread_t t;

	REQUIRE(fd >= 0);
	rights_drop(RIGHTS_BATCH);
	REQUIRE(line_of_status("Seccomp") == 2);
	REQUIRE(fork() < 0 && errno == EPERM);
	REQUIRE(execl("/bin/true", "true", (char *)NULL) < 0 && errno == EPERM);
	REQUIRE(kill(getppid(), 0) < 0 && errno == EPERM);
	REQUIRE(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	REQUIRE(unlink(file) < 0 && errno == EPERM);
	REQUIRE(chmod(file, 0777) < 0 && errno == EPERM);
	REQUIRE(setuid(getuid()) < 0 && errno == EPERM);
	/* what it goes on doing */
	REQUIRE(write(fd, "x", 1) == 1);
	REQUIRE(close(open("/proc/self/stat", O_RDONLY)) == 0);
	REQUIRE(pthread_create(&t, NULL, set_flag, &flag) == 0 && pthread_join(t, NULL) == 0 && flag == 1);
	REQUIRE(kill(getpid(), 0) == 0);
	abort();
}

static int page_refuses(void)
{
	rights_drop(RIGHTS_PAGE);
	REQUIRE(fork() < 0 && errno == EPERM);
	REQUIRE(unlink(file) < 0 && errno == EPERM);
	REQUIRE(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	REQUIRE(close(socket(AF_NETLINK, SOCK_RAW, 0)) == 0);
	return 0;
}

static void page_opens_netlink_only(void **state)
{
	assert_int_equal(in_child(page_refuses), 0);
}

static void batch_starts_and_changes_nothing(void **state)
{
	int fd = mkstemp(file), r;

	assert_true(fd >= 0);
	close(fd);
	r = in_child(batch_refuses);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(r, 1000 + SIGABRT);
}
#endif

static void every_right_says_what_it_is_for(void **state)
{
	struct right all[RIGHTS_MAX];
	size_t n = rights_list(all, RIGHTS_MAX);

	assert_true(n >= 5);
	for (size_t i = 0; i < n; i++) {
		assert_true(!strncmp(all[i].name, "CAP_", 4) && *all[i].use);
		assert_true(all[i].without || all[i].cap == CAP_BPF || all[i].cap == CAP_PERFMON);
		if (geteuid() == 0 && line_of_status("CapPrm") >> all[i].cap & 1)
			assert_true(all[i].have);
	}
	assert_int_equal(rights_list(all, 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_right_says_what_it_is_for),  cmocka_unit_test(demo_keeps_nothing),
		cmocka_unit_test(batch_keeps_what_watching_takes),  cmocka_unit_test(screen_can_act),
		cmocka_unit_test(undisturbed_for_a_moment),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(batch_starts_and_changes_nothing), cmocka_unit_test(page_opens_netlink_only),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
