/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.bpf.h - the kernel's types, only the members that we read.
 *
 * CO-RE relocates every access by name against the running kernel's BTF, so
 * order and completeness do not matter, and no vmlinux.h of the build machine
 * is needed. A member that moved between versions has a flavour (___suffix).
 */
#ifndef CTOP_BPF_KERNEL_H
#define CTOP_BPF_KERNEL_H

#include <linux/aio_abi.h>
#include <linux/bpf.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
enum { false, true };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags,
		sp, ss;
};

struct thread_info {
	u32 status;
	u32 cpu;
};

struct rq {
	u64 clock, clock_task;
};

struct cfs_rq {
	struct rq *rq;
};

struct sched_entity {
	struct cfs_rq *cfs_rq;
	u64 exec_start;
	u64 sum_exec_runtime;
};

struct sched_info {
	unsigned long long run_delay;
};

struct task_io_accounting {
	u64 read_bytes;
	u64 write_bytes;
};

struct inode;
struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	u16 i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	u32 i_generation;
};

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	const void *f_op;
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
	long long f_pos;
	unsigned int f_flags;
};

struct file___since613 {
	struct {
		struct {
			long long counter;
		} refcnt;
	} f_ref;
};

struct kiocb {
	struct file *ki_filp; /* first */
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

typedef struct {
	int counter;
} atomic_t;

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
};

struct fs_struct {
	struct path pwd;
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
	} in6_u;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct sock {
	struct sock_common __sk_common;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	refcount_t sk_wmem_alloc;
	u16 sk_protocol;
	u16 sk_type;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
};

struct inet_sock {
	struct sock sk;
	u32 inet_saddr;
	u16 inet_sport;
};

struct tcp_sock {
	u32 srtt_us;
	u32 mdev_us;
	u32 snd_cwnd;
	u32 total_retrans;
	u32 rcv_nxt;
	u32 copied_seq;
	u32 write_seq;
	u32 snd_una;
	u64 bytes_acked;
	u64 bytes_received;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct socket {
	short type;
	struct sock *sk;
};

struct kernfs_node {
	u64 id;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

enum { CGROUP_SUBSYS_MAX = 16 };

/* values differ by configuration: only ever used through bpf_core_enum_value() */
enum cgroup_subsys_id {
	pids_cgrp_id = 1,
	memory_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	freezer_cgrp_id,
	devices_cgrp_id,
};

struct css_set {
	struct cgroup_subsys_state *subsys[CGROUP_SUBSYS_MAX];
	struct cgroup *dfl_cgrp;
};

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
};

struct percpu_counter {
	s64 count;
	s32 *counters;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long total_vm;
	unsigned long arg_start;
	unsigned long arg_end;
	struct percpu_counter rss_stat[4];
};

/*
 * Before 6.2 (f1a7941243c1): one atomic per counter. Anonymous inside its
 * parent: a named type that a kernel lacks makes libbpf search the modules'
 * BTF, which needs CAP_SYS_ADMIN.
 */
struct mm_struct___before62 {
	struct {
		struct {
			long counter;
		} count[4];
	} rss_stat;
};

struct timespec64 {
	s64 tv_sec; /* first */
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct {
		void *first;
	} tasks[4]; /* PIDTYPE_PID, ... */
	struct upid numbers[1];
};

struct nsproxy {
	struct net *net_ns;
};

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

enum { RLIMIT_NOFILE = 7 };

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

struct signal_struct {
	int nr_threads;
	struct pid *pids[4]; /* PIDTYPE_PID, TGID, PGID, SID */
	struct tty_struct *tty;
	struct rlimit rlim[16];
	struct mm_struct *oom_mm; /* set in a victim of the OOM killer, for good */
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	unsigned on_cpu; /* int before 7.0; of this type libbpf can load any size */
	int static_prio;
	struct sched_entity se;
	unsigned int policy;
	struct sched_info sched_info;
	struct mm_struct *mm;
	int exit_state;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	u64 utime;
	u64 stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_boottime;
	unsigned long min_flt;
	unsigned long maj_flt;
	const struct cred *real_cred;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct task_io_accounting ioac;
	struct css_set *cgroups;
};

/* before 5.14 (2f064a59a11f) */
struct task_struct___before514 {
	volatile long state;
};

struct io_kiocb {
	struct file *file;
	u8 opcode;
};

struct io_uring_cqe {
	s32 res;
};

struct bpf_array {
	void *pptrs[1];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

struct iovec {
	u64 iov_base, iov_len;
};

struct user_msghdr {
	u64 msg_name;
	u32 msg_namelen, pad;
	u64 msg_iov, msg_iovlen, msg_control, msg_controllen;
	u32 msg_flags, pad2;
};

enum {
	S_IFMT = 0170000, S_IFSOCK = 0140000, S_IFREG = 0100000, S_IFBLK = 0060000, S_IFDIR = 0040000,
	S_IFCHR = 0020000, S_IFIFO = 0010000,
	AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_PACKET = 17,
	IPPROTO_TCP = 6, SOCK_STREAM = 1, TCP_LISTEN = 10,
	ANON_INODE_FS_MAGIC = 0x09041934,
	PF_KTHREAD = 0x00200000,
	TS_COMPAT = 2,
	MSG_PEEK = 2,
	EINTR = 4, E2BIG = 7, ENOMEM = 12,
	AT_FDCWD = -100,
};

#endif
