# SPDX-License-Identifier: GPL-2.0-or-later
"""Which rights the program has while it runs, what each missing one costs, and that root leaves nothing in anybody's home."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

from cases import SANITIZED, case, run_command
from monitor import PROGRAM, end_process

# linux/capability.h
KILL, SETGID, SETUID, SYS_PTRACE, SYS_ADMIN, SYS_NICE, DAC_READ_SEARCH, PERFMON, BPF = 5, 6, 7, 19, 21, 23, 2, 38, 39
WATCH = {BPF, PERFMON, SYS_PTRACE, DAC_READ_SEARCH}
ACT = {KILL, SYS_NICE, SETUID, SETGID}


def bits(text):
    value = int(text, 16)
    return {i for i in range(64) if value >> i & 1}


def threads_of(pid):
    """What the kernel says of the rights of each thread."""
    ret = []
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/status") as f:
            ret.append(dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line))
    return ret


def own_permitted():
    return bits(threads_of(os.getpid())[0]["CapPrm"])


class Screen:
    """The program on a terminal of its own; only its bytes are looked at."""

    def __init__(self, ctx, *argv, env=(), **kw):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        self.master = master
        self.text = ""
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **dict(env)}, **kw)
        os.close(slave)
        ctx.cleanup(os.close, master)
        ctx.cleanup(end_process, self.process)

    def read(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    break
                self.text += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data.decode(errors="replace"))
        return self.text

    def wait(self, words, seconds=20):
        end = time.monotonic() + seconds
        while words not in self.text and time.monotonic() < end:
            self.read(0.1)
        return words in self.text

    def keys(self, text):
        os.write(self.master, text.encode())


@case(needs="bpf", plain=True)
def of_a_batch(ctx):
    """Watching only, in every thread, and nothing more can be had."""
    p = subprocess.Popen([PROGRAM, "-b", "-v", "files", "-d", "0.3", "--format", "json"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE)
    ctx.cleanup(end_process, p)
    for _ in range(3):
        p.stdout.readline()
    threads, had = threads_of(p.pid), own_permitted()
    filtered = "0" if SANITIZED else "2"  # the leak checker is a process that traces it
    ctx.check(len(threads) >= 3, f"{len(threads)} threads")
    for t in threads:
        ctx.equal(bits(t["CapEff"]), WATCH & had, "effective")
        ctx.equal(bits(t["CapPrm"]), (WATCH | {SYS_ADMIN}) & had, "permitted")
        ctx.equal(bits(t["CapBnd"]), WATCH & had, "what any program it ran could have")
        ctx.equal((t["NoNewPrivs"], t["Seccomp"]), ("1", filtered), "no new privileges, filter of calls")
    p.send_signal(signal.SIGINT)
    p.stdout.read()
    p.stdout.close()
    ctx.equal(p.wait(10), 0, "exit status")


@case(needs="bpf", plain=True)
def of_the_screen(ctx):
    s = Screen(ctx, PROGRAM, "-d", "0.5")
    ctx.check(s.wait("Processes"), "the screen is there")
    s.read(2)  # the spy is loaded by now, and views come and go
    had = own_permitted()
    for t in threads_of(s.process.pid):
        ctx.equal(bits(t["CapEff"]), (WATCH | ACT) & had, "effective")
        ctx.equal(bits(t["CapPrm"]), (WATCH | ACT | {SYS_ADMIN}) & had, "permitted")
    s.keys("q")
    ctx.equal(s.process.wait(10), 0, "exit status")
    ctx.check("rights missing" not in s.text, "as root no right is missing")


@case(plain=True)
def of_the_demo(ctx):
    p = subprocess.Popen([PROGRAM, "--demo", "-b", "-d", "0.2"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    ctx.cleanup(end_process, p)
    p.stdout.readline()
    for t in threads_of(p.pid):
        ctx.equal((bits(t["CapEff"]), bits(t["CapPrm"]), t["Seccomp"]), (set(), set(), "0" if SANITIZED else "2"),
                  "capabilities, filter")
    p.kill()
    p.stdout.close()


def as_nobody(ctx, *caps):
    """What comes before the program to run it with these capabilities alone, and the program where nobody can read it."""
    program = os.path.join(ctx.dir, "ctop-trace")
    if not os.path.exists(program):
        shutil.copy(PROGRAM, program)
        os.chmod(program, 0o755)
    names = ",".join(caps)
    return ["capsh", "--keep=1", "--user=nobody", f"--inh={names}", f"--addamb={names}", "--", "-c"], program


@case(needs=("bpf", "capsh"))
def two_capabilities_and_what_they_do_not_show(ctx):
    prefix, program = as_nobody(ctx, "cap_bpf", "cap_perfmon")
    r = run_command(*prefix, f"{program} --check", check=False)
    ctx.equal(r.returncode, 0, f"--check: exit status ({r.stderr})")
    for cap, cost in (("CAP_SYS_PTRACE", "proc.exepath"), ("CAP_DAC_READ_SEARCH", "container.name"), ("CAP_SYS_ADMIN", "header")):
        ctx.check(re.search(rf"^-- .*{cap} missing: .*{cost}", r.stdout, re.M), f"--check says what {cap} costs")
    s = Screen(ctx, *prefix, f"{program} -d 0.5")
    ctx.check(s.wait("3 rights missing"), f"the header says so: {s.text[-300:]!r}")
    s.keys("X")
    for words in ("CAP_SYS_PTRACE: proc.cwd", "CAP_DAC_READ_SEARCH: container.name", "CAP_SYS_ADMIN: the header"):
        ctx.check(s.wait(words, 10), f"the legend says {words!r}")
    s.keys("\x1bq")
    s.keys("q")


@case(needs=("bpf", "unshare"))
def what_it_cannot_run_in(ctx):
    """One line on stderr that says what is missing and how to get it, exit status 1, and a screen left alone."""
    places = {
        "no BTF": (("-m", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh"),
                   r"kernel \S+ has no BTF .*CONFIG_DEBUG_INFO_BTF=y"),
        "a pid namespace": (("-m", "-p", "-f", "--mount-proc"), r"process ids .*--pid=host"),
    }
    for name, (words, says) in places.items():
        for option in (("-b", "-n", "1"), ("--spy",)):
            r = run_command("unshare", *words, PROGRAM, *option, check=False, stdin=subprocess.DEVNULL)
            ctx.equal((r.returncode, r.stdout), (1, ""), f"{name}, {option}: exit status, standard output")
            ctx.check(re.fullmatch(f"ctop-trace: .*{says}.*\n", r.stderr), f"{name}, {option}: {r.stderr!r}")
        s = Screen(ctx, "unshare", *words, PROGRAM)
        ctx.equal(s.process.wait(20), 1, f"{name}: exit status on a terminal")
        ctx.check(re.fullmatch(f"ctop-trace: .*{says}.*\r\n", s.read(0.3)), f"{name}, on a terminal: {s.text!r}")
        ctx.check("\x1b" not in s.text, f"{name}: nothing but text on the terminal")
        r = run_command("unshare", *words, PROGRAM, "--check", check=False, stdin=subprocess.DEVNULL)
        ctx.equal((r.returncode, r.stderr), (1, ""), f"{name}: --check")
        ctx.check(re.search(f"^!! .*{says}", r.stdout, re.M), f"{name}: --check says so: {r.stdout}")


@case(needs=("bpf", "capsh"))
def columns_that_a_right_fills(ctx):
    """What --check says a right is for is what comes and goes with it."""
    got = {}
    program_of_root = shutil.copy(shutil.which("sleep"), os.path.join(ctx.dir, "sleeps"))
    sleeps = subprocess.Popen([program_of_root, "60"])
    ctx.cleanup(lambda: (sleeps.kill(), sleeps.wait()))
    for caps in (("cap_bpf", "cap_perfmon"), ("cap_bpf", "cap_perfmon", "cap_sys_ptrace")):
        prefix, program = as_nobody(ctx, *caps)
        r = run_command(*prefix, f"{program} -b -v executables -d 0.3 -n 2 --format json", check=False, stdin=subprocess.DEVNULL)
        ctx.equal((r.returncode, r.stderr), (0, ""), f"{caps}")
        got[len(caps)] = program_of_root in r.stdout
    ctx.equal(got, {2: False, 3: True}, "root's own program by its path: without, with CAP_SYS_PTRACE")


@case(needs="bpf")
def files_belong_to_who_called_sudo(ctx):
    """Saved lines of a spy lie in the user's directory and are the user's; nothing else appears there."""
    home = os.path.join(ctx.dir, "home")
    os.mkdir(home)
    os.chown(home, 65534, 65534)
    os.chmod(home, 0o700)
    saved = os.path.join(home, "saved.txt")
    s = Screen(ctx, PROGRAM, "-d", "0.5", env={"SUDO_UID": "65534", "SUDO_GID": "65534", "HOME": home}, cwd=home)
    ctx.check(s.wait("Processes"), "the screen is there")
    s.read(1)
    s.keys("d")
    s.read(2)
    s.keys("w")
    ctx.check(s.wait("save to", 10), "it asks where to")
    s.keys("\x15" + saved + "\r")
    ctx.check(s.wait("saved ", 10), f"saved: {s.text[-200:]!r}")
    s.keys("q")
    s.read(0.5)
    s.keys("qq")
    s.read(1)
    found = {}
    for path, dirs, files in os.walk(home):
        for name in dirs + files:
            st = os.stat(os.path.join(path, name))
            found[name] = (st.st_uid, st.st_gid)
    ctx.equal(found, {"saved.txt": (65534, 65534)}, "what is in the home, and whose it is")
