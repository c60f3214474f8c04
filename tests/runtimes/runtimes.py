# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts real container runtimes with an image made here, and removes all they leave behind.

Every runtime runs the same load (LOAD), told apart by an amount, and says with its own tool what its
containers are called. Nothing is fetched from anywhere.
"""
import hashlib
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import time

from cases import Failure, Skip, run_command, wait_for
from monitor import processes_named

IMAGE = "localhost/ctop/load:2.1"
SHORT = ("/bin/dd", "if=/dev/zero", "of=/tmp/short", "bs=4096", "count=3")
NULL = subprocess.DEVNULL

# blocks: written to a file, sent over a socket, then as many turns of a loop
LOAD = """#!/bin/sh
n=$1
ip link set lo up 2> /dev/null
[ -n "$2" ] && while [ ! -e /tmp/go ]; do sleep 0.05; done
dd if=/dev/zero of=/tmp/data bs=4096 count=$n 2> /dev/null
mkfifo /tmp/hold
nc -l -p $((7000 + n)) < /tmp/hold > /tmp/got &
exec 3> /tmp/hold
until nc 127.0.0.1 $((7000 + n)) < /tmp/data 2> /dev/null; do sleep 0.1; done
wait
i=0
while [ $i -lt $((n * 500)) ]; do i=$((i + 1)); done
mv /tmp/got /tmp/done
exec sleep 100000
"""


def make_rootfs(where):
    """A root file system of busybox and the load."""
    busybox = shutil.which("busybox")
    if not busybox:
        raise Skip("busybox is not installed")
    for d in ("bin", "etc", "tmp", "proc", "sys", "dev", "run", "root", "var"):
        os.makedirs(os.path.join(where, d), exist_ok=True)
    shutil.copy(busybox, os.path.join(where, "bin", "busybox"))
    for applet in run_command(busybox, "--list").stdout.split():
        path = os.path.join(where, "bin", applet)
        if not os.path.lexists(path):
            os.symlink("busybox", path)
    for name, text in (("passwd", "root:x:0:0::/root:/bin/sh\n"), ("group", "root:x:0:\n"),
                       ("os-release", "ID=busybox\n"), ("resolv.conf", "")):
        with open(os.path.join(where, "etc", name), "w") as f:
            f.write(text)
    path = os.path.join(where, "bin", "load")
    with open(path, "w") as f:
        f.write(LOAD)
    os.chmod(path, 0o755)
    return where


def make_archive(ctx, rootfs, tag=IMAGE):
    """The same as an archive that every engine can load."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(rootfs, arcname=".")
    data = layer.getvalue()
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "created": "2024-01-01T00:00:00Z",
        "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/load", "1"], "Labels": {"org.example.image": "load"}},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest()]},
        "history": [{"created": "2024-01-01T00:00:00Z"}]}).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": [tag], "Layers": ["layer.tar"]}]).encode()
    path = os.path.join(ctx.dir, "image.tar")
    with tarfile.open(path, "w") as tar:
        for part, content in ((name, config), ("manifest.json", manifest), ("layer.tar", data)):
            info = tarfile.TarInfo(part)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def end_daemon(p):
    if p.poll() is None:
        p.terminate()
        try:
            p.wait(15)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


def unmount_below(path):
    with open("/proc/self/mounts") as f:
        mounts = [line.split()[1].encode().decode("unicode_escape") for line in f]
    for m in sorted(mounts, reverse=True):
        if m == path or m.startswith(path + "/"):
            subprocess.run(["umount", "-l", m], stderr=NULL)


def remove_tree(path):
    unmount_below(path)
    shutil.rmtree(path, ignore_errors=True)


def own_dirs(ctx, *paths):
    """Directories that a runtime makes: removed at the end unless they were there before."""
    for path in paths:
        try:  # another run of these tests may be about to end
            wait_for(path, lambda p=path: not os.path.exists(p) or not os.listdir(p), 30)
        except Failure:
            raise Skip(f"{path} is in use") from None
        ctx.cleanup(remove_tree, path)


def cgroup_dirs():
    with open("/proc/self/mounts") as f:
        return [line.split()[1] for line in f if line.split()[2] in ("cgroup", "cgroup2")]


def remove_cgroup(top, name):
    """All below, then itself; whether it is gone."""
    for root, dirs, _ in os.walk(os.path.join(top, name), topdown=False):
        for d in [os.path.join(root, d) for d in dirs] + [root]:
            try:
                os.rmdir(d)
            except OSError:
                pass
    return not os.path.exists(os.path.join(top, name))


def remove_cgroups(*names):
    """Empty cgroups that runtimes leave at the top of each hierarchy; what was in them may just be ending."""
    for _ in range(20):
        if all([remove_cgroup(top, name) for top in cgroup_dirs() for name in names]):
            return
        time.sleep(0.05)


DOCKER = "/var/lib/docker/containers"


def docker_containers(ctx):
    """Docker's directory of containers, empty and for this case alone; what was made for it goes with the case."""
    if os.path.exists(DOCKER):
        raise Skip(f"{DOCKER} is in use")
    top = DOCKER if os.path.exists(os.path.dirname(DOCKER)) else os.path.dirname(DOCKER)
    os.makedirs(DOCKER)
    ctx.cleanup(shutil.rmtree, top)


class Container:
    """What a runtime's own tool says of a container, and the load it was given."""

    def __init__(self, name, full_id, pid, blocks, image=None, image_id=None, kind=None, labels=None):
        self.name, self.full_id, self.pid, self.blocks = name, full_id, pid, blocks
        self.image, self.image_id, self.kind, self.labels = image, image_id, kind, labels or {}
        self.said = (None, None)

    def wait_done(self, timeout=30):
        """Until the load is over; its file is seen through the container's own root."""
        wait_for(f"load of {self.name}", lambda: os.path.exists(f"/proc/{self.pid}/root/tmp/done"), timeout)


def duration_ns(text):
    """As Go prints it: "1m2.5s", "16.7ms"."""
    units = {"h": 3600e9, "m": 60e9, "s": 1e9, "ms": 1e6, "µs": 1e3, "us": 1e3, "ns": 1}
    return round(sum(float(n) * units[unit] for n, unit in re.findall(r"([\d.]+)(ms|µs|us|ns|h|m|s)", text)))


class Runtime:
    commands = ()
    before = ()  # words in front of a daemon's

    def __init__(self, ctx, rootfs):
        self.ctx, self.rootfs = ctx, rootfs
        for c in self.commands:
            if not shutil.which(c):
                raise Skip(f"{c} is not installed")
        self.setup()

    def daemon(self, *argv):
        log = open(os.path.join(self.ctx.dir, os.path.basename(argv[0]) + ".log"), "w")
        p = subprocess.Popen([*Runtime.before, *argv], stdin=NULL, stdout=log, stderr=log)
        log.close()
        self.ctx.cleanup(end_daemon, p)
        return p

    def setup(self):
        pass

    def usage(self, c):
        """What the runtime's own tool says: CPU time in ns since the start, processes; None for what it does not."""
        return None, None


class Podman(Runtime):
    commands = ("podman", "conmon")

    def base(self):
        return ["podman", "--cgroup-manager=cgroupfs", "--runtime=runc", "--events-backend=file",
                "--storage-driver=overlay"]

    def setup(self):
        own_dirs(self.ctx, "/var/lib/containers", "/run/containers", "/run/libpod")
        self.ctx.cleanup(remove_cgroups, "libpod_parent")
        # what conmon starts after a container's end
        self.ctx.cleanup(wait_for, "podman's helpers to end", lambda: not processes_named("conmon") and
                         not processes_named("podman"), 20)
        run_command(*self.base(), "load", "-i", make_archive(self.ctx, self.rootfs), timeout=120)
        self.ctx.cleanup(lambda: run_command(*self.base(), "rm", "-fa", "-t", "0", check=False))

    def start(self, name, blocks, *options):
        full = run_command(*self.base(), "run", "-d", "--network=none", "--label", "team=shop", "--ulimit",
                           "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "--name", name, *options, IMAGE, "load", str(blocks),
                           timeout=60).stdout.strip()
        said = json.loads(run_command(*self.base(), "inspect", full).stdout)[0]
        return Container(said["Name"], said["Id"], said["State"]["Pid"], blocks, said["ImageName"],
                         said["Image"], "podman", {"team": said["Config"]["Labels"]["team"]})

    def usage(self, c):
        said = json.loads(run_command(*self.base(), "stats", "--no-stream", "--format", "json", c.full_id).stdout)[0]
        return duration_ns(said["cpu_time"]), int(said["pids"])

    def rename(self, old, new):
        run_command(*self.base(), "rename", old, new)

    def restart(self, name):
        run_command(*self.base(), "restart", "-t", "0", name, timeout=60)

    def remove(self, name):
        run_command(*self.base(), "rm", "-f", "-t", "0", name)

    def run_in(self, name, *argv):
        return subprocess.Popen(self.base() + ["exec", name, *argv], stdin=NULL, stdout=NULL, stderr=NULL)

    def short(self, name):
        run_command(*self.base(), "run", "--rm", "--network=none", "--ulimit", "nofile=1024:1024", "--ulimit",
                    "nproc=4096:4096", "--name", name, IMAGE, *SHORT, timeout=60)
        return "podman"


class PodmanOfUser(Podman):
    """Rootless. Without systemd nobody gives it a cgroup: it is put where systemd would have put it."""
    commands = ("podman", "conmon", "runuser", "useradd", "newuidmap")
    user = "ctop-rootless"

    def base(self):
        return ["runuser", "-u", self.user, "--", "env", "-C", self.home, f"HOME={self.home}", f"XDG_RUNTIME_DIR={self.run}",
                "podman", "--cgroup-manager=cgroupfs", "--runtime=runc", "--events-backend=file",
                "--storage-driver=overlay"]

    def setup(self):
        if run_command("id", "-u", self.user, check=False).returncode == 0:
            raise Skip(f"there is a user {self.user}")
        self.home, self.run = (os.path.join(self.ctx.dir, d) for d in ("home", "run"))
        self.ctx.cleanup(remove_tree, self.home)
        run_command("useradd", "-M", "-d", self.home, self.user)
        self.ctx.cleanup(run_command, "userdel", self.user)
        self.uid = int(run_command("id", "-u", self.user).stdout)
        for d in (self.home, self.run):
            os.makedirs(d, 0o700)
            os.chown(d, self.uid, self.uid)
        self.ctx.cleanup(remove_cgroups, f"user.slice/user-{self.uid}.slice")
        self.ctx.cleanup(self.end_all)
        archive = make_archive(self.ctx, self.rootfs)
        os.chmod(archive, 0o644)
        run_command(*self.base(), "load", "-i", archive, timeout=120)
        self.ctx.cleanup(lambda: run_command(*self.base(), "rm", "-fa", "-t", "0", check=False))

    def end_all(self):
        """Also those of its subordinate ids, which are below its own in the tree."""
        def mine():
            return run_command("pgrep", "-U", str(self.uid), check=False).stdout.split()
        for pid in mine():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass  # went with another
        wait_for("the user's processes to end", lambda: not mine())

    def start(self, name, blocks, *options):
        full = run_command(*self.base(), "run", "-d", "--network=none", "--label", "team=shop", "--ulimit",
                           "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "--name", name, *options, IMAGE, "load",
                           str(blocks), "wait", timeout=60).stdout.strip()
        said = json.loads(run_command(*self.base(), "inspect", full).stdout)[0]
        pid = said["State"]["Pid"]
        where = f"user.slice/user-{self.uid}.slice/user@{self.uid}.service/user.slice/libpod-{full}.scope/container"
        for top in cgroup_dirs():
            if "cpuset" in top:
                continue
            os.makedirs(os.path.join(top, where), exist_ok=True)
            with open(os.path.join(top, where, "cgroup.procs"), "w") as f:
                f.write(str(pid))
        run_command(*self.base(), "exec", full, "touch", "/tmp/go")
        return Container(said["Name"], said["Id"], pid, blocks, said["ImageName"], said["Image"], "podman",
                         {"team": said["Config"]["Labels"]["team"]})

    def usage(self, c):
        return None, None  # it has no cgroups to ask


class Containerd(Runtime):
    commands = ("containerd", "ctr")
    address = "/run/containerd/containerd.sock"

    def base(self):
        return ["ctr", "-a", self.address]

    def setup(self):
        own_dirs(self.ctx, "/run/containerd")
        config = os.path.join(self.ctx.dir, "containerd.toml")
        root = os.path.join(self.ctx.dir, "containerd")
        self.ctx.cleanup(remove_tree, root)
        with open(config, "w") as f:
            f.write(f'version = 2\nroot = "{root}"\nstate = "/run/containerd"\n'
                    'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
        self.ctx.cleanup(remove_cgroups, "default")
        self.daemon("containerd", "-c", config)
        wait_for("containerd", lambda: subprocess.run(self.base() + ["version"], stdout=NULL, stderr=NULL)
                 .returncode == 0, 20)
        run_command(*self.base(), "images", "import", make_archive(self.ctx, self.rootfs), timeout=120)
        self.ctx.cleanup(self.remove_all)

    def usage(self, c):
        said = json.loads(run_command(*self.base(), "tasks", "metrics", "--format", "json", c.full_id).stdout)
        return said["cpu"]["usage"]["total"], said.get("pids", {}).get("current")

    def remove_all(self):
        for name in run_command(*self.base(), "tasks", "ls", "-q", check=False).stdout.split():
            self.remove(name)

    def remove(self, name):
        run_command(*self.base(), "tasks", "kill", "-s", "9", name, check=False)
        for _ in range(50):
            if run_command(*self.base(), "tasks", "rm", name, check=False).returncode == 0:
                break
            time.sleep(0.1)
        run_command(*self.base(), "containers", "rm", name, check=False)

    def start(self, name, blocks, *options):
        run_command(*self.base(), "run", "-d", "--net-host", "--label", "team=shop", *options, IMAGE, name,
                    "/bin/load", str(blocks), timeout=60)
        tasks = run_command(*self.base(), "tasks", "ls").stdout.splitlines()[1:]
        pid = next(int(t.split()[1]) for t in tasks if t.split()[0] == name)
        info = json.loads(run_command(*self.base(), "containers", "info", name).stdout)
        return Container(info["ID"], name, pid, blocks, info["Image"], None, "containerd",
                         {"team": info["Labels"]["team"]})


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Docker(Runtime):
    """Its data root is moved by an option, which no configuration file tells."""
    commands = ("dockerd", "docker", "containerd")

    def base(self):
        return ["docker", "-H", self.address]

    def setup(self):
        containerd = Containerd(self.ctx, self.rootfs)
        self.address = "unix://" + os.path.join(self.ctx.dir, "docker.sock")
        self.root = os.path.join(self.ctx.dir, "moved-root")
        own_dirs(self.ctx, "/run/docker")
        self.ctx.cleanup(remove_tree, self.root)
        self.ctx.cleanup(remove_cgroups, "docker", "moby")
        self.daemon("dockerd", "-H", self.address, "--containerd", containerd.address, "--data-root", self.root,
                    "--pidfile", os.path.join(self.ctx.dir, "docker.pid"), "--bridge=none", "--iptables=false",
                    "--exec-opt", "native.cgroupdriver=cgroupfs")
        wait_for("dockerd", lambda: subprocess.run(self.base() + ["version"], stdout=NULL, stderr=NULL)
                 .returncode == 0, 30)
        run_command(*self.base(), "load", "-i", make_archive(self.ctx, self.rootfs), timeout=120)
        self.ctx.cleanup(self.remove_all)

    def remove_all(self):
        ids = run_command(*self.base(), "ps", "-aq", check=False).stdout.split()
        if ids:
            run_command(*self.base(), "rm", "-f", *ids, check=False)

    def start(self, name, blocks, *options):
        full = run_command(*self.base(), "run", "-d", "--network=none", "--label", "team=shop", "--name", name,
                           *options, IMAGE, "load", str(blocks), timeout=60).stdout.strip()
        said = json.loads(run_command(*self.base(), "inspect", full).stdout)[0]
        return Container(said["Name"].lstrip("/"), said["Id"], said["State"]["Pid"], blocks,
                         said["Config"]["Image"], said["Image"].split(":")[1], "docker", {"team": "shop"})

    def usage(self, c):
        """`docker stats` rounds; this is what it asks for."""
        api = UnixConnection(self.address[len("unix://"):])
        api.request("GET", f"/containers/{c.full_id}/stats?stream=0&one-shot=1")
        said = json.loads(api.getresponse().read())
        api.close()
        return said["cpu_stats"]["cpu_usage"]["total_usage"], said["pids_stats"].get("current")

    def rename(self, old, new):
        run_command(*self.base(), "rename", old, new)

    def restart(self, name):
        run_command(*self.base(), "restart", "-t", "0", name, timeout=60)

    def remove(self, name):
        run_command(*self.base(), "rm", "-f", name)

    def short(self, name):
        run_command(*self.base(), "run", "--rm", "--network=none", "--name", name, IMAGE, *SHORT, timeout=60)
        return "docker"


class Runc(Runtime):
    commands = ("runc",)
    tool = "runc"

    def prefix(self):
        return []

    def setup(self):
        self.names = []
        self.ctx.cleanup(self.remove_all)

    def usage(self, c):
        said = json.loads(run_command("runc", "events", "--stats", c.full_id).stdout)["data"]
        return said["cpu"]["usage"]["total"], said["pids"].get("current")

    def remove_all(self):
        for name in self.names:
            run_command(*self.prefix(), self.tool, "delete", "-f", name, check=False)

    def start(self, name, blocks):
        bundle = os.path.join(self.ctx.dir, name)
        shutil.copytree(self.rootfs, os.path.join(bundle, "rootfs"), symlinks=True)
        run_command(self.tool, "spec", cwd=bundle)
        with open(os.path.join(bundle, "config.json")) as f:
            spec = json.load(f)
        spec["process"].update(terminal=False, args=["/bin/load", str(blocks)])
        spec["process"]["env"] = ["PATH=/bin"]
        spec["process"].pop("rlimits", None)
        spec["root"]["readonly"] = False
        spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"]
                                       if n["type"] not in ("network", "cgroup")]
        spec["mounts"] = [m for m in spec["mounts"] if m["type"] != "cgroup"]
        spec["linux"]["cgroupsPath"] = "/" + name
        spec["annotations"] = {"team": "shop"}
        with open(os.path.join(bundle, "config.json"), "w") as f:
            json.dump(spec, f)
        self.names.append(name)
        self.ctx.cleanup(remove_cgroups, name)
        with open(os.path.join(bundle, "err"), "w") as err:
            r = subprocess.run(self.prefix() + [self.tool, "run", "-d", "--bundle", bundle, name], stdin=NULL,
                               stdout=NULL, stderr=err, timeout=30)
        if r.returncode:
            with open(os.path.join(bundle, "err")) as f:
                raise Failure(f"{self.tool} run: {f.read()}")
        said = json.loads(run_command(*self.prefix(), self.tool, "state", name).stdout)
        return Container(said["id"], said["id"], said["pid"], blocks, None, None, self.tool, {"team": "shop"})


class Crun(Runc):
    commands = ("crun", "unshare")
    tool = "crun"

    def usage(self, c):
        said = json.loads(run_command(*self.prefix(), "crun", "ps", "--format", "json", c.full_id).stdout)
        return None, len(said)

    def prefix(self):
        """It refuses hybrid cgroups: where there are some, it does not get to see v2."""
        kinds = {line.split()[2] for line in open("/proc/self/mounts") if line.split()[2].startswith("cgroup")}
        if kinds != {"cgroup", "cgroup2"}:
            return []
        v2 = next(line.split()[1] for line in open("/proc/self/mounts") if line.split()[2] == "cgroup2")
        return ["unshare", "-m", "sh", "-c", f'umount {v2} && exec "$@"', "sh"]


class Lxc(Runtime):
    commands = ("lxc-start", "lxc-info")

    def setup(self):
        self.names = []
        self.ctx.cleanup(self.remove_all)

    def remove_all(self):
        for name in self.names:
            run_command("lxc-stop", "-k", "-n", name, check=False)
            shutil.rmtree(f"/var/lib/lxc/{name}", ignore_errors=True)
            remove_cgroups(f"lxc.payload.{name}", f"lxc.monitor.{name}", "lxc.pivot")

    def start(self, name, blocks):
        where = f"/var/lib/lxc/{name}"
        own_dirs(self.ctx, where)
        self.names.append(name)
        os.makedirs(where)
        rootfs = os.path.join(self.ctx.dir, "lxc-" + name)
        shutil.copytree(self.rootfs, rootfs, symlinks=True)
        with open(os.path.join(where, "config"), "w") as f:
            f.write(f"lxc.uts.name = {name}\nlxc.rootfs.path = dir:{rootfs}\nlxc.net.0.type = empty\n"
                    "lxc.mount.auto = proc:mixed sys:ro\nlxc.apparmor.profile = unconfined\n")
        r = run_command("lxc-start", "-n", name, "-d", "-o", os.path.join(self.ctx.dir, name + ".log"), "-l", "INFO",
                        "--", "/bin/load", str(blocks), check=False)
        if r.returncode:
            with open(os.path.join(self.ctx.dir, name + ".log")) as f:
                raise Failure("lxc-start: " + f.read()[-1500:])
        out = run_command("lxc-info", "-n", name).stdout
        said = dict(line.split(":", 1) for line in out.splitlines() if ":" in line)
        return Container(said["Name"].strip(), name, int(said["PID"]), blocks, None, None, "lxc")

    def usage(self, c):
        out = run_command("lxc-info", "-S", "-H", "-n", c.name).stdout
        said = dict(line.split(":", 1) for line in out.splitlines() if ":" in line)
        return int(said["CPU use"]) if said.get("CPU use", "").strip().isdigit() else None, None


class Nspawn(Runtime):
    commands = ("systemd-nspawn",)

    def start(self, name, blocks):
        rootfs = os.path.join(self.ctx.dir, name)
        shutil.copytree(self.rootfs, rootfs, symlinks=True)
        os.makedirs(os.path.join(rootfs, "usr"), exist_ok=True)
        log = open(os.path.join(self.ctx.dir, name + ".log"), "w")
        # what runs below a cgroup of its own is named after that
        p = subprocess.Popen(["sh", "-c", "".join(f"mkdir -p {d}/{name}.service && echo $$ > {d}/{name}.service/"
                                                  "cgroup.procs && " for d in cgroup_dirs() if "cpuset" not in d) +
                              'exec "$@"', "sh", "systemd-nspawn", "-q", "-D", rootfs, "-M", name, "--register=no",
                              "--keep-unit", "--private-network", "/bin/load", str(blocks)],
                             stdin=NULL, stdout=log, stderr=log)
        log.close()
        self.ctx.cleanup(remove_cgroups, f"{name}.service")
        self.ctx.cleanup(end_daemon, p)

        def payload():
            if p.poll() is not None:
                with open(os.path.join(self.ctx.dir, name + ".log")) as f:
                    raise Failure("systemd-nspawn: " + f.read())
            for kid in run_command("pgrep", "-P", str(p.pid), check=False).stdout.split():
                if os.path.exists(f"/proc/{kid}/root/bin/load"):  # not nspawn's own helper
                    return int(kid)
            return None
        pid = wait_for(f"payload of {name}", payload)
        self.ctx.cleanup(lambda: os.path.exists(f"/proc/{pid}") and os.kill(pid, signal.SIGKILL))
        return Container(name, name, pid, blocks, None, None, "systemd-nspawn")
