#!/usr/bin/env python3
"""The traces that compression is measured on, as files for compression_bench: recorded ones as they are, and made ones from a seed.

A file is CSV: "t" and the series' names; then a row a time, in ms, with the source's digits; an empty cell is no sample.
Of the recorded traces nothing is resampled or rounded but the time, to ms; a row whose time is not after the row before it is left out.

  host, nanogpt, train50, inf10, inf21   recorded; TRACES/README.md says where
  gpu8, ib8                              made from gpu_metric_profile.csv, see profile_traces.py; at the host's times
  node                                   host, gpu8 and ib8 as one node's series
  own                                    this machine for some seconds, by tacho itself

usage: traces.py --out FOLDER [--traces ../shared/acceptance/traces] [--tacho build/tacho] [--seconds 300] [--no-own] [--seed 1]
"""
import argparse
import collections
import csv
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "e2e"))
import e2e  # noqa: E402
import profile_traces  # noqa: E402

TRACES = os.path.normpath(os.path.join(HERE, "..", "..", "shared", "acceptance", "traces"))
RECORDED = {
    "host": "host_a_1hz",
    "nanogpt": "h100x8_nanogpt_0.28s",
    "train50": "mlperf_train50_b200x8_power_1hz",
    "inf10": "mlperf_inf10_dgxa100_meter_1hz",
    "inf21": "mlperf_inf21_meter_1hz",
}
OWN_SHARE = 0.9  # a series of our own recording is taken that has a sample in so many of the rows


def write(folder, name, times, columns):
    path = os.path.join(folder, name + ".csv")
    with open(path, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["t", *columns])
        out.writerows(zip(times, *columns.values()))
    samples = sum(1 for cells in columns.values() for cell in cells if cell != "")
    print(f"traces: {name}: {len(columns)} series, {len(times)} rows, {samples} samples", flush=True)
    return path


def read_recorded(folder, file):
    """(times in ms, {series: cells})"""
    done = subprocess.run(["zstd", "-dc", os.path.join(folder, file + ".csv.zst")], capture_output=True, text=True, check=True)
    rows = csv.reader(done.stdout.splitlines())
    names = next(rows)[1:]
    times, kept, dropped = [], [], 0
    for row in rows:
        t = round(float(row[0]) * 1000)
        if times and t <= times[-1]:
            dropped += 1
            continue
        times.append(t)
        kept.append(row[1:])
    if dropped:
        print(f"traces: {file}: {dropped} rows left out, whose time is not after the row before")
    return times, {name: list(cells) for name, cells in zip(names, zip(*kept))}


def record_own(folder, tacho, seconds):
    """tacho on this machine, in folders of its own; what it exports."""
    with e2e.Processes("traces") as processes:
        agent = e2e.Tacho(processes, tacho)
        agent.start()
        time.sleep(seconds)
        agent.stop()
        samples, _ = agent.export(last=f"{int(seconds) + 60}s")
    counts = collections.Counter(t for of_series in samples.values() for t in of_series)
    times = sorted(t for t, n in counts.items() if n > len(samples) / 2)  # the ticks that most sources have met
    columns, left_out = {}, 0
    for key, of_series in sorted(samples.items()):
        cells = [of_series.get(t, e2e.STALE) for t in times]
        if sum(v is not e2e.STALE for v in cells) < OWN_SHARE * len(times):
            left_out += 1
            continue
        columns[series_text(key)] = ["" if v is e2e.STALE else repr(v) for v in cells]
    if left_out:
        print(f"traces: own: {left_out} series left out that are not sampled each second or ended")
    write(folder, "own", times, columns)


def series_text(key):
    labels = dict(key)
    name = labels.pop("__name__")
    escape = lambda v: v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return name + ("{" + ",".join(f'{l}="{escape(v)}"' for l, v in labels.items()) + "}" if labels else "")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True, help="the folder for the files; made if it is not there")
    p.add_argument("--traces", default=TRACES, help="where the recorded traces are")
    p.add_argument("--tacho", default=os.path.join(HERE, "..", "build", "tacho"), help="the program")
    p.add_argument("--seconds", type=float, default=300, help="how long to record this machine")
    p.add_argument("--no-own", action="store_true", help="do not record this machine")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    if os.path.isdir(a.traces):
        recorded = {name: read_recorded(a.traces, file) for name, file in RECORDED.items()}
        for name, (times, columns) in recorded.items():
            write(a.out, name, times, columns)
        times, host = recorded["host"]
        profile = os.path.join(a.traces, "gpu_metric_profile.csv")
        gpu = profile_traces.gpu_columns(profile, len(times), random.Random(a.seed))
        infiniband = profile_traces.infiniband_columns(profile, len(times), random.Random(a.seed + 1))
        write(a.out, "gpu8", times, gpu)
        write(a.out, "ib8", times, infiniband)
        write(a.out, "node", times, {**host, **gpu, **infiniband})
    else:
        print(f"traces: skipped, all but our own: there is no folder {a.traces} (--traces says where)")
    if not a.no_own:
        record_own(a.out, a.tacho, a.seconds)


if __name__ == "__main__":
    main()
