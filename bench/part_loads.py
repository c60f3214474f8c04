# SPDX-License-Identifier: GPL-2.0-or-later
"""What programs that do real work lose while something watches them."""
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

from measure import BPFTRACE, BUILD, PROGRAM, QUICK, Terminal, end, say, spawn, target
from part_calls import PROBE

STORM = f"{BUILD}/bench/storm"
REDIS, HTTP = 7379, 7380
NGINX = """
daemon off;
user root;
worker_processes 1;
pid {dir}/pid;
error_log /dev/null;
events {{ worker_connections 256; }}
http {{
	access_log off;
	client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
	uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
	server {{ listen 127.0.0.1:{port}; root {dir}; }}
}}
"""


def wait_port(port):
    for _ in range(100):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"bench: nobody listens at port {port}")


def output(*argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          timeout=120, check=True).stdout


def storm():
    """Processes a second."""
    count = 1000 if QUICK else 4000
    return count / float(output(STORM, str(count))) * 1000


def redis():
    """Requests a second, of one client after the other."""
    lines = output("redis-benchmark", "-p", str(REDIS), "-t", "get,set", "-n", "20000" if QUICK else "60000", "-c", "20",
                   "--csv").splitlines()
    return statistics.harmonic_mean([float(l.split(",")[1].strip('"')) for l in lines if l.startswith(('"GET"', '"SET"'))])


def nginx():
    """Requests a second."""
    for line in output("wrk", "-t1", "-c20", "-d1s" if QUICK else "-d2s", f"http://127.0.0.1:{HTTP}/page").splitlines():
        if line.startswith("Requests/sec:"):
            return float(line.split()[1])
    raise SystemExit("bench: wrk said nothing")


def watchers():
    """(name, how to begin, how to end, target in %): what watches."""
    def screen(view):
        def begin():
            t = Terminal([PROGRAM, "-v", view, "-d", "2"])
            t.read_until(time.monotonic() + 1.5)
            t.swallow()
            return t
        return begin

    def hook(*argv):
        def begin():
            p = spawn(argv, stdout=subprocess.PIPE)
            p.stdout.readline()
            time.sleep(1)
            return p
        return begin
    ret = [("empty sys_exit hook", hook(*PROBE, "exit"), end),
           ("sys_enter and sys_exit hooks with a clock in each", hook(*PROBE, "least"), end), ("ctop-trace, Processes", screen("processes"), Terminal.close),
           ("ctop-trace, Connections", screen("connections"), Terminal.close),
           ("ctop-trace, Files", screen("files"), Terminal.close)]
    if shutil.which("bpftrace"):
        ret.append(("bpftrace one-line counter", hook("bpftrace", "-e", BPFTRACE), end))
    return ret


# what each loses at most, in %: Processes, and the views with latency
LOADS = [
    ("fork and exec", storm, (5, None)),
    ("redis-benchmark", redis, (2, 5)),
    ("nginx with wrk", nginx, (2, 5)),
]


def bench_loads():
    rounds = 5 if QUICK else 11
    servers = []
    with tempfile.TemporaryDirectory() as d:
        loads = [x for x in LOADS if x[1] is storm]
        if shutil.which("redis-server") and shutil.which("redis-benchmark"):
            servers.append(spawn(["redis-server", "--port", str(REDIS), "--save", "", "--appendonly", "no", "--dir", d]))
            wait_port(REDIS)
            loads.append(LOADS[1])
        if shutil.which("nginx") and shutil.which("wrk"):
            with open(os.path.join(d, "page"), "w") as f:
                f.write("x" * 1000)
            with open(os.path.join(d, "conf"), "w") as f:
                f.write(NGINX.format(dir=d, port=HTTP))
            servers.append(spawn(["nginx", "-c", f"{d}/conf", "-p", d]))
            wait_port(HTTP)
            loads.append(LOADS[2])
        who = watchers()
        lost = {(n, w): [] for n, _, _ in loads for w, _, _ in who}
        for _ in range(rounds):
            for name, run, _ in loads:
                before = run()
                for w, begin, finish in who:
                    p = begin()
                    with_it = run()
                    finish(p)
                    after = run()
                    # time that the same work takes longer, each between two runs of its own without
                    lost[(name, w)].append(((1 / with_it) / ((1 / before + 1 / after) / 2) - 1) * 100)
                    before = after
        for p in servers:
            end(p, signal.SIGTERM)
    say("## What programs lose")
    say()
    say("Per cent that the same work takes longer while it is watched, with client and server on this machine: a storm of "
        f"{1000 if QUICK else 4000} × fork and exec, redis-benchmark (20 clients, GET and SET, one request a time), wrk on nginx (20 "
        f"connections, 1,000 bytes). Medians of {rounds} rounds, each between two runs that nobody watches; quartiles beside them. "
        "Whatever counts calls loses what an empty hook at their end does, whatever tells latencies what the hooks with a clock do.")
    say()
    say("| watched by | " + " | ".join(name for name, _, _ in loads) + " |")
    say("|---|" + "---:|" * len(loads))
    for w, _, _ in who:
        cells = []
        for name, _, _ in loads:
            q = statistics.quantiles(lost[(name, w)], n=4)
            cells.append(f"{q[1]:.1f} % ({q[0]:.1f} … {q[2]:.1f})")
        say(f"| {w} | " + " | ".join(cells) + " |")
    say()
    for name, _, (plain, full) in loads:
        for w, _, _ in who:
            bound = plain if "Processes" in w else full if "ctop" in w else None
            if bound:
                target(f"{name} takes longer, {w.split(', ')[1]}", bound, "%", statistics.median(lost[(name, w)]))
