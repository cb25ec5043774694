#!/usr/bin/env python3
"""Random valid queries over random data, asked of tacho and of Debian's Prometheus: the same values, series by series, point by point.

Data: gauges, counters with resets, gaps, series that begin, end and come back (staleness markers), NaN and infinities, classic histograms;
every query as an instant and as a range. What differs is taken apart to the smallest part that still does. Versions 2.42 and 3 differ in
known ways; the data and the grammar (promql_grammar.py) keep clear of most, ACCEPTED lists the rest.

usage: promql_diff_fuzz.py --tacho build/tacho [--seconds 45] [--seed 1] [--queries 400 (a data set)]
"""
import argparse
import http.client
import json
import math
import os
import random
import re
import shutil
import struct
import time
import urllib.parse

import e2e
import promql_grammar
import wire

START = 1_700_000_000  # of the data, in seconds
SECONDS = 1500
FIRST, LAST = START + 500, START + SECONDS - 100  # where queries are asked

# What version 3 answers otherwise than 2.42, on purpose: (what it is, whether the smallest query and what was told of it are that).
ACCEPTED = [
    ("version 3 looks for several partners before a comparison drops what does not hold, 2.42 afterwards",
     lambda query, told: re.search(r"[=<>]", query) and "'has an answer', tacho 'multiple matches for labels" in told),
    ("stddev and stdvar of what overflows: NaN or an infinity, by version",
     lambda query, told: re.match(r"std(dev|var)", query) and re.search(r"nan|inf", told)),
]


def bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


class Data:
    """Series of one seed: [(labels, [(ms, bits)])]."""

    def __init__(self, seed):
        self.random = random.Random(f"data {seed}")
        self.series = []
        for job in "ab":
            for inst in ("i0", "i1", "i2"):
                self.instance({"job": job, "inst": inst})

    def instance(self, labels):
        r = self.random
        interval = r.choice([1000, 5000, 7000, 15000])
        # Odd milliseconds: never where a query's range ends, nor a subquery's step.
        times = [START * 1000 + i * interval + r.choice([101, 337, 519, 777]) for i in range(SECONDS * 1000 // interval)]
        if r.random() < 0.3:
            times = [t for t in times if r.random() < 0.9]
        for dev in ("d0", "d1"):
            self.add("g_load", {**labels, "dev": dev}, times, self.walk(r.uniform(-5, 50), 1.0))
            self.add("g_temp", {**labels, "dev": dev}, times, self.walk(r.uniform(20, 90), 0.5))
            for mode in ("user", "idle"):
                self.add("c_total", {**labels, "dev": dev, "mode": mode}, times, self.counter(r.uniform(0.1, 50)))
        self.add("c_bytes_total", labels, times, self.counter(r.uniform(1e3, 1e6), whole=True))
        self.add("g_part", labels, times, self.walk(3, 2, whole=True), gaps=0.6)
        self.add("g_odd", labels, times, self.odd())
        self.histogram(labels, times)

    def walk(self, value, step, whole=False):
        while True:
            value += self.random.uniform(-step, step)
            yield float(round(value)) if whole else round(value, 4)

    def odd(self):
        while True:
            yield self.random.choice([0.0, -0.0, 1.0, -3.5, 2.25, math.inf, -math.inf, math.nan, 1e-300, 12.0])

    def counter(self, rate, whole=False):
        """Resets to a fraction of itself, never near nothing: there rate() extrapolates otherwise in version 3."""
        value = rate * 1e5
        while True:
            reset = self.random.random() < 0.01 and value > rate * 2e4
            value = value * self.random.uniform(0.1, 0.5) if reset else value + self.random.uniform(0, 2) * rate
            yield float(int(value)) if whole else round(value, 3)

    def histogram(self, labels, times):
        bounds = ["0.1", "0.5", "1", "2.5", "+Inf"]
        weights = [self.random.uniform(0, 5) for _ in bounds]
        counts = [1e4 * (i + 1) for i in range(len(bounds))]
        rows = []
        for _ in times:
            added = 0
            for i, w in enumerate(weights):
                added += int(self.random.uniform(0, 2) * w)
                counts[i] += added
            rows.append(list(counts))
        for i, le in enumerate(bounds):
            self.add("h_bucket", {**labels, "le": le}, times, (row[i] for row in rows))
        self.add("h_count", labels, times, (row[-1] for row in rows))

    def add(self, name, labels, times, values, gaps=0.15):
        samples = [(t, bits(v)) for t, v in zip(times, values)]
        if self.random.random() < gaps:
            # Away for a while: told by a marker, or in silence.
            a = self.random.randrange(len(samples))
            b = min(len(samples), a + self.random.randrange(1, len(samples)))
            gone = samples[a:b]
            samples = samples[:a] + ([(gone[0][0], wire.STALE_BITS)] if self.random.random() < 0.7 else []) + samples[b:]
        self.series.append(({"__name__": name, **labels}, samples))

    def openmetrics(self):
        def text(b):
            value = struct.unpack("<d", struct.pack("<Q", b))[0]
            if b == wire.STALE_BITS:
                return "StaleNaN"
            return "NaN" if math.isnan(value) else "+Inf" if value == math.inf else "-Inf" if value == -math.inf else repr(value)

        out = []
        for labels, samples in self.series:
            head = labels["__name__"] + "{" + ",".join(f'{k}="{v}"' for k, v in labels.items() if k != "__name__") + "}"
            out += [f"{head} {text(b)} {t // 1000}.{t % 1000:03}\n" for t, b in samples]
        return "".join(out) + "# EOF\n"


class Server:
    """Keep-alive: some hundred answers a second."""

    def __init__(self, base):
        self.base = base
        self.connection = http.client.HTTPConnection(base.split("//")[1], timeout=60)

    def ask(self, path, parameters):
        self.connection.request("POST", "/api/v1/" + path, urllib.parse.urlencode(parameters),
                                {"Content-Type": "application/x-www-form-urlencoded"})
        return json.loads(self.connection.getresponse().read())


def points(answer):
    """("error", kind) or {labels: [(ms, value)]} and the values in their order."""
    if answer["status"] != "success":
        return ("error", answer["errorType"])
    kind, result = answer["data"]["resultType"], answer["data"]["result"]
    if kind in ("scalar", "string"):
        result = [{"metric": {}, "value": result}]
    return {tuple(sorted(s["metric"].items())): [(round(t * 1000), float(v)) for t, v in s.get("values", [s.get("value")])] for s in result}


def near(a, b, query):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    # The two add up in another order; deviations from the mean lose digits by that.
    relative = 1e-6 if re.search(r"\bstd(dev|var)\b", query) else 1e-9
    return a == b or abs(a - b) <= max(relative * max(abs(a), abs(b)), 1e-12)


def difference(theirs, ours, query):
    """What differs, in words; None when nothing does."""
    a, b = points(theirs), points(ours)
    if isinstance(a, tuple) or isinstance(b, tuple):
        if a == b:
            return None
        return f"Prometheus {theirs.get('error', 'has an answer')!r}, tacho {ours.get('error', 'has an answer')!r}"
    for key in a.keys() | b.keys():
        for t, x, y in pairs(a.get(key, []), b.get(key, [])):
            if x is None or y is None or not near(x, y, query):
                return f"{dict(key)} at {t / 1000}: Prometheus {x!r}, tacho {y!r}"
    return None


def pairs(a, b):
    a, b = dict(a), dict(b)
    return [(t, a.get(t), b.get(t)) for t in sorted(a.keys() | b.keys())]


def instant_of(r):
    return {"time": f"{r.randint(FIRST, LAST)}.003"}


def range_of(r):
    start, step = r.randint(FIRST, LAST - 60), r.choice([1, 2, 5, 13, 15, 30, 60])
    end = min(LAST, start + step * r.randint(1, 60))
    return {"start": f"{start}.003", "end": f"{end}.003", "step": step}


class Comparison:
    def __init__(self, prometheus, tacho):
        self.prometheus, self.tacho = Server(prometheus), Server(tacho)
        self.compared = self.errors = self.accepted = 0

    def differs(self, query, times):
        path = "query" if "time" in times else "query_range"
        theirs = self.prometheus.ask(path, {"query": promql_grammar.for_version_2(query), **times})
        ours = self.tacho.ask(path, {"query": query, **times})
        self.compared += 1
        self.errors += theirs["status"] != "success"
        return difference(theirs, ours, query)

    def smallest(self, node, times, found):
        """The part of a query that differs and has no part that does."""
        for child in node.children:
            for part in ([child] if child.whole else child.children):
                told = self.differs(part.text, times)
                if told:
                    return self.smallest(part, times, told)
        return node.text, found


def compare_data_set(processes, arguments, number, until):
    seed = arguments.seed + number
    data = Data(seed)
    name = f"set{number}"
    prometheus_process, prometheus = e2e.start_prometheus(processes, "prometheus-" + name, flags=["--storage.tsdb.retention.time=100y"])
    wire.remote_write(prometheus, sorted(data.series, key=lambda s: s[1][0][0]))
    with open(processes.path(name + ".om"), "w") as f:
        f.write(data.openmetrics())
    listen = f"127.0.0.1:{e2e.free_port()}"
    tacho_process = processes.start("tacho-" + name, [arguments.tacho, "serve", "--file", processes.path(name + ".om"), "--listen", listen])
    processes.wait_http(tacho_process, f"http://{listen}/-/ready")

    comparison = Comparison(prometheus, "http://" + listen)
    r = random.Random(f"queries {seed}")
    grammar = promql_grammar.Grammar(r, START, START + SECONDS)
    findings = []
    for _ in range(arguments.queries):
        if time.monotonic() > until:
            break
        node = grammar.query()
        for times in (instant_of(r), range_of(r)):
            told = comparison.differs(node.text, times)
            if not told:
                continue
            query, told = comparison.smallest(node, times, told)
            if any(is_of_it(query, told) for _, is_of_it in ACCEPTED):
                comparison.accepted += 1
                continue
            findings.append(f"seed {seed}: {query}\n    {times}: {told}")
    for p in (prometheus_process, tacho_process):
        processes.end(p)
        os.remove(processes.path(p.name + ".log"))
    shutil.rmtree(processes.path(f"prometheus-{name}-data"))
    os.remove(processes.path(name + ".om"))
    return comparison, findings


def body(processes, arguments):
    until = time.monotonic() + arguments.seconds
    compared = errors = accepted = sets = 0
    all_findings = []
    while time.monotonic() < until or sets == 0:
        comparison, findings = compare_data_set(processes, arguments, sets, until)
        sets += 1
        compared, errors, accepted = compared + comparison.compared, errors + comparison.errors, accepted + comparison.accepted
        for text in findings:
            print(text, flush=True)
        all_findings += findings
    e2e.check(compared > arguments.seconds, f"only {compared} answers were compared in {arguments.seconds} s")
    e2e.check(not all_findings, f"{len(all_findings)} of {compared} answers differ, the first: {all_findings[0] if all_findings else ''}")
    return f"{compared} answers over {sets} data sets the same ({errors} of them errors; {accepted} more differ as listed), from seed {arguments.seed}"


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--seconds", type=int, default=45, help="how long")
    p.add_argument("--seed", type=int, default=1, help="of the first data set; the next has one more")
    p.add_argument("--queries", type=int, default=400, help="a data set")
    e2e.main("promql_diff_fuzz", body, p.parse_args())
