#!/usr/bin/env python3
"""What scraping one exporter each second costs: tacho beside Prometheus, the same pages, in one run.

A made exporter serves a page of N series whose values change each second (one series in a hundred with --churn), rendered and packed
beforehand, so that it is in nobody's way. Each agent runs twice, with the target and without any: the difference is the scrape, all
in (HTTP, unpacking, parsing, storing, sealing). Prometheus always asks for gzip; tacho is measured both ways. CPU is
what the scheduler has given the threads (/proc/PID/task/*/schedstat, nanoseconds); memory is the process's own and what it maps of shared memory and files.

usage: scrape_cost.py --tacho build/tacho [--seconds 120] [--warm-up 20] [--series 5000] [--churn] [--json FILE]
"""
import argparse
import gzip
import http.server
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
from cost import machine_busy, memory_mib  # noqa: E402


def cpu_seconds(pid):
    """Of the threads there are: none of those measured ends meanwhile."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def made_page(turn, series, churn):
    rng = random.Random(turn)
    lines = []
    for i in range(series):
        if i % 50 == 0:
            kind = "gauge" if i // 50 % 2 else "counter"
            lines.append(f"# HELP app_things_{i // 50}_total What this tells, in a sentence of usual length.")
            lines.append(f"# TYPE app_things_{i // 50}_total {kind}")
        who = f"{i}-{turn}" if churn and i % 100 == 50 else str(i)
        value = str(rng.randrange(1 << 30)) if i % 3 == 0 else f"{rng.uniform(0, 1e6):.6g}" if i % 3 == 1 else str(i)
        lines.append(f'app_things_{i // 50}_total{{handler="/api/v1/things/{who}",method="get",code="200"}} {value}')
    return ("\n".join(lines) + "\n").encode()


class Exporter:
    """Serves a page of its list by the second."""

    def __init__(self, series, churn):
        self.plain = [made_page(turn, series, churn) for turn in range(30)]
        self.packed = [gzip.compress(page, 6) for page in self.plain]
        self.served = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                packed = "gzip" in self.headers.get("Accept-Encoding", "")
                body = (outer.packed if packed else outer.plain)[int(time.time()) % len(outer.plain)]
                outer.served += 1
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                if packed:
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def body(processes, arguments):
    exporter = Exporter(arguments.series, arguments.churn)
    job = "scrape_configs: [{job_name: made, static_configs: [{targets: ['127.0.0.1:%d']}]%%s}]\n" % exporter.port
    times = "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
    agents = {"tacho, none": e2e.Tacho(processes, arguments.tacho, name="tacho-none"),
              "tacho": e2e.Tacho(processes, arguments.tacho, extra_config=job % "", name="tacho-plain"),
              "tacho, gzip": e2e.Tacho(processes, arguments.tacho, extra_config=job % ", enable_compression: true", name="tacho-gzip")}
    pids = {}
    for name, agent in agents.items():
        agent.start()
        pids[name] = agent.process.pid
    peers = {"prometheus, none": e2e.start_prometheus(processes, "prometheus-none", times),
             "prometheus": e2e.start_prometheus(processes, "prometheus", times + job % "")}
    pids.update({name: p.pid for name, (p, _) in peers.items()})
    time.sleep(arguments.warm_up)

    before, busy_before, served, started = {n: cpu_seconds(p) for n, p in pids.items()}, machine_busy(), exporter.served, time.monotonic()
    time.sleep(arguments.seconds)
    after, busy_after, seconds = {n: cpu_seconds(p) for n, p in pids.items()}, machine_busy(), time.monotonic() - started
    e2e.check(exporter.served - served >= 3 * (seconds - 2), f"only {exporter.served - served} scrapes in {seconds:.0f} s")

    cpu = {n: 1000 * (after[n] - before[n]) / seconds for n in pids}
    memory = {n: memory_mib(p) for n, p in pids.items()}
    up = {"tacho": agents["tacho"].base, "tacho, gzip": agents["tacho, gzip"].base, "prometheus": peers["prometheus"][1]}
    for name, base in up.items():
        for question, wanted in (("min_over_time(up[1m])", 1), ("count({job='made'})", arguments.series + 5)):
            result = e2e.api(base, "query", {"query": question})["result"]
            e2e.check([float(r["value"][1]) for r in result] == [wanted], f"{name}: {question} is {result}")
    scrape = {name: cpu[name] - cpu["prometheus, none" if name == "prometheus" else "tacho, none"] for name in up}
    busy = (busy_after[0] - busy_before[0]) / (busy_after[1] - busy_before[1])
    print(f"{seconds:.0f} s, a page of {arguments.series} series, {len(exporter.plain[0]) / 1000:.0f} kB, {len(exporter.packed[0]) / 1000:.0f} kB "
          f"packed, once a second{', with churn' if arguments.churn else ''}; {os.cpu_count()} CPUs {100 * busy:.0f} % busy")
    print(f"{'':14}{'CPU ms/scrape':>15}{'us/series':>11}{'of prometheus':>15}{'own MiB':>9}{'mapped MiB':>12}")
    for name, ms in scrape.items():
        none = memory["prometheus, none" if name == "prometheus" else "tacho, none"]
        own, mapped = (memory[name][i] - none[i] for i in (1, 2))
        print(f"{name:14}{ms:15.2f}{1000 * ms / arguments.series:11.3f}{ms / scrape['prometheus']:15.2f}{own:9.1f}{mapped:12.1f}")
    if arguments.json:
        with open(arguments.json, "w") as f:
            json.dump({"cpu_ms_per_scrape": scrape, "cpu_ms_per_second": cpu, "memory_mib": memory, "seconds": seconds, "machine_busy": busy}, f)
    return f"{seconds:.0f} s measured"


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--seconds", type=float, default=120)
    p.add_argument("--warm-up", type=float, default=20, help="seconds before measuring begins")
    p.add_argument("--series", type=int, default=5000)
    p.add_argument("--churn", action="store_true", help="one series in a hundred is another each second")
    p.add_argument("--json", help="write the numbers here too")
    e2e.main("scrape_cost", body, p.parse_args())
