# SPDX-License-Identifier: GPL-2.0-or-later
"""What sysdig and csysdig do wrong and no other case looks at. docs/compared.md lists all of it, and the tests."""
import os
import re
import subprocess
import sys
import time

from cases import SANITIZED, case, wait_for
from monitor import ROOT, Monitor, Workload, end_process
from terminal import Screen


def attached(pid):
    """Names of the tracepoints that a process holds a program on, sorted."""
    ret = []
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{fd}") as f:
                ret += re.findall(r"^tp_name:\s*(\S+)", f.read(), re.M)
        except FileNotFoundError:
            pass
    return sorted(ret)


@case(needs="bpf")
def only_what_is_needed_is_attached(ctx):
    """sysdig takes every event of the machine whatever is shown."""
    for view, times in (("processes", 0), ("containers", 0), ("files", 1), ("new_connections", 2)):
        m = Monitor(ctx, view)
        got = attached(m.process.pid)
        ctx.check("sys_exit" in got, f"{view}: {got}")
        ctx.equal(got.count("sys_enter"), times, f"{view}: programs at the entry of a call")
        m.stop()


def rss(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@case(needs="bpf", timeout=90, plain=True)
def memory_follows_rows_and_not_calls(ctx):
    """One interval with few calls and one with a million of the same kinds: csysdig keeps a copy of each."""
    m = Monitor(ctx, "syscalls", "proc.name=wl-storm", interval=2)
    Workload(ctx, "procs", "storm", 1000).run()
    m.settle()
    before = rss(m.process.pid)
    Workload(ctx, "procs", "storm", 1000000).run()
    m.settle()
    grown = rss(m.process.pid) - before
    m.stop()
    calls = sum(v[0] for v in m.sums((), ("evt.count",)).values())
    ctx.check(calls >= 1001000, f"calls: {calls}")
    # 16 bytes a call would be twice as much; a sanitizer keeps what was freed
    ctx.check(SANITIZED or grown < 8 << 20, f"grew by {grown >> 10} KiB over a million calls")


@case(needs=("bpf", "nice"), timeout=60)
def cpu_of_several_threads(ctx):
    """In nanoseconds, and not cut at 100 %."""
    cpus = len(os.sched_getaffinity(0))
    w = Workload(ctx, "procs", "storm", 2000000000, 2, prefix=("nice", "-n", "-10"))
    m = Monitor(ctx, "processes", f"proc.pid={w.pid}")
    w._say()
    rows = lambda: [(r["thread.cpu"], r["thread.exectime"] / l["interval"] / 1e7) for l in m.intervals() for r in l["rows"]]
    # a machine that is busy with much else gives nobody more than one CPU
    wait_for("both threads to run", lambda: len(rows()) >= 4 and (max(c for c, _ in rows()) > (110 if cpus > 1 else 0) or
                                                                  os.getloadavg()[0] > 3 * cpus), 40)
    m.stop()
    end_process(w.process)
    for cpu, real in rows():
        ctx.within(cpu, real - 0.5, real + 0.5, "CPU%, against its time on a CPU")


STEADY = """
import os, time
while True:
    os.getpgid(0)
    time.sleep(0.01)
"""


@case(needs="bpf", timeout=60)
def rates_after_a_pause(ctx):
    """At most 200 calls a second, also of the interval in which one goes on."""
    p = subprocess.Popen([sys.executable, "-c", STEADY], stdin=subprocess.DEVNULL)
    ctx.cleanup(end_process, p)
    s = Screen(ctx, "-d", "0.5", "-p", str(p.pid))
    pattern = rf"^▌? *{p.pid} .*"
    head = next(l for l in s.screen().splitlines() if "CALLS/s" in l)
    end = head.index("CALLS/s") + len("CALLS/s")

    def rate():
        line = re.search(pattern, s.screen(), re.M)
        words = line[0][:end].split() if line else []
        return float(words[-1]) if words and re.fullmatch(r"[\d.]+", words[-1]) else None
    wait_for("its rate", lambda: (rate() or 0) > 20, 15)
    s.keys("p")
    s.wait("PAUSED")
    time.sleep(3)
    s.keys("p")
    s.wait_gone("PAUSED")
    seen = []
    for _ in range(40):
        seen.append(rate() or 0)
        time.sleep(0.03)
    ctx.within(max(seen), 20, 320, f"calls a second after a pause of six intervals: {seen}")


@case()
def every_key_has_a_letter(ctx):
    """What a function key or a key of a certain layout does, an ordinary one does, too."""
    with open(os.path.join(ROOT, "src/ui/keys.def")) as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    bodies = re.split(r"^OP\(", text, flags=re.M)[1:]
    ctx.check(len(bodies) > 40, f"operations: {len(bodies)}")
    for body in bodies:
        keys = body.rsplit('"', 1)[1]
        if re.search(r"K_F\d", keys):
            ctx.check(re.search(r"'\\?.'", keys), f"{body.split(',')[0]} has a key that every terminal sends: {keys}")


@case()
def tests_that_the_document_names(ctx):
    """docs/compared.md: each of the tests is there."""
    with open(os.path.join(ROOT, "docs/compared.md")) as f:
        rows = [l for l in f if re.match(r"\| \d+ ", l)]
    ctx.equal([int(l.split("|")[1]) for l in rows], list(range(1, 19)), "defects")
    for line in rows:
        tests = re.findall(r"`([\w/.]+):(\w+)`", line)
        number = line.split("|")[1].strip()
        ctx.check(tests or number == "14", f"{number}: names a test")
        for path, name in tests:
            with open(os.path.join(ROOT, "tests", path)) as f:
                text = f.read()
            ctx.check(re.search(rf"^(?:def |static void )?{name}\(", text, re.M), f"{number}: {path} has {name}")
