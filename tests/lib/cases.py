# SPDX-License-Identifier: GPL-2.0-or-later
"""Test cases: a decorator to declare them, checks that explain themselves, a runner.

A case is a function of one argument, a Context. Every check counts; the last
line that the runner prints is "N passed, N failed, N skipped".

Cases that wait for a screen or compare two clocks can fail on a machine that
stands still for a second. What failed is run once more when all others are
done, and says so; what fails twice has failed. A module that counts exactly
sets SECOND_TRY = False: a call that was lost once is lost. What a sanitizer
reports fails its case at once (tests/lib/sanitized).
"""
import fnmatch
import glob
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

CASES = []

# what is measured is not of the build that is used
SANITIZED = bool(os.environ.get("SANITIZED"))


class Skip(Exception):
    """What the case needs is not there."""


class Failure(Exception):
    """The case cannot go on."""


def case(needs=(), timeout=60, plain=False):
    """Declares a test case. `needs`: "bpf" (rights to load programs), "linux 6.2" (or newer), or names of commands.
    `plain`: what it looks at is another thing in a build with sanitizers (speed, memory, rights), so both builds have to
    pass it."""
    def declare(fn):
        fn.needs = (needs,) if isinstance(needs, str) else tuple(needs)
        fn.timeout = timeout
        fn.plain = plain
        CASES.append(fn)
        return fn
    return declare


class Context:
    """What a case works with: a directory of its own, checks, and cleanups run last to first."""

    def __init__(self, name, options):
        self.name = name
        self.options = options
        self.failures = []
        self.reported = False  # by a sanitizer
        self.checks = 0
        self.cleanups = []
        # not /tmp itself: its name must be free of anything a filter would have to quote
        self.dir = tempfile.mkdtemp(prefix="ctop-e2e-")
        os.chmod(self.dir, 0o755)

    def cleanup(self, fn, *args):
        self.cleanups.append((fn, args))

    def close(self):
        while self.cleanups:
            fn, args = self.cleanups.pop()
            try:
                fn(*args)
            except Exception as e:  # a failing cleanup must not hide the case's own failure
                self.fail(f"cleanup: {e!r}")
        shutil.rmtree(self.dir, ignore_errors=True)

    def fail(self, text):
        self.failures.append(text)

    def check(self, ok, text):
        self.checks += 1
        if not ok:
            self.fail(text)
        return ok

    def equal(self, got, want, what):
        return self.check(got == want, f"{what}: got {got!r}, want {want!r}")

    def within(self, got, low, high, what):
        return self.check(got is not None and low <= got <= high, f"{what}: got {got!r}, want {low!r} .. {high!r}")

    def equal_maps(self, got, want, what, limit=12):
        """Every key of `want` has the same value in `got`; what else `got` has is not looked at."""
        wrong = [(k, got.get(k), v) for k, v in want.items() if got.get(k) != v]
        self.checks += 1
        if wrong:
            lines = [f"  {k}: got {g}, want {w}" for k, g, w in sorted(wrong, key=repr)[:limit]]
            if len(wrong) > limit:
                lines.append(f"  … and {len(wrong) - limit} more")
            self.fail(f"{what}: {len(wrong)} of {len(want)} differ\n" + "\n".join(lines))
        return not wrong


def run_command(*argv, check=True, timeout=60, **kw):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                       timeout=timeout, **kw)
    if check and r.returncode:
        raise Failure(f"{' '.join(argv)}: exit status {r.returncode}: {r.stderr.strip()}")
    return r


def wait_for(what, fn, timeout=10, step=0.05):
    """Polls until fn() is true and returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = fn()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {timeout} s in vain: {what}")
        time.sleep(step)


def missing_need(need):
    if need == "bpf":
        return bpf_missing()
    if need.startswith("linux "):
        running = [int(n) for n in re.findall(r"\d+", os.uname().release)]
        return None if running >= [int(n) for n in re.findall(r"\d+", need)] else f"not {need}"
    return None if shutil.which(need) else f"{need} is not installed"


_bpf = []


def bpf_missing():
    """Why BPF programs cannot be loaded here; None if they can. bpftool loads one to find out."""
    if not _bpf:
        reason = None
        if os.geteuid() != 0:
            reason = "not root"
        elif not os.path.exists("/sys/kernel/btf/vmlinux"):
            reason = "kernel without BTF"
        else:
            r = subprocess.run(["bpftool", "prog", "list"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
            if r.returncode:
                reason = f"no right to use BPF: {r.stderr.strip()}"
        _bpf.append(reason)
    return _bpf[0]


def sanitizer_reports():
    """What sanitizers wrote since this was last asked, whoever's standard error it would have been."""
    ret = []
    for path in sorted(glob.glob(os.path.join(os.environ.get("SANITIZER_REPORTS", "/nonexistent"), "*"))):
        with open(path, errors="replace") as f:
            ret.append(f.read())
        os.unlink(path)
    return ret


def run_case(fn, options):
    """Runs one case: (its context with checks and failures, why it was skipped or None, seconds it took)."""
    reason = next((r for r in map(missing_need, fn.needs) if r), None)
    ctx = Context(f"{fn.__module__}.{fn.__name__}", options)
    start = time.monotonic()
    try:
        if reason:
            raise Skip(reason)
        fn(ctx)
    except Skip as e:
        reason = str(e)
    except Failure as e:
        ctx.fail(str(e))
    except Exception:
        ctx.fail(traceback.format_exc())
    ctx.close()
    for text in sanitizer_reports():
        ctx.reported = True
        ctx.fail(text)
    return ctx, reason, time.monotonic() - start


def may_try_again(fn):
    return getattr(sys.modules[fn.__module__], "SECOND_TRY", True)


def wanted(fn, patterns, options):
    if options.get("plain") and not fn.plain:
        return False
    return not patterns or any(fnmatch.fnmatch(f"{fn.__module__}.{fn.__name__}", f"*{p}*") for p in patterns)


def run_all(patterns, options):
    """Runs the cases whose name matches one of the patterns (all without any), or those of them that want the plain
    build (`options`: plain). Returns the exit status."""
    passed = failed = skipped = 0
    # in CI nothing may be missing
    strict = os.environ.get("CI") == "true"
    first = [fn for fn in CASES if wanted(fn, patterns, options)]
    again = []
    for fn, last in itertools.chain(((fn, not may_try_again(fn)) for fn in first),
                                    ((fn, True) for fn in again)):
        ctx, reason, took = run_case(fn, options)
        last = last or ctx.reported
        if reason and not ctx.failures:
            if strict:
                failed += 1
                print(f"FAIL {ctx.name}: must not be skipped here: {reason}")
            else:
                skipped += 1
                print(f"skip {ctx.name}: {reason}")
        elif ctx.failures:
            print(f"{'FAIL' if last else 'once more, at the end:'} {ctx.name} ({took:.1f} s)")
            for text in ctx.failures:
                print("    " + text.replace("\n", "\n    "))
            if last:
                failed += 1
            else:
                again.append(fn)
        else:
            passed += 1
            print(f"ok   {ctx.name} ({ctx.checks} checks, {took:.1f} s{', second try' if fn in again else ''})")
        sys.stdout.flush()
    if again:
        print("tried twice: " + ", ".join(f"{fn.__module__}.{fn.__name__}" for fn in again))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def main(doc, argv):
    """The command line of a runner. Returns the exit status."""
    flags = {a for a in argv if a.startswith("-")}
    patterns = [a for a in argv if a not in flags]
    options = {"plain": "--plain" in flags}
    if flags - {"--plain", "--list"}:
        print(doc)
        return 2
    if "--list" not in flags:
        return run_all(patterns, options)
    for fn in CASES:
        if wanted(fn, patterns, options):
            print(f"{fn.__module__}.{fn.__name__}")
    return 0
