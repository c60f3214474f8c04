# SPDX-License-Identifier: GPL-2.0-or-later
"""syscount's options, as docs/views.md translates them, over two processes whose calls are known."""
import json
import os
import re
import subprocess
import sys
import time

from case_containers import Cgroup, hex_id
from cases import Failure, case
from loads import finish
from monitor import Monitor, PROGRAM, ROOT, end_process

# three kinds of calls succeed, three fail; %d times as many by the second process
LOAD = """
import ctypes, json, os, sys, time
libc, n, d = ctypes.CDLL(None), int(sys.argv[1]), sys.argv[2]
done = {}
def times(name, count, f):
    for _ in range(count):
        try: f()
        except OSError: pass
    done[name] = count
print("ready", flush=True)
os.read(0, 1)
times("sched_rr_get_interval", 300 * n, lambda: libc.syscall(148, 0, ctypes.create_string_buffer(16)))
times("getpriority", 20 * n, lambda: os.getpriority(0, 0))
times("openat", 17 * n, lambda: os.open(d + "/missing", os.O_RDONLY))
times("kill", 5 * n, lambda: os.kill(2 ** 22 + 1, 0))
times("rmdir", 9 * n, lambda: os.rmdir(d + "/missing"))
t = time.monotonic_ns()
times("clock_nanosleep", 4 * n, lambda: time.sleep(0.03))
done["slept"] = time.monotonic_ns() - t
print(json.dumps(done), flush=True)
os.read(0, 1)
"""
ENOENT, FAILED = ("openat", "rmdir"), ("openat", "rmdir", "kill")


class Known:
    """One process in a container of its own."""

    def __init__(self, ctx, seed, n):
        self.box = Cgroup(ctx, f"docker/{hex_id(seed)}")
        self.process = subprocess.Popen([*self.box.prefix(), sys.executable, "-c", LOAD, str(n), ctx.dir], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        ctx.cleanup(end_process, self.process)
        if self.process.stdout.readline() != "ready\n":
            raise Failure("the load does not start")
        self.pid = self.process.pid

    def go(self):
        self.process.stdin.write("g")
        self.process.stdin.flush()

    def told(self):
        self.done = json.loads(self.process.stdout.readline())
        return self.done


def sums(m, field, *keys):
    return {k if len(k) > 1 else k[0]: v[0] for k, v in m.sums(keys, (field,)).items() if v[0]}


@case(needs="bpf", timeout=60)
def every_option(ctx):
    a, b = Known(ctx, 301, 1), Known(ctx, 302, 2)
    both = f"proc.pid in ({a.pid}, {b.pid})"
    ms = {name: Monitor(ctx, view, *words, interval=0.5, ready=False, options=options) for name, (view, options, *words) in {
        "all": ("syscalls", ()),
        "processes": ("syscall_procs", (), f"evt.type in (getpriority, {', '.join(FAILED)}) and {both}"),
        "time": ("syscalls", ("--sort", "evt.latency.sum"), both),
        "process_time": ("syscall_procs", ("--sort", "evt.latency.sum"), f"evt.type=clock_nanosleep and {both}"),
        "failed": ("syscalls", (), f"evt.failed=true and {both}"),
        "errno": ("syscalls", (), f"evt.res=ENOENT and {both}"),
        "pid": ("syscalls", ("-p", str(a.pid))),
        "cgroup": ("syscalls", (), f"proc.cgroup=/{b.box.path}"),
    }.items()}
    for m in ms.values():
        if not m.lines:
            m.wait_interval()
    a.go(), b.go()
    one, two = a.told(), b.told()
    finish(ctx, ms)

    def together(*calls):
        return {c: one[c] + two[c] for c in calls}
    names = [c for c in one if c != "slept"]
    every = sums(ms["all"], "evt.count", "evt.type")
    # others make calls, too, but not this one
    ctx.equal(every.get("sched_rr_get_interval"), 900, "by call: a rare one on the whole machine")
    for call in names:
        ctx.check(every.get(call, 0) >= one[call] + two[call], f"by call: {call} {every.get(call)} times, {one[call] + two[call]} here")
    counted = ("getpriority",) + FAILED
    ctx.equal(sums(ms["processes"], "evt.count.rate", "proc.pid"), {p.pid: sum(p.done[c] for c in counted) for p in (a, b)},
              "-P: by process")
    took = sums(ms["time"], "evt.latency.sum", "evt.type")
    slept = one["slept"] + two["slept"]
    ctx.within(took.get("clock_nanosleep", 0), 12 * 30e6, slept, "-L: time in a call")
    for interval in ms["time"].intervals():
        order = [r["evt.latency.sum"] for r in interval["rows"]]
        ctx.check(order == sorted(order, reverse=True), f"-L: the longest first: {order}")
    took = sums(ms["process_time"], "evt.latency.sum", "proc.pid")
    ctx.equal(set(took), {a.pid, b.pid}, "-P -L: processes")
    for pid, who in ((a.pid, a), (b.pid, b)):
        ctx.within(took.get(pid), who.done["clock_nanosleep"] * 30e6, who.done["slept"], f"-P -L: time of {pid} in a call")
    ctx.equal(sums(ms["failed"], "evt.count", "evt.type"), together(*FAILED), "-x: failed ones")
    ctx.equal(sums(ms["errno"], "evt.count", "evt.type"), together(*ENOENT), "-e ENOENT: of one errno")
    ctx.equal_maps(sums(ms["pid"], "evt.count", "evt.type"), {c: one[c] for c in names}, "-p: of one process")
    ctx.equal_maps(sums(ms["cgroup"], "evt.count", "evt.type"), {c: two[c] for c in names}, "-c: of one cgroup")


@case(needs="bpf")
def for_so_long(ctx):
    """-d: one table after so many seconds; and all that the document translates is tried here."""
    start = time.monotonic()
    out = subprocess.run([PROGRAM, "-b", "-v", "syscalls", "-d", "1", "-n", "1", "--format", "json"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, text=True, timeout=30).stdout.splitlines()
    ctx.check(time.monotonic() - start > 1, "it took its time")
    ctx.equal(len(out), 1, "tables")
    ctx.within(json.loads(out[0])["interval"], 0.99, 3, "seconds that it covers")
    with open(os.path.join(ROOT, "docs", "views.md")) as f:
        table = f.read().split("| syscount |")[1].split("\n\n")[0]
    options = {o for line in table.splitlines()[2:] for o in re.findall(r"`(-[A-Za-z])\b", line.split("|")[1])}
    ctx.equal(options, {"-P", "-L", "-x", "-e", "-p", "-c", "-d"}, "options that are translated")
