# SPDX-License-Identifier: GPL-2.0-or-later
"""The view of units against systemd: a real one, booted in a container of its own, says what its units are and hold."""
import os
import re
import signal
import subprocess

import runtimes
from cases import Failure, Skip, case, run_command, wait_for
from monitor import Monitor

NULL = subprocess.DEVNULL
NAME = "rt-boot"
# as little as has units: the host's /usr, nothing else of it
BOOT = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "-D", "/", "--volatile=yes", "--private-network", "--boot", "-M", NAME,
        "systemd.unit=sysinit.target", "systemd.show_status=no"] + [
            f"systemd.mask=systemd-{u}.service" for u in ("firstboot", "journal-flush", "udevd", "update-utmp")]


class Systemd:
    """pid 1 of a container; asked from inside."""

    def __init__(self, ctx):
        log = os.path.join(ctx.dir, "boot.log")
        into = "".join(f"mkdir -p {d}/{NAME}.service && echo $$ > {d}/{NAME}.service/cgroup.procs && "
                       for d in runtimes.cgroup_dirs() if "cpuset" not in d)
        with open(log, "w") as f:
            p = subprocess.Popen(["sh", "-c", into + 'exec "$@"', "sh", *BOOT], stdin=NULL, stdout=f, stderr=f)
        ctx.cleanup(runtimes.remove_cgroups, f"{NAME}.service")
        ctx.cleanup(runtimes.end_daemon, p)

        def init():
            if p.poll() is not None:
                with open(log) as f:
                    raise Skip("systemd does not boot here: " + f.read()[-300:])
            kids = run_command("pgrep", "-x", "-P", str(p.pid), "systemd", check=False).stdout.split()
            return int(kids[0]) if kids else None
        self.pid = wait_for("systemd", init, 20)
        ctx.cleanup(lambda: os.path.exists(f"/proc/{self.pid}") and os.kill(self.pid, signal.SIGKILL))
        self.prefix = ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-i", "-u", "-C"]
        try:
            wait_for("systemd to be up", lambda: self.ask("systemctl", "is-system-running", check=False).strip() in ("running", "degraded"), 40, 0.2)
        except Failure as e:
            raise Skip(f"systemd does not come up here: {e}") from None

    def ask(self, *argv, **kw):
        return run_command(*self.prefix, *argv, **kw).stdout

    def show(self, unit, what):
        return self.ask("systemctl", "show", "-P", what, unit).strip()

    def units(self):
        """{unit: its processes as the host numbers them}, by libsystemd of the ps inside."""
        inside = {}
        for line in self.ask("ps", "-eo", "pid,unit", "--no-headers").splitlines():
            pid, unit = line.split()
            if unit != "-":  # the question itself
                inside[int(pid)] = unit
        ret = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/status") as f:
                    text = f.read()
                if os.stat(f"/proc/{pid}/ns/pid").st_ino != os.stat(f"/proc/{self.pid}/ns/pid").st_ino:
                    continue
            except OSError:
                continue
            vpid = int(re.search(r"NSpid:.*\s(\d+)\n", text)[1])
            if vpid in inside:
                ret.setdefault(inside[vpid], set()).add(int(pid))
        return ret


def of_units(m):
    """{unit: row} of the newest interval, of the container's units."""
    return {r["proc.unit"]: r for r in m.lines[-1]["rows"] if r["container.name"] == NAME}


@case(needs=("bpf", "systemd-nspawn", "systemd-run", "nsenter", "ps"), timeout=120)
def units_of_systemd(ctx):
    if not os.path.exists("/lib/systemd/systemd"):
        raise Skip("systemd is not installed")
    systemd = Systemd(ctx)
    m = Monitor(ctx, "units", interval=0.5)
    processes = Monitor(ctx, "processes", "proc.unit in (rt-web.service, rt-db.service, rt-db2.service, rt-job.scope)", interval=0.5)
    systemd.ask("systemd-run", "-q", "--unit=rt-web", "sh", "-c", "dd if=/dev/zero of=/tmp/x bs=1000 count=50; sleep 100000 & exec sleep 100000")
    systemd.ask("systemd-run", "-q", "--slice=shop-db.slice", "--unit=rt-db", "sleep", "100000")
    systemd.ask("sh", "-c", "systemd-run -q --scope --unit=rt-job sleep 100000 > /dev/null 2>&1 &")

    def same():
        """The picture stands still on both sides of an interval."""
        before = systemd.units()
        m.wait_interval(2)
        rows = of_units(m)
        if before != systemd.units() or not {"rt-web.service", "rt-db.service", "rt-job.scope"} <= set(before):
            return None
        return (before, rows) if len(before["rt-web.service"]) == 2 else None
    want, rows = wait_for("a moment in which nothing changes", same, 40)
    ctx.equal({u: r["evt.count.procinfo"] for u, r in rows.items()}, {u: len(p) for u, p in want.items()}, "processes of each unit")
    ctx.check({"init.scope", "systemd-journald.service"} <= set(want), f"systemd's own: {set(want)}")
    for unit, slice_ in (("rt-web.service", "system.slice"), ("rt-db.service", "shop-db.slice"), ("rt-job.scope", "system.slice")):
        path = systemd.show(unit, "ControlGroup")
        ctx.check(f"/{slice_}/" in path and rows[unit]["proc.cgroup"].endswith(path), f"{unit}: in {rows[unit]['proc.cgroup']}, systemd says {path}")
        tasks = systemd.show(unit, "TasksCurrent")
        if tasks.isdigit():  # a hybrid host gives the container no such controller
            ctx.equal(rows[unit]["evt.count.procinfo"], int(tasks), f"{unit}: tasks")
    processes.settle()
    listed = {r["proc.pid"]: r["proc.vpid"] for r in processes.lines[-1]["rows"]}
    ctx.equal(set(listed), want["rt-web.service"] | want["rt-db.service"] | want["rt-job.scope"], "a filter on units")
    ctx.check(int(systemd.show("rt-web", "MainPID")) in listed.values(), f"its main process: {listed}")
    moved = m.sums(("proc.unit",), ("evt.buflen.file",)).get(("rt-web.service",), (0,))[0]
    # and the heads of the programs' libraries
    ctx.within(moved, 100000, 100000 + 20000, "bytes that rt-web moved")
    # one ends, one begins anew
    old = want["rt-db.service"]
    systemd.ask("systemctl", "stop", "rt-web")
    systemd.ask("systemctl", "kill", "--signal=KILL", "rt-job.scope")
    systemd.ask("systemd-run", "-q", "--slice=shop-db.slice", "--unit=rt-db2", "sleep", "100000")
    wait_for("them to be gone", lambda: not {"rt-web.service", "rt-job.scope"} & set(systemd.units()), 20)
    m.settle()
    m.wait_interval(2)
    rows = of_units(m)
    ctx.check(not {"rt-web.service", "rt-job.scope"} & set(rows), f"units that were stopped: {set(rows)}")
    ctx.equal((rows["rt-db.service"]["evt.count.procinfo"], rows["rt-db2.service"]["evt.count.procinfo"]), (1, 1), "units that go on")
    ctx.equal(systemd.units()["rt-db.service"], old, "the same process")
    for x in (m, processes):
        x.stop()
