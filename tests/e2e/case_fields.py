# SPDX-License-Identifier: GPL-2.0-or-later
"""Fields against what /proc and the test itself know: of a process of its own, and of single calls."""
import ctypes
import json
import os
import pwd
import socket
import subprocess
import sys
import time

from cases import case, wait_for
from monitor import Monitor, end_process


def view_of(ctx, fields, records="tasks", key="proc.pid"):
    path = os.path.join(ctx.dir, "fields.json")
    view = {"id": "fields", "name": "Fields", "records": [records],
            "columns": [{"field": f, "width": 20} for f in fields]}
    if key:
        view["key"] = [key]
    with open(path, "w") as f:
        json.dump({"views": [view]}, f)
    return ["--views", path]


def status_of(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def start_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        ticks = int(f.read().rsplit(")", 1)[1].split()[19])
    with open("/proc/stat") as f:
        boot = next(int(line.split()[1]) for line in f if line.startswith("btime"))
    return boot + ticks / os.sysconf("SC_CLK_TCK")


@case(needs="bpf")
def what_proc_says_of_a_process(ctx):
    """Arguments with blanks, environment, capabilities, executable, streams, session, group, parents."""
    env = {"CTOP_ONE": "a value", "CTOP_TWO": "x=y", "PATH": os.environ["PATH"]}
    script = "import time; time.sleep(61)"
    child = subprocess.Popen([sys.executable, "-c", script, "two words", "", "z"], env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, cwd=ctx.dir)
    ctx.cleanup(end_process, child)
    wait_for("the program to run", lambda: b"two words" in open(f"/proc/{child.pid}/cmdline", "rb").read())
    fields = ["proc.pid", "proc.cmdnargs", "proc.cmdlenargs", "proc.env", "proc.cwd", "proc.exe", "proc.exepath",
              "proc.exe_ino", "proc.exe_ino.mtime", "proc.exe_ino.ctime", "proc.is_exe_writable",
              "proc.is_exe_from_memfd", "thread.cap_effective", "thread.cap_permitted", "thread.cgroups",
              "proc.stdin.name", "proc.stdin.type", "proc.stdout.type", "proc.stderr.name", "proc.sid", "proc.sname",
              "proc.sid.exe", "proc.pgid", "proc.pgid.name", "proc.vpgid", "proc.is_sid_leader",
              "proc.is_pgid_leader", "proc.is_vpgid_leader", "proc.pname", "proc.pexe", "proc.pexepath",
              "proc.pcmdline", "proc.pvpid", "proc.ppid.ts", "proc.pid.ts", "proc.duration", "proc.ppid.duration",
              "user.homedir", "user.shell", "thread.totexectime", "proc.exe_ino.ctime_duration_proc_start"]
    m = Monitor(ctx, "fields", f"proc.pid={child.pid}", "and proc.args[0]=-c and proc.args[2]='two words'",
                "and proc.env[CTOP_ONE]='a value' and proc.env[CTOP_TWO]='x=y' and not proc.env[CTOP] exists",
                f"and proc.apid[1]={os.getpid()} and proc.apid={os.getpid()} and proc.aexepath[1] exists",
                options=view_of(ctx, fields))
    m.wait_interval(2)
    m.stop()
    rows = m.intervals()[-1]["rows"]
    if not ctx.equal(len(rows), 1, "the process passes a filter on its arguments, environment and parents"):
        return
    row = rows[0]
    exe = os.stat(f"/proc/{child.pid}/exe")
    with open(f"/proc/{child.pid}/environ", "rb") as f:
        environ = f.read().rstrip(b"\0").replace(b"\0", b" ").decode()
    with open(f"/proc/{os.getpid()}/cmdline", "rb") as f:
        mine = f.read().rstrip(b"\0").split(b"\0")
    user = pwd.getpwuid(os.getuid())
    comm = open(f"/proc/{child.pid}/comm").read().strip()
    my_comm = open("/proc/self/comm").read().strip()
    null = os.path.realpath("/dev/null")
    want = {
        "proc.cmdnargs": 5, "proc.cmdlenargs": len("-c " + script + " two words  z"), "proc.env": environ,
        "proc.cwd": ctx.dir, "proc.exe": sys.executable, "proc.exepath": os.readlink(f"/proc/{child.pid}/exe"),
        "proc.exe_ino": exe.st_ino, "proc.exe_ino.mtime": exe.st_mtime_ns, "proc.exe_ino.ctime": exe.st_ctime_ns,
        "proc.is_exe_from_memfd": False, "proc.stdin.name": null, "proc.stderr.name": null,
        "proc.stdin.type": "file", "proc.stdout.type": "pipe", "proc.sid": child.pid, "proc.sname": comm,
        "proc.sid.exe": sys.executable, "proc.pgid": child.pid, "proc.pgid.name": comm,
        "proc.is_sid_leader": True, "proc.is_pgid_leader": True, "proc.is_vpgid_leader": True,
        "proc.pname": my_comm, "proc.pexe": mine[0].decode(), "proc.pexepath": os.readlink("/proc/self/exe"),
        "user.homedir": user.pw_dir, "user.shell": user.pw_shell,
    }
    ctx.equal_maps({k: row[k] for k in want}, want, "fields of the process", limit=40)
    status = status_of(child.pid)
    if int(status["CapEff"], 16) & (1 << 21):
        ctx.check("CAP_SYS_ADMIN" in row["thread.cap_effective"].split(), "capabilities by name")
    ctx.equal(len(row["thread.cap_effective"].split()), bin(int(status["CapEff"], 16)).count("1"), "how many")
    ctx.equal(row["proc.vpgid"], int(status["NSpgid"].split()[-1]), "process group in its namespace")
    ctx.equal(row["proc.pvpid"], int(status_of(os.getpid())["NSpid"].split()[-1]), "parent in its namespace")
    ctx.check(all(line.split(":", 2)[2].strip() in row["thread.cgroups"]
                  for line in open(f"/proc/{child.pid}/cgroup")), "cgroups")
    ctx.check(abs(row["proc.pid.ts"] / 1e9 - start_of(child.pid)) < 1.1, "start")
    ctx.check(abs(row["proc.ppid.ts"] / 1e9 - start_of(os.getpid())) < 1.1, "start of the parent")
    ctx.check(row["proc.ppid.duration"] > row["proc.duration"] > 0, "the parent is older")
    ctx.equal(row["proc.exe_ino.ctime_duration_proc_start"], row["proc.pid.ts"] - exe.st_ctime_ns, "age of the file")
    with open(f"/proc/{child.pid}/schedstat") as f:
        cpu = int(f.read().split()[0])
    ctx.check(0 < row["thread.totexectime"] <= cpu, f"CPU time {row['thread.totexectime']}, /proc has {cpu}")


SPY = ["proc.pid", "evt.type", "evt.res", "fs.path.name", "fs.path.nameraw", "fs.path.source", "fs.path.sourceraw",
       "fs.path.target", "fs.path.targetraw", "evt.abspath", "evt.abspath.src", "evt.abspath.dst", "evt.arg.name",
       "evt.arg.size", "evt.rawarg.res", "evt.rawres", "evt.arg.data", "evt.is_open_exec", "evt.is_open_create",
       "evt.reltime", "evt.deltatime", "evt.latency.ns", "evt.latency.s", "evt.latency.quantized", "evt.latency",
       "evt.latency.human", "evt.wait_latency", "evt.rawtime", "fd.name_changed", "fd.nameraw", "fd.num", "fd.name",
       "fd.rip.name", "evt.source", "evt.is_async", "evt.plugininfo", "evt.args", "proc.args", "proc.exe",
       "proc.cmdnargs", "proc.env", "evt.arg.exe", "evt.arg.tuple", "evt.count", "evt.failed", "evt.is_syslog"]


@case(needs="bpf")
def single_calls(ctx):
    """Paths, arguments under sysdig's names, times; fields of a process younger than the sample."""
    os.makedirs(f"{ctx.dir}/a/b")
    libc = ctypes.CDLL(None, use_errno=True)
    dirfd = os.open(f"{ctx.dir}/a", os.O_DIRECTORY)
    m = Monitor(ctx, "fields", f"proc.pid={os.getpid()} or proc.ppid={os.getpid()} and evt.type=execve",
                options=view_of(ctx, SPY, "events", None))
    m.wait_interval()
    fd = os.open("b/../b/./new", os.O_CREAT | os.O_WRONLY, 0o755, dir_fd=dirfd)
    os.write(fd, b"hello, world")
    os.close(fd)
    os.rename("b/new", "b/newer", src_dir_fd=dirfd, dst_dir_fd=dirfd)
    os.symlink("../b/newer", f"{ctx.dir}/a/link")
    libc.unlink(f"{ctx.dir}//a/link".encode())
    before = time.time_ns()
    time.sleep(0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", 9))
    os.environ["CTOP_YOUNG"] = "yes"
    child = subprocess.Popen(["sleep", "0.7"])
    child.wait()
    m.settle()
    m.stop()
    os.close(dirfd)
    rows = m.rows()

    def one(**want):
        found = [r for r in rows if all(r[k.replace("__", ".")] == v for k, v in want.items())]
        return found[0] if ctx.check(found, f"an event with {want}") else {f: None for f in SPY}

    r = one(evt__type="openat", fs__path__nameraw="b/../b/./new")
    ctx.equal(r["fs.path.name"], f"{ctx.dir}/a/b/new", "absolute path of an open")
    ctx.equal(r["fd.nameraw"], "b/../b/./new", "raw name")
    ctx.equal(r["evt.arg.name"], "b/../b/./new", "sysdig's name of the path argument")
    ctx.equal((r["evt.is_open_exec"], r["evt.is_open_create"], r["evt.rawarg.res"]), (True, True, fd), "open")
    r = one(evt__type="write", fd__name=f"{ctx.dir}/a/b/new")
    ctx.equal((r["evt.arg.data"], r["evt.arg.size"], r["evt.rawarg.res"], r["fd.num"]), ("hello, world", "12", 12, fd),
              "data and size of a write")
    ctx.equal((r["evt.is_open_exec"], r["fs.path.name"], r["evt.source"], r["evt.is_async"], r["evt.plugininfo"]),
              (False, None, "syscall", False, None), "what a write has not")
    r = one(evt__type="renameat") if any(x["evt.type"] == "renameat" for x in rows) else one(evt__type="renameat2")
    ctx.equal((r["fs.path.source"], r["fs.path.target"], r["fs.path.targetraw"], r["fs.path.name"]),
              (f"{ctx.dir}/a/b/new", f"{ctx.dir}/a/b/newer", "b/newer", None), "rename")
    ctx.equal((r["evt.abspath.src"], r["evt.abspath.dst"]), (f"{ctx.dir}/a/b/new", f"{ctx.dir}/a/b/newer"), "rename")
    r = next((x for x in rows if x["evt.type"] in ("symlink", "symlinkat")), {f: None for f in SPY})
    ctx.equal((r["fs.path.source"], r["fs.path.target"], r["evt.abspath"]),
              ("../b/newer", f"{ctx.dir}/a/link", f"{ctx.dir}/a/link"), "symlink")
    r = next((x for x in rows if x["evt.type"] in ("unlink", "unlinkat")), {f: None for f in SPY})
    ctx.equal(r["fs.path.name"], f"{ctx.dir}/a/link", "unlink, its slashes once")
    r = next(x for x in rows if x["evt.type"] in ("clock_nanosleep", "nanosleep"))
    ctx.check(r["evt.latency"] >= 50_000_000 and r["evt.wait_latency"] == r["evt.latency"], "a wait")
    ctx.equal(r["evt.latency.s"] * 10**9 + r["evt.latency.ns"], r["evt.latency"], "parts of the latency")
    ctx.within(r["evt.latency.quantized"], 76, 85, "its place on the scale")
    ctx.check(r["evt.latency.human"].endswith("ms"), "as text")
    ctx.within(r["evt.rawtime"], before, before + 10**9, "its time")
    r = one(evt__type="connect", evt__res="SUCCESS")
    ctx.equal(r["fd.name_changed"], True, "connect gives the socket a name")
    ctx.check("127.0.0.1:9" in r["evt.arg.tuple"], "sysdig's name of it")
    if "127.0.0.1" in open("/etc/hosts").read():
        name = next(line.split()[1] for line in open("/etc/hosts") if line.split()[:1] == ["127.0.0.1"])
        ctx.equal(r["fd.rip.name"], name, "name of the peer")
    r = one(evt__type="execve", proc__pid=child.pid, evt__res="SUCCESS")
    ctx.equal((r["proc.args"], r["proc.cmdnargs"], r["evt.arg.exe"]), ("0.7", 1, r["proc.exe"]), "a program")
    ctx.check("CTOP_YOUNG=yes" in (r["proc.env"] or ""), "environment of a process younger than the sample")
    rel = [x["evt.reltime"] for x in rows]
    ctx.check(all(0 <= x["evt.deltatime"] <= x["evt.reltime"] for x in rows), "times between events")
    took = rows[-1]["evt.rawtime"] - rows[0]["evt.rawtime"]
    ctx.check(abs(took - (rel[-1] - rel[0])) <= 1000, "times since the first event")


@case(needs="bpf")
def bytes_of_a_payload(ctx):
    """bcontains and bstartswith see NUL bytes; other operators see them as dots."""
    words = ["evt.buffer bcontains 6200ff", "evt.buffer bstartswith 616200", "evt.buffer startswith ab.",
             "evt.buffer bcontains 622eff"]
    ms = [Monitor(ctx, "fields", f"proc.pid={os.getpid()} and evt.type=write and {w}",
                  options=view_of(ctx, ["evt.type", "evt.buffer"], "events", None)) for w in words]
    with open(f"{ctx.dir}/out", "wb", buffering=0) as f:
        for data in (b"ab\0\xff", b"ab.\xff", b"xb\0\xff"):
            f.write(data)
    for m in ms:
        m.settle()
        m.stop()
    ctx.equal([len(m.rows()) for m in ms], [2, 1, 2, 1], "writes that each finds")


@case(needs="bpf")
def around_a_time(ctx):
    """evt.around[TIME] = MS, of events as they come."""
    at = time.time_ns() + 3 * 10**9
    m = Monitor(ctx, "fields", f"proc.pid={os.getpid()} and evt.type=getpriority and evt.around[{at}]=400",
                options=view_of(ctx, ["evt.rawtime"], "events", None))
    while time.time_ns() < at + 10**9:
        os.getpriority(os.PRIO_PROCESS, 0)
        time.sleep(0.1)
    m.settle()
    m.stop()
    times = [r["evt.rawtime"] for r in m.rows()]
    ctx.within(len(times), 4, 9, "calls within 400 ms to either side")
    ctx.check(all(abs(t - at) <= 400 * 10**6 for t in times), "none is further away")
