# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that were not written for tests: dd, a compiler, a shell, Python; strace watches the same run."""
import os
import subprocess

from cases import case, run_command
from case_truth import LINE, RESULT
from monitor import Monitor

VIEWS = ["--views", "tests/e2e/views.json"]
# what strace prints where the kernel restarts a call
RESTARTS = ("ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK")


def strace_by_pid(path):
    """{(pid, call, result): count}; calls that do not return are left out."""
    counts = {}
    with open(path, errors="replace") as f:
        for line in f:
            m = LINE.match(line)
            if not m or m["rest"].endswith("<unfinished ...>\n") or " = ?\n" in line:
                continue
            call, results = m["call"] or m["resumed"], RESULT.findall(line)
            if not results:
                continue
            res = "EINTR" if any(f"= ? {r}" in line for r in RESTARTS) else results[-1][0] or "SUCCESS"
            key = (int(m["pid"]), call, res)
            counts[key] = counts.get(key, 0) + 1
    return counts


def same_as_strace(ctx, what, *argv):
    log = os.path.join(ctx.dir, "strace")
    m = Monitor(ctx, "e2e-calls", options=VIEWS)
    # the first process is strace's own child until it execs: a shell, left out below
    run_command("strace", "-f", "-qq", "-o", log, "sh", "-c", '"$@"; exit $?', "sh", *argv, stdin=subprocess.DEVNULL,
                cwd=ctx.dir)
    m.settle()
    ctx.equal(m.stop(), 0, "exit status of the monitor")
    want = strace_by_pid(log)
    first = next(iter(want))[0]
    # a child returns from the call that made it: the kernel's tracepoint sees that, strace does not
    makers = ("clone", "clone3", "fork", "vfork")
    want = {k: v for k, v in want.items() if k[0] != first and k[1] not in makers}
    got = {k: v[0] for k, v in m.sums(("proc.pid", "evt.type", "evt.res"), ("evt.count",)).items()}
    threads = {k: v[0] for k, v in m.sums(("thread.tid", "evt.type", "evt.res"), ("evt.count",)).items()}
    ctx.check(len(want) > 10, f"{what}: strace saw {len(want)} kinds of calls")
    # strace tells threads, which for these programs are mostly processes
    ctx.equal_maps({**got, **threads}, want, f"{what}: calls of each process against strace")


@case(needs="bpf")
def dd(ctx):
    out = os.path.join(ctx.dir, "out")
    m = Monitor(ctx, "files", "proc.name=dd")
    run_command("dd", "if=/dev/zero", f"of={out}", "bs=3000", "count=5000")
    m.settle()
    m.stop()
    got = m.sums(("fd.name",), ("evt.buflen.file.in", "evt.buflen.file.out"))
    # /dev/zero is a device, not a file: its bytes are in the per-process counters
    ctx.equal(got.get((out,)), (0, 15000000), "bytes written to the file")
    m = Monitor(ctx, "e2e-totals", "proc.name=dd", options=VIEWS)
    run_command("dd", f"if={out}", "of=/dev/null", "bs=1000")
    m.settle()
    m.stop()
    got = m.sums(("proc.name",), ("evt.buflen.file.out",)).get(("dd",))
    ctx.equal(got, (15000000,), "bytes written by the process")


@case(needs=("bpf", "strace", "gcc"), timeout=120)
def a_compile(ctx):
    with open(os.path.join(ctx.dir, "a.c"), "w") as f:
        f.write('#include <stdio.h>\n#include <stdlib.h>\nint main(void)\n{\n\tputs("x");\n\treturn 0;\n}\n')
    same_as_strace(ctx, "gcc", "gcc", "-O2", "-pipe", "-o", "a", "a.c")


@case(needs=("bpf", "strace"))
def a_shell_with_pipes(ctx):
    same_as_strace(ctx, "sh", "sh", "-c", "for i in 1 2 3; do ls /usr/bin | sort -r | head -n 3 | cat > out; done; rm nosuch; rm out")


@case(needs=("bpf", "strace", "python3"), timeout=120)
def python_with_threads(ctx):
    same_as_strace(ctx, "python", "/usr/bin/python3", "-c", """
import threading, tempfile, os
def work(n):
    with tempfile.TemporaryFile() as f:
        for i in range(50):
            f.write(b'x' * (n + i)); f.flush(); f.seek(0); f.read()
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
[t.start() for t in threads]
[t.join() for t in threads]
pid = os.fork()
if pid == 0:
    os._exit(3)
os.waitpid(pid, 0)
""")
