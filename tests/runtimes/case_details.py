# SPDX-License-Identifier: GPL-2.0-or-later
"""The details page of a container, against what its engine's own tool says."""
import json
import os
import shutil
import subprocess

import runtimes
from cases import case, run_command
from monitor import PROGRAM

NULL = subprocess.DEVNULL


def details(ctx, *words):
    r = subprocess.run([PROGRAM, "-d", "0.5", "--format", "json", *words], stdin=NULL, capture_output=True, text=True,
                       timeout=60)
    ctx.equal((r.returncode, r.stderr), (0, ""), " ".join(words))
    page = json.loads(r.stdout)
    ret = {s["name"]: {l["label"]: l["value"] for l in s["lines"]} for s in page["sections"]}
    ret["addresses"] = {l["value"] for s in page["sections"] for l in s["lines"] if s["name"] == "Network addresses"}
    return ret


def engine(ctx, kind, network):
    rt = kind(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    data = os.path.join(ctx.dir, "data dir")
    os.mkdir(data)
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"] if kind is runtimes.Podman else []
    run_command(*rt.base(), "run", "-d", network, *limits, "--name", "rt-web", "--label", "team=shop", "-e",
                "SECRET=hunter2", "-v", f"{data}:/data:ro", "--memory=64m", "--pids-limit=50", "--cpu-quota=20000",
                "--cpu-period=100000", "--user", "7", "-w", "/tmp", runtimes.IMAGE, "sleep", "1000", timeout=60)
    said = json.loads(run_command(*rt.base(), "inspect", "rt-web").stdout)[0]
    # an address that only its own network namespace has
    if shutil.which("nsenter") and shutil.which("ip"):
        run_command("nsenter", "-t", str(said["State"]["Pid"]), "-n", "ip", "addr", "add", "10.98.7.6/24", "dev", "lo")
    page = details(ctx, "--details", "container=rt-web")
    identity, limits = page["Identity"], page["Use and limits"]
    ctx.equal(identity["Name"], "rt-web", "name")
    ctx.equal(identity["Id"], said["Id"], "id")
    ctx.equal(identity["First process"], said["State"]["Pid"], "pid")
    ctx.equal(identity["Restarts"], said["RestartCount"], "restarts")
    ctx.equal(identity["Privileged"], False, "privileged")
    ctx.equal(page["Image"]["Image"], runtimes.IMAGE, "image")
    ctx.equal(page["Image"]["Image id"], said["Image"].split(":")[-1][:12], "image id")
    ctx.equal(page["Command"]["Command line"], "sleep 1000", "command")
    ctx.equal(page["Command"]["Working directory"], "/tmp", "working directory")
    ctx.equal(page["Labels"]["team"], "shop", "label")
    ctx.equal(limits["Memory limit"], 64 << 20, "memory limit")
    ctx.equal(limits["CPU quota %"], 20, "quota")
    if "Processes limit" in limits:
        ctx.equal(limits["Processes limit"], 50, "limit of processes")
    # mounts: what is behind them on the host
    mounts = page["Mounts"]
    ctx.equal(mounts["/data"].split(" (")[0], data, "bind mount")
    ctx.check(mounts["/data"].endswith("read-only)"), f"bind mount: {mounts['/data']}")
    root = mounts["/"].split(" (")[0]
    ctx.check(os.path.exists(os.path.join(root, "bin/busybox")), f"root file system: {mounts['/']}")
    with open(f"/proc/{said['State']['Pid']}/root/etc/mark", "w") as f:
        f.write("here")
    with open(os.path.join(root, "etc/mark")) as f:
        ctx.equal(f.read(), "here", "the same file from the host")
    # the environment: names, and values when asked for
    ctx.equal(page["Environment"].get("SECRET", 0), None, "environment hidden")
    shown = details(ctx, "--details", "container=" + said["Id"][:12], "--env")
    ctx.equal(shown["Environment"]["SECRET"], "hunter2", "environment shown")
    # addresses, read inside
    inside = run_command(*rt.base(), "exec", "rt-web", "ip", "-o", "addr", check=False).stdout
    want = {line.split()[3] for line in inside.splitlines() if " inet" in line}
    got = page["addresses"]
    ctx.check(want <= got, f"addresses {got}, ip says {want}")
    pid = str(said["State"]["Pid"])
    one = details(ctx, "--details", "process=" + pid)
    ctx.equal(one["Identity"]["Pid in its namespace"], 1, "pid inside")
    ctx.equal(one["Identity"]["User id"], 7, "user id")
    ctx.equal(one["Resource limits"]["Open files"].split()[0],
              open(f"/proc/{pid}/limits").read().split("Max open files")[1].split()[0], "limit of open files")
    for ns in ("mnt", "pid", "net"):
        ctx.equal(one["Namespaces"][ns].split(",")[0], os.readlink(f"/proc/{pid}/ns/{ns}").strip("mntpide:[]"), ns)
    text = run_command(PROGRAM, "-d", "0.3", "--details", "process=" + pid, timeout=30).stdout
    ctx.check("hunter2" not in text and "SECRET" in text, "text hides the environment")


@case(needs="bpf", timeout=180)
def podman(ctx):
    engine(ctx, runtimes.Podman, "--network=none")


@case(needs="bpf", timeout=180)
def docker(ctx):
    engine(ctx, runtimes.Docker, "--network=none")
