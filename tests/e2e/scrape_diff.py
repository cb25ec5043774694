#!/usr/bin/env python3
"""What tacho scrapes is what Debian's Prometheus scrapes: the same pages, in the same seconds, from the same scrape_configs.

A made exporter (here, in Python) gives pages that are a function of the second, so that two scrapers who ask in the same second get
the same bytes: thousands of series that come and go, with all that the formats allow (NaN, infinities, escapes, exemplars,
timestamps, histograms, doubled lines), as text 0.0.4 and as OpenMetrics, plain and packed; and node_exporter's page, taken once a
second. Each page says its second. For every second that both have, an instant query of all that the target has must give the
same series and the same values: also no series more, so that staleness is compared, too.

A target that answers errors, broken text, or nothing, each in its seconds, must be up and down in both as its seconds were.

What is compared is what was seen: a scrape that began late, or that timed out because the machine was held up, says so itself, and the
scraping goes on until enough was seen of everything.

usage: scrape_diff.py --tacho build/tacho [--seconds 25] [--series 5000]
"""
import argparse
import gzip
import http.server
import math
import random
import shutil
import threading
import time
import urllib.request

import e2e
from e2e import check

# %(port)s is the made exporter. What is a remark to Prometheus is for tacho alone: Debian's Prometheus does not know the key.
JOBS = r"""
scrape_configs:
- job_name: text
  metrics_path: /text
  static_configs: [{targets: ['127.0.0.1:%(port)s'], labels: {rack: r1}}]
- job_name: openmetrics
  metrics_path: /openmetrics
  #tacho enable_compression: true
  static_configs: [{targets: ['127.0.0.1:%(port)s']}]
- job_name: node
  metrics_path: /node
  static_configs: [{targets: ['127.0.0.1:%(port)s']}]
- job_name: honored
  metrics_path: /small
  honor_labels: true
  params: {shape: [labels]}
  static_configs: [{targets: ['127.0.0.1:%(port)s'], labels: {rack: r1}}]
- job_name: clashing
  metrics_path: /small
  params: {shape: [labels]}
  static_configs: [{targets: ['127.0.0.1:%(port)s'], labels: {rack: r1}}]
- job_name: relabeled
  metrics_path: /small
  static_configs: [{targets: ['127.0.0.1:%(port)s']}]
  relabel_configs:
  - {source_labels: [__address__], regex: '(.*):.*', target_label: instance, replacement: 'host-${1}'}
  - {target_label: __param_shape, replacement: labels}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: 'small_drop.*', action: drop}
  - {source_labels: [__name__], regex: 'small_(re.*)', target_label: __name__, replacement: 'other_$1'}
  - {source_labels: [rack, job], target_label: both}
  - {regex: 'instance', action: labeldrop}
- job_name: stamped
  metrics_path: /small
  params: {shape: [stamps]}
  static_configs: [{targets: ['127.0.0.1:%(port)s']}]
- job_name: unstamped
  metrics_path: /small
  honor_timestamps: false
  params: {shape: [stamps]}
  static_configs: [{targets: ['127.0.0.1:%(port)s']}]
- job_name: too_many
  metrics_path: /small
  sample_limit: 3
  params: {shape: [labels]}
  static_configs: [{targets: ['127.0.0.1:%(port)s']}]
- job_name: flaky
  metrics_path: /flaky
  scrape_timeout: 400ms
  static_configs: [{targets: ['127.0.0.1:%(port)s']}]
"""
# Jobs whose pages say their second.
COMPARED = ["text", "openmetrics", "node", "honored", "clashing", "relabeled", "stamped", "unstamped"]
# What is no part of a page and differs in time.
NOT_COMPARED = {"scrape_duration_seconds"}
# What the flaky target does, by the second.
MODES = ["good", "good", "status", "good", "broken", "good", "hang", "good", "dribble"]

VALUES = ["NaN", "+Inf", "-Inf", "0", "-0", "1", "1e+06", "1.7976931348623157e+308", "5e-324", "0.1", "123456789012345678", "-2.5e-07"]


def value_of(rng):
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(VALUES)
    return str(rng.randrange(1 << 40)) if kind < 0.6 else repr(rng.uniform(-1e9, 1e9))


def made_page(second, count, openmetrics):
    """A page of about `count` series; every second some of them are others."""
    rng = random.Random(second)
    lines = []

    def family(name, kind, helptext):
        lines.append(f"# HELP {name} {helptext}")
        lines.append(f"# TYPE {name} {kind}")

    family("made_second", "gauge", "The second of this page.")
    lines.append(f"made_second {second}")
    total = "" if openmetrics else "_total"
    for f in range(count // 50):
        counter = f % 3 == 0
        name = f"made_{f}"
        family(name + (total if counter else ""), "counter" if counter else "gauge", 'Help with \\\\ and \\n in it.')
        for i in range(51):
            # A tenth of the families has series of this second only; a series in seven is away now and then.
            if (i + f + second // 3) % 7 == 0 and f % 4 == 0:
                continue
            who = f"{i}-{second}" if f % 10 == 5 and i < 4 else str(i)
            sample = f'{name}{"_total" if counter else ""}{{path="/api/v1/things/{who}",code="{200 + i % 5}",method="get"}}'
            exemplar = f' # {{trace_id="t{i}"}} 0.{i}' if openmetrics and counter and i % 9 == 0 else ""
            value = str(1000 * f + second * (i + 1)) if counter else value_of(rng)
            lines.append(f"{sample} {value}{exemplar}")
        if f % 5 == 0:
            histogram = f"made_latency_{f}_seconds"
            family(histogram, "histogram", "Buckets.")
            for n, le in enumerate(["0.1", "1.0", "+Inf"]):
                lines.append(f'{histogram}_bucket{{le="{le}"}} {second * (n + 1)}' +
                             (f' # {{span="x y"}} 0.5 {second}.125' if openmetrics else ""))
            lines.append(f"{histogram}_sum {second / 8}")
            lines.append(f"{histogram}_count {second * 3}")
    family("made_odd", "gauge", "Labels of all kinds.")
    for text in ['quote \\"', "back\\\\slash", "line\\nbreak", "ünïcödé ☃", "{braces}", "a=b,c", "#", " blank "]:
        lines.append(f'made_odd{{text="{text}"}} {second}')
    lines.append('made_odd{text="",empty=""} 1')
    if not openmetrics:
        lines.append('made_odd { text = "spaced" , more="x", } \t 7')
        lines.append("made_untyped 3")
        lines.append("made_doubled 1")
        lines.append("made_doubled 2")
    else:
        lines.append("# EOF")
    return "\n".join(lines) + "\n"


def small_page(second, shape):
    lines = [f"# TYPE made_second gauge\nmade_second {second}"]
    if shape == "labels":
        lines += [f'small_a{{job="inner",instance="",rack="r2"}} {second}', f'small_b{{rack="",exported_rack="r3"}} {second}',
                  f'small_drop{{x="1"}} {second}', f'small_rename{{rack="{second % 3}"}} {second}', f'small_rest{{job="{second % 2}"}} 1']
    else:
        # One of this second, one that the exporter renews each three seconds.
        lines += [f"small_now {second} {second}000", f"small_cached {second // 3} {second // 3 * 3}000", f"small_plain {second}"]
    return "\n".join(lines) + "\n"


class MadeExporter:
    """Serves the pages; knows who asked when, and what the flaky target did then."""

    def __init__(self, series, node_exporter):
        self.series, self.node_exporter = series, node_exporter
        self.pages, self.lock = {}, threading.Lock()
        self.flaky = {"tacho": [], "Prometheus": []}  # (time, mode)
        self.seconds = {}  # {(who, path): the seconds whose page it had}
        self.encodings = set()  # (who, path, whether it was packed)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128  # all targets connect at once

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path, second):
        with self.lock:
            if (path, second) not in self.pages:
                self.pages[path, second] = self.make(path, second).encode()
            return self.pages[path, second]

    def make(self, path, second):
        if path == "/node":
            with urllib.request.urlopen(self.node_exporter, timeout=10) as answer:
                return f"made_second {second}\n" + answer.read().decode()
        if path.startswith("/small"):
            return small_page(second, path.partition("shape=")[2])
        return made_page(second, self.series, path == "/openmetrics")

    def answer(self, request):
        now = time.time()
        second, path = int(now), request.path
        who = request.headers["User-Agent"].partition("/")[0]
        if path == "/flaky":
            mode = MODES[second % len(MODES)]
            self.flaky[who].append((now, mode))
            return self.misbehave(request, mode, second)
        body = self.page(path, second)
        self.seconds.setdefault((who, path), set()).add(second)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        self.encodings.add((who, path, packed))
        kind = "application/openmetrics-text; version=1.0.0; charset=utf-8" if path == "/openmetrics" else "text/plain; version=0.0.4"
        request.send_response(200)
        request.send_header("Content-Type", kind)
        if packed:
            body = gzip.compress(body, 1)
            request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def has_enough(self, seconds):
        """Both had most pages of so many of the same seconds, and all ways of the flaky target, twice."""
        asked = {path for _, path in self.seconds}
        both = [self.seconds.get(("tacho", path), set()) & self.seconds.get(("Prometheus", path), set()) for path in asked]
        modes = [sum(m == mode for _, m in requests) for requests in self.flaky.values() for mode in MODES]
        return min(map(len, both)) >= seconds and min(modes) >= 2

    def misbehave(self, request, mode, second):
        body = f"flaky_a {second}\nflaky_b {second}\n"
        if mode == "broken":
            body += "flaky_c x\n"
        try:
            if mode == "hang":
                time.sleep(0.8)
                request.close_connection = True
                return
            request.send_response(500 if mode == "status" else 200)
            request.send_header("Content-Type", "text/plain; version=0.0.4")
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            if mode != "dribble":
                request.wfile.write(body.encode())
                return
            for byte in body.encode():
                request.wfile.write(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            request.close_connection = True


def instant(base, selector, t):
    """{series key: value} at that time, which staleness has its say in."""
    data = e2e.api(base, "query", {"query": selector, "time": f"{t:.3f}"})
    return {tuple(sorted(s["metric"].items())): e2e.number(s["value"][1]) for s in data["result"]}


def samples(base, expr, end, seconds):
    """{time: value} of the one series that an expression selects."""
    data = e2e.api(base, "query", {"query": f"{expr}[{seconds}s]", "time": f"{end:.3f}"})
    if len(data["result"]) != 1:
        errors = [t["lastError"] for t in e2e.api_get(base, "targets")["activeTargets"] if t["lastError"]]
        raise e2e.Failure(f"{base}: {expr} selects {len(data['result'])} series; its targets say {errors}")
    return {t: e2e.number(v) for t, v in data["result"][0]["values"]}


def same(a, b):
    return a == b and math.copysign(1, a) == math.copysign(1, b) or math.isnan(a) and math.isnan(b)


def compare_job(job, tacho, prometheus, end, seconds):
    jobs = job if job != "honored" else "honored|inner|0|1"  # as its page says
    selector = f'made_second{{job="{job}"}}'
    ours = {round(v): t for t, v in samples(tacho, selector, end, seconds).items()}
    theirs = {round(v): t for t, v in samples(prometheus, selector, end, seconds).items()}
    # A scrape that began late has its own time, and may have had the page of the second after.
    wrong = [(page, t) for page, t in ours.items() if t != page and (t % 1 < 0.05 or not t - 1 < page < t + 1)]
    check(not wrong, f"{job}: rows of tacho's are not stamped with the second of their page: {wrong[:3]}")
    both = sorted(set(ours) & set(theirs))
    check(len(both) >= 12, f"{job}: only {len(both)} of {seconds} seconds were scraped by both")
    compared = 0
    for second in both:
        a = instant(tacho, f'{{job=~"{jobs}"}}', ours[second])
        b = instant(prometheus, f'{{job=~"{jobs}"}}', theirs[second])
        for key in sorted(set(a) ^ set(b)):
            check(e2e.name_of(key) in NOT_COMPARED, f"{job} in second {second}: only {'tacho' if key in a else 'Prometheus'} has {dict(key)}")
        for key in a:
            name = e2e.name_of(key)
            if name in NOT_COMPARED or (name == "scrape_series_added" and second - 1 not in both):
                continue
            check(same(a[key], b[key]), f"{job} in second {second}: {dict(key)} is {a[key]!r}, Prometheus has {b[key]!r}")
            compared += 1
    return len(both), compared


def check_flaky(base, who, requests, end, seconds):
    """A scrape is up exactly where the target was good, and has series exactly where it is up."""
    seen = set()
    up = samples(base, 'up{job="flaky"}', end, seconds)
    took = samples(base, 'scrape_duration_seconds{job="flaky"}', end, seconds)
    held_up = 0
    for t, value in up.items():
        began, mode = min(requests, key=lambda r: abs(r[0] - t))
        timed_out = took[t] >= 0.39
        if timed_out and value == 0 and (abs(began - t) >= 0.4 or mode not in ("hang", "dribble")):
            held_up += 1  # the target was good in time and the machine was not
            continue
        check(abs(began - t) < 0.4, f"{who}: no request near the scrape of {t}")
        check(value == (1 if mode == "good" else 0), f"{who}: up is {value} at {t} after {took[t]} s, the target was {mode}")
        series = instant(base, '{__name__=~"flaky_.*"}', t)
        # Of a page that is broken in the middle Prometheus 2.42 may forget to end the series before the break.
        forgotten = who == "Prometheus" and mode == "broken" and len(series) == 2
        check(len(series) == (2 if mode == "good" or forgotten else 0), f"{who}: {len(series)} series at {t}, the target was {mode}")
        scraped = instant(base, 'scrape_samples_scraped{job="flaky"}', t)
        wanted = 2 if mode in ("good", "broken") else 0
        check(list(scraped.values()) == [wanted], f"{who}: scrape_samples_scraped is {scraped} at {t}, the target was {mode}")
        seen.add(mode)
    check(seen == set(MODES), f"{who}: of the flaky target's ways only {seen} were seen")
    check(held_up < len(up) / 4, f"{who}: {held_up} of {len(up)} scrapes timed out, and the target was good")
    return len(up)


def check_limit(tacho, prometheus, end):
    for base in (tacho, prometheus):
        # The newest scrape that had its page: one that the machine held up has none.
        pages = [t for t, scraped in samples(base, 'scrape_samples_scraped{job="too_many"}', end, 20).items() if scraped]
        check(pages, f"{base}: no page is over sample_limit")
        got = {e2e.name_of(k): v for k, v in instant(base, '{job="too_many"}', max(pages)).items()}
        wanted = {"up": 0, "scrape_samples_scraped": 6, "scrape_samples_post_metric_relabeling": 6}
        check({k: got.get(k) for k in wanted} == wanted and len(got) == 5, f"{base}: over sample_limit, there is {got}")
    failures = instant(tacho, 'tacho_scrape_failures_total{reason="sample_limit"}', end)
    check(all(v > 1 for v in failures.values()) and failures, f"sample_limit's failures are not counted: {failures}")


def check_metadata(base):
    data = e2e.api_get(base, "metadata", {"metric": "made_latency_0_seconds"})
    check(data.get("made_latency_0_seconds", [{}])[0].get("type") == "histogram", f"the scraped metadata is {data}")


def check_targets(tacho, prometheus):
    """Both list the same targets, with what the pages' keys and rules made of them."""
    keys = ("labels", "scrapePool", "scrapeUrl", "health", "scrapeInterval")
    lists = []

    def are_the_same():
        lists.clear()
        for base in (tacho, prometheus):
            targets = e2e.api_get(base, "targets", {"state": "active"})["activeTargets"]
            lists.append(sorted(([t[k] for k in keys] for t in targets if t["scrapePool"] != "flaky"), key=str))
            check(all(bool(t["lastError"]) == (t["health"] == "down") for t in targets), f"{base}: errors and health: {targets}")
        return lists[0] == lists[1]
    # A target is down for a second where the machine holds up a scrape.
    e2e.wait_until(lambda: f"the targets are {lists[0]}, Prometheus's {lists[1]}", are_the_same, 30)


def body(processes, arguments):
    program = shutil.which("prometheus-node-exporter")
    check(program, "prometheus-node-exporter is not installed (Debian's package of that name)")
    node_port = e2e.free_port()
    node = processes.start("node-exporter", [program, f"--web.listen-address=127.0.0.1:{node_port}", "--log.level=error"])
    processes.wait_http(node, f"http://127.0.0.1:{node_port}/metrics")
    exporter = MadeExporter(arguments.series, f"http://127.0.0.1:{node_port}/metrics")
    jobs = JOBS % {"port": exporter.port}
    _, prometheus = e2e.start_prometheus(processes, config="global: {scrape_interval: 1s, scrape_timeout: 900ms}\n" + jobs)
    agent = e2e.Tacho(processes, arguments.tacho, extra_config=jobs.replace("#tacho ", ""))
    agent.start()
    begun = int(time.time()) + 1
    # A slow machine lets scrapes time out: it has more time for as many.
    until = time.monotonic() + 8 * arguments.seconds
    time.sleep(min(arguments.seconds, 20))
    while not exporter.has_enough(min(arguments.seconds, 16)) and time.monotonic() < until:
        time.sleep(1)
    time.sleep(2.5)
    end = int(time.time()) - 2
    seconds = end - begun

    report = []
    for job in COMPARED:
        matched, compared = compare_job(job, agent.base, prometheus, end, seconds)
        report.append(f"{job} {compared} values of {matched} seconds")
    flaky = [check_flaky(base, who, exporter.flaky[who], end, seconds)
             for base, who in ((agent.base, "tacho"), (prometheus, "Prometheus"))]
    check_limit(agent.base, prometheus, end)
    check_metadata(agent.base)
    check_targets(agent.base, prometheus)
    check({("tacho", "/openmetrics", True), ("tacho", "/text", False)} <= exporter.encodings,
          f"asked for packed and plain pages otherwise than meant: {exporter.encodings}")
    agent.stop()
    return f"{', '.join(report)}; {flaky[0]} scrapes of the flaky target, Prometheus {flaky[1]}"


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--seconds", type=int, default=25)
    p.add_argument("--series", type=int, default=5000)
    e2e.main("scrape_diff", body, p.parse_args())
