# SPDX-License-Identifier: GPL-2.0-or-later
"""The spy: the kernel's filter, the lines against strace, payloads byte by byte, losses counted."""
import collections
import json
import os
import re
import signal
import subprocess
import time

from cases import Failure, case, wait_for
from case_containers import Cgroup, hex_id
from monitor import PROGRAM, Workload, end_process

NR_PPOLL = "271 "
SCRIPT = b"echo: tab\t nul\0 esc\033[31m high\xff\n\0"  # what wl-script writes and reads


class Spy:
    """`ctop-trace --spy`, its output in a file."""

    def __init__(self, ctx, mode, *words, json_lines=True, interval=0.2):
        self.path = os.path.join(ctx.dir, f"spy-{len(ctx.cleanups)}")
        argv = [PROGRAM, f"--spy={mode}", "-d", str(interval), "--format", "json" if json_lines else "table", *words]
        self.out = open(self.path, "w")
        self.err = open(self.path + ".err", "w")
        ctx.cleanup(self.out.close)
        ctx.cleanup(self.err.close)
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err)
        ctx.cleanup(end_process, self.process)
        # it waits in ppoll() for the first time when the hooks are attached
        wait_for("the spy to start", self._started, 20)

    def _started(self):
        if self.process.poll() is not None:
            raise Failure(f"the spy ended: {open(self.path + '.err').read()}")
        try:
            with open(f"/proc/{self.process.pid}/syscall") as f:
                return f.read().startswith(NR_PPOLL)
        except OSError:
            return False

    def stop(self):
        time.sleep(0.3)
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(20)
        if status:
            raise Failure(f"the spy ended with {status}: {open(self.path + '.err').read()}")
        return self

    def text(self):
        with open(self.path, errors="strict") as f:
            return f.read()

    def events(self):
        return [json.loads(line) for line in self.text().splitlines()]

    def lost(self):
        """(lost, passed) as it says at the end; None if nothing was lost."""
        m = re.search(r"(\d+) of (\d+) events lost", open(self.path + ".err").read())
        return (int(m[1]), int(m[2])) if m else None


def type_counts(events, pid=None):
    return collections.Counter(e["type"] for e in events if pid is None or e["pid"] == pid)


def noted(w):
    """Every call that a workload says it made: (process, thread, call, error) -> how often."""
    return {k: v[0] for k, v in w.sums(lambda r: (r["pid"], r["tid"], r["call"], r["err"]), after_go=True).items()}


def key_of(e):
    return e["pid"], e["tid"], e["type"], max(-(e["rawres"] or 0), 0)


@case(needs="bpf")
def one_process(ctx):
    w = Workload(ctx, "files", "script", ctx.dir)
    other = Workload(ctx, "files", "rw", ctx.dir, 50)
    spy = Spy(ctx, "dig", f"proc.pid={w.pid}")
    w.go()
    other.run()
    w.finish()
    events = spy.stop().events()
    ctx.equal({e["pid"] for e in events}, {w.pid}, "processes seen")
    want = {k: v[0] for k, v in w.sums(lambda r: r["call"], after_go=True).items()}
    ctx.equal_maps(type_counts(events), want, "calls")
    first = next((e for e in events if e["type"] == "openat"), None)
    if ctx.check(first is not None, "there is an openat"):
        ctx.check(f'"{ctx.dir}/script"' in first["args"] and "O_RDWR|O_CREAT|O_TRUNC" in first["args"],
                  f"arguments are decoded: {first['args']}")
        ctx.equal(first["ret_fd_name"], f"{ctx.dir}/script", "what the new descriptor points to")
    missing = [e for e in events if e["type"] == "openat" and e["rawres"] == -2]
    ctx.check(len(missing) == 1 and "ENOENT" in missing[0]["res"], f"the failed open: {missing}")
    ctx.check(all(e["latency"] is not None for e in events if e["res"] is not None and e["type"] == "pwrite64"),
              "latencies are there")
    ctx.equal([e["seq"] for e in events], sorted({e["seq"] for e in events}), "in order, none twice")


@case(needs="bpf")
def two_processes(ctx):
    """The kernel alone keeps out all others, their children too, sample after sample."""
    works = [Workload(ctx, "files", "script", ctx.dir), Workload(ctx, "procs", "churn", 50, 10, 2)]
    other = Workload(ctx, "procs", "errors", 50)
    spy = Spy(ctx, "dig", f"proc.pid in ({works[0].pid}, {works[1].pid})", interval=0.1)
    for w in (other, *works):
        time.sleep(0.3)
        w.run()
    events = spy.stop().events()
    want = noted(works[0])
    got = collections.Counter(map(key_of, events))
    ctx.equal_maps({k: got[k] for k in want}, want, "calls")
    ctx.equal({e["pid"] for e in events}, {w.pid for w in works}, "processes seen")
    ctx.equal(len(events), events[-1]["seq"] - events[0]["seq"] + 1, "what the kernel let pass is all shown")


@case(needs="bpf")
def by_call_file_and_failure(ctx):
    for words, want in (
            (("proc.name=wl-opens and evt.type=openat",), lambda r: r["call"] == "openat"),
            (("proc.name=wl-opens and evt.failed=true",), lambda r: r["err"] != 0),
            ((f"fd.name={ctx.dir}/opens and evt.type=write",), lambda r: r["call"] == "write")):
        w = Workload(ctx, "files", "opens", ctx.dir, 10)
        spy = Spy(ctx, "dig", *words)
        w.run()
        events = [e for e in spy.stop().events() if e["pid"] == w.pid]
        counts = collections.Counter((e["type"], -e["rawres"] if e["rawres"] is not None and e["rawres"] < 0 else 0)
                                     for e in events)
        expected = {k: v[0] for k, v in w.sums(lambda r: (r["call"], r["err"]), True, want).items()}
        # calls that the workload does not note may fail as well
        got = {k: v for k, v in counts.items() if k in expected}
        ctx.equal(got, expected, " ".join(words))


@case(needs="bpf")
def one_container_and_its_children(ctx):
    cg = Cgroup(ctx, f"docker/{hex_id(91)}")
    w = Workload(ctx, "files", "dups", ctx.dir, 30, prefix=cg.prefix())
    other = Workload(ctx, "files", "rw", ctx.dir, 30)
    spy = Spy(ctx, "dig", f"container.id={hex_id(91)[:12]}")
    w.go()
    other.run()
    w.finish()
    events = spy.stop().events()
    ctx.equal({e["container"] for e in events}, {hex_id(91)[:12]}, "containers seen")
    want = w.sums(lambda r: (r["pid"], r["call"]), after_go=True)
    ctx.equal_maps(collections.Counter((e["pid"], e["type"]) for e in events), {k: v[0] for k, v in want.items()},
                   "calls of the workload and its child")


def calls_of(w):
    return {k: v[0] for k, v in w.sums(lambda r: (r["pid"], r["call"]), after_go=True).items()}


@case(needs="bpf")
def containers_that_start_later(ctx):
    """Every call of a container made after the spy is shown, one that is gone before the next sample included."""
    ids = [hex_id(92), hex_id(93)]
    foreign = hex_id(94)
    spy = Spy(ctx, "dig", f"container.full_id in ({','.join(ids)})", interval=1)
    loads = []
    for one in (ids[0], foreign, ids[1]):
        cg = Cgroup(ctx, f"docker/{one}")
        w = Workload(ctx, "files", "dups", ctx.dir, 20, prefix=cg.prefix())
        w.run()
        cg.remove()  # all of it within one interval
        loads.append((one, w))
    Workload(ctx, "files", "rw", ctx.dir, 20).run()  # the host's
    time.sleep(2.2)
    # now known: the kernel alone keeps out what nobody asked for
    cg, other = Cgroup(ctx, f"docker/{ids[0]}"), Cgroup(ctx, f"docker/{foreign}")
    late = Workload(ctx, "files", "dups", ctx.dir, 30, prefix=cg.prefix())
    alien = Workload(ctx, "files", "rw", ctx.dir, 300, prefix=other.prefix())
    time.sleep(2.2)
    known = time.time()
    late.go()
    alien.run()
    late.finish()
    events = spy.stop().events()
    ctx.equal({e["container"] for e in events}, {i[:12] for i in ids}, "containers seen")
    got = collections.Counter((e["pid"], e["type"]) for e in events)
    for what, w in (("first", loads[0][1]), ("second", loads[2][1]), ("one that was made again", late)):
        # its start closes files as well
        ctx.equal_maps(got, {k: v for k, v in calls_of(w).items() if k[1] != "close"}, f"calls of the {what}")
    seen = [e["seq"] for e in events if e["pid"] == late.pid and e["time"] > known]
    between = sum(seen[0] < e["seq"] < seen[-1] for e in events)
    ctx.equal(between, seen[-1] - seen[0] - 1, "what the kernel let pass meanwhile is all shown")
    ctx.equal(spy.lost(), None, "lost")


@case(needs="bpf", plain=True)
def nothing_is_dropped_when_containers_come(ctx):
    """The set of containers changes with every sample while one of them calls all the time."""
    mine = Cgroup(ctx, f"docker/{hex_id(95)}")
    w = Workload(ctx, "files", "rw", ctx.dir, 4000, prefix=mine.prefix())
    spy = Spy(ctx, "dig", "container.type=docker and evt.type in (pread64, pwrite64, readv)", interval=0.1)
    w.go()
    held = []
    for i in range(12):
        cg = Cgroup(ctx, f"docker/{hex_id(100 + i)}")
        held.append(Workload(ctx, "files", "script", ctx.dir, prefix=cg.prefix()))
        time.sleep(0.1)
    w.finish()
    events = spy.stop().events()
    for h in held:
        h.run()
    want = {k: v for k, v in calls_of(w).items() if k[1] in ("pread64", "pwrite64", "readv")}
    got = collections.Counter((e["pid"], e["type"]) for e in events)
    lost = spy.lost()
    if lost:
        got_all, want_all = sum(got[k] for k in want), sum(want.values())
        ctx.within(got_all, want_all - lost[0], want_all - 1, "calls shown when some are said to be lost")
    else:
        ctx.equal_maps(got, want, "calls")


@case(needs=("bpf", "strace"))
def lines_against_strace(ctx):
    """The same run of the same program, seen by both: call by call the same arguments and results."""
    log = os.path.join(ctx.dir, "strace")
    w = Workload(ctx, "files", "script", ctx.dir, prefix=("strace", "-f", "-qq", "-y", "-s", "64", "-o", log))
    spy = Spy(ctx, "dig", f"proc.pid={w.pid}")
    w.run()
    events = [e for e in spy.stop().events() if e["type"] != "futex" and e["res"] is not None]
    lines = []
    with open(log, errors="replace") as f:
        for line in f:
            m = re.match(rf"{w.pid} +(\w+)\((.*)\) += (.*)$", line)
            if m and m[1] != "futex" and m[3] != "?":
                lines.append((m[1], m[2], m[3]))
    lines = lines[-len(events):]
    ctx.equal([e["type"] for e in events], [l[0] for l in lines], "calls in order")
    same = 0
    for e, (call, args, res) in zip(events, lines):
        # strace gives descriptors as 3</path>; so does dig, in its own way
        plain = re.sub(r"(\d)<[^>]*>", r"\1", args)
        ours = re.sub(r"(\d)<[^>]*>", r"\1", e["args"])
        if call in ("openat", "lseek", "ftruncate", "close"):
            ctx.equal(ours.replace("AT_FDCWD<" + os.getcwd() + ">", "AT_FDCWD"),
                      re.sub(r"AT_FDCWD<[^>]*>", "AT_FDCWD", plain), f"arguments of {call}")
            same += 1
        ctx.equal(str(e["rawres"]) if e["rawres"] >= 0 else e["res"].split()[0],
                  res.split()[1] if res.startswith("-1") else re.sub(r"<[^>]*>", "", res).split()[0],
                  f"result of {call}({args})")
    ctx.check(same >= 4, "calls compared by argument")


@case(needs="bpf")
def payloads_byte_by_byte(ctx):
    w = Workload(ctx, "files", "script", ctx.dir)
    spy = Spy(ctx, "echo", f"proc.pid={w.pid}")
    w.run()
    events = spy.stop().events()
    text = SCRIPT
    got = [(e["type"], e["direction"], e["bytes"], bytes.fromhex(e["data_hex"])) for e in events if "data_hex" in e]
    ctx.equal(got, [("write", "write", len(text), text), ("read", "read", len(text), text),
                    ("pwrite64", "write", 6, b"second")], "payloads")
    ctx.check(all(e["fd_name"] == f"{ctx.dir}/script" for e in events if "data_hex" in e), "of the file")


@case(needs="bpf")
def text_is_never_raw(ctx):
    for mode in ("dig", "echo"):
        w = Workload(ctx, "files", "script", ctx.dir)
        h = Workload(ctx, "procs", "hostile", ctx.dir)
        spy = Spy(ctx, mode, f"proc.pid={w.pid} or proc.pid={h.pid}", json_lines=False)
        w.run()
        h.run()
        text = spy.stop().text()
        ctx.check(len(text) > 100, f"{mode}: there is output")
        bad = {c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0 or c == "\u202e"}
        ctx.equal(bad, set(), f"{mode}: control characters in the output")


@case(needs="bpf", timeout=120, plain=True)
def flood(ctx):
    """More than anybody can read: passed = shown + lost."""
    w = Workload(ctx, "procs", "storm", 1500000, 2)
    spy = Spy(ctx, "dig", f"proc.pid={w.pid}", interval=1)
    w.run()
    time.sleep(1)
    shown = sum(1 for line in spy.stop().text().splitlines() if '"type":"getppid"' in line)
    events = spy.text().count("\n")
    lost = spy.lost()
    if lost is None:
        ctx.equal(shown, w.total("calls"), "nothing lost: every call is shown")
    else:
        ctx.equal(events + lost[0], lost[1], "shown and lost together are what passed")
        ctx.within(lost[1], w.total("calls"), w.total("calls") + 200, "passed, against the calls made")


@case(needs="bpf")
def own_calls_do_not_feed_it(ctx):
    spy = Spy(ctx, "dig")
    time.sleep(1)
    pid = spy.process.pid
    events = spy.stop().events()
    ctx.equal([e for e in events if e["pid"] == pid], [], "the monitor's own calls")


@case(needs="bpf")
def calls_that_do_not_return(ctx):
    w = Workload(ctx, "files", "script", ctx.dir)
    spy = Spy(ctx, "dig", f"proc.pid={w.pid}")
    w.run()
    events = spy.stop().events()
    ctx.equal([e["res"] for e in events if e["type"] == "exit_group"], [None], "exit_group is shown, without a result")


def perf_events(pid):
    """How many a process has open."""
    n = 0
    for f in os.listdir(f"/proc/{pid}/fd"):
        try:
            n += os.readlink(f"/proc/{pid}/fd/{f}") == "anon_inode:[perf_event]"
        except FileNotFoundError:
            pass  # closed meanwhile
    return n


@case(needs=("bpf", "linux 6.2"), plain=True)
def by_way_of_perf(ctx):
    """The other way to calls, which newer kernels need: the same calls, of children, threads and 32 bits; the same bytes."""
    perf = ("--hooks", "perf")
    works = [Workload(ctx, *load) for load in (("files", "script", ctx.dir), ("procs", "churn", 200, 10, 4),
                                               ("procs", "threads", 50, 20), ("life", "program32", ctx.dir, 20))]
    pids = ",".join(str(w.pid) for w in works)
    # children have their parent's name at first
    spy = Spy(ctx, "dig", f"proc.pid in ({pids}) or proc.name in (wl-churn, wl-short, wl-program32, bare32)", *perf)
    uring = 2 * os.path.exists("/sys/kernel/tracing/events/io_uring/io_uring_submit_req")
    ctx.equal(perf_events(spy.process.pid) - uring, 5, "hooks by perf: begin and end of calls, twice, and exits")
    for w in works:
        w.go()
    for w in works:
        w.finish()
    events = spy.stop().events()
    got = collections.Counter(map(key_of, events))
    for w in works:
        want = noted(w)
        ctx.check(len(want) > 4, f"{w.argv[1]} tells of its calls")
        ctx.equal_maps({k: got[k] for k in want}, want, f"calls of {w.argv[1]}")
    ctx.equal([e["args"] for e in events if e["pid"] == works[0].pid and "/script" in e["args"]][:1],
              [f'AT_FDCWD, "{ctx.dir}/script", O_RDWR|O_CREAT|O_TRUNC, 0644'], "arguments")
    ctx.equal(spy.lost(), None, "lost")
    w = Workload(ctx, "files", "script", ctx.dir)
    spy = Spy(ctx, "echo", f"proc.pid={w.pid}", *perf)
    w.run()
    got = [bytes.fromhex(e["data_hex"]) for e in spy.stop().events() if "data_hex" in e]
    ctx.equal(got, [SCRIPT, SCRIPT, b"second"], "payloads")
