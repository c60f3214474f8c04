# SPDX-License-Identifier: GPL-2.0-or-later
"""A runtime's file that is missing, huge, cut off, no JSON, a link out of its place or a FIFO costs that container its name and
nothing else: bytes, other containers and the interval are as ever."""
import json
import os
import shutil
import subprocess

from case_containers import Cgroup, hex_id
from case_runtimes import VIEWS
from cases import case, wait_for
from monitor import Monitor, end_process
from runtimes import DOCKER, docker_containers, remove_cgroups

GOOD = "good"
WRITES = "import os, sys\nfd = os.open('/dev/null', os.O_WRONLY)\nos.write(1, b'x')\nos.read(0, 1)\n" \
         "for i in range(int(sys.argv[1])): os.write(fd, b'y' * 100)\nos.write(1, b'x')\nos.read(0, 1)\n"


def config(full, name):
    return json.dumps({"ID": full, "Name": "/" + name, "Config": {"Image": "files:1", "Labels": {}}})


def spoil(ctx, how, path, text):
    """Puts something else than `text` where the file should be."""
    outside = os.path.join(ctx.dir, "outside")
    with open(outside, "w") as f:
        f.write(config("0" * 64, "stolen"))
    if how == "fifo":
        os.mkfifo(path)
    elif how == "directory":
        os.mkdir(path)
    elif how == "link":
        os.symlink(outside, path)
    elif how == "directory-link":
        os.rmdir(os.path.dirname(path))
        os.mkdir(f"{ctx.dir}/linked")
        shutil.copy(outside, f"{ctx.dir}/linked/config.v2.json")
        os.symlink(f"{ctx.dir}/linked", os.path.dirname(path))
    elif how != "missing":
        data = {"huge": text + " " * (6 << 20), "cut": text[:len(text) // 2], "empty": "", "text": "this is not JSON",
                "deep": "[" * 200000, GOOD: text}[how]
        with open(path, "w") as f:
            f.write(data)


KINDS = (GOOD, "missing", "fifo", "directory", "link", "directory-link", "huge", "cut", "empty", "text", "deep")


def repair(path, text):
    where = os.path.dirname(path)
    if os.path.islink(where):
        os.unlink(where)
        os.mkdir(where)
    if os.path.isdir(path):
        os.rmdir(path)
    with open(where + "/new", "w") as f:
        f.write(text)
    os.rename(where + "/new", path)


@case(needs=("bpf", "python3"), timeout=90)
def spoiled_files(ctx):
    docker_containers(ctx)
    ctx.cleanup(remove_cgroups, "docker")
    m = Monitor(ctx, "rt-containers", interval=0.5, options=VIEWS)
    all_, loads = {}, {}
    for i, how in enumerate(KINDS):
        full = hex_id(700 + i)
        path = f"{DOCKER}/{full}/config.v2.json"
        all_[how] = (full, path, config(full, "files-" + how))
        os.mkdir(os.path.dirname(path))
        spoil(ctx, how, path, all_[how][2])
        p = subprocess.Popen([*Cgroup(ctx, f"docker/{full}").prefix(), "python3", "-c", WRITES, str(10 + i)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
        ctx.cleanup(end_process, p)
        p.stdout.read(1)
        loads[how] = p

    def newest():
        return {r["container.full_id"]: r for r in m.lines[-1]["rows"]}
    before = {}
    m.settle()
    m.wait_interval(2)
    for how, (full, _, _) in all_.items():
        before[how] = m.sums(("container.full_id",), ("evt.buflen.file.out",)).get((full,), (0,))[0]
    for p in loads.values():
        p.stdin.write(b"g")
        p.stdin.flush()
        p.stdout.read(1)
    wait_for("the good one's name", lambda: newest().get(all_[GOOD][0], {}).get("container.name") == "files-good", 20)
    m.settle()
    m.wait_interval(2)
    rows, sums = newest(), m.sums(("container.full_id",), ("evt.buflen.file.out",))
    ctx.check(not any(r["container.name"] == "stolen" for r in m.rows()), "nothing outside was followed")
    for i, (how, (full, _, _)) in enumerate(all_.items()):
        if not ctx.check(full in rows, f"{how}: is listed"):
            continue
        name = "files-good" if how == GOOD else full[:12]
        ctx.equal((rows[full]["container.name"], rows[full]["container.type"]), (name, "docker"), f"{how}: name and type")
        # and the byte by which it says that it is done
        ctx.within(sums[(full,)][0] - before[how], 100 * (10 + i), 100 * (10 + i) + 1, f"{how}: bytes")
    held = {os.path.realpath(f"/proc/{m.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{m.process.pid}/fd")}
    ctx.check(not any(DOCKER in h and "config" in h for h in held), f"no file is held open: {held}")
    late = [l["interval"] for l in m.intervals() if l["interval"] > 1.5]
    ctx.check(len(late) <= 2, f"late intervals: {late}")
    # put right, each has its name
    for how, (full, path, text) in all_.items():
        repair(path, text)
    want = {full: "files-" + how for how, (full, _, _) in all_.items()}
    wait_for("all names", lambda: all(newest().get(full, {}).get("container.name") == name for full, name in want.items()), 30)
    # another name
    full, path, _ = all_["text"]
    repair(path, config(full, "renamed"))
    wait_for("the new name", lambda: newest()[full]["container.name"] == "renamed", 20)
    m.stop()
