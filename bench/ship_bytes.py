#!/usr/bin/env python3
"""What a node's minutes cost the centre, beside the same series scraped by Debian's Prometheus each second and each 15 s: bytes on the wire
by remote write, and bytes on the receiver's disk.

One agent samples this machine. It ships its minutes to one receiver; two Prometheus scrape the agent's /metrics, each second and each 15 s,
and remote write what they got to receivers of their own. All three ways go through a proxy that counts what passes, headers included. The
receivers are Debian's Prometheus; at the end each makes a block of what it holds (a snapshot), of which the chunks and the index are
measured. An index is paid once a block, so it is given by itself.

The peaks: in every minute, the maximum sent must be the maximum of the exported seconds, to the last bit.

usage: ship_bytes.py --tacho build/tacho [--minutes 30] [--version 1]
"""
import argparse
import http.client
import http.server
import os
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402


class Counted:
    """A proxy for POSTs to one receiver; counts bytes that came, as they were on the wire."""

    def __init__(self, target):
        host = target.removeprefix("http://")
        counted = self
        self.bytes = self.body_bytes = self.requests = 0
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                head = len(self.raw_requestline) + sum(len(k) + len(v) + 4 for k, v in self.headers.items()) + 2
                with counted.lock:
                    counted.bytes += head + len(body)
                    counted.body_bytes += len(body)
                    counted.requests += 1
                connection = http.client.HTTPConnection(host, timeout=30)
                connection.request("POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"})
                answer = connection.getresponse()
                text = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                connection.close()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def snapshot_bytes(base, folder):
    """(chunks, index) of a block of all that the receiver holds, in bytes."""
    request = urllib.request.Request(base + "/api/v1/admin/tsdb/snapshot?skip_head=false", method="POST")
    urllib.request.urlopen(request, timeout=120).read()
    chunks = index = 0
    for root, _, files in os.walk(os.path.join(folder, "snapshots")):
        for name in files:
            size = os.path.getsize(os.path.join(root, name))
            if os.path.basename(root) == "chunks":
                chunks += size
            elif name == "index":
                index += size
    return chunks, index


def own_metric(base, name):
    """One of the receiver's own metrics, all its labels summed."""
    lines = [l for l in e2e.http_get(base + "/metrics").splitlines() if l.startswith(name) and l[len(name)] in " {"]
    check(lines, f"{base}/metrics has no {name}")
    return sum(float(l.rsplit(" ", 1)[1]) for l in lines)


def scraper(processes, name, target, interval, url):
    config = (f"global: {{scrape_interval: {interval}, scrape_timeout: {interval}, external_labels: {{node: n1}}}}\n"
              f"scrape_configs:\n- job_name: tacho\n  static_configs: [{{targets: ['{target}']}}]\n"
              f"remote_write:\n- url: {url}/api/v1/write\n")
    return e2e.start_prometheus(processes, name, config, ["--storage.tsdb.retention.time=1h"])


def check_peaks(agent, base, minutes):
    """Every :1m_max that the receiver holds, against the seconds."""
    exported, _ = agent.export(f"{minutes + 5}m")
    now = time.time()
    data = e2e.api(base, "query", {"query": '{__name__=~".+:1m_max"}[%dm]' % (minutes + 5), "time": now})["result"]
    compared = 0
    for series in data:
        labels = {k: v for k, v in series["metric"].items() if k != "node"}
        labels["__name__"] = labels["__name__"].removesuffix(":1m_max")
        seconds = exported.get(tuple(sorted(labels.items())))
        check(seconds, f"{labels} was shipped and is not among the exported seconds")
        for t, text in series["values"]:
            end = round(t * 1000)
            inside = [v for at, v in seconds.items() if end - 60_000 < at <= end and v is not e2e.STALE]
            if not inside:
                continue  # the exported window begins later
            numbers = [v for v in inside if v == v]
            check(not numbers or float(text) == max(numbers), f"{labels} at {end}: sent {text}, the seconds have {max(numbers)!r}")
            compared += 1
    return compared


def body(processes, arguments):
    receivers, proxies = {}, {}
    for name in "minutes", "1s", "15s":
        process, base = e2e.start_prometheus(processes, "receiver-" + name, "", ["--web.enable-admin-api"])
        receivers[name] = base
        proxies[name] = Counted(base)
    protocol = "" if arguments.version == 1 else "    protobuf_message: io.prometheus.write.v2.Request\n"
    agent = e2e.Tacho(processes, arguments.tacho, None, None,
                      "global: {external_labels: {node: n1}}\n"
                      f"remote_write:\n  - url: {proxies['minutes'].url}/api/v1/write\n{protocol}shipping: {{spread: 0}}\n")
    agent.start()
    scraper(processes, "scraper-1s", agent.listen, "1s", proxies["1s"].url)
    scraper(processes, "scraper-15s", agent.listen, "15s", proxies["15s"].url)
    load = e2e.Load(processes, 1)
    # Whole minutes, from a minute's end on.
    begin = (int(time.time()) // 60 + 2) * 60
    e2e.live(begin + 8 - time.time(), load)
    before = {n: (p.bytes, p.body_bytes, p.requests) for n, p in proxies.items()}
    e2e.live(arguments.minutes * 60, load)
    after = {n: (p.bytes, p.body_bytes, p.requests) for n, p in proxies.items()}
    load.end()
    peaks = check_peaks(agent, receivers["minutes"], arguments.minutes)
    now = time.time()
    lived = now - begin + 60
    print(f"{arguments.minutes} minutes, {peaks} peaks compared with the seconds: all equal")
    print(f"{'':10} {'series':>7} {'samples':>9} | wire: {'bytes':>11} {'a request':>9} {'a sample':>8} {'a series and minute':>20}"
          f" | disk: {'chunks':>9} {'index':>8} {'chunks a series and day':>24}")
    # The node's own series are the same for all three: what the agent samples.
    own = sum(1 for l in e2e.http_get(agent.base + "/metrics").splitlines() if not l.startswith("#"))
    rows = {}
    for name in "minutes", "15s", "1s":
        wire, requests = after[name][0] - before[name][0], after[name][2] - before[name][2]
        chunks, index = snapshot_bytes(receivers[name], processes.path("receiver-" + name + "-data"))
        series = int(own_metric(receivers[name], "prometheus_tsdb_head_series"))
        samples = int(own_metric(receivers[name], "prometheus_tsdb_head_samples_appended_total"))
        per_minute = wire / own / arguments.minutes
        per_day = chunks / own / lived * 86400
        rows[name] = (per_minute, per_day, index)
        print(f"{name:10} {series:7} {samples:9} |       {wire:11} {wire / max(1, requests):9.0f} {wire / (samples * arguments.minutes * 60 / lived):8.1f}"
              f" {per_minute:20.2f} |       {chunks:9} {index:8} {per_day:24.0f}")
    print(f"series that the node has: {own}")
    for name in "15s", "1s":
        print(f"minutes against {name}: {rows[name][0] / rows['minutes'][0]:.1f} times fewer bytes on the wire, "
              f"{rows[name][1] / rows['minutes'][1]:.1f} times fewer on disk (chunks)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--version", type=int, default=1, choices=(1, 2))
    arguments = parser.parse_args()
    arguments.tacho = os.path.abspath(arguments.tacho)
    try:
        with e2e.Processes("ship-bytes") as processes:
            body(processes, arguments)
    except e2e.Failure as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
