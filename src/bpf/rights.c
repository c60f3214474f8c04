/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf/rights.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/kernel_btf.h"

#define BIT(cap) (1ULL << (cap))

static const struct right all[] = {
	{CAP_BPF, "CAP_BPF", "loads BPF programs", NULL, false},
	{CAP_PERFMON, "CAP_PERFMON", "attaches them and reads kernel memory", NULL, false},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "reads other users' /proc/PID/cwd and exe",
	 "proc.cwd and proc.exepath of others stay empty, users in containers are numbers", false},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "reads the container runtimes' files",
	 "container.name, .image, .label and others stay empty, ids are there", false},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "measures what our own BPF programs cost",
	 "the header gives the process's own share only", false},
};
enum { N_ALL = sizeof(all) / sizeof(all[0]) };

static const uint64_t watch =
	BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH);
/* signals, priorities, and becoming who started us before a program of theirs runs or a file of theirs is
 * made */
static const uint64_t act = BIT(CAP_KILL) | BIT(CAP_SYS_NICE) | BIT(CAP_SETUID) | BIT(CAP_SETGID);

struct caps {
	uint64_t effective, permitted, inheritable;
};

static int get_caps(struct caps *ret)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &head, d) < 0)
		return -errno;
	ret->effective = d[0].effective | (uint64_t)d[1].effective << 32;
	ret->permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	ret->inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

static void set_caps(const struct caps *c)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = {
		{(uint32_t)c->effective, (uint32_t)c->permitted, (uint32_t)c->inheritable},
		{(uint32_t)(c->effective >> 32), (uint32_t)(c->permitted >> 32),
		 (uint32_t)(c->inheritable >> 32)},
	};

	(void)syscall(SYS_capset, &head,
		      d); /* giving up cannot fail; keeping what one has not is not asked for */
}

size_t rights_list(struct right *ret, size_t max)
{
	struct caps c = {0};
	size_t n = 0;

	get_caps(&c);
	for (; n < N_ALL && n < max; n++) {
		ret[n] = all[n];
		/* CAP_SYS_ADMIN stands for the first two, as it did before they were split off */
		ret[n].have = c.permitted & (BIT(all[n].cap) | (all[n].without ? 0 : BIT(CAP_SYS_ADMIN)));
	}
	return n;
}

void rights_admin(bool on)
{
	struct caps c = {0};

	if (get_caps(&c) < 0 || !(c.permitted & BIT(CAP_SYS_ADMIN)) || !(c.permitted & BIT(CAP_BPF)))
		return;
	if (on)
		c.effective |= BIT(CAP_SYS_ADMIN);
	else
		c.effective &= ~BIT(CAP_SYS_ADMIN);
	set_caps(&c);
}

void rights_undisturbed(bool on)
{
	const struct sched_param lowest = {.sched_priority = 1}, none = {0};
	struct caps c = {0}, before;

	if (!kernel_preempts_programs() || get_caps(&c) < 0 || !(c.permitted & BIT(CAP_SYS_NICE)))
		return;
	if (!on) { /* takes no right */
		(void)sched_setscheduler(0, SCHED_OTHER, &none);
		return;
	}
	before = c;
	c.effective |= BIT(CAP_SYS_NICE);
	set_caps(&c);
	(void)sched_setscheduler(0, SCHED_FIFO, &lowest);
	set_caps(&before);
}

#if !defined(__SANITIZE_ADDRESS__) /* its leak checker is a process that traces us */

/* What batch mode never does. */
static const uint16_t refused[] = {
	/* programs, other processes */
	SYS_execve,
	SYS_execveat,
	SYS_fork,
	SYS_vfork,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_tkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_send_signal,
	SYS_pidfd_getfd,
	SYS_setpriority,
	SYS_sched_setscheduler,
	SYS_sched_setattr,
	SYS_sched_setaffinity,
	SYS_ioprio_set,
	/* who we are */
	SYS_setuid,
	SYS_setgid,
	SYS_setreuid,
	SYS_setregid,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setfsuid,
	SYS_setfsgid,
	SYS_setgroups,
	SYS_unshare,
	SYS_setns,
	SYS_chroot,
	SYS_pivot_root,
	/* files of others */
	SYS_creat,
	SYS_mkdir,
	SYS_mkdirat,
	SYS_rmdir,
	SYS_unlink,
	SYS_unlinkat,
	SYS_rename,
	SYS_renameat,
	SYS_renameat2,
	SYS_link,
	SYS_linkat,
	SYS_symlink,
	SYS_symlinkat,
	SYS_mknod,
	SYS_mknodat,
	SYS_chmod,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_chown,
	SYS_fchown,
	SYS_lchown,
	SYS_fchownat,
	SYS_truncate,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	SYS_removexattr,
	SYS_lremovexattr,
	SYS_fremovexattr,
	/* the network */
	SYS_socket,
	SYS_socketpair,
	SYS_connect,
	SYS_bind,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	/* the machine */
	SYS_mount,
	SYS_umount2,
	SYS_move_mount,
	SYS_open_tree,
	SYS_fsopen,
	SYS_fsmount,
	SYS_mount_setattr,
	SYS_swapon,
	SYS_swapoff,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_reboot,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_iopl,
	SYS_ioperm,
	SYS_acct,
	SYS_quotactl,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_userfaultfd,
	SYS_io_uring_setup,
};
enum { N_REFUSED = sizeof(refused) / sizeof(refused[0]) };

/* What getifaddrs() in another network namespace takes, besides a socket. */
static bool for_page(uint16_t nr)
{
	return nr == SYS_setns || nr == SYS_bind;
}

#define LOAD(member)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
/* skips the next n instructions unless the loaded word is k */
#define UNLESS(k, n)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, n)
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define ALLOW         RETURN(SECCOMP_RET_ALLOW)

static void filter_calls(enum rights_use use)
{
	const struct sock_filter head[] = {
		LOAD(arch),
		UNLESS(AUDIT_ARCH_X86_64, 3),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 1, 0), /* x32 */
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
		REFUSE(EPERM),
		/* threads only; glibc tries clone() where there is no clone3(), whose flags are in memory */
		UNLESS(SYS_clone3, 1),
		REFUSE(ENOSYS),
		UNLESS(SYS_clone, 4),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
		ALLOW,
		REFUSE(EPERM),
		/* signals to ourselves: abort(), and to stop */
		UNLESS(SYS_tgkill, 4),
		LOAD(args[0]),
		UNLESS((uint32_t)getpid(), 1),
		ALLOW,
		REFUSE(EPERM),
		UNLESS(SYS_kill, 4),
		LOAD(args[0]),
		UNLESS((uint32_t)getpid(), 1),
		ALLOW,
		REFUSE(EPERM),
	};
	/* our own priority, for rights_undisturbed() */
	const struct sock_filter own_priority[] = {
		UNLESS(SYS_sched_setscheduler, 4), LOAD(args[0]), UNLESS(0, 1), ALLOW, REFUSE(EPERM),
	};
	const struct sock_filter netlink[] = {
		UNLESS(SYS_socket, 4), LOAD(args[0]), UNLESS(AF_NETLINK, 1), ALLOW, REFUSE(EPERM),
	};
	enum {
		N_HEAD = sizeof(head) / sizeof(head[0]),
		N_OWN = sizeof(own_priority) / sizeof(own_priority[0]),
		N_NETLINK = sizeof(netlink) / sizeof(netlink[0])
	};
	struct sock_filter code[N_HEAD + N_OWN + N_NETLINK + 2 * N_REFUSED + 1];
	struct sock_fprog prog = {.filter = code};
	unsigned short n = N_HEAD;

	memcpy(code, head, sizeof(head));
	if (kernel_preempts_programs()) {
		memcpy(code + n, own_priority, sizeof(own_priority));
		n += N_OWN;
	}
	if (use == RIGHTS_PAGE) {
		memcpy(code + n, netlink, sizeof(netlink));
		n += N_NETLINK;
	}
	for (size_t i = 0; i < N_REFUSED; i++) {
		if (use == RIGHTS_PAGE && for_page(refused[i]))
			continue;
		code[n++] = (struct sock_filter)UNLESS(refused[i], 1);
		code[n++] = (struct sock_filter)REFUSE(EPERM);
	}
	code[n++] = (struct sock_filter)ALLOW;
	prog.len = n;
	/* a kernel without seccomp: the capabilities are gone all the same */
	(void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
}
#else
static void filter_calls(enum rights_use use)
{
}
#endif

void rights_drop(enum rights_use use)
{
	uint64_t keep = use == RIGHTS_NONE ? 0 : use == RIGHTS_SCREEN ? watch | act : watch;
	uint64_t undisturbed = kernel_preempts_programs() ? BIT(CAP_SYS_NICE) : 0;
	struct caps c = {0};

	if (get_caps(&c) < 0)
		return;
	if (use != RIGHTS_SCREEN) {
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
			if (!(keep >> cap & 1))
				(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
	if (use != RIGHTS_NONE && !(c.permitted & BIT(CAP_BPF))) /* who has only this needs it for loading */
		keep |= BIT(CAP_SYS_ADMIN);
	c.permitted &= use == RIGHTS_NONE ? 0 : keep | BIT(CAP_SYS_ADMIN) | undisturbed;
	/* also what was permitted and not effective: a binary with capabilities may be so */
	c.effective = c.permitted & keep;
	if (use != RIGHTS_SCREEN)
		c.inheritable = 0;
	set_caps(&c);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (use != RIGHTS_SCREEN)
		filter_calls(use);
}
