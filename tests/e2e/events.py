#!/usr/bin/env python3
"""What happened on a node, told by its agent: an Xid, a card that is lost and comes back, seconds without an agent, one that is held up.

The real program over the fake library of NVIDIA's (fake_cards.py). Each thing is made to happen at a known time, and is told once,
by files, by URL and by HTTP in the same words; nothing else is told of the cards.

usage: events.py --tacho build/tacho --library build/tests/libfake_nvml.so
"""
import argparse
import json
import os
import signal
import time

import e2e
import fake_cards
from e2e import check

CARDS = 2


def events(agent, *flags):
    """By each way, which must say the same."""
    said = [json.loads(agent.call("events", *flags, "--format", "json", *where))
            for where in (["--url", agent.base], ["--state", agent.state, "--runtime", agent.runtime])]
    check(said[0] == said[1], f"by URL {said[0]}, by files {said[1]}")
    return said[0]["data"]


def wait_for(agent, what, wanted):
    until = time.monotonic() + 150  # a lost card is asked again after 30 s
    while True:
        data = e2e.api(agent.base, "events", {"start": 0})
        if found := [e for e in data if wanted(e)]:
            return found[0]
        check(time.monotonic() < until, f"{what} is not among the events: {data}")
        time.sleep(0.2)


def last_row(agent):
    """The time of the newest row: on a machine that is held up, up to now seconds may have none."""
    (series,) = e2e.api(agent.base, "query", {"query": "timestamp(node_context_switches_total)"})["result"]
    return float(series["value"][1])


def between(event, when, what):
    """Not before it happened, nor after it was seen."""
    check(when - 0.5 <= event["time"] <= time.time(), f"{what} was told at {event['time']}, and happened at {when}")


def body(processes, options):
    fake_cards.sysfs(processes.path("sys"), CARDS)
    script = fake_cards.Script(processes.path("cards"), CARDS)
    agent = e2e.Tacho(processes, os.path.abspath(options.tacho), flags=["--sysfs", processes.path("sys")],
                      env={"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": script.path})
    agent.start()
    e2e.wait_until("the cards answer", lambda: len(e2e.api(agent.base, "query", {"query": "accel_up == 1"})["result"]) == CARDS)
    begun = time.time()
    time.sleep(2)
    quiet = agent.call("events", "--last", "1s", "--url", agent.base)
    # A machine that is held up has missed ticks, which are events.
    check("nvidia" not in quiet, f"nothing has happened to the cards, and it says {quiet!r}")

    when = time.time()
    script.tell("EVENT 0 8 79")
    xid = wait_for(agent, "the Xid", lambda e: e["kind"] == "xid")
    between(xid, when, "the Xid")
    check((xid["device"], xid["severity"], xid["count"], xid["text"]) == ("nvidia 0", "error", 1, "nvidia 0 reported Xid 79"), f"{xid}")

    when = time.time()
    script.tell("ALL 1 rc=15")
    lost = wait_for(agent, "the lost card", lambda e: e["kind"] == "lost")
    between(lost, when, "the loss")
    check(lost.get("ongoing") and lost["device"] == "nvidia 1" and "end" not in lost, f"{lost}")
    script.tell()
    back = wait_for(agent, "its return", lambda e: e["kind"] == "lost" and "end" in e)
    check(back["time"] == lost["time"] and "ongoing" not in back and back["end"] > back["time"], f"{back} after {lost}")
    check(f"for {round(back['end'] - back['time'])}s" in back["text"], f"{back}")

    # Cut at the range; and picked.
    middle = (back["time"] + back["end"]) / 2
    cut = [e for e in e2e.api(agent.base, "events", {"start": middle, "end": middle + 0.001}) if e["kind"] == "lost"]
    check(len(cut) == 1 and cut[0]["began_earlier"] and cut[0]["ongoing"] and abs(cut[0]["time"] - middle) < 0.01, f"{cut}")
    picked = e2e.api_get(agent.base, "events", {"start": 0, "match[]": 'accel_errors_total{accel="0"}'})
    check([e["kind"] for e in picked] == ["xid"], f"{picked}")
    newest = json.loads(e2e.http_get(agent.base + "/api/v1/events", {"start": 0, "limit": 1}))
    check(len(newest["data"]) == 1 and "left out" in newest["warnings"][0], f"{newest}")

    stopped = last_row(agent)
    agent.stop()
    time.sleep(3)
    agent.start()
    gap = wait_for(agent, "the agent's absence", lambda e: e["kind"] == "gap" and e["time"] > stopped - 0.5)
    between(gap, stopped, "the gap")
    check(gap["count"] >= 3 and gap["end"] - gap["time"] >= 3, f"{gap}")
    wait_for(agent, "the agent's restart", lambda e: e["kind"] == "restart" and e["time"] == gap["end"])

    # Held up, it says so, and calls no card lost for it.
    time.sleep(5)
    row, held = last_row(agent), time.time()
    agent.process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    agent.process.send_signal(signal.SIGCONT)
    gap = wait_for(agent, "the time in which the agent was held up", lambda e: e["kind"] == "gap" and e.get("end", 0) > held + 2.5)
    between(gap, row, "the second gap")
    time.sleep(4)

    said = events(agent, "--start", f"{begun:.3f}", "--end", f"{time.time() - 3:.3f}")
    kinds = [e["kind"] for e in said if e["device"].startswith("nvidia ")]
    check(kinds == ["xid", "health", "lost"], f"told of the cards: {said}")
    check([e["time"] for e in said] == sorted(e["time"] for e in said), "they are not in order of time")
    table = agent.call("events", "--last", "5m", "--state", agent.state, "--runtime", agent.runtime)
    check("nvidia 0 reported Xid 79\n" in table and "\x1b" not in table, table)
    return f"an Xid, a lost card, a restart and a stop, each told once, of {len(said)} events in all"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--library", default="build/tests/libfake_nvml.so")
    e2e.main("events", body, parser.parse_args())
