/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_limits.c - limits, usage, the system, identity. */
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "spy.h"

int main(void)
{
	struct rlimit core = {0, 0}, lim;
	struct rusage use;
	struct utsname uts;
	struct sysinfo si;
	unsigned r, e, s, cpu;
	cpu_set_t cpus;
	long rc;

	begin();
	expect("prlimit64(0, RLIMIT_CORE, {rlim_cur=0, rlim_max=0}, NULL) = %s",
	       res(CALL(SYS_prlimit64, 0, RLIMIT_CORE, &core, NULL)));
	lim.rlim_cur = 512 * 1024, lim.rlim_max = RLIM_INFINITY;
	rc = CALL(SYS_setrlimit, RLIMIT_DATA, &lim);
	expect("setrlimit(RLIMIT_DATA, {rlim_cur=512*1024, rlim_max=RLIM64_INFINITY}) = %s", res(rc));
	expect("getrlimit(RLIMIT_CORE, {rlim_cur=0, rlim_max=0}) = %s",
	       res(CALL(SYS_getrlimit, RLIMIT_CORE, &core)));
	rc = CALL(SYS_getrusage, RUSAGE_SELF, &use);
	expect("getrusage(RUSAGE_SELF, {ru_utime={tv_sec=%ld, tv_usec=%ld}, ru_stime={tv_sec=%ld, "
	       "tv_usec=%ld}, ...}) = %s",
	       use.ru_utime.tv_sec, use.ru_utime.tv_usec, use.ru_stime.tv_sec, use.ru_stime.tv_usec, res(rc));
	rc = CALL(SYS_uname, &uts);
	expect("uname({sysname=\"Linux\", nodename=\"%s\", ...}) = %s", uts.nodename, res(rc));
	rc = CALL(SYS_sysinfo, &si);
	expect("sysinfo({uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu, sharedram=%lu, "
	       "bufferram=%lu, "
	       "totalswap=%lu, freeswap=%lu, procs=%u, totalhigh=0, freehigh=0, mem_unit=1}) = %s",
	       si.uptime, si.loads[0], si.loads[1], si.loads[2], si.totalram, si.freeram, si.sharedram,
	       si.bufferram, si.totalswap, si.freeswap, si.procs, res(rc));
	rc = CALL(SYS_getresuid, &r, &e, &s);
	expect("getresuid([%u], [%u], [%u]) = %s", r, e, s, res(rc));
	expect("getuid() = %s", res(CALL(SYS_getuid)));
	expect("setuid(%u) = %s", r, res(CALL(SYS_setuid, r)));
	rc = CALL(SYS_getcpu, &cpu, NULL, NULL);
	expect("getcpu([%u], NULL, NULL) = %s", cpu, res(rc));
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	expect("sched_setaffinity(0, 128, [0]) = %s", res(CALL(SYS_sched_setaffinity, 0, 128, &cpus)));
	expect("sched_getaffinity(0, 128, [0]) = %s", res(CALL(SYS_sched_getaffinity, 0, 128, &cpus)));
	expect("sched_getscheduler(0) = SCHED_OTHER");
	CALL(SYS_sched_getscheduler, 0);
	expect("sched_yield() = %s", res(CALL(SYS_sched_yield)));
	return done();
}
