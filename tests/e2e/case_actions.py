# SPDX-License-Identifier: GPL-2.0-or-later
"""Actions on real processes: asked first, done to the right one, with the terminal as it was."""
import json
import os
import shutil
import signal
import subprocess
import time

from case_containers import Cgroup, hex_id
from cases import Skip, case, wait_for
from terminal import PROGRAM, Screen, Terminal

NULL = subprocess.DEVNULL


def sleeper(ctx, name, *argv):
    """A process with a name of its own that does nothing."""
    path = os.path.join(ctx.dir, name)
    if not os.path.exists(path):
        shutil.copy(shutil.which("sleep"), path)
    p = subprocess.Popen([path, *(argv or ("1000",))], stdin=NULL, stdout=NULL, stderr=NULL)
    ctx.cleanup(lambda: (p.poll() is None and p.kill(), p.wait()))
    return p


def nice_of(tid):
    with open(f"/proc/{tid}/stat") as f:
        return int(f.read().rsplit(")", 1)[1].split()[16])


def state_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0]


@case(needs="bpf", timeout=90)
def signals_and_nice(ctx):
    victim, other = sleeper(ctx, "act-victim"), sleeper(ctx, "act-other")
    s = Screen(ctx, "-d", "0.3", "proc.name in (act-victim, act-other)")
    s.select("act-victim")
    s.keys("Q")
    s.wait(r"^ Signal: TERM")
    s.keys("Enter")
    s.wait(r"Send a signal.*@signal TERM %d" % victim.pid)
    s.keys("n")
    s.wait("not done")
    time.sleep(0.3)
    ctx.check(victim.poll() is None, "no is no")
    s.keys("R")
    s.wait(r"^ Nice value: 10")
    s.keys("C-u")
    s.text("7\n")
    s.wait("really")
    s.keys("y")
    s.wait(r"nice value of act-victim %d is 7 now" % victim.pid)
    ctx.equal(nice_of(victim.pid), 7, "nice value")
    ctx.equal(nice_of(other.pid), 0, "nice value of the other")
    for answer, said in (("stop", "STOP"), ("18", "CONT"), ("SIGKILL", "KILL")):
        s.keys("Q")
        s.wait(r"^ Signal: TERM")
        s.keys("C-u")
        s.text(answer + "\n")
        s.wait("really")
        s.keys("y")
        s.wait(r"sent %s to act-victim %d" % (said, victim.pid))
        if said == "STOP":
            with open(f"/proc/{victim.pid}/stat") as f:
                ctx.equal(f.read().rsplit(")", 1)[1].split()[0], "T", "state")
    ctx.equal(victim.wait(10), -signal.SIGKILL, "end of the victim")
    ctx.check(other.poll() is None, "the other lives")
    s.wait(r"1/1 *$")
    s.keys("q")


@case(needs="bpf", timeout=60)
def threads_are_reniced(ctx):
    code = ("import threading, time\nfor i in range(3): threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
            "time.sleep(100)")
    p = subprocess.Popen(["python3", "-c", code], stdin=NULL)
    ctx.cleanup(lambda: (p.kill(), p.wait()))
    tids = wait_for("its threads", lambda: len(os.listdir(f"/proc/{p.pid}/task")) == 4 and
                    [int(t) for t in os.listdir(f"/proc/{p.pid}/task")])
    s = Screen(ctx, "-d", "0.3", "-p", str(p.pid))
    s.keys("R")
    s.wait("Nice value:")
    s.keys("C-u")
    s.text("5\n")
    s.wait("really")
    s.keys("y")
    s.wait("is 5 now")
    ctx.equal([nice_of(t) for t in tids], [5] * 4, "nice values of the process")
    s.keys("2")
    s.wait("Threads")
    last = max(tids)
    s.select(str(last))
    s.keys("R")
    s.wait("Nice value:")
    s.keys("C-u")
    s.text("9\n")
    s.wait(r"@renice 9 %d" % last)
    s.keys("y")
    s.wait("is 9 now")
    ctx.equal([nice_of(t) for t in tids], [9 if t == last else 5 for t in tids], "nice values of the threads")


@case(needs="bpf", timeout=60)
def reused_pid(ctx):
    """The process behind the row ends, and its number goes to another one, between the question and the answer."""
    victim = sleeper(ctx, "act-first")
    pid = victim.pid
    s = Screen(ctx, "-d", "60", "proc.name = act-first")
    s.keys("Q")
    s.wait("Signal:")
    s.keys("Enter")
    s.wait("really")
    victim.kill()
    victim.wait()
    other = None
    for _ in range(20):
        try:
            with open("/proc/sys/kernel/ns_last_pid", "w") as f:
                f.write(str(pid - 1))
        except OSError as e:
            raise Skip(f"the next pid cannot be chosen: {e}")
        other = sleeper(ctx, "act-second")
        if other.pid == pid:
            break
        other.kill()
    ctx.equal(other.pid, pid, "the number is the same")
    s.keys("y")
    s.wait(rf"process {pid} has ended, nothing was done")
    time.sleep(0.3)
    ctx.check(other.poll() is None, "the new one lives")


@case(needs=("bpf", "lsof"), timeout=60)
def lsof_and_pages(ctx):
    path = os.path.join(ctx.dir, "$(reboot) -rf")
    held = open(path, "w")
    ctx.cleanup(held.close)
    p = subprocess.Popen([shutil.which("sleep"), "500"], stdin=NULL, stdout=held, stderr=NULL)
    ctx.cleanup(lambda: (p.kill(), p.wait()))
    s = Screen(ctx, "-d", "0.5", "-p", str(p.pid), cols=160)
    s.keys("O")
    s.wait(r"Open files \(lsof\): sleep %d" % p.pid)
    s.wait("that is all")
    ctx.check(s.has(r"\$\(reboot\) -rf"), "lsof shows the file")
    s.keys("Escape")
    s.wait_gone("that is all")
    # the same name as a row, and as an argument
    s.keys("5")
    s.wait("Files")
    s.select("$(reboot) -rf")
    s.keys("P")
    s.wait("Who has it open.*reboot")
    s.wait("that is all")
    ctx.check(s.has(r"sleep +%d " % p.pid), "lsof finds the process by the file's name")
    s.keys("Escape")


@case(needs=("bpf", "strace"), timeout=60)
def strace_in_the_terminal(ctx):
    # a call or two a second: strace's first line must still be on the screen when the test looks
    p = subprocess.Popen(["python3", "-c", "import time\nwhile True: time.sleep(0.5)"], stdin=NULL)
    ctx.cleanup(lambda: (p.kill(), p.wait()))
    t = Terminal(ctx, PROGRAM, "-d", "0.5", "-p", str(p.pid), shell=True)
    t.wait(r"1/1 *$")
    t.keys("W")
    t.wait(r"strace: strace -f -p %d" % p.pid)
    t.keys("y")
    t.wait(r"strace: Process %d attached" % p.pid)
    t.wait("nanosleep")
    ctx.check("icanon" in t.modes() and "-icanon" not in t.modes(), "the child has a line terminal")
    # Ctrl-Z: both stop, the shell has the terminal, and fg goes on
    t.keys("C-z")
    t.wait("Stopped")
    t.wait("^shell>$")
    t.text("clear\n")
    t.wait_gone("nanosleep")
    t.text("fg\n")
    t.wait("nanosleep")
    t.keys("C-c")
    t.wait("Press Enter to go back")
    ctx.check(p.poll() is None, "strace has let it go")
    t.keys("Enter")
    t.wait(r"1/1 *$")
    t.wait("Processes")
    t.keys("q")
    t.wait(r"^shell>$")
    ctx.equal(t.modes(), t.shell_modes, "modes of the terminal at the end")
    ctx.equal(t.value("alternate_on"), "0", "alternate screen")
    ctx.equal(t.value("mouse_any_flag"), "0", "mouse")


@case(needs=("bpf", "gdb"), timeout=90)
def gdb_prints_stacks(ctx):
    p = sleeper(ctx, "act-gdb")
    s = Screen(ctx, "-d", "1", "-p", str(p.pid), cols=160)
    s.keys("B")
    s.wait("really")
    s.keys("y")
    s.wait("Stacks.*act-gdb")
    s.wait("that is all|ended with", 60)
    ctx.check(s.has(r"#0 .*(clock_nanosleep|nanosleep|\?\?)"), "a stack: " + s.screen())
    with open(f"/proc/{p.pid}/stat") as f:
        ctx.equal(f.read().rsplit(")", 1)[1].split()[0], "S", "it goes on")
    s.keys("Escape")
    s.keys("q")


VIEWS = {"actions": [
    {"id": "loud", "name": "Loud", "key": "V", "applies_to": ["proc.pid"], "run": [{"argv": ["yes", "x" * 100]}]},
    {"id": "slow", "name": "Slow", "key": "Y", "applies_to": ["proc.pid"],
     "run": [{"argv": ["sleep", "987.%proc.pid"]}]},
    {"id": "what", "name": "What it gets", "key": "P", "applies_to": ["proc.pid"], "screen": "terminal",
     "run": [{"as": "root", "argv": ["sh", "-c", "ls -l /proc/self/fd; env; ulimit -a; exec cat /proc/self/status"]}]},
    {"id": "ugly", "name": "Ugly", "key": "m", "applies_to": ["proc.pid"], "screen": "terminal",
     "run": [{"argv": ["sh", "-c", "stty raw -echo; printf '\\033[?1000h\\033[?25l\\033[41m\\033[?1h'; kill -9 $$"]}]},
]}


def own_views(ctx):
    path = os.path.join(ctx.dir, "mine.json")
    with open(path, "w") as f:
        json.dump(VIEWS, f)
    return path


@case(needs="bpf", timeout=60)
def pages_are_bounded(ctx):
    p = sleeper(ctx, "act-page")
    s = Screen(ctx, "-d", "0.5", "--views", own_views(ctx), "-p", str(p.pid))
    s.keys("V")
    s.wait("Loud: act-page")
    s.keys("End")
    s.wait("and more, which is not kept")
    s.wait("yes ended by signal TERM")
    s.keys("Escape")
    s.keys("Y")
    s.wait("it runs; Esc closes this and ends it")
    running = ["pgrep", "-f", f"sleep 987.{p.pid}"]
    ctx.equal(subprocess.run(running, stdout=NULL).returncode, 0, "it runs")
    s.keys("Escape")
    wait_for("the child to end", lambda: subprocess.run(running, stdout=NULL).returncode == 1, 5)
    s.keys("Y")
    s.wait("it runs")
    s.keys("Escape", "q")
    wait_for("ctop-trace to end", lambda: s.value("pane_dead") == "1", 5)
    wait_for("the child to end", lambda: subprocess.run(running, stdout=NULL).returncode == 1, 5)


@case(needs="bpf", timeout=60)
def children_get_nothing_of_ours(ctx):
    p = sleeper(ctx, "act-what")
    s = Screen(ctx, "-d", "0.5", "--views", own_views(ctx), "-p", str(p.pid), rows=120,
               env=("EVIL=1", "BASH_ENV=/tmp/evil", "LD_LIBRARY_PATH=/tmp/evil", "DOCKER_HOST=unix:///x"))
    s.keys("P")
    s.wait("Press Enter")
    text = s.screen()
    fds = [line for line in text.splitlines() if " -> " in line]
    ctx.equal(len([f for f in fds if "/dev/pts" in f]), 3, "terminal descriptors")
    ctx.equal(len(fds), 4, f"descriptors, ls's own included: {fds}")
    ctx.check("bpf" not in "".join(fds), "no BPF descriptor")
    ctx.check("EVIL" not in text and "BASH_ENV" not in text and "LD_LIBRARY" not in text, "environment")
    ctx.check("DOCKER_HOST=unix:///x" in text, "what container tools look at")
    ctx.check(s.has(r"^SigBlk:\s+0+$") and s.has(r"^SigIgn:\s+0+$"), "signals")
    s.keys("Enter")
    s.wait(r"1/1 *$")


@case(needs="bpf", timeout=60)
def ugly_children(ctx):
    """One that leaves the terminal in disorder and dies."""
    p = sleeper(ctx, "act-ugly")
    t = Terminal(ctx, PROGRAM, "-d", "0.5", "--views", own_views(ctx), "-p", str(p.pid), shell=True)
    t.wait(r"1/1 *$")
    t.keys("m")
    t.wait("ended by signal KILL")
    ctx.check({"icanon", "echo", "opost"} <= set(t.modes().split()), "modes while it waits: " + t.modes())
    ctx.equal(t.value("mouse_any_flag"), "0", "mouse while it waits")
    ctx.equal(t.value("cursor_flag"), "1", "cursor while it waits")
    t.keys("Enter")
    t.wait(r"1/1 *$")
    t.keys("Down")
    t.keys("q")
    t.wait("^shell>$")
    ctx.equal(t.modes(), t.shell_modes, "modes at the end")


@case(needs="bpf", timeout=60)
def ends_with_its_child(ctx):
    """SIGTERM while a child has the terminal ends both."""
    p = sleeper(ctx, "act-end")
    path = os.path.join(ctx.dir, "long.json")
    with open(path, "w") as f:
        json.dump({"actions": [{"id": "long", "name": "Long", "key": "V", "applies_to": ["proc.pid"], "screen": "terminal",
                                "run": [{"argv": ["sleep", "986.%proc.pid"]}]}]}, f)
    t = Terminal(ctx, PROGRAM, "-d", "0.5", "--views", path, "-p", str(p.pid), shell=True)
    t.wait(r"1/1 *$")
    t.keys("V")
    child = wait_for("the child", lambda: subprocess.run(["pgrep", "-f", f"sleep 986.{p.pid}"], stdout=subprocess.PIPE,
                                                         text=True).stdout.split())
    with open(f"/proc/{child[0]}/stat") as f:
        parent = int(f.read().rsplit(")", 1)[1].split()[1])
    os.kill(parent, signal.SIGTERM)
    t.wait("^shell>$")
    wait_for("the child to end", lambda: not os.path.exists(f"/proc/{child[0]}"), 5)


IDENTITY = {"actions": [
    {"id": "me", "name": "Who am I", "key": "Y", "applies_to": ["proc.pid"],
     "run": [{"argv": ["sh", "-c", "id; grep ^Cap[IPEA] /proc/self/status; echo home=$HOME"]}]},
    {"id": "root", "name": "Who is root", "key": "V", "applies_to": ["proc.pid"], "changes": True,
     "run": [{"as": "root", "argv": ["id"]}]},
]}


def identity_views(ctx):
    path = os.path.join(ctx.dir, "who.json")
    with open(path, "w") as f:
        json.dump(IDENTITY, f)
    os.chmod(path, 0o644)
    return path


@case(needs="bpf", timeout=60)
def rights_under_sudo(ctx):
    """The rights of who called sudo, and root's when the action says so - which the question tells."""
    p = sleeper(ctx, "act-sudo")
    s = Screen(ctx, "-d", "0.5", "--views", identity_views(ctx), "-p", str(p.pid),
               env=("SUDO_UID=65534", "SUDO_GID=65534", "SUDO_USER=nobody", "HOME=/root"))
    s.keys("Y")
    s.wait("that is all")
    ctx.check(s.has(r"uid=65534\S* gid=65534\S* groups=65534\S* *│"), "identity: " + s.screen())
    ctx.check(s.has(r"CapEff: +0{16} ") and s.has(r"CapPrm: +0{16} "), "capabilities: " + s.screen())
    ctx.check(s.has("home=/nonexistent"), "home")
    s.keys("Escape")
    s.keys("V")
    s.wait("Who is root as root: id")
    s.keys("y")
    s.wait("that is all")
    ctx.check(s.has("uid=0"), "root when asked for")
    s.keys("Escape")
    s.keys("q")


@case(needs=("bpf", "setpriv"), timeout=60)
def ordinary_user(ctx):
    """Who has CAP_BPF and CAP_PERFMON only: children have not, and others' processes are not his to end."""
    p = sleeper(ctx, "act-user")
    t = Terminal(ctx, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+bpf,+perfmon",
                 "--ambient-caps=+bpf,+perfmon", "--", PROGRAM, "-d", "0.5", "--views", identity_views(ctx), "-p", str(p.pid))
    t.wait(r"1/1 *$", 20)
    t.keys("Y")
    t.wait("that is all")
    for what in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        ctx.check(t.has(what + r": +0{16} "), f"{what}: " + t.screen())
    t.keys("Escape")
    t.keys("Q")
    t.wait("Signal:")
    t.keys("Enter")
    t.wait("really")
    t.keys("y")
    t.wait("Send a signal: Operation not permitted")
    ctx.check(p.poll() is None, "it lives")
    t.keys("q")


@case(needs="bpf", timeout=60)
def container_without_a_runtime(ctx):
    """Stopped, paused and killed by its first process, also from the row of another one."""
    box = Cgroup(ctx, f"system.slice/garden-{hex_id(77)}.scope")
    first, second = (sleeper(ctx, name) for name in ("act-first", "act-second"))
    for p in (first, second):
        box.add(p.pid)
    s = Screen(ctx, "-d", "0.3", "proc.name in (act-first, act-second)", cols=160)
    s.select("act-second")
    for key, said in (("A", "STOP"), ("U", "CONT"), ("E", "TERM")):
        s.keys(key)
        s.wait(rf"@signal {said} {first.pid}")
        s.wait("really")
        s.keys("y")
        s.wait(rf"sent {said} to act-second {second.pid}: process {first.pid}, first of the container")
        if said == "STOP":
            wait_for("it to stop", lambda: state_of(first.pid) == "T", 5)
            ctx.equal(state_of(second.pid), "S", "the one that was selected goes on")
    ctx.equal(first.wait(10), -signal.SIGTERM, "end of the first process")
    ctx.check(second.poll() is None, "the one that was selected lives")
    s.wait(r"1/1 *$")
    s.keys("C")
    s.wait(rf"@signal KILL {second.pid}")
    s.wait("really")
    s.keys("y")
    ctx.equal(second.wait(10), -signal.SIGKILL, "end of what is the first one now")
    s.keys("q")
