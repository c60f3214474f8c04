/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/hosttotals.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/procfs.h"

static double percent(uint64_t now, uint64_t before, uint64_t total)
{
	return total && now > before ? 100.0 * (double)(now - before) / (double)total : 0.0;
}

static void read_stat(struct hosttotals *t, const char *proc_root, struct host *host)
{
	uint64_t user, nice, sys, idle, iowait = 0, irq = 0, softirq = 0, steal = 0, total;
	struct hosttotals now;
	char *text;

	/* a line per CPU, then one with a number per interrupt: large machines have long ones */
	if (procfs_read(proc_root, 1 << 20, &text, NULL, "stat") < 0)
		return;
	if (sscanf(text,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64,
		   &user, &nice, &sys, &idle, &iowait, &irq, &softirq, &steal) >= 4) {
		now = (struct hosttotals){
			.user = user + nice,
			.sys = sys + irq + softirq,
			.iowait = iowait,
			.steal = steal,
			.total = user + nice + sys + idle + iowait + irq + softirq + steal,
		};
		total = now.total > t->total ? now.total - t->total : 0;
		host->cpu_user = percent(now.user, t->user, total);
		host->cpu_sys = percent(now.sys, t->sys, total);
		/* iowait may run backwards, see proc(5) */
		host->cpu_iowait = percent(now.iowait, t->iowait, total);
		host->cpu_steal = percent(now.steal, t->steal, total);
		*t = now;
	}
	for (const char *p = text; (p = strstr(p, "\ncpu")); p += 4)
		host->cpus += isdigit((unsigned char)p[4]) != 0;
	free(text);
}

static void read_meminfo(const char *proc_root, struct host *host)
{
	const struct {
		const char *name;
		uint64_t *value;
	} lines[] = {
		{"MemTotal:", &host->mem_total},
		{"MemAvailable:", &host->mem_available},
		{"SwapTotal:", &host->swap_total},
		{"SwapFree:", &host->swap_free},
	};
	char *text, *p;
	uint64_t kib;

	if (procfs_read(proc_root, 65536, &text, NULL, "meminfo") < 0)
		return;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		p = strstr(text, lines[i].name);
		if (p && sscanf(p + strlen(lines[i].name), "%" SCNu64, &kib) == 1)
			*lines[i].value = kib * 1024;
	}
	free(text);
}

void hosttotals_read(struct hosttotals *t, const char *proc_root, struct host *host)
{
	double uptime;
	char *text;

	host->cpus = 0;
	read_stat(t, proc_root, host);
	read_meminfo(proc_root, host);
	if (procfs_read(proc_root, 256, &text, NULL, "loadavg") == 0) {
		if (sscanf(text, "%lf %lf %lf", &host->load1, &host->load5, &host->load15) != 3)
			host->load1 = host->load5 = host->load15 = 0;
		free(text);
	}
	if (procfs_read(proc_root, 256, &text, NULL, "uptime") == 0) {
		if (sscanf(text, "%lf", &uptime) == 1 && uptime >= 0)
			host->uptime = (uint64_t)(uptime * 1e9);
		free(text);
	}
}
