# SPDX-License-Identifier: GPL-2.0-or-later
"""The other stock views against /proc: descriptors, limits, ended processes, devices, listening sockets."""
import os
import resource
import socket
import subprocess
import time

from cases import case
from monitor import Monitor


def rows_of(ctx, view, *words, intervals=1, during=None):
    m = Monitor(ctx, view, *words)
    m.wait_interval()
    if during:
        during()
    m.wait_interval(intervals)
    m.stop()
    return m


@case(needs="bpf")
def descriptors_and_their_limit(ctx):
    held = [open(os.devnull) for _ in range(50)]
    m = rows_of(ctx, "procs_fd_usage", f"proc.pid={os.getpid()}")
    row = m.intervals()[-1]["rows"][0]
    count = len(os.listdir("/proc/self/fd")) - 1
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    ctx.check(abs(row["proc.fdopencount"] - count) <= 3, f"{row['proc.fdopencount']} descriptors, /proc has {count}")
    ctx.equal(row["proc.fdlimit"], limit, "limit")
    ctx.check(abs(row["proc.fdusage"] - 100 * row["proc.fdopencount"] / limit) < 1e-6, "usage")
    m = rows_of(ctx, "open_fds", f"proc.pid={os.getpid()}")
    listed = {r["fd.num"] for r in m.intervals()[-1]["rows"]}
    ctx.check({f.fileno() for f in held} <= listed, "every open descriptor is a row")
    for f in held:
        f.close()


@case(needs="bpf")
def ended_processes_have_lived_as_long_as_they_did(ctx):
    took = []

    def run():
        for _ in range(3):
            start = time.monotonic()
            subprocess.run(["sh", "-c", "sleep 0.2; exit 3"])
            took.append(time.monotonic() - start)

    m = rows_of(ctx, "ended", "proc.name=sh", "and", "proc.exit_code=768", f"and proc.apid={os.getpid()}", during=run)
    rows = [r for i in m.intervals() for r in i["rows"]]
    ctx.equal(len(rows), 3, "ended shells")
    for r in rows:
        lived = r["proc.duration"] / 1e9
        ctx.check(0.2 <= lived <= max(took) + 0.05, f"lived {lived:.3f} s, took {max(took):.3f} s")
        ctx.check(r["proc.life.calls"] > 10, "calls of its whole life")


@case(needs="bpf")
def backlog_of_a_listening_socket(ctx):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(7)
        port = s.getsockname()[1]
        peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        m = rows_of(ctx, "backlog", f"fd.lport={port}", intervals=2)
        for p in peers:
            p.close()
    row = m.intervals()[-1]["rows"][0]
    ctx.equal(row["fd.queue.in"], 3, "connections that wait")
    ctx.equal(row["fd.queue.out"], 7, "how many may")
    ctx.check(abs(row["fd.queue.usage"] - 300 / 7) < 1e-6, "usage")


def loopback():
    with open("/proc/net/dev") as f:
        for line in f:
            if line.strip().startswith("lo:"):
                return int(line.split(":")[1].split()[0])
    return 0


@case(needs="bpf")
def devices_against_proc(ctx):
    """Interfaces: exact. CPUs: as many as there are, and their parts make 100."""
    before = loopback()

    def run():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for _ in range(200):
                s.sendto(b"x" * 1000, ("127.0.0.1", 9))

    m = rows_of(ctx, "netifs", "netif.name=lo", during=run)
    seen = sum(i["rows"][0]["netif.bytes.in.sum"] for i in m.intervals())
    after = loopback()
    ctx.check(200 * 1028 <= seen <= after - before, f"{seen} bytes on lo, /proc/net/dev grew by {after - before}")
    m = rows_of(ctx, "cpus")
    rows = m.intervals()[0]["rows"]  # the last interval may be too short for a tick
    ctx.equal(len(rows), os.cpu_count(), "CPUs")
    parts = ["user", "nice", "system", "irq", "softirq", "iowait", "steal", "idle"]
    for r in rows:
        total = sum(r["cpu." + p] or 0 for p in parts)
        ctx.check(abs(total - 100) < 0.01, f"parts of CPU {r['cpu.id']} make {total}")
    m = rows_of(ctx, "disks")
    with open("/proc/diskstats") as f:
        busy = {line.split()[2] for line in f if line.split()[3] != "0" or line.split()[7] != "0"}
    ctx.equal({r["disk.name"] for r in m.intervals()[-1]["rows"]}, busy, "disks that ever did something")
