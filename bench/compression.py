#!/usr/bin/env python3
"""How dense: tacho's blocks beside Prometheus's, VictoriaMetrics's and the practical limit, on the same samples in one run.

For each trace (bench/traces.py makes them, here too where --work has none): compression_bench with the times as recorded and put on the
grid, Prometheus and VictoriaMetrics with both, xz -9e of the integer deltas. Everybody's samples are compared with the input.
All of tacho's bytes are counted but the schema's; of Prometheus chunks alone and all files; of VictoriaMetrics data/ and all.
The speeds are one core's on this machine as it is now: compression_bench prints memcpy of the same doubles beside them.

usage: compression.py [--work FOLDER] [--bench build/bench/compression_bench] [--rows N] [--json FILE] [--no-peers] [TRACE...]
"""
import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

import compression_peers as peers
from e2e import check
import traces

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["host", "gpu8", "ib8", "node", "nanogpt", "train50", "inf10", "inf21", "own"]


class Trace:
    def __init__(self, path, rows):
        with open(path, newline="") as f:
            table = csv.reader(f)
            names = next(table)[1:]
            lines = [r for i, r in enumerate(table) if rows == 0 or i < rows]
        self.times = [int(r[0]) for r in lines]
        self.columns = {name: [r[i + 1] for r in lines] for i, name in enumerate(names)}

    def samples(self):
        return sum(c != "" for cells in self.columns.values() for c in cells)

    def align(self):
        """As compression_bench --aligned does it (bench/trace.h)."""
        steps = sorted(b - a for a, b in zip(self.times, self.times[1:])) or [1]
        step = max(1, steps[len(steps) // 2])
        last = None
        for i, t in enumerate(self.times):
            last = max((t + step // 2) // step * step, last + step if last is not None else 0)
            self.times[i] = last


def run_bench(arguments, path, aligned):
    command = [arguments.bench, path] + (["--aligned"] if aligned else []) + (["--rows", str(arguments.rows)] if arguments.rows else [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    check(done.returncode == 0, done.stderr.strip() or f"{' '.join(command)} ended with {done.returncode}")
    return json.loads(done.stdout)


def ask_peer(peer, trace, limit_seconds):
    with tempfile.TemporaryDirectory(prefix="tacho-compression-") as folder:
        try:
            return peer(trace, folder, peers.given_samples(trace), limit_seconds)
        except subprocess.TimeoutExpired as e:
            return {"skipped": f"not done within {e.timeout:.0f} s"}


def measure(arguments, name, path):
    trace = Trace(path, arguments.rows)
    result = {"trace": name, "series": len(trace.columns), "rows": len(trace.times), "samples": trace.samples(), "tacho": {}}
    for times in ("recorded", "aligned"):
        result["tacho"][times] = run_bench(arguments, path, times == "aligned")
        check(result["tacho"][times]["samples"] == trace.samples(), f"{name}: compression_bench counts other samples")
    if arguments.peers:
        result["xz"] = peers.xz_limit(trace)
        result["prometheus"], result["victoria_metrics"] = {}, {}
        for times in ("recorded", "aligned"):
            if times == "aligned":
                trace.align()
            for key, program, peer in (("prometheus", "promtool", peers.prometheus),
                                       ("victoria_metrics", "victoria-metrics", peers.victoria_metrics)):
                result[key][times] = (ask_peer(peer, trace, arguments.limit) if shutil.which(program)
                                      else {"skipped": f"{program} is not installed"})
    return result


def figure(result, key, field="bytes_per_sample"):
    """"as recorded / aligned" """
    both = [result.get(key, {}).get(times, {}).get(field) for times in ("recorded", "aligned")]
    return " / ".join("-" if v is None else f"{v:.3f}" for v in both)


def damage(result):
    out = []
    for key in ("prometheus", "victoria_metrics"):
        for times, r in result.get(key, {}).items():
            if "skipped" in r:
                out.append(f"{result['trace']}: {key}, {times}: {r['skipped']}")
            elif r["wrong"] or r["extra"]:
                out.append(f"{result['trace']}: {key}, {times}: {r['wrong']} of {result['samples']} samples came back missing or "
                           f"changed, {r['extra']} were not given")
    return out


def report(results, peers_asked):
    print("\nBytes a sample, times as recorded / on the grid; all files in brackets")
    print("| trace | series | samples | tacho | its values alone | Prometheus | VictoriaMetrics | xz -9e, values alone | schema, bytes |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for r in results:
        own = r["tacho"]["aligned"]
        limit = f"{r['xz']['bytes_per_sample']:.3f}" if "xz" in r else "-"
        cells = [r["trace"], r["series"], r["samples"], figure(r, "tacho"), f"{own['values_bytes_per_sample']:.3f}"]
        cells += [f"{figure(r, k)} ({figure(r, k, 'all_bytes_per_sample')})" for k in ("prometheus", "victoria_metrics")]
        print("| " + " | ".join(str(c) for c in [*cells, limit, own["schema_bytes"]]) + " |")
    print("\nSpeed, one core: encoding in ns a sample; reading in millions of values a second, median (least to most of the passes)")
    print("| trace | encode | decode | memcpy | columns that vary | decode those | memcpy those |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for r in results:
        b = r["tacho"]["recorded"]

        def rate(name):
            if name + "_median" not in b:
                return "-"
            return f"{b[name + '_median'] / 1e6:.0f} ({b[name + '_min'] / 1e6:.0f} to {b[name + '_max'] / 1e6:.0f})"
        encode = f"{b['encode_ns_per_sample']:.1f} ({b['encode_ns_per_sample_min']:.1f} to {b['encode_ns_per_sample_max']:.1f})"
        cells = [r["trace"], encode, rate("decode_values_per_second"), rate("memcpy_values_per_second"), f"{100 * b['varying_share']:.0f} %",
                 rate("decode_varying_values_per_second"), rate("memcpy_varying_values_per_second")]
        print("| " + " | ".join(cells) + " |")
    notes = [line for r in results for line in damage(r)]
    if peers_asked:
        print("\n" + ("\n".join(notes) if notes else "Every sample came back from everybody as it was given."))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("trace", nargs="*", help="which ones; default: all that are there")
    p.add_argument("--work", help="the folder with the traces; default: a temporary one")
    p.add_argument("--bench", default=os.path.join(HERE, "..", "build", "bench", "compression_bench"))
    p.add_argument("--tacho", default=os.path.join(HERE, "..", "build", "tacho"), help="records this machine")
    p.add_argument("--traces", default=traces.TRACES, help="where the recorded traces are")
    p.add_argument("--seconds", type=float, default=300, help="how long to record this machine; 0: not at all")
    p.add_argument("--rows", type=int, default=0, help="only the first N rows of each trace")
    p.add_argument("--limit", type=float, default=300, help="seconds that each peer has for one trace")
    p.add_argument("--no-peers", dest="peers", action="store_false", help="tacho alone")
    p.add_argument("--json", help="write everything measured here")
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="tacho-traces-") as temporary:
        work = a.work or temporary
        if not (os.path.isdir(work) and any(f.endswith(".csv") for f in os.listdir(work))):
            command = [sys.executable, os.path.join(HERE, "traces.py"), "--out", work, "--traces", a.traces, "--tacho", a.tacho]
            subprocess.run(command + (["--seconds", str(a.seconds)] if a.seconds else ["--no-own"]), check=True)
        there = [n for n in a.trace or NAMES if os.path.exists(os.path.join(work, n + ".csv"))]
        if not there:
            print(f"compression: skipped, there is no trace in {work}")
            return
        results = []
        for name in there:
            print(f"compression: {name}", file=sys.stderr, flush=True)
            results.append(measure(a, name, os.path.join(work, name + ".csv")))
            if a.json:
                with open(a.json, "w") as f:
                    json.dump(results, f, indent=1)
    report(results, a.peers)


if __name__ == "__main__":
    try:
        main()
    except peers.e2e.Failure as failed:
        sys.exit(f"compression: FAILED: {failed}")
