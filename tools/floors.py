#!/usr/bin/env python3
"""Checks that includes point down the floors only. usage: floors.py REPOSITORY. Exit 1 names each include that points up."""
import os
import re
import sys

FLOOR = {"proto/base": 0, "proto": 1, "store": 2, "sampler": 3, "query": 3, "tools": 4}
# Rooms of one floor do not see each other either.


def room_of(path):
    if path.startswith("proto/base/"):
        return "proto/base"
    return path.split("/", 1)[0]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    bad = seen = 0
    for top in ("proto", "store", "sampler", "query", "tools"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            for name in sorted(files):
                if not name.endswith((".h", ".cc")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                room = room_of(path)
                with open(os.path.join(root, path), encoding="utf-8") as text:
                    for number, line in enumerate(text, 1):
                        m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                        if not m:
                            continue
                        seen += 1
                        target = room_of(m.group(1))
                        if target not in FLOOR:
                            print(f"{path}:{number}: include {m.group(1)} by its path from the repository's root")
                            bad += 1
                        elif target != room and FLOOR[target] >= FLOOR[room]:
                            print(f"{path}:{number}: {room} (floor {FLOOR[room]}) must not include {target} (floor {FLOOR[target]})")
                            bad += 1
    print(f"{seen} includes checked, {bad} point up or sideways")
    return 1 if bad or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
