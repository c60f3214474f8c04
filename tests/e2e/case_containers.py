# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers are told apart by cgroup, on whatever hierarchy, however short they live."""
import json
import os
import shutil
import subprocess
import time

from cases import Skip, case, run_command, wait_for
from monitor import Monitor, Workload

VIEWS = ["--views", "tests/e2e/views.json"]

def hierarchies():
    """Mounted cgroup hierarchies that containers are put into: [(kind, mount point)]."""
    ret = []
    with open("/proc/self/mounts") as f:
        for line in f:
            _, where, kind, options = line.split()[:4]
            if kind == "cgroup2":
                ret.append(("v2", where))
            elif kind == "cgroup" and "pids" in options.split(","):
                ret.append(("v1", where))
    return ret

def hex_id(seed):
    return "".join(f"{(seed * 2654435761 + i * 40503 + i * i * 977) % 16:x}" for i in range(64))

class Cgroup:
    """A cgroup made by hand in every hierarchy; gone at the end of the case."""

    def __init__(self, ctx, path):
        self.path = path
        self.dirs = [os.path.join(where, path) for _, where in hierarchies()]
        if not self.dirs:
            raise Skip("no cgroup hierarchy is mounted")
        for d in self.dirs:
            try:
                os.makedirs(d, exist_ok=True)
            except OSError as e:
                raise Skip(f"cannot make a cgroup: {e}") from None
        ctx.cleanup(self.remove)

    def prefix(self):
        """Words in front of a command that start it inside."""
        script = "".join(f"echo $$ > '{d}/cgroup.procs' && " for d in self.dirs)
        return ["sh", "-c", script + 'exec "$@"', "sh"]

    def add(self, pid):
        for d in self.dirs:
            with open(f"{d}/cgroup.procs", "w") as f:
                f.write(str(pid))

    def remove(self):
        for where, d in zip((w for _, w in hierarchies()), self.dirs):
            while len(d) > len(where) + 1:
                try:
                    os.rmdir(d)
                except OSError:
                    break  # others live in it
                d = os.path.dirname(d)

SHAPES = {  # path: (type, id); an id of None is the host
    "docker/{id}": ("docker", 1),
    "system.slice/docker-{id}.scope": ("docker", 2),
    "libpod_parent/libpod-{id}": ("podman", 3),
    "machine.slice/libpod-{id}.scope/container": ("podman", 4),
    "kubepods/burstable/pod6a1b9df0-6b1e-4b8c-9a55-0d3c5a2f7e11/{id}": (None, 5),
    "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod6a1b9df0_6b1e.slice/cri-containerd-{id}.scope":
        ("containerd", 6),
    "kubepods.slice/kubepods-pod6a1b9df0_6b1e.slice/crio-{id}.scope": ("cri-o", 7),
}

@case(needs="bpf", timeout=120)
def every_shape_of_path(ctx):
    m = Monitor(ctx, "e2e-containers", "proc.name=wl-rw", options=VIEWS)
    runs = []
    for shape, (kind, seed) in SHAPES.items():
        cg = Cgroup(ctx, shape.format(id=hex_id(seed)))
        w = Workload(ctx, "files", "rw", ctx.dir, 20 + seed, prefix=cg.prefix())
        w.run()
        runs.append((shape, kind, hex_id(seed), w))
    lxc = Cgroup(ctx, "lxc.payload.e2e-box")
    w = Workload(ctx, "files", "rw", ctx.dir, 33, prefix=lxc.prefix())
    w.run()
    runs.append(("lxc", "lxc", "e2e-box", w))
    unit = Cgroup(ctx, "system.slice/e2e-unit.service")
    Workload(ctx, "files", "rw", ctx.dir, 3, prefix=unit.prefix()).run()
    m.settle()
    m.stop()
    got = m.sums(("container.id", "container.full_id"), ("evt.buflen.file.in", "evt.buflen.file.out"))
    kinds = {r["container.id"]: r["container.type"] for r in m.rows()}
    for shape, kind, full, w in runs:
        key = (full[:12], full) if shape != "lxc" else ("e2e-box", "e2e-box")
        if shape == "lxc":
            got[key] = next((v for k, v in got.items() if k[0] == "e2e-box"), None)
        ctx.equal(got.get(key), (w.total("in"), w.total("out")), f"{shape}: file bytes of the container")
        if kind:
            ctx.equal(kinds.get(key[0]), kind, f"{shape}: container.type")
    ctx.check(not any("e2e-unit" in str(k[0]) for k in got), "a systemd unit is no container")

@case(needs="bpf")
def container_of_200_ms(ctx):
    """Made, used and removed between two samples."""
    m = Monitor(ctx, "e2e-containers", "proc.name=wl-rw", interval=2, options=VIEWS)
    start = time.monotonic()
    cg = Cgroup(ctx, f"docker/{hex_id(42)}")
    w = Workload(ctx, "files", "rw", ctx.dir, 50, 2, prefix=cg.prefix())
    w.run()
    cg.remove()
    ctx.check(time.monotonic() - start < 1.5, "it is shorter than the interval")
    ctx.check(not any(os.path.exists(d) for d in cg.dirs), "its cgroup is gone before the sample")
    m.settle()
    m.stop()
    got = m.sums(("container.id",), ("evt.buflen.file.in", "evt.buflen.file.out"))
    ctx.equal(got.get((hex_id(42)[:12],)), (w.total("in"), w.total("out")), "file bytes of the container")

@case(needs="bpf")
def one_container_against_another(ctx):
    """A filter on a container counts its calls only."""
    a, b = Cgroup(ctx, f"docker/{hex_id(51)}"), Cgroup(ctx, f"docker/{hex_id(52)}")
    m = Monitor(ctx, "e2e-facts", f"container.id={hex_id(51)[:12]}", options=VIEWS)
    wa = Workload(ctx, "files", "rw", ctx.dir, 100, 3, prefix=a.prefix(), comm="wl-in-a")
    wb = Workload(ctx, "files", "rw", ctx.dir, 70, 3, prefix=b.prefix(), comm="wl-in-b")
    wa.go()
    wb.go()
    wa.finish()
    wb.finish()
    m.settle()
    m.stop()
    fields = ("evt.count", "evt.buflen.in", "evt.buflen.out")
    got = m.sums(("proc.name", "evt.type"), fields)
    want = {("wl-in-a", k): v for k, v in wa.sums(lambda r: r["call"]).items()}
    ctx.equal_maps(got, want, "calls in container a")
    ctx.check(not any(k[0] == "wl-in-b" for k in got), "nothing of container b")

def bundle(ctx, name, full_id, script):
    """A bundle for runc and crun: a busybox, one shell script."""
    path = os.path.join(ctx.dir, name)
    os.makedirs(os.path.join(path, "rootfs", "bin"))
    for d in ("proc", "dev", "sys"):
        os.makedirs(os.path.join(path, "rootfs", d))
    shutil.copy(shutil.which("busybox"), os.path.join(path, "rootfs", "bin", "busybox"))
    run_command("runc", "spec", cwd=path)
    with open(os.path.join(path, "config.json")) as f:
        config = json.load(f)
    config["process"]["terminal"] = False
    config["process"]["args"] = ["/bin/busybox", "sh", "-c", script]
    config["linux"]["cgroupsPath"] = f"/docker/{full_id}"
    with open(os.path.join(path, "config.json"), "w") as f:
        json.dump(config, f)
    return path

DD = "/bin/busybox dd if=/dev/zero of=/dev/null bs=7 count=4000 2>&-"

def runtime_container(ctx, command, full_id):
    m = Monitor(ctx, "e2e-container-files", options=VIEWS)
    ctx.cleanup(lambda: run_command(*command("delete", "-f", full_id[:20]), check=False))
    path = bundle(ctx, "bundle", full_id, f"{DD}; {DD}")
    r = run_command(*command("run", "--bundle", path, full_id[:20]), check=False, stdin=subprocess.DEVNULL)
    if r.returncode:
        raise Skip(f"it does not run here: {r.stderr.strip()[:200]}")
    m.settle()
    m.stop()
    c, got = full_id[:12], {}
    for (cid, name, call), v in m.sums(("container.id", "fd.name", "evt.type"),
                                       ("evt.count", "evt.buflen.in", "evt.buflen.out")).items():
        # a runtime opens the devices first, before it changes its root: that is the path seen first
        device = next((d for d in ("/dev/zero", "/dev/null") if str(name).endswith(d)), name)
        old = got.get((cid, device, call), (0, 0, 0))
        got[(cid, device, call)] = tuple(a + b for a, b in zip(old, v))
    ctx.equal_maps(got, {(c, "/dev/zero", "read"): (8000, 56000, 0), (c, "/dev/null", "write"): (8000, 0, 56000)},
                   "dd in the container")

@case(needs=("bpf", "runc", "busybox"))
def container_of_runc(ctx):
    runtime_container(ctx, lambda *a: ["runc", *a], hex_id(61))

@case(needs=("bpf", "crun", "runc", "busybox"))
def container_of_crun(ctx):
    # crun refuses hybrid hierarchies: it is not shown the unified one
    where = next((w for k, w in hierarchies() if k == "v2"), None)
    hybrid = len(hierarchies()) > 1
    hide = f"umount '{where}' 2>/dev/null; " if hybrid else ""
    runtime_container(ctx, lambda *a: ["unshare", "-m", "sh", "-c", hide + 'exec crun "$@"', "sh", *a], hex_id(62))

@case(needs="bpf")
def stock_containers_view(ctx):
    cg = Cgroup(ctx, f"docker/{hex_id(71)}")
    ws = [Workload(ctx, "procs", "memory", 32, linger=True, prefix=cg.prefix()) for _ in range(2)]
    for w in ws:
        w.go()
    m = Monitor(ctx, "containers")
    m.wait_interval(2)
    m.stop()
    row = next((r for r in m.intervals()[-1]["rows"] if r.get("container.id") == hex_id(71)[:12]), None)
    if ctx.check(row is not None, "the container is listed although it does nothing"):
        pids = [int(p) for p in open(os.path.join(cg.dirs[0], "cgroup.procs")).read().split()]
        rss = sum(int(open(f"/proc/{p}/statm").read().split()[1]) for p in pids) * os.sysconf("SC_PAGE_SIZE")
        ctx.equal(row.get("evt.count.procinfo"), len(pids), "processes")
        mem = next((row[k] for k in ("thread.vmrss.b", "proc.vmrss", "thread.vmrss") if k in row), None)
        ctx.within(mem, rss - (1 << 20), rss + (1 << 20), "memory is summed once per process")
    for w in ws:
        w.finish()
    wait_for("the workloads to leave", lambda: not open(os.path.join(cg.dirs[0], "cgroup.procs")).read().split())

