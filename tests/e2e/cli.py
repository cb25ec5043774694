#!/usr/bin/env python3
"""The program as a user meets it: verbs, exit codes, help, what it is linked to, promtool against a live agent.

    cli.py --tacho build/tacho
"""
import argparse
import collections
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import completion
import e2e

VERBS = ["run", "check-config", "top", "query", "series", "status", "metrics", "sample", "devices", "job", "events", "export", "serve",
         "check-remote", "ship", "completion", "man", "snapshot"]
TREES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sampler", "trees")


def run(*command, timeout=60):
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def help_and_exit_codes(tacho):
    for verb in VERBS:
        done = run(tacho, verb, "--help")
        e2e.check(done.returncode == 0 and "Example:" in done.stdout, f"tacho {verb} --help: {done.returncode}, no example")
    for wrong in (["nonsense"], ["query"], ["query", "up", "--step", "soon"], ["query", "up", "--at", "later"], ["sample"],
                  ["query", "up", "--url", "http://127.0.0.1:1", "--file", "x"], []):
        done = run(tacho, *wrong)
        e2e.check(done.returncode == 2, f"tacho {' '.join(wrong)}: exit {done.returncode} instead of 2")
        e2e.check(done.stderr.startswith("tacho: ") and done.stderr.count("\n") == 1, f"tacho {' '.join(wrong)}: {done.stderr!r}")


def errors_are_one_sentence(tacho, processes):
    nowhere = processes.path("nowhere")
    broken = processes.path("broken.om")
    with open(broken, "w") as f:
        f.write("a 1 1\nb{ 2 2\n# EOF\n")
    config = processes.path("bad.yml")
    with open(config, "w") as f:
        f.write("global:\n  external_label: {a: b}\n")
    for command, part in ((["query", "up", "--state", nowhere, "--runtime", nowhere], nowhere),
                          (["query", "sum(", "--file", broken], "broken.om:2"),
                          (["serve", "--file", nowhere], nowhere),
                          (["check-config", config], "bad.yml:2"),
                          (["run", "--config", config], "bad.yml:2"),
                          (["run", "--listen", "no-port", "--state", nowhere + "1", "--runtime", nowhere + "2"], "no-port"),
                          (["query", "up", "--url", "http://127.0.0.1:1"], "127.0.0.1:1")):
        done = run(tacho, *command)
        e2e.check(done.returncode == 1, f"tacho {' '.join(command)}: exit {done.returncode} instead of 1: {done.stderr}")
        e2e.check(part in done.stderr, f"tacho {' '.join(command)}: does not say {part!r}: {done.stderr!r}")


def self_contained(tacho):
    libraries = {line.split()[0].split("/")[-1] for line in run("ldd", tacho).stdout.splitlines()}
    extra = {name for name in libraries if not re.match(r"(linux-vdso|libc\.so|libm\.so|ld-linux)", name)}
    e2e.check(not extra, f"tacho links to {sorted(extra)}")


def one_sample(tacho):
    done = run(tacho, "sample", "--once")
    e2e.check(done.returncode == 0, done.stderr)
    for name in ("node_cpu_seconds_total", "node_memory_MemTotal_bytes", "node_load1", "node_vmstat_pgfault", "node_network_receive_bytes_total",
                 "node_filesystem_size_bytes"):
        e2e.check(f"# TYPE {name} " in done.stdout, f"tacho sample --once has no {name}")
    catalogue = run(tacho, "metrics").stdout
    families = tuple(re.findall(r"^(\S+)\* ", catalogue, re.M))  # node_vmstat_* and the like: what the kernel names
    e2e.check(families and all(len(family) > len("node_x_") for family in families), f"tacho metrics has the families {families}")
    for name in set(re.findall(r"^# TYPE (\S+)", done.stdout, re.M)):
        e2e.check(re.search(rf"^{name} ", catalogue, re.M) or name.startswith(families), f"{name} is not in tacho metrics")


def json_of(tacho, *command, code=0):
    """The data of the one document that is printed; no key of it stands twice in an object."""
    def unique(pairs):
        e2e.check(len({k for k, _ in pairs}) == len(pairs), f"tacho {' '.join(command)}: a key stands twice in {pairs}")
        return dict(pairs)
    done = run(tacho, *command, "--format", "json")
    e2e.check(done.returncode == code, f"tacho {' '.join(command)} --format json: exit {done.returncode} instead of {code}: {done.stderr}")
    answer = json.loads(done.stdout, object_pairs_hook=unique)
    e2e.check(answer["status"] == "success" and set(answer) <= {"status", "data", "warnings", "infos"}, f"{answer}")
    return answer["data"]


def json_says_what_tables_say(tacho, processes):
    rows = [line.split() for line in run(tacho, "metrics").stdout.splitlines()[1:]]
    metrics = json_of(tacho, "metrics")
    e2e.check(len(metrics) == len(rows) > 100, f"{len(metrics)} metrics as JSON, {len(rows)} in the table")
    for row, m in zip(rows, metrics):
        columns = [m["name"], m["type"], m.get("unit", "-"), m["collector"],
                   f"{m['interval_seconds']:g}s" if m.get("interval_seconds", 60) < 60 else row[4], m["shipped"]]
        e2e.check(row[:6] == columns and ("interval_seconds" in m) == (row[4] != "tick") and m["help"] and m["source"], f"{row} is {m}")

    page = processes.path("series.om")
    with open(page, "w") as f:
        f.write('a{x="1",y="<\\"\\n"} 1 1\na{x="2"} 1 1\nb 1 1\n# EOF\n')
    for matcher in ([], ["a"], ['{x="2"}']):
        lines = run(tacho, "series", *matcher, "--file", page).stdout.splitlines()
        labels = json_of(tacho, "series", *matcher, "--file", page)
        texts = [s["__name__"] + ("{" + ",".join(f"{k}={json.dumps(v)}" for k, v in s.items() if k != "__name__") + "}" if len(s) > 1 else "")
                 for s in labels]
        e2e.check(lines == texts, f"tacho series {matcher}: {lines} in the table, {texts} as JSON")
    e2e.check(json_of(tacho, "series", "nothing", "--file", page, code=1) == [], "no series is no empty list")

    node = ("--sysfs", os.path.join(TREES, "amd/sys"), "--rootfs", os.path.join(TREES, "amd"))
    table = run(tacho, "devices", *node).stdout
    devices = json_of(tacho, "devices", *node)["devices"]
    e2e.check(len(devices) == 5, f"{devices}")
    said = collections.Counter()
    for d in devices:
        line = next(l for l in table.splitlines() if d["pci_bus_id"] in l)
        e2e.check(line.split()[:3] == [d["vendor"], d["accel"], d["pci_bus_id"]] and f" {d['model']} " in line and d["answers"]
                  and f" {d['series']} series each tick, {d['slow_series']} slowly" in line, f"{line!r} is {d}")
        said.update((lack["what"], lack["why"]) for lack in d["unsupported"])
    lacks = collections.Counter(tuple(re.split(r"\s{2,}", l.strip(), maxsplit=1)) for l in table.splitlines() if l.startswith("  "))
    e2e.check(set(lacks) == {(" ".join(what.split()), why) for what, why in said}, f"{set(lacks) ^ set(said)}")
    nothing = processes.make_folder("no-devices")
    e2e.check(json_of(tacho, "devices", "--sysfs", nothing, "--rootfs", nothing) == {"devices": [], "libraries": []}, "no devices are not none")

    right, wrong = processes.path("right.yml"), processes.path("wrong.yml")
    with open(right, "w") as f:
        f.write("listen: 127.0.0.1:9980\n")
    with open(wrong, "w") as f:
        f.write("listen: 127.0.0.1:9980\nstorag: 1\nglobal:\n  external_label: {a: b}\n")
    e2e.check(json_of(tacho, "check-config", right) == {"file": right, "right": True, "problems": []}, "a right configuration is not right")
    report = json_of(tacho, "check-config", wrong, code=1)
    texts = [f"{wrong}:{p['line']}: {p['text']}" for p in report["problems"]]
    e2e.check(not report["right"] and [p["line"] for p in report["problems"]] == [2, 4] and {p["severity"] for p in report["problems"]} == {"error"}
              and texts == run(tacho, "check-config", wrong).stderr.splitlines(), f"{report}")

    with open(right, "w") as f:
        f.write("remote_write: [{name: a, url: 'http://127.0.0.1:1/x?secret=1'}, {name: b, url: 'http://127.0.0.1:2/'}]\n")
    told = run(tacho, "check-remote", "--config", right).stdout
    endpoints = json_of(tacho, "check-remote", "--config", right, code=1)
    again = "".join(f"{e['name']}  {e['url']}\n" + "".join(f"  {f['what']:<10} {f['text']}\n" for f in e["findings"]) for e in endpoints)
    e2e.check(told == again and "127.0.0.1:1" in told and [e["good"] for e in endpoints] == [False, False], f"{told!r} is {endpoints}")


def at_terminal(command, stdout=None, stderr=None, env=None, before_end=lambda p: None):
    """What a program writes to a terminal that is its stdout and stderr, or what of the two is not given."""
    outer, inner = pty.openpty()
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout or inner, stderr=stderr or inner, env={**os.environ, "TERM": "xterm", **(env or {})})
    os.close(inner)
    before_end(p)
    text = b""
    try:
        while data := os.read(outer, 65536):
            text += data
    except OSError:
        pass  # how Linux says that nobody has the other end
    os.close(outer)
    return p.wait(60), text.decode()


def colours(tacho, processes):
    page = processes.path("colours.om")
    with open(page, "w") as f:
        f.write("".join(f'a{{x="{x}"}} {x * t % 7} {t}\n' for t in range(1, 60) for x in (1, 2, 3)) + "# EOF\n")
    chart = (tacho, "query", "a", "--last", "50s", "--file", page, "--format", "chart")
    plain = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    for what, command, env, coloured in (("at a terminal", chart, {}, True), ("NO_COLOR=1", chart, {"NO_COLOR": "1"}, False),
                                         ("NO_COLOR empty", chart, {"NO_COLOR": ""}, True), ("--no-color", (*chart, "--no-color"), {}, False),
                                         ("a dumb terminal", chart, {"TERM": "dumb"}, False)):
        code, text = at_terminal(command, env={**plain, "NO_COLOR": "", **env})
        e2e.check(code == 0 and 'x="3"' in text and ("\x1b[" in text) == coloured, f"the chart, {what}: exit {code}, {text[-300:]!r}")
    e2e.check("\x1b" not in run(*chart).stdout, "a chart in a pipe has colours")


def progress(tacho, processes):
    """A bar while an export waits for who reads it, on the terminal alone and gone at the end; none where there is no terminal."""
    page = processes.path("many.om")
    with open(page, "w") as f:
        for t in range(1, 1001):
            f.writelines(f'a{{x="{x}"}} {t} {t}\n' for x in range(100))
        f.write("# EOF\n")
    command = (tacho, "export", "--file", page, "--last", "1h")
    expected = run(*command)
    e2e.check(expected.returncode == 0 and expected.stderr == "" and "\r" not in expected.stdout, f"in a pipe: {expected.stderr!r}")
    got = []

    def read_late(p):
        waiting = lambda: struct.unpack("i", fcntl.ioctl(p.stdout, termios.FIONREAD, bytes(4)))[0]
        e2e.wait_until("the pipe is full", lambda: waiting() >= 65536)
        time.sleep(2)
        got.append(p.stdout.read())
    code, text = at_terminal(command, stdout=subprocess.PIPE, before_end=read_late)
    e2e.check(code == 0 and got[0].decode() == expected.stdout, "an export beside a bar is another")
    shown = text.split("\r")
    e2e.check(re.fullmatch(r"exporting \[#+\.*\] +\d+ %, \d+ s left *", shown[1] if len(shown) > 1 else ""), f"the bar: {text!r}")
    e2e.check(shown[-1] == "" and set(shown[-2]) == {" "}, f"the bar stays: {text!r}")


def manual(tacho, processes):
    done = run(tacho, "man")
    e2e.check(done.returncode == 0 and done.stdout.startswith(".TH TACHO 1 "), done.stdout[:200])
    page = processes.path("tacho.1")
    with open(page, "w") as f:
        f.write(done.stdout)
    checks = [c for c in (["man", "--warnings", "-l", page], ["mandoc", "-T", "lint", "-W", "style", page]) if shutil.which(c[0])]
    for check in checks:
        told = run(*check)
        complaints = told.stderr if check[0] == "man" else told.stdout
        e2e.check(told.returncode == 0 and not complaints, f"{' '.join(check)}: {complaints}")
    # As a person reads it: what --help says of each verb is there.
    if shutil.which("man"):
        shown = re.sub(r".\x08", "", subprocess.run(["man", "-l", page], capture_output=True, text=True, env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8"}).stdout)
        for verb in VERBS:
            for flag in re.findall(r"--[a-z-]+", run(tacho, verb, "--help").stdout.split("Example:")[0]):
                e2e.check(flag == "--help" or re.search(rf"{flag}\b", shown.replace("\u2010", "-")), f"the manual does not have {verb} {flag}")
    return [c[0] for c in checks]


def live_agent(tacho_binary, processes):
    agent = e2e.Tacho(processes, tacho_binary)
    agent.start()
    time.sleep(5)
    now = int(time.time())

    def http(path, **params):
        request = urllib.request.Request(agent.base + "/api/v1/" + path + "?" + urllib.parse.urlencode(params))
        try:
            return urllib.request.urlopen(request, timeout=60).read().decode().strip()
        except urllib.error.HTTPError as e:
            return e.read().decode().strip()

    def by_files(expr, *flags, code=0):
        local = run(tacho_binary, "query", expr, *flags, "--state", agent.state, "--runtime", agent.runtime, "--format", "json")
        e2e.check(local.returncode == code, f"{expr}: exit {local.returncode}, {local.stderr}")
        return local.stdout.strip()

    # The same bytes from the files and over HTTP.
    for expr in ("node_load1", "sum by (mode) (node_cpu_seconds_total)", "count({__name__=~'node_.*'})", "1 +", "rate(node_forks_total[3s])"):
        answer = e2e.same_answer(expr, lambda: http("query", query=expr, time=now - 1),
                                 lambda: by_files(expr, "--at", str(now - 1), code=1 if expr == "1 +" else 0))
        e2e.check(('"status":"success"' in answer) == (expr != "1 +"), f"{expr}: {answer}")

    # Ranges as well, and a limit's error.
    for expr, last, step in (("node_load1", 3, 1), ("sum by (cpu) (rate(node_cpu_seconds_total[3s]))", 2, 0.5), ("up", 20_000, 1)):
        at = now - 1
        answer = e2e.same_answer(f"{expr} over {last} s", lambda: http("query_range", query=expr, start=at - last, end=at, step=step),
                                 lambda: by_files(expr, "--at", str(at), "--last", f"{last}s", "--step", f"{int(step * 1000)}ms", code=0 if last < 11_000 else 1))
        e2e.check(('"status":"success"' in answer) == (last < 11_000), f"{expr} over {last} s: {answer[:300]}")

    # By the state folder alone; by URL; as CSV.
    e2e.check("node_load1" in run(tacho_binary, "query", "node_load1", "--state", agent.state).stdout, "not found by --state alone")
    table = run(tacho_binary, "query", "node_load1", "--url", agent.base)
    e2e.check(table.returncode == 0 and "node_load1" in table.stdout, f"by URL: {table.stderr}")
    chart = run(tacho_binary, "query", "node_load1", "--last", "3s", "--state", agent.state, "--format", "chart").stdout
    e2e.check(chart.count("\n") >= 8 and "node_load1" in chart and "\x1b" not in chart, f"the chart is {chart!r}")
    csv = run(tacho_binary, "query", "node_load1", "--last", "3s", "--url", agent.base, "--format", "csv").stdout
    e2e.check(re.search(r"^\d+,node_load1", csv, re.M) and not re.search(r"^\d+\.", csv, re.M), f"by URL the times are not the samples': {csv}")
    csv = run(tacho_binary, "query", "node_load1", "--last", "20s", "--state", agent.state, "--format", "csv").stdout
    e2e.check(csv.startswith("time,series,value\n") and csv.count("\n") >= 4, f"csv: {csv!r}")

    # The window's state, from the files and over HTTP.
    for where in (["--state", agent.state], ["--url", agent.base]):
        told = run(tacho_binary, "status", *where)
        e2e.check(told.returncode == 0 and re.search(r"^budget +\S+ MiB", told.stdout, re.M) and re.search(r"^cpu +1 s", told.stdout, re.M),
                  f"tacho status {' '.join(where)}: {told.stdout}{told.stderr}")

    # Series as JSON are the API's, byte for byte; jobs have the same form by files and by HTTP.
    series = run(tacho_binary, "series", "node_cpu_seconds_total", "--state", agent.state, "--runtime", agent.runtime, "--format", "json").stdout
    by_url = run(tacho_binary, "series", "node_cpu_seconds_total", "--url", agent.base, "--format", "json").stdout
    over_http = e2e.http_get(agent.base + "/api/v1/series", {"match[]": "node_cpu_seconds_total"})
    e2e.check(series == by_url and series.strip() == over_http.strip(), f"series: files {series[:300]!r}, URL {by_url[:300]!r}, HTTP {over_http[:300]!r}")
    for where in (["--state", agent.state, "--runtime", agent.runtime], ["--url", agent.base]):
        e2e.check({"from", "to", "jobs"} <= set(json_of(tacho_binary, "job", *where)), f"tacho job {where}: other keys")
        e2e.check("windowSeconds" in json_of(tacho_binary, "status", *where), f"tacho status {where}: no windowSeconds")

    # Events by files and by HTTP; that there are none is no error.
    for where in (["--state", agent.state, "--runtime", agent.runtime], ["--url", agent.base]):
        e2e.check(isinstance(json_of(tacho_binary, "events", *where), list), f"tacho events {where}: no list")
        none = run(tacho_binary, "events", "no_such_metric", "--last", "5s", *where)
        e2e.check(none.returncode == 0 and none.stdout.startswith("no events in the 5s before "), f"tacho events {where}: {none}")

    # promtool, as people use it.
    if shutil.which("promtool"):
        for arguments in (["query", "instant", agent.base, "sum(rate(node_cpu_seconds_total[1m]))"],
                          ["query", "range", "--step=1s", f"--start={now - 3}", f"--end={now}", agent.base, "node_load1"],
                          ["query", "series", "--match=node_load1", agent.base],
                          ["query", "labels", agent.base, "mode"]):
            done = run("promtool", *arguments)
            e2e.check(done.returncode == 0 and done.stdout.strip(), f"promtool {' '.join(arguments)}: {done.stderr}{done.stdout}")
        checked = subprocess.run(["promtool", "check", "metrics"], input=e2e.http_get(agent.base + "/metrics"), capture_output=True, text=True)
        # Its remarks on style begin with the metric's name, which may be node_netstat_Udp_InErrors.
        bad = [l for l in checked.stderr.splitlines() if "error" in re.sub(r"^(node|tacho)_\S+", "", l).lower()]
        e2e.check(checked.returncode in (0, 3) and not bad, f"promtool check metrics: {checked.stderr}")

    # What is exported can be served again, and says the same.
    exported = processes.path("seconds.om")
    with open(exported, "w") as f:
        f.write(agent.call("export", "--last", "1m", "--state", agent.state, "{__name__=~\"node_load.*|node_cpu_seconds_total\"}"))
    for expr in ("node_load1", "sum by (cpu) (rate(node_cpu_seconds_total[3s]))"):
        a = json.loads(run(tacho_binary, "query", expr, "--at", str(now - 1), "--file", exported, "--format", "json").stdout)
        b = agent.query_files(expr, "--at", str(now - 1))
        e2e.check(a["data"] == b, f"{expr}: the export says {a}, the agent {b}")

    # A second agent on the same folders is refused; a third process reads on after the first has ended.
    second = run(tacho_binary, "run", "--state", agent.state, "--runtime", agent.runtime, "--listen", "127.0.0.1:0")
    e2e.check(second.returncode == 1 and "--state" in second.stderr, f"a second agent: {second.returncode} {second.stderr}")

    def stops():
        if agent.process.poll() is not None:
            agent.start()
        started = time.monotonic()
        agent.stop()
        e2e.check_pace(time.monotonic() - started < 5, "stopping took over 5 s")
    e2e.again(stops)
    e2e.check("node_load1" in run(tacho_binary, "query", "node_load1", "--state", agent.state).stdout, "nothing to read after a clean stop")
    left = [f for f in os.listdir(agent.runtime) if f.endswith(".head")]
    e2e.check(not left, f"heads are left after a clean stop: {left}")
    jobs_as_json(tacho_binary, processes, agent.state)
    broken_state(tacho_binary, processes, agent.state)


def jobs_as_json(tacho, processes, state):
    """Jobs of the window, and of reports that are left of those before it: one document."""
    where = ("--state", state, "--runtime", processes.path("no-runtime"))
    data = json_of(tacho, "job", *where)
    e2e.check(set(data) == {"from", "to", "jobs", "unattributed", "devices"} and data["jobs"] == [], f"{data}")
    os.makedirs(os.path.join(state, "jobs"))
    for end, text in ((1700000100000, '{"from":1700000000.5,"to":1700000100,"jobs":[{"job":"t","device_hours":0.25}],"devices":[]}'),
                      (1700000200000, '{"from":1700000100,"to":1700000200,"jobs":[{"job":"t","run":2}]}'), (1700000300000, '{"from":17000')):
        with open(os.path.join(state, "jobs", f"{end}.a!t.json"), "w") as f:
            f.write(text + "\n")
    data = json_of(tacho, "job", "t", *where)
    e2e.check(data == {"from": 1700000000.5, "to": 1700000200, "jobs": [{"job": "t", "device_hours": 0.25}, {"job": "t", "run": 2}]}, f"{data}")
    with open(os.path.join(state, "jobs", "1700000100000.a!t.txt"), "w") as f:
        f.write("job a/t\n")
    e2e.check(run(tacho, "job", "t", *where).stdout == "job a/t\n", "a kept report is not printed as it is")
    drawn = run(tacho, "job", "t", *where, "--charts", "always").stdout
    e2e.check(drawn.startswith("job a/t\n") and "no charts: the window no longer holds" in drawn, f"charts of a job whose seconds are gone: {drawn}")
    shutil.rmtree(os.path.join(state, "jobs"))


def broken_state(tacho, processes, state):
    """What the agent and readers say of a state folder that they cannot use, or not write."""
    runtime = processes.path("runtime-of-broken")
    ring = os.path.join(state, "ring")

    def answer(what, part, query, prefix=()):
        agent = run(*prefix, tacho, "run", "--state", state, "--runtime", runtime, "--listen", "127.0.0.1:0")
        e2e.check(agent.returncode == 1 and part in agent.stderr and agent.stderr.count("\n") == 1,
                  f"tacho run, {what}: exit {agent.returncode}, {agent.stderr!r} without {part!r}")
        reader = run(*prefix, tacho, "query", "node_load1", "--state", state)
        e2e.check(reader.returncode == query, f"tacho query, {what}: exit {reader.returncode} instead of {query}: {reader.stderr}")

    mounts = ("unshare", "-m", "sh", "-c", f'mount --bind "{state}" "{state}" && mount -o remount,bind,ro "{state}" && exec "$@"', "sh")
    if run(*mounts, "true").returncode == 0:
        answer("state read-only", "Read-only file system; the agent writes there", 0, mounts)
    with open(ring, "r+b") as f:
        f.seek(8)
        f.write(b"\x09")
    answer("ring of version 9", "use the tacho that wrote it", 1)
    os.remove(ring)
    os.mkfifo(ring)
    answer("ring a pipe", "is a pipe or a device where a file should be", 1)
    os.remove(ring)
    os.mkdir(ring)
    answer("ring a folder", "is a folder where a file should be", 1)


def body(processes, arguments):
    tacho = os.path.abspath(arguments.tacho)
    help_and_exit_codes(tacho)
    self_contained(tacho)
    errors_are_one_sentence(tacho, processes)
    one_sample(tacho)
    json_says_what_tables_say(tacho, processes)
    colours(tacho, processes)
    progress(tacho, processes)
    checked = manual(tacho, processes)
    completed = completion.shells(tacho, processes)
    live_agent(tacho, processes)
    return f"{len(VERBS)} verbs, {completed}, the manual's page checked by {checked}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tacho", default="build/tacho")
    e2e.main("cli", body, parser.parse_args())
