# SPDX-License-Identifier: GPL-2.0-or-later
"""Mixed load with churn for a while: every total equal, memory flat, no map growing. SOAK=SECONDS (20; 8 with sanitizers)."""
import os
import shutil
import time

from cases import SANITIZED, case
from monitor import Monitor, Workload, amount

SECOND_TRY = False

SECONDS = int(os.environ.get("SOAK", "8" if SANITIZED else "20"))
FIELDS = ("evt.count", "evt.buflen.in", "evt.buflen.out")


def add(into, key, values):
    into[key] = tuple(a + b for a, b in zip(into.get(key, (0, 0, 0)), values))


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def map_memory(pid):
    """Bytes of the BPF maps that a process holds."""
    total = 0
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{fd}") as f:
                info = dict(line.split(":", 1) for line in f if ":" in line)
        except OSError:
            continue  # closed since
        if "map_type" in info:
            total += int(info.get("memlock", 0))
    return total


@case(needs="bpf", timeout=SECONDS + 120, plain=True)
def mixed_load(ctx):
    views = ["--views", "tests/e2e/views.json", "--max-facts", "262144"]  # others use the machine, too
    by_pid, by_name, by_task, parents = {}, {}, {}, set()

    def fold_calls(line):
        for row in line["rows"]:
            v = tuple(amount(row, f) for f in FIELDS)
            # children of the mixed load are told apart by nothing but their name; the others are looked up by pid
            name = row["proc.name"]
            if row["proc.pid"] in parents and name in ("net", "procs"):
                continue  # the program that watches a worker; its pid may be another's later
            key, into = ((name, row["evt.type"]), by_name) if name == "wl-mixed" else \
                ((row["proc.pid"], row["evt.type"]), by_pid)
            add(into, key, v)

    def fold_tasks(line):
        for row in line["rows"]:
            add(by_task, row["proc.name"], tuple(amount(row, f) for f in FIELDS))

    # a process that has just been forked may be seen under its parent's name: these are watched, too
    names = ("wl-mixed", "wl-threads", "wl-tcp4", "wl-server", "net", "procs")
    words = " or ".join(f"proc.name={n}" for n in names)
    calls = Monitor(ctx, "e2e-calls", words, interval=1, options=views, fold=fold_calls)
    tasks = Monitor(ctx, "e2e-totals", "proc.name=wl-mixed", interval=0.5, options=views, fold=fold_tasks)
    end = time.monotonic() + SECONDS
    mixed = Workload(ctx, "procs", "mixed", ctx.dir, SECONDS, 10**7)
    mixed.go()
    want, memory, maps = {}, [], []
    rounds = 0
    while time.monotonic() < end - 1:
        for w in (Workload(ctx, "procs", "threads", 40, 200), Workload(ctx, "net", "tcp4", 3, 10)):
            parents.add(w.process.pid)
            w.run()
            for r in w.rows():
                add(want, (r["pid"], r["call"]), (r["calls"], r["in"], r["out"]))
        rounds += 1
        memory.append((resident(calls.process.pid), resident(tasks.process.pid)))
        maps.append(map_memory(calls.process.pid))
        time.sleep(0.2)
    mixed.finish(60)
    calls.settle()
    tasks.settle()
    ctx.equal((calls.stop(), tasks.stop()), (0, 0), "exit status")
    ctx.check(rounds >= SECONDS / 5, f"{rounds} rounds in {SECONDS} s")
    load = mixed.sums(lambda r: ("wl-mixed", r["call"]))
    ctx.equal_maps(by_name, load, "mixed load, per call")
    ctx.equal_maps(by_pid, want, f"threads and connections of {rounds} rounds, per process and call")
    of_mixed = tuple(sum(v) for v in zip(*by_name.values()))
    ctx.equal(by_task.get("wl-mixed"), of_mixed, "per-thread counters against facts")
    ctx.equal((calls.health().get("coarse"), calls.health().get("unstored")), (0, 0), "health: coarse, unstored")
    if SANITIZED:
        return  # keeps what was freed
    third = max(1, len(memory) // 3)
    for i, name in enumerate(("facts", "per-thread counters")):
        # the first third is for warming up: caches and the allocator take what they need
        early, late = max(m[i] for m in memory[third:-third]), max(m[i] for m in memory[-third:])
        ctx.check(late < early * 1.25 + (8 << 20), f"memory with {name}: {early >> 20} MB early, {late >> 20} MB late")
    early, late = max(maps[third:-third]), max(maps[-third:])
    ctx.check(late <= early * 1.25 + (4 << 20), f"maps: {early} bytes early, {late} late")


@case(needs="bpf", timeout=SECONDS + 120, plain=True)
def files_used_once(ctx):
    """Thousands of files that nobody touches again: their names go, and memory with them."""
    m = Monitor(ctx, "files", interval=0.1, fold=lambda line: None)
    memory, maps, files = [], [], 0
    end = time.monotonic() + (0 if SANITIZED else max(SECONDS / 2, 20))
    while time.monotonic() < end or (files <= 5000 and time.monotonic() < end + 60):
        where = os.path.join(ctx.dir, str(len(memory)))
        os.mkdir(where)
        w = Workload(ctx, "files", "many", where, 700, 1).run()
        files += len({r["name"] for r in w.rows() if r["name"]})
        ctx.cleanups.pop()  # it has ended
        shutil.rmtree(where)
        memory.append(resident(m.process.pid))
        maps.append(map_memory(m.process.pid))
        time.sleep(0.05)
    m.settle()
    ctx.equal(m.stop(), 0, "exit status")
    ctx.check(files > 5000, f"{files} files")
    if SANITIZED:
        return  # keeps what was freed
    half = len(memory) // 2
    early, late = max(memory[half // 2:half]), max(memory[half:])
    ctx.check(late < early * 1.1 + (4 << 20), f"memory: {early >> 20} MB early, {late >> 20} MB late, {files} files")
    ctx.check(max(maps[half:]) <= max(maps[:half]) * 1.1 + (2 << 20), f"maps: {max(maps[:half])} bytes early, {max(maps[half:])} late")
