# SPDX-License-Identifier: GPL-2.0-or-later
"""The workloads themselves: what they say agrees with what strace sees."""
import collections
import os
import re

from cases import case
from monitor import Workload, res_name

SECOND_TRY = False

# pid, call name, result; also the second half of a call that strace shows in two lines
LINE = re.compile(r"^(?P<pid>\d+) +(?:(?P<call>\w+)\(|<\.\.\. (?P<resumed>\w+) resumed>)(?P<rest>.*)$")
RESULT = re.compile(r" = (?:\?|-1 (?P<err>E\w+)|(?P<ret>-?\w+)).*$")


def strace_counts(path, skip_pid):
    """{(call, result): count} of all processes but one."""
    counts = collections.Counter()
    with open(path, errors="replace") as f:
        for line in f:
            m = LINE.match(line)
            if not m or int(m["pid"]) == skip_pid or m["rest"].endswith("<unfinished ...>\n"):
                continue
            results = RESULT.findall(line)
            if results:
                counts[(m["call"] or m["resumed"], results[-1][0] or "SUCCESS")] += 1
    return counts


def agrees(ctx, program, *args):
    log = os.path.join(ctx.dir, "strace")
    w = Workload(ctx, program, *args, prefix=("strace", "-f", "-qq", "-o", log))
    parent = int(open(log).readline().split()[0])
    w.run()
    want = collections.Counter()
    # an execve adds what the dynamic linker does
    only = {"exec": ("getppid",)}.get(args[0])
    for r in w.rows():
        if r["pid"] and r["call"] != "syscall_500" and (not only or r["call"] in only):  # strace knows it by another name
            want[(r["call"], res_name(r["err"]))] += r["calls"]
    got = strace_counts(log, parent)
    ctx.equal_maps(dict(got), dict(want), f"{program} {args[0]}: calls by result")


@case(needs="strace", timeout=120)
def files(ctx):
    for args in (["rw", ctx.dir, 20, 3], ["opens", ctx.dir, 5], ["dups", ctx.dir, 5], ["copies", ctx.dir, 5],
                 ["before", ctx.dir, 10], ["many", ctx.dir, 20], ["script", ctx.dir], ["shared", ctx.dir, 10, 8]):
        agrees(ctx, "files", *args)


@case(needs="strace", timeout=120)
def net(ctx):
    for args in (["tcp4", 2, 3], ["tcp6", 2, 3], ["tcpfile", ctx.dir, 3], ["udp4", 9], ["udp6", 9], ["udp4u", 9],
                 ["udpm", 9], ["peek", 9], ["unix", ctx.dir, 5], ["refused", 5]):
        agrees(ctx, "net", *args)


@case(needs="strace", timeout=120)
def procs(ctx):
    for args in (["storm", 300, 3], ["churn", 20, 5, 3], ["threads", 10, 10], ["exec", 50], ["errors", 4],
                 ["hostile", ctx.dir]):
        agrees(ctx, "procs", *args)


@case(needs="strace", timeout=120)
def asynchronous_and_short_lived(ctx):
    for args in (["aio", ctx.dir, 3],):
        agrees(ctx, "aio", *args)
    for args in (["programs", ctx.dir, 20, 2], ["reuse", 3, 10], ["netns", 5]):
        agrees(ctx, "life", *args)
