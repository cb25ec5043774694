#!/usr/bin/env python3
"""Whose the seconds are, where the agent is a pod's sidecar: a downward API volume that changes as the kubelet changes it, a kill -9 and a
restart. Every second of every series carries the labels that were in force then: in the agent's answers, in the files of the dead
agent, and in the windows shipped, where both parts of a window in which the job changed are there and come to the whole.

usage: identity.py --tacho build/tacho
"""
import argparse
import collections
import json
import os
import shutil
import time

import e2e
import wire
from e2e import STALE, check
from remote_write import Receiver

WINDOW_MS = 5000
EXTERNAL = {"cluster": "eu1"}

# The keys are those of a training platform's pods, the values made up.
KEYS = {
    "job-type.system.hero.ai": "TrainingJob",
    "resourcepool.system.hero.ai": "a1000000000000000000000001",
    "system.hero.ai/job-name": "a1000000000000000000000002",
    "system.hero.ai/job-namespace": "team-a",
    "tenant.id": "1000000000001",
    "user.id": "u00000000000000000000000000000001",
    "volcano.sh/job-name": "tj-a1000000000000000000000002",
    "volcano.sh/job-namespace": "team-a",
    "volcano.sh/queue-name": "default",
    "volcano.sh/task-spec": "worker",
}
SHORT = {
    "job_type": "TrainingJob", "resource_pool": "a1000000000000000000000001", "job_name": "a1000000000000000000000002",
    "job_namespace": "team-a", "tenant_id": "1000000000001", "user_id": "u00000000000000000000000000000001",
    "volcano_job_name": "tj-a1000000000000000000000002", "volcano_job_namespace": "team-a", "queue": "default", "task": "worker",
}
LONG = {
    "label_job_type_system_hero_ai": "TrainingJob", "label_resourcepool_system_hero_ai": "a1000000000000000000000001",
    "label_system_hero_ai_job_name": "a1000000000000000000000002", "label_system_hero_ai_job_namespace": "team-a",
    "label_tenant_id": "1000000000001", "label_user_id": "u00000000000000000000000000000001",
    "label_volcano_sh_job_name": "tj-a1000000000000000000000002", "label_volcano_sh_job_namespace": "team-a",
    "label_volcano_sh_queue_name": "default", "label_volcano_sh_task_spec": "worker",
}
POD = {"pod": "tj-worker-0", "namespace": "team-a"}
MADE = tuple(sorted({*SHORT, *POD, "task_index", "note"}))


class Volume:
    """As the kubelet keeps one: a folder of the moment behind ..data, which is renamed."""

    def __init__(self, folder):
        self.folder, self.writes = folder, 0
        os.makedirs(folder)

    def write(self, labels, annotations):
        """Returns the millisecond before and the one after."""
        self.writes += 1
        fresh = f"..2026_11_26_{self.writes}"
        os.mkdir(os.path.join(self.folder, fresh))
        for name, pairs in ("labels", labels), ("annotations", annotations):
            with open(os.path.join(self.folder, fresh, name), "w") as f:
                f.write("\n".join(f"{k}={json.dumps(v)}" for k, v in sorted(pairs.items())))
        old = os.path.realpath(os.path.join(self.folder, "..data"))
        before = time.time()
        os.symlink(fresh, os.path.join(self.folder, "..data_tmp"))
        os.rename(os.path.join(self.folder, "..data_tmp"), os.path.join(self.folder, "..data"))
        after = time.time()
        if self.writes == 1:
            for name in "labels", "annotations":
                os.symlink(os.path.join("..data", name), os.path.join(self.folder, name))
        else:
            shutil.rmtree(old)
        return before * 1000, after * 1000


class Story:
    """What was in force when: [[from, from at the latest, labels]]. Between the two it may have been the one or the other: nobody samples there,
    unless the machine was held up."""

    def __init__(self):
        self.parts = []

    def begin(self, labels, sure, at_least=None):
        self.parts.append([sure if at_least is None else at_least, sure, labels])

    def settle(self, exported):
        """Where there are rows between the two, a series says which it was."""
        for part in self.parts:
            first, sure, labels = part
            told = [t for key, seconds in exported.items() if e2e.name_of(key) == "node_load1" and dict(key)["job_name"] == labels["job_name"]
                    for t, v in seconds.items() if first <= t < sure and v is not STALE]
            part[0] = part[1] = min(told, default=sure)

    def at(self, t):
        labels = None
        for _, sure, of_part in self.parts:
            if t >= sure:
                labels = of_part
        return labels


def half_past():
    """The middle of a second: samples are on whole ones."""
    time.sleep((1.5 - time.time() % 1) % 1)
    while not 0.3 < time.time() % 1 < 0.7:
        time.sleep(0.05)


def given(key):
    """Names of labels that are the identity's: a label that a series has by itself stays as it is."""
    return [n for n in MADE if n != "queue" or e2e.name_of(key) != "node_udp_queues"]


def check_seconds(exported, story, what):
    """Every second under the labels of its time, each once; returns how many."""
    seen, count = set(), 0
    for key, seconds in exported.items():
        names = given(key)
        stored, carried = e2e.without(key, *names), {k: v for k, v in key if k in names}
        for t, v in seconds.items():
            if v is STALE:
                continue
            in_force = story.at(t)
            check(in_force is not None, f"{what}: {key} has a second at {t}, before the agent")
            wanted = {k: v for k, v in in_force.items() if k in names}
            check(carried == wanted, f"{what}: at {t} {stored} carries {carried}, and {wanted} was in force")
            check((stored, t) not in seen, f"{what}: the second {t} of {stored} is there twice")
            seen.add((stored, t))
            count += 1
    return count


def names_of(agent, label):
    return set(e2e.api_get(agent.base, f"label/{label}/values"))


def as_stored(agent):
    """The series of the window without the identity's labels, which no series is stored under."""
    listed = e2e.api(agent.base, "series", {"match[]": '{__name__!=""}'})
    keys = (tuple(sorted(labels.items())) for labels in listed)
    return {e2e.without(key, *given(key)) for key in keys}


def check_answers(agent, job):
    """What is asked in other ways carries the labels as well."""
    query = lambda expr: e2e.api(agent.base, "query", {"query": expr})["result"]
    check(len(query(f'node_load1{{job_name="{job}"}}')) == 1, f'node_load1{{job_name="{job}"}} is not there')
    check(not query('{__name__!="",job_name=""}'), "some series have no job")
    check(not query('node_load1{job_name="nobody"}'), "a job that is none has a load")
    total = query("count(node_cpu_seconds_total)")[0]["value"][1]
    by_job = query("count by (job_name) (node_cpu_seconds_total)")
    check([(r["metric"], r["value"][1]) for r in by_job] == [({"job_name": job}, total)], f"counted by job: {by_job}, in all {total}")
    for path in "/metrics", "/federate?match[]=node_load1":
        page = e2e.http_get(agent.base + path.replace("[]", "%5B%5D"))
        line = next(l for l in page.splitlines() if l.startswith("node_load1{"))
        check(f'job_name="{job}"' in line, f"{path} says {line}")
    now = int(time.time() * 1000)
    asked = [(wire.EQUAL, "__name__", "node_load1"), (wire.EQUAL, "job_name", job)]
    _, answer = wire.remote_read(agent.base, now - 60_000, now, asked)
    read = wire.read_samples_answer(answer)
    check(len(read) == 1 and read[0][0]["job_name"] == job and read[0][1], f"remote read of {job} answers {read}")
    gauges = {r["metric"]["__name__"]: float(r["value"][1]) for r in query('{__name__=~"tacho_identity_.*"}')}
    check(gauges["tacho_identity_scopes"] == 1 and gauges["tacho_identity_log_bytes"] > 0, f"{gauges}")
    check(gauges["tacho_identity_damaged_total"] == gauges["tacho_identity_write_failures_total"] == 0, f"{gauges}")


def check_windows(receiver, exported, types, first_end, last_end, story):
    """Windows against the seconds, and windows in two parts against the whole."""
    shipped = receiver.samples(STALE)
    counts_of = {k: v for k, v in shipped.items() if e2e.name_of(k) == "node_load1:5s_count"}
    rest = {k: {t: v for t, v in s.items() if v is not STALE} for k, s in shipped.items() if k not in counts_of}
    counted = e2e.check_minutes(exported, types, {k: v for k, v in rest.items() if v}, first_end, last_end, EXTERNAL)
    seconds = collections.Counter()  # (window, job) by the clock alone
    for key, of_series in exported.items():
        if e2e.name_of(key) == "node_load1":
            for t in (t for t, v in of_series.items() if v is not STALE):
                seconds[-(-t // WINDOW_MS) * WINDOW_MS, story.at(t)["job_name"]] += 1
    parts = collections.defaultdict(dict)
    for key, of_series in counts_of.items():
        for t, v in of_series.items():
            if v is not STALE:
                parts[t][dict(key)["job_name"]] = v
    split = 0
    for end in range(first_end, last_end + 1, WINDOW_MS):
        wanted = {job: n for (t, job), n in seconds.items() if t == end}
        check(parts.get(end, {}) == wanted, f"the window ending {end} has {parts.get(end)} seconds by job, and they were {wanted}")
        split += len(wanted) > 1
    check(split >= 1, "no window was in two parts")
    ends = [k for k, s in shipped.items() if STALE in s.values() and e2e.name_of(k) == "node_load1"]
    check(ends, "a job's node_load1 ended and no marker was shipped")
    return counted["values"], split


def body(processes, arguments):
    e2e.WINDOW_MS, e2e.WINDOW_NAME = WINDOW_MS, "5s"
    receiver, story = Receiver(), Story()
    volume = Volume(processes.path("podinfo"))
    second = {**KEYS, "system.hero.ai/job-name": "second", "volcano.sh/job-name": "tj-second"}
    first_labels = {**SHORT, **POD, "task_index": "3", "note": 'says "hi",\nin two lines = \\o/'}
    second_labels = {**first_labels, "job_name": "second", "volcano_job_name": "tj-second"}
    notes = {"volcano.sh/task-index": "3", "team.example.com/note": first_labels["note"], "kubernetes.io/config.seen": "x"}
    volume.write(KEYS, notes)
    config = (f"global: {{external_labels: {{cluster: eu1}}}}\nshipping:\n  {{spread: 0, grace: 8s, interval: 5s, rules: "
              f"[{{match: node_load1, interval: 5s, keep: [avg, count]}}]}}\nremote_write: [{{url: '{receiver.url}'}}]\n")
    identity = f"identity:\n  downward_api: {volume.folder}\n"
    agent = e2e.Tacho(processes, arguments.tacho, extra_config=config + identity + "  labels: {team.example.com/note: note}\n",
                      env={"POD_NAME": POD["pod"], "POD_NAMESPACE": POD["namespace"]})
    long = e2e.Tacho(processes, arguments.tacho, extra_config=identity + "  style: kube-state-metrics\n  env: {POD_NAME: drop}\n",
                     name="long")
    first_end = (int(time.time() * 1000) // WINDOW_MS + 1) * WINDOW_MS
    story.begin(first_labels, time.time() * 1000 - 1000)
    agent.start()
    long.start()
    e2e.live(4)
    e2e.wait_until("the agent has rows", lambda: e2e.api(agent.base, "query", {"query": "node_load1"})["result"])
    check_answers(agent, SHORT["job_name"])
    got = e2e.wait_until("the second agent has rows", lambda: e2e.api(long.base, "query", {"query": "node_load1"})["result"])[0]["metric"]
    wanted = {"__name__": "node_load1", **LONG, "label_volcano_sh_task_index": None, "annotation_volcano_sh_task_index": "3"}
    check(got == {k: v for k, v in wanted.items() if v}, f"as kube-state-metrics names them: {got}")
    long.stop()
    before = as_stored(agent)
    series = e2e.api_get(agent.base, "status/tsdb")["headStats"]["numSeries"]

    half_past()
    before_it, sure = volume.write(second, notes)
    story.begin(second_labels, sure, before_it)
    # A whole window that is the second job's alone: the first one's series end in it.
    e2e.live(max(4, ((sure // WINDOW_MS + 2) * WINDOW_MS + 1000) / 1000 - time.time()))
    check_answers(agent, "second")
    check(names_of(agent, "job_name") == {SHORT["job_name"], "second"}, "the names of both jobs are not what label values says")
    now = e2e.api_get(agent.base, "status/tsdb")["headStats"]["numSeries"]
    # A machine on which other things run has a new device or process now and then; the labels alone bring nothing.
    new = as_stored(agent) - before
    check(now - series <= len(new) < series / 2, f"{series} series were stored, {now} after the labels changed; new by themselves: {new}")

    half_past()
    before_it, sure = volume.write(KEYS, notes)
    story.begin(first_labels, sure, before_it)
    e2e.live(3)
    agent.kill()
    dead, _ = agent.export("10m")
    story.settle(dead)
    of_dead = check_seconds(dead, story, "the dead agent's files")
    matrix = e2e.from_matrix(agent.query_files("node_load1[1m]")["result"])
    check(check_seconds(matrix, story, "tacho query --state") == sum(len(s) for k, s in dead.items() if e2e.name_of(k) == "node_load1")
          - sum(v is STALE for k, s in dead.items() if e2e.name_of(k) == "node_load1" for v in s.values()), "tacho query --state lacks seconds")

    # Another job, while nobody was there to see it.
    volume.write(second, notes)
    story.begin(second_labels, time.time() * 1000)
    agent.start()
    e2e.live(5)
    last_end = int(time.time() * 1000) // WINDOW_MS * WINDOW_MS
    agent.wait_shipped(last_end)
    exported, types = agent.export("10m")
    of_all = check_seconds(exported, story, "all seconds")
    values, split = check_windows(receiver, exported, types, first_end, last_end, story)
    check(not receiver.complaints, f"the receiver complains: {receiver.complaints}")
    agent.stop()
    return f"{of_all} seconds under their labels ({of_dead} of them from a dead agent's files), {values} values of windows, {split} windows in two parts"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    e2e.main("identity", body, parser.parse_args())
