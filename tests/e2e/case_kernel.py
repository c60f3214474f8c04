# SPDX-License-Identifier: GPL-2.0-or-later
"""Real servers, idle and busy, beside ps, lsof, ss, top, process accounting, rusage, /proc and the cgroup's files.

What never moves backwards is read there before and after: the monitor's value lies between, and is equal when nothing
happened. So the machine may be busy with other things."""
import collections
import ctypes
import os
import re
import signal
import struct
import subprocess
import time

from cases import Skip, case, run_command, wait_for
from loads import Load, Netns, Nginx, Postgres, Redis, finish, watch
from monitor import PROGRAM, Monitor, amount, end_process

PAGE = os.sysconf("SC_PAGE_SIZE")


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def last(monitor, key="proc.pid"):
    return {r[key]: r for r in monitor.intervals()[-1]["rows"]}


def facts_of(pid):
    """What ps and /proc say: {what: value}."""
    w = run_command("ps", "-ww", "-o", "ppid=,user:32=,ni=,nlwp=,vsz=,rss=,min_flt=,maj_flt=,args=", "-p", str(pid)).stdout.split(None, 8)
    status = read(f"/proc/{pid}/status")
    # /proc/PID/io has that of children that ended, too
    disk = sum(int(n) for t in os.listdir(f"/proc/{pid}/task") for n in re.findall(r"\n(?:read|write)_bytes: (\d+)", read(f"/proc/{pid}/task/{t}/io")))
    run, wait = [sum(int(read(f"/proc/{pid}/task/{t}/schedstat").split()[i]) for t in os.listdir(f"/proc/{pid}/task"))
                 for i in (0, 1)]
    return {"proc.ppid": int(w[0]), "user.name": w[1], "proc.nice": int(w[2]), "proc.nthreads": int(w[3]),
            "proc.vmsize": int(w[4]) * 1024, "proc.vmrss": int(w[5]) * 1024, "proc.life.pfminor": int(w[6]),
            "proc.life.pfmajor": int(w[7]), "proc.exeline": w[8].strip(), "proc.life.cpu": run, "runq": wait,
            "proc.life.disk": disk, "proc.vmswap": int(re.search(r"VmSwap:\s+(\d+)", status)[1]) * 1024,
            "proc.vpid": int(re.search(r"NSpid:.*\s(\d+)\n", status)[1]), "user.uid": int(re.search(r"Uid:\s+\d+\s+(\d+)", status)[1]),
            "proc.fdopencount": len(os.listdir(f"/proc/{pid}/fd")),
            "proc.fdlimit": int(re.search(r"open files\s+(\d+)", read(f"/proc/{pid}/limits"))[1])}


def threads_of(pids):
    """{tid: {...}} of /proc."""
    ret = {}
    for pid in pids:
        for tid in os.listdir(f"/proc/{pid}/task"):
            stat = read(f"/proc/{pid}/task/{tid}/stat").rpartition(")")[2].split()
            ret[int(tid)] = {"proc.pid": pid, "thread.nice": int(stat[16]), "thread.cpu.id": int(stat[36]),
                             "thread.vtid": int(re.search(r"NSpid:.*\s(\d+)\n", read(f"/proc/{pid}/task/{tid}/status"))[1]),
                             "thread.name": read(f"/proc/{pid}/task/{tid}/comm").rstrip("\n")}
    return ret


@case(needs=("bpf", "nginx", "redis-server", "redis-cli", "psql", "ps", "setpriv", "ss"), timeout=120)
def idle_servers_against_ps(ctx):
    load = Load(ctx)
    Nginx(load, user="nobody"), Redis(load)
    pg = Postgres(load)
    pg.pgbench("-i", "-q")
    time.sleep(0.5)
    pids = load.container.pids()
    before, threads = {p: facts_of(p) for p in pids}, threads_of(pids)
    views = ("processes", "page_faults", "procs_io", "procs_fd_usage", "procs_cpu")
    ms = watch(ctx, **{v: (v, load.only) for v in views}, programs=("executables", load.only), people=("users", load.only),
               whole=("containers", load.only), threads=("threads", load.only))
    finish(ctx, ms)
    after, threads_after = {p: facts_of(p) for p in pids}, threads_of(pids)
    ctx.check(len(pids) >= 9, f"processes: {len(pids)}")
    for view in views:
        rows = last(ms[view])
        ctx.equal(set(rows), set(pids), f"{view}: processes of the container")
        for pid in set(pids) & set(rows):
            name = f"{view}: {before[pid]['proc.exeline'][:40]} {pid}:"
            for k, got in rows[pid].items():
                if k not in before[pid] or got is None:
                    continue
                a, b = before[pid][k], after[pid][k]
                if k == "proc.vmrss":  # the kernel keeps a part of it per CPU
                    ctx.within(got, min(a, b) - 64 * PAGE * os.cpu_count(), max(a, b) + 64 * PAGE * os.cpu_count(), f"{name} {k}")
                elif isinstance(got, str) or a == b:
                    ctx.equal(got, a, f"{name} {k}")
                else:
                    ctx.within(got, min(a, b), max(a, b), f"{name} {k}")
    sums = collections.Counter()
    for p in pids:
        exe = os.readlink(f"/proc/{p}/exe")
        sums[(exe, "n")] += 1
        for k in ("proc.vmrss", "proc.nthreads", "proc.fdopencount"):
            sums[(exe, k)] += before[p][k]
    slack = 64 * PAGE * os.cpu_count() * len(pids)
    for exe, row in last(ms["programs"], "proc.exepath").items():
        ctx.equal((row["evt.count.procinfo"], row["proc.nthreads"]), (sums[(exe, "n")], sums[(exe, "proc.nthreads")]),
                  f"executables: processes and threads of {exe}")
        ctx.within(row["proc.vmrss"], sums[(exe, "proc.vmrss")] - slack, sums[(exe, "proc.vmrss")] + slack, f"memory of {exe}")
    rows = last(ms["threads"], "thread.tid")
    ctx.equal(set(rows), set(threads), "threads of the container")
    for tid in set(rows) & set(threads):
        for k, v in threads[tid].items():
            if k in rows[tid] and threads_after.get(tid, {}).get(k) == v:  # a CPU may have changed
                ctx.equal(rows[tid][k], v, f"{threads[tid]['thread.name']} {tid}: {k}")
    ids = {f["user.name"]: f["user.uid"] for f in before.values()}
    ctx.equal({k: r["user.uid"] for k, r in last(ms["people"], "user.name").items()}, ids, "ids of the users")
    users = collections.Counter(f["user.name"] for f in before.values())
    ctx.equal({k: r["evt.count.procinfo"] for k, r in last(ms["people"], "user.name").items()}, dict(users), "processes of each user")
    whole = last(ms["whole"], "container.id")[load.container.id]
    ctx.equal(whole["evt.count.threadinfo"], sum(f["proc.nthreads"] for f in before.values()), "threads of the container")


LSOF_TYPES = {"REG": "file", "DIR": "directory", "CHR": "file", "IPv4": "ipv4", "IPv6": "ipv6", "unix": "unix", "FIFO": "pipe"}


@case(needs=("bpf", "nginx", "redis-server", "redis-cli", "psql", "lsof", "setpriv", "ss"), timeout=120)
def idle_servers_against_lsof(ctx):
    load = Load(ctx)
    Nginx(load), Redis(load)
    pg = Postgres(load)
    talk = load.start("python3", "-c", "import socket, time\nk = [socket.create_connection(('127.0.0.1', p)) for p in (6379, 8080, 5432)]\n"
                      "time.sleep(1000)")
    wait_for("its connections", lambda: sum("pid=%d," % talk.pid in l for l in load.net.tcp_sockets("-p")) == 3)
    time.sleep(0.3)
    pids = load.container.pids()
    out = load.ask("lsof", "-nP", "-p", ",".join(map(str, pids)), "-F", "pftTnoiD", check=False)
    ms = watch(ctx, fds=("open_fds", load.only), counts=("io_by_type", load.only), files=("files", load.only))
    finish(ctx, ms)
    want, pid, fd = {}, 0, None
    for line in out.splitlines():
        key, value = line[0], line[1:]
        if key == "p":
            pid = int(value)
        elif key == "f":
            fd = want.setdefault((pid, int(value)), {}) if value.isdigit() else {}
        elif key == "T":
            if value.startswith("ST="):
                fd["state"] = value[3:]
        else:
            fd[key] = value
    got = {(r["proc.pid"], r["fd.num"]): r for r in ms["fds"].intervals()[-1]["rows"]}
    ctx.check(len(want) > 80, f"lsof lists {len(want)} descriptors")
    ctx.equal(set(got), set(want), "descriptors of each process")
    looked = collections.Counter()
    for k in set(got) & set(want):
        w, g = want[k], got[k]
        kind = LSOF_TYPES.get(w["t"])
        if not kind:
            continue
        looked[kind] += 1
        ctx.equal(g["fd.type"], kind, f"{k}: type")
        if kind in ("file", "directory"):
            ctx.equal((g["fd.name"], g["fd.ino"]), (w["n"], int(w["i"])), f"{k}: name and inode")
            if "D" in w:
                dev = int(w["D"], 16)
                ctx.equal((g["fd.dev.major"], g["fd.dev.minor"]), (os.major(dev), os.minor(dev)), f"{k}: device of {w['n']}")
        if w["t"] == "REG" and g["fd.pos"] is not None:
            ctx.equal(g["fd.pos"], int(w.get("o", "0t0")[2:], 0), f"{k}: position in {w['n']}")
        if kind == "ipv4" and "->" in w["n"]:
            ctx.equal(set(g["fd.name"].split("->")), set(w["n"].split("->")), f"{k}: ends")
        if kind == "ipv4" and "state" in w:
            ctx.equal(g["fd.state"], w["state"], f"{k}: state")
    ctx.check(looked["ipv4"] >= 6 and looked["file"] >= 20 and looked["unix"] >= 4, f"kinds: {looked}")
    opened = collections.Counter(w["n"] for w in want.values() if w["t"] in ("REG", "DIR"))
    files = last(ms["files"], "fd.name")
    ctx.equal_maps({n: files.get(n, {}).get("fd.opencount") for n in opened}, dict(opened), "descriptors of each file")
    types = collections.Counter(g["fd.type"] for g in got.values())
    counted = {k: r["fd.num"] for k, r in last(ms["counts"], "fd.type").items()}
    ctx.equal_maps(counted, dict(types), "descriptors by type")


def sockets_of_ss(net):
    """{(local, remote): {...}} of `ss -tinm`."""
    ret = {}
    for line in run_command(*net.prefix(), "ss", "-tanimOH").stdout.splitlines():
        w = line.split(None, 5)
        info = w[5] if len(w) > 5 else ""
        row = {"fd.state": {"ESTAB": "ESTABLISHED"}.get(w[0], w[0].replace("-", "_")), "fd.queue.in": int(w[1]), "fd.queue.out": int(w[2])}
        for field, pattern, factor in (("fd.rtt", r"\brtt:([\d.]+)/", 1e6), ("fd.rttvar", r"\brtt:[\d.]+/([\d.]+)", 1e6),
                                       ("fd.cwnd", r"\bcwnd:(\d+)", 1), ("fd.retrans", r"\bretrans:\d+/(\d+)", 1),
                                       ("fd.bytes_acked", r"bytes_acked:(\d+)", 1), ("fd.bytes_received", r"bytes_received:(\d+)", 1)):
            m = re.search(pattern, info)
            row[field] = float(m[1]) * factor if m else 0
        ret[(w[3], w[4])] = row
    return ret


@case(needs=("bpf", "nginx", "wrk", "redis-server", "redis-cli", "ss"), timeout=120)
def connections_of_servers_against_ss(ctx):
    """Round-trip times, windows, queues, bytes of connections that have worked and are now idle or stuck."""
    load = Load(ctx)
    Nginx(load), Redis(load)
    script = os.path.join(ctx.dir, "talk.py")
    with open(script, "w") as f:
        f.write("""
import socket, time
held = []
for i in range(1, 6):
    s = socket.create_connection(("127.0.0.1", 6379))
    for j in range(i * 20):
        s.sendall(b"SET key%d %s\\r\\n" % (j, b"x" * 1000)); s.recv(100)
    held.append(s)
    h = socket.create_connection(("127.0.0.1", 8080))
    h.sendall(b"GET /page.html HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    if i % 2: h.recv(1000)  # the rest of the answer stays in the queue
    held.append(h)
print("ready", flush=True)
input()
for s in held[0:2]: s.setblocking(False)
try:
    while True: held[0].send(b"x" * 65536)  # nobody reads: our queue fills, too
except BlockingIOError: print("stuck", flush=True)
time.sleep(1000)
""")
    talk = subprocess.Popen([*load.prefix, "python3", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ctx.cleanup(end_process, talk)
    ctx.equal(talk.stdout.readline(), "ready\n", "the clients are connected")
    for p in load.container.pids():
        if read(f"/proc/{p}/comm").strip() == "redis-server":
            os.kill(p, signal.SIGSTOP)
    talk.stdin.write("\n")
    talk.stdin.flush()
    ctx.equal(talk.stdout.readline(), "stuck\n", "the queue is full")
    time.sleep(1)
    before = sockets_of_ss(load.net)
    ms = watch(ctx, tcp=("tcp_health", load.only), conns=("connections", load.only), listening=("backlog", load.only))
    finish(ctx, ms)
    after = sockets_of_ss(load.net)
    for view, n in (("tcp", 20), ("conns", 20)):
        rows = {}
        for r in ms[view].intervals()[-1]["rows"]:
            lip = r.get("fd.lip", r["fd.rip"])  # both ends are 127.0.0.1
            rows[(f"{lip}:{r['fd.lport']}", f"{r['fd.rip'] or '0.0.0.0'}:{r['fd.rport'] or '*'}")] = r
        looked, busy, stuck = 0, 0, 0
        for k, a in before.items():
            b = after.get(k)
            if a["fd.state"] != "ESTABLISHED" or not b:
                continue
            if not ctx.check(k in rows, f"{view}: {k} is listed"):
                continue
            looked += 1
            stuck += a["fd.queue.out"] > 0
            busy += a["fd.queue.in"] > 0
            for field in set(a) & set(rows[k]):
                if isinstance(a[field], str):
                    ctx.equal(rows[k][field], a[field], f"{view}: {k} {field}")
                    continue
                # ss rounds times to microseconds
                low, high = sorted((a[field], b[field]))
                ctx.within(rows[k][field] or 0, low - 1, high + 1000 * field.startswith("fd.rtt"), f"{view}: {k} {field}")
        ctx.check(looked >= n and busy >= 2 and stuck >= 1, f"{view}: {looked} connections, {busy} with bytes to read, {stuck} with bytes to send")
    want = {k[0]: (v["fd.queue.in"], v["fd.queue.out"]) for k, v in before.items() if v["fd.state"] == "LISTEN"}
    got = {f"{r['fd.lip']}:{r['fd.lport']}": (r["fd.queue.in"], r["fd.queue.out"]) for r in ms["listening"].intervals()[-1]["rows"]}
    ctx.equal_maps(got, want, "listening sockets: waiting, and how many may")


@case(needs=("bpf", "ss"), timeout=120)
def retransmissions(ctx):
    """A cable that is pulled for a second: what was sent again, against ss and /proc/net/snmp."""
    a, b = Netns(ctx), Netns(ctx)
    r = run_command(*a.prefix(), "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns",
                    f"/proc/{b.holder.pid}/ns/net", check=False)
    if r.returncode:
        raise Skip("no veth: " + r.stderr.strip())
    for net, dev, ip in ((a, "v0", "10.98.0.1"), (b, "v1", "10.98.0.2")):
        run_command(*net.prefix(), "ip", "addr", "add", ip + "/24", "dev", dev)
        run_command(*net.prefix(), "ip", "link", "set", dev, "up")
    script = os.path.join(ctx.dir, "peer.py")
    with open(script, "w") as f:
        f.write("""
import socket, sys
if sys.argv[1] == "serve":
    l = socket.create_server(("10.98.0.2", 7000)); print("ready", flush=True)
    s = l.accept()[0]
    while s.recv(1): print("got", flush=True)
else:
    s = socket.create_connection(("10.98.0.2", 7000)); print("ready", flush=True)
    for line in sys.stdin: s.sendall(b"x"); print("sent", flush=True)
""")
    ends = []
    for net, what in ((b, "serve"), (a, "ask")):
        p = subprocess.Popen([*net.prefix(), "python3", script, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ctx.cleanup(end_process, p)
        ctx.equal(p.stdout.readline(), "ready\n", what)
        ends.append(p)
    ms = watch(ctx, tcp=("tcp_health", f"proc.pid={ends[1].pid}"))

    def send():
        ends[1].stdin.write("\n")
        ends[1].stdin.flush()
        ends[1].stdout.readline()

    send()
    ends[0].stdout.readline()
    run_command(*b.prefix(), "ip", "link", "set", "v1", "down")
    send()
    wait_for("segments sent again", lambda: a.snmp()["Tcp.RetransSegs"] >= 2)
    run_command(*b.prefix(), "ip", "link", "set", "v1", "up")
    ends[0].stdout.readline()
    finish(ctx, ms)
    said = a.snmp()["Tcp.RetransSegs"]
    ss = [v for v in sockets_of_ss(a).values() if v["fd.state"] == "ESTABLISHED"]
    ctx.equal([v["fd.retrans"] for v in ss], [said], "ss and snmp agree")
    rows = ms["tcp"].intervals()[-1]["rows"]
    ctx.equal([r["fd.retrans"] for r in rows], [said], "sent again, against /proc/net/snmp and ss")
    ctx.equal([r["fd.bytes_acked"] for r in rows], [ss[0]["fd.bytes_acked"]], "acknowledged, against ss")


def comp_t(x):
    return (x & 0x1fff) << 3 * (x >> 13)


@case(needs=("bpf", "gcc", "make", "strace"), timeout=120)
def a_compile_against_accounting(ctx):
    """Every process of a build, against BSD process accounting; the whole against rusage and the cgroup."""
    if os.path.exists("/var/log/account/pacct"):
        raise Skip("process accounting is in use here")
    load = Load(ctx)
    for i in range(4):
        with open(f"{ctx.dir}/m{i}.c", "w") as f:
            f.write(f'#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint f{i}(int n)\n{{\n\treturn n ? f{i}(n - 1) + {i} : 0;\n}}\n')
    with open(f"{ctx.dir}/Makefile", "w") as f:
        f.write("all: m0.o m1.o m2.o m3.o bad\n\t-ls nothing here\n%.o: %.c\n\t/usr/bin/gcc -O2 -c -o $@ $<\nbad:\n\t-false\n.PHONY: bad\n")
    path = f"{ctx.dir}/acct"
    open(path, "w").close()
    libc = ctypes.CDLL(None, use_errno=True)
    ms = watch(ctx, ended=("ended", load.only), faults=("page_faults", load.only), files=("directories", load.only))
    charged = load.container.cpu_ns()
    if libc.acct(path.encode()):
        raise Skip("no process accounting: " + os.strerror(ctypes.get_errno()))
    ctx.cleanup(lambda: libc.acct(None))
    p = load.start("make", "-j2", env={**os.environ, "MAKEFLAGS": "", "LC_ALL": "C"})
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = status
    charged = load.container.cpu_ns() - charged
    libc.acct(None)
    finish(ctx, ms)
    ctx.equal(status, 0, "status of make")
    records = {}
    with open(path, "rb") as f:
        while len(b := f.read(64)) == 64:
            _, _, _, code, uid, _, pid, ppid, _, took, ut, st, _, _, _, minflt, majflt, _, comm = struct.unpack("=bbHIIIIIIf8H16s", b)
            records[pid] = (code, uid, ppid, took / 100, comp_t(minflt), comp_t(majflt), comm.split(b"\0")[0].decode(), comp_t(ut) + comp_t(st))
    rows = {r["proc.pid"]: r for r in ms["ended"].rows()}
    minor = {r["proc.pid"]: r["proc.life.pfminor"] for r in ms["faults"].rows()}
    ctx.check(len(rows) >= 15 and p.pid in rows, f"processes that ended: {len(rows)}")
    for pid, r in rows.items():
        if not ctx.check(pid in records, f"process {pid} {r['proc.exeline'][:60]} is in the accounting"):
            continue
        code, uid, ppid, took, minflt, majflt, comm, ticks = records[pid]
        name = f"{comm} {pid}:"
        ctx.equal((r["proc.exit_code"], r["proc.ppid"]), (code, ppid), f"{name} status and parent")
        # accounting has eleven bits for a number, then drops the low ones
        ctx.within(minor.get(pid), minflt * 0.999 - 1, minflt * 1.001 + 8, f"{name} page faults")
        ctx.equal(r["proc.life.pfmajor"], majflt, f"{name} major page faults")
        # it is accounted after its memory is gone, which may have to wait for a CPU
        ctx.within(r["proc.duration"] / 1e9, 0.3 * took - 0.5, took + 0.02, f"{name} seconds")
        ctx.within(r["proc.life.cpu"] / 1e9, ticks / 100 - 0.025, ticks / 100 + 0.035, f"{name} CPU seconds")
    # what the accounting has of the container's processes: children of make and theirs
    family = {p.pid}
    for pid in sorted(records, key=lambda k: -records[k][3]):
        if records[pid][2] in family:
            family.add(pid)
    ctx.equal(family - set(rows), set(), "processes in the accounting that did not show")
    told = 1e9 * (usage.ru_utime + usage.ru_stime)
    used = sum(r["proc.life.cpu"] for r in rows.values())
    ctx.within(used, told * 0.99 - 5e6, told * 1.01 + 5e6, "CPU time, against rusage")
    ctx.within(used, charged * 0.97 - 5e6, charged * 1.03 + 50e6, "CPU time, against the cgroup")
    ctx.equal(sum(r["proc.life.pfmajor"] for r in rows.values()), usage.ru_majflt, "major page faults, against rusage")
    ctx.within(sum(minor[k] for k in rows), usage.ru_minflt * 0.98, usage.ru_minflt * 1.02 + 200, "minor page faults, against rusage")
    made = sum(os.path.getsize(f"{ctx.dir}/m{i}.o") for i in range(4))
    out = ms["files"].sums(("fd.directory",), ("evt.buflen.file.out",))[(ctx.dir,)][0]
    ctx.within(out, made * 0.9, made * 3, "bytes written where the objects are, less what their section headers skip")


@case(needs=("bpf", "gcc", "strace"), timeout=120)
def a_compile_in_lists_against_strace(ctx):
    """Commands and file opens of a build, one by one, with their results."""
    load = Load(ctx)
    with open(f"{ctx.dir}/a.c", "w") as f:
        f.write("#include <stdio.h>\nint main(void)\n{\n\treturn puts(\"x\") < 0;\n}\n")
    log = f"{ctx.dir}/strace"
    ms = watch(ctx, opens=("file_opens", f"{load.only} and proc.aname = strace"), run=("commands", f"{load.only} and proc.aname = strace"))
    load.run("strace", "-f", "-qq", "-y", "-s", "4096", "-o", log, "-e", "trace=execve,open,openat,creat,openat2", "/usr/bin/gcc", "-O2", "-o", "a", "a.c")
    finish(ctx, ms)
    opens, execs = collections.Counter(), []
    for line in read(log).splitlines():
        m = re.match(r"\d+ +(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?(?: (E\w+))?", line)
        if not m:
            continue
        if m[1] == "execve":
            if m[3] == "0":
                execs.append(re.findall(r'"((?:[^"\\]|\\.)*)"', m[2])[1])
            continue
        # of what was found the path that it led to
        name = m[4] or re.search(r'"([^"]*)"', m[2])[1]
        opens[(m[5] or "SUCCESS", os.path.basename(name))] += 1
    got = collections.Counter((r["evt.res"] if str(r["evt.res"]).startswith("E") else "SUCCESS", os.path.basename(r["fd.name"] or ""))
                              for r in ms["opens"].rows())
    ctx.check(sum(opens.values()) > 100, f"strace saw {sum(opens.values())} opens")
    ctx.equal_maps(dict(got), dict(opens), "opens by result and name")
    ctx.equal(sum(got.values()), sum(opens.values()), "opens")
    ran = [r["proc.exeline.tree"].split()[0] for r in ms["run"].rows()]
    ctx.check(len(execs) >= 4, f"programs: {execs}")
    ctx.equal(sorted(ran), sorted(execs), "programs that were run")


@case(needs=("bpf", "redis-server", "redis-benchmark", "top", "ss"), timeout=120)
def busy_server_against_top_and_proc(ctx):
    """top's CPU% over three seconds lies among ours of each second; the sums between what /proc says before and after."""
    load = Load(ctx)
    Redis(load)
    pid = next(p for p in load.container.pids() if read(f"/proc/{p}/comm") == "redis-server\n")

    def now():
        stat = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        tasks = [read(f"/proc/{pid}/task/{t}/status") for t in os.listdir(f"/proc/{pid}/task")]
        switches = [sum(int(re.search(rf"\n{k}voluntary_ctxt_switches:\s+(\d+)", t)[1]) for t in tasks) for k in ("", "non")]
        f = facts_of(pid)
        return {"thread.nvcsw": switches[0], "thread.nivcsw": switches[1], "thread.pfminor": int(stat[7]),
                "thread.pfmajor": int(stat[9]), "cpu": f["proc.life.cpu"], "runq": f["runq"]}

    load.start("redis-benchmark", "-p", "6379", "-n", "100000000", "-c", "4", "-q", "-t", "get")
    a = now()
    only = f"proc.pid={pid}"
    ms = watch(ctx, 1, cpu=("procs_cpu", only), faults=("page_faults", only), procs=("processes", only))
    b = now()
    top = run_command("top", "-b", "-d", "3", "-n", "2", "-p", str(pid), env={**os.environ, "LC_ALL": "C", "HOME": ctx.dir}).stdout
    c = now()
    finish(ctx, ms)
    d = now()
    shown = [float(l.split()[8]) for l in top.splitlines() if l.split()[:1] == [str(pid)]][-1]
    each = [r["thread.cpu"] for r in ms["procs"].rows()]
    ctx.within(shown, min(each) * 0.9 - 2, max(each) * 1.1 + 2, f"CPU% in top, in each interval here {each}")
    for view, fields in (("cpu", ("thread.nvcsw", "thread.nivcsw")), ("faults", ("thread.pfminor", "thread.pfmajor"))):
        for f in fields:
            ctx.within(sum(amount(r, f) for r in ms[view].rows()), c[f] - b[f], d[f] - a[f], f"{f}, against /proc")
    used = sum(r["thread.exectime"] for r in ms["procs"].rows())
    ctx.within(used, c["cpu"] - b["cpu"], d["cpu"] - a["cpu"], "CPU time, against schedstat")
    for m in ("cpu", "procs"):
        waited = sum(r["thread.runq"] / 100 * l["interval"] * 1e9 for l in ms[m].intervals() for r in l["rows"])
        ctx.within(waited, c["runq"] - b["runq"], d["runq"] - a["runq"], f"{m}: time without a CPU, against schedstat")
    for r in ms["cpu"].rows():
        ctx.within(r["thread.cpu.user"] + r["thread.cpu.system"], r["thread.cpu.sum"] - 0.5, r["thread.cpu.sum"] + 0.5, "user and system make the whole")


@case(needs=("bpf", "gzip"), timeout=60)
def cpus_against_proc_stat(ctx):
    names = ("cpu.user", "cpu.nice", "cpu.system", "cpu.idle", "cpu.iowait", "cpu.irq", "cpu.softirq", "cpu.steal")

    def now():
        return {int(l[3:].split()[0]): dict(zip(names, map(int, l.split()[1:]))) for l in read("/proc/stat").splitlines()
                if re.match(r"cpu\d", l)}

    for nice in ("0", "5"):
        p = subprocess.Popen(["nice", "-n", nice, "gzip"], stdin=open("/dev/zero"), stdout=subprocess.DEVNULL)
        ctx.cleanup(end_process, p)
    a = now()
    ms = watch(ctx, 1, cpus=("cpus",))
    b = now()
    ms["cpus"].wait_interval(3)
    c = now()
    finish(ctx, ms)
    d = now()
    seconds = collections.Counter()
    for l in ms["cpus"].intervals():
        for r in l["rows"]:
            if r["cpu.idle"] is None:
                continue  # the last interval was too short for a tick
            for n in names:
                seconds[(r["cpu.id"], n)] += r[n] / 100 * l["interval"]
            ctx.within(r["cpu.busy"], 99.9 - r["cpu.idle"] - r["cpu.iowait"], 100.1 - r["cpu.idle"] - r["cpu.iowait"], "cpu.busy")
    for (cpu, n), s in seconds.items():
        # shares of ticks, which are read later than the clock when the machine is busy
        ctx.within(s, (c[cpu][n] - b[cpu][n]) / 100 * 0.8 - 0.3, (d[cpu][n] - a[cpu][n]) / 100 * 1.2 + 0.3, f"CPU {cpu}: seconds {n}")


@case(needs=("bpf", "losetup", "dd"), timeout=60)
def a_disk_against_diskstats(ctx):
    """A loop device that nobody else uses: requests and bytes are equal to /proc/diskstats and to what dd did."""
    image = f"{ctx.dir}/image"
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    r = run_command("losetup", "-f", "--show", image, check=False)
    if r.returncode:
        raise Skip("no loop device: " + r.stderr.strip())
    dev = r.stdout.strip()
    ctx.cleanup(run_command, "losetup", "-d", dev)
    name = os.path.basename(dev)

    def now():
        return [list(map(int, l.split()[3:14])) for l in read("/proc/diskstats").splitlines() if l.split()[2] == name][0]

    ms = watch(ctx, disks=("disks", f"disk.name={name}"), procs=("procs_io", f"proc.name=dd and proc.args contains {dev}"))
    time.sleep(0.2)
    a = now()
    run_command("dd", "if=/dev/zero", f"of={dev}", "bs=64k", "count=300", "oflag=direct")
    run_command("dd", f"if={dev}", "of=/dev/null", "bs=32k", "count=200", "iflag=direct")
    finish(ctx, ms)
    b = now()
    d = [y - x for x, y in zip(a, b)]
    rows = ms["disks"].rows()
    got = [sum(amount(r, f) for r in rows) for f in ("disk.reads", "disk.bytes.in", "disk.writes", "disk.bytes.out")]
    ctx.equal(got, [d[0], d[2] * 512, d[4], d[6] * 512], "requests and bytes, against /proc/diskstats")
    ctx.equal([got[1], got[3]], [200 * 32768, 300 * 65536], "bytes, against dd")
    for field, n, ms_at in (("disk.await.in", "disk.reads", 3), ("disk.await.out", "disk.writes", 7)):
        spent = sum((r[field] or 0) * amount(r, n) for r in rows) / 1e6
        ctx.within(spent, d[ms_at] - 1, d[ms_at] + 1, f"{field}: ms in all, against /proc/diskstats")
    spent = sum((r["disk.await"] or 0) * (amount(r, "disk.reads") + amount(r, "disk.writes")) for r in rows) / 1e6
    ctx.within(spent, d[3] + d[7] - 2, d[3] + d[7] + 2, "disk.await: ms in all, against /proc/diskstats")
    queued = sum(r["disk.queue"] * l["interval"] * 1000 for l in ms["disks"].intervals() for r in l["rows"])
    ctx.within(queued, d[10] - 1, d[10] + 1, "disk.queue: ms times requests, against /proc/diskstats")
    number = os.stat(dev).st_rdev
    ctx.equal((rows[-1]["disk.major"], rows[-1]["disk.minor"], rows[-1]["disk.inflight"]), (os.major(number), os.minor(number), b[8]),
              "number of the device, requests under way")
    busy = sum(r["disk.util"] / 100 * l["interval"] * 1000 for l in ms["disks"].intervals() for r in l["rows"])
    ctx.within(busy, d[9] - 1, d[9] + 1, "ms busy, against /proc/diskstats")
    did = ms["procs"].sums((), ("thread.disk.read", "thread.disk.write"))[()]
    # dd and its libraries may have to be read, too
    ctx.within(did[0], 200 * 32768, 200 * 32768 + 4e6, "bytes that dd caused to be read")
    ctx.equal(did[1], 300 * 65536, "bytes that dd caused to be written")


@case(needs=("bpf", "psql", "pgbench", "setpriv", "ss"), timeout=120)
def a_container_against_its_cgroup(ctx):
    """Memory, CPU time, throttling and block I/O of PostgreSQL's container, against the files of the cgroup."""
    load = Load(ctx)
    k = load.container
    memory = k.file(("memory", "memory.usage_in_bytes"), "memory.current")
    quota = k.file(("cpu", "cpu.cfs_quota_us"), "cpu.max")
    stat = k.file(("cpu", "cpu.stat"), "cpu.stat")
    if not memory or not quota:
        raise Skip("no memory or cpu controller")
    pg = Postgres(load)

    def throttled():
        m = re.search(r"throttled_(time|usec) (\d+)", read(stat))
        return int(m[2]) * (1000 if m[1] == "usec" else 1)

    def moved(pattern):
        path = k.file(("blkio", "blkio.throttle.io_service_bytes_recursive"), "io.stat")
        return sum(map(int, re.findall(pattern, read(path) if path else "")))

    def written():
        return moved(r"(?:Write |wbytes=)(\d+)")

    def was_read():
        return moved(r"(?:Read |rbytes=)(\d+)")

    with open(f"{ctx.dir}/data", "wb") as f:
        f.write(os.urandom(100 * 32768))
        f.flush()
        os.fsync(f.fileno())

    t0, w0, c0, r0 = throttled(), written(), k.cpu_ns(), was_read()
    ms = watch(ctx, c=("containers", load.only), cg=("cgroups", load.only), ended=("ended", f"{load.only} and proc.name=dd"))
    load.run("dd", f"if={ctx.dir}/data", "of=/dev/null", "bs=32k", "iflag=direct")
    t1, w1, c1 = throttled(), written(), k.cpu_ns()
    with open(quota, "w") as f:
        f.write("20000" if quota.endswith("quota_us") else "20000 100000")
    pg.pgbench("-i", "-q")
    pg.pgbench("-n", "-c2", "-T2")
    with open(quota, "w") as f:
        f.write("-1" if quota.endswith("quota_us") else "max 100000")
    time.sleep(0.3)
    t2, w2, c2 = throttled(), written(), k.cpu_ns()
    for m in ms.values():
        m.settle()
    m0 = int(read(memory))
    ms["c"].wait_interval(2)
    m1 = int(read(memory))
    finish(ctx, ms)
    t3, w3, c3 = throttled(), written(), k.cpu_ns()
    rows = [r for r in ms["c"].rows() if r["container.id"] == k.id]
    ctx.check(t2 > t1 + 100e6, f"it was throttled: {t2 - t1} ns")
    ctx.within(sum(amount(r, "cgroup.cpu.throttled") for r in rows), t2 - t1, t3 - t0, "throttled, against cpu.stat")
    ctx.within(sum(amount(r, "cgroup.io.wbytes") for r in rows), w2 - w1, w3 - w0, "bytes written")
    got = sum(amount(r, "cgroup.io.rbytes") for r in rows)
    ctx.within(got, min(100 * 32768, was_read() - r0), was_read() - r0, "bytes read")
    dd = ms["ended"].rows()[0]
    # what it reads and what it writes to /dev/null, and the headers of its libraries
    ctx.within(dd["proc.life.file"], 200 * 32768, 200 * 32768 + 65536, "bytes that dd moved in its life")
    ctx.within(rows[-1]["cgroup.memory"], min(m0, m1) - (64 << 12), max(m0, m1) + (64 << 12), "memory")
    used = max(r["cgroup.cpu.used"] or 0 for r in rows)
    ctx.within(used, 50, 130, "most of its quota, in percent")
    seconds = sum(r["thread.cpu"] / 100 * l["interval"] for l in ms["c"].intervals() for r in l["rows"] if r["container.id"] == k.id)
    ctx.within(seconds * 1e9, (c2 - c1) * 0.97 - 20e6, (c3 - c0) * 1.03 + 50e6, "CPU time, against the cgroup")
    seconds = sum(amount(r, "thread.cpu") / 100 * l["interval"] for l in ms["cg"].intervals() for r in l["rows"])
    ctx.within(seconds * 1e9, (c2 - c1) * 0.97 - 20e6, (c3 - c0) * 1.03 + 50e6, "the same in the view of cgroups")


@case(needs=("bpf", "nginx", "wrk", "ss"), timeout=60)
def an_interface_against_proc_net_dev(ctx):
    """lo of a namespace in which there is one load only, seen from inside."""
    load = Load(ctx)
    nginx = Nginx(load)
    a = load.net.dev()
    inside = os.path.join(ctx.dir, "inside")
    with open(inside, "w") as f:
        f.write(f"#!/bin/sh\nexec nsenter --net=/proc/{load.net.holder.pid}/ns/net {PROGRAM} \"$@\"\n")
    os.chmod(inside, 0o755)
    m = Monitor(ctx, "netifs", interval=0.5, program=inside)
    nginx.wrk("/page.html", 1)
    time.sleep(0.2)
    m.settle()
    b = load.net.dev()
    m.wait_interval()
    m.stop()
    rows = m.rows()
    got = [sum(amount(r, f) for r in rows) for f in ("netif.bytes.in", "netif.packets.in", "netif.bytes.out", "netif.packets.out")]
    want = [b[i] - a[i] for i in (0, 1, 8, 9)]
    ctx.check(want[0] > 1e6, f"bytes on lo: {want[0]}")
    ctx.equal(got, want, "bytes and packets in and out, against /proc/net/dev")
    errors, drops = [sum(b[i] - a[i] for i in k) for k in ((2, 10), (3, 11))]
    ctx.equal([sum(amount(r, f) for r in rows) for f in ("netif.bytes", "netif.errors", "netif.drops")],
              [want[0] + want[2], errors, drops], "both ways, errors and drops")
    ctx.equal([rows[-1]["netif.total.in"], rows[-1]["netif.total.out"]], [b[0], b[8]], "since it was made")
