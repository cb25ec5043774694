#!/usr/bin/env python3
"""Containers and the kernel's log, on this machine's real kernel: a container that is throttled, one that is killed for want of memory,
lines in /dev/kmsg. The agent must tell of all of them.

    workload.py --tacho build/tacho

Needs root, writes lines into the machine's own log (an Xid of a GPU that is not there, a hung task that is none), and makes cgroups
below /tacho-e2e, which are gone afterwards. So it is run by hand and is no part of tools/dev test. Exit 77: not permitted here.
"""
import argparse
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import e2e

ROOT = "/sys/fs/cgroup"
V2 = os.path.exists(f"{ROOT}/cgroup.controllers")
UID = "5f1c2a3b-0d4e-4f5a-8b6c-7d8e9f0a1b2c"
BUSY, HUNGRY = "b" * 64, "c" * 64
DEVICE = "ffff:ee:00.0"


def path_of(container):
    return f"/tacho-e2e/pod{UID}/{container}"


def folders(container):
    """Of a container, one in each tree."""
    trees = [""] if V2 else [f"/{name}" for name in ("memory", "cpu", "cpuacct", "pids", "unified") if os.path.isdir(f"{ROOT}/{name}")]
    return [ROOT + tree + path_of(container) for tree in trees]


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def make(container, cpu_quota=None, memory_limit=None):
    for folder in folders(container):
        if V2:  # controllers are handed down from the top
            for above in (ROOT, f"{ROOT}/tacho-e2e", f"{ROOT}/tacho-e2e/pod{UID}"):
                os.makedirs(above, exist_ok=True)
                write(f"{above}/cgroup.subtree_control", "+cpu +memory +pids +io")
        os.makedirs(folder)
        for name, value in (("cpu.max", cpu_quota and f"{cpu_quota} 100000"), ("cpu.cfs_quota_us", cpu_quota and str(cpu_quota)),
                            ("memory.max", memory_limit and str(memory_limit)), ("memory.limit_in_bytes", memory_limit and str(memory_limit))):
            if value and os.path.exists(f"{folder}/{name}"):
                write(f"{folder}/{name}", value)


def remove_all():
    for folder in sorted({above for container in (BUSY, HUNGRY) for f in folders(container)
                          for above in (f, os.path.dirname(f), os.path.dirname(os.path.dirname(f)))}, key=len, reverse=True):
        for _ in range(50):  # a process that has just been killed is still leaving
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                pass
            except OSError:
                time.sleep(0.1)
                continue
            break


def start_in(container, script):
    """A Python script, in the container from its first instruction on."""
    join = "".join(f"open({folder + '/cgroup.procs'!r}, 'w').write('0')\n" for folder in folders(container))
    return subprocess.Popen([sys.executable, "-c", join + script], stdin=subprocess.DEVNULL)


def value(agent, expr):
    result = e2e.api(agent.base, "query", {"query": expr})["result"]
    e2e.check(len(result) == 1, f"{expr} has {len(result)} series instead of one")
    return float(result[0]["value"][1])


def wait_for(agent, expr, right, seconds=10):
    until = time.monotonic() + seconds
    while True:
        result = e2e.api(agent.base, "query", {"query": expr})["result"]
        if len(result) == 1 and right(float(result[0]["value"][1])):
            return float(result[0]["value"][1])
        e2e.check(time.monotonic() < until, f"{expr} is {result} after {seconds} s")
        time.sleep(0.2)


def log_events(agent):
    with open("/dev/kmsg", "w") as log:  # a write is a record
        for _ in range(2):
            log.write("<3>NVRM: Xid (PCI:FFFF:EE:00): 79, pid=1, name=tacho-e2e, GPU has fallen off the bus.\n")
            log.flush()
        log.write("<3>INFO: task tacho-e2e:1 blocked for more than 120 seconds.\n")
    before = time.time()
    wait_for(agent, 'node_kmsg_events_total{kind="xid"}', lambda v: v == 2)
    wait_for(agent, f'node_kmsg_xid_errors_total{{pci_bus_id="{DEVICE}",xid="79"}}', lambda v: v == 2)
    e2e.check(value(agent, 'increase(node_kmsg_xid_errors_total{xid="79"}[1m]) > bool 0') == 1, "increase() does not see the first Xid")
    e2e.check(value(agent, 'node_kmsg_events_total{kind="hung_task"}') >= 1, "the hung task is not counted")
    told = value(agent, 'node_kmsg_last_event_timestamp_seconds{kind="xid"}')
    e2e.check(abs(told - before) < 1.1, f"the Xid's time is {told - before:.3f} s off")
    e2e.check(value(agent, "node_kmsg_lost_records_total") == 0, "records were lost")
    return f"an Xid's time within {abs(told - before):.3f} s"


def throttled(agent):
    make(BUSY, cpu_quota=20_000)
    burner = start_in(BUSY, "import time\nend = time.monotonic() + 6\nwhile time.monotonic() < end: pass\n")
    this = f'container_id="{BUSY}",pod_uid="{UID}"'
    wait_for(agent, f"container_cpu_usage_seconds_total{{{this}}}", lambda v: v > 0)
    burner.wait()
    time.sleep(1.5)
    used = value(agent, f"max_over_time(container_cpu_usage_seconds_total{{{this}}}[10s])")
    stalled = value(agent, f"max_over_time(container_cpu_cfs_throttled_seconds_total{{{this}}}[10s])")
    e2e.check(0.5 < used < 2.5, f"6 s at a fifth of a CPU are told as {used} s of CPU time")
    e2e.check(stalled > 2, f"and as {stalled} s of throttling")
    e2e.check(value(agent, f"container_spec_cpu_quota{{{this}}}") == 20_000, "the quota is not told")
    return f"{used:.2f} s of CPU time and {stalled:.1f} s of throttling in 6 s at a fifth of a CPU"


def killed(agent):
    limit = 64 << 20
    make(HUNGRY, memory_limit=limit)
    time.sleep(6)  # shown: version 1 is walked every fifth tick
    kills = value(agent, 'node_kmsg_events_total{kind="cgroup_oom_kill"}')
    eater = start_in(HUNGRY, "import time\nkept = []\nwhile True:\n  kept.append(bytearray(b'x' * (1 << 20)))\n  time.sleep(0.05)\n")
    eater.wait(60)
    e2e.check(eater.returncode == -9, f"the process that ate memory ended with {eater.returncode}")
    this = f'container_id="{HUNGRY}",pod_uid="{UID}"'
    wait_for(agent, f"container_oom_events_total{{{this}}}", lambda v: v == 1)
    wait_for(agent, 'node_kmsg_events_total{kind="cgroup_oom_kill"}', lambda v: v == kills + 1)
    wait_for(agent, f"node_kmsg_oom_kills_total{{{this}}}", lambda v: v == 1)
    e2e.check(value(agent, f"container_spec_memory_limit_bytes{{{this}}}") == limit, "the limit is not told")
    peak = value(agent, f"max_over_time(container_memory_working_set_bytes{{{this}}}[20s])")
    e2e.check(limit / 4 < peak <= limit, f"the working set's peak is told as {peak} of {limit} bytes")
    return f"a working set of {peak / (1 << 20):.0f} of 64 MiB, one OOM kill, told three times"


def ends(agent):
    remove_all()
    wait_for(agent, f'count(container_threads{{pod_uid="{UID}"}}) or vector(0)', lambda v: v == 0)


def body(processes, arguments):
    agent = e2e.Tacho(processes, arguments.tacho)
    agent.start()
    time.sleep(2)
    try:
        reports = [log_events(agent), throttled(agent), killed(agent)]
        ends(agent)
    finally:
        remove_all()
    agent.stop()
    return "; ".join(reports)


def permitted():
    writable = f"{ROOT}/cgroup.procs" if V2 else f"{ROOT}/memory/cgroup.procs"
    return os.access(writable, os.W_OK) and os.access("/dev/kmsg", os.R_OK | os.W_OK) and os.geteuid() == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    options = parser.parse_args()
    if not permitted():
        print("workload: not permitted here (root, a writable cgroup tree and /dev/kmsg are needed)")
        sys.exit(77)
    e2e.main("workload", body, options)
