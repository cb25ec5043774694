#!/usr/bin/env python3
"""kill -9 at random instants: no published second is lost, none is there twice, and no shipped minute is wrong.

The agent is started and killed N times. Just before each kill the newest seconds of every series are read over HTTP; each of
them must afterwards be readable, with its value, from the folders with no agent running, and over HTTP after the next start.
A Prometheus receives the minutes: each is right for the seconds that exist, and says so where some are missing.

usage: kill9.py --tacho build/tacho [--kills 20] [--seed N] [--longest 12]
"""
import argparse
import random
import time

import e2e
from e2e import WINDOW_MS, STALE, check

EXTERNAL = {"e2e_node": "k9"}
EVERYTHING = '{__name__=~".+"}'
# The series whose rows are counted for each source: one that every row of that source has.
PROBES = {"loadavg": "node_load1", "stat": "node_context_switches_total", "meminfo": "node_memory_MemFree_bytes"}


def matrix(data):
    return e2e.from_matrix(data["result"])


def merge(known, seen, where):
    """Adds what was seen; a second that was seen before must have the value it had."""
    count = 0
    for key, values in seen.items():
        of_series = known.setdefault(key, {})
        for t, v in values.items():
            count += 1
            check(t not in of_series or identical(of_series[t], v), f"{where}: {key} at {t} was {of_series.get(t)!r} and is {v!r}")
            of_series[t] = v
    return count


def identical(a, b):
    return a == b or (a != a and b != b)


def contains(found, published, where):
    """Everything published is found, bit for bit as JSON and text carry it."""
    for key, values in published.items():
        of_series = found.get(key)
        check(of_series is not None, f"{where}: {key} is gone")
        for t, v in values.items():
            check(t in of_series, f"{where}: {key} lost its second {t / 1000}; the newest there is {max(of_series) / 1000}")
            check(identical(of_series[t], v), f"{where}: {key} at {t / 1000} is {of_series[t]!r}, was published as {v!r}")


def one_row_a_second(found, where):
    for key, values in found.items():
        seconds = {}
        for t, v in values.items():
            if v is STALE:
                continue
            check(t // 1000 not in seconds, f"{where}: {key} has two rows in the second {t // 1000}: {seconds.get(t // 1000)} and {t}")
            seconds[t // 1000] = t


def newest(base, seconds):
    now = time.time()
    return matrix(e2e.api(base, "query", {"query": f"{EVERYTHING}[{seconds}s]", "time": f"{now + 1:.3f}"}))


def life(agent, rng, known, longest, number):
    """One start, some seconds, one kill; then the folders are asked. Returns how many published samples were checked."""
    # A restart at once misses hardly a tick; what is dead for some seconds leaves minutes that must say so.
    if number and rng.random() < 0.3:
        time.sleep(rng.uniform(1, 4))
    agent.start()
    if number:
        # Over HTTP, after the restart: what the lives before have published.
        recent = newest(agent.base, 120)
        limit = (time.time() - 100) * 1000
        contains(recent, {k: {t: v for t, v in values.items() if t > limit} for k, values in known.items()
                          if max(values) > limit}, f"over HTTP after restart {number}")
    time.sleep(rng.uniform(0.05, longest))
    published = newest(agent.base, 30)
    # Somewhere within the next second: between ticks, in a tick, while sealing.
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 0.3))
    agent.kill()
    count = merge(known, published, f"before kill {number}")
    at = f"{time.time() + 1:.3f}"
    found = matrix(agent.query_files(f"{EVERYTHING}[60s]", "--at", at))
    contains(found, published, f"in the folders after kill {number}")
    one_row_a_second(found, f"in the folders after kill {number}")
    return count


def check_ratios(exported, shipped, first_end, last_end):
    """The share of rows that a minute says it has is the share that it has. Returns how many minutes were marked incomplete."""
    marked = set()
    ratios = {dict(k)["source"]: v for k, v in shipped.items() if e2e.name_of(k) == "tacho_rollup_samples_ratio"}
    for source, probe in PROBES.items():
        check(source in ratios, f"no tacho_rollup_samples_ratio was shipped for the source {source}")
        (rows,) = [v for k, v in exported.items() if e2e.name_of(k) == probe]
        for end in range(first_end, last_end + 1, WINDOW_MS):
            count = sum(1 for t, v in rows.items() if end - WINDOW_MS < t <= end and v is not STALE)
            ratio = ratios[source].get(end)
            if count == 0:
                check(not ratio, f"the minute ending {end // 1000} has no row of {source}, and its ratio is {ratio}")
                continue
            check(ratio is not None, f"the minute ending {end // 1000} has {count} rows of {source} and no ratio")
            check(abs(ratio - min(1, count / 60)) < 1e-9, f"the minute ending {end // 1000} has {count} rows of {source}, ratio {ratio}")
            if ratio < 1:
                marked.add(end)
    return len(marked)


def body(processes, arguments):
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"kill9: seed {seed}", flush=True)
    rng = random.Random(seed)
    _, prometheus = e2e.start_prometheus(processes)
    agent = e2e.Tacho(processes, arguments.tacho, prometheus + "/api/v1/write", EXTERNAL)
    first_end = (int(time.time() * 1000) // WINDOW_MS + 1) * WINDOW_MS
    load = e2e.Load(processes, seed, most=1)
    known, checked = {}, 0
    for number in range(arguments.kills):
        load.turn()
        checked += life(agent, rng, known, arguments.longest, number)
    load.end()

    # With no agent: the whole history, as one text; parsing it finds times that repeat or go back.
    minutes = int((time.time() * 1000 - first_end) / WINDOW_MS) + 5
    exported, _ = agent.export(f"{minutes}m")
    contains(exported, known, "in the export with no agent running")
    one_row_a_second(exported, "in the export with no agent running")

    # With one again: the same, and the minute of the last kill is shipped too.
    agent.start()
    last_end = (int(time.time() * 1000) // WINDOW_MS + 1) * WINDOW_MS
    contains(newest(agent.base, minutes * 60), known, "over HTTP after the last restart")
    e2e.live(last_end / 1000 - time.time())
    agent.wait_shipped(last_end)
    exported, types = agent.export(f"{minutes + 5}m")
    contains(exported, known, "in the export after the last restart")
    shipped = e2e.receiver_minutes(prometheus, '{e2e_node="k9"}', first_end, last_end + 1)
    check(shipped, "nothing was shipped")
    counts = e2e.check_minutes(exported, types, shipped, first_end, last_end, EXTERNAL)
    marked = check_ratios(exported, {e2e.without(k, *EXTERNAL): v for k, v in shipped.items()}, first_end, last_end)
    agent.stop()
    return (f"{arguments.kills} kills, {checked} published samples all there, {counts['minutes']} minutes with {counts['values']} "
            f"values right, {marked} of them marked incomplete, seed {seed}")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--seed", type=int, help="of the instants; a random one, printed, when not given")
    p.add_argument("--longest", type=float, default=12, help="seconds that the longest life lasts")
    e2e.main("kill9", body, p.parse_args())
