/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_time.c - clocks, sleeps, timers. */
#include <signal.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>

#include "spy.h"

int main(void)
{
	struct timespec ts, nap = {0, 2000}, bad = {0, -1};
	struct itimerval it = {{0, 0}, {100, 5}};
	struct itimerspec spec = {{1, 0}, {2, 3}}, left;
	struct sigevent sev = {.sigev_notify = SIGEV_NONE, .sigev_signo = SIGUSR1};
	struct timeval tv;
	int timer;
	long rc, a;

	begin();
	rc = CALL(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	expect("clock_gettime(CLOCK_MONOTONIC, {tv_sec=%ld, tv_nsec=%ld}) = %s", ts.tv_sec, ts.tv_nsec,
	       res(rc));
	expect("clock_gettime(0x63 /* CLOCK_??? */, %s) = %s", ptr(&ts),
	       res(CALL(SYS_clock_gettime, 99, &ts)));
	rc = CALL(SYS_clock_getres, CLOCK_REALTIME, &ts);
	expect("clock_getres(CLOCK_REALTIME, {tv_sec=%ld, tv_nsec=%ld}) = %s", ts.tv_sec, ts.tv_nsec,
	       res(rc));
	rc = CALL(SYS_gettimeofday, &tv, NULL);
	expect("gettimeofday({tv_sec=%ld, tv_usec=%ld}, NULL) = %s", tv.tv_sec, tv.tv_usec, res(rc));
	expect("nanosleep({tv_sec=0, tv_nsec=2000}, NULL) = %s", res(CALL(SYS_nanosleep, &nap, NULL)));
	expect("nanosleep({tv_sec=0, tv_nsec=-1}, %s) = %s", ptr(&ts), res(CALL(SYS_nanosleep, &bad, &ts)));
	expect("clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=0, tv_nsec=2000}, NULL) = %s",
	       res(CALL(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &nap, NULL)));
	expect("setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=100, "
	       "tv_usec=5}}, NULL) = %s",
	       res(CALL(SYS_setitimer, ITIMER_REAL, &it, NULL)));
	expect("alarm(0) = %s", res(CALL(SYS_alarm, 0)));
	expect("getitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=0}}) "
	       "= %s",
	       res(CALL(SYS_getitimer, ITIMER_REAL, &it)));
	rc = CALL(SYS_timer_create, CLOCK_REALTIME, &sev, &timer);
	expect("timer_create(CLOCK_REALTIME, {sigev_signo=SIGUSR1, sigev_notify=SIGEV_NONE}, [%d]) = %s",
	       timer, res(rc));
	expect("timer_settime(%d, TIMER_ABSTIME, {it_interval={tv_sec=1, tv_nsec=0}, it_value={tv_sec=2, "
	       "tv_nsec=3}}, "
	       "{it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=0, tv_nsec=0}}) = %s",
	       timer, res(CALL(SYS_timer_settime, timer, TIMER_ABSTIME, &spec, &left)));
	expect("timer_delete(%d) = %s", timer, res(CALL(SYS_timer_delete, timer)));
	a = CALL(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	expect("timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC|TFD_NONBLOCK) = %s", fd(a));
	expect("timerfd_settime(%s, TFD_TIMER_ABSTIME, {it_interval={tv_sec=1, tv_nsec=0}, "
	       "it_value={tv_sec=2, tv_nsec=3}}, "
	       "NULL) = %s",
	       fd(a), res(CALL(SYS_timerfd_settime, a, 1, &spec, NULL)));
	return done();
}
