# SPDX-License-Identifier: GPL-2.0-or-later
"""Each answer of docs/cookbook.md in the situation that it is for: its commands are run as they are printed there, at
the same time, and what the text promises must be in what they say."""
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from cases import Skip, case, run_command, wait_for
from loads import Load, Netns, Nginx, Postgres, Redis, mounted_cgroups
from monitor import PROGRAM, ROOT, end_process

HERE = os.path.dirname(os.path.abspath(__file__))


def commands(title):
    """The commands of a section."""
    with open(os.path.join(ROOT, "docs", "cookbook.md")) as f:
        section = f.read().split(f"## {title}\n")[1].split("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.S) for line in block.splitlines()]


def answers(ctx, title, want, during=None):
    """Runs all commands of a section at once; `during` is called again and again meanwhile. Returns what they say."""
    where = os.path.join(ctx.dir, "bin")
    os.makedirs(where, exist_ok=True)
    if not os.path.exists(f"{where}/ctop-trace"):
        os.symlink(PROGRAM, f"{where}/ctop-trace")
    lines = commands(title)
    ctx.equal(len(lines), want, f"commands under {title}")
    env = {**os.environ, "PATH": where + ":" + os.environ["PATH"]}
    running = [subprocess.Popen(["bash", "-c", line], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace") for line in lines]
    outputs = [None] * len(lines)

    def collect(i):
        outputs[i] = running[i].communicate()

    threads = [threading.Thread(target=collect, args=(i,)) for i in range(len(lines))]
    for p, t in zip(running, threads):
        ctx.cleanup(end_process, p)
        t.start()
    end = time.monotonic() + 90
    while any(t.is_alive() for t in threads) and time.monotonic() < end:
        if during:
            during()
        time.sleep(0.1)
    for line, p, out in zip(lines, running, outputs):
        ctx.check(out and p.returncode == 0, f"{line}: exit status {p.poll()}: {out and out[1]}")
    if "COOKBOOK" in os.environ:  # a file to which they are added, for the documentation
        with open(os.environ["COOKBOOK"], "a") as f:
            f.writelines(f"$ {line}\n{out[0] if out else ''}\n" for line, out in zip(lines, outputs))
    return [out[0] if out else "" for out in outputs]


def tables(text):
    """[[row, ...], ...], a row {title: cell}. Cells are cut where the header's columns are."""
    ret = []
    for block in re.split(r"\n(?=\d\d:\d\d:\d\d\.\d+  )|\n\n", text):
        lines = [l for l in block.splitlines() if l.strip()]
        if lines and re.match(r"\d\d:\d\d:\d\d\.\d+  ", lines[0]):
            lines = lines[1:]
        if not lines:
            continue
        head = re.split(r" {2,}", lines[0].strip())
        rows = []
        for line in lines[1:]:
            cells = re.split(r" {2,}", line.strip(), maxsplit=len(head) - 1)
            if len(cells) == len(head):
                rows.append(dict(zip(head, cells)))
            else:
                rows.append({"line": line})
        ret.append(rows)
    return ret


def first(text):
    t = tables(text)
    return t[0][0] if t and t[0] else {}


def named_container(ctx, name):
    """Prefix that starts a command in a cgroup as LXC makes them: the container's name is in its path."""
    dirs = []
    mounts = mounted_cgroups()
    for where in dict.fromkeys(mounts[c] for c in ("v2", "pids", "cpuacct", "memory", "cpu") if c in mounts):
        d = os.path.join(where, f"lxc.payload.{name}")
        os.makedirs(d, exist_ok=True)
        dirs.append(d)

    def remove():
        for d in dirs:
            wait_for("an empty cgroup", lambda: not open(f"{d}/cgroup.procs").read(), 10)
            os.rmdir(d)

    ctx.cleanup(remove)
    return ["sh", "-c", "".join(f"echo $$ > '{d}/cgroup.procs' && " for d in dirs) + 'exec "$@"', "sh"]


def start(ctx, *argv, **kw):
    kw.setdefault("stdout", subprocess.DEVNULL)
    kw.setdefault("stderr", subprocess.DEVNULL)
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, **kw)

    def end():
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        p.wait()

    ctx.cleanup(end)
    return p


def program_called(ctx, name, path=sys.executable):
    """A link, so that the process is called so."""
    link = os.path.join(ctx.dir, name)
    os.symlink(os.path.realpath(path), link)
    return link


def slow_files(ctx, *names):
    if not os.path.exists("/dev/fuse"):
        raise Skip("no /dev/fuse")
    where = os.path.join(ctx.dir, "far")
    os.mkdir(where)
    p = subprocess.Popen([sys.executable, os.path.join(HERE, "..", "lib", "slowfs.py"), where, "20", *names],
                         stdout=subprocess.PIPE, text=True)
    ctx.cleanup(end_process, p)
    if p.stdout.readline() != "ready\n":
        raise Skip("no file system in user space")
    ctx.cleanup(run_command, "umount", "-l", where)
    return where


@case(needs=("bpf", "gzip"), timeout=60)
def which_container_eats_the_cpu(ctx):
    eater, other = named_container(ctx, "shop-web"), named_container(ctx, "queue")
    for _ in range(3):
        start(ctx, *eater, "sh", "-c", "gzip < /dev/zero > /dev/null")
    start(ctx, *other, "sh", "-c", "while sleep 0.05; do :; done")
    top, procs = answers(ctx, "Which container eats the CPU?", 2)
    rows = {r.get("CONTAINER"): r for r in tables(top)[0]}
    if ctx.check("shop-web" in rows and "queue" in rows, f"both containers are listed:\n{top}"):
        ctx.check(float(rows["shop-web"]["CPU%"]) > 3 * float(rows["queue"]["CPU%"]), f"one of them eats the CPU:\n{top}")
        order = [r["CONTAINER"] for r in tables(top)[0] if r.get("CONTAINER") in ("shop-web", "queue")]
        ctx.equal(order, ["shop-web", "queue"], "the eater comes first")
        ctx.check(float(rows["shop-web"]["RUNQ%"]) > 10, f"three busy threads wait for a CPU:\n{top}")
    ctx.check("gzip" in first(procs).get("COMMAND", ""), f"the busiest of its processes:\n{procs}")
    ctx.check(all(r.get("CONTAINER") == "shop-web" for r in tables(procs)[0]), f"its processes only:\n{procs}")


@case(needs=("bpf", "dd"), timeout=60)
def which_file_is_slow(ctx):
    far = slow_files(ctx, "import.csv", "fast.csv")
    start(ctx, "sh", "-c", f"while :; do dd if={far}/import.csv of=/dev/null bs=4k; sleep 0.1; done")
    start(ctx, "sh", "-c", f"while :; do dd if={ctx.dir}/local of=/dev/null bs=4k; dd if={far}/fast.csv of=/dev/null; sleep 0.1; done")
    start(ctx, "sh", "-c", f"while sleep 0.2; do dd if=/dev/zero of={ctx.dir}/direct bs=64k count=4 oflag=direct; done")
    with open(f"{ctx.dir}/local", "wb") as f:
        f.write(bytes(1 << 20))
    slow, each, disks, busy = answers(ctx, "Which file is slow?", 4)
    mine = [r for r in tables(slow)[0] if r.get("FILENAME") == f"{far}/import.csv"]
    if ctx.check(mine, f"the slow file is found:\n{slow}"):
        ctx.equal((mine[0]["PROCESS"], mine[0]["SYSCALL"]), ("dd", "read"), "who and how")
        ctx.check(15 < ms(mine[0]["AVG"]) <= ms(mine[0]["SLOWEST"]), f"all its calls are slow: {mine[0]}")
    took = [ms(m) for m in re.findall(rf"dd .* read +([\d.]+m?s) .*{far}/import.csv", each)]
    ctx.check(len(took) > 10 and all(t > 1 for t in took) and max(took) >= 19, f"its slow calls, one by one {took}:\n{each[:2000]}")
    ctx.check(any(r.get("WR AWAIT", "–") != "–" and r["WRITES/s"] != "0" for r in tables(disks)[0]), f"the disk writes:\n{disks}")
    names = [r.get("FILENAME") for r in tables(busy)[0]]
    ctx.check(f"{far}/import.csv" in names[:5], f"most time goes there:\n{busy[:2000]}")


def ms(text):
    number, unit = re.fullmatch(r"([\d.]+)(ns|µs|ms|s)", text).groups()
    return float(number) * {"ns": 1e-6, "µs": 1e-3, "ms": 1, "s": 1000}[unit]


@case(needs=("bpf", "ip"), timeout=60)
def who_talks_to_this_address(ctx):
    net = Netns(ctx)
    run_command(*net.prefix(), "ip", "addr", "add", "10.0.3.9/24", "dev", "lo")
    serve = program_called(ctx, "warehouse")
    ask = program_called(ctx, "shop")
    start(ctx, *net.prefix(), serve, "-c", """
import socket, threading
def talk(s):
    while s.recv(1000): s.sendall(b"x" * 500)
l = socket.create_server(("10.0.3.9", 4000))
while True: threading.Thread(target=talk, args=(l.accept()[0],), daemon=True).start()
""")
    wait_for("the server", lambda: net.tcp_sockets("-l"))
    start(ctx, *net.prefix(), ask, "-c", """
import socket, time
idle, s = [socket.create_connection(("10.0.3.9", 4000)) for i in range(2)]
while True: s.sendall(b"y" * 100); s.recv(1000); time.sleep(0.01)
""")
    wait_for("its client", lambda: len(net.tcp_sockets()) >= 4)
    conns, procs, hosts = answers(ctx, "Who talks to this address?", 3)
    found = [r for r in tables(conns)[0] if "10.0.3.9" in (r.get("REMOTE IP"), r.get("LOCAL IP"))]
    ctx.check(len(found) >= 3, f"two connections, one of them idle, and who listens:\n{conns}")
    ctx.check(any("shop" in str(r) for r in found), f"who it is:\n{conns}")
    ctx.equal(len(found), len(tables(conns)[0]), "nothing else")
    names = " ".join(str(r.get("COMMAND")) for r in tables(procs)[0])
    ctx.check("/shop" in names and "/warehouse" in names and len(tables(procs)[0]) == 2, f"processes at both ends:\n{procs}")
    row = [r for r in tables(hosts)[0] if r.get("REMOTE IP") == "10.0.3.9"]
    ctx.check(row and row[0]["IN/s"] != "0", f"the address among all:\n{hosts}")


@case(needs="bpf", timeout=60)
def which_process_leaks_descriptors(ctx):
    node = program_called(ctx, "node")
    start(ctx, node, "-c", """
import resource, socket, time
resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))
held = []
while len(held) < 900: held.append(socket.socketpair()[0]); held.append(open('/etc/hostname')); time.sleep(0.05)
time.sleep(1000)
""")
    time.sleep(0.5)
    usage, lsof, kinds = answers(ctx, "Which process leaks descriptors?", 3)
    opens = [next((int(r["OPEN"]) for r in t if "/node" in r.get("COMMAND", "")), None) for t in tables(usage)]
    ctx.check(len(opens) == 3 and None not in opens and opens[0] < opens[1] < opens[2], f"more in each table {opens}:\n{usage}")
    ctx.check(lsof.count("/etc/hostname") > 5 and lsof.count("unix") > 5, f"what they are:\n{lsof[:2000]}")
    table = {r.get("TYPE") or next(iter(r.values())): r for r in tables(kinds)[0]}
    ctx.check("file" in table and "unix" in table, f"their kinds:\n{kinds}")


@case(needs=("bpf", "psql", "setpriv", "nginx", "ss"), timeout=120)
def why_is_this_request_slow(ctx):
    far = slow_files(ctx, "import.csv", "fast.csv")
    load = Load(ctx)
    Nginx(load)
    load.start("python3", "-c", """
import http.server, time
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self): time.sleep(0.3); self.send_response(200); self.end_headers(); self.wfile.write(b"late")
http.server.ThreadingHTTPServer(("127.0.0.1", 8081), H).serve_forever()
""")
    pg = Postgres(load)
    load.wait_port(8081)
    load.start("sh", "-c", f"while :; do psql -XAtqc \"select length(pg_read_binary_file('{far}/import.csv'))\"; done", env=pg.env)
    load.start("python3", "-c", "import urllib.request as u\nwhile True: u.urlopen('http://127.0.0.1:8080/slow/').read()")
    by_call, slow, calls, gap = answers(ctx, "Why is this request slow?", 4)
    work = [r for r in tables(by_call)[0] if r.get("SYSCALL") not in ("epoll_wait", "poll", "futex", "select", "pselect6", "wait4")]
    ctx.equal(work and work[0]["SYSCALL"], "read", f"the call that takes the time:\n{by_call}")
    row = first(slow)
    ctx.check("read" in str(row), f"slow calls:\n{slow}")
    ctx.check("epoll_wait" not in slow, f"waits are left out:\n{slow}")
    each = re.findall(rf"read\(\d+<{far}/import.csv>.* = \d+ +<([\d.]+ms)>", calls)
    ctx.check(len(each) > 5 and all(ms(t) >= 19 for t in each), f"one by one, on what:\n{calls[:2000]}")
    asked, waited = {}, []
    for line in gap.splitlines():
        m = re.match(r"(\d+):(\d+):([\d.]+) +\d+ +nginx +(\w+)\((\d+)<tcp [\d.:]+→127.0.0.1:8081>", line)
        if m:
            when = int(m[1]) * 3600 + int(m[2]) * 60 + float(m[3])
            if m[4] == "writev":
                asked[m[5]] = when
            elif m[4] == "recvfrom" and m[5] in asked:
                waited.append(when - asked.pop(m[5]))
    ctx.check(waited and all(0.29 < w < 2 for w in waited), f"it waits for the other server {waited}:\n{gap[:3000]}")


@case(needs=("bpf", "cron", "run-parts", "unshare"), timeout=60)
def what_did_that_cron_job_run(ctx):
    jobs = os.path.join(ctx.dir, "jobs")
    os.mkdir(jobs)
    with open(f"{jobs}/nightly", "w") as f:
        f.write("#!/bin/sh\nsleep 0.02\nls /nowhere 2>/dev/null\ntar cf /dev/null /etc/hostname 2>/dev/null\nexit 3\n")
    os.chmod(f"{jobs}/nightly", 0o755)
    # a real cron with a table of its own, which thinks that the machine has just booted
    setup = f"""
mount --make-rprivate /
mount -t tmpfs none /run
mount -t tmpfs none /etc/cron.d
mount -t tmpfs none /var/spool/cron/crontabs
mount --bind /dev/null /etc/crontab
echo '@reboot root run-parts {jobs}' > /etc/cron.d/job
exec cron -f
"""
    last = []

    def boot():
        if not last or time.monotonic() - last[-1] > 1.5:
            last.append(time.monotonic())
            if len(last) > 1:
                started.append(start(ctx, "unshare", "-m", "sh", "-ec", setup))

    started = []
    ended, spied = answers(ctx, "What did that cron job run?", 2, boot)
    rows = [r for r in tables(ended)[0]]
    by = {os.path.basename(r.get("COMMAND", "").split()[0] if r.get("COMMAND") else ""): r for r in rows}
    for what, status in (("sleep", "0"), ("ls", "512"), ("tar", "0"), ("run-parts", None)):
        r = next((r for r in rows if f"{what} " in r.get("COMMAND", "")), None)
        if ctx.check(r, f"{what} ran:\n{ended}") and status:
            ctx.equal(r["STATUS"], status, f"{what}: status\n{ended}")
    ctx.check(any("nightly" in r.get("COMMAND", "") and r["STATUS"] == "768" for r in rows), f"the job failed with 3:\n{ended}")
    ctx.check(by, f"rows:\n{ended}")
    ctx.check("execve" in spied and ("nightly" in spied or "tar" in spied), f"as it happens:\n{spied}")


@case(needs=("bpf", "dd"), timeout=60)
def who_fills_the_disk(ctx):
    backup = os.path.join(ctx.dir, "backup")
    shutil.copy(shutil.which("dd"), backup)
    os.mkdir(f"{ctx.dir}/archive")
    # over the same 20 MB again and again, so that it is a lot for us and not for the disk
    start(ctx, "sh", "-c", f"while :; do {backup} if=/dev/zero of={ctx.dir}/archive/all bs=1M count=20 conv=notrunc; done")
    procs, directories, files = answers(ctx, "Who fills the disk?", 3)
    top = [r.get("COMMAND", "") for r in tables(procs)[0]]
    ctx.check(any("backup" in c for c in top[:12]), f"who writes:\n{procs[:2000]}")
    ctx.check(f"{ctx.dir}/archive" in "".join(str(r) for r in tables(directories)[0][:2]), f"where to:\n{directories[:2000]}")
    row = first(files)
    ctx.equal((row.get("FILENAME"), row.get("PROCESS")), (f"{ctx.dir}/archive/all", "backup"), f"both:\n{files[:2000]}")


@case(needs="bpf", timeout=60)
def which_errors_repeat(ctx):
    name = program_called(ctx, "searcher")
    start(ctx, name, "-c", f"""
import os, socket, time
while True:
    for i in range(200):
        try: os.stat("{ctx.dir}/no-such-file")
        except OSError: pass
    try: socket.create_connection(("127.0.0.1", 1))
    except OSError: pass
    time.sleep(0.01)
""")
    errors, whose, files = answers(ctx, "Which errors repeat?", 3)
    kinds = [(r.get("SYSCALL"), r.get("RESULT")) for r in tables(errors)[0]]
    ctx.check(("newfstatat", "ENOENT") in kinds[:3], f"the error that repeats:\n{errors}")
    ctx.check(("connect", "ECONNREFUSED") in kinds, f"another one:\n{errors}")
    ctx.check(not any(k[1] in ("EAGAIN", "EINTR", "ETIMEDOUT", "EINPROGRESS") for k in kinds), f"no waits:\n{errors}")
    ctx.check("/searcher" in str(tables(whose)[0][:3]), f"whose they are:\n{whose[:2000]}")
    ctx.check(f"{ctx.dir}/no-such-file" in str(tables(files)[0][:2]), f"what is looked for:\n{files[:2000]}")


@case(needs=("bpf", "redis-server", "redis-cli", "mkfs.ext4", "fsfreeze", "losetup", "mount", "ss"), timeout=60)
def what_blocks_this_thread(ctx):
    """redis keeps a log on a file system that stands still."""
    image, disk = f"{ctx.dir}/image", f"{ctx.dir}/disk"
    with open(image, "wb") as f:
        f.truncate(32 << 20)
    os.mkdir(disk)
    run_command("mkfs.ext4", "-q", image)
    if run_command("mount", "-o", "loop", image, disk, check=False).returncode:
        raise Skip("no loop device")
    ctx.cleanup(run_command, "umount", "-l", disk)
    load = Load(ctx)
    Redis(load, "--appendonly", "yes", "--appendfsync", "always", "--dir", disk)
    ctx.cleanup(load.container.kill)
    load.ask("redis-cli", "set", "a", "1")
    run_command("fsfreeze", "-f", disk)
    ctx.cleanup(lambda: run_command("fsfreeze", "-u", disk, check=False))
    began = time.monotonic()
    client = subprocess.Popen([*load.outside, "redis-cli", "set", "a", "2"], stdout=subprocess.DEVNULL)
    ctx.cleanup(end_process, client)
    time.sleep(1)
    threads, uninterruptible = answers(ctx, "What blocks this thread?", 2)
    took = time.monotonic() - began
    run_command("fsfreeze", "-u", disk)
    rows = tables(threads)[0]
    stuck = [r for r in rows if f"{disk}/" in str(r)]
    if ctx.check(len(stuck) == 1, f"what it is blocked on:\n{threads}"):
        ctx.equal((stuck[0]["S"], stuck[0]["CALL"]), ("D", "write"), f"in which call:\n{threads}")
        waits = ms(stuck[0]["FOR"])
        ctx.check(900 < waits < took * 1000, f"for how long, of {took} s:\n{threads}")
    ctx.check(any("futex" in str(r) for r in rows), f"its other threads wait for work:\n{threads}")
    ctx.check(any("redis-server" in str(r) and f"{disk}/" in str(r) for r in tables(uninterruptible)[0]), f"among all that wait so:\n{uninterruptible}")


@case(needs=("bpf", "nginx", "ss"), timeout=60)
def what_does_this_binary_send(ctx):
    load = Load(ctx)
    nginx = Nginx(load)
    if os.path.realpath(shutil.which("nginx")) != "/usr/sbin/nginx":
        raise Skip("nginx is elsewhere")
    with open(f"{nginx.dir}/www/page.html", "w") as f:
        f.write("the secret of the cookbook " * 20)
    load.start("python3", "-c", "import time, urllib.request as u\n"
               "while True: u.urlopen('http://127.0.0.1:8080/page.html').read(); time.sleep(0.02)")
    conns, echo = answers(ctx, "What does this binary send?", 2)
    rows = tables(conns)[0]
    ctx.check(rows and all("nginx" in str(r) for r in rows), f"of this binary only:\n{conns[:2000]}")
    ctx.check(any(r.get("LPORT") == "8080" and r.get("OUT/s", "0") != "0" for r in rows), f"where to and how much:\n{conns[:2000]}")
    ctx.check("HTTP/1.1 200 OK" in echo and "the secret of the cookbook" in echo, f"the payload:\n{echo[:2000]}")
    ctx.check("GET /page.html" not in echo, f"what it sends, not what it gets:\n{echo[:2000]}")


@case()
def every_answer_is_tried(ctx):
    with open(os.path.join(ROOT, "docs", "cookbook.md")) as f:
        titles = re.findall(r"^## (.*)\?$", f.read(), re.M)
    here = {k for k in globals() if callable(globals()[k])}
    ctx.equal(len(titles), 10, "questions")
    for t in titles:
        ctx.check(re.sub(r"\W+", "_", t.lower()) in here, f"{t}: a case for it")
