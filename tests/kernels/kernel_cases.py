# SPDX-License-Identifier: GPL-2.0-or-later
"""What every kernel is asked: start or refuse in one line, each view, the spy, the page of --check."""
import json
import os
import re
import socket
import threading
import time

from cases import case, missing_need, run_command
from monitor import PROGRAM, Monitor, Workload

# end-to-end cases that make sense in a slow guest without daemons, by hierarchy
EVERYWHERE = ("kernel_cases.*",)
EXACT = ("case_exact.*", "case_containers.every*", "case_containers.container_of_200_ms",
         "case_containers.one_container*", "case_containers.stock*", "case_kubernetes.*", "case_spy.*",
         "case_clean.nothing_stays*",
         "case_clean.with_two*", "case_host.idle*", "case_host.call_that*", "case_host.threads_against_proc")
HIERARCHY = ("case_containers.every*", "case_containers.container_of_200_ms", "case_containers.one_container*",
             "case_kubernetes.*", "case_spy.one_container*", "case_exact.read_write*")


def selection(env):
    """Patterns of the cases to run."""
    if env.get("CASES"):
        return env["CASES"].split(",")
    if env.get("EXPECT") == "refuse":
        return ["kernel_cases.refuses*"]
    return [*EVERYWHERE, *(HIERARCHY if env.get("CGROUP") in ("v1", "hybrid") else EXACT)]


def expected_to_run():
    return os.environ.get("EXPECT") != "refuse"


@case()
def refuses_in_one_line(ctx):
    """Where it cannot run it says so once, on stderr, with exit status 1; where it can it does not."""
    r = run_command(PROGRAM, "-b", "-n", "1", "-d", "0.2", check=False, timeout=300)
    if expected_to_run():
        ctx.equal(r.returncode, 0, f"exit status ({r.stderr.strip()})")
        ctx.equal(r.stderr, "", "nothing on stderr")
        return
    ctx.equal(r.returncode, 1, "exit status")
    ctx.equal(r.stdout, "", "nothing on stdout")
    ctx.equal(r.stderr.count("\n"), 1, f"one line on stderr: {r.stderr!r}")
    release = os.uname().release
    ctx.check(release in r.stderr, f"the line names the kernel {release}: {r.stderr!r}")
    print("    " + r.stderr.strip())
    r = run_command(PROGRAM, "--check", check=False, timeout=300)
    ctx.equal(r.returncode, 1, "exit status of --check")
    print("    " + r.stdout.strip().replace("\n", "\n    "))


@case()
def perf_or_one_line(ctx):
    """Asked for hooks by way of perf it has them, or says in one line why not; "auto" says nothing."""
    r = run_command(PROGRAM, "-b", "-n", "1", "-d", "0.2", "--hooks", "perf", check=False, timeout=300)
    if missing_need("linux 6.2") is None:
        ctx.equal((r.returncode, r.stderr), (0, ""), "exit status, stderr")
        return
    ctx.equal((r.returncode, r.stdout), (1, ""), "exit status, stdout")
    ctx.check(re.fullmatch(r"ctop-trace: --hooks perf: .*Linux 6\.2.*\n", r.stderr), f"one line: {r.stderr!r}")


@case()
def page_of_check(ctx):
    r = run_command(PROGRAM, "--check", check=False, timeout=300)
    ctx.equal(r.returncode, 0, "exit status")
    ctx.check(os.uname().release in r.stdout, "names the kernel")
    print("    " + r.stdout.strip().replace("\n", "\n    "))


@case()
def first_interval_is_quick(ctx):
    """Not a measurement (the guest is emulated): only the order of magnitude of loading."""
    start = time.monotonic()
    run_command(PROGRAM, "-b", "-n", "1", "-d", "0.1", timeout=300)
    took = time.monotonic() - start
    print(f"    load, attach, first interval: {took:.1f} s emulated")
    ctx.within(took, 0, 60, "seconds")


def keep_talking(ctx):
    """One byte to ourselves over TCP, for as long as the case runs."""
    server = socket.create_server(("127.0.0.1", 0))
    a = socket.create_connection(server.getsockname())
    b = server.accept()[0]
    going = [True]

    def talk():
        while going:
            a.send(b"x")
            b.recv(1)
            time.sleep(0.02)

    t = threading.Thread(target=talk)
    t.start()
    ctx.cleanup(t.join)
    ctx.cleanup(going.clear)


@case()
def every_view_in_batch(ctx):
    """Each stock view gives two intervals of valid JSON, and rows while something runs."""
    views = [json.loads(l) for l in run_command(PROGRAM, "--list-views", "--format", "json").stdout.splitlines()]
    ctx.check(len(views) >= 6, f"{len(views)} views")
    keep_talking(ctx)
    for v in views:
        r = run_command(PROGRAM, "-b", "--format", "json", "-v", v["id"], "-d", "0.4", "-n", "2", check=False,
                        timeout=300)
        ctx.equal(r.returncode, 0, f"{v['id']}: exit status ({r.stderr.strip()})")
        lines = [json.loads(l) for l in r.stdout.splitlines()]
        ctx.equal(len(lines), 2, f"{v['id']}: intervals")
        rows = sum(len(l["rows"]) for l in lines)
        print(f"    {v['id']}: {rows} rows")
        if v["id"] in ("processes", "threads", "files", "syscalls", "connections"):
            ctx.check(rows > 0, f"{v['id']}: has rows")
        r = run_command(PROGRAM, "-b", "-v", v["id"], "-d", "0.1", "-n", "1", check=False, timeout=300)
        ctx.equal(r.returncode, 0, f"{v['id']} as a table: exit status ({r.stderr.strip()})")


@case()
def totals_are_the_workloads_own(ctx):
    """The counters kept without facts, per process."""
    m = Monitor(ctx, "e2e-totals", "proc.name=wl-many", options=["--views", "tests/e2e/views.json"])
    w = Workload(ctx, "files", "many", ctx.dir, 300, 2)
    w.run()
    m.settle()
    ctx.equal(m.stop(), 0, "exit status")
    got = m.sums(("proc.name",), ("evt.buflen.in", "evt.buflen.out")).get(("wl-many",))
    ctx.equal(got, (w.total("in"), w.total("out")), "bytes in, out")


@case(timeout=300)
def suspended_and_woken(ctx):
    """The machine sleeps in the middle: counts stay exact, and no interval or rate is made of the time it slept."""
    alarm = "/sys/class/rtc/rtc0/wakealarm"
    with open("/sys/power/mem_sleep") as f:
        ctx.check("[deep]" in f.read(), "this guest can sleep")
    m = Monitor(ctx, "e2e-totals", "proc.name=wl-many", options=["--views", "tests/e2e/views.json"])
    works = [Workload(ctx, "files", "many", ctx.dir, 300, 2) for _ in range(2)]
    began = time.monotonic()
    works[0].run()
    slept = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    with open(alarm, "w") as f:
        f.write("+5")
    with open("/sys/power/state", "w") as f:
        f.write("mem")
    slept = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic() - slept
    works[1].run()
    m.settle()
    awake = time.monotonic() - began
    ctx.equal(m.stop(), 0, "exit status")
    print(f"    slept {slept:.1f} s, awake {awake:.1f} s")
    ctx.within(slept, 2, 60, "seconds asleep")
    got = m.sums(("proc.name",), ("evt.buflen.in", "evt.buflen.out")).get(("wl-many",))
    ctx.equal(got, tuple(sum(w.total(k) for w in works) for k in ("in", "out")), "bytes in, out")
    lines = m.intervals()
    ctx.within(sum(l["interval"] for l in lines), 0, awake + 2 * m.interval + 2, "seconds in all intervals")
    for l in lines:
        t = l["totals"]
        ctx.within(t["host.cpu.user"] + t["host.cpu.system"], 0, 100 * t["host.cpus"] * 1.1, "per cent of the CPUs")
        ctx.check(l["health"]["exact"], "exact")
