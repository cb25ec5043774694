#!/usr/bin/env python3
"""What keeping every second costs: tacho beside node_exporter scraped each second by Prometheus, in one run.

Both work for N seconds on the same machine at the same time. CPU is user and system time from /proc/PID/stat; memory is the
resident set at the end, and of it what is the process's own (anonymous), because tacho's window is a mapped file and lies in
shared memory. The machine's own busy share is printed with it: on a busy machine all numbers are higher.

usage: cost.py --tacho build/tacho [--seconds 120] [--warm-up 20] [--json FILE]
"""
import argparse
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    """(resident, of it anonymous, of it shared memory)"""
    values = {}
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            name, _, rest = line.partition(":")
            if name in ("VmRSS", "RssAnon", "RssShmem", "RssFile"):
                values[name] = int(rest.split()[0]) / 1024
    return values["VmRSS"], values["RssAnon"], values["RssShmem"] + values["RssFile"]


def machine_busy():
    """(busy, all) in seconds over all CPUs."""
    with open("/proc/stat") as f:
        n = [int(x) for x in f.readline().split()[1:9]]
    return (sum(n) - n[3] - n[4]) / TICKS, sum(n) / TICKS


def count_series(text):
    return sum(1 for line in text.splitlines() if line and not line.startswith("#"))


def start_peer(processes):
    program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    check(program, "prometheus-node-exporter is not installed (Debian's package of that name)")
    port = e2e.free_port()
    exporter = processes.start("node-exporter", [program, f"--web.listen-address=127.0.0.1:{port}"])
    processes.wait_http(exporter, f"http://127.0.0.1:{port}/metrics")
    scrape = ("global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
              f"scrape_configs: [{{job_name: node, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n")
    prometheus, base = e2e.start_prometheus(processes, config=scrape)
    return exporter, prometheus, f"http://127.0.0.1:{port}", base


def body(processes, arguments):
    exporter, prometheus, exporter_base, _ = start_peer(processes)
    agent = e2e.Tacho(processes, arguments.tacho)
    agent.start()
    pids = {"tacho": agent.process.pid, "node_exporter": exporter.pid, "prometheus": prometheus.pid}
    time.sleep(arguments.warm_up)

    before, busy_before, started = {n: cpu_seconds(p) for n, p in pids.items()}, machine_busy(), time.monotonic()
    time.sleep(arguments.seconds)
    after, busy_after, seconds = {n: cpu_seconds(p) for n, p in pids.items()}, machine_busy(), time.monotonic() - started

    busy = (busy_after[0] - busy_before[0]) / (busy_after[1] - busy_before[1])
    memory = {n: memory_mib(p) for n, p in pids.items()}
    series = {"tacho": count_series(e2e.http_get(agent.base + "/metrics")),
              "node_exporter": count_series(e2e.http_get(exporter_base + "/metrics"))}
    cpu = {n: 1000 * (after[n] - before[n]) / seconds for n in pids}
    report(cpu, memory, series, seconds, busy)
    if arguments.json:
        with open(arguments.json, "w") as f:
            json.dump({"cpu_ms_per_second": cpu, "memory_mib": memory, "series": series, "seconds": seconds, "machine_busy": busy}, f)
    return f"{seconds:.0f} s measured"


def report(cpu, memory, series, seconds, busy):
    pair = ("node_exporter", "prometheus")
    rows = [("tacho", cpu["tacho"], *memory["tacho"], series["tacho"]),
            ("node_exporter", cpu["node_exporter"], *memory["node_exporter"], series["node_exporter"]),
            ("prometheus", cpu["prometheus"], *memory["prometheus"], series["node_exporter"]),
            ("the two together", sum(cpu[n] for n in pair), *(sum(memory[n][i] for n in pair) for i in range(3)), series["node_exporter"])]
    print(f"{seconds:.0f} s at one sample a second, {os.cpu_count()} CPUs {100 * busy:.0f} % busy; CPU in ms each second, memory in MiB")
    print(f"{'':18}{'CPU ms/s':>10}{'% of a core':>13}{'resident':>10}{'own':>8}{'mapped':>8}{'series':>8}{'us/series':>11}")
    for name, ms, resident, anonymous, mapped, n in rows:
        print(f"{name:18}{ms:10.2f}{ms / 10:13.3f}{resident:10.1f}{anonymous:8.1f}{mapped:8.1f}{n:8d}{1000 * ms / max(1, n):11.2f}")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--seconds", type=float, default=120)
    p.add_argument("--warm-up", type=float, default=20, help="seconds before measuring begins")
    p.add_argument("--json", help="write the numbers here too")
    e2e.main("cost", body, p.parse_args())
