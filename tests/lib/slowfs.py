#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A file system as slow as a far network's: every read of a file takes MILLISECONDS.

usage: slowfs.py DIRECTORY MILLISECONDS NAME...

Speaks the kernel's FUSE protocol itself. Files are of 64 KiB, read-only; one whose name begins with "fast" is not slow.
Says "ready" once mounted; ends when it is unmounted."""
import ctypes
import errno
import os
import stat
import struct
import sys
import threading
import time

SIZE = 65536
LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR, BATCH_FORGET = (
    1, 2, 3, 14, 15, 17, 18, 25, 26, 27, 29, 42)


def attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == 1 else stat.S_IFREG | 0o644
    return struct.pack("<6Q10I", node, 0 if node == 1 else SIZE, SIZE // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(fd, delay, names, request):
    _, op, unique, node, *_ = struct.unpack_from("<IIQQIIII", request)
    body, error = request[40:], 0
    if op in (FORGET, BATCH_FORGET):
        return
    if op == INIT:
        reply = struct.pack("<IIIIHHIIHH8I", 7, 31, 65536, 0, 16, 12, SIZE, 1, 16, 0, *[0] * 8)
    elif op == LOOKUP:
        name = body.rstrip(b"\0").decode()
        reply = b""
        if name in names:
            child = names.index(name) + 2
            reply = struct.pack("<QQQQII", child, 0, 60, 60, 0, 0) + attributes(child)
        else:
            error = errno.ENOENT
    elif op == GETATTR:
        reply = struct.pack("<QII", 60, 0, 0) + attributes(node)
    elif op in (OPEN, OPENDIR):
        reply = struct.pack("<QII", 0, 1, 0)  # reads are not cached
    elif op == READ:
        _, offset, size = struct.unpack_from("<QQI", body)
        if not names[node - 2].startswith("fast"):
            time.sleep(delay)
        reply = b"far away\n" * (1 + max(0, min(size, SIZE - offset)) // 9)
        reply = reply[:max(0, min(size, SIZE - offset))]
    elif op == STATFS:
        reply = bytes(80)
    elif op in (RELEASE, FLUSH, RELEASEDIR):
        reply = b""
    else:
        reply, error = b"", errno.ENOSYS
    try:
        os.write(fd, struct.pack("<IiQ", 16 + len(reply), -error, unique) + reply)
    except OSError:
        pass  # who asked is gone


def main():
    where, delay, names = sys.argv[1], float(sys.argv[2]) / 1000, sys.argv[3:]
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"slowfs", where.encode(), b"fuse.slowfs", 0, options.encode()):
        sys.exit("mount: " + os.strerror(ctypes.get_errno()))
    print("ready", flush=True)
    while True:
        try:
            request = os.read(fd, 1 << 20)
        except OSError as e:
            if e.errno in (errno.EINTR, errno.ENOENT):
                continue
            return  # unmounted
        threading.Thread(target=answer, args=(fd, delay, names, request), daemon=True).start()


main()
