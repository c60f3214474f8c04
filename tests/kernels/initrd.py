# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's root: the program as it is installed with its shared libraries, a busybox, the tests and a Python.

The program is the very file that was built for this machine, not a variant for
the guest.
"""
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON = "/usr/bin/python3"
TOOLS = ("bash", "bpftool", "strace", "setpriv", "capsh", "ss", "tmux")
# what the tests load, and what Python loads by name when it needs it
MODULES = ("argparse csv errno fnmatch glob importlib json os random re shutil signal socket statistics "
           "struct subprocess sys tempfile threading time traceback collections contextlib pwd grp select selectors "
           "fcntl termios pty itertools functools math datetime locale codecs queue string textwrap unicodedata "
           "encodings.utf_8 encodings.ascii encodings.latin_1 encodings.idna _strptime linecache tokenize ctypes "
           "zlib heapq bisect platform ipaddress concurrent.futures resource mmap uuid hashlib tarfile http.client").split()


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def libraries(path):
    """The shared libraries of a program, the dynamic linker too; nothing for a static one."""
    out = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def python_files():
    """Files of the standard library that the tests need."""
    script = ("import sys, importlib\n"
              f"for m in {MODULES!r}:\n"
              "    try: importlib.import_module(m)\n"
              "    except ImportError: pass\n"
              "import importlib.util\n"
              "for m in list(sys.modules.values()):\n"
              "    f = getattr(m, '__file__', None)\n"
              "    if f: print(f)\n"
              "    c = getattr(m, '__cached__', None)\n"
              "    if c: print(c)\n")
    out = subprocess.run([PYTHON, "-I", "-S", "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [f for f in out.split("\n") if f and os.path.exists(f)]


class Tree:
    """A directory that becomes the root."""

    def __init__(self, path):
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        for d in ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "run", "usr", "var"):
            os.makedirs(os.path.join(path, d))

    def put(self, source, at=None):
        """A file under the same path (or another), with what it is linked to."""
        at = at or source
        target = self.path + at
        if os.path.exists(target):
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)
        with open(source, "rb") as f:
            elf = f.read(4) == b"\x7fELF"
        for lib in libraries(source) if elf else ():
            self.put(lib)

    def text(self, at, text, mode=0o644):
        target = self.path + at
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w") as f:
            f.write(text)
        os.chmod(target, mode)

    def pack(self, out):
        names = []
        for base, dirs, files in os.walk(self.path):
            names += [os.path.relpath(os.path.join(base, n), self.path) for n in dirs + files]
        with open(out, "wb") as f:
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=self.path, stdout=f, check=True,
                           input="\n".join(sorted(names)).encode())


def build(work, program, build_dir, command=None):
    """Writes work/initrd and returns its path. With a command the guest runs it instead of the tests."""
    tree = Tree(os.path.join(work, "root"))
    tree.put(find("busybox"), "/bin/busybox")
    applets = subprocess.run([find("busybox"), "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    for a in applets:
        if a != "busybox" and not os.path.lexists(f"{tree.path}/bin/{a}"):
            os.symlink("busybox", f"{tree.path}/bin/{a}")
    for tool in TOOLS:
        path = find(tool)
        if path:
            # some applets of busybox have the same name
            if os.path.islink(f"{tree.path}/bin/{tool}"):
                os.unlink(f"{tree.path}/bin/{tool}")
            tree.put(path, f"/bin/{tool}")
    tree.put(os.path.realpath(PYTHON), PYTHON)
    for f in python_files():
        tree.put(f)
    locale = "/usr/lib/locale/C.utf8"
    for base, _, files in os.walk(locale):
        for f in files:
            tree.put(os.path.join(base, f))
    tree.put(program, "/ctop/ctop-trace")
    tree.put(os.path.join(ROOT, "views.json"), "/ctop/views.json")
    for name in os.listdir(os.path.join(build_dir, "tests", "workload")):
        path = os.path.join(build_dir, "tests", "workload", name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            tree.put(path, f"/ctop/build/tests/workload/{name}")
    for part in ("lib", "e2e", "runtimes", "kernels"):
        for f in os.listdir(os.path.join(ROOT, "tests", part)):
            path = os.path.join(ROOT, "tests", part, f)
            if os.path.isfile(path):
                tree.put(path, f"/ctop/tests/{part}/{f}")
    if command:
        tree.text("/ctop/command", command + "\n")
    tree.put(os.path.join(HERE, "init"), "/init")
    os.chmod(tree.path + "/init", 0o755)
    tree.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
    tree.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n")
    tree.text("/etc/hostname", "guest\n")
    out = os.path.join(work, "initrd")
    tree.pack(out)
    return out
