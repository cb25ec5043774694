#!/usr/bin/env python3
"""What identity labels cost where seconds are kept: agents with 0, 10 and 30 of them, and one whose 30 change every five seconds, side by
side on the same machine over the same /proc. Labels are joined when samples are read, so series, bytes a sample and CPU are to be the
same; the log of identities is what there is besides.

usage: identity_cost.py --tacho build/tacho [--seconds 120] [--interval 50ms] [--json FILE]
"""
import argparse
import json
import os
import sys
import time

from cost import cpu_seconds, memory_mib
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402
from identity import Volume  # noqa: E402

CASES = {"no labels": (0, False), "10 labels": (10, False), "30 labels": (30, False), "30, changing": (30, True)}


def labels(count, turn=0):
    return {f"bench.example.com/key-{i}": f"value-{i}-of-the-job-{turn:06d}" for i in range(count)}


def start(processes, arguments, name, count):
    volume = Volume(processes.path(name.replace(", ", "-").replace(" ", "-") + "-podinfo"))
    volume.write(labels(count), {})
    config = f"identity:\n  downward_api: {volume.folder}\n  labels: {{bench.example.com/*: keep}}\n"
    agent = e2e.Tacho(processes, arguments.tacho, extra_config=config, interval=arguments.interval,
                      name=name.replace(", ", "-").replace(" ", "-"))
    agent.start()
    return agent, volume


def body(processes, arguments):
    agents = {name: start(processes, arguments, name, count) for name, (count, _) in CASES.items()}
    time.sleep(5)
    before = {name: cpu_seconds(a.process.pid) for name, (a, _) in agents.items()}
    started, turns = time.monotonic(), 0
    while time.monotonic() - started < arguments.seconds:
        time.sleep(5)
        turns += 1
        for name, (count, changing) in CASES.items():
            if changing:
                agents[name][1].write(labels(count, turns), {})
    seconds = time.monotonic() - started
    after = {name: cpu_seconds(a.process.pid) for name, (a, _) in agents.items()}
    memory = {name: memory_mib(a.process.pid)[1] for name, (a, _) in agents.items()}  # before anybody asks anything
    rows = {}
    for name, (agent, _) in agents.items():
        gauges = {r["metric"]["__name__"]: float(r["value"][1])
                  for r in e2e.api(agent.base, "query", {"query": '{__name__=~"tacho_identity_.*|tacho_store_series"}'})["result"]}
        carried = e2e.api(agent.base, "query", {"query": "node_load1"})["result"][0]["metric"]
        check(len(carried) == CASES[name][0] + 1, f"{name}: node_load1 carries {carried}")
        agent.stop()  # which seals every row: all of them are in the ring
        window = json.loads(agent.call("status", "--format", "json", "--state", agent.state, "--runtime", agent.runtime))["data"]
        rows[name] = {"cpu_ms_per_second": 1000 * (after[name] - before[name]) / seconds, "own_mib": memory[name],
                      "series": gauges["tacho_store_series"], "log_bytes": gauges["tacho_identity_log_bytes"],
                      "bytes_per_sample": window["bytesPerSample"], "ring_bytes": window["blockBytes"]}
    print(f"{seconds:.0f} s at {arguments.interval}, all four side by side")
    print(f"{'':14}{'CPU ms/s':>10}{'own MiB':>9}{'series':>8}{'log bytes':>11}{'bytes/sample':>14}{'ring bytes':>12}")
    for name, r in rows.items():
        print(f"{name:14}{r['cpu_ms_per_second']:10.2f}{r['own_mib']:9.1f}{r['series']:8.0f}{r['log_bytes']:11.0f}"
              f"{r['bytes_per_sample']:14.4f}{r['ring_bytes']:12.0f}")
    if arguments.json:
        with open(arguments.json, "w") as f:
            json.dump(rows, f)
    return f"{turns} changes"


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--seconds", type=float, default=120)
    p.add_argument("--interval", default="50ms")
    p.add_argument("--json", help="write the numbers here too")
    e2e.main("identity_cost", body, p.parse_args())
