#!/usr/bin/env python3
"""One accelerator of eight is lost, hangs, crashes, and comes back: nobody else misses a second, and accel_up tells within three.

The real program over the fake library of NVIDIA's (fake_cards.py), one with the library in threads, one in a process a device, at
the same time. In each: a wave of work of 200 ms, whose busy seconds and peaks must be right to 1 %; then card 3 is lost, and hangs; in a process
it also crashes, and is killed; each for --seconds. Of all other cards and of the host every row is counted. At last the agent is
ended while card 3 hangs, and killed: no process of it is left. A machine that is held up takes seconds from everybody: then a trouble is
made once more, and who is held up by it is so again.

usage: accelerators.py --tacho build/tacho --library build/tests/libfake_nvml.so [--seconds 4] [--only thread|process]
"""
import argparse
import concurrent.futures
import os
import signal
import sys
import time

import e2e
import fake_cards
from e2e import check

CARDS, SICK = 8, 3
MODES = ["thread", "process"]
CALL = "nvmlDeviceGetFieldValues"  # in every row


def label(dictionary, name):
    return dict(dictionary)[name]


class Node:
    """An agent over eight cards, and what is asked of it again and again."""

    def __init__(self, processes, options, mode):
        self.processes, self.mode = processes, mode
        self.script = fake_cards.Script(processes.path("cards-" + mode), CARDS)
        self.script.base += fake_cards.wave(1, 200, 800)
        self.script.tell()
        self.agent = e2e.Tacho(processes, options.tacho, name=mode,
                               extra_config=f"sampling: {{accelerators: {{isolation: {mode}}}}}\n",
                               flags=["--sysfs", processes.path("sys")],
                               env={"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": self.script.path})

    def values(self, expr, at=None):
        params = {"query": expr} if at is None else {"query": expr, "time": f"{at:.3f}"}
        found = e2e.api(self.agent.base, "query", params)["result"]
        return {tuple(sorted(s["metric"].items())): float(s["value"][1]) for s in found}

    def value(self, expr, at=None):
        found = self.values(expr, at)
        check(len(found) == 1, f"{expr} has {len(found)} results: {found}")
        return next(iter(found.values()))

    def wait_for(self, expr, text, seconds):
        """How long it took, in seconds."""
        begun = time.monotonic()
        e2e.wait_until(f"{text}: {expr} has a result", lambda: self.values(expr), seconds)
        return time.monotonic() - begun

    def children(self):
        """{pid: (name, state)}"""
        return e2e.descendants(self.agent.process.pid)

    def child(self, n):
        found = [pid for pid, (name, state) in self.children().items() if name == f"tacho-nvidia{n}" and state != "Z"]
        check(len(found) == 1, f"card {n} has {len(found)} processes")
        return found[0]


def threads(pid):
    """But those for statfs, of which there are more where this machine's disks are slow."""
    count = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/comm") as f:
                count += f.read().strip() != "tacho-statfs"
        except OSError:
            pass  # it has just ended
    return count


def uses(node):
    """Threads and descriptors, of the agent and all its processes."""
    pids = [node.agent.process.pid, *node.children()]
    counts = [0, 0]
    for pid in pids:
        try:
            counts = [counts[0] + threads(pid), counts[1] + len(os.listdir(f"/proc/{pid}/fd"))]
        except OSError:
            pass  # it has just ended
    return counts


class Watch:
    """What everybody but the sick card gave, second by second, between two moments."""

    def __init__(self, node):
        self.node, self.begun = node, int(time.time()) + 1

    def report(self, name, extra=""):
        node, end = self.node, int(time.time())
        time.sleep(1.5)  # the last second's rows are there
        seconds = end - self.begun
        # A row is of (end - seconds, end]; one that was late carries its own time, some milliseconds behind the tick.
        rows = node.values(f'count_over_time(accel_memory_used_bytes{{accel!="{SICK}"}}[{seconds}s])', end + 0.5)
        check(len(rows) == CARDS - 1, f"{name}: {len(rows)} of {CARDS - 1} other cards have rows")
        rows |= node.values(f'count_over_time(node_memory_MemFree_bytes[{seconds}s])', end + 0.5)
        rows |= node.values(f'count_over_time(node_context_switches_total[{seconds}s])', end + 0.5)
        fewest = min(rows.values())
        others = f'tacho_source_missed_ticks_total{{source!~"nvidia{SICK}.*"}}'
        before, after = node.values(others, self.begun), node.values(others, end + 1)
        missed = {label(k, "source"): after[k] - before.get(k, 0) for k in after if after[k] > before.get(k, 0)}
        print(f"{node.mode}: {name}: {seconds} s; the others' and the host's rows: {fewest:.0f} of {seconds} at least; missed ticks: "
              f"{missed or 'none'}{extra}", flush=True)
        for source in missed:
            print("".join("  " + line for line in node.processes.log_text(node.mode).splitlines(True) if f"source {source} gives" in line), end="")
        # A busy machine can take a second from anybody; who is held up misses them all.
        allowed = max(1, seconds // 60)
        e2e.check_pace(fewest >= seconds - allowed, f"{name}: rows are missing: {rows}")
        e2e.check_pace(all(v <= allowed for v in missed.values()), f"{name}: ticks were missed: {missed}")


def squares(node, seconds):
    """200 ms of work, 200 ms of rest on card 0, 200 and 800 ms on card 1."""
    time.sleep(seconds + 2)

    def whole(card):
        """The end of so many seconds that each have their row: one that is late or missing is of other milliseconds, and no share of these."""
        end = int(time.time()) - 1
        question = {"query": f'accel_busy_seconds_total{{accel="{card}"}}[{seconds + 1}s]', "time": f"{end:.3f}"}
        rows = e2e.from_matrix(e2e.api(node.agent.base, "query", question)["result"])
        return end if [sorted(of) for of in rows.values()] == [[1000 * (end - i) for i in range(seconds, -1, -1)]] else None
    worst = 0.0
    for card, share, mean in (0, 0.5, 360.0), (1, 0.2, 192.0):
        who = f'{{accel="{card}"}}'
        end = e2e.wait_until(f"{seconds} whole seconds of card {card}", lambda: whole(card), 90)
        busy = (node.value(f"accel_busy_seconds_total{who}", end) - node.value(f"accel_busy_seconds_total{who}", end - seconds)) / seconds
        power = node.value(f'avg_over_time(accel_power_watts{{accel="{card}",window="average"}}[{seconds}s])', end + 0.5)
        peaks = [node.value(f"{f}_over_time(accel_power_{p}_watts{who}[{seconds}s])", end + 0.5)
                 for p in ("max", "min") for f in ("max", "min")]
        check(peaks == [640, 640, 80, 80], f"card {card}'s highest and lowest power of each second: {peaks}")
        for got, wanted in (busy, share), (power, mean):
            check(abs(got - wanted) <= 0.01 * wanted, f"card {card}: {got}, wanted {wanted} within 1 %")
            worst = max(worst, abs(got - wanted) / wanted)
    print(f"{node.mode}: waves of 200 ms over {seconds} s: busy seconds and power within {worst:.2%}, the highest and the lowest of each "
          f"second exact", flush=True)


def down(node, name):
    took = node.wait_for(f'accel_up{{accel="{SICK}"}} == 0', name, 30)
    e2e.check_pace(took <= 3.5, f"{name}: accel_up is 0 after {took:.1f} s, not within 3")
    return took


def up(node, name, seconds):
    return node.wait_for(f'accel_up{{accel="{SICK}"}} == 1 and on (accel) accel_memory_used_bytes', name, seconds)


def trouble(node, name, begin, seconds, back_within, meanwhile=None):
    """Card 3 is sick for `seconds`, then well again; also where a check of it fails."""
    watch, before = Watch(node), uses(node)
    begin()
    begun = time.monotonic()
    try:
        took = down(node, name)
        time.sleep(max(0, seconds - took))
        if seconds >= 8:
            check(not node.values(f'accel_memory_used_bytes{{accel="{SICK}"}}'), f"{name}: the card has no value, not its last one")
        if meanwhile:
            meanwhile()
        during = uses(node)
        check(during[0] <= before[0] and during[1] <= before[1] + 4, f"{name}: threads and descriptors went from {before} to {during}")
    finally:
        node.script.tell()
        sick = time.monotonic() - begun
        back = up(node, name, 100)
    e2e.check_pace(back <= back_within(sick), f"{name}: for {sick:.1f} s, and the card was back {back:.1f} s later")
    watch.report(name, f"; accel_up 0 after {took:.1f} s, back after {back:.1f} s")


def buried(node):
    """Whoever has died is not there for long: a look may come between a death and its burial."""
    dead = [pid for pid, (_, state) in node.children().items() if state == "Z"]
    e2e.wait_until(f"children that died, {dead}, are buried",
                   lambda: not any(node.children().get(pid, ("", ""))[1] == "Z" for pid in dead), 10)


def crashes(node, seconds):
    restarts = f'tacho_accel_child_restarts_total{{child="nvidia{SICK}"}}'
    begun = {n: node.child(n) for n in range(CARDS)}

    def seen():
        node.wait_for(f"{restarts} >= 1", "the card's process was started again", 30)
        buried(node)

    def crash():
        node.script.tell(f"CRASH {SICK} {CALL}")

    # Each start that fails makes the next one wait for longer.
    e2e.again(trouble, node, "crashes", crash, seconds, lambda sick: min(70, 4 * sick + 10), seen)
    said = [line for line in node.processes.log_text(node.mode).splitlines() if "SIGSEGV" in line]
    check(said and CALL in said[0] and f"nvidia{SICK}" in said[0], f"the log names signal, call and card: {said}")
    print("  " + said[0].split(" ", 1)[1])

    def is_killed():
        watch = Watch(node)
        before = node.value(restarts)
        os.kill(node.child(SICK), signal.SIGKILL)
        node.wait_for(f"{restarts} > {before}", "a killed child", 100)
        up(node, "a killed child", 100)
        watch.report("its process is killed")
    e2e.again(is_killed)
    now = {n: node.child(n) for n in range(CARDS)}
    check([n for n in now if now[n] != begun[n]] == [SICK], f"other cards' processes are others: {begun}, {now}")


def inheritance(node):
    """What a child has of the agent: nothing that is open, but for standard streams and its own sockets."""
    pid = node.child(0)
    links = sorted(os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd") if int(fd) > 2)
    check(not [l for l in links if l.startswith(node.processes.folder) and "cards-" not in l], f"a child has the agent's files: {links}")
    check(sum(l.startswith("socket:") for l in links) == 2, f"a child has two sockets, one for each source: {links}")


def end_while_it_hangs(node):
    node.script.tell(f"HANG {SICK} {CALL}")
    node.wait_for(f'accel_up{{accel="{SICK}"}} == 0', "hangs before the end", 30)
    pids = list(node.children())
    begun = time.monotonic()
    node.agent.stop()
    took = time.monotonic() - begun
    gone(pids, "stopped")
    print(f"{node.mode}: ended within {took:.1f} s while a card hung, all of its processes with it", flush=True)
    node.script.tell()


def gone(pids, how):
    left = lambda: [p for p in pids if os.path.exists(f"/proc/{p}")]
    e2e.wait_until(lambda: f"the agent was {how} and left {left()}", lambda: not left(), 30)


def end_by_force(node):
    node.agent.start()
    node.wait_for("count(accel_up == 1) == 8", "after a new start", 60)
    pids = list(node.children())
    check(len(pids) == CARDS + 1, f"{len(pids)} processes for {CARDS} cards")
    node.agent.kill()
    gone(pids, "killed")


def live(processes, options, mode):
    node = Node(processes, options, mode)
    node.agent.start()
    node.wait_for(f"count(accel_up == 1) == {CARDS}", "all cards", 60)
    check(node.value(f'tacho_accel_isolation_info{{isolation="{mode}"}}') == 1, "the mode is told")
    wanted = {"thread": "in threads of the agent", "process": f"in processes: {CARDS} of {CARDS} run, 0 times"}[mode]
    for where in (["--url", node.agent.base], ["--state", node.agent.state, "--runtime", node.agent.runtime]):
        told = node.agent.call("status", *where)
        check(wanted in told, f"tacho status tells where libraries work: {told}")
    time.sleep(2)
    if mode == "process":
        inheritance(node)

    def all_answer():
        watch = Watch(node)
        squares(node, max(8, options.seconds))
        watch.report("all answer")
    e2e.again(all_answer)
    e2e.again(trouble, node, "lost", lambda: node.script.tell(f"ALL {SICK} rc=15"), options.seconds, lambda sick: 40)
    # A call that took longer than 5 s costs the card half a minute's rest.
    e2e.again(trouble, node, "hangs", lambda: node.script.tell(f"HANG {SICK} {CALL}"), options.seconds, lambda sick: 15 if sick < 4.9 else 100)
    if mode == "process":
        crashes(node, options.seconds)
    end_while_it_hangs(node)
    if mode == "process":
        end_by_force(node)


def body(processes, options):
    options.tacho = os.path.abspath(options.tacho)
    fake_cards.sysfs(processes.path("sys"), CARDS)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(live, processes, options, mode) for mode in options.only or MODES]:
            done.result()
    return f"one of {CARDS} cards is sick for {options.seconds} s at a time, and nobody else misses a second"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--library", default="build/tests/libfake_nvml.so")
    parser.add_argument("--seconds", type=int, default=4, help="of each trouble")
    parser.add_argument("--only", choices=MODES, nargs=1)
    e2e.main("accelerators", body, parser.parse_args())
