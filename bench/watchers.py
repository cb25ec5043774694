#!/usr/bin/env python3
"""What it costs an agent that somebody watches: agents with 0, 1, 3 live streams (/api/v1/stream), side by side in one run.

A stream is a page's: 40 expressions over some 150 series, a step a second, with events. Beside them an agent whose watcher asks for the same by
query_range each second, a request an expression, as pages do that know nothing else. CPU is user and system time from /proc/PID/stat, in which a tick is
10 ms. Eight cards of the fake library (tests/e2e/fake_cards.py) are in each agent.

usage: watchers.py --tacho build/tacho --library build/tests/libfake_nvml.so [--seconds 60] [--warm-up 30]
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
import e2e  # noqa: E402
import fake_cards  # noqa: E402
from cost import cpu_seconds, machine_busy  # noqa: E402
from e2e import check  # noqa: E402

CARDS = 8
BY_CARD = ["accel_utilization_ratio", "accel_memory_used_bytes", "accel_power_watts{window=\"average\"}", "accel_temperature_celsius{sensor=\"core\"}",
           "accel_clock_hertz{domain=\"core\"}", "accel_clock_hertz{domain=\"memory\"}", "accel_up", "accel_power_max_watts", "accel_power_min_watts",
           "accel_memory_bandwidth_utilization_ratio", "rate(accel_busy_seconds_total[2s])", "sum by (accel) (accel_throttle_active)",
           "rate(accel_pcie_transmit_bytes_total[2s])", "rate(accel_pcie_receive_bytes_total[2s])"]
HOST = ["node_load1", "node_procs_running", "1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[2s]))", "sum by (mode) (rate(node_cpu_seconds_total[2s]))",
        "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "node_memory_MemFree_bytes", "node_memory_Cached_bytes", "node_memory_Dirty_bytes",
        "node_memory_Writeback_bytes", "rate(node_vmstat_pgmajfault[2s])", "rate(node_vmstat_oom_kill[2s])", "rate(node_context_switches_total[2s])",
        "rate(node_intr_total[2s])", "rate(node_forks_total[2s])", "sum by (device) (rate(node_disk_read_bytes_total[2s]))",
        "sum by (device) (rate(node_disk_written_bytes_total[2s]))", "rate(node_disk_io_time_seconds_total[2s])",
        "rate(node_network_receive_bytes_total[2s])", "rate(node_network_transmit_bytes_total[2s])", "rate(node_network_receive_drop_total[2s])",
        "rate(node_pressure_cpu_waiting_seconds_total[2s])", "rate(node_pressure_memory_stalled_seconds_total[2s])",
        "rate(node_pressure_io_stalled_seconds_total[2s])", "node_sockstat_TCP_inuse", "max(tacho_source_lateness_seconds)",
        "rate(tacho_process_cpu_seconds_total[10s])"]
QUERIES = BY_CARD + HOST


class Watcher(threading.Thread):
    """Reads until it is told to end."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.agent, self.ended, self.bytes, self.pieces, self.series = agent, threading.Event(), 0, 0, 0


class Stream(Watcher):
    def run(self):
        connection = http.client.HTTPConnection(self.agent.listen, timeout=30)
        connection.request("GET", "/api/v1/stream?" + urllib.parse.urlencode([("query", q) for q in QUERIES] + [("events", 1)]))
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
            for q in QUERIES:
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
    for w in sum(watchers.values(), []):
        w.start()
    time.sleep(options.warm_up)
    before, pieces, busy_before, started = ({n: cpu_seconds(a.process.pid) for n, a in agents.items()},
                                            {n: [(w.pieces, w.bytes) for w in ws] for n, ws in watchers.items()}, machine_busy(), time.monotonic())
    time.sleep(options.seconds)
    after, busy_after, seconds = {n: cpu_seconds(a.process.pid) for n, a in agents.items()}, machine_busy(), time.monotonic() - started
    busy = (busy_after[0] - busy_before[0]) / max(1e-9, busy_after[1] - busy_before[1])
    series = watchers["1 stream"][0].series
    print(f"{seconds:.0f} s, {len(QUERIES)} expressions over {series} series a second, {os.cpu_count()} CPUs {100 * busy:.0f} % busy")
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
    p.add_argument("--warm-up", type=float, default=30, help="seconds with watchers before measuring begins")
    e2e.main("watchers", body, p.parse_args())
