/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_proc.c - children, waiting, process attributes. */
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "spy.h"

int main(void)
{
	struct clone_args args = {.flags = CLONE_VFORK | CLONE_FS, .exit_signal = SIGCHLD};
	struct rusage use;
	siginfo_t info;
	long pid, rc;
	int status;

	begin();
	expect("getpid() = %s", res(CALL(SYS_getpid)));
	expect("gettid() = %s", res(CALL(SYS_gettid)));
	expect("getppid() = %s", res(CALL(SYS_getppid)));
	pid = CALL(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		syscall(SYS_exit_group, 3);
	expect("clone(child_stack=NULL, flags=SIGCHLD) = %ld", pid);
	rc = CALL(SYS_wait4, pid, &status, __WALL, &use);
	expect("wait4(%ld, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], __WALL, {ru_utime={tv_sec=%ld, "
	       "tv_usec=%ld}, "
	       "ru_stime={tv_sec=%ld, tv_usec=%ld}, ...}) = %ld",
	       pid, use.ru_utime.tv_sec, use.ru_utime.tv_usec, use.ru_stime.tv_sec, use.ru_stime.tv_usec, rc);
	pid = CALL(SYS_fork);
	if (!pid) {
		raise(SIGKILL);
		_exit(1);
	}
	expect("fork() = %ld", pid);
	rc = CALL(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, NULL);
	expect("waitid(P_PID, %ld, {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=%ld, si_uid=%u, "
	       "si_status=SIGKILL, "
	       "si_utime=%ld, si_stime=%ld}, WEXITED|WNOWAIT, NULL) = %s",
	       pid, pid, getuid(), info.si_utime, info.si_stime, res(rc));
	expect("wait4(%ld, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], WNOHANG, NULL) = %s", pid,
	       res(CALL(SYS_wait4, pid, &status, WNOHANG, NULL)));
	expect("wait4(-1, %s, 0, NULL) = %s", ptr(&status), res(CALL(SYS_wait4, -1, &status, 0, NULL)));
	pid = CALL(SYS_clone3, &args, sizeof(args));
	if (!pid)
		syscall(SYS_exit, 0);
	expect("clone3({flags=CLONE_FS|CLONE_VFORK, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, %zu) = "
	       "%ld",
	       sizeof(args), pid);
	wait(NULL);

	expect("prctl(PR_SET_NAME, \"spy_proc\") = %s", res(CALL(SYS_prctl, PR_SET_NAME, "spy_proc")));
	expect("prctl(PR_SET_PDEATHSIG, SIGTERM) = %s", res(CALL(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM)));
	expect("prctl(PR_GET_PDEATHSIG, [SIGTERM]) = %s", res(CALL(SYS_prctl, PR_GET_PDEATHSIG, &status)));
	expect("prctl(PR_CAPBSET_READ, CAP_CHOWN) = %s", res(CALL(SYS_prctl, PR_CAPBSET_READ, CAP_CHOWN)));
	expect("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = %s",
	       res(CALL(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)));
	expect("prctl(PR_GET_DUMPABLE) = %s", res(CALL(SYS_prctl, PR_GET_DUMPABLE)));
	expect("getpriority(PRIO_PROCESS, 0) = %s", res(CALL(SYS_getpriority, PRIO_PROCESS, 0)));
	expect("setpriority(PRIO_PROCESS, 0, 0) = %s", res(CALL(SYS_setpriority, PRIO_PROCESS, 0, 0)));
	expect("setpgid(0, 0) = %s", res(CALL(SYS_setpgid, 0, 0)));
	expect("getpgid(0) = %s", res(CALL(SYS_getpgid, 0)));
	expect("setsid() = %s", res(CALL(SYS_setsid)));
	expect("unshare(CLONE_FS|CLONE_FILES) = %s", res(CALL(SYS_unshare, CLONE_FS | CLONE_FILES)));
	expect("personality(0xffffffff) = 0 (PER_LINUX)");
	CALL(SYS_personality, 0xffffffff);
	fflush(stdout);
	expect("exit_group(7) = ?");
	fflush(stdout);
	syscall(SYS_exit_group, 7);
	return 1;
}
