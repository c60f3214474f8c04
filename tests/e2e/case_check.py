# SPDX-License-Identifier: GPL-2.0-or-later
"""--check: one page that says of this machine what others say of it, too."""
import os
import re

from cases import case, run_command
from monitor import PROGRAM


def page(*prefix, **env):
    r = run_command(*prefix, PROGRAM, "--check", check=False, env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **env})
    parts, last = {}, None
    for line in r.stdout.splitlines():
        m = re.match(r"^(ok|--|!!)   ?(.{13}) (.*)$", line.ljust(20))
        if m:
            last = m[2].strip() or last
            parts.setdefault(last, []).append((m[1], m[3].strip()))
    return r, parts


@case(needs="bpf")
def one_page(ctx):
    r, parts = page()
    ctx.equal((r.returncode, r.stderr), (0, ""), "exit status, standard error")
    lines = r.stdout.splitlines()
    ctx.check(len(lines) <= 30, f"{len(lines)} lines fit on a page")
    ctx.check(max(map(len, lines)) <= 160, "none is too long to read")
    ctx.equal(lines[-1], "ctop-trace can run here.", "the last line is the answer")
    ctx.equal(list(parts), ["kernel", "BTF", "hooks", "rights", "cgroups", "runtimes", "terminal", "BPF programs"], "what is looked at")
    ctx.equal({mark for part in parts.values() for mark, _ in part} - {"ok", "--"}, set(), "nothing is in the way")
    ctx.check(os.uname().release in parts["kernel"][0][1], "the kernel")
    ctx.equal(parts["BTF"], [("ok", "/sys/kernel/btf/vmlinux")], "BTF")


@case(needs="bpf")
def hooks_against_the_kernels_own_types(ctx):
    """Every tracepoint that is said to be there is a type of this kernel."""
    _, parts = page()
    with open("/sys/kernel/btf/vmlinux", "rb") as f:
        types = f.read()
    names = {n for _, text in parts["hooks"] if text.startswith("tracepoint:") for n in text.split(":", 1)[1].split()}
    ctx.check({"sys_enter", "sys_exit", "sched_process_exit"} <= names, f"tracepoints: {names}")
    for name in names - {"io_uring"}:
        ctx.check(f"\0btf_trace_{name}\0".encode() in types, name)


@case(needs="bpf")
def rights_cgroups_and_processes_against_proc(ctx):
    r, parts = page()
    with open("/proc/self/status") as f:
        caps = int(next(l for l in f if l.startswith("CapEff")).split()[1], 16)
    for bit, name in ((39, "CAP_BPF"), (38, "CAP_PERFMON"), (19, "CAP_SYS_PTRACE"), (2, "CAP_DAC_READ_SEARCH"), (21, "CAP_SYS_ADMIN")):
        line = next(((mark, text) for mark, text in parts["rights"] if text.startswith(name + " ")), None)
        ctx.check(line and (line[0] == "ok") == bool(caps >> bit & 1), f"{name}: {line}")
    with open("/proc/mounts") as f:
        mounts = [l.split() for l in f]
    unified = any(m[1:3] == ["/sys/fs/cgroup", "cgroup2"] for m in mounts)
    ctx.equal(parts["cgroups"][0][1] == "version 2", unified, f"cgroups: {parts['cgroups']}")
    for directory in ("/run/runc", "/run/crun", "/var/lib/docker/containers"):
        ctx.equal(directory in r.stdout, os.path.isdir(directory), f"runtime in {directory}")
    seen = int(re.search(r"(\d+) processes", parts["BPF programs"][0][1])[1])
    there = sum(name.isdigit() for name in os.listdir("/proc"))
    ctx.within(seen, there * 0.7 - 20, there * 1.3 + 20, "processes")


@case(needs="bpf")
def terminals(ctx):
    ctx.equal(page(TERM="dumb")[1]["terminal"][0][0], "--", "a terminal without a cursor costs the screen")
    ctx.check("256 colours" in page()[1]["terminal"][0][1], "xterm-256color has them")
    ctx.check("UTF-8" not in page(LC_ALL="C")[1]["terminal"][0][1] or "no UTF-8" in page(LC_ALL="C")[1]["terminal"][0][1], "plain locale")


@case(needs=("bpf", "setpriv"))
def what_cannot_run_says_so(ctx):
    """Without CAP_BPF: the same page, the missing thing marked, exit status 1."""
    r, parts = page("setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-all")
    ctx.equal(r.returncode, 1, "exit status")
    ctx.check(any(mark == "!!" and "CAP_BPF missing" in text for mark, text in parts["rights"]), f"rights: {parts['rights']}")
    ctx.equal(parts["BPF programs"][0][0], "!!", "the proof fails")
    ctx.check("cannot run here" in r.stdout.splitlines()[-1], "the last line is the answer")
