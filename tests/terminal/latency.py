#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures how long a key takes to change the screen, on a pseudo terminal of its own.

	latency.py KEYS COMMAND...    prints "MEDIAN 90TH WORST" in milliseconds
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

KEYS, COMMAND = int(sys.argv[1]), sys.argv[2:]
ROWS, COLS = 50, 200


def drain(fd, quiet, longest=1.5):
    """Reads until nothing came for `quiet` seconds."""
    end = time.monotonic() + longest
    while time.monotonic() < end and select.select([fd], [], [], quiet)[0]:
        if not os.read(fd, 65536):
            sys.exit("the program ended")


def main():
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        time.sleep(0.1)  # until the size is set
        os.execvp(COMMAND[0], COMMAND)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLS, 0, 0))
    drain(fd, 1.0)
    took = []
    for i in range(KEYS):
        drain(fd, 0.02)  # not in the middle of a frame
        begin = time.monotonic()
        os.write(fd, b"j" if i % 40 < 20 else b"k")
        if not select.select([fd], [], [], 5)[0]:
            sys.exit("a key was not answered within 5 s")
        took.append((time.monotonic() - begin) * 1000)
    os.write(fd, b"q")
    drain_end = time.monotonic() + 5
    try:
        while time.monotonic() < drain_end and os.read(fd, 65536):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
    took.sort()
    print(f"{took[len(took) // 2]:.1f} {took[len(took) * 9 // 10]:.1f} {took[-1]:.1f}")


main()
