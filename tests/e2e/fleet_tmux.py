#!/usr/bin/env python3
"""tacho top --nodes in a real terminal (tmux): a row a node, of which one dies and one never was; keys, a node's own page and back.

    python3 tests/e2e/fleet_tmux.py --tacho build/tacho [--library build/tests/libfake_nvml.so] [--keep FOLDER]

Starts three agents of its own, two of them with four cards of the fake library, on the loopback, and a tmux server of its own, and ends
nothing else.
"""
import argparse
import os
import re
import shutil
import signal
import sys
import time

import e2e
import fake_cards
from e2e import check
from top_tmux import BLOCKS, Terminal, wait_for

CARDS = 4


class Node:
    def __init__(self, processes, tacho, name, library=None):
        self.processes, self.name = processes, name
        self.address = f"127.0.0.1:{e2e.free_port()}"
        flags, env = [], {}
        if library:
            script = fake_cards.Script(processes.path(name + ".script"), CARDS)
            flags = ["--sysfs", fake_cards.sysfs(processes.path(name + "-sys"), CARDS)]
            env = {"TACHO_NVML_LIBRARY": os.path.abspath(library), "TACHO_FAKE_NVML": script.path}
        self.process = processes.start(name, [tacho, "run", "--state", processes.make_folder(name + "-state"), "--runtime",
                                              processes.make_folder(name + "-run"), "--listen", self.address, *flags], env)

    def ready(self):
        self.processes.wait_http(self.process, f"http://{self.address}/-/ready")

    def end(self, how):
        self.processes.end(self.process, how)


def rows(screen):
    """{address: its row} of the fleet page."""
    return {found.group(1): line for line in screen.split("\n") if (found := re.match(r"[> ]([\w.:]+) ", line)) and ":" in found.group(1)}


class Story:
    def __init__(self, processes, keep):
        self.processes, self.keep, self.terminal = processes, keep, None

    def open(self, width, height, env=None):
        if self.terminal:
            self.terminal.close()
        self.terminal = Terminal(self.processes.folder, width, height, env)
        return self.terminal

    def save(self, name):
        screen = self.terminal.screen()
        if self.keep:
            os.makedirs(self.keep, exist_ok=True)
            for kind, text in ("txt", screen), ("ansi", self.terminal.screen(colours=True)):
                with open(f"{self.keep}/{name}.{kind}", "w") as f:
                    f.write(text)
        return screen

    def wait(self, what, condition, seconds=60):
        try:
            return wait_for(what, condition, seconds)
        except AssertionError as e:
            raise e2e.Failure(f"{e}\n{self.save('failed')}") from None


def fits(screen, width, height):
    lines = screen.rstrip("\n").split("\n")
    check(len(lines) == height and all(len(line) <= width for line in lines), f"{width}x{height}:\n{screen}")


def wide_and_narrow(story, tacho, nodes, nobody):
    names = ",".join([n.address for n in nodes] + [nobody])
    with_cards, without = nodes[:2], nodes[2]
    t = story.open(160, 30)
    t.run(f"{tacho} top --nodes {names}")
    story.wait("four rows", lambda: len(rows(t.screen())) == 4)
    is_full = lambda: all(re.search(r"\d %|\d%", rows(t.screen()).get(n.address, "")) for n in nodes)
    story.wait("values of all", is_full)

    # All of it at once: a screen can be captured while it is drawn, and a node that is held up is silent for a moment.
    def is_whole(screen):
        lines = screen.rstrip("\n").split("\n")
        of = rows(screen)
        return (len(lines) == 30 and screen.startswith(" 4 nodes  ") and "1 silent" in lines[0] and f"{2 * CARDS} devices" in lines[0]
                and all(re.search(rf"\b{title}\b", lines[1]) for title in ("node", "age", "n", "busy", "least", "power", "hot", "marks", "cpu", "mem",
                                                                            "busy, last 60 s", "cpu, last 60 s"))
                and all(re.match(rf".{re.escape(n.address)} +[0-3]s  {CARDS} +[\d.]+%", of.get(n.address, ""))
                        and re.search(f"[{BLOCKS}]{{3}}", of[n.address]) for n in with_cards)
                and re.match(rf".{re.escape(without.address)} +[0-3]s +[\d.]+%", of.get(without.address, ""))
                and "silent: " in of.get(nobody, "") and "refused" in of[nobody])
    screen = story.wait("all of 160x30", lambda: is_whole(found := t.screen()) and found)
    story.save("fleet_160x30")
    fits(screen, 160, 30)
    check(t.screen(colours=True) != screen, "styles")

    t.resize(80, 24)
    is_drawn = lambda s: (len(s.rstrip("\n").split("\n")) == 24 and "q quit" in s and all(n.address in rows(s) for n in nodes)
                          and all(re.search(f"[{BLOCKS}]", rows(s)[n.address]) for n in with_cards)
                          and all(word in s.split("\n")[1] for word in ("busy", "least", "cpu", "age")))
    screen = story.wait("80x24", lambda: is_drawn(found := t.screen()) and found)
    story.save("fleet_80x24")
    fits(screen, 80, 24)
    first = screen
    story.wait("the seconds go on", lambda: t.screen().split("\n")[0] != first.split("\n")[0])


def keys(story, nodes, nobody):
    t = story.terminal
    selected = lambda: next((a for a, row in rows(t.screen()).items() if row.startswith(">")), None)
    order = story.wait("four rows", lambda: len(found := list(rows(t.screen()))) == 4 and found)
    t.key("Home")
    story.wait("the first is chosen", lambda: selected() == order[0])
    t.key("Down", "j")
    story.wait("down", lambda: selected() == order[2])
    t.key("Home")
    t.key("w")
    story.wait("worst first", lambda: "sort: worst first" in t.screen() and list(rows(t.screen()))[:1] == [nobody])
    story.wait("the choice stays with its node", lambda: selected() == order[0])
    t.key("b")
    story.wait("the busiest first", lambda: (list(rows(t.screen())) or [""])[0] in [n.address for n in nodes[:2]])
    t.key("n")
    story.wait("by name again", lambda: list(rows(t.screen())) == order)
    t.key("?")
    story.wait("help", lambda: "does not answer" in t.screen())
    story.save("fleet_help")
    t.key("x")
    story.wait("back from help", lambda: len(rows(t.screen())) == 4)

    t.key("Home")
    for _ in range(order.index(nodes[0].address)):
        t.key("Down")
    story.wait("a node with cards is chosen", lambda: selected() == nodes[0].address)
    t.key("Enter")
    story.wait("its own page", lambda: "series" in t.screen().split("\n")[0] and "cpu" in t.screen())
    story.wait("the way back is told", lambda: "esc nodes" in story.save("fleet_node").rstrip("\n").split("\n")[-1])
    t.key("?")
    story.wait("its help", lambda: "any key: back" in t.screen())
    t.key("Escape")
    # Two at once would be another key.
    story.wait("its help goes", lambda: "any key: back" not in t.screen() and "series" in t.screen().split("\n")[0])
    t.key("Escape")
    story.wait("back at the fleet", lambda: "4 nodes" in t.screen())
    story.wait("still chosen", lambda: selected() == nodes[0].address)
    t.key("Home")
    for _ in range(order.index(nobody)):
        t.key("Down")
    story.wait("the silent one is chosen", lambda: selected() == nobody)
    t.key("Enter")
    story.wait("why it has no page", lambda: "is silent" in t.screen().rstrip("\n").split("\n")[-1])
    t.key("Home")


def one_dies(story, nodes):
    t = story.terminal
    nodes[1].end(signal.SIGKILL)
    story.wait("it is silent", lambda: "silent: " in rows(t.screen()).get(nodes[1].address, ""))
    story.wait("it is counted", lambda: "2 silent" in story.save("fleet_one_dead").split("\n")[0])
    began = t.screen().split("\n")[0]
    story.wait("the others go on", lambda: t.screen().split("\n")[0] != began)
    story.wait("they are of now", lambda: re.search(r" [0-3]s ", rows(t.screen()).get(nodes[0].address, "")))
    t.key("q")
    check(t.exit_code() == 0, "q ends it with 0")
    check(t.is_given_back(), f"the terminal is given back: {t.modes()}")


def hanging_node(story, tacho, nodes):
    """Somebody who takes connections and says nothing holds up nobody."""
    import socket
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        t = story.open(80, 24, {"LANG": "C"})
        good = f"localhost:{nodes[0].address.split(':')[1]}"
        t.run(f"{tacho} top --nodes {address},{good}")
        story.wait("the one that answers", lambda: re.search(r" [0-3]s ", rows(t.screen()).get(good, "")))
        story.wait("the one that does not", lambda: "silent: " in rows(t.screen()).get(address, ""))
        check(not re.search(f"[{BLOCKS}]", t.screen()), "no blocks in a C locale")
        story.save("fleet_hanging")

        def quits():
            began = time.monotonic()
            t.key("q")
            check(t.exit_code() == 0, "q ends it with 0")
            took = time.monotonic() - began
            if took >= 3:
                t.run(f"{tacho} top --nodes {address},{good}")
                story.wait("the one that answers", lambda: re.search(r" [0-3]s ", rows(t.screen()).get(good, "")))
            e2e.check_pace(took < 3, f"q took {took:.1f} s, and is not to wait for who does not answer")
        e2e.again(quits)


def body(processes, options):
    tacho = os.path.abspath(options.tacho)
    nodes = [Node(processes, tacho, "cards-1", options.library), Node(processes, tacho, "cards-2", options.library), Node(processes, tacho, "host")]
    nobody = f"127.0.0.1:{e2e.free_port()}"
    for n in nodes:
        n.ready()
    time.sleep(3)  # some seconds to look at
    story = Story(processes, options.keep)
    try:
        wide_and_narrow(story, tacho, nodes, nobody)
        keys(story, nodes, nobody)
        one_dies(story, nodes)
        hanging_node(story, tacho, nodes)
    finally:
        if story.terminal:
            story.terminal.close()
    return "three nodes, one dead, one hanging, one that never was"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--library", default="build/tests/libfake_nvml.so")
    parser.add_argument("--keep", help="folder for the captured screens")
    if not shutil.which("tmux"):
        sys.exit("tmux is not installed (tools/dev setup installs it)")
    e2e.main("fleet", body, parser.parse_args())
