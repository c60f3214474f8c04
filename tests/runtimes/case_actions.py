# SPDX-License-Identifier: GPL-2.0-or-later
"""Actions on containers of real runtimes: a shell inside, logs, inspect, top, pause, stop, kill, by the runtime's own
tool, and nsenter where it has none."""
import os
import re
import subprocess
import time

import runtimes
from cases import case, run_command, wait_for
from terminal import Screen


def state_of(pid):
    """Letter of /proc/PID/stat; None when it has ended."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            state = f.read().rsplit(")", 1)[1].split()[0]
            return None if state == "Z" else state
    except FileNotFoundError:
        return None


def open_on(ctx, c, env=()):
    s = Screen(ctx, "-d", "0.5", "-v", "containers", f"container.full_id={c.full_id}", env=env, cols=150)
    s.wait(r"^▌ +" + re.escape(c.name))
    return s


def back(s):
    s.wait("Press Enter to go back")
    s.keys("Enter")
    s.wait(r"1/1 *$")


def shell(ctx, s, c, by):
    """Two names of one place: what the shell writes is seen through the process's root."""
    s.keys("S")
    s.wait("Shell inside.*" + by)
    s.keys("y")
    s.wait(r"[#$] *$")
    s.text("echo in-$((40 + 2)) > /tmp/written; echo said-$((40 + 3)) > /proc/1/fd/1; . /etc/os-release; echo os-$ID\n")
    s.wait("^os-busybox")
    with open(f"/proc/{c.pid}/root/tmp/written") as f:
        ctx.equal(f.read(), "in-42\n", f"{c.kind}: written inside")
    s.keys("C-c")  # the shell's own affair
    s.text("exit 3\n")
    back(s)
    ctx.check(state_of(c.pid) is not None, f"{c.kind}: it goes on")


def page(ctx, s, key, title, *wanted):
    """Both ends of it have what is wanted."""
    s.keys(key)
    s.wait(title)

    def ended():
        s.keys("End")
        return s.has("that is all|ended with status")
    wait_for(f"{title} to end", ended, 30, 0.2)
    text = s.screen()
    s.keys("Home")
    s.wait(title)
    text += s.screen()
    for regex in wanted:
        ctx.check(re.search(regex, text, re.M), f"{title}: no {regex}\n{text}")
    s.keys("Escape")
    s.wait_gone(title)


def confirmed(s, key, title):
    s.keys(key)
    s.wait(title + ".*: ")
    s.wait("really")
    s.keys("y")
    s.wait(title + ": |sent |not done")
    s.wait("that is all|done; it wrote|ended with|sent ", 30)
    s.keys("Escape")


def paused(ctx, s, c, frozen):
    confirmed(s, "A", "Pause the container")
    ctx.check(wait_for(f"{c.kind} to freeze", frozen, 5), f"{c.kind}: paused")
    confirmed(s, "U", "Resume the container")
    ctx.check(wait_for(f"{c.kind} to go on", lambda: not frozen(), 5), f"{c.kind}: resumed")


def ends(ctx, s, c, key, title):
    s.keys(key)
    s.wait("really")
    s.keys("n")
    s.wait("not done")
    time.sleep(0.3)
    ctx.check(state_of(c.pid) is not None, f"{c.kind}: no is no")
    s.keys(key)
    s.wait("really")
    s.keys("y")
    wait_for(f"{c.kind} to end by {title}", lambda: state_of(c.pid) is None, 30)
    ctx.check(True, f"{c.kind}: {title}")
    s.keys("Escape")


def started(ctx, kind, name, *options):
    rt = kind(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs")))
    c = rt.start(name, 2, *options)
    c.wait_done()
    return rt, c


@case(needs="bpf", timeout=180)
def docker(ctx):
    rt, c = started(ctx, runtimes.Docker, "act-web")
    s = open_on(ctx, c, env=("DOCKER_HOST=" + rt.address,))
    shell(ctx, s, c, "docker exec -it -- " + c.full_id[:8])
    page(ctx, s, "M", "Logs: act-web", r"said-43")
    page(ctx, s, "D", "Inspect: act-web", r'"Id": "%s"' % c.full_id)
    page(ctx, s, "T", "Processes inside: act-web", r"sleep 100000")

    def frozen():
        return run_command(*rt.base(), "inspect", "-f", "{{.State.Paused}}", c.full_id).stdout.strip() == "true"
    paused(ctx, s, c, frozen)
    ends(ctx, s, c, "C", "Kill the container")
    ctx.equal(run_command(*rt.base(), "inspect", "-f", "{{.State.ExitCode}}", c.full_id).stdout.strip(), "137", "exit code")
    s.keys("q")
    # the daemon is not where the tool looks: it says so, and nsenter is in the menu
    c = rt.start("act-db", 2)
    c.wait_done()
    s = open_on(ctx, c, env=("DOCKER_HOST=unix:///nonexistent/docker.sock",))
    page(ctx, s, "M", "Logs: act-db", "(?i)cannot connect|connection refused|no such file", "ended with status 1")
    s.keys("F8")
    s.wait("Actions on act-db")
    s.keys("Down")
    s.wait(r"│ +nsenter --target=%d" % c.pid)
    s.keys("Enter")
    s.wait("Shell inside.*nsenter")
    s.keys("y")
    s.wait(r"[#$] *$")
    s.text("cat /tmp/done | wc -c; . /etc/os-release; echo os-$ID; exit\n")
    s.wait("^os-busybox")
    s.wait(r"^8192")
    back(s)


@case(needs="bpf", timeout=180)
def podman(ctx):
    conf = os.path.join(ctx.dir, "containers.conf")
    with open(conf, "w") as f:
        f.write('[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\nevents_logger = "file"\n')
    rt, c = started(ctx, runtimes.Podman, "act-web", "--log-driver=k8s-file")
    s = open_on(ctx, c, env=("CONTAINERS_CONF=" + conf, "STORAGE_DRIVER=overlay"))
    shell(ctx, s, c, "podman exec -it -- " + c.full_id[:8])
    page(ctx, s, "M", "Logs: act-web", r"said-43")
    page(ctx, s, "D", "Inspect: act-web", r'"Id": "%s"' % c.full_id)
    page(ctx, s, "T", "Processes inside: act-web", r"sleep 100000")

    def frozen():
        return run_command(*rt.base(), "inspect", "-f", "{{.State.Status}}", c.full_id).stdout.strip() == "paused"
    paused(ctx, s, c, frozen)
    ends(ctx, s, c, "E", "Stop the container")


@case(needs="bpf", timeout=180)
def containerd(ctx):
    rt, c = started(ctx, runtimes.Containerd, "act-web")
    s = open_on(ctx, c)
    tool = "nerdctl" if subprocess.run(["which", "nerdctl"], stdout=subprocess.DEVNULL).returncode == 0 else "ctr"
    s.keys("S")
    s.wait(tool + " --namespace=default ")
    s.keys("y")
    s.wait(r"[#$] *$")
    s.text(". /etc/os-release; echo os-$ID; exit\n")
    s.wait("^os-busybox")
    back(s)
    page(ctx, s, "D", "Inspect: ", r'"ID": "act-web"')
    page(ctx, s, "T", "Processes inside: ", r"^.*\b%d\b" % c.pid)

    def frozen():
        return "PAUSED" in run_command(*rt.base(), "tasks", "ls").stdout
    paused(ctx, s, c, frozen)
    ends(ctx, s, c, "C", "Kill the container")


@case(needs="bpf", timeout=180)
def lxc(ctx):
    _, c = started(ctx, runtimes.Lxc, "act-web")
    s = open_on(ctx, c)
    s.keys("S")
    s.wait("lxc-attach --name=act-web -- /bin/sh")
    s.keys("y")
    s.wait(r"[#$] *$")
    s.text(". /etc/os-release; echo os-$ID; exit\n")
    s.wait("^os-busybox")
    back(s)
    page(ctx, s, "D", "Inspect: act-web", r"Name: +act-web", r"PID: +%d" % c.pid)
    page(ctx, s, "T", "Processes inside: act-web", r"sleep 100000")
    ends(ctx, s, c, "C", "Kill the container")


@case(needs="bpf", timeout=180)
def crun(ctx):
    """Its tool, and what there is without one."""
    rt, c = started(ctx, runtimes.Crun, "act-web")
    s = open_on(ctx, c)
    # crun itself cannot run here where cgroups are hybrid; the ways without it always can
    s.keys("F8")
    s.wait("Actions on act-web")
    ctx.check(s.has("crun exec --tty -- act-web /bin/sh"), "crun's own way comes first")
    s.keys("Down")
    s.keys("Enter")
    s.wait("Shell inside.*nsenter --target=%d --all" % c.pid)
    s.keys("y")
    s.wait(r"[#$] *$")
    s.text("echo pid-$(readlink /proc/self | wc -c); . /etc/os-release; echo os-$ID; exit\n")
    s.wait("^os-busybox")
    back(s)


@case(needs="bpf", timeout=180)
def nspawn(ctx):
    _, c = started(ctx, runtimes.Nspawn, "act-web")
    s = open_on(ctx, c)
    s.keys("F8")
    s.wait("Actions on act-web")
    ctx.check(s.has("machinectl shell -- act-web /bin/sh"), "machinectl's way comes first")
    s.keys("Down")
    s.keys("Enter")
    s.wait("Shell inside.*nsenter")
    s.keys("y")
    s.wait(r"[#$] *$")
    s.text(". /etc/os-release; echo os-$ID; exit\n")
    s.wait("^os-busybox")
    back(s)
    # what the tool cannot do - no machined knows this container - it says itself
    page(ctx, s, "D", "Inspect: act-web", "ended with status|that is all")


@case(needs="bpf", timeout=180)
def hostile_name(ctx):
    """A container whose name is a command or an option is a name."""
    marker = os.path.join(ctx.dir, "marker")
    for name in ("$(touch marker)", "-rf"):
        rt = runtimes.Runc(ctx, runtimes.make_rootfs(os.path.join(ctx.dir, "rootfs" + str(len(name)))))
        cgroups = [os.path.join(d, name) for d in runtimes.cgroup_dirs() if os.path.isdir(d)]
        ctx.cleanup(runtimes.remove_cgroups, name)
        # no runtime takes such names: a cgroup and a root of one's own are enough to be a container
        p = subprocess.Popen(["unshare", "--pid", "--mount", "--fork", "--kill-child", "chroot", rt.rootfs, "/bin/sleep", "100000"],
                             stdin=subprocess.DEVNULL)
        ctx.cleanup(lambda q=p: (q.kill(), q.wait()))
        pid = wait_for("sleep", lambda: run_command("pgrep", "-P", str(p.pid), check=False).stdout.split())[0]
        for d in cgroups:
            try:
                os.makedirs(d, exist_ok=True)
                with open(os.path.join(d, "cgroup.procs"), "w") as f:
                    f.write(pid)
            except OSError:
                pass  # cpuset has no CPUs yet
        s = Screen(ctx, "-d", "0.5", "-v", "containers", "proc.pid=" + pid, cols=150)
        if not s.has(re.escape(name)):
            ctx.fail(f"{name} is no container here\n" + s.screen())
            return
        for key in ("S", "E", "D", "T", "M", "A"):
            s.keys(key)
            time.sleep(0.3)
            s.keys("y")
            time.sleep(0.5)
            s.keys("Escape", "Enter")
            s.keys("C-c")
            time.sleep(0.2)
            s.keys("Enter")
        ctx.check(not os.path.exists(marker) and not os.path.exists("/marker"), f"{name}: nothing was run")
        ctx.check(os.path.isdir(rt.rootfs + "/bin"), f"{name}: nothing was removed")
