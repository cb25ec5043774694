#!/usr/bin/env python3
"""What eight accelerators cost each second: with the library in threads, and in a process a device, beside an agent without any.

Three agents work for N seconds on the same machine at the same time, over the fake library of NVIDIA's (tests/e2e/fake_cards.py), which
answers as a recorded H200 did, but at once; what a real driver takes comes on top in the same way for both. CPU is user and system time of the agent
and all its processes, from /proc/PID/schedstat of every thread; memory is theirs as well: proportional (what is shared counts once), and private.

usage: accel_cost.py --tacho build/tacho --library build/tests/libfake_nvml.so [--seconds 120] [--warm-up 20] [--json FILE]
"""
import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
import fake_cards  # noqa: E402
from e2e import check  # noqa: E402

CARDS = 8
AGENTS = ("without", "thread", "process")


def cpu_ns(pids):
    """Threads that end take theirs along; in a steady agent none does."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
    return total


def memory_mib(pids):
    """(proportional, private)"""
    total = {"Pss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            for line in f:
                name, _, rest = line.partition(":")
                if name in total:
                    total[name] += int(rest.split()[0]) / 1024
    return total["Pss"], total["Private_Clean"] + total["Private_Dirty"]


def start(processes, arguments, script, name):
    extra = f"sampling: {{accelerators: {{isolation: {'thread' if name == 'without' else name}}}}}\n"
    agent = e2e.Tacho(processes, os.path.abspath(arguments.tacho), name=name, extra_config=extra,
                      flags=["--sysfs", processes.path("none" if name == "without" else "sys")],
                      env={"TACHO_NVML_LIBRARY": os.path.abspath(arguments.library), "TACHO_FAKE_NVML": script.path})
    agent.start()
    return agent


def body(processes, arguments):
    fake_cards.sysfs(processes.path("sys"), CARDS)
    fake_cards.sysfs(processes.path("none"), 0)
    script = fake_cards.Script(processes.path("cards"), CARDS)
    agents = {name: start(processes, arguments, script, name) for name in AGENTS}
    time.sleep(arguments.warm_up)
    pids = {name: [a.process.pid, *e2e.descendants(a.process.pid)] for name, a in agents.items()}
    check([len(pids[n]) for n in AGENTS] == [1, 1, CARDS + 2], f"processes: {pids}")

    before, started = {n: cpu_ns(p) for n, p in pids.items()}, time.monotonic()
    time.sleep(arguments.seconds)
    after, seconds = {n: cpu_ns(p) for n, p in pids.items()}, time.monotonic() - started

    cpu = {n: (after[n] - before[n]) / seconds / 1e6 for n in AGENTS}
    memory = {n: memory_mib(p) for n, p in pids.items()}
    cells = {n: sum(1 for line in e2e.http_get(a.base + "/metrics").splitlines() if line.startswith("accel_")) for n, a in agents.items()}
    check(cells["without"] == 0 and cells["thread"] == cells["process"] > 100 * CARDS, f"series of cards: {cells}")
    print(f"{seconds:.0f} s at one sample a second, {CARDS} cards of {cells['thread'] // CARDS} series; CPU in ms each second, memory in MiB")
    print(f"{'':18}{'CPU ms/s':>10}{'a card, us':>12}{'memory':>10}{'private':>10}{'processes':>11}")
    for n in AGENTS:
        a_card = f"{1000 * (cpu[n] - cpu['without']) / CARDS:.1f}" if n != "without" else "-"
        print(f"{n:18}{cpu[n]:10.2f}{a_card:>12}{memory[n][0]:10.1f}{memory[n][1]:10.1f}{len(pids[n]):11d}")
    if arguments.json:
        with open(arguments.json, "w") as f:
            json.dump({"cpu_ms_per_second": cpu, "memory_mib": memory, "series": cells, "seconds": seconds}, f)
    return f"{seconds:.0f} s measured"


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--library", required=True, help="the fake one")
    p.add_argument("--seconds", type=float, default=120)
    p.add_argument("--warm-up", type=float, default=20, help="seconds before measuring begins")
    p.add_argument("--json", help="write the numbers here too")
    e2e.main("accel_cost", body, p.parse_args())
