# SPDX-License-Identifier: GPL-2.0-or-later
"""The real program in a tmux of its own, for tests that need real processes: keys in, screens out."""
import os
import re
import subprocess
import time

from cases import Failure, Skip

PROGRAM = os.path.abspath(os.environ.get("CTOP_TRACE", "./ctop-trace"))


class Terminal:
    """`argv` in a terminal; it ends with the context."""
    number = 0

    def __init__(self, ctx, *argv, cols=120, rows=40, env=(), shell=False):
        if subprocess.run(["sh", "-c", "command -v tmux"], stdout=subprocess.DEVNULL).returncode:
            raise Skip("tmux is not installed")
        Terminal.number += 1
        self.socket = f"ctop-{os.getpid()}-{Terminal.number}"
        ctx.cleanup(self.close)
        run = ["env", "-u", "NO_COLOR", "LC_ALL=C.UTF-8", "TERM=xterm-256color", *env]
        run += ["bash", "--norc", "--noprofile", "-i"] if shell else [*argv]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(cols), "-y", str(rows), "-s", "main", *run, ";",
                  "set", "-g", "remain-on-exit", "on", ";", "set", "-g", "status", "off")
        if shell:
            self.text("PS1='shell> '\n")
            self.wait(r"^shell>$")
            self.shell_modes = self.modes()
            self.text(" ".join(argv) + "\n")

    def tmux(self, *argv):
        return subprocess.run(["tmux", "-L", self.socket, *argv], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, timeout=20).stdout

    def close(self):
        self.tmux("kill-server")

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def text(self, text):
        self.tmux("send-keys", "-l", text)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def has(self, regex):
        return re.search(regex, self.screen(), re.M) is not None

    def wait(self, regex, timeout=15, gone=False):
        end = time.monotonic() + timeout
        while self.has(regex) == gone:
            if time.monotonic() > end:
                raise Failure(("still there: " if gone else "never seen: ") + regex + "\n" + self.screen())
            time.sleep(0.05)

    def wait_gone(self, regex, timeout=15):
        self.wait(regex, timeout, gone=True)

    def modes(self):
        """What `stty -a` says of the terminal."""
        tty = self.tmux("display", "-p", "#{pane_tty}").strip()
        return subprocess.run(["stty", "-F", tty, "-a"], stdout=subprocess.PIPE, text=True).stdout

    def value(self, name):
        return self.tmux("display", "-p", "#{" + name + "}").strip()


class Screen(Terminal):
    """ctop-trace, once its rows are there."""

    def __init__(self, ctx, *argv, **options):
        super().__init__(ctx, PROGRAM, *argv, **options)
        self.wait(r"\d+/\d+ *$", 20)

    def select(self, text):
        """The row that has the text, once it is there."""
        self.wait(re.escape(text))
        self.text("/" + text)
        self.keys("Enter")
        self.wait("^▌.*" + re.escape(text))
