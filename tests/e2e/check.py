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
        """As JSON and as a table. What the host does is another from run to run, so a table stands between two documents of the same findings."""
        levels = lambda data: [(f["level"], f["area"]) for f in data["findings"]]

        def both():
            before, table, after = told_once(*flags), as_table(*flags), told_once(*flags)
            return levels(before) == levels(after) and (after, table)
        data, table = e2e.wait_until(f"check {flags} says the same twice", both)
        lines = table.stdout.splitlines()
        check(table.returncode == (not data["fit"]) and lines[-1].startswith("fit: " if data["fit"] else "NOT FIT: "), f"{table}")
        check(len(lines) == len(data["findings"]) + 1, f"{len(data['findings'])} findings, and the table is {table.stdout}")
        return data

    def as_table(*flags):
        return subprocess.run([tacho, "check", *flags], env={**os.environ, **env}, capture_output=True, text=True)

    def told_once(*flags):
        done = subprocess.run([tacho, "check", "--format", "json", *flags], env={**os.environ, **env}, capture_output=True, text=True)
        check(done.returncode in (0, 1), f"check {flags}: {done.returncode} {done.stderr}")
        data = json.loads(done.stdout)["data"]
        check(done.returncode == (not data["fit"]), f"check {flags} ends with {done.returncode} and says {data}")
        check(data["fit"] == all(f["level"] != "fail" for f in data["findings"]), f"{data}")
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
    e2e.wait_until("the cards answer", lambda: len(e2e.api(agent.base, "query", {"query": "accel_up == 1"})["result"]) == CARDS)
    time.sleep(1.5)
    here = ["--state", agent.state, "--runtime", agent.runtime]
    for where in here, ["--url", agent.base]:
        data = told(*where)
        check(not of_cards(data) and data["accelerators"] == CARDS, f"{where}: {data}")

    script.tell("EVENT 0 8 79")
    e2e.wait_until("the Xid is counted", lambda: e2e.api(agent.base, "query", {"query": 'accel_errors_total{code="79"} > 0'})["result"])
    e2e.wait_until("the Xid is a finding", lambda: [f for f in told_once("--url", agent.base)["findings"] if f["area"] == "xid"])
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
    looks = lambda: subprocess.run([tacho, "check", *here], capture_output=True, text=True)
    old = e2e.wait_until("that nobody keeps these samples any more is noticed", lambda: "no agent keeps" in (found := looks()).stderr and found)
    check(old.returncode == 1 and "no agent keeps these samples now" in old.stderr and not old.stdout, f"an agent that is dead: {old}")
    check([f for f in data["findings"] if f["area"] == "xid"], f"of a snapshot: {data}")
    return f"{well['rules']} of {well['rules_all']} rules on a sample, findings by files, URL and snapshot"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--library", required=True)
    e2e.main("check", body, parser.parse_args())
