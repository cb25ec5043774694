#!/usr/bin/env python3
"""Does the second hold when the machine does not: missed ticks and lateness while more busy threads than cores run.

tacho samples each second for N minutes; meanwhile `--busy` processes (default: cores x 2 + 1) do nothing but compute. The
numbers are tacho's own: tacho_source_lateness_seconds (how long after its tick a row was begun) and
tacho_source_missed_ticks_total, read over the HTTP API; and the rows that are there are counted against the ticks there were.

usage: lateness.py --tacho build/tacho [--minutes 10] [--busy N | --idle]
"""
import argparse
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402


def raw(base, metric, seconds, end):
    data = e2e.api(base, "query", {"query": f"{metric}[{seconds}s]", "time": end})
    return {dict(k)["source"]: v for k, v in e2e.from_matrix(data["result"]).items()}


def quantile(ordered, q):
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def body(processes, arguments):
    agent = e2e.Tacho(processes, arguments.tacho)
    agent.start()
    time.sleep(5)
    count = 0 if arguments.idle else arguments.busy or 2 * os.cpu_count() + 1
    spin = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    seconds = int(arguments.minutes * 60)
    try:
        begin = time.time()
        time.sleep(seconds)
        end = int(time.time()) - 2  # whole seconds that every source has had time for
    finally:
        for p in spin:
            p.kill()
            p.wait()
    time.sleep(1)
    span = int(end - begin)
    lateness = raw(agent.base, "tacho_source_lateness_seconds", span, end)
    missed = raw(agent.base, "tacho_source_missed_ticks_total", span, end)
    rows = raw(agent.base, "tacho_source_rows_total", span, end)
    check(lateness and missed and rows, "the agent has no tacho_source_* series")
    print(f"{span} s, {os.cpu_count()} cores, {count} busy processes; lateness in ms")
    print(f"{'source':16}{'ticks seen':>11}{'missed':>8}{'p50':>9}{'p99':>9}{'max':>9}")
    everything, total = [], 0
    for source in sorted(lateness):
        values = sorted(v * 1000 for v in lateness[source].values())
        lost = growth(missed[source])
        total += lost
        everything += values
        print(f"{source:16}{growth(rows[source]):11.0f}{lost:8.0f}{quantile(values, .5):9.2f}{quantile(values, .99):9.2f}{values[-1]:9.2f}")
    everything.sort()
    agent.stop()
    return (f"{total:.0f} ticks missed of all, lateness p50 {quantile(everything, .5):.2f} ms, p99 {quantile(everything, .99):.2f} ms, "
            f"max {everything[-1]:.2f} ms over {len(everything)} rows")


def growth(values):
    """Of a counter that nobody reset."""
    in_order = [values[t] for t in sorted(values)]
    return in_order[-1] - in_order[0]


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--minutes", type=float, default=10)
    p.add_argument("--busy", type=int, help="busy processes; default twice the cores and one")
    p.add_argument("--idle", action="store_true", help="none: the baseline")
    e2e.main("lateness", body, p.parse_args())
