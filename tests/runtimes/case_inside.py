# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes of a container as it sees them itself: pids, users by its own files; and files as the host sees them."""
import os
import subprocess

import runtimes
from cases import case, run_command, wait_for
from monitor import Monitor

NULL = subprocess.DEVNULL
VIEWS = ["--views", os.path.join(os.path.dirname(os.path.abspath(__file__)), "views.json")]
PASSWD = "root:x:0:0::/root:/bin/sh\nweb:x:7:7::/srv/web:/bin/sh\n"


def row_of(m, pid, ready=lambda row: True):
    return next((r for l in reversed([l for l in m.lines if l]) for r in l.get("rows", ())
                 if r["proc.pid"] == pid and ready(r)), None)


def engine(ctx, kind):
    rootfs = runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs"))
    with open(os.path.join(rootfs, "etc/passwd"), "w") as f:
        f.write(PASSWD)
    with open(os.path.join(rootfs, "etc/group"), "w") as f:
        f.write("root:x:0:\nstaff:x:7:\n")
    os.chmod(os.path.join(rootfs, "tmp"), 0o777)
    rt = kind(ctx, rootfs)
    data = os.path.join(ctx.dir, "data")
    os.mkdir(data)
    os.chmod(data, 0o777)
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"] if kind is runtimes.Podman else []
    m = Monitor(ctx, "rt-inside", interval=0.5, options=VIEWS)
    script = ("exec 5> /data/bound; exec 6> /tmp/own; while :; do echo x >&5; echo x >&6; cat /bin/load > /dev/null; "
              "sleep 0.2; done")
    run_command(*rt.base(), "run", "-d", "--network=none", *limits, "--name", "rt-web", "-v", f"{data}:/data",
                "--user", "7:7", runtimes.IMAGE, "sh", "-c", script, timeout=60)
    run_command(*rt.base(), "run", "-d", "--network=none", *limits, "--name", "rt-none", "--user", "54242",
                runtimes.IMAGE, "sleep", "1000", timeout=60)

    def pids(name):
        out = run_command(*rt.base(), "inspect", "-f", "{{.State.Pid}}", name).stdout
        return int(out)
    web, none = pids("rt-web"), pids("rt-none")
    row = wait_for("the user's name", lambda: row_of(m, web, lambda r: r["user.name"] == "web"), 20)
    ctx.equal(row["user.uid"], 7, "uid")
    ctx.equal((row["proc.vpid"], row["thread.vtid"]), (1, 1), "pids inside")
    ctx.equal((row["group.name"], row["user.homedir"]), ("staff", "/srv/web"), "group and home")
    row = wait_for("the other one", lambda: row_of(m, none, lambda r: r["user.uid"] == 54242), 20)
    ctx.equal(row["user.name"], "54242", "a user that is in no file, neither there nor here")
    # nothing of the container's own making is followed
    passwd = f"/proc/{web}/root/etc/passwd"
    os.unlink(passwd)
    os.symlink("/proc/1/root/etc/passwd", passwd)
    m.stop()

    m = Monitor(ctx, "rt-inside", interval=0.5, options=VIEWS)
    row = wait_for("names without a file", lambda: row_of(m, web, lambda r: r["user.name"] == "7"), 20)
    os.unlink(passwd)
    os.mkfifo(passwd)
    m.wait_interval(2)
    m.stop()

    m = Monitor(ctx, "rt-hostpath", "container.name=rt-web", interval=0.5, options=VIEWS)

    def paths():
        return {r["fd.name"]: r["fd.hostpath"] for r in m.rows() if r["fd.hostpath"]}
    wait_for("host paths", lambda: {"/data/bound", "/tmp/own", "/bin/load"} <= set(paths()), 20)
    m.stop()
    have = paths()
    ctx.equal(have["/data/bound"], os.path.join(data, "bound"), "file in a bind mount")
    for inside in ("/tmp/own", "/bin/load"):
        ctx.check(have[inside] != inside and os.path.exists(have[inside]), f"{inside} is {have[inside]}")
        a, b = os.stat(have[inside]), os.stat(f"/proc/{web}/root{inside}")
        ctx.equal((a.st_ino, a.st_size), (b.st_ino, b.st_size), f"{inside}: the same file")
    nulls = [r for r in m.rows() if r["fd.name"] == "/dev/null" and r["fd.hostpath"]]
    ctx.equal(nulls, [], "what is no file of the host's")


@case(needs="bpf", timeout=180)
def podman(ctx):
    engine(ctx, runtimes.Podman)


@case(needs="bpf", timeout=180)
def docker(ctx):
    engine(ctx, runtimes.Docker)
