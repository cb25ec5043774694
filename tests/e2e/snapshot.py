#!/usr/bin/env python3
"""tacho snapshot: what the agent's files and its API tell, written as one file, opened by every verb that takes one, and compared.

    snapshot.py --tacho build/tacho [--other build-asan/tacho]

--other is the same version made by another compiler, or otherwise: it writes the same bytes from the same window, and answers the same.
"""
import argparse
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import e2e
import top_tmux
import wire

ODD = {"odd_nan": "NaN", "odd_minus_zero": "-0", "odd_inf": "+Inf", "odd_minus_inf": "-Inf", "odd_small": "4.9e-324", "odd_tenth": "0.1"}


class Page(http.server.BaseHTTPRequestHandler):
    """An exporter whose values are every kind of number; odd_gone ends in its third scrape."""
    scrapes = 0

    def do_GET(self):
        Page.scrapes += 1
        body = "".join(f"# TYPE {name} gauge\n# HELP {name} An \"odd\" one.\n{name} {value}\n" for name, value in ODD.items())
        body += f"odd_gone 1\n" if Page.scrapes < 4 else ""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, server.server_address[1]


def run(*command, timeout=60):
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def output(*command):
    done = run(*command)
    e2e.check(done.returncode == 0 and not done.stderr, f"{' '.join(command)}: exit {done.returncode}, {done.stderr}")
    return done.stdout


def samples_of(exported):
    return sorted(line for line in exported.splitlines() if not line.startswith("#"))


QUESTIONS = ("node_load1", "sum by (mode) (rate(node_cpu_seconds_total[3s]))", "count({__name__=~'.+'})", "{__name__=~'odd_.*'}",
             "count_over_time(odd_gone[10s])", "{__name__=~'up|scrape_.*'}[4s]", "1 / odd_minus_zero", "absent(nothing)")
DAMAGED_BYTES = 200


def answers_are_the_same(tacho, agent, at, path, what):
    for expr in QUESTIONS:
        live = run(tacho, "query", expr, "--at", str(at), "--state", agent.state, "--runtime", agent.runtime, "--format", "json").stdout
        file = run(tacho, "query", expr, "--at", str(at), "--file", path, "--format", "json").stdout
        e2e.check(live == file and '"success"' in live, f"{expr}, {what}: the files say {live[:400]}, the snapshot {file[:400]}")
        ranged = ("--at", str(at), "--last", "4s", "--format", "json")
        if expr.endswith("]"):
            continue
        live = run(tacho, "query", expr, *ranged, "--state", agent.state, "--runtime", agent.runtime).stdout
        e2e.check(live == run(tacho, "query", expr, *ranged, "--file", path).stdout, f"{expr} over a range, {what}")


def served(tacho, processes, agent, at, path, told=()):
    listen = f"127.0.0.1:{e2e.free_port()}"
    server = processes.start("serve", [tacho, "serve", "--file", path, "--listen", listen])
    base = "http://" + listen
    processes.wait_http(server, base + "/-/ready")
    for expr in QUESTIONS:
        params = urllib.parse.urlencode({"query": expr, "time": at})
        live, file = (e2e.http_get(f"{b}/api/v1/query?{params}") for b in (agent.base, base))
        e2e.check(live == file, f"{expr}: the agent says {live[:400]}, tacho serve {file[:400]}")
    # Bit for bit, under the node's external labels.
    request = ((at - 5) * 1000, at * 1000, [(wire.REGEX, "__name__", "odd_.*|node_load1")])
    live, file = (wire.read_samples_answer(wire.remote_read(b, *request)[1]) for b in (agent.base, base))
    e2e.check(live == file and len(live) >= len(ODD), f"remote read: {live} and {file}")
    e2e.check(all(labels.get("cluster") == "eu1" for labels, _ in live), f"external labels: {live[0]}")
    for metric in ("node_load1", *told):
        help_of = e2e.api_get(base, "metadata", {"metric": metric})
        e2e.check(help_of == e2e.api_get(agent.base, "metadata", {"metric": metric}) and help_of, f"metadata of {metric}: {help_of}")
    processes.end(server)


def shown_by_top(tacho, processes, path):
    if not shutil.which("tmux"):
        return
    terminal = top_tmux.Terminal(processes.make_folder("terminal"), 120, 40)
    try:
        terminal.run(f"{tacho} top --file {path}")
        top_tmux.wait_for("top shows the snapshot's load", lambda: top_tmux.value_of(terminal.screen(), "load, 1 min"))
        terminal.key("q")
        e2e.check(terminal.exit_code() == 0, "tacho top ended badly")
    finally:
        terminal.close()


def damaged(tacho, processes, path):
    with open(path, "rb") as f:
        good = f.read()
    bad = processes.path("bad.tacho")
    for i in range(DAMAGED_BYTES):
        at = i * (len(good) - 1) // (DAMAGED_BYTES - 1)
        with open(bad, "wb") as f:
            f.write(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1:] if i % 2 else good[:at])
        done = run(tacho, "query", "node_load1", "--file", bad)
        e2e.check(done.returncode == 1 and not done.stdout and done.stderr.count("\n") == 1 and bad in done.stderr,
                  f"{'changed' if i % 2 else 'cut'} at byte {at}: exit {done.returncode}, {done.stdout}{done.stderr}")


def settled_second(tacho, files):
    """The last second but one, once no row of it or before is on its way any more: one may be published late, and then belongs to the past."""
    at = int(time.time()) - 1
    export = lambda: output(tacho, "export", "--last", "1m", "--at", str(at), *files)
    texts = [export()]

    def is_settled():
        time.sleep(1.5)
        texts.append(export())
        return texts[-1] == texts[-2]
    e2e.wait_until(f"the rows up to {at} are there", is_settled)
    return at


def body(processes, arguments):
    tacho = os.path.abspath(arguments.tacho)
    exporter, port = serve(Page)
    agent = e2e.Tacho(processes, tacho, labels={"cluster": "eu1", "node": "n1"}, extra_config=f"""
scrape_configs:
  - job_name: odd
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
""")
    agent.start()
    time.sleep(6)
    e2e.wait_until("eight scrapes", lambda: Page.scrapes >= 8)
    files = ("--state", agent.state, "--runtime", agent.runtime)
    at = settled_second(tacho, files)
    stretch = ("--last", "1m", "--at", str(at))
    by_files, by_url, no_at = (processes.path(name + ".tacho") for name in ("files", "url", "now"))
    output(tacho, "snapshot", "-o", by_files, *stretch, *files, "--config", agent.config)
    output(tacho, "snapshot", "-o", by_url, *stretch, "--url", agent.base)
    output(tacho, "snapshot", "-o", no_at, "--url", agent.base, "{__name__=~'node_load.*'}")
    e2e.check(output(tacho, "series", "--file", no_at).split() == [f"node_load{n}" for n in (1, 15, 5)], "a matcher")

    exported = output(tacho, "export", *stretch, *files)
    e2e.check(output(tacho, "export", *stretch, "--file", by_files) == exported, "what the snapshot exports is not what the files do")
    # Of metadata an agent tells more than its files (a scraped page's help), and less (types of what the kernel names).
    e2e.check(samples_of(output(tacho, "export", *stretch, "--file", by_url)) == samples_of(exported), "the same of what is read over HTTP")
    for path in (by_files, by_url):
        answers_are_the_same(tacho, agent, at, path, os.path.basename(path))
    e2e.check(f"odd_minus_zero" in exported and "StaleNaN" in exported, "nothing odd was sampled")
    names = output(tacho, "series", "--file", by_files)
    e2e.check(names == output(tacho, "series", "--file", by_url) and "odd_gone" in names, "series")
    served(tacho, processes, agent, at, by_files)
    served(tacho, processes, agent, at, by_url, told=["odd_tenth"])
    shown_by_top(tacho, processes, by_files)

    # Text made of a snapshot, and a snapshot made of text.
    text, again = processes.path("seconds.om"), processes.path("again.tacho")
    with open(text, "w") as f:
        f.write(exported)
    output(tacho, "snapshot", "-o", again, *stretch, "--file", text)
    e2e.check(output(tacho, "export", *stretch, "--file", again) == output(tacho, "export", *stretch, "--file", text), "a snapshot of text")

    agent.stop()
    once_more = processes.path("once-more.tacho")
    output(tacho, "snapshot", "-o", once_more, *stretch, *files, "--config", agent.config)
    with open(by_files, "rb") as a, open(once_more, "rb") as b:
        e2e.check(a.read() == b.read(), "the same seconds, from the ring of an agent that has ended, are other bytes")
    builds = [tacho]
    if arguments.other and os.path.exists(arguments.other):
        other = os.path.abspath(arguments.other)
        builds.append(other)
        theirs = processes.path("theirs.tacho")
        output(other, "snapshot", "-o", theirs, *stretch, *files, "--config", agent.config)
        with open(by_files, "rb") as a, open(theirs, "rb") as b:
            e2e.check(a.read() == b.read(), f"{arguments.other} writes other bytes")
        e2e.check(output(other, "export", *stretch, "--file", by_files) == exported, f"{arguments.other} reads something else")
        answers_are_the_same(other, agent, at, by_files, arguments.other)
    done = run(tacho, "snapshot", "-o", processes.path("no", "folder"), *files)
    e2e.check(done.returncode == 1 and "folder" in done.stderr, f"into no folder: {done.stderr}")
    done = run(tacho, "snapshot", "-o", processes.path("x"), *files, "--at", "1000")
    e2e.check(done.returncode == 1 and "no samples" in done.stderr and not os.path.exists(processes.path("x")), f"no samples: {done.stderr}")
    damaged(tacho, processes, by_files)
    exporter.shutdown()
    return f"{names.count(chr(10))} series, {os.path.getsize(by_files)} bytes, {len(builds)} builds"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--other", default="build-asan/tacho", help="another build of the program; left out where there is none")
    e2e.main("snapshot", body, parser.parse_args())
