#!/usr/bin/env python3
"""How fast a node's last hour is asked, beside Prometheus and VictoriaMetrics with the same samples.

usage: query_hour.py --tacho build/tacho --fill build/bench/fill_node_bench --traces FOLDER [--runs 7] [--series 3000] [--minutes 60]

A real agent at work, with its own sources, answers from its ring in which the hour lies; the peers have it in a block (promtool) or as
parts that were merged. One server at a time, over HTTP on the loopback, one connection, caches off (nocache=1), after two runs to warm up.
Answers are compared with Prometheus's: the same series, and their values to 1e-9; ranges end between two samples, for version 2 counts one
that lies on the left end and version 3 does not. Milliseconds are medians.
"""
import argparse
import http.client
import json
import math
import os
import shutil
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
from e2e import Failure, Processes, check, free_port, http_get, start_prometheus  # noqa: E402

HOUR = '{copy!=""}'  # not what the agent samples meanwhile
QUERIES = [
    ("one", 'node_load1{copy="0"}'),
    ("raw", 'node_cpu_seconds_total{copy="0"}'),
    ("rate", f"rate(node_cpu_seconds_total{HOUR}[29500ms])"),
    ("sumby", f"sum by (mode) (rate(node_cpu_seconds_total{HOUR}[29500ms]))"),
    ("avg5m", f"avg_over_time(process_resident_memory_bytes{HOUR}[299500ms])"),
    ("quant", f"quantile_over_time(0.99, node_memory_MemAvailable_bytes{HOUR}[299500ms])"),
    ("topk", f"topk(5, rate(process_cpu_user_seconds_total{HOUR}[29500ms]))"),
    ("maxby", f"max by (gpu) (max_over_time(DCGM_FI_DEV_POWER_USAGE{HOUR}[59500ms]))"),
    ("div", f"node_memory_MemAvailable_bytes{HOUR} / node_memory_MemTotal_bytes{HOUR}"),
    ("cntall", f"count by (__name__) ({HOUR})"),
]
FORMS = [("instant", None), ("60s", 60), ("15s", 15), ("1s", 1)]


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def ask(connection, path):
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    check(answer.status == 200, f"{path}: {answer.status} {body[:300]!r}")
    return body


def last_values(shape, body):
    out = {}
    for series in json.loads(body)["data"]["result"]:
        point = series["value"] if "value" in series else series["values"][-1]
        out[tuple(sorted(series["metric"].items()))] = (point[0], float(point[1]))
    if shape == "topk":  # which of several equal ones is chosen is nobody's promise
        return {i: point for i, point in enumerate(sorted(p for p in out.values() if p[0] == max(out.values())[0]))}
    return out


def measure(name, port, end, minutes, runs, answers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    out = {}
    for form, step in FORMS:
        for shape, query in QUERIES:
            if step:
                path = f"/api/v1/query_range?start={end - minutes * 60 + 1}&end={end}&step={step}&"
            else:
                path = f"/api/v1/query?time={end}&"
            path += urllib.parse.urlencode({"query": query, "nocache": 1})
            times = []
            for i in range(runs + 2):
                begin = time.perf_counter()
                body = ask(connection, path)
                if i >= 2:
                    times.append((time.perf_counter() - begin) * 1000)
                elif time.perf_counter() - begin > 5:
                    times.append((time.perf_counter() - begin) * 1000)
                    break  # once is enough of what takes so long
            out[form, shape] = median(times)
            compare(f"{form} {shape}", name, last_values(shape, body), answers)
    return out


def run(command, stdout=subprocess.PIPE):
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=900)
    check(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def compare(what, name, got, answers):
    first = answers.setdefault(what, (name, got))
    if first[0] == name:
        return
    check(first[1].keys() == got.keys(), f"{what}: {first[0]} and {name} answer other series: {len(first[1])} and {len(got)}")
    for key, (t, v) in got.items():
        t0, v0 = first[1][key]
        check(t == t0 and math.isclose(v, v0, rel_tol=1e-9, abs_tol=1e-12), f"{what}: {key}: {first[0]} {v0} at {t0}, {name} {v} at {t}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--fill", required=True)
    parser.add_argument("--traces", required=True)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--series", type=int, default=3000)
    parser.add_argument("--minutes", type=int, default=60)
    options = parser.parse_args()
    results, answers = {}, {}
    with Processes("query-hour") as processes:
        folder = processes.folder
        node = os.path.join(folder, "node")
        end = int(run([options.fill, "--traces", options.traces, "--dir", node, "--series", str(options.series), "--minutes",
                       str(options.minutes)]))
        text = os.path.join(folder, "hour.om")
        with open(text, "w") as out:
            run([options.tacho, "export", "--state", node + "/state", "--runtime", node + "/run", "--last",
                 f"{options.minutes + 5}m", '{copy!=""}'], stdout=out)
        print(f"{options.series} series, {options.minutes} minutes, {os.path.getsize(text) / 1e6:.0f} MB as text; {options.runs} runs; ms",
              flush=True)

        port = free_port()
        agent = processes.start("tacho", [options.tacho, "run", "--state", node + "/state", "--runtime", node + "/run", "--listen",
                                          f"127.0.0.1:{port}"])
        processes.wait_http(agent, f"http://127.0.0.1:{port}/-/ready", 60)
        time.sleep(5)
        results["tacho"] = measure("tacho", port, end, options.minutes, options.runs, answers)
        processes.end(agent)

        data = os.path.join(folder, "prometheus-data")
        run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, data])
        prometheus, base = start_prometheus(processes, flags=["--storage.tsdb.retention.time=10y"])
        port = int(base.rsplit(":", 1)[1])
        results["prometheus"] = measure("prometheus", port, end, options.minutes, options.runs, answers)
        processes.end(prometheus)
        shutil.rmtree(data)

        port = free_port()
        vm = processes.start("victoria-metrics", ["victoria-metrics", f"-storageDataPath={folder}/vm", f"-httpListenAddr=127.0.0.1:{port}",
                                                  "-retentionPeriod=10y", "-search.maxSeries=100000",
                                                  "-search.latencyOffset=0s", "-search.disableCache"])
        processes.wait_http(vm, f"http://127.0.0.1:{port}/health", 60)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        with open(text, "rb") as body:
            connection.request("POST", "/api/v1/import/prometheus", body, {"Content-Length": str(os.path.getsize(text))})
            check(connection.getresponse().read() == b"", "VictoriaMetrics refuses the import")
        http_get(f"http://127.0.0.1:{port}/internal/force_flush", timeout=120)
        http_get(f"http://127.0.0.1:{port}/internal/force_merge", timeout=120)
        time.sleep(20)
        results["vm"] = measure("vm", port, end, options.minutes, options.runs, {})  # its rate() is another function

    print(f"{'':8} {'':8}" + "".join(f"{s:>12}" for s in results))
    for form, _ in FORMS:
        for shape, _ in QUERIES:
            print(f"{form:8} {shape:8}" + "".join(f"{results[s][form, shape]:12.2f}" for s in results))
        mean = {s: math.exp(sum(math.log(results[s][form, q]) for q, _ in QUERIES) / len(QUERIES)) for s in results}
        print(f"{form:8} {'geomean':8}" + "".join(f"{mean[s]:12.2f}" for s in results)
              + f"   tacho is {mean['prometheus'] / mean['tacho']:.1f} times faster than Prometheus, {mean['vm'] / mean['tacho']:.1f} than VictoriaMetrics")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"query_hour.py: {e}")
