#!/usr/bin/env python3
"""Remote read by a real Prometheus: Debian's, which has no sample of its own and reads a tacho node's, answers as the node does.

First over random data (promql_diff_fuzz.py's, by `tacho serve`): random queries, and both forms of answer (samples, streamed chunks) against the
data themselves and against what a Prometheus that holds the same data answers, chunk by chunk to the byte. Then a live agent with external
labels, read by a Prometheus that has them too, by one that has not, and federated.

usage: remote_read.py --tacho build/tacho [--seed 1] [--queries 150]
"""
import argparse
import random
import time

import e2e
import promql_diff_fuzz as fuzz
import promql_grammar
import wire
from e2e import check

EXTERNAL = {"cluster": "eu1", "replica": "7"}


def key(labels):
    return tuple(sorted(labels.items()))


def reader(processes, name, base, labels=None):
    """A Prometheus without samples that reads a node."""
    config = "global:\n  evaluation_interval: 1m\n"
    if labels:
        config += "  external_labels: {" + ", ".join(f'{k}: "{v}"' for k, v in labels.items()) + "}\n"
    return e2e.start_prometheus(processes, name, config + f"remote_read:\n  - url: {base}/api/v1/read\n    read_recent: true\n")[1]


def compare_answers(holder, tacho, data):
    """Both forms, whole series and a part of them."""
    name = {"__name__": "c_total"}
    wanted = {key(labels): samples for labels, samples in data.series if labels["__name__"] == "c_total"}
    chunks = equal = 0
    for start, end in ((0, 2**62), ((fuzz.START + 300) * 1000, (fuzz.START + 900) * 1000)):
        inside = {k: part for k, samples in wanted.items() if (part := [s for s in samples if start <= s[0] <= end])}
        question = (start, end, [(wire.EQUAL, "__name__", name["__name__"])])
        kind, body = wire.remote_read(tacho, *question)
        check(kind == "application/x-protobuf", f"an answer in samples has the type {kind}")
        got = wire.read_samples_answer(body)
        check({key(labels): samples for labels, samples in got} == inside, f"samples from {start} to {end} are not those that were loaded")
        check([key(l) for l, _ in got] == sorted(key(l) for l, _ in got), "series are not in order of their labels")

        kind, body = wire.remote_read(tacho, *question, [wire.STREAMED, wire.SAMPLES])
        check(kind == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse", f"a streamed answer has the type {kind}")
        ours = {key(labels): of_it for labels, of_it in wire.read_streamed_answer(body)}
        check({k: [s for c in of_it for s in wire.xor_samples(c)] for k, of_it in ours.items()} == inside,
              f"streamed samples from {start} to {end} are not those that were loaded")
        _, body = wire.remote_read(holder, *question, [wire.STREAMED])
        for labels, of_it in wire.read_streamed_answer(body):
            for theirs in of_it:
                chunks += 1
                equal += theirs in ours.get(key(labels), [])
                first = wire.xor_samples(theirs)[0][0]
                same = [c for c in ours.get(key(labels), []) if wire.xor_samples(c) == wire.xor_samples(theirs)]
                check(not same or same == [theirs], f"a chunk of {labels} at {first} has other bytes than Prometheus's of the same samples")
    check(equal > 0, f"none of {chunks} chunks of Prometheus spans the same samples as one of ours")
    return f"{equal} of {chunks} chunks the very bytes of Prometheus's"


def compare_queries(prometheus, tacho, arguments):
    comparison = fuzz.Comparison(prometheus, tacho)
    r = random.Random(f"read {arguments.seed}")
    grammar = promql_grammar.Grammar(r, fuzz.START, fuzz.START + fuzz.SECONDS)
    values = 0
    for _ in range(arguments.queries):
        node = grammar.query()
        for times in (fuzz.instant_of(r), fuzz.range_of(r)):
            told = comparison.differs(node.text, times)
            if told:
                query, told = comparison.smallest(node, times, told)
                check(any(is_of_it(query, told) for _, is_of_it in fuzz.ACCEPTED), f"{query} {times}: {told}")
    for query in ("g_load", "sum by (job) (rate(c_total[2m]))", '{__name__=~"g_.*",job="a"}'):
        at = {"query": query, "time": f"{fuzz.LAST}.003"}
        theirs, ours = (s.ask("query", at) for s in (comparison.prometheus, comparison.tacho))
        told = fuzz.difference(theirs, ours, query)
        check(not told, f"{query}: {told}")
        values += len(fuzz.points(ours))
    check(values >= 20, f"only {values} values were there to compare")
    return f"{comparison.compared} answers and {values} values the same"


def live_agent(processes, arguments):
    agent = e2e.Tacho(processes, arguments.tacho, labels=EXTERNAL)
    agent.start()
    time.sleep(6)
    at = {"time": time.time() - 1}
    shown = e2e.api_get(agent.base, "status/config")["yaml"]
    check("external_labels:" in shown and 'cluster: "eu1"' in shown, f"status/config does not tell the external labels: {shown!r}")
    alike, other = (reader(processes, name, agent.base, labels) for name, labels in (("alike", EXTERNAL), ("other", None)))
    compared = 0
    for query in ("node_load1", "sum by (mode) (rate(node_cpu_seconds_total[1m]))", "node_memory_MemTotal_bytes", 'count({__name__=~"node_.*"})'):
        ask = lambda base: {key(s["metric"]): s["value"][1] for s in e2e.api(base, "query", {"query": query, **at})["result"]}
        own = e2e.same_answer(f"{query} at the agent and by a Prometheus of the same cluster", lambda: ask(agent.base), lambda: ask(alike))
        check(own, f"the agent has nothing for {query}")
        compared += len(own)
    read = e2e.api(other, "query", {"query": "node_load1", **at})["result"]
    check(len(read) == 1 and {k: read[0]["metric"].get(k) for k in EXTERNAL} == EXTERNAL, f"read from elsewhere without external labels: {read}")
    for selector, count in (('node_load1{cluster="eu1"}', 1), ('node_load1{cluster="us1"}', 0), ('node_load1{cluster="eu1",replica="7"}', 1)):
        read = e2e.api(other, "query", {"query": selector, **at})["result"]
        check(len(read) == count, f"{selector} by remote read: {len(read)} series instead of {count}")
    federating = "scrape_configs:\n  - job_name: nodes\n    honor_labels: true\n    metrics_path: /federate\n    scrape_interval: 1s\n" \
                 f"    params: {{'match[]': ['node_load1']}}\n    static_configs: [{{targets: ['{agent.listen}']}}]\n"
    _, centre = e2e.start_prometheus(processes, "centre", federating)
    held = e2e.wait_until("a Prometheus that federates the node has its load", lambda: e2e.api(centre, "query", {"query": "node_load1"})["result"])
    check({k: held[0]["metric"].get(k) for k in EXTERNAL} == EXTERNAL, f"a Prometheus that federates the node has {held}")
    federated = e2e.http_get(agent.base + "/federate", {"match[]": "node_load1"})
    check('node_load1{cluster="eu1",replica="7"}' in federated, f"/federate does not tell the external labels: {federated!r}")
    agent.stop()
    return f"{compared} values of a live agent"


def body(processes, arguments):
    data = fuzz.Data(arguments.seed)
    with open(processes.path("data.om"), "w") as f:
        f.write(data.openmetrics())
    listen = f"127.0.0.1:{e2e.free_port()}"
    tacho = processes.start("serve", [arguments.tacho, "serve", "--file", processes.path("data.om"), "--listen", listen])
    processes.wait_http(tacho, f"http://{listen}/-/ready")
    _, holder = e2e.start_prometheus(processes, "holder", flags=["--storage.tsdb.retention.time=100y"])
    wire.remote_write(holder, sorted(data.series, key=lambda s: s[1][0][0]))
    prometheus = reader(processes, "reader", "http://" + listen)
    return ", ".join((compare_queries(prometheus, "http://" + listen, arguments), compare_answers(holder, "http://" + listen, data),
                      live_agent(processes, arguments)))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tacho", required=True, help="the program")
    p.add_argument("--seed", type=int, default=1, help="of data and queries")
    p.add_argument("--queries", type=int, default=150, help="each as an instant and as a range")
    e2e.main("remote_read", body, p.parse_args())
