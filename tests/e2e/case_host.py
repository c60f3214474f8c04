# SPDX-License-Identifier: GPL-2.0-or-later
"""What is listed and what it says agrees with /proc, ps, ss, lsof, perf and strace."""
import collections
import os
import re
import subprocess
import time

from cases import case, run_command, wait_for
from case_truth import strace_counts
from monitor import Monitor, Workload, end_process, observe, processes_named

VIEWS = ["--views", "tests/e2e/views.json"]


def last_rows(m):
    return m.intervals()[-1]["rows"]


def proc_stat(pid):
    """Fields of /proc/PID/stat behind the name: [0] is the state."""
    with open(f"/proc/{pid}/stat", errors="replace") as f:
        return f.read().rpartition(")")[2].split()


def guarded(pid):
    """A process that the platform hides even from root: the kernel's iterators pass over it."""
    try:
        os.readlink(f"/proc/{pid}/ns/pid")
        return False
    except FileNotFoundError:
        return False
    except OSError:
        return True


@case(needs="bpf")
def idle_processes_are_listed(ctx):
    w = Workload(ctx, "procs", "sleepers", 30, linger=True)
    w.go()
    m = Monitor(ctx, "processes")
    m.wait_interval()
    before = {int(p) for p in os.listdir("/proc") if p.isdigit()}
    m.wait_interval(2)
    after = {int(p) for p in os.listdir("/proc") if p.isdigit()}
    m.stop()
    listed = {r["proc.pid"] for r in last_rows(m)}
    missing = {p for p in (before & after) - listed if not guarded(p)}
    ctx.equal(missing, set(), "processes in /proc that are not listed")
    ctx.check(len(listed & set(processes_named("wl-sleeper"))) == 30, "all sleepers are listed")
    w.finish()


@case(needs="bpf")
def process_columns_against_proc(ctx):
    """Parent, user, threads, memory, state, nice."""
    w = Workload(ctx, "procs", "memory", 64, linger=True)
    w.go()
    t = Workload(ctx, "procs", "blocked", linger=True)
    t.go()
    m = Monitor(ctx, "e2e-processes", options=VIEWS)
    m.wait_interval(2)
    rows = {r["proc.pid"]: r for r in last_rows(m)}
    page = os.sysconf("SC_PAGE_SIZE")
    looked = 0
    for pid in [w.pid, t.pid, *processes_named("wl-in-read"), *processes_named("wl-in-sleep"), os.getpid(), 2]:
        stat = proc_stat(pid)
        with open(f"/proc/{pid}/statm") as f:
            virt, rss = [int(x) * page for x in f.read().split()[:2]]
        row = rows.get(pid)
        if not ctx.check(row is not None, f"process {pid} is listed"):
            continue
        looked += 1
        ctx.equal(row["proc.ppid"], int(stat[1]), f"{pid}: proc.ppid")
        ctx.equal(row["proc.nice"], int(stat[16]), f"{pid}: proc.nice")
        if pid != os.getpid():  # Python's threads and memory come and go
            ctx.equal(row["proc.nthreads"], int(stat[17]), f"{pid}: proc.nthreads")
            ctx.equal(row["proc.state"], stat[0], f"{pid}: proc.state")
            ctx.equal(row["proc.vmsize"], virt, f"{pid}: proc.vmsize")
            # the kernel's own counter lags by some pages per CPU
            ctx.within(row["proc.vmrss"], rss - 64 * page * os.cpu_count(), rss + 64 * page * os.cpu_count(),
                       f"{pid}: proc.vmrss")
        ctx.equal(row["proc.fdopencount"], len(os.listdir(f"/proc/{pid}/fd")) if pid != os.getpid() else
                  row["proc.fdopencount"], f"{pid}: proc.fdopencount")
        user = run_command("ps", "-o", "user:32=", "-p", str(pid)).stdout.strip()
        ctx.equal(row["user.name"], user, f"{pid}: user.name")
    ctx.check(looked >= 5, f"looked at {looked} processes")
    m.stop()
    w.finish()
    t.finish()


@case(needs="bpf")
def call_that_a_thread_waits_in(ctx):
    began = time.monotonic()
    w = Workload(ctx, "procs", "blocked", linger=True)
    w.go()
    time.sleep(1)
    m = Monitor(ctx, "e2e-threads", options=VIEWS)
    m.wait_interval(2)
    waited = time.monotonic() - began
    m.stop()
    rows = {r["thread.name"]: r for r in last_rows(m) if r["thread.name"].startswith("wl-in-")}
    for name, call in (("wl-in-read", "read"), ("wl-in-sleep", "clock_nanosleep")):
        row = rows.get(name)
        if ctx.check(row is not None, f"{name} is listed"):
            ctx.equal((row["thread.syscall"], row["thread.state"]), (call, "S"), f"{name}: call and state")
            ctx.within(row["thread.syscall.time"], (waited - 1.5) * 1e9, (waited + 0.2) * 1e9,
                       f"{name}: time in the call")
    pid = processes_named("wl-in-read")[0]
    pipe = os.stat(f"/proc/{pid}/fd/{open(f'/proc/{pid}/syscall').read().split()[1][2:]}").st_ino
    ctx.check(str(pipe) in str(rows.get("wl-in-read", {}).get("thread.syscall.fd")),
              f"what it reads from is the pipe {pipe}: {rows.get('wl-in-read', {}).get('thread.syscall.fd')}")
    w.finish()


@case(needs="bpf")
def threads_against_proc(ctx):
    w = Workload(ctx, "procs", "threads", 50, 100, linger=True)
    m = Monitor(ctx, "threads")
    m.wait_interval(2)
    tasks = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if guarded(pid):
            continue
        try:
            tasks |= {int(t) for t in os.listdir(f"/proc/{pid}/task")}
        except OSError:
            pass
    m.wait_interval(2)
    listed = {r["thread.tid"] for r in last_rows(m)}
    gone = {t for t in tasks - listed if not os.path.exists(f"/proc/{t}")}
    ctx.equal(tasks - listed - gone, set(), "threads in /proc that are not listed")
    m.stop()
    w.go()
    w.finish()


@case(needs="bpf")
def cpu_time(ctx):
    m, w = observe(ctx, "e2e-processes", "procs", "cpu", 1500, options=VIEWS)
    told = w.total("calls")
    rows = [r for r in m.rows() if r["proc.pid"] == w.pid]
    counted = sum(r.get("thread.exectime.sum") or r.get("thread.exectime") or 0 for r in rows)
    # the truth is told before the process ends: a little comes on top
    ctx.within(counted, told, told * 1.01 + 20e6, "CPU time of the process, ns")
    # the percentage is that time in the measured interval, whatever else the machine does
    m, w = observe(ctx, "processes", "procs", "spin", 2500, filter_words=["proc.name=wl-spin"])
    shown = [(r["thread.cpu"], 100 * r["thread.exectime"] / 1e9 / l["interval"])
             for l in m.intervals() for r in l["rows"] if r["proc.pid"] == w.pid]
    ctx.check(len(shown) >= 4, f"samples of a busy loop: {shown}")
    for cpu, real in shown:
        ctx.within(cpu, real - 0.5, real + 0.5, "CPU% of a busy loop")
    ctx.check(max(cpu for cpu, _ in shown) > 15, f"it is busy: {shown}")


def endpoint(ip, port):
    return f"{ip}:{port}"


@case(needs=("bpf", "ss"))
def connections_against_ss(ctx):
    """Idle connections and listening sockets are listed, with the state that ss shows."""
    w = Workload(ctx, "net", "idle", 7, linger=True)
    w.go()
    m = Monitor(ctx, "e2e-connections", f"proc.pid={w.pid}", options=VIEWS)
    m.wait_interval(2)
    m.stop()
    want = collections.Counter()
    for line in run_command("ss", "-tanpH").stdout.splitlines():
        if f"pid={w.pid}," in line:
            state, _, _, local, remote = line.split()[:5]
            want[({"ESTAB": "ESTABLISHED"}.get(state, state), local, remote.replace("*", "0"))] += 1
    ctx.equal(sum(want.values()), 15, "sockets that ss knows of")
    got = collections.Counter()
    for r in last_rows(m):
        got[(r["fd.state"], endpoint(r["fd.lip"], r["fd.lport"]),
             endpoint(r["fd.rip"] or "0.0.0.0", r["fd.rport"] or 0))] += 1
    ctx.equal(got, want, "connections")
    w.finish()


@case(needs="bpf")
def stock_connections_view(ctx):
    """The stock view lists idle ones as well, and its sums are the bytes of each connection."""
    w = Workload(ctx, "net", "idle", 3, linger=True)
    w.go()
    m, t = observe(ctx, "connections", "net", "tcp4", 5, 40)
    got = {}
    for r in m.rows():
        if r.get("fd.lip") is None:
            continue
        k = frozenset((endpoint(r["fd.lip"], r["fd.lport"]), endpoint(r["fd.rip"], r["fd.rport"])))
        v = tuple((r.get(f + ".sum") or r.get(f) or 0) for f in ("evt.buflen.net.in", "evt.buflen.net.out"))
        old = got.get(k, (0, 0))
        got[k] = (old[0] + v[0], old[1] + v[1])
    want = {}
    for (local, remote), v in t.sums(lambda r: (r["local"], r["remote"]), only=lambda r: r["kind"] == "tcp" and
                                     not r["remote"].endswith(":0") and r["remote"]).items():
        k = frozenset((local, remote))
        old = want.get(k, (0, 0))
        want[k] = (old[0] + v[1], old[1] + v[2])
    ctx.check(len(want) == 5, f"five connections: {want}")
    # both ends are on this machine: whether a row is one end or both, the sum over the pair is the same
    ctx.equal_maps(got, want, "bytes per connection")
    idle = [r for r in m.intervals()[-1]["rows"] if r.get("fd.rport") or r.get("fd.lport")]
    ctx.check(len(idle) >= 4, f"idle and listening ones are there: {len(idle)}")
    w.finish()


@case(needs="bpf")
def stock_files_view(ctx):
    m, w = observe(ctx, "files", "files", "rw", ctx.dir, 100, 4)
    m2, w2 = observe(ctx, "files", "files", "opens", ctx.dir, 60)
    fields = ("evt.buflen.file.in", "evt.buflen.file.out", "evt.count.exit", "evt.count.error")
    for mon, load in ((m, w), (m2, w2)):
        got = mon.sums(("fd.name",), fields)
        want = {}
        for r in load.rows():
            if r["name"]:
                o = want.get((r["name"],), (0, 0, 0, 0))
                want[(r["name"],)] = (o[0] + r["in"], o[1] + r["out"], o[2] + r["calls"],
                                      o[3] + (r["calls"] if r["err"] else 0))
        ctx.equal_maps(got, want, "bytes in, bytes out, operations, errors of each file")
    opens = {k: v[0] for k, v in m2.sums(("fd.name",), ("evt.count.open",)).items()}
    want = w2.sums(lambda r: (r["name"],), only=lambda r: r["kind"] == "file" and r["err"] == 0 and
                   r["call"] in ("open", "openat", "openat2", "creat"))
    ctx.equal_maps(opens, {k: v[0] for k, v in want.items()}, "opens of each file")


@case(needs="bpf")
def stock_syscalls_view(ctx):
    m, w = observe(ctx, "syscalls", "files", "rw", ctx.dir, 100, 4, filter_words=["proc.name=wl-rw"])
    got = {k: v[0] for k, v in m.sums(("evt.type",), ("evt.count",)).items()}
    ctx.equal_maps(got, {k: v[0] for k, v in w.sums(lambda r: (r["call"],)).items()}, "calls")


@case(needs="bpf")
def stock_processes_view(ctx):
    """Short-lived children count; totals are the same as without a filter on rows."""
    m, w = observe(ctx, "e2e-totals", "procs", "churn", 1000, 25, 3, options=VIEWS,
                   filter_words=["proc.name=wl-short"])
    got = m.sums(("proc.name",), ("evt.count", "evt.buflen.file.in"))
    calls = w.total("calls", only=lambda r: r["comm"] == "wl-short")
    row = got.get(("wl-short",), (0, 0))
    # a child's own bookkeeping (gettid, prctl, …) comes on top: the same number of calls in each child
    extra = row[0] - calls
    # but for a child that has its parent's name when an interval ends: there are three at a time
    short = -extra % 1000
    ctx.check(0 <= extra <= 20 * 1000 and short <= 3 * 4 * len(m.intervals()), f"calls: {row[0]}, noted {calls}")
    ctx.equal(row[1], w.total("in", only=lambda r: r["comm"] == "wl-short"), "file bytes in")
    m, w = observe(ctx, "processes", "files", "rw", ctx.dir, 200, 4, filter_words=["proc.name=wl-rw"])
    got = m.sums((), ("evt.buflen.file",)).get((), (0,))[0]
    ctx.equal(got, w.total("in") + w.total("out"), "file bytes in the stock view")


@case(needs="bpf")
def stock_threads_view(ctx):
    m, w = observe(ctx, "threads", "files", "rw", ctx.dir, 200, 6)
    got = {k: v[0] for k, v in m.sums(("thread.tid",), ("evt.buflen.file",)).items()}
    want = {k: v[1] + v[2] for k, v in w.sums(lambda r: (r["tid"],)).items() if v[1] + v[2]}
    ctx.equal_maps(got, want, "file bytes of each thread")


@case(needs=("bpf", "perf"))
def calls_against_perf(ctx):
    """perf counts the same tracepoint for the same process over the same time."""
    for program, args, comm in (("files", ("rw", ctx.dir, 200), "wl-rw"), ("procs", ("storm", 200000), "wl-storm"),
                                ("procs", ("errors", 200), "wl-errors")):
        w = Workload(ctx, program, *args)
        m = Monitor(ctx, "e2e-totals", f"proc.name={comm}", options=VIEWS)
        out = os.path.join(ctx.dir, "perf")
        perf = subprocess.Popen(["perf", "stat", "-x,", "-o", out, "-e", "raw_syscalls:sys_exit", "-p", str(w.pid)],
                                stdin=subprocess.DEVNULL)
        ctx.cleanup(end_process, perf)
        # perf says nothing when it is ready; its event is then open
        wait_for("perf to attach", lambda: any("perf_event" in os.readlink(f"/proc/{perf.pid}/fd/{fd}")
                                               for fd in os.listdir(f"/proc/{perf.pid}/fd")), 10)
        time.sleep(0.3)
        w.run()
        perf.wait(10)
        m.settle()
        m.stop()
        counted = next(int(l.split(",")[0]) for l in open(out) if "raw_syscalls" in l)
        got = m.sums(("proc.name",), ("evt.count",)).get((comm,), (0,))[0]
        ctx.equal(got, counted, f"{comm}: calls against perf stat")


@case(needs=("bpf", "strace"))
def calls_against_strace(ctx):
    """Every call of a process, those of the C library too, by name and result."""
    for program, args in (("files", ("rw", ctx.dir, 20)), ("net", ("udpm", 20)), ("procs", ("errors", 20))):
        log = os.path.join(ctx.dir, "strace")
        m = Monitor(ctx, "e2e-calls", options=VIEWS)
        w = Workload(ctx, program, *args, prefix=("strace", "-f", "-qq", "-o", log))
        parent = int(open(log).readline().split()[0])
        w.run()
        m.settle()
        m.stop()
        want = dict(strace_counts(log, parent))
        for call in ("exit_group", "exit"):  # do not return
            want.pop((call, "SUCCESS"), None)
        want = {k: v for k, v in want.items() if not k[0].startswith("syscall_")}
        got = {(call, res): v[0] for (pid, call, res), v in
               m.sums(("proc.pid", "evt.type", "evt.res"), ("evt.count",)).items() if pid == w.pid}
        ctx.equal_maps(got, want, f"{program} {args[0]}: calls against strace")


@case(needs=("bpf", "lsof"))
def open_descriptors_against_lsof(ctx):
    w = Workload(ctx, "files", "before", ctx.dir, 1)
    m = Monitor(ctx, "e2e-fds", f"proc.pid={w.pid}", options=VIEWS)
    m.wait_interval(2)
    m.stop()
    want, fd = {}, None
    for line in run_command("lsof", "-p", str(w.pid), "-Fftn", check=False).stdout.splitlines():
        if line[0] == "f":
            fd = int(line[1:]) if line[1:].isdigit() else None
        elif line[0] == "n" and fd is not None:
            want[fd] = os.readlink(f"/proc/{w.pid}/fd/{fd}")
    got = {r["fd.num"]: r["fd.name"] for r in last_rows(m)}
    ctx.equal(set(got), set(want), "descriptor numbers")
    files = {k: v for k, v in want.items() if v.startswith("/") and "(deleted)" not in v}
    ctx.check(len(files) >= 1, "there are files among them")
    ctx.equal_maps(got, files, "paths")
    for num, link in want.items():
        inode = re.match(r"pipe:\[(\d+)\]", link)
        if inode:
            row = next((r for r in last_rows(m) if r["fd.num"] == num), {})
            ctx.equal(row.get("fd.ino"), int(inode[1]), f"inode of descriptor {num}, {link}")
    w.run()


@case(needs="bpf")
def host_totals(ctx):
    """The totals of the processes view count every call of the machine, ended children included."""
    m, w = observe(ctx, "e2e-totals", "procs", "churn", 500, 50, options=VIEWS)
    per_row = sum(v[0] for v in m.sums(("proc.name",), ("evt.count",)).values())
    ctx.equal(m.totals(("evt.count",))[0], per_row, "totals against rows")
    ctx.check(per_row >= w.total("calls"), f"at least what the workload did: {per_row}")
