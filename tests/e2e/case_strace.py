# SPDX-License-Identifier: GPL-2.0-or-later
"""The spy's arguments and results against strace's, call by call: both watch the same run of tests/spy."""
import glob
import os
import re
import subprocess

from case_spy import Spy
from cases import case
from monitor import BUILD, ROOT

SECOND_TRY = False

PROGRAMS = sorted(os.path.basename(p)[:-2] for p in glob.glob(os.path.join(ROOT, "tests", "spy", "*.c")))

STRING = r'"(?:[^"\\]|\\.)*"'
# What each says in its own way, made the same; the text of strings stays.
STRACE = (
    (r"^-1 (E[A-Z0-9]+) .*", r"\1"),  # the name alone says that it failed
    (r"^\d+ \((SCHED_\w+)\)$", r"\1"),
)
OURS = (
    (r"\b(\d+|AT_FDCWD)<[^<>]*>", r"\1"),  # what a descriptor points to; strace -y has it in other words
)
BOTH = (
    (r" /\* .*? \*/", ""),  # how many variables an environment has, entries a directory, what an odd number is
    (r"\bO_NONBLOCK\|O_CLOEXEC\b", "O_CLOEXEC|O_NONBLOCK"),
)
# Calls that differ on purpose, by what strace has.
DIFFERENT = (
    r"execve(at)?\(.*\"\.\.\.",  # we do not cut a program's arguments
    r"readv\(99,",  # a vector that was not read: its buffers hold nothing yet
    r"(copy_file_range|splice)\(3, \[0\]",  # we also have where the offset went: [0] => [10]
    r"(send|recv)mmsg\(",  # we show the first message's text and how many there are
    r"(writev|fstat64)\(3,.*\{(iov_base=\"he\"|st_mode=.*4294967296)",  # a 32-bit program's structures: addresses
    r"tgkill\(.*SIGKILL",  # the kernel sees it return, strace does not
    r"timer_create\(.*sigev_signo=10",  # the signal has a name
    r"io_uring_setup\(4,",  # features by newer names than this strace knows, offsets left out
    r"perf_event_open\(",  # shorter
    r"prctl\(PR_GET_DUMPABLE",
    r"nanosleep\(\{tv_sec=0, tv_nsec=18446744073709551615\}",
    r"syscall_0x1f4\(",  # by its number as in every other list: syscall_500
)
# What everybody sees every day, and strace shows the contents of.
COMMON = """accept4 access bind brk chdir chmod clock_gettime clock_nanosleep clone clone3 close connect dup dup2 dup3
 epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 execve exit exit_group faccessat2 fadvise64 fallocate fchdir fchmodat
fchownat fcntl fdatasync flock fork fstat fsync ftruncate futex getcwd getdents64 getitimer getpeername getpgid getpid getppid
getpriority getrandom getresuid getrlimit getrusage getsockname getsockopt gettid gettimeofday getuid getxattr inotify_add_watch
inotify_init1 ioctl kill link linkat listen lseek lstat madvise memfd_create mkdir mkdirat mlock mmap mount mprotect mremap msync
munmap nanosleep newfstatat open openat openat2 pipe2 poll ppoll prctl pread64 preadv prlimit64 pselect6 pwrite64 pwritev read
readahead readlink readlinkat readv recvfrom recvmsg rename renameat2 rmdir rt_sigaction rt_sigpending rt_sigprocmask
sched_getaffinity sched_setaffinity sched_yield select sendfile sendmsg sendto setitimer setpgid setpriority setrlimit setsid
setsockopt setuid setxattr shutdown sigaltstack socket socketpair splice stat statfs statx symlink symlinkat sysinfo tee tgkill
timer_settime timerfd_create timerfd_settime truncate umask umount2 uname unlink unlinkat utimensat wait4 waitid write
writev""".split()


def plain(text, rules):
    for pattern, by in rules + BOTH:
        text = re.sub(f"{STRING}|{pattern}", lambda m: m[0] if m[0].startswith('"') else m.expand(by), text)
    return text


def strace_calls(path):
    """{thread: [(call, arguments, result)]}, with the two halves of an interrupted line put together."""
    threads, begun = {}, {}
    with open(path, errors="surrogateescape") as f:
        for line in f:
            tid, line = line.rstrip("\n").split(None, 1)
            if m := re.match(r"(.*) <unfinished \.\.\.>( = \?)?$", line):
                begun[tid] = m[1]
                if not m[2]:
                    continue
                line = begun.pop(tid) + ") = ?"
            if m := re.match(r"<\.\.\. \w+ resumed>,? ?(.*)$", line):
                line = begun.pop(tid) + m[1]
            if m := re.match(r"(\w+)\((.*)\)\s+= (.*)$", line):
                threads.setdefault(tid, []).append((m[1], plain(m[2], STRACE), plain(m[3], STRACE)))
    return threads


@case(needs=("bpf", "strace"), timeout=120)
def same_as_strace(ctx):
    spy = Spy(ctx, "dig", "proc.name startswith spy_")
    logs = {}
    for name in PROGRAMS:
        where = os.path.join(ctx.dir, name)
        os.mkdir(where)
        logs[name] = where + ".strace"
        subprocess.run(["strace", "-f", "-qq", "-o", logs[name], os.path.join(ROOT, BUILD, "tests", "spy", name)],
                       cwd=where, stdout=subprocess.DEVNULL, timeout=60)
    ours = {}
    for e in spy.stop().events():
        ours.setdefault(str(e["tid"]), []).append((e["type"], plain(e["args"], OURS), plain(e["res"] or "?", OURS)))
    ctx.equal(spy.lost(), None, "lost")
    compared = set()
    for name, log in logs.items():
        for tid, theirs in strace_calls(log).items():
            got = ours.get(tid, [])
            # before it runs the program it is strace's child
            start = next((i for i, c in enumerate(got) if c[0] == "execve" and f"/{name}\"" in c[1]), 0)
            got = got[start:]
            # a child's first line is its side of the fork: strace begins behind it
            if got and re.match("clone|v?fork", got[0][0]) and got[0][2] == "0":
                got = got[1:]
            if not ctx.equal([c[0] for c in got if c[0] != "syscall_500"],
                             [c[0] for c in theirs if c[0] != "syscall_0x1f4"], f"{name}: the calls of a thread"):
                continue
            for (call, args, res), we in zip(theirs, got):
                if not any(re.match(d, f"{call}({args}") for d in DIFFERENT):
                    ctx.equal(we, (call, args, res), name)
                    compared.add(call)
    ctx.equal(sorted(set(COMMON) - compared), [], "common calls that were not compared")
    ctx.within(len(compared), 165, 1000, "calls compared")
