# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to look for the files of containers whose runtime keeps none here; counted by another one of us."""
import json
import os
import subprocess

from case_containers import Cgroup, hex_id
from cases import Skip, case, wait_for
from monitor import Monitor, end_process
from runtimes import DOCKER, docker_containers

PLACES = ("/var/lib/docker", "/run/containerd", "/var/lib/containers", "/run/containers", "/run/runc", "/run/crun")
VIEWS = ["--views", "tests/e2e/views.json"]


def sleepers(ctx, shapes):
    for shape in shapes:
        cg = Cgroup(ctx, shape)
        ctx.cleanup(end_process, subprocess.Popen([*cg.prefix(), "sleep", "1000"], stdin=subprocess.DEVNULL))


@case(needs="bpf", timeout=90)
def files_that_are_not_there(ctx):
    """A dozen containers nobody knows: looked for at first, then ever more seldom; found at once when there is something."""
    if any(os.path.exists(p) and os.listdir(p) for p in PLACES):
        raise Skip("a runtime has files here")
    sleepers(ctx, [f"docker/{hex_id(600 + i)}" for i in range(6)] + [f"lookups-{i}" for i in range(6)])
    m = Monitor(ctx, "rt-containers", interval=0.5, options=["--views", "tests/runtimes/views.json"])
    probe = Monitor(ctx, "e2e-calls", f"proc.pid={m.process.pid} and evt.type in (openat2, openat) and evt.failed=true",
                    interval=1, options=VIEWS)
    probe.wait_interval(3)
    first = len(probe.intervals())
    probe.wait_interval(6)
    later = probe.intervals()[first:first + 6]
    failed = sum(r["evt.count"] for l in later for r in l["rows"])
    seconds = sum(l["interval"] for l in later)
    ctx.within(failed / seconds, 0, 40, f"failing calls a second ({failed} in {seconds:.1f} s)")
    ctx.check(seconds > 5 and failed, "they are counted at all")
    # its runtime comes to life: what waits for a minute is looked at
    docker_containers(ctx)
    for i in range(6):
        full = hex_id(600 + i)
        os.mkdir(f"{DOCKER}/{full}")
        with open(f"{DOCKER}/{full}/config.v2.json", "w") as f:
            json.dump({"ID": full, "Name": f"/late-{i}", "Config": {"Image": "late:1"}}, f)

    def names():
        lines = [l for l in m.lines if l]
        return {r["container.name"] for r in lines[-1]["rows"] if (r["container.name"] or "").startswith("late-")}
    wait_for("names", lambda: len(names()) == 6, 8)
    probe.stop()
    m.stop()
