# SPDX-License-Identifier: GPL-2.0-or-later
"""Mixed load with churn for a while: every total equal, memory flat, no map growing. SOAK=SECONDS (30)."""
import os
import time

from cases import case
from monitor import Monitor, Workload

SECONDS = int(os.environ.get("SOAK", "30"))
FIELDS = ("evt.count", "evt.buflen.in", "evt.buflen.out")


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def map_memory(pid):
    """Bytes of the BPF maps that a process holds."""
    total = 0
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        with open(f"/proc/{pid}/fdinfo/{fd}") as f:
            info = dict(line.split(":", 1) for line in f if ":" in line)
        if "map_type" in info:
            total += int(info.get("memlock", 0))
    return total


@case(needs="bpf", timeout=SECONDS + 120)
def mixed_load(ctx):
    views = ["--views", "tests/e2e/views.json"]
    facts = Monitor(ctx, "e2e-calls", "proc.name=wl-mixed", "or", "proc.name=wl-threads", "or", "proc.name=wl-tcp4", "or",
                    "proc.name=wl-server", interval=1, options=views)
    totals = Monitor(ctx, "e2e-totals", "proc.name=wl-mixed", "or", "proc.name=wl-threads", interval=0.5, options=views)
    end = time.monotonic() + SECONDS
    mixed = Workload(ctx, "procs", "mixed", ctx.dir, SECONDS, 10**7)
    mixed.go()
    want, memory, maps = {}, [], []
    rounds = 0
    while time.monotonic() < end - 1:
        for w in (Workload(ctx, "procs", "threads", 40, 200), Workload(ctx, "net", "tcp4", 3, 10)):
            w.run()
            for r in w.rows():
                old = want.get((r["comm"][:11], r["call"]), (0, 0, 0))
                want[(r["comm"][:11], r["call"])] = (old[0] + r["calls"], old[1] + r["in"], old[2] + r["out"])
        rounds += 1
        # what earlier intervals held is summed as it comes, so that the test's own memory stays small
        memory.append((resident(facts.process.pid), resident(totals.process.pid)))
        maps.append(map_memory(facts.process.pid))
        time.sleep(0.2)
    mixed.finish(60)
    facts.settle()
    totals.settle()
    ctx.equal((facts.stop(), totals.stop()), (0, 0), "exit status")
    got = facts.sums(("proc.name", "evt.type"), FIELDS)
    load = mixed.sums(lambda r: ("wl-mixed", r["call"]), only=lambda r: r["comm"] == "wl-mixed" or r["pid"] == 0)
    ctx.equal_maps(got, load, "mixed load, per call")
    expected = {}
    for (comm, call), v in want.items():
        name = "wl-threads" if comm.startswith("wl-t-") else comm
        old = expected.get((name, call), (0, 0, 0))
        expected[(name, call)] = tuple(a + b for a, b in zip(old, v))
    ctx.equal_maps(got, expected, f"threads and connections of {rounds} rounds, per call")
    by_task = {k[0]: v for k, v in totals.sums(("proc.name",), FIELDS).items()}
    by_fact = facts.sums(("proc.name",), FIELDS)
    for name in ("wl-mixed", "wl-threads"):
        ctx.equal(by_task.get(name), by_fact.get((name,)), f"{name}: per-thread counters against facts")
    ctx.equal((facts.health().get("coarse"), facts.health().get("unstored")), (0, 0), "health")
    third = max(1, len(memory) // 3)
    for i, name in enumerate(("facts", "totals")):
        early, late = max(m[i] for m in memory[:third]), max(m[i] for m in memory[-third:])
        ctx.check(late < early * 1.25 + (4 << 20), f"memory of {name}: {early >> 20} MB early, {late >> 20} MB late")
    ctx.check(max(maps[-third:]) <= max(maps[:third]) * 1.05 + (1 << 20), f"maps: {maps[:third]} … {maps[-third:]}")
