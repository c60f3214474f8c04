# SPDX-License-Identifier: GPL-2.0-or-later
"""The Overview: numbers of a known load, of the kernel's TCP counters, and those of the views behind."""
import os
import socket
import struct
import subprocess
import sys

from cases import case, wait_for
from monitor import Monitor, end_process

LOAD = """
import os, signal, socket, subprocess, sys
d = sys.argv[1]
open(d + '/ready', 'w')
while not os.path.exists(d + '/go'):
    import time; time.sleep(0.02)
for i in range(7):
    fd = os.open(f'{d}/f{i}.log', os.O_CREAT | os.O_RDWR)
    os.write(fd, b'x' * 1000)
    os.lseek(fd, 0, 0)
    os.read(fd, 400)
    os.close(fd)
for i in range(5):
    os.symlink('nowhere', f'{d}/l{i}')
for i in range(3):
    os.unlink(f'{d}/l{i}')
for i in range(11):
    try: os.open(f'{d}/missing{i}', os.O_RDONLY)
    except OSError: pass
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
for i in range(4):
    c = socket.create_connection(s.getsockname()); a, _ = s.accept()
    c.send(b'y' * 500); a.recv(1000); c.close(); a.close()
port = s.getsockname()[1]; s.close()
for i in range(6):
    try: socket.create_connection(('127.0.0.1', port))
    except OSError: pass
for i in range(9): os.kill(os.getpid(), 0)
open(d + '/done', 'w')
import time; time.sleep(60)
"""


@case(needs="bpf")
def numbers_of_a_known_load(ctx):
    p = subprocess.Popen([sys.executable, "-c", LOAD, ctx.dir])
    ctx.cleanup(end_process, p)
    wait_for("the load to be ready", lambda: os.path.exists(f"{ctx.dir}/ready"))
    m = Monitor(ctx, "overview", f"proc.pid={p.pid}")
    open(f"{ctx.dir}/go", "w").close()
    wait_for("the load to end", lambda: os.path.exists(f"{ctx.dir}/done"), 30)
    m.settle()
    m.stop()
    got = {}
    for r in m.rows():
        value = r["metric.count"] if r["metric.count"] is not None else r["metric.bytes"]
        got[r["metric.name"]] = got.get(r["metric.name"], 0) + (value or 0)
    want = {"File bytes out": 7000, "New symbolic links": 5, "Files deleted": 3, "File opens that failed": 11,
            "New listening sockets": 1, "New outgoing connections": 4, "New incoming connections": 4,
            "Network bytes in": 2000, "Network bytes out": 2000, "Network bytes in and out": 4000,
            "Connects that failed": 6, "Signals sent": 9, "Writes to log files": 7, "Commands run": 0, "Forks": 0,
            "Files modified": 7, "New SSH connections": 0, "System files modified": 0}
    ctx.equal_maps(got, want, "numbers of the load", limit=30)
    last = {r["metric.name"]: r for r in m.intervals()[-1]["rows"]}
    ctx.equal((last["Processes"]["metric.count"], last["Threads"]["metric.count"]), (1, 1), "one process of one thread")
    ctx.equal(last["TCP connections reset"]["metric.count"], None, "the kernel's total is nobody's part")
    names = [r["metric.name"] for r in m.intervals()[-1]["rows"]]
    ctx.equal(names[:3], ["Processes", "Threads", "Containers"], "in the order of the file")


def snmp():
    with open("/proc/net/snmp") as f:
        lines = [line.split() for line in f if line.startswith("Tcp:")]
    return dict(zip(lines[0][1:], map(int, lines[1][1:])))


def reset_one():
    """An established connection that this end cuts with a reset."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        c = socket.create_connection(s.getsockname())
        a, _ = s.accept()
        a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        a.close()
        try:
            c.recv(10)
        except ConnectionResetError:
            pass
        c.close()


@case(needs="bpf")
def tcp_against_snmp(ctx):
    """Resets and failed connects as the kernel counts them, whoever else makes some; and by errno, exactly."""
    before = snmp()
    m = Monitor(ctx, "overview")
    by_errno = Monitor(ctx, "failed_connects", f"proc.pid={os.getpid()}")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        closed = s.getsockname()
    for _ in range(8):
        with socket.socket() as s:
            try:
                s.connect(closed)
            except ConnectionRefusedError:
                pass
    for _ in range(5):
        reset_one()
    for x in (m, by_errno):
        x.settle()
        x.stop()
    after = snmp()
    got = {}
    for r in m.rows():
        got[r["metric.name"]] = got.get(r["metric.name"], 0) + (r["metric.count"] or 0)
    for name, member, mine in (("TCP connects that failed", "AttemptFails", 8), ("TCP connections reset", "EstabResets", 10),
                               ("TCP segments sent again", "RetransSegs", 0)):
        grown = after[member] - before[member]
        ctx.check(mine <= got[name] <= grown, f"{name}: {got[name]}, of mine {mine}, {member} grew by {grown}")
    errors = by_errno.sums(["evt.type", "evt.res"], ["evt.count"])
    ctx.equal(errors.get(("connect", "ECONNREFUSED")), (8,), "refused connects")
    ctx.equal(errors.get(("recvfrom", "ECONNRESET")), (5,), "resets that a call was told of")
