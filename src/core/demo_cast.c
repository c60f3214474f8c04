/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo_cast.c - what the synthetic machine runs: containers, programs, what
 * they have open and which calls they make how often. Data only. Some names
 * are hostile on purpose: what shows them must not believe them.
 */
#include "core/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

enum { HOST, WEB, DB, QUEUE, METRICS, BUILD, MAIL, SSHD, CRON, JOURNAL, DOCKERD };

static const struct demo_container containers[] = {
	[HOST] = {"host", "host", "host", "host", NULL, "/", .is_host = true},
	[WEB] = {"3f4a9c1be27d", "3f4a9c1be27d5a60c1f2e8b7d9a04c5e6f708192a3b4c5d6e7f8091a2b3c4d5e",
		 "shop-web", "docker", "acme/shop:3.2",
		 "/system.slice/"
		 "docker-3f4a9c1be27d5a60c1f2e8b7d9a04c5e6f708192a3b4c5d6e7f8091a2b3c4d5e.scope",
		 false, .ip = "10.0.3.4", .health = "healthy", .label = "com.example.team=shop",
		 .mount = "/srv/shop:/srv/shop:bind:true:rprivate", .hours = 31, .memory_max = 1024,
		 .cpu_max = 150},
	[DB] = {"b81d07e5c9aa", "b81d07e5c9aa41f3a6b2c8d0e4f51627384950a1b2c3d4e5f60718293a4b5c6d", "shop-db",
		"docker", "postgres:15",
		"/system.slice/docker-b81d07e5c9aa41f3a6b2c8d0e4f51627384950a1b2c3d4e5f60718293a4b5c6d.scope",
		false, .ip = "10.0.3.9", .health = "healthy", .label = "com.example.team=shop",
		.mount = "/var/lib/shop-db:/var/lib/postgresql:bind:true:rprivate", .hours = 740,
		.memory_max = 1280},
	[QUEUE] = {"77c2e0d4a1f8", "77c2e0d4a1f84b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4",
		   "queue", "containerd", "redis:7",
		   "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5d0c.slice/"
		   "cri-containerd-77c2e0d4a1f84b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4.scope",
		   false, .ip = "10.0.3.12", .label = "app=queue", .pod_name = "queue-0", .pod_ns = "shop",
		   .pod_uid = "5d0c9a1e-7b34-4c55-9f7e-2f1f7d9be8a2", .hours = 212, .memory_max = 96,
		   .cpu_max = 200},
	[METRICS] = {"e5509ab3f6c1", "e5509ab3f6c1d2e3f4051627384950a1b2c3d4e5f60718293a4b5c6d7e8f9001",
		     "metrics", "podman", "prom/prometheus:v2",
		     "/machine.slice/libpod-"
		     "e5509ab3f6c1d2e3f4051627384950a1b2c3d4e5f60718293a4b5c6d7e8f9001.scope",
		     false, .ip = "10.0.4.2", .label = "maintainer=ops", .hours = 97},
	[BUILD] = {"build", "build", "build", "lxc", NULL, "/lxc.payload.build", false, .ip = "10.0.6.8",
		   .hours = 2},
	[MAIL] = {"oldmail", "oldmail", "oldmail", "nspawn", NULL,
		  "/machine.slice/systemd-nspawn@oldmail.service", false, .ip = "10.0.5.2", .hours = 2400},
	[SSHD] = {"ssh.service", "ssh.service", "ssh.service", "systemd", NULL, "/system.slice/ssh.service",
		  .is_host = true},
	[CRON] = {"cron.service", "cron.service", "cron.service", "systemd", NULL,
		  "/system.slice/cron.service", .is_host = true},
	[JOURNAL] = {"systemd-journald.service", "systemd-journald.service", "systemd-journald.service",
		     "systemd", NULL, "/system.slice/systemd-journald.service", .is_host = true},
	[DOCKERD] = {"docker.service", "docker.service", "docker.service", "systemd", NULL,
		     "/system.slice/docker.service", .is_host = true},
};

#define FILE_(FD, PATH, FLAGS)                                                                               \
	{                                                                                                    \
		.fd = (FD), .kind = OBJ_FILE, .name = (PATH), .flags = (FLAGS)                               \
	}
#define NULLDEV                                                                                              \
	{                                                                                                    \
		.fd = 0, .kind = OBJ_CHR, .name = "/dev/null", .flags = O_RDWR                               \
	}
#define TTY_(PTS)                                                                                            \
	{                                                                                                    \
		.fd = 0, .n = 3, .kind = OBJ_CHR, .name = "/dev/pts/" #PTS, .flags = O_RDWR                  \
	}
#define ANON_(FD, NAME)                                                                                      \
	{                                                                                                    \
		.fd = (FD), .kind = OBJ_ANON, .name = "[" NAME "]"                                           \
	}
#define PIPE_(FD)                                                                                            \
	{                                                                                                    \
		.fd = (FD), .kind = OBJ_FIFO, .flags = O_WRONLY                                              \
	}
#define UNIX_(FD, PATH)                                                                                      \
	{                                                                                                    \
		.fd = (FD), .kind = OBJ_UNIX, .name = (PATH), .flags = O_RDWR                                \
	}
#define LISTEN_(FD, ADDR, PORT)                                                                              \
	{                                                                                                    \
		.fd = (FD), .kind = OBJ_INET, .laddr = (ADDR), .lport = (PORT), .flags = O_RDWR              \
	}
#define UDP_(FD, ADDR, PORT)                                                                                 \
	{                                                                                                    \
		.fd = (FD), .kind = OBJ_INET, .laddr = (ADDR), .lport = (PORT), .udp = true, .flags = O_RDWR \
	}
#define SERVE_(FD, N, L, PORT, R)                                                                            \
	{                                                                                                    \
		.fd = (FD), .n = (N), .kind = OBJ_INET, .laddr = (L), .lport = (PORT), .raddr = (R),         \
		.churn = true, .flags = O_RDWR                                                               \
	}
#define CONN_(FD, L, R, PORT)                                                                                \
	{                                                                                                    \
		.fd = (FD), .kind = OBJ_INET, .laddr = (L), .raddr = (R), .rport = (PORT), .flags = O_RDWR   \
	}

static const struct demo_open open_null[] = {NULLDEV};
static const struct demo_open open_init[] = {NULLDEV,
					     ANON_(4, "eventpoll"),
					     ANON_(5, "signalfd"),
					     UNIX_(12, "/run/systemd/private"),
					     UNIX_(13, "/run/systemd/notify"),
					     FILE_(14, "/proc/1/mountinfo", O_RDONLY)};
static const struct demo_open open_journal[] = {NULLDEV,
						UNIX_(3, "/run/systemd/journal/dev-log"),
						ANON_(8, "eventpoll"),
						FILE_(9, "/var/log/journal/8d1f/system.journal", O_RDWR),
						{.fd = 7, .kind = OBJ_CHR, .name = "/dev/kmsg"}};
static const struct demo_open open_sshd[] = {NULLDEV, LISTEN_(3, "0.0.0.0", 22), LISTEN_(4, "::", 22)};
static const struct demo_open open_session[] = {
	NULLDEV,
	{.fd = 4,
	 .kind = OBJ_INET,
	 .laddr = "192.0.2.10",
	 .lport = 22,
	 .raddr = "203.0.113.77",
	 .flags = O_RDWR},
	{.fd = 9, .kind = OBJ_CHR, .name = "/dev/ptmx", .flags = O_RDWR}};
static const struct demo_open open_tty0[] = {TTY_(0)};
static const struct demo_open open_tty1[] = {TTY_(1)};
static const struct demo_open open_vim[] = {TTY_(1), FILE_(4, "/home/alice/src/.notes.md.swp", O_RDWR)};
static const struct demo_open open_docker[] = {NULLDEV, UNIX_(3, "/run/docker.sock"), ANON_(4, "eventpoll"),
					       UNIX_(9, "/run/containerd/containerd.sock")};
static const struct demo_open open_resolve[] = {NULLDEV,
						UDP_(12, "127.0.0.53", 53),
						LISTEN_(13, "127.0.0.53", 53),
						{.fd = 15, .kind = OBJ_NETLINK},
						ANON_(4, "eventpoll")};
static const struct demo_open open_chrony[] = {NULLDEV,
					       UDP_(5, "::1", 323),
					       {.fd = 7,
						.kind = OBJ_INET,
						.udp = true,
						.laddr = "192.0.2.10",
						.raddr = "198.51.100.123",
						.rport = 123,
						.flags = O_RDWR}};
static const struct demo_open open_nginx[] = {NULLDEV,
					      FILE_(2, "/var/log/nginx/error.log", O_WRONLY | O_APPEND),
					      FILE_(4, "/var/log/nginx/access.log", O_WRONLY | O_APPEND),
					      LISTEN_(6, "0.0.0.0", 80),
					      LISTEN_(7, "::", 80),
					      ANON_(8, "eventpoll"),
					      SERVE_(10, 5, "10.0.3.4", 80, "198.51.100.%d"),
					      SERVE_(15, 2, "2001:db8::4", 80, "2001:db8:7::%x"),
					      CONN_(20, "10.0.3.4", "10.0.3.4", 3000),
					      FILE_(21, "/srv/shop/static/app.js", O_RDONLY),
					      FILE_(22, "/srv/shop/static/img/h\303\251ros.webp", O_RDONLY)};
static const struct demo_open open_node[] = {NULLDEV,
					     PIPE_(1),
					     ANON_(3, "eventpoll"),
					     ANON_(5, "eventfd"),
					     LISTEN_(18, "10.0.3.4", 3000),
					     CONN_(20, "10.0.3.4", "10.0.3.9", 5432),
					     CONN_(21, "10.0.3.4", "10.0.3.12", 6379)};
static const struct demo_open open_postmaster[] = {NULLDEV, PIPE_(2), LISTEN_(6, "0.0.0.0", 5432),
						   LISTEN_(7, "::", 5432),
						   UNIX_(8, "/run/postgresql/.s.PGSQL.5432")};
static const struct demo_open open_backend[] = {
	NULLDEV,
	PIPE_(2),
	ANON_(4, "eventpoll"),
	{.fd = 9, .kind = OBJ_INET, .laddr = "10.0.3.9", .lport = 5432, .raddr = "10.0.3.4", .flags = O_RDWR},
	FILE_(31, "/var/lib/postgresql/15/main/base/16384/2619", O_RDWR),
	FILE_(32, "/var/lib/postgresql/15/main/base/16384/16402", O_RDWR),
	FILE_(33, "/var/lib/postgresql/15/main/pg_wal/00000001000000020000004B", O_RDWR)};
static const struct demo_open open_walwriter[] = {
	NULLDEV, PIPE_(2), ANON_(4, "eventpoll"),
	FILE_(33, "/var/lib/postgresql/15/main/pg_wal/00000001000000020000004B", O_RDWR)};
static const struct demo_open open_redis[] = {NULLDEV,
					      ANON_(5, "eventpoll"),
					      LISTEN_(6, "0.0.0.0", 6379),
					      LISTEN_(7, "::", 6379),
					      SERVE_(8, 6, "10.0.3.12", 6379, "10.0.3.%d"),
					      FILE_(14, "/data/appendonly.aof", O_WRONLY | O_APPEND)};
static const struct demo_open open_prom[] = {NULLDEV,
					     ANON_(4, "eventpoll"),
					     LISTEN_(7, "::", 9090),
					     CONN_(9, "10.0.4.2", "192.0.2.10", 9100),
					     CONN_(10, "10.0.4.2", "10.0.3.12", 9121),
					     FILE_(12, "/prometheus/wal/00000031", O_WRONLY),
					     FILE_(13, "/prometheus/chunks_head/000007", O_RDWR)};
static const struct demo_open open_make[] = {NULLDEV, PIPE_(3), PIPE_(4)};
static const struct demo_open open_cc1[] = {NULLDEV, FILE_(3, "/src/linux/include/linux/sched.h", O_RDONLY),
					    FILE_(4, "/tmp/ccbQ2k1Z.s", O_WRONLY)};
static const struct demo_open open_mail[] = {
	NULLDEV, LISTEN_(12, "0.0.0.0", 25), LISTEN_(13, "::", 25), ANON_(8, "eventpoll"),
	SERVE_(14, 2, "10.0.5.2", 25, "203.0.113.%d"), FILE_(20, "/var/log/mail.log", O_WRONLY | O_APPEND),
	/* a file name that would set the window title */
	FILE_(21, "/var/spool/mail/\033]0;owned\007", O_RDWR)};
static const struct demo_open open_backup[] = {
	NULLDEV, FILE_(3, "/home/alice/videos/\346\227\205\350\241\214 2025.mkv", O_RDONLY),
	FILE_(4, "/mnt/backup/2026-01-15.tar", O_WRONLY),
	FILE_(5, "/home/bob/line\nbreak \342\200\256fdp.exe", O_RDONLY)};
static const struct demo_open open_node_exp[] = {NULLDEV, LISTEN_(3, "::", 9100), ANON_(4, "eventpoll"),
						 SERVE_(6, 1, "192.0.2.10", 9100, "10.0.4.%d")};

#define READ_(FD, RATE, BYTES, LAT)                                                                          \
	{                                                                                                    \
		.nr = SYS_read, .fd = (FD), .rate = (RATE), .bytes = (BYTES), .lat = (LAT)                   \
	}
#define WRITE_(FD, RATE, BYTES, LAT)                                                                         \
	{                                                                                                    \
		.nr = SYS_write, .fd = (FD), .rate = (RATE), .bytes = (BYTES), .lat = (LAT)                  \
	}
#define CALL_(NR, RATE, LAT)                                                                                 \
	{                                                                                                    \
		.nr = SYS_##NR, .fd = -1, .rate = (RATE), .lat = (LAT)                                       \
	}
#define FDCALL_(NR, FD, RATE, BYTES, LAT)                                                                    \
	{                                                                                                    \
		.nr = SYS_##NR, .fd = (FD), .rate = (RATE), .bytes = (BYTES), .lat = (LAT)                   \
	}
#define OPEN_(PATH, RATE)                                                                                    \
	{                                                                                                    \
		.nr = SYS_openat, .fd = -1, .path = (PATH), .rate = (RATE), .lat = 5200                      \
	}
#define FAIL_(NR, PATH, RATE, ERR)                                                                           \
	{                                                                                                    \
		.nr = SYS_##NR, .fd = -1, .path = (PATH), .rate = (RATE), .err = (ERR), .lat = 3100          \
	}

static const struct demo_act act_init[] = {FDCALL_(epoll_wait, 4, 3, 0, 0), READ_(14, 1, 3200, 41000),
					   OPEN_("/proc/1/cgroup", 1), FDCALL_(recvmsg, 13, 1, 48, 2500)};
static const struct demo_act act_journal[] = {FDCALL_(epoll_wait, 8, 30, 0, 0),
					      FDCALL_(recvmsg, 3, 28, 190, 3400), WRITE_(9, 9, 512, 9000),
					      FDCALL_(fdatasync, 9, 0.5, 0, 7800000)};
static const struct demo_act act_sshd[] = {CALL_(ppoll, 4, 0), READ_(4, 4, 60, 2200), WRITE_(4, 4, 180, 9000),
					   READ_(9, 3, 120, 1800)};
static const struct demo_act act_bash[] = {READ_(0, 0.7, 3, 0), WRITE_(2, 0.7, 9, 5000)};
static const struct demo_act act_top[] = {OPEN_("/proc/stat", 60), READ_(3, 60, 900, 18000),
					  FDCALL_(close, 3, 60, 0, 700), WRITE_(1, 4, 2100, 12000),
					  CALL_(pselect6, 1, 0)};
static const struct demo_act act_docker[] = {FDCALL_(epoll_pwait, 4, 35, 0, 0), CALL_(futex, 60, 900000),
					     FDCALL_(write, 9, 6, 240, 6000), CALL_(nanosleep, 20, 120000)};
static const struct demo_act act_resolve[] = {FDCALL_(epoll_wait, 4, 12, 0, 0),
					      FDCALL_(recvmsg, 12, 6, 64, 3000),
					      FDCALL_(sendmsg, 12, 6, 96, 11000)};
static const struct demo_act act_chrony[] = {CALL_(pselect6, 0.5, 0), FDCALL_(recvmmsg, 7, 0.5, 48, 4000)};
static const struct demo_act act_nginx[] = {
	FDCALL_(epoll_wait, 8, 2400, 0, 0),
	FDCALL_(recvfrom, 10, 1900, 620, 2600),
	FDCALL_(writev, 11, 1300, 5400, 14000),
	{.nr = SYS_sendfile, .fd = 12, .fd2 = 21, .rate = 420, .bytes = 31000, .lat = 26000},
	FDCALL_(sendto, 20, 700, 810, 9000),
	FDCALL_(recvfrom, 20, 700, 2600, 3000),
	WRITE_(4, 1300, 130, 4200),
	{.nr = SYS_recvfrom, .fd = 13, .rate = 160, .err = EAGAIN, .lat = 900},
	FAIL_(openat, "/srv/shop/static/favicon.ico", 6, ENOENT),
	FDCALL_(accept4, 6, 22, 0, 5200)};
static const struct demo_act act_node[] = {FDCALL_(epoll_wait, 3, 900, 0, 0),
					   READ_(20, 800, 2300, 3800),
					   FDCALL_(write, 20, 800, 260, 11000),
					   FDCALL_(write, 21, 620, 90, 8000),
					   READ_(21, 620, 70, 2400),
					   WRITE_(1, 40, 160, 3000),
					   CALL_(futex, 300, 210000),
					   OPEN_("/srv/shop/views/cart.html", 30)};
static const struct demo_act act_backend[] = {
	FDCALL_(epoll_wait, 4, 420, 0, 0),
	FDCALL_(recvfrom, 9, 420, 210, 2700),
	FDCALL_(sendto, 9, 420, 1900, 11000),
	{.nr = SYS_pread64, .fd = 31, .rate = 160, .bytes = 8192, .lat = 1150000},
	{.nr = SYS_pread64, .fd = 32, .rate = 240, .bytes = 8192, .lat = 6100},
	{.nr = SYS_pwrite64, .fd = 33, .rate = 30, .bytes = 8192, .lat = 9900},
	{.nr = SYS_fdatasync, .fd = 33, .rate = 12, .lat = 4100000},
	CALL_(lseek, 80, 260)};
static const struct demo_act act_walwriter[] = {
	FDCALL_(epoll_wait, 4, 5, 0, 0),
	{.nr = SYS_pwrite64, .fd = 33, .rate = 22, .bytes = 16384, .lat = 12000},
	{.nr = SYS_fdatasync, .fd = 33, .rate = 5, .lat = 8200000}};
static const struct demo_act act_redis[] = {FDCALL_(epoll_wait, 5, 5200, 0, 0),
					    READ_(8, 4100, 110, 1900),
					    WRITE_(9, 4100, 62, 6800),
					    WRITE_(14, 600, 75, 3900),
					    {.nr = SYS_read, .fd = 10, .rate = 90, .err = EAGAIN, .lat = 700},
					    {.nr = SYS_fdatasync, .fd = 14, .rate = 1, .lat = 5100000},
					    CALL_(getpid, 20, 180)};
static const struct demo_act act_prom[] = {
	FDCALL_(epoll_pwait, 4, 120, 0, 0), CALL_(futex, 700, 340000),   READ_(9, 14, 4100, 3900),
	READ_(10, 9, 3600, 3900),           WRITE_(12, 8, 32768, 21000), FDCALL_(write, 9, 2, 310, 9000),
	CALL_(nanosleep, 90, 60000),        CALL_(madvise, 3, 8200)};
static const struct demo_act act_make[] = {
	CALL_(wait4, 12, 0), READ_(3, 12, 1, 1500), OPEN_("/src/linux/Makefile", 4),
	FAIL_(newfstatat, "/src/linux/.config.old", 22, ENOENT), CALL_(vfork, 12, 610000)};
static const struct demo_act act_cc1[] = {OPEN_("/src/linux/include/linux/list.h", 140),
					  READ_(3, 260, 9800, 5100),
					  WRITE_(4, 90, 4096, 4400),
					  FAIL_(openat, "/src/linux/include/uapi/asm/types.h", 310, ENOENT),
					  CALL_(brk, 70, 1900),
					  CALL_(mmap, 50, 2800)};
static const struct demo_act act_sh[] = {FAIL_(access, "/etc/ld.so.preload", 1, ENOENT),
					 OPEN_("/etc/ld.so.cache", 1),
					 OPEN_("/usr/lib/x86_64-linux-gnu/libc.so.6", 1),
					 CALL_(mmap, 14, 2400),
					 WRITE_(0, 2, 40, 3000),
					 CALL_(brk, 3, 600)};
static const struct demo_act act_probe[] = {FAIL_(openat, "/run/secrets/token", 70, EACCES),
					    CALL_(nanosleep, 9, 0),
					    FAIL_(connect, "/run/no-such.sock", 130, ECONNREFUSED)};
static const struct demo_act act_mail[] = {
	FDCALL_(epoll_wait, 8, 40, 0, 0), FDCALL_(recvfrom, 14, 18, 900, 3500),
	FDCALL_(sendto, 15, 18, 120, 9000), WRITE_(20, 10, 140, 3000), WRITE_(21, 7, 2200, 9000)};
static const struct demo_act act_backup[] = {READ_(3, 240, 131072, 640000), WRITE_(4, 240, 131072, 96000),
					     READ_(5, 2, 4096, 230000), CALL_(getdents64, 6, 22000)};
static const struct demo_act act_exporter[] = {FDCALL_(epoll_pwait, 4, 8, 0, 0), OPEN_("/proc/diskstats", 9),
					       OPEN_("/sys/class/net", 9),       WRITE_(6, 1, 28000, 41000),
					       READ_(6, 1, 210, 3000),           CALL_(futex, 20, 300000)};

#define OPENS(X)      .opens = (X), .n_opens = sizeof(X) / sizeof((X)[0])
#define ACTS(X)       .acts = (X), .n_acts = sizeof(X) / sizeof((X)[0])
#define WAITS(NR, FD) .wait_nr = SYS_##NR, .wait_fd = (FD)
#define KTHREAD(NAME, N)                                                                                     \
	{                                                                                                    \
		HOST, NAME, .procs = (N), .kthread = true, .user = "root", .parent = "kthreadd",             \
			    .state = 'I'                                                                     \
	}

static const struct demo_prog progs[] = {
	{HOST, "systemd", "/usr/lib/systemd/systemd", "--system --deserialize 31", "/", "root", NULL,
	 .procs = 1, .cpu = 0.3, .sys = 0.5, .rss = 14, OPENS(open_init), ACTS(act_init),
	 WAITS(epoll_wait, 4)},
	{HOST, "kthreadd", .procs = 1, .kthread = true, .user = "root"},
	KTHREAD("kworker/u16:%d-ev", 24),
	KTHREAD("kworker/%d:1H-kbl", 8),
	KTHREAD("rcu_preempt", 1),
	{HOST, "ksoftirqd/%d", .procs = 8, .kthread = true, .user = "root", .parent = "kthreadd", .cpu = 0.4,
	 .sys = 1},
	{HOST, "migration/%d", .procs = 8, .kthread = true, .user = "root", .parent = "kthreadd"},
	{HOST, "jbd2/nvme0n1p%d", .procs = 2, .kthread = true, .user = "root", .parent = "kthreadd",
	 .cpu = 0.2, .sys = 1},
	KTHREAD("kswapd0", 1),
	KTHREAD("nvme-reset-wq", 1),
	KTHREAD("cryptd", 1),
	KTHREAD("mm_percpu_wq", 1),
	{JOURNAL, "systemd-journal", "/usr/lib/systemd/systemd-journald", "", "/", "root", "systemd",
	 .procs = 1, .cpu = 0.8, .sys = 0.4, .rss = 61, OPENS(open_journal), ACTS(act_journal),
	 WAITS(epoll_wait, 8)},
	{HOST, "systemd-udevd", "/usr/lib/systemd/systemd-udevd", "", "/", "root", "systemd", .procs = 1,
	 .rss = 8, OPENS(open_null), WAITS(epoll_wait, -1)},
	{HOST, "systemd-resolve", "/usr/lib/systemd/systemd-resolved", "", "/", "systemd-resolve", "systemd",
	 .uid = 996, .procs = 1, .cpu = 0.2, .sys = 0.4, .rss = 13, OPENS(open_resolve), ACTS(act_resolve),
	 WAITS(epoll_wait, 4)},
	{HOST, "chronyd", "/usr/sbin/chronyd", "-F 1", "/", "_chrony", "systemd", .uid = 105, .procs = 2,
	 .rss = 4, OPENS(open_chrony), ACTS(act_chrony), WAITS(pselect6, -1)},
	{HOST, "dbus-daemon", "/usr/bin/dbus-daemon", "--system --nofork --nopidfile", "/", "messagebus",
	 "systemd", .uid = 104, .procs = 1, .rss = 5, OPENS(open_null), WAITS(epoll_wait, -1)},
	{HOST, "agetty", "/sbin/agetty", "-o -p -- \\u --noclear - linux", "/", "root", "systemd", .procs = 6,
	 .rss = 2, OPENS(open_null), WAITS(read, 0), .tty = 4 << 20 | 1},
	{CRON, "cron", "/usr/sbin/cron", "-f", "/var/spool/cron", "root", "systemd", .procs = 1, .rss = 3,
	 OPENS(open_null), WAITS(clock_nanosleep, -1)},
	{CRON, "sh", "/bin/sh", "-c /usr/local/bin/check-feeds", "/root", "root", "cron", .procs = 1,
	 .life = 7, .rss = 2, OPENS(open_null), ACTS(act_sh), WAITS(wait4, -1)},
	{CRON, "check-feeds", "/usr/local/bin/check-feeds", "--quiet", "/root", "root", "sh", .brief = 2,
	 .cpu = 1.4, .sys = 0.5, .rss = 6, OPENS(open_null), ACTS(act_sh)},
	{SSHD, "sshd", "/usr/sbin/sshd", "-D", "/", "root", "systemd", .procs = 1, .rss = 9, OPENS(open_sshd),
	 WAITS(ppoll, -1)},
	{SSHD, "sshd", "/usr/sbin/sshd", "-D -R", "/", "alice", "sshd", .uid = 1000, .procs = 3, .rss = 10,
	 .cpu = 0.1, .sys = 0.5, OPENS(open_session), ACTS(act_sshd), WAITS(ppoll, -1)},
	{HOST, "bash", "/bin/bash", "", "/home/alice", "alice", "sshd", .uid = 1000, .procs = 3, .rss = 5,
	 OPENS(open_tty0), ACTS(act_bash), WAITS(read, 0), .tty = 136 << 20},
	{HOST, "top", "/usr/bin/top", "-d 1", "/home/alice", "alice", "bash", .uid = 1000, .procs = 1,
	 .cpu = 1.8, .sys = 0.7, .rss = 6, OPENS(open_tty0), ACTS(act_top), WAITS(pselect6, -1),
	 .tty = 136 << 20},
	{HOST, "vim", "/usr/bin/vim", "notes.md", "/home/alice/src", "alice", "bash", .uid = 1000, .procs = 1,
	 .rss = 18, .state = 'T', OPENS(open_vim), WAITS(pselect6, -1), .tty = 136 << 20 | 1},
	{HOST, "gone", .procs = 1, .user = "alice", .uid = 1000, .parent = "bash", .state = 'Z'},
	{HOST, "sleep", "/bin/sleep", "infinity", "/", "alice", "bash", .uid = 1000, .procs = 36, .rss = 1,
	 OPENS(open_tty1), WAITS(clock_nanosleep, -1), .tty = 136 << 20 | 1},
	{HOST, "tar", "/bin/tar", "cf /mnt/backup/2026-01-15.tar /home", "/", "root", "systemd", .procs = 1,
	 .cpu = 9, .sys = 0.8, .rss = 3, .nice = 10, OPENS(open_backup), ACTS(act_backup), WAITS(read, 3),
	 .state = 'D'},
	{HOST, "node_exporter", "/usr/local/bin/node_exporter", "--web.listen-address=:9100", "/", "nobody",
	 "systemd", .uid = 65534, .procs = 1, .threads = 8, .busy = 2, .cpu = 1.1, .sys = 0.6, .rss = 24,
	 OPENS(open_node_exp), ACTS(act_exporter), WAITS(futex, -1)},
	{DOCKERD, "dockerd", "/usr/bin/dockerd", "-H fd:// --containerd=/run/containerd/containerd.sock", "/",
	 "root", "systemd", .procs = 1, .threads = 18, .busy = 3, .cpu = 1.2, .sys = 0.4, .rss = 96,
	 OPENS(open_docker), ACTS(act_docker), WAITS(futex, -1)},
	{DOCKERD, "containerd", "/usr/bin/containerd", "", "/", "root", "systemd", .procs = 1, .threads = 14,
	 .busy = 2, .cpu = 0.8, .sys = 0.4, .rss = 52, OPENS(open_docker), ACTS(act_docker),
	 WAITS(futex, -1)},
	{HOST, "containerd-shim", "/usr/bin/containerd-shim-runc-v2", "-namespace moby -id 3f4a9c1be27d", "/",
	 "root", "systemd", .procs = 4, .threads = 9, .rss = 11, OPENS(open_null), WAITS(futex, -1)},
	/* hostile names: colour, bell, line break, right-to-left override, invalid UTF-8, shell words */
	{HOST, "\033[31mred\033[0m\007", "/tmp/\033[2J\033[Hboo", "--title \033]0;x\007", "/tmp", "bob",
	 "bash", .uid = 1001, .procs = 1, .rss = 2, .cpu = 0.2, OPENS(open_tty0), ACTS(act_bash),
	 WAITS(read, 0)},
	{HOST, "two\nlines", "/tmp/two\nlines", "a\tb\rc", "/tmp", "bob", "bash", .uid = 1001, .procs = 1,
	 .rss = 1, OPENS(open_tty0), WAITS(pause, -1)},
	{HOST, "gpj\342\200\256exe.x", "/tmp/\342\200\256gpj.exe", "", "/tmp", "bob", "bash", .uid = 1001,
	 .procs = 1, .rss = 1, OPENS(open_tty0), WAITS(pause, -1)},
	{HOST, "\377\376\303(bad", "/tmp/\377\376\303(bad", "\303", "/tmp", "bob", "bash", .uid = 1001,
	 .procs = 1, .rss = 1, OPENS(open_tty0), WAITS(pause, -1)},
	{HOST, "$(reboot);`id`", "/tmp/$(reboot)", "'; rm -rf / #\"", "/tmp", "bob", "bash", .uid = 1001,
	 .procs = 1, .rss = 1, OPENS(open_tty0), WAITS(pause, -1)},
	/* 16 bytes of wide characters: the kernel cut the last one in half */
	{HOST, "\346\235\261\344\272\254\343\202\265\343\203\274\343\203",
	 "/opt/\346\235\261\344\272\254/bin", "--\345\223\241", "/opt", "bob", "bash", .uid = 1001,
	 .procs = 1, .rss = 12, .cpu = 0.6, .sys = 0.3, OPENS(open_tty0), ACTS(act_bash), WAITS(read, 0)},
	{WEB, "nginx", "/usr/sbin/nginx", "-g daemon off;", "/", "root", "containerd-shim", .procs = 1,
	 .rss = 6, OPENS(open_null), WAITS(rt_sigsuspend, -1)},
	{WEB, "nginx", "/usr/sbin/nginx", "worker", "/", "www-data", "nginx", .uid = 33, .procs = 4,
	 .cpu = 14, .sys = 0.62, .rss = 12, OPENS(open_nginx), ACTS(act_nginx), WAITS(epoll_wait, 8)},
	{WEB, "node", "/usr/local/bin/node", "server.js --port 3000", "/srv/shop", "node", "containerd-shim",
	 .uid = 1000, .procs = 3, .threads = 11, .busy = 2, .tname = "libuv-worker", .cpu = 27, .sys = 0.2,
	 .rss = 148, OPENS(open_node), ACTS(act_node), WAITS(futex, -1)},
	{WEB, "probe", "/srv/shop/bin/probe", "--every 100ms", "/srv/shop", "node", "node", .uid = 1000,
	 .procs = 1, .cpu = 1, .sys = 0.6, .rss = 5, OPENS(open_null), ACTS(act_probe), WAITS(nanosleep, -1)},
	{DB, "postgres", "/usr/lib/postgresql/15/bin/postgres", "-D /var/lib/postgresql/15/main",
	 "/var/lib/postgresql/15/main", "postgres", "containerd-shim", .uid = 999, .procs = 1, .rss = 29,
	 OPENS(open_postmaster), WAITS(epoll_wait, -1)},
	{DB, "postgres", "/usr/lib/postgresql/15/bin/postgres", "shop shop 10.0.3.4 SELECT",
	 "/var/lib/postgresql/15/main", "postgres", "postgres", .uid = 999, .procs = 8, .cpu = 6, .sys = 0.3,
	 .rss = 84, OPENS(open_backend), ACTS(act_backend), WAITS(epoll_wait, 4)},
	{DB, "walwriter", "/usr/lib/postgresql/15/bin/postgres", "walwriter", "/var/lib/postgresql/15/main",
	 "postgres", "postgres", .uid = 999, .procs = 1, .cpu = 0.8, .sys = 0.5, .rss = 21,
	 OPENS(open_walwriter), ACTS(act_walwriter), WAITS(epoll_wait, 4)},
	{DB, "checkpointer", "/usr/lib/postgresql/15/bin/postgres", "checkpointer",
	 "/var/lib/postgresql/15/main", "postgres", "postgres", .uid = 999, .procs = 1, .rss = 130,
	 OPENS(open_null), WAITS(epoll_wait, -1)},
	{QUEUE, "redis-server", "/usr/local/bin/redis-server", "*:6379", "/data", "redis", "containerd-shim",
	 .uid = 999, .procs = 1, .threads = 5, .busy = 1, .tname = "bio_close_file", .cpu = 36, .sys = 0.7,
	 .rss = 64, OPENS(open_redis), ACTS(act_redis), WAITS(futex, -1)},
	{METRICS, "prometheus", "/bin/prometheus", "--config.file=/etc/prometheus/prometheus.yml",
	 "/prometheus", "nobody", "systemd", .uid = 65534, .procs = 1, .threads = 16, .busy = 4, .cpu = 7,
	 .sys = 0.3, .rss = 310, OPENS(open_prom), ACTS(act_prom), WAITS(futex, -1)},
	{BUILD, "make", "/usr/bin/make", "-j4 vmlinux", "/src/linux", "root", "systemd", .procs = 3,
	 .cpu = 0.7, .sys = 0.5, .rss = 9, OPENS(open_make), ACTS(act_make), WAITS(wait4, -1)},
	{BUILD, "cc1", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1",
	 "-quiet -nostdinc kernel/sched/core.c -o /tmp/ccbQ2k1Z.s", "/src/linux", "root", "make", .procs = 3,
	 .life = 4, .cpu = 66, .sys = 0.12, .rss = 92, OPENS(open_cc1), ACTS(act_cc1), WAITS(read, 3)},
	{BUILD, "sh", "/bin/sh", "-c set -e; gcc -MD", "/src/linux", "root", "make", .brief = 5, .cpu = 0.5,
	 .sys = 0.6, .rss = 1, OPENS(open_null), ACTS(act_sh)},
	{BUILD, "as", "/usr/bin/as", "--64 -o kernel/sched/core.o /tmp/ccbQ2k1Z.s", "/src/linux", "root",
	 "cc1", .brief = 2, .cpu = 4, .sys = 0.2, .rss = 11, OPENS(open_null), ACTS(act_sh)},
	{MAIL, "systemd", "/sbin/init", "", "/", "root", "systemd", .procs = 1, .rss = 9, OPENS(open_null),
	 WAITS(epoll_wait, -1)},
	{MAIL, "master", "/usr/lib/postfix/sbin/master", "-w", "/var/spool/postfix", "root", "systemd",
	 .procs = 1, .rss = 5, OPENS(open_null), WAITS(epoll_wait, -1)},
	{MAIL, "smtpd", "/usr/lib/postfix/sbin/smtpd", "-n smtp -t inet -u", "/var/spool/postfix", "postfix",
	 "master", .uid = 101, .procs = 2, .cpu = 0.6, .sys = 0.5, .rss = 9, OPENS(open_mail), ACTS(act_mail),
	 WAITS(epoll_wait, 8)},
	{MAIL, "qmgr", "/usr/lib/postfix/sbin/qmgr", "-l -t unix -u", "/var/spool/postfix", "postfix",
	 "master", .uid = 101, .procs = 1, .rss = 6, OPENS(open_null), WAITS(epoll_wait, -1)},
	{HOST, "(sd-pam)", "/usr/lib/systemd/systemd", "(sd-pam)", "/", "alice", "systemd", .uid = 1000,
	 .procs = 3, .rss = 2, OPENS(open_null), WAITS(rt_sigtimedwait, -1)},
	{HOST, "java", "/usr/bin/java", "-Xmx2g -jar /opt/search/search.jar", "/opt/search", "search",
	 "systemd", .uid = 998, .procs = 1, .threads = 46, .busy = 5, .tname = "pool-1-thread-%d", .cpu = 11,
	 .sys = 0.2, .rss = 1430, OPENS(open_prom), ACTS(act_prom), WAITS(futex, -1)},
};

const struct demo_container *demo_containers(size_t *ret_n)
{
	*ret_n = sizeof(containers) / sizeof(containers[0]);
	return containers;
}

const struct demo_prog *demo_progs(size_t *ret_n)
{
	*ret_n = sizeof(progs) / sizeof(progs[0]);
	return progs;
}
