# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernels: which there are, and the image of one. Uses the mirrors this machine already uses.

Nothing is installed and the machine's own apt state is left alone: lists and
packages live in a directory of the caller's.
"""
import glob
import os
import re
import shutil
import subprocess

SUITES = ("bullseye", "bookworm", "trixie", "sid")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
STEM = re.compile(r"^linux-(?P<part>image|binary)-(?P<version>\d.*)-cloud-amd64(?P<unsigned>-unsigned)?$")


def mirrors():
    """(archive addresses, security archive addresses) from the machine's source lists."""
    texts = []
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if os.path.isfile(path) and path.endswith((".list", ".sources")):
            with open(path, errors="replace") as f:
                texts.append(f.read())
    urls = []
    for text in texts:
        text = "\n".join(l for l in text.splitlines() if not l.lstrip().startswith("#"))
        urls += re.findall(r"https?://\S+", text)
    urls = list(dict.fromkeys(u.rstrip("/") for u in urls))
    return [u for u in urls if u.endswith("/debian")], [u for u in urls if u.endswith("/debian-security")]


class Archive:
    def __init__(self, directory):
        self.dir = os.path.abspath(directory)
        for d in ("lists/partial", "cache/archives/partial", "empty", "images"):
            os.makedirs(os.path.join(self.dir, d), exist_ok=True)
        self.env = dict(os.environ, APT_CONFIG=os.path.join(self.dir, "apt.conf"), LC_ALL="C")

    def _run(self, *argv, check=True):
        return subprocess.run(argv, cwd=os.path.join(self.dir, "cache"), env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=check).stdout

    def update(self):
        """Reads the package lists. A suite that a mirror no longer has is left out."""
        archives, security = mirrors()
        if not archives:
            raise RuntimeError("no Debian archive in this machine's apt sources")
        lines = []
        for suite in SUITES:
            names = [suite] + ([] if suite == "sid" else [suite + "-updates", suite + "-backports"])
            lines += [f"deb [signed-by={KEYRING}] {archives[0]} {n} main" for n in names]
            if security and suite != "sid":
                lines.append(f"deb [signed-by={KEYRING}] {security[0]} {suite}-security main")
        with open(os.path.join(self.dir, "sources.list"), "w") as f:
            f.write("\n".join(lines) + "\n")
        with open(self.env["APT_CONFIG"], "w") as f:
            f.write(f'Dir::Etc::sourcelist "{self.dir}/sources.list";\n'
                    f'Dir::Etc::sourceparts "{self.dir}/empty";\n'
                    f'Dir::Etc::preferences "{self.dir}/empty/none";\n'
                    f'Dir::Etc::preferencesparts "{self.dir}/empty";\n'
                    f'Dir::State::lists "{self.dir}/lists";\n'
                    f'Dir::Cache "{self.dir}/cache";\n'
                    'APT::Architecture "amd64";\nAPT::Sandbox::User "root";\nAcquire::Languages "none";\n')
        # fails as a whole when one suite is missing, having fetched the others
        self._run("apt-get", "-q", "update", check=False)

    def _newest(self, names):
        """The last of these package names by version."""
        def key(name):
            return [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", name)]
        return max(names, key=key) if names else None

    def package(self, series):
        """The newest package with the image of this series ("6.1"); None if there is none."""
        found = []
        for name in self._run("apt-cache", "pkgnames", "linux-").split():
            m = STEM.match(name)
            if m and re.match(re.escape(series) + r"\.\d", m["version"]):
                found.append((name, m))
        # a signed image is what users boot; since 7.0 the image is in a package of its own
        for want in (lambda m: m["part"] == "binary" and not m["unsigned"],
                     lambda m: m["part"] == "image" and not m["unsigned"], lambda m: True):
            names = [n for n, m in found if want(m)]
            if names:
                return self._newest(names)
        return None

    def image(self, package):
        """Path of the kernel image of a package, fetched once."""
        path = os.path.join(self.dir, "images", package)
        if os.path.exists(path):
            return path
        self._run("apt-get", "-q", "download", package)
        deb = glob.glob(os.path.join(self.dir, "cache", glob.escape(package) + "_*.deb"))[0]
        out = os.path.join(self.dir, "cache", "unpacked")
        self._unpack(deb, out)
        images = [os.path.join(base, f) for base, _, files in os.walk(out) for f in files]
        if len(images) != 1:
            raise RuntimeError(f"{package}: {len(images)} kernel images in the package")
        os.replace(images[0], path)
        os.unlink(deb)
        return path

    def _unpack(self, deb, out):
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", out, "--wildcards", "*/vmlinuz*"], stdin=tar.stdout, check=True)
        tar.stdout.close()
        tar.wait()
