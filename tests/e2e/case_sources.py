# SPDX-License-Identifier: GPL-2.0-or-later
"""Every number that a stock view shows is compared with something that is not this program: sources.txt says where."""
import json
import os
import re

from cases import case, run_command
from monitor import PROGRAM, ROOT

SECOND_TRY = False

HERE = os.path.dirname(os.path.abspath(__file__))
NUMBERS = ("int", "double", "distribution")


def sources():
    """{field: (file of the test, what it is compared with)}"""
    ret = {}
    with open(os.path.join(HERE, "sources.txt")) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                field, where, what = line.split(None, 2)
                ret[field] = (where, what.strip())
    return ret


@case()
def every_number_has_a_source(ctx):
    fields = [json.loads(l) for l in run_command(PROGRAM, "--list-fields", "--format", "json").stdout.splitlines()]
    numbers = {f["id"] for f in fields if f["type"] in NUMBERS}
    with open(os.path.join(ROOT, "views.json")) as f:
        views = json.load(f)["views"]
    shown = {c["field"].split("[")[0] for v in views for c in v["columns"]} & numbers
    known = sources()
    ctx.check(len(shown) > 80, f"numbers in stock views: {len(shown)}")
    ctx.equal(sorted(shown - set(known)), [], "numbers without a line in sources.txt")
    ctx.equal(sorted(set(known) - numbers), [], "lines of sources.txt that are about no number")
    for field, (where, _) in known.items():
        path = os.path.join(ROOT, "tests", where)
        if not ctx.check(os.path.exists(path), f"{field}: {where} is a test"):
            continue
        with open(path) as f:
            text = f.read()
        ctx.check(re.search(rf"(?<![a-z.]){re.escape(field)}(?![a-z_])", text), f"{field}: {where} looks at it")


@case()
def every_view_is_looked_at(ctx):
    """By a test that compares it with something else; actions, crashes and the like do not count."""
    with open(os.path.join(ROOT, "views.json")) as f:
        views = [v["id"] for v in json.load(f)["views"]]
    text = ""
    for where in ("e2e", "runtimes"):
        top = os.path.join(ROOT, "tests", where)
        for name in sorted(os.listdir(top)):
            if name.startswith("case_") and name not in ("case_clean.py", "case_hostile.py", "case_actions.py", "case_sources.py"):
                with open(os.path.join(top, name)) as f:
                    text += f.read()
    # Monitor(ctx, "files", ..., watch(ctx, f=("files", ..., for view in ("files", ...
    opened = {v for v in views if re.search(rf'\((ctx, )?"{v}"[,)]', text)}
    opened |= {v for group in re.findall(r"views = \(([^)]*)\)", text) for v in re.findall(r'"(\w+)"', group)}
    ctx.equal([v for v in views if v not in opened], [], "views that no test compares with anything")
