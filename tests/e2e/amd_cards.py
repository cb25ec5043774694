#!/usr/bin/env python3
"""The real program over a made sysfs with cards of amdgpu and Hygon: what `tacho query` answers is what the files hold.

Then what happens to cards: a number changes, a card goes to sleep, one vanishes and comes back, a file of one never answers. The others'
rows go on each second, accel_up tells, and everything is back when the card is.

usage: amd_cards.py --tacho build/tacho
"""
import argparse
import os
import shutil
import sys
import time

import e2e
from e2e import check

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sampler", "trees", "amd")
MI300X, MI250, RADEON = "0000:0c:00.0", "0000:22:00.0", "0001:03:00.0"
ENERGY_J = 123456789.25


class Node:
    """An agent over a copy of the tree."""

    def __init__(self, processes, tacho):
        self.root = processes.path("node")
        shutil.copytree(TREE, self.root)
        self.agent = e2e.Tacho(processes, tacho, extra_config="sampling: {sources: {amd_slow: {interval: 1s}}}\n",
                               flags=("--sysfs", self.root + "/sys", "--rootfs", self.root))
        self.agent.start()

    def file(self, card, name):
        return f"{self.root}/sys/bus/pci/devices/{card}/{name}"

    def write(self, card, name, text):
        path = self.file(card, name)
        with open(path + ".new", "w") as f:
            f.write(text)
        os.rename(path + ".new", path)

    def values(self, expr, how):
        data = how(expr)
        return {s["metric"].get("pci_bus_id", s["metric"].get("vendor")): float(s["value"][1]) for s in data["result"]}

    def by_files(self, expr):
        return self.values(expr, self.agent.query_files)

    def by_http(self, expr):
        return self.values(expr, lambda e: e2e.api(self.agent.base, "query", {"query": e}))

    def wait_for(self, expr, expected, seconds=90):
        """Until a question's answers by HTTP and by the files are these."""
        until = time.monotonic() + seconds
        while True:
            answers = self.by_http(expr), self.by_files(expr)
            if all(answer == expected for answer in answers):
                return
            check(time.monotonic() < until, f"{expr}: {answers[0]} and {answers[1]} where {expected} is expected")
            time.sleep(0.2)


def check_values(node):
    node.wait_for("accel_devices", {"amd": 4, "hygon": 1})
    node.wait_for("count by (vendor) (accel_up == 1)", {"amd": 4, "hygon": 1})
    node.wait_for('accel_utilization_ratio{vendor="amd"}', {MI300X: 0.97, MI250: 0.12, "0000:38:00.0": 0.5, RADEON: 0.01})
    node.wait_for('accel_memory_used_bytes{model="Z100L"}', {"0002:05:00.0": 8589934592})
    node.wait_for('accel_power_watts{window="instant",accel="0"}', {MI300X: 741})
    node.wait_for('accel_temperature_celsius{sensor="hotspot",accel="1"}', {MI250: 40})
    node.wait_for('accel_energy_joules_total{accel="0"}', {MI300X: ENERGY_J})
    node.wait_for('accel_link_receive_bytes_total{link="1",accel="0"}', {MI300X: 1024000})
    node.wait_for('accel_process_memory_used_bytes{pid="4243",accel="0"}', {MI300X: 700000000})
    node.wait_for('accel_ecc_errors_total{severity="corrected",location="total",accel="0"}', {MI300X: 24})
    node.wait_for('accel_pcie_link_generation{accel="0",vendor="amd"}', {MI300X: 5})


def check_devices(node, tacho):
    text = node.agent.call("devices", "--sysfs", node.root + "/sys", "--rootfs", node.root)
    for line in ("AMD Instinct MI300X OAM", "hygon    0      0002:05:00.0  Z100L",
                 "revision 3.0 of 264 bytes is not known"):
        check(line in text, f"tacho devices does not say {line!r}:\n{text}")


def busy(node, card, value):
    node.write(card, "gpu_busy_percent", f"{value}\n")
    node.wait_for(f'accel_utilization_ratio{{pci_bus_id="{card}"}}', {card: value / 100})


def check_sleep(node):
    node.write(RADEON, "power/runtime_status", "suspended\n")
    absent = f'count_over_time(accel_utilization_ratio{{pci_bus_id="{RADEON}"}}[3s])'
    node.wait_for(absent, {})
    node.wait_for(f'accel_up{{pci_bus_id="{RADEON}"}}', {RADEON: 1})
    node.write(RADEON, "power/runtime_status", "active\n")
    busy(node, RADEON, 33)


def check_vanished(node):
    folder = node.file(MI250, "").rstrip("/")
    os.rename(folder, folder + ".away")
    node.wait_for(f'accel_up{{pci_bus_id="{MI250}"}}', {MI250: 0})
    busy(node, MI300X, 50)
    os.rename(folder + ".away", folder)
    node.wait_for(f'accel_up{{pci_bus_id="{MI250}"}}', {MI250: 1})
    busy(node, MI250, 44)


def others_go_on(node, seconds=8):
    """Who is held up by a card that is stuck misses every second; a machine that is held up takes one now and then."""
    missed = lambda: sum(float(s["value"][1]) for s in e2e.api(node.agent.base, "query", {
        "query": 'tacho_source_missed_ticks_total{source="hygon0"}'})["result"])
    before = missed()
    time.sleep(seconds)
    e2e.check_pace(missed() - before <= 1, f"Hygon's card missed {missed() - before} of {seconds} ticks while another was stuck")


def check_stuck(node):
    """A pipe that nobody writes into does not let itself be opened: the thread waits in the kernel, as it does with a sick driver."""
    path = node.file(MI300X, "mem_info_vram_used")
    os.mkfifo(path + ".new")
    os.rename(path + ".new", path)
    node.wait_for(f'accel_up{{pci_bus_id="{MI300X}"}}', {MI300X: 0})
    node.wait_for('tacho_source_up{source="amd0"}', {None: 0})
    busy(node, MI250, 55)
    e2e.again(others_go_on, node)
    os.rename(path, path + ".pipe")
    node.write(MI300X, "mem_info_vram_used", "4096\n")
    end = os.open(path + ".pipe", os.O_RDWR)
    node.wait_for(f'accel_memory_used_bytes{{pci_bus_id="{MI300X}"}}', {MI300X: 4096}, 150)
    node.wait_for(f'accel_up{{pci_bus_id="{MI300X}"}}', {MI300X: 1})
    os.close(end)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tacho", required=True)
    options = parser.parse_args()
    begun = time.monotonic()
    with e2e.Processes("amd") as processes:
        node = Node(processes, os.path.abspath(options.tacho))
        check_values(node)
        check_devices(node, options.tacho)
        busy(node, MI300X, 25)
        check_sleep(node)
        check_vanished(node)
        check_stuck(node)
        node.agent.stop()
    print(f"cards by sysfs: values, sleep, loss and a stuck file as expected, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except e2e.Failure as e:
        print(f"amd_cards: {e}", file=sys.stderr)
        sys.exit(1)
