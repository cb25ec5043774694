"""What the same samples cost elsewhere: Prometheus, VictoriaMetrics, and xz as the practical limit.

Each peer gets every sample with its time, flushes and merges what it can, and is asked for all of them again; a sample that is missing or
another than was given is counted. Sizes are those of the files.
"""
import decimal
import json
import lzma
import math
import os
import struct
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402

VM_SETTLE_SECONDS = 20


def folder_bytes(folder):
    return sum(os.path.getsize(os.path.join(where, f)) for where, _, files in os.walk(folder) for f in files)


def differing(given, returned):
    """How many of the samples given are missing or have another value; how many came back that were not given."""
    wrong = extra = 0
    for key, of_series in given.items():
        got = returned.get(key, {})
        wrong += sum(1 for t, v in of_series.items() if t not in got or not (got[t] == v or (math.isnan(got[t]) and math.isnan(v))))
        extra += len(got.keys() - of_series.keys())
    extra += sum(len(v) for k, v in returned.items() if k not in given)
    return wrong, extra


def given_samples(trace):
    """{series key: {ms: value}} of a trace, as the peers are to return it."""
    return {e2e.parse_series(name): {t: float(c) for t, c in zip(trace.times, cells) if c != ""}
            for name, cells in trace.columns.items() if any(c != "" for c in cells)}


# --- Prometheus

def prometheus(trace, folder, given, limit_seconds):
    """promtool's blocks: {chunks and all bytes a sample, wrong, extra}"""
    text, blocks = os.path.join(folder, "trace.om"), os.path.join(folder, "blocks")
    with open(text, "w") as f:
        f.write(openmetrics(trace))
    done = subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", text, blocks],
                          capture_output=True, text=True, timeout=limit_seconds)
    check(done.returncode == 0, f"promtool tsdb create-blocks-from: {done.stderr[-500:]}")
    chunks = sum(folder_bytes(os.path.join(blocks, b, "chunks")) for b in os.listdir(blocks)
                 if os.path.isdir(os.path.join(blocks, b, "chunks")))
    everything = folder_bytes(blocks)
    os.makedirs(os.path.join(blocks, "wal"))  # dump wants a whole database's folder
    wrong, extra = differing(given, dumped(blocks, limit_seconds))
    n = trace.samples()
    return {"bytes_per_sample": chunks / n, "all_bytes_per_sample": everything / n, "wrong": wrong, "extra": extra}


def openmetrics(trace):
    lines, families = [], {}
    for name in trace.columns:
        families.setdefault(name.partition("{")[0], []).append(name)
    for family, names in families.items():
        lines.append(f"# TYPE {family} unknown")
        for name in names:
            lines += [f"{name} {cell} {t // 1000}.{t % 1000:03d}" for t, cell in zip(trace.times, trace.columns[name]) if cell != ""]
    return "\n".join(lines) + "\n# EOF\n"


def dumped(blocks, limit_seconds):
    done = subprocess.run(["promtool", "tsdb", "dump", blocks], capture_output=True, text=True, timeout=limit_seconds)
    check(done.returncode == 0, f"promtool tsdb dump: {done.stderr[-500:]}")
    samples, of_text = {}, {}
    for line in done.stdout.splitlines():
        series, value, t = line.rsplit(" ", 2)
        if series not in of_text:
            labels = e2e.parse_series("x" + series.replace('", ', '",'))
            of_text[series] = samples.setdefault(tuple(p for p in labels if p != ("__name__", "x")), {})
        of_text[series][int(t)] = float(value)
    return samples


# --- VictoriaMetrics

def victoria_metrics(trace, folder, given, limit_seconds):
    """Debian's victoria-metrics with a folder of its own: {data/ bytes a sample, wrong, extra}"""
    with e2e.Processes("compression") as processes:
        base = f"http://127.0.0.1:{e2e.free_port()}"
        data = os.path.join(folder, "vm")
        server = processes.start("victoria-metrics", [
            "victoria-metrics", f"-storageDataPath={data}", f"-httpListenAddr={base.removeprefix('http://')}",
            "-retentionPeriod=100y", "-selfScrapeInterval=0", "-memory.allowedPercent=10", "-loggerLevel=ERROR",
            "-search.maxExportDuration=10m"])
        processes.wait_http(server, base + "/health")
        until = time.monotonic() + limit_seconds
        for name, cells in trace.columns.items():
            pairs = [(t, c) for t, c in zip(trace.times, cells) if c != ""]
            if pairs:
                post(base + "/api/v1/import", import_line(name, pairs))
        e2e.http_get(base + "/internal/force_flush")
        e2e.http_get(base + "/internal/force_merge")
        returned = exported(base)
        settle(os.path.join(data, "data"), until)
        wrong, extra = differing(given, returned)
        processes.end(server)
        return {"bytes_per_sample": folder_bytes(os.path.join(data, "data")) / trace.samples(),
                "all_bytes_per_sample": folder_bytes(data) / trace.samples(), "wrong": wrong, "extra": extra}


def post(url, text):
    request = urllib.request.Request(url, data=text.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        check(answer.status in (200, 204), f"{url}: {answer.status}")


def import_line(name, pairs):
    """Numbers as the source wrote them, not as another program would."""
    times, values = ",".join(str(t) for t, _ in pairs), ",".join(c for _, c in pairs)
    return f'{{"metric":{json.dumps(dict(e2e.parse_series(name)))},"values":[{values}],"timestamps":[{times}]}}\n'


def exported(base):
    samples = {}
    for line in e2e.http_get(base + "/api/v1/export", {"match[]": '{__name__!=""}', "start": "0"}, timeout=300).splitlines():
        row = json.loads(line)
        of_series = samples.setdefault(tuple(sorted(row["metric"].items())), {})
        of_series.update((t, float("nan") if v is None else float(v)) for t, v in zip(row["timestamps"], row["values"]))
    return samples


def settle(folder, until):
    """Until merging has changed nothing for two seconds."""
    before, since = -1, time.monotonic()
    until = min(until, time.monotonic() + VM_SETTLE_SECONDS)
    while time.monotonic() < until and time.monotonic() - since < 2:
        now = folder_bytes(folder)
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(0.2)


# --- the practical limit

def xz_limit(trace):
    """xz -9e of the integer deltas, whole columns: the smallest of a few layouts of each column, then of one stream or one a column.

    Times, directory and absent cells cost nothing here, and a value can only be had by unpacking all before it.
    """
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 24}]
    alone, chosen = 0, []
    for cells in trace.columns.values():
        candidates = layouts(integers([c for c in cells if c != ""]))
        sizes = [(len(lzma.compress(c, lzma.FORMAT_RAW, filters=filters)), c) for c in candidates]
        best = min(sizes, key=lambda s: s[0])
        alone += best[0]
        chosen.append(best[1])
    together = len(lzma.compress(b"".join(chosen), lzma.FORMAT_XZ, preset=9 | lzma.PRESET_EXTREME))
    return {"bytes_per_sample": min(alone, together) / trace.samples()}


def integers(cells):
    """The cells times a power of ten; or the doubles' bits, where they are no short decimals."""
    places = 0
    if any("e" in c for c in cells):
        cells = [format(decimal.Decimal(c), "f") for c in cells]  # 5e-05 is a short decimal too
    for c in cells:
        if "n" in c.lower() or len(c) > 17:
            return [struct.unpack("<q", struct.pack("<d", float(c)))[0] for c in cells]
        places = max(places, len(c.partition(".")[2].rstrip("0")))
    out = []
    for c in cells:
        whole, _, part = c.partition(".")
        out.append(int(whole + part.rstrip("0").ljust(places, "0")))
    return out


def layouts(values):
    """Values and their changes, each row by row and byte by byte (all lowest bytes first)."""
    out = []
    for series in (values, [b - a for a, b in zip([0] + values, values)]):
        size = next((s for s in (1, 2, 4, 8) if all(-(1 << 8 * s - 1) <= v < 1 << 8 * s - 1 for v in series[1:])), 16)
        rows = b"".join(v.to_bytes(size, "little", signed=True) for v in series[1:])
        first = series[0].to_bytes(16, "little", signed=True)[:8] if series else b""
        out += [first + rows, first + b"".join(rows[i::size] for i in range(size))]
    return out
