# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that are idle but for one thing that happens to them: the very next interval says what ss says."""
import re
import subprocess
import time

from cases import case, run_command
from loads import Netns
from monitor import Monitor, end_process

# Does what it is told line by line. Both ends of each connection are its own; `a` connected, `b` was accepted.
PEER = """
import ctypes, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def pair(host, family):
    l = socket.create_server((host, 0), family=family)
    a = socket.create_connection(l.getsockname()[:2], source_address=(host, 0))
    return l, a, l.accept()[0]
def fill(s, size):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
    s.setblocking(False)
    try:
        while True: s.send(b"x" * 65536)
    except BlockingIOError: pass
    s.setblocking(True)
def read(s):
    s.settimeout(0.3)
    try:
        while s.recv(1 << 20): pass
    except TimeoutError: pass
    s.settimeout(None)
def talk(a, b):
    for i in range(200): a.send(b"ask"); b.recv(10); b.send(b"answer"); a.recv(10)
def again(l, a, b):
    # the same socket and ports, another connection
    to = l.getsockname()
    libc.connect(a.fileno(), b"\\0" * 28, 28)
    b.close()
    a.connect(to)
    return l.accept()[0]
ends = [pair("127.0.0.1", socket.AF_INET), pair("::1", socket.AF_INET6)]
print("ready", flush=True)
for line in sys.stdin:
    for i, (l, a, b) in enumerate(ends):
        exec(line)
        ends[i] = l, a, b
    print("done", flush=True)
"""

STEPS = ("pass", "a.send(b'x' * 100)", "pass", "b.recv(40)", "b.recv(100)", "fill(b, 50000)", "fill(b, 100000)", "read(a)", "talk(a, b)",
         "a.send(b'x', socket.MSG_OOB)", "b.recv(1, socket.MSG_OOB)", "b = again(l, a, b)", "b.send(b'x' * 77)",
         "b.shutdown(socket.SHUT_WR)", "a.send(b'x' * 3000)", "read(b)", "pass")


def sockets_of_ss(net):
    """{(local port, remote port): {...}}, listening ones left out."""
    ret = {}
    for line in run_command(*net.prefix(), "ss", "-tinOH").stdout.splitlines():
        w = line.split(None, 5)
        row = {"fd.state": {"ESTAB": "ESTABLISHED"}.get(w[0], w[0].replace("-", "_").replace("WAIT_", "WAIT")),
               "fd.queue.in": int(w[1]), "fd.queue.out": int(w[2])}
        for field, pattern, factor in (("fd.rtt", r"\brtt:([\d.]+)/", 1e6), ("fd.rttvar", r"\brtt:[\d.]+/([\d.]+)", 1e6),
                                       ("fd.cwnd", r"\bcwnd:(\d+)", 1), ("fd.retrans", r"\bretrans:\d+/(\d+)", 1),
                                       ("fd.bytes_received", r"bytes_received:(\d+)", 1), ("fd.bytes_acked", r"bytes_acked:(\d+)", 1)):
            m = re.search(pattern, w[5])
            row[field] = round(float(m[1]) * factor) if m else 0
        ret[int(w[3].rpartition(":")[2]), int(w[4].rpartition(":")[2])] = row
    return ret


@case(needs=("bpf", "ss"), timeout=90)
def one_thing_at_a_time(ctx):
    net = Netns(ctx)
    peer = subprocess.Popen([*net.prefix(), "python3", "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ctx.cleanup(end_process, peer)
    ctx.equal(peer.stdout.readline(), "ready\n", "the peer")
    m = Monitor(ctx, "tcp_health", f"proc.pid={peer.pid}", interval=0.2)
    shown = []
    for step in STEPS:
        peer.stdin.write(step + "\n")
        peer.stdin.flush()
        ctx.equal(peer.stdout.readline(), "done\n", step)
        for _ in range(20):  # until nothing moves any more: a late acknowledgement
            before = sockets_of_ss(net)
            m.settle()
            rows = {(r["fd.lport"], r["fd.rport"]): r for r in m.intervals()[-1]["rows"]}
            if before == sockets_of_ss(net):
                break
            time.sleep(0.1)
        ctx.equal(len(before), 4, f"{step}: ends that ss knows of")
        ctx.equal(set(before) - set(rows), set(), f"{step}: connections that are not shown")  # those closed meanwhile are, too
        for k in set(rows) & set(before):
            for field, want in before[k].items():
                if field.startswith("fd.rtt"):  # ss rounds to microseconds
                    ctx.within(rows[k][field] or 0, want - 1000, want + 1000, f"{step}: {k} {field}")
                else:
                    ctx.equal(rows[k][field] or 0 if isinstance(want, int) else rows[k][field], want, f"{step}: {k} {field}")
        shown.append(before)
    m.stop()
    for field in shown[0][min(shown[0])]:
        if field != "fd.retrans":
            ctx.check(len({s[k].get(field) for s in shown for k in s}) > 1, f"{field} was not always the same")
