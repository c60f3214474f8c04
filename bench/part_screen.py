# SPDX-License-Identifier: GPL-2.0-or-later
"""How soon the screen answers."""
import math
import os
import shutil
import signal
import statistics
import subprocess
import time

from measure import BUILD, CONNS, PROCS, PROGRAM, QUICK, Load, Terminal, end, say, spawn, target

GROUP = f"{BUILD}/bench/group"


def bench_tables():
    out = subprocess.run([GROUP], stdout=subprocess.PIPE, text=True, timeout=120).stdout
    rows = [(f[0], float(f[1]), float(f[2]), float(f[3]), int(f[4])) for f in map(str.split, out.splitlines()) if len(f) == 5]
    shown = ("processes", "threads", "containers", "connections", "files", "syscalls")
    say("## Views and filters")
    say()
    say("CPU milliseconds from a sample to sorted rows and all cells of the first 60; the sample has 10,000 processes, 50,000 connections and 100,000 facts that "
        "lie in no order. A view that is switched to costs the first, a filter that is typed (a name and an alternative) the second, a text that "
        "is looked for in all cells the third (the slowest of some first and second letters).")
    say()
    say("| view | rows | switched | with a filter | with a text |")
    say("|---|---:|---:|---:|---:|")
    for view, plain, typed, text, n in rows:
        if view in shown:
            say(f"| {view} | {n:,} | {plain:.1f} ms | {typed:.1f} ms | {text:.1f} ms |")
    worst = [max((x[i] for x in rows), default=0) for i in (1, 2, 3)]
    say(f"| the slowest of {len(rows)} | | {worst[0]:.1f} ms | {worst[1]:.1f} ms | {worst[2]:.1f} ms |")
    say()
    by = {x[0]: x for x in rows}
    target("grouping 100,000 facts by call, with a filter, sorted", 30, "ms", by["syscalls"][2] if "syscalls" in by else None)
    target("any view switched to", 50, "ms", worst[0])
    target("a filter typed, on any view", 50, "ms", worst[1])
    target("a text typed, on any view", 50, "ms", worst[2])


# --- first screen ---

def first_screen(argv, mark):
    """Milliseconds from start until the first row of the table is painted."""
    t = Terminal(argv)
    data = t.read_until(t.start + 10, lambda d: mark in d)
    took = (time.monotonic() - t.start) * 1000 if mark in data else None
    t.close()
    return took


def bench_start():
    rounds = 5 if QUICK else 11
    # a process that is at the top whatever the order is: busy, and the newest
    spin = spawn(["bench-mark", "-c", "bench-mark", "spin", "600000"], executable=PROCS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    spin.stdout.readline()
    spin.stdin.write("\n")
    spin.stdin.flush()
    time.sleep(0.5)
    # every tool shows the command line, or its beginning
    mark = b"bench-mark"
    tools = [("ctop-trace", [PROGRAM]), ("htop", ["htop"]), ("top", ["top"])]
    tools = [t for t in tools if shutil.which(t[1][0])]
    got = {name: [] for name, _ in tools}
    for _ in range(rounds):
        for name, argv in tools:
            got[name].append(first_screen(argv, mark))
    end(spin, signal.SIGKILL)
    say("## Start to first full screen")
    say()
    say(f"Until a busy process is in the painted table; medians of {rounds} starts, worst beside it.")
    say()
    say("| tool | median | worst |")
    say("|---|---:|---:|")
    for name, _ in tools:
        good = [x for x in got[name] if x is not None]
        if good:
            say(f"| {name} | {statistics.median(good):.0f} ms | {max(good):.0f} ms |")
        else:
            say(f"| {name} | – | – |")
    say()
    good = [x for x in got["ctop-trace"] if x is not None]
    target("start to first full screen", 200, "ms", statistics.median(good) if good else None)


# --- keys ---

def bench_keys():
    presses = 20 if QUICK else 60
    load = spawn([PROCS, "storm", "2000000000", str(os.cpu_count())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                 text=True)
    load.stdout.readline()
    load.stdin.write("\n")
    load.stdin.flush()
    say("## Keys under full load")
    say()
    say(f"Every CPU is in a loop of system calls. Time from a key (down, up) to the first byte of the answer; {presses} presses "
        "at irregular times, 2 s interval.")
    say()
    say("| view | median | 90 % | worst |")
    say("|---|---:|---:|---:|")
    for view in ("processes", "files"):
        t = Terminal([PROGRAM, "-v", view, "-d", "2"])
        t.read_until(time.monotonic() + 3)
        took = []
        for i in range(presses):
            # until it is silent: what comes next is the answer
            while t.read_until(time.monotonic() + 0.03):
                pass
            t.read_until(time.monotonic() + 0.011 * (i % 7))
            t0 = time.monotonic()
            t.send(b"\033[B" if i % 2 == 0 else b"\033[A")
            if t.read_until(t0 + 2, lambda d: True):
                took.append((time.monotonic() - t0) * 1000)
        t.close()
        took.sort()
        if len(took) > presses // 2:
            say(f"| {view} | {statistics.median(took):.1f} ms | {took[int(len(took) * 0.9)]:.1f} ms | {took[-1]:.1f} ms |")
            target(f"a key answered under full load, {view}, worst", 50, "ms", took[-1])
        else:
            say(f"| {view} | – | – | {presses - len(took)} unanswered |")
    end(load, signal.SIGKILL)
    say()


# --- answers ---

def bench_answers():
    """A filter typed, a view switched: from the key to the answer on the screen."""
    rounds = 5 if QUICK else 15
    conns = spawn([CONNS, "50000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    conns.stdout.readline()
    load = Load("sleepers", 10000).go()
    worst = {}

    def main_cpu(t):
        with open(f"/proc/{t.pid}/task/{t.pid}/schedstat") as f:
            return int(f.read().split()[0]) / 1e6

    def answer(t, keys):
        """(milliseconds until the last byte before it is silent, CPU milliseconds)"""
        while t.read_until(time.monotonic() + 0.05, lambda d: True):
            pass
        c0, t0 = main_cpu(t), time.monotonic()
        t.send(keys)
        last = math.inf
        while t.read_until(time.monotonic() + (0.15 if last < math.inf else 5), lambda d: True):
            last = time.monotonic() - t0
        return last * 1000, main_cpu(t) - c0

    def measure(t, view, what, keys, undo):
        took = []
        for _ in range(rounds):
            took.append(answer(t, keys))
            answer(t, undo)
        wall, cpu = (sorted(x) for x in zip(*took))
        say(f"| {view} | {what} | {statistics.median(wall):.0f} ms | {wall[-1]:.0f} ms | {statistics.median(cpu):.0f} ms |")
        kind = "a view switched" if what == "switched to" else "a filter typed"
        worst[kind] = max(worst.get(kind, 0), statistics.median(wall))

    say("## Answers with 10,000 processes and 50,000 connections")
    say()
    say(f"Time from a key to the last byte of the answer on the screen, and the CPU it took; {rounds} times each, 2 s interval.")
    say()
    say("| view | | median | worst | CPU |")
    say("|---|---|---:|---:|---:|")
    for view in ("processes", "connections"):
        t = Terminal([PROGRAM, "-v", view, "-d", "2"], rows=50, columns=160)
        t.read_until(time.monotonic() + 6)
        answer(t, b"\\")
        measure(t, view, "a letter of a text filter", b"s", b"\x7f")
        answer(t, b"s")
        measure(t, view, "the next letter", b"l", b"\x7f")
        answer(t, b"\x15")
        for c in b"proc.name != ":
            answer(t, bytes([c]))
        answer(t, b"x")  # a filter from here on
        measure(t, view, "a letter of an expression", b"y", b"\x7f")
        t.close()
    for view, key, other in (("connections", b"4", b"1"), ("processes", b"1", b"4")):
        t = Terminal([PROGRAM, "-v", "connections" if key == b"1" else "processes", "-d", "2"], rows=50, columns=160)
        t.read_until(time.monotonic() + 6)
        measure(t, view, "switched to", key, other)
        t.close()
    say()
    for what, took in worst.items():
        target(f"{what}, key to answer, 10,000 processes and 50,000 connections", 50, "ms", took)
    end(conns, signal.SIGKILL)
    load.end()
