#!/usr/bin/env python3
"""A mount that never answers and a file in sysfs that never answers: everything else goes on, and both are seen and come back.

A file system of ours (fuse_mount.py) is mounted, and a chip of /sys/class/hwmon lies in it. The agent runs over it for a while, then
neither statfs nor read is answered any more, then they are again. All the time every other source gives its row each second;
threads and descriptors of the agent do not grow. Lateness is printed, not judged: machines are noisy.

usage: dead_mount.py --tacho build/tacho [--seconds 12]
"""
import argparse
import os
import signal
import sys
import time

import e2e
from e2e import check
from fuse_mount import FuseMount, NotPermitted

CHIP = {"name": b"sick\n", "temp1_input": b"42000\n"}


def link_all(source, target, but):
    os.makedirs(target)
    for name in os.listdir(source):
        if name != but:
            os.symlink(os.path.join(source, name), os.path.join(target, name))


def sysfs_with_chip(processes, mount):
    """/sys as it is, but for one chip that lies in the mount."""
    sys_folder = processes.path("sys")
    link_all("/sys", sys_folder, "class")
    link_all("/sys/class", os.path.join(sys_folder, "class"), "hwmon")
    os.makedirs(os.path.join(sys_folder, "class", "hwmon"))
    os.symlink(mount, os.path.join(sys_folder, "class", "hwmon", "hwmon0"))
    return sys_folder


def values(agent, expr):
    found = e2e.api(agent.base, "query", {"query": expr})["result"]
    return {tuple(sorted((k, v) for k, v in s["metric"].items() if k != "__name__")): float(s["value"][1]) for s in found}


def value(agent, expr):
    found = values(agent, expr)
    check(len(found) == 1, f"{expr} has {len(found)} results: {found}")
    return next(iter(found.values()))


def wait_for(agent, expr, text, seconds=90):
    e2e.wait_until(f"{text}: {expr} has a result", lambda: values(agent, expr), seconds)


def uses(agent):
    """Threads and descriptors. Of statfs's pool a slow disk makes more threads, up to eight: those count where there are more."""
    pid = agent.process.pid
    names = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/comm") as f:
                names.append(f.read().strip())
        except OSError:
            pass  # it has just ended
    pool = names.count("tacho-statfs")
    return len(names) - min(pool, 8), len(os.listdir(f"/proc/{pid}/fd"))


def missed(agent):
    return values(agent, 'tacho_source_missed_ticks_total{source!~"hwmon|filesystem"}')


def lateness(agent, seconds):
    """p99 in microseconds over the sources of the tick thread."""
    found = values(agent, f'quantile_over_time(0.99, tacho_source_lateness_seconds{{source=~"cpu|meminfo|netdev|vmstat"}}[{seconds}s])')
    return max(found.values()) * 1e6


def phase(agent, name, seconds):
    """Lets time pass; the most threads and descriptors seen, and the lateness."""
    before = missed(agent)
    most = (0, 0)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        most = tuple(max(pair) for pair in zip(most, uses(agent)))
        time.sleep(0.5)
    after = missed(agent)
    grown = {dict(k)["source"]: after[k] - v for k, v in before.items() if after.get(k, 0) > v}
    late = lateness(agent, seconds)
    print(f"{name}: {seconds} s, p99 of lateness {late:.0f} us, at most {most[0]} threads and {most[1]} descriptors, "
          f"missed elsewhere: {grown or 'nothing'}", flush=True)
    # A noisy machine can take a second from anybody; a source that is held up misses them all.
    e2e.check_pace(all(v <= max(1, seconds // 20) for v in grown.values()), f"{name}: ticks were missed: {grown}")
    return most


def is_served(agent):
    try:
        e2e.http_get(agent.base + "/-/healthy", timeout=2)
        return True
    except OSError:
        return False


def run(binary, seconds):
    with e2e.Processes("dead-mount") as processes:
        mount_folder = processes.make_folder("mount")
        mount = FuseMount(mount_folder, CHIP)
        try:
            agent = e2e.Tacho(processes, binary, extra_config="sampling: {sources: {filesystem: {interval: 1s}, hwmon: {interval: 1s}}}\n",
                              flags=["--sysfs", sysfs_with_chip(processes, mount_folder)])
            agent.start()
            here = f'mountpoint="{mount_folder}"'
            wait_for(agent, f"node_filesystem_size_bytes{{{here}}}", "the mount that answers")
            wait_for(agent, 'node_hwmon_temp_celsius{sensor="temp1"} == 42', "the sensor that answers")
            time.sleep(2)
            before = e2e.again(phase, agent, "all answer", seconds)

            mount.die()
            wait_for(agent, f'node_filesystem_device_error{{{here},device_error="mountpoint timeout"}} == 1', "the dead mount")
            wait_for(agent, 'tacho_source_stuck_seconds{source="hwmon"} > 0', "the stuck sensor")
            dead = e2e.again(phase, agent, "mount and sensor dead", seconds)
            check(value(agent, "tacho_filesystem_hanging_calls") == 1, "one mount hangs, once")
            check(value(agent, 'tacho_source_up{source="hwmon"}') == 0, "a source that hangs is not up")
            check(not values(agent, 'node_hwmon_temp_celsius{sensor="temp1"}'), "a sensor that hangs has no value, not its last one")
            check(value(agent, 'tacho_source_up{source="filesystem"}') == 1, "the other mounts are sampled")
            check(not values(agent, f"node_filesystem_size_bytes{{{here}}}"), "a dead mount has no size")
            check(dead[0] <= before[0], f"a dead mount takes a thread of the pool alone: {before[0]} became {dead[0]}")
            check(dead[1] <= before[1] + 2, f"descriptors grew from {before[1]} to {dead[1]}")

            mount.come_back()
            wait_for(agent, f"node_filesystem_size_bytes{{{here}}} == {1000 * 4096}", "the mount that is back")
            wait_for(agent, 'tacho_source_up{source="hwmon"} == 1', "the sensor that is back", 150)
            wait_for(agent, "tacho_filesystem_hanging_calls == 0", "nothing hangs any more")
            e2e.wait_until("threads end again", lambda: uses(agent)[0] <= before[0])
            agent.stop()

            # Ended while both hang. A request that a FUSE server holds cannot be interrupted, not even by a kill, so the process
            # is there until it is answered; but all that the agent has to do at its end is done before.
            agent.start()
            wait_for(agent, f"node_filesystem_size_bytes{{{here}}}", "the mount that answers")
            mount.die()
            wait_for(agent, f'node_filesystem_device_error{{{here},device_error="mountpoint timeout"}} == 1', "the dead mount")
            agent.process.send_signal(signal.SIGTERM)
            e2e.wait_until("the agent ends its work", lambda: "its thread is left behind" in processes.log_text("tacho") and not is_served(agent))
            check(int(agent.query_files("count(node_load1)")["result"][0]["value"][1]) == 1, "its seconds are there")
            mount.come_back()
            agent.stop()
        finally:
            mount.unmount()
    print("a dead mount and a stuck file hold up nobody")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tacho", required=True)
    parser.add_argument("--seconds", type=int, default=12, help="for each of the two phases")
    options = parser.parse_args()
    try:
        run(os.path.abspath(options.tacho), options.seconds)
    except NotPermitted as e:
        print(f"skipped: nothing can be mounted here ({e})")
    except e2e.Failure as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
