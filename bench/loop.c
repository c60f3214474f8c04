/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.c - nanoseconds per call of a tight loop: loop getppid|read MS. Prints the
 * median of batches of 1,000 calls, so that an interrupt in one does not count.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1000, MAX = 200000 };

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double batch[MAX];
	uint64_t end;
	size_t n = 0;
	int fd, reading;
	cpu_set_t cpus;
	char c;

	if (argc != 3) {
		fprintf(stderr, "usage: loop getppid|read MS\n");
		return 2;
	}
	reading = !strcmp(argv[1], "read");
	/* the last CPU: the monitor's own work goes elsewhere when there is room */
	CPU_ZERO(&cpus);
	CPU_SET((int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	fd = open("/dev/zero", O_RDONLY);
	if (fd < 0)
		return 1;
	end = now() + strtoull(argv[2], NULL, 10) * 1000000;
	while (n < MAX) {
		uint64_t t = now();

		if (t >= end && n > 0)
			break;
		if (reading)
			for (int i = 0; i < BATCH; i++)
				syscall(SYS_read, fd, &c, 1);
		else
			for (int i = 0; i < BATCH; i++)
				syscall(SYS_getppid);
		batch[n++] = (double)(now() - t) / BATCH;
	}
	qsort(batch, n, sizeof(*batch), by_value);
	printf("%.2f\n", batch[n / 2]);
	return 0;
}
