# SPDX-License-Identifier: GPL-2.0-or-later
"""Call by call and byte by byte: the sums over all intervals are the workload's own counts."""
import json
import os
import re

from cases import case
from monitor import ROOT, Monitor, Workload, observe, res_name

SECOND_TRY = False

INODE = re.compile(r"^(?:pipe|socket):\[(\d+)\]$")
AMOUNTS = ("evt.count", "evt.buflen.in", "evt.buflen.out")


def named(*comms):
    """A filter for processes of these names, in the simple form."""
    words = []
    for c in comms:
        words += (["or"] if words else []) + [f"proc.name={c}"]
    return words


def object_id(row):
    """What tells an object apart on both sides: the path of a file, the inode of pipes and sockets."""
    m = INODE.match(row["name"])
    return int(m[1]) if m else row["name"]


class Watch:
    """Two monitors at once: one tells objects apart, the other sees the calls without an object as well."""

    def __init__(self, ctx, *filter_words, interval=0.25, options=()):
        self.ctx = ctx
        # the machine's other calls have room in the map, too
        options = ["--views", "tests/e2e/views.json", "--max-facts", "300000", *options]
        self.calls = Monitor(ctx, "e2e-calls", *filter_words, interval=interval, options=options, ready=False)
        self.objects = Monitor(ctx, "e2e-facts", *filter_words, interval=interval, options=options)
        self.both = (self.calls, self.objects)
        if not self.calls.lines:
            self.calls.wait_interval()

    def stop(self):
        for m in self.both:
            m.settle()
        for m in self.both:
            self.ctx.equal(m.stop(), 0, "exit status of the monitor")
            self.ctx.equal((m.health().get("coarse"), m.health().get("unstored")), (0, 0), "health: coarse, unstored")
        return self

    def compare(self, w, after_go=None):
        """Every call of the workload is in the rows, and nothing that it does not say."""
        ctx, what = self.ctx, " ".join(w.argv[-3:])
        names = self.objects.sums(("thread.tid", "fd.name", "evt.type", "evt.res"), AMOUNTS)
        inodes = self.objects.sums(("thread.tid", "fd.ino", "evt.type", "evt.res"), AMOUNTS)
        ctx.equal_maps({**names, **inodes},
                       w.sums(lambda r: (r["tid"], object_id(r), r["call"], res_name(r["err"])), after_go,
                              lambda r: r["name"] and r["calls"] + r["in"] + r["out"] > 0),
                       f"{what}: per thread, object, call and result")
        ctx.equal_maps(self.calls.sums(("proc.pid", "thread.tid", "evt.type", "evt.res"), AMOUNTS),
                       w.sums(lambda r: (r["pid"], r["tid"], r["call"], res_name(r["err"])), after_go,
                              lambda r: r["pid"] and r["calls"] + r["in"] + r["out"] > 0),
                       f"{what}: per thread, call and result")
        in_rows = tuple(sum(v) for v in zip(*self.calls.sums((), AMOUNTS).values()))
        ctx.equal(self.calls.totals(AMOUNTS), in_rows or (0, 0, 0), f"{what}: totals line against the sum of the rows")


def exact(ctx, program, *args, comms=(), interval=0.25, options=()):
    watch = Watch(ctx, *named(*(comms or (f"wl-{args[0]}"[:15],))), interval=interval, options=options)
    w = Workload(ctx, program, *args)
    w.run()
    watch.stop().compare(w)
    return w


@case(needs="bpf")
def read_write_families(ctx):
    exact(ctx, "files", "rw", ctx.dir, 400, 1)


@case(needs="bpf")
def a_file_per_thread(ctx):
    exact(ctx, "files", "rw", ctx.dir, 50, 40)


@case(needs="bpf", plain=True)
def two_hundred_threads_on_one_file(ctx):
    exact(ctx, "files", "shared", ctx.dir, 2000, 200)


@case(needs="bpf")
def opens_and_failures(ctx):
    exact(ctx, "files", "opens", ctx.dir, 100)


@case(needs="bpf")
def duplicated_and_inherited_descriptors(ctx):
    exact(ctx, "files", "dups", ctx.dir, 300, comms=("wl-dups", "wl-dup-child"))


@case(needs="bpf")
def calls_with_two_objects(ctx):
    exact(ctx, "files", "copies", ctx.dir, 50)


@case(needs="bpf")
def two_thousand_files(ctx):
    exact(ctx, "files", "many", ctx.dir, 2000, 2)


@case(needs="bpf", plain=True)
def intervals_that_end_all_the_time(ctx):
    """What is counted while an interval ends is in it or in the next one: some hundred ends in the middle of calls."""
    calls = Monitor(ctx, "e2e-calls", *named("wl-many"), interval=0.01, options=["--views", "tests/e2e/views.json"])
    w = Workload(ctx, "files", "many", ctx.dir, 500, 2000)
    w.run()
    calls.settle()
    ctx.equal(calls.stop(), 0, "exit status of the monitor")
    ctx.check(len(calls.intervals()) > 30, f"{len(calls.intervals())} intervals")
    ctx.equal_maps(calls.sums(("proc.pid", "thread.tid", "evt.type", "evt.res"), AMOUNTS),
                   w.sums(lambda r: (r["pid"], r["tid"], r["call"], res_name(r["err"])), None,
                          lambda r: r["pid"] and r["calls"] + r["in"] + r["out"] > 0), "per thread, call and result")


@case(needs="bpf")
def opened_before_the_monitor(ctx):
    w = Workload(ctx, "files", "before", ctx.dir, 3000)
    watch = Watch(ctx, *named("wl-before"))
    w.run()
    watch.stop().compare(w, after_go=True)


@case(needs="bpf")
def tcp_over_ipv4(ctx):
    exact(ctx, "net", "tcp4", 6, 60, comms=("wl-tcp4", "wl-server"))


@case(needs="bpf")
def tcp_over_ipv6(ctx):
    exact(ctx, "net", "tcp6", 6, 60, comms=("wl-tcp6", "wl-server"))


@case(needs="bpf")
def sendfile_and_splice_on_sockets(ctx):
    exact(ctx, "net", "tcpfile", ctx.dir, 60, comms=("wl-tcpfile", "wl-server"))


@case(needs="bpf")
def udp(ctx):
    for variant in ("udp4", "udp6", "udp4u"):
        exact(ctx, "net", variant, 400, comms=(f"wl-{variant}", "wl-server"))


@case(needs="bpf")
def sendmmsg_and_recvmmsg(ctx):
    exact(ctx, "net", "udpm", 400)


@case(needs="bpf")
def peeking_is_not_receiving(ctx):
    exact(ctx, "net", "peek", 400)


@case(needs="bpf")
def unix_sockets_and_passed_descriptors(ctx):
    exact(ctx, "net", "unix", ctx.dir, 200, comms=("wl-unix", "wl-server", "wl-pass-child"))


@case(needs="bpf")
def refused_connections(ctx):
    exact(ctx, "net", "refused", 100)


@case(needs="bpf")
def errors_by_errno(ctx):
    w = exact(ctx, "procs", "errors", 300)
    ctx.check(len(w.truth["rows"]) >= 6, "the workload has six kinds of errors")


@case(needs="bpf", plain=True)
def children_that_live_for_a_millisecond(ctx):
    exact(ctx, "procs", "churn", 1500, 20, 4, comms=("wl-churn", "wl-short"))


@case(needs="bpf")
def threads_with_names(ctx):
    exact(ctx, "procs", "threads", 200, 300)


@case(needs="bpf")
def execve_from_a_thread(ctx):
    watch = Watch(ctx)
    w = Workload(ctx, "procs", "exec", 4000)
    w.run()
    watch.stop()
    calls = watch.calls.sums(("proc.pid", "thread.tid", "evt.type"), AMOUNTS)
    ctx.equal_maps(calls, w.sums(lambda r: (r["pid"], r["tid"], r["call"]), only=lambda r: r["call"] == "getppid"),
                   "per thread, before and after execve")


@case(needs="bpf")
def calls_of_32_bit(ctx):
    exact(ctx, "procs", "compat", 5000)


@case(needs="bpf")
def a_program_of_32_bit(ctx):
    """Every family of calls, its own layouts of messages, socketcall."""
    exact(ctx, "life", "program32", ctx.dir, 200, comms=("wl-program32", "bare32"))


@case(needs="bpf")
def bytes_of_linux_aio(ctx):
    exact(ctx, "aio", "aio", ctx.dir, 60)


@case(needs=("bpf", "linux 6.2"), timeout=120, plain=True)
def by_way_of_perf(ctx):
    """The other way to the ends of calls, which newer kernels need: the same numbers, of natives and of 32 bits."""
    perf = ("--hooks", "perf")
    exact(ctx, "files", "copies", ctx.dir, 30, options=perf)
    exact(ctx, "procs", "churn", 500, 20, 4, comms=("wl-churn", "wl-short"), options=perf)
    exact(ctx, "procs", "threads", 200, 100, options=perf)
    exact(ctx, "life", "program32", ctx.dir, 100, comms=("wl-program32", "bare32"), options=perf)
    exact(ctx, "uring", "urfile", ctx.dir, 50, options=perf)


def loads(ctx):
    """One of every kind. What runs beside each other has directories of its own."""
    all_of_them = [("files", "rw", 300, 8), ("files", "copies", 50), ("files", "dups", 100), ("net", "tcp4", 4, 60),
                   ("net", "tcp6", 3, 40), ("net", "tcpfile", 40), ("net", "udp4u", 300), ("net", "udpm", 300),
                   ("net", "unix", 100), ("procs", "churn", 400, 20, 2), ("procs", "storm", 300000, 4),
                   ("procs", "errors", 200), ("procs", "compat", 3000), ("procs", "threads", 200, 100),
                   ("aio", "aio", 40), ("uring", "urfile", 50), ("uring", "urtcp", 50), ("life", "program32", 100),
                   ("life", "programs", 1500, 2), ("life", "netns", 100)]
    needs_dir = ("rw", "copies", "dups", "tcpfile", "unix", "aio", "urfile", "program32", "programs")
    ret = []
    for i, (program, name, *args) in enumerate(all_of_them):
        if name in needs_dir:
            args.insert(0, os.path.join(ctx.dir, str(i)))
            os.mkdir(args[0])
        ret.append((program, name, *args))
    return ret


def compare_all(ctx, linger):
    watch = Watch(ctx)
    ws = [Workload(ctx, *load, linger=linger) for load in loads(ctx)]
    for w in ws:
        w.go()
    if not linger:
        for w in ws:
            w.finish()
    watch.stop()
    for w in ws:
        if linger:
            w.finish()
        watch.compare(w)


@case(needs="bpf", timeout=120, plain=True)
def everything_at_once(ctx):
    """Every kind of workload at full speed together; each ends as soon as it is done."""
    compare_all(ctx, False)


@case(needs="bpf", timeout=120)
def everything_still_there(ctx):
    """The same, but every process is alive when the last interval ends."""
    compare_all(ctx, True)


@case(needs="bpf")
def more_keys_than_the_map_holds(ctx):
    """--max-facts 64: totals stay exact, health says how many calls were coarsened."""
    m, w = observe(ctx, "e2e-totals", "files", "many", ctx.dir, 1500, 3, filter_words=named("wl-many"),
                   options=["--views", "tests/e2e/views.json", "--max-facts", "64"])
    got = m.sums(("proc.name",), AMOUNTS + ("evt.count.error",))
    # every call of the process is counted, of which the workload notes nearly all; what it does not
    # note (brk, exit_group, …) moves no bytes and is not one of its calls
    row = got.get(("wl-many",), (0, 0, 0, 0))
    ctx.equal(row[1:3], (w.total("in"), w.total("out")), "bytes in, out")
    ctx.within(row[0], w.total("calls"), w.total("calls") + 40, "calls")
    m2, w2 = observe(ctx, "e2e-calls", "files", "many", ctx.dir, 1500, 3, filter_words=named("wl-many"),
                     options=["--views", "tests/e2e/views.json", "--max-facts", "64"])
    ctx.check(m2.health().get("coarse", 0) > 1000, f"health.coarse says so: {m2.health()}")
    facts = m2.sums((), AMOUNTS).get((), (0, 0, 0))
    ctx.within(facts[0] + m2.health().get("coarse", 0), w2.total("calls"), 10**9,
               "rows and coarse calls together are all calls")


@case(needs="bpf", timeout=180)
def every_view_with_a_map_too_small(ctx):
    """--max-facts 64 in all stock views: threads' counters stay exact, and nothing says "exact" that is not."""
    with open(os.path.join(ROOT, "views.json")) as f:
        views = [v for v in json.load(f)["views"] if set(v["records"]) & {"tasks", "facts"}]
    ctx.check(len(views) >= 20, f"{len(views)} views")
    for at in range(0, len(views), 4):
        monitors = [(v, Monitor(ctx, v["id"], "proc.name=wl-many", options=["--max-facts", "64"], ready=False))
                    for v in views[at:at + 4]]
        for _, m in monitors:
            if not m.lines:
                m.wait_interval()
        w = Workload(ctx, "files", "many", ctx.dir, 1000, 2)
        w.run()
        for v, m in monitors:
            m.settle()
        for v, m in monitors:
            ctx.equal(m.stop(), 0, f"{v['id']}: exit status")
            facts = "facts" in v["records"]
            coarse = m.health().get("coarse", 0)
            ctx.check(not facts or coarse > 1000, f"{v['id']}: health.coarse says so: {coarse}")
            ctx.check(all(l["health"]["exact"] == (not any(l["health"][k] for k in ("coarse", "folded", "unstored", "missed")))
                          for l in m.intervals()), f"{v['id']}: exact means that nothing was coarsened")
            columns = {c for r in m.rows() for c in r}
            for column, truth in (("evt.buflen.file.in", w.total("in")), ("evt.buflen.file.out", w.total("out")),
                                  ("evt.buflen.file", w.total("in") + w.total("out"))):
                if column in columns and not facts:
                    ctx.equal(m.totals((column,))[0], truth, f"{v['id']}: {column}")
            if "evt.count" in columns and facts and "latency" not in v.get("filter", ""): # a slow machine has slow calls
                ctx.check(m.totals(("evt.count",))[0] + coarse >= w.total("calls"), f"{v['id']}: rows and coarse calls are all calls")
