#!/usr/bin/env python3
"""What verbs print in a terminal fits it, speaks to nobody but its reader, and what goes into a pipe is not touched by any of that.

    terminal_width.py --tacho build/tacho

Over files of made samples (no agent): tables, series, charts, heat strips, job pages, in a pseudo terminal of 80, 120 and 200 columns.
"""
import argparse
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

import e2e
from e2e import check

START = 1795690000
ENV = {**{k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLORTERM", "LC_ALL", "LC_CTYPE")}, "LANG": "C.UTF-8", "TERM": "xterm-256color",
       "TZ": "UTC"}


def in_terminal(command, width, height=24, env=None):
    """The text that the command writes to a terminal of this size."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env or ENV, close_fds=True)
    os.close(slave)
    out = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # its other end is closed
            break
        if not piece:
            break
        out += piece
    os.close(master)
    process.wait(60)
    return out.decode().replace("\r\n", "\n")


def piped(command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, env=env or ENV, timeout=60)
    check(done.returncode == 0, f"{command}: {done.stderr}")
    return done.stdout


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def must_fit(what, text, width):
    check(text.strip(), f"{what}: nothing was printed")
    for line in plain(text).split("\n"):
        check(columns(line) <= width, f"{what}: {columns(line)} columns of {width}: {line!r}")
        check(not re.search("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]", line), f"{what}: it speaks to the terminal: {line!r}")


def write_samples(path):
    """Eight cards of a job for ten minutes, of which one is silent for a while; and series with names that are long, wide and rude."""
    lines = []
    for metric, value in (("accel_up", lambda d, i: 0 if d == 5 and i > 590 else 1), ("accel_utilization_ratio", lambda d, i: 0.02 if i % 60 < 5 else 0.5 + d / 16),
                          ("accel_power_watts", lambda d, i: 100 + 50 * d), ("accel_memory_used_bytes", lambda d, i: (d + 1) << 30)):
        lines.append(f"# TYPE {metric} gauge")
        for d in range(8):
            labels = (f'vendor="nvidia",accel="{d}",job_name="train-7",namespace="team-a",pod="train-7-worker-{d // 4}.example.org",'
                      f'pod_uid="0b1c2d3e-aaaa-bbbb-cccc-00000000000{d // 4}"')
            # A card tells its mean power and what it draws now, which is no further power.
            for window, times in ((',window="average"', 1), (',window="instant"', 1.5)) if metric == "accel_power_watts" else (("", 1),):
                lines += [f"{metric}{{{labels}{window}}} {times * value(d, i):g} {START + i}" for i in range(600) if not (d == 3 and 200 <= i < 300)]
    lines.append("# TYPE odd gauge")
    for i, value in enumerate(("日本語のとても長い名前" * 8, "\\n and \x1b[31mred\x07", "x" * 300)):
        lines += [f'odd{{i="{i}",text="{value}"}} {j} {START + j}' for j in range(600)]
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n# EOF\n")


def tables_fit(tacho, page):
    for width in (80, 120, 200):
        for verb in (["query", "odd"], ["query", '{__name__=~".+"}'], ["query", "odd", "--last", "5s"], ["query", "accel_power_watts", "--last", "5s"],
                     ["query", "accel_power_watts", "--last", "10m", "--format", "chart"], ["query", "accel_power_watts", "--format", "chart"],
                     ["query", "odd", "--last", "10m", "--format", "chart"], ["query", "odd", "--last", "10m", "--format", "heat"],
                     ["query", "accel_utilization_ratio", "--last", "10m", "--format", "heat"], ["series"], ["job"], ["job", "train-7"], ["status"],
                     ["events", "--start", str(START), "--end", str(START + 600)], ["check"]):
            must_fit(f"tacho {' '.join(verb)} at {width}", in_terminal([tacho, *verb, "--file", page], width), width)
    trees = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sampler", "trees", "amd")
    must_fit("tacho devices at 80", in_terminal([tacho, "devices", "--sysfs", f"{trees}/sys", "--rootfs", trees], 80), 80)
    check("5" in in_terminal([tacho, "events", "--start", str(START), "--end", str(START + 600), "--file", page], 80), "no events to look at")
    check("NOT FIT" in in_terminal([tacho, "check", "--file", page], 80), "no finding to look at")
    # Nothing is lost to the width.
    joined = lambda text: re.sub(r"\s", "", text)
    for verb in (["series"], ["job"]):
        rows = piped([tacho, *verb, "--file", page]).splitlines()
        narrow = joined(in_terminal([tacho, *verb, "--file", page], 80))
        for word in re.findall(r"[\w.]{3,}", " ".join(rows[:30])):
            check(word in narrow, f"tacho {verb[0]}: {word} is not there at 80 columns")


def pipes_are_whole(tacho, page):
    labels = 'job_name="train-7",namespace="team-a",pod="train-7-worker-0.example.org"'
    table = piped([tacho, "query", 'accel_power_watts{window="average"}', "--file", page])
    check(table.splitlines()[0] == 'accel_power_watts{job_name="train-7",namespace="team-a",vendor="nvidia",window="average"}', table)
    check(table.splitlines()[1:3] == ["series" + " " * 94 + "value", '{accel="0",pod="train-7-worker-0.example.org",pod_uid="0b1c2d3e-aaaa-bbbb-cccc-000000000000"}'.ljust(100) + "100"]
          or len({len(l) for l in table.splitlines()[1:]}) == 1, table)
    check("x" * 300 in piped([tacho, "query", "odd", "--file", page]), "a long label is shortened in a pipe")
    check(f'odd{{i="2",text="{"x" * 300}"}}' in piped([tacho, "series", "odd", "--file", page]).splitlines(), "a series is wrapped in a pipe")
    job = piped([tacho, "job", "train-7", "--file", page])
    check("utilization\n" not in job and "charts" not in job and labels.split('"')[1] in job, job)
    check(max(map(len, job.splitlines())) > 100, "a job's table is parted in a pipe")
    drawn = piped([tacho, "job", "train-7", "--charts", "always", "--file", page])
    check(drawn.startswith(job) and "\nutilization\n" in drawn and "power of all devices" in drawn and "memory of the fullest" in drawn, drawn)
    check("\x1b" not in drawn, "colours in a pipe")
    check(re.search(r"power of all devices[^\n]*\n.*?from 1950 W to 2200 W", drawn, re.S), f"the cards' power is not what they draw: {drawn}")
    check("\x1b" not in piped([tacho, "query", "odd", "--file", page]) + piped([tacho, "series", "odd", "--file", page]), "a label speaks to a pipe's reader")
    check("utilization\n" not in in_terminal([tacho, "job", "train-7", "--charts", "never", "--file", page], 80), "--charts never draws")
    for fmt in ("json", "csv"):
        whole = piped([tacho, "query", "accel_power_watts", "--last", "5s", "--format", fmt, "--file", page])
        check(in_terminal([tacho, "query", "accel_power_watts", "--last", "5s", "--format", fmt, "--file", page], 80).replace("\r", "")
              == whole.replace("\r", ""), f"{fmt} differs in a terminal")
    whole = piped([tacho, "job", "train-7", "--format", "json", "--file", page])
    check(in_terminal([tacho, "job", "train-7", "--format", "json", "--file", page], 80) == whole, "a job's JSON differs in a terminal")


def heat_shows(tacho, page):
    # A plain selector would show the last sample for five minutes.
    ask = [tacho, "query", "max_over_time(accel_utilization_ratio[1s])", "--last", "10m", "--format", "heat", "--file", page]
    text = in_terminal(ask, 160)
    rows = [line for line in text.split("\n") if re.match(r"\d ", plain(line))]
    check([plain(r)[0] for r in rows] == list("01234567"), text)
    check(set(re.findall(r"48;5;(\d+)m", text)) and "\x1b[48;5;" in rows[0], "256 colours")
    check(re.search(r"\x1b\[0m {10,}\x1b\[48", rows[3]) and not re.search(r"\x1b\[0m {10,}\x1b\[48", rows[2]), f"the silent card's gap: {rows[3]!r}")
    check("0.0 %" in text and "100.0 %" in text and "a gap: no value" in text, text)
    few = in_terminal(ask, 160, env={**ENV, "TERM": "xterm"})
    check("\x1b[36m" in few and "█" in few and "48;5" not in few, few)
    none = in_terminal(ask, 160, env={**ENV, "NO_COLOR": "1", "LANG": "C"})
    check("\x1b" not in none and none.isascii() and re.search(r"[.:=+*#%@-]{20}", none), none)
    short = in_terminal(ask, 80, height=8)
    check(len(short.strip("\n").split("\n")) <= 7 and re.search(r"^[5-7] more that", plain(short), re.M), short)
    done = subprocess.run([tacho, "query", "odd", "--format", "heat", "--file", page], capture_output=True, text=True)
    check(done.returncode == 1 and "--last" in done.stderr and not done.stdout, f"a heat strip of an instant: {done}")


def an_agent_says_the_same(tacho, page):
    with e2e.Processes("width") as processes:
        port = e2e.free_port()
        base = f"http://127.0.0.1:{port}"
        processes.wait_http(processes.start("serve", [tacho, "serve", "--file", page, "--listen", f"127.0.0.1:{port}"]), base + "/-/ready")
        for verb in (["job"], ["job", "train-7"], ["job", "train-7", "--charts", "always"]):
            check(piped([tacho, *verb, "--url", base]) == piped([tacho, *verb, "--file", page]), f"{verb}: by URL not as by file")
        for verb in (["job"], ["job", "train-7"], ["series", "odd"]):
            text = in_terminal([tacho, *verb, "--url", base], 80)
            must_fit(f"{verb} by URL", text, 80)
            check(text == in_terminal([tacho, *verb, "--file", page], 80), f"{verb} in a terminal: by URL not as by file")
        several(tacho, page, f"127.0.0.1:{port}")


def several(tacho, page, node):
    """tacho job --nodes: two names of one node, so that all is there twice; and one where nobody is."""
    twice = f"{node},localhost:{node.split(':')[1]}"
    must_fit("tacho job --nodes", in_terminal([tacho, "job", "train-7", "--nodes", twice], 80), 80)
    table = piped([tacho, "job", "--nodes", twice])
    check(re.search(r"^team-a/train-7 +2 +2 +16 ", table, re.M), table)
    text = piped([tacho, "job", "train-7", "--nodes", twice, "--charts", "always"])
    alone = piped([tacho, "job", "train-7", "--url", f"http://{node}"])
    check(text.startswith("job team-a/train-7 on 2 nodes: 16 devices, ") and text.count(alone) == 2, text)
    check(text.count("\nnode ") == 2 and "accel/node" in text and "power of each node's devices" in text, text)
    gone = f"127.0.0.1:{e2e.free_port()}"
    done = subprocess.run([tacho, "job", "--nodes", f"{node},{gone}"], capture_output=True, text=True)
    check(done.returncode == 1 and f"no answer of {gone}" in done.stderr and "1 of 2 nodes answered" in done.stderr and "team-a/train-7" in done.stdout, f"{done}")
    data = json.loads(piped([tacho, "job", "train-7", "--nodes", twice, "--format", "json"]))["data"]
    check([n["node"] for n in data["nodes"]] == twice.split(",") and len(data["nodes"][0]["report"]["jobs"]) == 1, f"{data}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tacho", required=True)
    tacho = os.path.abspath(parser.parse_args().tacho)
    with tempfile.TemporaryDirectory(prefix="tacho-width-") as folder:
        page = os.path.join(folder, "page.om")
        write_samples(page)
        for test in (tables_fit, pipes_are_whole, heat_shows, an_agent_says_the_same):
            test(tacho, page)
            print(f"{test.__name__}: good", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
