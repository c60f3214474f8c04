# SPDX-License-Identifier: GPL-2.0-or-later
"""I/O through io_uring is no system call, and counts all the same: request by request and byte by byte."""
from case_exact import object_id
from cases import Skip, case
from monitor import Monitor, Workload, res_name

SECOND_TRY = False

AMOUNTS = ("evt.count", "evt.buflen.in", "evt.buflen.out")
REQUESTS = ("evt.type startswith io_uring_ and not evt.type in "
            "(io_uring_enter, io_uring_setup, io_uring_register)")


def may():
    try:
        with open("/proc/sys/kernel/io_uring_disabled") as f:
            if f.read().strip() != "0":
                raise Skip("io_uring is switched off on this machine")
    except FileNotFoundError:
        pass  # before 6.6 it could not be


def requests(ctx, *args):
    """The requests' rows against the truth, and their bytes in the counters of the process."""
    may()
    name = f"wl-{args[0]}"
    options = ("--views", "tests/e2e/views.json")
    calls = Monitor(ctx, "e2e-facts", f"proc.name={name} and {REQUESTS}", interval=0.25, options=options)
    totals = Monitor(ctx, "e2e-totals", f"proc.name={name}", interval=0.25, options=options)
    w = Workload(ctx, "uring", *args)
    w.run()
    for m in (calls, totals):
        m.settle()
        ctx.equal(m.stop(), 0, "exit status of the monitor")
    names = calls.sums(("fd.name", "evt.type", "evt.res"), AMOUNTS)
    inodes = calls.sums(("fd.ino", "evt.type", "evt.res"), AMOUNTS)
    ctx.equal_maps({**names, **inodes},
                   w.sums(lambda r: (object_id(r), r["call"], res_name(r["err"])),
                          only=lambda r: r["call"].startswith("io_uring_") and r["name"]),
                   "per object, request and result")
    return w, totals


def counters(ctx, w, totals, kind, dirs):
    """The process's counters hold the requests' bytes; it moves no others of this kind itself (files: its libraries)."""
    fields = tuple(f"evt.buflen.{kind}.{d}" for d in dirs)
    got = tuple(sum(v) for v in zip(*totals.sums((), fields).values()))
    want = tuple(w.total(d, only=lambda r: r["call"].startswith("io_uring_")) for d in dirs)
    ctx.equal(got, want, f"{kind} bytes of the process: {', '.join(dirs)}")


@case(needs="bpf")
def file(ctx):
    counters(ctx, *requests(ctx, "urfile", ctx.dir, 100), "file", ("in", "out"))


@case(needs="bpf")
def file_by_a_kernel_thread(ctx):
    counters(ctx, *requests(ctx, "urpoll", ctx.dir, 100), "file", ("in", "out"))


@case(needs="bpf")
def both_ends_of_a_connection(ctx):
    counters(ctx, *requests(ctx, "urtcp", 200), "net", ("in", "out"))
