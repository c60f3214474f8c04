# SPDX-License-Identifier: GPL-2.0-or-later
"""What the parts of the bench share: the report, its targets, programs that are started and ended, terminals."""
import atexit
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.chdir(ROOT)
BUILD = os.environ.get("O", "build")
PROGRAM = os.environ.get("CTOP_TRACE", "./ctop-trace")
CONNS = f"{BUILD}/bench/conns"
PROCS = f"{BUILD}/tests/workload/procs"
BPFTRACE = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }"
TICK = os.sysconf("SC_CLK_TCK")

QUICK = "--quick" in sys.argv
started = []
report = []
targets = []  # (what, bound, unit, measured)


def say(line=""):
    print(line, flush=True)
    report.append(line)


def target(what, bound, unit, measured):
    """What a part measured against what it aims at; all of them are printed at the end."""
    targets.append((what, bound, unit, measured))


def say_targets():
    if not targets:
        return
    say("## Targets")
    say()
    say("| | at most | measured | |")
    say("|---|---:|---:|---|")
    for what, bound, unit, measured in targets:
        good = "" if measured is None else "met" if measured <= bound else "**not met**"
        say(f"| {what} | {bound:g} {unit} | {'–' if measured is None else f'{measured:.3g} {unit}'} | {good} |")
    say()


def end_all():
    for p in started:
        if p.poll() is None:
            p.kill()
            p.wait()


def spawn(argv, **kw):
    kw.setdefault("stdin", subprocess.DEVNULL)
    kw.setdefault("stdout", subprocess.DEVNULL)
    kw.setdefault("stderr", subprocess.DEVNULL)
    p = subprocess.Popen(argv, **kw)
    started.append(p)
    return p


def end(p, sig=signal.SIGINT):
    if p.poll() is None:
        p.send_signal(sig)
    try:
        p.wait(10)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()
    for f in (p.stdin, p.stdout, p.stderr):
        if f:
            f.close()
    started.remove(p)

def after_line(p):
    """Its first line of output says that it is at work."""
    p.stdout.readline()

def drain(p):
    """Lets cat swallow the rest of its output."""
    sink = subprocess.Popen(["cat"], stdin=p.stdout, stdout=subprocess.DEVNULL)
    started.append(sink)
    atexit.register(lambda: sink.poll() is None and sink.kill())

def cpu_of(pid):
    """Seconds of CPU of a process and its ended children."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return sum(int(x) for x in fields[11:15]) / TICK


def exact_cpu_of(pid):
    """Seconds on a CPU, in nanoseconds precision where the kernel tells."""
    total = 0
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/schedstat") as f:
                total += int(f.read().split()[0])
        return total / 1e9
    except OSError:
        return cpu_of(pid)


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Terminal:
    """A program on a terminal of its own, its output read and thrown away (or looked at)."""

    def __init__(self, argv, rows=40, columns=120):
        self.start = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", HTOPRC="/dev/null")
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            try:
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)
        atexit.register(self.close)
        self.closed = False
        self.reader = None

    def read_until(self, deadline, enough=lambda data: False):
        """Reads until the time or until enough(all output so far); returns the output."""
        data = b""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return data
            if select.select([self.fd], [], [], left)[0]:
                try:
                    data += os.read(self.fd, 65536)
                except OSError:
                    return data
                if enough(data):
                    return data

    def swallow(self):
        """From now on a thread reads what comes, so that nothing waits for it."""
        def run():
            while not self.closed:
                self.read_until(time.monotonic() + 0.1)
        self.reader = threading.Thread(target=run, daemon=True)
        self.reader.start()

    def send(self, keys):
        os.write(self.fd, keys)

    def close(self):
        if self.closed:
            return
        self.closed = True
        if self.reader:
            self.reader.join()
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, sig)
            except ProcessLookupError:
                break
            end_at = time.monotonic() + 3
            done = 0
            while time.monotonic() < end_at and not done:
                if select.select([self.fd], [], [], 0.05)[0]:
                    try:
                        os.read(self.fd, 65536)
                    except OSError:
                        pass
                done, _ = os.waitpid(self.pid, os.WNOHANG)
            if done:
                break
        os.close(self.fd)


class Load:
    """One of the workloads, held while something is measured."""

    def __init__(self, *args):
        self.p = spawn([PROCS, "-l", *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.p.stdout.readline()

    def go(self):
        self.p.stdin.write("\n")
        self.p.stdin.flush()
        return self

    def end(self):
        end(self.p, signal.SIGKILL)
        # ten thousand take a while to go
        for _ in range(60):
            if subprocess.run(["pgrep", "-x", "-c", "wl-sleeper"], stdout=subprocess.DEVNULL).returncode:
                break
            time.sleep(0.5)


def per_refresh(argv, interval, seconds, settle=1.5):
    """(CPU milliseconds a refresh, resident bytes) of a program on a terminal."""
    t = Terminal(argv)
    t.read_until(time.monotonic() + settle + interval)
    c0, t0 = exact_cpu_of(t.pid), time.monotonic()
    t.read_until(time.monotonic() + seconds)
    took = time.monotonic() - t0
    cpu, rss = exact_cpu_of(t.pid) - c0, resident(t.pid)
    t.close()
    return cpu / (took / interval) * 1000, rss
