#!/usr/bin/env python3
"""The live stream of a real agent: each second once, the values of query_range, what was missed while away, a limit, and an end.

Three clients read the same expressions for --seconds. Every second must come, in order, and its last word must be what query_range says of it
afterwards. A fourth comes back with Last-Event-ID and misses none. A client that does not read is let go, one too many is refused, and
the agent that ends ends its streams. Where the machine was held up, so that rows came after their seconds' last words, clients read once more.

usage: stream.py --tacho build/tacho [--seconds 12]
"""
import argparse
import http.client
import json
import socket
import threading
import time
import urllib.error
import urllib.parse

import e2e
from e2e import check

QUERIES = ["node_load1", "rate(node_cpu_seconds_total[2s])", "node_memory_MemFree_bytes", "sum(rate(node_context_switches_total[2s]))", "1 +",
           "node_procs_running > 0"]


class Client(threading.Thread):
    """Reads a stream, and keeps the last word on each second of each series."""

    def __init__(self, agent, queries=QUERIES, last=None, extra=()):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(agent.listen, timeout=60)
        path = "/api/v1/stream?" + urllib.parse.urlencode([("query", q) for q in queries] + list(extra))
        self.connection.request("GET", path, headers={"Last-Event-ID": str(last)} if last else {})
        self.socket = self.connection.sock  # the answer takes it
        self.answer = self.connection.getresponse()
        self.ids, self.first, self.lists, self.words, self.error, self.ended = [], None, [], {}, None, False

    def take(self, event, data):
        if event == "series":
            self.lists = data["queries"]
        if event != "points":
            return
        self.first = self.first or data["time"]
        check(len(data["values"]) == len(self.lists), "a query has no values")
        for q, (rows, told) in enumerate(zip(data["values"], self.lists)):
            check(len(rows) == len(told.get("series", [])), f"query {q}: {len(rows)} rows for {told}")
            for labels, row in zip(told.get("series", []), rows):
                check(len(row) == len(data["time"]), f"query {q}: {row} for {data['time']}")
                for t, v in zip(data["time"], row):
                    self.words[q, json.dumps(labels, sort_keys=True), t] = v

    def run(self):
        try:
            event = None
            for line in self.answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "id":
                    self.ids.append(int(value))
                elif name == "data":
                    self.take(event, json.loads(value))
            self.ended = True
        except e2e.Failure as e:
            self.error = e
        except (OSError, http.client.HTTPException) as e:
            self.ended = self.ended or isinstance(e, http.client.IncompleteRead)

    def wait_for(self, seconds):
        e2e.wait_until(lambda: f"{seconds} pieces, not {len(self.ids)}", lambda: len(self.ids) >= seconds or self.error, 60 + seconds)
        if self.error:
            raise self.error

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)


def compare(agent, client):
    """Each second's last word against query_range, asked when all rows are there. A row that came after its second's last word is left out."""
    seconds = sorted({t for _, _, t in client.words})
    slow = e2e.held_up(agent.base, seconds)
    compared = 0
    for q, text in enumerate(QUERIES):
        if "error" in client.lists[q]:
            continue
        asked = {"query": text, "start": seconds[0], "end": seconds[-1], "step": 1, "lookback_delta": "1s"}
        found = {}
        for series in e2e.api(agent.base, "query_range", asked)["result"]:
            for t, v in series["values"]:
                found[json.dumps(series["metric"], sort_keys=True), t] = float(v)
        # The newest seconds have not had their last word.
        told = {(labels, t): v for (k, labels, t), v in client.words.items() if k == q and v is not None and t <= seconds[-1] - 2}
        wanted = {k: v for k, v in found.items() if k[1] <= seconds[-1] - 2}
        # On a machine that is held up a row may be published after its second's last word, which rates feel in the next, too. Seldom.
        late = {t for labels, t in wanted if (labels, t) not in told}
        e2e.check_pace(len(late) <= len(seconds) / 5, f"{text}: of {len(seconds)} seconds {sorted(late)} have values that the stream did not tell")
        told, wanted = ({k: v for k, v in values.items() if not late & {k[1], k[1] - 1} and k[1] not in slow} for values in (told, wanted))
        check(told == wanted, f"{text}: {len(told)} values told, {len(wanted)} by query_range; for example "
              f"{sorted(set(told.items()) ^ set(wanted.items()))[:4]}")
        compared += len(told)
    e2e.check_pace(compared > 3 * len(seconds), f"of {len(seconds)} seconds {len(slow)} were held up, and {compared} values are left to compare")
    return compared


def gauge(agent, name):
    return float(e2e.api(agent.base, "query", {"query": name})["result"][0]["value"][1])


def wait_gauge(agent, name, value):
    e2e.wait_until(lambda: f"{name} is {value}, not {gauge(agent, name)}", lambda: gauge(agent, name) == value, 120)


def refused(agent, params):
    try:
        e2e.http_get(agent.base + "/api/v1/stream", params)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)["error"]
    raise e2e.Failure(f"a stream with {params} is not refused")


def three_clients(agent, seconds):
    """Three that have read for so long, and go on; how many values of theirs were right."""
    clients = [Client(agent) for _ in range(3)]
    check(clients[0].answer.headers["Content-Type"] == "text/event-stream", f"{clients[0].answer.headers}")
    for c in clients:
        c.start()
    try:
        wait_gauge(agent, "tacho_http_streams", 3)
        for c in clients:
            c.wait_for(seconds)
        check("parse error" in clients[0].lists[4]["error"] and clients[0].lists[4]["errorType"] == "bad_data", f"{clients[0].lists[4]}")
        compared = 0
        for c in clients:
            told = {t for _, _, t in c.words}
            check(told >= set(range(int(min(told)), int(max(told)) + 1)), f"seconds are missing: {sorted(told)}")
            check(c.ids == sorted(set(c.ids)), f"ids: {c.ids}")
            compared += compare(agent, c)
        return clients, compared
    except e2e.HeldUp:
        for c in clients:
            c.close()
        wait_gauge(agent, "tacho_http_streams", 0)
        raise


def body(processes, options):
    agent = e2e.Tacho(processes, options.tacho, extra_config="query: {streams_max: 4}\n")
    agent.start()
    time.sleep(3)
    clients, compared = e2e.again(three_clients, agent, options.seconds)

    # One comes back after some seconds.
    last = clients[2].ids[-1]
    clients[2].close()
    wait_gauge(agent, "tacho_http_streams", 2)
    time.sleep(4)
    back = Client(agent, last=last)
    back.start()
    back.wait_for(1)
    missed = set(range(last // 1000 + 1, back.ids[0] // 1000 + 1))
    check(len(missed) >= 4 and missed <= set(back.first), f"missed {sorted(missed)}, and the first points are of {back.first}")

    # One too many.
    fourth = Client(agent)
    fourth.start()
    wait_gauge(agent, "tacho_http_streams", 4)
    status, text = refused(agent, {"query": "up"})
    check(status == 503 and "4 streams are open" in text, f"one too many: {status} {text}")
    fourth.close()
    wait_gauge(agent, "tacho_http_streams", 3)

    # One that does not read: what waits for it is bounded, and it is let go.
    deaf = socket.create_connection(tuple([agent.listen.split(":")[0], int(agent.listen.split(":")[1])]))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wide = urllib.parse.urlencode([("query", '{__name__=~"node_.*"}')] * 4 + [("step", "100ms"), ("depth", 60)])
    deaf.sendall(f"GET /api/v1/stream?{wide} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    wait_gauge(agent, "tacho_http_streams_dropped_total", 1)
    wait_gauge(agent, "tacho_http_streams", 3)
    deaf.close()
    check(refused(agent, {"step": "1"})[0] == 400, "a stream of nothing is refused")

    agent.stop()
    for c in (clients[0], clients[1], back):
        c.join(60)
        check(c.ended and not c.error, f"a stream did not end with the agent: {c.error}")

    # Of a file nothing is live.
    snapshot = processes.path("some.tacho")
    agent.call("snapshot", "-o", snapshot, "--last", "10s", "--state", agent.state, "--runtime", agent.runtime)
    port = e2e.free_port()
    serve = processes.start("serve", [options.tacho, "serve", "--file", snapshot, "--listen", f"127.0.0.1:{port}"])
    processes.wait_http(serve, f"http://127.0.0.1:{port}/-/healthy")
    agent.base = f"http://127.0.0.1:{port}"
    status, text = refused(agent, {"query": "up"})
    check(status == 404 and "nothing live" in text, f"of a file: {status} {text}")
    return f"{compared} values of three streams are query_range's"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--seconds", type=int, default=12)
    e2e.main("stream", body, parser.parse_args())
