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

    def wait(self, what, condition, seconds=60):
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

    def go_back(self, seconds):
        """To so long before its newest second, which is a little older than now. Returns where that is."""
        asked = time.time()
        self.go(f"-{seconds}s")
        self.wait(f"{seconds} s ago", lambda s: "go to" not in s.rstrip().split("\n")[-1] and re.search(r"\d+s ago", s.split("\n")[0])
                  and asked - seconds - 6 < (self.at() or 0) <= time.time() - seconds + 0.1)
        return self.at()

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
        """None where the second has no value."""
        body = json.loads(self.agent.call("query", expr, "--at", str(at), "--format", "json", *where.split(), ok=(0, 1)))
        found = [float(series["value"][1]) for series in body["data"]["result"]]
        check(len(found) <= 1, f"{expr} at {at}: {found}")
        return found[0] if found else None

    def check_second(self, top, where):
        """What is shown of the cursor's second is what a query says of it; of an earlier one where the machine was held up in this one.
        Returns the second."""
        for _ in range(20):
            at = top.at()
            check(at is not None, f"it is not back in time:\n{top.screen()}")
            found = {title: self.asked(expr, at, where) for title, (expr, _) in LINES.items()}
            if None not in found.values():
                break
            top.moved("Left")
        screen = top.wait("the second's values", lambda s: all(value_of(s, title) for title in LINES))
        check(top.at() == at, "the cursor stands still")
        for title, (expr, factor) in LINES.items():
            shown = float(value_of(screen, title).split()[0])
            wanted = found[title] * factor
            check(abs(shown - wanted) <= 0.006 * max(1, abs(wanted)) + 0.05 * (factor == 100),
                  f"{title} at {at} is shown as {shown}, and is {wanted}\n{screen}")
        return at


def travels(story):
    top = Top(story, story.places + " --step 1s")
    top.wait("eight cards", lambda s: all(re.search(rf"^.{{6}}[ >]{n}  ", s, re.M) for n in range(CARDS)))
    top.save("live")
    first = top.moved("Left")
    check(top.moved("Left") == first - 1, "a step is a second")
    check(top.moved("Left") == first - 2, "and the next")
    story.check_second(top, story.places)
    top.go_back(10)
    here = story.check_second(top, story.places)
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
    top.wait("its mark in the bar", lambda s: "!" in s.split("\n")[1])
    # The mark may be another's: of seconds that are missing.
    top.key("e")
    top.wait("it is in the list", lambda s: "Xid 79" in s)
    top.key("Escape")
    top.wait("the list goes", lambda s: "Xid 79" not in s)
    top.key("N")
    top.wait("a jump", lambda s: top.at() is not None)
    for _ in range(50):  # others may have come after it
        if top.at() <= story.xid:
            break
        top.moved("N")
    check(top.at() == story.xid, f"the Xid was at {story.xid}, the cursor is at {top.at()}")
    top.wait("the card is marked", lambda s: re.search(rf"^.{{6}}[ >]{SICK}   !", s, re.M))
    top.key("e")
    top.wait("the list", lambda s: "Xid 79" in s and f"nvidia {SICK}" in s)
    top.save("events")
    top.key("Enter")
    top.wait("back", lambda s: "Xid 79" not in s and top.at() == story.xid)


def e2e_wait(story, expr):
    e2e.wait_until(f"{expr} has a result", lambda: e2e.api(story.agent.base, "query", {"query": expr})["result"])


def drills(story, top):
    at = top.at()
    for _ in range(SICK):
        top.key("Down")
    top.key("Enter")
    # All of it at once: a screen can be captured while it is being drawn.
    top.wait("the card's page", lambda s: f"accel {SICK}" in s.split("\n")[0] and BRAILLE.search(s) and "activity" in s and "power" in s)
    check(top.at() == at, "the same second")
    top.save("card")
    top.key("End")
    top.wait("its end", lambda s: "uuid" in s and f"GPU-{SICK}" in s and "driver_version" in s)
    top.key("Escape")
    top.wait("the list", lambda s: value_of(s, "busy") and re.search(rf"^.{{6}}>{SICK} ", s, re.M))
    top.key("/")
    top.type("accel=3 power")
    top.key("Enter")
    top.wait("a filter", lambda s: "3 power" in s and not re.search("^cpu", s, re.M) and re.search(r"^(accel| {6}).* power ", s, re.M))
    top.key("Escape")
    top.wait("without it", lambda s: re.search("^cpu", s, re.M))
    top.key("s")

    def is_sorted(screen):
        order = [float(v) for v in re.findall(r"^.{6}[ >]\d   [ !] *([\d.]+)%", screen, re.M)]
        return "by now" in screen.split("\n")[0] and len(order) == CARDS and order == sorted(order, reverse=True)
    top.wait("sorted", is_sorted)
    top.quit()


def over_http(story):
    top = Top(story, f"--url {story.agent.base} --step 1s")
    top.moved("Left")
    story.check_second(top, story.places)
    top.go_back(12)
    story.check_second(top, story.places)
    # It stops for a moment, again and again: each key is seen at once.
    pid, slowest = story.agent.process.pid, 0.0
    for _ in range(5):
        os.kill(pid, signal.SIGSTOP)
        begun, before = time.monotonic(), top.at()
        top.key("Left")
        wait_for("a key while nobody answers", lambda: top.at() == before - 1, 15)
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(max(0, 0.2 - (time.monotonic() - begun)))
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.1)
    top.key("G")
    top.wait("live", lambda s: " live " in s.split("\n")[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        top.wait("it says since when", lambda s: re.search(r"no answer for \d+ s", s.split("\n")[0]))
        top.wait("what is known, which stays", lambda s: value_of(s, "load, 1 min") and "no answer" in s.split("\n")[0])
        begun = time.monotonic()
        top.moved("Left")
        slowest = max(slowest, time.monotonic() - begun)
    finally:
        os.kill(pid, signal.SIGCONT)
    top.wait("it answers again", lambda s: "no answer" not in s.split("\n")[0])
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
    top.wait("--at", lambda s: top.at() == story.xid)
    top.wait("--step, and that nobody lives", lambda s: "peaks of 5s" in s and "agent not running" in s.split("\n")[0])
    top.key("+")
    top.key("+")
    story.check_second(top, story.places)
    top.moved("Left")
    for _ in range(50):  # others may come before it
        if top.moved("n") >= story.xid:
            break
    check(top.at() == story.xid, f"the Xid again: {top.header()}")
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
