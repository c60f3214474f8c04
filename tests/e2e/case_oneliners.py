# SPDX-License-Identifier: GPL-2.0-or-later
"""sysdig's one-liners by name over a load that says what it did: each shows it, with the numbers that it says."""
import json
import os
import re

from cases import case, run_command, wait_for
from loads import Load, finish, watch
from monitor import PROGRAM, Monitor

# waits in an open of a FIFO, which no table counts as I/O; says at the end what it did
LOAD = """
import json, os, socket, sys, time
d = sys.argv[1]
a = sys.argv[1].encode()
pid = os.getpid()
said = {"pid": pid}
took = lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC)
os.close(os.open(d + "/go", os.O_RDONLY))
t = took()
fd = os.open(d + "/data", os.O_CREAT | os.O_RDWR)
for i in range(20): os.write(fd, b"x" * 1000)
os.lseek(fd, 0, 0)
for i in range(5): os.read(fd, 2000)
said["file_ns"] = took() - t
for i in range(13):
    try: os.open(d + "/missing", os.O_RDONLY)
    except OSError: pass
l = socket.socket(); l.bind(("127.0.0.1", 7000)); l.listen()
c = socket.socket(); c.connect(("127.0.0.1", 7000)); s, _ = l.accept()
for i in range(30):
    c.sendall(b"y" * 1000)
    s.recv(1000, socket.MSG_WAITALL)
for i in range(6):
    x = socket.socket()
    try: x.connect(("127.0.0.1", 7001))
    except OSError: pass
    x.close()
child = os.fork()
if not child:
    for i in range(2):
        time.sleep(0.12)
        c.send(b"z")
    os._exit(0)
said["child"] = child
for i in range(2): s.recv(1)
os.waitpid(child, 0)
t = took()
for i in range(4): time.sleep(0.3)
said["sleep_ns"] = took() - t
end = time.process_time() + 1
while time.process_time() < end: pass
said["cpu_ns"] = time.process_time_ns()
fd = os.open(d + "/done", os.O_CREAT | os.O_WRONLY)
os.write(fd, json.dumps(said).encode())
os.close(fd)
os.rename(d + "/done", d + "/said")
os.open(d + "/go", os.O_RDONLY)
"""
FILE, NET = 30000, 60004  # and what it says itself


class Known(Load):
    """The load, waiting to begin."""

    def __init__(self, ctx):
        super().__init__(ctx)
        os.mkfifo(f"{ctx.dir}/go")
        self.process = self.start("python3", "-c", LOAD, ctx.dir)
        wait_for("the load to wait", lambda: self.pid() and self.waits())

    def pid(self):
        found = [p for p in self.container.pids() if b"/go" in open(f"/proc/{p}/cmdline", "rb").read()]
        return found[0] if found else None

    def waits(self):
        with open(f"/proc/{self.pid()}/wchan") as f:
            if "fifo" in f.read():
                return True
        with open(f"/proc/{self.pid()}/syscall") as f:
            return f.read().split()[0] in ("2", "257")

    def go(self):
        os.close(os.open(f"{self.ctx.dir}/go", os.O_WRONLY))
        wait_for("the load to end", lambda: os.path.exists(f"{self.ctx.dir}/said"), 40)
        with open(f"{self.ctx.dir}/said") as f:
            self.said = json.load(f)
        self.said["said"] = os.path.getsize(f"{self.ctx.dir}/said")
        return self.said


def only(monitor, field, **want):
    """The field, added up over the rows that are so."""
    return sum(v[0] for k, v in monitor.sums(tuple(k.replace("__", ".") for k in want), (field,)).items()
               if k == tuple(want.values()))


def cpu_ns(monitor, field, **want):
    """From percent of the intervals."""
    return sum(r[field] / 100 * l["interval"] * 1e9 for l in monitor.intervals() for r in l["rows"]
               if all(r[k.replace("__", ".")] == v for k, v in want.items()))


@case(needs=("bpf", "python3", "ss"), timeout=120)
def top_processes_and_containers(ctx):
    load = Known(ctx)
    names = ("topprocs_cpu", "topprocs_net", "topprocs_file", "topprocs_errors", "topcontainers_cpu", "topcontainers_net",
             "topcontainers_file", "topcontainers_error")
    ms = watch(ctx, **{n: (n, load.only) for n in names})
    said = load.go()
    finish(ctx, ms)
    pid, box = {"proc__pid": said["pid"]}, {"container__id": load.container.id}
    ctx.within(cpu_ns(ms["topprocs_cpu"], "thread.cpu.sum", **pid), 0.97e9, said["cpu_ns"] * 1.05, "topprocs_cpu")
    ctx.within(cpu_ns(ms["topcontainers_cpu"], "thread.cpu", **box), 0.97e9, said["cpu_ns"] * 1.05 + 50e6, "topcontainers_cpu")
    ctx.equal(only(ms["topprocs_net"], "evt.buflen.net", **pid), NET - 2, "topprocs_net: what the process moved")
    ctx.equal(only(ms["topprocs_net"], "evt.buflen.net", proc__pid=said["child"]), 2, "topprocs_net: its child")
    ctx.equal(only(ms["topcontainers_net"], "evt.buflen.net", **box), NET, "topcontainers_net")
    ctx.equal(only(ms["topprocs_file"], "evt.buflen.file", **pid), FILE + said["said"], "topprocs_file")
    ctx.equal(only(ms["topcontainers_file"], "evt.buflen.file", **box), FILE + said["said"], "topcontainers_file")
    ctx.equal(only(ms["topprocs_errors"], "evt.count.error.file", **pid), 13, "topprocs_errors: files")
    ctx.equal(only(ms["topprocs_errors"], "evt.count.error.net", **pid), 6, "topprocs_errors: network")
    ctx.equal(only(ms["topcontainers_error"], "evt.count.error", **box), 19, "topcontainers_error")


@case(needs=("bpf", "python3", "ss"), timeout=120)
def top_files_connections_and_calls(ctx):
    load = Known(ctx)
    names = ("topfiles_bytes", "topfiles_time", "topfiles_errors", "topconns", "topports_server", "topscalls", "topscalls_time")
    ms = watch(ctx, **{n: (n, load.only) for n in names})
    said = load.go()
    finish(ctx, ms)
    data = {"fd__name": f"{ctx.dir}/data"}
    ctx.equal(only(ms["topfiles_bytes"], "evt.buflen.file", **data), FILE, "topfiles_bytes")
    ctx.within(only(ms["topfiles_time"], "evt.latency.sum", **data), said["file_ns"] * 0.02, said["file_ns"], "topfiles_time")
    ctx.equal(only(ms["topfiles_errors"], "evt.count.error", fd__name=f"{ctx.dir}/missing"), 13, "topfiles_errors")
    ctx.equal(sum(v[0] for v in ms["topconns"].sums(("fd.rip",), ("evt.buflen.net",)).values()), NET, "topconns")
    ctx.equal(only(ms["topports_server"], "evt.buflen.net", fd__sport=7000), NET, "topports_server")
    ctx.equal(only(ms["topscalls"], "evt.count", evt__type="connect"), 7, "topscalls: connect")
    ctx.equal(only(ms["topscalls"], "evt.count", evt__type="sendto"), 32, "topscalls: sendto")
    slept = only(ms["topscalls_time"], "evt.latency.sum", evt__type="clock_nanosleep")
    ctx.within(slept, 1.44e9, said["sleep_ns"] + 0.5e9, "topscalls_time: sleeping")


@case(needs=("bpf", "python3", "ss"), timeout=120)
def bytes_and_times_by(ctx):
    """fdbytes_by, fdtime_by, iobytes*, netlower, scallslower, bottlenecks, proc_exec_time."""
    load = Known(ctx)
    ms = watch(ctx, fdbytes_by=("fdbytes_by", "fd.directory", load.only), fdtime_by=("fdtime_by", "fd.name", load.only),
               iobytes=("iobytes", load.only), iobytes_file=("iobytes_file", load.only),
               iobytes_net=("iobytes_net", load.only), netlower=("netlower", "50", load.only),
               scallslower=("scallslower", "250", f"{load.only} and evt.type=clock_nanosleep"),
               bottlenecks=("bottlenecks", load.only), proc_exec_time=("proc_exec_time", load.only))
    said = load.go()
    finish(ctx, ms)
    ctx.equal(only(ms["fdbytes_by"], "evt.buflen", fd__directory=ctx.dir), FILE + said["said"], "fdbytes_by fd.directory")
    ctx.within(only(ms["fdtime_by"], "evt.latency.sum", fd__name=f"{ctx.dir}/data"), said["file_ns"] * 0.02, said["file_ns"],
               "fdtime_by fd.name")
    for name, want in (("iobytes_file", (10000, 20000 + said["said"])), ("iobytes_net", (30002, 30002)),
                       ("iobytes", (40002, 50002 + said["said"]))):
        got = ms[name].sums((), ("evt.buflen.in", "evt.buflen.out", "evt.buflen"))[()]
        ctx.equal(got, (*want, sum(want)), f"{name}: in, out, both")
    slow = ms["netlower"].rows()
    ctx.equal([(r["evt.type"], r["proc.pid"]) for r in slow], [("recvfrom", said["pid"])] * 2, "netlower")
    ctx.check(all(r["evt.latency"] > 50e6 for r in slow), f"netlower: {slow}")
    ctx.equal([r["proc.pid"] for r in ms["scallslower"].rows()], [said["pid"]] * 4, "scallslower")
    worst = [r for r in ms["bottlenecks"].rows() if r["evt.type"] == "clock_nanosleep" and r["proc.pid"] == said["pid"]]
    ctx.check(worst and sum(r["evt.count"] for r in worst) == 4 and all(r["evt.latency"] > 300e6 for r in worst),
              f"bottlenecks: {worst}")
    ended = [r for r in ms["proc_exec_time"].rows() if r["proc.pid"] == said["child"]]
    ctx.equal(len(ended), 1, "proc_exec_time: the child")
    ctx.within(ended[0]["proc.duration"], 0.24e9, 2e9, "proc_exec_time: how long it ran")


def rows_now(ctx, view, *words):
    m = Monitor(ctx, view, *words)
    m.wait_interval(1)
    m.stop()
    return m.intervals()[-1]["rows"]


@case(needs=("bpf", "python3", "ss"), timeout=60)
def what_there_is(ctx):
    """ps, lsof, netstat, lscontainers, fdcount_by, list_login_shells, against /proc and ss."""
    load = Known(ctx)
    shell = load.start("bash", "-c", "sleep 1000; :")
    said = load.go()
    pid = said["pid"]
    ctx.equal(sorted(r["proc.pid"] for r in rows_now(ctx, "ps", load.only)), sorted(load.container.pids()), "ps")
    want = {int(n): os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}
    got = {r["fd.num"]: r["fd.name"] for r in rows_now(ctx, "lsof", f"proc.pid={pid}")}
    ctx.equal(sorted(got), sorted(want), "lsof: descriptors")
    files = {n: p for n, p in want.items() if p.startswith("/")}
    ctx.equal_maps({n: got.get(n) for n in files}, files, "lsof: paths")
    kinds = {r["fd.type"]: r["fd.num"] for r in rows_now(ctx, "fdcount_by", "fd.type", f"proc.pid={pid}")}
    sockets = sum(p.startswith("socket:") for n, p in want.items() if n > 0)
    ctx.equal((kinds.get("ipv4"), sum(kinds.values())), (sockets, sum(n > 0 for n in want)), f"fdcount_by fd.type: {kinds}")
    lines = [re.split(r"\s+", l) for l in load.net.tcp_sockets("-a")]
    want = sorted((l[0].replace("ESTAB", "ESTABLISHED").replace("ESTABLISHEDLISHED", "ESTABLISHED"),
                   int(l[3].rsplit(":", 1)[1])) for l in lines if l[0] in ("ESTAB", "LISTEN"))
    table = rows_now(ctx, "netstat", f"proc.pid={pid}")
    ctx.check({r["fd.sport"] for r in table} == {7000}, f"netstat: {table}")
    ctx.equal(sorted(r["fd.state"] for r in table), sorted(s for s, _ in want), "netstat: states, against ss")
    ctx.check(any(r["container.id"] == load.container.id and r["container.type"] == "docker"
                  for r in rows_now(ctx, "lscontainers")), "lscontainers: has it")
    shells = rows_now(ctx, "list_login_shells", "sleep", load.only)
    above = set()
    with open(f"/proc/{shell.pid}/task/{shell.pid}/children") as f:
        p = int(f.read().split()[0])
    while p > 1:
        with open(f"/proc/{p}/stat") as f:
            p = int(f.read().rsplit(")", 1)[1].split()[1])
        above.add(p)
    ctx.check(shells and all(r["proc.loginshellid"] in above for r in shells), f"list_login_shells: {shells}, of {above}")


@case()
def all_names(ctx):
    """Every one-liner that the program knows is looked at here or in another case."""
    listed = run_command(PROGRAM, "--list-views").stdout.split("\nsysdig", 1)[1].splitlines()[1:]
    names = {l.split()[0] for l in listed if l.strip()}
    want = set("""topprocs_cpu topprocs_net topprocs_file topprocs_errors topfiles_bytes topfiles_time topfiles_errors
        topconns topports_server topscalls topscalls_time topcontainers_cpu topcontainers_net topcontainers_file
        topcontainers_error fdbytes_by fdtime_by fdcount_by iobytes iobytes_file iobytes_net fileslower netlower
        scallslower bottlenecks proc_exec_time spy_users lsof netstat ps lscontainers list_login_shells""".split())
    ctx.equal(sorted(want - names), [], "names that are missing")
    text = ""
    for path in ("case_oneliners.py", "case_cookbook.py", "case_lists.py", "case_counts.py", "../../docs/cookbook.md"):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), path)) as f:
            text += f.read().split("def all_names")[0]
    ctx.equal([n for n in sorted(want) if not re.search(rf"\b{n}\b", text)], [], "names that no case looks at")
