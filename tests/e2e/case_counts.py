# SPDX-License-Identifier: GPL-2.0-or-later
"""A filter means the same on counted calls as on single ones: both count the same calls of a known load."""
import collections
import itertools
import json
import os
import select
import socket
import subprocess
import sys
import time

from cases import case, wait_for
from monitor import Monitor, end_process

SECOND_TRY = False

FILTERS = [
    "evt.failed = true and evt.res = ENOENT or evt.is_io = true and evt.dir = <", "fd.type in (pipe, unix)",
    "fd.name contains counted and evt.is_io_write = true or fd.filename = other",
    "not (fd.type exists and evt.failed = false)", "evt.latency > 10ms and evt.latency < 70ms",
    "evt.latency < 100us and evt.type.is.getppid = true or evt.latency > 70ms",
]


def load(path, rounds):
    """Calls of every kind, some of which take a known time."""
    os.makedirs(path, exist_ok=True)
    r, w = os.pipe()
    a, b = socket.socketpair()
    names = [os.path.join(path, n) for n in ("a.data", "b.data", "other")]
    for i in range(rounds):
        os.getppid()
        for n in names:
            fd = os.open(n, os.O_RDWR | os.O_CREAT, 0o600)
            os.write(fd, b"x" * (100 + i))
            os.lseek(fd, 0, 0)
            os.read(fd, 4096)
            os.close(fd)
        try:
            os.open(os.path.join(path, "missing"), os.O_RDONLY)
        except FileNotFoundError:
            pass
        os.access(os.path.join(path, "missing"), os.R_OK)
        os.write(w, b"y" * 10)
        os.read(r, 100)
        a.send(b"z" * 20)
        b.recv(100)
        p = select.poll()
        p.register(r, select.POLLIN)
        p.poll((1, 30, 120)[i % 3])


def start(ctx, program, go):
    for mark in (go, go + ".ready", go + ".done"):
        if os.path.exists(mark):
            os.unlink(mark)
    child = subprocess.Popen([sys.executable, "-c", program])
    ctx.cleanup(end_process, child)
    wait_for("the load to be ready", lambda: os.path.exists(go + ".ready"))
    return child


def compare(ctx, text, counted, single):
    """Both count the same calls; how many."""
    for m in (counted, single):
        m.settle()
        m.stop()
    ctx.equal(single.health().get("lost"), 0, f"{text}: events lost")
    a = collections.Counter()
    for r in counted.rows():
        a[(r["evt.type"], r["evt.res"])] += r["evt.count"]
    b = collections.Counter((r["evt.type"], r["evt.res"]) for r in single.rows())
    ctx.check(a == b, f"{text}: counted {a - b}, single {b - a}")
    return sum(a.values())


@case(needs="bpf", timeout=100)
def counted_and_single(ctx):
    """The load's own calls, by both ways, under each filter. Waits are 1, 30 and 120 ms: far from all limits."""
    path = os.path.join(ctx.dir, "counted")
    go = os.path.join(ctx.dir, "go")
    program = (f"import os, sys, time; sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r}); "
               f"sys.path.insert(0, {os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + '/lib'!r})\n"
               "import case_counts\nopen('/proc/self/comm', 'w').write('counted')\n"
               f"open({go + '.ready'!r}, 'w')\n"
               f"while not os.path.exists({go!r}): time.sleep(0.02)\n"
               f"case_counts.load({path!r}, 30)\nopen({go + '.done'!r}, 'w')\ntime.sleep(60)\n")
    views = os.path.join(ctx.dir, "views.json")
    with open(views, "w") as f:
        json.dump({"views": [
            {"id": "counted", "name": "Counted", "records": ["facts"], "key": ["evt.type", "evt.res", "fd.name"],
             "columns": [{"field": "evt.count"}, {"field": "evt.type"}, {"field": "evt.res"}, {"field": "fd.name"}]},
            {"id": "single", "name": "Single", "records": ["events"],
             "columns": [{"field": "evt.type"}, {"field": "evt.res"}, {"field": "fd.name"}]}]}, f)
    results = {}
    for part in range(0, len(FILTERS), 3):
        child = start(ctx, program, go)
        both = {}
        for text in FILTERS[part:part + 3]:
            # what it does while it waits is of no known number
            whole = (f"proc.pid = {child.pid} and ({text}) and not evt.type in (clock_nanosleep, newfstatat, stat, "
                     "mkdir, brk, munmap, mmap, ioctl, fstat, lseek)")
            both[text] = [Monitor(ctx, v, whole, options=["--views", views], ready=False) for v in ("counted", "single")]
        for m in itertools.chain(*both.values()):  # all start at once
            wait_for("the first interval", lambda m=m: m.lines, 30)
        open(go, "w").close()
        wait_for("the load to end", lambda: os.path.exists(go + ".done"), 30)
        for text, pair in both.items():
            results[text] = compare(ctx, text, *pair)
        end_process(child)
    ctx.check(all(results.values()), f"every filter counts something: {results}")
    ctx.check(results["evt.latency > 10ms and evt.latency < 70ms"] >= 10, "polls of 30 ms")


@case(needs="bpf")
def slower_than(ctx):
    """scallslower lists each call; netlower, too; the table of slow ones counts only those."""
    me = os.getpid()
    slow = [Monitor(ctx, v, arg, f"proc.pid={me}", ready=False)
            for v, arg in (("scallslower", "30"), ("netlower", "30"))]
    table = Monitor(ctx, "syscalls", f"proc.pid={me} and evt.latency > 30ms and evt.type in (select, poll, recvfrom)")
    for m in slow:
        m.wait_interval(1)
    a, b = socket.socketpair(socket.AF_UNIX)
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    c = socket.create_connection(server.getsockname())
    s, _ = server.accept()
    s.settimeout(None)
    for i in range(12):
        p = select.poll()
        p.register(a, select.POLLIN)
        p.poll(80 if i % 3 == 0 else 4)
    pid = os.fork()
    if not pid:
        for _ in range(3):
            time.sleep(0.1)
            c.send(b"x")
        os._exit(0)
    for _ in range(3):
        s.recv(10)
    os.waitpid(pid, 0)
    for m in slow + [table]:
        m.settle()
        m.stop()
    rows = [r for r in slow[0].rows() if r["evt.type"] in ("poll", "recvfrom")]
    ctx.equal(sorted(r["evt.type"] for r in rows), ["poll"] * 4 + ["recvfrom"] * 3, "slow calls, one by one")
    ctx.check(all(r["evt.latency"] > 30_000_000 for r in rows), "none is faster")
    ctx.equal([r["evt.type"] for r in slow[1].rows()], ["recvfrom"] * 3, "slow network I/O")
    got = table.sums(["evt.type"], ["evt.count"])
    ctx.equal((got.get(("poll",)), got.get(("recvfrom",))), ((4,), (3,)), "slow calls in a table")
