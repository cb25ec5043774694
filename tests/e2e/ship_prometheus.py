#!/usr/bin/env python3
"""Real minutes at a real Prometheus: tacho samples this machine under a varying load and ships to Debian's Prometheus.

Afterwards every minute of every series there equals, to 1e-9, the average, maximum or last value of the seconds that
`tacho export` gives; no minute is missing; and promtool's questions get the same answers from both.

usage: ship_prometheus.py --tacho build/tacho [--minutes 3] [--seed 1]
"""
import argparse
import json
import shutil
import subprocess
import time

import e2e
from e2e import WINDOW_MS, check

EXTERNAL = {"e2e_node": "n1"}
SHIPPED_ONLY = '__name__=~".+",__name__!~".*:1m_(max|min)|tacho_rollup_samples_ratio"'


def promtool(*arguments):
    done = subprocess.run(["promtool", "query", *arguments], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, f"promtool query {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def stamp(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))


def instant(base, expr, ms):
    """promtool's instant vector as {labels without the external ones and the name: value}."""
    rows = json.loads(promtool("instant", "-o", "json", f"--time={stamp(ms)}", base, expr))
    return {tuple(sorted((l, v) for l, v in row["metric"].items() if l not in EXTERNAL and l != "__name__")): float(row["value"][1])
            for row in rows or []}


def agree(what, ours, theirs):
    check(ours, f"promtool finds nothing for {what} at tacho")
    check(set(ours) == set(theirs), f"{what}: series differ: {sorted(set(ours) ^ set(theirs))[:5]}")
    for labels, value in ours.items():
        check(e2e.same(value, theirs[labels]), f"{what} {labels}: tacho says {value!r}, Prometheus {theirs[labels]!r}")
    return len(ours)


def compare_promtool(tacho, prometheus, exported, types, first_end, ends):
    """The shipped names where the semantics allow: counters as they are, gauges as averages, peaks as maxima."""
    compared = 0
    alive = [k for k, v in exported.items() if all(e2e.expected_minute(v, end, False) for end in ends)]
    counters = sorted({e2e.name_of(k) for k in alive if types.get(e2e.name_of(k).removesuffix("_total")) == "counter"})
    gauges = sorted({e2e.name_of(k) for k in alive if e2e.is_gauge(k, types)})
    check(len(counters) > 10 and len(gauges) > 10, f"only {len(counters)} counters and {len(gauges)} gauges were exported")
    stride = lambda names: names[::max(1, len(names) // 12)]
    end = ends[-1]
    for name in stride(counters):
        # Last value in the minute on tacho's side: at the minute's very end some sources may have missed the tick.
        compared += agree(name, instant(tacho, f"last_over_time({name}[1m])", end), instant(prometheus, name, end))
    for name in stride(gauges):
        compared += agree(name, instant(tacho, f"avg_over_time({name}[1m])", end), instant(prometheus, name, end))
    peaks = sorted({row["metric"]["__name__"] for row in json.loads(
        promtool("instant", "-o", "json", f"--time={stamp(end)}", prometheus, '{__name__=~".*:1m_max"}'))})
    check(peaks, "promtool finds no :1m_max at Prometheus")
    for name in stride(peaks):
        raw = name.removesuffix(":1m_max")
        compared += agree(name, instant(tacho, f"max_over_time({raw}[1m])", end), instant(prometheus, '{__name__="%s"}' % name, end))
    # A range with a step of one minute has the shipped samples' own times; the short first minute is as good as any.
    def ranged(base, expr):
        text = promtool("range", "-o", "json", f"--start={stamp(first_end)}", f"--end={stamp(end)}", "--step=1m", base, expr)
        return {(tuple(sorted((l, v) for l, v in s["metric"].items() if l not in EXTERNAL and l != "__name__")), t): float(v)
                for s in json.loads(text) for t, v in s["values"]}
    for name in counters[0], counters[-1]:
        compared += agree(f"range of {name}", ranged(tacho, f"last_over_time({name}[1m])"), ranged(prometheus, name))
    compared += agree(f"range of {gauges[0]}", ranged(tacho, f"avg_over_time({gauges[0]}[1m])"), ranged(prometheus, gauges[0]))
    return compared


def compare_names(tacho, prometheus, ends):
    times = (f"--start={stamp(ends[0])}", f"--end={stamp(ends[-1])}")

    def series(base, *more):
        rows = json.loads(promtool("series", "-o", "json", "--match={%s}" % ",".join([SHIPPED_ONLY, *more]), *times, base))
        return {tuple(sorted((l, v) for l, v in row.items() if l not in EXTERNAL)) for row in rows}

    ours, theirs = series(tacho), series(prometheus, *(f'{l}="{v}"' for l, v in EXTERNAL.items()))
    # A series that began after the last minute's end is here and not yet there; the selection ends at a minute's end.
    check(theirs <= ours, f"promtool series: Prometheus has {sorted(theirs - ours)[:5]}, tacho has not")
    # A node lists what may have a sample; a number that was never known has none.
    for key in ours - theirs:
        selector = "{%s}" % ",".join(f"{l}={json.dumps(v)}" for l, v in key)
        found = e2e.api(tacho, "query", {"query": f"count_over_time({selector}[{ends[-1] - ends[0] + 60_000}ms])", "time": f"{ends[-1] / 1000:.3f}"})
        check(found["result"] == [], f"promtool series: {key} has samples at tacho, and is not at Prometheus: {found['result']}")
    ours &= theirs
    for label in "cpu", "mode", "device", "source":
        values = [json.loads(promtool("labels", "-o", "json", "--match={%s}" % SHIPPED_ONLY, *times, base, label))
                  for base in (tacho, prometheus)]
        check(values[0] == values[1], f"promtool labels {label}: {values[0]} at tacho, {values[1]} at Prometheus")
    return len(ours)


def body(processes, arguments):
    check(shutil.which("promtool"), "promtool is not installed (Debian's package prometheus)")
    _, prometheus = e2e.start_prometheus(processes)
    agent = e2e.Tacho(processes, arguments.tacho, prometheus + "/api/v1/write", EXTERNAL)
    started = time.time()
    agent.start()
    # The minute it started in, which is short, and then the whole ones.
    first_end = (int(started * 1000) // WINDOW_MS + 1) * WINDOW_MS
    last_end = first_end + arguments.minutes * WINDOW_MS
    load = e2e.Load(processes, arguments.seed)
    e2e.live(last_end / 1000 + 1 - time.time(), load)
    load.end()

    selector = "{%s}" % ",".join(f'{l}="{v}"' for l, v in EXTERNAL.items())
    agent.wait_shipped(last_end)
    shipped = e2e.receiver_minutes(prometheus, selector, first_end, last_end + 1)
    exported, types = agent.export(f"{arguments.minutes + 5}m")
    counts = e2e.check_minutes(exported, types, shipped, first_end, last_end, EXTERNAL)
    check(counts["minutes"] == arguments.minutes + 1, f"{counts['minutes']} minutes were compared")
    check_ratios(exported, shipped, first_end, last_end)

    ends = list(range(first_end + WINDOW_MS, last_end + 1, WINDOW_MS))
    compared = compare_promtool(agent.base, prometheus, exported, types, first_end, ends)
    series = compare_names(agent.base, prometheus, ends)
    agent.stop()
    return (f"{counts['minutes']} minutes, {counts['values']} values and {counts['peaks']} peaks equal to 1e-9, "
            f"{compared} promtool answers and {series} series the same, seed {arguments.seed}")


def was_held_up(exported, source, end):
    """Whether its agent says that the source missed a tick in that minute, or had a row so late that it has a time of its own, in the next one."""
    of = {e2e.name_of(key): [v for t, v in sorted(values.items()) if end - WINDOW_MS <= t <= end + WINDOW_MS // 4 and v is not e2e.STALE]
          for key, values in exported.items() if dict(key).get("source") == source}
    missed, late = of.get("tacho_source_missed_ticks_total") or [0], of.get("tacho_source_lateness_seconds") or [0]
    return missed[-1] > missed[0] or max(late) > 0.45


def check_ratios(exported, shipped, first_end, last_end):
    ratios = {k: v for k, v in shipped.items() if e2e.name_of(k) == "tacho_rollup_samples_ratio"}
    check(ratios, "tacho_rollup_samples_ratio was not shipped")
    whole = 0
    for key, values in ratios.items():
        for t, ratio in values.items():
            check(0 <= ratio <= 1, f"{key} is {ratio} at {t}")
        # Nothing restarts: whole minutes are nearly whole, but for ticks that the machine took.
        for end in range(first_end + WINDOW_MS, last_end + 1, WINDOW_MS):
            source = dict(key)["source"]
            check(values.get(end, 0) > 0.9 or was_held_up(exported, source, end), f"{key} is {values.get(end)} in the minute ending {end // 1000}")
            whole += values.get(end, 0) > 0.9
    check(whole > 0, "no source has a whole minute")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--minutes", type=int, default=3, help="whole minutes to run")
    p.add_argument("--seed", type=int, default=1, help="of the load")
    e2e.main("ship_prometheus", body, p.parse_args())
