#!/usr/bin/env python3
"""The package has the notice of each library whose code the program holds, and of no other.

What the program holds is asked of the build: the static libraries that it is linked with, and the headers that its sources were
compiled with, as ninja knows them, and the files that the page at / is made of. dpkg says whose each file is. The C library is linked dynamically; of the kernel's and the C
library's headers nothing stays but numbers and names.

usage: licences.py --build build --package build/package/tacho_0.1.0_amd64.deb
"""
import argparse
import hashlib
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402

LICENCES = "./usr/share/doc/tacho/licences"
HOLDS_NOTHING = re.compile(r"^(libc6-dev|linux-libc-dev|libcrypt-dev)$")


def run(command, **options):
    done = subprocess.run(command, capture_output=True, timeout=120, **options)
    check(done.returncode == 0, f"{' '.join(command)[:200]} ended with {done.returncode}: {done.stderr.decode()[-1000:]}")
    return done.stdout


def linked(build):
    """Static libraries from outside the build."""
    with open(os.path.join(build, "build.ninja")) as f:
        rule = re.search(r"^build tacho: .*\n((?:  .*\n)*)", f.read(), re.MULTILINE)
    check(rule, f"{build}/build.ninja has no program tacho: mend this check")
    found = set(re.findall(r"(/\S+\.a)\b", re.search(r"^  LINK_LIBRARIES = (.*)$", rule.group(1), re.MULTILINE).group(1)))
    check(found, "the program is linked with no static library: mend this check")
    return found


def included(build):
    """Headers from outside the build, of the program's own objects."""
    found, ours = set(), False
    for line in run(["ninja", "-C", build, "-t", "deps"]).decode().splitlines():
        if line and not line.startswith(" "):
            ours = line.startswith("CMakeFiles/tacho")
        elif ours and line.strip().startswith("/usr/"):
            found.add(os.path.normpath(line.strip()))
    check(found, "ninja knows no headers: build the program first")
    return found


def embedded(build):
    """Files from outside the build that are put into the program as they are: what its page has."""
    with open(os.path.join(build, "build.ninja")) as f:
        rule = re.search(r"^build generated/tools/page/assets\.cc\b.*$", f.read(), re.MULTILINE)
    check(rule, f"{build}/build.ninja has no page: mend this check")
    found = set(re.findall(r"(/usr/share/\S+\.js)\b", rule.group(0)))
    check(found, "the page has no library: mend this check")
    return found


def owners(paths):
    """{package: one of its paths}"""
    found = {}
    for line in run(["dpkg", "-S", *sorted({os.path.realpath(p) for p in paths})]).decode().splitlines():
        packages, path = line.split(": ", 1)
        for package in packages.split(", "):
            found[package.split(":")[0]] = path
    return found


def shipped(folder, package):
    """{name: its notice}, as the package has them."""
    run(["dpkg-deb", "-x", package, folder])
    place = os.path.join(folder, LICENCES)
    check(os.path.isdir(place), f"{package} has no {LICENCES}")
    return {name: open(os.path.join(place, name), "rb").read() for name in sorted(os.listdir(place))}


def body(processes, options):
    held = {p: f for p, f in owners(linked(options.build) | included(options.build) | embedded(options.build)).items() if not HOLDS_NOTHING.match(p)}
    notices = shipped(processes.make_folder("package"), options.package)
    have = {hashlib.sha256(text).digest() for text in notices.values()}
    needed = {}  # notice -> packages; one serves all the packages of one source
    for package in held:
        with open(os.path.realpath(f"/usr/share/doc/{package}/copyright"), "rb") as f:
            needed.setdefault(hashlib.sha256(f.read()).digest(), []).append(package)
    missing = sorted(f"{p} (for {held[p]})" for digest, packages in needed.items() if digest not in have for p in packages)
    check(not missing, f"the program holds code of these, and their notices are not in the package: {', '.join(missing)}")
    idle = [name for name, text in notices.items() if hashlib.sha256(text).digest() not in needed]
    check(not idle, f"notices of libraries that the program holds nothing of: {', '.join(idle)}")
    return f"{len(held)} packages' code, {len(notices)} notices"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--package", required=True)
    e2e.main("licences", body, parser.parse_args())
