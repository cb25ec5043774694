#!/usr/bin/env python3
"""tacho top goes back in time: what it shows of a second is what tacho query says of it, wherever the samples come from.

    python3 tests/e2e/top_travel.py --tacho build/tacho --library build/tests/libfake_nvml.so [--keep FOLDER]

A real agent over eight of the fake library's cards (fake_cards.py), in a real terminal (tmux; top_tmux.py). The cursor is moved, zoomed
around, sent to an Xid that a card reports; a card's page is opened; the list is filtered and sorted; the window is resized meanwhile. Then the same
over HTTP, with an agent that stops answering for moments and for seconds; on a snapshot; and on what a killed agent leaves.
"""
import argparse
import calendar
import json
import os
import re
import signal
import sys
import time

import e2e
import fake_cards
from e2e import check
from top_tmux import Terminal, clock_of, value_of, wait_for

CARDS, SICK = 8, 3
BRAILLE = re.compile("[\u2801-\u28ff]")
# Lines of the overview, and what they are.
LINES = {
    "load, 1 min": ("node_load1", 1),
    "for cpu": ("irate(node_pressure_cpu_waiting_seconds_total[2s])", 100),
    "used": ("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", 100),
}


class Top:
    """One run of it, until q."""

    def __init__(self, story, command, width=100, height=30):
        self.story = story
        self.terminal = Terminal(story.folder, width, height, {"TZ": "UTC"})
        story.terminals.append(self.terminal)
        self.terminal.run(f"{story.options.tacho} top {command}")
        self.wait("the first page", lambda s: "q quit" in s or "esc back" in s)

    def screen(self):
        return self.terminal.screen()

    def header(self):
        return self.screen().split("\n")[0]

    def wait(self, what, condition, seconds=5):
        try:
            return wait_for(what, lambda: (lambda s: condition(s) and s)(self.screen()), seconds)
        except AssertionError as e:
            raise e2e.Failure(f"{e}\n{self.screen()}") from None

    def key(self, *names):
        self.terminal.key(*names)

    def type(self, text):
        self.terminal.tmux("send-keys", "-l", "--", text)

    def at(self):
        """The cursor's second, as Unix time; None while it is live."""
        found = re.search(r" at (\d\d):(\d\d):(\d\d), ", self.header())
        if not found:
            return None
        now = time.gmtime()
        then = calendar.timegm((now.tm_year, now.tm_mon, now.tm_mday, *map(int, found.groups())))
        return then if then <= time.time() + 1 else then - 86400

    def moved(self, *keys):
        """Where the cursor is after these keys, which change that."""
        before = self.at()
        self.key(*keys)
        self.wait(f"{keys} move the cursor", lambda s: self.at() not in (None, before))
        return self.at()

    def go(self, text):
        self.key("t")
        self.wait("it asks for a time", lambda s: "go to" in s.rstrip().split("\n")[-1])
        self.type(text)
        self.key("Enter")

    def value(self, title):
        return value_of(self.screen(), title)

    def save(self, name):
        if self.story.options.keep:
            os.makedirs(self.story.options.keep, exist_ok=True)
            with open(f"{self.story.options.keep}/travel_{name}.txt", "w") as f:
                f.write(self.screen())

    def quit(self):
        self.key("q")
        check(self.terminal.exit_code() == 0, "q ends it with 0")
        self.terminal.close()
        self.story.terminals.remove(self.terminal)


class Story:
    def __init__(self, processes, options):
        self.processes, self.options, self.folder = processes, options, processes.folder
        self.terminals = []
        fake_cards.sysfs(processes.path("sys"), CARDS)
        self.script = fake_cards.Script(processes.path("cards"), CARDS)
        self.agent = e2e.Tacho(processes, options.tacho, extra_config="sampling: {accelerators: {isolation: thread}}\n",
                               flags=["--sysfs", processes.path("sys")],
                               env={"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": self.script.path})
        self.places = f"--state {self.agent.state} --runtime {self.agent.runtime}"
        self.xid = None

    def asked(self, expr, at, where):
        body = json.loads(self.agent.call("query", expr, "--at", str(at), "--format", "json", *where.split()))
        (series,) = body["data"]["result"]
        return float(series["value"][1])

    def check_second(self, top, where):
        """What is shown of the cursor's second is what a query says of it."""
        at = top.at()
        check(at is not None, f"it is not back in time:\n{top.screen()}")
        top.wait("the second's values", lambda s: all(value_of(s, title) for title in LINES))
        check(top.at() == at, "the cursor stands still")
        for title, (expr, factor) in LINES.items():
            shown = float(top.value(title).split()[0])
            wanted = self.asked(expr, at, where) * factor
            check(abs(shown - wanted) <= 0.006 * max(1, abs(wanted)) + 0.05 * (factor == 100),
                  f"{title} at {at} is shown as {shown}, and is {wanted}\n{top.screen()}")


def travels(story):
    top = Top(story, story.places + " --step 1s")
    top.wait("eight cards", lambda s: all(re.search(rf"^.{{6}}[ >]{n}  ", s, re.M) for n in range(CARDS)))
    top.save("live")
    first = top.moved("Left")
    check(top.moved("Left") == first - 1, "a step is a second")
    check(top.moved("Left") == first - 2, "and the next")
    story.check_second(top, story.places)
    top.go("-10s")
    top.wait("ten seconds ago", lambda s: top.at() not in (None, first - 2))
    here = top.at()
    story.check_second(top, story.places)
    shown = {title: top.value(title) for title in LINES}
    for _ in range(3):
        top.key("-")
    top.wait("a zoom", lambda s: "peaks of 10s" in s)
    top.wait("its values", lambda s: {title: value_of(s, title) for title in LINES} == shown)
    check(top.at() == here, "zooming leaves the cursor where it is")
    for _ in range(3):
        top.key("+")
    top.terminal.resize(200, 60)
    top.wait("a large terminal", lambda s: len(s.rstrip("\n").split("\n")) == 60 and "q quit" in s.rstrip().split("\n")[-1])
    check(top.at() == here, "a resize leaves the cursor where it is")
    top.wait("the same values", lambda s: {title: value_of(s, title) for title in LINES} == shown)
    top.terminal.resize(100, 30)
    top.key("G")
    top.wait("live again", lambda s: " live " in s.split("\n")[0])
    oldest = top.moved("g")
    check(top.moved("]") > oldest, "a screen on from the oldest second")
    top.go("25:00")
    top.wait("what is no time is said", lambda s: "is no time" in s)
    return top


def jumps(story, top):
    top.key("Space")
    story.script.tell(f"EVENT {SICK} 8 79")
    e2e_wait(story, 'increase(accel_errors_total{code="79"}[1m]) > 0')
    events = json.loads(story.agent.call("events", "--last", "5m", "--format", "json", *story.places.split()))["data"]
    (xid,) = [e for e in events if e["kind"] == "xid"]
    story.xid = -int(-xid["time"] // 1)
    top.wait("live", lambda s: " live " in s.split("\n")[0])
    top.wait("its mark in the bar", lambda s: "!" in s.split("\n")[1], 20)
    top.key("N")
    top.wait("a jump", lambda s: top.at() is not None)
    for _ in range(10):  # others may have come after it
        if top.at() <= story.xid:
            break
        top.moved("N")
    check(top.at() == story.xid, f"the Xid was at {story.xid}, the cursor is at {top.at()}")
    top.wait("the card is marked", lambda s: re.search(rf"^.{{6}}[ >]{SICK}   !", s, re.M))
    top.key("e")
    page = top.wait("the list", lambda s: "Xid 79" in s)
    check(f"nvidia {SICK}" in page, page)
    top.save("events")
    top.key("Enter")
    top.wait("back", lambda s: "Xid 79" not in s and top.at() == story.xid)


def e2e_wait(story, expr):
    until = time.monotonic() + 15
    while not e2e.api(story.agent.base, "query", {"query": expr})["result"]:
        check(time.monotonic() < until, f"{expr} has no result")
        time.sleep(0.1)


def drills(story, top):
    at = top.at()
    for _ in range(SICK):
        top.key("Down")
    top.key("Enter")
    page = top.wait("the card's page", lambda s: f"accel {SICK}" in s.split("\n")[0] and BRAILLE.search(s))
    check("activity" in page and "power" in page, page)
    check(top.at() == at, "the same second")
    top.save("card")
    top.key("End")
    page = top.wait("its end", lambda s: "uuid" in s)
    check(f"GPU-{SICK}" in page and "driver_version" in page, page)
    top.key("Escape")
    top.wait("the list", lambda s: value_of(s, "busy") and re.search(rf"^.{{6}}>{SICK} ", s, re.M))
    top.key("/")
    top.type("accel=3 power")
    top.key("Enter")
    page = top.wait("a filter", lambda s: "3 power" in s and not re.search("^cpu", s, re.M))
    check(len(re.findall(r"^(accel| {6}).* power ", page, re.M)) >= 1, page)
    top.key("Escape")
    top.wait("without it", lambda s: re.search("^cpu", s, re.M))
    top.key("s")
    page = top.wait("sorted", lambda s: "by now" in s.split("\n")[0])
    order = re.findall(r"^.{6}[ >](\d)   [ !] *([\d.]+)%", page, re.M)
    check(len(order) == CARDS, page)
    check([float(v) for _, v in order] == sorted((float(v) for _, v in order), reverse=True), f"{order}")
    top.quit()


def over_http(story):
    top = Top(story, f"--url {story.agent.base} --step 1s")
    top.moved("Left")
    story.check_second(top, story.places)
    top.go("-12s")
    top.wait("twelve seconds ago", lambda s: top.at() is not None and re.search(r"1[1-4]s ago", s.split("\n")[0]))
    story.check_second(top, story.places)
    # It stops for a moment, again and again: each key is seen at once.
    pid, slowest = story.agent.process.pid, 0.0
    for _ in range(5):
        os.kill(pid, signal.SIGSTOP)
        begun, before = time.monotonic(), top.at()
        top.key("Left")
        wait_for("a key while nobody answers", lambda: top.at() == before - 1, 3)
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(max(0, 0.2 - (time.monotonic() - begun)))
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.1)
    top.key("G")
    top.wait("live", lambda s: " live " in s.split("\n")[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        top.wait("it says since when", lambda s: re.search(r"no answer for \d+ s", s.split("\n")[0]), 8)
        check(top.value("load, 1 min"), "what is known stays")
        begun = time.monotonic()
        top.moved("Left")
        slowest = max(slowest, time.monotonic() - begun)
    finally:
        os.kill(pid, signal.SIGCONT)
    top.wait("it answers again", lambda s: "no answer" not in s.split("\n")[0], 15)
    top.quit()
    return slowest


def on_a_snapshot(story):
    path = story.processes.path("all.tacho")
    story.agent.call("snapshot", "-o", path, "--last", "5m", *story.places.split())
    top = Top(story, f"--file {path}")
    top.go(time.strftime("%H:%M:%S", time.gmtime(story.xid)))
    top.wait("the Xid's second", lambda s: top.at() == story.xid)
    story.check_second(top, f"--file {path}")
    top.quit()


def on_dead_files(story):
    story.agent.kill()
    time.sleep(4)
    top = Top(story, f"{story.places} --at {story.xid} --step 5s")
    check(top.at() == story.xid, f"--at: {top.header()}")
    check("peaks of 5s" in top.screen(), f"--step: {top.screen()}")
    check("agent not running" in top.header(), top.header())
    top.key("+")
    top.key("+")
    story.check_second(top, story.places)
    top.moved("Left")
    top.key("n")
    top.wait("the Xid again", lambda s: top.at() == story.xid)
    top.quit()


def body(processes, options):
    options.tacho = os.path.abspath(options.tacho)
    story = Story(processes, options)
    try:
        story.agent.start()
        e2e_wait(story, f"count(accel_up == 1) == {CARDS}")
        time.sleep(14)  # some seconds to go back to
        top = travels(story)
        jumps(story, top)
        drills(story, top)
        slowest = over_http(story)
        on_a_snapshot(story)
        on_dead_files(story)
    finally:
        for terminal in story.terminals:
            terminal.close()
    return f"each second is what a query says of it; a key is seen within {slowest * 1000:.0f} ms (tmux included) while nobody answers"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--library", default="build/tests/libfake_nvml.so")
    parser.add_argument("--keep", help="folder for the captured screens")
    e2e.main("top_travel", body, parser.parse_args())
