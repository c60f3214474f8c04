# SPDX-License-Identifier: GPL-2.0-or-later
"""ctop-trace in a container, with the rights and mounts of packaging/container and no others."""
import os
import re
import shutil
import subprocess

import runtimes
from case_runtimes import latest, same_amounts, same_identity
from cases import case, run_command, wait_for
from monitor import ROOT, Monitor, end_process

WHERE = os.path.join(ROOT, "packaging", "container")
IMAGE = "localhost/ctop-trace:test"


def manifest():
    import yaml
    with open(os.path.join(WHERE, "daemonset.yaml")) as f:
        return list(yaml.safe_load_all(f))


def needs_of_manifest():
    """What the DaemonSet gives: capabilities, host namespaces, mounts and the rest as a comparable set."""
    spec = manifest()[1]["spec"]["template"]["spec"]
    one = spec["containers"][0]
    rights = one["securityContext"]
    volumes = {v["name"]: v["hostPath"]["path"] for v in spec["volumes"]}
    spread = {"HostToContainer": "rslave", None: "rprivate"}
    ret = {("add", c) for c in rights["capabilities"]["add"]} | {("drop", c) for c in rights["capabilities"]["drop"]}
    ret |= {("host", kind) for kind in ("pid", "network") if spec.get("host" + {"pid": "PID"}.get(kind, "Network"))}
    ret |= {("mount", volumes[m["name"]], m["mountPath"], "ro" if m["readOnly"] else "rw",
             spread[m.get("mountPropagation")]) for m in one["volumeMounts"]}
    ret |= {("user", str(rights["runAsUser"])), ("seccomp", rights["seccompProfile"]["type"].lower())}
    if rights["readOnlyRootFilesystem"]:
        ret.add(("read-only",))
    if not rights["allowPrivilegeEscalation"]:
        ret.add(("no-new-privileges",))
    if rights["privileged"]:
        ret.add(("privileged",))
    return ret


def needs_of_script():
    """The same of packaging/container/run."""
    with open(os.path.join(WHERE, "run")) as f:
        text = re.sub(r"#.*|\\\n", " ", f.read())
    caps = re.search(r"\{CAPS:-([A-Z_ ]+)\}", text)[1].split()
    words = text[text.index(" run --rm"):].split()
    ret = {("add", cap) for cap in caps}
    for i, word in enumerate(words):
        key, _, value = word.partition("=")
        if key == "--cap-drop":
            ret.add(("drop", value))
        elif key in ("--pid", "--network"):
            ret.add((value, key[2:]))
        elif key == "--user":
            ret.add(("user", value))
        elif key == "--security-opt":
            ret.add(tuple(value.split("=")))
        elif key in ("--read-only", "--privileged"):
            ret.add((key[2:],))
        elif key == "-v":
            source, at, options = words[i + 1].split(":")
            ret.add(("mount", source, at, *options.split(",")))
    return ret


@case()
def manifest_and_script_say_the_same(ctx):
    docs = manifest()
    ctx.equal([(d["apiVersion"], d["kind"]) for d in docs], [("v1", "Namespace"), ("apps/v1", "DaemonSet")], "objects")
    spec = docs[1]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    ctx.check(spec["selector"]["matchLabels"].items() <= labels.items(), "the selector finds the pods")
    ctx.equal(docs[1]["metadata"]["namespace"], docs[0]["metadata"]["name"], "namespace")
    pod = spec["template"]["spec"]
    ctx.equal({m["name"] for c in pod["containers"] for m in c["volumeMounts"]}, {v["name"] for v in pod["volumes"]},
              "mounts and volumes")
    ctx.equal(needs_of_manifest(), needs_of_script(), "what daemonset.yaml and run ask for")
    ctx.check(("privileged",) not in needs_of_script(), "not privileged")
    args = pod["containers"][0]["args"]
    r = run_command(os.path.join(ROOT, "ctop-trace"), *args, "--demo", "-n", "1", "-d", "0.05")
    ctx.equal(r.stdout.count("\n"), 1, f"a line of {' '.join(args)}")
    with open(os.path.join(WHERE, "Dockerfile")) as f:
        text = f.read()
    at = next(m["mountPath"] for m in pod["containers"][0]["volumeMounts"])
    ctx.check(f"CTOP_TRACE_HOST_ROOT={at} " in text, "the image looks where the host is mounted")


CAPS = {"BPF": 39, "PERFMON": 38, "SYS_ADMIN": 21, "SYS_PTRACE": 19, "DAC_READ_SEARCH": 2}


def sees_the_host(ctx, kind, options, caps):
    """Two containers beside it, by name, with exact amounts; and its own rights are the listed ones."""
    rt = kind(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    root = os.path.join(ctx.dir, "image")
    run_command(os.path.join(WHERE, "stage"), os.path.join(ROOT, "ctop-trace"), root)
    run_command(*rt.base(), "build", "-q", "-t", IMAGE, "-f", os.path.join(WHERE, "Dockerfile"), root, timeout=120)
    views = os.path.join(ctx.dir, "views.json")
    shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "views.json"), views)
    before = dict(os.environ)
    ctx.cleanup(lambda: (os.environ.clear(), os.environ.update(before)))
    os.environ.update(ENGINE=" ".join(rt.base()), IMAGE=IMAGE, CAPS=" ".join(caps))

    def watch(view, name, run=os.path.join(WHERE, "run")):
        os.environ["ENGINE_OPTIONS"] = " ".join([*options, f"--name={name}"])
        return Monitor(ctx, view, interval=1, options=["--views", "/host" + views], program=run)

    m = watch("rt-containers", "watch-1")
    pid = run_command(*rt.base(), "inspect", "-f", "{{.State.Pid}}", "watch-1").stdout.strip()
    with open(f"/proc/{pid}/status") as f:
        bounds = int(next(line.split()[1] for line in f if line.startswith("CapBnd")), 16)
    ctx.equal(bounds, sum(1 << CAPS[c] for c in caps), "capabilities that it has")
    facts = watch("rt-files", "watch-2")
    # as Kubernetes has it on version 2: paths in /proc/PID/cgroup are relative to its own
    private = os.path.join(ctx.dir, "run")
    with open(os.path.join(WHERE, "run")) as f:
        text = f.read().replace("--cgroupns=host", "--cgroupns=private")
    with open(private, "w") as f:
        f.write(text)
    os.chmod(private, 0o755)
    own = watch("rt-containers", "watch-3", private)
    both = [rt.start("rt-web", 23), rt.start("rt-db", 31)]
    for c in both:
        c.wait_done()
    for one in (m, facts, own):
        one.settle()
    for c in both:
        same_identity(ctx, latest(m, c.full_id), c)
        row = latest(own, c.full_id) or {}
        ctx.equal([row.get("container.name"), row.get("container.cgroup")],
                  [c.name, (latest(m, c.full_id) or {}).get("container.cgroup")], "in a cgroup namespace of its own")
    names = {r["container.name"] for r in m.rows()}
    ctx.check({"watch-1", "watch-2", "watch-3"} <= names, f"it sees itself; there are {sorted(names)}")
    for one in (m, facts, own):
        ctx.equal(one.stop(), 0, "exit status")
    for c in both:
        same_amounts(ctx, m, facts, c)


@case(needs="bpf", timeout=180)
def in_podman(ctx):
    sees_the_host(ctx, runtimes.Podman, ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"],
                  [n[1] for n in needs_of_manifest() if n[0] == "add"])


@case(needs="bpf", timeout=180)
def in_docker(ctx):
    version = run_command("dockerd", "--version").stdout.split()[2]
    caps = [n[1] for n in needs_of_manifest() if n[0] == "add"]
    if int(version.split(".")[0]) < 23:
        with open(os.path.join(WHERE, "run")) as f:
            caps = re.search(r"CAPS='([A-Z_ ]+)'", f.read())[1].split()
    # its daemon wants mounts that are shared, as systemd makes them
    holder = subprocess.Popen(["unshare", "-m", "--propagation", "shared", "sleep", "1000"])
    ctx.cleanup(end_process, holder)
    ctx.cleanup(setattr, runtimes.Runtime, "before", ())
    runtimes.Runtime.before = ("nsenter", "-t", str(holder.pid), "-m")
    wait_for("a mount namespace", lambda: os.readlink(f"/proc/{holder.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt"))
    sees_the_host(ctx, runtimes.Docker, [], caps)
