#!/usr/bin/env python3
"""The agent beside eight Ascend NPUs of the fake library (tests/accel/fake_dcmi.cc): what it answers, and what one costs the others
that hangs or drops off the bus.

    ascend_fake.py --tacho build/tacho --library build/tests/libdcmi.so [--seconds 20]

Prints the agent's CPU time with and without the NPUs. The values are made up (tests/accel/made_up_ascend.txt): the documentation's
layouts and units are checked, no hardware is.
"""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import e2e

MADE_UP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "accel", "made_up_ascend.txt")
BUSES = ["0000:c2:00.0", "0000:c1:00.0", "0000:02:00.0", "0000:01:00.0",
         "0000:82:00.0", "0000:81:00.0", "0000:42:00.0", "0000:41:00.0"]


def plug_in(sysfs):
    """PCI devices for the agent to find."""
    for bus in BUSES:
        folder = os.path.join(sysfs, "bus", "pci", "devices", bus)
        os.makedirs(folder)
        for name, text in {"vendor": "0x19e5", "class": "0x120000", "numa_node": "0", "current_link_speed": "16.0 GT/s PCIe",
                           "current_link_width": "16"}.items():
            with open(os.path.join(folder, name), "w") as f:
                f.write(text + "\n")


def tell(path, more=""):
    """The library reads the file anew when it has changed: all of it at once."""
    with open(MADE_UP) as f:
        text = f.read()
    for number, bus in enumerate(BUSES):
        text += f"DEVICE {number} bus={bus}{' like=0' if number else ''}\n"
        text += f"CALL {number} dcmi_get_device_power_info() rc=0 | i32 {1000 + number}\n"
        text += f"CALL {number} dcmi_get_device_die_v2(1) rc=0 | u32 {number} u32 0 u32 0 u32 0 u32 1\n"
    with open(path + ".new", "w") as f:
        f.write(text + more)
    os.rename(path + ".new", path)


def answers(tacho, expr, label="accel"):
    return {s["metric"].get(label, ""): float(s["value"][1]) for s in tacho.query_files(expr)["result"]}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share_of_core(pid, seconds):
    before, begun = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - begun)


def check_values(tacho):
    by_address = sorted(range(8), key=lambda number: BUSES[number])  # accel -> the library's number
    power = {str(a): (1000 + n) / 10 for a, n in enumerate(by_address)}
    e2e.wait_until(f"power is {power}", lambda: answers(tacho, 'accel_power_watts{vendor="huawei"}') == power, 60)
    for expr, wanted in {
        "accel_utilization_ratio": 0.78,
        'accel_engine_utilization_ratio{engine="aicore"}': 0.56,
        "accel_memory_used_bytes": 3161 * 2**20,
        'accel_temperature_celsius{sensor="memory"}': 41,
        'accel_clock_hertz{domain="core"}': 1.65e9,
        "accel_health_status": 1,
        'accel_link_transmit_bytes_total{type="roce"}': 1021,
        'accel_link_up{type="roce"}': 1,
        'accel_ecc_errors_total{location="dram",scope="volatile",severity="uncorrected"}': 3,
        "accel_pcie_link_generation": 4,
        "accel_processes": 2,
        "accel_info": 1,
    }.items():
        e2e.wait_until(f"{expr} is {wanted} of each of eight", lambda: answers(tacho, expr) == {str(a): wanted for a in range(8)}, 60)
    e2e.check(not answers(tacho, 'accel_link_throughput_bytes_per_second'), "what blocks is asked, and nobody asked for it")


def check_report(tacho, sysfs):
    text = tacho.call("devices", "--sysfs", sysfs)
    for wanted in ("huawei   7      0000:c2:00.0  Ascend 910B3", "DCMI 24.1.rc3, driver 24.1.rc3.b070"):
        e2e.check(wanted in text, f"tacho devices has no {wanted!r}:\n{text}")


def check_trouble(tacho, script):
    """One hangs, one is lost: each has accel_up 0, and the other six go on."""
    tell(script, "HANG 3 dcmi_get_device_temperature\nALL 6 rc=-8012\n")
    gone = {"0", "3"}  # 0000:01:00.0 and 0000:42:00.0

    def as_wanted():
        up = answers(tacho, "accel_up")
        return {a for a, value in up.items() if value == 0} == gone and len(up) == 8

    e2e.wait_until("accel_up is 0 for the two that fail, and 1 for the others", as_wanted, 60)
    energy = 'accel_energy_joules_total{derived="1"}'
    before, begun = answers(tacho, energy), time.monotonic()
    drawn = lambda: [after[a] - before[a] for a in set(map(str, range(8))) - gone if a in (after := answers(tacho, energy))]
    e2e.wait_until("the other six draw 100 W", lambda: len(found := drawn()) == 6 and min(found) > 150, 30)
    e2e.check(max(drawn()) < 102 * (time.monotonic() - begun + 3), f"in {time.monotonic() - begun:.0f} s of 100 W they drew {drawn()} J")
    e2e.wait_until("the series of what hangs end", lambda: not set(answers(tacho, "accel_utilization_ratio")) & gone, 60)
    tell(script)
    e2e.wait_until("both are back", lambda: set(answers(tacho, "accel_up == 1")) == set(map(str, range(8))), 150)


def main(processes, options):
    sysfs, script = processes.make_folder("sys"), processes.path("script.txt")
    alone = e2e.Tacho(processes, options.tacho, name="alone", flags=("--sysfs", processes.make_folder("nothing")))
    alone.start()
    time.sleep(3)
    idle = share_of_core(alone.process.pid, options.seconds)
    alone.stop()
    plug_in(sysfs)
    tell(script)
    os.environ["TACHO_DCMI_LIBRARY"] = os.path.abspath(options.library)
    os.environ["TACHO_FAKE_DCMI"] = script
    tacho = e2e.Tacho(processes, options.tacho, flags=("--sysfs", sysfs))
    tacho.start()
    e2e.wait_until("all eight answer", lambda: len(answers(tacho, "accel_up == 1")) == 8, 60)
    e2e.wait_until("the slow rows are there", lambda: len(answers(tacho, "accel_pcie_link_generation")) == 8, 60)
    check_values(tacho)
    check_report(tacho, sysfs)
    busy = share_of_core(tacho.process.pid, options.seconds)
    series = sum(answers(tacho, 'count by (vendor) ({vendor="huawei"})', "vendor").values())
    check_trouble(tacho, script)
    tacho.stop()
    return (f"eight NPUs with {series:.0f} series cost {(busy - idle) * 1000:.1f} ms of CPU a second "
            f"(the agent {busy:.2%} of a core with them, {idle:.2%} without)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default="build/tacho")
    parser.add_argument("--library", default="build/tests/libdcmi.so")
    parser.add_argument("--seconds", type=float, default=20)
    e2e.main("ascend_fake", main, parser.parse_args())
