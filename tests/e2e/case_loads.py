# SPDX-License-Identifier: GPL-2.0-or-later
"""nginx with wrk, redis, PostgreSQL and a compile: what the views say of them from their first call to their last
is what the programs themselves, the kernel's own counters, strace and perf say. Equal where both count the same."""
import collections
import os
import shutil
import subprocess
import time

from cases import case, wait_for
from loads import Load, Nginx, Postgres, Redis, finish, watch

NET = ("evt.buflen.net.in", "evt.buflen.net.out")


def summed(monitor, *fields):
    """Sums of the fields over all rows."""
    return monitor.sums((), fields).get((), (0,) * len(fields))


@case(needs=("bpf", "nginx", "wrk", "ss"), timeout=120, plain=True)
def nginx_with_wrk(ctx):
    """The access log, stub_status, wrk's own sums, /proc/net/snmp, /proc/net/dev and the cgroup."""
    load = Load(ctx)
    server, client = f"{load.only} and proc.name=nginx", f"{load.only} and proc.name=wrk"
    ms = watch(ctx, processes=("processes", load.only), ports=("sports", server), client=("sports", client),
               connections=("connections", server), files=("files", server), calls=("syscalls", server),
               arrivals=("new_connections", load.only))
    nginx = Nginx(load)
    wrk = [nginx.wrk("/page.html", 1), nginx.wrk("/sent/page.html", 1), nginx.wrk("/none", 1)]
    status = nginx.status()
    charged = load.container.cpu_ns()
    nginx.stop()
    finish(ctx, ms)
    log = nginx.log()
    counts = collections.Counter((r[0], r[3]) for r in log)

    want = (sum(r[1] for r in log), sum(r[2] for r in log))
    ctx.check(want[1] > 10e6, f"wrk was served: {want}")
    for name in ("ports", "connections"):
        ctx.equal(summed(ms[name], *NET), want, f"{name}: bytes that nginx received and sent, against its log")
    # wrk counts what it received; what it sent is what nginx received, without the question for the status
    asked = next(r for r in log if r[3] == "/status")
    ctx.equal(summed(ms["client"], *NET), (sum(w["bytes"] for w in wrk), want[0] - asked[1]), "wrk: bytes")

    accepted = ms["calls"].sums(("evt.type",), ("evt.count", "evt.count.error"))[("accept4",)]
    ctx.equal(accepted[0] - accepted[1], status["accepts"], "accept4 that succeeded, against stub_status")
    ctx.equal(len(log), status["requests"], "lines of the log")
    ctx.equal({r["fd.sport"] for r in ms["ports"].rows()}, {8080}, "ports")
    ctx.equal(ms["calls"].sums(("evt.type",), ("evt.buflen",))[("recvfrom",)][0], want[0], "bytes by call: what recvfrom got")
    peers = {(r["fd.rip"], r["fd.rport"]) for r in ms["connections"].rows() if r["fd.rport"]}
    ctx.equal(len(peers), status["accepts"], "connections")
    snmp = load.net.snmp()
    listed = collections.Counter(r["evt.type"] for r in ms["arrivals"].rows())
    # the question for the status came from outside the container
    ctx.equal((listed["accept4"], listed["connect"]), (snmp["Tcp.PassiveOpens"], snmp["Tcp.ActiveOpens"] - 1),
              "new connections, against /proc/net/snmp")
    # all that went over lo is payload and headers: IPv4, TCP and time stamps are 52 bytes a segment, 60 with SYN
    headers = 52 * snmp["Ip.InReceives"] + 8 * 2 * snmp["Tcp.ActiveOpens"]
    payload, resent = snmp["IpExt.InOctets"] - headers, snmp["Tcp.RetransSegs"] + snmp["TcpExt.TCPLossProbes"]
    # a segment that is sent again is on the wire twice, at most 64 KiB each; an ack that says so is longer; a reset, to
    # who has gone, has no time stamps
    ctx.within(payload, sum(want) - 12 * snmp["Tcp.OutRsts"], sum(want) + resent * 65536 * 2,
               f"payload on lo, {resent} segments sent again, {snmp['Tcp.OutRsts']} resets")

    names = ("evt.buflen.file.in", "evt.buflen.file.out", "evt.count.open", "evt.count.error")
    files = ms["files"].sums(("fd.name",), names)
    n = counts[(200, "/page.html")]
    ctx.equal(files[(f"{ctx.dir}/www/page.html",)], (n * nginx.size, 0, n, 0), f"a page that was read {n} times")
    # sendfile() reads what it sends: less, or nothing, when wrk has gone; it sends after the head
    sent = [r[2] for r in log if r[3] == "/sent/page.html"]
    head = max(sent) - nginx.size
    closing = len("keep-alive") - len("close")  # the last answer on a connection has a shorter head
    pages = sum(nginx.size if n == max(sent) - closing else max(0, n - head) for n in sent)
    got = files[(f"{ctx.dir}/www/sent/page.html",)]
    ctx.equal((got[0], got[2]), (pages, len(sent)), f"a page that was sent {len(sent)} times")
    ctx.within(got[3], 0, 8, "failed: at most those under way when wrk ended")
    n = counts[(404, "/none")]
    ctx.equal(files[(f"{ctx.dir}/www/none",)], (0, 0, 0, n), f"a file that is not there, asked for {n} times")
    ctx.equal(files[(f"{ctx.dir}/access.log",)][1], os.path.getsize(f"{ctx.dir}/access.log"), "size of the log")
    used = summed(ms["processes"], "thread.exectime")[0]
    # a process is the container's from its first call, the cgroup's once it is moved there; the end comes after reading
    ctx.within(used, charged * 0.98, charged * 1.02 + 50e6, "CPU time, against the cgroup's")
    by_call = summed(ms["calls"], "evt.count")[0]
    by_thread = ms["processes"].sums(("proc.exeline",), ("evt.count",))
    ctx.check(by_call > len(log) * 5, f"{by_call} calls in {len(by_thread)} processes")


@case(needs=("bpf", "nginx", "wrk", "ss"), timeout=120)
def nginx_grouped_otherwise(ctx):
    """Whatever rows are grouped by, they add up to the bytes of the access log."""
    load = Load(ctx)
    server = f"{load.only} and proc.name=nginx"
    ms = watch(ctx, hosts=("hosts", server), types=("io_by_type", server), directories=("directories", server),
               containers=("containers", server), users=("users", server), cgroups=("cgroups", server),
               programs=("executables", server))
    nginx = Nginx(load)
    nginx.wrk("/page.html", 1)
    nginx.stop()
    finish(ctx, ms)
    log = nginx.log()
    want = (sum(r[1] for r in log), sum(r[2] for r in log))
    ctx.check(want[1] > 5e6, f"wrk was served: {want}")
    ctx.equal(summed(ms["hosts"], *NET), want, "by remote address")
    types = ms["types"].sums(("fd.type",), ("evt.buflen.in", "evt.buflen.out"))
    ctx.equal(types[("ipv4",)], want, "by type")
    for name in ("containers", "users", "cgroups", "programs"):
        ctx.equal(summed(ms[name], "evt.buflen.net"), (sum(want),), f"{name}: both ways")
    ctx.equal({r["proc.exepath"] for r in ms["programs"].rows()}, {os.path.realpath(shutil.which("nginx"))}, "one program")
    served = nginx.size * sum(r[0] == 200 for r in log)
    directories = ms["directories"].sums(("fd.directory",), ("evt.buflen.file.in", "evt.buflen.file.out"))
    ctx.equal(directories[(f"{ctx.dir}/www",)], (served, 0), "by directory")
    ctx.equal(directories[(ctx.dir,)][1], os.path.getsize(f"{ctx.dir}/access.log") + len(f"{nginx.process.pid}\n"),
              "by directory: the log and the pid")


@case(needs=("bpf", "redis-server", "redis-benchmark", "redis-cli", "ss"), timeout=120, plain=True)
def redis_with_its_benchmark(ctx):
    """INFO: bytes, connections, CPU time."""
    load = Load(ctx)
    server = f"{load.only} and proc.name=redis-server"
    ms = watch(ctx, ports=("sports", server), calls=("syscalls", server), ended=("ended", load.only),
               processes=("processes", server), containers=("containers", load.only))
    redis = Redis(load)
    redis.benchmark(10000)
    redis.benchmark(10000, 5000, 3, "set,get,lpush", "-P", "16")
    info = redis.info()
    load.container.kill()
    finish(ctx, ms)
    ctx.equal(summed(ms["ports"], *NET), (info["total_net_input_bytes"],
                                          info["total_net_output_bytes"] + info["answer_bytes"]), "bytes, against INFO")
    calls = ms["calls"].sums(("evt.type",), ("evt.count", "evt.count.error"))
    accepted = [c - e for (name,), (c, e) in calls.items() if name in ("accept", "accept4")]
    ctx.equal(sum(accepted), info["total_connections_received"], "connections, against INFO")
    row = [r for r in ms["ended"].rows() if r["proc.exeline"].startswith("redis-server")]
    ctx.equal([r["proc.exit_code"] for r in row], [9], "it was killed")
    said = 1e9 * (info["used_cpu_sys"] + info["used_cpu_user"])
    # INFO is answered some calls before the end
    ctx.within(row[0]["proc.life.cpu"], said, said * 1.02 + 30e6, "CPU time, against INFO")
    ctx.within(summed(ms["processes"], "thread.exectime")[0], said, said * 1.02 + 30e6, "CPU time of all intervals")
    ctx.equal(row[0]["proc.life.net"], info["total_net_input_bytes"] + info["total_net_output_bytes"] +
              info["answer_bytes"], "network bytes of its life")
    ctx.equal(summed(ms["calls"], "evt.count")[0], row[0]["proc.life.calls"], "calls by call, and of its life")


def strace_summary(path):
    """{call: (calls, errors)} of strace -c."""
    ret = {}
    with open(path) as f:
        for line in f:
            w = line.split()
            if len(w) in (5, 6) and w[0].replace(".", "").isdigit() and w[-1] != "total":
                ret[w[-1]] = (int(w[3]), int(w[4]) if len(w) == 6 else 0)
    return ret


@case(needs=("bpf", "redis-server", "redis-benchmark", "redis-cli", "strace", "ss"), timeout=120)
def redis_against_strace(ctx):
    """strace -c counts every call of the server from its start to its end, and so do we."""
    load = Load(ctx)
    ms = watch(ctx, calls=("syscalls", f"{load.only} and proc.name=redis-server"),
               ended=("ended", f"{load.only} and proc.name=redis-server"))
    out = os.path.join(ctx.dir, "strace")
    redis = Redis(load, under=("strace", "-f", "-c", "-o", out))
    redis.benchmark(1000)
    redis.stop()
    finish(ctx, ms)
    want = strace_summary(out)
    got = ms["calls"].sums(("evt.type",), ("evt.count", "evt.count.error"))
    life = ms["ended"].rows()[-1]["proc.life.errors"]
    errors = sum(v[1] for v in want.values())
    # and those of the threads that are killed in a call
    ctx.within(life, errors, errors + 8, "failed calls of its life")
    # a child returns from the call that made it, and a thread that is killed in a call from that: strace sees neither
    for call in ("clone", "clone3", "vfork", "fork", "execve", "futex"):
        want.pop(call, None)
    # calls of strace's child before it runs redis
    for call in ("close", "getpid", "set_robust_list", "rt_sigprocmask", "kill", "rt_sigaction", "prctl"):
        n = want.pop(call, (0, 0))[0]
        ctx.within(got.get((call,), (0, 0))[0] - n, 0, 3, f"{call} more than strace has")
    ctx.check(want.get("read", (0, 0))[0] > 2000 and len(want) > 30, f"strace saw {len(want)} kinds of calls")
    ctx.equal_maps({k[0]: v for k, v in got.items()}, want, "calls and errors of each call")


@case(needs=("bpf", "strace", "python3"), timeout=60)
def kinds_of_errors_against_strace(ctx):
    load = Load(ctx)
    out = os.path.join(ctx.dir, "strace")
    views = {"evt.count.error.file": "openat", "evt.count.error.net": "connect", "evt.count.error.memory": "mmap",
             "evt.count.error.other": "kill"}
    ms = watch(ctx, errors=("procs_errors", f"{load.only} and proc.name=python3 and evt.type in ({','.join(views.values())})"))
    load.run("strace", "-c", "-o", out, "/usr/bin/python3", "-c", """
import mmap, os, socket
def fails(n, f, *args):
    for _ in range(n):
        try: f(*args)
        except OSError: pass
fails(31, open, "/nowhere")
fails(22, lambda: socket.socket().connect(("127.0.0.1", 1)))
fails(13, mmap.mmap, -1, 1 << 46)
fails(7, os.kill, 2 ** 22 + 1, 0)
""")
    finish(ctx, ms)
    want = strace_summary(out)
    ctx.check(all(want.get(call, (0, 0))[1] for call in views.values()), f"strace saw all four kinds fail: {want}")
    for field, call in views.items():
        ctx.equal(summed(ms["errors"], field)[0], want.get(call, (0, 0))[1], f"{field}, by {call}")
    ctx.equal(summed(ms["errors"], "evt.count.error")[0], sum(want[c][1] for c in views.values() if c in want), "all of them")


def perf_summary(path):
    """{call: (calls, errors)} of perf trace -s, all threads added."""
    ret = collections.defaultdict(lambda: [0, 0])
    with open(path) as f:
        for line in f:
            w = line.split()
            if len(w) == 8 and w[1].isdigit() and w[-1].endswith("%"):
                ret[w[0]][0] += int(w[1])
                ret[w[0]][1] += int(w[2])
    return {k: tuple(v) for k, v in ret.items()}


@case(needs=("bpf", "nginx", "wrk", "perf", "ss"), timeout=120)
def nginx_against_perf_trace(ctx):
    load = Load(ctx)
    out = os.path.join(ctx.dir, "perf")
    nginx = Nginx(load)
    ms = watch(ctx, calls=("syscalls", f"{load.only} and proc.name=nginx"))
    workers = [p for p in load.container.pids() if p != nginx.process.pid]
    perf = subprocess.Popen(["perf", "trace", "-s", "-o", out, "-p", ",".join(map(str, workers))], stdin=subprocess.DEVNULL)
    ctx.cleanup(lambda: perf.poll() is None and perf.kill())
    wait_for("perf to attach", lambda: sum("perf_event" in link(f"/proc/{perf.pid}/fd/{fd}")
                                           for fd in os.listdir(f"/proc/{perf.pid}/fd")) > 1, 20)
    time.sleep(0.5)
    for _ in range(50):
        nginx.status()
    time.sleep(0.3)
    perf.send_signal(2)
    perf.wait(20)
    finish(ctx, ms)
    want = perf_summary(out)
    got = ms["calls"].sums(("evt.type",), ("evt.count", "evt.count.error"))
    # the wait in which it was found has ended without having begun for perf, and counts for us
    waits = want.pop("epoll_wait", (0, 0))[0]
    ctx.within(got[("epoll_wait",)][0] - waits, 0, len(workers), "epoll_wait more than perf has")
    ctx.check(sum(v[0] for v in want.values()) > 300, f"perf saw calls: {want}")
    ctx.equal_maps({k[0]: v for k, v in got.items()}, want, "calls and errors of each call")


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


@case(needs=("bpf", "psql", "pgbench", "setpriv", "ss"), timeout=180, plain=True)
def postgres_with_pgbench(ctx):
    """Blocks read by table (pg_statio), writes and syncs of the log (pg_stat_wal) with the time they took."""
    load = Load(ctx)
    pg = Postgres(load, "track_wal_io_timing=on", "fsync=on", "bgwriter_lru_maxpages=0")
    pg.pgbench("-i", "-s", "2", "-q")
    pg.stop()
    pg.start()  # its cache is empty now
    server = f"{load.only} and proc.name=postgres"
    ms = watch(ctx, reads=("files", f"{server} and evt.type=pread64 and fd.name contains /base/"))
    tables = {}

    def blocks():
        for path, n in pg.sql("""select pg_relation_filepath(relid), heap_blks_read from pg_statio_user_tables union
                              select pg_relation_filepath(indexrelid), idx_blks_read from pg_statio_user_indexes"""):
            tables.setdefault(path, []).append(int(n))

    blocks()
    pg.pgbench("-n", "-S", "-c2", "-t300")
    plan = pg.sql("set enable_indexscan=off; set enable_indexonlyscan=off; set enable_bitmapscan=off;"
                  "explain (analyze, buffers, costs off) select sum(abalance) from pgbench_accounts")
    blocks()
    ctx.check(any("shared" in r[0] and "read=" in r[0] for r in plan), f"the query read from disk: {plan}")
    finish(ctx, ms)
    got = collections.Counter()
    for (name,), (size, calls) in ms["reads"].sums(("fd.name",), ("evt.buflen.file.in", "evt.count.exit")).items():
        got[os.path.relpath(name, pg.data).split("_")[0].split(".")[0]] += calls
        ctx.equal(size, 8192 * calls, f"bytes of {calls} reads from {name}")
    want = {path: n[-1] - n[0] for path, n in tables.items()}
    ctx.check(sum(want.values()) > 3000, f"blocks were read: {want}")
    ctx.equal_maps({k: got[k] for k in want}, want, "blocks read of each table and index, against pg_statio")

    ms = watch(ctx, log=("syscalls", f"{server} and evt.type in (pwrite64, fdatasync) and fd.name contains /pg_wal/"),
               server=("connections", server), client=("connections", f"{load.only} and proc.name=pgbench"))
    ask = "select wal_write, wal_sync, wal_write_time, wal_sync_time from pg_stat_wal"
    before = [float(x) for x in pg.sql(ask)[0]]
    pg.pgbench("-n", "-N", "-c2", "-t200")
    pg.stop()  # statistics are complete when it has ended
    pg.start()
    write, sync, write_ms, sync_ms = (a - b for a, b in zip((float(x) for x in pg.sql(ask)[0]), before))
    finish(ctx, ms)
    ctx.check(write > 200 and sync > 200, f"{write} writes and {sync} syncs of the log")
    calls = ms["log"].sums(("evt.type",), ("evt.count", "evt.latency.sum"))
    for call, n, took in (("pwrite64", write, write_ms), ("fdatasync", sync, sync_ms)):
        ctx.equal(calls[(call,)][0], n, f"{call} on the log, against pg_stat_wal")
        # it reads the clock outside the call, and may lose the CPU in between
        ctx.within(calls[(call,)][1] / 1e6, 0.7 * took - n * 0.02, took, f"ms in {call} on the log, against pg_stat_wal")
    ends = [ms[name].sums(("fd.lport", "fd.rport"), NET) for name in ("server", "client")]
    clients = {k: v for k, v in ends[1].items() if k[1] == 5432}
    ctx.equal(len(clients), 3, "connections of pgbench: two clients, one for the setting")
    ctx.equal_maps({(b, a): (v[1], v[0]) for (a, b), v in ends[0].items()}, clients, "what one end sent the other received")
