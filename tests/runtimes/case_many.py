# SPDX-License-Identifier: GPL-2.0-or-later
"""A thousand containers that come and go within a minute: all named, all counted, memory bounded."""
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import time

from case_containers import hierarchies
from case_runtimes import VIEWS
from cases import SANITIZED, case
from monitor import Monitor
from runtimes import DOCKER, docker_containers, remove_cgroups

MANY = 300 if SANITIZED else 1000


def rss(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def one_life(n, lives):
    """As dockerd does it: state, cgroup, process, and all of it gone."""
    full = hashlib.sha256(f"many {n}".encode()).hexdigest()
    where = os.path.join(DOCKER, full)
    os.makedirs(where)
    with open(where + "/tmp", "w") as f:
        json.dump({"ID": full, "Name": f"/many-{n}", "Config": {"Image": f"many:{n % 7}", "Labels": {"n": str(n)}}}, f)
    os.rename(where + "/tmp", where + "/config.v2.json")
    tops = {os.stat(top).st_dev: top for _, top in reversed(hierarchies())}  # one may be mounted twice
    dirs = [os.path.join(top, "docker", full) for top in tops.values()]
    for d in dirs:
        os.makedirs(d)
    script = "".join(f"echo $$ > '{d}/cgroup.procs' && " for d in dirs)
    script += f"exec dd if=/dev/zero of=/dev/null bs=100 count={1 + n % 5} status=none"
    began = time.time()
    subprocess.run(["sh", "-c", script], check=True)
    lives[n] = (began, time.time())
    time.sleep(0.03)  # no engine is faster than that
    for d in dirs:
        os.rmdir(d)
    shutil.rmtree(where)
    return full


@case(needs="bpf", timeout=180, plain=True)
def thousand_containers(ctx):
    docker_containers(ctx)
    ctx.cleanup(remove_cgroups, "docker")
    m = Monitor(ctx, "rt-containers", interval=1, options=VIEWS)
    m.wait_interval(2)
    before = rss(m.process.pid)
    start, lives = time.monotonic(), {}
    with concurrent.futures.ThreadPoolExecutor(3) as several:
        list(several.map(lambda n: one_life(n, lives), range(MANY)))
    ctx.within(time.monotonic() - start, 0, 60, "seconds that they took")
    m.settle()
    grown = rss(m.process.pid) - before
    status = m.stop()
    ctx.equal(status, 0, "exit status")
    rows = [r for r in m.rows() if (r["container.name"] or "").startswith("many-")]
    named = {r["container.name"] for r in rows}
    ctx.within(len(named), MANY * 98 // 100, MANY, "containers with a name")
    ids = {hashlib.sha256(f"many {n}".encode()).hexdigest(): n for n in range(MANY)}
    got = m.sums(("container.full_id",), ("evt.buflen.file.out",))
    missing = [n for full, n in ids.items() if (full,) not in got]
    ctx.equal(missing, [], "containers that are not listed")
    for n in missing:  # what else would say why
        began, ended = lives[n]
        around = [(l["time"] - began, l["interval"], [(r["container.full_id"], r["evt.buflen.file.out"]) for r in l["rows"]
                                                      if r["container.full_id"] not in ids]) for l in m.intervals() if 0 < l["time"] - began < 3]
        ctx.fail(f"container {n} lived for {(ended - began) * 1000:.1f} ms; interval's end after its start, length, others: {around}")
    lost = {k: v for k, v in m.health().items() if k in ("folded", "unnamed", "meta_lost", "missed", "coarse", "unstored") and v}
    ctx.equal(lost, {}, "what health says was lost")
    # besides what the shell writes to move itself
    wrong = [n for full, n in ids.items() if not 100 * (1 + n % 5) <= got.get((full,), (0,))[0] <= 100 * (1 + n % 5) + 32]
    ctx.equal(wrong, [], "containers with other bytes than they wrote")
    for r in rows:
        if r["container.image"] != f"many:{int(r['container.name'][5:]) % 7}":
            ctx.fail(f"{r['container.name']} has image {r['container.image']}")
            break
    ctx.check(SANITIZED or grown < 48 << 20, f"grew by {grown >> 20} MiB")
    late = [l["interval"] for l in m.intervals() if l["interval"] > 1.5]
    ctx.check(len(late) <= 2, f"late intervals: {late}")
