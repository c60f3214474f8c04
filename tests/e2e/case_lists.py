# SPDX-License-Identifier: GPL-2.0-or-later
"""List views: every event of a known set appears exactly once, with what it was about."""
import collections
import csv
import ctypes
import errno
import io
import os
import signal
import socket
import subprocess
import sys
import time

from case_containers import Cgroup, hex_id
from cases import Failure, case, run_command, wait_for
from monitor import Monitor, PROGRAM, end_process

SECOND_TRY = False

libc = ctypes.CDLL(None, use_errno=True)
SYS_OPEN, SYS_CREAT, SYS_OPENAT, SYS_OPENAT2 = 2, 85, 257, 437
SYS_TKILL, SYS_TGKILL, SYS_RT_SIGQUEUEINFO, SYS_PIDFD_SEND_SIGNAL = 200, 234, 129, 424
AT_FDCWD = -100


def call(nr, *args):
    """A system call as it is: its result, or -errno."""
    r = libc.syscall(ctypes.c_long(nr), *(ctypes.c_char_p(a) if isinstance(a, bytes) else
                                          a if isinstance(a, ctypes._SimpleCData) or hasattr(a, "_obj") else
                                          ctypes.c_long(a) for a in args))
    return -ctypes.get_errno() if r < 0 else r


def watch(ctx, view, *words, interval=0.5):
    """The monitor, with the spy attached: its first interval has ended."""
    return Monitor(ctx, view, *words, interval=interval)


def finish(ctx, m):
    m.settle()
    ctx.equal(m.stop(), 0, "exit status of the monitor")
    ctx.equal(m.health().get("lost"), 0, "events lost")
    return m.rows()


@case(needs="bpf")
def file_opens(ctx):
    m = watch(ctx, "file_opens")
    d = ctx.dir
    want = collections.Counter()
    dirfd = os.open(d, os.O_RDONLY | os.O_DIRECTORY)
    cwd = os.getcwd()
    os.chdir(d)
    try:
        for i in range(40):
            path = f"{d}/o{i}".encode()
            for nr, args in ((SYS_OPEN, (path, os.O_RDWR | os.O_CREAT, 0o600)),
                             (SYS_CREAT, (path, 0o600)),
                             (SYS_OPENAT, (AT_FDCWD, path, os.O_RDONLY)),
                             (SYS_OPENAT, (dirfd, f"o{i}".encode(), os.O_RDONLY)),
                             (SYS_OPENAT, (AT_FDCWD, f"o{i}".encode(), os.O_RDONLY))):
                fd = call(nr, *args)
                if fd < 0:
                    raise Failure(f"call {nr}: {errno.errorcode[-fd]}")
                os.close(fd)
                want[(f"{d}/o{i}", "SUCCESS")] += 1
            how = ctypes.create_string_buffer(24)
            fd = call(SYS_OPENAT2, dirfd, f"o{i}".encode(), ctypes.byref(how), 24)
            if fd >= 0:
                os.close(fd)
                want[(f"{d}/o{i}", "SUCCESS")] += 1
            for nr, args in ((SYS_OPEN, (f"{d}/no{i}".encode(), os.O_RDONLY)),
                             (SYS_OPENAT, (AT_FDCWD, f"{d}/no{i}".encode(), os.O_RDONLY)),
                             (SYS_OPENAT, (dirfd, f"no{i}".encode(), os.O_RDONLY))):
                ctx.equal(call(nr, *args), -errno.ENOENT, "an open that must fail")
                want[(f"{d}/no{i}", "ENOENT")] += 1
            ctx.equal(call(SYS_CREAT, d.encode(), 0o600), -errno.EISDIR, "creat of a directory")
            want[(d, "EISDIR")] += 1
    finally:
        os.chdir(cwd)
        os.close(dirfd)
    rows = [r for r in finish(ctx, m) if r["proc.pid"] == os.getpid() and (r["fd.name"] or "").startswith(d)]
    got = collections.Counter((r["fd.name"], r["evt.res"]) for r in rows)
    got[(d, "SUCCESS")] -= 1  # the directory itself
    ctx.equal_maps(+got, want, "opens")
    ctx.equal(sum((+got).values()), sum(want.values()), "all of them, none twice")
    ctx.check(all(r["evt.arg.flags"] for r in rows if "o1" in r["fd.name"] and r["evt.res"] == "SUCCESS"
                  and r["evt.arg.flags"] is not None), "flags are there")


@case(needs="bpf")
def connections(ctx):
    m = watch(ctx, "new_connections")
    n = 25
    names = collections.Counter()
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        server = socket.socket(family, socket.SOCK_STREAM)
        server.bind((host, 0))
        server.listen(16)
        port = server.getsockname()[1]
        for i in range(n):
            c = socket.socket(family, socket.SOCK_STREAM)
            if i % 2:
                c.setblocking(False)
                c.connect_ex((host, port))
            else:
                c.connect((host, port))
            s, peer = server.accept()
            local = peer[1]
            text = f"{host}:{local}->{host}:{port}" if family == socket.AF_INET else f"[{host}]:{local}->[{host}]:{port}"
            names[("accept4", text)] += 1
            names[("connect", text)] += 1
            c.close()
            s.close()
        server.close()
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    refused = socket.socket()
    ctx.equal(refused.connect_ex(closed.getsockname()), errno.ECONNREFUSED, "a connect that must fail")
    rows = [r for r in finish(ctx, m) if r["proc.pid"] == os.getpid()]
    got = collections.Counter((r["evt.type"], r["fd.name"]) for r in rows)
    ctx.equal_maps(got, names, "connections")
    ctx.equal(sum(got.values()), sum(names.values()), "all of them, none twice, not the refused one")


TALK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
for _ in range(60):
    c = socket.create_connection(server.getsockname())
    s = server.accept()[0]
    c.close()
    s.close()
"""


@case(needs="bpf")
def of_a_container_that_starts_later(ctx):
    """From its first event on: also of one that is gone before the next sample, and of one that lives on."""
    for i, rest in enumerate((0, 1.5)):
        full = hex_id(190 + i)
        m = watch(ctx, "new_connections", f"container.id={full[:12]}", interval=1)
        cg = Cgroup(ctx, f"docker/{full}")
        run_command(*cg.prefix(), sys.executable, "-c", TALK + f"import time; time.sleep({rest})")
        run_command(sys.executable, "-c", TALK)  # somebody else
        got = collections.Counter((r["evt.type"], r["container.name"]) for r in finish(ctx, m))
        ctx.equal(got, {("connect", full[:12]): 60, ("accept4", full[:12]): 60}, "connections")


@case(needs="bpf")
def ports(ctx):
    m = watch(ctx, "port_bindings")
    want = collections.Counter()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for _ in range(10):
            s = socket.socket(socket.AF_INET, kind)
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
            proto = "tcp" if kind == socket.SOCK_STREAM else "udp"
            want[("bind", proto, port)] += 1
            if kind == socket.SOCK_STREAM:
                s.listen(4)
                want[("listen", proto, port)] += 1
            s.close()
            want[("close", proto, port)] += 1
    for _ in range(5):  # has no port: nothing to tell
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    rows = [r for r in finish(ctx, m) if r["proc.pid"] == os.getpid()]
    got = collections.Counter((r["evt.type"], r["fd.l4proto"], r["fd.lport"]) for r in rows)
    ctx.equal(got, want, "ports")


@case(needs="bpf")
def commands(ctx):
    script = os.path.join(ctx.dir, "login.sh")
    with open(script, "w") as f:
        f.write(f"""cd {ctx.dir}
read -r go
for i in 1 2 3 4 5; do
	/bin/echo top-$i 'two words' >/dev/null
	sh -c '/bin/echo below-'$i'; exit 0' >/dev/null
done
./not-there-at-all 2>/dev/null
mkdir sub
cd sub
/bin/echo moved >/dev/null
cd /
read -r end
""")
    shell = subprocess.Popen(["bash", script], stdin=subprocess.PIPE, text=True, cwd="/")
    ctx.cleanup(end_process, shell)
    wait_for("the shell to be there", lambda: os.readlink(f"/proc/{shell.pid}/cwd") == ctx.dir)
    m = watch(ctx, "spy_users")  # the view "commands", below login shells
    m.wait_interval()  # the shell is in the sample
    shell.stdin.write("go\n")
    shell.stdin.flush()
    wait_for("the shell to be back at /", lambda: os.readlink(f"/proc/{shell.pid}/cwd") == "/")
    rows = finish(ctx, m)
    shell.communicate("end\n")
    mine = {}
    for r in rows:
        text = r["proc.exeline.tree"].strip()
        if text.startswith("/bin/echo top-") or text.startswith("/bin/echo below-"):
            mine.setdefault(text, []).append(r)
    want = [f"/bin/echo top-{i} two words" for i in range(1, 6)] + [f"/bin/echo below-{i}" for i in range(1, 6)]
    ctx.equal(sorted(mine), sorted(want), "commands, with their arguments")
    ctx.check(all(len(v) == 1 for v in mine.values()), "each once")
    user = subprocess.run(["id", "-un"], stdout=subprocess.PIPE, text=True).stdout.strip()
    for text, (r,) in sorted(mine.items()):
        ctx.equal(r["user.name"], user, f"user of {text}")
        ctx.equal(r["proc.cwd"], ctx.dir, f"directory of {text}")
        ctx.check(r["proc.loginshellid"] is not None, f"login shell of {text}")
    moved = [r for r in rows if r["proc.exeline.tree"].strip() == "/bin/echo moved"]
    ctx.equal([r["proc.cwd"] for r in moved], [f"{ctx.dir}/sub"], "directory after a cd")

    def indent(text):
        line = mine[text][0]["proc.exeline.tree"]
        return len(line) - len(line.lstrip())
    ctx.equal(indent("/bin/echo below-3") - indent("/bin/echo top-3 two words"), 2, "one generation further right")
    ctx.check(not any("not-there-at-all" in r["proc.exeline.tree"] for r in rows), "what did not start is not listed")
    cds = [r for r in rows if r["proc.pid"] == shell.pid and r["proc.exeline.tree"].strip() == "cd /"]
    ctx.equal(len(cds), 1, "the change of directory")


@case(needs="bpf")
def signals(ctx):
    m = watch(ctx, "signals")
    target = subprocess.Popen(["sleep", "60"])
    ctx.cleanup(end_process, target)
    m.wait_interval(2)  # its name is known
    sig = signal.SIGCONT
    want = collections.Counter()
    info = ctypes.create_string_buffer(128)
    info[0] = bytes([sig])
    ctypes.c_int.from_buffer(info, 8).value = -1  # SI_QUEUE
    pidfd = os.pidfd_open(target.pid)
    for _ in range(7):
        os.kill(target.pid, sig)
        want[("kill", "SIGCONT", target.pid, "SUCCESS")] += 1
        call(SYS_TGKILL, target.pid, target.pid, sig)
        want[("tgkill", "SIGCONT", target.pid, "SUCCESS")] += 1
        call(SYS_TKILL, target.pid, sig)
        want[("tkill", "SIGCONT", target.pid, "SUCCESS")] += 1
        if call(SYS_RT_SIGQUEUEINFO, target.pid, sig, ctypes.byref(info)) == 0:
            want[("rt_sigqueueinfo", "SIGCONT", target.pid, "SUCCESS")] += 1
        call(SYS_PIDFD_SEND_SIGNAL, pidfd, sig, 0, 0)
        want[("pidfd_send_signal", "SIGCONT", None, "SUCCESS")] += 1
        try:
            os.kill(0x3ffffffe, signal.SIGTERM)
        except ProcessLookupError:
            want[("kill", "SIGTERM", 0x3ffffffe, "ESRCH")] += 1
    os.close(pidfd)
    rows = [r for r in finish(ctx, m) if r["proc.pid"] == os.getpid() and r["signal.pid"] != m.process.pid]
    got = collections.Counter((r["evt.type"], r["signal.name"], r["signal.pid"], r["evt.res"]) for r in rows)
    ctx.equal(got, want, "signals")
    ctx.equal({r["signal.target"] for r in rows if r["evt.type"] == "tgkill"}, {"sleep"}, "name of the target")


@case(needs="bpf")
def syslog(ctx):
    os.makedirs(f"{ctx.dir}/dev")
    path = f"{ctx.dir}/dev/log"
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind(path)
    other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    other.bind(f"{ctx.dir}/other")
    m = watch(ctx, "syslog")
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.connect(path)
    two = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    three = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    three.connect(f"{ctx.dir}/other")
    want = collections.Counter()
    long = "x" * 300
    for i in range(6):
        one.send(f"<34>su: connected {i}\n".encode())
        want[("auth", "crit", f"su: connected {i}")] += 1
        two.sendto(f"<78>CRON: sendto {i}".encode(), path)
        want[("cron", "info", f"CRON: sendto {i}")] += 1
        two.sendmsg([b"<191>", f"app: sendmsg {i}".encode()], [], 0, path)
        want[("local7", "debug", f"app: sendmsg {i}")] += 1
        os.write(one.fileno(), f"<11>{long}{i}\0".encode())
        want[("user", "err", f"{long}{i}")] += 1
        two.sendto(f"no priority {i}".encode(), path)
        want[("user", "notice", f"no priority {i}")] += 1
        three.send(f"<34>not for the log {i}".encode())
        while True:
            try:
                daemon.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
    rows = [r for r in finish(ctx, m) if r["proc.pid"] == os.getpid()]
    got = collections.Counter((r["syslog.facility.str"], r["syslog.severity.str"], r["syslog.message"]) for r in rows)
    ctx.equal(got, want, "messages")


@case(needs="bpf")
def table_and_csv_come_as_they_happen(ctx):
    """Without waiting for the end of the interval; the header once."""
    for fmt in ("table", "csv"):
        path = os.path.join(ctx.dir, fmt)
        with open(path, "w") as out:
            p = subprocess.Popen([PROGRAM, "-b", "-v", "file_opens", "-d", "30", "--format", fmt,
                                  f"proc.pid={os.getpid()}"], stdin=subprocess.DEVNULL, stdout=out)
        ctx.cleanup(end_process, p)
        probe = os.path.join(ctx.dir, f"probe-{fmt}")

        def seen():
            try:
                os.open(probe, os.O_RDONLY)
            except FileNotFoundError:
                pass
            with open(path) as f:
                return probe in f.read()
        wait_for(f"a row ({fmt})", seen, 20, 0.2)
        time.sleep(0.1)
        p.send_signal(signal.SIGINT)
        ctx.equal(p.wait(10), 0, "exit status")
        with open(path) as f:
            text = f.read()
        if fmt == "table":
            ctx.equal(text.count("RES "), 1, "headers")
        else:
            rows = list(csv.DictReader(io.StringIO(text)))
            ctx.check(any(r["fd.name"] == probe and r["evt.res"] == "ENOENT" for r in rows), "the row in CSV")
            ctx.check(all(None not in r and None not in r.values() for r in rows), "as many cells as titles")
