# SPDX-License-Identifier: GPL-2.0-or-later
"""Hostile surroundings of the screen: terminals that shrink, stop reading or vanish; stops; a full disk; storms of
forks; clocks that jump."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from case_clean import bpf_objects_of, nothing_left
from cases import SANITIZED, Failure, Skip, case, run_command, wait_for
from monitor import PROGRAM, ROOT, Monitor, end_process

CSI = re.compile(rb"\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78M])")


class Screen:
    """The program on a pseudo terminal that reads only when told to."""

    def __init__(self, ctx, *argv, rows=50, cols=200, env=(), wrap=()):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.resize(rows, cols)
        environ = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC", **dict(env)}
        self.process = subprocess.Popen([*wrap, PROGRAM, *argv], stdin=slave, stdout=slave, stderr=subprocess.PIPE,
                                        env=environ, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.text = b""
        ctx.cleanup(self.close)

    def close(self):
        end_process(self.process)
        self.process.stderr.close()
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass

    def resize(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def read(self, wait, most=10):
        """Everything that comes until nothing came for `wait` seconds, or for `most` seconds; its bytes."""
        got = b""
        end = time.monotonic() + most
        while time.monotonic() < end and select.select([self.master], [], [], wait)[0]:
            try:
                part = os.read(self.master, 65536)
            except OSError:
                break
            if not part:
                break
            got += part
        self.text += CSI.sub(b"", got)
        return len(got)

    def type(self, keys):
        os.write(self.master, keys)

    def see(self, pattern, timeout=10):
        """Reads until the text, escape sequences taken out, matches; curses must have drawn it as a whole."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = re.search(pattern, self.text)
            if found:
                return found
            self.read(0.05, 0.2)  # a spy has always more to say
        raise Failure(f"never seen: {pattern!r}; the end is {self.text[-600:]!r}")

    def opened(self):
        self.see(rb"[0-9]/[0-9]+ *")
        self.read(0.05)
        self.text = b""

    def repaint(self):
        self.text = b""
        self.type(b"\x0c")

    def memory(self):
        """Resident KiB."""
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def ends(self, ctx, what, within=4):
        try:
            ctx.equal(self.process.wait(within), 0, f"exit status {what}")
        except subprocess.TimeoutExpired:
            ctx.fail(f"does not end {what}")
            return
        ctx.equal(termios.tcgetattr(self.slave), self.before, f"modes of the terminal {what}")


@case(plain=True)
def terminal_that_never_reads(ctx):
    """It goes on measuring, keeps one frame at most, and shows the present when somebody reads again."""
    for end in ("SIGTERM", "q"):
        s = Screen(ctx, "--demo", "-d", "0.05", rows=80, cols=300)
        s.opened()
        for _ in range(30):
            s.type(b"\x0cj")  # each a whole frame
            time.sleep(0.02)
        before = s.memory()
        time.sleep(1.5)
        if not SANITIZED:  # which keeps what was freed
            ctx.within(s.memory() - before, -100000, 4096, "KiB more while nobody reads")
        if end == "q":
            ctx.within(s.read(0.01), 1000, 400000, "bytes that were kept, and a frame or two")
            s.repaint()
            clock = s.see(rb"14:0(\d):(\d\d)")  # the demo's: a second for every sample
            ctx.within(int(clock.group(1)) * 60 + int(clock.group(2)), 130, 300, "samples that it took meanwhile")
            s.type(b"\x0c" * 50)
            time.sleep(0.3)
            s.type(b"q")
            s.ends(ctx, "after q, with nobody reading")
        else:
            s.process.send_signal(signal.SIGTERM)
            s.ends(ctx, "after SIGTERM, with nobody reading")
        s.close()


@case()
def terminal_that_is_stopped(ctx):
    """Ctrl-S: the terminal takes nothing until Ctrl-Q."""
    s = Screen(ctx, "--demo", "-d", "0.1")
    s.opened()
    s.type(b"\x13")
    time.sleep(0.2)
    s.read(0.2)
    s.type(b"\x0c")
    ctx.equal(s.read(0.7), 0, "bytes while it is stopped")
    s.type(b"\x11")
    s.see(rb"14:02:")
    s.type(b"\x13")
    time.sleep(0.2)
    s.process.send_signal(signal.SIGTERM)
    s.ends(ctx, "after SIGTERM while stopped by Ctrl-S")


@case(needs=("bpf", "bpftool"), timeout=60, plain=True)
def live_terminals_that_never_read_or_vanish(ctx):
    load = subprocess.Popen(["dd", "if=/dev/zero", "of=/dev/null", "bs=1"], stderr=subprocess.DEVNULL)
    ctx.cleanup(end_process, load)
    for how in ("never read", "vanished"):
        s = Screen(ctx, "-d", "0.3")
        s.opened()
        s.type(b"d")  # all that the selected row calls: dd is on top soon
        s.read(0.3, 1)
        s.repaint()  # a word that was drawn over another need not come as a whole
        s.see(rb"dig")
        objects = bpf_objects_of(s.process.pid)
        if how == "vanished":
            os.close(s.master)
            os.close(s.slave)
            ctx.within(s.process.wait(10), 0, 0, "exit status when the terminal has vanished")
        else:
            for _ in range(20):
                s.type(b"\x0c")
                time.sleep(0.05)
            time.sleep(3)
            if not SANITIZED:
                ctx.within(s.memory(), 0, 300000, "KiB resident with a spy that nobody reads")
            s.process.send_signal(signal.SIGTERM)
            s.ends(ctx, "after SIGTERM, live and with nobody reading")
        nothing_left(ctx, f"a terminal that {how}", objects)
        s.close()


@case()
def terminal_that_shrinks(ctx):
    """Down to one cell, with everything that can be open on it."""
    s = Screen(ctx, "--demo", "-d", "0.1", "--read-only")
    s.opened()
    for keys in (b"", b"v", b"\x1b", b"?", b"\x1b", b"\\proc.name = ", b"\t\t", b"\x1b", b"i", b"\x7f", b"X", b"q", b"d",
                 b"\\epoll", b"\x1b", b"\r", b"\x1b", b"i", b"\x7f", b"\x7f", b"e", b"\x7f", b">", b"\x1b", b"LLLL", b"="):
        s.type(keys)
        if keys == b"\x1b":
            time.sleep(0.3)  # alone: with the next key it would be another
        for rows, cols in ((1, 1), (2, 200), (100, 1), (10, 40), (9, 39), (50, 200)):
            s.resize(rows, cols)
            s.read(0.01)
    time.sleep(0.1)
    s.type(b"\x1b")
    s.read(0.2, 0.5)
    s.repaint()
    s.see(rb"ctop-trace")
    s.process.send_signal(signal.SIGTERM)
    s.read(0.2)
    s.ends(ctx, "after shrinking")


@case(needs="bpf", timeout=60)
def stopped_and_continued(ctx):
    """kill -STOP for a while: the interval is as long as it was, the rates are of it, nothing is lost."""
    m = Monitor(ctx, "processes", interval=0.3)
    m.process.send_signal(signal.SIGSTOP)
    time.sleep(2)
    m.process.send_signal(signal.SIGCONT)
    time.sleep(1)
    m.stop()
    intervals = m.intervals()
    longest = max(intervals, key=lambda i: i["interval"])
    ctx.within(longest["interval"], 1.5, 10, "longest interval")
    ctx.check(all(0.05 < i["interval"] < 10 for i in intervals), "intervals are real times")
    for row in longest["rows"]:
        amount, rate = row.get("evt.count.sum"), row.get("evt.count")
        if amount is not None and rate is not None:
            ctx.check(abs(rate * longest["interval"] - amount) <= 1 + amount * 0.01, f"{amount} in the interval are {rate}/s")
    ctx.check(not any(i["health"].get("missed") for i in intervals), "nothing was missed")


@case(needs=("unshare", "mount"))
def disk_full_while_saving(ctx):
    if os.geteuid() != 0:
        raise Skip("not root")
    where = os.path.join(ctx.dir, "disk")
    os.mkdir(where)
    s = Screen(ctx, "--demo", wrap=("unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size=16k none {where} && exec "$@"', "sh"))
    s.opened()
    s.type(b"d")
    s.see(rb"dig")
    while len(s.text) < 40000:  # more than the disk holds
        s.read(0.1, 0.5)
    s.type(b"w")
    s.see(rb"save to")
    s.type(b"\x15" + os.path.join(where, "x.txt").encode() + b"\r")
    s.see(rb"No space left on device.*incomplete")
    inside = f"/proc/{s.process.pid}/root{where}/x.txt"
    ctx.within(os.stat(inside).st_size, 4096, 16384, "bytes of the incomplete file")
    s.text = b""
    s.type(b"jjk\x0c")
    s.see(rb"dig")
    s.type(b"q")
    s.read(0.2)
    s.ends(ctx, "after the disk was full")


@case(needs="bpf", timeout=90, plain=True)
def a_thousand_forks_between_two_keys(ctx):
    s = Screen(ctx, "-d", "0.5")
    s.opened()
    s.type(b"j")
    s.see(rb".")
    forks = subprocess.Popen(["sh", "-c", "i=0; while [ $i -lt 1000 ]; do sleep 30 & i=$((i+1)); done; echo done; wait"],
                             stdout=subprocess.PIPE, start_new_session=True)
    ctx.cleanup(lambda: (os.killpg(forks.pid, signal.SIGKILL), forks.wait(), forks.stdout.close()))
    forks.stdout.readline()
    s.read(0.01)
    begin = time.monotonic()
    s.type(b"\x0c")
    s.text = b""
    s.see(rb"ctop-trace")
    ctx.within(time.monotonic() - begin, 0, 3 if SANITIZED else 1, "seconds until the next key is answered")
    s.type(b"\\proc.name = sleep\r")
    s.see(rb"1/1[0-9]{3}\b", 20)
    s.process.send_signal(signal.SIGTERM)
    s.read(0.2)
    s.ends(ctx, "after a storm of forks")


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long offset(void)
{
	long seconds = 0;
	FILE *f = fopen(getenv("CLOCK_OFFSET"), "r");
	if (f) { if (fscanf(f, "%ld", &seconds) != 1) seconds = 0; fclose(f); }
	return seconds;
}
int clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*real)(clockid_t, struct timespec *);
	if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int r = real(id, ts);
	if (!r && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) ts->tv_sec += offset();
	return r;
}
int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;
	int r = clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec; tv->tv_usec = ts.tv_nsec / 1000;
	return r;
}
time_t time(time_t *t)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	if (t) *t = ts.tv_sec;
	return ts.tv_sec;
}
"""


def numbers(value):
    if isinstance(value, dict):
        for v in value.values():
            yield from numbers(v)
    elif isinstance(value, list):
        for v in value:
            yield from numbers(v)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


@case(needs=("bpf", "cc"), timeout=60)
def clock_that_jumps(ctx):
    """A day ahead, then two back: the time of day follows, what is measured does not notice."""
    source, shim, offset = (os.path.join(ctx.dir, n) for n in ("clock.c", "clock.so", "offset"))
    with open(source, "w") as f:
        f.write(SHIM)
    run_command("cc", "-shared", "-fPIC", "-o", shim, source, "-ldl")

    def set_clock(seconds):
        with open(offset + ".new", "w") as f:
            f.write(str(seconds))
        os.rename(offset + ".new", offset)

    set_clock(0)
    p = subprocess.Popen([PROGRAM, "-b", "--format", "json", "-v", "threads", "-d", "0.15", "-n", "12"],
                         stdout=subprocess.PIPE, env={**os.environ, "LD_PRELOAD": shim, "CLOCK_OFFSET": offset})
    ctx.cleanup(end_process, p)
    intervals = []
    for line in p.stdout:
        intervals.append(json.loads(line))
        if len(intervals) in (4, 8):
            set_clock(86400 if len(intervals) == 4 else -86400)
    p.stdout.close()
    ctx.equal(p.wait(10), 0, "exit status")
    ctx.equal(len(intervals), 12, "intervals")
    jumps = [b["time"] - a["time"] for a, b in zip(intervals, intervals[1:])]
    ctx.check(max(jumps) > 86000 and min(jumps) < -172000, f"the time of day jumps: {jumps}")
    for i in intervals:
        ctx.within(i["interval"], 0.05, 5, "seconds of an interval")
        bad = [row for row in i["rows"] if any(v < -21 or v > 2 ** 63 for v in numbers(row))]  # nice is down to -20
        ctx.check(not bad, f"impossible numbers: {bad[:2]}")
        busy = [row["thread.cpu"] for row in i["rows"] if row.get("thread.cpu", 0) is not None and row.get("thread.cpu", 0) > 150]
        ctx.equal(busy, [], "threads with more than one CPU")
    s = Screen(ctx, "--demo", "-d", "0.2", env={"LD_PRELOAD": shim, "CLOCK_OFFSET": offset})
    s.opened()
    for seconds in (86400, -86400, 0):
        set_clock(seconds)
        s.type(b"-")
        s.see(rb"interval 0.1 s")  # a message: goes by itself
        s.text = b""
        s.repaint()
        s.see(rb"ctop-trace")
        s.type(b"+")
    time.sleep(4.3)
    s.repaint()
    s.see(rb"ctop-trace")
    ctx.check(b"interval 0" not in s.text, "messages go in spite of the clock")
    s.type(b"q")
    s.read(0.2)
    s.ends(ctx, "after the clock jumped")


@case()
def only_monotonic_time_measures(ctx):
    """Where the wall clock is read, it is for showing it."""
    root = os.path.join(ROOT, "src")
    allowed = {"ui/editing.c"}  # the name of a file to save to
    found = set()
    for directory, _, names in os.walk(root):
        for name in names:
            if name.endswith(".c"):
                path = os.path.join(directory, name)
                with open(path) as f:
                    text = f.read()
                if re.search(r"\bgettimeofday\(|\btime\(NULL\)", text):
                    found.add(os.path.relpath(path, root))
    ctx.equal(found, allowed, "reads the time of day")
