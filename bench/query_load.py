#!/usr/bin/env python3
"""Do queries slow the sampling: 50 clients with heavy queries for minutes, while 3,000 scraped series and the host are sampled each second.

First quiet minutes, then as many with other programs that do nothing but compute, one a core and as nice as query threads are, then the
clients, in one run and on one agent; for each phase tacho's own numbers (lateness of each row after its tick,
missed ticks, scrapes that failed), its memory, second by second, and how long a health probe took meanwhile.

usage: query_load.py --tacho build/tacho [--minutes 5] [--quiet 2] [--clients 50] [--series 3000]
"""
import argparse
import http.client
import os
import random
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
from cost import memory_mib  # noqa: E402
from e2e import check  # noqa: E402
from lateness import growth, quantile, raw  # noqa: E402

HEAVY = [  # (query, step, seconds back)
    ('{__name__=~"app_.*"}', 1, 60),
    ('sum by (handler) (rate({__name__=~"app_.*"}[1m]))', 1, 120),
    ('quantile_over_time(0.99, {__name__=~"app_.*"}[1m])', 5, 120),
    ('topk(10, avg_over_time({__name__=~"app_.*"}[30s]))', 1, 120),
    ('max_over_time(sum(rate({__name__=~"app_.*"}[10s]))[2m:1s])', 10, 120),
    ('count by (__name__) ({__name__=~".+"})', 1, 120),
    ('{__name__=~"app_.*"} / on (handler, method, code, instance) group_left () ({__name__=~"app_.*"} + 1)', 5, 60),
    ('stddev_over_time({__name__=~"app_.*"}[1m]) > 2 * stddev({__name__=~"app_.*"})', 5, 60),
]

EXPORTER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from scrape_cost import Exporter
print(Exporter(int(sys.argv[2]), False).port, flush=True)
time.sleep(1e6)
"""


class Client(threading.Thread):
    def __init__(self, base, seed, until):
        super().__init__(daemon=True)
        self.address, self.random, self.until = base.split("//")[1], random.Random(seed), until
        self.seconds, self.refused, self.bytes = [], [], 0

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=300)
        while time.monotonic() < self.until:
            query, step, back = self.random.choice(HEAVY)
            end = int(time.time()) - 1
            begun = time.monotonic()
            connection.request("GET", "/api/v1/query_range?" + urllib.parse.urlencode(
                {"query": query, "start": end - back, "end": end, "step": step}))
            answer = connection.getresponse()
            body = answer.read()
            self.seconds.append(time.monotonic() - begun)
            self.bytes += len(body)
            if answer.status != 200:
                self.refused.append(f"{answer.status} {query}: {body[:200]!r}")


class Watch(threading.Thread):
    """Memory and a health probe, twice a second."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.agent, self.memory, self.probes, self.on = agent, [], [], True

    def run(self):
        while self.on:
            begun = time.monotonic()
            e2e.http_get(self.agent.base + "/-/healthy", timeout=30)
            self.probes.append(time.monotonic() - begun)
            self.memory.append(memory_mib(self.agent.process.pid)[0])
            time.sleep(0.5)

    def take(self):
        out = (self.memory, self.probes)
        self.memory, self.probes = [], []
        return out


def tell(name, agent, begin, end, memory, probes):
    span = int(end - begin)
    lateness = raw(agent.base, "tacho_source_lateness_seconds", span, end)
    missed = sum(growth(v) for v in raw(agent.base, "tacho_source_missed_ticks_total", span, end).values())
    up = e2e.from_matrix(e2e.api(agent.base, "query", {"query": f'up{{job="made"}}[{span}s]', "time": end})["result"])
    scrapes = [v for of_it in up.values() for v in of_it.values()]
    late = sorted(v * 1000 for of_it in lateness.values() for v in of_it.values())
    print(f"{name:8}{span:5} s  rows {len(late):6}  missed {missed:.0f}  scrapes {len(scrapes)}, failed {scrapes.count(0)}  "
          f"lateness ms p50 {quantile(late, .5):.2f} p99 {quantile(late, .99):.2f} max {late[-1]:.2f}  "
          f"memory MiB {min(memory):.0f} to {max(memory):.0f}  probe ms p99 {quantile(sorted(probes), .99) * 1000:.1f}", flush=True)
    return missed, len(scrapes), quantile(late, .99), max(memory)


def body(processes, arguments):
    here = os.path.dirname(os.path.abspath(__file__))
    exporter = subprocess.Popen([sys.executable, "-c", EXPORTER, here, str(arguments.series)], stdout=subprocess.PIPE, text=True)
    try:
        port = exporter.stdout.readline().strip()
        agent = e2e.Tacho(processes, arguments.tacho, extra_config="scrape_configs:\n  - job_name: made\n    static_configs:\n"
                          f"      - targets: ['127.0.0.1:{port}']\n")
        agent.start()
        time.sleep(15)
        watch = Watch(agent)
        watch.start()
        begin = time.time()
        time.sleep(arguments.quiet * 60)
        quiet = tell("quiet", agent, begin, int(time.time()) - 2, *watch.take())
        spin = [subprocess.Popen(["nice", "-n", "5", sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            begin = time.time()
            time.sleep(arguments.quiet * 60)
            busy = tell("busy", agent, begin, int(time.time()) - 2, *watch.take())
        finally:
            for p in spin:
                p.kill()
                p.wait()
        begin = time.time()
        until = time.monotonic() + arguments.minutes * 60
        clients = [Client(agent.base, seed, until) for seed in range(arguments.clients)]
        for c in clients:
            c.start()
        time.sleep(arguments.minutes * 60)
        end = int(time.time()) - 2
        for c in clients:
            c.join(300)
        watch.on = False
        loaded = tell("loaded", agent, begin, end, *watch.take())
        refused = [text for c in clients for text in c.refused]
        seconds = sorted(s for c in clients for s in c.seconds)
        check(seconds, "no query was answered")
        for text in refused[:5]:
            print("refused:", text)
        agent.stop()
        return (f"{arguments.clients} clients, {len(seconds)} queries, {len(refused)} refused, p50 {quantile(seconds, .5):.2f} s, "
                f"p99 {quantile(seconds, .99):.2f} s, {sum(c.bytes for c in clients) / 1e6:.0f} MB; missed ticks {quiet[0]:.0f} quiet, "
                f"{busy[0]:.0f} busy, {loaded[0]:.0f} loaded; lateness p99 {quiet[2]:.2f}, {busy[2]:.2f} and {loaded[2]:.2f} ms; memory at most {loaded[3]:.0f} MiB")
    finally:
        exporter.kill()
        exporter.wait()


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--minutes", type=float, default=5, help="with clients")
    p.add_argument("--quiet", type=float, default=2, help="minutes without, before")
    p.add_argument("--clients", type=int, default=50)
    p.add_argument("--series", type=int, default=3000)
    e2e.main("query_load", body, p.parse_args())
