"""What the end-to-end scripts share: processes of their own, a Prometheus to send to, exported seconds, and the slow reference.

Python's standard library only. Every process started here is ended here, by its own id; everything is on the loopback and in a
temporary folder. A failed check raises Failure, and the script exits 1 with its text.
"""
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

# What is shipped at a time, and how names say it; scripts that use another window set both.
WINDOW_MS = 60_000
WINDOW_NAME = "1m"
STALE = object()  # a staleness marker among exported values


class Failure(Exception):
    """A check that did not hold; the text says what, where and by how much."""


class HeldUp(Failure):
    """A check of how long something took, or of a second that was missed: what a machine that is held up fails now and then, too. See again()."""


class Unusable(Exception):
    """What this machine lacks for a test, or for a part of one. Nothing is wrong with what is tested; the report says that it was skipped."""


def one_line(error):
    """The beginning of a tool's long complaint, for a report."""
    return " ".join(str(error).split())[:300]


def attempt(skipped, what, function, *arguments):
    """The function's value; or None where the machine lacks something for it, which is added to `skipped`."""
    try:
        return function(*arguments)
    except Unusable as e:
        skipped.append(f"skipped: {what}: {e}")
        return None


def check(condition, text):
    if not condition:
        raise Failure(text)


def check_pace(condition, text):
    """Of what a machine that is held up can spoil; within again()."""
    if not condition:
        raise HeldUp(text)


def again(function, *arguments, tries=4):
    """The function's value; where it says HeldUp it is called again. What is too slow is so each time, a machine is held up now and then."""
    for left in reversed(range(tries)):
        try:
            return function(*arguments)
        except HeldUp as e:
            if not left:
                raise
            print(f"again, for the machine may have been held up: {one_line(e)}", flush=True)


def wait_until(what, condition, seconds=60):
    """condition() is asked until it gives something; that is returned. The time is no guarantee, it ends a wait that is in vain."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        check(time.monotonic() < until, f"{what() if callable(what) else what}: not within {seconds} s")
        time.sleep(0.05)
    return found


def same_answer(what, ask, ask_otherwise, tries=20):
    """Two ways to one answer. A row may come between the two, so the first is asked before and after: where it has not changed, both are the same.
    Returns the answer."""
    for _ in range(tries):
        before, found, after = ask(), ask_otherwise(), ask()
        if before == after:
            check(found == before, f"{what}: {str(before)[:400]!r}, and otherwise asked {str(found)[:400]!r}")
            return found
        time.sleep(0.2)
    raise Failure(f"{what}: it is another at each asking, {tries} times")


reserved = []  # ports of this process, as sockets that say so


def free_port():
    """A port that nobody else takes as long as this process lives, also while nothing listens there: none of those that the kernel gives to who
    asks for any, and kept from scripts that run beside this one by an abstract name (of the same network name space, as the port is)."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        given_from = int(f.read().split()[0])
    first = max(1024, given_from - 12_000)
    for _ in range(1000):
        # Where the kernel gives nearly all of them, any will do.
        port = random.SystemRandom().randrange(first, given_from if given_from > first + 1000 else 65536)
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0tacho-test-port-{port}")
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        reserved.append(name)
        return port
    raise Failure("no port is free")


def http_get(url, params=None, timeout=30):
    if params:
        url += "?" + urllib.parse.urlencode(params)
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read().decode()


def api(base, path, params=None, timeout=60):
    """The data of a Prometheus API answer."""
    data = urllib.parse.urlencode(params or {}).encode()
    request = urllib.request.Request(base + "/api/v1/" + path, data=data, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            body = json.load(answer)
    except urllib.error.HTTPError as e:
        raise Failure(f"{base}/api/v1/{path} {params}: {e.code} {e.read()[:500]!r}") from None
    check(body.get("status") == "success", f"{base}/api/v1/{path} {params}: {body}")
    return body["data"]


def api_get(base, path, params=None):
    """The same of what is not asked by a form."""
    return json.loads(http_get(f"{base}/api/v1/{path}", params))["data"]


def held_up(base, seconds):
    """Those of the seconds in or beside which a row was begun late, took long or was missed: its second's last word in a stream, two seconds
    later, may have come before it."""
    names = "lateness", "duration"
    asked = {"query": " + ".join(f"max(last_over_time(tacho_source_{name}_seconds[1s]))" for name in names), "start": min(seconds), "end": max(seconds),
             "step": 1}
    slow = {round(t): float(v) for series in api(base, "query_range", asked)["result"] for t, v in series["values"]}
    return {t + by for t in seconds if slow.get(t, 9) > 1 for by in (-1, 0, 1, 2)}


class Processes:
    """A temporary folder and the processes that work in it; both are gone at the end."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix=f"tacho-{name}-")
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for p in reversed(self.running):
            self.end(p)
        if kind is not None and kind is not KeyboardInterrupt:
            for name in sorted(os.listdir(self.folder)):
                if name.endswith(".log"):
                    with open(os.path.join(self.folder, name), errors="replace") as f:
                        tail = f.read()[-3000:]
                    print(f"--- {name}\n{tail}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def make_folder(self, *parts):
        os.makedirs(self.path(*parts), exist_ok=True)
        return self.path(*parts)

    def start(self, name, command, env=None):
        """`env`: variables beside those of this process."""
        with open(self.path(name + ".log"), "ab") as log:
            p = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=os.environ | (env or {}))
        p.name = name
        self.running.append(p)
        return p

    def end(self, p, how=signal.SIGTERM, seconds=60):
        if p.poll() is None:
            p.send_signal(how)
            try:
                p.wait(seconds)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        if p in self.running:
            self.running.remove(p)
        return p.returncode

    def wait_http(self, p, url, seconds=90):
        until = time.monotonic() + seconds
        while True:
            try:
                return http_get(url, timeout=5)
            except (OSError, urllib.error.URLError):
                check(p.poll() is None, f"{p.name} ended with {p.returncode} before it answered at {url}")
                check(time.monotonic() < until, f"{p.name} did not answer at {url} within {seconds} s")
                time.sleep(0.05)

    def log_text(self, name):
        with open(self.path(name + ".log"), errors="replace") as f:
            return f.read()


def descendants(pid):
    """{pid: (name, state)} of all processes below that one."""
    found, stats = {pid}, {}
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{p}/stat") as f:
                head, tail = f.read().rsplit(")", 1)
            stats[int(p)] = (head.split("(", 1)[1], tail.split()[0], int(tail.split()[1]))
        except OSError:
            pass  # it has just ended
    while more := {p for p, (_, _, parent) in stats.items() if parent in found} - found:
        found |= more
    return {p: stats[p][:2] for p in found - {pid}}


def start_prometheus(processes, name="prometheus", config="", flags=()):
    """Debian's Prometheus, receiving remote write. Returns (process, base URL)."""
    check(shutil.which("prometheus"), "prometheus is not installed (Debian's package prometheus)")
    port = free_port()
    config_path = processes.path(name + ".yml")
    with open(config_path, "w") as f:
        f.write(config)
    base = f"http://127.0.0.1:{port}"
    p = processes.start(name, ["prometheus", f"--config.file={config_path}", f"--web.listen-address=127.0.0.1:{port}",
                               f"--storage.tsdb.path={processes.make_folder(name + '-data')}",
                               "--web.enable-remote-write-receiver", "--log.level=warn", *flags])
    processes.wait_http(p, base + "/-/ready")
    return p, base


class Tacho:
    """One agent's folders and address; started and ended any number of times."""

    def __init__(self, processes, binary, remote_write_url=None, labels=None, extra_config="", interval="1s", name="tacho",
                 flags=(), env=None):
        self.processes, self.binary, self.interval, self.name, self.flags, self.env = processes, binary, interval, name, flags, env
        self.state = processes.make_folder(name + "-state")
        self.runtime = processes.make_folder(name + "-runtime")
        self.listen = f"127.0.0.1:{free_port()}"
        self.base = "http://" + self.listen
        self.config = processes.path(name + ".yml")
        self.process = None
        text = extra_config
        if labels:
            pairs = ", ".join(f"{k}: {v}" for k, v in labels.items())
            text += f"global:\n  external_labels: {{{pairs}}}\n"
        if remote_write_url:
            text += f"remote_write:\n  - url: {remote_write_url}\nshipping: {{spread: 0}}\n"
        with open(self.config, "w") as f:
            f.write(text)

    def start(self):
        self.process = self.processes.start(self.name, [
            self.binary, "run", "--config", self.config, "--listen", self.listen, "--state", self.state, "--runtime", self.runtime,
            "--interval", self.interval, *self.flags], self.env)
        self.processes.wait_http(self.process, self.base + "/-/healthy")

    def kill(self):
        self.processes.end(self.process, signal.SIGKILL)

    def stop(self):
        code = self.processes.end(self.process)
        check(code == 0, f"{self.name} ended with {code} when asked to stop")

    def call(self, *arguments, ok=(0,), timeout=120):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, timeout=timeout)
        check(done.returncode in ok, f"tacho {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def query_files(self, expr, *arguments):
        """`tacho query` over the folders, with or without an agent."""
        text = self.call("query", expr, "--state", self.state, "--runtime", self.runtime, "--format", "json", *arguments)
        body = json.loads(text)
        check(body["status"] == "success", f"tacho query {expr}: {text[:500]}")
        return body["data"]

    def wait_shipped(self, end_ms, seconds=120):
        """Until every endpoint is done with the window that ends then. As the cursors say, which come after all of a window's requests."""
        def done():
            ends = []
            for name in os.listdir(self.state):
                if name.startswith("ship-") and name.endswith(".cursor"):
                    with open(os.path.join(self.state, name)) as f:
                        ends += [int(line.split()[1]) for line in f if line.startswith("window_end_ms ")]
            return ends and min(ends) >= end_ms
        wait_until(f"the window ending {end_ms // 1000} is shipped", done, seconds)

    def export(self, last="10m"):
        return parse_openmetrics(
            self.call("export", "--last", last, "--format", "openmetrics", "--state", self.state, "--runtime", self.runtime))


# --- samples

def number(text):
    if text == "StaleNaN":
        return STALE
    return float(text)  # takes NaN, +Inf, -Inf, 1e+06


_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?')
_ESCAPE = re.compile(r"\\(.)")


def parse_series(text):
    """name{a="b"} as a key: a sorted tuple of (label, value), the name among them."""
    name, brace, rest = text.partition("{")
    labels = [("__name__", name)]
    at = 0
    while brace and rest[at:] != "}":
        m = _LABEL.match(rest, at)
        check(m, f"cannot read the series {text!r}")
        labels.append((m.group(1), _ESCAPE.sub(lambda e: {"n": "\n"}.get(e.group(1), e.group(1)), m.group(2))))
        at = m.end()
    return tuple(sorted(labels))


def split_sample(line):
    """(series, value, time) as texts: blanks inside quotes do not separate."""
    end = line.rfind("}") + 1 or line.find(" ")
    value, t = line[end:].split()
    return line[:end], value, t


def parse_openmetrics(text):
    """({series key: {time in ms: value}}, {family name: type}). Checks that no series has two samples of one time."""
    samples, types, keys = {}, {}, {}
    check(text.rstrip().endswith("# EOF"), "the export does not end in # EOF")
    for line in text.splitlines():
        if line.startswith("#"):
            parts = line.split(" ", 3)
            if parts[1] == "TYPE":
                types[parts[2]] = parts[3]
            continue
        series, value, t = split_sample(line)
        key = keys.get(series) or keys.setdefault(series, parse_series(series))
        t_ms = round(float(t) * 1000)
        of_series = samples.setdefault(key, {})
        check(t_ms not in of_series, f"{series} has two samples at {t}")
        check(not of_series or next(reversed(of_series)) < t_ms, f"{series} goes back in time at {t}")
        of_series[t_ms] = number(value)
    return samples, types


def name_of(key):
    return dict(key)["__name__"]


def with_name(key, name):
    return tuple(sorted((l, name if l == "__name__" else v) for l, v in key))


def without(key, *labels):
    return tuple((l, v) for l, v in key if l not in labels)


def is_gauge(key, types):
    return types.get(name_of(key)) == "gauge"


def from_matrix(result):
    """An API matrix as {series key: {time in ms: value}}."""
    return {tuple(sorted(s["metric"].items())): {round(t * 1000): number(v) for t, v in s["values"]} for s in result}


# --- the reference

def expected_minute(of_series, end, gauge):
    """(value under the metric's own name, maximum, minimum, count) of (end - 60 s, end], the slow and exact way; None when empty."""
    values = [v for t, v in of_series.items() if end - WINDOW_MS < t <= end and v is not STALE]
    if not values:
        return None
    real = [v for v in values if not math.isnan(v)] or [math.nan]
    average = math.nan if any(math.isnan(v) for v in values) else math.fsum(values) / len(values)
    return average if gauge else values[-1], max(real), min(real), len(values)


def same(a, b, scale=0.0):
    """Equal to 1e-9; `scale` is the magnitude of what was added up."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b), scale)


def check_minutes(exported, types, shipped, first_end, last_end, external):
    """Every minute of every series at the receiver equals what the exported seconds come to, none is missing, none made up.

    `shipped`: {series key with external labels: {ms: value}}. Returns counts for the report.
    """
    shipped = {without(k, *external): v for k, v in shipped.items()}
    counts = {"minutes": 0, "values": 0, "peaks": 0, "markers": 0}
    expected_at = set()
    for end in range(first_end, last_end + 1, WINDOW_MS):
        counts["minutes"] += 1
        for key, of_series in exported.items():
            gauge = is_gauge(key, types)
            want = expected_minute(of_series, end, gauge)
            if want is None:
                continue
            got = shipped.get(key, {}).get(end)
            check(got is not None, f"{key} has {want[3]} seconds in the minute ending {end // 1000} and was not shipped")
            check(got is not STALE and same(got, want[0]), f"{key} at {end // 1000}: shipped {got!r}, the seconds come to {want[0]!r}")
            expected_at.add((key, end))
            counts["values"] += 1
            for suffix, peak in ((f":{WINDOW_NAME}_max", want[1]), (f":{WINDOW_NAME}_min", want[2])):
                peak_key = with_name(key, name_of(key) + suffix)
                if peak_key not in shipped:
                    continue  # the catalogue does not ask for it
                got = shipped[peak_key].get(end)
                check(got is not None, f"{peak_key} is missing in the minute ending {end // 1000}")
                check(same(got, peak), f"{peak_key} at {end // 1000}: shipped {got!r}, the seconds come to {peak!r}")
                expected_at.add((peak_key, end))
                counts["peaks"] += 1
    for key, of_series in shipped.items():
        for t in of_series:
            check(t % WINDOW_MS == 0, f"{key} was shipped at {t}, which is no whole minute")
            if name_of(key) == "tacho_rollup_samples_ratio" or not first_end <= t <= last_end:
                continue
            check((key, t) in expected_at, f"{key} was shipped at {t // 1000} without seconds in that minute")
    check(counts["peaks"] > 0, f"no :{WINDOW_NAME}_max was shipped at all")
    return counts


def receiver_minutes(base, selector, start_ms, end_ms):
    """All samples the receiver holds of a selector, as stored (no look-back)."""
    seconds = (end_ms - start_ms) // 1000 + 1
    data = api(base, "query", {"query": f"{selector}[{seconds}s]", "time": end_ms / 1000})
    return from_matrix(data["result"])


# --- load

class Load:
    """Work of its own that comes and goes, in child processes: busy loops and file writes. Seeded; bounded in time."""

    def __init__(self, processes, seed=1, most=2):
        self.processes, self.random, self.most = processes, random.Random(seed), most
        self.children = []

    def turn(self):
        """Call about once a second: starts and lets end."""
        self.children = [c for c in self.children if c.poll() is None]
        if len(self.children) < self.most and self.random.random() < 0.4:
            seconds = self.random.uniform(0.2, 3)
            if self.random.random() < 0.7:
                work = f"import time\nt=time.monotonic()+{seconds}\nwhile time.monotonic()<t: pass"
            else:
                work = ("import os,tempfile\nf=tempfile.TemporaryFile(dir='.')\n"
                        f"for _ in range({int(seconds * 4)}): f.write(os.urandom(1<<20)); f.flush(); os.fsync(f.fileno())")
            p = subprocess.Popen([sys.executable, "-c", work], cwd=self.processes.folder, stdout=subprocess.DEVNULL)
            p.name = "load"
            self.children.append(p)

    def end(self):
        for c in self.children:
            if c.poll() is None:
                c.kill()
            c.wait()


def live(seconds, load=None):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if load:
            load.turn()
        time.sleep(min(1, max(0, until - time.monotonic())))


def main(name, function, arguments):
    """Runs the script's body; one line and the exit code say how it went."""
    started = time.monotonic()
    try:
        with Processes(name) as processes:
            report = function(processes, arguments)
    except Failure as e:
        print(f"{name}: FAILED: {e}")
        sys.exit(1)
    except Unusable as e:
        print(f"{name}: skipped: {e}")
        return
    except KeyboardInterrupt:
        sys.exit(130)
    print(f"{name}: ok, {report} ({time.monotonic() - started:.0f} s)")
