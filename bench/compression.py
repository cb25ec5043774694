#!/usr/bin/env python3
"""Bytes a sample, all in, of tacho's ring beside Prometheus's blocks and VictoriaMetrics's parts, on the same samples in one run.

    bench/compression.py --traces FOLDER [--build build] [--rows N]

FOLDER holds CSV traces, plain or .zst: `timestamp` in Unix seconds, then a column a series. Each peer is asked how many samples it
has; a number that differs is an error. xz -9e of the integer deltas, series by series, stands for the practical limit.
"""
import argparse, csv, io, json, lzma, pathlib, socket, subprocess, sys, tempfile, time, urllib.request
from decimal import Decimal


def load(path, rows):
    text = subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout if path.suffix == ".zst" else path.read_bytes()
    table = list(csv.reader(io.StringIO(text.decode())))[: rows + 1]
    return table[0], table[1:]


def aligned(rows):
    out, last = [], None
    for row in rows:
        second = int(float(row[0]))
        if second != last:
            out.append([str(second)] + row[1:])
        last = second
    return out


def xz_limit(rows):
    """Deltas of the values as integers of their column's decimals, as text, one series after the other."""
    parts = []
    for column in list(zip(*rows))[1:]:
        values = [Decimal(v) for v in column if v]
        if not values:
            continue
        scale = max(0, max(-v.as_tuple().exponent for v in values))
        ints = [int(v.scaleb(scale)) for v in values]
        parts.append("".join(f"{b - a},"for a, b in zip([0] + ints, ints)))
    return len(lzma.compress("\n".join(parts).encode(), preset=9 | lzma.PRESET_EXTREME))


def lines(header, rows, seconds):
    """The exposition of all samples, series after series; times in seconds (OpenMetrics) or milliseconds (0.0.4)."""
    times = [f"{float(r[0]):.3f}" if seconds else str(round(float(r[0]) * 1000)) for r in rows]
    for i, name in enumerate(header[1:], 1):
        for t, row in zip(times, rows):
            if row[i]:
                yield f"{name} {row[i]} {t}\n"


def folder_bytes(folder):
    return sum(f.stat().st_size for f in pathlib.Path(folder).rglob("*") if f.is_file())


def prometheus(header, rows, folder):
    text = folder / "all.om"
    with text.open("w") as f:
        f.writelines(lines(header, rows, True))
        f.write("# EOF\n")
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, folder / "prom"], check=True, capture_output=True)
    samples = sum(json.loads(m.read_text())["stats"]["numSamples"] for m in (folder / "prom").glob("*/meta.json"))
    chunks = sum(folder_bytes(c) for c in (folder / "prom").glob("*/chunks"))
    return samples, chunks, folder_bytes(folder / "prom")


def victoria(header, rows, folder):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(["victoria-metrics", f"-storageDataPath={folder}/vm", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(path, data=None):
        return urllib.request.urlopen(url + path, data=data, timeout=120).read()
    try:
        for _ in range(100):
            try:
                get("/health")
                break
            except OSError:
                time.sleep(0.1)
        batch = []
        for line in lines(header, rows, False):
            batch.append(line)
            if len(batch) == 200_000:
                get("/api/v1/import/prometheus", "".join(batch).encode())
                batch = []
        get("/api/v1/import/prometheus", "".join(batch).encode())
        get("/internal/force_flush")
        get("/internal/force_merge")
        time.sleep(3)
        get("/internal/force_flush")
        metrics = get("/metrics").decode()
        samples = sum(float(l.split()[-1]) for l in metrics.splitlines() if l.startswith("vm_rows{") and 'type="storage/' in l)
    finally:
        server.terminate()
        server.wait(30)
    return int(samples), folder_bytes(folder / "vm" / "data"), 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--traces", type=pathlib.Path, required=True)
    p.add_argument("--build", default="build")
    p.add_argument("--rows", type=int, default=10**9)
    a = p.parse_args()
    files = sorted(f for f in a.traces.glob("*") if f.name.endswith((".csv", ".csv.zst")) and "profile" not in f.name)
    if not files:
        sys.exit(f"bench/compression.py: no traces in {a.traces}")
    print("| trace | times | samples | tacho | VictoriaMetrics | Prometheus chunks | Prometheus all | xz of deltas | encode ns | decode 1e9/s | memcpy 1e9/s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for file in files:
        header, rows = load(file, a.rows)
        for how in ("recorded", "aligned"):
            if how == "aligned":
                rows = aligned(rows)
            with tempfile.TemporaryDirectory() as tmp:
                folder = pathlib.Path(tmp)
                with (folder / "trace.csv").open("w") as f:
                    csv.writer(f).writerows([header] + rows)
                ours = json.loads(subprocess.run([f"{a.build}/bench/bench_compression", folder / "trace.csv"], check=True, capture_output=True).stdout)
                n = ours["samples"]
                prom_n, chunks, prom_all = prometheus(header, rows, folder)
                vm_n, vm, _ = victoria(header, rows, folder)
                if not n == prom_n == vm_n:
                    print(f"{file.name}: tacho has {n} samples, Prometheus {prom_n}, VictoriaMetrics {vm_n}", file=sys.stderr)
                print(f"| {file.name.split('.csv')[0]} | {how} | {n} | {ours['bytes_per_sample']:.4f} | {vm / n:.4f} | {chunks / n:.4f} | {prom_all / n:.4f} "
                      f"| {xz_limit(rows) / n:.4f} | {ours['encode_ns']:.1f} | {ours['decode_gvps']:.2f} | {ours['memcpy_gvps']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
