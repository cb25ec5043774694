#!/usr/bin/env python3
"""tacho check: is this node fit to train? By a sample of its own, by the agent that runs, by URL, and of a snapshot.

The real program over the fake library of NVIDIA's (fake_cards.py): cards that are well, one that is lost, one that has reported an Xid.

usage: check.py --tacho build/tacho --library build/tests/libfake_nvml.so
"""
import argparse
import json
import os
import subprocess
import time

import e2e
import fake_cards
from e2e import check

CARDS = 2


def body(processes, options):
    sys_folder = processes.path("sys")
    fake_cards.sysfs(sys_folder, CARDS)
    script = fake_cards.Script(processes.path("cards"), CARDS)
    env = {"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": script.path}
    tacho = os.path.abspath(options.tacho)

    def told(*flags):
        done = subprocess.run([tacho, "check", "--format", "json", *flags], env={**os.environ, **env}, capture_output=True, text=True)
        check(done.returncode in (0, 1), f"check {flags}: {done.returncode} {done.stderr}")
        data = json.loads(done.stdout)["data"]
        check(done.returncode == (not data["fit"]), f"check {flags} ends with {done.returncode} and says {data}")
        check(data["fit"] == all(f["level"] != "fail" for f in data["findings"]), f"{data}")
        table = subprocess.run([tacho, "check", *flags], env={**os.environ, **env}, capture_output=True, text=True)
        lines = table.stdout.splitlines()
        check(table.returncode == done.returncode and lines[-1].startswith("fit: " if data["fit"] else "NOT FIT: "), f"{table}")
        check(len(lines) == len(data["findings"]) + 1, f"{len(data['findings'])} findings, and the table is {table.stdout}")
        return data

    def of_cards(data):
        return [(f["level"], f["text"]) for f in data["findings"] if f["area"] in ("accelerator", "xid", "lost")]

    # Nobody runs an agent over these folders: a sample of its own.
    well = told("--sysfs", sys_folder)
    check(well["accelerators"] == CARDS and not of_cards(well) and "sample of its own" in well["by"], f"{well}")
    few = told("--sysfs", sys_folder, "--accelerators", "8")
    check(("fail", "2 of 8 accelerators are there") in of_cards(few), f"{few}")

    agent = e2e.Tacho(processes, tacho, flags=["--sysfs", sys_folder], env=env)
    agent.start()
    until = time.monotonic() + 30
    while len(e2e.api(agent.base, "query", {"query": "accel_up == 1"})["result"]) < CARDS:
        check(time.monotonic() < until, "the cards do not answer")
        time.sleep(0.2)
    time.sleep(1.5)
    here = ["--state", agent.state, "--runtime", agent.runtime]
    for where in here, ["--url", agent.base]:
        data = told(*where)
        check(not of_cards(data) and data["accelerators"] == CARDS, f"{where}: {data}")

    script.tell("EVENT 0 8 79")
    while not e2e.api(agent.base, "query", {"query": 'accel_errors_total{code="79"} > 0'})["result"]:
        check(time.monotonic() < until, "the Xid is not counted")
        time.sleep(0.2)
    time.sleep(0.5)
    for where in here, ["--url", agent.base]:
        data = told(*where)
        found = [f for f in data["findings"] if f["area"] == "xid"]
        check(len(found) == 1 and found[0]["level"] == "fail" and "Xid 79" in found[0]["text"] and found[0]["time"] > 1e9, f"{data}")
        check(not told(*where, "--last", "1ms")["findings"] or not [f for f in told(*where, "--last", "1ms")["findings"] if f["area"] == "xid"],
              "an Xid of before counts in the last millisecond")
    kept = processes.path("node.tacho")
    agent.call("snapshot", "-o", kept, "--last", "1m", *here)
    agent.kill()
    data = told("--file", kept)
    time.sleep(15)
    old = subprocess.run([tacho, "check", *here], capture_output=True, text=True)
    check(old.returncode == 1 and "no agent keeps these samples now" in old.stderr and not old.stdout, f"an agent that is dead: {old}")
    check([f for f in data["findings"] if f["area"] == "xid"], f"of a snapshot: {data}")
    return f"{well['rules']} of {well['rules_all']} rules on a sample, findings by files, URL and snapshot"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--library", required=True)
    e2e.main("check", body, parser.parse_args())
