# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers of real runtimes have the names, images and amounts that the runtime's own tool and the load report."""
import os
import time

import runtimes
from cases import Failure, case, wait_for
from case_spy import Spy
from monitor import Monitor

VIEWS = ["--views", os.path.join(os.path.dirname(os.path.abspath(__file__)), "views.json")]
BYTES = ("evt.buflen.net.in", "evt.buflen.net.out")


def latest(m, full_id, ready=lambda row: True):
    """The newest row of a container; waits for one."""
    def find():
        for line in reversed([l for l in m.lines if l]):
            for row in line.get("rows", ()):
                if row.get("container.full_id") == full_id and ready(row):
                    return row
        return None
    return find()


def same_identity(ctx, row, c):
    if row is None:
        ctx.fail(f"{c.kind}: container {c.name} is not listed")
        return
    ctx.equal(row["container.name"], c.name, f"{c.kind}: name")
    ctx.equal(row["container.type"], c.kind, f"{c.kind}: type")
    ctx.equal(row["container.image"], c.image, f"{c.kind}: image")
    if c.image:
        ctx.equal(row["container.image.tag"], c.image.rsplit(":", 1)[1], f"{c.kind}: tag")
    if c.image_id:
        ctx.equal(row["container.image.id"], c.image_id[:12], f"{c.kind}: image id")
    have = dict(p.split("=", 1) for p in (row["container.labels"] or "").split(",") if "=" in p)
    for key, value in c.labels.items():
        ctx.equal(have.get(key), value, f"{c.kind}: label {key}")
    ctx.check(row["container.privileged"] in ((False, None) if c.kind != "lxc" else (True,)),
              f"{c.kind}: privileged is {row['container.privileged']}")
    with open(f"/proc/{c.pid}/stat") as f:
        ticks = int(f.read().rsplit(")", 1)[1].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    start = (time.time() - age) * 1e9
    ctx.within(row["container.start_ts"], start - 1e8, start + 1e8, f"{c.kind}: start")
    asked = row["container.start_ts"] + row["container.duration"]
    ctx.within(asked, start, time.time() * 1e9 + 1e8, f"{c.kind}: start and duration make the time of the sample")


def same_amounts(ctx, m, facts, c):
    """The load wrote its file with one call a block, sent it, and got it back."""
    size = 4096 * c.blocks
    got = m.sums(("container.full_id",), BYTES).get((c.full_id,))
    ctx.equal(got, (size, size), f"{c.kind} {c.name}: bytes from and to the network")
    calls = facts.sums(("container.full_id", "proc.name", "evt.type"), ("evt.count", "evt.buflen.out"),
                       [r for r in facts.rows() if (r["fd.name"] or "").endswith("/tmp/data")])
    ctx.equal(calls.get((c.full_id, "dd", "write")), (c.blocks, size), f"{c.kind} {c.name}: writes of its file")
    turns = m.sums(("container.full_id",), ("thread.exectime",)).get((c.full_id,), (0,))[0]
    ctx.check(turns > c.blocks * 500 * 100, f"{c.kind} {c.name}: CPU time {turns} ns")
    cpu, _ = c.said
    if cpu is not None:  # what the runtime's own processes use before they are inside is charged there, too
        ctx.within(turns, cpu * 0.9 - 3e7, cpu * 1.05 + 3e7, f"{c.kind} {c.name}: CPU time by its own tool")


def two_containers(ctx, kind):
    rootfs = runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs"))
    rt = kind(ctx, rootfs)
    m = Monitor(ctx, "rt-containers", interval=0.4, options=VIEWS)
    facts = Monitor(ctx, "rt-files", interval=0.4, options=VIEWS)
    both = [rt.start("rt-web", 23), rt.start("rt-db", 31)]
    for c in both:
        c.wait_done()
    m.settle()
    facts.settle()
    m.wait_interval(2)  # those that ended are no longer counted
    for c in both:
        row = latest(m, c.full_id)
        same_identity(ctx, row, c)
        c.said = rt.usage(c)
        if c.said[1] is not None:
            ctx.equal((row or {}).get("proc.pid"), c.said[1], f"{c.kind} {c.name}: processes by its own tool")
    m.settle()
    m.stop()
    facts.stop()
    for c in both:
        same_amounts(ctx, m, facts, c)
        # from the first interval on that lists it
        names = [r["container.name"] for r in m.rows() if r["container.full_id"] == c.full_id]
        ctx.check(names and set(names) <= {c.name}, f"{c.kind}: names over time {names}")
    ctx.equal(m.health().get("lost", 0), 0, "lost")
    return rt, both


def restarted_and_replaced(ctx, rt):
    """A restart keeps the id and is a new start; a name taken again by another container is that one's."""
    m = Monitor(ctx, "rt-containers", interval=0.5, options=VIEWS)
    c = rt.start("rt-again", 3)
    c.wait_done()
    m.settle()
    first = latest(m, c.full_id)
    rt.restart("rt-again")
    time.sleep(1)
    m.settle()
    second = latest(m, c.full_id)
    ctx.equal([first["container.name"], second["container.name"]], ["rt-again"] * 2, "name before and after a restart")
    ctx.check(second["container.start_ts"] > first["container.start_ts"] + 1e8,
              f"start: {first['container.start_ts']}, after a restart {second['container.start_ts']}")
    rt.remove("rt-again")
    d = rt.start("rt-again", 4)
    d.wait_done()
    m.settle()
    same_identity(ctx, latest(m, d.full_id), d)
    m.stop()
    last = m.intervals()[-1]["rows"]
    ctx.check(not any(r["container.full_id"] == c.full_id for r in last), "the old one is gone")
    # its load ran twice: before and after the restart
    got = m.sums(("container.full_id",), BYTES)
    ctx.equal(got.get((d.full_id,)), (4 * 4096, 4 * 4096), "bytes of the new one")
    ctx.equal(got.get((c.full_id,)), (2 * 3 * 4096, 2 * 3 * 4096), "bytes of the old one")


@case(needs="bpf", timeout=180)
def podman(ctx):
    rt, _ = two_containers(ctx, runtimes.Podman)
    renamed_and_short(ctx, rt)
    restarted_and_replaced(ctx, rt)


@case(needs="bpf", timeout=180)
def podman_rootless(ctx):
    two_containers(ctx, runtimes.PodmanOfUser)


@case(needs="bpf", timeout=180)
def docker(ctx):
    rt, _ = two_containers(ctx, runtimes.Docker)
    renamed_and_short(ctx, rt)
    restarted_and_replaced(ctx, rt)


@case(needs="bpf", timeout=180)
def containerd(ctx):
    rt, both = two_containers(ctx, runtimes.Containerd)
    # the same id again is another container
    rt.remove("rt-web")
    m = Monitor(ctx, "rt-containers", interval=0.5, options=VIEWS)
    c = rt.start("rt-web", 7)
    c.wait_done()
    m.settle()
    same_identity(ctx, latest(m, "rt-web"), c)
    m.stop()


@case(needs="bpf", timeout=180)
def runc(ctx):
    two_containers(ctx, runtimes.Runc)


@case(needs="bpf", timeout=180)
def crun(ctx):
    two_containers(ctx, runtimes.Crun)


@case(needs="bpf", timeout=180)
def lxc(ctx):
    two_containers(ctx, runtimes.Lxc)


@case(needs="bpf", timeout=180)
def nspawn(ctx):
    two_containers(ctx, runtimes.Nspawn)


def renamed_and_short(ctx, rt):
    m = Monitor(ctx, "rt-containers", interval=1.5, options=VIEWS)
    rt.rename("rt-db", "rt-other")
    wait_for("the new name", lambda: any(r["container.name"] == "rt-other" for r in m.rows()), 15)
    # made, run and removed between two samples
    c = rt.short("rt-short")
    m.settle()
    m.stop()
    rows = [r for r in m.rows() if r["container.name"] == "rt-short"]
    ctx.check(rows, f"{c}: a container of a moment has its name; there are "
              f"{sorted({r['container.name'] for r in m.rows()})}")
    ctx.equal({r["container.image"] for r in rows}, {runtimes.IMAGE}, f"{c}: its image")
    # what runc writes while it sets the container up counts as well
    ctx.within(sum(r["evt.buflen.file.out"] for r in rows), 3 * 4096, 3 * 4096 + 64, f"{c}: its bytes")


@case(needs="bpf", timeout=180)
def filters_by_name_and_image(ctx):
    rt = runtimes.Podman(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    both = [rt.start("rt-web", 5), rt.start("rt-db", 6)]
    for words, want in ((("container.name=rt-web",), {"rt-web"}), (("container.image", "contains", "load"),
                        {"rt-web", "rt-db"}), (("container.image.tag=2.1", "and", "container.name!=rt-web"), {"rt-db"})):
        m = Monitor(ctx, "rt-containers", *words, interval=0.5, options=VIEWS)
        m.wait_interval(2)
        m.stop()
        ctx.equal({r["container.name"] for r in m.rows()}, want, " ".join(words))
    # both by their image
    m = Monitor(ctx, "images", "container.image.tag=2.1", interval=0.5)
    for name in ("rt-web", "rt-db"):
        rt.run_in(name, "dd", "if=/dev/zero", "of=/tmp/more", "bs=512", "count=90").wait()
    m.settle()
    m.wait_interval(2)
    m.stop()
    last = m.intervals()[-1]["rows"]
    ctx.equal([(r["container.image"], r["container.image.id"], r["container.id"]) for r in last],
              [(runtimes.IMAGE, both[0].image_id[:12], 2)], "the image, its id, its containers")
    ctx.equal(last[0]["evt.count.procinfo"], sum(rt.usage(c)[1] for c in both), "processes, by the runtime's own tool")
    moved = m.sums(("container.image",), ("evt.buflen.file",))[(runtimes.IMAGE,)][0]
    # and what runc does on the way in
    ctx.within(moved, 2 * 2 * 90 * 512, 2 * 2 * 90 * 512 + 2 * 65536, "bytes read and written in both")


@case(needs="bpf", timeout=180)
def charges_and_limits(ctx):
    """A quota and a memory limit that the runtime was given, and what the kernel does with them."""
    rt = runtimes.Podman(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    # the last one wins: the image's load is not run
    c = rt.start("rt-limited", 1, "--memory=64m", "--cpu-quota=20000", "--cpu-period=100000", "--pids-limit=50")
    c.wait_done()
    m = Monitor(ctx, "rt-charges", interval=1, options=VIEWS)
    burn = rt.run_in("rt-limited", "sh", "-c", "while :; do :; done")
    m.wait_interval(4)
    rows = [r for r in m.rows() if r["container.full_id"] == c.full_id]
    ctx.cleanup(burn.wait)
    ctx.cleanup(burn.kill)
    row = rows[-1]
    ctx.equal(row["cgroup.cpu.max"], 20.0, "quota")
    ctx.within(row["cgroup.cpu"], 14, 24, "charged CPU")
    ctx.within(row["cgroup.cpu.used"], 70, 120, "charged CPU of the quota")
    ctx.within(row["thread.cpu"], row["cgroup.cpu"] - 6, row["cgroup.cpu"] + 6, "CPU of its threads")
    ctx.check(row["cgroup.cpu.throttled"] > 2e8, f"throttled for {row['cgroup.cpu.throttled']} ns")
    ctx.equal(row["cgroup.memory.max"], 64 << 20, "memory limit")
    ctx.within(row["cgroup.memory"], 1 << 16, 64 << 20, "memory")
    ctx.check(abs(row["cgroup.memory.used"] - row["cgroup.memory"] / (64 << 20) * 100) < 0.01, "of the limit")
    ctx.equal(row["cgroup.memory.oom_kills"], 0, "OOM kills")
    # the controller may be missing (hybrid hosts); what it says must be right
    if row["cgroup.pids.max"] is not None:
        ctx.equal(row["cgroup.pids.max"], 50, "pids limit")
        ctx.equal(row["cgroup.pids"], 2, "pids")
    eat = rt.run_in("rt-limited", "sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1")
    eat.wait()
    m.wait_interval(2)
    rows = [r for r in m.rows() if r["container.full_id"] == c.full_id]
    ctx.check(rows[-1]["cgroup.memory.oom_kills"] >= 1, f"OOM kills: {rows[-1]['cgroup.memory.oom_kills']}")
    m.stop()


@case(needs="bpf", timeout=180)
def spy_by_name(ctx):
    """The kernel decides by cgroup: calls of other containers do not even pass its filter."""
    rt = runtimes.Podman(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    both = [rt.start("rt-web", 5), rt.start("rt-db", 6)]
    for c in both:
        c.wait_done()
    spy = Spy(ctx, "dig", "container.name=rt-web and container.image contains load")
    for name in ("rt-web", "rt-db"):
        rt.run_in(name, "dd", "if=/dev/zero", "of=/tmp/spied", "bs=512", "count=9").wait()
    events = spy.stop().events()
    ctx.equal({e["container"] for e in events}, {both[0].full_id[:12]}, "containers seen")
    writes = [e for e in events if e["comm"] == "dd" and e["type"] == "write" and e["rawres"] == 512]
    ctx.equal(len(writes), 9, f"writes of its dd among {len(events)} events")
    # made, run and removed after the spy began: by its name, from its first call on
    spy = Spy(ctx, "dig", "container.name=rt-late and container.image contains load", interval=1)
    rt.short("rt-late")
    events = spy.stop().events()
    ctx.equal(len({e["container"] for e in events}), 1, "containers seen that started later")
    writes = [e for e in events if e["comm"] == "dd" and e["type"] == "write" and e["rawres"] == 4096]
    ctx.equal(len(writes), 3, f"writes of one that started later, among {len(events)} events")
    ctx.check(any(e["type"] == "execve" for e in events), "its first calls")
