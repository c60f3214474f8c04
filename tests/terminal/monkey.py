#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random keys, clicks, resizes and rubbish for the program on a pseudo terminal; it must survive and then quit.

	monkey.py SEED COUNT COMMAND...    exit status 1 and a sentence if it did not
"""
import fcntl
import os
import pty
import random
import select
import signal
import struct
import sys
import termios
import time

SEED, COUNT, COMMAND = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
KEYS = ([c.encode() for c in "jkgGJKlbvhinNefdspxcFIatzZXE,.<>[]+-/\\?123456 =!HL\t"]
        + [b"\r", b"\x1b", b"\x7f", b"\x0c", b"\x17", b"\x15"]
        + [b"\x1b[" + s for s in (b"A", b"B", b"C", b"D", b"H", b"F", b"5~", b"6~", b"3~", b"15~", b"17~", b"18~", b"20~")]
        + [b"nginx", b"proc.name = nginx", b"evt.type in (read, write)", b"fd.name contains \"", "größe".encode(),
           b"\xff\xfe", b"\x1b[<0;99999;99999M", b"\x1b[<64;5;5M", b"\x1b[M   ", b"\x1b[999;1~", b"\x1b[Z", b"\\proc.name \t\t", b"\\evt.type = \t\r"])
SIZES = [(24, 80), (50, 200), (10, 40), (3, 9), (1, 1), (100, 20), (80, 300)]


def main():
    rng = random.Random(SEED)
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        time.sleep(0.1)
        os.execvp(COMMAND[0], COMMAND)

    def resize(rows, cols):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def drain(wait):
        while select.select([fd], [], [], wait)[0]:
            if not os.read(fd, 65536):
                raise OSError
            wait = 0

    def ended(when):
        _, status = os.waitpid(pid, 0)
        sys.exit(f"seed {SEED}: ended {when}, wait status {status:#x}")

    resize(24, 80)
    drain(1.0)
    for i in range(COUNT):
        try:
            if rng.random() < 0.03:
                resize(*rng.choice(SIZES))
            elif rng.random() < 0.05:
                os.write(fd, b"\x1b[<0;%d;%dM" % (rng.randrange(1, 120), rng.randrange(1, 40)))
            else:
                os.write(fd, rng.choice(KEYS))
            drain(0.005)
        except OSError:
            ended(f"after {i} inputs")
    # a modal may be open: SIGTERM must work whatever is on the screen
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            drain(0.05)
        except OSError:
            pass
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            if status:
                sys.exit(f"seed {SEED}: wait status {status:#x} after SIGTERM")
            return
    os.kill(pid, signal.SIGKILL)
    sys.exit(f"seed {SEED}: does not end after SIGTERM")


main()
