#!/usr/bin/env python3
"""Windows at receivers that fail in every way, while the agent is killed now and then.

Four endpoints at once, each on its own: one of version 2; one of version 1 that is offered version 2 and answers 2xx without storing it; one
of version 1 that answers with 500, 503, 429, hangs, cuts connections, and takes what it then denies; and Debian's VictoriaMetrics. Afterwards
every window of every series at each of them equals, to 1e-9, what the seconds of `tacho export` come to: none is missing, none is made up,
none came out of order or with two values. Then a receiver that refuses: what it refused is counted, and is all that is missing.

Windows are of 10 s here, so that a minute has six.

usage: ship_faults.py --tacho build/tacho [--seconds 80] [--seed 1]
"""
import argparse
import json
import random
import re
import shutil
import time

import e2e
from e2e import STALE, check
from remote_write import Receiver

EXTERNAL = {"e2e_node": "n1"}
WINDOW_MS = 10_000


def start_victoria(processes):
    check(shutil.which("victoria-metrics"), "victoria-metrics is not installed (Debian's package of that name)")
    port = e2e.free_port()
    p = processes.start("victoria", ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}",
                                     f"-storageDataPath={processes.make_folder('victoria-data')}", "-retentionPeriod=1y",
                                     "-loggerLevel=WARN", "-search.latencyOffset=0s"])
    base = f"http://127.0.0.1:{port}"
    processes.wait_http(p, base + "/health", 60)
    return base


def victoria_samples(base, start_ms, end_ms):
    """All that it holds of the node, as stored."""
    text = e2e.http_get(base + "/api/v1/export", {"match[]": '{e2e_node="n1"}', "start": start_ms / 1000, "end": end_ms / 1000})
    out = {}
    for line in text.splitlines():
        row = json.loads(line)
        # Markers are exported as null.
        out[tuple(sorted(row["metric"].items()))] = {t: STALE if v is None else float(v)
                                                     for t, v in zip(row["timestamps"], row["values"])}
    return out


def config(urls):
    text = f"global: {{external_labels: {{e2e_node: n1}}}}\nshipping: {{spread: 0, grace: 4s, interval: 10s}}\nremote_write:\n"
    for name, url, is_v2 in urls:
        text += f"  - name: {name}\n    url: {url}\n    remote_timeout: 2s\n    queue_config: {{max_samples_per_send: 300, max_backoff: 1s}}\n"
        if is_v2:
            text += "    protobuf_message: io.prometheus.write.v2.Request\n"
    return text


def metric(agent, expr):
    return {r["metric"].get("endpoint"): float(r["value"][1]) for r in e2e.api(agent.base, "query", {"query": expr})["result"]}


def wait_for(what, condition, seconds=180):
    e2e.wait_until(what, condition, seconds)


def kills(agent, seconds, seed):
    chance = random.Random(seed)
    until, count = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, chance.uniform(8, 20)))
        if until - time.monotonic() < 12:
            continue
        agent.kill()
        count += 1
        time.sleep(chance.uniform(0, 2))
        agent.start()
    return count


def compare(name, samples, exported, types, first_end, last_end):
    counts = e2e.check_minutes(exported, types, {k: {t: v for t, v in s.items() if v is not STALE} for k, s in samples.items()},
                               first_end, last_end, EXTERNAL)
    return f"{name} {counts['values'] + counts['peaks']}"


def refused_part(processes, arguments):
    """A receiver that refuses a third: the windows that are not whole there are those that are counted."""
    receiver = Receiver(versions=(1,), seed=arguments.seed + 7)
    agent = e2e.Tacho(processes, arguments.tacho, None, None, config([("strict", receiver.url, False)]), name="refused")
    first_end = (int(time.time() * 1000) // WINDOW_MS + 1) * WINDOW_MS
    agent.start()
    receiver.faults, receiver.fault_share = ("400",), 0.34
    wait_for("eight windows are done with", lambda: len({t for s in receiver.samples(STALE).values() for t in s}) >= 6, 300)
    receiver.fault_share = 0.0
    done = max(t for s in receiver.samples(STALE).values() for t in s)
    # A window whose every request was refused is not there at all: all that had begun by now are done with before one that is whole.
    wait_for("two windows after the last refusal are there",
             lambda: max(t for s in receiver.samples(STALE).values() for t in s) > done + WINDOW_MS)
    last_end = done + WINDOW_MS
    agent.wait_shipped(last_end)
    exported, types = agent.export("10m")
    shipped = {e2e.without(k, *EXTERNAL): v for k, v in receiver.samples(STALE).items()}
    lacking = 0
    for end in range(first_end, last_end + 1, WINDOW_MS):
        whole = all(end in shipped.get(key, {}) for key, seconds in exported.items()
                    if e2e.expected_minute(seconds, end, e2e.is_gauge(key, types)))
        lacking += not whole
    check(lacking > 0, "the receiver refused nothing")
    dropped = lambda: metric(agent, 'tacho_remote_write_dropped_windows_total{reason="refused"}').get("strict")
    wait_for(lambda: f"{lacking} windows are not whole at the receiver, {dropped()} are counted as refused", lambda: dropped() == lacking, 30)
    check(not receiver.complaints, f"the receiver complains: {receiver.complaints}")
    log = processes.log_text("refused")
    check(re.search(r"dropped \d+ samples of .*the receiver answered 400 the test says 400", log), "the log does not say what was refused")
    agent.stop()
    return lacking


def on_demand(agent, receivers, victoria):
    """What check-remote says of the four, and a stretch of seconds."""
    said = agent.call("check-remote", "--config", agent.config)
    check(said.count("version 1  taken") == 4, f"check-remote: {said}")
    as_json = json.loads(agent.call("check-remote", "--config", agent.config, "--format", "json"))["data"]
    again = "".join(f"{e['name']}  {e['url']}\n" + "".join(f"  {f['what']:<10} {f['text']}\n" for f in e["findings"]) for e in as_json)
    check(again == said and all(e["good"] for e in as_json), f"check-remote: as JSON {again}, as a table {said}")
    check(said.count("version 2  taken") == 1 and said.count("version 2  not known to it") == 3, f"check-remote: {said}")
    end = int(time.time()) - 2
    agent.call("ship", '{__name__=~"node_load1|node_forks_total"}', "--config", agent.config, "--last", "20s", "--at", str(end),
               "--state", agent.state, "--runtime", agent.runtime)
    exported, _ = agent.export("10m")
    compared = 0
    everywhere = {name: r.samples(STALE) for name, r in receivers.items()}
    wait_for("the seconds are at victoria", lambda: any(dict(k).get("resolution") for k in victoria_samples(victoria, (end - 30) * 1000, end * 1000)))
    everywhere["victoria"] = victoria_samples(victoria, (end - 30) * 1000, end * 1000)
    for name, samples in everywhere.items():
        for metric_name in "node_load1", "node_forks_total":
            key = tuple(sorted({"__name__": metric_name, "resolution": "1s", **EXTERNAL}.items()))
            seconds = {t: v for t, v in exported[(("__name__", metric_name),)].items() if (end - 20) * 1000 < t <= end * 1000}
            check(len(seconds) > 10, f"only {len(seconds)} seconds of {metric_name} were exported")
            check(samples.get(key) == seconds, f"{metric_name} on demand at {name}: {samples.get(key)}, the seconds are {seconds}")
            compared += len(seconds)
    return compared


def body(processes, arguments):
    e2e.WINDOW_MS, e2e.WINDOW_NAME = WINDOW_MS, "10s"
    good, old, bad = Receiver(), Receiver(versions=(1,)), Receiver(versions=(1,), seed=arguments.seed)
    victoria = start_victoria(processes)
    agent = e2e.Tacho(processes, arguments.tacho, None, None, config(
        [("good", good.url, True), ("old", old.url, True), ("bad", bad.url, False), ("victoria", victoria + "/api/v1/write", False)]))
    first_end = (int(time.time() * 1000) // WINDOW_MS + 1) * WINDOW_MS
    agent.start()
    bad.fault_share = 0.6
    count = kills(agent, arguments.seconds, arguments.seed)
    bad.down = True
    e2e.live(12)
    bad.down, bad.fault_share = False, 0.0
    last_end = int(time.time() * 1000) // WINDOW_MS * WINDOW_MS
    receivers = {"good": good, "old": old, "bad": bad}
    agent.wait_shipped(last_end, 180)
    wait_for("the last window is at victoria",
             lambda: any(last_end in s for s in victoria_samples(victoria, first_end, last_end).values()))
    time.sleep(1)  # what it has taken it shows a moment later
    exported, types = agent.export("10m")
    dropped = metric(agent, "sum by (endpoint) (tacho_remote_write_dropped_windows_total)")
    check(set(dropped.values()) == {0.0}, f"windows were dropped: {dropped}")
    versions = lambda: metric(agent, "tacho_remote_write_version")
    wait_for(lambda: f"versions spoken: {versions()}", lambda: versions() == {"good": 2, "old": 1, "bad": 1, "victoria": 1}, 30)
    reports = [compare(name, r.samples(STALE), exported, types, first_end, last_end) for name, r in receivers.items()]
    reports.append(compare("victoria", victoria_samples(victoria, first_end, last_end), exported, types, first_end, last_end))
    for name, receiver in receivers.items():
        check(not receiver.complaints, f"{name} complains: {receiver.complaints}")
    check(set(bad.seen_faults) == set(Receiver.FAULTS), f"of the faults only {bad.seen_faults} came")
    check(good.by_version[1] == 0, "version 1 was spoken to the receiver of version 2")
    helped = [a for k, a in good.about.items() if dict(k)["__name__"] == "node_load1"]
    check(helped and helped[0][0] == 2 and helped[0][1], f"node_load1 came with {helped} for type, help and unit")
    shipped_seconds = on_demand(agent, receivers, victoria)
    agent.stop()
    lacking = refused_part(processes, arguments)
    return (f"{count} kills, {(last_end - first_end) // WINDOW_MS + 1} windows, values compared: {', '.join(reports)}; "
            f"faults {sum(bad.seen_faults.values())} of {bad.requests} requests; {lacking} windows refused and counted; {shipped_seconds} seconds sent on demand")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--seconds", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    e2e.main("ship_faults", body, parser.parse_args())
