# SPDX-License-Identifier: GPL-2.0-or-later
"""The spy's lines, against what programs that made the calls say they must be (tests/spy)."""
import glob
import os
import re
import subprocess

from case_spy import Spy
from cases import Failure, case
from monitor import BUILD, ROOT

SECOND_TRY = False

LINE = re.compile(r"\S+ \d+ \S+ (.*?)(?: <[^<>]*>)?$")


def similar(line, lines):
    """Lines of the same call, to see what is different."""
    name = line.split("(")[0]
    return [other for other in lines if other.split("(")[0] == name][:6]


def check_program(ctx, name):
    # one not run before: names of new files must not be old ones'
    where = os.path.join(ctx.dir, "cwd")
    os.mkdir(where)
    spy = Spy(ctx, "dig", "--ascii", f"proc.name={name}", json_lines=False)
    r = subprocess.run([os.path.join(ROOT, BUILD, "tests", "spy", name)], cwd=where, stdout=subprocess.PIPE, text=True,
                       errors="surrogateescape", timeout=30)
    if r.returncode not in (0, 7):
        raise Failure(f"{name} ended with {r.returncode}")
    want = r.stdout.splitlines()
    got = [m[1] for m in map(LINE.match, spy.stop().text().splitlines()) if m]
    at = 0
    for line in want:
        # a line that does not begin with the call is its end: the rest is not known to the program
        found = next((i for i in range(at, len(got))
                      if got[i] == line or (not re.match(r"\w+\(", line) and got[i].endswith(line))), None)
        if ctx.check(found is not None, f"want {line}\n" + "\n".join(f" got {o}" for o in similar(line, got[at:]))):
            at = found + 1
    ctx.check(len(want) > 0, "the program made calls")


def declare(name):
    def fn(ctx):
        check_program(ctx, name)
    fn.__module__ = __name__
    fn.__name__ = name
    case(needs="bpf")(fn)


for source in sorted(glob.glob(os.path.join(ROOT, "tests", "spy", "*.c"))):
    declare(os.path.basename(source)[:-2])
