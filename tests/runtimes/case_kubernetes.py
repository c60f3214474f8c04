# SPDX-License-Identifier: GPL-2.0-or-later
"""Pods as containerd and CRI-O lay them out, by both cgroup drivers: real cgroups, processes and state files."""
import hashlib
import json
import os
import shutil

from case_containers import Cgroup
from case_runtimes import VIEWS, latest
from cases import Skip, case, wait_for
from monitor import Monitor, Workload

UID = "0e3d9a6c-7a3b-4c55-9f0e-2f6d1f6a9b11"
SYSTEMD = f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice/"
CGROUPFS = f"kubepods/burstable/pod{UID}/"

# who, driver, path of a container with {id}
LAYOUTS = (
    ("containerd", "systemd", SYSTEMD + "cri-containerd-{id}.scope"),
    ("containerd", "cgroupfs", CGROUPFS + "{id}"),
    ("containerd", "mixed", SYSTEMD.rstrip("/").rsplit("/", 1)[1] + ":cri-containerd:{id}"),
    ("cri-o", "systemd", SYSTEMD + "crio-{id}.scope"),
    ("cri-o", "systemd, crun", SYSTEMD + "crio-{id}.scope/container"),
    ("cri-o", "cgroupfs", CGROUPFS + "crio-{id}"),
)


def hex_id(seed):
    return hashlib.sha256(str(seed).encode()).hexdigest()


def put_json(ctx, path, value):
    top = path
    while not os.path.exists(os.path.dirname(top)):
        top = os.path.dirname(top)
    if not os.path.exists(top):
        ctx.cleanup(shutil.rmtree if top != path else os.unlink, top)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(value, f)


def containerd_state(ctx, full, pod, sandbox):
    notes = {"io.kubernetes.cri.container-type": "sandbox" if full == sandbox else "container",
             "io.kubernetes.cri.sandbox-id": sandbox, "io.kubernetes.cri.sandbox-name": pod,
             "io.kubernetes.cri.sandbox-namespace": "prod", "io.kubernetes.cri.sandbox-uid": UID}
    if full != sandbox:
        notes.update({"io.kubernetes.cri.container-name": "web",
                      "io.kubernetes.cri.image-name": "docker.io/rt/web:2.1"})
    put_json(ctx, f"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{full}/config.json",
             {"ociVersion": "1.0.2", "annotations": notes, "mounts": []})


def crio_state(ctx, full, pod, sandbox):
    kind = "sandbox" if full == sandbox else "container"
    notes = {"io.container.manager": "cri-o", "io.kubernetes.pod.name": pod, "io.kubernetes.pod.namespace": "prod",
             "io.kubernetes.pod.uid": UID, "io.kubernetes.container.name": "web" if full != sandbox else "POD",
             "io.kubernetes.cri-o.ContainerType": kind, "io.kubernetes.cri-o.SandboxID": sandbox,
             "io.kubernetes.cri-o.ImageName": "docker.io/rt/web:2.1", "io.kubernetes.cri-o.Labels":
             json.dumps({"app" if full == sandbox else "own": "shop", "io.kubernetes.pod.name": pod})}
    put_json(ctx, f"/run/containers/storage/overlay-containers/{full}/userdata/config.json",
             {"ociVersion": "1.0.2", "annotations": notes, "mounts": []})


@case(needs="bpf", timeout=120)
def every_layout(ctx):
    for path in ("/run/containerd", "/run/containers"):
        if os.path.exists(path) and os.listdir(path):
            raise Skip(f"{path} is in use")
    m = Monitor(ctx, "rt-containers", interval=0.5, options=VIEWS)
    whole = Monitor(ctx, "namespaces", interval=0.5)
    spec, groups = [], []
    for i, (who, driver, path) in enumerate(LAYOUTS):
        full, sandbox, pod = hex_id(200 + i), hex_id(300 + i), f"shop-{i}"
        state = containerd_state if who == "containerd" else crio_state
        for one in (full, sandbox):
            state(ctx, one, pod, sandbox)
        cg, pause = Cgroup(ctx, path.format(id=full)), Cgroup(ctx, path.format(id=sandbox))
        groups += [cg, pause]
        w = Workload(ctx, "files", "rw", ctx.dir, 10 + i, linger=True, prefix=cg.prefix())
        p = Workload(ctx, "files", "rw", ctx.dir, 1, linger=True, prefix=pause.prefix())
        w.go()
        p.go()
        wait_for(f"{who}, {driver}: its namespace", lambda: (latest(m, full) or {}).get("k8s.ns.name") == "prod", 20)
        spec.append((f"{who}, {driver}", who, full, sandbox, pod, w, p))
    m.settle()
    whole.settle()
    whole.wait_interval()
    inside = 0
    for cg in groups:
        with open(cg.dirs[0] + "/cgroup.procs") as f:
            inside += len(f.read().split())
    prod = next(r for r in whole.lines[-1]["rows"] if r["k8s.ns.name"] == "prod")
    ctx.equal((prod["container.id"], prod["k8s.pod.uid"], prod["evt.count.procinfo"]), (2 * len(spec), 1, inside),
              "the namespace: containers, pods (of one uid here), processes")
    whole.stop()
    for what, who, full, sandbox, pod, w, p in spec:
        row, pause = latest(m, full), latest(m, sandbox)
        if not ctx.check(row and pause, f"{what}: both containers of the pod are listed"):
            continue
        ctx.equal([row[f"k8s.{k}"] for k in ("ns.name", "pod.name", "pod.uid", "container.name")],
                  ["prod", pod, UID, "web"], f"{what}: pod")
        ctx.equal([row["container.name"], row["container.type"], row["container.image"]],
                  ["web", who, "docker.io/rt/web:2.1"], f"{what}: container")
        ctx.equal([pause["k8s.container.name"], pause["k8s.pod.name"]], ["POD", pod], f"{what}: pause container")
        if who == "cri-o":  # containerd's are in its database only: tests/unit/test_runtime.c
            ctx.equal([row["k8s.pod.labels"], pause["k8s.pod.labels"]], ["app=shop"] * 2, f"{what}: labels of the pod")
            ctx.check("own=shop" in row["container.labels"], f"{what}: labels {row['container.labels']}")
        w.finish()
        p.finish()
    m.settle()
    m.stop()
    got = m.sums(("container.full_id",), ("evt.buflen.file.in", "evt.buflen.file.out"))
    for what, who, full, sandbox, pod, w, p in spec:
        # the shell that moves itself there and the start of the program count as well
        have = got.get((full,), (0, 0))
        ctx.within(have[0], w.total("in"), w.total("in") + 8192, f"{what}: bytes in")
        ctx.within(have[1], w.total("out"), w.total("out") + 64, f"{what}: bytes out")


@case(needs="bpf", timeout=120)
def pods_view(ctx):
    """The stock view adds up the containers of a pod; its uid is known without any file."""
    path = SYSTEMD + "cri-containerd-{id}.scope"
    a, b = (Cgroup(ctx, path.format(id=hex_id(400 + i))) for i in range(2))
    m = Monitor(ctx, "pods", interval=0.5)
    loads = [Workload(ctx, "files", "rw", ctx.dir, 20 + i, linger=True, prefix=cg.prefix())
             for i, cg in enumerate((a, b))]
    for w in loads:
        w.go()
    m.settle()
    rows = [r for r in m.rows() if r["k8s.pod.uid"] == UID]
    if ctx.check(rows, "the pod is listed"):
        ctx.equal(rows[-1]["container.id.distinct"] if "container.id.distinct" in rows[-1] else
                  rows[-1]["container.id"], 2, "containers")
    for w in loads:
        w.finish()
    m.settle()
    m.stop()
    got = m.sums(("k8s.pod.uid",), ("evt.buflen.file",)).get((UID,), (0,))[0]
    want = sum(w.total("in") + w.total("out") for w in loads)
    ctx.within(got, want, want + 2 * 8256, "bytes of both")
