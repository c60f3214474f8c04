# SPDX-License-Identifier: GPL-2.0-or-later
"""Where identity is the difficulty: programs that live for a millisecond, pids and addresses that are used twice, memory that is a file."""
import os
import subprocess

from case_exact import AMOUNTS, Watch, exact, named
from cases import Skip, case
from monitor import Monitor, Workload, amount, end_process

SECOND_TRY = False


@case(needs="bpf", plain=True)
def programs_that_live_for_a_millisecond(ctx):
    """Thousands of exec'ed programs a second: every call and byte of every single one, and each has ended."""
    n = 8000
    ended = Monitor(ctx, "e2e-ended", *named("wl-programs", "bare64"), interval=0.4, options=["--views", "tests/e2e/views.json"])
    w = exact(ctx, "life", "programs", ctx.dir, n, 2, comms=("wl-programs", "bare64"))
    ended.settle()
    ctx.equal(ended.stop(), 0, "exit status")
    pids = {r["pid"] for r in w.rows() if r["call"] == "execve"}
    rows = ended.sums(("proc.pid",), ("evt.count.procexit", "evt.count", "evt.buflen.out"))
    # the return of vfork(), execve, five calls, one write; before the exec it has its parent's name
    ctx.equal_maps(rows, {(pid,): (1, 8, 7) for pid in pids}, "each ended program, its calls and bytes")
    ends = ended.sums(("proc.name",), ("evt.count.procexit",))
    ctx.equal(ends.get(("bare64",)), (n,), "ends under its last name")
    ctx.equal((ended.health().get("folded"), ended.health().get("unstored")), (0, 0), "health: folded, unstored")
    print(f"    {w.total('calls', only=lambda r: r['call'] == 'per_second')} programs a second, median life "
          f"{w.total('calls', only=lambda r: r['call'] == 'life_ns') / 1e6:.2f} ms")


@case(needs="bpf")
def one_pid_for_many_processes(ctx):
    """Thirty processes of one pid within a moment: a row and a total for each of them, also where the pid is the key."""
    views = ["--views", "tests/e2e/views.json"]
    both = [Monitor(ctx, view, "proc.name startswith wl-reuse-", interval=0.3, options=views)
            for view in ("e2e-ended", "e2e-calls-start", "processes")]
    w = Workload(ctx, "life", "reuse", 30, 100)
    w.run()
    want = {(r["pid"], r["comm"]): (r["calls"], 1) for r in w.rows() if r["call"] == "getppid"}
    ctx.equal((len(want), len({pid for pid, _ in want})), (30, 1), "processes and pids")
    for m in both:
        m.settle()
        ctx.equal(m.stop(), 0, "exit status")
    tasks, calls, stock = both
    # each also makes prctl(), gettid() and the like
    got = tasks.sums(("proc.pid", "proc.name"), ("evt.count", "evt.count.procexit"))
    for key, (count, _) in want.items():
        ctx.within(got.get(key, (0, 0))[0], count, count + 8, f"calls of {key}")
        ctx.equal(got.get(key, (0, 0))[1], 1, f"ends of {key}")
    rows = [(r["proc.pid"], r["proc.pid.ts"]) for r in tasks.rows()]
    ctx.equal(len(set(rows)), 30, "start times")
    # in the stock view, whose key is the pid; who was met alive has its parent's command line
    rows = [r for r in stock.rows() if amount(r, "evt.count")]
    met = sum(r["proc.exeline"] == "wl-reuse" for r in rows)
    ctx.within(len({r["proc.exeline"] for r in rows} - {"wl-reuse"}), 30 - met, 30, "rows of their own")
    # a monitor whose sample fell before the prctl() has those calls under another name
    least = sum(count for count, _ in want.values())
    ctx.within(sum(amount(r, "evt.count") for r in rows), least, least + 8 * 30, "their calls")
    ctx.equal_maps(calls.sums(("proc.pid", "proc.name", "evt.type"), ("evt.count",)),
                   {(*k, "getppid"): (v[0],) for k, v in want.items()}, "facts of each")


@case(needs="bpf")
def the_same_addresses_in_two_namespaces(ctx):
    """Two connections that differ in nothing but their network namespace: two rows, each with its own bytes."""
    stock = Monitor(ctx, "connections", "fd.port=7771 and fd.port=7772", interval=0.3)
    w = exact(ctx, "life", "netns", 300, comms=("wl-netns",))
    stock.settle()
    ctx.equal(stock.stop(), 0, "exit status")
    want = w.sums(lambda r: r["name"], only=lambda r: r["kind"] == "tcp")
    ctx.equal(len(want), 4, "two ends of two connections")
    ctx.equal(len({(r["local"], r["remote"]) for r in w.rows() if r["kind"] == "tcp"}), 2, "pairs of addresses")
    ctx.equal(max(len(l["rows"]) for l in stock.intervals()), 4, "rows of the stock view, which has no column that differs")
    ctx.equal(stock.totals(("evt.buflen.net.in", "evt.buflen.net.out")), (sum(v[1] for v in want.values()),) * 2, "bytes")


@case(needs="bpf")
def files_read_through_memory(ctx):
    """No call moves these bytes: major faults and the block layer's bytes are what is seen of them."""
    m = Monitor(ctx, "e2e-faults", "proc.name=wl-mapped", interval=0.3, options=["--views", "tests/e2e/views.json"])
    w = Workload(ctx, "life", "mapped", ctx.dir, 2000)
    w.run()
    m.settle()
    ctx.equal(m.stop(), 0, "exit status")
    truth = {r["call"]: r["calls"] + r["in"] for r in w.rows()}
    if not truth["disk"]:
        raise Skip("the directory for tests is not on a disk")
    ctx.equal((truth["major"], truth["disk"]), (2000, 2000 * 4096), "each page is a fault and comes from the disk")
    got = m.sums((), ("thread.pfmajor", "thread.disk.read", "thread.pfminor", "evt.buflen.in")).get((), (0,) * 4)
    ctx.equal(got[:2], (truth["major_all"], truth["disk_all"]), "major faults, bytes read from disk")
    ctx.within(got[2], truth["minor_all"], truth["minor_all"] + 40, "minor faults")
    ctx.within(got[3], 0, 100000, "bytes by calls: not those of the mapped file")


@case(needs="bpf")
def what_ran_before_is_read_before(ctx):
    """Our own reading of what there is at the start is over when calls are told apart: Files does not begin with it."""
    p = subprocess.Popen(["sleep", "60"])
    ctx.cleanup(end_process, p)
    own = f"fd.name = /proc/{p.pid}/cmdline and proc.ppid = {os.getpid()}"
    for view, words, want in (("files", own, set()), ("file_opens", own, set()),
                              ("processes", f"proc.pid = {p.pid}", {"sleep 60"})):
        m = Monitor(ctx, view, words, interval=0.3)
        m.settle()
        ctx.equal(m.stop(), 0, "exit status")
        ctx.equal({r.get("proc.exeline", r.get("fd.name")) for r in m.rows()}, want, f"rows of {view}")
