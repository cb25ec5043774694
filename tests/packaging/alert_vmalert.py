#!/usr/bin/env python3
"""A card of a node is lost, and Debian's vmalert, which asks the node itself, tells of it: of this card, soon, and of no other.

The rules are those of tools/packaging/alerts for seconds and for faults, as they are; an Alertmanager's address is answered here.

usage: alert_vmalert.py --tacho build/tacho --library build/tests/libfake_nvml.so
"""
import argparse
import http.server
import json
import os
import re
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import e2e  # noqa: E402
import fake_cards  # noqa: E402
from e2e import check  # noqa: E402

RULES = os.path.join(HERE, "..", "..", "tools", "packaging", "alerts")
CARDS, SICK = 4, "3"
SOON = 120  # 10 s that the rule waits, an evaluation each 5 s, and a loaded machine


class Alertmanager:
    """Takes what is posted as /api/v2/alerts."""

    def __init__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of_cards(self):
        return [a["labels"] for a in list(self.received) if a["labels"]["alertname"].startswith("Accelerator")]


def body(processes, options):
    fake_cards.sysfs(processes.path("sys"), CARDS)
    script = fake_cards.Script(processes.path("cards"), CARDS)
    agent = e2e.Tacho(processes, options.tacho, flags=["--sysfs", processes.path("sys")],
                      env={"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": script.path})
    agent.start()
    manager = Alertmanager()
    vmalert = processes.start("vmalert", ["vmalert", f"-datasource.url={agent.base}", f"-notifier.url={manager.url}", "-evaluationInterval=5s",
                                          f"-httpListenAddr=127.0.0.1:{e2e.free_port()}", "-loggerLevel=WARN",
                                          *(f"-rule={os.path.join(RULES, f'{name}.rules.yaml')}" for name in ("seconds", "faults"))])
    time.sleep(20)  # rules that wait could fire by now
    check(vmalert.poll() is None, "vmalert has ended")
    check(not manager.of_cards(), f"all cards are well, and vmalert tells of {manager.of_cards()[:2]}")
    script.tell(f"ALL {SICK} rc=15")
    lost = time.monotonic()
    while not any(a["alertname"] == "AcceleratorLost" for a in manager.of_cards()):
        check(time.monotonic() < lost + SOON, f"vmalert has not told of the lost card in {SOON} s")
        time.sleep(0.1)
    took = time.monotonic() - lost
    others = [a for a in manager.of_cards() if a.get("accel") != SICK]
    check(not others, f"card {SICK} is lost, and vmalert tells of {others}")
    with open(processes.path("vmalert.log")) as f:
        # That it was too late with an evaluation says something of the machine.
        complaints = [line for line in f if ("error" in line or "warn" in line) and not re.search("deadline|timeout|too long|skipp|missed", line)]
    check(not complaints, f"vmalert complains: {complaints[:3]}")
    processes.end(vmalert)
    agent.stop()
    return f"card {SICK} of {CARDS} lost, told after {took:.0f} s"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--library", required=True)
    e2e.main("alert_vmalert", body, parser.parse_args())
