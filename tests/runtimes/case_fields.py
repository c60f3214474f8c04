# SPDX-License-Identifier: GPL-2.0-or-later
"""Every container.* field of a real container against what its engine's own tool says; missing where that says nothing."""
import json
import os
import time

import runtimes
from cases import case, run_command, wait_for
from monitor import Monitor

VIEWS = ["--views", os.path.join(os.path.dirname(os.path.abspath(__file__)), "views.json")]


def engine(ctx, kind, health):
    rt = kind(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    data = os.path.join(ctx.dir, "data")
    os.mkdir(data)
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"] if kind is runtimes.Podman else []
    base = rt.base() + ["run", "-d", "--network=none", *limits, "--label", "b=2", "--label", "a=1"]
    run_command(*base, "--name", "rt-web", "-v", f"{data}:/data:ro", *health, runtimes.IMAGE, "sleep", "1000", timeout=60)
    # which a test machine need not allow
    root = run_command(*base, "--name", "rt-root", "--privileged", runtimes.IMAGE, "sleep", "1000", timeout=60,
                       check=False).returncode == 0
    # fails twice, then stays
    run_command(*base, "--name", "rt-again", "--restart=on-failure:9", "-v", f"{data}:/data", runtimes.IMAGE, "sh", "-c",
                "echo x >> /data/n; [ $(wc -l < /data/n) -gt 2 ] && exec sleep 1000; exit 1", timeout=60)

    def said(name):
        return json.loads(run_command(*rt.base(), "inspect", name).stdout)[0]
    wait_for("two restarts", lambda: said("rt-again")["State"]["Running"] and said("rt-again")["RestartCount"] == 2, 40)
    m = Monitor(ctx, "rt-fields", interval=0.5, options=VIEWS)

    def row(name, ready=lambda r: True):
        return next((r for l in reversed([l for l in m.lines if l]) for r in l.get("rows", ())
                     if r["container.name"] == name and ready(r)), None)
    web = wait_for("its row", lambda: row("rt-web"), 20)
    told = said("rt-web")
    ctx.equal(web["container.full_id"], told["Id"], "full id")
    ctx.equal(web["container.id"], told["Id"][:12], "id")
    ctx.equal(web["container.image"], runtimes.IMAGE, "image")
    ctx.equal(web["container.image.tag"], "2.1", "tag")
    ctx.equal(web["container.image.id"], told["Image"].split(":")[-1][:12], "image id")
    ctx.equal(web["container.privileged"], False, "privileged")
    ctx.check({"a=1", "b=2"} <= set(web["container.labels"].split(",")), f"labels: {web['container.labels']}")
    ctx.check(f"{data}:/data" in web["container.mounts"], f"mounts: {web['container.mounts']}")
    ctx.equal(web["container.ip"], None, "an address that there is not")
    ctx.equal(web["container.restarts"], 0, "restarts of one that ran on")
    age = time.time() * 1e9 - web["container.start_ts"]
    ctx.within(age, 0, 120e9, "start")
    ctx.within(web["container.duration"], age - 20e9, age + 1e9, "age")
    if root:
        ctx.equal(wait_for("the privileged one", lambda: row("rt-root"), 20)["container.privileged"], True, "privileged one")
    again = wait_for("restarts", lambda: row("rt-again", lambda r: r["container.restarts"] == 2), 20)
    ctx.equal(again["container.restarts"], said("rt-again")["RestartCount"], "restarts")
    ctx.equal(again["container.health"], None, "health without a check")
    if health:
        wait_for("unhealthy", lambda: row("rt-web", lambda r: r["container.health"] == "unhealthy"), 30)
        ctx.equal(said("rt-web")["State"]["Health"]["Status"], "unhealthy", "what the engine says")
        with open(f"/proc/{told['State']['Pid']}/root/tmp/fine", "w"):
            pass
        wait_for("healthy", lambda: row("rt-web", lambda r: r["container.health"] == "healthy"), 30)
        ctx.equal(said("rt-web")["State"]["Health"]["Status"], "healthy", "what the engine says")
    m.stop()


@case(needs="bpf", timeout=180)
def podman(ctx):
    # its health checks are run by systemd
    engine(ctx, runtimes.Podman, [])


@case(needs="bpf", timeout=180)
def docker(ctx):
    engine(ctx, runtimes.Docker, ["--health-cmd", "test -e /tmp/fine", "--health-interval=1s", "--health-retries=1"])
