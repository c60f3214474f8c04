# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock views that no other case compares with something else: what blocks threads, errors by errno, slow I/O, hosts, files
that go."""
import collections
import os
import re
import socket
import subprocess
import sys
import time

from case_cookbook import slow_files
from case_truth import strace_counts
from cases import Skip, case, wait_for
from loads import Load, Nginx, Redis, finish, watch
from monitor import Monitor, end_process

DELAY = 20e6  # of slow_files()
CALLS = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"


def blocked(pids):
    """{tid: (name of its call, state)} of threads that wait in a call, by /proc."""
    with open(CALLS) as f:
        names = {int(n): name for name, n in re.findall(r"#define __NR_(\w+)\s+(\d+)", f.read())}
    ret = {}
    for pid in pids:
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/syscall") as f:
                number = f.read().split()[0]
            with open(f"/proc/{pid}/task/{tid}/stat") as f:
                state = f.read().rpartition(")")[2].split()[0]
            if number.isdigit() and state != "R":
                ret[int(tid)] = (names[int(number)], state)
    return ret


@case(needs=("bpf", "nginx", "redis-server", "redis-cli", "ss"), timeout=60)
def waiting_threads_against_proc(ctx):
    if not os.path.exists(CALLS):
        raise Skip("no list of calls")
    load = Load(ctx)
    Nginx(load), Redis(load)
    pipe = load.start("python3", "-c", "import os, threading, signal\nr, w = os.pipe()\n"
                      "threading.Thread(target=lambda: os.read(r, 1)).start()\nos.waitid(os.P_PID, os.fork() or signal.pause(), os.WEXITED)")
    wait_for("its threads", lambda: len(os.listdir(f"/proc/{pipe.pid}/task")) == 2)
    m = Monitor(ctx, "waiting", load.only)
    same = {}
    for _ in range(10):  # they wake up now and then: what waits the same before and behind an interval must be there
        before = blocked(load.container.pids())
        m.wait_interval(2)
        with m.changed:
            row = {r["thread.tid"]: (r["thread.syscall"], r["thread.state"]) for r in m.lines[-1]["rows"]}
        after = blocked(load.container.pids())
        same = {t: v for t, v in before.items() if after.get(t) == v}
        if all(row.get(t) == v for t, v in same.items()):
            break
    m.stop()
    kinds = {call for call, _ in same.values()}
    ctx.check({"epoll_wait", "futex", "pause", "waitid", "read"} <= kinds, f"calls that they wait in: {same}")
    ctx.equal_maps(row, same, "call and state of each thread, against /proc/TID/syscall")


@case(needs="bpf")
def waits_are_as_long_on_every_cpu(ctx):
    """The clock by which a CPU stamps what runs there stands still now and then: those of two CPUs part over days."""
    began = time.time()
    sleepers = []
    for cpu in sorted(os.sched_getaffinity(0)):
        sleepers.append(subprocess.Popen(["taskset", "-c", str(cpu), "sleep", "60"]))
        ctx.cleanup(end_process, sleepers[-1])
    asleep = time.time()
    time.sleep(1.5)
    m = Monitor(ctx, "waiting", f"proc.pid in ({','.join(str(p.pid) for p in sleepers)})")
    m.wait_interval(2)
    with m.changed:
        line = m.lines[-1]
    m.stop()
    ctx.equal(len(line["rows"]), len(sleepers), "one thread on each CPU waits")
    for row in line["rows"]:
        ctx.within(row["thread.syscall.time"] / 1e9, line["time"] - asleep - 0.5, line["time"] - began + 0.05,
                   f"seconds that {row['thread.tid']} has slept")


ERRORS = """
import os, socket, sys
def fails(n, f, *args):
    for _ in range(n):
        try: f(*args)
        except OSError: pass
d = sys.argv[1]
open(d + "/plain", "w").close()
fails(19, os.open, d + "/none", os.O_RDONLY)
fails(18, os.open, d + "/plain/x", os.O_RDONLY)
fails(17, os.open, d, os.O_WRONLY)
fails(16, os.mkdir, d)
fails(15, os.rmdir, "/proc/self")
fails(14, os.read, 200, 1)
fails(13, os.kill, 2 ** 22 + 1, 0)
fails(12, lambda: socket.socket().connect(("127.0.0.1", 1)))
"""


@case(needs=("bpf", "strace", "python3"), timeout=60)
def errors_against_strace(ctx):
    """Call by call and errno by errno; the container's are the same in all."""
    load = Load(ctx)
    log = os.path.join(ctx.dir, "strace")
    only = f"{load.only} and proc.name=python3"
    ms = watch(ctx, errors=("errors", only), container=("containers_errors", only), callers=("syscall_procs", f"{only} and evt.failed=true"))
    load.run("strace", "-f", "-qq", "-o", log, "/usr/bin/python3", "-c", ERRORS, ctx.dir)
    finish(ctx, ms)
    want = {k: n for k, n in strace_counts(log, 0).items() if k[1] != "SUCCESS"}
    for kind, n in {("openat", "ENOENT"): 19, ("openat", "ENOTDIR"): 18, ("openat", "EISDIR"): 17, ("mkdir", "EEXIST"): 16,
                    ("read", "EBADF"): 14, ("kill", "ESRCH"): 13, ("connect", "ECONNREFUSED"): 12}.items():
        ctx.check(want.get(kind, 0) >= n, f"strace saw {kind} {want.get(kind)} times")
    want = {k: n for k, n in want.items() if k[0] not in ("execve", "access")}  # before it is python3
    got = {k: v[0] for k, v in ms["errors"].sums(("evt.type", "evt.res"), ("evt.count",)).items()}
    early = {k: n for k, n in got.items() if k[0] in ("execve", "access")}
    ctx.equal({k: n for k, n in got.items() if k not in early}, want, "failed calls by call and errno, against strace")
    parts = ("evt.count.error", "evt.count.error.file", "evt.count.error.net", "evt.count.error.memory", "evt.count.error.other")
    whole = ms["container"].sums(("container.id",), parts).get((load.container.id,), (0,) * 5)
    ctx.equal(whole[0], sum(got.values()), "failed calls of the container")
    ctx.equal(sum(whole[1:]), whole[0], "of a file, of the network, of memory, other ones")
    net = sum(n for (call, _), n in want.items() if call in ("connect", "getpeername"))  # the interpreter asks, too
    ctx.equal((whole[2], whole[4] >= 13 + 14), (net, True), f"of the network; other ones: kill, read of nothing: {whole} {got}")
    ctx.equal(sum(v[0] for v in ms["callers"].sums((), ("evt.count.rate",)).values()), sum(got.values()), "failed calls by caller")


SLOW = """
import os, sys, time
far, near = sys.argv[1:]
sys.stdin.readline()
t = time.monotonic_ns()
fd = os.open(far, os.O_RDONLY)
for i in range(15): os.pread(fd, 512, i * 512)
took = time.monotonic_ns() - t
fd = os.open(near, os.O_RDWR | os.O_CREAT)
for i in range(200): os.pwrite(fd, b"x" * 512, 0)
print(took, flush=True)
sys.stdin.readline()
"""


@case(needs=("bpf", "python3"), timeout=60)
def slow_io_of_a_known_delay(ctx):
    far = slow_files(ctx, "far.bin")
    p = subprocess.Popen([sys.executable, "-c", SLOW, f"{far}/far.bin", f"{ctx.dir}/near.bin"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
    ctx.cleanup(end_process, p)
    m = Monitor(ctx, "slow_io", f"proc.pid={p.pid}")
    p.stdin.write("go\n")
    p.stdin.flush()
    took = int(p.stdout.readline())
    m.settle()
    m.stop()
    rows = [r for r in m.rows() if r["fd.name"] == f"{far}/far.bin"]
    ctx.equal({(r["evt.type"], r["proc.pid"]) for r in rows}, {("pread64", p.pid)}, "call and process")
    ctx.equal(sum(r["evt.count"] for r in rows), 15, "slow calls")
    ctx.within(sum(r["evt.latency.sum"] for r in rows), 15 * DELAY, took, "time that they took")
    for r in rows:
        ctx.within(r["evt.latency.avg"], DELAY, r["evt.latency.max"], "the average is no more than the slowest")
    others = sum(r["evt.count"] for r in m.rows() if r["fd.name"] == f"{ctx.dir}/near.bin")
    ctx.check(others < 20, f"fast calls that are listed: {others} of 200")


@case(needs="bpf")
def hosts_against_what_was_sent(ctx):
    """Three addresses, each with its own connections and bytes."""
    me = f"proc.pid={os.getpid()}"
    m = Monitor(ctx, "hosts", me)
    want, held = {}, []
    for i in (1, 2, 3):
        host = f"127.0.7.{i}"
        server = socket.create_server((host, 0))
        for _ in range(i):
            c = socket.socket()
            c.bind(("127.0.8.1", 0))
            c.connect(server.getsockname())
            s, _ = server.accept()
            c.sendall(b"x" * 1000 * i)
            n = 0
            while n < 1000 * i:
                n += len(s.recv(65536))
            s.sendall(b"y" * 77)
            c.recv(77, socket.MSG_WAITALL)
            held += [c, s]
        held.append(server)
        want[host] = (77 * i, 1000 * i * i)
    want["127.0.8.1"] = (sum(v[1] for v in want.values()), sum(v[0] for v in want.values()))
    m.settle()
    m.wait_interval()
    m.stop()
    got = {k[0]: v for k, v in m.sums(("fd.rip",), ("evt.buflen.net.in", "evt.buflen.net.out")).items()}
    ctx.equal_maps(got, want, "bytes from and to each address")
    last = {r["fd.rip"]: r["fd.ino"] for r in m.intervals()[-1]["rows"]}
    ctx.equal_maps(last, {"127.0.7.1": 1, "127.0.7.2": 2, "127.0.7.3": 3, "127.0.8.1": 6}, "connections with each address")
    for s in held:
        s.close()


@case(needs="bpf")
def names_that_go(ctx):
    """The list of what is removed, renamed and linked."""
    m = Monitor(ctx, "deletions", f"proc.pid={os.getpid()}")
    d, want = ctx.dir, collections.Counter()
    for i in range(5):
        with open(f"{d}/a{i}", "w"):
            pass
        os.link(f"{d}/a{i}", f"{d}/b{i}")
        os.symlink("nowhere", f"{d}/c{i}")
        os.rename(f"{d}/a{i}", f"{d}/d{i}")
        os.unlink(f"{d}/b{i}")
        os.mkdir(f"{d}/e{i}")
        os.rmdir(f"{d}/e{i}")
        try:
            os.unlink(f"{d}/none{i}")
        except FileNotFoundError:
            pass
        want[("unlink", "SUCCESS", f"{d}/b{i}")] += 1
        want[("unlink", "ENOENT", f"{d}/none{i}")] += 1
        want[("rmdir", "SUCCESS", f"{d}/e{i}")] += 1
    m.settle()
    m.stop()
    ctx.equal(m.health().get("lost"), 0, "events lost")
    rows = [r for r in m.rows() if str(r["evt.abspath"]).startswith(d) or str(r["evt.abspath.dst"]).startswith(d)]
    got = collections.Counter((r["evt.type"], r["evt.res"], r["evt.abspath"]) for r in rows)
    ctx.equal({k: got[k] for k in want}, dict(want), "names that are removed, or not")
    kinds = collections.Counter(r["evt.type"] for r in rows)
    ctx.equal(dict(kinds), {"link": 5, "symlink": 5, "rename": 5, "unlink": 10, "rmdir": 5}, "calls, each once")
