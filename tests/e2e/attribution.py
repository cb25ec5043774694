#!/usr/bin/env python3
"""A node with two jobs on eight cards, one of which restarts twice: every accelerator's every second carries the right job's labels.

The real program over the fake library of NVIDIA's (fake_cards.py) and a fake kubelet (fake_kubelet.py: real gRPC, /pods over HTTPS with a
token), in four nodes at once: cgroup version 1 and 2, drivers systemd and cgroupfs. Job b has cards 4 to 7 all the time. Job a has 0 to 3,
ends, waits for its start, has 0 to 2, ends, and begins at once on 1 to 3: three pods of one name. Meanwhile the kubelet restarts, the token
is another, and the agent is killed and started again.

Checked: of each row of each accel_* series the pod by its uid, from startedAt to finishedAt; no row twice; what is shipped each 5 s has
the same pods as the seconds; why a card is nobody's, as series and by tacho devices; the report of each
run of each job is what its seconds add up to; the kubelet is asked no faster than once a second.

usage: attribution.py --tacho build/tacho --library build/tests/libfake_nvml.so [--only v2-systemd]
"""
import argparse
import concurrent.futures
import datetime
import json
import math
import os
import re
import shutil
import subprocess
import threading
import time

import e2e
import fake_cards
import fake_kubelet
import remote_write
from e2e import check

CARDS = 8
WINDOW = 5
NODES = ["v2-systemd", "v2-cgroupfs", "v1-systemd", "v1-cgroupfs"]
IDENTITY = "pod", "namespace", "container", "pod_uid", "job_name", "tenant_id"
# Seconds around a list, of which it is not known on which side of it a row is: the agent's clock says when it asked, the kubelet's when it was
# asked, and on a machine that is held up the two are apart.
UNSURE = 1.0


def utc(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Cgroups:
    """Paths and files as the kernel and the kubelet make them."""

    def __init__(self, folder, node):
        self.folder, (self.version, self.driver) = folder, node.split("-")
        self.roots = [folder] if self.version == "v2" else [os.path.join(folder, c) for c in ("memory", "cpu,cpuacct", "pids")]
        for root in self.roots:
            os.makedirs(root)
        self.pods = 0
        if self.version == "v2":
            self.write(os.path.join(folder, "cgroup.controllers"), "cpu memory\n")
            self.count()

    def write(self, path, text):
        with open(path, "w") as f:
            f.write(text)

    def count(self):
        self.write(os.path.join(self.folder, "cgroup.stat"), f"nr_descendants {2 * self.pods}\nnr_dying_descendants 0\n")

    def pod(self, uid):
        if self.driver == "cgroupfs":
            return f"/kubepods/burstable/pod{uid}"
        return f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid.replace('-', '_')}.slice"

    def container(self, uid, cid):
        return self.pod(uid) + (f"/{cid}" if self.driver == "cgroupfs" else f"/cri-containerd-{cid}.scope")

    def make(self, uid, cid, pid):
        for root in self.roots:
            for path, inside in (self.pod(uid), ""), (self.container(uid, cid), f"{pid}\n"):
                os.makedirs(root + path)
                self.write(root + path + "/cgroup.events", "populated 1\nfrozen 0\n")
                self.write(root + path + "/cgroup.procs", inside)
        self.pods += 1
        if self.version == "v2":
            self.count()

    def remove(self, uid):
        for root in self.roots:
            shutil.rmtree(root + self.pod(uid))
        self.pods -= 1
        if self.version == "v2":
            self.count()

    def of_process(self, uid, cid):
        path = self.container(uid, cid)
        return f"0::{path}\n" if self.version == "v2" else f"9:pids:{path}\n5:memory:{path}\n4:cpu,cpuacct:{path}\n"


class Job:
    """One pod: its cards, and when it was what."""

    def __init__(self, name, number, cards, first_pid):
        self.name, self.cards = name, cards
        self.uid = f"3f0c1d2e-0000-4000-8000-{number:012d}"
        self.cid = f"{number:064x}"
        self.pids = {card: first_pid + card for card in cards}
        self.created, self.started, self.finished = int(time.time()), None, None

    def entry(self):
        """On two NUMA nodes, as the kubelet lists them."""
        half = len(self.cards) // 2
        ids = [f"GPU-{c}" for c in self.cards]
        return {"name": self.name, "namespace": "team-a",
                "containers": [{"name": "worker", "numa": {"nvidia.com/gpu": [ids[:half], ids[half:]]}}, {"name": "sidecar"}]}

    def object(self):
        state = {"waiting": {"reason": "ContainerCreating"}}
        if self.started:
            state = {"running": {"startedAt": utc(self.started)}}
        if self.finished:
            state = {"terminated": {"startedAt": utc(self.started), "finishedAt": utc(self.finished), "exitCode": 0}}
        phase = "Succeeded" if self.finished else "Running" if self.started else "Pending"
        status = {"name": "worker", "state": state, **({"containerID": "containerd://" + self.cid} if self.started else {})}
        return {"metadata": {"name": self.name, "namespace": "team-a", "uid": self.uid, "creationTimestamp": utc(self.created),
                             "labels": {"system.hero.ai/job-name": "job-" + self.name, "tenant.id": "7"}},
                "spec": {"containers": [{"name": "worker"}]}, "status": {"phase": phase, "containerStatuses": [status]}}


class Node:
    def __init__(self, processes, options, name, certificate):
        self.processes, self.name = processes, name
        path = lambda *parts: processes.path(name, *parts)
        os.makedirs(path())
        sys = fake_cards.sysfs(path("sys"), CARDS)
        os.unlink(os.path.join(sys, "fs"))
        self.cgroups = Cgroups(os.path.join(sys, "fs", "cgroup"), name)
        fake_cards.link_all("/proc", path("proc"), "")
        for number in os.listdir(path("proc")):
            if number.isdigit():
                os.unlink(path("proc", number))
        self.proc = path("proc")
        self.script = fake_cards.Script(path("cards"), CARDS)
        self.jobs, self.living = [], []
        self.calls = []  # (time, {card: the pod's name}) of each list
        os.makedirs(path("kubelet"))
        self.socket = path("kubelet", "kubelet.sock")
        self.lock = threading.Lock()
        self.kubelet = fake_kubelet.Kubelet(self.socket, self.say)
        self.token = path("token")
        self.pods = fake_kubelet.Pods(self.objects, "first", certificate)
        self.set_token("first")
        self.receiver = remote_write.Receiver()
        config = (f"identity: {{mode: daemonset, kubelet_socket: {self.socket}, pods: {{kubelet: '{self.pods.url}/pods', token_file: {self.token}, "
                  f"ca_file: {certificate[0]}}}}}\n"
                  "sampling: {sources: {nvidia_slow: {interval: 1s}}}\n"
                  f"remote_write: [{{url: '{self.receiver.url}', protobuf_message: io.prometheus.write.v2.Request}}]\n"
                  "shipping: {spread: 0, grace: 9s, rules: [{match: '{__name__=~\"accel_.*\"}', interval: 5s, keep: [last]}, "
                  "{match: '{__name__=~\".+\"}', drop: true}]}\n")
        self.agent = e2e.Tacho(processes, options.tacho, name=name + "-agent", extra_config=config,
                               flags=["--sysfs", sys, "--procfs", self.proc],
                               env={"TACHO_NVML_LIBRARY": os.path.abspath(options.library), "TACHO_FAKE_NVML": self.script.path})

    # What Kubernetes knows
    def say(self):
        with self.lock:
            self.calls.append((time.time(), {c: j.name for j in self.living for c in j.cards}))
            return {"list": [j.entry() for j in self.living]}

    def objects(self):
        with self.lock:
            return [j.object() for j in self.jobs]

    def set_token(self, token):
        with open(self.token, "w") as f:
            f.write(token + "\n")
        self.pods.token = token

    # What happens
    def create(self, name, number, cards, pid):
        job = Job(name, number, cards, pid)
        with self.lock:
            self.jobs.append(job)
            self.living.append(job)
        return job

    def start(self, job, age=0):
        now = time.time() - age
        with self.lock:
            job.started = int(now)
            for card, pid in job.pids.items():
                os.makedirs(f"{self.proc}/{pid}")
                up = float(open("/proc/uptime").read().split()[0]) - age
                with open(f"{self.proc}/{pid}/stat", "w") as f:
                    f.write(f"{pid} (python3) S" + " 0" * 18 + f" {int(up * 100)} 0 0\n")
                with open(f"{self.proc}/{pid}/cgroup", "w") as f:
                    f.write(self.cgroups.of_process(job.uid, job.cid))
            self.cgroups.make(job.uid, job.cid, min(job.pids.values()))
        self.tell_processes()

    def end(self, job, then=None):
        """`then` is called before anybody can ask in between."""
        with self.lock:
            job.finished = int(time.time())
            self.living.remove(job)
            self.cgroups.remove(job.uid)
            for pid in job.pids.values():
                shutil.rmtree(f"{self.proc}/{pid}")
            if then:
                self.jobs.append(then)
                self.living.append(then)
        self.tell_processes()

    def tell_processes(self):
        lines = ""
        for card in range(CARDS):
            pids = [j.pids[card] for j in self.living if j.started and card in j.pids]
            line = f"CALL {card} nvmlDeviceGetRunningProcessDetailList(mode 0) rc=0 | at 8 u32 {len(pids)}"
            for i, pid in enumerate(pids):
                line += f" at {64 + 32 * i} u32 {pid} at {72 + 32 * i} u64 1048576 u32 4294967295 u32 4294967295 u64 0"
            lines += line + "\n"
        self.script.tell(lines)

    # What is asked
    def values(self, expr):
        return {tuple(sorted(s["metric"].items())): float(s["value"][1]) for s in e2e.api(self.agent.base, "query", {"query": expr})["result"]}

    def wait_for(self, expr):
        e2e.wait_until(lambda: f"{self.name}: {expr} has a result\n{self.processes.log_text(self.name + '-agent')}", lambda: self.values(expr), 90)

    # What is right
    def begins(self, job, card):
        """From when on a card is the job's, by what the lists told; nothing: never."""
        before = None
        for t, held in self.calls:
            if held.get(card) == job.name:
                break
            before = t
        first = next((t for t, held in self.calls if t > (before or 0) and held.get(card) == job.name), None)
        # A later pod of the name has the card from its start, unless a list of before that start has it free.
        free = [t for t, held in self.calls if held.get(card) != job.name and t < job.started + 30]
        last_free = max((t for t in free if any(u > t and h.get(card) == job.name and u >= job.created for u, h in self.calls)), default=0)
        return (max(job.started, last_free), last_free) if first else (job.started, 0)

    def owner(self, card, t):
        """A uid, "" for nobody; None: not known on which side of a list the row was."""
        found = ""
        for job in self.jobs:
            if card not in job.cards or job.started is None:
                continue
            # Of a pod that ended and one that began in one second, which is all that Kubernetes tells, a list may show either in it.
            if job.started <= t < job.started + 1 and any(j.finished == job.started and card in j.cards for j in self.jobs):
                return None
            begins, sure = self.begins(job, card)
            if abs(t - sure) < UNSURE and t >= job.started:
                return None
            if begins <= t:
                # Kubernetes tells the second in which it ended; within that there are rows where the machine was held up.
                if job.finished is not None and job.finished < t < job.finished + 1:
                    return None
                found = job.uid if job.finished is None or t <= job.finished else ""
        return found


def seconds_of(node, begun, end):
    """{own labels: {t: identity's labels}} of every row of every accelerator's series."""
    found = e2e.api(node.agent.base, "query", {"query": f'{{__name__=~"accel_.+",accel!=""}}[{int(end - begun)}s]', "time": f"{end:.3f}"})["result"]
    rows, doubles = {}, 0
    for series in found:
        own = tuple(sorted((k, v) for k, v in series["metric"].items() if k not in IDENTITY))
        identity = {k: v for k, v in series["metric"].items() if k in IDENTITY}
        held = rows.setdefault(own, {})
        for t, _ in series["values"]:
            doubles += t in held
            held[t] = identity
    check(doubles == 0, f"{node.name}: {doubles} rows are answered twice, under two identities")
    return rows


def check_seconds(node, rows, begun):
    by_uid = {j.uid: j for j in node.jobs}
    counted, unsure = {}, 0
    for own, held in rows.items():
        card = int(dict(own)["accel"])
        for t, identity in held.items():
            if t < begun:
                continue
            wanted, got = node.owner(card, t), identity.get("pod_uid", "")
            if wanted is None:
                unsure += 1
                continue
            check(got == wanted, f"{node.name}: {dict(own)['__name__']} of card {card} at {t:.3f} is {got or 'nobody'}'s, not {wanted or 'nobody'}'s; "
                  f"jobs {[(j.uid[-2:], j.cards, j.started, j.finished) for j in node.jobs]}")
            if got:
                job = by_uid[got]
                labels = {"pod": job.name, "namespace": "team-a", "container": "worker", "pod_uid": got, "job_name": "job-" + job.name, "tenant_id": "7"}
                check(identity == labels, f"{node.name}: a row of {got} has {identity}")
            else:
                check(not identity, f"{node.name}: a row of nobody has {identity}")
            counted[got] = counted.get(got, 0) + 1
    check(all(counted.get(j.uid, 0) > 100 for j in node.jobs), f"{node.name}: rows by pod: {counted}")
    check(counted.get("", 0) > 100 and unsure < 0.05 * sum(counted.values()), f"{node.name}: {counted}, {unsure} are unsure")
    return counted


def check_shipped(node, rows, first, last):
    """In each window the receiver has the pods that the seconds have, of each series."""
    check(not node.receiver.complaints, f"{node.name}: the receiver complains: {node.receiver.complaints}")
    shipped = {}
    for key, samples in node.receiver.samples(e2e.STALE).items():
        own = tuple((k, v) for k, v in key if k not in IDENTITY)
        for t, value in samples.items():
            if value is not e2e.STALE:
                shipped.setdefault((own, t // 1000), set()).add(dict(key).get("pod_uid", ""))
    windows = compared = 0
    for end in range(first, last + 1, WINDOW):
        windows += 1
        for own, held in rows.items():
            inside = {i.get("pod_uid", "") for t, i in held.items() if end - WINDOW < t <= end}
            if not inside:
                continue
            got = shipped.get((own, end), set())
            check(got == inside, f"{node.name}: {dict(own)} of the window at {end} was shipped as {got}, its seconds are {inside}")
            compared += 1
    check(windows >= 5 and compared > 100 * windows, f"{node.name}: {compared} series in {windows} windows were compared")
    return windows, compared


def check_jobs(node, begun, end):
    """The report of each run against sums over the seconds, made here; and runs and nobody's seconds against the devices."""
    report = json.loads(e2e.http_get(node.agent.base + "/api/v1/jobs", {"start": begun, "end": end}))["data"]
    metrics = "accel_up|accel_energy_joules_total|accel_utilization_ratio|accel_memory_used_bytes"
    found = e2e.api(node.agent.base, "query", {"query": f'{{__name__=~"{metrics}"}}[{end - begun + 61}s]', "time": end})["result"]
    series = {}
    for one in found:
        own = one["metric"]["__name__"], one["metric"]["accel"]
        series.setdefault(own, []).extend((t, float(v), one["metric"].get("pod_uid", "")) for t, v in one["values"])
    wanted = {}  # (pod's uid, card): what it used
    for (metric, card), rows in series.items():
        rows.sort()
        for (t0, v0, _), (t, v, uid) in zip(rows, rows[1:]):
            if t < begun or t <= t0:
                continue
            use = wanted.setdefault((uid, card), {"held": 0, "energy": [], "rated": 0, "busy": [], "stalled": 0, "memory": None})
            step = round((t - t0) * 1000) if t - t0 <= 60 else 0
            if metric == "accel_up":
                use["held"] += step
            elif metric == "accel_energy_joules_total":
                use["energy"].append(v - v0 if v >= v0 else v)
            elif metric == "accel_utilization_ratio":
                use["rated"] += step
                use["busy"].append(v * step)
                use["stalled"] += step if v < 0.05 else 0
            else:
                use["memory"] = max(v, use["memory"] or v)

    def compare(what, device, use):
        same = lambda a, b: math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
        check(round(device["held_seconds"] * 1000) == use["held"], f"{what} was held for {device['held_seconds']} s, by the rows {use['held']} ms")
        check(same(device.get("energy_joules", 0), math.fsum(use["energy"])), f"{what}: {device.get('energy_joules')} J, by the rows {math.fsum(use['energy'])}")
        if use["rated"]:
            check(same(device["utilization_mean"], math.fsum(use["busy"]) / use["rated"]), f"{what}: {device['utilization_mean']} busy")
            check(round(device["stalled_seconds"] * 1000) == use["stalled"], f"{what}: stalled for {device['stalled_seconds']} s, by the rows {use['stalled']} ms")
        check(device.get("memory_max_bytes") == use["memory"], f"{what}: {device.get('memory_max_bytes')} bytes, by the rows {use['memory']}")

    runs = {(r["job"], r["run"]): r for r in report["jobs"]}
    check(set(runs) == {("job-train-a", 1), ("job-train-a", 2), ("job-train-a", 3), ("job-train-b", 1)}, f"{node.name}: runs {sorted(runs)}")
    compared = 0
    for (job, run), r in runs.items():
        check(len(r["pods"]) == 1 and r["namespace"] == "team-a", f"{node.name}: {job} {run} has {r['pods']}")
        uid = r["pods"][0]["labels"]["pod_uid"]
        check([j.uid for j in node.jobs if j.name == job[4:]][run - 1] == uid, f"{node.name}: run {run} of {job} is {uid}")
        check({d["accel"] for d in r["devices"]} == {c for u, c in wanted if u == uid}, f"{node.name}: {job} {run}: devices")
        for d in r["devices"]:
            compare(f"{node.name}: card {d['accel']} of {job} {run}", d, wanted[uid, d["accel"]])
            compared += 1
        for what in "held_seconds", "energy_joules":
            check(math.isclose(math.fsum(d.get(what, 0) for d in r["devices"]), r["total"].get(what, 0), rel_tol=1e-12),
                  f"{node.name}: {what} of {job} {run}: {r['total']}")
    for d in report["unattributed"]:
        compare(f"{node.name}: card {d['accel']} of nobody", d, wanted["", d["accel"]])
    for d in report["devices"]:
        of = [x for r in report["jobs"] for x in r["devices"] if x["accel"] == d["accel"]] + [x for x in report["unattributed"] if x["accel"] == d["accel"]]
        held = sum(round(x["held_seconds"] * 1000) for x in of)
        check(held == round(d["held_seconds"] * 1000), f"{node.name}: card {d['accel']} was held for {d['held_seconds']} s, its jobs and nobody {held} ms")
        energy = math.fsum(x.get("energy_joules", 0) for x in of)
        check(math.isclose(energy, d.get("energy_joules", 0), rel_tol=1e-12), f"{node.name}: card {d['accel']}: {d.get('energy_joules')} J, its jobs {energy}")
    check(compared == 4 + 4 + 3 + 3, f"{node.name}: {compared} devices of runs were compared")
    page = node.agent.call("job", "team-a/job-train-a", "--state", node.agent.state, "--runtime", node.agent.runtime)
    check(page.count("(run ") == 3 and "(run 3 of 3), running" in page, f"{node.name}: tacho job says\n{page}")
    # The charts are of the run's own cards and seconds: a card that went to the next run has a row in both.
    drawn = node.agent.call("job", "job-train-a", "--charts", "always", "--state", node.agent.state, "--runtime", node.agent.runtime)
    strips = re.findall(r"^accel +highest\n((?:\d .*\n)+)", drawn, re.MULTILINE)
    cards = ["".join(sorted(c for u, c in wanted if u == j.uid)) for j in node.jobs if j.name == "train-a"]
    check(["".join(row[0] for row in strip.splitlines()) for strip in strips] == cards, f"{node.name}: charts of cards {cards}:\n{drawn}")
    check(drawn.count("power of all devices") == 3 and drawn.count("memory of the fullest device") == 3, f"{node.name}: charts\n{drawn}")
    return compared


def check_pace_of_lists(name, times, killed):
    """No faster than once a second, of one life of the agent's. A kubelet that was held up notes a call late, so that the next seems to be soon
    after it: that is seldom, and four more calls take most of four seconds all the same. Returns the least between two."""
    lives = [[t for t in times if t < killed], [t for t in times if t > killed]]
    between = [b - a for life in lives for a, b in zip(life, life[1:])]
    soon = [f"{seconds:.2f}" for seconds in between if seconds <= 0.9]
    check(len(soon) <= 2, f"{name}: the kubelet was asked again after {soon} s")
    for life in lives:
        for a, b in zip(life, life[4:]):
            check(b - a > 2.4, f"{name}: the kubelet was asked five times within {b - a:.1f} s")
    return min(between)


def live(processes, options, name, certificate):
    node = Node(processes, options, name, certificate)
    b = node.create("train-b", 9, [4, 5, 6, 7], 5_000_000)
    node.start(b, age=100)
    a1 = node.create("train-a", 1, [0, 1, 2, 3], 5_000_100)
    node.start(a1, age=50)
    node.agent.start()
    begun = int(time.time()) + 1
    node.wait_for("count(accel_up == 1) == 8")
    node.wait_for('tacho_device_attribution_devices{reason="attributed"} == 8')
    time.sleep(4)
    node.kubelet.stop()
    os.path.exists(node.socket) and os.unlink(node.socket)
    node.set_token("second")
    time.sleep(1.5)
    node.kubelet.start()
    time.sleep(2)
    node.end(a1)
    node.wait_for('tacho_device_attribution_devices{reason="free"} == 4')
    a2 = node.create("train-a", 2, [0, 1, 2], 5_000_200)
    node.wait_for('tacho_device_attribution_info{accel="0",reason="not_started"}')
    time.sleep(1)
    node.start(a2)
    time.sleep(7)
    a3 = Job("train-a", 3, [1, 2, 3], 5_000_300)
    node.end(a2, then=a3)
    node.start(a3)
    time.sleep(6)
    node.agent.kill()
    killed = time.time()
    node.agent.start()
    node.wait_for("count(accel_up == 1) == 8")
    time.sleep(3)
    last = int(time.time()) // WINDOW * WINDOW
    node.agent.wait_shipped(last * 1000)
    text = node.agent.call("devices", "--sysfs", node.agent.flags[1], "--state", node.agent.state, "--runtime", node.agent.runtime, ok=(0, 1))
    check(text.count("team-a/train-b/worker") == 4 and text.count("team-a/train-a/worker") == 3 and " free" in text, f"{name}: tacho devices says\n{text}")
    rows = seconds_of(node, begun, time.time())
    counted = check_seconds(node, rows, begun)
    windows, compared = check_shipped(node, rows, -(-(begun + WINDOW) // WINDOW) * WINDOW, last)
    devices = check_jobs(node, begun, int(time.time()) - 1)
    apart = check_pace_of_lists(name, [t for t, _ in node.calls], killed)
    node.agent.stop()
    node.kubelet.stop()
    print(f"{name}: rows by pod {dict((k[-1:] or 'nobody', v) for k, v in sorted(counted.items()))}, all right; {compared} series in {windows} windows "
          f"as shipped; {devices} devices of runs as their seconds add up; {len(node.calls)} lists, {apart:.1f} s apart at least", flush=True)


def body(processes, options):
    options.tacho = os.path.abspath(options.tacho)
    certificate = processes.path("cert.pem"), processes.path("key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=kubelet", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate[1], "-out", certificate[0]],
                   check=True, capture_output=True)
    names = options.only or NODES
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(live, processes, options, name, certificate) for name in names]:
            done.result()
    return f"{len(names)} nodes, three pods of one name on eight cards, every row and every window its pod's"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--library", default="build/tests/libfake_nvml.so")
    parser.add_argument("--only", choices=NODES, nargs=1)
    e2e.main("attribution", body, parser.parse_args())
