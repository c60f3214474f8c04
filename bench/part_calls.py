# SPDX-License-Identifier: GPL-2.0-or-later
"""What each system call takes longer while something watches."""
import shutil
import statistics
import subprocess
import time

from measure import BPFTRACE, BUILD, PROGRAM, QUICK, after_line, drain, end, say, spawn, target

LOOP = f"{BUILD}/bench/loop"
COUNTING = "ctop-trace, Processes (counting)"
FACTS = "ctop-trace, Files (objects, bytes, latency)"
TWO_MAP = "textbook two-map latency"
PROBE = [f"{BUILD}/bench/probe", f"{BUILD}/bench/probe.bpf.o"]


class Subject:
    """Something that watches system calls while a loop makes them."""

    def __init__(self, name, argv=None, wrap=None, ready=None, settle=0.3):
        self.name, self.argv, self.wrap, self.ready, self.settle = name, argv, wrap, ready, settle

    def missing(self):
        argv = self.argv or self.wrap
        return argv and shutil.which(argv[0]) is None

    def begin(self):
        if not self.argv:
            return None
        p = spawn(self.argv, stdout=subprocess.PIPE if self.ready else subprocess.DEVNULL)
        if self.ready:
            self.ready(p)
            if self.ready is after_line and "ctop" in self.argv[0]:
                # keep reading: it must not wait for us
                drain(p)
        time.sleep(self.settle)
        return p

def subjects():
    def monitor(view):
        return [PROGRAM, "-b", "--format", "csv", "-v", view, "-d", "1"]
    return [
        Subject("nothing"),
        Subject("empty sys_exit hook", PROBE + ["exit"], ready=after_line),
        Subject("empty sys_enter and sys_exit hooks", PROBE + ["pair"], ready=after_line),
        Subject("the same with a clock in each, the least for a latency", PROBE + ["least"], ready=after_line),
        Subject(TWO_MAP, PROBE + ["twomap"], ready=after_line),
        Subject(COUNTING, monitor("processes"), ready=after_line, settle=1.2),
        Subject(FACTS, monitor("files"), ready=after_line, settle=1.2),
        Subject("ctop-trace, System calls (the same facts)", monitor("syscalls"), ready=after_line, settle=1.2),
        Subject("bpftrace one-line counter", ["bpftrace", "-e", BPFTRACE], ready=after_line, settle=1),
        Subject("perf trace -s", ["perf", "trace", "-s", "-a", "-o", "/dev/null"], settle=1.5),
        Subject("strace -c -f", wrap=["strace", "-c", "-f", "-o", "/dev/null"]),
    ]


def loop_ns(kind, ms, wrap=()):
    out = subprocess.run([*wrap, LOOP, kind, str(ms)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                         timeout=60)
    return float(out.stdout)


def bench_calls():
    rounds = 9 if QUICK else 15
    ms = 150 if QUICK else 250
    kinds = ("getppid", "read")
    all_subjects = [s for s in subjects() if not s.missing()]
    left_out = [s.name for s in subjects() if s.missing()]
    added = {(s.name, k): [] for s in all_subjects for k in kinds}
    bare = {k: [] for k in kinds}
    for _ in range(rounds):
        for s in all_subjects:
            # each next to its own baseline, so that a machine that slows down slows both
            before = {k: loop_ns(k, ms) for k in kinds}
            p = s.begin()
            with_it = {k: loop_ns(k, ms, s.wrap or ()) for k in kinds}
            if p:
                end(p)
            after = {k: loop_ns(k, ms) for k in kinds}
            for k in kinds:
                base = (before[k] + after[k]) / 2
                bare[k].append(base)
                added[(s.name, k)].append(with_it[k] - base)
    say("## Cost of a system call")
    say()
    say(f"Nanoseconds that each call takes longer while the tool watches, in a tight loop on one CPU. Bare: getppid "
        f"{statistics.median(bare['getppid']):.0f} ns, one-byte read of /dev/zero {statistics.median(bare['read']):.0f} ns. "
        f"Medians of {rounds} rounds; in each round every tool runs between two baselines of its own.")
    say()
    say("| watched by | getppid, ns added | read, ns added | × empty exit hook |")
    say("|---|---:|---:|---:|")
    unit = statistics.median(added[("empty sys_exit hook", "getppid")])
    for s in all_subjects:
        med = {k: round(statistics.median(added[(s.name, k)])) for k in kinds}
        times = f"{med['getppid'] / unit:.1f}" if s.argv or s.wrap else ""
        say(f"| {s.name} | {med['getppid']} | {med['read']} | {times} |")
    say()
    say("A latency needs both hooks and a clock in each, so no tool can do with less than the row that says so, whatever it counts "
        "with; a target below that row, or below the empty hook, cannot be met where hooks and clocks cost what they cost here.")
    say()

    def worst(name):
        return max(statistics.median(added[(name, k)]) for k in kinds)
    counting, facts = worst(COUNTING), worst(FACTS)
    of_two_map = max(statistics.median(added[(FACTS, k)]) / statistics.median(added[(TWO_MAP, k)]) for k in kinds)
    target("counting by process, added to a call", 20, "ns", counting)
    target("counting by process, of an empty exit hook", 2, "×", statistics.median(added[(COUNTING, "getppid")]) / unit)
    target("full facts, added to a call", 150, "ns", facts)
    target("full facts, of the textbook's two maps", 0.5, "×", of_two_map)
    peers = [s.name for s in all_subjects if s.name.startswith(("bpftrace", "perf", "strace"))]
    if peers:
        target("counting by process, of the cheapest peer", 1, "×", counting / min(map(worst, peers)))
        target("full facts, of the cheapest peer", 1, "×", facts / min(map(worst, peers)))
    if left_out:
        say(f"Not installed, so not measured: {', '.join(left_out)}.")
        say()
