# SPDX-License-Identifier: GPL-2.0-or-later
"""Every container.* field of a real container against what its engine's own tool says; missing where that says nothing."""
import json
import os
import subprocess
import time

import runtimes
from cases import Skip, case, run_command, wait_for
from monitor import Monitor, end_process

VIEWS = ["--views", os.path.join(os.path.dirname(os.path.abspath(__file__)), "views.json")]


def mounts_of(told):
    """As container.mounts has them, from the engine's own answer."""
    return {":".join((m["Source"], m["Destination"], m["Mode"], "true" if m["RW"] else "false", m["Propagation"])) for m in told["Mounts"]}


def engine(ctx, kind, health, check):
    """`check` makes the engine look at a container's health, where it does not by itself."""
    rt = kind(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    data = os.path.join(ctx.dir, "data")
    os.mkdir(data)
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"] if kind is runtimes.Podman else []
    base = rt.base() + ["run", "-d", "--network=none", *limits, "--label", "b=2", "--label", "a=1"]
    run_command(*base, "--name", "rt-web", "-v", f"{data}:/data:ro", "-v", f"{data}:/more", "-v", "/own", *health, runtimes.IMAGE, "sleep", "1000", timeout=60)
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
    have = set(web["container.mounts"].split(" "))
    ctx.check(len(told["Mounts"]) == 3 and mounts_of(told) <= have, f"mounts: {have}, inspect has {mounts_of(told)}")
    if kind is runtimes.Docker:  # of Podman's, what it makes itself is there, too
        ctx.equal(have, mounts_of(told), "mounts")
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
        check("rt-web")
        wait_for("unhealthy", lambda: row("rt-web", lambda r: r["container.health"] == "unhealthy"), 30)
        ctx.equal(said("rt-web")["State"]["Health"]["Status"], "unhealthy", "what the engine says")
        with open(f"/proc/{told['State']['Pid']}/root/tmp/fine", "w"):
            pass
        check("rt-web")
        wait_for("healthy", lambda: row("rt-web", lambda r: r["container.health"] == "healthy"), 30)
        ctx.equal(said("rt-web")["State"]["Health"]["Status"], "healthy", "what the engine says")
    m.stop()


@case(needs="bpf", timeout=180)
def podman(ctx):
    # its health checks are run by systemd, or by hand
    engine(ctx, runtimes.Podman, ["--health-cmd", "test -e /tmp/fine", "--health-interval=disable", "--health-retries=1"],
           lambda name: run_command("podman", "healthcheck", "run", name, check=False))


@case(needs="bpf", timeout=180)
def docker(ctx):
    engine(ctx, runtimes.Docker, ["--health-cmd", "test -e /tmp/fine", "--health-interval=1s", "--health-retries=1"], lambda name: None)


def addresses(ctx, kind):
    """Two containers on a bridge: their addresses by inspect, by `ip` inside, and at the ends of what they say to each other."""
    rt = kind(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    subnet = f"10.98.{os.getpid() % 250}."
    r = run_command(*rt.base(), "network", "create", "--subnet", subnet + "0/24", "rt-net", check=False)
    if r.returncode:
        raise Skip("no bridge: " + r.stderr.strip())
    ctx.cleanup(run_command, *rt.base(), "network", "rm", "rt-net")
    names, limits = ("rt-web", "rt-db"), ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"] if kind is runtimes.Podman else []
    ctx.cleanup(lambda: run_command(*rt.base(), "rm", "-f", *(["-t0"] if kind is runtimes.Podman else []), *names, check=False, timeout=90))
    for name in names:
        run_command(*rt.base(), "run", "-d", "--network=rt-net", *limits, "--name", name, runtimes.IMAGE, "sleep", "1000", timeout=60)

    def said(name):
        told = json.loads(run_command(*rt.base(), "inspect", name).stdout)[0]
        networks = told["NetworkSettings"].get("Networks") or {}
        return networks.get("rt-net", {}).get("IPAddress"), told["State"]["Pid"]
    m = Monitor(ctx, "rt-fields", interval=0.5, options=VIEWS)

    def row(name):
        return next((r for r in m.lines[-1]["rows"] if r["container.name"] == name), {})
    ips = {}
    for name in names:
        ips[name], pid = said(name)
        ctx.check(ips[name] and ips[name].startswith(subnet), f"{name}: address {ips[name]}")
        wait_for(f"address of {name}", lambda: row(name).get("container.ip"), 20)
        ctx.equal(row(name)["container.ip"], ips[name], f"{name}: address")
        inside = run_command("nsenter", "-t", str(pid), "-n", "ip", "-o", "addr", "show", "dev", "eth0").stdout
        ctx.check(f"inet {ips[name]}/" in inside, f"{name}: address by ip: {inside}")
    ctx.check(ips["rt-web"] != ips["rt-db"], f"each has its own: {ips}")
    # one talks to the other; the far end's address is the other's container.ip
    talk = Monitor(ctx, "connections", "container.name in (rt-web, rt-db) and fd.l4proto = tcp", interval=0.5)
    server = run_in(ctx, rt, "rt-db", "sh", "-c", "mkfifo /tmp/hold; exec 3<> /tmp/hold; nc -l -p 7000 <&3 > /tmp/got")
    run_command(*rt.base(), "exec", "rt-web", "sh", "-c",
                f"until dd if=/dev/zero bs=1000 count=9 2> /dev/null | nc {ips['rt-db']} 7000; do sleep 0.1; done", timeout=30)
    server.wait(20)
    talk.settle()
    talk.stop()
    got = talk.sums(("container.name", "fd.lip", "fd.rip"), ("evt.buflen.net.in", "evt.buflen.net.out"))
    ctx.equal(got.get(("rt-web", ips["rt-web"], ips["rt-db"])), (0, 9000), f"what one end sent: {got}")
    ctx.equal(got.get(("rt-db", ips["rt-db"], ips["rt-web"])), (9000, 0), "what the other received")
    # taken off the network it has no address
    run_command(*rt.base(), "network", "disconnect", *(["-f"] if kind is runtimes.Docker else []), "rt-net", "rt-db", timeout=30)
    ctx.check(not said("rt-db")[0], "inspect has none any more")
    wait_for("the address to go", lambda: row("rt-db") and row("rt-db")["container.ip"] is None, 20)
    ctx.equal(row("rt-web")["container.ip"], ips["rt-web"], "the other keeps its own")
    m.stop()


def run_in(ctx, rt, name, *argv):
    p = subprocess.Popen([*rt.base(), "exec", name, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    ctx.cleanup(end_process, p)
    return p


@case(needs=("bpf", "nsenter"), timeout=180)
def addresses_of_podman(ctx):
    addresses(ctx, runtimes.Podman)


@case(needs=("bpf", "nsenter"), timeout=180)
def addresses_of_docker(ctx):
    addresses(ctx, runtimes.Docker)
