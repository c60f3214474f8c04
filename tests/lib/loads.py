# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that people run, each in a cgroup and a network namespace of its own, and what they say of themselves.

Everything lives in the case's directory and ends with the case. The network namespace makes ports free and the
kernel's counters of it (snmp, lo) the load's alone.
"""
import glob
import os
import re
import shutil
import signal
import subprocess
import time

from cases import Failure, Skip, run_command, wait_for
from monitor import Monitor, end_process

NEEDS = ("bpf", "nginx", "wrk", "redis-server", "redis-benchmark", "psql", "ss", "strace", "gcc")


def watch(ctx, interval=0.5, **views):
    """Monitors that are ready: name = (view, filter words...)."""
    ret = {name: Monitor(ctx, words[0], *words[1:], interval=interval, ready=False, options=["--max-facts", "400000"])
           for name, words in views.items()}
    for m in ret.values():
        wait_for("the first interval", lambda: m.lines, 30)
        m.intervals()
    return ret


def finish(ctx, monitors):
    """Waits until all that happened is in the lines, and ends them."""
    for m in monitors.values():
        m.settle()
    for m in monitors.values():
        m.process.send_signal(signal.SIGINT)
    for name, m in monitors.items():
        m.process.wait(20)
        ctx.equal(m.stop(), 0, f"{name}: exit status of the monitor")


def mounted_cgroups():
    """{what: mount point}: "v2", and the name of each v1 controller."""
    ret = {}
    with open("/proc/self/mounts") as f:
        for line in f:
            _, where, kind, options = line.split()[:4]
            if kind == "cgroup2":
                ret["v2"] = where
            elif kind == "cgroup":
                for o in options.split(","):
                    ret.setdefault(o, where)
    return ret


class Container:
    """A cgroup with the path of a container, in every hierarchy; not a sandbox."""

    count = 0

    def __init__(self, ctx, name="docker"):
        Container.count += 1
        self.full_id = f"{os.getpid():08x}{Container.count:02x}".ljust(64, "c")
        self.id = self.full_id[:12]
        self.mounts = mounted_cgroups()
        wheres = [self.mounts[c] for c in ("v2", "pids", "cpuacct", "memory", "blkio", "cpu", "name=systemd")
                  if c in self.mounts]
        self.dirs = [os.path.join(w, name, self.full_id) for w in dict.fromkeys(wheres)]
        for d in self.dirs:
            try:
                if os.path.exists(os.path.join(os.path.dirname(os.path.dirname(d)), "cgroup.subtree_control")):
                    self.delegate(os.path.dirname(os.path.dirname(d)))
                os.makedirs(os.path.dirname(d), exist_ok=True)
                self.delegate(os.path.dirname(d))
                os.mkdir(d)
            except OSError as e:
                raise Skip(f"cannot make a cgroup: {e}") from None
        ctx.cleanup(self.remove)

    @staticmethod
    def delegate(d):
        """cgroup v2: lets the children of `d` have what there is of controllers."""
        path = os.path.join(d, "cgroup.subtree_control")
        for controller in ("cpu", "memory", "io") if os.path.exists(path) else ():
            try:
                with open(path, "w") as f:
                    f.write("+" + controller)
            except OSError:
                pass

    def prefix(self):
        """Words in front of a command that start it inside."""
        script = "".join(f"echo $$ > '{d}/cgroup.procs' && " for d in self.dirs)
        return ["sh", "-c", script + 'exec "$@"', "sh"]

    def file(self, v1, v2):
        """Path of one of its files: v1 is (controller, name), v2 a name. None if it is not there."""
        paths = []
        if v1[0] in self.mounts:
            paths.append(os.path.join(self.mounts[v1[0]], "docker", self.full_id, v1[1]))
        if "v2" in self.mounts:
            paths.append(os.path.join(self.mounts["v2"], "docker", self.full_id, v2))
        return next((p for p in paths if os.path.exists(p)), None)

    def cpu_ns(self):
        """CPU time charged to it."""
        path = self.file(("cpuacct", "cpuacct.usage"), "cpu.stat")
        with open(path) as f:
            text = f.read()
        return int(text) if path.endswith("usage") else 1000 * int(re.search(r"usage_usec (\d+)", text)[1])

    def pids(self):
        with open(os.path.join(self.dirs[0], "cgroup.procs")) as f:
            return [int(p) for p in f.read().split()]

    def kill(self):
        """Ends everything that runs in it."""
        for _ in range(100):
            pids = self.pids()
            if not pids:
                return
            for p in pids:
                try:
                    os.kill(p, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)

    def remove(self):
        self.kill()
        for d in self.dirs:
            for _ in range(20):
                try:
                    os.rmdir(d)
                    break
                except OSError:
                    time.sleep(0.05)
            try:
                os.rmdir(os.path.dirname(d))
            except OSError:
                pass  # others live in it


class Netns:
    """A network namespace with nothing but lo."""

    def __init__(self, ctx):
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "ip link set lo up && echo ready && exec sleep 1000000"],
            stdout=subprocess.PIPE, text=True)
        ctx.cleanup(end_process, self.holder)
        if self.holder.stdout.readline() != "ready\n":
            raise Skip("cannot make a network namespace")
        self.ino = os.stat(f"/proc/{self.holder.pid}/ns/net").st_ino

    def prefix(self):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]

    def read(self, name):
        with open(f"/proc/{self.holder.pid}/net/{name}") as f:
            return f.read()

    def snmp(self):
        """{"Tcp.ActiveOpens": 3, ...} of /proc/net/snmp and netstat."""
        ret = {}
        for name in ("snmp", "netstat"):
            lines = self.read(name).splitlines()
            for head, values in zip(lines[::2], lines[1::2]):
                group = head.split(":")[0]
                ret.update({f"{group}.{k}": int(v) for k, v in zip(head.split()[1:], values.split()[1:])})
        return ret

    def dev(self, name="lo"):
        """The 16 numbers of an interface: [0] bytes in, [1] packets in, [8] bytes out, [9] packets out."""
        for line in self.read("dev").splitlines():
            if line.strip().startswith(name + ":"):
                return [int(x) for x in line.split(":")[1].split()]
        raise Failure(f"no interface {name}")

    def tcp_sockets(self, *options):
        """Lines of `ss` about TCP sockets in it."""
        return run_command(*self.prefix(), "ss", "-tnH", *options).stdout.splitlines()


class Load:
    """A container with a network namespace in which commands are started."""

    def __init__(self, ctx, net=None):
        self.ctx = ctx
        self.container = Container(ctx)
        self.net = net or Netns(ctx)
        self.prefix = self.container.prefix() + self.net.prefix()
        self.only = f"container.id={self.container.id}"
        self.outside = self.net.prefix()  # for questions, whose calls must not count

    def start(self, *argv, **kw):
        kw.setdefault("stdout", subprocess.DEVNULL)
        kw.setdefault("stderr", subprocess.DEVNULL)
        p = subprocess.Popen([*self.prefix, *argv], stdin=subprocess.DEVNULL, cwd=self.ctx.dir, **kw)
        self.ctx.cleanup(end_process, p)
        return p

    def run(self, *argv, timeout=60, **kw):
        return run_command(*self.prefix, *argv, timeout=timeout, stdin=subprocess.DEVNULL, cwd=self.ctx.dir, **kw)

    def ask(self, *argv, **kw):
        """Runs a command in the network namespace but not in the container."""
        return run_command(*self.outside, *argv, **kw).stdout

    def wait_port(self, port):
        def listening():
            return any(l.split()[3].endswith(f":{port}") for l in self.net.tcp_sockets("-l"))
        wait_for(f"somebody to listen at port {port}", listening, 20)


NGINX = """
daemon off;
{user}
worker_processes 2;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 256; }}
http {{
	log_format sizes '$status $request_length $bytes_sent $uri';
	access_log {dir}/access.log sizes;
	client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
	uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
	sendfile off;
	log_not_found off;
	server {{
		listen 127.0.0.1:8080;
		root {dir}/www;
		location /sent/ {{ sendfile on; }}
		location = /status {{ stub_status; }}
		location /slow/ {{ proxy_pass http://127.0.0.1:8081; }}
	}}
}}
"""


class Nginx:
    """Two workers that serve a page of `size` bytes, by read and write and by sendfile (/sent/)."""

    def __init__(self, load, size=30000, user="root"):
        self.load, self.dir, self.size = load, load.ctx.dir, size
        os.makedirs(f"{self.dir}/www/sent")
        for name in ("page.html", "sent/page.html"):
            with open(f"{self.dir}/www/{name}", "wb") as f:
                f.write(b"x" * size)
        with open(f"{self.dir}/nginx.conf", "w") as f:
            f.write(NGINX.format(dir=self.dir, user="user nobody nogroup;" if user == "nobody" else "user root;"))
        self.process = load.start("nginx", "-p", self.dir, "-e", f"{self.dir}/error.log", "-c", f"{self.dir}/nginx.conf")
        load.wait_port(8080)

    def wrk(self, path, seconds=2, connections=8):
        """Runs wrk over it; {"bytes": received, "requests": answered}, as wrk counts."""
        script = os.path.join(self.dir, "done.lua")
        with open(script, "w") as f:
            f.write('function done(s, l, r) print("SUM " .. s.bytes .. " " .. s.requests) end\n')
        out = self.load.run("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script,
                            f"http://127.0.0.1:8080{path}").stdout
        numbers = re.search(r"^SUM (\d+) (\d+)", out, re.M)
        if not numbers:
            raise Failure(f"wrk says: {out}")
        return {"bytes": int(numbers[1]), "requests": int(numbers[2])}

    def status(self):
        """stub_status: accepts, handled, requests; asking is one of each."""
        text = self.load.ask("python3", "-c", "import urllib.request as u\n"
                             "print(u.urlopen('http://127.0.0.1:8080/status').read().decode())")
        accepts, handled, requests = map(int, re.search(r"requests\s+(\d+) (\d+) (\d+)", text).groups())
        return {"accepts": accepts, "handled": handled, "requests": requests}

    def log(self):
        """[(status, bytes of the request, bytes sent, uri)]"""
        with open(f"{self.dir}/access.log") as f:
            return [(int(a), int(b), int(c), d) for a, b, c, d in map(str.split, f)]

    def stop(self):
        """Orderly: workers finish, logs are complete."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)


class Redis:
    def __init__(self, load, *options, under=()):
        """`under`: words in front of the command, such as strace."""
        self.load = load
        self.process = load.start(*under, "redis-server", "--port", "6379", "--bind", "127.0.0.1", "--save", "", "--dir",
                                  load.ctx.dir, "--logfile", "redis.log", *options)
        load.wait_port(6379)

    def benchmark(self, requests=20000, size=100, clients=10, tests="set,get", *options):
        self.load.run("redis-benchmark", "-p", "6379", "-n", str(requests), "-d", str(size), "-c", str(clients), "-t",
                      tests, "-q", *options)

    def info(self):
        """INFO, and the bytes of the answer (as redis sent them)."""
        text = self.load.ask("python3", "-c", """
import socket, sys
s = socket.create_connection(("127.0.0.1", 6379))
s.sendall(b"*2\\r\\n$4\\r\\nINFO\\r\\n$3\\r\\nall\\r\\n")
f = s.makefile("rb")
head = f.readline()
body = f.read(int(head[1:]) + 2)
sys.stdout.write("answer_bytes:%d\\r\\n%s" % (len(head) + len(body), body.decode()))
""")
        ret = {}
        for line in text.splitlines():
            k, _, v = line.strip().partition(":")
            ret[k] = int(v) if v.isdigit() else float(v) if re.fullmatch(r"\d+\.\d+", v) else v
        return ret

    def stop(self):
        self.load.ask("redis-cli", "shutdown", "nosave")
        self.process.wait(20)


def postgres_bin():
    """Directory of the newest PostgreSQL's programs; Debian keeps initdb out of PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda p: int(p.split("/")[4].split(".")[0]))
    if found:
        return os.path.dirname(found[-1])
    if shutil.which("initdb"):
        return os.path.dirname(os.path.realpath(shutil.which("initdb")))
    raise Skip("PostgreSQL's server is not installed")


class Postgres:
    """A cluster of its own, run as nobody (it refuses root), on a Unix socket and a port."""

    def __init__(self, load, *settings):
        self.load, self.bin = load, postgres_bin()
        self.home = os.path.join(load.ctx.dir, "pg")
        self.data = os.path.join(self.home, "data")
        os.mkdir(self.home)
        shutil.chown(self.home, "nobody")
        self.env = {"PATH": self.bin + ":" + os.environ["PATH"], "PGHOST": "127.0.0.1", "PGPORT": "5432",
                    "PGUSER": "postgres", "PGDATABASE": "postgres", "HOME": self.home, "LC_ALL": "C"}
        self.user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        run_command(*self.user, "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-N", "--wal-segsize=64",
                    "-E", "UTF8", env=self.env, cwd=self.home, timeout=120)
        with open(f"{self.data}/postgresql.conf", "a") as f:
            f.write(f"listen_addresses='127.0.0.1'\nport=5432\nunix_socket_directories='{self.home}'\n"
                    "shared_buffers='1MB'\nautovacuum=off\njit=off\nmax_parallel_workers_per_gather=0\nlogging_collector=off\n"
                    "checkpoint_timeout='1d'\nbgwriter_delay=10s\nmax_connections=20\nmax_wal_senders=0\nwal_level=minimal\n"
                    "effective_io_concurrency=0\n")
            f.writelines(s + "\n" for s in settings)
        self.start()

    def start(self):
        with open(os.path.join(self.home, "log"), "a") as log:
            self.process = self.load.start(*self.user, "postgres", "-D", self.data, env=self.env, stderr=log)
        wait_for("PostgreSQL to be ready", self.ready, 30, 0.2)

    def ready(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.home, "log")) as f:
                raise Failure("PostgreSQL ended: " + f.read())
        return subprocess.run([*self.load.outside, "pg_isready", "-q"], env=self.env).returncode == 0

    def sql(self, text):
        """Rows of a query, each a list of texts."""
        out = run_command(*self.load.outside, "psql", "-XAtq", "-F\t", "-v", "ON_ERROR_STOP=1", "-c", text,
                          env=self.env, timeout=120).stdout
        return [line.split("\t") for line in out.splitlines()]

    def pgbench(self, *options):
        return self.load.run("pgbench", *options, env=self.env, timeout=120).stdout

    def stop(self):
        """Orderly: all that it wrote is on disk."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
