#!/usr/bin/env python3
"""Every alert of tools/packaging/alerts fires on its fault and on nothing else, by promtool; and asks for what there is.

For each alert there is a fault, and the same series of a node that is well: promtool must find the alert of the fault alone. All
metrics that the rules name are in the program's catalogue; a peak (NAME:1m_max) is one that is shipped. An alert without a case
here, or a case without an alert, fails. The node's own parser reads every expression.

usage: alert_rules.py --tacho build/tacho
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import e2e  # noqa: E402
from e2e import check  # noqa: E402

RULES = os.path.join(HERE, "..", "..", "tools", "packaging", "alerts")
SECONDS, MINUTES = "15s", "1m"  # between samples: of each fault and its opposite
CARD = 'vendor="nvidia",accel="3"'
STEP = "0x40 1x30"  # a counter that begins to be 1 after ten minutes of seconds
WHEN = {SECONDS: "12m", MINUTES: "14m"}  # the alert is looked for
# file -> alert -> (series that is at fault, its values, its values on a node that is well[, further series of both nodes])
# N is the label that tells the nodes apart.
CASES = {
    "faults": {
        "AcceleratorFatalError": (f'accel_errors_total{{{CARD},code="79",N}}', STEP, "5x70"),
        "AcceleratorError": (f'accel_errors_total{{{CARD},code="31",N}}', STEP, "5x70"),
        "AcceleratorMemoryUncorrected": (f'accel_ecc_errors_total{{{CARD},severity="uncorrected",scope="volatile",location="total",N}}', STEP, "2x70"),
        "AcceleratorRemapFailed": (f"accel_memory_remap_failed{{{CARD},N}}", "1x70", "0x70"),
        "AcceleratorRemapPending": (f"accel_memory_remap_pending{{{CARD},N}}", "1x70", "0x70"),
        "AcceleratorNeedsRecovery": (f"accel_recovery_action{{{CARD},N}}", "1x70", "0x70"),
        "AcceleratorThrottled": (f'accel_throttle_seconds_total{{{CARD},reason="thermal",N}}', "0+6x70", "0+0.1x70"),
        "AcceleratorLinkErrors": (f'accel_link_errors_total{{{CARD},error="replay",N}}', "0+5x70", "7x70"),
        "AcceleratorPcieNarrow": (f"accel_pcie_link_width{{{CARD},N}}", "8x70", "16x70", f"accel_pcie_link_width_max{{{CARD},N}}", "16x70"),
        "InfinibandLinkFlaps": ('node_infiniband_link_downed_total{device="mlx5_0",port="1",N}', STEP, "1x70"),
        "InfinibandSymbolErrors": ('node_infiniband_symbol_error_total{device="mlx5_0",port="1",N}', "0+120x70", "4x70"),
        "EthernetLinkFlaps": ('node_network_carrier_down_changes_total{device="eth0",N}', STEP, "1x70"),
        "OutOfMemoryKill": ("node_vmstat_oom_kill{N}", STEP, "3x70"),
        "HungTask": ('node_kmsg_events_total{kind="hung_task",N}', STEP, "0x70"),
        "KernelFault": ('node_kmsg_events_total{kind="machine_check",N}', STEP, "0x70"),
        "StorageFault": ('node_kmsg_events_total{kind="io_error",N}', STEP, "0x70"),
        "HostMemoryUncorrected": ('node_edac_uncorrectable_errors_total{controller="0",N}', STEP, "0x70"),
        "NetworkFileSystemStuck": ('node_kmsg_events_total{kind="nfs_not_responding",N}', STEP, "0x70"),
        "FileSystemHangs": ("tacho_filesystem_hanging_calls{N}", "2x70", "0 1 0x68"),
        "FileSystemFull": ('node_filesystem_avail_bytes{mountpoint="/",fstype="ext4",N}', "2x70", "50x70",
                           'node_filesystem_size_bytes{mountpoint="/",fstype="ext4",N}', "100x70",
                           'node_filesystem_readonly{mountpoint="/",fstype="ext4",N}', "0x70"),
        "ClockNotSynchronized": ("node_timex_sync_status{N}", "0x70", "1x70", "node_timex_maxerror_seconds{N}", "16x70"),
        "ClockSkew": ("node_timex_offset_seconds{N}", "-0.2x70", "0.001x70"),
        "ClockStepped": ("tacho_clock_steps_total{N}", STEP, "1x70"),
        "TachoSourceDown": ('tacho_source_up{source="nvidia3",N}', "0x70", "0x5 1x65"),
        "TachoTicksMissed": ('tacho_source_missed_ticks_total{source="stat",N}', "0+10x70", "0x30 1x40"),
        "TachoRowsLost": ("tacho_store_lost_rows_total{N}", STEP, "9x70"),
        "TachoSeriesRefused": ("tacho_store_refused_series{N}", "12x70", "0x70"),
        "TachoShippingBehind": ('tacho_remote_write_lag_seconds{endpoint="centre",N}', "900x70", "65x70"),
        "TachoMinutesDropped": ('tacho_remote_write_dropped_windows_total{endpoint="centre",reason="too_old",N}', STEP, "4x70"),
    },
    "seconds": {
        "AcceleratorLost": (f"accel_up{{{CARD},N}}", "1x10 0x60", "1x70"),
        "AcceleratorUnhealthy": (f"accel_health_status{{{CARD},N}}", "1x10 0x60", "1x70"),
        "AcceleratorHot": (f'accel_temperature_celsius{{{CARD},sensor="core",N}}', "87x70", "70x70",
                           f'accel_temperature_limit_celsius{{{CARD},limit="slowdown",N}}', "89x70"),
        "AcceleratorStalled": (f"accel_utilization_ratio{{{CARD},N}}", "0x70", "0.9x70",
                               'accel_utilization_ratio{vendor="nvidia",accel="4",N}', "0.9x70"),
        "AcceleratorLinkDown": (f'accel_link_up{{{CARD},link="2",N}}', "0x70", "1x70"),
        "InfinibandPortDown": ('node_infiniband_state_id{device="mlx5_0",port="1",N}', "4x10 1x60", "4x70"),
        "MemoryStall": ("node_pressure_memory_stalled_seconds_total{N}", "0+9x70", "0+0.1x70"),
        "StorageStall": ("node_pressure_io_stalled_seconds_total{N}", "0+14x70", "0+2x70"),
        "TachoSourceStuck": ('tacho_source_stuck_seconds{source="nvidia3",N}', "40x70", "0x70"),
    },
    "minutes": {
        "AcceleratorLost": (f"accel_up:1m_min{{{CARD},N}}", "1x10 0x60", "1x70"),
        "AcceleratorUnhealthy": (f"accel_health_status:1m_min{{{CARD},N}}", "1x10 0x60", "1x70"),
        "InfinibandPortDown": ('node_infiniband_state_id:1m_min{device="mlx5_0",port="1",N}', "4x10 1x60", "4x70",
                               'node_infiniband_state_id{device="mlx5_0",port="1",N}', "4x70"),
        "TachoGone": ('tacho_build_info{version="0.1.0",N}', "1x7 _x63", "1x70"),
        "TachoMinutesIncomplete": ('tacho_rollup_samples_ratio{source="stat",N}', "0.5x70", "1x70"),
    },
}
# A second way to fire, beside the first.
MORE = {"seconds": {"AcceleratorLost": ("accel_devices{N}", "8x10 7x60", "8x70")},
        "minutes": {"AcceleratorLost": ("accel_devices:1m_min{N}", "8x10 7x60", "8x70")},
        "faults": {"TachoMinutesDropped": ('tacho_remote_write_dropped_samples_total{endpoint="centre",reason="refused",N}', STEP, "4x70")}}


def at_node(series, node):
    return series.replace(",N}", f',instance="{node}"}}').replace("{N}", f'{{instance="{node}"}}')


def run(command, ok=0):
    done = subprocess.run(command, capture_output=True, text=True)
    check(done.returncode == ok, f"{' '.join(command)}: {done.stdout}{done.stderr}"[:4000])
    return done.stdout + done.stderr


def test_of(alert, case, labels, expr, interval):
    """promtool's: the alert is there for the node at fault, and for no other."""
    series, fault, well, *further = case
    inputs = [{"series": at_node(series, "ill"), "values": fault}, {"series": at_node(series, "well"), "values": well}]
    for other, values in zip(further[::2], further[1::2]):
        inputs += [{"series": at_node(other, node), "values": values} for node in ("ill", "well")]
    own = dict(re.findall(r'(\w+)="([^"]*)"', at_node(series, "ill")))
    kept = {"instance": own["instance"]} if " by (" in expr else own
    return {"interval": interval, "input_series": inputs,
            "alert_rule_test": [{"eval_time": WHEN[interval], "alertname": alert, "exp_alerts": [{"exp_labels": kept | labels}]}]}


def check_firing(processes, name, groups):
    interval = MINUTES if name == "minutes" else SECONDS
    rules = {r["alert"]: r for g in groups for r in g["rules"]}
    check(set(rules) == set(CASES[name]), f"{name}: alerts and cases differ: {sorted(set(rules) ^ set(CASES[name]))}")
    tests = []
    for alert, rule in rules.items():
        for case in (CASES[name][alert], MORE.get(name, {}).get(alert)):
            if case:
                tests.append(test_of(alert, case, rule["labels"], rule["expr"], interval))
    # Without the texts, which promtool would compare to the letter; their templates are checked by "check rules".
    for group in groups:
        for rule in group["rules"]:
            rule.pop("annotations")
    with open(processes.path(name + ".yaml"), "w") as f:
        json.dump({"groups": groups}, f)
    path = processes.path(name + ".test.yaml")
    with open(path, "w") as f:
        json.dump({"rule_files": [processes.path(name + ".yaml")], "evaluation_interval": "15s", "tests": tests}, f)
    run(["promtool", "test", "rules", path])
    # A test that cannot fail would be none: without its fault each alert is missed.
    for test in tests:
        test["input_series"] = test["input_series"][1:]
    with open(path, "w") as f:
        json.dump({"rule_files": [processes.path(name + ".yaml")], "evaluation_interval": "15s", "tests": tests}, f)
    missed = set(re.findall(r"alertname:\s*(\w+)", run(["promtool", "test", "rules", path], ok=1)))
    check(missed == set(rules), f"{name}: also without their faults {sorted(set(rules) - missed)} would be found")
    return len(tests)


def catalogue(tacho):
    """{name: what of a minute is shipped}"""
    rows = [line.split() for line in run([tacho, "metrics"]).splitlines()[1:]]
    return {row[0]: row[5].split("+") for row in rows}


def check_names(expr, known, where):
    for name, _, peak in re.findall(r"\b((?:accel|node|tacho|container)_[a-z0-9_A-Z]+)(:1m_(max|min))?", expr):
        check(name in known, f"{where}: the catalogue has no {name}")
        check(not peak or peak in known[name], f"{where}: {name}:1m_{peak} is not shipped")


def body(processes, options):
    known, count, alerts = catalogue(options.tacho), 0, 0
    agent = e2e.Tacho(processes, options.tacho)
    agent.start()
    for path in sorted(glob.glob(os.path.join(RULES, "*.yaml"))):
        run(["promtool", "check", "rules", path])
        name = os.path.basename(path).split(".")[0]
        with open(path) as f:
            groups = yaml.safe_load(f)["groups"]
        for rule in (r for g in groups for r in g["rules"]):
            check_names(rule["expr"], known, f"{name}: {rule['alert']}")
            check(rule["labels"]["severity"] in ("warning", "critical") and rule["annotations"]["summary"], f"{rule['alert']}: no severity or summary")
            e2e.api(agent.base, "query", {"query": rule["expr"]})
            alerts += 1
        count += check_firing(processes, name, groups)
    agent.stop()
    return f"{alerts} alerts, {count} faults found and as many nodes left in peace"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", required=True)
    e2e.main("alert_rules", body, parser.parse_args())
