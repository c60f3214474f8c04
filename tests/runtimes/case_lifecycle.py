# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of container events: started, executed into, killed for memory, exited with what, of real runtimes."""
import os
import subprocess

import runtimes
from cases import case, run_command, wait_for
from monitor import Monitor

NULL = subprocess.DEVNULL


def events(m, name):
    rows = [r for r in m.rows() if r["container.name"] == name]
    return sorted(rows, key=lambda r: r["life.seq"])


def told(m, name):
    return [(r["life.event"], r["life.exit_code"]) for r in events(m, name)]


def expect(ctx, m, name, want):
    """Each event once, in this order; names may come with the next interval."""
    try:
        wait_for(f"events of {name}", lambda: len(told(m, name)) >= len(want), 15)
    except Exception:
        pass
    ctx.equal(told(m, name), want, f"events of {name}")
    rows = events(m, name)
    ctx.check(all(r["life.time"] > 1e18 for r in rows), f"{name}: times {rows}")
    return rows


def engine(ctx, kind):
    rt = kind(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    old = rt.start("rt-old", 1)
    old.wait_done()
    m = Monitor(ctx, "lifecycle", interval=0.5)
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"] if kind is runtimes.Podman else []

    def run(name, *argv, options=(), code=None):
        r = subprocess.run(rt.base() + ["run", "--network=none", *limits, "--name", name, *options, runtimes.IMAGE,
                                        *argv], stdin=NULL, stdout=NULL, stderr=NULL, timeout=60)
        ctx.equal(r.returncode, code, f"{name}: what the engine says")
        return r

    run("rt-true", "true", code=0)
    rows = expect(ctx, m, "rt-true", [("started", None), ("exited", 0)])
    ctx.within(rows[1]["life.time"] - rows[0]["life.time"], 1e5, 3e9, "its life")
    ctx.equal({r["container.image"] for r in rows}, {runtimes.IMAGE}, "its image")
    ctx.equal(rows[0]["life.command"], "true", "its command")
    run("rt-three", "sh", "-c", "exit 3", code=3)
    expect(ctx, m, "rt-three", [("started", None), ("exited", 3)])

    # killed by a signal, from outside; with a command in it that goes down with it
    c = rt.start("rt-web", 1)
    c.wait_done()
    code = subprocess.run(rt.base() + ["exec", "rt-web", "sh", "-c", "exit 7"], stdin=NULL, stdout=NULL, stderr=NULL,
                          timeout=60).returncode
    ctx.equal(code, 7, "what exec says")
    wait_for("exec", lambda: len(told(m, "rt-web")) >= 3, 15)
    run_command(*rt.base(), "kill", "-s", "KILL", "rt-web", timeout=30)
    rows = expect(ctx, m, "rt-web", [("started", None), ("exec", None), ("exec-exited", 7), ("exited", 137)])
    if len(rows) == 4:
        ctx.equal(rows[0]["life.pid"], c.pid, "pid of its first process")
        ctx.equal(rows[3]["life.pid"], c.pid, "pid that exited")
        ctx.equal(rows[3]["life.signal"], "SIGKILL", "signal")
        ctx.equal(rows[1]["life.command"], "sh -c exit 7", "command executed")
        ctx.equal(rows[1]["life.pid"], rows[2]["life.pid"], "pid of the command")
    # started again under the same id
    run_command(*rt.base(), "start", "rt-web", timeout=60)
    wait_for("its second start", lambda: len(told(m, "rt-web")) >= 5, 15)
    ctx.equal(told(m, "rt-web")[4], ("started", None), "started again")

    # more memory than it may have
    run("rt-oom", "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1",
        options=("--memory=64m", "--memory-swap=64m"), code=137)
    rows = expect(ctx, m, "rt-oom", [("started", None), ("oom-killed", 137), ("exited", 137)])
    # a helper of it is killed, not the container
    run("rt-shell", "sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1; exit 5",
        options=("--memory=64m", "--memory-swap=64m"), code=5)
    rows = expect(ctx, m, "rt-shell", [("started", None), ("oom-killed", 137), ("exited", 5)])
    ctx.check(len(rows) == 3 and rows[1]["life.command"].split()[0] == "dd", f"victim: {rows}")
    # what was there is no event, and a filter holds here, too
    m.settle()
    ctx.equal(told(m, "rt-old"), [], "events of one that was there")
    m.stop()
    m = Monitor(ctx, "lifecycle", "container.name=rt-one", interval=0.5)
    run("rt-one", "true", code=0)
    run("rt-two", "true", code=0)
    expect(ctx, m, "rt-one", [("started", None), ("exited", 0)])
    m.settle()
    ctx.equal({r["container.name"] for r in m.rows()}, {"rt-one"}, "filtered by name")
    m.stop()


@case(needs="bpf", timeout=180)
def podman(ctx):
    engine(ctx, runtimes.Podman)


@case(needs="bpf", timeout=180)
def docker(ctx):
    engine(ctx, runtimes.Docker)


@case(needs="bpf", timeout=180)
def crun(ctx):
    """No engine at all; a container that lives for some milliseconds between two samples."""
    rt = runtimes.Crun(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    m = Monitor(ctx, "lifecycle", interval=1)
    c = rt.start("rt-web", 1)
    rows = expect(ctx, m, "rt-web", [("started", None)])
    ctx.equal(rows and rows[0]["life.pid"], c.pid, "pid")
    r = subprocess.run([*rt.prefix(), "crun", "exec", "rt-web", "sh", "-c", "exit 4"], stdin=NULL, stdout=NULL, stderr=NULL)
    ctx.equal(r.returncode, 4, "what exec says")
    os.kill(c.pid, 15)
    os.kill(c.pid, 9)
    expect(ctx, m, "rt-web", [("started", None), ("exec", None), ("exec-exited", 4), ("exited", 137)])
    m.stop()
