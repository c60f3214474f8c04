# SPDX-License-Identifier: GPL-2.0-or-later
"""What it leaves behind (nothing), what it says when it cannot run, what it prints of hostile names."""
import json
import os
import shutil
import signal
import subprocess
import time

from cases import Skip, case, run_command, wait_for
from monitor import PROGRAM, Monitor, Workload, end_process


def bpf_objects_of(pid):
    """Ids of the BPF programs, maps and links that a process holds."""
    ret = set()
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{fd}") as f:
                info = dict(line.split(":", 1) for line in f if ":" in line)
        except OSError:
            continue
        for key in ("link_id", "map_id", "prog_id"):
            if key in info:
                ret.add((key[:-3], int(info[key])))
                break  # a link tells its program's id as well
    return ret


def still_there(objects):
    """Those of them that the kernel still knows; others on this machine may use BPF, too."""
    return {(kind, n) for kind, n in objects
            if run_command("bpftool", kind, "show", "id", str(n), check=False).returncode == 0}


def nothing_left(ctx, what, objects):
    ctx.check(len(objects) >= 8, f"{what}: programs, maps and links while it ran: {len(objects)}")
    # the kernel frees them after a grace period
    end = time.monotonic() + 10
    while (left := still_there(objects)) and time.monotonic() < end:
        time.sleep(0.2)
    ctx.equal(left, set(), f"left in the kernel after {what}")


@case(needs=("bpf", "bpftool"), timeout=120)
def nothing_stays_in_the_kernel(ctx):
    for view in ("processes", "files"):
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            m = Monitor(ctx, view)
            objects = bpf_objects_of(m.process.pid)
            m.stop(sig)
            nothing_left(ctx, f"{view}, signal {sig}", objects)
    for sig in (signal.SIGINT, signal.SIGKILL):
        p = subprocess.Popen([PROGRAM, "--spy", "proc.name=nobody"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        ctx.cleanup(end_process, p)
        # its objects are there, and no more come
        objects = wait_for("the spy's objects", lambda: (o := bpf_objects_of(p.pid)) and len(o) >= 8 and
                           (time.sleep(0.5), bpf_objects_of(p.pid))[1] == o and o, 20)
        p.send_signal(sig)
        p.wait(10)
        nothing_left(ctx, f"the spy, signal {sig}", objects)


@case(needs="bpf")
def ends_with_its_reader(ctx):
    p = subprocess.Popen([PROGRAM, "-b", "-d", "0.2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.readline()
    p.stdout.close()
    try:
        ctx.equal(p.wait(10), 0, "exit status when nobody reads any more")
    except subprocess.TimeoutExpired:
        p.kill()
        ctx.fail("it goes on although nobody reads")
    ctx.equal(p.stderr.read(), b"", "what it says then")
    p.stderr.close()


@case(needs=("bpf", "setpriv"))
def without_rights(ctx):
    """One line that says what is missing, exit status 1, nothing on standard output."""
    program = os.path.join(ctx.dir, "ctop-trace")
    shutil.copy(PROGRAM, program)
    os.chmod(program, 0o755)
    drop = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"]
    for argv in (["-b", "-n", "1"], ["--spy", "-n", "1"], []):
        r = run_command(*drop, program, *argv, check=False, stdin=subprocess.DEVNULL,
                        env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
        ctx.equal(r.returncode, 1, f"{argv}: exit status as nobody")
        ctx.equal(r.stdout, "", f"{argv}: standard output")
        ctx.equal(len(r.stderr.strip().splitlines()), 1, f"{argv}: lines on standard error: {r.stderr!r}")
        if argv:
            ctx.check("CAP_BPF" in r.stderr or "root" in r.stderr, f"it says what is missing: {r.stderr!r}")
    r = run_command(*drop, program, "--demo", "-b", "-d", "0.05", "-n", "2", check=False, stdin=subprocess.DEVNULL)
    ctx.equal((r.returncode, r.stderr), (0, ""), "the demo needs no rights")


@case(needs=("bpf", "capsh"))
def with_two_capabilities(ctx):
    """An ordinary user with CAP_BPF and CAP_PERFMON is enough."""
    program = os.path.join(ctx.dir, "ctop-trace")
    shutil.copy(PROGRAM, program)
    os.chmod(program, 0o755)
    caps = "cap_bpf,cap_perfmon"
    r = run_command("capsh", "--keep=1", "--user=nobody", f"--inh={caps}", f"--addamb={caps}", "--", "-c",
                    f"{program} -b --format json -d 0.3 -n 2", check=False, stdin=subprocess.DEVNULL)
    ctx.equal((r.returncode, r.stderr), (0, ""), f"as nobody with {caps}")
    lines = [json.loads(line) for line in r.stdout.splitlines()]
    ctx.check(len(lines) == 2 and len(lines[1]["rows"]) > 5, "it lists processes")


@case()
def bad_usage(ctx):
    """Exit status 2 and one line that names the mistake."""
    bad = os.path.join(ctx.dir, "bad.json")
    with open(bad, "w") as f:
        f.write('{"views": [\n  {"id": "x", "name": "X",\n   "records": ["tasks"] "key": []}]}\n')
    for argv, words in ((["--no-such-option"], ["no-such-option"]), (["-b", "-v", "nosuch"], ["nosuch"]),
                        (["-b", "--filter", "no.such.field=1"], ["no.such.field"]), (["-b", "no.such.field=1"], ["no.such.field"]),
                        (["-b", "--sort", "no.such"], ["no.such"]), (["-b", "-d", "x"], ["x"]),
                        (["-b", "--format", "xml"], ["xml"]), (["-b", "--views", bad], ["bad.json", "3"]),
                        (["-b", "--views", "/nonexistent/v.json"], ["/nonexistent/v.json"]), (["-b", "-n", "-1"], ["-1"])):
        r = run_command(PROGRAM, "--demo", *argv, check=False, stdin=subprocess.DEVNULL)
        ctx.equal(r.returncode, 2, f"{argv}: exit status")
        ctx.equal(r.stdout, "", f"{argv}: standard output")
        ctx.equal(len(r.stderr.strip().splitlines()), 1, f"{argv}: lines on standard error: {r.stderr!r}")
        for word in words:
            ctx.check(word in r.stderr, f"{argv}: names {word}: {r.stderr!r}")


@case(needs="bpf")
def hostile_names(ctx):
    """A process and a file whose names would take over a terminal."""
    w = Workload(ctx, "procs", "hostile", ctx.dir, linger=True)
    outs = {}
    for fmt in ("table", "csv", "json"):
        path = os.path.join(ctx.dir, fmt)
        with open(path, "w") as out:
            p = subprocess.Popen([PROGRAM, "-b", "--format", fmt, "-v", "files", "-d", "0.5"], stdout=out,
                                 stdin=subprocess.DEVNULL)
        ctx.cleanup(end_process, p)
        outs[fmt] = (p, path)
    for p, path in outs.values():
        wait_for("the first interval", lambda path=path: os.path.getsize(path) > 0, 20)
    w.go()
    listing = run_command(PROGRAM, "-b", "-d", "0.3", "-n", "1").stdout
    time.sleep(1)
    for fmt, (p, path) in outs.items():
        p.send_signal(signal.SIGINT)
        p.wait(10)
        with open(path, encoding="utf-8", errors="strict") as f:
            text = f.read()
        bad = {c for c in text if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0 or
               (c == "\u202e" and fmt != "json")}  # JSON carries names as they are
        ctx.equal(bad, set(), f"{fmt}: control characters")
        ctx.check("evil" in text, f"{fmt}: the file is there")
        if fmt == "json":
            for line in text.splitlines():
                json.loads(line)
    bad = {c for c in listing if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0}
    ctx.equal(bad, set(), "processes: control characters")
    w.finish()


@case(needs="bpf", timeout=200)
def churn_in_every_view(ctx):
    """Every kind of record and the spy beside each other, for many intervals with churn: for the sanitizers, mostly."""
    runs = [["-v", v, "-d", "0.1", "-n", "30"] for v in ("processes", "threads", "containers", "connections", "files", "syscalls")]
    runs += [["--spy=dig", "-d", "0.5", "-n", "8", "proc.name!=nobody"], ["--spy=echo", "-d", "0.5", "-n", "8"]]
    started = []
    for n, argv in enumerate(runs):
        err = open(os.path.join(ctx.dir, f"err-{n}"), "w+")
        p = subprocess.Popen([PROGRAM, "-b", *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
        ctx.cleanup(err.close)
        ctx.cleanup(end_process, p)
        started.append((argv, p, err))
    load = Workload(ctx, "procs", "mixed", ctx.dir, 100, 40000)
    net = Workload(ctx, "net", "tcp4", 100, 20)
    load.go()
    net.go()
    for argv, p, err in started:
        status = p.wait(90)
        err.seek(0)
        said = [line for line in err if "events lost" not in line]
        ctx.equal((status, said), (0, []), " ".join(argv))
    net.finish()


@case(needs=("unshare", "mount"))
def machine_without_etc(ctx):
    """A bare container or an early boot: no services, users, hosts. The stock views need none of them."""
    if os.geteuid() != 0:
        raise Skip("not root")
    r = run_command("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /etc && exec "$@"', "sh", PROGRAM, "--demo", "-b",
                    "--format", "json", "-v", "overview", "-d", "0.05", "-n", "2", check=False, stdin=subprocess.DEVNULL)
    ctx.equal((r.returncode, r.stderr), (0, ""), "exit status, standard error")
    ctx.equal(len([json.loads(line) for line in r.stdout.splitlines()]), 2, "intervals")
