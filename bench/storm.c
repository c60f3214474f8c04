/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm.c - a storm of short-lived processes: storm COUNT forks, executes this
 * very program, which ends at once, and waits, one after the other. Prints the
 * milliseconds that all of it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	double begin = now_ms();
	long count;

	if (argc < 2)
		return 0; /* the one that was executed */
	count = strtol(argv[1], NULL, 10);
	for (long i = 0; i < count; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			execl("/proc/self/exe", "storm-child", NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
			fprintf(stderr, "storm: child %ld failed\n", i);
			return 1;
		}
	}
	printf("%.2f\n", now_ms() - begin);
	return 0;
}
