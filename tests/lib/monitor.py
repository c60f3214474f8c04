# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives ctop-trace in batch mode and the workload programs, and compares the two."""
import errno
import json
import os
import signal
import subprocess
import threading
import time

from cases import Failure, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("O", "build")
PROGRAM = os.path.abspath(os.environ.get("CTOP_TRACE", os.path.join(ROOT, "ctop-trace")))
VIEWS = os.path.join(ROOT, "tests", "e2e", "views.json")


def workload_path(name):
    return os.path.join(ROOT, BUILD, "tests", "workload", name)


def amount(row, field):
    """An amount of the interval: a rate's exact sum where the view shows a rate."""
    value = row.get(field + ".sum", row.get(field))
    return 0 if value is None else value


def end_process(p):
    """Ends a child of ours for good."""
    if p.poll() is None:
        p.kill()
    p.wait()


class Monitor:
    """`ctop-trace -b --format json`, its intervals as they come."""

    def __init__(self, ctx, view, *filter_words, interval=0.3, options=(), program=None, demo=False, ready=True,
                 fold=None):
        """`fold` is given every line in place of keeping its rows: for long runs."""
        argv = [program or PROGRAM, "-b", "--format", "json", "-v", view, "-d", str(interval)]
        if demo:
            argv.append("--demo")
        self.argv = argv + list(options) + list(filter_words)
        self.interval = interval
        self.fold = fold
        self.lines = []
        self.changed = threading.Condition()
        self.stderr_path = os.path.join(ctx.dir, f"monitor-{len(ctx.cleanups)}.err")
        with open(self.stderr_path, "w") as err:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
                                            text=True, errors="strict")
        ctx.cleanup(end_process, self.process)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        if ready:
            self.wait_interval()

    def _read(self):
        for line in self.process.stdout:
            try:
                value = json.loads(line)
            except ValueError as e:
                value = {"broken": line, "error": str(e)}
            value["_seen"] = time.monotonic()
            if self.fold and "rows" in value:
                self.fold(value)
                value["rows"] = []
            with self.changed:
                self.lines.append(value)
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def stderr(self):
        with open(self.stderr_path, errors="replace") as f:
            return f.read()

    def wait_interval(self, n=1, timeout=20):
        """Waits for n more lines."""
        with self.changed:
            want = len(self.lines) + n
            if not self.changed.wait_for(lambda: len(self.lines) >= want or self.lines[-1:] == [None], timeout):
                raise Failure(f"{' '.join(self.argv)}: no line within {timeout} s")
            if self.lines[-1:] == [None]:
                raise Failure(f"{' '.join(self.argv)}: ended: {self.stderr().strip()}")

    def settle(self):
        """Waits until everything that happened before now is in the lines."""
        now = time.time()
        deadline = time.monotonic() + 20 + 4 * self.interval
        while True:
            with self.changed:
                last = next((l for l in reversed(self.lines) if l and "time" in l), None)
            if last and last["time"] > now:
                return
            if time.monotonic() > deadline:
                raise Failure("no interval that ends after the workload")
            self.wait_interval()

    def stop(self, sig=signal.SIGINT, timeout=30):
        """Ends it and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(self.argv)}: does not end on signal {sig}") from None
        self.thread.join(5)
        return status

    def intervals(self):
        lines = [l for l in self.lines if l is not None]
        for l in lines:
            if "broken" in l:
                raise Failure(f"not JSON: {l['broken']!r}: {l['error']}")
        return lines

    def rows(self):
        return [r for l in self.intervals() for r in l["rows"]]

    def sums(self, keys, fields, rows=None):
        """{key values: sums of the fields} over all rows of all intervals."""
        ret = {}
        for row in self.rows() if rows is None else rows:
            key = tuple(row.get(k) for k in keys)
            old = ret.get(key, (0,) * len(fields))
            ret[key] = tuple(a + amount(row, f) for a, f in zip(old, fields))
        return ret

    def totals(self, fields):
        return tuple(sum(amount(l["totals"], f) for l in self.intervals()) for f in fields)

    def health(self):
        """Health numbers summed over the intervals."""
        ret = {}
        for line in self.intervals():
            for k, v in line["health"].items():
                if isinstance(v, (int, float)) and not isinstance(v, bool):
                    ret[k] = ret.get(k, 0) + v
        return ret


class Workload:
    """One of tests/workload; see truth.h for how it talks."""

    def __init__(self, ctx, program, *args, linger=False, comm=None, prefix=()):
        argv = list(prefix) + [workload_path(program)]
        if comm:
            argv += ["-c", comm]
        if linger:
            argv.append("-l")
        self.argv = argv + [str(a) for a in args]
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ctx.cleanup(end_process, self.process)
        self.linger = linger
        line = self.process.stdout.readline().split()
        if line[:1] != ["ready"]:
            raise Failure(f"{' '.join(self.argv)}: says {line} instead of ready")
        self.pid = int(line[1])
        self.truth = None

    def _say(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def go(self):
        """Lets it begin; with linger, returns when it is done but still there."""
        self._say()
        if self.linger and self.process.stdout.readline() != "done\n":
            raise Failure(f"{' '.join(self.argv)}: ended early")

    def finish(self, timeout=120):
        """Waits for the end and reads the truth."""
        try:
            out, _ = self.process.communicate("\n" if self.linger else None, timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(self.argv)}: does not end") from None
        if self.process.returncode:
            raise Failure(f"{' '.join(self.argv)}: exit status {self.process.returncode}")
        self.truth = json.loads(out)
        return self

    def run(self):
        self.go()
        return self.finish()

    def rows(self, after_go=None):
        return [r for r in self.truth["rows"] if after_go is None or r["after_go"] == after_go]

    def comms(self):
        return sorted({r["comm"] for r in self.truth["rows"]})

    def sums(self, key, after_go=None, only=None):
        """{key(row): (calls, in, out)}"""
        ret = {}
        for r in self.rows(after_go):
            if only and not only(r):
                continue
            k = key(r)
            old = ret.get(k, (0, 0, 0))
            ret[k] = (old[0] + r["calls"], old[1] + r["in"], old[2] + r["out"])
        return ret

    def total(self, field, after_go=None, only=None):
        return sum(r[field] for r in self.rows(after_go) if not only or only(r))


def res_name(err):
    """evt.res for an errno."""
    return "SUCCESS" if err == 0 else errno.errorcode.get(err, str(err))


def observe(ctx, view, program, *args, filter_words=(), interval=0.3, options=(), linger=False, comm=None):
    """Monitor attaches, workload runs, monitor ends: returns (monitor, workload)."""
    m = Monitor(ctx, view, *filter_words, interval=interval, options=options)
    w = Workload(ctx, program, *args, linger=linger, comm=comm)
    w.run()
    m.settle()
    ctx.equal(m.stop(), 0, "exit status of the monitor")
    return m, w


def processes_named(name):
    """Pids whose comm is this."""
    ret = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", errors="replace") as f:
                if f.read().rstrip("\n") == name:
                    ret.append(int(pid))
        except OSError:
            pass
    return sorted(ret)


def wait_gone(pid, timeout=5):
    wait_for(f"end of process {pid}", lambda: not os.path.exists(f"/proc/{pid}"), timeout)
