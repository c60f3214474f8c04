# SPDX-License-Identifier: GPL-2.0-or-later
"""What a refresh of the screen costs, and how much memory it takes."""
import resource
import shutil
import signal
import statistics
import subprocess

from measure import CONNS, PROGRAM, QUICK, Load, end, per_refresh, say, spawn, target


def bench_refresh():
    counts = (300, 5000, 10000)
    rounds = 2 if QUICK else 3
    seconds = 4 if QUICK else 6
    tools = [("ctop-trace, Processes", [PROGRAM, "-d", "1"]), ("ctop-trace, Threads", [PROGRAM, "-v", "threads", "-d", "1"]),
             ("ctop-trace, Files", [PROGRAM, "-v", "files", "-d", "1"]),
             ("htop", ["htop", "-d", "10"]), ("top", ["top", "-d", "1"])]
    left_out = [name for name, argv in tools if shutil.which(argv[0]) is None]
    tools = [t for t in tools if t[0] not in left_out]
    got = {}
    idle = []
    for n in counts:
        load = Load("sleepers", n).go()
        for _ in range(rounds):
            for name, argv in tools:
                got.setdefault((name, n), []).append(per_refresh(argv, 1, seconds, 1.5 + n / 5000))
            if n == counts[0]:
                idle.append(per_refresh([PROGRAM, "-d", "2"], 2, seconds * 2)[0])
        load.end()

    def ms(name, n):
        return statistics.median(x[0] for x in got[(name, n)]) if (name, n) in got else None

    say("## A refresh")
    say()
    say("Milliseconds of the tool's own CPU time for one refresh of the screen (120×40, once a second), and its resident "
        f"memory with 10,000 processes. The processes sleep. Medians of {rounds} runs, tools in turn.")
    say()
    say("| tool | " + " | ".join(f"{n:,} processes" for n in counts) + " | memory |")
    say("|---|" + "---:|" * (len(counts) + 1))
    for name, _ in tools:
        cells = [f"{ms(name, n):.1f} ms" for n in counts]
        rss = statistics.median(x[1] for x in got[(name, counts[-1])])
        say(f"| {name} | " + " | ".join(cells) + f" | {rss / 1e6:.1f} MB |")
    say()
    if left_out:
        say(f"Not installed, so not measured: {', '.join(left_out)}.")
        say()
    ours = tools[0][0]
    target("CPU of a refresh, 10,000 processes", 20, "ms", ms(ours, 10000))
    if ms("htop", 5000):
        target("CPU of a refresh, 5,000 processes, of htop's", 0.1, "×", ms(ours, 5000) / ms("htop", 5000))
    target("idle: 300 processes, every 2 s, of one CPU", 0.5, "%", statistics.median(idle) / 2000 * 100)

def children_cpu(argv):
    """CPU milliseconds of a program that runs to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def bench_large():
    rounds = 1 if QUICK else 3
    seconds = 5 if QUICK else 8
    conns = spawn([CONNS, "50000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    conns.stdout.readline()
    tools = [("ctop-trace, Connections", [PROGRAM, "-v", "connections", "-d", "1"])]
    got = {}
    for _ in range(rounds):
        for name, argv in tools:
            got.setdefault(name, []).append(per_refresh(argv, 1, seconds, 4))
        for argv in (["ss", "-tanp"], ["lsof", "-nPiTCP"]):
            if shutil.which(argv[0]):
                got.setdefault(" ".join(argv), []).append((children_cpu(argv), None))
    load = Load("sleepers", 10000).go()
    both = []
    for view in ("processes", "connections"):
        argv = [PROGRAM, "-v", view, "-d", "1"]
        both.append((view, [per_refresh(argv, 1, seconds, 6) for _ in range(rounds)]))
    load.end()
    end(conns, signal.SIGKILL)
    say("## 50,000 connections")
    say()
    say("CPU milliseconds of one refresh with 50,000 open TCP sockets, or of one run of a tool that lists them; then with 10,000 "
        f"sleeping processes as well, with the resident memory. Medians of {rounds}.")
    say()
    say("| | CPU | memory |")
    say("|---|---:|---:|")
    for name, runs in got.items():
        rss = runs[0][1] and f"{statistics.median(x[1] for x in runs) / 1e6:.1f} MB"
        say(f"| {name} | {statistics.median(x[0] for x in runs):.1f} ms | {rss or ''} |")
    for view, runs in both:
        say(f"| ctop-trace, {view}, and 10,000 processes | {statistics.median(x[0] for x in runs):.1f} ms | "
            f"{statistics.median(x[1] for x in runs) / 1e6:.1f} MB |")
    say()
    target("CPU of a refresh, 50,000 connections", 60, "ms", statistics.median(x[0] for x in got["ctop-trace, Connections"]))
    target("resident, 10,000 processes and 50,000 connections", 40, "MB",
           max(statistics.median(x[1] for x in runs) for _, runs in both) / 1e6)
