#!/usr/bin/env python3
"""What it costs an agent that somebody watches: agents with 0, 1, 3 live streams (/api/v1/stream), side by side in one run.

A stream is a page's: the first 40 expressions that the page asks for when Chromium opens it, a step a second, with events. Beside them an agent whose watcher asks for the same by
query_range each second, a request an expression, as pages do that know nothing else. CPU is user and system time from /proc/PID/stat, in which a tick is
10 ms. Eight cards of the fake library (tests/e2e/fake_cards.py) are in each agent.

usage: watchers.py --tacho build/tacho --library build/tests/libfake_nvml.so [--seconds 60] [--warm-up 300]    (by Debian's python, for python3-selenium)
"""
import argparse
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import chromium  # noqa: E402
import e2e  # noqa: E402
import fake_cards  # noqa: E402
from cost import cpu_seconds, machine_busy  # noqa: E402
from e2e import check  # noqa: E402

CARDS, QUERIES_MAX = 8, 40


def page_expressions(processes, base):
    """What the page itself asks for, its first screen and then each chart."""
    driver = chromium.browser(processes)
    try:
        page = chromium.Page(driver, base, None)
        page.open()
        page.wait("return tacho.stream.state === 'live' && tacho.stream.expressions.length > 10", "the page's stream", 30)
        time.sleep(3)
        first = page.js("return tacho.stream.expressions")
        return first + [e for e in page.js("return tacho.charts.map((c) => c.query.expr)") if e not in first]
    finally:
        driver.quit()


class Watcher(threading.Thread):
    """Reads until it is told to end."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.queries = []
        self.agent, self.ended, self.bytes, self.pieces, self.series = agent, threading.Event(), 0, 0, 0


class Stream(Watcher):
    def run(self):
        connection = http.client.HTTPConnection(self.agent.listen, timeout=30)
        connection.request("GET", "/api/v1/stream?" + urllib.parse.urlencode([("query", q) for q in self.queries] + [("events", 1)]))
        answer = connection.getresponse()
        while not self.ended.is_set():
            line = answer.readline()
            self.bytes += len(line)
            self.pieces += line == b"event: points\n"
            if line.startswith(b'data: {"queries"'):
                lists = json.loads(line[6:])["queries"]
                self.series = sum(len(q.get("series", [])) for q in lists)
                self.errors = [q["error"] for q in lists if "error" in q]
        connection.close()


class Poll(Watcher):
    def run(self):
        connection = http.client.HTTPConnection(self.agent.listen, timeout=30)
        while not self.ended.wait(1 - time.time() % 1):
            now = int(time.time())
            for q in self.queries:
                connection.request("GET", "/api/v1/query_range?" + urllib.parse.urlencode({"query": q, "start": now - 3, "end": now - 1, "step": 1}))
                self.bytes += len(connection.getresponse().read())
            self.pieces += 1


def body(processes, options):
    fake_cards.sysfs(processes.path("sys"), CARDS)
    script = fake_cards.Script(processes.path("cards"), CARDS)
    env = {"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": script.path}
    wanted = [("nobody", []), ("1 stream", [Stream]), ("3 streams", [Stream] * 3), ("1 that polls", [Poll])]
    agents, watchers = {}, {}
    for name, kinds in wanted:
        agent = e2e.Tacho(processes, os.path.abspath(options.tacho), name=name.replace(" ", "-"), flags=["--sysfs", processes.path("sys")], env=env)
        agent.start()
        agents[name], watchers[name] = agent, [kind(agent) for kind in kinds]
    time.sleep(10)
    queries = page_expressions(processes, agents["nobody"].base)[:QUERIES_MAX]
    for w in sum(watchers.values(), []):
        w.queries = queries
        w.start()
    time.sleep(options.warm_up)
    before, pieces, busy_before, started = ({n: cpu_seconds(a.process.pid) for n, a in agents.items()},
                                            {n: [(w.pieces, w.bytes) for w in ws] for n, ws in watchers.items()}, machine_busy(), time.monotonic())
    time.sleep(options.seconds)
    after, busy_after, seconds = {n: cpu_seconds(a.process.pid) for n, a in agents.items()}, machine_busy(), time.monotonic() - started
    busy = (busy_after[0] - busy_before[0]) / max(1e-9, busy_after[1] - busy_before[1])
    series = watchers["1 stream"][0].series
    print(f"{seconds:.0f} s, {len(queries)} expressions over {series} series a second, {os.cpu_count()} CPUs {100 * busy:.0f} % busy")
    print(f"{'watched by':14}{'% of a core':>12}{'more than nobody':>18}{'pieces':>8}{'bytes each':>12}")
    share = {n: 100 * (after[n] - before[n]) / seconds for n in agents}
    for name, ws in watchers.items():
        made = sum(w.pieces - p for w, (p, _) in zip(ws, pieces[name]))
        size = sum(w.bytes - b for w, (_, b) in zip(ws, pieces[name])) / max(1, made)
        print(f"{name:14}{share[name]:12.2f}{share[name] - share['nobody']:18.2f}{made:8d}{size:12.0f}")
    for w in sum(watchers.values(), []):
        w.ended.set()
    check(not watchers["1 stream"][0].errors, f"{watchers['1 stream'][0].errors}")
    skipped = {n: e2e.api(a.base, "query", {"query": "tacho_http_stream_skipped_steps_total"})["result"][0]["value"][1] for n, a in agents.items()}
    print(f"steps skipped since the start: {skipped}")
    return f"{seconds:.0f} s measured"


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", default="build/tacho")
    p.add_argument("--library", default="build/tests/libfake_nvml.so")
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--warm-up", type=float, default=300, help="seconds with watchers before measuring begins, in which the window grows")
    e2e.main("watchers", body, p.parse_args())
